/* Tests of dirwatch and sources: what is done to files, and whether it is seen. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/sources.h"
#include "milter/dirwatch.h"
#include "t/unit/suites.h"
#include "t/unit/tempdir.h"

static char folder[TEMPDIR_BYTES];
static struct dirwatch *dirwatch;
static struct sources sources;

static const char *at(const char *name)
{
	static char path[4][300];
	static unsigned turn;
	char *out = path[turn++ % 4];

	snprintf(out, sizeof path[0], "%s/%s", folder, name);
	return out;
}

static void write_file(const char *name, const char *text)
{
	FILE *out = fopen(at(name), "w");

	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	ck_assert_int_eq(fclose(out), 0);
}

static void move(const char *from, const char *to)
{
	ck_assert_int_eq(rename(at(from), at(to)), 0);
}

static void link_to(const char *target, const char *name)
{
	ck_assert_int_eq(symlink(target, at(name)), 0);
}

static void make_dir(const char *name)
{
	ck_assert_int_eq(mkdir(at(name), 0755), 0);
}

static void set_up(void)
{
	struct errmsg err;

	tempdir_make(folder);
	sources_init(&sources);
	dirwatch = dirwatch_new(&err);
	ck_assert_msg(dirwatch != NULL, "%s", err.text);
}

static void tear_down(void)
{
	dirwatch_free(&dirwatch);
	sources_clear(&sources);
	tempdir_remove(folder);
}

/* From now on looks at these: names with blanks between. */
static void follow(const char *names)
{
	char *copy = strdup(names), *rest = copy;
	struct errmsg err;

	sources_clear(&sources);
	for (const char *name = strsep(&rest, " "); name != NULL; name = strsep(&rest, " "))
		sources_note(&sources, at(name));
	free(copy);
	ck_assert_msg(dirwatch_follow(dirwatch, &sources, &err), "%s", err.text);
}

static void expect_seen(const char *name)
{
	char seen[DIRWATCH_NAME_BYTES];

	ck_assert_msg(dirwatch_take(dirwatch, seen), "%s is not seen", name);
	ck_assert_str_eq(seen, at(name));
	ck_assert(!dirwatch_take(dirwatch, seen));
}

static void expect_nothing(void)
{
	char seen[DIRWATCH_NAME_BYTES];

	ck_assert_msg(!dirwatch_take(dirwatch, seen), "%s is seen", seen);
}

START_TEST(sees_what_is_done_to_a_file)
{
	write_file("a", "1");
	write_file("b", "1");
	follow("a");
	expect_nothing();
	write_file("b", "2");
	write_file("c", "2");
	move("c", "d");
	expect_nothing();
	write_file("a", "2");
	expect_seen("a");
	move("b", "a");
	expect_seen("a");
	chmod(at("a"), 0600);
	expect_seen("a");
	unlink(at("a"));
	expect_seen("a");
	write_file("a", "3");
	expect_seen("a");
	move("a", "b");
	expect_seen("a");
}
END_TEST

START_TEST(waits_for_the_end_of_a_new_file)
{
	int fd;

	follow("a");
	fd = open(at("a"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "1", 1), 1);
	expect_nothing();
	close(fd);
	expect_seen("a");
	unlink(at("a"));
	expect_seen("a");
	write_file("b", "1");
	ck_assert_int_eq(link(at("b"), at("a")), 0);      /* is whole from the first */
	expect_seen("a");
}
END_TEST

START_TEST(follows_links)
{
	make_dir("one");
	make_dir("two");
	write_file("one/c", "1");
	write_file("two/c", "2");
	link_to("one", "data");
	link_to("../data/./c", "one/link");
	link_to("data/../one/link", "a");
	follow("a");
	expect_nothing();
	write_file("one/c", "3");
	expect_seen("one/c");
	link_to("two", "new");
	move("new", "data");
	expect_seen("data");
	follow("a");
	write_file("one/c", "4");
	expect_nothing();
	write_file("two/c", "4");
	expect_seen("two/c");
	unlink(at("a"));
	expect_seen("a");
}
END_TEST

