/* From rules to packets: spoilt answers, forged ones before them, and their order. */
#include "t/support/dnsreply.h"

#include "t/support/dnsodd.h"

#include <string.h>

static const struct rules no_rules;
static uint64_t random_state = 1;

void dnsreply_seed(uint64_t seed)
{
	random_state = seed * 2654435761u + 88172645463325252u;
}

uint32_t dnsreply_random(void) /* xorshift64* */
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)((random_state * 2685821657736338717u) >> 32);
}

void dnsreply_plain(const struct zonedb *db, const struct query *query, const struct found *found,
		    struct packet *packet)
{
	struct dnsdraft draft = {.packet = packet, .db = db, .query = query, .rules = &no_rules, .found = found};
	dnsdraft_begin(&draft);
	if ((query->wire[2] & 0x78) != 0)
		draft.rcode = RCODE_NOTIMP;
	else
		dnsdraft_honest(&draft);
	dnsdraft_additional(&draft);
	dnsdraft_finish(&draft);
}

/* Spoilers work on a finished packet. */

static void spoil_id(struct packet *packet, const struct rules *rules)
{
	(void)rules;
	dnspacket_set16(packet, 0,
			(size_t)(packet->data[0] << 8 | packet->data[1]) ^ (1u + dnsreply_random() % 65535u));
}

static void spoil_question(struct packet *packet, const struct rules *rules)
{
	(void)rules;
	if (packet->len > DNSPACKET_HEADER_BYTES + 1 && packet->data[DNSPACKET_HEADER_BYTES] > 0)
		packet->data[DNSPACKET_HEADER_BYTES + 1] = packet->data[DNSPACKET_HEADER_BYTES + 1] == 'x' ? 'y' : 'x';
}

static size_t question_type_at(const struct packet *packet)
{
	return dnspacket_skip_name(packet->data, packet->len, DNSPACKET_HEADER_BYTES);
}

static void spoil_type(struct packet *packet, const struct rules *rules)
{
	size_t at = question_type_at(packet);
	(void)rules;
	if (at + 2 <= packet->len)
		dnspacket_set16(packet, at, dnspacket_get16(packet->data + at) == TYPE_A ? TYPE_TXT : TYPE_A);
}

static void spoil_class(struct packet *packet, const struct rules *rules)
{
	(void)rules;
	dnspacket_set16(packet, question_type_at(packet) + 2, 3);
}

static void spoil_case(struct packet *packet, const struct rules *rules)
{
	(void)rules;
	for (size_t i = DNSPACKET_HEADER_BYTES; i < packet->len && i < question_type_at(packet); i++)
		if (packet->data[i] >= 'A' && packet->data[i] <= 'Z')
			packet->data[i] = (uint8_t)(packet->data[i] + ('a' - 'A'));
}

static void spoil_qr(struct packet *packet, const struct rules *rules)
{
	(void)rules;
	packet->data[2] &= 0x7fu;
}

static void spoil_opcode(struct packet *packet, const struct rules *rules)
{
	packet->data[2] = (uint8_t)((packet->data[2] & 0x87u) | (rules->n[FAULT_OPCODE] & 15u) << 3);
}

static void spoil_rcode(struct packet *packet, const struct rules *rules)
{
	packet->data[3] = (uint8_t)((packet->data[3] & 0xf0u) | (rules->n[FAULT_RCODE] & 15u));
}

static void spoil_ancount(struct packet *packet, const struct rules *rules)
{
	dnspacket_set16(packet, 6, rules->n[FAULT_ANCOUNT]);
}

static void spoil_tc(struct packet *packet, const struct rules *rules)
{
	(void)rules;
	packet->data[2] |= 2u;
}

static void spoil_short(struct packet *packet, const struct rules *rules)
{
	(void)rules;
	packet->len = 7;
}

static void spoil_cut(struct packet *packet, const struct rules *rules)
{
	size_t answers = question_type_at(packet) + 4;
	(void)rules;
	if (answers >= packet->len)
		answers = DNSPACKET_HEADER_BYTES;
	packet->len = answers + (packet->len - answers) / 2;
}

static void spoil_from(struct packet *packet, size_t at)
{
	size_t len = packet->len < at + 40 && at + 40 <= packet->limit ? at + 40 : packet->len;
	for (; at < len; at++)
		packet->data[at] = (uint8_t)dnsreply_random();
	packet->len = len;
}

static void spoil_noise(struct packet *packet, const struct rules *rules)
{
	(void)rules;
	dnspacket_set16(packet, 6, 3);
	spoil_from(packet, question_type_at(packet) + 4);
}

static void spoil_garbage(struct packet *packet, const struct rules *rules)
{
	(void)rules;
	spoil_from(packet, 0);
}

static void spoil_trailing(struct packet *packet, const struct rules *rules)
{
	for (uint32_t i = 0; i < rules->n[FAULT_TRAILING] && packet->len < packet->limit; i++)
		packet->data[packet->len++] = (uint8_t)dnsreply_random();
}

static void spoil_nothing(struct packet *packet, const struct rules *rules)
{
	(void)packet; /* it was built that way */
	(void)rules;
}

