/* The Subject with its prefix: what stands there already is not put there again, and every mail reader shows it.
 * An ASCII prefix is written as it is, before whatever stands there; another one becomes encoded words (RFC 2047).
 * Pure functions, safe from any thread. */
#ifndef COMMON_PREFIX_H
#define COMMON_PREFIX_H

#include <stdbool.h>

#include "common/text.h"

enum {
	PREFIX_BYTES = 256,                  /* of the prefix, with its NUL */
	PREFIX_ENCODED_BYTES = 1024,         /* of the encoded words that it takes */
	PREFIX_SUBJECT_BYTES = 32 << 10,     /* of a Subject that is kept; a longer one is cut where it gets a prefix */
	PREFIX_VALUE_BYTES = PREFIX_SUBJECT_BYTES + PREFIX_ENCODED_BYTES + 8,
};

/* Does the Subject as people read it begin with the prefix, maybe behind "Re:" and the like? Blanks around the prefix and the
 * case of ASCII letters make no difference. `value`: as it came, folded and encoded. */
bool prefix_stands(const char *prefix, const char *value);

/* Appends the new value of the Subject. `value`: the one that it has, "" when there is none. `prefix`: UTF-8 without control
 * characters, of at most PREFIX_BYTES - 1 bytes. */
void prefix_put(const char *prefix, const char *value, struct text *out);

#endif