START_TEST(follows_absolute_links)
{
	make_dir("one");
	write_file("one/c", "1");
	link_to(at("one/c"), "a");
	follow("a");
	write_file("one/c", "2");
	expect_seen("one/c");
}
END_TEST

START_TEST(bears_circles)
{
	link_to("b", "a");
	link_to("a", "b");
	follow("a");
	unlink(at("b"));
	expect_seen("b");
}
END_TEST

START_TEST(looks_where_it_would_appear)
{
	follow("dir/a");
	make_dir("dir");
	expect_seen("dir");
	follow("dir/a");
	write_file("dir/a", "1");
	expect_seen("dir/a");
	follow("dir/a");
	move("dir", "gone");
	expect_seen("dir/a");
	follow("dir/a");
	write_file("gone/a", "2");
	expect_nothing();
	move("gone", "dir");
	expect_seen("dir");
}
END_TEST

START_TEST(follows_others_without_a_gap)
{
	write_file("a", "1");
	write_file("b", "1");
	follow("a");
	write_file("a", "2");
	follow("a b");
	expect_seen("a");
	write_file("b", "2");
	expect_seen("b");
	follow("b");
	write_file("a", "3");
	expect_nothing();
	write_file("b", "3");
	expect_seen("b");
}
END_TEST

START_TEST(a_change_in_the_meantime_is_one)
{
	write_file("a", "1");
	sources_note(&sources, at("a"));
	sources_note(&sources, at("b"));
	sources_note(&sources, at("a"));
	ck_assert_uint_eq(sources.n, 2);
	ck_assert(!source_has_changed(&sources.item[0]));
	ck_assert(!source_has_changed(&sources.item[1]));
	write_file("a", "12");
	write_file("b", "1");
	ck_assert(source_has_changed(&sources.item[0]));
	ck_assert(source_has_changed(&sources.item[1]));
	sources_note(NULL, at("a"));
}
END_TEST

START_TEST(sources_are_bounded)
{
	char name[20];
	struct errmsg err;

	for (int i = 0; i < SOURCES_MAX + 2; i++) {
		snprintf(name, sizeof name, "/nowhere/%d", i);
		sources_note(&sources, name);
	}
	ck_assert_uint_eq(sources.n, SOURCES_MAX);
	ck_assert_uint_eq(sources.n_left_out, 2);
	ck_assert(!dirwatch_follow(dirwatch, &sources, &err));
	ck_assert_str_eq(err.text, "there are more than 1000 files");
}
END_TEST

START_TEST(paths_are_absolute)
{
	char directory[300], *path = sources_absolute("a/b");

	ck_assert_ptr_nonnull(getcwd(directory, sizeof directory));
	ck_assert_int_eq(strncmp(path, directory, strlen(directory)), 0);
	ck_assert_str_eq(path + strlen(directory), "/a/b");
	free(path);
	path = sources_absolute("/a/../b");
	ck_assert_str_eq(path, "/a/../b");
	free(path);
}
END_TEST

Suite *dirwatch_suite(void)
{
	Suite *suite = suite_create("dirwatch");
	TCase *tcase = tcase_create("dirwatch");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, sees_what_is_done_to_a_file);
	tcase_add_test(tcase, waits_for_the_end_of_a_new_file);
	tcase_add_test(tcase, follows_links);
	tcase_add_test(tcase, follows_absolute_links);
	tcase_add_test(tcase, bears_circles);
	tcase_add_test(tcase, looks_where_it_would_appear);
	tcase_add_test(tcase, follows_others_without_a_gap);
	tcase_add_test(tcase, a_change_in_the_meantime_is_one);
	tcase_add_test(tcase, sources_are_bounded);
	tcase_add_test(tcase, paths_are_absolute);
	suite_add_tcase(suite, tcase);
	return suite;
}
