/* Microseconds of the steady clock inside a struct, so that units and clocks cannot mix.
 * The wall clock is never used for waiting or for ages: it jumps. Safe from any thread. */
#ifndef COMMON_MONOTIME_H
#define COMMON_MONOTIME_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct monotime {
	int64_t us;
};

static inline struct monotime monotime_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct monotime){ (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 };
}

/* Stops at the end of time in place of an overflow: INT64_MAX is "never". */
static inline struct monotime monotime_add(struct monotime t, int64_t us)
{
	struct monotime sum;

	if (__builtin_add_overflow(t.us, us, &sum.us))
		sum.us = us < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

/* Microseconds from `from` to `to`; negative when `to` is earlier. */
static inline int64_t monotime_between(struct monotime from, struct monotime to)
{
	return to.us - from.us;
}

static inline bool monotime_reached(struct monotime now, struct monotime when)
{
	return now.us >= when.us;
}

static inline struct timespec monotime_timespec(struct monotime t)
{
	return (struct timespec){ .tv_sec = (time_t)(t.us / 1000000), .tv_nsec = (long)(t.us % 1000000) * 1000 };
}

#endif
