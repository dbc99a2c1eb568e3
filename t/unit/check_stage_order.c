/* Tests of stage: an MTA that keeps no order, sessions that end in the middle, and memory that ends anywhere; against a DNS
 * server of the test's own. */
#include <string.h>

#include "t/unit/demo.h"
#include "t/unit/loglines.h"
#include "t/unit/suites.h"

/* --- in no order -------------------------------------------------------------------------------------------------- */

static void do_step(char step)
{
	switch (step) {
	case 'c':
		say_connect(LISTED);
		break;
	case 'h':
		stage_helo(session, "mail.example");
		break;
	case 'm':
		say_mail();
		break;
	case 'r':
		say_rcpt();
		break;
	case 'H':
		stage_header(session, "Received", HOP);
		break;
	case 'e':
		say_eom();
		break;
	case 'd':
		stage_done(session);
		break;
	default:
		ck_abort_msg("no step is called %c", step);
	}
}

/* Steps, and the lines that come of them, when the session ends in the middle too. */
static const struct {
	const char *steps;
	int lines;                   /* written up to here; on_close() gives the message up before the session goes */
} tales[] = {
	{ "", 0 },
	{ "c", 0 },
	{ "ch", 0 },
	{ "chhhc", 0 },
	{ "chm", 0 },
	{ "chmd", 0 },
	{ "chmr", 1 },                         /* refused: told when the client gives up */
	{ "chmrd", 1 },
	{ "chmrrrd", 1 },
	{ "chmrdd", 1 },
	{ "chmrdmrd", 2 },
	{ "chmrm", 1 },                        /* a second MAIL: on_mail() ends the first message */
	{ "chmHH", 0 },
	{ "chme", 1 },                         /* no recipient: no MTA does this */
	{ "chmed", 1 },
	{ "chmeedd", 1 },
	{ "chmrHed", 1 },
	{ "chmrHedmrHed", 2 },
	{ "m", 0 },                            /* no connect */
	{ "mrHed", 1 },
	{ "cmrd", 1 },                         /* no HELO */
	{ "cr", 0 },                           /* no MAIL */
	{ "cH", 0 },
	{ "ce", 0 },
	{ "ced", 0 },
	{ "crHed", 0 },
	{ "r", 0 },
	{ "e", 0 },
	{ "d", 0 },
	{ "chmrdrHed", 1 },                    /* behind the end */
	{ "chmhr", 1 },                        /* HELO in the middle */
};

START_TEST(stands_any_order)
{
	int lines = 0;

	demo_begin("", "," HOPS_TOO);
	for (const char *step = tales[_i].steps; *step != '\0'; step++) {
		if (*step == 'm')
			stage_done(session);   /* as on_mail() does */
		do_step(*step);
	}
	if (!session->in_message)
		ck_assert_int_eq(atomic_load(&service.messages), 0);
	stage_done(session);
	session_free(&session);
	while (loglines_next() != NULL)
		lines++;
	ck_assert_int_eq(lines, tales[_i].lines);
}
END_TEST

START_TEST(a_session_may_end_in_the_middle)
{
	demo_begin("", "," HOPS_TOO);
	for (const char *step = tales[_i].steps; *step != '\0'; step++)
		do_step(*step);
	session_free(&session);                /* sanitizers look whether everything is given back */
	while (loglines_next() != NULL)
		;
}
END_TEST

START_TEST(without_mail_nothing_is_asked_or_refused)
{
	demo_begin("", "," HOPS_TOO);
	say_connect(LISTED);
	ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
	stage_header(session, "Received", HOP);
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	ck_assert_uint_eq(edits.n_values + edits.n_strip, 0);
	ck_assert_uint_eq(session->facts.n_recipients + session->facts.n_hops, 0);
	ck_assert_uint_eq(dnsstub_asked(stub, "*") + dnsstub_asked(stub, "2.2.0.192.bl.example"), 0);
	say_done_in_silence();
}
END_TEST

/* --- out of memory: mail flows ------------------------------------------------------------------------------------ */

static void expect_out_of_memory(void)
{
	const char *line = loglines_next();

	ck_assert_ptr_nonnull(line);
	ck_assert_msg(strncmp(line, "error: out of memory for a session", 34) == 0, "%s", line);
}

START_TEST(without_memory_for_a_message_mail_flows)
{
	demo_begin("", "");
	say_connect(LISTED);
	session->msg.cap_bytes = 100;
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(say_mail(), OUTCOME_GO_ON);
		ck_assert_int_eq(say_rcpt(), OUTCOME_GO_ON);
		stage_header(session, "Received", HOP);
		ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
		stage_done(session);
	}
	expect_out_of_memory();                /* once */
}
END_TEST

START_TEST(memory_ends_anywhere)
{
	demo_begin("", "," HOPS_TOO);
	say_connect(LISTED);
	for (size_t cap = 0; cap < 6000; cap += 16) {
		int kind;

		session->msg.cap_bytes = cap;
		ck_assert_int_eq(say_mail(), OUTCOME_GO_ON);
		kind = say_rcpt();
		stage_header(session, "Received", HOP);
		if (kind == OUTCOME_GO_ON)
			say_eom();
		else
			ck_assert_str_eq(outcome.reply.text, "see " LISTED);
		stage_done(session);
		while (loglines_next() != NULL)
			;
	}
	session->msg.cap_bytes = SESSION_MSG_BYTES;
	say_mail();
	ck_assert_int_eq(say_rcpt(), OUTCOME_REFUSE);
	say_done(" verdict=reject, ");
}
END_TEST

Suite *stage_order_suite(void)
{
	Suite *suite = suite_create("stage_order");
	TCase *tc = tcase_create("stage_order");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, demo_set_up, demo_tear_down);
	tcase_add_loop_test(tc, stands_any_order, 0, ROWS(tales));
	tcase_add_loop_test(tc, a_session_may_end_in_the_middle, 0, ROWS(tales));
	tcase_add_test(tc, without_mail_nothing_is_asked_or_refused);
	tcase_add_test(tc, without_memory_for_a_message_mail_flows);
	tcase_add_test(tc, memory_ends_anywhere);
	suite_add_tcase(suite, tc);
	return suite;
}
