/* score: hits -> points and matches.
 * Sorted hits stand list by list and response by response, so "seen before" is "the same as the last". */
#include "common/score.h"

void score_sum(const struct hits *hits, unsigned subjects, struct score *out)
{
	const struct hit *last = NULL;
	long long points = 0;

	*out = (struct score){ 0 };
	for (size_t i = 0; i < hits->n; i++) {
		const struct hit *hit = &hits->item[i];

		if ((subjects & SUBJECT_BIT(hit->kind)) == 0)
			continue;
		if (last == NULL || last->response != hit->response)
			points += hit->response->points;
		if (last == NULL || last->list != hit->list)
			out->matches++;
		if (last == NULL)
			out->first = hit;
		last = hit;
	}
	out->points = points > INT32_MAX ? INT32_MAX : points < INT32_MIN ? INT32_MIN : (int)points;
}
