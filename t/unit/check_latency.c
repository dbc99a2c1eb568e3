/* Tests of latency: percentiles are never too low and at most a quarter too high. */
#include "common/latency.h"
#include "t/unit/suites.h"

START_TEST(one_value)
{
	struct latency latency = { .n = 0 };

	for (int64_t us = 1; us < 60 * 1000000; us = us + us / 7 + 1) {
		latency = (struct latency){ .n = 0 };
		latency_add(&latency, us);
		for (unsigned percent = 1; percent <= 100; percent += 33) {
			int64_t found = latency_percentile(&latency, percent);

			ck_assert_int_ge(found, us);
			ck_assert_int_le(found, us < 64 ? 80 : us + us / 4 + 1);
		}
	}
}
END_TEST

START_TEST(many_values)
{
	struct latency latency = { .n = 0 };

	ck_assert_int_eq(latency_percentile(&latency, 50), 0);
	for (int i = 0; i < 99; i++)
		latency_add(&latency, 1000);
	latency_add(&latency, 3000000);
	ck_assert_int_le(latency_percentile(&latency, 50), 1250);
	ck_assert_int_le(latency_percentile(&latency, 99), 1250);
	ck_assert_int_ge(latency_percentile(&latency, 100), 3000000);
	latency_add(&latency, 0);
	latency_add(&latency, INT64_MAX);
	ck_assert_uint_eq(latency.n, 102);
}
END_TEST

Suite *latency_suite(void)
{
	Suite *suite = suite_create("latency");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, one_value);
	tcase_add_test(tcase, many_values);
	suite_add_tcase(suite, tcase);
	return suite;
}
