/* Tests of report: the one line of a message, whoever wrote what stands in it, and the warnings about lists. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "milter/report.h"
#include "t/unit/fixture.h"
#include "t/unit/loglines.h"
#include "t/unit/suites.h"

#define LONG_NAME "a-list-with-a-name-that-is-as-long-as-a-name-can-be-0123456789a"   /* 63 */

static struct service service;
static struct session *session;

static void configure(enum log_level level, enum log_format format)
{
	struct log_settings settings = { .target = LOG_TARGET_STDERR, .level = (int)level, .format = (int)format,
					 .facility = LOG_MAIL };

	log_configure(&settings, true);
}

static void set_up(void)
{
	service = (struct service){ .lookup = NULL };
	inforce_init(&service.inforce, fixture_rules("{'lists': [{'name': 'zen', 'zone': 'zen.example'},"
						     " {'name': 'two', 'zone': 'two.example', 'points': 50},"
						     " {'name': '" LONG_NAME "', 'zone': 'long.example'}]}"));
	session = session_new(&service);
	ck_assert_ptr_nonnull(session);
	ck_assert(session_message_begin(session));
	loglines_begin();
	configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
}

static void tear_down(void)
{
	ck_assert_ptr_null(loglines_next());
	loglines_end();
	session_free(&session);
	inforce_clear(&service.inforce);
}

static const char *line_of_message(void)
{
	const char *line;

	session->seen = session->hits;
	report_message(session);
	line = loglines_next();
	ck_assert_ptr_nonnull(line);
	return line;
}

static struct hit hit_on(size_t list, enum subject_kind kind, const char *addr, uint32_t answer)
{
	const struct list *of = &session->rules->lists[list];

	return (struct hit){ .list = of, .response = &of->responses[0], .kind = kind, .addr = fixture_addr(addr), .answer = answer };
}

START_TEST(of_a_message_of_which_nothing_is_known)
{
	ck_assert_str_eq(line_of_message(), "NOQUEUE: client=unknown[], helo=<>, from=<>, to=<>, nrcpt=0, verdict=pass, points=0, "
					    "matches=0, hits=, lookups=0, cached=0, wait_ms=0");
}
END_TEST

START_TEST(of_a_local_submission)
{
	session->facts.local = true;
	session->facts.queue_id = "1B2C3";
	session->facts.sender = "root";
	ck_assert_str_eq(line_of_message(), "1B2C3: client=local[], helo=<>, from=<root>, to=<>, nrcpt=0, exempt=local, "
					    "verdict=pass, points=0, matches=0, hits=, lookups=0, cached=0, wait_ms=0");
}
END_TEST

START_TEST(of_a_message_of_which_much_is_known)
{
	struct facts *facts = &session->facts;
	struct hit hits[] = { hit_on(0, SUBJECT_CLIENT, "2001:db8::1", 0x7f000004), hit_on(1, SUBJECT_RECEIVED, "198.51.100.7", 0x7f000002) };

	facts->client = fixture_addr("2001:db8::1");
	facts->client_name = "mail.example";
	facts->helo = "helo.example";
	facts->queue_id = "4F2A1";
	facts->login = "user@example.org";
	facts->sender = "a@example.net";
	facts->n_recipients = 2;
	facts->n_hops_lost = 3;
	facts->n_forged_flags = 1;
	session->n_left_in = 7;
	text_add_str(&session->recipients, "b@example.org,c@example.org");
	session->hits = (struct hits){ .item = hits, .n = 2, .n_questions = 7, .n_cached = 4, .n_late = 2, .n_failed = 1,
				      .n_left_out = 5, .n_lost = 6, .n_unneeded = 8 };
	session->last.subjects.n_left_out = 10;
	session->verdict = (struct verdict){ .actions = ACTION_REJECT, .score = { .points = 150, .matches = 2 },
					     .softened_by = &session->rules->lists[1] };
	session->waited_us = 1234567;
	ck_assert_str_eq(line_of_message(),
			 "4F2A1: client=mail.example[2001:db8::1], helo=<helo.example>, from=<a@example.net>, "
			 "to=<b@example.org,c@example.org>, nrcpt=2, login=<user@example.org>, exempt=authenticated, verdict=reject, "
			 "points=150, matches=2, hits=zen:client:127.0.0.4,two:received[198.51.100.7]:127.0.0.2, lookups=7, "
			 "cached=4, late=2, failed=1, unneeded=8, softened_by=two, received_left_out=13, lookups_left_out=5, "
			 "hits_left_out=6, forged=1, headers_left_in=7, wait_ms=1234");
}
END_TEST

START_TEST(is_written_where_it_is_wanted)
{
	configure(LOG_LEVEL_WARNING, LOG_FORMAT_TEXT);
	session->seen = session->hits;
	report_message(session);
	ck_assert_ptr_null(loglines_next());
}
END_TEST

/* --- foreign text ------------------------------------------------------------------------------------------------- */

static const char *const foreign[] = {
	"x>, verdict=pass, points=0, hits=, y=<",
	"x, verdict=pass",
	"x\r\n4F2A2: client=trusted[127.0.0.1], verdict=pass",
	"x\nx",
	"\x1b[2J\x07\x7f",
	"\xff\xfe\x80",
	"%s%n%d %% {helo}",
	"\"\\\", \"verdict\": \"pass",
	",",
	", ",
	"=",
};

