/* What a message's end is counted as: counters' numbers, and each list's. */
#ifndef MILTER_TALLY_H
#define MILTER_TALLY_H

#include "milter/session.h"

/* Call it once a message, when its line is written. */
void tally_message(const struct session *session);

#endif
