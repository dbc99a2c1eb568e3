/* Tests of settle: what can still change, at both sides of each bound; and which answers are worth looking again. */
#include <string.h>

#include "common/settle.h"
#include "common/verdict.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

/* The client is 192.0.2.1, the Received addresses are 192.0.2.2 and .3. Nobody is listed but who is said to be. */
#define CLIENT(list, answer) "1.2.0.192." #list ".example=" answer ";"
#define HOP(list, answer) "2.2.0.192." #list ".example=" answer ";"
#define HOP_2(list, answer) "3.2.0.192." #list ".example=" answer ";"
#define YES "127.0.0.2"
#define OUT "pending"
#define LISTS "{'name': 'a', 'zone': 'a.example', 'points': 50}," \
	      "{'name': 'b', 'zone': 'b.example', 'points': 49}," \
	      "{'name': 'c', 'zone': 'c.example'}," \
	      "{'name': 'k', 'zone': 'k.example', 'responses': [{'match': '127.0.0.2', 'subjects': ['client']}]}," \
	      "{'name': 'm', 'zone': 'm.example', 'points': 60, 'responses': [{'match': '127.0.0.2', 'points': 30}," \
	      " {'match': '127.0.0.3', 'points': 40}, {'match': '&0.0.0.8', 'points': 29, 'subjects': ['client']}]}," \
	      "{'name': 'n', 'zone': 'n.example', 'kind': 'allow', 'on_failure': 'ignore', 'responses': [" \
	      " {'match': '127.0.0.2', 'points': -10}, {'match': '127.0.0.3', 'points': -41}]}," \
	      "{'name': 's', 'zone': 's.example', 'mode': 'shadow'}," \
	      "{'name': 't', 'zone': 't.example', 'points': 1, 'trusted': true}," \
	      "{'name': 'w', 'zone': 'w.example', 'kind': 'allow', 'mode': 'enforce', 'on_failure': 'ignore'}," \
	      "{'name': 'x', 'zone': 'x.example', 'txt': true, 'message': 'see {reason}'}," \
	      "{'name': 'y', 'zone': 'y.example', 'txt': true, 'header': '{reason}'}"

#define REJECT "{'when': {'points': 100}, 'do': ['reject']}"
#define REJECT_99 "{'when': {'points': 99}, 'do': ['reject']}"
#define REJECT_CLIENT "{'when': {'points': 100, 'subjects': ['client']}, 'do': ['reject']}"
#define DISCARD_MATCHES "{'when': {'matches': 2}, 'do': ['discard']}"
#define TRUSTED "{'when': {'trusted': true}, 'do': ['reject']}"
#define DROP_200 "{'when': {'points': 200}, 'do': ['drop']}"
#define FLAG "{'when': {'matches': 1}, 'do': ['flag']}"
#define TEMPFAIL_SILENT "{'when': {'unanswered': 2}, 'do': ['tempfail']}"
#define REROUTE(n, to) "{'when': {'matches': " #n "}, 'do': [{'reroute': '" to "'}]}"

enum view { RCPT, END, SPARED, WHOLE };

