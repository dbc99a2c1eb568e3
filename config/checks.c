/* checks: what no single key can tell. An error is what cannot have been meant; a warning what is hardly meant.
 * Warnings are given for sound objects only: what follows from a fault would only hide it. */
#include "config/checks.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/dnswire.h"
#include "common/ruleset.h"
#include "config/nearest.h"
#include "config/reader.h"
#include "config/value.h"

/* What arena and wire form leave for a zone below an address (RFC 5782 sections 2.1 and 2.4): four labels of up to three
 * digits, or 32 of one. */
enum { REVERSED_V4_BYTES = 16, REVERSED_V6_BYTES = 64, QUERY_BYTES = 600 };   /* the last: of a zone or query with its key */

enum { MANUAL_POINTS = 100 };

static const char always_refused[] = "127.255.255.*";
static const char any_listing[] = "127.*.*.*";

static void out_of_memory(struct reader *reader, const struct node *node)
{
	reader_error(reader, node, "out of memory");
}

/* --- dns, reply --- */

void checks_dns(struct reader *reader, const struct node *node, void *object, bool sound)
{
	const struct dns_settings *dns = object;
	struct node at;

	if (!sound)
		return;
	if (dns->timeout_us > dns->budget_us) {
		reader_member(reader, node, "timeout", &at);
		reader_warning(reader, &at, "one try may take longer than dns.budget lets a message wait");
	}
	reader_member(reader, node, "resolv_conf", &at);
	if (at.value != NULL && access(dns->resolv_conf, R_OK) != 0)
		reader_warning(reader, &at, "%s cannot be read: %s; the servers of this machine are asked", dns->resolv_conf,
			       strerror(errno));
}

void checks_reply(struct reader *reader, const struct node *node, void *object, bool sound)
{
	const struct reply_settings *reply = object;
	struct node at;

	if (!sound || reply->enhanced[0] - '0' == reply->code / 100)
		return;
	reader_member(reader, node, "enhanced", &at);
	reader_error(reader, &at, "\"%s\" does not begin with the %d of the code %d", reply->enhanced, reply->code / 100,
		     reply->code);
}

/* --- lists --- */

static bool covers(const struct answerpat *all, const struct answerpat *part)
{
	if (all->is_mask || part->is_mask)
		return false;
	for (size_t i = 0; i < 4; i++)
		for (size_t j = 0; j < sizeof part->octet[i]; j++)
			if ((part->octet[i][j] & ~all->octet[i][j]) != 0)
				return false;
	return true;
}

static bool can_be_listing(const struct answerpat *pat)
{
	return pat->is_mask || (pat->octet[0][127 / 8] & 1u << 127 % 8) != 0;
}

/* The codes that are no listing of any list, beside those of this one. */
static bool add_always_refused(struct reader *reader, struct list *list)
{
	size_t n = list->n_refused;
	struct answerpat always, *refused;

	if (!answerpat_parse(&always, always_refused, NULL))
		return false;
	for (size_t i = 0; i < n; i++)
		if (covers(&list->refused[i], &always))
			return true;
	refused = arena_alloc_n(reader->arena, n + 1, sizeof *refused);
	if (refused == NULL)
		return false;
	if (n > 0)
		memcpy(refused, list->refused, n * sizeof *refused);
	refused[n] = always;
	list->refused = refused;
	list->n_refused = n + 1;
	return true;
}

static bool add_any_response(struct reader *reader, struct list *list)
{
	struct response *response = arena_alloc(reader->arena, sizeof *response);

	if (response == NULL || !answerpat_parse(&response->match, any_listing, NULL))
		return false;
	response->points = SCHEMA_UNSET;
	list->responses = response;
	list->n_responses = 1;
	list->any_response = true;
	return true;
}

static bool complete_responses(struct reader *reader, struct list *list)
{
	struct response *responses = arena_alloc_n(reader->arena, list->n_responses, sizeof *responses);

	if (responses == NULL)
		return false;
	memcpy(responses, list->responses, list->n_responses * sizeof *responses);
	for (size_t i = 0; i < list->n_responses; i++) {
		struct response *response = &responses[i];

		response->points = response->points == SCHEMA_UNSET ? list->points : response->points;
		response->message = response->message == NULL ? list->message : response->message;
		response->header = response->header == NULL ? list->header : response->header;
		response->subjects = response->subjects == 0 ? list->subjects : response->subjects;
	}
	list->responses = responses;
	return true;
}

