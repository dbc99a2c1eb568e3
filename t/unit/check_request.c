/* Tests of request: what a request must be, what comes back, and that nonsense is refused with a reason and changes nothing. */
#include <string.h>

#include "milter/request.h"
#include "t/unit/daemon.h"
#include "t/unit/fixture.h"
#include "t/unit/loglines.h"
#include "t/unit/suites.h"

static struct service service;
static json_t *items;                /* that were handed over */
static size_t max_items;             /* after so many nobody reads any more */
static struct request_end answer;

static bool take(void *ctx, json_t *item)
{
	(void)ctx;
	ck_assert_ptr_nonnull(item);
	json_array_append_new(items, item);
	return json_array_size(items) < max_items;
}

static void set_up(void)
{
	loglines_begin();
	daemon_begin(&service, fixture_rules("{'dns': {'servers': ['127.0.0.1:9']},"
					     " 'lists': [{'name': 'zen', 'zone': 'key.zen.example'},"
					     " {'name': 'dbl', 'zone': 'dbl.example', 'subjects': ['helo']}]}"));
	items = json_array();
	max_items = SIZE_MAX;
	answer = (struct request_end){ .result = NULL };
}

static void tear_down(void)
{
	json_decref(answer.result);
	json_decref(items);
	daemon_end(&service);
	loglines_end();
}

/* In `json` a ' stands for a ". Returns the status. */
static int ask(const char *json)
{
	char text[600];
	struct request request = { .service = &service, .sink = { take, NULL } };
	json_t *args;
	size_t i;

	for (i = 0; json[i] != '\0'; i++)
		text[i] = json[i] == '\'' ? '"' : json[i];
	text[i] = '\0';
	args = json_loads(text, 0, NULL);
	ck_assert_msg(args != NULL, "%s", text);
	json_decref(answer.result);
	json_array_clear(items);
	request.args = args;
	request_answer(&request, &answer);
	json_decref(args);
	return (int)answer.status;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static json_int_t number_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	ck_assert_msg(json_is_integer(value), "%s", key);
	return json_integer_value(value);
}

