/* Tests of query: who asks about whom, the same name once, the order, the bound. */
#include <string.h>

#include "common/query.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

#define LIST(name, more) "{'name': '" name "', 'zone': '" name ".example'" more "}"

/* planned: "name for list/subject list/subject ..." of each question, then how many were left out. */
static const struct {
	const char *lists, *subjects;
	size_t max_questions;
	const char *planned;
} plans[] = {
	{ LIST("a", ""), "client 192.0.2.1", 64, "1.2.0.192.a.example for 0/0; out 0" },
	{ LIST("a", ""), "", 64, "out 0" },
	{ "", "client 192.0.2.1", 64, "out 0" },
	{ LIST("a", ""), "client 192.0.2.1 exempt, received 192.0.2.2", 64, "2.2.0.192.a.example for 0/1; out 0" },
	{ LIST("a", "") "," LIST("b", ""), "client 192.0.2.1, received 192.0.2.2", 64,
	  "1.2.0.192.a.example for 0/0; 1.2.0.192.b.example for 1/0; 2.2.0.192.a.example for 0/1; "
	  "2.2.0.192.b.example for 1/1; out 0" },

	/* subjects */
	{ LIST("a", ", 'subjects': ['client']") "," LIST("b", ", 'subjects': ['received']"),
	  "client 192.0.2.1, received 192.0.2.2", 64, "1.2.0.192.a.example for 0/0; 2.2.0.192.b.example for 1/1; out 0" },

	/* IPv6 */
	{ LIST("a", "") "," LIST("b", ", 'ipv6': false"), "client 2001:db8::1", 64,
	  "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.a.example for 0/0; out 0" },
	{ LIST("b", ", 'ipv6': false"), "client ::ffff:192.0.2.1", 64, "1.2.0.192.b.example for 0/0; out 0" },

	/* private addresses */
	{ LIST("a", "") "," LIST("b", ", 'private': true"), "client 10.0.0.1", 64, "1.0.0.10.b.example for 1/0; out 0" },
	{ LIST("a", "") "," LIST("b", ", 'private': true"), "received 192.168.1.1, received 100.64.0.1, received 169.254.0.1", 64,
	  "1.1.168.192.b.example for 1/0; 1.0.64.100.b.example for 1/1; 1.0.254.169.b.example for 1/2; out 0" },
	{ LIST("a", "") "," LIST("b", ", 'private': true"), "client 127.0.0.1, received ::1, received 127.255.0.9", 64, "out 0" },
	{ LIST("a", ""), "client 198.51.100.7, received 203.0.113.9", 64,   /* for examples, but asked like any other */
	  "7.100.51.198.a.example for 0/0; 9.113.0.203.a.example for 0/1; out 0" },

	/* the same zone in two lists: one question */
	{ "{'name': 'a', 'zone': 'zen.example'}, {'name': 'b', 'zone': 'ZEN.example.'}", "client 192.0.2.1, received 192.0.2.2", 64,
	  "1.2.0.192.zen.example for 0/0 1/0; 2.2.0.192.zen.example for 0/1 1/1; out 0" },
	{ "{'name': 'a', 'zone': 'zen.example'}," LIST("b", "") ", {'name': 'c', 'zone': 'zen.example'}", "client 192.0.2.1", 1,
	  "1.2.0.192.zen.example for 0/0 2/0; out 1" },   /* who joins a question takes no room */

	/* domains: the whole name, or what was registered of it; the same question then serves several subjects */
	{ LIST("a", ", 'subjects': ['helo', 'sender'], 'domain': 'registrable'") "," LIST("b", ", 'subjects': ['helo', 'sender']"),
	  "helo mx.mail.example.co.uk, sender news.example.co.uk", 64,
	  "example.co.uk.a.example for 0/0 0/1; mx.mail.example.co.uk.b.example for 1/0; "
	  "news.example.co.uk.b.example for 1/1; out 0" },
	{ LIST("a", ", 'subjects': ['sender'], 'domain': 'registrable'") "," LIST("b", ", 'subjects': ['sender']"), "sender co.uk", 64,
	  "co.uk.b.example for 1/0; out 0" },   /* nobody has registered it */
	{ "{'name': 'a', 'query': 'x.%s.a.example', 'subjects': ['sender'], 'domain': 'registrable'}", "sender a.user.blogspot.com", 64,
	  "x.user.blogspot.com.a.example for 0/0; out 0" },
	{ LIST("a", ", 'subjects': ['client', 'sender'], 'domain': 'registrable'"), "client 192.0.2.1, sender a.example.org", 64,
	  "1.2.0.192.a.example for 0/0; example.org.a.example for 0/1; out 0" },

	/* the bound: the client's first, then the others in their order */
	{ LIST("a", "") "," LIST("b", ""), "client 192.0.2.1, received 192.0.2.2, received 192.0.2.3", 3,
	  "1.2.0.192.a.example for 0/0; 1.2.0.192.b.example for 1/0; 2.2.0.192.a.example for 0/1; out 3" },
	{ LIST("a", ""), "client 192.0.2.1, received 192.0.2.2", 2, "1.2.0.192.a.example for 0/0; 2.2.0.192.a.example for 0/1; out 0" },
	{ LIST("a", ""), "client 192.0.2.1", 0, "out 1" },
};

