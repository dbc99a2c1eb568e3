/* nearest: edit distance with swaps (optimal string alignment), for words of at most WORD_MAX letters.
 * The words are keys and settings of ours on one side, so they are short; a longer one is not near to any. */
#include "config/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { WORD_MAX = 40, PREFIX_MIN = 3, PREFIX_DISTANCE = 2 };

static int fold(char c)
{
	return tolower((unsigned char)c);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[3][WORD_MAX + 1];   /* two rows back, the last, and this one */

	for (size_t j = 0; j <= b_len; j++)
		row[1][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		row[2][0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			bool same = fold(a[i - 1]) == fold(b[j - 1]);
			size_t cost = least(row[1][j] + 1, row[2][j - 1] + 1);

			cost = least(cost, row[1][j - 1] + !same);
			if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1]))
				cost = least(cost, row[0][j - 2] + 1);
			row[2][j] = cost;
		}
		memcpy(row[0], row[1], sizeof row[0]);
		memcpy(row[1], row[2], sizeof row[1]);
	}
	return row[1][b_len];
}

static bool is_prefix(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t n = least(a_len, b_len);

	for (size_t i = 0; i < n; i++)
		if (fold(a[i]) != fold(b[i]))
			return false;
	return n >= PREFIX_MIN;
}

/* How many letters may be wrong in a word of `n`. */
static size_t tolerance(size_t n)
{
	return n <= 4 ? 1 : n <= 8 ? 2 : 3;
}

struct nearest nearest_to(const char *word)
{
	return (struct nearest){ .word = word, .distance = (size_t)-1 };
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
	size_t a = strlen(nearest->word), b = strlen(candidate), distance;

	if (a == 0 || a > WORD_MAX || b > WORD_MAX)
		return;
	distance = edit_distance(nearest->word, a, candidate, b);
	if (distance > tolerance(least(a, b))) {
		if (!is_prefix(nearest->word, a, candidate, b))
			return;
		distance = PREFIX_DISTANCE;
	}
	if (distance < nearest->distance) {
		nearest->distance = distance;
		nearest->best = candidate;
	}
}
