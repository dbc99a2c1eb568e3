/* Tests of check: what is asked about a message, and what the answers mean. Answers are handed in; nobody is asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check.h"
#include "common/lookup.h"
#include "common/exempt.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"

#define ON "{'enabled': true}"
#define ALL "'checks': {'mail_from': " ON ", 'reverse_dns': " ON ", 'helo': " ON "}"
#define UNCONFIRMED "'checks': {'reverse_dns': {'enabled': true, 'confirm': false}}"
#define V6_PTR "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
#define PTR "1.2.0.192.in-addr.arpa"
#define A63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* --- a message ---------------------------------------------------------------------------------------------------- */

struct scene {
	struct ruleset *rules;
	struct arena arena;
	struct facts facts;
	struct checks client, names;
	struct hits hits;
};

/* "" of a text is none, but for the sender: "-" is none, "" the null sender. */
static void scene_begin(struct scene *s, const char *json, const char *client, const char *name, const char *helo,
			const char *sender)
{
	*s = (struct scene){ .rules = fixture_rulesf("{%s}", json) };
	arena_init(&s->arena, 1 << 20);
	s->facts = (struct facts){ .client = fixture_addr(client), .client_name = name[0] != '\0' ? name : NULL,
				   .helo = helo[0] != '\0' ? helo : NULL, .sender = strcmp(sender, "-") != 0 ? sender : NULL };
}

static void scene_end(struct scene *s)
{
	batch_unref(&s->client.batch);
	batch_unref(&s->names.batch);
	arena_clear(&s->arena);
	ruleset_unref(&s->rules);
}

static void scene_plan(struct scene *s, const struct listset *left_out, size_t max_questions)
{
	ck_assert(check_client(s->rules, &s->facts, &s->arena, &s->client));
	ck_assert(check_names(s->rules, &s->facts, &s->arena, &s->names));
	exempt_mark(s->rules, &s->facts, &s->client.subjects);
	exempt_mark(s->rules, &s->facts, &s->names.subjects);
	ck_assert(check_plan(s->rules, &s->client, left_out, max_questions));
	ck_assert(check_plan(s->rules, &s->names, left_out, max_questions));
}

static const char *type_word(uint16_t type)
{
	static const struct {
		uint16_t type;
		const char *word;
	} words[] = { { DNSWIRE_TYPE_A, "A" }, { DNSWIRE_TYPE_AAAA, "AAAA" }, { DNSWIRE_TYPE_PTR, "PTR" }, { DNSWIRE_TYPE_MX, "MX" } };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (words[i].type == type)
			return words[i].word;
	return "?";
}

static void describe_question(const struct question *q, struct text *out)
{
	char name[FIXTURE_NAME_BYTES];

	text_add(out, "%s%s %s", out->len > 0 ? ", " : "", fixture_name(q, name), type_word(q->type));
}

static void describe_batch(const struct batch *batch, struct text *out)
{
	for (size_t i = 0; batch != NULL && i < batch->n_questions; i++)
		describe_question(&batch->questions[i], out);
}

static bool by_word(struct answer *answer, const char *word)
{
	static const struct {
		const char *word;
		uint8_t status;
	} words[] = { { "absent", ANSWER_ABSENT }, { "late", ANSWER_LATE }, { "failed", ANSWER_FAILED }, { "pending", ANSWER_PENDING } };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i].word, word) == 0) {
			answer->status = words[i].status;
			return true;
		}
	return false;
}

static void add_bytes(struct answer *answer, const uint8_t *bytes, size_t n)
{
	ck_assert_uint_le(answer->n_bytes + n, sizeof answer->bytes);
	memcpy(answer->bytes + answer->n_bytes, bytes, n);
	answer->n_bytes = (uint16_t)(answer->n_bytes + n);
	answer->n++;
}

/* A word of the answer: what it is depends on the question. */
static void add_word(struct answer *answer, enum answer_form form, const char *word)
{
	struct ipaddr addr;
	struct dnsname name;

	if (strcmp(word, "cut") == 0) {
		answer->cut = true;
	} else if (form == ANSWER_MAIL) {
		answer->n = (uint8_t)atoi(word);
	} else if (form == ANSWER_HOST) {
		addr = fixture_addr(word);
		add_bytes(answer, addr.byte, addr.len);
	} else if (strcmp(word, "none") != 0) {
		ck_assert(dnswire_name_parse(&name, word, NULL));
		add_bytes(answer, name.wire, name.len);
	}
}

