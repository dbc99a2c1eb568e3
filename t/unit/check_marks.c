/* Tests of marks: folding, foreign text, and what a reply may hold so that both MTAs take it. */
#include <stdlib.h>
#include <string.h>

#include "common/marks.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

enum { REPLY_MAX = 980 };   /* of libmilter's smfi_setreply() */

#define W10 "123456789 "
#define W60 W10 W10 W10 W10 W10 W10
#define X10 "xxxxxxxxxx"
#define X70 X10 X10 X10 X10 X10 X10 X10

/* A rule set with one list of these texts, and a hit on it. */
struct scene {
	struct ruleset *rules;
	struct hit hit;
	struct verdict verdict;
};

static struct scene scene(const char *message, const char *header, const char *reply)
{
	struct scene s;

	s.rules = fixture_rulesf("{'lists': [{'name': 'zen', 'zone': 'zen.example', 'message': '%s', 'header': '%s'}],"
				 "'reply': {%s}}", message, header, reply);
	s.hit = (struct hit){ .list = &s.rules->lists[0], .response = &s.rules->lists[0].responses[0],
			      .kind = SUBJECT_CLIENT, .addr = fixture_addr("192.0.2.1"), .answer = 0x7f000002 };
	s.verdict = (struct verdict){ .actions = ACTION_REJECT, .score = { .points = 150, .matches = 1 } };
	return s;
}

/* What no sink may ever see; the "\n\t" of folding apart. */
static bool clean(const char *text, bool folded)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (folded && c == '\n' && text[1] == '\t' && text[2] != '\0' && text[2] != '\t')
			text++;
		else if (c < 0x20 || c == 0x7f)
			return false;
	}
	return true;
}

static size_t longest_line(const char *name, const char *value)
{
	size_t longest = 0, column = strlen(name) + 2;

	for (; *value != '\0'; value++) {
		column = *value == '\n' ? 0 : *value == '\t' ? (column / 8 + 1) * 8 : column + 1;
		longest = column > longest ? column : longest;
	}
	return longest;
}

/* --- headers ------------------------------------------------------------------------------------------------------ */

static const struct {
	const char *header, *value;
} headers[] = {
	{ "{ip} is listed by {list} ({answer})", "192.0.2.1 is listed by zen (127.0.0.2)" },
	{ "%d.%d.%d.%d {subject} 100%%", "192.0.2.1 192.0.2.1 100%" },       /* a header is no format: % is not doubled */
	{ "{helo} {sender} {rdns} {points}", "helo.example a@b.example rdns.example 150" },
	{ "", "" },
	{ " ", "" },
	{ "a ", "a" },
	{ "a  b", "a  b" },
	{ "Gr\xc3\xbc\xc3\x9f" "e", "Gr\xc3\xbc\xc3\x9f" "e" },

	/* "X-RBL-Warning: " takes 15 columns, so 63 are left on the first line and 70 behind a tab */
	{ W60 "123", W60 "123" },
	{ W60 "1234", W10 W10 W10 W10 W10 "123456789\n\t1234" },
	{ X70, X70 },                                                        /* nothing to fold at */
	{ "a " X70, "a\n\t" X70 },
	{ "a " X70 X10 " b", "a\n\t" X70 X10 "\n\tb" },
};

START_TEST(header)
{
	struct scene s = scene("m", headers[_i].header, "");
	struct facts facts = { .helo = "helo.example", .sender = "a@b.example", .client_name = "rdns.example" };
	char buf[MARKS_HEADER_BYTES];
	struct text text = text_over(buf, sizeof buf);

	marks_header(&facts, &s.hit, s.verdict.score.points, "X-RBL-Warning", &text);
	ck_assert_str_eq(buf, headers[_i].value);
	ck_assert(text_fits(&text));
	ck_assert(clean(buf, true));
	ruleset_unref(&s.rules);
}
END_TEST

