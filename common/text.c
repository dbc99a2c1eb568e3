/* text: bounded text building.
 * One place cleans what came from outside; every sink of foreign text goes through it. */
#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text text_over(char *buf, size_t size_bytes)
{
	buf[0] = '\0';
	return (struct text){ .buf = buf, .size_bytes = size_bytes };
}

void text_add_bytes(struct text *text, const char *bytes, size_t n)
{
	size_t room = text->size_bytes - 1 - text->len;

	if (n > room) {
		n = room;
		text->cut = true;
	}
	if (n == 0)
		return;
	memcpy(text->buf + text->len, bytes, n);
	text->len += n;
	text->buf[text->len] = '\0';
}

void text_add_char(struct text *text, char c)
{
	text_add_bytes(text, &c, 1);
}

void text_add_str(struct text *text, const char *string)
{
	text_add_bytes(text, string, strlen(string));
}

void text_add(struct text *text, const char *format, ...)
{
	size_t room = text->size_bytes - text->len;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text->buf + text->len, room, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room) {
		text->cut = true;
		text->len = n < 0 ? text->len : text->size_bytes - 1;
		text->buf[text->len] = '\0';
	} else {
		text->len += (size_t)n;
	}
}

void text_add_foreign(struct text *text, const char *foreign, size_t max_bytes)
{
	size_t n = 0;

	for (; foreign[n] != '\0' && n < max_bytes; n++) {
		unsigned char c = (unsigned char)foreign[n];

		text_add_char(text, c >= 0x20 && c < 0x7f ? (char)c : '?');
	}
	if (foreign[n] != '\0')
		text_add_str(text, "...");
}

const char *text_quote(const char *foreign, char buf[TEXT_QUOTE_BYTES])
{
	struct text quote = text_over(buf, TEXT_QUOTE_BYTES);

	text_add_char(&quote, '"');
	text_add_foreign(&quote, foreign, TEXT_QUOTE_BYTES - sizeof "\"...\"");
	text_add_char(&quote, '"');
	return buf;
}

size_t text_utf8(const char *bytes, size_t n, uint32_t *code)
{
	/* By the number of following bytes: the first byte's mark and mask, and the least code that needs that many. */
	static const struct {
		uint8_t mark, mask;
		uint32_t least;
	} form[] = { { 0x00, 0x80, 0 }, { 0xc0, 0xe0, 0x80 }, { 0xe0, 0xf0, 0x800 }, { 0xf0, 0xf8, 0x10000 } };
	uint8_t first = n > 0 ? (uint8_t)bytes[0] : 0xff;
	size_t more = 0;
	uint32_t value;

	while (more < 4 && (first & form[more].mask) != form[more].mark)
		more++;
	if (more == 4 || n < more + 1)
		return 0;
	value = first & (uint8_t)~form[more].mask;
	for (size_t i = 1; i <= more; i++) {
		if (((uint8_t)bytes[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | ((uint8_t)bytes[i] & 0x3f);
	}
	if (value < form[more].least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*code = value;
	return more + 1;
}

bool text_is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x2028 || code == 0x2029;
}

bool text_fits(const struct text *text)
{
	return !text->cut;
}
