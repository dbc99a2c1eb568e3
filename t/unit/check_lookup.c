/* Tests of lookup: the cache, questions that are joined, answers that come late or never, the bounds, many threads.
 * A server that holds its replies back stands in for waiting: nothing here sleeps but what waits for something. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/journal.h"
#include "common/lookup.h"
#include "t/unit/dnsstub.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"
#include "t/unit/tempdir.h"

#define GOOD "an @ 300 A 127.0.0.2"
#define NONE "rcode 3; ns @ 40 SOA 40"
#define ONE_LIST ", 'lists': [{'name': 'a', 'zone': 'a.example'}]"
#define NAME "1.2.0.192.a.example"
#define CLIENT "client 192.0.2.1"

enum { SECOND_US = 1000000, LONG_US = 20 * SECOND_US, MANY_NAMES = 40 };

/* A server, a rule set that asks it, a lookup. */
struct scene {
	struct dnsstub *stub;
	struct ruleset *rules;
	struct lookup *lookup;
};

/* A set of rules more for the server of the scene. `dns` begins with a comma, or is empty; so does `more`. */
static struct ruleset *rules_of(const struct scene *s, const char *dns, const char *more)
{
	return fixture_rulesf("{'dns': {'servers': ['%s'], 'timeout': '5s'%s}%s}", dnsstub_address(s->stub), dns, more);
}

static struct scene scene(const struct dnsstub_rule *script, const char *dns, const char *more)
{
	struct scene s = { .stub = dnsstub_new(script) };
	struct errmsg err;

	s.rules = rules_of(&s, dns, more);
	s.lookup = lookup_new(s.rules, &err);
	ck_assert_msg(s.lookup != NULL, "%s", err.text);
	return s;
}

static void scene_end(struct scene *s)
{
	lookup_free(&s->lookup);
	ck_assert_ptr_null(s->lookup);
	lookup_free(&s->lookup);
	ruleset_unref(&s->rules);
	dnsstub_free(&s->stub);
}

static struct batch *plan(struct ruleset *rules, const char *subjects)
{
	struct fixture_subjects all;
	struct batch *batch;

	fixture_subjects(&all, subjects);
	batch = query_plan(rules, &all.subjects, (size_t)rules->dns.max_queries);
	ck_assert_ptr_nonnull(batch);
	return batch;
}

static struct batch *start(struct scene *s, struct ruleset *rules, const char *subjects)
{
	struct batch *batch = plan(rules, subjects);

	lookup_start(s->lookup, batch);
	return batch;
}

static struct monotime in(int64_t us)
{
	return monotime_add(monotime_now(), us);
}

/* All answers of the batch, its own memory given back: "listed 127.0.0.2 ttl 300, absent ttl 60 cached". */
static const char *finish(struct batch *batch, int64_t us, char buf[500])
{
	struct text text = text_over(buf, 500);

	lookup_wait(batch, in(us));
	ck_assert_uint_eq(batch->outstanding, 0);
	for (size_t i = 0; i < batch->n_questions; i++) {
		if (i > 0)
			text_add_str(&text, ", ");
		fixture_describe(&batch->questions[i].answer, &text);
		if (batch->questions[i].cached)
			text_add_str(&text, " cached");
	}
	batch_unref(&batch);
	return buf;
}

static const char *ask(struct scene *s, struct ruleset *rules, const char *subjects, char buf[500])
{
	return finish(start(s, rules, subjects), LONG_US, buf);
}

static struct lookup_stats stats(struct scene *s)
{
	struct lookup_stats out;

	lookup_stats(s->lookup, &out);
	return out;
}

