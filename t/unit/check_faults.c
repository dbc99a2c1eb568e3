/* Tests of faults: the form of a line, order, repeated and surplus faults, and cleaning of what came from the file. */
#include <stdlib.h>
#include <string.h>

#include "config/faults.h"
#include "t/unit/suites.h"

static const char *line_of(const struct fault *fault)
{
	static char buf[FAULT_LINE_BYTES];
	struct text text = text_over(buf, sizeof buf);

	fault_format(fault, &text);
	ck_assert(text_fits(&text));
	return buf;
}

static const struct {
	enum fault_level level;
	unsigned line;
	const char *file, *path, *text, *expect;
} forms[] = {
	{ FAULT_ERROR, 7, "a.json", "dns.tries", "0 is less than 1", "a.json:7: dns.tries: 0 is less than 1" },
	{ FAULT_WARNING, 7, "a.json", "dns.tries", "odd", "a.json:7: dns.tries: warning: odd" },
	{ FAULT_ERROR, 0, "a.json", "", "not there", "a.json: not there" },
	{ FAULT_WARNING, 1, "a.json", "", "odd", "a.json:1: warning: odd" },
	{ FAULT_ERROR, 1, "a\nb.json", "x\ry", "\x1b[31m\xc3\xa4", "a?b.json:1: x?y: ?[31m??" },
};

START_TEST(says_where_and_what)
{
	struct faults faults;

	faults_init(&faults);
	fault_add(&faults, forms[_i].level, forms[_i].file, forms[_i].line, forms[_i].path, "%s", forms[_i].text);
	ck_assert_uint_eq(faults.n, 1);
	ck_assert_str_eq(line_of(&faults.item[0]), forms[_i].expect);
	ck_assert_uint_eq(faults.n_errors, forms[_i].level == FAULT_ERROR);
	ck_assert_uint_eq(faults.n_warnings, forms[_i].level == FAULT_WARNING);
	faults_clear(&faults);
	ck_assert_uint_eq(faults.n, 0);
	faults_clear(&faults);
}
END_TEST

START_TEST(sorts_by_line_and_keeps_the_order_on_a_line)
{
	static const char *const expect[] = { "a:1: p: first", "a:2: p: second", "a:2: p: third", "a:9: p: last", "b:1: p: other" };
	struct faults faults;

	faults_init(&faults);
	fault_add(&faults, FAULT_ERROR, "a", 9, "p", "last");
	fault_add(&faults, FAULT_ERROR, "b", 1, "p", "other");
	fault_add(&faults, FAULT_ERROR, "a", 2, "p", "second");
	fault_add(&faults, FAULT_ERROR, "a", 2, "p", "third");
	fault_add(&faults, FAULT_ERROR, "a", 1, "p", "first");
	faults_sort(&faults);
	for (size_t i = 0; i < 5; i++)
		ck_assert_str_eq(line_of(&faults.item[i]), expect[i]);
	faults_clear(&faults);
	faults_sort(&faults);
}
END_TEST

START_TEST(counts_the_same_fault_once)
{
	struct faults faults;

	faults_init(&faults);
	for (int i = 0; i < 3; i++)
		fault_add(&faults, FAULT_ERROR, "a", 1, "p", "twice");
	ck_assert_uint_eq(faults.n_errors, 1);
	fault_add(&faults, FAULT_WARNING, "a", 1, "p", "twice");
	fault_add(&faults, FAULT_ERROR, "a", 2, "p", "twice");
	fault_add(&faults, FAULT_ERROR, "a", 1, "q", "twice");
	fault_add(&faults, FAULT_ERROR, "b", 1, "p", "twice");
	fault_add(&faults, FAULT_ERROR, "a", 1, "p", "thrice");
	ck_assert_uint_eq(faults.n, 6);
	faults_clear(&faults);
}
END_TEST

START_TEST(keeps_so_many_and_counts_the_rest)
{
	char *printed = NULL;
	size_t len;
	struct faults faults;
	FILE *out = open_memstream(&printed, &len);

	faults_init(&faults);
	for (unsigned i = 0; i < FAULTS_MAX + 5; i++)
		fault_add(&faults, FAULT_ERROR, "a", i + 1, "p", "wrong");
	ck_assert_uint_eq(faults.n, FAULTS_MAX);
	ck_assert_uint_eq(faults.n_errors, FAULTS_MAX + 5);
	ck_assert_uint_eq(faults.n_left_out, 5);
	faults_print(&faults, out);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(printed, "a:1: p: wrong\na:2: p: wrong\n"));
	ck_assert_str_eq(printed + len - strlen("and 5 more\n"), "and 5 more\n");
	free(printed);
	faults_clear(&faults);
}
END_TEST

START_TEST(cuts_what_is_long)
{
	struct faults faults;
	char big[2000];

	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	faults_init(&faults);
	fault_add(&faults, FAULT_ERROR, big, 4294967295u, big, "%s", big);
	ck_assert_ptr_nonnull(strstr(line_of(&faults.item[0]), "xxx...:4294967295: xxx"));
	faults_clear(&faults);
}
END_TEST

Suite *faults_suite(void)
{
	Suite *suite = suite_create("faults");
	TCase *tcase = tcase_create("faults");

	tcase_add_loop_test(tcase, says_where_and_what, 0, ROWS(forms));
	tcase_add_test(tcase, sorts_by_line_and_keeps_the_order_on_a_line);
	tcase_add_test(tcase, counts_the_same_fault_once);
	tcase_add_test(tcase, keeps_so_many_and_counts_the_rest);
	tcase_add_test(tcase, cuts_what_is_long);
	suite_add_tcase(suite, tcase);
	return suite;
}