static const struct row {
	enum view view;
	const char *actions, *answers;
	bool over;
	const char *needed;          /* list and last octet of the address; + for a reason; * where the last of these is */
} rows[] = {
	/* nothing is out */
	{ RCPT, REJECT "," FLAG, "", true, "" },
	{ END, REJECT "," FLAG, CLIENT(c, YES), true, "" },
	{ WHOLE, REJECT "," FLAG, CLIENT(c, YES), true, "" },

	/* can it be refused? points of what is out, at both sides of the bound */
	{ RCPT, REJECT, CLIENT(c, OUT), false, "c1*" },
	{ RCPT, REJECT, CLIENT(a, OUT) CLIENT(b, OUT), true, "" },                    /* 99 */
	{ RCPT, REJECT_99, CLIENT(a, OUT) CLIENT(b, OUT), false, "a1 b1" },
	{ RCPT, REJECT, CLIENT(a, YES) CLIENT(b, OUT), true, "" },                    /* 50 and 49 */
	{ RCPT, REJECT_99, CLIENT(a, YES) CLIENT(b, OUT), false, "b1*" },
	{ RCPT, REJECT_99, CLIENT(a, OUT) CLIENT(b, "absent"), true, "" },
	{ RCPT, REJECT_99, CLIENT(a, OUT) CLIENT(b, "failed"), true, "" },
	{ RCPT, REJECT_99, CLIENT(a, OUT) CLIENT(b, "late"), true, "" },
	{ RCPT, REJECT, CLIENT(a, YES) CLIENT(b, OUT) CLIENT(t, OUT), false, "b1 t1" },   /* 50, 49 and 1 */
	{ RCPT, REJECT, CLIENT(c, OUT) CLIENT(a, OUT) CLIENT(b, OUT) CLIENT(k, OUT), false, "c1* k1*" },   /* one is enough to wait for */

	/* a list scores once, however many it lists */
	{ END, REJECT, CLIENT(a, YES) HOP(a, OUT), true, "" },
	{ END, REJECT, HOP(a, OUT) HOP_2(a, OUT), true, "" },
	{ END, REJECT, CLIENT(a, YES) HOP(a, OUT) HOP(b, OUT), true, "" },
	{ END, REJECT_99, CLIENT(a, OUT) HOP(a, OUT) HOP_2(a, OUT) HOP(b, OUT), false, "a3 b2" },
	{ END, REJECT_99, CLIENT(a, YES) HOP(a, OUT) HOP(b, OUT), false, "b2*" },
	{ END, "{'when': {'points': 70}, 'do': ['reject']}", CLIENT(m, YES) HOP(m, OUT), false, "m2*" },   /* 30 and 40 */
	{ END, "{'when': {'points': 71}, 'do': ['reject']}", CLIENT(m, YES) HOP(m, OUT), true, "" },
	{ END, "{'when': {'points': 99}, 'do': ['reject']}", CLIENT(m, OUT) HOP(m, OUT), false, "m1*" },
	{ END, REJECT, CLIENT(m, OUT) HOP(m, OUT), true, "" },

	/* only what the rule looks at */
	{ END, REJECT_CLIENT, HOP(c, OUT) CLIENT(a, OUT), true, "" },
	{ END, REJECT_CLIENT, HOP(c, YES) CLIENT(c, OUT), false, "c1*" },
	{ END, REJECT, HOP(k, OUT), true, "" },                                       /* its response is for clients */
	{ END, REJECT, CLIENT(k, OUT), false, "k1*" },

	/* an allow list is out */
	{ RCPT, REJECT, CLIENT(c, YES) CLIENT(w, OUT), false, "w1" },
	{ RCPT, REJECT, CLIENT(c, YES) CLIENT(w, "absent") CLIENT(a, OUT), true, "" },
	{ RCPT, REJECT, CLIENT(c, YES) CLIENT(n, OUT), false, "n1" },
	{ RCPT, REJECT, CLIENT(c, YES) CLIENT(b, YES) CLIENT(n, OUT), false, "n1" },  /* 149 less 51 */
	{ RCPT, REJECT, CLIENT(c, YES) CLIENT(b, YES) CLIENT(t, YES) CLIENT(n, OUT), false, "n1" },
	{ RCPT, REJECT, CLIENT(c, YES) CLIENT(b, YES) HOP(t, YES) CLIENT(a, YES) CLIENT(n, OUT), true, "" },
	{ RCPT, REJECT_99, CLIENT(c, YES) CLIENT(b, YES) CLIENT(t, YES) CLIENT(n, OUT), true, "" },   /* 150 less 51 */
	{ END, REJECT "," FLAG, CLIENT(w, YES) CLIENT(c, OUT) CLIENT(n, OUT), true, "" },
	{ END, REJECT "," FLAG, CLIENT(w, OUT), true, "" },                           /* nothing to be saved from */
	{ END, REJECT, CLIENT(a, YES) CLIENT(w, OUT), true, "" },
	{ END, REJECT, CLIENT(c, OUT) CLIENT(w, OUT), false, "c1* w1" },

	/* headers may still come */
	{ END, FLAG, CLIENT(c, OUT), false, "c1*" },
	{ END, FLAG, CLIENT(a, YES) HOP(c, OUT) HOP_2(c, OUT), false, "c2* c3*" },
	{ END, REJECT "," FLAG, CLIENT(c, YES) HOP(a, OUT), true, "" },
	{ END, FLAG, CLIENT(a, YES) HOP(k, OUT), true, "" },
	{ END, FLAG, CLIENT(a, YES) CLIENT(w, OUT), false, "w1" },
	{ END, FLAG, CLIENT(a, YES) CLIENT(n, OUT), true, "" },                       /* a match stays one */
	{ END, "{'do': ['flag']}", CLIENT(w, YES) CLIENT(c, OUT), false, "c1*" },
	{ RCPT, FLAG, CLIENT(a, YES) CLIENT(c, OUT), true, "" },
	{ RCPT, FLAG "," REJECT, CLIENT(a, YES) CLIENT(c, OUT), true, "" },
	{ END, "{'when': {'matches': 1}, 'do': ['prefix']}", CLIENT(a, YES) HOP(c, OUT), true, "" },
	{ END, "{'when': {'matches': 1}, 'do': ['prefix', 'flag']}", CLIENT(a, YES) HOP(c, OUT), false, "c2*" },
	{ END, "{'when': {'matches': 1}, 'do': []}", CLIENT(c, OUT), true, "" },      /* nothing is done either way */
	{ END, "", CLIENT(c, OUT), true, "" },

	/* a list on trial */
	{ END, REJECT "," FLAG, CLIENT(s, OUT), true, "" },
	{ END, REJECT "," FLAG, CLIENT(a, YES) CLIENT(s, OUT) HOP(s, OUT), true, "" },
	{ WHOLE, REJECT "," FLAG, CLIENT(a, YES) CLIENT(s, OUT), true, "" },

	/* trusted */
	{ RCPT, TRUSTED, CLIENT(t, OUT) CLIENT(c, OUT), false, "t1*" },
	{ RCPT, TRUSTED, CLIENT(c, OUT), true, "" },
	{ RCPT, TRUSTED "," DROP_200, CLIENT(t, YES) CLIENT(c, OUT), true, "" },
	{ RCPT, TRUSTED, CLIENT(t, YES) CLIENT(w, OUT), false, "w1" },
	{ RCPT, TRUSTED, CLIENT(t, YES) CLIENT(n, OUT), true, "" },
	{ RCPT, "{'when': {'trusted': true}, 'do': ['drop']}," REJECT, CLIENT(c, YES) CLIENT(t, OUT), false, "t1*" },
	{ RCPT, TRUSTED "," REJECT, CLIENT(c, YES) CLIENT(t, OUT), true, "" },        /* the same is done */

	/* matches */
	{ END, DISCARD_MATCHES, CLIENT(a, YES) HOP(a, OUT), true, "" },
	{ END, DISCARD_MATCHES, CLIENT(a, YES) HOP(b, OUT), false, "b2*" },
	{ END, DISCARD_MATCHES, CLIENT(a, OUT) HOP(b, OUT) HOP(c, OUT), false, "b2 c2" },
	{ END, DISCARD_MATCHES, CLIENT(a, YES) CLIENT(b, YES) CLIENT(c, OUT), true, "" },
	{ END, DISCARD_MATCHES, CLIENT(a, YES) CLIENT(b, YES) CLIENT(w, OUT), false, "w1" },
	{ RCPT, DISCARD_MATCHES, CLIENT(a, YES) CLIENT(b, OUT), true, "" },           /* not given there */

	/* a rule above may still hold */
	{ RCPT, DROP_200 "," REJECT, CLIENT(c, YES) CLIENT(m, OUT), true, "" },       /* 199 */
	{ RCPT, DROP_200 "," REJECT, CLIENT(c, YES) CLIENT(m, OUT) CLIENT(t, OUT), false, "m1 t1" },
	{ RCPT, DROP_200 "," REJECT, CLIENT(c, YES) CLIENT(k, OUT), false, "k1*" },
	{ RCPT, DROP_200 "," REJECT, CLIENT(c, YES) CLIENT(k, YES) CLIENT(n, OUT), false, "n1" },
	{ RCPT, "{'when': {'points': 200}, 'do': ['reject']}," REJECT, CLIENT(c, YES) CLIENT(k, OUT), true, "" },
	{ RCPT, "{'when': {'matches': 3}, 'do': ['flag']}," REJECT, CLIENT(c, YES) CLIENT(a, OUT), true, "" },
	{ RCPT, "{'when': {'matches': 3}, 'do': ['flag']}," REJECT, CLIENT(c, YES) CLIENT(a, OUT) CLIENT(b, OUT), false, "a1 b1" },
	{ END, REROUTE(2, "a@b.example") "," REROUTE(1, "c@d.example"), CLIENT(a, YES) CLIENT(b, OUT), false, "b1*" },
	{ END, REROUTE(2, "a@b.example") "," REROUTE(1, "a@b.example"), CLIENT(a, YES) CLIENT(b, OUT), true, "" },

	/* lists without an answer */
	{ RCPT, TEMPFAIL_SILENT, CLIENT(a, OUT), true, "" },
	{ RCPT, TEMPFAIL_SILENT, CLIENT(a, OUT) CLIENT(b, OUT), false, "a1 b1" },
	{ RCPT, TEMPFAIL_SILENT, CLIENT(a, "failed") CLIENT(b, OUT), false, "b1" },
	{ RCPT, TEMPFAIL_SILENT, CLIENT(a, "failed") CLIENT(s, OUT) CLIENT(w, OUT), true, "" },
	{ RCPT, TEMPFAIL_SILENT, CLIENT(a, "failed") HOP(a, OUT), true, "" },
	{ RCPT, TEMPFAIL_SILENT, CLIENT(a, "failed") CLIENT(b, "late") CLIENT(c, OUT), true, "" },
	{ RCPT, TEMPFAIL_SILENT "," REJECT, CLIENT(a, OUT) CLIENT(b, OUT) CLIENT(c, YES), false, "a1 b1" },

	/* somebody is exempt */
	{ SPARED, REJECT, CLIENT(c, YES) CLIENT(a, OUT), false, "a1*" },
	{ SPARED, REJECT, CLIENT(c, YES) CLIENT(s, OUT), true, "" },
	{ SPARED, REJECT, CLIENT(a, OUT), true, "" },
	{ WHOLE, REJECT, CLIENT(c, YES) CLIENT(a, OUT) CLIENT(n, OUT), false, "a1* n1*" },
};

