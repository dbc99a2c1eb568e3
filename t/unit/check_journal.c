/* Tests of journal and journaldb: what comes back after a restart, after a kill -9 and after damage; and that nothing of it
 * keeps a daemon from starting. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/answer.h"
#include "common/dnswire.h"
#include "common/journal.h"
#include "common/monotime.h"
#include "common/text.h"
#include "t/unit/suites.h"
#include "t/unit/tempdir.h"

enum { SOON_S = 3600, PATIENCE_MS = 20000, KILLS = 100, NOBODY = 65534 };

static char dir[TEMPDIR_BYTES], path[128];

/* --- tools -------------------------------------------------------------------------------------------------------- */

static void make_dir(void)
{
	tempdir_make(dir);
	snprintf(path, sizeof path, "%s/state.db", dir);
}

static void remove_dir(void)
{
	tempdir_remove(dir);
}

static struct journal *open_journal(void)
{
	struct journal *journal = tempdir_journal(dir);

	journal_bound(journal, 1000000);
	return journal;
}

/* Asserts nothing: the writers that are killed would cut a message of check's in two. */
static void put(struct journal *journal, const char *name, uint32_t addr, int64_t expires_in_s)
{
	struct dnsname wire;

	if (!dnswire_name_parse(&wire, name, NULL))
		abort();
	journal_put(journal, &(struct journal_answer){ .name = wire.wire, .name_len = wire.len, .type = 1, .server = "",
						       .addr = &addr, .n_addrs = 1, .expires_s = time(NULL) + expires_in_s });
}

static void put_numbered(struct journal *journal, int from, int to)
{
	for (int i = from; i < to; i++) {
		char name[64];

		snprintf(name, sizeof name, "%d.2.0.192.bl.example", i);
		put(journal, name, 0x7f000002, SOON_S);
	}
}

/* What came back, as text: a line an answer. */
struct seen {
	char text[8192];
	struct text lines;
	size_t n;
};

static void see(void *ctx, const struct journal_answer *answer)
{
	struct seen *seen = ctx;

	seen->n++;
	for (size_t at = 0; answer->name[at] != 0; at += answer->name[at] + 1u) {
		ck_assert_uint_lt(at, answer->name_len);
		text_add_bytes(&seen->lines, (const char *)answer->name + at + 1, answer->name[at]);
		text_add_char(&seen->lines, '.');
	}
	text_add(&seen->lines, " %u %s", answer->type, answer->server);
	for (size_t i = 0; i < answer->n_addrs; i++)
		text_add(&seen->lines, " %08x", answer->addr[i]);
	text_add_char(&seen->lines, '\n');
}

static void seen_init(struct seen *seen)
{
	seen->lines = text_over(seen->text, sizeof seen->text);
	seen->n = 0;
}

static void wait_loaded(struct journal *journal)
{
	struct journal_stats stats = { .loading = true };

	for (int ms = 0; stats.loading && ms < PATIENCE_MS; ms++) {
		const struct timespec pause = { .tv_nsec = 1000000 };

		nanosleep(&pause, NULL);
		journal_stats(journal, &stats);
	}
	ck_assert(!stats.loading);
}

static void load_all(struct journal *journal, struct seen *seen)
{
	seen_init(seen);
	journal_load(journal, see, seen);
	wait_loaded(journal);
}

static struct journal_stats stats_of(struct journal *journal)
{
	struct journal_stats stats;

	journal_stats(journal, &stats);
	return stats;
}

static void see_manual(void *ctx, const struct journal_kept *entry)
{
	struct seen *seen = ctx;

	seen->n++;
	text_add(&seen->lines, "%s <%s>%s\n", entry->subject, entry->text, entry->expires_s == INT64_MAX ? " never" : "");
}

static const char *all_manual(struct journal *journal, struct seen *seen)
{
	struct errmsg err;

	seen_init(seen);
	ck_assert_msg(journal_read_kept(journal, JOURNAL_MANUAL, see_manual, seen, &err), "%s", err.text);
	return seen->text;
}

static bool put_manual(struct journal *journal, const char *subject, const char *message, int64_t expires_s)
{
	struct errmsg err;

	return journal_put_kept(journal, &(struct journal_kept){ JOURNAL_MANUAL, subject, message, expires_s }, &err);
}

static int files_like(const char *part)
{
	DIR *list = opendir(dir);
	int n = 0;

	ck_assert_ptr_nonnull(list);
	for (const struct dirent *entry; (entry = readdir(list)) != NULL;)
		n += strstr(entry->d_name, part) != NULL;
	closedir(list);
	return n;
}

