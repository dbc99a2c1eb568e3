/* The first rule in `actions` that holds. Pure. */
#ifndef COMMON_VERDICT_H
#define COMMON_VERDICT_H

#include "common/hit.h"
#include "common/ruleset.h"
#include "common/score.h"

struct verdict {
	const struct rule *rule;     /* NULL: none holds, the mail goes through as it is */
	unsigned actions;            /* enum action; 0: none */
	struct score score;          /* over all subjects */
	const struct hit *deciding;  /* whose message a refusal carries; NULL: the rule needs no hit */
};

void verdict_decide(const struct ruleset *rules, const struct hits *hits, struct verdict *out);
/* The word of the log: the weightiest of what is done, "pass" when nothing is. Static. */
const char *verdict_word(const struct verdict *verdict);
/* Takes the weightiest out of *actions (enum action) and returns its word; NULL: there is none left. Static. */
const char *verdict_take_action(unsigned *actions);

#endif
