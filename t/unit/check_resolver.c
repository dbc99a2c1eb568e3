/* Tests of resolver: against servers that answer, lie, keep silent, refuse and break off.
 * No time is measured, only what was asked and what came of it. */
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/resolver.h"
#include "t/unit/dnsstub.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

/* So many letters that their case will not come out right by chance. */
#define NAME "the-quick-brown-fox-jumps-over-the-lazy-dog.and-then-it-comes-back-and-does-it-again.example"
#define GOOD "an @ 300 A 127.0.0.2"
#define BAD "an @ 300 A 127.0.0.9"

#define SHORT "150ms"
#define LONG "5s"

enum { ANSWER_BYTES = 200 };

/* Who waits for queries. */
struct waiter {
	struct resolver *resolver;
	pthread_mutex_t mutex;
	pthread_cond_t done;
	unsigned n_done;
};

static void on_done(void *ctx, struct resolve *query)
{
	struct waiter *waiter = ctx;

	(void)query;
	pthread_mutex_lock(&waiter->mutex);
	waiter->n_done++;
	pthread_cond_signal(&waiter->done);
	pthread_mutex_unlock(&waiter->mutex);
}

static void waiter_init(struct waiter *waiter)
{
	struct errmsg err;

	*waiter = (struct waiter){ .mutex = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER };
	waiter->resolver = resolver_new(on_done, waiter, &err);
	ck_assert_msg(waiter->resolver != NULL, "%s", err.text);
}

static void await(struct waiter *waiter, unsigned n)
{
	pthread_mutex_lock(&waiter->mutex);
	while (waiter->n_done < n)
		pthread_cond_wait(&waiter->done, &waiter->mutex);
	waiter->n_done -= n;
	pthread_mutex_unlock(&waiter->mutex);
}

static void prepare(struct resolve *query, struct ruleset *rules, const char *name)
{
	struct errmsg err;

	query->rules = rules;
	query->type = DNSWIRE_TYPE_A;
	query->form = ANSWER_CODES;
	query->servers = NULL;
	query->next = NULL;
	ck_assert_msg(dnswire_name_parse(&query->name, name, &err), "%s", err.text);
}

static const char *ask(struct waiter *waiter, struct ruleset *rules, const char *name, char buf[ANSWER_BYTES])
{
	struct resolve *query = malloc(sizeof *query);
	struct text text = text_over(buf, ANSWER_BYTES);

	ck_assert_ptr_nonnull(query);
	memset(query, 0xa5, sizeof *query);        /* the first part is set, the rest is the resolver's own */
	prepare(query, rules, name);
	resolver_submit(waiter->resolver, query);
	await(waiter, 1);
	fixture_describe(&query->answer, &text);
	free(query);
	return buf;
}

/* --- one server --------------------------------------------------------------------------------------------------- */

