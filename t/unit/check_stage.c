/* Tests of stage: what the MTA says, in its order, and what it is told; against a DNS server of the test's own. What is done to
 * a message that passes is in check_stage_edits.c, what comes in no order in check_stage_order.c. */
#include <stdio.h>
#include <string.h>

#include "t/unit/demo.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

/* --- connect ------------------------------------------------------------------------------------------------------ */

static const struct {
	const char *address;         /* NULL: none */
	unsigned port;
	const char *host, *resolved;
	const char *client;          /* "": none */
	bool local;
	const char *name;            /* NULL: none that is verified */
} connects[] = {
	{ "192.0.2.2", 40000, "mail.example", NULL, "192.0.2.2", false, "mail.example" },
	{ "2001:db8::2", 40000, "mail.example", NULL, "2001:db8::2", false, "mail.example" },
	{ "::ffff:192.0.2.2", 40000, "mail.example", NULL, "192.0.2.2", false, "mail.example" },
	{ "192.0.2.2", 0, "mail.example", NULL, "192.0.2.2", false, "mail.example" },

	/* local: Sendmail, Postfix */
	{ NULL, 0, "localhost", NULL, "", true, "localhost" },
	{ "unix", 0, "localhost", NULL, "", true, "localhost" },
	{ "127.0.0.1", 0, "localhost", NULL, "127.0.0.1", true, "localhost" },
	{ "127.9.9.9", 0, NULL, NULL, "127.9.9.9", true, NULL },
	{ "::1", 0, "localhost", NULL, "::1", true, "localhost" },
	{ "::ffff:127.0.0.1", 0, "localhost", NULL, "127.0.0.1", true, "localhost" },
	{ "127.0.0.1", 40000, "localhost", NULL, "127.0.0.1", false, "localhost" },
	{ "::1", 40000, "localhost", NULL, "::1", false, "localhost" },

	/* names */
	{ "192.0.2.2", 40000, "[192.0.2.2]", NULL, "192.0.2.2", false, NULL },
	{ "2001:db8::2", 40000, "[IPv6:2001:db8::2]", NULL, "2001:db8::2", false, NULL },
	{ "192.0.2.2", 40000, "unknown", NULL, "192.0.2.2", false, NULL },
	{ "192.0.2.2", 40000, "UNKNOWN", NULL, "192.0.2.2", false, NULL },
	{ "192.0.2.2", 40000, "unknown.example", NULL, "192.0.2.2", false, "unknown.example" },
	{ "192.0.2.2", 40000, "", NULL, "192.0.2.2", false, NULL },
	{ "192.0.2.2", 40000, NULL, NULL, "192.0.2.2", false, NULL },
	{ "192.0.2.2", 40000, NULL, "OK", "192.0.2.2", false, NULL },
	{ "192.0.2.2", 40000, "mail.example", "OK", "192.0.2.2", false, "mail.example" },
	{ "192.0.2.2", 40000, "mail.example", "FAIL", "192.0.2.2", false, NULL },
	{ "192.0.2.2", 40000, "mail.example", "FORGED", "192.0.2.2", false, NULL },
	{ "192.0.2.2", 40000, "mail.example", "TEMP", "192.0.2.2", false, NULL },
	{ "192.0.2.2", 40000, "[192.0.2.2]", "OK", "192.0.2.2", false, NULL },
};

START_TEST(learns_who_connects)
{
	const struct facts *facts;
	struct ipaddr client = fixture_addr(connects[_i].client);
	struct sockaddr_storage storage = { 0 };

	demo_begin("", "");
	if (connects[_i].address != NULL)
		storage = say_address(connects[_i].address, connects[_i].port);
	stage_connect(session, connects[_i].host, connects[_i].address != NULL ? (const struct sockaddr *)&storage : NULL,
		      connects[_i].resolved);
	facts = &session->facts;
	ck_assert(ipaddr_equal(&facts->client, &client));
	ck_assert_int_eq(facts->local, connects[_i].local);
	ck_assert_pstr_eq(facts->client_name, connects[_i].name);
	ck_assert_uint_eq(dnsstub_asked(stub, "*") + dnsstub_asked(stub, "2.2.0.192.bl.example"), 0);   /* not before MAIL */
}
END_TEST

