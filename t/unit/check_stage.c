/* Tests of stage: what the MTA says, in its order and in none, and what it is told; against a DNS server of the test's own. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "milter/stage.h"
#include "t/unit/dnsstub.h"
#include "t/unit/fixture.h"
#include "t/unit/loglines.h"
#include "t/unit/suites.h"

#define LISTED "192.0.2.2"
#define CLEAN "192.0.2.10"
#define SILENT "192.0.2.3"
#define REFUSED "192.0.2.4"
#define HOP "from h (h [198.51.100.7]) by x with ESMTP id 1"
#define HOPS_TOO "'received': {'smtp': {'enabled': true, 'skip_oldest': 0}}"

static const struct dnsstub_rule answers[] = {
	{ "2.2.0.192.bl.example", "an @ 300 A 127.0.0.2", NULL },
	{ "2.2.0.192.two.example", "an @ 300 A 127.0.0.2", NULL },
	{ "2.2.0.192.three.example", "an @ 300 A 127.0.0.2", NULL },
	{ "7.100.51.198.bl.example", "an @ 300 A 127.0.0.4", NULL },
	{ "3.2.0.192.bl.example", "silent", NULL },
	{ "4.2.0.192.bl.example", "an @ 300 A 127.255.255.254", NULL },
	{ "*", "rcode 3; ns @ 60 SOA 60", NULL },
	{ NULL, NULL, NULL },
};

static struct dnsstub *stub;
static struct service service;
static struct session *session;
static struct outcome outcome;
static struct edits edits;

static void set_up(void)
{
	stub = dnsstub_new(answers);
	loglines_begin();
}

static void tear_down(void)
{
	session_free(&session);
	ck_assert_int_eq(atomic_load(&service.sessions), 0);
	ck_assert_int_eq(atomic_load(&service.messages), 0);
	lookup_free(&service.lookup);
	if (service.inforce.rules != NULL) {
		ck_assert_int_eq(atomic_load(&service.inforce.rules->refs), 1);
		inforce_clear(&service.inforce);
	}
	ck_assert_ptr_null(loglines_next());
	loglines_end();
	dnsstub_free(&stub);
}

/* --- words of the tests ------------------------------------------------------------------------------------------- */

/* A session under these rules: `dns` and `more` are members of "dns" and of the whole, with a comma before them. */
static void begin_with(const char *lists, const char *dns, const char *more)
{
	struct ruleset *rules = fixture_rulesf("{'dns': {'servers': ['%s'], 'timeout': '4s', 'tries': 1%s},"
					       " 'lists': [%s]%s}", dnsstub_address(stub), dns, lists, more);
	struct errmsg err;

	service = (struct service){ .lookup = lookup_new(rules, &err) };
	ck_assert_msg(service.lookup != NULL, "%s", err.text);
	inforce_init(&service.inforce, rules);
	session = session_new(&service);
	ck_assert_ptr_nonnull(session);
}

static void begin(const char *dns, const char *more)
{
	begin_with("{'name': 'demo', 'zone': 'bl.example', 'message': 'see {ip}', 'header': '{ip} is listed by {list}'}", dns, more);
}

static struct sockaddr_storage address_of(const char *text, unsigned port)
{
	struct sockaddr_storage storage = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&storage;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&storage;

	if (strcmp(text, "unix") == 0) {
		storage.ss_family = AF_UNIX;
	} else if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
	} else {
		ck_assert_int_eq(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
	}
	return storage;
}

/* NULL: no address at all, as for Sendmail's local submissions. */
static void say_connect(const char *address)
{
	struct sockaddr_storage storage;

	if (address != NULL)
		storage = address_of(address, 40000);
	stage_connect(session, "[x]", address != NULL ? (const struct sockaddr *)&storage : NULL, NULL);
}

static int say_mail_with_login(const char *login)
{
	stage_mail(session, "<a@example.net>", login, NULL, &outcome);
	return (int)outcome.kind;
}

static int say_mail(void)
{
	return say_mail_with_login(NULL);
}

static int say_rcpt(void)
{
	stage_rcpt(session, "<b@example.org>", "4F2A1", &outcome);
	return (int)outcome.kind;
}

static int say_eom(void)
{
	stage_eom(session, "4F2A1", &outcome, &edits);
	return (int)outcome.kind;
}

