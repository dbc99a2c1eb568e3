/* Tests of the checks at the stages of a message: when they are asked, that they wait for nothing else, and what their failure
 * brings about. Against a DNS server of the test's own. */
#include "t/unit/fixture.h"
#include "t/unit/say.h"
#include "t/unit/suites.h"

#define ON "{'enabled': true}"
#define ALL "'checks': {'mail_from': " ON ", 'reverse_dns': " ON ", 'helo': " ON "}"
#define GOOD "192.0.2.1"         /* its name leads back */
#define WRONG "192.0.2.2"        /* another one's does */
#define NAMELESS "192.0.2.3"
#define MUTE "192.0.2.4"         /* nobody answers for it */
#define LIST "'lists': [{'name': 'demo', 'zone': 'bl.example'}]"

static const struct dnsstub_rule answers[] = {
	{ "1.2.0.192.in-addr.arpa PTR", "an @ 300 PTR alias.example; an @ 300 PTR mail.example", NULL },
	{ "2.2.0.192.in-addr.arpa PTR", "an @ 300 PTR mail.example", NULL },
	{ "4.2.0.192.in-addr.arpa PTR", "silent", NULL },
	{ "mail.example A", "an @ 300 A 192.0.2.1", NULL },
	{ "example.net MX", "an @ 300 MX mail.example", NULL },
	{ "none.example MX", "an @ 300 MX .", NULL },
	{ "broken.example", "rcode 2", NULL },
	{ "3.2.0.192.bl.example", "an @ 300 A 127.0.0.2", NULL },
	{ "*", "rcode 3; ns @ 60 SOA 60", NULL },
	{ NULL, NULL, NULL },
};

static void set_up(void)
{
	say_set_up(answers);
}

/* `dns` are members of "dns", with a comma before them; `more` of the whole. */
static void begin(const char *dns, const char *more)
{
	say_begin(fixture_rulesf("{'dns': {'servers': ['%s'], 'timeout': '4s', 'tries': 1%s}, %s}", dnsstub_address(stub), dns, more));
}

