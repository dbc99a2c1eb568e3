/* Addresses from which somebody has logged in to POP or IMAP lately, as the mail server reports them (rblctl recent add).
 * They need not outlive a restart: a report is good for minutes.
 * Owner:   one serves the process.   Bound: KEEP_MAX addresses; what has expired makes room.
 * Threads: everything but new and free from any. Nothing waits. */
#ifndef COMMON_RECENT_H
#define COMMON_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/errmsg.h"
#include "common/ipaddr.h"
#include "common/monotime.h"

struct recent;

struct recent *recent_new(void);   /* NULL: out of memory */
void recent_free(struct recent **recent);   /* sets *recent to NULL; NULL inside is fine */

/* Somebody has logged in from there just now. `window_us`: ruleset->exceptions.recent_window_us; after that the report is let
 * go. False: there is no room, `err` says so. */
bool recent_add(struct recent *recent, const struct ipaddr *addr, int64_t window_us, struct errmsg *err);
/* Was the address reported within `window_us`? `recent` NULL: no. */
bool recent_has(struct recent *recent, const struct ipaddr *addr, int64_t window_us, struct monotime now);

typedef void recent_fn(void *ctx, const struct ipaddr *addr, struct monotime reported);
/* Calls `fn` with each address that was not let go yet, in no order and with nothing locked. False: out of memory. */
bool recent_each(struct recent *recent, struct monotime now, recent_fn *fn, void *ctx);
size_t recent_count(struct recent *recent);

#endif