/* Whatever the widths of the words: a line is too long only where one word is. */
START_TEST(folding)
{
	for (int seed = 0; seed < 300; seed++) {
		char words[500] = "", buf[MARKS_HEADER_BYTES];
		struct text in = text_over(words, sizeof words), text = text_over(buf, sizeof buf);
		unsigned random = (unsigned)seed;
		struct facts facts = { .helo = NULL };
		struct scene s;

		while (in.len < 400) {
			random = random * 1103515245u + 12345u;
			for (unsigned i = (random >> 16) % (seed % 2 != 0 ? 16 : 62); i > 0; i--)
				text_add_char(&in, 'x');
			text_add_str(&in, "y ");
		}
		s = scene("m", words, "");
		marks_header(&facts, &s.hit, 0, "X-RBL-Warning", &text);
		ck_assert_uint_le(longest_line("X-RBL-Warning", buf), 78);
		ck_assert(clean(buf, true));
		for (size_t i = 0, o = 0; words[i] != '\0'; i++, o++) {   /* nothing is lost: "\n\t" stands for a blank */
			if (buf[o] == '\n')
				o++;
			else if (buf[o] != '\0')
				ck_assert_int_eq(words[i], buf[o]);
		}
		ruleset_unref(&s.rules);
	}
}
END_TEST

/* Text that could break a line, steer a terminal, or be a format: every octet, each for itself. */
static void dirt(char out[600], int from)
{
	size_t n = 0;

	for (int c = from; c < from + 64; c++) {
		out[n++] = c == 0 ? '\r' : (char)c;
		out[n++] = '\n';
	}
	strcpy(out + n, "\r\n.\r\nMAIL FROM:<x> %s%n%% \x1b[2J \xc2\x85 \xe2\x80\xa8 {ip}");
}

START_TEST(foreign_text)
{
	char foreign[600], buf[MARKS_HEADER_BYTES];
	struct scene s = scene("h={helo} s={sender} r={rdns}", "h={helo} s={sender} r={rdns}", "");
	struct facts facts = { .helo = foreign, .sender = foreign, .client_name = foreign };
	struct text text = text_over(buf, sizeof buf);
	struct reply_text reply;

	dirt(foreign, 64 * _i);
	marks_header(&facts, &s.hit, 0, "X-RBL-Warning", &text);
	ck_assert(clean(buf, true));
	ck_assert_ptr_null(strstr(buf, "192.0.2.1"));   /* what is put in is not read again */
	s.verdict.deciding = &s.hit;
	marks_reply(s.rules, &facts, &s.verdict, &reply);
	ck_assert(clean(reply.text, false));
	ck_assert_ptr_null(strstr(reply.text, "192.0.2.1"));
	for (size_t i = 0; reply.text[i] != '\0'; i++) {
		ck_assert_int_eq((unsigned char)reply.text[i] & 0x80, 0);
		if (reply.text[i] == '%')
			ck_assert_int_eq(reply.text[++i], '%');
	}
	ruleset_unref(&s.rules);
}
END_TEST

/* As long as it can get, and of every kind: cut, but never in the middle of a fold, nor of a doubled percent sign. */
START_TEST(long_text)
{
	char foreign[2000], buf[MARKS_HEADER_BYTES];
	struct scene s = scene("{helo} {sender} {rdns} {helo}", "{helo} {sender} {rdns} {helo}", "");
	struct facts facts = { .helo = foreign, .sender = foreign, .client_name = foreign };
	struct text text = text_over(buf, sizeof buf);
	struct reply_text reply;
	size_t n;

	for (size_t i = 0; i < sizeof foreign; i++)
		foreign[i] = _i == 0 ? '%' : _i < 80 ? "x "[i % (size_t)(_i + 1) == 0] : 'x';
	foreign[sizeof foreign - 1] = '\0';
	marks_header(&facts, &s.hit, 0, "X-RBL-Warning", &text);
	ck_assert(clean(buf, true));
	ck_assert_uint_gt(strlen(buf), 500);
	s.verdict.deciding = &s.hit;
	marks_reply(s.rules, &facts, &s.verdict, &reply);
	ck_assert_uint_le(strlen(reply.text), REPLY_MAX);
	ck_assert_uint_gt(strlen(reply.text), 400);
	for (n = 0; reply.text[n] == '%'; n++)
		;
	ck_assert_uint_eq(n % 2, 0);
	ruleset_unref(&s.rules);
}
END_TEST

/* --- replies ------------------------------------------------------------------------------------------------------ */

