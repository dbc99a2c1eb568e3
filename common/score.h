/* Hits -> points and matches. A (list, response) pair scores once a message, however many subjects it hit; matches counts
 * the distinct block lists with at least one hit. A hit of an allow list lowers the points where its own are negative;
 * otherwise it exempts the message: no block list counts then. Pure. */
#ifndef COMMON_SCORE_H
#define COMMON_SCORE_H

#include "common/hit.h"

struct score {
	int points;
	int matches;
	const struct hit *first;     /* the first hit of a block list that counts, in the order of the configuration; NULL: none */
	const struct hit *trusted;   /* the first of those whose list is trusted; NULL: none */
	const struct hit *exempting; /* the first hit that exempts the message from all block lists; NULL: none */
};

/* Only hits on `subjects` (SUBJECT_BIT()s) count, but a hit that exempts does so on any. `hits` must be sorted. */
void score_sum(const struct hits *hits, unsigned subjects, struct score *out);
/* The same over the hits that are beyond doubt. */
void score_sum_refusing(const struct hits *hits, unsigned subjects, struct score *out);

#endif
