/* Tests of the whole policy, key by key: each key of the sections below has a message whose fate changes with it; against a
 * DNS server of the test's own. A key without a row fails. */
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "config/schema.h"
#include "t/unit/fixture.h"
#include "t/unit/loglines.h"
#include "t/unit/say.h"
#include "t/unit/suites.h"

enum { STORY_BYTES = 2000, FATE_BYTES = 4000, PATH_BYTES = 128 };

/* 192.0.2.2 is listed by all; .3 by one and two, .4 by one alone; .5 answers with several codes; .6 is silent; .8 refuses us */
static const struct dnsstub_rule answers[] = {
	{ "2.2.0.192.one.example", "an @ 300 A 127.0.0.2", NULL },
	{ "2.2.0.192.two.example", "an @ 300 A 127.0.0.2", NULL },
	{ "2.2.0.192.three.example", "an @ 300 A 127.0.0.2", NULL },
	{ "2.2.0.192.good.example", "an @ 300 A 127.0.0.2", NULL },
	{ "2.2.0.192.dead.example", "rcode 2", NULL },
	{ "3.2.0.192.one.example", "an @ 300 A 127.0.0.2", NULL },
	{ "3.2.0.192.two.example", "an @ 300 A 127.0.0.2", NULL },
	{ "4.2.0.192.one.example", "an @ 300 A 127.0.0.2; an @ 300 TXT because", NULL },
	{ "5.2.0.192.one.example", "an @ 300 A 127.0.0.2; an @ 300 A 127.0.0.4", NULL },
	{ "6.2.0.192.one.example", "rcode 2", NULL },
	{ "8.2.0.192.one.example", "an @ 300 A 127.0.0.1", NULL },
	{ "4.0.0.10.one.example", "an @ 300 A 127.0.0.2", NULL },
	{ "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.one.example", "an @ 300 A 127.0.0.2", NULL },
	{ "bad.co.uk.one.example", "an @ 300 A 127.0.0.2", NULL },
	{ "7.100.51.198.one.example", "an @ 300 A 127.0.0.2", NULL },
	{ "8.100.51.198.one.example", "an @ 300 A 127.0.0.2", NULL },
	{ "9.100.51.198.one.example", "an @ 300 A 127.0.0.2", NULL },
	{ "ok.example", "an @ 300 A 192.0.2.80", NULL },
	{ "h.example", "an @ 300 A 192.0.2.80", NULL },
	{ "11.2.0.192.in-addr.arpa", "an @ 300 PTR h.example", NULL },
	{ "*", "rcode 3; ns @ 60 SOA 60", NULL },
	{ NULL, NULL, NULL },
};

static const struct dnsstub_rule other_answers[] = { { "*", "an @ 300 A 127.0.0.2", NULL }, { NULL, NULL, NULL } };

static struct dnsstub *other_stub;

static void set_up(void)
{
	say_set_up(answers);
	other_stub = dnsstub_new(other_answers);
}

static void tear_down(void)
{
	say_tear_down();
	dnsstub_free(&other_stub);
}

/* --- a story and what becomes of it ------------------------------------------------------------------------------- */

static void add(struct text *fate, const char *between, const char *word)
{
	text_add(fate, "%s%s", fate->len > 0 ? between : "", word);
}

static void add_reply(struct text *fate)
{
	add(fate, ", ", outcome.reply.code);
	text_add(fate, " %s %s", outcome.reply.enhanced, outcome.reply.text);
}

static void add_edits(struct text *fate)
{
	size_t before = fate->len;

	if (edits.quarantine != NULL)
		add(fate, ", ", "quarantine");
	if (edits.reroute != NULL) {
		add(fate, ", ", "to ");
		text_add_str(fate, edits.reroute);
	}
	for (size_t i = 0; i < edits.n_values; i++) {
		add(fate, ", ", edits.flag_header);
		text_add(fate, ": %s", edits.values[i]);
	}
	if (edits.n_strip > 0)
		text_add(fate, "%s-%zu", fate->len > 0 ? ", " : "", edits.n_strip);
	for (size_t i = 0; i < edits.n_subjects; i++) {
		add(fate, ", ", "Subject: ");
		text_add_str(fate, edits.subjects[i].value);
	}
	if (fate->len == before)
		add(fate, ", ", "pass");
}

static void tell_connect(const char *rest, struct text *fate)
{
	char address[64] = "", name[64] = "unknown";

	sscanf(rest, "%63s name %63s", address, name);
	say_new_session();
	say_connect_as(address, name);
	stage_door(session, &outcome);
	if (outcome.kind != OUTCOME_GO_ON)
		add_reply(fate);
}

