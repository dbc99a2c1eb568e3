/* DNS packets of the test server: a query taken apart, an answer being written. */
#ifndef T_SUPPORT_DNSPACKET_H
#define T_SUPPORT_DNSPACKET_H

#include "t/support/dnsname.h"

#define DNSPACKET_HEADER_BYTES 12u
#define DNSPACKET_MAX 65535u

struct query {
	const uint8_t *wire; /* the packet, borrowed */
	size_t len;
	struct dnsname name;
	size_t question_end; /* offset behind the question in `wire` */
	uint16_t id, type, class;
	uint16_t udp_bytes; /* what the client takes over UDP */
	bool edns, tcp;
};

struct packet {
	uint8_t *data; /* the caller's buffer */
	size_t len, limit;
	bool full; /* something did not fit */
};

/* Reads a query. False: none that could be answered at all (too short, an answer, not one good question). */
bool dnspacket_read(const uint8_t *wire, size_t len, bool tcp, struct query *out);
uint16_t dnspacket_get16(const uint8_t *p);
/* The offset behind the name at `at`, a compressed one too; past `len` when it is broken. */
size_t dnspacket_skip_name(const uint8_t *wire, size_t len, size_t at);

/* Append; once something did not fit, nothing more is written, and `full` tells. */
void dnspacket_put(struct packet *packet, const void *data, size_t len);
void dnspacket_put16(struct packet *packet, size_t value);
void dnspacket_put32(struct packet *packet, uint32_t value);
void dnspacket_pointer(struct packet *packet, size_t to); /* a compression pointer */
/* Writes over what is there; nothing when it is not. */
void dnspacket_set16(struct packet *packet, size_t at, size_t value);

#endif
