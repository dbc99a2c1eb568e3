/* One administrator's request, answered: what the control socket and rblctl by itself share, so that both say the same. A
 * request is a JSON object with "command" and the command's own keys; its answer is some items, each handed over as soon as
 * it is known, and an end.
 * Threads: any; it may wait (for the disk, for the DNS within dns.budget), so never on a milter thread. What it calls is safe
 * beside mail.
 * The protocol is described in rblctl(1). */
#ifndef MILTER_REQUEST_H
#define MILTER_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/errmsg.h"
#include "milter/session.h"

/* How it ended: rblctl's exit status. */
enum request_status {
	REQUEST_DONE = 0,
	REQUEST_NO = 1,              /* not found, listed, unhealthy, not taken */
	REQUEST_USAGE = 2,           /* the request makes no sense */
	REQUEST_FAULTY = 78,         /* the configuration has faults */
};

/* Where items go. */
struct request_sink {
	/* Takes the item over, NULL for want of memory too. False: nobody reads any more, so there is no point in going on. */
	bool (*item)(void *ctx, json_t *item);
	void *ctx;
};

struct request {
	struct service *service;
	const json_t *args;          /* the whole object */
	const char *payload;         /* what came behind it: a message, say; not NUL-terminated; NULL: nothing */
	size_t payload_bytes;
	struct request_sink sink;
};

struct request_end {
	enum request_status status;
	json_t *result;              /* the caller's to give back; NULL: none */
	struct errmsg error;         /* "": none */
};

/* Answers the request; *end is always filled in. */
void request_answer(const struct request *request, struct request_end *end);

/* --- for the commands, in request_*.c ------------------------------------------------------------------------------ */

typedef void request_fn(const struct request *request, struct request_end *end);

/* Ends it with a sentence. */
void request_fail(struct request_end *end, enum request_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A member that is a text; NULL: it is not there, or is none. */
const char *request_text(const struct request *request, const char *key);
/* False: nobody reads any more. */
bool request_item(const struct request *request, json_t *item);
/* Seconds since 1970 as RFC 3339 has them, UTC. */
json_t *request_time(int64_t wall_s);

request_fn request_status, request_reload;
request_fn request_check, request_explain;

#endif