static void tell_mail(const char *rest, struct text *fate)
{
	char sender[64] = "", login[64] = "";

	sscanf(rest, "%63s login %63s", sender, login);
	if (say_mail_from(sender, login[0] != '\0' ? login : NULL) != OUTCOME_GO_ON)
		add_reply(fate);
}

static void tell_rcpt(const char *rest, struct text *fate)
{
	if (say_rcpt_to(rest) == OUTCOME_GO_ON)
		add(fate, ", ", "ok");
	else
		add_reply(fate);
}

static void tell_header(char *rest)
{
	char *colon = strchr(rest, ':');

	ck_assert_ptr_nonnull(colon);
	*colon = '\0';
	stage_header(session, rest, colon + 2);
}

static void tell_eom(struct text *fate)
{
	int kind = say_eom();

	if (kind == OUTCOME_DISCARD)
		add(fate, ", ", "discard");
	else if (kind != OUTCOME_GO_ON)
		add_reply(fate);
	else
		add_edits(fate);
	stage_done(session);
}

static void tell(char *step, struct text *fate)
{
	char *rest = strchr(step, ' ');

	rest = rest != NULL ? rest + 1 : step + strlen(step);
	if (strncmp(step, "connect ", 8) == 0) {
		tell_connect(rest, fate);
	} else if (strncmp(step, "helo ", 5) == 0) {
		stage_helo(session, rest);
	} else if (strncmp(step, "mail ", 5) == 0) {
		tell_mail(rest, fate);
	} else if (strncmp(step, "rcpt ", 5) == 0) {
		tell_rcpt(rest, fate);
	} else if (strncmp(step, "header ", 7) == 0) {
		tell_header(rest);
	} else if (strncmp(step, "recent ", 7) == 0) {
		struct ipaddr addr = fixture_addr(rest);

		ck_assert(recent_add(service.recent, &addr, service.inforce.rules->exceptions.recent_window_us, NULL));
	} else if (strcmp(step, "eom") == 0) {
		tell_eom(fate);
	} else {
		ck_abort_msg("what does this mean: %s", step);
	}
}

/* Steps are parted by " | ". */
static void play(const char *story, struct text *fate)
{
	char copy[STORY_BYTES], *next = copy;

	ck_assert_uint_lt(strlen(story), sizeof copy);
	memcpy(copy, story, strlen(story) + 1);
	while (next != NULL) {
		char *step = next, *end = strstr(next, " | ");

		next = end != NULL ? end + 3 : NULL;
		if (end != NULL)
			*end = '\0';
		tell(step, fate);
	}
	if (session->in_message)
		stage_done(session);
	while (loglines_next() != NULL)
		;
}

#define ONE "{'name': 'one', 'zone': 'one.example', 'probe': false}"
#define TWO "{'name': 'two', 'zone': 'two.example', 'probe': false}"

/* "members" of a configuration, with a ' for each "; "OTHER" is the address of a second DNS server. */
static void begin(const char *members)
{
	const char *other = strstr(members, "OTHER");
	char text[STORY_BYTES];

	snprintf(text, sizeof text, "%.*s%s%s", other != NULL ? (int)(other - members) : (int)strlen(members), members,
		 other != NULL ? dnsstub_address(other_stub) : "", other != NULL ? other + 5 : "");
	say_begin_in_daemon(fixture_rulesf("{'dns': {'servers': ['%s'], 'timeout': '4s', 'tries': 1}%s%s%s%s}", dnsstub_address(stub),
					   strstr(members, "'lists': [{") != NULL ? "" : ", 'lists': [" ONE "]",
					   strstr(members, "'cache'") != NULL ? "" : ", 'cache': {'enabled': false}",
					   members[0] != '\0' ? ", " : "", text));
}

static void check_fate(const char *members, const char *story, const char *wanted)
{
	char buf[FATE_BYTES];
	struct text fate = text_over(buf, sizeof buf);

	begin(members);
	play(story, &fate);
	ck_assert_msg(strcmp(buf, wanted) == 0, "under {%s}\n  got:    %s\n  wanted: %s", members, buf, wanted);
	say_end();
}

/* --- the keys ----------------------------------------------------------------------------------------------------- */

