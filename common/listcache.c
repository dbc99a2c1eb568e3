/* listcache: answers kept while their time lasts.
 * A flat table with linear probing; the slots of one expiry time form a list, so the soonest is found without a search.
 * A byte for each slot says whether it is used and, mostly, by whom: looking for a key goes along these bytes, of which all
 * lie near, and touches a slot only when it is the one. */
#include "common/listcache.h"

#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	TICK_US = 100000,             /* expiry times are kept in tenths of a second */
	TICKS_A_SECOND = 1000000 / TICK_US,
	BUCKETS = 4096,               /* of expiry times, in a ring */
	SLACK_BUCKETS = 480,          /* of them may hold entries that have expired and are not yet cleared away */
	CLEAR_A_CALL = 64,
	WORD_BITS = 64,
	NONE = -1,
	HUGE_BYTES = 2 << 20,         /* where huge pages begin to be of use */
};

/* How an answer lies in 32 bits: a tag and 24 bits. */
enum tag {
	TAG_ABSENT = 1,
	TAG_FOREIGN,     /* absent, but with addresses outside 127.0.0.0/8 */
	TAG_ONE,         /* 127.x.y.z: the low 24 bits */
	TAG_OCTETS,      /* one to three addresses 127.0.0.x: their last octets, ascending from the lowest byte; 0: none */
	TAG_MAIL,        /* how many MX records lead to a host */
	TAG_POOL,        /* an index into the pool */
};

struct slot {
	uint64_t tag;                /* second half of the key */
	uint32_t expires_ticks;
	uint32_t value;
	int32_t prev, next;          /* of the same expiry bucket */
};

struct table {
	struct slot *slots;
	uint8_t *marks;              /* a byte for each slot, behind the slots; 0: not used */
	size_t bytes;                /* of both */
	size_t n_slots;
	size_t max_entries, n;
};

struct ring {
	uint32_t bucket_ticks;       /* how much time a bucket covers */
	uint32_t cleared;            /* buckets of earlier times (counted since the epoch) are empty */
	int32_t bucket[BUCKETS];     /* the first slot of each */
	uint64_t used[BUCKETS / WORD_BITS];
};

struct listcache {
	pthread_mutex_t mutex;       /* guards everything below */
	struct monotime epoch;
	uint32_t max_ttl_s;
	struct table table;
	struct ring ring;
	unsigned char **pool;        /* answers that do not fit into 24 bits, each without the bytes that it does not use */
	uint32_t *pool_free;         /* a stack of free pool indices */
	uint32_t pool_room, n_pool_free;
};

/* --- answers in 32 bits ------------------------------------------------------------------------------------------- */

static uint32_t tagged(enum tag tag, uint32_t bits)
{
	return (uint32_t)tag << 24 | bits;
}

/* Most lists answer 127.0.0.x, the big ones several of them. False: the answer needs the pool. */
static bool pack_octets(const struct answer *answer, uint32_t *bits)
{
	if (answer->n > 3)
		return false;
	*bits = 0;
	for (unsigned i = 0; i < answer->n; i++) {
		if (answer->addr[i] >> 8 != 0x7f0000 || (answer->addr[i] & 0xff) == 0)
			return false;
		*bits |= (answer->addr[i] & 0xff) << (8 * i);
	}
	return true;
}

static bool pool_grow(struct listcache *cache)
{
	uint32_t room = cache->pool_room == 0 ? 64 : cache->pool_room * 2;
	unsigned char **pool;
	uint32_t *stack;

	if (room > 1u << 24)
		return false;
	pool = realloc(cache->pool, room * sizeof *pool);
	if (pool == NULL)
		return false;
	cache->pool = pool;
	stack = realloc(cache->pool_free, room * sizeof *stack);
	if (stack == NULL)
		return false;
	cache->pool_free = stack;
	for (uint32_t i = room; i-- > cache->pool_room;) {
		cache->pool[i] = NULL;
		cache->pool_free[cache->n_pool_free++] = i;
	}
	cache->pool_room = room;
	return true;
}

