/* asking: a message's questions are planned, sent, waited for and decided.
 * Questions go out as soon as their subject is known; nobody waits longer than until nothing that is still out can change what
 * is done. */
#include "milter/asking.h"

#include <string.h>

#include "common/manual.h"
#include "common/settle.h"
#include "common/trust.h"

enum {
	WITNESSES_MAX = 32,          /* lists that are tested for one message */
	BATCHES_MAX = 6,             /* of one message: three stages, each with lists and checks */
};

/* Answers -> hits, as far as they have come; what they tell of the lists is learned. */
static void collect(struct session *session, struct asked *asked, struct hits *hits)
{
	struct service *service = session->service;
	struct batch *lists = asked->batch, *checks = asked->checks.batch;

	if (!asked->over) {
		size_t n_out = (lists != NULL ? lookup_look(lists) : 0) + (checks != NULL ? lookup_look(checks) : 0);

		if (lists != NULL && !session->dry && health_learn(service->health, lists, &asked->subjects, monotime_now()))
			prober_poke(service->prober);
		asked->over = n_out == 0;
	}
	check_collect(session->rules, &asked->checks, &session->msg, hits);
	if (lists != NULL)
		hit_collect(lists, &asked->subjects, &session->msg, hits);
}

static void look_into(struct session *session, struct hits *hits)
{
	hit_clear(hits);
	collect(session, &session->client, hits);
	collect(session, &session->names, hits);
	collect(session, &session->last, hits);
	hit_sort(hits);
}

/* What was asked for the message so far. */
static size_t batches_of(const struct session *session, struct batch *out[BATCHES_MAX])
{
	const struct asked *const stages[] = { &session->client, &session->names, &session->last };
	size_t n = 0;

	for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
		if (stages[i]->batch != NULL)
			out[n++] = stages[i]->batch;
		if (stages[i]->checks.batch != NULL)
			out[n++] = stages[i]->checks.batch;
	}
	return n;
}

/* Sends it on its way. All answers of a message ring at one bell, that of its first batch. */
static void send_batch(struct session *session, struct asked *asked, struct batch *batch)
{
	struct batch *batches[BATCHES_MAX];
	size_t n = batches_of(session, batches);
	struct batch *host = n > 0 ? batches[0] : asked->batch;

	if (host != NULL && host != batch)
		batch_ring_at(batch, host);
	asked->over = false;
	lookup_start(session->service->lookup, batch);
}

static bool has_matched(struct session *session, struct asked *asked)
{
	static const struct listset none;

	look_into(session, &session->hits);
	if (asked == &session->prefetched)
		collect(session, asked, &session->hits);
	hit_weigh(&session->hits, session->rules, &none, &none);
	return hit_matched(&session->hits);
}

/* Sends out what the lists want to know about the subjects, but for those that were added by hand. */
static void ask(struct session *session, struct asked *asked, struct arena *arena, size_t max_questions)
{
	struct service *service = session->service;
	struct listset left_out, asked_not;

	if (!manual_mark(service->manual, &asked->subjects, monotime_now(), arena))
		session_tell_no_memory();
	health_left_out(service->health, session->rules, monotime_now(), &left_out);
	asked_not = left_out;
	listset_join(&asked_not, &session->exempt.lists);
	asked->batch = query_plan_without(session->rules, &asked->subjects, max_questions, &asked_not);
	if (asked->batch == NULL) {
		session_tell_no_memory();
		return;
	}
	listset_leave(&asked->batch->skipped, &session->exempt.lists);
	if (!listset_is_empty(&asked->batch->skipped))
		health_mute(service->health, session->rules, monotime_now(), &asked->batch->skipped, &asked->batch->mute);
	/* Once a block list has matched, no other is asked: so what is known already comes first. */
	if (session->rules->stop_on_first_match) {
		lookup_recall(service->lookup, asked->batch);
		if (has_matched(session, asked))
			batch_drop_blocks(asked->batch);
	}
	send_batch(session, asked, asked->batch);
}

