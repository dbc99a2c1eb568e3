/* Honest answers. Sources: RFC 1035 section 4, RFC 2308 (SOA in negative answers), RFC 6891 (OPT), RFC 8945 (TSIG). */
#include "t/support/dnsdraft.h"

#include <string.h>

#define CNAME_HOPS_MAX 16u
#define OPT_BYTES 1232u

static const uint8_t listed_address[] = {127, 0, 0, 2};

void dnsdraft_owner(struct dnsdraft *draft)
{
	if (draft->question_end != 0)
		dnspacket_pointer(draft->packet, DNSPACKET_HEADER_BYTES);
	else
		dnspacket_put(draft->packet, draft->query->name.wire, draft->query->name.len);
}

void dnsdraft_owner_at(struct dnsdraft *draft, size_t at)
{
	if (at == 0)
		dnsdraft_owner(draft);
	else
		dnspacket_pointer(draft->packet, at);
}

static uint16_t record_class(const struct dnsdraft *draft)
{
	return draft->rules->on[FAULT_RR_CLASS] ? (uint16_t)draft->rules->n[FAULT_RR_CLASS] : (uint16_t)CLASS_IN;
}

static uint32_t record_ttl(const struct dnsdraft *draft, uint32_t ttl_s)
{
	return draft->rules->on[FAULT_TTL] ? draft->rules->n[FAULT_TTL] : ttl_s;
}

void dnsdraft_fields(struct dnsdraft *draft, uint16_t type, uint32_t ttl_s, size_t rdlen)
{
	dnspacket_put16(draft->packet, type);
	dnspacket_put16(draft->packet, record_class(draft));
	dnspacket_put32(draft->packet, record_ttl(draft, ttl_s));
	dnspacket_put16(draft->packet, rdlen);
}

void dnsdraft_record(struct dnsdraft *draft, uint16_t type, uint32_t ttl_s, const uint8_t *rdata, size_t rdlen)
{
	dnsdraft_fields(draft, type, ttl_s, rdlen);
	dnspacket_put(draft->packet, rdata, rdlen);
	if (!draft->packet->full)
		draft->count[SECTION_ANSWER]++;
}

void dnsdraft_listed(struct dnsdraft *draft)
{
	dnsdraft_record(draft, TYPE_A, FORGED_TTL_S, listed_address, sizeof(listed_address));
}

void dnsdraft_begin(struct dnsdraft *draft)
{
	struct packet *packet = draft->packet;
	const struct query *query = draft->query;
	const uint8_t flags[] = {(uint8_t)(0x84u | (query->wire[2] & 0x79u)), 0x80u}; /* QR AA, opcode, RD; RA */
	packet->len = 0;
	packet->full = false;
	memset(draft->count, 0, sizeof(draft->count));
	draft->rcode = RCODE_NOERROR;
	draft->question_end = 0;
	dnspacket_put16(packet, query->id);
	dnspacket_put(packet, flags, sizeof(flags));
	dnspacket_put(packet, "\0\0\0\0\0\0\0\0", 8);
	if (draft->rules->on[FAULT_NO_QUESTION])
		return;
	dnspacket_put(packet, query->wire + DNSPACKET_HEADER_BYTES, query->question_end - DNSPACKET_HEADER_BYTES);
	draft->count[0] = 1;
	draft->question_end = packet->len;
	if (draft->rules->on[FAULT_TWO_QUESTIONS]) {
		dnspacket_pointer(packet, DNSPACKET_HEADER_BYTES);
		dnspacket_put16(packet, query->type == TYPE_TXT ? TYPE_A : TYPE_TXT);
		dnspacket_put16(packet, CLASS_IN);
		draft->count[0] = 2;
	}
}

