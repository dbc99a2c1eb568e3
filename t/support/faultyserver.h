/* The test server itself: sockets, queries held back, TCP. One libev loop, one thread. */
#ifndef T_SUPPORT_FAULTYSERVER_H
#define T_SUPPORT_FAULTYSERVER_H

#include "t/support/querycount.h"
#include "t/support/zonescript.h"

#include <ev.h>
#include <netinet/in.h>

#define FAULTYSERVER_LISTENERS_MAX 16
#define FAULTYSERVER_FILES_MAX 16

struct listener;

struct faultyserver {
	struct ev_loop *loop;
	struct zonedb *db;
	struct zonescript script; /* `add` goes on in the zone that is open */
	struct querycount *counts;
	struct listener *listeners[FAULTYSERVER_LISTENERS_MAX];
	size_t listener_count;
	const char *files[FAULTYSERVER_FILES_MAX]; /* zone scripts, read again at reload */
	size_t file_count;
	struct held *held; /* queries that wait for their delay */
	size_t held_now, held_max;
	uint64_t unreadable; /* packets that were no query */
	struct conn *conns;  /* TCP */
};

/* Binds "ADDRESS:PORT" or "[V6]:PORT" on loopback, UDP and, unless udp_only, TCP at the same port. False: `error` says
 * why. The text of what was bound is at faultyserver_bound(server, i). */
bool faultyserver_listen(struct faultyserver *server, const char *where, bool udp_only,
			 char error[ZONESCRIPT_ERROR_BYTES]);
const char *faultyserver_bound(const struct faultyserver *server, size_t i);
/* Reads the zone scripts anew. False: the old zones stay, `error` says why. */
bool faultyserver_reload(struct faultyserver *server, char error[ZONESCRIPT_ERROR_BYTES]);
/* Closes and frees everything inside. */
void faultyserver_clear(struct faultyserver *server);

#endif