/* Until nothing is in flight any more: whoever waits for no answer has nothing else to wait for. */
static void settle(struct scene *s)
{
	struct monotime end = in(LONG_US);

	while (stats(s).in_flight > 0) {
		ck_assert(!monotime_reached(monotime_now(), end));
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
}

/* --- answers and the cache ---------------------------------------------------------------------------------------- */

static const struct dnsstub_rule several[] = {
	{ "1.2.0.192.a.example", GOOD, NULL },
	{ "1.2.0.192.b.example", NONE, NULL },
	{ "1.2.0.192.c.example", "rcode 2", NULL },
	{ "1.2.0.192.d.example", "rcode 3", NULL },
	{ "1.2.0.192.e.example", "an @ 300 A 203.0.113.80", NULL },
	{ NULL, NULL, NULL },
};
#define SEVERAL ", 'lists': [{'name': 'a', 'zone': 'a.example'}, {'name': 'b', 'zone': 'b.example'}," \
		"{'name': 'c', 'zone': 'c.example'}, {'name': 'd', 'zone': 'd.example'}, {'name': 'e', 'zone': 'e.example'}]"

START_TEST(answers)
{
	struct scene s = scene(several, "", SEVERAL);
	char buf[500];

	ck_assert_str_eq(ask(&s, s.rules, CLIENT, buf),
			 "listed 127.0.0.2 ttl 300, absent ttl 40, failed, absent ttl 0, absent foreign ttl 300");
	ck_assert_uint_eq(stats(&s).asked, 5);
	ck_assert_uint_eq(stats(&s).cache_hits, 0);
	ck_assert_uint_eq(stats(&s).cache_entries, 3);
	ck_assert_uint_eq(stats(&s).in_flight, 0);
	scene_end(&s);
}
END_TEST

/* What is kept asks nobody; failures, and a "no" without a time, are asked again. */
START_TEST(second_time)
{
	struct scene s = scene(several, ", 'tries': 1", SEVERAL);
	char buf[500];

	ask(&s, s.rules, CLIENT, buf);
	ask(&s, s.rules, CLIENT, buf);
	ck_assert_ptr_nonnull(strstr(buf, "listed 127.0.0.2 ttl "));
	ck_assert_uint_eq(dnsstub_asked(s.stub, "1.2.0.192.a.example"), 1);
	ck_assert_uint_eq(dnsstub_asked(s.stub, "1.2.0.192.b.example"), 1);
	ck_assert_uint_eq(dnsstub_asked(s.stub, "1.2.0.192.c.example"), 2);
	ck_assert_uint_eq(dnsstub_asked(s.stub, "1.2.0.192.d.example"), 2);
	ck_assert_uint_eq(dnsstub_asked(s.stub, "1.2.0.192.e.example"), 1);
	ck_assert_uint_eq(stats(&s).asked, 7);
	ck_assert_uint_eq(stats(&s).cache_hits, 3);
	scene_end(&s);
}
END_TEST

/* How long an answer is kept: the seconds left right after it came, or none. */
static const struct {
	const char *reply, *cache;
	unsigned most_s;             /* a second may have passed; 0: not kept */
} times[] = {
	{ GOOD, "", 300 },
	{ "an @ 100000 A 127.0.0.2", "", 3600 },
	{ GOOD, "'max_ttl': '60s'", 60 },
	{ GOOD, "'always_default_ttl': true, 'default_ttl': '100s'", 100 },
	{ "an @ 0 A 127.0.0.2", "", 0 },
	{ "an @ 0 A 127.0.0.2", "'always_default_ttl': true, 'default_ttl': '100s'", 100 },
	{ GOOD, "'always_default_ttl': true, 'default_ttl': '2h', 'max_ttl': '1h'", 7200 },   /* always is always */
	{ GOOD, "'enabled': false", 0 },
	{ GOOD, "'negative': false", 300 },
	{ NONE, "", 40 },
	{ NONE, "'negative_max_ttl': '10s'", 10 },
	{ "rcode 3; ns @ 4000 SOA 4000", "", 60 },
	{ "rcode 3; ns @ 4000 SOA 4000", "'negative_max_ttl': '1h', 'max_ttl': '60s'", 3600 },
	{ NONE, "'always_default_ttl': true, 'default_ttl': '100s'", 40 },
	{ NONE, "'negative': false", 0 },
	{ "rcode 3", "", 0 },
	{ "rcode 2", "", 0 },
	{ "rcode 2", "'always_default_ttl': true, 'default_ttl': '100s'", 0 },
	{ "an @ 300 A 203.0.113.80", "", 60 },                     /* lists nobody */
};

START_TEST(time_kept)
{
	const struct dnsstub_rule script[] = { { NAME, times[_i].reply, NULL }, { NULL, NULL, NULL } };
	char more[300], buf[500];
	struct scene s;
	struct batch *batch;

	snprintf(more, sizeof more, ", 'cache': {%s}" ONE_LIST, times[_i].cache);
	s = scene(script, ", 'tries': 1", more);
	ask(&s, s.rules, CLIENT, buf);
	batch = start(&s, s.rules, CLIENT);
	lookup_wait(batch, in(LONG_US));
	ck_assert_int_eq(batch->questions[0].cached, times[_i].most_s > 0);
	ck_assert_uint_eq(dnsstub_asked(s.stub, NAME), times[_i].most_s > 0 ? 1 : 2);
	if (batch->questions[0].cached) {
		ck_assert_uint_le(batch->questions[0].answer.ttl_s, times[_i].most_s);
		ck_assert_uint_ge(batch->questions[0].answer.ttl_s + 9, times[_i].most_s);
	}
	batch_unref(&batch);
	scene_end(&s);
}
END_TEST

/* Rules without a cache neither fill it nor look into it. */
START_TEST(rules_without_cache)
{
	static const struct dnsstub_rule script[] = { { "*", GOOD, NULL }, { NULL, NULL, NULL } };
	struct scene s = scene(script, "", ONE_LIST);
	struct ruleset *without = rules_of(&s, "", ", 'cache': {'enabled': false}" ONE_LIST);
	char buf[500];

	ask(&s, without, CLIENT, buf);
	ck_assert_uint_eq(stats(&s).cache_entries, 0);
	ask(&s, s.rules, CLIENT, buf);
	ck_assert_uint_eq(stats(&s).cache_entries, 1);
	ask(&s, without, CLIENT, buf);
	ck_assert_uint_eq(dnsstub_asked(s.stub, NAME), 3);
	ask(&s, s.rules, CLIENT, buf);
	ck_assert_uint_eq(dnsstub_asked(s.stub, NAME), 3);
	ruleset_unref(&without);
	scene_end(&s);
}
END_TEST

START_TEST(other_bounds)
{
	static const struct dnsstub_rule script[] = { { "*", GOOD, NULL }, { NULL, NULL, NULL } };
	struct scene s = scene(script, "", ONE_LIST);
	struct ruleset *small = rules_of(&s, "", ", 'cache': {'max_entries': 2}" ONE_LIST);
	char buf[500];

	ask(&s, s.rules, "client 192.0.2.1, received 192.0.2.2, received 192.0.2.3, received 192.0.2.4", buf);
	ck_assert_uint_eq(stats(&s).cache_entries, 4);
	lookup_reconfigure(s.lookup, small);
	ck_assert_uint_eq(stats(&s).cache_entries, 2);
	ask(&s, small, "client 192.0.2.1, received 192.0.2.2, received 192.0.2.3, received 192.0.2.4", buf);
	ck_assert_uint_eq(stats(&s).cache_entries, 2);
	ruleset_unref(&small);
	scene_end(&s);
}
END_TEST

START_TEST(nothing_to_ask)
{
	static const struct dnsstub_rule script[] = { { NULL, NULL, NULL } };
	struct scene s = scene(script, "", ONE_LIST);
	struct batch *batch = start(&s, s.rules, "");

	ck_assert_int_eq(lookup_wait(batch, in(LONG_US)), 0);
	batch_unref(&batch);
	scene_end(&s);
}
END_TEST

/* --- joined questions --------------------------------------------------------------------------------------------- */

static const struct dnsstub_rule holds[] = { { "*", "hold:" GOOD, NULL }, { NULL, NULL, NULL } };

START_TEST(the_same_question)
{
	enum { BATCHES = 10 };
	struct scene s = scene(holds, "", ", 'cache': {'enabled': false}" ONE_LIST);
	struct batch *batches[BATCHES];
	char buf[500];

	for (size_t i = 0; i < BATCHES; i++)
		batches[i] = start(&s, s.rules, i % 2 == 0 ? CLIENT : "client 192.0.2.9, received 192.0.2.1");
	dnsstub_await(s.stub, 2);
	ck_assert_uint_eq(stats(&s).asked, 2);
	ck_assert_uint_eq(stats(&s).joined, BATCHES + BATCHES / 2 - 2);
	ck_assert_uint_eq(stats(&s).in_flight, 2);
	dnsstub_release(s.stub);
	for (size_t i = 0; i < BATCHES; i++)
		ck_assert_str_eq(finish(batches[i], LONG_US, buf), i % 2 == 0 ? "listed 127.0.0.2 ttl 300" :
				 "listed 127.0.0.2 ttl 300, listed 127.0.0.2 ttl 300");
	ck_assert_uint_eq(dnsstub_asked(s.stub, "*"), 2);
	settle(&s);
	batches[0] = start(&s, s.rules, CLIENT);   /* what has landed is asked anew */
	dnsstub_await(s.stub, 3);
	dnsstub_release(s.stub);
	finish(batches[0], LONG_US, buf);
	scene_end(&s);
}
END_TEST

/* --- questions that follow from an answer ------------------------------------------------------------------------- */

#define PTR "1.2.0.192.in-addr.arpa"
#define CONFIRMED "listed a.example b.example ttl 300, listed 192.0.2.1 ttl 300, absent ttl 40"

static const struct dnsstub_rule reverse[] = {
	{ PTR " PTR", "an @ 300 PTR a.example; an @ 300 PTR b.example", NULL },
	{ "a.example A", "an @ 300 A 192.0.2.1", NULL },
	{ "*", NONE, NULL },
	{ NULL, NULL, NULL },
};

static struct batch *plan_reverse(struct ruleset *rules, size_t room)
{
	struct batch *batch = query_empty(rules, room);
	struct question *ptr;
	struct dnsname name;

	ck_assert(dnswire_name_parse(&name, PTR, NULL));
	ptr = query_add(batch, &name, DNSWIRE_TYPE_PTR, ANSWER_NAMES);
	ck_assert_ptr_nonnull(ptr);
	ptr->then = DNSWIRE_TYPE_A;
	return batch;
}

static const char *ask_reverse(struct scene *s, struct ruleset *rules, size_t room, char buf[500])
{
	struct batch *batch = plan_reverse(rules, room);

	lookup_start(s->lookup, batch);
	return finish(batch, LONG_US, buf);
}

START_TEST(one_answer_leads_to_others)
{
	struct scene s = scene(reverse, "", "");
	struct ruleset *uncached = rules_of(&s, "", ", 'cache': {'enabled': false}");
	char buf[500];

	ck_assert_str_eq(ask_reverse(&s, s.rules, 11, buf), CONFIRMED);
	settle(&s);
	ck_assert_uint_eq(stats(&s).asked, 3);
	/* From the cache the next ones follow as well, and so they do where only the first one is there. */
	ck_assert_str_eq(ask_reverse(&s, s.rules, 11, buf),
			 "listed a.example b.example ttl 300 cached, listed 192.0.2.1 ttl 300 cached, absent ttl 40 cached");
	ck_assert_uint_eq(stats(&s).asked, 3);
	ck_assert_str_eq(ask_reverse(&s, uncached, 11, buf), CONFIRMED);
	settle(&s);
	ck_assert_uint_eq(stats(&s).asked, 6);
	ck_assert_str_eq(ask_reverse(&s, uncached, 2, buf), "listed a.example b.example ttl 300, listed 192.0.2.1 ttl 300");
	ck_assert_str_eq(ask_reverse(&s, uncached, 1, buf), "listed a.example b.example ttl 300");
	settle(&s);
	ruleset_unref(&uncached);
	scene_end(&s);
}
END_TEST

/* A list that is asked for the name of a host reads its addresses as codes, and the other way round. */
START_TEST(forms_are_kept_apart)
{
	static const struct dnsstub_rule script[] = { { "*", "an @ 300 A 127.0.0.2; an @ 300 A 192.0.2.1", NULL }, { NULL, NULL, NULL } };
	struct scene s = scene(script, "", ONE_LIST);
	struct dnsname name;
	char buf[500];

	ck_assert_str_eq(ask(&s, s.rules, CLIENT, buf), "listed 127.0.0.2 foreign ttl 300");
	ck_assert(dnswire_name_parse(&name, NAME, NULL));
	for (unsigned i = 0; i < 2; i++) {
		struct batch *batch = query_empty(s.rules, 1);

		query_add(batch, &name, DNSWIRE_TYPE_A, ANSWER_HOST);
		lookup_start(s.lookup, batch);
		ck_assert_str_eq(finish(batch, LONG_US, buf), i == 0 ? "listed 127.0.0.2 192.0.2.1 ttl 300" :
				 "listed 127.0.0.2 192.0.2.1 ttl 300 cached");
		settle(&s);
	}
	ck_assert_str_eq(ask(&s, s.rules, CLIENT, buf), "listed 127.0.0.2 foreign ttl 300 cached");
	ck_assert_uint_eq(dnsstub_asked(s.stub, "*"), 2);
	scene_end(&s);
}
END_TEST

/* The message gives up before the first answer, or between the first and the others. */
START_TEST(late_for_what_follows)
{
	static const struct dnsstub_rule script[] = {
		{ PTR " PTR", "hold: an @ 0 PTR a.example; an @ 0 PTR b.example | an @ 300 PTR a.example", NULL },
		{ "*", "hold:" GOOD, NULL },
		{ NULL, NULL, NULL },
	};
	struct scene s = scene(script, "", "");
	char buf[500];
	struct batch *batch = plan_reverse(s.rules, 11);

	lookup_start(s.lookup, batch);
	dnsstub_await(s.stub, 1);
	ck_assert_str_eq(finish(batch_ref(batch), 0, buf), "late");
	dnsstub_release(s.stub);
	settle(&s);
	ck_assert_uint_eq(dnsstub_asked(s.stub, "*"), 0);   /* nobody waits for the names */
	ck_assert_uint_eq(batch->n_questions, 1);
	batch_unref(&batch);

	batch = plan_reverse(s.rules, 11);
	lookup_start(s.lookup, batch);
	dnsstub_await(s.stub, 3);
	ck_assert_str_eq(finish(batch, 0, buf), "listed a.example ttl 300, late");
	dnsstub_release(s.stub);
	settle(&s);
	scene_end(&s);
}
END_TEST

START_TEST(no_room_for_what_follows)
{
	static const struct dnsstub_rule script[] = {
		{ PTR " PTR", "hold: an @ 300 PTR a.example; an @ 300 PTR b.example", NULL },
		{ "*", "hold:" GOOD, NULL },
		{ NULL, NULL, NULL },
	};
	struct scene s = scene(script, ", 'max_in_flight': 1", "");
	struct batch *batch = plan_reverse(s.rules, 11);
	char buf[500];

	lookup_start(s.lookup, batch);
	dnsstub_await(s.stub, 1);
	dnsstub_release(s.stub);
	dnsstub_await(s.stub, 2);                  /* the PTR has landed: that is room for one */
	dnsstub_release(s.stub);
	ck_assert_str_eq(finish(batch, LONG_US, buf), "listed a.example b.example ttl 300, listed 127.0.0.2 ttl 300, failed");
	ck_assert_uint_eq(stats(&s).overload, 1);
	settle(&s);
	scene_end(&s);
}
END_TEST

/* Many messages of one client: its name is asked for once, and so is the address of that. */
START_TEST(joined_and_followed)
{
	enum { BATCHES = 10 };
	static const struct dnsstub_rule script[] = {
		{ PTR " PTR", "hold: an @ 300 PTR a.example", NULL },
		{ "a.example A", "hold: an @ 300 A 192.0.2.1", NULL },
		{ NULL, NULL, NULL },
	};
	struct scene s = scene(script, "", ", 'cache': {'enabled': false}");
	struct batch *batches[BATCHES];
	char buf[500];

	for (size_t i = 0; i < BATCHES; i++) {
		batches[i] = plan_reverse(s.rules, 11);
		lookup_start(s.lookup, batches[i]);
	}
	dnsstub_await(s.stub, 1);
	dnsstub_release(s.stub);
	dnsstub_await(s.stub, 2);
	dnsstub_release(s.stub);
	for (size_t i = 0; i < BATCHES; i++)
		ck_assert_str_eq(finish(batches[i], LONG_US, buf), "listed a.example ttl 300, listed 192.0.2.1 ttl 300");
	ck_assert_uint_eq(stats(&s).asked, 2);
	ck_assert_uint_eq(stats(&s).joined, 2 * (BATCHES - 1));
	settle(&s);
	scene_end(&s);
}
END_TEST

/* --- time --------------------------------------------------------------------------------------------------------- */

/* Who was first in the batch, or came first, is asked first: nobody waits for those behind him. */
START_TEST(in_order)
{
	static const struct dnsstub_rule silent[] = { { "*", "silent", NULL }, { NULL, NULL, NULL } };
	static const uint8_t last[] = "\1\063\1\062\1\060\003192";
	struct scene s = scene(silent, ", 'tries': 1", ONE_LIST);
	uint8_t query[DNSSTUB_QUERY_BYTES];
	struct batch *first, *second;

	first = start(&s, s.rules, "client 192.0.2.1");
	second = start(&s, s.rules, "client 192.0.2.2, received 192.0.2.3");
	dnsstub_await(s.stub, 3);
	ck_assert_uint_ge(dnsstub_last(s.stub, query), 12 + sizeof last - 1);
	ck_assert_mem_eq(query + 12, last, sizeof last - 1);
	batch_unref(&first);
	batch_unref(&second);
	scene_end(&s);
}
END_TEST

/* Some answers are there, one is not: it is late, and stays so; but the next message finds it in the cache. */
START_TEST(late)
{
	static const struct dnsstub_rule script[] = {
		{ NAME, "hold:" GOOD, NULL }, { "*", "an @ 300 A 127.0.0.3", NULL }, { NULL, NULL, NULL }
	};
	struct scene s = scene(script, "", ONE_LIST);
	struct batch *batch = start(&s, s.rules, "client 192.0.2.1, received 192.0.2.2"), *other;
	struct monotime before;
	struct answer first;
	char buf[500];
	int64_t waited_us;

	ask(&s, s.rules, "client 192.0.2.2", buf);
	before = monotime_now();
	waited_us = lookup_wait(batch, in(100000));
	ck_assert_int_ge(waited_us, 90000);
	ck_assert_int_le(waited_us, monotime_between(before, monotime_now()));
	ck_assert_int_eq(batch->questions[0].answer.status, ANSWER_LATE);
	ck_assert_int_eq(batch->questions[0].answer.n, 0);
	ck_assert_int_eq(batch->questions[1].answer.status, ANSWER_LISTED);
	ck_assert_uint_eq(batch->outstanding, 0);
	ck_assert_int_eq(lookup_wait(batch, in(LONG_US)), 0);
	first = batch->questions[0].answer;

	other = start(&s, s.rules, CLIENT);        /* joins the one that is still out */
	dnsstub_release(s.stub);
	ck_assert_str_eq(finish(other, LONG_US, buf), "listed 127.0.0.2 ttl 300");
	settle(&s);
	ck_assert_mem_eq(&batch->questions[0].answer, &first, sizeof first);
	batch_unref(&batch);
	ask(&s, s.rules, CLIENT, buf);
	ck_assert_ptr_nonnull(strstr(buf, "cached"));
	ck_assert_uint_eq(dnsstub_asked(s.stub, NAME), 1);
	scene_end(&s);
}
END_TEST

/* A deadline that is over already waits for nothing, but takes what is there. */
START_TEST(no_time_left)
{
	static const struct dnsstub_rule script[] = {
		{ NAME, GOOD, NULL }, { "*", "hold:" GOOD, NULL }, { NULL, NULL, NULL }
	};
	struct scene s = scene(script, "", ONE_LIST);
	struct batch *batch;
	char buf[500];

	ask(&s, s.rules, CLIENT, buf);
	batch = start(&s, s.rules, "client 192.0.2.1, received 192.0.2.2");
	finish(batch, -SECOND_US, buf);
	ck_assert_ptr_nonnull(strstr(buf, "cached, late"));
	scene_end(&s);
}
END_TEST

START_TEST(no_deadline)
{
	static const struct dnsstub_rule script[] = { { "*", GOOD, NULL }, { NULL, NULL, NULL } };
	struct scene s = scene(script, "", ONE_LIST);
	struct batch *batch = start(&s, s.rules, CLIENT);

	lookup_wait(batch, (struct monotime){ INT64_MAX });
	ck_assert_int_eq(batch->questions[0].answer.status, ANSWER_LISTED);
	batch_unref(&batch);
	scene_end(&s);
}
END_TEST

/* --- giving up ---------------------------------------------------------------------------------------------------- */

/* The client hangs up: its batch is let go, and the answer still fills the cache. */
START_TEST(abandoned)
{
	struct scene s = scene(holds, "", ONE_LIST);
	struct batch *batch = start(&s, s.rules, "client 192.0.2.1, received 192.0.2.2");
	char buf[500];

	dnsstub_await(s.stub, 2);
	batch_unref(&batch);
	dnsstub_release(s.stub);
	settle(&s);
	ask(&s, s.rules, CLIENT, buf);
	ck_assert_ptr_nonnull(strstr(buf, "cached"));
	ck_assert_uint_eq(dnsstub_asked(s.stub, "*"), 2);
	ck_assert_int_eq(s.rules->refs, 1);
	scene_end(&s);
}
END_TEST

START_TEST(too_many_in_flight)
{
	struct scene s = scene(holds, ", 'max_in_flight': 3", ONE_LIST);
	struct batch *first = start(&s, s.rules, "client 192.0.2.1, received 192.0.2.2, received 192.0.2.3");
	struct batch *second = start(&s, s.rules, "client 192.0.2.4, received 192.0.2.1, received 192.0.2.5");
	char buf[500];

	ck_assert_uint_eq(stats(&s).overload, 2);
	ck_assert_uint_eq(stats(&s).joined, 1);    /* a question that is out already takes no room */
	dnsstub_await(s.stub, 3);
	dnsstub_release(s.stub);
	ck_assert_str_eq(finish(first, LONG_US, buf),
			 "listed 127.0.0.2 ttl 300, listed 127.0.0.2 ttl 300, listed 127.0.0.2 ttl 300");
	ck_assert_str_eq(finish(second, LONG_US, buf), "failed, listed 127.0.0.2 ttl 300, failed");
	settle(&s);
	first = start(&s, s.rules, "client 192.0.2.4");   /* failures are not kept, and there is room again */
	dnsstub_await(s.stub, 4);
	dnsstub_release(s.stub);
	ck_assert_str_eq(finish(first, LONG_US, buf), "listed 127.0.0.2 ttl 300");
	scene_end(&s);
}
END_TEST

/* The daemon stops while questions are out: they have failed, their batches outlive the lookup. */
START_TEST(free_with_questions_in_flight)
{
	struct scene s = scene(holds, "", ONE_LIST);
	struct batch *batch = start(&s, s.rules, "client 192.0.2.1, received 192.0.2.2");
	struct batch *twin = start(&s, s.rules, CLIENT), *gone = start(&s, s.rules, "client 192.0.2.3");
	char buf[500];

	dnsstub_await(s.stub, 1);
	batch_unref(&gone);
	lookup_free(&s.lookup);
	ck_assert_str_eq(finish(batch, 0, buf), "failed, failed");
	ck_assert_str_eq(finish(twin, 0, buf), "failed");
	ck_assert_int_eq(s.rules->refs, 1);
	scene_end(&s);
}
END_TEST

/* A reload: the questions keep the rules that they were asked under. */
START_TEST(rules_go_away)
{
	struct scene s = scene(holds, "", ONE_LIST);
	struct ruleset *old = rules_of(&s, "", ONE_LIST);
	struct batch *batch = start(&s, old, CLIENT);
	char buf[500];

	ruleset_unref(&old);
	dnsstub_await(s.stub, 1);
	dnsstub_release(s.stub);
	ck_assert_str_eq(finish(batch, LONG_US, buf), "listed 127.0.0.2 ttl 300");
	scene_end(&s);
}
END_TEST

/* --- news --------------------------------------------------------------------------------------------------------- */

#define THREE_LISTS ", 'lists': [{'name': 'a', 'zone': 'a.example'}, {'name': 'b', 'zone': 'b.example'}," \
		    " {'name': 'c', 'zone': 'c.example'}]"

static int64_t wait_news(struct batch *first, struct batch *second, int64_t us)
{
	struct batch *const batches[] = { first, second };

	return lookup_wait_news(batches, second != NULL ? 2 : 1, in(us));
}

/* What is out cannot be read before one has looked; a "no" is no news, but where it is needed. */
START_TEST(news)
{
	static const struct dnsstub_rule script[] = {
		{ "1.2.0.192.a.example", "hold: " GOOD, NULL }, { "1.2.0.192.b.example", NONE, NULL },
		{ "1.2.0.192.c.example", "silent", NULL }, { NULL, NULL, NULL },
	};
	struct scene s = scene(script, ", 'tries': 1", THREE_LISTS);
	struct batch *batch = start(&s, s.rules, CLIENT);
	struct question *q = batch->questions;

	ck_assert(q[0].out && q[1].out && q[2].out);
	ck_assert_int_eq(question_answer(&q[1])->status, ANSWER_PENDING);
	if (_i > 0)
		lookup_need(&q[1], _i == 1 ? NEED_EACH : NEED_LAST);
	if (_i == 0)
		ck_assert_int_ge(wait_news(batch, NULL, 100000), 90000);   /* it took the deadline to come back */
	else
		wait_news(batch, NULL, LONG_US);
	ck_assert_int_eq(question_answer(&q[1])->status, ANSWER_PENDING);
	if (_i == 0)
		dnsstub_await(s.stub, 3);
	ck_assert_uint_ge(lookup_look(batch), 2);
	if (_i > 0)
		ck_assert_int_eq(question_answer(&q[1])->status, ANSWER_ABSENT);
	dnsstub_await(s.stub, 3);
	dnsstub_release(s.stub);
	wait_news(batch, NULL, LONG_US);
	ck_assert_uint_le(lookup_look(batch), 2);
	ck_assert_int_eq(question_answer(&q[0])->status, ANSWER_LISTED);
	ck_assert_int_eq(question_answer(&q[2])->status, ANSWER_PENDING);
	lookup_wait(batch, in(0));
	ck_assert_int_eq(question_answer(&q[2])->status, ANSWER_LATE);
	batch_unref(&batch);
	scene_end(&s);
}
END_TEST

/* Of several, the last answer is the one: also where the others came before anybody waited. */
START_TEST(news_of_the_last)
{
	static const struct dnsstub_rule script[] = {
		{ "1.2.0.192.a.example", "hold: " NONE, NULL }, { "1.2.0.192.b.example", NONE, NULL },
		{ "1.2.0.192.c.example", "silent", NULL }, { NULL, NULL, NULL },
	};
	struct scene s = scene(script, ", 'tries': 1", THREE_LISTS);
	struct batch *batch = start(&s, s.rules, CLIENT);
	struct question *q = batch->questions;

	lookup_need(&q[0], NEED_LAST);
	lookup_need(&q[1], NEED_LAST);
	ck_assert_int_ge(wait_news(batch, NULL, 100000), 90000);
	dnsstub_await(s.stub, 3);
	dnsstub_release(s.stub);
	wait_news(batch, NULL, LONG_US);
	ck_assert_uint_eq(lookup_look(batch), 1);
	ck_assert_int_eq(question_answer(&q[0])->status, ANSWER_ABSENT);
	ck_assert_int_eq(question_answer(&q[1])->status, ANSWER_ABSENT);
	lookup_need(&q[2], NEED_LAST);
	lookup_wait(batch, in(0));
	ck_assert_uint_eq(batch->bell->n_last, 0);
	batch_unref(&batch);
	batch = start(&s, s.rules, CLIENT);
	lookup_need(&batch->questions[1], NEED_LAST);   /* known from the cache: no longer out */
	ck_assert_int_ge(wait_news(batch, NULL, 20000), 15000);
	batch_unref(&batch);
	scene_end(&s);
}
END_TEST

/* What has come since one looked is news at once; and when all have come, that is. */
START_TEST(news_of_before)
{
	static const struct dnsstub_rule script[] = { { "1.2.0.192.a.example", GOOD, NULL }, { "*", NONE, NULL }, { NULL, NULL, NULL } };
	struct scene s = scene(script, "", THREE_LISTS);
	struct batch *batch = start(&s, s.rules, CLIENT);

	settle(&s);
	wait_news(batch, NULL, LONG_US);
	ck_assert_int_eq(question_answer(&batch->questions[0])->status, ANSWER_PENDING);
	ck_assert_uint_eq(lookup_look(batch), 0);
	ck_assert_int_eq(question_answer(&batch->questions[0])->status, ANSWER_LISTED);
	ck_assert(lookup_is_over(batch));
	batch_unref(&batch);
	batch = start(&s, s.rules, "client 192.0.2.9");   /* nothing but "no" */
	wait_news(batch, NULL, LONG_US);
	ck_assert_uint_eq(lookup_look(batch), 0);
	batch_unref(&batch);
	scene_end(&s);
}
END_TEST

/* Two batches, one bell: the second rings where the first is waited for, and goes on to when the first has been given back. */
START_TEST(one_bell)
{
	static const struct dnsstub_rule script[] = {
		{ "1.2.0.192.a.example", "silent", NULL }, { "*", "hold: " GOOD, NULL }, { NULL, NULL, NULL },
	};
	struct scene s = scene(script, ", 'tries': 1", ONE_LIST);
	struct batch *first = start(&s, s.rules, CLIENT), *second = plan(s.rules, "client 192.0.2.2");

	batch_ring_at(second, first);
	lookup_start(s.lookup, second);
	dnsstub_await(s.stub, 2);
	dnsstub_release(s.stub);
	wait_news(first, second, LONG_US);
	ck_assert_uint_eq(lookup_look(first), 1);
	ck_assert_uint_eq(lookup_look(second), 0);
	batch_unref(&second);
	second = plan(s.rules, "client 192.0.2.3");
	batch_ring_at(second, first);
	lookup_start(s.lookup, second);
	batch_unref(&first);
	dnsstub_await(s.stub, 3);
	dnsstub_release(s.stub);
	wait_news(second, NULL, LONG_US);
	ck_assert_uint_eq(lookup_look(second), 0);
	batch_unref(&second);
	scene_end(&s);
}
END_TEST

/* What the cache knows can be had first; the rest is sent only if it is still wanted. */
START_TEST(recall)
{
	static const struct dnsstub_rule script[] = { { "*", GOOD, NULL }, { NULL, NULL, NULL } };
	struct scene s = scene(script, "", ONE_LIST);
	struct batch *batch;
	char buf[500];

	ask(&s, s.rules, CLIENT, buf);
	for (int i = 0; i < 2; i++) {
		batch = plan(s.rules, "client 192.0.2.1, received 192.0.2.2");
		lookup_recall(s.lookup, batch);
		ck_assert_int_eq(question_answer(&batch->questions[0])->status, ANSWER_LISTED);
		ck_assert_int_eq(question_answer(&batch->questions[1])->status, ANSWER_PENDING);
		if (i == 0)
			batch_drop_blocks(batch);
		lookup_start(s.lookup, batch);
		ck_assert_str_eq(finish(batch, LONG_US, buf), i == 0 ? "listed 127.0.0.2 ttl 300 cached, unneeded" :
								       "listed 127.0.0.2 ttl 300 cached, listed 127.0.0.2 ttl 300");
		ck_assert_uint_eq(dnsstub_asked(s.stub, "*"), i == 0 ? 1 : 2);
	}
	ck_assert_uint_eq(stats(&s).cache_hits, 2);
	scene_end(&s);
}
END_TEST

/* --- threads ------------------------------------------------------------------------------------------------------ */

enum { THREADS = 4, ROUNDS = 40, QUESTIONS = 8 };

struct worker {
	pthread_t thread;
	struct lookup *lookup;
	struct ruleset *rules;
	unsigned number, wrong;
};

static unsigned count_wrong(const struct batch *batch)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < batch->n_questions; i++) {
		const struct answer *answer = &batch->questions[i].answer;

		wrong += answer->status != ANSWER_LISTED || answer->n != 1 || answer->addr[0] != 0x7f000002;
	}
	return wrong;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct subject item[QUESTIONS];
		struct subjects subjects = { .item = item, .n = QUESTIONS };
		struct batch *batch;

		for (unsigned i = 0; i < QUESTIONS; i++)
			item[i] = (struct subject){ .kind = SUBJECT_RECEIVED,
						    .addr = ipaddr_v4(0xc0000201 + (round * 3 + i + w->number / 2) % MANY_NAMES) };
		batch = query_plan(w->rules, &subjects, QUESTIONS);
		if (batch == NULL)
			break;
		lookup_start(w->lookup, batch);
		if (round % 8 == 5) {
			while (lookup_look(batch) > 0) {
				for (size_t i = 0; i < batch->n_questions; i++)
					lookup_need(&batch->questions[i], i == round % QUESTIONS ? NEED_EACH : NEED_LAST);
				lookup_wait_news(&batch, 1, in(LONG_US));
				for (size_t i = 0; i < batch->n_questions; i++)
					w->wrong += question_answer(&batch->questions[i])->status == ANSWER_FAILED;
			}
			w->wrong += count_wrong(batch);
		} else if (round % 8 != 7) {
			lookup_wait(batch, in(round % 8 == 3 ? 0 : LONG_US));
			w->wrong += round % 8 == 3 ? 0 : count_wrong(batch);
		}
		batch_unref(&batch);               /* some without waiting for it */
		if (round % 10 == 9 && w->number == 0)
			lookup_reconfigure(w->lookup, w->rules);
	}
	return NULL;
}

