/* Tests of asking: whose answer is waited for, and whose not; what is not even asked; an allow list that is silent.
 * A reply that is held back until the verdict is there shows that nobody has waited for it: it is unneeded then, not late. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "milter/asking.h"
#include "milter/report.h"
#include "milter/tally.h"
#include "t/unit/fixture.h"
#include "t/unit/loglines.h"
#include "t/unit/say.h"
#include "t/unit/suites.h"

#define GOOD "an @ 300 A 127.0.0.2"
#define REJECT_OR_FLAG "'actions': [{'when': {'points': 100}, 'do': ['reject']}, {'when': {'matches': 1}, 'do': ['flag']}]"
#define LIST(name, more) "{'name': '" name "', 'zone': '" name ".example', 'probe': false" more "}"
#define WITH(lists, more) "'lists': [" lists "], " REJECT_OR_FLAG more

/* 192.0.2.2 is listed by one and allow, 192.0.2.3 by one only; held says so later, silent never says anything. */
static const struct dnsstub_rule script[] = {
	{ "2.2.0.192.one.example", GOOD, NULL },
	{ "3.2.0.192.one.example", GOOD, NULL },
	{ "2.2.0.192.brief.example", "an @ 0 A 127.0.0.2", NULL },
	{ "2.2.0.192.allow.example", GOOD, NULL },
	{ "2.2.0.192.held.example", "hold: " GOOD, NULL },
	{ "2.2.0.192.silent.example", "silent", NULL },
	{ "2.2.0.192.trial.example", "hold: " GOOD, NULL },
	{ "3.2.0.192.held.example", "hold: rcode 3; ns @ 60 SOA 60", NULL },
	{ "8.2.0.192.one.example", "an @ 0 A 192.0.2.99", NULL },
	{ "7.100.51.198.one.example", GOOD, NULL },
	{ "7.100.51.198.held.example", "hold: " GOOD, NULL },
	{ "*", "rcode 3; ns @ 60 SOA 60", NULL },
	{ NULL, NULL, NULL },
};

static const struct dnsstub_rule world[] = {
	{ "2.2.0.192.held.example", "hold: " GOOD, NULL }, { "*", GOOD, NULL }, { NULL, NULL, NULL },
};

/* A session under these rules; `budget` is short where a test has to wait for its end. */
static void begin_at(const struct dnsstub_rule *says, const char *budget, const char *settings)
{
	say_set_up(says);
	say_begin_in_daemon(fixture_rulesf("{'dns': {'servers': ['%s'], 'timeout': '9s', 'tries': 1, 'budget': '%s'}, %s}",
					   dnsstub_address(stub), budget, settings));
}

static void begin(const char *settings)
{
	begin_at(script, "5s", settings);
}

static void message_from(const char *client)
{
	ck_assert(session_message_begin(session));
	session->facts.client = fixture_addr(client);
	asking_first(session);
}

static void add_hop(const char *addr)
{
	struct hop *hop = session_add_hop(session);

	ck_assert_ptr_nonnull(hop);
	*hop = (struct hop){ .addr = fixture_addr(addr) };
}

/* What was held is let go, and has come. */
static void release(unsigned n_queries)
{
	dnsstub_await(stub, n_queries);
	dnsstub_release(stub);
	say_await(0);
}

static void expect(const char *word, size_t n_questions, size_t n_unneeded, size_t n_late)
{
	ck_assert_str_eq(verdict_word(&session->verdict), word);
	ck_assert_uint_eq(session->hits.n_questions, n_questions);
	ck_assert_uint_eq(session->hits.n_unneeded, n_unneeded);
	ck_assert_uint_eq(session->hits.n_late, n_late);
}

/* --- whom nobody waits for ---------------------------------------------------------------------------------------- */

