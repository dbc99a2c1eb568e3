/* request_explain: the verdict on a message, and why.
 * What an MTA would have told comes from the request, else from what our own MTA wrote above the message. */
#include "milter/request.h"

#include <stdlib.h>
#include <string.h>

#include "common/delivered.h"
#include "milter/dryrun.h"
#include "milter/report.h"
#include "milter/request_verdict.h"

enum {
	OWN_MAX = 100,               /* servers of ours that one message passes */
	RECIPIENTS_MAX = 1000,
	NOTICES_MAX = 8,
	ARENA_BYTES = 4 << 20,
	REASON_BYTES = 64,
};

/* --- what is asked ------------------------------------------------------------------------------------------------ */

/* The input, and where its parts came from. */
struct question_input {
	struct dryrun_input input;
	struct arena arena;
	bool cut;                    /* the header block was longer than what we were given */
	const char *notices[NOTICES_MAX];
	size_t n_notices;
};

static void notice(struct question_input *q, const char *sentence)
{
	if (q->n_notices < NOTICES_MAX)
		q->notices[q->n_notices++] = sentence;
}

static bool read_recipients(const struct request *request, struct question_input *q)
{
	const json_t *list = json_object_get(request->args, "recipients");
	size_t n = json_array_size(list);
	const char **recipients;

	if (n == 0)
		return list == NULL || json_is_array(list);
	recipients = n <= RECIPIENTS_MAX ? arena_alloc_n(&q->arena, n, sizeof *recipients) : NULL;
	for (size_t i = 0; recipients != NULL && i < n; i++) {
		recipients[i] = json_string_value(json_array_get(list, i));
		if (recipients[i] == NULL)
			return false;
	}
	q->input.recipients = recipients;
	q->input.n_recipients = n;
	return recipients != NULL;
}

/* What is taken as it is. */
static bool read_plain(const struct request *request, struct question_input *q, struct request_end *end)
{
	struct dryrun_input *in = &q->input;

	in->message = request->payload != NULL ? request->payload : "";
	in->message_bytes = request->payload_bytes;
	return request_want_switch(request, "pop", &in->fetched, end) && request_want_switch(request, "cut", &q->cut, end) &&
	       request_want_text(request, "name", &in->client_name, end) && request_want_text(request, "helo", &in->helo, end) &&
	       request_want_text(request, "sender", &in->sender, end) && request_want_text(request, "login", &in->login, end);
}

/* False: `end` says what makes no sense. */
static bool read_args(const struct request *request, struct question_input *q, struct request_end *end)
{
	const json_t *own = json_object_get(request->args, "skip");
	struct dryrun_input *in = &q->input;
	json_int_t n_own = json_integer_value(own);
	const char *client;

	if (!read_plain(request, q, end) || !request_want_text(request, "client", &client, end))
		return false;
	if (client != NULL && strcmp(client, "local") != 0 && !ipaddr_parse(&in->client, client))
		request_fail(end, REQUEST_USAGE, "the client is an address, or \"local\"");
	else if (n_own < 0 || n_own > OWN_MAX || (own != NULL && !json_is_integer(own)))
		request_fail(end, REQUEST_USAGE, "0 to %d Received headers can be our own", OWN_MAX);
	else if (!read_recipients(request, q))
		request_fail(end, REQUEST_USAGE, "the recipients are at most %d addresses", RECIPIENTS_MAX);
	in->n_own = own != NULL ? (size_t)n_own : client != NULL || in->fetched ? 0 : 1;
	return end->status == REQUEST_DONE;
}

/* The client as the newest but n_own of the headers has it. */
static void take_client(struct question_input *q, const struct delivered *delivered)
{
	struct dryrun_input *in = &q->input;

	in->client = delivered->client;
	if (in->client_name == NULL)
		in->client_name = delivered->client_name;
	if (in->helo == NULL)
		in->helo = delivered->helo;
	if (in->login == NULL && delivered->login)
		in->login = "authenticated";
	notice(q, ipaddr_is_set(&in->client) ? "the client is the one that the newest Received header names, which is taken for "
					       "our own server's: --client or --skip say otherwise" :
					       "the newest Received header, which is taken for our own server's, names no client: "
					       "the message is taken as handed in on this machine; --client or --skip say "
					       "otherwise");
}

