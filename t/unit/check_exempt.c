/* Tests of exempt: which rule exempts the client and which a hop, and which of several is told. */
#include <string.h>

#include "common/exempt.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

#define CLIENTS "'exceptions': {'clients': ['192.0.2.0/24', '2001:db8::/32', '198.51.100.*']}"

/* The reasons of the client and of one Received address; NULL: asked about. */
static const struct {
	const char *json;
	const char *client, *login;   /* client "": none; "local" in place of a login: a local submission */
	const char *hop;
	const char *client_reason, *hop_reason;
} rows[] = {
	{ "", "203.0.113.1", NULL, "203.0.113.2", NULL, NULL },

	/* always */
	{ "", "127.0.0.1", NULL, "203.0.113.2", "local", "from-exempt" },
	{ "", "127.255.255.255", NULL, "203.0.113.2", "local", "from-exempt" },
	{ "", "::1", NULL, "203.0.113.2", "local", "from-exempt" },
	{ "", "::ffff:127.0.0.1", NULL, "203.0.113.2", "local", "from-exempt" },
	{ "", "203.0.113.1", "local", "203.0.113.2", "local", "from-exempt" },
	{ "", "", "local", "203.0.113.2", "local", "from-exempt" },
	{ "", "203.0.113.1", NULL, "127.0.0.1", NULL, "local" },
	{ "", "203.0.113.1", NULL, "::1", NULL, "local" },
	{ "", "10.0.0.1", NULL, "192.168.0.1", NULL, NULL },   /* private ones are for query to leave out */

	/* exceptions.clients */
	{ CLIENTS, "192.0.2.77", NULL, "203.0.113.2", "client", "from-exempt" },
	{ CLIENTS, "2001:db8:1::1", NULL, "203.0.113.2", "client", "from-exempt" },
	{ CLIENTS, "198.51.100.255", NULL, "203.0.113.2", "client", "from-exempt" },
	{ CLIENTS, "198.51.101.0", NULL, "203.0.113.2", NULL, NULL },
	{ CLIENTS, "203.0.113.1", NULL, "192.0.2.77", NULL, "client" },
	{ CLIENTS, "", NULL, "192.0.2.77", NULL, "client" },
	{ "'exceptions': {'clients': ['127.0.0.0/8']}", "127.0.0.1", NULL, "127.0.0.2", "local", "from-exempt" },

	/* skip_from_exempt */
	{ CLIENTS ", 'received': {'skip_from_exempt': false}", "192.0.2.77", NULL, "203.0.113.2", "client", NULL },
	{ CLIENTS ", 'received': {'skip_from_exempt': false}", "192.0.2.77", NULL, "192.0.2.78", "client", "client" },
	{ "'received': {'skip_from_exempt': false}", "127.0.0.1", NULL, "203.0.113.2", "local", NULL },
	{ "'received': {'skip_from_exempt': false}", "127.0.0.1", NULL, "127.0.0.1", "local", "local" },
	{ "'received': {'skip_from_exempt': false}", "", "local", "203.0.113.2", "local", NULL },

	/* logins: no lookups for the session at all */
	{ "", "203.0.113.1", "user", "203.0.113.2", "authenticated", "authenticated" },
	{ "'received': {'skip_from_exempt': false}", "203.0.113.1", "user", "203.0.113.2", "authenticated", "authenticated" },
	{ "'exceptions': {'authenticated': false}", "203.0.113.1", "user", "203.0.113.2", NULL, NULL },
	{ CLIENTS, "192.0.2.77", "user", "203.0.113.2", "authenticated", "authenticated" },
	{ "'exceptions': {'authenticated': false, 'clients': ['192.0.2.77']}", "192.0.2.77", "user", "203.0.113.2", "client",
	  "from-exempt" },
};

/* The client's own address, as the table of recent logins knows it. */
static const struct {
	const char *more;
	bool recent;
	const char *client_reason, *hop_reason;
} logins[] = {
	{ "", true, NULL, NULL },
	{ "'exceptions': {'recent_logins': true}", false, NULL, NULL },
	{ "'exceptions': {'recent_logins': true}", true, "recent-login", "from-exempt" },
	{ "'exceptions': {'recent_logins': true}, 'received': {'skip_from_exempt': false}", true, "recent-login", NULL },
	{ "'exceptions': {'recent_logins': true, 'clients': ['203.0.113.1']}", true, "client", "from-exempt" },
	{ "'exceptions': {'recent_logins': true}, 'relays': ['203.0.113.1']", true, "relay", "relay" },
};