/* In this order. `counted`: =N means N spoilt packets before the right one. */
static const struct spoiler {
	enum fault fault;
	void (*spoil)(struct packet *, const struct rules *);
	bool counted;
} spoilers[] = {
	{FAULT_WRONG_ID, spoil_id, true},
	{FAULT_WRONG_QUESTION, spoil_question, true},
	{FAULT_WRONG_TYPE, spoil_type, true},
	{FAULT_WRONG_CLASS, spoil_class, true},
	{FAULT_WRONG_CASE, spoil_case, true},
	{FAULT_NO_QUESTION, spoil_nothing, true},
	{FAULT_TWO_QUESTIONS, spoil_nothing, true},
	{FAULT_QR0, spoil_qr, true},
	{FAULT_OPCODE, spoil_opcode, false},
	{FAULT_RCODE, spoil_rcode, false},
	{FAULT_ANCOUNT, spoil_ancount, false},
	{FAULT_TC_FULL, spoil_tc, false},
	{FAULT_TRAILING, spoil_trailing, false},
	{FAULT_NOISE, spoil_noise, true},
	{FAULT_CUT, spoil_cut, true},
	{FAULT_GARBAGE, spoil_garbage, true},
	{FAULT_SHORT, spoil_short, true},
};
#define SPOILERS (sizeof(spoilers) / sizeof(spoilers[0]))

/* A complete, well-made answer that says "listed", but for the one fault that `rules` has. */
static void forged(struct dnsdraft *draft, const struct rules *rules)
{
	draft->rules = rules;
	dnsdraft_begin(draft);
	dnsdraft_owner(draft);
	if (draft->query->type == TYPE_TXT)
		dnsdraft_record(draft, TYPE_TXT, FORGED_TTL_S, (const uint8_t *)"\6forged", 7);
	else
		dnsdraft_listed(draft);
	dnsdraft_additional(draft);
	dnsdraft_finish(draft);
}

static void send_spoilt_twins(struct dnsdraft *draft, const struct rules *rules, dnsreply_sink *sink, void *context)
{
	for (size_t i = 0; i < SPOILERS; i++) {
		const struct spoiler *s = &spoilers[i];
		struct rules one = {.any = true};
		one.on[s->fault] = true;
		for (uint32_t k = 0; s->counted && rules->on[s->fault] && k < rules->n[s->fault]; k++) {
			forged(draft, &one);
			s->spoil(draft->packet, &one);
			sink(context, WAY_SAME, draft->packet->data, draft->packet->len);
		}
	}
}

static const struct {
	enum fault fault;
	enum way way;
	bool wrong_id, empty;
} forgeries[] = {
	{FAULT_EMPTY, WAY_SAME, false, true},
	{FAULT_WRONG_PORT, WAY_OTHER_PORT, false, false},
	{FAULT_WRONG_ADDR, WAY_OTHER_ADDR, false, false},
	{FAULT_FORGE, WAY_SAME, true, false},
	{FAULT_ONLY_FORGED, WAY_SAME, true, false},
};

static void send_forgeries(struct dnsdraft *draft, const struct rules *rules, dnsreply_sink *sink, void *context)
{
	for (size_t i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
		enum fault fault = forgeries[i].fault;
		for (uint32_t k = 0; rules->on[fault] && k < rules->n[fault]; k++) {
			forged(draft, &no_rules);
			if (forgeries[i].wrong_id)
				spoil_id(draft->packet, rules);
			sink(context, forgeries[i].way, draft->packet->data,
			     forgeries[i].empty ? 0 : draft->packet->len);
		}
	}
}

/* The rules with the faults left out that only came before the right answer. */
static struct rules rules_of_answer(const struct rules *rules)
{
	struct rules left = *rules;
	for (size_t i = 0; i < SPOILERS; i++)
		if (spoilers[i].counted && rules->n[spoilers[i].fault] > 0)
			left.on[spoilers[i].fault] = false;
	return left;
}

void dnsreply_make(const struct zonedb *db, const struct query *query, const struct found *found,
		   const struct rules *rules, dnsreply_sink *sink, void *context)
{
	static uint8_t buffer[DNSPACKET_MAX];
	struct packet packet = {.data = buffer, .limit = DNSPACKET_MAX};
	struct dnsdraft draft = {.packet = &packet, .db = db, .query = query, .found = found};
	if (!query->tcp) {
		send_spoilt_twins(&draft, rules, sink, context);
		send_forgeries(&draft, rules, sink, context);
	}
	if (rules->on[FAULT_ONLY])
		return;
	if (!query->tcp && !rules->on[FAULT_OVERSIZE])
		packet.limit = query->udp_bytes < DNSREPLY_UDP_MAX ? query->udp_bytes : DNSREPLY_UDP_MAX;
	struct rules left = rules_of_answer(rules);
	draft.rules = &left;
	draft.found = found;
	dnsodd_write(&draft);
	for (size_t i = 0; i < SPOILERS; i++)
		if (left.on[spoilers[i].fault])
			spoilers[i].spoil(&packet, &left);
	uint32_t copies = left.on[FAULT_COPIES] && !query->tcp ? left.n[FAULT_COPIES] : 1;
	for (uint32_t i = 0; i < copies; i++)
		sink(context, WAY_SAME, packet.data, packet.len);
}
