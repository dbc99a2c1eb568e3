/* Tests of locate: lines of values, second comments, what breaks the grammar, and paths up to an offset. */
#include <stdlib.h>
#include <string.h>

#include "config/locate.h"
#include "t/unit/suites.h"

/* Builds from a copy on the heap of exactly the text's size, so that a sanitizer sees a read behind it. */
static bool build(struct locate *locate, char **copy, const char *text, struct locate_break *where)
{
	size_t len = strlen(text);

	*copy = malloc(len == 0 ? 1 : len);
	ck_assert_ptr_nonnull(*copy);
	memcpy(*copy, text, len);
	return locate_build(locate, *copy, len, where);
}

/* The lines of all places, in the order of the text. */
static const struct {
	const char *text;
	unsigned n;
	unsigned line[12];
} lines[] = {
	{ "1", 1, { 1 } },
	{ "\n\n true \n", 1, { 3 } },
	{ "{}", 1, { 1 } },
	{ "[]", 1, { 1 } },
	{ "{\n\"a\": 1,\n\"b\":\n[2,\n3]\n}", 5, { 1, 2, 3, 4, 5 } },
	{ "[\n{\"a\"\n:\n{\"b\":\n0}},\n\"}]\",\n[[\n]]]", 7, { 1, 2, 2, 4, 6, 7, 7 } },
	{ "{\"a\\\"\\\\\": \"x\\\"y\",\n\"\\u0062\": \"\\\\\"}", 3, { 1, 1, 2 } },
	{ "{\r\n\"a\":\r\n1}\r\n", 2, { 1, 2 } },
	{ "{\"//\": 1,\n\"//\": [1,\n2],\n\"a\": 3}", 3, { 1, 1, 4 } },
	{ "{\"a\": {\"//\": 1, \"//\": 2, \"//\": {\"//\": 1, \"//\": 2}},\n\"//\": 1,\n\"//\": 2}", 4, { 1, 1, 1, 2 } },
	{ "{\"//\": 1, \"//\": {\"//\":\n{}, \"//\": 2\n}, \"b\":\n1}", 3, { 1, 1, 3 } },
};

START_TEST(knows_the_line_of_every_value)
{
	struct locate_break where;
	struct locate locate;
	char *copy;

	ck_assert_msg(build(&locate, &copy, lines[_i].text, &where), "%s", where.why.text);
	ck_assert_uint_eq(locate.n, lines[_i].n);
	for (size_t i = 0; i < locate.n; i++)
		ck_assert_uint_eq(locate_line(&locate, i), lines[_i].line[i]);
	ck_assert_uint_eq(locate_line(&locate, locate.n), 0);
	ck_assert_uint_eq(locate_line(&locate, SIZE_MAX), 0);
	locate_free(&locate);
	free(copy);
}
END_TEST

START_TEST(walks_from_part_to_part)
{
	static const char text[] = "{\"a\": [1, [2, 3], {}],\n\"b\": 4,\n\"c\": {\"d\": 5}}";
	struct locate_break where;
	struct locate locate;
	size_t a, c;
	char *copy;

	ck_assert(build(&locate, &copy, text, &where));
	a = locate_part(&locate, 0, 0);
	c = locate_part(&locate, 0, 2);
	ck_assert_uint_eq(a, 1);
	ck_assert_uint_eq(locate_line(&locate, locate_part(&locate, 0, 1)), 2);
	ck_assert_uint_eq(locate_line(&locate, c), 3);
	ck_assert_uint_eq(locate_next(&locate, locate_next(&locate, a)), c);
	ck_assert_uint_eq(locate_part(&locate, 0, 3), SIZE_MAX);
	ck_assert_uint_eq(locate_part(&locate, a, 2), 6);
	ck_assert_uint_eq(locate_part(&locate, a, 3), SIZE_MAX);
	ck_assert_uint_eq(locate_part(&locate, 6, 0), SIZE_MAX);
	ck_assert_uint_eq(locate_part(&locate, c, 0), c + 1);
	ck_assert_uint_eq(locate_part(&locate, SIZE_MAX, 0), SIZE_MAX);
	ck_assert_uint_eq(locate_next(&locate, SIZE_MAX), SIZE_MAX);
	locate_free(&locate);
	free(copy);
}
END_TEST

