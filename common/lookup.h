/* The lookup core's two doors: all questions go out at once and nothing waits; one door waits, for all of them or for news.
 * A question is answered by the cache, else joins the same question in flight, else goes to the resolver. Answers fill the
 * cache even when nobody waits for them any more.
 * Threads: everything but new and free from any. One lookup serves all sessions.
 * Bound:   dns.max_in_flight questions on their way; beyond it the newest fail at once, told in the log. */
#ifndef COMMON_LOOKUP_H
#define COMMON_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/errmsg.h"
#include "common/monotime.h"
#include "common/query.h"

struct journal;
struct lookup;

/* Starts the resolver's thread. `rules` gives the first bounds of the cache. NULL: `err` says why. */
struct lookup *lookup_new(const struct ruleset *rules, struct errmsg *err);
/* Stops the thread; what is in flight is given up. No batch may be waited for any more. Sets *lookup to NULL. */
void lookup_free(struct lookup **lookup);

/* From now on listings are handed to the journal, and those of earlier runs become known as they are read: it returns at
 * once. Called once, before the first question. The journal is borrowed and must live longer. */
void lookup_remember(struct lookup *lookup, struct journal *journal, const struct ruleset *rules);
/* New bounds for the cache after a reload; questions carry the rules they are asked under. */
void lookup_reconfigure(struct lookup *lookup, const struct ruleset *rules);

/* Before lookup_start(), for those who may not have to ask at all: answers what the cache knows. Never waits. */
void lookup_recall(struct lookup *lookup, struct batch *batch);
/* Sends every question of the batch that has no answer on its way, once. Never waits. */
void lookup_start(struct lookup *lookup, struct batch *batch);

/* Waits until every question has its answer or the deadline has come; those without are ANSWER_LATE from then on. This and
 * lookup_wait_news() are the only door where one waits. Returns the microseconds that were spent in it. */
int64_t lookup_wait(struct batch *batch, struct monotime deadline);
/* Waits until there is something to look at again: a listing, an answer that is needed (lookup_need), or every answer of all
 * batches, come since lookup_look(); or until the deadline. Batches that ring at one bell (batch_ring_at), `n` at least 1.
 * Nothing is late by it. Returns the microseconds. */
int64_t lookup_wait_news(struct batch *const batches[], size_t n, struct monotime deadline);

/* From now on question_answer() tells what has come so far. No question is needed any more. Returns how many are
 * without an answer. Never waits. */
size_t lookup_look(struct batch *batch);
/* The answer to this question is news, whatever it says, or is if it is the last one of these. */
void lookup_need(struct question *question, enum need need);
/* Has every question its answer? They can be read then. Never waits. */
bool lookup_is_over(struct batch *batch);
/* Forgets all answers that were kept. Waits only for a few that are being read from the journal. */
void lookup_forget(struct lookup *lookup);

/* What is kept of this question to the usual servers, without asking. `name`: in wire form and lower case. False: nothing
 * fresh; *out is untouched. */
bool lookup_peek(struct lookup *lookup, const struct dnsname *name, uint16_t type, struct monotime now, struct answer *out);
/* Forgets what is kept of these names (n of them), whatever was asked about them. `servers`: beside each
 * name its list's own server, NULL for the usual ones. Waits for the disk. Returns how many answers that were; `err` says what
 * went wrong with the disk, or is empty. */
size_t lookup_forget_names(struct lookup *lookup, const struct dnsname *names, const struct dnsserver *const *servers, size_t n,
			   struct errmsg *err);

struct lookup_stats {
	size_t cache_entries, cache_max, cache_bytes, in_flight;
	unsigned long long asked, cache_hits, joined, overload;
	unsigned long long evictions;        /* fresh answers that a full cache has let go */
};
void lookup_stats(struct lookup *lookup, struct lookup_stats *out);

#endif
