/* The screen: clients that are refused without any lookup, since they were listed before (screen.auto) or were put there by hand.
 * An entry remembers the list that made it: when that list turns out to list the whole world, its entries go.
 * Owner:   one serves the process.   Bound: KEEP_MAX entries; settings->max_entries and max_bytes for what adds itself.
 * Threads: everything but new and free from any. Only add, remove, clear and purge wait for the disk. */
#ifndef COMMON_SCREEN_H
#define COMMON_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/errmsg.h"
#include "common/ipaddr.h"
#include "common/journal.h"
#include "common/keep.h"
#include "common/monotime.h"
#include "common/ruleset.h"

enum { SCREEN_LIST_BYTES = 64 };     /* a list's name: config/ allows 63 */

struct screen_entry {
	struct ipaddr addr;
	struct monotime expires;     /* INT64_MAX: never */
	const char *list;            /* that made it; "": it was put there by hand */
};

struct screen;

/* Reads what the journal holds; NULL: there is none, and nothing outlives a restart. The journal is borrowed and must live
 * longer. NULL: out of memory. */
struct screen *screen_new(struct journal *journal);
void screen_free(struct screen **screen);   /* sets *screen to NULL; NULL inside is fine */

/* --- for mail: these never wait ----------------------------------------------------------------------------------- */

/* Is the address on the screen? Then `list` says who put it there, as above. `screen` NULL: nobody is. */
bool screen_has(struct screen *screen, const struct ipaddr *addr, struct monotime now, char list[SCREEN_LIST_BYTES]);
/* Puts a client there that a list lists. `purges`: what screen_purges() gave before it was looked whether the list is sane. */
enum keep_learned screen_learn(struct screen *screen, const struct screen_settings *settings, const struct ipaddr *addr,
			       const char *list, unsigned purges);
unsigned screen_purges(struct screen *screen);
/* Would screen_learn() find room? */
bool screen_has_room(struct screen *screen, const struct screen_settings *settings, const struct ipaddr *addr);
/* A refusal was given because of it. */
void screen_count_refusal(struct screen *screen);

/* The list is not sane: what it has put there is taken out, and the log says so. Waits for the disk. */
void screen_purge(struct screen *screen, const char *list);

/* --- for an administrator's requests ------------------------------------------------------------------------------ */

/* By hand there is always room, up to KEEP_MAX. An entry that a list has made becomes one made by hand. `ttl_s`: 1 to
 * KEEP_TTL_MAX_S, or 0 for ever. */
enum keep_done screen_add(struct screen *screen, const struct ipaddr *addr, int64_t ttl_s, struct errmsg *err);
/* Refused: it is not there. */
enum keep_done screen_remove(struct screen *screen, const struct ipaddr *addr, struct errmsg *err);
enum keep_done screen_clear(struct screen *screen, struct errmsg *err);

typedef void screen_fn(void *ctx, const struct screen_entry *entry);
/* Calls `fn` with each entry that is fresh, in no order and with nothing locked. What is changed meanwhile may be missed.
 * False: out of memory. */
bool screen_each(struct screen *screen, struct monotime now, screen_fn *fn, void *ctx);

struct screen_stats {
	size_t entries, bytes;       /* as in keep_stats: what the bounds count */
	bool full;                   /* there is no room for another IPv4 address, whichever it is */
	unsigned long long refusals; /* replies given because of an entry */
	bool durable;                /* there is a journal */
};
void screen_stats(struct screen *screen, const struct screen_settings *settings, struct screen_stats *out);

#endif