/* What our own server wrote fills in what the request does not say. False: `end` says what is missing. */
static bool take_delivered(const struct request *request, struct question_input *q, struct request_end *end)
{
	struct dryrun_input *in = &q->input;
	struct delivered delivered;

	if (in->n_own == 0)
		return true;
	if (!delivered_read(in->message, in->message_bytes, in->n_own, &q->arena, &delivered)) {
		request_fail(end, REQUEST_NO, "out of memory");
		return false;
	}
	if (!delivered.found) {
		request_fail(end, REQUEST_USAGE, "the message has fewer than %zu Received headers, so that it does not say who the "
			     "client was: use --client", in->n_own);
		return false;
	}
	if (request_text(request, "client") == NULL && !in->fetched)
		take_client(q, &delivered);
	if (in->sender == NULL)
		in->sender = delivered.sender;
	if (in->n_recipients == 0 && delivered.recipient != NULL) {
		const char **one = arena_alloc(&q->arena, sizeof *one);

		if (one != NULL) {
			*one = delivered.recipient;
			in->recipients = one;
			in->n_recipients = 1;
		}
	}
	return true;
}

/* What the message is judged without. */
static void notice_what_is_missing(struct question_input *q)
{
	if (q->input.sender == NULL)
		notice(q, "nobody says who the sender is: the null sender is assumed");
	if (q->input.n_recipients == 0)
		notice(q, "nobody says who the recipient is: one is assumed whom no exception names");
	if (q->cut)
		notice(q, "the header block is too long: what is beyond its first megabyte was left out");
}

/* --- what is told ------------------------------------------------------------------------------------------------- */

static json_t *client_json(const struct facts *facts)
{
	return json_pack("{s:o, s:o, s:b, s:o, s:o, s:o, s:b, s:o, s:o}", "address", verdict_address(&facts->client), "name",
			 verdict_text(facts->client_name), "local", facts->local, "helo", verdict_text(facts->helo), "login",
			 verdict_text(facts->login), "sender", verdict_text(facts->sender), "fetched", facts->fetched, "relay",
			 verdict_address(&facts->relay), "from", verdict_text(facts->from));
}

/* Each '%' stands twice in there: the MTAs undo that. */
static json_t *reply_json(const struct outcome *outcome)
{
	char text[sizeof outcome->reply.text], *to = text;

	if (outcome->kind != OUTCOME_REFUSE && outcome->kind != OUTCOME_LATER)
		return json_null();
	for (const char *at = outcome->reply.text; *at != '\0'; at += at[0] == '%' && at[1] == '%' ? 2 : 1)
		*to++ = *at;
	*to = '\0';
	return json_pack("{s:s, s:s, s:o}", "code", outcome->reply.code, "enhanced", outcome->reply.enhanced, "text",
			 verdict_text(text));
}

static json_t *recipients_json(const struct dryrun *run)
{
	json_t *out = json_array();

	for (size_t i = 0; run->stage != DRYRUN_CONNECT && i < run->n_recipients; i++)
		json_array_append_new(out, json_pack("{s:o, s:o}", "address", verdict_text(run->recipients[i].address), "reply",
						     reply_json(&run->recipients[i].outcome)));
	return out;
}

static json_t *received_json(const struct dryrun *run)
{
	json_t *out = json_array();

	for (size_t i = 0; i < run->n_hops; i++)
		json_array_append_new(out, json_pack("{s:o, s:b, s:s}", "address", verdict_address(&run->hops[i].hop.addr), "taken",
						     run->hops[i].taken, "reason", run->hops[i].reason));
	return out;
}

static void add_lookups(const struct asked *asked, struct arena *arena, json_t *out)
{
	const struct batch *batch = asked->batch;

	for (size_t i = 0; batch != NULL && i < batch->n_queries; i++) {
		const struct query *query = &batch->queries[i];
		const struct subject *subject = &asked->subjects.item[query->subject];
		const struct question *q = &batch->questions[query->question];
		struct hits hits = { 0 };

		hit_collect_query(batch, query, subject, arena, &hits);
		json_array_append_new(out, json_pack("{s:o, s:s, s:s, s:s, s:o, s:b, s:o}", "subject",
			subject->name != NULL ? verdict_text(subject->name) : verdict_address(&subject->addr), "kind",
			subject_word(subject->kind), "list", batch->rules->lists[query->list].name, "status",
			verdict_status(batch, query, &hits), "answers", verdict_answers(&q->answer), "cached", q->cached, "ms",
			verdict_ms(q)));
	}
}

/* "failed", "passed", or "unknown": some question had no answer. */
static const char *check_status(const struct checks *checks, size_t index, const char *fault)
{
	if (fault != NULL)
		return "failed";
	for (size_t i = 0; i < CHECK_QUESTIONS_MAX; i++) {
		const struct question *q = checks->item[index].asked[i];

		if (q != NULL && q->answer.status != ANSWER_LISTED && q->answer.status != ANSWER_ABSENT)
			return "unknown";
	}
	return "passed";
}

