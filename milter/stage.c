/* stage: what is asked and what may be said at each SMTP stage.
 * Questions go out as soon as their subject is known; a stage waits only where it may refuse. */
#include "milter/stage.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/exempt.h"
#include "common/mailaddr.h"
#include "common/manual.h"
#include "common/origin.h"
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
	listset_join(&left_out, &session->exempt.lists);
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

/* What is known before the headers are; of mail from a gateway, when its client is. */
static void ask_first(struct session *session)
{
	if (session->client.batch == NULL)
		ask_client(session, &session->client, &session->msg);
	ask_names(session);
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

static void refuse(const struct session *session, const struct verdict *verdict, struct outcome *out)
{
	out->kind = verdict->actions & ACTION_REJECT ? OUTCOME_REFUSE : OUTCOME_LATER;
	marks_reply(session->rules, &session->facts, verdict, &out->reply);
}

/* --- blocked and exempt ------------------------------------------------------------------------------------------- */

/* `recipient`: NULL at the end of the message. */
static void refuse_blocked(struct session *session, enum blocked_by by, const char *recipient, struct outcome *out)
{
	const struct facts *facts = &session->facts;
	const char *sender = facts->sender != NULL && facts->sender[0] != '\0' ? facts->sender : "<>";
	char ip[IPADDR_TEXT_BYTES], plain[MAILADDR_PLAIN_BYTES];

	out->kind = OUTCOME_REFUSE;
	if (by == BLOCKED_RECIPIENT)
		marks_blocked(session->rules, facts, mailaddr_path_plain(plain, recipient) ? plain : "", &out->reply);
	else
		marks_blocked(session->rules, facts, by == BLOCKED_SENDER ? sender : ipaddr_format(&facts->client, ip), &out->reply);
	if (session->blocked == BLOCKED_NOT)
		session->blocked = by;
	if (!session->decided)
		session->verdict.actions = ACTION_REJECT;   /* for the log, until there is another */
}

/* The verdict as it would be if these lists had said nothing. */
static void decide_without(struct session *session, const struct listset *lists, struct verdict *out)
{
	struct hits *hits = &session->hits;
	enum hit_weight weights[HITS_MAX];

	for (size_t i = 0; i < hits->n; i++) {
		weights[i] = hits->item[i].weight;
		if (listset_has(lists, listset_place(session->rules, hits->item[i].list)))
			hits->item[i].weight = HIT_SHOWN;
	}
	verdict_decide(session->rules, hits, out);
	for (size_t i = 0; i < hits->n; i++)
		hits->item[i].weight = weights[i];
}

/* Does the verdict hold in spite of this exemption? *out is what is left of it. */
static bool holds_for(struct session *session, const struct exemption *exemption, struct verdict *out)
{
	*out = session->verdict;
	if ((out->actions & ACTIONS_WITHHOLD) == 0 || exempt_is_whole(exemption))
		return false;
	if (exemption->reason == EXEMPT_NOT)
		return true;
	decide_without(session, &exemption->lists, out);
	return (out->actions & ACTIONS_WITHHOLD) != 0;
}

static void exempt_of_recipient(struct session *session, const char *recipient, struct exempt_rules *which,
				struct exemption *out)
{
	*out = (struct exemption){ .reason = EXEMPT_NOT };
	*which = (struct exempt_rules){ { 0 } };
	if (recipient == NULL)
		return;
	if (exempt_recipient(session->rules, recipient, which))
		out->reason = EXEMPT_RECIPIENT;
	else
		exempt_by_rules(session->rules, &session->facts, which, out);
}

/* He was accepted; what the rules say of him counts again at the end. Takes no memory, however many there are. */
static void note_exempt(struct session *session, const struct exempt_rules *which, const struct exemption *exemption)
{
	static const struct exempt_rules none;
	size_t i;

	session->has_exempt |= exemption->reason == EXEMPT_RECIPIENT;
	if (memcmp(which, &none, sizeof none) == 0)
		return;
	for (i = 0; i < session->n_exempt_sets; i++)
		if (memcmp(which, &session->exempt_sets[i], sizeof *which) == 0)
			return;
	if (i < SESSION_EXEMPT_SETS_MAX) {
		session->exempt_sets[session->n_exempt_sets++] = *which;
		return;
	}
	for (size_t word = 0; word < sizeof which->bits / sizeof which->bits[0]; word++)
		session->exempt_sets[SESSION_EXEMPT_SETS_MAX - 1].bits[word] |= which->bits[word];
}

/* Is there a recipient for whom the refusal does not hold? Then all get the message: it cannot be refused for some. */
static bool is_spared(struct session *session)
{
	struct verdict verdict;

	session->spared = (struct exemption){ .reason = session->has_exempt ? EXEMPT_RECIPIENT : EXEMPT_NOT };
	for (size_t i = 0; i < session->n_exempt_sets && session->spared.reason == EXEMPT_NOT; i++) {
		struct exemption exemption;

		exempt_by_rules(session->rules, &session->facts, &session->exempt_sets[i], &exemption);
		if (exempt_is_whole(&exemption) || (session->decided && !holds_for(session, &exemption, &verdict)))
			session->spared = exemption;
	}
	return session->spared.reason != EXEMPT_NOT;
}

static bool is_from_relay(const struct session *session)
{
	return origin_of(session->rules, &session->facts) == ORIGIN_RELAY;
}

/* Who is exempt or blocked, now that the client is known. */
static void look_at_client(struct session *session)
{
	enum blocked_by by = blocked_message(session->rules, &session->facts);

	exempt_message(session->rules, &session->facts, &session->exempt);
	if (by != BLOCKED_NOT || session->blocked != BLOCKED_RECIPIENT)
		session->blocked = by;
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
	facts->now_s = (int64_t)time(NULL);
	look_at_client(session);
	if (session->rules->dns.prefetch && session->blocked == BLOCKED_NOT && !is_from_relay(session))
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
static void adopt_prefetched(struct session *session, const struct exemption *at_connect)
{
	if (!exempt_is_whole(&session->exempt) &&
	    memcmp(&session->exempt.lists, &at_connect->lists, sizeof at_connect->lists) == 0) {
		session->client = session->prefetched;
		session->prefetched = (struct asked){ 0 };
	} else {
		batch_unref(&session->prefetched.batch);
	}
}

void stage_mail(struct session *session, const char *sender, const char *login, const char *queue_id,
		struct outcome *out)
{
	const struct exemption at_connect = session->exempt;
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
	facts->now_s = (int64_t)time(NULL);
	look_at_client(session);
	if (session->blocked != BLOCKED_NOT || is_from_relay(session))
		return;
	if (session->prefetched.batch != NULL)
		adopt_prefetched(session, &at_connect);
	ask_first(session);
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

/* The message as a whole? */
static bool is_blocked(const struct session *session)
{
	return session->blocked == BLOCKED_CLIENT || session->blocked == BLOCKED_SENDER;
}

static enum blocked_by blocked_by(const struct session *session, const char *recipient)
{
	return is_blocked(session) ? session->blocked : blocked_recipient(session->rules, &session->facts, recipient);
}

/* The MTA's reply to a recipient with this exemption. */
static void answer_recipient(struct session *session, const char *recipient, const struct exemption *exemption,
			     struct outcome *out)
{
	enum blocked_by by = blocked_by(session, recipient);
	struct verdict verdict;

	if (exempt_is_whole(exemption))
		return;
	if (by != BLOCKED_NOT) {
		refuse_blocked(session, by, recipient, out);
		return;
	}
	if (session->rules->decide_at != DECIDE_AT_RCPT || !ruleset_may(session->rules, ACTIONS_REFUSE) ||
	    is_from_relay(session))
		return;
	if (!session->decided) {
		wait_for(session, &session->client);
		wait_for(session, &session->names);
		decide(session);
	}
	if ((session->verdict.actions & ACTIONS_REFUSE) && holds_for(session, exemption, &verdict) &&
	    (verdict.actions & ACTIONS_REFUSE))
		refuse(session, &verdict, out);
}

void stage_rcpt(struct session *session, const char *recipient, const char *queue_id, struct outcome *out)
{
	struct exemption exemption;
	struct exempt_rules which;

	*out = (struct outcome){ .kind = OUTCOME_GO_ON };
	if (!session->in_message)
		return;
	learn_queue_id(session, queue_id);
	if (recipient != NULL)
		note_recipient(session, recipient);
	exempt_of_recipient(session, recipient, &which, &exemption);
	answer_recipient(session, recipient != NULL ? recipient : "", &exemption, out);
	if (out->kind != OUTCOME_GO_ON) {
		session->n_refused++;
		return;
	}
	note_exempt(session, &which, &exemption);
	if (recipient != NULL && ruleset_may(session->rules, ACTION_REROUTE))
		session_add_recipient(session, recipient);
}

/* Where no rule flags, nobody looks for our header either. */
static bool strips_forged(const struct ruleset *rules)
{
	return rules->flag.strip_forged && ruleset_may(rules, ACTION_FLAG);
}

bool stage_needs_headers(const struct ruleset *rules)
{
	return rules->received.smtp.enabled || !addrset_is_empty(&rules->relays) ||
	       (rules->received.pop.enabled && !addrset_is_empty(&rules->received.pop_clients)) ||
	       (rules->subjects & SUBJECT_BIT(SUBJECT_FROM)) != 0 || strips_forged(rules) ||
	       ruleset_may(rules, ACTION_PREFIX | ACTION_REROUTE);
}

static bool wants_hops(const struct session *session)
{
	return is_from_relay(session) || origin_window(session->rules, &session->facts)->enabled;
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
	if (strcasecmp(name, "Received") == 0) {
		struct hop hop;

		if (!wants_hops(session))
			return;
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

/* Behind a gateway of ours, the client is known only now. */
static void meet_client(struct session *session)
{
	if (!origin_find_client(session->rules, &session->facts))
		return;
	look_at_client(session);
	if (!is_blocked(session))
		ask_first(session);
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
	session->decided = false;
	meet_client(session);
	if (is_blocked(session) && !is_spared(session)) {
		refuse_blocked(session, session->blocked, NULL, out);
		return;
	}
	if (!is_blocked(session))
		ask_last(session);
	wait_for(session, &session->client);
	wait_for(session, &session->names);
	wait_for(session, &session->last);
	decide(session);
	if ((session->verdict.actions & ACTIONS_WITHHOLD) && is_spared(session))
		session->verdict.actions = ACTION_FLAG;
	if (session->verdict.actions & ACTIONS_REFUSE) {
		refuse(session, &session->verdict, out);
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
