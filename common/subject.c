/* subject: facts -> addresses to ask about.
 * Each address once, however often it appears; the client's own is never counted again. */
#include "common/subject.h"

#include "common/ruleset.h"

const char *subject_word(enum subject_kind kind)
{
	static const char *const words[SUBJECT_KINDS] = {
		[SUBJECT_CLIENT] = "client", [SUBJECT_RECEIVED] = "received", [SUBJECT_HELO] = "helo",
		[SUBJECT_SENDER] = "sender", [SUBJECT_RDNS] = "rdns",         [SUBJECT_FROM] = "from",
	};

	return words[kind];
}

static bool make_room(struct subjects *subjects, size_t n, struct arena *arena)
{
	*subjects = (struct subjects){ .item = arena_alloc_n(arena, n, sizeof *subjects->item), .room = n };
	return subjects->item != NULL;
}

bool subject_collect_client(const struct ruleset *rules, const struct facts *facts, struct arena *arena,
			    struct subjects *out)
{
	(void)rules;
	*out = (struct subjects){ 0 };
	if (!ipaddr_is_set(&facts->client))
		return true;
	if (!make_room(out, 1, arena))
		return false;
	out->item[out->n++] = (struct subject){ .kind = SUBJECT_CLIENT, .addr = facts->client };
	return true;
}

static bool known(const struct subjects *subjects, const struct ipaddr *addr)
{
	for (size_t i = 0; i < subjects->n; i++)
		if (ipaddr_equal(&subjects->item[i].addr, addr))
			return true;
	return false;
}

/* No more addresses can be asked about than questions may be asked, so nobody has to walk thousands. */
static size_t most_subjects(const struct ruleset *rules, const struct facts *facts)
{
	size_t most = (size_t)rules->dns.max_queries;

	return facts->n_hops < most ? facts->n_hops : most;
}

bool subject_collect_received(const struct ruleset *rules, const struct facts *facts, struct arena *arena,
			      struct subjects *out)
{
	const struct received_settings *received = &rules->received;
	size_t most = most_subjects(rules, facts);

	*out = (struct subjects){ 0 };
	if (!received->smtp.enabled || most == 0)
		return true;
	if (!make_room(out, most, arena))
		return false;
	for (size_t i = 0; i < facts->n_hops && out->n < out->room; i++) {
		const struct ipaddr *addr = &facts->hops[i].addr;

		if (hop_fate(&received->smtp, received->skip_authenticated, facts->hops, facts->n_hops, i) != HOP_TAKEN)
			continue;
		if (!ipaddr_equal(addr, &facts->client) && !known(out, addr))
			out->item[out->n++] = (struct subject){ .kind = SUBJECT_RECEIVED, .addr = *addr };
	}
	return true;
}
