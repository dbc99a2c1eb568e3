/* DNS servers: "127.0.0.1", "127.0.0.1:5353", "[::1]:53", "::1" as text -> socket addresses; and the file resolv.conf.
 * Pure but for dnsserver_resolv_conf(), which reads one file.   See: resolv.conf(5). */
#ifndef COMMON_DNSSERVER_H
#define COMMON_DNSSERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/errmsg.h"
#include "common/ruleset.h"

/* An address with an optional port (default 53; 1 to 65535); IPv6 scope ids (fe80::1%eth0) are understood. False: `err`
 * says what is wrong. */
bool dnsserver_parse(struct dnsserver *out, const char *text, struct errmsg *err);

/* The nameserver lines of a resolv.conf's text: at most `room` of them, lines that cannot be understood are skipped.
 * Returns how many. */
size_t dnsserver_parse_resolv_conf(struct dnsserver *out, size_t room, const char *text);

/* The same from a file (at most 64 KiB). No file or no server in it: 127.0.0.1, as resolv.conf(5) says. At least 1. */
size_t dnsserver_resolv_conf(struct dnsserver *out, size_t room, const char *path);

#endif
