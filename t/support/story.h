/* Stories: an SMTP dialogue, what is expected of the milter, and a TAP line for every expectation. The language is in
 * the usage text of miltertalk. */
#ifndef T_SUPPORT_STORY_H
#define T_SUPPORT_STORY_H

#include <stdbool.h>

struct story_options {
	const char *socket;	    /* of the milter; NULL: the story says it */
	const char *hook;	    /* program for lines of other kinds, or NULL */
	const char *const *defines; /* "name=value" for ${name} */
	const char *const *ignored; /* first words of lines to pass over */
	int define_count, ignored_count;
	int wait_ms;
	bool sendmail; /* play Sendmail in place of Postfix */
};

/* Runs one story; TAP lines go to standard output, numbered from *number + 1. Returns how many were not ok. */
unsigned story_run(const char *path, const struct story_options *options, unsigned *number);

/* The language, for the usage text. */
extern const char story_help[];

#endif
