/* reply: outcome -> SMTP reply, header edits, SMFIS_* code.
 * What Postfix and Sendmail do differently with headers is met here: see each comment. */
#include "milter/reply.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"

enum { REROUTE_PATH_BYTES = 300 };   /* a mail address of at most 254, in <> */

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
	if (outcome->kind == OUTCOME_DISCARD)
		return SMFIS_DISCARD;
	if (smfi_setreply(ctx, borrowed(reply->code), borrowed(reply->enhanced), borrowed(reply->text)) != MI_SUCCESS)
		log_warning("libmilter does not take the reply \"%s %s %s\": the MTA's own text goes out", reply->code,
			    reply->enhanced, reply->text);
	return outcome->kind == OUTCOME_REFUSE ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

static void tell_failure(const char *what, const char *header, const char *queue_id)
{
	log_warning("%s: the MTA does not let us %s the header %s", queue_id != NULL ? queue_id : "NOQUEUE", what, header);
}

/* --- recipients and quarantine: whole, or the message is refused ------------------------------------------------- */

static bool same_mailbox(const char *path, const char *mailbox)
{
	size_t n = strlen(path);

	if (n >= 2 && path[0] == '<' && path[n - 1] == '>') {
		path++;
		n -= 2;
	}
	return n == strlen(mailbox) && strncasecmp(path, mailbox, n) == 0;
}

static bool is_recipient(const struct edits *edits)
{
	for (const struct recipient *r = edits->recipients; r != NULL; r = r->next)
		if (same_mailbox(r->path, edits->reroute))
			return true;
	return false;
}

/* The new recipient comes first: a message without any would vanish. */
static bool reroute(SMFICTX *ctx, const struct edits *edits)
{
	if (!is_recipient(edits)) {
		char path[REROUTE_PATH_BYTES];

		snprintf(path, sizeof path, "<%s>", edits->reroute);
		if (smfi_addrcpt(ctx, path) != MI_SUCCESS)
			return false;
	}
	for (const struct recipient *r = edits->recipients; r != NULL; r = r->next)
		if (!same_mailbox(r->path, edits->reroute) && smfi_delrcpt(ctx, borrowed(r->path)) != MI_SUCCESS)
			return false;
	for (size_t i = edits->n_strip_originals; i-- > 0;)
		if (smfi_chgheader(ctx, borrowed(edits_original_header), (int)i + 1, NULL) != MI_SUCCESS)
			return false;
	for (size_t i = edits->n_originals; i-- > 0;)
		if (smfi_insheader(ctx, 1, borrowed(edits_original_header), borrowed(edits->originals[i])) != MI_SUCCESS)
			return false;
	return true;
}

/* --- headers ------------------------------------------------------------------------------------------------------ */

static bool change_subject(SMFICTX *ctx, const struct edits *edits)
{
	char subject[] = "Subject";

	if (edits->new_subject != NULL)
		return smfi_addheader(ctx, subject, borrowed(edits->new_subject)) == MI_SUCCESS;
	for (size_t i = 0; i < edits->n_subjects; i++)
		if (smfi_chgheader(ctx, subject, (int)edits->subjects[i].place, borrowed(edits->subjects[i].value)) != MI_SUCCESS)
			return false;
	for (size_t place = edits->subjects_to; place-- > edits->subjects_from;)
		if (smfi_chgheader(ctx, subject, (int)place, NULL) != MI_SUCCESS)
			return false;
	return true;
}

static void change_flags(SMFICTX *ctx, const struct edits *edits, const char *queue_id)
{
	char *name = borrowed(edits->flag_header);

	/* From the last to the first: Postfix renumbers at each deletion, Sendmail does not. */
	for (size_t i = edits->n_strip; i-- > 0;) {
		if (smfi_chgheader(ctx, name, (int)i + 1, NULL) != MI_SUCCESS) {
			tell_failure("remove", name, queue_id);
			break;
		}
	}
	/* Place 1 is right below the MTA's own Received in both; what is inserted later stands above what was before. */
	for (size_t i = edits->n_values; i-- > 0;) {
		if (smfi_insheader(ctx, 1, name, borrowed(edits->values[i])) != MI_SUCCESS) {
			tell_failure("add", name, queue_id);
			break;
		}
	}
}

bool reply_edits(SMFICTX *ctx, const struct edits *edits, const char *queue_id)
{
	const char *id = queue_id != NULL ? queue_id : "NOQUEUE";

	if (edits->reroute != NULL && !reroute(ctx, edits)) {
		log_warning("%s: the MTA does not let us reroute the message: it is refused for now", id);
		return false;
	}
	if (edits->quarantine != NULL && smfi_quarantine(ctx, borrowed(edits->quarantine)) != MI_SUCCESS) {
		log_warning("%s: the MTA does not let us quarantine the message: it is refused for now", id);
		return false;
	}
	change_flags(ctx, edits, queue_id);
	if (!change_subject(ctx, edits))
		tell_failure("change", "Subject", queue_id);
	return true;
}
