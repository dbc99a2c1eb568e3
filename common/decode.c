/* decode: encoded words -> UTF-8.
 * Words of one charset in a row are joined before they are converted: many mailers cut characters in two. */
#include "common/decode.h"

#include <ctype.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

/* To open a charset may load a module: a value that changes it at every word shall not keep us busy. */
enum { CONVERSIONS_MAX = 50 };

static const char blanks[] = " \t\r\n";
static const char replacement[] = "\xef\xbf\xbd";      /* U+FFFD */

/* The parts of =?charset?encoding?text?= */
struct word {
	char charset[DECODE_CHARSET_BYTES];
	char encoding;               /* 'b' or 'q' */
	const char *text;
	size_t n;
	size_t length;               /* of the whole */
};

/* Encoded words in a row, of one charset, decoded to the bytes of that charset. */
struct run {
	char charset[DECODE_CHARSET_BYTES];
	const char *from;            /* as they are written: in the value */
	const char *to;
	unsigned n_converted;        /* runs of this value that iconv was asked for */
	size_t n;
	char bytes[DECODE_WORDS_BYTES];
};

/* --- finding ------------------------------------------------------------------------------------------------------ */

/* What iconv may be asked for: a name, and none of its own options, which stand behind a slash. */
static bool charset_copy(const char *from, size_t n, char out[DECODE_CHARSET_BYTES])
{
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)from[i]) && strchr("-_.:+()", from[i]) == NULL)
			return false;
	if (n == 0 || n >= DECODE_CHARSET_BYTES)
		return false;
	memcpy(out, from, n);
	out[n] = '\0';
	return true;
}

static bool word_parse(const char *text, struct word *out)
{
	const char *charset = text + 2, *encoding, *end;
	size_t n;

	if (strncmp(text, "=?", 2) != 0)
		return false;
	n = strcspn(charset, "?* \t\r\n");
	if (!charset_copy(charset, n, out->charset))
		return false;
	encoding = charset + strcspn(charset, "? \t\r\n");
	if (encoding[0] != '?' || encoding[1] == '\0' || encoding[2] != '?')
		return false;
	out->encoding = (char)tolower((unsigned char)encoding[1]);
	out->text = encoding + 3;
	out->n = strcspn(out->text, "? \t\r\n");
	end = out->text + out->n;
	if ((out->encoding != 'b' && out->encoding != 'q') || strncmp(end, "?=", 2) != 0)
		return false;
	if (end[2] != '\0' && strchr(blanks, end[2]) == NULL)
		return false;
	out->length = (size_t)(end + 2 - text);
	return true;
}

size_t decode_word_length(const char *text)
{
	struct word word;

	return word_parse(text, &word) ? word.length : 0;
}

/* --- the two encodings -------------------------------------------------------------------------------------------- */

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void run_add(struct run *run, unsigned byte)
{
	if (run->n < sizeof run->bytes)
		run->bytes[run->n++] = (char)byte;
}

/* RFC 2047 section 4.2; a "=" without two digits is itself. */
static void decode_q(const struct word *word, struct run *run)
{
	for (size_t i = 0; i < word->n; i++) {
		const char *c = word->text + i;

		if (*c == '_') {
			run_add(run, ' ');
		} else if (*c == '=' && i + 2 < word->n && hex_value(c[1]) >= 0 && hex_value(c[2]) >= 0) {
			run_add(run, (unsigned)(hex_value(c[1]) << 4 | hex_value(c[2])));
			i += 2;
		} else {
			run_add(run, (unsigned char)*c);
		}
	}
}

/* RFC 4648; what is no digit is passed over, and padding may be missing. */
static void decode_b(const struct word *word, struct run *run)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0, n_bits = 0;

	for (size_t i = 0; i < word->n && word->text[i] != '='; i++) {
		const char *digit = strchr(digits, word->text[i]);

		if (digit == NULL)
			continue;
		bits = bits << 6 | (unsigned)(digit - digits);
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		run_add(run, bits >> n_bits & 0xff);
		bits &= (1u << n_bits) - 1;
	}
}

/* --- to UTF-8 ----------------------------------------------------------------------------------------------------- */

/* Text that should be UTF-8, made sure of. */
static void add_utf8(const char *bytes, size_t n, struct text *out)
{
	while (n > 0) {
		uint32_t code;
		size_t len = text_utf8(bytes, n, &code);

		if (len == 0)
			text_add_str(out, replacement);
		else if (text_is_control(code))
			text_add_char(out, ' ');
		else
			text_add_bytes(out, bytes, len);
		bytes += len == 0 ? 1 : len;
		n -= len == 0 ? 1 : len;
	}
}

static bool is_utf8(const char *charset)
{
	return strcasecmp(charset, "utf-8") == 0 || strcasecmp(charset, "utf8") == 0 || strcasecmp(charset, "us-ascii") == 0;
}

/* False: nobody knows this charset. */
static bool add_converted(struct run *run, struct text *out)
{
	iconv_t converter;
	char *in = run->bytes;
	size_t left = run->n;

	if (run->n_converted == CONVERSIONS_MAX)
		return false;
	run->n_converted++;
	converter = iconv_open("UTF-8", run->charset);
	if (converter == (iconv_t)-1)
		return false;
	while (left > 0) {
		char buf[512], *end = buf;
		size_t room = sizeof buf, before = left;
		size_t result = iconv(converter, &in, &left, &end, &room);

		add_utf8(buf, (size_t)(end - buf), out);
		if (result != (size_t)-1 || (left < before && end > buf))
			continue;
		if (left == 0)
			break;
		text_add_str(out, replacement);        /* not of this charset, or cut off */
		in++;
		left--;
	}
	iconv_close(converter);
	return true;
}

static void run_end(struct run *run, struct text *out)
{
	if (run->from == NULL)
		return;
	if (is_utf8(run->charset))
		add_utf8(run->bytes, run->n, out);
	else if (!add_converted(run, out))
		add_utf8(run->from, (size_t)(run->to - run->from), out);
	run->from = NULL;
	run->n = 0;
}

static void run_add_word(struct run *run, const char *at, const struct word *word, struct text *out)
{
	if (run->from != NULL && strcasecmp(run->charset, word->charset) != 0)
		run_end(run, out);
	if (run->from == NULL) {
		memcpy(run->charset, word->charset, sizeof run->charset);
		run->from = at;
	}
	run->to = at + word->length;
	if (word->encoding == 'b')
		decode_b(word, run);
	else
		decode_q(word, run);
}

/* --- the door ----------------------------------------------------------------------------------------------------- */

/* Blanks between two words: as they are, but one for a fold. */
static void add_blanks(const char *at, size_t n, struct text *out)
{
	if (n == 0)
		return;
	if (memchr(at, '\n', n) != NULL || memchr(at, '\r', n) != NULL)
		text_add_char(out, ' ');
	else
		add_utf8(at, n, out);
}

void decode_header(const char *value, struct text *out)
{
	struct run run = { .from = NULL, .n = 0 };

	while (*value != '\0' && text_fits(out)) {
		size_t n_blanks = strspn(value, blanks);
		const char *at = value + n_blanks;
		struct word word;

		if (word_parse(at, &word)) {
			/* RFC 2047 section 6.2: blanks between two encoded words are not shown */
			if (run.from == NULL)
				add_blanks(value, n_blanks, out);
			run_add_word(&run, at, &word, out);
			value = at + word.length;
			continue;
		}
		run_end(&run, out);
		add_blanks(value, n_blanks, out);
		value = at + strcspn(at, blanks);
		add_utf8(at, (size_t)(value - at), out);
	}
	run_end(&run, out);
}
