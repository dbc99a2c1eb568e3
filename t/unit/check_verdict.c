/* Tests of verdict: the first rule that holds, at both sides of each bound; whose message goes out. */
#include "common/verdict.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

enum { ARENA_BYTES = 100000, NO_RULE = -1 };

#define A1 "1.2.0.192.a.example=127.0.0.2;"
#define B1 "1.2.0.192.b.example=127.0.0.2;"
#define C1 "1.2.0.192.c.example=127.0.0.2;"
#define A2 "2.2.0.192.a.example=127.0.0.2;"
#define C2 "2.2.0.192.c.example=127.0.0.2;"
#define DEFAULTS "[{'when': {'points': 100, 'subjects': ['client', 'helo', 'sender', 'rdns']}, 'do': ['reject']}," \
		 "{'when': {'matches': 1}, 'do': ['flag']}]"
#define STEPS "[{'when': {'points': 101}, 'do': ['reject']}, {'when': {'points': 51, 'matches': 2}, 'do': ['tempfail']}," \
	      "{'when': {'matches': 1}, 'do': ['flag']}]"

/* Lists a and b: 50 points; c: 100 points. The client is 192.0.2.1, 192.0.2.2 is a Received address. */
static const struct {
	const char *actions, *answers;
	int rule;
	const char *word, *deciding;   /* deciding: the list; NULL: no hit */
	int points, matches;
} rows[] = {
	{ DEFAULTS, "", NO_RULE, "pass", NULL, 0, 0 },
	{ DEFAULTS, A1, 1, "flag", "a", 50, 1 },
	{ DEFAULTS, A1 B1, 0, "reject", "a", 100, 2 },
	{ DEFAULTS, C1, 0, "reject", "c", 100, 1 },
	{ DEFAULTS, A2 C1, 0, "reject", "c", 150, 2 },   /* the message of a hit that the rule counts */
	{ DEFAULTS, C2, 1, "flag", "c", 100, 1 },        /* found only in a header that anybody can write */
	{ DEFAULTS, A1 C2, 1, "flag", "a", 150, 2 },

	{ STEPS, A1, 2, "flag", "a", 50, 1 },
	{ STEPS, C1, 2, "flag", "c", 100, 1 },
	{ STEPS, A1 B1, 1, "tempfail", "a", 100, 2 },
	{ STEPS, A1 C1, 0, "reject", "a", 150, 2 },
	{ STEPS, A1 C2, 0, "reject", "a", 150, 2 },
	{ STEPS, "1.2.0.192.a.example=late; 1.2.0.192.c.example=failed", NO_RULE, "pass", NULL, 0, 0 },

	{ "[]", C1, NO_RULE, "pass", NULL, 100, 1 },
	{ "[{'do': ['flag']}]", "", 0, "flag", NULL, 0, 0 },
	{ "[{'do': ['tempfail']}]", "", 0, "tempfail", NULL, 0, 0 },
	{ "[{'when': {'matches': 1}, 'do': []}, {'do': ['reject']}]", A1, 0, "pass", "a", 50, 1 },
	{ "[{'when': {'matches': 1}, 'do': []}, {'do': ['reject']}]", "", 1, "reject", NULL, 0, 0 },
	{ "[{'when': {'matches': 2}, 'do': ['reject']}]", A1 A2, NO_RULE, "pass", NULL, 50, 1 },
	{ "[{'when': {'matches': 2}, 'do': ['reject']}]", A1 C2, 0, "reject", "a", 150, 2 },
	{ "[{'when': {'matches': 1, 'subjects': ['received']}, 'do': ['reject']}]", A1 C2, 0, "reject", "c", 150, 2 },
	{ "[{'when': {'points': 1, 'subjects': ['helo']}, 'do': ['reject']}]", A1 C2, NO_RULE, "pass", NULL, 150, 2 },
};