static void in_sqlite(const char *statements)
{
	sqlite3 *sqlite;

	ck_assert_int_eq(sqlite3_open(path, &sqlite), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(sqlite, statements, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(sqlite));
	sqlite3_close(sqlite);
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

START_TEST(answers_come_back_newest_first)
{
	static const uint8_t odd[] = "\003a.b\004\000\\\377 \007example";   /* with the NUL that ends it */
	static const uint32_t several[] = { 0x7f000002, 0x7f000004, 0x7f00000a };
	struct journal *journal = open_journal();
	struct seen seen;

	put(journal, "2.2.0.192.bl.example", 0x7f000002, SOON_S);
	journal_put(journal, &(struct journal_answer){ .name = odd, .name_len = sizeof odd, .type = 16,
						       .server = "192.0.2.53:53", .addr = several, .n_addrs = 3,
						       .expires_s = time(NULL) + SOON_S });
	journal_close(&journal);
	ck_assert_ptr_null(journal);

	journal = open_journal();
	load_all(journal, &seen);
	ck_assert_uint_eq(seen.n, 2);
	ck_assert_int_eq(memcmp(seen.text, "a.b.\0\\\377 .example. 16 192.0.2.53:53 7f000002 7f000004 7f00000a\n"
					   "2.2.0.192.bl.example. 1  7f000002\n", seen.lines.len), 0);
	ck_assert_uint_eq(stats_of(journal).loaded, 2);
	journal_close(&journal);
}
END_TEST

START_TEST(the_longest_names_come_back)
{
	struct journal *journal = open_journal();
	uint8_t name[DNSWIRE_NAME_MAX];
	uint32_t addrs[ANSWER_ADDRS_MAX];
	struct seen seen;
	size_t n = 0;

	for (int label = 0; label < 4; label++) {
		name[n] = label < 3 ? 63 : 61;
		memset(name + n + 1, 0xff, name[n]);
		n += name[n] + 1u;
	}
	name[n++] = 0;
	ck_assert_uint_eq(n, DNSWIRE_NAME_MAX);
	for (uint32_t i = 0; i < ANSWER_ADDRS_MAX; i++)
		addrs[i] = 0x7fffff00 + i;
	journal_put(journal, &(struct journal_answer){ .name = name, .name_len = n, .type = 1, .server = "", .addr = addrs,
						       .n_addrs = ANSWER_ADDRS_MAX, .expires_s = time(NULL) + SOON_S });
	ck_assert(journal_flush(journal, PATIENCE_MS));
	load_all(journal, &seen);
	ck_assert_uint_eq(seen.n, 1);
	ck_assert_int_eq(memcmp(seen.text, name + 1, 63), 0);
	ck_assert_ptr_nonnull(strstr(seen.text, "7fffff00 7fffff01"));
	ck_assert_ptr_nonnull(strstr(seen.text, "7fffff1f\n"));
	journal_close(&journal);
}
END_TEST

START_TEST(what_has_expired_does_not)
{
	struct journal *journal = open_journal();
	struct seen seen;

	put(journal, "1.bl.example", 0x7f000002, -1);
	put(journal, "2.bl.example", 0x7f000002, 0);
	put(journal, "3.bl.example", 0x7f000002, SOON_S);
	journal_close(&journal);
	journal = open_journal();
	load_all(journal, &seen);
	ck_assert_str_eq(seen.text, "3.bl.example. 1  7f000002\n");
	journal_close(&journal);
}
END_TEST

START_TEST(the_file_does_not_grow_without_end)
{
	struct journal *journal = open_journal();
	struct stat before, after;
	struct seen seen;

	journal_bound(journal, 300);
	for (int i = 0; i < 60; i++) {
		put_numbered(journal, 100 * i, 100 * (i + 1));
		ck_assert(journal_flush(journal, PATIENCE_MS));
		if (i == 10)
			stat(path, &before);
	}
	stat(path, &after);
	load_all(journal, &seen);
	ck_assert_uint_eq(seen.n, 300);
	ck_assert_int_eq(strncmp(seen.text, "5999.", 5), 0);
	ck_assert_int_le(after.st_size, before.st_size + 100000);

	/* What has expired goes too, a stretch at a time. */
	in_sqlite("UPDATE answer SET expires = 1");
	put_numbered(journal, 0, 1);
	ck_assert(journal_flush(journal, PATIENCE_MS));
	in_sqlite("CREATE TABLE only_one (n INTEGER CHECK (n = 1)); INSERT INTO only_one SELECT count(*) FROM answer;"
		  "DROP TABLE only_one;");
	journal_close(&journal);
}
END_TEST

START_TEST(nothing_is_written_at_a_bound_of_0)
{
	struct journal *journal = open_journal();
	struct seen seen;

	journal_bound(journal, 0);
	put_numbered(journal, 0, 10);
	ck_assert(journal_flush(journal, PATIENCE_MS));
	load_all(journal, &seen);
	ck_assert_uint_eq(seen.n, 0);
	journal_close(&journal);
}
END_TEST

START_TEST(nobody_else_can_read_it)
{
	mode_t mask = umask(0);
	struct journal *journal = open_journal();
	static const char *const endings[] = { "", "-wal", "-shm" };

	put_numbered(journal, 0, 10);
	ck_assert(journal_flush(journal, PATIENCE_MS));
	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
		char name[160];
		struct stat st;

		snprintf(name, sizeof name, "%s%s", path, endings[i]);
		ck_assert_int_eq(stat(name, &st), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0600);
	}
	journal_close(&journal);
	umask(mask);
}
END_TEST

static bool count(void *ctx, const struct journal_answer *answer)
{
	(void)answer;
	++*(size_t *)ctx;
	return true;
}

static void count_loaded(void *ctx, const struct journal_answer *answer)
{
	count(ctx, answer);
}

static bool count_to_ten(void *ctx, const struct journal_answer *answer)
{
	count(ctx, answer);
	return *(size_t *)ctx < 10;
}

START_TEST(all_answers_stream_while_others_are_written)
{
	struct journal *journal = open_journal();
	struct errmsg err;
	size_t n = 0;

	put_numbered(journal, 0, 5000);        /* those that still wait are among them */
	ck_assert(journal_each_answer(journal, count, &n, &err));
	ck_assert_uint_eq(n, 5000);
	n = 0;
	ck_assert(journal_each_answer(journal, count_to_ten, &n, &err));   /* nobody reads any more */
	ck_assert_uint_eq(n, 10);
	put_numbered(journal, 5000, 5010);
	journal_forget(journal);
	n = 0;
	ck_assert(journal_each_answer(journal, count, &n, &err));
	ck_assert_uint_eq(n, 0);
	put_numbered(journal, 0, 3);
	ck_assert(journal_each_answer(journal, count, &n, &err));
	ck_assert_uint_eq(n, 3);
	journal_close(&journal);
}
END_TEST

START_TEST(names_are_forgotten_for_good)
{
	struct journal *journal = open_journal();
	struct dnsname names[3];
	struct errmsg err;
	size_t n = 0;

	put_numbered(journal, 0, 100);
	put_numbered(journal, 7, 8);           /* asked twice */
	ck_assert(dnswire_name_parse(&names[0], "7.2.0.192.bl.example", NULL));
	ck_assert(dnswire_name_parse(&names[1], "99.2.0.192.bl.example", NULL));
	ck_assert(dnswire_name_parse(&names[2], "2.0.192.bl.example", NULL));
	ck_assert(journal_forget_names(journal, names, 3, &err));
	ck_assert(journal_forget_names(journal, names, 0, &err));
	ck_assert(journal_each_answer(journal, count, &n, &err));
	ck_assert_uint_eq(n, 98);
	journal_forget(journal);
	ck_assert(journal_sync(journal, &err));
	in_sqlite("CREATE TABLE none (n INTEGER CHECK (n = 0)); INSERT INTO none SELECT count(*) FROM answer; DROP TABLE none;");
	journal_close(&journal);
}
END_TEST

/* --- the queue ---------------------------------------------------------------------------------------------------- */

/* Holds up the thread of the journal. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void at_the_gate(void *ctx, const struct journal_answer *answer)
{
	(void)answer;
	*(atomic_bool *)ctx = true;
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
}

START_TEST(a_full_queue_leaves_out_and_never_waits)
{
	struct journal *journal = open_journal();
	atomic_bool arrived = false;
	struct journal_stats stats;

	put_numbered(journal, 0, 1);
	ck_assert(journal_flush(journal, PATIENCE_MS));
	pthread_mutex_lock(&gate);
	journal_load(journal, at_the_gate, &arrived);
	while (!arrived)
		sched_yield();
	put_numbered(journal, 0, 30000);
	ck_assert(!journal_flush(journal, 50));
	stats = stats_of(journal);
	ck_assert_uint_gt(stats.left_out, 1000);
	ck_assert_uint_eq(stats.queued + stats.left_out, 30001);
	pthread_mutex_unlock(&gate);
	ck_assert(journal_flush(journal, PATIENCE_MS));
	ck_assert_uint_eq(stats_of(journal).written, stats.queued);
	journal_close(&journal);
}
END_TEST

START_TEST(loading_can_be_stopped)
{
	struct journal *journal = open_journal();
	size_t n = 0, then;

	put_numbered(journal, 0, 5000);
	ck_assert(journal_flush(journal, PATIENCE_MS));
	journal_load(journal, count_loaded, &n);
	journal_load_stop(journal);
	then = n;
	put_numbered(journal, 0, 5);
	ck_assert(journal_flush(journal, PATIENCE_MS));
	ck_assert_uint_eq(n, then);
	journal_load_stop(journal);
	journal_close(&journal);
	journal = open_journal();
	journal_load(journal, count_loaded, &n);
	journal_close(&journal);               /* in the middle of it */
}
END_TEST

