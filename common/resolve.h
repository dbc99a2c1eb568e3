/* One query on its way to a DNS server: what resolver, upstream and tcpask share. Others know it through resolver.h.
 * Threads: the DNS thread's own from resolver_submit() until `done`. */
#ifndef COMMON_RESOLVE_H
#define COMMON_RESOLVE_H

#include <stddef.h>
#include <stdint.h>

#include "common/answer.h"
#include "common/dnswire.h"
#include "common/monotime.h"
#include "common/ruleset.h"

struct resolver;
struct tcpask;
struct udpsock;
struct upstream;

/* The caller owns it, sets the first part and leaves it alone until `done` gives it back. */
struct resolve {
	struct dnsname name;
	uint16_t type;
	enum answer_form form;       /* as what its answer is read */
	const struct dnsserver *servers;   /* NULL: those of the rules */
	size_t n_servers;
	struct ruleset *rules;       /* whose dns settings hold; must outlive the query */
	struct answer answer;        /* the result: LISTED, ABSENT or FAILED */
	struct resolve *next;        /* for lists of the caller's, and the submit queue's */
	/* the DNS thread's own */
	struct resolver *resolver;
	struct resolve *earlier, *later;   /* by deadline */
	struct monotime deadline;    /* of this try */
	int tries;                   /* so far; another way of asking the same server is the same try */
	size_t server;               /* of its servers: whom this try asks */
	bool edns;
	uint16_t id;
	uint16_t query_len;
	uint8_t query[DNSWIRE_QUERY_MAX];
	struct upstream *upstream;   /* of this try */
	struct udpsock *sock;        /* NULL: not over UDP now */
	struct tcpask *tcp;          /* NULL: not over TCP now */
};

/* The ways of asking tell what came of it; the query may be gone when these return. */
void resolve_packet(struct resolve *q, const uint8_t *packet, size_t len, bool over_tcp);
/* The server cannot be reached this way, or the connection broke. */
void resolve_unreachable(struct resolve *q);
/* A socket could not be had: told in the log, at most once a minute. */
void resolve_no_socket(int why);

/* Builds q->query with this id; letters in random case where the rules say so (0x20). */
void resolve_build(struct resolve *q, uint16_t id);

#endif
