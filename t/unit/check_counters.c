/* Tests of counters: each message counts once, in each of its numbers; and from many threads at once. */
#include <pthread.h>

#include "common/counters.h"
#include "t/unit/suites.h"

enum { THREADS = 4, MESSAGES = 2000 };

START_TEST(numbers)
{
	struct counters *counters = counters_new();
	struct counters_report report;

	counters_session(counters);
	counters_session(counters);
	counters_turned_away(counters);
	counters_message(counters, &(struct counted_message){ .verdict = VERDICT_REJECT, .at_rcpt = true, .refused = 3 });
	counters_message(counters, &(struct counted_message){ .verdict = VERDICT_REJECT, .blocked = true, .waited_us = 1000000 });
	counters_message(counters, &(struct counted_message){ .verdict = VERDICT_FLAG, .refused = 1, .screened = true });
	counters_message(counters, &(struct counted_message){ .verdict = VERDICT_PASS });
	counters_read(counters, &report);
	ck_assert_uint_eq(report.sessions, 2);
	ck_assert_uint_eq(report.turned_away, 1);
	ck_assert_uint_eq(report.messages, 4);
	ck_assert_uint_eq(report.verdict[VERDICT_REJECT], 2);
	ck_assert_uint_eq(report.verdict[VERDICT_FLAG], 1);
	ck_assert_uint_eq(report.verdict[VERDICT_PASS], 1);
	ck_assert_uint_eq(report.verdict[VERDICT_DROP], 0);
	ck_assert_uint_eq(report.at_rcpt, 1);
	ck_assert_uint_eq(report.refused_recipients, 4);
	ck_assert_uint_eq(report.blocked, 1);
	ck_assert_uint_eq(report.screened, 1);
	ck_assert_int_le(report.wait_p50_us, 100);
	ck_assert_int_ge(report.wait_p99_us, 1000000);
	counters_free(&counters);
	ck_assert_ptr_null(counters);
}
END_TEST

START_TEST(nobody_counts)
{
	struct counters *none = NULL;
	struct counters_report report = { .messages = 7 };

	counters_session(none);
	counters_turned_away(none);
	counters_message(none, &(struct counted_message){ .verdict = VERDICT_PASS });
	counters_read(none, &report);
	ck_assert_uint_eq(report.messages, 0);
	counters_free(&none);
}
END_TEST

static void *count(void *counters)
{
	for (int i = 0; i < MESSAGES; i++) {
		struct counters_report report;
		uint64_t sum = 0;

		counters_message(counters, &(struct counted_message){ .verdict = (enum verdict_kind)(i % VERDICT_KINDS) });
		counters_read(counters, &report);
		for (int kind = 0; kind < VERDICT_KINDS; kind++)
			sum += report.verdict[kind];
		if (sum != report.messages)
			return counters;
	}
	return NULL;
}

/* The numbers agree with each other whenever they are read. */
START_TEST(threads)
{
	struct counters *counters = counters_new();
	struct counters_report report;
	pthread_t thread[THREADS];
	void *failed;

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, count, counters), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], &failed);
		ck_assert_ptr_null(failed);
	}
	counters_read(counters, &report);
	ck_assert_uint_eq(report.messages, THREADS * MESSAGES);
	counters_free(&counters);
}
END_TEST

Suite *counters_suite(void)
{
	Suite *suite = suite_create("counters");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, numbers);
	tcase_add_test(tcase, nobody_counts);
	tcase_add_test(tcase, threads);
	suite_add_tcase(suite, tcase);
	return suite;
}
