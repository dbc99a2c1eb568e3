/* control: the administrator's socket.
 * One thread takes connections, one each serves them; they share the table of peers, and nothing else. When all places are
 * taken, the peer that has kept us waiting longest gives way: who only holds a place keeps nobody out. */
#include "milter/control.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/monotime.h"
#include "common/thread.h"
#include "milter/listener.h"
#include "milter/request.h"

enum {
	IDLE_MS = 60 * 1000,         /* between requests */
	REQUEST_MS = 10 * 1000,      /* from a request's first byte to its last */
	ANSWER_MS = 600 * 1000,      /* an answer: somebody may read it page by page */
	GRACE_MS = 1000,             /* a peer's, before it has to give way */
	PLACE_MS = 2000,             /* a newcomer's, for a place */
	LOOK_MS = 50,                /* between looks for one */
	CLOSE_MS = 12 * 1000,        /* for requests under way at the end: the longest wait for the DNS, and some */
	OUT_BYTES = 32 << 10,
};

struct peer {
	struct control *control;
	int fd;                      /* -1: this place is free */
	/* what came and was not used yet */
	char *in;
	size_t n_in;
	/* what is to go */
	char *out;
	size_t n_out;
	struct monotime answer_by;
	bool lost;                   /* nobody takes the answer */
	/* for who looks for a place */
	atomic_bool waits;           /* the peer is to move: to ask, or to take its answer */
	_Atomic int64_t since_us;    /* when it came, or asked last */
	bool leaving;                /* it has been sent away: guarded by control->mutex */
};

struct control {
	struct service *service;
	struct listener listener;
	pthread_t thread;
	bool running;                /* the thread */
	int wake;                    /* an eventfd that ends it */
	pthread_mutex_t mutex;       /* guards what follows */
	pthread_cond_t left;         /* a peer did */
	struct peer peers[CONTROL_PEERS_MAX];
	size_t n_peers;
	bool stop;
};

/* --- reading and writing ------------------------------------------------------------------------------------------ */

static int left_ms(struct monotime until)
{
	int64_t us = monotime_between(monotime_now(), until);

	return us <= 0 ? 0 : (int)(us / 1000) + 1;
}

/* Waits for the event. False: not in time, or the peer has gone. */
static bool ready(struct peer *peer, short event, struct monotime until)
{
	struct pollfd poll_fd = { .fd = peer->fd, .events = event };
	int n;

	atomic_store(&peer->waits, true);
	do
		n = poll(&poll_fd, 1, left_ms(until));
	while (n < 0 && errno == EINTR);
	atomic_store(&peer->waits, false);
	return n == 1 && (poll_fd.revents & (event | POLLHUP)) != 0;
}

static bool send_all(struct peer *peer, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(peer->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent > 0) {
			bytes += sent;
			n -= (size_t)sent;
		} else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
			return false;
		}
		if (monotime_reached(monotime_now(), peer->answer_by))
			return false;
		if (n > 0 && !ready(peer, POLLOUT, peer->answer_by))
			return false;
	}
	return true;
}

static void flush(struct peer *peer)
{
	peer->lost |= !peer->lost && !send_all(peer, peer->out, peer->n_out);
	peer->n_out = 0;
}

/* For json_dump_callback(). */
static int put(const char *bytes, size_t n, void *ctx)
{
	struct peer *peer = ctx;

	if (peer->n_out + n > OUT_BYTES)
		flush(peer);
	if (n > OUT_BYTES) {
		peer->lost |= !peer->lost && !send_all(peer, bytes, n);
	} else if (!peer->lost) {
		memcpy(peer->out + peer->n_out, bytes, n);
		peer->n_out += n;
	}
	return peer->lost ? -1 : 0;
}

/* Takes the line over. */
static void put_line(struct peer *peer, json_t *line)
{
	if (line == NULL || json_dump_callback(line, put, peer, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(9)) != 0)
		peer->lost = true;           /* half a line is worse than none */
	put("\n", 1, peer);
	json_decref(line);
}

static bool put_item(void *ctx, json_t *item)
{
	struct peer *peer = ctx;

	put_line(peer, json_pack("{s:o?}", "item", item));
	return !peer->lost;
}

