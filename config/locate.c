/* locate: walks a JSON text token by token, with a small stack of the objects and arrays that are open.
 * It is strict about which token may follow which, and lenient inside strings and numbers: the JSON library is not. */
#include "config/locate.h"

#include <stdlib.h>
#include <string.h>

enum { WORD_SHOWN_BYTES = 8 };            /* of what is no value: a longer one may be a key */

enum want { WANT_VALUE, WANT_FIRST_VALUE, WANT_KEY, WANT_FIRST_KEY, WANT_COLON, WANT_COMMA, WANT_NOTHING };

/* An object or array that is open. */
struct frame {
	bool object;
	size_t place;
	size_t index;              /* of the element being read */
	const char *key;           /* of the member being read, as it stands in the text; NULL: none yet */
	size_t key_len;
	unsigned key_line;
	size_t comma_at;           /* the last comma */
	bool commented;            /* a key "//" was seen */
	bool blanking;             /* the member being read is a further comment */
};

struct token {
	char kind;                 /* { } [ ] , : " or w for a word, 0 at the end, ? for what cannot be */
	size_t at, len;
	unsigned line;
};

struct scan {
	const char *text;
	char *blank;               /* the same text to blank comments in; NULL: nothing is blanked */
	size_t len, at;
	unsigned line, last_line;  /* of this place; of the end of the last token */
	enum want want;
	struct frame frame[LOCATE_DEPTH_MAX];
	size_t depth;
	struct locate *places;     /* NULL: only the path is wanted */
	struct locate_break *where;
};

static bool is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' ||
	       c == '_';
}

static void skip_blanks(struct scan *scan)
{
	for (; scan->at < scan->len; scan->at++) {
		char c = scan->text[scan->at];

		if (c == '\n')
			scan->line++;
		else if (c != ' ' && c != '\t' && c != '\r')
			return;
	}
}

/* A string ends on its line: a raw line feed inside is not JSON, and nearly always a forgotten quote. */
static size_t string_len(const struct scan *scan)
{
	for (size_t i = scan->at + 1; i < scan->len; i++) {
		if (scan->text[i] == '"')
			return i + 1 - scan->at;
		if (scan->text[i] == '\n')
			return 0;
		if (scan->text[i] == '\\' && i + 1 < scan->len && scan->text[i + 1] != '\n')
			i++;
	}
	return 0;
}

static struct token next_token(struct scan *scan)
{
	struct token token;
	char c;

	scan->last_line = scan->line;
	skip_blanks(scan);
	token = (struct token){ .at = scan->at, .line = scan->line, .len = 1 };
	if (scan->at >= scan->len) {
		token.len = 0;
		return token;
	}
	c = scan->text[scan->at];
	if (strchr("{}[],:", c) != NULL) {
		token.kind = c;
	} else if (c == '"') {
		token.len = string_len(scan);
		token.kind = token.len == 0 ? '?' : c;
	} else if (is_word_byte(c)) {
		while (token.at + token.len < scan->len && is_word_byte(scan->text[token.at + token.len]))
			token.len++;
		token.kind = 'w';
	} else {
		token.kind = '?';
	}
	scan->at += token.len;
	return token;
}

/* --- what went wrong --- */

static void path_of(const struct scan *scan, struct text *out)
{
	for (size_t i = 0; i < scan->depth; i++) {
		const struct frame *frame = &scan->frame[i];

		if (!frame->object)
			text_add(out, "[%zu]", frame->index);
		else if (frame->key != NULL)
			text_add(out, "%s%.*s", i == 0 ? "" : ".", frame->key_len > 40 ? 40 : (int)frame->key_len, frame->key);
	}
}

static bool fail(struct scan *scan, const struct token *token, unsigned line, const char *why)
{
	struct locate_break *where = scan->where;
	struct text path;

	if (where == NULL)
		return false;
	path = text_over(where->path, sizeof where->path);
	path_of(scan, &path);
	where->offset = token->at;
	where->line = line;
	if (why != NULL)
		errmsg_set(&where->why, "%s", why);
	return false;
}

static bool fail_limit(struct scan *scan, const struct token *token, const char *why)
{
	if (scan->where != NULL)
		scan->where->over_limit = true;
	return fail(scan, token, token->line, why);
}

static const struct frame *top(const struct scan *scan)
{
	return scan->depth == 0 ? NULL : &scan->frame[scan->depth - 1];
}

static unsigned opened_line(const struct scan *scan)
{
	const struct frame *frame = top(scan);

	return scan->places == NULL ? 0 : scan->places->item[frame->place].line;
}

static bool fail_at_end(struct scan *scan, const struct token *token)
{
	if (scan->depth == 0)
		return fail(scan, token, token->line, "the file is empty");
	errmsg_set(&scan->where->why, "the file ends before the %c of line %u is closed", top(scan)->object ? '{' : '[',
		   opened_line(scan));
	return fail(scan, token, token->line, NULL);
}

