/* notes: sentences that are told once the lock is given back. */
#include "common/notes.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void notes_add(struct notes *notes, enum log_level level, const char *format, ...)
{
	va_list args;

	if (notes->n == NOTES_MAX)
		return;
	notes->item[notes->n].level = level;
	va_start(args, format);
	vsnprintf(notes->item[notes->n++].text, NOTE_BYTES, format, args);
	va_end(args);
}

struct notes_word notes_span(int64_t us)
{
	struct notes_word span;
	int64_t s = us / 1000000;

	if (s < 120)
		snprintf(span.text, sizeof span.text, "%" PRId64 " s", s);
	else if (s < 7200)
		snprintf(span.text, sizeof span.text, "%" PRId64 " min", s / 60);
	else
		snprintf(span.text, sizeof span.text, "%" PRId64 " h", s / 3600);
	return span;
}

struct notes_word notes_code(uint32_t addr)
{
	struct ipaddr ip = ipaddr_v4(addr);
	struct notes_word code;

	ipaddr_format(&ip, code.text);
	return code;
}