/* `answers`: "mail.example MX=1; mail.example A=192.0.2.1 192.0.2.2 cut; x PTR=a b; y A=late"; what is not there is "absent". */
static void answer(struct question *q, const char *answers)
{
	char buf[300], *copy = strdup(answers), *rest = copy, *item;
	struct text text = text_over(buf, sizeof buf);

	describe_question(q, &text);
	q->answer = (struct answer){ .status = ANSWER_ABSENT, .form = (uint8_t)q->form, .ttl_s = 300 };
	while ((item = strsep(&rest, ";")) != NULL) {
		char *name = item + strspn(item, " "), *values = strchr(name, '='), *word;

		if (values == NULL)
			continue;
		*values++ = '\0';
		if (strcmp(name, buf) != 0)
			continue;
		q->answer.status = ANSWER_LISTED;
		while ((word = strsep(&values, " ")) != NULL)
			if (!by_word(&q->answer, word))
				add_word(&q->answer, q->form, word);
	}
	q->out = q->answer.status == ANSWER_PENDING;
	free(copy);
}

static void answer_all(struct batch *batch, const char *answers)
{
	for (size_t i = 0; batch != NULL && i < batch->n_questions; i++) {
		answer(&batch->questions[i], answers);
		query_follow(batch, &batch->questions[i]);
	}
	if (batch != NULL)
		lookup_look(batch);
}

/* "helo:helo:no-address mail_from:sender:null-mx" */
static void collect(struct scene *s, struct text *out)
{
	check_collect(s->rules, &s->client, &s->arena, &s->hits);
	check_collect(s->rules, &s->names, &s->arena, &s->hits);
	hit_sort(&s->hits);
	for (size_t i = 0; i < s->hits.n; i++) {
		const struct hit *hit = &s->hits.item[i];
		char buf[IPADDR_TEXT_BYTES];

		ck_assert_ptr_eq(hit->response, hit->list->responses);
		text_add(out, "%s%s:%s:%s", i > 0 ? " " : "", hit->list->name, subject_word(hit->kind), hit_answer(hit, buf));
	}
}

/* --- what is asked ------------------------------------------------------------------------------------------------ */