/* The refusal is certain while a list has not answered; what it says later is in the cache for the next message. */
START_TEST(a_refusal_waits_for_nobody)
{
	begin(WITH(LIST("held", "") "," LIST("one", ""), ""));
	message_from("192.0.2.2");
	asking_decide_first(session, false);
	expect("reject", 2, 1, 0);
	ck_assert_str_eq(session->verdict.deciding->list->name, "one");
	release(2);
	message_from("192.0.2.2");
	asking_decide_first(session, false);
	expect("reject", 2, 0, 0);
	ck_assert_uint_eq(session->hits.n_cached, 2);
	ck_assert_str_eq(session->verdict.deciding->list->name, "held");   /* the first in the order of the configuration */
	ck_assert_uint_eq(dnsstub_asked(stub, "2.2.0.192.held.example"), 1);
}
END_TEST

/* Too light to refuse: RCPT does not wait for it, the end of the message does. */
START_TEST(a_light_list_is_waited_for_at_the_end)
{
	begin(WITH(LIST("held", ", 'points': 99"), ""));
	message_from("192.0.2.2");
	asking_decide_first(session, false);
	expect("pass", 1, 1, 0);
	dnsstub_await(stub, 1);
	dnsstub_release(stub);
	asking_last(session);
	asking_decide_all(session);
	expect("flag", 1, 0, 0);
	ck_assert_int_eq(session->verdict.score.points, 99);
}
END_TEST

/* Two of them, and together they are heavy enough. */
START_TEST(light_lists_together)
{
	begin_at(script, "100ms", WITH(LIST("held", ", 'points': 99") "," LIST("silent", ", 'points': 1"), ""));
	message_from("192.0.2.2");
	asking_decide_first(session, false);
	expect("pass", 2, 0, 2);                   /* waited for in vain */
}
END_TEST

static const struct {
	const char *settings;
	const char *word;
	size_t n_questions, n_unneeded;
} idle[] = {
	{ WITH(LIST("silent", ", 'mode': 'shadow'"), ""), "pass", 1, 1 },
	{ WITH(LIST("one", ", 'points': 1") "," LIST("silent", ", 'mode': 'shadow'"), ""), "flag", 2, 1 },
	{ WITH(LIST("one", ", 'points': 1") "," LIST("held", ", 'points': 1"), ", 'stop_on_first_match': true"), "flag", 2, 1 },
	{ WITH(LIST("allow", ", 'kind': 'allow'") "," LIST("held", ""), ""), "pass", 2, 1 },
	{ WITH(LIST("silent", ", 'kind': 'allow'"), ""), "pass", 1, 1 },
	{ "'lists': [" LIST("one", "") "," LIST("held", "") "], 'actions': [{'when': {'points': 1}, 'do': ['discard']}]", "discard", 2, 1 },
	{ "'lists': [" LIST("held", "") "], 'actions': []", "pass", 1, 1 },
};

START_TEST(the_end_waits_for_nobody_in_vain)
{
	begin(idle[_i].settings);
	message_from("192.0.2.2");
	asking_last(session);
	asking_decide_all(session);
	expect(idle[_i].word, idle[_i].n_questions, idle[_i].n_unneeded, 0);
}
END_TEST

/* Whoever is not waited for has not failed: it is asked on. */
START_TEST(what_is_unneeded_teaches_nothing)
{
	struct health_report report;

	begin(WITH(LIST("one", "") "," LIST("silent", ""), ", 'health': {'failing_after': 1}, 'cache': {'enabled': false}"));
	for (int i = 0; i < 3; i++) {
		message_from("192.0.2.2");
		asking_decide_first(session, false);
		expect("reject", 2, 1, 0);
	}
	ck_assert(health_report(service.health, "silent", monotime_now(), &report));
	ck_assert_int_eq(report.state, HEALTH_OK);
	ck_assert_uint_eq(report.timeouts + report.errors, 0);
}
END_TEST

/* An exempt recipient may bring the message to be flagged after all: then each header counts. */
START_TEST(for_a_flag_everybody_is_waited_for)
{
	begin_at(script, "100ms", WITH(LIST("one", "") "," LIST("silent", ""), ""));
	message_from("192.0.2.2");
	session->has_exempt = true;
	asking_last(session);
	asking_decide_all(session);
	expect("reject", 2, 0, 1);
}
END_TEST

/* Who is exempt from some lists wants to know what the others say. */
START_TEST(a_whole_verdict)
{
	begin_at(script, "100ms", WITH(LIST("one", "") "," LIST("silent", ""), ""));
	message_from("192.0.2.2");
	asking_decide_first(session, false);
	expect("reject", 2, 1, 0);
	asking_decide_first(session, true);
	expect("reject", 2, 0, 1);
}
END_TEST

