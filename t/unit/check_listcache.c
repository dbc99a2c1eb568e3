/* Tests of listcache: each rule by itself, then a random walk beside a simple model, then many threads at once.
 * Time is handed in; nothing here reads a clock. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/listcache.h"
#include "t/unit/suites.h"

enum { TENTH_US = 100000, HOUR_S = 3600, DAY_S = 86400, NO_TTL = -1 };

/* Some time after the machine began; the cache counts from here. */
static size_t entries_of(struct listcache *of)
{
	struct listcache_stats stats;

	listcache_stats(of, &stats);
	return stats.entries;
}

static const struct monotime zero = { 1234567 };

static struct monotime at(double seconds)
{
	return monotime_add(zero, (int64_t)(seconds * 1e6));
}

static struct monotime at_tenth(long tenths)
{
	return monotime_add(zero, (int64_t)tenths * TENTH_US);
}

/* Only its second half tells where a key lies: number 1 and its neighbours begin at the same slot. */
static struct hash128 neighbour(uint64_t n)
{
	return (struct hash128){ 7, n };
}

/* Keys as siphash gives them, all over the table. */
static struct hash128 key(uint64_t n)
{
	struct siphash_key fixed = { 1, 2 };

	return siphash128(&fixed, &n, sizeof n);
}

static struct answer absent(uint32_t ttl_s)
{
	return (struct answer){ .status = ANSWER_ABSENT, .ttl_s = ttl_s };
}

static struct answer listed(uint32_t addr, uint32_t ttl_s)
{
	return (struct answer){ .status = ANSWER_LISTED, .n = 1, .addr = { addr }, .ttl_s = ttl_s };
}

static void put(struct listcache *cache, struct hash128 k, struct monotime now, struct answer answer)
{
	listcache_put(cache, &k, now, &answer);
}

static bool has(struct listcache *cache, struct hash128 k, struct monotime now)
{
	struct answer out;

	return listcache_get(cache, &k, now, &out);
}

/* The seconds left, or NO_TTL. */
static int ttl(struct listcache *cache, struct hash128 k, struct monotime now)
{
	struct answer out;

	return listcache_get(cache, &k, now, &out) ? (int)out.ttl_s : NO_TTL;
}

static struct listcache *cache_new(size_t max_entries, uint32_t max_ttl_s)
{
	struct listcache *cache = listcache_new(max_entries, max_ttl_s, zero);

	ck_assert_ptr_nonnull(cache);
	return cache;
}

/* --- get, put, time ----------------------------------------------------------------------------------------------- */

START_TEST(what_is_put_is_got)
{
	struct listcache *cache = cache_new(10, HOUR_S);
	struct answer out = { .status = ANSWER_LATE, .n = 77 };
	struct hash128 k = key(1), other = key(2);

	ck_assert(!listcache_get(cache, &k, zero, &out));
	ck_assert_int_eq(out.status, ANSWER_LATE);
	ck_assert_int_eq(out.n, 77);               /* untouched */
	put(cache, k, zero, listed(0x7f000002, 300));
	ck_assert(listcache_get(cache, &k, zero, &out));
	ck_assert_int_eq(out.status, ANSWER_LISTED);
	ck_assert_int_eq(out.n, 1);
	ck_assert_uint_eq(out.addr[0], 0x7f000002);
	ck_assert(!out.foreign);
	ck_assert_uint_eq(out.ttl_s, 300);
	ck_assert(!listcache_get(cache, &other, zero, &out));
	ck_assert_uint_eq(entries_of(cache), 1);
	listcache_free(&cache);
	ck_assert_ptr_null(cache);
	listcache_free(&cache);
}
END_TEST

/* clang-format off */
static const struct {
	double put_s;
	uint32_t ttl_s;
	double get_s;
	int left_s;
} times[] = {
	{ 0,     10,   0,        10 },
	{ 0,     10,   0.099,    10 },
	{ 0,     10,   0.1,       9 },
	{ 0,     10,   5,         5 },
	{ 0,     10,   9,         1 },
	{ 0,     10,   9.1,       0 },
	{ 0,     10,   9.999,     0 },
	{ 0,     10,  10,        NO_TTL },
	{ 0,     10,  10.1,      NO_TTL },
	{ 0,     10, 1e9,        NO_TTL },
	{ 0.05,  10,   9.99,      0 },             /* the time of the put is cut to a tenth */
	{ 0.05,  10,  10,        NO_TTL },
	{ 0.999, 10,  10.899,     0 },
	{ 0.999, 10,  10.9,      NO_TTL },
	{ 7.3,    1,   8.299,     0 },
	{ 7.3,    1,   8.3,      NO_TTL },
	{ 7.3,   60,   7.4,      59 },
	{ 1e6,   60, 1e6 + 59.9,  0 },
	{ 1e6,   60, 1e6 + 60,   NO_TTL },
	{ 0,   HOUR_S,     0,    HOUR_S },
	{ 0,   HOUR_S + 1, 0,    HOUR_S },         /* max_ttl_s */
	{ 0,   UINT32_MAX, 0,    HOUR_S },
	{ 0,   UINT32_MAX, HOUR_S - 0.1, 0 },
	{ 0,   UINT32_MAX, HOUR_S, NO_TTL },
	{ 0,   0,          0,    NO_TTL },
};
/* clang-format on */