void dnsdraft_soa(struct dnsdraft *draft, const struct node *apex)
{
	struct packet *packet = draft->packet;
	if (apex == NULL || draft->rules->on[FAULT_NOSOA] || packet->full)
		return;
	size_t asked = draft->query->name.len, zone = packet->len;
	if (draft->question_end != 0 && dnsname_within(draft->query->name.wire, asked, apex->name, apex->len)) {
		zone = DNSPACKET_HEADER_BYTES + asked - apex->len;
		dnspacket_pointer(packet, zone);
	} else {
		dnspacket_put(packet, apex->name, apex->len);
	}
	dnspacket_put16(packet, TYPE_SOA);
	dnspacket_put16(packet, CLASS_IN);
	dnspacket_put32(packet, apex->zone->soa_ttl_s);
	dnspacket_put16(packet, 2u * 5u + 5u * 4u);
	dnspacket_put(packet, "\2ns", 3);
	dnspacket_pointer(packet, zone);
	dnspacket_put(packet, "\2hm", 3);
	dnspacket_pointer(packet, zone);
	dnspacket_put32(packet, 1); /* serial */
	dnspacket_put32(packet, 3600);
	dnspacket_put32(packet, 600);
	dnspacket_put32(packet, 86400);
	dnspacket_put32(packet, apex->zone->soa_min_s);
	if (!packet->full)
		draft->count[SECTION_AUTHORITY]++;
}

static const struct record *cname_of(const struct node *node)
{
	const struct record *record = node->records;
	while (record != NULL && record->type != TYPE_CNAME)
		record = record->next;
	return record;
}

size_t dnsdraft_matching(struct dnsdraft *draft, const struct node *node, size_t owner)
{
	size_t before = draft->count[SECTION_ANSWER];
	for (const struct record *r = node->records; r != NULL; r = r->next) {
		if (r->type != draft->query->type && draft->query->type != TYPE_ANY)
			continue;
		dnsdraft_owner_at(draft, owner);
		dnsdraft_record(draft, r->type, r->ttl_s, r->rdata, r->rdlen);
	}
	return draft->count[SECTION_ANSWER] - before;
}

/* The records of the asked name, or of where its CNAMEs lead among our own names. */
static void put_answers(struct dnsdraft *draft)
{
	struct found found = *draft->found;
	size_t owner = 0; /* where the name of this turn stands in the packet; 0: it is the asked one */
	for (size_t hop = 0; hop <= CNAME_HOPS_MAX; hop++) {
		if (found.node == NULL) {
			draft->rcode = found.apex != NULL ? RCODE_NXDOMAIN : RCODE_NOERROR;
			break;
		}
		if (dnsdraft_matching(draft, found.node, owner) > 0 || draft->packet->full)
			return;
		const struct record *cname = cname_of(found.node);
		if (cname == NULL)
			break;
		dnsdraft_owner_at(draft, owner);
		dnsdraft_record(draft, TYPE_CNAME, cname->ttl_s, cname->rdata, cname->rdlen);
		owner = draft->packet->len - cname->rdlen;
		struct dnsname next;
		if (owner >= 0x4000 || dnsname_read(cname->rdata, cname->rdlen, &next) == 0)
			return;
		zonedb_find(draft->db, &next, &found);
	}
	dnsdraft_soa(draft, found.apex);
}

/* An SOA record for whoever asks for it at the apex. */
static bool asks_soa(const struct dnsdraft *draft)
{
	return draft->query->type == TYPE_SOA && draft->found->exact != NULL && draft->found->exact->zone != NULL;
}

static bool hash_listed(const struct dnsdraft *draft)
{
	const struct rules *rules = draft->rules;
	return rules->on[FAULT_LISTED] && draft->found->node == NULL && draft->found->apex != NULL &&
	       (draft->query->name.hash[0] >> 7) % 100 < rules->n[FAULT_LISTED];
}

