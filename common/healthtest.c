/* healthtest: which test points of lists are to be asked, and what their answers mean. */
#include "common/watch.h"

#include <string.h>

enum {
	STRIKES = 2,                 /* bad tests in a row that suspend */
	GOOD_RUN = 2,                /* good tests in a row that bring back */
	MISSING_MAX = 3,             /* tests without the entry that must be listed */
	PROBED_AT_ONCE = 3,          /* lists, while no DNS server answers */
};

static const int64_t second_us = 1000000;

/* --- tests: what is to be asked ----------------------------------------------------------------------------------- */

#define BIT(point) (1u << (point))
static const unsigned fresh_points = BIT(POINT_FRESH_1) | BIT(POINT_FRESH_2);

/* Without test points it can only be seen whether the list answers at all. */
static unsigned scheduled_points(const struct watch *w)
{
	if (!w->probe)
		return BIT(POINT_UNLISTED);
	if (w->no_fresh)
		return BIT(POINT_LISTED) | BIT(POINT_UNLISTED);
	return BIT(POINT_LISTED) | BIT(POINT_UNLISTED) |
	       (w->suspected || w->strikes > 0 ? fresh_points : BIT(POINT_FRESH_1));
}

static bool is_due(const struct health *h, const struct watch *w, struct monotime now, struct monotime *next)
{
	if (w->testing || watch_is_disabled(w, now) || (h->down && !w->own_server))
		return false;
	if (!w->probe && w->state != HEALTH_FAILING)
		return false;
	if (monotime_reached(now, w->test_at))
		return true;
	if (w->test_at.us < next->us)
		*next = w->test_at;
	return false;
}

static void make_test(struct health *h, struct watch *w, size_t list, struct monotime now, struct health_test *out)
{
	uint64_t random = watch_random(h);

	w->testing = true;
	*out = (struct health_test){ .list = (uint16_t)list, .scheduled = true, .points = scheduled_points(w), .at = now,
				     .fresh = { (uint32_t)random, (uint32_t)(random >> 32) } };
}

/* While nothing answers, a few lists at a time are asked in turn: the first answer brings all of them back. */
static size_t probe_dns(struct health *h, const struct ruleset *rules, struct monotime now, struct health_test *out, size_t max,
			struct monotime *next)
{
	size_t n = 0;

	if (monotime_reached(now, h->probe_at)) {
		h->probe_at = watch_in(h, now, h->settings.retry_first_us);
		for (size_t i = 0; i < rules->n_lists && n < max && n < PROBED_AT_ONCE; i++) {
			size_t list = h->probe_next++ % rules->n_lists;
			struct watch *w = watch_of(h, rules, list);

			if (w != NULL && !w->own_server && !w->testing && !watch_is_disabled(w, now))
				make_test(h, w, list, now, &out[n++]);
		}
	}
	if (h->probe_at.us < next->us)
		*next = h->probe_at;
	return n;
}

/* Who has switched it off for a time need not come back to see it on again. */
static void end_disabled(struct watch *w, struct monotime now, struct notes *notes, struct monotime *next)
{
	if (w->disabled_until.us == INT64_MIN)
		return;
	if (monotime_reached(now, w->disabled_until) && notes->n < NOTES_MAX) {
		w->disabled_until = (struct monotime){ INT64_MIN };
		notes_inform(notes, "list %s is switched on again: its time is over", w->name);
	} else if (w->disabled_until.us < next->us) {
		*next = w->disabled_until;
	}
}

size_t health_due(struct health *h, const struct ruleset *rules, struct monotime now, struct health_test *out, size_t max,
		  struct monotime *next)
{
	struct notes notes = { .n = 0 };
	size_t n = 0;

	*next = (struct monotime){ INT64_MAX };
	pthread_mutex_lock(&h->mutex);
	for (size_t i = 0; i < rules->n_lists; i++) {
		struct watch *w = watch_of(h, rules, i);

		if (w != NULL)
			end_disabled(w, now, &notes, next);
		if (w == NULL || !is_due(h, w, now, next))
			continue;
		if (n == max) {
			*next = now;
			break;
		}
		make_test(h, w, i, now, &out[n++]);
	}
	if (h->down)
		n += probe_dns(h, rules, now, out + n, max - n, next);
	watch_unlock_and_tell(h, &notes);
	return n;
}

void health_witness(struct health *h, const struct ruleset *rules, size_t list, struct monotime now, struct health_test *out)
{
	struct watch *w;

	*out = (struct health_test){ .list = (uint16_t)list, .at = now };
	pthread_mutex_lock(&h->mutex);
	w = watch_of(h, rules, list);
	if (w != NULL && w->probe) {
		out->points = w->no_fresh ? BIT(POINT_UNLISTED) : fresh_points;
		out->fresh[0] = (uint32_t)w->witness;
		out->fresh[1] = (uint32_t)(w->witness >> 32);
	}
	pthread_mutex_unlock(&h->mutex);
}