static bool fail_word(struct scan *scan, const struct token *token)
{
	bool hidden = token->len > WORD_SHOWN_BYTES;

	errmsg_set(&scan->where->why, "%.*s is not a JSON value: texts stand in double quotes, and there are true and false",
		   hidden ? 4 : (int)token->len, hidden ? "this" : scan->text + token->at);
	return fail(scan, token, token->line, NULL);
}

/* What cannot be a token at all. */
static const char *why_odd(const struct scan *scan, const struct token *token)
{
	switch (scan->text[token->at]) {
	case '"':
		return "the text that begins here has no closing quote on this line";
	case '\'':
		return "keys and texts stand in double quotes";
	case '/':
	case '#':
		return "JSON has no comments: write them under a key \"//\"";
	case '\0':
		return "a NUL byte";
	default:
		return "a character that does not belong here";
	}
}

static const char *why_no_value(const struct scan *scan, const struct token *token)
{
	if (token->kind == ']' && scan->want == WANT_VALUE && scan->depth > 0 && !top(scan)->object)
		return "the comma before ] is one too many";
	if (token->kind == ',')
		return "a value is missing before the comma";
	return "a value is missing";
}

static const char *why_no_key(const struct scan *scan, const struct token *token)
{
	if (token->kind == '}' && scan->want == WANT_KEY)
		return "the comma before } is one too many";
	if (token->kind == 'w')
		return "a key must stand in double quotes";
	if (token->kind == ',')
		return "a comma too many";
	return "a key in double quotes is missing";
}

static bool fail_comma(struct scan *scan, const struct token *token)
{
	if (token->kind == '}' || token->kind == ']') {
		errmsg_set(&scan->where->why, "%c where %c was expected: it closes the %c of line %u", token->kind,
			   top(scan)->object ? '}' : ']', top(scan)->object ? '{' : '[', opened_line(scan));
		return fail(scan, token, token->line, NULL);
	}
	if (token->kind == ':')
		return fail(scan, token, token->line, "a colon does not belong here");
	return fail(scan, token, scan->last_line, "a comma is missing behind this");
}

static bool fail_token(struct scan *scan, const struct token *token)
{
	if (scan->where == NULL)
		return false;
	if (token->kind == 0)
		return fail_at_end(scan, token);
	if (token->kind == '?')
		return fail(scan, token, token->line, why_odd(scan, token));
	switch (scan->want) {
	case WANT_VALUE:
	case WANT_FIRST_VALUE:
		return fail(scan, token, token->line, why_no_value(scan, token));
	case WANT_KEY:
	case WANT_FIRST_KEY:
		return fail(scan, token, token->line, why_no_key(scan, token));
	case WANT_COLON:
		return fail(scan, token, token->line, "a colon is missing behind the key");
	case WANT_COMMA:
		return fail_comma(scan, token);
	case WANT_NOTHING:
		return fail(scan, token, token->line, "nothing may follow the end of the configuration");
	}
	return false;
}

/* --- places --- */

static bool place_add(struct scan *scan, const struct token *token)
{
	struct locate *places = scan->places;
	const struct frame *frame = top(scan);
	unsigned line = frame != NULL && frame->object ? frame->key_line : token->line;

	if (places == NULL)
		return true;
	if (places->n == LOCATE_VALUES_MAX)
		return fail_limit(scan, token, "too many values: keep long lists in files of their own (\"file:NAME\")");
	if (places->n == places->room) {
		size_t room = places->room == 0 ? 256 : places->room * 2;
		struct place *item = realloc(places->item, room * sizeof *item);

		if (item == NULL)
			return fail_limit(scan, token, "out of memory");
		places->item = item;
		places->room = room;
	}
	places->item[places->n] = (struct place){ .line = line, .end = (uint32_t)places->n + 1 };
	places->n++;
	return true;
}

/* --- the walk --- */

static void blank_out(char *text, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (text[i] != '\n')
			text[i] = ' ';
}

/* A value is complete, number `place`. */
static void value_done(struct scan *scan, size_t place)
{
	struct frame *frame = scan->depth == 0 ? NULL : &scan->frame[scan->depth - 1];

	scan->want = frame == NULL ? WANT_NOTHING : WANT_COMMA;
	if (scan->places == NULL)
		return;
	scan->places->item[place].end = (uint32_t)scan->places->n;
	if (frame != NULL && frame->blanking) {
		blank_out(scan->blank, frame->comma_at, scan->at);
		scan->places->n = place;
		frame->blanking = false;
	}
}

