/* Tests of hit: what an answer means, response by response; what a list says that is no hit; the order. */
#include <stdlib.h>
#include <string.h>

#include "common/hit.h"
#include "common/text.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

enum { ARENA_BYTES = 1000000 };

#define ONE(more) "{'name': 'a', 'zone': 'a.example'" more "}"
#define RESPONSES(list) ", 'responses': [" list "]"
#define CLIENT "client 192.0.2.1"
#define BOTH "client 192.0.2.1, received 192.0.2.2"
#define IS(answer) "1.2.0.192.a.example=" answer

/* hits: "list:response:subject:address:answer" each, response by its number; then "refused list answer" or "odd list". */
static const struct {
	const char *lists, *subjects, *answers, *hits;
} rows[] = {
	/* without responses: any answer but 127.0.0.1 and the refused codes */
	{ ONE(""), CLIENT, "", "" },
	{ ONE(""), CLIENT, IS("127.0.0.2"), "a:0:client:192.0.2.1:127.0.0.2 " },
	{ ONE(""), CLIENT, IS("127.1.2.3"), "a:0:client:192.0.2.1:127.1.2.3 " },
	{ ONE(""), CLIENT, IS("127.0.0.0"), "a:0:client:192.0.2.1:127.0.0.0 " },
	{ ONE(""), CLIENT, IS("127.255.254.255"), "a:0:client:192.0.2.1:127.255.254.255 " },
	{ ONE(""), CLIENT, IS("127.0.0.1"), "" },
	{ ONE(""), CLIENT, IS("127.0.0.1 127.0.0.2"), "a:0:client:192.0.2.1:127.0.0.2 " },
	{ ONE(""), CLIENT, IS("127.0.0.2 127.0.0.3"), "a:0:client:192.0.2.1:127.0.0.2 a:0:client:192.0.2.1:127.0.0.3 " },

	/* no answer is no hit, whatever else lies in its memory */
	{ ONE(""), CLIENT, IS("127.0.0.2 late"), "" },
	{ ONE(""), CLIENT, IS("127.0.0.2 failed"), "" },
	{ ONE(""), CLIENT, IS("127.0.0.2 192.0.2.1 pending"), "" },

	/* 127.0.0.1 counts only where it is named */
	{ ONE(RESPONSES("{'match': '127.0.0.1'}")), CLIENT, IS("127.0.0.1"), "a:0:client:192.0.2.1:127.0.0.1 " },
	{ ONE(RESPONSES("{'match': '127.0.0.[1]'}")), CLIENT, IS("127.0.0.1"), "a:0:client:192.0.2.1:127.0.0.1 " },
	{ ONE(RESPONSES("{'match': '127.0.0.[1..2]'}")), CLIENT, IS("127.0.0.1"), "" },
	{ ONE(RESPONSES("{'match': '127.*.*.*'}")), CLIENT, IS("127.0.0.1"), "" },
	{ ONE(RESPONSES("{'match': '&0.0.0.1'}")), CLIENT, IS("127.0.0.1"), "" },
	{ ONE(RESPONSES("{'match': '&0.0.0.1'}")), CLIENT, IS("127.0.0.3"), "a:0:client:192.0.2.1:127.0.0.3 " },
	{ ONE(RESPONSES("{'match': '127.0.0.[1..2]'}, {'match': '127.0.0.1'}")), CLIENT, IS("127.0.0.1"),
	  "a:1:client:192.0.2.1:127.0.0.1 " },

	/* the first response that an address matches; each address for itself */
	{ ONE(RESPONSES("{'match': '127.0.0.[2..3]'}, {'match': '127.0.0.[3..4]'}")), CLIENT, IS("127.0.0.3"),
	  "a:0:client:192.0.2.1:127.0.0.3 " },
	{ ONE(RESPONSES("{'match': '127.0.0.[2..3]'}, {'match': '127.0.0.[3..4]'}")), CLIENT, IS("127.0.0.3 127.0.0.4"),
	  "a:0:client:192.0.2.1:127.0.0.3 a:1:client:192.0.2.1:127.0.0.4 " },
	{ ONE(RESPONSES("{'match': '127.0.0.2'}")), CLIENT, IS("127.0.0.3"), "" },
	{ ONE(RESPONSES("{'match': '127.0.0.2'}")), CLIENT, IS("127.0.1.2"), "" },

	/* bit masks are all tried */
	{ ONE(RESPONSES("{'match': '&0.0.0.2'}, {'match': '&0.0.0.4'}, {'match': '&0.0.0.8'}")), CLIENT, IS("127.0.0.6"),
	  "a:0:client:192.0.2.1:127.0.0.6 a:1:client:192.0.2.1:127.0.0.6 " },
	{ ONE(RESPONSES("{'match': '&0.0.0.6'}, {'match': '127.0.0.6'}, {'match': '127.0.0.*'}, {'match': '&0.0.0.4'}")), CLIENT,
	  IS("127.0.0.6"),
	  "a:0:client:192.0.2.1:127.0.0.6 a:1:client:192.0.2.1:127.0.0.6 a:3:client:192.0.2.1:127.0.0.6 " },
	{ ONE(RESPONSES("{'match': '&0.0.0.8'}")), CLIENT, IS("127.0.0.6"), "" },
	{ ONE(RESPONSES("{'match': '&0.255.0.0'}")), CLIENT, IS("127.0.0.6"), "" },

	/* a list that does not serve our resolver: nothing else in that answer counts */
	{ ONE(""), CLIENT, IS("127.255.255.254"), "refused a 127.255.255.254 " },
	{ ONE(""), CLIENT, IS("127.255.255.0"), "refused a 127.255.255.0 " },
	{ ONE(""), CLIENT, IS("127.0.0.2 127.255.255.252"), "refused a 127.255.255.252 " },
	{ ONE(RESPONSES("{'match': '127.*.*.*'}")), CLIENT, IS("127.255.255.255"), "refused a 127.255.255.255 " },
	{ ONE(RESPONSES("{'match': '127.255.255.2'}")), CLIENT, IS("127.255.255.2"), "refused a 127.255.255.2 " },
	{ ONE(", 'refused': []"), CLIENT, IS("127.255.255.2"), "refused a 127.255.255.2 " },
	{ ONE(", 'refused': ['127.0.0.1']"), CLIENT, IS("127.0.0.1"), "refused a 127.0.0.1 " },
	{ ONE(", 'refused': ['127.0.0.1']" RESPONSES("{'match': '127.0.0.1'}")), CLIENT, IS("127.0.0.1"), "refused a 127.0.0.1 " },
	{ ONE(", 'refused': ['127.0.1.255', '127.0.0.255']"), CLIENT, IS("127.0.0.2 127.0.0.255"), "refused a 127.0.0.255 " },
	{ ONE(", 'refused': ['127.0.0.255']"), CLIENT, IS("127.255.255.254"), "refused a 127.255.255.254 " },

	/* an address outside 127.0.0.0/8: the domain was sold, say */
	{ ONE(""), CLIENT, IS("203.0.113.80"), "odd a " },
	{ ONE(""), CLIENT, IS("127.0.0.2 203.0.113.80"), "a:0:client:192.0.2.1:127.0.0.2 odd a " },
	{ ONE(""), CLIENT, IS("127.255.255.254 203.0.113.80"), "odd a refused a 127.255.255.254 " },

	/* what a response counts for; an address that it takes is taken all the same */
	{ ONE(RESPONSES("{'match': '127.0.0.[10..11]', 'subjects': ['client']}, {'match': '127.0.0.*'}")), BOTH,
	  "1.2.0.192.a.example=127.0.0.10; 2.2.0.192.a.example=127.0.0.10", "a:0:client:192.0.2.1:127.0.0.10 " },
	{ ONE(RESPONSES("{'match': '127.0.0.10', 'subjects': ['client']}, {'match': '127.0.0.*'}")), BOTH,
	  "1.2.0.192.a.example=127.0.0.2; 2.2.0.192.a.example=127.0.0.3",
	  "a:1:client:192.0.2.1:127.0.0.2 a:1:received:192.0.2.2:127.0.0.3 " },
	{ ONE(RESPONSES("{'match': '127.0.0.2', 'subjects': ['received']}")), BOTH,
	  "1.2.0.192.a.example=127.0.0.2; 2.2.0.192.a.example=127.0.0.2", "a:0:received:192.0.2.2:127.0.0.2 " },

	/* one question of two lists, which read its answer each in its own way */
	{ "{'name': 'a', 'zone': 'zen.example'" RESPONSES("{'match': '127.0.0.2'}") "},"
	  "{'name': 'b', 'zone': 'zen.example'" RESPONSES("{'match': '127.0.0.[2..3]'}") "},"
	  "{'name': 'c', 'zone': 'zen.example', 'refused': ['127.0.0.3']}", CLIENT, "1.2.0.192.zen.example=127.0.0.2 127.0.0.3",
	  "a:0:client:192.0.2.1:127.0.0.2 b:0:client:192.0.2.1:127.0.0.2 b:0:client:192.0.2.1:127.0.0.3 refused c 127.0.0.3 " },

	/* the order of the configuration, whatever the order of the questions: list, response, kind, address, answer */
	{ ONE(RESPONSES("{'match': '127.0.0.4'}, {'match': '127.0.0.[2..3]'}")) ",{'name': 'b', 'zone': 'b.example'}",
	  "received 192.0.2.9, received 2001:db8::1, received 192.0.2.2, client 192.0.2.1",
	  "1.2.0.192.b.example=127.0.0.2; 9.2.0.192.a.example=127.0.0.2 127.0.0.4; 2.2.0.192.a.example=127.0.0.2 127.0.0.3;"
	  "1.2.0.192.a.example=127.0.0.3;"
	  "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.a.example=127.0.0.2",
	  "a:0:received:192.0.2.9:127.0.0.4 a:1:client:192.0.2.1:127.0.0.3 a:1:received:192.0.2.2:127.0.0.2 "
	  "a:1:received:192.0.2.2:127.0.0.3 a:1:received:192.0.2.9:127.0.0.2 a:1:received:2001:db8::1:127.0.0.2 "
	  "b:0:client:192.0.2.1:127.0.0.2 " },
};