/* --- HELO, MAIL, RCPT --------------------------------------------------------------------------------------------- */

START_TEST(the_last_helo_holds)
{
	char name[3000];

	demo_begin("", "");
	say_connect(CLEAN);
	stage_helo(session, NULL);
	stage_helo(session, "");
	ck_assert_ptr_null(session->facts.helo);
	stage_helo(session, "one.example");
	stage_helo(session, "");
	ck_assert_str_eq(session->facts.helo, "one.example");
	for (int i = 0; i < 1000; i++) {
		memset(name, 'a' + i % 26, sizeof name - 1);
		name[sizeof name - 1] = '\0';
		stage_helo(session, name);
	}
	ck_assert_uint_eq(strlen(session->facts.helo), SESSION_HELO_BYTES);
	ck_assert_int_eq(session->facts.helo[0], 'a' + 999 % 26);
	stage_helo(session, "last.example");
	ck_assert_str_eq(session->facts.helo, "last.example");
	ck_assert_uint_lt(session->conn.used_bytes, 1000);
}
END_TEST

static const struct {
	const char *said, *sender;
} senders[] = {
	{ "<>", "" },         { "", "" },           { NULL, "" },       { "<a@b>", "a@b" },     { "a@b", "a@b" },
	{ "<a@b", "<a@b" },   { "a@b>", "a@b>" },   { "<", "<" },       { ">", ">" },           { "<<>>", "<>" },
	{ "< a@b >", " a@b " }, { "<@x,@y:u@d>", "@x,@y:u@d" }, { "<\"a b\"@c>", "\"a b\"@c" }, { "<\xff\r\n%>", "\xff\r\n%" },
};

START_TEST(takes_senders_with_and_without_brackets)
{
	demo_begin("", "");
	say_connect(CLEAN);
	stage_mail(session, senders[_i].said, NULL, NULL, &outcome);
	ck_assert_int_eq(outcome.kind, OUTCOME_GO_ON);
	ck_assert_str_eq(session->facts.sender, senders[_i].sender);
}
END_TEST

START_TEST(long_texts_are_cut)
{
	char text[5000];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	demo_begin("", "");
	stage_connect(session, text, NULL, NULL);
	stage_mail(session, text, text, text, &outcome);
	stage_rcpt(session, text, NULL, &outcome);
	ck_assert_uint_eq(strlen(session->facts.client_name), 1024);
	ck_assert_uint_eq(strlen(session->facts.sender), 1024);
	ck_assert_uint_eq(strlen(session->facts.login), 1024);
	ck_assert_uint_eq(strlen(session->facts.queue_id), 1024);
	ck_assert_uint_eq(session->facts.n_recipients, 1);
	say_eom();
	say_done(" nrcpt=1, ");
}
END_TEST

START_TEST(recipients_take_no_memory)
{
	char text[1000];
	size_t used;

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	demo_begin("", ", 'decide_at': 'eom'");
	say_connect(LISTED);
	say_mail();
	stage_rcpt(session, "<first@example.org>", "4F2A1", &outcome);
	stage_rcpt(session, NULL, NULL, &outcome);
	used = session->msg.used_bytes;
	for (int i = 0; i < 20000; i++)
		stage_rcpt(session, text, NULL, &outcome);
	stage_rcpt(session, "last@example.org", NULL, &outcome);
	ck_assert_uint_eq(session->msg.used_bytes, used);
	ck_assert_int_eq(say_eom(), OUTCOME_REFUSE);   /* there is room for what is found */
	say_done("to=<first@example.org,last@example.org>, nrcpt=20002, verdict=reject");
}
END_TEST

