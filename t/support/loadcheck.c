/* Addresses and expected verdicts of the load. */
#include "t/support/loadcheck.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char *const verdict_words[] = {
	[LOAD_CONTINUE] = "continue", [LOAD_REJECT] = "reject",         [LOAD_FLAG] = "flag",       [LOAD_TEMPFAIL] = "tempfail",
	[LOAD_DISCARD] = "discard",   [LOAD_QUARANTINE] = "quarantine", [LOAD_UNKNOWN] = "unknown",
};
/* clang-format on */

const char *loadcheck_word(enum loadverdict verdict)
{
	return verdict_words[verdict];
}

bool loadcheck_address(const char *text, struct loadaddress *out)
{
	memset(out, 0, sizeof(*out));
	out->v6 = strchr(text, ':') != NULL;
	return inet_pton(out->v6 ? AF_INET6 : AF_INET, text, out->octet) == 1;
}

char *loadcheck_text(const struct loadaddress *address, char out[INET6_ADDRSTRLEN])
{
	if (inet_ntop(address->v6 ? AF_INET6 : AF_INET, address->octet, out, INET6_ADDRSTRLEN) == NULL)
		out[0] = '\0';
	return out;
}

bool loadcheck_network(const char *text, struct loadrange *out)
{
	char address[64];
	unsigned prefix;
	if (sscanf(text, "%63[^/]/%3u", address, &prefix) != 2 || !loadcheck_address(address, &out->first))
		return false;
	unsigned bits = out->first.v6 ? 128 : 32;
	if (prefix > bits)
		return false;
	out->count = bits - prefix > 32 ? (uint64_t)1 << 32 : (uint64_t)1 << (bits - prefix);
	out->list = NULL;
	return true;
}

struct loadaddress loadcheck_pick(const struct loadrange *range, uint64_t n)
{
	n %= range->count;
	if (range->list != NULL)
		return range->list[n];
	struct loadaddress address = range->first;
	for (size_t i = address.v6 ? 16 : 4; i-- > 0 && n > 0;) {
		n += address.octet[i];
		address.octet[i] = (uint8_t)n;
		n >>= 8;
	}
	return address;
}

/* Calls `take` for every line that is not empty. */
static bool each_line(const char *path, bool (*take)(void *, char *line), void *context, char *error,
		      size_t error_bytes)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	bool good = true;
	if (file == NULL) {
		snprintf(error, error_bytes, "%s: %s", path, strerror(errno));
		return false;
	}
	for (unsigned number = 1; good && getline(&line, &room, file) > 0; number++) {
		line[strcspn(line, "#\r\n")] = '\0';
		if (line[strspn(line, " \t")] == '\0')
			continue;
		good = take(context, line);
		if (!good)
			snprintf(error, error_bytes, "%s:%u: \"%.100s\" is not understood", path, number, line);
	}
	free(line);
	fclose(file);
	return good;
}

static bool take_client(void *context, char *line)
{
	struct loadrange *range = context;
	char text[64];
	struct loadaddress address;
	if (sscanf(line, "%63s", text) != 1 || !loadcheck_address(text, &address))
		return false;
	struct loadaddress *list = realloc(range->list, (range->count + 1) * sizeof(*list));
	if (list == NULL)
		return false;
	list[range->count++] = address;
	range->list = list;
	return true;
}

bool loadcheck_clients(const char *path, struct loadrange *out, char *error, size_t error_bytes)
{
	*out = (struct loadrange){.count = 0};
	if (!each_line(path, take_client, out, error, error_bytes))
		return false;
	if (out->count == 0)
		snprintf(error, error_bytes, "%s: no address in it", path);
	return out->count > 0;
}

static bool take_verdict(void *context, char *line)
{
	struct loadtable *table = context;
	char text[64], word[32];
	struct loadrow row = {.verdict = LOAD_REJECT};
	int fields = sscanf(line, "%63s %31s", text, word);
	if (fields < (table->either ? 1 : 2) || !loadcheck_address(text, &row.address))
		return false;
	if (!table->either)
		for (row.verdict = 0; row.verdict < LOAD_UNKNOWN && strcmp(word, verdict_words[row.verdict]) != 0;)
			row.verdict++;
	if (row.verdict == LOAD_UNKNOWN)
		return false;
	if ((table->count & (table->count - 1)) == 0) {
		struct loadrow *rows = realloc(table->rows, (table->count == 0 ? 1 : 2 * table->count) * sizeof(*rows));
		if (rows == NULL)
			return false;
		table->rows = rows;
	}
	table->rows[table->count++] = row;
	return true;
}

static int by_address(const void *a, const void *b)
{
	const struct loadrow *first = a, *second = b;
	int order = first->address.v6 - second->address.v6;
	return order != 0 ? order : memcmp(first->address.octet, second->address.octet, 16);
}

bool loadcheck_verdicts(const char *path, bool only_addresses, struct loadtable *out, char *error, size_t error_bytes)
{
	*out = (struct loadtable){.others = only_addresses ? LOAD_CONTINUE : LOAD_UNKNOWN, .either = only_addresses};
	if (!each_line(path, take_verdict, out, error, error_bytes))
		return false;
	if (out->count > 0)
		qsort(out->rows, out->count, sizeof(*out->rows), by_address);
	return true;
}

enum loadverdict loadcheck_expected(const struct loadtable *table, const struct loadaddress *address)
{
	const struct loadrow key = {.address = *address};
	const struct loadrow *row = NULL;
	if (table->count > 0)
		row = bsearch(&key, table->rows, table->count, sizeof(key), by_address);
	return row != NULL ? row->verdict : table->others;
}

bool loadcheck_right(const struct loadtable *table, enum loadverdict expected, enum loadverdict got)
{
	if (expected == LOAD_UNKNOWN || expected == got)
		return true;
	return table->either && expected == LOAD_REJECT && got == LOAD_FLAG;
}

static int by_size(const void *a, const void *b)
{
	const uint32_t *first = a, *second = b;
	return (*first > *second) - (*first < *second);
}

void loadcheck_print_times(const char *name, uint32_t *us, size_t count)
{
	qsort(us, count, sizeof(*us), by_size);
	printf(" %s_p50_us=%u %s_p99_us=%u %s_max_us=%u", name, count > 0 ? us[count / 2] : 0, name,
	       count > 0 ? us[count * 99 / 100] : 0, name, count > 0 ? us[count - 1] : 0);
}
