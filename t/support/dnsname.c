/* Domain names of the test server. Everything is lower-cased on the way in: the question that goes back to a client
 * is copied from its packet, never from here. */
#include "t/support/dnsname.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define HASH_START 2166136261u /* FNV-1a, from the root towards the first label */
#define HASH_STEP 16777619u

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Fills labels, start and hash from wire and len. */
static void index_labels(struct dnsname *name)
{
	size_t at = 0;
	name->labels = 0;
	while (name->wire[at] != 0) {
		name->start[name->labels++] = (uint8_t)at;
		at += (size_t)name->wire[at] + 1;
	}
	name->start[name->labels] = (uint8_t)at;
	uint32_t hash = HASH_START;
	name->hash[name->labels] = hash;
	for (size_t i = name->labels; i-- > 0;) {
		for (size_t k = name->start[i]; k < name->start[i + 1]; k++)
			hash = (hash ^ name->wire[k]) * HASH_STEP;
		name->hash[i] = hash;
	}
}

size_t dnsname_read(const uint8_t *wire, size_t len, struct dnsname *out)
{
	size_t at = 0;
	while (at < len) {
		size_t label = wire[at];
		if (label > 63 || at + label + 1 > len || at + label + 1 > DNSNAME_MAX_BYTES)
			return 0;
		out->wire[at] = (uint8_t)label;
		for (size_t i = 1; i <= label; i++)
			out->wire[at + i] = lower(wire[at + i]);
		at += label + 1;
		if (label == 0) {
			out->len = (uint8_t)at;
			index_labels(out);
			return at;
		}
	}
	return 0;
}

/* One octet of text: a plain character, \X or \DDD. Returns the characters it took, 0 when it is broken. */
static size_t text_octet(const char *text, uint8_t *octet)
{
	if (text[0] != '\\') {
		*octet = (uint8_t)text[0];
		return 1;
	}
	if (isdigit((unsigned char)text[1]) && isdigit((unsigned char)text[2]) && isdigit((unsigned char)text[3])) {
		int value = (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
		*octet = (uint8_t)value;
		return value <= 255 ? 4 : 0;
	}
	*octet = (uint8_t)text[1];
	return text[1] != '\0' ? 2 : 0;
}

bool dnsname_parse(const char *text, struct dnsname *out)
{
	uint8_t wire[DNSNAME_MAX_BYTES];
	size_t at = 0, label = 0; /* the label being filled begins at `at` and has `label` octets */
	if (strcmp(text, ".") == 0)
		text = "";
	for (const char *p = text; *p != '\0';) {
		if (*p == '.') {
			if (label == 0)
				return false;
			wire[at] = (uint8_t)label;
			at += label + 1;
			label = 0;
			p++;
			continue;
		}
		uint8_t octet;
		size_t took = text_octet(p, &octet);
		if (took == 0 || label == 63 || at + label + 2 >= DNSNAME_MAX_BYTES)
			return false;
		wire[at + 1 + label++] = octet;
		p += took;
	}
	if (label > 0) {
		wire[at] = (uint8_t)label;
		at += label + 1;
	}
	wire[at++] = 0;
	return dnsname_read(wire, at, out) == at;
}

bool dnsname_join(const struct dnsname *head, const struct dnsname *tail, struct dnsname *out)
{
	uint8_t wire[2 * DNSNAME_MAX_BYTES];
	size_t head_len = head->len - 1u; /* without its root */
	memcpy(wire, head->wire, head_len);
	memcpy(wire + head_len, tail->wire, tail->len);
	return head_len + tail->len <= DNSNAME_MAX_BYTES && dnsname_read(wire, head_len + tail->len, out) != 0;
}

char *dnsname_format(const uint8_t *wire, size_t len, char *out, size_t out_bytes)
{
	size_t used = 0;
	if (len <= 1) {
		snprintf(out, out_bytes, ".");
		return out;
	}
	out[0] = '\0';
	for (size_t at = 0; at < len && wire[at] != 0; at += (size_t)wire[at] + 1) {
		if (at > 0 && used + 1 < out_bytes)
			out[used++] = '.';
		for (size_t i = 1; i <= wire[at] && used + 5 < out_bytes; i++) {
			uint8_t c = wire[at + i];
			if (c == '.' || c == '\\')
				used += (size_t)snprintf(out + used, out_bytes - used, "\\%c", c);
			else if (c <= ' ' || c >= 127)
				used += (size_t)snprintf(out + used, out_bytes - used, "\\%03u", c);
			else
				out[used++] = (char)c;
		}
	}
	out[used] = '\0';
	return out;
}

bool dnsname_within(const uint8_t *name, size_t name_len, const uint8_t *top, size_t top_len)
{
	size_t at = 0;
	if (name_len < top_len)
		return false;
	while (name_len - at > top_len)
		at += (size_t)name[at] + 1;
	return name_len - at == top_len && memcmp(name + at, top, top_len) == 0;
}