START_TEST(decide)
{
	struct ruleset *rules = fixture_rulesf("{'actions': %s, 'lists': ["
					       "{'name': 'a', 'zone': 'a.example', 'points': 50},"
					       "{'name': 'b', 'zone': 'b.example', 'points': 50},"
					       "{'name': 'c', 'zone': 'c.example', 'points': 100}]}", rows[_i].actions);
	struct fixture_scene scene;
	struct verdict verdict;

	fixture_scene_begin(&scene, rules, "client 192.0.2.1, received 192.0.2.2", rows[_i].answers);
	verdict_decide(rules, &scene.hits, &verdict);
	ck_assert_str_eq(verdict_word(&verdict), rows[_i].word);
	ck_assert_ptr_eq(verdict.rule, rows[_i].rule == NO_RULE ? NULL : &rules->actions[rows[_i].rule]);
	ck_assert_uint_eq(verdict.actions, verdict.rule != NULL ? verdict.rule->actions : 0);
	ck_assert_int_eq(verdict.deciding != NULL, rows[_i].deciding != NULL);
	if (verdict.deciding != NULL)
		ck_assert_str_eq(verdict.deciding->list->name, rows[_i].deciding);
	ck_assert_ptr_eq(verdict_decided_by(&verdict, &scene.hits), verdict.deciding != NULL ? verdict.deciding->list : NULL);
	ck_assert_int_eq(verdict.score.points, rows[_i].points);
	ck_assert_int_eq(verdict.score.matches, rows[_i].matches);
	fixture_scene_end(&scene);
}
END_TEST

/* Without a word on actions, the configuration's default is the one of above. */
START_TEST(default_actions)
{
	struct ruleset *rules = fixture_rules("{}"), *written = fixture_rules("{'actions': " DEFAULTS "}");

	ck_assert_uint_eq(rules->n_actions, written->n_actions);
	for (size_t i = 0; i < rules->n_actions; i++) {
		const struct rule *a = &rules->actions[i], *b = &written->actions[i];

		ck_assert(a->has_points == b->has_points && (!a->has_points || a->points == b->points));
		ck_assert(a->has_matches == b->has_matches && (!a->has_matches || a->matches == b->matches));
		ck_assert(a->subjects == b->subjects && a->actions == b->actions);
	}
	ruleset_unref(&rules);
	ruleset_unref(&written);
}
END_TEST

/* --- allow lists -------------------------------------------------------------------------------------------------- */

static const struct {
	const char *actions, *answers;
	const char *word, *deciding;
	bool exempted;
} allowed[] = {
	{ DEFAULTS, "1.2.0.192.c.example=127.0.0.2", "reject", "c", false },
	{ DEFAULTS, "1.2.0.192.c.example=127.0.0.2; 1.2.0.192.w.example=127.0.0.2", "flag", "c", false },
	{ DEFAULTS, "1.2.0.192.c.example=127.0.0.2; 1.2.0.192.w.example=127.0.0.3", "pass", NULL, true },
	{ DEFAULTS, "1.2.0.192.w.example=127.0.0.2", "pass", NULL, false },
	{ DEFAULTS, "m.example.d.example=127.0.1.2", "reject", "d", false },        /* the HELO name's */
	{ DEFAULTS, "m.example.d.example=127.0.1.2; 1.2.0.192.w.example=127.0.0.3", "pass", NULL, true },
	{ DEFAULTS, "f.example.d.example=127.0.1.2", "flag", "d", false },          /* the From header's alone */
	{ "[{'do': ['tempfail']}]", "1.2.0.192.c.example=127.0.0.2; 1.2.0.192.w.example=127.0.0.3", "tempfail", NULL, true },
};

START_TEST(decide_allowed)
{
	struct ruleset *rules = fixture_rulesf("{'actions': %s, 'lists': ["
					       "{'name': 'c', 'zone': 'c.example'},"
					       "{'name': 'd', 'zone': 'd.example', 'subjects': ['helo', 'from']},"
					       "{'name': 'w', 'zone': 'w.example', 'kind': 'allow', 'responses': ["
					       "{'match': '127.0.0.2', 'points': -10}, {'match': '127.0.0.3'}]}]}", allowed[_i].actions);
	struct fixture_scene scene;
	struct verdict verdict;

	fixture_scene_begin(&scene, rules, "client 192.0.2.1, helo m.example, from f.example", allowed[_i].answers);
	verdict_decide(rules, &scene.hits, &verdict);
	ck_assert_str_eq(verdict_word(&verdict), allowed[_i].word);
	ck_assert_int_eq(verdict.deciding != NULL, allowed[_i].deciding != NULL);
	if (verdict.deciding != NULL)
		ck_assert_str_eq(verdict.deciding->list->name, allowed[_i].deciding);
	ck_assert_int_eq(verdict.score.exempting != NULL, allowed[_i].exempted);
	fixture_scene_end(&scene);
}
END_TEST

/* --- trusted lists, lists that do not answer, all that can be done ------------------------------------------------ */

