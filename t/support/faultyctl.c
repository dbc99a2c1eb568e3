/* Commands of the control socket, one row each. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "t/support/faultyctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_WAIT_S 10

struct client {
	struct client *next;
	struct faultyctl *ctl;
	ev_io io;
	size_t len;
	char line[ZONESCRIPT_LINE_BYTES];
};

struct faultyctl {
	struct faultyserver *server;
	ev_io io;
	struct client *clients;
	char path[108];
};

/* Commands: each prints its answer, without a line end, to `out`. */

static void finish(FILE *out, bool good, const char *error)
{
	if (good)
		fputs("ok", out);
	else
		fprintf(out, "error: %s", error);
}

/* count | count NAME [TYPE] | count .ZONE [TYPE] | count *.ZONE [TYPE] */
static void cmd_count(struct faultyserver *server, char *args, FILE *out)
{
	char *rest, *text = strtok_r(args, " ", &rest), *type_text = strtok_r(NULL, " ", &rest);
	struct dnsname name;
	uint16_t type = 0;
	if (text == NULL) {
		fprintf(out, "%llu", (unsigned long long)querycount_total(server->counts));
		return;
	}
	bool below = text[0] == '.' || strncmp(text, "*.", 2) == 0;
	if (below)
		text += text[0] == '.' ? 1 : 2;
	if (type_text != NULL && !zonescript_type(type_text, &type))
		finish(out, false, "there is no such type");
	else if (!dnsname_parse(text, &name))
		finish(out, false, "this is no domain name");
	else
		fprintf(out, "%llu", (unsigned long long)querycount_of(server->counts, &name, below, type));
}

static void cmd_reset(struct faultyserver *server, char *args, FILE *out)
{
	(void)args;
	querycount_reset(server->counts);
	server->held_max = server->held_now;
	server->unreadable = 0;
	fputs("ok", out);
}

static void cmd_reload(struct faultyserver *server, char *args, FILE *out)
{
	char error[ZONESCRIPT_ERROR_BYTES];
	(void)args;
	finish(out, faultyserver_reload(server, error), error);
}

static void cmd_set(struct faultyserver *server, char *args, FILE *out)
{
	char error[ZONESCRIPT_ERROR_BYTES];
	finish(out, zonescript_set(&server->script, args, error), error);
}

static void cmd_add(struct faultyserver *server, char *args, FILE *out)
{
	char error[ZONESCRIPT_ERROR_BYTES];
	finish(out, zonescript_line(&server->script, args, error), error);
}

static void cmd_del(struct faultyserver *server, char *args, FILE *out)
{
	struct dnsname name;
	struct node *node = NULL;
	if (dnsname_parse(args, &name))
		node = zonedb_node(server->db, &name);
	if (node != NULL)
		zonedb_wipe(node);
	finish(out, node != NULL, "this is no domain name");
}

static void cmd_max(struct faultyserver *server, char *args, FILE *out)
{
	(void)args;
	fprintf(out, "%zu", server->held_max);
}

static void cmd_held(struct faultyserver *server, char *args, FILE *out)
{
	(void)args;
	fprintf(out, "%zu", server->held_now);
}

static void cmd_tcp(struct faultyserver *server, char *args, FILE *out)
{
	(void)args;
	fprintf(out, "%llu", (unsigned long long)querycount_tcp(server->counts));
}

static void cmd_ports(struct faultyserver *server, char *args, FILE *out)
{
	(void)args;
	fprintf(out, "%u %u", querycount_ports(server->counts), querycount_ids(server->counts));
}

static void cmd_unreadable(struct faultyserver *server, char *args, FILE *out)
{
	(void)args;
	fprintf(out, "%llu", (unsigned long long)server->unreadable);
}

static void cmd_names(struct faultyserver *server, char *args, FILE *out)
{
	(void)args;
	querycount_print(server->counts, out, "; ");
}

static const struct {
	const char *name;
	void (*run)(struct faultyserver *, char *args, FILE *out);
} commands[] = {
	{"count", cmd_count}, {"reset", cmd_reset}, {"reload", cmd_reload}, {"set", cmd_set},
	{"add", cmd_add},     {"del", cmd_del},	    {"max", cmd_max},	    {"held", cmd_held},
	{"tcp", cmd_tcp},     {"ports", cmd_ports}, {"names", cmd_names},   {"unreadable", cmd_unreadable},
};

static void obey(struct faultyserver *server, char *line, FILE *out)
{
	size_t len = strcspn(line, " ");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strlen(commands[i].name) == len && strncmp(line, commands[i].name, len) == 0) {
			commands[i].run(server, line + len + strspn(line + len, " "), out);
			return;
		}
	finish(out, false, "there is no such command");
}

/* The server's side of the socket */

static bool send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		data += sent;
		len -= (size_t)sent;
	}
	return true;
}

