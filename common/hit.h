/* Answer + the list's responses -> hits with points and texts. A hit is one answer that means something.
 * Pure: same input, same output.   Bound: HITS_MAX a message.   RFC: 5782, 6471 section 3.3. */
#ifndef COMMON_HIT_H
#define COMMON_HIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/listset.h"
#include "common/query.h"
#include "common/ruleset.h"
#include "common/subject.h"

enum { HITS_MAX = 512 };

/* What a hit may bring about. */
enum hit_weight {
	HIT_COUNTS,
	HIT_FLAGS,                   /* no refusal: the list is in doubt */
	HIT_SHOWN,                   /* nothing, it is only told in the log: a list on trial, or one that lists the whole world */
};

struct hit {
	const struct list *list;
	const struct response *response;
	enum subject_kind kind;
	struct ipaddr addr;          /* what is listed, or */
	const char *name;            /* a domain; NULL: an address */
	uint32_t answer;             /* the A record, host order; 0: a check, which says why it failed in `reason` */
	const char *reason;          /* the list's TXT, in the batch; NULL: none */
	struct question *reason_out; /* the TXT has not come yet; NULL: it has, or is not asked for */
	const char *message;         /* of the refusal, a template; NULL: the response's */
	enum hit_weight weight;
};

/* What a list said that is no hit, for the log: an administrator has to act on it. */
struct complaint {
	const struct list *list;
	uint32_t answer;             /* 0: an address outside 127.0.0.0/8 */
	bool refused;                /* the list refuses our resolver; else: its answer makes no sense */
};

/* An answer that is missing: what its list - or whatever else makes hits - could still say. */
struct gap {
	const struct list *list;
	unsigned kinds;              /* SUBJECT_BIT()s of the subjects that it would be about; 0: only the reason of a hit */
	struct question *question;   /* that is out; NULL: it will not be answered */
	enum need need;              /* settle's: which answers may settle the message */
};
struct gaps {
	struct gap *item;            /* sorted: list by list */
	size_t n, room;
	bool lost;                   /* there are more: out of memory */
};

struct hits {
	struct hit *item;            /* in the order of the configuration: list, response, then subject */
	size_t n, room;
	size_t n_lost;               /* beyond HITS_MAX or out of memory */
	struct complaint *complaint;
	size_t n_complaints, complaints_room;
	struct gaps out;             /* of lists in force: their answers may still come */
	struct gaps silent;          /* of allow lists whose silence softens a refusal */
	size_t n_late, n_failed;     /* questions without an answer */
	size_t n_unneeded;           /* not asked, or not answered so far: nobody has waited */
	size_t n_questions, n_cached;
	size_t n_left_out;           /* queries beyond dns.max_queries */
	struct listset unanswered;   /* block lists in force that did not answer all that the message wants to know of them */
};

/* Adds one. */
void hit_add(struct hits *hits, const struct hit *hit, struct arena *arena);
/* Adds a gap to hits->out: the answer to this question may lead to a hit of the list, unless it is on trial. */
void hit_add_out(struct hits *hits, const struct list *list, unsigned kinds, struct question *question, struct arena *arena);
/* Counts the questions of one batch. */
void hit_count(struct hits *hits, const struct batch *batch);
/* "127.0.0.2", or a check's reason. */
const char *hit_answer(const struct hit *hit, char buf[IPADDR_TEXT_BYTES]);
/* What becomes of a hit: "counts", "doubted", "void" or "shadow". Static. */
const char *hit_weight_word(const struct hit *hit);

/* Adds the hits of one batch, from the answers that are there; `subjects` are those that it was planned for. Call hit_sort()
 * after the last. */
void hit_collect(const struct batch *batch, const struct subjects *subjects, struct arena *arena, struct hits *out);
/* The same for one query of it, and nothing else: no counts, no silence. */
void hit_collect_query(const struct batch *batch, const struct query *query, const struct subject *subject, struct arena *arena,
		       struct hits *out);
void hit_sort(struct hits *hits);
/* The same for gaps alone, whose order somebody has disturbed; hits stay where they are. */
void hit_sort_gaps(struct gaps *gaps);
/* Empty again, to be collected anew into the same memory. */
void hit_clear(struct hits *hits);
/* Has a block list in force matched? Weights must be set. */
bool hit_matched(const struct hits *hits);

/* Sets each hit's weight: lists on trial are only shown, and so are those of `shown`; those of `flags` only flag. An allow list
 * in doubt still saves a message. */
void hit_weigh(struct hits *hits, const struct ruleset *rules, const struct listset *flags, const struct listset *shown);

/* The code by which a list says that it does not serve our resolver; 0: there is none in the answer. */
uint32_t hit_refusal(const struct list *list, const struct answer *answer);
/* Does one of the list's responses name this A record? */
bool hit_is_named(const struct list *list, uint32_t addr);

#endif
