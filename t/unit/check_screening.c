/* Tests of screen and screening: who is put on the screen and who is not, whom an exception saves from it, what the MTA is told,
 * and what becomes of it when a list goes mad. Against a DNS server of the test's own. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/screen.h"
#include "t/unit/fixture.h"
#include "t/unit/loglines.h"
#include "t/unit/say.h"
#include "t/unit/suites.h"

#define LISTED "192.0.2.2"
#define OTHER "192.0.2.3"
#define CLEAN "192.0.2.10"
#define HOP "from h (h [192.0.2.2]) by x with ESMTP id 1"
#define YES "an @ 300 A 127.0.0.2"
#define AUTO ", 'screen': {'auto': true, 'message': 'not {subject}, says {list}'}"
/* Without test points: taken at its word. */
#define BLOCK "{'name': 'bl', 'zone': 'bl.example', 'probe': false}"
#define SANE "{'name': 'bl', 'zone': 'bl.example'}"

static const struct dnsstub_rule answers[] = {
	{ "2.2.0.192.bl.example", YES, NULL },
	{ "3.2.0.192.bl.example", YES, NULL },
	{ "1.0.0.127.bl.example", YES, NULL },   /* relied on by nobody: a fresh point is asked */
	{ "2.2.0.192.wl.example", YES, NULL },
	{ "2.2.0.192.mad.example", YES, NULL },
	{ "9.0.0.127.mad.example", YES, NULL },
	{ "2.2.0.192.silent.example", YES, NULL },
	{ "9.0.0.127.silent.example", "silent", NULL },
	{ "2.2.0.192.mute.example", "silent", NULL },
	{ "mail.example.names.example", YES, NULL },
	{ "*", "rcode 3; ns @ 60 SOA 60", NULL },
	{ NULL, NULL, NULL },
};

static void set_up(void)
{
	say_set_up(answers);
}

static void tear_down(void)
{
	prober_free(&service.prober);
	say_tear_down();
}

/* --- words of the tests ------------------------------------------------------------------------------------------- */

static void begin_asking(int max_queries, const char *lists, const char *more)
{
	say_begin_in_daemon(fixture_rulesf("{'dns': {'servers': ['%s'], 'timeout': '200ms', 'tries': 1, 'max_queries': %d},"
					   " 'lists': [%s]%s}", dnsstub_address(stub), max_queries, lists, more));
}

static void begin(const char *lists, const char *more)
{
	begin_asking(64, lists, more);
}

static int say_door(void)
{
	stage_door(session, &outcome);
	return (int)outcome.kind;
}

static void say_helo_and_mail(const char *sender, const char *login)
{
	stage_helo(session, "mail.example");
	ck_assert_int_eq(say_mail_from(sender, login), OUTCOME_GO_ON);
}

static bool on_screen(const char *address)
{
	struct ipaddr addr = fixture_addr(address);
	char list[SCREEN_LIST_BYTES];

	return screen_has(service.screen, &addr, monotime_now(), list);
}

static void put_by_hand(const char *address)
{
	struct ipaddr addr = fixture_addr(address);

	ck_assert_int_eq(screen_add(service.screen, &addr, 0, NULL), KEEP_UNTIL_RESTART);
}

/* The message's line, among others. */
static void done_saying(const char *words)
{
	const char *line;

	stage_done(session);
	do {
		line = loglines_next();
		ck_assert_msg(line != NULL, "no line says %s", words);
	} while (strstr(line, words) == NULL);
}

/* --- who is put there --------------------------------------------------------------------------------------------- */

