/* dnsstub: a DNS server for the tests.
 * One thread does one thing after the other: tests ask little, and what they ask is easier to count that way. */
#include "t/unit/dnsstub.h"

#include <arpa/inet.h>
#include <check.h>
#include <ctype.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "t/unit/packet.h"

enum { RULES_MAX_STUB = 48, NAME_BYTES = 264, HELD_MAX = 256, OPEN_MAX_STUB = 64, TCP_WAIT_MS = 2000, AWAIT_S = 10 };

struct held {
	struct sockaddr_in to;
	uint8_t *packet;
	size_t len;
};

struct dnsstub {
	const struct dnsstub_rule *rules;
	char address[DNSSTUB_ADDRESS_BYTES];
	int udp, tcp, stop[2];
	pthread_t thread;
	pthread_mutex_t mutex;       /* guards everything below */
	pthread_cond_t asked;
	unsigned udp_count[RULES_MAX_STUB + 1], tcp_count[RULES_MAX_STUB + 1], udp_all;
	uint8_t last[DNSSTUB_QUERY_BYTES];
	size_t last_len;
	struct held held[HELD_MAX];
	size_t n_held;
	int open[OPEN_MAX_STUB];     /* connections that stay silent */
	size_t n_open;
};

/* --- rules -------------------------------------------------------------------------------------------------------- */

static const char *type_word(unsigned type)
{
	switch (type) {
	case 1:
		return "A";
	case 12:
		return "PTR";
	case 15:
		return "MX";
	case 16:
		return "TXT";
	case 28:
		return "AAAA";
	default:
		return "?";
	}
}

/* The question as text: its name in lower case, and its type. False: no query that can be read. */
static bool name_of(const uint8_t *query, size_t len, char out[NAME_BYTES])
{
	size_t at = 12, n = 0;

	while (at < len && query[at] != 0 && at + 1 + query[at] < len && n + query[at] + 1u < 255) {
		if (n > 0)
			out[n++] = '.';
		for (size_t i = 1; i <= query[at]; i++)
			out[n++] = (char)tolower(query[at + i]);
		at += query[at] + 1u;
	}
	if (len < 17 || at + 2 >= len || query[at] != 0)
		return false;
	snprintf(out + n, NAME_BYTES - n, " %s", type_word((unsigned)query[at + 1] << 8 | query[at + 2]));
	return true;
}

/* A rule without a type is for all of them. */
static bool fits(const char *rule, const char *question)
{
	size_t n = strlen(rule);

	return strcmp(rule, "*") == 0 || (strncmp(rule, question, n) == 0 && (question[n] == '\0' || question[n] == ' '));
}

/* The number of the rule; behind the last one: none fits. */
static size_t rule_of(const struct dnsstub *stub, const char *name)
{
	size_t i = 0;

	while (stub->rules[i].name != NULL && !fits(stub->rules[i].name, name))
		i++;
	ck_assert_uint_lt(i, RULES_MAX_STUB);
	return i;
}

static char *copy_of(const char *text, size_t n)
{
	char *copy = strndup(text, n);

	ck_assert_ptr_nonnull(copy);
	return copy;
}

/* The reply to query number n (from 0) of "a | b | c". */
static char *reply_of(const char *replies, unsigned n)
{
	const char *bar;

	while (n-- > 0 && (bar = strchr(replies, '|')) != NULL)
		replies = bar + 1;
	return copy_of(replies, strcspn(replies, "|"));
}

static bool takes(const char **script, const char *word)
{
	*script += strspn(*script, " ");
	if (strncmp(*script, word, strlen(word)) != 0)
		return false;
	*script += strlen(word);
	return true;
}

/* --- UDP ---------------------------------------------------------------------------------------------------------- */

static void send_packet(struct dnsstub *stub, const struct sockaddr_in *to, const uint8_t *query, size_t len,
			const char *script)
{
	uint8_t *packet = malloc(PACKET_BYTES);
	bool hold = takes(&script, "hold:");
	size_t n = 0;

	ck_assert_ptr_nonnull(packet);
	if (!takes(&script, "empty"))
		n = packet_write(packet, query, len, script);
	if (hold && stub->n_held < HELD_MAX) {
		stub->held[stub->n_held++] = (struct held){ *to, packet, n };
		return;
	}
	sendto(stub->udp, packet, n, 0, (const struct sockaddr *)to, sizeof *to);
	free(packet);
}

