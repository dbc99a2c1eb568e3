/* session: one SMTP connection.
 * Only keeps and gives back; what is asked and said is stage's. */
#include "milter/session.h"

#include <stdlib.h>
#include <string.h>

#include "common/origin.h"
#include "common/prefix.h"

struct session *session_new_dry(struct service *service)
{
	struct session *session = calloc(1, sizeof *session);

	if (session == NULL)
		return NULL;
	session->service = service;
	session->rules = inforce_get(&service->inforce);
	arena_init(&session->conn, SESSION_CONN_BYTES);
	arena_init(&session->msg, SESSION_MSG_BYTES);
	session->dry = true;
	return session;
}

struct session *session_new(struct service *service)
{
	struct session *session = session_new_dry(service);

	if (session == NULL)
		return NULL;
	session->dry = false;
	atomic_fetch_add(&service->sessions, 1);
	counters_session(service->counters);
	return session;
}

void session_free(struct session **session)
{
	struct session *s = *session;

	*session = NULL;
	if (s == NULL)
		return;
	session_message_end(s);
	session_forget(&s->prefetched);
	ruleset_unref(&s->rules);
	arena_clear(&s->msg);
	arena_clear(&s->conn);
	if (!s->dry)
		atomic_fetch_sub(&s->service->sessions, 1);
	free(s);
}

void session_tell_no_memory(void)
{
	static struct log_once once;
	long long left_out;

	if (log_once_in(&once, 60, &left_out))
		log_error("out of memory for a session: its mail flows unchecked (%lld since the last such line)", left_out + 1);
}

void session_forget(struct asked *asked)
{
	batch_unref(&asked->batch);
	batch_unref(&asked->checks.batch);
	*asked = (struct asked){ 0 };
}

bool session_message_begin(struct session *session)
{
	char *recipients;

	session_message_end(session);
	recipients = arena_alloc(&session->msg, SESSION_RECIPIENT_BYTES);
	if (recipients == NULL)
		return false;
	session->recipients = text_over(recipients, SESSION_RECIPIENT_BYTES);
	session->in_message = true;
	if (!session->dry)
		atomic_fetch_add(&session->service->messages, 1);
	return true;
}

void session_message_end(struct session *session)
{
	struct facts *facts = &session->facts;

	if (session->in_message && !session->dry)
		atomic_fetch_sub(&session->service->messages, 1);
	session->in_message = session->complete = false;
	session_forget(&session->client);
	session_forget(&session->names);
	session_forget(&session->last);
	arena_clear(&session->msg);
	origin_forget_client(facts);
	*facts = (struct facts){ .client = facts->client, .local = facts->local, .fetched = facts->fetched,
				 .client_name = facts->client_name, .helo = facts->helo };
	session->waited_us = 0;
	session->decided = session->whole = false;
	session->hits = session->seen = (struct hits){ 0 };
	session->verdict = (struct verdict){ 0 };
	session->n_refused = session->n_left_in = 0;
	session->exempt = session->spared = (struct exemption){ .reason = EXEMPT_NOT };
	session->blocked = BLOCKED_NOT;
	session->screened_now = false;
	session->has_exempt = false;
	session->n_exempt_sets = 0;
	session->hops_room = 0;
	session->last_recipient = NULL;
	session->recipients_bytes = 0;
	session->recipients = (struct text){ 0 };
}

static bool hops_grow(struct session *session)
{
	struct facts *facts = &session->facts;
	size_t room = session->hops_room == 0 ? 16 : session->hops_room * 2;
	struct hop *hops;

	if (facts->n_hops >= SESSION_HOPS_MAX)
		return false;
	if (room > SESSION_HOPS_MAX)
		room = SESSION_HOPS_MAX;
	hops = arena_alloc_n(&session->msg, room, sizeof *hops);
	if (hops == NULL)
		return false;
	if (facts->n_hops > 0)
		memcpy(hops, facts->hops, facts->n_hops * sizeof *hops);
	facts->hops = hops;
	session->hops_room = room;
	return true;
}

struct hop *session_add_hop(struct session *session)
{
	struct facts *facts = &session->facts;

	if (facts->n_hops == session->hops_room && !hops_grow(session)) {
		facts->n_hops_lost++;
		return NULL;
	}
	return &facts->hops[facts->n_hops++];
}

void session_add_recipient(struct session *session, const char *path)
{
	struct facts *facts = &session->facts;
	size_t bytes = sizeof(struct recipient) + strlen(path) + 1;
	struct recipient *recipient = NULL;

	if (session->recipients_bytes + bytes <= SESSION_REROUTE_BYTES)
		recipient = arena_alloc(&session->msg, sizeof *recipient);
	if (recipient != NULL)
		recipient->path = arena_strdup(&session->msg, path);
	if (recipient == NULL || recipient->path == NULL) {
		facts->recipients_lost = true;
		return;
	}
	session->recipients_bytes += bytes;
	if (session->last_recipient == NULL)
		facts->recipients = recipient;
	else
		session->last_recipient->next = recipient;
	session->last_recipient = recipient;
}

bool session_add_subject(struct session *session, const char *value)
{
	struct facts *facts = &session->facts;

	facts->n_subjects++;
	if (facts->subjects == NULL)
		facts->subjects = arena_alloc_n(&session->msg, SESSION_SUBJECTS_MAX, sizeof *facts->subjects);
	if (facts->subjects == NULL || facts->n_subjects_kept == SESSION_SUBJECTS_MAX)
		return false;
	facts->subjects[facts->n_subjects_kept] = arena_strndup(&session->msg, value, PREFIX_SUBJECT_BYTES);
	if (facts->subjects[facts->n_subjects_kept] == NULL)
		return false;
	facts->n_subjects_kept++;
	return true;
}
