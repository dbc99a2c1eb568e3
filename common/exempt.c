/* exempt: which subjects need not be asked about, whose refusals do not hold, and which setting says so.
 * The first reason that holds is the one that is told. */
#include "common/exempt.h"

#include <stddef.h>

#include "common/mailaddr.h"
#include "common/origin.h"

/* --- rules -------------------------------------------------------------------------------------------------------- */

static bool pattern_holds(const struct namepat *pat, const char *name)
{
	return pat->glob == NULL || (name != NULL && namepat_match(pat, name));
}

static bool client_holds(const struct addrpat *pat, const struct ipaddr *client)
{
	return !ipaddr_is_set(&pat->low) || (ipaddr_is_set(client) && addrpat_match(pat, client));
}

/* The sender as patterns know it; NULL: none yet, or one that no pattern can mean. */
static const char *plain_sender(const struct facts *facts, char buf[MAILADDR_PLAIN_BYTES])
{
	return facts->sender != NULL && mailaddr_path_plain(buf, facts->sender) ? buf : NULL;
}

/* Every condition but the one on the recipient. A gateway's HELO is not its client's. */
static bool rule_holds(const struct exception_rule *rule, const struct facts *facts, const char *sender)
{
	return facts->now_s < rule->ends_s && client_holds(&rule->client, &facts->client) &&
	       pattern_holds(&rule->sender, sender) && pattern_holds(&rule->host, facts->client_name) &&
	       pattern_holds(&rule->helo, ipaddr_is_set(&facts->relay) ? NULL : facts->helo);
}

/* True: the rule exempts from all lists, and nothing more can be added. */
static bool take_rule(const struct ruleset *rules, size_t index, struct exemption *out)
{
	const struct exception_rule *rule = &rules->exceptions.rules[index];

	if (rule->n_lists == 0) {
		*out = (struct exemption){ .reason = EXEMPT_RULE, .rule = index };
		return true;
	}
	if (out->reason == EXEMPT_NOT)
		*out = (struct exemption){ .reason = EXEMPT_RULE, .rule = index };
	for (size_t i = 0; i < rule->n_lists; i++)
		listset_add(&out->lists, rule->lists[i]);
	return false;
}

static bool has_rule(const struct exempt_rules *which, size_t index)
{
	return (which->bits[index / 64] >> index % 64 & 1) != 0;
}

void exempt_by_rules(const struct ruleset *rules, const struct facts *facts, const struct exempt_rules *which,
		     struct exemption *out)
{
	char buf[MAILADDR_PLAIN_BYTES];
	const char *sender = plain_sender(facts, buf);

	*out = (struct exemption){ .reason = EXEMPT_NOT };
	for (size_t i = 0; i < rules->exceptions.n_rules; i++)
		if (has_rule(which, i) && rule_holds(&rules->exceptions.rules[i], facts, sender) && take_rule(rules, i, out))
			return;
}

bool exempt_recipient(const struct ruleset *rules, const char *recipient, struct exempt_rules *out)
{
	const struct exception_settings *exceptions = &rules->exceptions;
	char plain[MAILADDR_PLAIN_BYTES];

	*out = (struct exempt_rules){ { 0 } };
	if (!mailaddr_path_plain(plain, recipient))
		return false;
	for (size_t i = 0; i < exceptions->n_rules; i++)
		if (exceptions->rules[i].recipient.glob != NULL && namepat_match(&exceptions->rules[i].recipient, plain))
			out->bits[i / 64] |= UINT64_C(1) << i % 64;
	return nameset_match(&exceptions->recipients, plain);
}

/* --- the message, the client -------------------------------------------------------------------------------------- */

static enum exempt_reason address_exempt(const struct ruleset *rules, const struct ipaddr *addr)
{
	if (ipaddr_is_loopback(addr))
		return EXEMPT_LOOPBACK;
	if (addrset_match(&rules->exceptions.clients, addr))
		return EXEMPT_CLIENT;
	if (addrset_match(&rules->exceptions.trusted_hosts, addr))
		return EXEMPT_TRUSTED_HOST;
	return EXEMPT_NOT;
}

/* The user handed the message to us, or to a gateway of ours. */
static bool has_login(const struct facts *facts)
{
	return facts->login != NULL || (facts->first_hop > 0 && facts->hops[facts->first_hop - 1].authenticated);
}