static const struct {
	const char *udp, *tcp;
	int tries;
	const char *answer;
	unsigned asked, asked_tcp;
} rows[] = {
	{ GOOD, NULL, 3, "listed 127.0.0.2 ttl 300", 1, 0 },
	{ "rcode 3; ns @ 60 SOA 60", NULL, 3, "absent ttl 60", 1, 0 },
	{ "", NULL, 3, "absent ttl 0", 1, 0 },
	{ "many an @ 300 127.0.0.1 3; an @ 7 A 192.0.2.1", NULL, 3, "listed 127.0.0.1 127.0.0.2 127.0.0.3 foreign ttl 7", 1, 0 },

	/* silence */
	{ "silent", NULL, 1, "failed", 1, 0 },
	{ "silent", NULL, 3, "failed", 3, 0 },
	{ "silent |" GOOD, NULL, 2, "listed 127.0.0.2 ttl 300", 2, 0 },
	{ "silent | silent |" GOOD, NULL, 2, "failed", 2, 0 },

	/* failures: never a "no" */
	{ "rcode 2", NULL, 3, "failed", 3, 0 },
	{ "rcode 2 |" GOOD, NULL, 2, "listed 127.0.0.2 ttl 300", 2, 0 },
	{ "rcode 5 |" GOOD, NULL, 2, "listed 127.0.0.2 ttl 300", 2, 0 },
	{ "rcode 5", NULL, 1, "failed", 1, 0 },
	{ "ns @ 300 NS ns.@ |" GOOD, NULL, 2, "listed 127.0.0.2 ttl 300", 2, 0 },

	/* what is not the answer is dropped, and the wait goes on: RFC 5452 section 9.1 */
	{ "id 1;" BAD "&" GOOD, NULL, 1, "listed 127.0.0.2 ttl 300", 1, 0 },
	{ "query;" BAD "&" GOOD, NULL, 1, "listed 127.0.0.2 ttl 300", 1, 0 },
	{ "question example A 1;" BAD "&" GOOD, NULL, 1, "listed 127.0.0.2 ttl 300", 1, 0 },
	{ "id 7; rcode 2 & id 8; tc & id 9; rcode 1 &" GOOD, NULL, 1, "listed 127.0.0.2 ttl 300", 1, 0 },
	{ "empty &" GOOD, NULL, 1, "listed 127.0.0.2 ttl 300", 1, 0 },
	{ "header & header; rcode 2 &" GOOD, NULL, 1, "listed 127.0.0.2 ttl 300", 1, 0 },
	{ BAD "; count an 2 &" GOOD, NULL, 1, "listed 127.0.0.2 ttl 300", 1, 0 },
	{ "an @ 300 RAW 1 - &" GOOD, NULL, 1, "listed 127.0.0.2 ttl 300", 1, 0 },
	{ "many an @ 300 127.0.0.9 100 &" GOOD, NULL, 1, "listed 127.0.0.2 ttl 300", 1, 0 },   /* more than was announced */
	{ "id 1;" BAD "& silent", NULL, 2, "failed", 2, 0 },
	{ GOOD "&" BAD, NULL, 1, "listed 127.0.0.2 ttl 300", 1, 0 },
	{ "id 1 & id 2 & id 3 & id 4 & id 5 & id 6 & id 7 & id 8 & id 9 & id 1 & id 2 & id 3 & id 4 & id 5 & id 6 & id 7 &"
	  "id 8 & id 9 & id 1 & id 2 & id 3 & id 4 & id 5 & id 6 &" GOOD, NULL, 1, "listed 127.0.0.2 ttl 300", 1, 0 },

	/* cut short: over TCP */
	{ "tc", GOOD, 1, "listed 127.0.0.2 ttl 300", 1, 1 },
	{ "tc;" BAD, GOOD, 1, "listed 127.0.0.2 ttl 300", 1, 1 },
	{ "tc", "rcode 3; ns @ 60 SOA 60", 1, "absent ttl 60", 1, 1 },
	{ "tc", "slow:" GOOD, 1, "listed 127.0.0.2 ttl 300", 1, 1 },
	{ "tc", GOOD "; many ns @ 300 127.0.0.1 500", 1, "listed 127.0.0.2 ttl 300", 1, 1 },
	{ "tc", "close", 1, "failed", 1, 1 },
	{ "tc", "close", 3, "failed", 3, 3 },
	{ "tc |" GOOD, "close", 2, "listed 127.0.0.2 ttl 300", 2, 1 },
	{ "tc |" GOOD, "silent", 2, "listed 127.0.0.2 ttl 300", 2, 1 },
	{ "tc |" GOOD, "zero", 2, "listed 127.0.0.2 ttl 300", 2, 1 },
	{ "tc |" GOOD, "long", 2, "listed 127.0.0.2 ttl 300", 2, 1 },
	{ "tc |" GOOD, "short:" BAD, 2, "listed 127.0.0.2 ttl 300", 2, 1 },
	{ "tc |" GOOD, "id 1;" BAD, 2, "listed 127.0.0.2 ttl 300", 2, 1 },
	{ "tc |" GOOD, "tc;" BAD, 2, "listed 127.0.0.2 ttl 300", 2, 1 },
	{ "tc |" GOOD, "rcode 2", 2, "listed 127.0.0.2 ttl 300", 2, 1 },
	{ "tc |" GOOD, "an @ 300 RAW 1 -", 2, "listed 127.0.0.2 ttl 300", 2, 1 },
	{ "tc", "close |" GOOD, 2, "listed 127.0.0.2 ttl 300", 2, 2 },

	/* servers without EDNS are asked without, in the same try */
	{ "rcode 1 |" GOOD, NULL, 1, "listed 127.0.0.2 ttl 300", 2, 0 },
	{ "rcode 1; header |" GOOD, NULL, 1, "listed 127.0.0.2 ttl 300", 2, 0 },
	{ "rcode 4 |" GOOD, NULL, 1, "listed 127.0.0.2 ttl 300", 2, 0 },
	{ "ar . 0 OPT 1 |" GOOD, NULL, 1, "listed 127.0.0.2 ttl 300", 2, 0 },
	{ "rcode 1", NULL, 1, "failed", 2, 0 },
	{ "rcode 1", NULL, 2, "failed", 4, 0 },
	{ "rcode 1 | silent |" GOOD, NULL, 2, "listed 127.0.0.2 ttl 300", 3, 0 },
	{ "rcode 1 | tc", GOOD, 1, "listed 127.0.0.2 ttl 300", 2, 1 },
	{ "tc |" GOOD, "rcode 1", 1, "listed 127.0.0.2 ttl 300", 2, 1 },
};

