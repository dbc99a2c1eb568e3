/* Reads the configuration again, off the threads that serve mail: the new rules come into force whole or not at all.
 * Threads: request from any; a thread of its own does the work. Requests that come together are one. */
#ifndef MILTER_RELOAD_H
#define MILTER_RELOAD_H

#include "common/errmsg.h"
#include "common/ruleset.h"
#include "config/faults.h"
#include "config/sources.h"
#include "milter/session.h"

struct reload;

enum reload_by { RELOAD_BY_SIGNAL, RELOAD_BY_RBLCTL, RELOAD_BY_WATCH };

/* What the last reload came to. */
struct reload_report {
	const char *path;            /* of the configuration */
	int64_t loaded_s;            /* of the wall clock: since when the rules in force are in force */
	int64_t tried_s;             /* of the last attempt; 0: there was none */
	enum reload_by by;           /* what started that one */
	bool taken;                  /* by it, new rules came into force */
	const struct faults *faults; /* that it found, and what needs a restart */
};

/* Starts the thread. `prepare` is called on rules before they come into force (what main() does to the first ones too).
 * `sources`: what these were read from, which is taken over; where the rules say "watch", a change of it is a request.
 * The path is borrowed for the life of the process. NULL: `err` says why. */
struct reload *reload_new(struct service *service, const char *path, bool foreground,
			  void (*prepare)(struct ruleset *rules), struct sources *sources, struct errmsg *err);
void reload_request(struct reload *reload, enum reload_by by);   /* returns at once */
/* The same, and waits until a reload that began after the call has ended, at most `timeout_ms`. False: it has not. */
bool reload_wait(struct reload *reload, enum reload_by by, int timeout_ms);
/* "signal", "rblctl", "watch". Static. */
const char *reload_by_word(enum reload_by by);

typedef void reload_report_fn(void *ctx, const struct reload_report *report);
/* Calls `fn` with what is known, which is borrowed for the call; a reload that ends just now waits for it. */
void reload_tell(struct reload *reload, reload_report_fn *fn, void *ctx);

/* Waits for a reload under way and ends the thread. Sets *reload to NULL; NULL inside is fine. */
void reload_free(struct reload **reload);

#endif
