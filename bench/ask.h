/* What the benches that ask a DNS server share: rules with one list and no cache, and addresses that nobody has asked about. */
#ifndef BENCH_ASK_H
#define BENCH_ASK_H

#include <stddef.h>
#include <stdint.h>

#include "common/dnswire.h"
#include "common/query.h"
#include "common/ruleset.h"

/* Ends the program when it cannot be. */
struct ruleset *ask_rules(const char *server, const char *zone);

/* A batch of `n` lookups, each of a new address; n is at most ASK_BATCH. */
enum { ASK_BATCH = 50 };
struct batch *ask_plan(struct ruleset *rules, size_t n);

/* The question for a new address below the zone. Returns its length. */
size_t ask_packet(uint8_t out[DNSWIRE_QUERY_MAX], uint16_t id, const struct dnsname *zone);

/* A new address as a number. */
uint32_t ask_next_addr(void);

#endif