static const struct {
	const char *json, *client, *name, *helo, *sender;
	const char *asked;           /* of the client, then of the names */
	const char *failed;          /* at once, when no answer has come */
} plans[] = {
	{ ALL, "192.0.2.1", "", "mail.example", "a@example.net",
	  PTR " PTR, example.net MX, example.net A, example.net AAAA, mail.example A, mail.example AAAA", "" },
	{ "'checks': {'helo': " ON "}", "192.0.2.1", "", "mail.example", "a@example.net", "mail.example A, mail.example AAAA", "" },
	{ "'checks': {'mail_from': " ON "}", "192.0.2.1", "", "mail.example", "a@example.net",
	  "example.net MX, example.net A, example.net AAAA", "" },
	{ "'checks': {'reverse_dns': " ON "}", "192.0.2.1", "", "mail.example", "a@example.net", PTR " PTR", "" },
	{ "", "192.0.2.1", "", "mail.example", "a@example.net", "", "" },
	{ "'checks': {'helo': {'points': 5}}", "192.0.2.1", "", "mail.example", "", "", "" },

	/* the same name for both: asked once */
	{ ALL, "192.0.2.1", "mail.example.net", "example.net", "a@Example.NET.", "example.net MX, example.net A, example.net AAAA", "" },

	/* reverse_dns */
	{ ALL, "2001:db8::1", "", "", "", V6_PTR " PTR", "" },
	{ ALL, "::ffff:192.0.2.1", "", "", "", PTR " PTR", "" },
	{ ALL, "192.0.2.1", "mail.example.net", "", "", "", "" },            /* the MTA has verified it */
	{ ALL, "10.0.0.1", "", "nobody", "a@example.net", "example.net MX, example.net A, example.net AAAA", "" },
	{ ALL, "fe80::1", "", "nobody", "", "", "" },
	{ ALL, "", "", "nobody", "", "nobody A, nobody AAAA", "" },
	{ ALL, "127.0.0.1", "", "nobody", "a@b c", "", "" },

	/* helo */
	{ ALL, "192.0.2.1", "x", "Mail.Example.", "", "mail.example A, mail.example AAAA", "" },
	{ ALL, "192.0.2.1", "x", "friend", "", "friend A, friend AAAA", "" },
	{ ALL, "192.0.2.1", "x", "[192.0.2.1]", "", "", "" },
	{ ALL, "192.0.2.1", "x", "[192.0.2.2]", "", "", "helo:helo:not-client" },
	{ ALL, "2001:db8::1", "x", "[IPv6:2001:DB8:0::1]", "", "", "" },
	{ ALL, "2001:db8::1", "x", "[ipv6:2001:db8::2]", "", "", "helo:helo:not-client" },
	{ ALL, "2001:db8::1", "x", "[2001:db8::1]", "", "", "helo:helo:bad-literal" },   /* the tag is missing */
	{ ALL, "192.0.2.1", "x", "[IPv6:::ffff:192.0.2.1]", "", "", "" },
	{ ALL, "192.0.2.1", "x", "[IPv6:192.0.2.1]", "", "", "helo:helo:bad-literal" },
	{ ALL, "192.0.2.1", "x", "192.0.2.1", "", "", "helo:helo:bad-literal" },
	{ ALL, "192.0.2.1", "x", "[192.0.2.1", "", "", "helo:helo:bad-literal" },
	{ ALL, "192.0.2.1", "x", "[]", "", "", "helo:helo:bad-literal" },
	{ ALL, "192.0.2.1", "x", "[192.0.2.256]", "", "", "helo:helo:bad-literal" },
	{ ALL, "192.0.2.1", "x", "a b", "", "", "helo:helo:bad-name" },
	{ ALL, "192.0.2.1", "x", ".", "", "", "helo:helo:bad-name" },
	{ ALL, "192.0.2.1", "x", "a..b", "", "", "helo:helo:bad-name" },
	{ ALL, "192.0.2.1", "x", "-\377-", "", "", "helo:helo:bad-name" },
	{ ALL, "192.0.2.1", "x", A63 ".example", "", A63 ".example A, " A63 ".example AAAA", "" },
	{ ALL, "192.0.2.1", "x", A63 "a.example", "", "", "helo:helo:bad-name" },
	{ ALL, "192.0.2.1", "x", "m\303\274nchen.example", "", "xn--mnchen-3ya.example A, xn--mnchen-3ya.example AAAA", "" },

	/* mail_from */
	{ ALL, "192.0.2.1", "x", "", "-", "", "" },
	{ ALL, "192.0.2.1", "x", "", "postmaster", "", "" },                 /* a user here */
	{ ALL, "192.0.2.1", "x", "", "a@localhost", "localhost MX, localhost A, localhost AAAA", "" },
	{ ALL, "192.0.2.1", "x", "", "a@[192.0.2.99]", "", "" },
	{ ALL, "192.0.2.1", "x", "", "a@[IPv6:2001:db8::99]", "", "" },
	{ ALL, "192.0.2.1", "x", "", "a@[192.0.2.299]", "", "mail_from:sender:bad-literal" },
	{ ALL, "192.0.2.1", "x", "", "a@[example]", "", "mail_from:sender:bad-literal" },
	{ ALL, "192.0.2.1", "x", "", "a@192.0.2.99", "", "mail_from:sender:bad-literal" },
	{ ALL, "192.0.2.1", "x", "", "a@b..example", "", "mail_from:sender:bad-name" },
	{ ALL, "192.0.2.1", "x", "", "a@b_c.example", "b_c.example MX, b_c.example A, b_c.example AAAA", "" },
	{ ALL, "192.0.2.1", "x", "", "@route.example:a@\"x@y\"@example.net", "example.net MX, example.net A, example.net AAAA", "" },

	/* several at once, in the order of the headers */
	{ ALL, "192.0.2.1", "x", "a b", "a@b..c", "", "mail_from:sender:bad-name helo:helo:bad-name" },

	/* exceptions, as for lists */
	{ ALL ", 'exceptions': {'clients': ['192.0.2.1']}", "192.0.2.1", "", "a b", "a@b..c", "", "" },
	{ ALL ", 'exceptions': {'senders': ['*@b..c']}", "192.0.2.1", "", "a b", "a@b..c", "", "" },
	{ ALL ", 'exceptions': {'hosts': ['*.example']}", "192.0.2.1", "mail.example", "a b", "", "", "" },
	{ ALL ", 'received': {'pop_clients': ['192.0.2.1']}", "192.0.2.1", "", "a b", "a@b..c", "", "mail_from:sender:bad-name" },
	{ ALL ", 'relays': ['192.0.2.1']", "192.0.2.1", "", "a b", "a@b..c", "", "" },
};