START_TEST(what_is_removed_is_gone)
{
	struct listcache *cache = cache_new(100, HOUR_S);
	struct hash128 k;

	for (uint64_t i = 0; i < 20; i++)              /* one long run of slots: gaps are closed */
		put(cache, neighbour(i), at(0), listed(0x7f000002, i < 10 ? 5 : 60));
	for (uint64_t i = 0; i < 20; i += 2) {
		k = neighbour(i);
		ck_assert(listcache_remove(cache, &k, at(1)));
		ck_assert(!listcache_remove(cache, &k, at(1)));
	}
	for (uint64_t i = 0; i < 20; i++)
		ck_assert_int_eq(has(cache, neighbour(i), at(1)), i % 2);
	ck_assert_uint_eq(entries_of(cache), 10);
	k = neighbour(1);
	ck_assert(!listcache_remove(cache, &k, at(6)));   /* nothing fresh */
	ck_assert(!has(cache, neighbour(1), at(6)));
	listcache_free(&cache);
}
END_TEST

START_TEST(what_is_told_of_it)
{
	struct listcache *cache = cache_new(10, HOUR_S);
	struct listcache_stats stats;

	for (uint64_t i = 0; i < 12; i++)
		put(cache, key(i), at(0), absent(60));
	listcache_stats(cache, &stats);
	ck_assert_uint_eq(stats.entries, 10);
	ck_assert_uint_eq(stats.max_entries, 10);
	ck_assert_uint_eq(stats.evictions, 2);
	ck_assert_uint_ge(stats.memory_bytes, 10 * 25);
	put(cache, key(20), at(100), absent(60));          /* what has expired is no loss */
	listcache_stats(cache, &stats);
	ck_assert_uint_eq(stats.evictions, 2);
	listcache_free(&cache);
}
END_TEST

START_TEST(time_left)
{
	struct listcache *cache = cache_new(10, HOUR_S);

	put(cache, key(1), at(times[_i].put_s), listed(0x7f000002, times[_i].ttl_s));
	ck_assert_int_eq(ttl(cache, key(1), at(times[_i].get_s)), times[_i].left_s);
	listcache_free(&cache);
}
END_TEST

START_TEST(failures_are_not_kept)
{
	struct listcache *cache = cache_new(10, HOUR_S);

	for (uint8_t status = ANSWER_PENDING; status <= ANSWER_FAILED; status++) {
		bool kept = status == ANSWER_LISTED || status == ANSWER_ABSENT;
		struct answer answer = { .status = status, .ttl_s = 60 };

		put(cache, key(status), zero, answer);
		ck_assert_int_eq(has(cache, key(status), zero), kept);
	}
	put(cache, key(100), zero, listed(0x7f000002, 60));
	put(cache, key(100), zero, (struct answer){ .status = ANSWER_FAILED, .ttl_s = 60 });
	ck_assert(has(cache, key(100), zero));     /* nor does a failure take an answer away */
	listcache_free(&cache);
}
END_TEST

START_TEST(the_newest_answer_holds)
{
	struct listcache *cache = cache_new(2, HOUR_S);
	struct hash128 k = key(1);
	struct answer out;

	put(cache, k, zero, listed(0x7f000002, 300));
	put(cache, key(2), zero, listed(0x7f000002, 5));
	put(cache, k, at(1), absent(20));          /* in a full cache: nobody else has to go */
	ck_assert_uint_eq(entries_of(cache), 2);
	ck_assert(has(cache, key(2), at(1)));
	ck_assert(listcache_get(cache, &k, at(1), &out));
	ck_assert_int_eq(out.status, ANSWER_ABSENT);
	ck_assert_uint_eq(out.ttl_s, 20);
	ck_assert(!has(cache, k, at(21)));
	listcache_free(&cache);
}
END_TEST

/* --- answers as they lie in 32 bits ------------------------------------------------------------------------------- */

