/* Sockets of the test server. Plain answers go out in batches (recvmmsg, sendmmsg); whatever has rules takes the slow
 * way, one packet at a time. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "t/support/faultyserver.h"

#include "t/support/dnsreply.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64u
#define ROUNDS_MAX 16u /* batches before the loop sees to its timers */
#define QUERY_MAX 4096u
#define SOCKET_BUFFER_BYTES (8 * 1024 * 1024)
#define TCP_IDLE_S 60.0
#define PORT_TRIES 200

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct listener {
	struct faultyserver *server;
	ev_io udp, tcp;		    /* tcp.fd is -1 when there is none */
	int other_port, other_addr; /* where forged answers come from */
	char text[80];
};

struct conn {
	struct conn *next, *prev;
	struct faultyserver *server;
	ev_io io;
	ev_timer idle, dribble;
	unsigned refs; /* the server's list and every held query */
	uint32_t dribble_octets;
	bool open, close_after;
	size_t in_len, out_len;
	uint8_t *out;
	uint8_t in[2 + QUERY_MAX];
};

/* Where an answer goes. */
struct client {
	struct listener *listener; /* UDP */
	union address address;
	socklen_t address_len;
	struct conn *conn; /* TCP, else NULL */
};

struct held {
	struct held *next, *prev;
	struct faultyserver *server;
	ev_timer timer;
	struct client client;
	size_t len;
	uint8_t wire[];
};

struct delivery {
	const struct client *client;
	const struct rules *rules;
};

/* TCP connections */

static void conn_unref(struct conn *conn)
{
	if (--conn->refs > 0)
		return;
	free(conn->out);
	free(conn);
}

static void conn_close(struct conn *conn)
{
	struct faultyserver *server = conn->server;
	if (!conn->open)
		return;
	conn->open = false;
	ev_io_stop(server->loop, &conn->io);
	ev_timer_stop(server->loop, &conn->idle);
	ev_timer_stop(server->loop, &conn->dribble);
	close(conn->io.fd);
	if (conn->next != NULL)
		conn->next->prev = conn->prev;
	if (conn->prev != NULL)
		conn->prev->next = conn->next;
	else
		server->conns = conn->next;
	conn_unref(conn);
}

static void conn_want(struct conn *conn, int events)
{
	if (conn->io.events == events)
		return;
	ev_io_stop(conn->server->loop, &conn->io);
	ev_io_set(&conn->io, conn->io.fd, events);
	ev_io_start(conn->server->loop, &conn->io);
}

/* Writes at most `most` octets of what waits. */
static void conn_write(struct conn *conn, size_t most)
{
	size_t len = conn->out_len < most ? conn->out_len : most;
	ssize_t sent = send(conn->io.fd, conn->out, len, MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN && errno != EINTR) {
		conn_close(conn);
		return;
	}
	if (sent > 0) {
		conn->out_len -= (size_t)sent;
		memmove(conn->out, conn->out + sent, conn->out_len);
	}
	if (conn->out_len == 0 && conn->close_after) {
		conn_close(conn);
		return;
	}
	if (conn->dribble_octets == 0)
		conn_want(conn, conn->out_len > 0 ? EV_READ | EV_WRITE : EV_READ);
	else if (conn->out_len == 0)
		ev_timer_stop(conn->server->loop, &conn->dribble);
}

