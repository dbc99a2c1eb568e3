/* Tests of errmsg: a sentence that is cut, not wanted, or made of the one before. */
#include <string.h>

#include "common/errmsg.h"
#include "t/unit/suites.h"

enum { ROOM = sizeof ((struct errmsg *)0)->text };

START_TEST(formats)
{
	struct errmsg err;

	errmsg_set(&err, "%s: line %d", "rbl.json", 7);
	ck_assert_str_eq(err.text, "rbl.json: line 7");
	errmsg_set(&err, "%s", "");
	ck_assert_str_eq(err.text, "");
}
END_TEST

START_TEST(cuts_at_its_room)
{
	struct {
		struct errmsg err;
		char behind;
	} box = { .behind = 'x' };
	char sentence[ROOM + 1];

	for (size_t len = ROOM - 2; len <= ROOM; len++) {
		memset(sentence, 'a', len);
		sentence[len] = '\0';
		errmsg_set(&box.err, "%s", sentence);
		ck_assert_uint_eq(strlen(box.err.text), len < ROOM ? len : ROOM - 1);
		ck_assert_int_eq(box.behind, 'x');
	}
}
END_TEST

START_TEST(nobody_wants_to_know)
{
	errmsg_set(NULL, "%s", "lost");
}
END_TEST

START_TEST(takes_its_own_sentence)
{
	struct errmsg err;

	errmsg_set(&err, "too many points");
	errmsg_set(&err, "%s: %s", "lists[2]", err.text);
	ck_assert_str_eq(err.text, "lists[2]: too many points");
}
END_TEST

Suite *errmsg_suite(void)
{
	Suite *suite = suite_create("errmsg");
	TCase *tc = tcase_create("errmsg");

	tcase_add_test(tc, formats);
	tcase_add_test(tc, cuts_at_its_room);
	tcase_add_test(tc, nobody_wants_to_know);
	tcase_add_test(tc, takes_its_own_sentence);
	suite_add_tcase(suite, tc);
	return suite;
}