static const char *const caches[] = { "", "'enabled': false", "'max_entries': 10" };

START_TEST(threads)
{
	static const struct dnsstub_rule script[] = { { "*", GOOD, NULL }, { NULL, NULL, NULL } };
	char more[200];
	struct worker workers[THREADS];
	struct scene s;

	snprintf(more, sizeof more, ", 'cache': {%s}" ONE_LIST, caches[_i]);
	s = scene(script, "", more);
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .lookup = s.lookup, .rules = s.rules, .number = i };
		ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		ck_assert_uint_eq(workers[i].wrong, 0);
	}
	settle(&s);
	ck_assert_uint_eq(stats(&s).asked + stats(&s).joined + stats(&s).cache_hits, THREADS * ROUNDS * QUESTIONS);
	ck_assert_uint_eq(stats(&s).overload, 0);
	if (_i == 0)
		ck_assert_uint_eq(dnsstub_asked(s.stub, "*"), MANY_NAMES);   /* each name once */
	scene_end(&s);
}
END_TEST

/* What is kept can be looked at without asking, and forgotten name by name. */
START_TEST(peek_and_forget)
{
	static const struct dnsstub_rule script[] = { { NAME, GOOD, NULL }, { "*", NONE, NULL }, { NULL, NULL, NULL } };
	struct scene s = scene(script, "", ONE_LIST);
	const struct dnsserver *const usual = NULL;
	struct dnsname name, other;
	struct lookup_stats before;
	struct answer answer;
	struct errmsg err;
	char buf[500];

	ck_assert(dnswire_name_parse(&name, NAME, NULL));
	ck_assert(dnswire_name_parse(&other, "2.2.0.192.a.example", NULL));
	ck_assert(!lookup_peek(s.lookup, &name, DNSWIRE_TYPE_A, monotime_now(), &answer));
	ask(&s, s.rules, CLIENT, buf);
	before = stats(&s);
	ck_assert(lookup_peek(s.lookup, &name, DNSWIRE_TYPE_A, monotime_now(), &answer));
	ck_assert_uint_eq(answer.addr[0], 0x7f000002);
	ck_assert(!lookup_peek(s.lookup, &other, DNSWIRE_TYPE_A, monotime_now(), &answer));
	ck_assert_uint_eq(stats(&s).cache_hits, before.cache_hits);
	ck_assert_uint_eq(lookup_forget_names(s.lookup, &other, &usual, 1, &err), 0);
	ck_assert_uint_eq(lookup_forget_names(s.lookup, &name, &usual, 1, &err), 1);
	ck_assert_str_eq(err.text, "");
	ck_assert(!lookup_peek(s.lookup, &name, DNSWIRE_TYPE_A, monotime_now(), &answer));
	ck_assert_str_eq(ask(&s, s.rules, CLIENT, buf), "listed 127.0.0.2 ttl 300");
	ck_assert_uint_eq(dnsstub_asked(s.stub, NAME), 2);
	scene_end(&s);
}
END_TEST

