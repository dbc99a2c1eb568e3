/* Tests of ipaddr: what is an address and what is not, and both ends of every net that has a meaning of its own. */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/ipaddr.h"
#include "t/unit/suites.h"

static struct ipaddr addr(const char *text)
{
	struct ipaddr out;

	ck_assert_msg(ipaddr_parse(&out, text), "%s", text);
	return out;
}

static const struct {
	const char *text;
	int len;             /* 0: not an address */
	const char *shown;   /* NULL: as it came */
} parses[] = {
	{ "0.0.0.0", 4, NULL },
	{ "192.0.2.1", 4, NULL },
	{ "255.255.255.255", 4, NULL },
	{ "256.0.0.1", 0, NULL },
	{ "1.2.3", 0, NULL },
	{ "1.2.3.4.5", 0, NULL },
	{ "1.2.3.", 0, NULL },
	{ "01.2.3.4", 0, NULL },
	{ "1.2.3.04", 0, NULL },
	{ " 1.2.3.4", 0, NULL },
	{ "1.2.3.4 ", 0, NULL },
	{ "1.2.3.4\n", 0, NULL },
	{ "0x7f.0.0.1", 0, NULL },
	{ "2130706433", 0, NULL },
	{ "-1.2.3.4", 0, NULL },
	{ "", 0, NULL },
	{ "unknown", 0, NULL },
	{ "::", 16, NULL },
	{ "::1", 16, NULL },
	{ "2001:DB8:0:0:0:0:0:1", 16, "2001:db8::1" },
	{ "2001:db8:0:1:1:1:1:1", 16, NULL },            /* one group of zeros is not shortened: RFC 5952 4.2.2 */
	{ "2001:db8:0:0:1:0:0:1", 16, "2001:db8::1:0:0:1" },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 16, NULL },
	{ "::ffff:192.0.2.1", 4, "192.0.2.1" },
	{ "::FFFF:c000:0201", 4, "192.0.2.1" },
	{ "0:0:0:0:0:ffff:192.0.2.1", 4, "192.0.2.1" },
	{ "0000:0000:0000:0000:0000:ffff:255.255.255.255", 4, "255.255.255.255" },   /* the longest text of all */
	{ "::fffe:c000:201", 16, NULL },
	{ "::1:ffff:c000:201", 16, NULL },
	{ "1::ffff:c000:201", 16, NULL },
	{ "::ffff:0:c000:201", 16, NULL },               /* translated, not mapped */
	{ "64:ff9b::c000:201", 16, NULL },
	{ "[::1]", 0, NULL },
	{ "IPv6:::1", 0, NULL },
	{ "fe80::1%lo", 0, NULL },
	{ "::1::", 0, NULL },
	{ "1:2:3:4:5:6:7:8:9", 0, NULL },
	{ "12345::", 0, NULL },
	{ "::ffff:192.0.2.256", 0, NULL },
	{ "0000:0000:0000:0000:0000:ffff:255.255.255.2550", 0, NULL },
};

START_TEST(parses_and_formats)
{
	const char *text = parses[_i].text, *shown = parses[_i].shown != NULL ? parses[_i].shown : text;
	struct ipaddr out = { .len = 99 };
	char buf[IPADDR_TEXT_BYTES];

	ck_assert_int_eq(ipaddr_parse(&out, text), parses[_i].len != 0);
	ck_assert_int_eq(out.len, parses[_i].len != 0 ? parses[_i].len : 99);   /* untouched when it fails */
	if (parses[_i].len == 0)
		return;
	for (size_t i = out.len; i < sizeof out.byte; i++)
		ck_assert_int_eq(out.byte[i], 0);
	ck_assert_ptr_eq(ipaddr_format(&out, buf), buf);
	ck_assert_str_eq(buf, shown);
	ck_assert(ipaddr_is_set(&out));
}
END_TEST

START_TEST(parses_bytes_without_an_end)
{
	char text[60] = "192.0.2.17";
	struct ipaddr out;

	ck_assert(ipaddr_parse_n(&out, text, 10));
	ck_assert_uint_eq(ipaddr_u32(&out), 0xc0000211);
	ck_assert(ipaddr_parse_n(&out, text, 9));
	ck_assert_uint_eq(ipaddr_u32(&out), 0xc0000201);
	ck_assert(!ipaddr_parse_n(&out, text, 0));
	ck_assert(!ipaddr_parse_n(&out, text, 11));   /* a NUL among the bytes */
	memset(text, '0', sizeof text);
	ck_assert(!ipaddr_parse_n(&out, text, sizeof text));
	strcpy(text, "0000:0000:0000:0000:0000:ffff:255.255.255.255");
	ck_assert(ipaddr_parse_n(&out, text, 45));
}
END_TEST

