/* Reading queries and writing answers, octet by octet. Sources: RFC 1035 section 4, RFC 6891 section 6.1 (OPT). */
#include "t/support/dnspacket.h"

#include "t/support/zonedb.h"

#include <string.h>

uint16_t dnspacket_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

size_t dnspacket_skip_name(const uint8_t *wire, size_t len, size_t at)
{
	while (at < len) {
		if (wire[at] >= 0xc0)
			return at + 2;
		if (wire[at] == 0)
			return at + 1;
		at += (size_t)wire[at] + 1;
	}
	return len + 1;
}

/* Looks for OPT behind the question. */
static void read_edns(struct query *query)
{
	size_t at = query->question_end;
	size_t records = (size_t)dnspacket_get16(query->wire + 6) + dnspacket_get16(query->wire + 8) +
			 dnspacket_get16(query->wire + 10);
	for (; records > 0; records--) {
		size_t owner = at;
		at = dnspacket_skip_name(query->wire, query->len, at);
		if (at + 10 > query->len)
			return;
		if (query->wire[owner] == 0 && dnspacket_get16(query->wire + at) == TYPE_OPT) {
			query->edns = true;
			query->udp_bytes = dnspacket_get16(query->wire + at + 2);
		}
		at += 10u + dnspacket_get16(query->wire + at + 8);
	}
}

bool dnspacket_read(const uint8_t *wire, size_t len, bool tcp, struct query *out)
{
	if (len < DNSPACKET_HEADER_BYTES || (wire[2] & 0x80) != 0 || dnspacket_get16(wire + 4) != 1)
		return false;
	size_t name = dnsname_read(wire + DNSPACKET_HEADER_BYTES, len - DNSPACKET_HEADER_BYTES, &out->name);
	if (name == 0 || DNSPACKET_HEADER_BYTES + name + 4 > len)
		return false;
	out->wire = wire;
	out->len = len;
	out->tcp = tcp;
	out->id = dnspacket_get16(wire);
	out->type = dnspacket_get16(wire + DNSPACKET_HEADER_BYTES + name);
	out->class = dnspacket_get16(wire + DNSPACKET_HEADER_BYTES + name + 2);
	out->question_end = DNSPACKET_HEADER_BYTES + name + 4;
	out->edns = false;
	out->udp_bytes = 512;
	read_edns(out);
	if (out->udp_bytes < 512)
		out->udp_bytes = 512;
	return true;
}

/* Writing: once something did not fit, nothing more is written, and `full` tells */

void dnspacket_put(struct packet *packet, const void *data, size_t len)
{
	if (packet->full || packet->len + len > packet->limit) {
		packet->full = true;
		return;
	}
	memcpy(packet->data + packet->len, data, len);
	packet->len += len;
}

void dnspacket_put16(struct packet *packet, size_t value)
{
	const uint8_t octets[] = {(uint8_t)(value >> 8), (uint8_t)value};
	dnspacket_put(packet, octets, sizeof(octets));
}

void dnspacket_put32(struct packet *packet, uint32_t value)
{
	dnspacket_put16(packet, value >> 16);
	dnspacket_put16(packet, value & 0xffff);
}

void dnspacket_set16(struct packet *packet, size_t at, size_t value)
{
	if (at + 2 > packet->len)
		return;
	packet->data[at] = (uint8_t)(value >> 8);
	packet->data[at + 1] = (uint8_t)value;
}

void dnspacket_pointer(struct packet *packet, size_t to)
{
	dnspacket_put16(packet, 0xc000u | to);
}