static void conn_reset(struct conn *conn)
{
	const struct linger now = {.l_onoff = 1, .l_linger = 0};
	setsockopt(conn->io.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	conn_close(conn);
}

static void conn_send(struct conn *conn, const struct rules *rules, const uint8_t *data, size_t len)
{
	if (!conn->open || conn->close_after)
		return;
	if (rules != NULL && rules->on[FAULT_TCP_CLOSE])
		return conn_close(conn);
	if (rules != NULL && rules->on[FAULT_TCP_RESET])
		return conn_reset(conn);
	if (rules != NULL && rules->on[FAULT_TCP_HANG])
		return;
	uint8_t *out = realloc(conn->out, conn->out_len + len + 2);
	if (out == NULL)
		return conn_close(conn);
	conn->out = out;
	out[conn->out_len] = (uint8_t)(len >> 8);
	out[conn->out_len + 1] = (uint8_t)len;
	memcpy(out + conn->out_len + 2, data, len);
	conn->out_len += len + 2;
	if (rules != NULL && rules->on[FAULT_TCP_HALF]) {
		conn->out_len -= len / 2;
		conn->close_after = true;
	}
	if (rules != NULL && rules->on[FAULT_TCP_DRIBBLE]) {
		conn->dribble_octets = rules->n[FAULT_TCP_DRIBBLE] > 0 ? rules->n[FAULT_TCP_DRIBBLE] : 1;
		ev_timer_again(conn->server->loop, &conn->dribble);
		return;
	}
	conn_write(conn, conn->out_len);
}

/* Answering */

static void deliver(void *context, enum way way, const uint8_t *data, size_t len)
{
	const struct delivery *delivery = context;
	const struct client *client = delivery->client;
	if (client->conn != NULL) {
		conn_send(client->conn, delivery->rules, data, len);
		return;
	}
	const struct listener *listener = client->listener;
	int fd = way == WAY_OTHER_PORT	 ? listener->other_port
		 : way == WAY_OTHER_ADDR ? listener->other_addr
					 : listener->udp.fd;
	sendto(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL, &client->address.any, client->address_len);
}

static void answer(struct faultyserver *server, const struct query *query, const struct found *found,
		   const struct rules *rules, const struct client *client)
{
	struct delivery delivery = {.client = client, .rules = rules};
	dnsreply_make(server->db, query, found, rules, deliver, &delivery);
}

static void held_unlink(struct held *held)
{
	struct faultyserver *server = held->server;
	ev_timer_stop(server->loop, &held->timer);
	if (held->next != NULL)
		held->next->prev = held->prev;
	if (held->prev != NULL)
		held->prev->next = held->next;
	else
		server->held = held->next;
	server->held_now--;
	if (held->client.conn != NULL)
		conn_unref(held->client.conn);
	free(held);
}

/* The delay is over: the query is answered by the rules that stand now. */
static void on_due(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct held *held = timer->data;
	struct faultyserver *server = held->server;
	struct query query;
	struct found found;
	struct rules rules = {0};
	(void)loop;
	(void)events;
	if (dnspacket_read(held->wire, held->len, held->client.conn != NULL, &query)) {
		zonedb_find(server->db, &query.name, &found);
		zonedb_rules(server->db, &found, query.type, &rules);
		answer(server, &query, &found, &rules, &held->client);
	}
	held_unlink(held);
}

static void hold(struct faultyserver *server, const struct query *query, const struct client *client, uint32_t delay_ms)
{
	struct held *held = calloc(1, sizeof(*held) + query->len);
	if (held == NULL)
		return;
	held->server = server;
	held->client = *client;
	held->len = query->len;
	memcpy(held->wire, query->wire, query->len);
	if (client->conn != NULL)
		client->conn->refs++;
	held->next = server->held;
	if (held->next != NULL)
		held->next->prev = held;
	server->held = held;
	if (++server->held_now > server->held_max)
		server->held_max = server->held_now;
	ev_timer_init(&held->timer, on_due, delay_ms / 1000.0, 0.);
	held->timer.data = held;
	ev_timer_start(server->loop, &held->timer);
}

/* Is the time of these rules over for this name and type? */
static bool over(const struct rules *rules, uint64_t asked_before)
{
	return rules->on[FAULT_FIRST] && asked_before >= rules->n[FAULT_FIRST];
}

static bool dropped(const struct rules *rules, uint64_t asked_before)
{
	if (rules->on[FAULT_DROP_FIRST] && asked_before < rules->n[FAULT_DROP_FIRST])
		return true;
	return rules->on[FAULT_DROP] && dnsreply_random() % 100 < rules->n[FAULT_DROP];
}

static void answer_by_rules(struct faultyserver *server, const struct query *query, const struct found *found,
			    const struct rules *rules, const struct client *client, uint64_t asked_before)
{
	if (dropped(rules, asked_before))
		return;
	uint32_t delay_ms = rules->on[FAULT_DELAY] ? rules->n[FAULT_DELAY] : 0;
	if (rules->on[FAULT_DELAY] && rules->delay_to_ms > delay_ms)
		delay_ms += dnsreply_random() % (rules->delay_to_ms - delay_ms + 1);
	if (delay_ms > 0)
		hold(server, query, client, delay_ms);
	else
		answer(server, query, found, rules, client);
}

/* One query from anywhere. True: the plain answer is in *packet; false: nothing more to do now. */
static bool take_query(struct faultyserver *server, const uint8_t *wire, size_t len, const struct client *client,
		       struct packet *packet)
{
	struct query query;
	struct found found;
	struct rules rules;
	bool tcp = client->conn != NULL;
	if (!dnspacket_read(wire, len, tcp, &query)) {
		server->unreadable++;
		return false;
	}
	uint64_t asked_before = querycount_add(server->counts, &query.name, query.type);
	querycount_client(server->counts, ntohs(client->address.v4.sin_port), query.id, tcp); /* v6 has it there too */
	zonedb_find(server->db, &query.name, &found);
	if (zonedb_rules(server->db, &found, query.type, &rules) && !over(&rules, asked_before)) {
		answer_by_rules(server, &query, &found, &rules, client, asked_before);
		return false;
	}
	if (!tcp && packet->limit > query.udp_bytes)
		packet->limit = query.udp_bytes;
	dnsreply_plain(server->db, &query, &found, packet);
	return true;
}

/* UDP */

struct batch {
	struct mmsghdr in[BATCH], out[BATCH];
	struct iovec in_part[BATCH], out_part[BATCH];
	struct client client[BATCH];
	uint8_t query[BATCH][QUERY_MAX], reply[BATCH][DNSREPLY_UDP_MAX];
};

static size_t receive_batch(struct batch *batch, struct listener *listener)
{
	for (size_t i = 0; i < BATCH; i++) {
		batch->client[i].listener = listener;
		batch->in_part[i] = (struct iovec){batch->query[i], QUERY_MAX};
		batch->in[i].msg_hdr = (struct msghdr){.msg_name = &batch->client[i].address,
						       .msg_namelen = sizeof(union address),
						       .msg_iov = &batch->in_part[i],
						       .msg_iovlen = 1};
	}
	int got = recvmmsg(listener->udp.fd, batch->in, BATCH, MSG_DONTWAIT, NULL);
	return got > 0 ? (size_t)got : 0;
}

static void send_batch(struct batch *batch, int fd, unsigned count)
{
	for (unsigned done = 0; done < count;) {
		int sent = sendmmsg(fd, batch->out + done, count - done, MSG_DONTWAIT | MSG_NOSIGNAL);
		done += sent > 0 ? (unsigned)sent : 1; /* one that cannot be sent is lost, as on a network */
	}
}

static void on_udp(struct ev_loop *loop, ev_io *io, int events)
{
	static struct batch batch;
	struct listener *listener = io->data;
	size_t got = BATCH;
	(void)loop;
	(void)events;
	for (size_t round = 0; round < ROUNDS_MAX && got == BATCH; round++) {
		unsigned ready = 0;
		got = receive_batch(&batch, listener);
		for (size_t i = 0; i < got; i++) {
			struct packet packet = {.data = batch.reply[ready], .limit = DNSREPLY_UDP_MAX};
			batch.client[i].address_len = batch.in[i].msg_hdr.msg_namelen;
			if (!take_query(listener->server, batch.query[i], batch.in[i].msg_len, &batch.client[i],
					&packet))
				continue;
			batch.out_part[ready] = (struct iovec){packet.data, packet.len};
			batch.out[ready].msg_hdr = (struct msghdr){.msg_name = &batch.client[i].address,
								   .msg_namelen = batch.client[i].address_len,
								   .msg_iov = &batch.out_part[ready],
								   .msg_iovlen = 1};
			ready++;
		}
		send_batch(&batch, listener->udp.fd, ready);
	}
}

/* TCP */

static void conn_take_queries(struct conn *conn)
{
	static uint8_t reply[DNSPACKET_MAX];
	struct client client = {.conn = conn};
	while (conn->open && conn->in_len >= 2) {
		size_t len = (size_t)(conn->in[0] << 8 | conn->in[1]);
		struct packet packet = {.data = reply, .limit = sizeof(reply)};
		if (len > QUERY_MAX)
			return conn_close(conn);
		if (conn->in_len < 2 + len)
			return;
		if (take_query(conn->server, conn->in + 2, len, &client, &packet))
			conn_send(conn, NULL, packet.data, packet.len);
		if (!conn->open)
			return;
		conn->in_len -= 2 + len;
		memmove(conn->in, conn->in + 2 + len, conn->in_len);
	}
}

static void on_conn(struct ev_loop *loop, ev_io *io, int events)
{
	struct conn *conn = io->data;
	conn->refs++;
	if ((events & EV_READ) != 0) {
		ssize_t got = recv(io->fd, conn->in + conn->in_len, sizeof(conn->in) - conn->in_len, 0);
		if (got > 0) {
			conn->in_len += (size_t)got;
			ev_timer_again(loop, &conn->idle);
			conn_take_queries(conn);
		} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
			conn_close(conn);
		}
	}
	if (conn->open && (events & EV_WRITE) != 0)
		conn_write(conn, conn->out_len);
	conn_unref(conn);
}