static struct ruleset *rules_of(const char *servers, int tries, const char *timeout)
{
	return fixture_rulesf("{'dns': {'servers': [%s], 'tries': %d, 'timeout': '%s'}}", servers, tries, timeout);
}

/* A try is short only where its end is waited for, so that a busy machine spoils no test. */
static const char *timeout_of(const char *udp, const char *tcp)
{
	return strstr(udp, "silent") != NULL || (tcp != NULL && strstr(tcp, "silent") != NULL) ? SHORT : LONG;
}

static void run_row(size_t i, struct dnsstub *(*new)(const struct dnsstub_rule *))
{
	const struct dnsstub_rule script[] = { { NAME, rows[i].udp, rows[i].tcp }, { NULL, NULL, NULL } };
	struct dnsstub *stub = new(script);
	char server[60], buf[ANSWER_BYTES];
	struct ruleset *rules;
	struct waiter waiter;

	if (stub == NULL)
		return;
	snprintf(server, sizeof server, "'%s'", dnsstub_address(stub));
	rules = rules_of(server, rows[i].tries, timeout_of(rows[i].udp, rows[i].tcp));
	waiter_init(&waiter);
	ck_assert_str_eq(ask(&waiter, rules, NAME, buf), rows[i].answer);
	ck_assert_uint_eq(dnsstub_asked(stub, NAME), rows[i].asked);
	ck_assert_uint_eq(dnsstub_asked_tcp(stub, NAME), rows[i].asked_tcp);
	resolver_free(&waiter.resolver);
	ck_assert_ptr_null(waiter.resolver);
	resolver_free(&waiter.resolver);
	ruleset_unref(&rules);
	dnsstub_free(&stub);
}

START_TEST(one_server)
{
	run_row((size_t)_i, dnsstub_new);
}
END_TEST

/* Across a network every query has a socket of its own. */
START_TEST(one_far_server)
{
	run_row((size_t)_i, dnsstub_new_far);
}
END_TEST

/* --- what is asked ------------------------------------------------------------------------------------------------ */

/* Each query has its own id; the last of a server without EDNS has no OPT. */
START_TEST(query_in_octets)
{
	static const struct dnsstub_rule script[] = {
		{ "plain.example", "rcode 1 |" GOOD, NULL }, { "*", GOOD, NULL }, { NULL, NULL, NULL }
	};
	struct dnsstub *stub = dnsstub_new(script);
	char server[60], buf[ANSWER_BYTES];
	uint8_t query[DNSSTUB_QUERY_BYTES];
	struct ruleset *rules;
	struct waiter waiter;
	unsigned same_id = 0, id = 0;
	size_t len;

	snprintf(server, sizeof server, "'%s'", dnsstub_address(stub));
	rules = rules_of(server, 1, LONG);
	waiter_init(&waiter);
	for (int i = 0; i < 20; i++) {
		ask(&waiter, rules, "b.example", buf);
		len = dnsstub_last(stub, query);
		same_id += id == (unsigned)(query[0] << 8 | query[1]);
		id = (unsigned)(query[0] << 8 | query[1]);
	}
	ck_assert_uint_le(same_id, 1);
	ck_assert_uint_eq(len, 12 + 11 + 4 + 11);
	ck_assert_mem_eq(query + 2, "\1\0\0\1\0\0\0\0\0\1\1b\7example\0\0\1\0\1\0\0\x29\4\xd0\0\0\0\0\0\0", len - 2);
	ck_assert_str_eq(ask(&waiter, rules, "plain.example", buf), "listed 127.0.0.2 ttl 300");
	len = dnsstub_last(stub, query);
	ck_assert_uint_eq(len, 12 + 15 + 4);
	ck_assert_mem_eq(query + 2, "\1\0\0\1\0\0\0\0\0\0\5plain\7example\0\0\1\0\1", len - 2);
	resolver_free(&waiter.resolver);
	ruleset_unref(&rules);
	dnsstub_free(&stub);
}
END_TEST

