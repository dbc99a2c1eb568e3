/* Tests of namepat: what a glob means, alone and among others, and in which form mail addresses come to it. */
#include <stdio.h>
#include <string.h>

#include "common/mailaddr.h"
#include "common/monotime.h"
#include "common/namepat.h"
#include "t/unit/suites.h"

enum { ARENA_BYTES = 4 << 20, MANY = 20000 };

static const struct {
	const char *glob, *name;
	bool match;
} rows[] = {
	{ "*@example.org", "a@example.org", true },
	{ "*@example.org", "@example.org", true },
	{ "*@example.org", "A@EXAMPLE.Org", true },
	{ "*@EXAMPLE.org", "a@example.org", true },
	{ "*@example.org", "a@example.org.evil.example", false },
	{ "*@example.org", "a@xexample.org", false },
	{ "*@example.org", "a@sub.example.org", false },
	{ "*@example.org", "", false },
	{ "*.example.net", "mx.example.net", true },
	{ "*.example.net", "a.b.example.net", true },
	{ "*.example.net", ".example.net", true },
	{ "*.example.net", "example.net", false },          /* the dot is part of it */
	{ "*.example.net", "mx.example.net.", false },
	{ "postmaster@*", "postmaster@example.org", true },
	{ "postmaster@*", "Postmaster@", true },
	{ "postmaster@*", "postmaster", false },
	{ "postmaster@*", "xpostmaster@example.org", false },
	{ "a@b", "a@b", true },
	{ "a@b", "A@B", true },
	{ "a@b", "a@bc", false },
	{ "a@b", "a@", false },
	{ "a?c", "abc", true },
	{ "a?c", "ac", false },
	{ "a?c", "abbc", false },
	{ "?", "?", true },
	{ "*", "", true },
	{ "*", "anything", true },
	{ "**", "", true },
	{ "*a", "aaab", false },
	{ "*a*b", "xaxxb", true },
	{ "*a*b", "xbxxa", false },
	{ "a*b*c", "abc", true },
	{ "a*b*c", "abcbc", true },
	{ "a*b*c", "abcb", false },
	{ "mail[1]", "mail[1]", true },                     /* nothing else is special */
	{ "mail[1]", "mail1", false },
	{ "<>", "", true },
	{ "<>", "a@b", false },
	{ "m\xc3\xbcller@*", "m\xc3\xbcller@example.org", true },
	{ "m\xc3\xbcller@*", "M\xc3\xbcLLER@example.org", true },
};

START_TEST(matches)
{
	struct nameset set;
	struct namepat pat, two[2];
	struct arena arena;

	arena_init(&arena, ARENA_BYTES);
	ck_assert(namepat_parse(&pat, rows[_i].glob, &arena, NULL));
	ck_assert_msg(namepat_match(&pat, rows[_i].name) == rows[_i].match, "%s %s", rows[_i].glob, rows[_i].name);
	ck_assert(nameset_build(&set, &pat, 1, &arena));
	ck_assert_msg(nameset_match(&set, rows[_i].name) == rows[_i].match, "%s %s", rows[_i].glob, rows[_i].name);
	two[0] = pat;
	ck_assert(namepat_parse(&two[1], "other.invalid", &arena, NULL));
	ck_assert(nameset_build(&set, two, 2, &arena));
	ck_assert_msg(nameset_match(&set, rows[_i].name) == rows[_i].match, "%s %s", rows[_i].glob, rows[_i].name);
	ck_assert(nameset_match(&set, "Other.invalid"));
	arena_clear(&arena);
}
END_TEST

START_TEST(refuses)
{
	static const char *const bad[] = { "", " ", "a b", "a\t", "a\nb", "a\x7f" };
	char text[NAMEPAT_MAX_BYTES + 2];
	struct namepat pat = { .glob = NULL };
	struct arena arena;
	struct errmsg err;

	arena_init(&arena, ARENA_BYTES);
	for (int i = 0; i < ROWS(bad); i++) {
		ck_assert(!namepat_parse(&pat, bad[i], &arena, &err));
		ck_assert_ptr_null(pat.glob);
		ck_assert_int_ne(err.text[0], '\0');
	}
	memset(text, 'a', sizeof text);
	text[NAMEPAT_MAX_BYTES + 1] = '\0';
	ck_assert(!namepat_parse(&pat, text, &arena, &err));
	text[NAMEPAT_MAX_BYTES] = '\0';
	ck_assert(namepat_parse(&pat, text, &arena, &err));
	arena_clear(&arena);
	arena_init(&arena, 0);
	ck_assert(!namepat_parse(&pat, "a", &arena, &err));
	ck_assert_str_eq(err.text, "out of memory");
}
END_TEST