START_TEST(what_is_asked)
{
	char asked[600], failed[300];
	struct text text = text_over(asked, sizeof asked), words = text_over(failed, sizeof failed);
	struct scene s;

	scene_begin(&s, plans[_i].json, plans[_i].client, plans[_i].name, plans[_i].helo, plans[_i].sender);
	scene_plan(&s, &(struct listset){ { 0 } }, 64);
	describe_batch(s.client.batch, &text);
	describe_batch(s.names.batch, &text);
	ck_assert_str_eq(asked, plans[_i].asked);
	collect(&s, &words);
	ck_assert_str_eq(failed, plans[_i].failed);
	scene_end(&s);
}
END_TEST

/* Behind a gateway, the client and the sender are checked; HELO was the gateway's. */
START_TEST(behind_a_gateway)
{
	char asked[600];
	struct text text = text_over(asked, sizeof asked);
	struct scene s;

	scene_begin(&s, ALL ", 'relays': ['10.0.0.0/8']", "192.0.2.1", "", "gateway", "a@example.net");
	s.facts.relay = fixture_addr("10.0.0.1");
	scene_plan(&s, &(struct listset){ { 0 } }, 64);
	describe_batch(s.client.batch, &text);
	describe_batch(s.names.batch, &text);
	ck_assert_str_eq(asked, PTR " PTR, example.net MX, example.net A, example.net AAAA");
	scene_end(&s);
}
END_TEST

/* A rule that names checks exempts from these alone. */
START_TEST(left_out)
{
	struct exemption exemption;
	char asked[600];
	struct text text = text_over(asked, sizeof asked);
	struct scene s;

	scene_begin(&s, ALL ", 'lists': [{'name': 'a', 'zone': 'a.example'}], 'exceptions': {'rules': "
		    "[{'client': '192.0.2.0/24', 'lists': ['helo', 'a', 'reverse_dns']}]}", "192.0.2.1", "", "a b", "a@example.net");
	exempt_message(s.rules, &s.facts, &exemption);
	ck_assert(!exempt_is_whole(&exemption));
	scene_plan(&s, &exemption.lists, 64);
	describe_batch(s.client.batch, &text);
	describe_batch(s.names.batch, &text);
	ck_assert_str_eq(asked, "example.net MX, example.net A, example.net AAAA");
	ck_assert_uint_eq(s.names.subjects.n, 1);
	scene_end(&s);
}
END_TEST

/* --- what the answers mean ---------------------------------------------------------------------------------------- */

