/* Tests of stage: the headers it asks for, and what is done to a message at its end; against a DNS server of the test's own. */
#include <stdio.h>
#include <string.h>

#include "t/unit/demo.h"
#include "t/unit/fixture.h"
#include "t/unit/loglines.h"
#include "t/unit/suites.h"

/* --- headers ------------------------------------------------------------------------------------------------------ */

static const struct {
	const char *more;
	bool needed;
} needs[] = {
	{ "", true },                          /* the default flags, and strips what was forged */
	{ ", 'flag': {'strip_forged': false}", false },
	{ ", 'flag': {'strip_forged': false}," HOPS_TOO, true },
	{ ", 'actions': [{'do': ['reject']}]", false },
	{ ", 'actions': [{'do': ['reject']}]," HOPS_TOO, true },
	{ ", 'actions': []", false },
	{ ", 'actions': [], 'relays': ['192.0.2.1']", true },
	{ ", 'actions': [], 'received': {'pop_clients': ['192.0.2.1']}", false },
	{ ", 'actions': [], 'received': {'pop': {'enabled': true}, 'pop_clients': ['192.0.2.1']}", true },
};

START_TEST(asks_for_headers_where_it_needs_them)
{
	demo_begin("", needs[_i].more);
	ck_assert_int_eq(stage_needs_headers(session->rules), needs[_i].needed);
}
END_TEST

static const struct {
	const char *more;
	size_t n_strip;
} forgeries[] = {
	{ "", 3 },
	{ "," HOPS_TOO, 3 },
	{ ", 'flag': {'header': 'X-Other'}", 1 },
	{ ", 'flag': {'strip_forged': false}", 0 },
	{ ", 'flag': {'strip_forged': false}," HOPS_TOO, 0 },
	{ ", 'actions': [{'when': {'matches': 9}, 'do': ['reject']}]," HOPS_TOO, 0 },
};

START_TEST(counts_forged_flags)
{
	static const char *const names[] = { "X-RBL-Warning", "x-rbl-warning", "X-Rbl-Warnings", "X-RBL", "X-Other", "",
					     "X-RBL-WARNING" };

	demo_begin("", forgeries[_i].more);
	say_connect(CLEAN);
	say_mail();
	say_rcpt();
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		stage_header(session, names[i], "none of mine");
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	ck_assert_uint_eq(edits.n_strip, forgeries[_i].n_strip);
	ck_assert_uint_eq(edits.n_values, 0);
	say_done(forgeries[_i].n_strip > 0 ? ", forged=" : ", hits=, lookups=1, cached=0, ");
}
END_TEST

/* All of them go, unless the mail server would be busy for minutes: headers to remove times headers to walk through. */
static const struct {
	const char *name;
	int others, n;
	size_t gone;
	const char *says;
} floods[] = {
	{ "X-RBL-Warning", 0, 3161, 3161, ", forged=3161, wait_ms=" },
	{ "X-RBL-Warning", 0, 3162, 3161, ", forged=3162, headers_left_in=1, wait_ms=" },
	{ "X-RBL-Warning", 0, 20000, 499, ", forged=20000, headers_left_in=19501, wait_ms=" },
	{ "X-RBL-Warning", 99000, 100, 100, ", forged=100, wait_ms=" },
	{ "X-RBL-Warning", 100000, 100, 99, ", forged=100, headers_left_in=1, wait_ms=" },
	{ "Subject", 0, 20000, 499, ", headers_left_in=19485, wait_ms=" },
	{ "X-RBL-Original-To", 0, 20000, 499, ", headers_left_in=19501, wait_ms=" },
};

START_TEST(removes_no_flood)
{
	demo_begin("", ", 'actions': [{'when': {'matches': 1}, 'do': ['flag', 'prefix', {'reroute': 's@example.org'}]}]");
	say_connect(LISTED);
	say_mail();
	say_rcpt();
	for (int i = 0; i < floods[_i].others; i++)
		stage_header(session, "X-Other", "x");
	for (int i = 0; i < floods[_i].n; i++)
		stage_header(session, floods[_i].name, "x");
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	ck_assert_uint_eq(edits.n_strip + edits.n_strip_originals + edits.subjects_to - edits.subjects_from, floods[_i].gone);
	say_done(floods[_i].says);
}
END_TEST

