/* Does a list suddenly say yes to everybody? Looks at the client networks (/24, /48) that it was asked about, each once while
 * it is among the last fifty. Two signs, and neither is proof, for a wave of spam looks the same: who sees one tests the list.
 *   a run   so many networks listed one after the other that it happens by chance less than once in a hundred networks:
 *           two where the list usually knows up to ten in a hundred, seven where it knows every second one
 *   a jam   49 of the last 50 listed, and three times as many as in the long run
 * The long run is what came before the last fifty, so that a bad day does not hide itself.
 * Plain data, no clock. One thread at a time. */
#ifndef COMMON_BRAKE_H
#define COMMON_BRAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/ipaddr.h"

enum { BRAKE_LAST = 50, BRAKE_JAM = 49, BRAKE_JAM_ENDS = 45, BRAKE_TIMES = 3, BRAKE_HISTORY = 50 };

struct brake {
	uint64_t network[BRAKE_LAST];   /* a ring; each network's own number */
	uint64_t listed;                /* a bit for each place of the ring */
	uint8_t n, next;
	uint32_t run;                   /* networks listed in a row, up to now */
	uint32_t innocent_run;          /* its length when the list was last tested and found sane */
	bool jammed;
	double asked, yes;              /* the long run; halved from time to time, so that it forgets slowly */
};

enum brake_sign { BRAKE_QUIET, BRAKE_RUN, BRAKE_JAMMED };

/* One answer about a client. BRAKE_JAMMED comes once a jam. */
enum brake_sign brake_learn(struct brake *brake, const struct ipaddr *client, bool listed);
/* The list was tested and is sane: this run was spam. */
void brake_release(struct brake *brake);
/* What was seen was a list gone bad: the last fifty are forgotten, and the long run never learns of them. */
void brake_forget(struct brake *brake);
/* How many networks in a hundred the list knows in the long run. */
int brake_usual_percent(const struct brake *brake);

#endif
