/* Is a list sane? What its answers and its test points tell, a state for each list, and what that means for mail.
 *   ok         it is asked, and its hits count
 *   suspended  it lists the whole world: it is not asked, and its hits of this moment count for nothing
 *   refusing   it answered with a code by which it says that it does not serve us: it is not asked for a while
 *   failing    it gives no answer: it is not asked by mail, only by tests, in growing pauses
 *   disabled   switched off by hand
 * Tests ask names of which the answer is known: one that must be listed, one that must not, and names that were never asked
 * before, which no cache between us and the list can know (section "Tests" of doc/DESIGN.md). Somebody else asks them: what is
 * to be asked comes out of here, and what was answered goes in.
 * Proof:   a refusal should rest only on lists whose last good test is not older than health.proof; who wants to refuse for
 *          another one tests it first (health_trust).
 * Time:    handed in; no clock, no network.   Keyed by the list's name: a reload keeps what is known, unless the list's zone
 *          or its test points have changed.   Threads: any; one mutex, held for microseconds; `tell` is called without it.
 * Bound:   LISTS_MAX lists, 1.5 KiB each.   RFC: 5782 section 5, 6471 sections 3.3 and 3.5; 8904 names the two kinds of error. */
#ifndef COMMON_HEALTH_H
#define COMMON_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/answer.h"
#include "common/hit.h"
#include "common/listset.h"
#include "common/log.h"
#include "common/monotime.h"
#include "common/query.h"
#include "common/ruleset.h"

/* Where a function takes it for mail (first section below), NULL stands for "nobody watches": every list is sane. */
struct health;

/* A change of state and the like, one sentence. Any thread. */
typedef void health_tell_fn(void *ctx, enum log_level level, const char *sentence);

/* `seed` chooses names and pauses: from the kernel in the daemon, fixed in tests. NULL: out of memory. */
struct health *health_new(uint64_t seed, health_tell_fn *tell, void *ctx);
void health_free(struct health **health);   /* sets *health to NULL; NULL inside is fine */

/* These rules come into force: lists that are new are tested at once, those that are gone are forgotten. False: out of memory;
 * a list that found no room is not watched, and asked as if it were sane. */
bool health_adopt(struct health *health, const struct ruleset *rules, struct monotime now);

/* --- what mail tells, and what it may rely on --------------------------------------------------------------------- */

/* The lists that are not to be asked now. */
void health_left_out(struct health *health, const struct ruleset *rules, struct monotime now, struct listset *out);

/* Of these, the ones that would give no answer: not those that are suspended or switched off. */
void health_mute(struct health *health, const struct ruleset *rules, struct monotime now, const struct listset *left_out,
		 struct listset *out);

/* Learns what has come for a batch, each answer once however often it is called; a question that nobody has waited for teaches
 * nothing but that it was asked. Answers that came from the cache, or that another session has asked for, are only
 * counted. True: some list should be tested at once (health_due). */
bool health_learn(struct health *health, struct batch *batch, const struct subjects *subjects, struct monotime now);

/* A message is over: counts it for each list that had a hit on it, shown ones of lists on trial too. That nobody else had one is
 * counted only where all have spoken. `decided_by`: whose hit
 * made the verdict; NULL: none did. Call it once a message. */
void health_credit(struct health *health, const struct ruleset *rules, const struct hits *hits, const struct list *decided_by);

/* How far the lists with hits can be trusted. */
struct health_trust {
	struct listset void_;        /* suspended: the hit means nothing */
	struct listset doubted;      /* a test has failed, the next is to come: its hits only flag */
	struct listset suspected;    /* it says yes to everybody: until the test is back its hits only flag */
	struct listset proven;       /* none of these, and a good test is fresh; or it has no test points (probe).
	                              * Where nobody watches: none */
	struct listset unproven;     /* suspected, or no good test for a while: test it before a refusal rests on it alone. Where such
	                              * a test had no answer just now, nobody is made to wait for another one */
};
void health_trust(struct health *health, const struct ruleset *rules, const struct hits *hits, struct monotime now,
		  struct health_trust *out);

