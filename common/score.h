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


/* --- what answers that are missing would make of a score: bounds, over the same subjects ---------------------------- */

/* The least that it can become: less what those of the first `n` gaps that are allow lists' could take off it, if they listed
 * with all that they have. Where one of them could exempt the message, nothing is left. */
void score_lower(const struct hits *hits, unsigned subjects, const struct gaps *gaps, size_t n, struct score *score);

/* The most: adds all that the gap of this number could bring, if it is a block list's. One goes from the last gap to the
 * first: what a list brought before is not brought again. False: it brings nothing. */
bool score_raise(const struct hits *hits, unsigned subjects, const struct gaps *gaps, size_t i, enum hit_weight lightest,
		 struct score *score);

#endif