#define TRUSTED "[{'when': {'trusted': true}, 'do': ['drop']}, {'when': {'matches': 2}, 'do': ['quarantine']}," \
		"{'when': {'points': 50}, 'do': ['flag', 'prefix', {'reroute': 's@example.org'}]}]"
#define SILENT "[{'when': {'unanswered': 2}, 'do': ['tempfail']}, {'when': {'matches': 1, 'unanswered': 1}, 'do': ['discard']}," \
	       "{'when': {'matches': 1}, 'do': ['prefix']}]"

/* t is trusted, 10 points; a and b: 50 points each; s is on trial, w an allow list. */
static const struct {
	const char *actions, *answers;
	int rule;
	const char *word, *deciding;   /* deciding: the list; NULL: no hit */
} conditions[] = {
	{ TRUSTED, "", NO_RULE, "pass", NULL },
	{ TRUSTED, "1.2.0.192.t.example=127.0.0.2", 0, "drop", "t" },
	{ TRUSTED, "2.2.0.192.t.example=127.0.0.2", 0, "drop", "t" },
	{ TRUSTED, "1.2.0.192.a.example=127.0.0.2; 1.2.0.192.t.example=127.0.0.2", 0, "drop", "t" },   /* not a's message */
	{ TRUSTED, "1.2.0.192.a.example=127.0.0.2", 2, "reroute", "a" },
	{ TRUSTED, "1.2.0.192.a.example=127.0.0.2; 1.2.0.192.b.example=127.0.0.2", 1, "quarantine", "a" },
	{ TRUSTED, "1.2.0.192.t.example=127.0.0.2; 1.2.0.192.w.example=127.0.0.2", NO_RULE, "pass", NULL },
	{ "[{'when': {'trusted': true, 'subjects': ['client']}, 'do': ['reject']}]", "2.2.0.192.t.example=127.0.0.2", NO_RULE, "pass",
	  NULL },
	{ "[{'when': {'trusted': true, 'points': 11}, 'do': ['reject']}]", "1.2.0.192.t.example=127.0.0.2", NO_RULE, "pass", NULL },
	{ "[{'when': {'trusted': true, 'points': 10}, 'do': ['reject']}]", "1.2.0.192.t.example=127.0.0.2", 0, "reject", "t" },
	{ "[{'when': {'trusted': false, 'points': 10}, 'do': ['flag']}]", "1.2.0.192.a.example=127.0.0.2", 0, "flag", "a" },

	{ SILENT, "1.2.0.192.a.example=late", NO_RULE, "pass", NULL },
	{ SILENT, "1.2.0.192.a.example=late; 2.2.0.192.a.example=failed", NO_RULE, "pass", NULL },      /* one list */
	{ SILENT, "1.2.0.192.a.example=late; 2.2.0.192.b.example=failed", 0, "tempfail", NULL },
	{ SILENT, "1.2.0.192.a.example=late; 1.2.0.192.s.example=late", NO_RULE, "pass", NULL },        /* on trial */
	{ SILENT, "1.2.0.192.a.example=late; 1.2.0.192.w.example=late", NO_RULE, "pass", NULL },        /* an allow list */
	{ SILENT, "1.2.0.192.a.example=127.0.0.2; 1.2.0.192.b.example=late", 1, "discard", "a" },
	{ SILENT, "1.2.0.192.a.example=127.0.0.2", 2, "prefix", "a" },
	{ SILENT, "1.2.0.192.t.example=127.0.0.2; 1.2.0.192.b.example=late; 1.2.0.192.a.example=late", 0, "tempfail", NULL },
};

START_TEST(decide_on_conditions)
{
	struct ruleset *rules = fixture_rulesf("{'actions': %s, 'lists': ["
					       "{'name': 'a', 'zone': 'a.example', 'points': 50},"
					       "{'name': 'b', 'zone': 'b.example', 'points': 50},"
					       "{'name': 't', 'zone': 't.example', 'points': 10, 'trusted': true},"
					       "{'name': 's', 'zone': 's.example', 'mode': 'shadow'},"
					       "{'name': 'w', 'zone': 'w.example', 'kind': 'allow'}]}", conditions[_i].actions);
	struct fixture_scene scene;
	struct verdict verdict;

	fixture_scene_begin(&scene, rules, "client 192.0.2.1, received 192.0.2.2", conditions[_i].answers);
	verdict_decide(rules, &scene.hits, &verdict);
	ck_assert_str_eq(verdict_word(&verdict), conditions[_i].word);
	ck_assert_ptr_eq(verdict.rule, conditions[_i].rule == NO_RULE ? NULL : &rules->actions[conditions[_i].rule]);
	ck_assert_pstr_eq(verdict.deciding != NULL ? verdict.deciding->list->name : NULL, conditions[_i].deciding);
	fixture_scene_end(&scene);
}
END_TEST

