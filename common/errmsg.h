/* One sentence for a person, in a fixed buffer: why something did not work.
 * Plain data on the caller's stack: no owner, no allocation, one thread at a time. */
#ifndef COMMON_ERRMSG_H
#define COMMON_ERRMSG_H

struct errmsg {
	char text[256];
};

/* Writes the sentence, cut to the buffer. `err` may be NULL: the caller does not want to know. The sentence that is there
 * may be an argument, so that a caller can say more: errmsg_set(err, "%s: %s", file, err->text). */
void errmsg_set(struct errmsg *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
