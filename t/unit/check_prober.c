/* Tests of prober: the names of the test points, and the thread against a DNS server of the test's own. */
#include <stdio.h>
#include <string.h>

#include "common/prober.h"
#include "t/unit/dnsstub.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

#define ALL 15u
#define NO "rcode 3; ns @ 60 SOA 60"
#define YES "an @ 300 A 127.0.0.2"

/* --- names -------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *list;            /* members of it */
	unsigned points;
	const char *names;
} names[] = {
	{ "'zone': 'bl.example'", ALL, "2.0.0.127.bl.example 1.0.0.127.bl.example 4.3.2.127.bl.example 255.255.1.127.bl.example" },
	{ "'zone': 'bl.example'", 1u << POINT_UNLISTED, "1.0.0.127.bl.example" },
	{ "'query': '%4.%3.%2.%1.x.example'", 3, "2.0.0.127.x.example 1.0.0.127.x.example" },
	{ "'zone': 'dbl.example', 'subjects': ['helo', 'sender']", ALL,
	  "test.dbl.example invalid.dbl.example x00010304.invalid.dbl.example xfe00ffff.invalid.dbl.example" },
	{ "'zone': 'both.example', 'subjects': ['client', 'helo']", 3, "2.0.0.127.both.example 1.0.0.127.both.example" },
	{ "'zone': 'bl.example', 'probe': {'listed': '192.0.2.1', 'unlisted': 'nobody.example'}", 3,
	  "1.2.0.192.bl.example nobody.example.bl.example" },
	{ "'zone': 'bl.example', 'probe': {'listed': '::ffff:7f00:2'}", 1, "2.0.0.127.bl.example" },
	{ "'zone': 'bl.example', 'probe': {'listed': '2001:db8::2'}", 1,
	  "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.example" },
};

START_TEST(points)
{
	struct ruleset *rules = fixture_rulesf("{'lists': [{'name': 'a', %s}]}", names[_i].list);
	struct health_test test = { .points = names[_i].points, .fresh = { 0x00010304, 0xfe00ffff } };
	struct batch *batch = prober_plan(rules, &test);
	char buf[1000], name[FIXTURE_NAME_BYTES];
	struct text text = text_over(buf, sizeof buf);

	ck_assert_ptr_nonnull(batch);
	for (size_t i = 0; i < batch->n_questions; i++) {
		text_add(&text, "%s%s", i > 0 ? " " : "", fixture_name(&batch->questions[i], name));
		ck_assert(batch->questions[i].fresh);
	}
	ck_assert_uint_eq(batch->outstanding, batch->n_questions);
	ck_assert_uint_eq(batch->n_queries, 0);
	ck_assert_str_eq(buf, names[_i].names);
	batch_unref(&batch);
	ruleset_unref(&rules);
}
END_TEST

/* Fresh addresses stay within 127.1.0.0 to 127.254.255.255, whatever chance says. */
START_TEST(fresh_points)
{
	struct ruleset *rules = fixture_rules("{'lists': [{'name': 'a', 'zone': 'a.example'}]}");

	for (uint32_t i = 0; i < 0x10000; i += 251) {
		struct health_test test = { .points = 1u << POINT_FRESH_1, .fresh = { i << 16 | 0xffff } };
		struct batch *batch = prober_plan(rules, &test);
		char name[FIXTURE_NAME_BYTES];
		int second;

		ck_assert_int_eq(sscanf(fixture_name(&batch->questions[0], name), "255.255.%d.127.a.example", &second), 1);
		ck_assert(second >= 1 && second <= 254);
		batch_unref(&batch);
	}
	ruleset_unref(&rules);
}
END_TEST

START_TEST(too_long_for_a_name)
{
	char zone[260] = "";
	struct health_test test = { .points = ALL };
	struct ruleset *rules;

	while (strlen(zone) + 10 < 245)
		strcat(zone, "abcdefghi.");
	strcat(zone, "zone");
	rules = fixture_rulesf("{'lists': [{'name': 'a', 'zone': '%s', 'subjects': ['helo']}]}", zone);
	ck_assert_ptr_null(prober_plan(rules, &test));
	ruleset_unref(&rules);
}
END_TEST

START_TEST(answers_go_to_their_points)
{
	struct ruleset *rules = fixture_rules("{'lists': [{'name': 'a', 'zone': 'a.example'}]}");
	struct health_test test = { .points = 1u << POINT_LISTED | 1u << POINT_FRESH_2 };
	struct batch *batch = prober_plan(rules, &test);
	struct health_answers answers = { { { .n = 0 } } };

	ck_assert_uint_eq(batch->n_questions, 2);
	batch->questions[0].answer = fixture_answer("127.0.0.2");
	batch->questions[1].answer = fixture_answer("127.0.0.9");
	prober_read(batch, &test, &answers);
	ck_assert_uint_eq(answers.point[POINT_LISTED].addr[0], 0x7f000002);
	ck_assert_uint_eq(answers.point[POINT_FRESH_2].addr[0], 0x7f000009);
	ck_assert_int_eq(answers.point[POINT_UNLISTED].status, ANSWER_PENDING);
	batch_unref(&batch);
	ruleset_unref(&rules);
}
END_TEST

