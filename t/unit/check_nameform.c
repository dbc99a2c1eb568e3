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

/* Whose name it is, as text; "" where it is nobody's. */
static const char *subject_of(const char *form_text, const char *name_text, char buf[DOMAIN_BYTES])
{
	struct nameform form;
	struct dnsname name;
	struct ipaddr addr;
	char domain[DOMAIN_BYTES], text[IPADDR_TEXT_BYTES];

	ck_assert(nameform_parse(&form, form_text, NULL));
	ck_assert(dnswire_name_parse(&name, name_text, NULL));
	if (!nameform_subject(&form, &name, &addr, domain))
		return "";
	ck_assert_int_ne(ipaddr_is_set(&addr), domain[0] != '\0');
	strcpy(buf, ipaddr_is_set(&addr) ? ipaddr_format(&addr, text) : domain);
	return buf;
}

/* Every name leads back to its subject, and is no other form's. */
START_TEST(and_back)
{
	char buf[DOMAIN_BYTES], wanted[IPADDR_TEXT_BYTES];
	struct ipaddr addr;

	if (rows[_i].name == NULL)
		return;
	if (strchr(rows[_i].form, '%') != NULL && strstr(rows[_i].form, "%s") == NULL &&
	    (strstr(rows[_i].form, "%1") == NULL || strstr(rows[_i].form, "%4") == NULL))
		return;                        /* octets are left out: see strangers */
	if (ipaddr_parse(&addr, rows[_i].subject))
		ck_assert_str_eq(subject_of(rows[_i].form, rows[_i].name, buf), ipaddr_format(&addr, wanted));
	else
		ck_assert_str_eq(subject_of(rows[_i].form, rows[_i].name, buf), rows[_i].subject);
	ck_assert_str_eq(subject_of("other.example.com", rows[_i].name, buf), "");
	ck_assert_str_eq(subject_of("x.%s.example", rows[_i].name, buf), "");
}
END_TEST

static const struct {
	const char *form, *name, *subject;
} strangers[] = {
	{ "zen.example", "zen.example", "" },
	{ "zen.example", "example", "" },
	{ "zen.example", "1.2.0.zen.example", "" },                  /* no address, and no domain ends with a number */
	{ "zen.example", "1.1.2.0.192.zen.example", "" },
	{ "zen.example", "01.2.0.192.zen.example", "" },
	{ "zen.example", "256.2.0.192.zen.example", "" },
	{ "zen.example", "1.2.0.192.frozen.example", "" },
	{ "zen.example", "1.2.0.192.a.zen.example", "1.2.0.192.a" },
	{ "zen.example", "localhost.zen.example", "" },
	{ "zen.example", "0." V6_REVERSED ".zen.example", "" },
	{ "zen.example", "g.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.zen.example", "" },
	/* the nibbles of ::ffff:192.0.2.1, as which nobody is asked about */
	{ "zen.example", "1.0.2.0.0.0.0.c.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.zen.example", "" },
	{ "%s.zen.example", "zen.example", "" },
	{ "key.%s.zen.example", "kee.1.2.0.192.zen.example", "" },
	{ "key.%s.zen.example", "key.zen.example", "" },
	{ "key.%s.zen.example", "1.2.0.192.zen.example", "" },
	{ "%4.%3.%2.%1.zen.example", "1.2.0.zen.example", "" },
	{ "%4.%3.%2.%1.zen.example", "9.1.2.0.192.zen.example", "" },
	{ "%4.%3.%2.%1.zen.example", "1.2.0.300.zen.example", "" },
	{ "%4.%3.%2.%1.zen.example", "a.example.org.x.zen.example", "" },
	{ "%3.%2.%1.net.example", "2.0.192.net.example", "192.0.2.0" },
	{ "a.%4.b.%3.c.example", "a.1.b.2.c.example", "0.0.2.1" },
	{ "a.%4.b.%3.c.example", "a.1.x.2.c.example", "" },
};

START_TEST(of_strangers)
{
	char buf[DOMAIN_BYTES];

	ck_assert_str_eq(subject_of(strangers[_i].form, strangers[_i].name, buf), strangers[_i].subject);
}
END_TEST

/* What no text could make: a name cut short, a label that reaches over the end, the zone's octets inside a label. */
START_TEST(broken_names)
{
	static const uint8_t wires[][20] = {
		{ 10, 'a', '.', 'b', 0 },
		{ 3, 'a', 'b', 'c', 2, 'b', 'l', 0 },
		{ 6, 'a', 'b', 'c', 2, 'b', 'l', 0 },
		{ 1, 'a', 4, 'x', 0, 'y', 'z', 2, 'b', 'l', 0 },
		{ 1, 'a', 0, 2, 'b', 'l', 0 },
		{ 2, 'b', 'l', 0 },
		{ 0 },
	};
	static const uint8_t lens[] = { 5, 8, 8, 11, 7, 4, 1 };
	struct nameform form;
	struct dnsname name = { .len = lens[_i] };
	struct ipaddr addr;
	char domain[DOMAIN_BYTES];

	ck_assert(nameform_parse(&form, "bl", NULL));
	memcpy(name.wire, wires[_i], lens[_i]);
	ck_assert(!nameform_subject(&form, &name, &addr, domain));
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
	tcase_add_loop_test(tcase, and_back, 0, ROWS(rows));
	tcase_add_loop_test(tcase, of_strangers, 0, ROWS(strangers));
	tcase_add_loop_test(tcase, broken_names, 0, 7);
	tcase_add_loop_test(tcase, refused, 0, ROWS(faults));
	tcase_add_loop_test(tcase, lengths, 0, 2);
	tcase_add_test(tcase, most_parts);
	suite_add_tcase(suite, tcase);
	return suite;
}
