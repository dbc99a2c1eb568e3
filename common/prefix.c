/* prefix: the Subject with its prefix.
 * Blanks between plain text and an encoded word are shown, between two encoded words they are not: RFC 2047 section 6.2. */
#include "common/prefix.h"

#include <string.h>
#include <strings.h>

#include "common/decode.h"

enum {
	DECODED_BYTES = 2048,        /* of a Subject, to look for the prefix at its start */
	REPLY_WORD_BYTES = 24,       /* "Re", "AW", "Fwd", "Re[2]", and such words in other alphabets */
	REPLY_WORDS_MAX = 20,
	COLUMNS = 78,
	WORD_BYTES = 75,             /* of an encoded word: RFC 2047 section 2 */
};

static const char blanks[] = " \t\r\n";
static const char name[] = "Subject: ";

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, blanks);
}

/* The text without blanks at its end: its length. */
static size_t trimmed_length(const char *text, size_t n)
{
	while (n > 0 && strchr(blanks, text[n - 1]) != NULL)
		n--;
	return n;
}

/* What stands behind a word with a colon, such as "Re:"; NULL: no such word is there. */
static const char *behind_reply_word(const char *text)
{
	size_t n = strcspn(text, ": \t\r\n");

	if (n == 0 || n > REPLY_WORD_BYTES || text[n] != ':')
		return NULL;
	return skip_blanks(text + n + 1);
}

bool prefix_stands(const char *prefix, const char *value)
{
	char buf[DECODED_BYTES];
	struct text decoded = text_over(buf, sizeof buf);
	const char *text;
	size_t n;

	prefix = skip_blanks(prefix);
	n = trimmed_length(prefix, strlen(prefix));
	decode_header(value, &decoded);
	text = skip_blanks(buf);
	for (int i = 0; text != NULL && i < REPLY_WORDS_MAX; i++) {
		if (strncasecmp(text, prefix, n) == 0)
			return true;
		text = behind_reply_word(text);
	}
	return false;
}

/* --- writing it --------------------------------------------------------------------------------------------------- */

/* Plain text may not look like an encoded word either. */
static bool is_plain(const char *prefix)
{
	if (strstr(prefix, "=?") != NULL)
		return false;
	for (; *prefix != '\0'; prefix++)
		if ((unsigned char)*prefix >= 0x80)
			return false;
	return true;
}

static size_t character_length(const char *text)
{
	uint32_t code;
	size_t n = text_utf8(text, strlen(text), &code);

	return n == 0 ? 1 : n;
}

static void add_base64(const unsigned char *bytes, size_t n, struct text *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		unsigned long bits = (unsigned long)bytes[i] << 16;

		bits |= i + 1 < n ? (unsigned long)bytes[i + 1] << 8 : 0;
		bits |= i + 2 < n ? (unsigned long)bytes[i + 2] : 0;
		text_add_char(out, digits[bits >> 18 & 63]);
		text_add_char(out, digits[bits >> 12 & 63]);
		text_add_char(out, i + 1 < n ? digits[bits >> 6 & 63] : '=');
		text_add_char(out, i + 2 < n ? digits[bits & 63] : '=');
	}
}

/* As many words as it takes, each of whole characters. */
static void add_encoded(const char *bytes, size_t n, struct text *out)
{
	static const char before[] = "=?UTF-8?B?", after[] = "?=";
	const size_t room = (WORD_BYTES - (sizeof before - 1) - (sizeof after - 1)) / 4 * 3;
	bool first = true;

	while (n > 0) {
		size_t take = 0, more;

		while (take < n && take + (more = character_length(bytes + take)) <= room)
			take += more;
		take = take > n ? n : take;
		text_add(out, "%s%s", first ? "" : "\n ", before);
		add_base64((const unsigned char *)bytes, take, out);
		text_add_str(out, after);
		bytes += take;
		n -= take;
		first = false;
	}
}

/* The column at which the text ends, when it begins at `column`. */
static size_t last_column(const char *text, size_t column)
{
	const char *line = strrchr(text, '\n');

	return line != NULL ? strlen(line + 1) : column + strlen(text);
}

/* What is kept of the old value: no CR, which libmilter puts there by itself, and no line that is blank. */
static void add_value(const char *value, size_t n, struct text *out)
{
	for (size_t i = 0; i < n; i++)
		if (value[i] != '\r')
			text_add_char(out, value[i]);
}

void prefix_put(const char *prefix, const char *value, struct text *out)
{
	const size_t start = out->len, all = strlen(prefix), trimmed = trimmed_length(prefix, all);
	const char *rest = skip_blanks(value);
	size_t n = strlen(rest), column;
	bool encoded_next = decode_word_length(rest) > 0, blank = all > trimmed, plain = is_plain(prefix);

	n = n > PREFIX_SUBJECT_BYTES ? PREFIX_SUBJECT_BYTES : n;
	n = trimmed_length(rest, n);
	if (plain)
		text_add_bytes(out, prefix, trimmed);
	else
		add_encoded(prefix, encoded_next && n > 0 ? all : trimmed, out);   /* with the blank that would not be shown */
	if (n == 0)
		return;
	/* An encoded word stands between blanks, whichever of the two it is. */
	if (!blank && !encoded_next && plain) {
		add_value(rest, n, out);
		return;
	}
	column = last_column(out->buf + start, sizeof name - 1);
	text_add_str(out, column + 1 + strcspn(rest, "\r\n") > COLUMNS ? "\n " : " ");
	add_value(rest, n, out);
}
