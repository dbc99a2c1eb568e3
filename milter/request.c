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
};

void request_fail(struct request_end *end, enum request_status status, const char *format, ...)
{
	va_list args;

	end->status = status;
	va_start(args, format);
	vsnprintf(end->error.text, sizeof end->error.text, format, args);
	va_end(args);
}

const char *request_text(const struct request *request, const char *key)
{
	return json_string_value(json_object_get(request->args, key));
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
