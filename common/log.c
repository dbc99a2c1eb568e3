/* log: one line an event, to syslog or stderr, as text or JSON.
 * The settings are so small that one atomic word holds them: a reload never makes a line wait. */
#include "common/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "common/monotime.h"

enum sink { SINK_STDERR, SINK_JOURNAL, SINK_SYSLOG };   /* JOURNAL: stderr, where "<4>" before a line is its priority */

struct current {
	uint8_t sink, level, facility;   /* facility without its shift: 0 to 127 */
	bool json;
};

static _Atomic(struct current) current = (struct current){ .sink = SINK_STDERR, .level = LOG_LEVEL_INFO };

enum {
	ROOM_CHAR = 4,                                        /* the longest piece of a value: one character */
	ROOM_VALUE_END = sizeof "...\"" - 1,                  /* or "...>" */
	ROOM_LINE_END = sizeof ",\"cut\":true}" - 1,          /* or ", ..." */
	ROOM_OUTSIDE = sizeof "<6>" - 1 + sizeof "\n" - 1,
};

static const struct {
	const char *word, *before;   /* in JSON, and before a line of text */
	int priority;                /* of syslog(3) */
} level_form[] = {
	[LOG_LEVEL_ERROR] = { "error", "error: ", LOG_ERR },
	[LOG_LEVEL_WARNING] = { "warning", "warning: ", LOG_WARNING },
	[LOG_LEVEL_INFO] = { "info", "", LOG_INFO },
	[LOG_LEVEL_DEBUG] = { "debug", "debug: ", LOG_DEBUG },
};

/* Programs inherit JOURNAL_STREAM, so its being there says nothing: it must name the very file that stderr is. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
	       st.st_dev == device && st.st_ino == inode;
}

void log_configure(const struct log_settings *settings, bool foreground)
{
	struct current next = {
		.sink = SINK_SYSLOG,
		.level = (uint8_t)settings->level,
		.facility = (uint8_t)(settings->facility >> 3),
		.json = settings->format == LOG_FORMAT_JSON,
	};

	if (settings->target == LOG_TARGET_STDERR || (settings->target == LOG_TARGET_AUTO && foreground))
		next.sink = !next.json && stderr_is_journal() ? SINK_JOURNAL : SINK_STDERR;
	else
		openlog(NULL, LOG_PID, settings->facility);
	atomic_store(&current, next);
}

bool log_wants(enum log_level level)
{
	struct current now = atomic_load(&current);

	return (int)level <= now.level;
}

/* How a value is written. */
enum manner { MANNER_SENTENCE, MANNER_BARE, MANNER_BRACKETED, MANNER_JSON };

static bool is_kept(enum manner manner, uint32_t code, bool behind_comma)
{
	if (text_is_control(code))
		return false;
	if (manner == MANNER_SENTENCE || manner == MANNER_JSON)
		return true;
	if (code > 0x7f || code == '<' || code == '>')
		return false;
	return code != ' ' || (manner == MANNER_BRACKETED && !behind_comma);
}

static void value_add(struct text *out, const char *value, size_t max_bytes, enum manner manner)
{
	size_t i = 0, len;

	for (; value[i] != '\0'; i += len) {
		uint32_t code = 0;   /* stays where the bytes are not UTF-8: as bad as a control character */

		len = text_utf8(value + i, strnlen(value + i, ROOM_CHAR), &code);
		if (len == 0)
			len = 1;
		if (len > max_bytes - i || out->size_bytes - 1 - out->len < ROOM_CHAR + ROOM_VALUE_END)
			break;
		if (!is_kept(manner, code, i > 0 && value[i - 1] == ',')) {
			text_add_char(out, '?');
			continue;
		}
		if (manner == MANNER_JSON && (code == '"' || code == '\\'))
			text_add_char(out, '\\');
		text_add_bytes(out, value + i, len);
	}
	if (value[i] != '\0')
		text_add_str(out, "...");
}