/* A list that is left out for now gives no answer either; what nobody wants to know of it does not count. */
START_TEST(left_out_is_unanswered)
{
	struct ruleset *rules = fixture_rules("{'lists': [{'name': 'a', 'zone': 'a.example', 'subjects': ['client']},"
					      "{'name': 'b', 'zone': 'b.example', 'subjects': ['received']}]}");
	struct listset left_out = { .bits = { 3 } };
	struct fixture_subjects all;
	struct hits hits = { .n = 0 };
	struct batch *batch;
	struct arena arena;

	arena_init(&arena, ARENA_BYTES);
	fixture_subjects(&all, "client 192.0.2.1");
	batch = query_plan_without(rules, &all.subjects, 10, &left_out);
	hit_collect(batch, &all.subjects, &arena, &hits);
	ck_assert_uint_eq(listset_count(&hits.unanswered), 1);
	ck_assert(listset_has(&hits.unanswered, 0));
	batch_unref(&batch);
	arena_clear(&arena);
	ruleset_unref(&rules);
}
END_TEST

/* --- allow lists without an answer -------------------------------------------------------------------------------- */

#define ALLOW(name, more) "{'name': '" name "', 'zone': '" name ".example', 'kind': 'allow'" more "}"
#define REJECT_100 "[{'when': {'points': 100}, 'do': ['reject']}]"

/* List c has 100 points, d 40; w exempts; n takes 30 off, and 40 of a client, o takes 1; i is told to be ignored, s is on
 * trial, r is asked about the Received address. */
static const struct {
	const char *actions, *answers;
	const char *word, *softened_by;
} silences[] = {
	{ REJECT_100, C1, "reject", NULL },
	{ REJECT_100, C1 "1.2.0.192.w.example=late", "tempfail", "w" },
	{ REJECT_100, C1 "1.2.0.192.w.example=failed", "tempfail", "w" },
	{ REJECT_100, C1 "1.2.0.192.w.example=127.255.255.254", "tempfail", "w" },   /* a refusal is no answer either */
	{ REJECT_100, C1 "1.2.0.192.w.example=absent", "reject", NULL },
	{ REJECT_100, C1 "1.2.0.192.w.example=127.0.0.2", "pass", NULL },
	{ REJECT_100, "1.2.0.192.w.example=late", "pass", NULL },
	{ REJECT_100, C1 "1.2.0.192.i.example=late; 1.2.0.192.s.example=late", "reject", NULL },
	{ REJECT_100, C1 "1.2.0.192.d.example=late", "reject", NULL },               /* block lists are ignored */
	{ REJECT_100, C1 "1.2.0.192.n.example=late", "tempfail", "n" },
	{ REJECT_100, C1 "1.2.0.192.d.example=127.0.0.2; 1.2.0.192.n.example=late", "tempfail", "n" },   /* 140 less 30 and 40 */
	{ "[{'when': {'points': 71}, 'do': ['reject']}]", C1 "1.2.0.192.d.example=127.0.0.2; 1.2.0.192.n.example=late", "tempfail", "n" },
	{ "[{'when': {'points': 70}, 'do': ['reject']}]", C1 "1.2.0.192.d.example=127.0.0.2; 1.2.0.192.n.example=late", "reject", NULL },
	{ "[{'when': {'points': 70}, 'do': ['reject']}]",                            /* two of them together */
	  C1 "1.2.0.192.d.example=127.0.0.2; 1.2.0.192.n.example=late; 1.2.0.192.o.example=late", "tempfail", "o" },
	{ "[{'when': {'points': 31, 'subjects': ['client']}, 'do': ['reject']}]", C1 "1.2.0.192.n.example=failed", "tempfail", "n" },
	{ "[{'when': {'points': 30, 'subjects': ['client']}, 'do': ['reject']}]", C1 "1.2.0.192.n.example=failed", "reject", NULL },
	{ "[{'when': {'points': 100, 'subjects': ['client']}, 'do': ['reject']}]", C1 "2.2.0.192.r.example=late", "reject", NULL },
	{ REJECT_100, C1 "2.2.0.192.r.example=late", "tempfail", "r" },
	{ "[{'when': {'matches': 1}, 'do': ['reject']}]", C1 "1.2.0.192.n.example=late", "reject", NULL },   /* a match stays one */
	{ "[{'when': {'matches': 1}, 'do': ['reject']}]", C1 "1.2.0.192.w.example=late", "tempfail", "w" },
	{ "[{'when': {'points': 100}, 'do': ['drop']}]", C1 "1.2.0.192.w.example=late", "tempfail", "w" },
	{ "[{'when': {'points': 100}, 'do': ['discard']}]", C1 "1.2.0.192.w.example=late", "tempfail", "w" },
	{ "[{'when': {'points': 100}, 'do': ['tempfail']}]", C1 "1.2.0.192.w.example=late", "tempfail", NULL },
	{ "[{'when': {'points': 100}, 'do': ['quarantine']}]", C1 "1.2.0.192.w.example=late", "quarantine", NULL },
	{ "[{'when': {'points': 100}, 'do': ['flag']}]", C1 "1.2.0.192.w.example=late", "flag", NULL },
	{ "[{'do': ['reject']}]", C1 "1.2.0.192.w.example=late", "reject", NULL },   /* nobody could have saved it */
	{ "[{'when': {'points': 100}, 'do': ['reject']}, {'when': {'points': 30}, 'do': ['quarantine']}]", C1 "1.2.0.192.n.example=late",
	  "reject", NULL },                                                          /* nor have brought it to its recipient */
	{ "[{'when': {'points': 100}, 'do': ['reject']}, {'when': {'points': 30}, 'do': ['flag']}]", C1 "1.2.0.192.n.example=late",
	  "tempfail", "n" },
};

