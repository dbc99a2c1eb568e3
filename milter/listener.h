/* The milter's listening socket. We open it ourselves and hand libmilter its descriptor: so a second instance never takes
 * over a live socket, nobody unlinks the path under a newer instance, the mode is right from the start, and TCP sockets send
 * without delay.
 * Specs: "unix:PATH", "local:PATH", "inet:PORT@HOST", "inet6:PORT@HOST" (HOST an address, brackets allowed), "fd:N". */
#ifndef MILTER_LISTENER_H
#define MILTER_LISTENER_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "common/errmsg.h"

struct listener {
	int fd;                          /* -1: not open */
	bool over_tcp;
	struct sockaddr_storage addr;    /* as bound */
	socklen_t addr_len;
	char path[sizeof ((struct sockaddr_un *)0)->sun_path];   /* of a UNIX socket that we made; else "" */
	struct statx file;               /* which file it is, so that only ours is removed */
};

/* Binds and listens. `mode` and `group` ("": as it comes) are for UNIX sockets; a socket left behind by a dead instance is
 * replaced, a live one is an error. False: `err` says why and nothing is open. */
bool listener_open(struct listener *listener, const char *spec, mode_t mode, const char *group, struct errmsg *err);
/* Connects once and closes: wakes a listener that waits. */
void listener_poke(const struct listener *listener);
/* Removes the path, if it is still ours. The descriptor is left to libmilter. */
void listener_remove(struct listener *listener);

#endif