static const struct {
	uint8_t status, n;
	bool foreign;
	uint32_t addr[5];
} forms[] = {
	{ ANSWER_ABSENT, 0, false, { 0 } },
	{ ANSWER_ABSENT, 0, true, { 0 } },
	{ ANSWER_LISTED, 1, false, { 0x7f000001 } },
	{ ANSWER_LISTED, 1, false, { 0x7f000002 } },
	{ ANSWER_LISTED, 1, false, { 0x7f0000ff } },
	{ ANSWER_LISTED, 1, false, { 0x7f000000 } },       /* octet 0 marks the end of three octets */
	{ ANSWER_LISTED, 1, false, { 0x7f000100 } },
	{ ANSWER_LISTED, 1, false, { 0x7fffffff } },
	{ ANSWER_LISTED, 1, false, { 0x7f010203 } },
	{ ANSWER_LISTED, 1, true, { 0x7f000002 } },
	{ ANSWER_LISTED, 2, false, { 0x7f000002, 0x7f000003 } },
	{ ANSWER_LISTED, 3, false, { 0x7f000001, 0x7f000080, 0x7f0000ff } },
	{ ANSWER_LISTED, 2, false, { 0x7f000000, 0x7f000001 } },
	{ ANSWER_LISTED, 2, false, { 0x7f000002, 0x7f000102 } },
	{ ANSWER_LISTED, 3, true, { 0x7f000002, 0x7f000003, 0x7f000004 } },
	{ ANSWER_LISTED, 4, false, { 0x7f000002, 0x7f000003, 0x7f000004, 0x7f000005 } },
	{ ANSWER_LISTED, 5, true, { 0x7f000002, 0x7f000003, 0x7f000004, 0x7f000005, 0x7fffffff } },
};

static struct answer form(size_t i, uint32_t ttl_s)
{
	struct answer answer = { .status = forms[i].status, .n = forms[i].n, .foreign = forms[i].foreign, .ttl_s = ttl_s };

	memcpy(answer.addr, forms[i].addr, sizeof forms[i].addr);
	return answer;
}

static bool same(const struct answer *a, const struct answer *b)
{
	return a->status == b->status && a->n == b->n && a->foreign == b->foreign &&
	       memcmp(a->addr, b->addr, a->n * sizeof a->addr[0]) == 0;
}

START_TEST(every_form)
{
	struct listcache *cache = cache_new(10, HOUR_S);
	struct answer in = form((size_t)_i, 60), out;
	struct hash128 k = key(1);

	put(cache, k, zero, in);
	ck_assert(listcache_get(cache, &k, at(10), &out));
	ck_assert(same(&in, &out));
	ck_assert_uint_eq(out.ttl_s, 50);
	listcache_free(&cache);
}
END_TEST

START_TEST(as_many_addresses_as_there_are)
{
	struct listcache *cache = cache_new(10, HOUR_S);
	struct answer in = { .status = ANSWER_LISTED, .n = ANSWER_ADDRS_MAX, .ttl_s = 60 }, out;
	struct hash128 k = key(1);

	for (uint32_t i = 0; i < ANSWER_ADDRS_MAX; i++)
		in.addr[i] = 0x7f000002 + 3 * i;
	put(cache, k, zero, in);
	ck_assert(listcache_get(cache, &k, zero, &out));
	ck_assert(same(&in, &out));
	listcache_free(&cache);
}
END_TEST

/* What a host, its name and its domain say: all that is used comes back, and nothing else is counted on. */
START_TEST(other_forms)
{
	static const struct answer in[] = {
		{ .status = ANSWER_LISTED, .form = ANSWER_HOST, .n = 2, .n_bytes = 8, .ttl_s = 60,
		  .bytes = { 192, 0, 2, 1, 198, 51, 100, 7 } },
		{ .status = ANSWER_LISTED, .form = ANSWER_HOST, .n = 1, .n_bytes = 4, .cut = true, .ttl_s = 60, .bytes = { 127, 0, 0, 2 } },
		{ .status = ANSWER_LISTED, .form = ANSWER_NAMES, .n = 1, .n_bytes = 3, .ttl_s = 60, .bytes = { 1, 'a', 0 } },
		{ .status = ANSWER_LISTED, .form = ANSWER_NAMES, .ttl_s = 60 },
		{ .status = ANSWER_LISTED, .form = ANSWER_TEXT, .n_bytes = 4, .ttl_s = 60, .text = "why" },
		{ .status = ANSWER_LISTED, .form = ANSWER_MAIL, .ttl_s = 60 },
		{ .status = ANSWER_LISTED, .form = ANSWER_MAIL, .n = 255, .ttl_s = 60 },
	};
	struct listcache *cache = cache_new(10, HOUR_S);

	for (uint64_t i = 0; i < ROWS(in); i++)
		put(cache, key(i), zero, in[i]);
	for (uint64_t i = 0; i < ROWS(in); i++) {
		struct hash128 k = key(i);
		struct answer out;

		memset(&out, 0xa5, sizeof out);
		ck_assert(listcache_get(cache, &k, zero, &out));
		ck_assert_uint_eq(answer_bytes(&out), answer_bytes(&in[i]));
		ck_assert(out.status == in[i].status && out.form == in[i].form && out.n == in[i].n && out.cut == in[i].cut);
		ck_assert_uint_eq(out.n_bytes, in[i].n_bytes);
		ck_assert_mem_eq(out.bytes, in[i].bytes, in[i].n_bytes);
	}
	listcache_clear(cache, zero);
	ck_assert(!has(cache, key(0), zero));
	put(cache, key(0), zero, in[0]);
	listcache_free(&cache);
}
END_TEST