void dnsdraft_honest(struct dnsdraft *draft)
{
	if (draft->found->apex == NULL && draft->found->node == NULL) {
		draft->rcode = RCODE_REFUSED;
	} else if (draft->query->class != CLASS_IN) {
		draft->rcode = RCODE_REFUSED;
	} else if (asks_soa(draft)) {
		dnsdraft_soa(draft, draft->found->apex);
		draft->count[SECTION_ANSWER] = draft->count[SECTION_AUTHORITY];
		draft->count[SECTION_AUTHORITY] = 0;
	} else if (hash_listed(draft)) {
		if (draft->query->type == TYPE_A) {
			dnsdraft_owner(draft);
			dnsdraft_listed(draft);
		} else {
			dnsdraft_soa(draft, draft->found->apex);
		}
	} else {
		put_answers(draft);
	}
}

static void put_opt(struct dnsdraft *draft, size_t rdlen, const void *rdata)
{
	dnspacket_put16(draft->packet, TYPE_OPT);
	dnspacket_put16(draft->packet, OPT_BYTES);
	dnspacket_put32(draft->packet, draft->rules->on[FAULT_BADVERS] ? 0x01000000u : 0);
	dnspacket_put16(draft->packet, rdlen);
	dnspacket_put(draft->packet, rdata, rdlen);
	draft->count[SECTION_ADDITIONAL]++;
}

static void put_tsig(struct dnsdraft *draft)
{
	static const uint8_t rdata[] = "\13hmac-sha256\0"      /* algorithm */
				       "\0\0\x65\0\0\0\1\x2c"  /* time, fudge */
				       "\0\4abcd\0\0\0\0\0\0"; /* MAC, id, error, no other data */
	dnsdraft_owner(draft);
	dnspacket_put16(draft->packet, TYPE_TSIG);
	dnspacket_put16(draft->packet, 255);
	dnspacket_put32(draft->packet, 0);
	dnspacket_put16(draft->packet, sizeof(rdata) - 1);
	dnspacket_put(draft->packet, rdata, sizeof(rdata) - 1);
	draft->count[SECTION_ADDITIONAL]++;
}

/* The OPT that an honest server answers OPT with. */
static void put_own_opt(struct dnsdraft *draft)
{
	const bool *on = draft->rules->on;
	if (!draft->query->edns || on[FAULT_NO_OPT] || on[FAULT_FORMERR_EDNS] || on[FAULT_OPT_BADOPT])
		return;
	dnspacket_put(draft->packet, "", 1);
	put_opt(draft, 0, "");
}

void dnsdraft_additional(struct dnsdraft *draft)
{
	const struct rules *rules = draft->rules;
	put_own_opt(draft);
	for (uint32_t i = 0; rules->on[FAULT_OPT_MANY] && i < rules->n[FAULT_OPT_MANY] && !draft->packet->full; i++) {
		dnspacket_put(draft->packet, "", 1);
		put_opt(draft, 0, "");
	}
	if (rules->on[FAULT_OPT_NONROOT]) {
		dnsdraft_owner(draft);
		put_opt(draft, 0, "");
	}
	if (rules->on[FAULT_OPT_BADOPT]) {
		dnspacket_put(draft->packet, "", 1);
		put_opt(draft, 6, "\0\17\1\0ab"); /* an option of 256 octets in an OPT of 6 */
	}
	for (uint32_t i = 0; rules->on[FAULT_TSIG] && i < rules->n[FAULT_TSIG] && !draft->packet->full; i++)
		put_tsig(draft);
}

void dnsdraft_finish(struct dnsdraft *draft)
{
	struct packet *packet = draft->packet;
	if (packet->full) {
		packet->len = draft->question_end != 0 ? draft->question_end : DNSPACKET_HEADER_BYTES;
		packet->data[2] |= 2u; /* TC */
		draft->count[SECTION_ANSWER] = draft->count[SECTION_AUTHORITY] = draft->count[SECTION_ADDITIONAL] = 0;
		packet->full = false;
		put_own_opt(draft);
	}
	packet->data[3] = (uint8_t)(packet->data[3] | draft->rcode);
	for (size_t i = 0; i < 4; i++)
		dnspacket_set16(packet, 4 + 2 * i, draft->count[i]);
}