static bool open_frame(struct scan *scan, const struct token *token, size_t place)
{
	if (scan->depth == LOCATE_DEPTH_MAX)
		return fail_limit(scan, token, "nested too deep");
	scan->frame[scan->depth++] = (struct frame){ .object = token->kind == '{', .place = place };
	scan->want = token->kind == '{' ? WANT_FIRST_KEY : WANT_FIRST_VALUE;
	return true;
}

static void close_frame(struct scan *scan)
{
	size_t place = scan->frame[--scan->depth].place;

	value_done(scan, place);
}

static bool is_word(const struct scan *scan, const struct token *token)
{
	static const char *const words[] = { "true", "false", "null" };
	char first = scan->text[token->at];

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (token->len == strlen(words[i]) && memcmp(scan->text + token->at, words[i], token->len) == 0)
			return true;
	return (first >= '0' && first <= '9') || first == '-';
}

static bool take_value(struct scan *scan, const struct token *token)
{
	size_t place = scan->places == NULL ? 0 : scan->places->n;

	if (token->kind == ']' && scan->want == WANT_FIRST_VALUE) {
		close_frame(scan);
		return true;
	}
	if (token->kind == 'w' && !is_word(scan, token))
		return scan->where == NULL ? false : fail_word(scan, token);
	if (token->kind == 0 || strchr("{[\"w", token->kind) == NULL)
		return fail_token(scan, token);
	if (!place_add(scan, token))
		return false;
	if (token->kind == '{' || token->kind == '[')
		return open_frame(scan, token, place);
	value_done(scan, place);
	return true;
}

static bool take_key(struct scan *scan, const struct token *token)
{
	struct frame *frame = &scan->frame[scan->depth - 1];

	if (token->kind == '}' && scan->want == WANT_FIRST_KEY) {
		close_frame(scan);
		return true;
	}
	if (token->kind != '"')
		return fail_token(scan, token);
	frame->key = scan->text + token->at + 1;
	frame->key_len = token->len - 2;
	frame->key_line = token->line;
	if (frame->key_len == 2 && memcmp(frame->key, "//", 2) == 0) {
		frame->blanking = frame->commented;
		frame->commented = true;
	}
	scan->want = WANT_COLON;
	return true;
}

static bool take_colon(struct scan *scan, const struct token *token)
{
	if (token->kind != ':')
		return fail_token(scan, token);
	scan->want = WANT_VALUE;
	return true;
}

static bool take_comma(struct scan *scan, const struct token *token)
{
	struct frame *frame = &scan->frame[scan->depth - 1];

	if (token->kind == (frame->object ? '}' : ']')) {
		close_frame(scan);
		return true;
	}
	if (token->kind != ',')
		return fail_token(scan, token);
	frame->comma_at = token->at;
	frame->index++;
	scan->want = frame->object ? WANT_KEY : WANT_VALUE;
	return true;
}

static bool take(struct scan *scan, const struct token *token)
{
	switch (scan->want) {
	case WANT_VALUE:
	case WANT_FIRST_VALUE:
		return take_value(scan, token);
	case WANT_KEY:
	case WANT_FIRST_KEY:
		return take_key(scan, token);
	case WANT_COLON:
		return take_colon(scan, token);
	case WANT_COMMA:
		return take_comma(scan, token);
	case WANT_NOTHING:
		return fail_token(scan, token);
	}
	return false;
}

bool locate_build(struct locate *out, char *text, size_t len, struct locate_break *where)
{
	struct scan scan = { .text = text, .blank = text, .len = len, .line = 1, .places = out, .where = where };

	*out = (struct locate){ 0 };
	*where = (struct locate_break){ .line = 1 };
	for (;;) {
		struct token token = next_token(&scan);

		if (token.kind == 0 && scan.want == WANT_NOTHING)
			return true;
		if (!take(&scan, &token))
			return false;
	}
}

void locate_free(struct locate *locate)
{
	free(locate->item);
	*locate = (struct locate){ 0 };
}

size_t locate_part(const struct locate *locate, size_t place, size_t index)
{
	size_t part = place + 1;

	if (place >= locate->n)
		return SIZE_MAX;
	while (part < locate->item[place].end) {
		if (index-- == 0)
			return part;
		part = locate->item[part].end;
	}
	return SIZE_MAX;
}

size_t locate_next(const struct locate *locate, size_t place)
{
	return place < locate->n ? locate->item[place].end : SIZE_MAX;
}

unsigned locate_line(const struct locate *locate, size_t place)
{
	return place < locate->n ? locate->item[place].line : 0;
}

void locate_path_at(const char *text, size_t len, size_t offset, struct text *out)
{
	struct scan scan = { .text = text, .len = len, .line = 1 };

	while (scan.at < offset) {
		struct token token = next_token(&scan);

		if (token.kind == 0 || token.at >= offset || !take(&scan, &token))
			break;
	}
	path_of(&scan, out);
}
