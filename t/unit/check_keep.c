/* Tests of keep: bounds, time, purges, and what is there again after a restart and a kill -9. What manual makes of it is in
 * check_manual.c. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/keep.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"
#include "t/unit/tempdir.h"

enum { KILLS = 25, THREADS = 4, TURNS = 300 };

static const struct keep_kind kind = { .journal = JOURNAL_SCREEN, .missing = "is not there" };
static const struct keep_bounds wide = { KEEP_MAX, 10 << 20 };

static char dir[TEMPDIR_BYTES];

static void make_dir(void)
{
	tempdir_make(dir);
}

static void remove_dir(void)
{
	tempdir_remove(dir);
}

static struct ipaddr numbered(uint32_t i)
{
	return ipaddr_v4(0x0b000000 + i);      /* 11.0.0.0: eight characters and more */
}

static enum keep_learned learn(struct keep *keep, const char *addr, const char *text, int64_t ttl_s,
			       const struct keep_bounds *bounds)
{
	struct ipaddr ip = fixture_addr(addr);

	return keep_learn(keep, &ip, text, ttl_s, bounds, keep_purges(keep));
}

static enum keep_done add(struct keep *keep, const char *addr, const char *text)
{
	struct ipaddr ip = fixture_addr(addr);
	struct errmsg err;

	return keep_add(keep, &ip, text, 0, &err);
}

/* The entry's text, NULL for no entry. */
static const char *found_in(struct keep *keep, const char *addr, int64_t in_s)
{
	static char text[KEEP_TEXT_BYTES];
	struct ipaddr ip = fixture_addr(addr);
	struct keep_entry entry;

	return keep_find(keep, &ip, monotime_add(monotime_now(), in_s * 1000000), text, &entry) ? entry.text : NULL;
}

static struct keep_stats stats_of(struct keep *keep)
{
	struct keep_stats stats;

	keep_stats(keep, &stats);
	return stats;
}

/* --- what mail adds ----------------------------------------------------------------------------------------------- */

/* At the bound on entries and on both sides of it. */
START_TEST(entries_are_bounded)
{
	const struct keep_bounds bounds = { 500, 1 << 20 };
	struct keep *keep = keep_new(&kind, NULL);

	for (uint32_t i = 0; i < 501; i++) {
		struct ipaddr addr = numbered(i);

		ck_assert_int_eq(keep_has_room(keep, &addr, &bounds), i < 500);
		ck_assert_int_eq(keep_learn(keep, &addr, "zen", 0, &bounds, 0), i < 500 ? KEEP_LEARNED : KEEP_FULL);
		ck_assert_uint_eq(stats_of(keep).entries, i < 500 ? i + 1 : 500);
	}
	ck_assert_int_eq(learn(keep, "11.0.0.7", "zen", 0, &bounds), KEEP_KNOWN);   /* full or not */

	/* by hand there is room still, and these count too */
	ck_assert_int_eq(add(keep, "192.0.2.1", ""), KEEP_UNTIL_RESTART);
	ck_assert_uint_eq(stats_of(keep).entries, 501);
	ck_assert_int_eq(keep_remove(keep, &(struct ipaddr){ 4, { 11, 0, 0, 1 } }, NULL), KEEP_UNTIL_RESTART);
	ck_assert_int_eq(learn(keep, "192.0.2.2", "zen", 0, &bounds), KEEP_FULL);
	ck_assert_int_eq(keep_remove(keep, &(struct ipaddr){ 4, { 11, 0, 0, 2 } }, NULL), KEEP_UNTIL_RESTART);
	ck_assert_int_eq(learn(keep, "192.0.2.2", "zen", 0, &bounds), KEEP_LEARNED);
	ck_assert_int_eq(learn(keep, "192.0.2.3", "zen", 0, &bounds), KEEP_FULL);
	keep_free(&keep);
	keep_free(&keep);
}
END_TEST

static const struct {
	const char *first, *second;
	size_t bytes;                /* that they take together */
} sizes[] = {
	{ "192.0.2.1", "192.0.2.2", 20 },
	{ "1.1.1.1", "255.255.255.255", 24 },
	{ "2001:db8::1", "192.0.2.1", 22 },
	{ "::ffff:192.0.2.9", "2001:db8:1111:2222:3333:4444:5555:6666", 49 },   /* the first is an IPv4 address */
};

