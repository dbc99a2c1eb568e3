/* A bounded set of addresses, each with a short text and the time when it ends, that outlives a restart where there is a
 * journal. What was added by hand (manual.h), the screen (screen.h) and the recent logins (recent.h) are such sets, and say what
 * an entry means.
 * Owner:   one of each serves the process; what comes out is a copy.
 * Bound:   KEEP_MAX entries.
 * Threads: everything but new and free from any. add, remove, clear and purge wait for the disk; find and learn never do, and
 *          in an empty set find takes no lock. */
#ifndef COMMON_KEEP_H
#define COMMON_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/errmsg.h"
#include "common/ipaddr.h"
#include "common/journal.h"
#include "common/monotime.h"
#include "common/template.h"

enum {
	KEEP_MAX = JOURNALDB_KEPT_MAX,
	KEEP_TTL_MAX_S = 10 * 365 * 86400,
	KEEP_TEXT_BYTES = TEMPLATE_MAX_BYTES + 1,
};

struct keep_kind {
	enum journal_kind journal;   /* under which the journal has it */
	const char *missing;         /* said of an address that is not there: "was not added by hand" */
	/* May this text stand in an entry? What is read from the disk and may not is read without it. NULL: any. */
	bool (*sound)(const char *text, struct errmsg *err);
};

struct keep_entry {
	struct ipaddr addr;
	struct monotime added;       /* or read, at the start */
	struct monotime expires;     /* INT64_MAX: never */
	const char *text;            /* "": none */
};

struct keep;

/* Reads what the journal holds; NULL: there is none, and nothing outlives a restart. Both are borrowed and must live longer.
 * NULL: out of memory. */
struct keep *keep_new(const struct keep_kind *kind, struct journal *journal);
void keep_free(struct keep **keep);   /* sets *keep to NULL; NULL inside is fine */

/* --- for an administrator's requests ------------------------------------------------------------------------------ */

enum keep_done {
	KEEP_REFUSED,                /* nothing has changed; `err` says why */
	KEEP_UNTIL_RESTART,          /* it holds now but is not on the disk; `err` says why */
	KEEP_DONE,                   /* and it is on the disk */
};
/* Adds the address or replaces its entry. `text`: less than KEEP_TEXT_BYTES long. `ttl_s`: 1 to KEEP_TTL_MAX_S, or 0 for
 * ever. */
enum keep_done keep_add(struct keep *keep, const struct ipaddr *addr, const char *text, int64_t ttl_s, struct errmsg *err);
/* Refused: there is no such entry. */
enum keep_done keep_remove(struct keep *keep, const struct ipaddr *addr, struct errmsg *err);
enum keep_done keep_clear(struct keep *keep, struct errmsg *err);
/* Takes out all entries with this text; *n is how many there were. Never refused. */
enum keep_done keep_purge(struct keep *keep, const char *text, size_t *n, struct errmsg *err);

typedef void keep_fn(void *ctx, const struct keep_entry *entry);
/* Calls `fn` with each entry that is fresh, in no order and with nothing locked. What is changed meanwhile may be missed.
 * False: out of memory. */
bool keep_each(struct keep *keep, struct monotime now, keep_fn *fn, void *ctx);

struct keep_stats {
	size_t entries;
	size_t bytes;                /* of the addresses as text, a line end each */
	bool durable;                /* there is a journal */
};
void keep_stats(struct keep *keep, struct keep_stats *out);

/* --- for mail ----------------------------------------------------------------------------------------------------- */

/* False: there is no fresh entry. True: *out is a copy of it, whose text lies in `text`. */
bool keep_find(struct keep *keep, const struct ipaddr *addr, struct monotime now, char text[KEEP_TEXT_BYTES],
	       struct keep_entry *out);

struct keep_bounds {
	size_t entries, bytes;       /* as in keep_stats, of all entries, however they came in */
};
enum keep_learned {
	KEEP_LEARNED,
	KEEP_KNOWN,                  /* there is a fresh entry, which stays as it is */
	KEEP_FULL,                   /* it would exceed the bounds */
	KEEP_MISSED,                 /* out of memory, or there was a purge */
};
/* Adds an address within these bounds and has it written behind: a kill -9 can lose it. `text` and `ttl_s` are as for keep_add().
 * `purges`: what keep_purges() gave before the caller looked for a reason to add it. A purge since then may be the end of
 * that reason. */
enum keep_learned keep_learn(struct keep *keep, const struct ipaddr *addr, const char *text, int64_t ttl_s,
			     const struct keep_bounds *bounds, unsigned purges);
unsigned keep_purges(struct keep *keep);
/* Would keep_learn() find room? */
bool keep_has_room(struct keep *keep, const struct ipaddr *addr, const struct keep_bounds *bounds);

#endif