static const struct {
	const char *json, *client, *helo, *sender;
	const char *answers;
	const char *failed;
} answered[] = {
	/* mail_from: one of three will do */
	{ ALL, "192.0.2.1", "", "a@d.example", PTR " PTR=failed; d.example MX=1", "" },
	{ ALL, "192.0.2.1", "", "a@d.example", PTR " PTR=failed; d.example MX=0", "mail_from:sender:null-mx" },
	{ ALL, "192.0.2.1", "", "a@d.example", PTR " PTR=failed; d.example MX=0; d.example A=192.0.2.1", "mail_from:sender:null-mx" },
	{ ALL, "192.0.2.1", "", "a@d.example", PTR " PTR=failed; d.example MX=0; d.example A=failed", "mail_from:sender:null-mx" },
	{ ALL, "192.0.2.1", "", "a@d.example", PTR " PTR=failed; d.example A=192.0.2.1", "" },
	{ ALL, "192.0.2.1", "", "a@d.example", PTR " PTR=failed; d.example A=127.0.0.2", "" },
	{ ALL, "192.0.2.1", "", "a@d.example", PTR " PTR=failed; d.example AAAA=2001:db8::1", "" },
	{ ALL, "192.0.2.1", "", "a@d.example", PTR " PTR=failed", "mail_from:sender:no-mx-no-address" },
	{ ALL, "192.0.2.1", "", "a@d.example", PTR " PTR=failed; d.example MX=failed", "" },
	{ ALL, "192.0.2.1", "", "a@d.example", PTR " PTR=failed; d.example MX=late; d.example A=192.0.2.1", "" },
	{ ALL, "192.0.2.1", "", "a@d.example", PTR " PTR=failed; d.example A=late", "" },
	{ ALL, "192.0.2.1", "", "a@d.example", PTR " PTR=failed; d.example AAAA=failed", "" },
	{ ALL, "192.0.2.1", "", "a@d.example", PTR " PTR=failed; d.example AAAA=pending", "" },
	{ ALL, "192.0.2.1", "", "a@d.example", PTR " PTR=failed; d.example MX=1; d.example A=failed; d.example AAAA=late", "" },

	/* helo: one of two */
	{ ALL, "192.0.2.1", "h.example", "", PTR " PTR=failed; h.example A=198.51.100.7", "" },
	{ ALL, "192.0.2.1", "h.example", "", PTR " PTR=failed; h.example AAAA=2001:db8::1", "" },
	{ ALL, "192.0.2.1", "h.example", "", PTR " PTR=failed", "helo:helo:no-address" },
	{ ALL, "192.0.2.1", "friend", "", PTR " PTR=failed", "helo:helo:no-address" },
	{ ALL, "192.0.2.1", "h.example", "", PTR " PTR=failed; h.example A=failed", "" },
	{ ALL, "192.0.2.1", "h.example", "", PTR " PTR=failed; h.example AAAA=late", "" },

	/* reverse_dns */
	{ UNCONFIRMED, "192.0.2.1", "", "", PTR " PTR=a.example", "" },
	{ UNCONFIRMED, "192.0.2.1", "", "", "", "reverse_dns:client:no-ptr" },
	{ UNCONFIRMED, "192.0.2.1", "", "", PTR " PTR=none", "reverse_dns:client:no-ptr" },
	{ UNCONFIRMED, "192.0.2.1", "", "", PTR " PTR=failed", "" },
	{ UNCONFIRMED, "192.0.2.1", "", "", PTR " PTR=late", "" },
	{ ALL, "192.0.2.1", "", "", "", "reverse_dns:client:no-ptr" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=failed", "" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a.example; a.example A=192.0.2.1", "" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a.example; a.example A=192.0.2.2 192.0.2.1", "" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a.example; a.example A=192.0.2.2", "reverse_dns:client:not-confirmed" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a.example", "reverse_dns:client:not-confirmed" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a.example; a.example A=failed", "" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a.example; a.example A=late", "" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a.example; a.example A=192.0.2.2 cut", "" },   /* perhaps it is among the others */
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a.example b.example c.example; c.example A=192.0.2.1", "" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a.example b.example; a.example A=failed; b.example A=192.0.2.1", "" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a.example b.example; a.example A=failed; b.example A=192.0.2.2", "" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a.example b.example; a.example A=192.0.2.3; b.example A=192.0.2.2",
	  "reverse_dns:client:not-confirmed" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a b c d e f g h i j; j A=192.0.2.1", "" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a b c d e f g h i j", "reverse_dns:client:not-confirmed" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a b c d e f g h i j cut", "" },    /* the eleventh may have been the right one */
	{ ALL, "192.0.2.1", "", "", PTR " PTR=cut", "reverse_dns:client:no-ptr" },
	{ ALL, "2001:db8::1", "", "", V6_PTR " PTR=a.example; a.example AAAA=2001:db8::2 2001:db8::1", "" },
	{ ALL, "2001:db8::1", "", "", V6_PTR " PTR=a.example; a.example AAAA=2001:db8::2", "reverse_dns:client:not-confirmed" },
};

START_TEST(what_answers_mean)
{
	char failed[300];
	struct text words = text_over(failed, sizeof failed);
	struct scene s;

	scene_begin(&s, answered[_i].json, answered[_i].client, "", answered[_i].helo, answered[_i].sender);
	scene_plan(&s, &(struct listset){ { 0 } }, 64);
	answer_all(s.client.batch, answered[_i].answers);
	answer_all(s.names.batch, answered[_i].answers);
	collect(&s, &words);
	ck_assert_msg(strcmp(failed, answered[_i].failed) == 0, "%s -> %s", answered[_i].answers, failed);
	scene_end(&s);
}
END_TEST

