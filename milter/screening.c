/* screening: who is on the screen, and who is put there.
 * An entry refuses mail for as long as it stands, so a list's word is taken only when a good test of that list is fresh: that a
 * test had no answer, which a single refusal may live with, is not enough here. */
#include "milter/screening.h"

#include <string.h>

#include "common/origin.h"
#include "milter/asking.h"

enum { TELL_FULL_AGAIN_S = 3600 };

/* --- who is there ------------------------------------------------------------------------------------------------- */

static size_t list_named(const struct ruleset *rules, const char *name)
{
	for (size_t i = 0; name[0] != '\0' && i < rules->n_lists; i++)
		if (strcmp(rules->lists[i].name, name) == 0)
			return i;
	return LISTSET_MAX;
}

void screening_look(struct session *session)
{
	struct service *service = session->service;
	struct facts *facts = &session->facts;
	struct monotime now = monotime_now();
	char list[SCREEN_LIST_BYTES];

	facts->recent_login = recent_has(service->recent, &facts->client, session->rules->exceptions.recent_window_us, now);
	facts->screened = screen_has(service->screen, &facts->client, now, list);
	facts->screened_by = facts->screened ? list_named(session->rules, list) : LISTSET_MAX;
}

/* --- who is put there --------------------------------------------------------------------------------------------- */

static bool saves(const struct list *list)
{
	return list->kind == LIST_ALLOW && list->mode == LIST_ENFORCE;
}

/* An allow list that is silent, left alone for now, or beyond dns.max_queries might have spoken for the client. */
static bool allow_lists_have_spoken(const struct ruleset *rules, const struct batch *batch)
{
	if (batch == NULL)
		return true;
	for (size_t i = 0; i < batch->n_queries; i++) {
		enum answer_status status = question_answer(&batch->questions[batch->queries[i].question])->status;

		if (status != ANSWER_LISTED && status != ANSWER_ABSENT && saves(&rules->lists[batch->queries[i].list]))
			return false;
	}
	for (size_t i = 0; i < rules->n_lists; i++)
		if ((listset_has(&batch->skipped, i) || batch->n_left_out_seen > 0) && saves(&rules->lists[i]))
			return false;
	return true;
}

/* Only who connects himself, and only where nothing speaks for him: an exception, an allow list. An address behind a gateway of
 * ours was seen in a Received header, after all. */
static bool may_learn(const struct session *session)
{
	const struct service *service = session->service;

	return !session->dry && session->rules->screen.automatic && service->screen != NULL && !session->screened_now &&
	       origin_of(session->rules, &session->facts) == ORIGIN_SMTP && !exempt_is_whole(&session->exempt) &&
	       session->verdict.score.exempting == NULL && session->verdict.score.points > 0 &&
	       allow_lists_have_spoken(session->rules, session->client.batch) &&
	       allow_lists_have_spoken(session->rules, session->names.batch);
}

/* A hit that speaks against the client's own address and counts. */
static bool is_against_client(const struct hit *hit)
{
	return hit->kind == SUBJECT_CLIENT && hit->weight == HIT_COUNTS && hit->list->kind == LIST_BLOCK &&
	       hit->response->points > 0;
}

/* What was added by hand is in none of these sets. */
static const struct hit *first_against(const struct session *session, const struct listset *lists)
{
	for (size_t i = 0; i < session->hits.n; i++) {
		const struct hit *hit = &session->hits.item[i];

		if (is_against_client(hit) && listset_has(lists, listset_place(session->rules, hit->list)))
			return hit;
	}
	return NULL;
}

/* A hit of a list that is proven sane; one that has to be proven first is. NULL: there is none. */
static const struct hit *proven_hit(struct session *session)
{
	struct health *health = session->service->health;
	struct health_trust trust;
	const struct hit *hit, *unproven;
	struct listset witness = { { 0 } };

	health_trust(health, session->rules, &session->hits, monotime_now(), &trust);
	hit = first_against(session, &trust.proven);
	listset_leave(&trust.unproven, &trust.doubted);
	listset_leave(&trust.unproven, &trust.void_);
	unproven = hit == NULL ? first_against(session, &trust.unproven) : NULL;
	if (unproven == NULL)
		return hit;
	listset_add(&witness, listset_place(session->rules, unproven->list));
	asking_prove(session, &witness);
	health_trust(health, session->rules, &session->hits, monotime_now(), &trust);
	return first_against(session, &trust.proven);
}

static void tell_full(const struct screen_settings *settings)
{
	static struct log_once once;
	long long unused;

	if (log_once_in(&once, TELL_FULL_AGAIN_S, &unused))
		log_warning("screen: it is full: nobody is put there any more but by hand (max_entries %d, max_bytes %d)",
			    settings->max_entries, settings->max_bytes);
}

void screening_learn(struct session *session)
{
	const struct screen_settings *settings = &session->rules->screen;
	struct screen *screen = session->service->screen;
	const struct ipaddr *client = &session->facts.client;
	const struct hit *hit;
	unsigned purges;

	if (!may_learn(session))
		return;
	if (!screen_has_room(screen, settings, client)) {
		tell_full(settings);
		return;
	}
	purges = screen_purges(screen);
	hit = proven_hit(session);
	if (hit != NULL)
		session->screened_now = screen_learn(screen, settings, client, hit->list->name, purges) == KEEP_LEARNED;
}
