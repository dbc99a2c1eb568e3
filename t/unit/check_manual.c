/* Tests of manual: what was added by hand is a hit of the list "manual", nobody is asked about it, and it is there again
 * after a restart. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/hit.h"
#include "common/manual.h"
#include "common/marks.h"
#include "common/score.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"
#include "t/unit/tempdir.h"

#define LISTS "{'lists': [{'name': 'a', 'zone': 'a.example'}, {'name': 'b', 'zone': 'b.example'}]}"

static char dir[TEMPDIR_BYTES];
static struct arena arena;
static struct ruleset *rules;

static void set_up(void)
{
	tempdir_make(dir);
	arena_init(&arena, 1 << 20);
	rules = fixture_rules(LISTS);
}

static void tear_down(void)
{
	ruleset_unref(&rules);
	arena_clear(&arena);
	tempdir_remove(dir);
}

static enum keep_done add(struct manual *manual, const char *addr, const char *message, int64_t ttl_s)
{
	struct ipaddr ip = fixture_addr(addr);
	struct errmsg err;

	return manual_add(manual, &ip, message, ttl_s, &err);
}

static enum keep_done drop(struct manual *manual, const char *addr)
{
	struct ipaddr ip = fixture_addr(addr);
	struct errmsg err;

	return manual_remove(manual, &ip, &err);
}

static struct monotime in_s(int64_t s)
{
	return monotime_add(monotime_now(), s * 1000000);
}

/* The message of the entry, "-" for none of its own, NULL for no entry. */
static const char *found_at(struct manual *manual, const char *addr, struct monotime now)
{
	struct fixture_subjects subjects;
	char text[80];

	snprintf(text, sizeof text, "client %s", addr);
	fixture_subjects(&subjects, text);
	ck_assert(manual_mark(manual, &subjects.subjects, now, &arena));
	if (subjects.item[0].manual == NULL)
		return NULL;
	return subjects.item[0].manual->message != NULL ? subjects.item[0].manual->message : "-";
}

static const char *found(struct manual *manual, const char *addr)
{
	return found_at(manual, addr, monotime_now());
}

static size_t entries(struct manual *manual)
{
	struct manual_stats stats;

	manual_stats(manual, &stats);
	return stats.entries;
}

/* --- the set ------------------------------------------------------------------------------------------------------ */

START_TEST(entries_hold_for_their_time)
{
	struct manual *manual = manual_new(NULL);

	ck_assert_ptr_null(found(manual, "192.0.2.1"));
	ck_assert_int_eq(add(manual, "192.0.2.1", NULL, 0), KEEP_UNTIL_RESTART);
	ck_assert_int_eq(add(manual, "192.0.2.2", "for {ip}", 100), KEEP_UNTIL_RESTART);
	ck_assert_int_eq(add(manual, "2001:db8::1", "", 100), KEEP_UNTIL_RESTART);
	ck_assert_str_eq(found(manual, "192.0.2.1"), "-");
	ck_assert_str_eq(found(manual, "::ffff:192.0.2.1"), "-");
	ck_assert_str_eq(found(manual, "192.0.2.2"), "for {ip}");
	ck_assert_str_eq(found(manual, "2001:db8::1"), "-");
	ck_assert_ptr_null(found(manual, "192.0.2.3"));
	ck_assert_ptr_null(found(manual, "2001:db8::2"));
	ck_assert_str_eq(found_at(manual, "192.0.2.2", in_s(98)), "for {ip}");
	ck_assert_ptr_null(found_at(manual, "192.0.2.2", in_s(101)));
	ck_assert_str_eq(found_at(manual, "192.0.2.1", in_s(1000000000)), "-");

	ck_assert_int_eq(add(manual, "192.0.2.2", NULL, 0), KEEP_UNTIL_RESTART);   /* in place of the old one */
	ck_assert_str_eq(found_at(manual, "192.0.2.2", in_s(101)), "-");
	ck_assert_uint_eq(entries(manual), 3);
	manual_free(&manual);
	ck_assert_ptr_null(manual);
	manual_free(&manual);
}
END_TEST

