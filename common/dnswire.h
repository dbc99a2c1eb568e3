/* Query -> packet, packet -> answer. The only home of ldns, and only of the calls that stand up to hostile input: names
 * from text, and records read one by one with ldns_wire2rr(). Packets are checked against the question by bytes first.
 * Pure functions, safe from any thread.   RFC: 1035, 2181, 2308, 5452 section 9.1, 5782, 6891. */
#ifndef COMMON_DNSWIRE_H
#define COMMON_DNSWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/answer.h"
#include "common/errmsg.h"
#include "common/ipaddr.h"

enum {
	DNSWIRE_NAME_MAX = 255,
	DNSWIRE_QUERY_MAX = 12 + DNSWIRE_NAME_MAX + 4 + 11,
	DNSWIRE_UDP_MAX = 1232,        /* announced by EDNS: no more is read */
	DNSWIRE_TCP_MAX = 16384,
	DNSWIRE_TYPE_A = 1,
	DNSWIRE_TYPE_PTR = 12,
	DNSWIRE_TYPE_MX = 15,
	DNSWIRE_TYPE_TXT = 16,
	DNSWIRE_TYPE_AAAA = 28,
};

/* An uncompressed name with its root label. */
struct dnsname {
	uint8_t len;
	uint8_t wire[DNSWIRE_NAME_MAX];
};

/* A domain name as text ("zen.spamhaus.org", a final dot allowed) -> wire form in lower case. Letters, digits, '-' and '_'
 * only, at least one label. False: `err` says what is wrong. */
bool dnswire_name_parse(struct dnsname *out, const char *text, struct errmsg *err);
/* Address, last part first, below a zone (RFC 5782 sections 2.1 and 2.4). False: longer than 255 octets. */
bool dnswire_name_reverse(struct dnsname *out, const struct ipaddr *addr, const uint8_t *zone, size_t zone_len);
/* A domain below a zone (RFC 5782 section 3). `domain` as domain_parse() makes it: labels of 1 to 63 octets, no final dot.
 * False: longer than 255 octets. */
bool dnswire_name_below(struct dnsname *out, const char *domain, const uint8_t *zone, size_t zone_len);

/* Writes a query with one question of class IN. `edns`: announce DNSWIRE_UDP_MAX. Returns its length. */
size_t dnswire_query(uint8_t out[DNSWIRE_QUERY_MAX], uint16_t id, const struct dnsname *name, uint16_t type, bool edns);

enum dnswire_verdict {
	DNSWIRE_ANSWER,        /* *out is filled: LISTED or ABSENT */
	DNSWIRE_NOT_OURS,      /* forged, late or broken: drop it and go on waiting */
	DNSWIRE_TRUNCATED,     /* ask again over TCP */
	DNSWIRE_NO_EDNS,       /* the server does not know EDNS: ask again without */
	DNSWIRE_SERVER_FAILED, /* SERVFAIL, REFUSED and the like: ask another server */
};

/* Checks a packet against the query that was sent (`query`, `query_len` octets of dnswire_query(), the name in the case
 * that was sent) and reads the answer as `form`, which must be one of the query's type. `exact_case`: the question must come back
 * in the same case (0x20).
 * Negative answers get the negative TTL of RFC 2308 (the lesser of the SOA's TTL and MINIMUM; 0 without a SOA). */
enum dnswire_verdict dnswire_read(const uint8_t *packet, size_t len, const uint8_t *query, size_t query_len,
				  bool exact_case, enum answer_form form, struct answer *out);

#endif
