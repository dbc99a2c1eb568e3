/* watch: what is known of each list, and how lists and the DNS change their state.
 * Small steps that note what is to be told; who takes them holds the lock, and tells it afterwards. */
#include "common/watch.h"

#include <string.h>

static uint64_t hash(const struct health *h, const void *bytes, size_t n)
{
	return siphash128(&h->key, bytes, n).a;
}

uint64_t watch_random(struct health *h)
{
	h->random += UINT64_C(0x9e3779b97f4a7c15);
	return hash(h, &h->random, sizeof h->random);
}

static int64_t spread(struct health *h, int64_t us)
{
	return us / 5 * 4 + (int64_t)(watch_random(h) % (uint64_t)(us / 5 * 2 + 1));
}

struct monotime watch_in(struct health *h, struct monotime now, int64_t us)
{
	return monotime_add(now, spread(h, us));
}

struct watch **watch_bucket(struct health *h, const char *name)
{
	return &h->table[hash(h, name, strlen(name)) % WATCH_BUCKETS];
}

struct watch *watch_find(struct health *h, const char *name)
{
	struct watch *w = *watch_bucket(h, name);

	while (w != NULL && strcmp(w->name, name) != 0)
		w = w->chain;
	return w;
}

/* Almost always the rules are those in force: then nothing is searched. */
struct watch *watch_of(struct health *h, const struct ruleset *rules, size_t list)
{
	return rules == h->rules ? h->lists[list] : watch_find(h, rules->lists[list].name);
}

uint64_t watch_identity(const struct health *h, const struct list *list)
{
	const char *points[2] = { list->probe.listed, list->probe.unlisted };
	uint64_t parts[4] = { hash(h, list->form.wire.wire, list->form.wire.len), list->form.n_pieces };

	for (size_t i = 0; i < 2; i++)
		parts[i + 2] = points[i] == NULL ? 0 : hash(h, points[i], strlen(points[i]));
	return hash(h, parts, sizeof parts);
}

bool watch_is_disabled(const struct watch *w, struct monotime now)
{
	return !monotime_reached(now, w->disabled_until);
}

void watch_enter(struct watch *w, enum health_state state, struct monotime now)
{
	w->state = state;
	w->since = now;
	w->fails = 0;
	w->good_run = 0;
}

bool watch_test_now(struct watch *w, struct monotime now)
{
	if (w->testing)
		return false;
	w->test_at = now;
	return true;
}

/* --- answers and failures ----------------------------------------------------------------------------------------- */

static void come_up(struct health *h, struct monotime now, struct notes *notes)
{
	h->down = false;
	h->up_since = now;
	for (size_t i = 0; i < h->n_lists; i++) {
		struct watch *w = h->lists[i];

		if (w == NULL)
			continue;
		w->fails = 0;
		w->pause_us = h->settings.retry_first_us;
		if (w->state != HEALTH_OK && w->state != HEALTH_REFUSING && !w->testing)
			w->test_at = now;
	}
	notes_inform(notes, "DNS answers again after %s: the lists are asked again",
		     notes_span(monotime_between(h->down_since, now)).text);
}

void watch_answered(struct health *h, struct watch *w, struct monotime now, struct notes *notes)
{
	w->fails = 0;
	if (!w->own_server) {
		h->answers++;
		if (h->down)
			come_up(h, now, notes);
	}
	if (w->state != HEALTH_FAILING)
		return;
	notes_inform(notes, "list %s answers again after %s: mail asks it again",
		     w->name, notes_span(monotime_between(w->since, now)).text);
	watch_enter(w, HEALTH_OK, now);
}

static void go_down(struct health *h, struct monotime now, struct notes *notes)
{
	h->down = true;
	h->down_since = now;
	h->probe_at = watch_in(h, now, h->settings.retry_first_us);
	notes_warn(notes, "no list answers any more: the DNS servers are down or cut off; mail flows unchecked and without "
		   "waiting until they answer (asked every %s)", notes_span(h->settings.retry_first_us).text);
}

static void begin_failing(struct health *h, struct watch *w, struct monotime now, struct notes *notes)
{
	unsigned fails = w->fails;

	watch_enter(w, HEALTH_FAILING, now);
	w->pause_us = h->settings.retry_first_us;
	w->answers_then = h->answers;
	w->test_at = watch_in(h, now, w->pause_us);
	notes_warn(notes, "list %s gives no answer (%u lookups in a row): mail flows without it and waits for it no more; "
		   "it is asked in the background until it answers", w->name, fails);
}

/* Those that have not failed are asked whether the DNS works at all. True: there are some. */
static bool ask_around(struct health *h, struct monotime now, bool *all_fail)
{
	bool asked = false;

	*all_fail = true;
	for (size_t i = 0; i < h->n_lists; i++) {
		struct watch *w = h->lists[i];

		if (w == NULL || w->own_server || w->state != HEALTH_OK || w->fails > 0 || watch_is_disabled(w, now))
			continue;
		*all_fail = false;
		asked |= watch_test_now(w, now);
	}
	return asked;
}

bool watch_failed(struct health *h, struct watch *w, struct monotime asked, struct monotime now, struct notes *notes)
{
	bool all_fail, poke;

	if (w->state != HEALTH_OK || h->down || asked.us < w->since.us || asked.us < h->up_since.us)
		return false;                  /* from before: it tells nothing new */
	if (w->fails++ == 0)
		w->answers_then = h->answers;
	if (w->fails < (unsigned)h->settings.failing_after)
		return false;
	if (w->own_server || h->answers > w->answers_then) {
		begin_failing(h, w, now, notes);
		return true;
	}
	poke = ask_around(h, now, &all_fail);
	if (all_fail)
		go_down(h, now, notes);
	return poke || all_fail;
}

const char *health_refusal(uint32_t code)
{
	switch (code) {
	case 0x7ffffffc:
		return "the zone's name is mistyped: correct it in the configuration";
	case 0x7ffffffe:
		return "it does not serve public resolvers: run a resolver of your own (unbound on 127.0.0.1) and name it "
		       "in dns.servers";
	case 0x7fffffff:
		return "too many queries come from your resolver: ask the list's operator for access of your own";
	default:
		return "it does not serve your resolver: see the operator's pages for this code";
	}
}

void watch_refuse(struct health *h, struct watch *w, uint32_t code, struct monotime now, struct notes *notes)
{
	int64_t pause_us = h->settings.refused_pause_us;
	bool known = w->state == HEALTH_REFUSING && w->code == code;

	if (w->state == HEALTH_SUSPENDED)
		return;
	if (w->state != HEALTH_REFUSING)
		watch_enter(w, HEALTH_REFUSING, now);
	w->code = code;
	w->paused_until = w->test_at = monotime_add(now, pause_us);
	if (!known)
		notes_warn(notes, "list %s refuses us (%s): %s; it is not asked for %s, then tried again, and mail flows "
			   "without it", w->name, notes_code(code).text, health_refusal(code), notes_span(pause_us).text);
}

void watch_serve_again(struct watch *w, struct monotime now, struct notes *notes)
{
	notes_inform(notes, "list %s serves us again after %s: mail asks it again",
		     w->name, notes_span(monotime_between(w->since, now)).text);
	watch_enter(w, HEALTH_OK, now);
}

void watch_unlock_and_tell(struct health *h, struct notes *notes)
{
	pthread_mutex_unlock(&h->mutex);
	for (size_t i = 0; i < notes->n; i++)
		h->tell(h->ctx, notes->item[i].level, notes->item[i].text);
	notes->n = 0;
}
