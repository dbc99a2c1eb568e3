/* Tests of text: the last byte that fits and the first that does not, and what foreign bytes become. */
#include <string.h>

#include "common/text.h"
#include "t/unit/suites.h"

static char buf[9];
static struct text text;

static void set_up(void)
{
	memset(buf, '#', sizeof buf);
	text = text_over(buf, 8);   /* buf[8] stays '#' */
}

static void tear_down(void)
{
	ck_assert_int_eq(buf[8], '#');
	ck_assert_uint_eq(strlen(buf), text.len);
}

START_TEST(begins_empty)
{
	ck_assert_str_eq(buf, "");
	ck_assert_uint_eq(text.len, 0);
	ck_assert(text_fits(&text));
}
END_TEST

enum how { AS_FORMAT, AS_STR, AS_BYTES, AS_CHARS, AS_FOREIGN, HOWS };

static void add(enum how how, const char *string)
{
	if (how == AS_FORMAT)
		text_add(&text, "%s", string);
	else if (how == AS_STR)
		text_add_str(&text, string);
	else if (how == AS_BYTES)
		text_add_bytes(&text, string, strlen(string));
	else if (how == AS_FOREIGN)
		text_add_foreign(&text, string, 100);
	else
		for (; *string != '\0'; string++)
			text_add_char(&text, *string);
}

static const struct {
	const char *first, *second, *whole;
	bool fits;
} pieces[] = {
	{ "", "", "", true },
	{ "abc", "def", "abcdef", true },
	{ "abc", "defg", "abcdefg", true },
	{ "abc", "defgh", "abcdefg", false },
	{ "abcdefg", "", "abcdefg", true },
	{ "abcdefg", "h", "abcdefg", false },
	{ "abcdefgh", "", "abcdefg", false },
	{ "abcdefghijklmnop", "q", "abcdefg", false },
};

START_TEST(cuts_at_its_room_however_added)
{
	for (enum how how = 0; how < HOWS; how++) {
		set_up();
		add(how, pieces[_i].first);
		add(how, pieces[_i].second);
		ck_assert_str_eq(buf, pieces[_i].whole);
		ck_assert_int_eq(text_fits(&text), pieces[_i].fits);
		tear_down();
	}
}
END_TEST

START_TEST(remembers_that_something_was_cut)
{
	text_add_str(&text, "abcdefghij");
	text_add_str(&text, "");
	ck_assert(!text_fits(&text));
}
END_TEST

START_TEST(one_byte_holds_only_the_end)
{
	text = text_over(buf, 1);
	text_add_str(&text, "");
	ck_assert(text_fits(&text));
	text_add(&text, "%d", 1);
	text_add_char(&text, 'a');
	ck_assert_str_eq(buf, "");
	ck_assert(!text_fits(&text));
}
END_TEST

START_TEST(nothing_may_come_from_nowhere)
{
	text_add_bytes(&text, NULL, 0);
	ck_assert(text_fits(&text));
}
END_TEST

static const struct {
	const char *foreign, *clean;
	size_t max_bytes;
} foreigns[] = {
	{ "mail.example", "mail.example", 12 },
	{ "mail.example", "mail.exampl...", 11 },
	{ "mail.example", "...", 0 },
	{ "", "", 0 },
	{ "\x1f \x20", "?  ", 9 },               /* the first printable byte and the one before */
	{ "~\x7f\x80\xff", "~???", 9 },          /* the last one and those behind */
	{ "a\r\nb\tc\x1b[0m", "a??b?c?[0m", 20 },
	{ "%s%n\\\"", "%s%n\\\"", 9 },
	{ "\xc3\xa9", "??", 9 },
	{ "a\n\n", "a?...", 2 },
};

START_TEST(cleans_foreign_text)
{
	char room[40];
	struct text out = text_over(room, sizeof room);

	text_add_foreign(&out, foreigns[_i].foreign, foreigns[_i].max_bytes);
	ck_assert_str_eq(room, foreigns[_i].clean);
}
END_TEST

START_TEST(quotes_foreign_text)
{
	char quote[TEXT_QUOTE_BYTES], longest[TEXT_QUOTE_BYTES + 1] = { 0 };
	size_t most = TEXT_QUOTE_BYTES - strlen("\"...\"") - 1;

	ck_assert_str_eq(text_quote("a\nb", quote), "\"a?b\"");
	memset(longest, 'a', most);
	ck_assert_uint_eq(strlen(text_quote(longest, quote)), most + 2);
	memset(longest, 'a', TEXT_QUOTE_BYTES);
	ck_assert_uint_eq(strlen(text_quote(longest, quote)), TEXT_QUOTE_BYTES - 1);
	ck_assert_str_eq(quote + TEXT_QUOTE_BYTES - 6, "a...\"");
}
END_TEST