static const struct {
	const char *request;
	int status;
	const char *error;           /* part of it; NULL: there is none */
} rows[] = {
	{ "{}", 2, "\"command\"" },
	{ "{'command': 1}", 2, "\"command\"" },
	{ "{'command': 'nonsense'}", 2, "there is no command \"nonsense\"" },
	{ "{'command': 'list\\u0001\\u00fc'}", 2, "there is no command \"list???\"" },
	{ "{'version': 2, 'command': 'status'}", 2, "version 1" },
	{ "{'version': '1', 'command': 'status'}", 2, "version 1" },
	{ "{'version': 1, 'command': 'status', 'whatever': [1]}", 0, NULL },

	{ "{'command': 'list disable'}", 2, "\"name\" is missing" },
	{ "{'command': 'list disable', 'name': 5}", 2, "\"name\" is a text" },
	{ "{'command': 'list disable', 'name': 'zen', 'for': 7200}", 2, "\"for\" is a text" },
	{ "{'command': 'list disable', 'name': 'zen', 'for': '2'}", 2, "how long" },
	{ "{'command': 'list disable', 'name': 'zen', 'for': '0s'}", 2, "how long" },
	{ "{'command': 'list disable', 'name': 'zenn'}", 1, "did you mean \"zen\"?" },
	{ "{'command': 'list disable', 'name': 'key.zen.example'}", 1, "there is no list" },
	{ "{'command': 'list disable', 'name': 'zen', 'for': '2h'}", 0, NULL },
	{ "{'command': 'list disable', 'name': 'zen', 'for': 'never'}", 0, NULL },
	{ "{'command': 'list enable', 'name': ''}", 1, "there is no list \"\"" },
	{ "{'command': 'list enable', 'name': 'zen'}", 0, NULL },

	{ "{'command': 'cache list', 'pattern': 5}", 2, "\"pattern\" is a text" },
	{ "{'command': 'cache list', 'pattern': '192.0.2.1/24'}", 2, "192.0.2.0/24" },
	{ "{'command': 'cache list', 'pattern': '2001:db8::x'}", 2, "the pattern" },
	{ "{'command': 'cache list', 'pattern': '192.0.2.300'}", 2, "the pattern" },
	{ "{'command': 'cache list', 'pattern': '*'}", 0, NULL },
	{ "{'command': 'cache list', 'source': 'both'}", 2, "the source" },
	{ "{'command': 'cache list', 'list': 'manual'}", 0, NULL },
	{ "{'command': 'cache list', 'list': 'zem'}", 1, "did you mean \"zen\"?" },
	{ "{'command': 'cache add'}", 2, "\"address\" is missing" },
	{ "{'command': 'cache add', 'address': '192.0.2'}", 2, "\"192.0.2\" is no address" },
	{ "{'command': 'cache add', 'address': '192.0.2.1', 'ttl': '999ms'}", 2, "ttl: from 1s" },
	{ "{'command': 'cache add', 'address': '192.0.2.1', 'ttl': '3651d'}", 2, "ttl: from 1s" },
	{ "{'command': 'cache add', 'address': '192.0.2.1', 'ttl': '3650d'}", 0, NULL },
	{ "{'command': 'cache add', 'address': '192.0.2.1', 'message': '{nobody}'}", 2, "the message" },
	{ "{'command': 'cache add', 'address': '192.0.2.1', 'message': false}", 2, "\"message\" is a text" },
	{ "{'command': 'cache remove', 'address': '192.0.2.1'}", 1, "was not added by hand" },
	{ "{'command': 'cache clear', 'manual': 1}", 2, "\"manual\" is true or false" },
	{ "{'command': 'cache clear'}", 0, NULL },

	{ "{'command': 'check', 'subjects': []}", 2, "1 to 100 subjects" },
	{ "{'command': 'check', 'subjects': '192.0.2.1'}", 2, "1 to 100 subjects" },
	{ "{'command': 'check', 'subjects': [5]}", 2, "is neither an address nor a domain" },
	{ "{'command': 'check', 'subjects': ['192.0.2.1'], 'cached': 1}", 2, "\"cached\" is true or false" },
	{ "{'command': 'explain', 'client': 5}", 2, "\"client\" is a text" },
	{ "{'command': 'explain', 'client': '192.0.2'}", 2, "the client is an address" },
	{ "{'command': 'explain', 'client': 'local', 'sender': null}", 2, "\"sender\" is a text" },
	{ "{'command': 'explain', 'client': 'local', 'helo': []}", 2, "\"helo\" is a text" },
	{ "{'command': 'explain', 'client': 'local', 'name': 1}", 2, "\"name\" is a text" },
	{ "{'command': 'explain', 'client': 'local', 'login': true}", 2, "\"login\" is a text" },
	{ "{'command': 'explain', 'client': 'local', 'pop': 'yes'}", 2, "\"pop\" is true or false" },
	{ "{'command': 'explain', 'client': 'local', 'cut': 'yes'}", 2, "\"cut\" is true or false" },
	{ "{'command': 'explain', 'client': 'local', 'skip': '1'}", 2, "Received headers" },
	{ "{'command': 'explain', 'client': 'local', 'recipients': 'a@example.org'}", 2, "the recipients are" },
	{ "{'command': 'explain', 'client': 'local', 'recipients': [5]}", 2, "the recipients are" },

	{ "{'command': 'screen add', 'address': '192.0.2.0/24'}", 2, "is no address" },
	{ "{'command': 'screen remove', 'address': '192.0.2.1'}", 1, "is not on the screen" },
	{ "{'command': 'recent add', 'address': 'localhost'}", 2, "is no address" },
};

START_TEST(what_a_request_must_be)
{
	ck_assert_int_eq(ask(rows[_i].request), rows[_i].status);
	if (rows[_i].error == NULL)
		ck_assert_str_eq(answer.error.text, "");
	else
		ck_assert_msg(strstr(answer.error.text, rows[_i].error) != NULL, "%s", answer.error.text);
	ck_assert(answer.result == NULL || answer.error.text[0] == '\0');
}
END_TEST

