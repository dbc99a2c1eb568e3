/* healthmail: what mail tells about lists, and what it may rely on. */
#include "common/watch.h"

static const int64_t tell_foreign_again_us = INT64_C(3600) * 1000000;

/* --- what mail tells ---------------------------------------------------------------------------------------------- */

static bool suspect(struct watch *w, struct monotime now)
{
	if (!w->probe || w->suspected || w->state != HEALTH_OK)
		return false;
	w->suspected = true;
	w->suspected_at = now;
	return watch_test_now(w, now);
}

static bool note_client(struct watch *w, const struct ipaddr *client, bool listed, struct monotime now, struct notes *notes)
{
	switch (brake_learn(&w->brake, client, listed)) {
	case BRAKE_QUIET:
		return false;
	case BRAKE_JAMMED:
		notes_warn(notes, "list %s has listed %d of the last %d client networks, where it usually lists %d in a "
			   "hundred: %s",
			   w->name, BRAKE_JAM, BRAKE_LAST, brake_usual_percent(&w->brake),
			   w->probe ? "it is tested, and until then its hits only flag" :
				      "it has no test points, so its hits only flag until that ends");
		break;
	case BRAKE_RUN:
		break;
	}
	return suspect(w, now);
}

static bool note_foreign(struct watch *w, struct monotime now, struct notes *notes)
{
	w->foreign++;
	if (!w->told_foreign || monotime_between(w->foreign_at, now) > tell_foreign_again_us) {
		w->told_foreign = true;
		w->foreign_at = now;
		notes_warn(notes, "list %s answers with addresses outside 127.0.0.0/8: its domain may have been sold, or a "
			   "resolver rewrites answers; such answers do not count", w->name);
	}
	return suspect(w, now);
}

/* Does any response name one of the answer's addresses? */
static bool is_hit(struct watch *w, const struct list *list, const struct answer *answer)
{
	bool hit = false, unknown = false;

	for (size_t i = 0; i < answer->n; i++) {
		bool named = hit_is_named(list, answer->addr[i]);

		hit |= named;
		unknown |= !named;
	}
	w->hits += hit;
	w->unknown += unknown;
	return hit;
}

static bool learn_answer(struct health *h, struct watch *w, const struct list *list, const struct subject *subject,
			 const struct question *q, struct monotime now, struct notes *notes)
{
	uint32_t code = hit_refusal(list, &q->answer);
	bool hit, poke = false;

	latency_add(&w->latency, q->took_us);
	watch_answered(h, w, now, notes);
	if (code != 0) {
		w->refused++;
		watch_refuse(h, w, code, now, notes);
		return false;
	}
	if (w->state == HEALTH_REFUSING && !w->probe && monotime_reached(now, w->paused_until))
		watch_serve_again(w, now, notes);
	if (q->answer.foreign)
		poke = note_foreign(w, now, notes);
	hit = is_hit(w, list, &q->answer);
	if (subject->kind == SUBJECT_CLIENT && w->brake_on && w->state == HEALTH_OK)
		poke |= note_client(w, &subject->addr, hit, now, notes);
	return poke;
}

static bool learn(struct health *h, const struct batch *batch, const struct subjects *subjects, struct query *query,
		  struct monotime now, struct notes *notes)
{
	const struct list *list = &batch->rules->lists[query->list];
	const struct question *q = &batch->questions[query->question];
	struct watch *w = watch_of(h, batch->rules, query->list);

	if (w == NULL || query->learned)
		return false;
	if (!q->out && q->answer.status == ANSWER_PENDING)
		return false;                  /* it was not sent yet */
	if (!query->counted) {
		w->cached += q->cached;
		w->queries += q->asked;
	}
	query->counted = true;
	query->learned = !q->out;
	if (!q->asked || q->out)
		return false;
	switch (q->answer.status) {
	case ANSWER_LISTED:
	case ANSWER_ABSENT:
		return learn_answer(h, w, list, &subjects->item[query->subject], q, now, notes);
	case ANSWER_FAILED:
		if (q->took_us >= batch->rules->dns.timeout_us)
			w->timeouts++;
		else
			w->errors++;
		return watch_failed(h, w, q->asked_at, now, notes);
	case ANSWER_LATE:
		w->timeouts++;
		return watch_failed(h, w, q->asked_at, now, notes);
	default:
		return false;
	}
}

bool health_learn(struct health *h, struct batch *batch, const struct subjects *subjects, struct monotime now)
{
	struct notes notes = { .n = 0 };
	bool poke = false;

	if (h == NULL)
		return false;
	pthread_mutex_lock(&h->mutex);
	for (size_t i = 0; i < batch->n_queries; i++) {
		poke |= learn(h, batch, subjects, &batch->queries[i], now, &notes);
		if (notes.n == 0)
			continue;
		watch_unlock_and_tell(h, &notes);
		pthread_mutex_lock(&h->mutex);
	}
	pthread_mutex_unlock(&h->mutex);
	return poke;
}

/* --- what mail may rely on ---------------------------------------------------------------------------------------- */

