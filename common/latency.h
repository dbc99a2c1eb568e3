/* How long answers took: counts in buckets that grow by a quarter, from 64 microseconds to a minute.
 * Plain data. One thread at a time.   Error: a percentile is at most a quarter too high. */
#ifndef COMMON_LATENCY_H
#define COMMON_LATENCY_H

#include <stdint.h>

enum { LATENCY_BUCKETS = 82 };

struct latency {
	uint32_t count[LATENCY_BUCKETS];
	uint64_t n;
};

void latency_add(struct latency *latency, int64_t us);
/* Microseconds that `percent` of the answers (1 to 100) took at most; 0: there was none. */
int64_t latency_percentile(const struct latency *latency, unsigned percent);

#endif
