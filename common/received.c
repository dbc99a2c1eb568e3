/* received: Received header -> hop. A tokenizer, a reading of one comment, and a walk through the clauses.
 *
 * RFC 5321 section 4.4 has three places for the client: the name that it said in HELO, and in a comment behind it the
 * name and the address that the server saw. Servers follow it in four ways, and every rule below serves one of them:
 *
 *   from HELO (NAME [ADDRESS])             Postfix, Sendmail, Gmail, Courier, OpenSMTPD, Haraka, MDaemon, ...
 *   from HELO (ADDRESS)                    Exchange, Mercury, Axigen; qmail when HELO is the name
 *   from NAME (HELO x) (user@ADDRESS)      qmail, Yahoo, MessageLabs; Zimbra and James with LHLO and EHLO
 *   from NAME ([ADDRESS] helo=x)           Exim, Momentum, ZMailer; without a name: from [ADDRESS] (helo=x)
 *
 * What a sender can write there, and why it is not believed:
 *
 * - Comments in the from clause. Postfix replaces parentheses, quotes and blanks in HELO, qmail all but a few
 *   characters; Sendmail and Exim refuse them. A server that copies HELO as it is puts its own comment behind it, so
 *   the last comment with the shape of TCP-info is the server's. Where HELO (or the ident answer, which old Exim
 *   copies as it is) stands behind the address, nobody can tell whose the next TCP-info is: another address there
 *   makes none.
 * - A whole header ("HELO x by y with ESMTPSA id z"). It makes a second "by" outside comments and quotes, or hides the
 *   true one in a comment that is never closed: in such a header nothing is believed.
 * - An address as HELO. The word behind "from" is the server's own only if it is a literal without any TCP-info (RFC
 *   5321 does not know a literal in HELO without it; Exim, MessageLabs and MDaemon write so), if HELO stands elsewhere,
 *   or if the mail came by HTTP, which has no HELO.
 * - A login. The protocol counts behind "by" only, a remark about a login behind the address only. */
#include "common/received.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* ---- tokens: words, comments and the semicolon before the date --------------------------------------------------- */

struct reader {
	const char *at, *end;
};

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_COMMENT, TOKEN_DATE, TOKEN_BROKEN };

struct token {
	enum token_kind kind;
	const char *text;      /* of a comment: without its parentheses */
	size_t len;
};

/* Folding, tabs and stray control bytes all part words. */
static bool is_blank(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f;
}

/* Most bytes mean nothing to the tokenizer; these do. */
static const bool special[256] = {
	[0 ... ' '] = true, [0x7f] = true, ['"'] = true, ['('] = true, [')'] = true, [';'] = true, ['\\'] = true,
};

static const char *skip_plain(const char *p, const char *end)
{
	while (p < end && !special[(unsigned char)*p])
		p++;
	return p;
}

/* In <"a) by b"@example> the quotes hide the rest; elsewhere in a word they mean nothing. */
static bool quote_opens(const char *p, const char *start)
{
	return *p == '"' && (p == start || is_blank(p[-1]) || p[-1] == '<' || p[-1] == '(');
}

static const char *step(const char *p, const char *end)
{
	return *p == '\\' && end - p > 1 ? p + 2 : p + 1;
}

/* Behind the closing quote; behind the opening one if none closes it. A second quote can open in the same text only if
 * one could have closed the first, so the search for nothing happens once and the time stays linear. */
static const char *quote_end(const char *open, const char *end)
{
	for (const char *p = open + 1; p < end; p = step(p, end))
		if (*p == '"')
			return p + 1;
	return open + 1;
}

/* The closing parenthesis of the comment that opens at `open`, or NULL. */
static const char *comment_end(const char *open, const char *end)
{
	size_t depth = 0;
	const char *p = open;

	while ((p = skip_plain(p, end)) < end) {
		if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p;
		p = quote_opens(p, open) ? quote_end(p, end) : step(p, end);
	}
	return NULL;
}

static const char *word_end(const char *start, const char *end)
{
	const char *p = start;

	while ((p = skip_plain(p, end)) < end && (*p == '"' || *p == '\\'))
		p = quote_opens(p, start) ? quote_end(p, end) : step(p, end);
	return p;
}

static struct token token_between(enum token_kind kind, const char *start, const char *end)
{
	return (struct token){ kind, start, (size_t)(end - start) };
}

/* TOKEN_BROKEN: a comment that is never closed; the rest of the text is in it. */
static struct token next_token(struct reader *in)
{
	const char *start, *close;

