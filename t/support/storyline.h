/* Words of a story's line, and the small things that are written in them. */
#ifndef T_SUPPORT_STORYLINE_H
#define T_SUPPORT_STORYLINE_H

#include "t/support/mtasession.h"

#define STORYLINE_WORDS_MAX 64

struct word {
	char *text;
	bool quoted;
};

struct words {
	struct word word[STORYLINE_WORDS_MAX];
	size_t count, at; /* the next to read */
};

/* Splits text in place at blanks; "..." is one word, with \" \\ \n \t \r \| and \xHH inside. False: too many words, or
 * no end of a quote. */
bool storyline_split(char *text, struct words *words);
/* The same escapes over a whole text, in place; octets that become NUL end it. */
void storyline_unescape(char *text);
char storyline_hex(const char *p); /* two hexadecimal digits */

enum mta_stage storyline_stage(const char *name); /* MTA_STAGES: there is no such stage */
const char *storyline_stage_name(enum mta_stage stage);

/* "50ms", "2s", "1m" or plain milliseconds. False: none of these. */
bool storyline_time_ms(const char *text, unsigned *ms);

#endif
