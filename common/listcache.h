/* Answers kept while their time lasts. One cache serves all sessions; values are copied in and out.
 * Keys:    128-bit keyed hashes of the question (siphash.h), so nobody outside can aim at a slot.
 * Time:    the caller passes `now`; no clock is read here. Kept times are exact to a tenth of a second.
 * Bound:   max_entries; a full cache lets go what expires soonest (to the second where max_ttl_s is an hour or less, else
 *          to max_ttl_s / 3600 seconds).
 * Memory:  one flat table of 25 bytes a slot at most 4/5 full, so 31.25 bytes an entry, and no malloc an entry but for
 *          answers of several unlike codes, texts, addresses of hosts and names: these take what they hold and some 40 bytes.
 *          A resize gives the old table's memory back, and its addresses only at the end.
 * Threads: everything but new and free from any. Who only gets takes no lock, but for those answers that have a malloc of their
 *          own, and while somebody puts.   RFC: 2308 section 5, how long "absent" is kept. */
#ifndef COMMON_LISTCACHE_H
#define COMMON_LISTCACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/answer.h"
#include "common/monotime.h"
#include "common/siphash.h"

struct listcache;

enum { LISTCACHE_ENTRIES_MAX = 100 * 1000 * 1000, LISTCACHE_TTL_MAX_S = 30 * 86400 };

/* max_entries: 1 to LISTCACHE_ENTRIES_MAX; max_ttl_s: 1 to LISTCACHE_TTL_MAX_S, nothing is kept longer. NULL: out of
 * memory. */
struct listcache *listcache_new(size_t max_entries, uint32_t max_ttl_s, struct monotime now);
void listcache_free(struct listcache **cache);   /* sets *cache to NULL; NULL inside is fine */

/* True: *out is a copy of a fresh answer, its ttl_s the whole seconds that are left. False: nothing fresh is kept, *out
 * is untouched. */
bool listcache_get(struct listcache *cache, const struct hash128 *key, struct monotime now, struct answer *out);
/* Keeps a copy for answer->ttl_s seconds (at most max_ttl_s) in place of an older one; ttl_s 0, late and failed
 * answers are not kept. */
void listcache_put(struct listcache *cache, const struct hash128 *key, struct monotime now, const struct answer *answer);

/* Forgets one answer. False: nothing fresh was kept. */
bool listcache_remove(struct listcache *cache, const struct hash128 *key, struct monotime now);

/* Other bounds (a reload): what does not fit any more, soonest to expire first, goes. False: out of memory, nothing has
 * changed. */
bool listcache_resize(struct listcache *cache, size_t max_entries, uint32_t max_ttl_s, struct monotime now);

/* Forgets everything. */
void listcache_clear(struct listcache *cache, struct monotime now);

struct listcache_stats {
	size_t entries;              /* those included that have expired and were not yet cleared away */
	size_t max_entries;
	unsigned long long evictions;        /* fresh answers that were let go to make room */
	size_t memory_bytes;                 /* of the table; the kernel gives it as it is used */
};
void listcache_stats(struct listcache *cache, struct listcache_stats *out);

#endif