/* Random letters, and only an answer with the same ones is taken. Without mixed_case neither. */
START_TEST(mixed_case)
{
	static const struct dnsstub_rule script[] = { { NAME, "upper;" BAD "&" GOOD, NULL }, { NULL, NULL, NULL } };
	struct dnsstub *stub = dnsstub_new(script);
	char server[60], buf[ANSWER_BYTES];
	uint8_t query[DNSSTUB_QUERY_BYTES];
	struct ruleset *plain, *mixed;
	struct waiter waiter;
	unsigned lower = 0, upper = 0;
	size_t len;

	snprintf(server, sizeof server, "'%s'", dnsstub_address(stub));
	mixed = fixture_rulesf("{'dns': {'servers': [%s], 'tries': 1, 'mixed_case': true}}", server);
	plain = rules_of(server, 1, LONG);
	waiter_init(&waiter);
	ck_assert_str_eq(ask(&waiter, mixed, NAME, buf), "listed 127.0.0.2 ttl 300");
	len = dnsstub_last(stub, query);
	for (size_t i = 12; i < len; i++) {
		lower += query[i] >= 'a' && query[i] <= 'z';
		upper += query[i] >= 'A' && query[i] <= 'Z';
	}
	ck_assert_uint_gt(lower, 10);
	ck_assert_uint_gt(upper, 10);
	ck_assert_str_eq(ask(&waiter, plain, NAME, buf), "listed 127.0.0.9 ttl 300");
	resolver_free(&waiter.resolver);
	ruleset_unref(&plain);
	ruleset_unref(&mixed);
	dnsstub_free(&stub);
}
END_TEST

/* --- several servers ---------------------------------------------------------------------------------------------- */

static const struct dnsstub_rule says_good[] = { { "*", GOOD, GOOD }, { NULL, NULL, NULL } };
static const struct dnsstub_rule says_nothing[] = { { "*", "silent", "silent" }, { NULL, NULL, NULL } };
static const struct dnsstub_rule says_nothing_over_tcp[] = { { "*", "tc", "silent" }, { NULL, NULL, NULL } };

/* The first server: silent, failing, refusing, cut short with a broken TCP. The second one is good. */
static const struct {
	const char *udp;             /* NULL: nobody is there */
	int tries;
	const char *answer;
	unsigned asked;              /* of the second server */
} firsts[] = {
	{ GOOD, 2, "listed 127.0.0.2 ttl 300", 0 },
	{ "silent", 2, "listed 127.0.0.2 ttl 300", 1 },
	{ "rcode 2", 2, "listed 127.0.0.2 ttl 300", 1 },
	{ "rcode 5", 2, "listed 127.0.0.2 ttl 300", 1 },
	{ "tc", 2, "listed 127.0.0.2 ttl 300", 1 },
	{ "rcode 1", 2, "listed 127.0.0.2 ttl 300", 1 },
	{ NULL, 2, "listed 127.0.0.2 ttl 300", 1 },
	{ NULL, 1, "failed", 0 },
	{ "rcode 3; ns @ 60 SOA 60", 2, "absent ttl 60", 0 },
};

START_TEST(next_server)
{
	const struct dnsstub_rule script[] = { { NAME, firsts[_i].udp, NULL }, { NULL, NULL, NULL } };
	struct dnsstub *first = firsts[_i].udp != NULL ? dnsstub_new(script) : NULL, *second = dnsstub_new(says_good);
	char servers[100], nobody[DNSSTUB_ADDRESS_BYTES], buf[ANSWER_BYTES];
	struct ruleset *rules;
	struct waiter waiter;

	snprintf(servers, sizeof servers, "'%s', '%s'", first != NULL ? dnsstub_address(first) : dnsstub_nobody(nobody),
		 dnsstub_address(second));
	rules = rules_of(servers, firsts[_i].tries, firsts[_i].udp != NULL ? timeout_of(firsts[_i].udp, NULL) : LONG);
	waiter_init(&waiter);
	ck_assert_str_eq(ask(&waiter, rules, NAME, buf), firsts[_i].answer);
	ck_assert_uint_eq(dnsstub_asked(second, NAME), firsts[_i].asked);
	resolver_free(&waiter.resolver);
	ruleset_unref(&rules);
	if (first != NULL)
		dnsstub_free(&first);
	dnsstub_free(&second);
}
END_TEST

