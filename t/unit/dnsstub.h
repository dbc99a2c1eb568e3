/* A DNS server for the tests, on this machine with UDP and TCP on one port: it says what its rules say, and counts.
 * Threads: it has one of its own; every function may be called while it runs, new and free from one. */
#ifndef T_UNIT_DNSSTUB_H
#define T_UNIT_DNSSTUB_H

#include <stddef.h>
#include <stdint.h>

enum { DNSSTUB_ADDRESS_BYTES = 32, DNSSTUB_QUERY_BYTES = 512 };

/* What is said about a name. The first rule that fits holds; a name without one meets silence.
 *   udp: "first reply | second reply | ..."; the last one goes on for ever. A reply is packets with "&" between them, sent
 *        one after the other: scripts of packet.h, or "silent", or "empty" (a datagram without an octet). "hold: script"
 *        is sent at dnsstub_release().
 *   tcp: the same for connections: one script, or "silent", or "close", "zero" (a length of 0), "long" (a length of 65535),
 *        "short: script" (closed before the last octet), "slow: script" (octet by octet). NULL: "close". */
struct dnsstub_rule {
	const char *name;            /* lower case, without a dot at the end, and perhaps a type: "mail.example MX"; "*": any */
	const char *udp, *tcp;
};

struct dnsstub;

/* `rules` end with one without a name and must outlive the server. Failure ends the test. */
struct dnsstub *dnsstub_new(const struct dnsstub_rule *rules);
/* The same on an address of this machine that is not 127.0.0.1. NULL: there is none. */
struct dnsstub *dnsstub_new_far(const struct dnsstub_rule *rules);
void dnsstub_free(struct dnsstub **stub);

/* "127.0.0.1:PORT", as a configuration has it. */
const char *dnsstub_address(const struct dnsstub *stub);
/* One where nobody listens. */
const char *dnsstub_nobody(char buf[DNSSTUB_ADDRESS_BYTES]);

/* Queries that came so far, to the first rule that fits `name`. */
unsigned dnsstub_asked(struct dnsstub *stub, const char *name);
unsigned dnsstub_asked_tcp(struct dnsstub *stub, const char *name);
/* The newest query. Returns its length. */
size_t dnsstub_last(struct dnsstub *stub, uint8_t out[DNSSTUB_QUERY_BYTES]);

/* Waits until `n` queries have come over UDP in all; some seconds without ends the test. */
void dnsstub_await(struct dnsstub *stub, unsigned n);
/* Sends what was held. */
void dnsstub_release(struct dnsstub *stub);

#endif