/* --- what is forgotten while it is being read --------------------------------------------------------------------- */

enum { ROWS_OF_BEFORE = 1000 };      /* that the journal hands out in one go */

static void numbered_name(unsigned i, struct dnsname *out)
{
	char text[40];

	snprintf(text, sizeof text, "%u.%u.0.10.a.example", i % 250, i / 250);
	ck_assert(dnswire_name_parse(out, text, NULL));
}

/* A run before this one: it has kept so many answers. */
static void fill_journal(const char *dir)
{
	static const uint32_t listed = 0x7f000002;
	struct journal *journal = tempdir_journal(dir);

	journal_bound(journal, ROWS_OF_BEFORE);
	for (unsigned i = 0; i < ROWS_OF_BEFORE; i++) {
		struct dnsname name;

		numbered_name(i, &name);
		journal_put(journal, &(struct journal_answer){ .name = name.wire, .name_len = name.len, .type = DNSWIRE_TYPE_A,
							       .server = "", .addr = &listed, .n_addrs = 1,
							       .expires_s = time(NULL) + 3600 });
	}
	ck_assert(journal_flush(journal, LONG_US / 1000));
	journal_close(&journal);
}

/* It comes when the first answers are known and the last are not: they must not come back behind it. */
START_TEST(forgotten_while_they_are_read)
{
	static const struct dnsstub_rule script[] = { { "*", NONE, NULL }, { NULL, NULL, NULL } };
	struct scene s = scene(script, "", ONE_LIST);
	const bool one_name = _i == 0;
	const struct dnsserver *const usual = NULL;
	char dir[TEMPDIR_BYTES];
	struct journal *journal;
	struct dnsname oldest, newest;
	struct answer answer;
	struct errmsg err;

	tempdir_make(dir);
	fill_journal(dir);
	numbered_name(0, &oldest);
	numbered_name(ROWS_OF_BEFORE - 1, &newest);
	journal = tempdir_journal(dir);
	lookup_remember(s.lookup, journal, s.rules);
	while (!lookup_peek(s.lookup, &newest, DNSWIRE_TYPE_A, monotime_now(), &answer))
		continue;
	if (one_name)
		lookup_forget_names(s.lookup, &oldest, &usual, 1, &err);
	else
		lookup_forget(s.lookup);
	ck_assert(journal_sync(journal, &err));
	ck_assert(!lookup_peek(s.lookup, &oldest, DNSWIRE_TYPE_A, monotime_now(), &answer));
	if (!one_name)
		ck_assert_uint_eq(stats(&s).cache_entries, 0);
	scene_end(&s);
	journal_close(&journal);
	tempdir_remove(dir);
}
END_TEST

