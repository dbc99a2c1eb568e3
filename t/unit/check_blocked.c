/* Tests of blocked: who is refused without a lookup, and whom an exception or his being here saves. */
#include <string.h>

#include "common/blocked.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

#define BLOCKED "'blocked': {'clients': ['251.70.2.53-251.70.2.60', '127.0.0.1'], 'clients_except': ['251.70.2.55']," \
		" 'senders': ['*@spam.example'], 'recipients': ['staff@*']}"

static const struct {
	const char *more;
	const char *client, *sender, *recipient;
	bool local;
	const char *message, *of_recipient;   /* words; NULL: not blocked */
} rows[] = {
	{ "", "251.70.2.52", "a@b", "c@d", false, NULL, NULL },
	{ "", "251.70.2.53", "a@b", "c@d", false, "client", NULL },
	{ "", "251.70.2.60", "a@b", "c@d", false, "client", NULL },
	{ "", "251.70.2.61", "a@b", "c@d", false, NULL, NULL },
	{ "", "251.70.2.55", "a@b", "c@d", false, NULL, NULL },
	{ "", "251.70.2.55", "a@spam.example", "c@d", false, "sender", NULL },
	{ "", "192.0.2.1", "a@spam.example", "c@d", false, "sender", NULL },
	{ "", "192.0.2.1", "A@Spam.Example", "c@d", false, "sender", NULL },
	{ "", "192.0.2.1", "a@xspam.example", "c@d", false, NULL, NULL },
	{ "", "192.0.2.1", "", "c@d", false, NULL, NULL },
	{ "", "192.0.2.1", "a@b", "<Staff@d>", false, NULL, "recipient" },
	{ "", "192.0.2.1", "a@b", "<staff>", false, NULL, "recipient" },
	{ "", "192.0.2.1", "a@b", "<staffs@d>", false, NULL, NULL },

	/* never */
	{ "", "", "a@spam.example", "staff@d", true, NULL, NULL },
	{ "", "127.0.0.1", "a@spam.example", "staff@d", true, NULL, NULL },
	{ "", "127.0.0.1", "a@spam.example", "staff@d", false, NULL, NULL },
	{ ", 'exceptions': {'clients': ['251.70.2.53']}", "251.70.2.53", "a@spam.example", "staff@d", false, NULL, NULL },
	{ ", 'exceptions': {'senders': ['a@*']}", "251.70.2.53", "a@spam.example", "staff@d", false, NULL, NULL },
	{ ", 'exceptions': {'rules': [{'sender': 'a@*', 'client': '251.70.2.*'}]}", "251.70.2.53", "a@spam.example", "staff@d", false,
	  NULL, NULL },

	/* these are no exceptions */
	{ ", 'lists': [{'name': 'x', 'zone': 'x.example'}], 'exceptions': {'rules': [{'sender': 'a@*', 'lists': ['x']}]}", "251.70.2.53",
	  "a@spam.example", "staff@d", false, "client", "recipient" },
	{ ", 'received': {'pop_clients': ['127.0.0.1']}", "127.0.0.1", "a@spam.example", "staff@d", false, "client", "recipient" },
	{ ", 'received': {'pop_clients': ['192.0.2.1']}", "192.0.2.1", "a@spam.example", "staff@d", false, "sender", "recipient" },

	/* a gateway's client is not known yet */
	{ ", 'relays': ['251.70.2.53']", "251.70.2.53", "a@spam.example", "staff@d", false, NULL, "recipient" },
};

/* Who is on the screen: put there by the list of that place, or by hand. */
static const struct {
	const char *more;
	const char *client, *login;
	size_t by;
	const char *word;
} screened[] = {
	{ "", "192.0.2.1", NULL, 0, "screen" },
	{ "", "192.0.2.1", NULL, LISTSET_MAX, "screen" },
	{ "", "251.70.2.53", NULL, 0, "client" },
	{ "", "251.70.2.55", NULL, 0, "screen" },
	{ "", "127.0.0.1", NULL, 0, NULL },
	{ "", "192.0.2.1", "user", 0, NULL },
	{ ", 'relays': ['192.0.2.1']", "192.0.2.1", NULL, 0, NULL },
	{ ", 'received': {'pop_clients': ['192.0.2.1']}", "192.0.2.1", NULL, 0, "screen" },
	{ ", 'exceptions': {'clients': ['192.0.2.1']}", "192.0.2.1", NULL, LISTSET_MAX, NULL },
	{ ", 'exceptions': {'rules': [{'client': '192.0.2.1', 'lists': ['x']}]}", "192.0.2.1", NULL, 0, NULL },
	{ ", 'exceptions': {'rules': [{'client': '192.0.2.1', 'lists': ['x']}]}", "192.0.2.1", NULL, 1, "screen" },
	{ ", 'exceptions': {'rules': [{'client': '192.0.2.1', 'lists': ['x']}]}", "192.0.2.1", NULL, LISTSET_MAX, "screen" },
};

START_TEST(who_is_on_the_screen)
{
	struct ruleset *rules = fixture_rulesf("{'lists': [{'name': 'x', 'zone': 'x.example'}, {'name': 'y', 'zone': 'y.example'}], "
					       BLOCKED "%s}", screened[_i].more);
	struct facts facts = { .client = fixture_addr(screened[_i].client), .login = screened[_i].login, .sender = "a@b",
			       .screened = true, .screened_by = screened[_i].by };

	ck_assert_pstr_eq(blocked_word(blocked_message(rules, &facts)), screened[_i].word);
	facts.screened = false;
	ck_assert_pstr_ne(blocked_word(blocked_message(rules, &facts)), "screen");
	ruleset_unref(&rules);
}
END_TEST

START_TEST(who)
{
	struct ruleset *rules = fixture_rulesf("{" BLOCKED "%s}", rows[_i].more);
	struct facts facts = { .client = fixture_addr(rows[_i].client), .local = rows[_i].local, .sender = rows[_i].sender };

	ck_assert_pstr_eq(blocked_word(blocked_message(rules, &facts)), rows[_i].message);
	ck_assert_pstr_eq(blocked_word(blocked_recipient(rules, &facts, rows[_i].recipient)), rows[_i].of_recipient);
	ruleset_unref(&rules);
}
END_TEST

Suite *blocked_suite(void)
{
	Suite *suite = suite_create("blocked");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, who, 0, ROWS(rows));
	tcase_add_loop_test(tcase, who_is_on_the_screen, 0, ROWS(screened));
	suite_add_tcase(suite, tcase);
	return suite;
}