static const struct {
	const char *text, *shown;    /* NULL: no literal */
} literals[] = {
	{ "[192.0.2.1]", "192.0.2.1" },
	{ "[IPv6:2001:db8::1]", "2001:db8::1" },
	{ "[ipv6:2001:DB8::1]", "2001:db8::1" },
	{ "[IPv6:::]", "::" },
	{ "[IPv6:::ffff:192.0.2.1]", "192.0.2.1" },
	{ "", NULL }, { "[", NULL }, { "]", NULL }, { "[]", NULL }, { "[IPv6:", NULL }, { "[IPv6:]", NULL }, { "[IPv6]", NULL },
	{ "192.0.2.1", NULL }, { "[192.0.2.1", NULL }, { "192.0.2.1]", NULL }, { "[[192.0.2.1]]", NULL }, { "[192.0.2.1] ", NULL },
	{ "[192.0.2.256]", NULL }, { "[192.0.2]", NULL }, { "[ 192.0.2.1]", NULL }, { "[2001:db8::1]", NULL },
	{ "[IPv6:192.0.2.1]", NULL }, { "[IPv6:IPv6:::1]", NULL }, { "[IPv4:192.0.2.1]", NULL }, { "[example]", NULL },
};

START_TEST(literals_of_smtp)
{
	struct ipaddr out = { .len = 7 };
	char buf[IPADDR_TEXT_BYTES];
	bool good = ipaddr_parse_literal(&out, literals[_i].text);

	ck_assert_msg(good == (literals[_i].shown != NULL), "%s", literals[_i].text);
	if (good)
		ck_assert_str_eq(ipaddr_format(&out, buf), literals[_i].shown);
	else
		ck_assert_uint_eq(out.len, 7);
}
END_TEST

START_TEST(nothing_is_formatted_as_none)
{
	struct ipaddr none = { .len = 0 };
	char buf[IPADDR_TEXT_BYTES];

	ck_assert_str_eq(ipaddr_format(&none, buf), "none");
	ck_assert(!ipaddr_is_set(&none));
	ck_assert(!ipaddr_is_private(&none));
	ck_assert(!ipaddr_is_loopback(&none));
}
END_TEST

static const struct {
	const char *text;
	int value;          /* -1: no octet there */
	const char *rest;
} octets[] = {
	{ "0", 0, "" },     { "7.", 7, "." },       { "255", 255, "" }, { "256", -1, "256" }, { "2555", -1, "2555" },
	{ "00", -1, "00" }, { "01", -1, "01" },     { "", -1, "" },     { "a", -1, "a" },     { "-1", -1, "-1" },
	{ "+1", -1, "+1" }, { " 1", -1, " 1" },     { "0.1", 0, ".1" }, { "10]", 10, "]" },   { "9x", 9, "x" },
	{ "4294967297", -1, "4294967297" },
};

START_TEST(reads_octets)
{
	const char *at = octets[_i].text;
	uint8_t value = 77;

	ck_assert_int_eq(ipaddr_octet(&at, &value), octets[_i].value >= 0);
	ck_assert_int_eq(value, octets[_i].value >= 0 ? octets[_i].value : 77);
	ck_assert_str_eq(at, octets[_i].rest);
}
END_TEST

START_TEST(takes_socket_addresses)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct ipaddr out = { .len = 99 }, want;

	ck_assert(!ipaddr_from_sockaddr(&out, NULL));
	ck_assert(!ipaddr_from_sockaddr(&out, (const struct sockaddr *)&un));
	ck_assert_int_eq(out.len, 99);
	ck_assert(ipaddr_from_sockaddr(&out, (const struct sockaddr *)&in));
	want = addr("192.0.2.1");
	ck_assert(ipaddr_equal(&out, &want));
	ck_assert(ipaddr_from_sockaddr(&out, (const struct sockaddr *)&in6));
	want = addr("::1");
	ck_assert(ipaddr_equal(&out, &want));
	memset(&in6.sin6_addr.s6_addr[10], 0xff, 2);
	ck_assert(ipaddr_from_sockaddr(&out, (const struct sockaddr *)&in6));
	want = addr("0.0.0.1");
	ck_assert(ipaddr_equal(&out, &want));
}
END_TEST

START_TEST(numbers_go_in_and_out)
{
	struct ipaddr v4 = ipaddr_v4(0x01020304), want = addr("1.2.3.4");

	ck_assert(ipaddr_equal(&v4, &want));
	ck_assert_uint_eq(ipaddr_u32(&v4), 0x01020304);
	v4 = ipaddr_v4(0xfffefdfc);
	ck_assert_uint_eq(ipaddr_u32(&v4), 0xfffefdfc);
}
END_TEST

/* Each is less than the one after it. */
static const char *const ascending[] = {
	"0.0.0.0", "0.0.0.255", "0.0.1.0", "127.255.255.255", "128.0.0.0", "255.255.255.255", "::", "::1", "::1:0",
	"7fff::", "8000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
};

