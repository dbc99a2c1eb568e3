/* upstream: the DNS servers that are asked, and the UDP sockets to each.
 * Packets go out and come in by the dozen: a system call costs as much as all that we do with a packet. */
#include "common/upstream.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	SHARED_SOCKETS = 64,         /* to a server on this machine */
	SHARED_QUERIES = 256,        /* that one of them ever sends */
	SHARED_AT_ONCE = 128,        /* answers that fit into its receive buffer */
	SHARED_IDS = 512,            /* a power of two, well above the line before */
	SHARED_AGE_US = 2000000,
	SWEEP_S = 1,
	RANDOM_AT_ONCE = 512,        /* numbers fetched from the kernel by one call */
	GROUP = 16,                  /* packets that leave together, from one socket */
	READ_AT_ONCE = 16,
	READS_A_WAKE = 4,            /* from one socket before others have their turn */
	SILENT_MAX = 5,              /* tries without any answer make a server the last to be asked */
	RETRY_SILENT_US = 5000000,
};

struct udpsock {
	struct upstream *up;
	int fd;
	struct ev_io io;
	struct monotime born;
	unsigned sent, waiting;
	bool retired;                /* sends no more; closed when nobody waits */
	bool reading;                /* not to be closed under the reader */
	unsigned n_ids;              /* a power of two */
	struct resolve *by_id[];     /* by the low bits of the id */
};

struct upstream {
	struct upstreams *all;
	struct upstream *next;
	struct sockaddr_storage addr;
	socklen_t addr_len;
	bool here;                   /* on this machine */
	unsigned users;              /* queries and sockets that point here */
	unsigned silent;             /* tries without an answer since the last one */
	struct monotime retry_at;    /* when it is silent: not asked first before */
	struct udpsock *shared[SHARED_SOCKETS];
};

struct upstreams {
	struct ev_loop *loop;
	struct ev_prepare before_wait;
	struct ev_timer sweep;
	struct upstream *first;
	/* packets that leave at the loop's next turn */
	struct udpsock *group_sock;
	struct resolve *group[GROUP];
	unsigned n_group;
	uint16_t random[RANDOM_AT_ONCE];   /* the kernel's; each is used once */
	unsigned n_random;
	uint8_t in[READ_AT_ONCE][DNSWIRE_UDP_MAX];
};

/* --- servers ------------------------------------------------------------------------------------------------------ */

static bool is_here(const struct dnsserver *server)
{
	struct ipaddr addr;

	return ipaddr_from_sockaddr(&addr, (const struct sockaddr *)&server->addr) && ipaddr_is_loopback(&addr);
}

static struct upstream *find(struct upstreams *ups, const struct dnsserver *server)
{
	struct upstream *up = ups->first;

	while (up != NULL && (up->addr_len != server->addr_len || memcmp(&up->addr, &server->addr, up->addr_len) != 0))
		up = up->next;
	return up;
}

static struct upstream *find_or_add(struct upstreams *ups, const struct dnsserver *server)
{
	struct upstream *up = find(ups, server);

	if (up != NULL)
		return up;
	up = calloc(1, sizeof *up);
	if (up == NULL)
		return NULL;
	up->all = ups;
	up->addr = server->addr;
	up->addr_len = server->addr_len;
	up->here = is_here(server);
	up->next = ups->first;
	ups->first = up;
	return up;
}

void upstream_speaks(struct resolve *q)
{
	if (q->upstream != NULL)
		q->upstream->silent = 0;
}

void upstream_silent(struct resolve *q)
{
	if (q->upstream != NULL && ++q->upstream->silent >= SILENT_MAX)
		q->upstream->retry_at = monotime_add(monotime_now(), RETRY_SILENT_US);
}

bool upstream_hopeful(struct upstreams *ups, const struct dnsserver *server, struct monotime now)
{
	struct upstream *up = find(ups, server);

	if (up == NULL || up->silent < SILENT_MAX)
		return true;
	if (!monotime_reached(now, up->retry_at))
		return false;
	up->retry_at = monotime_add(now, RETRY_SILENT_US);   /* one query finds out */
	return true;
}

/* --- sockets ------------------------------------------------------------------------------------------------------ */

static void on_readable(struct ev_loop *loop, struct ev_io *io, int events);

static struct udpsock *sock_open(struct upstream *up)
{
	unsigned n_ids = up->here ? SHARED_IDS : 1;
	struct udpsock *sock = calloc(1, sizeof *sock + n_ids * sizeof sock->by_id[0]);