static void put_end(struct peer *peer, struct request_end *end)
{
	put_line(peer, json_pack("{s:i, s:o*, s:s*}", "status", (int)end->status, "result", end->result, "error",
				 end->error.text[0] != '\0' ? end->error.text : NULL));
	flush(peer);
}

/* Reads until `n` bytes are there. */
static bool read_until(struct peer *peer, size_t n, struct monotime until)
{
	while (peer->n_in < n) {
		ssize_t got;

		if (!ready(peer, POLLIN, until))
			return false;
		got = recv(peer->fd, peer->in + peer->n_in, n - peer->n_in, MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		peer->n_in += got > 0 ? (size_t)got : 0;
	}
	return true;
}

/* Reads a line, which stays in `in`. Returns its length with the line feed; 0: there is none, and `why` says so
 * where the peer may still hear it. */
static size_t read_line(struct peer *peer, const char **why)
{
	struct monotime until = monotime_add(monotime_now(), IDLE_MS * 1000ll);
	bool begun = false;

	*why = NULL;
	for (;;) {
		const char *end = memchr(peer->in, '\n', peer->n_in);
		ssize_t got;

		if (end != NULL)
			return (size_t)(end + 1 - peer->in);
		if (peer->n_in >= CONTROL_LINE_BYTES) {
			*why = "the request is too long";
			return 0;
		}
		if (peer->n_in > 0 && !begun) {
			begun = true;
			until = monotime_add(monotime_now(), REQUEST_MS * 1000ll);
		}
		if (!ready(peer, POLLIN, until)) {
			*why = begun ? "the request did not come to its end in time" : NULL;
			return 0;
		}
		got = recv(peer->fd, peer->in + peer->n_in, CONTROL_LINE_BYTES - peer->n_in, MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
			return 0;
		peer->n_in += got > 0 ? (size_t)got : 0;
	}
}

/* --- a peer ------------------------------------------------------------------------------------------------------- */

static void refuse_line(struct peer *peer, const char *why)
{
	struct request_end end = { .status = REQUEST_USAGE };

	errmsg_set(&end.error, "%s", why);
	put_end(peer, &end);
}

/* Room for what follows the line, behind it. False: `why` says it. */
static bool read_payload(struct peer *peer, size_t line, size_t n, const char **why)
{
	char *bigger;

	if (n > CONTROL_PAYLOAD_BYTES) {
		*why = "the payload is too long";
		return false;
	}
	bigger = realloc(peer->in, (line + n > CONTROL_LINE_BYTES ? line + n : CONTROL_LINE_BYTES));
	if (bigger == NULL) {
		*why = "out of memory";
		return false;
	}
	peer->in = bigger;
	*why = "the payload did not come in time";
	return read_until(peer, line + n, monotime_add(monotime_now(), REQUEST_MS * 1000ll));
}

static size_t payload_of(const json_t *args)
{
	json_int_t n = json_integer_value(json_object_get(args, "payload"));

	return n < 0 ? 0 : n > CONTROL_PAYLOAD_BYTES ? CONTROL_PAYLOAD_BYTES + 1 : (size_t)n;
}

/* Room for a line again: a large payload shall not stay for as long as its peer does. */
static void shrink(struct peer *peer, size_t used)
{
	char *smaller;

	memmove(peer->in, peer->in + used, peer->n_in - used);
	peer->n_in -= used;
	if (used <= CONTROL_LINE_BYTES)
		return;
	smaller = realloc(peer->in, CONTROL_LINE_BYTES);
	if (smaller != NULL)
		peer->in = smaller;
}

/* False: the peer is not to be listened to any longer. */
static bool serve_one(struct peer *peer)
{
	const char *why;
	size_t line = read_line(peer, &why), n;
	struct request request = { .service = peer->control->service, .sink = { put_item, peer } };
	struct request_end end;
	json_t *args;

	peer->answer_by = monotime_add(monotime_now(), ANSWER_MS * 1000ll);
	if (line == 0) {
		if (why != NULL)
			refuse_line(peer, why);
		return false;
	}
	atomic_store(&peer->since_us, monotime_now().us);
	args = json_loadb(peer->in, line - 1, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(args)) {
		json_decref(args);
		refuse_line(peer, "a request is a JSON object on a line");
		return false;
	}
	n = payload_of(args);
	if (n > 0 && !read_payload(peer, line, n, &why)) {
		json_decref(args);
		refuse_line(peer, why);
		return false;
	}
	request.args = args;
	request.payload = n > 0 ? peer->in + line : NULL;
	request.payload_bytes = n;
	request_answer(&request, &end);
	put_end(peer, &end);
	json_decref(args);
	shrink(peer, line + n);
	return !peer->lost;
}

static bool is_stopped(struct control *control)
{
	bool stop;

	pthread_mutex_lock(&control->mutex);
	stop = control->stop;
	pthread_mutex_unlock(&control->mutex);
	return stop;
}

static void *serve(void *arg)
{
	struct peer *peer = arg;
	struct control *control = peer->control;

	peer->in = malloc(CONTROL_LINE_BYTES);
	peer->out = malloc(OUT_BYTES);
	while (peer->in != NULL && peer->out != NULL && !is_stopped(control) && serve_one(peer))
		;
	free(peer->in);
	free(peer->out);
	pthread_mutex_lock(&control->mutex);
	close(peer->fd);
	peer->fd = -1;
	control->n_peers--;
	pthread_cond_signal(&control->left);
	pthread_mutex_unlock(&control->mutex);
	return NULL;
}

/* --- taking connections ------------------------------------------------------------------------------------------- */

/* NULL: there are too many. */
static struct peer *seat(struct control *control, int fd)
{
	for (size_t i = 0; i < CONTROL_PEERS_MAX; i++) {
		struct peer *peer = &control->peers[i];

		if (peer->fd >= 0)
			continue;
		*peer = (struct peer){ .control = control, .fd = fd, .since_us = monotime_now().us };
		control->n_peers++;
		return peer;
	}
	return NULL;
}

/* Who has kept us waiting longest; NULL: all are at work, or have just come. */
static struct peer *idlest(struct control *control)
{
	int64_t latest_us = monotime_now().us - GRACE_MS * 1000ll;
	struct peer *found = NULL;

	for (size_t i = 0; i < CONTROL_PEERS_MAX; i++) {
		struct peer *peer = &control->peers[i];
		int64_t since_us = atomic_load(&peer->since_us);

		if (peer->fd < 0 || peer->leaving || !atomic_load(&peer->waits) || since_us > latest_us)
			continue;
		latest_us = since_us;
		found = peer;
	}
	return found;
}

/* Where all places are taken, waits a little for one: somebody leaves, or has kept us waiting and gives way. The mutex is held
 * at the beginning and at the end. */
static void wait_for_place(struct control *control)
{
	struct monotime until = monotime_add(monotime_now(), PLACE_MS * 1000ll);

	while (control->n_peers == CONTROL_PEERS_MAX && !control->stop && !monotime_reached(monotime_now(), until)) {
		struct timespec soon = monotime_timespec(monotime_add(monotime_now(), LOOK_MS * 1000ll));
		struct peer *peer = idlest(control);

		if (peer != NULL) {
			peer->leaving = true;
			shutdown(peer->fd, SHUT_RDWR);
		}
		pthread_cond_timedwait(&control->left, &control->mutex, &soon);
	}
}

static bool welcome(struct control *control, int fd)
{
	struct peer *peer;
	pthread_t thread;
	bool started = false;

	pthread_mutex_lock(&control->mutex);
	wait_for_place(control);
	peer = control->stop ? NULL : seat(control, fd);
	if (peer != NULL) {
		started = thread_start(&thread, serve, peer) == 0;
		if (started)
			pthread_detach(thread);
		else
			control->n_peers--, peer->fd = -1;
	}
	pthread_mutex_unlock(&control->mutex);
	return started;
}

static void turn_away(int fd)
{
	static const char sorry[] = "{\"status\":3,\"error\":\"too many connections to the daemon's control socket\"}\n";

	(void)!send(fd, sorry, sizeof sorry - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

/* Nothing to wait for on the socket, and yet no connection: give others time to return their descriptors. */
static void take_connection(struct control *control)
{
	const struct timespec pause = { .tv_nsec = 100 * 1000000l };
	int fd = accept4(control->listener.fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0) {
		if (errno != EINTR && errno != ECONNABORTED && errno != EAGAIN)
			nanosleep(&pause, NULL);
		return;
	}
	if (!welcome(control, fd))
		turn_away(fd);
}

static void *run(void *arg)
{
	struct control *control = arg;

	for (;;) {
		struct pollfd fds[] = { { .fd = control->wake, .events = POLLIN },
					{ .fd = control->listener.fd, .events = POLLIN } };

		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents != 0)
			return NULL;
		if (fds[1].revents != 0)
			take_connection(control);
	}
}

/* --- life --------------------------------------------------------------------------------------------------------- */

/* Makes the last directory of the path, for the user as whom we shall run. What goes wrong, bind() will tell. */
static void make_directory(const char *socket, const char *user)
{
	char dir[sizeof ((struct sockaddr_un *)0)->sun_path];
	const char *slash = strrchr(socket, '/');
	const struct passwd *owner;

	if (slash == NULL || slash == socket)
		return;
	snprintf(dir, sizeof dir, "%.*s", (int)(slash - socket), socket);
	if (mkdir(dir, 0755) != 0 || user[0] == '\0')
		return;
	owner = getpwnam(user);
	if (owner != NULL)
		(void)!lchown(dir, owner->pw_uid, owner->pw_gid);
}

/* Everything but the socket's own part. */
static struct control *control_new(void)
{
	struct control *control = calloc(1, sizeof *control);
	pthread_condattr_t attr;

	if (control == NULL)
		return NULL;
	control->wake = eventfd(0, EFD_CLOEXEC);
	control->listener.fd = -1;
	for (size_t i = 0; i < CONTROL_PEERS_MAX; i++)
		control->peers[i].fd = -1;
	pthread_mutex_init(&control->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&control->left, &attr);
	pthread_condattr_destroy(&attr);
	return control;
}

static void give_back(struct control *control)
{
	if (control->wake >= 0)
		close(control->wake);
	pthread_cond_destroy(&control->left);
	pthread_mutex_destroy(&control->mutex);
	free(control);
}

struct control *control_open(const struct control_settings *settings, const char *user, struct errmsg *err)
{
	struct control *control;
	char spec[sizeof "unix:" + sizeof ((struct sockaddr_un *)0)->sun_path];

	err->text[0] = '\0';
	if (settings->socket[0] == '\0')
		return NULL;
	control = control_new();
	if (control == NULL || control->wake < 0) {
		errmsg_set(err, "out of memory or descriptors");
		if (control != NULL)
			give_back(control);
		return NULL;
	}
	make_directory(settings->socket, user);
	snprintf(spec, sizeof spec, "unix:%s", settings->socket);
	if (listener_open(&control->listener, spec, settings->mode, settings->group, err))
		return control;
	give_back(control);
	return NULL;
}

bool control_start(struct control *control, struct service *service, struct errmsg *err)
{
	int status;

	control->service = service;
	status = thread_start(&control->thread, run, control);
	control->running = status == 0;
	if (!control->running)
		errmsg_set(err, "the thread of the control socket cannot be started: %s", strerror(status));
	return control->running;
}

/* Wakes those who read or write; who waits for the DNS or the disk comes back by himself. False: not in time. */
static bool dismiss_peers(struct control *control)
{
	struct timespec until = monotime_timespec(monotime_add(monotime_now(), CLOSE_MS * 1000ll));
	int timed_out = 0;
	bool all;

	pthread_mutex_lock(&control->mutex);
	control->stop = true;
	for (size_t i = 0; i < CONTROL_PEERS_MAX; i++)
		if (control->peers[i].fd >= 0)
			shutdown(control->peers[i].fd, SHUT_RDWR);
	while (control->n_peers > 0 && timed_out == 0)
		timed_out = pthread_cond_timedwait(&control->left, &control->mutex, &until);
	all = control->n_peers == 0;
	pthread_mutex_unlock(&control->mutex);
	return all;
}

bool control_close(struct control **control)
{
	struct control *c = *control;

	*control = NULL;
	if (c == NULL)
		return true;
	if (c->running) {
		(void)!write(c->wake, &(uint64_t){ 1 }, sizeof(uint64_t));
		pthread_join(c->thread, NULL);
	}
	close(c->listener.fd);
	listener_remove(&c->listener);
	if (!dismiss_peers(c))
		return false;
	give_back(c);
	return true;
}
