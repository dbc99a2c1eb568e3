/* What a message's end is told as: one info line. */
#ifndef MILTER_REPORT_H
#define MILTER_REPORT_H

#include "milter/session.h"

/* The message's one line. */
void report_message(const struct session *session);

#endif