static void time_add(struct text *out)
{
	struct timespec now;
	struct tm tm;
	char second[sizeof "2026-01-31T12:00:00" + 16];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	if (strftime(second, sizeof second, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		second[0] = '\0';
	text_add(out, "%s.%06ldZ", second, now.tv_nsec / 1000);
}

static void line_begin(struct logrec *rec, enum log_level level)
{
	struct current now = atomic_load(&current);

	rec->level = level;
	rec->json = now.json;
	rec->any = rec->cut = false;
	rec->text = text_over(rec->buf, sizeof rec->buf - ROOM_LINE_END - ROOM_OUTSIDE);
	if (!rec->json) {
		text_add_str(&rec->text, level_form[level].before);
		return;
	}
	text_add_str(&rec->text, "{\"time\":\"");
	time_add(&rec->text);
	text_add(&rec->text, "\",\"level\":\"%s\"", level_form[level].word);
}

static void line_end(struct logrec *rec)
{
	struct current now = atomic_load(&current);
	int priority = level_form[rec->level].priority;
	char before[] = { '<', (char)('0' + priority), '>' }, end[] = { '\n' };
	struct iovec part[] = { { before, now.sink == SINK_JOURNAL ? sizeof before : 0 }, { rec->buf, 0 }, { end, 1 } };

	rec->text.size_bytes += ROOM_LINE_END;
	if (rec->cut)
		text_add_str(&rec->text, rec->json ? ",\"cut\":true" : rec->any ? ", ..." : "...");
	if (rec->json)
		text_add_char(&rec->text, '}');
	part[1].iov_len = rec->text.len;
	if (now.sink == SINK_SYSLOG)
		syslog(now.facility << 3 | priority, "%s", rec->buf);
	else
		while (writev(STDERR_FILENO, part, 3) < 0 && errno == EINTR)   /* one call, so that lines do not mix */
			;
}

void log_line(enum log_level level, const char *format, ...)
{
	int saved_errno = errno;
	char sentence[LOG_LINE_BYTES];
	struct logrec rec;
	va_list args;
	int n;

	if (!log_wants(level))
		return;
	va_start(args, format);
	n = vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	if (n < 0)
		return;
	line_begin(&rec, level);
	if (rec.json)
		text_add_str(&rec.text, ",\"message\":\"");
	value_add(&rec.text, sentence, sizeof sentence, rec.json ? MANNER_JSON : MANNER_SENTENCE);
	if (rec.json)
		text_add_char(&rec.text, '"');
	line_end(&rec);
	errno = saved_errno;
}

void logrec_begin(struct logrec *rec, enum log_level level, const char *id)
{
	enum { ID_MAX_BYTES = 100 };

	rec->wanted = log_wants(level);
	if (!rec->wanted)
		return;
	if (id == NULL || id[0] == '\0')
		id = "NOQUEUE";
	line_begin(rec, level);
	if (rec->json)
		text_add_str(&rec->text, ",\"id\":\"");
	value_add(&rec->text, id, ID_MAX_BYTES, rec->json ? MANNER_JSON : MANNER_BARE);
	text_add_str(&rec->text, rec->json ? "\"" : ": ");
}

/* Writes the key, if it and `value_room` bytes of a value have room. */
static bool field_begin(struct logrec *rec, const char *key, size_t value_room)
{
	if (!rec->wanted || rec->cut)
		return false;
	if (rec->text.size_bytes - 1 - rec->text.len < strlen(key) + sizeof ",\"\":" - 1 + value_room) {
		rec->cut = true;
		return false;
	}
	if (rec->json)
		text_add(&rec->text, ",\"%s\":", key);
	else
		text_add(&rec->text, "%s%s=", rec->any ? ", " : "", key);
	rec->any = true;
	return true;
}

static void field_add(struct logrec *rec, const char *key, const char *value, size_t max_bytes, enum manner text_manner)
{
	static const struct {
		const char *before, *behind;
	} mark[] = {
		[MANNER_BARE] = { "", "" }, [MANNER_BRACKETED] = { "<", ">" }, [MANNER_JSON] = { "\"", "\"" },
	};
	enum manner manner;

	if (!field_begin(rec, key, ROOM_CHAR + ROOM_VALUE_END + 1))
		return;
	manner = rec->json ? MANNER_JSON : text_manner;
	text_add_str(&rec->text, mark[manner].before);
	value_add(&rec->text, value != NULL ? value : "", max_bytes, manner);
	text_add_str(&rec->text, mark[manner].behind);
}

void logrec_str(struct logrec *rec, const char *key, const char *value, size_t max_bytes)
{
	field_add(rec, key, value, max_bytes, MANNER_BARE);
}

void logrec_foreign(struct logrec *rec, const char *key, const char *value, size_t max_bytes)
{
	field_add(rec, key, value, max_bytes, MANNER_BRACKETED);
}

void logrec_int(struct logrec *rec, const char *key, long long value)
{
	if (field_begin(rec, key, sizeof "-9223372036854775808" - 1))
		text_add(&rec->text, "%lld", value);
}

void logrec_end(struct logrec *rec)
{
	int saved_errno = errno;

	if (rec->wanted)
		line_end(rec);
	errno = saved_errno;
}

bool log_once_in(struct log_once *once, int seconds, long long *left_out)
{
	long long now_s = monotime_now().us / 1000000;
	long long next_s = __atomic_load_n(&once->next_s, __ATOMIC_RELAXED);

	/* Of several threads that come at the same time, the one that moves next_s may write. */
	if (now_s < next_s || !__atomic_compare_exchange_n(&once->next_s, &next_s, now_s + seconds, false,
							   __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
		__atomic_fetch_add(&once->left_out, 1, __ATOMIC_RELAXED);
		return false;
	}
	*left_out = __atomic_exchange_n(&once->left_out, 0, __ATOMIC_RELAXED);
	return true;
}