	while (in->at < in->end && (is_blank(*in->at) || *in->at == ')'))
		in->at++;
	start = in->at;
	if (start == in->end)
		return token_between(TOKEN_END, start, start);
	if (*start == ';') {
		in->at++;
		return token_between(TOKEN_DATE, start, in->at);
	}
	if (*start != '(') {
		in->at = word_end(start, in->end);
		return token_between(TOKEN_WORD, start, in->at);
	}
	close = comment_end(start, in->end);
	if (close == NULL) {
		in->at = in->end;
		return token_between(TOKEN_BROKEN, start, in->end);
	}
	in->at = close + 1;
	return token_between(TOKEN_COMMENT, start + 1, close);
}

/* The next word of a comment; comments within it, "(may be forged)" say, are passed over. */
static bool next_word(struct reader *in, struct token *word)
{
	do
		*word = next_token(in);
	while (word->kind == TOKEN_COMMENT || word->kind == TOKEN_DATE);
	return word->kind == TOKEN_WORD;
}

static bool word_begins(const struct token *word, const char *text)
{
	if (((*word->text ^ *text) & ~0x20) != 0)            /* nearly all words end here */
		return false;
	return word->len >= strlen(text) && strncasecmp(word->text, text, strlen(text)) == 0;
}

static bool word_is(const struct token *word, const char *text)
{
	return word_begins(word, text) && word->len == strlen(text);
}

static bool word_is_any(const struct token *word, const char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (word_is(word, texts[i]))
			return true;
	return false;
}

#define WORD_IS_ANY(word, texts) word_is_any((word), (texts), sizeof(texts) / sizeof((texts)[0]))

static const char *last_of(const struct token *word, char c)
{
	const char *p = word->text + word->len;

	while (p > word->text)
		if (*--p == c)
			return p;
	return NULL;
}

/* ---- addresses --------------------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool may_begin_address(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':';
}

/* An address as servers write it: perhaps "IPv6:" before it, a zone (Exchange: fe80::1%11) or a port behind it. The
 * port follows a colon, or a dot with Exim 3 ([192.0.2.1.25]); the dot only in brackets, elsewhere it is a version. */
static bool address_parse(struct ipaddr *out, const char *text, size_t len, bool in_brackets)
{
	static const char prefix[] = "IPv6:";
	const size_t prefix_len = sizeof prefix - 1;
	const char *zone;
	size_t n;

	if (len > prefix_len && strncasecmp(text, prefix, prefix_len) == 0) {
		text += prefix_len;
		len -= prefix_len;
	}
	if (len == 0 || !may_begin_address(*text))
		return false;
	zone = memchr(text, '%', len);
	if (zone != NULL)
		len = (size_t)(zone - text);
	if (ipaddr_parse_n(out, text, len))
		return true;
	for (n = len; n > 0 && is_digit(text[n - 1]); n--)
		;
	if (n == 0 || n == len || !(text[n - 1] == ':' || (in_brackets && text[n - 1] == '.')))
		return false;
	return ipaddr_parse_n(out, text, n - 1);
}

/* What may stand behind a literal in the same word: ":25", or the second bracket of a careless "[[192.0.2.1]]". */
static bool is_literal_tail(const char *p, const char *end)
{
	if (p < end && *p == ']')
		p++;
	if (p < end && *p == ':')
		while (++p < end && is_digit(*p))
			;
	if (p < end && *p == ',')
		p++;
	return p == end;
}

/* Is the word a literal: [ADDRESS], name[ADDRESS], user@[ADDRESS]? True with *out unset: brackets without an address,
 * like "[unknown]" of Postfix or the first word of "[UNIX: localhost]"; the place of the address, and none in it. */
static bool literal_parse(struct ipaddr *out, const struct token *word)
{
	const char *end = word->text + word->len;
	const char *open = last_of(word, '[');
	const char *close;

	*out = (struct ipaddr){ 0 };
	if (open == NULL || (open > word->text && open[-1] == '='))
		return false;
	close = memchr(open, ']', (size_t)(end - open));
	if (close == NULL)
		return true;
	if (!is_literal_tail(close + 1, end))
		return false;
	if (!address_parse(out, open + 1, (size_t)(close - open - 1), true))
		*out = (struct ipaddr){ 0 };
	return true;
}

