/* asking: a message's questions are planned, sent, waited for and decided.
 * Questions go out as soon as their subject is known; only the two functions that decide wait. */
#include "milter/asking.h"

#include <string.h>

#include "common/manual.h"
#include "common/trust.h"

enum { WITNESSES_MAX = 32 };         /* lists that are tested for one message */

/* Sends out what the lists want to know about the subjects, but for those that were added by hand. */
static void ask(struct session *session, struct asked *asked, struct arena *arena, size_t max_questions)
{
	struct listset left_out;

	if (!manual_mark(session->service->manual, &asked->subjects, monotime_now(), arena))
		session_tell_no_memory();
	health_left_out(session->service->health, session->rules, monotime_now(), &left_out);
	listset_join(&left_out, &session->exempt.lists);
	asked->batch = query_plan_without(session->rules, &asked->subjects, max_questions, &left_out);
	if (asked->batch == NULL)
		session_tell_no_memory();
	else
		lookup_start(session->service->lookup, asked->batch);
}

/* Sends out what is to be verified; `max_questions` with what the lists want to know at the same stage. */
static void ask_checks(struct session *session, struct asked *asked, size_t max_questions)
{
	struct checks *checks = &asked->checks;

	if (asked->batch != NULL)
		max_questions -= query_count(asked->batch);
	exempt_mark(session->rules, &session->facts, &checks->subjects);
	if (!check_plan(session->rules, checks, &session->exempt.lists, max_questions))
		session_tell_no_memory();
	if (checks->batch != NULL)
		lookup_start(session->service->lookup, checks->batch);
}

static void ask_client(struct session *session, struct asked *asked, struct arena *arena)
{
	const size_t max_questions = (size_t)session->rules->dns.max_queries;

	if (!subject_collect_client(session->rules, &session->facts, arena, &asked->subjects) ||
	    !check_client(session->rules, &session->facts, arena, &asked->checks)) {
		session_tell_no_memory();
		return;
	}
	exempt_mark(session->rules, &session->facts, &asked->subjects);
	ask(session, asked, arena, max_questions);
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

	if (!subject_collect_names(session->rules, &session->facts, &session->msg, &asked->subjects) ||
	    !check_names(session->rules, &session->facts, &session->msg, &asked->checks)) {
		session_tell_no_memory();
		return;
	}
	if (asked->subjects.n > 0) {
		exempt_mark(session->rules, &session->facts, &asked->subjects);
		ask(session, asked, &session->msg, max_questions);
	}
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
	ask(session, asked, &session->msg, questions_left(session));
}

/* Waits for the answers that are still out, within what is left of the message's budget. */
static void wait_for_batch(struct session *session, struct batch *batch)
{
	int64_t left_us = session->rules->dns.budget_us - session->waited_us;

	session->waited_us += lookup_wait(batch, monotime_add(monotime_now(), left_us > 0 ? left_us : 0));
}

static void wait_for(struct session *session, struct asked *asked)
{
	if (asked->batch != NULL)
		wait_for_batch(session, asked->batch);
	if (asked->checks.batch != NULL)
		wait_for_batch(session, asked->checks.batch);
}

/* Answers -> hits; what they tell of the lists is learned once. */
static void collect(struct session *session, struct asked *asked)
{
	struct service *service = session->service;

	check_collect(session->rules, &asked->checks, &session->msg, &session->hits);
	if (asked->batch == NULL)
		return;
	if (!asked->learned && !session->dry &&
	    health_learn(service->health, asked->batch, &asked->subjects, monotime_now()))
		prober_poke(service->prober);
	asked->learned = true;
	hit_collect(asked->batch, &asked->subjects, &session->msg, &session->hits);
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

/* Answers -> hits -> score -> verdict, over all that was asked so far. */
static void decide(struct session *session)
{
	struct hits *hits = &session->hits;

	*hits = (struct hits){ 0 };
	collect(session, &session->client);
	collect(session, &session->names);
	collect(session, &session->last);
	hit_sort(hits);
	trust_decide(session->rules, hits, session->service->health, monotime_now(), asking_prove, session, &session->verdict);
	/* A local submission cannot be refused: Postfix would keep it in its maildrop and try for ever. */
	if (session->facts.local && (session->verdict.actions & ACTIONS_REFUSE))
		session->verdict.actions = ACTION_FLAG;
	session->decided = true;
}

void asking_decide_first(struct session *session)
{
	wait_for(session, &session->client);
	wait_for(session, &session->names);
	decide(session);
}

void asking_decide_all(struct session *session)
{
	wait_for(session, &session->client);
	wait_for(session, &session->names);
	wait_for(session, &session->last);
	decide(session);
}
