/* Tests of health: what lists have done to their users since 2003, played again in milliseconds. A simulated site gets mail,
 * asks its lists, tests them when health says so, and counts whose mail it refused for no reason. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/health.h"
#include "common/trust.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

enum { LISTS = 3, BAD = 1, LINES_BYTES = 20000, ARENA_BYTES = 1 << 20, TESTS_MAX = 16 };   /* BAD: the list that goes wrong */

static const int64_t ms = 1000, second = 1000000, minute = INT64_C(60) * 1000000, hour = INT64_C(3600) * 1000000;

/* --- the world ---------------------------------------------------------------------------------------------------- */

/* How a list answers. */
enum way {
	SANE,
	WORLD,          /* everything is listed */
	WORLD_BUT_ONE,  /* ... but 127.0.0.1, whose old answer some cache on the way still holds */
	WORLD_BUT_TESTS,/* ... but whatever lies in 127.0.0.0/8 */
	PARKED,         /* the domain was sold: an address of a web server for everything */
	CODES,          /* it refuses us */
	EMPTIED,        /* nothing is listed any more */
	SILENT,
};

struct site {
	const char *lists;           /* more members of the list that goes wrong */
	int64_t every_us;            /* between messages */
	int spam_percent;            /* clients that are listed, and rightly */
	enum way way, otherwise;     /* of the list BAD, in and out of: */
	int64_t bad_from_us, bad_to_us;
	int64_t dns_from_us, dns_to_us;   /* nothing answers at all */
	int loss_permille;           /* lookups that get no answer */
	int64_t end_us;
	bool prober_sleeps;          /* only mail tests */
	bool one_list;
};

struct count {
	int messages, wrong, wrong_flags, right, missed;   /* wrong: refused without reason; missed: let through though listed */
	int asked_silent;            /* messages that have waited for a list without an answer */
	int64_t bad_seen_us;         /* the list was left out from then on */
	int64_t back_us;             /* ... and asked again */
	int64_t dns_back_us;
	int tests, witnesses;
	char lines[LINES_BYTES];
	struct text told;
};

struct sim {
	const struct site *site;
	struct ruleset *rules;
	struct health *health;
	struct count *count;
	struct answer replies[5];
	uint64_t random;
	struct monotime now;
};

static struct monotime at(int64_t us)
{
	return (struct monotime){ us };
}

static uint64_t next_random(struct sim *sim)
{
	sim->random = sim->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return sim->random >> 33;
}

static void note_line(void *ctx, enum log_level level, const char *sentence)
{
	struct count *count = ctx;

	text_add(&count->told, "%s: %s\n", level == LOG_LEVEL_WARNING ? "warning" : "info", sentence);
}

static bool within(struct monotime now, int64_t from_us, int64_t to_us)
{
	return now.us >= from_us && now.us < to_us;
}

static enum way way_of(const struct sim *sim, size_t list)
{
	const struct site *site = sim->site;

	if (within(sim->now, site->dns_from_us, site->dns_to_us))
		return SILENT;
	if (list != BAD && !site->one_list)
		return SANE;
	return within(sim->now, site->bad_from_us, site->bad_to_us) ? site->way : site->otherwise;
}

enum subject_of_test { CLIENT, MUST, MUST_NOT, NEVER_SEEN };

enum reply { NO, YES, FOREIGN, CODE, NONE, REPLIES };

static const char *const replies[REPLIES] = { "absent", "127.0.0.2", "192.0.2.80", "127.255.255.254", "failed" };

static enum reply reply_of(struct sim *sim, size_t list, enum subject_of_test what, bool is_spam)
{
	bool yes = what == MUST || (what == CLIENT && is_spam);

	if ((int)(next_random(sim) % 1000) < sim->site->loss_permille)
		return NONE;
	switch (way_of(sim, list)) {
	case SANE:
		return yes ? YES : NO;
	case WORLD:
		return YES;
	case WORLD_BUT_ONE:
		return what == MUST_NOT ? NO : YES;
	case WORLD_BUT_TESTS:
		return yes || what == CLIENT ? YES : NO;
	case PARKED:
		return FOREIGN;
	case CODES:
		return CODE;
	case EMPTIED:
		return NO;
	case SILENT:
		break;
	}
	return NONE;
}

static struct answer answer_of(struct sim *sim, size_t list, enum subject_of_test what, bool is_spam)
{
	return sim->replies[reply_of(sim, list, what, is_spam)];
}

/* --- the site ----------------------------------------------------------------------------------------------------- */

static void run_test(struct sim *sim, const struct health_test *test)
{
	static const enum subject_of_test what[POINTS] = { MUST, MUST_NOT, NEVER_SEEN, NEVER_SEEN };
	struct health_answers answers = { { { .status = ANSWER_PENDING } } };

	for (unsigned point = 0; point < POINTS; point++)
		if ((test->points & 1u << point) != 0)
			answers.point[point] = answer_of(sim, test->list, what[point], false);
	sim->count->tests += test->scheduled;
	sim->count->witnesses += !test->scheduled;
	health_tested(sim->health, sim->rules, test, &answers, sim->now);
}

/* Returns when something will be due again. */
static struct monotime run_due(struct sim *sim)
{
	struct health_test due[TESTS_MAX];
	struct monotime next;
	size_t n;

	if (sim->site->prober_sleeps)
		return at(INT64_MAX);
	do {
		n = health_due(sim->health, sim->rules, sim->now, due, TESTS_MAX, &next);
		for (size_t i = 0; i < n; i++)
			run_test(sim, &due[i]);
	} while (n > 0);
	return next;
}

static struct batch *ask(struct sim *sim, const struct subjects *subjects, bool is_spam)
{
	struct listset left_out;
	struct batch *batch;
	bool waited = false;

	health_left_out(sim->health, sim->rules, sim->now, &left_out);
	batch = query_plan_without(sim->rules, subjects, 64, &left_out);
	for (size_t i = 0; i < batch->n_queries; i++) {
		struct question *q = &batch->questions[batch->queries[i].question];

		q->asked = true;
		q->asked_at = sim->now;
		q->took_us = 20 * ms;
		q->answer = answer_of(sim, batch->queries[i].list, CLIENT, is_spam);
		if (q->answer.status == ANSWER_FAILED)
			waited |= way_of(sim, batch->queries[i].list) == SILENT;
	}
	sim->count->asked_silent += waited;
	if (listset_has(&left_out, sim->site->one_list ? 0 : BAD)) {
		if (sim->count->bad_seen_us == 0)
			sim->count->bad_seen_us = sim->now.us;
		sim->count->back_us = 0;
	} else if (sim->count->back_us == 0) {
		sim->count->back_us = sim->now.us;
	}
	return batch;
}

