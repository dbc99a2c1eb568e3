/* Entries that outlive a restart. Positive answers, and what mail itself adds to what is kept, are written behind, in batches, by
 * a thread of the journal's own: who hands one over never waits for the disk, and a kill -9 loses those of the last second or
 * two. What an administrator adds is on the disk before the call returns.
 * Where there is no store - no directory, a disk that is full, a file that cannot be written - the daemon works without it,
 * and the log says so once. A damaged file is set aside, and told (journaldb.h).
 * Time:    expiry is of the wall clock, since the steady one begins anew with the machine.
 * Bound:   JOURNAL_QUEUE_BYTES of what waits; what does not fit is left out, counted, and told once a minute.
 * Threads: everything but open and close from any. */
#ifndef COMMON_JOURNAL_H
#define COMMON_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/errmsg.h"
#include "common/journaldb.h"

enum {
	JOURNAL_QUEUE_BYTES = 512 << 10,
	JOURNAL_BATCH_MS = 1000,         /* how long an answer waits for others */
};

struct journal;

/* Opens STATE_DIR/state.db and starts the thread. NULL: `err` says why, and everything works without. */
struct journal *journal_open(const char *state_dir, struct errmsg *err);
/* Writes what waits and ends the thread. Nobody may use it any more. Sets *journal to NULL; NULL inside is fine. */
void journal_close(struct journal **journal);

/* How many answers are kept: the newest of them. 0 (the beginning): none, and nothing is written. */
void journal_bound(struct journal *journal, size_t max_answers);
/* Queues a copy of the answer. Never waits. */
void journal_put(struct journal *journal, const struct journal_answer *answer);
/* True: what was queued before is written. False: it is not, `timeout_ms` are over or the disk did not take it. */
bool journal_flush(struct journal *journal, int timeout_ms);

/* Begins to hand out the answers of earlier runs to `fn`, newest first, on the journal's thread, and returns at once. What
 * has expired is left out. */
void journal_load(struct journal *journal, journal_answer_fn *fn, void *ctx);
/* Ends that early: when it returns, `fn` is not called any more. Harmless when nothing is being loaded. */
void journal_load_stop(struct journal *journal);

/* False: enough, no more answers are wanted. */
typedef bool journal_each_fn(void *ctx, const struct journal_answer *answer);
/* Hands out all answers that are kept and fresh, newest first, on the caller's thread, which may be slow: nothing is held
 * up meanwhile. A name that was asked twice may come twice: the first is the one that counts. False: `err` says why it ended
 * early. */
bool journal_each_answer(struct journal *journal, journal_each_fn *fn, void *ctx, struct errmsg *err);
/* Deletes all answers, those that wait too; the end of a load that is under way. Never waits. */
void journal_forget(struct journal *journal);
/* Waits until what was asked for before - journal_forget() say - was done. False: the store is lost, `err` says so. */
bool journal_sync(struct journal *journal, struct errmsg *err);
/* Deletes the answers to these names, and waits for it. False: `err` says why. */
bool journal_forget_names(struct journal *journal, const struct dnsname *names, size_t n, struct errmsg *err);

/* Queues a copy of the entry, to be put in place of the subject's. Never waits. A request below that comes later finds it
 * written. */
void journal_queue_kept(struct journal *journal, const struct journal_kept *entry);

/* These wait for the disk: for an administrator's requests, not for mail. True: it is done and will outlast a power
 * failure. False: nothing has changed, `err` says why. */
bool journal_put_kept(struct journal *journal, const struct journal_kept *entry, struct errmsg *err);
bool journal_remove_kept(struct journal *journal, enum journal_kind kind, const char *subject, struct errmsg *err);
bool journal_clear_kept(struct journal *journal, enum journal_kind kind, struct errmsg *err);
bool journal_purge_kept(struct journal *journal, enum journal_kind kind, const char *text, struct errmsg *err);
/* All that have not expired. `fn` is called on the journal's thread while the caller waits, and may not call the journal. */
bool journal_read_kept(struct journal *journal, enum journal_kind kind, journal_kept_fn *fn, void *ctx, struct errmsg *err);

struct journal_stats {
	unsigned long long queued, written;
	unsigned long long left_out;         /* the queue was full */
	unsigned long long lost;             /* the disk did not take them */
	unsigned long long loaded;           /* handed out by journal_load() */
	unsigned long long set_aside;        /* damaged files */
	bool loading;
	bool failing;                        /* the last batch could not be written */
};
void journal_stats(struct journal *journal, struct journal_stats *out);

#endif
