/* What the commands that ask lists tell of it as JSON: answers, hits and verdicts, in the same shape wherever they stand. Names
 * of lists, never their zones. */
#ifndef MILTER_REQUEST_VERDICT_H
#define MILTER_REQUEST_VERDICT_H

#include <jansson.h>

#include "common/answer.h"
#include "common/facts.h"
#include "common/hit.h"
#include "common/query.h"
#include "common/verdict.h"

/* Texts from outside, made printable; NULL: null. */
json_t *verdict_text(const char *foreign);
/* The value of a header that would be written, unfolded; UTF-8 stays. */
json_t *verdict_header(const char *value);
/* Unset: null. */
json_t *verdict_address(const struct ipaddr *addr);

/* What was answered to a list's question about a subject: "listed", "not_listed", "error", "timeout", or "unneeded", when it
 * was not asked since nothing could change any more. `hits`: those that came of it. */
const char *verdict_status(const struct batch *batch, const struct query *query, const struct hits *hits);
/* The addresses of an answer: ["127.0.0.2"]. */
json_t *verdict_answers(const struct answer *answer);
/* Milliseconds until the answer came; 0 where it was known, null where it has not come. */
json_t *verdict_ms(const struct question *question);

/* Each hit: list, subject, kind, answer (of a check: why it failed), points, weight, message, header. */
json_t *verdict_hits(const struct facts *facts, const struct verdict *verdict, const struct hits *hits, const char *flag_header);
/* What lists said that is no hit: list, answer, text. */
json_t *verdict_complaints(const struct hits *hits);
/* points, matches, verdict, rule, actions, allowed_by. A new object. */
json_t *verdict_json(const struct ruleset *rules, const struct verdict *verdict);

#endif
