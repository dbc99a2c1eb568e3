/* Tests of inforce: the rules in force change under the hands of those who take them. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "milter/inforce.h"
#include "t/unit/suites.h"

enum { READERS = 4, WRITERS = 2, TURNS = 2000 };

static struct ruleset *rules_new(int code)
{
	struct ruleset *rules = ruleset_new();

	ck_assert_ptr_nonnull(rules);
	rules->reply.code = code;
	return rules;
}

START_TEST(gives_a_reference_each_time)
{
	struct inforce inforce;
	struct ruleset *one, *two;

	inforce_init(&inforce, rules_new(550));
	one = inforce_get(&inforce);
	two = inforce_get(&inforce);
	ck_assert_ptr_eq(one, two);
	ck_assert_int_eq(atomic_load(&one->refs), 3);
	ruleset_unref(&one);
	ck_assert_int_eq(atomic_load(&two->refs), 2);
	inforce_clear(&inforce);
	ck_assert_ptr_null(inforce.rules);
	ck_assert_int_eq(two->reply.code, 550);   /* who took them keeps them */
	ruleset_unref(&two);
}
END_TEST

START_TEST(swaps_for_the_next_ones_only)
{
	struct inforce inforce;
	struct ruleset *old, *new;

	inforce_init(&inforce, rules_new(550));
	old = inforce_get(&inforce);
	inforce_swap(&inforce, rules_new(551));
	new = inforce_get(&inforce);
	ck_assert_int_eq(old->reply.code, 550);
	ck_assert_int_eq(new->reply.code, 551);
	ck_assert_int_eq(atomic_load(&old->refs), 1);
	ruleset_unref(&old);
	ruleset_unref(&new);
	inforce_swap(&inforce, rules_new(552));   /* nobody has the old ones: a leak checker sees whether they stay */
	inforce_clear(&inforce);
}
END_TEST

static void *read_rules(void *arg)
{
	struct inforce *inforce = arg;

	for (int i = 0; i < TURNS; i++) {
		struct ruleset *rules = inforce_get(inforce);
		bool sound = rules->reply.code >= 500 && rules->reply.code < 600;

		ruleset_unref(&rules);
		if (!sound || rules != NULL)
			return inforce;
	}
	return NULL;
}

static void *swap_rules(void *arg)
{
	for (int i = 0; i < TURNS; i++) {
		struct ruleset *next = ruleset_new();

		if (next == NULL)
			return arg;
		next->reply.code = 500 + i % 100;
		inforce_swap(arg, next);
	}
	return NULL;
}

START_TEST(stands_many_threads)
{
	pthread_t thread[READERS + WRITERS];
	struct inforce inforce;

	inforce_init(&inforce, rules_new(550));
	for (int i = 0; i < READERS + WRITERS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, i < READERS ? read_rules : swap_rules, &inforce), 0);
	for (int i = 0; i < READERS + WRITERS; i++) {
		void *fault;

		pthread_join(thread[i], &fault);
		ck_assert_ptr_null(fault);
	}
	ck_assert_int_eq(atomic_load(&inforce.rules->refs), 1);
	inforce_clear(&inforce);
}
END_TEST

Suite *inforce_suite(void)
{
	Suite *suite = suite_create("inforce");
	TCase *tc = tcase_create("inforce");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, gives_a_reference_each_time);
	tcase_add_test(tc, swaps_for_the_next_ones_only);
	tcase_add_test(tc, stands_many_threads);
	suite_add_tcase(suite, tc);
	return suite;
}
