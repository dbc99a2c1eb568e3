/* doctor_dns: do the DNS servers answer truly, and are the lists what they should be?
 * Everything goes out at once and is waited for together; lists are judged by health's own judgement. */
#include "cli/doctor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/lookup.h"
#include "common/prober.h"

enum {
	ADVICE_BYTES = 400,
	MARGIN_US = 1000 * 1000,     /* beyond what a lookup takes at most */
};

#define BIT(point) (1u << (point))

/* Names that do not exist; a resolver that answers them lies. */
enum { LIES = 2 };

struct server_test {
	const struct dnsserver *server;
	struct batch *batch;
};

struct list_test {
	struct health_test test;
	struct batch *batch;
	struct health_result result;
};

/* --- DNS servers -------------------------------------------------------------------------------------------------- */

static struct batch *plan_server(struct ruleset *rules, const struct dnsserver *server)
{
	static const char *const zones[LIES] = { "com", "invalid" };
	struct dnsname names[LIES];

	for (size_t i = 0; i < LIES; i++) {
		struct nameform form;
		struct errmsg err;
		char label[32];

		snprintf(label, sizeof label, "x%08" PRIx32 "%08" PRIx32, arc4random(), arc4random());
		if (!nameform_parse(&form, zones[i], &err) || !nameform_domain(&form, label, &names[i]))
			return NULL;
	}
	return query_server(rules, server, names, LIES);
}

static void tell_of_lies(struct doctor *doctor, const char *check, const struct question *q)
{
	bool lies = false, honest = false;

	for (size_t i = 0; i < LIES; i++) {
		lies |= q[i].answer.foreign || q[i].answer.status == ANSWER_LISTED;
		honest |= q[i].answer.status == ANSWER_ABSENT && !q[i].answer.foreign;
	}
	if (lies)
		doctor_tell(doctor, DOCTOR_BAD, check, "use a resolver that answers truly: unbound on 127.0.0.1, named in dns.servers",
			    "it answers names that do not exist with an address");
	else if (honest)
		doctor_tell(doctor, DOCTOR_GOOD, check, "", "it answers truly that a name does not exist");
}

static bool has_answer(const struct question *q)
{
	return q->answer.status == ANSWER_ABSENT || q->answer.status == ANSWER_LISTED;
}

/* An error that came soon is an answer too, of a server that does not want to. */
static bool has_error(const struct question *q, const struct ruleset *rules)
{
	return q->answer.status == ANSWER_FAILED && q->took_us >= 0 && q->took_us < rules->dns.timeout_us;
}

static void tell_of_server(struct doctor *doctor, const struct server_test *test)
{
	const struct question *q = test->batch->questions;
	const char *operator = doctor_public_resolver(&test->server->addr);
	char check[100];

	snprintf(check, sizeof check, "resolver %s", test->server->text);
	if (has_answer(&q[0]) || has_answer(&q[1])) {
		const struct question *first = has_answer(&q[0]) ? &q[0] : &q[1];

		doctor_tell(doctor, DOCTOR_GOOD, check, "", "it answers in %.1f ms", (double)first->took_us / 1000);
		tell_of_lies(doctor, check, q);
	} else if (has_error(&q[0], doctor->rules) || has_error(&q[1], doctor->rules)) {
		doctor_tell(doctor, DOCTOR_BAD, check, "start it, let it resolve for this machine (access-control in unbound), or name "
			    "another one in dns.servers", "it answers with an error, or nobody listens there");
	} else {
		doctor_tell(doctor, DOCTOR_BAD, check, "start it, open the firewall for UDP and TCP port 53, or name another one in "
			    "dns.servers", "it does not answer");
	}
	if (operator != NULL)
		doctor_tell(doctor, DOCTOR_BAD, check, "run a resolver of your own (unbound on 127.0.0.1) and name it in dns.servers",
			    "it is a public one (%s): many lists refuse what comes from there, or answer it wrongly", operator);
}

/* --- lists -------------------------------------------------------------------------------------------------------- */