/* The pool grows while it is in use, and what is given back is used again. */
START_TEST(the_pool)
{
	enum { ENTRIES = 1000, ROUNDS = 20 };
	struct listcache *cache = cache_new(ENTRIES, HOUR_S);

	for (uint64_t i = 0; i < ENTRIES * ROUNDS; i++) {
		struct answer in = form(16, 600);

		in.addr[0] = 0x7f000000 | (uint32_t)(i & 0xffff);
		put(cache, key(i % (2 * ENTRIES)), at((double)(i / ENTRIES)), in);
	}
	for (uint64_t i = ENTRIES * ROUNDS; i-- > ENTRIES * (ROUNDS - 1);) {
		struct answer in = form(16, 600), out;
		struct hash128 k = key(i % (2 * ENTRIES));

		in.addr[0] = 0x7f000000 | (uint32_t)(i & 0xffff);
		ck_assert(listcache_get(cache, &k, at(ROUNDS), &out));
		ck_assert(same(&in, &out));
	}
	listcache_free(&cache);
}
END_TEST

/* --- the bound ---------------------------------------------------------------------------------------------------- */

START_TEST(soonest_goes_first)
{
	static const uint32_t ttls[] = { 50, 20, 70, 10, 60, 30, 40 };
	enum { N = sizeof ttls / sizeof ttls[0] };
	struct listcache *cache = cache_new(N, HOUR_S);

	for (uint32_t i = 0; i < N; i++)
		put(cache, key(ttls[i]), zero, absent(ttls[i]));
	for (uint32_t gone = 10; gone <= 70; gone += 10) {
		put(cache, key(1000 + gone), zero, absent(100));
		ck_assert_uint_eq(entries_of(cache), N);
		for (uint32_t i = 0; i < N; i++)
			ck_assert_int_eq(has(cache, key(ttls[i]), zero), ttls[i] > gone);
	}
	put(cache, key(1), zero, absent(5));       /* the new one itself is not refused, though it expires before all */
	ck_assert(has(cache, key(1), zero));
	listcache_free(&cache);
}
END_TEST

START_TEST(one_entry)
{
	struct listcache *cache = cache_new(1, 1);

	for (uint64_t i = 0; i < 50; i++) {
		put(cache, key(i), at(0.3 * (double)i), absent(60));
		ck_assert_int_eq(ttl(cache, key(i), at(0.3 * (double)i)), 1);
		ck_assert_uint_eq(entries_of(cache), 1);
	}
	listcache_free(&cache);
}
END_TEST

START_TEST(expired_ones_go_before_fresh_ones)
{
	struct listcache *cache = cache_new(200, HOUR_S);

	for (uint64_t i = 0; i < 150; i++)
		put(cache, key(i), zero, absent(5));
	for (uint64_t i = 150; i < 200; i++)
		put(cache, key(i), zero, absent(600));
	for (uint64_t i = 1000; i < 1150; i++)     /* 64 expired ones are cleared away a call, so none of the 50 has to go */
		put(cache, key(i), at(10), absent(700));
	for (uint64_t i = 150; i < 200; i++)
		ck_assert(has(cache, key(i), at(10)));
	ck_assert_uint_eq(entries_of(cache), 200);
	listcache_free(&cache);
}
END_TEST

START_TEST(many_expire_at_once)
{
	enum { N = 10000 };
	struct listcache *cache = cache_new(2 * N, HOUR_S);
	size_t before = N, after, calls = 0;

	for (uint64_t i = 0; i < N; i++)
		put(cache, key(i), zero, form(i % 17, 60));
	ck_assert_uint_eq(entries_of(cache), N);
	for (; before > 10; before = after) {      /* a few a call: nobody waits for all of them */
		put(cache, key(N + calls++), at(62), absent(600));
		after = entries_of(cache) - calls;
		ck_assert_uint_ge(before - after, before < 64 ? before : 64);
		ck_assert_uint_le(before - after, 64);
	}
	for (uint64_t i = 0; i < calls; i++)
		ck_assert(has(cache, key(N + i), at(62)));
	listcache_free(&cache);
}
END_TEST

