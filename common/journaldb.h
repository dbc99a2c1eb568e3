/* The file behind the journal: one sqlite database, STATE_DIR/state.db, that an administrator can look into. The only home
 * of sqlite. Crash-safe (a write-ahead log beside the file); readable by its owner alone, since the names of questions can
 * hold the key of a private zone.
 * A file that is no store of ours, is damaged or was written by a newer version is set aside under another name and a new
 * one is begun; its manual entries are taken along where they can still be read.
 * Threads: one at a time.   Nothing is logged here: errors come back as sentences.
 * See: sqlite.org/wal.html, sqlite.org/pragma.html (application_id, user_version). */
#ifndef COMMON_JOURNALDB_H
#define COMMON_JOURNALDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/errmsg.h"

enum { JOURNALDB_MANUAL_MAX = 100000 };   /* manual entries */

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

/* What was added by hand. Borrowed likewise. */
struct journal_manual {
	const char *subject;         /* an address as text */
	const char *message;         /* "": none of its own */
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

/* Sets the file aside and begins a new one with the manual entries that can still be read. False: there is no store any
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

typedef void journal_answer_fn(void *ctx, const struct journal_answer *answer);
/* Hands out, newest first, at most `max_rows` answers that are older than *cursor (begin with INT64_MAX) and have not
 * expired, and moves the cursor; it is 0 when there are no more. What does not make sense is skipped. */
bool journaldb_read_answers(struct journaldb *db, int64_t *cursor, int max_rows, int64_t now_s, journal_answer_fn *fn,
			    void *ctx);

/* On the disk when they return true, even if the power fails. */
bool journaldb_put_manual(struct journaldb *db, const struct journal_manual *entry);
bool journaldb_remove_manual(struct journaldb *db, const char *subject);
bool journaldb_clear_manual(struct journaldb *db);

typedef void journal_manual_fn(void *ctx, const struct journal_manual *entry);
/* All that have not expired; the others are deleted. */
bool journaldb_read_manual(struct journaldb *db, int64_t now_s, journal_manual_fn *fn, void *ctx);

#endif
