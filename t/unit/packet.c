/* packet: DNS packets from a line of text.
 * Written by hand and not with ldns: most of them are what no library would write. */
#include "t/unit/packet.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 12, WORDS_MAX = 12, QUESTION, ANSWER, AUTHORITY, ADDITIONAL };

struct writer {
	uint8_t *out;
	size_t len;
	const uint8_t *query;
	size_t question_len;
	uint16_t id, flags, count[4];   /* by section; "count" lies at the end */
	bool count_lies[4];
	bool header_only;
};

struct words {
	char *word[WORDS_MAX];
	size_t n;
};

static void give_up(const char *what)
{
	fprintf(stderr, "packet: %s\n", what);
	abort();
}

static void put(struct writer *w, const void *bytes, size_t n)
{
	if (n > PACKET_BYTES - w->len)
		give_up("no room");
	memcpy(w->out + w->len, bytes, n);
	w->len += n;
}

static void put8(struct writer *w, unsigned value)
{
	put(w, &(uint8_t){ (uint8_t)value }, 1);
}

static void put16(struct writer *w, unsigned value)
{
	put8(w, value >> 8 & 255);
	put8(w, value & 255);
}

static void put32(struct writer *w, unsigned value)
{
	put16(w, value >> 16);
	put16(w, value & 65535);
}

static void put_hex(struct writer *w, const char *hex)
{
	char pair[3] = "";

	for (; strcmp(hex, "-") != 0 && *hex != '\0'; hex += 2) {
		if (!isxdigit((unsigned char)hex[0]) || !isxdigit((unsigned char)hex[1]))
			give_up(hex);
		memcpy(pair, hex, 2);
		put8(w, (unsigned)strtoul(pair, NULL, 16));
	}
}

static unsigned number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end != '\0' || end == text)
		give_up(text);
	return (unsigned)value;
}

static void put_name(struct writer *w, const char *name)
{
	if (strcmp(name, "^self") == 0) {
		put16(w, 0xc000u | (unsigned)w->len);
	} else if (strcmp(name, "^next") == 0) {
		put16(w, 0xc000u | (unsigned)(w->len + 2));
	} else if (*name == '^') {
		put16(w, 0xc000u | number(name + 1));
	} else {
		while (*name != '\0' && *name != '@' && strcmp(name, ".") != 0) {
			size_t n = strcspn(name, ".");

			put8(w, (unsigned)n);
			put(w, name, n);
			name += n + (name[n] == '.');
		}
		if (*name == '@')
			put16(w, 0xc000 | HEADER);
		else
			put8(w, 0);
	}
}

static unsigned section(const char *word)
{
	static const char *const names[] = { "an", "ns", "ar" };

	for (unsigned i = 0; i < 3; i++)
		if (strcmp(word, names[i]) == 0)
			return i + 1;
	give_up(word);
	return 0;
}

static unsigned type_of(const char *word)
{
	static const struct {
		const char *word;
		unsigned type;
	} types[] = { { "A", 1 }, { "NS", 2 }, { "CNAME", 5 }, { "SOA", 6 }, { "PTR", 12 }, { "MX", 15 }, { "TXT", 16 },
		      { "AAAA", 28 }, { "DNAME", 39 }, { "OPT", 41 } };

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strcmp(word, types[i].word) == 0)
			return types[i].type;
	return number(word);
}

static void put_data(struct writer *w, unsigned type, const char *data)
{
	struct in_addr addr;
	struct in6_addr addr6;

	switch (type) {
	case 1:
		if (inet_pton(AF_INET, data, &addr) != 1)
			give_up(data);
		put(w, &addr, 4);
		break;
	case 2:
	case 5:
	case 12:
	case 39:
		put_name(w, data);
		break;
	case 15:
		put16(w, 10);
		put_name(w, data);
		break;
	case 28:
		if (inet_pton(AF_INET6, data, &addr6) != 1)
			give_up(data);
		put(w, &addr6, 16);
		break;
	case 6:
		put_name(w, "ns.@");
		put_name(w, "hostmaster.@");
		for (unsigned i = 1; i <= 4; i++)
			put32(w, i);
		put32(w, number(data));
		break;
	case 16:
		put8(w, (unsigned)strlen(data));
		put(w, data, strlen(data));
		break;
	default:
		give_up("data of this type cannot be written");
	}
}

