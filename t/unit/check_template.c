/* Tests of template: every name, every fault with its place, and values that would break a line. */
#include <stdio.h>
#include <string.h>

#include "common/template.h"
#include "t/unit/suites.h"

static struct template_values values(void)
{
	return (struct template_values){
		.ip = { IPADDR_V4, { 192, 0, 2, 10 } },
		.subject = "mail.example",
		.list = "zen",
		.answer = "127.0.0.2",
		.reason = "see https://bl.example/?ip",
		.helo = "helo.example",
		.sender = "a@b.example",
		.rdns = "rdns.example",
		.points = -150,
	};
}

static const struct {
	const char *text, *filled;
} fills[] = {
	{ "", "" },
	{ "Mail refused", "Mail refused" },
	{ "%d.%d.%d.%d", "192.0.2.10" },
	{ "a%d.%d.%d.%d.zen", "a192.0.2.10.zen" },
	{ "%d.%d.%d.%d%d.%d.%d.%d", "192.0.2.10192.0.2.10" },
	{ "100%%", "100%" },
	{ "%%d.%%d", "%d.%d" },
	{ "%%%%", "%%" },
	{ "%%%d.%d.%d.%d%%", "%192.0.2.10%" },
	{ "{ip}|{subject}|{list}|{answer}", "192.0.2.10|mail.example|zen|127.0.0.2" },
	{ "{reason}", "see https://bl.example/?ip" },
	{ "{helo}|{sender}|{rdns}|{points}", "helo.example|a@b.example|rdns.example|-150" },
	{ "{{", "{" },
	{ "{{ip}", "{ip}" },
	{ "{{{ip}}", "{192.0.2.10}" },
	{ "}", "}" },
	{ "}}a}", "}}a}" },
	{ "https://bl.example/%d.%d.%d.%d?x=100%%{{{points}}", "https://bl.example/192.0.2.10?x=100%{-150}" },
	{ "Gr\xc3\xbc\xc3\x9f" "e {list} \xe2\x82\xac \xf0\x9f\x98\x80", "Gr\xc3\xbc\xc3\x9f" "e zen \xe2\x82\xac \xf0\x9f\x98\x80" },
};

START_TEST(fills_in)
{
	struct template_values all = values();
	struct errmsg err;
	char buf[200];
	struct text out = text_over(buf, sizeof buf);

	ck_assert_msg(template_check(fills[_i].text, &err), "%s", err.text);
	text_add_str(&out, "> ");   /* it appends */
	template_expand(&out, fills[_i].text, &all);
	ck_assert_msg(strcmp(buf + 2, fills[_i].filled) == 0, "%s: %s", fills[_i].text, buf);
	ck_assert_int_eq(buf[0], '>');
	ck_assert(text_fits(&out));
}
END_TEST

static const struct {
	const char *text, *says;
} faults[] = {
	{ "%", "% at character 1" },
	{ "100% sure", "% at character 4" },
	{ "%%%", "% at character 3" },
	{ "%d.%d.%d", "% at character 1" },
	{ "%d.%d.%d.%s", "% at character 1" },
	{ "%d.%d.%d.%d %d", "% at character 13" },
	{ "%D.%d.%d.%d", "% at character 1" },
	{ "%d.%d.%d,%d", "% at character 1" },
	{ "%n%s", "% at character 1" },
	{ "{", "{ at character 1 is not closed" },
	{ "a {ip", "{ at character 3 is not closed" },
	{ "{{{", "{ at character 3 is not closed" },
	{ "\xc3\xbf{", "{ at character 2 is not closed" },
	{ "{}", "{ at character 1 begins no known name" },
	{ "{ip }", "{ at character 1 begins no known name" },
	{ "{IP}", "no known name" },
	{ "{i}", "no known name" },
	{ "{ipx}", "no known name" },
	{ "{zone}", "{ip} {subject} {list} {answer} {reason} {helo} {sender} {rdns} {points}" },
	{ "{ {ip}", "{ at character 1 begins no known name" },
	{ "{list {{", "is not closed" },
	{ "a\r\nb", "character 2 is a control character" },
	{ "a\nb", "character 2 is a control character" },
	{ "\tb", "character 1 is a control character" },
	{ "ab\x7f", "character 3 is a control character" },
	{ "a\xc2\x85z", "character 2 is a control character" },
	{ "\xe2\x80\xa8", "character 1 is a control character" },
	{ "a\xff", "character 2 is not valid UTF-8" },
	{ "\xc3\xbc\xc3", "character 2 is not valid UTF-8" },
	{ "\xc0\x8a", "character 1 is not valid UTF-8" },       /* an overlong line feed */
	{ "\xed\xa0\x80", "character 1 is not valid UTF-8" },
};

