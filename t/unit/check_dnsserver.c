/* Tests of dnsserver: addresses with and without a port, and resolv.conf as it is found. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static const struct {
	const char *text, *expect;   /* the servers, each with a blank behind it */
} files[] = {
	{ "nameserver 192.0.2.1\n", "192.0.2.1:53 " },
	{ "nameserver 192.0.2.1", "192.0.2.1:53 " },
	{ "nameserver\t \t192.0.2.1 \t\r\nnameserver ::1\r\n", "192.0.2.1:53 [::1]:53 " },
	{ "# by hand\n; also by hand\nsearch example.org\nnameserver 192.0.2.1 # first\nnameserver 192.0.2.2;x\noptions edns0\n",
	  "192.0.2.1:53 192.0.2.2:53 " },
	{ "nameserver fe80::1%lo\n", "[fe80::1%lo]:53 " },
	{ " nameserver 192.0.2.1\nnameservers 192.0.2.1\nNAMESERVER 192.0.2.1\nnameserver192.0.2.1\n#nameserver 192.0.2.1\n", "" },
	{ "nameserver\nnameserver \nnameserver x\nnameserver 0.0.0.0\nnameserver 192.0.2.9\n", "192.0.2.9:53 " },
	{ "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n",
	  "192.0.2.1:53 192.0.2.2:53 192.0.2.3:53 " },
	{ "nameserver aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", "" },
	{ "\n\n\n", "" },
	{ "", "" },
};

START_TEST(reads_resolv_conf)
{
	struct dnsserver server[3];
	char found[300] = "";
	size_t n = dnsserver_parse_resolv_conf(server, 3, files[_i].text);

	for (size_t i = 0; i < n; i++) {
		strcat(found, server[i].text);
		strcat(found, " ");
	}
	ck_assert_str_eq(found, files[_i].expect);
	ck_assert_uint_eq(dnsserver_parse_resolv_conf(server, 0, files[_i].text), 0);
}
END_TEST

static const char *from_file(const char *bytes, size_t len)
{
	static struct dnsserver server[8];
	char path[] = "/tmp/check_dnsserver.XXXXXX";
	int fd = mkstemp(path);
	size_t n;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)write(fd, bytes, len), (int)len);
	close(fd);
	n = dnsserver_resolv_conf(server, 8, path);
	unlink(path);
	ck_assert_uint_eq(n, 1);
	return server[0].text;
}

START_TEST(falls_back_to_this_machine)
{
	static const char good[] = "search a\nnameserver 192.0.2.1\n", none[] = "search a\n", odd[] = "search\0nameserver 192.0.2.1\n";
	struct dnsserver server[8];

	ck_assert_str_eq(from_file(good, sizeof good - 1), "192.0.2.1:53");
	ck_assert_str_eq(from_file(none, sizeof none - 1), "127.0.0.1:53");
	ck_assert_str_eq(from_file(odd, sizeof odd - 1), "127.0.0.1:53");
	ck_assert_str_eq(from_file("", 0), "127.0.0.1:53");
	ck_assert_uint_eq(dnsserver_resolv_conf(server, 8, "/no/such/file"), 1);
	ck_assert_str_eq(server[0].text, "127.0.0.1:53");
	ck_assert_uint_eq(dnsserver_resolv_conf(server, 8, "/tmp"), 1);
	ck_assert_uint_eq(dnsserver_resolv_conf(server, 8, "/dev/zero"), 1);
}
END_TEST

START_TEST(reads_no_more_than_64_kib)
{
	enum { LEN = 100000 };
	char *big = malloc(LEN);

	ck_assert_ptr_nonnull(big);
	memset(big, '\n', LEN);
	memcpy(big + LEN - 30, "\nnameserver 192.0.2.1\n", 22);
	ck_assert_str_eq(from_file(big, LEN), "127.0.0.1:53");
	memcpy(big + 65000, "\nnameserver 192.0.2.2\n", 22);
	ck_assert_str_eq(from_file(big, LEN), "192.0.2.2:53");
	free(big);
}
END_TEST

Suite *dnsserver_suite(void)
{
	Suite *suite = suite_create("dnsserver");
	TCase *tcase = tcase_create("dnsserver");

	tcase_add_loop_test(tcase, reads_addresses, 0, ROWS(rows));
	tcase_add_test(tcase, fills_socket_addresses);
	tcase_add_loop_test(tcase, reads_resolv_conf, 0, ROWS(files));
	tcase_add_test(tcase, falls_back_to_this_machine);
	tcase_add_test(tcase, reads_no_more_than_64_kib);
	suite_add_tcase(suite, tcase);
	return suite;
}
