/* What was done with mail, and how long it waited: counted since the start. What each list did is counted by health.
 * Owner:   one serves the process.   Threads: any; one mutex, held for less than a microsecond, once a message.
 * Bound:   plain numbers, whatever comes. */
#ifndef COMMON_COUNTERS_H
#define COMMON_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/verdict.h"

struct counters;

struct counters *counters_new(void);   /* NULL: out of memory */
void counters_free(struct counters **counters);   /* sets *counters to NULL; NULL inside is fine */

/* A message that has ended. */
struct counted_message {
	enum verdict_kind verdict;
	bool at_rcpt;                /* all of it was refused at RCPT: its end never came */
	size_t refused;              /* recipients refused at RCPT */
	bool blocked, screened;      /* refused without a lookup: by "blocked", by the screen */
	int64_t waited_us;           /* for the DNS */
};

/* `counters` NULL: nobody counts. */
void counters_session(struct counters *counters);
void counters_message(struct counters *counters, const struct counted_message *message);
/* A session of a screened client that was turned away at the door: there was no message. */
void counters_turned_away(struct counters *counters);

struct counters_report {
	uint64_t sessions, turned_away;
	uint64_t messages, verdict[VERDICT_KINDS];
	uint64_t at_rcpt, refused_recipients, blocked, screened;
	int64_t wait_p50_us, wait_p99_us;   /* of messages; a quarter too high at most */
};
/* `counters` NULL: nothing was counted. */
void counters_read(struct counters *counters, struct counters_report *out);

#endif
