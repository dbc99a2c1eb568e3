/* Bounded text building in a caller's buffer. What does not fit is left out and remembered, so that a whole text is
 * built without a check after every piece and asked once at the end. The text is always NUL-terminated.
 * Threads: one at a time; the buffer is the caller's. */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEXT_QUOTE_BYTES = 80 };

struct text {
	char *buf;
	size_t size_bytes;   /* of buf, with the NUL; at least 1 */
	size_t len;
	bool cut;
};

struct text text_over(char *buf, size_t size_bytes);

/* Appends as printf does. */
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_bytes(struct text *text, const char *bytes, size_t n);
void text_add_char(struct text *text, char c);
void text_add_str(struct text *text, const char *string);

/* Appends text that came from outside (SMTP, headers, DNS, files), fit for a line of a log, a header or a reply: each
 * byte that is not printable ASCII becomes '?', and no more than max_bytes are taken ("..." marks the cut). */
void text_add_foreign(struct text *text, const char *foreign, size_t max_bytes);

/* The same in quotation marks, cut to the buffer, which is returned: for a sentence about foreign text. */
const char *text_quote(const char *foreign, char buf[TEXT_QUOTE_BYTES]);

/* Length in bytes (1 to 4) of the UTF-8 character that `bytes` (n of them) begins with; *code is its number. 0: none
 * there, or not valid: RFC 3629 section 4. */
size_t text_utf8(const char *bytes, size_t n, uint32_t *code);
/* A character that would break a line or steer a terminal: U+0000 to U+001F, U+007F to U+009F, U+2028, U+2029. */
bool text_is_control(uint32_t code);

/* True while everything that was added is there. */
bool text_fits(const struct text *text);

#endif
