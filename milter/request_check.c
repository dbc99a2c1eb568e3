/* request_check: is an address or a domain listed, and what would that mean for mail?
 * Each subject has a dry session of its own, which asks and decides by mail's own rooms; only that all lists are asked, whatever
 * their health, and that each answer is told as it comes. */
#include "milter/request.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/blocked.h"
#include "common/domain.h"
#include "common/marks.h"
#include "milter/asking.h"
#include "milter/request_verdict.h"
#include "milter/screening.h"

enum {
	SUBJECTS_MAX = 100,
	IN_FLIGHT_MAX = 500,         /* questions of one request at a time: mail needs room too */
	LOOK_AGAIN_MS = 5,
	KINDS_MAX = 4,
	REASON_BYTES = 64,
};

/* What one list was asked. */
struct expected {
	const struct asked *asked;
	const struct query *query;   /* of its batch */
	bool told;
};

/* One subject on its way. */
struct inquiry {
	const char *text;            /* as it was given */
	struct session *session;     /* NULL: not begun yet, or over */
	struct monotime deadline;
	struct expected *expected;   /* each list once */
	size_t n_expected, n_told, n_answered, n_listed;
};

struct inquest {
	const struct request *request;
	bool cached;                 /* as mail asks; else past the cache */
	bool listed;                 /* some subject, by a block list */
	bool in_the_dark;            /* of some subject no list has said anything */
	bool reader_left;
	json_t *summary;
};

/* --- who is asked about what -------------------------------------------------------------------------------------- */

static bool add_subjects(struct session *session, struct asked *asked, const enum subject_kind *kinds, size_t n,
			 const char *domain)
{
	struct subjects *subjects = &asked->subjects;

	*subjects = (struct subjects){ .item = arena_alloc_n(&session->msg, n, sizeof *subjects->item), .n = n, .room = n };
	for (size_t i = 0; subjects->item != NULL && i < n; i++)
		subjects->item[i] = (struct subject){ .kind = kinds[i], .name = domain,
						      .addr = domain == NULL ? session->facts.client : (struct ipaddr){ 0 } };
	return subjects->item != NULL;
}

/* What mail would not ask about is not asked about here. */
static bool plan(struct session *session, struct asked *asked, const struct listset *left_out)
{
	exempt_mark(session->rules, &session->facts, &asked->subjects);
	if (!manual_mark(session->service->manual, &asked->subjects, monotime_now(), &session->msg))
		return false;
	asked->batch = query_plan_without(session->rules, &asked->subjects, UINT16_MAX, left_out);
	return asked->batch != NULL;
}

/* As the client; lists that are not asked about clients, as an address in a Received header. */
static bool plan_address(struct session *session)
{
	static const enum subject_kind client = SUBJECT_CLIENT, received = SUBJECT_RECEIVED;
	struct listset left_out = session->exempt.lists;

	if (!add_subjects(session, &session->client, &client, 1, NULL) || !plan(session, &session->client, &left_out))
		return false;
	for (size_t i = 0; i < session->rules->n_lists; i++)
		if (session->rules->lists[i].subjects & SUBJECT_BIT(SUBJECT_CLIENT))
			listset_add(&left_out, i);
	return add_subjects(session, &session->last, &received, 1, NULL) && plan(session, &session->last, &left_out);
}

/* As all that a domain can be. */
static bool plan_domain(struct session *session, const char *domain)
{
	static const enum subject_kind kinds[KINDS_MAX] = { SUBJECT_SENDER, SUBJECT_FROM, SUBJECT_RDNS, SUBJECT_HELO };

	return add_subjects(session, &session->names, kinds, KINDS_MAX, domain) &&
	       plan(session, &session->names, &session->exempt.lists);
}

static bool is_subject(const char *text)
{
	char domain[DOMAIN_BYTES];
	struct ipaddr addr;

	return ipaddr_parse(&addr, text) || domain_parse(domain, text) == DOMAIN_NAME;
}

static bool plan_subject(struct session *session, const char *text)
{
	char domain[DOMAIN_BYTES];
	const char *copy;

	if (!session_message_begin(session))
		return false;
	session->facts.now_s = (int64_t)time(NULL);
	if (ipaddr_parse(&session->facts.client, text)) {
		screening_look(session);
		session->blocked = blocked_message(session->rules, &session->facts);
		exempt_message(session->rules, &session->facts, &session->exempt);
		return plan_address(session);
	}
	domain_parse(domain, text);
	copy = arena_strdup(&session->msg, domain);
	return copy != NULL && plan_domain(session, copy);
}

