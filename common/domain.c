/* domain: a name as others write it -> the name that can be asked about.
 * IDNA decides about what is not ASCII (no transitional forms, so that "ß" stays itself); its result is checked like any
 * other text, for it may turn out to be an address or a single label. */
#include "common/domain.h"

#include <idn2.h>
#include <stddef.h>
#include <string.h>

#include "common/ipaddr.h"

enum { LABEL_MAX = 63, NAME_MAX_CHARS = DOMAIN_BYTES - 1 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Also what is hardly meant as an address, 192.0.2.256 or 10.1: the last label of a name in the DNS is never a number. */
static bool is_address(const char *text)
{
	struct ipaddr addr;
	const char *last = strrchr(text, '.');

	last = last == NULL ? text : last + 1;
	return text[0] == '[' || ipaddr_parse(&addr, text) || (*last != '\0' && strspn(last, "0123456789") == strlen(last));
}

/* A final dot is gone already. */
static enum domain_kind parse_ascii(char out[DOMAIN_BYTES], const char *text)
{
	char name[DOMAIN_BYTES];
	size_t n = 0, label = 0, labels = 1;

	if (is_address(text))
		return DOMAIN_ADDRESS;
	for (; *text != '\0'; text++) {
		if (n == NAME_MAX_CHARS)
			return DOMAIN_BROKEN;
		name[n] = lower(*text);
		if (name[n] == '.') {
			if (label == 0)
				return DOMAIN_BROKEN;
			label = 0;
			labels++;
		} else if (!is_name_char(name[n]) || ++label > LABEL_MAX) {
			return DOMAIN_BROKEN;
		}
		n++;
	}
	if (label == 0)
		return n == 0 ? DOMAIN_NONE : DOMAIN_BROKEN;
	name[n] = '\0';
	memcpy(out, name, n + 1);
	return labels == 1 ? DOMAIN_ONE_LABEL : DOMAIN_NAME;
}

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

static enum domain_kind parse_copy(char out[DOMAIN_BYTES], char *text, size_t n)
{
	if (n > 0 && text[n - 1] == '.')
		text[n - 1] = '\0';
	return parse_ascii(out, text);
}

static enum domain_kind parse_idn(char out[DOMAIN_BYTES], const char *text)
{
	enum domain_kind kind;
	uint8_t *found = NULL;

	/* The library reads const uint8_t *, which is what a char is here. */
	if (idn2_lookup_u8((const uint8_t *)text, &found, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return DOMAIN_BROKEN;
	kind = parse_copy(out, (char *)found, strlen((char *)found));
	idn2_free(found);
	return kind;
}

enum domain_kind domain_parse(char out[DOMAIN_BYTES], const char *text)
{
	char copy[DOMAIN_TEXT_MAX_BYTES + 1];
	size_t n;

	if (text == NULL || text[0] == '\0')
		return DOMAIN_NONE;
	n = strnlen(text, sizeof copy);
	if (n == sizeof copy)
		return DOMAIN_BROKEN;
	if (!is_ascii(text))
		return parse_idn(out, text);
	memcpy(copy, text, n + 1);
	return parse_copy(out, copy, n);
}