/* --- verdicts ----------------------------------------------------------------------------------------------------- */

START_TEST(refuses_every_recipient)
{
	demo_begin("", "");
	say_connect(LISTED);
	stage_helo(session, "mail.example");
	ck_assert_int_eq(say_mail(), OUTCOME_GO_ON);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(say_rcpt(), OUTCOME_REFUSE);
		ck_assert_str_eq(outcome.reply.code, "550");
		ck_assert_str_eq(outcome.reply.enhanced, "5.7.1");
		ck_assert_str_eq(outcome.reply.text, "see " LISTED);
	}
	say_done("4F2A1: client=unknown[192.0.2.2], helo=<mail.example>, from=<a@example.net>, "
		    "to=<b@example.org,b@example.org,b@example.org>, nrcpt=3, verdict=reject, points=100, matches=1, "
		    "hits=demo:client:127.0.0.2, lookups=1, cached=0, rule=actions[0], wait_ms=");
	say_done_in_silence();                     /* that was all */
}
END_TEST

START_TEST(lets_a_clean_client_pass)
{
	demo_begin("", "");
	say_connect(CLEAN);
	ck_assert_int_eq(say_mail(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	stage_header(session, "Subject", "x");
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	ck_assert_uint_eq(edits.n_values + edits.n_strip, 0);
	say_done("verdict=pass, points=0, matches=0, hits=, lookups=1, ");
}
END_TEST

START_TEST(decides_at_the_end_where_it_shall)
{
	demo_begin("", ", 'decide_at': 'eom'");
	say_connect(LISTED);
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_eom(), OUTCOME_REFUSE);
	ck_assert_str_eq(outcome.reply.text, "see " LISTED);
	ck_assert_uint_eq(edits.n_values, 0);
	say_done(" nrcpt=1, verdict=reject, ");
}
END_TEST

START_TEST(puts_off_where_it_shall)
{
	demo_begin("", ", 'actions': [{'when': {'matches': 1}, 'do': ['tempfail']}]");
	say_connect(LISTED);
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_LATER);
	ck_assert_str_eq(outcome.reply.code, "451");
	ck_assert_int_eq(outcome.reply.enhanced[0], '4');
	say_done(" verdict=tempfail, ");
}
END_TEST

/* What a message comes to when everything is said in its order. */
static const struct {
	const char *more;            /* rules */
	const char *client, *login, *words;
	int rcpt;
	unsigned asked;              /* about the client */
} messages[] = {
	{ "", LISTED, "user", " login=<user>, exempt=authenticated, verdict=pass, ", OUTCOME_GO_ON, 0 },
	{ "", LISTED, "", " nrcpt=1, verdict=reject, ", OUTCOME_REFUSE, 1 },
	{ ", 'exceptions': {'authenticated': false}", LISTED, "user", " login=<user>, verdict=reject, ", OUTCOME_REFUSE, 1 },
	{ ", 'exceptions': {'clients': ['192.0.2.0/24']}", LISTED, NULL, " exempt=client, verdict=pass, ", OUTCOME_GO_ON, 0 },
	{ ", 'actions': []", LISTED, NULL, " verdict=pass, ", OUTCOME_GO_ON, 1 },   /* known or not: nobody waits for it */
	{ ", 'actions': [{'do': ['reject']}]", CLEAN, NULL, " verdict=reject, points=0, ", OUTCOME_REFUSE, 0 },
	{ ", 'actions': [{'when': {'matches': 1}, 'do': ['flag']}]", LISTED, NULL, " verdict=flag, ", OUTCOME_GO_ON, 1 },
};

START_TEST(comes_to_its_verdict)
{
	demo_begin("", messages[_i].more);
	say_connect(messages[_i].client);
	say_mail_from("<a@example.net>", messages[_i].login);
	ck_assert_int_eq(say_rcpt(), messages[_i].rcpt);
	if (messages[_i].rcpt == OUTCOME_GO_ON)
		ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	dnsstub_await(stub, messages[_i].asked);
	ck_assert_uint_eq(dnsstub_asked(stub, "2.2.0.192.bl.example"), messages[_i].asked);
	say_done(messages[_i].words);
}
END_TEST

