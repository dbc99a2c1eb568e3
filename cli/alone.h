/* Answers requests without a daemon: by the daemon's own code, in this process, under the configuration's file. What only a
 * daemon knows is not there: what was added by hand, the health of lists, a cache. One thread. */
#ifndef CLI_ALONE_H
#define CLI_ALONE_H

#include "cli/ctlclient.h"

/* Loads the configuration; its faults go to standard error. NULL: there are errors among them. The caller unrefs. */
struct ruleset *alone_rules(const struct cli *cli);

/* Answers in this process. Always fills in *end; request->args are taken over. */
void alone_answer(struct cli *cli, struct ctl_request *request, struct ctl_end *end);

/* Asks the daemon; where none answers on the configured socket, or `alone`, this process answers, and standard error says so. A
 * socket that was named on the command line must answer. */
void alone_ask(struct cli *cli, bool alone, struct ctl_request *request, struct ctl_end *end);

#endif
