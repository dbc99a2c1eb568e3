/* keep: a bounded set of addresses that outlives a restart.
 * A table with chains, which doubles as it fills. Requests are few and queue up behind one another, so that memory and disk
 * see them in the same order; everything else takes another lock, held for the moment that it takes. What mail adds is
 * put into the journal's queue under that lock, so it cannot overtake a request about the same address. */
#include "common/keep.h"

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
	struct keep_entry entry;
	struct kept *chain;
	uint8_t bytes;               /* the address as text, and a line end */
	char text[];                 /* entry.text points here */
};

struct keep {
	const struct keep_kind *kind;
	struct journal *journal;
	struct siphash_key hash_key;
	pthread_mutex_t changes;     /* one request at a time, taken before `mutex` */
	pthread_mutex_t mutex;       /* guards everything below */
	struct kept **bucket;
	size_t n_buckets;            /* a power of two */
	atomic_size_t n;             /* most sites have none: they are spared the lock */
	size_t bytes;
	struct monotime soonest;     /* nothing expires before */
	unsigned purges;
};

/* --- the table: with the mutex held ------------------------------------------------------------------------------- */

static struct kept **place_of(struct keep *keep, const struct ipaddr *addr)
{
	struct kept **place = &keep->bucket[siphash128(&keep->hash_key, addr->byte, addr->len).a & (keep->n_buckets - 1)];

	while (*place != NULL && !ipaddr_equal(&(*place)->entry.addr, addr))
		place = &(*place)->chain;
	return place;
}

static bool is_fresh(const struct keep_entry *entry, struct monotime now)
{
	return !monotime_reached(now, entry->expires);
}

static void take_out(struct keep *keep, struct kept **place)
{
	struct kept *kept = *place;

	*place = kept->chain;
	keep->bytes -= kept->bytes;
	keep->n--;
	free(kept);
}

/* Without memory it goes on with longer chains. */
static void grow(struct keep *keep)
{
	size_t n_old = keep->n_buckets;
	struct kept **old = keep->bucket, **bucket = calloc(n_old * 2, sizeof *bucket);

	if (bucket == NULL)
		return;
	keep->bucket = bucket;
	keep->n_buckets = n_old * 2;
	for (size_t i = 0; i < n_old; i++) {
		while (old[i] != NULL) {
			struct kept *kept = old[i], **place;

			old[i] = kept->chain;
			kept->chain = NULL;
			place = place_of(keep, &kept->entry.addr);
			*place = kept;
		}
	}
	free(old);
}

static void put(struct keep *keep, struct kept *kept)
{
	struct kept **place = place_of(keep, &kept->entry.addr);

	if (*place != NULL)
		take_out(keep, place);
	if (keep->n >= keep->n_buckets)
		grow(keep);
	place = place_of(keep, &kept->entry.addr);
	*place = kept;
	keep->n++;
	keep->bytes += kept->bytes;
	if (kept->entry.expires.us < keep->soonest.us)
		keep->soonest = kept->entry.expires;
}

/* Takes out what `goes` says; NULL: everything. Returns how many. */
static size_t sweep(struct keep *keep, bool (*goes)(const struct keep_entry *entry, const void *ctx), const void *ctx)
{
	size_t before = keep->n;

	keep->soonest = (struct monotime){ INT64_MAX };
	for (size_t i = 0; i < keep->n_buckets; i++)
		for (struct kept **place = &keep->bucket[i]; *place != NULL;) {
			const struct keep_entry *entry = &(*place)->entry;

			if (goes == NULL || goes(entry, ctx)) {
				take_out(keep, place);
				continue;
			}
			if (entry->expires.us < keep->soonest.us)
				keep->soonest = entry->expires;
			place = &(*place)->chain;
		}
	return before - keep->n;
}

static bool is_over(const struct keep_entry *entry, const void *now)
{
	return !is_fresh(entry, *(const struct monotime *)now);
}

static bool has_text(const struct keep_entry *entry, const void *text)
{
	return strcmp(entry->text, text) == 0;
}

/* Nothing is searched while nothing can have expired. */
static void drop_expired(struct keep *keep, struct monotime now)
{
	if (monotime_reached(now, keep->soonest))
		sweep(keep, is_over, &now);
}

static bool has_room(struct keep *keep, size_t bytes, const struct keep_bounds *bounds)
{
	size_t most = bounds->entries < KEEP_MAX ? bounds->entries : KEEP_MAX;

	return keep->n < most && keep->bytes + bytes <= bounds->bytes;
}

