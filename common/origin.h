/* On which way a message came in: from a client of the Internet, from here, from somebody who fetches mail elsewhere
 * (received.pop_clients), or from one of our own gateways (relays), behind which its client is to be found. Pure. */
#ifndef COMMON_ORIGIN_H
#define COMMON_ORIGIN_H

#include <stdbool.h>

#include "common/facts.h"
#include "common/ruleset.h"

enum origin {
	ORIGIN_SMTP,
	ORIGIN_LOCAL,        /* handed in on this machine */
	ORIGIN_POP,
	ORIGIN_RELAY,        /* its client is not known before the headers are */
	ORIGIN_BEHIND,       /* a relay's, and facts->client is whom it had the message from */
};

enum origin origin_of(const struct ruleset *rules, const struct facts *facts);

/* For mail from a relay, when all headers are known: the newest Received address that is no relay's and not of loopback,
 * where content filters pass mail around, becomes the client, and counting begins behind it. False: there is none, and
 * nothing has changed: the mail is the gateway's own. */
bool origin_find_client(const struct ruleset *rules, struct facts *facts);
/* Back to the address that connected. */
void origin_forget_client(struct facts *facts);

/* The settings for this message's Received headers. */
const struct hop_window *origin_window(const struct ruleset *rules, const struct facts *facts);

#endif
