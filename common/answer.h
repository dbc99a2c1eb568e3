/* What came back for one DNS question. Plain data, copied by value.
 * A failure is a third result: never a listing, never a "no" that is kept. */
#ifndef COMMON_ANSWER_H
#define COMMON_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

enum { ANSWER_ADDRS_MAX = 32, ANSWER_TEXT_BYTES = 256 };

enum answer_status {
	ANSWER_PENDING,     /* asked, nothing yet */
	ANSWER_LISTED,      /* at least one A record inside 127.0.0.0/8; asked for TXT: a text */
	ANSWER_ABSENT,      /* the DNS says: no such name, or no such record */
	ANSWER_LATE,        /* the message could not wait longer */
	ANSWER_FAILED,      /* no usable answer: servers down, SERVFAIL, refused, too many questions */
};

struct answer {
	uint8_t status;                      /* enum answer_status */
	uint8_t n;                           /* A records kept: distinct, ascending, inside 127.0.0.0/8 */
	bool foreign;                        /* there was an A record outside 127.0.0.0/8 */
	bool is_text;                        /* `text` holds, not `addr` */
	uint32_t ttl_s;                      /* how long it may be kept; 0: not at all */
	union {
		uint32_t addr[ANSWER_ADDRS_MAX];   /* host order; beyond the room the highest are dropped */
		char text[ANSWER_TEXT_BYTES];      /* printable ASCII; strings and records joined, cut where it has no room */
	};
};

#endif
