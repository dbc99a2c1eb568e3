/* The zone script, one line at a time:
 *   zone NAME [soa-ttl N] [soa-min N] [default] [RULES] [a record line]
 *   NAME TYPE DATA [ttl N] [RULES]     NAME TYPE RULES     NAME RULES     ip ADDRESS[/PREFIX] ...     all RULES */
#include "t/support/zonescript.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 200
#define RECORD_TTL_S 300u
#define RDATA_BYTES 65535u

struct word {
	char *text; /* ends in NUL; may hold others when quoted */
	size_t len;
	bool quoted;
};

struct line {
	char *buffer;
	struct word word[WORDS_MAX];
	size_t words, at; /* the next word to read */
	char *error;
};

/* Says what is wrong and returns false, so that callers may return it. */
static bool wrong(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool wrong(struct line *line, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(line->error, ZONESCRIPT_ERROR_BYTES, format, args);
	va_end(args);
	return false;
}

/* Copies a quoted word without its quotes: \" \\ \n \t \r and \DDD. Returns where reading goes on, NULL: no end. */
static const char *quoted_word(const char *p, struct word *word)
{
	for (p++; *p != '"'; p++) {
		if (*p == '\0')
			return NULL;
		if (*p != '\\') {
			word->text[word->len++] = *p;
			continue;
		}
		p++;
		if (isdigit((unsigned char)p[0]) && isdigit((unsigned char)p[1]) && isdigit((unsigned char)p[2])) {
			word->text[word->len++] = (char)((p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0'));
			p += 2;
		} else if (*p == '\0') {
			return NULL;
		} else {
			word->text[word->len++] = *p == 'n' ? '\n' : *p == 't' ? '\t' : *p == 'r' ? '\r' : *p;
		}
	}
	return p + 1;
}

static bool split(struct line *line, const char *text)
{
	char *out = line->buffer;
	const char *p = text;
	for (;;) {
		p += strspn(p, " \t\r\n");
		if (*p == '\0' || *p == '#')
			return true;
		if (line->words == WORDS_MAX)
			return wrong(line, "more than %d words", WORDS_MAX);
		struct word *word = &line->word[line->words++];
		*word = (struct word){.text = out, .quoted = *p == '"'};
		if (word->quoted) {
			p = quoted_word(p, word);
			if (p == NULL)
				return wrong(line, "a quoted text without its end");
		} else {
			word->len = strcspn(p, " \t\r\n");
			memcpy(word->text, p, word->len);
			p += word->len;
		}
		out += word->len;
		*out++ = '\0';
	}
}

static const char *peek(const struct line *line, size_t ahead)
{
	return line->at + ahead < line->words && !line->word[line->at + ahead].quoted
		       ? line->word[line->at + ahead].text
		       : "";
}

static bool next_is(struct line *line, const char *word)
{
	if (strcmp(peek(line, 0), word) != 0)
		return false;
	line->at++;
	return true;
}

static bool take_u32(struct line *line, uint32_t *out)
{
	char *end;
	const char *text = peek(line, 0);
	unsigned long long value = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end != '\0' || value > UINT32_MAX)
		return wrong(line, "\"%s\": a number up to 4294967295 is wanted", text);
	*out = (uint32_t)value;
	line->at++;
	return true;
}

static const struct {
	const char *name;
	uint16_t type;
} types[] = {{"A", TYPE_A},	    {"NS", TYPE_NS},   {"CNAME", TYPE_CNAME}, {"SOA", TYPE_SOA},
	     {"PTR", TYPE_PTR},	    {"MX", TYPE_MX},   {"TXT", TYPE_TXT},     {"AAAA", TYPE_AAAA},
	     {"DNAME", TYPE_DNAME}, {"OPT", TYPE_OPT}, {"ANY", TYPE_ANY}};

bool zonescript_type(const char *text, uint16_t *type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(text, types[i].name) == 0) {
			*type = types[i].type;
			return true;
		}
	unsigned number;
	char rest;
	if (strncmp(text, "TYPE", 4) != 0 || sscanf(text + 4, "%5u%c", &number, &rest) != 1 || number > 65535)
		return false;
	*type = (uint16_t)number;
	return true;
}

char *zonescript_type_name(uint16_t type, char out[16])
{
	snprintf(out, 16, "TYPE%u", type);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type)
			snprintf(out, 16, "%s", types[i].name);
	return out;
}

