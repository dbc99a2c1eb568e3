/* The texts of a verdict: X-RBL-Warning lines, the Subject's prefix, the reply of a refusal and the reason of a quarantine,
 * fit to go out as they are.
 * Pure. Everything foreign in them is cleaned and cut by template_expand(). */
#ifndef COMMON_MARKS_H
#define COMMON_MARKS_H

#include "common/blocked.h"
#include "common/facts.h"
#include "common/hit.h"
#include "common/ruleset.h"
#include "common/text.h"
#include "common/verdict.h"

enum {
	MARKS_HEADER_BYTES = 900,
	MARKS_REPLY_BYTES = 500,
	MARKS_REASON_BYTES = 101,    /* both MTAs take any length, their tools show about as much */
	MARKS_ORIGINALS_BYTES = 8000,
};

/* The value of the header for one hit, folded to lines of at most 78 columns where it can be (RFC 5322 section 2.1.1):
 * "\n\t" between words, never a CR. `name` is the header's, which takes room on the first line. */
void marks_header(const struct facts *facts, const struct hit *hit, int points, const char *name, struct text *out);

/* The prefix of the Subject, filled in for the deciding hit, or the first one; UTF-8, without control characters, and cut to
 * the room that there is in whole characters. */
void marks_prefix(const struct ruleset *rules, const struct facts *facts, const struct verdict *verdict, struct text *out);

/* Why a message is quarantined: points, matches and as many hits as fit: "100 points, 1 match: zen 192.0.2.1 127.0.0.4". */
void marks_reason(const struct verdict *verdict, const struct hits *hits, struct text *out);

/* Adds one recipient to the value of a header, behind a comma, folded. False: it has no room, and nothing was added.
 * `name` is the header's. */
bool marks_add_recipient(const char *recipient, const char *name, struct text *out);

/* An SMTP reply as three parts. */
struct reply_text {
	char code[4];
	char enhanced[12];
	char text[MARKS_REPLY_BYTES * 2];   /* printable ASCII, each '%' doubled: both MTAs undo that */
};

/* The text that a refusal for this hit would carry, before it is made fit for a reply. */
void marks_message(const struct facts *facts, const struct hit *hit, int points, struct text *out);
/* The reply of a refusing verdict. */
void marks_reply(const struct ruleset *rules, const struct facts *facts, const struct verdict *verdict,
		 struct reply_text *out);
/* The reply to what is blocked; `subject`: the client, the sender or the recipient. */
void marks_blocked(const struct ruleset *rules, const struct facts *facts, enum blocked_by by, const char *subject,
		   struct reply_text *out);

#endif