	if (sock == NULL)
		return NULL;
	sock->n_ids = n_ids;
	sock->born = monotime_now();
	sock->fd = socket(up->addr.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sock->fd < 0 || connect(sock->fd, (const struct sockaddr *)&up->addr, up->addr_len) != 0) {
		if (sock->fd < 0)
			resolve_no_socket(errno);
		else
			close(sock->fd);
		free(sock);
		return NULL;
	}
	sock->up = up;
	up->users++;
	ev_io_init(&sock->io, on_readable, sock->fd, EV_READ);
	sock->io.data = sock;
	ev_io_start(up->all->loop, &sock->io);
	return sock;
}

static void sock_close(struct udpsock *sock)
{
	ev_io_stop(sock->up->all->loop, &sock->io);
	close(sock->fd);
	sock->up->users--;
	free(sock);
}

static void sock_close_if_done(struct udpsock *sock)
{
	if (sock->retired && sock->waiting == 0 && !sock->reading)
		sock_close(sock);
}

static void sock_retire(struct udpsock *sock)
{
	sock->retired = true;
	sock_close_if_done(sock);
}

static bool sock_is_old(const struct udpsock *sock, struct monotime now)
{
	return sock->sent >= SHARED_QUERIES || monotime_between(sock->born, now) >= SHARED_AGE_US;
}

static uint16_t random16(struct upstreams *ups)
{
	if (ups->n_random == 0) {
		arc4random_buf(ups->random, sizeof ups->random);
		ups->n_random = RANDOM_AT_ONCE;
	}
	return ups->random[--ups->n_random];
}

/* A random one of the shared sockets, renewed when it has served; or one for a single query. */
static struct udpsock *sock_pick(struct upstream *up)
{
	struct udpsock **place;

	if (!up->here) {
		struct udpsock *sock = sock_open(up);

		if (sock != NULL)
			sock->retired = true;
		return sock;
	}
	place = &up->shared[random16(up->all) % SHARED_SOCKETS];
	if (*place != NULL && (sock_is_old(*place, monotime_now()) || (*place)->waiting >= SHARED_AT_ONCE)) {
		sock_retire(*place);
		*place = NULL;
	}
	if (*place == NULL)
		*place = sock_open(up);
	if (!ev_is_active(&up->all->sweep))
		ev_timer_again(up->all->loop, &up->all->sweep);
	return *place;
}

/* --- out ---------------------------------------------------------------------------------------------------------- */

