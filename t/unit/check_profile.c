/* Tests of profile: the lists that are shipped, read as a user reads them; keys beside a profile; a folder of one's own; and
 * that no fault shows a key. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/hit.h"
#include "common/verdict.h"
#include "config/config.h"
#include "config/profile.h"
#include "t/unit/fixture.h"
#include "t/unit/suites.h"
#include "t/unit/tempdir.h"

enum { ARENA_BYTES = 100000 };

/* Profiles stand beside the samples in the source tree. */
static const char beside[] = TOP_SRCDIR "/config/test.json";

/* The rule set of lists, or NULL; `lines` holds every fault. */
static struct ruleset *load(const char *file, const char *lists, struct text *lines)
{
	struct ruleset *rules;
	struct faults faults;
	char json[2000];

	snprintf(json, sizeof json, "{\"lists\": [%s]}", lists);
	for (char *quote = json; (quote = strchr(quote, '\'')) != NULL;)
		*quote = '"';
	faults_init(&faults);
	rules = config_parse(json, strlen(json), file, &faults);
	for (size_t i = 0; i < faults.n; i++) {
		fault_format(&faults.item[i], lines);
		text_add_char(lines, '\n');
	}
	faults_clear(&faults);
	return rules;
}

static struct ruleset *sound(const char *file, const char *lists)
{
	char buf[1000];
	struct text lines = text_over(buf, sizeof buf);
	struct ruleset *rules = load(file, lists, &lines);

	ck_assert_msg(rules != NULL && lines.len == 0, "%s", buf);
	return rules;
}

/* --- what is shipped --- */

#define ADDRESS "192.0.2.1"
#define BELOW "1.2.0.192."
#define DOMAIN "spam.example"

enum {
	CLIENT = SUBJECT_BIT(SUBJECT_CLIENT),
	HOPS = CLIENT | SUBJECT_BIT(SUBJECT_RECEIVED),
	NAMES = SUBJECT_BIT(SUBJECT_HELO) | SUBJECT_BIT(SUBJECT_SENDER) | SUBJECT_BIT(SUBJECT_RDNS) | SUBJECT_BIT(SUBJECT_FROM),
	MAILBOXES = SUBJECT_BIT(SUBJECT_SENDER) | SUBJECT_BIT(SUBJECT_FROM),
};

/* asked: the name for 192.0.2.1 or spam.example. test: what RFC 5782 or the operator has its test entry answer with. */
static const struct {
	const char *name, *key, *asked;
	unsigned subjects;
	const char *test;
	int points;                  /* of the test entry */
	const char *refusal;         /* an answer that is none */
} shipped[] = {
	{ "spamhaus-zen", NULL, BELOW "zen.spamhaus.org", HOPS, "127.0.0.2 127.0.0.4 127.0.0.10", 300, "127.255.255.254" },
	{ "spamhaus-zen-dqs", "k1", BELOW "k1.zen.dq.spamhaus.net", HOPS, "127.0.0.2 127.0.0.4 127.0.0.10", 300, "127.255.255.250" },
	{ "spamhaus-dbl", NULL, DOMAIN ".dbl.spamhaus.org", NAMES, "127.0.1.2", 100, "127.0.1.255" },
	{ "spamhaus-dbl-dqs", "k1", DOMAIN ".k1.dbl.dq.spamhaus.net", NAMES, "127.0.1.2", 100, "127.0.1.255" },
	{ "spamcop", NULL, BELOW "bl.spamcop.net", HOPS, "127.0.0.2", 50, "127.255.255.255" },
	{ "barracuda", NULL, BELOW "b.barracudacentral.org", CLIENT, "127.0.0.2", 50, "127.255.255.255" },
	{ "psbl", NULL, BELOW "psbl.surriel.com", HOPS, "127.0.0.2", 50, "127.255.255.255" },
	{ "mailspike", NULL, BELOW "bl.mailspike.net", CLIENT, "127.0.0.10", 50, "127.255.255.255" },
	{ "uceprotect-1", NULL, BELOW "dnsbl-1.uceprotect.net", CLIENT, "127.0.0.2", 25, "127.255.255.255" },
	{ "dnswl", NULL, BELOW "list.dnswl.org", CLIENT, "127.0.10.0", -10, "127.0.0.255" },
	{ "surbl", NULL, DOMAIN ".multi.surbl.org", MAILBOXES, "127.0.0.80", 160, "127.0.0.1" },
	{ "uribl", NULL, DOMAIN ".multi.uribl.com", MAILBOXES, "127.0.0.14", 120, "127.0.0.1" },
};

