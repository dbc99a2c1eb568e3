/* Addresses that the administrator has added by hand: each counts as listed in the list "manual" (ruleset->manual) without
 * any lookup, until its time is over or it is removed. They outlive a restart where there is a journal.
 * Owner:   one serves the process; what comes out is a copy.
 * Bound:   MANUAL_MAX entries.   Threads: everything but new and free from any; add, remove and clear wait for the disk, match
 * never does. */
#ifndef COMMON_MANUAL_H
#define COMMON_MANUAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/errmsg.h"
#include "common/ipaddr.h"
#include "common/journal.h"
#include "common/keep.h"
#include "common/monotime.h"
#include "common/subject.h"

enum {
	MANUAL_MAX = KEEP_MAX,
	MANUAL_TTL_MAX_S = KEEP_TTL_MAX_S,
	MANUAL_ANSWER = 0x7f000002,  /* what the list "manual" would answer, if anybody asked it */
};

struct manual_entry {
	struct ipaddr addr;
	struct monotime expires;     /* INT64_MAX: never */
	const char *message;         /* of the refusal, a template; NULL: the list's */
};

struct manual;

/* Reads what the journal holds; NULL: there is none, and nothing outlives a restart. The journal is borrowed and must live
 * longer. NULL: out of memory. */
struct manual *manual_new(struct journal *journal);
void manual_free(struct manual **manual);   /* sets *manual to NULL; NULL inside is fine */

/* Adds the address or replaces its entry. `message`: NULL or "" for the list's own; refused when it is no template. `ttl_s`:
 * 1 to MANUAL_TTL_MAX_S, or 0 for ever. */
enum keep_done manual_add(struct manual *manual, const struct ipaddr *addr, const char *message, int64_t ttl_s,
			  struct errmsg *err);
/* Refused: there is no such entry. */
enum keep_done manual_remove(struct manual *manual, const struct ipaddr *addr, struct errmsg *err);
enum keep_done manual_clear(struct manual *manual, struct errmsg *err);

/* Marks the subjects that are not exempt and whose address was added by hand: they need not be asked about. `manual`
 * NULL: nothing was. False: out of memory, some are not marked. */
bool manual_mark(struct manual *manual, struct subjects *subjects, struct monotime now, struct arena *arena);

typedef void manual_fn(void *ctx, const struct manual_entry *entry);
/* Calls `fn` with each entry that is fresh, in no order and with nothing locked. What is changed meanwhile may be missed.
 * False: out of memory. */
bool manual_each(struct manual *manual, struct monotime now, manual_fn *fn, void *ctx);

struct manual_stats {
	size_t entries, bytes;       /* as in keep_stats */
	unsigned long long hits;     /* subjects marked */
	bool durable;                /* there is a journal */
};
void manual_stats(struct manual *manual, struct manual_stats *out);

#endif