/* What holds for all of the message; lists that only some rules exempt from are in *out as well. */
static void whole_message(const struct ruleset *rules, const struct facts *facts, struct exemption *out)
{
	char buf[MAILADDR_PLAIN_BYTES];
	const char *sender = plain_sender(facts, buf);

	*out = (struct exemption){ .reason = EXEMPT_NOT };
	if (has_login(facts) && rules->exceptions.authenticated) {
		out->reason = EXEMPT_AUTHENTICATED;
		return;
	}
	if (sender != NULL && nameset_match(&rules->exceptions.senders, sender)) {
		out->reason = EXEMPT_SENDER;
		return;
	}
	for (size_t i = 0; i < rules->exceptions.n_rules; i++) {
		const struct exception_rule *rule = &rules->exceptions.rules[i];

		if (rule->recipient.glob == NULL && rule_holds(rule, facts, sender) && take_rule(rules, i, out))
			return;
	}
}

static enum exempt_reason only_client(const struct ruleset *rules, const struct facts *facts)
{
	enum exempt_reason reason = address_exempt(rules, &facts->client);

	if (reason == EXEMPT_NOT && facts->client_name != NULL && nameset_match(&rules->exceptions.hosts, facts->client_name))
		reason = EXEMPT_HOST;
	if (reason == EXEMPT_NOT && facts->recent_login && rules->exceptions.recent_logins)
		reason = EXEMPT_RECENT_LOGIN;
	return reason;
}

void exempt_message(const struct ruleset *rules, const struct facts *facts, struct exemption *out)
{
	enum origin origin = origin_of(rules, facts);
	enum exempt_reason client;

	*out = (struct exemption){ .reason = EXEMPT_NOT };
	if (facts->local) {
		out->reason = EXEMPT_LOOPBACK;
		return;
	}
	if (origin == ORIGIN_RELAY && !(facts->login != NULL && rules->exceptions.authenticated)) {
		out->reason = EXEMPT_RELAY;
		return;
	}
	whole_message(rules, facts, out);
	if (exempt_is_whole(out))
		return;
	client = origin == ORIGIN_POP ? EXEMPT_POP : only_client(rules, facts);
	if (client != EXEMPT_NOT)
		out->reason = client;      /* and of what is still asked about, not these lists */
}

enum exempt_reason exempt_client(const struct ruleset *rules, const struct facts *facts)
{
	struct exemption exemption;

	exempt_message(rules, facts, &exemption);
	return exempt_is_whole(&exemption) ? exemption.reason : EXEMPT_NOT;
}

bool exempt_is_whole(const struct exemption *exemption)
{
	return exemption->reason != EXEMPT_NOT &&
	       (exemption->reason != EXEMPT_RULE || listset_is_empty(&exemption->lists));
}

bool exempt_is_exception(enum exempt_reason reason)
{
	return reason != EXEMPT_NOT && reason != EXEMPT_POP && reason != EXEMPT_RELAY;
}

/* --- subjects ----------------------------------------------------------------------------------------------------- */

static bool is_of_whole_message(enum exempt_reason reason)
{
	return reason == EXEMPT_AUTHENTICATED || reason == EXEMPT_SENDER || reason == EXEMPT_RULE || reason == EXEMPT_RELAY;
}

static bool is_of_peer(enum subject_kind kind)
{
	return kind == SUBJECT_CLIENT || kind == SUBJECT_HELO || kind == SUBJECT_RDNS;
}

static enum exempt_reason subject_exempt(const struct ruleset *rules, const struct subject *subject,
					 enum exempt_reason client)
{
	if (client == EXEMPT_POP && !is_of_peer(subject->kind))
		client = EXEMPT_NOT;
	if (subject->kind != SUBJECT_RECEIVED)
		return client;
	if (is_of_whole_message(client))
		return client;             /* no lookups at all */
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

/* --- words -------------------------------------------------------------------------------------------------------- */

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
	case EXEMPT_TRUSTED_HOST:
		return "trusted-host";
	case EXEMPT_HOST:
		return "host";
	case EXEMPT_SENDER:
		return "sender";
	case EXEMPT_RECIPIENT:
		return "recipient";
	case EXEMPT_RULE:
		return "rule";
	case EXEMPT_POP:
		return "pop";
	case EXEMPT_RECENT_LOGIN:
		return "recent-login";
	case EXEMPT_RELAY:
		return "relay";
	}
	return NULL;
}

void exempt_describe(const struct exemption *exemption, struct text *out)
{
	const char *word = exempt_word(exemption->reason);

	if (word == NULL)
		return;
	text_add_str(out, word);
	if (exemption->reason == EXEMPT_RULE)
		text_add(out, "[%zu]", exemption->rule);
}