/* A server that stays silent is soon the last to be asked; after a reload with other servers, too. */
START_TEST(silent_server)
{
	struct dnsstub *silent = dnsstub_new(says_nothing), *good = dnsstub_new(says_good);
	char servers[100], nobody[2][DNSSTUB_ADDRESS_BYTES], buf[ANSWER_BYTES];
	struct ruleset *three, *two;
	struct waiter waiter;

	snprintf(servers, sizeof servers, "'%s', '%s', '%s'", dnsstub_nobody(nobody[0]), dnsstub_nobody(nobody[1]),
		 dnsstub_address(good));
	three = rules_of(servers, 3, LONG);
	snprintf(servers, sizeof servers, "'%s', '%s'", dnsstub_address(silent), dnsstub_address(good));
	two = rules_of(servers, 2, SHORT);
	waiter_init(&waiter);
	for (int i = 0; i < 12; i++)
		ck_assert_str_eq(ask(&waiter, three, NAME, buf), "listed 127.0.0.2 ttl 300");
	for (int i = 0; i < 20; i++)
		ck_assert_str_eq(ask(&waiter, two, NAME, buf), "listed 127.0.0.2 ttl 300");
	ck_assert_uint_le(dnsstub_asked(silent, NAME), 6);
	ck_assert_uint_ge(dnsstub_asked(good, NAME), 32);
	resolver_free(&waiter.resolver);
	ruleset_unref(&three);
	ruleset_unref(&two);
	dnsstub_free(&silent);
	dnsstub_free(&good);
}
END_TEST

/* Where no server answers, it is said soon, and again and again. */
START_TEST(nobody_answers)
{
	char servers[100], nobody[2][DNSSTUB_ADDRESS_BYTES], buf[ANSWER_BYTES];
	struct ruleset *rules;
	struct waiter waiter;

	snprintf(servers, sizeof servers, "'%s', '%s'", dnsstub_nobody(nobody[0]), dnsstub_nobody(nobody[1]));
	rules = rules_of(servers, 3, LONG);
	waiter_init(&waiter);
	for (int i = 0; i < 12; i++)
		ck_assert_str_eq(ask(&waiter, rules, NAME, buf), "failed");
	resolver_free(&waiter.resolver);
	ruleset_unref(&rules);
}
END_TEST

/* There is no way to a server: on most machines that is known at once, on others its time runs out. */
START_TEST(no_way_to_server)
{
	struct dnsstub *stub = dnsstub_new(says_good);
	char servers[100], buf[ANSWER_BYTES];
	struct ruleset *rules;
	struct waiter waiter;

	snprintf(servers, sizeof servers, "'[2001:db8::1]:5353', '%s'", dnsstub_address(stub));
	rules = rules_of(servers, 2, SHORT);
	waiter_init(&waiter);
	for (int i = 0; i < 8; i++)
		ck_assert_str_eq(ask(&waiter, rules, NAME, buf), "listed 127.0.0.2 ttl 300");
	resolver_free(&waiter.resolver);
	ruleset_unref(&rules);
	dnsstub_free(&stub);
}
END_TEST

/* --- descriptors -------------------------------------------------------------------------------------------------- */

static unsigned open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

/* No descriptor left: lookups fail, but not for longer than that. */
START_TEST(no_descriptors)
{
	struct dnsstub *stub = _i == 0 ? dnsstub_new(says_good) : dnsstub_new_far(says_good);
	char server[60], buf[ANSWER_BYTES];
	struct rlimit before, none;
	struct ruleset *rules;
	struct waiter waiter;

	if (stub == NULL)
		return;
	snprintf(server, sizeof server, "'%s'", dnsstub_address(stub));
	rules = rules_of(server, 3, LONG);
	waiter_init(&waiter);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ 3, before.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_str_eq(ask(&waiter, rules, NAME, buf), "failed");
	ck_assert_str_eq(ask(&waiter, rules, NAME, buf), "failed");
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_str_eq(ask(&waiter, rules, NAME, buf), "listed 127.0.0.2 ttl 300");
	resolver_free(&waiter.resolver);
	ruleset_unref(&rules);
	dnsstub_free(&stub);
}
END_TEST