/* Sends out what is to be verified; `max_questions` with what the lists want to know at the same stage. */
static void ask_checks(struct session *session, struct asked *asked, size_t max_questions)
{
	struct checks *checks = &asked->checks;

	if (session->rules->stop_on_first_match && has_matched(session, asked)) {
		checks->subjects.n = 0;
		return;
	}
	if (asked->batch != NULL)
		max_questions -= query_count(asked->batch);
	exempt_mark(session->rules, &session->facts, &checks->subjects);
	if (!check_plan(session->rules, checks, &session->exempt.lists, max_questions))
		session_tell_no_memory();
	if (checks->batch != NULL)
		send_batch(session, asked, checks->batch);
}

static void ask_client(struct session *session, struct asked *asked, struct arena *arena)
{
	const size_t max_questions = (size_t)session->rules->dns.max_queries;

	if (!subject_collect_client(session->rules, &session->facts, arena, &asked->subjects)) {
		session_tell_no_memory();
		return;
	}
	exempt_mark(session->rules, &session->facts, &asked->subjects);
	ask(session, asked, arena, max_questions);
	if (!check_client(session->rules, &session->facts, arena, &asked->checks))
		session_tell_no_memory();
	ask_checks(session, asked, max_questions);
}

static size_t questions_left(const struct session *session)
{
	struct batch *const batches[] = { session->client.batch, session->client.checks.batch, session->names.batch,
					  session->names.checks.batch };
	size_t left = (size_t)session->rules->dns.max_queries;

	for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++)
		if (batches[i] != NULL)
			left -= query_count(batches[i]);
	return left;
}

static void ask_names(struct session *session)
{
	const size_t max_questions = questions_left(session);
	struct asked *asked = &session->names;

	if (!subject_collect_names(session->rules, &session->facts, &session->msg, &asked->subjects)) {
		session_tell_no_memory();
		return;
	}
	if (asked->subjects.n > 0) {
		exempt_mark(session->rules, &session->facts, &asked->subjects);
		ask(session, asked, &session->msg, max_questions);
	}
	if (!check_names(session->rules, &session->facts, &session->msg, &asked->checks))
		session_tell_no_memory();
	ask_checks(session, asked, max_questions);
}

void asking_ahead(struct session *session)
{
	ask_client(session, &session->prefetched, &session->conn);
}

void asking_adopt(struct session *session, const struct exemption *at_connect)
{
	if (!exempt_is_whole(&session->exempt) &&
	    memcmp(&session->exempt.lists, &at_connect->lists, sizeof at_connect->lists) == 0) {
		session->client = session->prefetched;
		session->prefetched = (struct asked){ 0 };
	} else {
		session_forget(&session->prefetched);
	}
}

void asking_first(struct session *session)
{
	if (session->client.batch == NULL)
		ask_client(session, &session->client, &session->msg);
	ask_names(session);
}

void asking_last(struct session *session)
{
	struct asked *asked = &session->last;

	if (!subject_collect_received(session->rules, &session->facts, &session->msg, &asked->subjects) ||
	    !subject_add_from(session->rules, &session->facts, &session->msg, &asked->subjects)) {
		session_tell_no_memory();
		return;
	}
	exempt_mark(session->rules, &session->facts, &asked->subjects);
	if (session->rules->stop_on_first_match && asked->subjects.n > 0)
		asking_decide_first(session, true);
	ask(session, asked, &session->msg, questions_left(session));
}

/* --- waiting and deciding ----------------------------------------------------------------------------------------- */

/* What is left of the message's budget. */
static int64_t left_us(const struct session *session)
{
	int64_t left = session->rules->dns.budget_us - session->waited_us;

	return left > 0 ? left : 0;
}

static void wait_for_batch(struct session *session, struct batch *batch)
{
	session->waited_us += lookup_wait(batch, monotime_add(monotime_now(), left_us(session)));
}

/* Waits until something has come that may settle the message. When the time is over, what is still out is late. */
static void wait_for_news(struct session *session)
{
	struct gaps *out = &session->hits.out;
	struct batch *batches[BATCHES_MAX];
	size_t n = batches_of(session, batches);

	for (size_t i = 0; i < out->n; i++)
		if (out->item[i].need != NEED_NOT)
			lookup_need(out->item[i].question, out->item[i].need);
	if (left_us(session) > 0) {
		session->waited_us += lookup_wait_news(batches, n, monotime_add(monotime_now(), left_us(session)));
		return;
	}
	for (size_t i = 0; i < n; i++)
		lookup_wait(batches[i], monotime_now());
}

