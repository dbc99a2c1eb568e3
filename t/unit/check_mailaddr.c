/* Tests of mailaddr: which domain mail would go back to, however the address is dressed up. */
#include <stdlib.h>
#include <string.h>

#include "common/mailaddr.h"
#include "t/unit/suites.h"

struct row {
	const char *text, *domain;   /* NULL: none */
};

static const struct row paths[] = {
	{ "<user@example.org>", "example.org" },
	{ "user@example.org", "example.org" },
	{ "<User@Example.ORG>", "Example.ORG" },
	{ "<user+tag=x@example.org>", "example.org" },
	{ "<SRS0=HHH=TT=orig.example=user@fwd.example>", "fwd.example" },
	{ " <user@example.org> SIZE=100", "example.org" },

	/* none */
	{ "<>", NULL },
	{ "", NULL },
	{ "<postmaster>", NULL },
	{ "nodomain", NULL },
	{ "<user@>", NULL },
	{ "<@example.org>", NULL },
	{ "@", NULL },
	{ "<user@ >", NULL },

	/* source routes */
	{ "<@a.example,@b.example:user@example.org>", "example.org" },
	{ "@a.example:user@example.org", "example.org" },
	{ "<@[192.0.2.1]:user@example.org>", "example.org" },
	{ "<@[IPv6:2001:db8::1]:user@example.org>", "example.org" },
	{ "<@a.example>", NULL },
	{ "<@a.example,@b.example>", NULL },
	{ "<@a.example:user>", NULL },

	/* quoted local parts */
	{ "<\"user\"@example.org>", "example.org" },
	{ "<\"a@b.example\"@example.org>", "example.org" },
	{ "<\"a\\\"@b.example\"@example.org>", "example.org" },
	{ "<\"a>b@c.example\"@example.org>", "example.org" },
	{ "<\"\"@example.org>", "example.org" },
	{ "<\"(\"@example.org>", "example.org" },
	{ "<\"a@b.example>", NULL },             /* not closed */
	{ "<a\\@b.example>", "b.example" },      /* a backslash means nothing outside of quotes */

	/* several "@": mail goes to the last one */
	{ "<a@b.example@c.example>", "c.example" },
	{ "<a@@b.example>", NULL },
	{ "<a%b.example@c.example>", "c.example" },
	{ "<b.example!a@c.example>", "c.example" },

	/* literals and odd ends */
	{ "<user@[192.0.2.1]>", "[192.0.2.1]" },
	{ "<user@[IPv6:2001:db8::1]>", "[IPv6:2001:db8::1]" },
	{ "<user@[192.0.2.1>", "[192.0.2.1" },
	{ "<user@example.org.>", "example.org." },
	{ "<user@example.org", "example.org" },
	{ "<user@exa mple.org>", "exa" },
	{ "<user@example.org (comment)>", "example.org" },
	{ "<user@m\xc3\xbcnchen.example>", "m\xc3\xbcnchen.example" },
	{ "<\xc3\xbcser@example.org>", "example.org" },
};

