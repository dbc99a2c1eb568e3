/* Tests of origin: the client behind our own gateways, and where counting begins. */
#include <stdlib.h>
#include <string.h>

#include "common/origin.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

enum { HOPS_MAX = 8 };

static const struct {
	const char *client;
	bool local;
	enum origin origin;
	const char *hops;            /* newest first; "-" has no address */
	const char *found;           /* NULL: nobody */
	size_t first_hop;
} rows[] = {
	{ "203.0.113.1", false, ORIGIN_SMTP, "198.51.100.1", NULL, 0 },
	{ "192.0.2.4", false, ORIGIN_SMTP, "198.51.100.1", NULL, 0 },
	{ "192.0.2.5", false, ORIGIN_RELAY, "198.51.100.1", "198.51.100.1", 1 },
	{ "192.0.2.9", false, ORIGIN_RELAY, "198.51.100.1", "198.51.100.1", 1 },
	{ "192.0.2.10", false, ORIGIN_SMTP, "198.51.100.1", NULL, 0 },
	{ "2001:db8::1", false, ORIGIN_RELAY, "2001:db8::2 198.51.100.1", "2001:db8::2", 1 },
	{ "192.0.2.5", false, ORIGIN_RELAY, "192.0.2.9 127.0.0.1 - ::1 198.51.100.1 203.0.113.7", "198.51.100.1", 5 },
	{ "192.0.2.5", false, ORIGIN_RELAY, "10.0.0.1 198.51.100.1", "10.0.0.1", 1 },
	{ "192.0.2.5", false, ORIGIN_RELAY, "198.51.100.1 192.0.2.6 198.51.100.2", "198.51.100.1", 1 },
	{ "192.0.2.5", false, ORIGIN_RELAY, "", NULL, 0 },
	{ "192.0.2.5", false, ORIGIN_RELAY, "- 192.0.2.6 127.0.0.1", NULL, 0 },
	{ "127.0.0.2", false, ORIGIN_RELAY, "198.51.100.1", "198.51.100.1", 1 },   /* who names it means it */
	{ "127.0.0.2", true, ORIGIN_LOCAL, "198.51.100.1", NULL, 0 },
	{ "127.0.0.1", false, ORIGIN_POP, "198.51.100.1", NULL, 0 },
	{ "127.0.0.1", true, ORIGIN_LOCAL, "198.51.100.1", NULL, 0 },
	{ "", true, ORIGIN_LOCAL, "198.51.100.1", NULL, 0 },
};

static size_t read_hops(struct hop hops[HOPS_MAX], const char *text)
{
	char *copy = strdup(text), *rest = copy, *word;
	size_t n = 0;

	while ((word = strsep(&rest, " ")) != NULL)
		if (word[0] != '\0')
			hops[n++] = (struct hop){ .addr = fixture_addr(word[0] == '-' ? "" : word) };
	free(copy);
	return n;
}

START_TEST(where_from)
{
	struct ruleset *rules = fixture_rules("{'relays': ['192.0.2.5-192.0.2.9', '2001:db8::1', '127.0.0.2'],"
					      " 'received': {'pop_clients': ['127.0.0.1']}}");
	struct ipaddr client = fixture_addr(rows[_i].client), found = fixture_addr(rows[_i].found != NULL ? rows[_i].found : "");
	struct hop hops[HOPS_MAX] = { { .authenticated = false } };
	struct facts facts = { .client = client, .client_name = "gw.example", .local = rows[_i].local, .hops = hops };

	facts.n_hops = read_hops(hops, rows[_i].hops);
	ck_assert_int_eq(origin_of(rules, &facts), rows[_i].origin);
	ck_assert_ptr_eq(origin_window(rules, &facts), rows[_i].origin == ORIGIN_POP ? &rules->received.pop : &rules->received.smtp);
	ck_assert_int_eq(origin_find_client(rules, &facts), rows[_i].found != NULL);
	ck_assert_uint_eq(facts.first_hop, rows[_i].first_hop);
	if (rows[_i].found != NULL) {
		ck_assert(ipaddr_equal(&facts.client, &found) && ipaddr_equal(&facts.relay, &client));
		ck_assert_ptr_null(facts.client_name);
		ck_assert_str_eq(facts.relay_name, "gw.example");
		ck_assert_int_eq(origin_of(rules, &facts), ORIGIN_BEHIND);
		ck_assert(!origin_find_client(rules, &facts));
	}
	origin_forget_client(&facts);
	ck_assert(ipaddr_equal(&facts.client, &client) && !ipaddr_is_set(&facts.relay));
	ck_assert_str_eq(facts.client_name, "gw.example");
	ck_assert_uint_eq(facts.first_hop, 0);
	ruleset_unref(&rules);
}
END_TEST

Suite *origin_suite(void)
{
	Suite *suite = suite_create("origin");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, where_from, 0, ROWS(rows));
	suite_add_tcase(suite, tcase);
	return suite;
}
