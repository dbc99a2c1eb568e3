/* dryrun: a message walked through the stages without an MTA.
 * The stages decide; here it is only looked at what they left in the session. */
#include "milter/dryrun.h"

#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "common/message.h"
#include "common/origin.h"
#include "common/received.h"

enum {
	CLIENT_PORT = 40000,         /* any but 0, which means a local submission of Postfix's */
	ARENA_BYTES = 4 << 20,
};

static const char nobody[] = "recipient@rblctl.invalid";

/* --- the way through the stages ----------------------------------------------------------------------------------- */

/* NULL: there is none. */
static const struct sockaddr *address_of(const struct ipaddr *client, struct sockaddr_storage *out)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(CLIENT_PORT) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(CLIENT_PORT) };

	if (!ipaddr_is_set(client))
		return NULL;
	if (client->len == IPADDR_V4) {
		memcpy(&in.sin_addr, client->byte, IPADDR_V4);
		memcpy(out, &in, sizeof in);
	} else {
		memcpy(&in6.sin6_addr, client->byte, IPADDR_V6);
		memcpy(out, &in6, sizeof in6);
	}
	return (const struct sockaddr *)out;
}

const char *dryrun_stage_word(enum dryrun_stage stage)
{
	static const char *const words[] = { [DRYRUN_CONNECT] = "connect", [DRYRUN_RCPT] = "rcpt", [DRYRUN_EOM] = "eom" };

	return words[stage];
}

/* False: he is turned away. */
static bool greet(struct dryrun *run, const struct dryrun_input *input)
{
	struct session *session = run->session;
	struct sockaddr_storage addr;
	bool named = input->client_name != NULL;

	session->facts.fetched = input->fetched;
	stage_connect(session, named ? input->client_name : "unknown", address_of(&input->client, &addr), named ? "OK" : NULL);
	stage_door(session, &run->outcome);
	if (run->outcome.kind != OUTCOME_GO_ON)
		return false;
	stage_helo(session, input->helo);
	return true;
}

/* True: somebody gets the message. */
static bool say_recipients(struct dryrun *run, const struct dryrun_input *input)
{
	bool any = false;

	for (size_t i = 0; i < run->n_recipients; i++) {
		struct dryrun_recipient *recipient = &run->recipients[i];

		recipient->address = input->n_recipients > 0 ? input->recipients[i] : nobody;
		stage_rcpt(run->session, recipient->address, NULL, &recipient->outcome);
		run->outcome = recipient->outcome;
		any |= recipient->outcome.kind == OUTCOME_GO_ON;
	}
	return any;
}

/* The headers as the message had them when it arrived; `room` as for message_open(). */
static void say_headers(struct session *session, const struct dryrun_input *input, char *room)
{
	struct message_header header;
	struct message message;
	size_t own = 0;

	message_open(&message, input->message, input->message_bytes, room);
	while (message_next(&message, &header)) {
		if (own == input->n_own)
			stage_header(session, header.name, header.value);
		else if (strcasecmp(header.name, "Received") == 0)
			own++;
	}
}

/* --- what became of the Received headers -------------------------------------------------------------------------- */

/* Why the rules ask nobody about this address, though it lies in the window. */
static const char *why_not_asked(const struct session *session, const struct subject *subject)
{
	const struct ruleset *rules = session->rules;
	bool lists = false, private_lists = false;

	if (subject->exempt == EXEMPT_FROM_EXEMPT)
		return "is left out: the client is exempt (received.skip_from_exempt)";
	if (subject->exempt != EXEMPT_NOT)
		return subject->exempt == EXEMPT_LOOPBACK ? "is of this machine, and exempt" : "is exempt";
	if (subject->manual != NULL)
		return "was added by hand, so it is listed without being asked about";
	for (size_t i = 0; i < rules->n_lists; i++) {
		bool asks = (rules->lists[i].subjects & SUBJECT_BIT(SUBJECT_RECEIVED)) != 0;

		lists |= asks;
		private_lists |= asks && rules->lists[i].private_too;
	}
	if (!lists)
		return "is not looked at: no list is asked about Received addresses";
	if (ipaddr_is_private(&subject->addr) && !private_lists)
		return "is a private address";
	if (session->last.batch != NULL && session->last.batch->n_left_out > 0)
		return "is beyond dns.max_queries";
	return "is not looked at: no list can be asked about it now";
}

static bool is_asked(const struct batch *batch, size_t subject)
{
	for (size_t i = 0; batch != NULL && i < batch->n_queries; i++)
		if (batch->queries[i].subject == subject)
			return true;
	return false;
}

static void tell_taken(const struct session *session, const struct ipaddr *addr, bool seen, struct dryrun_hop *out)
{
	const struct subjects *subjects = &session->last.subjects;

	if (ipaddr_equal(addr, &session->facts.client)) {
		out->reason = "is the client's own address";
		return;
	}
	if (seen) {
		out->reason = "was seen in a newer header";
		return;
	}
	for (size_t i = 0; i < subjects->n; i++) {
		if (subjects->item[i].kind != SUBJECT_RECEIVED || !ipaddr_equal(&subjects->item[i].addr, addr))
			continue;
		out->taken = subjects->item[i].manual != NULL || is_asked(session->last.batch, i);
		out->reason = out->taken && subjects->item[i].manual == NULL ? hop_fate_text(HOP_TAKEN) :
			      why_not_asked(session, &subjects->item[i]);
		return;
	}
	out->reason = "is beyond what is looked at of one message";
}