static void on_idle(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	conn_close(timer->data);
}

static void on_dribble(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct conn *conn = timer->data;
	(void)loop;
	(void)events;
	conn_write(conn, conn->dribble_octets);
}

static void on_accept(struct ev_loop *loop, ev_io *io, int events)
{
	struct listener *listener = io->data;
	const int yes = 1;
	int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	(void)events;
	if (fd < 0)
		return;
	struct conn *conn = calloc(1, sizeof(*conn));
	if (conn == NULL) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	conn->server = listener->server;
	conn->refs = 1;
	conn->open = true;
	conn->next = listener->server->conns;
	if (conn->next != NULL)
		conn->next->prev = conn;
	listener->server->conns = conn;
	ev_io_init(&conn->io, on_conn, fd, EV_READ);
	ev_init(&conn->idle, on_idle);
	ev_init(&conn->dribble, on_dribble);
	conn->idle.repeat = TCP_IDLE_S;
	conn->dribble.repeat = 0.001;
	conn->io.data = conn->idle.data = conn->dribble.data = conn;
	ev_io_start(loop, &conn->io);
	ev_timer_again(loop, &conn->idle);
}

/* Binding */

static bool parse_where(const char *where, union address *out, socklen_t *len)
{
	char host[64], extra;
	unsigned port;
	memset(out, 0, sizeof(*out));
	if (sscanf(where, "[%63[0-9a-fA-F:]]:%5u%c", host, &port, &extra) == 2 && port <= 65535) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons((uint16_t)port);
		*len = sizeof(out->v6);
		return inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1 && IN6_IS_ADDR_LOOPBACK(&out->v6.sin6_addr);
	}
	if (sscanf(where, "%63[0-9.]:%5u%c", host, &port, &extra) == 2 && port <= 65535) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons((uint16_t)port);
		*len = sizeof(out->v4);
		return inet_pton(AF_INET, host, &out->v4.sin_addr) == 1 && ntohl(out->v4.sin_addr.s_addr) >> 24 == 127;
	}
	return false;
}