/* --- what is told ------------------------------------------------------------------------------------------------- */

static void tell(struct inquest *inquest, json_t *item)
{
	if (!inquest->reader_left)
		inquest->reader_left = !request_item(inquest->request, item);
	else
		json_decref(item);
}

/* One for each response: points count once. */
static int points_of(const struct hits *hits)
{
	int points = 0;

	for (size_t i = 0; i < hits->n; i++)
		points += hits->item[i].response->points;
	return points;
}

static json_t *message_of(const struct session *session, const struct list *list, const struct answer *answer,
			  const struct hits *hits)
{
	uint32_t code = hit_refusal(list, answer);
	char buf[MARKS_REPLY_BYTES];
	struct text text = text_over(buf, sizeof buf);

	if (hits->n > 0 && list->kind == LIST_ALLOW)
		return json_string(list->points < 0 ? "lowers the points" : "exempts from all block lists");
	if (hits->n > 0) {
		marks_message(&session->facts, &hits->item[0], points_of(hits), &text);
		return verdict_text(buf);
	}
	if (code != 0)
		return json_sprintf("the list refuses us: %s", health_refusal(code));
	if (answer->foreign)
		return json_string("the answer lies outside 127.0.0.0/8, and does not count");
	if (answer->status == ANSWER_LISTED && answer->n > 0)
		return json_string("no response of the configuration names this answer, so it does not count");
	return json_null();
}

static json_t *item(const struct inquiry *inquiry, const char *list, const char *status)
{
	return json_pack("{s:o, s:s, s:s, s:[], s:n, s:i, s:n, s:n}", "subject", verdict_text(inquiry->text), "list", list,
			 "status", status, "answers", "ttl", "points", 0, "message", "ms");
}

static void tell_answer(struct inquest *inquest, struct inquiry *inquiry, const struct expected *expected)
{
	const struct batch *batch = expected->asked->batch;
	const struct query *query = expected->query;
	const struct list *list = &batch->rules->lists[query->list];
	const struct question *q = &batch->questions[query->question];
	struct hits hits = { 0 };
	const char *status;
	json_t *out;

	hit_collect_query(batch, query, &expected->asked->subjects.item[query->subject], &inquiry->session->msg, &hits);
	status = verdict_status(batch, query, &hits);
	inquiry->n_listed += hits.n > 0 && list->kind == LIST_BLOCK;
	inquiry->n_answered += strcmp(status, "listed") == 0 || strcmp(status, "not_listed") == 0;
	out = item(inquiry, list->name, status);
	json_object_set_new(out, "answers", verdict_answers(&q->answer));
	if (q->answer.status == ANSWER_LISTED || q->answer.status == ANSWER_ABSENT)
		json_object_set_new(out, "ttl", json_integer(q->answer.ttl_s));
	json_object_set_new(out, "points", json_integer(points_of(&hits)));
	json_object_set_new(out, "message", message_of(inquiry->session, list, &q->answer, &hits));
	json_object_set_new(out, "ms", verdict_ms(q));
	tell(inquest, out);
}

/* Why mail would not ask this list about that. */
static const char *why_not_asked(const struct session *session, size_t list, const struct subject *subject,
				 char buf[REASON_BYTES])
{
	struct text text = text_over(buf, REASON_BYTES);

	if (subject->manual != NULL)
		return "added by hand: nobody needs to be asked";
	if (subject->exempt != EXEMPT_NOT || listset_has(&session->exempt.lists, list)) {
		text_add_str(&text, "exempt: ");
		exempt_describe(&session->exempt, &text);
		return buf;
	}
	if (subject->name == NULL && subject->addr.len == IPADDR_V6 && !session->rules->lists[list].ipv6)
		return "the list is not asked about IPv6 addresses";
	if (subject->name == NULL && ipaddr_is_private(&subject->addr))
		return "a private address";
	return "the list cannot be asked about this";
}

static bool is_expected(const struct inquiry *inquiry, size_t list)
{
	for (size_t i = 0; i < inquiry->n_expected; i++)
		if (inquiry->expected[i].query->list == list)
			return true;
	return false;
}

/* The first of the subjects that the list is asked about; NULL: there is none. */
static const struct subject *subject_for(const struct session *session, const struct list *list)
{
	const struct subjects *all[] = { &session->client.subjects, &session->names.subjects, &session->last.subjects };

	for (size_t a = 0; a < sizeof all / sizeof all[0]; a++)
		for (size_t i = 0; i < all[a]->n; i++)
			if (list->subjects & SUBJECT_BIT(all[a]->item[i].kind))
				return &all[a]->item[i];
	return NULL;
}

