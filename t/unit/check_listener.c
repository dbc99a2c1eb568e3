/* Tests of listener: a socket that is ours, one that somebody left behind, one that is in use, and what is none.
 * Everything lies in a folder of the test's own; ports are the kernel's choice. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "milter/listener.h"
#include "t/unit/suites.h"

enum { RACERS = 6, ROUNDS = 20 };

static char folder[] = "/tmp/check_listener.XXXXXX", path[sizeof folder + 8], spec[sizeof path + 8];
static struct errmsg err;

static void set_up(void)
{
	strcpy(folder, "/tmp/check_listener.XXXXXX");   /* all tests may run in one process */
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/m.sock", folder);
	snprintf(spec, sizeof spec, "unix:%s", path);
	err.text[0] = '\0';
}

static void tear_down(void)
{
	if (unlink(path) != 0)
		rmdir(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

static int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static void open_good(struct listener *listener, const char *wanted)
{
	ck_assert_msg(listener_open(listener, wanted, 0600, "", &err), "%s", err.text);
	ck_assert_int_ge(listener->fd, 0);
	ck_assert(fcntl(listener->fd, F_GETFD) & FD_CLOEXEC);
}

/* Nothing stays open, and the sentence names what is wrong. */
static void open_bad(const char *wanted, const char *group, const char *sentence)
{
	struct listener listener;
	int before = descriptors();

	ck_assert_msg(!listener_open(&listener, wanted, 0600, group, &err), "%s was opened", wanted);
	ck_assert_msg(strstr(err.text, sentence) != NULL, "%s: \"%s\"", wanted, err.text);
	ck_assert_int_eq(listener.fd, -1);
	ck_assert_int_eq(descriptors(), before);
	listener_remove(&listener);   /* removes nothing */
}

static int stream_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static struct sockaddr_un address(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	memcpy(addr.sun_path, path, strlen(path));
	return addr;
}

/* Somebody else's socket. */
static int other_socket(void)
{
	struct sockaddr_un addr = address();
	int fd = stream_socket();

	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&addr, sizeof addr), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

static bool reachable(void)
{
	struct sockaddr_un addr = address();
	int fd = stream_socket();
	bool done = connect(fd, (const struct sockaddr *)&addr, sizeof addr) == 0;

	close(fd);
	return done;
}

static bool is_there(void)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* --- UNIX sockets ------------------------------------------------------------------------------------------------- */

START_TEST(opens_and_removes)
{
	struct listener listener;

	open_good(&listener, spec);
	ck_assert(!listener.over_tcp);
	ck_assert(reachable());
	close(listener.fd);
	ck_assert(is_there());
	listener_remove(&listener);
	ck_assert(!is_there());
	listener_remove(&listener);
}
END_TEST

static const mode_t modes[] = { 0600, 0660, 0666, 0777, 0640 };

START_TEST(sets_mode_and_group)
{
	gid_t mine = getegid();
	const struct group *group = getgrgid(mine);
	mode_t mask = umask(0027);
	struct listener listener;
	struct stat st;

	ck_assert_msg(listener_open(&listener, spec, modes[_i], group != NULL ? group->gr_name : "", &err), "%s", err.text);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 07777, modes[_i]);
	ck_assert_uint_eq(st.st_gid, mine);
	ck_assert_uint_eq(umask(mask), 0027);   /* the caller's is as it was */
	close(listener.fd);
	listener_remove(&listener);
}
END_TEST

START_TEST(sets_another_group_as_root)
{
	struct listener listener;
	struct stat st;

	if (geteuid() != 0 || getgrnam("nogroup") == NULL)
		return;                        /* needs root */
	ck_assert_msg(listener_open(&listener, spec, 0660, "nogroup", &err), "%s", err.text);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert_uint_eq(st.st_gid, getgrnam("nogroup")->gr_gid);
	ck_assert_uint_eq(st.st_mode & 07777, 0660);
	close(listener.fd);
	listener_remove(&listener);
}
END_TEST

START_TEST(takes_over_what_the_dead_left)
{
	struct listener listener;

	close(other_socket());
	ck_assert(is_there());
	ck_assert(!reachable());
	open_good(&listener, spec);
	ck_assert(reachable());
	close(listener.fd);
	listener_remove(&listener);
	ck_assert(!is_there());
}
END_TEST

START_TEST(leaves_the_living_alone)
{
	int other = other_socket();

	open_bad(spec, "", "another instance");
	ck_assert(reachable());
	close(other);
}
END_TEST

START_TEST(leaves_the_busy_alone_without_waiting)
{
	struct sockaddr_un addr = address();
	int other = other_socket(), waiting[64], n = 0;

	/* until there is no room for one more, and a plain connect() would wait */
	do {
		ck_assert_int_lt(n, 64);
		waiting[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	} while (connect(waiting[n++], (const struct sockaddr *)&addr, sizeof addr) == 0);
	ck_assert_int_eq(errno, EAGAIN);
	open_bad(spec, "", "another instance");
	while (n > 0)
		close(waiting[--n]);
	ck_assert(is_there());
	close(other);
}
END_TEST

static void make_file(void)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void make_folder(void)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void make_fifo(void)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void make_link(void)
{
	ck_assert_int_eq(symlink("/nonexistent", path), 0);
}

static void (*const strangers[])(void) = { make_file, make_folder, make_fifo, make_link };

START_TEST(leaves_what_is_no_socket_alone)
{
	strangers[_i]();
	open_bad(spec, "", "is not a socket");
	ck_assert(is_there());
}
END_TEST

/* Two files of one instant may be alike in everything. File systems take their time from the coarse clock, which lags. */
static void await_tick(void)
{
	struct timespec before, now;

	clock_gettime(CLOCK_REALTIME, &before);
	do
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
	while (now.tv_sec < before.tv_sec || (now.tv_sec == before.tv_sec && now.tv_nsec <= before.tv_nsec));
}

START_TEST(removes_only_its_own)
{
	for (int i = 0; i < 10; i++) {         /* the other file may get the number of ours, or not */
		struct listener listener;
		int other;

		open_good(&listener, spec);
		close(listener.fd);
		ck_assert_int_eq(unlink(path), 0);
		await_tick();
		other = other_socket();
		listener_remove(&listener);
		ck_assert(is_there());
		close(other);
		ck_assert_int_eq(unlink(path), 0);
	}
}
END_TEST

START_TEST(names_what_is_wrong_with_a_path)
{
	char longer[200];
	size_t n = (size_t)snprintf(longer, sizeof longer, "unix:%s/", folder);

	open_bad("unix:/nonexistent/folder/m.sock", "", "/nonexistent/folder: No such file");
	open_bad("unix:/etc/passwd/m.sock", "", "Not a directory");
	open_bad("unix:", "", ": ");
	open_bad(spec, "no-such-group-here", "no group \"no-such-group-here\"");
	ck_assert(!is_there());

	/* 107 bytes are possible, 108 are not */
	memset(longer + n, 'x', sizeof longer - n);
	longer[strlen("unix:") + 108] = '\0';
	open_bad(longer, "", "107 characters");
	longer[strlen("unix:") + 107] = '\0';
	for (int i = 0; i < 2; i++) {
		struct listener listener;

		open_good(&listener, longer);
		close(listener.fd);
		if (i == 1)
			listener_remove(&listener);   /* the first one is taken over */
	}
}
END_TEST

START_TEST(a_folder_that_may_not_be_written_to)
{
	if (geteuid() == 0)
		return;                        /* needs a user who is not root */
	ck_assert_int_eq(chmod(folder, 0500), 0);
	open_bad(spec, "", "Permission denied");
	ck_assert_int_eq(chmod(folder, 0700), 0);
}
END_TEST

START_TEST(is_found_without_a_folder)
{
	struct listener listener;
	char here[4096];

	ck_assert_ptr_nonnull(getcwd(here, sizeof here));
	ck_assert_int_eq(chdir(folder), 0);
	open_good(&listener, "local:m.sock");
	ck_assert(reachable());
	listener_poke(&listener);
	close(listener.fd);
	listener_remove(&listener);
	ck_assert(!is_there());
	ck_assert_int_eq(chdir(here), 0);
}
END_TEST

/* Tries when `go` is closed, says "y" or "n", and holds on until `end` is. */
static void race(int go, int end, int result)
{
	struct listener listener;
	char c;

	(void)!read(go, &c, 1);
	c = listener_open(&listener, spec, 0600, "", &err) ? 'y' : 'n';
	(void)!write(result, &c, 1);
	(void)!read(end, &c, 1);
	_exit(0);
}

START_TEST(one_of_many_takes_over)
{
	for (int round = 0; round < ROUNDS; round++) {
		int go[2], end[2], result[2], winners = 0;

		if (round % 2 == 0)
			close(other_socket());
		ck_assert_int_eq(pipe(go) + pipe(end) + pipe(result), 0);
		for (int i = 0; i < RACERS; i++) {
			pid_t pid = fork();

			ck_assert_int_ge(pid, 0);
			if (pid == 0) {
				close(go[1]);
				close(end[1]);
				race(go[0], end[0], result[1]);
			}
		}
		close(go[1]);
		for (int i = 0; i < RACERS; i++) {
			char c;

			ck_assert_int_eq(read(result[0], &c, 1), 1);
			winners += c == 'y';
		}
		ck_assert_int_eq(winners, 1);
		ck_assert(reachable());
		close(end[1]);
		for (int i = 0; i < RACERS; i++)
			ck_assert_int_gt(wait(NULL), 0);
		close(go[0]);
		close(end[0]);
		close(result[0]);
		close(result[1]);
		ck_assert_int_eq(unlink(path), 0);
	}
}
END_TEST

/* --- TCP sockets -------------------------------------------------------------------------------------------------- */

static unsigned port_of(const struct listener *listener)
{
	const struct sockaddr *addr = (const struct sockaddr *)&listener->addr;

	return ntohs(addr->sa_family == AF_INET ? ((const struct sockaddr_in *)(const void *)addr)->sin_port
						: ((const struct sockaddr_in6 *)(const void *)addr)->sin6_port);
}

static bool sends_at_once(int fd)
{
	int on = 0;
	socklen_t n = sizeof on;

	ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &n), 0);
	return on != 0;
}

