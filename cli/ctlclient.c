/* ctlclient: talks to the daemon's control socket.
 * The daemon is trusted no further than anybody else: lines have a limit, and so has every wait. */
#include "cli/ctlclient.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/ruleset.h"
#include "config/textfile.h"

enum {
	PATIENCE_MS = 40 * 1000,     /* without a byte; a reload may take 30 seconds */
	SEND_PATIENCE_S = 10,        /* the daemon wants to have a request by then */
	LINE_BYTES_MAX = 64 << 20,
	FIRST_LINE_BYTES = 16 << 10,
	EXIT_STATUS_MAX = 255,
};

/* The file as JSON; NULL: `why` says it. A file with faults still says where the daemon is that runs on an earlier one. */
static json_t *read_file(const char *path, struct errmsg *why)
{
	size_t len;
	char *text = textfile_read(path, &len, why);
	json_t *file;

	if (text == NULL)
		return NULL;
	file = json_loadb(text, len, 0, NULL);
	free(text);
	if (file == NULL)
		errmsg_set(why, "the file is not JSON: see \"rblctl config check\"");
	return file;
}

/* Whoever names a file means the daemon of that file, and not the one of the default. */
const char *ctlclient_socket(const struct cli *cli, char *buf, size_t buf_bytes, struct errmsg *why)
{
	const char *socket;
	json_t *file;

	why->text[0] = '\0';
	if (cli->socket != NULL)
		return strncmp(cli->socket, "unix:", 5) == 0 ? cli->socket + 5 : cli->socket;
	file = read_file(cli->config, why);
	if (file == NULL && cli->config_named)
		return NULL;
	socket = json_string_value(json_object_get(json_object_get(file, "control"), "socket"));
	snprintf(buf, buf_bytes, "%s", socket != NULL ? socket : CONTROL_SOCKET);
	json_decref(file);
	return buf;
}

/* What errno says; of a wait that was too long it says little. */
static const char *why_not(void)
{
	return errno == EAGAIN ? "not in time" : strerror(errno);
}

/* -1: `end` says why. */
static int connect_to(const char *path, struct ctl_end *end)
{
	const struct timeval patience = { .tv_sec = SEND_PATIENCE_S };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	if (path[0] == '\0') {
		errmsg_set(&end->error, "the daemon has no control socket: see \"control\" in rbl-milter.json(5)");
		return -1;
	}
	if (strlen(path) >= sizeof addr.sun_path) {
		errmsg_set(&end->error, "the path of the control socket is too long");
		return -1;
	}
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
	    connect(fd, (const struct sockaddr *)&addr, sizeof addr) == 0)
		return fd;
	errmsg_set(&end->error, "the daemon does not answer on %s: %s", path, why_not());
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool send_bytes(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		bytes += sent;
		n -= (size_t)sent;
	}
	return true;
}

static bool send_request(int fd, struct ctl_request *request)
{
	char *line;
	bool sent;

	json_object_set_new(request->args, "version", json_integer(1));
	if (request->payload != NULL)
		json_object_set_new(request->args, "payload", json_integer((json_int_t)request->payload_bytes));
	line = json_dumps(request->args, JSON_COMPACT | JSON_ENSURE_ASCII);
	sent = line != NULL && send_bytes(fd, line, strlen(line)) && send_bytes(fd, "\n", 1) &&
	       (request->payload == NULL || send_bytes(fd, request->payload, request->payload_bytes));
	free(line);
	return sent;
}

/* What has come: bytes [from, n) were not read yet. */
struct incoming {
	int fd;
	char *buf;
	size_t from, n, room;
	bool late;                   /* nothing came in time */
};