/* The message's line is there and says this; no other is. */
static void done_saying(const char *words)
{
	const char *line;

	stage_done(session);
	line = loglines_next();
	ck_assert_msg(line != NULL && strstr(line, words) != NULL, "%s", line != NULL ? line : "no line");
	ck_assert_ptr_null(loglines_next());
}

static void done_in_silence(void)
{
	stage_done(session);
	ck_assert_ptr_null(loglines_next());
}

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

	begin("", "");
	if (connects[_i].address != NULL)
		storage = address_of(connects[_i].address, connects[_i].port);
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

	begin("", "");
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
	begin("", "");
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
	begin("", "");
	stage_connect(session, text, NULL, NULL);
	stage_mail(session, text, text, text, &outcome);
	stage_rcpt(session, text, NULL, &outcome);
	ck_assert_uint_eq(strlen(session->facts.client_name), 1024);
	ck_assert_uint_eq(strlen(session->facts.sender), 1024);
	ck_assert_uint_eq(strlen(session->facts.login), 1024);
	ck_assert_uint_eq(strlen(session->facts.queue_id), 1024);
	ck_assert_uint_eq(session->facts.n_recipients, 1);
	say_eom();
	done_saying(" nrcpt=1, ");
}
END_TEST

START_TEST(recipients_take_no_memory)
{
	char text[1000];
	size_t used;

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	begin("", ", 'decide_at': 'eom'");
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
	done_saying("to=<first@example.org,last@example.org>, nrcpt=20002, verdict=reject");
}
END_TEST

/* --- verdicts ----------------------------------------------------------------------------------------------------- */

START_TEST(refuses_every_recipient)
{
	begin("", "");
	say_connect(LISTED);
	stage_helo(session, "mail.example");
	ck_assert_int_eq(say_mail(), OUTCOME_GO_ON);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(say_rcpt(), OUTCOME_REFUSE);
		ck_assert_str_eq(outcome.reply.code, "550");
		ck_assert_str_eq(outcome.reply.enhanced, "5.7.1");
		ck_assert_str_eq(outcome.reply.text, "see " LISTED);
	}
	done_saying("4F2A1: client=unknown[192.0.2.2], helo=<mail.example>, from=<a@example.net>, "
		    "to=<b@example.org,b@example.org,b@example.org>, nrcpt=3, verdict=reject, points=100, matches=1, "
		    "hits=demo:client:127.0.0.2, lookups=1, cached=0, rule=actions[0], wait_ms=");
	done_in_silence();                     /* that was all */
}
END_TEST

START_TEST(lets_a_clean_client_pass)
{
	begin("", "");
	say_connect(CLEAN);
	ck_assert_int_eq(say_mail(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	stage_header(session, "Subject", "x");
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	ck_assert_uint_eq(edits.n_values + edits.n_strip, 0);
	done_saying("verdict=pass, points=0, matches=0, hits=, lookups=1, ");
}
END_TEST

START_TEST(decides_at_the_end_where_it_shall)
{
	begin("", ", 'decide_at': 'eom'");
	say_connect(LISTED);
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_eom(), OUTCOME_REFUSE);
	ck_assert_str_eq(outcome.reply.text, "see " LISTED);
	ck_assert_uint_eq(edits.n_values, 0);
	done_saying(" nrcpt=1, verdict=reject, ");
}
END_TEST

START_TEST(puts_off_where_it_shall)
{
	begin("", ", 'actions': [{'when': {'matches': 1}, 'do': ['tempfail']}]");
	say_connect(LISTED);
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_LATER);
	ck_assert_str_eq(outcome.reply.code, "451");
	ck_assert_int_eq(outcome.reply.enhanced[0], '4');
	done_saying(" verdict=tempfail, ");
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
	begin("", messages[_i].more);
	say_connect(messages[_i].client);
	say_mail_with_login(messages[_i].login);
	ck_assert_int_eq(say_rcpt(), messages[_i].rcpt);
	if (messages[_i].rcpt == OUTCOME_GO_ON)
		ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	dnsstub_await(stub, messages[_i].asked);
	ck_assert_uint_eq(dnsstub_asked(stub, "2.2.0.192.bl.example"), messages[_i].asked);
	done_saying(messages[_i].words);
}
END_TEST

START_TEST(several_messages_have_nothing_in_common)
{
	begin("", "," HOPS_TOO);
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
		done_saying(words);
	}
}
END_TEST