static bool stands_here(struct reader *reader, const struct node *node, const char *key)
{
	struct node member;

	reader_member(reader, node, key, &member);
	return member.value != NULL;
}

/* Of zone and query, the one that stands in the list itself holds over the other one of its profile. */
static void choose_zone_or_query(struct reader *reader, const struct node *node, struct list *list, bool sound)
{
	bool zone = stands_here(reader, node, "zone"), query = stands_here(reader, node, "query");
	struct node at;

	if (zone && query) {
		reader_member(reader, node, "query", &at);
		reader_error(reader, &at, "stands in place of \"zone\": leave one of them out");
	} else if (query) {
		list->zone = NULL;
	} else if (zone || list->zone != NULL) {
		list->query = NULL;
	}
	if (list->zone == NULL && list->query == NULL && !zone && !query && (sound || !stands_here(reader, node, "profile")))
		reader_error(reader, node, "the key \"zone\" is missing");
}

static void choose_name(struct reader *reader, const struct node *node, struct list *list)
{
	if (list->name != NULL || stands_here(reader, node, "name"))
		return;
	if (list->profile == NULL && !stands_here(reader, node, "profile"))
		reader_error(reader, node, "the key \"name\" is missing");
	list->name = list->profile;
}

/* False: the fault is told. What it tells shows nothing of the key. */
static bool fill_in_key(struct reader *reader, const struct node *node, struct list *list, char *out, size_t out_bytes)
{
	const char *text = list->query != NULL ? list->query : list->zone;
	bool wants = strstr(text, "{key}") != NULL;
	struct node at;

	reader_member(reader, node, list->query != NULL ? "query" : "zone", &at);
	if (wants && list->key == NULL) {
		reader_error(reader, node, "the key \"key\" is missing: the zone has a place for it");
		return false;
	}
	if (!wants && list->key != NULL) {
		reader_member(reader, node, "key", &at);
		reader_error(reader, &at, "the zone has no {key} to put it in");
		return false;
	}
	if (value_with_key(text, wants ? list->key : "", out, out_bytes))
		return true;
	reader_error(reader, &at, "the name is too long");
	return false;
}

static void check_form(struct reader *reader, const struct node *node, struct list *list)
{
	const bool addresses = list_has_addresses(list);
	char text[QUERY_BYTES];
	struct errmsg err;
	struct node at;

	if (!fill_in_key(reader, node, list, text, sizeof text))
		return;
	list->key = NULL;
	reader_member(reader, node, list->query != NULL ? "query" : "zone", &at);
	if (!nameform_parse(&list->form, text, &err)) {
		reader_error(reader, &at, "%s", err.text);
	} else if (list->form.octets) {
		list->ipv6 = false;
		if (list_has_domains(list))
			reader_error(reader, &at, "%%1 to %%4 are the octets of an address: to be asked about a domain, it needs %%s");
		if (list->form.wire.len + REVERSED_V4_BYTES > DNSWIRE_NAME_MAX)
			reader_error(reader, &at, "too long to ask about an address");
	} else if (addresses && list->form.wire.len + REVERSED_V4_BYTES > DNSWIRE_NAME_MAX) {
		reader_error(reader, &at, "the zone's name is too long to ask about an address below it");
	} else if (addresses && list->ipv6 && list->form.wire.len + REVERSED_V6_BYTES > DNSWIRE_NAME_MAX) {
		reader_error(reader, &at, "the zone's name is too long to ask about an IPv6 address: set \"ipv6\" to false");
	}
}

/* Points that stand at this place: negative ones are for allow lists, positive ones for block lists. */
static void check_points(struct reader *reader, const struct node *node, const struct list *list, int points)
{
	bool wrong = list->kind == LIST_ALLOW ? points > 0 : points < 0;
	struct node at;

	if (!wrong || points == SCHEMA_UNSET)
		return;
	reader_member(reader, node, "points", &at);
	if (list->kind == LIST_BLOCK)
		reader_error(reader, &at, "a block list cannot have negative points (%d)", points);
	else if (at.value != NULL)
		reader_error(reader, &at, "an allow list has negative points, or none: then its hits exempt (%d)", points);
}