static const struct settle_view views[] = {
	[RCPT] = { .given = ACTIONS_REFUSE },
	[END] = { .given = ~0u },
	[SPARED] = { .given = ~0u, .may_spare = true },
	[WHOLE] = { .given = ~0u, .whole = true },
};

/* The subjects of all scenes but one. */
#define EVERYBODY "client 192.0.2.1, received 192.0.2.2, received 192.0.2.3"

static void weigh(struct fixture_scene *s)
{
	static const struct listset none;

	hit_weigh(&s->hits, s->rules, &none, &none);
}

static struct fixture_scene *scene_of(struct ruleset *rules, const char *subjects, const char *answers)
{
	static struct fixture_scene s;

	fixture_scene_begin(&s, rules, subjects, answers);
	weigh(&s);
	return &s;
}

static struct fixture_scene *scene_begin(const char *actions, const char *more, const char *answers)
{
	return scene_of(fixture_rulesf("{'lists': [" LISTS "], 'actions': [%s]%s}", actions, more), EVERYBODY, answers);
}

static void collect(struct fixture_scene *s)
{
	fixture_scene_collect(s);
	weigh(s);
}

static void describe(const struct gaps *out, struct text *text)
{
	for (size_t i = 0; i < out->n; i++) {
		char name[FIXTURE_NAME_BYTES];

		if (out->item[i].need != NEED_NOT)
			text_add(text, "%s%s%c%s%s", text->len > 0 ? " " : "", out->item[i].list->name,
				 fixture_name(out->item[i].question, name)[0], out->item[i].kinds == 0 ? "+" : "",
				 out->item[i].need == NEED_LAST ? "*" : "");
	}
}