static const struct row headers[] = {
	{ "user@example.org", "example.org" },
	{ "<user@example.org>", "example.org" },
	{ "John Doe <user@example.org>", "example.org" },
	{ "\"Doe, John\" <user@example.org>", "example.org" },
	{ "Doe, John <user@example.org>", "example.org" },            /* should have been quoted, and often is not */
	{ "\"John \\\"<x@y.example>\\\" Doe\" <user@example.org>", "example.org" },
	{ "paypal@bank.example <user@example.org>", "example.org" },   /* a name that looks like an address */
	{ "\"paypal@bank.example\" <user@example.org>", "example.org" },
	{ "John Doe user@example.org", "example.org" },
	{ "user@example.org (John Doe)", "example.org" },
	{ "user@example.org (John (x@y.example) \\) <a@b.example>)", "example.org" },
	{ "(a@b.example) user@example.org", "example.org" },
	{ "user(c)@(d)example(e).org(f)", "example.org" },
	{ "user @ example.org", "example.org" },
	{ "John\r\n\t<user@example.org>", "example.org" },
	{ "John <\r\n user@example.org\r\n >", "example.org" },
	{ "[List] John <user@example.org>", "example.org" },
	{ "[List <user@example.org>", "example.org" },
	{ "<@a.example,@b.example:user@example.org>", "example.org" },
	{ "\"a@b.example\"@example.org", "example.org" },
	{ "John <\"a>@b.example\"@example.org>", "example.org" },
	{ "user@[192.0.2.1]", "[192.0.2.1]" },
	{ "user@[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]" },

	/* encoded words */
	{ "=?utf-8?Q?J=C3=BCrgen?= <user@example.org>", "example.org" },
	{ "=?utf-8?B?SsO8cmdlbg==?= <user@example.org>", "example.org" },
	{ "=?utf-8?Q?Doe,_a@b.example,_John?= <user@example.org>", "example.org" },
	{ "=?utf-8?Q?a?= =?utf-8?Q?<x@y.example>?= <user@example.org>", "example.org" },
	{ "=?utf-8?Q?broken <user@example.org>", "example.org" },
	{ "=?utf-8?Q?a@b.example?=", NULL },                           /* an address is never encoded */

	/* groups, several addresses, empty ones */
	{ "Team: user@example.org, b@c.example;", "example.org" },
	{ "Team: John <user@example.org>;", "example.org" },
	{ "a@b.example: user@example.org;", "example.org" },           /* the name of a group */
	{ "undisclosed-recipients:;", NULL },
	{ "undisclosed-recipients:; , user@example.org", "example.org" },
	{ "user@example.org, b@c.example", "example.org" },
	{ ", ,user@example.org", "example.org" },
	{ "root, user@example.org", "example.org" },
	{ "<root>, user@example.org", "example.org" },
	{ "<>, user@example.org", "example.org" },

	/* nothing */
	{ "", NULL },
	{ " \r\n ", NULL },
	{ "John Doe", NULL },
	{ "<>", NULL },
	{ "@example.org", NULL },
	{ "\"user@example.org", NULL },
	{ "(user@example.org", NULL },
	{ "(((((", NULL },
	{ "user@example.org (", "example.org" },
	{ "John <user@example.org", "example.org" },
	{ "\\", NULL },
	{ "\"\\", NULL },
	{ "(\\", NULL },
};

static void check(const struct row *row, bool (*read)(char *, const char *))
{
	char domain[MAILADDR_DOMAIN_BYTES] = "untouched";

	ck_assert_msg(read(domain, row->text) == (row->domain != NULL), "%s: %s", row->text, domain);
	ck_assert_str_eq(domain, row->domain != NULL ? row->domain : "untouched");
}

START_TEST(path)
{
	check(&paths[_i], mailaddr_path_domain);
}
END_TEST

START_TEST(header)
{
	check(&headers[_i], mailaddr_header_domain);
}
END_TEST

/* What is repeated without end is read to a bound and takes no time. */
static const char *const repeated[] = { "(", "\"", "<", "=?", "=?a?b?", "@", "a@", "[", "\\", ",", ":", " ", "<>,", "a@[", "(\\" };

START_TEST(endless)
{
	enum { BYTES = 1000000 };
	char *text = malloc(BYTES + 1), domain[MAILADDR_DOMAIN_BYTES];
	size_t n = strlen(repeated[_i]);

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < BYTES; i++)
		text[i] = repeated[_i][i % n];
	text[BYTES] = '\0';
	mailaddr_header_domain(domain, text);
	mailaddr_path_domain(domain, text);
	memset(text, ' ', MAILADDR_MAX_BYTES);
	strcpy(text + MAILADDR_MAX_BYTES, "<user@example.org>");
	ck_assert(!mailaddr_header_domain(domain, text));
	strcpy(text + MAILADDR_MAX_BYTES - 18, "<user@example.org>");
	ck_assert(mailaddr_header_domain(domain, text));
	free(text);
}
END_TEST

/* A domain that has no room is none: half of one is another's. */
START_TEST(long_domains)
{
	char text[2000] = "u@", domain[MAILADDR_DOMAIN_BYTES] = "untouched";

	memset(text + 2, 'a', MAILADDR_DOMAIN_BYTES - 1);
	ck_assert(mailaddr_path_domain(domain, text));
	ck_assert_str_eq(domain, text + 2);
	strcat(text, "b");
	ck_assert(!mailaddr_path_domain(domain, text));
	strcat(text, "@c.example");
	ck_assert(mailaddr_path_domain(domain, text));
	ck_assert_str_eq(domain, "c.example");
}
END_TEST

Suite *mailaddr_suite(void)
{
	Suite *suite = suite_create("mailaddr");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, path, 0, ROWS(paths));
	tcase_add_loop_test(tcase, header, 0, ROWS(headers));
	tcase_add_loop_test(tcase, endless, 0, ROWS(repeated));
	tcase_add_test(tcase, long_domains);
	suite_add_tcase(suite, tcase);
	return suite;
}