static void compare_word(const char *word, const char *want)
{
	ck_assert_msg((word == NULL) == (want == NULL) && (word == NULL || strcmp(word, want) == 0), "%s is not %s",
		      word != NULL ? word : "nothing", want != NULL ? want : "nothing");
}

START_TEST(reasons)
{
	struct ruleset *rules = fixture_rulesf("{%s}", rows[_i].json);
	bool local = rows[_i].login != NULL && strcmp(rows[_i].login, "local") == 0;
	struct facts facts = { .client = fixture_addr(rows[_i].client), .local = local };
	struct subject item[2] = { { .kind = SUBJECT_CLIENT, .addr = facts.client, .exempt = EXEMPT_AUTHENTICATED },
				   { .kind = SUBJECT_RECEIVED, .addr = fixture_addr(rows[_i].hop) } };
	struct subjects subjects = { .item = item, .n = 2 };

	facts.login = local ? NULL : rows[_i].login;
	exempt_mark(rules, &facts, &subjects);
	compare_word(exempt_word(item[0].exempt), rows[_i].client_reason);
	compare_word(exempt_word(item[1].exempt), rows[_i].hop_reason);
	ck_assert_int_eq(exempt_client(rules, &facts), item[0].exempt);
	ruleset_unref(&rules);
}
END_TEST

START_TEST(recent_logins)
{
	struct ruleset *rules = fixture_rulesf("{%s}", logins[_i].more);
	struct facts facts = { .client = fixture_addr("203.0.113.1"), .recent_login = logins[_i].recent };
	struct subject item[2] = { { .kind = SUBJECT_CLIENT, .addr = facts.client },
				   { .kind = SUBJECT_RECEIVED, .addr = fixture_addr("203.0.113.2") } };
	struct subjects subjects = { .item = item, .n = 2 };

	exempt_mark(rules, &facts, &subjects);
	compare_word(exempt_word(item[0].exempt), logins[_i].client_reason);
	compare_word(exempt_word(item[1].exempt), logins[_i].hop_reason);
	ruleset_unref(&rules);
}
END_TEST

/* --- hosts, senders, rules ---------------------------------------------------------------------------------------- */

#define LISTS "'lists': [{'name': 'one', 'zone': 'one.example'}, {'name': 'two', 'zone': 'two.example'}], "
#define RULES(rules) LISTS "'exceptions': {'rules': [" rules "]}"
#define DAY_END INT64_C(1801440000)   /* 2027-02-01 00:00:00 UTC */

