/* check: verifications that need no list.
 * All questions of a check go out at once, for most are answered by one round trip; only the addresses of a client's names
 * have to wait until the names are known. */
#include "common/check.h"

#include <string.h>

#include "common/domain.h"
#include "common/mailaddr.h"

static const uint8_t root_zone[] = "";
static const uint8_t v4_zone[] = "\7in-addr\4arpa";
static const uint8_t v6_zone[] = "\3ip6\4arpa";

/* --- what is to be checked ---------------------------------------------------------------------------------------- */

static bool make_room(struct checks *checks, struct arena *arena)
{
	*checks = (struct checks){ .subjects.room = CHECKS };
	checks->subjects.item = arena_alloc_n(arena, CHECKS, sizeof *checks->subjects.item);
	return checks->subjects.item != NULL;
}

static void add(struct checks *checks, enum check_kind kind, const struct subject *subject, const char *fault)
{
	checks->item[checks->subjects.n] = (struct check){ .kind = kind, .fault = fault };
	checks->subjects.item[checks->subjects.n++] = *subject;
}

bool check_client(const struct ruleset *rules, const struct facts *facts, struct arena *arena, struct checks *out)
{
	*out = (struct checks){ 0 };
	if (!rules->check_settings[CHECK_REVERSE_DNS].enabled || facts->client_name != NULL ||
	    !ipaddr_is_set(&facts->client) || ipaddr_is_private(&facts->client))
		return true;
	if (!make_room(out, arena))
		return false;
	add(out, CHECK_REVERSE_DNS, &(struct subject){ .kind = SUBJECT_CLIENT, .addr = facts->client }, NULL);
	return true;
}

/* What a text is that should be a name or an address literal. */
struct reading {
	bool literal;                /* a sound one: `addr` */
	struct ipaddr addr;
	const char *fault;           /* it is neither; NULL: it is a literal or a name */
	char name[DOMAIN_BYTES];     /* the name as it can be asked about */
};

static void read_name(const char *text, struct reading *out)
{
	enum domain_kind kind = domain_parse(out->name, text);

	out->literal = kind == DOMAIN_ADDRESS && ipaddr_parse_literal(&out->addr, text);
	if (kind == DOMAIN_NAME || kind == DOMAIN_ONE_LABEL || out->literal)
		out->fault = NULL;
	else
		out->fault = kind == DOMAIN_ADDRESS ? "bad-literal" : "bad-name";
}

/* The subject is the name, or the text as it came. */
static bool add_name(enum check_kind kind, enum subject_kind subject, const struct reading *reading, const char *text,
		     struct arena *arena, struct checks *out)
{
	const char *copy = arena_strdup(arena, reading->fault != NULL ? text : reading->name);

	if (copy == NULL)
		return false;
	add(out, kind, &(struct subject){ .kind = subject, .name = copy }, reading->fault);
	return true;
}

/* A sender without a domain is a user here: whether that will do, the MTA knows. */
static bool add_sender(const struct facts *facts, struct arena *arena, struct checks *out)
{
	char domain[MAILADDR_DOMAIN_BYTES];
	struct reading reading;

	if (facts->sender == NULL || !mailaddr_path_domain(domain, facts->sender))
		return true;
	read_name(domain, &reading);
	return reading.literal || add_name(CHECK_MAIL_FROM, SUBJECT_SENDER, &reading, domain, arena, out);
}

/* Behind a gateway, HELO is the gateway's. */
static bool add_helo(const struct facts *facts, struct arena *arena, struct checks *out)
{
	struct reading reading;

	if (facts->helo == NULL || ipaddr_is_set(&facts->relay) || ipaddr_is_private(&facts->client))
		return true;
	read_name(facts->helo, &reading);
	if (reading.literal && ipaddr_equal(&reading.addr, &facts->client))
		return true;
	if (reading.literal)
		reading.fault = "not-client";
	return add_name(CHECK_HELO, SUBJECT_HELO, &reading, facts->helo, arena, out);
}

bool check_names(const struct ruleset *rules, const struct facts *facts, struct arena *arena, struct checks *out)
{
	const bool sender = rules->check_settings[CHECK_MAIL_FROM].enabled, helo = rules->check_settings[CHECK_HELO].enabled;

	*out = (struct checks){ 0 };
	if (!sender && !helo)
		return true;
	return make_room(out, arena) && (!sender || add_sender(facts, arena, out)) && (!helo || add_helo(facts, arena, out));
}

