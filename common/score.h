/* Hits -> points and matches. A (list, response) pair scores once a message, however many subjects it hit; matches counts
 * the distinct lists with at least one hit. Pure. */
#ifndef COMMON_SCORE_H
#define COMMON_SCORE_H

#include "common/hit.h"

struct score {
	int points;
	int matches;
	const struct hit *first;     /* the first hit that counts, in the order of the configuration; NULL: none */
};

/* Only hits on `subjects` (SUBJECT_BIT()s) count. `hits` must be sorted. */
void score_sum(const struct hits *hits, unsigned subjects, struct score *out);

#endif
