/* The odd answers, one function and one row each. Sources: RFC 1035 section 4.1.4 (pointers), RFC 6672 (DNAME). */
#include "t/support/dnsodd.h"

#include <string.h>

static const uint8_t listed_address[] = {127, 0, 0, 2};

static void negative(struct dnsdraft *draft, uint8_t rcode)
{
	draft->rcode = rcode;
	if (rcode == RCODE_NOERROR || rcode == RCODE_NXDOMAIN)
		dnsdraft_soa(draft, draft->found->apex);
}

static void make_answers(struct dnsdraft *draft)
{
	uint32_t wanted = draft->rules->n[FAULT_ANSWERS];
	for (uint32_t i = 0; i < wanted && !draft->packet->full; i++) {
		const uint32_t host = i + 2;
		const uint8_t address[] = {127, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host};
		dnsdraft_owner(draft);
		dnsdraft_record(draft, TYPE_A, FORGED_TTL_S, address, sizeof(address));
	}
}

static void make_rdlen(struct dnsdraft *draft)
{
	static const uint8_t octets[DNSPACKET_MAX] = {127, 0, 0, 2, 127, 0, 0, 2, 127, 0, 0, 2, 127, 0, 0, 2};
	uint32_t rdlen = draft->rules->n[FAULT_RDLEN];
	dnsdraft_owner(draft);
	dnsdraft_record(draft, draft->query->type, FORGED_TTL_S, octets,
			rdlen < sizeof(octets) ? rdlen : sizeof(octets));
}

static void make_badptr(struct dnsdraft *draft)
{
	size_t here = draft->packet->len;
	switch (draft->rules->n[FAULT_BADPTR]) {
	case BADPTR_FORWARD: /* past the end of the packet */
		dnspacket_pointer(draft->packet, here + 200);
		break;
	case BADPTR_LOOP: /* to a second pointer, which points back; it hides in the TTL */
		dnspacket_pointer(draft->packet, here + 6);
		dnspacket_put16(draft->packet, TYPE_A);
		dnspacket_put16(draft->packet, CLASS_IN);
		dnspacket_pointer(draft->packet, here);
		dnspacket_put16(draft->packet, 0);
		dnspacket_put16(draft->packet, sizeof(listed_address));
		dnspacket_put(draft->packet, listed_address, sizeof(listed_address));
		draft->count[SECTION_ANSWER]++;
		return;
	default:
		dnspacket_pointer(draft->packet, here);
		break;
	}
	dnsdraft_listed(draft);
}

/* A record full of pointers, each to the one before it, then owners that begin at the last one. */
static void make_manyptr(struct dnsdraft *draft)
{
	struct packet *packet = draft->packet;
	size_t hops = (packet->limit - packet->len) / 4, to = DNSPACKET_HEADER_BYTES;
	if (hops > 7000)
		hops = 7000; /* a pointer reaches 16383 octets */
	dnsdraft_owner(draft);
	dnsdraft_fields(draft, 99, FORGED_TTL_S, 2 * hops);
	for (size_t i = 0; i < hops; i++) {
		size_t here = packet->len;
		dnspacket_pointer(packet, to);
		to = here;
	}
	draft->count[SECTION_ANSWER]++;
	while (!packet->full && packet->limit - packet->len >= 40) {
		dnspacket_pointer(packet, to);
		dnsdraft_listed(draft);
	}
}

static void put_below(struct dnsdraft *draft, uint8_t letter, uint32_t number) /* "c3" above the asked name */
{
	const uint8_t label[] = {3, letter, (uint8_t)('0' + number / 10 % 10), (uint8_t)('0' + number % 10)};
	dnspacket_put(draft->packet, label, sizeof(label));
	dnsdraft_owner(draft);
}

