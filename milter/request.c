/* request: which command is it?
 * The commands themselves are in request_*.c, a family each. */
#include "milter/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/text.h"

enum { PROTOCOL_VERSION = 1, TIME_BYTES = 32 };

static const struct {
	const char *name;
	request_fn *answer;
} commands[] = {
	{ "status", request_status },
	{ "reload", request_reload },
	{ "check", request_check },
	{ "explain", request_explain },
	{ "lists", request_lists },
	{ "list disable", request_list_disable },
	{ "list enable", request_list_enable },
	{ "cache list", request_cache_list },
	{ "cache add", request_cache_add },
	{ "cache remove", request_cache_remove },
	{ "cache clear", request_cache_clear },
	{ "cache stats", request_cache_stats },
	{ "screen list", request_screen_list },
	{ "screen add", request_screen_add },
	{ "screen remove", request_screen_remove },
	{ "screen clear", request_screen_clear },
	{ "recent add", request_recent_add },
	{ "recent list", request_recent_list },
};

void request_fail(struct request_end *end, enum request_status status, const char *format, ...)
{
	struct text clean = text_over(end->error.text, sizeof end->error.text);
	char sentence[sizeof end->error.text];
	va_list args;

	end->status = status;
	va_start(args, format);
	vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	text_add_foreign(&clean, sentence, sizeof end->error.text - 4);   /* it may quote what the peer has said */
}

const char *request_text(const struct request *request, const char *key)
{
	return json_string_value(json_object_get(request->args, key));
}

bool request_want_text(const struct request *request, const char *key, const char **out, struct request_end *end)
{
	const json_t *value = json_object_get(request->args, key);

	*out = json_string_value(value);
	if (value == NULL || *out != NULL)
		return true;
	request_fail(end, REQUEST_USAGE, "\"%s\" is a text", key);
	return false;
}

const char *request_need_text(const struct request *request, const char *key, struct request_end *end)
{
	const char *text;

	if (request_want_text(request, key, &text, end) && text == NULL)
		request_fail(end, REQUEST_USAGE, "\"%s\" is missing", key);
	return text;
}

bool request_want_switch(const struct request *request, const char *key, bool *out, struct request_end *end)
{
	const json_t *value = json_object_get(request->args, key);

	*out = json_is_true(value);
	if (value == NULL || json_is_boolean(value))
		return true;
	request_fail(end, REQUEST_USAGE, "\"%s\" is true or false", key);
	return false;
}

bool request_item(const struct request *request, json_t *item)
{
	return request->sink.item(request->sink.ctx, item);
}

json_t *request_time(int64_t wall_s)
{
	time_t t = (time_t)wall_s;
	char text[TIME_BYTES];
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return json_null();
	return json_string(text);
}

json_t *request_moment(struct monotime moment, struct monotime now)
{
	if (moment.us == INT64_MAX || moment.us == INT64_MIN)
		return json_null();
	return request_time((int64_t)time(NULL) + monotime_between(now, moment) / 1000000);
}

json_t *request_ms(int64_t us)
{
	return us > 0 ? json_real((double)us / 1000) : json_null();
}

static bool is_known_version(const struct request *request)
{
	const json_t *version = json_object_get(request->args, "version");

	return version == NULL || (json_is_integer(version) && json_integer_value(version) == PROTOCOL_VERSION);
}

void request_answer(const struct request *request, struct request_end *end)
{
	const char *name = request_text(request, "command");
	char quoted[TEXT_QUOTE_BYTES];

	*end = (struct request_end){ .status = REQUEST_DONE };
	if (!is_known_version(request)) {
		request_fail(end, REQUEST_USAGE, "this daemon speaks version %d of the protocol", PROTOCOL_VERSION);
		return;
	}
	if (name == NULL) {
		request_fail(end, REQUEST_USAGE, "a request is an object with \"command\"");
		return;
	}
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(commands[i].name, name) != 0)
			continue;
		commands[i].answer(request, end);
		return;
	}
	request_fail(end, REQUEST_USAGE, "there is no command %s", text_quote(name, quoted));
}
