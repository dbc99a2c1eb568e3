/* Tests of trust: which lists are tested before a refusal, and what is done without them. */
#include <string.h>

#include "common/trust.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

#define A "1.2.0.192.a.example=127.0.0.2;"
#define B "1.2.0.192.b.example=127.0.0.2;"
#define C "1.2.0.192.c.example=127.0.0.2;"
#define D "1.2.0.192.d.example=127.0.0.2;"
#define REJECT_OR_FLAG "{'when': {'points': 100}, 'do': ['reject']}, {'when': {'matches': 1}, 'do': ['flag']}"
#define REJECT_ONLY "{'when': {'points': 100}, 'do': ['reject']}"

/* Lists a and b: 100 points; c: 50 points and no test points; d: on trial. `proven`: had a good test just now; `found`: what a test
 * tells of the others: + sane, - lists the world, ? no answer. */
static const struct {
	const char *actions, *answers, *proven, *found;
	const char *tested, *word, *weights;
} rows[] = {
	{ REJECT_OR_FLAG, "", "", "", "", "pass", "" },
	{ REJECT_OR_FLAG, A, "a", "", "", "reject", "c" },
	{ REJECT_OR_FLAG, A, "", "+", "a", "reject", "c" },
	{ REJECT_OR_FLAG, A, "", "-", "a", "pass", "s" },
	{ REJECT_OR_FLAG, A, "", "?", "a", "reject", "c" },        /* no answer is no proof */
	{ REJECT_OR_FLAG, A B, "a", "", "", "reject", "cf" },      /* one word is enough, and b's is not needed */
	{ REJECT_OR_FLAG, A B, "", "++", "ab", "reject", "cc" },
	{ REJECT_OR_FLAG, A B, "", "-+", "ab", "reject", "sc" },
	{ REJECT_OR_FLAG, A B, "", "--", "ab", "pass", "ss" },
	{ REJECT_OR_FLAG, A C, "", "-", "a", "flag", "sc" },       /* c alone is too light */
	{ REJECT_OR_FLAG, C, "", "", "", "flag", "c" },            /* c has no test points: it is taken at its word */
	{ REJECT_OR_FLAG, D, "", "", "", "pass", "s" },
	{ REJECT_OR_FLAG, A D, "a", "", "", "reject", "cs" },
	{ "{'when': {'matches': 1}, 'do': ['flag']}", A, "", "", "", "flag", "c" },   /* nobody is refused, so nobody is tested */
	{ REJECT_ONLY, A, "", "-", "a", "pass", "s" },
};

struct scene {
	struct ruleset *rules;
	struct health *health;
	const char *found;
	char tested[10];
};

static void ignore(void *ctx, enum log_level level, const char *sentence)
{
	(void)ctx;
	(void)level;
	(void)sentence;
}

static void test_list(struct scene *s, size_t list, char found)
{
	struct health_answers answers;
	struct health_test test;

	health_witness(s->health, s->rules, list, (struct monotime){ 1 }, &test);
	for (int point = 0; point < POINTS; point++)
		answers.point[point] = fixture_answer(found == '+' ? "absent" : found == '-' ? "127.0.0.2" : "late");
	health_tested(s->health, s->rules, &test, &answers, (struct monotime){ 2 });
}

static void prove(void *ctx, const struct listset *lists)
{
	struct scene *s = ctx;

	for (size_t i = 0; i < s->rules->n_lists; i++)
		if (listset_has(lists, i)) {
			strncat(s->tested, s->rules->lists[i].name, 1);
			test_list(s, i, *s->found != '\0' ? *s->found++ : '?');
		}
}

START_TEST(decisions)
{
	struct scene s = { .rules = fixture_rulesf("{'actions': [%s], 'lists': ["
						   "{'name': 'a', 'zone': 'a.example'}, {'name': 'b', 'zone': 'b.example'},"
						   "{'name': 'c', 'zone': 'c.example', 'points': 50, 'probe': false},"
						   "{'name': 'd', 'zone': 'd.example', 'mode': 'shadow', 'probe': false}]}",
						   rows[_i].actions),
			   .health = health_new(1, ignore, NULL), .found = rows[_i].found };
	struct fixture_scene scene;
	struct verdict verdict;
	char weights[10] = "";

	ck_assert(health_adopt(s.health, s.rules, (struct monotime){ 0 }));
	for (const char *p = rows[_i].proven; *p != '\0'; p++)
		test_list(&s, (size_t)(*p - 'a'), '+');
	fixture_scene_begin(&scene, s.rules, "client 192.0.2.1", rows[_i].answers);
	trust_decide(s.rules, &scene.hits, s.health, (struct monotime){ 1000 }, prove, &s, &verdict);
	for (size_t i = 0; i < scene.hits.n; i++)
		weights[i] = "cfs"[scene.hits.item[i].weight];
	ck_assert_str_eq(s.tested, rows[_i].tested);
	ck_assert_str_eq(verdict_word(&verdict), rows[_i].word);
	ck_assert_str_eq(weights, rows[_i].weights);
	health_free(&s.health);
	fixture_scene_end(&scene);
}
END_TEST

