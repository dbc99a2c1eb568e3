/* settle: can an answer that is still out change what is done?
 * The rules are walked twice: to the first one that holds for sure, then over those above it that may hold. */
#include "common/settle.h"

#include <string.h>

#include "common/score.h"
#include "common/verdict.h"

static bool holds_for_sure(const struct rule *rule, const struct hits *hits)
{
	enum hit_weight lightest;
	struct score score;

	verdict_score(rule, hits, &score, &lightest);
	score_lower(hits, rule->subjects, &hits->out, hits->out.n, &score);
	return verdict_holds(rule, &score, listset_count(&hits->unanswered));
}

/* Those that gave no answer, and those that may yet come to it. */
static size_t most_unanswered(const struct ruleset *rules, const struct hits *hits)
{
	struct listset lists = hits->unanswered;

	for (size_t i = 0; i < hits->out.n; i++) {
		size_t place = listset_place(rules, hits->out.item[i].list);

		if (hits->out.item[i].list->kind == LIST_BLOCK && hits->out.item[i].kinds != 0 && place < rules->n_lists)
			listset_add(&lists, place);
	}
	return listset_count(&lists);
}

static void need_nothing(struct gaps *out)
{
	for (size_t i = 0; i < out->n; i++)
		out->item[i].need = NEED_NOT;
}

static void need_all(struct gaps *out)
{
	for (size_t i = 0; i < out->n; i++)
		out->item[i].need = NEED_LAST;
}

/* What is known of a rule, and what would be enough for it. */
struct chance {
	const struct rule *rule;
	const struct hits *hits;
	struct score score;
	enum hit_weight lightest;
	size_t n_unanswered;
};

/* Would it hold if this one listed? */
static bool is_enough(const struct chance *chance, struct gap *gap)
{
	const struct gaps alone = { .item = gap, .n = 1 };
	struct score score = chance->score;

	return score_raise(chance->hits, chance->rule->subjects, &alone, 0, chance->lightest, &score) &&
	       verdict_holds(chance->rule, &score, chance->n_unanswered);
}

/* Needs the gaps that make it hold, if it can: one of those that are enough alone, or a few together. */
static bool may_hold(const struct ruleset *rules, const struct rule *rule, struct hits *hits)
{
	struct chance chance = { .rule = rule, .hits = hits };
	struct gaps *out = &hits->out;
	bool enough = false;

	chance.n_unanswered = rule->unanswered > 0 ? most_unanswered(rules, hits) : 0;
	verdict_score(rule, hits, &chance.score, &chance.lightest);
	need_nothing(out);
	if (verdict_holds(rule, &chance.score, chance.n_unanswered))
		return true;
	for (size_t i = 0; i < out->n; i++) {
		if (!is_enough(&chance, &out->item[i]))
			continue;
		out->item[i].need = NEED_LAST;
		enough = true;
	}
	for (size_t i = out->n; !enough && i-- > 0;) {
		if (score_raise(hits, rule->subjects, out, i, chance.lightest, &chance.score))
			out->item[i].need = NEED_EACH;
		enough = verdict_holds(rule, &chance.score, chance.n_unanswered);
	}
	return enough;
}

/* --- what a rule comes to ----------------------------------------------------------------------------------------- */

/* NULL: no rule holds. */
static unsigned actions_of(const struct rule *rule, const struct hits *hits, const struct settle_view *view)
{
	unsigned actions = rule != NULL ? rule->actions : 0;

	for (size_t i = 0; rule == NULL && i < hits->n; i++)
		if (hits->item[i].weight == HIT_FLAGS)
			actions = ACTION_FLAG;         /* in place of what would hold but for the doubt (verdict.c) */
	if (view->may_spare && (actions & ACTIONS_WITHHOLD))
		actions |= ACTION_FLAG;
	if (hits->silent.n > 0 && (actions & ACTION_DISCARD))
		actions |= ACTION_TEMPFAIL;            /* softened, it is a refusal */
	return actions & view->given;
}

static bool same_address(const struct rule *a, const struct rule *b)
{
	return a == NULL || b == NULL || a->reroute == NULL || b->reroute == NULL || strcmp(a->reroute, b->reroute) == 0;
}

/* --- what else would be missed ------------------------------------------------------------------------------------ */

static bool need_block_lists(struct hits *hits)
{
	bool any = false;

	for (size_t i = 0; i < hits->out.n; i++) {
		struct gap *gap = &hits->out.item[i];

		if (gap->list->kind != LIST_BLOCK || !list_can_hit(gap->list, gap->kinds))
			continue;
		gap->need = NEED_LAST;
		any = true;
	}
	return any;
}

