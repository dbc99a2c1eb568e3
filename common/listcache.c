/* listcache: answers kept while their time lasts.
 * A flat table with linear probing; the slots of one expiry time form a list, so the soonest is found without a search.
 * A byte for each slot says whether it is used and, mostly, by whom: looking for a key goes along these bytes, of which all
 * lie near, and touches a slot only when it is the one.
 * Who only reads takes no lock: he reads, and then sees by a number whether somebody has written meanwhile; then he takes the
 * lock and reads again. What he may see is atomic, and tables are never unmapped while the cache lives. */
#include "common/listcache.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
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
	UNLOCKED_STEPS = 256,         /* that a reader without the lock goes along: he may have lost his way */
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
	_Atomic uint64_t tag;        /* second half of the key */
	_Atomic uint32_t expires_ticks;
	_Atomic uint32_t value;
	int32_t prev, next;          /* of the same expiry bucket */
};

struct table {
	struct slot *slots;
	_Atomic uint8_t *marks;      /* a byte for each slot, behind the slots; 0: not used */
	size_t bytes;                /* of both */
	size_t n_slots;
	size_t max_entries, n;
	struct table *older;         /* one that is out of use: empty, but a reader may still look into it */
};

struct ring {
	uint32_t bucket_ticks;       /* how much time a bucket covers */
	uint32_t cleared;            /* buckets of earlier times (counted since the epoch) are empty */
	int32_t bucket[BUCKETS];     /* the first slot of each */
	uint64_t used[BUCKETS / WORD_BITS];
};

struct listcache {
	pthread_mutex_t mutex;       /* guards everything below; the next two and the table's slots are written with it only */
	atomic_uint writes;          /* begun and ended: odd while somebody writes */
	_Atomic(struct table *) table;
	struct monotime epoch;
	uint32_t max_ttl_s;
	struct ring ring;
	unsigned char **pool;        /* answers that do not fit into 24 bits, each without the bytes that it does not use */
	uint32_t *pool_free;         /* a stack of free pool indices */
	uint32_t pool_room, n_pool_free;
	unsigned long long evictions;
};

/* --- reading without the lock -------------------------------------------------------------------------------------- */

/* A reader who has loaded anything that is stored behind `writes` also finds that it has changed: hence release here, and
 * acquire there, on every field. (Boehm, "Can seqlocks get along with programming language memory models?") */
static void write_begin(struct listcache *cache)
{
	pthread_mutex_lock(&cache->mutex);
	atomic_store_explicit(&cache->writes, cache->writes + 1, memory_order_relaxed);
}

static void write_end(struct listcache *cache)
{
	atomic_store_explicit(&cache->writes, cache->writes + 1, memory_order_release);
	pthread_mutex_unlock(&cache->mutex);
}

#define SET(field, value) atomic_store_explicit(&(field), (value), memory_order_release)
#define SEE(field) atomic_load_explicit(&(field), memory_order_acquire)

/* Under the lock nobody else changes it. */
static struct table *table_of(const struct listcache *cache)
{
	return atomic_load_explicit(&cache->table, memory_order_relaxed);
}

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

/* The slot of the tag, or the empty one where it would go; n_slots when that is so many steps away. */
static size_t find_within(const struct table *table, uint64_t tag, size_t steps)
{
	size_t i = home_of(table, tag);
	uint8_t mark = mark_of(tag), here;

	/* Where the slot most likely is: fetched while we go along the marks. */
	__builtin_prefetch(&table->slots[i]);
	__builtin_prefetch(&table->slots[i] + 2);
	while ((here = SEE(table->marks[i])) != 0 && (here != mark || SEE(table->slots[i].tag) != tag)) {
		if (steps-- == 0)
			return table->n_slots;
		i = step(table, i);
	}
	return i;
}

static size_t find(const struct table *table, uint64_t tag)
{
	return find_within(table, tag, SIZE_MAX);
}

static void slot_set(struct table *table, size_t i, uint64_t tag, uint32_t expires_ticks, uint32_t value)
{
	struct slot *slot = &table->slots[i];

	SET(slot->tag, tag);
	SET(slot->expires_ticks, expires_ticks);
	SET(slot->value, value);
	SET(table->marks[i], mark_of(tag));
}

static void slot_move(struct table *table, size_t to, size_t from)
{
	const struct slot *slot = &table->slots[from];

	slot_set(table, to, slot->tag, slot->expires_ticks, slot->value);
	table->slots[to].prev = slot->prev;
	table->slots[to].next = slot->next;
}