/* False: out of memory. */
static bool pool_put(struct listcache *cache, const struct answer *answer, uint32_t *index)
{
	size_t bytes = answer_bytes(answer);
	unsigned char *copy;

	if (cache->n_pool_free == 0 && !pool_grow(cache))
		return false;
	copy = malloc(bytes);
	if (copy == NULL)
		return false;
	memcpy(copy, answer, bytes);
	*index = cache->pool_free[--cache->n_pool_free];
	cache->pool[*index] = copy;
	return true;
}

/* What comes out is as long as what went in. */
static void pool_get(const struct listcache *cache, uint32_t index, struct answer *out)
{
	memcpy(out, cache->pool[index], offsetof(struct answer, addr));
	memcpy(out, cache->pool[index], answer_bytes(out));
}

static void pool_drop(struct listcache *cache, uint32_t index)
{
	free(cache->pool[index]);
	cache->pool[index] = NULL;
	cache->pool_free[cache->n_pool_free++] = index;
}

static void pool_drop_all(struct listcache *cache)
{
	cache->n_pool_free = 0;
	for (uint32_t i = cache->pool_room; i-- > 0;)
		pool_drop(cache, i);
}

/* 0: no memory, the answer cannot be kept. */
static uint32_t pack(struct listcache *cache, const struct answer *answer)
{
	uint32_t bits;

	if (answer->status == ANSWER_ABSENT)
		return tagged(answer->foreign ? TAG_FOREIGN : TAG_ABSENT, 0);
	if (answer->form == ANSWER_MAIL)
		return tagged(TAG_MAIL, answer->n);
	if (!answer->foreign && answer->form == ANSWER_CODES && pack_octets(answer, &bits))
		return tagged(TAG_OCTETS, bits);
	if (!answer->foreign && answer->form == ANSWER_CODES && answer->n == 1)
		return tagged(TAG_ONE, answer->addr[0] & 0xffffff);
	return pool_put(cache, answer, &bits) ? tagged(TAG_POOL, bits) : 0;
}

static void unpack(const struct listcache *cache, uint32_t value, struct answer *out)
{
	uint32_t bits = value & 0xffffff;

	*out = (struct answer){ .status = ANSWER_LISTED };
	switch ((enum tag)(value >> 24)) {
	case TAG_ABSENT:
	case TAG_FOREIGN:
		out->status = ANSWER_ABSENT;
		out->foreign = value >> 24 == TAG_FOREIGN;
		break;
	case TAG_ONE:
		out->addr[out->n++] = 0x7f000000 | bits;
		break;
	case TAG_OCTETS:
		for (; bits != 0; bits >>= 8)
			out->addr[out->n++] = 0x7f000000 | (bits & 0xff);
		break;
	case TAG_MAIL:
		out->form = ANSWER_MAIL;
		out->n = (uint8_t)bits;
		break;
	case TAG_POOL:
		pool_get(cache, bits, out);
		break;
	}
}

static void discard(struct listcache *cache, uint32_t value)
{
	if (value >> 24 == TAG_POOL)
		pool_drop(cache, value & 0xffffff);
}

/* --- expiry buckets ----------------------------------------------------------------------------------------------- */

static uint32_t ticks_at(const struct listcache *cache, struct monotime now)
{
	return (uint32_t)(monotime_between(cache->epoch, now) / TICK_US);
}

static size_t bucket_of(const struct ring *ring, uint32_t expires_ticks)
{
	return expires_ticks / ring->bucket_ticks % BUCKETS;
}

static void bucket_add(struct table *table, struct ring *ring, int32_t index)
{
	struct slot *slot = &table->slots[index];
	size_t b = bucket_of(ring, slot->expires_ticks);

	slot->prev = NONE;
	slot->next = ring->bucket[b];
	if (slot->next != NONE)
		table->slots[slot->next].prev = index;
	ring->bucket[b] = index;
	ring->used[b / WORD_BITS] |= 1ull << b % WORD_BITS;
}

