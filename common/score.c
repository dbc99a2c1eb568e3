/* score: hits -> points and matches.
 * Sorted hits stand list by list and response by response, so "seen before" is "the same as the last". */
#include "common/score.h"

static const struct hit *exempting(const struct hits *hits)
{
	for (size_t i = 0; i < hits->n; i++)
		if (hits->item[i].weight != HIT_SHOWN && hits->item[i].list->kind == LIST_ALLOW &&
		    hits->item[i].response->points >= 0)
			return &hits->item[i];
	return NULL;
}

static void sum(const struct hits *hits, unsigned subjects, enum hit_weight lightest, struct score *out)
{
	const struct hit *last = NULL;
	long long points = 0;

	*out = (struct score){ .exempting = exempting(hits) };
	if (out->exempting != NULL)
		return;
	for (size_t i = 0; i < hits->n; i++) {
		const struct hit *hit = &hits->item[i];

		if ((subjects & SUBJECT_BIT(hit->kind)) == 0 || hit->weight > lightest)
			continue;
		if (last == NULL || last->response != hit->response)
			points += hit->response->points;
		if (hit->list->kind == LIST_BLOCK && (last == NULL || last->list != hit->list))
			out->matches++;
		if (hit->list->kind == LIST_BLOCK && out->first == NULL)
			out->first = hit;
		if (hit->list->kind == LIST_BLOCK && hit->list->trusted && out->trusted == NULL)
			out->trusted = hit;
		last = hit;
	}
	out->points = points > INT32_MAX ? INT32_MAX : points < INT32_MIN ? INT32_MIN : (int)points;
}

void score_sum(const struct hits *hits, unsigned subjects, struct score *out)
{
	sum(hits, subjects, HIT_FLAGS, out);
}

void score_sum_refusing(const struct hits *hits, unsigned subjects, struct score *out)
{
	sum(hits, subjects, HIT_COUNTS, out);
}
