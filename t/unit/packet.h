/* DNS packets from a line of text, right ones and wrong ones: for the tests of dnswire and for the DNS server of the tests.
 * A script is a list of items with ";" between them; without any it is an empty NOERROR reply to the query.
 *
 *   rcode 3   tc   aa   query (no reply)   opcode 2   id 1 (added to the query's)   header (the header alone)
 *   noquestion   twice (the question)   upper (its letters)   question NAME TYPE CLASS (another one)
 *   SECTION OWNER TTL TYPE DATA [class N] [len N]     a record; SECTION: an ns ar; `len` lies about the length of the data
 *       A 127.0.0.2 | AAAA 2001:db8::1 | CNAME NAME | DNAME NAME | NS NAME | PTR NAME | MX NAME (preference 10) | SOA MINIMUM |
 *       TXT WORD | OPT UPPER-BITS-OF-RCODE | RAW TYPE HEX
 *       HEX "-": no data. NAME: a.b.c, "." (root), "@" (the question's), x.@ (below it), ^N (a pointer to N), ^self, ^next
 *   many SECTION OWNER TTL ADDRESS N     N A records, ascending
 *   count SECTION N (lies)   tail HEX (bytes behind all)                                          See: RFC 1035 section 4 */
#ifndef T_UNIT_PACKET_H
#define T_UNIT_PACKET_H

#include <stddef.h>
#include <stdint.h>

enum { PACKET_BYTES = 65535 };

/* Writes what the script says about `query`, a packet of dnswire_query(), into `out`. Returns the length. A script that
 * makes no sense, or does not fit, ends the program. */
size_t packet_write(uint8_t out[PACKET_BYTES], const uint8_t *query, size_t query_len, const char *script);

#endif