/* Mail does not ask it now. A list that refuses us and cannot be tested is given a try after its pause. */
static bool is_out(const struct health *h, const struct watch *w, struct monotime now)
{
	if (watch_is_disabled(w, now) || (h->down && !w->own_server))
		return true;
	if (w->state == HEALTH_REFUSING)
		return w->probe || !monotime_reached(now, w->paused_until);
	return w->state != HEALTH_OK;
}

void health_left_out(struct health *h, const struct ruleset *rules, struct monotime now, struct listset *out)
{
	*out = (struct listset){ { 0 } };
	if (h == NULL)
		return;
	pthread_mutex_lock(&h->mutex);
	for (size_t i = 0; i < rules->n_lists; i++) {
		const struct watch *w = watch_of(h, rules, i);

		if (w != NULL && is_out(h, w, now))
			listset_add(out, i);
	}
	pthread_mutex_unlock(&h->mutex);
}

void health_mute(struct health *h, const struct ruleset *rules, struct monotime now, const struct listset *left_out,
		 struct listset *out)
{
	*out = (struct listset){ { 0 } };
	if (h == NULL)
		return;
	pthread_mutex_lock(&h->mutex);
	for (size_t i = 0; i < rules->n_lists; i++) {
		const struct watch *w = watch_of(h, rules, i);

		if (listset_has(left_out, i) && w != NULL && w->state != HEALTH_SUSPENDED && !watch_is_disabled(w, now))
			listset_add(out, i);
	}
	pthread_mutex_unlock(&h->mutex);
}

/* The next list with a hit that means something, at or after *i, which moves behind its hits; NULL: there is none. */
static const struct list *next_list(const struct hits *hits, size_t *i)
{
	while (*i < hits->n) {
		const struct hit *hit = &hits->item[(*i)++];

		if (hit->weight == HIT_SHOWN && hit->list->mode != LIST_SHADOW)
			continue;
		while (*i < hits->n && hits->item[*i].list == hit->list)
			(*i)++;
		return hit->list;
	}
	return NULL;
}

/* What somebody else would have said is not known where he was not waited for, or not for long enough. Who fails says nothing. */
static bool all_have_spoken(const struct hits *hits)
{
	return hits->n_unneeded + hits->n_late == 0;
}

void health_credit(struct health *h, const struct ruleset *rules, const struct hits *hits, const struct list *decided_by)
{
	size_t n_block = 0, n_allow = 0, i = 0;
	const struct list *list;

	if (h == NULL || hits->n == 0)
		return;
	while ((list = next_list(hits, &i)) != NULL)
		*(list->kind == LIST_BLOCK ? &n_block : &n_allow) += 1;
	i = 0;
	pthread_mutex_lock(&h->mutex);
	while ((list = next_list(hits, &i)) != NULL) {
		size_t place = listset_place(rules, list);
		struct watch *w = place < rules->n_lists ? watch_of(h, rules, place) : NULL;

		if (w == NULL)
			continue;
		w->hit_messages++;
		w->sole_messages += all_have_spoken(hits) && (list->kind == LIST_BLOCK ? n_block : n_allow) == 1;
		w->decided_messages += list == decided_by;
	}
	pthread_mutex_unlock(&h->mutex);
}

static bool is_suspected(const struct watch *w)
{
	return w->probe ? w->suspected : w->brake_on && w->brake.jammed;
}

static bool is_proven(const struct health *h, const struct watch *w, struct monotime now)
{
	return !w->probe || (w->proven && monotime_between(w->proven_at, now) <= h->settings.proof_us);
}

static bool is_unproven(const struct health *h, const struct watch *w, struct monotime now)
{
	int64_t tried_us = monotime_between(w->tried_at, now);

	if (!w->probe)
		return false;
	if (w->suspected)
		return tried_us > h->settings.retry_first_us;
	return monotime_between(w->proven_at, now) > h->settings.proof_us && tried_us > h->settings.proof_us;
}

void health_trust(struct health *h, const struct ruleset *rules, const struct hits *hits, struct monotime now,
		  struct health_trust *out)
{
	*out = (struct health_trust){ 0 };
	if (h == NULL || hits->n == 0)
		return;
	pthread_mutex_lock(&h->mutex);
	for (size_t i = 0; i < hits->n; i++) {
		const struct list *list = hits->item[i].list;
		size_t place = listset_place(rules, list);
		const struct watch *w;

		if (place >= rules->n_lists || (i > 0 && list == hits->item[i - 1].list))
			continue;
		w = watch_of(h, rules, place);
		if (w == NULL)
			continue;
		if (w->state == HEALTH_SUSPENDED || watch_is_disabled(w, now))
			listset_add(&out->void_, place);
		else if (w->strikes > 0)
			listset_add(&out->doubted, place);
		else if (is_suspected(w))
			listset_add(&out->suspected, place);
		else if (is_proven(h, w, now))
			listset_add(&out->proven, place);
		if (is_unproven(h, w, now))
			listset_add(&out->unproven, place);
	}
	pthread_mutex_unlock(&h->mutex);
}