/* --- tests: what was answered ------------------------------------------------------------------------------------- */

static bool is_answer(const struct answer *answer)
{
	return answer->status == ANSWER_LISTED || answer->status == ANSWER_ABSENT;
}

struct health_result health_judge(const struct list *list, const struct health_test *test, const struct health_answers *answers)
{
	struct health_result result = { 0 };
	unsigned bad = 0;

	for (unsigned point = 0; point < POINTS; point++) {
		const struct answer *answer = &answers->point[point];

		if ((test->points & BIT(point)) == 0 || !is_answer(answer))
			continue;
		result.n_answers++;
		if (result.code == 0)
			result.code = hit_refusal(list, answer);
		if (point == POINT_LISTED) {
			result.present = answer->n > 0;
			result.missing = !result.present && !answer->foreign;
		} else if (answer->n > 0 || answer->foreign) {
			bad |= BIT(point);
			result.bad = *answer;
		} else {
			result.good = true;
		}
	}
	if (bad != 0) {
		result.good = false;
		result.strikes = (bad & fresh_points) == fresh_points ? STRIKES : 1;
	}
	return result;
}

static void note_missing(struct watch *w, const struct health_result *result, struct notes *notes)
{
	if (result->present && w->missing >= MISSING_MAX)
		notes_inform(notes, "list %s lists its test entry again", w->name);
	if (result->present)
		w->missing = 0;
	if (result->missing && w->state == HEALTH_OK && ++w->missing == MISSING_MAX)
		notes_warn(notes, "list %s seems dead: its test entry, which must be listed, was missing %d times in a "
			   "row; it stays in use and does no harm, but probably lists nobody any more",
			   w->name, MISSING_MAX);
}

static void suspend(struct health *h, struct watch *w, const struct health_result *result, struct monotime now, struct notes *notes)
{
	watch_enter(w, HEALTH_SUSPENDED, now);
	w->tell_suspended = h->tell_suspended = true;
	brake_forget(&w->brake);
	w->suspected = false;
	if (result->bad.n > 0)
		notes_warn(notes, "list %s lists the whole world: addresses that nobody can have are listed (%s); it is "
			   "suspended, and mail flows without it until its test points are right again (tested every %s)",
			   w->name, notes_code(result->bad.addr[0]).text, notes_span(h->settings.recover_after_us).text);
	else
		notes_warn(notes, "list %s answers with addresses outside 127.0.0.0/8 even where it must not answer: its "
			   "domain may have been sold, or a resolver rewrites answers; it is suspended, and mail flows "
			   "without it until its test points are right again (tested every %s)",
			   w->name, notes_span(h->settings.recover_after_us).text);
}

static void strike(struct health *h, struct watch *w, const struct health_test *test, const struct health_result *result,
		   struct monotime now, struct notes *notes)
{
	bool urgent = w->suspected || !test->scheduled;
	int64_t again_us = urgent ? second_us : h->settings.confirm_after_us;
	bool first = w->strikes == 0;

	w->good_run = 0;
	w->strikes += result->strikes;
	if (w->state == HEALTH_SUSPENDED) {
		w->test_at = watch_in(h, now, h->settings.recover_after_us);
		return;
	}
	if (w->strikes >= STRIKES) {
		suspend(h, w, result, now, notes);
		w->test_at = watch_in(h, now, h->settings.recover_after_us);
		return;
	}
	w->test_at = monotime_add(now, again_us);
	if (first)
		notes_warn(notes, "list %s lists what must not be listed: its hits only flag until it is tested again in "
			   "%s",
			   w->name, notes_span(again_us).text);
}

static void come_back(struct health *h, struct watch *w, struct monotime now, struct notes *notes)
{
	notes_inform(notes, "list %s has come to its senses after %s: its test points are right, and its hits count again",
		     w->name, notes_span(monotime_between(w->since, now)).text);
	watch_enter(w, HEALTH_OK, now);
	h->forget = true;
}

static void pass(struct health *h, struct watch *w, const struct health_test *test, struct monotime now, struct notes *notes)
{
	if (!w->proven || test->at.us > w->proven_at.us)
		w->proven_at = test->at;
	w->proven = true;
	if (w->strikes > 0 && w->state == HEALTH_OK)
		notes_inform(notes, "list %s is in order: its hits count again", w->name);
	w->strikes = 0;
	if (w->suspected && test->at.us >= w->suspected_at.us) {
		w->suspected = false;
		brake_release(&w->brake);
	}
	if (w->state == HEALTH_SUSPENDED && test->scheduled && ++w->good_run >= GOOD_RUN)
		come_back(h, w, now, notes);
	if (test->scheduled)
		w->test_at = w->state == HEALTH_SUSPENDED ? monotime_add(now, h->settings.recover_after_us) :
			     w->suspected ? now : watch_in(h, now, h->settings.test_every_us);
}