static const struct {
	const char *message, *settings;
	unsigned action;
	bool hit;
	const char *reply;
} replies[] = {
	{ "{ip} is listed by {list}", "", ACTION_REJECT, true, "550 5.7.1 192.0.2.1 is listed by zen" },
	{ "100%% {points}", "", ACTION_REJECT, true, "550 5.7.1 100%% 150" },
	{ "%d.%d.%d.%d%%%%", "", ACTION_REJECT, true, "550 5.7.1 192.0.2.1%%%%" },
	{ "see https://bl.example/?a=%%20{ip}", "", ACTION_REJECT, true, "550 5.7.1 see https://bl.example/?a=%%20192.0.2.1" },
	{ "Gr\xc3\xbc\xc3\x9f" "e", "", ACTION_REJECT, true, "550 5.7.1 Gr????e" },
	{ "", "", ACTION_REJECT, true, "550 5.7.1 " },
	{ "{helo}|{sender}|{rdns}|{reason}", "", ACTION_REJECT, true, "550 5.7.1 |||" },
	{ "m", "", ACTION_REJECT, false, "550 5.7.1 Refused by local policy" },
	{ "m", "", ACTION_TEMPFAIL, true, "451 4.7.1 m" },
	{ "m", "", ACTION_TEMPFAIL, false, "451 4.7.1 Try again later" },
	{ "m", "'code': 554, 'enhanced': '5.7.606'", ACTION_REJECT, true, "554 5.7.606 m" },
	{ "m", "'code': 554, 'enhanced': '5.7.606'", ACTION_TEMPFAIL, true, "451 4.7.1 m" },
	{ "m", "'send_message': false", ACTION_REJECT, true, "550 5.1.1 User unknown" },
	{ "m", "'send_message': false", ACTION_REJECT, false, "550 5.1.1 User unknown" },
	{ "m", "'send_message': false, 'code': 554", ACTION_REJECT, true, "550 5.1.1 User unknown" },
	{ "m", "'send_message': false", ACTION_TEMPFAIL, true, "451 4.7.1 Try again later" },
	{ "m", "", ACTION_DROP, true, "421 4.7.1 m" },
	{ "m", "'code': 554", ACTION_DROP, false, "421 4.7.1 Try again later" },
	{ "m", "'send_message': false", ACTION_DROP, true, "421 4.7.1 Try again later" },
	{ "m", "'send_message': false", ACTION_TEMPFAIL, false, "451 4.7.1 Try again later" },
};

START_TEST(reply)
{
	struct scene s = scene(replies[_i].message, "h", replies[_i].settings);
	struct facts facts = { .helo = NULL };
	struct reply_text out;
	char buf[sizeof out];
	struct text text = text_over(buf, sizeof buf);

	s.verdict.actions = replies[_i].action;
	s.verdict.deciding = replies[_i].hit ? &s.hit : NULL;
	memset(&out, 0xa5, sizeof out);
	marks_reply(s.rules, &facts, &s.verdict, &out);
	text_add(&text, "%s %s %s", out.code, out.enhanced, out.text);
	ck_assert_str_eq(buf, replies[_i].reply);
	ruleset_unref(&s.rules);
}
END_TEST

/* For a domain, {subject} is its name and {ip} the client's address. */
START_TEST(domain)
{
	struct scene s = scene("{subject} {ip}", "{subject} {ip} %d.%d.%d.%d", "");
	struct facts facts = { .client = fixture_addr("203.0.113.9") };
	char buf[MARKS_HEADER_BYTES];
	struct text text = text_over(buf, sizeof buf);
	struct reply_text out;

	s.hit.kind = SUBJECT_HELO;
	s.hit.addr = (struct ipaddr){ 0 };
	s.hit.name = "m.example";
	s.verdict.deciding = &s.hit;
	marks_header(&facts, &s.hit, 100, "X", &text);
	ck_assert_str_eq(buf, "m.example 203.0.113.9 203.0.113.9");
	marks_reply(s.rules, &facts, &s.verdict, &out);
	ck_assert_str_eq(out.text, "m.example 203.0.113.9");
	ruleset_unref(&s.rules);
}
END_TEST

/* --- prefix, quarantine, reroute ---------------------------------------------------------------------------------- */

static const struct {
	const char *text, *prefix;
	bool hit;
} prefixes[] = {
	{ "[SPAM] ", "[SPAM] ", true },
	{ "[{list} {points}] ", "[zen 150] ", true },
	{ "[%d.%d.%d.%d 100%%] {helo}", "[192.0.2.1 100%] ?[2J", true },
	{ "[{list}{ip}] ", "[203.0.113.9] ", false },
	{ "[SP\xc3\x84M] ", "[SP\xc3\x84M] ", true },
};