static void tell_not_asked(struct inquest *inquest, struct inquiry *inquiry)
{
	const struct session *session = inquiry->session;

	for (size_t i = 0; i < session->rules->n_lists; i++) {
		const struct subject *subject = subject_for(session, &session->rules->lists[i]);
		char buf[REASON_BYTES];
		json_t *out;

		if (subject == NULL || is_expected(inquiry, i))
			continue;
		out = item(inquiry, session->rules->lists[i].name, "exempt");
		json_object_set_new(out, "message", json_string(why_not_asked(session, i, subject, buf)));
		tell(inquest, out);
	}
}

/* What was added by hand is a list of its own. */
static void tell_manual(struct inquest *inquest, struct inquiry *inquiry)
{
	const struct session *session = inquiry->session;
	const struct hits *hits = &session->hits;
	struct ipaddr answer = ipaddr_v4(MANUAL_ANSWER);

	for (size_t i = 0; i < hits->n; i++) {
		const struct hit *hit = &hits->item[i];
		char buf[MARKS_REPLY_BYTES];
		struct text text = text_over(buf, sizeof buf);
		json_t *out;

		if (hit->list != session->rules->manual)
			continue;
		marks_message(&session->facts, hit, hit->response->points, &text);
		out = item(inquiry, hit->list->name, "listed");
		json_array_append_new(json_object_get(out, "answers"), verdict_address(&answer));
		json_object_set_new(out, "points", json_integer(hit->response->points));
		json_object_set_new(out, "message", verdict_text(buf));
		json_object_set_new(out, "ms", json_integer(0));
		inquiry->n_listed++;
		tell(inquest, out);
		return;
	}
}

/* So is the screen. */
static void tell_screen(struct inquest *inquest, struct inquiry *inquiry)
{
	const struct session *session = inquiry->session;
	const struct facts *facts = &session->facts;
	const char *by = facts->screened_by < session->rules->n_lists ? session->rules->lists[facts->screened_by].name : NULL;
	json_t *out;

	if (session->blocked != BLOCKED_SCREEN)
		return;
	out = item(inquiry, "screen", "listed");
	json_object_set_new(out, "message", by != NULL ? json_sprintf("on the screen, because of list %s", by) :
			    json_string("on the screen"));
	inquiry->n_listed++;
	tell(inquest, out);
}

