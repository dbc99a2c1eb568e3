/* Tests of score: a (list, response) pair scores once, lists are counted once, other subjects do not count. */
#include "common/score.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

enum { CLIENT = SUBJECT_BIT(SUBJECT_CLIENT), RECEIVED = SUBJECT_BIT(SUBJECT_RECEIVED) };

static const char lists[] =
	"{'lists': ["
	"{'name': 'a', 'zone': 'a.example', 'points': 10, 'responses': ["
	"	{'match': '127.0.0.2', 'points': 3}, {'match': '127.0.0.3'}, {'match': '&0.0.1.0', 'points': 0}]},"
	"{'name': 'b', 'zone': 'b.example', 'points': 200},"
	"{'name': 'c', 'zone': 'c.example', 'points': 10000}]}";

#define A1 "1.2.0.192.a.example="
#define B1 "1.2.0.192.b.example="
#define C1 "1.2.0.192.c.example="
#define A2 "2.2.0.192.a.example="
#define B2 "2.2.0.192.b.example="
#define A3 "3.2.0.192.a.example="

/* The client is 192.0.2.1; 192.0.2.2 and .3 are Received addresses. */
static const struct {
	const char *answers;
	unsigned subjects;
	int points, matches;
	const char *first;           /* the list of the first hit that counts; NULL: none */
} rows[] = {
	{ "", SUBJECT_ALL, 0, 0, NULL },
	{ A1 "127.0.0.2", SUBJECT_ALL, 3, 1, "a" },
	{ A1 "127.0.0.3", SUBJECT_ALL, 10, 1, "a" },
	{ A1 "127.0.0.2 127.0.0.3", SUBJECT_ALL, 13, 1, "a" },
	{ A1 "127.0.1.9", SUBJECT_ALL, 0, 1, "a" },                        /* no points, but a match */
	{ B1 "127.0.0.2 127.0.0.3 127.0.0.4", SUBJECT_ALL, 200, 1, "b" },  /* one response */
	{ A1 "127.0.0.2;" A2 "127.0.0.2;" A3 "127.0.0.2", SUBJECT_ALL, 3, 1, "a" },
	{ A1 "127.0.0.2;" A2 "127.0.0.3;" A3 "127.0.0.2", SUBJECT_ALL, 13, 1, "a" },
	{ B1 "127.0.0.2;" A2 "127.0.0.3", SUBJECT_ALL, 210, 2, "a" },
	{ A1 "127.0.0.2;" B1 "127.0.0.2;" C1 "127.0.0.2", SUBJECT_ALL, 10203, 3, "a" },
	{ A1 "late;" B1 "failed", SUBJECT_ALL, 0, 0, NULL },

	/* only some subjects */
	{ A1 "127.0.0.2;" A2 "127.0.0.3", CLIENT, 3, 1, "a" },
	{ A1 "127.0.0.2;" A2 "127.0.0.3", RECEIVED, 10, 1, "a" },
	{ A1 "127.0.0.2;" A2 "127.0.0.2;" B1 "127.0.0.2", RECEIVED, 3, 1, "a" },
	{ A2 "127.0.0.2;" B2 "127.0.0.2;" C1 "127.0.0.2", CLIENT, 10000, 1, "c" },
	{ A1 "127.0.0.2", RECEIVED, 0, 0, NULL },
	{ A1 "127.0.0.2", SUBJECT_BIT(SUBJECT_HELO), 0, 0, NULL },
	{ A1 "127.0.0.2", 0, 0, 0, NULL },
	/* what lies between two hits of one response and does not count does not make them two */
	{ A1 "127.0.0.2;" A2 "127.0.0.2;" A3 "127.0.0.2;" B1 "127.0.0.9;" B2 "127.0.0.9", RECEIVED, 203, 2, "a" },
};

START_TEST(sum)
{
	struct ruleset *rules = fixture_rules(lists);
	struct fixture_scene scene;
	struct score score = { .points = 77 };

	fixture_scene_begin(&scene, rules, "client 192.0.2.1, received 192.0.2.2, received 192.0.2.3", rows[_i].answers);
	score_sum(&scene.hits, rows[_i].subjects, &score);
	ck_assert_int_eq(score.points, rows[_i].points);
	ck_assert_int_eq(score.matches, rows[_i].matches);
	ck_assert_int_eq(score.first != NULL, rows[_i].first != NULL);
	if (score.first != NULL)
		ck_assert_str_eq(score.first->list->name, rows[_i].first);
	fixture_scene_end(&scene);
}
END_TEST

/* --- allow lists -------------------------------------------------------------------------------------------------- */

static const char allowing[] =
	"{'lists': ["
	"{'name': 'w', 'zone': 'w.example', 'kind': 'allow', 'subjects': ['client', 'received'], 'responses': ["
	"	{'match': '127.0.0.2', 'points': -30}, {'match': '127.0.0.3', 'points': -200}, {'match': '127.0.0.4'}]},"
	"{'name': 'a', 'zone': 'a.example'}, {'name': 'v', 'zone': 'v.example', 'kind': 'allow', 'points': -5}]}";