static void describe(const struct batch *batch, struct text *out)
{
	char name[FIXTURE_NAME_BYTES];

	for (size_t q = 0; q < batch->n_questions; q++) {
		text_add(out, "%s for", fixture_name(&batch->questions[q], name));
		for (size_t i = 0; i < batch->n_queries; i++)
			if (batch->queries[i].question == q)
				text_add(out, " %u/%u", batch->queries[i].list, batch->queries[i].subject);
		text_add_str(out, "; ");
	}
	text_add(out, "out %zu", batch->n_left_out);
}

START_TEST(plan)
{
	struct ruleset *rules = fixture_rulesf("{'lists': [%s]}", plans[_i].lists);
	struct fixture_subjects all;
	struct batch *batch;
	char buf[1000];
	struct text text = text_over(buf, sizeof buf);

	fixture_subjects(&all, plans[_i].subjects);
	batch = query_plan(rules, &all.subjects, plans[_i].max_questions);
	ck_assert_ptr_nonnull(batch);
	describe(batch, &text);
	ck_assert_str_eq(buf, plans[_i].planned);
	ck_assert_uint_eq(batch->outstanding, batch->n_questions);
	for (size_t q = 0; q < batch->n_questions; q++) {
		struct answer none = { .status = ANSWER_PENDING };

		ck_assert_int_eq(batch->questions[q].type, 1);
		ck_assert(!batch->questions[q].cached);
		ck_assert_mem_eq(&batch->questions[q].answer, &none, sizeof none);
		ck_assert_ptr_eq(batch->questions[q].batch, batch);
	}
	batch_unref(&batch);
	ruleset_unref(&rules);
}
END_TEST

/* A batch keeps its rules, and itself, while somebody holds it. */
START_TEST(references)
{
	struct ruleset *rules = fixture_rules("{'lists': [" LIST("a", "") "]}");
	struct fixture_subjects all;
	struct batch *batch, *other;

	fixture_subjects(&all, "client 192.0.2.1");
	batch = query_plan(rules, &all.subjects, 64);
	ck_assert_int_eq(rules->refs, 2);
	other = batch_ref(batch);
	batch_unref(&batch);
	ck_assert_ptr_null(batch);
	batch_unref(&batch);
	ck_assert_int_eq(rules->refs, 2);
	ruleset_unref(&rules);
	ck_assert_str_eq(other->rules->lists[0].name, "a");
	batch_unref(&other);
}
END_TEST

