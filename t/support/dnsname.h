/* Domain names of the test server: lower-case wire form, with the hash of every suffix at hand, so that finding the
 * zone and the wildcard above a name costs one table look a label.
 * Source: RFC 1035 sections 2.3.4 (sizes), 3.1 (wire form), 5.1 (escapes in text). */
#ifndef T_SUPPORT_DNSNAME_H
#define T_SUPPORT_DNSNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNSNAME_MAX_BYTES 255
#define DNSNAME_MAX_LABELS 127
#define DNSNAME_TEXT_BYTES 1024 /* room for the text of any name: every octet may become \DDD */

struct dnsname {
	uint8_t wire[DNSNAME_MAX_BYTES];       /* lower case, the root label included */
	uint8_t len;			       /* octets of `wire` */
	uint8_t labels;			       /* the root not counted */
	uint8_t start[DNSNAME_MAX_LABELS + 1]; /* where label i begins; start[labels] is the root */
	uint32_t hash[DNSNAME_MAX_LABELS + 1]; /* of the suffix that begins with label i */
};

/* Reads an uncompressed name. Returns the octets it took, 0 when it is broken, cut or compressed. */
size_t dnsname_read(const uint8_t *wire, size_t len, struct dnsname *out);
/* Reads text; a final dot is optional, "." is the root. False: a label or the whole is too long or empty. */
bool dnsname_parse(const char *text, struct dnsname *out);
/* "head.tail", either may be the root. False: too long. `out` may be one of the two. */
bool dnsname_join(const struct dnsname *head, const struct dnsname *tail, struct dnsname *out);
/* Writes text without a final dot (the root is "."), cut to fit. Returns `out`. */
char *dnsname_format(const uint8_t *wire, size_t len, char *out, size_t out_bytes);
/* Is `name` equal to `top` or below it? */
bool dnsname_within(const uint8_t *name, size_t name_len, const uint8_t *top, size_t top_len);

#endif
