/* journal: entries that outlive a restart.
 * The thread does one thing at a time, what somebody waits for first: requests, then a batch that is due, then the next rows
 * of what is being loaded. Only it touches the file. */
#include "common/journal.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/answer.h"
#include "common/dnswire.h"
#include "common/log.h"
#include "common/monotime.h"
#include "common/thread.h"

enum {
	LOAD_ROWS = 1000,            /* between looks at what else is to be done: a few milliseconds */
	EACH_ROWS = 200,             /* copied at a time for journal_each_answer() */
	TEXT_BYTES = 64,             /* of a server, of a kept entry that is queued */
	TIDY_ROWS = 2000,            /* looked at after each batch, beside two for each answer written */
	TELL_AGAIN_S = 60,
};

/* What waits in the queue. Behind it lie an answer's addresses, its name and its server's text, or a kept entry's subject and
 * its text. */
struct queued {
	int64_t expires_s;
	uint16_t type;               /* of the question; enum journal_kind */
	uint8_t n_addrs, name_len, text_len;
	bool kept;                   /* an entry that is kept, no answer */
};

struct queue {
	char *bytes;                 /* JOURNAL_QUEUE_BYTES */
	size_t used, n;
};

/* What a caller waits for; on his stack. */
struct request {
	bool (*work)(struct journaldb *db, void *ctx);
	void *ctx;
	struct errmsg *err;
	bool done, ok;
	struct request *next;
};

struct journal {
	pthread_t thread;
	struct journaldb *db;        /* the thread's; NULL: lost for good */
	struct queue writing;        /* the thread's, and so are these */
	unsigned long long told_left_out, lost_since, loaded;
	bool failing;
	pthread_mutex_t mutex;       /* guards everything below */
	pthread_cond_t changed, done;   /* for the thread, and for those who wait for it; on the steady clock */
	struct queue waiting;
	struct monotime due;         /* when the queue is written at the latest */
	bool flush, forget, stop;
	struct request *requests, **requests_end;
	journal_answer_fn *load;     /* NULL: nothing is being loaded */
	void *load_ctx;
	int64_t load_cursor;
	bool load_calls;             /* `load` is being called right now */
	size_t max_answers;
	struct journal_stats stats;
};

/* --- the queue ---------------------------------------------------------------------------------------------------- */

static void queue_append(struct queue *queue, const void *bytes, size_t n)
{
	memcpy(queue->bytes + queue->used, bytes, n);
	queue->used += n;
}

static size_t bytes_behind(const struct queued *head)
{
	return head->n_addrs * sizeof(uint32_t) + head->name_len + head->text_len;
}

static bool queue_add(struct queue *queue, const struct queued *head, const uint32_t *addr, const void *name, const char *text)
{
	if (queue->used + sizeof *head + bytes_behind(head) > JOURNAL_QUEUE_BYTES)
		return false;
	queue_append(queue, head, sizeof *head);
	if (head->n_addrs > 0)
		queue_append(queue, addr, head->n_addrs * sizeof addr[0]);
	queue_append(queue, name, head->name_len);
	queue_append(queue, text, head->text_len);
	queue->n++;
	return true;
}

static bool queue_add_answer(struct queue *queue, const struct journal_answer *answer)
{
	struct queued head = { .expires_s = answer->expires_s, .type = answer->type, .n_addrs = (uint8_t)answer->n_addrs,
			       .name_len = (uint8_t)answer->name_len,
			       .text_len = (uint8_t)strnlen(answer->server, TEXT_BYTES - 1) };

	return queue_add(queue, &head, answer->addr, answer->name, answer->server);
}

static bool queue_add_kept(struct queue *queue, const struct journal_kept *entry)
{
	struct queued head = { .expires_s = entry->expires_s, .type = (uint16_t)entry->kind, .kept = true,
			       .name_len = (uint8_t)strnlen(entry->subject, TEXT_BYTES - 1),
			       .text_len = (uint8_t)strnlen(entry->text, TEXT_BYTES - 1) };

	return queue_add(queue, &head, NULL, entry->subject, entry->text);
}

static const char *take(const char **at, void *out, size_t n)
{
	const char *bytes = *at;

	if (out != NULL)
		memcpy(out, bytes, n);
	*at += n;
	return bytes;
}

