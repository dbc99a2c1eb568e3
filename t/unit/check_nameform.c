/* Tests of nameform: zones and lookup expressions, the names that come out, and what is refused at load. */
#include <string.h>

#include "common/nameform.h"
#include "common/query.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define V6_REVERSED "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"

/* subject: an address or a domain; name: NULL where it cannot be asked about. */
static const struct {
	const char *form, *subject, *name;
} rows[] = {
	{ "zen.example", "192.0.2.1", "1.2.0.192.zen.example" },
	{ "Zen.EXAMPLE.", "192.0.2.1", "1.2.0.192.zen.example" },
	{ "zen.example", "2001:db8::1", V6_REVERSED ".zen.example" },
	{ "zen.example", "::ffff:192.0.2.1", "1.2.0.192.zen.example" },
	{ "zen.example", "mail.example.org", "mail.example.org.zen.example" },
	{ "example", "a.b", "a.b.example" },

	{ "%s.zen.example", "192.0.2.1", "1.2.0.192.zen.example" },
	{ "%s.zen.example", "2001:db8::1", V6_REVERSED ".zen.example" },
	{ "%s.zen.example", "mail.example.org", "mail.example.org.zen.example" },
	{ "key.%s.zen.example", "192.0.2.1", "key.1.2.0.192.zen.example" },
	{ "Two.Keys.%s.zen.example", "a.example", "two.keys.a.example.zen.example" },

	{ "%4.%3.%2.%1.zen.example", "192.0.2.1", "1.2.0.192.zen.example" },
	{ "%4.%3.%2.%1.zen.example", "10.20.200.255", "255.200.20.10.zen.example" },
	{ "%1.%2.%3.%4.straight.example", "192.0.2.1", "192.0.2.1.straight.example" },
	{ "%3.%2.%1.net.example", "192.0.2.1", "2.0.192.net.example" },
	{ "a.%4.b.%3.c.example", "192.0.2.1", "a.1.b.2.c.example" },
	{ "%4.%3.%2.%1.zen.example", "::ffff:192.0.2.1", "1.2.0.192.zen.example" },
	{ "%4.%3.%2.%1.zen.example", "2001:db8::1", NULL },
	{ "%4.%3.%2.%1.zen.example", "a.example", NULL },
};

START_TEST(names)
{
	struct nameform form;
	struct dnsname name;
	struct ipaddr addr;
	struct errmsg err;
	char buf[FIXTURE_NAME_BYTES];
	bool made;

	ck_assert_msg(nameform_parse(&form, rows[_i].form, &err), "%s", err.text);
	made = ipaddr_parse(&addr, rows[_i].subject) ? nameform_address(&form, &addr, &name) :
						       nameform_domain(&form, rows[_i].subject, &name);
	ck_assert_int_eq(made, rows[_i].name != NULL);
	if (!made)
		return;
	ck_assert_str_eq(fixture_name(&(struct question){ .name = name.wire, .name_len = name.len }, buf), rows[_i].name);
	ck_assert_uint_eq(name.len, strlen(rows[_i].name) + 2);
	ck_assert_uint_eq(name.wire[name.len - 1], 0);
}
END_TEST

static const struct {
	const char *form, *why;
} faults[] = {
	{ "", "is missing" },
	{ ".", "is missing" },
	{ "%s", "is missing" },
	{ "%1.%2", "is missing" },
	{ "zen.example.%s", "is missing" },
	{ "%s.zen.example.%", "% begins none" },
	{ "%5.zen.example", "% begins none" },
	{ "%0.zen.example", "% begins none" },
	{ "%d.zen.example", "% begins none" },
	{ "%%.zen.example", "% begins none" },
	{ "%.zen.example", "% begins none" },
	{ "x%1.zen.example", "% begins none" },
	{ "%1x.zen.example", "% begins none" },
	{ "%1%2.zen.example", "% begins none" },
	{ "a.x-%1.zen.example", "% begins none" },
	{ "%1.%1.zen.example", "%1 stands twice" },
	{ "%s.%s.zen.example", "%s is the whole subject" },
	{ "%s.%1.zen.example", "%s is the whole subject" },
	{ "%1.%s.zen.example", "%s is the whole subject" },
	{ "%s..zen.example", "label" },
	{ ".%s.zen.example", "label" },
	{ "a..%s.zen.example", "label" },
	{ "%s.a..zen.example", "label" },
	{ "a..zen.example", "label" },
	{ "%s.zen example", "letters, digits" },
	{ "%s.{key}.example", "letters, digits" },
	{ "%s.a" L63 ".example", "longer than 63" },
	{ "%s." L63 "." L63 "." L63 "." L63, "longer" },
	{ L63 "." L63 ".%s." L63 "." L63, "longer" },
};

START_TEST(refused)
{
	struct nameform form, untouched;
	struct errmsg err;

	memset(&form, 0x5a, sizeof form);
	untouched = form;
	ck_assert_msg(!nameform_parse(&form, faults[_i].form, &err), "%s", faults[_i].form);
	ck_assert_msg(strstr(err.text, faults[_i].why) != NULL, "%s", err.text);
	ck_assert_mem_eq(&form, &untouched, sizeof form);
	ck_assert_ptr_null(strstr(err.text, "zen"));   /* it may hold a key */
}
END_TEST

/* A subject that fills the name to its last octet, and one more. */
START_TEST(lengths)
{
	static const char *const forms[] = { "zen.example", "x.%s.example" };   /* 13 and 11 octets with the root label */
	char domain[260] = "";
	struct nameform form;
	struct dnsname name;

	ck_assert(nameform_parse(&form, forms[_i], NULL));
	while (strlen(domain) + 2 < 254u - form.wire.len)
		strcat(domain, "a.");
	while (strlen(domain) < 254u - form.wire.len)
		strcat(domain, "b");
	ck_assert(nameform_domain(&form, domain, &name));
	ck_assert_uint_eq(name.len, 255);
	strcat(domain, "b");
	ck_assert(!nameform_domain(&form, domain, &name));
}
END_TEST

/* No expression has more parts than there is room for: four octets and what may stand between. */
START_TEST(most_parts)
{
	struct nameform form;

	ck_assert(nameform_parse(&form, "a.%1.b.%2.c.%3.d.%4.e.example", NULL));
	ck_assert_uint_eq(form.n_pieces, 9);
}
END_TEST

Suite *nameform_suite(void)
{
	Suite *suite = suite_create("nameform");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, names, 0, ROWS(rows));
	tcase_add_loop_test(tcase, refused, 0, ROWS(faults));
	tcase_add_loop_test(tcase, lengths, 0, 2);
	tcase_add_test(tcase, most_parts);
	suite_add_tcase(suite, tcase);
	return suite;
}