static const struct {
	const char *bytes;
	size_t n, len;
	uint32_t code;
} utf8s[] = {
	{ "a", 1, 1, 'a' },
	{ "", 0, 0, 0 },
	{ "\0", 1, 1, 0 },
	{ "\x7f", 1, 1, 0x7f },
	{ "\x80", 1, 0, 0 },                     /* a following byte alone */
	{ "\xbf\xbf", 2, 0, 0 },
	{ "\xc1\xbf", 2, 0, 0 },                 /* U+007F in two bytes */
	{ "\xc2\x80", 2, 2, 0x80 },
	{ "\xc2\x80", 1, 0, 0 },
	{ "\xc2\x7f", 2, 0, 0 },
	{ "\xc2\xc0", 2, 0, 0 },
	{ "\xdf\xbf", 2, 2, 0x7ff },
	{ "\xe0\x9f\xbf", 3, 0, 0 },             /* U+07FF in three bytes */
	{ "\xe0\xa0\x80", 3, 3, 0x800 },
	{ "\xe2\x82\xac", 3, 3, 0x20ac },
	{ "\xe2\x82\xac", 2, 0, 0 },
	{ "\xe2\x82" "a", 3, 0, 0 },
	{ "\xed\x9f\xbf", 3, 3, 0xd7ff },
	{ "\xed\xa0\x80", 3, 0, 0 },             /* surrogates: RFC 3629 section 3 */
	{ "\xed\xbf\xbf", 3, 0, 0 },
	{ "\xee\x80\x80", 3, 3, 0xe000 },
	{ "\xef\xbf\xbf", 3, 3, 0xffff },
	{ "\xf0\x8f\xbf\xbf", 4, 0, 0 },         /* U+FFFF in four bytes */
	{ "\xf0\x90\x80\x80", 4, 4, 0x10000 },
	{ "\xf1\x80\x80\x80", 4, 4, 0x40000 },
	{ "\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff },
	{ "\xf4\x8f\xbf\xbf", 3, 0, 0 },
	{ "\xf4\x90\x80\x80", 4, 0, 0 },         /* past the last character */
	{ "\xf5\x80\x80\x80", 4, 0, 0 },
	{ "\xf8\x88\x80\x80\x80", 5, 0, 0 },
	{ "\xfe", 1, 0, 0 },
	{ "\xff", 1, 0, 0 },
};

START_TEST(reads_utf8)
{
	uint32_t code = 0;
	char exact[8];

	memset(exact, '\x80', sizeof exact);   /* would go on the character, were more than n bytes read */
	memcpy(exact, utf8s[_i].bytes, utf8s[_i].n);
	ck_assert_uint_eq(text_utf8(exact, utf8s[_i].n, &code), utf8s[_i].len);
	ck_assert_uint_eq(code, utf8s[_i].code);
}
END_TEST

static const struct {
	uint32_t code;
	bool control;
} controls[] = {
	{ 0, true },    { 0x1f, true },   { 0x20, false },   { 0x7e, false },   { 0x7f, true },   { 0x80, true },
	{ 0x9f, true }, { 0xa0, false },  { 0x2027, false }, { 0x2028, true },  { 0x2029, true }, { 0x202a, false },
};

START_TEST(knows_controls)
{
	ck_assert_int_eq(text_is_control(controls[_i].code), controls[_i].control);
}
END_TEST

Suite *text_suite(void)
{
	Suite *suite = suite_create("text");
	TCase *tc = tcase_create("text");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, begins_empty);
	tcase_add_loop_test(tc, cuts_at_its_room_however_added, 0, ROWS(pieces));
	tcase_add_test(tc, remembers_that_something_was_cut);
	tcase_add_test(tc, one_byte_holds_only_the_end);
	tcase_add_test(tc, nothing_may_come_from_nowhere);
	tcase_add_loop_test(tc, cleans_foreign_text, 0, ROWS(foreigns));
	tcase_add_test(tc, quotes_foreign_text);
	tcase_add_loop_test(tc, reads_utf8, 0, ROWS(utf8s));
	tcase_add_loop_test(tc, knows_controls, 0, ROWS(controls));
	suite_add_tcase(suite, tc);
	return suite;
}
