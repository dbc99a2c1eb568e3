/* Tests of dnsfill: what the configuration writes holds; of what it leaves open, the system's, within the budget. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/ruleset.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

#define ONE "nameserver 192.0.2.1\n"
#define TWO ONE "nameserver 192.0.2.2\n"
#define FIVE TWO "nameserver 192.0.2.3\nnameserver 192.0.2.4\nnameserver 192.0.2.5\n"

static const struct {
	const char *system, *dns;
	size_t n_servers;
	int tries, timeout_ms;
	bool rotate;
} rows[] = {
	{ ONE, "", 1, 3, 1000, false },
	{ "", "", 2, 3, 1000, false },
	{ FIVE, "", 5, 3, 1000, false },

	/* the system's options; its attempts are rounds */
	{ ONE "options timeout:2 attempts:1\n", "", 1, 1, 2000, false },
	{ TWO "options timeout:1 attempts:2\n", "", 2, 4, 1000, false },
	{ TWO "options rotate\n", "", 2, 3, 1000, true },

	/* what the file writes holds; without the system's servers its options mean nothing */
	{ TWO "options timeout:1 attempts:2 rotate\n", "'timeout': '500ms'", 2, 4, 500, true },
	{ TWO "options timeout:1 attempts:2\n", "'tries': 5", 2, 5, 1000, false },
	{ TWO "options timeout:2 attempts:2\n", "'timeout': '1500ms', 'tries': 10", 2, 10, 1500, false },
	{ TWO "options timeout:2 attempts:4 rotate\n", "'servers': ['192.0.2.9']", 1, 3, 1000, false },

	/* within the budget of 5 s: fewer tries, but two, and one for each server; then shorter ones */
	{ ONE "options timeout:2 attempts:5\n", "", 1, 2, 2000, false },
	{ ONE "options timeout:5\n", "", 1, 2, 2500, false },
	{ ONE "options timeout:30 attempts:1\n", "", 1, 1, 5000, false },
	{ TWO "options timeout:2 attempts:3\n", "", 2, 2, 2000, false },
	{ FIVE "options timeout:2 attempts:1\n", "", 5, 5, 1000, false },
	{ FIVE "options attempts:5\n", "", 5, 5, 1000, false },
	{ ONE "options timeout:2 attempts:5\n", "'budget': '9s'", 1, 4, 2000, false },
	{ ONE, "'budget': '500ms'", 1, 2, 250, false },
	{ ONE, "'budget': '2s'", 1, 2, 1000, false },
	{ ONE "options attempts:5\n", "'timeout': '4s'", 1, 1, 4000, false },
	{ ONE "options timeout:3\n", "'tries': 4", 1, 4, 1250, false },

	{ ONE, "'budget': '100ms', 'tries': 10", 1, 10, 50, false },
	{ ONE, "'tries': 7", 1, 7, 714, false },

	/* who writes both means both */
	{ ONE, "'timeout': '4s', 'tries': 3", 1, 3, 4000, false },
};

START_TEST(fills)
{
	char path[] = "/tmp/check_dnsfill.XXXXXX";
	int fd = mkstemp(path);
	struct ruleset *rules;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)write(fd, rows[_i].system, strlen(rows[_i].system)), (int)strlen(rows[_i].system));
	close(fd);
	rules = fixture_rulesf("{'dns': {'resolv_conf': '%s'%s%s}}", path, rows[_i].dns[0] == '\0' ? "" : ", ", rows[_i].dns);
	unlink(path);
	ck_assert_uint_eq(rules->dns.n_servers, rows[_i].n_servers);
	ck_assert_int_eq(rules->dns.tries, rows[_i].tries);
	ck_assert_int_eq(rules->dns.timeout_us / 1000, rows[_i].timeout_ms);
	ck_assert_int_eq(rules->dns.rotate, rows[_i].rotate);
	ruleset_unref(&rules);
}
END_TEST

Suite *dnsfill_suite(void)
{
	Suite *suite = suite_create("dnsfill");
	TCase *tcase = tcase_create("dnsfill");

	tcase_add_loop_test(tcase, fills, 0, ROWS(rows));
	suite_add_tcase(suite, tcase);
	return suite;
}