START_TEST(a_listed_client_is_refused_from_then_on)
{
	unsigned asked;

	begin(SANE, AUTO);
	say_connect(LISTED);
	say_helo_and_mail("a@b", NULL);
	ck_assert_int_eq(say_rcpt_to("b@c"), OUTCOME_REFUSE);
	ck_assert_int_eq(say_rcpt_to("c@c"), OUTCOME_REFUSE);
	ck_assert_str_eq(outcome.reply.text, "Mail is refused: 192.0.2.2 is listed by bl");
	ck_assert(on_screen(LISTED));
	done_saying("verdict=reject, points=100, matches=1, hits=bl:client:127.0.0.2, screen=added, lookups=1");

	asked = dnsstub_asked(stub, "2.2.0.192.bl.example") + dnsstub_asked(stub, "*");
	for (int i = 0; i < 2; i++) {
		say_helo_and_mail("a@b", NULL);
		ck_assert_int_eq(say_rcpt_to("b@c"), OUTCOME_REFUSE);
		ck_assert_str_eq(outcome.reply.code, "550");
		ck_assert_str_eq(outcome.reply.text, "not 192.0.2.2, says screen");
		done_saying("nrcpt=1, blocked=screen, verdict=reject, points=0, matches=0, hits=, lookups=0, ");
		say_new_session();             /* the same with a new one */
		say_connect(LISTED);
		ck_assert_int_eq(say_door(), OUTCOME_GO_ON);
	}
	ck_assert_uint_eq(dnsstub_asked(stub, "2.2.0.192.bl.example") + dnsstub_asked(stub, "*"), asked);
}
END_TEST

#define FLAGS ", 'actions': [{'when': {'matches': 1}, 'do': ['flag']}]"
#define HOPS ", 'received': {'smtp': {'enabled': true, 'skip_oldest': 0}}"