START_TEST(several_messages_have_nothing_in_common)
{
	demo_begin("", "," HOPS_TOO);
	say_connect(CLEAN);
	for (int i = 0; i < 3; i++) {
		char id[20], words[200];

		snprintf(id, sizeof id, "ID%d", i);
		stage_mail(session, "<a@example.net>", i == 1 ? "user" : NULL, NULL, &outcome);
		ck_assert_int_eq(say_rcpt() == OUTCOME_GO_ON && session->facts.queue_id != NULL, 1);
		stage_done(session);           /* RSET */
		stage_mail(session, "<a@example.net>", i == 1 ? "user" : NULL, id, &outcome);
		stage_rcpt(session, "b@example.org", "another", &outcome);
		if (i == 0)
			stage_header(session, "Received", HOP);
		ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
		ck_assert_uint_eq(edits.n_values, i == 0);
		snprintf(words, sizeof words, "ID%d: client=unknown[192.0.2.10], helo=<>, from=<a@example.net>, "
			 "to=<b@example.org>, nrcpt=1, %s", i, i == 0 ? "verdict=flag" : i == 1 ? "login=<user>" : "verdict=pass");
		say_done(words);
	}
}
END_TEST

/* --- prefetch ----------------------------------------------------------------------------------------------------- */

START_TEST(what_was_asked_at_connect_serves_the_first_message)
{
	demo_begin(", 'prefetch': true", ", 'cache': {'enabled': false}");
	say_connect(LISTED);
	dnsstub_await(stub, 1);
	ck_assert_ptr_nonnull(session->prefetched.batch);
	say_mail();
	ck_assert_ptr_null(session->prefetched.batch);
	ck_assert_int_eq(say_rcpt(), OUTCOME_REFUSE);
	ck_assert_uint_eq(dnsstub_asked(stub, "2.2.0.192.bl.example"), 1);
	say_done("verdict=reject, points=100, matches=1, hits=demo:client:127.0.0.2, lookups=1, ");

	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_REFUSE);
	ck_assert_uint_eq(dnsstub_asked(stub, "2.2.0.192.bl.example"), 2);
	say_done("verdict=reject, points=100, matches=1, hits=demo:client:127.0.0.2, lookups=1, ");
}
END_TEST

START_TEST(what_was_asked_at_connect_is_dropped_at_a_login)
{
	demo_begin(", 'prefetch': true", "");
	say_connect(LISTED);
	dnsstub_await(stub, 1);
	say_mail_from("<a@example.net>", "user");
	ck_assert_ptr_null(session->prefetched.batch);
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	say_done(" exempt=authenticated, verdict=pass, points=0, matches=0, hits=, lookups=0, ");
	say_mail();                            /* the next message asks anew */
	ck_assert_int_eq(say_rcpt(), OUTCOME_REFUSE);
	say_done(" verdict=reject, ");
}
END_TEST

START_TEST(nobody_waits_for_what_was_asked_at_connect)
{
	demo_begin(", 'prefetch': true", "");
	say_connect(SILENT);
	dnsstub_await(stub, 1);
	session_free(&session);                /* with the question still out */
	ck_assert_int_eq(atomic_load(&service.sessions), 0);
}
END_TEST

START_TEST(what_was_asked_at_connect_is_dropped_where_a_rule_leaves_lists_out)
{
	demo_begin(", 'prefetch': true", ", 'exceptions': {'rules': [{'sender': 'a@*', 'lists': ['demo']}]}");
	say_connect(LISTED);
	dnsstub_await(stub, 1);
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	say_done(" exempt=rule[0], verdict=pass, points=0, matches=0, hits=, lookups=0, ");
}
END_TEST