/* --- the ring of expiry times ------------------------------------------------------------------------------------- */

static const uint32_t ring_ttls[] = { 1, 2, 60, HOUR_S - 1, HOUR_S, 3613, 3614, 3615, 7228, DAY_S, 7 * DAY_S, 30 * DAY_S };

/* The same in every stretch of time, however often the ring has gone round and however long nothing was put. */
START_TEST(round_and_round)
{
	uint32_t max_s = ring_ttls[_i];
	struct listcache *cache = cache_new(3, max_s);
	uint64_t n = 0;

	for (double now = 0; now < 40.0 * max_s; now += (n % 7 == 0 ? 5.3 : 0.9) * max_s, n++) {
		put(cache, key(n), at(now), absent(max_s));
		ck_assert(has(cache, key(n), at(now)));
		ck_assert(has(cache, key(n), at(now + max_s - 0.2)));
		ck_assert(!has(cache, key(n), at(now + max_s + 0.1)));
		if (n % 7 == 1)                    /* after the long pause nothing of before is left */
			ck_assert_uint_eq(entries_of(cache), 1);
	}
	listcache_free(&cache);
}
END_TEST

START_TEST(a_pause_of_years)
{
	struct listcache *cache = cache_new(100, HOUR_S);

	for (uint64_t i = 0; i < 100; i++)
		put(cache, key(i), zero, absent(60));
	put(cache, key(1000), at(10.0 * 365 * DAY_S), absent(60));
	ck_assert_uint_eq(entries_of(cache), 1);
	ck_assert_int_eq(ttl(cache, key(1000), at(10.0 * 365 * DAY_S)), 60);
	listcache_free(&cache);
}
END_TEST

/* Long times are ordered to max_ttl_s / 3600 seconds. */
START_TEST(order_of_long_times)
{
	enum { N = 100 };
	struct listcache *cache = cache_new(N, 30 * DAY_S);
	uint32_t step = 30 * DAY_S / HOUR_S + 2;

	for (uint32_t i = 0; i < N; i++)           /* in an order that is neither ascending nor descending */
		put(cache, key(i * 37 % N), zero, absent(30 * DAY_S - i * 37 % N * step));
	for (uint32_t i = N; i-- > 1;) {
		put(cache, key(1000 + i), zero, absent(30 * DAY_S));
		ck_assert(!has(cache, key(i), zero));
		ck_assert(has(cache, key(i - 1), zero));
	}
	listcache_free(&cache);
}
END_TEST

/* Threads read their clocks before they have the lock: a time may come that is a little over. */
START_TEST(time_steps_back)
{
	struct listcache *cache = cache_new(100, HOUR_S);

	for (uint64_t i = 0; i < 50; i++)
		put(cache, key(i), at(100), absent(60 + (uint32_t)i));
	put(cache, key(50), at(99.9), absent(600));
	put(cache, key(51), at(97), absent(600));
	for (uint64_t i = 0; i < 52; i++)
		ck_assert(has(cache, key(i), at(100)));
	ck_assert_int_eq(ttl(cache, key(51), at(100)), 597);
	put(cache, key(52), at(90), absent(2));    /* over before it came */
	ck_assert(!has(cache, key(52), at(100)));
	ck_assert_uint_eq(entries_of(cache), 52);
	put(cache, key(0), at(1000), absent(1));   /* what came late is cleared away like all others */
	put(cache, key(0), at(5000), absent(1));
	ck_assert_uint_eq(entries_of(cache), 1);
	listcache_free(&cache);
}
END_TEST

/* --- the table ---------------------------------------------------------------------------------------------------- */

/* Keys that all want the same slot, the last one included: the chain goes round the table's end. */
START_TEST(collisions)
{
	enum { N = 20 };
	struct listcache *cache = cache_new(2 * N, HOUR_S);
	uint64_t last = UINT64_MAX - N;

	for (uint64_t i = 1; i <= N; i++) {
		put(cache, neighbour(i), zero, absent(10 * (uint32_t)i));
		put(cache, neighbour(last + i), zero, absent(10 * (uint32_t)(N + 1 - i)));
	}
	for (uint32_t gone = 0; gone <= N; gone++) {   /* the first ones of one chain, the last ones of the other */
		double now = 10.0 * gone + 1.1;

		put(cache, neighbour(1), at(now), absent(300));
		for (uint64_t i = 2; i <= N; i++) {
			ck_assert_int_eq(has(cache, neighbour(i), at(now)), i > gone);
			ck_assert_int_eq(has(cache, neighbour(last + i), at(now)), N + 1 - i > gone);
		}
	}
	ck_assert_uint_eq(entries_of(cache), 1);
	listcache_free(&cache);
}
END_TEST