static void prove(void *ctx, const struct listset *lists)
{
	struct sim *sim = ctx;

	for (size_t i = 0; i < sim->rules->n_lists; i++) {
		struct health_test test;

		if (!listset_has(lists, i))
			continue;
		health_witness(sim->health, sim->rules, i, sim->now, &test);
		run_test(sim, &test);
	}
}

static void message(struct sim *sim)
{
	const struct site *site = sim->site;
	bool is_spam = (int)(next_random(sim) % 100) < site->spam_percent;
	struct subject client = { .kind = SUBJECT_CLIENT,
				  .addr = ipaddr_v4((uint32_t)(0x0b000000 + (next_random(sim) % 0xffffff << 4))) };
	struct subjects subjects = { .item = &client, .n = 1 };
	struct batch *batch = ask(sim, &subjects, is_spam);
	struct verdict verdict;
	struct hits hits = { .n = 0 };
	struct arena arena;

	arena_init(&arena, ARENA_BYTES);
	health_learn(sim->health, batch, &subjects, sim->now);
	hit_collect(batch, &subjects, &arena, &hits);
	hit_sort(&hits);
	trust_decide(sim->rules, &hits, sim->health, sim->now, prove, sim, &verdict);
	sim->count->messages++;
	sim->count->wrong += !is_spam && (verdict.actions & ACTION_REJECT) != 0;
	sim->count->wrong_flags += !is_spam && (verdict.actions & ACTION_FLAG) != 0;
	sim->count->right += is_spam && (verdict.actions & ACTION_REJECT) != 0;
	sim->count->missed += is_spam && (verdict.actions & ACTION_REJECT) == 0;
	batch_unref(&batch);
	arena_clear(&arena);
}

static struct ruleset *rules_of(const struct site *site)
{
	const char *more = site->lists != NULL ? site->lists : "";

	if (site->one_list)
		return fixture_rulesf("{'lists': [{'name': 'a', 'zone': 'a.example'%s}]}", more);
	return fixture_rulesf("{'lists': [{'name': 'a', 'zone': 'a.example'}, {'name': 'bad', 'zone': 'b.example'%s},"
			      "{'name': 'c', 'zone': 'c.example'}]}", more);
}

/* When the DNS is asked again: the first message of which some list is asked. */
static void watch_dns(struct sim *sim)
{
	struct listset left_out;
	bool asked = false;

	health_left_out(sim->health, sim->rules, sim->now, &left_out);
	for (size_t i = 0; i < sim->rules->n_lists; i++)
		asked |= !listset_has(&left_out, i);
	if (asked && sim->count->dns_back_us == 0 && sim->site->dns_to_us > 0 && sim->now.us >= sim->site->dns_to_us)
		sim->count->dns_back_us = sim->now.us;
}

static void simulate(const struct site *site, struct count *count)
{
	struct sim sim = { .site = site, .rules = rules_of(site), .count = count, .random = 20260131, .now = at(hour) };
	struct monotime mail = sim.now, test;

	for (int i = 0; i < REPLIES; i++)
		sim.replies[i] = fixture_answer(replies[i]);
	*count = (struct count){ 0 };
	count->told = text_over(count->lines, sizeof count->lines);
	sim.health = health_new(4711, note_line, count);
	ck_assert_ptr_nonnull(sim.health);
	ck_assert(health_adopt(sim.health, sim.rules, sim.now));
	test = sim.now;
	while (sim.now.us < site->end_us) {
		sim.now = mail.us < test.us ? mail : test;
		if (mail.us <= sim.now.us) {
			message(&sim);
			watch_dns(&sim);
			mail = monotime_add(sim.now, site->every_us);
		}
		test = run_due(&sim);
	}
	ck_assert(text_fits(&count->told));
	health_free(&sim.health);
	ruleset_unref(&sim.rules);
}

static int n_lines(const struct count *count, const char *part)
{
	int n = 0;

	for (const char *found = strstr(count->lines, part); found != NULL; found = strstr(found + 1, part))
		n++;
	return n;
}

/* --- the incidents ------------------------------------------------------------------------------------------------ */

#define ORDINARY .every_us = INT64_C(2000000), .spam_percent = 5

/* Everything here happened, in the manner of its time. */
static const struct {
	const char *when;
	enum way way;
	const char *told;            /* what the administrator reads of it; NULL: nothing */
	bool left_out;               /* mail does without the list in the end */
} incidents[] = {
	{ "2003 osirusoft", WORLD, "lists the whole world", true },
	{ "2003 monkeys.com", SILENT, "gives no answer", true },
	{ "2006 ORDB", SILENT, "gives no answer", true },
	{ "2008 ORDB", WORLD, "lists the whole world", true },
	{ "2008 DSBL", SILENT, "gives no answer", true },
	{ "2009 blackholes.us", WORLD, "lists the whole world", true },
	{ "2011 dnsbl.info", WORLD_BUT_ONE, "lists the whole world", true },
	{ "2012 rfc-ignorant", EMPTIED, "seems dead", false },
	{ "2013 NJABL", EMPTIED, "seems dead", false },
	{ "2015 AHBL", WORLD, "lists the whole world", true },
	{ "2015 dul.ru", PARKED, "outside 127.0.0.0/8", true },
	{ "2018 SpamCannibal", PARKED, "outside 127.0.0.0/8", true },
	{ "2017 msrbl.net", PARKED, "outside 127.0.0.0/8", true },
	{ "2019 megarbl.net", PARKED, "outside 127.0.0.0/8", true },
	{ "2020 inps.de", EMPTIED, "seems dead", false },
	{ "2021 dnswl.org", CODES, "refuses us", true },
	{ "2021 SpamCop", PARKED, "outside 127.0.0.0/8", true },
	{ "2021 Spamhaus", CODES, "refuses us", true },
	{ "2024 SORBS", EMPTIED, "seems dead", false },
};