START_TEST(entries_go_when_they_are_removed)
{
	struct manual *manual = manual_new(NULL);
	struct errmsg err;

	add(manual, "192.0.2.1", NULL, 0);
	add(manual, "192.0.2.2", NULL, 0);
	ck_assert_int_eq(drop(manual, "192.0.2.1"), KEEP_UNTIL_RESTART);
	ck_assert_int_eq(drop(manual, "192.0.2.1"), KEEP_REFUSED);
	ck_assert_ptr_null(found(manual, "192.0.2.1"));
	ck_assert_str_eq(found(manual, "192.0.2.2"), "-");
	ck_assert_int_eq(manual_clear(manual, &err), KEEP_UNTIL_RESTART);
	ck_assert_ptr_null(found(manual, "192.0.2.2"));
	ck_assert_uint_eq(entries(manual), 0);
	manual_free(&manual);
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
	struct manual *manual = manual_new(NULL);
	struct ipaddr none = { 0 };
	struct errmsg err;
	char too_long[TEMPLATE_MAX_BYTES + 2];

	memset(too_long, 'a', sizeof too_long - 1);
	too_long[sizeof too_long - 1] = '\0';
	ck_assert_int_eq(manual_add(manual, &none, NULL, 0, &err), KEEP_REFUSED);
	ck_assert_int_eq(add(manual, "192.0.2.1", NULL, -1), KEEP_REFUSED);
	ck_assert_int_eq(add(manual, "192.0.2.1", NULL, MANUAL_TTL_MAX_S + 1), KEEP_REFUSED);
	ck_assert_int_eq(add(manual, "192.0.2.1", "{nobody}", 0), KEEP_REFUSED);
	ck_assert_int_eq(add(manual, "192.0.2.1", "two\nlines", 0), KEEP_REFUSED);
	ck_assert_int_eq(add(manual, "192.0.2.1", too_long, 0), KEEP_REFUSED);
	ck_assert_uint_eq(entries(manual), 0);
	manual_free(&manual);
}
END_TEST

static void add_numbered(struct manual *manual, uint32_t from, uint32_t to, int64_t ttl_s)
{
	for (uint32_t i = from; i < to; i++) {
		struct ipaddr addr = ipaddr_v4(0x0b000000 + i);

		ck_assert_int_eq(manual_add(manual, &addr, NULL, ttl_s, NULL), KEEP_UNTIL_RESTART);
	}
}

static void count(void *ctx, const struct manual_entry *entry)
{
	(void)entry;
	++*(size_t *)ctx;
}

START_TEST(their_number_is_bounded)
{
	struct manual *manual = manual_new(NULL);
	size_t n = 0;

	add_numbered(manual, 0, MANUAL_MAX, 3600);
	ck_assert_uint_eq(entries(manual), MANUAL_MAX);
	ck_assert_int_eq(add(manual, "192.0.2.1", NULL, 0), KEEP_REFUSED);
	ck_assert_int_eq(add(manual, "11.0.0.7", "new text", 0), KEEP_UNTIL_RESTART);
	ck_assert(manual_each(manual, monotime_now(), count, &n));
	ck_assert_uint_eq(n, MANUAL_MAX);
	n = 0;
	ck_assert(manual_each(manual, in_s(4000), count, &n));
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(drop(manual, "11.0.0.9"), KEEP_UNTIL_RESTART);
	ck_assert_int_eq(add(manual, "192.0.2.1", NULL, 0), KEEP_UNTIL_RESTART);
	for (uint32_t i = 10; i < MANUAL_MAX; i += 997) {
		struct ipaddr addr = ipaddr_v4(0x0b000000 + i);
		char text[IPADDR_TEXT_BYTES];

		ck_assert_str_eq(found(manual, ipaddr_format(&addr, text)), "-");
	}
	manual_free(&manual);
}
END_TEST

START_TEST(those_who_are_exempt_stay_exempt)
{
	struct manual *manual = manual_new(NULL);
	struct fixture_subjects subjects;

	add(manual, "192.0.2.1", NULL, 0);
	fixture_subjects(&subjects, "client 192.0.2.1 exempt, received 192.0.2.1");
	ck_assert(manual_mark(manual, &subjects.subjects, monotime_now(), &arena));
	ck_assert_ptr_null(subjects.item[0].manual);
	ck_assert_ptr_nonnull(subjects.item[1].manual);
	ck_assert(manual_mark(NULL, &subjects.subjects, monotime_now(), &arena));
	manual_free(&manual);
}
END_TEST

/* --- what comes of it --------------------------------------------------------------------------------------------- */

START_TEST(they_are_hits_and_nobody_is_asked)
{
	struct facts facts = { .client = fixture_addr("192.0.2.1") };
	struct manual *manual = manual_new(NULL);
	struct hits hits = { 0 };
	struct fixture_subjects subjects;
	struct reply_text reply;
	struct verdict verdict;
	struct score score;
	struct batch *batch;
	char header[MARKS_HEADER_BYTES];
	struct text text = text_over(header, sizeof header);

	add(manual, "192.0.2.1", "Go away, {ip}", 0);
	add(manual, "192.0.2.2", NULL, 0);
	fixture_subjects(&subjects, "client 192.0.2.1, received 192.0.2.2, received 192.0.2.3");
	ck_assert(manual_mark(manual, &subjects.subjects, monotime_now(), &arena));
	batch = fixture_batch(rules, &subjects.subjects, "3.2.0.192.b.example=127.0.0.2");
	ck_assert_uint_eq(batch->n_questions, 2);
	hit_collect(batch, &subjects.subjects, &arena, &hits);
	hit_sort(&hits);
	ck_assert_uint_eq(hits.n, 3);
	ck_assert_str_eq(hits.item[0].list->name, "b");
	ck_assert_str_eq(hits.item[1].list->name, "manual");
	ck_assert_int_eq(hits.item[1].kind, SUBJECT_CLIENT);
	ck_assert_int_eq(hits.item[2].kind, SUBJECT_RECEIVED);

	/* A list counts once, and a response once, as with every other list. */
	score_sum(&hits, SUBJECT_ALL, &score);
	ck_assert_int_eq(score.points, 200);
	ck_assert_int_eq(score.matches, 2);
	verdict_decide(rules, &hits, &verdict);
	ck_assert_uint_eq(verdict.actions, ACTION_REJECT);
	marks_reply(rules, &facts, &verdict, &reply);
	ck_assert_str_eq(reply.text, "Go away, 192.0.2.1");
	verdict.deciding = &hits.item[2];
	marks_reply(rules, &facts, &verdict, &reply);
	ck_assert_str_eq(reply.text, "192.0.2.2 is refused here");
	marks_header(&facts, &hits.item[2], 100, "X-RBL-Warning", &text);
	ck_assert_str_eq(header, "192.0.2.2 is listed by manual");
	batch_unref(&batch);
	manual_free(&manual);
}
END_TEST

