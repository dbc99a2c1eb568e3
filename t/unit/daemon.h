/* What all sessions share, as the daemon sets it up, without a daemon: for tests of what administrators ask. */
#ifndef T_UNIT_DAEMON_H
#define T_UNIT_DAEMON_H

#include "milter/session.h"

/* Under these rules, whose reference is taken; nothing outlives a restart, and there is no reload. Failure ends the test. */
void daemon_begin(struct service *service, struct ruleset *rules);
/* Gives back what there is; nobody else may hold the rules. */
void daemon_end(struct service *service);

#endif
