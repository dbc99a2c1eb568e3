/* blocked: who is refused without any lookup.
 * A rule that exempts from some lists only says nothing about this, but for what these lists have put on the screen. */
#include "common/blocked.h"

#include <stddef.h>

#include "common/exempt.h"
#include "common/mailaddr.h"
#include "common/origin.h"

static bool never(const struct ruleset *rules, const struct facts *facts)
{
	return origin_of(rules, facts) == ORIGIN_LOCAL || exempt_is_exception(exempt_client(rules, facts));
}

static bool address_in(const struct nameset *set, const char *address)
{
	char plain[MAILADDR_PLAIN_BYTES];

	return address != NULL && mailaddr_path_plain(plain, address) && nameset_match(set, plain);
}

static bool is_screened(const struct ruleset *rules, const struct facts *facts)
{
	struct exemption exemption;

	if (!facts->screened)
		return false;
	exempt_message(rules, facts, &exemption);
	return !listset_has(&exemption.lists, facts->screened_by);
}

enum blocked_by blocked_message(const struct ruleset *rules, const struct facts *facts)
{
	const struct blocked_settings *blocked = &rules->blocked;

	if (origin_of(rules, facts) == ORIGIN_RELAY || never(rules, facts))
		return BLOCKED_NOT;
	if (addrset_match(&blocked->clients, &facts->client) && !addrset_match(&blocked->clients_except, &facts->client))
		return BLOCKED_CLIENT;
	if (address_in(&blocked->senders, facts->sender))
		return BLOCKED_SENDER;
	return is_screened(rules, facts) ? BLOCKED_SCREEN : BLOCKED_NOT;
}

enum blocked_by blocked_recipient(const struct ruleset *rules, const struct facts *facts, const char *recipient)
{
	if (never(rules, facts))
		return BLOCKED_NOT;
	return address_in(&rules->blocked.recipients, recipient) ? BLOCKED_RECIPIENT : BLOCKED_NOT;
}

const char *blocked_word(enum blocked_by by)
{
	switch (by) {
	case BLOCKED_NOT:
		return NULL;
	case BLOCKED_CLIENT:
		return "client";
	case BLOCKED_SENDER:
		return "sender";
	case BLOCKED_RECIPIENT:
		return "recipient";
	case BLOCKED_SCREEN:
		return "screen";
	}
	return NULL;
}
