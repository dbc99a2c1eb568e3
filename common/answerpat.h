/* Answer patterns: does this A record of a list's answer count? 127.0.0.2, 127.*.*.*, 127.0.0.[2..11],
 * 127.0.0.[2;4;6..8] (any octet; the syntax of Postfix's postscreen), or a bit mask &0.0.0.6 (any of those bits set,
 * answers inside 127.0.0.0/8 only). Plain data; pure functions, safe from any thread.   See: postscreen(8), RFC 5782. */
#ifndef COMMON_ANSWERPAT_H
#define COMMON_ANSWERPAT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/errmsg.h"

struct answerpat {
	bool is_mask;
	bool is_exact;            /* names one single address */
	uint32_t mask;            /* host order, when is_mask */
	uint8_t octet[4][32];     /* a bit for each allowed value of each octet, when not is_mask */
};

/* False: `err` says what is wrong; *out is untouched. Numbers are 0 to 255, a range a..b needs a <= b, a mask has a bit in
 * its last three octets and none in the first (all answers that count agree there). */
bool answerpat_parse(struct answerpat *out, const char *text, struct errmsg *err);
/* `addr` is the A record in host order. */
bool answerpat_match(const struct answerpat *pat, uint32_t addr);
/* True when the pattern names this one address and no other. */
bool answerpat_is(const struct answerpat *pat, uint32_t addr);

#endif