static void add_checks(const struct ruleset *rules, const struct asked *asked, json_t *out)
{
	const struct checks *checks = &asked->checks;

	for (size_t i = 0; i < checks->subjects.n; i++) {
		const struct subject *subject = &checks->subjects.item[i];
		const char *fault = check_judge(checks, i);
		json_t *answers = json_array();

		if (fault != NULL)
			json_array_append_new(answers, json_string(fault));
		json_array_append_new(out, json_pack("{s:o, s:s, s:s, s:s, s:o, s:b, s:n}", "subject",
			subject->name != NULL ? verdict_text(subject->name) : verdict_address(&subject->addr), "kind",
			subject_word(subject->kind), "list", rules->checks[checks->item[i].kind].name, "status",
			check_status(checks, i, fault), "answers", answers, "cached", 0, "ms"));
	}
}

static json_t *lookups_json(const struct session *session, struct arena *arena)
{
	json_t *out = json_array();

	add_lookups(&session->client, arena, out);
	add_checks(session->rules, &session->client, out);
	add_lookups(&session->names, arena, out);
	add_checks(session->rules, &session->names, out);
	add_lookups(&session->last, arena, out);
	add_checks(session->rules, &session->last, out);
	return out;
}

static void add_change(json_t *out, const char *what, const char *name, size_t place, const char *value)
{
	json_array_append_new(out, json_pack("{s:s, s:s, s:I, s:o}", "do", what, "name", name, "place", (json_int_t)place, "value",
					     value != NULL ? verdict_header(value) : json_null()));
}

/* In the order in which they stand in the message afterwards. */
static json_t *headers_json(const struct edits *edits)
{
	json_t *out = json_array();

	for (size_t i = 0; i < edits->n_strip; i++)
		add_change(out, "remove", edits->flag_header, i + 1, NULL);
	for (size_t i = 0; i < edits->n_values; i++)
		add_change(out, "add", edits->flag_header, i + 1, edits->values[i]);
	for (size_t i = 0; i < edits->n_strip_originals; i++)
		add_change(out, "remove", edits_original_header, i + 1, NULL);
	for (size_t i = 0; i < edits->n_originals; i++)
		add_change(out, "add", edits_original_header, i + 1, edits->originals[i]);
	for (size_t i = 0; i < edits->n_subjects; i++)
		add_change(out, "change", "Subject", edits->subjects[i].place, edits->subjects[i].value);
	for (size_t place = edits->subjects_from; place < edits->subjects_to; place++)
		add_change(out, "remove", "Subject", place, NULL);
	if (edits->new_subject != NULL)
		add_change(out, "add", "Subject", 1, edits->new_subject);
	return out;
}

static json_t *exempt_json(const struct session *session)
{
	char buf[REASON_BYTES];
	struct text text = text_over(buf, sizeof buf);

	report_exemption(session, &text);
	return text.len > 0 ? json_string(buf) : json_null();
}

static json_t *word_or_null(const char *word)
{
	return word != NULL ? json_string(word) : json_null();
}

static json_t *notices_json(const struct question_input *q)
{
	json_t *out = json_array();

	for (size_t i = 0; i < q->n_notices; i++)
		json_array_append_new(out, json_string(q->notices[i]));
	return out;
}

static json_t *explanation(const struct dryrun *run, const struct question_input *q, struct arena *arena)
{
	const struct session *session = run->session;
	json_t *out = verdict_json(session->rules, &session->verdict);

	json_object_update_new(out, json_pack("{s:o, s:o, s:o, s:I, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"client", client_json(&session->facts), "recipients", recipients_json(run), "received", received_json(run),
		"received_left_out", (json_int_t)run->n_hops_left_out, "exempt",
		exempt_json(session), "blocked", word_or_null(blocked_word(session->blocked)), "stage",
		dryrun_stage_word(run->stage), "lookups", lookups_json(session, arena), "hits",
		verdict_hits(&session->facts, &session->verdict, &session->hits, run->edits.flag_header), "complaints",
		verdict_complaints(&session->hits), "reply", reply_json(&run->outcome), "headers", headers_json(&run->edits),
		"quarantine", verdict_text(run->edits.quarantine), "reroute", verdict_text(run->edits.reroute), "notices",
		notices_json(q)));
	return out;
}

static void explain(const struct request *request, struct question_input *q, struct request_end *end)
{
	struct dryrun run;

	if (!read_args(request, q, end) || !take_delivered(request, q, end))
		return;
	notice_what_is_missing(q);
	if (dryrun_start(&run, request->service, &q->input))
		end->result = explanation(&run, q, &q->arena);
	if (end->result == NULL)
		request_fail(end, REQUEST_NO, "out of memory");
	dryrun_free(&run);
}

void request_explain(const struct request *request, struct request_end *end)
{
	struct question_input q = { .n_notices = 0 };

	arena_init(&q.arena, ARENA_BYTES);
	explain(request, &q, end);
	arena_clear(&q.arena);
}
