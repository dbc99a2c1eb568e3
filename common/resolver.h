/* A thread of its own that asks DNS servers: sends, tries the next server, goes over to TCP, gives up in time.
 * It keeps no cache and joins no questions: that is lookup's. Each query has a socket of its own, connected to the server,
 * with the kernel's random port and a random id; a packet that is not its answer is dropped and the wait goes on.
 * Threads: submit from any; `done` is called on the resolver's thread.   RFC: 5452 section 9, 6891, 7766. */
#ifndef COMMON_RESOLVER_H
#define COMMON_RESOLVER_H

#include <ev.h>
#include <stdint.h>

#include "common/answer.h"
#include "common/dnswire.h"
#include "common/errmsg.h"
#include "common/ruleset.h"

/* One query on its way. The caller owns it, sets the first part and leaves it alone until `done` gives it back. */
struct resolve {
	struct dnsname name;
	uint16_t type;
	struct ruleset *rules;       /* whose dns settings hold; must outlive the query */
	struct answer answer;        /* the result: LISTED, ABSENT or FAILED */
	struct resolve *next;        /* for lists of the caller's and the submit queue's */
	/* the resolver's own */
	struct resolver *resolver;
	struct resolve *under_way_prev, *under_way_next;
	int tries;                   /* so far; another way of asking the same server is the same try */
	size_t server;               /* of the settings' servers */
	int fd;                      /* -1: none open */
	bool edns;
	uint16_t query_len;
	uint8_t query[DNSWIRE_QUERY_MAX];
	struct ev_io io;
	struct ev_timer timer;
	uint8_t *tcp_buf;            /* two octets of length and the message, while over TCP */
	size_t tcp_done, tcp_want;
};

struct resolver;

typedef void resolver_done_fn(void *ctx, struct resolve *query);

/* Starts the thread. NULL: `err` says why. */
struct resolver *resolver_new(resolver_done_fn *done, void *ctx, struct errmsg *err);
/* Stops the thread. Queries under way are given back as failed before it returns. Sets *resolver to NULL. */
void resolver_free(struct resolver **resolver);

/* Takes a list of queries, linked by `next`. Never waits. */
void resolver_submit(struct resolver *resolver, struct resolve *queries);

#endif