static bool write_answer(struct journaldb *db, const struct queued *head, const char *behind)
{
	uint32_t addr[ANSWER_ADDRS_MAX];
	char server[TEXT_BYTES] = "";
	struct journal_answer answer = { .addr = addr, .server = server, .name_len = head->name_len, .n_addrs = head->n_addrs,
					 .type = head->type, .expires_s = head->expires_s };

	take(&behind, addr, head->n_addrs * sizeof addr[0]);
	answer.name = (const uint8_t *)take(&behind, NULL, head->name_len);
	take(&behind, server, head->text_len);
	return journaldb_put_answer(db, &answer);
}

static bool write_kept(struct journaldb *db, const struct queued *head, const char *behind)
{
	char subject[TEXT_BYTES] = "", text[TEXT_BYTES] = "";

	take(&behind, subject, head->name_len);
	take(&behind, text, head->text_len);
	return journaldb_add_kept(db, &(struct journal_kept){ head->type, subject, text, head->expires_s });
}

/* Writes the next one of the queue, and moves *at behind it. */
static bool queue_write(struct journaldb *db, const char **at)
{
	struct queued head;
	const char *behind;

	take(at, &head, sizeof head);
	behind = take(at, NULL, bytes_behind(&head));
	return head.kept ? write_kept(db, &head, behind) : write_answer(db, &head, behind);
}

/* What is kept stays. Returns how many answers there were. */
static size_t queue_drop_answers(struct queue *queue)
{
	const struct queue old = *queue;
	const char *at = old.bytes;

	queue->used = queue->n = 0;
	for (size_t i = 0; i < old.n; i++) {
		const char *begin = at;
		struct queued head;

		take(&at, &head, sizeof head);
		take(&at, NULL, bytes_behind(&head));
		if (!head.kept)
			continue;
		memmove(queue->bytes + queue->used, begin, (size_t)(at - begin));
		queue->used += (size_t)(at - begin);
		queue->n++;
	}
	return old.n - queue->n;
}

static bool write_all(struct journaldb *db, const struct queue *queue, size_t max_answers)
{
	const char *at = queue->bytes;

	if (!journaldb_begin(db))
		return false;
	for (size_t i = 0; i < queue->n; i++)
		if (!queue_write(db, &at))
			return false;
	return journaldb_tidy(db, time(NULL), (int64_t)max_answers, TIDY_ROWS + 2 * (int64_t)queue->n) && journaldb_commit(db);
}

/* --- the thread --------------------------------------------------------------------------------------------------- */

static void tell_set_aside(const struct errmsg *set_aside)
{
	log_error("state_dir: the store is damaged and set aside: %s; a new one is begun, and answers are learned anew",
		  set_aside->text);
}

/* After a fault: where the file itself is damaged, another one takes its place. */
static void look_after(struct journal *journal)
{
	struct errmsg set_aside, err;
	bool lives;

	if (!journaldb_fault(journal->db).damaged)
		return;
	lives = journaldb_replace(&journal->db, &set_aside, &err);
	if (set_aside.text[0] != '\0')
		tell_set_aside(&set_aside);
	if (!lives)
		log_error("state_dir: from now on nothing outlives a restart: %s", err.text);
	pthread_mutex_lock(&journal->mutex);
	journal->stats.set_aside++;
	pthread_mutex_unlock(&journal->mutex);
}

/* Told when it begins and when it is over: a disk can be full for days. */
static void tell_written(struct journal *journal, bool ok, size_t n, const char *why)
{
	if (!ok && !journal->failing)
		log_error("state_dir: answers cannot be written: %s; mail flows as ever, and a restart will ask again", why);
	if (ok && journal->failing)
		log_info("state_dir: answers are written again (%llu were lost)", journal->lost_since);
	journal->failing = !ok;
	journal->lost_since = ok ? 0 : journal->lost_since + n;
}

static void tell_left_out(struct journal *journal, unsigned long long left_out)
{
	static struct log_once once;
	long long unused;

	if (left_out == journal->told_left_out || !log_once_in(&once, TELL_AGAIN_S, &unused))
		return;
	log_warning("state_dir: the disk is too slow for the answers that come in: %llu will be asked again after a restart",
		    left_out - journal->told_left_out);
	journal->told_left_out = left_out;
}