START_TEST(soften)
{
	struct ruleset *rules = fixture_rulesf("{'actions': %s, 'lists': [{'name': 'c', 'zone': 'c.example'},"
					       "{'name': 'd', 'zone': 'd.example', 'points': 40}," ALLOW("w", "") ","
					       ALLOW("n", ", 'responses': [{'match': '127.0.0.2', 'points': -30},"
						     "{'match': '127.0.0.3', 'points': -40, 'subjects': ['client']}]") ","
					       ALLOW("o", ", 'points': -1") "," ALLOW("i", ", 'on_failure': 'ignore'") ","
					       ALLOW("s", ", 'mode': 'shadow'") "," ALLOW("r", ", 'subjects': ['received'], 'points': -1") "]}",
					       silences[_i].actions);
	struct fixture_scene scene;
	struct verdict verdict;

	fixture_scene_begin(&scene, rules, "client 192.0.2.1, received 192.0.2.2", silences[_i].answers);
	verdict_decide(rules, &scene.hits, &verdict);
	ck_assert_str_eq(verdict_word(&verdict), silences[_i].word);
	ck_assert_pstr_eq(verdict.softened_by != NULL ? verdict.softened_by->name : NULL, silences[_i].softened_by);
	ck_assert(verdict.softened_by == NULL || (verdict.deciding != NULL && verdict.rule != NULL));
	fixture_scene_end(&scene);
}
END_TEST

/* The same for what was left out for want of an answer, and not for another reason; where it would have been asked at all. */
START_TEST(left_out_softens)
{
	static const struct {
		const char *subjects;
		uint64_t skipped, mute;
		const char *word;
	} left[] = {
		{ "client 192.0.2.1", 2, 2, "tempfail" },
		{ "client 192.0.2.1", 2, 0, "reject" },
		{ "client 192.0.2.1", 4, 4, "reject" },        /* wants to know about Received addresses */
		{ "client 192.0.2.1, received 192.0.2.2", 4, 4, "tempfail" },
		{ "client 192.0.2.1, received 192.0.2.2 exempt", 4, 4, "reject" },
		{ "client 192.0.2.1, received 10.0.0.2", 4, 4, "reject" },
	};
	struct ruleset *rules = fixture_rules("{'actions': " REJECT_100 ", 'lists': [{'name': 'c', 'zone': 'c.example'}," ALLOW("w", "") ","
					      ALLOW("r", ", 'subjects': ['received']") "]}");

	for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
		struct fixture_scene scene;
		struct verdict verdict;

		fixture_scene_begin(&scene, ruleset_ref(rules), left[i].subjects, C1);
		scene.batch->skipped.bits[0] = left[i].skipped;
		scene.batch->mute.bits[0] = left[i].mute;
		fixture_scene_collect(&scene);
		verdict_decide(rules, &scene.hits, &verdict);
		ck_assert_str_eq(verdict_word(&verdict), left[i].word);
		fixture_scene_end(&scene);
	}
	ruleset_unref(&rules);
}
END_TEST