/* So many begin at the same slot that who looks without the lock gives up on the way. */
START_TEST(long_chain)
{
	enum { N = 1000 };
	struct listcache *cache = cache_new(2 * N, HOUR_S);

	for (uint64_t i = 1; i <= N; i++)
		put(cache, neighbour(i), zero, absent((uint32_t)i + 1));
	for (uint64_t i = 1; i <= N; i++)
		ck_assert_int_eq(ttl(cache, neighbour(i), zero), (int)i + 1);
	for (uint64_t i = N + 1; i <= 2 * N; i++)
		ck_assert(!has(cache, neighbour(i), zero));
	listcache_free(&cache);
}
END_TEST

START_TEST(key_of_zeros)
{
	struct listcache *cache = cache_new(3, HOUR_S);

	put(cache, (struct hash128){ 0, 0 }, zero, absent(10));
	ck_assert(has(cache, (struct hash128){ 0, 0 }, zero));
	ck_assert_uint_eq(entries_of(cache), 1);
	listcache_free(&cache);
}
END_TEST

/* --- other bounds ------------------------------------------------------------------------------------------------- */

static void resize(struct listcache *cache, size_t max_entries, uint32_t max_ttl_s, struct monotime now)
{
	ck_assert(listcache_resize(cache, max_entries, max_ttl_s, now));
}

START_TEST(resize_keeps_the_latest)
{
	struct listcache *cache = cache_new(100, HOUR_S);
	struct answer out;

	for (uint32_t i = 0; i < 100; i++)
		put(cache, key(i), zero, form(i % 17, 100 + 2 * i));
	resize(cache, 30, HOUR_S, at(1));
	ck_assert_uint_eq(entries_of(cache), 30);
	resize(cache, 5000, HOUR_S, at(2));
	ck_assert_uint_eq(entries_of(cache), 30);
	for (uint32_t i = 0; i < 100; i++) {
		struct hash128 k = key(i);
		struct answer in = form(i % 17, 0);

		ck_assert_int_eq(listcache_get(cache, &k, at(2), &out), i >= 70);
		ck_assert(i < 70 || (same(&in, &out) && out.ttl_s == 98 + 2 * i));
	}
	for (uint32_t i = 1000; i < 5970; i++)
		put(cache, key(i), at(3), absent(3600));
	ck_assert_uint_eq(entries_of(cache), 5000);
	ck_assert(has(cache, key(70), at(3)));
	put(cache, key(9999), at(3), absent(3600));
	ck_assert(!has(cache, key(70), at(3)));
	listcache_free(&cache);
}
END_TEST

/* What has expired and was not cleared away yet must not take the room of what is fresh, then or later. */
START_TEST(resize_leaves_the_expired)
{
	struct listcache *cache = cache_new(1000, HOUR_S);

	for (uint64_t i = 0; i < 900; i++)
		put(cache, key(i), zero, absent(5));
	for (uint64_t i = 900; i < 1000; i++)
		put(cache, key(i), zero, absent(600));
	resize(cache, 600, HOUR_S, at(10));
	ck_assert_uint_eq(entries_of(cache), 100);
	for (uint64_t i = 900; i < 1000; i++)
		ck_assert(has(cache, key(i), at(10)));
	for (uint64_t i = 1000; i < 1500; i++)
		put(cache, key(i), at(10 + (double)i / 100), absent(5));
	resize(cache, 700, HOUR_S, at(60));
	for (uint64_t i = 2000; i < 2600; i++)
		put(cache, key(i), at(60), absent(700));
	for (uint64_t i = 900; i < 1000; i++)
		ck_assert(has(cache, key(i), at(60)));
	listcache_free(&cache);
}
END_TEST

START_TEST(resize_of_times)
{
	struct listcache *cache = cache_new(10, 7 * DAY_S);

	put(cache, key(1), zero, absent(7 * DAY_S));
	put(cache, key(2), zero, absent(50));
	resize(cache, 10, HOUR_S, at(10));         /* nothing is kept longer than the new bound */
	ck_assert_int_eq(ttl(cache, key(1), at(10)), HOUR_S);
	ck_assert_int_eq(ttl(cache, key(2), at(10)), 40);
	resize(cache, 10, 60, at(20));
	resize(cache, 10, 60, at(30));
	ck_assert_int_eq(ttl(cache, key(1), at(30)), 50);
	ck_assert_int_eq(ttl(cache, key(2), at(30)), 20);
	put(cache, key(3), at(30), absent(7 * DAY_S));
	ck_assert_int_eq(ttl(cache, key(3), at(30)), 60);
	resize(cache, 10, 30 * DAY_S, at(40));
	ck_assert_int_eq(ttl(cache, key(1), at(40)), 40);
	put(cache, key(4), at(40), absent(30 * DAY_S));
	ck_assert_int_eq(ttl(cache, key(4), at(40)), 30 * DAY_S);
	put(cache, key(5), at(40 + 20 * DAY_S), absent(1));
	ck_assert_uint_eq(entries_of(cache), 2);
	ck_assert_int_eq(ttl(cache, key(4), at(40 + 20 * DAY_S)), 10 * DAY_S);
	listcache_free(&cache);
}
END_TEST