/* --- questions ---------------------------------------------------------------------------------------------------- */

static void drop(struct checks *checks, size_t index)
{
	size_t behind = --checks->subjects.n - index;

	memmove(&checks->item[index], &checks->item[index + 1], behind * sizeof checks->item[0]);
	memmove(&checks->subjects.item[index], &checks->subjects.item[index + 1], behind * sizeof checks->subjects.item[0]);
}

static void drop_exempt(const struct ruleset *rules, struct checks *checks, const struct listset *left_out)
{
	for (size_t i = checks->subjects.n; i-- > 0;)
		if (checks->subjects.item[i].exempt != EXEMPT_NOT || listset_has(left_out, rules->n_lists + checks->item[i].kind))
			drop(checks, i);
}

/* The most questions that a check can come to. */
static size_t most_questions(const struct ruleset *rules, const struct check *check)
{
	if (check->fault != NULL)
		return 0;
	switch (check->kind) {
	case CHECK_MAIL_FROM:
		return 3;
	case CHECK_REVERSE_DNS:
		return 1 + (rules->check_settings[CHECK_REVERSE_DNS].confirm ? ANSWER_NAMES_MAX : 0);
	case CHECK_HELO:
		return 2;
	case CHECKS:
		break;
	}
	return 0;
}

/* MX, if it is wanted, A, AAAA. */
static void ask_name(struct check *check, const char *domain, bool mx, struct batch *batch)
{
	struct dnsname name;
	size_t n = 0;

	if (!dnswire_name_below(&name, domain, root_zone, sizeof root_zone))
		return;
	if (mx)
		check->asked[n++] = query_add(batch, &name, DNSWIRE_TYPE_MX, ANSWER_MAIL);
	check->asked[n++] = query_add(batch, &name, DNSWIRE_TYPE_A, ANSWER_HOST);
	check->asked[n++] = query_add(batch, &name, DNSWIRE_TYPE_AAAA, ANSWER_HOST);
}

static void ask_client(struct check *check, const struct ipaddr *addr, bool confirm, struct batch *batch)
{
	const bool v4 = addr->len == IPADDR_V4;
	struct question *ptr;
	struct dnsname name;

	if (!dnswire_name_reverse(&name, addr, v4 ? v4_zone : v6_zone, v4 ? sizeof v4_zone : sizeof v6_zone))
		return;
	ptr = query_add(batch, &name, DNSWIRE_TYPE_PTR, ANSWER_NAMES);
	if (ptr != NULL && confirm)
		ptr->then = v4 ? DNSWIRE_TYPE_A : DNSWIRE_TYPE_AAAA;
	check->asked[0] = ptr;
}

bool check_plan(struct ruleset *rules, struct checks *checks, const struct listset *left_out, size_t max_questions)
{
	size_t most = 0;

	drop_exempt(rules, checks, left_out);
	for (size_t i = 0; i < checks->subjects.n; i++)
		most += most_questions(rules, &checks->item[i]);
	if (most == 0)
		return true;
	checks->batch = query_empty(rules, most < max_questions ? most : max_questions);
	if (checks->batch == NULL)
		return false;
	for (size_t i = 0; i < checks->subjects.n; i++) {
		struct check *check = &checks->item[i];
		const struct subject *subject = &checks->subjects.item[i];

		if (check->fault != NULL)
			continue;
		if (check->kind == CHECK_REVERSE_DNS)
			ask_client(check, &subject->addr, rules->check_settings[CHECK_REVERSE_DNS].confirm, checks->batch);
		else
			ask_name(check, subject->name, check->kind == CHECK_MAIL_FROM, checks->batch);
	}
	return true;
}

/* --- what the answers mean ---------------------------------------------------------------------------------------- */

static bool is(const struct question *q, enum answer_status status)
{
	return q != NULL && question_answer(q)->status == status;
}

/* `at_worst`: whatever is still out speaks against the message. */
static bool is_absent(const struct question *q, bool at_worst)
{
	return is(q, ANSWER_ABSENT) || (at_worst && q != NULL && q->out);
}