/* The slot's neighbours lead past it. */
static void bucket_remove(struct table *table, struct ring *ring, const struct slot *slot)
{
	size_t b = bucket_of(ring, slot->expires_ticks);

	if (slot->prev != NONE)
		table->slots[slot->prev].next = slot->next;
	else
		ring->bucket[b] = slot->next;
	if (slot->next != NONE)
		table->slots[slot->next].prev = slot->prev;
	if (ring->bucket[b] == NONE)
		ring->used[b / WORD_BITS] &= ~(1ull << b % WORD_BITS);
}

/* The slot has moved to `index`: its neighbours lead there. */
static void bucket_follow(struct table *table, struct ring *ring, int32_t index)
{
	const struct slot *slot = &table->slots[index];

	if (slot->prev != NONE)
		table->slots[slot->prev].next = index;
	else
		ring->bucket[bucket_of(ring, slot->expires_ticks)] = index;
	if (slot->next != NONE)
		table->slots[slot->next].prev = index;
}

/* The first used bucket at or after `from`, round the ring. There is one. */
static size_t bucket_next_used(const struct ring *ring, size_t from)
{
	size_t w = from / WORD_BITS;
	uint64_t word = ring->used[w] & ~0ull << from % WORD_BITS;

	while (word == 0) {
		w = (w + 1) % (BUCKETS / WORD_BITS);
		word = ring->used[w];
	}
	return w * WORD_BITS + (size_t)__builtin_ctzll(word);
}

/* --- the table ---------------------------------------------------------------------------------------------------- */

static uint8_t mark_of(uint64_t tag)
{
	return (uint8_t)(1 + tag % UINT8_MAX);
}

/* Where a key begins to be looked for. A moved slot finds its home again from its tag alone, so the tag tells it. */
static size_t home_of(const struct table *table, uint64_t tag)
{
	return (size_t)((unsigned __int128)tag * table->n_slots >> 64);
}

static size_t step(const struct table *table, size_t i)
{
	return i + 1 == table->n_slots ? 0 : i + 1;
}

/* The slot of the tag, or the empty one where it would go. */
static size_t find(const struct table *table, uint64_t tag)
{
	size_t i = home_of(table, tag);
	uint8_t mark = mark_of(tag);

	/* Where the slot most likely is: fetched while we go along the marks. */
	__builtin_prefetch(&table->slots[i]);
	__builtin_prefetch(&table->slots[i] + 2);
	while (table->marks[i] != 0 && (table->marks[i] != mark || table->slots[i].tag != tag))
		i = step(table, i);
	return i;
}

/* Empties the hole and closes the gap: slots that were pushed past it come back towards their home. */
static void take_out(struct listcache *cache, size_t hole)
{
	struct table *table = &cache->table;

	discard(cache, table->slots[hole].value);
	bucket_remove(table, &cache->ring, &table->slots[hole]);
	for (size_t i = step(table, hole); table->marks[i] != 0; i = step(table, i)) {
		size_t home = home_of(table, table->slots[i].tag);
		bool between = hole <= i ? hole < home && home <= i : hole < home || home <= i;

		if (between)
			continue;
		table->slots[hole] = table->slots[i];
		table->marks[hole] = table->marks[i];
		bucket_follow(table, &cache->ring, (int32_t)hole);
		hole = i;
	}
	table->marks[hole] = 0;
	table->n--;
}

static void let_go_soonest(struct listcache *cache)
{
	size_t first = bucket_next_used(&cache->ring, cache->ring.cleared % BUCKETS);

	take_out(cache, (size_t)cache->ring.bucket[first]);
}

/* Takes out what has expired: a few entries a call, so that many that expire together do not hold up one caller, but
 * never so few that the ring of buckets could catch up with itself. */
