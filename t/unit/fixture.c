/* fixture: rule sets for the tests.
 * They come through the door of config/, so a test cannot hold what no administrator could write. */
#include "t/unit/fixture.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

struct ruleset *fixture_rules(const char *json)
{
	char *text = strdup(json);
	struct ruleset *rules;
	struct faults faults;

	ck_assert_ptr_nonnull(text);
	for (char *quote = strchr(text, '\''); quote != NULL; quote = strchr(quote, '\''))
		*quote = '"';
	faults_init(&faults);
	rules = config_parse(text, strlen(text), "test.json", &faults);
	if (rules == NULL) {
		faults_print(&faults, stderr);
		ck_abort_msg("the rule set of the test is faulty");
	}
	faults_clear(&faults);
	free(text);
	return rules;
}

struct ruleset *fixture_rulesf(const char *json, ...)
{
	struct ruleset *rules;
	char *text;
	va_list args;

	va_start(args, json);
	ck_assert_int_ge(vasprintf(&text, json, args), 0);
	va_end(args);
	rules = fixture_rules(text);
	free(text);
	return rules;
}

struct ipaddr fixture_addr(const char *text)
{
	struct ipaddr addr = { .len = 0 };

	ck_assert_msg(text[0] == '\0' || ipaddr_parse(&addr, text), "%s is no address", text);
	return addr;
}
