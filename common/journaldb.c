/* journaldb: the file behind the journal.
 * Answers lie in the order in which they were written: adding goes to the end of the file, and what is old is at its head. */
#include "common/journaldb.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/answer.h"
#include "common/dnswire.h"
#include "common/ipaddr.h"
#include "common/text.h"

enum {
	APPLICATION_ID = 0x52424c6d,      /* "RBLm" */
	SCHEMA_VERSION = 2,
	BUSY_MS = 2000,                   /* an administrator's shell may hold the file for a moment */
	NAME_TEXT_BYTES = 4 * DNSWIRE_NAME_MAX,
	ADDRS_TEXT_BYTES = 16 * ANSWER_ADDRS_MAX,
	SET_ASIDE_TRIES = 100,
};

#define FILE_NAME "state.db"
#define TABLE_KEPT \
	"CREATE TABLE kept (kind TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL, expires INTEGER NOT NULL," \
	" PRIMARY KEY (kind, subject)) STRICT, WITHOUT ROWID;"

static const char schema[] =
	"BEGIN;"
	"CREATE TABLE answer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, type INTEGER NOT NULL, server TEXT NOT NULL,"
	" addresses TEXT NOT NULL, expires INTEGER NOT NULL) STRICT;"
	TABLE_KEPT
	"PRAGMA application_id = 1380076653;"
	"PRAGMA user_version = 2;"
	"COMMIT;";

/* Version 1 knew only what was added by hand. */
static const char from_version_1[] =
	"BEGIN;"
	TABLE_KEPT
	"INSERT INTO kept SELECT 'manual', subject, message, expires FROM manual;"
	"DROP TABLE manual;"
	"PRAGMA user_version = 2;"
	"COMMIT;";

enum statement {
	BEGIN, COMMIT, ROLLBACK, ANSWER_PUT, ANSWER_LAST, ANSWER_TRIM, ANSWER_SWEEP, ANSWER_CLEAR, ANSWER_REMOVE, ANSWER_READ,
	SYNC_FULL, SYNC_NORMAL, KEPT_PUT, KEPT_REMOVE, KEPT_CLEAR, KEPT_PURGE, KEPT_EXPIRE, KEPT_READ, STATEMENTS,
};

static const char *const sql[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[ANSWER_PUT] = "INSERT INTO answer (name, type, server, addresses, expires) VALUES (?, ?, ?, ?, ?)",
	[ANSWER_LAST] = "SELECT (SELECT min(id) FROM answer), (SELECT max(id) FROM answer)",
	[ANSWER_TRIM] = "DELETE FROM answer WHERE id <= ?",
	[ANSWER_SWEEP] = "DELETE FROM answer WHERE id >= ? AND id < ? AND expires <= ?",
	[ANSWER_CLEAR] = "DELETE FROM answer",
	[ANSWER_REMOVE] = "DELETE FROM answer WHERE name IN (SELECT value FROM json_each(?))",
	[ANSWER_READ] = "SELECT id, name, type, server, addresses, expires FROM answer WHERE id < ? ORDER BY id DESC LIMIT ?",
	/* In the log's way of writing, NORMAL can lose the last commits when the power fails, but never tears one. */
	[SYNC_FULL] = "PRAGMA synchronous = FULL",
	[SYNC_NORMAL] = "PRAGMA synchronous = NORMAL",
	[KEPT_PUT] = "REPLACE INTO kept (kind, subject, text, expires) VALUES (?, ?, ?, ?)",
	[KEPT_REMOVE] = "DELETE FROM kept WHERE kind = ? AND subject = ?",
	[KEPT_CLEAR] = "DELETE FROM kept WHERE kind = ?",
	[KEPT_PURGE] = "DELETE FROM kept WHERE kind = ? AND text = ?",
	[KEPT_EXPIRE] = "DELETE FROM kept WHERE kind = ? AND expires <= ?",
	[KEPT_READ] = "SELECT subject, text, expires FROM kept WHERE kind = ?",
};