START_TEST(blanks_second_comments_only)
{
	static const char text[] = "{\"//\": \"a\",\n\"//\": [1,\n2], \"b\": 1, \"//\": 3}";
	static const char expect[] = "{\"//\": \"a\" \n         \n  , \"b\": 1         }";
	struct locate_break where;
	struct locate locate;
	char *copy;

	ck_assert(build(&locate, &copy, text, &where));
	ck_assert_int_eq(memcmp(copy, expect, sizeof expect - 1), 0);
	locate_free(&locate);
	free(copy);
}
END_TEST

static const struct {
	const char *text;
	unsigned line;
	const char *path, *why;
} breaks[] = {
	{ "", 1, "", "the file is empty" },
	{ " \n\n ", 3, "", "the file is empty" },
	{ "{", 1, "", "the file ends before the { of line 1 is closed" },
	{ "\n{\"a\":\n[1,\n", 4, "a[1]", "the file ends before the [ of line 2 is closed" },
	{ "{\"a\": {\"b\": [{\"c\": 1}, {\"c\":", 1, "a.b[1].c", "the file ends before the { of line 1 is closed" },
	{ "{\"a\": 1,\n}", 2, "a", "the comma before } is one too many" },
	{ "{\"a\": [1,\n]}", 2, "a[1]", "the comma before ] is one too many" },
	{ "{\"a\": [,1]}", 1, "a[0]", "a value is missing before the comma" },
	{ "{\"a\": [1,,2]}", 1, "a[1]", "a value is missing before the comma" },
	{ "{\"a\": 1,, \"b\": 2}", 1, "a", "a comma too many" },
	{ "{,}", 1, "", "a comma too many" },
	{ "{\"a\":}", 1, "a", "a value is missing" },
	{ "{\"a\":]", 1, "a", "a value is missing" },
	{ "{\"a\":,", 1, "a", "a value is missing before the comma" },
	{ "{\"a\" 1}", 1, "a", "a colon is missing behind the key" },
	{ "{\"a\"}", 1, "a", "a colon is missing behind the key" },
	{ "{\"a\": 1\n\"b\": 2}", 1, "a", "a comma is missing behind this" },
	{ "{\"a\": [1\n\n2]}", 1, "a[0]", "a comma is missing behind this" },
	{ "{\"a\": {\"b\": 1}\n{", 1, "a", "a comma is missing behind this" },
	{ "{\"a\": 1: 2}", 1, "a", "a colon does not belong here" },
	{ "{\"a\": [1}", 1, "a[0]", "} where ] was expected: it closes the [ of line 1" },
	{ "[{\"a\": 1]", 1, "[0].a", "] where } was expected: it closes the { of line 1" },
	{ "{a: 1}", 1, "", "a key must stand in double quotes" },
	{ "{'a': 1}", 1, "", "keys and texts stand in double quotes" },
	{ "{\"a\": 'b'}", 1, "a", "keys and texts stand in double quotes" },
	{ "{5: 1}", 1, "", "a key must stand in double quotes" },
	{ "{[]: 1}", 1, "", "a key in double quotes is missing" },
	{ "{\"a\": yes}", 1, "a", "yes is not a JSON value" },
	{ "{\"a\": True}", 1, "a", "True is not a JSON value" },
	{ "{\"a\": NaN}", 1, "a", "NaN is not a JSON value" },
	{ "{\"a\": +1}", 1, "a", "+1 is not a JSON value" },
	{ "{\"a\": nul}", 1, "a", "nul is not a JSON value" },
	{ "{\"key\": s3cr3tk3y}", 1, "key", "this is not a JSON value" },   /* a secret, perhaps */
	{ "{\"a\": 1 // one\n}", 1, "a", "JSON has no comments" },
	{ "{\n# one\n\"a\": 1}", 2, "", "JSON has no comments" },
	{ "{\"a\": /* one */ 1}", 1, "a", "JSON has no comments" },
	{ "{\"a\": \"b\n}", 1, "a", "has no closing quote on this line" },
	{ "{\"a\": \"b\\\n\"}", 1, "a", "has no closing quote on this line" },
	{ "{\"a\": \"b\\", 1, "a", "has no closing quote on this line" },
	{ "{\"a\": \"b\\\"", 1, "a", "has no closing quote on this line" },
	{ "{\"a\": \x01}", 1, "a", "a character that does not belong here" },
	{ "{\"a\": 1} x", 1, "", "nothing may follow the end" },
	{ "{}\n{}", 2, "", "nothing may follow the end" },
	{ "}", 1, "", "a value is missing" },
	{ "]", 1, "", "a value is missing" },
	{ ":", 1, "", "a value is missing" },
	{ ",", 1, "", "a value is missing before the comma" },
};