static const struct {
	const char *json;
	const char *client, *name, *helo, *sender;   /* NULL: not known */
	int64_t now_s;
	const char *word;            /* as the log has it */
	const char *hop;             /* of a Received address; NULL: asked about */
	const char *lists;           /* a digit each that is left out */
} conditions[] = {
	{ "'exceptions': {'hosts': ['*.example.net']}", "203.0.113.1", "MX.Example.Net", NULL, "a@b", 0, "host", "from-exempt", "" },
	{ "'exceptions': {'hosts': ['*.example.net']}", "203.0.113.1", "mx.example.net.x", NULL, "a@b", 0, "", NULL, "" },
	{ "'exceptions': {'hosts': ['*']}", "203.0.113.1", NULL, "mx.example.net", "a@b", 0, "", NULL, "" },
	{ "'exceptions': {'trusted_hosts': ['203.0.113.0/31']}", "203.0.113.1", NULL, NULL, "a@b", 0, "trusted-host", "from-exempt", "" },
	{ "'exceptions': {'trusted_hosts': ['203.0.113.0/32']}", "203.0.113.1", NULL, NULL, "a@b", 0, "", NULL, "" },
	{ "'exceptions': {'trusted_hosts': ['198.51.100.7']}", "203.0.113.1", NULL, NULL, "a@b", 0, "", "trusted-host", "" },
	{ "'exceptions': {'senders': ['*@b']}", "203.0.113.1", NULL, NULL, "A@B", 0, "sender", "sender", "" },
	{ "'exceptions': {'senders': ['*@b']}", "203.0.113.1", NULL, NULL, "@x,@y:\"a\"@b", 0, "sender", "sender", "" },
	{ "'exceptions': {'senders': ['*@b']}", "203.0.113.1", NULL, NULL, "a@b.example", 0, "", NULL, "" },
	{ "'exceptions': {'senders': ['*@b']}", "203.0.113.1", NULL, NULL, NULL, 0, "", NULL, "" },
	{ "'exceptions': {'senders': ['<>']}", "203.0.113.1", NULL, NULL, "", 0, "sender", "sender", "" },
	{ "'exceptions': {'senders': ['<>']}", "203.0.113.1", NULL, NULL, "a@b", 0, "", NULL, "" },
	{ "'exceptions': {'senders': ['*@b'], 'clients': ['203.0.113.1']}", "203.0.113.1", NULL, NULL, "a@b", 0, "sender", "sender", "" },

	/* every condition must hold */
	{ RULES("{'client': '203.0.113.0/24'}"), "203.0.113.255", NULL, NULL, "a@b", 0, "rule[0]", "rule", "" },
	{ RULES("{'client': '203.0.113.0/24'}"), "203.0.114.0", NULL, NULL, "a@b", 0, "", NULL, "" },
	{ RULES("{'host': 'mx.*'}"), "203.0.113.1", "mx.example", NULL, "a@b", 0, "rule[0]", "rule", "" },
	{ RULES("{'host': 'mx.*'}"), "203.0.113.1", NULL, "mx.example", "a@b", 0, "", NULL, "" },
	{ RULES("{'helo': 'mx.*'}"), "203.0.113.1", NULL, "mx.example", "a@b", 0, "rule[0]", "rule", "" },
	{ RULES("{'helo': 'mx.*'}"), "203.0.113.1", "mx.example", NULL, "a@b", 0, "", NULL, "" },
	{ RULES("{'sender': 'a@*', 'helo': 'mx.*', 'client': '203.0.113.1', 'host': '*.example'}"), "203.0.113.1", "m.example",
	  "mx.x", "a@b", 0, "rule[0]", "rule", "" },
	{ RULES("{'sender': 'a@*', 'helo': 'mx.*', 'client': '203.0.113.1', 'host': '*.example'}"), "203.0.113.2", "m.example",
	  "mx.x", "a@b", 0, "", NULL, "" },
	{ RULES("{'sender': 'a@*', 'helo': 'mx.*', 'client': '203.0.113.1', 'host': '*.example'}"), "203.0.113.1", "m.example",
	  "my.x", "a@b", 0, "", NULL, "" },
	{ RULES("{'sender': 'x@*'}, {'sender': 'a@*'}"), "203.0.113.1", NULL, NULL, "a@b", 0, "rule[1]", "rule", "" },
	{ RULES("{'sender': 'a@*', 'recipient': 'b@*'}"), "203.0.113.1", NULL, NULL, "a@b", 0, "", NULL, "" },

	/* until the day's last second */
	{ RULES("{'sender': 'a@*', 'until': '2027-01-31'}"), "203.0.113.1", NULL, NULL, "a@b", DAY_END - 1, "rule[0]", "rule", "" },
	{ RULES("{'sender': 'a@*', 'until': '2027-01-31'}"), "203.0.113.1", NULL, NULL, "a@b", DAY_END, "", NULL, "" },

	/* some lists */
	{ RULES("{'sender': 'a@*', 'lists': ['two']}"), "203.0.113.1", NULL, NULL, "a@b", 0, "rule[0]", NULL, "1" },
	{ RULES("{'sender': 'a@*', 'lists': ['two']}, {'sender': '*@b', 'lists': ['one']}"), "203.0.113.1", NULL, NULL, "a@b", 0,
	  "rule[0]", NULL, "01" },
	{ RULES("{'sender': 'a@*', 'lists': ['two']}, {'sender': '*@b'}"), "203.0.113.1", NULL, NULL, "a@b", 0, "rule[1]", "rule", "" },
	{ "'received': {'skip_from_exempt': false, 'pop_clients': ['203.0.113.1']}, " RULES("{'sender': 'a@*', 'lists': ['two']}"),
	  "203.0.113.1", NULL, NULL, "a@b", 0, "pop", NULL, "1" },

	/* fetched mail, gateways */
	{ "'received': {'pop_clients': ['127.0.0.1']}", "127.0.0.1", NULL, NULL, "a@b", 0, "pop", NULL, "" },
	{ "'received': {'pop_clients': ['127.0.0.1']}", "127.0.0.2", NULL, NULL, "a@b", 0, "local", "from-exempt", "" },
	{ "'relays': ['203.0.113.1'], 'exceptions': {'clients': ['203.0.113.1']}", "203.0.113.1", NULL, NULL, "a@b", 0, "relay", "relay", "" },
};

