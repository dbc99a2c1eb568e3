/* Asks the test points of lists, in the background and past the cache, through the same servers as mail does.
 * What is to be asked is health's to say; here it becomes names, goes out, and the answers go back to health.
 * Points: an IPv4 list must list 127.0.0.2 and must not list 127.0.0.1, a domain list "test" and "invalid" (RFC 5782 section 5),
 *         or what the list's "probe" names. The fresh ones are addresses of 127.1.0.0 to 127.254.255.255, which nobody can
 *         have, or names below "invalid", chosen at random: no resolver on the way can hold an old answer.
 * Threads: one of its own that sends and never waits for an answer; poke from any. */
#ifndef COMMON_PROBER_H
#define COMMON_PROBER_H

#include "common/errmsg.h"
#include "common/health.h"
#include "common/lookup.h"
#include "common/screen.h"

/* The test's questions, in the order of its points. NULL: out of memory, or a name is too long for the DNS. */
struct batch *prober_plan(struct ruleset *rules, const struct health_test *test);
/* The answers of a batch that is over. */
void prober_read(const struct batch *batch, const struct health_test *test, struct health_answers *out);

struct prober;

/* A reference to the rules in force, for the prober to give back. */
typedef struct ruleset *prober_rules_fn(void *ctx);

/* Starts the thread. What a list has put on the screen goes when the list is suspended; `screen` NULL: there is none. NULL:
 * `err` says why. */
struct prober *prober_new(struct lookup *lookup, struct health *health, struct screen *screen, prober_rules_fn *rules,
			  void *ctx, struct errmsg *err);
/* Something may be due: after a reload, or when health_learn() says so. Returns at once; NULL is fine. */
void prober_poke(struct prober *prober);
/* Ends the thread; tests under way are given up. Sets *prober to NULL; NULL inside is fine. */
void prober_free(struct prober **prober);

#endif