static atomic_size_t handed_out;

static void count_at_the_gate(void *ctx, const struct journal_answer *answer)
{
	handed_out++;
	at_the_gate(ctx, answer);
}

static void *stop_loading(void *arg)
{
	journal_load_stop(arg);
	return NULL;
}

/* Not only when all have been handed out: of many, few come after somebody wants it to end. */
START_TEST(loading_stops_early)
{
	struct journal *journal = open_journal();
	atomic_bool arrived = false;
	pthread_t stopper;

	put_numbered(journal, 0, 5000);
	ck_assert(journal_flush(journal, PATIENCE_MS));
	pthread_mutex_lock(&gate);
	journal_load(journal, count_at_the_gate, &arrived);
	while (!arrived)
		sched_yield();
	ck_assert_int_eq(pthread_create(&stopper, NULL, stop_loading, journal), 0);
	while (stats_of(journal).loading)
		sched_yield();
	pthread_mutex_unlock(&gate);
	pthread_join(stopper, NULL);
	ck_assert_uint_lt(handed_out, 2500);
	journal_close(&journal);
}
END_TEST

/* --- manual entries ----------------------------------------------------------------------------------------------- */

START_TEST(manual_entries_come_back)
{
	struct journal *journal = open_journal();
	struct errmsg err;
	struct seen seen;

	ck_assert(put_manual(journal, "192.0.2.1", "", INT64_MAX));
	ck_assert(put_manual(journal, "192.0.2.2", "go 'away'", time(NULL) + SOON_S));
	ck_assert(put_manual(journal, "2001:db8::1", "old", INT64_MAX));
	ck_assert(put_manual(journal, "2001:db8::1", "new", INT64_MAX));
	ck_assert(put_manual(journal, "192.0.2.3", "over", time(NULL) - 1));
	ck_assert(put_manual(journal, "192.0.2.4", "gone", INT64_MAX));
	ck_assert(journal_remove_kept(journal, JOURNAL_MANUAL, "192.0.2.4", &err));
	ck_assert(journal_remove_kept(journal, JOURNAL_MANUAL, "192.0.2.99", &err));
	journal_close(&journal);
	journal = open_journal();
	ck_assert_str_eq(all_manual(journal, &seen), "192.0.2.1 <> never\n192.0.2.2 <go 'away'>\n2001:db8::1 <new> never\n");
	journal_forget(journal);
	all_manual(journal, &seen);
	ck_assert_uint_eq(seen.n, 3);
	ck_assert(journal_clear_kept(journal, JOURNAL_MANUAL, &err));
	journal_close(&journal);
	journal = open_journal();
	ck_assert_str_eq(all_manual(journal, &seen), "");
	journal_close(&journal);
}
END_TEST

