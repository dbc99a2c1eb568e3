/* namepat: is this host name or mail address meant?
 * A star that turns out wrong takes one character more and no earlier star is asked again: no pattern can make it slow. */
#include "common/namepat.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool namepat_parse(struct namepat *out, const char *text, struct arena *arena, struct errmsg *err)
{
	size_t n = strlen(text);
	char quote[TEXT_QUOTE_BYTES], *glob;

	if (n == 0 || n > NAMEPAT_MAX_BYTES) {
		errmsg_set(err, "a name pattern has 1 to %d bytes", NAMEPAT_MAX_BYTES);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f) {
			errmsg_set(err, "%s: a name pattern holds no blanks", text_quote(text, quote));
			return false;
		}
	glob = arena_strdup(arena, strcmp(text, "<>") == 0 ? "" : text);
	if (glob == NULL) {
		errmsg_set(err, "out of memory");
		return false;
	}
	for (char *c = glob; *c != '\0'; c++)
		*c = lower(*c);
	out->glob = glob;
	return true;
}

bool namepat_match(const struct namepat *pat, const char *name)
{
	const char *glob = pat->glob, *star = NULL, *behind = NULL;

	while (*name != '\0') {
		if (*glob == '*') {
			star = ++glob;
			behind = name;
		} else if (*glob != '\0' && (*glob == '?' || *glob == lower(*name))) {
			glob++;
			name++;
		} else if (star != NULL) {
			glob = star;
			name = ++behind;
		} else {
			return false;
		}
	}
	return glob[strspn(glob, "*")] == '\0';
}

/* --- sets --------------------------------------------------------------------------------------------------------- */

static int by_glob(const void *a, const void *b)
{
	const struct namepat *left = a, *right = b;

	return strcmp(left->glob, right->glob);
}

static bool is_name(const char *glob)
{
	return strpbrk(glob, "*?") == NULL;
}

bool nameset_build(struct nameset *out, const struct namepat *pats, size_t n, struct arena *arena)
{
	struct namepat *all = arena_alloc_n(arena, n, sizeof *all), *names = all, *ends, *globs;
	size_t n_names = 0, n_ends = 0, n_globs = 0;

	if (all == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		n_names += is_name(pats[i].glob);
		n_ends += pats[i].glob[0] == '*' && is_name(pats[i].glob + 1);
	}
	ends = names + n_names;
	globs = ends + n_ends;
	n_names = n_ends = 0;
	for (size_t i = 0; i < n; i++)
		if (is_name(pats[i].glob))
			names[n_names++] = pats[i];
		else if (pats[i].glob[0] == '*' && is_name(pats[i].glob + 1))
			ends[n_ends++].glob = pats[i].glob + 1;
		else
			globs[n_globs++] = pats[i];
	qsort(names, n_names, sizeof *names, by_glob);
	qsort(ends, n_ends, sizeof *ends, by_glob);
	*out = (struct nameset){ .names = names, .n_names = n_names, .ends = ends, .n_ends = n_ends, .globs = globs,
				 .n_globs = n_globs };
	return true;
}

static bool holds(const struct namepat *sorted, size_t n, const char *name)
{
	const struct namepat key = { .glob = name };

	return n > 0 && bsearch(&key, sorted, n, sizeof *sorted, by_glob) != NULL;
}

bool nameset_match(const struct nameset *set, const char *name)
{
	char folded[NAMEPAT_NAME_MAX_BYTES + 1];
	size_t n = strnlen(name, sizeof folded);

	if (n == sizeof folded)
		return false;
	for (size_t i = 0; i <= n; i++)
		folded[i] = lower(name[i]);
	if (holds(set->names, set->n_names, folded))
		return true;
	for (size_t i = 0; i <= n && set->n_ends > 0; i++)
		if (holds(set->ends, set->n_ends, folded + i))
			return true;
	for (size_t i = 0; i < set->n_globs; i++)
		if (namepat_match(&set->globs[i], folded))
			return true;
	return false;
}
