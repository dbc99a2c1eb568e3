/* Tests of decode: the forms of an encoded word, what is none, charsets, and text that lies. */
#include <string.h>

#include "common/decode.h"
#include "t/unit/suites.h"

static const struct {
	const char *value, *text;
} rows[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "two  words ", "two  words " },
	{ "a\n\tb", "a b" },                       /* folds */
	{ "a\r\n  b", "a b" },
	{ "Gr\xc3\xbc\xc3\x9f" "e", "Gr\xc3\xbc\xc3\x9f" "e" },
	{ "Gr\xfc\xdf" "e", "Gr\xef\xbf\xbd\xef\xbf\xbd" "e" },

	/* RFC 2047 section 8 */
	{ "=?ISO-8859-1?Q?a?=", "a" },
	{ "=?ISO-8859-1?Q?a?= b", "a b" },
	{ "=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab" },
	{ "=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab" },
	{ "=?ISO-8859-1?Q?a?=\n     =?ISO-8859-1?Q?b?=", "ab" },
	{ "=?ISO-8859-1?Q?a_b?=", "a b" },
	{ "=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b" },
	{ "a =?us-ascii?q?b?= c", "a b c" },

	/* charsets and encodings */
	{ "=?utf-8?B?R3LDvMOfZQ==?=", "Gr\xc3\xbc\xc3\x9f" "e" },
	{ "=?UTF-8?b?R3LDvMOfZQ?=", "Gr\xc3\xbc\xc3\x9f" "e" },         /* without its padding */
	{ "=?utf-8*de?Q?Gr=c3=BC=C3=9Fe?=", "Gr\xc3\xbc\xc3\x9f" "e" }, /* RFC 2231 section 5 */
	{ "=?iso-8859-15?Q?=A4?=", "\xe2\x82\xac" },
	{ "=?windows-1252?Q?=80?=", "\xe2\x82\xac" },
	{ "=?koi8-r?B?8NLJ18XU?=", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82" },
	{ "=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "\xe6\x97\xa5\xe6\x9c\xac" },
	{ "=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?=", "\xe2\x82\xac" },       /* a character that was cut in two */
	{ "=?utf-8?Q?=E2=82?= x", "\xef\xbf\xbd\xef\xbf\xbd x" },
	{ "=?utf-8?Q?a=ZZ=4?=", "a=ZZ=4" },
	{ "=?utf-8?Q?" "?=x", "=?utf-8?Q?" "?=x" },
	{ "=?utf-8?Q?" "?= x", " x" },

	/* none */
	{ "=?", "=?" },
	{ "=?utf-8", "=?utf-8" },
	{ "=?utf-8?", "=?utf-8?" },
	{ "=?utf-8?Q", "=?utf-8?Q" },
	{ "=?utf-8?Q?", "=?utf-8?Q?" },
	{ "=?utf-8?Q?a", "=?utf-8?Q?a" },
	{ "=?utf-8?Q?a?", "=?utf-8?Q?a?" },
	{ "=?utf-8?Q?a b?=", "=?utf-8?Q?a b?=" },
	{ "=?utf-8?X?a?=", "=?utf-8?X?a?=" },
	{ "=?" "?Q?a?=", "=?" "?Q?a?=" },
	{ "x=?utf-8?Q?a?=", "x=?utf-8?Q?a?=" },
	{ "=?utf-8?Q?a?=x", "=?utf-8?Q?a?=x" },
	{ "=?no-such-charset?Q?a=20b?= c", "=?no-such-charset?Q?a=20b?= c" },
	{ "=?utf-16//TRANSLIT?Q?a?=", "=?utf-16//TRANSLIT?Q?a?=" },
	{ "=?0123456789012345678901234567890123456789x?Q?a?=", "=?0123456789012345678901234567890123456789x?Q?a?=" },

	/* what would break a line or end a string */
	{ "=?utf-8?Q?a=0D=0Ab=00c=1Bd?=", "a  b c d" },
	{ "a\x01" "b", "a b" },
};

START_TEST(decode)
{
	char buf[500];
	struct text text = text_over(buf, sizeof buf);

	decode_header(rows[_i].value, &text);
	ck_assert_str_eq(buf, rows[_i].text);
}
END_TEST

/* However long, it ends within its bounds, in whole characters or not at all. */
START_TEST(long_text)
{
	static const char word[] = "=?utf-8?Q?=C3=BC=C3=BC=C3=BC?= ", latin[] = "=?iso-8859-1?Q?=FC=FC=FC?= ";
	static char value[200000], buf[DECODE_WORDS_BYTES * 4];
	const char *of = _i == 0 ? word : latin;

	for (size_t i = 0; i < sizeof value - 1; i++)
		value[i] = of[i % strlen(of)];
	for (size_t size = 1; size < sizeof buf; size = size * 3 + 1) {
		struct text text = text_over(buf, size);

		decode_header(value, &text);
		ck_assert_uint_lt(text.len, size);
		ck_assert_uint_eq(strlen(buf), text.len);
	}
}
END_TEST

/* A value that changes its charset at every word: the first fifty are decoded, and it takes no time. */
START_TEST(many_charsets)
{
	static char value[40000], buf[80000];
	struct text in = text_over(value, sizeof value), text = text_over(buf, sizeof buf);

	for (int i = 0; i < 1000; i++)
		text_add(&in, "=?iso-8859-%d?Q?=E9?= ", i % 2 == 0 ? 1 : 15);
	decode_header(value, &text);
	for (size_t i = 0; i < 50; i++)
		ck_assert(strncmp(buf + 2 * i, "\xc3\xa9", 2) == 0);
	ck_assert(strncmp(buf + 100, "=?iso-8859-1?Q?=E9?=", 20) == 0);
}
END_TEST

Suite *decode_suite(void)
{
	Suite *suite = suite_create("decode");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, decode, 0, ROWS(rows));
	tcase_add_loop_test(tcase, long_text, 0, 2);
	tcase_add_test(tcase, many_charsets);
	suite_add_tcase(suite, tcase);
	return suite;
}