static void answer_udp(struct dnsstub *stub)
{
	uint8_t query[DNSSTUB_QUERY_BYTES];
	struct sockaddr_in from;
	socklen_t from_len = sizeof from;
	ssize_t len = recvfrom(stub->udp, query, sizeof query, 0, (struct sockaddr *)&from, &from_len);
	char name[NAME_BYTES], *reply, *rest, *script;
	size_t rule;

	if (len < 0 || !name_of(query, (size_t)len, name))
		return;
	pthread_mutex_lock(&stub->mutex);
	rule = rule_of(stub, name);
	memcpy(stub->last, query, (size_t)len);
	stub->last_len = (size_t)len;
	stub->udp_all++;
	rest = reply = reply_of(stub->rules[rule].name != NULL ? stub->rules[rule].udp : "silent", stub->udp_count[rule]++);
	while ((script = strsep(&rest, "&")) != NULL) {
		const char *at = script;

		if (!takes(&at, "silent"))
			send_packet(stub, &from, query, (size_t)len, at);
	}
	free(reply);
	pthread_cond_broadcast(&stub->asked);
	pthread_mutex_unlock(&stub->mutex);
}

/* --- TCP ---------------------------------------------------------------------------------------------------------- */

static bool read_all(int fd, uint8_t *out, size_t n)
{
	while (n > 0) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		ssize_t got = poll(&wait, 1, TCP_WAIT_MS) == 1 ? recv(fd, out, n, 0) : -1;

		if (got <= 0)
			return false;
		out += got;
		n -= (size_t)got;
	}
	return true;
}

static void send_slowly(int fd, const uint8_t *bytes, size_t n)
{
	for (; n > 0 && send(fd, bytes, 1, MSG_NOSIGNAL) == 1; n--, bytes++)
		sched_yield();
}

/* False: the connection stays open without a word. */
static bool talk_tcp(int fd, const uint8_t *query, size_t len, const char *script)
{
	uint8_t *message;
	bool slow, cut;
	size_t n;

	if (takes(&script, "silent"))
		return false;
	if (takes(&script, "close"))
		return true;
	if (takes(&script, "zero") || takes(&script, "long")) {
		send(fd, script[-1] == 'o' ? "\0\0" : "\xff\xff", 2, MSG_NOSIGNAL);
		return true;
	}
	slow = takes(&script, "slow:");
	cut = takes(&script, "short:");
	message = malloc(2 + PACKET_BYTES);
	ck_assert_ptr_nonnull(message);
	n = packet_write(message + 2, query, len, script);
	message[0] = (uint8_t)(n >> 8);
	message[1] = (uint8_t)n;
	if (slow)
		send_slowly(fd, message, n + 2);
	else
		send(fd, message, n + 2 - cut, MSG_NOSIGNAL);
	free(message);
	return true;
}

static void answer_tcp(struct dnsstub *stub)
{
	int fd = accept(stub->tcp, NULL, NULL);
	uint8_t length[2], query[DNSSTUB_QUERY_BYTES];
	char name[NAME_BYTES], *script = NULL;
	size_t len = 0, rule;

	if (fd < 0)
		return;
	if (read_all(fd, length, 2))
		len = (size_t)length[0] << 8 | length[1];
	if (len == 0 || len > sizeof query || !read_all(fd, query, len) || !name_of(query, len, name)) {
		close(fd);
		return;
	}
	pthread_mutex_lock(&stub->mutex);
	rule = rule_of(stub, name);
	memcpy(stub->last, query, len);
	stub->last_len = len;
	script = reply_of(stub->rules[rule].name != NULL && stub->rules[rule].tcp != NULL ? stub->rules[rule].tcp : "close",
			  stub->tcp_count[rule]++);
	pthread_mutex_unlock(&stub->mutex);
	if (!talk_tcp(fd, query, len, script) && stub->n_open < OPEN_MAX_STUB)
		stub->open[stub->n_open++] = fd;
	else
		close(fd);
	free(script);
}

/* --- the thread --------------------------------------------------------------------------------------------------- */

static void *run(void *arg)
{
	struct dnsstub *stub = arg;
	struct pollfd wait[] = { { .fd = stub->udp, .events = POLLIN }, { .fd = stub->tcp, .events = POLLIN },
				 { .fd = stub->stop[0], .events = POLLIN } };

	while (wait[2].revents == 0) {
		if (poll(wait, 3, -1) < 0)
			continue;
		if (wait[0].revents != 0)
			answer_udp(stub);
		if (wait[1].revents != 0)
			answer_tcp(stub);
	}
	return NULL;
}