/* --- tests -------------------------------------------------------------------------------------------------------- */

enum health_point { POINT_LISTED, POINT_UNLISTED, POINT_FRESH_1, POINT_FRESH_2, POINTS };

/* What is to be asked about one list. */
struct health_test {
	uint16_t list;               /* of the rules that it was made for */
	bool scheduled;              /* by health_due(), not by a message */
	unsigned points;             /* 1 << enum health_point of each name to ask; 0: none could be asked */
	uint32_t fresh[2];           /* chooses the names of the last two points */
	struct monotime at;          /* when it was made */
};
struct health_answers {
	struct answer point[POINTS]; /* of those that were asked */
};

/* What a test says of a list. */
struct health_result {
	unsigned n_answers;          /* points that were answered */
	uint32_t code;               /* the list refuses us; 0: no */
	bool good;                   /* a name that must not be listed is not... */
	unsigned strikes;            /* ...or is; names that nobody has asked before are two proofs */
	struct answer bad;           /* the answer then */
	bool missing, present;       /* what must be listed */
};
struct health_result health_judge(const struct list *list, const struct health_test *test, const struct health_answers *answers);

/* The tests that are due, at most `max`; *next is when to ask again. `rules` are those adopted last. */
size_t health_due(struct health *health, const struct ruleset *rules, struct monotime now, struct health_test *out, size_t max,
		  struct monotime *next);
/* The test that a message wants before it relies on a list. All messages get the same one until it is answered. */
void health_witness(struct health *health, const struct ruleset *rules, size_t list, struct monotime now,
		    struct health_test *out);
/* The test's answers, for the rules that it was made for. True: see health_learn(). */
bool health_tested(struct health *health, const struct ruleset *rules, const struct health_test *test,
		   const struct health_answers *answers, struct monotime now);
/* True once after a list has come back that listed the world: answers of that time may still be kept, and should not be. */
bool health_wants_forgetting(struct health *health);

enum { HEALTH_NAME_BYTES = 64 };
/* True once for each list after it was suspended: its name. What it has said lately is not to be relied on any more. */
bool health_next_suspended(struct health *health, char name[HEALTH_NAME_BYTES]);

/* --- for the administrator ---------------------------------------------------------------------------------------- */

enum health_state { HEALTH_OK, HEALTH_SUSPENDED, HEALTH_REFUSING, HEALTH_FAILING, HEALTH_DISABLED };
/* "ok", "suspended", ... Static. */
const char *health_word(enum health_state state);
/* What Spamhaus and those who follow it mean by a code with which a list refuses a resolver, and the remedy. Static. */
const char *health_refusal(uint32_t code);

struct health_report {
	enum health_state state;
	struct monotime since;       /* of the state */
	struct monotime until;       /* HEALTH_DISABLED: then it is on again by itself; INT64_MAX: after a restart */
	bool tested;                 /* a test was answered, at: */
	struct monotime tested_at;
	uint64_t queries;            /* went out for mail */
	uint64_t cached;             /* answered without asking */
	uint64_t hits, unknown, refused, foreign;   /* answers, of those that were asked for */
	uint64_t hit_messages;       /* messages with a hit, from the cache or not */
	uint64_t sole_messages;      /* of these: no other list of its kind had one */
	uint64_t decided_messages;   /* of these: it made the verdict */
	uint64_t errors, timeouts;   /* failed in time; not answered in time */
	uint64_t tests, tests_failed;
	int64_t p50_us, p99_us;
	int usual_percent;           /* client networks listed in the long run */
};
/* False: no such list. */
bool health_report(struct health *health, const char *name, struct monotime now, struct health_report *out);

/* Switches a list off until then (INT64_MAX us: until a restart), or on again. A reload changes nothing about that. The prober
 * should be poked. False: no such list. */
bool health_disable(struct health *health, const char *name, struct monotime now, struct monotime until);
bool health_enable(struct health *health, const char *name, struct monotime now);

#endif