static void add_addr(struct text *out, uint32_t addr)
{
	struct ipaddr ip = ipaddr_v4(addr);
	char buf[IPADDR_TEXT_BYTES];

	text_add(out, "%s ", ipaddr_format(&ip, buf));
}

static void describe(const struct hits *hits, struct text *out)
{
	char addr[IPADDR_TEXT_BYTES];

	for (size_t i = 0; i < hits->n; i++) {
		const struct hit *hit = &hits->item[i];

		text_add(out, "%s:%d:%s:%s:", hit->list->name, (int)(hit->response - hit->list->responses),
			 subject_word(hit->kind), ipaddr_format(&hit->addr, addr));
		add_addr(out, hit->answer);
	}
	for (size_t i = 0; i < hits->n_complaints; i++) {
		const struct complaint *complaint = &hits->complaint[i];

		text_add(out, "%s %s ", complaint->refused ? "refused" : "odd", complaint->list->name);
		if (complaint->refused)
			add_addr(out, complaint->answer);
	}
}

START_TEST(meaning)
{
	struct ruleset *rules = fixture_rulesf("{'lists': [%s]}", rows[_i].lists);
	struct fixture_scene scene;
	char buf[1000];
	struct text text = text_over(buf, sizeof buf);

	fixture_scene_begin(&scene, rules, rows[_i].subjects, rows[_i].answers);
	describe(&scene.hits, &text);
	ck_assert_str_eq(buf, rows[_i].hits);
	ck_assert_uint_eq(scene.hits.n_lost, 0);
	fixture_scene_end(&scene);
}
END_TEST

