/* Tests of value: sockets, modes, header names, status codes, list names, zones and accounts, at their limits. */
#include <string.h>

#include "config/value.h"
#include "t/unit/suites.h"

#define A10 "aaaaaaaaaa"
#define A50 A10 A10 A10 A10 A10

typedef bool check_fn(const char *text, struct errmsg *err);

static const struct {
	check_fn *check;
	const char *text, *why;      /* why: NULL when it is good */
} rows[] = {
	{ value_check_socket, "inet:8890@127.0.0.1", NULL },
	{ value_check_socket, "inet:1@localhost", NULL },
	{ value_check_socket, "inet:65535@mail.example.org", NULL },
	{ value_check_socket, "inet6:8890@::1", NULL },
	{ value_check_socket, "inet6:8890@[::1]", NULL },
	{ value_check_socket, "inet6:8890@localhost", NULL },
	{ value_check_socket, "inet:8890@[127.0.0.1]", NULL },
	{ value_check_socket, "unix:/run/a.sock", NULL },
	{ value_check_socket, "unix:/" A50 A50 "123456", NULL },                          /* 107 bytes */
	{ value_check_socket, "unix:/" A50 A50 "1234567", "may have 107 bytes, this one has 108" },
	{ value_check_socket, "fd:3", NULL },
	{ value_check_socket, "fd:1023", NULL },
	{ value_check_socket, "fd:2", "fd:3 to fd:1023" },
	{ value_check_socket, "fd:1024", "fd:3 to fd:1023" },
	{ value_check_socket, "fd:", "fd:3 to fd:1023" },
	{ value_check_socket, "fd:-3", "fd:3 to fd:1023" },
	{ value_check_socket, "fd:3x", "fd:3 to fd:1023" },
	{ value_check_socket, "unix:a.sock", "must be absolute" },
	{ value_check_socket, "unix:", "must be absolute" },
	{ value_check_socket, "/run/a.sock", "is not a socket" },
	{ value_check_socket, "local:/run/a.sock", "is not a socket" },
	{ value_check_socket, "", "is not a socket" },
	{ value_check_socket, "INET:8890@127.0.0.1", "is not a socket" },
	{ value_check_socket, "inet:0@127.0.0.1", "not a number from 1 to 65535" },
	{ value_check_socket, "inet:65536@127.0.0.1", "not a number from 1 to 65535" },
	{ value_check_socket, "inet:99999999999@127.0.0.1", "not a number from 1 to 65535" },
	{ value_check_socket, "inet:@127.0.0.1", "not a number from 1 to 65535" },
	{ value_check_socket, "inet:127.0.0.1:8890", "not a number from 1 to 65535" },
	{ value_check_socket, "inet:8890", "the host is missing" },
	{ value_check_socket, "inet:8890@", "is not a host name" },
	{ value_check_socket, "inet:8890@a b", "is not a host name" },
	{ value_check_socket, "inet:8890@a@b", "is not a host name" },
	{ value_check_socket, "inet:8890@127.0.0.300", "is not an IPv4 address" },
	{ value_check_socket, "inet:8890@::1", "write inet6" },
	{ value_check_socket, "inet:8890@[::1]", "write inet6" },
	{ value_check_socket, "inet6:8890@127.0.0.1", "write inet:" },
	{ value_check_socket, "inet6:8890@[]", "is not a host name" },
	{ value_check_socket, "inet6:8890@[::1", "is not a host name" },

	{ value_check_header_name, "X-RBL-Warning", NULL },
	{ value_check_header_name, "X", NULL },
	{ value_check_header_name, "X-Received", NULL },
	{ value_check_header_name, "!#$%&'*+", NULL },
	{ value_check_header_name, "X-" A50 A10 "12", NULL },                               /* 64 */
	{ value_check_header_name, "X-" A50 A10 "123", "1 to 64 characters" },
	{ value_check_header_name, "", "1 to 64 characters" },
	{ value_check_header_name, "X Y", "without blanks and colons" },
	{ value_check_header_name, "X:", "without blanks and colons" },
	{ value_check_header_name, "X\n", "without blanks and colons" },
	{ value_check_header_name, "X\x7f", "without blanks and colons" },
	{ value_check_header_name, "X\xc3\xa4", "without blanks and colons" },
	{ value_check_header_name, "Received", "is a standard header" },
	{ value_check_header_name, "RECEIVED", "is a standard header" },
	{ value_check_header_name, "Subject", "is a standard header" },
	{ value_check_header_name, "from", "is a standard header" },
	{ value_check_header_name, "Content-Anything", "is a standard header" },
	{ value_check_header_name, "Resent-To", "is a standard header" },

	{ value_check_enhanced, "5.7.1", NULL },
	{ value_check_enhanced, "4.0.0", NULL },
	{ value_check_enhanced, "2.999.999", NULL },
	{ value_check_enhanced, "3.7.1", "is not an enhanced" },
	{ value_check_enhanced, "5.7", "is not an enhanced" },
	{ value_check_enhanced, "5.7.1.1", "is not an enhanced" },
	{ value_check_enhanced, "5..1", "is not an enhanced" },
	{ value_check_enhanced, "5.7.", "is not an enhanced" },
	{ value_check_enhanced, ".7.1", "is not an enhanced" },
	{ value_check_enhanced, "55.7.1", "is not an enhanced" },
	{ value_check_enhanced, "5.1000.1", "is not an enhanced" },
	{ value_check_enhanced, "5.7.1000", "is not an enhanced" },
	{ value_check_enhanced, "5.7.x", "is not an enhanced" },
	{ value_check_enhanced, "", "is not an enhanced" },

	{ value_check_list_name, "zen", NULL },
	{ value_check_list_name, "z", NULL },
	{ value_check_list_name, A50 A10 "123", NULL },                                     /* 63 */
	{ value_check_list_name, A50 A10 "1234", "1 to 63 characters" },
	{ value_check_list_name, "", "1 to 63 characters" },
	{ value_check_list_name, "a b", "without blanks" },
	{ value_check_list_name, "a,b", "without blanks" },
	{ value_check_list_name, "a:b", "without blanks" },
	{ value_check_list_name, "a\tb", "without blanks" },
	{ value_check_list_name, "\xc3\xa4", "without blanks" },
	{ value_check_list_name, "manual", "by hand" },
	{ value_check_list_name, "mail_from", "name of a check" },
	{ value_check_list_name, "reverse_dns", "name of a check" },
	{ value_check_list_name, "helo", "name of a check" },
	{ value_check_list_name, "helo2", NULL },

	{ value_check_zone, "zen.spamhaus.org", NULL },
	{ value_check_zone, "zen.spamhaus.org.", NULL },
	{ value_check_zone, "1.2.example", NULL },
	{ value_check_zone, "192.0.2.1", "is an address" },
	{ value_check_zone, "192.0.2", "is an address" },
	{ value_check_zone, "127.0.0.300", "is an address" },
	{ value_check_zone, "2001:db8::1", "is an address" },
	{ value_check_zone, "", "" },
	{ value_check_zone, ".", "" },
	{ value_check_zone, "a..b", "" },
	{ value_check_zone, "http://a.b", "" },
	{ value_check_zone, "a b", "" },

	{ value_check_mailbox, "spam@example.org", NULL },
	{ value_check_mailbox, "a+b=c%d@[x", "is not a mail address" },
	{ value_check_mailbox, "a@b", NULL },
	{ value_check_mailbox, "", "is not a mail address" },
	{ value_check_mailbox, "spam", "is not a mail address" },
	{ value_check_mailbox, "@example.org", "is not a mail address" },
	{ value_check_mailbox, "spam@", "is not a mail address" },
	{ value_check_mailbox, "spam@.org", "is not a mail address" },
	{ value_check_mailbox, "spam@example.org.", "is not a mail address" },
	{ value_check_mailbox, "a@b@c", "is not a mail address" },
	{ value_check_mailbox, "<spam@example.org>", "is not a mail address" },
	{ value_check_mailbox, "spam@example.org, x@y", "is not a mail address" },
	{ value_check_mailbox, "a b@example.org", "is not a mail address" },
	{ value_check_mailbox, "a\r\nb@example.org", "is not a mail address" },
	{ value_check_account, "", NULL },
	{ value_check_account, "rbl-milter", NULL },
	{ value_check_account, "_rbl", NULL },
	{ value_check_account, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },                  /* 32 */
	{ value_check_account, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "is not the name" },
	{ value_check_account, "a b", "is not the name" },
	{ value_check_account, "a:b", "is not the name" },
	{ value_check_account, "-a", "is not the name" },
	{ value_check_host_pattern, "*.example.net", NULL },
	{ value_check_host_pattern, "a@b", "holds an @" },
	{ value_check_mail_pattern, "a@b", NULL },
	{ value_check_mail_pattern, "*", NULL },
	{ value_check_mail_pattern, "<>", NULL },
	{ value_check_mail_pattern, "postmaster", "matches no mail address" },
	{ value_check_date, "2027-01-31", NULL },
	{ value_check_date, "2028-02-29", NULL },
	{ value_check_date, "2027-02-29", "is not a day" },
	{ value_check_date, "2027-13-01", "is not a day" },
	{ value_check_date, "2027-00-01", "is not a day" },
	{ value_check_date, "2027-01-00", "is not a day" },
	{ value_check_date, "2027-1-31", "is not a day" },
	{ value_check_date, "2027-01-31 ", "is not a day" },
	{ value_check_date, "31.01.2027", "is not a day" },
	{ value_check_date, "", "is not a day" },
};