static void client_free(struct client *client)
{
	struct client **link = &client->ctl->clients;
	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	ev_io_stop(client->ctl->server->loop, &client->io);
	close(client->io.fd);
	free(client);
}

static bool answer_line(struct client *client, char *line)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	if (out == NULL)
		return false;
	obey(client->ctl->server, line, out);
	fputc('\n', out);
	fclose(out);
	bool sent = send_all(client->io.fd, text, len);
	free(text);
	return sent;
}

static void on_client(struct ev_loop *loop, ev_io *io, int events)
{
	struct client *client = io->data;
	(void)loop;
	(void)events;
	ssize_t got = recv(io->fd, client->line + client->len, sizeof(client->line) - client->len - 1, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0)
		return client_free(client); /* also when a line is longer than the buffer */
	client->len += (size_t)got;
	client->line[client->len] = '\0';
	char *start = client->line;
	for (char *end; (end = strchr(start, '\n')) != NULL; start = end + 1) {
		*end = '\0';
		if (!answer_line(client, start))
			return client_free(client);
	}
	client->len -= (size_t)(start - client->line);
	memmove(client->line, start, client->len);
}

static void on_accept(struct ev_loop *loop, ev_io *io, int events)
{
	struct faultyctl *ctl = io->data;
	const struct timeval wait = {.tv_sec = ANSWER_WAIT_S};
	int fd = accept4(io->fd, NULL, NULL, SOCK_CLOEXEC);
	(void)events;
	if (fd < 0)
		return;
	struct client *client = calloc(1, sizeof(*client));
	if (client == NULL) {
		close(fd);
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)); /* who asks and does not read is cut off */
	client->ctl = ctl;
	client->next = ctl->clients;
	ctl->clients = client;
	ev_io_init(&client->io, on_client, fd, EV_READ);
	client->io.data = client;
	ev_io_start(loop, &client->io);
}

static int unix_socket(const char *path, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address->sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address->sun_path, path);
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void unlink_stale(const char *path)
{
	struct sockaddr_un address;
	int fd = unix_socket(path, &address);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 && errno == ECONNREFUSED)
		unlink(path);
	close(fd);
}

struct faultyctl *faultyctl_new(struct faultyserver *server, const char *path, char error[ZONESCRIPT_ERROR_BYTES])
{
	struct sockaddr_un address;
	unlink_stale(path);
	int fd = unix_socket(path, &address);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 64) != 0) {
		snprintf(error, ZONESCRIPT_ERROR_BYTES, "%.120s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	struct faultyctl *ctl = calloc(1, sizeof(*ctl));
	if (ctl == NULL) {
		close(fd);
		return NULL;
	}
	ctl->server = server;
	strcpy(ctl->path, path);
	ev_io_init(&ctl->io, on_accept, fd, EV_READ);
	ctl->io.data = ctl;
	ev_io_start(server->loop, &ctl->io);
	return ctl;
}

void faultyctl_free(struct faultyctl **ctl)
{
	if (*ctl == NULL)
		return;
	while ((*ctl)->clients != NULL)
		client_free((*ctl)->clients);
	ev_io_stop((*ctl)->server->loop, &(*ctl)->io);
	close((*ctl)->io.fd);
	unlink((*ctl)->path);
	free(*ctl);
	*ctl = NULL;
}

/* The client's side */

/* Sends one command and prints its answer. 0: good; 1: an error was the answer; 2: none came. */
static int ask_one(int fd, FILE *answers, const char *command)
{
	char *answer = NULL;
	size_t room = 0;
	if (!send_all(fd, command, strcspn(command, "\n")) || !send_all(fd, "\n", 1) ||
	    getline(&answer, &room, answers) < 0) {
		fprintf(stderr, "faultydns: no answer\n");
		free(answer);
		return 2;
	}
	fputs(answer, stdout);
	int result = strncmp(answer, "error", 5) == 0;
	free(answer);
	return result;
}

int faultyctl_ask(const char *path, char *const commands_given[], int count)
{
	struct sockaddr_un address;
	const struct timeval wait = {.tv_sec = ANSWER_WAIT_S};
	int fd = unix_socket(path, &address), worst = 0;
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		fprintf(stderr, "faultydns: %s: %s\n", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return 2;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	FILE *answers = fdopen(fd, "r");
	char *line = NULL;
	size_t room = 0;
	for (int i = 0; i < count && worst < 2; i++) {
		int result = ask_one(fd, answers, commands_given[i]);
		worst = result > worst ? result : worst;
	}
	while (count == 0 && worst < 2 && getline(&line, &room, stdin) > 0) {
		int result = ask_one(fd, answers, line);
		worst = result > worst ? result : worst;
	}
	free(line);
	fclose(answers);
	return worst;
}
