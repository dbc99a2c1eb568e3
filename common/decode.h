/* Header text as people read it: encoded words (RFC 2047) -> UTF-8, folding undone.
 * Pure functions, safe from any thread.   Bound: the caller's buffer; what has no room is left out and remembered (text.h).
 * RFC: 2047 sections 2, 4 and 6.2; 2231 section 5 (a language behind the charset is passed over). */
#ifndef COMMON_DECODE_H
#define COMMON_DECODE_H

#include <stddef.h>

#include "common/text.h"

enum { DECODE_CHARSET_BYTES = 41, DECODE_WORDS_BYTES = 8192 };   /* the latter: of encoded words in a row */

/* Appends the value of a header in valid UTF-8. Encoded words are decoded where blanks or the ends of the value stand
 * around them; words in a row are one text, so that a character may be cut between two of them. What cannot be decoded (a
 * charset that nobody knows, or the 51st change of it) stays as it is written. Bytes that are no UTF-8 become U+FFFD, control
 * characters blanks, and a run of blanks at a fold is one blank. */
void decode_header(const char *value, struct text *out);

/* Does an encoded word begin here, behind a blank or at the start? Its length in bytes; 0: none does. */
size_t decode_word_length(const char *text);

#endif