START_TEST(says_what_is_wrong)
{
	struct errmsg err = { "" };

	ck_assert(!template_check(faults[_i].text, &err));
	ck_assert_msg(strstr(err.text, faults[_i].says) != NULL, "%s: %s", faults[_i].text, err.text);
	ck_assert_uint_lt(strlen(err.text), sizeof err.text - 1);
	ck_assert(!template_check(faults[_i].text, NULL));
}
END_TEST

START_TEST(has_a_longest_text)
{
	char text[TEMPLATE_MAX_BYTES + 2] = { 0 };
	struct errmsg err;

	memset(text, 'a', TEMPLATE_MAX_BYTES);
	ck_assert(template_check(text, &err));
	text[TEMPLATE_MAX_BYTES] = 'a';
	ck_assert(!template_check(text, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "501 octets, more than 500"));
}
END_TEST

START_TEST(nothing_reads_as_nothing)
{
	struct template_values none = { .points = 0 };
	char buf[100];
	struct text out = text_over(buf, sizeof buf);

	template_expand(&out, "<{subject}{list}{answer}{reason}{helo}{sender}{rdns}> {ip} {points}", &none);
	ck_assert_str_eq(buf, "<> none 0");
}
END_TEST

START_TEST(writes_ipv6)
{
	struct template_values all = values();
	char buf[100];
	struct text out = text_over(buf, sizeof buf);

	ck_assert(ipaddr_parse(&all.ip, "2001:db8::10"));
	template_expand(&out, "%d.%d.%d.%d {ip}", &all);
	ck_assert_str_eq(buf, "2001:db8::10 2001:db8::10");
}
END_TEST

/* The names whose values come from outside, each filled with what would do harm if it came through. */
static const char *const foreign[] = { "subject", "list", "answer", "reason", "helo", "sender", "rdns" };

static struct template_values with(int which, const char *value)
{
	struct template_values all = values();
	const char **place[] = { &all.subject, &all.list, &all.answer, &all.reason, &all.helo, &all.sender, &all.rdns };

	*place[which] = value;
	return all;
}

START_TEST(cleans_each_value)
{
	struct template_values all = with(_i, "a\r\nX-Evil: 1\t\x7f\xc3\xa9 %s {ip} %d.%d.%d.%d {{ %%");
	char text[40], buf[200];
	struct text out = text_over(buf, sizeof buf);

	snprintf(text, sizeof text, "<{%s}>", foreign[_i]);
	ck_assert(template_check(text, NULL));
	template_expand(&out, text, &all);
	ck_assert_str_eq(buf, "<a??X-Evil: 1???? %s {ip} %d.%d.%d.%d {{ %%>");   /* filled in once, never again */
}
END_TEST

START_TEST(cuts_each_value)
{
	char value[TEMPLATE_VALUE_MAX_BYTES + 2] = { 0 }, text[40], buf[400];
	struct template_values all = with(_i, value);
	struct text out = text_over(buf, sizeof buf);

	snprintf(text, sizeof text, "{%s}", foreign[_i]);
	memset(value, 'v', TEMPLATE_VALUE_MAX_BYTES);
	template_expand(&out, text, &all);
	ck_assert_str_eq(buf, value);
	value[TEMPLATE_VALUE_MAX_BYTES] = 'v';
	out = text_over(buf, sizeof buf);
	template_expand(&out, text, &all);
	ck_assert_uint_eq(strlen(buf), TEMPLATE_VALUE_MAX_BYTES + 3);
	ck_assert_str_eq(buf + TEMPLATE_VALUE_MAX_BYTES, "...");
}
END_TEST

START_TEST(keeps_to_the_callers_room)
{
	struct template_values all = values();
	char buf[12] = "###########";
	struct text out = text_over(buf, 10);

	template_expand(&out, "{ip}", &all);
	ck_assert_str_eq(buf, "192.0.2.1");
	ck_assert(!text_fits(&out));
	ck_assert_int_eq(buf[10], '#');
}
END_TEST

Suite *template_suite(void)
{
	Suite *suite = suite_create("template");
	TCase *tc = tcase_create("template");

	tcase_add_loop_test(tc, fills_in, 0, ROWS(fills));
	tcase_add_loop_test(tc, says_what_is_wrong, 0, ROWS(faults));
	tcase_add_test(tc, has_a_longest_text);
	tcase_add_test(tc, nothing_reads_as_nothing);
	tcase_add_test(tc, writes_ipv6);
	tcase_add_loop_test(tc, cleans_each_value, 0, ROWS(foreign));
	tcase_add_loop_test(tc, cuts_each_value, 0, ROWS(foreign));
	tcase_add_test(tc, keeps_to_the_callers_room);
	suite_add_tcase(suite, tc);
	return suite;
}