/* Is the word an address without brackets: ADDRESS, ADDRESS:port, or user@ADDRESS with qmail's answer from ident? */
static bool bare_parse(struct ipaddr *out, const struct token *word)
{
	const char *end = word->text + word->len;
	const char *at = last_of(word, '@');
	const char *start = at == NULL ? word->text : at + 1;

	if (end > start && end[-1] == ',')           /* smap: (192.0.2.1, HELO x) */
		end--;
	return address_parse(out, start, (size_t)(end - start), false);
}

/* ---- one comment of the from clause ------------------------------------------------------------------------------ */

enum note_kind {
	NOTE_OTHER,          /* a remark: (using TLSv1.3 with cipher ...) */
	NOTE_NAME,           /* one word: the server's place for the client's name, without the address */
	NOTE_TCP,            /* TCP-info; addr is unset where the server did not know the address */
	NOTE_CLIENT,         /* what the client said: (HELO x), (port=25 helo=x) */
};

struct note {
	enum note_kind kind;
	struct ipaddr addr;
	bool login;            /* it says that the client logged in */
	bool client_behind;    /* HELO or an ident answer follows the address */

	bool greeting;         /* HELO [ADDRESS] (...): the client's HELO, or its reverse name is "helo" */

	bool nested;           /* for note_word: a comment within */
	bool account;
	bool fresh;            /* the last word was the address */
	int words;
};

/* HELO x, and "EHLO x" with its quotes in ZMailer. */
static bool is_greeting(const struct token *word)
{
	static const char *const greeting[] = { "HELO", "EHLO", "LHLO" };

	return WORD_IS_ANY(word, greeting) || word_begins(word, "\"HELO ") || word_begins(word, "\"EHLO ");
}

/* helo=x ident=y port=25: Exim, Momentum. */
static bool is_assignment(const struct token *word)
{
	return word_begins(word, "helo=") || word_begins(word, "ehlo=") || word_begins(word, "ident=") ||
	       word_begins(word, "port=");
}

/* An answer to ident can look like a key: Sendmail writes (helo=@name [ADDRESS]). A mailbox is none. */
static bool opens_client_note(const struct token *word)
{
	return last_of(word, '@') == NULL && (is_greeting(word) || is_assignment(word));
}

/* Remarks that say "logged in" by their first word: (Authenticated sender: x) Postfix, (authenticated bits=0) Sendmail,
 * (authenticated user x) Kerio, (AUTH: LOGIN x) Courier, (user=x mech=LOGIN bits=0) FortiMail, (smtp-auth ...) qpsmtpd,
 * (account x) CommuniGate. */
static bool is_login_mark(const struct token *word)
{
	static const char *const mark[] = { "authenticated", "AUTH:", "smtp-auth", "account" };

	return WORD_IS_ANY(word, mark) || word_begins(word, "user=");
}

/* A word before the address. TCP-info has one at most, the name; CommuniGate has (account USER [ADDRESS] verified). */
static bool note_plain_word(struct note *note, const struct token *word)
{
	note->words++;
	if (note->words == 1) {
		note->account = word_is(word, "account");
		note->login = is_login_mark(word);
		note->kind = note->login ? NOTE_OTHER : NOTE_NAME;
		return word->text[word->len - 1] != ':';         /* "TLS:" and "AUTH:" are no names */
	}
	note->kind = NOTE_OTHER;
	return note->account && note->words == 2;
}

/* A word behind the address. Of two literals in a row the second is the address, the first is the place of the name:
 * Sun writes ([unknown] [192.0.2.1]). Yahoo's old servers wrote (user@192.0.2.1 with plain) after a login. */
static void note_later_word(struct note *note, const struct token *word)
{
	struct ipaddr addr;

	if (is_greeting(word) || is_assignment(word)) {
		note->client_behind = true;
	} else if (note->fresh && literal_parse(&addr, word)) {
		note->addr = addr;
	} else {
		note->login |= note->fresh && word_is(word, "with");
		note->fresh = false;
	}
}

/* A comment within stands behind a client's name ("may be forged" of Sendmail), hardly behind HELO. So there one more
 * word is read, to see whether it is the address. */
static bool note_client_word(struct note *note, const struct token *word)
{
	note->kind = NOTE_CLIENT;
	note->greeting = note->nested && note->words == 0 && is_greeting(word);
	note->words++;
	return note->greeting;
}

