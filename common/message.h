/* The header block of a message as it lies in a file or a mailbox: its headers one after the other, in the form in which an
 * MTA hands them to a milter. Lines end with LF or CR LF. A "From " line of an mbox before the first header is passed over; an
 * empty line, or one that is no header, ends the block, as MTAs have it.
 * Owner: the bytes are borrowed and never written to.   Threads: one at a time.   RFC: 5322 sections 2.2 and 4.5. */
#ifndef COMMON_MESSAGE_H
#define COMMON_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

struct message {
	const char *at, *end;
	char *room;
};

/* Both are texts in `room`, until the next call. */
struct message_header {
	const char *name;
	const char *value;           /* folded as it was: a line feed before each of its further lines; one blank behind the
				      * colon is left out, and so is whatever follows a NUL */
};

/* `room`: where headers are put, as many bytes as the message has and 2 more. */
void message_open(struct message *message, const char *bytes, size_t n, char *room);
/* False: there are no more headers. */
bool message_next(struct message *message, struct message_header *out);

/* Of how many bytes the header block is, with the empty line at its end. `whole`: the end was seen; else more may follow, and
 * the last header, which may not be whole, does not count. */
size_t message_block_bytes(const char *bytes, size_t n, bool *whole);

#endif