static const struct {
	const char *lists, *more;
	const char *client, *login, *hop, *manual;
	bool added;
} rows[] = {
	{ BLOCK, AUTO, LISTED, NULL, NULL, NULL, true },
	{ SANE, AUTO, LISTED, NULL, NULL, NULL, true },
	{ SANE, AUTO FLAGS, LISTED, NULL, NULL, NULL, true },                     /* nobody else has had it tested */
	{ BLOCK, AUTO ", 'decide_at': 'eom'", LISTED, NULL, NULL, NULL, true },
	{ "{'name': 'bl', 'zone': 'bl.example', 'points': 1}", AUTO, LISTED, NULL, NULL, NULL, true },
	{ SANE ", {'name': 'mad', 'zone': 'mad.example', 'probe': {'unlisted': '127.0.0.9'}}", AUTO, LISTED, NULL, NULL, NULL, true },
	{ BLOCK, "", LISTED, NULL, NULL, NULL, false },
	{ BLOCK, AUTO, CLEAN, NULL, NULL, NULL, false },
	{ BLOCK, AUTO ", 'checks': {'reverse_dns': {'enabled': true}}", CLEAN, NULL, NULL, NULL, false },   /* that is no listing */

	/* not beyond doubt */
	{ "{'name': 'mad', 'zone': 'mad.example', 'probe': {'unlisted': '127.0.0.9'}}", AUTO, LISTED, NULL, NULL, NULL, false },
	{ "{'name': 'mad', 'zone': 'mad.example', 'probe': {'unlisted': '127.0.0.9'}}", AUTO FLAGS, LISTED, NULL, NULL, NULL, false },
	{ "{'name': 's', 'zone': 'silent.example', 'probe': {'unlisted': '127.0.0.9'}}", AUTO, LISTED, NULL, NULL, NULL, false },
	{ "{'name': 's', 'zone': 'silent.example', 'probe': {'unlisted': '127.0.0.9'}}", AUTO FLAGS, LISTED, NULL, NULL, NULL, false },
	{ "{'name': 'bl', 'zone': 'bl.example', 'mode': 'shadow'}", AUTO, LISTED, NULL, NULL, NULL, false },
	{ "{'name': 'bl', 'zone': 'bl.example', 'points': 0}", AUTO, LISTED, NULL, NULL, NULL, false },
	{ BLOCK ", {'name': 'wl', 'zone': 'wl.example', 'kind': 'allow', 'probe': false}", AUTO, LISTED, NULL, NULL, NULL, false },
	{ BLOCK ", {'name': 'wl', 'zone': 'wl.example', 'kind': 'allow', 'points': -100, 'probe': false}", AUTO, LISTED, NULL, NULL,
	  NULL, false },
	{ BLOCK ", {'name': 'wl', 'zone': 'wl.example', 'kind': 'allow', 'points': -99, 'probe': false}", AUTO, LISTED, NULL, NULL,
	  NULL, true },
	{ BLOCK ", {'name': 'wl', 'zone': 'mute.example', 'kind': 'allow', 'probe': false}", AUTO, LISTED, NULL, NULL, NULL, false },
	{ BLOCK ", {'name': 'wl', 'zone': 'mute.example', 'kind': 'allow', 'mode': 'shadow', 'probe': false}", AUTO, LISTED, NULL,
	  NULL, NULL, true },
	{ BLOCK ", {'name': 'two', 'zone': 'mute.example', 'probe': false}", AUTO, LISTED, NULL, NULL, NULL, true },
	{ BLOCK, AUTO, CLEAN, NULL, NULL, CLEAN, false },                         /* by hand, in the other table */

	/* not the client */
	{ BLOCK, AUTO HOPS, CLEAN, NULL, HOP, NULL, false },
	{ "{'name': 'names', 'zone': 'names.example', 'subjects': ['helo'], 'probe': false}", AUTO, CLEAN, NULL, NULL, NULL, false },
	{ BLOCK, AUTO ", 'relays': ['" LISTED "']", LISTED, NULL, NULL, NULL, false },
	{ BLOCK, AUTO ", 'relays': ['" CLEAN "']", CLEAN, NULL, HOP, NULL, false },
	{ BLOCK, AUTO ", 'received': {'pop_clients': ['" LISTED "']}", LISTED, NULL, NULL, NULL, false },

	/* exempt */
	{ BLOCK, AUTO, LISTED, "user", NULL, NULL, false },
	{ BLOCK, AUTO ", 'exceptions': {'clients': ['" LISTED "']}", LISTED, NULL, NULL, NULL, false },
	{ BLOCK, AUTO ", 'exceptions': {'senders': ['a@b']}", LISTED, NULL, NULL, NULL, false },
	{ BLOCK, AUTO ", 'exceptions': {'rules': [{'client': '" LISTED "'}]}", LISTED, NULL, NULL, NULL, false },
	{ BLOCK, AUTO ", 'exceptions': {'rules': [{'client': '" LISTED "', 'lists': ['bl']}]}", LISTED, NULL, NULL, NULL, false },
	{ BLOCK ", {'name': 'two', 'zone': 'bl.example', 'probe': false}",
	  AUTO ", 'exceptions': {'rules': [{'client': '" LISTED "', 'lists': ['bl']}]}", LISTED, NULL, NULL, NULL, true },
	{ BLOCK, AUTO ", 'blocked': {'clients': ['" LISTED "']}", LISTED, NULL, NULL, NULL, false },
};

START_TEST(who_is_put_there)
{
	struct screen_stats stats;
	struct ipaddr addr;

	begin(rows[_i].lists, rows[_i].more);
	if (rows[_i].manual != NULL) {
		addr = fixture_addr(rows[_i].manual);
		manual_add(service.manual, &addr, NULL, 0, NULL);
	}
	say_connect(rows[_i].client);
	say_helo_and_mail("a@b", rows[_i].login);
	say_rcpt_to("b@c");
	if (rows[_i].hop != NULL)
		stage_header(session, "Received", rows[_i].hop);
	say_eom();
	screen_stats(service.screen, &session->rules->screen, &stats);
	ck_assert_int_eq(on_screen(rows[_i].client), rows[_i].added);
	ck_assert_uint_eq(stats.entries, rows[_i].added);
}
END_TEST

/* An allow list that is left alone for now cannot speak for anybody. */
START_TEST(not_while_an_allow_list_is_left_alone)
{
	begin(BLOCK ", {'name': 'wl', 'zone': 'wl.example', 'kind': 'allow', 'probe': false}", AUTO);
	ck_assert(health_disable(service.health, "wl", monotime_now(), (struct monotime){ INT64_MAX }));
	say_connect(LISTED);
	say_helo_and_mail("a@b", NULL);
	ck_assert_int_eq(say_rcpt_to("b@c"), OUTCOME_REFUSE);
	ck_assert(!on_screen(LISTED));
}
END_TEST