/* Only an allow list can save a message. */
static void settle_on_failure(struct reader *reader, const struct node *node, struct list *list)
{
	struct node at;

	reader_member(reader, node, "on_failure", &at);
	if (list->kind != LIST_BLOCK)
		return;
	if (at.value != NULL && list->on_failure == ON_FAILURE_SOFTEN)
		reader_warning(reader, &at, "means nothing for a block list: its silence is never a reason to refuse mail, nor not to");
	list->on_failure = ON_FAILURE_IGNORE;
}

static void check_allow(struct reader *reader, const struct node *node, const struct list *list)
{
	const unsigned sure = SUBJECT_BIT(SUBJECT_CLIENT) | SUBJECT_BIT(SUBJECT_RDNS);
	struct node at;

	if (list->kind == LIST_ALLOW && list->trusted) {
		reader_member(reader, node, "trusted", &at);
		reader_warning(reader, &at, "means nothing for an allow list: rules look at hits of block lists");
	}
	if (list->kind != LIST_ALLOW || (list->subjects & ~sure) == 0)
		return;
	reader_member(reader, node, "subjects", &at);
	reader_warning(reader, &at, "an allow list trusts what anybody can write: only \"client\" and \"rdns\" are sure");
}

static void check_domain(struct reader *reader, const struct node *node, const struct list *list)
{
	struct node at;

	if (list->domain == LIST_DOMAIN_FULL || list_has_domains(list))
		return;
	reader_member(reader, node, "domain", &at);
	reader_warning(reader, &at, "means nothing: the list is asked about no domain, see its \"subjects\"");
}

/* The number of the response above that takes everything that this one could; or of itself. */
static size_t taken_by(const struct list *list, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (covers(&list->responses[i].match, &list->responses[index].match))
			return i;
	return index;
}

static bool is_refused(const struct list *list, const struct answerpat *pat)
{
	for (size_t i = 0; i < list->n_refused; i++)
		if (covers(&list->refused[i], pat))
			return true;
	return false;
}

static void check_response(struct reader *reader, const struct node *node, const struct list *list, size_t index)
{
	const struct response *response = &list->responses[index];
	size_t taker = taken_by(list, index);
	struct node match, subjects;

	reader_member(reader, node, "match", &match);
	if (is_refused(list, &response->match))
		reader_warning(reader, &match, "never counts: these answers mean that the list refuses to answer");
	else if (taker != index)
		reader_warning(reader, &match, "never counts: responses[%zu] above takes these answers", taker);
	if (response->subjects == 0 || (response->subjects & list->subjects) != 0)
		return;
	reader_member(reader, node, "subjects", &subjects);
	reader_warning(reader, &subjects, "the list is asked about none of these: see its \"subjects\"");
}

static void check_responses(struct reader *reader, const struct node *node, const struct list *list, bool sound)
{
	struct node array, element;

	if (list->n_responses == 0)
		return;
	reader_member(reader, node, "responses", &array);
	reader_element(reader, &array, 0, &element);
	for (size_t i = 0; i < list->n_responses; i++, reader_next(reader, &element)) {
		check_points(reader, &element, list, list->responses[i].points);
		if (sound)
			check_response(reader, &element, list, i);
	}
}

void checks_response(struct reader *reader, const struct node *node, void *object, bool sound)
{
	const struct response *response = object;
	struct node at;

	if (!sound || can_be_listing(&response->match))
		return;
	reader_member(reader, node, "match", &at);
	reader_error(reader, &at, "an answer outside 127.0.0.0/8 is never a listing");
}

static void check_point(struct reader *reader, const struct node *probe, const struct list *list, const char *key,
			const char *point)
{
	struct ipaddr addr;
	struct dnsname name;
	struct node at;

	if (point == NULL || list->form.wire.len == 0)
		return;
	if (ipaddr_parse(&addr, point) ? nameform_address(&list->form, &addr, &name) : nameform_domain(&list->form, point, &name))
		return;
	reader_member(reader, probe, key, &at);
	reader_error(reader, &at, "the list cannot be asked about this: it is too long, or no IPv4 address where octets are asked for");
}