/* Names of every length lie one behind the other, to the last octet. */
START_TEST(longest_names)
{
	char zone[256] = "";
	struct ruleset *rules;
	struct fixture_subjects all;
	struct batch *batch;

	while (strlen(zone) + 10 < 238)            /* room for four labels of three digits */
		strcat(zone, "abcdefghi.");
	strcat(zone, "zone");
	rules = fixture_rulesf("{'lists': [{'name': 'a', 'zone': '%s', 'ipv6': false}]}", zone);
	fixture_subjects(&all, "client 192.100.200.100, received 192.100.200.101, received 2.2.2.2, received 2001:db8::1");
	batch = query_plan(rules, &all.subjects, 64);
	ck_assert_ptr_nonnull(batch);
	ck_assert_uint_eq(batch->n_questions, 3);
	ck_assert_uint_eq(batch->questions[0].name_len, strlen(zone) + 2 + 16);
	ck_assert_ptr_eq(batch->questions[1].name, batch->questions[0].name + batch->questions[0].name_len);
	batch_unref(&batch);
	ruleset_unref(&rules);
}
END_TEST

/* --- domains, expressions, servers ------------------------------------------------------------------------------- */

#define NAMES ", 'subjects': ['helo', 'sender', 'rdns', 'from']"

static const struct {
	const char *lists, *subjects, *planned;
} domains[] = {
	{ LIST("d", NAMES), "helo mail.example.org", "mail.example.org.d.example for 0/0; out 0" },
	{ LIST("d", ", 'subjects': ['sender']"), "helo mail.example.org, sender example.net", "example.net.d.example for 0/1; out 0" },
	{ LIST("d", NAMES), "helo mail.example.org exempt", "out 0" },
	{ LIST("a", "") "," LIST("d", NAMES), "client 192.0.2.1, helo mail.example.org",
	  "1.2.0.192.a.example for 0/0; mail.example.org.d.example for 1/1; out 0" },

	/* one domain in several places: one question of each list */
	{ LIST("d", NAMES), "rdns m.example, helo m.example, sender m.example", "m.example.d.example for 0/0 0/1 0/2; out 0" },
	{ LIST("d", ", 'subjects': ['helo']") ", {'name': 'e', 'zone': 'd.example', 'subjects': ['sender']}",
	  "helo m.example, sender m.example", "m.example.d.example for 0/0 1/1; out 0" },
	{ LIST("d", NAMES), "helo m.example, sender n.example, from m.example", "m.example.d.example for 0/0 0/2; n.example.d.example for 0/1; out 0" },

	/* expressions */
	{ "{'name': 'q', 'query': '%4.%3.%2.%1.q.example'}", "client 192.0.2.1, received 2001:db8::1", "1.2.0.192.q.example for 0/0; out 0" },
	{ "{'name': 'q', 'query': '%s.key.q.example'}, {'name': 'z', 'zone': 'key.q.example'}", "client 192.0.2.1",
	  "1.2.0.192.key.q.example for 0/0 1/0; out 0" },
	{ "{'name': 'q', 'query': 'a.%s.q.example'" NAMES "}", "from m.example", "a.m.example.q.example for 0/0; out 0" },

	/* servers: the same name asked of two is two questions */
	{ LIST("a", "") ", {'name': 'b', 'zone': 'a.example', 'server': '192.0.2.53'}", "client 192.0.2.1",
	  "1.2.0.192.a.example for 0/0; 1.2.0.192.a.example for 1/0; out 0" },
	{ "{'name': 'a', 'zone': 'a.example', 'server': '192.0.2.53:53'}, {'name': 'b', 'zone': 'a.example', 'server': '192.0.2.53'}",
	  "client 192.0.2.1", "1.2.0.192.a.example for 0/0 1/0; out 0" },
	{ LIST("a", "") ", {'name': 'b', 'zone': 'a.example', 'server': '127.0.0.99'}", "client 192.0.2.1",   /* the default one itself */
	  "1.2.0.192.a.example for 0/0 1/0; out 0" },
};

START_TEST(plan_domains)
{
	struct ruleset *rules = fixture_rulesf("{'dns': {'servers': ['127.0.0.99']}, 'lists': [%s]}", domains[_i].lists);
	struct fixture_subjects all;
	struct batch *batch;
	char buf[1000];
	struct text text = text_over(buf, sizeof buf);

	fixture_subjects(&all, domains[_i].subjects);
	batch = query_plan(rules, &all.subjects, 64);
	ck_assert_ptr_nonnull(batch);
	describe(batch, &text);
	ck_assert_str_eq(buf, domains[_i].planned);
	for (size_t q = 0; q < batch->n_questions; q++)
		ck_assert_uint_eq(batch->questions[q].n_servers, 1);
	batch_unref(&batch);
	ruleset_unref(&rules);
}
END_TEST

