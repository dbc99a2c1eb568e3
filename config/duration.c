/* duration: text with a unit <-> microseconds.
 * A number without a unit is refused: whether it means seconds or minutes is what people get wrong. */
#include "config/duration.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define DURATION_MAX (100 * 365 * DURATION_D)

static const struct {
	const char *word;
	int64_t us;
} units[] = { { "d", DURATION_D }, { "h", DURATION_H }, { "m", DURATION_M }, { "s", DURATION_S }, { "ms", DURATION_MS } };

enum { N_UNITS = sizeof units / sizeof units[0] };

static int64_t unit_us(const char *word)
{
	for (size_t i = 0; i < N_UNITS; i++)
		if (strcmp(word, units[i].word) == 0)
			return units[i].us;
	return 0;
}

bool duration_parse(int64_t *out_us, const char *text, struct errmsg *err)
{
	const char *at = text;
	int64_t number = 0, unit;

	if (strcmp(text, "never") == 0) {
		*out_us = DURATION_NEVER;
		return true;
	}
	for (; *at >= '0' && *at <= '9' && number <= DURATION_MAX; at++)
		number = number * 10 + (*at - '0');
	unit = unit_us(at);
	if (at != text && unit != 0 && number <= DURATION_MAX / unit) {
		*out_us = number * unit;
		return true;
	}
	if (at != text && (unit != 0 || number > DURATION_MAX))
		errmsg_set(err, "\"%.40s\" is longer than 100 years", text);
	else if (at != text && *at == '\0')
		errmsg_set(err, "\"%.40s\" needs a unit: ms, s, m, h or d", text);
	else
		errmsg_set(err, "\"%.40s\" is not a duration such as \"500ms\", \"30s\", \"5m\", \"1h\" or \"7d\"", text);
	return false;
}

const char *duration_format(int64_t us, char buf[DURATION_TEXT_BYTES])
{
	size_t i = 0;

	if (us == DURATION_NEVER) {
		snprintf(buf, DURATION_TEXT_BYTES, "never");
		return buf;
	}
	while (i + 1 < N_UNITS && (us == 0 || us % units[i].us != 0))
		i++;
	if (us == 0)
		i = 3;   /* "0s" */
	snprintf(buf, DURATION_TEXT_BYTES, "%" PRId64 "%s", us / units[i].us, units[i].word);
	return buf;
}