struct journaldb {
	sqlite3 *sqlite;
	sqlite3_stmt *statement[STATEMENTS];
	int64_t swept;                    /* the next row that journaldb_tidy() looks at */
	bool not_ours;                    /* what lies there is no store of this version */
	char path[PATH_MAX];
	struct fault {
		bool damaged;
		char text[200];
	} fault;
};

/* --- names and addresses as text ---------------------------------------------------------------------------------- */

/* RFC 1035 section 5.1: what is not plain is \DDD. */
static void name_format(const uint8_t *wire, size_t len, struct text *out)
{
	for (size_t at = 0; at < len && wire[at] != 0; at += wire[at] + 1u) {
		if (at > 0)
			text_add_char(out, '.');
		for (size_t i = at + 1; i <= at + wire[at] && i < len; i++) {
			if (wire[i] > 0x20 && wire[i] < 0x7f && wire[i] != '.' && wire[i] != '\\')
				text_add_char(out, (char)wire[i]);
			else
				text_add(out, "\\%03u", wire[i]);
		}
	}
}

/* One character of a label, maybe written as \DDD. False: not valid. */
static bool name_octet(const char **text, uint8_t *out)
{
	const char *p = *text;

	*out = (uint8_t)*p;
	*text = p + 1;
	if (*p != '\\')
		return true;
	for (int i = 1; i <= 3; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	*out = (uint8_t)((p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0'));
	*text = p + 4;
	return true;
}

static bool name_parse(const char *text, uint8_t wire[DNSWIRE_NAME_MAX], size_t *len)
{
	size_t label = 0, n = 1;

	while (*text != '\0') {
		if (n > DNSWIRE_NAME_MAX - 2)     /* this octet, and the root label */
			return false;
		if (*text == '.') {
			if (n - label < 2 || n - label > 64)
				return false;
			wire[label] = (uint8_t)(n - label - 1);
			label = n++;
			text++;
		} else if (!name_octet(&text, &wire[n++])) {
			return false;
		}
	}
	if (n - label < 2 || n - label > 64)
		return false;
	wire[label] = (uint8_t)(n - label - 1);
	wire[n++] = 0;
	*len = n;
	return n <= DNSWIRE_NAME_MAX;
}

static void addrs_format(const struct journal_answer *answer, struct text *out)
{
	for (size_t i = 0; i < answer->n_addrs; i++) {
		uint32_t addr = answer->addr[i];

		text_add(out, "%s%u.%u.%u.%u", i > 0 ? " " : "", addr >> 24, addr >> 16 & 0xff, addr >> 8 & 0xff, addr & 0xff);
	}
}

/* Listings are in 127.0.0.0/8, distinct and ascending: whatever else stands in the file was not written by us. */
static bool addrs_parse(const char *text, uint32_t addr[ANSWER_ADDRS_MAX], size_t *n)
{
	for (*n = 0;; text++) {
		uint32_t value = 0;

		for (int i = 0; i < 4; i++) {
			uint8_t octet;

			if ((i > 0 && *text++ != '.') || !ipaddr_octet(&text, &octet))
				return false;
			value = value << 8 | octet;
		}
		if (*n == ANSWER_ADDRS_MAX || value >> 24 != 127 || (*n > 0 && value <= addr[*n - 1]))
			return false;
		addr[(*n)++] = value;
		if (*text != ' ')
			return *text == '\0';
	}
}

/* --- statements --------------------------------------------------------------------------------------------------- */

/* Keeps what went wrong, for journaldb_fault(). Returns whether nothing did. */
static bool note(struct journaldb *db, int code)
{
	if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE)
		return true;
	db->fault.damaged = (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
	snprintf(db->fault.text, sizeof db->fault.text, "%s", sqlite3_errmsg(db->sqlite));
	return false;
}

/* Runs a statement whose values are bound to its end. */
static bool run(struct journaldb *db, enum statement which)
{
	sqlite3_stmt *statement = db->statement[which];
	int code;

	do
		code = sqlite3_step(statement);
	while (code == SQLITE_ROW);
	note(db, code);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return code == SQLITE_DONE;
}

static void bind_text(struct journaldb *db, enum statement which, int place, const char *text)
{
	sqlite3_bind_text(db->statement[which], place, text, -1, SQLITE_STATIC);
}

static const char *column(sqlite3_stmt *statement, int place)
{
	const char *text = (const char *)sqlite3_column_text(statement, place);

	return text != NULL ? text : "";
}

struct journaldb_fault journaldb_fault(const struct journaldb *db)
{
	return (struct journaldb_fault){ .damaged = db->fault.damaged, .text = db->fault.text };
}

bool journaldb_begin(struct journaldb *db)
{
	return run(db, BEGIN);
}

bool journaldb_commit(struct journaldb *db)
{
	return run(db, COMMIT);
}

/* Some faults have rolled back already. The fault that is told stays that of before. */
void journaldb_rollback(struct journaldb *db)
{
	struct fault fault = db->fault;

	if (sqlite3_get_autocommit(db->sqlite))
		return;
	run(db, ROLLBACK);
	db->fault = fault;
}

/* --- opening ------------------------------------------------------------------------------------------------------ */

/* Makes the file before sqlite does, for nobody else to read, and does not follow a link. */
static bool make_file(const char *path, struct errmsg *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd < 0) {
		errmsg_set(err, "%s", strerror(errno));
		return false;
	}
	if (fchmod(fd, 0600) != 0) {
		errmsg_set(err, "it cannot be hidden from others: %s", strerror(errno));
		close(fd);
		return false;
	}
	close(fd);
	return true;
}

/* A new file must still be there after a power failure. */
static void sync_directory(const char *state_dir)
{
	int fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static int64_t number_of(struct journaldb *db, const char *query, bool *ok)
{
	sqlite3_stmt *statement = NULL;
	int64_t number = 0;
	int code = sqlite3_prepare_v2(db->sqlite, query, -1, &statement, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	*ok &= note(db, code);
	sqlite3_finalize(statement);
	return number;
}

static bool execute(struct journaldb *db, const char *statements)
{
	return note(db, sqlite3_exec(db->sqlite, statements, NULL, NULL, NULL));
}

static bool is_not_ours(struct journaldb *db, const char *why, int64_t number)
{
	snprintf(db->fault.text, sizeof db->fault.text, "%s (%" PRId64 ")", why, number);
	db->not_ours = true;
	return false;
}

/* The tables of a new file; of an old one, whether they are ours. */
static bool begin_schema(struct journaldb *db)
{
	bool ok = true;
	int64_t tables = number_of(db, "SELECT count(*) FROM sqlite_schema", &ok);
	int64_t id = number_of(db, "PRAGMA application_id", &ok), version = number_of(db, "PRAGMA user_version", &ok);

	if (!ok)
		return false;
	if (tables == 0 && id == 0 && version == 0)
		return execute(db, schema);
	if (id != APPLICATION_ID)
		return is_not_ours(db, "it is a database of another program", id);
	if (version == 1)
		return execute(db, from_version_1);
	return version == SCHEMA_VERSION || is_not_ours(db, "its version is not known", version);
}

static bool prepare(struct journaldb *db)
{
	for (enum statement s = 0; s < STATEMENTS; s++)
		if (!note(db, sqlite3_prepare_v3(db->sqlite, sql[s], -1, SQLITE_PREPARE_PERSISTENT, &db->statement[s], NULL)))
			return false;
	return true;
}

/* Little memory: what is read is read once, in its order. */
static bool set_up(struct journaldb *db)
{
	sqlite3_busy_timeout(db->sqlite, BUSY_MS);
	sqlite3_extended_result_codes(db->sqlite, 1);
	sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (!execute(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -512;"
			 "PRAGMA journal_size_limit = 8388608; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"))
		return false;
	if (begin_schema(db) && prepare(db))
		return true;
	/* The tables of a file with our id are there, or somebody has been at it. */
	db->not_ours |= sqlite3_errcode(db->sqlite) == SQLITE_ERROR;
	return false;
}

static void close_sqlite(struct journaldb *db)
{
	for (enum statement s = 0; s < STATEMENTS; s++) {
		sqlite3_finalize(db->statement[s]);
		db->statement[s] = NULL;
	}
	sqlite3_close(db->sqlite);
	db->sqlite = NULL;
}

enum opened { OPENED, CANNOT_OPEN, MUST_GO };

static enum opened open_once(struct journaldb *db, struct errmsg *err)
{
	struct stat st;
	int code;

	db->not_ours = false;
	db->fault = (struct fault){ false, "" };
	if (lstat(db->path, &st) == 0 && !S_ISREG(st.st_mode)) {
		errmsg_set(err, "it is not a file");
		return MUST_GO;
	}
	if (!make_file(db->path, err))
		return CANNOT_OPEN;
	code = sqlite3_open_v2(db->path, &db->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (code == SQLITE_OK && sqlite3_db_readonly(db->sqlite, "main") == 0 && set_up(db))
		return OPENED;
	if (code != SQLITE_OK)
		errmsg_set(err, "%s", sqlite3_errstr(code));
	else if (sqlite3_db_readonly(db->sqlite, "main") == 1)
		errmsg_set(err, "it cannot be written");
	else
		errmsg_set(err, "%s", db->fault.text);
	return db->not_ours || db->fault.damaged ? MUST_GO : CANNOT_OPEN;
}

/* Gives the file and what belongs to it a name that is free. False: `err` says why not. */
static bool set_aside_files(const char *path, char name[PATH_MAX], struct errmsg *err)
{
	static const char *const endings[] = { "-wal", "-shm", "" };
	time_t now = time(NULL);
	char stamp[32];
	struct stat st;
	struct tm tm;
	int n;

	strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
	n = snprintf(name, PATH_MAX, "%s.damaged-%s", path, stamp);
	for (int i = 2; i < SET_ASIDE_TRIES && n < PATH_MAX && lstat(name, &st) == 0; i++)
		n = snprintf(name, PATH_MAX, "%s.damaged-%s-%d", path, stamp, i);
	if (n >= PATH_MAX) {
		errmsg_set(err, "the name is too long");
		return false;
	}
	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
		char from[PATH_MAX + 8], to[PATH_MAX + 8];

		snprintf(from, sizeof from, "%s%s", path, endings[i]);
		snprintf(to, sizeof to, "%s%s", name, endings[i]);
		if (rename(from, to) != 0 && errno != ENOENT) {
			errmsg_set(err, "%s cannot be renamed: %s", from, strerror(errno));
			return false;
		}
	}
	return true;
}

/* Opens the path; what lies there and must go is set aside for `why`, or when it turns out to be of no use. */
static bool open_or_replace(struct journaldb *db, const char *why, struct errmsg *set_aside, struct errmsg *err)
{
	enum opened opened = MUST_GO;
	struct errmsg fault = { "" };

	if (why != NULL)
		errmsg_set(&fault, "%s", why);
	else
		opened = open_once(db, &fault);
	if (opened == MUST_GO) {
		char name[PATH_MAX];

		if (db->sqlite != NULL) {
			sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
			close_sqlite(db);
		}
		if (!set_aside_files(db->path, name, err))
			return false;
		errmsg_set(set_aside, "%s: it is kept as %s", fault.text, strrchr(name, '/') + 1);
		opened = open_once(db, &fault);
	}
	if (opened == OPENED)
		return true;
	close_sqlite(db);
	errmsg_set(err, "%s: %s", db->path, fault.text);
	return false;
}

struct journaldb *journaldb_open(const char *state_dir, struct errmsg *set_aside, struct errmsg *err)
{
	struct journaldb *db = calloc(1, sizeof *db);
	int n;

	set_aside->text[0] = '\0';
	if (db == NULL) {
		errmsg_set(err, "out of memory");
		return NULL;
	}
	n = snprintf(db->path, sizeof db->path, "%s/" FILE_NAME, state_dir);
	if (n >= (int)sizeof db->path) {
		errmsg_set(err, "the directory's name is too long");
		free(db);
		return NULL;
	}
	if (!open_or_replace(db, NULL, set_aside, err)) {
		free(db);
		return NULL;
	}
	sync_directory(state_dir);
	return db;
}

void journaldb_close(struct journaldb **db)
{
	struct journaldb *d = *db;

	*db = NULL;
	if (d == NULL)
		return;
	close_sqlite(d);
	free(d);
}

/* --- kept entries ------------------------------------------------------------------------------------------------- */

const char *journal_kind_word(enum journal_kind kind)
{
	static const char *const words[JOURNAL_KINDS] = { [JOURNAL_MANUAL] = "manual", [JOURNAL_SCREEN] = "screen" };

	return words[kind];
}

/* One statement with the write-ahead log on the disk at its end. */
static bool run_durably(struct journaldb *db, enum statement which)
{
	bool ok = run(db, SYNC_FULL) && run(db, which);
	struct fault fault = db->fault;

	run(db, SYNC_NORMAL);
	db->fault = fault;
	return ok;
}

/* The kind is every statement's first value. */
static void bind_kind(struct journaldb *db, enum statement which, enum journal_kind kind)
{
	bind_text(db, which, 1, journal_kind_word(kind));
}

static void bind_kept(struct journaldb *db, const struct journal_kept *entry)
{
	bind_kind(db, KEPT_PUT, entry->kind);
	bind_text(db, KEPT_PUT, 2, entry->subject);
	bind_text(db, KEPT_PUT, 3, entry->text);
	sqlite3_bind_int64(db->statement[KEPT_PUT], 4, entry->expires_s);
}

bool journaldb_add_kept(struct journaldb *db, const struct journal_kept *entry)
{
	bind_kept(db, entry);
	return run(db, KEPT_PUT);
}

bool journaldb_put_kept(struct journaldb *db, const struct journal_kept *entry)
{
	bind_kept(db, entry);
	return run_durably(db, KEPT_PUT);
}

bool journaldb_remove_kept(struct journaldb *db, enum journal_kind kind, const char *subject)
{
	bind_kind(db, KEPT_REMOVE, kind);
	bind_text(db, KEPT_REMOVE, 2, subject);
	return run_durably(db, KEPT_REMOVE);
}

bool journaldb_clear_kept(struct journaldb *db, enum journal_kind kind)
{
	bind_kind(db, KEPT_CLEAR, kind);
	return run_durably(db, KEPT_CLEAR);
}

bool journaldb_purge_kept(struct journaldb *db, enum journal_kind kind, const char *text)
{
	bind_kind(db, KEPT_PURGE, kind);
	bind_text(db, KEPT_PURGE, 2, text);
	return run_durably(db, KEPT_PURGE);
}

static bool read_kept(struct journaldb *db, enum journal_kind kind, int64_t now_s, journal_kept_fn *fn, void *ctx)
{
	sqlite3_stmt *read = db->statement[KEPT_READ];
	int code;

	bind_kind(db, KEPT_READ, kind);
	while ((code = sqlite3_step(read)) == SQLITE_ROW) {
		struct journal_kept entry = { .kind = kind, .subject = column(read, 0), .text = column(read, 1),
					      .expires_s = sqlite3_column_int64(read, 2) };

		if (entry.expires_s > now_s)
			fn(ctx, &entry);
	}
	note(db, code);
	sqlite3_reset(read);
	return code == SQLITE_DONE;
}

bool journaldb_read_kept(struct journaldb *db, enum journal_kind kind, int64_t now_s, journal_kept_fn *fn, void *ctx)
{
	if (!read_kept(db, kind, now_s, fn, ctx))
		return false;
	bind_kind(db, KEPT_EXPIRE, kind);
	sqlite3_bind_int64(db->statement[KEPT_EXPIRE], 2, now_s);
	return run(db, KEPT_EXPIRE);
}

/* What can be saved from a damaged file. */
struct saved {
	struct saved_entry {
		enum journal_kind kind;
		char *subject, *text;
		int64_t expires_s;
	} *item;
	size_t n, room;
};

static void save(void *ctx, const struct journal_kept *entry)
{
	struct saved *saved = ctx;

	if (saved->n == (size_t)JOURNAL_KINDS * JOURNALDB_KEPT_MAX)
		return;
	if (saved->n == saved->room) {
		size_t room = saved->room == 0 ? 64 : saved->room * 2;
		struct saved_entry *item = reallocarray(saved->item, room, sizeof *item);

		if (item == NULL)
			return;
		saved->item = item;
		saved->room = room;
	}
	saved->item[saved->n++] = (struct saved_entry){ entry->kind, strdup(entry->subject), strdup(entry->text),
							entry->expires_s };
}

static bool put_saved(struct journaldb *db, const struct saved *saved)
{
	for (size_t i = 0; i < saved->n; i++) {
		const struct saved_entry *entry = &saved->item[i];
		const struct journal_kept kept = { entry->kind, entry->subject, entry->text, entry->expires_s };

		if (entry->subject != NULL && entry->text != NULL && !journaldb_add_kept(db, &kept))
			return false;
	}
	return true;
}

static void restore(struct journaldb *db, const struct saved *saved)
{
	run(db, SYNC_FULL);
	if (!journaldb_begin(db) || !put_saved(db, saved) || !journaldb_commit(db))
		journaldb_rollback(db);
	run(db, SYNC_NORMAL);
}

static void saved_clear(struct saved *saved)
{
	for (size_t i = 0; i < saved->n; i++) {
		free(saved->item[i].subject);
		free(saved->item[i].text);
	}
	free(saved->item);
}

bool journaldb_replace(struct journaldb **db, struct errmsg *set_aside, struct errmsg *err)
{
	struct journaldb *d = *db;
	struct saved saved = { 0 };
	struct errmsg why;

	set_aside->text[0] = '\0';
	errmsg_set(&why, "%s", d->fault.text);
	for (enum journal_kind kind = 0; kind < JOURNAL_KINDS; kind++)
		read_kept(d, kind, 0, save, &saved);
	d->swept = 0;
	if (!open_or_replace(d, why.text, set_aside, err)) {
		free(d);
		*db = d = NULL;
	} else {
		restore(d, &saved);
	}
	saved_clear(&saved);
	return d != NULL;
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

bool journaldb_put_answer(struct journaldb *db, const struct journal_answer *answer)
{
	char name_buf[NAME_TEXT_BYTES], addrs_buf[ADDRS_TEXT_BYTES];
	struct text name = text_over(name_buf, sizeof name_buf), addrs = text_over(addrs_buf, sizeof addrs_buf);

	name_format(answer->name, answer->name_len, &name);
	addrs_format(answer, &addrs);
	if (!text_fits(&name) || !text_fits(&addrs))
		return true;                   /* no name of the DNS */
	bind_text(db, ANSWER_PUT, 1, name_buf);
	sqlite3_bind_int(db->statement[ANSWER_PUT], 2, answer->type);
	bind_text(db, ANSWER_PUT, 3, answer->server);
	bind_text(db, ANSWER_PUT, 4, addrs_buf);
	sqlite3_bind_int64(db->statement[ANSWER_PUT], 5, answer->expires_s);
	return run(db, ANSWER_PUT);
}

static bool first_and_last(struct journaldb *db, int64_t *first, int64_t *last)
{
	sqlite3_stmt *read = db->statement[ANSWER_LAST];
	int code = sqlite3_step(read);

	*first = *last = 0;
	if (code == SQLITE_ROW) {
		*first = sqlite3_column_int64(read, 0);
		*last = sqlite3_column_int64(read, 1);
	}
	note(db, code);
	sqlite3_reset(read);
	return code == SQLITE_ROW;
}

bool journaldb_tidy(struct journaldb *db, int64_t now_s, int64_t max_rows, int64_t work)
{
	int64_t first, last;

	if (!first_and_last(db, &first, &last))
		return false;
	if (last - first >= max_rows) {
		first = last - max_rows + 1;
		sqlite3_bind_int64(db->statement[ANSWER_TRIM], 1, first - 1);
		if (!run(db, ANSWER_TRIM))
			return false;
	}
	if (db->swept < first || db->swept > last)
		db->swept = first;
	sqlite3_bind_int64(db->statement[ANSWER_SWEEP], 1, db->swept);
	sqlite3_bind_int64(db->statement[ANSWER_SWEEP], 2, db->swept + work);
	sqlite3_bind_int64(db->statement[ANSWER_SWEEP], 3, now_s);
	db->swept += work;
	return run(db, ANSWER_SWEEP);
}

bool journaldb_clear_answers(struct journaldb *db)
{
	return run(db, ANSWER_CLEAR);
}

/* Our names need no escapes; one that does is in no answer that a name of ours could mean. */
bool journaldb_remove_answers(struct journaldb *db, const struct dnsname *names, size_t n)
{
	size_t bytes = n * (NAME_TEXT_BYTES + 3) + 3;
	char *list = malloc(bytes);
	struct text text;
	bool ok;

	if (list == NULL) {
		db->fault = (struct fault){ false, "out of memory" };
		return false;
	}
	text = text_over(list, bytes);
	for (size_t i = 0; i < n; i++) {
		text_add_str(&text, i == 0 ? "[\"" : ",\"");
		name_format(names[i].wire, names[i].len, &text);
		text_add_char(&text, '"');
	}
	text_add_str(&text, n == 0 ? "[]" : "]");
	bind_text(db, ANSWER_REMOVE, 1, list);
	ok = run(db, ANSWER_REMOVE);
	free(list);
	return ok;
}

static void hand_out(sqlite3_stmt *row, journal_answer_fn *fn, void *ctx)
{
	uint8_t name[DNSWIRE_NAME_MAX];
	uint32_t addr[ANSWER_ADDRS_MAX];
	struct journal_answer answer = {
		.name = name, .type = (uint16_t)sqlite3_column_int(row, 2), .server = column(row, 3), .addr = addr,
		.expires_s = sqlite3_column_int64(row, 5),
	};

	if (name_parse(column(row, 1), name, &answer.name_len) && addrs_parse(column(row, 4), addr, &answer.n_addrs))
		fn(ctx, &answer);
}

bool journaldb_read_answers(struct journaldb *db, int64_t *cursor, int max_rows, int64_t now_s, journal_answer_fn *fn,
			    void *ctx)
{
	sqlite3_stmt *read = db->statement[ANSWER_READ];
	int64_t reached = 0;
	int n = 0, code;

	sqlite3_bind_int64(read, 1, *cursor);
	sqlite3_bind_int(read, 2, max_rows);
	for (; (code = sqlite3_step(read)) == SQLITE_ROW; n++) {
		reached = sqlite3_column_int64(read, 0);
		if (sqlite3_column_int64(read, 5) > now_s)
			hand_out(read, fn, ctx);
	}
	note(db, code);
	sqlite3_reset(read);
	*cursor = n < max_rows ? 0 : reached;
	return code == SQLITE_DONE;
}