static void clear_expired(struct listcache *cache, uint32_t now_ticks)
{
	struct ring *ring = &cache->ring;
	uint32_t now_bucket = now_ticks / ring->bucket_ticks;
	int left = now_bucket - ring->cleared > SLACK_BUCKETS ? INT_MAX : CLEAR_A_CALL;

	/* Threads read the clock before they hold the lock, so one may come with a time that is over. */
	if (now_bucket <= ring->cleared)
		return;
	while (ring->cleared != now_bucket) {
		int32_t *first = &ring->bucket[ring->cleared % BUCKETS];

		for (; *first != NONE && left > 0; left--)
			take_out(cache, (size_t)*first);
		if (*first != NONE || cache->table.n == 0)
			break;
		ring->cleared++;
	}
	if (cache->table.n == 0)
		ring->cleared = now_bucket;
}

/* --- setting up --------------------------------------------------------------------------------------------------- */

/* Memory that the kernel clears as it is first touched, in huge pages where it has them: most of a lookup's time goes into
 * finding where a page lies. */
static bool table_init(struct table *table, size_t max_entries)
{
	void *memory;

	*table = (struct table){ .max_entries = max_entries, .n_slots = max_entries + max_entries / 4 + 2 };
	table->bytes = table->n_slots * (sizeof *table->slots + sizeof *table->marks);
	memory = mmap(NULL, table->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return false;
	if (table->bytes >= HUGE_BYTES)
		madvise(memory, table->bytes, MADV_HUGEPAGE);
	table->slots = memory;
	table->marks = (uint8_t *)(table->slots + table->n_slots);
	return true;
}

static void table_clear(struct table *table)
{
	munmap(table->slots, table->bytes);
	table->slots = NULL;
}

static void ring_init(struct ring *ring, uint32_t max_ttl_s, uint32_t now_ticks)
{
	uint32_t width_s = max_ttl_s / (BUCKETS - SLACK_BUCKETS - 2) + 1;

	memset(ring, 0, sizeof *ring);
	ring->bucket_ticks = width_s * TICKS_A_SECOND;
	ring->cleared = now_ticks / ring->bucket_ticks;
	for (size_t b = 0; b < BUCKETS; b++)
		ring->bucket[b] = NONE;
}

struct listcache *listcache_new(size_t max_entries, uint32_t max_ttl_s, struct monotime now)
{
	struct listcache *cache = calloc(1, sizeof *cache);

	if (cache == NULL)
		return NULL;
	if (!table_init(&cache->table, max_entries)) {
		free(cache);
		return NULL;
	}
	pthread_mutex_init(&cache->mutex, NULL);
	cache->epoch = now;
	cache->max_ttl_s = max_ttl_s;
	ring_init(&cache->ring, max_ttl_s, 0);
	return cache;
}

void listcache_free(struct listcache **cache)
{
	struct listcache *c = *cache;

	*cache = NULL;
	if (c == NULL)
		return;
	pthread_mutex_destroy(&c->mutex);
	table_clear(&c->table);
	pool_drop_all(c);
	free(c->pool);
	free(c->pool_free);
	free(c);
}

static void take_in(struct listcache *cache, uint64_t tag, uint32_t expires_ticks, uint32_t value)
{
	size_t i = find(&cache->table, tag);

	cache->table.slots[i] = (struct slot){ .tag = tag, .expires_ticks = expires_ticks, .value = value };
	cache->table.marks[i] = mark_of(tag);
	bucket_add(&cache->table, &cache->ring, (int32_t)i);
	cache->table.n++;
}

/* Moves the entries of the old table that are fresh and fit, the latest to expire first. None of them stays longer than it
 * could if it came now: the new ring reaches no further. */
static void move_in(struct listcache *cache, const struct table *old, const struct ring *old_ring, uint32_t now_ticks)
{
	uint32_t latest = now_ticks + cache->max_ttl_s * TICKS_A_SECOND;

	for (uint32_t k = BUCKETS; k-- > 0;) {
		int32_t i = old_ring->bucket[(old_ring->cleared + k) % BUCKETS];

		for (; i != NONE; i = old->slots[i].next) {
			const struct slot *slot = &old->slots[i];
			uint32_t expires_ticks = slot->expires_ticks < latest ? slot->expires_ticks : latest;

			if (expires_ticks > now_ticks && cache->table.n < cache->table.max_entries)
				take_in(cache, slot->tag, expires_ticks, slot->value);
			else
				discard(cache, slot->value);
		}
	}
}

bool listcache_resize(struct listcache *cache, size_t max_entries, uint32_t max_ttl_s, struct monotime now)
{
	struct table old, table;
	struct ring *old_ring;
	uint32_t now_ticks;
	bool same;

	pthread_mutex_lock(&cache->mutex);
	same = cache->table.max_entries == max_entries && cache->max_ttl_s == max_ttl_s;
	pthread_mutex_unlock(&cache->mutex);
	if (same)
		return true;
	if (!table_init(&table, max_entries))
		return false;
	old_ring = malloc(sizeof *old_ring);
	if (old_ring == NULL) {
		table_clear(&table);
		return false;
	}
	pthread_mutex_lock(&cache->mutex);
	now_ticks = ticks_at(cache, now);
	old = cache->table;
	*old_ring = cache->ring;
	cache->table = table;
	cache->max_ttl_s = max_ttl_s;
	ring_init(&cache->ring, max_ttl_s, now_ticks);
	move_in(cache, &old, old_ring, now_ticks);
	pthread_mutex_unlock(&cache->mutex);
	table_clear(&old);
	free(old_ring);
	return true;
}

/* --- the doors ---------------------------------------------------------------------------------------------------- */

bool listcache_get(struct listcache *cache, const struct hash128 *key, struct monotime now, struct answer *out)
{
	uint32_t now_ticks = ticks_at(cache, now);
	const struct slot *slot;
	bool fresh;
	size_t i;

	pthread_mutex_lock(&cache->mutex);
	i = find(&cache->table, key->b);
	slot = &cache->table.slots[i];
	fresh = cache->table.marks[i] != 0 && slot->expires_ticks > now_ticks;
	if (fresh) {
		unpack(cache, slot->value, out);
		out->ttl_s = (slot->expires_ticks - now_ticks) / TICKS_A_SECOND;
	}
	pthread_mutex_unlock(&cache->mutex);
	return fresh;
}

/* In place of an older answer; where there is no room, in place of what expires soonest. */
static void keep(struct listcache *cache, uint64_t tag, uint32_t expires_ticks, const struct answer *answer)
{
	size_t i = find(&cache->table, tag);
	uint32_t value;

	if (cache->table.marks[i] != 0)
		take_out(cache, i);
	else if (cache->table.n == cache->table.max_entries)
		let_go_soonest(cache);
	value = pack(cache, answer);
	if (value != 0)
		take_in(cache, tag, expires_ticks, value);
}

void listcache_put(struct listcache *cache, const struct hash128 *key, struct monotime now, const struct answer *answer)
{
	uint32_t now_ticks = ticks_at(cache, now), expires_ticks, ttl_s = answer->ttl_s;

	if (ttl_s == 0 || (answer->status != ANSWER_LISTED && answer->status != ANSWER_ABSENT))
		return;
	pthread_mutex_lock(&cache->mutex);
	if (ttl_s > cache->max_ttl_s)
		ttl_s = cache->max_ttl_s;
	expires_ticks = now_ticks + ttl_s * TICKS_A_SECOND;
	clear_expired(cache, now_ticks);
	/* By the time of another thread it may be over already: the ring has no place for what is behind it. */
	if (expires_ticks / cache->ring.bucket_ticks >= cache->ring.cleared)
		keep(cache, key->b, expires_ticks, answer);
	pthread_mutex_unlock(&cache->mutex);
}

void listcache_clear(struct listcache *cache, struct monotime now)
{
	pthread_mutex_lock(&cache->mutex);
	memset(cache->table.marks, 0, cache->table.n_slots);
	cache->table.n = 0;
	pool_drop_all(cache);
	ring_init(&cache->ring, cache->max_ttl_s, ticks_at(cache, now));
	pthread_mutex_unlock(&cache->mutex);
}

size_t listcache_count(struct listcache *cache)
{
	size_t n;

	pthread_mutex_lock(&cache->mutex);
	n = cache->table.n;
	pthread_mutex_unlock(&cache->mutex);
	return n;
}