/* Sockets go when they are of no more use. The one test that has to wait for some seconds. */
START_TEST(descriptors_are_given_back)
{
	struct dnsstub *stub = dnsstub_new(says_good), *far = dnsstub_new_far(says_good);
	char server[60], buf[ANSWER_BYTES];
	unsigned before, after;
	struct ruleset *rules, *far_rules;
	struct waiter waiter;

	snprintf(server, sizeof server, "'%s'", dnsstub_address(stub));
	rules = rules_of(server, 1, LONG);
	snprintf(server, sizeof server, "'%s'", dnsstub_address(far != NULL ? far : stub));
	far_rules = rules_of(server, 1, LONG);
	waiter_init(&waiter);
	before = open_descriptors();
	for (int i = 0; i < 100; i++) {
		ask(&waiter, rules, NAME, buf);
		ask(&waiter, far_rules, NAME, buf);
	}
	after = open_descriptors();
	ck_assert_uint_le(after, before + 64);
	for (int i = 0; i < 100 && after > before; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
		after = open_descriptors();
	}
	ck_assert_uint_le(after, before);
	ck_assert_str_eq(ask(&waiter, rules, NAME, buf), "listed 127.0.0.2 ttl 300");
	resolver_free(&waiter.resolver);
	ruleset_unref(&rules);
	ruleset_unref(&far_rules);
	if (far != NULL)
		dnsstub_free(&far);
	dnsstub_free(&stub);
}
END_TEST

/* --- many queries ------------------------------------------------------------------------------------------------- */

enum { MANY = 300, TOO_MANY = 10000 };   /* the second: more than the shared sockets hold at once */

static struct resolve *many(struct ruleset *rules, size_t n)
{
	struct resolve *queries = calloc(n, sizeof *queries);

	ck_assert_ptr_nonnull(queries);
	for (size_t i = 0; i < n; i++) {
		char name[40];

		snprintf(name, sizeof name, "%zu.example", i);
		prepare(&queries[i], rules, name);
		queries[i].next = i + 1 < n ? &queries[i + 1] : NULL;
	}
	return queries;
}

START_TEST(many_at_once)
{
	struct dnsstub *stub = _i == 0 ? dnsstub_new(says_good) : dnsstub_new_far(says_good);
	struct ruleset *rules;
	struct resolve *queries;
	struct waiter waiter;

	if (stub == NULL)
		return;
	rules = fixture_rulesf("{'dns': {'servers': ['%s']}}", dnsstub_address(stub));
	queries = many(rules, MANY);
	waiter_init(&waiter);
	resolver_submit(waiter.resolver, queries);
	await(&waiter, MANY);
	for (size_t i = 0; i < MANY; i++)
		ck_assert_int_eq(queries[i].answer.status, ANSWER_LISTED);
	resolver_free(&waiter.resolver);
	free(queries);
	ruleset_unref(&rules);
	dnsstub_free(&stub);
}
END_TEST

/* Many wait on one socket when it turns out that nobody is there: each of them goes on to the next server. */
START_TEST(many_refused)
{
	struct dnsstub *stub = dnsstub_new(says_good);
	char nobody[DNSSTUB_ADDRESS_BYTES];
	struct ruleset *rules = fixture_rulesf("{'dns': {'servers': ['%s', '%s'], 'tries': 3, 'timeout': '" LONG "'}}",
					       dnsstub_nobody(nobody), dnsstub_address(stub));
	struct resolve *queries = many(rules, MANY);
	struct waiter waiter;

	waiter_init(&waiter);
	resolver_submit(waiter.resolver, queries);
	await(&waiter, MANY);
	for (size_t i = 0; i < MANY; i++)
		ck_assert_int_eq(queries[i].answer.status, ANSWER_LISTED);
	resolver_free(&waiter.resolver);
	free(queries);
	ruleset_unref(&rules);
	dnsstub_free(&stub);
}
END_TEST

/* More connections than there may be at a time: what has none is asked again, or fails; nothing is lost. */
START_TEST(many_connections)
{
	struct dnsstub *stub = dnsstub_new(says_nothing_over_tcp);
	char server[60];
	struct ruleset *rules;
	struct resolve *queries;
	struct waiter waiter;

	snprintf(server, sizeof server, "'%s'", dnsstub_address(stub));
	rules = rules_of(server, 1, SHORT);
	queries = many(rules, MANY);
	waiter_init(&waiter);
	resolver_submit(waiter.resolver, queries);
	await(&waiter, MANY);
	for (size_t i = 0; i < MANY; i++)
		ck_assert_int_eq(queries[i].answer.status, ANSWER_FAILED);
	resolver_free(&waiter.resolver);
	free(queries);
	ruleset_unref(&rules);
	dnsstub_free(&stub);
}
END_TEST

