/* Texts of replies and headers: checked at load, filled in later, never a line break.
 * In a template %d.%d.%d.%d becomes the listed address (an IPv6 one too) and %% a percent sign; any other % is an error.
 * {ip} {subject} {list} {answer} {reason} {helo} {sender} {rdns} {points} become their values, {{ is a brace; any other
 * name in braces, and a brace that is not closed, is an error. A lone } is itself. (NetMail's and MDaemon's syntax.)
 * Pure functions, safe from any thread. */
#ifndef COMMON_TEMPLATE_H
#define COMMON_TEMPLATE_H

#include <stdbool.h>

#include "common/errmsg.h"
#include "common/ipaddr.h"
#include "common/text.h"

enum { TEMPLATE_MAX_BYTES = 500, TEMPLATE_VALUE_MAX_BYTES = 255 };

/* What a template can name. A NULL text reads as "" (the null sender, no name, no reason). Borrowed for the call. */
struct template_values {
	struct ipaddr ip;        /* the listed address, or the client's for a hit on a name */
	const char *subject;     /* what was looked up, as text */
	const char *list;        /* the list's name, never its zone */
	const char *answer;      /* 127.0.0.2 */
	const char *reason;      /* the list's TXT */
	const char *helo, *sender, *rdns;
	int points;
};

/* True: template_expand() can take it. It must be printable text of at most TEMPLATE_MAX_BYTES (UTF-8 allowed, control
 * characters not). False: `err` says what is wrong and where. */
bool template_check(const char *text, struct errmsg *err);

/* Appends the filled-in text. Values are foreign: cleaned by text_add_foreign() and cut at TEMPLATE_VALUE_MAX_BYTES each.
 * `text` must have passed template_check(). */
void template_expand(struct text *out, const char *text, const struct template_values *values);

#endif