/* --- entries ------------------------------------------------------------------------------------------------------ */

static struct monotime expiry(struct monotime now, int64_t ttl_s)
{
	return ttl_s == 0 ? (struct monotime){ INT64_MAX } : monotime_add(now, ttl_s * 1000000);
}

static uint8_t bytes_of(const struct ipaddr *addr)
{
	char text[IPADDR_TEXT_BYTES];

	return (uint8_t)(strlen(ipaddr_format(addr, text)) + 1);
}

static struct kept *kept_new(const struct ipaddr *addr, const char *text, struct monotime now, struct monotime expires)
{
	size_t n = strlen(text) + 1;
	struct kept *kept = malloc(sizeof *kept + n);

	if (kept == NULL)
		return NULL;
	*kept = (struct kept){ .entry = { .addr = *addr, .added = now, .expires = expires, .text = kept->text },
			       .bytes = bytes_of(addr) };
	memcpy(kept->text, text, n);
	return kept;
}

/* As the journal has it; the subject lies in `buf`. */
static struct journal_kept row_of(const struct keep *keep, const struct ipaddr *addr, const char *text, int64_t ttl_s,
				  char buf[IPADDR_TEXT_BYTES])
{
	return (struct journal_kept){ .kind = keep->kind->journal, .subject = ipaddr_format(addr, buf), .text = text,
				      .expires_s = ttl_s == 0 ? INT64_MAX : time(NULL) + ttl_s };
}

/* --- from the journal --------------------------------------------------------------------------------------------- */

static bool is_sound(const struct keep *keep, const char *text)
{
	return strlen(text) < KEEP_TEXT_BYTES && (keep->kind->sound == NULL || keep->kind->sound(text, NULL));
}

static void read_one(void *ctx, const struct journal_kept *row)
{
	struct keep *keep = ctx;
	struct monotime now = monotime_now(), expires = { INT64_MAX };
	struct ipaddr addr;
	struct kept *kept;

	if (keep->n >= KEEP_MAX || !ipaddr_parse(&addr, row->subject))
		return;
	if (row->expires_s != INT64_MAX) {
		int64_t left_s = row->expires_s - time(NULL);

		expires = monotime_add(now, (left_s < KEEP_TTL_MAX_S ? left_s : KEEP_TTL_MAX_S) * 1000000);
	}
	kept = kept_new(&addr, is_sound(keep, row->text) ? row->text : "", now, expires);
	if (kept == NULL)
		return;
	pthread_mutex_lock(&keep->mutex);
	put(keep, kept);
	pthread_mutex_unlock(&keep->mutex);
}

struct keep *keep_new(const struct keep_kind *kind, struct journal *journal)
{
	struct keep *keep = calloc(1, sizeof *keep);
	struct errmsg err;

	if (keep == NULL)
		return NULL;
	keep->bucket = calloc(FIRST_BUCKETS, sizeof(struct kept *));
	if (keep->bucket == NULL) {
		free(keep);
		return NULL;
	}
	keep->n_buckets = FIRST_BUCKETS;
	keep->hash_key = siphash_key_new();
	keep->kind = kind;
	keep->journal = journal;
	keep->soonest = (struct monotime){ INT64_MAX };
	pthread_mutex_init(&keep->changes, NULL);
	pthread_mutex_init(&keep->mutex, NULL);
	if (journal != NULL && !journal_read_kept(journal, kind->journal, read_one, keep, &err))
		log_error("state_dir: not all \"%s\" entries could be read: %s", journal_kind_word(kind->journal), err.text);
	return keep;
}

void keep_free(struct keep **keep)
{
	struct keep *k = *keep;

	*keep = NULL;
	if (k == NULL)
		return;
	sweep(k, NULL, NULL);
	free(k->bucket);
	pthread_mutex_destroy(&k->changes);
	pthread_mutex_destroy(&k->mutex);
	free(k);
}

/* --- requests ----------------------------------------------------------------------------------------------------- */

static bool makes_sense(const struct ipaddr *addr, const char *text, int64_t ttl_s, struct errmsg *err)
{
	if (!ipaddr_is_set(addr)) {
		errmsg_set(err, "there is no address");
		return false;
	}
	if (ttl_s < 0 || ttl_s > KEEP_TTL_MAX_S) {
		errmsg_set(err, "the time must be at most %d seconds", KEEP_TTL_MAX_S);
		return false;
	}
	if (strlen(text) >= KEEP_TEXT_BYTES) {
		errmsg_set(err, "the text is longer than %d bytes", KEEP_TEXT_BYTES - 1);
		return false;
	}
	return true;
}