/* Batches add up. */
START_TEST(counts)
{
	struct ruleset *rules = fixture_rules("{'lists': [" ONE("") ", {'name': 'b', 'zone': 'b.example'}]}");
	struct fixture_subjects client, received;
	struct hits hits = { .n = 0 };
	struct batch *first, *second;
	struct arena arena;

	arena_init(&arena, ARENA_BYTES);
	fixture_subjects(&client, "client 192.0.2.1");
	fixture_subjects(&received, "received 192.0.2.2, received 192.0.2.3");
	first = fixture_batch(rules, &client.subjects, "1.2.0.192.a.example=127.0.0.2; 1.2.0.192.b.example=late");
	second = fixture_batch(rules, &received.subjects,
			       "2.2.0.192.a.example=failed; 3.2.0.192.a.example=127.0.0.3; 3.2.0.192.b.example=late");
	second->questions[0].cached = true;
	hit_collect(second, &received.subjects, &arena, &hits);
	hit_collect(first, &client.subjects, &arena, &hits);
	hit_sort(&hits);
	ck_assert_uint_eq(hits.n_questions, 6);
	ck_assert_uint_eq(hits.n_late, 2);
	ck_assert_uint_eq(hits.n_failed, 1);
	ck_assert_uint_eq(hits.n_cached, 1);
	ck_assert_uint_eq(hits.n, 2);
	ck_assert_int_eq(hits.item[0].kind, SUBJECT_CLIENT);
	ck_assert_int_eq(hits.item[1].kind, SUBJECT_RECEIVED);
	batch_unref(&first);
	batch_unref(&second);
	arena_clear(&arena);
	ruleset_unref(&rules);
}
END_TEST

