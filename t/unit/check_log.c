/* Tests of log: each line is one write, no value can pass for another field, and JSON stays JSON however it is cut.
 * stderr is a socket that keeps messages apart; syslog(3) is replaced by what stands below. */
#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "common/log.h"
#include "common/monotime.h"
#include "t/unit/suites.h"

static int kept_stderr, reader;
static char line[2 * LOG_LINE_BYTES];

static struct {
	int calls, priority, facility_opened;
	char line[2 * LOG_LINE_BYTES];
} to_syslog;

static void keep(int priority, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

static void keep(int priority, const char *format, va_list args)
{
	to_syslog.calls++;
	to_syslog.priority = priority;
	vsnprintf(to_syslog.line, sizeof to_syslog.line, format, args);
}

void(syslog)(int priority, const char *format, ...)   /* in brackets, for it may be a macro */
{
	va_list args;

	va_start(args, format);
	keep(priority, format, args);
	va_end(args);
}

/* What syslog() becomes where the compiler fortifies. */
void __syslog_chk(int priority, int flag, const char *format, ...) __attribute__((format(printf, 3, 4)));

void __syslog_chk(int priority, int flag, const char *format, ...)
{
	va_list args;

	(void)flag;
	va_start(args, format);
	keep(priority, format, args);
	va_end(args);
}

void openlog(const char *ident, int option, int facility)
{
	(void)ident;
	(void)option;
	to_syslog.facility_opened = facility;
}

static void set_up(void)
{
	int pair[2], room = 1 << 20;

	memset(&to_syslog, 0, sizeof to_syslog);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	reader = pair[0];
	kept_stderr = dup(STDERR_FILENO);
	dup2(pair[1], STDERR_FILENO);
	close(pair[1]);
	unsetenv("JOURNAL_STREAM");
}

static void tear_down(void)
{
	dup2(kept_stderr, STDERR_FILENO);
	close(kept_stderr);
	close(reader);
}

/* The next write to stderr without its line's end; NULL: there is none. */
static const char *next_line(void)
{
	ssize_t n = recv(reader, line, sizeof line - 1, MSG_DONTWAIT);

	if (n < 0)
		return NULL;
	ck_assert_int_gt(n, 0);
	ck_assert_int_le(n, LOG_LINE_BYTES);
	ck_assert_int_eq(line[n - 1], '\n');
	line[n - 1] = '\0';
	ck_assert_uint_eq(strlen(line), (size_t)n - 1);
	ck_assert_ptr_null(strchr(line, '\n'));
	return line;
}

static void configure(enum log_target target, enum log_level level, enum log_format format, bool foreground)
{
	struct log_settings settings = {
		.target = (int)target, .level = (int)level, .format = (int)format, .facility = LOG_MAIL,
	};

	log_configure(&settings, foreground);
}

static void stderr_as(enum log_format format)
{
	configure(LOG_TARGET_STDERR, LOG_LEVEL_DEBUG, format, false);
}

/* One field of a JSON line; the line must be JSON, and no key may come twice. */
static json_t *json_line(const char *text)
{
	json_error_t error;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	ck_assert_msg(root != NULL, "%s: %s", error.text, text);
	ck_assert(json_is_object(root));
	return root;
}

START_TEST(begins_as_text_on_stderr)
{
	ck_assert(log_wants(LOG_LEVEL_INFO));
	ck_assert(!log_wants(LOG_LEVEL_DEBUG));
	log_info("ready, %d lists", 3);
	ck_assert_str_eq(next_line(), "ready, 3 lists");
	log_debug("not wanted");
	ck_assert_ptr_null(next_line());
	ck_assert_int_eq(to_syslog.calls, 0);
}
END_TEST

START_TEST(leaves_out_what_is_more_detailed)
{
	for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
		enum log_level limit = (enum log_level)_i, at = (enum log_level)level;
		struct logrec rec;

		configure(LOG_TARGET_STDERR, limit, LOG_FORMAT_TEXT, false);
		ck_assert_int_eq(log_wants(at), level <= _i);
		log_line(at, "x");
		ck_assert_int_eq(next_line() != NULL, level <= _i);
		logrec_begin(&rec, at, "id");
		logrec_str(&rec, "a", "b", 9);
		logrec_foreign(&rec, "a", "b", 9);
		logrec_int(&rec, "a", 1);
		logrec_end(&rec);
		ck_assert_int_eq(next_line() != NULL, level <= _i);
	}
}
END_TEST