/* All the rules that stand at the reading point. */
static bool take_rules(struct line *line, struct rules *rules)
{
	while (rules_known(peek(line, 0)) && line->at < line->words) {
		const char *why = rules_take(rules, peek(line, 0));
		if (why != NULL)
			return wrong(line, "\"%s\": %s", peek(line, 0), why);
		line->at++;
	}
	return true;
}

static bool take_end(struct line *line)
{
	if (line->at == line->words)
		return true;
	return wrong(line, "\"%.100s\" is not understood here", line->word[line->at].text);
}

/* A name of the script: "@", absolute with a final dot or when it ends in the zone's name, else below the zone. */
static bool script_name(struct zonescript *script, struct line *line, const char *text, struct dnsname *out)
{
	if (strcmp(text, "@") == 0) {
		*out = script->zone;
		return true;
	}
	if (!dnsname_parse(text, out))
		return wrong(line, "\"%.100s\" is no domain name", text);
	const struct dnsname *zone = &script->zone;
	if (text[strlen(text) - 1] == '.' || dnsname_within(out->wire, out->len, zone->wire, zone->len))
		return true;
	if (!dnsname_join(out, zone, out))
		return wrong(line, "\"%.100s\" is too long in this zone", text);
	return true;
}

/* 192.0.2.2 -> 2.2.0.192 below the zone; 192.0.2.0/24 -> *.2.0.192; IPv6 by nibbles (RFC 5782 sections 2.1, 2.4). */
static bool reversed_name(struct zonescript *script, struct line *line, const char *text, struct dnsname *out)
{
	char address[64], name[160];
	unsigned prefix = 0, step = strchr(text, ':') != NULL ? 4 : 8;
	uint8_t octet[16] = {0};
	size_t used = 0, bits = step == 4 ? 128 : 32;
	int fields = sscanf(text, "%63[^/]/%3u", address, &prefix);
	if (fields < 1 || inet_pton(step == 4 ? AF_INET6 : AF_INET, address, octet) != 1)
		return wrong(line, "\"%.60s\" is no address", text);
	if (fields == 1)
		prefix = (unsigned)bits;
	if (prefix > bits || prefix % step != 0)
		return wrong(line, "a prefix is a multiple of %u, up to %zu", step, bits);
	if (prefix < bits)
		used += (size_t)snprintf(name, sizeof(name), "*%s", prefix > 0 ? "." : "");
	for (size_t i = prefix / step; i-- > 0;) {
		unsigned part = step == 8 ? octet[i] : (unsigned)(octet[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15u;
		const char *dot = i > 0 ? "." : "";
		if (step == 8)
			used += (size_t)snprintf(name + used, sizeof(name) - used, "%u%s", part, dot);
		else
			used += (size_t)snprintf(name + used, sizeof(name) - used, "%x%s", part, dot);
	}
	struct dnsname head;
	if (!dnsname_parse(name, &head) || !dnsname_join(&head, &script->zone, out))
		return wrong(line, "the name is too long in this zone");
	return true;
}

static bool data_text(struct line *line, uint8_t *rdata, size_t *rdlen)
{
	while (line->at < line->words && line->word[line->at].quoted) {
		const struct word *word = &line->word[line->at++];
		size_t done = 0;
		do {
			size_t piece = word->len - done < 255 ? word->len - done : 255;
			if (*rdlen + piece + 1 > RDATA_BYTES)
				return wrong(line, "the text is too long");
			rdata[(*rdlen)++] = (uint8_t)piece;
			memcpy(rdata + *rdlen, word->text + done, piece);
			*rdlen += piece;
			done += piece;
		} while (done < word->len);
	}
	return *rdlen > 0 || wrong(line, "TXT wants \"text\" in quotes");
}

static bool data_name(struct zonescript *script, struct line *line, uint8_t *rdata, size_t *rdlen)
{
	struct dnsname name;
	const char *text = peek(line, 0);
	if (strcmp(text, "@") == 0)
		name = script->zone;
	else if (text[0] == '\0' || !dnsname_parse(text, &name))
		return wrong(line, "\"%.100s\" is no domain name", text);
	line->at++;
	memcpy(rdata + *rdlen, name.wire, name.len);
	*rdlen += name.len;
	return true;
}

static bool data_hex(struct line *line, uint8_t *rdata, size_t *rdlen)
{
	const char *text = peek(line, 0);
	size_t len = strlen(text);
	if (strspn(text, "0123456789abcdefABCDEF") != len || len % 2 != 0 || len / 2 > RDATA_BYTES)
		return wrong(line, "\"%.100s\": hexadecimal octets are wanted", text);
	for (size_t i = 0; i < len; i += 2) {
		const char pair[] = {text[i], text[i + 1], '\0'};
		rdata[(*rdlen)++] = (uint8_t)strtoul(pair, NULL, 16);
	}
	line->at++;
	return true;
}

static bool data_address(struct line *line, int family, uint8_t *rdata, size_t *rdlen)
{
	if (inet_pton(family, peek(line, 0), rdata) != 1)
		return wrong(line, "\"%.100s\" is no address of that kind", peek(line, 0));
	*rdlen = family == AF_INET ? 4 : 16;
	line->at++;
	return true;
}

static bool take_data(struct zonescript *script, struct line *line, uint16_t type, uint8_t *rdata, size_t *rdlen)
{
	uint32_t preference;
	switch (type) {
	case TYPE_A:
		return data_address(line, AF_INET, rdata, rdlen);
	case TYPE_AAAA:
		return data_address(line, AF_INET6, rdata, rdlen);
	case TYPE_TXT:
		return data_text(line, rdata, rdlen);
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_PTR:
	case TYPE_DNAME:
		return data_name(script, line, rdata, rdlen);
	case TYPE_MX:
		if (!take_u32(line, &preference))
			return false;
		rdata[0] = (uint8_t)(preference >> 8);
		rdata[1] = (uint8_t)preference;
		*rdlen = 2;
		return data_name(script, line, rdata, rdlen);
	case TYPE_SOA:
	case TYPE_ANY:
	case TYPE_OPT:
		return wrong(line, "this type takes rules only");
	default:
		return data_hex(line, rdata, rdlen);
	}
}

/* NAME [TYPE [DATA [ttl N]]] [RULES]: rules behind a type hold for queries of that type only. */
static bool record_line(struct zonescript *script, struct line *line)
{
	static uint8_t rdata[RDATA_BYTES + DNSNAME_MAX_BYTES];
	struct dnsname name;
	size_t rdlen = 0;
	bool by_address = next_is(line, "ip");
	const char *text = peek(line, 0);
	if (text[0] == '\0')
		return wrong(line, "a name is missing");
	if (by_address ? !reversed_name(script, line, text, &name) : !script_name(script, line, text, &name))
		return false;
	line->at++;
	struct node *node = zonedb_node(script->db, &name);
	uint16_t type = TYPE_ANY_RULES;
	uint32_t ttl_s = RECORD_TTL_S;
	if (node == NULL)
		return wrong(line, "out of memory");
	bool has_type = zonescript_type(peek(line, 0), &type);
	if (has_type)
		line->at++;
	if (has_type && !rules_known(peek(line, 0))) {
		if (!take_data(script, line, type, rdata, &rdlen) || (next_is(line, "ttl") && !take_u32(line, &ttl_s)))
			return false;
		if (!zonedb_add(node, type, ttl_s, rdata, rdlen))
			return wrong(line, "out of memory");
		if (line->at == line->words)
			return true;
	}
	struct rules *rules = zonedb_node_rules(node, type);
	if (rules == NULL)
		return wrong(line, "out of memory");
	if (line->at == line->words)
		return wrong(line, "a type or rules are missing");
	return take_rules(line, rules) && take_end(line);
}

static bool zone_line(struct zonescript *script, struct line *line)
{
	struct dnsname apex;
	if (line->at == line->words || !dnsname_parse(peek(line, 0), &apex))
		return wrong(line, "\"%.100s\" is no domain name", peek(line, 0));
	line->at++;
	struct zone *zone = zonedb_open(script->db, &apex);
	if (zone == NULL)
		return wrong(line, "out of memory");
	script->zone = apex;
	while (line->at < line->words) {
		uint16_t type;
		if (next_is(line, "soa-ttl")) {
			if (!take_u32(line, &zone->soa_ttl_s))
				return false;
		} else if (next_is(line, "soa-min")) {
			if (!take_u32(line, &zone->soa_min_s))
				return false;
		} else if (next_is(line, "default")) {
			continue;
		} else if (rules_known(peek(line, 0)) && !zonescript_type(peek(line, 1), &type)) {
			if (!take_rules(line, &zone->rules))
				return false;
		} else {
			return record_line(script, line);
		}
	}
	return true;
}

static bool set_line(struct zonescript *script, struct line *line)
{
	struct dnsname name;
	struct rules fresh = {0}, *rules = NULL;
	if (next_is(line, "all")) {
		rules = zonedb_server_rules(script->db);
	} else if (next_is(line, "zone") && line->at < line->words && dnsname_parse(peek(line, 0), &name)) {
		struct zone *zone = zonedb_open(script->db, &name);
		rules = zone != NULL ? &zone->rules : NULL;
		line->at++;
	} else if (next_is(line, "name") && line->at < line->words && dnsname_parse(peek(line, 0), &name)) {
		struct node *node = zonedb_node(script->db, &name);
		rules = node != NULL ? zonedb_node_rules(node, TYPE_ANY_RULES) : NULL;
		line->at++;
	}
	if (rules == NULL)
		return wrong(line, "all, zone NAME or name NAME is wanted");
	if (!take_rules(line, &fresh) || !take_end(line))
		return false;
	*rules = fresh;
	return true;
}

static bool script_line(struct zonescript *script, struct line *line)
{
	if (line->words == 0)
		return true;
	if (next_is(line, "zone"))
		return zone_line(script, line);
	if (next_is(line, "all"))
		return take_rules(line, zonedb_server_rules(script->db)) && take_end(line);
	return record_line(script, line);
}

/* Splits the text and hands the words to `obey`. */
static bool with_words(struct zonescript *script, const char *text, char error[ZONESCRIPT_ERROR_BYTES],
		       bool (*obey)(struct zonescript *, struct line *))
{
	struct line line = {.error = error};
	error[0] = '\0';
	line.buffer = malloc(2 * strlen(text) + 2);
	if (line.buffer == NULL)
		return wrong(&line, "out of memory");
	bool good = split(&line, text) && obey(script, &line);
	free(line.buffer);
	return good;
}

bool zonescript_line(struct zonescript *script, const char *line, char error[ZONESCRIPT_ERROR_BYTES])
{
	return with_words(script, line, error, script_line);
}

bool zonescript_set(struct zonescript *script, const char *text, char error[ZONESCRIPT_ERROR_BYTES])
{
	return with_words(script, text, error, set_line);
}

void zonescript_init(struct zonescript *script, struct zonedb *db)
{
	script->db = db;
	dnsname_parse(".", &script->zone);
}

bool zonescript_file(struct zonescript *script, const char *path, char error[ZONESCRIPT_ERROR_BYTES])
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char *text = NULL, what[ZONESCRIPT_ERROR_BYTES];
	size_t room = 0;
	bool good = true;
	if (file == NULL) {
		snprintf(error, ZONESCRIPT_ERROR_BYTES, "%.100s: %s", path, strerror(errno));
		return false;
	}
	for (unsigned number = 1; good && getline(&text, &room, file) > 0; number++) {
		good = zonescript_line(script, text, what);
		if (!good)
			snprintf(error, ZONESCRIPT_ERROR_BYTES, "%.80s:%u: %.150s", path, number, what);
	}
	free(text);
	if (file != stdin)
		fclose(file);
	return good;
}
