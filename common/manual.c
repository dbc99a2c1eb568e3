/* manual: addresses that the administrator has added by hand.
 * A table with chains, which doubles as it fills. Changes are few and queue up behind one another, so that memory and disk
 * see them in the same order; looking up takes another lock, held for the moment that it takes. */
#include "common/manual.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "common/siphash.h"

enum { FIRST_BUCKETS = 64 };

struct kept {
	struct manual_entry entry;
	struct kept *chain;
	char message[];              /* entry.message points here, unless it is NULL */
};

struct manual {
	struct journal *journal;
	struct siphash_key hash_key;
	pthread_mutex_t changes;     /* one change at a time, taken before `mutex` */
	pthread_mutex_t mutex;       /* guards the table */
	struct kept **bucket;
	size_t n_buckets;            /* a power of two */
	atomic_size_t n;             /* most sites have none: they are spared the lock */
	unsigned long long hits;
};

/* --- the table ---------------------------------------------------------------------------------------------------- */

static struct kept **place_of(struct manual *manual, const struct ipaddr *addr)
{
	struct kept **place = &manual->bucket[siphash128(&manual->hash_key, addr->byte, addr->len).a & (manual->n_buckets - 1)];

	while (*place != NULL && !ipaddr_equal(&(*place)->entry.addr, addr))
		place = &(*place)->chain;
	return place;
}

static bool is_fresh(const struct manual_entry *entry, struct monotime now)
{
	return !monotime_reached(now, entry->expires);
}

static void take_out(struct manual *manual, struct kept **place)
{
	struct kept *kept = *place;

	*place = kept->chain;
	free(kept);
	manual->n--;
}

/* Without memory it goes on with longer chains. */
static void grow(struct manual *manual)
{
	size_t n_old = manual->n_buckets;
	struct kept **old = manual->bucket, **bucket = calloc(n_old * 2, sizeof *bucket);

	if (bucket == NULL)
		return;
	manual->bucket = bucket;
	manual->n_buckets = n_old * 2;
	for (size_t i = 0; i < n_old; i++) {
		while (old[i] != NULL) {
			struct kept *kept = old[i], **place;

			old[i] = kept->chain;
			kept->chain = NULL;
			place = place_of(manual, &kept->entry.addr);
			*place = kept;
		}
	}
	free(old);
}

static struct kept *kept_new(const struct ipaddr *addr, const char *message, struct monotime expires)
{
	size_t bytes = message != NULL ? strlen(message) + 1 : 0;
	struct kept *kept = malloc(sizeof *kept + bytes);

	if (kept == NULL)
		return NULL;
	*kept = (struct kept){ .entry = { .addr = *addr, .expires = expires } };
	if (bytes > 0) {
		memcpy(kept->message, message, bytes);
		kept->entry.message = kept->message;
	}
	return kept;
}

static void put(struct manual *manual, struct kept *kept)
{
	struct kept **place;

	pthread_mutex_lock(&manual->mutex);
	if (manual->n >= manual->n_buckets)
		grow(manual);
	place = place_of(manual, &kept->entry.addr);
	if (*place != NULL)
		take_out(manual, place);
	place = place_of(manual, &kept->entry.addr);
	*place = kept;
	manual->n++;
	pthread_mutex_unlock(&manual->mutex);
}

static void drop_expired(struct manual *manual, struct monotime now)
{
	pthread_mutex_lock(&manual->mutex);
	for (size_t i = 0; i < manual->n_buckets; i++)
		for (struct kept **place = &manual->bucket[i]; *place != NULL;) {
			if (is_fresh(&(*place)->entry, now))
				place = &(*place)->chain;
			else
				take_out(manual, place);
		}
	pthread_mutex_unlock(&manual->mutex);
}

static void drop_all(struct manual *manual)
{
	pthread_mutex_lock(&manual->mutex);
	for (size_t i = 0; i < manual->n_buckets; i++)
		while (manual->bucket[i] != NULL)
			take_out(manual, &manual->bucket[i]);
	pthread_mutex_unlock(&manual->mutex);
}

static bool has(struct manual *manual, const struct ipaddr *addr)
{
	bool found;

	pthread_mutex_lock(&manual->mutex);
	found = *place_of(manual, addr) != NULL;
	pthread_mutex_unlock(&manual->mutex);
	return found;
}

/* --- from the journal --------------------------------------------------------------------------------------------- */

static struct monotime expiry(int64_t ttl_s)
{
	return monotime_add(monotime_now(), ttl_s * 1000000);
}

