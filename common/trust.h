/* Hits -> verdict, with regard to how far each list can be trusted: health's memory and verdict's plain room together.
 * A refusal, or whatever else keeps a message from its recipient, rests only on lists that are proven sane;
 * where one would rest on another, that list is tested first.
 * Threads: any. Waits only where `prove` does. */
#ifndef COMMON_TRUST_H
#define COMMON_TRUST_H

#include "common/health.h"
#include "common/verdict.h"

/* Tests these lists (health_witness, health_tested) and waits for the outcome, as long as the message may still wait. */
typedef void trust_prove_fn(void *ctx, const struct listset *lists);

/* Sets the hits' weights. `hits` must be sorted. */
void trust_decide(const struct ruleset *rules, struct hits *hits, struct health *health, struct monotime now,
		  trust_prove_fn *prove, void *ctx, struct verdict *out);

#endif