#define W1 "1.2.0.192.w.example="
#define W2 "2.2.0.192.w.example="
#define V1 "1.2.0.192.v.example="

static const struct {
	const char *answers;
	unsigned subjects;
	int points, matches;
	const char *first, *exempting;
} allowed[] = {
	{ W1 "127.0.0.2", SUBJECT_ALL, -30, 0, NULL, NULL },
	{ W1 "127.0.0.2;" A1 "127.0.0.2", SUBJECT_ALL, 70, 1, "a", NULL },
	{ W1 "127.0.0.3;" A1 "127.0.0.2", SUBJECT_ALL, -100, 1, "a", NULL },
	{ W1 "127.0.0.2;" W2 "127.0.0.2;" A1 "127.0.0.2", SUBJECT_ALL, 70, 1, "a", NULL },   /* a response scores once */
	{ W1 "127.0.0.2;" V1 "127.0.0.9;" A1 "127.0.0.2", SUBJECT_ALL, 65, 1, "a", NULL },
	{ W2 "127.0.0.2;" A1 "127.0.0.2", CLIENT, 100, 1, "a", NULL },                        /* not on what the rule counts */

	{ W1 "127.0.0.4", SUBJECT_ALL, 0, 0, NULL, "w" },
	{ W1 "127.0.0.4;" A1 "127.0.0.2", SUBJECT_ALL, 0, 0, NULL, "w" },
	{ W1 "127.0.0.4;" A1 "127.0.0.2;" A2 "127.0.0.2", RECEIVED, 0, 0, NULL, "w" },        /* the whole message */
	{ W1 "127.0.0.2 127.0.0.4;" A1 "127.0.0.2", SUBJECT_ALL, 0, 0, NULL, "w" },

	/* no answer, a refusal and a code that nobody has named exempt nobody */
	{ W1 "late;" A1 "127.0.0.2", SUBJECT_ALL, 100, 1, "a", NULL },
	{ W1 "failed;" A1 "127.0.0.2", SUBJECT_ALL, 100, 1, "a", NULL },
	{ W1 "127.255.255.254;" A1 "127.0.0.2", SUBJECT_ALL, 100, 1, "a", NULL },
	{ W1 "127.255.255.254 127.0.0.4;" A1 "127.0.0.2", SUBJECT_ALL, 100, 1, "a", NULL },
	{ W1 "127.0.0.5;" A1 "127.0.0.2", SUBJECT_ALL, 100, 1, "a", NULL },
	{ W1 "127.0.0.1;" A1 "127.0.0.2", SUBJECT_ALL, 100, 1, "a", NULL },
	{ W1 "203.0.113.80;" A1 "127.0.0.2", SUBJECT_ALL, 100, 1, "a", NULL },
};

START_TEST(allow)
{
	struct ruleset *rules = fixture_rules(allowing);
	struct fixture_scene scene;
	struct score score = { .points = 77 };

	fixture_scene_begin(&scene, rules, "client 192.0.2.1, received 192.0.2.2", allowed[_i].answers);
	score_sum(&scene.hits, allowed[_i].subjects, &score);
	ck_assert_int_eq(score.points, allowed[_i].points);
	ck_assert_int_eq(score.matches, allowed[_i].matches);
	ck_assert_int_eq(score.first != NULL, allowed[_i].first != NULL);
	ck_assert_int_eq(score.exempting != NULL, allowed[_i].exempting != NULL);
	if (score.first != NULL)
		ck_assert_str_eq(score.first->list->name, allowed[_i].first);
	if (score.exempting != NULL)
		ck_assert_str_eq(score.exempting->list->name, allowed[_i].exempting);
	fixture_scene_end(&scene);
}
END_TEST

START_TEST(no_overflow)
{
	struct response responses[2] = { { .points = INT32_MAX }, { .points = INT32_MAX } };
	struct list list = { .responses = responses };
	struct hit item[2] = { { .list = &list, .response = &responses[0] }, { .list = &list, .response = &responses[1] } };
	struct hits hits = { .item = item, .n = 2 };
	struct score score;

	score_sum(&hits, SUBJECT_ALL, &score);
	ck_assert_int_eq(score.points, INT32_MAX);
	responses[0].points = responses[1].points = INT32_MIN;
	score_sum(&hits, SUBJECT_ALL, &score);
	ck_assert_int_eq(score.points, INT32_MIN);
}
END_TEST

Suite *score_suite(void)
{
	Suite *suite = suite_create("score");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, sum, 0, ROWS(rows));
	tcase_add_loop_test(tcase, allow, 0, ROWS(allowed));
	tcase_add_test(tcase, no_overflow);
	suite_add_tcase(suite, tcase);
	return suite;
}