START_TEST(says_what_breaks_the_grammar)
{
	struct locate_break where;
	struct locate locate;
	char *copy;

	ck_assert_msg(!build(&locate, &copy, breaks[_i].text, &where), "%s", breaks[_i].text);
	ck_assert_msg(strstr(where.why.text, breaks[_i].why) != NULL, "%s: %s", breaks[_i].text, where.why.text);
	ck_assert_msg(strcmp(where.path, breaks[_i].path) == 0, "%s: %s", breaks[_i].text, where.path);
	ck_assert_msg(where.line == breaks[_i].line, "%s: line %u", breaks[_i].text, where.line);
	ck_assert(!where.over_limit);
	locate_free(&locate);
	free(copy);
}
END_TEST

static char *repeat(const char *piece, size_t n, const char *end)
{
	size_t len = strlen(piece);
	char *text = malloc(n * len + strlen(end) + 1);

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * len, piece, len);
	strcpy(text + n * len, end);
	return text;
}

static void limit(const char *piece, size_t n, const char *end, const char *why)
{
	char *text = repeat(piece, n, end), *copy;
	struct locate_break where;
	struct locate locate;
	bool good = build(&locate, &copy, text, &where);

	if (why == NULL)
		ck_assert_msg(good, "%s", where.why.text);
	else
		ck_assert_msg(!good && where.over_limit && strstr(where.why.text, why) != NULL, "%s", where.why.text);
	locate_free(&locate);
	free(copy);
	free(text);
}

START_TEST(has_limits)
{
	char *close = repeat("]", LOCATE_DEPTH_MAX, "");

	limit("[", LOCATE_DEPTH_MAX, close, NULL);
	limit("[", LOCATE_DEPTH_MAX + 1, "", "nested too deep");
	limit("{\"\":", LOCATE_DEPTH_MAX + 1, "", "nested too deep");
	free(close);
	limit("[[", 1, "]]", NULL);
}
END_TEST

START_TEST(counts_values)
{
	char *values = repeat("0,", LOCATE_VALUES_MAX - 2, "0]"), *text = malloc(strlen(values) + 2);

	ck_assert_ptr_nonnull(text);
	text[0] = '[';
	strcpy(text + 1, values);
	limit(text, 1, "", NULL);                           /* the array itself is a value */
	memcpy(text + strlen(text) - 1, ",", 1);
	limit(text, 1, "0]", "too many values");
	free(text);
	free(values);
}
END_TEST

static const struct {
	const char *text;
	size_t offset;
	const char *path;
} paths[] = {
	{ "{\"a\": 1, \"b\": 2}", 0, "" },
	{ "{\"a\": 1, \"b\": 2}", 1, "" },
	{ "{\"a\": 1, \"b\": 2}", 4, "a" },
	{ "{\"a\": 1, \"b\": 2}", 12, "b" },
	{ "{\"a\": {\"x\": [1, {\"y\": 2, \"y\": 3}]}}", 28, "a.x[1].y" },
	{ "{\"a\": [1, 2], \"b\": 2}", 18, "b" },
	{ "[1, 2, 3]", 7, "[2]" },
	{ "[1, 2, 3]", 900, "" },
	{ "{\"a\": 'x'}", 900, "a" },
	{ "{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\": 1}", 60, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
};

START_TEST(knows_the_path_up_to_an_offset)
{
	char buf[LOCATE_PATH_BYTES];
	struct text path = text_over(buf, sizeof buf);

	locate_path_at(paths[_i].text, strlen(paths[_i].text), paths[_i].offset, &path);
	ck_assert_str_eq(buf, paths[_i].path);
}
END_TEST

Suite *locate_suite(void)
{
	Suite *suite = suite_create("locate");
	TCase *tcase = tcase_create("locate");

	tcase_add_loop_test(tcase, knows_the_line_of_every_value, 0, ROWS(lines));
	tcase_add_test(tcase, walks_from_part_to_part);
	tcase_add_test(tcase, blanks_second_comments_only);
	tcase_add_loop_test(tcase, says_what_breaks_the_grammar, 0, ROWS(breaks));
	tcase_add_test(tcase, has_limits);
	tcase_add_test(tcase, counts_values);
	tcase_add_loop_test(tcase, knows_the_path_up_to_an_offset, 0, ROWS(paths));
	suite_add_tcase(suite, tcase);
	return suite;
}