static void check_probe(struct reader *reader, const struct node *node, const struct list *list)
{
	struct node probe;

	reader_member(reader, node, "probe", &probe);
	check_point(reader, &probe, list, "listed", list->probe.listed);
	check_point(reader, &probe, list, "unlisted", list->probe.unlisted);
}

void checks_list(struct reader *reader, const struct node *node, void *object, bool sound)
{
	struct list *list = object;

	choose_name(reader, node, list);
	choose_zone_or_query(reader, node, list, sound);
	if (list->subjects == 0)
		list->subjects = SUBJECT_BIT(SUBJECT_CLIENT) | (list->kind == LIST_ALLOW ? 0 : SUBJECT_BIT(SUBJECT_RECEIVED));
	check_points(reader, node, list, list->points);
	if (list->kind == LIST_ALLOW && list->points > 0)
		list->points = 0;              /* the default is for block lists */
	if (sound && list->name != NULL && (list->zone != NULL || list->query != NULL)) {
		check_form(reader, node, list);
		check_probe(reader, node, list);
		check_allow(reader, node, list);
		check_domain(reader, node, list);
		settle_on_failure(reader, node, list);
		if (!add_always_refused(reader, list))
			out_of_memory(reader, node);
	}
	check_responses(reader, node, list, sound);
	if (!sound)
		return;
	if ((list->n_responses == 0 && !add_any_response(reader, list)) || !complete_responses(reader, list))
		out_of_memory(reader, node);
}

/* --- actions --- */

/* Does nothing but the rule's place say when it holds? */
static bool always_holds(const struct rule *rule)
{
	return !rule->has_points && !rule->has_matches && !rule->trusted && rule->unanswered == 0;
}

void checks_rule(struct reader *reader, const struct node *node, void *object, bool sound)
{
	const unsigned end = ACTIONS_REFUSE | ACTION_DISCARD;   /* nobody gets to see a mark */
	struct rule *rule = object;
	unsigned withhold;
	struct node at;

	if (rule->reroute != NULL)
		rule->actions |= ACTION_REROUTE;
	withhold = rule->actions & ACTIONS_WITHHOLD;
	rule->unanswered = rule->unanswered == SCHEMA_UNSET ? 0 : rule->unanswered;
	rule->has_points = rule->points != SCHEMA_UNSET;
	rule->has_matches = rule->matches != SCHEMA_UNSET;
	rule->points = rule->has_points ? rule->points : 0;
	rule->matches = rule->has_matches ? rule->matches : 0;
	if (!sound)
		return;
	reader_member(reader, node, "do", &at);
	if ((withhold & (withhold - 1)) != 0)
		reader_error(reader, &at, "only one of \"reject\", \"tempfail\", \"drop\", \"discard\", \"quarantine\" and "
			     "\"reroute\" can be done");
	if ((rule->actions & end) != 0 && (rule->actions & ACTIONS_MARK) != 0)
		reader_error(reader, &at, "\"flag\" and \"prefix\" have no effect on a message that is refused or discarded: "
			     "leave them out");
	if (withhold != 0 && always_holds(rule))
		reader_warning(reader, &at, "is done to every message: \"when\" says nothing of points, matches, trusted lists or "
			       "unanswered lookups");
}

void checks_prefix(struct reader *reader, const struct node *node, void *object, bool sound)
{
	const struct prefix_settings *prefix = object;
	struct node at;

	if (!sound || prefix->text[strspn(prefix->text, " ")] != '\0')
		return;
	reader_member(reader, node, "text", &at);
	reader_error(reader, &at, "needs something that can be seen");
}

static void check_trusted(struct reader *reader, const struct node *node, const struct ruleset *rules)
{
	bool lists = false;
	struct node array, element;

	for (size_t i = 0; i < rules->n_lists; i++)
		lists |= rules->lists[i].trusted;
	for (size_t i = 0; i < rules->n_actions && !lists; i++) {
		if (!rules->actions[i].trusted)
			continue;
		reader_member(reader, node, "actions", &array);
		reader_element(reader, &array, i, &element);
		reader_warning(reader, &element, "holds only for addresses that were added by hand: no list is \"trusted\"");
	}
}