static struct ruleset *load_shipped(int i)
{
	char lists[200];

	if (shipped[i].key != NULL)
		snprintf(lists, sizeof lists, "{'profile': '%s', 'key': '%s'}", shipped[i].name, shipped[i].key);
	else
		snprintf(lists, sizeof lists, "{'profile': '%s'}", shipped[i].name);
	return sound(beside, lists);
}

static enum subject_kind first_kind(unsigned subjects)
{
	enum subject_kind kind = SUBJECT_CLIENT;

	while ((subjects & SUBJECT_BIT(kind)) == 0)
		kind++;
	return kind;
}

/* What the list makes of an answer about its first subject. */
static void ask(struct ruleset *rules, int i, const char *answer, struct arena *arena, struct hits *hits)
{
	struct fixture_subjects all;
	struct batch *batch;
	char text[100];

	*hits = (struct hits){ 0 };
	snprintf(text, sizeof text, "%s %s", subject_word(first_kind(shipped[i].subjects)),
		 shipped[i].subjects & CLIENT ? ADDRESS : DOMAIN);
	fixture_subjects(&all, text);
	snprintf(text, sizeof text, "%s=%s", shipped[i].asked, answer);
	batch = fixture_batch(rules, &all.subjects, text);
	hit_collect(batch, &all.subjects, arena, hits);
	hit_sort(hits);
	batch_unref(&batch);
}

START_TEST(each_is_sound)
{
	struct ruleset *rules = load_shipped(_i);
	const struct list *list = &rules->lists[0];
	struct score score;
	struct hits hits;
	struct arena arena;

	arena_init(&arena, ARENA_BYTES);
	ck_assert_str_eq(list->name, shipped[_i].name);
	ck_assert_uint_eq(list->subjects, shipped[_i].subjects);
	ck_assert(!list->any_response);
	ck_assert(list->probe.enabled);
	/* RFC 5782 has test points for addresses; operators of domain lists have their own. */
	ck_assert_int_eq(list->probe.listed != NULL, (list->subjects & CLIENT) == 0);
	ask(rules, _i, shipped[_i].test, &arena, &hits);
	score_sum(&hits, SUBJECT_ALL, &score);
	ck_assert_int_eq(score.points, shipped[_i].points);
	ck_assert_ptr_null(score.exempting);
	ck_assert_uint_eq(hits.n_complaints, 0);
	ask(rules, _i, shipped[_i].refusal, &arena, &hits);
	ck_assert_uint_eq(hits.n, 0);
	ck_assert_uint_eq(hits.n_complaints, 1);
	ask(rules, _i, "127.0.0.1", &arena, &hits);   /* a zone that answers everything */
	ck_assert_uint_eq(hits.n, 0);
	arena_clear(&arena);
	ruleset_unref(&rules);
}
END_TEST

/* No file is shipped without a row above. */
START_TEST(each_is_tested)
{
	DIR *dir = opendir(TOP_SRCDIR "/config/profiles");
	struct dirent *entry;
	int n = 0;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL)
		n += strstr(entry->d_name, ".json") != NULL;
	closedir(dir);
	ck_assert_int_eq(n, ROWS(shipped));
}
END_TEST

/* What a client of ours would be told names neither zone nor key. */
START_TEST(no_text_shows_the_zone)
{
	struct ruleset *rules = load_shipped(_i);
	const struct list *list = &rules->lists[0];

	for (size_t i = 0; i < list->n_responses; i++) {
		ck_assert_ptr_null(strstr(list->responses[i].message, "{key}"));
		ck_assert_ptr_null(strstr(list->responses[i].message, "k1"));
		ck_assert_ptr_null(strstr(list->responses[i].header, "k1"));
	}
	ck_assert_ptr_null(list->key);
	ck_assert(list->zone == NULL || strstr(list->zone, "k1") == NULL);
	ruleset_unref(&rules);
}
END_TEST

/* Policy codes say nothing about an address that mail has only passed. */
START_TEST(policy_codes_are_for_clients)
{
	struct ruleset *rules = sound(beside, "{'profile': 'spamhaus-zen'}");
	struct fixture_scene scene;

	fixture_scene_begin(&scene, rules, "received 192.0.2.1, received 192.0.2.2",
			    "1.2.0.192.zen.spamhaus.org=127.0.0.10 127.0.0.11; 2.2.0.192.zen.spamhaus.org=127.0.0.2");
	ck_assert_uint_eq(scene.hits.n, 1);
	ck_assert_uint_eq(scene.hits.item[0].answer, 0x7f000002);
	fixture_scene_end(&scene);
}
END_TEST