static void expect(struct fixture_scene *s, enum view view, bool over, const char *needed)
{
	char buf[100];
	struct text text = text_over(buf, sizeof buf);

	ck_assert_int_eq(settle_is_over(s->rules, &s->hits, &views[view]), over);
	if (over)
		return;
	describe(&s->hits.out, &text);
	ck_assert_str_eq(buf, needed);
}

START_TEST(bounds)
{
	struct fixture_scene *s = scene_begin(rows[_i].actions, "", rows[_i].answers);

	expect(s, rows[_i].view, rows[_i].over, rows[_i].needed);
	fixture_scene_end(s);
}
END_TEST

/* --- reasons ------------------------------------------------------------------------------------------------------ */

/* `txt`: the list whose TXT record of the client is out. */
static const struct {
	enum view view;
	const char *actions, *more, *answers, *txt;
	bool over;
	const char *needed;
} reasons[] = {
	{ RCPT, REJECT, "", CLIENT(x, YES), "x", false, "x1+" },
	{ RCPT, REJECT, "", CLIENT(x, YES), "", true, "" },
	{ RCPT, REJECT, ", 'reply': {'send_message': false}", CLIENT(x, YES), "x", true, "" },
	{ END, REJECT, "", CLIENT(x, YES), "x", false, "x1+" },
	{ RCPT, REJECT, "", CLIENT(x, OUT), "x", false, "x1*" },
	{ RCPT, REJECT, "", CLIENT(x, "absent"), "x", true, "" },
	{ RCPT, REJECT, "", CLIENT(x, "failed"), "x", true, "" },
	{ RCPT, REJECT, "", CLIENT(c, YES) CLIENT(x, YES), "x", true, "" },           /* the reply is that of c */
	{ RCPT, REJECT, "", CLIENT(y, YES), "y", true, "" },                          /* it is for the header */
	{ END, FLAG, "", CLIENT(y, YES), "y", false, "y1+" },
	{ END, FLAG, "", CLIENT(x, YES), "x", true, "" },
	{ END, FLAG, "", CLIENT(y, YES) HOP(a, OUT), "y", false, "a2*" },
	{ END, "{'when': {'matches': 1}, 'do': ['prefix']}", ", 'prefix': {'text': '{reason} '}", CLIENT(x, YES), "x", false, "x1+" },
	{ END, "{'when': {'matches': 1}, 'do': ['prefix']}", "", CLIENT(x, YES), "x", true, "" },
	{ END, "{'when': {'matches': 1}, 'do': ['discard']}", "", CLIENT(x, YES), "x", true, "" },
	{ END, FLAG, ", 'stop_on_first_match': true", CLIENT(y, YES) CLIENT(a, OUT), "y", false, "y1+" },
};

