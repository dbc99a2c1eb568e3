/* inforce: the rules in force.
 * A pointer under a mutex that is held for a few instructions: a reload waits for nobody and nobody for a reload. */
#include "milter/inforce.h"

void inforce_init(struct inforce *inforce, struct ruleset *first)
{
	pthread_mutex_init(&inforce->mutex, NULL);
	inforce->rules = first;
}

void inforce_clear(struct inforce *inforce)
{
	ruleset_unref(&inforce->rules);
	pthread_mutex_destroy(&inforce->mutex);
}

struct ruleset *inforce_get(struct inforce *inforce)
{
	struct ruleset *rules;

	pthread_mutex_lock(&inforce->mutex);
	rules = ruleset_ref(inforce->rules);
	pthread_mutex_unlock(&inforce->mutex);
	return rules;
}

void inforce_swap(struct inforce *inforce, struct ruleset *next)
{
	struct ruleset *old;

	pthread_mutex_lock(&inforce->mutex);
	old = inforce->rules;
	inforce->rules = next;
	pthread_mutex_unlock(&inforce->mutex);
	ruleset_unref(&old);
}