START_TEST(holds)
{
	struct ruleset *rules = fixture_rulesf("{%s}", conditions[_i].json);
	struct facts facts = { .client = fixture_addr(conditions[_i].client), .client_name = conditions[_i].name,
			       .helo = conditions[_i].helo, .sender = conditions[_i].sender, .now_s = conditions[_i].now_s };
	struct subject item[2] = { { .kind = SUBJECT_CLIENT, .addr = facts.client },
				   { .kind = SUBJECT_RECEIVED, .addr = fixture_addr("198.51.100.7") } };
	struct subjects subjects = { .item = item, .n = 2 };
	struct exemption exemption;
	char buf[40];
	struct text text = text_over(buf, sizeof buf);

	exempt_message(rules, &facts, &exemption);
	exempt_describe(&exemption, &text);
	ck_assert_str_eq(buf, conditions[_i].word);
	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(listset_has(&exemption.lists, i), strchr(conditions[_i].lists, '0' + (int)i) != NULL);
	exempt_mark(rules, &facts, &subjects);
	compare_word(exempt_word(item[1].exempt), conditions[_i].hop);
	ck_assert_int_eq(item[0].exempt != EXEMPT_NOT, exempt_is_whole(&exemption));
	ruleset_unref(&rules);
}
END_TEST

START_TEST(of_fetched_mail_the_sender_is_asked_about)
{
	struct ruleset *rules = fixture_rules("{'received': {'pop_clients': ['127.0.0.1']}}");
	struct facts facts = { .client = fixture_addr("127.0.0.1") };
	struct subject item[SUBJECT_KINDS];
	struct subjects subjects = { .item = item, .n = SUBJECT_KINDS };

	for (enum subject_kind kind = SUBJECT_CLIENT; kind < SUBJECT_KINDS; kind++)
		item[kind] = (struct subject){ .kind = kind, .addr = fixture_addr("203.0.113.1") };
	exempt_mark(rules, &facts, &subjects);
	for (enum subject_kind kind = SUBJECT_CLIENT; kind < SUBJECT_KINDS; kind++)
		ck_assert_int_eq(item[kind].exempt == EXEMPT_NOT,
				 kind == SUBJECT_RECEIVED || kind == SUBJECT_SENDER || kind == SUBJECT_FROM);
	ruleset_unref(&rules);
}
END_TEST

static const struct {
	const char *recipient;
	bool named;
	unsigned rules;              /* a bit each */
} recipients[] = {
	{ "<abuse@example.org>", true, 0 },  { "abuse@b", true, 0 },          { "<ABUSE@B>", true, 0 },
	{ "<abuse>", true, 0 },              { "<@x:abuse@b>", true, 0 },     { "<xabuse@b>", false, 0 },
	{ "<abuse.x@b>", false, 0 },         { "<\"abuse@b\"@c>", false, 0 }, { "<a@one.example>", false, 1 },
	{ "<b@one.example>", false, 3 },     { "<b@two.example>", false, 2 }, { "<>", false, 0 },
	{ "", false, 0 },                    { "<c@two.example>", false, 0 },
};

START_TEST(of_recipients)
{
	struct ruleset *rules = fixture_rules("{'exceptions': {'rules': [{'recipient': '*@one.example'}, {'recipient': 'b@*'}, {'client': '192.0.2.1'}]}}");
	struct exempt_rules which;

	ck_assert_int_eq(exempt_recipient(rules, recipients[_i].recipient, &which), recipients[_i].named);
	ck_assert_uint_eq(which.bits[0], recipients[_i].rules);
	ruleset_unref(&rules);
}
END_TEST

START_TEST(nobody)
{
	struct ruleset *rules = fixture_rules("{}");
	struct facts facts = { .local = true };
	struct subjects subjects = { .item = NULL };

	exempt_mark(rules, &facts, &subjects);
	ck_assert_ptr_null(exempt_word(EXEMPT_NOT));
	ruleset_unref(&rules);
}
END_TEST

Suite *exempt_suite(void)
{
	Suite *suite = suite_create("exempt");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, reasons, 0, ROWS(rows));
	tcase_add_loop_test(tcase, recent_logins, 0, ROWS(logins));
	tcase_add_loop_test(tcase, holds, 0, ROWS(conditions));
	tcase_add_test(tcase, of_fetched_mail_the_sender_is_asked_about);
	tcase_add_loop_test(tcase, of_recipients, 0, ROWS(recipients));
	tcase_add_test(tcase, nobody);
	suite_add_tcase(suite, tcase);
	return suite;
}