/* A file as version 1 made it. */
static void make_version_1(void)
{
	in_sqlite("DROP TABLE kept; CREATE TABLE manual (subject TEXT PRIMARY KEY, message TEXT NOT NULL, expires INTEGER NOT NULL)"
		  " STRICT, WITHOUT ROWID; INSERT INTO manual VALUES ('192.0.2.1', 'go', 9223372036854775807),"
		  " ('2001:db8::1', '', 4102444800); PRAGMA user_version = 1");
}

START_TEST(an_older_file_is_taken_over)
{
	struct journal *journal = open_journal();
	struct errmsg err;
	struct seen seen;

	put_numbered(journal, 0, 3);
	journal_close(&journal);
	make_version_1();
	for (int i = 0; i < 2; i++) {          /* and again, now that it is a new one */
		journal = open_journal();
		ck_assert_uint_eq(stats_of(journal).set_aside, 0);
		ck_assert_str_eq(all_manual(journal, &seen), "192.0.2.1 <go> never\n2001:db8::1 <>\n");
		load_all(journal, &seen);
		ck_assert_uint_eq(seen.n, 3);
		ck_assert(put_manual(journal, "192.0.2.1", "go", INT64_MAX));
		ck_assert(journal_put_kept(journal, &(struct journal_kept){ JOURNAL_SCREEN, "192.0.2.1", "zen", INT64_MAX }, &err));
		journal_close(&journal);
	}
}
END_TEST