static bool has_byte(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int n;

	do
		n = poll(&poll_fd, 1, PATIENCE_MS);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

/* More of the line. False: there is no more, no room, or no patience. */
static bool receive(struct incoming *in)
{
	ssize_t got;

	memmove(in->buf, in->buf + in->from, in->n - in->from);
	in->n -= in->from;
	in->from = 0;
	if (in->n == in->room) {
		size_t room = in->room * 2;
		char *bigger = room <= LINE_BYTES_MAX ? realloc(in->buf, room) : NULL;

		if (bigger == NULL)
			return false;
		in->buf = bigger;
		in->room = room;
	}
	in->late = !has_byte(in->fd);
	if (in->late)
		return false;
	got = recv(in->fd, in->buf + in->n, in->room - in->n, 0);
	if (got <= 0)
		return false;
	in->n += (size_t)got;
	return true;
}

/* The next line as JSON. NULL: there is none. */
static json_t *next_line(struct incoming *in)
{
	size_t looked = 0;

	for (;;) {
		char *start = in->buf + in->from;
		char *end = memchr(start + looked, '\n', in->n - in->from - looked);

		if (end != NULL) {
			in->from += (size_t)(end + 1 - start);
			return json_loadb(start, (size_t)(end - start), 0, NULL);
		}
		looked = in->n - in->from;
		if (!receive(in))
			return NULL;
	}
}

/* True: it was the last line. */
static bool take_line(struct ctl_request *request, const json_t *line, struct ctl_end *end, bool *enough)
{
	const json_t *item = json_object_get(line, "item"), *status = json_object_get(line, "status");

	if (item != NULL) {
		*enough = request->item != NULL && !request->item(request->ctx, item);
		return false;
	}
	if (!json_is_integer(status) || json_integer_value(status) < 0 || json_integer_value(status) > EXIT_STATUS_MAX)
		return false;
	end->status = (int)json_integer_value(status);
	end->result = json_incref(json_object_get(line, "result"));
	if (json_is_string(json_object_get(line, "error")))
		errmsg_set(&end->error, "%s", json_string_value(json_object_get(line, "error")));
	return true;
}

static void read_answer(int fd, struct ctl_request *request, struct ctl_end *end)
{
	struct incoming in = { .fd = fd, .buf = malloc(FIRST_LINE_BYTES), .room = FIRST_LINE_BYTES };
	bool over = false, enough = false;

	while (in.buf != NULL && !over && !enough) {
		json_t *line = next_line(&in);

		if (line == NULL)
			break;
		over = take_line(request, line, end, &enough);
		json_decref(line);
	}
	free(in.buf);
	if (enough)
		end->status = CLI_OK;
	else if (!over)
		errmsg_set(&end->error, in.late ? "the daemon's answer did not come in time" : "the daemon's answer broke off");
}

/* -1: `end` says why. */
static int connect_as_configured(const struct cli *cli, struct ctl_end *end)
{
	char buf[sizeof ((struct sockaddr_un *)0)->sun_path + 1];
	struct errmsg why;
	const char *path = ctlclient_socket(cli, buf, sizeof buf, &why);
	int fd;

	*end = (struct ctl_end){ .status = path != NULL ? CLI_NO_DAEMON : CLI_FAULTY };
	if (path == NULL) {
		errmsg_set(&end->error, "%.100s does not say where the daemon is: %s", cli->config, why.text);
		return -1;
	}
	fd = connect_to(path, end);
	if (fd < 0 && why.text[0] != '\0')
		errmsg_set(&end->error, "%s (%.60s: %s)", end->error.text, cli->config, why.text);
	return fd;
}

void ctlclient_ask(struct cli *cli, struct ctl_request *request, struct ctl_end *end)
{
	int fd = connect_as_configured(cli, end);

	if (fd >= 0) {
		end->reached = true;
		/* Where it broke off, the daemon may have said why. */
		if (!send_request(fd, request) && errno != EPIPE && errno != ECONNRESET)
			errmsg_set(&end->error, "the daemon does not take the request: %s", why_not());
		else
			read_answer(fd, request, end);
		close(fd);
	}
	json_decref(request->args);
	request->args = NULL;
}
