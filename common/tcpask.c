/* tcpask: one question over TCP.
 * Two octets of length, then the message, out and in; whatever is odd ends the connection. */
#include "common/tcpask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LENGTH_BYTES = 2, CONNECTIONS_MAX = 256 };

struct tcpask {
	struct ev_loop *loop;
	struct ev_io io;
	int fd;
	size_t done, want;
	uint8_t *buf;                /* the length and the message */
};

/* The DNS thread's own; there is one such thread. */
static size_t n_connections;

void tcpask_forget(struct resolve *q)
{
	struct tcpask *tcp = q->tcp;

	if (tcp == NULL)
		return;
	q->tcp = NULL;
	ev_io_stop(tcp->loop, &tcp->io);
	close(tcp->fd);
	free(tcp->buf);
	free(tcp);
	n_connections--;
}

static void on_writable(struct resolve *q, struct tcpask *tcp)
{
	ssize_t n = send(tcp->fd, tcp->buf + tcp->done, tcp->want - tcp->done, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		resolve_unreachable(q);
		return;
	}
	tcp->done += (size_t)n;
	if (tcp->done < tcp->want)
		return;
	tcp->done = 0;
	tcp->want = LENGTH_BYTES;
	ev_io_stop(tcp->loop, &tcp->io);
	ev_io_set(&tcp->io, tcp->fd, EV_READ);
	ev_io_start(tcp->loop, &tcp->io);
}

/* The message's length is known: makes room for it. */
static bool want_message(struct tcpask *tcp)
{
	size_t len = (size_t)tcp->buf[0] << 8 | tcp->buf[1];
	uint8_t *buf;

	if (len == 0 || len > DNSWIRE_TCP_MAX)
		return false;
	buf = realloc(tcp->buf, LENGTH_BYTES + len);
	if (buf == NULL)
		return false;
	tcp->buf = buf;
	tcp->want = LENGTH_BYTES + len;
	return true;
}

static void on_message(struct resolve *q, struct tcpask *tcp)
{
	uint8_t *buf = tcp->buf;
	size_t len = tcp->want - LENGTH_BYTES;

	tcp->buf = NULL;               /* it outlives the connection, which ends with the answer */
	resolve_packet(q, buf + LENGTH_BYTES, len, true);
	free(buf);
}

static void on_readable(struct resolve *q, struct tcpask *tcp)
{
	ssize_t n = recv(tcp->fd, tcp->buf + tcp->done, tcp->want - tcp->done, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		resolve_unreachable(q);
		return;
	}
	tcp->done += (size_t)n;
	if (tcp->done < tcp->want)
		return;
	if (tcp->want > LENGTH_BYTES)
		on_message(q, tcp);
	else if (!want_message(tcp))
		resolve_unreachable(q);
}

static void on_io(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct resolve *q = io->data;

	(void)loop;
	if ((events & EV_WRITE) != 0)
		on_writable(q, q->tcp);
	else
		on_readable(q, q->tcp);
}

static bool tcp_connect(struct tcpask *tcp, const struct dnsserver *server)
{
	tcp->fd = socket(server->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (tcp->fd < 0) {
		resolve_no_socket(errno);
		return false;
	}
	if (connect(tcp->fd, (const struct sockaddr *)&server->addr, server->addr_len) == 0 || errno == EINPROGRESS)
		return true;
	close(tcp->fd);
	return false;
}

bool tcpask_start(struct ev_loop *loop, const struct dnsserver *server, struct resolve *q)
{
	struct tcpask *tcp = n_connections < CONNECTIONS_MAX ? calloc(1, sizeof *tcp) : NULL;

	if (tcp == NULL)
		return false;
	resolve_build(q, (uint16_t)arc4random());
	tcp->loop = loop;
	tcp->want = LENGTH_BYTES + (size_t)q->query_len;
	tcp->buf = malloc(tcp->want);
	if (tcp->buf == NULL || !tcp_connect(tcp, server)) {
		free(tcp->buf);
		free(tcp);
		return false;
	}
	tcp->buf[0] = (uint8_t)(q->query_len >> 8);
	tcp->buf[1] = (uint8_t)q->query_len;
	memcpy(tcp->buf + LENGTH_BYTES, q->query, q->query_len);
	ev_io_init(&tcp->io, on_io, tcp->fd, EV_WRITE);
	tcp->io.data = q;
	ev_io_start(loop, &tcp->io);
	q->tcp = tcp;
	n_connections++;
	return true;
}
