/* hops: which Received hops are looked at.
 * The window is laid over the headers first; what a hop holds is asked last: a header without an address counts too. */
#include "common/hops.h"

#include <assert.h>

static enum hop_fate place_fate(const struct hop_window *window, size_t n, size_t index)
{
	size_t newest = (size_t)window->skip_newest;

	if (index < newest)
		return HOP_NEWEST;
	if (n - index <= (size_t)window->skip_oldest)
		return HOP_OLDEST;
	if (window->check > 0 && index - newest >= (size_t)window->check)
		return HOP_BEYOND;
	return HOP_TAKEN;
}

enum hop_fate hop_fate(const struct hop_window *window, bool skip_authenticated, const struct hop *hops, size_t n,
		       size_t index)
{
	enum hop_fate fate;

	assert(index < n && window->check >= 0 && window->skip_newest >= 0 && window->skip_oldest >= 0);
	if (!window->enabled)
		return HOP_OFF;
	fate = place_fate(window, n, index);
	if (fate != HOP_TAKEN)
		return fate;
	if (!ipaddr_is_set(&hops[index].addr))
		return HOP_NO_ADDRESS;
	if (skip_authenticated && hops[index].authenticated)
		return HOP_AUTHENTICATED;
	return HOP_TAKEN;
}

const char *hop_fate_text(enum hop_fate fate)
{
	switch (fate) {
	case HOP_TAKEN:
		return "is looked at";
	case HOP_OFF:
		return "is not looked at: Received headers are off";
	case HOP_NEWEST:
		return "is among the newest";
	case HOP_OLDEST:
		return "is among the oldest";
	case HOP_BEYOND:
		return "is behind the last one to check";
	case HOP_NO_ADDRESS:
		return "holds no address that a server saw";
	case HOP_AUTHENTICATED:
		return "was handed over with a login";
	}
	return "is unknown";
}
