/* Outcome -> SMTP reply, header edits and the SMFIS_* code for libmilter. Sticky things of libmilter (a reply that was set is
 * used by a later refusal) are met by setting a reply only right before the return that uses it. */
#ifndef MILTER_REPLY_H
#define MILTER_REPLY_H

#include "milter/mfapi.h"
#include "milter/stage.h"

/* Sets the reply, if any, and returns SMFIS_CONTINUE, SMFIS_REJECT, SMFIS_TEMPFAIL or SMFIS_DISCARD. */
sfsistat reply_outcome(SMFICTX *ctx, const struct outcome *outcome);
/* Changes the message; at its end only. What the MTA does not take is told in the log, led by `queue_id` (NULL: unknown).
 * False: it was a change of recipients or a quarantine, and the message must be refused for now. Other mail goes on. */
bool reply_edits(SMFICTX *ctx, const struct edits *edits, const char *queue_id);

#endif
