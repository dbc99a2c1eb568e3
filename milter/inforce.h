/* The rules in force: sessions take a reference at their start, a reload swaps what the next ones get.
 * Threads: from any.   Owner: holds one reference to the rules in force. */
#ifndef MILTER_INFORCE_H
#define MILTER_INFORCE_H

#include <pthread.h>

#include "common/ruleset.h"

struct inforce {
	pthread_mutex_t mutex;       /* guards rules */
	struct ruleset *rules;
};

/* Takes over the caller's reference. */
void inforce_init(struct inforce *inforce, struct ruleset *first);
void inforce_clear(struct inforce *inforce);
/* A reference for the caller. */
struct ruleset *inforce_get(struct inforce *inforce);
/* From now on inforce_get() gives `next`, whose reference is taken over. */
void inforce_swap(struct inforce *inforce, struct ruleset *next);

#endif