/* --- lists that must be proven first ------------------------------------------------------------------------------ */

#define UNPROVEN(name) "{'name': '" name "', 'zone': '" name ".example'}"

START_TEST(the_test_goes_on_while_others_are_out)
{
	begin(WITH(UNPROVEN("one") "," UNPROVEN("held"), ""));
	message_from("192.0.2.2");
	asking_decide_first(session, false);
	expect("reject", 2, 1, 0);
	ck_assert_int_eq(session->hits.item[0].weight, HIT_COUNTS);
	dnsstub_await(stub, 4);                    /* two names of list one that nobody can have */
	ck_assert_uint_eq(dnsstub_asked(stub, "*"), 2);
}
END_TEST

static void *release_what_is_held(void *arg)
{
	(void)arg;
	dnsstub_await(stub, 2);
	say_await(1);
	dnsstub_release(stub);
	return NULL;
}

/* No list is tested for a refusal that another answer may turn away. */
START_TEST(no_test_before_it_is_settled)
{
	pthread_t thread;

	begin("'lists': [" UNPROVEN("one") "," UNPROVEN("held") "], 'actions': [{'when': {'matches': 2}, 'do': ['flag']},"
	      "{'when': {'points': 100}, 'do': ['reject']}]");
	ck_assert_int_eq(pthread_create(&thread, NULL, release_what_is_held, NULL), 0);
	message_from("192.0.2.2");
	asking_decide_first(session, false);
	pthread_join(thread, NULL);
	expect("flag", 2, 0, 0);
	ck_assert_uint_eq(dnsstub_asked(stub, "*"), 0);
}
END_TEST

/* Its word is void: so the others are waited for after all. */
START_TEST(a_list_of_the_world_settles_nothing)
{
	begin_at(world, "1s", WITH(UNPROVEN("one") "," UNPROVEN("held"), ""));
	message_from("192.0.2.2");
	asking_decide_first(session, false);
	expect("pass", 2, 0, 1);
	ck_assert_int_eq(session->hits.item[0].weight, HIT_SHOWN);
}
END_TEST

/* Not at once, so that the other answer has been looked at by then. */
static void *release_after_two_messages(void *arg)
{
	(void)arg;
	dnsstub_await(stub, 4);
	say_await(1);
	nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	dnsstub_release(stub);
	return NULL;
}

/* Nobody knows yet whether it will have to be tested: a list that is suspected only flags until then, but that is not the end. */
START_TEST(a_suspected_list_is_tested_after_all)
{
	pthread_t thread;

	begin(WITH(UNPROVEN("one") "," LIST("held", ", 'kind': 'allow', 'points': -1"), ""));
	message_from("192.0.2.8");
	asking_decide_all(session);                /* an address outside 127.0.0.0/8: that is suspicious */
	ck_assert_str_eq(verdict_word(&session->verdict), "pass");
	ck_assert_int_eq(pthread_create(&thread, NULL, release_after_two_messages, NULL), 0);
	message_from("192.0.2.3");
	asking_decide_all(session);
	pthread_join(thread, NULL);
	expect("reject", 2, 0, 0);
	say_end();
}
END_TEST

/* Whoever has used up the message's time leaves none for a test: that is no failure of the list to be tested. */
START_TEST(no_test_without_time)
{
	struct health_report report;

	begin_at(script, "100ms", WITH(UNPROVEN("one") "," LIST("silent", ", 'kind': 'allow'"), ""));
	message_from("192.0.2.2");
	asking_decide_first(session, false);
	expect("tempfail", 2, 0, 1);
	ck_assert(health_report(service.health, "one", monotime_now(), &report));
	ck_assert_uint_eq(report.tests, 0);
	ck_assert_uint_eq(report.tests_failed, 0);
	ck_assert_uint_eq(dnsstub_asked(stub, "*"), 0);
	say_end();
}
END_TEST

/* --- the first match ---------------------------------------------------------------------------------------------- */