static int bound_socket(int kind, const union address *address, socklen_t len)
{
	const int yes = 1, buffer = SOCKET_BUFFER_BYTES;
	int fd = socket(address->any.sa_family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (kind == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	else if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	if (bind(fd, &address->any, len) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Both sockets at one port; when the port is ours to choose, another is tried where TCP has it taken. */
static bool bind_pair(const union address *wanted, socklen_t len, bool udp_only, int *udp, int *tcp, union address *got)
{
	for (int i = 0; i < PORT_TRIES; i++) {
		socklen_t got_len = sizeof(*got);
		*tcp = -1;
		*udp = bound_socket(SOCK_DGRAM, wanted, len);
		if (*udp < 0)
			return false;
		getsockname(*udp, &got->any, &got_len);
		if (udp_only)
			return true;
		*tcp = bound_socket(SOCK_STREAM, got, len);
		if (*tcp >= 0 && listen(*tcp, 512) == 0)
			return true;
		if (*tcp >= 0)
			close(*tcp);
		close(*udp);
		if (wanted->v4.sin_port != 0)
			return false;
	}
	return false;
}

/* Sockets for forged answers: another port of the same address, and 127.0.0.66 with the same port. */
static void bind_others(struct listener *listener, const union address *got, socklen_t len)
{
	union address other = *got;
	other.v4.sin_port = 0; /* the port stands at the same place in v6 */
	listener->other_port = bound_socket(SOCK_DGRAM, &other, len);
	other = *got;
	if (got->any.sa_family == AF_INET)
		other.v4.sin_addr.s_addr = htonl(0x7f000042u);
	else
		other.v4.sin_port = 0; /* ::1 has no sibling: only the port can differ */
	listener->other_addr = bound_socket(SOCK_DGRAM, &other, len);
	if (listener->other_addr < 0) {
		other.v4.sin_port = 0;
		listener->other_addr = bound_socket(SOCK_DGRAM, &other, len);
	}
}

static void describe(struct listener *listener, const union address *got)
{
	char host[INET6_ADDRSTRLEN] = "";
	bool v6 = got->any.sa_family == AF_INET6;
	if (v6)
		inet_ntop(AF_INET6, &got->v6.sin6_addr, host, sizeof(host));
	else
		inet_ntop(AF_INET, &got->v4.sin_addr, host, sizeof(host));
	snprintf(listener->text, sizeof(listener->text), v6 ? "[%s]:%u" : "%s:%u", host, ntohs(got->v4.sin_port));
}

bool faultyserver_listen(struct faultyserver *server, const char *where, bool udp_only,
			 char error[ZONESCRIPT_ERROR_BYTES])
{
	union address wanted, got;
	socklen_t len = 0;
	int udp, tcp;
	if (server->listener_count == FAULTYSERVER_LISTENERS_MAX || !parse_where(where, &wanted, &len)) {
		snprintf(error, ZONESCRIPT_ERROR_BYTES, "%.80s: a loopback ADDRESS:PORT is wanted, %d at most", where,
			 FAULTYSERVER_LISTENERS_MAX);
		return false;
	}
	if (!bind_pair(&wanted, len, udp_only, &udp, &tcp, &got)) {
		snprintf(error, ZONESCRIPT_ERROR_BYTES, "%.80s: %s", where, strerror(errno));
		return false;
	}
	struct listener *listener = calloc(1, sizeof(*listener));
	if (listener == NULL) {
		snprintf(error, ZONESCRIPT_ERROR_BYTES, "out of memory");
		return false;
	}
	listener->server = server;
	bind_others(listener, &got, len);
	describe(listener, &got);
	ev_io_init(&listener->udp, on_udp, udp, EV_READ);
	ev_io_init(&listener->tcp, on_accept, tcp, EV_READ);
	listener->udp.data = listener->tcp.data = listener;
	ev_io_start(server->loop, &listener->udp);
	if (tcp >= 0)
		ev_io_start(server->loop, &listener->tcp);
	server->listeners[server->listener_count++] = listener;
	return true;
}

const char *faultyserver_bound(const struct faultyserver *server, size_t i)
{
	return server->listeners[i]->text;
}

static bool read_script(const struct faultyserver *server, struct zonescript *script, const char *path,
			char error[ZONESCRIPT_ERROR_BYTES])
{
	if (server->db == NULL || strcmp(path, "-") != 0)
		return zonescript_file(script, path, error);
	snprintf(error, ZONESCRIPT_ERROR_BYTES, "standard input cannot be read again");
	return false;
}

bool faultyserver_reload(struct faultyserver *server, char error[ZONESCRIPT_ERROR_BYTES])
{
	struct zonedb *db = zonedb_new();
	struct zonescript script;
	bool good = db != NULL;
	if (!good)
		snprintf(error, ZONESCRIPT_ERROR_BYTES, "out of memory");
	else
		zonescript_init(&script, db);
	for (size_t i = 0; good && i < server->file_count; i++)
		good = read_script(server, &script, server->files[i], error);
	if (!good) {
		zonedb_free(&db);
		return false;
	}
	zonedb_free(&server->db);
	server->db = db;
	server->script = script;
	return true;
}

static void listener_free(struct listener *listener)
{
	const int fds[] = {listener->udp.fd, listener->tcp.fd, listener->other_port, listener->other_addr};
	ev_io_stop(listener->server->loop, &listener->udp);
	ev_io_stop(listener->server->loop, &listener->tcp);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(listener);
}

void faultyserver_clear(struct faultyserver *server)
{
	while (server->held != NULL)
		held_unlink(server->held);
	while (server->conns != NULL)
		conn_close(server->conns);
	for (size_t i = 0; i < server->listener_count; i++)
		listener_free(server->listeners[i]);
	server->listener_count = 0;
	querycount_free(&server->counts);
	zonedb_free(&server->db);
}
