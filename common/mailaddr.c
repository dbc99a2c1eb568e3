/* mailaddr: mailbox text -> domain.
 * One walk with a stop at each character that ends an address there. Of several "@" outside of quotes the last counts: that
 * is the one behind which mail would go, and it passes over source routes by itself. */
#include "common/mailaddr.h"

#include <stddef.h>
#include <string.h>

#include "common/text.h"

enum { ENCODED_MAX_BYTES = 300 };   /* of an encoded word: RFC 2047 section 2 allows 75 */

struct scan {
	const char *at, *end;
};

/* What an address has shown so far. */
struct spec {
	bool local;          /* something stands before the next "@" */
	bool in_domain;      /* behind an "@" */
	bool closed;         /* the domain has ended; what follows is not of it */
	bool too_long;
	size_t n;
	char domain[MAILADDR_DOMAIN_BYTES];
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Behind the comment that begins here; comments nest. One that is not closed goes to the end. */
static void skip_comment(struct scan *scan)
{
	size_t depth = 0;

	for (; scan->at < scan->end; scan->at++) {
		if (*scan->at == '\\' && scan->at + 1 < scan->end)
			scan->at++;
		else if (*scan->at == '(')
			depth++;
		else if (*scan->at == ')' && --depth == 0) {
			scan->at++;
			return;
		}
	}
}

static void skip_quoted(struct scan *scan)
{
	for (scan->at++; scan->at < scan->end; scan->at++) {
		if (*scan->at == '\\' && scan->at + 1 < scan->end)
			scan->at++;
		else if (*scan->at == '"') {
			scan->at++;
			return;
		}
	}
}

/* "=?charset?Q?text?=": whoever writes "," or "@" in there writes what is not allowed, and means the text. False: none
 * begins here. */
static bool skip_encoded(struct scan *scan)
{
	const char *end = scan->end - scan->at > ENCODED_MAX_BYTES ? scan->at + ENCODED_MAX_BYTES : scan->end;
	size_t marks = 0;

	if (end - scan->at < 2 || scan->at[0] != '=' || scan->at[1] != '?')
		return false;
	for (const char *p = scan->at + 1; p < end && !is_blank(*p); p++) {
		if (*p != '?')
			continue;
		if (++marks == 4) {
			if (p + 1 == end || p[1] != '=')
				return false;
			scan->at = p + 2;
			return true;
		}
	}
	return false;
}

static void domain_add(struct spec *spec, char c)
{
	if (spec->n < sizeof spec->domain - 1)
		spec->domain[spec->n++] = c;
	else
		spec->too_long = true;
}

/* An address literal; the colons of an IPv6 one end nothing. */
static void take_literal(struct scan *scan, struct spec *spec)
{
	while (scan->at < scan->end && *scan->at != ']' && *scan->at != '>')
		domain_add(spec, *scan->at++);
	if (scan->at < scan->end && *scan->at == ']')
		domain_add(spec, *scan->at++);
	spec->closed = true;
}

static void take_char(struct spec *spec, char c)
{
	if (c == '@') {
		spec->in_domain = spec->local;
		spec->local = spec->closed = spec->too_long = false;
		spec->n = 0;
	} else if (is_blank(c)) {
		spec->closed |= spec->in_domain && spec->n > 0;
	} else if (c == ',' || c == ':') {
		spec->local = false;           /* of a source route */
		spec->in_domain = false;
	} else if (spec->in_domain) {
		spec->local = true;            /* "a@b@c": what counts stands behind the last one */
		if (!spec->closed)
			domain_add(spec, c);
	} else {
		spec->local = true;
	}
}

/* Reads up to one of `stops` outside of quotes and comments; returns it, '\0' at the end, and stands behind it. */
static char read_spec(struct scan *scan, const char *stops, struct spec *spec)
{
	memset(spec, 0, offsetof(struct spec, domain));
	while (scan->at < scan->end) {
		char c = *scan->at;

		if (c == '(') {
			skip_comment(scan);
		} else if (c == '"') {
			skip_quoted(scan);
			spec->local = true;
			spec->closed |= spec->in_domain;
		} else if (c == '=' && !spec->in_domain && skip_encoded(scan)) {
			spec->local = true;
		} else if (c == '[' && spec->in_domain && spec->n == 0) {
			take_literal(scan, spec);
		} else {
			scan->at++;
			if (c != '\0' && strchr(stops, c) != NULL)
				return c;
			take_char(spec, c);
		}
	}
	return '\0';
}

static bool give(const struct spec *spec, char out[MAILADDR_DOMAIN_BYTES])
{
	if (!spec->in_domain || spec->n == 0 || spec->too_long)
		return false;
	memcpy(out, spec->domain, spec->n);
	out[spec->n] = '\0';
	return true;
}

static struct scan scan_of(const char *text)
{
	return (struct scan){ .at = text, .end = text + strnlen(text, MAILADDR_MAX_BYTES) };
}

bool mailaddr_path_domain(char out[MAILADDR_DOMAIN_BYTES], const char *path)
{
	struct scan scan = scan_of(path);
	struct spec spec;

	while (scan.at < scan.end && (is_blank(*scan.at) || *scan.at == '<'))
		scan.at++;
	read_spec(&scan, ">", &spec);
	return give(&spec, out);
}

/* Behind the source route, if there is one: "@a,@b:". The colons of an address literal end none. */
static const char *skip_route(const char *path, const char *end)
{
	bool literal = false;

	if (path == end || *path != '@')
		return path;
	for (const char *p = path; p < end; p++) {
		if (*p == '[' || *p == ']')
			literal = *p == '[';
		else if (*p == ':' && !literal)
			return p + 1;
	}
	return path;
}

/* Appends what stands between the quotes if it needs none: "a.b"@c is a.b@c. Behind the closing quote; NULL: it needs them,
 * and nothing was appended. */
static const char *take_needless_quotes(const char *path, const char *end, struct text *out)
{
	size_t len = out->len;

	for (const char *p = path + 1; p < end; p++) {
		if (*p == '"' && p > path + 1)
			return p + 1;
		if (*p == '\\' && p + 1 < end)
			p++;
		if ((unsigned char)*p <= ' ' || strchr("()<>[]:;@\\,\"", *p) != NULL)
			break;
		text_add_char(out, *p);
	}
	out->len = len;
	out->buf[len] = '\0';
	return NULL;
}

bool mailaddr_path_plain(char out[MAILADDR_PLAIN_BYTES], const char *path)
{
	const char *end = path + strnlen(path, MAILADDR_MAX_BYTES), *rest;
	char buf[MAILADDR_PLAIN_BYTES];
	struct text plain = text_over(buf, sizeof buf);

	while (path < end && (is_blank(*path) || *path == '<'))
		path++;
	while (path < end && (is_blank(end[-1]) || end[-1] == '>'))
		end--;
	path = skip_route(path, end);
	if (path < end && *path == '"' && (rest = take_needless_quotes(path, end, &plain)) != NULL)
		path = rest;
	text_add_bytes(&plain, path, (size_t)(end - path));
	if (plain.len > 0 && buf[plain.len - 1] == '.' && strchr(buf, '@') != NULL)
		buf[--plain.len] = '\0';
	if (plain.len > 0 && strchr(buf, '@') == NULL)
		text_add_char(&plain, '@');
	if (!text_fits(&plain))
		return false;
	memcpy(out, buf, plain.len + 1);
	return true;
}

bool mailaddr_header_domain(char out[MAILADDR_DOMAIN_BYTES], const char *value)
{
	struct scan scan = scan_of(value);
	struct spec spec;

	for (;;) {
		char stop = read_spec(&scan, "<,;:", &spec);

		if (stop == '<')
			read_spec(&scan, ">", &spec);
		else if (stop == ':')
			continue;              /* what stood before is the name of a group */
		if (give(&spec, out))
			return true;
		if (scan.at == scan.end)
			return false;
	}
}
