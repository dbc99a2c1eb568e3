/* Tests of control: the socket, lines in whatever pieces, payloads, and who gives way when all places are taken. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include "milter/control.h"
#include "t/unit/daemon.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"
#include "t/unit/tempdir.h"

enum { PATIENCE_MS = 20 * 1000, LINE_BYTES = 4096 };

static struct service service;
static struct control *control;
static char folder[TEMPDIR_BYTES], path[sizeof folder + 20];

static void set_up(void)
{
	struct control_settings settings = { .socket = path, .mode = 0600, .group = "" };
	struct errmsg err;

	tempdir_make(folder);
	snprintf(path, sizeof path, "%s/run/control.sock", folder);
	daemon_begin(&service, fixture_rules("{'dns': {'servers': ['127.0.0.1:9']},"
					     " 'lists': [{'name': 'zen', 'zone': 'zen.example'}]}"));
	control = control_open(&settings, "", &err);
	ck_assert_msg(control != NULL, "%s", err.text);
	ck_assert_msg(control_start(control, &service, &err), "%s", err.text);
}

static void tear_down(void)
{
	struct stat st;

	ck_assert(control_close(&control));
	ck_assert_ptr_null(control);
	ck_assert(control_close(&control));
	ck_assert_int_ne(lstat(path, &st), 0);
	tempdir_remove(folder);
	daemon_end(&service);
}

static int peer_new(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, path);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&addr, sizeof addr), 0);
	return fd;
}

static void say_bytes(int fd, const char *bytes, size_t n)
{
	ck_assert_int_eq(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
}

static void say(int fd, const char *text)
{
	say_bytes(fd, text, strlen(text));
}

/* The next line as JSON, the caller's; NULL: the daemon has hung up. */
static json_t *hear(int fd)
{
	char line[LINE_BYTES];
	size_t n = 0;
	json_t *json;

	for (;;) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

		ck_assert_msg(poll(&poll_fd, 1, PATIENCE_MS) == 1, "the daemon says nothing");
		if (recv(fd, line + n, 1, 0) != 1)
			return NULL;
		if (line[n] == '\n')
			break;
		ck_assert_uint_lt(++n, sizeof line);
	}
	json = json_loadb(line, n, 0, NULL);
	ck_assert_ptr_nonnull(json);
	return json;
}

/* The end of the next answer says this; items before it are passed over. */
static void expect(int fd, int status, const char *error)
{
	json_t *line = hear(fd);
	const char *text;

	while (line != NULL && json_object_get(line, "item") != NULL) {
		json_decref(line);
		line = hear(fd);
	}
	ck_assert_msg(line != NULL, "the daemon has hung up");
	ck_assert_int_eq(json_integer_value(json_object_get(line, "status")), status);
	text = json_string_value(json_object_get(line, "error"));
	ck_assert_msg(error == NULL ? text == NULL : text != NULL && strstr(text, error) != NULL, "%s", text != NULL ? text : "-");
	json_decref(line);
}

static void expect_end(int fd)
{
	ck_assert_ptr_null(hear(fd));
	close(fd);
}

#define LISTS "{\"command\":\"lists\"}\n"

START_TEST(lines)
{
	int fd = peer_new();

	say(fd, LISTS);
	expect(fd, 0, NULL);
	say(fd, LISTS LISTS "{\"command\":");          /* as they come: several at once, one in pieces */
	expect(fd, 0, NULL);
	expect(fd, 0, NULL);
	say(fd, "\"nonsense\"}");
	say(fd, "\n");
	expect(fd, 2, "no command");
	say(fd, LISTS);
	expect(fd, 0, NULL);
	shutdown(fd, SHUT_WR);
	expect_end(fd);
}
END_TEST

static const struct {
	const char *bytes;
	size_t n;
} broken[] = {
#define BYTES(text) { text, sizeof text - 1 }
	BYTES("\n"),
	BYTES("{\n"),
	BYTES("[]\n"),
	BYTES("null\n"),
	BYTES("{}{}\n"),
	BYTES("{\"command\":\"lists\"} x\n"),
	BYTES("{\"command\":\"lists\"}\0{}\n"),                      /* what lies behind a NUL is a part of the line */
	BYTES("{\"command\":\"lists\",\"command\":\"status\"}\n"),
	BYTES("{\"command\":\"li\xff\"}\n"),
	BYTES("\xef\xbb\xbf{}\n"),
};

