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
	const struct list *softened_by;   /* the allow list that gives no answer and could have saved the message: what would have
				      * refused it for good, or deleted it, refuses it for now only; NULL: none */
};

void verdict_decide(const struct ruleset *rules, const struct hits *hits, struct verdict *out);
/* Does the rule hold at this score, and so many lists without an answer? */
bool verdict_holds(const struct rule *rule, const struct score *score, size_t n_unanswered);
/* The score that the rule looks at: what is in doubt keeps no message from its recipient. `*lightest`: what still counts. */
void verdict_score(const struct rule *rule, const struct hits *hits, struct score *out, enum hit_weight *lightest);
/* The weightiest of what is done. */
enum verdict_kind {
	VERDICT_PASS,                /* nothing */
	VERDICT_PREFIX,
	VERDICT_FLAG,
	VERDICT_REROUTE,
	VERDICT_QUARANTINE,
	VERDICT_DISCARD,
	VERDICT_DROP,
	VERDICT_TEMPFAIL,
	VERDICT_REJECT,
	VERDICT_KINDS,
};
enum verdict_kind verdict_kind(const struct verdict *verdict);
/* "pass", "flag", "reject", ...: the words of the log. Static. */
const char *verdict_kind_word(enum verdict_kind kind);
const char *verdict_word(const struct verdict *verdict);
/* Takes the weightiest out of *actions (enum action) and returns its word; NULL: there is none left. Static. */
const char *verdict_take_action(unsigned *actions);

/* The list whose hit made the verdict what it is: that of the rule that holds, or an allow list that saved the message from
 * others; NULL: none did. */
const struct list *verdict_decided_by(const struct verdict *verdict, const struct hits *hits);

#endif