START_TEST(texts)
{
	struct fixture_scene *s = scene_begin(reasons[_i].actions, reasons[_i].more, reasons[_i].answers);

	for (size_t i = 0; i < s->batch->n_queries; i++) {
		const struct query *query = &s->batch->queries[i];
		struct question *txt = &s->batch->questions[query->reason];

		if (query->subject != 0 || strcmp(s->rules->lists[query->list].name, reasons[_i].txt) != 0)
			continue;
		ck_assert_uint_ne(query->reason, QUERY_NO_REASON);
		txt->answer.status = ANSWER_PENDING;
		txt->out = true;
	}
	collect(s);
	expect(s, reasons[_i].view, reasons[_i].over, reasons[_i].needed);
	fixture_scene_end(s);
}
END_TEST

/* --- the first match ---------------------------------------------------------------------------------------------- */

static const struct row firsts[] = {
	{ END, FLAG, CLIENT(a, YES) CLIENT(b, OUT) HOP(c, OUT), true, "" },
	{ END, FLAG, CLIENT(a, OUT) HOP(c, OUT), false, "a1* c2*" },
	{ END, DISCARD_MATCHES, CLIENT(a, YES) HOP(c, OUT), true, "" },
	{ END, FLAG, CLIENT(s, YES) CLIENT(a, OUT), false, "a1*" },
	{ END, FLAG, CLIENT(n, YES) CLIENT(a, OUT), false, "a1*" },
	{ END, FLAG, CLIENT(a, YES) CLIENT(b, OUT) CLIENT(w, OUT), false, "w1" },
	{ WHOLE, FLAG, CLIENT(a, YES) CLIENT(b, OUT), true, "" },
};

START_TEST(first_match)
{
	struct fixture_scene *s = scene_begin(firsts[_i].actions, ", 'stop_on_first_match': true", firsts[_i].answers);

	expect(s, firsts[_i].view, firsts[_i].over, firsts[_i].needed);
	fixture_scene_end(s);
}
END_TEST

/* --- hits in doubt, allow lists without an answer, memory --------------------------------------------------------- */

/* c is in doubt: it refuses nobody, but what would be refused for it is flagged. */
static const struct row doubts[] = {
	{ RCPT, REJECT, CLIENT(c, YES) CLIENT(a, OUT), true, "" },
	{ END, REJECT, CLIENT(c, YES) CLIENT(a, OUT), false, "a1*" },
	{ RCPT, REJECT, CLIENT(c, YES) CLIENT(k, OUT), false, "k1*" },
	{ RCPT, REJECT "," FLAG, CLIENT(c, YES) HOP(c, OUT), false, "c2*" },
	{ END, "{'when': {'matches': 1}, 'do': ['discard']}," FLAG, CLIENT(c, YES) HOP(k, OUT), true, "" },
};