/* A CNAME record whose data is the asked name below a new label. Returns where its data stands. */
static size_t put_cname_below(struct dnsdraft *draft, uint8_t letter, uint32_t number)
{
	struct packet *packet = draft->packet;
	dnsdraft_fields(draft, TYPE_CNAME, FORGED_TTL_S, 4u + (draft->question_end != 0 ? 2u : draft->query->name.len));
	size_t rdata = packet->len;
	put_below(draft, letter, number);
	draft->count[SECTION_ANSWER]++;
	return rdata;
}

static void make_cname_loop(struct dnsdraft *draft)
{
	dnsdraft_owner(draft);
	size_t other = put_cname_below(draft, 'l', 1);
	dnspacket_pointer(draft->packet, other);
	dnsdraft_fields(draft, TYPE_CNAME, FORGED_TTL_S, draft->question_end != 0 ? 2u : draft->query->name.len);
	dnsdraft_owner(draft);
	draft->count[SECTION_ANSWER]++;
}

static void make_cname_chain(struct dnsdraft *draft)
{
	size_t owner = 0;
	for (uint32_t i = 0; i < draft->rules->n[FAULT_CNAME_CHAIN] && !draft->packet->full; i++) {
		dnsdraft_owner_at(draft, owner);
		owner = put_cname_below(draft, 'c', i);
	}
	dnsdraft_owner_at(draft, owner);
	dnsdraft_listed(draft);
}

static void make_cname(struct dnsdraft *draft)
{
	const struct dnsname *target = &draft->rules->target;
	struct found found;
	dnsdraft_owner(draft);
	dnsdraft_record(draft, TYPE_CNAME, FORGED_TTL_S, target->wire, target->len);
	size_t owner = draft->packet->len - target->len;
	zonedb_find(draft->db, target, &found);
	if (found.node != NULL && owner < 0x4000)
		dnsdraft_matching(draft, found.node, owner);
}

static void make_dname(struct dnsdraft *draft)
{
	static const uint8_t target[] = "\5moved\7example";
	struct packet *packet = draft->packet;
	const struct dnsname *asked = &draft->query->name;
	size_t first = asked->labels > 0 ? (size_t)asked->wire[0] + 1 : 0;
	dnspacket_put(packet, asked->wire + first, asked->len - first);
	dnsdraft_record(draft, TYPE_DNAME, FORGED_TTL_S, target, sizeof(target));
	dnsdraft_owner(draft);
	dnsdraft_fields(draft, TYPE_CNAME, 0, first + sizeof(target));
	size_t owner = packet->len;
	dnspacket_put(packet, asked->wire, first);
	dnspacket_put(packet, target, sizeof(target));
	draft->count[SECTION_ANSWER]++;
	dnspacket_pointer(packet, owner);
	dnsdraft_listed(draft);
}

static void make_txt_size(struct dnsdraft *draft)
{
	struct packet *packet = draft->packet;
	size_t octets = draft->rules->n[FAULT_TXT_SIZE], pieces = octets == 0 ? 1 : (octets + 254) / 255;
	if (octets + pieces > 65000) {
		octets = 64000;
		pieces = 251;
	}
	dnsdraft_owner(draft);
	dnsdraft_fields(draft, TYPE_TXT, FORGED_TTL_S, octets + pieces);
	for (size_t i = 0; i < pieces; i++) {
		uint8_t piece[256];
		size_t left = octets - i * 255;
		piece[0] = (uint8_t)(left < 255 ? left : 255);
		memset(piece + 1, 'x', 255);
		dnspacket_put(packet, piece, piece[0] + 1u);
	}
	draft->count[SECTION_ANSWER]++;
}

static void make_txt_badlen(struct dnsdraft *draft)
{
	dnsdraft_owner(draft);
	dnsdraft_record(draft, TYPE_TXT, FORGED_TTL_S, (const uint8_t *)"\4good\377short", 11);
}

