/* verdict: the first rule that holds.
 * A rule whose condition names subjects looks at the hits on these alone. */
#include "common/verdict.h"

static bool holds(const struct rule *rule, const struct score *score)
{
	return (!rule->has_points || score->points >= rule->points) &&
	       (!rule->has_matches || score->matches >= rule->matches);
}

void verdict_decide(const struct ruleset *rules, const struct hits *hits, struct verdict *out)
{
	*out = (struct verdict){ 0 };
	score_sum(hits, SUBJECT_ALL, &out->score);
	for (size_t i = 0; i < rules->n_actions; i++) {
		const struct rule *rule = &rules->actions[i];
		struct score score;

		score_sum(hits, rule->subjects, &score);
		if (!holds(rule, &score))
			continue;
		out->rule = rule;
		out->actions = rule->actions;
		out->deciding = score.first;
		return;
	}
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
