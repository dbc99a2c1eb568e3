/* bench_latency: how long lookups take at a rate that the machine can bear, and in bursts, beside the server alone.
 *     bench_latency ADDR:PORT ZONE DELAY_MS rate LOOKUPS_A_SECOND [SECONDS]
 *     bench_latency ADDR:PORT ZONE DELAY_MS burst LOOKUPS [BURSTS]
 * The server is to take DELAY_MS for each answer; what is printed is the time beyond that. At a rate, messages of ten lookups
 * begin at random times (Poisson), whether others are answered or not: an open loop, so a slow moment is seen by all who come
 * in it. "server alone" sends the same packets from one socket and reads the answers, and does nothing else: what it takes
 * longer is the server's, the kernel's and the machine's. The two take turns. "All" is the time until a burst's last answer. */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/ask.h"
#include "common/dnsserver.h"
#include "common/lookup.h"

enum {
	MESSAGE = 10,                /* lookups that begin together */
	BATCHES_MAX = 8192,          /* in flight */
	AT_ONCE = 32,
	IDS = 65536,
	ROUNDS = 3,
	PATIENCE_US = 1000000,       /* for the last answers of a round */
	RECEIVE_BYTES = 8 << 20,
};

/* A bench's setting, and what it has measured: the time of each lookup that was answered. */
static struct {
	struct dnsserver server;
	struct dnsname zone;
	struct ruleset *rules;
	int64_t delay_us;
} bench;

struct times {
	int32_t *us;
	size_t n, room;
};

struct figure {
	struct times each, all;      /* of a lookup; of a burst */
	size_t asked;
	double in_flight_sum;        /* over the times when messages began */
	size_t in_flight_max, n_begun;
};

static void times_init(struct times *t, size_t room)
{
	*t = (struct times){ .us = malloc((room + 1) * sizeof *t->us), .room = room };
	if (t->us == NULL)
		abort();
}

static void times_add(struct times *t, int64_t us)
{
	if (t->n < t->room)
		t->us[t->n++] = (int32_t)us;
}

static void figure_begun(struct figure *f, size_t in_flight)
{
	f->in_flight_sum += (double)in_flight;
	f->in_flight_max = in_flight > f->in_flight_max ? in_flight : f->in_flight_max;
	f->n_begun++;
}

static int by_value(const void *a, const void *b)
{
	int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;

	return left < right ? -1 : left > right;
}

/* Of sorted times, in ms beyond the server's. */
static double beyond_ms(const struct times *t, double share)
{
	size_t i = (size_t)((double)t->n * share);

	return t->n == 0 ? NAN : (double)(t->us[i < t->n ? i : t->n - 1] - bench.delay_us) / 1e3;
}

static void figure_print(const char *what, struct figure *f)
{
	qsort(f->each.us, f->each.n, sizeof *f->each.us, by_value);
	qsort(f->all.us, f->all.n, sizeof *f->all.us, by_value);
	printf("%-14s %8zu %6zu %10.0f %8zu %9.2f %9.2f %9.2f", what, f->asked, f->asked - f->each.n,
	       f->n_begun > 0 ? f->in_flight_sum / (double)f->n_begun : 0., f->in_flight_max, beyond_ms(&f->each, .5),
	       beyond_ms(&f->each, .99), beyond_ms(&f->each, 1.));
	if (f->all.n > 0)
		printf(" %9.2f %9.2f", beyond_ms(&f->all, .5), beyond_ms(&f->all, .99));
	putchar('\n');
	free(f->each.us);
	free(f->all.us);
}

/* The time until the next message at so many a second. */
static double pause_us(double messages_a_second)
{
	return -log((arc4random() + 1.) / 4294967296.) * 1e6 / messages_a_second;
}

/* --- the server alone ----------------------------------------------------------------------------------------------- */

static struct {
	int fd;
	struct monotime sent[IDS];   /* us 0: no question has this id */
	uint16_t id;
	size_t in_flight;
	uint8_t out[AT_ONCE][DNSWIRE_QUERY_MAX], in[AT_ONCE][DNSWIRE_UDP_MAX];
} alone;

