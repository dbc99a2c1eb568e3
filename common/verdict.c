/* verdict: the first rule that holds.
 * A rule whose condition names subjects looks at the hits on these alone. */
#include "common/verdict.h"

static bool holds(const struct rule *rule, const struct hits *hits, const struct score *score)
{
	return (!rule->has_points || score->points >= rule->points) &&
	       (!rule->has_matches || score->matches >= rule->matches) &&
	       (!rule->trusted || score->trusted != NULL) &&
	       (rule->unanswered == 0 || listset_count(&hits->unanswered) >= (size_t)rule->unanswered);
}

/* The score that this rule looks at: what is in doubt keeps no message from its recipient. */
static void score_for(const struct rule *rule, const struct hits *hits, struct score *out)
{
	if (rule->actions & ACTIONS_WITHHOLD)
		score_sum_refusing(hits, rule->subjects, out);
	else
		score_sum(hits, rule->subjects, out);
}

static bool would_hold(const struct rule *rule, const struct hits *hits)
{
	struct score score;

	score_sum(hits, rule->subjects, &score);
	return holds(rule, hits, &score);
}

/* The hit for which the rule holds: one that holds for silence alone would give a reason that is none. */
static const struct hit *deciding(const struct rule *rule, const struct score *score)
{
	if (rule->trusted)
		return score->trusted;
	if (rule->unanswered > 0 && !rule->has_points && !rule->has_matches)
		return NULL;
	return score->first;
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
		if (!holds(rule, hits, &score)) {
			held_back |= would_hold(rule, hits);
			continue;
		}
		out->rule = rule;
		out->actions = rule->actions;
		out->deciding = deciding(rule, &score);
		return;
	}
	if (held_back)
		out->actions = ACTION_FLAG;    /* in place of what is too much, where no other rule says what is to be done */
}

const char *verdict_take_action(unsigned *actions)
{
	static const struct {
		unsigned action;
		const char *word;
	} words[] = {
		{ ACTION_REJECT, "reject" },         { ACTION_TEMPFAIL, "tempfail" },     { ACTION_DROP, "drop" },
		{ ACTION_DISCARD, "discard" },       { ACTION_QUARANTINE, "quarantine" }, { ACTION_REROUTE, "reroute" },
		{ ACTION_FLAG, "flag" },             { ACTION_PREFIX, "prefix" },
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (*actions & words[i].action) {
			*actions &= ~words[i].action;
			return words[i].word;
		}
	return NULL;
}

const char *verdict_word(const struct verdict *verdict)
{
	unsigned actions = verdict->actions;
	const char *word = verdict_take_action(&actions);

	return word != NULL ? word : "pass";
}