START_TEST(bad_at_start)
{
	struct site site = { ORDINARY, .way = incidents[_i].way, .bad_to_us = INT64_MAX, .end_us = 3 * hour };
	struct count count;

	simulate(&site, &count);
	ck_assert_msg(count.wrong == 0 && count.missed == 0, "%s: %d wrong, %d missed\n%s", incidents[_i].when, count.wrong,
		      count.missed, count.lines);
	ck_assert_msg(strstr(count.lines, incidents[_i].told) != NULL, "%s\n%s", incidents[_i].when, count.lines);
	ck_assert_msg((count.bad_seen_us > 0) == incidents[_i].left_out, "%s", incidents[_i].when);
	if (incidents[_i].way == SILENT)
		ck_assert_int_le(count.asked_silent, 6);
	else
		ck_assert_msg(count.wrong_flags <= 15, "%s: %d", incidents[_i].when, count.wrong_flags);
}
END_TEST

/* Bad for an hour, then cured. The one wrong refusal is the message after which the list could first be suspected: one listed
 * client is what a list is for. */
START_TEST(turns_bad)
{
	struct site site = { ORDINARY, .way = incidents[_i].way, .bad_from_us = 2 * hour + 50 * second, .bad_to_us = 3 * hour,
			     .end_us = 4 * hour };
	struct count count;

	simulate(&site, &count);
	ck_assert_msg(count.wrong <= 1 && count.wrong_flags == 0 && count.missed == 0, "%s: %d wrong, %d flagged, %d missed\n%s",
		      incidents[_i].when, count.wrong, count.wrong_flags, count.missed, count.lines);
	ck_assert_msg(strstr(count.lines, incidents[_i].told) != NULL, "%s\n%s", incidents[_i].when, count.lines);
	ck_assert_msg((count.bad_seen_us > 0) == incidents[_i].left_out, "%s", incidents[_i].when);
	if (incidents[_i].left_out) {
		ck_assert_int_le(count.bad_seen_us - site.bad_from_us, 30 * second);
		ck_assert_int_ge(count.back_us, site.bad_to_us);
		ck_assert_msg(count.back_us - site.bad_to_us < 7 * minute, "%s: back after %d s", incidents[_i].when,
			      (int)((count.back_us - site.bad_to_us) / second));
	}
	ck_assert_msg(n_lines(&count, "\n") <= 4, "%s\n%s", incidents[_i].when, count.lines);
}
END_TEST

/* --- the whole world, in other circumstances ---------------------------------------------------------------------- */

/* However often mail comes, and however much of it is spam: refused in vain at most `wrong` messages. */
static const struct {
	int64_t every_us;
	int spam_percent;
	enum way way;
	const char *lists;
	bool prober_sleeps;
	int wrong, wrong_flags;
} turns[] = {
	{ .every_us = INT64_C(1000), .spam_percent = 2, .way = WORLD, .wrong = 1 },          /* a thousand messages a second */
	{ .every_us = INT64_C(1000), .spam_percent = 5, .way = WORLD_BUT_ONE, .wrong = 2 },
	{ .every_us = INT64_C(1000), .spam_percent = 50, .way = WORLD, .wrong = 9 },
	{ .every_us = INT64_C(100000), .spam_percent = 90, .way = WORLD, .wrong = 50 },      /* who sees hardly anything but spam */
	{ .every_us = INT64_C(1000000), .spam_percent = 3, .way = WORLD, .wrong = 1 },
	{ .every_us = INT64_C(90000000), .spam_percent = 3, .way = WORLD, .wrong = 0 },      /* proof is older than a minute */
	{ .every_us = INT64_C(600000000), .spam_percent = 50, .way = WORLD_BUT_ONE, .wrong = 0 },
	{ .every_us = INT64_C(1000000), .spam_percent = 3, .way = WORLD, .prober_sleeps = true, .wrong = 1 },
	/* test points of its own: those are asked twice, a second apart */
	{ .every_us = INT64_C(1000000), .spam_percent = 3, .way = WORLD, .wrong = 1, .wrong_flags = 2,
	  .lists = ", 'probe': {'unlisted': '127.0.0.1'}" },
	/* never trusted, never felt */
	{ .every_us = INT64_C(1000000), .spam_percent = 3, .way = WORLD, .lists = ", 'mode': 'shadow'" },
};

START_TEST(the_world)
{
	struct site site = { .every_us = turns[_i].every_us, .spam_percent = turns[_i].spam_percent, .way = turns[_i].way,
			     .lists = turns[_i].lists, .prober_sleeps = turns[_i].prober_sleeps };
	struct count count;

	site.bad_from_us = hour + 500 * site.every_us;
	site.bad_to_us = INT64_MAX;
	site.end_us = hour + 1000 * site.every_us;
	simulate(&site, &count);
	ck_assert_msg(count.wrong <= turns[_i].wrong && count.wrong_flags <= turns[_i].wrong_flags, "%d wrong, %d flagged\n%s",
		      count.wrong, count.wrong_flags, count.lines);
	ck_assert_int_eq(count.missed, 0);
}
END_TEST

/* Without test points only the brake is left, and it stops the refusals. */
START_TEST(the_world_without_test_points)
{
	struct site site = { ORDINARY, .way = WORLD_BUT_TESTS, .bad_from_us = 3 * hour, .bad_to_us = INT64_MAX, .end_us = 4 * hour,
			     .lists = ", 'probe': false" };
	struct count count;

	simulate(&site, &count);
	ck_assert_int_le(count.wrong, 50);
	ck_assert_int_eq(n_lines(&count, "has listed 49 of the last 50"), 1);
	site.lists = ", 'probe': false, 'brake': false";
	simulate(&site, &count);
	ck_assert_int_gt(count.wrong, 1000);
	ck_assert_str_eq(count.lines, "");
}
END_TEST

/* A list that says yes to everybody but has its test points right is told, and refuses: it may be a wave of spam. */
START_TEST(the_world_but_the_test_points)
{
	struct site site = { ORDINARY, .way = WORLD_BUT_TESTS, .bad_from_us = 3 * hour, .bad_to_us = INT64_MAX, .end_us = 4 * hour };
	struct count count;

	simulate(&site, &count);
	ck_assert_int_eq(n_lines(&count, "has listed 49 of the last 50"), 1);
	ck_assert_int_eq(n_lines(&count, "\n"), 1);
}
END_TEST

/* --- sane lists --------------------------------------------------------------------------------------------------- */

/* Thirty days, one lookup in a hundred without an answer: nobody is accused. */
START_TEST(thirty_days_of_loss)
{
	struct site site = { .every_us = 30 * second, .spam_percent = 5, .loss_permille = 10, .end_us = 721 * hour };
	struct count count;

	simulate(&site, &count);
	ck_assert_msg(count.lines[0] == '\0', "%s", count.lines);
	ck_assert_int_eq(count.wrong + count.wrong_flags, 0);
	ck_assert_int_eq(count.missed, 0);
}
END_TEST

