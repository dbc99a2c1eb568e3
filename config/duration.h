/* Durations as text: "500ms", "30s", "5m", "1h", "7d", and "never" where that makes sense.
 * Pure functions, safe from any thread. */
#ifndef CONFIG_DURATION_H
#define CONFIG_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/errmsg.h"

enum { DURATION_TEXT_BYTES = 24 };

#define DURATION_NEVER INT64_MAX
#define DURATION_MS INT64_C(1000)
#define DURATION_S (1000 * DURATION_MS)
#define DURATION_M (60 * DURATION_S)
#define DURATION_H (60 * DURATION_M)
#define DURATION_D (24 * DURATION_H)

/* Microseconds; DURATION_NEVER for "never". Whole numbers with one unit, no sign, no blanks, at most 100 years. False:
 * `err` says what is wrong, *out_us is untouched. */
bool duration_parse(int64_t *out_us, const char *text, struct errmsg *err);
/* The shortest text with one unit: 90000000 is "90s", 120000000 "2m". Parts of a millisecond are dropped. Returns buf. */
const char *duration_format(int64_t us, char buf[DURATION_TEXT_BYTES]);

#endif
