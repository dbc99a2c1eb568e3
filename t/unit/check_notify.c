/* Tests of notify: one datagram to whoever is named, and not a word where nobody is. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/monotime.h"
#include "milter/notify.h"
#include "t/unit/suites.h"
#include "t/unit/tempdir.h"

static char folder[TEMPDIR_BYTES], path[sizeof folder + 8];
static int supervisor = -1;

static void set_up(void)
{
	tempdir_make(folder);
	snprintf(path, sizeof path, "%s/notify", folder);
	unsetenv("NOTIFY_SOCKET");
}

static void tear_down(void)
{
	if (supervisor >= 0)
		close(supervisor);
	tempdir_remove(folder);
}

/* Listens at `name`; '@' leads an abstract one, which is as long as it is, without a NUL. */
static void listen_at(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t n = strlen(name);

	memcpy(addr.sun_path, name, n);
	if (name[0] == '@')
		addr.sun_path[0] = '\0';
	supervisor = socket(AF_UNIX, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(supervisor, (const struct sockaddr *)&addr,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)), 0);
	setenv("NOTIFY_SOCKET", name, 1);
}

/* The next datagram; "" when there is none. They are there when send() has returned. */
static const char *heard(void)
{
	static char state[200];
	ssize_t n = recv(supervisor, state, sizeof state - 1, MSG_DONTWAIT);

	state[n > 0 ? n : 0] = '\0';
	return state;
}

START_TEST(reaches_a_path)
{
	listen_at(path);
	notify_send("READY=1");
	ck_assert_str_eq(heard(), "READY=1");
	ck_assert_str_eq(heard(), "");
	notify_send("STOPPING=1");
	notify_send("READY=1\nSTATUS=two lines");
	ck_assert_str_eq(heard(), "STOPPING=1");
	ck_assert_str_eq(heard(), "READY=1\nSTATUS=two lines");
}
END_TEST

START_TEST(reaches_an_abstract_socket)
{
	char name[60];

	snprintf(name, sizeof name, "@check_notify.%d", (int)getpid());
	listen_at(name);
	notify_send("READY=1");
	ck_assert_str_eq(heard(), "READY=1");
}
END_TEST

START_TEST(tells_when_a_reload_began)
{
	long long before = monotime_now().us, told = 0;
	char state[200];

	listen_at(path);
	notify_reloading();
	snprintf(state, sizeof state, "%s", heard());
	ck_assert_int_eq(sscanf(state, "RELOADING=1\nMONOTONIC_USEC=%lld", &told), 1);
	ck_assert_int_ge(told, before);
	ck_assert_int_le(told, monotime_now().us);
}
END_TEST

static const char *const nobodies[] = {
	NULL, "", "/", "@", "relative", "no/slash/first", "/nonexistent/folder/notify", "vsock:2:1234",
	"/tmp/much-too-long/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
};

START_TEST(keeps_silent_where_nobody_listens)
{
	int before = dup(STDERR_FILENO), after;

	close(before);
	if (nobodies[_i] != NULL)
		setenv("NOTIFY_SOCKET", nobodies[_i], 1);
	notify_send("READY=1");
	notify_reloading();
	after = dup(STDERR_FILENO);
	ck_assert_int_eq(after, before);   /* no descriptor was left open */
	close(after);
}
END_TEST

START_TEST(a_supervisor_may_go_away)
{
	listen_at(path);
	close(supervisor);
	notify_send("READY=1");
	supervisor = -1;
}
END_TEST

Suite *notify_suite(void)
{
	Suite *suite = suite_create("notify");
	TCase *tc = tcase_create("notify");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, reaches_a_path);
	tcase_add_test(tc, reaches_an_abstract_socket);
	tcase_add_test(tc, tells_when_a_reload_began);
	tcase_add_loop_test(tc, keeps_silent_where_nobody_listens, 0, ROWS(nobodies));
	tcase_add_test(tc, a_supervisor_may_go_away);
	suite_add_tcase(suite, tc);
	return suite;
}