START_TEST(a_full_screen_adds_no_more)
{
	struct screen_stats stats;

	begin(BLOCK, ", 'screen': {'auto': true, 'max_entries': 1}");
	screen_stats(service.screen, &session->rules->screen, &stats);
	ck_assert(!stats.full);
	say_connect(LISTED);
	say_helo_and_mail("a@b", NULL);
	say_rcpt_to("b@c");
	done_saying("screen=added");
	say_connect(OTHER);
	say_helo_and_mail("a@b", NULL);
	ck_assert_int_eq(say_rcpt_to("b@c"), OUTCOME_REFUSE);                /* as ever */
	ck_assert(!on_screen(OTHER));
	done_saying("nrcpt=1, verdict=reject, ");
	put_by_hand(OTHER);
	ck_assert(on_screen(OTHER));
	screen_stats(service.screen, &session->rules->screen, &stats);
	ck_assert_uint_eq(stats.entries, 2);
	ck_assert_uint_eq(stats.bytes, 20);
	ck_assert(stats.full && !stats.durable);
}
END_TEST

static const struct {
	const char *bounds;
	size_t entries;              /* 192.0.2.0 and on: ten bytes each */
	bool full;
} fullness[] = {
	{ "'max_entries': 3, 'max_bytes': 1000", 2, false },
	{ "'max_entries': 3, 'max_bytes': 1000", 3, true },
	{ "'max_entries': 9, 'max_bytes': 46", 3, false },
	{ "'max_entries': 9, 'max_bytes': 45", 3, true },
};

START_TEST(says_when_it_is_full)
{
	struct screen_stats stats;
	char more[200];

	snprintf(more, sizeof more, ", 'screen': {%s}", fullness[_i].bounds);
	begin(BLOCK, more);
	for (uint32_t i = 0; i < fullness[_i].entries; i++) {
		struct ipaddr addr = ipaddr_v4(0xc0000200 + i);

		screen_add(service.screen, &addr, 0, NULL);
	}
	screen_stats(service.screen, &session->rules->screen, &stats);
	ck_assert_uint_eq(stats.bytes, 10 * fullness[_i].entries);
	ck_assert_int_eq(stats.full, fullness[_i].full);
}
END_TEST

START_TEST(an_entry_ends)
{
	struct ipaddr addr = fixture_addr(LISTED);
	char list[SCREEN_LIST_BYTES];

	begin(BLOCK, ", 'screen': {'auto': true, 'ttl': '100s'}");
	say_connect(LISTED);
	say_helo_and_mail("a@b", NULL);
	say_rcpt_to("b@c");
	ck_assert(screen_has(service.screen, &addr, monotime_add(monotime_now(), INT64_C(95) * 1000000), list));
	ck_assert_str_eq(list, "bl");
	ck_assert(!screen_has(service.screen, &addr, monotime_add(monotime_now(), INT64_C(101) * 1000000), list));
}
END_TEST

/* --- exceptions go first ------------------------------------------------------------------------------------------ */

