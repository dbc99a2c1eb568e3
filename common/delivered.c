/* delivered: what our own mail server wrote above the message.
 * Only headers down to its Received header are looked at: those below came from outside, and anybody can write them. */
#include "common/delivered.h"

#include <string.h>
#include <strings.h>

#include "common/message.h"
#include "common/received.h"

enum { TEXT_BYTES = 1024 };

static const char blanks[] = " \t\n";

/* The word at *at, which then stands behind it. */
static size_t word(const char **at, const char **start)
{
	*start = *at + strspn(*at, blanks);
	*at = *start + strcspn(*start, " \t\n");
	return (size_t)(*at - *start);
}

/* "(name [192.0.2.1])", "(user@name [192.0.2.1] (may be forged))"; "unknown" and "[192.0.2.1]" are no names. */
static const char *verified_name(const char *at, struct arena *arena)
{
	const char *start, *user;
	size_t n;

	at += strspn(at, blanks);
	if (*at != '(' || strstr(at, "(may be forged)") != NULL)
		return NULL;
	at++;
	n = word(&at, &start);
	user = memchr(start, '@', n);
	if (user != NULL) {
		n -= (size_t)(user + 1 - start);
		start = user + 1;
	}
	if (n == 0 || *start == '[' || (n == strlen("unknown") && strncasecmp(start, "unknown", n) == 0))
		return NULL;
	at += strspn(at, blanks);
	return *at == '[' ? arena_strndup(arena, start, n) : NULL;
}

static void read_own(const char *value, struct arena *arena, struct delivered *out)
{
	const char *at = value, *start;
	struct hop hop;
	size_t n;

	received_parse(value, &hop);
	out->found = true;
	out->client = hop.addr;
	out->login = hop.authenticated;
	n = word(&at, &start);
	if (!ipaddr_is_set(&hop.addr) || n != strlen("from") || strncasecmp(start, "from", n) != 0)
		return;
	n = word(&at, &start);
	if (n > 0 && *start != '(')
		out->helo = arena_strndup(arena, start, n < TEXT_BYTES ? n : TEXT_BYTES);
	out->client_name = verified_name(at, arena);
}

/* The path without its < > and the blanks around it. */
static const char *copy_path(const char *value, struct arena *arena)
{
	size_t n;

	value += strspn(value, blanks);
	n = strcspn(value, blanks);
	if (n >= 2 && value[0] == '<' && value[n - 1] == '>') {
		value++;
		n -= 2;
	}
	return arena_strndup(arena, value, n < TEXT_BYTES ? n : TEXT_BYTES);
}

bool delivered_read(const char *message, size_t bytes, size_t n_own, struct arena *arena, struct delivered *out)
{
	char *room = arena_alloc(arena, bytes + 2);
	const char *original = NULL, *delivered_to = NULL;
	struct message_header header;
	struct message reader;
	size_t n = 0;

	*out = (struct delivered){ .found = false };
	if (room == NULL)
		return false;
	message_open(&reader, message, bytes, room);
	while (n < n_own && message_next(&reader, &header)) {
		if (strcasecmp(header.name, "Received") == 0 && ++n == n_own)
			read_own(header.value, arena, out);
		else if (strcasecmp(header.name, "Return-Path") == 0 && out->sender == NULL)
			out->sender = copy_path(header.value, arena);
		else if (strcasecmp(header.name, "X-Original-To") == 0 && original == NULL)
			original = copy_path(header.value, arena);
		else if (strcasecmp(header.name, "Delivered-To") == 0 && delivered_to == NULL)
			delivered_to = copy_path(header.value, arena);
	}
	out->recipient = original != NULL ? original : delivered_to;
	return true;
}