/* Takes one more word. False: the rest tells nothing. */
static bool note_word(struct note *note, const struct token *word)
{
	if (note->kind == NOTE_TCP) {
		note_later_word(note, word);
		return !note->client_behind;
	}
	if (opens_client_note(word))
		return note_client_word(note, word);
	if (literal_parse(&note->addr, word) || (note->words == 0 && bare_parse(&note->addr, word))) {
		note->kind = NOTE_TCP;
		note->login = note->account && note->words == 2;      /* "authenticated" here was the client's name */
		note->fresh = true;
		return true;
	}
	return !note->greeting && note_plain_word(note, word);
}

static struct note note_read(struct reader inside)
{
	struct note note = { .kind = NOTE_OTHER };
	struct token word;

	note.nested = memchr(inside.at, '(', (size_t)(inside.end - inside.at)) != NULL;
	while (next_word(&inside, &word) && note_word(&note, &word))
		;
	return note;
}

/* ---- the clauses ------------------------------------------------------------------------------------------------- */

enum clause {
	CLAUSE_START,
	CLAUSE_FROM_NAME,    /* the next word is the name, even if it reads "by" */
	CLAUSE_FROM,
	CLAUSE_BY_NAME,
	CLAUSE_BY,
	CLAUSE_WITH,
	CLAUSE_REST,         /* id, for, the date: nothing for us, but a second "by" */
};

struct trace {
	enum clause clause;
	int bys;
	struct ipaddr name;        /* the word behind "from", where it is an address */
	bool name_literal;         /* ... in brackets */
	bool name_seen;            /* ... and not HELO, for that stands elsewhere */
	struct ipaddr tcp;         /* TCP-info so far */
	bool tcp_comment;          /* ... from a comment */
	bool tcp_place;            /* there was a place for TCP-info, so the word behind "from" is HELO */
	bool settled;              /* the client's words came behind it, so what comes now may be theirs too */
	bool login;
	bool http;
};

/* RFC 3848 and 6531, section 4.3; ASMTP is older (Exim, IceWarp). Others follow the same pattern. */
static bool is_login_protocol(const struct token *word)
{
	static const char *const protocol[] = {
		"ESMTPA", "ESMTPSA", "LMTPA", "LMTPSA", "UTF8SMTPA", "UTF8SMTPSA", "UTF8LMTPA", "UTF8LMTPSA",
		"UTF8ESMTPA", "UTF8ESMTPSA", "SMTPA", "SMTPSA", "ASMTP",
	};

	return WORD_IS_ANY(word, protocol);
}

static bool is_http(const struct token *word)
{
	static const char *const protocol[] = { "HTTP", "HTTPS", "HTTPU" };

	return WORD_IS_ANY(word, protocol);
}

static void from_name(struct trace *trace, const struct token *word)
{
	trace->clause = CLAUSE_FROM;
	if (*word->text != '[')
		bare_parse(&trace->name, word);
	else if (literal_parse(&trace->name, word))
		trace->name_literal = ipaddr_is_set(&trace->name);
}

/* The last TCP-info is the server's: what stood before it may have been HELO, remarks about a login too. But behind the
 * client's own words it may be theirs: ([ADDRESS] helo=x) (y [ADDRESS]). Two different addresses there are none. */
static void from_tcp(struct trace *trace, const struct ipaddr *addr)
{
	const struct ipaddr *before = ipaddr_is_set(&trace->tcp) ? &trace->tcp : &trace->name;

	trace->tcp = !trace->settled || ipaddr_equal(addr, before) ? *addr : (struct ipaddr){ 0 };
	trace->tcp_place = true;
	trace->login = false;
}

/* from NAME [ADDRESS] by: IMail, fetchmail, GMX. A comment with TCP-info says it better. */
static void from_word(struct trace *trace, const struct token *word)
{
	struct ipaddr addr;

	if (trace->tcp_comment || *word->text != '[')
		return;
	if (literal_parse(&addr, word) && ipaddr_is_set(&addr))
		from_tcp(trace, &addr);
}

/* With qmail the address is still to come: from NAME (HELO x) (ADDRESS). NAME may be a number that somebody's reverse
 * zone holds, so only a literal settles it. */
static void from_client(struct trace *trace, const struct note *note)
{
	if (trace->settled)
		return;
	trace->name_seen = ipaddr_is_set(&trace->name);
	trace->settled = trace->name_literal || trace->tcp_place;
	trace->login |= trace->name_seen && note->login;
}