/* SURBL and URIBL know what was registered, and strip hosts themselves before they list; Spamhaus looks at whole names. */
START_TEST(domains_are_asked_as_the_operator_wants)
{
	static const struct {
		const char *lists, *asked;
	} rows[] = {
		{ "{'profile': 'surbl'}", "spam.co.uk.multi.surbl.org" },
		{ "{'profile': 'uribl'}", "spam.co.uk.multi.uribl.com" },
		{ "{'profile': 'uribl', 'domain': 'full'}", "www.mail.spam.co.uk.multi.uribl.com" },
		{ "{'profile': 'spamhaus-dbl'}", "www.mail.spam.co.uk.dbl.spamhaus.org" },
		{ "{'profile': 'spamhaus-dbl-dqs', 'key': 'k1'}", "www.mail.spam.co.uk.k1.dbl.dq.spamhaus.net" },
	};
	struct ruleset *rules = sound(beside, rows[_i].lists);
	struct fixture_subjects all;
	struct batch *batch;
	char name[FIXTURE_NAME_BYTES];

	fixture_subjects(&all, "sender www.mail.spam.co.uk");
	batch = query_plan(rules, &all.subjects, 64);
	ck_assert_ptr_nonnull(batch);
	ck_assert_uint_eq(batch->n_questions, 1);
	ck_assert_str_eq(fixture_name(&batch->questions[0], name), rows[_i].asked);
	batch_unref(&batch);
	ruleset_unref(&rules);
}
END_TEST

/* --- keys beside a profile --- */

START_TEST(keys_beside_it_override)
{
	struct ruleset *rules = sound(beside, "{'name': 'zen', 'points': 7, 'subjects': ['client'], 'profile': 'spamhaus-zen'},"
					      "{'profile': 'spamhaus-zen', 'responses': [{'match': '127.0.0.2'}]},"
					      "{'profile': 'psbl', 'zone': 'mirror.example'},"
					      "{'profile': 'spamcop', 'query': '%4.%3.%2.%1.mirror.example', 'server': '127.0.0.1:5353'},"
					      "{'profile': 'spamhaus-zen-dqs', 'zone': 'zen.example'},"
					      "{'profile': 'dnswl', 'kind': 'block', 'responses': []}");

	ck_assert_str_eq(rules->lists[0].name, "zen");
	ck_assert_int_eq(rules->lists[0].responses[0].points, 7);
	ck_assert_uint_eq(rules->lists[0].subjects, CLIENT);
	ck_assert_ptr_null(rules->lists[0].server);
	ck_assert_str_eq(rules->lists[1].name, "spamhaus-zen");
	ck_assert_uint_eq(rules->lists[1].n_responses, 1);
	ck_assert_str_eq(rules->lists[2].zone, "mirror.example");
	ck_assert_ptr_null(rules->lists[3].zone);
	ck_assert(rules->lists[3].form.octets && !rules->lists[3].ipv6);
	ck_assert_str_eq(rules->lists[3].server->text, "127.0.0.1:5353");
	ck_assert_int_eq(rules->lists[5].kind, LIST_BLOCK);
	ck_assert(rules->lists[5].any_response);
	ruleset_unref(&rules);
}
END_TEST

/* --- a folder of one's own --- */

static char folder[TEMPDIR_BYTES];