/* --- prefetch ----------------------------------------------------------------------------------------------------- */

START_TEST(what_was_asked_at_connect_serves_the_first_message)
{
	begin(", 'prefetch': true", ", 'cache': {'enabled': false}");
	say_connect(LISTED);
	dnsstub_await(stub, 1);
	ck_assert_ptr_nonnull(session->prefetched.batch);
	say_mail();
	ck_assert_ptr_null(session->prefetched.batch);
	ck_assert_int_eq(say_rcpt(), OUTCOME_REFUSE);
	ck_assert_uint_eq(dnsstub_asked(stub, "2.2.0.192.bl.example"), 1);
	done_saying("verdict=reject, points=100, matches=1, hits=demo:client:127.0.0.2, lookups=1, ");

	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_REFUSE);
	ck_assert_uint_eq(dnsstub_asked(stub, "2.2.0.192.bl.example"), 2);
	done_saying("verdict=reject, points=100, matches=1, hits=demo:client:127.0.0.2, lookups=1, ");
}
END_TEST

START_TEST(what_was_asked_at_connect_is_dropped_at_a_login)
{
	begin(", 'prefetch': true", "");
	say_connect(LISTED);
	dnsstub_await(stub, 1);
	say_mail_with_login("user");
	ck_assert_ptr_null(session->prefetched.batch);
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	done_saying(" exempt=authenticated, verdict=pass, points=0, matches=0, hits=, lookups=0, ");
	say_mail();                            /* the next message asks anew */
	ck_assert_int_eq(say_rcpt(), OUTCOME_REFUSE);
	done_saying(" verdict=reject, ");
}
END_TEST

START_TEST(nobody_waits_for_what_was_asked_at_connect)
{
	begin(", 'prefetch': true", "");
	say_connect(SILENT);
	dnsstub_await(stub, 1);
	session_free(&session);                /* with the question still out */
	ck_assert_int_eq(atomic_load(&service.sessions), 0);
}
END_TEST

START_TEST(what_was_asked_at_connect_is_dropped_where_a_rule_leaves_lists_out)
{
	begin(", 'prefetch': true", ", 'exceptions': {'rules': [{'sender': 'a@*', 'lists': ['demo']}]}");
	say_connect(LISTED);
	dnsstub_await(stub, 1);
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	done_saying(" exempt=rule[0], verdict=pass, points=0, matches=0, hits=, lookups=0, ");
}
END_TEST

/* --- exempt recipients -------------------------------------------------------------------------------------------- */

static int say_rcpt_to(const char *recipient)
{
	stage_rcpt(session, recipient, "4F2A1", &outcome);
	return (int)outcome.kind;
}

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
	begin("", rules);
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
	done_saying(_i == 18 ? " nrcpt=20, verdict=reject, " : " nrcpt=21, exempt=rule[19], verdict=flag, ");
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
	begin_with("{'name': 'demo', 'zone': 'bl.example'}, {'name': 'two', 'zone': 'two.example'},"
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
	done_saying(parts[_i].rcpt == OUTCOME_GO_ON ? " exempt=rule[0], refused=2, verdict=flag, points=300, matches=3, " :
						      " nrcpt=3, verdict=reject, points=300, matches=3, ");
}
END_TEST

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
	begin("", needs[_i].more);
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

	begin("", forgeries[_i].more);
	say_connect(CLEAN);
	say_mail();
	say_rcpt();
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		stage_header(session, names[i], "none of mine");
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	ck_assert_uint_eq(edits.n_strip, forgeries[_i].n_strip);
	ck_assert_uint_eq(edits.n_values, 0);
	done_saying(forgeries[_i].n_strip > 0 ? ", forged=" : ", hits=, lookups=1, cached=0, ");
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
	begin("", ", 'actions': [{'when': {'matches': 1}, 'do': ['flag', 'prefix', {'reroute': 's@example.org'}]}]");
	say_connect(LISTED);
	say_mail();
	say_rcpt();
	for (int i = 0; i < floods[_i].others; i++)
		stage_header(session, "X-Other", "x");
	for (int i = 0; i < floods[_i].n; i++)
		stage_header(session, floods[_i].name, "x");
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	ck_assert_uint_eq(edits.n_strip + edits.n_strip_originals + edits.subjects_to - edits.subjects_from, floods[_i].gone);
	done_saying(floods[_i].says);
}
END_TEST