START_TEST(flags_in_the_order_of_the_configuration)
{
	demo_begin_with("{'name': 'c', 'zone': 'three.example', 'header': 'third {ip}'},"
		   "{'name': 'a', 'zone': 'bl.example', 'header': 'first {ip}'},"
		   "{'name': 'b', 'zone': 'two.example', 'header': 'second {ip} of {points}'}", "",
		   ", 'actions': [{'when': {'matches': 1}, 'do': ['flag']}]," HOPS_TOO);
	say_connect(LISTED);
	say_mail();
	say_rcpt();
	stage_header(session, "Received", HOP);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	ck_assert_str_eq(edits.flag_header, "X-RBL-Warning");
	ck_assert_uint_eq(edits.n_values, 4);
	ck_assert_str_eq(edits.values[0], "third 192.0.2.2");
	ck_assert_str_eq(edits.values[1], "first 192.0.2.2");
	ck_assert_str_eq(edits.values[2], "first 198.51.100.7");
	ck_assert_str_eq(edits.values[3], "second 192.0.2.2 of 300");
	say_done("verdict=flag, points=300, matches=3, hits=c:client:127.0.0.2,a:client:127.0.0.2,"
		    "a:received[198.51.100.7]:127.0.0.4,b:client:127.0.0.2, ");
}
END_TEST

/* --- what else can be done ---------------------------------------------------------------------------------------- */

START_TEST(discards_at_the_end_only)
{
	demo_begin("", ", 'actions': [{'when': {'matches': 1}, 'do': ['discard']}]");
	say_connect(LISTED);
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_eom(), OUTCOME_DISCARD);
	ck_assert_uint_eq(edits.n_values, 0);
	say_done("verdict=discard");
}
END_TEST

START_TEST(drops_at_the_first_recipient)
{
	demo_begin("", ", 'actions': [{'when': {'matches': 1}, 'do': ['drop']}]");
	say_connect(LISTED);
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_LATER);
	ck_assert_str_eq(outcome.reply.code, "421");
	ck_assert_str_eq(outcome.reply.text, "see 192.0.2.2");
	say_done("verdict=drop");
}
END_TEST

START_TEST(quarantines_with_marks)
{
	demo_begin("", ", 'actions': [{'when': {'matches': 1}, 'do': ['quarantine', 'prefix', 'flag']}]");
	say_connect(LISTED);
	say_mail();
	say_rcpt();
	stage_header(session, "SUBJECT", "hello");
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	ck_assert_str_eq(edits.quarantine, "100 points, 1 match: demo 192.0.2.2 127.0.0.2");
	ck_assert_ptr_null(edits.reroute);
	ck_assert_uint_eq(edits.n_values, 1);
	ck_assert_uint_eq(edits.n_subjects, 1);
	ck_assert_uint_eq(edits.subjects[0].place, 1);
	ck_assert_str_eq(edits.subjects[0].value, "[SPAM] hello");
	say_done("verdict=quarantine");
}
END_TEST

#define REROUTE ", 'actions': [{'when': {'matches': 1}, 'do': [{'reroute': 'spam@example.org'}]}]"

START_TEST(reroutes_all_recipients)
{
	size_t n = 0;

	demo_begin("", REROUTE);
	say_connect(LISTED);
	say_mail();
	for (int i = 0; i < 500; i++)
		say_rcpt();
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	ck_assert_str_eq(edits.reroute, "spam@example.org");
	for (const struct recipient *r = edits.recipients; r != NULL; r = r->next, n++)
		ck_assert_str_eq(r->path, "<b@example.org>");
	ck_assert_uint_eq(n, 500);
	ck_assert_uint_eq(edits.n_originals, 2);
	say_done("verdict=reroute");
	say_mail();                            /* and the next message begins without them */
	say_rcpt();
	say_eom();
	ck_assert_ptr_null(edits.recipients->next);
	say_done("verdict=reroute");
}
END_TEST

