/* What a message's end is told as: one info line. */
#ifndef MILTER_REPORT_H
#define MILTER_REPORT_H

#include "milter/session.h"

/* The message's one line. */
void report_message(const struct session *session);
/* Which exception held, as the line names it: that by which somebody was spared a refusal comes first. "": none. */
void report_exemption(const struct session *session, struct text *out);

#endif
