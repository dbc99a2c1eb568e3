/* Exceptions: which subjects need not be asked about, whose refusals do not hold, and which setting says so. Pure.
 * What holds for the whole message (a login, the sender, a rule) comes before what holds for the client. */
#ifndef COMMON_EXEMPT_H
#define COMMON_EXEMPT_H

#include <stdint.h>

#include "common/facts.h"
#include "common/listset.h"
#include "common/ruleset.h"
#include "common/subject.h"
#include "common/text.h"

/* What holds for a message, or for one of its recipients. */
struct exemption {
	enum exempt_reason reason;
	size_t rule;                 /* of EXEMPT_RULE: the first one that says so */
	struct listset lists;        /* what rules exempt from these lists only; a reason EXEMPT_RULE means no more than these,
				      * unless there are none */
};
/* From all lists, or not at all? */
bool exempt_is_whole(const struct exemption *exemption);

/* Sets `exempt` of each subject. */
void exempt_mark(const struct ruleset *rules, const struct facts *facts, struct subjects *subjects);
/* Is the whole message, or its client, exempt, and why? Rules about recipients are not looked at. */
void exempt_message(const struct ruleset *rules, const struct facts *facts, struct exemption *out);
/* The reason where the exemption is from all lists. */
enum exempt_reason exempt_client(const struct ruleset *rules, const struct facts *facts);
/* Is this an exception at all? What is not asked about for another reason may still be blocked. */
bool exempt_is_exception(enum exempt_reason reason);

/* The rules whose condition on the recipient holds: a bit each. */
struct exempt_rules {
	uint64_t bits[(RULES_MAX + 63) / 64];
};
/* `recipient` as in RCPT TO. True: exceptions.recipients names it. */
bool exempt_recipient(const struct ruleset *rules, const char *recipient, struct exempt_rules *out);
/* What those of the rules whose other conditions hold too say together; EXEMPT_NOT: nothing. */
void exempt_by_rules(const struct ruleset *rules, const struct facts *facts, const struct exempt_rules *which,
		     struct exemption *out);

/* The word of the log line: "authenticated"; NULL for EXEMPT_NOT. Static. */
const char *exempt_word(enum exempt_reason reason);
/* The same with the number of a rule: "rule[0]". */
void exempt_describe(const struct exemption *exemption, struct text *out);

#endif