START_TEST(very_many_at_once)
{
	struct dnsstub *stub = dnsstub_new(says_nothing);
	char server[60];
	struct ruleset *rules;
	struct resolve *queries;
	struct waiter waiter;

	snprintf(server, sizeof server, "'%s'", dnsstub_address(stub));
	rules = rules_of(server, 1, SHORT);
	queries = many(rules, TOO_MANY);
	waiter_init(&waiter);
	resolver_submit(waiter.resolver, queries);
	await(&waiter, TOO_MANY);
	for (size_t i = 0; i < TOO_MANY; i++)
		ck_assert_int_eq(queries[i].answer.status, ANSWER_FAILED);
	resolver_free(&waiter.resolver);
	free(queries);
	ruleset_unref(&rules);
	dnsstub_free(&stub);
}
END_TEST

/* A try's time is that of its own rules, whoever else waits. */
START_TEST(short_and_long_times)
{
	struct dnsstub *stub = dnsstub_new(says_nothing);
	struct ruleset *soon, *late = fixture_rulesf("{'dns': {'servers': ['%s'], 'timeout': '9s'}}", dnsstub_address(stub));
	struct resolve *queries = many(late, MANY);
	char server[60], buf[ANSWER_BYTES];
	struct waiter waiter;

	snprintf(server, sizeof server, "'%s'", dnsstub_address(stub));
	soon = rules_of(server, 2, SHORT);
	waiter_init(&waiter);
	resolver_submit(waiter.resolver, queries);
	ck_assert_str_eq(ask(&waiter, soon, NAME, buf), "failed");
	ck_assert_uint_eq(waiter.n_done, 0);
	resolver_free(&waiter.resolver);
	free(queries);
	ruleset_unref(&soon);
	ruleset_unref(&late);
	dnsstub_free(&stub);
}
END_TEST

/* Every query is given back, the one that the thread has not seen yet too. */
START_TEST(free_with_queries_under_way)
{
	struct dnsstub *stub = dnsstub_new(_i == 0 ? says_nothing : says_nothing_over_tcp);
	struct ruleset *rules = fixture_rulesf("{'dns': {'servers': ['%s'], 'timeout': '5s'}}", dnsstub_address(stub));
	struct resolve *queries = many(rules, MANY), last;
	struct waiter waiter;

	waiter_init(&waiter);
	resolver_submit(waiter.resolver, queries);
	dnsstub_await(stub, 20);
	prepare(&last, rules, "last.example");
	resolver_submit(waiter.resolver, &last);
	resolver_free(&waiter.resolver);
	await(&waiter, MANY + 1);
	for (size_t i = 0; i < MANY; i++)
		ck_assert_int_eq(queries[i].answer.status, ANSWER_FAILED);
	ck_assert_int_eq(last.answer.status, ANSWER_FAILED);
	free(queries);
	ruleset_unref(&rules);
	dnsstub_free(&stub);
}
END_TEST

Suite *resolver_suite(void)
{
	Suite *suite = suite_create("resolver");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, one_server, 0, ROWS(rows));
	tcase_add_loop_test(tcase, one_far_server, 0, ROWS(rows));
	tcase_add_test(tcase, query_in_octets);
	tcase_add_test(tcase, mixed_case);
	tcase_add_loop_test(tcase, next_server, 0, ROWS(firsts));
	tcase_add_test(tcase, silent_server);
	tcase_add_test(tcase, nobody_answers);
	tcase_add_test(tcase, no_way_to_server);
	tcase_add_loop_test(tcase, no_descriptors, 0, 2);
	tcase_add_test(tcase, descriptors_are_given_back);
	tcase_add_loop_test(tcase, many_at_once, 0, 2);
	tcase_add_test(tcase, many_refused);
	tcase_add_test(tcase, many_connections);
	tcase_add_test(tcase, very_many_at_once);
	tcase_add_test(tcase, short_and_long_times);
	tcase_add_loop_test(tcase, free_with_queries_under_way, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
