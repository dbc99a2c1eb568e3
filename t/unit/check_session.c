/* Tests of session: what begins, ends and is given back, in every order; the bounds of what is kept.
 * A sanitizer sees what these tests do not: a piece that is given back twice or not at all. */
#include <stdlib.h>
#include <string.h>

#include "milter/session.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

static struct service service;

static void set_up(void)
{
	service = (struct service){ .lookup = NULL };
	inforce_init(&service.inforce, fixture_rules("{'lists': [{'name': 'demo', 'zone': 'bl.example'}]}"));
}

static void tear_down(void)
{
	ck_assert_int_eq(atomic_load(&service.sessions), 0);
	ck_assert_int_eq(atomic_load(&service.messages), 0);
	ck_assert_int_eq(atomic_load(&service.inforce.rules->refs), 1);
	inforce_clear(&service.inforce);
}

static struct session *begin(void)
{
	struct session *session = session_new(&service);

	ck_assert_ptr_nonnull(session);
	ck_assert(!session->in_message);
	return session;
}

START_TEST(counts_sessions_and_messages)
{
	struct session *a = begin(), *b = begin();

	ck_assert_int_eq(atomic_load(&service.sessions), 2);
	ck_assert_int_eq(atomic_load(&service.messages), 0);
	ck_assert(session_message_begin(a));
	ck_assert(session_message_begin(b));
	ck_assert_int_eq(atomic_load(&service.messages), 2);
	session_free(&a);   /* in mid-message */
	ck_assert_ptr_null(a);
	ck_assert_int_eq(atomic_load(&service.sessions), 1);
	ck_assert_int_eq(atomic_load(&service.messages), 1);
	session_free(&a);
	session_message_end(b);
	ck_assert_int_eq(atomic_load(&service.messages), 0);
	session_free(&b);
	ck_assert_int_eq(atomic_load(&service.sessions), 0);
}
END_TEST

/* b: a message begins, e: it ends. */
static const char *const orders[] = { "", "e", "b", "be", "bb", "ebe", "bee", "bbb", "bebe", "eeb", "bbeeb" };

START_TEST(begins_and_ends_in_any_order)
{
	struct session *session = begin();

	for (const char *step = orders[_i]; *step != '\0'; step++) {
		if (*step == 'b')
			ck_assert(session_message_begin(session));
		else
			session_message_end(session);
		ck_assert_int_eq(session->in_message, *step == 'b');
		ck_assert_int_eq(atomic_load(&service.messages), *step == 'b');
		ck_assert_int_eq(session->recipients.buf != NULL, *step == 'b');
	}
	session_free(&session);
}
END_TEST

static struct batch *batch_new(struct session *session)
{
	struct fixture_subjects subjects;

	fixture_subjects(&subjects, "client 192.0.2.1");
	return fixture_batch(session->rules, &subjects.subjects, "");
}

/* What a message may have left behind when it ends. */
static void fill(struct session *session)
{
	struct facts *facts = &session->facts;

	ck_assert(session_message_begin(session));
	facts->queue_id = arena_strdup(&session->msg, "4F2A1");
	facts->login = arena_strdup(&session->msg, "user");
	facts->sender = arena_strdup(&session->msg, "a@example.net");
	facts->n_recipients = facts->n_hops_lost = facts->n_headers = facts->n_forged_flags = 3;
	session->n_left_in = 3;
	ck_assert_ptr_nonnull(session_add_hop(session));
	session->client.batch = batch_new(session);
	session->names.batch = batch_new(session);
	session->last.batch = batch_new(session);
	session->waited_us = 5;
	session->n_refused = 1;
	session->decided = session->complete = true;
	session->hits.n_late = 1;
	session->verdict.actions = ACTION_REJECT;
	text_add_str(&session->recipients, "b@example.org");
}

START_TEST(nothing_of_a_message_is_left)
{
	struct session *session = begin();
	const struct facts *facts = &session->facts;

	session->facts.client = fixture_addr("192.0.2.1");
	session->facts.local = true;
	session->facts.client_name = arena_strdup(&session->conn, "mail.example");
	session->facts.helo = "helo.example";
	session->prefetched.batch = batch_new(session);
	fill(session);
	if (_i == 0)
		session_message_end(session);
	else
		ck_assert(session_message_begin(session));
	ck_assert_ptr_null(facts->queue_id);
	ck_assert_ptr_null(facts->login);
	ck_assert_ptr_null(facts->sender);
	ck_assert_ptr_null(facts->hops);
	ck_assert_uint_eq(facts->n_recipients + facts->n_hops + facts->n_hops_lost + facts->n_headers + facts->n_forged_flags, 0);
	ck_assert_uint_eq(session->n_left_in, 0);
	ck_assert_ptr_null(session->client.batch);
	ck_assert_ptr_null(session->names.batch);
	ck_assert_ptr_null(session->last.batch);
	ck_assert(!session->decided && !session->complete);
	ck_assert_int_eq(session->waited_us, 0);
	ck_assert_uint_eq(session->n_refused + session->hits.n_late + session->verdict.actions, 0);
	ck_assert_uint_eq(session->recipients.len, 0);

	/* the connection's part stays */
	ck_assert(ipaddr_is_set(&facts->client) && facts->local);
	ck_assert_str_eq(facts->client_name, "mail.example");
	ck_assert_str_eq(facts->helo, "helo.example");
	ck_assert_ptr_nonnull(session->prefetched.batch);
	session_free(&session);
}
END_TEST