#define MAIL " | helo h.example | mail <a@ok.example> | rcpt <b@example.org>"
#define LISTED "connect 192.0.2.2" MAIL
#define REFUSED "550 5.7.1 Mail is refused: 192.0.2.2 is listed by one"
#define FLAG(address, list) "X-RBL-Warning: " address " is listed by " list " (127.0.0.2)"
#define FLAGGED "ok, " FLAG("192.0.2.2", "one")
#define HOP(address) " | header Received: from h (h [" address "]) by x with ESMTP id 1"
#define HOPS3 "connect 192.0.2.10" MAIL HOP("198.51.100.7") HOP("198.51.100.8") HOP("198.51.100.9") " | eom"
#define FLAG_ALL "'actions': [{'when': {'matches': 1}, 'do': ['flag']}]"
#define SMTP(more) "'received': {'smtp': {'enabled': true, 'skip_oldest': 0" more "}}"
#define POP(more) "'received': {'pop': {'enabled': true, 'skip_oldest': 0" more "}, 'pop_clients': ['192.0.2.10']}"
#define LIST(more) "'lists': [{'name': 'one', 'zone': 'one.example', 'probe': false" more "}]"
#define MAIL_FROM(more) "'checks': {'mail_from': {'enabled': true" more "}}"
#define CHECK(name, more) "'checks': {'" name "': {'enabled': true, 'message': 'bad {subject}', 'header': 'bad {subject}'" more "}}"
/* The keys that are the same in all checks; the story has such a hit. */
#define CHECK_KEYS(name, story, subject) \
	{ "checks." name ".points", CHECK(name, ""), CHECK(name, ", 'points': 99"), story, "550 5.7.1 bad " subject, "ok" }, \
	{ "checks." name ".mode", CHECK(name, ""), CHECK(name, ", 'mode': 'shadow'"), story, "550 5.7.1 bad " subject, "ok" }, \
	{ "checks." name ".message", CHECK(name, ""), "'checks': {'" name "': {'enabled': true, 'message': 'no {list}'}}", story, \
	  "550 5.7.1 bad " subject, "550 5.7.1 no " name }, \
	{ "checks." name ".header", FLAG_ALL ", " CHECK(name, ""), \
	  FLAG_ALL ", 'checks': {'" name "': {'enabled': true, 'header': 'no {list}'}}", story " | eom", \
	  "ok, X-RBL-Warning: bad " subject, "ok, X-RBL-Warning: no " name }
#define SCREEN(more) "'screen': {'auto': true" more "}"
#define SCREENED "550 5.7.1 192.0.2.2 is refused here"
#define REFUSED4 "550 5.7.1 Mail is refused: 192.0.2.4 is listed by one"
#define SCREENED4 "550 5.7.1 192.0.2.4 is refused here"
/* The postmaster gets what the other is refused. */
#define STOP(word) SMTP("") ", 'stop_on_first_match': " word
#define DEAD(word) "'lists': [" ONE ", {'name': 'dead', 'zone': 'dead.example', 'kind': 'allow', 'probe': false, 'on_failure': " word "}]"
#define RESPONSE(more) LIST(", 'responses': [{'match': '127.0.0.[2..4]'" more "}]")