/* Can points be less on more subjects? */
static bool has_negative_points(const struct ruleset *rules)
{
	for (size_t i = 0; i < rules->n_lists; i++)
		for (size_t j = 0; j < rules->lists[i].n_responses; j++)
			if (rules->lists[i].responses[j].points < 0)
				return true;
	return false;
}

/* Does `upper` hold whenever `lower` does? Matches only grow with the subjects, and so do points (`grow`) where no allow list
 * has negative ones; and whoever has a point has a match. */
static bool rule_covers(const struct rule *upper, const struct rule *lower, bool grow)
{
	if (upper->has_points && !grow && upper->subjects != lower->subjects)
		return false;
	if ((upper->trusted && !lower->trusted) || upper->unanswered > lower->unanswered)
		return false;
	if ((upper->has_points || upper->has_matches || upper->trusted) && (lower->subjects & ~upper->subjects) != 0)
		return false;
	if (upper->has_points && !(lower->has_points && lower->points >= upper->points))
		return false;
	if (!upper->has_matches || (lower->has_matches && lower->matches >= upper->matches))
		return true;
	return upper->matches <= 1 && (lower->has_points || lower->trusted);
}

static void check_rule_order(struct reader *reader, const struct node *array, const struct ruleset *rules)
{
	const bool grow = !has_negative_points(rules);

	for (size_t i = 1; i < rules->n_actions; i++)
		for (size_t j = 0; j < i; j++) {
			struct node at;

			if (!rule_covers(&rules->actions[j], &rules->actions[i], grow))
				continue;
			reader_element(reader, array, i, &at);
			reader_warning(reader, &at, "never holds: whenever it would, actions[%zu] above holds already", j);
			break;
		}
}

static void check_actions(struct reader *reader, const struct node *node, const struct ruleset *rules)
{
	struct node array;

	reader_member(reader, node, "actions", &array);
	if (array.value == NULL)
		return;
	if (rules->n_actions == 0)
		reader_warning(reader, &array, "without a rule nothing is ever done");
	check_rule_order(reader, &array, rules);
}

/* --- exceptions --- */

void checks_exception(struct reader *reader, const struct node *node, void *object, bool sound)
{
	struct exception_rule *rule = object;
	struct node until;

	rule->ends_s = INT64_MAX;
	if (!sound)
		return;
	if (!ipaddr_is_set(&rule->client.low) && rule->sender.glob == NULL && rule->recipient.glob == NULL &&
	    rule->host.glob == NULL && rule->helo.glob == NULL)
		reader_error(reader, node, "has no condition: it would exempt everybody");
	if (rule->until == NULL || !value_parse_date(&rule->ends_s, rule->until, NULL) || rule->ends_s > reader->now_s)
		return;
	reader_member(reader, node, "until", &until);
	reader_warning(reader, &until, "%s is over: the rule does not hold any more", rule->until);
}

/* The place of the list or check of that name, those of the checks behind the lists; n_lists: there is none, and the fault is
 * told. */
static size_t list_named(struct reader *reader, const struct node *node, const struct ruleset *rules, const char *name)
{
	struct nearest nearest = nearest_to(name);

	for (size_t i = 0; i < rules->n_lists; i++)
		if (rules->lists[i].name != NULL && strcmp(rules->lists[i].name, name) == 0)
			return i;
	for (enum check_kind kind = 0; kind < CHECKS; kind++) {
		if (strcmp(check_word(kind), name) == 0)
			return rules->n_lists + kind;
		nearest_offer(&nearest, check_word(kind));
	}
	for (size_t i = 0; i < rules->n_lists && reader->faults->n < FAULTS_MAX; i++)
		if (rules->lists[i].name != NULL)
			nearest_offer(&nearest, rules->lists[i].name);
	if (nearest.best != NULL)
		reader_error(reader, node, "no list or check is called \"%.60s\"; did you mean \"%s\"?", name, nearest.best);
	else
		reader_error(reader, node, "no list or check is called \"%.60s\"", name);
	return rules->n_lists;
}

static void find_lists(struct reader *reader, const struct node *node, const struct ruleset *rules,
		       struct exception_rule *rule)
{
	uint16_t *lists = arena_alloc_n(reader->arena, rule->n_lists, sizeof *lists);
	struct node names, name;