static void alone_open(void)
{
	int bytes = RECEIVE_BYTES;

	memset(&alone, 0, sizeof alone);
	alone.fd = socket(bench.server.addr.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (setsockopt(alone.fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
		setsockopt(alone.fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	if (connect(alone.fd, (const struct sockaddr *)&bench.server.addr, bench.server.addr_len) != 0)
		abort();
}

static void alone_send(struct figure *f, size_t n)
{
	struct mmsghdr messages[AT_ONCE] = { 0 };
	struct iovec parts[AT_ONCE];
	struct monotime now = monotime_now();
	int sent;

	for (size_t i = 0; i < n; i++) {
		alone.sent[alone.id] = now;
		parts[i] = (struct iovec){ alone.out[i], ask_packet(alone.out[i], alone.id++, &bench.zone) };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	sent = sendmmsg(alone.fd, messages, (unsigned)n, 0);
	f->asked += n;
	alone.in_flight += sent > 0 ? (size_t)sent : 0;
}

static void alone_receive(struct figure *f)
{
	struct mmsghdr messages[AT_ONCE] = { 0 };
	struct iovec parts[AT_ONCE];
	int got;

	do {
		for (size_t i = 0; i < AT_ONCE; i++) {
			parts[i] = (struct iovec){ alone.in[i], sizeof alone.in[i] };
			messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
		}
		got = recvmmsg(alone.fd, messages, AT_ONCE, MSG_DONTWAIT, NULL);
		for (int i = 0; i < got; i++) {
			uint16_t id = (uint16_t)(alone.in[i][0] << 8 | alone.in[i][1]);

			if (alone.sent[id].us == 0)
				continue;
			times_add(&f->each, monotime_between(alone.sent[id], monotime_now()));
			alone.sent[id].us = 0;
			alone.in_flight--;
		}
	} while (got == AT_ONCE);
}

/* Reads answers until then, or until none is missing where nothing else is waited for. */
static void alone_wait(struct figure *f, struct monotime until, bool for_answers)
{
	while (!for_answers || alone.in_flight > 0) {
		struct pollfd pfd = { .fd = alone.fd, .events = POLLIN };
		int64_t left_us = monotime_between(monotime_now(), until);
		struct timespec left = { left_us / 1000000, left_us % 1000000 * 1000 };

		if (left_us <= 0 || ppoll(&pfd, 1, &left, NULL) <= 0)
			return;
		alone_receive(f);
	}
}

static void alone_rate(struct figure *f, double rate, double seconds)
{
	struct monotime start = monotime_now();
	double at_us = 0;

	alone_open();
	for (; at_us < seconds * 1e6; at_us += pause_us(rate / MESSAGE)) {
		alone_wait(f, monotime_add(start, (int64_t)at_us), false);
		figure_begun(f, alone.in_flight);
		alone_send(f, MESSAGE);
	}
	alone_wait(f, monotime_add(monotime_now(), PATIENCE_US), true);
	close(alone.fd);
}

static void alone_burst(struct figure *f, size_t n)
{
	alone_open();
	for (size_t sent = 0; sent < n;) {
		size_t some = n - sent < AT_ONCE ? n - sent : AT_ONCE;

		alone_send(f, some);
		sent += some;
	}
	figure_begun(f, alone.in_flight);
	alone_wait(f, monotime_add(monotime_now(), PATIENCE_US), true);
	close(alone.fd);
}

/* --- the lookup core ------------------------------------------------------------------------------------------------ */

static struct {
	struct lookup *lookup;
	struct batch *batch[BATCHES_MAX];   /* a ring, oldest first */
	size_t first, end;
} core;

static void core_begin(struct figure *f, size_t n)
{
	struct batch *batch;

	if (core.end - core.first == BATCHES_MAX)
		return;                        /* it is lost anyhow */
	batch = ask_plan(bench.rules, n);
	lookup_start(core.lookup, batch);
	f->asked += n;
	core.batch[core.end++ % BATCHES_MAX] = batch;
}

static void core_take(struct figure *f)
{
	struct batch **batch = &core.batch[core.first++ % BATCHES_MAX];

	for (size_t i = 0; i < (*batch)->n_questions; i++) {
		const struct question *q = &(*batch)->questions[i];

		if (q->answer.status == ANSWER_LISTED || q->answer.status == ANSWER_ABSENT)
			times_add(&f->each, q->took_us);
	}
	batch_unref(batch);
}

static void core_take_answered(struct figure *f)
{
	while (core.first < core.end && lookup_is_over(core.batch[core.first % BATCHES_MAX]))
		core_take(f);
}

static void core_wait_all(struct figure *f)
{
	struct monotime until = monotime_add(monotime_now(), PATIENCE_US + bench.delay_us);

	for (; core.first < core.end; core_take(f))
		lookup_wait(core.batch[core.first % BATCHES_MAX], until);
}

static size_t core_in_flight(void)
{
	struct lookup_stats stats;

	lookup_stats(core.lookup, &stats);
	return stats.in_flight;
}

static void core_rate(struct figure *f, double rate, double seconds)
{
	struct monotime start = monotime_now();
	double at_us = 0;

	for (; at_us < seconds * 1e6; at_us += pause_us(rate / MESSAGE)) {
		struct timespec at = monotime_timespec(monotime_add(start, (int64_t)at_us));

		core_take_answered(f);
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
			;
		figure_begun(f, core_in_flight());
		core_begin(f, MESSAGE);
	}
	core_wait_all(f);
}

static void core_burst(struct figure *f, size_t n)
{
	for (size_t sent = 0; sent < n;) {
		size_t some = n - sent < ASK_BATCH ? n - sent : ASK_BATCH;

		core_begin(f, some);
		sent += some;
	}
	figure_begun(f, core_in_flight());
	core_wait_all(f);
}

/* --- the whole ------------------------------------------------------------------------------------------------------ */

/* A round of both ways: at a rate, or in bursts of `n` where `times` is not 0. */
static void round_of(bool through_core, double rate, double seconds, size_t n, size_t times)
{
	struct figure f = { 0 };

	times_init(&f.each, times > 0 ? n * times : (size_t)(rate * seconds * 2));
	times_init(&f.all, times);
	if (times == 0)
		(through_core ? core_rate : alone_rate)(&f, rate, seconds);
	for (size_t i = 0; i < times; i++) {
		struct monotime start = monotime_now();

		(through_core ? core_burst : alone_burst)(&f, n);
		times_add(&f.all, monotime_between(start, monotime_now()));
	}
	figure_print(through_core ? "lookup core" : "server alone", &f);
}

static void print_head(const char *what, bool bursts)
{
	printf("%s, ms beyond the %.0f ms of the server\n%-14s %8s %6s %10s %8s %9s %9s %9s", what,
	       (double)bench.delay_us / 1e3, "way", "lookups", "lost", "in flight", "most", "p50", "p99", "worst");
	puts(bursts ? "   all p50   all p99" : "");
}

static void rates(double rate, double seconds)
{
	char what[100];

	snprintf(what, sizeof what, "%.0f lookups a second, in messages of %d at random times", rate, MESSAGE);
	print_head(what, false);
	for (int i = 0; i < 2 * ROUNDS; i++)
		round_of(i % 2 != 0, rate, seconds, 0, 0);
}

static void bursts(size_t n, size_t times)
{
	char what[100];

	snprintf(what, sizeof what, "%zu bursts of %zu lookups", times, n);
	print_head(what, true);
	for (int i = 0; i < 2 * ROUNDS; i++)
		round_of(i % 2 != 0, 0, 0, n, times);
}

int main(int argc, char **argv)
{
	struct errmsg err;

	if (argc < 6 || !dnsserver_parse(&bench.server, argv[1], &err) || !dnswire_name_parse(&bench.zone, argv[2], &err)) {
		fprintf(stderr, "Usage: bench_latency ADDR:PORT ZONE DELAY_MS rate LOOKUPS_A_SECOND [SECONDS]\n"
				"       bench_latency ADDR:PORT ZONE DELAY_MS burst LOOKUPS [BURSTS]\n");
		return EXIT_FAILURE;
	}
	prctl(PR_SET_TIMERSLACK, 1000);        /* ns: messages begin when they should */
	bench.delay_us = (int64_t)(atof(argv[3]) * 1e3);
	bench.rules = ask_rules(argv[1], argv[2]);
	core.lookup = lookup_new(bench.rules, &err);
	if (core.lookup == NULL)
		abort();
	if (strcmp(argv[4], "rate") == 0)
		rates(atof(argv[5]), argc > 6 ? atof(argv[6]) : 3.);
	else
		bursts(strtoul(argv[5], NULL, 10), argc > 6 ? strtoul(argv[6], NULL, 10) : 20);
	lookup_free(&core.lookup);
	ruleset_unref(&bench.rules);
	return EXIT_SUCCESS;
}