START_TEST(everything_goes_with_the_session)
{
	struct session *session = begin();

	session->prefetched.batch = batch_new(session);
	fill(session);
	session_free(&session);   /* tear_down() and the sanitizers look after it */
}
END_TEST

START_TEST(keeps_its_rules_over_a_reload)
{
	struct session *before = begin(), *after;

	inforce_swap(&service.inforce, fixture_rules("{'lists': [], 'reply': {'code': 551}}"));
	after = begin();
	ck_assert_int_eq(before->rules->reply.code, 550);
	ck_assert_int_eq(after->rules->reply.code, 551);
	session_free(&before);
	session_free(&after);
}
END_TEST

static struct hop numbered(int i)
{
	return (struct hop){ .addr = ipaddr_v4(0x0a000000u + (uint32_t)i), .authenticated = i % 3 == 0 };
}

START_TEST(hops_grow_to_their_cap)
{
	enum { MORE = 10000 };
	struct session *session = begin();
	const struct facts *facts = &session->facts;

	ck_assert(session_message_begin(session));
	for (int i = 0; i < MORE; i++) {
		struct hop *hop = session_add_hop(session);

		ck_assert_int_eq(hop != NULL, i < SESSION_HOPS_MAX);
		if (hop != NULL)
			*hop = numbered(i);
	}
	ck_assert_uint_eq(facts->n_hops, SESSION_HOPS_MAX);
	ck_assert_uint_eq(facts->n_hops_lost, MORE - SESSION_HOPS_MAX);
	for (int i = 0; i < SESSION_HOPS_MAX; i++) {
		struct hop hop = numbered(i);

		ck_assert(ipaddr_equal(&facts->hops[i].addr, &hop.addr));
		ck_assert_int_eq(facts->hops[i].authenticated, hop.authenticated);
	}
	ck_assert_uint_lt(session->msg.used_bytes, SESSION_MSG_BYTES / 10);

	/* the next message begins with none, and grows anew */
	ck_assert(session_message_begin(session));
	ck_assert_uint_eq(facts->n_hops, 0);
	for (int i = 0; i < 40; i++) {
		struct hop *hop = session_add_hop(session);

		ck_assert_ptr_nonnull(hop);
		*hop = numbered(i);
	}
	ck_assert(ipaddr_equal(&facts->hops[39].addr, &(struct ipaddr){ .len = 4, .byte = { 10, 0, 0, 39 } }));
	session_free(&session);
}
END_TEST

START_TEST(hops_without_memory_are_counted)
{
	struct session *session = begin();

	ck_assert(session_message_begin(session));
	while (arena_alloc(&session->msg, 1) != NULL)
		;
	for (int i = 0; i < 100; i++)
		ck_assert_ptr_null(session_add_hop(session));
	ck_assert_uint_eq(session->facts.n_hops, 0);
	ck_assert_uint_eq(session->facts.n_hops_lost, 100);
	session_free(&session);
}
END_TEST

START_TEST(both_arenas_have_their_cap)
{
	struct session *session = begin();

	ck_assert_ptr_null(arena_alloc(&session->conn, SESSION_CONN_BYTES + 1));
	ck_assert_ptr_nonnull(arena_alloc(&session->conn, SESSION_CONN_BYTES));
	ck_assert_ptr_null(arena_alloc(&session->conn, 1));
	ck_assert_ptr_null(arena_alloc(&session->msg, SESSION_MSG_BYTES + 1));
	ck_assert_ptr_nonnull(arena_alloc(&session->msg, SESSION_MSG_BYTES));
	ck_assert(session_message_begin(session));   /* gives it back first */
	ck_assert_ptr_null(arena_alloc(&session->conn, 1));
	session_free(&session);
}
END_TEST

Suite *session_suite(void)
{
	Suite *suite = suite_create("session");
	TCase *tc = tcase_create("session");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, counts_sessions_and_messages);
	tcase_add_loop_test(tc, begins_and_ends_in_any_order, 0, ROWS(orders));
	tcase_add_loop_test(tc, nothing_of_a_message_is_left, 0, 2);
	tcase_add_test(tc, everything_goes_with_the_session);
	tcase_add_test(tc, keeps_its_rules_over_a_reload);
	tcase_add_test(tc, hops_grow_to_their_cap);
	tcase_add_test(tc, hops_without_memory_are_counted);
	tcase_add_test(tc, both_arenas_have_their_cap);
	suite_add_tcase(suite, tc);
	return suite;
}
