/* The wire form of the milter protocol. Numbers are in network order. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "t/support/milterproto.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Writing */

static void need(struct milter_buffer *out, size_t more)
{
	if (out->len + more <= out->room)
		return;
	size_t room = out->room * 2 + more + 1024;
	out->data = realloc(out->data, room);
	if (out->data == NULL)
		abort();
	out->room = room;
}

void milterproto_put(struct milter_buffer *out, const void *data, size_t len)
{
	need(out, len);
	if (len > 0)
		memcpy(out->data + out->len, data, len);
	out->len += len;
}

static void put_u32(struct milter_buffer *out, uint32_t value)
{
	const uint32_t net = htonl(value);
	milterproto_put(out, &net, sizeof(net));
}

void milterproto_begin(struct milter_buffer *out, enum milter_command command)
{
	const char letter = (char)command;
	out->packet = out->len;
	put_u32(out, 0);
	milterproto_put(out, &letter, 1);
}

void milterproto_string(struct milter_buffer *out, const char *text)
{
	milterproto_put(out, text, strlen(text) + 1);
}

void milterproto_end(struct milter_buffer *out)
{
	const uint32_t net = htonl((uint32_t)(out->len - out->packet - 4));
	memcpy(out->data + out->packet, &net, sizeof(net));
}

void milterproto_offer(struct milter_buffer *out, uint32_t version, uint32_t actions, uint32_t steps)
{
	milterproto_begin(out, MILTER_OPTIONS);
	put_u32(out, version);
	put_u32(out, actions);
	put_u32(out, steps);
	milterproto_end(out);
}

void milterproto_connect(struct milter_buffer *out, const char *host, char family, uint16_t port, const char *address)
{
	const uint16_t net = htons(port);
	milterproto_begin(out, MILTER_CONNECT);
	milterproto_string(out, host);
	milterproto_put(out, &family, 1);
	if (family != 'U') {
		milterproto_put(out, &net, sizeof(net));
		milterproto_string(out, address);
	}
	milterproto_end(out);
}

void milterproto_strings(struct milter_buffer *out, enum milter_command command, const char *first, const char *second)
{
	milterproto_begin(out, command);
	if (first != NULL)
		milterproto_string(out, first);
	if (second != NULL)
		milterproto_string(out, second);
	milterproto_end(out);
}

void milterproto_envelope(struct milter_buffer *out, enum milter_command command, const char *address, const char *args)
{
	milterproto_begin(out, command);
	milterproto_string(out, address);
	for (const char *p = args + strspn(args, " "); *p != '\0'; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");
		milterproto_put(out, p, len);
		milterproto_put(out, "", 1);
		p += len;
	}
	milterproto_end(out);
}

void milterproto_body(struct milter_buffer *out, const void *data, size_t len)
{
	milterproto_begin(out, MILTER_BODY);
	milterproto_put(out, data, len);
	milterproto_end(out);
}

/* Reading */

uint32_t milterproto_u32(const char *data)
{
	uint32_t net;
	memcpy(&net, data, sizeof(net));
	return ntohl(net);
}

ssize_t milterproto_next(const uint8_t *data, size_t len, struct milter_packet *out)
{
	if (len < 4)
		return 0;
	size_t size = milterproto_u32((const char *)data);
	if (size == 0 || size > MILTER_PACKET_MAX)
		return -1;
	if (len < 4 + size)
		return 0;
	out->command = (char)data[4];
	out->data = (const char *)data + 5;
	out->len = size - 1;
	return (ssize_t)(4 + size);
}

const char *milterproto_take_string(const struct milter_packet *packet, size_t *at)
{
	const char *text = packet->data + *at;
	const char *end = *at < packet->len ? memchr(text, '\0', packet->len - *at) : NULL;
	if (end == NULL)
		return NULL;
	*at = (size_t)(end - packet->data) + 1;
	return text;
}

const char *milterproto_agree(const struct milter_packet *packet, uint32_t actions, uint32_t steps,
			      struct milter_terms *terms)
{
	if (packet->command != MILTER_OPTIONS || packet->len < 12)
		return "no answer to the negotiation";
	*terms = (struct milter_terms){.version = milterproto_u32(packet->data),
				       .actions = milterproto_u32(packet->data + 4),
				       .steps = milterproto_u32(packet->data + 8)};
	if (terms->version < 2 || terms->version > MILTER_VERSION)
		return "it wants a version that was not offered";
	if ((terms->actions & ~actions) != 0)
		return "it wants actions that were not offered";
	if ((terms->steps & ~steps) != 0)
		return "it wants steps that were not offered";
	for (size_t at = 12; at < packet->len;) {
		if (at + 4 > packet->len)
			return "a macro list is cut short";
		uint32_t stage = milterproto_u32(packet->data + at);
		at += 4;
		const char *list = milterproto_take_string(packet, &at);
		if (list == NULL || stage >= MILTER_STAGES || strlen(list) >= MILTER_LIST_BYTES)
			return "a macro list is broken";
		strcpy(terms->list[stage], list);
		terms->listed[stage] = true;
	}
	return NULL;
}

/* What the terms mean */

