/* One Received header -> one hop: the address that the receiving server saw, never one that the sender chose to write.
 * RFC 5321 section 4.4: the TCP-info in the comment of the from clause is what the server took from the connection, the
 * name before it is what the client said in HELO. Servers disagree about where they write it: see received.c.
 * Pure; safe from any thread; time is linear in the length of the header. */
#ifndef COMMON_RECEIVED_H
#define COMMON_RECEIVED_H

#include <stdbool.h>

#include "common/ipaddr.h"

enum { RECEIVED_MAX_BYTES = 8192 };   /* of one header; what follows is not read */

struct hop {
	struct ipaddr addr;      /* unset: the header holds no address that a server saw */
	bool authenticated;      /* handed over with a login: with ESMTPA, ESMTPSA, LMTPA, UTF8SMTPSA... (RFC 3848, 6531) */
};

/* Reads the header's value (what stands behind "Received:"), folded or not. Always fills *out; a value that makes no
 * sense, or in which the client's words cannot be told from the server's, gives a hop without address and login.
 * `value` is foreign and may hold anything. */
void received_parse(const char *value, struct hop *out);

#endif