/* SECTION OWNER TTL TYPE DATA, then [class N] [len N] */
static void put_record(struct writer *w, const struct words *words)
{
	bool raw = words->n > 5 && strcmp(words->word[3], "RAW") == 0;
	const char *lie = NULL;
	unsigned type, class = 1, ttl, len;
	size_t at, data = raw ? 5 : 4;

	if (words->n <= data)
		give_up("a record is SECTION OWNER TTL TYPE DATA");
	type = type_of(words->word[raw ? 4 : 3]);
	ttl = number(words->word[2]);
	if (type == 41 && !raw) {
		class = 1232;
		ttl = number(words->word[4]) << 24;
	}
	for (size_t i = data + 1; i + 1 < words->n; i += 2) {
		if (strcmp(words->word[i], "class") == 0)
			class = number(words->word[i + 1]);
		else
			lie = words->word[i + 1];
	}
	w->count[section(words->word[0])]++;
	put_name(w, words->word[1]);
	put16(w, type);
	put16(w, class);
	put32(w, ttl);
	at = w->len;
	put16(w, 0);
	if (raw)
		put_hex(w, words->word[5]);
	else if (type != 41)
		put_data(w, type, words->word[4]);
	len = lie != NULL ? number(lie) : (unsigned)(w->len - at - 2);
	w->out[at] = (uint8_t)(len >> 8);
	w->out[at + 1] = (uint8_t)len;
}

static void put_many(struct writer *w, const struct words *words)
{
	char data[INET_ADDRSTRLEN], a[] = "A";
	struct in_addr first, addr;

	if (words->n != 6 || inet_pton(AF_INET, words->word[4], &first) != 1)
		give_up("many SECTION OWNER TTL ADDRESS N");
	for (unsigned i = 0; i < number(words->word[5]); i++) {
		struct words record = { { words->word[1], words->word[2], words->word[3], a, data }, 5 };

		addr.s_addr = htonl(ntohl(first.s_addr) + i);
		inet_ntop(AF_INET, &addr, data, sizeof data);
		put_record(w, &record);
	}
}

static void put_question(struct writer *w)
{
	put(w, w->query + HEADER, w->question_len);
	w->count[0]++;
}

static void another_question(struct writer *w, const struct words *words)
{
	if (words->n != 4)
		give_up("question NAME TYPE CLASS");
	w->len = HEADER;
	put_name(w, words->word[1]);
	put16(w, type_of(words->word[2]));
	put16(w, number(words->word[3]));
}

/* An item that is no record. False: it is none of these. */
static bool put_item(struct writer *w, const struct words *words)
{
	const char *what = words->word[0];

	if (strcmp(what, "rcode") == 0)
		w->flags = (uint16_t)(w->flags | number(words->word[1]));
	else if (strcmp(what, "tc") == 0)
		w->flags |= 0x0200;
	else if (strcmp(what, "aa") == 0)
		w->flags |= 0x0400;
	else if (strcmp(what, "query") == 0)
		w->flags &= 0x7fff;
	else if (strcmp(what, "opcode") == 0)
		w->flags = (uint16_t)(w->flags | number(words->word[1]) << 11);
	else if (strcmp(what, "id") == 0)
		w->id = (uint16_t)(w->id + number(words->word[1]));
	else if (strcmp(what, "header") == 0)
		w->header_only = true;
	else if (strcmp(what, "noquestion") == 0)
		w->len = HEADER, w->count[0] = 0;
	else if (strcmp(what, "twice") == 0)
		put_question(w);
	else if (strcmp(what, "upper") == 0)
		for (size_t i = HEADER; i + 4 < w->len; i++)
			w->out[i] = (uint8_t)toupper(w->out[i]);
	else if (strcmp(what, "question") == 0)
		another_question(w, words);
	else if (strcmp(what, "many") == 0)
		put_many(w, words);
	else if (strcmp(what, "count") == 0)
		w->count[section(words->word[1])] = (uint16_t)number(words->word[2]);
	else if (strcmp(what, "tail") == 0)
		put_hex(w, words->word[1]);
	else
		return false;
	return true;
}

static void put_header(struct writer *w)
{
	size_t len = w->header_only ? HEADER : w->len;

	w->len = 0;
	put16(w, w->id);
	put16(w, w->flags);
	for (size_t i = 0; i < 4; i++)
		put16(w, w->header_only ? 0 : w->count[i]);
	w->len = len;
}

static bool split(char **rest, const char *at, char **out)
{
	do
		*out = strtok_r(NULL, at, rest);
	while (*out != NULL && **out == '\0');
	return *out != NULL;
}

size_t packet_write(uint8_t out[PACKET_BYTES], const uint8_t *query, size_t query_len, const char *script)
{
	struct writer w = { .out = out, .len = HEADER, .query = query, .flags = 0x8180 };
	char *copy = strdup(script), *items = copy, *item;

	if (copy == NULL)
		give_up("out of memory");
	w.id = (uint16_t)(query[0] << 8 | query[1]);
	w.question_len = query_len - HEADER - 11u * (unsigned)(query[10] << 8 | query[11]);
	put_question(&w);
	while (split(&items, ";", &item)) {
		struct words words = { .n = 0 };
		char *word;

		while (words.n < WORDS_MAX && split(&item, " ", &word))
			words.word[words.n++] = word;
		if (words.n > 0 && !put_item(&w, &words))
			put_record(&w, &words);
	}
	put_header(&w);
	free(copy);
	return w.len;
}