/* A site that sees nothing but spam, and one that sees a wave of it: every refusal stands. */
START_TEST(nothing_but_spam)
{
	struct site site = { .every_us = second, .spam_percent = 100, .end_us = 25 * hour };
	struct count count;

	simulate(&site, &count);
	ck_assert_msg(count.lines[0] == '\0', "%s", count.lines);
	ck_assert_int_eq(count.missed, 0);
	ck_assert_int_lt(count.tests, 3 * 24 * 60 * 3);
}
END_TEST

START_TEST(thirty_percent_loss)
{
	struct site site = { ORDINARY, .loss_permille = 27, .end_us = 13 * hour };   /* of packets, with three tries */
	struct count count;

	simulate(&site, &count);
	ck_assert_msg(count.lines[0] == '\0', "%s", count.lines);
}
END_TEST

/* --- silence ------------------------------------------------------------------------------------------------------ */

/* A list that gives no answer costs the first messages; a short silence costs seconds. */
START_TEST(a_dead_list)
{
	struct site site = { ORDINARY, .way = SILENT, .bad_from_us = 2 * hour, .bad_to_us = 26 * hour, .end_us = 27 * hour };
	struct count count;

	simulate(&site, &count);
	ck_assert_int_le(count.asked_silent, 6);
	ck_assert_int_eq(count.missed, 0);
	ck_assert_int_le(count.back_us - site.bad_to_us, 6 * minute);   /* retry_max and a fifth */
	ck_assert_int_eq(n_lines(&count, "\n"), 2);
	ck_assert_int_le(count.tests, 3 * 26 * 7 + 24 * 16);

	site.bad_to_us = site.bad_from_us + 20 * second;
	site.end_us = 3 * hour;
	simulate(&site, &count);
	ck_assert_int_le(count.back_us - site.bad_to_us, 25 * second);
}
END_TEST

/* No DNS for ten minutes: no list is accused, and all are asked again at once. */
START_TEST(dns_down)
{
	struct site site = { ORDINARY, .dns_from_us = 2 * hour, .dns_to_us = 2 * hour + 10 * minute, .end_us = 3 * hour,
			     .one_list = _i == 1 };
	struct count count;

	if (_i == 2) {                         /* a busy one */
		site.every_us = 10 * ms;
		site.dns_from_us = hour + 10 * second;
		site.dns_to_us = hour + 10 * minute;
		site.end_us = site.dns_to_us + 20 * second;
	}
	simulate(&site, &count);
	ck_assert_msg(n_lines(&count, "\n") == 2, "%s", count.lines);
	ck_assert_int_eq(n_lines(&count, "no list answers any more"), 1);
	ck_assert_int_eq(n_lines(&count, "DNS answers again after"), 1);
	ck_assert_int_le(count.asked_silent, 10);
	ck_assert_int_gt(count.dns_back_us, 0);
	ck_assert_int_le(count.dns_back_us - site.dns_to_us, 9 * second);
	ck_assert_int_eq(count.wrong, 0);
}
END_TEST

/* A list that was dead before and alive after: it comes back with the DNS. */
START_TEST(dns_down_and_a_dead_list)
{
	struct site site = { ORDINARY, .way = SILENT, .bad_from_us = 2 * hour, .bad_to_us = 4 * hour, .dns_from_us = 3 * hour + 50 * minute,
			     .dns_to_us = 4 * hour, .end_us = 5 * hour };
	struct count count;

	simulate(&site, &count);
	ck_assert_int_le(count.back_us - site.dns_to_us, 9 * second);
	ck_assert_int_eq(n_lines(&count, "list bad gives no answer"), 1);
	ck_assert_msg(n_lines(&count, "list a gives") == 0, "%s", count.lines);
}
END_TEST

/* --- codes -------------------------------------------------------------------------------------------------------- */

/* One line, and not one question of mail for five minutes. */
START_TEST(refused_is_paused)
{
	struct site site = { .every_us = 100 * ms, .spam_percent = 5, .way = CODES, .bad_from_us = 2 * hour, .bad_to_us = 2 * hour + 12 * minute,
			     .end_us = 3 * hour, .lists = _i == 1 ? ", 'probe': false" : NULL };
	struct count count;

	simulate(&site, &count);
	ck_assert_int_eq(n_lines(&count, "refuses us (127.255.255.254): it does not serve public resolvers"), 1);
	ck_assert_int_eq(n_lines(&count, "serves us again"), 1);
	ck_assert_int_eq(n_lines(&count, "\n"), 2);
	ck_assert_int_eq(count.wrong + count.wrong_flags, 0);
	ck_assert_int_le(count.back_us - site.bad_to_us, 5 * minute + second);
}
END_TEST

/* --- reloads, by hand, and many at once ----------------------------------------------------------------------------- */

static void ignore_line(void *ctx, enum log_level level, const char *sentence)
{
	(void)ctx;
	(void)level;
	(void)sentence;
}

static struct health_answers answers_with(const char *reply)
{
	struct health_answers answers;

	for (int point = 0; point < POINTS; point++)
		answers.point[point] = fixture_answer(point == POINT_LISTED ? "127.0.0.2" : reply);
	return answers;
}

static void test_all(struct health *health, struct ruleset *rules, const struct health_answers *answers, struct monotime now)
{
	struct health_test due[TESTS_MAX];
	struct monotime next;
	size_t n = health_due(health, rules, now, due, TESTS_MAX, &next);

	for (size_t i = 0; i < n; i++)
		health_tested(health, rules, &due[i], answers, now);
}

static enum health_state state_of(struct health *health, const char *name, struct monotime now)
{
	struct health_report report;

	ck_assert_msg(health_report(health, name, now, &report), "%s", name);
	return report.state;
}