static const struct {
	const char *more;
	const char *name, *sender, *login, *recipient;
	const char *words;           /* of the log's line; NULL: refused */
	bool at_the_door;            /* it holds there too */
} saved[] = {
	{ "", "[x]", "a@b", NULL, "b@c", NULL, false },
	{ ", 'exceptions': {'clients': ['" LISTED "']}", "[x]", "a@b", NULL, "b@c", " exempt=client, ", true },
	{ ", 'exceptions': {'trusted_hosts': ['" LISTED "']}", "[x]", "a@b", NULL, "b@c", " exempt=trusted-host, ", true },
	{ ", 'exceptions': {'hosts': ['*.friend.example']}", "mx.friend.example", "a@b", NULL, "b@c", " exempt=host, ", true },
	{ ", 'exceptions': {'hosts': ['*.friend.example']}", "mx.foe.example", "a@b", NULL, "b@c", NULL, false },
	{ ", 'exceptions': {'recent_logins': true}", "[x]", "a@b", NULL, "b@c", " exempt=recent-login, ", true },
	{ ", 'exceptions': {'recent_logins': false}", "[x]", "a@b", NULL, "b@c", NULL, false },
	{ ", 'exceptions': {'rules': [{'client': '" LISTED "'}]}", "[x]", "a@b", NULL, "b@c", " exempt=rule[0], ", true },
	{ ", 'exceptions': {'rules': [{'client': '" LISTED "', 'lists': ['bl']}]}", "[x]", "a@b", NULL, "b@c", " exempt=rule[0], ",
	  true },
	{ ", 'exceptions': {'rules': [{'client': '" LISTED "', 'lists': ['two']}]}", "[x]", "a@b", NULL, "b@c", NULL, false },
	{ ", 'exceptions': {'rules': [{'client': '" LISTED "', 'sender': 'a@b'}]}", "[x]", "a@b", NULL, "b@c", " exempt=rule[0], ",
	  false },
	{ ", 'exceptions': {'senders': ['a@b']}", "[x]", "a@b", NULL, "b@c", " exempt=sender, ", false },
	{ "", "[x]", "a@b", "user", "b@c", " exempt=authenticated, ", false },
	{ ", 'exceptions': {'authenticated': false}", "[x]", "a@b", "user", "b@c", NULL, false },
	{ "", "[x]", "a@b", NULL, "postmaster@c", " exempt=recipient, blocked=screen, verdict=pass", false },
	{ ", 'received': {'pop_clients': ['" LISTED "']}", "[x]", "a@b", NULL, "b@c", NULL, false },
};

static void put_there(void)
{
	struct ipaddr addr = fixture_addr(LISTED);
	struct errmsg err;

	ck_assert_int_eq(screen_learn(service.screen, &session->rules->screen, &addr, "bl", 0), KEEP_LEARNED);
	ck_assert(recent_add(service.recent, &addr, session->rules->exceptions.recent_window_us, &err));
}

START_TEST(exceptions_go_first)
{
	begin(BLOCK ", {'name': 'two', 'zone': 'two.example', 'probe': false}", saved[_i].more);
	put_there();
	say_connect_as(LISTED, saved[_i].name);
	say_helo_and_mail(saved[_i].sender, saved[_i].login);
	ck_assert_int_eq(say_rcpt_to(saved[_i].recipient), saved[_i].words != NULL ? OUTCOME_GO_ON : OUTCOME_REFUSE);
	if (saved[_i].words != NULL)
		ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	done_saying(saved[_i].words != NULL ? saved[_i].words : " blocked=screen, verdict=reject, ");
}
END_TEST

START_TEST(at_the_door_fewer_hold)
{
	char more[300];

	snprintf(more, sizeof more, ", 'screen': {'at': 'connect'}%s", saved[_i].more);
	begin(BLOCK ", {'name': 'two', 'zone': 'two.example', 'probe': false}", more);
	put_there();
	say_connect_as(LISTED, saved[_i].name);
	ck_assert_int_eq(say_door(), saved[_i].at_the_door ? OUTCOME_GO_ON : OUTCOME_REFUSE);
	ck_assert_int_eq(loglines_next() == NULL, saved[_i].at_the_door);
}
END_TEST

/* --- at the door -------------------------------------------------------------------------------------------------- */

