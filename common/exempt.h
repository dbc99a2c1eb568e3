/* Exceptions: which subjects need not be asked about, and which rule says so. Pure. */
#ifndef COMMON_EXEMPT_H
#define COMMON_EXEMPT_H

#include "common/facts.h"
#include "common/ruleset.h"
#include "common/subject.h"

/* Sets `exempt` of each subject. */
void exempt_mark(const struct ruleset *rules, const struct facts *facts, struct subjects *subjects);
/* Is the whole message's client exempt, and why? */
enum exempt_reason exempt_client(const struct ruleset *rules, const struct facts *facts);
/* The word of the log line: "authenticated"; NULL for EXEMPT_NOT. Static. */
const char *exempt_word(enum exempt_reason reason);

#endif
