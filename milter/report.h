/* What a message's end is told as: one info line, and warnings that an administrator has to act on. */
#ifndef MILTER_REPORT_H
#define MILTER_REPORT_H

#include "milter/session.h"

/* The message's one line. */
void report_message(const struct session *session);
/* Lists that refuse our resolver or answer nonsense: a warning each, at most one in five minutes. */
void report_complaints(struct service *service, const struct ruleset *rules, const struct hits *hits);

#endif