#define STOP ", 'stop_on_first_match': true"
#define HOPS ", 'received': {'smtp': {'enabled': true, 'skip_oldest': 0}}"

/* Two lists, and the two names of the test. */
static void *release_after_the_test(void *arg)
{
	(void)arg;
	dnsstub_await(stub, 4);
	say_await(1);
	dnsstub_release(stub);
	return NULL;
}

static const struct {
	const char *client, *settings, *word;
	unsigned asked;              /* about the Received address */
	size_t n_questions, n_unneeded;
} matches[] = {
	{ "192.0.2.3", WITH(LIST("one", ", 'points': 1"), STOP HOPS), "flag", 0, 2, 1 },
	{ "192.0.2.3", WITH(LIST("one", ", 'points': 1"), HOPS), "flag", 1, 2, 0 },
	{ "192.0.2.9", WITH(LIST("one", ", 'points': 1"), STOP HOPS), "flag", 1, 2, 0 },
	{ "192.0.2.3", WITH(LIST("one", ", 'mode': 'shadow'"), STOP HOPS), "pass", 1, 2, 2 },   /* that is no match */
	{ "192.0.2.3", WITH(LIST("one", ", 'kind': 'allow', 'points': -1, 'subjects': ['client', 'received']"), STOP HOPS), "pass", 1, 2, 1 },
};

START_TEST(no_further_query_after_a_match)
{
	begin(matches[_i].settings);
	message_from(matches[_i].client);
	asking_decide_first(session, true);
	add_hop("198.51.100.7");
	asking_last(session);
	asking_decide_all(session);
	dnsstub_await(stub, 1 + matches[_i].asked);
	ck_assert_uint_eq(dnsstub_asked(stub, "7.100.51.198.one.example"), matches[_i].asked);
	ck_assert_str_eq(verdict_word(&session->verdict), matches[_i].word);
	ck_assert_uint_eq(session->hits.n_questions, matches[_i].n_questions);
	ck_assert_uint_le(session->hits.n_unneeded, matches[_i].n_unneeded);
	ck_assert_uint_eq(session->hits.n_late, 0);
}
END_TEST

/* The match of a list that turns out to list the whole world is none: the others are waited for after all. */
START_TEST(a_match_that_is_void)
{
	pthread_t thread;

	begin_at(world, "5s", WITH(UNPROVEN("one") "," LIST("held", ""), STOP));
	ck_assert_int_eq(pthread_create(&thread, NULL, release_after_the_test, NULL), 0);
	message_from("192.0.2.2");
	asking_decide_first(session, false);
	pthread_join(thread, NULL);
	expect("reject", 2, 0, 0);
	ck_assert_str_eq(session->verdict.deciding->list->name, "held");
	say_end();
}
END_TEST

/* What the cache knows is looked at before anything is sent; an allow list that may save the message is asked all the same. */
START_TEST(a_match_of_the_cache)
{
	begin(WITH(LIST("one", ", 'points': 1") "," LIST("brief", ", 'points': 1") "," LIST("silent", ", 'kind': 'allow', 'points': -1"), STOP));
	message_from("192.0.2.2");
	dnsstub_await(stub, 3);
	say_await(1);
	message_from("192.0.2.2");
	asking_last(session);
	asking_decide_all(session);
	expect("flag", 3, 2, 0);                   /* brief was not asked, and silent cannot take a match away */
	ck_assert_uint_eq(session->hits.n_cached, 1);
	dnsstub_await(stub, 3);
	ck_assert_uint_eq(dnsstub_asked(stub, "2.2.0.192.brief.example"), 1);
}
END_TEST

/* Asked at connect, matched by MAIL: the names are not asked about. */
START_TEST(a_match_at_connect)
{
	begin("'lists': [" LIST("one", "") ", {'name': 'names', 'zone': 'names.example', 'probe': false, 'subjects': ['sender']}], "
	      REJECT_OR_FLAG STOP);
	session->facts.client = fixture_addr("192.0.2.3");
	asking_ahead(session);
	release(1);
	ck_assert(session_message_begin(session));
	session->facts.sender = "a@example.net";
	asking_adopt(session, &session->exempt);
	asking_first(session);
	asking_decide_first(session, false);
	expect("reject", 2, 1, 0);
	ck_assert_uint_eq(dnsstub_asked(stub, "*"), 0);
}
END_TEST