/* Connects and accepts: are the sockets that accept() makes right? */
static void check_tcp(struct listener *listener)
{
	int accepted;

	ck_assert(listener->over_tcp);
	ck_assert_uint_ne(port_of(listener), 0);
	ck_assert(sends_at_once(listener->fd));
	listener_poke(listener);
	accepted = accept(listener->fd, NULL, NULL);
	ck_assert_int_ge(accepted, 0);
	ck_assert(sends_at_once(accepted));
	close(accepted);
}

static const char *const inet_specs[] = { "inet:0@127.0.0.1", "inet:0@localhost", "inet:0@[127.0.0.1]", "inet6:0@::1",
					  "inet6:0@[::1]", "inet:0" };

/* Not every container has the name in its /etc/hosts. */
static bool knows_localhost(void)
{
	struct addrinfo *found;

	if (getaddrinfo("localhost", NULL, &(struct addrinfo){ .ai_family = AF_INET }, &found) != 0)
		return false;
	freeaddrinfo(found);
	return true;
}

START_TEST(opens_a_port)
{
	struct listener listener;
	char again[60];

	if (strstr(inet_specs[_i], "localhost") != NULL && !knows_localhost())
		return;
	if (!listener_open(&listener, inet_specs[_i], 0, "", &err)) {
		ck_assert_msg(strncmp(inet_specs[_i], "inet6:", 6) == 0, "%s", err.text);
		return;                        /* a machine without IPv6 */
	}
	check_tcp(&listener);
	snprintf(again, sizeof again, "%.*s%u%s", (int)strcspn(inet_specs[_i], "0"), inet_specs[_i], port_of(&listener),
		 strchr(inet_specs[_i], '0') + 1);
	open_bad(again, "", "Address already in use");
	close(listener.fd);
	listener_remove(&listener);
	open_good(&listener, again);
	close(listener.fd);
}
END_TEST

