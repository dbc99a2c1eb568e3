/* Tests of message: the forms in which headers lie in files, and where their block ends. */
#include <stdlib.h>
#include <string.h>

#include "common/message.h"
#include "common/text.h"
#include "t/unit/suites.h"

/* The headers as "name=value|", a line feed in a value as "/". `bytes`: of exactly that size, so that a sanitizer sees a step
 * too far. */
static void describe(const char *bytes, size_t n, struct text *out)
{
	char *copy = malloc(n > 0 ? n : 1), *room = malloc(n + 2);
	struct message_header header;
	struct message message;

	memcpy(copy, bytes, n);
	message_open(&message, copy, n, room);
	while (message_next(&message, &header)) {
		text_add(out, "%s=", header.name);
		for (const char *c = header.value; *c != '\0'; c++)
			text_add_char(out, *c == '\n' ? '/' : *c);
		text_add_char(out, '|');
	}
	free(copy);
	free(room);
}

#define BYTES(text) text, sizeof(text) - 1

static const struct {
	const char *bytes;
	size_t n;
	const char *headers;
	size_t block;                /* of the header block */
	bool whole;
} forms[] = {
	{ BYTES(""), "", 0, false },
	{ BYTES("\n"), "", 1, true },
	{ BYTES("A: b\n\nbody: no\n"), "A=b|", 6, true },
	{ BYTES("A: b\r\n\r\nbody: no\r\n"), "A=b|", 8, true },
	{ BYTES("A: b\nC: d"), "A=b|C=d|", 5, false },                       /* the last one may go on */
	{ BYTES("A: b\n"), "A=b|", 0, false },
	{ BYTES("A:b\nC:\nD:  two\nE:\ttab\n\n"), "A=b|C=|D= two|E=\ttab|", 23, true },
	{ BYTES("A: b\n c\n\td\nE: f\n\n"), "A=b/ c/\td|E=f|", 17, true },
	{ BYTES("A: b\r\n c\r\nE: f\r\n\r\n"), "A=b/ c|E=f|", 18, true },
	{ BYTES("A:\n b\n\n"), "A=/ b|", 7, true },
	{ BYTES("A: b\n \nC: d\n\n"), "A=b/ |C=d|", 13, true },               /* a blank line of blanks goes on */
	{ BYTES("A : b\nC\t: d\n\n"), "A=b|C=d|", 13, true },
	{ BYTES("A: b\r\rc\n\n"), "A=b\r\rc|", 9, true },
	{ BYTES("A: \303\244 \344\n\n"), "A=\303\244 \344|", 9, true },      /* 8-bit, UTF-8 or not */
	{ BYTES("A: b\0c\nD: e\n\n"), "A=b|D=e|", 13, true },

	/* an mbox's line is none of the message */
	{ BYTES("From a@b Mon Jan 1\nA: b\n\n"), "A=b|", 25, true },
	{ BYTES(">From a@b Mon Jan 1\r\nA: b\r\n\r\n"), "A=b|", 29, true },
	{ BYTES("A: b\nFrom a@b Mon Jan 1\nC: d\n\n"), "A=b|", 24, true },
	{ BYTES("From: a@b\n\n"), "From=a@b|", 11, true },
	{ BYTES("From a@b"), "", 8, false },

	/* what is no header ends the block */
	{ BYTES("A: b\nno header\nC: d\n\n"), "A=b|", 15, true },
	{ BYTES("A: b\n: c\nD: e\n\n"), "A=b|", 9, true },
	{ BYTES("A b: c\nD: e\n\n"), "", 7, true },
	{ BYTES(" b\nC: d\n\n"), "", 3, true },
	{ BYTES("\344: b\nC: d\n\n"), "", 5, true },
	{ BYTES("A\0: b\nC: d\n\n"), "", 6, true },
};

START_TEST(test_forms)
{
	char buf[256];
	struct text text = text_over(buf, sizeof buf);
	bool whole;

	describe(forms[_i].bytes, forms[_i].n, &text);
	ck_assert_str_eq(buf, forms[_i].headers);
	ck_assert_uint_eq(message_block_bytes(forms[_i].bytes, forms[_i].n, &whole), forms[_i].block);
	ck_assert_int_eq(whole, forms[_i].whole);
}
END_TEST

/* Cut anywhere, the block holds only what is whole, and reads as the beginning of all. */
START_TEST(test_cut)
{
	static const char all[] = "From x\nAb: c\r\n d\r\nEf: g\nH: i\n\nbody\n";
	char whole_text[256], cut_text[256];
	struct text text = text_over(whole_text, sizeof whole_text);

	describe(all, sizeof all - 1, &text);
	for (size_t n = 0; n < sizeof all; n++) {
		struct text cut = text_over(cut_text, sizeof cut_text);
		bool whole;
		size_t block = message_block_bytes(all, n, &whole);

		ck_assert_uint_le(block, n);
		describe(all, block, &cut);
		ck_assert_int_eq(strncmp(whole_text, cut_text, strlen(cut_text)), 0);
		ck_assert_int_eq(whole, n >= 30);
	}
}
END_TEST

Suite *message_suite(void)
{
	Suite *suite = suite_create("message");
	TCase *tc = tcase_create("message");

	tcase_add_loop_test(tc, test_forms, 0, ROWS(forms));
	tcase_add_test(tc, test_cut);
	suite_add_tcase(suite, tc);
	return suite;
}