START_TEST(turns_away_at_the_door)
{
	struct screen_stats stats;

	begin(BLOCK, ", 'screen': {'at': 'connect', 'message': '100%% {ip}'}");
	put_there();
	say_connect(CLEAN);
	ck_assert_int_eq(say_door(), OUTCOME_GO_ON);
	say_connect(LISTED);
	ck_assert_int_eq(say_door(), OUTCOME_REFUSE);
	ck_assert_str_eq(outcome.reply.code, "550");
	ck_assert_str_eq(outcome.reply.text, "100%% 192.0.2.2");         /* the MTA undoes that */
	ck_assert_str_eq(loglines_next(), "NOQUEUE: client=unknown[192.0.2.2], helo=<>, from=<>, to=<>, nrcpt=0, blocked=screen, "
			 "verdict=reject, points=0, matches=0, hits=, lookups=0, cached=0, wait_ms=0");
	ck_assert_ptr_null(loglines_next());
	screen_stats(service.screen, &session->rules->screen, &stats);
	ck_assert_uint_eq(stats.refusals, 1);
	stage_done(session);                   /* at close */
	ck_assert_ptr_null(loglines_next());

	/* an MTA that goes on all the same */
	say_helo_and_mail("a@b", NULL);
	ck_assert_int_eq(say_rcpt_to("b@c"), OUTCOME_REFUSE);
	done_saying(" blocked=screen, verdict=reject, ");
	ck_assert_uint_eq(dnsstub_asked(stub, "2.2.0.192.bl.example"), 0);
}
END_TEST

START_TEST(behind_a_gateway_it_is_refused_at_the_end)
{
	begin(BLOCK, ", 'relays': ['" CLEAN "'], 'screen': {'at': 'connect'}");
	put_by_hand(LISTED);
	put_by_hand(CLEAN);                    /* our own gateway: never refused */
	say_connect(CLEAN);
	ck_assert_int_eq(say_door(), OUTCOME_GO_ON);
	say_helo_and_mail("a@b", NULL);
	ck_assert_int_eq(say_rcpt_to("b@c"), OUTCOME_GO_ON);
	stage_header(session, "Received", HOP);
	ck_assert_int_eq(say_eom(), OUTCOME_REFUSE);
	done_saying(" blocked=screen, verdict=reject, ");
	say_helo_and_mail("a@b", NULL);
	say_rcpt_to("b@c");
	ck_assert_int_eq(say_eom(), OUTCOME_GO_ON);
	done_saying(" exempt=relay, verdict=pass, ");
}
END_TEST

START_TEST(without_a_screen)
{
	begin(BLOCK, AUTO);
	screen_free(&service.screen);
	recent_free(&service.recent);
	say_connect(LISTED);
	ck_assert_int_eq(say_door(), OUTCOME_GO_ON);
	say_helo_and_mail("a@b", NULL);
	ck_assert_int_eq(say_rcpt_to("b@c"), OUTCOME_REFUSE);
	done_saying(" verdict=reject, points=100, ");
}
END_TEST

/* There was no question left for the allow list: who knows what it would have said. */
static const struct {
	const char *lists;
	bool added;
} bounded[] = {
	{ BLOCK ", {'name': 'wl', 'zone': 'wl.example', 'kind': 'allow', 'probe': false}", false },
	{ BLOCK ", {'name': 'bl2', 'zone': 'wl.example', 'probe': false}", true },
};

START_TEST(not_while_an_allow_list_is_beyond_the_bound)
{
	begin_asking(1, bounded[_i].lists, AUTO);
	say_connect(LISTED);
	say_mail_from("a@b", NULL);
	ck_assert_int_eq(say_rcpt_to("b@c"), OUTCOME_REFUSE);
	ck_assert_int_eq(on_screen(LISTED), bounded[_i].added);
	say_done(" lookups_left_out=1, ");
}
END_TEST

/* --- a list that goes mad ----------------------------------------------------------------------------------------- */

static struct ruleset *rules_in_force(void *ctx)
{
	return inforce_get(ctx);
}

static size_t entries(void)
{
	struct screen_stats stats;

	screen_stats(service.screen, &session->rules->screen, &stats);
	return stats.entries;
}

