/* latency: how long answers took.
 * A bucket's number is the position of the highest bit and the two bits below it. */
#include "common/latency.h"

enum { LOWEST_BIT = 6, QUARTERS = 4 };   /* the first bucket holds what is below 2^6 us and a quarter */

static unsigned bucket_of(int64_t us)
{
	unsigned bit, bucket;

	if (us < 1 << LOWEST_BIT)
		return 0;
	bit = 63u - (unsigned)__builtin_clzll((unsigned long long)us);
	bucket = (bit - LOWEST_BIT) * QUARTERS + (unsigned)(us >> (bit - 2) & 3);
	return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

/* The first value that lies above the bucket. */
static int64_t end_of(unsigned bucket)
{
	return (int64_t)(QUARTERS + bucket % QUARTERS + 1) << (LOWEST_BIT - 2 + bucket / QUARTERS);
}

void latency_add(struct latency *latency, int64_t us)
{
	latency->count[bucket_of(us)]++;
	latency->n++;
}

int64_t latency_percentile(const struct latency *latency, unsigned percent)
{
	uint64_t wanted = (latency->n * percent + 99) / 100, seen = 0;

	if (latency->n == 0)
		return 0;
	for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
		seen += latency->count[i];
		if (seen >= wanted)
			return end_of(i);
	}
	return end_of(LATENCY_BUCKETS - 1);
}
