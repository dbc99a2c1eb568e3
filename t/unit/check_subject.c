/* Tests of subject: the client, the hops that the rules take, each address once. */
#include <stdlib.h>
#include <string.h>

#include "common/subject.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

enum { ARENA_BYTES = 100000 };

START_TEST(words)
{
	static const char *const want[SUBJECT_KINDS] = { "client", "received", "helo", "sender", "rdns", "from" };

	for (enum subject_kind kind = SUBJECT_CLIENT; kind < SUBJECT_KINDS; kind++)
		ck_assert_str_eq(subject_word(kind), want[kind]);
}
END_TEST

static const char *const clients[] = { "192.0.2.1", "2001:db8::1", "127.0.0.1", "10.0.0.1" };

START_TEST(client)
{
	struct ruleset *rules = fixture_rules("{}");
	struct facts facts = { .client = fixture_addr(clients[_i]) };
	struct subjects out;
	struct arena arena;

	arena_init(&arena, ARENA_BYTES);
	ck_assert(subject_collect_client(rules, &facts, &arena, &out));
	ck_assert_uint_eq(out.n, 1);
	ck_assert_int_eq(out.item[0].kind, SUBJECT_CLIENT);
	ck_assert_int_eq(out.item[0].exempt, EXEMPT_NOT);
	ck_assert(ipaddr_equal(&out.item[0].addr, &facts.client));
	arena_clear(&arena);
	ruleset_unref(&rules);
}
END_TEST

START_TEST(no_client)
{
	struct ruleset *rules = fixture_rules("{}");
	struct facts facts = { .local = true };
	struct subjects out = { .n = 7 };
	struct arena arena;

	arena_init(&arena, 0);                     /* needs no memory */
	ck_assert(subject_collect_client(rules, &facts, &arena, &out));
	ck_assert_uint_eq(out.n, 0);
	facts.client = fixture_addr("192.0.2.1");
	ck_assert(!subject_collect_client(rules, &facts, &arena, &out));
	arena_clear(&arena);
	ruleset_unref(&rules);
}
END_TEST

/* hops: newest first; "-" has no address, a "*" behind one tells of a login. */
static const struct {
	const char *smtp, *more, *client, *hops, *taken;
} hops[] = {
	{ "'enabled': false, 'skip_oldest': 0", "", "192.0.2.1", "192.0.2.2 192.0.2.3", "" },
	{ "'enabled': true, 'skip_oldest': 0", "", "192.0.2.1", "", "" },
	{ "'enabled': true, 'skip_oldest': 0", "", "192.0.2.1", "192.0.2.2 2001:db8::3 192.0.2.4", "192.0.2.2 2001:db8::3 192.0.2.4" },
	{ "'enabled': true", "", "192.0.2.1", "192.0.2.2 192.0.2.3 192.0.2.4", "192.0.2.2 192.0.2.3" },
	{ "'enabled': true, 'check': 1", "", "192.0.2.1", "- 192.0.2.3 192.0.2.4", "" },   /* headers count, not addresses */
	{ "'enabled': true, 'check': 2", "", "192.0.2.1", "- 192.0.2.3 192.0.2.4", "192.0.2.3" },
	{ "'enabled': true, 'skip_newest': 1", "", "192.0.2.1", "192.0.2.2 192.0.2.3 192.0.2.4", "192.0.2.3" },

	/* each address once; the client's own is not counted again, and does not make room for a further header */
	{ "'enabled': true, 'skip_oldest': 0", "", "192.0.2.1", "192.0.2.2 192.0.2.3 192.0.2.2 ::ffff:192.0.2.3", "192.0.2.2 192.0.2.3" },
	{ "'enabled': true, 'skip_oldest': 0, 'check': 2", "", "192.0.2.1", "192.0.2.1 192.0.2.2 192.0.2.3", "192.0.2.2" },
	{ "'enabled': true, 'skip_oldest': 0", "", "", "192.0.2.2", "192.0.2.2" },

	/* logins */
	{ "'enabled': true, 'skip_oldest': 0", "", "192.0.2.1", "192.0.2.2 192.0.2.3* 192.0.2.4", "192.0.2.2 192.0.2.4" },
	{ "'enabled': true, 'skip_oldest': 0", ", 'skip_authenticated': false", "192.0.2.1", "192.0.2.2 192.0.2.3*", "192.0.2.2 192.0.2.3" },
	{ "'enabled': true, 'skip_oldest': 0", "", "192.0.2.1", "192.0.2.3* 192.0.2.3", "192.0.2.3" },

	/* what is not asked about is still a subject: exempt and query decide */
	{ "'enabled': true, 'skip_oldest': 0", "", "192.0.2.1", "127.0.0.1 10.0.0.1", "127.0.0.1 10.0.0.1" },
};

