/* bench_lookup: lookups a second and CPU time a lookup, against a DNS server on this machine that answers at once.
 *     bench_lookup ADDR:PORT ZONE [LOOKUPS [IN_FLIGHT]]
 * Three ways in one run: a bare sendmmsg/recvmmsg loop (the ceiling), the lookup core, and ldns_resolver_query one after
 * another. CPU time is this process's own, in user and kernel mode, a lookup. The names are all different. */
#include <arpa/inet.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/ask.h"
#include "common/dnsserver.h"
#include "common/lookup.h"

enum { AT_ONCE = 32 };

struct figure {
	double seconds, cpu_us;
	size_t answers;
};

static double cpu_us(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 + (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

static void print(const char *what, size_t n, const struct figure *f)
{
	printf("%-28s %10.0f %14.2f %10zu\n", what, (double)n / f->seconds, f->cpu_us / (double)n, f->answers);
}

/* --- the ceiling: packets out, packets in, no thought --------------------------------------------------------------- */

static size_t send_some(int fd, const struct dnsname *zone, size_t n)
{
	static uint8_t out[AT_ONCE][DNSWIRE_QUERY_MAX];
	struct mmsghdr messages[AT_ONCE] = { 0 };
	struct iovec parts[AT_ONCE];
	int sent;

	n = n < AT_ONCE ? n : AT_ONCE;
	for (size_t i = 0; i < n; i++) {
		parts[i] = (struct iovec){ out[i], ask_packet(out[i], (uint16_t)arc4random(), zone) };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	sent = sendmmsg(fd, messages, (unsigned)n, 0);
	return sent > 0 ? (size_t)sent : 0;
}

static size_t receive_some(int fd)
{
	static uint8_t in[AT_ONCE][DNSWIRE_UDP_MAX];
	struct mmsghdr messages[AT_ONCE] = { 0 };
	struct iovec parts[AT_ONCE];
	int got;

	for (size_t i = 0; i < AT_ONCE; i++) {
		parts[i] = (struct iovec){ in[i], sizeof in[i] };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	got = recvmmsg(fd, messages, AT_ONCE, MSG_WAITFORONE, NULL);
	return got > 0 ? (size_t)got : 0;
}

static struct figure bare(const struct dnsserver *server, const struct dnsname *zone, size_t n, size_t in_flight)
{
	struct figure f = { 0 };
	struct timeval patience = { .tv_usec = 200000 };
	struct monotime start = monotime_now();
	double cpu = cpu_us();
	size_t sent = 0;
	int fd = socket(server->addr.ss_family, SOCK_DGRAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (connect(fd, (const struct sockaddr *)&server->addr, server->addr_len) != 0)
		abort();
	while (f.answers < n) {
		size_t got;

		while (sent < n && sent - f.answers < in_flight) {
			size_t room = in_flight - (sent - f.answers), left = n - sent;

			sent += send_some(fd, zone, room < left ? room : left);
		}
		got = receive_some(fd);
		if (got == 0)
			break;                 /* lost on the way: what came is what counts */
		f.answers += got;
	}
	close(fd);
	f.cpu_us = cpu_us() - cpu;
	f.seconds = (double)monotime_between(start, monotime_now()) / 1e6;
	return f;
}

/* --- the lookup core ------------------------------------------------------------------------------------------------ */

static size_t finish_batch(struct batch **batch)
{
	size_t answers = 0;

	lookup_wait(*batch, monotime_add(monotime_now(), 5000000));
	for (size_t i = 0; i < (*batch)->n_questions; i++) {
		const struct question *q = &(*batch)->questions[i];

		answers += q->answer.status == ANSWER_LISTED || q->answer.status == ANSWER_ABSENT;
	}
	batch_unref(batch);
	return answers;
}

/* A window of batches: the oldest is waited for when it is full. */
static struct figure core(struct ruleset *rules, size_t n, size_t in_flight)
{
	struct figure f = { 0 };
	struct errmsg err;
	struct lookup *lookup = lookup_new(rules, &err);
	size_t window = in_flight / ASK_BATCH > 0 ? in_flight / ASK_BATCH : 1, first = 0, started = 0;
	struct batch **batches = calloc(window, sizeof(struct batch *));
	struct monotime start = monotime_now();
	double cpu = cpu_us();

	if (lookup == NULL || batches == NULL)
		abort();
	for (size_t sent = 0; sent < n || first < started;) {
		if (sent < n && started - first < window) {
			size_t some = n - sent < ASK_BATCH ? n - sent : ASK_BATCH;
			struct batch *batch = ask_plan(rules, some);

			lookup_start(lookup, batch);
			batches[started++ % window] = batch;
			sent += some;
		} else {
			f.answers += finish_batch(&batches[first++ % window]);
		}
	}
	f.cpu_us = cpu_us() - cpu;
	f.seconds = (double)monotime_between(start, monotime_now()) / 1e6;
	free(batches);
	lookup_free(&lookup);
	return f;
}

/* --- ldns's own resolver -------------------------------------------------------------------------------------------- */

static struct figure ldns(const struct dnsserver *server, const char *zone, size_t n)
{
	struct figure f = { 0 };
	ldns_resolver *resolver = ldns_resolver_new();
	ldns_rdf *addr = ldns_rdf_new_frm_str(LDNS_RDF_TYPE_A, "127.0.0.1");
	const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)&server->addr;
	struct monotime start = monotime_now();
	double cpu = cpu_us();

	ldns_resolver_push_nameserver(resolver, addr);
	ldns_resolver_set_port(resolver, ntohs(in->sin_port));
	for (size_t i = 0; i < n; i++) {
		uint32_t a = ask_next_addr();
		char text[300];
		ldns_rdf *name;
		ldns_pkt *packet;

		snprintf(text, sizeof text, "%u.%u.%u.%u.%s.", a & 255, a >> 8 & 255, a >> 16 & 255, a >> 24, zone);
		name = ldns_dname_new_frm_str(text);
		packet = ldns_resolver_query(resolver, name, LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN, LDNS_RD);
		f.answers += packet != NULL;
		ldns_pkt_free(packet);
		ldns_rdf_deep_free(name);
	}
	f.cpu_us = cpu_us() - cpu;
	f.seconds = (double)monotime_between(start, monotime_now()) / 1e6;
	ldns_rdf_deep_free(addr);
	ldns_resolver_deep_free(resolver);
	return f;
}

/* ------------------------------------------------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
	size_t n = argc > 3 ? strtoul(argv[3], NULL, 10) : 200000, in_flight = argc > 4 ? strtoul(argv[4], NULL, 10) : 200;
	struct ruleset *rules;
	struct dnsserver server;
	struct dnsname zone;
	struct errmsg err;
	struct figure f;

	if (argc < 3 || !dnsserver_parse(&server, argv[1], &err) || !dnswire_name_parse(&zone, argv[2], &err)) {
		fprintf(stderr, "Usage: bench_lookup ADDR:PORT ZONE [LOOKUPS [IN_FLIGHT]]\n");
		return EXIT_FAILURE;
	}
	rules = ask_rules(argv[1], argv[2]);
	printf("%zu lookups, %zu in flight\n%-28s %10s %14s %10s\n", n, in_flight, "way", "lookups/s", "CPU us/lookup", "answers");
	for (int round = 0; round < 2; round++) {
		f = bare(&server, &zone, n, in_flight);
		print("bare loop", n, &f);
		f = core(rules, n, in_flight);
		print("lookup core", n, &f);
	}
	f = ldns(&server, argv[2], n / 20);
	print("ldns_resolver_query", n / 20, &f);
	ruleset_unref(&rules);
	return EXIT_SUCCESS;
}