static const struct {
	enum milter_command command;
	int stage; /* SMFIM_* of the milter API: connect 0 to end of header 6 */
	uint32_t not_sent, not_answered;
	bool no_reply; /* never answered */
} commands[] = {
	{MILTER_CONNECT, 0, STEP_NOCONNECT, STEP_NR_CONN, false},
	{MILTER_HELO, 1, STEP_NOHELO, STEP_NR_HELO, false},
	{MILTER_MAIL, 2, STEP_NOMAIL, STEP_NR_MAIL, false},
	{MILTER_RCPT, 3, STEP_NORCPT, STEP_NR_RCPT, false},
	{MILTER_DATA, 4, STEP_NODATA, STEP_NR_DATA, false},
	{MILTER_HEADER, -1, STEP_NOHDRS, STEP_NR_HDR, false},
	{MILTER_EOH, 6, STEP_NOEOH, STEP_NR_EOH, false},
	{MILTER_BODY, -1, STEP_NOBODY, STEP_NR_BODY, false},
	{MILTER_EOM, 5, 0, 0, false},
	{MILTER_UNKNOWN, -1, STEP_NOUNKNOWN, STEP_NR_UNKN, false},
	{MILTER_ABORT, -1, 0, 0, true},
	{MILTER_QUIT, -1, 0, 0, true},
	{MILTER_QUIT_NC, -1, 0, 0, true},
};

static size_t row_of(enum milter_command command)
{
	size_t i = 0;
	while (i < sizeof(commands) / sizeof(commands[0]) - 1 && commands[i].command != command)
		i++;
	return i;
}

int milterproto_stage(enum milter_command command)
{
	return commands[row_of(command)].stage;
}

bool milterproto_wanted(const struct milter_terms *terms, enum milter_command command)
{
	if ((command == MILTER_UNKNOWN && terms->version < 3) || (command == MILTER_DATA && terms->version < 4))
		return false; /* commands that came with these versions */
	return (terms->steps & commands[row_of(command)].not_sent) == 0;
}

bool milterproto_answered(const struct milter_terms *terms, enum milter_command command)
{
	size_t i = row_of(command);
	return !commands[i].no_reply && (terms->steps & commands[i].not_answered) == 0;
}

bool milterproto_final(char reply)
{
	return reply != '\0' && strchr("4acdfrsty", reply) != NULL;
}

bool milterproto_edit(char reply)
{
	return reply != '\0' && strchr("+-2behimq", reply) != NULL;
}

uint32_t milterproto_step(const char *name)
{
	static const char *const names[] = {"NOCONNECT", "NOHELO",  "NOMAIL",	  "NORCPT",  "NOBODY",	"NOHDRS",
					    "NOEOH",	 "NR_HDR",  "NOUNKNOWN",  "NODATA",  "SKIP",	"RCPT_REJ",
					    "NR_CONN",	 "NR_HELO", "NR_MAIL",	  "NR_RCPT", "NR_DATA", "NR_UNKN",
					    "NR_EOH",	 "NR_BODY", "HDR_LEADSPC"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return 1u << i;
	return 0;
}

void milterproto_macros(struct milter_buffer *out, const struct milter_terms *terms, enum milter_command command,
			const char *by_itself, const struct milter_macro *macros)
{
	const char letter = (char)command;
	int stage = milterproto_stage(command);
	const char *names = stage >= 0 && terms->listed[stage] ? terms->list[stage] : by_itself;
	size_t before = out->len, sent = 0;
	milterproto_begin(out, MILTER_MACRO);
	milterproto_put(out, &letter, 1);
	for (const char *p = names + strspn(names, " ,"); *p != '\0'; p += strspn(p, " ,")) {
		size_t len = strcspn(p, " ,");
		for (const struct milter_macro *m = macros; m->name != NULL; m++) {
			if (strlen(m->name) != len || memcmp(m->name, p, len) != 0)
				continue;
			milterproto_string(out, m->name);
			milterproto_string(out, m->value);
			sent++;
		}
		p += len;
	}
	milterproto_end(out);
	if (sent == 0)
		out->len = before;
}

/* Sockets */

union address {
	struct sockaddr any;
	struct sockaddr_un un;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static bool parse_spec(const char *spec, union address *out, socklen_t *len)
{
	char host[64];
	unsigned port;
	memset(out, 0, sizeof(*out));
	const char *path = strncmp(spec, "unix:", 5) == 0    ? spec + 5
			   : strncmp(spec, "local:", 6) == 0 ? spec + 6
							     : NULL;
	if (path != NULL) {
		out->un.sun_family = AF_UNIX;
		*len = sizeof(out->un);
		if (strlen(path) >= sizeof(out->un.sun_path))
			return false;
		strcpy(out->un.sun_path, path);
		return true;
	}
	if (sscanf(spec, "inet:%5u@%63s", &port, host) == 2 && port <= 65535) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons((uint16_t)port);
		*len = sizeof(out->v4);
		return inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, &out->v4.sin_addr) == 1;
	}
	if (sscanf(spec, "inet6:%5u@%63s", &port, host) == 2 && port <= 65535) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons((uint16_t)port);
		*len = sizeof(out->v6);
		return inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1;
	}
	return false;
}

int milterproto_dial(const char *spec, bool nonblocking, char *error, size_t error_bytes)
{
	union address address;
	socklen_t len = 0;
	if (!parse_spec(spec, &address, &len)) {
		snprintf(error, error_bytes, "\"%s\" is no milter socket (unix:PATH, inet:PORT@HOST)", spec);
		return -1;
	}
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, &address.any, len) != 0) { /* local: it does not wait, or it fails */
		snprintf(error, error_bytes, "%s: %s", spec, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (nonblocking)
		fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}
