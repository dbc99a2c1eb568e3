/* Tells a supervisor how we are: one datagram to $NOTIFY_SOCKET.   See: sd_notify(3), whose protocol is a stable promise. */
#ifndef MILTER_NOTIFY_H
#define MILTER_NOTIFY_H

/* `state`: "READY=1", "STOPPING=1", ... Does nothing when nobody listens. Safe from any thread. */
void notify_send(const char *state);
/* "RELOADING=1" with the time stamp that goes with it. */
void notify_reloading(void);

#endif
