/* Where things stand in a JSON text: the line of every value, found in one pass, since the JSON library keeps none.
 * The same pass finds what breaks the grammar and says it in a sentence.
 * Owner: locate_free() gives the places back.   Threads: one at a time.
 * Bound: LOCATE_VALUES_MAX values, LOCATE_DEPTH_MAX levels; time is linear in the text.   RFC: 8259. */
#ifndef CONFIG_LOCATE_H
#define CONFIG_LOCATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/errmsg.h"
#include "common/text.h"

enum { LOCATE_VALUES_MAX = 100000, LOCATE_DEPTH_MAX = 64, LOCATE_PATH_BYTES = 128 };

/* All values in the order of the text; a value's parts follow it up to `end`. */
struct place {
	uint32_t line;     /* of the key, or of the value where there is none */
	uint32_t end;      /* the number of the first place behind this value and its parts */
};

struct locate {
	struct place *item;
	size_t n, room;
};

/* Why a text is not what it should be, and where. */
struct locate_break {
	size_t offset;
	unsigned line;
	bool over_limit;                   /* too many values or levels, or no memory: do not read the text at all */
	char path[LOCATE_PATH_BYTES];      /* of what was being read */
	struct errmsg why;
};

/* Walks the text. What is inside strings and numbers is left to the JSON library. A second comment (key "//") of one
 * object is blanked out in `text`, for it would count as a duplicate key; lines stay as they are.
 * False: *where tells; locate_free() is to be called all the same. */
bool locate_build(struct locate *out, char *text, size_t len, struct locate_break *where);
void locate_free(struct locate *locate);

/* The number of the `index`-th part of a value; the root is number 0. SIZE_MAX: there is none. Linear in `index`. */
size_t locate_part(const struct locate *locate, size_t place, size_t index);
/* The part behind this one of the same value; the caller knows that there is one. */
size_t locate_next(const struct locate *locate, size_t place);
/* 0: no such place. */
unsigned locate_line(const struct locate *locate, size_t place);

/* The path of what stands before `offset`, in a text that is well-formed up to there. */
void locate_path_at(const char *text, size_t len, size_t offset, struct text *out);

#endif
