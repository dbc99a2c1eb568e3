/* What came back for one DNS question: a small header, and data of the form that was asked for. Plain data, copied by value.
 * A failure is a third result: never a listing, never a "no" that is kept. Pure functions, safe from any thread. */
#ifndef COMMON_ANSWER_H
#define COMMON_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipaddr.h"

enum {
	ANSWER_DATA_BYTES = 256,
	ANSWER_ADDRS_MAX = 32,
	ANSWER_TEXT_BYTES = ANSWER_DATA_BYTES,
	ANSWER_NAMES_MAX = 10,       /* as many as RFC 7208 section 4.6.4 looks at */
};

enum answer_status {
	ANSWER_PENDING,     /* asked, nothing yet */
	ANSWER_LISTED,      /* there are records of the kind that was asked for; of a list: at least one inside 127.0.0.0/8 */
	ANSWER_ABSENT,      /* the DNS says: no such name, or no such record */
	ANSWER_LATE,        /* the message could not wait longer */
	ANSWER_FAILED,      /* no usable answer: servers down, SERVFAIL, refused, too many questions */
	ANSWER_UNNEEDED,    /* was not asked after all: nobody needs it any more */
};

/* As what the records are read. The question says so: a list's A record is a code, that of a host is where it is reached. */
enum answer_form {
	ANSWER_CODES,       /* A records of a list: addr */
	ANSWER_TEXT,        /* TXT: text */
	ANSWER_HOST,        /* A or AAAA records of a host: bytes, n addresses of n_bytes / n octets */
	ANSWER_NAMES,       /* PTR: bytes, n host names in lower case and wire form, each with its root label */
	ANSWER_MAIL,        /* MX: n of them lead to a host (255: or more), so that 0 is the null MX of RFC 7505 */
};

struct answer {
	uint8_t status;                      /* enum answer_status */
	uint8_t form;                        /* enum answer_form; means something for ANSWER_LISTED only */
	uint8_t n;                           /* what is kept. A records of a list: distinct, ascending, inside 127.0.0.0/8 */
	bool foreign;                        /* of a list: there was an A record outside 127.0.0.0/8 */
	bool cut;                            /* of a host, of names: there are more than are kept */
	uint16_t n_bytes;                    /* of `text` with its NUL, or of `bytes`, that are used */
	uint32_t ttl_s;                      /* how long it may be kept; 0: not at all */
	union {
		uint32_t addr[ANSWER_ADDRS_MAX];   /* host order; beyond the room the highest are dropped */
		char text[ANSWER_TEXT_BYTES];      /* printable ASCII; strings and records joined, cut where it has no room */
		uint8_t bytes[ANSWER_DATA_BYTES];
	};
};

/* How many octets of the answer mean something, from its beginning on: for whoever keeps many. */
size_t answer_bytes(const struct answer *answer);

/* Is this one of the host's addresses, as far as they are kept? */
bool answer_has_address(const struct answer *answer, const struct ipaddr *addr);
/* Walks through the names: *at begins at 0. Returns the length of the name at `bytes` + the old *at; 0: there is no more. */
size_t answer_next_name(const struct answer *answer, size_t *at);

#endif