static void read_one(void *ctx, const struct journal_manual *row)
{
	struct manual *manual = ctx;
	struct monotime expires = { INT64_MAX };
	const char *message = row->message[0] != '\0' && template_check(row->message, NULL) ? row->message : NULL;
	struct ipaddr addr;
	struct kept *kept;

	if (manual->n >= MANUAL_MAX || !ipaddr_parse(&addr, row->subject))
		return;
	if (row->expires_s != INT64_MAX) {
		int64_t left_s = row->expires_s - time(NULL);

		expires = expiry(left_s < MANUAL_TTL_MAX_S ? left_s : MANUAL_TTL_MAX_S);
	}
	kept = kept_new(&addr, message, expires);
	if (kept != NULL)
		put(manual, kept);
}

struct manual *manual_new(struct journal *journal)
{
	struct manual *manual = calloc(1, sizeof *manual);
	struct errmsg err;

	if (manual == NULL)
		return NULL;
	manual->bucket = calloc(FIRST_BUCKETS, sizeof(struct kept *));
	if (manual->bucket == NULL) {
		free(manual);
		return NULL;
	}
	manual->n_buckets = FIRST_BUCKETS;
	manual->hash_key = siphash_key_new();
	manual->journal = journal;
	pthread_mutex_init(&manual->changes, NULL);
	pthread_mutex_init(&manual->mutex, NULL);
	if (journal != NULL && !journal_read_manual(journal, read_one, manual, &err))
		log_error("state_dir: not all that was added by hand could be read: %s", err.text);
	return manual;
}

