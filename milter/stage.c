/* stage: what is asked and what may be said at each SMTP stage.
 * Questions go out as soon as their subject is known; a stage waits only where it may refuse. */
#include "milter/stage.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/exempt.h"
#include "common/mailaddr.h"
#include "common/manual.h"
#include "common/prefix.h"
#include "common/received.h"
#include "common/trust.h"
#include "milter/report.h"

enum {
	FACT_BYTES = 1024,           /* of a name or an address that is kept; SMTP allows 255 and 256 */
	WITNESSES_MAX = 32,          /* lists that are tested for one message */
};

const char stage_original_header[] = "X-RBL-Original-To";
static const char subject_header[] = "Subject";

/* --- what the MTA hands over -------------------------------------------------------------------------------------- */

static bool is_port_zero(const struct sockaddr *addr)
{
	if (addr->sa_family == AF_INET)
		return ((const struct sockaddr_in *)(const void *)addr)->sin_port == 0;
	return ((const struct sockaddr_in6 *)(const void *)addr)->sin6_port == 0;
}

/* Sendmail says so by the lack of an address, Postfix (non_smtpd_milters) by 127.0.0.1 without a port. */
static bool is_local(const struct sockaddr *addr, const struct ipaddr *client)
{
	return !ipaddr_is_set(client) || (ipaddr_is_loopback(client) && is_port_zero(addr));
}

/* Postfix says "unknown" and Sendmail "[192.0.2.1]" where there is no name that leads back to the address. */
static bool is_verified(const char *hostname, const char *resolved)
{
	if (hostname == NULL || hostname[0] == '\0' || hostname[0] == '[' || strcasecmp(hostname, "unknown") == 0)
		return false;
	return resolved == NULL || strcmp(resolved, "OK") == 0;
}

/* "<a@b>" and "a@b" are the same: both MTAs hand on what the client said. */
static const char *without_brackets(const char *path, size_t *n)
{
	*n = strnlen(path, FACT_BYTES);
	if (*n < 2 || path[0] != '<' || path[*n - 1] != '>')
		return path;
	*n -= 2;
	return path + 1;
}

static const char *copy_path(struct arena *arena, const char *path)
{
	size_t n;

	path = without_brackets(path, &n);
	return arena_strndup(arena, path, n);
}

static const char *copy(struct arena *arena, const char *text)
{
	return text != NULL && text[0] != '\0' ? arena_strndup(arena, text, FACT_BYTES) : NULL;
}

static void learn_queue_id(struct session *session, const char *queue_id)
{
	if (session->facts.queue_id == NULL)
		session->facts.queue_id = copy(&session->msg, queue_id);
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

static void tell_no_memory(void)
{
	static struct log_once once;
	long long left_out;

	if (log_once_in(&once, 60, &left_out))
		log_error("out of memory for a session: its mail flows unchecked (%lld since the last such line)", left_out + 1);
}

/* Sends out what the lists want to know about the subjects, but for those that were added by hand. */
static void ask(struct session *session, struct asked *asked, struct arena *arena, size_t max_questions)
{
	struct listset left_out;

	if (!manual_mark(session->service->manual, &asked->subjects, monotime_now(), arena))
		tell_no_memory();
	health_left_out(session->service->health, session->rules, monotime_now(), &left_out);
	asked->batch = query_plan_without(session->rules, &asked->subjects, max_questions, &left_out);
	if (asked->batch == NULL)
		tell_no_memory();
	else
		lookup_start(session->service->lookup, asked->batch);
}

static void ask_client(struct session *session, struct asked *asked, struct arena *arena)
{
	if (!subject_collect_client(session->rules, &session->facts, arena, &asked->subjects)) {
		tell_no_memory();
		return;
	}
	exempt_mark(session->rules, &session->facts, &asked->subjects);
	ask(session, asked, arena, (size_t)session->rules->dns.max_queries);
}

static size_t questions_left(const struct session *session)
{
	const struct batch *const batches[] = { session->client.batch, session->names.batch };
	size_t left = (size_t)session->rules->dns.max_queries;

	for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++)
		if (batches[i] != NULL)
			left -= batches[i]->n_questions;
	return left;
}

static void ask_names(struct session *session)
{
	struct asked *asked = &session->names;

	if (!subject_collect_names(session->rules, &session->facts, &session->msg, &asked->subjects)) {
		tell_no_memory();
		return;
	}
	if (asked->subjects.n == 0)
		return;
	exempt_mark(session->rules, &session->facts, &asked->subjects);
	ask(session, asked, &session->msg, questions_left(session));
}

