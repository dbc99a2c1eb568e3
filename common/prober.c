/* prober: asks the test points of lists.
 * While tests are out the thread looks every few milliseconds whether they are over: there are few of them, and nobody on the
 * DNS thread has to know of it. */
#include "common/prober.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/thread.h"

enum {
	OUT_MAX = 256,               /* tests under way */
	LOOK_AGAIN_US = 10 * 1000,
	POINT_TEXT_BYTES = 40,
};

/* A test under way. */
struct probe {
	struct health_test test;
	struct batch *batch;
};

struct prober {
	struct lookup *lookup;
	struct health *health;
	struct screen *screen;
	prober_rules_fn *rules;
	void *ctx;
	pthread_t thread;
	pthread_mutex_t mutex;       /* guards the two below */
	pthread_cond_t changed;      /* on the steady clock */
	bool poked, stop;
	/* the thread's own */
	struct probe out[OUT_MAX];
	size_t n_out;
};

/* --- points ------------------------------------------------------------------------------------------------------- */

/* The octets 127, 1 to 254, any, any: far from the entries that lists have for tests of their own, all in 127.0.0.0/24. */
static void fresh_address(char text[POINT_TEXT_BYTES], uint32_t random)
{
	snprintf(text, POINT_TEXT_BYTES, "127.%u.%u.%u", 1 + (random >> 16 & 0xffff) % 254, random >> 8 & 0xff, random & 0xff);
}

static const char *point_text(const struct list *list, const struct health_test *test, enum health_point point,
			      char text[POINT_TEXT_BYTES])
{
	bool addresses = list_has_addresses(list);

	switch (point) {
	case POINT_LISTED:
		return list->probe.listed != NULL ? list->probe.listed : addresses ? "127.0.0.2" : "test";
	case POINT_UNLISTED:
		return list->probe.unlisted != NULL ? list->probe.unlisted : addresses ? "127.0.0.1" : "invalid";
	default:
		if (addresses)
			fresh_address(text, test->fresh[point - POINT_FRESH_1]);
		else
			snprintf(text, POINT_TEXT_BYTES, "x%08x.invalid", test->fresh[point - POINT_FRESH_1]);
		return text;
	}
}

static bool name_of(const struct list *list, const char *point, struct dnsname *out)
{
	struct ipaddr addr;

	if (ipaddr_parse(&addr, point))
		return nameform_address(&list->form, &addr, out);
	return nameform_domain(&list->form, point, out);
}

struct batch *prober_plan(struct ruleset *rules, const struct health_test *test)
{
	const struct list *list = &rules->lists[test->list];
	struct dnsname names[POINTS];
	size_t n = 0;

	for (unsigned point = 0; point < POINTS; point++) {
		char text[POINT_TEXT_BYTES];

		if ((test->points & 1u << point) == 0)
			continue;
		if (!name_of(list, point_text(list, test, point, text), &names[n++]))
			return NULL;
	}
	return query_names(rules, test->list, names, n);
}

void prober_read(const struct batch *batch, const struct health_test *test, struct health_answers *out)
{
	size_t n = 0;

	for (unsigned point = 0; point < POINTS; point++)
		if ((test->points & 1u << point) != 0)
			out->point[point] = batch->questions[n++].answer;
}

/* --- the thread --------------------------------------------------------------------------------------------------- */

static bool is_over(struct probe *probe)
{
	return probe->batch == NULL || lookup_is_over(probe->batch);
}

static void take_answers(struct prober *p, struct probe *probe, struct ruleset *rules)
{
	struct health_answers answers;

	memset(&answers, 0, sizeof answers);
	if (probe->batch != NULL)
		prober_read(probe->batch, &probe->test, &answers);
	health_tested(p->health, probe->batch != NULL ? probe->batch->rules : rules, &probe->test, &answers, monotime_now());
	batch_unref(&probe->batch);
}

static void collect(struct prober *p, struct ruleset *rules)
{
	char name[HEALTH_NAME_BYTES];

	for (size_t i = 0; i < p->n_out;) {
		if (!is_over(&p->out[i])) {
			i++;
			continue;
		}
		take_answers(p, &p->out[i], rules);
		p->out[i] = p->out[--p->n_out];
	}
	if (health_wants_forgetting(p->health))
		lookup_forget(p->lookup);
	while (health_next_suspended(p->health, name))
		if (p->screen != NULL)
			screen_purge(p->screen, name);
}

/* Sends what is due; returns when something will be due again. */
static struct monotime send_due(struct prober *p, struct ruleset *rules)
{
	struct health_test due[OUT_MAX];
	struct monotime next = { INT64_MAX };
	size_t n;

	if (p->n_out == OUT_MAX)
		return next;
	n = health_due(p->health, rules, monotime_now(), due, OUT_MAX - p->n_out, &next);
	for (size_t i = 0; i < n; i++) {
		struct probe *probe = &p->out[p->n_out++];

		*probe = (struct probe){ .test = due[i], .batch = prober_plan(rules, &due[i]) };
		if (probe->batch != NULL)
			lookup_start(p->lookup, probe->batch);
		else
			probe->test.points = 0;        /* nothing could be asked, and nothing is learned */
	}
	return next;
}

static struct monotime work(struct prober *p)
{
	struct ruleset *rules = p->rules(p->ctx);
	struct monotime next, soon;

	collect(p, rules);
	next = send_due(p, rules);
	ruleset_unref(&rules);
	soon = monotime_add(monotime_now(), LOOK_AGAIN_US);
	return p->n_out > 0 && soon.us < next.us ? soon : next;
}

static void wait_until(struct prober *p, struct monotime next)
{
	struct timespec until = monotime_timespec(next);
	int timed_out = 0;

	while (!p->poked && !p->stop && timed_out == 0)
		timed_out = next.us == INT64_MAX ? pthread_cond_wait(&p->changed, &p->mutex) :
						   pthread_cond_timedwait(&p->changed, &p->mutex, &until);
	p->poked = false;
}

static void *run(void *arg)
{
	struct prober *p = arg;

	pthread_mutex_lock(&p->mutex);
	while (!p->stop) {
		struct monotime next;

		pthread_mutex_unlock(&p->mutex);
		next = work(p);
		pthread_mutex_lock(&p->mutex);
		wait_until(p, next);
	}
	pthread_mutex_unlock(&p->mutex);
	return NULL;
}

struct prober *prober_new(struct lookup *lookup, struct health *health, struct screen *screen, prober_rules_fn *rules,
			  void *ctx, struct errmsg *err)
{
	struct prober *p = calloc(1, sizeof *p);
	pthread_condattr_t attr;
	int status;

	if (p == NULL) {
		errmsg_set(err, "out of memory");
		return NULL;
	}
	p->lookup = lookup;
	p->health = health;
	p->screen = screen;
	p->rules = rules;
	p->ctx = ctx;
	pthread_mutex_init(&p->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->changed, &attr);
	pthread_condattr_destroy(&attr);
	status = thread_start(&p->thread, run, p);
	if (status == 0)
		return p;
	errmsg_set(err, "the thread that tests lists cannot be started: %s", strerror(status));
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->mutex);
	free(p);
	return NULL;
}

void prober_poke(struct prober *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->mutex);
	p->poked = true;
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->mutex);
}

void prober_free(struct prober **prober)
{
	struct prober *p = *prober;

	*prober = NULL;
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->mutex);
	p->stop = true;
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->mutex);
	pthread_join(p->thread, NULL);
	while (p->n_out > 0)
		batch_unref(&p->out[--p->n_out].batch);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->mutex);
	free(p);
}
