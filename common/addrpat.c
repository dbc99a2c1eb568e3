/* addrpat: is this address meant?
 * Every pattern becomes one run of addresses; only a wildcard before a number has to stay a mask. */
#include "common/addrpat.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"

static void at_not_mask(struct ipaddr *addr, const struct ipaddr *mask)
{
	for (size_t i = 0; i < addr->len; i++)
		addr->byte[i] = (uint8_t)(addr->byte[i] | (uint8_t)~mask->byte[i]);
}

/* Ones, then zeros: the addresses behind such a mask are one run. Within an octet it is never otherwise here. */
static bool is_prefix(const struct ipaddr *mask)
{
	for (size_t i = 1; i < mask->len; i++)
		if (mask->byte[i] > mask->byte[i - 1])
			return false;
	return true;
}

static struct addrpat run_or_mask(const struct ipaddr *low, const struct ipaddr *mask)
{
	struct addrpat pat = { .masked = !is_prefix(mask), .low = *low, .high = *mask };

	if (!pat.masked) {
		pat.high = *low;
		at_not_mask(&pat.high, mask);
	}
	return pat;
}

/* 192.0.2.1, 192.168.*.*, 192.168.*, 10.*.0.1 */
static bool octets_parse(struct addrpat *out, const char *text, struct errmsg *err)
{
	struct ipaddr low = { .len = IPADDR_V4 }, mask = { .len = IPADDR_V4 };
	char quote[TEXT_QUOTE_BYTES];
	const char *at = text;
	size_t n = 0;
	bool star;

	for (;; at++) {
		if (n == IPADDR_V4) {
			errmsg_set(err, "%s has more than four octets", text_quote(text, quote));
			return false;
		}
		star = *at == '*';
		if (star) {
			at++;
		} else if (ipaddr_octet(&at, &low.byte[n])) {
			mask.byte[n] = 255;
		} else {
			errmsg_set(err, "octet %zu of %s is neither * nor a number from 0 to 255 without leading zeros",
				   n + 1, text_quote(text, quote));
			return false;
		}
		n++;
		if (*at != '.')
			break;
	}
	if (*at != '\0') {
		errmsg_set(err, "octet %zu of %s: a * stands for a whole octet", n, text_quote(text, quote));
		return false;
	}
	if (n == 1 && star) {
		errmsg_set(err, "* alone names no family: write 0.0.0.0/0 for IPv4, ::/0 for IPv6");
		return false;
	}
	if (n < IPADDR_V4 && !star) {
		errmsg_set(err, "%s has %zu of four octets: a net is written with a * at its end, such as 192.168.*",
			   text_quote(text, quote), n);
		return false;
	}
	*out = run_or_mask(&low, &mask);
	return true;
}

static bool bits_parse(unsigned *out, const char *text)
{
	uint8_t bits;

	if (!ipaddr_octet(&text, &bits) || *text != '\0')
		return false;
	*out = bits;
	return true;
}

/* An IPv4 address as IPv6 sees it: ::ffff:a.b.c.d. No other room keeps such a value. */
static struct ipaddr unfolded(const struct ipaddr *v4)
{
	struct ipaddr addr = { .len = IPADDR_V6, .byte = { [10] = 0xff, [11] = 0xff } };

	memcpy(addr.byte + 12, v4->byte, 4);
	return addr;
}

static struct ipaddr mask_of(size_t len, unsigned bits)
{
	struct ipaddr mask = { .len = (uint8_t)len };

	for (size_t i = 0; i < len; i++, bits -= bits < 8 ? bits : 8)
		mask.byte[i] = (uint8_t)(bits < 8 ? 0xff00u >> bits : 0xffu);
	return mask;
}

/* 10.0.0.0/8, 2001:db8::/32; ::ffff:192.0.2.0/120 is 192.0.2.0/24. */
static bool net_parse(struct addrpat *out, const char *text, const char *slash, struct errmsg *err)
{
	char quote[TEXT_QUOTE_BYTES], shown[IPADDR_TEXT_BYTES];
	struct ipaddr addr, low, mask;
	unsigned bits, most;
	bool mapped;

	if (!ipaddr_parse_n(&addr, text, (size_t)(slash - text))) {
		errmsg_set(err, "%s: what stands before / is not an address", text_quote(text, quote));
		return false;
	}
	mapped = addr.len == IPADDR_V4 && memchr(text, ':', (size_t)(slash - text)) != NULL;
	most = mapped ? 128 : 8u * addr.len;
	if (!bits_parse(&bits, slash + 1) || bits > most) {
		errmsg_set(err, "%s: what stands behind / is not a number of bits from 0 to %u",
			   text_quote(text, quote), most);
		return false;
	}
	if (mapped && bits >= 96)
		bits -= 96;
	else if (mapped)
		addr = unfolded(&addr);
	mask = mask_of(addr.len, bits);
	low = addr;
	for (size_t i = 0; i < low.len; i++)
		low.byte[i] &= mask.byte[i];
	if (!ipaddr_equal(&low, &addr)) {
		errmsg_set(err, "%s has bits behind the net's own: the net is %s/%u, the address alone has no /",
			   text_quote(text, quote), ipaddr_format(&low, shown), bits);
		return false;
	}
	*out = run_or_mask(&low, &mask);
	return true;
}

