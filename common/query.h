/* Subject x list -> a DNS question; the same name twice becomes one. A batch is what one stage of a message asks: its
 * questions, and for whom each is asked.
 * Owner:   counted by reference, since a question may be in flight after its session is gone.
 * Threads: query_plan() fills it on the session's thread. From lookup_start() on, answers and `outstanding` belong to the
 *          mutex until lookup_wait() has returned; after that nobody writes to it any more.
 * Bound:   dns.max_queries questions.   RFC: 5782. */
#ifndef COMMON_QUERY_H
#define COMMON_QUERY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "common/answer.h"
#include "common/ruleset.h"
#include "common/subject.h"

struct batch;

/* One DNS question and the way its answer comes back. */
struct question {
	const uint8_t *name;         /* wire form in lower case; in the batch */
	uint8_t name_len;
	uint16_t type;
	bool cached;                 /* answered without asking */
	struct answer answer;
	struct batch *batch;         /* the link of those who wait for one lookup (lookup.c) */
	struct question *next;
};

/* This list wants to know this about that subject. */
struct query {
	uint16_t list;               /* of ruleset->lists */
	uint16_t subject;            /* of the subjects given to query_plan() */
	uint16_t question;           /* of batch->questions */
};

struct batch {
	atomic_int refs;
	struct ruleset *rules;       /* a reference of its own */
	struct question *questions;
	size_t n_questions;
	struct query *queries;
	size_t n_queries;
	size_t n_left_out;           /* queries beyond dns.max_queries */
	pthread_mutex_t mutex;
	pthread_cond_t answered;     /* on the steady clock */
	size_t outstanding;          /* questions without an answer */
};

/* Plans the lookups of subjects [from, subjects->n): lists in the order of the configuration for the first subject, then the
 * next subject. `max_questions`: what the message may still ask. Returns a batch with one reference, maybe without any
 * question; NULL: out of memory. */
struct batch *query_plan(struct ruleset *rules, const struct subjects *subjects, size_t max_questions);
struct batch *batch_ref(struct batch *batch);
void batch_unref(struct batch **batch);   /* sets *batch to NULL; NULL inside is fine */

#endif
