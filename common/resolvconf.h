/* What the system says about its DNS servers: the file resolv.conf.
 *   nameserver   an address, which may carry a port as in dns.servers and an IPv6 scope
 *   options      timeout:N, attempts:N and rotate; the last of a kind counts. The others mean nothing here: EDNS is always
 *                used, names are asked absolute and one at a time, and TCP only for what does not fit into a datagram.
 * The file belongs to the system: what we cannot use in it is passed over, as the C library does.
 * Pure but for resolvconf_read().   Bound: 64 KiB of text.   See: resolv.conf(5). */
#ifndef COMMON_RESOLVCONF_H
#define COMMON_RESOLVCONF_H

#include <stdbool.h>
#include <stddef.h>

#include "common/ruleset.h"

struct resolvconf {
	struct dnsserver server[DNS_SERVERS_MAX];   /* the first ones; the C library takes three */
	size_t n;
	int timeout_s;               /* of one try, 1 to 30; 0: not given */
	int attempts;                /* rounds through the servers, 1 to 5; 0: not given */
	bool rotate;                 /* begin with another server each time */
};

/* The text of such a file, maybe without any server. */
void resolvconf_parse(struct resolvconf *out, const char *text);

/* The file. Without a server in it, or without a file, they are 127.0.0.1 and ::1. */
void resolvconf_read(struct resolvconf *out, const char *path);

#endif