static const struct {
	enum log_level level;
	int priority;
	const char *text, *word;
} levels[] = {
	{ LOG_LEVEL_ERROR, LOG_ERR, "error: no servers", "error" },
	{ LOG_LEVEL_WARNING, LOG_WARNING, "warning: no servers", "warning" },
	{ LOG_LEVEL_INFO, LOG_INFO, "no servers", "info" },
	{ LOG_LEVEL_DEBUG, LOG_DEBUG, "debug: no servers", "debug" },
};

START_TEST(names_the_level)
{
	json_t *root;

	stderr_as(LOG_FORMAT_TEXT);
	log_line(levels[_i].level, "no %s", "servers");
	ck_assert_str_eq(next_line(), levels[_i].text);
	stderr_as(LOG_FORMAT_JSON);
	log_line(levels[_i].level, "no %s", "servers");
	root = json_line(next_line());
	ck_assert_str_eq(json_string_value(json_object_get(root, "level")), levels[_i].word);
	ck_assert_str_eq(json_string_value(json_object_get(root, "message")), "no servers");
	ck_assert_uint_eq(json_object_size(root), 3);
	json_decref(root);
	configure(LOG_TARGET_SYSLOG, LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT, true);
	log_line(levels[_i].level, "no %s", "servers");
	ck_assert_int_eq(to_syslog.priority, LOG_MAIL | levels[_i].priority);
	ck_assert_str_eq(to_syslog.line, levels[_i].text);
	ck_assert_ptr_null(next_line());
}
END_TEST

static const struct {
	enum log_target target;
	bool foreground, syslog;
} targets[] = {
	{ LOG_TARGET_AUTO, true, false },   { LOG_TARGET_AUTO, false, true },    { LOG_TARGET_STDERR, true, false },
	{ LOG_TARGET_STDERR, false, false }, { LOG_TARGET_SYSLOG, true, true },  { LOG_TARGET_SYSLOG, false, true },
};

START_TEST(goes_where_it_is_sent)
{
	struct log_settings settings = {
		.target = (int)targets[_i].target, .level = LOG_LEVEL_INFO, .facility = LOG_LOCAL7,
	};

	log_configure(&settings, targets[_i].foreground);
	log_info("a %%s stays: %s", "%s%n");
	ck_assert_int_eq(to_syslog.calls, targets[_i].syslog);
	ck_assert_int_eq(next_line() == NULL, targets[_i].syslog);
	if (targets[_i].syslog) {
		ck_assert_int_eq(to_syslog.priority, LOG_LOCAL7 | LOG_INFO);
		ck_assert_int_eq(to_syslog.facility_opened, LOG_LOCAL7);
		ck_assert_str_eq(to_syslog.line, "a %s stays: %s%n");
	}
}
END_TEST

START_TEST(tells_the_journal_the_priority)
{
	struct stat st;
	char stream[64];

	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	stderr_as(LOG_FORMAT_TEXT);
	log_warning("slow");
	ck_assert_str_eq(next_line(), "<4>warning: slow");
	log_error("gone");
	ck_assert_str_eq(next_line(), "<3>error: gone");
	stderr_as(LOG_FORMAT_JSON);
	log_info("up");
	ck_assert_int_eq(next_line()[0], '{');
}
END_TEST

/* A program started from a shell of a desktop inherits the variable of that desktop. */
START_TEST(knows_a_journal_that_is_not_its_own)
{
	unsigned long long device, inode;
	char near[2][64];
	const char *const stream[] = { near[0], near[1], "1:2", "1", "x", "" };
	struct stat st;

	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	device = st.st_dev;
	inode = st.st_ino;
	snprintf(near[0], sizeof near[0], "%llu:%llu", device, inode + 1);
	snprintf(near[1], sizeof near[1], "%llu:%llu", device + 1, inode);
	for (int i = 0; i < ROWS(stream); i++) {
		setenv("JOURNAL_STREAM", stream[i], 1);
		stderr_as(LOG_FORMAT_TEXT);
		log_warning("slow");
		ck_assert_str_eq(next_line(), "warning: slow");
	}
}
END_TEST

static const struct {
	const char *message, *text;   /* text: NULL where it is the message */
} sentences[] = {
	{ "plain <a> \"b\" \\, c=d", NULL },
	{ "", NULL },
	{ "a\r\nb\tc\x1b[31m\x7f", "a??b?c?[31m?" },
	{ "Gr\xc3\xbc\xc3\x9f" "e \xf0\x9f\x98\x80", NULL },
	{ "\xff\xc3", "??" },
	{ "a\xc2\x85" "b\xe2\x80\xa8" "c", "a?b?c" },
	{ "\xed\xa0\x80", "???" },
};