static const struct row {
	const char *key;
	const char *without, *with;      /* members of the configuration */
	const char *story;
	const char *fate_without, *fate_with;
} rows[] = {
	/* lists */
	{ "lists[].name", LIST(""), "'lists': [{'name': 'uno', 'zone': 'one.example', 'probe': false}]", LISTED,
	  REFUSED, "550 5.7.1 Mail is refused: 192.0.2.2 is listed by uno" },
	{ "lists[].zone", LIST(""), "'lists': [{'name': 'one', 'zone': 'none.example', 'probe': false}]", LISTED, REFUSED, "ok" },
	{ "lists[].query", LIST(""), "'lists': [{'name': 'one', 'query': '%1.%2.%3.%4.one.example', 'probe': false}]",
	  LISTED, REFUSED, "ok" },
	{ "lists[].profile", LIST(", 'points': 100"), LIST(", 'points': 100, 'profile': 'psbl'"), LISTED, REFUSED,
	  "550 5.7.1 192.0.2.2 is listed by PSBL: see https://psbl.org/" },
	{ "lists[].key", "'lists': [{'name': 'one', 'zone': '{key}.example', 'key': 'none', 'probe': false}]",
	  "'lists': [{'name': 'one', 'zone': '{key}.example', 'key': 'one', 'probe': false}]", LISTED, "ok", REFUSED },
	{ "lists[].server", LIST(""), LIST(", 'server': 'OTHER'"), "connect 192.0.2.10" MAIL, "ok",
	  "550 5.7.1 Mail is refused: 192.0.2.10 is listed by one" },
	{ "lists[].subjects", LIST(""), LIST(", 'subjects': ['helo']"), LISTED, REFUSED, "ok" },
	{ "lists[].kind", "'lists': [" ONE ", {'name': 'good', 'zone': 'good.example', 'probe': false}]",
	  "'lists': [" ONE ", {'name': 'good', 'zone': 'good.example', 'kind': 'allow', 'probe': false}]", LISTED, REFUSED, "ok" },
	{ "lists[].message", LIST(""), LIST(", 'message': 'go away'"), LISTED, REFUSED, "550 5.7.1 go away" },
	{ "lists[].header", FLAG_ALL ", " LIST(""), FLAG_ALL ", " LIST(", 'header': 'see {ip}'"), LISTED " | eom", FLAGGED,
	  "ok, X-RBL-Warning: see 192.0.2.2" },
	{ "lists[].points", LIST(""), LIST(", 'points': 99"), LISTED, REFUSED, "ok" },
	{ "lists[].trusted", "'actions': [{'when': {'trusted': true}, 'do': ['reject']}], " LIST(""),
	  "'actions': [{'when': {'trusted': true}, 'do': ['reject']}], " LIST(", 'trusted': true"), LISTED, "ok", REFUSED },
	{ "lists[].refused", LIST(", 'responses': [{'match': '127.0.0.1'}]"),
	  LIST(", 'responses': [{'match': '127.0.0.[1..2]'}], 'refused': ['127.0.0.1']"), "connect 192.0.2.8" MAIL,
	  "550 5.7.1 Mail is refused: 192.0.2.8 is listed by one", "ok" },
	{ "lists[].txt", LIST(", 'message': '[{reason}]'"), LIST(", 'message': '[{reason}]', 'txt': true"),
	  "connect 192.0.2.4" MAIL, "550 5.7.1 []", "550 5.7.1 [because]" },
	{ "lists[].ipv6", LIST(""), LIST(", 'ipv6': false"), "connect 2001:db8::2" MAIL,
	  "550 5.7.1 Mail is refused: 2001:db8::2 is listed by one", "ok" },
	{ "lists[].private", LIST(""), LIST(", 'private': true"), "connect 10.0.0.4" MAIL, "ok",
	  "550 5.7.1 Mail is refused: 10.0.0.4 is listed by one" },
	{ "lists[].mode", LIST(""), LIST(", 'mode': 'shadow'"), LISTED, REFUSED, "ok" },
	{ "lists[].responses[].match", RESPONSE(""), LIST(", 'responses': [{'match': '127.0.0.3'}]"), LISTED, REFUSED, "ok" },
	{ "lists[].responses[].points", RESPONSE(""), RESPONSE(", 'points': 99"), LISTED, REFUSED, "ok" },
	{ "lists[].responses[].message", RESPONSE(""), RESPONSE(", 'message': 'no'"), LISTED, REFUSED, "550 5.7.1 no" },
	{ "lists[].responses[].header", FLAG_ALL ", " RESPONSE(""), FLAG_ALL ", " RESPONSE(", 'header': 'no'"), LISTED " | eom",
	  FLAGGED, "ok, X-RBL-Warning: no" },
	{ "lists[].responses[].subjects", SMTP("") ", " RESPONSE(""), SMTP("") ", " RESPONSE(", 'subjects': ['client']"),
	  "connect 192.0.2.10" MAIL HOP("198.51.100.7") " | eom", "ok, " FLAG("198.51.100.7", "one"), "ok, pass" },

	{ "lists[].on_failure", DEAD("'ignore'"), DEAD("'soften'"), LISTED, REFUSED,
	  "451 4.7.1 Mail is refused: 192.0.2.2 is listed by one" },
	{ "lists[].domain", LIST(", 'subjects': ['helo']"), LIST(", 'subjects': ['helo'], 'domain': 'registrable'"),
	  "connect 192.0.2.10 | helo www.mail.bad.co.uk | mail <a@ok.example> | rcpt <b@example.org>", "ok",
	  "550 5.7.1 Mail is refused: www.mail.bad.co.uk is listed by one" },

	/* received: newest first, these are .7, .8, .9 */
	{ "received.smtp.enabled", "", SMTP(""), HOPS3, "ok, pass",
	  "ok, " FLAG("198.51.100.7", "one") ", " FLAG("198.51.100.8", "one") ", " FLAG("198.51.100.9", "one") },
	{ "received.smtp.check", SMTP(""), SMTP(", 'check': 1"), HOPS3,
	  "ok, " FLAG("198.51.100.7", "one") ", " FLAG("198.51.100.8", "one") ", " FLAG("198.51.100.9", "one"),
	  "ok, " FLAG("198.51.100.7", "one") },
	{ "received.smtp.skip_newest", SMTP(", 'check': 1"), SMTP(", 'check': 1, 'skip_newest': 1"), HOPS3,
	  "ok, " FLAG("198.51.100.7", "one"), "ok, " FLAG("198.51.100.8", "one") },
	{ "received.smtp.skip_oldest", SMTP(", 'skip_newest': 1"),
	  "'received': {'smtp': {'enabled': true, 'skip_newest': 1, 'skip_oldest': 1}}", HOPS3,
	  "ok, " FLAG("198.51.100.8", "one") ", " FLAG("198.51.100.9", "one"), "ok, " FLAG("198.51.100.8", "one") },
	{ "received.pop.enabled", "'received': {'pop_clients': ['192.0.2.10']}", POP(", 'check': 1"), HOPS3, "ok, pass",
	  "ok, " FLAG("198.51.100.7", "one") },
	{ "received.pop.check", POP(""), POP(", 'check': 2"), HOPS3,
	  "ok, " FLAG("198.51.100.7", "one") ", " FLAG("198.51.100.8", "one") ", " FLAG("198.51.100.9", "one"),
	  "ok, " FLAG("198.51.100.7", "one") ", " FLAG("198.51.100.8", "one") },
	{ "received.pop.skip_newest", POP(", 'check': 1"), POP(", 'check': 1, 'skip_newest': 2"), HOPS3,
	  "ok, " FLAG("198.51.100.7", "one"), "ok, " FLAG("198.51.100.9", "one") },
	{ "received.pop.skip_oldest", POP(", 'skip_newest': 1"),
	  "'received': {'pop': {'enabled': true, 'skip_newest': 1, 'skip_oldest': 1}, 'pop_clients': ['192.0.2.10']}", HOPS3,
	  "ok, " FLAG("198.51.100.8", "one") ", " FLAG("198.51.100.9", "one"), "ok, " FLAG("198.51.100.8", "one") },
	{ "received.pop_clients", "", "'received': {'pop_clients': ['192.0.2.2']}", LISTED, REFUSED, "ok" },
	{ "received.skip_from_exempt", "'exceptions': {'clients': ['192.0.2.10']}, " SMTP(", 'check': 1"),
	  "'exceptions': {'clients': ['192.0.2.10']}, 'received': {'smtp': {'enabled': true, 'skip_oldest': 0, 'check': 1},"
	  " 'skip_from_exempt': false}", HOPS3, "ok, pass", "ok, " FLAG("198.51.100.7", "one") },
	{ "received.skip_authenticated", SMTP(""),
	  "'received': {'smtp': {'enabled': true, 'skip_oldest': 0}, 'skip_authenticated': false}",
	  "connect 192.0.2.10" MAIL " | header Received: from h (h [198.51.100.7]) by x with ESMTPSA id 1 | eom", "ok, pass",
	  "ok, " FLAG("198.51.100.7", "one") },
	{ "relays", SMTP(", 'skip_newest': 1"), "'relays': ['192.0.2.10'], " SMTP(", 'skip_newest': 1"), HOPS3,
	  "ok, " FLAG("198.51.100.8", "one") ", " FLAG("198.51.100.9", "one"),
	  "ok, 550 5.7.1 Mail is refused: 198.51.100.7 is listed by one" },

	/* exceptions */
	{ "exceptions.clients", "", "'exceptions': {'clients': ['192.0.2.*']}", LISTED, REFUSED, "ok" },
	{ "exceptions.trusted_hosts", "", "'exceptions': {'trusted_hosts': ['192.0.2.2']}", LISTED, REFUSED, "ok" },
	{ "exceptions.hosts", "", "'exceptions': {'hosts': ['*.friend.example']}",
	  "connect 192.0.2.2 name mx.friend.example" MAIL, REFUSED, "ok" },
	{ "exceptions.senders", "", "'exceptions': {'senders': ['*@ok.example']}", LISTED, REFUSED, "ok" },
	{ "exceptions.recipients", "", "'exceptions': {'recipients': ['b@example.org']}", LISTED, REFUSED, "ok" },
	{ "exceptions.authenticated", "", "'exceptions': {'authenticated': false}",
	  "connect 192.0.2.2 | mail <a@ok.example> login joe | rcpt <b@example.org>", "ok", REFUSED },
	{ "exceptions.recent_logins", "", "'exceptions': {'recent_logins': true}", "recent 192.0.2.2 | " LISTED, REFUSED, "ok" },
	{ "exceptions.rules[].client", "", "'exceptions': {'rules': [{'client': '192.0.2.2'}]}", LISTED, REFUSED, "ok" },
	{ "exceptions.rules[].sender", "", "'exceptions': {'rules': [{'sender': 'a@*'}]}", LISTED, REFUSED, "ok" },
	{ "exceptions.rules[].recipient", "", "'exceptions': {'rules': [{'recipient': 'b@*'}]}", LISTED, REFUSED, "ok" },
	{ "exceptions.rules[].host", "", "'exceptions': {'rules': [{'host': '*.friend.example'}]}",
	  "connect 192.0.2.2 name mx.friend.example" MAIL, REFUSED, "ok" },
	{ "exceptions.rules[].helo", "", "'exceptions': {'rules': [{'helo': 'h.*'}]}", LISTED, REFUSED, "ok" },
	{ "exceptions.rules[].lists", "'exceptions': {'rules': [{'sender': 'a@*'}]}, 'lists': [" ONE ", " TWO "]",
	  "'exceptions': {'rules': [{'sender': 'a@*', 'lists': ['one']}]}, 'lists': [" ONE ", " TWO "]", LISTED, "ok",
	  "550 5.7.1 Mail is refused: 192.0.2.2 is listed by two" },
	{ "exceptions.rules[].until", "'exceptions': {'rules': [{'sender': 'a@*', 'until': '2099-12-31'}]}",
	  "'exceptions': {'rules': [{'sender': 'a@*', 'until': '2020-12-31'}]}", LISTED, "ok", REFUSED },

	/* blocked */
	{ "blocked.clients", "", "'blocked': {'clients': ['192.0.2.10']}", "connect 192.0.2.10" MAIL, "ok",
	  "550 5.7.1 192.0.2.10 is refused here" },
	{ "blocked.clients_except", "'blocked': {'clients': ['192.0.2.0/24']}",
	  "'blocked': {'clients': ['192.0.2.0/24'], 'clients_except': ['192.0.2.10']}", "connect 192.0.2.10" MAIL,
	  "550 5.7.1 192.0.2.10 is refused here", "ok" },
	{ "blocked.senders", "", "'blocked': {'senders': ['a@ok.example']}", "connect 192.0.2.10" MAIL, "ok",
	  "550 5.7.1 a@ok.example is refused here" },
	{ "blocked.recipients", "", "'blocked': {'recipients': ['b@*']}",
	  "connect 192.0.2.10" MAIL " | rcpt <c@example.org>", "ok, ok", "550 5.7.1 b@example.org is refused here, ok" },
	{ "blocked.message", "'blocked': {'senders': ['a@*']}", "'blocked': {'senders': ['a@*'], 'message': 'never {subject}'}",
	  "connect 192.0.2.10" MAIL, "550 5.7.1 a@ok.example is refused here", "550 5.7.1 never a@ok.example" },

	/* actions */
	{ "actions[].when.points", "'actions': [{'when': {'points': 100}, 'do': ['reject']}]",
	  "'actions': [{'when': {'points': 101}, 'do': ['reject']}]", LISTED, REFUSED, "ok" },
	{ "actions[].when.matches", "'actions': [{'when': {'matches': 2}, 'do': ['reject']}], 'lists': [" ONE ", " TWO "]",
	  "'actions': [{'when': {'matches': 3}, 'do': ['reject']}], 'lists': [" ONE ", " TWO "]", LISTED, REFUSED, "ok" },
	{ "actions[].when.trusted", "'actions': [{'when': {'matches': 1}, 'do': ['reject']}]",
	  "'actions': [{'when': {'matches': 1, 'trusted': true}, 'do': ['reject']}]", LISTED, REFUSED, "ok" },
	{ "actions[].when.unanswered", "'actions': [{'when': {'points': 100}, 'do': ['reject']}]",
	  "'actions': [{'when': {'unanswered': 1}, 'do': ['tempfail']}]", "connect 192.0.2.6" MAIL, "ok",
	  "451 4.7.1 Try again later" },
	{ "actions[].when.subjects", "'actions': [{'when': {'matches': 1}, 'do': ['reject']}]",
	  "'actions': [{'when': {'matches': 1, 'subjects': ['helo']}, 'do': ['reject']}]", LISTED, REFUSED, "ok" },
	{ "actions[].do", "'actions': [{'when': {'matches': 1}, 'do': ['reject']}]",
	  "'actions': [{'when': {'matches': 1}, 'do': ['drop']}]", LISTED, REFUSED,
	  "421 4.7.1 Mail is refused: 192.0.2.2 is listed by one" },
	{ "actions[].do", "'actions': [{'when': {'matches': 1}, 'do': ['tempfail']}]",
	  "'actions': [{'when': {'matches': 1}, 'do': ['discard']}]", LISTED " | eom",
	  "451 4.7.1 Mail is refused: 192.0.2.2 is listed by one, 451 4.7.1 Mail is refused: 192.0.2.2 is listed by one",
	  "ok, discard" },
	{ "actions[].do", "'actions': [{'when': {'matches': 1}, 'do': ['quarantine']}]",
	  "'actions': [{'when': {'matches': 1}, 'do': ['flag', 'prefix']}]", LISTED " | header Subject: hi | eom",
	  "ok, quarantine", FLAGGED ", Subject: [SPAM] hi" },
	{ "actions[].do[].reroute", "'actions': [{'when': {'matches': 1}, 'do': [{'reroute': 'x@example.org'}]}]",
	  "'actions': [{'when': {'matches': 1}, 'do': [{'reroute': 'y@example.org'}]}]", LISTED " | eom", "ok, to x@example.org",
	  "ok, to y@example.org" },
	{ "stop_on_first_match", STOP("false"), STOP("true"), LISTED " | rcpt <postmaster@example.org>" HOP("198.51.100.7") " | eom",
	  REFUSED ", ok, " FLAG("192.0.2.2", "one") ", " FLAG("198.51.100.7", "one"),
	  REFUSED ", ok, " FLAG("192.0.2.2", "one") },
	{ "decide_at", "", "'decide_at': 'eom'", LISTED " | eom", REFUSED ", " REFUSED, "ok, " REFUSED },

	/* checks: ok.example has an address, and so has h.example; 192.0.2.10 has no name, .11 has one that leads elsewhere */
	{ "checks.mail_from.enabled", "", MAIL_FROM(""), "connect 192.0.2.10 | mail <a@none.example> | rcpt <b@example.org>", "ok",
	  "550 5.7.1 Mail is refused: the sender's domain none.example takes no mail (no-mx-no-address)" },
	CHECK_KEYS("mail_from", "connect 192.0.2.10 | mail <a@none.example> | rcpt <b@example.org>", "none.example"),
	{ "checks.reverse_dns.enabled", "", "'checks': {'reverse_dns': {'enabled': true}}", "connect 192.0.2.10" MAIL, "ok",
	  "550 5.7.1 Mail is refused: 192.0.2.10 has no valid name in the DNS (no-ptr)" },
	{ "checks.reverse_dns.confirm", "'checks': {'reverse_dns': {'enabled': true, 'confirm': false}}",
	  "'checks': {'reverse_dns': {'enabled': true, 'confirm': true}}", "connect 192.0.2.11" MAIL, "ok",
	  "550 5.7.1 Mail is refused: 192.0.2.11 has no valid name in the DNS (not-confirmed)" },
	CHECK_KEYS("reverse_dns", "connect 192.0.2.10" MAIL, "192.0.2.10"),
	{ "checks.helo.enabled", "", "'checks': {'helo': {'enabled': true}}",
	  "connect 192.0.2.10 | helo none.example | mail <a@ok.example> | rcpt <b@example.org>", "ok",
	  "550 5.7.1 Mail is refused: the HELO name none.example is not valid (no-address)" },
	CHECK_KEYS("helo", "connect 192.0.2.10 | helo none.example | mail <a@ok.example> | rcpt <b@example.org>", "none.example"),

	/* screen */
	{ "screen.auto", "", SCREEN(""), LISTED " | " LISTED, REFUSED ", " REFUSED, REFUSED ", " SCREENED },
	{ "screen.max_entries", SCREEN(""), SCREEN(", 'max_entries': 1"), LISTED " | connect 192.0.2.4" MAIL " | connect 192.0.2.4" MAIL,
	  REFUSED ", " REFUSED4 ", " SCREENED4, REFUSED ", " REFUSED4 ", " REFUSED4 },
	{ "screen.max_bytes", SCREEN(", 'max_bytes': 20"), SCREEN(", 'max_bytes': 19"),
	  LISTED " | connect 192.0.2.4" MAIL " | connect 192.0.2.4" MAIL,
	  REFUSED ", " REFUSED4 ", " SCREENED4, REFUSED ", " REFUSED4 ", " REFUSED4 },
	{ "screen.at", SCREEN(""), SCREEN(", 'at': 'connect'"), LISTED " | connect 192.0.2.2", REFUSED, REFUSED ", " SCREENED },
	{ "screen.message", SCREEN(""), SCREEN(", 'message': 'not {subject}'"), LISTED " | " LISTED, REFUSED ", " SCREENED,
	  REFUSED ", 550 5.7.1 not 192.0.2.2" },

	/* reply, flag, prefix */
	{ "reply.code", "", "'reply': {'code': 554}", LISTED, REFUSED, "554 5.7.1 Mail is refused: 192.0.2.2 is listed by one" },
	{ "reply.enhanced", "", "'reply': {'enhanced': '5.7.606'}", LISTED, REFUSED,
	  "550 5.7.606 Mail is refused: 192.0.2.2 is listed by one" },
	{ "reply.send_message", "", "'reply': {'send_message': false}", LISTED, REFUSED, "550 5.1.1 User unknown" },
	{ "flag.header", FLAG_ALL, FLAG_ALL ", 'flag': {'header': 'X-Spam-Seen'}", LISTED " | eom", FLAGGED,
	  "ok, X-Spam-Seen: 192.0.2.2 is listed by one (127.0.0.2)" },
	{ "flag.strip_forged", "", "'flag': {'strip_forged': false}",
	  "connect 192.0.2.10" MAIL " | header X-RBL-Warning: me | header x-rbl-warning: too | eom", "ok, -2", "ok, pass" },
	{ "prefix.text", "'actions': [{'when': {'matches': 1}, 'do': ['prefix']}]",
	  "'actions': [{'when': {'matches': 1}, 'do': ['prefix']}], 'prefix': {'text': '{list}: '}",
	  LISTED " | header Subject: hi | eom", "ok, Subject: [SPAM] hi", "ok, Subject: one: hi" },
};

