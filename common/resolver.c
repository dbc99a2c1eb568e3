/* resolver: a thread of its own that asks DNS servers.
 * Every query is a small state machine on the loop: a try is one server asked over UDP, and over TCP where it says so. */
#include "common/resolver.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"

enum {
	PACKETS_A_WAKE = 16,         /* read from one socket before others have their turn */
	SILENT_MAX = 5,              /* tries without any answer make a server the last to be asked */
	TCP_MAX = 256,               /* connections at a time */
	LENGTH_BYTES = 2,            /* before a message over TCP: RFC 7766 section 8 */
	STACK_BYTES = 256 << 10,
};

struct resolver {
	resolver_done_fn *done;
	void *ctx;
	pthread_t thread;
	struct ev_loop *loop;
	struct ev_async wake;
	pthread_mutex_t mutex;       /* guards queue and stop */
	struct resolve *queue;       /* submitted, newest first */
	bool stop;
	/* the thread's own */
	struct resolve *under_way;
	size_t preferred;            /* the server that is asked first */
	unsigned silent[DNS_SERVERS_MAX];   /* tries without an answer since the last one, of each server */
	size_t n_tcp;
};

static void try_next(struct resolve *q);

/* --- one query ---------------------------------------------------------------------------------------------------- */

static const struct dnsserver *server_of(const struct resolve *q)
{
	return &q->rules->dns.servers[q->server];
}

/* The server has said something, be it "no". */
static void server_speaks(struct resolve *q)
{
	q->resolver->silent[q->server] = 0;
}

/* One silent try may be one dead list behind a good server; several in a row with nothing between them are the server. */
static void server_silent(struct resolve *q)
{
	struct resolver *r = q->resolver;

	if (++r->silent[q->server] >= SILENT_MAX && r->preferred == q->server) {
		r->preferred = (q->server + 1) % q->rules->dns.n_servers;
		r->silent[r->preferred] = 0;
	}
	try_next(q);
}

static void close_socket(struct resolve *q)
{
	struct resolver *r = q->resolver;

	ev_timer_stop(r->loop, &q->timer);
	if (q->fd < 0)
		return;
	ev_io_stop(r->loop, &q->io);
	close(q->fd);
	q->fd = -1;
	if (q->tcp_buf != NULL) {
		free(q->tcp_buf);
		q->tcp_buf = NULL;
		r->n_tcp--;
	}
}

static void finish(struct resolve *q)
{
	struct resolver *r = q->resolver;

	close_socket(q);
	if (q->under_way_prev != NULL)
		q->under_way_prev->under_way_next = q->under_way_next;
	else
		r->under_way = q->under_way_next;
	if (q->under_way_next != NULL)
		q->under_way_next->under_way_prev = q->under_way_prev;
	r->done(r->ctx, q);
}

static void fail(struct resolve *q)
{
	q->answer = (struct answer){ .status = ANSWER_FAILED };
	finish(q);
}

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

static void build_query(struct resolve *q)
{
	q->query_len = (uint16_t)dnswire_query(q->query, (uint16_t)arc4random(), &q->name, q->type, q->edns);
	if (q->rules->dns.mixed_case)
		mix_case(q->query + 12, q->name.len);
}

static void start_watching(struct resolve *q, int events)
{
	ev_io_set(&q->io, q->fd, events);
	ev_io_start(q->resolver->loop, &q->io);
	ev_timer_set(&q->timer, (double)q->rules->dns.timeout_us / 1e6, 0.);
	ev_timer_start(q->resolver->loop, &q->timer);
}

