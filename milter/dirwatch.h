/* Sees when files change, by the entries of directories that lead to them: the file's own, and that of each link on the way,
 * since editors put a new file in the place of the old one and configuration management swaps links. What is missing is
 * looked for where it would appear. Beside that no event is asked for, so other files of these directories cost little.
 * Threads: one at a time.   See: inotify(7). Changes by another machine, on NFS say, are not seen. */
#ifndef MILTER_DIRWATCH_H
#define MILTER_DIRWATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/errmsg.h"
#include "config/sources.h"

struct dirwatch;

enum { DIRWATCH_NAME_BYTES = 200 };

/* NULL: `err` says why. */
struct dirwatch *dirwatch_new(struct errmsg *err);
/* Sets *dirwatch to NULL; NULL inside is fine. */
void dirwatch_free(struct dirwatch **dirwatch);

/* Readable when there may be something for dirwatch_take(). */
int dirwatch_fd(const struct dirwatch *dirwatch);

/* Looks at these files from now on, and at no others; what happened to them in between is not lost. To be called again after
 * each change: the way to a file may be another one by then. False: not all of them can be seen, and `err` says why. */
bool dirwatch_follow(struct dirwatch *dirwatch, const struct sources *sources, struct errmsg *err);

/* Takes what has happened by now. True: to one of the files, or on the way to it; `name` is what. Does not wait. */
bool dirwatch_take(struct dirwatch *dirwatch, char name[DIRWATCH_NAME_BYTES]);

#endif
