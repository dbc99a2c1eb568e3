/* Tests of prefix: every form of a Subject, that the prefix stands there once, and that it is shown. */
#include <string.h>

#include "common/decode.h"
#include "common/prefix.h"
#include "t/unit/suites.h"

#define SPAM "[SPAM] "
#define UMLAUT "[SP\xc3\x84M] "
#define W10 "123456789 "
#define W60 W10 W10 W10 W10 W10 W10

static const struct {
	const char *prefix, *value;
	const char *result;          /* NULL: it stands there already */
} rows[] = {
	{ SPAM, "Hello", "[SPAM] Hello" },
	{ SPAM, "", "[SPAM]" },
	{ SPAM, " \t", "[SPAM]" },
	{ SPAM, "  Hello ", "[SPAM] Hello" },
	{ SPAM, "\n\tHello", "[SPAM] Hello" },
	{ SPAM, "Hello\n\tworld", "[SPAM] Hello\n\tworld" },
	{ SPAM, "Hello\r\n world", "[SPAM] Hello\n world" },
	{ SPAM, "Gr\xc3\xbc\xc3\x9f" "e", "[SPAM] Gr\xc3\xbc\xc3\x9f" "e" },
	{ SPAM, "Gr\xfc\xdf" "e", "[SPAM] Gr\xfc\xdf" "e" },
	{ SPAM, "=?iso-8859-1?Q?Gr=FC=DFe?=", "[SPAM] =?iso-8859-1?Q?Gr=FC=DFe?=" },
	{ "SPAM:", "Hello", "SPAM:Hello" },
	{ "SPAM:", "=?utf-8?Q?a?=", "SPAM: =?utf-8?Q?a?=" },         /* an encoded word stands between blanks */

	/* once */
	{ SPAM, "[SPAM] Hello", NULL },
	{ SPAM, "[SPAM]", NULL },
	{ SPAM, "[spam]Hello", NULL },
	{ SPAM, "Re: [SPAM] Hello", NULL },
	{ SPAM, "RE: Fwd: AW: Re[2]: [SPAM] Hello", NULL },
	{ SPAM, "Re:\n\t[SPAM] Hello", NULL },
	{ SPAM, "\xe5\x9b\x9e\xe5\xa4\x8d: [SPAM] Hello", NULL },
	{ SPAM, "=?utf-8?B?W1NQQU1dIEhlbGxv?=", NULL },
	{ SPAM, "Re: =?utf-8?Q?=5BSPAM=5D?= =?iso-8859-1?Q?_Hello?=", NULL },
	{ SPAM, "=?utf-8?Q?Re=3A_=5BSPAM=5D_Hello?=", NULL },
	{ SPAM, "Re: Hello", "[SPAM] Re: Hello" },
	{ SPAM, "Hello [SPAM]", "[SPAM] Hello [SPAM]" },
	{ SPAM, "Hello you: [SPAM]", "[SPAM] Hello you: [SPAM]" },
	{ SPAM, "[SPA", "[SPAM] [SPA" },
	{ SPAM, "x=?utf-8?B?W1NQQU1d?=", "[SPAM] x=?utf-8?B?W1NQQU1d?=" },
	{ SPAM, "=?x-unknown?B?W1NQQU1d?=", "[SPAM] =?x-unknown?B?W1NQQU1d?=" },   /* nobody shows that as the prefix */
	{ UMLAUT, "=?iso-8859-1?Q?Re:_[SP=C4M]_Hello?=", NULL },
	{ UMLAUT, "[SP\xc3\x84M] Hello", NULL },

	/* a prefix that is not ASCII, and one that would be taken for an encoded word */
	{ UMLAUT, "Hello", "=?UTF-8?B?W1NQw4RNXQ==?= Hello" },
	{ UMLAUT, "", "=?UTF-8?B?W1NQw4RNXQ==?=" },
	{ UMLAUT, "=?utf-8?Q?Hello?=", "=?UTF-8?B?W1NQw4RNXSA=?= =?utf-8?Q?Hello?=" },
	{ "=?x", "Hello", "=?UTF-8?B?PT94?= Hello" },

	/* folding: 78 columns with "Subject: " */
	{ SPAM, W60 "12", "[SPAM] " W60 "12" },
	{ SPAM, W60 "123", "[SPAM]\n " W60 "123" },
	{ SPAM, W60 "12\n\tx", "[SPAM] " W60 "12\n\tx" },
};

/* As people read it, without blanks at its ends. */
static void shown(const char *value, char *buf, size_t size)
{
	struct text text = text_over(buf, size);

	decode_header(value, &text);
	while (text.len > 0 && buf[text.len - 1] == ' ')
		buf[--text.len] = '\0';
}

START_TEST(forms)
{
	char buf[500], after[500];
	struct text text = text_over(buf, sizeof buf);

	ck_assert_int_eq(prefix_stands(rows[_i].prefix, rows[_i].value), rows[_i].result == NULL);
	if (rows[_i].result == NULL)
		return;
	prefix_put(rows[_i].prefix, rows[_i].value, &text);
	ck_assert_str_eq(buf, rows[_i].result);
	ck_assert(prefix_stands(rows[_i].prefix, buf));
	shown(buf, after, sizeof after);
	ck_assert(prefix_stands(rows[_i].prefix, after));
}
END_TEST

/* The longest prefix and the longest Subject have room; every encoded word keeps to its 75 octets. */
START_TEST(longest)
{
	static const char *const fillings[] = { "x", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xff" };
	static char value[PREFIX_SUBJECT_BYTES * 2], buf[PREFIX_VALUE_BYTES];
	const char *filling = fillings[_i];
	char prefix[PREFIX_BYTES] = "";
	struct text head = text_over(prefix, sizeof prefix), text = text_over(buf, sizeof buf);
	const char *word = buf;

	while (head.len + strlen(filling) < sizeof prefix)
		text_add_str(&head, filling);
	memset(value, 'y', sizeof value - 1);
	prefix_put(prefix, value, &text);
	ck_assert(text_fits(&text));
	ck_assert_uint_le(text.len, PREFIX_VALUE_BYTES);
	for (size_t n = decode_word_length(word); n > 0; n = decode_word_length(word)) {
		ck_assert_uint_le(n, 75);
		word += n + strspn(word + n, "\n ");
	}
	ck_assert_int_eq(word[0], filling[0] == 'x' ? 'x' : 'y');
	if (filling[0] != '\xff')
		ck_assert(prefix_stands(prefix, buf));
}
END_TEST

Suite *prefix_suite(void)
{
	Suite *suite = suite_create("prefix");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, forms, 0, ROWS(rows));
	tcase_add_loop_test(tcase, longest, 0, 5);
	suite_add_tcase(suite, tcase);
	return suite;
}
