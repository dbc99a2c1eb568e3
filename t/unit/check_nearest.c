/* Tests of nearest: what is near enough to be meant, and what is not. */
#include <string.h>

#include "config/nearest.h"
#include "t/unit/suites.h"

static const char *const keys[] = { "to", "level", "format", "facility", "timeout", "tries", "max_queries", "max_in_flight",
				    "default_ttl", "prefetch", "on" };

static const struct {
	const char *word, *expect;
} rows[] = {
	{ "level", "level" },          { "LEVEL", "level" },      { "lvel", "level" },          { "levell", "level" },
	{ "lebel", "level" },          { "leevl", "level" },      { "lbel", NULL },             { "lb", NULL },
	{ "timeuot", "timeout" },      { "tmieuot", "timeout" },  { "time", "timeout" },        { "timeout_ms", "timeout" },
	{ "fac", "facility" },         { "fa", NULL },            { "max_query", "max_queries" }, { "max", "max_queries" },
	{ "default", "default_ttl" },  { "ttl", NULL },           { "t", "to" },                { "tp", "to" },
	{ "xy", NULL },                { "", NULL },              { "trie", "tries" },          { "//", NULL },
	{ "a_word_that_is_much_longer_than_any_key_of_ours_can_be", NULL },
};

START_TEST(finds_what_was_meant)
{
	struct nearest nearest = nearest_to(rows[_i].word);

	for (int i = 0; i < ROWS(keys); i++)
		nearest_offer(&nearest, keys[i]);
	if (rows[_i].expect == NULL)
		ck_assert_msg(nearest.best == NULL, "%s: %s", rows[_i].word, nearest.best);
	else
		ck_assert_msg(nearest.best != NULL && strcmp(nearest.best, rows[_i].expect) == 0, "%s: %s", rows[_i].word,
			      nearest.best == NULL ? "nothing" : nearest.best);
}
END_TEST

START_TEST(the_first_of_equals_stays)
{
	struct nearest nearest = nearest_to("bat");

	nearest_offer(&nearest, "cat");
	nearest_offer(&nearest, "hat");
	ck_assert_str_eq(nearest.best, "cat");
	nearest_offer(&nearest, "bat");
	ck_assert_str_eq(nearest.best, "bat");
}
END_TEST

Suite *nearest_suite(void)
{
	Suite *suite = suite_create("nearest");
	TCase *tcase = tcase_create("nearest");

	tcase_add_loop_test(tcase, finds_what_was_meant, 0, ROWS(rows));
	tcase_add_test(tcase, the_first_of_equals_stays);
	suite_add_tcase(suite, tcase);
	return suite;
}