static void put(const char *name, const char *text)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	for (; *text != '\0'; text++)
		fputc(*text == '\'' ? '"' : *text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static void make_folder(void)
{
	char path[100];

	tempdir_make(folder);
	snprintf(path, sizeof path, "%s/profiles", folder);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	put("profiles/mine.json", "{'//': 'ours', 'zone': '{key}.bl.example',\n'responses': [{'match': '127.0.0.2'}, {'match': '127.0.0.3'}]}");
	put("profiles/faulty.json", "{'zone': 'bl.example',\n'point': 5,\n'responses': [{'match': '127.0.0.500'}],\n'key': 'a', 'profile': 'mine'}");
	put("profiles/broken.json", "{'zone': 'SECRETKEY.example',,}");
	put("profiles/array.json", "[]");
	put("profiles/no-zone.json", "{'points': 5}");
	put("profiles/.hidden.json", "{'zone': 'bl.example'}");
	put("key", "# DQS\n\n  SECRETKEY  \n");
	put("two-keys", "SECRETKEY\nSECRETKEY2\n");
	put("empty-key", "# nothing\n");
	put("long-key", "SECRETKEYSECRETKEYSECRETKEYSECRETKEYSECRETKEYSECRETKEYSECRETKEY.SECRETKEY");
}

static void remove_folder(void)
{
	tempdir_remove(folder);
}

/* $ is the folder. */
static const struct {
	const char *lists, *lines;
} faults[] = {
	{ "{'profile': 'mine', 'key': 'SECRETKEY'}", "" },
	{ "{'profile': 'mine', 'key': 'file:key'}", "" },
	{ "{'profile': 'mine'}", "$/c.json:1: lists[0]: the key \"key\" is missing: the zone has a place for it\n" },
	{ "{'profile': 'mime', 'key': 'SECRETKEY'}", "$/c.json:1: lists[0].profile: there is no profile \"mime\"; did you mean \"mine\"?\n" },
	{ "{'profile': 'hidden'}", "$/c.json:1: lists[0].profile: there is no profile \"hidden\", neither in $/profiles nor in @\n" },
	{ "{'profile': '../c'}", "$/c.json:1: lists[0].profile: a profile's name has 1 to 63 letters, digits, '-', '_' and '.'\n" },
	{ "{'profile': '.hidden'}", "$/c.json:1: lists[0].profile: a profile's name has 1 to 63 letters, digits, '-', '_' and '.'\n" },
	{ "{'profile': ''}", "$/c.json:1: lists[0].profile: a profile's name has 1 to 63 letters, digits, '-', '_' and '.'\n" },
	{ "{'profile': ['mine']}", "$/c.json:1: lists[0].profile: must be a text in quotes, not an array\n" },

	/* faults in a profile are told where they are */
	{ "{'profile': 'faulty'}",
	  "$/profiles/faulty.json:2: point: unknown key; did you mean \"points\"?\n"
	  "$/profiles/faulty.json:3: responses[0].match: @\n"
	  "$/profiles/faulty.json:4: key: a profile cannot hold this key\n"
	  "$/profiles/faulty.json:4: profile: a profile cannot hold this key\n" },
	{ "{'profile': 'broken'}", "$/profiles/broken.json:1: @\n" },
	{ "{'profile': 'array'}", "$/profiles/array.json:1: must be an object: {...}, not an array\n" },
	{ "{'profile': 'no-zone'}", "$/c.json:1: lists[0]: the key \"zone\" is missing\n" },
	{ "{'profile': 'no-zone', 'zone': 'a.example'}", "" },

	/* keys */
	{ "{'profile': 'mine', 'key': 'SECRET KEY'}", "$/c.json:1: lists[0].key: a key has 1 to 63 letters, digits, '-' and '_'\n" },
	{ "{'profile': 'mine', 'key': 'SECRET.KEY'}", "$/c.json:1: lists[0].key: a key has 1 to 63 letters, digits, '-' and '_'\n" },
	{ "{'profile': 'mine', 'key': ''}", "$/c.json:1: lists[0].key: a key has 1 to 63 letters, digits, '-' and '_'\n" },
	{ "{'profile': 'mine', 'key': ['SECRETKEY']}", "$/c.json:1: lists[0].key: must be a text in quotes, not an array\n" },
	{ "{'profile': 'mine', 'key': 'file:nothing'}",
	  "$/c.json:1: lists[0].key: nothing: the file cannot be opened: No such file or directory\n" },
	{ "{'profile': 'mine', 'key': 'file:profiles'}", "$/c.json:1: lists[0].key: profiles: this is not a regular file\n" },
	{ "{'profile': 'mine', 'key': 'file:two-keys'}", "$/c.json:1: lists[0].key: the file must hold one line\n" },
	{ "{'profile': 'mine', 'key': 'file:empty-key'}", "$/c.json:1: lists[0].key: the file must hold one line\n" },
	{ "{'profile': 'mine', 'key': 'file:long-key'}", "$/c.json:1: lists[0].key: a key has 1 to 63 letters, digits, '-' and '_'\n" },
	{ "{'profile': 'mine', 'zone': 'a.example', 'key': 'SECRETKEY'}", "$/c.json:1: lists[0].key: the zone has no {key} to put it in\n" },
	{ "{'name': 'a', 'zone': 'SECRETKEY-{key}{key}{key}{key}{key}{key}{key}.example', 'key': 'SECRETKEY'}",
	  "$/c.json:1: lists[0].zone: not a domain name: a label is empty or longer than 63, or the name is longer than 253 characters\n" },
	{ "{'name': 'a', 'zone': 'SECRETKEY.exa mple'}", "$/c.json:1: lists[0].zone: a domain name holds letters, digits, '-', '_' and '.' only\n" },
	{ "{'name': 'a', 'query': '%9.SECRETKEY.example'}",
	  "$/c.json:1: lists[0].query: % begins none of %1 to %4 and %s, each of which is a label of its own, between dots\n" },
	{ "{'name': 'a', 'zone': 'a.example', 'query': '%s.SECRETKEY.example'}",
	  "$/c.json:1: lists[0].query: stands in place of \"zone\": leave one of them out\n" },
};

/* The lines as expected: "$" is the folder, "@" the rest of a line, whatever it says. */
static bool lines_match(const char *lines, const char *want)
{
	for (; *want != '\0'; want++) {
		if (*want == '$') {
			if (strncmp(lines, folder, strlen(folder)) != 0)
				return false;
			lines += strlen(folder);
		} else if (*want == '@') {
			lines += strcspn(lines, "\n");
		} else if (*lines++ != *want) {
			return false;
		}
	}
	return *lines == '\0';
}

START_TEST(faults_show_no_key)
{
	char buf[2000], file[100];
	struct text lines = text_over(buf, sizeof buf);
	struct ruleset *rules;

	snprintf(file, sizeof file, "%s/c.json", folder);
	rules = load(file, faults[_i].lists, &lines);
	ck_assert_msg(lines_match(buf, faults[_i].lines), "%s", buf);
	ck_assert_int_eq(rules == NULL, lines.len > 0);
	ck_assert_ptr_null(strstr(buf, "SECRET"));
	ruleset_unref(&rules);
}
END_TEST

START_TEST(the_key_is_asked)
{
	static const char *const keys[] = { "SECRETKEY", "file:key" };
	char file[100], lists[200], buf[FIXTURE_NAME_BYTES];
	struct fixture_subjects all;
	struct ruleset *rules;
	struct batch *batch;

	snprintf(file, sizeof file, "%s/c.json", folder);
	snprintf(lists, sizeof lists, "{'profile': 'mine', 'key': '%s'}", keys[_i]);
	rules = sound(file, lists);
	fixture_subjects(&all, "client 192.0.2.1");
	batch = fixture_batch(rules, &all.subjects, "");
	ck_assert_str_eq(fixture_name(&batch->questions[0], buf), "1.2.0.192.secretkey.bl.example");
	batch_unref(&batch);
	ruleset_unref(&rules);
}
END_TEST

/* One's own comes before the shipped one: here, of the same folder as the samples. */
START_TEST(own_ones_come_first)
{
	char *path = NULL, *text, file[100];
	struct errmsg err;
	size_t len;

	snprintf(file, sizeof file, "%s/c.json", folder);
	text = profile_read(file, "mine", NULL, &path, &len, &err);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(len, strlen(text));
	ck_assert(strncmp(path, folder, strlen(folder)) == 0);
	free(text);
	free(path);
	text = profile_read("c.json", "mine", NULL, &path, &len, &err);   /* beside this one are none */
	ck_assert_ptr_null(text);
	ck_assert_ptr_null(path);
}
END_TEST

Suite *profile_suite(void)
{
	Suite *suite = suite_create("profile");
	TCase *all = tcase_create("shipped"), *own = tcase_create("own");

	tcase_add_loop_test(all, each_is_sound, 0, ROWS(shipped));
	tcase_add_test(all, each_is_tested);
	tcase_add_loop_test(all, no_text_shows_the_zone, 0, ROWS(shipped));
	tcase_add_test(all, policy_codes_are_for_clients);
	tcase_add_loop_test(all, domains_are_asked_as_the_operator_wants, 0, 5);
	tcase_add_test(all, keys_beside_it_override);
	suite_add_tcase(suite, all);
	tcase_add_unchecked_fixture(own, make_folder, remove_folder);
	tcase_add_loop_test(own, faults_show_no_key, 0, ROWS(faults));
	tcase_add_loop_test(own, the_key_is_asked, 0, 2);
	tcase_add_test(own, own_ones_come_first);
	suite_add_tcase(suite, own);
	return suite;
}
