/* template: texts of replies and headers.
 * Checking and filling in read the same pieces, so what one lets through the other can do. */
#include "common/template.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define ADDRESS_MARK "%d.%d.%d.%d"

enum piece_kind { PIECE_BYTES, PIECE_VALUE, PIECE_PERCENT, PIECE_OPEN, PIECE_UNKNOWN };

enum value {
	VALUE_IP, VALUE_SUBJECT, VALUE_LIST, VALUE_ANSWER, VALUE_REASON, VALUE_HELO, VALUE_SENDER, VALUE_RDNS,
	VALUE_POINTS, VALUES,
};

static const char *const value_name[VALUES] = {
	[VALUE_IP] = "ip",         [VALUE_SUBJECT] = "subject", [VALUE_LIST] = "list",
	[VALUE_ANSWER] = "answer", [VALUE_REASON] = "reason",   [VALUE_HELO] = "helo",
	[VALUE_SENDER] = "sender", [VALUE_RDNS] = "rdns",       [VALUE_POINTS] = "points",
};
#define KNOWN_NAMES "{ip} {subject} {list} {answer} {reason} {helo} {sender} {rdns} {points}"

struct piece {
	enum piece_kind kind;   /* from PIECE_PERCENT on: faults */
	enum value value;       /* of a PIECE_VALUE */
	const char *bytes;      /* of PIECE_BYTES: what to write, not always all that was read */
	size_t n;
};

static struct piece bytes_piece(const char *bytes, size_t n)
{
	return (struct piece){ .kind = PIECE_BYTES, .bytes = bytes, .n = n };
}

static struct piece percent_piece(const char **at)
{
	struct piece piece = { .kind = PIECE_PERCENT };

	if (strncmp(*at, ADDRESS_MARK, sizeof ADDRESS_MARK - 1) == 0) {
		*at += sizeof ADDRESS_MARK - 1;
		return (struct piece){ .kind = PIECE_VALUE, .value = VALUE_IP };
	}
	if ((*at)[1] == '%') {
		piece = bytes_piece(*at, 1);
		*at += 2;
	}
	return piece;
}

static struct piece brace_piece(const char **at)
{
	const char *name = *at + 1, *end;
	size_t len;

	if (*name == '{') {
		*at += 2;
		return bytes_piece(name, 1);
	}
	end = strchr(name, '}');
	if (end == NULL)
		return (struct piece){ .kind = PIECE_OPEN };
	len = (size_t)(end - name);
	for (enum value v = 0; v < VALUES; v++)
		if (strlen(value_name[v]) == len && memcmp(value_name[v], name, len) == 0) {
			*at = end + 1;
			return (struct piece){ .kind = PIECE_VALUE, .value = v };
		}
	return (struct piece){ .kind = PIECE_UNKNOWN };
}

/* The next piece of a text that is not at its end; *at moves behind it, but stays at a fault. */
static struct piece piece_next(const char **at)
{
	const char *start = *at;

	if (*start == '%')
		return percent_piece(at);
	if (*start == '{')
		return brace_piece(at);
	*at += strcspn(start, "%{");
	return bytes_piece(start, (size_t)(*at - start));
}

/* People count characters, not bytes. */
static size_t character_of(const char *text, const char *at)
{
	size_t n = 1;

	for (; text < at; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static bool is_printable(const char *text, struct errmsg *err)
{
	size_t n = strlen(text);
	const char *at = text;
	uint32_t code;

	if (n > TEMPLATE_MAX_BYTES) {
		errmsg_set(err, "the text has %zu octets, more than %d", n, TEMPLATE_MAX_BYTES);
		return false;
	}
	while (*at != '\0') {
		size_t len = text_utf8(at, strlen(at), &code);

		if (len == 0 || text_is_control(code)) {
			errmsg_set(err, "character %zu %s", character_of(text, at),
				   len == 0 ? "is not valid UTF-8" : "is a control character");
			return false;
		}
		at += len;
	}
	return true;
}

bool template_check(const char *text, struct errmsg *err)
{
	const char *at = text;

	if (!is_printable(text, err))
		return false;
	while (*at != '\0')
		switch (piece_next(&at).kind) {
		case PIECE_BYTES:
		case PIECE_VALUE:
			break;
		case PIECE_PERCENT:
			errmsg_set(err,
				   "%% at character %zu: there are only %%d.%%d.%%d.%%d for the address, and %%%% for "
				   "a percent sign", character_of(text, at));
			return false;
		case PIECE_OPEN:
			errmsg_set(err, "{ at character %zu is not closed; a brace itself is written {{",
				   character_of(text, at));
			return false;
		case PIECE_UNKNOWN:
			errmsg_set(err, "{ at character %zu begins no known name: there are " KNOWN_NAMES
				   ", and {{ for a brace", character_of(text, at));
			return false;
		}
	return true;
}

static void value_add(struct text *out, enum value value, const struct template_values *values)
{
	const char *const foreign[VALUES] = {
		[VALUE_SUBJECT] = values->subject, [VALUE_LIST] = values->list,     [VALUE_ANSWER] = values->answer,
		[VALUE_REASON] = values->reason,   [VALUE_HELO] = values->helo,     [VALUE_SENDER] = values->sender,
		[VALUE_RDNS] = values->rdns,
	};
	char addr[IPADDR_TEXT_BYTES];

	if (value == VALUE_IP)
		text_add_str(out, ipaddr_format(&values->ip, addr));
	else if (value == VALUE_POINTS)
		text_add(out, "%d", values->points);
	else if (foreign[value] != NULL)
		text_add_foreign(out, foreign[value], TEMPLATE_VALUE_MAX_BYTES);
}

void template_expand(struct text *out, const char *text, const struct template_values *values)
{
	while (*text != '\0') {
		struct piece piece = piece_next(&text);

		assert(piece.kind < PIECE_PERCENT);   /* template_check() came first */
		if (piece.kind == PIECE_VALUE)
			value_add(out, piece.value, values);
		else if (piece.kind == PIECE_BYTES)
			text_add_bytes(out, piece.bytes, piece.n);
		else
			return;
	}
}