static void ask_last(struct session *session)
{
	struct asked *asked = &session->last;

	if (!subject_collect_received(session->rules, &session->facts, &session->msg, &asked->subjects) ||
	    !subject_add_from(session->rules, &session->facts, &session->msg, &asked->subjects)) {
		tell_no_memory();
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
}

/* Answers -> hits; what they tell of the lists is learned once. */
static void collect(struct session *session, struct asked *asked)
{
	struct service *service = session->service;

	if (asked->batch == NULL)
		return;
	if (!asked->learned && health_learn(service->health, asked->batch, &asked->subjects, monotime_now()))
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
static void prove(void *ctx, const struct listset *lists)
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
	trust_decide(session->rules, hits, session->service->health, monotime_now(), prove, session, &session->verdict);
	/* A local submission cannot be refused: Postfix would keep it in its maildrop and try for ever. */
	if (session->facts.local && (session->verdict.actions & ACTIONS_REFUSE))
		session->verdict.actions = ACTION_FLAG;
	session->decided = true;
}

static void refuse(const struct session *session, struct outcome *out)
{
	out->kind = session->verdict.actions & ACTION_REJECT ? OUTCOME_REFUSE : OUTCOME_LATER;
	marks_reply(session->rules, &session->facts, &session->verdict, &out->reply);
}

/* --- the stages --------------------------------------------------------------------------------------------------- */

void stage_connect(struct session *session, const char *hostname, const struct sockaddr *addr, const char *resolved)
{
	struct facts *facts = &session->facts;

	if (!ipaddr_from_sockaddr(&facts->client, addr))
		facts->client = (struct ipaddr){ 0 };
	facts->local = is_local(addr, &facts->client);
	if (is_verified(hostname, resolved))
		facts->client_name = copy(&session->conn, hostname);
	if (session->rules->dns.prefetch)
		ask_client(session, &session->prefetched, &session->conn);
}

void stage_helo(struct session *session, const char *helo)
{
	struct text text;

	if (helo == NULL || helo[0] == '\0')
		return;
	/* It may come again, after STARTTLS or to begin anew: what is said last holds. */
	text = text_over(session->helo, sizeof session->helo);
	text_add_str(&text, helo);
	session->facts.helo = session->helo;
}

/* The question asked at connect serves the first message, unless it has turned out that none was due. */
static void adopt_prefetched(struct session *session)
{
	if (exempt_client(session->rules, &session->facts) == EXEMPT_NOT) {
		session->client = session->prefetched;
		session->prefetched = (struct asked){ 0 };
	} else {
		batch_unref(&session->prefetched.batch);
	}
}

void stage_mail(struct session *session, const char *sender, const char *login, const char *queue_id,
		struct outcome *out)
{
	struct facts *facts = &session->facts;

	*out = (struct outcome){ .kind = OUTCOME_GO_ON };
	if (atomic_load(&session->service->draining) && !facts->local) {
		*out = (struct outcome){ .kind = OUTCOME_LATER,
					 .reply = { .code = "451", .enhanced = "4.3.2", .text = "Mail filter is restarting, try again" } };
		return;
	}
	if (!session_message_begin(session)) {
		tell_no_memory();
		return;
	}
	learn_queue_id(session, queue_id);
	facts->sender = copy_path(&session->msg, sender != NULL ? sender : "");
	facts->login = copy(&session->msg, login);
	if (session->prefetched.batch != NULL)
		adopt_prefetched(session);
	if (session->client.batch == NULL)
		ask_client(session, &session->client, &session->msg);
	ask_names(session);
}

/* Takes no memory, however many there are: what a client can use up would be missing for its hits. */
static void note_recipient(struct session *session, const char *recipient)
{
	struct text *text = &session->recipients;
	size_t n;

	recipient = without_brackets(recipient, &n);
	session->facts.n_recipients++;
	if (text->len + n + 2 > text->size_bytes)
		return;                        /* nrcpt tells how many there are */
	if (text->len > 0)
		text_add_char(text, ',');
	text_add_bytes(text, recipient, n);
}

/* What holds at RCPT already. */
static void decide_at_rcpt(struct session *session, struct outcome *out)
{
	if (session->rules->decide_at != DECIDE_AT_RCPT || !ruleset_may(session->rules, ACTIONS_REFUSE))
		return;
	if (!session->decided) {
		wait_for(session, &session->client);
		wait_for(session, &session->names);
		decide(session);
	}
	if (session->verdict.actions & ACTIONS_REFUSE) {
		session->n_refused++;
		refuse(session, out);
	}
}

void stage_rcpt(struct session *session, const char *recipient, const char *queue_id, struct outcome *out)
{
	*out = (struct outcome){ .kind = OUTCOME_GO_ON };
	if (!session->in_message)
		return;
	learn_queue_id(session, queue_id);
	if (recipient != NULL)
		note_recipient(session, recipient);
	decide_at_rcpt(session, out);
	if (out->kind == OUTCOME_GO_ON && recipient != NULL && ruleset_may(session->rules, ACTION_REROUTE))
		session_add_recipient(session, recipient);
}

/* Where no rule flags, nobody looks for our header either. */
static bool strips_forged(const struct ruleset *rules)
{
	return rules->flag.strip_forged && ruleset_may(rules, ACTION_FLAG);
}

bool stage_needs_headers(const struct ruleset *rules)
{
	return rules->received.smtp.enabled || (rules->subjects & SUBJECT_BIT(SUBJECT_FROM)) != 0 || strips_forged(rules) ||
	       ruleset_may(rules, ACTION_PREFIX | ACTION_REROUTE);
}

/* The first From header that has a domain. */
static void note_from(struct session *session, const char *value)
{
	char domain[MAILADDR_DOMAIN_BYTES];

	if (session->facts.from == NULL && mailaddr_header_domain(domain, value))
		session->facts.from = copy(&session->msg, domain);
}

void stage_header(struct session *session, const char *name, const char *value)
{
	const struct ruleset *rules = session->rules;

	if (!session->in_message)
		return;
	if (rules->received.smtp.enabled && strcasecmp(name, "Received") == 0) {
		struct hop hop;

		received_parse(value, &hop);
		session_add_hop(session, &hop);
	} else if ((rules->subjects & SUBJECT_BIT(SUBJECT_FROM)) != 0 && strcasecmp(name, "From") == 0) {
		note_from(session, value);
	} else if (strcasecmp(name, rules->flag.header) == 0 && strips_forged(rules)) {
		session->facts.n_forged_flags++;
	} else if (strcasecmp(name, subject_header) == 0 && ruleset_may(rules, ACTION_PREFIX)) {
		session_add_subject(session, value);
	} else if (strcasecmp(name, stage_original_header) == 0 && ruleset_may(rules, ACTION_REROUTE)) {
		session->facts.n_forged_originals++;
	}
}

/* One header a hit of a block list, in the order of the configuration. */
static void make_flags(struct session *session, struct edits *edits)
{
	const struct hits *hits = &session->hits;

	edits->values = arena_alloc_n(&session->msg, hits->n + 1, sizeof *edits->values);
	if (edits->values == NULL) {
		tell_no_memory();
		return;
	}
	for (size_t i = 0; i < hits->n; i++) {
		char buf[MARKS_HEADER_BYTES];
		struct text text = text_over(buf, sizeof buf);
		const char *value;

		if (hits->item[i].list->kind != LIST_BLOCK)
			continue;
		if (hits->item[i].weight == HIT_SHOWN)
			continue;
		marks_header(&session->facts, &hits->item[i], session->verdict.score.points, edits->flag_header, &text);
		value = arena_strdup(&session->msg, buf);
		if (value != NULL)
			edits->values[edits->n_values++] = value;
	}
}

/* One header for as many recipients as it has room for. */
static bool make_originals(struct session *session, struct edits *edits)
{
	const size_t headers_max = SESSION_REROUTE_BYTES / (MARKS_ORIGINALS_BYTES / 2);
	const struct recipient *recipient = edits->recipients;

	edits->originals = arena_alloc_n(&session->msg, headers_max, sizeof *edits->originals);
	while (edits->originals != NULL && recipient != NULL && edits->n_originals < headers_max) {
		char buf[MARKS_ORIGINALS_BYTES];
		struct text text = text_over(buf, sizeof buf);
		const char *value;

		while (recipient != NULL && marks_add_recipient(recipient->path, stage_original_header, &text))
			recipient = recipient->next;
		value = arena_strdup(&session->msg, buf);
		if (value == NULL)
			return false;
		edits->originals[edits->n_originals++] = value;
	}
	return edits->originals != NULL && recipient == NULL;
}

/* False: it cannot be done whole. */
static bool make_reroute(struct session *session, struct edits *edits)
{
	const struct facts *facts = &session->facts;

	if (facts->recipients_lost || facts->recipients == NULL)
		return false;
	edits->reroute = session->verdict.rule->reroute;
	edits->recipients = facts->recipients;
	edits->n_strip_originals = facts->n_forged_originals;
	return make_originals(session, edits);
}

static bool make_quarantine(struct session *session, struct edits *edits)
{
	char buf[MARKS_REASON_BYTES];
	struct text text = text_over(buf, sizeof buf);

	marks_reason(&session->verdict, &session->hits, &text);
	edits->quarantine = arena_strdup(&session->msg, buf);
	return edits->quarantine != NULL;
}

static const char *with_prefix(struct session *session, const char *prefix, const char *value)
{
	char *buf = arena_alloc(&session->msg, strlen(value) + PREFIX_VALUE_BYTES - PREFIX_SUBJECT_BYTES);
	struct text text;

	if (buf == NULL) {
		tell_no_memory();
		return NULL;
	}
	text = text_over(buf, strlen(value) + PREFIX_VALUE_BYTES - PREFIX_SUBJECT_BYTES);
	prefix_put(prefix, value, &text);
	return buf;
}

/* Every Subject gets it: readers show the first one, or the last. */
static void make_prefix(struct session *session, struct edits *edits)
{
	const struct facts *facts = &session->facts;
	char prefix[PREFIX_BYTES];
	struct text text = text_over(prefix, sizeof prefix);

	marks_prefix(session->rules, facts, &session->verdict, &text);
	if (facts->n_subjects == 0) {
		edits->new_subject = with_prefix(session, prefix, "");
		return;
	}
	edits->subjects = arena_alloc_n(&session->msg, facts->n_subjects_kept, sizeof *edits->subjects);
	if (edits->subjects == NULL) {
		tell_no_memory();
		return;
	}
	for (size_t i = 0; i < facts->n_subjects_kept; i++) {
		const char *value;

		if (prefix_stands(prefix, facts->subjects[i]))
			continue;
		value = with_prefix(session, prefix, facts->subjects[i]);
		if (value != NULL)
			edits->subjects[edits->n_subjects++] = (struct change){ i + 1, value };
	}
	if (facts->n_subjects_kept < SESSION_SUBJECTS_MAX)
		return;                        /* these are all, or there was no memory for more */
	edits->subjects_from = facts->n_subjects_kept + 1;
	edits->subjects_to = facts->n_subjects + 1;
}

/* What becomes of a message that is neither refused nor deleted. */
static void make_edits(struct session *session, struct edits *edits)
{
	const unsigned actions = session->verdict.actions;

	edits->n_strip = session->facts.n_forged_flags;
	if (actions & ACTION_FLAG)
		make_flags(session, edits);
	if (actions & ACTION_PREFIX)
		make_prefix(session, edits);
}

void stage_failed(struct session *session, struct outcome *out)
{
	session->verdict.actions = ACTION_TEMPFAIL;
	*out = (struct outcome){ .kind = OUTCOME_LATER,
				 .reply = { .code = "451", .enhanced = "4.3.0", .text = "Mail filter cannot process this now, try again" } };
}

void stage_eom(struct session *session, const char *queue_id, struct outcome *out, struct edits *edits)
{
	const struct flag_settings *flag = &session->rules->flag;

	*out = (struct outcome){ .kind = OUTCOME_GO_ON };
	*edits = (struct edits){ .flag_header = flag->header };
	if (!session->in_message || session->complete)
		return;
	session->complete = true;
	learn_queue_id(session, queue_id);
	ask_last(session);
	wait_for(session, &session->client);
	wait_for(session, &session->names);
	wait_for(session, &session->last);
	decide(session);
	if (session->verdict.actions & ACTIONS_REFUSE) {
		refuse(session, out);
		return;
	}
	if (session->verdict.actions & ACTION_DISCARD) {
		out->kind = OUTCOME_DISCARD;
		return;
	}
	if (((session->verdict.actions & ACTION_REROUTE) && !make_reroute(session, edits)) ||
	    ((session->verdict.actions & ACTION_QUARANTINE) && !make_quarantine(session, edits))) {
		log_warning("%s: too many recipients, or out of memory: the message is refused for now",
			    session->facts.queue_id != NULL ? session->facts.queue_id : "NOQUEUE");
		*edits = (struct edits){ .flag_header = flag->header };
		stage_failed(session, out);
		return;
	}
	make_edits(session, edits);
}

void stage_done(struct session *session)
{
	if (session->complete || session->n_refused > 0)
		report_message(session);
	session_message_end(session);
}
