/* What is asked and what may be said at each SMTP stage. Knows no libmilter type, so it is tested without an MTA.
 * Arguments are foreign text as the MTA hands it over; NULL where it says nothing.
 * Threads: one callback of a session at a time. Only stage_rcpt() and stage_eom() wait, at most dns.budget a message. */
#ifndef MILTER_STAGE_H
#define MILTER_STAGE_H

#include <sys/socket.h>

#include "common/marks.h"
#include "milter/edits.h"
#include "milter/session.h"

/* What the MTA is to be told. */
struct outcome {
	enum {
		OUTCOME_GO_ON,
		OUTCOME_REFUSE,
		OUTCOME_LATER,
		OUTCOME_DISCARD,      /* accept and delete; at the end of the message only */
	} kind;
	struct reply_text reply;      /* of a refusal: OUTCOME_REFUSE, OUTCOME_LATER */
};

/* `resolved`: what the MTA says of the client's name, "OK" when it leads back to the address; NULL: it did not say. */
void stage_connect(struct session *session, const char *hostname, const struct sockaddr *addr, const char *resolved);
/* Right after stage_connect(): is this client turned away at the door (screen.at)? Then its one line is written. */
void stage_door(struct session *session, struct outcome *out);
void stage_helo(struct session *session, const char *helo);
void stage_mail(struct session *session, const char *sender, const char *login, const char *queue_id,
		struct outcome *out);
void stage_rcpt(struct session *session, const char *recipient, const char *queue_id, struct outcome *out);
void stage_header(struct session *session, const char *name, const char *value);
/* The message is over with this; the edits' memory lasts until stage_done(). */
void stage_eom(struct session *session, const char *queue_id, struct outcome *out, struct edits *edits);
/* The MTA does not do what the edits say: now nothing of it may be done, so the message is refused for now. */
void stage_failed(struct session *session, struct outcome *out);
/* The message has ended: after stage_eom(), or when the client gave it up. Writes its line if there is anything to tell. */
void stage_done(struct session *session);

/* Are headers of any use under these rules? */
bool stage_needs_headers(const struct ruleset *rules);
/* May a client be turned away at the door? */
bool stage_has_door(const struct ruleset *rules);

#endif