static size_t hops_of(struct hop *out, const char *text)
{
	char copy[300], *rest = copy, *word;
	size_t n = 0;

	ck_assert_uint_lt(strlen(text), sizeof copy);
	strcpy(copy, text);
	while ((word = strsep(&rest, " ")) != NULL) {
		char *star = strchr(word, '*');

		if (*word == '\0')
			continue;
		if (star != NULL)
			*star = '\0';
		out[n].authenticated = star != NULL;
		out[n++].addr = fixture_addr(strcmp(word, "-") == 0 ? "" : word);
	}
	return n;
}

static void describe(const struct subjects *subjects, struct text *out)
{
	char addr[IPADDR_TEXT_BYTES];

	for (size_t i = 0; i < subjects->n; i++) {
		ck_assert_int_eq(subjects->item[i].kind, SUBJECT_RECEIVED);
		ck_assert_int_eq(subjects->item[i].exempt, EXEMPT_NOT);
		text_add(out, "%s%s", i > 0 ? " " : "", ipaddr_format(&subjects->item[i].addr, addr));
	}
}

START_TEST(received)
{
	struct ruleset *rules = fixture_rulesf("{'received': {'smtp': {%s}%s}}", hops[_i].smtp, hops[_i].more);
	struct hop list[16] = { { .authenticated = false } };
	struct facts facts = { .client = fixture_addr(hops[_i].client), .hops = list };
	struct subjects out;
	struct arena arena;
	char buf[400];
	struct text text = text_over(buf, sizeof buf);

	facts.n_hops = hops_of(list, hops[_i].hops);
	arena_init(&arena, ARENA_BYTES);
	ck_assert(subject_collect_received(rules, &facts, &arena, &out));
	describe(&out, &text);
	ck_assert_str_eq(buf, hops[_i].taken);
	arena_clear(&arena);
	ruleset_unref(&rules);
}
END_TEST

/* Not more than 512, the newest first, however many headers there are: questions have their own bound. */
START_TEST(many_hops)
{
	enum { HOPS = 5000 };
	struct ruleset *rules = fixture_rules("{'received': {'smtp': {'enabled': true}}}");
	struct hop *list = calloc(HOPS, sizeof *list);
	struct facts facts = { .client = fixture_addr("192.0.2.1"), .hops = list, .n_hops = HOPS };
	struct subjects out;
	struct arena arena;

	for (uint32_t i = 0; i < HOPS; i++)
		list[i].addr = ipaddr_v4(0xc6336400 + i / 2);
	arena_init(&arena, ARENA_BYTES);
	ck_assert(subject_collect_received(rules, &facts, &arena, &out));
	ck_assert_uint_eq(out.n, 512);
	ck_assert_uint_eq(out.n_left_out, HOPS - 1 - 2 * 512);
	for (uint32_t i = 0; i < 512; i++)
		ck_assert_uint_eq(ipaddr_u32(&out.item[i].addr), 0xc6336400 + i);
	arena_clear(&arena);
	arena_init(&arena, 100);
	ck_assert(!subject_collect_received(rules, &facts, &arena, &out));
	arena_clear(&arena);
	free(list);
	ruleset_unref(&rules);
}
END_TEST

/* The oldest are left out of all that the message carried, not of those that were kept. */
START_TEST(the_oldest_of_all)
{
	static const size_t lost[] = { 0, 1, 2, 3 }, taken[] = { 1, 2, 3, 3 };
	struct ruleset *rules = fixture_rules("{'received': {'smtp': {'enabled': true, 'skip_oldest': 2}}}");
	struct hop list[3];
	struct facts facts = { .client = fixture_addr("192.0.2.1"), .hops = list, .n_hops_lost = lost[_i] };
	struct subjects out;
	struct arena arena;

	facts.n_hops = hops_of(list, "192.0.2.2 192.0.2.3 192.0.2.4");
	arena_init(&arena, ARENA_BYTES);
	ck_assert(subject_collect_received(rules, &facts, &arena, &out));
	ck_assert_uint_eq(out.n, taken[_i]);
	arena_clear(&arena);
	ruleset_unref(&rules);
}
END_TEST

/* --- domains ------------------------------------------------------------------------------------------------------ */

#define WANTS(subjects) "{'lists': [{'name': 'd', 'zone': 'd.example', 'subjects': [" subjects "]}]}"
#define ALL "'helo', 'sender', 'rdns', 'from'"