/* --- allow lists without an answer -------------------------------------------------------------------------------- */

static const struct {
	const char *settings, *word, *softened_by;
	size_t n_late;
} softened[] = {
	{ WITH(LIST("one", "") "," LIST("silent", ", 'kind': 'allow'"), ""), "tempfail", "silent", 1 },
	{ WITH(LIST("one", "") "," LIST("silent", ", 'kind': 'allow', 'on_failure': 'ignore'"), ""), "reject", NULL, 1 },
	{ WITH(LIST("one", "") "," LIST("silent", ", 'kind': 'allow', 'points': -1"), ""), "tempfail", "silent", 1 },
	{ WITH(LIST("one", ", 'points': 101") "," LIST("silent", ", 'kind': 'allow', 'points': -1"), ""), "reject", NULL, 0 },
	{ WITH(LIST("one", "") "," LIST("silent", ", 'kind': 'allow', 'mode': 'shadow'"), ""), "reject", NULL, 0 },
};

START_TEST(a_silent_allow_list)
{
	begin_at(script, "100ms", softened[_i].settings);
	message_from("192.0.2.2");
	asking_decide_first(session, false);
	ck_assert_str_eq(verdict_word(&session->verdict), softened[_i].word);
	ck_assert_pstr_eq(session->verdict.softened_by != NULL ? session->verdict.softened_by->name : NULL, softened[_i].softened_by);
	ck_assert_uint_eq(session->hits.n_late, softened[_i].n_late);
}
END_TEST

/* Dead, it is left alone and softens without being waited for; switched off by hand, it does not. */
START_TEST(a_dead_allow_list)
{
	char nobody[DNSSTUB_ADDRESS_BYTES], settings[600];

	snprintf(settings, sizeof settings, WITH(LIST("one", "") "," LIST("dead", ", 'kind': 'allow', 'server': '%s'"),
						 ", 'health': {'failing_after': 1}"), dnsstub_nobody(nobody));
	begin(settings);
	for (int i = 0; i < 2; i++) {
		message_from("192.0.2.2");
		asking_decide_first(session, false);
		expect("tempfail", i == 0 ? 2 : 1, 0, 0);
		ck_assert_str_eq(session->verdict.softened_by->name, "dead");
	}
	ck_assert(health_disable(service.health, "dead", monotime_now(), (struct monotime){ INT64_MAX }));
	message_from("192.0.2.2");
	asking_decide_first(session, false);
	expect("reject", 1, 0, 0);
}
END_TEST

/* --- the end of a message ----------------------------------------------------------------------------------------- */

#define TRIAL LIST("trial", ", 'mode': 'shadow'")

/* The message ends: what the log says of its hits, and how many of a list's it has counted. */
static void end_message(const char *words)
{
	const char *line;

	asking_look_back(session);
	report_message(session);
	tally_message(session);
	line = loglines_next();
	ck_assert_ptr_nonnull(line);
	ck_assert_msg(strstr(line, words) != NULL, "no \"%s\" in: %s", words, line);
}

static void expect_credit(const char *list, unsigned hits, unsigned sole, unsigned decided)
{
	struct health_report report;

	ck_assert(health_report(service.health, list, monotime_now(), &report));
	ck_assert_uint_eq(report.hit_messages, hits);
	ck_assert_uint_eq(report.sole_messages, sole);
	ck_assert_uint_eq(report.decided_messages, decided);
}

/* Those that have come behind the verdict are told and counted, and change nothing of it; lists on trial are heard too. */
START_TEST(what_came_after_the_verdict)
{
	begin(WITH(LIST("held", "") "," LIST("one", "") "," TRIAL, ""));
	message_from("192.0.2.2");
	asking_decide_first(session, false);
	expect("reject", 3, 2, 0);
	release(3);
	end_message(", verdict=reject, points=100, matches=1, hits=held:client:127.0.0.2:after,one:client:127.0.0.2,"
		    "trial:client:127.0.0.2:shadow:after, lookups=3, cached=0, rule=");
	expect("reject", 3, 2, 0);                 /* the verdict's own hits are as they were */
	ck_assert_uint_eq(session->hits.n, 1);
	ck_assert_ptr_eq(session->verdict.deciding, &session->hits.item[0]);
	expect_credit("held", 1, 0, 0);
	expect_credit("one", 1, 0, 1);
	expect_credit("trial", 1, 0, 0);
	say_end();
}
END_TEST