static bool write_or_replace(struct journal *journal, size_t max_answers, struct errmsg *why)
{
	if (journal->db == NULL) {
		errmsg_set(why, "there is no store any more");
		return false;
	}
	if (write_all(journal->db, &journal->writing, max_answers))
		return true;
	errmsg_set(why, "%s", journaldb_fault(journal->db).text);
	journaldb_rollback(journal->db);
	look_after(journal);
	return false;
}

/* Writes what waits. The mutex is held at the beginning and at the end; nothing is written or told under it. */
static void write_waiting(struct journal *journal)
{
	struct queue waiting = journal->waiting;
	size_t max_answers = journal->max_answers;
	unsigned long long left_out = journal->stats.left_out;
	struct errmsg why;
	bool ok;

	journal->waiting = journal->writing;
	journal->writing = waiting;
	journal->flush = false;
	pthread_mutex_unlock(&journal->mutex);
	ok = write_or_replace(journal, max_answers, &why);
	tell_written(journal, ok, waiting.n, why.text);
	tell_left_out(journal, left_out);
	journal->writing.used = journal->writing.n = 0;
	pthread_mutex_lock(&journal->mutex);
	if (ok)
		journal->stats.written += waiting.n;
	else
		journal->stats.lost += waiting.n;
	journal->stats.failing = !ok;
	pthread_cond_broadcast(&journal->done);
}

/* The mutex is held at the beginning and at the end. */
static void forget_all(struct journal *journal)
{
	journal->forget = false;
	journal->load = NULL;
	journal->stats.loading = false;
	pthread_mutex_unlock(&journal->mutex);
	if (journal->db != NULL && !journaldb_clear_answers(journal->db)) {
		log_error("state_dir: answers cannot be deleted: %s", journaldb_fault(journal->db).text);
		look_after(journal);
	}
	pthread_mutex_lock(&journal->mutex);
}

/* A damaged file does not keep us from doing it: the next one is new. */
static bool do_work(struct journal *journal, struct request *request)
{
	for (int tries = 0; tries < 2 && journal->db != NULL; tries++) {
		struct journaldb_fault fault;

		if (request->work(journal->db, request->ctx))
			return true;
		fault = journaldb_fault(journal->db);
		errmsg_set(request->err, "%s", fault.text);
		if (!fault.damaged)
			return false;
		look_after(journal);
	}
	if (journal->db == NULL)
		errmsg_set(request->err, "there is no store any more");
	return false;
}

/* The mutex is held at the beginning and at the end. */
static void serve_request(struct journal *journal)
{
	struct request *request = journal->requests;

	journal->requests = request->next;
	if (journal->requests == NULL)
		journal->requests_end = &journal->requests;
	if (journal->forget)
		forget_all(journal);
	if (journal->waiting.n > 0)
		write_waiting(journal);        /* what came before it is written before it */
	pthread_mutex_unlock(&journal->mutex);
	request->ok = do_work(journal, request);
	pthread_mutex_lock(&journal->mutex);
	request->done = true;
	pthread_cond_broadcast(&journal->done);
}

static void count_loaded(void *ctx, const struct journal_answer *answer)
{
	struct journal *journal = ctx;

	journal->load(journal->load_ctx, answer);
	journal->loaded++;
}

/* Hands out the next rows. The mutex is held at the beginning and at the end; `load` changes only when it is not being
 * called. */
static void load_some(struct journal *journal)
{
	bool ok;

	journal->load_calls = true;
	pthread_mutex_unlock(&journal->mutex);
	ok = journal->db != NULL &&
	     journaldb_read_answers(journal->db, &journal->load_cursor, LOAD_ROWS, time(NULL), count_loaded, journal);
	if (ok && journal->load_cursor == 0) {
		log_info("state_dir: %llu answers are known from before", journal->loaded);
	} else if (!ok && journal->db != NULL) {
		log_error("state_dir: answers cannot be read: %s", journaldb_fault(journal->db).text);
		look_after(journal);
	}
	pthread_mutex_lock(&journal->mutex);
	journal->stats.loaded = journal->loaded;
	journal->load_calls = false;
	if (!ok || journal->load_cursor == 0) {
		journal->load = NULL;
		journal->stats.loading = false;
	}
	pthread_cond_broadcast(&journal->done);
}

