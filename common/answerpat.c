/* answerpat: does this A record of a list's answer count?
 * Each octet keeps a bit for every value it may have, so that a match is four look-ups whatever the pattern says. */
#include "common/answerpat.h"

#include <string.h>

#include "common/ipaddr.h"
#include "common/text.h"

static void allow(uint8_t set[32], unsigned first, unsigned last)
{
	for (unsigned value = first; value <= last; value++)
		set[value / 8] = (uint8_t)(set[value / 8] | 1u << value % 8);
}

static bool allows(const uint8_t set[32], unsigned value)
{
	return set[value / 8] >> value % 8 & 1;
}

static unsigned allowed_count(const uint8_t set[32])
{
	unsigned n = 0;

	for (unsigned value = 0; value < 256; value++)
		n += allows(set, value);
	return n;
}

/* Each reader moves *at behind what it took; where it fails it gives the reason, else NULL. */

/* 2..11, or 4 */
static const char *span_read(const char **at, uint8_t set[32])
{
	uint8_t first, last;

	if (!ipaddr_octet(at, &first))
		return "a number from 0 to 255 without leading zeros is missing";
	last = first;
	if (strncmp(*at, "..", 2) == 0) {
		*at += 2;
		if (!ipaddr_octet(at, &last))
			return "behind .. a number from 0 to 255 without leading zeros is missing";
		if (first > last)
			return "a range ends before it begins";
	}
	allow(set, first, last);
	return NULL;
}

/* [2;4;6..8] */
static const char *set_read(const char **at, uint8_t set[32])
{
	do {
		const char *wrong;

		++*at;   /* the bracket, then each semicolon */
		wrong = span_read(at, set);
		if (wrong != NULL)
			return wrong;
	} while (**at == ';');
	if (**at != ']')
		return "in brackets stand numbers and ranges, as in [2;4;6..8]";
	++*at;
	return NULL;
}

static const char *octet_read(const char **at, uint8_t set[32])
{
	uint8_t value;

	if (**at == '[')
		return set_read(at, set);
	if (**at == '*') {
		++*at;
		allow(set, 0, 255);
		return NULL;
	}
	if (!ipaddr_octet(at, &value))
		return "an octet is *, a set in brackets, or a number from 0 to 255 without leading zeros";
	allow(set, value, value);
	return NULL;
}

static const char *octets_read(const char *at, struct answerpat *pat)
{
	pat->is_exact = true;
	for (size_t i = 0; i < 4; i++) {
		const char *wrong;

		if (i > 0 && *at++ != '.')
			return "four octets with dots between them are needed";
		wrong = octet_read(&at, pat->octet[i]);
		if (wrong != NULL)
			return wrong;
		pat->is_exact = pat->is_exact && allowed_count(pat->octet[i]) == 1;
	}
	return *at == '\0' ? NULL : "something follows the fourth octet";
}

/* The first octet of every answer that counts is 127: a mask that looks at it would match all of them or none. */
static const char *mask_read(const char *text, struct answerpat *pat)
{
	struct ipaddr addr;

	if (!ipaddr_parse(&addr, text) || strchr(text, ':') != NULL)
		return "behind & stands a mask of four octets, such as &0.0.0.6";
	pat->is_mask = true;
	pat->mask = ipaddr_u32(&addr);
	if (pat->mask >> 24 != 0)
		return "the first octet of a mask is 0, for in every answer it is 127";
	return pat->mask != 0 ? NULL : "a mask without a bit matches nothing";
}

bool answerpat_parse(struct answerpat *out, const char *text, struct errmsg *err)
{
	struct answerpat pat = { .is_mask = false };
	const char *wrong = *text == '&' ? mask_read(text + 1, &pat) : octets_read(text, &pat);
	char quote[TEXT_QUOTE_BYTES];

	if (wrong != NULL) {
		errmsg_set(err, "%s: %s", text_quote(text, quote), wrong);
		return false;
	}
	*out = pat;
	return true;
}

bool answerpat_match(const struct answerpat *pat, uint32_t addr)
{
	if (pat->is_mask)
		return addr >> 24 == 127 && (addr & pat->mask) != 0;
	for (unsigned i = 0; i < 4; i++)
		if (!allows(pat->octet[i], addr >> (24 - 8 * i) & 255))
			return false;
	return true;
}

bool answerpat_is(const struct answerpat *pat, uint32_t addr)
{
	return pat->is_exact && answerpat_match(pat, addr);
}