START_TEST(bytes_are_bounded)
{
	for (size_t less = 0; less < 2; less++) {
		const struct keep_bounds bounds = { 500, sizes[_i].bytes - less };
		struct keep *keep = keep_new(&kind, NULL);

		ck_assert_int_eq(learn(keep, sizes[_i].first, "", 0, &bounds), KEEP_LEARNED);
		ck_assert_int_eq(learn(keep, sizes[_i].second, "", 0, &bounds), less == 0 ? KEEP_LEARNED : KEEP_FULL);
		if (less == 0)
			ck_assert_uint_eq(stats_of(keep).bytes, sizes[_i].bytes);
		ck_assert_int_eq(keep_clear(keep, NULL), KEEP_UNTIL_RESTART);
		ck_assert_uint_eq(stats_of(keep).bytes, 0);
		keep_free(&keep);
	}
}
END_TEST

START_TEST(what_expires_makes_room)
{
	const struct keep_bounds bounds = { 2, 1000 };
	const struct timespec pause = { .tv_sec = 1, .tv_nsec = 50000000 };
	struct keep *keep = keep_new(&kind, NULL);

	ck_assert_int_eq(learn(keep, "192.0.2.1", "zen", 1, &bounds), KEEP_LEARNED);
	ck_assert_int_eq(learn(keep, "192.0.2.2", "zen", 1000, &bounds), KEEP_LEARNED);
	ck_assert_int_eq(learn(keep, "192.0.2.3", "zen", 1000, &bounds), KEEP_FULL);
	ck_assert_pstr_eq(found_in(keep, "192.0.2.2", 990), "zen");
	ck_assert_ptr_null(found_in(keep, "192.0.2.2", 1001));
	nanosleep(&pause, NULL);
	ck_assert_ptr_null(found_in(keep, "192.0.2.1", 0));
	ck_assert_uint_eq(stats_of(keep).entries, 1);
	ck_assert_int_eq(learn(keep, "192.0.2.3", "zen", 1000, &bounds), KEEP_LEARNED);
	ck_assert_int_eq(learn(keep, "192.0.2.4", "zen", 1000, &bounds), KEEP_FULL);
	keep_free(&keep);
}
END_TEST

/* What is there by hand stays as it is; by hand, anything can be replaced. */
START_TEST(mail_replaces_nothing)
{
	struct keep *keep = keep_new(&kind, NULL);

	add(keep, "192.0.2.1", "by hand");
	ck_assert_int_eq(learn(keep, "192.0.2.1", "zen", 5, &wide), KEEP_KNOWN);
	ck_assert_pstr_eq(found_in(keep, "192.0.2.1", 100), "by hand");
	ck_assert_int_eq(learn(keep, "192.0.2.2", "zen", 5, &wide), KEEP_LEARNED);
	add(keep, "192.0.2.2", "");
	ck_assert_pstr_eq(found_in(keep, "192.0.2.2", 100), "");
	keep_free(&keep);
}
END_TEST

START_TEST(a_purge_takes_what_one_list_has_made)
{
	struct keep *keep = keep_new(&kind, NULL);
	unsigned before = keep_purges(keep);
	struct ipaddr addr = fixture_addr("192.0.2.9");
	struct errmsg err;
	size_t n;

	learn(keep, "192.0.2.1", "zen", 0, &wide);
	learn(keep, "192.0.2.2", "zen2", 0, &wide);
	learn(keep, "192.0.2.3", "zen", 0, &wide);
	add(keep, "192.0.2.3", "");
	ck_assert_int_eq(keep_purge(keep, "zen", &n, &err), KEEP_UNTIL_RESTART);
	ck_assert_uint_eq(n, 1);
	ck_assert_ptr_null(found_in(keep, "192.0.2.1", 0));
	ck_assert_pstr_eq(found_in(keep, "192.0.2.2", 0), "zen2");
	ck_assert_pstr_eq(found_in(keep, "192.0.2.3", 0), "");

	/* who had his reason before that */
	ck_assert_int_eq(keep_learn(keep, &addr, "zen", 0, &wide, before), KEEP_MISSED);
	ck_assert_int_eq(keep_learn(keep, &addr, "zen", 0, &wide, keep_purges(keep)), KEEP_LEARNED);
	keep_free(&keep);
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
	struct keep *keep = keep_new(&kind, NULL);
	struct ipaddr none = { 0 }, addr = fixture_addr("192.0.2.1");
	char text[KEEP_TEXT_BYTES + 1];
	struct errmsg err;

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	ck_assert_int_eq(keep_add(keep, &none, "", 0, &err), KEEP_REFUSED);
	ck_assert_int_eq(keep_add(keep, &addr, text, 0, &err), KEEP_REFUSED);
	ck_assert_int_eq(keep_add(keep, &addr, text + 1, 0, &err), KEEP_UNTIL_RESTART);
	ck_assert_str_eq(err.text, "there is no state_dir");
	ck_assert_int_eq(keep_add(keep, &addr, "", -1, &err), KEEP_REFUSED);
	ck_assert_int_eq(keep_add(keep, &addr, "", KEEP_TTL_MAX_S, &err), KEEP_UNTIL_RESTART);
	ck_assert_int_eq(keep_add(keep, &addr, "", KEEP_TTL_MAX_S + 1, &err), KEEP_REFUSED);
	addr = fixture_addr("192.0.2.2");
	ck_assert_int_eq(keep_remove(keep, &addr, &err), KEEP_REFUSED);
	ck_assert_str_eq(err.text, "192.0.2.2 is not there");
	keep_free(&keep);
}
END_TEST

