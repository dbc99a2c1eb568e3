/* Talks to the daemon's control socket: one request, its items as they come, its end. The protocol is in rblctl(1). One
 * thread. */
#ifndef CLI_CTLCLIENT_H
#define CLI_CTLCLIENT_H

#include "cli/cli.h"

/* Each item, borrowed. False: enough. */
typedef bool ctl_item_fn(void *ctx, const json_t *item);

struct ctl_end {
	int status;                  /* an exit status: request.h's, CLI_NO_DAEMON, or CLI_FAULTY: a file says not where it is */
	bool reached;                /* a daemon took the connection */
	json_t *result;              /* the caller's to give back; NULL: none */
	struct errmsg error;         /* "": none */
};

struct ctl_request {
	json_t *args;                /* an object with "command"; taken over */
	const char *payload;         /* what follows it; NULL: nothing */
	size_t payload_bytes;
	ctl_item_fn *item;           /* NULL: items are passed over */
	void *ctx;
};

/* Always fills in *end. Waits as long as the daemon gives a sign of life, and some seconds. */
void ctlclient_ask(struct cli *cli, struct ctl_request *request, struct ctl_end *end);

/* The path of the socket: that of the command line, of the configuration, or the default one. `buf` may be used for it.
 * `why`: for what reason the configuration could not be read, "" where it could. NULL: it was named besides, so that the
 * default socket would be another daemon's. */
const char *ctlclient_socket(const struct cli *cli, char *buf, size_t buf_bytes, struct errmsg *why);

#endif