/* All points at once; of a list without test points, whether it answers. */
static void plan_list(struct ruleset *rules, size_t place, struct list_test *out)
{
	const struct list *list = &rules->lists[place];

	out->test = (struct health_test){ .list = (uint16_t)place, .points = BIT(POINT_UNLISTED), .fresh = { arc4random(), arc4random() } };
	if (list->probe.enabled)
		out->test.points |= BIT(POINT_LISTED);
	/* An address of its own that must not be listed: others may well be. */
	if (list->probe.enabled && !(list->probe.unlisted != NULL && list_has_addresses(list)))
		out->test.points |= BIT(POINT_FRESH_1) | BIT(POINT_FRESH_2);
	out->batch = prober_plan(rules, &out->test);
}

static const char *code_text(uint32_t code, char buf[IPADDR_TEXT_BYTES])
{
	struct ipaddr addr = ipaddr_v4(code);

	return ipaddr_format(&addr, buf);
}

/* Nothing was answered. */
static void tell_of_silence(struct doctor *doctor, const char *check, const struct list_test *test, bool dns_works)
{
	bool error = false;

	for (size_t i = 0; i < test->batch->n_questions; i++)
		error |= has_error(&test->batch->questions[i], doctor->rules);
	if (!dns_works && doctor->rules->lists[test->test.list].server == NULL)
		doctor_tell(doctor, DOCTOR_UNKNOWN, check, "see the resolver first", "could not look: no list answers");
	else if (error)
		doctor_tell(doctor, DOCTOR_BAD, check, "is its zone spelled right, and does the list still exist? Mail flows without it",
			    "its lookups end with an error");
	else
		doctor_tell(doctor, DOCTOR_BAD, check, "does the list still exist, and do its servers answer us? Mail flows without it",
			    "it gives no answer");
}

static void tell_of_list(struct doctor *doctor, const struct list_test *test, bool dns_works)
{
	const struct list *list = &doctor->rules->lists[test->test.list];
	const struct health_result *result = &test->result;
	char check[100], ip[IPADDR_TEXT_BYTES], advice[ADVICE_BYTES];

	snprintf(check, sizeof check, "list %s", list->name);
	if (result->n_answers == 0) {
		tell_of_silence(doctor, check, test, dns_works);
	} else if (result->code != 0) {
		snprintf(advice, sizeof advice, "%s", health_refusal(result->code));
		doctor_tell(doctor, DOCTOR_BAD, check, advice, "it refuses us (%s)", code_text(result->code, ip));
	} else if (result->strikes > 0 && result->bad.n > 0) {
		doctor_tell(doctor, DOCTOR_BAD, check, "take it out of the configuration, and see its operator's pages; until then the "
			    "daemon suspends it", "it lists the whole world: what nobody can have is listed (%s)",
			    code_text(result->bad.addr[0], ip));
	} else if (result->strikes > 0) {
		doctor_tell(doctor, DOCTOR_BAD, check, "its domain may have been sold, or a resolver rewrites answers: take it out of the "
			    "configuration, or use another resolver", "it answers with addresses outside 127.0.0.0/8");
	} else if (!list->probe.enabled) {
		doctor_tell(doctor, DOCTOR_GOOD, check, "", "it answers; it has no test points (\"probe\": false)");
	} else if (result->missing) {
		doctor_tell(doctor, DOCTOR_BAD, check, "does the list still exist? Or does a resolver filter answers in 127.0.0.0/8 "
			    "(private-address in unbound, rebinding protection elsewhere)? A list without test entries wants \"probe\": "
			    "false", "its test entry, which must be listed, is missing: it probably lists nobody");
	} else {
		doctor_tell(doctor, DOCTOR_GOOD, check, "", result->present ? "it lists its test entry, and nothing that it should not" :
			    "it lists nothing that it should not; its test entry had no answer");
	}
}