static void make_other_owner(struct dnsdraft *draft)
{
	const struct node *node = draft->found->node;
	for (const struct record *r = node != NULL ? node->records : NULL; r != NULL; r = r->next) {
		if (r->type != draft->query->type)
			continue;
		put_below(draft, 'o', 1);
		dnsdraft_record(draft, r->type, r->ttl_s, r->rdata, r->rdlen);
	}
	if (draft->count[SECTION_ANSWER] > 0)
		return;
	put_below(draft, 'o', 1);
	dnsdraft_listed(draft);
}

static bool txt_only(const struct query *query)
{
	return query->type == TYPE_TXT;
}

static bool edns_only(const struct query *query)
{
	return query->edns;
}

/* The first row whose fault is on writes the answers. */
static const struct maker {
	enum fault fault;
	void (*make)(struct dnsdraft *);    /* NULL: an answer without records, with `rcode` */
	bool (*when)(const struct query *); /* NULL: always */
	uint8_t rcode;
} makers[] = {
	{FAULT_FORMERR_EDNS, NULL, edns_only, RCODE_FORMERR},
	{FAULT_SERVFAIL, NULL, NULL, RCODE_SERVFAIL},
	{FAULT_REFUSED, NULL, NULL, RCODE_REFUSED},
	{FAULT_NOTIMP, NULL, NULL, RCODE_NOTIMP},
	{FAULT_FORMERR, NULL, NULL, RCODE_FORMERR},
	{FAULT_BADVERS, NULL, NULL, RCODE_NOERROR}, /* the OPT has the rest of its rcode */
	{FAULT_NXDOMAIN, NULL, NULL, RCODE_NXDOMAIN},
	{FAULT_NODATA, NULL, NULL, RCODE_NOERROR},
	{FAULT_ANSWERS, make_answers, NULL, 0},
	{FAULT_RDLEN, make_rdlen, NULL, 0},
	{FAULT_BADPTR, make_badptr, NULL, 0},
	{FAULT_MANYPTR, make_manyptr, NULL, 0},
	{FAULT_CNAME, make_cname, NULL, 0},
	{FAULT_CNAME_LOOP, make_cname_loop, NULL, 0},
	{FAULT_CNAME_CHAIN, make_cname_chain, NULL, 0},
	{FAULT_DNAME, make_dname, NULL, 0},
	{FAULT_TXT_SIZE, make_txt_size, txt_only, 0},
	{FAULT_TXT_BADLEN, make_txt_badlen, txt_only, 0},
	{FAULT_OTHER_OWNER, make_other_owner, NULL, 0},
};

/* Moves what was counted as answers into another section; no record moves, only the counts. */
static void move_answers(struct dnsdraft *draft, enum section to)
{
	draft->count[to] = (uint16_t)(draft->count[to] + draft->count[SECTION_ANSWER]);
	draft->count[SECTION_ANSWER] = 0;
}

static const struct maker *choose(const struct dnsdraft *draft)
{
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (draft->rules->on[makers[i].fault] && (makers[i].when == NULL || makers[i].when(draft->query)))
			return &makers[i];
	return NULL;
}

void dnsodd_write(struct dnsdraft *draft)
{
	const bool *on = draft->rules->on;
	const struct maker *maker = choose(draft);
	dnsdraft_begin(draft);
	if (maker == NULL)
		dnsdraft_honest(draft);
	else if (maker->make == NULL)
		negative(draft, maker->rcode);
	else
		maker->make(draft);
	if (on[FAULT_AUTHORITY_ONLY])
		move_answers(draft, SECTION_AUTHORITY);
	if (on[FAULT_ADDITIONAL_ONLY])
		move_answers(draft, SECTION_ADDITIONAL);
	dnsdraft_additional(draft);
	if (!draft->query->tcp && (on[FAULT_TC] || on[FAULT_TC_CLOSE] || on[FAULT_TC_NOTCP] || on[FAULT_TC_HANG]))
		draft->packet->full = true;
	dnsdraft_finish(draft);
}
