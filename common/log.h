/* The one way to log: one line an event, to syslog or stderr, as text (key=value in Postfix's manner) or as JSON, an object
 * a line. A line is built from a sentence or from fields; foreign text is cleaned of control characters and cut here.
 * Text: `warning: sentence`, or `4F2A1: client=mail.example[192.0.2.10], helo=<mail.example>, points=200`. Fields stand
 *       apart by ", ", which occurs in no value: a line splits there, and then at the first "=", whoever wrote the values.
 * JSON: {"time":"2026-01-31T12:00:00.000000Z","level":"info",...}, then "message", or "id" and the fields.
 * Threads: log_* from any, log_configure() too (a reload).   Bound: LOG_LINE_BYTES a line; what does not fit is cut, and
 * "..." says so.   errno is kept, and %m works.   See: sd-daemon(3), systemd.exec(5); RFC 3339, 8259. */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "common/text.h"

enum { LOG_LINE_BYTES = 2048 };   /* with the line's end */

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_target { LOG_TARGET_AUTO, LOG_TARGET_SYSLOG, LOG_TARGET_STDERR };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

struct log_settings {
	int target;     /* enum log_target; AUTO: stderr in the foreground, else syslog */
	int level;      /* enum log_level: what is more detailed is left out */
	int format;     /* enum log_format */
	int facility;   /* LOG_MAIL and the like, of syslog(3) */
};

/* Before the first call, lines go to stderr as text from level info on. */
void log_configure(const struct log_settings *settings, bool foreground);
/* Is a line of this level written at all? Saves building it. */
bool log_wants(enum log_level level);

/* One line. The format is ours; what comes from outside must have been cleaned (text_add_foreign, text_quote) or be
 * passed as a field below. Control characters that are left, and what is not UTF-8, become '?'. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* A line of fields, led by an id. Built on the caller's stack; one thread at a time. When the room ends, a value is cut
 * and the fields behind it are left out: the important ones come first. */
struct logrec {
	enum log_level level;
	bool wanted;                   /* false: the level is left out, so nothing is built */
	bool json;
	bool any;                      /* a field was written */
	bool cut;                      /* a field was left out */
	struct text text;
	char buf[LOG_LINE_BYTES];
};

/* `id`: the queue id; NULL or "" reads as "NOQUEUE". */
void logrec_begin(struct logrec *rec, enum log_level level, const char *id);
/* key=value for words of our own, and for what is made of them and of names and addresses. In text, whatever is not
 * printable ASCII, a blank and < > become '?'. At most `max_bytes` of the value; NULL reads as "". */
void logrec_str(struct logrec *rec, const char *key, const char *value, size_t max_bytes);
/* key=<value> for what others wrote (HELO, mail addresses, texts of lists). In text, whatever is not printable ASCII, < >
 * and a blank behind a comma become '?'. In JSON both kinds look alike, and UTF-8 stays. */
void logrec_foreign(struct logrec *rec, const char *key, const char *value, size_t max_bytes);
void logrec_int(struct logrec *rec, const char *key, long long value);
void logrec_end(struct logrec *rec);   /* writes the line */

/* The same thing at most once in `seconds`, for faults that come with every message. `once` is static at the caller. */
struct log_once {
	long long next_s;      /* steady clock; atomic access inside */
	long long left_out;
};
/* True when the line may be written now; *left_out then tells how many were not since the last. Any thread. */
bool log_once_in(struct log_once *once, int seconds, long long *left_out);

#endif
