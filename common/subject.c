/* subject: facts -> addresses and domains to ask about.
 * Each address once, however often it appears; the client's own is never counted again. */
#include "common/subject.h"

#include <string.h>

#include "common/domain.h"
#include "common/mailaddr.h"
#include "common/origin.h"
#include "common/ruleset.h"

enum { HOP_SUBJECTS_MAX = 512 };

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

/* Enough for those that nobody is asked about, private ones say, beside those that are; nobody has to walk thousands. */
static size_t most_subjects(size_t n_hops)
{
	return n_hops < HOP_SUBJECTS_MAX ? n_hops : HOP_SUBJECTS_MAX;
}

bool subject_collect_received(const struct ruleset *rules, const struct facts *facts, struct arena *arena,
			      struct subjects *out)
{
	const struct hop_window *window = origin_window(rules, facts);
	const struct hop *hops = facts->hops + facts->first_hop;
	size_t n = facts->n_hops - facts->first_hop, most = most_subjects(n);
	size_t all = n + facts->n_hops_lost;   /* the oldest are among those that were not kept */

	*out = (struct subjects){ 0 };
	if (!window->enabled || most == 0)
		return true;
	if (!make_room(out, most, arena))
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct ipaddr *addr = &hops[i].addr;

		if (hop_fate(window, rules->received.skip_authenticated, hops, all, i) != HOP_TAKEN)
			continue;
		if (ipaddr_equal(addr, &facts->client) || known(out, addr))
			continue;
		if (out->n == out->room)
			out->n_left_out++;
		else
			out->item[out->n++] = (struct subject){ .kind = SUBJECT_RECEIVED, .addr = *addr };
	}
	return true;
}

/* --- domains ------------------------------------------------------------------------------------------------------ */

static bool asked(const struct ruleset *rules, enum subject_kind kind)
{
	return (rules->subjects & SUBJECT_BIT(kind)) != 0;
}

/* Adds the name if it is one that can be asked about. False: out of memory. */
static bool add_name(enum subject_kind kind, const char *text, struct arena *arena, struct subjects *out)
{
	char name[DOMAIN_BYTES];
	const char *copy;

	if (domain_parse(name, text) != DOMAIN_NAME)
		return true;
	copy = arena_strdup(arena, name);
	if (copy == NULL)
		return false;
	out->item[out->n++] = (struct subject){ .kind = kind, .name = copy };
	return true;
}

static bool add_sender(const char *sender, struct arena *arena, struct subjects *out)
{
	char domain[MAILADDR_DOMAIN_BYTES];

	if (sender == NULL || !mailaddr_path_domain(domain, sender))
		return true;
	return add_name(SUBJECT_SENDER, domain, arena, out);
}

bool subject_collect_names(const struct ruleset *rules, const struct facts *facts, struct arena *arena,
			   struct subjects *out)
{
	/* What a gateway of ours said in HELO tells nothing of whom it had the message from. */
	const unsigned names = SUBJECT_BIT(SUBJECT_RDNS) | SUBJECT_BIT(SUBJECT_HELO) | SUBJECT_BIT(SUBJECT_SENDER);

	*out = (struct subjects){ 0 };
	if ((rules->subjects & names) == 0)
		return true;
	return make_room(out, 3, arena) &&
	       (!asked(rules, SUBJECT_RDNS) || add_name(SUBJECT_RDNS, facts->client_name, arena, out)) &&
	       (!asked(rules, SUBJECT_HELO) || ipaddr_is_set(&facts->relay) || add_name(SUBJECT_HELO, facts->helo, arena, out)) &&
	       (!asked(rules, SUBJECT_SENDER) || add_sender(facts->sender, arena, out));
}

bool subject_add_from(const struct ruleset *rules, const struct facts *facts, struct arena *arena,
		      struct subjects *subjects)
{
	struct subjects more;

	if (!asked(rules, SUBJECT_FROM) || facts->from == NULL)
		return true;
	if (!make_room(&more, subjects->n + 1, arena))
		return false;
	if (subjects->n > 0)
		memcpy(more.item, subjects->item, subjects->n * sizeof *more.item);
	more.n = subjects->n;
	more.n_left_out = subjects->n_left_out;
	if (!add_name(SUBJECT_FROM, facts->from, arena, &more))
		return false;
	*subjects = more;
	return true;
}