/* --- exempt recipients -------------------------------------------------------------------------------------------- */

START_TEST(many_exempt_recipients)
{
	char rules[4096], recipient[40];
	struct text text = text_over(rules, sizeof rules);
	size_t used;

	text_add_str(&text, ", 'exceptions': {'rules': [");
	for (int i = 0; i < 20; i++)
		text_add(&text, "%s{'recipient': 'r%d@*', 'sender': '%s'}", i > 0 ? ", " : "", i, i < 19 ? "nobody@x" : "a@*");
	text_add_str(&text, "]}, 'decide_at': 'eom'");
	ck_assert(text_fits(&text));
	demo_begin("", rules);
	say_connect(LISTED);
	say_mail();
	say_rcpt();
	used = session->msg.used_bytes;
	for (int i = 0; i <= _i; i++) {
		snprintf(recipient, sizeof recipient, "<r%d@example.org>", i);
		ck_assert_int_eq(say_rcpt_to(recipient), OUTCOME_GO_ON);
	}
	ck_assert_uint_eq(session->msg.used_bytes, used);
	ck_assert_int_eq(say_eom(), _i == 18 ? OUTCOME_REFUSE : OUTCOME_GO_ON);   /* the last rule holds, behind all others */
	ck_assert_uint_eq(edits.n_values, _i == 19);
	say_done(_i == 18 ? " nrcpt=20, verdict=reject, " : " nrcpt=21, exempt=rule[19], verdict=flag, ");
}
END_TEST

static const struct {
	const char *exempt;          /* the lists that the recipient's rule names */
	int rcpt;
} parts[] = {
	{ "'demo'", OUTCOME_REFUSE }, { "'demo', 'two'", OUTCOME_GO_ON }, { "'two', 'three'", OUTCOME_GO_ON },
	{ "'three'", OUTCOME_REFUSE },
};

/* Two of three matches are enough. */
START_TEST(exempt_from_some_lists)
{
	char rules[400];

	snprintf(rules, sizeof rules, ", 'exceptions': {'rules': [{'recipient': 'b@*', 'lists': [%s]}]},"
		 " 'actions': [{'when': {'matches': 2}, 'do': ['reject']}]", parts[_i].exempt);
	demo_begin_with("{'name': 'demo', 'zone': 'bl.example'}, {'name': 'two', 'zone': 'two.example'},"
		   " {'name': 'three', 'zone': 'three.example'}", "", rules);
	say_connect(LISTED);
	say_mail();
	ck_assert_int_eq(say_rcpt_to("<c@example.org>"), OUTCOME_REFUSE);
	ck_assert_int_eq(say_rcpt_to("<b@example.org>"), parts[_i].rcpt);
	ck_assert_int_eq(say_rcpt_to("<c@example.org>"), OUTCOME_REFUSE);
	if (parts[_i].rcpt == OUTCOME_GO_ON) {
		ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
		ck_assert_uint_eq(edits.n_values, 3);
	}
	say_done(parts[_i].rcpt == OUTCOME_GO_ON ? " exempt=rule[0], refused=2, verdict=flag, points=300, matches=3, " :
						      " nrcpt=3, verdict=reject, points=300, matches=3, ");
}
END_TEST

/* --- those who are not refused ------------------------------------------------------------------------------------ */

static const char *const local_clients[] = { NULL, "unix" };

START_TEST(a_local_submission_is_flagged_in_place_of_a_refusal)
{
	demo_begin("", ", 'actions': [{'when': {'matches': 1}, 'do': ['reject']}],"
		  "'received': {'smtp': {'enabled': true, 'skip_oldest': 0}, 'skip_from_exempt': false}");
	say_connect(local_clients[_i]);
	ck_assert(session->facts.local);
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	stage_header(session, "Received", HOP);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	ck_assert_uint_eq(edits.n_values, 1);
	ck_assert_str_eq(edits.values[0], "198.51.100.7 is listed by demo");
	say_done("client=local[], helo=<>, from=<a@example.net>, to=<b@example.org>, nrcpt=1, exempt=local, verdict=flag, "
		    "points=100, matches=1, hits=demo:received[198.51.100.7]:127.0.0.4, ");
}
END_TEST