/* What is in doubt keeps no message from its recipient, whichever way; it only flags. */
START_TEST(doubt_withholds_nothing)
{
	static const char *const actions[] = { "'reject'", "'tempfail'", "'drop'", "'discard'", "'quarantine'", "{'reroute': 'a@b.example'}" };
	struct ruleset *rules = fixture_rulesf("{'actions': [{'when': {'matches': 1}, 'do': [%s]}],"
					       "'lists': [{'name': 'a', 'zone': 'a.example'}]}", actions[_i]);
	struct hit hit = { .list = &rules->lists[0], .response = &rules->lists[0].responses[0], .weight = HIT_FLAGS };
	struct hits hits = { .item = &hit, .n = 1 };
	struct verdict verdict;

	verdict_decide(rules, &hits, &verdict);
	ck_assert_str_eq(verdict_word(&verdict), "flag");
	hit.weight = HIT_COUNTS;
	verdict_decide(rules, &hits, &verdict);
	ck_assert_uint_eq(verdict.actions, rules->actions[0].actions);
	ck_assert(verdict.actions & ACTIONS_WITHHOLD);
	ruleset_unref(&rules);
}
END_TEST

/* An allow list decides only where there is something to save the message from. */
START_TEST(saved)
{
	struct ruleset *rules = fixture_rules("{'lists': [{'name': 'c', 'zone': 'c.example'},"
					      "{'name': 'w', 'zone': 'w.example', 'kind': 'allow'}]}");
	static const char *const answers[] = { "1.2.0.192.w.example=127.0.0.2",
					       "1.2.0.192.c.example=127.0.0.2; 1.2.0.192.w.example=127.0.0.2" };
	struct fixture_scene scene;
	struct verdict verdict;

	fixture_scene_begin(&scene, rules, "client 192.0.2.1", answers[_i]);
	verdict_decide(rules, &scene.hits, &verdict);
	ck_assert_str_eq(verdict_word(&verdict), "pass");
	ck_assert_ptr_eq(verdict_decided_by(&verdict, &scene.hits), _i == 0 ? NULL : &rules->lists[1]);
	fixture_scene_end(&scene);
}
END_TEST

/* The weightiest of what is done. */
START_TEST(words)
{
	static const struct {
		unsigned actions;
		const char *word;
	} kinds[] = {
		{ 0, "pass" },
		{ ACTION_PREFIX, "prefix" },
		{ ACTION_PREFIX | ACTION_FLAG, "flag" },
		{ ACTION_PREFIX | ACTION_FLAG | ACTION_REROUTE, "reroute" },
		{ ACTION_FLAG | ACTION_QUARANTINE, "quarantine" },
		{ ACTION_DISCARD, "discard" },
		{ ACTION_DROP, "drop" },
		{ ACTION_TEMPFAIL, "tempfail" },
		{ ACTION_REJECT, "reject" },
	};

	for (int i = 0; i < ROWS(kinds); i++)
		ck_assert_str_eq(verdict_word(&(struct verdict){ .actions = kinds[i].actions }), kinds[i].word);
	ck_assert_int_eq(ROWS(kinds), VERDICT_KINDS);
}
END_TEST

Suite *verdict_suite(void)
{
	Suite *suite = suite_create("verdict");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, decide, 0, ROWS(rows));
	tcase_add_test(tcase, default_actions);
	tcase_add_loop_test(tcase, decide_allowed, 0, ROWS(allowed));
	tcase_add_loop_test(tcase, decide_on_conditions, 0, ROWS(conditions));
	tcase_add_test(tcase, left_out_is_unanswered);
	tcase_add_loop_test(tcase, soften, 0, ROWS(silences));
	tcase_add_test(tcase, left_out_softens);
	tcase_add_loop_test(tcase, doubt_withholds_nothing, 0, 6);
	tcase_add_loop_test(tcase, saved, 0, 2);
	tcase_add_test(tcase, words);
	suite_add_tcase(suite, tcase);
	return suite;
}
