/* Who is refused without any lookup, by rule or since the screen has him. Exceptions go first, and what is handed in on this
 * machine is never refused.
 * Pure; safe from any thread. */
#ifndef COMMON_BLOCKED_H
#define COMMON_BLOCKED_H

#include "common/facts.h"
#include "common/ruleset.h"

enum blocked_by { BLOCKED_NOT, BLOCKED_CLIENT, BLOCKED_SENDER, BLOCKED_RECIPIENT, BLOCKED_SCREEN };

/* The whole message; with what is known so far. Of mail from a gateway, nothing before its client was found. */
enum blocked_by blocked_message(const struct ruleset *rules, const struct facts *facts);
/* `recipient` as in RCPT TO; whether he is exempt is the caller's to know. */
enum blocked_by blocked_recipient(const struct ruleset *rules, const struct facts *facts, const char *recipient);
/* The word of the log line; NULL for BLOCKED_NOT. Static. */
const char *blocked_word(enum blocked_by by);

#endif