START_TEST(an_older_file_without_its_tables_is_set_aside)
{
	struct journal *journal = open_journal();
	struct seen seen;

	journal_close(&journal);
	in_sqlite("DROP TABLE kept; PRAGMA user_version = 1");
	journal = open_journal();
	ck_assert_uint_eq(stats_of(journal).set_aside, 1);
	ck_assert(put_manual(journal, "192.0.2.1", "", INT64_MAX));
	ck_assert_str_eq(all_manual(journal, &seen), "192.0.2.1 <> never\n");
	journal_close(&journal);
}
END_TEST

static const char *all_screen(struct journal *journal, struct seen *seen)
{
	struct errmsg err;

	seen_init(seen);
	ck_assert_msg(journal_read_kept(journal, JOURNAL_SCREEN, see_manual, seen, &err), "%s", err.text);
	return seen->text;
}

START_TEST(what_is_queued_is_written_in_its_order)
{
	struct journal *journal = open_journal();
	struct errmsg err;
	struct seen seen;

	for (int i = 0; i < 3; i++) {
		char subject[20];

		snprintf(subject, sizeof subject, "192.0.2.%d", i);
		put_numbered(journal, i, i + 1);
		journal_queue_kept(journal, &(struct journal_kept){ JOURNAL_SCREEN, subject, "zen", INT64_MAX });
	}
	ck_assert(put_manual(journal, "192.0.2.9", "zen", INT64_MAX));
	ck_assert(journal_remove_kept(journal, JOURNAL_SCREEN, "192.0.2.1", &err));
	put_numbered(journal, 3, 5);
	journal_queue_kept(journal, &(struct journal_kept){ JOURNAL_SCREEN, "192.0.2.5", "mad", INT64_MAX });
	put_numbered(journal, 5, 6);
	journal_forget(journal);               /* the answers only, those that wait too */
	ck_assert(journal_flush(journal, PATIENCE_MS));
	ck_assert_str_eq(all_screen(journal, &seen), "192.0.2.0 <zen> never\n192.0.2.2 <zen> never\n192.0.2.5 <mad> never\n");
	load_all(journal, &seen);
	ck_assert_uint_eq(seen.n, 0);
	ck_assert(journal_purge_kept(journal, JOURNAL_SCREEN, "zen", &err));
	journal_close(&journal);
	journal = open_journal();
	ck_assert_str_eq(all_screen(journal, &seen), "192.0.2.5 <mad> never\n");
	ck_assert_str_eq(all_manual(journal, &seen), "192.0.2.9 <zen> never\n");
	journal_close(&journal);
}
END_TEST

/* --- damage ------------------------------------------------------------------------------------------------------- */

static void write_at(off_t at, const char *bytes, size_t n)
{
	int fd = open(path, O_WRONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, bytes, n, at), (ssize_t)n);
	close(fd);
}

static void make_garbage(void)
{
	static char garbage[100000];

	memset(garbage, 'x', sizeof garbage);
	ck_assert_int_eq(truncate(path, 0), 0);
	write_at(0, garbage, sizeof garbage);
}

static void make_text(void)
{
	ck_assert_int_eq(truncate(path, 0), 0);
	write_at(0, "short\n", 6);
}

static void make_empty(void)
{
	ck_assert_int_eq(truncate(path, 0), 0);
}

static void make_newer(void)
{
	in_sqlite("PRAGMA user_version = 3");
}

static void make_foreign(void)
{
	in_sqlite("PRAGMA application_id = 0");
}

static void make_tableless(void)
{
	in_sqlite("DROP TABLE kept");
}

static void make_other_columns(void)
{
	in_sqlite("ALTER TABLE answer RENAME COLUMN expires TO expired");
}

