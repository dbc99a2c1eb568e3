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

static int sum_of(int a, long long b)
{
	long long sum = a + b;

	return sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : (int)sum;
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
	out->points = sum_of(0, points);
}

void score_sum(const struct hits *hits, unsigned subjects, struct score *out)
{
	sum(hits, subjects, HIT_FLAGS, out);
}

void score_sum_refusing(const struct hits *hits, unsigned subjects, struct score *out)
{
	sum(hits, subjects, HIT_COUNTS, out);
}

/* --- bounds ------------------------------------------------------------------------------------------------------- */

static const struct hit any_hit;   /* one that is not there yet */

/* Does the list, or this response of it, count already? */
static bool is_counted(const struct hits *hits, unsigned subjects, enum hit_weight lightest, const struct list *list,
		       const struct response *response)
{
	for (size_t i = 0; i < hits->n; i++) {
		const struct hit *hit = &hits->item[i];

		if (hit->list == list && (response == NULL || hit->response == response) && hit->weight <= lightest &&
		    (subjects & SUBJECT_BIT(hit->kind)) != 0)
			return true;
	}
	return false;
}

/* What the other gaps of the same list, up to the one of number `to`, are about. */
static unsigned kinds_behind(const struct gaps *gaps, size_t i, size_t to)
{
	unsigned kinds = 0;

	for (size_t j = i + 1; j < to && gaps->item[j].list == gaps->item[i].list; j++)
		kinds |= gaps->item[j].kinds;
	return kinds;
}

/* The points that the gap can bring beside those that are there already: of a hit, or of a gap `behind` it. */
static long long points_of(const struct hits *hits, unsigned subjects, enum hit_weight lightest, const struct gap *gap,
			   unsigned behind)
{
	long long points = 0;

	for (size_t i = 0; i < gap->list->n_responses; i++) {
		const struct response *response = &gap->list->responses[i];

		if (gap->list->kind == LIST_ALLOW && response->points >= 0)
			continue;              /* it exempts */
		if ((response->subjects & subjects & gap->kinds) != 0 && (response->subjects & subjects & behind) == 0 &&
		    !is_counted(hits, subjects, lightest, gap->list, response))
			points += response->points;
	}
	return points;
}

void score_lower(const struct hits *hits, unsigned subjects, const struct gaps *gaps, size_t n, struct score *score)
{
	for (size_t i = 0; i < n; i++) {
		const struct gap *gap = &gaps->item[i];

		if (gap->list->kind != LIST_ALLOW)
			continue;
		if (list_can_exempt(gap->list, gap->kinds)) {
			*score = (struct score){ .exempting = &any_hit };
			return;
		}
		if (score->exempting == NULL)
			score->points = sum_of(score->points, points_of(hits, subjects, HIT_FLAGS, gap, kinds_behind(gaps, i, n)));
	}
}

bool score_raise(const struct hits *hits, unsigned subjects, const struct gaps *gaps, size_t i, enum hit_weight lightest,
		 struct score *score)
{
	const struct gap *gap = &gaps->item[i];
	unsigned behind = kinds_behind(gaps, i, gaps->n);
	const struct score before = *score;

	if (gap->list->kind != LIST_BLOCK || score->exempting != NULL || !list_can_hit(gap->list, subjects & gap->kinds))
		return false;
	score->points = sum_of(score->points, points_of(hits, subjects, lightest, gap, behind));
	if (!is_counted(hits, subjects, lightest, gap->list, NULL) && !list_can_hit(gap->list, subjects & behind))
		score->matches++;
	if (gap->list->trusted && score->trusted == NULL)
		score->trusted = &any_hit;
	return score->points != before.points || score->matches != before.matches || score->trusted != before.trusted;
}
