/* DNS servers: "127.0.0.1", "127.0.0.1:5353", "[::1]:53", "::1" as text -> socket addresses.
 * Pure, but for the names of this machine's network interfaces. */
#ifndef COMMON_DNSSERVER_H
#define COMMON_DNSSERVER_H

#include <stdbool.h>

#include "common/errmsg.h"
#include "common/ruleset.h"

/* An address with an optional port (default 53; 1 to 65535); IPv6 scope ids (fe80::1%eth0) are understood. False: `err`
 * says what is wrong. */
bool dnsserver_parse(struct dnsserver *out, const char *text, struct errmsg *err);

#endif