START_TEST(prefix)
{
	struct ruleset *rules = fixture_rulesf("{'lists': [{'name': 'zen', 'zone': 'zen.example'}], 'prefix': {'text': '%s'}}",
					       prefixes[_i].text);
	struct hit hit = { .list = &rules->lists[0], .response = &rules->lists[0].responses[0], .addr = fixture_addr("192.0.2.1") };
	struct verdict verdict = { .score = { .points = 150, .first = prefixes[_i].hit ? &hit : NULL } };
	struct facts facts = { .client = fixture_addr("203.0.113.9"), .helo = "\x1b[2J" };
	char buf[100], small[6];
	struct text text = text_over(buf, sizeof buf), cut = text_over(small, sizeof small);

	marks_prefix(rules, &facts, &verdict, &text);
	ck_assert_str_eq(buf, prefixes[_i].prefix);
	marks_prefix(rules, &facts, &verdict, &cut);
	ck_assert_uint_ge(cut.len, 4);           /* in whole characters */
	ck_assert(strncmp(small, buf, cut.len) == 0);
	ruleset_unref(&rules);
}
END_TEST

START_TEST(reason)
{
	struct scene s = scene("m", "h", "");
	struct hit hits[20];
	struct hits all = { .item = hits, .n = 1 };
	char buf[MARKS_REASON_BYTES];
	struct text text = text_over(buf, sizeof buf);

	for (size_t i = 0; i < 20; i++)
		hits[i] = s.hit;
	marks_reason(&s.verdict, &all, &text);
	ck_assert_str_eq(buf, "150 points, 1 match: zen 192.0.2.1 127.0.0.2");
	all.n = 20;
	hits[0].weight = HIT_SHOWN;
	hits[19].name = "very-long-name-of-a-domain-that-somebody-has-thought-up.example\r\n";
	s.verdict.deciding = &hits[19];
	s.verdict.score = (struct score){ .points = 1, .matches = 2 };
	text = text_over(buf, sizeof buf);
	marks_reason(&s.verdict, &all, &text);
	ck_assert(text_fits(&text));
	ck_assert_str_eq(buf, "1 point, 2 matches: zen very-long-name-of-a-domain-that-somebody... 127.0.0.2, ...");
	text = text_over(buf, sizeof buf);
	hits[0] = (struct hit){ .list = &s.rules->checks[CHECK_HELO], .kind = SUBJECT_HELO, .name = "a\r\nb", .reason = "bad-name" };
	s.verdict = (struct verdict){ .score = { .points = 100, .matches = 1 }, .deciding = &hits[0] };
	all.n = 1;
	marks_reason(&s.verdict, &all, &text);
	ck_assert_str_eq(buf, "100 points, 1 match: helo a??b bad-name");
	text = text_over(buf, sizeof buf);
	s.verdict = (struct verdict){ .score = { .points = 0 } };
	all.n = 0;
	marks_reason(&s.verdict, &all, &text);
	ck_assert_str_eq(buf, "0 points, 0 matches");
	ruleset_unref(&s.rules);
}
END_TEST

START_TEST(recipients)
{
	char buf[200];
	struct text text = text_over(buf, sizeof buf);
	size_t n = 0;

	ck_assert(marks_add_recipient("<a@example.org>", "X-RBL-Original-To", &text));
	ck_assert_str_eq(buf, "<a@example.org>");
	ck_assert(marks_add_recipient("<b\n\x80@example.org>", "X-RBL-Original-To", &text));
	ck_assert_str_eq(buf, "<a@example.org>, <b??@example.org>");
	while (marks_add_recipient("<c@example.org>", "X-RBL-Original-To", &text))
		n++;
	ck_assert_uint_eq(n, 9);
	ck_assert(text_fits(&text));
	ck_assert_uint_le(longest_line("X-RBL-Original-To", buf), 78);
	ck_assert(clean(buf, true));
}
END_TEST

Suite *marks_suite(void)
{
	Suite *suite = suite_create("marks");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, header, 0, ROWS(headers));
	tcase_add_test(tcase, folding);
	tcase_add_loop_test(tcase, foreign_text, 0, 4);
	tcase_add_loop_test(tcase, long_text, 0, 100);
	tcase_add_loop_test(tcase, reply, 0, ROWS(replies));
	tcase_add_test(tcase, domain);
	tcase_add_loop_test(tcase, prefix, 0, ROWS(prefixes));
	tcase_add_test(tcase, reason);
	tcase_add_test(tcase, recipients);
	suite_add_tcase(suite, tcase);
	return suite;
}