static void flush(struct upstreams *ups)
{
	struct mmsghdr messages[GROUP] = { 0 };
	struct iovec parts[GROUP];
	unsigned n = ups->n_group, done = 0;
	int refused = 0;

	for (unsigned i = 0; i < n; i++) {
		parts[i] = (struct iovec){ ups->group[i]->query, ups->group[i]->query_len };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	ups->n_group = 0;
	while (done < n) {
		int sent = sendmmsg(ups->group_sock->fd, messages + done, n - done, MSG_NOSIGNAL);

		if (sent > 0)
			done += (unsigned)sent;
		else if (errno != EINTR && (errno != ECONNREFUSED || refused++ > 0))
			return;                /* what cannot be sent is as good as lost on the way: its time will be over */
	}
}

/* An id that no other query of this socket waits with: random, but for the step to the next free place. */
static void sock_enrol(struct udpsock *sock, struct resolve *q)
{
	uint16_t id = random16(sock->up->all);

	while (sock->by_id[id & (sock->n_ids - 1)] != NULL)
		id++;
	sock->by_id[id & (sock->n_ids - 1)] = q;
	sock->sent++;
	sock->waiting++;
	q->sock = sock;
	resolve_build(q, id);
}

bool upstream_send(struct upstreams *ups, const struct dnsserver *server, struct resolve *q)
{
	struct upstream *up = find_or_add(ups, server);
	struct udpsock *sock = ups->n_group > 0 ? ups->group_sock : NULL;

	if (up == NULL)
		return false;
	q->upstream = up;
	up->users++;
	/* What is sent in one turn of the loop leaves from one socket, where sockets are shared. */
	if (sock != NULL && (sock->up != up || sock->retired || ups->n_group == GROUP || sock->waiting >= SHARED_AT_ONCE)) {
		flush(ups);
		sock = NULL;
	}
	if (sock == NULL)
		sock = sock_pick(up);
	if (sock == NULL)
		return false;
	ups->group_sock = sock;
	sock_enrol(sock, q);
	ups->group[ups->n_group++] = q;
	return true;
}

void upstream_forget(struct resolve *q)
{
	struct udpsock *sock = q->sock;

	if (sock != NULL) {
		if (sock->up->all->n_group > 0)
			flush(sock->up->all);  /* it may be among them */
		sock->by_id[q->id & (sock->n_ids - 1)] = NULL;
		sock->waiting--;
		q->sock = NULL;
		sock_close_if_done(sock);
	}
	if (q->upstream != NULL)
		q->upstream->users--;
	q->upstream = NULL;
}

/* --- in ----------------------------------------------------------------------------------------------------------- */

/* Nobody listens there: that is an answer to all who wait on this socket. Their next tries use another one. */
static void all_unreachable(struct udpsock *sock)
{
	for (unsigned i = 0; i < SHARED_SOCKETS; i++)
		if (sock->up->shared[i] == sock)
			sock->up->shared[i] = NULL;
	sock->retired = true;
	for (unsigned i = 0; i < sock->n_ids; i++)
		if (sock->by_id[i] != NULL)
			resolve_unreachable(sock->by_id[i]);
}

/* Whose answer may this be? NULL: nobody's. */
static struct resolve *whose(const struct udpsock *sock, const uint8_t *packet, size_t len)
{
	struct resolve *q;
	uint16_t id;

	if (len < 2)
		return NULL;
	id = (uint16_t)(packet[0] << 8 | packet[1]);
	q = sock->by_id[id & (sock->n_ids - 1)];
	return q != NULL && q->id == id ? q : NULL;
}

/* Returns how many packets there were; -1: nobody listens there. */
static int read_some(struct udpsock *sock)
{
	struct upstreams *ups = sock->up->all;
	struct mmsghdr messages[READ_AT_ONCE] = { 0 };
	struct iovec parts[READ_AT_ONCE];
	int n;

	for (unsigned i = 0; i < READ_AT_ONCE; i++) {
		parts[i] = (struct iovec){ ups->in[i], sizeof ups->in[i] };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	n = recvmmsg(sock->fd, messages, sock->n_ids == 1 ? 1 : READ_AT_ONCE, MSG_DONTWAIT, NULL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	for (int i = 0; i < n; i++) {
		struct resolve *q = whose(sock, ups->in[i], messages[i].msg_len);

		if (q != NULL && (messages[i].msg_hdr.msg_flags & MSG_TRUNC) == 0)
			resolve_packet(q, ups->in[i], messages[i].msg_len, false);
	}
	return n;
}

static void on_readable(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct udpsock *sock = io->data;
	int n, limit = sock->n_ids == 1 ? 1 : READ_AT_ONCE;

	(void)loop;
	(void)events;
	sock->reading = true;
	for (int i = 0; i < READS_A_WAKE; i++) {
		n = read_some(sock);
		if (n < 0)
			all_unreachable(sock);
		if (n < limit || sock->waiting == 0)
			break;
	}
	sock->reading = false;
	sock_close_if_done(sock);
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

static void on_before_wait(struct ev_loop *loop, struct ev_prepare *prepare, int events)
{
	struct upstreams *ups = prepare->data;

	(void)loop;
	(void)events;
	if (ups->n_group > 0)
		flush(ups);
}

/* Returns how many are left. */
static unsigned retire_old(struct upstream *up, struct monotime now)
{
	unsigned left = 0;

	for (unsigned i = 0; i < SHARED_SOCKETS; i++) {
		if (up->shared[i] != NULL && sock_is_old(up->shared[i], now)) {
			sock_retire(up->shared[i]);
			up->shared[i] = NULL;
		}
		left += up->shared[i] != NULL;
	}
	return left;
}

/* Old sockets go, and servers of earlier configurations with them. Nothing runs while there is nothing to do. */
static void on_sweep(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct upstreams *ups = timer->data;
	struct monotime now = monotime_now();
	struct upstream **place = &ups->first;
	unsigned left = 0;

	(void)events;
	while (*place != NULL) {
		struct upstream *up = *place;

		left += retire_old(up, now);
		if (up->users == 0 && up->silent < SILENT_MAX) {
			*place = up->next;
			free(up);
		} else {
			place = &up->next;
		}
	}
	if (left == 0)
		ev_timer_stop(loop, timer);
}

struct upstreams *upstreams_new(struct ev_loop *loop)
{
	struct upstreams *ups = calloc(1, sizeof *ups);

	if (ups == NULL)
		return NULL;
	ups->loop = loop;
	ev_prepare_init(&ups->before_wait, on_before_wait);
	ups->before_wait.data = ups;
	ev_prepare_start(loop, &ups->before_wait);
	ev_timer_init(&ups->sweep, on_sweep, 0., SWEEP_S);
	ups->sweep.data = ups;
	return ups;
}

void upstreams_free(struct upstreams **ups)
{
	struct upstreams *u = *ups;

	*ups = NULL;
	if (u == NULL)
		return;
	ev_prepare_stop(u->loop, &u->before_wait);
	ev_timer_stop(u->loop, &u->sweep);
	while (u->first != NULL) {
		struct upstream *up = u->first;

		u->first = up->next;
		for (unsigned i = 0; i < SHARED_SOCKETS; i++)
			if (up->shared[i] != NULL)
				sock_close(up->shared[i]);
		free(up);
	}
	free(u);
}