void manual_free(struct manual **manual)
{
	struct manual *m = *manual;

	*manual = NULL;
	if (m == NULL)
		return;
	drop_all(m);
	free(m->bucket);
	pthread_mutex_destroy(&m->changes);
	pthread_mutex_destroy(&m->mutex);
	free(m);
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

static bool check(struct manual *manual, const struct ipaddr *addr, const char *message, int64_t ttl_s, struct errmsg *err)
{
	struct errmsg why;

	if (!ipaddr_is_set(addr)) {
		errmsg_set(err, "there is no address");
		return false;
	}
	if (ttl_s < 0 || ttl_s > MANUAL_TTL_MAX_S) {
		errmsg_set(err, "the time must be at most %d seconds", MANUAL_TTL_MAX_S);
		return false;
	}
	if (message != NULL && !template_check(message, &why)) {
		errmsg_set(err, "the message: %s", why.text);
		return false;
	}
	if (manual->n >= MANUAL_MAX && !has(manual, addr)) {
		drop_expired(manual, monotime_now());
		if (manual->n >= MANUAL_MAX) {
			errmsg_set(err, "there are %d entries, which is the most", MANUAL_MAX);
			return false;
		}
	}
	return true;
}

/* Without a journal that takes it, it still holds until the next start. */
static enum manual_done written(struct manual *manual, bool ok, struct errmsg *err)
{
	if (ok)
		return MANUAL_DONE;
	if (manual->journal == NULL)
		errmsg_set(err, "there is no state_dir");
	return MANUAL_UNTIL_RESTART;
}

static enum manual_done add(struct manual *manual, const struct ipaddr *addr, const char *message, int64_t ttl_s,
			    struct errmsg *err)
{
	char subject[IPADDR_TEXT_BYTES];
	struct journal_manual row = { .subject = ipaddr_format(addr, subject), .message = message != NULL ? message : "",
				      .expires_s = ttl_s == 0 ? INT64_MAX : time(NULL) + ttl_s };
	struct kept *kept;

	if (!check(manual, addr, message, ttl_s, err))
		return MANUAL_REFUSED;
	kept = kept_new(addr, message, ttl_s == 0 ? (struct monotime){ INT64_MAX } : expiry(ttl_s));
	if (kept == NULL) {
		errmsg_set(err, "out of memory");
		return MANUAL_REFUSED;
	}
	put(manual, kept);
	return written(manual, manual->journal != NULL && journal_put_manual(manual->journal, &row, err), err);
}

enum manual_done manual_add(struct manual *manual, const struct ipaddr *addr, const char *message, int64_t ttl_s,
			    struct errmsg *err)
{
	enum manual_done done;

	if (message != NULL && message[0] == '\0')
		message = NULL;
	pthread_mutex_lock(&manual->changes);
	done = add(manual, addr, message, ttl_s, err);
	pthread_mutex_unlock(&manual->changes);
	return done;
}

static bool take_out_address(struct manual *manual, const struct ipaddr *addr)
{
	struct kept **place;
	bool found;

	pthread_mutex_lock(&manual->mutex);
	place = place_of(manual, addr);
	found = *place != NULL && is_fresh(&(*place)->entry, monotime_now());
	if (*place != NULL)
		take_out(manual, place);
	pthread_mutex_unlock(&manual->mutex);
	return found;
}

enum manual_done manual_remove(struct manual *manual, const struct ipaddr *addr, struct errmsg *err)
{
	enum manual_done done = MANUAL_REFUSED;
	char subject[IPADDR_TEXT_BYTES];

	pthread_mutex_lock(&manual->changes);
	if (take_out_address(manual, addr))
		done = written(manual, manual->journal != NULL &&
			       journal_remove_manual(manual->journal, ipaddr_format(addr, subject), err), err);
	else
		errmsg_set(err, "%s was not added by hand", ipaddr_format(addr, subject));
	pthread_mutex_unlock(&manual->changes);
	return done;
}

enum manual_done manual_clear(struct manual *manual, struct errmsg *err)
{
	enum manual_done done;

	pthread_mutex_lock(&manual->changes);
	drop_all(manual);
	done = written(manual, manual->journal != NULL && journal_clear_manual(manual->journal, err), err);
	pthread_mutex_unlock(&manual->changes);
	return done;
}

/* --- looking up --------------------------------------------------------------------------------------------------- */

/* A copy in the arena, NULL when there is no fresh entry. False: out of memory. */
static bool copy_entry(struct manual *manual, const struct ipaddr *addr, struct monotime now, struct arena *arena,
		       const struct manual_entry **out)
{
	const struct kept *kept = *place_of(manual, addr);
	struct manual_entry *copy;

	*out = NULL;
	if (kept == NULL || !is_fresh(&kept->entry, now))
		return true;
	copy = arena_alloc(arena, sizeof *copy);
	if (copy == NULL)
		return false;
	*copy = kept->entry;
	if (copy->message != NULL)
		copy->message = arena_strdup(arena, kept->message);   /* NULL: the list's own will do */
	manual->hits++;
	*out = copy;
	return true;
}

bool manual_mark(struct manual *manual, struct subjects *subjects, struct monotime now, struct arena *arena)
{
	bool ok = true;

	if (manual == NULL || atomic_load_explicit(&manual->n, memory_order_relaxed) == 0)
		return true;
	pthread_mutex_lock(&manual->mutex);
	for (size_t i = 0; i < subjects->n; i++) {
		struct subject *subject = &subjects->item[i];

		if (subject->exempt == EXEMPT_NOT && ipaddr_is_set(&subject->addr))
			ok &= copy_entry(manual, &subject->addr, now, arena, &subject->manual);
	}
	pthread_mutex_unlock(&manual->mutex);
	return ok;
}

/* The addresses of all entries. NULL: out of memory, or there are none. */
static struct ipaddr *addresses(struct manual *manual, size_t *n)
{
	struct ipaddr *addr;

	*n = 0;
	pthread_mutex_lock(&manual->mutex);
	addr = calloc(manual->n + 1, sizeof *addr);
	for (size_t i = 0; addr != NULL && i < manual->n_buckets; i++)
		for (const struct kept *kept = manual->bucket[i]; kept != NULL; kept = kept->chain)
			addr[(*n)++] = kept->entry.addr;
	pthread_mutex_unlock(&manual->mutex);
	return addr;
}

bool manual_each(struct manual *manual, struct monotime now, manual_fn *fn, void *ctx)
{
	size_t n;
	struct ipaddr *addr = addresses(manual, &n);
	char message[TEMPLATE_MAX_BYTES + 1];

	if (addr == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct manual_entry entry;
		const struct kept *kept;

		pthread_mutex_lock(&manual->mutex);
		kept = *place_of(manual, &addr[i]);
		if (kept != NULL) {
			entry = kept->entry;
			if (entry.message != NULL) {
				snprintf(message, sizeof message, "%s", entry.message);
				entry.message = message;
			}
		}
		pthread_mutex_unlock(&manual->mutex);
		if (kept != NULL && is_fresh(&entry, now))
			fn(ctx, &entry);
	}
	free(addr);
	return true;
}

void manual_stats(struct manual *manual, struct manual_stats *out)
{
	pthread_mutex_lock(&manual->mutex);
	*out = (struct manual_stats){ .entries = manual->n, .hits = manual->hits, .durable = manual->journal != NULL };
	pthread_mutex_unlock(&manual->mutex);
}
