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

#include "common/addrpat.h"
#include "common/errmsg.h"
#include "common/namepat.h"
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
/* Where it is there it must be a text: *out, NULL when it is not. False: it is something else, and the request is ended. */
bool request_want_text(const struct request *request, const char *key, const char **out, struct request_end *end);
/* It must be there. NULL: it is not, and the request is ended. */
const char *request_need_text(const struct request *request, const char *key, struct request_end *end);
/* A switch, off when it is not there. False: it is neither true nor false, and the request is ended. */
bool request_want_switch(const struct request *request, const char *key, bool *out, struct request_end *end);
/* "address" must be there and be one. */
bool request_need_address(const struct request *request, struct ipaddr *out, struct request_end *end);
/* "ttl" is a duration; 0 seconds for "never", and where it is not there. */
bool request_want_ttl(const struct request *request, int64_t *ttl_s, struct request_end *end);

/* "pattern": an address pattern, else a glob over the subject as text. */
enum { REQUEST_PATTERN_BYTES = 4096 };   /* of its arena */
struct request_pattern {
	enum { PATTERN_ANY, PATTERN_ADDRESSES, PATTERN_GLOB } kind;
	struct addrpat addresses;
	struct namepat glob;         /* in the arena */
};
bool request_want_pattern(const struct request *request, struct arena *arena, struct request_pattern *out,
			  struct request_end *end);
/* `addr` unset: the subject is a name. */
bool request_matches(const struct request_pattern *pattern, const struct ipaddr *addr, const char *subject);

/* There is no list of this name: ends the request, with the name that may be meant. */
void request_no_list(const struct ruleset *rules, const char *name, struct request_end *end);
/* Ends a change that should outlive a restart; end->result is there unless it was refused. `journal` NULL: nothing does. */
void request_end_kept(struct request_end *end, const struct journal *journal, enum keep_done done, const struct errmsg *why);
/* Whole seconds from now; null for INT64_MAX. */
json_t *request_seconds_left(struct monotime expires, struct monotime now);

/* False: nobody reads any more. */
bool request_item(const struct request *request, json_t *item);
/* Seconds since 1970 as RFC 3339 has them, UTC. */
json_t *request_time(int64_t wall_s);

/* The same for a moment of the steady clock; null for one that never comes or never was. */
json_t *request_moment(struct monotime moment, struct monotime now);
/* Milliseconds, to the thousandth; null where there was nothing to measure. */
json_t *request_ms(int64_t us);

request_fn request_status, request_reload;
request_fn request_check, request_explain;
request_fn request_lists, request_list_disable, request_list_enable;
request_fn request_cache_list, request_cache_add, request_cache_remove, request_cache_clear, request_cache_stats;
request_fn request_screen_list, request_screen_add, request_screen_remove, request_screen_clear;
request_fn request_recent_add, request_recent_list;

#endif
