/* Facts -> addresses and domains to ask about, each with where it was seen.
 * Pure: same input, same output. One session, one thread at a time. */
#ifndef COMMON_SUBJECT_H
#define COMMON_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/facts.h"
#include "common/ipaddr.h"

enum subject_kind {
	SUBJECT_CLIENT,     /* the connecting address */
	SUBJECT_RECEIVED,   /* an address in a Received header */
	SUBJECT_HELO,
	SUBJECT_SENDER,     /* the domain of MAIL FROM */
	SUBJECT_RDNS,       /* the client's verified name */
	SUBJECT_FROM,       /* the domain of the From: header */
	SUBJECT_KINDS,
};
#define SUBJECT_BIT(kind) (1u << (kind))
enum { SUBJECT_ALL = (1 << SUBJECT_KINDS) - 1 };

/* "client", "received", ...: the words of the configuration and the log. Static. */
const char *subject_word(enum subject_kind kind);

/* Why a subject is not asked about. */
enum exempt_reason {
	EXEMPT_NOT,
	EXEMPT_LOOPBACK,         /* 127.0.0.0/8, ::1, local submission: always */
	EXEMPT_CLIENT,           /* exceptions.clients */
	EXEMPT_AUTHENTICATED,    /* the session logged in */
	EXEMPT_FROM_EXEMPT,      /* a hop of mail from an exempt client: received.skip_from_exempt */
};

struct subject {
	enum subject_kind kind;
	struct ipaddr addr;
	enum exempt_reason exempt;
};

struct subjects {
	struct subject *item;
	size_t n, room;
};

struct ruleset;

/* The client's address, known at connect; none for a local submission. False: out of memory (in all three). */
bool subject_collect_client(const struct ruleset *rules, const struct facts *facts, struct arena *arena,
			    struct subjects *out);
/* The Received addresses that the rules look at, each once, never the client's own, newest first. */
bool subject_collect_received(const struct ruleset *rules, const struct facts *facts, struct arena *arena,
			      struct subjects *out);

#endif
