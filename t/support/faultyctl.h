/* The control socket of the test server: one command a line, one answer a line, over a UNIX stream socket. */
#ifndef T_SUPPORT_FAULTYCTL_H
#define T_SUPPORT_FAULTYCTL_H

#include "t/support/faultyserver.h"

struct faultyctl;

/* Listens at `path` (a socket left there by a dead server is removed). NULL: `error` says why. */
struct faultyctl *faultyctl_new(struct faultyserver *server, const char *path, char error[ZONESCRIPT_ERROR_BYTES]);
void faultyctl_free(struct faultyctl **ctl); /* removes the socket */

/* The client: sends each command, or each line of standard input when there is none, and prints the answers.
 * Returns 0; 1: an answer was an error; 2: the server does not answer. */
int faultyctl_ask(const char *path, char *const commands[], int count);

#endif
