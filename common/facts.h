/* What the MTA told us: the connection's part and the message's part. Plain data; its strings live in the session's two
 * arenas (conn, msg): never free one. Everything in here is foreign text. One session, one thread at a time. */
#ifndef COMMON_FACTS_H
#define COMMON_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipaddr.h"
#include "common/received.h"

/* A recipient that was accepted, as the MTA wrote it. */
struct recipient {
	const char *path;           /* with its <>, as it came */
	const struct recipient *next;
};

struct facts {
	/* the connection's */
	struct ipaddr client;       /* unset for a local submission (no address, or not over TCP); see relay */
	bool local;                 /* handed in on this machine: never refused */
	bool fetched;               /* somebody says that it was fetched from elsewhere, whatever the client is */
	const char *client_name;    /* the verified name of the client; NULL: none; see relay */
	const char *helo;           /* NULL: not said (yet) */
	/* of `client`, whoever that is, as our own tables know it */
	bool recent_login;          /* somebody logged in to POP or IMAP from there (recent.h) */
	bool screened;              /* it is on the screen (screen.h), */
	size_t screened_by;         /* put there by this list of the rules; LISTSET_MAX: by hand, or by one that is gone */
	/* the message's */
	int64_t now_s;              /* of the wall clock, at MAIL */
	struct ipaddr relay;        /* set where one of our own gateways brought the message and its client was found
				     * (origin.h): the address that connected, while `client` is whom the gateway had it from */
	const char *relay_name;     /* its verified name */
	size_t first_hop;           /* of `hops`: here counting begins */
	const char *queue_id;       /* NULL: the MTA has not said it (yet) */
	const char *login;          /* the authenticated user; NULL: none */
	const char *sender;         /* MAIL FROM without <>; "" is the null sender; NULL: no MAIL yet */
	size_t n_recipients;        /* RCPT TO commands seen */
	const struct recipient *recipients;   /* those that were accepted, in their order; kept only where a rule may reroute */
	bool recipients_lost;       /* there was no room for all of them */
	struct hop *hops;           /* the Received headers, newest first, as the message carried them */
	size_t n_hops;
	size_t n_hops_lost;         /* further ones, beyond what we keep */
	const char *from;           /* the domain of the From header, as it is written; NULL: none (yet) */
	const char **subjects;      /* the values of the Subject headers, cut; kept only where a rule may give a prefix */
	size_t n_subjects;          /* how many came; more than are kept, if anybody writes so many */
	size_t n_subjects_kept;
	size_t n_headers;           /* header fields seen, of any name */
	size_t n_forged_originals;  /* headers named as the one that tells a rerouted message's recipients */
	size_t n_forged_flags;      /* headers named as our own flag that came with the message */
};

#endif