START_TEST(doubted)
{
	struct fixture_scene *s = scene_begin(doubts[_i].actions, "", doubts[_i].answers);

	ck_assert_uint_eq(s->hits.n, 1);
	s->hits.item[0].weight = HIT_FLAGS;
	expect(s, doubts[_i].view, doubts[_i].over, doubts[_i].needed);
	fixture_scene_end(s);
}
END_TEST

#define SOFT "{'name': 'c', 'zone': 'c.example'}, {'name': 'a', 'zone': 'a.example', 'points': 50}," \
	     "{'name': 'n', 'zone': 'n.example', 'kind': 'allow', 'points': -60}, {'name': 'w', 'zone': 'w.example', 'kind': 'allow'}"

static const struct row silences[] = {
	{ RCPT, REJECT, CLIENT(c, YES) CLIENT(n, "late") CLIENT(a, OUT), false, "a1*" },   /* 40 or 90, or is it 100? */
	{ RCPT, REJECT, CLIENT(c, YES) CLIENT(w, "late") CLIENT(a, OUT), true, "" },
	{ RCPT, REJECT, CLIENT(c, YES) CLIENT(w, "late") CLIENT(n, OUT), false, "n1" },
	{ RCPT, "{'when': {'points': 100}, 'do': ['discard']}", CLIENT(c, OUT), true, "" },
	{ RCPT, "{'when': {'points': 100}, 'do': ['discard']}", CLIENT(c, OUT) CLIENT(w, "failed"), false, "c1*" },
};

START_TEST(silent)
{
	struct ruleset *rules = fixture_rulesf("{'lists': [" SOFT "], 'actions': [%s]}", silences[_i].actions);
	struct fixture_scene *s = scene_of(rules, "client 192.0.2.1", silences[_i].answers);

	expect(s, silences[_i].view, silences[_i].over, silences[_i].needed);
	fixture_scene_end(s);
}
END_TEST

/* Where there is no room to note what is out, all of it is waited for. */
START_TEST(no_memory)
{
	struct fixture_scene *s = scene_begin(REJECT, "", CLIENT(a, OUT));

	arena_clear(&s->arena);
	s->hits = (struct hits){ .n = 0 };     /* with the memory it had */
	s->arena.cap_bytes = 1;
	collect(s);
	ck_assert_uint_eq(s->hits.out.n, 0);
	ck_assert(!settle_is_over(s->rules, &s->hits, &views[RCPT]));
	*fixture_question(s->batch, "1.2.0.192.a.example") = (struct question){ .answer = fixture_answer("absent") };
	collect(s);
	ck_assert(settle_is_over(s->rules, &s->hits, &views[RCPT]));
	fixture_scene_end(s);
}
END_TEST

/* --- against every way in which it could go on -------------------------------------------------------------------- */

enum { SCENES = 150, OUT_MAX = 3 };

static const char *const policies[] = {
	REJECT "," FLAG, REJECT_CLIENT "," FLAG, DROP_200 "," REJECT, TRUSTED "," REJECT_99 "," FLAG, DISCARD_MATCHES "," FLAG,
	"{'when': {'matches': 3}, 'do': ['flag']}," REJECT, TEMPFAIL_SILENT "," REJECT, "{'when': {'points': 61}, 'do': ['reject']}",
	REROUTE(3, "a@b.example") "," FLAG,
};

static const char *const continuations[] = { "absent", "127.0.0.2", "127.0.0.3", "127.0.0.2 127.0.0.3 127.0.0.8", "failed" };
enum { CONTINUATIONS = sizeof continuations / sizeof continuations[0] };