static void tell_summary(struct inquest *inquest, const struct inquiry *inquiry)
{
	struct session *session = inquiry->session;
	json_t *out = verdict_json(session->rules, &session->verdict);
	const char *blocked = blocked_word(session->blocked);
	char exempt[REASON_BYTES];
	struct text text = text_over(exempt, sizeof exempt);

	exempt_describe(&session->exempt, &text);
	json_object_update_new(out, json_pack("{s:o, s:I, s:I, s:s*, s:s*, s:o, s:o}", "subject", verdict_text(inquiry->text), "listed",
		(json_int_t)inquiry->n_listed, "unanswered", (json_int_t)(inquiry->n_expected - inquiry->n_answered), "blocked", blocked, "exempt",
		text.len > 0 ? exempt : NULL, "hits",
		verdict_hits(&session->facts, &session->verdict, &session->hits, session->rules->flag.header), "complaints",
		verdict_complaints(&session->hits)));
	json_array_append_new(inquest->summary, out);
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

static void send_out(const struct inquest *inquest, struct inquiry *inquiry, const struct asked *asked)
{
	struct batch *batch = asked->batch;

	if (batch == NULL)
		return;
	for (size_t i = 0; i < batch->n_questions; i++)
		batch->questions[i].fresh = !inquest->cached;
	/* Several kinds of one domain have one answer. */
	for (size_t i = 0; i < batch->n_queries; i++)
		if (!is_expected(inquiry, batch->queries[i].list))
			inquiry->expected[inquiry->n_expected++] = (struct expected){ asked, &batch->queries[i], false };
	lookup_start(inquiry->session->service->lookup, batch);
}

/* False: out of memory. */
static bool begin(struct inquest *inquest, struct inquiry *inquiry)
{
	struct session *session = session_new_dry(inquest->request->service);

	inquiry->session = session;
	if (session == NULL || !plan_subject(session, inquiry->text))
		return false;
	inquiry->expected = arena_alloc_n(&session->msg, session->rules->n_lists + 1, sizeof *inquiry->expected);
	if (inquiry->expected == NULL)
		return false;
	inquiry->deadline = monotime_add(monotime_now(), session->rules->dns.budget_us);
	send_out(inquest, inquiry, &session->client);
	send_out(inquest, inquiry, &session->names);
	send_out(inquest, inquiry, &session->last);
	tell_not_asked(inquest, inquiry);
	return true;
}

static void end_inquiry(struct inquest *inquest, struct inquiry *inquiry)
{
	struct session *session = inquiry->session;
	int64_t left_us = monotime_between(monotime_now(), inquiry->deadline);

	session->waited_us = session->rules->dns.budget_us - (left_us > 0 ? left_us : 0);
	asking_decide_all(session);
	tell_manual(inquest, inquiry);
	tell_screen(inquest, inquiry);
	tell_summary(inquest, inquiry);
	inquest->listed |= inquiry->n_listed > 0;
	inquest->in_the_dark |= inquiry->n_expected > 0 && inquiry->n_answered == 0;
	session_free(&inquiry->session);
}

static bool is_answered(const struct expected *expected)
{
	const struct question *questions = expected->asked->batch->questions;
	const struct query *query = expected->query;

	return question_answer(&questions[query->question])->status != ANSWER_PENDING &&
	       (query->reason == QUERY_NO_REASON || question_answer(&questions[query->reason])->status != ANSWER_PENDING);
}

/* Tells what has come. */
static void look(struct inquest *inquest, struct inquiry *inquiry)
{
	bool late = monotime_reached(monotime_now(), inquiry->deadline);

	for (size_t i = 0; i < inquiry->n_expected; i++) {
		struct expected *expected = &inquiry->expected[i];

		if (expected->told)
			continue;
		if (late)
			lookup_wait(expected->asked->batch, inquiry->deadline);
		else
			lookup_look(expected->asked->batch);
		if (!is_answered(expected))
			continue;
		expected->told = true;
		inquiry->n_told++;
		tell_answer(inquest, inquiry, expected);
	}
	if (inquiry->n_told == inquiry->n_expected)
		end_inquiry(inquest, inquiry);
}

/* False: out of memory. */
static bool ask_all(struct inquest *inquest, struct inquiry *inquiries, size_t n)
{
	const struct timespec pause = { .tv_nsec = LOOK_AGAIN_MS * 1000000l };
	size_t begun = 0, over = 0;

	while (over < n && !inquest->reader_left) {
		size_t out = 0;

		over = 0;
		for (size_t i = 0; i < begun; i++) {
			if (inquiries[i].session != NULL)
				look(inquest, &inquiries[i]);
			over += inquiries[i].session == NULL;
			out += inquiries[i].session != NULL ? inquiries[i].n_expected - inquiries[i].n_told : 0;
		}
		if (begun < n && out < IN_FLIGHT_MAX) {
			if (!begin(inquest, &inquiries[begun++]))
				return false;
		} else if (over < n) {
			nanosleep(&pause, NULL);
		}
	}
	return true;
}

/* False: `end` says what makes no sense. */
static bool read_subjects(const json_t *list, struct inquiry *inquiries, struct request_end *end)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		char quoted[TEXT_QUOTE_BYTES];

		if (text == NULL || !is_subject(text)) {
			request_fail(end, REQUEST_USAGE, "%s is neither an address nor a domain",
				     text_quote(text != NULL ? text : "", quoted));
			return false;
		}
		inquiries[i].text = text;
	}
	return true;
}

void request_check(const struct request *request, struct request_end *end)
{
	const json_t *list = json_object_get(request->args, "subjects");
	struct inquest inquest = { .request = request };
	size_t n = json_array_size(list);
	struct inquiry *inquiries;

	if (!request_want_switch(request, "cached", &inquest.cached, end))
		return;
	if (n == 0 || n > SUBJECTS_MAX) {
		request_fail(end, REQUEST_USAGE, "1 to %d subjects can be checked at a time", SUBJECTS_MAX);
		return;
	}
	inquiries = calloc(n, sizeof *inquiries);
	inquest.summary = json_array();
	if (inquiries == NULL || (read_subjects(list, inquiries, end) && !ask_all(&inquest, inquiries, n)))
		request_fail(end, REQUEST_NO, "out of memory");
	else if (end->status == REQUEST_DONE && inquest.in_the_dark && !inquest.listed)
		request_fail(end, REQUEST_NO, "no list has answered: nobody knows whether it is listed");
	else if (inquest.listed)
		end->status = REQUEST_NO;
	if (end->status == REQUEST_USAGE)
		json_decref(inquest.summary);
	else
		end->result = inquest.summary;
	for (size_t i = 0; inquiries != NULL && i < n; i++)
		session_free(&inquiries[i].session);
	free(inquiries);
}