START_TEST(no_new_message_while_draining)
{
	demo_begin("", "");
	say_connect(CLEAN);
	say_mail();
	atomic_store(&service.draining, true);
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);   /* the one in progress may end */
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	say_done(" verdict=pass, ");

	ck_assert_int_eq(say_mail(), OUTCOME_LATER);
	ck_assert_str_eq(outcome.reply.code, "451");
	ck_assert_str_eq(outcome.reply.enhanced, "4.3.2");
	ck_assert_int_eq(atomic_load(&service.messages), 0);
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	say_done_in_silence();
}
END_TEST

START_TEST(a_local_submission_while_draining)
{
	demo_begin("", "");
	atomic_store(&service.draining, true);
	say_connect(NULL);
	ck_assert_int_eq(say_mail(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	say_done("exempt=local, verdict=pass, ");
}
END_TEST

START_TEST(a_list_that_refuses_us_has_no_say)
{
	demo_begin("", "");
	say_connect(REFUSED);
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	say_done(" verdict=pass, points=0, matches=0, hits=, lookups=1, ");
}
END_TEST

START_TEST(what_is_late_is_no_hit)
{
	int64_t waited_us;

	demo_begin(", 'budget': '300ms'", "," HOPS_TOO);
	say_connect(SILENT);
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	waited_us = session->waited_us;
	ck_assert_int_ge(waited_us, 290000);
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);   /* nobody waits twice */
	ck_assert_int_eq(session->waited_us, waited_us);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	ck_assert_int_eq(session->waited_us, waited_us);
	say_done(" verdict=pass, points=0, matches=0, hits=, lookups=1, cached=0, late=1, wait_ms=");
}
END_TEST

Suite *stage_suite(void)
{
	Suite *suite = suite_create("stage");
	TCase *tc = tcase_create("stage");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, demo_set_up, demo_tear_down);
	tcase_add_loop_test(tc, learns_who_connects, 0, ROWS(connects));
	tcase_add_test(tc, the_last_helo_holds);
	tcase_add_loop_test(tc, takes_senders_with_and_without_brackets, 0, ROWS(senders));
	tcase_add_test(tc, long_texts_are_cut);
	tcase_add_test(tc, recipients_take_no_memory);
	tcase_add_test(tc, refuses_every_recipient);
	tcase_add_test(tc, lets_a_clean_client_pass);
	tcase_add_test(tc, decides_at_the_end_where_it_shall);
	tcase_add_test(tc, puts_off_where_it_shall);
	tcase_add_loop_test(tc, comes_to_its_verdict, 0, ROWS(messages));
	tcase_add_test(tc, several_messages_have_nothing_in_common);
	tcase_add_test(tc, what_was_asked_at_connect_serves_the_first_message);
	tcase_add_test(tc, what_was_asked_at_connect_is_dropped_at_a_login);
	tcase_add_test(tc, nobody_waits_for_what_was_asked_at_connect);
	tcase_add_test(tc, what_was_asked_at_connect_is_dropped_where_a_rule_leaves_lists_out);
	tcase_add_loop_test(tc, many_exempt_recipients, 18, 20);
	tcase_add_loop_test(tc, exempt_from_some_lists, 0, ROWS(parts));
	tcase_add_loop_test(tc, a_local_submission_is_flagged_in_place_of_a_refusal, 0, ROWS(local_clients));
	tcase_add_test(tc, no_new_message_while_draining);
	tcase_add_test(tc, a_local_submission_while_draining);
	tcase_add_test(tc, a_list_that_refuses_us_has_no_say);
	tcase_add_test(tc, what_is_late_is_no_hit);
	suite_add_tcase(suite, tc);
	return suite;
}
