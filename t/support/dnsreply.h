/* Query packet -> answer packets, right ones and wrong ones. Sends nothing: dnsreply_make hands back packets and by
 * which way they are to go; delays, drops and TCP are the server's. */
#ifndef T_SUPPORT_DNSREPLY_H
#define T_SUPPORT_DNSREPLY_H

#include "t/support/dnspacket.h"
#include "t/support/zonedb.h"

#define DNSREPLY_UDP_MAX 4096u /* the most we send over UDP, however much the client allows; "oversize" aside */

enum way { WAY_SAME, WAY_OTHER_PORT, WAY_OTHER_ADDR };

/* Called for every packet, in the order in which they are to be sent; `data` is good during the call only. */
typedef void dnsreply_sink(void *context, enum way way, const uint8_t *data, size_t len);

/* The honest answer, for names without rules, into *packet, whose limit is the room in its buffer. */
void dnsreply_plain(const struct zonedb *db, const struct query *query, const struct found *found,
		    struct packet *packet);
/* The packets that the rules ask for. */
void dnsreply_make(const struct zonedb *db, const struct query *query, const struct found *found,
		   const struct rules *rules, dnsreply_sink *sink, void *context);

/* Random numbers, the same in every run with the same seed. */
void dnsreply_seed(uint64_t seed);
uint32_t dnsreply_random(void);

#endif
