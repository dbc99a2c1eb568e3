/* verdict: the first rule that holds.
 * A rule whose condition names subjects looks at the hits on these alone. */
#include "common/verdict.h"

static bool holds(const struct rule *rule, const struct score *score)
{
	return (!rule->has_points || score->points >= rule->points) &&
	       (!rule->has_matches || score->matches >= rule->matches);
}

/* The score that this rule looks at: what only flags refuses nobody. */
static void score_for(const struct rule *rule, const struct hits *hits, struct score *out)
{
	if (rule->actions & ACTIONS_REFUSE)
		score_sum_refusing(hits, rule->subjects, out);
	else
		score_sum(hits, rule->subjects, out);
}

static bool would_hold(const struct rule *rule, const struct hits *hits)
{
	struct score score;

	score_sum(hits, rule->subjects, &score);
	return holds(rule, &score);
}

void verdict_decide(const struct ruleset *rules, const struct hits *hits, struct verdict *out)
{
	bool held_back = false;

	*out = (struct verdict){ 0 };
	score_sum(hits, SUBJECT_ALL, &out->score);
	for (size_t i = 0; i < rules->n_actions; i++) {
		const struct rule *rule = &rules->actions[i];
		struct score score;

		score_for(rule, hits, &score);
		if (!holds(rule, &score)) {
			held_back |= would_hold(rule, hits);
			continue;
		}
		out->rule = rule;
		out->actions = rule->actions;
		out->deciding = score.first;
		return;
	}
	if (held_back)
		out->actions = ACTION_FLAG;    /* in place of the refusal, where no other rule says what is to be done */
}

const char *verdict_word(const struct verdict *verdict)
{
	if (verdict->actions & ACTION_REJECT)
		return "reject";
	if (verdict->actions & ACTION_TEMPFAIL)
		return "tempfail";
	if (verdict->actions & ACTION_FLAG)
		return "flag";
	return "pass";
}