static void make_directory(void)
{
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void make_link(void)
{
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
}

static void make_fifo(void)
{
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void cut_in_page(void)
{
	ck_assert_int_eq(truncate(path, 50), 0);
}

static void break_schema(void)
{
	char noise[300];

	memset(noise, 0xa5, sizeof noise);
	write_at(100, noise, sizeof noise);
}

static void break_wal(void)
{
	char wal[160];
	FILE *file;

	snprintf(wal, sizeof wal, "%s-wal", path);
	file = fopen(wal, "w");
	ck_assert_ptr_nonnull(file);
	fputs("no log of ours", file);
	fclose(file);
}

static const struct {
	const char *what;
	void (*damage)(void);
	int set_aside;
} damages[] = {
	{ "garbage", make_garbage, 1 },
	{ "a text", make_text, 1 },
	{ "no bytes: nothing is lost that was there", make_empty, 0 },
	{ "a newer version", make_newer, 1 },
	{ "another program's", make_foreign, 1 },
	{ "a table is missing", make_tableless, 1 },
	{ "a column is missing", make_other_columns, 1 },
	{ "a directory", make_directory, 1 },
	{ "a link", make_link, 1 },
	{ "a pipe", make_fifo, 1 },
	{ "cut within its head", cut_in_page, 1 },
	{ "its schema is overwritten", break_schema, 1 },
	{ "a log that is none", break_wal, 0 },
};

START_TEST(what_is_of_no_use_is_set_aside)
{
	struct journal *journal = open_journal();
	struct seen seen;

	put_numbered(journal, 0, 2000);
	journal_close(&journal);
	damages[_i].damage();
	journal = open_journal();
	ck_assert_msg(stats_of(journal).set_aside == (unsigned)damages[_i].set_aside, "%s", damages[_i].what);
	ck_assert_int_eq(files_like(".damaged-") > 0, damages[_i].set_aside);

	/* and the new one works */
	ck_assert(put_manual(journal, "192.0.2.1", "", INT64_MAX));
	put(journal, "new.bl.example", 0x7f000003, SOON_S);
	journal_close(&journal);
	journal = open_journal();
	ck_assert_uint_eq(stats_of(journal).set_aside, 0);
	load_all(journal, &seen);
	ck_assert_int_eq(strncmp(seen.text, "new.bl.example. 1  7f000003\n", 28), 0);
	all_manual(journal, &seen);
	ck_assert_uint_eq(seen.n, 1);
	journal_close(&journal);
}
END_TEST

/* Whatever page is hit, and wherever the file ends: the daemon starts, nothing crashes, nothing nonsensical comes back, and
 * there is a store at the end. */
static void see_sense(void *ctx, const struct journal_answer *answer)
{
	++*(size_t *)ctx;
	ck_assert_uint_gt(answer->n_addrs, 0);
	ck_assert_uint_le(answer->n_addrs, ANSWER_ADDRS_MAX);
	for (size_t i = 0; i < answer->n_addrs; i++)
		ck_assert_uint_eq(answer->addr[i] >> 24, 127);
	ck_assert_uint_gt(answer->name_len, 1);
	ck_assert_uint_le(answer->name_len, DNSWIRE_NAME_MAX);
}

static void use_damaged(void)
{
	struct journal *journal = open_journal();
	struct seen seen;
	size_t n = 0;

	all_manual(journal, &seen);
	journal_load(journal, see_sense, &n);
	wait_loaded(journal);
	put_numbered(journal, 0, 100);
	if (!journal_flush(journal, PATIENCE_MS)) {   /* a batch can be what finds the damage */
		put_numbered(journal, 0, 100);
		ck_assert(journal_flush(journal, PATIENCE_MS));
	}
	ck_assert(put_manual(journal, "192.0.2.200", "", INT64_MAX));
	journal_close(&journal);
}

START_TEST(damage_anywhere_is_survived)
{
	struct journal *journal = open_journal();
	char noise[4096];
	struct stat st;

	srandom((unsigned)_i + 1);
	ck_assert(put_manual(journal, "192.0.2.1", "m", INT64_MAX));
	put_numbered(journal, 0, 3000);
	journal_close(&journal);
	ck_assert_int_eq(stat(path, &st), 0);
	for (size_t i = 0; i < sizeof noise; i++)
		noise[i] = (char)random();
	if (_i % 2 == 0)
		write_at(random() % st.st_size, noise, (size_t)(random() % (long)sizeof noise) + 1);
	else
		ck_assert_int_eq(truncate(path, random() % st.st_size), 0);
	use_damaged();
	use_damaged();
}
END_TEST

START_TEST(manual_entries_are_taken_along)
{
	struct journal *journal = open_journal();
	char noise[40000];
	struct seen seen;
	struct stat st;

	ck_assert(put_manual(journal, "192.0.2.1", "one", INT64_MAX));
	ck_assert(put_manual(journal, "192.0.2.2", "", time(NULL) + SOON_S));
	put_numbered(journal, 0, 3000);
	journal_close(&journal);
	memset(noise, 0xee, sizeof noise);
	ck_assert_int_eq(stat(path, &st), 0);
	write_at(st.st_size - (off_t)sizeof noise, noise, sizeof noise);   /* the newest answers */

	journal = open_journal();
	load_all(journal, &seen);
	ck_assert_uint_eq(stats_of(journal).set_aside, 1);
	ck_assert_int_gt(files_like(".damaged-"), 0);
	ck_assert_str_eq(all_manual(journal, &seen), "192.0.2.1 <one> never\n192.0.2.2 <>\n");
	journal_close(&journal);
}
END_TEST

START_TEST(rows_that_make_no_sense_are_skipped)
{
	struct journal *journal = open_journal();
	struct seen seen;

	put(journal, "good.bl.example", 0x7f000002, SOON_S);
	journal_close(&journal);
	in_sqlite("INSERT INTO answer (name, type, server, addresses, expires) VALUES"
		  " ('', 1, '', '127.0.0.2', 99999999999), ('a..b', 1, '', '127.0.0.2', 99999999999),"
		  " ('a.', 1, '', '127.0.0.2', 99999999999), ('a\\30', 1, '', '127.0.0.2', 99999999999),"
		  " (printf('%.300c', 'a'), 1, '', '127.0.0.2', 99999999999),"
		  " (printf('%.64c', 'a'), 1, '', '127.0.0.2', 99999999999),"
		  " (printf('%.63c.%.63c.%.63c.%.62c', 'a', 'a', 'a', 'a'), 1, '', '127.0.0.2', 99999999999),"
		  " (printf('%.63c.%.63c.%.63c.%.63c', 'a', 'a', 'a', 'a'), 1, '', '127.0.0.2', 99999999999),"
		  " ('b', 1, '', '', 99999999999), ('c', 1, '', '192.0.2.1', 99999999999),"
		  " ('d', 1, '', '127.0.0.2 127.0.0.2', 99999999999), ('e', 1, '', '127.0.0', 99999999999),"
		  " ('f', 1, '', '127.0.0.2 ', 99999999999), ('g', 1, '', '127.0.0.300', 99999999999),"
		  " ('h', 1, '', '127.0.0.2,127.0.0.3', 99999999999)");
	journal = open_journal();
	load_all(journal, &seen);
	ck_assert_str_eq(seen.text, "good.bl.example. 1  7f000002\n");
	journal_close(&journal);
}
END_TEST

/* --- no store ----------------------------------------------------------------------------------------------------- */

/* What a directory's rights forbid, root may do. */
static void become_nobody(void)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(dir, NOBODY, NOBODY), 0);
	ck_assert_int_eq(seteuid(NOBODY), 0);
}