	if (lists == NULL) {
		out_of_memory(reader, node);
		return;
	}
	reader_member(reader, node, "lists", &names);
	reader_element(reader, &names, 0, &name);
	for (size_t i = 0; i < rule->n_lists; i++, reader_next(reader, &name))
		lists[i] = (uint16_t)list_named(reader, &name, rules, rule->list_names[i]);
	rule->lists = lists;
	rule->list_names = NULL;
}

/* The rules name lists, so they are completed when those are known. */
static void complete_exceptions(struct reader *reader, const struct node *node, struct ruleset *rules)
{
	const size_t n = rules->exceptions.n_rules;
	struct exception_rule *copy;
	struct node exceptions, array, element;

	if (n == 0)
		return;
	copy = arena_alloc_n(reader->arena, n, sizeof *copy);
	if (copy == NULL) {
		out_of_memory(reader, node);
		return;
	}
	memcpy(copy, rules->exceptions.rules, n * sizeof *copy);
	reader_member(reader, node, "exceptions", &exceptions);
	reader_member(reader, &exceptions, "rules", &array);
	reader_element(reader, &array, 0, &element);
	for (size_t i = 0; i < n; i++, reader_next(reader, &element))
		if (copy[i].n_lists > 0)
			find_lists(reader, &element, rules, &copy[i]);
	rules->exceptions.rules = copy;
}

/* --- the whole --- */

static size_t first_of_name(const struct ruleset *rules, size_t index)
{
	const char *name = rules->lists[index].name;

	for (size_t i = 0; i < index; i++)
		if (rules->lists[i].name != NULL && strcmp(rules->lists[i].name, name) == 0)
			return i;
	return index;
}

static void check_list_names(struct reader *reader, const struct node *lists, const struct ruleset *rules)
{
	struct node element, name;

	if (rules->n_lists == 0)
		return;
	reader_element(reader, lists, 0, &element);
	for (size_t i = 0; i < rules->n_lists; i++, reader_next(reader, &element)) {
		size_t first;

		if (rules->lists[i].name == NULL)
			continue;
		first = first_of_name(rules, i);
		if (first == i)
			continue;
		reader_member(reader, &element, "name", &name);
		reader_error(reader, &name, "\"%s\" is the name of lists[%zu] already", rules->lists[i].name, first);
	}
}

static bool anyone_asks(const struct ruleset *rules, enum subject_kind kind)
{
	for (size_t i = 0; i < rules->n_lists; i++)
		if ((rules->lists[i].subjects & SUBJECT_BIT(kind)) != 0)
			return true;
	return false;
}

static void check_window(struct reader *reader, const struct node *received, const char *key,
			 const struct hop_window *window, bool unasked)
{
	struct node at, enabled;

	if (!window->enabled || !unasked)
		return;
	reader_member(reader, received, key, &at);
	reader_member(reader, &at, "enabled", &enabled);
	reader_warning(reader, &enabled, "no list has \"received\" among its \"subjects\"");
}

static void check_received(struct reader *reader, const struct node *node, const struct ruleset *rules)
{
	const bool unasked = rules->n_lists > 0 && !anyone_asks(rules, SUBJECT_RECEIVED);
	struct node received;

	reader_member(reader, node, "received", &received);
	check_window(reader, &received, "smtp", &rules->received.smtp, unasked);
	check_window(reader, &received, "pop", &rules->received.pop, unasked);
	if (rules->received.pop.enabled && addrset_is_empty(&rules->received.pop_clients)) {
		struct node pop;

		reader_member(reader, &received, "pop", &pop);
		reader_warning(reader, &pop, "there are no \"pop_clients\" whose mail would follow this");
	}
}

/* A list that nobody asks, with one response. False: out of memory. */
static bool make_standing(struct reader *reader, const char *name, int points, const char *message, const char *header,
			  struct list *out)
{
	struct response *response = arena_alloc(reader->arena, sizeof *response);

	if (response == NULL || !answerpat_parse(&response->match, any_listing, NULL))
		return false;
	response->subjects = SUBJECT_ALL;
	response->points = points;
	response->message = message;
	response->header = header;
	*out = (struct list){ .kind = LIST_BLOCK, .name = name, .points = points, .message = message, .header = header,
			      .responses = response, .n_responses = 1 };
	return true;
}