START_TEST(cleans_sentences)
{
	const char *text = sentences[_i].text != NULL ? sentences[_i].text : sentences[_i].message;
	json_t *root;

	stderr_as(LOG_FORMAT_TEXT);
	log_info("%s", sentences[_i].message);
	ck_assert_str_eq(next_line(), text);
	stderr_as(LOG_FORMAT_JSON);
	log_info("%s", sentences[_i].message);
	root = json_line(next_line());
	ck_assert_str_eq(json_string_value(json_object_get(root, "message")), text);
	json_decref(root);
}
END_TEST

START_TEST(keeps_errno)
{
	struct logrec rec;

	stderr_as(LOG_FORMAT_JSON);
	errno = ENOENT;
	log_info("%m");
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_nonnull(strstr(next_line(), "No such file"));
	close(STDERR_FILENO);   /* the write fails */
	errno = ENOENT;
	log_info("lost");
	ck_assert_int_eq(errno, ENOENT);
	logrec_begin(&rec, LOG_LEVEL_INFO, "id");
	logrec_end(&rec);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(writes_a_line_of_fields)
{
	struct logrec rec;

	stderr_as(LOG_FORMAT_TEXT);
	logrec_begin(&rec, LOG_LEVEL_INFO, "4F2A1");
	logrec_str(&rec, "client", "mail.example[192.0.2.10]", 100);
	logrec_foreign(&rec, "helo", "mail.example", 100);
	logrec_str(&rec, "verdict", "reject", 100);
	logrec_int(&rec, "points", 200);
	logrec_int(&rec, "least", -9223372036854775807LL - 1);
	logrec_end(&rec);
	ck_assert_str_eq(next_line(), "4F2A1: client=mail.example[192.0.2.10], helo=<mail.example>, verdict=reject, "
				      "points=200, least=-9223372036854775808");
	ck_assert_ptr_null(next_line());
}
END_TEST

START_TEST(writes_an_object_of_fields)
{
	struct logrec rec;
	const char *time;
	json_t *root;

	stderr_as(LOG_FORMAT_JSON);
	logrec_begin(&rec, LOG_LEVEL_WARNING, "4F2A1");
	logrec_str(&rec, "client", "mail.example[192.0.2.10]", 100);
	logrec_foreign(&rec, "helo", "m\xc3\xbc <a>, \"b\\\r", 100);
	logrec_int(&rec, "points", -200);
	logrec_end(&rec);
	root = json_line(next_line());
	ck_assert_uint_eq(json_object_size(root), 6);
	ck_assert_str_eq(json_string_value(json_object_get(root, "level")), "warning");
	ck_assert_str_eq(json_string_value(json_object_get(root, "id")), "4F2A1");
	ck_assert_str_eq(json_string_value(json_object_get(root, "client")), "mail.example[192.0.2.10]");
	ck_assert_str_eq(json_string_value(json_object_get(root, "helo")), "m\xc3\xbc <a>, \"b\\?");
	ck_assert_int_eq(json_integer_value(json_object_get(root, "points")), -200);
	time = json_string_value(json_object_get(root, "time"));
	ck_assert_uint_eq(strlen(time), strlen("2026-01-31T12:00:00.000000Z"));
	json_decref(root);
}
END_TEST

START_TEST(tells_the_time_in_utc)
{
	time_t before = time(NULL), told;
	struct tm tm = { .tm_isdst = 0 };
	const char *behind;
	json_t *root;

	setenv("TZ", "Asia/Kathmandu", 1);
	tzset();
	stderr_as(LOG_FORMAT_JSON);
	log_info("now");
	root = json_line(next_line());
	behind = strptime(json_string_value(json_object_get(root, "time")), "%Y-%m-%dT%H:%M:%S", &tm);
	ck_assert_ptr_nonnull(behind);
	told = timegm(&tm);
	ck_assert_int_ge(told, before);
	ck_assert_int_le(told, time(NULL) + 1);   /* time() may lag behind the clock */
	ck_assert_int_eq(behind[0], '.');
	ck_assert_uint_eq(strspn(behind + 1, "0123456789"), 6);
	ck_assert_str_eq(behind + 7, "Z");
	json_decref(root);
}
END_TEST

static const struct {
	const char *id, *text;
} ids[] = {
	{ "4F2A1", "4F2A1: k=v" },
	{ NULL, "NOQUEUE: k=v" },
	{ "", "NOQUEUE: k=v" },
	{ "a: verdict=accept, b\n", "a:?verdict=accept,?b?: k=v" },
};

START_TEST(leads_with_the_id)
{
	struct logrec rec;
	json_t *root;

	stderr_as(LOG_FORMAT_TEXT);
	logrec_begin(&rec, LOG_LEVEL_INFO, ids[_i].id);
	logrec_str(&rec, "k", "v", 9);
	logrec_end(&rec);
	ck_assert_str_eq(next_line(), ids[_i].text);
	stderr_as(LOG_FORMAT_JSON);
	logrec_begin(&rec, LOG_LEVEL_INFO, ids[_i].id);
	logrec_end(&rec);
	root = json_line(next_line());
	ck_assert_ptr_nonnull(json_object_get(root, "id"));
	json_decref(root);
}
END_TEST

static const struct {
	const char *value;
	size_t max_bytes;
	const char *own, *foreign, *json;   /* json: NULL where it is the value */
} values[] = {
	{ "reject", 9, "reject", "<reject>", NULL },
	{ "", 9, "", "<>", NULL },
	{ NULL, 9, "", "<>", "" },
	{ "abcdef", 6, "abcdef", "<abcdef>", NULL },
	{ "abcdef", 5, "abcde...", "<abcde...>", "abcde..." },
	{ "abcdef", 0, "...", "<...>", "..." },
	{ "x, verdict=accept", 99, "x,?verdict=accept", "<x,?verdict=accept>", NULL },
	{ "x>, verdict=accept, y=<", 99, "x?,?verdict=accept,?y=?", "<x?,?verdict=accept,?y=?>", NULL },
	{ "a b  c", 99, "a?b??c", "<a b  c>", NULL },
	{ ", ", 99, ",?", "<,?>", NULL },
	{ "a,b,", 99, "a,b,", "<a,b,>", NULL },
	{ "SRS0=x=y@a.example", 99, "SRS0=x=y@a.example", "<SRS0=x=y@a.example>", NULL },
	{ "a\r\nb\x7f\x01", 99, "a??b??", "<a??b?" "?>", "a??b??" },
	{ "\"\\", 99, "\"\\", "<\"\\>", NULL },
	{ "m\xc3\xbc\xe2\x82\xac", 99, "m??", "<m?" "?>", NULL },
	{ "m\xc3\xbcx", 2, "m...", "<m...>", "m..." },          /* no half of a character */
	{ "m\xc3\xbcx", 3, "m?...", "<m?...>", "m\xc3\xbc..." },
	{ "m\xfcx\xc3", 99, "m?x?", "<m?x?>", "m?x?" },
	{ "\xe2\x80\xae", 99, "?", "<?>", NULL },
};

START_TEST(no_value_passes_for_a_field)
{
	const char *json = values[_i].json != NULL ? values[_i].json : values[_i].value;
	char want[400];
	struct logrec rec;
	json_t *root;

	snprintf(want, sizeof want, "id: own=%s, foreign=%s, verdict=reject", values[_i].own, values[_i].foreign);
	for (enum log_format format = LOG_FORMAT_TEXT; format <= LOG_FORMAT_JSON; format++) {
		stderr_as(format);
		logrec_begin(&rec, LOG_LEVEL_INFO, "id");
		logrec_str(&rec, "own", values[_i].value, values[_i].max_bytes);
		logrec_foreign(&rec, "foreign", values[_i].value, values[_i].max_bytes);
		logrec_str(&rec, "verdict", "reject", 9);
		logrec_end(&rec);
		if (format == LOG_FORMAT_TEXT)
			ck_assert_str_eq(next_line(), want);
	}
	root = json_line(next_line());
	ck_assert_str_eq(json_string_value(json_object_get(root, "own")), json);
	ck_assert_str_eq(json_string_value(json_object_get(root, "foreign")), json);
	ck_assert_str_eq(json_string_value(json_object_get(root, "verdict")), "reject");
	json_decref(root);
}
END_TEST

/* What a character costs differs: 1 byte, 2 (escaped), 4 (UTF-8). At every length around the end of the room the line
 * stays within its bounds and JSON stays JSON, with the mark of the cut in it. next_line() looks at the bound. */
static const char *const cells[] = { "a", "\"", "\xf0\x9f\x98\x80", "\n" };

START_TEST(long_sentences_are_cut)
{
	static char sentence[3 * LOG_LINE_BYTES];
	size_t cell = strlen(cells[_i]), n = 0;
	bool cut_text = false, cut_json = false;

	for (; (n + 1) * cell < LOG_LINE_BYTES + 100; n++) {
		const char *text;
		json_t *root;
		bool cut;

		sentence[n * cell] = '\0';
		if (n * cell > 900) {
			stderr_as(LOG_FORMAT_TEXT);
			log_warning("%s", sentence);
			text = next_line();
			cut = strcmp(text + strlen(text) - 3, "...") == 0;
			ck_assert(cut || strlen(text) == strlen("warning: ") + (_i == 3 ? n : n * cell));
			ck_assert(!cut || strlen(text) > LOG_LINE_BYTES - 40);
			ck_assert(!cut_text || cut);
			cut_text = cut;
			stderr_as(LOG_FORMAT_JSON);
			log_warning("%s", sentence);
			root = json_line(next_line());
			text = json_string_value(json_object_get(root, "message"));
			cut = strcmp(text + strlen(text) - 3, "...") == 0;
			ck_assert(cut || strlen(text) == (_i == 3 ? n : n * cell));
			ck_assert(!cut_json || cut);
			cut_json = cut;
			json_decref(root);
		}
		memcpy(sentence + n * cell, cells[_i], cell);
	}
	ck_assert(cut_text && cut_json);
}
END_TEST

START_TEST(long_records_are_cut)
{
	static char value[LOG_LINE_BYTES + 100];
	size_t cell = strlen(cells[_i]);
	bool lost = false;

	for (size_t n = 0; (n + 1) * cell < sizeof value; n++) {
		value[n * cell] = '\0';
		for (enum log_format format = LOG_FORMAT_TEXT; n * cell > 900 && format <= LOG_FORMAT_JSON; format++) {
			struct logrec rec;
			const char *text;
			json_t *root;

			stderr_as(format);
			logrec_begin(&rec, LOG_LEVEL_INFO, "id");
			logrec_foreign(&rec, "first", value, SIZE_MAX);
			logrec_int(&rec, "number", 12345678901234567LL);
			logrec_str(&rec, "last", "z", 9);
			logrec_end(&rec);
			text = next_line();
			if (format == LOG_FORMAT_TEXT) {
				size_t len = strlen(text);

				lost = strcmp(text + len - strlen(", ..."), ", ...") == 0;
				ck_assert(lost || strcmp(text + len - strlen(", last=z"), ", last=z") == 0);
				continue;
			}
			root = json_line(text);
			lost = json_is_true(json_object_get(root, "cut"));
			ck_assert_ptr_nonnull(json_object_get(root, "first"));
			ck_assert_int_eq(json_object_get(root, "last") == NULL, lost);
			json_decref(root);
		}
		memcpy(value + n * cell, cells[_i], cell);
	}
	ck_assert(lost);
}
END_TEST

START_TEST(many_fields_are_cut)
{
	for (enum log_format format = LOG_FORMAT_TEXT; format <= LOG_FORMAT_JSON; format++) {
		struct logrec rec;
		const char *text;
		char key[20];

		stderr_as(format);
		logrec_begin(&rec, LOG_LEVEL_INFO, "id");
		for (int i = 0; i < 1000; i++) {
			snprintf(key, sizeof key, "k%d", i);
			if (i % 2 == 0)
				logrec_int(&rec, key, -9223372036854775807LL);
			else
				logrec_str(&rec, key, "abcdefgh", 9);
		}
		logrec_end(&rec);
		text = next_line();
		ck_assert_uint_gt(strlen(text), LOG_LINE_BYTES - 60);
		if (format == LOG_FORMAT_JSON) {
			json_t *root = json_line(text);

			ck_assert(json_is_true(json_object_get(root, "cut")));
			json_decref(root);
		}
	}
}
END_TEST

/* Threads write while the settings change: each write must be a whole line of one kind, and TSan must be content. */
enum { THREADS = 4, LINES = 50 };

static void *write_lines(void *nothing)
{
	for (int i = 0; i < LINES; i++) {
		struct logrec rec;

		log_info("sentence");
		logrec_begin(&rec, LOG_LEVEL_INFO, "id");
		logrec_str(&rec, "k", "v", 9);
		logrec_end(&rec);
	}
	return nothing;
}

static void *change_settings(void *nothing)
{
	for (int i = 0; i < LINES; i++)
		stderr_as(i % 2 == 0 ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT);
	return nothing;
}

static void *drain(void *count)
{
	int *n = count;

	for (; *n < THREADS * LINES * 2; ++*n) {
		ssize_t len = recv(reader, line, sizeof line - 1, 0);

		ck_assert_int_gt(len, 0);
		line[len] = '\0';
		ck_assert(strcmp(line, "sentence\n") == 0 || strcmp(line, "id: k=v\n") == 0 ||
			  (line[0] == '{' && strcmp(line + len - 2, "}\n") == 0 && strchr(line + 1, '{') == NULL));
	}
	return NULL;
}

START_TEST(threads_do_not_mix)
{
	pthread_t writer[THREADS], changer, drainer;
	int n = 0;

	stderr_as(LOG_FORMAT_TEXT);
	pthread_create(&drainer, NULL, drain, &n);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&writer[i], NULL, write_lines, NULL);
	pthread_create(&changer, NULL, change_settings, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(writer[i], NULL);
	pthread_join(changer, NULL);
	pthread_join(drainer, NULL);
	ck_assert_int_eq(n, THREADS * LINES * 2);
	ck_assert_ptr_null(next_line());
}
END_TEST

START_TEST(once_in_a_while)
{
	struct log_once once = { 0 };
	long long left_out = 77;

	ck_assert(log_once_in(&once, 3600, &left_out));
	ck_assert_int_eq(left_out, 0);
	left_out = 77;
	ck_assert(!log_once_in(&once, 3600, &left_out));
	ck_assert(!log_once_in(&once, 3600, &left_out));
	ck_assert_int_eq(left_out, 77);
	once.next_s = monotime_now().us / 1000000;   /* the hour is over */
	ck_assert(log_once_in(&once, 3600, &left_out));
	ck_assert_int_eq(left_out, 2);
	ck_assert(!log_once_in(&once, 3600, &left_out));
	ck_assert_int_ge(once.next_s, monotime_now().us / 1000000 + 3599);
	ck_assert_int_le(once.next_s, monotime_now().us / 1000000 + 3600);
}
END_TEST

static struct log_once shared_once;

static void *count_turns(void *turns)
{
	long long left_out, *mine = turns;

	for (int i = 0; i < 1000; i++)
		if (log_once_in(&shared_once, 3600, &left_out))
			++*mine;
	return NULL;
}

START_TEST(once_among_threads)
{
	pthread_t thread[THREADS];
	long long turns[THREADS] = { 0 }, all = 0;

	for (int i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, count_turns, &turns[i]);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		all += turns[i];
	}
	ck_assert_int_eq(all, 1);
}
END_TEST