START_TEST(whom_to_ask)
{
	struct ruleset *rules = fixture_rules("{'dns': {'servers': ['127.0.0.98', '127.0.0.99']}, 'lists': ["
					      LIST("a", "") "," LIST("b", ", 'server': '[2001:db8::53]:5353'") "," LIST("c", ", 'server': '*'") "]}");
	struct fixture_subjects all;
	struct batch *batch;

	fixture_subjects(&all, "client 192.0.2.1");
	batch = query_plan(rules, &all.subjects, 64);
	ck_assert_uint_eq(batch->n_questions, 3);
	ck_assert_ptr_eq(batch->questions[0].servers, rules->dns.servers);
	ck_assert_uint_eq(batch->questions[0].n_servers, 2);
	ck_assert_uint_eq(batch->questions[1].n_servers, 1);
	ck_assert_str_eq(batch->questions[1].servers->text, "[2001:db8::53]:5353");
	ck_assert_ptr_eq(batch->questions[2].servers, rules->dns.servers);
	batch_unref(&batch);
	ruleset_unref(&rules);
}
END_TEST

/* A domain that leaves no room for the zone is not asked about, and takes no place. */
START_TEST(too_long_for_the_zone)
{
	struct ruleset *rules = fixture_rules("{'lists': [" LIST("long", NAMES) "," LIST("b", NAMES) "]}");
	char name[255] = "";
	struct subject item = { .kind = SUBJECT_HELO, .name = name };
	struct subjects subjects = { .item = &item, .n = 1 };
	struct batch *batch;

	while (strlen(name) < 240)
		strcat(name, "a.");
	strcat(name, "bcd");                       /* 243 and ".b.example" are 253, and ".long.example" too many */
	batch = query_plan(rules, &subjects, 64);
	ck_assert_uint_eq(batch->n_queries, 1);
	ck_assert_uint_eq(batch->queries[0].list, 1);
	ck_assert_uint_eq(batch->questions[0].name_len, 255);
	ck_assert_uint_eq(batch->n_left_out, 0);
	batch_unref(&batch);
	ruleset_unref(&rules);
}
END_TEST

/* --- what no list asks -------------------------------------------------------------------------------------------- */

static struct dnsname name_in_wire(const char *text)
{
	struct dnsname name;

	ck_assert(dnswire_name_parse(&name, text, NULL));
	return name;
}

static struct question *add(struct batch *batch, const char *text, uint16_t type, enum answer_form form)
{
	struct dnsname name = name_in_wire(text);

	return query_add(batch, &name, type, form);
}

START_TEST(questions_of_no_list)
{
	struct ruleset *rules = fixture_rules("{'dns': {'servers': ['127.0.0.1:53', '127.0.0.1:54']}}");
	struct batch *batch = query_empty(rules, 3);
	struct question *a = add(batch, "a.example", DNSWIRE_TYPE_A, ANSWER_HOST);

	ck_assert_ptr_nonnull(a);
	ck_assert_uint_eq(a->n_servers, 2);
	ck_assert_int_eq(a->answer.status, ANSWER_PENDING);
	ck_assert_ptr_eq(add(batch, "A.example.", DNSWIRE_TYPE_A, ANSWER_HOST), a);
	ck_assert_ptr_ne(add(batch, "a.example", DNSWIRE_TYPE_A, ANSWER_CODES), a);   /* a list would read it in another way */
	ck_assert_ptr_ne(add(batch, "a.example", DNSWIRE_TYPE_AAAA, ANSWER_HOST), a);
	ck_assert_uint_eq(batch->n_left_out, 0);
	ck_assert_ptr_null(add(batch, "b.example", DNSWIRE_TYPE_A, ANSWER_HOST));
	ck_assert_uint_eq(batch->n_left_out, 1);
	ck_assert_uint_eq(batch->outstanding, 3);
	ck_assert_uint_eq(query_count(batch), 3);
	batch_unref(&batch);
	ruleset_unref(&rules);
}
END_TEST

