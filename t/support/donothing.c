/* donothing: a filter on libmilter that only says "continue". It is the yardstick: what a milter costs that does
 * nothing, with the packets that a full one, a lean one and one without headers have the MTA send. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdbool.h> /* mfapi.h would make bool an int */

#include <libmilter/mfapi.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kinds, and the steps that each asks for where the MTA offers them. */
struct kind {
	const char *name;
	unsigned long steps;
};

static const struct kind kinds[] = {
	{"full", 0},
	{"headers", SMFIP_NOBODY | SMFIP_NOUNKNOWN | SMFIP_NR_HDR | SMFIP_NR_HELO | SMFIP_NR_EOH},
	{"nohdrs", SMFIP_NOBODY | SMFIP_NOUNKNOWN | SMFIP_NOHDRS | SMFIP_NOEOH | SMFIP_NR_HELO},
};

static const struct kind *kind = &kinds[1];

static sfsistat negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long spare1,
			  unsigned long spare2, unsigned long *want_actions, unsigned long *want_steps,
			  unsigned long *want_spare1, unsigned long *want_spare2)
{
	(void)ctx;
	(void)spare1;
	(void)spare2;
	*want_actions = actions & SMFIF_ADDHDRS;
	*want_steps = steps & kind->steps;
	*want_spare1 = *want_spare2 = 0;
	return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address)
{
	(void)ctx;
	(void)host;
	(void)address;
	return SMFIS_CONTINUE;
}

/* A stage that was negotiated without a reply must say so. */
static sfsistat reply_for(unsigned long no_reply)
{
	return (kind->steps & no_reply) != 0 ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
	(void)ctx;
	(void)name;
	return reply_for(SMFIP_NR_HELO);
}

static sfsistat on_envelope(SMFICTX *ctx, char **argv)
{
	(void)ctx;
	(void)argv;
	return SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	(void)ctx;
	(void)name;
	(void)value;
	return reply_for(SMFIP_NR_HDR);
}

static sfsistat on_eoh(SMFICTX *ctx)
{
	(void)ctx;
	return reply_for(SMFIP_NR_EOH);
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return SMFIS_CONTINUE;
}

static sfsistat on_plain(SMFICTX *ctx) /* DATA, end of message, abort, close */
{
	(void)ctx;
	return SMFIS_CONTINUE;
}

static sfsistat on_unknown(SMFICTX *ctx, const char *line)
{
	(void)ctx;
	(void)line;
	return SMFIS_CONTINUE;
}

/* A TCP listener of ours, so that TCP_NODELAY can be set on it: what it accepts inherits that. -1: no TCP socket. */
static int tcp_listener(const char *spec)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	char host[64];
	unsigned port;
	const int yes = 1;
	if (sscanf(spec, "inet:%5u@%63s", &port, host) != 2 || inet_pton(AF_INET, host, &address.sin_addr) != 1)
		return -1;
	address.sin_port = htons((uint16_t)port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	fprintf(stderr, "donothing: %s: %s\n", spec, strerror(errno));
	exit(1);
}

static void usage(void)
{
	fprintf(stderr, "usage: donothing -p unix:PATH|inet:PORT@ADDRESS [--like full|headers|nohdrs]\n"
			"  full     every callback, every reply\n"
			"  headers  no body; no reply to HELO, headers and their end (the default)\n"
			"  nohdrs   no body, no headers; no reply to HELO\n");
	exit(2);
}

static const char *parse(int argc, char **argv)
{
	const char *socket_spec = NULL;
	for (int i = 1; i < argc; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		size_t k = 0;
		if (strcmp(argv[i], "-p") == 0) {
			socket_spec = value;
			continue;
		}
		while (k < 3 && strcmp(value, kinds[k].name) != 0)
			k++;
		if (strcmp(argv[i], "--like") != 0 || k == 3)
			usage();
		kind = &kinds[k];
	}
	if (socket_spec == NULL)
		usage();
	return socket_spec;
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	static char name[] = "donothing";
	const struct smfiDesc filter = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_envelope,
		.xxfi_envrcpt = on_envelope,
		.xxfi_header = on_header,
		.xxfi_eoh = on_eoh,
		.xxfi_body = on_body,
		.xxfi_eom = on_plain,
		.xxfi_abort = on_plain,
		.xxfi_close = on_plain,
		.xxfi_unknown = on_unknown,
		.xxfi_data = on_plain,
		.xxfi_negotiate = negotiate,
	};
	char spec[200];
	const char *wanted = parse(argc, argv);
	int fd = tcp_listener(wanted);
	if (fd >= 0)
		snprintf(spec, sizeof(spec), "fd:%d", fd);
	else
		snprintf(spec, sizeof(spec), "%s", wanted);
	raise_descriptor_limit();
	if (smfi_setconn(spec) != MI_SUCCESS || smfi_register(filter) != MI_SUCCESS ||
	    smfi_opensocket(true) != MI_SUCCESS) {
		fprintf(stderr, "donothing: cannot listen at %s\n", wanted);
		return 1;
	}
	return smfi_main() == MI_SUCCESS ? 0 : 1;
}
