/* An answer in the making, and the honest one. The odd ones (dnsodd.c) are written with the same pieces. */
#ifndef T_SUPPORT_DNSDRAFT_H
#define T_SUPPORT_DNSDRAFT_H

#include "t/support/dnspacket.h"
#include "t/support/zonedb.h"

#define CLASS_IN 1u
#define FORGED_TTL_S 3600u

enum rcode { RCODE_NOERROR, RCODE_FORMERR, RCODE_SERVFAIL, RCODE_NXDOMAIN, RCODE_NOTIMP, RCODE_REFUSED };
enum section { SECTION_ANSWER = 1, SECTION_AUTHORITY, SECTION_ADDITIONAL };

struct dnsdraft {
	struct packet *packet;
	const struct zonedb *db;
	const struct query *query;
	const struct rules *rules;
	const struct found *found;
	uint16_t count[4];   /* questions, answers, authority, additional */
	size_t question_end; /* 0: the packet has no question to point at */
	uint8_t rcode;
};

/* Header and question, in the shapes that no-question and two-questions want. */
void dnsdraft_begin(struct dnsdraft *draft);
/* The honest answer and authority sections. */
void dnsdraft_honest(struct dnsdraft *draft);
/* OPT and TSIG, in the shapes that the rules want. */
void dnsdraft_additional(struct dnsdraft *draft);
/* Writes the counts and the rcode; what was too long becomes a truncated answer. */
void dnsdraft_finish(struct dnsdraft *draft);

/* Pieces. A record is an owner and then dnsdraft_record, which counts it as an answer. */
void dnsdraft_owner(struct dnsdraft *draft); /* the asked name: a pointer to the question when there is one */
void dnsdraft_owner_at(struct dnsdraft *draft, size_t at); /* the name at that offset; 0: the asked one */
void dnsdraft_fields(struct dnsdraft *draft, uint16_t type, uint32_t ttl_s, size_t rdlen); /* all but owner and data */
void dnsdraft_record(struct dnsdraft *draft, uint16_t type, uint32_t ttl_s, const uint8_t *rdata, size_t rdlen);
void dnsdraft_listed(struct dnsdraft *draft);			    /* A 127.0.0.2, without its owner */
void dnsdraft_soa(struct dnsdraft *draft, const struct node *apex); /* NULL: none */
/* All records of a node that were asked for, their owner at that offset (0: the asked name). Returns their number. */
size_t dnsdraft_matching(struct dnsdraft *draft, const struct node *node, size_t owner);

#endif
