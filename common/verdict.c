/* verdict: the first rule that holds.
 * A rule whose condition names subjects looks at the hits on these alone. */
#include "common/verdict.h"

bool verdict_holds(const struct rule *rule, const struct score *score, size_t n_unanswered)
{
	return (!rule->has_points || score->points >= rule->points) &&
	       (!rule->has_matches || score->matches >= rule->matches) &&
	       (!rule->trusted || score->trusted != NULL) &&
	       (rule->unanswered == 0 || n_unanswered >= (size_t)rule->unanswered);
}

void verdict_score(const struct rule *rule, const struct hits *hits, struct score *out, enum hit_weight *lightest)
{
	*lightest = rule->actions & ACTIONS_WITHHOLD ? HIT_COUNTS : HIT_FLAGS;
	if (rule->actions & ACTIONS_WITHHOLD)
		score_sum_refusing(hits, rule->subjects, out);
	else
		score_sum(hits, rule->subjects, out);
}

static bool holds(const struct rule *rule, const struct hits *hits, const struct score *score)
{
	return verdict_holds(rule, score, rule->unanswered == 0 ? 0 : listset_count(&hits->unanswered));
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

/* --- allow lists that give no answer ------------------------------------------------------------------------------ */

/* Would the message reach its recipient, if the first `n` of them had listed what they were asked about? */
static bool is_saved(const struct ruleset *rules, const struct hits *hits, size_t n)
{
	for (size_t i = 0; i < rules->n_actions; i++) {
		const struct rule *rule = &rules->actions[i];
		enum hit_weight lightest;
		struct score score;

		verdict_score(rule, hits, &score, &lightest);
		score_lower(hits, rule->subjects, &hits->silent, n, &score);
		if (holds(rule, hits, &score))
			return (rule->actions & ACTIONS_WITHHOLD) == 0;
	}
	return true;
}

static void soften(const struct ruleset *rules, const struct hits *hits, struct verdict *verdict)
{
	if ((verdict->actions & (ACTION_REJECT | ACTION_DROP | ACTION_DISCARD)) == 0)
		return;
	for (size_t n = 1; n <= hits->silent.n; n++) {
		if (!is_saved(rules, hits, n))
			continue;
		verdict->softened_by = hits->silent.item[n - 1].list;
		verdict->actions = ACTION_TEMPFAIL;
		return;
	}
}

/* --- the verdict -------------------------------------------------------------------------------------------------- */

void verdict_decide(const struct ruleset *rules, const struct hits *hits, struct verdict *out)
{
	bool held_back = false;

	*out = (struct verdict){ 0 };
	score_sum(hits, SUBJECT_ALL, &out->score);
	for (size_t i = 0; i < rules->n_actions; i++) {
		const struct rule *rule = &rules->actions[i];
		enum hit_weight lightest;
		struct score score;

		verdict_score(rule, hits, &score, &lightest);
		if (!holds(rule, hits, &score)) {
			held_back |= would_hold(rule, hits);
			continue;
		}
		out->rule = rule;
		out->actions = rule->actions;
		out->deciding = deciding(rule, &score);
		soften(rules, hits, out);
		return;
	}
	if (held_back)
		out->actions = ACTION_FLAG;    /* in place of what is too much, where no other rule says what is to be done */
}

/* By weight, the lightest first. */
static const unsigned kinds[VERDICT_KINDS] = {
	[VERDICT_PREFIX] = ACTION_PREFIX,         [VERDICT_FLAG] = ACTION_FLAG,
	[VERDICT_REROUTE] = ACTION_REROUTE,       [VERDICT_QUARANTINE] = ACTION_QUARANTINE,
	[VERDICT_DISCARD] = ACTION_DISCARD,       [VERDICT_DROP] = ACTION_DROP,
	[VERDICT_TEMPFAIL] = ACTION_TEMPFAIL,     [VERDICT_REJECT] = ACTION_REJECT,
};

static enum verdict_kind weightiest(unsigned actions)
{
	enum verdict_kind kind = VERDICT_REJECT;

	while (kind > VERDICT_PASS && (actions & kinds[kind]) == 0)
		kind--;
	return kind;
}

enum verdict_kind verdict_kind(const struct verdict *verdict)
{
	return weightiest(verdict->actions);
}

const char *verdict_kind_word(enum verdict_kind kind)
{
	static const char *const words[VERDICT_KINDS] = {
		[VERDICT_PASS] = "pass",           [VERDICT_PREFIX] = "prefix",         [VERDICT_FLAG] = "flag",
		[VERDICT_REROUTE] = "reroute",     [VERDICT_QUARANTINE] = "quarantine", [VERDICT_DISCARD] = "discard",
		[VERDICT_DROP] = "drop",           [VERDICT_TEMPFAIL] = "tempfail",     [VERDICT_REJECT] = "reject",
	};

	return words[kind];
}

const char *verdict_take_action(unsigned *actions)
{
	enum verdict_kind kind = weightiest(*actions);

	*actions &= ~kinds[kind];
	return kind != VERDICT_PASS ? verdict_kind_word(kind) : NULL;
}

const char *verdict_word(const struct verdict *verdict)
{
	return verdict_kind_word(verdict_kind(verdict));
}

static bool has_block_hit(const struct hits *hits)
{
	for (size_t i = 0; i < hits->n; i++)
		if (hits->item[i].weight != HIT_SHOWN && hits->item[i].list->kind == LIST_BLOCK)
			return true;
	return false;
}

const struct list *verdict_decided_by(const struct verdict *verdict, const struct hits *hits)
{
	if (verdict->score.exempting != NULL)
		return has_block_hit(hits) ? verdict->score.exempting->list : NULL;
	return verdict->deciding != NULL ? verdict->deciding->list : NULL;
}
