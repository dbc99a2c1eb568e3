/* A thread of its own that asks DNS servers: sends, tries the next server, goes over to TCP, gives up in time.
 * It keeps no cache and joins no questions: that is lookup's. A packet that is not the answer to the question is dropped and
 * the wait goes on.
 * Threads: submit from any; `done` is called on the resolver's thread.   RFC: 5452 section 9, 6891, 7766. */
#ifndef COMMON_RESOLVER_H
#define COMMON_RESOLVER_H

#include "common/errmsg.h"
#include "common/resolve.h"

typedef void resolver_done_fn(void *ctx, struct resolve *query);

/* Starts the thread. NULL: `err` says why. */
struct resolver *resolver_new(resolver_done_fn *done, void *ctx, struct errmsg *err);
/* Stops the thread. Queries under way are given back as failed before it returns. Sets *resolver to NULL. */
void resolver_free(struct resolver **resolver);

/* Takes a list of queries, linked by `next`. Never waits. */
void resolver_submit(struct resolver *resolver, struct resolve *queries);

#endif