/* Empties the hole and closes the gap: slots that were pushed past it come back towards their home. */
static void take_out(struct listcache *cache, size_t hole)
{
	struct table *table = table_of(cache);

	discard(cache, table->slots[hole].value);
	bucket_remove(table, &cache->ring, &table->slots[hole]);
	for (size_t i = step(table, hole); table->marks[i] != 0; i = step(table, i)) {
		size_t home = home_of(table, table->slots[i].tag);
		bool between = hole <= i ? hole < home && home <= i : hole < home || home <= i;

		if (between)
			continue;
		slot_move(table, hole, i);
		bucket_follow(table, &cache->ring, (int32_t)hole);
		hole = i;
	}
	SET(table->marks[hole], 0);
	table->n--;
}

static void let_go_soonest(struct listcache *cache)
{
	size_t first = bucket_next_used(&cache->ring, cache->ring.cleared % BUCKETS);

	take_out(cache, (size_t)cache->ring.bucket[first]);
	cache->evictions++;
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
		if (*first != NONE || table_of(cache)->n == 0)
			break;
		ring->cleared++;
	}
	if (table_of(cache)->n == 0)
		ring->cleared = now_bucket;
}

/* --- setting up --------------------------------------------------------------------------------------------------- */

/* Memory that the kernel clears as it is first touched, in huge pages where it has them: most of a lookup's time goes into
 * finding where a page lies. NULL: out of memory. */
static struct table *table_new(size_t max_entries)
{
	struct table *table = malloc(sizeof *table);
	void *memory;

	if (table == NULL)
		return NULL;
	*table = (struct table){ .max_entries = max_entries, .n_slots = max_entries + max_entries / 4 + 2 };
	table->bytes = table->n_slots * (sizeof *table->slots + sizeof *table->marks);
	memory = mmap(NULL, table->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) {
		free(table);
		return NULL;
	}
	if (table->bytes >= HUGE_BYTES)
		madvise(memory, table->bytes, MADV_HUGEPAGE);
	table->slots = memory;
	table->marks = (_Atomic uint8_t *)(table->slots + table->n_slots);
	return table;
}

static void table_free(struct table *table)
{
	while (table != NULL) {
		struct table *older = table->older;

		munmap(table->slots, table->bytes);
		free(table);
		table = older;
	}
}

/* Gives the memory back but not the addresses: a reader who is still there finds nothing, and then that it has changed. */
static void table_retire(struct table *table)
{
	madvise(table->slots, table->bytes, MADV_DONTNEED);
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
	cache->table = table_new(max_entries);
	if (table_of(cache) == NULL) {
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
	table_free(table_of(c));
	pool_drop_all(c);
	free(c->pool);
	free(c->pool_free);
	free(c);
}

static void take_in(struct listcache *cache, uint64_t tag, uint32_t expires_ticks, uint32_t value)
{
	struct table *table = table_of(cache);
	size_t i = find(table, tag);

	slot_set(table, i, tag, expires_ticks, value);
	bucket_add(table, &cache->ring, (int32_t)i);
	table->n++;
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

			if (expires_ticks > now_ticks && table_of(cache)->n < table_of(cache)->max_entries)
				take_in(cache, slot->tag, expires_ticks, slot->value);
			else
				discard(cache, slot->value);
		}
	}
}

bool listcache_resize(struct listcache *cache, size_t max_entries, uint32_t max_ttl_s, struct monotime now)
{
	struct table *table;
	struct ring *old_ring;
	uint32_t now_ticks;
	bool same;

	pthread_mutex_lock(&cache->mutex);
	same = table_of(cache)->max_entries == max_entries && cache->max_ttl_s == max_ttl_s;
	pthread_mutex_unlock(&cache->mutex);
	if (same)
		return true;
	table = table_new(max_entries);
	old_ring = malloc(sizeof *old_ring);
	if (table == NULL || old_ring == NULL) {
		table_free(table);
		free(old_ring);
		return false;
	}
	write_begin(cache);
	now_ticks = ticks_at(cache, now);
	*old_ring = cache->ring;
	table->older = table_of(cache);
	SET(cache->table, table);
	cache->max_ttl_s = max_ttl_s;
	ring_init(&cache->ring, max_ttl_s, now_ticks);
	move_in(cache, table->older, old_ring, now_ticks);
	table_retire(table->older);
	write_end(cache);
	free(old_ring);
	return true;
}