/* --- after a restart ---------------------------------------------------------------------------------------------- */

START_TEST(all_comes_back)
{
	static const struct keep_kind other = { .journal = JOURNAL_MANUAL };
	struct journal *journal = tempdir_journal(dir);
	struct keep *keep = keep_new(&kind, journal), *manual = keep_new(&other, journal);
	struct errmsg err;
	size_t n;

	ck_assert_int_eq(add(keep, "192.0.2.1", ""), KEEP_DONE);
	ck_assert_int_eq(learn(keep, "192.0.2.2", "zen", 1000, &wide), KEEP_LEARNED);
	ck_assert_int_eq(learn(keep, "2001:db8::3", "mad", 0, &wide), KEEP_LEARNED);
	ck_assert_int_eq(learn(keep, "192.0.2.4", "zen", 0, &wide), KEEP_LEARNED);
	ck_assert_int_eq(add(keep, "192.0.2.4", ""), KEEP_DONE);   /* what was queued before does not come over it */
	ck_assert_int_eq(learn(keep, "192.0.2.5", "zen", 0, &wide), KEEP_LEARNED);
	ck_assert_int_eq(keep_remove(keep, &(struct ipaddr){ 4, { 192, 0, 2, 5 } }, &err), KEEP_DONE);
	ck_assert_int_eq(keep_purge(keep, "mad", &n, &err), KEEP_DONE);
	ck_assert_int_eq(add(manual, "192.0.2.6", "mad"), KEEP_DONE);
	ck_assert_int_eq(learn(keep, "192.0.2.7", "zen", 0, &wide), KEEP_LEARNED);
	journal_forget(journal);               /* of answers only */
	keep_free(&keep);
	keep_free(&manual);
	journal_close(&journal);

	journal = tempdir_journal(dir);
	keep = keep_new(&kind, journal);
	manual = keep_new(&other, journal);
	ck_assert_uint_eq(stats_of(keep).entries, 4);
	ck_assert_uint_eq(stats_of(keep).bytes, 40);
	ck_assert(stats_of(keep).durable);
	ck_assert_pstr_eq(found_in(keep, "192.0.2.1", 1000000), "");
	ck_assert_pstr_eq(found_in(keep, "192.0.2.2", 990), "zen");
	ck_assert_ptr_null(found_in(keep, "192.0.2.2", 1010));
	ck_assert_pstr_eq(found_in(keep, "192.0.2.4", 0), "");
	ck_assert_pstr_eq(found_in(keep, "192.0.2.7", 0), "zen");
	ck_assert_uint_eq(stats_of(manual).entries, 1);
	ck_assert_int_eq(keep_clear(keep, &err), KEEP_DONE);
	keep_free(&keep);
	keep_free(&manual);
	journal_close(&journal);

	journal = tempdir_journal(dir);
	keep = keep_new(&kind, journal);
	manual = keep_new(&other, journal);
	ck_assert_uint_eq(stats_of(keep).entries, 0);
	ck_assert_pstr_eq(found_in(manual, "192.0.2.6", 0), "mad");
	keep_free(&keep);
	keep_free(&manual);
	journal_close(&journal);
}
END_TEST