static const struct {
	const char *more;
	const char *client, *name, *helo, *sender, *login;
	int rcpt;
	const char *words;
	const char *reply;           /* of a refusal; of a flag: the header */
} messages[] = {
	{ ALL, GOOD, "unknown", "mail.example", "<a@example.net>", NULL, OUTCOME_GO_ON, " verdict=pass, points=0, matches=0, hits=, lookups=8, ",
	  NULL },
	{ ALL, GOOD, "unknown", "mail.example", "<>", NULL, OUTCOME_GO_ON, " verdict=pass, points=0, matches=0, hits=, lookups=5, ", NULL },
	{ ALL, GOOD, "mail.example", "mail.example", "<>", NULL, OUTCOME_GO_ON, " hits=, lookups=2, ", NULL },
	{ ALL, WRONG, "unknown", "mail.example", "<>", NULL, OUTCOME_REFUSE, " verdict=reject, points=100, matches=1, "
	  "hits=reverse_dns:client:not-confirmed, ", "Mail is refused: 192.0.2.2 has no valid name in the DNS (not-confirmed)" },
	{ ALL, NAMELESS, "[192.0.2.3]", "mail.example", "<>", NULL, OUTCOME_REFUSE, " hits=reverse_dns:client:no-ptr, ",
	  "Mail is refused: 192.0.2.3 has no valid name in the DNS (no-ptr)" },
	{ ALL, GOOD, "x", "nobody", "<>", NULL, OUTCOME_REFUSE, " hits=helo:helo:no-address, ",
	  "Mail is refused: the HELO name nobody is not valid (no-address)" },
	{ ALL, GOOD, "x", "a\tb", "<>", NULL, OUTCOME_REFUSE, " hits=helo:helo:bad-name, ",
	  "Mail is refused: the HELO name a?b is not valid (bad-name)" },
	{ ALL, GOOD, "x", "[192.0.2.1]", "<a@none.example>", NULL, OUTCOME_REFUSE, " hits=mail_from:sender:null-mx, lookups=3, ",
	  "Mail is refused: the sender's domain none.example takes no mail (null-mx)" },
	{ ALL, GOOD, "x", "broken.example", "<a@broken.example>", NULL, OUTCOME_GO_ON, " verdict=pass, points=0, matches=0, hits=, lookups=3, "
	  "cached=0, failed=", NULL },   /* with the first failures it is over */
	{ ALL, NAMELESS, "x.", "a b", "<a@b..c>", "user", OUTCOME_GO_ON, " exempt=authenticated, verdict=pass, points=0, matches=0, hits=, lookups=0, ", NULL },
	{ ALL ", 'exceptions': {'clients': ['192.0.2.3']}", NAMELESS, "unknown", "a b", "<a@b..c>", NULL, OUTCOME_GO_ON,
	  " exempt=client, verdict=pass, points=0, matches=0, hits=, lookups=0, ", NULL },
	{ ALL ", 'exceptions': {'rules': [{'client': '192.0.2.3', 'lists': ['reverse_dns', 'helo']}]}", NAMELESS, "unknown", "a b",
	  "<a@none.example>", NULL, OUTCOME_REFUSE, " points=100, matches=1, hits=mail_from:sender:null-mx, lookups=3, ",
	  "Mail is refused: the sender's domain none.example takes no mail (null-mx)" },

	/* together with lists: each is a match of its own */
	{ ALL "," LIST ", 'actions': [{'when': {'matches': 4}, 'do': ['reject']}]", NAMELESS, "unknown", "nobody", "<a@none.example>", NULL,
	  OUTCOME_REFUSE, " points=400, matches=4, hits=demo:client:127.0.0.2,mail_from:sender:null-mx,reverse_dns:client:no-ptr,"
	  "helo:helo:no-address, lookups=7, ", "Mail is refused: 192.0.2.3 is listed by demo" },
	{ ALL "," LIST ", 'actions': [{'when': {'matches': 5}, 'do': ['reject']}, {'when': {'matches': 4}, 'do': ['prefix']}]", NAMELESS,
	  "unknown", "nobody", "<a@none.example>", NULL, OUTCOME_GO_ON, " verdict=prefix, points=400, matches=4, ", NULL },
	{ ALL ", 'actions': [{'when': {'points': 100, 'subjects': ['client']}, 'do': ['reject']}, {'when': {'matches': 1}, 'do': ['prefix']}]", GOOD, "x",
	  "nobody", "<>", NULL, OUTCOME_GO_ON, " verdict=prefix, points=100, matches=1, hits=helo:helo:no-address, ", NULL },
	{ "'checks': {'helo': {'enabled': true, 'points': 30, 'header': '{subject} {list} {answer} {reason} {points}'}}", GOOD, "x", "nobody",
	  "<>", NULL, OUTCOME_GO_ON, " verdict=flag, points=30, matches=1, ", "nobody helo no-address no-address 30" },
	{ "'checks': {'helo': {'enabled': true, 'mode': 'shadow'}}", GOOD, "x", "nobody", "<>", NULL,
	  OUTCOME_GO_ON, " verdict=pass, points=0, matches=0, ", NULL },   /* it may not even be waited for */
};

START_TEST(comes_to_its_verdict)
{
	begin("", messages[_i].more);
	say_connect_as(messages[_i].client, messages[_i].name);
	stage_helo(session, messages[_i].helo);
	say_mail_from(messages[_i].sender, messages[_i].login);
	ck_assert_int_eq(say_rcpt(), messages[_i].rcpt);
	if (messages[_i].rcpt == OUTCOME_REFUSE) {
		ck_assert_str_eq(outcome.reply.text, messages[_i].reply);
	} else {
		ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
		ck_assert_uint_eq(edits.n_values, messages[_i].reply != NULL);
		if (messages[_i].reply != NULL)
			ck_assert_str_eq(edits.values[0], messages[_i].reply);
	}
	say_done(messages[_i].words);
}
END_TEST

