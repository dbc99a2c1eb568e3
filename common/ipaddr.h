/* One type for IPv4 and IPv6 addresses: parse, format, mask, compare. An IPv4-mapped IPv6 address (::ffff:a.b.c.d) is
 * its IPv4 address everywhere. Plain data; every function is pure and safe from any thread.   RFC: 4291, 5952, 1918. */
#ifndef COMMON_IPADDR_H
#define COMMON_IPADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;

enum { IPADDR_TEXT_BYTES = 46, IPADDR_V4 = 4, IPADDR_V6 = 16 };

struct ipaddr {
	uint8_t len;         /* IPADDR_V4, IPADDR_V6, or 0: no address */
	uint8_t byte[16];    /* network order; bytes past len are 0 */
};

/* The whole text must be an address: dotted quad without leading zeros, or IPv6 without zone or brackets. */
bool ipaddr_parse(struct ipaddr *out, const char *text);
/* The same on `n` bytes that need not end with NUL. */
bool ipaddr_parse_n(struct ipaddr *out, const char *text, size_t n);
/* An address literal of SMTP, the whole text: "[192.0.2.1]", "[IPv6:2001:db8::1]". RFC 5321 section 4.1.3. */
bool ipaddr_parse_literal(struct ipaddr *out, const char *text);
/* Reads the number from 0 to 255, without leading zeros, that *text begins with, and moves *text behind it. False: there
 * is none, and both are untouched. */
bool ipaddr_octet(const char **text, uint8_t *out);
/* False: no IP address in there (a UNIX socket, say). NULL is fine. */
bool ipaddr_from_sockaddr(struct ipaddr *out, const struct sockaddr *sa);
struct ipaddr ipaddr_v4(uint32_t host_order);
struct ipaddr ipaddr_v6(const uint8_t byte[16]);   /* folds a mapped address */

/* Writes the address (RFC 5952 form), or "none", into buf and returns buf. */
const char *ipaddr_format(const struct ipaddr *addr, char buf[IPADDR_TEXT_BYTES]);

bool ipaddr_is_set(const struct ipaddr *addr);
bool ipaddr_equal(const struct ipaddr *a, const struct ipaddr *b);
/* IPv4 sorts before IPv6, then by value: <0, 0, >0. */
int ipaddr_compare(const struct ipaddr *a, const struct ipaddr *b);
/* Do the first `bits` bits agree? False for different families. bits: 0 to 8 * net->len. */
bool ipaddr_in_net(const struct ipaddr *addr, const struct ipaddr *net, unsigned bits);
/* Value of an IPv4 address in host order; addr->len must be IPADDR_V4. */
uint32_t ipaddr_u32(const struct ipaddr *addr);

bool ipaddr_is_loopback(const struct ipaddr *addr);   /* 127.0.0.0/8, ::1 */
/* Not routed on the Internet, so no public list knows it: 0/8, 10/8, 100.64/10, 127/8, 169.254/16, 172.16/12,
 * 192.168/16, 224/3, ::, ::1, fc00::/7, fe80::/10, ff00::/8. Documentation ranges count as public. */
bool ipaddr_is_private(const struct ipaddr *addr);

#endif
