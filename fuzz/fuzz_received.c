/* Fuzzes received_parse: first with the input as a header, then with the input as HELO, ident answer and sender in the
 * headers of servers whose filters for foreign text are known. A wrong answer stops the run as an overrun does. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/received.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what, const char *value)
{
	if (holds)
		return;
	fprintf(stderr, "%s: %s\n", what, value);
	abort();
}

static struct hop parse(const char *value)
{
	struct hop hop;

	memset(&hop, 0xa5, sizeof hop);
	received_parse(value, &hop);
	return hop;
}

static bool hop_equal(const struct hop *a, const struct hop *b)
{
	return ipaddr_equal(&a->addr, &b->addr) && a->authenticated == b->authenticated;
}

/* Does an address with this value stand in the text, in any spelling? */
static bool is_written_in(const struct ipaddr *addr, const char *value)
{
	for (const char *p = value; *p != '\0'; p++) {
		size_t span = strspn(p, "0123456789abcdefABCDEF:.");

		for (size_t n = 2; n <= span && n < IPADDR_TEXT_BYTES; n++) {
			struct ipaddr found;

			if (ipaddr_parse_n(&found, p, n) && ipaddr_equal(&found, addr))
				return true;
		}
	}
	return false;
}

static bool has_by(const char *value)
{
	for (; value[0] != '\0'; value++)
		if ((value[0] == 'b' || value[0] == 'B') && (value[1] == 'y' || value[1] == 'Y'))
			return true;
	return false;
}

/* Other blanks between the words, as folding makes them, change nothing. */
static void check_folding(char *value, const struct hop *hop)
{
	struct hop folded;

	for (char *p = value; *p != '\0'; p++)
		if (*p == ' ')
			*p = '\n';
	folded = parse(value);
	require(hop_equal(hop, &folded), "folding matters", value);
}

static void check_header(const uint8_t *data, size_t size)
{
	char *value = malloc(size + 1);
	struct hop hop, again;

	if (value == NULL)
		return;
	memcpy(value, data, size);
	value[size] = '\0';
	hop = parse(value);
	again = parse(value);
	require(hop_equal(&hop, &again), "two answers", value);
	if (ipaddr_is_set(&hop.addr))
		require(is_written_in(&hop.addr, value), "address out of nothing", value);
	if (!has_by(value))
		require(!ipaddr_is_set(&hop.addr) && !hop.authenticated, "no receiving server", value);
	check_folding(value, &hop);
	free(value);
}

/* Servers: what each does to foreign text, and where it puts it (the first "@"). Each saw 203.0.113.5 and no login. */
struct server {
	const char *keeps;          /* letters, digits and these pass; NULL: printable text but for `drops` */
	const char *drops;
	char instead;               /* of what does not pass; 0: the server refuses the client */
	bool may_hide;              /* the filter is weak: no address is a right answer too */
	const char *header;
};

