/* A message's questions, from what the session knows to the verdict: the rooms from subject to verdict, walked in their order.
 * Knows no libmilter type.
 * Threads: one callback of a session at a time. Only asking_last() and the two that decide wait, at most
 *          dns.budget a message; the others send and return. */
#ifndef MILTER_ASKING_H
#define MILTER_ASKING_H

#include "milter/session.h"

/* Asks about the client before there is a message (dns.prefetch). */
void asking_ahead(struct session *session);
/* The question asked at connect serves the first message, unless it has turned out that none was due: `at_connect` is the
 * exemption under which it was asked. */
void asking_adopt(struct session *session, const struct exemption *at_connect);

/* What is known before the headers are; of mail from a gateway, when its client is. */
void asking_first(struct session *session);
/* What the headers have told. With stop_on_first_match this waits: whether it is asked depends on what was asked first. */
void asking_last(struct session *session);

/* Is each of these lists sane? Tests them and waits, within the message's budget; health then knows. `session`: a struct
 * session. */
void asking_prove(void *session, const struct listset *lists);
/* Decides: session->hits and session->verdict, from what was asked first, where only a refusal matters, or from all. Waits until
 * no answer that is out can change what is done, or, as a `whole`, until all have come that count: somebody is exempt from some
 * lists, so that the verdict is not the same for all. What nobody waits for goes on to fill the cache. */
bool asking_decide_first(struct session *session, bool whole);   /* false: that was done already */
void asking_decide_all(struct session *session);

/* At the end of a message: session->seen are the hits that have come by now, with those that the verdict did not wait for. Waits for
 * nothing. */
void asking_look_back(struct session *session);

#endif
