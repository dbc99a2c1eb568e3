/* edits: verdict -> what changes in a message that is neither refused nor deleted. */
#include "milter/edits.h"

#include <string.h>

#include "common/marks.h"
#include "common/prefix.h"

/* To remove one header, a mail server walks through all that the message has: about half a second of such steps. Nobody
 * writes thousands of them but to keep it busy for hours. */
enum { STRIP_STEPS_MAX = 10000000 };

const char edits_original_header[] = "X-RBL-Original-To";

/* How many of `n` headers of one name go. */
static size_t strip_at_most(struct session *session, size_t n)
{
	const size_t most = STRIP_STEPS_MAX / (session->facts.n_headers + 1);

	if (n <= most)
		return n;
	session->n_left_in += n - most;
	return most;
}

/* One header a hit of a block list, in the order of the configuration. */
static void make_flags(struct session *session, struct edits *edits)
{
	const struct hits *hits = &session->hits;

	edits->values = arena_alloc_n(&session->msg, hits->n + 1, sizeof *edits->values);
	if (edits->values == NULL) {
		session_tell_no_memory();
		return;
	}
	for (size_t i = 0; i < hits->n; i++) {
		char buf[MARKS_HEADER_BYTES];
		struct text text = text_over(buf, sizeof buf);
		const char *value;

		if (hits->item[i].list->kind != LIST_BLOCK)
			continue;
		if (hits->item[i].weight == HIT_SHOWN)
			continue;
		marks_header(&session->facts, &hits->item[i], session->verdict.score.points, edits->flag_header, &text);
		value = arena_strdup(&session->msg, buf);
		if (value != NULL)
			edits->values[edits->n_values++] = value;
	}
}

/* One header for as many recipients as it has room for. */
static bool make_originals(struct session *session, struct edits *edits)
{
	const size_t headers_max = SESSION_REROUTE_BYTES / (MARKS_ORIGINALS_BYTES / 2);
	const struct recipient *recipient = edits->recipients;

	edits->originals = arena_alloc_n(&session->msg, headers_max, sizeof *edits->originals);
	while (edits->originals != NULL && recipient != NULL && edits->n_originals < headers_max) {
		char buf[MARKS_ORIGINALS_BYTES];
		struct text text = text_over(buf, sizeof buf);
		const char *value;

		while (recipient != NULL && marks_add_recipient(recipient->path, edits_original_header, &text))
			recipient = recipient->next;
		value = arena_strdup(&session->msg, buf);
		if (value == NULL)
			return false;
		edits->originals[edits->n_originals++] = value;
	}
	return edits->originals != NULL && recipient == NULL;
}

/* False: it cannot be done whole. */
static bool make_reroute(struct session *session, struct edits *edits)
{
	const struct facts *facts = &session->facts;

	if (facts->recipients_lost || facts->recipients == NULL)
		return false;
	edits->reroute = session->verdict.rule->reroute;
	edits->recipients = facts->recipients;
	edits->n_strip_originals = strip_at_most(session, facts->n_forged_originals);
	return make_originals(session, edits);
}

static bool make_quarantine(struct session *session, struct edits *edits)
{
	char buf[MARKS_REASON_BYTES];
	struct text text = text_over(buf, sizeof buf);

	marks_reason(&session->verdict, &session->hits, &text);
	edits->quarantine = arena_strdup(&session->msg, buf);
	return edits->quarantine != NULL;
}

static const char *with_prefix(struct session *session, const char *prefix, const char *value)
{
	char *buf = arena_alloc(&session->msg, strlen(value) + PREFIX_VALUE_BYTES - PREFIX_SUBJECT_BYTES);
	struct text text;

	if (buf == NULL) {
		session_tell_no_memory();
		return NULL;
	}
	text = text_over(buf, strlen(value) + PREFIX_VALUE_BYTES - PREFIX_SUBJECT_BYTES);
	prefix_put(prefix, value, &text);
	return buf;
}

/* Every Subject gets it: readers show the first one, or the last. */
static void make_prefix(struct session *session, struct edits *edits)
{
	const struct facts *facts = &session->facts;
	char prefix[PREFIX_BYTES];
	struct text text = text_over(prefix, sizeof prefix);

	marks_prefix(session->rules, facts, &session->verdict, &text);
	if (facts->n_subjects == 0) {
		edits->new_subject = with_prefix(session, prefix, "");
		return;
	}
	edits->subjects = arena_alloc_n(&session->msg, facts->n_subjects_kept, sizeof *edits->subjects);
	if (edits->subjects == NULL) {
		session_tell_no_memory();
		return;
	}
	for (size_t i = 0; i < facts->n_subjects_kept; i++) {
		const char *value;

		if (prefix_stands(prefix, facts->subjects[i]))
			continue;
		value = with_prefix(session, prefix, facts->subjects[i]);
		if (value != NULL)
			edits->subjects[edits->n_subjects++] = (struct change){ i + 1, value };
	}
	if (facts->n_subjects_kept < SESSION_SUBJECTS_MAX)
		return;                        /* these are all, or there was no memory for more */
	edits->subjects_from = facts->n_subjects_kept + 1;
	edits->subjects_to = edits->subjects_from + strip_at_most(session, facts->n_subjects - facts->n_subjects_kept);
}

bool edits_make(struct session *session, struct edits *edits)
{
	const unsigned actions = session->verdict.actions;

	if (((actions & ACTION_REROUTE) && !make_reroute(session, edits)) ||
	    ((actions & ACTION_QUARANTINE) && !make_quarantine(session, edits)))
		return false;
	edits->n_strip = strip_at_most(session, session->facts.n_forged_flags);
	if (actions & ACTION_FLAG)
		make_flags(session, edits);
	if (actions & ACTION_PREFIX)
		make_prefix(session, edits);
	return true;
}
