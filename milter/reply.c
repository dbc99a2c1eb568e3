/* reply: outcome -> SMTP reply, header edits, SMFIS_* code.
 * What Postfix and Sendmail do differently with headers is met here: see each comment. */
#include "milter/reply.h"

#include "common/log.h"

/* libmilter takes its texts as char * and does not write to them. */
static char *borrowed(const char *text)
{
	union {
		const char *in;
		char *out;
	} u = { .in = text };

	return u.out;
}

sfsistat reply_outcome(SMFICTX *ctx, const struct outcome *outcome)
{
	const struct reply_text *reply = &outcome->reply;

	if (outcome->kind == OUTCOME_GO_ON)
		return SMFIS_CONTINUE;
	if (smfi_setreply(ctx, borrowed(reply->code), borrowed(reply->enhanced), borrowed(reply->text)) != MI_SUCCESS)
		log_warning("libmilter does not take the reply \"%s %s %s\": the MTA's own text goes out", reply->code,
			    reply->enhanced, reply->text);
	return outcome->kind == OUTCOME_REFUSE ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

static void tell_failure(const char *what, const struct edits *edits, const char *queue_id)
{
	log_warning("%s: the MTA does not let us %s the header %s", queue_id != NULL ? queue_id : "NOQUEUE", what,
		    edits->flag_header);
}

void reply_edits(SMFICTX *ctx, const struct edits *edits, const char *queue_id)
{
	char *name = borrowed(edits->flag_header);

	/* From the last to the first: Postfix renumbers at each deletion, Sendmail does not. */
	for (size_t i = edits->n_strip; i-- > 0;) {
		if (smfi_chgheader(ctx, name, (int)i + 1, NULL) != MI_SUCCESS) {
			tell_failure("remove", edits, queue_id);
			break;
		}
	}
	/* Place 1 is right below the MTA's own Received in both; what is inserted later stands above what was before. */
	for (size_t i = edits->n_values; i-- > 0;) {
		if (smfi_insheader(ctx, 1, name, borrowed(edits->values[i])) != MI_SUCCESS) {
			tell_failure("add", edits, queue_id);
			break;
		}
	}
}
