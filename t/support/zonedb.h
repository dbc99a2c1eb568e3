/* What the test server answers from: names with their records and rules, zones, wildcards, in one hash table.
 * A name that has no record of its own does not exist, also when longer names do (as rbldnsd sees it). */
#ifndef T_SUPPORT_ZONEDB_H
#define T_SUPPORT_ZONEDB_H

#include "t/support/dnsname.h"
#include "t/support/rules.h"

enum rrtype {
	TYPE_ANY_RULES = 0, /* rules for every type */
	TYPE_A = 1,
	TYPE_NS = 2,
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_PTR = 12,
	TYPE_MX = 15,
	TYPE_TXT = 16,
	TYPE_AAAA = 28,
	TYPE_DNAME = 39,
	TYPE_OPT = 41,
	TYPE_TSIG = 250,
	TYPE_ANY = 255
};

struct record {
	struct record *next;
	uint32_t ttl_s;
	uint16_t type, rdlen;
	uint8_t rdata[];
};

struct zone {
	struct rules rules;
	uint32_t soa_ttl_s, soa_min_s;
};

struct node {
	struct record *records; /* in the order of the script */
	struct typerules *rules;
	struct zone *zone; /* when this is a zone's apex */
	struct node *wild; /* *.name */
	uint32_t hash;
	uint8_t len;
	uint8_t name[]; /* wire form, lower case */
};

struct zonedb;

/* What there is for a name. Borrowed from the zonedb: gone when it changes. */
struct found {
	const struct node *node;  /* with the records: the name's own or a wildcard; NULL: the name does not exist */
	const struct node *exact; /* the name's own node even without records, or NULL */
	const struct node *wild;  /* the nearest wildcard, or NULL */
	const struct node *apex;  /* of the nearest zone, or NULL: not ours */
};

struct zonedb *zonedb_new(void); /* NULL: out of memory */
void zonedb_free(struct zonedb **db);

void zonedb_find(const struct zonedb *db, const struct dnsname *name, struct found *out);
/* Rules that hold for a query: the server's, the zone's, the name's, the name's for this type, laid over one another.
 * False: none, *out is untouched. */
bool zonedb_rules(const struct zonedb *db, const struct found *found, uint16_t type, struct rules *out);

/* The node of a name ("*." first makes or finds the wildcard), made when it is not there. NULL: out of memory. */
struct node *zonedb_node(struct zonedb *db, const struct dnsname *name);
struct zone *zonedb_open(struct zonedb *db, const struct dnsname *apex);
bool zonedb_add(struct node *node, uint16_t type, uint32_t ttl_s, const uint8_t *rdata, size_t rdlen);
struct rules *zonedb_node_rules(struct node *node, uint16_t type); /* made when not there */
struct rules *zonedb_server_rules(struct zonedb *db);
void zonedb_wipe(struct node *node); /* its records and rules */

size_t zonedb_names(const struct zonedb *db);

#endif