START_TEST(a_reload_keeps_what_is_known)
{
	struct ruleset *first = fixture_rules("{'lists': [{'name': 'a', 'zone': 'a.example'}, {'name': 'b', 'zone': 'b.example'}]}");
	struct ruleset *other = fixture_rules("{'lists': [{'name': 'c', 'zone': 'c.example'}, {'name': 'b', 'zone': 'bb.example'},"
					       "{'name': 'a', 'zone': 'a.example', 'points': 5}]}");
	struct health *health = health_new(3, ignore_line, NULL);
	struct health_answers world = answers_with("127.0.0.2");
	struct health_report report;
	struct listset out;

	ck_assert(health_adopt(health, first, at(0)));
	test_all(health, first, &world, at(0));
	test_all(health, first, &world, at(31 * second));
	ck_assert_int_eq(state_of(health, "a", at(minute)), HEALTH_SUSPENDED);
	ck_assert_int_eq(state_of(health, "b", at(minute)), HEALTH_SUSPENDED);
	ck_assert(!health_report(health, "c", at(minute), &report));

	ck_assert(health_adopt(health, other, at(minute)));
	ck_assert_int_eq(state_of(health, "a", at(minute)), HEALTH_SUSPENDED);
	ck_assert_int_eq(state_of(health, "b", at(minute)), HEALTH_OK);          /* another zone is another list */
	ck_assert_int_eq(state_of(health, "c", at(minute)), HEALTH_OK);
	health_left_out(health, other, at(minute), &out);
	ck_assert(listset_has(&out, 2) && !listset_has(&out, 0) && !listset_has(&out, 1));
	health_left_out(health, first, at(minute), &out);   /* sessions of before */
	ck_assert(listset_has(&out, 0) && !listset_has(&out, 1));

	ck_assert(health_adopt(health, first, at(minute)));
	ck_assert(!health_report(health, "c", at(minute), &report));
	health_free(&health);
	ruleset_unref(&first);
	ruleset_unref(&other);
}
END_TEST

/* The answer to a test of a zone that is not asked any more tells nothing of the new one. */
START_TEST(a_test_of_the_old_zone)
{
	struct ruleset *first = fixture_rules("{'lists': [{'name': 'a', 'zone': 'a.example'}]}");
	struct ruleset *other = fixture_rules("{'lists': [{'name': 'a', 'zone': 'b.example'}]}");
	struct health *health = health_new(3, ignore_line, NULL);
	struct health_answers answers;
	struct health_test test;
	struct monotime next;

	for (int point = 0; point < POINTS; point++)
		answers.point[point] = fixture_answer("127.255.255.254");
	ck_assert(health_adopt(health, first, at(0)));
	ck_assert_uint_eq(health_due(health, first, at(0), &test, 1, &next), 1);
	ck_assert(health_adopt(health, other, at(0)));
	health_tested(health, first, &test, &answers, at(1));
	ck_assert_int_eq(state_of(health, "a", at(1)), HEALTH_OK);
	health_free(&health);
	ruleset_unref(&first);
	ruleset_unref(&other);
}
END_TEST

START_TEST(by_hand)
{
	struct ruleset *rules = fixture_rules("{'lists': [{'name': 'a', 'zone': 'a.example'}]}");
	struct health *health = health_new(3, ignore_line, NULL);
	struct listset out, mute;

	ck_assert(health_adopt(health, rules, at(0)));
	ck_assert(!health_disable(health, "x", at(0), at(hour)) && !health_enable(health, "x", at(0)));
	ck_assert(health_disable(health, "a", at(0), at(hour)));
	ck_assert_int_eq(state_of(health, "a", at(hour - 1)), HEALTH_DISABLED);
	health_left_out(health, rules, at(hour - 1), &out);
	ck_assert(listset_has(&out, 0));
	health_mute(health, rules, at(hour - 1), &out, &mute);
	ck_assert(listset_is_empty(&mute));        /* it would answer, if it were to be asked */
	ck_assert_int_eq(state_of(health, "a", at(hour)), HEALTH_OK);
	health_left_out(health, rules, at(hour), &out);
	ck_assert(!listset_has(&out, 0));
	ck_assert(health_disable(health, "a", at(hour), at(INT64_MAX)));
	ck_assert_int_eq(state_of(health, "a", at(1000 * hour)), HEALTH_DISABLED);
	ck_assert(health_enable(health, "a", at(1000 * hour)));
	ck_assert_int_eq(state_of(health, "a", at(1000 * hour)), HEALTH_OK);
	health_free(&health);
	ruleset_unref(&rules);
}
END_TEST

/* How far mail may rely on the list named a at that time, by the sets that it is in. */
static const char *trust_at(struct health *health, struct ruleset *rules, struct monotime now)
{
	static char word[40];
	struct hit item = { .list = &rules->lists[0] };
	struct hits hits = { .item = &item, .n = 1 };
	struct health_trust trust;

	health_trust(health, rules, &hits, now, &trust);
	snprintf(word, sizeof word, "%s%s%s%s%s", listset_has(&trust.proven, 0) ? "proven " : "",
		 listset_has(&trust.unproven, 0) ? "unproven " : "", listset_has(&trust.doubted, 0) ? "doubted " : "",
		 listset_has(&trust.suspected, 0) ? "suspected " : "", listset_has(&trust.void_, 0) ? "void " : "");
	return word;
}

static void witness(struct health *health, struct ruleset *rules, const char *reply, struct monotime now)
{
	struct health_answers answers = answers_with(reply);
	struct health_test test;

	health_witness(health, rules, 0, now, &test);
	answers.point[POINT_LISTED] = fixture_answer(reply);
	health_tested(health, rules, &test, &answers, now);
}

/* A test without an answer leaves a refusal be, but only a good one is a proof. */
START_TEST(what_is_proven)
{
	struct ruleset *rules = fixture_rules("{'lists': [{'name': 'a', 'zone': 'a.example'}]}");
	struct ruleset *untested = fixture_rules("{'lists': [{'name': 'a', 'zone': 'a.example', 'probe': false}]}");
	struct health *health = health_new(3, ignore_line, NULL);

	ck_assert(health_adopt(health, rules, at(0)));
	ck_assert_str_eq(trust_at(health, rules, at(0)), "unproven ");
	witness(health, rules, "late", at(second));
	ck_assert_str_eq(trust_at(health, rules, at(2 * second)), "");
	witness(health, rules, "absent", at(3 * second));
	ck_assert_str_eq(trust_at(health, rules, at(4 * second)), "proven ");
	ck_assert_str_eq(trust_at(health, rules, at(3 * second + minute)), "proven ");
	ck_assert_str_eq(trust_at(health, rules, at(4 * second + minute)), "unproven ");
	witness(health, rules, "late", at(2 * minute));
	ck_assert_str_eq(trust_at(health, rules, at(2 * minute + 1)), "");
	witness(health, rules, "127.0.0.2", at(3 * minute));
	ck_assert_str_eq(trust_at(health, rules, at(3 * minute)), "void ");
	ck_assert(health_adopt(health, untested, at(hour)));
	ck_assert_str_eq(trust_at(health, untested, at(hour)), "void ");
	health_free(&health);
	health = health_new(3, ignore_line, NULL);
	ck_assert(health_adopt(health, untested, at(0)));
	ck_assert_str_eq(trust_at(health, untested, at(hour)), "proven ");
	health_free(&health);
	ruleset_unref(&rules);
	ruleset_unref(&untested);
}
END_TEST

