/* Name patterns: is this host name or mail address meant? Globs: * is any run of characters, none too, ? is one character,
 * everything else is itself; ASCII letters match in either case (*@example.org, *.example.net, postmaster@*).
 * Mail addresses are matched in the form that mailaddr_path_plain() gives them.
 * Plain data; pure functions, safe from any thread once a set is built. */
#ifndef COMMON_NAMEPAT_H
#define COMMON_NAMEPAT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/errmsg.h"

enum { NAMEPAT_MAX_BYTES = 512, NAMEPAT_NAME_MAX_BYTES = 1100 };   /* of a pattern; a longer name matches none */

struct namepat {
	const char *glob;            /* in lower case; NULL: unset */
};

/* False: `err` says what is wrong with the text, or that there is no memory; *out is untouched. "<>" is the null sender. */
bool namepat_parse(struct namepat *out, const char *text, struct arena *arena, struct errmsg *err);
/* Time: at most the product of both lengths. */
bool namepat_match(const struct namepat *pat, const char *name);

/* Many patterns. Whole names and those with a single * at the beginning are searched for, whatever their number; the others
 * are walked. The memory is the arena's. */
struct nameset {
	const struct namepat *names;   /* whole ones, sorted */
	size_t n_names;
	const struct namepat *ends;    /* what stands behind the *, sorted */
	size_t n_ends;
	const struct namepat *globs;
	size_t n_globs;
};

/* `pats` (n of them) are copied. False: out of memory, *out is untouched. */
bool nameset_build(struct nameset *out, const struct namepat *pats, size_t n, struct arena *arena);
bool nameset_match(const struct nameset *set, const char *name);   /* an empty set matches nothing */

#endif
