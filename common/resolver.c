/* resolver: a thread of its own that asks DNS servers.
 * Every query is a small state machine: a try is one server asked over UDP, and over TCP where it says so. */
#include "common/resolver.h"

#include <errno.h>
#include <ev.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/tcpask.h"
#include "common/thread.h"
#include "common/upstream.h"

struct resolver {
	resolver_done_fn *done;
	void *ctx;
	pthread_t thread;
	struct ev_loop *loop;
	struct ev_async wake;
	pthread_mutex_t mutex;       /* guards queue and stop */
	struct resolve *queue, **queue_end;   /* submitted; the end is where the next one is linked */
	bool stop;
	/* the thread's own */
	struct upstreams *upstreams;
	size_t turn;                 /* whom the next lookup asks first, where servers are taken in turn */
	struct ev_timer timer;       /* runs out when the first try does, or before */
	struct resolve *first, *last;   /* all queries under way, by deadline */
};

/* --- deadlines ---------------------------------------------------------------------------------------------------- */

static void timer_arm(struct resolver *r)
{
	int64_t us;

	if (r->first == NULL)
		return;
	us = monotime_between(monotime_now(), r->first->deadline);
	ev_now_update(r->loop);
	ev_timer_stop(r->loop, &r->timer);
	ev_timer_set(&r->timer, us > 0 ? (double)us / 1e6 : 0., 0.);
	ev_timer_start(r->loop, &r->timer);
}

/* Tries mostly have the same time, so the place is mostly the end. */
static void deadline_set(struct resolve *q)
{
	struct resolver *r = q->resolver;
	struct resolve *before = r->last;

	q->deadline = monotime_add(monotime_now(), q->rules->dns.timeout_us);
	while (before != NULL && before->deadline.us > q->deadline.us)
		before = before->earlier;
	q->earlier = before;
	q->later = before != NULL ? before->later : r->first;
	*(q->earlier != NULL ? &q->earlier->later : &r->first) = q;
	*(q->later != NULL ? &q->later->earlier : &r->last) = q;
	if (r->first == q || !ev_is_active(&r->timer))
		timer_arm(r);
}

static void deadline_clear(struct resolve *q)
{
	struct resolver *r = q->resolver;

	*(q->earlier != NULL ? &q->earlier->later : &r->first) = q->later;
	*(q->later != NULL ? &q->later->earlier : &r->last) = q->earlier;
}

/* --- one query ---------------------------------------------------------------------------------------------------- */

/* A letter's case at random, octet by octet of the name: label lengths are no letters. (0x20) */
static void mix_case(uint8_t *name, size_t len)
{
	uint32_t random = 0;

	for (size_t i = 0; i < len; i++) {
		if (i % 32 == 0)
			random = arc4random();
		if (name[i] >= 'a' && name[i] <= 'z' && (random >> i % 32 & 1) != 0)
			name[i] = (uint8_t)(name[i] - 'a' + 'A');
	}
}

void resolve_build(struct resolve *q, uint16_t id)
{
	q->id = id;
	q->query_len = (uint16_t)dnswire_query(q->query, id, &q->name, q->type, q->edns);
	if (q->rules->dns.mixed_case)
		mix_case(q->query + 12, q->name.len);
}

void resolve_no_socket(int why)
{
	static struct log_once once;
	long long left_out;

	if (log_once_in(&once, 60, &left_out))
		log_error("no socket for a DNS query: %s: lookups fail and their mail flows unchecked (%lld since the last such line)",
			  strerror(why), left_out + 1);
}

/* The query asks nobody any more. */
static void fall_silent(struct resolve *q)
{
	upstream_forget(q);
	tcpask_forget(q);
}

static void finish(struct resolve *q)
{
	struct resolver *r = q->resolver;

	fall_silent(q);
	deadline_clear(q);
	r->done(r->ctx, q);
}

static void fail(struct resolve *q)
{
	q->answer = (struct answer){ .status = ANSWER_FAILED };
	finish(q);
}

static const struct dnsserver *server_of(const struct resolve *q)
{
	return &q->servers[q->server];
}

/* The next server that is likely to answer, or just the next. */
static size_t next_server(const struct resolve *q, size_t from)
{
	struct monotime now = monotime_now();

	for (size_t i = 0; i < q->n_servers; i++) {
		size_t server = (from + i) % q->n_servers;

		if (upstream_hopeful(q->resolver->upstreams, &q->servers[server], now))
			return server;
	}
	return from % q->n_servers;
}

/* False: no server could be asked in what is left of its tries. */
static bool ask(struct resolve *q)
{
	while (!upstream_send(q->resolver->upstreams, server_of(q), q)) {
		fall_silent(q);
		if (++q->tries >= q->rules->dns.tries)
			return false;
		q->server = next_server(q, q->server + 1);
	}
	return true;
}

/* Another server, or the same one again; after the last try the query has failed. */
static void try_again(struct resolve *q)
{
	fall_silent(q);
	deadline_clear(q);
	deadline_set(q);
	if (++q->tries >= q->rules->dns.tries) {
		fail(q);
		return;
	}
	q->server = next_server(q, q->server + 1);
	q->edns = true;
	if (!ask(q))
		fail(q);
}

void resolve_unreachable(struct resolve *q)
{
	upstream_silent(q);
	try_again(q);
}

/* The same server in another way, with a try's time of its own. */
static void ask_otherwise(struct resolve *q, bool tcp)
{
	const struct dnsserver *server = server_of(q);

	fall_silent(q);
	deadline_clear(q);
	deadline_set(q);
	if (tcp ? !tcpask_start(q->resolver->loop, server, q) : !upstream_send(q->resolver->upstreams, server, q))
		try_again(q);
}