/* Without a journal that takes it, it still holds until the next start. */
static enum keep_done written(struct keep *keep, bool ok, struct errmsg *err)
{
	if (ok)
		return KEEP_DONE;
	if (keep->journal == NULL)
		errmsg_set(err, "there is no state_dir");
	return KEEP_UNTIL_RESTART;
}

/* Adds it, or puts it in place of what is there. False: there is no room. */
static bool put_within_max(struct keep *keep, struct kept *kept)
{
	bool room;

	pthread_mutex_lock(&keep->mutex);
	room = keep->n < KEEP_MAX || *place_of(keep, &kept->entry.addr) != NULL;
	if (!room) {
		drop_expired(keep, kept->entry.added);
		room = keep->n < KEEP_MAX;
	}
	if (room)
		put(keep, kept);
	pthread_mutex_unlock(&keep->mutex);
	return room;
}

static enum keep_done add(struct keep *keep, const struct ipaddr *addr, const char *text, int64_t ttl_s, struct errmsg *err)
{
	struct monotime now = monotime_now();
	char subject[IPADDR_TEXT_BYTES];
	struct journal_kept row = row_of(keep, addr, text, ttl_s, subject);
	struct kept *kept = kept_new(addr, text, now, expiry(now, ttl_s));

	if (kept == NULL) {
		errmsg_set(err, "out of memory");
		return KEEP_REFUSED;
	}
	if (!put_within_max(keep, kept)) {
		free(kept);
		errmsg_set(err, "there are %d entries, which is the most", KEEP_MAX);
		return KEEP_REFUSED;
	}
	return written(keep, keep->journal != NULL && journal_put_kept(keep->journal, &row, err), err);
}

enum keep_done keep_add(struct keep *keep, const struct ipaddr *addr, const char *text, int64_t ttl_s, struct errmsg *err)
{
	enum keep_done done;

	if (!makes_sense(addr, text, ttl_s, err))
		return KEEP_REFUSED;
	pthread_mutex_lock(&keep->changes);
	done = add(keep, addr, text, ttl_s, err);
	pthread_mutex_unlock(&keep->changes);
	return done;
}

static bool take_out_address(struct keep *keep, const struct ipaddr *addr)
{
	struct kept **place;
	bool found;

	pthread_mutex_lock(&keep->mutex);
	place = place_of(keep, addr);
	found = *place != NULL && is_fresh(&(*place)->entry, monotime_now());
	if (*place != NULL)
		take_out(keep, place);
	pthread_mutex_unlock(&keep->mutex);
	return found;
}

enum keep_done keep_remove(struct keep *keep, const struct ipaddr *addr, struct errmsg *err)
{
	enum keep_done done = KEEP_REFUSED;
	char subject[IPADDR_TEXT_BYTES];

	ipaddr_format(addr, subject);
	pthread_mutex_lock(&keep->changes);
	if (take_out_address(keep, addr))
		done = written(keep, keep->journal != NULL &&
			       journal_remove_kept(keep->journal, keep->kind->journal, subject, err), err);
	else
		errmsg_set(err, "%s %s", subject, keep->kind->missing);
	pthread_mutex_unlock(&keep->changes);
	return done;
}

enum keep_done keep_clear(struct keep *keep, struct errmsg *err)
{
	enum keep_done done;

	pthread_mutex_lock(&keep->changes);
	pthread_mutex_lock(&keep->mutex);
	sweep(keep, NULL, NULL);
	pthread_mutex_unlock(&keep->mutex);
	done = written(keep, keep->journal != NULL && journal_clear_kept(keep->journal, keep->kind->journal, err), err);
	pthread_mutex_unlock(&keep->changes);
	return done;
}

enum keep_done keep_purge(struct keep *keep, const char *text, size_t *n, struct errmsg *err)
{
	enum keep_done done;

	pthread_mutex_lock(&keep->changes);
	pthread_mutex_lock(&keep->mutex);
	keep->purges++;
	*n = sweep(keep, has_text, text);
	pthread_mutex_unlock(&keep->mutex);
	done = written(keep, keep->journal != NULL && journal_purge_kept(keep->journal, keep->kind->journal, text, err), err);
	pthread_mutex_unlock(&keep->changes);
	return done;
}