/* --- the doors ---------------------------------------------------------------------------------------------------- */

/* What a lookup has found. */
struct found {
	bool fresh;
	uint32_t value, left_ticks;
};

static struct found look(const struct table *table, size_t i, uint32_t now_ticks)
{
	const struct slot *slot = &table->slots[i];
	uint32_t expires_ticks = SEE(table->marks[i]) == 0 ? 0 : SEE(slot->expires_ticks);

	if (expires_ticks <= now_ticks)
		return (struct found){ .fresh = false };
	return (struct found){ true, SEE(slot->value), expires_ticks - now_ticks };
}

/* False: somebody writes, or the answer lies far away, or where only the lock protects it. */
static bool look_unlocked(struct listcache *cache, uint64_t tag, uint32_t now_ticks, struct found *found)
{
	unsigned writes = atomic_load_explicit(&cache->writes, memory_order_acquire);
	const struct table *table = SEE(cache->table);
	size_t i = writes % 2 == 0 ? find_within(table, tag, UNLOCKED_STEPS) : table->n_slots;

	if (i == table->n_slots)
		return false;
	*found = look(table, i, now_ticks);
	if (found->fresh && found->value >> 24 == TAG_POOL)
		return false;
	return atomic_load_explicit(&cache->writes, memory_order_relaxed) == writes;
}

bool listcache_get(struct listcache *cache, const struct hash128 *key, struct monotime now, struct answer *out)
{
	uint32_t now_ticks = ticks_at(cache, now);
	struct found found;

	if (look_unlocked(cache, key->b, now_ticks, &found)) {
		if (found.fresh)
			unpack(cache, found.value, out);
	} else {
		pthread_mutex_lock(&cache->mutex);
		found = look(table_of(cache), find(table_of(cache), key->b), now_ticks);
		if (found.fresh)
			unpack(cache, found.value, out);
		pthread_mutex_unlock(&cache->mutex);
	}
	if (found.fresh)
		out->ttl_s = found.left_ticks / TICKS_A_SECOND;
	return found.fresh;
}

/* In place of an older answer; where there is no room, in place of what expires soonest. */
static void keep(struct listcache *cache, uint64_t tag, uint32_t expires_ticks, const struct answer *answer)
{
	const struct table *table = table_of(cache);
	size_t i = find(table, tag);
	uint32_t value;

	if (table->marks[i] != 0)
		take_out(cache, i);
	else if (table->n == table->max_entries)
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
	write_begin(cache);
	if (ttl_s > cache->max_ttl_s)
		ttl_s = cache->max_ttl_s;
	expires_ticks = now_ticks + ttl_s * TICKS_A_SECOND;
	clear_expired(cache, now_ticks);
	/* By the time of another thread it may be over already: the ring has no place for what is behind it. */
	if (expires_ticks / cache->ring.bucket_ticks >= cache->ring.cleared)
		keep(cache, key->b, expires_ticks, answer);
	write_end(cache);
}

bool listcache_remove(struct listcache *cache, const struct hash128 *key, struct monotime now)
{
	uint32_t now_ticks = ticks_at(cache, now);
	const struct table *table;
	bool fresh = false;
	size_t i;

	write_begin(cache);
	table = table_of(cache);
	i = find(table, key->b);
	if (table->marks[i] != 0) {
		fresh = table->slots[i].expires_ticks > now_ticks;
		take_out(cache, i);
	}
	write_end(cache);
	return fresh;
}

void listcache_clear(struct listcache *cache, struct monotime now)
{
	struct table *table;

	write_begin(cache);
	table = table_of(cache);
	for (size_t i = 0; i < table->n_slots; i++)
		SET(table->marks[i], 0);
	table->n = 0;
	pool_drop_all(cache);
	ring_init(&cache->ring, cache->max_ttl_s, ticks_at(cache, now));
	write_end(cache);
}

void listcache_stats(struct listcache *cache, struct listcache_stats *out)
{
	const struct table *table;

	pthread_mutex_lock(&cache->mutex);
	table = table_of(cache);
	*out = (struct listcache_stats){
		.entries = table->n, .max_entries = table->max_entries, .evictions = cache->evictions,
		.memory_bytes = sizeof *cache + table->bytes +
				cache->pool_room * (sizeof *cache->pool + sizeof *cache->pool_free),
	};
	pthread_mutex_unlock(&cache->mutex);
}