/* While somebody has not spoken, nobody knows that he was the only one. */
START_TEST(the_only_hit_where_all_have_spoken)
{
	begin(WITH(LIST("one", "") "," LIST("held", ""), ", 'cache': {'enabled': false}"));
	message_from("192.0.2.3");
	asking_decide_first(session, false);
	end_message(", hits=one:client:127.0.0.2, lookups=2, cached=0, unneeded=1, rule=");
	expect_credit("one", 1, 0, 1);
	release(2);
	message_from("192.0.2.3");
	asking_decide_first(session, false);
	release(4);
	end_message(", hits=one:client:127.0.0.2, lookups=2, cached=0, rule=");
	expect_credit("one", 2, 1, 2);
	say_end();
}
END_TEST

/* Who is late has not spoken either. */
START_TEST(the_only_hit_while_another_is_late)
{
	begin_at(script, "100ms", WITH(LIST("one", ", 'points': 1") "," LIST("silent", ""), ""));
	message_from("192.0.2.2");
	asking_last(session);
	asking_decide_all(session);
	end_message(", hits=one:client:127.0.0.2, lookups=2, cached=0, late=1, rule=");
	expect_credit("one", 1, 0, 1);
	say_end();
}
END_TEST

/* --- rules that exempt from some lists ---------------------------------------------------------------------------- */

/* A list that nobody wants to know of is neither unanswered nor a reason to soften. */
START_TEST(an_exempted_list_is_not_silent)
{
	begin(WITH(LIST("one", "") "," LIST("held", "") "," LIST("silent", ", 'kind': 'allow'"), ""));
	ck_assert(session_message_begin(session));
	session->facts.client = fixture_addr("192.0.2.2");
	listset_add(&session->exempt.lists, 1);
	listset_add(&session->exempt.lists, 2);
	asking_first(session);
	asking_decide_first(session, false);
	expect("reject", 1, 0, 0);
	ck_assert(listset_is_empty(&session->hits.unanswered));
}
END_TEST

Suite *asking_suite(void)
{
	Suite *suite = suite_create("asking");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, NULL, say_tear_down);
	tcase_add_test(tcase, a_refusal_waits_for_nobody);
	tcase_add_test(tcase, a_light_list_is_waited_for_at_the_end);
	tcase_add_test(tcase, light_lists_together);
	tcase_add_loop_test(tcase, the_end_waits_for_nobody_in_vain, 0, ROWS(idle));
	tcase_add_test(tcase, what_is_unneeded_teaches_nothing);
	tcase_add_test(tcase, for_a_flag_everybody_is_waited_for);
	tcase_add_test(tcase, a_whole_verdict);
	tcase_add_test(tcase, the_test_goes_on_while_others_are_out);
	tcase_add_test(tcase, no_test_before_it_is_settled);
	tcase_add_test(tcase, a_list_of_the_world_settles_nothing);
	tcase_add_test(tcase, a_suspected_list_is_tested_after_all);
	tcase_add_test(tcase, no_test_without_time);
	tcase_add_loop_test(tcase, no_further_query_after_a_match, 0, ROWS(matches));
	tcase_add_test(tcase, a_match_that_is_void);
	tcase_add_test(tcase, a_match_of_the_cache);
	tcase_add_test(tcase, a_match_at_connect);
	tcase_add_loop_test(tcase, a_silent_allow_list, 0, ROWS(softened));
	tcase_add_test(tcase, a_dead_allow_list);
	tcase_add_test(tcase, what_came_after_the_verdict);
	tcase_add_test(tcase, the_only_hit_where_all_have_spoken);
	tcase_add_test(tcase, the_only_hit_while_another_is_late);
	tcase_add_test(tcase, an_exempted_list_is_not_silent);
	suite_add_tcase(suite, tcase);
	return suite;
}