START_TEST(flags_in_the_order_of_the_configuration)
{
	begin_with("{'name': 'c', 'zone': 'three.example', 'header': 'third {ip}'},"
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
	done_saying("verdict=flag, points=300, matches=3, hits=c:client:127.0.0.2,a:client:127.0.0.2,"
		    "a:received[198.51.100.7]:127.0.0.4,b:client:127.0.0.2, ");
}
END_TEST

/* --- what else can be done ---------------------------------------------------------------------------------------- */

START_TEST(discards_at_the_end_only)
{
	begin("", ", 'actions': [{'when': {'matches': 1}, 'do': ['discard']}]");
	say_connect(LISTED);
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_eom(), OUTCOME_DISCARD);
	ck_assert_uint_eq(edits.n_values, 0);
	done_saying("verdict=discard");
}
END_TEST

START_TEST(drops_at_the_first_recipient)
{
	begin("", ", 'actions': [{'when': {'matches': 1}, 'do': ['drop']}]");
	say_connect(LISTED);
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_LATER);
	ck_assert_str_eq(outcome.reply.code, "421");
	ck_assert_str_eq(outcome.reply.text, "see 192.0.2.2");
	done_saying("verdict=drop");
}
END_TEST

START_TEST(quarantines_with_marks)
{
	begin("", ", 'actions': [{'when': {'matches': 1}, 'do': ['quarantine', 'prefix', 'flag']}]");
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
	done_saying("verdict=quarantine");
}
END_TEST

#define REROUTE ", 'actions': [{'when': {'matches': 1}, 'do': [{'reroute': 'spam@example.org'}]}]"

START_TEST(reroutes_all_recipients)
{
	size_t n = 0;

	begin("", REROUTE);
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
	done_saying("verdict=reroute");
	say_mail();                            /* and the next message begins without them */
	say_rcpt();
	say_eom();
	ck_assert_ptr_null(edits.recipients->next);
	done_saying("verdict=reroute");
}
END_TEST

/* What cannot be done whole is not begun. */
START_TEST(reroutes_nobody_by_half)
{
	char path[1000];

	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	begin("", REROUTE);
	say_connect(LISTED);
	say_mail();
	for (int i = 0; i < 1200; i++)
		stage_rcpt(session, path, NULL, &outcome);
	ck_assert(session->facts.recipients_lost);
	ck_assert_int_eq(say_eom(), OUTCOME_LATER);
	ck_assert_ptr_null(edits.reroute);
	ck_assert_uint_eq(edits.n_originals, 0);
	ck_assert_ptr_nonnull(strstr(loglines_next(), "too many recipients"));
	done_saying("verdict=tempfail");
}
END_TEST

START_TEST(many_subjects)
{
	begin("", ", 'actions': [{'when': {'matches': 1}, 'do': ['prefix']}]");
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
	done_saying("verdict=prefix");
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
	begin("", "," HOPS_TOO);
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
	done_saying(", lookups=64, cached=0, rule=actions[1], received_left_out=8000, lookups_left_out=188, wait_ms=");
}
END_TEST

/* --- those who are not refused ------------------------------------------------------------------------------------ */

static const char *const local_clients[] = { NULL, "unix" };

START_TEST(a_local_submission_is_flagged_in_place_of_a_refusal)
{
	begin("", ", 'actions': [{'when': {'matches': 1}, 'do': ['reject']}],"
		  "'received': {'smtp': {'enabled': true, 'skip_oldest': 0}, 'skip_from_exempt': false}");
	say_connect(local_clients[_i]);
	ck_assert(session->facts.local);
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	stage_header(session, "Received", HOP);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	ck_assert_uint_eq(edits.n_values, 1);
	ck_assert_str_eq(edits.values[0], "198.51.100.7 is listed by demo");
	done_saying("client=local[], helo=<>, from=<a@example.net>, to=<b@example.org>, nrcpt=1, exempt=local, verdict=flag, "
		    "points=100, matches=1, hits=demo:received[198.51.100.7]:127.0.0.4, ");
}
END_TEST

