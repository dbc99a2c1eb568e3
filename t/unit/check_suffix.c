/* Tests of suffix: which part of a name was registered. */
#include <stddef.h>
#include <string.h>

#include "common/domain.h"
#include "common/suffix.h"
#include "t/unit/suites.h"

static const struct {
	const char *name, *registered;
} rows[] = {
	{ "example.com", "example.com" },
	{ "www.mail.example.com", "example.com" },
	{ "www.mail.example.co.uk", "example.co.uk" },
	{ "example.co.uk", "example.co.uk" },
	{ "co.uk", NULL },
	{ "example.uk", "example.uk" },
	{ "a.example.uk", "example.uk" },

	/* a rule with a wildcard and its exception: *.ck and !www.ck */
	{ "a.b.example.ck", "b.example.ck" },
	{ "example.ck", NULL },
	{ "www.ck", "www.ck" },
	{ "a.www.ck", "www.ck" },

	/* handed out by their owners */
	{ "spammer.blogspot.com", "spammer.blogspot.com" },
	{ "www.spammer.blogspot.com", "spammer.blogspot.com" },
	{ "blogspot.com", NULL },
	{ "a.spammer.github.io", "spammer.github.io" },
	{ "github.io", NULL },

	/* A-labels, as name and as suffix */
	{ "www.xn--mnchen-3ya.de", "xn--mnchen-3ya.de" },
	{ "www.example.xn--p1ai", "example.xn--p1ai" },                    /* .рф */
	{ "www.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn" },   /* below 公司.cn */
	{ "xn--55qx5d.cn", NULL },

	/* top-level domains that nobody knows */
	{ "mail.example.lan", "example.lan" },
	{ "spam.example", "spam.example" },
	{ "a.b.c.invalid", "c.invalid" },

	{ "_dmarc.example.org", "example.org" },
	{ "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.example.org", "example.org" },
	{ "localhost", NULL },       /* no name of one label comes here; nothing is made of it either */
};

static struct suffixes *suffixes;

static void load(void)
{
	suffixes = suffix_load();
	ck_assert_ptr_nonnull(suffixes);
}

static void unload(void)
{
	suffix_free(&suffixes);
	ck_assert_ptr_null(suffixes);
	suffix_free(&suffixes);
}

START_TEST(registrable)
{
	const char *name = rows[_i].name, *found = suffix_registrable(suffixes, name);

	ck_assert_pstr_eq(found, rows[_i].registered);
	if (found != NULL)
		ck_assert(found >= name && strcmp(name + strlen(name) - strlen(found), found) == 0);
}
END_TEST

/* What libpsl would not understand does not reach it: domain_parse() goes first. */
START_TEST(as_others_write_it)
{
	static const struct {
		const char *text, *registered;
	} written[] = {
		{ "WWW.Example.CO.UK.", "example.co.uk" },
		{ "www.m\303\274nchen.de", "xn--mnchen-3ya.de" },
		{ "Blogspot.COM.", NULL },
		{ "192.0.2.1", NULL },
		{ "[192.0.2.1]", NULL },
		{ "COM", NULL },
	};

	for (int i = 0; i < ROWS(written); i++) {
		char name[DOMAIN_BYTES];
		bool good = domain_parse(name, written[i].text) == DOMAIN_NAME;

		ck_assert_pstr_eq(good ? suffix_registrable(suffixes, name) : NULL, written[i].registered);
	}
}
END_TEST

Suite *suffix_suite(void)
{
	Suite *suite = suite_create("suffix");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, load, unload);
	tcase_add_loop_test(all, registrable, 0, ROWS(rows));
	tcase_add_test(all, as_others_write_it);
	suite_add_tcase(suite, all);
	return suite;
}
