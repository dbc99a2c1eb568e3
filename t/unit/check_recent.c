/* Tests of recent: how long the report of a login is good for. */
#include "common/keep.h"
#include "common/recent.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

static const int64_t second = 1000000;

static bool has(struct recent *recent, const char *addr, int64_t window_us, int64_t in_us)
{
	struct ipaddr ip = fixture_addr(addr);

	return recent_has(recent, &ip, window_us, monotime_add(monotime_now(), in_us));
}

static bool report(struct recent *recent, const char *addr, int64_t window_us)
{
	struct ipaddr ip = fixture_addr(addr);
	struct errmsg err;

	return recent_add(recent, &ip, window_us, &err);
}

START_TEST(a_report_is_good_for_the_window)
{
	struct recent *recent = recent_new();

	ck_assert(!has(NULL, "192.0.2.1", 120 * second, 0));
	ck_assert(!has(recent, "192.0.2.1", 120 * second, 0));
	ck_assert(report(recent, "192.0.2.1", 120 * second));
	ck_assert(report(recent, "2001:db8::1", 120 * second));
	ck_assert(has(recent, "192.0.2.1", 120 * second, 0));
	ck_assert(has(recent, "::ffff:192.0.2.1", 120 * second, 0));
	ck_assert(has(recent, "2001:db8::1", 120 * second, 0));
	ck_assert(!has(recent, "192.0.2.2", 120 * second, 0));
	ck_assert(!has(recent, "2001:db8::2", 120 * second, 0));
	ck_assert(has(recent, "192.0.2.1", 120 * second, 110 * second));
	ck_assert(!has(recent, "192.0.2.1", 120 * second, 121 * second));
	ck_assert(has(recent, "192.0.2.1", 10 * second, 5 * second));     /* after a reload: a shorter window holds at once, */
	ck_assert(!has(recent, "192.0.2.1", 10 * second, 11 * second));
	ck_assert(!has(recent, "192.0.2.1", 900 * second, 121 * second)); /* a longer one for what is reported from then on */
	ck_assert(!report(recent, "", 120 * second));
	recent_free(&recent);
	recent_free(&recent);
}
END_TEST

static void count(void *ctx, const struct ipaddr *addr, struct monotime reported)
{
	ck_assert(ipaddr_is_set(addr) && monotime_reached(monotime_now(), reported));
	++*(size_t *)ctx;
}

START_TEST(reports_are_bounded)
{
	struct recent *recent = recent_new();
	struct errmsg err;
	size_t n = 0;

	for (uint32_t i = 0; i < KEEP_MAX; i++) {
		struct ipaddr addr = ipaddr_v4(0x0b000000 + i);

		ck_assert(recent_add(recent, &addr, i == 0 ? second : 600 * second, &err));
	}
	ck_assert_uint_le(recent_count(recent), KEEP_MAX);
	ck_assert(recent_each(recent, monotime_now(), count, &n));
	ck_assert_uint_ge(n, KEEP_MAX - 1);
	ck_assert(report(recent, "11.0.0.7", 600 * second));              /* the same again */
	while (has(recent, "11.0.0.0", second, 0))
		;
	ck_assert(report(recent, "192.0.2.1", 600 * second));             /* what has expired makes room */
	ck_assert(!report(recent, "192.0.2.2", 600 * second));
	ck_assert(!has(recent, "192.0.2.2", 600 * second, 0));
	recent_free(&recent);
}
END_TEST

Suite *recent_suite(void)
{
	Suite *suite = suite_create("recent");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_report_is_good_for_the_window);
	tcase_add_test(tcase, reports_are_bounded);
	suite_add_tcase(suite, tcase);
	return suite;
}