/* --- a random walk beside a model --------------------------------------------------------------------------------- */

enum { MODEL_KEYS_MAX = 3000 };

struct model_entry {
	long expires;                /* in tenths; 0: not kept */
	size_t form;
};

struct model {
	struct listcache *cache;
	struct model_entry entry[MODEL_KEYS_MAX];
	size_t keys, max_entries;
	uint32_t max_ttl_s;
	long now;                    /* in tenths */
	uint64_t random;
};

static const struct {
	size_t keys, max_entries;
	uint32_t max_ttl_s, ttl_step_s;
	long step_max;               /* of the clock, in tenths */
	int operations;
} walks[] = {
	{ 2, 1, 10, 1, 20, 40000 },
	{ 30, 7, 60, 1, 3, 40000 },
	{ 30, 100, 60, 1, 100, 40000 },
	{ 300, 64, 3600, 7, 50, 30000 },
	{ 3000, 1000, 3600, 1, 2, 20000 },
	{ 3000, 1000, 3613, 1, 60, 20000 },
	{ 300, 64, 7 * DAY_S, 400, 5000, 20000 },
	{ 3000, 2500, 30 * DAY_S, 1000, 20000, 20000 },
	{ 300, 64, 7 * DAY_S, 400, 5000000, 10000 },
};

static uint64_t random_below(struct model *m, uint64_t n)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return m->random % n;
}

static bool fresh(const struct model *m, size_t k)
{
	return m->entry[k].expires > m->now;
}

/* The width in which the cache orders expiry times. */
static long width(const struct model *m)
{
	return ((long)m->max_ttl_s / 3614 + 1) * 10;
}

static void model_get(struct model *m, size_t k)
{
	struct hash128 hash = key(k);
	struct answer out, in;
	bool got = listcache_get(m->cache, &hash, at_tenth(m->now), &out);

	ck_assert_int_eq(got, fresh(m, k));
	if (!got)
		return;
	in = form(m->entry[k].form, 0);
	ck_assert(same(&in, &out));
	ck_assert_int_eq(out.ttl_s, (m->entry[k].expires - m->now) / 10);
}

/* If the cache was full, one entry of the soonest expiry time may be gone, and none other. */
static void model_settle(struct model *m, size_t put_key, bool full, size_t n_fresh)
{
	long soonest = -1;
	size_t gone = 0;

	for (size_t k = 0; k < m->keys; k++)
		if (k != put_key && fresh(m, k) && (soonest < 0 || m->entry[k].expires / width(m) < soonest))
			soonest = m->entry[k].expires / width(m);
	for (size_t k = 0; k < m->keys; k++) {
		if (k == put_key || !fresh(m, k) || m->entry[k].expires / width(m) != soonest ||
		    has(m->cache, key(k), at_tenth(m->now)))
			continue;
		m->entry[k].expires = 0;
		gone++;
	}
	ck_assert_uint_le(gone, full ? 1 : 0);
	ck_assert(!full || n_fresh < m->max_entries || gone == 1);
}

static size_t count_fresh(const struct model *m)
{
	size_t n = 0;

	for (size_t k = 0; k < m->keys; k++)
		n += fresh(m, k);
	return n;
}

static void model_put(struct model *m, size_t k, uint32_t ttl_s)
{
	bool there = fresh(m, k), full = entries_of(m->cache) == m->max_entries;
	size_t n_fresh = full ? count_fresh(m) : 0;

	m->entry[k].form = random_below(m, ROWS(forms));
	put(m->cache, key(k), at_tenth(m->now), form(m->entry[k].form, ttl_s));
	if (ttl_s == 0)
		return;
	if (full && !there)
		model_settle(m, k, full, n_fresh);
	m->entry[k].expires = m->now + 10L * (ttl_s < m->max_ttl_s ? ttl_s : m->max_ttl_s);
	ck_assert_uint_le(entries_of(m->cache), m->max_entries);
}

