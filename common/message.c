/* message: a message's headers, one after the other.
 * A field is a line with a name and a colon, and the lines behind it that begin with a blank. */
#include "common/message.h"

#include <string.h>

/* Bytes [name, colon) and behind it [value, end), with the line ends in it. */
struct field {
	const char *name, *colon, *value, *end;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Behind the line feed of the line that begins here, or at the end. */
static const char *line_end(const char *at, const char *end)
{
	const char *feed = memchr(at, '\n', (size_t)(end - at));

	return feed != NULL ? feed + 1 : end;
}

/* The colon that ends the name of the header that begins here; NULL: there is none. Blanks may stand before it. */
static const char *find_colon(const char *at, const char *end)
{
	const char *start = at;

	while (at < end && *at > ' ' && *at < 0x7f && *at != ':')
		at++;
	if (at == start)
		return NULL;
	while (at < end && is_blank(*at))
		at++;
	return at < end && *at == ':' ? at : NULL;
}

/* False: no header begins here. */
static bool next_field(struct message *message, struct field *out)
{
	const char *colon = find_colon(message->at, message->end);

	if (colon == NULL)
		return false;
	out->name = message->at;
	out->colon = colon;
	out->value = colon + 1;
	out->end = line_end(colon, message->end);
	while (out->end < message->end && is_blank(*out->end))
		out->end = line_end(out->end, message->end);
	message->at = out->end;
	return true;
}

static bool begins(const char *at, const char *end, const char *word)
{
	return (size_t)(end - at) >= strlen(word) && memcmp(at, word, strlen(word)) == 0;
}

void message_open(struct message *message, const char *bytes, size_t n, char *room)
{
	*message = (struct message){ .at = bytes, .end = bytes + n, .room = room };
	if (begins(bytes, message->end, "From ") || begins(bytes, message->end, ">From "))
		message->at = line_end(bytes, message->end);
}

static char *copy_name(const struct field *field, char *to)
{
	const char *end = field->colon;

	while (is_blank(end[-1]))
		end--;
	memcpy(to, field->name, (size_t)(end - field->name));
	to += end - field->name;
	*to = '\0';
	return to + 1;
}

/* Without the CR of each line's end, and without the last end. */
static void copy_value(const struct field *field, char *to)
{
	const char *at = field->value, *end = field->end;

	if (at < end && *at == ' ')
		at++;
	if (at < end && end[-1] == '\n')
		end--;
	if (at < end && end[-1] == '\r')
		end--;
	for (; at < end && *at != '\0'; at++)
		if (*at != '\r' || at + 1 == end || at[1] != '\n')
			*to++ = *at;
	*to = '\0';
}

bool message_next(struct message *message, struct message_header *out)
{
	struct field field;
	char *value;

	if (!next_field(message, &field))
		return false;
	value = copy_name(&field, message->room);
	copy_value(&field, value);
	*out = (struct message_header){ .name = message->room, .value = value };
	return true;
}

size_t message_block_bytes(const char *bytes, size_t n, bool *whole)
{
	const char *last;
	struct message message;
	struct field field;

	message_open(&message, bytes, n, NULL);
	last = message.at;
	while (next_field(&message, &field))
		if (message.at < message.end)
			last = message.at;
	*whole = memchr(message.at, '\n', (size_t)(message.end - message.at)) != NULL;   /* half a line may still become one */
	return (size_t)((*whole ? line_end(message.at, message.end) : last) - bytes);
}