static int open_on(int type, struct sockaddr_in *at)
{
	socklen_t len = sizeof *at;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	if (bind(fd, (struct sockaddr *)at, sizeof *at) != 0 || getsockname(fd, (struct sockaddr *)at, &len) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Both on one port: the kernel chooses it for one, which need not suit the other. */
static void open_both(struct dnsstub *stub, struct in_addr addr)
{
	char text[INET_ADDRSTRLEN];
	struct sockaddr_in at;
	int size = 4 << 20;

	do {
		at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = addr };
		stub->udp = open_on(SOCK_DGRAM, &at);
		ck_assert_int_ge(stub->udp, 0);
		stub->tcp = open_on(SOCK_STREAM, &at);
		if (stub->tcp < 0)
			close(stub->udp);
	} while (stub->tcp < 0);
	setsockopt(stub->udp, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	ck_assert_int_eq(listen(stub->tcp, 64), 0);
	inet_ntop(AF_INET, &addr, text, sizeof text);
	snprintf(stub->address, sizeof stub->address, "%s:%u", text, ntohs(at.sin_port));
}

static struct dnsstub *new_at(const struct dnsstub_rule *rules, struct in_addr addr)
{
	struct dnsstub *stub = calloc(1, sizeof *stub);

	ck_assert_ptr_nonnull(stub);
	stub->rules = rules;
	open_both(stub, addr);
	ck_assert_int_eq(pipe(stub->stop), 0);
	pthread_mutex_init(&stub->mutex, NULL);
	pthread_cond_init(&stub->asked, NULL);
	ck_assert_int_eq(pthread_create(&stub->thread, NULL, run, stub), 0);
	return stub;
}

struct dnsstub *dnsstub_new(const struct dnsstub_rule *rules)
{
	return new_at(rules, (struct in_addr){ htonl(INADDR_LOOPBACK) });
}

struct dnsstub *dnsstub_new_far(const struct dnsstub_rule *rules)
{
	struct in_addr addr = { htonl(INADDR_LOOPBACK) };
	struct ifaddrs *all;

	ck_assert_int_eq(getifaddrs(&all), 0);
	for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
		struct sockaddr_in at;

		if (one->ifa_addr == NULL || one->ifa_addr->sa_family != AF_INET || (one->ifa_flags & IFF_LOOPBACK) != 0)
			continue;
		memcpy(&at, one->ifa_addr, sizeof at);
		addr = at.sin_addr;
	}
	freeifaddrs(all);
	return addr.s_addr != htonl(INADDR_LOOPBACK) ? new_at(rules, addr) : NULL;
}

void dnsstub_free(struct dnsstub **stub)
{
	struct dnsstub *s = *stub;

	*stub = NULL;
	ck_assert_int_eq(write(s->stop[1], "", 1), 1);
	pthread_join(s->thread, NULL);
	for (size_t i = 0; i < s->n_held; i++)
		free(s->held[i].packet);
	for (size_t i = 0; i < s->n_open; i++)
		close(s->open[i]);
	close(s->udp);
	close(s->tcp);
	close(s->stop[0]);
	close(s->stop[1]);
	pthread_cond_destroy(&s->asked);
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

const char *dnsstub_address(const struct dnsstub *stub)
{
	return stub->address;
}

const char *dnsstub_nobody(char buf[DNSSTUB_ADDRESS_BYTES])
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = open_on(SOCK_DGRAM, &at);

	ck_assert_int_ge(fd, 0);
	close(fd);
	snprintf(buf, DNSSTUB_ADDRESS_BYTES, "127.0.0.1:%u", ntohs(at.sin_port));
	return buf;
}

static unsigned count(struct dnsstub *stub, const unsigned *counts, const char *name)
{
	unsigned n;

	pthread_mutex_lock(&stub->mutex);
	n = counts[rule_of(stub, name)];
	pthread_mutex_unlock(&stub->mutex);
	return n;
}

unsigned dnsstub_asked(struct dnsstub *stub, const char *name)
{
	return count(stub, stub->udp_count, name);
}

unsigned dnsstub_asked_tcp(struct dnsstub *stub, const char *name)
{
	return count(stub, stub->tcp_count, name);
}

size_t dnsstub_last(struct dnsstub *stub, uint8_t out[DNSSTUB_QUERY_BYTES])
{
	size_t len;

	pthread_mutex_lock(&stub->mutex);
	len = stub->last_len;
	memcpy(out, stub->last, len);
	pthread_mutex_unlock(&stub->mutex);
	return len;
}

void dnsstub_await(struct dnsstub *stub, unsigned n)
{
	struct timespec until;
	int status = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += AWAIT_S;
	pthread_mutex_lock(&stub->mutex);
	while (stub->udp_all < n && status == 0)
		status = pthread_cond_timedwait(&stub->asked, &stub->mutex, &until);
	pthread_mutex_unlock(&stub->mutex);
	ck_assert_int_eq(status, 0);
}

void dnsstub_release(struct dnsstub *stub)
{
	pthread_mutex_lock(&stub->mutex);
	while (stub->n_held > 0) {
		struct held *held = &stub->held[--stub->n_held];

		sendto(stub->udp, held->packet, held->len, 0, (const struct sockaddr *)&held->to, sizeof held->to);
		free(held->packet);
	}
	pthread_mutex_unlock(&stub->mutex);
}
