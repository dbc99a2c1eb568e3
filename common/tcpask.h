/* One question over TCP, for answers that do not fit into a datagram.
 * Threads: the DNS thread's own.   Bound: 256 connections at a time, messages of DNSWIRE_TCP_MAX octets.   RFC: 7766. */
#ifndef COMMON_TCPASK_H
#define COMMON_TCPASK_H

#include <ev.h>

#include "common/resolve.h"

/* Asks the query's question over a new connection; what comes back goes to resolve_packet() or resolve_unreachable().
 * False: it cannot be had now. */
bool tcpask_start(struct ev_loop *loop, const struct dnsserver *server, struct resolve *q);
/* Gives the connection up. Harmless when there is none. */
void tcpask_forget(struct resolve *q);

#endif
