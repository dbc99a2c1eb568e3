/* The administrator's socket: one JSON request a line, answered by lines of JSON (request.h says what, rblctl(1) how).
 * Peers are not trusted to be quick, well-behaved or few: a request, an answer that nobody reads and an idle connection each
 * have a time limit, and a request has a size limit. There are CONTROL_PEERS_MAX places; when all are taken, the peer that has
 * kept us waiting longest gives way to a newcomer, and where all are at work for long the newcomer is turned away. Each peer has a
 * thread of its own, so that none waits for another, and mail waits for none.
 * Threads: open and close from one. */
#ifndef MILTER_CONTROL_H
#define MILTER_CONTROL_H

#include "common/errmsg.h"
#include "milter/session.h"

enum {
	CONTROL_PEERS_MAX = 16,
	CONTROL_LINE_BYTES = 16 << 10,       /* of a request */
	CONTROL_PAYLOAD_BYTES = 1 << 20,     /* of what may follow it */
};

struct control;

/* Binds the socket of the rules' "control" and makes its directory, where only that is missing, for `user` (control_user's;
 * "": as we are). Nothing is answered before control_start(). NULL: `err` says why, or it is empty and there shall be none. */
struct control *control_open(const struct control_settings *settings, const char *user, struct errmsg *err);
/* From now on requests are answered. False: `err` says why. */
bool control_start(struct control *control, struct service *service, struct errmsg *err);
/* Stops answering, ends the connections and removes the socket. False: a request is still under way and may use the service,
 * so that must stay; else everything is given back. Sets *control to NULL; NULL inside is fine. */
bool control_close(struct control **control);

#endif
