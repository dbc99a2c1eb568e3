/* The DNS servers that are asked, and the UDP sockets to each.
 * A server across a network gets a fresh socket for every query: the kernel's random port and a random id are what a forger
 * has to guess. To a server on this machine nobody else can send with its address, so there queries share up to 64 sockets at
 * random, each renewed after 256 queries or two seconds: that halves the cost of a query.
 * Threads: the DNS thread's own.   Bound: 64 shared sockets a server, else one a query.   RFC: 5452 section 9.2. */
#ifndef COMMON_UPSTREAM_H
#define COMMON_UPSTREAM_H

#include <ev.h>

#include "common/resolve.h"

struct upstreams;

/* NULL: out of memory. */
struct upstreams *upstreams_new(struct ev_loop *loop);
void upstreams_free(struct upstreams **ups);   /* no query may be under way; sets *ups to NULL */

/* Sends q->query's question to the server, with an id of its own; what comes back goes to resolve_packet(). It leaves at the
 * loop's next turn, together with others. False: no socket or no memory. */
bool upstream_send(struct upstreams *ups, const struct dnsserver *server, struct resolve *q);
/* The query is not waited for any more. Harmless when it was not sent. */
void upstream_forget(struct resolve *q);

/* Which servers answer: the query's server has said something, be it "no"... */
void upstream_speaks(struct resolve *q);
/* ...or nothing at all in its time. Several in a row without any answer between them are the server, not one list. */
void upstream_silent(struct resolve *q);
/* Is the server likely to answer? A silent one is given a try every five seconds. */
bool upstream_hopeful(struct upstreams *ups, const struct dnsserver *server, struct monotime now);

#endif