static const struct {
	const char *spec, *sentence;
} faulty[] = {
	{ "inet:8890@a..b", "inet:8890@a..b: " },
	{ "inet:8890@192.0.2.1", "Cannot assign requested address" },
	{ "inet:8890@::1", "inet:8890@::1: " },
	{ "inet6:8890@127.0.0.1", ": " },
	{ "inet:smtp@127.0.0.1", "inet:smtp@127.0.0.1: " },
	{ "inet:@127.0.0.1", "inet:@127.0.0.1: " },
	{ "inet:99999@127.0.0.1", "inet:99999@127.0.0.1: " },
	{ "inet:123456789@127.0.0.1", "inet:123456789@127.0.0.1: " },
	{ "inet:-1@127.0.0.1", "inet:-1@127.0.0.1: " },
	{ "", "not a socket" },
	{ "8890@127.0.0.1", "not a socket" },
	{ "/run/m.sock", "not a socket" },
	{ "UNIX:/run/m.sock", "not a socket" },
	{ "fd:", "fd:: no listening socket" },
	{ "fd:x", "no listening socket" },
	{ "fd:3x", "no listening socket" },
	{ "fd:-1", "no listening socket" },
	{ "fd:999", "no listening socket" },
	{ "fd:99999999999999999999", "no listening socket" },
};