Suite *log_suite(void)
{
	Suite *suite = suite_create("log");
	TCase *tc = tcase_create("log");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, begins_as_text_on_stderr);
	tcase_add_loop_test(tc, leaves_out_what_is_more_detailed, LOG_LEVEL_ERROR, LOG_LEVEL_DEBUG + 1);
	tcase_add_loop_test(tc, names_the_level, 0, ROWS(levels));
	tcase_add_loop_test(tc, goes_where_it_is_sent, 0, ROWS(targets));
	tcase_add_test(tc, tells_the_journal_the_priority);
	tcase_add_test(tc, knows_a_journal_that_is_not_its_own);
	tcase_add_loop_test(tc, cleans_sentences, 0, ROWS(sentences));
	tcase_add_test(tc, keeps_errno);
	tcase_add_test(tc, writes_a_line_of_fields);
	tcase_add_test(tc, writes_an_object_of_fields);
	tcase_add_test(tc, tells_the_time_in_utc);
	tcase_add_loop_test(tc, leads_with_the_id, 0, ROWS(ids));
	tcase_add_loop_test(tc, no_value_passes_for_a_field, 0, ROWS(values));
	tcase_add_loop_test(tc, long_sentences_are_cut, 0, ROWS(cells));
	tcase_add_loop_test(tc, long_records_are_cut, 0, ROWS(cells));
	tcase_add_test(tc, many_fields_are_cut);
	tcase_add_test(tc, threads_do_not_mix);
	tcase_add_test(tc, once_in_a_while);
	tcase_add_test(tc, once_among_threads);
	suite_add_tcase(suite, tc);
	return suite;
}