/* What cannot be done whole is not begun. */
START_TEST(reroutes_nobody_by_half)
{
	char path[1000];

	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	demo_begin("", REROUTE);
	say_connect(LISTED);
	say_mail();
	for (int i = 0; i < 1200; i++)
		stage_rcpt(session, path, NULL, &outcome);
	ck_assert(session->facts.recipients_lost);
	ck_assert_int_eq(say_eom(), OUTCOME_LATER);
	ck_assert_ptr_null(edits.reroute);
	ck_assert_uint_eq(edits.n_originals, 0);
	ck_assert_ptr_nonnull(strstr(loglines_next(), "too many recipients"));
	say_done("verdict=tempfail");
}
END_TEST

START_TEST(many_subjects)
{
	demo_begin("", ", 'actions': [{'when': {'matches': 1}, 'do': ['prefix']}]");
	say_connect(LISTED);
	say_mail();
	say_rcpt();
	for (int i = 0; i < 1000; i++)
		stage_header(session, "Subject", i == 3 ? "Re: [SPAM] x" : "x");
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	ck_assert_uint_eq(edits.n_subjects, SESSION_SUBJECTS_MAX - 1);
	ck_assert_uint_eq(edits.subjects[3].place, 5);
	ck_assert_uint_eq(edits.subjects_from, SESSION_SUBJECTS_MAX + 1);
	ck_assert_uint_eq(edits.subjects_to, 1001);
	say_done("verdict=prefix");
}
END_TEST

static const struct {
	const char *actions;
	bool headers;
} headers_for[] = {
	{ "'reject'", false }, { "'tempfail'", false }, { "'drop'", false },     { "'discard'", false }, { "'quarantine'", false },
	{ "'prefix'", true },  { "'flag'", true },      { "{'reroute': 'a@b.example'}", true },
};

START_TEST(asks_for_headers_where_an_action_needs_them)
{
	struct ruleset *rules = fixture_rulesf("{'lists': [{'name': 'a', 'zone': 'a.example'}],"
					       "'actions': [{'when': {'matches': 1}, 'do': [%s]}]}", headers_for[_i].actions);

	ck_assert_int_eq(stage_needs_headers(rules), headers_for[_i].headers);
	ruleset_unref(&rules);
}
END_TEST

START_TEST(ten_thousand_received_headers)
{
	demo_begin("", "," HOPS_TOO);
	say_connect(CLEAN);
	say_mail();
	say_rcpt();
	stage_header(session, "Received", HOP);
	for (int i = 1; i < 10000; i++) {
		char value[100];

		snprintf(value, sizeof value, "from h (h [203.0.113.%d]) by x with ESMTP id %d", i % 250, i);
		stage_header(session, "received", value);
	}
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	ck_assert_uint_eq(edits.n_values, 1);
	ck_assert_uint_lt(session->msg.used_bytes, SESSION_MSG_BYTES / 10);
	say_done(", lookups=64, cached=0, rule=actions[1], received_left_out=8000, lookups_left_out=188, wait_ms=");
}
END_TEST

Suite *stage_edits_suite(void)
{
	Suite *suite = suite_create("stage_edits");
	TCase *tc = tcase_create("stage_edits");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, demo_set_up, demo_tear_down);
	tcase_add_test(tc, discards_at_the_end_only);
	tcase_add_test(tc, drops_at_the_first_recipient);
	tcase_add_test(tc, quarantines_with_marks);
	tcase_add_test(tc, reroutes_all_recipients);
	tcase_add_test(tc, reroutes_nobody_by_half);
	tcase_add_test(tc, many_subjects);
	tcase_add_loop_test(tc, asks_for_headers_where_an_action_needs_them, 0, ROWS(headers_for));
	tcase_add_loop_test(tc, asks_for_headers_where_it_needs_them, 0, ROWS(needs));
	tcase_add_loop_test(tc, counts_forged_flags, 0, ROWS(forgeries));
	tcase_add_loop_test(tc, removes_no_flood, 0, ROWS(floods));
	tcase_add_test(tc, flags_in_the_order_of_the_configuration);
	tcase_add_test(tc, ten_thousand_received_headers);
	suite_add_tcase(suite, tc);
	return suite;
}