/* 251.70.2.53-251.70.2.60 */
static bool range_parse(struct addrpat *out, const char *text, const char *dash, struct errmsg *err)
{
	char quote[TEXT_QUOTE_BYTES];
	struct addrpat pat = { .masked = false };

	text_quote(text, quote);
	if (!ipaddr_parse_n(&pat.low, text, (size_t)(dash - text)) || !ipaddr_parse(&pat.high, dash + 1)) {
		errmsg_set(err, "%s: a range is two whole addresses, such as 192.0.2.1-192.0.2.9", quote);
		return false;
	}
	if (pat.low.len != pat.high.len) {
		errmsg_set(err, "%s is a range from one family of addresses into another", quote);
		return false;
	}
	if (ipaddr_compare(&pat.low, &pat.high) > 0) {
		errmsg_set(err, "%s ends before it begins", quote);
		return false;
	}
	*out = pat;
	return true;
}

static bool address_parse(struct addrpat *out, const char *text, struct errmsg *err)
{
	char quote[TEXT_QUOTE_BYTES];
	struct ipaddr addr;

	if (ipaddr_parse(&addr, text)) {
		*out = (struct addrpat){ .low = addr, .high = addr };
		return true;
	}
	text_quote(text, quote);
	if (strchr(text, ':') != NULL && strchr(text, '*') != NULL)
		errmsg_set(err, "%s: * stands for an octet of IPv4; an IPv6 net is written 2001:db8::/32", quote);
	else if (strpbrk(text, "[]%") != NULL)
		errmsg_set(err, "%s is not an address: it is written without brackets, port and zone", quote);
	else
		errmsg_set(err, "%s is neither an address nor a wildcard (192.168.*), a net (10.0.0.0/8) or a range "
				"(192.0.2.1-192.0.2.9)", quote);
	return false;
}

bool addrpat_parse(struct addrpat *out, const char *text, struct errmsg *err)
{
	const char *sign;

	if (text[0] == '\0') {
		errmsg_set(err, "an address pattern is empty");
		return false;
	}
	if (text[strspn(text, "0123456789.*")] == '\0')
		return octets_parse(out, text, err);
	if ((sign = strchr(text, '-')) != NULL)
		return range_parse(out, text, sign, err);
	if ((sign = strchr(text, '/')) != NULL)
		return net_parse(out, text, sign, err);
	return address_parse(out, text, err);
}

static bool in_run(const struct addrpat *run, const struct ipaddr *addr)
{
	return ipaddr_compare(&run->low, addr) <= 0 && ipaddr_compare(addr, &run->high) <= 0;
}

bool addrpat_match(const struct addrpat *pat, const struct ipaddr *addr)
{
	if (!pat->masked)
		return in_run(pat, addr);
	if (addr->len != pat->low.len)
		return false;
	for (size_t i = 0; i < addr->len; i++)
		if ((addr->byte[i] & pat->high.byte[i]) != pat->low.byte[i])
			return false;
	return true;
}

static int by_low(const void *a, const void *b)
{
	const struct addrpat *left = a, *right = b;

	return ipaddr_compare(&left->low, &right->low);
}

/* Does `next`, which does not begin before `run`, begin inside it or right behind? What the last address of a family
 * wraps around to is its first: no such `next` begins there. */
static bool goes_on(const struct addrpat *run, const struct addrpat *next)
{
	struct ipaddr behind = run->high;
	size_t i = behind.len;

	if (ipaddr_compare(&next->low, &run->high) <= 0)
		return true;
	while (i > 0 && ++behind.byte[i - 1] == 0)
		i--;
	return ipaddr_equal(&next->low, &behind);
}

/* Joins what overlaps or touches; gives the number of runs that are left. */
static size_t runs_join(struct addrpat *run, size_t n)
{
	size_t last = 0;

	if (n == 0)
		return 0;
	qsort(run, n, sizeof *run, by_low);
	for (size_t i = 1; i < n; i++)
		if (!goes_on(&run[last], &run[i]))
			run[++last] = run[i];
		else if (ipaddr_compare(&run[i].high, &run[last].high) > 0)
			run[last].high = run[i].high;
	return last + 1;
}

bool addrset_build(struct addrset *out, const struct addrpat *pats, size_t n, struct arena *arena)
{
	size_t n_masks = 0, n_runs = 0;
	struct addrpat *runs, *masks;

	for (size_t i = 0; i < n; i++)
		n_masks += pats[i].masked;
	runs = arena_alloc_n(arena, n - n_masks, sizeof *runs);
	masks = arena_alloc_n(arena, n_masks, sizeof *masks);
	if (runs == NULL || masks == NULL)
		return false;
	n_masks = 0;
	for (size_t i = 0; i < n; i++)
		if (pats[i].masked)
			masks[n_masks++] = pats[i];
		else
			runs[n_runs++] = pats[i];
	n_runs = runs_join(runs, n_runs);
	*out = (struct addrset){ .ranges = runs, .n_ranges = n_runs, .masks = masks, .n_masks = n_masks };
	return true;
}

bool addrset_is_empty(const struct addrset *set)
{
	return set->n_ranges + set->n_masks == 0;
}

bool addrset_match(const struct addrset *set, const struct ipaddr *addr)
{
	size_t low = 0, high = set->n_ranges;

	while (low < high) {   /* the first run that does not end before addr: it holds addr, or none does */
		size_t mid = low + (high - low) / 2;

		if (ipaddr_compare(&set->ranges[mid].high, addr) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < set->n_ranges && in_run(&set->ranges[low], addr))
		return true;
	for (size_t i = 0; i < set->n_masks; i++)
		if (addrpat_match(&set->masks[i], addr))
			return true;
	return false;
}