/* Above `first_hop` our own gateways wrote. */
static void tell_gateway(size_t index, size_t first_hop, struct dryrun_hop *out)
{
	out->taken = index + 1 == first_hop;
	out->reason = out->taken ? "names the client: whoever wrote above it is a gateway of ours" :
				   "was written by a gateway of ours";
}

/* Why no header is looked at; NULL: they are. */
static const char *why_none(const struct dryrun *run)
{
	const struct session *session = run->session;

	if (run->stage != DRYRUN_EOM)
		return "is not looked at: the message is refused before its headers come";
	if (session->blocked != BLOCKED_NOT && session->blocked != BLOCKED_RECIPIENT)
		return "is not looked at: the message is blocked";
	if (origin_of(session->rules, &session->facts) == ORIGIN_RELAY)
		return "is not looked at: no client was found behind our gateway";
	if (!origin_window(session->rules, &session->facts)->enabled && session->facts.first_hop == 0)
		return hop_fate_text(HOP_OFF);
	return NULL;
}

static enum hop_fate fate_of(const struct session *session, size_t index)
{
	const struct facts *facts = &session->facts;

	return hop_fate(origin_window(session->rules, facts), session->rules->received.skip_authenticated,
			facts->hops + facts->first_hop, facts->n_hops - facts->first_hop, index - facts->first_hop);
}

static bool was_seen(const struct session *session, size_t index)
{
	const struct facts *facts = &session->facts;

	for (size_t i = facts->first_hop; i < index; i++)
		if (ipaddr_equal(&facts->hops[i].addr, &facts->hops[index].addr) && fate_of(session, i) == HOP_TAKEN)
			return true;
	return false;
}

/* `index`: among the headers that the message had when it arrived. */
static void tell_fate(const struct dryrun *run, size_t index, struct dryrun_hop *out)
{
	const struct session *session = run->session;
	const struct facts *facts = &session->facts;
	enum hop_fate fate;

	out->reason = why_none(run);
	if (out->reason != NULL)
		return;
	if (index >= facts->n_hops) {
		out->reason = "is beyond what is kept of one message";
		return;
	}
	if (index < facts->first_hop) {
		tell_gateway(index, facts->first_hop, out);
		return;
	}
	fate = fate_of(session, index);
	if (fate == HOP_TAKEN)
		tell_taken(session, &out->hop.addr, was_seen(session, index), out);
	else
		out->reason = hop_fate_text(fate);
}

static void tell_hops(struct dryrun *run, const struct dryrun_input *input, char *room)
{
	struct message_header header;
	struct message message;

	message_open(&message, input->message, input->message_bytes, room);
	while (message_next(&message, &header)) {
		struct dryrun_hop *hop = &run->hops[run->n_hops];

		if (strcasecmp(header.name, "Received") != 0)
			continue;
		if (run->n_hops == DRYRUN_HOPS_MAX) {
			run->n_hops_left_out++;
			continue;
		}
		received_parse(header.value, &hop->hop);
		if (run->n_hops < input->n_own)
			hop->reason = "was written by our own mail server";
		else
			tell_fate(run, run->n_hops - input->n_own, hop);
		run->n_hops++;
	}
}

/* --- all together ------------------------------------------------------------------------------------------------- */

static void walk(struct dryrun *run, const struct dryrun_input *input, char *room)
{
	struct session *session = run->session;

	if (!greet(run, input))
		return;
	run->stage = DRYRUN_RCPT;
	stage_mail(session, input->sender, input->login, NULL, &run->outcome);
	if (!say_recipients(run, input))
		return;
	run->stage = DRYRUN_EOM;
	say_headers(session, input, room);
	stage_eom(session, NULL, &run->outcome, &run->edits);
}

/* What was asked and did not matter, of a blocked recipient say, mail would not have waited for. Whoever reads the batches has
 * to: until then the answers are the DNS thread's. */
static void wait_for_rest(struct session *session)
{
	const struct asked *asked[] = { &session->client, &session->names, &session->last };
	int64_t left_us = session->rules->dns.budget_us - session->waited_us;
	struct monotime deadline = monotime_add(monotime_now(), left_us > 0 ? left_us : 0);

	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
		if (asked[i]->batch != NULL)
			lookup_wait(asked[i]->batch, deadline);
		if (asked[i]->checks.batch != NULL)
			lookup_wait(asked[i]->checks.batch, deadline);
	}
}

bool dryrun_start(struct dryrun *run, struct service *service, const struct dryrun_input *input)
{
	struct session *session = session_new_dry(service);
	char *room;

	*run = (struct dryrun){ .session = session, .stage = DRYRUN_CONNECT };
	arena_init(&run->arena, ARENA_BYTES);
	if (session == NULL)
		return false;
	run->n_recipients = input->n_recipients > 0 ? input->n_recipients : 1;
	run->recipients = arena_alloc_n(&run->arena, run->n_recipients, sizeof *run->recipients);
	run->hops = arena_alloc_n(&run->arena, DRYRUN_HOPS_MAX, sizeof *run->hops);
	room = arena_alloc(&run->arena, input->message_bytes + 2);
	if (run->recipients == NULL || run->hops == NULL || room == NULL)
		return false;
	run->edits = (struct edits){ .flag_header = session->rules->flag.header };
	walk(run, input, room);
	wait_for_rest(session);
	tell_hops(run, input, room);
	return true;
}

void dryrun_free(struct dryrun *run)
{
	session_free(&run->session);
	arena_clear(&run->arena);
	*run = (struct dryrun){ .session = NULL };
}