/* A list in doubt flags in place of refusing, also where no rule flags. */
START_TEST(in_doubt_it_flags)
{
	static const char *const actions[] = { REJECT_OR_FLAG, REJECT_ONLY };
	struct scene s = { .rules = fixture_rulesf("{'actions': [%s], 'lists': [{'name': 'a', 'zone': 'a.example',"
						   "'probe': {'unlisted': '127.0.0.9'}}]}", actions[_i]),
			   .health = health_new(1, ignore, NULL), .found = "-" };
	struct fixture_scene scene;
	struct verdict verdict;

	ck_assert(health_adopt(s.health, s.rules, (struct monotime){ 0 }));
	fixture_scene_begin(&scene, s.rules, "client 192.0.2.1", A);
	trust_decide(s.rules, &scene.hits, s.health, (struct monotime){ 1000 }, prove, &s, &verdict);
	ck_assert_str_eq(s.tested, "a");
	ck_assert_str_eq(verdict_word(&verdict), "flag");
	ck_assert_int_eq(scene.hits.item[0].weight, HIT_FLAGS);
	ck_assert_int_eq(verdict.score.points, 100);
	health_free(&s.health);
	fixture_scene_end(&scene);
}
END_TEST

/* A list that answers mail but no tests makes one message a minute wait, and is taken at its word. */
START_TEST(nobody_waits_twice)
{
	const int64_t second = 1000000;
	struct scene s = { .rules = fixture_rules("{'lists': [{'name': 'a', 'zone': 'a.example'}]}"),
			   .health = health_new(1, ignore, NULL) };
	struct hit hit = { .list = s.rules->lists, .response = s.rules->lists[0].responses };
	struct hits hits = { .item = &hit, .n = 1 };
	struct health_trust trust;

	ck_assert(health_adopt(s.health, s.rules, (struct monotime){ 0 }));
	health_trust(s.health, s.rules, &hits, (struct monotime){ 1 }, &trust);
	ck_assert(listset_has(&trust.unproven, 0));
	test_list(&s, 0, '?');
	health_trust(s.health, s.rules, &hits, (struct monotime){ 59 * second }, &trust);
	ck_assert(listset_is_empty(&trust.unproven) && listset_is_empty(&trust.suspected) && listset_is_empty(&trust.doubted));
	health_trust(s.health, s.rules, &hits, (struct monotime){ 61 * second }, &trust);
	ck_assert(listset_has(&trust.unproven, 0));
	test_list(&s, 0, '+');
	health_trust(s.health, s.rules, &hits, (struct monotime){ 59 * second }, &trust);
	ck_assert(listset_is_empty(&trust.unproven));
	health_free(&s.health);
	ruleset_unref(&s.rules);
}
END_TEST

/* A check asks for facts: nobody needs to prove it. */
START_TEST(checks_are_proven)
{
	struct scene s = { .rules = fixture_rules("{'lists': [{'name': 'a', 'zone': 'a.example'}], 'checks': {'helo': {'enabled': true}}}"),
			   .health = health_new(1, ignore, NULL) };
	const struct list *check = &s.rules->checks[CHECK_HELO];
	struct hit hit = { .list = check, .response = check->responses, .kind = SUBJECT_HELO, .name = "x", .reason = "no-address" };
	struct hits hits = { .item = &hit, .n = 1 };
	struct verdict verdict;

	ck_assert(health_adopt(s.health, s.rules, (struct monotime){ 0 }));
	trust_decide(s.rules, &hits, s.health, (struct monotime){ 1000 }, prove, &s, &verdict);
	ck_assert_str_eq(s.tested, "");
	ck_assert_str_eq(verdict_word(&verdict), "reject");
	ck_assert_int_eq(hit.weight, HIT_COUNTS);
	ck_assert_ptr_eq(verdict.deciding, &hit);
	health_free(&s.health);
	ruleset_unref(&s.rules);
}
END_TEST

Suite *trust_suite(void)
{
	Suite *suite = suite_create("trust");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, decisions, 0, ROWS(rows));
	tcase_add_loop_test(tcase, in_doubt_it_flags, 0, 2);
	tcase_add_test(tcase, nobody_waits_twice);
	tcase_add_test(tcase, checks_are_proven);
	suite_add_tcase(suite, tcase);
	return suite;
}
