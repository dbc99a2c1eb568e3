/* Tests of doctor: who may come to a file, where Postfix is locked in, and which resolvers everybody uses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "common/dnsserver.h"
#include "t/unit/suites.h"

enum { OWNER = 1000, GROUP = 2000, OTHER = 3000 };

static const struct {
	mode_t mode;
	uid_t user;
	gid_t group;                 /* of the user; he is in a second one too */
	int what;
	bool may;
} modes[] = {
	{ 0600, OWNER, OTHER, W_OK, true },
	{ 0600, OTHER, GROUP, W_OK, false },
	{ 0660, OTHER, GROUP, R_OK | W_OK, true },
	{ 0640, OTHER, GROUP, R_OK | W_OK, false },
	{ 0606, OTHER, OTHER, R_OK | W_OK, true },
	{ 0606, OTHER, GROUP, W_OK, false },      /* the group's bits come before those of all others */
	{ 0066, OWNER, GROUP, W_OK, false },
	{ 0711, OTHER, OTHER, X_OK, true },
	{ 0710, OTHER, OTHER, X_OK, false },
	{ 0000, 0, OTHER, W_OK, true },           /* root */
};

START_TEST(test_may)
{
	struct doctor_user user = { .uid = modes[_i].user, .groups = { 7, modes[_i].group }, .n_groups = 2 };

	ck_assert_int_eq(doctor_may(&user, modes[_i].mode, OWNER, GROUP, modes[_i].what), modes[_i].may);
}
END_TEST

static char folder[] = "/tmp/check_doctor.XXXXXX";

static void path_of(const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", folder, name);
}

static void make_folder(void)
{
	strcpy(folder, "/tmp/check_doctor.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chmod(folder, 0755), 0);
}

static void remove_folder(void)
{
	static const char *const names[] = { "main.cf", "master.cf", "closed/file" };
	char path[128];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		path_of(names[i], path);
		unlink(path);
	}
	path_of("closed", path);
	rmdir(path);
	rmdir(folder);
}

static void put_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	path_of(name, path);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

/* The first directory that keeps him out is the one that is named. */
START_TEST(test_reaches)
{
	struct doctor_user stranger = { .uid = 65432, .groups = { 65432 }, .n_groups = 1 }, root = { .uid = 0 };
	char closed[128], path[128], where[128] = "";

	path_of("closed", closed);
	ck_assert_int_eq(mkdir(closed, 0700), 0);
	put_file("closed/file", "");
	path_of("closed/file", path);
	ck_assert(!doctor_reaches(&stranger, path, where, sizeof where));
	ck_assert_str_eq(where, closed);
	ck_assert(doctor_reaches(&root, path, where, sizeof where));
	ck_assert_int_eq(chmod(closed, 0711), 0);
	ck_assert(doctor_reaches(&stranger, path, where, sizeof where));
}
END_TEST

static const struct {
	const char *master, *main;
	bool chrooted;
	const char *root;
} postfixes[] = {
	{ "smtp      inet  n       -       y       -       -       smtpd\n", "", true, "/var/spool/postfix" },
	{ "smtp      inet  n       -       n       -       -       smtpd\n", "", false, "/var/spool/postfix" },
	{ "smtp      inet  n       -       -       -       -       smtpd\n", "", false, "/var/spool/postfix" },
	{ "#smtp     inet  n       -       y       -       -       smtpd\npickup unix n - y 60 1 pickup\n", "", false,
	  "/var/spool/postfix" },
	{ "127.0.0.1:2525 inet n - y - - smtpd\n  -o x=y\n", "# none\nqueue_directory = /srv/spool\n", true, "/srv/spool" },
	{ NULL, NULL, false, "/var/spool/postfix" },
};

START_TEST(test_postfix)
{
	char root[128];

	if (postfixes[_i].master != NULL) {
		put_file("master.cf", postfixes[_i].master);
		put_file("main.cf", postfixes[_i].main);
	}
	ck_assert_int_eq(doctor_postfix_chroot(folder, root, sizeof root), postfixes[_i].chrooted);
	ck_assert_str_eq(root, postfixes[_i].root);
}
END_TEST

static const struct {
	const char *server, *operator;
} resolvers[] = {
	{ "8.8.8.8", "Google" },
	{ "1.1.1.1:53", "Cloudflare" },
	{ "[2620:fe::fe]:53", "Quad9" },
	{ "127.0.0.1", NULL },
	{ "192.0.2.1", NULL },
	{ "[::1]:53", NULL },
};

START_TEST(test_public)
{
	struct dnsserver server;
	struct errmsg err;
	const char *operator;

	ck_assert(dnsserver_parse(&server, resolvers[_i].server, &err));
	operator = doctor_public_resolver(&server.addr);
	if (resolvers[_i].operator == NULL)
		ck_assert_ptr_null(operator);
	else
		ck_assert_str_eq(operator, resolvers[_i].operator);
}
END_TEST

Suite *doctor_suite(void)
{
	Suite *suite = suite_create("doctor");
	TCase *tc = tcase_create("doctor"), *files = tcase_create("files");

	tcase_add_loop_test(tc, test_may, 0, ROWS(modes));
	tcase_add_loop_test(tc, test_public, 0, ROWS(resolvers));
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(files, make_folder, remove_folder);
	tcase_add_test(files, test_reaches);
	tcase_add_loop_test(files, test_postfix, 0, ROWS(postfixes));
	suite_add_tcase(suite, files);
	return suite;
}