/* Where no list has its test entry, it is hardly the lists. */
static void tell_of_filter(struct doctor *doctor, const struct list_test *tests, size_t n)
{
	static const char check[] = "answers in 127.0.0.0/8";
	size_t present = 0, missing = 0;

	for (size_t i = 0; i < n; i++) {
		if (doctor->rules->lists[tests[i].test.list].server != NULL)
			continue;
		present += tests[i].result.present;
		missing += tests[i].result.missing && tests[i].result.code == 0;
	}
	if (present > 0)
		doctor_tell(doctor, DOCTOR_GOOD, check, "", "the resolver hands them on");
	else if (missing > 1)
		doctor_tell(doctor, DOCTOR_BAD, check, "allow 127.0.0.0/8 for the zones of lists: private-domain in unbound, "
			    "rebind-domain-ok in dnsmasq, or a resolver without rebinding protection",
			    "the resolver seems to take them out: of %zu lists none has its test entry", missing);
	else
		doctor_tell(doctor, DOCTOR_UNKNOWN, check, "", "could not look: no list has shown its test entry");
}

/* --- all together ------------------------------------------------------------------------------------------------- */

struct examination {
	struct lookup *lookup;
	struct server_test *servers;
	struct list_test *lists;
};

static void send_all(struct doctor *doctor, struct examination *exam)
{
	struct ruleset *rules = doctor->rules;

	for (size_t i = 0; i < rules->dns.n_servers; i++) {
		exam->servers[i].server = &rules->dns.servers[i];
		exam->servers[i].batch = plan_server(rules, exam->servers[i].server);
		if (exam->servers[i].batch != NULL)
			lookup_start(exam->lookup, exam->servers[i].batch);
	}
	for (size_t i = 0; i < rules->n_lists; i++) {
		plan_list(rules, i, &exam->lists[i]);
		if (exam->lists[i].batch != NULL)
			lookup_start(exam->lookup, exam->lists[i].batch);
	}
}

/* True: some list has answered. */
static bool judge_lists(struct doctor *doctor, struct examination *exam, struct monotime deadline)
{
	bool any = false;

	for (size_t i = 0; i < doctor->rules->n_lists; i++) {
		struct list_test *test = &exam->lists[i];
		struct health_answers answers;

		if (test->batch == NULL)
			continue;
		lookup_wait(test->batch, deadline);
		prober_read(test->batch, &test->test, &answers);
		test->result = health_judge(&doctor->rules->lists[i], &test->test, &answers);
		any |= test->result.n_answers > 0;
	}
	return any;
}

static void examine(struct doctor *doctor, struct examination *exam)
{
	struct ruleset *rules = doctor->rules;
	struct monotime deadline = monotime_add(monotime_now(), rules->dns.timeout_us * rules->dns.tries + MARGIN_US);
	bool any;

	send_all(doctor, exam);
	for (size_t i = 0; i < rules->dns.n_servers; i++) {
		if (exam->servers[i].batch == NULL)
			continue;
		lookup_wait(exam->servers[i].batch, deadline);
		tell_of_server(doctor, &exam->servers[i]);
	}
	any = judge_lists(doctor, exam, deadline);
	for (size_t i = 0; i < rules->n_lists; i++)
		if (exam->lists[i].batch != NULL)
			tell_of_list(doctor, &exam->lists[i], any);
	tell_of_filter(doctor, exam->lists, rules->n_lists);
	for (size_t i = 0; i < rules->dns.n_servers; i++)
		batch_unref(&exam->servers[i].batch);
	for (size_t i = 0; i < rules->n_lists; i++)
		batch_unref(&exam->lists[i].batch);
}

void doctor_dns(struct doctor *doctor)
{
	struct examination exam;
	struct errmsg err;

	if (doctor->rules == NULL)
		return;
	exam = (struct examination){ .lookup = lookup_new(doctor->rules, &err),
				     .servers = calloc(doctor->rules->dns.n_servers + 1, sizeof *exam.servers),
				     .lists = calloc(doctor->rules->n_lists + 1, sizeof *exam.lists) };
	if (exam.lookup == NULL)
		doctor_tell(doctor, DOCTOR_UNKNOWN, "resolver", "", "could not look: %s", err.text);
	else if (exam.servers != NULL && exam.lists != NULL)
		examine(doctor, &exam);
	lookup_free(&exam.lookup);
	free(exam.servers);
	free(exam.lists);
}
