/* Reads the configuration again, off the threads that serve mail: the new rules come into force whole or not at all.
 * Threads: request from any; a thread of its own does the work. Requests that come together are one. */
#ifndef MILTER_RELOAD_H
#define MILTER_RELOAD_H

#include "common/errmsg.h"
#include "common/ruleset.h"
#include "milter/session.h"

struct reload;

/* Starts the thread. `prepare` is called on rules before they come into force (what main() does to the first ones too).
 * The path is borrowed for the life of the process. NULL: `err` says why. */
struct reload *reload_new(struct service *service, const char *path, bool foreground,
			  void (*prepare)(struct ruleset *rules), struct errmsg *err);
void reload_request(struct reload *reload);   /* returns at once */
/* Waits for a reload under way and ends the thread. Sets *reload to NULL; NULL inside is fine. */
void reload_free(struct reload **reload);

#endif