/* --- the thread --------------------------------------------------------------------------------------------------- */

static const struct dnsstub_rule zones[] = {
	{ "2.0.0.127.sane.example", YES, NULL },
	{ "2.0.0.127.world.example", YES, NULL },
	{ "1.0.0.127.world.example", YES, NULL },
	{ "2.0.0.127.slow.example", "silent", NULL },
	{ "1.0.0.127.slow.example", "silent", NULL },
	{ "*", NO, NULL },
	{ NULL, NULL, NULL },
};

static struct dnsstub *stub;
static struct ruleset *in_force;
static struct lookup *lookup;
static struct health *health;
static struct prober *prober;

static struct ruleset *rules_in_force(void *ctx)
{
	(void)ctx;
	return ruleset_ref(in_force);
}

static void ignore(void *ctx, enum log_level level, const char *sentence)
{
	(void)ctx;
	(void)level;
	(void)sentence;
}

static void begin(const char *lists)
{
	struct errmsg err;

	in_force = fixture_rulesf("{'dns': {'servers': ['%s'], 'timeout': '8s', 'tries': 1, 'budget': '9s'},"
				  " 'lists': [%s], 'health': {'confirm_after': '1s', 'recover_after': '1s'}}",
				  dnsstub_address(stub), lists);
	lookup = lookup_new(in_force, &err);
	ck_assert_msg(lookup != NULL, "%s", err.text);
	health = health_new(7, ignore, NULL);
	ck_assert(health_adopt(health, in_force, monotime_now()));
	prober = prober_new(lookup, health, NULL, rules_in_force, NULL, &err);
	ck_assert_msg(prober != NULL, "%s", err.text);
}

static void set_up(void)
{
	stub = dnsstub_new(zones);
}

static void tear_down(void)
{
	prober_free(&prober);
	lookup_free(&lookup);
	health_free(&health);
	ck_assert_int_eq(atomic_load(&in_force->refs), 1);
	ruleset_unref(&in_force);
	dnsstub_free(&stub);
}

static struct health_report report_of(const char *name)
{
	struct health_report report;

	ck_assert(health_report(health, name, monotime_now(), &report));
	return report;
}

#define LIST(name) "{'name': '" name "', 'zone': '" name ".example'}"

static void await(const char *name, enum health_state state, uint64_t tests)
{
	struct timespec pause = { .tv_nsec = 5000000 };

	for (int i = 0; i < 4000 && (report_of(name).state != state || report_of(name).tests < tests); i++)
		nanosleep(&pause, NULL);
	ck_assert_str_eq(health_word(report_of(name).state), health_word(state));
}

START_TEST(tests_at_start)
{
	begin(LIST("sane") ", " LIST("world"));
	await("sane", HEALTH_OK, 1);
	ck_assert(report_of("sane").tested);
	await("world", HEALTH_SUSPENDED, 2);
	ck_assert_uint_eq(report_of("world").queries, 0);
}
END_TEST

/* One list that gives no answer holds up no other. */
START_TEST(nobody_waits_for_a_silent_list)
{
	begin(LIST("slow") ", " LIST("sane"));
	await("sane", HEALTH_OK, 1);
	ck_assert_uint_eq(report_of("slow").tests, 0);
}
END_TEST

START_TEST(new_rules)
{
	struct ruleset *old;

	begin(LIST("sane"));
	await("sane", HEALTH_OK, 1);
	prober_free(&prober);                  /* the rules of the test are no inforce */
	old = in_force;
	in_force = fixture_rulesf("{'dns': {'servers': ['%s']}, 'lists': [%s]}", dnsstub_address(stub), LIST("sane") ", " LIST("other"));
	ck_assert(health_adopt(health, in_force, monotime_now()));
	prober = prober_new(lookup, health, NULL, rules_in_force, NULL, NULL);
	await("other", HEALTH_OK, 1);
	ck_assert_uint_eq(report_of("sane").tests, 1);   /* what is known of it stays */
	ruleset_unref(&old);
}
END_TEST

Suite *prober_suite(void)
{
	Suite *suite = suite_create("prober");
	TCase *tcase = tcase_create("names"), *thread = tcase_create("thread");

	tcase_add_loop_test(tcase, points, 0, ROWS(names));
	tcase_add_test(tcase, fresh_points);
	tcase_add_test(tcase, too_long_for_a_name);
	tcase_add_test(tcase, answers_go_to_their_points);
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(thread, set_up, tear_down);
	tcase_set_timeout(thread, 30);
	tcase_add_test(thread, tests_at_start);
	tcase_add_test(thread, nobody_waits_for_a_silent_list);
	tcase_add_test(thread, new_rules);
	suite_add_tcase(suite, thread);
	return suite;
}
