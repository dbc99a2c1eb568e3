/* Tests of addrpat: each kind of pattern at both of its ends, what an administrator gets wrong, and sets. */
#include <stdio.h>
#include <string.h>

#include "common/addrpat.h"
#include "t/unit/suites.h"

static struct ipaddr addr(const char *text)
{
	struct ipaddr out;

	ck_assert_msg(ipaddr_parse(&out, text), "%s", text);
	return out;
}

static struct addrpat pattern(const char *text)
{
	struct addrpat out;
	struct errmsg err;

	ck_assert_msg(addrpat_parse(&out, text, &err), "%s: %s", text, err.text);
	return out;
}

#define LAST_V6 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

/* A row: the pattern, what it matches, what it does not. */
static const struct {
	const char *pattern;
	const char *yes[5], *no[7];
} matches[] = {
	{ "192.0.2.1", { "192.0.2.1", "::ffff:192.0.2.1" }, { "192.0.2.0", "192.0.2.2", "::c000:201" } },
	{ "::ffff:192.0.2.1", { "192.0.2.1" }, { "192.0.2.0", "192.0.2.2" } },
	{ "0.0.0.0", { "0.0.0.0" }, { "0.0.0.1", "::", "255.255.255.255" } },
	{ "255.255.255.255", { "255.255.255.255" }, { "255.255.255.254", "0.0.0.0", "::" } },
	{ "2001:db8::1", { "2001:DB8:0::1" }, { "2001:db8::", "2001:db8::2", "0.0.0.1" } },
	{ LAST_V6, { LAST_V6 }, { "::", "255.255.255.255" } },

	{ "192.168.*.*", { "192.168.0.0", "192.168.255.255" }, { "192.167.255.255", "192.169.0.0" } },
	{ "192.168.*", { "192.168.0.0", "192.168.255.255" }, { "192.167.255.255", "192.169.0.0" } },
	{ "10.*", { "10.0.0.0", "10.255.255.255" }, { "9.255.255.255", "11.0.0.0", "a00::" } },
	{ "10.20.30.*", { "10.20.30.0", "10.20.30.255" }, { "10.20.29.255", "10.20.31.0" } },
	{ "255.*", { "255.0.0.0", "255.255.255.255" }, { "254.255.255.255", "0.0.0.0" } },
	{ "*.*.*.*", { "0.0.0.0", "255.255.255.255" }, { "::", "::1", LAST_V6 } },
	{ "*.*", { "0.0.0.0", "255.255.255.255" }, { "::" } },
	{ "10.*.0.1", { "10.0.0.1", "10.255.0.1" }, { "10.0.0.0", "10.0.0.2", "10.0.1.1", "9.0.0.1", "11.0.0.1" } },
	{ "*.0.0.1", { "0.0.0.1", "255.0.0.1" }, { "1.0.0.2", "1.1.0.1", "::1", "100::" } },
	{ "10.*.5.*", { "10.0.5.0", "10.255.5.255" }, { "10.0.4.255", "10.0.6.0", "11.0.5.0" } },
	{ "*.5.*", { "0.5.0.0", "255.5.255.255" }, { "1.4.0.0", "1.6.0.0" } },

	{ "10.0.0.0/8", { "10.0.0.0", "10.255.255.255" }, { "9.255.255.255", "11.0.0.0" } },
	{ "192.0.2.128/25", { "192.0.2.128", "192.0.2.255" }, { "192.0.2.127", "192.0.3.0" } },
	{ "192.0.2.2/31", { "192.0.2.2", "192.0.2.3" }, { "192.0.2.1", "192.0.2.4" } },
	{ "192.0.2.2/32", { "192.0.2.2" }, { "192.0.2.1", "192.0.2.3" } },
	{ "128.0.0.0/1", { "128.0.0.0", "255.255.255.255" }, { "127.255.255.255" } },
	{ "0.0.0.0/0", { "0.0.0.0", "255.255.255.255" }, { "::", LAST_V6 } },
	{ "255.255.255.255/32", { "255.255.255.255" }, { "255.255.255.254" } },
	{ "2001:db8::/32", { "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff" },
	  { "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::" } },
	{ "2001:db8::/33", { "2001:db8:7fff::" }, { "2001:db8:8000::" } },
	{ "::/0", { "::", LAST_V6 }, { "0.0.0.0", "255.255.255.255" } },
	{ LAST_V6 "/128", { LAST_V6 }, { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe" } },
	{ "::1/128", { "::1" }, { "::", "::2", "0.0.0.1" } },
	{ "::ffff:192.0.2.0/120", { "192.0.2.0", "192.0.2.255" }, { "192.0.1.255", "192.0.3.0" } },
	{ "::ffff:192.0.2.1/128", { "192.0.2.1" }, { "192.0.2.0", "192.0.2.2" } },
	{ "::ffff:0:0/96", { "0.0.0.0", "255.255.255.255" }, { "::" } },

	{ "251.70.2.53-251.70.2.60", { "251.70.2.53", "251.70.2.56", "251.70.2.60" }, { "251.70.2.52", "251.70.2.61" } },
	{ "9.255.255.255-10.0.0.0", { "9.255.255.255", "10.0.0.0" }, { "9.255.255.254", "10.0.0.1" } },
	{ "192.0.2.1-192.0.2.1", { "192.0.2.1" }, { "192.0.2.0", "192.0.2.2" } },
	{ "0.0.0.0-255.255.255.255", { "0.0.0.0", "255.255.255.255" }, { "::" } },
	{ "2001:db8::10-2001:db8::1:f", { "2001:db8::10", "2001:db8::ffff", "2001:db8::1:f" },
	  { "2001:db8::f", "2001:db8::1:10" } },
	{ "::ffff:10.0.0.1-10.0.0.3", { "10.0.0.1", "10.0.0.3" }, { "10.0.0.0", "10.0.0.4" } },
	{ "::-" LAST_V6, { "::", LAST_V6 }, { "255.255.255.255" } },
};

START_TEST(matches_what_is_meant)
{
	struct addrpat pat = pattern(matches[_i].pattern);
	struct ipaddr a, none = { .len = 0 };

	for (size_t k = 0; k < sizeof matches[0].yes / sizeof matches[0].yes[0] && matches[_i].yes[k] != NULL; k++) {
		a = addr(matches[_i].yes[k]);
		ck_assert_msg(addrpat_match(&pat, &a), "%s: %s", matches[_i].pattern, matches[_i].yes[k]);
	}
	for (size_t k = 0; k < sizeof matches[0].no / sizeof matches[0].no[0] && matches[_i].no[k] != NULL; k++) {
		a = addr(matches[_i].no[k]);
		ck_assert_msg(!addrpat_match(&pat, &a), "%s: %s", matches[_i].pattern, matches[_i].no[k]);
	}
	ck_assert(!addrpat_match(&pat, &none));
}
END_TEST

/* Only what cannot be one run of addresses is walked in a set. */
static const struct {
	const char *pattern;
	bool masked;
} shapes[] = {
	{ "192.0.2.1", false }, { "192.168.*", false }, { "*.*.*.*", false }, { "10.*.0.1", true },
	{ "*.0.0.1", true },    { "10.*.5.*", true },   { "10.0.0.0/9", false },
};

START_TEST(is_a_mask_only_where_needed)
{
	ck_assert_int_eq(pattern(shapes[_i].pattern).masked, shapes[_i].masked);
}
END_TEST

static const struct {
	const char *pattern, *says;
} faults[] = {
	{ "", "empty" },
	{ "192.0.2.256", "octet 4 of \"192.0.2.256\" is neither * nor a number from 0 to 255" },
	{ "192.0.02.1", "octet 3" },
	{ "192..2.1", "octet 2" },
	{ ".0.2.1", "octet 1" },
	{ "192.0.2.1.", "more than four" },
	{ "192.0.2.1.5", "more than four" },
	{ "192.168.*.*.*", "more than four" },
	{ "192.168", "has 2 of four octets" },
	{ "192.168.", "octet 3" },
	{ "10.*.1", "has 3 of four octets" },
	{ "10", "has 1 of four octets" },
	{ "*", "write 0.0.0.0/0 for IPv4, ::/0 for IPv6" },
	{ "1*.0.0.1", "octet 1 of \"1*.0.0.1\": a * stands for a whole octet" },
	{ "10.*1.0.1", "octet 2 of \"10.*1.0.1\": a * stands for a whole octet" },
	{ "10.**", "a whole octet" },
	{ "*.", "octet 2" },
	{ "10.0.0.1/8", "the net is 10.0.0.0/8" },
	{ "192.0.2.129/25", "the net is 192.0.2.128/25" },
	{ "192.0.2.1/0", "the net is 0.0.0.0/0" },
	{ "192.0.2.1/31", "the net is 192.0.2.0/31" },
	{ "2001:db8::1/32", "the net is 2001:db8::/32" },
	{ "::ffff:192.0.2.1/120", "the net is 192.0.2.0/24" },
	{ "::ffff:192.0.2.1/97", "the net is 128.0.0.0/1" },
	{ "::ffff:192.0.2.0/95", "the net is ::fffe:0:0/95" },   /* would hold other addresses than mapped ones */
	{ "::ffff:0.0.0.0/80", "the net is ::/80" },
	{ "::ffff:0:0/0", "the net is ::/0" },
	{ "10.0.0.0/33", "from 0 to 32" },
	{ "10.0.0.0/256", "from 0 to 32" },
	{ "10.0.0.0/4294967304", "from 0 to 32" },
	{ "10.0.0.0/-1", "two whole addresses" },
	{ "10.0.0.0/", "from 0 to 32" },
	{ "10.0.0.0/08", "from 0 to 32" },
	{ "10.0.0.0/8/8", "from 0 to 32" },
	{ "10.0.0.0/8 ", "from 0 to 32" },
	{ "10.0.0.0/255.0.0.0", "from 0 to 32" },
	{ "2001:db8::/129", "from 0 to 128" },
	{ "::ffff:10.0.0.0/129", "from 0 to 128" },
	{ "10/8", "before / is not an address" },
	{ "10.*/8", "before / is not an address" },
	{ "/8", "before / is not an address" },
	{ "192.0.2.9-192.0.2.1", "ends before it begins" },
	{ "2001:db8::2-2001:db8::1", "ends before it begins" },
	{ "192.0.2.1-9", "\"192.0.2.1-9\": a range is two whole addresses" },
	{ "192.0.2.1-", "two whole addresses" },
	{ "-192.0.2.1", "two whole addresses" },
	{ "192.0.2.1-192.0.2.5-192.0.2.9", "two whole addresses" },
	{ "192.0.2.*-192.0.3.*", "two whole addresses" },
	{ "192.0.2.1-2001:db8::1", "one family of addresses into another" },
	{ "::1-192.0.2.1", "one family of addresses into another" },
	{ "2001:db8:*", "an IPv6 net is written 2001:db8::/32" },
	{ "[2001:db8::1]", "without brackets, port and zone" },
	{ "fe80::1%eth0", "without brackets, port and zone" },
	{ "2001:db8::g", "neither an address nor" },
	{ "mail.example", "\"mail.example\" is neither an address nor" },
	{ " 192.0.2.1", "neither an address nor" },
	{ "192.0.2.1\r\n", "\"192.0.2.1??\" is neither an address nor" },
	{ "192.0.2.1\x1b\xc3\xa9", "\"192.0.2.1???\" is neither" },
};

START_TEST(says_what_is_wrong)
{
	struct addrpat out, before;
	struct errmsg err = { "" };

	memset(&out, 0x5a, sizeof out);
	before = out;
	ck_assert(!addrpat_parse(&out, faults[_i].pattern, &err));
	ck_assert_msg(strstr(err.text, faults[_i].says) != NULL, "%s: %s", faults[_i].pattern, err.text);
	ck_assert_mem_eq(&out, &before, sizeof out);
	ck_assert(!addrpat_parse(&out, faults[_i].pattern, NULL));
}
END_TEST

START_TEST(a_long_text_is_cut_in_the_sentence)
{
	char text[2000];
	struct addrpat out;
	struct errmsg err;

	memset(text, '1', sizeof text);
	text[sizeof text - 1] = '\0';
	ck_assert(!addrpat_parse(&out, text, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "1...\" is neither"));
	memset(text, 'a', sizeof text - 1);
	ck_assert(!addrpat_parse(&out, text, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "a...\" is neither"));
}
END_TEST

/* Sets: the patterns, and how many runs and masks are left of them. */
static const struct {
	const char *pattern[6];
	size_t n_ranges, n_masks;
} sets[] = {
	{ { NULL }, 0, 0 },
	{ { "10.0.0.0/8" }, 1, 0 },
	{ { "10.0.0.5", "10.0.0.3", "10.0.0.1" }, 3, 0 },
	{ { "10.0.0.5", "10.0.0.4", "10.0.0.3" }, 1, 0 },                   /* neighbours */
	{ { "10.0.0.1-10.0.0.5", "10.0.0.7-10.0.0.9" }, 2, 0 },
	{ { "10.0.0.1-10.0.0.5", "10.0.0.6-10.0.0.9" }, 1, 0 },
	{ { "10.0.0.1-10.0.0.5", "10.0.0.5-10.0.0.9" }, 1, 0 },
	{ { "10.0.0.1-10.0.0.9", "10.0.0.3-10.0.0.4", "10.0.0.8" }, 1, 0 }, /* one inside another must not shorten it */
	{ { "10.0.0.3-10.0.0.4", "10.*", "10.0.0.3-10.0.0.9" }, 1, 0 },
	{ { "10.0.255.255", "10.1.0.0", "9.255.255.255" }, 2, 0 },          /* the next address carries over */
	{ { "10.0.0.0", "9.255.255.255" }, 1, 0 },
	{ { "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::" }, 1, 0 },
	{ { "255.255.255.255", "::" }, 2, 0 },                              /* no neighbours: two families */
	{ { "255.255.255.255", "0.0.0.0" }, 2, 0 },
	{ { "0.0.0.0/0", "::/0", "192.0.2.1", "2001:db8::1" }, 2, 0 },
	{ { LAST_V6, "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe" }, 2, 0 },
	{ { LAST_V6, LAST_V6, "255.255.255.255", "255.255.255.255" }, 2, 0 },
	{ { "::ffff:10.0.0.0/104", "10.0.0.0/8" }, 1, 0 },
	{ { "10.*.0.1", "10.0.0.1", "*.5.6.7" }, 1, 2 },
	{ { "2001:db8::/33", "2001:db8:8000::/33", "2001:db9::/32" }, 1, 0 },
};

enum { PATTERNS_MOST = sizeof sets[0].pattern / sizeof sets[0].pattern[0] };

static size_t patterns_of(int row, struct addrpat *pats)
{
	size_t n = 0;

	for (; n < PATTERNS_MOST && sets[row].pattern[n] != NULL; n++)
		pats[n] = pattern(sets[row].pattern[n]);
	return n;
}

/* The address before or behind, around the ends of all addresses. */
static struct ipaddr step(struct ipaddr a, int by)
{
	for (size_t i = a.len; i-- > 0;) {
		a.byte[i] = (uint8_t)(a.byte[i] + by);
		if (a.byte[i] != (by > 0 ? 0 : 255))
			break;
	}
	return a;
}

static void same_as_walking(const struct addrset *set, const struct addrpat *pats, size_t n, struct ipaddr a)
{
	char text[IPADDR_TEXT_BYTES];
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any |= addrpat_match(&pats[i], &a);
	ck_assert_msg(addrset_match(set, &a) == any, "%s", ipaddr_format(&a, text));
}

START_TEST(a_set_is_any_of_its_patterns)
{
	struct addrpat pats[PATTERNS_MOST], before[PATTERNS_MOST];
	size_t n = patterns_of(_i, pats);
	struct arena arena;
	struct addrset set;

	memset(before, 0, sizeof before);
	memcpy(before, pats, n * sizeof pats[0]);
	arena_init(&arena, 100000);
	ck_assert(addrset_build(&set, pats, n, &arena));
	ck_assert_uint_eq(set.n_ranges, sets[_i].n_ranges);
	ck_assert_uint_eq(set.n_masks, sets[_i].n_masks);
	ck_assert_ptr_nonnull(arena_alloc(&arena, 500));   /* zeroes what the set has taken too little of */
	for (size_t i = 0; i < n; i++) {
		same_as_walking(&set, pats, n, pats[i].low);
		same_as_walking(&set, pats, n, pats[i].high);
		same_as_walking(&set, pats, n, step(pats[i].low, -1));
		same_as_walking(&set, pats, n, step(pats[i].low, 1));
		same_as_walking(&set, pats, n, step(pats[i].high, -1));
		same_as_walking(&set, pats, n, step(pats[i].high, 1));
		ck_assert(addrpat_match(&pats[i], &pats[i].low));
	}
	same_as_walking(&set, pats, n, addr("10.77.0.1"));
	same_as_walking(&set, pats, n, addr("10.77.0.2"));
	same_as_walking(&set, pats, n, (struct ipaddr){ .len = 0 });
	ck_assert_mem_eq(before, pats, n * sizeof pats[0]);   /* they were copied */
	for (size_t i = 1; i < set.n_ranges; i++)
		ck_assert_int_lt(ipaddr_compare(&set.ranges[i - 1].high, &set.ranges[i].low), 0);
	arena_clear(&arena);
}
END_TEST

/* Every second address of a net in a shuffled order: as many runs, each found, each gap too. */
START_TEST(a_large_set)
{
	enum { N = 5000 };
	static struct addrpat pats[N];
	struct arena arena;
	struct addrset set;

	for (uint32_t i = 0; i < N; i++) {
		struct ipaddr a = ipaddr_v4(0x0a000000 + 2 * (i * 2377 % N));

		pats[i] = (struct addrpat){ .low = a, .high = a };
	}
	arena_init(&arena, 1 << 20);
	ck_assert(addrset_build(&set, pats, N, &arena));
	ck_assert_uint_eq(set.n_ranges, N);
	for (uint32_t i = 0; i < 2 * N; i++) {
		struct ipaddr a = ipaddr_v4(0x0a000000 + i);

		if (addrset_match(&set, &a) != (i % 2 == 0))
			ck_abort_msg("10.0.0.0 + %u", i);
	}
	arena_clear(&arena);
}
END_TEST

/* At every size of the arena: built whole, or not at all. */
START_TEST(a_set_without_memory)
{
	struct addrpat pats[] = { pattern("10.0.0.1"), pattern("10.*.0.1") };
	bool built = false;

	for (size_t cap_bytes = 0; cap_bytes < 10 * sizeof pats; cap_bytes++) {
		struct addrset set = { .n_ranges = 77 };
		struct arena arena;

		arena_init(&arena, cap_bytes);
		built = addrset_build(&set, pats, 2, &arena);
		ck_assert_uint_eq(set.n_ranges, built ? 1 : 77);
		ck_assert_uint_eq(set.n_masks, built ? 1 : 0);
		ck_assert(!built || cap_bytes >= sizeof pats);
		arena_clear(&arena);
	}
	ck_assert(built);
}
END_TEST

START_TEST(an_empty_set)
{
	struct addrset set = { .ranges = NULL };
	struct ipaddr a = addr("192.0.2.1");

	ck_assert(!addrset_match(&set, &a));
}
END_TEST

Suite *addrpat_suite(void)
{
	Suite *suite = suite_create("addrpat");
	TCase *tc = tcase_create("addrpat");

	tcase_add_loop_test(tc, matches_what_is_meant, 0, ROWS(matches));
	tcase_add_loop_test(tc, is_a_mask_only_where_needed, 0, ROWS(shapes));
	tcase_add_loop_test(tc, says_what_is_wrong, 0, ROWS(faults));
	tcase_add_test(tc, a_long_text_is_cut_in_the_sentence);
	tcase_add_loop_test(tc, a_set_is_any_of_its_patterns, 0, ROWS(sets));
	tcase_add_test(tc, a_large_set);
	tcase_add_test(tc, a_set_without_memory);
	tcase_add_test(tc, an_empty_set);
	suite_add_tcase(suite, tc);
	return suite;
}
