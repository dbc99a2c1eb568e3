/* The file behind the journal: one sqlite database, STATE_DIR/state.db, that an administrator can look into. The only home
 * of sqlite. Crash-safe (a write-ahead log beside the file); readable by its owner alone, since the names of questions can
 * hold the key of a private zone.
 * A file that is no store of ours, is damaged or was written by a newer version is set aside under another name and a new
 * one is begun; kept entries are taken along where they can still be read. One of an older version is brought up to date.
 * Threads: one at a time.   Nothing is logged here: errors come back as sentences.
 * See: sqlite.org/wal.html, sqlite.org/pragma.html (application_id, user_version). */
#ifndef COMMON_JOURNALDB_H
#define COMMON_JOURNALDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/dnswire.h"
#include "common/errmsg.h"

enum { JOURNALDB_KEPT_MAX = 100000 };   /* kept entries of one kind */

/* A positive answer of the DNS. Borrowed for the call, in both directions. */
struct journal_answer {
	const uint8_t *name;         /* wire form in lower case */
	size_t name_len;
	uint16_t type;
	const char *server;          /* which servers were asked: "" the usual ones */
	const uint32_t *addr;        /* host order */
	size_t n_addrs;              /* 1 to ANSWER_ADDRS_MAX */
	int64_t expires_s;           /* of the wall clock, which goes on while we do not run */
};

enum journal_kind { JOURNAL_MANUAL, JOURNAL_SCREEN, JOURNAL_KINDS };
/* "manual", "screen": the words in the file. Static. */
const char *journal_kind_word(enum journal_kind kind);

/* An entry that is kept until its time is over or somebody takes it out: one for each subject of a kind. Borrowed likewise. */
struct journal_kept {
	enum journal_kind kind;
	const char *subject;         /* an address as text */
	const char *text;            /* what it says depends on the kind; "": nothing */
	int64_t expires_s;           /* of the wall clock; INT64_MAX: never */
};

struct journaldb;

/* `set_aside`: when an old file had to go, one sentence on why and under which name; else "". NULL: there is no store, `err`
 * says why. */
struct journaldb *journaldb_open(const char *state_dir, struct errmsg *set_aside, struct errmsg *err);
void journaldb_close(struct journaldb **db);   /* sets *db to NULL; NULL inside is fine */

/* Every function below: false is an error, and journaldb_fault() tells it. */
struct journaldb_fault {
	bool damaged;                /* the file is: journaldb_replace() it */
	const char *text;            /* until the next call */
};
struct journaldb_fault journaldb_fault(const struct journaldb *db);

/* Sets the file aside and begins a new one with the kept entries that can still be read. False: there is no store any
 * more, *db is NULL, `err` says why; `set_aside` is as above. */
bool journaldb_replace(struct journaldb **db, struct errmsg *set_aside, struct errmsg *err);

/* What lies between is written whole or not at all. */
bool journaldb_begin(struct journaldb *db);
bool journaldb_commit(struct journaldb *db);
void journaldb_rollback(struct journaldb *db);

bool journaldb_put_answer(struct journaldb *db, const struct journal_answer *answer);
/* Deletes answers beyond the newest `max_rows`, and among a stretch of `work` rows those that have expired: called after
 * some writing, it goes round and round. */
bool journaldb_tidy(struct journaldb *db, int64_t now_s, int64_t max_rows, int64_t work);
bool journaldb_clear_answers(struct journaldb *db);
/* Deletes what is kept of these names: one walk over all answers. */
bool journaldb_remove_answers(struct journaldb *db, const struct dnsname *names, size_t n);

typedef void journal_answer_fn(void *ctx, const struct journal_answer *answer);
/* Hands out, newest first, at most `max_rows` answers that are older than *cursor (begin with INT64_MAX) and have not
 * expired, and moves the cursor; it is 0 when there are no more. What does not make sense is skipped. */
bool journaldb_read_answers(struct journaldb *db, int64_t *cursor, int max_rows, int64_t now_s, journal_answer_fn *fn,
			    void *ctx);

/* Between begin and commit: adds the entry, or puts it in place of the subject's. */
bool journaldb_add_kept(struct journaldb *db, const struct journal_kept *entry);
/* On the disk when they return true, even if the power fails. */
bool journaldb_put_kept(struct journaldb *db, const struct journal_kept *entry);
bool journaldb_remove_kept(struct journaldb *db, enum journal_kind kind, const char *subject);
bool journaldb_clear_kept(struct journaldb *db, enum journal_kind kind);
/* All that have this text. */
bool journaldb_purge_kept(struct journaldb *db, enum journal_kind kind, const char *text);

typedef void journal_kept_fn(void *ctx, const struct journal_kept *entry);
/* All of the kind that have not expired; the others are deleted. */
bool journaldb_read_kept(struct journaldb *db, enum journal_kind kind, int64_t now_s, journal_kept_fn *fn, void *ctx);

#endif