/* `follow`: what is asked for the names a, b and c where there is room for so many questions. */
static const struct {
	size_t room, n_follow, n_left_out;
} follows[] = { { 1, 0, 4 }, { 2, 1, 2 }, { 4, 3, 0 }, { 11, 3, 0 } };

START_TEST(questions_that_follow)
{
	static const struct answer names = { .status = ANSWER_LISTED, .form = ANSWER_NAMES, .n = 4, .n_bytes = 12,
					     .bytes = { 1, 'a', 0, 1, 'b', 0, 1, 'a', 0, 1, 'c', 0 } };
	static const char *const expected[] = { "", "a", "b", "c" };
	struct ruleset *rules = fixture_rules("{}");
	struct batch *batch = query_empty(rules, follows[_i].room);
	struct question *ptr = add(batch, "1.2.0.192.in-addr.arpa", DNSWIRE_TYPE_PTR, ANSWER_NAMES);
	char name[FIXTURE_NAME_BYTES];

	ck_assert_uint_eq(query_count(batch), follows[_i].room);
	ptr->then = DNSWIRE_TYPE_AAAA;
	ptr->answer = names;
	ck_assert_uint_eq(query_follow(batch, ptr), follows[_i].n_follow);
	ck_assert_uint_eq(batch->n_questions, 1 + follows[_i].n_follow);
	ck_assert_uint_eq(batch->outstanding, 1 + follows[_i].n_follow);
	ck_assert_uint_eq(batch->n_left_out, follows[_i].n_left_out);
	ck_assert_uint_eq(query_count(batch), 1 + follows[_i].n_follow);   /* what is not needed is free for others */
	for (size_t i = 1; i < batch->n_questions; i++) {
		ck_assert_str_eq(fixture_name(&batch->questions[i], name), expected[i]);
		ck_assert_uint_eq(batch->questions[i].type, DNSWIRE_TYPE_AAAA);
		ck_assert_uint_eq(query_follow(batch, &batch->questions[i]), 0);
	}
	batch_unref(&batch);
	ruleset_unref(&rules);
}
END_TEST

/* What only block lists want to know and is not known yet is dropped; what an allow list of the same zone wants too is not. */
START_TEST(drop_blocks)
{
	struct ruleset *rules = fixture_rules("{'lists': [{'name': 'a', 'zone': 'a.example', 'txt': true}, {'name': 'b', 'zone': 'b.example'},"
					      "{'name': 'w', 'zone': 'w.example', 'kind': 'allow'},"
					      "{'name': 'c', 'zone': 'c.example'}, {'name': 'v', 'zone': 'c.example', 'kind': 'allow'}]}");
	static const enum answer_status expected[] = { ANSWER_LISTED, ANSWER_UNNEEDED, ANSWER_UNNEEDED, ANSWER_PENDING, ANSWER_PENDING };
	struct fixture_subjects all;
	struct batch *batch;

	fixture_subjects(&all, "client 192.0.2.1");
	batch = query_plan(rules, &all.subjects, 64);
	ck_assert_uint_eq(batch->n_questions, 5);
	batch->questions[0].answer = fixture_answer("127.0.0.2");
	batch->outstanding--;
	batch_drop_blocks(batch);
	for (size_t i = 0; i < 5; i++)
		ck_assert_int_eq(batch->questions[i].answer.status, expected[i]);
	ck_assert_uint_eq(batch->outstanding, 2);
	batch_unref(&batch);
	ruleset_unref(&rules);
}
END_TEST

Suite *query_suite(void)
{
	Suite *suite = suite_create("query");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, plan, 0, ROWS(plans));
	tcase_add_test(tcase, references);
	tcase_add_test(tcase, longest_names);
	tcase_add_loop_test(tcase, plan_domains, 0, ROWS(domains));
	tcase_add_test(tcase, whom_to_ask);
	tcase_add_test(tcase, too_long_for_the_zone);
	tcase_add_test(tcase, questions_of_no_list);
	tcase_add_loop_test(tcase, questions_that_follow, 0, ROWS(follows));
	tcase_add_test(tcase, drop_blocks);
	suite_add_tcase(suite, tcase);
	return suite;
}