static void from_note(struct trace *trace, const struct note *note)
{
	switch (note->kind) {
	case NOTE_TCP:
		trace->settled |= note->greeting && trace->name_literal;
		from_tcp(trace, &note->addr);
		trace->tcp_comment = true;
		trace->login = note->login && !trace->settled;
		trace->settled |= note->client_behind;
		break;
	case NOTE_NAME:
		trace->tcp_place |= !trace->settled;
		break;
	case NOTE_CLIENT:
		from_client(trace, note);
		break;
	case NOTE_OTHER:
		trace->login |= note->login && !trace->settled && (trace->tcp_place || trace->name_literal);
		break;
	}
}

/* Sendmail puts the whole clause in a comment when the client said no HELO: (from name [ADDRESS]) by ... */
static void start_comment(struct trace *trace, struct reader inside)
{
	struct token word;
	struct note note;

	if (!next_word(&inside, &word) || !word_is(&word, "from"))
		return;
	note = note_read(inside);
	trace->clause = CLAUSE_FROM;
	from_note(trace, &note);
}

static void trace_comment(struct trace *trace, const struct token *comment)
{
	struct reader inside = { comment->text, comment->text + comment->len };
	struct note note;

	switch (trace->clause) {
	case CLAUSE_START:
		start_comment(trace, inside);
		break;
	case CLAUSE_FROM_NAME:                /* no HELO: from ([ADDRESS]) by ... */
	case CLAUSE_FROM:
		trace->clause = CLAUSE_FROM;
		note = note_read(inside);
		from_note(trace, &note);
		break;
	case CLAUSE_BY_NAME:                  /* by (CommuniGate Pro SMTP 5.2.3) with ... */
		trace->clause = CLAUSE_BY;
		break;
	case CLAUSE_BY:                       /* by mx (7.0.027) (authenticated as x) id ...: CriticalPath */
	case CLAUSE_WITH:
		note = note_read(inside);
		if (note.kind == NOTE_OTHER && note.login)
			trace->login = true;
		break;
	case CLAUSE_REST:
		break;
	}
}

/* RFC 5321 has the order from, by, via, with, id, for; what follows id and for is no protocol. */
static void by_word(struct trace *trace, const struct token *word)
{
	static const char *const protocol_next[] = { "with", "via" };
	static const char *const rest_next[] = { "id", "for" };

	if (trace->clause == CLAUSE_REST)
		return;
	if (WORD_IS_ANY(word, protocol_next)) {
		trace->clause = CLAUSE_WITH;
	} else if (WORD_IS_ANY(word, rest_next)) {
		trace->clause = CLAUSE_REST;
	} else if (trace->clause == CLAUSE_WITH) {
		trace->http |= is_http(word);
		trace->login |= is_login_protocol(word);
	}
}

static void trace_word(struct trace *trace, const struct token *word)
{
	if (trace->clause == CLAUSE_FROM_NAME) {
		from_name(trace, word);
	} else if (trace->clause == CLAUSE_BY_NAME) {
		trace->clause = CLAUSE_BY;
	} else if (word_is(word, "by")) {
		trace->bys++;
		trace->clause = CLAUSE_BY_NAME;
	} else if (trace->clause == CLAUSE_START) {
		trace->clause = word_is(word, "from") ? CLAUSE_FROM_NAME : CLAUSE_REST;
	} else if (trace->clause == CLAUSE_FROM) {
		from_word(trace, word);
	} else {
		by_word(trace, word);
	}
}

/* False: nothing in the header can be believed. */
static bool trace_read(struct trace *trace, struct reader in)
{
	for (;;) {
		struct token token = next_token(&in);

		switch (token.kind) {
		case TOKEN_END:
			return trace->bys == 1;
		case TOKEN_WORD:
			trace_word(trace, &token);
			break;
		case TOKEN_COMMENT:
			trace_comment(trace, &token);
			break;
		case TOKEN_DATE:
			if (trace->bys > 0)
				trace->clause = CLAUSE_REST;
			break;
		case TOKEN_BROKEN:
			return false;
		}
	}
}

static struct ipaddr trace_addr(const struct trace *trace)
{
	if (ipaddr_is_set(&trace->tcp))
		return trace->tcp;
	if (!trace->tcp_place && (trace->name_literal || trace->name_seen || trace->http))
		return trace->name;
	return (struct ipaddr){ 0 };
}

void received_parse(const char *value, struct hop *out)
{
	struct reader in = { value, value + strnlen(value, RECEIVED_MAX_BYTES) };
	struct trace trace = { .clause = CLAUSE_START };

	*out = (struct hop){ 0 };
	if (!trace_read(&trace, in))
		return;
	out->addr = trace_addr(&trace);
	out->authenticated = trace.login || trace.http;
}