/* Adds without end, by hand and behind, and says so after each that is confirmed. */
static void add_for_ever(int to, uint32_t first)
{
	struct journal *journal = journal_open(dir, NULL);
	struct keep *keep = journal != NULL ? keep_new(&kind, journal) : NULL;

	if (keep == NULL)
		_exit(1);
	for (uint32_t i = first;; i++) {
		struct ipaddr by_mail = numbered(0x100000 + i), by_hand = numbered(i);

		keep_learn(keep, &by_mail, "zen", 0, &wide, 0);
		if (keep_add(keep, &by_hand, "", 0, NULL) != KEEP_DONE || write(to, &i, sizeof i) != sizeof i)
			_exit(1);
	}
}

/* Returns one more than the last number that was confirmed. */
static uint32_t kill_a_writer(uint32_t first)
{
	const struct timespec pause = { .tv_nsec = random() % 20000000 };
	uint32_t number, next = first;
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0)
		add_for_ever(ends[1], first);
	close(ends[1]);
	nanosleep(&pause, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (read(ends[0], &number, sizeof number) == sizeof number)
		next = number + 1;
	close(ends[0]);
	return next;
}

START_TEST(kill_9_loses_nothing_that_was_confirmed)
{
	uint32_t next = 0;

	srandom((unsigned)time(NULL));
	for (int turn = 0; turn < KILLS; turn++) {
		struct journal *journal;
		struct keep *keep;

		next = kill_a_writer(next);
		journal = tempdir_journal(dir);
		keep = keep_new(&kind, journal);
		for (uint32_t i = 0; i < next; i++) {
			char text[IPADDR_TEXT_BYTES];
			struct ipaddr addr = numbered(i);

			ck_assert_pstr_eq(found_in(keep, ipaddr_format(&addr, text), 0), "");
		}
		keep_free(&keep);
		journal_close(&journal);
	}
	ck_assert_uint_gt(next, 0);
}
END_TEST

/* --- threads ------------------------------------------------------------------------------------------------------ */

static struct keep *shared;

static void see(void *ctx, const struct keep_entry *entry)
{
	*(size_t *)ctx += strlen(entry->text);
}

static void *as_mail(void *arg)
{
	char text[KEEP_TEXT_BYTES];
	struct keep_entry entry;

	(void)arg;
	for (uint32_t i = 0; i < 20 * TURNS; i++) {
		struct ipaddr addr = numbered(i % 97);

		if (!keep_find(shared, &addr, monotime_now(), text, &entry))
			keep_learn(shared, &addr, i % 2 == 0 ? "zen" : "mad", 0, &wide, keep_purges(shared));
	}
	return NULL;
}

static void *as_administrator(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < TURNS; i++) {
		struct ipaddr addr = numbered(i % 97), other = numbered(i * 7 % 97);
		size_t n = 0;

		keep_add(shared, &addr, "", i % 3, NULL);
		keep_remove(shared, &other, NULL);
		keep_each(shared, monotime_now(), see, &n);
		stats_of(shared);
		if (i % 50 == 0)
			keep_purge(shared, "mad", &n, NULL);
		if (i % 100 == 0)
			keep_clear(shared, NULL);
	}
	return NULL;
}

START_TEST(many_threads)
{
	struct journal *journal = tempdir_journal(dir);
	pthread_t thread[THREADS];
	size_t entries;

	shared = keep_new(&kind, journal);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, i < 2 ? as_mail : as_administrator, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	entries = stats_of(shared).entries;
	keep_free(&shared);
	journal_close(&journal);
	ck_assert_uint_le(entries, 97);
}
END_TEST

Suite *keep_suite(void)
{
	Suite *suite = suite_create("keep");
	TCase *tcase = tcase_create("memory"), *disk = tcase_create("disk");

	tcase_add_test(tcase, entries_are_bounded);
	tcase_add_loop_test(tcase, bytes_are_bounded, 0, ROWS(sizes));
	tcase_add_test(tcase, what_expires_makes_room);
	tcase_add_test(tcase, mail_replaces_nothing);
	tcase_add_test(tcase, a_purge_takes_what_one_list_has_made);
	tcase_add_test(tcase, what_makes_no_sense_is_refused);
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(disk, make_dir, remove_dir);
	tcase_set_timeout(disk, 120);
	tcase_add_test(disk, all_comes_back);
	tcase_add_test(disk, kill_9_loses_nothing_that_was_confirmed);
	tcase_add_test(disk, many_threads);
	suite_add_tcase(suite, disk);
	return suite;
}