/* A test of one list on behalf of this message. */
struct witness {
	struct health_test test;
	struct batch *batch;
};

static size_t call_witnesses(struct session *session, const struct listset *lists, struct witness witnesses[WITNESSES_MAX])
{
	struct service *service = session->service;
	size_t n = 0;

	if (left_us(session) == 0)
		return 0;                      /* it would be late at once, and that is not the list's fault */
	for (size_t i = 0; i < session->rules->n_lists && n < WITNESSES_MAX; i++) {
		struct witness *witness = &witnesses[n];

		if (!listset_has(lists, i))
			continue;
		health_witness(service->health, session->rules, i, monotime_now(), &witness->test);
		witness->batch = witness->test.points != 0 ? prober_plan(session->rules, &witness->test) : NULL;
		if (witness->batch == NULL)
			continue;
		lookup_start(service->lookup, witness->batch);
		n++;
	}
	return n;
}

/* A refusal would rest on these lists: are they sane? All are asked at once, and waited for within the message's budget. */
void asking_prove(void *ctx, const struct listset *lists)
{
	struct session *session = ctx;
	struct service *service = session->service;
	struct witness witnesses[WITNESSES_MAX];
	size_t n = call_witnesses(session, lists, witnesses);
	bool poke = false;

	for (size_t i = 0; i < n; i++) {
		struct health_answers answers;

		wait_for_batch(session, witnesses[i].batch);
		prober_read(witnesses[i].batch, &witnesses[i].test, &answers);
		poke |= health_tested(service->health, session->rules, &witnesses[i].test, &answers, monotime_now());
		batch_unref(&witnesses[i].batch);
	}
	if (poke)
		prober_poke(service->prober);
}

/* What is to be settled. */
struct matter {
	struct session *session;
	struct settle_view view;
	bool put_off;                /* a test, until more is known: what is needed for that is marked */
};

/* Not before it is certain what is done if they are sane. */
static void prove(void *ctx, const struct listset *lists)
{
	struct matter *matter = ctx;

	matter->put_off = !settle_is_over(matter->session->rules, &matter->session->hits, &matter->view);
	if (!matter->put_off)
		asking_prove(matter->session, lists);
}

/* Answers -> hits -> score -> verdict, over what has come. True: whatever else may come changes nothing. */
static bool consider(struct matter *matter)
{
	struct session *session = matter->session;
	struct hits *hits = &session->hits;

	matter->put_off = false;
	look_into(session, hits);
	trust_decide(session->rules, hits, session->service->health, monotime_now(), prove, matter, &session->verdict);
	return !matter->put_off && settle_is_over(session->rules, hits, &matter->view);
}

static void decide(struct session *session, const struct settle_view *view)
{
	struct matter matter = { .session = session, .view = *view };

	while (!consider(&matter))
		wait_for_news(session);
	/* A local submission cannot be refused: Postfix would keep it in its maildrop and try for ever. */
	if (session->facts.local && (session->verdict.actions & ACTIONS_REFUSE))
		session->verdict.actions = ACTION_FLAG;
	session->decided = true;
	session->whole = view->whole;
}

bool asking_decide_first(struct session *session, bool whole)
{
	if (session->decided && (!whole || session->whole))
		return false;
	decide(session, &(struct settle_view){ .given = session->facts.local ? 0 : ACTIONS_REFUSE, .whole = whole });
	return true;
}

void asking_decide_all(struct session *session)
{
	decide(session, &(struct settle_view){ .given = ~0u, .may_spare = session->facts.local || session->has_exempt,
					       .whole = session->n_exempt_sets > 0 });
}

static void prove_nothing(void *ctx, const struct listset *lists)
{
	(void)ctx;
	(void)lists;
}

void asking_look_back(struct session *session)
{
	struct verdict unused;

	session->seen = session->hits;
	if (!session->decided || session->hits.n_unneeded == 0)
		return;
	session->seen = (struct hits){ 0 };    /* the verdict points into the other one */
	look_into(session, &session->seen);
	trust_decide(session->rules, &session->seen, session->service->health, monotime_now(), prove_nothing, NULL, &unused);
}
