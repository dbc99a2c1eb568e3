/* Sentences about what has changed, kept while a lock is held and told after it has been given back: who is told may take
 * its time, or take locks of its own.
 * Owner: the caller's stack.   Bound: NOTES_MAX of them, what is more is left out; longer ones are cut. */
#ifndef COMMON_NOTES_H
#define COMMON_NOTES_H

#include <stddef.h>
#include <stdint.h>

#include "common/ipaddr.h"
#include "common/log.h"

enum { NOTES_MAX = 4, NOTE_BYTES = 480 };

struct notes {
	size_t n;                    /* 0 to begin with */
	struct {
		enum log_level level;
		char text[NOTE_BYTES];
	} item[NOTES_MAX];
};

__attribute__((format(printf, 3, 4)))
void notes_add(struct notes *notes, enum log_level level, const char *format, ...);

#define notes_warn(notes, ...) notes_add(notes, LOG_LEVEL_WARNING, __VA_ARGS__)
#define notes_inform(notes, ...) notes_add(notes, LOG_LEVEL_INFO, __VA_ARGS__)

/* Words for a sentence, as values: notes_span(us).text lives until the end of the full expression. */
struct notes_word {
	char text[IPADDR_TEXT_BYTES];
};
struct notes_word notes_span(int64_t us);        /* "90 s", "5 min", "3 h" */
struct notes_word notes_code(uint32_t addr);     /* "127.0.0.2", of host order */

#endif