START_TEST(a_suspended_list_takes_its_entries_along)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	struct ipaddr by_mad[2] = { fixture_addr("198.51.100.1"), fixture_addr("198.51.100.2") };
	struct errmsg err;
	const char *line;

	begin(BLOCK ", {'name': 'mad', 'zone': 'mad.example', 'probe': {'unlisted': '127.0.0.9'}}",
	      ", 'health': {'confirm_after': '1s'}");
	put_there();
	put_by_hand(OTHER);
	for (int i = 0; i < 2; i++)
		screen_learn(service.screen, &session->rules->screen, &by_mad[i], "mad", 0);
	ck_assert_uint_eq(entries(), 4);
	service.prober = prober_new(service.lookup, service.health, service.screen, rules_in_force, &service.inforce, &err);
	ck_assert_msg(service.prober != NULL, "%s", err.text);
	for (int i = 0; i < 4000 && entries() > 2; i++)
		nanosleep(&pause, NULL);
	ck_assert_uint_eq(entries(), 2);
	ck_assert(on_screen(LISTED) && on_screen(OTHER));
	prober_free(&service.prober);
	line = loglines_next();
	ck_assert_pstr_eq(line, "warning: screen: 2 clients that list mad had put there are taken out again, since it is suspended");
	screen_purge(service.screen, "mad");   /* once more: nothing is told */
	ck_assert_ptr_null(loglines_next());
}
END_TEST

struct listing {
	size_t n;
	char lists[100];
};

static void see(void *ctx, const struct screen_entry *entry)
{
	struct listing *listing = ctx;

	ck_assert(ipaddr_is_set(&entry->addr) && entry->expires.us == INT64_MAX);
	listing->n++;
	strcat(listing->lists, entry->list[0] != '\0' ? entry->list : "-");
}

START_TEST(by_hand)
{
	struct ipaddr listed = fixture_addr(LISTED), none = { 0 };
	struct listing listing = { 0 };
	struct errmsg err;

	begin(BLOCK, "");
	put_there();
	ck_assert(screen_each(service.screen, monotime_now(), see, &listing));
	ck_assert_str_eq(listing.lists, "bl");
	put_by_hand(LISTED);                   /* it is the administrator's from now on */
	listing = (struct listing){ 0 };
	ck_assert(screen_each(service.screen, monotime_now(), see, &listing));
	ck_assert_str_eq(listing.lists, "-");
	screen_purge(service.screen, "bl");
	screen_purge(service.screen, "nobody");
	ck_assert(on_screen(LISTED));
	ck_assert_int_eq(screen_add(service.screen, &none, 0, &err), KEEP_REFUSED);
	ck_assert_int_eq(screen_remove(service.screen, &listed, &err), KEEP_UNTIL_RESTART);
	ck_assert_int_eq(screen_remove(service.screen, &listed, &err), KEEP_REFUSED);
	ck_assert_str_eq(err.text, "192.0.2.2 is not on the screen");
	put_by_hand(LISTED);
	put_by_hand(OTHER);
	ck_assert_int_eq(screen_clear(service.screen, &err), KEEP_UNTIL_RESTART);
	ck_assert_uint_eq(entries(), 0);
}
END_TEST

Suite *screening_suite(void)
{
	Suite *suite = suite_create("screening");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_listed_client_is_refused_from_then_on);
	tcase_add_loop_test(tcase, who_is_put_there, 0, ROWS(rows));
	tcase_add_test(tcase, not_while_an_allow_list_is_left_alone);
	tcase_add_loop_test(tcase, not_while_an_allow_list_is_beyond_the_bound, 0, ROWS(bounded));
	tcase_add_test(tcase, a_full_screen_adds_no_more);
	tcase_add_loop_test(tcase, says_when_it_is_full, 0, ROWS(fullness));
	tcase_add_test(tcase, an_entry_ends);
	tcase_add_loop_test(tcase, exceptions_go_first, 0, ROWS(saved));
	tcase_add_loop_test(tcase, at_the_door_fewer_hold, 0, ROWS(saved));
	tcase_add_test(tcase, turns_away_at_the_door);
	tcase_add_test(tcase, behind_a_gateway_it_is_refused_at_the_end);
	tcase_add_test(tcase, without_a_screen);
	tcase_add_test(tcase, a_suspended_list_takes_its_entries_along);
	tcase_add_test(tcase, by_hand);
	suite_add_tcase(suite, tcase);
	return suite;
}
