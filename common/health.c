/* health: is a list sane?
 * Every function of the header takes the lock, changes one list's watch by small steps that note what is to be told, gives
 * the lock back and tells it. Here: which lists are watched, and what an administrator sees and switches. What mail tells and
 * relies on is in healthmail.c, the tests are in healthtest.c, the steps in watch.c. */
#include "common/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the lists in force ------------------------------------------------------------------------------------------- */

struct health *health_new(uint64_t seed, health_tell_fn *tell_fn, void *ctx)
{
	struct health *h = calloc(1, sizeof *h);

	if (h == NULL)
		return NULL;
	h->tell = tell_fn;
	h->ctx = ctx;
	h->random = seed;
	h->key = (struct siphash_key){ seed, ~seed };
	h->up_since = (struct monotime){ INT64_MIN };
	pthread_mutex_init(&h->mutex, NULL);
	return h;
}

static void put(struct health *h, struct watch *w)
{
	struct watch **bucket = watch_bucket(h, w->name);

	w->chain = *bucket;
	*bucket = w;
}

static struct watch *take(struct health *h, const char *name)
{
	struct watch **place = watch_bucket(h, name), *w;

	while (*place != NULL && strcmp((*place)->name, name) != 0)
		place = &(*place)->chain;
	w = *place;
	if (w != NULL)
		*place = w->chain;
	return w;
}

static void free_all(struct health *h)
{
	for (size_t i = 0; i < WATCH_BUCKETS; i++)
		while (h->table[i] != NULL) {
			struct watch *w = h->table[i];

			h->table[i] = w->chain;
			free(w);
		}
}

void health_free(struct health **health)
{
	struct health *h = *health;

	*health = NULL;
	if (h == NULL)
		return;
	free_all(h);
	free(h->lists);
	pthread_mutex_destroy(&h->mutex);
	free(h);
}

static struct watch *watch_new(struct health *h, const struct list *list, struct monotime now)
{
	struct watch *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	snprintf(w->name, sizeof w->name, "%s", list->name);
	w->since = w->test_at = now;
	w->disabled_until = (struct monotime){ INT64_MIN };
	w->proven_at = w->tried_at = (struct monotime){ INT64_MIN / 2 };
	w->witness = watch_random(h);
	return w;
}

/* Another list under the same name. Who has switched that off by hand has meant the name. */
static struct watch *watch_replace(struct health *h, struct watch *old, const struct list *list, struct monotime now)
{
	struct watch *w = watch_new(h, list, now);

	if (w != NULL) {
		w->disabled_at = old->disabled_at;
		w->disabled_until = old->disabled_until;
	}
	free(old);
	return w;
}

/* What is known of the list stays, unless it is another one by now. */
static struct watch *adopt_one(struct health *h, const struct list *list, struct monotime now)
{
	uint64_t identity = watch_identity(h, list);
	struct watch *w = take(h, list->name);

	if (w != NULL && w->identity != identity)
		w = watch_replace(h, w, list, now);
	else if (w == NULL)
		w = watch_new(h, list, now);
	if (w == NULL)
		return NULL;
	w->identity = identity;
	if (list->probe.enabled && !w->probe)
		w->test_at = now;
	w->probe = list->probe.enabled;
	w->no_fresh = list->probe.unlisted != NULL && list_has_addresses(list);
	w->own_server = list->server != NULL;
	w->brake_on = list->brake;
	return w;
}

bool health_adopt(struct health *h, const struct ruleset *rules, struct monotime now)
{
	struct watch **lists = calloc(rules->n_lists + 1, sizeof *lists);
	bool all = true;

	if (lists == NULL)
		return false;
	pthread_mutex_lock(&h->mutex);
	h->settings = rules->health;
	for (size_t i = 0; i < rules->n_lists; i++) {
		lists[i] = adopt_one(h, &rules->lists[i], now);
		all &= lists[i] != NULL;
	}
	free_all(h);                           /* those that are gone */
	for (size_t i = 0; i < rules->n_lists; i++)
		if (lists[i] != NULL)
			put(h, lists[i]);
	free(h->lists);
	h->lists = lists;
	h->n_lists = rules->n_lists;
	h->rules = rules;
	h->probe_next = 0;
	pthread_mutex_unlock(&h->mutex);
	return all;
}

/* --- for the administrator ---------------------------------------------------------------------------------------- */

const char *health_word(enum health_state state)
{
	static const char *const words[] = {
		[HEALTH_OK] = "ok", [HEALTH_SUSPENDED] = "suspended", [HEALTH_REFUSING] = "refusing",
		[HEALTH_FAILING] = "failing", [HEALTH_DISABLED] = "disabled",
	};

	return words[state];
}

static enum health_state state_shown(const struct health *h, const struct watch *w, struct monotime now)
{
	if (watch_is_disabled(w, now))
		return HEALTH_DISABLED;
	return h->down && !w->own_server && w->state == HEALTH_OK ? HEALTH_FAILING : w->state;
}

static struct monotime since_shown(const struct watch *w, struct monotime now)
{
	return watch_is_disabled(w, now) ? w->disabled_at : w->since;
}

bool health_report(struct health *h, const char *name, struct monotime now, struct health_report *out)
{
	const struct watch *w;

	pthread_mutex_lock(&h->mutex);
	w = watch_find(h, name);
	if (w != NULL)
		*out = (struct health_report){
			.state = state_shown(h, w, now), .since = since_shown(w, now), .until = w->disabled_until,
			.tested = w->tested, .tested_at = w->tested_at, .queries = w->queries, .cached = w->cached,
			.hits = w->hits, .unknown = w->unknown, .refused = w->refused, .foreign = w->foreign,
			.hit_messages = w->hit_messages, .sole_messages = w->sole_messages,
			.decided_messages = w->decided_messages, .errors = w->errors, .timeouts = w->timeouts, .tests = w->tests,
			.tests_failed = w->tests_failed, .p50_us = latency_percentile(&w->latency, 50),
			.p99_us = latency_percentile(&w->latency, 99), .usual_percent = brake_usual_percent(&w->brake),
		};
	pthread_mutex_unlock(&h->mutex);
	return w != NULL;
}

bool health_disable(struct health *h, const char *name, struct monotime now, struct monotime until)
{
	struct notes notes = { .n = 0 };
	struct watch *w;

	pthread_mutex_lock(&h->mutex);
	w = watch_find(h, name);
	if (w != NULL) {
		w->disabled_at = now;
		w->disabled_until = until;
		if (until.us == INT64_MAX)
			notes_warn(&notes, "list %s is switched off by hand until a restart", name);
		else
			notes_warn(&notes, "list %s is switched off by hand for %s",
				   name, notes_span(monotime_between(now, until)).text);
	}
	watch_unlock_and_tell(h, &notes);
	return w != NULL;
}

bool health_enable(struct health *h, const char *name, struct monotime now)
{
	struct notes notes = { .n = 0 };
	struct watch *w;

	pthread_mutex_lock(&h->mutex);
	w = watch_find(h, name);
	if (w != NULL && watch_is_disabled(w, now)) {
		w->disabled_until = (struct monotime){ INT64_MIN };
		if (!w->testing)
			w->test_at = now;
		notes_inform(&notes, "list %s is switched on again by hand", name);
	}
	watch_unlock_and_tell(h, &notes);
	return w != NULL;
}
