/* Tests of dnsserver: addresses with and without a port. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "common/dnsserver.h"
#include "t/unit/suites.h"

static const struct {
	const char *text, *expect;   /* expect: as text; NULL: refused */
} rows[] = {
	{ "127.0.0.1", "127.0.0.1:53" },
	{ "127.0.0.1:5353", "127.0.0.1:5353" },
	{ "127.0.0.1:1", "127.0.0.1:1" },
	{ "127.0.0.1:65535", "127.0.0.1:65535" },
	{ "[127.0.0.1]:5353", "127.0.0.1:5353" },
	{ "::1", "[::1]:53" },
	{ "[::1]", "[::1]:53" },
	{ "[::1]:53", "[::1]:53" },
	{ "[2001:db8::5]:5353", "[2001:db8::5]:5353" },
	{ "2001:DB8:0:0::5", "[2001:db8::5]:53" },
	{ "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:53" },
	{ "::ffff:192.0.2.1", "192.0.2.1:53" },
	{ "[::ffff:192.0.2.1]:54", "192.0.2.1:54" },
	{ "fe80::1%lo", "[fe80::1%lo]:53" },
	{ "[fe80::1%lo]:5353", "[fe80::1%lo]:5353" },
	{ "fe80::1%1", "[fe80::1%1]:53" },
	{ "fe80::1%lo:1", NULL },
	{ "[fe80::1%lo:1]", NULL },
	{ "fe80::1%", NULL },
	{ "fe80::1%no-such-interface", NULL },
	{ "fe80::1%0", NULL },
	{ "127.0.0.1%lo", NULL },
	{ "fe80::1%aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
	{ "127.0.0.1:0", NULL },
	{ "127.0.0.1:65536", NULL },
	{ "127.0.0.1:99999999", NULL },
	{ "127.0.0.1:", NULL },
	{ "127.0.0.1:x", NULL },
	{ "127.0.0.1: 53", NULL },
	{ "127.0.0.1:-1", NULL },
	{ "127.0.0.1:+5", NULL },
	{ "127.0.0.1 53", NULL },
	{ " 127.0.0.1", NULL },
	{ "127.0.0.1 ", NULL },
	{ "127.0.0", NULL },
	{ "127.0.0.256", NULL },
	{ "[::1]53", NULL },
	{ "[::1", NULL },
	{ "::1]", NULL },
	{ "[]:53", NULL },
	{ "[[::1]]", NULL },
	{ ":53", NULL },
	{ "", NULL },
	{ "localhost", NULL },
	{ "dns.example.org:53", NULL },
	{ "0.0.0.0", NULL },
	{ "::", NULL },
	{ "224.0.0.1", NULL },
	{ "255.255.255.255", NULL },
	{ "ff02::fb", NULL },
};

START_TEST(reads_addresses)
{
	struct dnsserver server = { .text = "untouched" };
	struct errmsg err = { "" };
	bool good = dnsserver_parse(&server, rows[_i].text, &err);

	ck_assert_msg(good == (rows[_i].expect != NULL), "\"%s\": %s%s", rows[_i].text, err.text, server.text);
	ck_assert_str_eq(server.text, good ? rows[_i].expect : "untouched");
	ck_assert(good || err.text[0] != '\0');
	ck_assert(dnsserver_parse(&server, rows[_i].text, NULL) == good);
}
END_TEST

START_TEST(fills_socket_addresses)
{
	struct sockaddr_in sin;
	struct sockaddr_in6 sin6;
	struct dnsserver server;

	ck_assert(dnsserver_parse(&server, "192.0.2.1:5353", NULL));
	ck_assert_uint_eq(server.addr_len, sizeof sin);
	memcpy(&sin, &server.addr, sizeof sin);
	ck_assert_int_eq(sin.sin_family, AF_INET);
	ck_assert_uint_eq(ntohs(sin.sin_port), 5353);
	ck_assert_uint_eq(ntohl(sin.sin_addr.s_addr), 0xc0000201);

	ck_assert(dnsserver_parse(&server, "[fe80::2%7]:5353", NULL));
	ck_assert_uint_eq(server.addr_len, sizeof sin6);
	memcpy(&sin6, &server.addr, sizeof sin6);
	ck_assert_int_eq(sin6.sin6_family, AF_INET6);
	ck_assert_uint_eq(ntohs(sin6.sin6_port), 5353);
	ck_assert_uint_eq(sin6.sin6_scope_id, 7);
	ck_assert_uint_eq(sin6.sin6_addr.s6_addr[0], 0xfe);
	ck_assert_uint_eq(sin6.sin6_addr.s6_addr[15], 2);
}
END_TEST

Suite *dnsserver_suite(void)
{
	Suite *suite = suite_create("dnsserver");
	TCase *tcase = tcase_create("dnsserver");

	tcase_add_loop_test(tcase, reads_addresses, 0, ROWS(rows));
	tcase_add_test(tcase, fills_socket_addresses);
	suite_add_tcase(suite, tcase);
	return suite;
}
