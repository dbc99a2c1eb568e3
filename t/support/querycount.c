/* Counters of the test server: one entry a name, with its few types in a row. */
#include "t/support/querycount.h"

#include "t/support/zonescript.h"

#include <stdlib.h>
#include <string.h>

#define PORTS 65536u
#define SLOTS_START 4096u

struct typecount {
	uint64_t n;
	uint16_t type;
};

struct seen {
	struct typecount *types;
	uint32_t hash;
	uint16_t count; /* of types */
	uint8_t len;
	uint8_t name[];
};

struct querycount {
	struct seen **slots;
	size_t mask, used, max_names;
	uint64_t total, tcp;
	unsigned ports, ids;
	uint8_t port_seen[PORTS / 8], id_seen[PORTS / 8];
};

struct querycount *querycount_new(size_t max_names)
{
	struct querycount *counts = calloc(1, sizeof(*counts));
	if (counts == NULL)
		return NULL;
	counts->slots = calloc(SLOTS_START, sizeof(struct seen *));
	counts->mask = SLOTS_START - 1;
	counts->max_names = max_names;
	if (counts->slots == NULL) {
		free(counts);
		return NULL;
	}
	return counts;
}

void querycount_reset(struct querycount *counts)
{
	for (size_t i = 0; i <= counts->mask; i++) {
		if (counts->slots[i] != NULL)
			free(counts->slots[i]->types);
		free(counts->slots[i]);
		counts->slots[i] = NULL;
	}
	counts->used = 0;
	counts->total = counts->tcp = 0;
	counts->ports = counts->ids = 0;
	memset(counts->port_seen, 0, sizeof(counts->port_seen));
	memset(counts->id_seen, 0, sizeof(counts->id_seen));
}

void querycount_free(struct querycount **counts)
{
	if (*counts == NULL)
		return;
	querycount_reset(*counts);
	free((*counts)->slots);
	free(*counts);
	*counts = NULL;
}

static struct seen **slot_of(const struct querycount *counts, const struct dnsname *name)
{
	for (size_t at = name->hash[0] & counts->mask;; at = (at + 1) & counts->mask) {
		struct seen *seen = counts->slots[at];
		if (seen == NULL || (seen->hash == name->hash[0] && seen->len == name->len &&
				     memcmp(seen->name, name->wire, name->len) == 0))
			return &counts->slots[at];
	}
}

static bool grow(struct querycount *counts)
{
	size_t size = 2 * (counts->mask + 1);
	struct seen **slots = calloc(size, sizeof(struct seen *));
	if (slots == NULL)
		return false;
	for (size_t i = 0; i <= counts->mask; i++) {
		if (counts->slots[i] == NULL)
			continue;
		size_t at = counts->slots[i]->hash & (size - 1);
		while (slots[at] != NULL)
			at = (at + 1) & (size - 1);
		slots[at] = counts->slots[i];
	}
	free(counts->slots);
	counts->slots = slots;
	counts->mask = size - 1;
	return true;
}

/* NULL: no room for another name. */
static struct seen *entry(struct querycount *counts, const struct dnsname *name)
{
	struct seen **slot = slot_of(counts, name);
	if (*slot != NULL || counts->used >= counts->max_names)
		return *slot;
	if (counts->used * 2 > counts->mask) {
		if (!grow(counts))
			return NULL;
		slot = slot_of(counts, name);
	}
	struct seen *seen = calloc(1, sizeof(*seen) + name->len);
	if (seen == NULL)
		return NULL;
	seen->hash = name->hash[0];
	seen->len = name->len;
	memcpy(seen->name, name->wire, name->len);
	counts->used++;
	*slot = seen;
	return seen;
}

uint64_t querycount_add(struct querycount *counts, const struct dnsname *name, uint16_t type)
{
	counts->total++;
	struct seen *seen = entry(counts, name);
	if (seen == NULL)
		return 0;
	for (size_t i = 0; i < seen->count; i++)
		if (seen->types[i].type == type)
			return seen->types[i].n++;
	struct typecount *types = realloc(seen->types, (seen->count + 1u) * sizeof(*types));
	if (types == NULL)
		return 0;
	types[seen->count++] = (struct typecount){.n = 1, .type = type};
	seen->types = types;
	return 0;
}

static void mark(uint8_t *bits, unsigned *distinct, uint16_t value)
{
	uint8_t bit = (uint8_t)(1u << (value % 8));
	if ((bits[value / 8] & bit) == 0)
		(*distinct)++;
	bits[value / 8] |= bit;
}

void querycount_client(struct querycount *counts, uint16_t port, uint16_t id, bool tcp)
{
	if (tcp)
		counts->tcp++;
	else
		mark(counts->port_seen, &counts->ports, port);
	mark(counts->id_seen, &counts->ids, id);
}

uint64_t querycount_total(const struct querycount *counts)
{
	return counts->total;
}

uint64_t querycount_tcp(const struct querycount *counts)
{
	return counts->tcp;
}

unsigned querycount_ports(const struct querycount *counts)
{
	return counts->ports;
}

unsigned querycount_ids(const struct querycount *counts)
{
	return counts->ids;
}

static uint64_t sum(const struct seen *seen, uint16_t type)
{
	uint64_t n = 0;
	for (size_t i = 0; i < seen->count; i++)
		if (type == 0 || seen->types[i].type == type)
			n += seen->types[i].n;
	return n;
}

uint64_t querycount_of(const struct querycount *counts, const struct dnsname *name, bool below, uint16_t type)
{
	uint64_t n = 0;
	if (!below) {
		const struct seen *seen = *slot_of(counts, name);
		return seen != NULL ? sum(seen, type) : 0;
	}
	for (size_t i = 0; i <= counts->mask; i++) {
		const struct seen *seen = counts->slots[i];
		if (seen != NULL && seen->len > name->len &&
		    dnsname_within(seen->name, seen->len, name->wire, name->len))
			n += sum(seen, type);
	}
	return n;
}

static int by_name(const void *a, const void *b)
{
	const struct seen *const *first = a;
	const struct seen *const *second = b;
	size_t len = (*first)->len < (*second)->len ? (*first)->len : (*second)->len;
	int order = memcmp((*first)->name, (*second)->name, len);
	return order != 0 ? order : (*first)->len - (*second)->len;
}

void querycount_print(const struct querycount *counts, FILE *to, const char *ending)
{
	struct seen **sorted = calloc(counts->used + 1, sizeof(struct seen *));
	size_t n = 0;
	if (sorted == NULL)
		return;
	for (size_t i = 0; i <= counts->mask; i++)
		if (counts->slots[i] != NULL)
			sorted[n++] = counts->slots[i];
	qsort(sorted, n, sizeof(struct seen *), by_name);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sorted[i]->count; k++) {
			char text[DNSNAME_TEXT_BYTES], type[16];
			dnsname_format(sorted[i]->name, sorted[i]->len, text, sizeof(text));
			zonescript_type_name(sorted[i]->types[k].type, type);
			fprintf(to, "%llu %s %s%s", (unsigned long long)sorted[i]->types[k].n, text, type, ending);
		}
	free(sorted);
}