/* Without room for a question its check cannot fail. */
static const struct {
	size_t max_questions, asked_client, asked_names;
	const char *failed;
} rooms[] = {
	{ 0, 0, 0, "" },
	{ 1, 1, 1, "" },
	{ 2, 2, 2, "" },
	{ 3, 3, 3, "mail_from:sender:no-mx-no-address reverse_dns:client:not-confirmed" },
	{ 4, 3, 4, "mail_from:sender:no-mx-no-address reverse_dns:client:not-confirmed" },
	{ 5, 3, 5, "mail_from:sender:no-mx-no-address reverse_dns:client:not-confirmed helo:helo:no-address" },
};

START_TEST(room_for_questions)
{
	char failed[300];
	struct text words = text_over(failed, sizeof failed);
	struct scene s;

	scene_begin(&s, ALL, "192.0.2.1", "", "h.example", "a@d.example");
	scene_plan(&s, &(struct listset){ { 0 } }, rooms[_i].max_questions);
	answer_all(s.client.batch, PTR " PTR=a b");
	answer_all(s.names.batch, "");
	ck_assert_uint_eq(s.client.batch->n_questions, rooms[_i].asked_client);
	ck_assert_uint_eq(s.names.batch->n_questions, rooms[_i].asked_names);
	collect(&s, &words);
	ck_assert_str_eq(failed, rooms[_i].failed);
	ck_assert_uint_eq(s.hits.n_questions, rooms[_i].asked_client + rooms[_i].asked_names);
	scene_end(&s);
}
END_TEST

START_TEST(counts)
{
	char failed[300];
	struct text words = text_over(failed, sizeof failed);
	struct scene s;

	scene_begin(&s, ALL, "192.0.2.1", "", "h.example", "a@d.example");
	scene_plan(&s, &(struct listset){ { 0 } }, 64);
	answer_all(s.client.batch, PTR " PTR=late");
	answer_all(s.names.batch, "h.example A=failed; d.example MX=late");
	s.names.batch->questions[0].cached = true;
	collect(&s, &words);
	ck_assert_uint_eq(s.hits.n, 0);
	ck_assert_uint_eq(s.hits.n_questions, 6);
	ck_assert_uint_eq(s.hits.n_late, 2);
	ck_assert_uint_eq(s.hits.n_failed, 1);
	ck_assert_uint_eq(s.hits.n_cached, 1);
	scene_end(&s);
}
END_TEST

START_TEST(texts_and_weights)
{
	struct scene s;
	char buf[100];
	struct text words = text_over(buf, sizeof buf);

	scene_begin(&s, "'checks': {'helo': {'enabled': true, 'points': 7, 'message': 'see {subject}', 'header': 'h', 'mode': 'shadow'}}",
		    "192.0.2.1", "", "a b", "");
	scene_plan(&s, &(struct listset){ { 0 } }, 64);
	collect(&s, &words);
	ck_assert_uint_eq(s.hits.n, 1);
	hit_weigh(&s.hits, s.rules, &(struct listset){ { 0 } }, &(struct listset){ { 0 } });
	ck_assert_int_eq(s.hits.item[0].weight, HIT_SHOWN);
	ck_assert_int_eq(s.hits.item[0].response->points, 7);
	ck_assert_str_eq(s.hits.item[0].response->message, "see {subject}");
	ck_assert_str_eq(s.hits.item[0].response->header, "h");
	ck_assert_str_eq(s.hits.item[0].name, "a b");
	ck_assert_str_eq(s.hits.item[0].reason, "bad-name");
	scene_end(&s);
}
END_TEST

/* --- what may still fail ------------------------------------------------------------------------------------------ */