/* Each suspension is handed out once. */
START_TEST(the_suspended_are_named)
{
	struct ruleset *rules = fixture_rules("{'lists': [{'name': 'a', 'zone': 'a.example'}, {'name': 'b', 'zone': 'b.example'},"
					      "{'name': 'c', 'zone': 'c.example'}]}");
	const struct health_answers good = answers_with("absent"), bad = answers_with("127.0.0.2");
	struct health *health = health_new(3, ignore_line, NULL);
	char name[HEALTH_NAME_BYTES], names[20] = "";
	int64_t now = 0;

	ck_assert(health_adopt(health, rules, at(0)));
	test_all(health, rules, &good, at(0));
	ck_assert(!health_next_suspended(health, name));
	for (size_t list = 0; list < 3; list += 2) {
		struct health_test test;

		health_witness(health, rules, list, at(1), &test);
		health_tested(health, rules, &test, &bad, at(2));
	}
	while (health_next_suspended(health, name))
		strcat(names, name);
	ck_assert_str_eq(names, "ac");
	for (int i = 0; i < 1000 && (state_of(health, "a", at(now)) != HEALTH_OK || state_of(health, "c", at(now)) != HEALTH_OK); i++)
		test_all(health, rules, &good, at(now += second));
	ck_assert_int_eq(state_of(health, "c", at(now)), HEALTH_OK);
	ck_assert(!health_next_suspended(health, name));
	for (int i = 0; i < 3 * 3600 && state_of(health, "c", at(now)) == HEALTH_OK; i++)
		test_all(health, rules, &bad, at(now += second));
	ck_assert(health_next_suspended(health, name));        /* all three, some time */
	health_free(&health);
	ruleset_unref(&rules);
}
END_TEST

static void keep_sentence(void *ctx, enum log_level level, const char *sentence)
{
	(void)level;
	snprintf(ctx, 200, "%s", sentence);
}

/* Switched off by hand is the name, whatever a reload makes of it; and the end of the time is told. */
START_TEST(by_hand_and_a_reload)
{
	struct ruleset *first = fixture_rules("{'lists': [{'name': 'a', 'zone': 'a.example', 'probe': false}]}");
	struct ruleset *other = fixture_rules("{'lists': [{'name': 'a', 'zone': 'b.example', 'probe': false}]}");
	char line[200] = "";
	struct health *health = health_new(3, keep_sentence, line);
	struct health_report report;
	struct health_test test;
	struct monotime next;

	ck_assert(health_adopt(health, first, at(0)));
	ck_assert(health_disable(health, "a", at(second), at(hour)));
	ck_assert_str_eq(line, "list a is switched off by hand for 59 min");
	ck_assert(health_adopt(health, other, at(minute)));
	ck_assert(health_report(health, "a", at(minute), &report));
	ck_assert_int_eq(report.state, HEALTH_DISABLED);
	ck_assert_int_eq(report.since.us, at(second).us);
	ck_assert_int_eq(report.until.us, at(hour).us);
	line[0] = '\0';
	ck_assert_uint_eq(health_due(health, other, at(minute), &test, 1, &next), 0);
	ck_assert_int_eq(next.us, at(hour).us);
	ck_assert_str_eq(line, "");
	ck_assert_uint_eq(health_due(health, other, at(hour), &test, 1, &next), 0);
	ck_assert_str_eq(line, "list a is switched on again: its time is over");
	line[0] = '\0';
	health_due(health, other, at(hour + second), &test, 1, &next);
	ck_assert_str_eq(line, "");
	ck_assert_int_eq(next.us, INT64_MAX);
	health_free(&health);
	ruleset_unref(&first);
	ruleset_unref(&other);
}
END_TEST

#define ON_A "1.2.0.192.a.example=127.0.0.2;"
#define ON_A_TOO "2.2.0.192.a.example=127.0.0.2;"
#define ON_B "1.2.0.192.b.example=127.0.0.2;"
#define ON_TRIAL "1.2.0.192.t.example=127.0.0.2;"
#define ON_ALLOW "1.2.0.192.w.example=127.0.0.2;"

/* What one message counts for each list: hits, sole hits, deciding hits. */
static const struct {
	const char *answers, *suspended, *decided_by;   /* lists; NULL: none */
	const char *a, *b, *t, *w;
} credits[] = {
	{ "", NULL, NULL, "000", "000", "000", "000" },
	{ ON_A, NULL, "a", "111", "000", "000", "000" },
	{ ON_A, NULL, NULL, "110", "000", "000", "000" },
	{ ON_A ON_A_TOO, NULL, "a", "111", "000", "000", "000" },           /* one message, one hit */
	{ ON_A ON_B, NULL, "b", "100", "101", "000", "000" },
	{ ON_A ON_TRIAL, NULL, "a", "101", "000", "100", "000" },
	{ ON_TRIAL, NULL, NULL, "000", "000", "110", "000" },
	{ ON_A ON_ALLOW, NULL, "w", "110", "000", "000", "111" },           /* of its kind it is alone */
	{ ON_A ON_B, "a", "b", "000", "111", "000", "000" },                /* it lists the world: that means nothing */
};

