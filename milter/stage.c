/* stage: what is asked and what may be said at each SMTP stage.
 * Questions go out as soon as their subject is known; a stage waits only where it may refuse. */
#include "milter/stage.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/mailaddr.h"
#include "common/origin.h"
#include "common/received.h"
#include "milter/asking.h"
#include "milter/report.h"
#include "milter/screening.h"
#include "milter/spare.h"
#include "milter/tally.h"

enum { FACT_BYTES = 1024 };           /* of a name or an address that is kept; SMTP allows 255 and 256 */

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

/* --- refusals ----------------------------------------------------------------------------------------------------- */

static void refuse(const struct session *session, const struct verdict *verdict, struct outcome *out)
{
	out->kind = verdict->actions & ACTION_REJECT ? OUTCOME_REFUSE : OUTCOME_LATER;
	marks_reply(session->rules, &session->facts, verdict, &out->reply);
}

/* `recipient`: NULL at the end of the message. */
static void refuse_blocked(struct session *session, enum blocked_by by, const char *recipient, struct outcome *out)
{
	const struct facts *facts = &session->facts;
	const char *sender = facts->sender != NULL && facts->sender[0] != '\0' ? facts->sender : "<>";
	char ip[IPADDR_TEXT_BYTES], plain[MAILADDR_PLAIN_BYTES];

	out->kind = OUTCOME_REFUSE;
	if (by == BLOCKED_RECIPIENT)
		marks_blocked(session->rules, facts, by, mailaddr_path_plain(plain, recipient) ? plain : "", &out->reply);
	else
		marks_blocked(session->rules, facts, by, by == BLOCKED_SENDER ? sender : ipaddr_format(&facts->client, ip),
			      &out->reply);
	if (by == BLOCKED_SCREEN && !session->dry)
		screen_count_refusal(session->service->screen);
	if (session->blocked == BLOCKED_NOT)
		session->blocked = by;
	if (!session->decided)
		session->verdict.actions = ACTION_REJECT;   /* for the log, until there is another */
}

static bool is_from_relay(const struct session *session)
{
	return origin_of(session->rules, &session->facts) == ORIGIN_RELAY;
}

/* Who is exempt or blocked, now that the client is known. */
static void look_at_client(struct session *session)
{
	enum blocked_by by;

	screening_look(session);
	by = blocked_message(session->rules, &session->facts);
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
	facts->local = !facts->fetched && is_local(addr, &facts->client);
	if (is_verified(hostname, resolved))
		facts->client_name = copy(&session->conn, hostname);
	facts->now_s = (int64_t)time(NULL);
	look_at_client(session);
	if (session->rules->dns.prefetch && session->blocked == BLOCKED_NOT && !is_from_relay(session))
		asking_ahead(session);
}

bool stage_has_door(const struct ruleset *rules)
{
	return rules->screen.at == SCREEN_AT_CONNECT;
}

void stage_door(struct session *session, struct outcome *out)
{
	*out = (struct outcome){ .kind = OUTCOME_GO_ON };
	if (!stage_has_door(session->rules) || session->blocked != BLOCKED_SCREEN)
		return;
	refuse_blocked(session, BLOCKED_SCREEN, NULL, out);
	if (session->dry)
		return;
	report_message(session);
	counters_turned_away(session->service->counters);
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

void stage_mail(struct session *session, const char *sender, const char *login, const char *queue_id,
		struct outcome *out)
{
	const struct exemption at_connect = session->exempt;
	struct facts *facts = &session->facts;

	*out = (struct outcome){ .kind = OUTCOME_GO_ON };
	if (atomic_load(&session->service->draining) && !facts->local && !session->dry) {
		*out = (struct outcome){ .kind = OUTCOME_LATER,
					 .reply = { .code = "451", .enhanced = "4.3.2", .text = "Mail filter is restarting, try again" } };
		return;
	}
	if (!session_message_begin(session)) {
		session_tell_no_memory();
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
		asking_adopt(session, &at_connect);
	asking_first(session);
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
	return session->blocked != BLOCKED_NOT && session->blocked != BLOCKED_RECIPIENT;
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
	if (asking_decide_first(session, exemption->reason != EXEMPT_NOT))
		screening_learn(session);
	if ((session->verdict.actions & ACTIONS_REFUSE) && spare_holds(session, exemption, &verdict) &&
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
	spare_recipient(session, recipient, &which, &exemption);
	answer_recipient(session, recipient != NULL ? recipient : "", &exemption, out);
	if (out->kind != OUTCOME_GO_ON) {
		session->n_refused++;
		return;
	}
	spare_note(session, &which, &exemption);
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

/* What is beyond those that are kept is not even read. */
static void note_hop(struct session *session, const char *value)
{
	struct hop *hop = wants_hops(session) ? session_add_hop(session) : NULL;

	if (hop != NULL)
		received_parse(value, hop);
}

void stage_header(struct session *session, const char *name, const char *value)
{
	const struct ruleset *rules = session->rules;

	if (!session->in_message)
		return;
	session->facts.n_headers++;
	if (strcasecmp(name, "Received") == 0) {
		note_hop(session, value);
	} else if ((rules->subjects & SUBJECT_BIT(SUBJECT_FROM)) != 0 && strcasecmp(name, "From") == 0) {
		note_from(session, value);
	} else if (strcasecmp(name, rules->flag.header) == 0 && strips_forged(rules)) {
		session->facts.n_forged_flags++;
	} else if (strcasecmp(name, subject_header) == 0 && ruleset_may(rules, ACTION_PREFIX)) {
		session_add_subject(session, value);
	} else if (strcasecmp(name, edits_original_header) == 0 && ruleset_may(rules, ACTION_REROUTE)) {
		session->facts.n_forged_originals++;
	}
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
		asking_first(session);
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
	if (is_blocked(session) && !spare_message(session)) {
		refuse_blocked(session, session->blocked, NULL, out);
		return;
	}
	if (!is_blocked(session))
		asking_last(session);
	asking_decide_all(session);
	screening_learn(session);
	if ((session->verdict.actions & ACTIONS_WITHHOLD) && spare_message(session))
		session->verdict.actions = ACTION_FLAG;
	if (session->verdict.actions & ACTIONS_REFUSE) {
		refuse(session, &session->verdict, out);
		return;
	}
	if (session->verdict.actions & ACTION_DISCARD) {
		out->kind = OUTCOME_DISCARD;
		return;
	}
	if (!edits_make(session, edits)) {
		log_warning("%s: too many recipients, or out of memory: the message is refused for now",
			    session->facts.queue_id != NULL ? session->facts.queue_id : "NOQUEUE");
		*edits = (struct edits){ .flag_header = flag->header };
		stage_failed(session, out);
	}
}

static void end_of_message(struct session *session)
{
	asking_look_back(session);
	report_message(session);
	tally_message(session);
}

void stage_done(struct session *session)
{
	if (!session->dry && (session->complete || session->n_refused > 0))
		end_of_message(session);
	session_message_end(session);
}