START_TEST(broken_lines)
{
	int fd = peer_new();

	say_bytes(fd, broken[_i].bytes, broken[_i].n);
	expect(fd, 2, "a JSON object");
	expect_end(fd);
}
END_TEST

/* `n` bytes of a request that never ends. */
static void say_much(int fd, size_t n)
{
	char block[1024];

	memset(block, '[', sizeof block);
	for (; n > 0; n -= n < sizeof block ? n : sizeof block)
		say_bytes(fd, block, n < sizeof block ? n : sizeof block);
}

START_TEST(long_lines)
{
	int fd = peer_new();

	say_much(fd, CONTROL_LINE_BYTES - 1);          /* the longest: as deep as it is long */
	say(fd, "\n");
	expect(fd, 2, "a JSON object");
	expect_end(fd);
	fd = peer_new();
	say_much(fd, CONTROL_LINE_BYTES);
	expect(fd, 2, "too long");
	expect_end(fd);
}
END_TEST

/* A payload is passed over by a command that wants none, and the next request stands behind it. */
START_TEST(payloads)
{
	char *bytes = calloc(1, CONTROL_PAYLOAD_BYTES);
	int fd = peer_new();

	for (int i = 0; i < 2; i++) {
		char line[80];

		snprintf(line, sizeof line, "{\"command\":\"lists\",\"payload\":%d}\n", i == 0 ? 3 : CONTROL_PAYLOAD_BYTES);
		say(fd, line);
		say_bytes(fd, bytes, i == 0 ? 3 : CONTROL_PAYLOAD_BYTES);
		say(fd, LISTS);
		expect(fd, 0, NULL);
		expect(fd, 0, NULL);
	}
	say(fd, "{\"command\":\"lists\",\"payload\":-1}\n");
	expect(fd, 0, NULL);
	say(fd, "{\"command\":\"lists\",\"payload\":1048577}\n");
	expect(fd, 2, "too long");
	expect_end(fd);
	free(bytes);
}
END_TEST

/* All places are taken by peers who say nothing: the first of them gives way. */
START_TEST(who_waits_longest_gives_way)
{
	int first = peer_new(), fd[CONTROL_PEERS_MAX], late;

	say(first, LISTS);
	expect(first, 0, NULL);
	for (size_t i = 1; i < CONTROL_PEERS_MAX; i++) {
		fd[i] = peer_new();
		say(fd[i], LISTS "{\"command\":");
		expect(fd[i], 0, NULL);
	}
	late = peer_new();
	say(late, LISTS);
	expect(late, 0, NULL);
	expect_end(first);
	say(late, LISTS);
	expect(late, 0, NULL);
	close(late);
	for (size_t i = 1; i < CONTROL_PEERS_MAX; i++) {   /* the others were left alone */
		say(fd[i], "\"lists\"}\n");
		expect(fd[i], 0, NULL);
		close(fd[i]);
	}
}
END_TEST

/* Peers who ask and never read are no reason not to end. */
START_TEST(the_end)
{
	int fd[CONTROL_PEERS_MAX];

	for (size_t i = 0; i < CONTROL_PEERS_MAX; i++) {
		fd[i] = peer_new();
		while (send(fd[i], LISTS, sizeof LISTS - 1, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
			;
	}
	ck_assert(control_close(&control));
	for (size_t i = 0; i < CONTROL_PEERS_MAX; i++)
		close(fd[i]);
}
END_TEST

START_TEST(where_there_is_none)
{
	struct control_settings settings = { .socket = "", .mode = 0600, .group = "" };
	struct control *none;
	struct errmsg err;

	none = control_open(&settings, "", &err);
	ck_assert_ptr_null(none);
	ck_assert_str_eq(err.text, "");
	settings.socket = "/nowhere/at/all.sock";
	none = control_open(&settings, "", &err);
	ck_assert_ptr_null(none);
	ck_assert_str_ne(err.text, "");
}
END_TEST

Suite *control_suite(void)
{
	Suite *suite = suite_create("control");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, lines);
	tcase_add_loop_test(tcase, broken_lines, 0, ROWS(broken));
	tcase_add_test(tcase, long_lines);
	tcase_add_test(tcase, payloads);
	tcase_add_test(tcase, who_waits_longest_gives_way);
	tcase_add_test(tcase, the_end);
	tcase_add_test(tcase, where_there_is_none);
	suite_add_tcase(suite, tcase);
	return suite;
}
