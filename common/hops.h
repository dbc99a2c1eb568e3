/* Which Received hops are looked at, and why the others are not: count and skip by the configuration's rules.
 * Received headers are counted newest first as the message carried them. The skip_oldest oldest and the skip_newest
 * newest are left out; of what is left, the first `check` are looked at (0: all). Headers are counted, not addresses.
 * Pure; safe from any thread. */
#ifndef COMMON_HOPS_H
#define COMMON_HOPS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/received.h"

/* The settings of one way in (received.smtp, received.pop). */
struct hop_window {
	bool enabled;
	int check;          /* 0: all */
	int skip_newest;
	int skip_oldest;
};

enum hop_fate {
	HOP_TAKEN,
	HOP_OFF,               /* Received headers are not looked at */
	HOP_NEWEST,            /* among the skip_newest newest */
	HOP_OLDEST,            /* among the skip_oldest oldest */
	HOP_BEYOND,            /* behind the first `check` */
	HOP_NO_ADDRESS,
	HOP_AUTHENTICATED,     /* a user's own address */
};

/* The fate of hop number `index` (0 is the newest) of `n` hops; of `hops`, those behind `index` are not looked into.
 * skip_authenticated: leave out hops with a login. */
enum hop_fate hop_fate(const struct hop_window *window, bool skip_authenticated, const struct hop *hops, size_t n,
		       size_t index);
/* A few words for a person: "is among the oldest". Static. */
const char *hop_fate_text(enum hop_fate fate);

#endif