Suite *lookup_suite(void)
{
	Suite *suite = suite_create("lookup");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, answers);
	tcase_add_test(tcase, second_time);
	tcase_add_loop_test(tcase, time_kept, 0, ROWS(times));
	tcase_add_test(tcase, peek_and_forget);
	tcase_add_loop_test(tcase, forgotten_while_they_are_read, 0, 2);
	tcase_add_test(tcase, rules_without_cache);
	tcase_add_test(tcase, other_bounds);
	tcase_add_test(tcase, nothing_to_ask);
	tcase_add_test(tcase, the_same_question);
	tcase_add_test(tcase, one_answer_leads_to_others);
	tcase_add_test(tcase, forms_are_kept_apart);
	tcase_add_test(tcase, late_for_what_follows);
	tcase_add_test(tcase, no_room_for_what_follows);
	tcase_add_test(tcase, joined_and_followed);
	tcase_add_test(tcase, in_order);
	tcase_add_test(tcase, late);
	tcase_add_test(tcase, no_time_left);
	tcase_add_test(tcase, no_deadline);
	tcase_add_test(tcase, abandoned);
	tcase_add_test(tcase, too_many_in_flight);
	tcase_add_test(tcase, free_with_questions_in_flight);
	tcase_add_test(tcase, rules_go_away);
	tcase_add_loop_test(tcase, news, 0, 3);
	tcase_add_test(tcase, news_of_the_last);
	tcase_add_test(tcase, news_of_before);
	tcase_add_test(tcase, one_bell);
	tcase_add_test(tcase, recall);
	tcase_add_loop_test(tcase, threads, 0, ROWS(caches));
	suite_add_tcase(suite, tcase);
	return suite;
}