START_TEST(no_new_message_while_draining)
{
	begin("", "");
	say_connect(CLEAN);
	say_mail();
	atomic_store(&service.draining, true);
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);   /* the one in progress may end */
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	done_saying(" verdict=pass, ");

	ck_assert_int_eq(say_mail(), OUTCOME_LATER);
	ck_assert_str_eq(outcome.reply.code, "451");
	ck_assert_str_eq(outcome.reply.enhanced, "4.3.2");
	ck_assert_int_eq(atomic_load(&service.messages), 0);
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	done_in_silence();
}
END_TEST

START_TEST(a_local_submission_while_draining)
{
	begin("", "");
	atomic_store(&service.draining, true);
	say_connect(NULL);
	ck_assert_int_eq(say_mail(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	done_saying("exempt=local, verdict=pass, ");
}
END_TEST

START_TEST(a_list_that_refuses_us_has_no_say)
{
	begin("", "");
	say_connect(REFUSED);
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	done_saying(" verdict=pass, points=0, matches=0, hits=, lookups=1, ");
}
END_TEST

START_TEST(what_is_late_is_no_hit)
{
	int64_t waited_us;

	begin(", 'budget': '300ms'", "," HOPS_TOO);
	say_connect(SILENT);
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	waited_us = session->waited_us;
	ck_assert_int_ge(waited_us, 290000);
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);   /* nobody waits twice */
	ck_assert_int_eq(session->waited_us, waited_us);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	ck_assert_int_eq(session->waited_us, waited_us);
	done_saying(" verdict=pass, points=0, matches=0, hits=, lookups=1, cached=0, late=1, wait_ms=");
}
END_TEST

/* --- in no order -------------------------------------------------------------------------------------------------- */

static void do_step(char step)
{
	switch (step) {
	case 'c':
		say_connect(LISTED);
		break;
	case 'h':
		stage_helo(session, "mail.example");
		break;
	case 'm':
		say_mail();
		break;
	case 'r':
		say_rcpt();
		break;
	case 'H':
		stage_header(session, "Received", HOP);
		break;
	case 'e':
		say_eom();
		break;
	case 'd':
		stage_done(session);
		break;
	default:
		ck_abort_msg("no step is called %c", step);
	}
}

/* Steps, and the lines that come of them, when the session ends in the middle too. */
static const struct {
	const char *steps;
	int lines;                   /* written up to here; on_close() gives the message up before the session goes */
} tales[] = {
	{ "", 0 },
	{ "c", 0 },
	{ "ch", 0 },
	{ "chhhc", 0 },
	{ "chm", 0 },
	{ "chmd", 0 },
	{ "chmr", 1 },                         /* refused: told when the client gives up */
	{ "chmrd", 1 },
	{ "chmrrrd", 1 },
	{ "chmrdd", 1 },
	{ "chmrdmrd", 2 },
	{ "chmrm", 1 },                        /* a second MAIL: on_mail() ends the first message */
	{ "chmHH", 0 },
	{ "chme", 1 },                         /* no recipient: no MTA does this */
	{ "chmed", 1 },
	{ "chmeedd", 1 },
	{ "chmrHed", 1 },
	{ "chmrHedmrHed", 2 },
	{ "m", 0 },                            /* no connect */
	{ "mrHed", 1 },
	{ "cmrd", 1 },                         /* no HELO */
	{ "cr", 0 },                           /* no MAIL */
	{ "cH", 0 },
	{ "ce", 0 },
	{ "ced", 0 },
	{ "crHed", 0 },
	{ "r", 0 },
	{ "e", 0 },
	{ "d", 0 },
	{ "chmrdrHed", 1 },                    /* behind the end */
	{ "chmhr", 1 },                        /* HELO in the middle */
};

START_TEST(stands_any_order)
{
	int lines = 0;

	begin("", "," HOPS_TOO);
	for (const char *step = tales[_i].steps; *step != '\0'; step++) {
		if (*step == 'm')
			stage_done(session);   /* as on_mail() does */
		do_step(*step);
	}
	if (!session->in_message)
		ck_assert_int_eq(atomic_load(&service.messages), 0);
	stage_done(session);
	session_free(&session);
	while (loglines_next() != NULL)
		lines++;
	ck_assert_int_eq(lines, tales[_i].lines);
}
END_TEST

START_TEST(a_session_may_end_in_the_middle)
{
	begin("", "," HOPS_TOO);
	for (const char *step = tales[_i].steps; *step != '\0'; step++)
		do_step(*step);
	session_free(&session);                /* sanitizers look whether everything is given back */
	while (loglines_next() != NULL)
		;
}
END_TEST

START_TEST(without_mail_nothing_is_asked_or_refused)
{
	begin("", "," HOPS_TOO);
	say_connect(LISTED);
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	stage_header(session, "Received", HOP);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	ck_assert_uint_eq(edits.n_values + edits.n_strip, 0);
	ck_assert_uint_eq(session->facts.n_recipients + session->facts.n_hops, 0);
	ck_assert_uint_eq(dnsstub_asked(stub, "*") + dnsstub_asked(stub, "2.2.0.192.bl.example"), 0);
	done_in_silence();
}
END_TEST

/* --- out of memory: mail flows ------------------------------------------------------------------------------------ */

static void expect_out_of_memory(void)
{
	const char *line = loglines_next();

	ck_assert_ptr_nonnull(line);
	ck_assert_msg(strncmp(line, "error: out of memory for a session", 34) == 0, "%s", line);
}

START_TEST(without_memory_for_a_message_mail_flows)
{
	begin("", "");
	say_connect(LISTED);
	session->msg.cap_bytes = 100;
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(say_mail(), OUTCOME_GO_ON);
		ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
		stage_header(session, "Received", HOP);
		ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
		stage_done(session);
	}
	expect_out_of_memory();                /* once */
}
END_TEST