START_TEST(credit)
{
	struct ruleset *rules = fixture_rules("{'lists': [{'name': 'a', 'zone': 'a.example'}, {'name': 'b', 'zone': 'b.example'},"
					      "{'name': 't', 'zone': 't.example', 'mode': 'shadow'},"
					      "{'name': 'w', 'zone': 'w.example', 'kind': 'allow'}]}");
	const char *const wanted[] = { credits[_i].a, credits[_i].b, credits[_i].t, credits[_i].w };
	struct health *health = health_new(3, ignore_line, NULL);
	struct listset none = { { 0 } }, shown = { { 0 } };
	const struct list *decided_by = NULL;
	struct fixture_subjects all;
	struct hits hits = { .n = 0 };
	struct arena arena;
	struct batch *batch;

	arena_init(&arena, 100000);
	ck_assert(health_adopt(health, rules, at(0)));
	fixture_subjects(&all, "client 192.0.2.1, received 192.0.2.2");
	batch = fixture_batch(rules, &all.subjects, credits[_i].answers);
	hit_collect(batch, &all.subjects, &arena, &hits);
	hit_sort(&hits);
	for (size_t i = 0; i < rules->n_lists; i++) {
		if (credits[_i].suspended != NULL && strcmp(rules->lists[i].name, credits[_i].suspended) == 0)
			listset_add(&shown, i);
		if (credits[_i].decided_by != NULL && strcmp(rules->lists[i].name, credits[_i].decided_by) == 0)
			decided_by = &rules->lists[i];
	}
	hit_weigh(&hits, rules, &none, &shown);
	health_credit(health, rules, &hits, decided_by);
	for (size_t i = 0; i < rules->n_lists; i++) {
		struct health_report report;
		char got[8];

		ck_assert(health_report(health, rules->lists[i].name, at(0), &report));
		snprintf(got, sizeof got, "%d%d%d", (int)report.hit_messages, (int)report.sole_messages, (int)report.decided_messages);
		ck_assert_str_eq(got, wanted[i]);
	}
	health_credit(NULL, rules, &hits, decided_by);
	batch_unref(&batch);
	arena_clear(&arena);
	health_free(&health);
	ruleset_unref(&rules);
}
END_TEST

/* What is counted of a batch: questions that it sent itself, and those that were known already. */
START_TEST(counters)
{
	struct ruleset *rules = fixture_rules("{'lists': [{'name': 'a', 'zone': 'a.example', 'responses': [{'match': '127.0.0.2'}],"
					      "'refused': ['127.0.0.255']}]}");
	struct health *health = health_new(3, ignore_line, NULL);
	struct fixture_subjects all;
	struct health_report report;
	struct batch *batch;

	ck_assert(health_adopt(health, rules, at(0)));
	fixture_subjects(&all, "client 192.0.2.1, received 192.0.2.2, received 192.0.2.3, received 192.0.2.4, received 192.0.2.5,"
			 "received 192.0.2.6, received 192.0.2.7, received 192.0.2.8");
	batch = fixture_batch(rules, &all.subjects, "1.2.0.192.a.example=127.0.0.2; 2.2.0.192.a.example=127.0.0.9;"
			      "3.2.0.192.a.example=192.0.2.80; 4.2.0.192.a.example=failed; 5.2.0.192.a.example=late;"
			      "6.2.0.192.a.example=127.0.0.2; 7.2.0.192.a.example=127.0.0.2; 8.2.0.192.a.example=127.0.0.255");
	for (size_t i = 0; i < batch->n_questions; i++) {
		batch->questions[i].asked = i != 5 && i != 6;
		batch->questions[i].cached = i == 5;
		batch->questions[i].took_us = 3000;
	}
	health_learn(health, batch, &all.subjects, at(second));
	ck_assert(health_report(health, "a", at(second), &report));
	ck_assert_uint_eq(report.queries, 6);
	ck_assert_uint_eq(report.cached, 1);
	ck_assert_uint_eq(report.hits, 1);
	ck_assert_uint_eq(report.unknown, 1);
	ck_assert_uint_eq(report.foreign, 1);
	ck_assert_uint_eq(report.refused, 1);
	ck_assert_uint_eq(report.errors, 1);
	ck_assert_uint_eq(report.timeouts, 1);
	ck_assert_int_eq(report.state, HEALTH_REFUSING);
	ck_assert_int_ge(report.p50_us, 3000);
	ck_assert_int_le(report.p99_us, 3800);
	batch_unref(&batch);
	health_free(&health);
	ruleset_unref(&rules);
}
END_TEST

/* Each answer is learned once, when it has come; what never comes is no failure. */
START_TEST(one_by_one)
{
	struct ruleset *rules = fixture_rules("{'lists': [{'name': 'a', 'zone': 'a.example'}], 'health': {'failing_after': 1}}");
	struct health *health = health_new(3, ignore_line, NULL);
	struct fixture_subjects all;
	struct health_report report;
	struct batch *batch;

	ck_assert(health_adopt(health, rules, at(0)));
	fixture_subjects(&all, "client 192.0.2.1, received 192.0.2.2, received 192.0.2.3, received 192.0.2.4");
	batch = fixture_batch(rules, &all.subjects, "1.2.0.192.a.example=127.0.0.2; 2.2.0.192.a.example=pending; 3.2.0.192.a.example=pending;"
			      "4.2.0.192.a.example=pending");
	for (size_t i = 0; i < batch->n_questions; i++)
		batch->questions[i].asked = true;
	batch->questions[3].out = batch->questions[3].asked = false;   /* was not sent yet */
	for (int i = 0; i < 2; i++)
		health_learn(health, batch, &all.subjects, at(second));
	ck_assert(health_report(health, "a", at(second), &report));
	ck_assert_uint_eq(report.queries, 3);
	ck_assert_uint_eq(report.hits, 1);
	batch->questions[1].answer = fixture_answer("127.0.0.2");
	batch->questions[1].out = false;
	batch->questions[3].answer = fixture_answer("127.0.0.2");
	batch->questions[3].asked = true;
	for (int i = 0; i < 2; i++)
		health_learn(health, batch, &all.subjects, at(second));
	ck_assert(health_report(health, "a", at(second), &report));
	ck_assert_uint_eq(report.queries, 4);
	ck_assert_uint_eq(report.hits, 3);
	ck_assert_uint_eq(report.timeouts + report.errors, 0);
	ck_assert_int_eq(report.state, HEALTH_OK);
	batch_unref(&batch);
	health_free(&health);
	ruleset_unref(&rules);
}
END_TEST

