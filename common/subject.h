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
	EXEMPT_TRUSTED_HOST,     /* exceptions.trusted_hosts */
	EXEMPT_HOST,             /* exceptions.hosts */
	EXEMPT_SENDER,           /* exceptions.senders */
	EXEMPT_RECIPIENT,        /* exceptions.recipients: of no subject, but of a refusal */
	EXEMPT_RULE,             /* exceptions.rules */
	EXEMPT_POP,              /* received.pop_clients: its address and names only */
	EXEMPT_RECENT_LOGIN,     /* exceptions.recent_logins */
	EXEMPT_RELAY,            /* one of our own gateways, behind which no client was found (yet) */
};

struct manual_entry;

struct subject {
	enum subject_kind kind;
	struct ipaddr addr;      /* unset for a domain */
	const char *name;        /* a domain as domain_parse() makes it; NULL for an address */
	enum exempt_reason exempt;
	const struct manual_entry *manual;   /* added by hand: listed without being asked about (manual.h); NULL: it is not */
};

struct subjects {
	struct subject *item;
	size_t n, room;
	size_t n_left_out;          /* Received addresses beyond what is kept */
};

struct ruleset;

/* The client's address, known at connect; none for a local submission. False: out of memory (in all of them). */
bool subject_collect_client(const struct ruleset *rules, const struct facts *facts, struct arena *arena,
			    struct subjects *out);
/* The Received addresses that the rules look at, each once, never the client's own, newest first. */
bool subject_collect_received(const struct ruleset *rules, const struct facts *facts, struct arena *arena,
			      struct subjects *out);

/* The domains that are known at MAIL, of those that some list is asked about: the client's verified name, the HELO name, the
 * sender's domain. Address literals, bare addresses and single labels are none. */
bool subject_collect_names(const struct ruleset *rules, const struct facts *facts, struct arena *arena,
			   struct subjects *out);
/* The same for the domain of the From header: added behind what is in *subjects already. */
bool subject_add_from(const struct ruleset *rules, const struct facts *facts, struct arena *arena,
		      struct subjects *subjects);

#endif