static const struct {
	const char *json;
	const char *client_name, *helo, *sender, *from;
	const char *names;           /* at MAIL, then what the From header adds */
} domains[] = {
	{ WANTS(ALL), "Mail.Example.ORG", "HELO.example.org.", "user@Example.net", "m\xc3\xbcnchen.example",
	  "rdns mail.example.org helo helo.example.org sender example.net from xn--mnchen-3ya.example" },
	{ WANTS("'client'"), "m.example", "h.example", "u@s.example", "f.example", "" },
	{ WANTS("'helo'"), "m.example", "h.example", "u@s.example", "f.example", "helo h.example" },
	{ WANTS("'sender'"), "m.example", "h.example", "u@s.example", "f.example", "sender s.example" },
	{ WANTS("'rdns', 'client'"), "m.example", "h.example", "u@s.example", "f.example", "rdns m.example" },
	{ WANTS("'from'"), "m.example", "h.example", "u@s.example", "f.example", "from f.example" },
	{ WANTS(ALL), "m.example", "m.example", "u@m.example", "m.example",
	  "rdns m.example helo m.example sender m.example from m.example" },

	/* what is no domain, or one label */
	{ WANTS(ALL), NULL, NULL, NULL, NULL, "" },
	{ WANTS(ALL), "localhost", "friend", "root@localhost", "local", "" },
	{ WANTS(ALL), NULL, "[192.0.2.1]", "u@[192.0.2.1]", "[IPv6:2001:db8::1]", "" },
	{ WANTS(ALL), NULL, "192.0.2.1", "u@192.0.2.1", "2001:db8::1", "" },
	{ WANTS(ALL), NULL, "not a name", "", "a b", "" },
	{ WANTS(ALL), NULL, "\xff.example", "postmaster", "\xff.example", "" },
	{ WANTS(ALL), NULL, "[192.0.2.1", "@a.example,@b.example:u@s.example", NULL, "sender s.example" },
	{ WANTS(ALL), NULL, NULL, "\"a@b.example\"@s.example", NULL, "sender s.example" },
};

static void describe_names(const struct subjects *subjects, struct text *out)
{
	for (size_t i = 0; i < subjects->n; i++) {
		ck_assert(!ipaddr_is_set(&subjects->item[i].addr));
		ck_assert_int_eq(subjects->item[i].exempt, EXEMPT_NOT);
		text_add(out, "%s%s %s", out->len > 0 ? " " : "", subject_word(subjects->item[i].kind), subjects->item[i].name);
	}
}

START_TEST(names)
{
	struct ruleset *rules = fixture_rules(domains[_i].json);
	struct facts facts = { .client = fixture_addr("192.0.2.1"), .client_name = domains[_i].client_name, .helo = domains[_i].helo,
			       .sender = domains[_i].sender, .from = domains[_i].from };
	struct subjects at_mail, at_end = { .n = 0 };
	struct arena arena;
	char buf[400];
	struct text text = text_over(buf, sizeof buf);

	arena_init(&arena, ARENA_BYTES);
	ck_assert(subject_collect_names(rules, &facts, &arena, &at_mail));
	ck_assert(subject_add_from(rules, &facts, &arena, &at_end));
	describe_names(&at_mail, &text);
	describe_names(&at_end, &text);
	ck_assert_str_eq(buf, domains[_i].names);
	arena_clear(&arena);
	ruleset_unref(&rules);
}
END_TEST

/* The From header's domain stands behind the Received addresses. */
START_TEST(from_behind_received)
{
	struct ruleset *rules = fixture_rules("{'received': {'smtp': {'enabled': true, 'skip_oldest': 0}}, 'lists': ["
					      "{'name': 'a', 'zone': 'a.example'},"
					      "{'name': 'd', 'zone': 'd.example', 'subjects': ['from']}]}");
	struct hop hop = { .addr = fixture_addr("192.0.2.2") };
	struct facts facts = { .client = fixture_addr("192.0.2.1"), .hops = &hop, .n_hops = 1, .from = "f.example" };
	struct subjects out;
	struct arena arena;

	arena_init(&arena, ARENA_BYTES);
	ck_assert(subject_collect_received(rules, &facts, &arena, &out));
	ck_assert(subject_add_from(rules, &facts, &arena, &out));
	ck_assert_uint_eq(out.n, 2);
	ck_assert_int_eq(out.item[0].kind, SUBJECT_RECEIVED);
	ck_assert_ptr_null(out.item[0].name);
	ck_assert_str_eq(out.item[1].name, "f.example");
	arena_clear(&arena);
	ruleset_unref(&rules);
}
END_TEST

START_TEST(no_memory_for_names)
{
	struct ruleset *rules = fixture_rules(WANTS(ALL));
	struct facts facts = { .helo = "h.example", .sender = "u@s.example", .from = "f.example" };
	struct subjects out = { .n = 0 };
	struct arena arena;

	arena_init(&arena, 0);
	ck_assert(!subject_collect_names(rules, &facts, &arena, &out));
	ck_assert(!subject_add_from(rules, &facts, &arena, &out));
	ck_assert_uint_eq(out.n, 0);
	facts.from = NULL;
	ck_assert(subject_add_from(rules, &facts, &arena, &out));
	arena_clear(&arena);
	ruleset_unref(&rules);
}
END_TEST

Suite *subject_suite(void)
{
	Suite *suite = suite_create("subject");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, words);
	tcase_add_loop_test(tcase, client, 0, ROWS(clients));
	tcase_add_test(tcase, no_client);
	tcase_add_loop_test(tcase, received, 0, ROWS(hops));
	tcase_add_loop_test(tcase, the_oldest_of_all, 0, 4);
	tcase_add_test(tcase, many_hops);
	tcase_add_loop_test(tcase, names, 0, ROWS(domains));
	tcase_add_test(tcase, from_behind_received);
	tcase_add_test(tcase, no_memory_for_names);
	suite_add_tcase(suite, tcase);
	return suite;
}