static const char *judge_mail_from(const struct check *check, bool at_worst)
{
	const struct question *mx = check->asked[0], *a = check->asked[1], *aaaa = check->asked[2];

	if (is(mx, ANSWER_LISTED))
		return mx->answer.n == 0 ? "null-mx" : NULL;
	if (at_worst && mx != NULL && mx->out)
		return "null-mx";
	return is(mx, ANSWER_ABSENT) && is_absent(a, at_worst) && is_absent(aaaa, at_worst) ? "no-mx-no-address" : NULL;
}

static const char *judge_helo(const struct check *check, bool at_worst)
{
	return is_absent(check->asked[0], at_worst) && is_absent(check->asked[1], at_worst) ? "no-address" : NULL;
}

/* The addresses of the client's names stand behind its PTR, which is alone in its batch. */
static const char *judge_names(const struct batch *batch, const struct question *ptr, const struct ipaddr *client, bool at_worst)
{
	bool sure = !ptr->answer.cut && batch->n_left_out_seen == 0;

	for (const struct question *q = ptr + 1; q < batch->questions + batch->n_seen; q++) {
		if (answer_has_address(question_answer(q), client))
			return NULL;
		sure &= is_absent(q, at_worst) || (is(q, ANSWER_LISTED) && !q->answer.cut);
	}
	return sure ? "not-confirmed" : NULL;
}

static const char *judge_reverse_dns(const struct batch *batch, const struct check *check, const struct ipaddr *client,
				     bool at_worst)
{
	const struct question *ptr = check->asked[0];

	if (is_absent(ptr, at_worst) || (is(ptr, ANSWER_LISTED) && ptr->answer.n == 0))
		return "no-ptr";
	return is(ptr, ANSWER_LISTED) && ptr->then != 0 ? judge_names(batch, ptr, client, at_worst) : NULL;
}

static const char *judge(const struct checks *checks, size_t index, bool at_worst)
{
	const struct check *check = &checks->item[index];

	if (check->fault != NULL)
		return check->fault;
	switch (check->kind) {
	case CHECK_MAIL_FROM:
		return judge_mail_from(check, at_worst);
	case CHECK_REVERSE_DNS:
		return judge_reverse_dns(checks->batch, check, &checks->subjects.item[index].addr, at_worst);
	case CHECK_HELO:
		return judge_helo(check, at_worst);
	case CHECKS:
		break;
	}
	return NULL;
}

const char *check_judge(const struct checks *checks, size_t index)
{
	return judge(checks, index, false);
}

/* --- hits, and what may become one -------------------------------------------------------------------------------- */

/* Is it out, and could the check fail by its answer even if all others were in? */
static bool is_decisive(const struct check *check, const struct question *q)
{
	if (q == NULL || !q->out)
		return false;
	return check->kind != CHECK_MAIL_FROM || q == check->asked[0] ||
	       (is_absent(check->asked[1], true) && is_absent(check->asked[2], true));
}

static void collect_out(const struct checks *checks, size_t index, const struct list *list, struct arena *arena, struct hits *out)
{
	const struct check *check = &checks->item[index];
	const unsigned kinds = SUBJECT_BIT(checks->subjects.item[index].kind);

	for (size_t i = 0; i < CHECK_QUESTIONS_MAX; i++)
		if (is_decisive(check, check->asked[i]))
			hit_add_out(out, list, kinds, check->asked[i], arena);
	if (check->kind != CHECK_REVERSE_DNS)
		return;
	for (size_t i = 1; i < checks->batch->n_seen; i++)
		if (checks->batch->questions[i].out)
			hit_add_out(out, list, kinds, &checks->batch->questions[i], arena);
}

void check_collect(const struct ruleset *rules, const struct checks *checks, struct arena *arena, struct hits *out)
{
	for (size_t i = 0; i < checks->subjects.n; i++) {
		const struct subject *subject = &checks->subjects.item[i];
		const struct list *list = &rules->checks[checks->item[i].kind];
		const char *reason = judge(checks, i, false);

		if (reason != NULL)
			hit_add(out, &(struct hit){ .list = list, .response = &list->responses[0], .kind = subject->kind,
						    .addr = subject->addr, .name = subject->name, .reason = reason }, arena);
		else if (judge(checks, i, true) != NULL)
			collect_out(checks, i, list, arena, out);
	}
	if (checks->batch != NULL)
		hit_count(out, checks->batch);
}
