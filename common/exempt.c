/* exempt: which subjects need not be asked about, and which rule says so.
 * The first reason that holds is the one that is told. */
#include "common/exempt.h"

#include <stddef.h>

static enum exempt_reason address_exempt(const struct ruleset *rules, const struct ipaddr *addr)
{
	if (ipaddr_is_loopback(addr))
		return EXEMPT_LOOPBACK;
	if (addrset_match(&rules->exceptions.clients, addr))
		return EXEMPT_CLIENT;
	return EXEMPT_NOT;
}

enum exempt_reason exempt_client(const struct ruleset *rules, const struct facts *facts)
{
	if (facts->local)
		return EXEMPT_LOOPBACK;
	if (facts->login != NULL && rules->exceptions.authenticated)
		return EXEMPT_AUTHENTICATED;
	return address_exempt(rules, &facts->client);
}

static enum exempt_reason subject_exempt(const struct ruleset *rules, const struct subject *subject,
					 enum exempt_reason client)
{
	if (subject->kind != SUBJECT_RECEIVED)
		return client;
	if (client == EXEMPT_AUTHENTICATED)
		return client;             /* no lookups at all for sessions that logged in */
	if (client != EXEMPT_NOT && rules->received.skip_from_exempt)
		return EXEMPT_FROM_EXEMPT;
	return address_exempt(rules, &subject->addr);
}

void exempt_mark(const struct ruleset *rules, const struct facts *facts, struct subjects *subjects)
{
	enum exempt_reason client = exempt_client(rules, facts);

	for (size_t i = 0; i < subjects->n; i++)
		subjects->item[i].exempt = subject_exempt(rules, &subjects->item[i], client);
}

const char *exempt_word(enum exempt_reason reason)
{
	switch (reason) {
	case EXEMPT_NOT:
		return NULL;
	case EXEMPT_LOOPBACK:
		return "local";
	case EXEMPT_CLIENT:
		return "client";
	case EXEMPT_AUTHENTICATED:
		return "authenticated";
	case EXEMPT_FROM_EXEMPT:
		return "from-exempt";
	}
	return NULL;
}