START_TEST(checks_texts)
{
	struct errmsg err = { "" };
	bool good = rows[_i].check(rows[_i].text, &err);

	ck_assert_msg(good == (rows[_i].why == NULL), "\"%s\": %s", rows[_i].text, err.text);
	if (!good)
		ck_assert_msg(strstr(err.text, rows[_i].why) != NULL, "\"%s\": %s", rows[_i].text, err.text);
	ck_assert(rows[_i].check(rows[_i].text, NULL) == good);
}
END_TEST

static const struct {
	const char *text;
	int mode;     /* -1: refused */
} modes[] = {
	{ "0660", 0660 }, { "660", 0660 }, { "0777", 0777 }, { "000", 0 },   { "0600", 0600 }, { "1777", -1 },
	{ "0800", -1 },   { "66", -1 },    { "", -1 },       { "06600", -1 }, { "0x60", -1 },   { " 660", -1 },
	{ "u=rw", -1 },
};

START_TEST(reads_modes)
{
	mode_t mode = 01234;
	struct errmsg err;
	bool good = value_parse_mode(&mode, modes[_i].text, &err);

	ck_assert_msg(good == (modes[_i].mode >= 0), "%s", modes[_i].text);
	ck_assert_int_eq((int)mode, good ? modes[_i].mode : 01234);
}
END_TEST

START_TEST(a_day_ends_in_utc)
{
	int64_t end_s = 0;

	ck_assert(value_parse_date(&end_s, "2027-01-31", NULL));
	ck_assert_int_eq(end_s, 1801440000);
	ck_assert(value_parse_date(&end_s, "1970-01-01", NULL));
	ck_assert_int_eq(end_s, 86400);
	ck_assert(!value_parse_date(&end_s, "1969-12-31", NULL));
	ck_assert_int_eq(end_s, 86400);
}
END_TEST

Suite *value_suite(void)
{
	Suite *suite = suite_create("value");
	TCase *tcase = tcase_create("value");

	tcase_add_loop_test(tcase, checks_texts, 0, ROWS(rows));
	tcase_add_loop_test(tcase, reads_modes, 0, ROWS(modes));
	tcase_add_test(tcase, a_day_ends_in_utc);
	suite_add_tcase(suite, tcase);
	return suite;
}