/* `out`: the questions whose answer may make a check fail, check by check. */
static const struct {
	const char *json, *client, *helo, *sender;
	const char *answers;
	const char *out;
} open_ones[] = {
	/* helo: both must be absent */
	{ ALL, "", "m.example", "", "m.example A=pending; m.example AAAA=pending", "helo:m.example A, helo:m.example AAAA" },
	{ ALL, "", "m.example", "", "m.example A=pending", "helo:m.example A" },
	{ ALL, "", "m.example", "", "m.example AAAA=pending", "helo:m.example AAAA" },
	{ ALL, "", "m.example", "", "m.example A=192.0.2.1; m.example AAAA=pending", "" },
	{ ALL, "", "m.example", "", "m.example A=failed; m.example AAAA=pending", "" },
	{ ALL, "", "m.example", "", "m.example A=late; m.example AAAA=pending", "" },
	{ ALL, "", "m.example", "", "", "" },                                         /* it has failed */
	{ ALL, "", "[192.0.2.9]", "", "", "" },
	{ "'checks': {'helo': {'enabled': true, 'mode': 'shadow'}}", "", "m.example", "", "m.example A=pending", "" },

	/* mail_from: a null MX is enough, else all three must be absent */
	{ ALL, "", "", "a@s.example", "s.example MX=pending; s.example A=pending; s.example AAAA=pending",
	  "mail_from:s.example MX, mail_from:s.example A, mail_from:s.example AAAA" },
	{ ALL, "", "", "a@s.example", "s.example MX=pending; s.example A=192.0.2.1; s.example AAAA=pending", "mail_from:s.example MX" },
	{ ALL, "", "", "a@s.example", "s.example MX=pending; s.example A=pending; s.example AAAA=failed", "mail_from:s.example MX" },
	{ ALL, "", "", "a@s.example", "s.example A=pending; s.example AAAA=pending", "mail_from:s.example A, mail_from:s.example AAAA" },
	{ ALL, "", "", "a@s.example", "s.example A=192.0.2.1; s.example AAAA=pending", "" },
	{ ALL, "", "", "a@s.example", "s.example MX=1; s.example A=pending; s.example AAAA=pending", "" },
	{ ALL, "", "", "a@s.example", "s.example MX=0; s.example A=pending; s.example AAAA=pending", "" },   /* it has failed */
	{ ALL, "", "", "a@s.example", "s.example MX=failed; s.example A=pending; s.example AAAA=pending", "" },

	/* reverse_dns: no name, or none that leads back */
	{ ALL, "192.0.2.1", "", "", PTR " PTR=pending", "reverse_dns:" PTR " PTR" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a b; a A=pending; b A=pending", "reverse_dns:a A, reverse_dns:b A" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a b; a A=192.0.2.2; b A=pending", "reverse_dns:b A" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a b; a A=192.0.2.1; b A=pending", "" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a b; a A=failed; b A=pending", "" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a b; a A=192.0.2.2 cut; b A=pending", "" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=a b cut; a A=pending; b A=pending", "" },
	{ ALL, "192.0.2.1", "", "", PTR " PTR=failed", "" },
	{ UNCONFIRMED, "192.0.2.1", "", "", PTR " PTR=pending", "reverse_dns:" PTR " PTR" },
	{ UNCONFIRMED, "192.0.2.1", "", "", PTR " PTR=a", "" },

	/* one question of two checks */
	{ ALL, "", "s.example", "a@s.example", "s.example A=pending", "mail_from:s.example A, helo:s.example A" },
};

START_TEST(what_may_still_fail)
{
	char out[300], words[300];
	struct text text = text_over(out, sizeof out), hits = text_over(words, sizeof words);
	struct scene s;

	scene_begin(&s, open_ones[_i].json, open_ones[_i].client, "", open_ones[_i].helo, open_ones[_i].sender);
	scene_plan(&s, &(struct listset){ { 0 } }, 64);
	answer_all(s.client.batch, open_ones[_i].answers);
	answer_all(s.names.batch, open_ones[_i].answers);
	collect(&s, &hits);
	for (size_t i = 0; i < s.hits.out.n; i++) {
		const struct gap *gap = &s.hits.out.item[i];
		char question[200];
		struct text one = text_over(question, sizeof question);

		describe_question(gap->question, &one);
		text_add(&text, "%s%s:%s", i > 0 ? ", " : "", gap->list->name, question);
		ck_assert_uint_ne(gap->kinds, 0);
		ck_assert(list_can_hit(gap->list, gap->kinds));
	}
	ck_assert_str_eq(out, open_ones[_i].out);
	scene_end(&s);
}
END_TEST

Suite *check_suite(void)
{
	Suite *suite = suite_create("check");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, what_is_asked, 0, ROWS(plans));
	tcase_add_test(tcase, behind_a_gateway);
	tcase_add_test(tcase, left_out);
	tcase_add_loop_test(tcase, what_answers_mean, 0, ROWS(answered));
	tcase_add_loop_test(tcase, room_for_questions, 0, ROWS(rooms));
	tcase_add_test(tcase, counts);
	tcase_add_test(tcase, texts_and_weights);
	tcase_add_loop_test(tcase, what_may_still_fail, 0, ROWS(open_ones));
	suite_add_tcase(suite, tcase);
	return suite;
}
