/* Tests of brake: runs and jams at both sides of their bounds, and what must not count. */
#include <string.h>

#include "common/brake.h"
#include "t/unit/suites.h"

/* Answers about as many networks, each a new one: 'y' listed, 'n' not; a number repeats the letter behind it. "!" releases,
 * "0" forgets. Upper case in `signs`: after which answers, from 0, a run is seen; "jam": how often a jam begins. */
static const struct {
	const char *answers;
	int runs;                    /* answers that end in a telling run, since the last "!"; -1: some */
	int jams;                    /* that have begun */
	int usual;                   /* in a hundred; -1: some */
} rows[] = {
	{ "", 0, 0, 8 },
	{ "y", 0, 0, 8 },                    /* one listed client is what a list is for */
	{ "yy", 1, 0, 8 },
	{ "yny", 0, 0, 8 },
	{ "yyny", 1, 0, 8 },
	{ "50n y", 0, 0, 8 },
	{ "50n yy", 1, 0, 7 },
	{ "50n yy! y", 0, 0, -1 },           /* found to be spam: it must double */
	{ "50n yy! yy", 1, 0, -1 },
	{ "50n yy! yy! yyy", 0, 0, -1 },
	{ "50n yy! yy! yyyy", 1, 0, -1 },
	{ "50n yy! n yy", 1, 0, -1 },
	/* a list that knows every second one */
	{ "ynynynynynynynynynynynynynynynynynynynynynynynynyn yyyyy", 0, 0, 24 },
	{ "ynynynynynynynynynynynynynynynynynynynynynynynynyn yyyyyy", 1, 0, 22 },
	/* a jam needs a history, and three times as many as usual */
	{ "50n 49y", -1, 0, -1 },
	{ "51n 49y", -1, 1, 2 },
	{ "100n 48y", -1, 0, 1 },
	{ "100n 49y", -1, 1, 1 },
	{ "100n 49y n 9y", -1, 1, -1 },
	{ "100n 60y", -1, 1, 9 },
	{ "100n 60y 20n 60y", -1, 2, -1 },
	{ "100n 49y 0 49y", -1, 1, 1 },      /* forgotten: the ring is not full again */
	{ "40y 40n 40y 40n 40y", -1, 0, -1 },
};

static void letter(struct brake *brake, char what, unsigned *network, int *runs, int *jams)
{
	struct ipaddr client = ipaddr_v4(0x0b000000 + (*network)++ * 256);

	switch (brake_learn(brake, &client, what == 'y')) {
	case BRAKE_QUIET:
		break;
	case BRAKE_RUN:
		++*runs;
		break;
	case BRAKE_JAMMED:
		++*runs;
		++*jams;
		break;
	}
}

START_TEST(signs)
{
	struct brake brake = { .n = 0 };
	unsigned network = 0;
	int runs = 0, jams = 0, times = 0;

	for (const char *c = rows[_i].answers; *c != '\0'; c++) {
		if (*c >= '0' && *c <= '9' && (times > 0 || *c != '0')) {
			times = times * 10 + *c - '0';
		} else if (*c == '0') {
			brake_forget(&brake);
		} else if (*c == '!') {
			brake_release(&brake);
			runs = 0;
		} else if (*c == 'y' || *c == 'n') {
			for (times = times > 0 ? times : 1; times > 0; times--)
				letter(&brake, *c, &network, &runs, &jams);
		}
	}
	if (rows[_i].runs >= 0)
		ck_assert_msg(runs == rows[_i].runs, "%s: %d runs", rows[_i].answers, runs);
	ck_assert_msg(jams == rows[_i].jams, "%s: %d jams", rows[_i].answers, jams);
	if (rows[_i].usual >= 0)
		ck_assert_msg(brake_usual_percent(&brake) == rows[_i].usual, "%s: %d", rows[_i].answers,
			      brake_usual_percent(&brake));
}
END_TEST

/* One network is one, however many of its addresses come. */
START_TEST(networks)
{
	static const char *const same[][2] = {
		{ "192.0.2.1", "192.0.2.200" }, { "2001:db8:1:2::1", "2001:db8:1:ffff::9" },
	};
	static const char *const other[][2] = {
		{ "192.0.2.1", "192.0.3.1" }, { "2001:db8:1::1", "2001:db8:2::1" }, { "0.0.32.1", "2001:db8:1::1" },
	};

	for (int i = 0; i < ROWS(same) + ROWS(other); i++) {
		const char *const *pair = i < ROWS(same) ? same[i] : other[i - ROWS(same)];
		struct brake brake = { .n = 0 };
		struct ipaddr a, b;

		ck_assert(ipaddr_parse(&a, pair[0]) && ipaddr_parse(&b, pair[1]));
		ck_assert_int_eq(brake_learn(&brake, &a, true), BRAKE_QUIET);
		ck_assert_int_eq(brake_learn(&brake, &a, true), BRAKE_QUIET);
		ck_assert_int_eq(brake_learn(&brake, &b, true), i < ROWS(same) ? BRAKE_QUIET : BRAKE_RUN);
	}
}
END_TEST

/* However long it goes on, the long run stays a share and gives way to what is new. */
START_TEST(long_runs)
{
	struct brake brake = { .n = 0 };
	unsigned network = 0;
	int runs = 0, jams = 0;

	for (int i = 0; i < 100000; i++)
		letter(&brake, 'n', &network, &runs, &jams);
	ck_assert_int_eq(brake_usual_percent(&brake), 0);
	for (int i = 0; i < 100000; i++)
		letter(&brake, 'y', &network, &runs, &jams);
	ck_assert_int_ge(brake_usual_percent(&brake), 99);
	ck_assert_int_eq(jams, 1);
}
END_TEST

Suite *brake_suite(void)
{
	Suite *suite = suite_create("brake");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, signs, 0, ROWS(rows));
	tcase_add_test(tcase, networks);
	tcase_add_test(tcase, long_runs);
	suite_add_tcase(suite, tcase);
	return suite;
}