/* Whoever answers for a client is away: the message waits as long as it may, and passes. */
START_TEST(silence_is_no_failure)
{
	begin(", 'budget': '100ms'", ALL);
	say_connect_as(MUTE, "unknown");
	stage_helo(session, "mail.example");
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	say_done(" verdict=pass, points=0, matches=0, hits=, lookups=6, cached=0, late=1, ");
}
END_TEST

START_TEST(the_second_message_asks_nobody)
{
	begin("", ALL);
	say_connect_as(GOOD, "unknown");
	stage_helo(session, "mail.example");
	for (int i = 0; i < 2; i++) {
		say_mail();
		ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
		ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
		say_done(i == 0 ? "lookups=8, " : "lookups=8, cached=8, ");
		say_await(0);              /* what nobody waits for comes too */
	}
	ck_assert_uint_eq(dnsstub_asked(stub, "1.2.0.192.in-addr.arpa PTR"), 1);
	ck_assert_uint_eq(dnsstub_asked(stub, "mail.example A"), 1);   /* for HELO and for the client's name */
	ck_assert_uint_eq(dnsstub_asked(stub, "example.net MX"), 1);
}
END_TEST

START_TEST(prefetched)
{
	begin(", 'prefetch': true", ALL ", 'cache': {'enabled': false}");
	say_connect_as(WRONG, "unknown");
	dnsstub_await(stub, 2);                    /* the client's name, and the address of that */
	stage_helo(session, "[192.0.2.2]");
	say_mail_from("<>", NULL);
	ck_assert_int_eq(say_rcpt(), OUTCOME_REFUSE);
	ck_assert_uint_eq(dnsstub_asked(stub, "2.2.0.192.in-addr.arpa PTR"), 1);
	say_done("hits=reverse_dns:client:not-confirmed, lookups=2, ");
}
END_TEST

START_TEST(prefetched_for_nothing)
{
	begin(", 'prefetch': true", ALL);
	say_connect_as(WRONG, "unknown");
	say_mail_from("<>", "user");
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	say_done(" exempt=authenticated, verdict=pass, points=0, matches=0, hits=, lookups=0, ");
}
END_TEST

/* The client behind one of our gateways is checked as soon as it is known; the gateway's HELO never is. */
START_TEST(behind_a_gateway)
{
	begin("", ALL ", 'relays': ['192.0.2.1']");
	say_connect_as(GOOD, "unknown");
	stage_helo(session, "a b");
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	stage_header(session, "Received", "from h (h [" WRONG "]) by x with ESMTP id 1");
	ck_assert_int_eq(say_eom(), OUTCOME_REFUSE);
	say_done(" points=100, matches=1, hits=reverse_dns:client:not-confirmed, lookups=5, ");
}
END_TEST

START_TEST(a_local_submission)
{
	begin("", ALL);
	say_connect_as(NULL, "localhost");
	stage_helo(session, "a b");
	say_mail_from("<root@b..c>", NULL);
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	say_done(" exempt=local, verdict=pass, points=0, matches=0, hits=, lookups=0, ");
}
END_TEST

/* The client goes first, then its lists, and all of them together stay within the bound. */
START_TEST(bounded)
{
	begin(", 'max_queries': 3", ALL "," LIST);
	say_connect_as(WRONG, "unknown");
	stage_helo(session, "nobody");
	say_mail_from("<a@none.example>", NULL);
	ck_assert_int_eq(say_rcpt(), OUTCOME_REFUSE);
	say_done("hits=reverse_dns:client:not-confirmed, lookups=3, ");
}
END_TEST

Suite *stage_checks_suite(void)
{
	Suite *suite = suite_create("stage_checks");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, set_up, say_tear_down);
	tcase_add_loop_test(tcase, comes_to_its_verdict, 0, ROWS(messages));
	tcase_add_test(tcase, silence_is_no_failure);
	tcase_add_test(tcase, the_second_message_asks_nobody);
	tcase_add_test(tcase, prefetched);
	tcase_add_test(tcase, prefetched_for_nothing);
	tcase_add_test(tcase, behind_a_gateway);
	tcase_add_test(tcase, a_local_submission);
	tcase_add_test(tcase, bounded);
	suite_add_tcase(suite, tcase);
	return suite;
}