static bool make_check(struct reader *reader, enum check_kind kind, const struct check_settings *settings, struct list *out)
{
	if (!make_standing(reader, check_word(kind), settings->points, settings->message, settings->header, out))
		return false;
	out->mode = settings->mode;
	return true;
}

/* The lists that stand for the checks and for what was added by hand, behind the others: their order is that of the headers. */
static bool add_standing(struct reader *reader, struct ruleset *rules)
{
	struct list *lists = arena_alloc_n(reader->arena, rules->n_lists + CHECKS + 1, sizeof *lists);
	struct list *checks, *manual;

	if (lists == NULL)
		return false;
	if (rules->n_lists > 0)
		memcpy(lists, rules->lists, rules->n_lists * sizeof *lists);
	checks = lists + rules->n_lists;
	manual = checks + CHECKS;
	for (enum check_kind kind = 0; kind < CHECKS; kind++)
		if (!make_check(reader, kind, &rules->check_settings[kind], &checks[kind]))
			return false;
	if (!make_standing(reader, "manual", MANUAL_POINTS, "{subject} is refused here", "{subject} is listed by {list}", manual))
		return false;
	manual->trusted = true;
	rules->lists = lists;
	rules->checks = checks;
	rules->manual = manual;
	return true;
}

/* Who could be listed? A list that never counts puts nobody on the screen. */
static void check_screen(struct reader *reader, const struct node *node, const struct ruleset *rules)
{
	struct node screen, at;

	if (!rules->screen.automatic)
		return;
	for (size_t i = 0; i < rules->n_lists; i++) {
		const struct list *list = &rules->lists[i];

		if (list->kind == LIST_BLOCK && list->mode == LIST_ENFORCE && (list->subjects & SUBJECT_BIT(SUBJECT_CLIENT)) != 0)
			return;
	}
	reader_member(reader, node, "screen", &screen);
	reader_member(reader, &screen, "auto", &at);
	reader_warning(reader, &at, "nobody is ever added: no block list in force is asked about the client");
}

static bool has_checks(const struct ruleset *rules)
{
	for (size_t i = 0; i < CHECKS; i++)
		if (rules->check_settings[i].enabled)
			return true;
	return false;
}

/* The public suffixes, where a list wants to know what was registered. */
static void load_suffixes(struct reader *reader, const struct node *lists, struct ruleset *rules)
{
	struct node element, at;

	for (size_t i = 0; i < rules->n_lists; i++) {
		if (rules->lists[i].domain != LIST_DOMAIN_REGISTRABLE)
			continue;
		rules->suffixes = suffix_load();
		if (rules->suffixes != NULL)
			return;
		reader_element(reader, lists, i, &element);
		reader_member(reader, &element, "domain", &at);
		reader_error(reader, &at, "this system has no list of public suffixes: install publicsuffix");
		return;
	}
}

void checks_root(struct reader *reader, const struct node *node, void *object, bool sound)
{
	struct ruleset *rules = object;
	struct node lists, dns, at;

	for (size_t i = 0; i < rules->n_lists; i++)
		rules->subjects |= rules->lists[i].subjects;
	reader_member(reader, node, "lists", &lists);
	check_list_names(reader, &lists, rules);
	complete_exceptions(reader, node, rules);
	if (!sound)
		return;
	load_suffixes(reader, &lists, rules);
	if (!add_standing(reader, rules))
		out_of_memory(reader, node);
	if (rules->n_lists == 0 && !has_checks(rules))
		reader_warning(reader, &lists, "there is no list: nothing is ever looked up");
	if (rules->n_lists > (size_t)rules->dns.max_queries) {
		reader_member(reader, node, "dns", &dns);
		reader_member(reader, &dns, "max_queries", &at);
		reader_warning(reader, &at, "%d queries of one message cannot ask all %zu lists", rules->dns.max_queries,
			       rules->n_lists);
	}
	check_received(reader, node, rules);
	check_screen(reader, node, rules);
	check_actions(reader, node, rules);
	check_trusted(reader, node, rules);
}
