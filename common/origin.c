/* origin: on which way a message came in.
 * Every header up to the one that names the client was written by a gateway of ours: that address can be relied on. */
#include "common/origin.h"

enum origin origin_of(const struct ruleset *rules, const struct facts *facts)
{
	if (facts->fetched)
		return ORIGIN_POP;
	if (facts->local || !ipaddr_is_set(&facts->client))
		return ORIGIN_LOCAL;
	if (ipaddr_is_set(&facts->relay))
		return ORIGIN_BEHIND;
	if (addrset_match(&rules->relays, &facts->client))
		return ORIGIN_RELAY;
	if (addrset_match(&rules->received.pop_clients, &facts->client))
		return ORIGIN_POP;
	return ORIGIN_SMTP;
}

static bool is_passed_over(const struct ruleset *rules, const struct ipaddr *addr)
{
	return !ipaddr_is_set(addr) || ipaddr_is_loopback(addr) || addrset_match(&rules->relays, addr);
}

bool origin_find_client(const struct ruleset *rules, struct facts *facts)
{
	size_t i = 0;

	if (origin_of(rules, facts) != ORIGIN_RELAY)
		return false;
	while (i < facts->n_hops && is_passed_over(rules, &facts->hops[i].addr))
		i++;
	if (i == facts->n_hops)
		return false;
	facts->relay = facts->client;
	facts->relay_name = facts->client_name;
	facts->client = facts->hops[i].addr;
	facts->client_name = NULL;
	facts->first_hop = i + 1;
	return true;
}

void origin_forget_client(struct facts *facts)
{
	if (!ipaddr_is_set(&facts->relay))
		return;
	facts->client = facts->relay;
	facts->client_name = facts->relay_name;
	facts->relay = (struct ipaddr){ 0 };
	facts->relay_name = NULL;
	facts->first_hop = 0;
}

const struct hop_window *origin_window(const struct ruleset *rules, const struct facts *facts)
{
	return origin_of(rules, facts) == ORIGIN_POP ? &rules->received.pop : &rules->received.smtp;
}