START_TEST(a_key_changes_the_fate_of_a_message)
{
	const struct row *row = &rows[_i];

	ck_assert_str_ne(row->fate_without, row->fate_with);
	check_fate(row->without, row->story, row->fate_without);
	check_fate(row->with, row->story, row->fate_with);
}
END_TEST

/* --- none is left out --------------------------------------------------------------------------------------------- */

/* Keys of the sections above that are no matter of one message: how lists are watched has tests of its own. */
static const char *const elsewhere[] = {
	"lists[].probe.listed", "lists[].probe.unlisted", "lists[].probe", "lists[].brake",   /* health.test */
	"exceptions.rules[].note",                                                             /* for people */
	"screen.ttl", "exceptions.recent_window",        /* a matter of time: check_screening.c, check_recent.c */
};

static const char *const sections[] = {
	"lists", "received", "relays", "exceptions", "blocked", "actions", "decide_at", "stop_on_first_match", "reply", "flag",
	"prefix", "checks", "screen",
};

static bool is_elsewhere(const char *path)
{
	for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
		if (strcmp(elsewhere[i], path) == 0)
			return true;
	return false;
}

static bool has_row(const char *path)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].key, path) == 0)
			return true;
	return false;
}

static void find_missing(const struct schema_table *table, const char *prefix, struct text *missing)
{
	for (size_t i = 0; i < table->n_rows; i++) {
		const struct schema_row *row = &table->rows[i];
		char path[PATH_BYTES];
		const char *dot = prefix[0] != '\0' ? "." : "";

		snprintf(path, sizeof path, "%s%s%s", prefix, dot, row->key);
		if (row->type != SCHEMA_OBJECT && row->type != SCHEMA_OBJECTS && !has_row(path) && !is_elsewhere(path))
			text_add(missing, " %s", path);
		snprintf(path, sizeof path, "%s%s%s%s", prefix, dot, row->key,
			 row->type == SCHEMA_OBJECTS || row->type == SCHEMA_WORDS ? "[]" : "");
		if (row->table != NULL)
			find_missing(row->table, path, missing);
	}
}

START_TEST(every_key_has_a_row)
{
	const struct schema_row *row = schema_row(&schema_root, sections[_i]);
	char buf[FATE_BYTES];
	struct text missing = text_over(buf, sizeof buf);
	struct schema_table one = { .rows = row, .n_rows = 1 };

	ck_assert_msg(row != NULL, "there is no section %s", sections[_i]);
	find_missing(&one, "", &missing);
	ck_assert_msg(missing.len == 0, "no message shows what these are good for:%s", buf);
}
END_TEST

Suite *keys_suite(void)
{
	Suite *suite = suite_create("keys");
	TCase *plain = tcase_create("keys"), *all = tcase_create("all");

	tcase_add_checked_fixture(plain, set_up, tear_down);
	tcase_add_loop_test(plain, a_key_changes_the_fate_of_a_message, 0, ROWS(rows));
	tcase_add_loop_test(all, every_key_has_a_row, 0, ROWS(sections));
	suite_add_tcase(suite, plain);
	suite_add_tcase(suite, all);
	return suite;
}