/* Which of those that are left out would give no answer: failing, or refusing us; not what is suspended. */
START_TEST(which_are_mute)
{
	struct ruleset *rules = fixture_rules("{'health': {'failing_after': 1}, 'lists': [{'name': 'dead', 'zone': 'dead.example'},"
					      "{'name': 'no', 'zone': 'no.example'}, {'name': 'world', 'zone': 'world.example'},"
					      "{'name': 'sane', 'zone': 'sane.example'}]}");
	const struct health_answers world = answers_with("127.0.0.2");
	struct health *health = health_new(3, ignore_line, NULL);
	struct listset out, mute;
	struct fixture_subjects all;
	struct batch *batch;

	ck_assert(health_adopt(health, rules, at(0)));
	fixture_subjects(&all, "client 192.0.2.1");
	for (int i = 0; i < 2; i++) {
		struct health_test test;

		/* The sane one answers first and last, so that it is not the DNS. */
		batch = fixture_batch(rules, &all.subjects, "1.2.0.192.dead.example=failed; 1.2.0.192.no.example=127.255.255.254");
		for (size_t j = 0; j < batch->n_questions; j++)
			batch->questions[j].asked = true;
		for (size_t j = 0; j < batch->n_questions; j++)
			batch->questions[j].asked_at = at(second);
		health_learn(health, batch, &all.subjects, at(second));
		batch_unref(&batch);
		health_witness(health, rules, 2, at(second + i), &test);
		health_tested(health, rules, &test, &world, at(second + i));
	}
	ck_assert_int_eq(state_of(health, "dead", at(2 * second)), HEALTH_FAILING);
	ck_assert_int_eq(state_of(health, "no", at(2 * second)), HEALTH_REFUSING);
	ck_assert_int_eq(state_of(health, "world", at(2 * second)), HEALTH_SUSPENDED);
	health_left_out(health, rules, at(2 * second), &out);
	ck_assert_uint_eq(listset_count(&out), 3);
	health_mute(health, rules, at(2 * second), &out, &mute);
	ck_assert(listset_count(&mute) == 2 && listset_has(&mute, 0) && listset_has(&mute, 1));
	health_free(&health);
	ruleset_unref(&rules);
}
END_TEST

/* Nobody watches: every list is sane. */
START_TEST(without_a_watch)
{
	struct ruleset *rules = fixture_rules("{'lists': [{'name': 'a', 'zone': 'a.example'}]}");
	struct fixture_subjects all;
	struct hits hits = { .n = 1 };
	struct health_trust trust;
	struct listset out;
	struct batch *batch;

	fixture_subjects(&all, "client 192.0.2.1");
	batch = fixture_batch(rules, &all.subjects, "");
	ck_assert(!health_learn(NULL, batch, &all.subjects, at(0)));
	health_left_out(NULL, rules, at(0), &out);
	ck_assert(listset_is_empty(&out));
	health_mute(NULL, rules, at(0), &(struct listset){ .bits = { 1 } }, &out);
	ck_assert(listset_is_empty(&out));
	health_trust(NULL, rules, &hits, at(0), &trust);
	ck_assert(listset_is_empty(&trust.unproven) && listset_is_empty(&trust.void_) && listset_is_empty(&trust.proven));
	batch_unref(&batch);
	ruleset_unref(&rules);
}
END_TEST

/* For the thread sanitizer: mail, tests, reloads and an administrator at the same time. */
struct crowd {
	struct health *health;
	struct ruleset *rules;
	struct health_answers good, bad;
};

static void *as_mail(void *arg)
{
	const struct crowd *crowd = arg;
	struct fixture_subjects all;

	fixture_subjects(&all, "client 192.0.2.1");
	for (int i = 0; i < 300; i++) {
		struct batch *batch = fixture_batch(crowd->rules, &all.subjects, i % 2 == 0 ? "1.2.0.192.a.example=failed" : "");
		struct listset out, mute;

		batch->questions[0].asked = true;
		health_left_out(crowd->health, crowd->rules, at(i * second), &out);
		health_mute(crowd->health, crowd->rules, at(i * second), &out, &mute);
		health_learn(crowd->health, batch, &all.subjects, at(i * second));
		batch_unref(&batch);
	}
	return NULL;
}

static void *as_prober(void *arg)
{
	const struct crowd *crowd = arg;

	for (int i = 0; i < 300; i++)
		test_all(crowd->health, crowd->rules, i % 2 == 0 ? &crowd->good : &crowd->bad, at(i * second));
	return NULL;
}

static void *as_administrator(void *arg)
{
	const struct crowd *crowd = arg;

	for (int i = 0; i < 300; i++) {
		struct health_report report;

		health_report(crowd->health, "a", at(i * second), &report);
		health_disable(crowd->health, "b", at(i * second), at((i + 1) * second));
		if (i % 50 == 0)
			health_adopt(crowd->health, crowd->rules, at(i * second));
	}
	return NULL;
}

START_TEST(many_threads)
{
	static void *(*const roles[])(void *) = { as_mail, as_prober, as_administrator, as_mail, as_prober, as_mail };
	struct ruleset *rules = fixture_rules("{'lists': [{'name': 'a', 'zone': 'a.example'}, {'name': 'b', 'zone': 'b.example'}]}");
	struct crowd crowd = { .health = health_new(3, ignore_line, NULL), .rules = rules, .good = answers_with("absent"),
			       .bad = answers_with("127.0.0.2") };
	pthread_t threads[ROWS(roles)];

	ck_assert(health_adopt(crowd.health, rules, at(0)));
	for (int i = 0; i < ROWS(roles); i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, roles[i], &crowd), 0);
	for (int i = 0; i < ROWS(roles); i++)
		pthread_join(threads[i], NULL);
	health_free(&crowd.health);
	ruleset_unref(&rules);
}
END_TEST

Suite *health_suite(void)
{
	Suite *suite = suite_create("health");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, bad_at_start, 0, ROWS(incidents));
	tcase_add_loop_test(tcase, turns_bad, 0, ROWS(incidents));
	tcase_add_loop_test(tcase, the_world, 0, ROWS(turns));
	tcase_add_test(tcase, the_world_without_test_points);
	tcase_add_test(tcase, the_world_but_the_test_points);
	tcase_add_test(tcase, thirty_days_of_loss);
	tcase_add_test(tcase, nothing_but_spam);
	tcase_add_test(tcase, thirty_percent_loss);
	tcase_add_test(tcase, a_dead_list);
	tcase_add_loop_test(tcase, dns_down, 0, 3);
	tcase_add_test(tcase, dns_down_and_a_dead_list);
	tcase_add_loop_test(tcase, refused_is_paused, 0, 2);
	tcase_add_test(tcase, a_reload_keeps_what_is_known);
	tcase_add_test(tcase, a_test_of_the_old_zone);
	tcase_add_test(tcase, by_hand);
	tcase_add_test(tcase, by_hand_and_a_reload);
	tcase_add_loop_test(tcase, credit, 0, ROWS(credits));
	tcase_add_test(tcase, what_is_proven);
	tcase_add_test(tcase, the_suspended_are_named);
	tcase_add_test(tcase, counters);
	tcase_add_test(tcase, one_by_one);
	tcase_add_test(tcase, which_are_mute);
	tcase_add_test(tcase, without_a_watch);
	tcase_add_test(tcase, many_threads);
	suite_add_tcase(suite, tcase);
	return suite;
}
