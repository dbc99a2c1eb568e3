/* dnsfill: what the configuration leaves open about DNS. */
#include "config/dnsfill.h"

#include <string.h>

#include "common/resolvconf.h"
#include "config/duration.h"
#include "config/schema.h"

enum { USUAL_TRIES = 3, TRIES_MAX = 10 };

static const int64_t usual_timeout_us = DURATION_S, least_timeout_us = 50 * DURATION_MS;

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* A round of the C library asks every server once; a try of ours asks one. */
static int tries_of(const struct resolvconf *system, size_t n_servers)
{
	return system->attempts == 0 ? USUAL_TRIES : least(system->attempts * (int)n_servers, TRIES_MAX);
}

/* Of what was not written: first there are fewer tries, but a second one, and one for each server, is worth more than a long
 * wait. Then the wait is shorter. */
static void fit_into_budget(struct dns_settings *dns, bool timeout_open, bool tries_open)
{
	int fitting = (int)(dns->budget_us / dns->timeout_us), needed = dns->n_servers > 2 ? (int)dns->n_servers : 2;

	if (tries_open && timeout_open && fitting < needed)
		fitting = needed;
	if (tries_open)
		dns->tries = least(dns->tries, fitting > 0 ? fitting : 1);
	if (timeout_open && dns->timeout_us * dns->tries > dns->budget_us)
		dns->timeout_us = dns->budget_us / dns->tries / DURATION_MS * DURATION_MS;   /* as one could write it */
	if (dns->timeout_us < least_timeout_us)
		dns->timeout_us = least_timeout_us;
}

bool dnsfill(struct ruleset *rules)
{
	struct dns_settings *dns = &rules->dns;
	const bool timeout_open = dns->timeout_us == 0, tries_open = dns->tries == SCHEMA_UNSET;
	struct resolvconf system = { .n = 0 };
	struct dnsserver *servers;

	if (dns->n_servers == 0) {
		resolvconf_read(&system, dns->resolv_conf);
		servers = arena_alloc_n(&rules->arena, system.n, sizeof *servers);
		if (servers == NULL)
			return false;
		memcpy(servers, system.server, system.n * sizeof *servers);
		dns->servers = servers;
		dns->n_servers = system.n;
		dns->rotate = system.rotate;
	}
	if (timeout_open)
		dns->timeout_us = system.timeout_s > 0 ? system.timeout_s * DURATION_S : usual_timeout_us;
	if (tries_open)
		dns->tries = tries_of(&system, dns->n_servers);
	fit_into_budget(dns, timeout_open, tries_open);
	return true;
}
