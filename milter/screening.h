/* A session's client and the tables of clients that we keep ourselves: the screen and the recent logins. Knows no libmilter type;
 * one callback of a session at a time. */
#ifndef MILTER_SCREENING_H
#define MILTER_SCREENING_H

#include "milter/session.h"

/* What the tables know of facts.client goes into the facts. Never waits. */
void screening_look(struct session *session);
/* After a verdict: puts the client on the screen where that is wanted and beyond doubt. Where the only list that could do so
 * was not tested lately it waits for the test, within the message's budget. */
void screening_learn(struct session *session);

#endif
