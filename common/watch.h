/* The inside of health: what is known of each list, the states that lists and the DNS pass through, and what is told then.
 * For health.c, healthmail.c and healthtest.c only; everybody else sees health.h.
 * Threads: all functions but watch_unlock_and_tell() are called with health->mutex held.   Time: handed in. */
#ifndef COMMON_WATCH_H
#define COMMON_WATCH_H

#include <pthread.h>

#include "common/brake.h"
#include "common/health.h"
#include "common/latency.h"
#include "common/notes.h"
#include "common/siphash.h"

enum { WATCH_BUCKETS = 512 };

/* What is known of one list. */
struct watch {
	struct watch *chain;         /* of its bucket */
	char name[HEALTH_NAME_BYTES];   /* config/ allows 63 */
	uint64_t identity;           /* of zone and test points */
	bool probe, brake_on, own_server;
	bool no_fresh;               /* it has an address of its own that must not be listed: others may well be */
	enum health_state state;     /* never HEALTH_DISABLED: see disabled_until */
	struct monotime since;
	struct monotime disabled_at, disabled_until;   /* INT64_MIN: it is not */

	struct monotime test_at;     /* the next scheduled test */
	bool testing;                /* it is out */
	bool tested, proven;
	struct monotime tested_at;   /* the last one that was answered */
	struct monotime proven_at;   /* when the last good one went out */
	struct monotime tried_at;    /* when a message had no answer to its test */
	unsigned strikes, good_run, missing;
	uint64_t witness;            /* chooses the names of the next witness */
	bool suspected;
	struct monotime suspected_at;
	bool tell_suspended;         /* by health_next_suspended() */
	struct brake brake;
	bool told_foreign;
	struct monotime foreign_at;

	unsigned fails;              /* in a row */
	uint64_t answers_then;       /* health->answers when that row, or that pause, began */
	int64_t pause_us;
	uint32_t code;               /* by which it refuses */
	struct monotime paused_until;

	uint64_t queries, cached, hits, unknown, refused, foreign, errors, timeouts, tests, tests_failed;
	uint64_t hit_messages, sole_messages, decided_messages;
	struct latency latency;
};

struct health {
	health_tell_fn *tell;
	void *ctx;
	pthread_mutex_t mutex;       /* guards everything below */
	struct siphash_key key;
	uint64_t random;
	struct watch *table[WATCH_BUCKETS];
	const struct ruleset *rules; /* adopted last: only to be compared with, never looked into */
	struct watch **lists;        /* of its lists, in their order; NULL: there was no memory */
	size_t n_lists;
	struct health_settings settings;
	uint64_t answers;            /* from the servers that all lists share */
	bool down;                   /* no list answers: it is the DNS, not a list */
	struct monotime down_since, up_since, probe_at;
	size_t probe_next;
	bool forget, tell_suspended;
};

/* --- finding ------------------------------------------------------------------------------------------------------ */

struct watch **watch_bucket(struct health *health, const char *name);
/* NULL: no such list. */
struct watch *watch_find(struct health *health, const char *name);
/* The same for a list of these rules; NULL: it is not watched. */
struct watch *watch_of(struct health *health, const struct ruleset *rules, size_t list);
/* Of zone and test points: another one means another list under the same name. */
uint64_t watch_identity(const struct health *health, const struct list *list);

/* --- time and chance ---------------------------------------------------------------------------------------------- */

uint64_t watch_random(struct health *health);
/* In that time, a fifth more or less, so that the lists of many sites are not all asked at the same moment. */
struct monotime watch_in(struct health *health, struct monotime now, int64_t us);

/* --- states ------------------------------------------------------------------------------------------------------- */

bool watch_is_disabled(const struct watch *watch, struct monotime now);
void watch_enter(struct watch *watch, enum health_state state, struct monotime now);

/* Where these return true, the caller should see to it that somebody looks at what is due (health_due). */
bool watch_test_now(struct watch *watch, struct monotime now);
/* The list has answered, whatever it said. */
void watch_answered(struct health *health, struct watch *watch, struct monotime now, struct notes *notes);
/* One lookup, which went out at `asked`, had no answer. Nothing is proven by one, nor by any number: the list is only not
 * waited for. */
bool watch_failed(struct health *health, struct watch *watch, struct monotime asked, struct monotime now, struct notes *notes);
/* The list has answered with a code by which it refuses us, or with something else after such a time. */
void watch_refuse(struct health *health, struct watch *watch, uint32_t code, struct monotime now, struct notes *notes);
void watch_serve_again(struct watch *watch, struct monotime now, struct notes *notes);

/* Gives the mutex back, tells the notes and empties them. */
void watch_unlock_and_tell(struct health *health, struct notes *notes);

#endif
