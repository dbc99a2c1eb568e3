/* Tests of domain: what is a name that can be asked about, what is none, and the form in which it is asked. */
#include <stdio.h>
#include <string.h>

#include "common/domain.h"
#include "t/unit/suites.h"

#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *text;
	enum domain_kind kind;
	const char *name;
} rows[] = {
	{ "mail.example.org", DOMAIN_NAME, "mail.example.org" },
	{ "Mail.EXAMPLE.Org", DOMAIN_NAME, "mail.example.org" },
	{ "mail.example.org.", DOMAIN_NAME, "mail.example.org" },
	{ "a.b", DOMAIN_NAME, "a.b" },
	{ "_dmarc.under_score.example", DOMAIN_NAME, "_dmarc.under_score.example" },
	{ "1and1.example", DOMAIN_NAME, "1and1.example" },
	{ "4.3.2.1.pool.example", DOMAIN_NAME, "4.3.2.1.pool.example" },
	{ "-a.example", DOMAIN_NAME, "-a.example" },        /* not a host, but the DNS has such names */
	{ "xn--mnchen-3ya.example", DOMAIN_NAME, "xn--mnchen-3ya.example" },
	{ "XN--MNCHEN-3YA.example", DOMAIN_NAME, "xn--mnchen-3ya.example" },
	{ "xn--a.example", DOMAIN_NAME, "xn--a.example" },  /* no A-label of anything: not looked into */
	{ L63 ".example", DOMAIN_NAME, L63 ".example" },

	/* IDN */
	{ "m\xc3\xbcnchen.example", DOMAIN_NAME, "xn--mnchen-3ya.example" },
	{ "M\xc3\x9cNCHEN.example.", DOMAIN_NAME, "xn--mnchen-3ya.example" },
	{ "mu\xcc\x88nchen.example", DOMAIN_NAME, "xn--mnchen-3ya.example" },              /* not composed: NFC */
	{ "stra\xc3\x9f" "e.example", DOMAIN_NAME, "xn--strae-oqa.example" },               /* not "strasse" */
	{ "\xe4\xbe\x8b\xe3\x80\x82\xe6\xb5\x8b\xe8\xaf\x95", DOMAIN_NAME, "xn--fsq.xn--0zwm56d" },   /* U+3002 is a dot */
	{ "\xef\xbd\x81.example", DOMAIN_NAME, "a.example" },                               /* full width */
	{ "\xef\xbc\x91\xef\xbc\x90.0.0.1", DOMAIN_ADDRESS, NULL },                         /* 10.0.0.1 in full width */
	{ "m\xc3\xbcnchen", DOMAIN_ONE_LABEL, "xn--mnchen-3ya" },
	{ "m\xc3\xbcnchen.exa mple", DOMAIN_BROKEN, NULL },
	{ "m\xfcnchen.example", DOMAIN_BROKEN, NULL },                                      /* Latin-1 */
	{ "\xe2\x98\x83\xe2\x80\xae.example", DOMAIN_BROKEN, NULL },                        /* U+202E turns the writing around */
	{ "a\xcc\x88\xc0\x80.example", DOMAIN_BROKEN, NULL },

	/* addresses */
	{ "[192.0.2.1]", DOMAIN_ADDRESS, NULL },
	{ "[IPv6:2001:db8::1]", DOMAIN_ADDRESS, NULL },
	{ "[", DOMAIN_ADDRESS, NULL },
	{ "192.0.2.1", DOMAIN_ADDRESS, NULL },
	{ "192.0.2.1.", DOMAIN_ADDRESS, NULL },
	{ "2001:db8::1", DOMAIN_ADDRESS, NULL },
	{ "::ffff:192.0.2.1", DOMAIN_ADDRESS, NULL },
	{ "192.0.2.256", DOMAIN_ADDRESS, NULL },
	{ "192.0.2", DOMAIN_ADDRESS, NULL },
	{ "a.1", DOMAIN_ADDRESS, NULL },
	{ "1", DOMAIN_ADDRESS, NULL },

	{ "LocalHost", DOMAIN_ONE_LABEL, "localhost" },
	{ "friend.", DOMAIN_ONE_LABEL, "friend" },
	{ NULL, DOMAIN_NONE, NULL },
	{ "", DOMAIN_NONE, NULL },
	{ ".", DOMAIN_NONE, NULL },

	{ "..", DOMAIN_BROKEN, NULL },
	{ ".a.example", DOMAIN_BROKEN, NULL },
	{ "a..example", DOMAIN_BROKEN, NULL },
	{ "a.example..", DOMAIN_BROKEN, NULL },
	{ "a b.example", DOMAIN_BROKEN, NULL },
	{ "a.example\n", DOMAIN_BROKEN, NULL },
	{ "a@b.example", DOMAIN_BROKEN, NULL },
	{ "*.example", DOMAIN_BROKEN, NULL },
	{ "a\\.b.example", DOMAIN_BROKEN, NULL },
	{ "a" L63 ".example", DOMAIN_BROKEN, NULL },
};

START_TEST(kinds)
{
	char name[DOMAIN_BYTES] = "untouched";

	ck_assert_int_eq(domain_parse(name, rows[_i].text), rows[_i].kind);
	ck_assert_str_eq(name, rows[_i].name != NULL ? rows[_i].name : "untouched");
}
END_TEST

/* Names of 253 characters are the longest, 1,000 bytes the longest text that is looked at. */
START_TEST(lengths)
{
	char text[2000] = "", name[DOMAIN_BYTES];

	while (strlen(text) < 250)
		strcat(text, "a.");
	strcat(text, "bcd");
	ck_assert_uint_eq(strlen(text), 253);
	ck_assert_int_eq(domain_parse(name, text), DOMAIN_NAME);
	ck_assert_str_eq(name, text);
	strcat(text, ".");
	ck_assert_int_eq(domain_parse(name, text), DOMAIN_NAME);
	ck_assert_uint_eq(strlen(name), 253);
	strcpy(text + 253, "e");
	ck_assert_int_eq(domain_parse(name, text), DOMAIN_BROKEN);

	memset(text, 'a', sizeof text - 1);
	ck_assert_int_eq(domain_parse(name, text), DOMAIN_BROKEN);
	text[0] = '\xc3';
	text[1] = '\xbc';
	ck_assert_int_eq(domain_parse(name, text), DOMAIN_BROKEN);
}
END_TEST

Suite *domain_suite(void)
{
	Suite *suite = suite_create("domain");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, kinds, 0, ROWS(rows));
	tcase_add_test(tcase, lengths);
	suite_add_tcase(suite, tcase);
	return suite;
}
