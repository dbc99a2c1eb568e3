/* The store behind the test server: open addressing over pointers, grown by doubling, never shrunk. */
#include "t/support/zonedb.h"

#include <stdlib.h>
#include <string.h>

struct typerules {
	struct typerules *next;
	uint16_t type;
	struct rules rules;
};

struct zonedb {
	struct node **slots;
	size_t mask, used;
	struct rules server;
};

#define SLOTS_START 1024u

struct zonedb *zonedb_new(void)
{
	struct zonedb *db = calloc(1, sizeof(*db));
	if (db == NULL)
		return NULL;
	db->slots = calloc(SLOTS_START, sizeof(struct node *));
	db->mask = SLOTS_START - 1;
	if (db->slots == NULL) {
		free(db);
		return NULL;
	}
	return db;
}

void zonedb_wipe(struct node *node)
{
	for (struct record *r = node->records, *next; r != NULL; r = next) {
		next = r->next;
		free(r);
	}
	for (struct typerules *r = node->rules, *next; r != NULL; r = next) {
		next = r->next;
		free(r);
	}
	node->records = NULL;
	node->rules = NULL;
}

static void node_free(struct node *node)
{
	if (node == NULL)
		return;
	zonedb_wipe(node);
	node_free(node->wild);
	free(node->zone);
	free(node);
}

void zonedb_free(struct zonedb **db)
{
	if (*db == NULL)
		return;
	for (size_t i = 0; i <= (*db)->mask; i++)
		node_free((*db)->slots[i]);
	free((*db)->slots);
	free(*db);
	*db = NULL;
}

/* The slot of the suffix of `name` that begins with label `i`: its node, or the empty slot where it belongs. */
static struct node **slot_of(const struct zonedb *db, const struct dnsname *name, size_t i)
{
	const uint8_t *wire = name->wire + name->start[i];
	size_t len = (size_t)name->len - name->start[i];
	for (size_t at = name->hash[i] & db->mask;; at = (at + 1) & db->mask) {
		struct node *node = db->slots[at];
		if (node == NULL ||
		    (node->hash == name->hash[i] && node->len == len && memcmp(node->name, wire, len) == 0))
			return &db->slots[at];
	}
}

static bool grow(struct zonedb *db)
{
	size_t size = 2 * (db->mask + 1);
	struct node **slots = calloc(size, sizeof(struct node *));
	if (slots == NULL)
		return false;
	for (size_t i = 0; i <= db->mask; i++) {
		if (db->slots[i] == NULL)
			continue;
		size_t at = db->slots[i]->hash & (size - 1);
		while (slots[at] != NULL)
			at = (at + 1) & (size - 1);
		slots[at] = db->slots[i];
	}
	free(db->slots);
	db->slots = slots;
	db->mask = size - 1;
	return true;
}

static struct node *node_new(const struct dnsname *name, size_t label)
{
	size_t len = (size_t)name->len - name->start[label];
	struct node *node = calloc(1, sizeof(*node) + len);
	if (node == NULL)
		return NULL;
	node->hash = name->hash[label];
	node->len = (uint8_t)len;
	memcpy(node->name, name->wire + name->start[label], len);
	return node;
}

static struct node *plain_node(struct zonedb *db, const struct dnsname *name, size_t label)
{
	struct node **slot = slot_of(db, name, label);
	if (*slot != NULL)
		return *slot;
	if (db->used * 2 > db->mask) {
		if (!grow(db))
			return NULL;
		slot = slot_of(db, name, label);
	}
	*slot = node_new(name, label);
	if (*slot != NULL)
		db->used++;
	return *slot;
}

struct node *zonedb_node(struct zonedb *db, const struct dnsname *name)
{
	if (name->labels == 0 || name->wire[0] != 1 || name->wire[1] != '*')
		return plain_node(db, name, 0);
	struct node *above = plain_node(db, name, 1);
	if (above != NULL && above->wild == NULL)
		above->wild = node_new(name, 0);
	return above != NULL ? above->wild : NULL;
}

struct zone *zonedb_open(struct zonedb *db, const struct dnsname *apex)
{
	struct node *node = plain_node(db, apex, 0);
	if (node == NULL || node->zone != NULL)
		return node != NULL ? node->zone : NULL;
	node->zone = calloc(1, sizeof(struct zone));
	if (node->zone != NULL)
		node->zone->soa_ttl_s = node->zone->soa_min_s = 60;
	return node->zone;
}

bool zonedb_add(struct node *node, uint16_t type, uint32_t ttl_s, const uint8_t *rdata, size_t rdlen)
{
	struct record *record = malloc(sizeof(*record) + rdlen);
	if (record == NULL)
		return false;
	record->next = NULL;
	record->type = type;
	record->ttl_s = ttl_s;
	record->rdlen = (uint16_t)rdlen;
	memcpy(record->rdata, rdata, rdlen);
	struct record **end = &node->records;
	while (*end != NULL)
		end = &(*end)->next;
	*end = record;
	return true;
}

static struct typerules *rules_for(const struct node *node, uint16_t type)
{
	struct typerules *r = node->rules;
	while (r != NULL && r->type != type)
		r = r->next;
	return r;
}

struct rules *zonedb_node_rules(struct node *node, uint16_t type)
{
	struct typerules *r = rules_for(node, type);
	if (r == NULL) {
		r = calloc(1, sizeof(*r));
		if (r == NULL)
			return NULL;
		r->type = type;
		r->next = node->rules;
		node->rules = r;
	}
	return &r->rules;
}

struct rules *zonedb_server_rules(struct zonedb *db)
{
	return &db->server;
}

static bool exists(const struct node *node)
{
	return node->records != NULL || node->zone != NULL;
}

void zonedb_find(const struct zonedb *db, const struct dnsname *name, struct found *out)
{
	*out = (struct found){NULL, NULL, NULL, NULL};
	for (size_t i = 0; i <= name->labels; i++) {
		const struct node *node = *slot_of(db, name, i);
		if (node == NULL)
			continue;
		if (i == 0)
			out->exact = node;
		else if (out->wild == NULL)
			out->wild = node->wild;
		if (node->zone != NULL) {
			out->apex = node;
			break;
		}
	}
	if (out->exact != NULL && exists(out->exact))
		out->node = out->exact;
	else if (out->wild != NULL && exists(out->wild))
		out->node = out->wild;
}

bool zonedb_rules(const struct zonedb *db, const struct found *found, uint16_t type, struct rules *out)
{
	const struct node *named = found->exact != NULL && found->exact->rules != NULL ? found->exact : found->wild;
	bool zone = found->apex != NULL && found->apex->zone->rules.any;
	if (!db->server.any && !zone && (named == NULL || named->rules == NULL))
		return false;
	*out = db->server;
	if (zone)
		rules_overlay(out, &found->apex->zone->rules);
	const uint16_t types[] = {TYPE_ANY_RULES, type};
	for (size_t i = 0; named != NULL && i < 2; i++) {
		const struct typerules *r = rules_for(named, types[i]);
		if (r != NULL)
			rules_overlay(out, &r->rules);
	}
	return out->any;
}

size_t zonedb_names(const struct zonedb *db)
{
	return db->used;
}