static const struct server servers[] = {
	/* Postfix: HELO */
	{ NULL, " <>()\\\";@", '?', false, "from @ (unknown [203.0.113.5]) by mx (Postfix) with ESMTP id 1 for <a@x>;"
	  " d" },
	{ NULL, " <>()\\\";@", '?', false, "from @ (m.example [203.0.113.5]) (using TLSv1.3 with cipher X (256/256"
	  " bits)) by mx (Postfix) with ESMTPS id 1; d" },
	{ NULL, " <>()\\\";@", '?', false, "from @ (unknown [203.0.113.5])\n\tby mx (Postfix) with SMTP id 1; d" },
	/* Sendmail: HELO, then the answer to ident, with and without a reverse name */
	{ "[].-_#:", NULL, 0, false, "from @ (m.example [203.0.113.5]) by mx (8.17.1/8.17.1) with ESMTP id 1; d" },
	{ "[].-_#:", NULL, 0, false, "from @ ([203.0.113.5] (may be forged)) by mx (8.17.1/8.17.1) with ESMTP id 1;"
	  " d" },
	{ "!#$%&'*+-./^_`{|}~=", NULL, 0, false, "from x (@@m.example [203.0.113.5]) by mx (8.17.1/8.17.1) with ESMTP"
	  " id 1; d" },
	{ "!#$%&'*+-./^_`{|}~=", NULL, 0, false, "from [192.0.2.66] (@@[203.0.113.5]) by mx (8.17.1/8.17.1) with ESMTP"
	  " id 1; d" },
	/* Exim: HELO, with and without a reverse name */
	{ "[].-_:", NULL, 0, false, "from m.example ([203.0.113.5] helo=@) by mx with esmtp (Exim 4.96) id 1; d" },
	{ "[].-_:", NULL, 0, false, "from [203.0.113.5] (helo=@) by mx with esmtp (Exim 4.96) id 1; d" },
	{ "[].-_:", NULL, 0, false, "from [203.0.113.5] (port=25 helo=@) by mx with esmtp (Exim 4.96) id 1; d" },
	/* Exim 3: the answer to ident, copied as it is; and servers that copy HELO so, wherever they put it */
	{ NULL, "\"", '?', true, "from m.example ([203.0.113.5] helo=x ident=@) by mx with esmtp (Exim 3.36) id 1; d" },
	{ NULL, "\"", '?', true, "from @ (m.example [203.0.113.5]) by mx with SMTP id 1; d" },
	{ NULL, "\"", '?', true, "from @ (203.0.113.5) by mx with SMTP id 1; d" },
	{ NULL, "\"", '?', true, "from unknown (HELO @) (203.0.113.5) by mx with SMTP id 1; d" },
	{ NULL, "\"", '?', true, "from [203.0.113.5] (HELO @) by mx with SMTP id 1; d" },
	/* Exim: a quoted sender */
	{ NULL, "\\\"", '?', false, "from m.example ([203.0.113.5]) by mx with esmtp (Exim 4.96) (envelope-from"
	  " <\"@\"@x>) id 1; d" },
	/* qmail: HELO and the answer to ident */
	{ "[].@%+/=:-", "[]", '?', false, "from unknown (HELO @) (203.0.113.5) by mx with SMTP; d" },
	{ ".@%+/=:-", "", '?', false, "from unknown (HELO x) (@@203.0.113.5) by mx with SMTP; d" },
	/* Exchange: a host name */
	{ "[].-_:", NULL, 0, false, "from @ (203.0.113.5) by EX01 (198.51.100.1) with Microsoft SMTP Server id 15.1;"
	  " d" },
	/* all: a quoted recipient */
	{ NULL, "\\\"", '?', false, "from x (m.example [203.0.113.5]) by mx (Postfix) with ESMTP id 1 for <\"@\"@x>;"
	  " d" },
};

static bool passes(const struct server *server, char c)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	if (c < ' ' || c > '~' || (server->drops != NULL && strchr(server->drops, c) != NULL))
		return false;
	return server->keeps == NULL || strchr(server->keeps, c) != NULL;
}

/* The foreign text as the server prints it. False: it refuses such a client. */
static bool filter(const struct server *server, const uint8_t *data, size_t size, char *out)
{
	for (size_t i = 0; i < size; i++) {
		out[i] = (char)data[i];
		if (passes(server, out[i]))
			continue;
		if (server->instead == 0)
			return false;
		out[i] = server->instead;
	}
	out[size] = '\0';
	return true;
}

enum { MAX_FOREIGN = 500 };

static void check_server(const struct server *server, const uint8_t *data, size_t size)
{
	char foreign[MAX_FOREIGN + 1], value[MAX_FOREIGN + 200];
	const char *place = strchr(server->header, '@');
	const struct ipaddr seen = ipaddr_v4(0xcb007105);
	struct hop hop;

	if (!filter(server, data, size, foreign))
		return;
	snprintf(value, sizeof value, "%.*s%s%s", (int)(place - server->header), server->header, foreign, place + 1);
	hop = parse(value);
	require(!hop.authenticated, "feigned login", value);
	if (!server->may_hide || ipaddr_is_set(&hop.addr))
		require(ipaddr_equal(&hop.addr, &seen), "feigned or hidden address", value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_header(data, size);
	if (size == 0 || size > MAX_FOREIGN)
		return 0;
	for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++)
		check_server(&servers[i], data, size);
	return 0;
}