static bool is_due(const struct journal *journal)
{
	return journal->waiting.n > 0 && (journal->flush || journal->stop || journal->waiting.used > JOURNAL_QUEUE_BYTES / 2 ||
					  monotime_reached(monotime_now(), journal->due));
}

static void wait_for_work(struct journal *journal)
{
	struct timespec due = monotime_timespec(journal->due);

	if (journal->waiting.n > 0)
		pthread_cond_timedwait(&journal->changed, &journal->mutex, &due);
	else
		pthread_cond_wait(&journal->changed, &journal->mutex);
}

static void *run(void *arg)
{
	struct journal *journal = arg;

	pthread_mutex_lock(&journal->mutex);
	for (;;) {
		if (journal->requests != NULL)
			serve_request(journal);
		else if (journal->forget)
			forget_all(journal);
		else if (is_due(journal))
			write_waiting(journal);
		else if (journal->stop)
			break;
		else if (journal->stats.loading)
			load_some(journal);
		else
			wait_for_work(journal);
	}
	pthread_mutex_unlock(&journal->mutex);
	return NULL;
}

/* --- opening and closing ------------------------------------------------------------------------------------------ */

static bool queues_init(struct journal *journal)
{
	journal->waiting.bytes = malloc(JOURNAL_QUEUE_BYTES);
	journal->writing.bytes = malloc(JOURNAL_QUEUE_BYTES);
	return journal->waiting.bytes != NULL && journal->writing.bytes != NULL;
}

static void journal_free(struct journal *journal)
{
	journaldb_close(&journal->db);
	free(journal->waiting.bytes);
	free(journal->writing.bytes);
	pthread_cond_destroy(&journal->changed);
	pthread_cond_destroy(&journal->done);
	pthread_mutex_destroy(&journal->mutex);
	free(journal);
}

static struct journal *journal_new(void)
{
	struct journal *journal = calloc(1, sizeof *journal);
	pthread_condattr_t attr;

	if (journal == NULL)
		return NULL;
	journal->requests_end = &journal->requests;
	pthread_mutex_init(&journal->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&journal->changed, &attr);
	pthread_cond_init(&journal->done, &attr);
	pthread_condattr_destroy(&attr);
	return journal;
}

struct journal *journal_open(const char *state_dir, struct errmsg *err)
{
	struct journal *journal = journal_new();
	struct errmsg set_aside = { "" };
	int status;

	if (journal == NULL || !queues_init(journal)) {
		errmsg_set(err, "out of memory");
		goto fail;
	}
	journal->db = journaldb_open(state_dir, &set_aside, err);
	if (set_aside.text[0] != '\0') {
		tell_set_aside(&set_aside);
		journal->stats.set_aside++;
	}
	if (journal->db == NULL)
		goto fail;
	status = thread_start(&journal->thread, run, journal);
	if (status == 0)
		return journal;
	errmsg_set(err, "its thread cannot be started: %s", strerror(status));
fail:
	if (journal != NULL)
		journal_free(journal);
	return NULL;
}

