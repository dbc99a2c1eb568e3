/* Tests of ruleset: the count of references, and what rules may do. */
#include <pthread.h>

#include "common/ruleset.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

START_TEST(references)
{
	struct ruleset *rules = ruleset_new(), *other;

	ck_assert_ptr_nonnull(rules);
	ck_assert_ptr_nonnull(arena_alloc(&rules->arena, 10000));
	other = ruleset_ref(rules);
	ck_assert_ptr_eq(other, rules);
	ruleset_unref(&rules);
	ck_assert_ptr_null(rules);
	ruleset_unref(&rules);                     /* nothing inside: nothing happens */
	ck_assert_int_eq(other->refs, 1);
	ruleset_unref(&other);
	ck_assert_ptr_null(other);
}
END_TEST

static void *borrow(void *arg)
{
	for (int i = 0; i < 20000; i++) {
		struct ruleset *rules = ruleset_ref(arg);

		ruleset_unref(&rules);
	}
	return NULL;
}

START_TEST(references_of_threads)
{
	enum { THREADS = 4 };
	struct ruleset *rules = ruleset_new();
	pthread_t threads[THREADS];

	ck_assert_ptr_nonnull(rules);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, borrow, rules), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(rules->refs, 1);
	ruleset_unref(&rules);
}
END_TEST

static const struct {
	const char *actions;
	unsigned asked;
	bool may;
} actions[] = {
	{ "[]", ACTION_FLAG | ACTIONS_REFUSE, false },
	{ "[{'do': []}]", ACTION_FLAG | ACTIONS_REFUSE, false },
	{ "[{'do': ['flag']}]", ACTION_FLAG, true },
	{ "[{'do': ['flag']}]", ACTIONS_REFUSE, false },
	{ "[{'when': {'points': 1}, 'do': ['flag']}, {'when': {'matches': 1}, 'do': ['tempfail']}]", ACTIONS_REFUSE, true },
	{ "[{'when': {'points': 1}, 'do': ['reject']}]", ACTIONS_REFUSE, true },
	{ "[{'when': {'points': 1}, 'do': ['reject']}]", ACTION_TEMPFAIL, false },
	{ "[{'when': {'points': 1}, 'do': ['reject']}]", 0, false },
};

START_TEST(what_rules_may)
{
	struct ruleset *rules = fixture_rulesf("{'actions': %s}", actions[_i].actions);

	ck_assert_int_eq(ruleset_may(rules, actions[_i].asked), actions[_i].may);
	ruleset_unref(&rules);
}
END_TEST

Suite *ruleset_suite(void)
{
	Suite *suite = suite_create("ruleset");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, references);
	tcase_add_test(tcase, references_of_threads);
	tcase_add_loop_test(tcase, what_rules_may, 0, ROWS(actions));
	suite_add_tcase(suite, tcase);
	return suite;
}