static void model_step(struct model *m, uint32_t ttl_step_s, long step_max)
{
	size_t k = random_below(m, m->keys);
	uint64_t what = random_below(m, 10);

	if (what < 4) {
		struct model_entry before = m->entry[k];
		uint32_t ttl_s = (uint32_t)random_below(m, m->max_ttl_s / ttl_step_s + 3) * ttl_step_s;

		model_put(m, k, ttl_s);
		if (ttl_s == 0)
			m->entry[k] = before;
	} else if (what < 9) {
		model_get(m, k);
	} else {
		m->now += (long)random_below(m, (uint64_t)step_max + 1);
	}
}

START_TEST(random_walk)
{
	struct model *m = calloc(1, sizeof *m);

	ck_assert_ptr_nonnull(m);
	m->keys = walks[_i].keys;
	m->max_entries = walks[_i].max_entries;
	m->max_ttl_s = walks[_i].max_ttl_s;
	m->random = 88172645463325252u + (uint64_t)_i;
	m->cache = cache_new(m->max_entries, m->max_ttl_s);
	for (int i = 0; i < walks[_i].operations; i++) {
		model_step(m, walks[_i].ttl_step_s, walks[_i].step_max);
		for (size_t k = 0; i % 1000 == 999 && k < m->keys; k++)
			model_get(m, k);
	}
	listcache_free(&m->cache);
	free(m);
}
END_TEST

/* --- threads ------------------------------------------------------------------------------------------------------ */

enum { THREADS = 4, THREAD_STEPS = 20000, THREAD_KEYS = 500 };

struct worker {
	pthread_t thread;
	struct listcache *cache;
	uint64_t number;
	size_t wrong;
};

/* Each key has one answer, so whatever is got can be checked. The threads' clocks differ. */
static void *work(void *arg)
{
	struct worker *w = arg;

	for (uint64_t i = 0; i < THREAD_STEPS; i++) {
		uint64_t k = (i * 7919 + w->number * 31) % THREAD_KEYS;
		struct monotime now = at((double)i / 100 + (double)w->number / 3);
		struct answer in = form(k % 17, (uint32_t)(1 + k % 90)), out;
		struct hash128 hash = key(k);

		if (i % 3 == 0)
			listcache_put(w->cache, &hash, now, &in);
		else if (listcache_get(w->cache, &hash, now, &out))
			w->wrong += !same(&in, &out);
		if (w->number == 0 && i % 1000 == 500)
			w->wrong += !listcache_resize(w->cache, 50 + i % 7 * 100, i % 2000 == 500 ? 60 : 7 * DAY_S, now);
		if (i % 500 == 0)
			w->wrong += entries_of(w->cache) > 700;
	}
	return NULL;
}

START_TEST(threads)
{
	struct worker workers[THREADS];
	struct listcache *cache = cache_new(300, HOUR_S);

	for (size_t i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .cache = cache, .number = i };
		ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		ck_assert_uint_eq(workers[i].wrong, 0);
	}
	listcache_free(&cache);
}
END_TEST

Suite *listcache_suite(void)
{
	Suite *suite = suite_create("listcache");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);              /* under a sanitizer, on a busy machine */
	tcase_add_test(tcase, what_is_put_is_got);
	tcase_add_test(tcase, what_is_removed_is_gone);
	tcase_add_test(tcase, what_is_told_of_it);
	tcase_add_loop_test(tcase, time_left, 0, ROWS(times));
	tcase_add_test(tcase, failures_are_not_kept);
	tcase_add_test(tcase, the_newest_answer_holds);
	tcase_add_loop_test(tcase, every_form, 0, ROWS(forms));
	tcase_add_test(tcase, as_many_addresses_as_there_are);
	tcase_add_test(tcase, other_forms);
	tcase_add_test(tcase, the_pool);
	tcase_add_test(tcase, soonest_goes_first);
	tcase_add_test(tcase, one_entry);
	tcase_add_test(tcase, expired_ones_go_before_fresh_ones);
	tcase_add_test(tcase, many_expire_at_once);
	tcase_add_loop_test(tcase, round_and_round, 0, ROWS(ring_ttls));
	tcase_add_test(tcase, a_pause_of_years);
	tcase_add_test(tcase, order_of_long_times);
	tcase_add_test(tcase, time_steps_back);
	tcase_add_test(tcase, collisions);
	tcase_add_test(tcase, long_chain);
	tcase_add_test(tcase, key_of_zeros);
	tcase_add_test(tcase, resize_keeps_the_latest);
	tcase_add_test(tcase, resize_leaves_the_expired);
	tcase_add_test(tcase, resize_of_times);
	tcase_add_loop_test(tcase, random_walk, 0, ROWS(walks));
	tcase_add_test(tcase, threads);
	suite_add_tcase(suite, tcase);
	return suite;
}
