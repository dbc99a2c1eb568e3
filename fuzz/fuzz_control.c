/* Fuzzes control: any bytes as a request, read as the control socket reads it - a line, and what stands behind it as its payload -
 * end with a status, with a reason where they make no sense, and whatever is answered is whole JSON of plain ASCII.
 * The service is the daemon's without a daemon: no store, no reload, and DNS that nobody answers. */
#include <jansson.h>
#include <string.h>
#include <time.h>

#include "config/config.h"
#include "fuzz/fuzz.h"
#include "milter/request.h"

enum { LINE_MAX_BYTES = 16 << 10 };

static struct service service;

static void ignore(void *ctx, enum log_level level, const char *sentence)
{
	(void)ctx;
	(void)level;
	(void)sentence;
}

/* Built once: what requests have changed stays, as in a daemon. */
static void set_up(void)
{
	static const char json[] =
		"{\"dns\": {\"servers\": [\"127.0.0.1:9\"], \"timeout\": \"100ms\", \"tries\": 1, \"budget\": \"100ms\"},"
		"\"lists\": [{\"name\": \"zen\", \"zone\": \"key.zen.example\"},"
		"{\"name\": \"dbl\", \"query\": \"key.%s.dbl.example\", \"subjects\": [\"helo\", \"sender\"]}]}";
	struct faults faults;
	struct ruleset *rules;
	struct errmsg err;

	faults_init(&faults);
	rules = config_parse(json, sizeof json - 1, "fuzz.json", &faults);
	MUST(rules != NULL);
	faults_clear(&faults);
	log_configure(&(struct log_settings){ .target = LOG_TARGET_STDERR, .level = LOG_LEVEL_ERROR }, true);
	service = (struct service){ .started = monotime_now(), .started_s = time(NULL), .lookup = lookup_new(rules, &err),
				    .health = health_new(1, ignore, NULL), .manual = manual_new(NULL), .screen = screen_new(NULL),
				    .recent = recent_new(), .counters = counters_new() };
	MUST(service.lookup != NULL && health_adopt(service.health, rules, monotime_now()));
	inforce_init(&service.inforce, rules);
}

static int must_be_ascii(const char *bytes, size_t n, void *ctx)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		MUST(bytes[i] >= ' ' && bytes[i] <= '~');
	return 0;
}

static void must_be_a_line(const json_t *json)
{
	MUST(json_dump_callback(json, must_be_ascii, NULL, JSON_COMPACT | JSON_ENSURE_ASCII) == 0);
}

static bool take(void *ctx, json_t *item)
{
	(void)ctx;
	MUST(item != NULL);
	must_be_a_line(item);
	json_decref(item);
	return true;
}

static void answer(const json_t *args, const uint8_t *payload, size_t n)
{
	struct request request = { .service = &service, .args = args, .payload = n > 0 ? (const char *)payload : NULL,
				   .payload_bytes = n, .sink = { take, NULL } };
	struct request_end end;
	json_t *error;

	request_answer(&request, &end);
	MUST(end.status == REQUEST_DONE || end.status == REQUEST_NO || end.status == REQUEST_USAGE || end.status == REQUEST_FAULTY);
	MUST(end.status != REQUEST_DONE || end.error.text[0] == '\0');
	MUST(end.status != REQUEST_USAGE || end.error.text[0] != '\0');
	error = json_pack("{s:s}", "error", end.error.text);
	must_be_a_line(error);
	json_decref(error);
	if (end.result != NULL)
		must_be_a_line(end.result);
	json_decref(end.result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	size_t line = end != NULL ? (size_t)(end - data) : size;
	json_t *args;

	if (service.lookup == NULL)
		set_up();
	if (line > LINE_MAX_BYTES)
		return 0;
	args = json_loadb((const char *)data, line, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(args))
		answer(args, data + line + (end != NULL), size - line - (end != NULL));
	json_decref(args);
	return 0;
}