/* Keys of the line, each with a blank before it. */
static void keys_of(const char *line, struct text *out)
{
	const char *at = strstr(line, ": ");

	ck_assert_ptr_nonnull(at);
	for (at += 2; at != NULL; at = strstr(at, ", ")) {
		at += *at == ',' ? 2 : 0;
		ck_assert_ptr_nonnull(strchr(at, '='));
		text_add_char(out, ' ');
		text_add_bytes(out, at, strcspn(at, "="));
	}
}

START_TEST(foreign_text_passes_for_nothing_else)
{
	const char *text = foreign[_i], *line;
	char keys[500];
	struct text found = text_over(keys, sizeof keys);
	struct facts *facts = &session->facts;

	facts->client = fixture_addr("192.0.2.1");
	facts->client_name = facts->helo = facts->sender = facts->login = text;
	text_add_str(&session->recipients, text);
	session->verdict.actions = ACTION_REJECT;
	line = line_of_message();
	for (const char *c = line; *c != '\0'; c++)
		ck_assert_msg(*c >= 0x20 && *c < 0x7f, "%s", line);
	keys_of(line, &found);
	ck_assert_str_eq(keys, " client helo from to nrcpt login exempt verdict points matches hits lookups cached wait_ms");
	ck_assert_ptr_nonnull(strstr(line, ", verdict=reject, "));

	configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
	line = line_of_message();
	for (const char *c = line; *c != '\0'; c++)
		ck_assert_uint_ge((unsigned char)*c, 0x20);
}
END_TEST

/* What fills a line best: in JSON a quotation mark is two bytes. */
static const struct {
	char of;
	enum log_format format;
} fillings[] = {
	{ 'x', LOG_FORMAT_TEXT }, { '"', LOG_FORMAT_TEXT }, { '\n', LOG_FORMAT_TEXT }, { 'x', LOG_FORMAT_JSON },
	{ '"', LOG_FORMAT_JSON }, { '\\', LOG_FORMAT_JSON }, { '\n', LOG_FORMAT_JSON },
};

START_TEST(foreign_text_hides_no_verdict)
{
	struct facts *facts = &session->facts;
	char text[2000];
	const char *line;

	memset(text, fillings[_i].of, sizeof text - 1);
	text[sizeof text - 1] = '\0';
	facts->client = fixture_addr("2001:db8:1111:2222:3333:4444:5555:6666");
	facts->helo = facts->sender = facts->login = text;
	text[255] = '\0';                      /* the MTA says these */
	facts->client_name = "a-name-of-a-client-that-nobody-would-call-short.and-goes-on-for-a-while.example";
	text_add_str(&session->recipients, text);
	text_add_str(&session->recipients, text);
	session->verdict = (struct verdict){ .actions = ACTION_REJECT, .score = { .points = 150, .matches = 2 } };
	configure(LOG_LEVEL_INFO, fillings[_i].format);
	line = line_of_message();
	if (fillings[_i].format == LOG_FORMAT_TEXT) {
		ck_assert_ptr_nonnull(strstr(line, ", verdict=reject, points=150, matches=2, hits="));
	} else {
		json_t *root = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		ck_assert_msg(root != NULL, "%s", line);
		ck_assert_str_eq(json_string_value(json_object_get(root, "verdict")), "reject");
		ck_assert_int_eq(json_integer_value(json_object_get(root, "points")), 150);
		json_decref(root);
	}
}
END_TEST

/* --- many hits ---------------------------------------------------------------------------------------------------- */

/* How many hits the line names; each must be whole. */
static size_t count_whole(const char *hits, const char *each)
{
	size_t n = 0;

	while (strncmp(hits, each, strlen(each)) == 0) {
		n++;
		hits += strlen(each);
		if (*hits != ',' || hits[1] == ' ')
			break;
		hits++;
	}
	if (*hits == '+')
		n += strtoul(hits + 1, NULL, 10);
	else
		ck_assert_uint_eq(strspn(hits, ", "), 2);
	return n;
}

static const size_t numbers_of_hits[] = { 1, 2, 5, 6, 7, 8, 50, HITS_MAX };

START_TEST(hits_are_told_whole_or_counted)
{
	size_t n = numbers_of_hits[_i];
	struct hit *item = calloc(n, sizeof *item);
	const char *hits;

	for (size_t i = 0; i < n; i++)
		item[i] = hit_on(2, SUBJECT_RECEIVED, "2001:db8:1111:2222:3333:4444:5555:6666", 0x7ffffffe);
	session->hits = (struct hits){ .item = item, .n = n };
	hits = strstr(line_of_message(), "hits=");
	ck_assert_ptr_nonnull(hits);
	ck_assert_uint_eq(count_whole(hits + 5, LONG_NAME ":received[2001:db8:1111:2222:3333:4444:5555:6666]:127.255.255.254"),
			  n);
	session->hits = (struct hits){ 0 };
	free(item);
}
END_TEST

Suite *report_suite(void)
{
	Suite *suite = suite_create("report");
	TCase *tc = tcase_create("report");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, of_a_message_of_which_nothing_is_known);
	tcase_add_test(tc, of_a_local_submission);
	tcase_add_test(tc, of_a_message_of_which_much_is_known);
	tcase_add_test(tc, is_written_where_it_is_wanted);
	tcase_add_loop_test(tc, foreign_text_passes_for_nothing_else, 0, ROWS(foreign));
	tcase_add_loop_test(tc, foreign_text_hides_no_verdict, 0, ROWS(fillings));
	tcase_add_loop_test(tc, hits_are_told_whole_or_counted, 0, ROWS(numbers_of_hits));
	suite_add_tcase(suite, tc);
	return suite;
}
