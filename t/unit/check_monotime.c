/* Tests of monotime: sums at the end of time, both sides of "reached". */
#include "common/monotime.h"
#include "t/unit/suites.h"

static struct monotime at(int64_t us)
{
	return (struct monotime){ us };
}

static const struct {
	int64_t t, add, sum;
} sums[] = {
	{ 0, 0, 0 },
	{ 5, 7, 12 },
	{ 5, -7, -2 },
	{ INT64_MAX - 1, 1, INT64_MAX },
	{ INT64_MAX - 1, 2, INT64_MAX },
	{ 1, INT64_MAX, INT64_MAX },             /* "never" from now on */
	{ INT64_MIN + 1, -1, INT64_MIN },
	{ INT64_MIN + 1, -2, INT64_MIN },
};

START_TEST(adds_without_overflow)
{
	ck_assert_int_eq(monotime_add(at(sums[_i].t), sums[_i].add).us, sums[_i].sum);
}
END_TEST

START_TEST(between_has_a_direction)
{
	ck_assert_int_eq(monotime_between(at(10), at(25)), 15);
	ck_assert_int_eq(monotime_between(at(25), at(10)), -15);
}
END_TEST

START_TEST(reached_at_the_very_moment)
{
	ck_assert(!monotime_reached(at(99), at(100)));
	ck_assert(monotime_reached(at(100), at(100)));
	ck_assert(monotime_reached(at(101), at(100)));
}
END_TEST

START_TEST(splits_into_seconds_and_nanoseconds)
{
	struct timespec ts = monotime_timespec(at(7000042));

	ck_assert_int_eq(ts.tv_sec, 7);
	ck_assert_int_eq(ts.tv_nsec, 42000);
}
END_TEST

START_TEST(is_the_steady_clock_in_microseconds)
{
	struct timespec before, after;
	struct monotime now;

	clock_gettime(CLOCK_MONOTONIC, &before);
	now = monotime_now();
	clock_gettime(CLOCK_MONOTONIC, &after);
	ck_assert_int_ge(now.us, (int64_t)before.tv_sec * 1000000 + before.tv_nsec / 1000);
	ck_assert_int_le(now.us, (int64_t)after.tv_sec * 1000000 + after.tv_nsec / 1000);
}
END_TEST

Suite *monotime_suite(void)
{
	Suite *suite = suite_create("monotime");
	TCase *tc = tcase_create("monotime");

	tcase_add_loop_test(tc, adds_without_overflow, 0, ROWS(sums));
	tcase_add_test(tc, between_has_a_direction);
	tcase_add_test(tc, reached_at_the_very_moment);
	tcase_add_test(tc, splits_into_seconds_and_nanoseconds);
	tcase_add_test(tc, is_the_steady_clock_in_microseconds);
	suite_add_tcase(suite, tc);
	return suite;
}
