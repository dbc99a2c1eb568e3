/* Tests of duration: every unit, the limits, and what people write in place of a duration. */
#include <string.h>

#include "config/duration.h"
#include "t/unit/suites.h"

static const struct {
	const char *text;
	int64_t us;
	const char *back;    /* as it is written again */
} good[] = {
	{ "500ms", 500000, "500ms" },
	{ "0ms", 0, "0s" },
	{ "0s", 0, "0s" },
	{ "1ms", 1000, "1ms" },
	{ "1s", 1000000, "1s" },
	{ "30s", 30000000, "30s" },
	{ "60s", 60000000, "1m" },
	{ "90s", 90000000, "90s" },
	{ "5m", 300000000, "5m" },
	{ "60m", INT64_C(3600000000), "1h" },
	{ "1h", INT64_C(3600000000), "1h" },
	{ "24h", INT64_C(86400000000), "1d" },
	{ "7d", INT64_C(604800000000), "7d" },
	{ "1500ms", 1500000, "1500ms" },
	{ "007s", 7000000, "7s" },
	{ "36500d", INT64_C(36500) * DURATION_D, "36500d" },
	{ "3153600000000ms", INT64_C(36500) * DURATION_D, "36500d" },
	{ "never", DURATION_NEVER, "never" },
};

START_TEST(reads_and_writes)
{
	char buf[DURATION_TEXT_BYTES];
	struct errmsg err;
	int64_t us = -1;

	ck_assert_msg(duration_parse(&us, good[_i].text, &err), "%s: %s", good[_i].text, err.text);
	ck_assert_int_eq(us, good[_i].us);
	ck_assert_str_eq(duration_format(us, buf), good[_i].back);
}
END_TEST

static const struct {
	const char *text, *why;
} bad[] = {
	{ "", "is not a duration" },
	{ "s", "is not a duration" },
	{ "ms", "is not a duration" },
	{ "5", "needs a unit" },
	{ "0", "needs a unit" },
	{ "5 s", "is not a duration" },
	{ " 5s", "is not a duration" },
	{ "5s ", "is not a duration" },
	{ "-5s", "is not a duration" },
	{ "+5s", "is not a duration" },
	{ "1.5s", "is not a duration" },
	{ "1h30m", "is not a duration" },
	{ "5S", "is not a duration" },
	{ "5sec", "is not a duration" },
	{ "5us", "is not a duration" },
	{ "5w", "is not a duration" },
	{ "0x5s", "is not a duration" },
	{ "Never", "is not a duration" },
	{ "never ", "is not a duration" },
	{ "36501d", "longer than 100 years" },
	{ "876001h", "longer than 100 years" },
	{ "3153600000001ms", "longer than 100 years" },
	{ "9223372036854775807d", "longer than 100 years" },
	{ "9223372036854775808ms", "longer than 100 years" },
	{ "99999999999999999999999999999999999999s", "longer than 100 years" },
	{ "99999999999999999999999999999999999999", "longer than 100 years" },
};

START_TEST(refuses)
{
	struct errmsg err = { "" };
	int64_t us = 42;

	ck_assert_msg(!duration_parse(&us, bad[_i].text, &err), "%s", bad[_i].text);
	ck_assert_msg(strstr(err.text, bad[_i].why) != NULL, "%s: %s", bad[_i].text, err.text);
	ck_assert_int_eq(us, 42);
	ck_assert(!duration_parse(&us, bad[_i].text, NULL));
}
END_TEST

START_TEST(drops_parts_of_a_millisecond)
{
	char buf[DURATION_TEXT_BYTES];

	ck_assert_str_eq(duration_format(1999, buf), "1ms");
	ck_assert_str_eq(duration_format(999, buf), "0ms");
}
END_TEST

Suite *duration_suite(void)
{
	Suite *suite = suite_create("duration");
	TCase *tcase = tcase_create("duration");

	tcase_add_loop_test(tcase, reads_and_writes, 0, ROWS(good));
	tcase_add_loop_test(tcase, refuses, 0, ROWS(bad));
	tcase_add_test(tcase, drops_parts_of_a_millisecond);
	suite_add_tcase(suite, tcase);
	return suite;
}