/* Somebody waits for the outcome of its tests. */
static bool is_urgent(const struct watch *w)
{
	return !w->proven || w->suspected || w->strikes > 0;
}

/* No point was answered: no proof of anything. */
static bool test_failed(struct health *h, struct watch *w, const struct health_test *test, struct monotime now,
			struct notes *notes)
{
	unsigned names = (unsigned)__builtin_popcount(test->points);
	bool poke = false;

	w->tests_failed++;
	if (!test->scheduled)
		w->tried_at = now;
	if (!test->scheduled && w->state != HEALTH_OK)
		return false;
	switch (w->state) {
	case HEALTH_FAILING:
		/* Only while others answer is it known that the list is at fault. */
		if (h->answers > w->answers_then && w->pause_us < h->settings.retry_max_us)
			w->pause_us = w->pause_us * 2 < h->settings.retry_max_us ? w->pause_us * 2 : h->settings.retry_max_us;
		w->answers_then = h->answers;
		w->test_at = watch_in(h, now, w->pause_us);
		return false;
	case HEALTH_SUSPENDED:
		w->test_at = watch_in(h, now, h->settings.recover_after_us);
		return false;
	case HEALTH_REFUSING:
		w->test_at = watch_in(h, now, h->settings.refused_pause_us);
		return false;
	default:
		if (test->scheduled)
			w->test_at = watch_in(h, now, is_urgent(w) ? h->settings.retry_first_us :
							  h->settings.confirm_after_us);
		for (unsigned i = 0; i < names; i++)
			poke |= watch_failed(h, w, test->at, now, notes);
		return poke;
	}
}

static bool take_result(struct health *h, struct watch *w, const struct list *list, const struct health_test *test,
			const struct health_answers *answers, struct monotime now, struct notes *notes)
{
	struct health_result result = health_judge(list, test, answers);

	w->tests++;
	if (test->scheduled)
		w->testing = false;
	else
		w->witness = watch_random(h);
	if (test->points == 0) {
		w->test_at = watch_in(h, now, h->settings.test_every_us);
		return false;
	}
	if (result.n_answers == 0)
		return test_failed(h, w, test, now, notes);
	watch_answered(h, w, now, notes);
	w->tested = true;
	w->tested_at = now;
	if (!w->probe) {
		w->test_at = (struct monotime){ INT64_MAX };
		return false;
	}
	if (result.code != 0) {
		watch_refuse(h, w, result.code, now, notes);
		if (w->state == HEALTH_SUSPENDED)
			w->test_at = watch_in(h, now, h->settings.recover_after_us);
		return false;
	}
	if (w->state == HEALTH_REFUSING)
		watch_serve_again(w, now, notes);
	note_missing(w, &result, notes);
	if (result.strikes > 0)
		strike(h, w, test, &result, now, notes);
	else if (result.good)
		pass(h, w, test, now, notes);
	else if (test->scheduled)
		w->test_at = watch_in(h, now, h->settings.confirm_after_us);
	return !test->scheduled || monotime_reached(now, w->test_at);
}

bool health_tested(struct health *h, const struct ruleset *rules, const struct health_test *test,
		   const struct health_answers *answers, struct monotime now)
{
	const struct list *list = &rules->lists[test->list];
	struct notes notes = { .n = 0 };
	struct watch *w;
	bool poke = false;

	pthread_mutex_lock(&h->mutex);
	w = watch_find(h, list->name);
	if (w != NULL && w->identity == watch_identity(h, list))
		poke = take_result(h, w, list, test, answers, now, &notes);
	watch_unlock_and_tell(h, &notes);
	return poke;
}

bool health_wants_forgetting(struct health *h)
{
	bool forget;

	pthread_mutex_lock(&h->mutex);
	forget = h->forget;
	h->forget = false;
	pthread_mutex_unlock(&h->mutex);
	return forget;
}

bool health_next_suspended(struct health *h, char name[HEALTH_NAME_BYTES])
{
	bool found = false;

	pthread_mutex_lock(&h->mutex);
	for (size_t i = 0; h->tell_suspended && !found && i < h->n_lists; i++) {
		struct watch *w = h->lists[i];

		if (w == NULL || !w->tell_suspended)
			continue;
		w->tell_suspended = false;
		memcpy(name, w->name, sizeof w->name);
		found = true;
	}
	h->tell_suspended &= found;
	pthread_mutex_unlock(&h->mutex);
	return found;
}