START_TEST(they_are_hits_without_any_list)
{
	struct ruleset *none = fixture_rules("{}");
	struct manual *manual = manual_new(NULL);
	struct hits hits = { 0 };
	struct fixture_subjects subjects;
	struct batch *batch;

	add(manual, "192.0.2.1", NULL, 0);
	fixture_subjects(&subjects, "client 192.0.2.1");
	ck_assert(manual_mark(manual, &subjects.subjects, monotime_now(), &arena));
	batch = fixture_batch(none, &subjects.subjects, "");
	hit_collect(batch, &subjects.subjects, &arena, &hits);
	ck_assert_uint_eq(hits.n, 1);
	batch_unref(&batch);
	manual_free(&manual);
	ruleset_unref(&none);
}
END_TEST

/* --- after a restart ---------------------------------------------------------------------------------------------- */

START_TEST(they_come_back)
{
	struct journal *journal = tempdir_journal(dir);
	struct manual *manual = manual_new(journal);
	struct manual_stats stats;
	struct errmsg err;

	ck_assert_int_eq(add(manual, "192.0.2.1", "text", 0), KEEP_DONE);
	ck_assert_int_eq(add(manual, "192.0.2.2", NULL, 1000), KEEP_DONE);
	ck_assert_int_eq(add(manual, "192.0.2.3", NULL, 0), KEEP_DONE);
	ck_assert_int_eq(drop(manual, "192.0.2.3"), KEEP_DONE);
	manual_free(&manual);
	/* what an administrator wrote into the file himself */
	ck_assert(journal_put_kept(journal, &(struct journal_kept){ JOURNAL_MANUAL, "no address", "", INT64_MAX }, &err));
	ck_assert(journal_put_kept(journal, &(struct journal_kept){ JOURNAL_MANUAL, "192.0.2.4", "no {template", INT64_MAX }, &err));
	ck_assert(journal_put_kept(journal, &(struct journal_kept){ JOURNAL_MANUAL, "192.0.2.5", "", INT64_MAX - 1 }, &err));
	ck_assert(journal_put_kept(journal, &(struct journal_kept){ JOURNAL_MANUAL, "192.0.2.6", "", time(NULL) - 5 }, &err));
	journal_close(&journal);

	journal = tempdir_journal(dir);
	manual = manual_new(journal);
	ck_assert_uint_eq(entries(manual), 4);
	ck_assert_str_eq(found(manual, "192.0.2.1"), "text");
	ck_assert_str_eq(found_at(manual, "192.0.2.2", in_s(990)), "-");
	ck_assert_ptr_null(found_at(manual, "192.0.2.2", in_s(1010)));
	ck_assert_ptr_null(found(manual, "192.0.2.3"));
	ck_assert_str_eq(found(manual, "192.0.2.4"), "-");
	ck_assert_str_eq(found(manual, "192.0.2.5"), "-");
	ck_assert_ptr_null(found_at(manual, "192.0.2.5", in_s(MANUAL_TTL_MAX_S + 10)));
	manual_stats(manual, &stats);
	ck_assert(stats.durable);
	ck_assert_int_eq(manual_clear(manual, &err), KEEP_DONE);
	manual_free(&manual);
	journal_close(&journal);

	journal = tempdir_journal(dir);
	manual = manual_new(journal);
	ck_assert_uint_eq(entries(manual), 0);
	manual_free(&manual);
	journal_close(&journal);
}
END_TEST

Suite *manual_suite(void)
{
	Suite *suite = suite_create("manual");
	TCase *tcase = tcase_create("manual");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, entries_hold_for_their_time);
	tcase_add_test(tcase, entries_go_when_they_are_removed);
	tcase_add_test(tcase, what_makes_no_sense_is_refused);
	tcase_add_test(tcase, their_number_is_bounded);
	tcase_add_test(tcase, those_who_are_exempt_stay_exempt);
	tcase_add_test(tcase, they_are_hits_and_nobody_is_asked);
	tcase_add_test(tcase, they_are_hits_without_any_list);
	tcase_add_test(tcase, they_come_back);
	suite_add_tcase(suite, tcase);
	return suite;
}
