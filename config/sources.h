/* The files that a configuration was read from, each with what tells later whether it has changed: the file itself, profiles,
 * lists of patterns, keys; also those that were looked for and are not there.
 * Owner: who calls sources_init() calls sources_clear().   Threads: one at a time.
 * Bound: SOURCES_MAX are kept, further ones are counted. */
#ifndef CONFIG_SOURCES_H
#define CONFIG_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum { SOURCES_MAX = 1000 };

struct source {
	char *path;                  /* absolute */
	bool exists;                 /* what follows is what it was */
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec modified, changed;
};

struct sources {
	struct source *item;
	size_t n;
	size_t n_left_out;           /* beyond the bound, or for want of memory */
};

void sources_init(struct sources *sources);
void sources_clear(struct sources *sources);   /* can be used again */

/* Call it before the file is read: a change while that goes on is then seen as one. The same path twice counts once. `sources`
 * may be NULL. */
void sources_note(struct sources *sources, const char *path);
/* Is there something else by now? */
bool source_has_changed(const struct source *source);

/* The same path from the root; links in it stay as they are. free() it. NULL: out of memory. */
char *sources_absolute(const char *path);

#endif