/* An answer with 32 addresses, of 64 subjects: more than HITS_MAX. */
START_TEST(bound)
{
	struct ruleset *rules = fixture_rules("{'lists': [" ONE("") "]}");
	struct fixture_subjects all = { .subjects = { .item = all.item, .n = FIXTURE_SUBJECTS_MAX } };
	struct hits hits = { .n = 0 };
	struct batch *batch;
	struct arena arena;

	for (uint32_t i = 0; i < FIXTURE_SUBJECTS_MAX; i++)
		all.item[i] = (struct subject){ .kind = SUBJECT_RECEIVED, .addr = ipaddr_v4(0xc0000201 + i) };
	batch = fixture_batch(rules, &all.subjects, "");
	for (size_t i = 0; i < batch->n_questions; i++) {
		struct answer *answer = &batch->questions[i].answer;

		*answer = (struct answer){ .status = ANSWER_LISTED, .foreign = true };
		while (answer->n < ANSWER_ADDRS_MAX) {
			answer->addr[answer->n] = 0x7f000002u + answer->n;
			answer->n++;
		}
	}
	arena_init(&arena, ARENA_BYTES);
	hit_collect(batch, &all.subjects, &arena, &hits);
	hit_sort(&hits);
	ck_assert_uint_eq(hits.n, HITS_MAX);
	ck_assert_uint_eq(hits.n_lost, FIXTURE_SUBJECTS_MAX * ANSWER_ADDRS_MAX - HITS_MAX);
	ck_assert_uint_eq(hits.n_complaints, 64);
	hit_collect(batch, &all.subjects, &arena, &hits);
	ck_assert_uint_eq(hits.n, HITS_MAX);
	ck_assert_uint_eq(hits.n_complaints, 64);
	batch_unref(&batch);
	arena_clear(&arena);
	ruleset_unref(&rules);
}
END_TEST

START_TEST(no_memory)
{
	struct ruleset *rules = fixture_rules("{'lists': [" ONE("") "]}");
	struct fixture_subjects all;
	struct hits hits = { .n = 0 };
	struct batch *batch;
	struct arena arena;

	fixture_subjects(&all, CLIENT);
	batch = fixture_batch(rules, &all.subjects, IS("127.0.0.2 127.0.0.3 203.0.113.80"));
	arena_init(&arena, 16);
	hit_collect(batch, &all.subjects, &arena, &hits);
	hit_sort(&hits);
	ck_assert_uint_eq(hits.n, 0);
	ck_assert_uint_eq(hits.n_lost, 2);
	ck_assert_uint_eq(hits.n_complaints, 0);
	batch_unref(&batch);
	arena_clear(&arena);
	ruleset_unref(&rules);
}
END_TEST

/* A hit on a domain holds its name, and the client's address nowhere. */
START_TEST(domains)
{
	struct ruleset *rules = fixture_rules("{'lists': [" ONE("") ", {'name': 'd', 'zone': 'd.example', 'subjects': ['helo', 'sender'], "
					      "'responses': [{'match': '127.0.1.[2..99]'}, {'match': '127.0.1.102', 'subjects': ['sender']}], "
					      "'refused': ['127.0.1.255']}]}");
	struct fixture_scene scene;
	const struct hits *hits = &scene.hits;

	fixture_scene_begin(&scene, rules, CLIENT ", helo m.example, sender m.example, sender r.example",
			    IS("127.0.0.2") "; m.example.d.example=127.0.1.4 127.0.1.102; r.example.d.example=127.0.1.255");
	ck_assert_uint_eq(hits->n, 4);
	ck_assert_ptr_null(hits->item[0].name);
	ck_assert_int_eq(hits->item[1].kind, SUBJECT_HELO);
	ck_assert_int_eq(hits->item[2].kind, SUBJECT_SENDER);
	ck_assert_uint_eq(hits->item[2].answer, 0x7f000104);
	ck_assert_int_eq(hits->item[3].kind, SUBJECT_SENDER);
	ck_assert_uint_eq(hits->item[3].answer, 0x7f000166);
	for (size_t i = 1; i < hits->n; i++) {
		ck_assert_str_eq(hits->item[i].name, "m.example");
		ck_assert(!ipaddr_is_set(&hits->item[i].addr));
	}
	ck_assert_uint_eq(hits->n_complaints, 1);
	ck_assert_uint_eq(hits->complaint[0].answer, 0x7f0001ff);
	fixture_scene_end(&scene);
}
END_TEST

Suite *hit_suite(void)
{
	Suite *suite = suite_create("hit");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, meaning, 0, ROWS(rows));
	tcase_add_test(tcase, counts);
	tcase_add_test(tcase, bound);
	tcase_add_test(tcase, no_memory);
	tcase_add_test(tcase, domains);
	suite_add_tcase(suite, tcase);
	return suite;
}