START_TEST(sets)
{
	static struct namepat pats[MANY];
	char name[NAMEPAT_NAME_MAX_BYTES + 2];
	struct nameset set = { .n_names = 0 };
	struct arena arena;

	ck_assert(!nameset_match(&set, "") && !nameset_match(&set, "a"));
	arena_init(&arena, ARENA_BYTES);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, i % 2 ? "*@n%d.example" : "u@n%d.example", i);
		ck_assert(namepat_parse(&pats[i], name, &arena, NULL));
	}
	ck_assert(nameset_build(&set, pats, MANY, &arena));
	ck_assert_uint_eq(set.n_globs, 0);
	for (int i = 0; i < MANY; i += 7) {
		snprintf(name, sizeof name, "u@n%d.example", i);
		ck_assert(nameset_match(&set, name));
		snprintf(name, sizeof name, "v@n%d.example", i);
		ck_assert_int_eq(nameset_match(&set, name), i % 2);
	}
	memset(name, 'a', sizeof name);
	memcpy(name + NAMEPAT_NAME_MAX_BYTES - 11, "@n1.example", 12);
	ck_assert(nameset_match(&set, name));
	memcpy(name + NAMEPAT_NAME_MAX_BYTES - 10, "@n1.example", 12);
	ck_assert(!nameset_match(&set, name));
	arena_clear(&arena);
}
END_TEST

START_TEST(takes_no_long_time)
{
	char glob[NAMEPAT_MAX_BYTES + 1], name[NAMEPAT_NAME_MAX_BYTES + 1];
	struct monotime begin = monotime_now();
	struct namepat pat;
	struct arena arena;

	for (size_t i = 0; i < NAMEPAT_MAX_BYTES; i++)
		glob[i] = i % 2 ? 'a' : '*';
	glob[NAMEPAT_MAX_BYTES - 1] = 'b';
	glob[NAMEPAT_MAX_BYTES] = '\0';
	memset(name, 'a', NAMEPAT_NAME_MAX_BYTES);
	name[NAMEPAT_NAME_MAX_BYTES] = '\0';
	arena_init(&arena, ARENA_BYTES);
	ck_assert(namepat_parse(&pat, glob, &arena, NULL));
	for (int i = 0; i < 10; i++)
		ck_assert(!namepat_match(&pat, name));
	ck_assert_int_lt(monotime_between(begin, monotime_now()), 2000000);
	arena_clear(&arena);
}
END_TEST

static const struct {
	const char *path, *plain;
} paths[] = {
	{ "<a@b>", "a@b" },                  { "a@b", "a@b" },
	{ "<>", "" },                        { "", "" },
	{ "<Postmaster>", "Postmaster@" },   { "<@x,@y:u@d>", "u@d" },
	{ "<@[IPv6:::1]:u@d>", "u@d" },      { "<@x>", "@x" },
	{ "<a@b.>", "a@b" },                 { "<\"abuse\"@b>", "abuse@b" },
	{ "<\"a\\buse\"@b>", "abuse@b" },    { "<\"a b\"@c>", "\"a b\"@c" },
	{ "<\"x@y\"@c>", "\"x@y\"@c" },      { "<\"a", "\"a@" },
	{ "<\"\"@c>", "\"\"@c" },            { " <a@b> ", "a@b" },
	{ "<\"postmaster@x\">", "\"postmaster@x\"" },
};

START_TEST(plain)
{
	char out[MAILADDR_PLAIN_BYTES], path[MAILADDR_PLAIN_BYTES + 1];

	ck_assert(mailaddr_path_plain(out, paths[_i].path));
	ck_assert_str_eq(out, paths[_i].plain);
	memset(path, 'a', sizeof path);
	path[0] = '@';
	path[MAILADDR_PLAIN_BYTES - 1] = '\0';
	ck_assert(mailaddr_path_plain(out, path));
	path[MAILADDR_PLAIN_BYTES - 1] = 'a';
	path[MAILADDR_PLAIN_BYTES] = '\0';
	ck_assert(!mailaddr_path_plain(out, path));
}
END_TEST

Suite *namepat_suite(void)
{
	Suite *suite = suite_create("namepat");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, matches, 0, ROWS(rows));
	tcase_add_test(tcase, refuses);
	tcase_add_test(tcase, sets);
	tcase_add_test(tcase, takes_no_long_time);
	tcase_add_loop_test(tcase, plain, 0, ROWS(paths));
	suite_add_tcase(suite, tcase);
	return suite;
}