START_TEST(lists)
{
	const json_t *zen;
	static const char *const numbers[] = { "queries", "cache_hits", "hits", "sole_hits", "deciding_hits", "unknown", "refused",
					       "foreign", "errors", "timeouts", "tests", "tests_failed" };

	ck_assert_int_eq(ask("{'command': 'lists'}"), 0);
	ck_assert_uint_eq(json_array_size(items), 2);
	zen = json_array_get(items, 0);
	ck_assert_str_eq(text_of(zen, "name"), "zen");
	ck_assert_str_eq(text_of(zen, "health"), "ok");
	for (int i = 0; i < ROWS(numbers); i++)
		ck_assert_int_eq(number_of(zen, numbers[i]), 0);
	ck_assert(json_is_null(json_object_get(zen, "p50_ms")) && json_is_null(json_object_get(zen, "until")));

	ck_assert_int_eq(ask("{'command': 'list disable', 'name': 'zen'}"), 0);
	ck_assert_str_eq(text_of(answer.result, "health"), "disabled");
	ck_assert(json_is_null(json_object_get(answer.result, "until")));
	ck_assert_int_eq(ask("{'command': 'list disable', 'name': 'zen', 'for': '2h'}"), 0);
	ck_assert_uint_eq(strlen(text_of(answer.result, "until")), strlen("2026-11-30T12:00:00Z"));
	ck_assert_int_eq(ask("{'command': 'list enable', 'name': 'zen'}"), 0);
	ck_assert_str_eq(text_of(answer.result, "health"), "ok");

	max_items = 1;                         /* who reads no more gets no more */
	ck_assert_int_eq(ask("{'command': 'lists'}"), 0);
	ck_assert_uint_eq(json_array_size(items), 1);
}
END_TEST

/* The subjects that come, in their order, with a comma between them. */
static const char *subjects(const char *request)
{
	static char buf[400];
	struct text text = text_over(buf, sizeof buf);

	ck_assert_int_eq(ask(request), 0);
	for (size_t i = 0; i < json_array_size(items); i++)
		text_add(&text, "%s%s", i > 0 ? "," : "", text_of(json_array_get(items, i), "subject"));
	return buf;
}

START_TEST(cache)
{
	const json_t *entry;

	ck_assert_str_eq(subjects("{'command': 'cache list'}"), "");
	ck_assert_ptr_nonnull(strstr(text_of(answer.result, "note"), "state_dir"));
	ck_assert_int_eq(ask("{'command': 'cache add', 'address': '::ffff:192.0.2.1', 'ttl': '1h', 'message': 'go away, {ip}'}"), 0);
	ck_assert_str_eq(text_of(answer.result, "subject"), "192.0.2.1");
	ck_assert_int_eq(number_of(answer.result, "expires_in"), 3600);
	ck_assert(json_is_false(json_object_get(answer.result, "durable")));   /* there is no store, and that is told */
	ck_assert_ptr_nonnull(strstr(text_of(answer.result, "note"), "state_dir"));

	ck_assert_str_eq(subjects("{'command': 'cache list'}"), "192.0.2.1");
	entry = json_array_get(items, 0);
	ck_assert_str_eq(text_of(entry, "list"), "manual");
	ck_assert_str_eq(text_of(entry, "answer"), "127.0.0.2");
	ck_assert_str_eq(text_of(entry, "source"), "manual");
	ck_assert_int_ge(number_of(entry, "expires_in"), 3590);
	ck_assert_int_eq(ask("{'command': 'cache add', 'address': '192.0.2.1'}"), 0);
	ck_assert_str_eq(subjects("{'command': 'cache list', 'source': 'manual'}"), "192.0.2.1");
	ck_assert(json_is_null(json_object_get(json_array_get(items, 0), "expires_in")));

	ck_assert_str_eq(subjects("{'command': 'cache list', 'pattern': '192.0.2.*'}"), "192.0.2.1");
	ck_assert_str_eq(subjects("{'command': 'cache list', 'pattern': '192.0.2.0-192.0.2.9'}"), "192.0.2.1");
	ck_assert_str_eq(subjects("{'command': 'cache list', 'pattern': '192.0.3.0/24'}"), "");
	ck_assert_str_eq(subjects("{'command': 'cache list', 'pattern': '*.1'}"), "192.0.2.1");
	ck_assert_str_eq(subjects("{'command': 'cache list', 'pattern': '*.example'}"), "");
	ck_assert_str_eq(subjects("{'command': 'cache list', 'list': 'zen'}"), "");
	ck_assert_str_eq(subjects("{'command': 'cache list', 'source': 'dns'}"), "");

	ck_assert_int_eq(ask("{'command': 'cache stats'}"), 0);
	ck_assert_int_eq(number_of(answer.result, "manual_entries"), 1);
	ck_assert_int_gt(number_of(answer.result, "memory_bytes"), 0);
	ck_assert(json_is_null(json_object_get(answer.result, "journal")));

	ck_assert_int_eq(ask("{'command': 'cache clear'}"), 0);
	ck_assert_str_eq(subjects("{'command': 'cache list'}"), "192.0.2.1");
	ck_assert_int_eq(ask("{'command': 'cache remove', 'address': '192.0.2.1'}"), 0);
	ck_assert(json_is_true(json_object_get(answer.result, "manual")));
	ck_assert_int_eq(ask("{'command': 'cache remove', 'address': '192.0.2.1'}"), 1);
	ck_assert_int_eq(ask("{'command': 'cache add', 'address': '192.0.2.1'}"), 0);
	ck_assert_int_eq(ask("{'command': 'cache clear', 'manual': true}"), 0);
	ck_assert_int_eq(number_of(answer.result, "manual"), 1);
	ck_assert_str_eq(subjects("{'command': 'cache list'}"), "");
}
END_TEST

