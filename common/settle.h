/* Can an answer that is still out change what is done to the message? Where none can, nobody waits for it.
 * Known are the hits with their weights and what is missing (hits->out); whose answers these are, a list's or a check's, makes no
 * difference. What is missing is bounded from both sides: a block list could add all points of its responses that count for the
 * subject, one match and its trust, an allow list take off all that it has, or exempt the message.
 * Not waited for: lists on trial, a TXT record of which nobody would see the text, and, once a refusal is certain, further hits
 * that would only come before it in its text, or behind it in the log.
 * Pure but for the marks in hits->out. */
#ifndef COMMON_SETTLE_H
#define COMMON_SETTLE_H

#include <stdbool.h>

#include "common/hit.h"
#include "common/ruleset.h"

/* Who asks. */
struct settle_view {
	unsigned given;              /* enum action: what can be done now. At RCPT refusals, or nothing; ~0u at the end */
	bool may_spare;              /* what withholds the message may only flag it after all: somebody is exempt */
	bool whole;                  /* everything that counts is to be known: the verdict is looked at in more than one way */
};

/* True: it is settled. False: `need` is set of those gaps of which an answer may settle it; as long as all with NEED_EACH are out,
 * one of those with NEED_LAST is, and nothing is listed, there is no use in looking again. `hits` must be sorted and weighed. */
bool settle_is_over(const struct ruleset *rules, struct hits *hits, const struct settle_view *view);

#endif
