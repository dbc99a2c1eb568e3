/* spare: exempt recipients, and what their exceptions make of a verdict.
 * At RCPT a refusal spares the one; at the end of the message one who is spared brings it to all. */
#include "milter/spare.h"

#include <string.h>

/* The verdict as it would be if these lists had said nothing. */
static void decide_without(struct session *session, const struct listset *lists, struct verdict *out)
{
	struct hits *hits = &session->hits;
	enum hit_weight weights[HITS_MAX];

	for (size_t i = 0; i < hits->n; i++) {
		weights[i] = hits->item[i].weight;
		if (listset_has(lists, listset_place(session->rules, hits->item[i].list)))
			hits->item[i].weight = HIT_SHOWN;
	}
	verdict_decide(session->rules, hits, out);
	for (size_t i = 0; i < hits->n; i++)
		hits->item[i].weight = weights[i];
}

bool spare_holds(struct session *session, const struct exemption *exemption, struct verdict *out)
{
	*out = session->verdict;
	if ((out->actions & ACTIONS_WITHHOLD) == 0 || exempt_is_whole(exemption))
		return false;
	if (exemption->reason == EXEMPT_NOT)
		return true;
	decide_without(session, &exemption->lists, out);
	return (out->actions & ACTIONS_WITHHOLD) != 0;
}

void spare_recipient(struct session *session, const char *recipient, struct exempt_rules *which,
		     struct exemption *out)
{
	*out = (struct exemption){ .reason = EXEMPT_NOT };
	*which = (struct exempt_rules){ { 0 } };
	if (recipient == NULL)
		return;
	if (exempt_recipient(session->rules, recipient, which))
		out->reason = EXEMPT_RECIPIENT;
	else
		exempt_by_rules(session->rules, &session->facts, which, out);
}

void spare_note(struct session *session, const struct exempt_rules *which, const struct exemption *exemption)
{
	static const struct exempt_rules none;
	size_t i;

	session->has_exempt |= exemption->reason == EXEMPT_RECIPIENT;
	if (memcmp(which, &none, sizeof none) == 0)
		return;
	for (i = 0; i < session->n_exempt_sets; i++)
		if (memcmp(which, &session->exempt_sets[i], sizeof *which) == 0)
			return;
	if (i < SESSION_EXEMPT_SETS_MAX) {
		session->exempt_sets[session->n_exempt_sets++] = *which;
		return;
	}
	for (size_t word = 0; word < sizeof which->bits / sizeof which->bits[0]; word++)
		session->exempt_sets[SESSION_EXEMPT_SETS_MAX - 1].bits[word] |= which->bits[word];
}

bool spare_message(struct session *session)
{
	struct verdict verdict;

	session->spared = (struct exemption){ .reason = session->has_exempt ? EXEMPT_RECIPIENT : EXEMPT_NOT };
	for (size_t i = 0; i < session->n_exempt_sets && session->spared.reason == EXEMPT_NOT; i++) {
		struct exemption exemption;

		exempt_by_rules(session->rules, &session->facts, &session->exempt_sets[i], &exemption);
		if (exempt_is_whole(&exemption) || (session->decided && !spare_holds(session, &exemption, &verdict)))
			session->spared = exemption;
	}
	return session->spared.reason != EXEMPT_NOT;
}