/* A socket connected to the query's server, so that the kernel drops what comes from elsewhere. */
static bool open_socket(struct resolve *q, int type)
{
	const struct dnsserver *server = server_of(q);

	q->fd = socket(server->addr.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (q->fd < 0) {
		static struct log_once once;
		long long left_out;
		int why = errno;

		if (log_once_in(&once, 60, &left_out))
			log_error("no socket for a DNS query: %s: lookups fail and their mail flows unchecked "
				  "(%lld since the last such line)", strerror(why), left_out + 1);
		return false;
	}
	if (connect(q->fd, (const struct sockaddr *)&server->addr, server->addr_len) == 0 || errno == EINPROGRESS)
		return true;
	close(q->fd);
	q->fd = -1;
	return false;
}

static void ask_udp(struct resolve *q)
{
	build_query(q);
	if (!open_socket(q, SOCK_DGRAM)) {
		server_silent(q);
		return;
	}
	start_watching(q, EV_READ);
	/* What cannot be sent now is as good as lost on the way: the timer sees to it. */
	if (send(q->fd, q->query, q->query_len, MSG_NOSIGNAL) < 0 && errno == ECONNREFUSED)
		server_silent(q);
}

static void ask_tcp(struct resolve *q)
{
	close_socket(q);
	build_query(q);
	if (q->resolver->n_tcp >= TCP_MAX || !open_socket(q, SOCK_STREAM)) {
		try_next(q);
		return;
	}
	q->resolver->n_tcp++;
	q->tcp_buf = malloc(LENGTH_BYTES + (size_t)q->query_len);
	if (q->tcp_buf == NULL) {
		q->resolver->n_tcp--;
		fail(q);
		return;
	}
	q->tcp_buf[0] = (uint8_t)(q->query_len >> 8);
	q->tcp_buf[1] = (uint8_t)q->query_len;
	memcpy(q->tcp_buf + LENGTH_BYTES, q->query, q->query_len);
	q->tcp_done = 0;
	q->tcp_want = LENGTH_BYTES + (size_t)q->query_len;
	start_watching(q, EV_WRITE);
}

/* The next server, or the same one again; after the last try the query has failed. */
static void try_next(struct resolve *q)
{
	const struct dns_settings *dns = &q->rules->dns;

	close_socket(q);
	if (q->tries >= dns->tries) {
		fail(q);
		return;
	}
	if (q->tries++ > 0)
		q->server = (q->server + 1) % dns->n_servers;
	q->edns = true;
	ask_udp(q);
}

/* --- what comes back ---------------------------------------------------------------------------------------------- */

/* True: the query has moved on and its socket must not be read any more. */
static bool take_packet(struct resolve *q, const uint8_t *packet, size_t len, bool over_tcp)
{
	enum dnswire_verdict verdict = dnswire_read(packet, len, q->query, q->query_len, q->rules->dns.mixed_case, &q->answer);

	if (verdict != DNSWIRE_NOT_OURS)
		server_speaks(q);
	switch (verdict) {
	case DNSWIRE_ANSWER:
		finish(q);
		return true;
	case DNSWIRE_NOT_OURS:
		if (over_tcp)
			try_next(q);
		return over_tcp;
	case DNSWIRE_TRUNCATED:
		if (over_tcp)
			try_next(q);
		else
			ask_tcp(q);
		return true;
	case DNSWIRE_NO_EDNS:
		close_socket(q);
		q->edns = false;
		ask_udp(q);
		return true;
	case DNSWIRE_SERVER_FAILED:
		try_next(q);
		return true;
	}
	return true;
}

static void read_udp(struct resolve *q)
{
	uint8_t packet[DNSWIRE_UDP_MAX];

	for (int i = 0; i < PACKETS_A_WAKE; i++) {
		ssize_t n = recv(q->fd, packet, sizeof packet, MSG_TRUNC);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {               /* nobody listens there: the next server at once */
			server_silent(q);
			return;
		}
		if ((size_t)n <= sizeof packet && take_packet(q, packet, (size_t)n, false))
			return;
	}
}

static void write_tcp(struct resolve *q)
{
	ssize_t n = send(q->fd, q->tcp_buf + q->tcp_done, q->tcp_want - q->tcp_done, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		try_next(q);
		return;
	}
	q->tcp_done += (size_t)n;
	if (q->tcp_done < q->tcp_want)
		return;
	q->tcp_done = 0;
	q->tcp_want = LENGTH_BYTES;
	ev_io_stop(q->resolver->loop, &q->io);
	ev_io_set(&q->io, q->fd, EV_READ);
	ev_io_start(q->resolver->loop, &q->io);
}

/* The message's length is known: makes room for it. */
static bool want_message(struct resolve *q)
{
	size_t len = (size_t)q->tcp_buf[0] << 8 | q->tcp_buf[1];
	uint8_t *buf;

	if (len == 0 || len > DNSWIRE_TCP_MAX)
		return false;
	buf = realloc(q->tcp_buf, LENGTH_BYTES + len);
	if (buf == NULL)
		return false;
	q->tcp_buf = buf;
	q->tcp_want = LENGTH_BYTES + len;
	return true;
}

static void read_tcp(struct resolve *q)
{
	ssize_t n = recv(q->fd, q->tcp_buf + q->tcp_done, q->tcp_want - q->tcp_done, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		try_next(q);
		return;
	}
	q->tcp_done += (size_t)n;
	if (q->tcp_done < q->tcp_want)
		return;
	if (q->tcp_want > LENGTH_BYTES)
		take_packet(q, q->tcp_buf + LENGTH_BYTES, q->tcp_want - LENGTH_BYTES, true);
	else if (!want_message(q))
		try_next(q);
}

static void on_io(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct resolve *q = io->data;

	(void)loop;
	if (q->tcp_buf == NULL)
		read_udp(q);
	else if ((events & EV_WRITE) != 0)
		write_tcp(q);
	else
		read_tcp(q);
}

static void on_timeout(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	server_silent(timer->data);
}

/* --- the thread --------------------------------------------------------------------------------------------------- */

static void begin(struct resolver *r, struct resolve *q)
{
	q->resolver = r;
	q->under_way_prev = NULL;
	q->under_way_next = r->under_way;
	if (r->under_way != NULL)
		r->under_way->under_way_prev = q;
	r->under_way = q;
	q->tries = 0;
	q->server = r->preferred % q->rules->dns.n_servers;
	q->fd = -1;
	q->tcp_buf = NULL;
	ev_init(&q->io, on_io);
	q->io.data = q;
	ev_init(&q->timer, on_timeout);
	q->timer.data = q;
	try_next(q);
}

static void on_wake(struct ev_loop *loop, struct ev_async *wake, int events)
{
	struct resolver *r = wake->data;
	struct resolve *queue;
	bool stop;

	(void)events;
	pthread_mutex_lock(&r->mutex);
	queue = r->queue;
	r->queue = NULL;
	stop = r->stop;
	pthread_mutex_unlock(&r->mutex);

	ev_now_update(loop);
	while (queue != NULL) {
		struct resolve *q = queue;

		queue = q->next;
		begin(r, q);
	}
	if (stop)
		ev_break(loop, EVBREAK_ALL);
}

static void *run(void *arg)
{
	struct resolver *r = arg;

	ev_run(r->loop, 0);
	while (r->under_way != NULL)
		fail(r->under_way);
	return NULL;
}

/* Signals are for others; a small stack is enough, there may be little memory. */
static int start_thread(struct resolver *r)
{
	pthread_attr_t attr;
	sigset_t all, before;
	int status;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	status = pthread_create(&r->thread, &attr, run, r);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return status;
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
	r->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	if (r->loop == NULL) {
		errmsg_set(err, "no event loop for the DNS thread: %s", strerror(errno));
		free(r);
		return NULL;
	}
	pthread_mutex_init(&r->mutex, NULL);
	ev_async_init(&r->wake, on_wake);
	r->wake.data = r;
	ev_async_start(r->loop, &r->wake);
	status = start_thread(r);
	if (status != 0) {
		errmsg_set(err, "the DNS thread cannot be started: %s", strerror(status));
		ev_loop_destroy(r->loop);
		pthread_mutex_destroy(&r->mutex);
		free(r);
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
	ev_loop_destroy(r->loop);
	pthread_mutex_destroy(&r->mutex);
	free(r);
}

void resolver_submit(struct resolver *r, struct resolve *queries)
{
	struct resolve *last = queries;

	while (last->next != NULL)
		last = last->next;
	pthread_mutex_lock(&r->mutex);
	last->next = r->queue;
	r->queue = queries;
	pthread_mutex_unlock(&r->mutex);
	ev_async_send(r->loop, &r->wake);
}
