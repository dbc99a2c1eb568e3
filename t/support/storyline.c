/* Words, escapes, stage names and times of a story's lines. */
#include "t/support/storyline.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char *const stage_names[MTA_STAGES] = {
	[MTA_CONNECT] = "connect", [MTA_HELO] = "helo", [MTA_MAIL] = "mail", [MTA_RCPT] = "rcpt", [MTA_DATA] = "data",
	[MTA_HEADER] = "header",   [MTA_EOH] = "eoh",   [MTA_BODY] = "body", [MTA_EOM] = "eom",   [MTA_UNKNOWN] = "unknown",
};
/* clang-format on */

enum mta_stage storyline_stage(const char *name)
{
	enum mta_stage stage = 0;
	while (stage < MTA_STAGES && strcmp(name, stage_names[stage]) != 0)
		stage++;
	return stage;
}

const char *storyline_stage_name(enum mta_stage stage)
{
	return stage_names[stage];
}

bool storyline_time_ms(const char *text, unsigned *ms)
{
	char *end;
	double value = strtod(text, &end);
	double unit = strcmp(end, "ms") == 0 || *end == '\0' ? 1
		      : strcmp(end, "s") == 0		     ? 1e3
		      : strcmp(end, "m") == 0		     ? 6e4
							     : 0;
	if (end == text || unit == 0 || !(value >= 0) || value * unit > 86400e3)
		return false;
	*ms = (unsigned)(value * unit);
	return true;
}

char storyline_hex(const char *p)
{
	const char pair[] = {p[0], p[1], '\0'};
	return (char)strtoul(pair, NULL, 16);
}

/* One escape behind a backslash at p[0]. Returns the characters it took. */
static size_t escape(const char *p, char *out)
{
	if (p[1] == 'x' && isxdigit((unsigned char)p[2]) && isxdigit((unsigned char)p[3])) {
		*out = storyline_hex(p + 2);
		return 4;
	}
	*out = p[1] == 'n' ? '\n' : p[1] == 't' ? '\t' : p[1] == 'r' ? '\r' : p[1];
	return p[1] != '\0' ? 2 : 1;
}

void storyline_unescape(char *text)
{
	char *out = text;
	for (const char *p = text; *p != '\0';) {
		if (*p == '\\') {
			p += escape(p, out++);
		} else {
			*out++ = *p++;
		}
	}
	*out = '\0';
}

bool storyline_split(char *text, struct words *words)
{
	words->count = words->at = 0;
	for (char *p = text + strspn(text, " \t"); *p != '\0'; p += strspn(p, " \t")) {
		struct word *word = &words->word[words->count];
		if (words->count++ == STORYLINE_WORDS_MAX - 1)
			return false;
		word->quoted = *p == '"';
		word->text = p + word->quoted;
		if (!word->quoted) {
			p += strcspn(p, " \t");
		} else {
			for (p++; *p != '"'; p++) {
				if (*p == '\\' && p[1] != '\0')
					p++;
				if (*p == '\0')
					return false;
			}
		}
		if (*p != '\0')
			*p++ = '\0';
		if (word->quoted)
			storyline_unescape(word->text);
	}
	return true;
}
