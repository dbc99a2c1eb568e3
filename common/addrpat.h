/* Address patterns: is this address meant? One of an address (192.0.2.1, 2001:db8::1), a wildcard on whole octets
 * (192.168.*.*, short 192.168.*, also 10.*.0.1), CIDR (10.0.0.0/8, 2001:db8::/32) or a range
 * (251.70.2.53-251.70.2.60, IPv6 too). An IPv4-mapped IPv6 pattern is its IPv4 pattern. A * alone is refused, for it would
 * not say whether IPv6 is meant too: 0.0.0.0/0 and ::/0 do.
 * Plain data; pure functions, safe from any thread once a set is built.   RFC: 4632 (CIDR). */
#ifndef COMMON_ADDRPAT_H
#define COMMON_ADDRPAT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/errmsg.h"
#include "common/ipaddr.h"

struct addrpat {
	bool masked;              /* true: (address & high) == low; false: low <= address <= high */
	struct ipaddr low, high;  /* of one family */
};

/* False: `err` says what is wrong with the text; *out is untouched. A CIDR whose host bits are set is an error. */
bool addrpat_parse(struct addrpat *out, const char *text, struct errmsg *err);
bool addrpat_match(const struct addrpat *pat, const struct ipaddr *addr);

/* Many patterns, laid out so that a match costs a binary search and not a walk. The memory is the arena's. */
struct addrset {
	const struct addrpat *ranges;   /* sorted by low, not overlapping: whatever is one run of addresses */
	size_t n_ranges;
	const struct addrpat *masks;    /* wildcards in the middle: walked */
	size_t n_masks;
};

/* `pats` (n of them) may be in any order and overlap; they are copied. False: out of memory, *out is untouched. */
bool addrset_build(struct addrset *out, const struct addrpat *pats, size_t n, struct arena *arena);
bool addrset_is_empty(const struct addrset *set);
bool addrset_match(const struct addrset *set, const struct ipaddr *addr);   /* an empty set matches nothing */

#endif
