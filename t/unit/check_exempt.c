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

static void check_word(const char *word, const char *want)
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
	check_word(exempt_word(item[0].exempt), rows[_i].client_reason);
	check_word(exempt_word(item[1].exempt), rows[_i].hop_reason);
	ck_assert_int_eq(exempt_client(rules, &facts), item[0].exempt);
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
	tcase_add_test(tcase, nobody);
	suite_add_tcase(suite, tcase);
	return suite;
}