START_TEST(compares)
{
	for (int k = 0; k < ROWS(ascending); k++) {
		struct ipaddr a = addr(ascending[_i]), b = addr(ascending[k]);
		int order = ipaddr_compare(&a, &b);

		ck_assert_int_eq((order > 0) - (order < 0), (_i > k) - (_i < k));
		ck_assert_int_eq(ipaddr_equal(&a, &b), _i == k);
	}
}
END_TEST

static const struct {
	const char *net;
	unsigned bits;
	const char *addr;
	bool inside;
} nets[] = {
	{ "10.0.0.0", 8, "10.255.255.255", true },
	{ "10.0.0.0", 8, "11.0.0.0", false },
	{ "10.0.0.0", 7, "11.0.0.0", true },
	{ "10.0.0.0", 9, "10.127.255.255", true },
	{ "10.0.0.0", 9, "10.128.0.0", false },
	{ "10.0.0.0", 0, "255.1.1.1", true },
	{ "10.0.0.1", 32, "10.0.0.1", true },
	{ "10.0.0.1", 32, "10.0.0.0", false },
	{ "10.0.0.1", 31, "10.0.0.0", true },
	{ "10.0.0.1", 33, "10.0.0.1", false },
	{ "10.0.0.1", 128, "10.0.0.1", false },
	{ "2001:db8::", 32, "2001:db8:ffff::", true },
	{ "2001:db8::", 32, "2001:db9::", false },
	{ "2001:db8::1", 128, "2001:db8::1", true },
	{ "2001:db8::1", 128, "2001:db8::", false },
	{ "2001:db8::1", 127, "2001:db8::", true },
	{ "2001:db8::1", 129, "2001:db8::1", false },
	{ "::", 0, "0.0.0.0", false },
	{ "0.0.0.0", 0, "::", false },
};

START_TEST(knows_nets)
{
	struct ipaddr net = addr(nets[_i].net), a = addr(nets[_i].addr);

	ck_assert_int_eq(ipaddr_in_net(&a, &net, nets[_i].bits), nets[_i].inside);
}
END_TEST

static const struct {
	const char *first, *last;
	const char *before, *behind;   /* the neighbours; "" where there is none or it is special too */
	bool loopback;
} special[] = {
	{ "0.0.0.0", "0.255.255.255", "", "1.0.0.0", false },
	{ "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0", false },
	{ "100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0", false },
	{ "127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0", true },
	{ "169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0", false },
	{ "172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0", false },
	{ "192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0", false },
	{ "224.0.0.0", "255.255.255.255", "223.255.255.255", "", false },
	{ "::", "::", "", "", false },
	{ "::1", "::1", "", "::2", true },
	{ "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe00::", false },
	{ "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fec0::", false },
	{ "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", false },
	{ "::ffff:10.0.0.0", "::ffff:10.255.255.255", "::ffff:9.255.255.255", "::ffff:11.0.0.0", false },
};

START_TEST(knows_private_and_loopback)
{
	const char *const inside[] = { special[_i].first, special[_i].last };
	const char *const outside[] = { special[_i].before, special[_i].behind };

	for (int i = 0; i < 2; i++) {
		struct ipaddr a = addr(inside[i]);

		ck_assert_msg(ipaddr_is_private(&a), "%s", inside[i]);
		ck_assert_int_eq(ipaddr_is_loopback(&a), special[_i].loopback);
		if (outside[i][0] == '\0')
			continue;
		a = addr(outside[i]);
		ck_assert_msg(!ipaddr_is_private(&a), "%s", outside[i]);
		ck_assert_msg(!ipaddr_is_loopback(&a), "%s", outside[i]);
	}
}
END_TEST

/* What documents use as examples is asked about like any public address. */
static const char *const public_addr[] = { "192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "198.18.0.1",
					   "64:ff9b::a00:1", "8.8.8.8" };

START_TEST(documentation_is_public)
{
	struct ipaddr a = addr(public_addr[_i]);

	ck_assert(!ipaddr_is_private(&a));
}
END_TEST

Suite *ipaddr_suite(void)
{
	Suite *suite = suite_create("ipaddr");
	TCase *tc = tcase_create("ipaddr");

	tcase_add_loop_test(tc, parses_and_formats, 0, ROWS(parses));
	tcase_add_test(tc, parses_bytes_without_an_end);
	tcase_add_loop_test(tc, literals_of_smtp, 0, ROWS(literals));
	tcase_add_test(tc, nothing_is_formatted_as_none);
	tcase_add_loop_test(tc, reads_octets, 0, ROWS(octets));
	tcase_add_test(tc, takes_socket_addresses);
	tcase_add_test(tc, numbers_go_in_and_out);
	tcase_add_loop_test(tc, compares, 0, ROWS(ascending));
	tcase_add_loop_test(tc, knows_nets, 0, ROWS(nets));
	tcase_add_loop_test(tc, knows_private_and_loopback, 0, ROWS(special));
	tcase_add_loop_test(tc, documentation_is_public, 0, ROWS(public_addr));
	suite_add_tcase(suite, tc);
	return suite;
}
