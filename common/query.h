/* Subject x list -> a DNS question; the same name twice becomes one. A batch is what one stage of a message asks: its
 * questions, and for whom each is asked.
 * Owner:   counted by reference, since a question may be in flight after its session is gone.
 * Threads: query_plan() and query_add() fill it on the session's thread. A question that is `out` belongs to the bell's mutex with
 *          its answer, until lookup_look() or lookup_wait() has taken it back; so do further questions (then), until these have
 *          seen them. The others are the session's.
 * Bound:   dns.max_queries questions.   RFC: 5782. */
#ifndef COMMON_QUERY_H
#define COMMON_QUERY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "common/answer.h"
#include "common/dnswire.h"
#include "common/listset.h"
#include "common/monotime.h"
#include "common/ruleset.h"
#include "common/subject.h"

struct batch;

/* Is a "no" a reason to look again? A listing always is. */
enum need {
	NEED_NOT,
	NEED_LAST,                   /* when it is the last of these to be answered */
	NEED_EACH,                   /* it is */
};

/* One DNS question and the way its answer comes back. */
struct question {
	const uint8_t *name;         /* wire form in lower case; in the batch */
	uint8_t name_len;
	uint16_t type;
	uint16_t then;               /* of a PTR question: the type for which its names are asked as soon as they are known; 0: none */
	enum answer_form form;       /* as what its answer is read */
	const struct dnsserver *servers;   /* whom to ask; of the batch's rules */
	size_t n_servers;
	bool fresh;                  /* is not to be answered from the cache, nor kept there */
	bool cached;                 /* answered without asking */
	bool asked;                  /* it went out for this batch; neither: another one's question was joined */
	bool out;                    /* the session may not read its answer yet: question_answer() */
	enum need need;              /* of the mutex */
	struct monotime asked_at;
	int64_t took_us;             /* until its answer came; -1: it has not */
	struct answer answer;
	struct batch *batch;         /* the link of those who wait for one lookup (lookup.c) */
	struct question *next;
};

/* What is known of its answer: ANSWER_PENDING as long as it is out. */
static inline const struct answer *question_answer(const struct question *q)
{
	static const struct answer pending = { .status = ANSWER_PENDING };

	return q->out ? &pending : &q->answer;
}

/* This list wants to know this about that subject. */
struct query {
	uint16_t list;               /* of ruleset->lists */
	uint16_t subject;            /* of the subjects given to query_plan() */
	uint16_t question;           /* of batch->questions */
	uint16_t reason;             /* the same name's TXT record; QUERY_NO_REASON: not asked for */
	bool counted, learned;       /* health's: it was asked; and answered */
};
enum { QUERY_NO_REASON = UINT16_MAX };

/* What rings when answers come that somebody waits for. One session at a time waits at it. */
struct bell {
	pthread_mutex_t mutex;
	pthread_cond_t rings;        /* on the steady clock */
	size_t n_last;               /* questions with NEED_LAST that are without an answer */
	bool rung;
};

struct batch {
	atomic_int refs;
	struct ruleset *rules;       /* a reference of its own */
	struct question *questions;
	size_t n_seen, n_left_out_seen;   /* as far as the session knows of n_questions and n_left_out */
	size_t n_questions;          /* all, with those that an answer has led to; of the mutex, as is all about them; up to */
	size_t room;
	uint8_t *names;              /* where the next question's name goes */
	struct query *queries;
	size_t n_queries;
	size_t n_left_out;           /* queries beyond dns.max_queries */
	struct listset skipped;      /* lists that would have been asked, had they not been left out */
	struct listset mute;         /* of these, the ones that would not have answered (health_mute); set by who asks */
	struct bell *bell, own;      /* where its answers ring: at its own, or */
	struct batch *host;          /* at that of this one: a reference; NULL */
	size_t outstanding;          /* questions without an answer; of the mutex */
};

/* Does the list want to know about this subject, if it is to be asked at all? */
bool query_wants(const struct ruleset *rules, size_t list, const struct subject *subject);

/* Plans the lookups of subjects [from, subjects->n): lists in the order of the configuration for the first subject, then the
 * next subject. `max_questions`: what the message may still ask. Returns a batch with one reference, maybe without any
 * question; NULL: out of memory. */
struct batch *query_plan(struct ruleset *rules, const struct subjects *subjects, size_t max_questions);
/* The same without the lists that are not to be asked now. */
struct batch *query_plan_without(struct ruleset *rules, const struct subjects *subjects, size_t max_questions,
				 const struct listset *left_out);
/* The same for one list's test points: names of which nobody is the subject, asked past the cache. */
struct batch *query_names(struct ruleset *rules, size_t list, const struct dnsname *names, size_t n);
/* The same of one DNS server of the rules, for its own sake. */
struct batch *query_server(struct ruleset *rules, const struct dnsserver *server, const struct dnsname *names, size_t n);

/* An empty batch with room for `room` questions that no list asks. NULL: out of memory. */
struct batch *query_empty(struct ruleset *rules, size_t room);
/* Adds a question to the servers of dns.servers, or finds it. NULL: there is no room, and n_left_out counts it. */
struct question *query_add(struct batch *batch, const struct dnsname *name, uint16_t type, enum answer_form form);
/* Adds the questions to which this one's answer leads (`then`); from now on the batch has no room for others. For lookup, which
 * holds the mutex. Returns how many there are. */
size_t query_follow(struct batch *batch, const struct question *answered);
/* How many questions the batch has, with those that may still follow. At any time. */
size_t query_count(struct batch *batch);

/* Answers of this batch ring where those of `host` do, so that one can wait for both. Before lookup_start(). */
void batch_ring_at(struct batch *batch, struct batch *host);
/* Before lookup_start(): what only block lists want to know and is not known yet will not be asked (ANSWER_UNNEEDED). */
void batch_drop_blocks(struct batch *batch);
struct batch *batch_ref(struct batch *batch);
void batch_unref(struct batch **batch);   /* sets *batch to NULL; NULL inside is fine */

#endif
