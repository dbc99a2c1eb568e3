/* Waits for a change of the files that the configuration was read from, in a thread of its own. Changes that come together are
 * one: it is told when it has been quiet for half a second, or after five seconds at most.
 * Threads: new, follow and free from one. */
#ifndef MILTER_WATCH_H
#define MILTER_WATCH_H

#include "common/errmsg.h"
#include "config/sources.h"

struct watch;

/* Calls `changed(ctx)` for each change, from the thread; the log says what has changed. NULL: `err` says why. */
struct watch *watch_new(void (*changed)(void *ctx), void *ctx, struct errmsg *err);
/* Watches these files from now on: to be called after each reading of the configuration. A file that has changed since it was
 * read is told at once. Takes what is in `sources`. */
void watch_follow(struct watch *watch, struct sources *sources);
/* Ends the thread. Sets *watch to NULL; NULL inside is fine. */
void watch_free(struct watch **watch);

#endif