/* The tests after this one may run in the same process. */
static void become_root_again(void)
{
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}

START_TEST(without_a_store_the_sentence_says_why)
{
	char long_name[5000], missing[128];
	struct errmsg err;

	snprintf(missing, sizeof missing, "%s/missing", dir);
	ck_assert_ptr_null(journal_open(missing, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "missing/state.db: No such file or directory"));
	memset(long_name, 'a', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	ck_assert_ptr_null(journal_open(long_name, &err));

	become_nobody();
	ck_assert_int_eq(chmod(dir, 0500), 0);
	ck_assert_ptr_null(journal_open(dir, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "Permission denied"));
	ck_assert_int_eq(chmod(dir, 0700), 0);
	become_root_again();
}
END_TEST

START_TEST(a_file_that_cannot_be_written_is_left_alone)
{
	struct journal *journal;
	struct errmsg err;

	become_nobody();
	journal = open_journal();
	journal_close(&journal);
	ck_assert_int_eq(chmod(path, 0400), 0);
	ck_assert_ptr_null(journal_open(dir, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "Permission denied"));
	ck_assert_int_eq(files_like(".damaged-"), 0);
	become_root_again();
}
END_TEST

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_full_disk_loses_answers_and_confirms_nothing)
{
	struct journal *journal = open_journal();
	struct journal_stats stats;
	struct errmsg err;
	struct seen seen;

	ck_assert(put_manual(journal, "192.0.2.1", "", INT64_MAX));
	limit_files(64 << 10);
	for (int i = 0; i < 3; i++) {
		put_numbered(journal, 0, 2000);
		ck_assert(!journal_flush(journal, PATIENCE_MS));
	}
	stats = stats_of(journal);
	ck_assert_uint_eq(stats.lost, 6000);
	ck_assert(stats.failing);
	limit_files(4096);
	ck_assert(!journal_put_kept(journal, &(struct journal_kept){ JOURNAL_MANUAL, "192.0.2.2", "", INT64_MAX }, &err));
	ck_assert_uint_gt(strlen(err.text), 5);

	limit_files(RLIM_INFINITY);
	put_numbered(journal, 0, 2000);
	ck_assert(journal_flush(journal, PATIENCE_MS));
	ck_assert(!stats_of(journal).failing);
	ck_assert_uint_eq(stats_of(journal).set_aside, 0);
	ck_assert_str_eq(all_manual(journal, &seen), "192.0.2.1 <> never\n");
	journal_close(&journal);
}
END_TEST

START_TEST(a_full_disk_is_no_reason_not_to_start)
{
	struct errmsg err = { "" };

	limit_files(0);
	ck_assert_ptr_null(journal_open(dir, &err));
	ck_assert_uint_gt(strlen(err.text), 5);
	limit_files(RLIM_INFINITY);
	ck_assert_int_eq(files_like(".damaged-"), 0);
}
END_TEST