START_TEST(names_what_is_wrong)
{
	open_bad(faulty[_i].spec, "", faulty[_i].sentence);
}
END_TEST

/* --- descriptors from a supervisor -------------------------------------------------------------------------------- */

static void take_good(int fd, struct listener *listener)
{
	char text[20];

	snprintf(text, sizeof text, "fd:%d", fd);
	open_good(listener, text);
	ck_assert_int_eq(listener->fd, fd);
}

static void take_bad(int fd)
{
	char text[20];

	snprintf(text, sizeof text, "fd:%d", fd);
	open_bad(text, "", "no listening socket");
	ck_assert_int_ge(fcntl(fd, F_GETFD), 0);   /* what is not ours stays open */
}

START_TEST(takes_a_unix_socket)
{
	struct listener listener;
	int other = other_socket();

	take_good(other, &listener);
	ck_assert(!listener.over_tcp);
	listener_poke(&listener);
	close(accept(other, NULL, NULL));
	close(other);
	listener_remove(&listener);
	ck_assert(is_there());   /* whoever made it removes it */
}
END_TEST

START_TEST(takes_a_tcp_socket)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int other = socket(AF_INET, SOCK_STREAM, 0);
	struct listener listener;

	ck_assert_int_eq(bind(other, (const struct sockaddr *)&addr, sizeof addr), 0);
	take_bad(other);                       /* does not listen yet */
	ck_assert_int_eq(listen(other, 1), 0);
	take_good(other, &listener);
	check_tcp(&listener);
	close(other);
}
END_TEST

START_TEST(takes_nothing_else)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	take_bad(ends[0]);
	take_bad(ends[1]);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

/* --- waking ------------------------------------------------------------------------------------------------------- */

START_TEST(wakes_who_accepts)
{
	struct listener listener;
	int status;
	pid_t pid;

	open_good(&listener, spec);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(accept(listener.fd, NULL, NULL) < 0);
	listener_poke(&listener);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	close(listener.fd);
	listener_poke(&listener);              /* nobody is there: harmless */
	listener_remove(&listener);
	listener_poke(&listener);
}
END_TEST

Suite *listener_suite(void)
{
	Suite *suite = suite_create("listener");
	TCase *tc = tcase_create("listener");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, opens_and_removes);
	tcase_add_loop_test(tc, sets_mode_and_group, 0, ROWS(modes));
	tcase_add_test(tc, sets_another_group_as_root);
	tcase_add_test(tc, takes_over_what_the_dead_left);
	tcase_add_test(tc, leaves_the_living_alone);
	tcase_add_test(tc, leaves_the_busy_alone_without_waiting);
	tcase_add_loop_test(tc, leaves_what_is_no_socket_alone, 0, ROWS(strangers));
	tcase_add_test(tc, removes_only_its_own);
	tcase_add_test(tc, names_what_is_wrong_with_a_path);
	tcase_add_test(tc, a_folder_that_may_not_be_written_to);
	tcase_add_test(tc, is_found_without_a_folder);
	tcase_add_test(tc, one_of_many_takes_over);
	tcase_add_loop_test(tc, opens_a_port, 0, ROWS(inet_specs));
	tcase_add_loop_test(tc, names_what_is_wrong, 0, ROWS(faulty));
	tcase_add_test(tc, takes_a_unix_socket);
	tcase_add_test(tc, takes_a_tcp_socket);
	tcase_add_test(tc, takes_nothing_else);
	tcase_add_test(tc, wakes_who_accepts);
	suite_add_tcase(suite, tc);
	return suite;
}