START_TEST(memory_ends_anywhere)
{
	begin("", "," HOPS_TOO);
	say_connect(LISTED);
	for (size_t cap = 0; cap < 6000; cap += 16) {
		int kind;

		session->msg.cap_bytes = cap;
		ck_assert_int_eq(say_mail(), OUTCOME_GO_ON);
		kind = say_rcpt();
		stage_header(session, "Received", HOP);
		if (kind == OUTCOME_GO_ON)
			say_eom();
		else
			ck_assert_str_eq(outcome.reply.text, "see " LISTED);
		stage_done(session);
		while (loglines_next() != NULL)
			;
	}
	session->msg.cap_bytes = SESSION_MSG_BYTES;
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_REFUSE);
	done_saying(" verdict=reject, ");
}
END_TEST

Suite *stage_suite(void)
{
	Suite *suite = suite_create("stage");
	TCase *tc = tcase_create("stage");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
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
	tcase_add_test(tc, discards_at_the_end_only);
	tcase_add_test(tc, drops_at_the_first_recipient);
	tcase_add_test(tc, quarantines_with_marks);
	tcase_add_test(tc, reroutes_all_recipients);
	tcase_add_test(tc, reroutes_nobody_by_half);
	tcase_add_test(tc, many_subjects);
	tcase_add_loop_test(tc, asks_for_headers_where_an_action_needs_them, 0, ROWS(headers_for));
	tcase_add_test(tc, nobody_waits_for_what_was_asked_at_connect);
	tcase_add_test(tc, what_was_asked_at_connect_is_dropped_where_a_rule_leaves_lists_out);
	tcase_add_loop_test(tc, many_exempt_recipients, 18, 20);
	tcase_add_loop_test(tc, exempt_from_some_lists, 0, ROWS(parts));
	tcase_add_loop_test(tc, asks_for_headers_where_it_needs_them, 0, ROWS(needs));
	tcase_add_loop_test(tc, counts_forged_flags, 0, ROWS(forgeries));
	tcase_add_loop_test(tc, removes_no_flood, 0, ROWS(floods));
	tcase_add_test(tc, flags_in_the_order_of_the_configuration);
	tcase_add_test(tc, ten_thousand_received_headers);
	tcase_add_loop_test(tc, a_local_submission_is_flagged_in_place_of_a_refusal, 0, ROWS(local_clients));
	tcase_add_test(tc, no_new_message_while_draining);
	tcase_add_test(tc, a_local_submission_while_draining);
	tcase_add_test(tc, a_list_that_refuses_us_has_no_say);
	tcase_add_test(tc, what_is_late_is_no_hit);
	tcase_add_loop_test(tc, stands_any_order, 0, ROWS(tales));
	tcase_add_loop_test(tc, a_session_may_end_in_the_middle, 0, ROWS(tales));
	tcase_add_test(tc, without_mail_nothing_is_asked_or_refused);
	tcase_add_test(tc, without_memory_for_a_message_mail_flows);
	tcase_add_test(tc, memory_ends_anywhere);
	suite_add_tcase(suite, tc);
	return suite;
}