/* --- kill -9 ------------------------------------------------------------------------------------------------------ */

/* Adds entries and answers without end, and says so after each entry. */
static void write_for_ever(int to, int first)
{
	struct journal *journal = journal_open(dir, NULL);

	if (journal == NULL)
		_exit(1);
	journal_bound(journal, 1000000);
	for (int i = first;; i++) {
		char subject[32];

		put_numbered(journal, 0, 200);
		snprintf(subject, sizeof subject, "%d", i);
		if (!put_manual(journal, subject, "", INT64_MAX) || write(to, &i, sizeof i) != sizeof i)
			_exit(1);
	}
}

static void find_confirmed(void *ctx, const struct journal_kept *entry)
{
	int *highest = ctx;
	int number = atoi(entry->subject);

	if (number > *highest)
		*highest = number;
}

/* Kills a writer at a random moment. Returns the last entry that it was told to be safe. */
static int kill_a_writer(int first)
{
	const struct timespec pause = { .tv_nsec = random() % 20000000 };
	int ends[2], confirmed = first - 1, number;
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0)
		write_for_ever(ends[1], first);
	close(ends[1]);
	nanosleep(&pause, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (read(ends[0], &number, sizeof number) == sizeof number)
		confirmed = number;
	close(ends[0]);
	return confirmed;
}

START_TEST(kill_9_loses_no_manual_entry)
{
	int confirmed = 0, n = 0;

	srandom((unsigned)time(NULL));
	for (int i = 0; i < KILLS; i++) {
		struct journal *journal;
		struct errmsg err;
		int highest = 0;
		struct seen seen;

		confirmed = kill_a_writer(confirmed + 1);
		journal = open_journal();
		ck_assert_uint_eq(stats_of(journal).set_aside, 0);
		ck_assert(journal_read_kept(journal, JOURNAL_MANUAL, find_confirmed, &highest, &err));
		ck_assert_msg(highest == confirmed || highest == confirmed + 1, "%d of %d", highest, confirmed);
		all_manual(journal, &seen);
		ck_assert_uint_eq(seen.n, (size_t)highest);
		journal_close(&journal);
		n += highest > 0;
		confirmed = highest;
	}
	ck_assert_int_gt(n, 0);
}
END_TEST

Suite *journal_suite(void)
{
	Suite *suite = suite_create("journal");
	TCase *tcase = tcase_create("journal");
	TCase *damage = tcase_create("damage"), *kills = tcase_create("kills");

	tcase_add_checked_fixture(tcase, make_dir, remove_dir);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, answers_come_back_newest_first);
	tcase_add_test(tcase, the_longest_names_come_back);
	tcase_add_test(tcase, what_has_expired_does_not);
	tcase_add_test(tcase, the_file_does_not_grow_without_end);
	tcase_add_test(tcase, nothing_is_written_at_a_bound_of_0);
	tcase_add_test(tcase, nobody_else_can_read_it);
	tcase_add_test(tcase, all_answers_stream_while_others_are_written);
	tcase_add_test(tcase, names_are_forgotten_for_good);
	tcase_add_test(tcase, a_full_queue_leaves_out_and_never_waits);
	tcase_add_test(tcase, loading_can_be_stopped);
	tcase_add_test(tcase, loading_stops_early);
	tcase_add_test(tcase, manual_entries_come_back);
	tcase_add_test(tcase, an_older_file_is_taken_over);
	tcase_add_test(tcase, an_older_file_without_its_tables_is_set_aside);
	tcase_add_test(tcase, what_is_queued_is_written_in_its_order);
	suite_add_tcase(suite, tcase);

	tcase_add_checked_fixture(damage, make_dir, remove_dir);
	tcase_set_timeout(damage, 60);
	tcase_add_loop_test(damage, what_is_of_no_use_is_set_aside, 0, ROWS(damages));
	tcase_add_loop_test(damage, damage_anywhere_is_survived, 0, 30);
	tcase_add_test(damage, manual_entries_are_taken_along);
	tcase_add_test(damage, rows_that_make_no_sense_are_skipped);
	tcase_add_test(damage, without_a_store_the_sentence_says_why);
	tcase_add_test(damage, a_file_that_cannot_be_written_is_left_alone);
	tcase_add_test(damage, a_full_disk_loses_answers_and_confirms_nothing);
	tcase_add_test(damage, a_full_disk_is_no_reason_not_to_start);
	suite_add_tcase(suite, damage);

	tcase_add_checked_fixture(kills, make_dir, remove_dir);
	tcase_set_timeout(kills, 300);
	tcase_add_test(kills, kill_9_loses_no_manual_entry);
	suite_add_tcase(suite, kills);
	return suite;
}