static uint32_t random_next(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void answer(struct question *q, const char *text)
{
	q->answer = fixture_answer(text);
	q->out = false;
}

/* What is done, and how many headers it adds. */
static unsigned outcome_of(struct fixture_scene *s, enum view view)
{
	struct verdict verdict;
	unsigned done, headers = 0;

	collect(s);
	verdict_decide(s->rules, &s->hits, &verdict);
	done = verdict.actions & views[view].given;
	for (size_t i = 0; (done & ACTION_FLAG) && i < s->hits.n; i++)
		headers += s->hits.item[i].list->kind == LIST_BLOCK && s->hits.item[i].weight != HIT_SHOWN;
	return done | headers << 16;
}

/* Some questions out, of the others a few are listed. */
static size_t deal(struct fixture_scene *s, uint32_t *seed, struct question *out[OUT_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < s->batch->n_questions; i++) {
		struct question *q = &s->batch->questions[i];
		uint32_t dice = random_next(seed) % 100;

		if (q->type != DNSWIRE_TYPE_A)
			continue;
		answer(q, dice < 12 ? continuations[1 + dice % (CONTINUATIONS - 1)] : "absent");
		if (dice >= 90 && n < OUT_MAX)
			out[n++] = q;
	}
	return n;
}

static void put_out(struct question *const out[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		out[i]->answer.status = ANSWER_PENDING;
		out[i]->out = true;
	}
}

/* Whatever the answers are, the outcome is the one of now. */
static void all_the_same(struct fixture_scene *s, enum view view, struct question *const out[], size_t n, unsigned expected)
{
	size_t ways = 1;

	for (size_t i = 0; i < n; i++)
		ways *= CONTINUATIONS;
	for (size_t way = 0; way < ways; way++) {
		size_t rest = way;

		for (size_t i = 0; i < n; i++, rest /= CONTINUATIONS)
			answer(out[i], continuations[rest % CONTINUATIONS]);
		ck_assert_uint_eq(outcome_of(s, view), expected);
	}
}

/* While what is needed is out - of those of which the last one is, any one - and the others are no listings, nothing is settled. */
static void worth_waiting(struct fixture_scene *s, enum view view, struct question *const out[], size_t n, size_t which)
{
	bool any = false;
	bool needed[OUT_MAX] = { false };
	size_t n_last = 0, nth = 0;

	for (size_t j = 0; j < s->hits.out.n; j++)
		n_last += s->hits.out.item[j].need == NEED_LAST;
	for (size_t j = 0; j < s->hits.out.n; j++) {
		const struct gap *gap = &s->hits.out.item[j];

		for (size_t i = 0; i < n; i++)
			if (gap->question == out[i])
				needed[i] = gap->need == NEED_EACH || (gap->need == NEED_LAST && nth++ == which % n_last);
	}
	for (size_t i = 0; i < n; i++)
		any |= needed[i];
	ck_assert(any);
	for (size_t i = 0; i < n; i++)
		if (!needed[i])
			answer(out[i], i % 2 == 0 ? "absent" : "failed");
	collect(s);
	ck_assert(!settle_is_over(s->rules, &s->hits, &views[view]));
}

START_TEST(every_way)
{
	struct fixture_scene *s = scene_begin(policies[_i / 2], "", "");
	enum view view = _i % 2 == 0 ? RCPT : END;
	uint32_t seed = (uint32_t)_i + 1;
	size_t n_over = 0, n_waiting = 0;

	for (int round = 0; round < SCENES; round++) {
		struct question *out[OUT_MAX];
		size_t n = deal(s, &seed, out);
		unsigned now;

		put_out(out, n);
		now = outcome_of(s, view);
		if (settle_is_over(s->rules, &s->hits, &views[view])) {
			n_over += n > 0;
			all_the_same(s, view, out, n, now);
		} else {
			n_waiting++;
			worth_waiting(s, view, out, n, (size_t)round);
		}
	}
	ck_assert_uint_gt(n_over, 0);
	ck_assert(n_waiting > 0 || view == RCPT);
	fixture_scene_end(s);
}
END_TEST

Suite *settle_suite(void)
{
	Suite *suite = suite_create("settle");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, bounds, 0, ROWS(rows));
	tcase_add_loop_test(tcase, texts, 0, ROWS(reasons));
	tcase_add_loop_test(tcase, first_match, 0, ROWS(firsts));
	tcase_add_loop_test(tcase, doubted, 0, ROWS(doubts));
	tcase_add_loop_test(tcase, silent, 0, ROWS(silences));
	tcase_add_test(tcase, no_memory);
	tcase_add_loop_test(tcase, every_way, 0, 2 * ROWS(policies));
	suite_add_tcase(suite, tcase);
	return suite;
}
