/* "Did you mean X?": the candidate that is nearest to a mistyped word. Near is: the same but for case, one of them the
 * beginning of the other, or at most two letters off (wrong, missing, one too many, or two swapped); one in words of up to
 * four letters, three in those of nine and more.
 * Plain data on the caller's stack; the candidates are borrowed. */
#ifndef CONFIG_NEAREST_H
#define CONFIG_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *word;
	const char *best;    /* NULL: nothing is near */
	size_t distance;
};

struct nearest nearest_to(const char *word);
/* The first of several that are equally near stays. */
void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