/* Is the hit's reason to be seen in this text, and still out? */
static bool need_reason(const struct hit *hit, const char *template, struct hits *hits)
{
	if (hit->reason_out == NULL || strstr(template, "{reason}") == NULL)
		return false;
	for (size_t i = 0; i < hits->out.n; i++)
		if (hits->out.item[i].question == hit->reason_out) {
			hits->out.item[i].need = NEED_EACH;
			return true;
		}
	return false;
}

static bool need_reply(const struct ruleset *rules, struct hits *hits, const struct hit *deciding)
{
	if (deciding == NULL || !rules->reply.send_message)
		return false;
	return need_reason(deciding, deciding->message != NULL ? deciding->message : deciding->response->message, hits);
}

static bool need_headers(struct hits *hits)
{
	if (need_block_lists(hits))
		return true;
	for (size_t i = 0; i < hits->n; i++) {
		const struct hit *hit = &hits->item[i];

		if (hit->list->kind == LIST_BLOCK && hit->weight != HIT_SHOWN && need_reason(hit, hit->response->header, hits))
			return true;
	}
	return false;
}

/* A refusal that is softened for the points of a silent allow list may grow too heavy for it. */
static bool need_weight(struct hits *hits, const struct verdict *verdict)
{
	return verdict->softened_by != NULL && !list_can_exempt(verdict->softened_by, SUBJECT_ALL) && need_block_lists(hits);
}

static bool need_more(const struct ruleset *rules, struct hits *hits, unsigned actions)
{
	struct verdict verdict;
	const struct hit *hit;

	if ((actions & ACTION_FLAG) && need_headers(hits))
		return true;
	if (actions == 0)
		return false;
	verdict_decide(rules, hits, &verdict);
	hit = verdict.deciding != NULL ? verdict.deciding : verdict.score.first;
	return ((verdict.actions & ACTIONS_REFUSE) && need_reply(rules, hits, verdict.deciding)) ||
	       ((actions & ACTION_PREFIX) && hit != NULL && need_reason(hit, rules->prefix.text, hits)) ||
	       need_weight(hits, &verdict);
}

/* --- the door ----------------------------------------------------------------------------------------------------- */

/* What may make a rule hold for sure that did not: that an allow list says no, or that a list fails. */
static void need_the_sure_ones(const struct ruleset *rules, struct hits *hits)
{
	bool all = false;

	for (size_t i = 0; i < rules->n_actions; i++)
		all |= rules->actions[i].unanswered > 0;
	for (size_t i = 0; i < hits->out.n; i++)
		if (all || hits->out.item[i].list->kind == LIST_ALLOW)
			hits->out.item[i].need = NEED_EACH;
}

/* Who stops at the first match waits for no further block list, only for an allow list that could save the message. They go
 * behind the others, since the match may turn out to be void. */
static void set_block_lists_aside(struct gaps *out)
{
	size_t n = 0;

	for (size_t i = 0; i < out->n; i++) {
		struct gap gap = out->item[i];

		if (gap.list->kind == LIST_BLOCK && gap.kinds != 0) {
			out->item[i].need = NEED_NOT;
			continue;
		}
		out->item[i] = out->item[n];
		out->item[n++] = gap;
	}
	out->n = n;
}

static bool is_over(const struct ruleset *rules, struct hits *hits, const struct settle_view *view)
{
	const struct rule *rules_end = rules->actions + rules->n_actions, *sure = rules->actions;
	unsigned actions;

	while (sure < rules_end && !holds_for_sure(sure, hits))
		sure++;
	actions = actions_of(sure < rules_end ? sure : NULL, hits, view);
	for (const struct rule *rule = rules->actions; rule < sure; rule++)
		if ((actions_of(rule, hits, view) != actions || !same_address(rule, sure < rules_end ? sure : NULL)) &&
		    may_hold(rules, rule, hits))
			return false;
	need_nothing(&hits->out);
	return !need_more(rules, hits, actions);
}

static bool is_settled(const struct ruleset *rules, struct hits *hits, const struct settle_view *view)
{
	if (hits->out.n == 0 && !hits->out.lost)
		return true;
	if (!view->whole && !hits->out.lost && is_over(rules, hits, view))
		return true;
	if (view->whole || hits->out.lost)
		need_all(&hits->out);
	else
		need_the_sure_ones(rules, hits);
	return false;
}

bool settle_is_over(const struct ruleset *rules, struct hits *hits, const struct settle_view *view)
{
	const size_t n = hits->out.n;
	bool settled;

	if (rules->stop_on_first_match && hit_matched(hits))
		set_block_lists_aside(&hits->out);
	settled = is_settled(rules, hits, view);
	if (hits->out.n < n) {
		hits->out.n = n;
		hit_sort_gaps(&hits->out);
	}
	return settled;
}