void resolve_packet(struct resolve *q, const uint8_t *packet, size_t len, bool over_tcp)
{
	enum dnswire_verdict verdict = dnswire_read(packet, len, q->query, q->query_len, q->rules->dns.mixed_case, q->form,
						    &q->answer);

	if (verdict != DNSWIRE_NOT_OURS)
		upstream_speaks(q);
	switch (verdict) {
	case DNSWIRE_ANSWER:
		finish(q);
		break;
	case DNSWIRE_NOT_OURS:
		if (over_tcp)
			try_again(q);
		break;
	case DNSWIRE_TRUNCATED:
		if (over_tcp)
			try_again(q);
		else
			ask_otherwise(q, true);
		break;
	case DNSWIRE_NO_EDNS:
		q->edns = false;
		ask_otherwise(q, false);
		break;
	case DNSWIRE_SERVER_FAILED:
		try_again(q);
		break;
	}
}

/* --- the thread --------------------------------------------------------------------------------------------------- */

static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct resolver *r = timer->data;
	struct monotime now = monotime_now();

	(void)loop;
	(void)events;
	while (r->first != NULL && monotime_reached(now, r->first->deadline))
		resolve_unreachable(r->first);
	timer_arm(r);
}

static void begin(struct resolver *r, struct resolve *q)
{
	q->resolver = r;
	q->upstream = NULL;
	q->sock = NULL;
	q->tcp = NULL;
	q->tries = 0;
	q->edns = true;
	if (q->servers == NULL) {
		q->servers = q->rules->dns.servers;
		q->n_servers = q->rules->dns.n_servers;
	}
	q->server = next_server(q, q->rules->dns.rotate ? r->turn++ % q->n_servers : 0);
	deadline_set(q);
	if (!ask(q))
		fail(q);
}

/* What was submitted since the last time. */
static struct resolve *take_queue(struct resolver *r)
{
	struct resolve *queue;

	pthread_mutex_lock(&r->mutex);
	queue = r->queue;
	r->queue = NULL;
	r->queue_end = &r->queue;
	pthread_mutex_unlock(&r->mutex);
	return queue;
}

static bool is_to_stop(struct resolver *r)
{
	bool stop;

	pthread_mutex_lock(&r->mutex);
	stop = r->stop;
	pthread_mutex_unlock(&r->mutex);
	return stop;
}

static void on_wake(struct ev_loop *loop, struct ev_async *wake, int events)
{
	struct resolver *r = wake->data;
	struct resolve *queue = take_queue(r);

	(void)events;
	while (queue != NULL) {
		struct resolve *q = queue;

		queue = q->next;
		begin(r, q);
	}
	if (is_to_stop(r))
		ev_break(loop, EVBREAK_ALL);
}

static void *run(void *arg)
{
	struct resolver *r = arg;
	struct resolve *queue;

	ev_run(r->loop, 0);
	while (r->first != NULL)
		fail(r->first);
	/* An answer of the loop's last round may have led to further queries, which nobody has begun; and these to others. */
	while ((queue = take_queue(r)) != NULL) {
		while (queue != NULL) {
			struct resolve *q = queue;

			queue = q->next;
			q->answer = (struct answer){ .status = ANSWER_FAILED };
			r->done(r->ctx, q);
		}
	}
	return NULL;
}

static void give_back(struct resolver *r)
{
	upstreams_free(&r->upstreams);
	if (r->loop != NULL)
		ev_loop_destroy(r->loop);
	pthread_mutex_destroy(&r->mutex);
	free(r);
}

struct resolver *resolver_new(resolver_done_fn *done, void *ctx, struct errmsg *err)
{
	struct resolver *r = calloc(1, sizeof *r);
	int status;

	if (r == NULL) {
		errmsg_set(err, "out of memory");
		return NULL;
	}
	r->done = done;
	r->ctx = ctx;
	r->queue_end = &r->queue;
	pthread_mutex_init(&r->mutex, NULL);
	r->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	r->upstreams = r->loop != NULL ? upstreams_new(r->loop) : NULL;
	if (r->upstreams == NULL) {
		errmsg_set(err, "no event loop for the DNS thread: %s", strerror(errno));
		give_back(r);
		return NULL;
	}
	ev_init(&r->timer, on_timer);
	r->timer.data = r;
	ev_async_init(&r->wake, on_wake);
	r->wake.data = r;
	ev_async_start(r->loop, &r->wake);
	status = thread_start(&r->thread, run, r);
	if (status != 0) {
		errmsg_set(err, "the DNS thread cannot be started: %s", strerror(status));
		give_back(r);
		return NULL;
	}
	return r;
}

void resolver_free(struct resolver **resolver)
{
	struct resolver *r = *resolver;

	*resolver = NULL;
	if (r == NULL)
		return;
	pthread_mutex_lock(&r->mutex);
	r->stop = true;
	pthread_mutex_unlock(&r->mutex);
	ev_async_send(r->loop, &r->wake);
	pthread_join(r->thread, NULL);
	ev_async_stop(r->loop, &r->wake);
	ev_timer_stop(r->loop, &r->timer);
	give_back(r);
}

void resolver_submit(struct resolver *r, struct resolve *queries)
{
	struct resolve *last = queries;

	while (last->next != NULL)
		last = last->next;
	pthread_mutex_lock(&r->mutex);
	*r->queue_end = queries;
	r->queue_end = &last->next;
	pthread_mutex_unlock(&r->mutex);
	ev_async_send(r->loop, &r->wake);
}