/* The addresses of all entries. NULL: out of memory. */
static struct ipaddr *addresses(struct keep *keep, size_t *n)
{
	struct ipaddr *addr;

	*n = 0;
	pthread_mutex_lock(&keep->mutex);
	addr = calloc(keep->n + 1, sizeof *addr);
	for (size_t i = 0; addr != NULL && i < keep->n_buckets; i++)
		for (const struct kept *kept = keep->bucket[i]; kept != NULL; kept = kept->chain)
			addr[(*n)++] = kept->entry.addr;
	pthread_mutex_unlock(&keep->mutex);
	return addr;
}

bool keep_each(struct keep *keep, struct monotime now, keep_fn *fn, void *ctx)
{
	size_t n;
	struct ipaddr *addr = addresses(keep, &n);

	if (addr == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		char text[KEEP_TEXT_BYTES];
		struct keep_entry entry;

		if (keep_find(keep, &addr[i], now, text, &entry))
			fn(ctx, &entry);
	}
	free(addr);
	return true;
}

void keep_stats(struct keep *keep, struct keep_stats *out)
{
	pthread_mutex_lock(&keep->mutex);
	drop_expired(keep, monotime_now());
	*out = (struct keep_stats){ .entries = keep->n, .bytes = keep->bytes, .durable = keep->journal != NULL };
	pthread_mutex_unlock(&keep->mutex);
}

/* --- mail --------------------------------------------------------------------------------------------------------- */

bool keep_find(struct keep *keep, const struct ipaddr *addr, struct monotime now, char text[KEEP_TEXT_BYTES],
	       struct keep_entry *out)
{
	const struct kept *kept;
	bool found;

	if (atomic_load_explicit(&keep->n, memory_order_relaxed) == 0)
		return false;
	pthread_mutex_lock(&keep->mutex);
	kept = *place_of(keep, addr);
	found = kept != NULL && is_fresh(&kept->entry, now);
	if (found) {
		*out = kept->entry;
		out->text = memcpy(text, kept->text, strlen(kept->text) + 1);
	}
	pthread_mutex_unlock(&keep->mutex);
	return found;
}

/* With the mutex held. */
static enum keep_learned look(struct keep *keep, const struct kept *kept, const struct keep_bounds *bounds, unsigned purges)
{
	struct kept **place = place_of(keep, &kept->entry.addr);

	if (purges != keep->purges)
		return KEEP_MISSED;
	if (*place != NULL && is_fresh(&(*place)->entry, kept->entry.added))
		return KEEP_KNOWN;
	drop_expired(keep, kept->entry.added);
	return has_room(keep, kept->bytes, bounds) ? KEEP_LEARNED : KEEP_FULL;
}

enum keep_learned keep_learn(struct keep *keep, const struct ipaddr *addr, const char *text, int64_t ttl_s,
			     const struct keep_bounds *bounds, unsigned purges)
{
	struct monotime now = monotime_now();
	char subject[IPADDR_TEXT_BYTES];
	struct journal_kept row = row_of(keep, addr, text, ttl_s, subject);
	struct kept *kept = kept_new(addr, text, now, expiry(now, ttl_s));
	enum keep_learned learned;

	if (kept == NULL)
		return KEEP_MISSED;
	pthread_mutex_lock(&keep->mutex);
	learned = look(keep, kept, bounds, purges);
	if (learned == KEEP_LEARNED) {
		put(keep, kept);
		if (keep->journal != NULL)
			journal_queue_kept(keep->journal, &row);
	}
	pthread_mutex_unlock(&keep->mutex);
	if (learned != KEEP_LEARNED)
		free(kept);
	return learned;
}

unsigned keep_purges(struct keep *keep)
{
	unsigned purges;

	pthread_mutex_lock(&keep->mutex);
	purges = keep->purges;
	pthread_mutex_unlock(&keep->mutex);
	return purges;
}

bool keep_has_room(struct keep *keep, const struct ipaddr *addr, const struct keep_bounds *bounds)
{
	bool room;

	pthread_mutex_lock(&keep->mutex);
	drop_expired(keep, monotime_now());
	room = has_room(keep, bytes_of(addr), bounds);
	pthread_mutex_unlock(&keep->mutex);
	return room;
}