void journal_close(struct journal **journal)
{
	struct journal *j = *journal;

	*journal = NULL;
	if (j == NULL)
		return;
	pthread_mutex_lock(&j->mutex);
	j->stop = true;
	pthread_cond_signal(&j->changed);
	pthread_mutex_unlock(&j->mutex);
	pthread_join(j->thread, NULL);
	journal_free(j);
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

void journal_bound(struct journal *journal, size_t max_answers)
{
	pthread_mutex_lock(&journal->mutex);
	journal->max_answers = max_answers;
	pthread_mutex_unlock(&journal->mutex);
}

/* The thread sleeps until the first is due, or until there is much to write. With the mutex held. */
static void note_queued(struct journal *journal, bool queued)
{
	if (!queued) {
		journal->stats.left_out++;
		return;
	}
	journal->stats.queued++;
	if (journal->waiting.n == 1)
		journal->due = monotime_add(monotime_now(), (int64_t)JOURNAL_BATCH_MS * 1000);
	if (journal->waiting.n == 1 || journal->waiting.used > JOURNAL_QUEUE_BYTES / 2)
		pthread_cond_signal(&journal->changed);
}

void journal_put(struct journal *journal, const struct journal_answer *answer)
{
	if (answer->n_addrs == 0 || answer->n_addrs > ANSWER_ADDRS_MAX || answer->name_len > DNSWIRE_NAME_MAX)
		return;
	pthread_mutex_lock(&journal->mutex);
	if (journal->max_answers > 0)
		note_queued(journal, queue_add_answer(&journal->waiting, answer));
	pthread_mutex_unlock(&journal->mutex);
}

void journal_queue_kept(struct journal *journal, const struct journal_kept *entry)
{
	pthread_mutex_lock(&journal->mutex);
	note_queued(journal, queue_add_kept(&journal->waiting, entry));
	pthread_mutex_unlock(&journal->mutex);
}

void journal_forget(struct journal *journal)
{
	pthread_mutex_lock(&journal->mutex);
	journal->stats.queued -= queue_drop_answers(&journal->waiting);
	journal->forget = true;
	pthread_cond_signal(&journal->changed);
	pthread_mutex_unlock(&journal->mutex);
}

bool journal_flush(struct journal *journal, int timeout_ms)
{
	struct timespec until = monotime_timespec(monotime_add(monotime_now(), (int64_t)timeout_ms * 1000));
	unsigned long long target, lost;
	int timed_out = 0;
	bool ok;

	pthread_mutex_lock(&journal->mutex);
	target = journal->stats.queued;
	lost = journal->stats.lost;
	journal->flush = true;
	pthread_cond_signal(&journal->changed);
	while (journal->stats.written + journal->stats.lost < target && timed_out == 0)
		timed_out = pthread_cond_timedwait(&journal->done, &journal->mutex, &until);
	ok = journal->stats.written + journal->stats.lost >= target && journal->stats.lost == lost;
	pthread_mutex_unlock(&journal->mutex);
	return ok;
}

void journal_load(struct journal *journal, journal_answer_fn *fn, void *ctx)
{
	pthread_mutex_lock(&journal->mutex);
	if (journal->load == NULL) {
		journal->load = fn;
		journal->load_ctx = ctx;
		journal->load_cursor = INT64_MAX;
		journal->stats.loading = true;
		pthread_cond_signal(&journal->changed);
	}
	pthread_mutex_unlock(&journal->mutex);
}

void journal_load_stop(struct journal *journal)
{
	pthread_mutex_lock(&journal->mutex);
	journal->stats.loading = false;
	while (journal->load_calls)
		pthread_cond_wait(&journal->done, &journal->mutex);
	journal->load = NULL;
	pthread_mutex_unlock(&journal->mutex);
}

/* --- requests ----------------------------------------------------------------------------------------------------- */

/* Has the thread do it, and waits. */
static bool ask(struct journal *journal, bool (*work)(struct journaldb *db, void *ctx), void *ctx, struct errmsg *err)
{
	struct request request = { .work = work, .ctx = ctx, .err = err };

	pthread_mutex_lock(&journal->mutex);
	*journal->requests_end = &request;
	journal->requests_end = &request.next;
	pthread_cond_signal(&journal->changed);
	while (!request.done)
		pthread_cond_wait(&journal->done, &journal->mutex);
	pthread_mutex_unlock(&journal->mutex);
	return request.ok;
}

/* Copies of answers, since the thread goes on while the caller looks at them. */
struct copies {
	int64_t cursor, now_s;
	size_t n;
	struct copy {
		struct journal_answer answer;
		uint8_t name[DNSWIRE_NAME_MAX];
		uint32_t addr[ANSWER_ADDRS_MAX];
		char server[TEXT_BYTES];
	} copy[EACH_ROWS];
};

static void copy_one(void *ctx, const struct journal_answer *answer)
{
	struct copies *copies = ctx;
	struct copy *copy = &copies->copy[copies->n++];

	copy->answer = *answer;
	memcpy(copy->name, answer->name, answer->name_len);
	memcpy(copy->addr, answer->addr, answer->n_addrs * sizeof copy->addr[0]);
	snprintf(copy->server, sizeof copy->server, "%s", answer->server);
	copy->answer.name = copy->name;
	copy->answer.addr = copy->addr;
	copy->answer.server = copy->server;
}

static bool do_copy(struct journaldb *db, void *ctx)
{
	struct copies *copies = ctx;

	copies->n = 0;
	return journaldb_read_answers(db, &copies->cursor, EACH_ROWS, copies->now_s, copy_one, copies);
}

bool journal_each_answer(struct journal *journal, journal_each_fn *fn, void *ctx, struct errmsg *err)
{
	struct copies *copies = malloc(sizeof *copies);
	bool ok = true, more = true;

	if (copies == NULL) {
		errmsg_set(err, "out of memory");
		return false;
	}
	copies->cursor = INT64_MAX;
	while (ok && more && copies->cursor > 0) {
		copies->now_s = time(NULL);
		ok = ask(journal, do_copy, copies, err);
		for (size_t i = 0; ok && more && i < copies->n; i++)
			more = fn(ctx, &copies->copy[i].answer);
	}
	free(copies);
	return ok;
}

static bool do_put(struct journaldb *db, void *ctx)
{
	return journaldb_put_kept(db, ctx);
}

struct names {
	const struct dnsname *name;
	size_t n;
};

static bool do_forget_names(struct journaldb *db, void *ctx)
{
	const struct names *names = ctx;

	return journaldb_remove_answers(db, names->name, names->n);
}

bool journal_forget_names(struct journal *journal, const struct dnsname *names, size_t n, struct errmsg *err)
{
	struct names all = { names, n };

	return ask(journal, do_forget_names, &all, err);
}

static bool do_nothing(struct journaldb *db, void *ctx)
{
	(void)db;
	(void)ctx;
	return true;
}

bool journal_sync(struct journal *journal, struct errmsg *err)
{
	return ask(journal, do_nothing, NULL, err);
}

bool journal_put_kept(struct journal *journal, const struct journal_kept *entry, struct errmsg *err)
{
	struct journal_kept copy = *entry;

	return ask(journal, do_put, &copy, err);
}

static bool do_remove(struct journaldb *db, void *ctx)
{
	const struct journal_kept *entry = ctx;

	return journaldb_remove_kept(db, entry->kind, entry->subject);
}

bool journal_remove_kept(struct journal *journal, enum journal_kind kind, const char *subject, struct errmsg *err)
{
	struct journal_kept which = { .kind = kind, .subject = subject };

	return ask(journal, do_remove, &which, err);
}

static bool do_clear(struct journaldb *db, void *ctx)
{
	return journaldb_clear_kept(db, *(const enum journal_kind *)ctx);
}

bool journal_clear_kept(struct journal *journal, enum journal_kind kind, struct errmsg *err)
{
	return ask(journal, do_clear, &kind, err);
}

static bool do_purge(struct journaldb *db, void *ctx)
{
	const struct journal_kept *entry = ctx;

	return journaldb_purge_kept(db, entry->kind, entry->text);
}

bool journal_purge_kept(struct journal *journal, enum journal_kind kind, const char *text, struct errmsg *err)
{
	struct journal_kept which = { .kind = kind, .text = text };

	return ask(journal, do_purge, &which, err);
}

struct reading {
	enum journal_kind kind;
	journal_kept_fn *fn;
	void *ctx;
};

static bool do_read(struct journaldb *db, void *ctx)
{
	const struct reading *reading = ctx;

	return journaldb_read_kept(db, reading->kind, time(NULL), reading->fn, reading->ctx);
}

bool journal_read_kept(struct journal *journal, enum journal_kind kind, journal_kept_fn *fn, void *ctx, struct errmsg *err)
{
	struct reading reading = { kind, fn, ctx };

	return ask(journal, do_read, &reading, err);
}

void journal_stats(struct journal *journal, struct journal_stats *out)
{
	pthread_mutex_lock(&journal->mutex);
	*out = journal->stats;
	pthread_mutex_unlock(&journal->mutex);
}