START_TEST(screen_and_recent)
{
	ck_assert_int_eq(ask("{'command': 'screen add', 'address': '192.0.2.1'}"), 0);
	ck_assert_int_eq(ask("{'command': 'screen add', 'address': '192.0.2.2', 'ttl': '1d'}"), 0);
	ck_assert_str_eq(subjects("{'command': 'screen list', 'pattern': '192.0.2.2'}"), "192.0.2.2");
	ck_assert_str_eq(text_of(json_array_get(items, 0), "source"), "manual");
	ck_assert(json_is_null(json_object_get(json_array_get(items, 0), "list")));
	ck_assert_int_eq(ask("{'command': 'screen remove', 'address': '192.0.2.1'}"), 0);
	ck_assert_int_eq(ask("{'command': 'screen clear'}"), 0);
	ck_assert_int_eq(number_of(answer.result, "entries"), 1);
	ck_assert_str_eq(subjects("{'command': 'screen list'}"), "");

	ck_assert_int_eq(ask("{'command': 'recent add', 'address': '192.0.2.1'}"), 0);
	ck_assert_ptr_nonnull(strstr(text_of(answer.result, "note"), "recent_logins is off"));
	ck_assert_str_eq(subjects("{'command': 'recent list'}"), "192.0.2.1");
}
END_TEST

START_TEST(status)
{
	const json_t *mail;

	counters_session(service.counters);
	counters_message(service.counters, &(struct counted_message){ .verdict = VERDICT_REJECT, .at_rcpt = true, .refused = 3 });
	counters_message(service.counters, &(struct counted_message){ .verdict = VERDICT_PASS, .waited_us = 5000 });
	ck_assert_int_eq(ask("{'command': 'status'}"), 0);
	ck_assert_int_eq(number_of(json_object_get(answer.result, "messages"), "reject"), 1);
	ck_assert_int_eq(number_of(json_object_get(answer.result, "messages"), "pass"), 1);
	ck_assert_int_eq(number_of(json_object_get(answer.result, "messages"), "discard"), 0);
	mail = json_object_get(answer.result, "mail");
	ck_assert_int_eq(number_of(mail, "messages"), 2);
	ck_assert_int_eq(number_of(mail, "sessions"), 1);
	ck_assert_int_eq(number_of(mail, "refused_at_rcpt"), 1);
	ck_assert_int_eq(number_of(mail, "refused_recipients"), 3);
	ck_assert(json_is_real(json_object_get(mail, "wait_p99_ms")));
	ck_assert(json_is_null(json_object_get(answer.result, "configuration")));   /* nobody reloads here */
}
END_TEST

Suite *request_suite(void)
{
	Suite *suite = suite_create("request");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, what_a_request_must_be, 0, ROWS(rows));
	tcase_add_test(tcase, lists);
	tcase_add_test(tcase, cache);
	tcase_add_test(tcase, screen_and_recent);
	tcase_add_test(tcase, status);
	suite_add_tcase(suite, tcase);
	return suite;
}
