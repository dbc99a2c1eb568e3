/* Tests of show: what is shown loads again, wherever it lies, means the same and shows the same; and no secret is in it. */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "config/schema.h"
#include "config/show.h"
#include "t/unit/suites.h"
#include "t/unit/tempdir.h"

/* Each key that schema.h knows, or nearly. */
static const char every_key[] =
	"{'//': 'every key', 'milter': {'socket': 'unix:/run/a.sock', 'mode': '0600', 'group': 'mail', 'timeout': '90m'},\n"
	" 'control': {'socket': '/run/b.sock', 'mode': '0600', 'group': 'adm'}, 'state_dir': '', 'user': 'rbl',\n"
	" 'log': {'to': 'syslog', 'level': 'debug', 'format': 'json', 'facility': 'local0'},\n"
	" 'dns': {'servers': ['127.0.0.1', '127.0.0.1:5353', '[::1]:53'], 'timeout': '500ms', 'tries': 2, 'budget': '4s',\n"
	"  'prefetch': true, 'max_queries': 10, 'max_in_flight': 100, 'mixed_case': true},\n"
	" 'lists': [{'//': 'a', 'name': 'zen', 'zone': '{key}.zen.example', 'key': 'file:key', 'subjects': ['client', 'received'],\n"
	"   'server': '127.0.0.1:5354', 'kind': 'block', 'responses': [{'match': '127.0.0.[2..4;9]', 'points': 5,\n"
	"    'message': '{ip} {{ %d.%d.%d.%d %% \\u00e9', 'header': '{answer}', 'subjects': ['client', 'received']},\n"
	"    {'match': '&0.0.0.6'}, {'//': 'b', 'match': '127.1.*.*'}],\n"
	"   'message': '{list}', 'header': '{subject}', 'points': 10, 'refused': ['127.0.0.1', 'file:codes'], 'ipv6': false,\n"
	"   'private': true, 'trusted': true, 'txt': true, 'mode': 'shadow', 'brake': false, 'on_failure': 'ignore',\n"
	"   'probe': {'listed': '127.0.0.3', 'unlisted': '127.0.0.4'}},\n"
	"  {'name': 'octets', 'query': '%4.%3.%2.%1.q.example', 'probe': false},\n"
	"  {'name': 'good', 'zone': 'good.example', 'kind': 'allow'},\n"
	"  {'name': 'fair', 'zone': 'fair.example', 'kind': 'allow', 'points': -20, 'responses': [{'match': '127.0.0.2'}]}],\n"
	" 'received': {'smtp': {'enabled': true, 'check': 2, 'skip_newest': 1, 'skip_oldest': 0},\n"
	"  'pop': {'enabled': true, 'check': 3, 'skip_newest': 1, 'skip_oldest': 0}, 'pop_clients': ['192.0.2.3'],\n"
	"  'skip_from_exempt': false, 'skip_authenticated': false},\n"
	" 'exceptions': {'clients': ['192.0.2.1', 'file:clients', '10.*'], 'hosts': ['*.example.net'], 'senders': ['<>'],\n"
	"  'recipients': ['a@*'], 'authenticated': false, 'trusted_hosts': ['2001:db8::/32'],\n"
	"  'rules': [{'client': '203.0.113.0/24', 'sender': '*@a.example', 'recipient': '*@b.example', 'host': '*.a.example',\n"
	"   'helo': 'h*', 'lists': ['zen'], 'until': '2999-01-31', 'note': 'why'}]},\n"
	" 'relays': ['192.0.2.7'], 'blocked': {'clients': ['192.0.2.8'], 'senders': ['x@*'], 'recipients': ['y@*'],\n"
	"  'clients_except': ['192.0.2.9'], 'message': 'no'},\n"
	" 'actions': [{'when': {'points': 300, 'matches': 2, 'trusted': true, 'unanswered': 1, 'subjects': ['client', 'helo']},\n"
	"   'do': ['tempfail']}, {'when': {'matches': 3}, 'do': ['flag', 'prefix', {'reroute': 'spam@example.org'}]},\n"
	"  {'when': {'matches': 1}, 'do': ['flag']}],\n"
	" 'decide_at': 'eom', 'reply': {'code': 554, 'enhanced': '5.7.2', 'send_message': false},\n"
	" 'flag': {'header': 'X-Flag', 'strip_forged': false}, 'prefix': {'text': 'spam: '},\n"
	" 'cache': {'enabled': false, 'max_entries': 1, 'default_ttl': '1m', 'always_default_ttl': true, 'max_ttl': '7d',\n"
	"  'negative': false, 'negative_max_ttl': '3h'},\n"
	" 'health': {'test_every': '20m', 'failing_after': 7}}\n";

static char folder[TEMPDIR_BYTES], elsewhere[TEMPDIR_BYTES];

static char *path_in(const char *dir, const char *name)
{
	static char path[2][200];
	static unsigned turn;
	char *out = path[turn++ % 2];

	snprintf(out, sizeof path[0], "%s/%s", dir, name);
	return out;
}

static void write_file(const char *dir, const char *name, const char *text)
{
	FILE *out = fopen(path_in(dir, name), "w");

	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	ck_assert_int_eq(fclose(out), 0);
}

/* A ' in the text stands for a ". */
static void write_text(const char *dir, const char *name, const char *text)
{
	char *copy = strdup(text);

	for (char *quote = copy; (quote = strchr(quote, '\'')) != NULL;)
		*quote = '"';
	write_file(dir, name, copy);
	free(copy);
}

static void make_folders(void)
{
	tempdir_make(folder);
	tempdir_make(elsewhere);
	write_text(folder, "key", "# of mine\nSECRETKEY\n");
	write_text(folder, "codes", "127.0.0.7\n");
	write_text(folder, "clients", "192.0.2.10 # one\n192.0.2.11\n");
	ck_assert_int_eq(symlink(TOP_SRCDIR "/config/profiles", path_in(folder, "profiles")), 0);
}

static void remove_folders(void)
{
	tempdir_remove(folder);
	tempdir_remove(elsewhere);
}

static struct ruleset *load(const char *path)
{
	struct faults faults;
	struct ruleset *rules;

	faults_init(&faults);
	rules = config_load(path, &faults);
	ck_assert_msg(rules != NULL, "%s: %s: %s", path, faults.item[0].path, faults.item[0].text);
	faults_clear(&faults);
	return rules;
}

/* What is shown of a sound file; free() it. */
static char *show(const char *path)
{
	struct faults faults;
	json_t *shown;
	char *text;

	faults_init(&faults);
	shown = config_show(path, &faults);
	ck_assert_msg(shown != NULL, "%s: %s: %s", path, faults.item[0].path, faults.item[0].text);
	faults_clear(&faults);
	text = json_dumps(shown, JSON_INDENT(1));
	json_decref(shown);
	return text;
}

/* --- means the same ----------------------------------------------------------------------------------------------- */

static void expect_same_response(const struct response *a, const struct response *b)
{
	ck_assert_mem_eq(&a->match, &b->match, sizeof a->match);
	ck_assert_uint_eq(a->subjects, b->subjects);
	ck_assert_int_eq(a->points, b->points);
	ck_assert_str_eq(a->message, b->message);
	ck_assert_str_eq(a->header, b->header);
}

static void expect_same_list(const struct list *a, const struct list *b)
{
	ck_assert_str_eq(a->name, b->name);
	ck_assert_mem_eq(&a->form, &b->form, sizeof a->form);
	ck_assert_int_eq(a->kind, b->kind);
	ck_assert_uint_eq(a->subjects, b->subjects);
	ck_assert_int_eq(a->any_response, b->any_response);
	ck_assert_uint_eq(a->n_responses, b->n_responses);
	for (size_t i = 0; i < a->n_responses; i++)
		expect_same_response(&a->responses[i], &b->responses[i]);
	ck_assert_uint_eq(a->n_refused, b->n_refused);
	ck_assert_mem_eq(a->refused, b->refused, a->n_refused * sizeof *a->refused);
	ck_assert_int_eq(a->server == NULL, b->server == NULL);
	ck_assert(a->txt == b->txt && a->ipv6 == b->ipv6 && a->private_too == b->private_too && a->trusted == b->trusted &&
		  a->brake == b->brake && a->mode == b->mode && a->on_failure == b->on_failure);
	ck_assert_int_eq(a->probe.enabled, b->probe.enabled);
	ck_assert_pstr_eq(a->probe.enabled ? a->probe.listed : NULL, b->probe.listed);
	ck_assert_pstr_eq(a->probe.enabled ? a->probe.unlisted : NULL, b->probe.unlisted);
}

static void expect_same_rule(const struct rule *a, const struct rule *b)
{
	ck_assert(a->has_points == b->has_points && a->has_matches == b->has_matches && a->points == b->points &&
		  a->matches == b->matches && a->trusted == b->trusted && a->unanswered == b->unanswered &&
		  a->subjects == b->subjects && a->actions == b->actions);
	ck_assert_pstr_eq(a->reroute, b->reroute);
}

static void expect_same_rules(const struct ruleset *a, const struct ruleset *b)
{
	ck_assert_uint_eq(a->n_lists, b->n_lists);
	for (size_t i = 0; i < a->n_lists; i++)
		expect_same_list(&a->lists[i], &b->lists[i]);
	ck_assert_uint_eq(a->n_actions, b->n_actions);
	for (size_t i = 0; i < a->n_actions; i++)
		expect_same_rule(&a->actions[i], &b->actions[i]);
	ck_assert_mem_eq(&a->cache, &b->cache, sizeof a->cache);
	ck_assert_mem_eq(&a->health, &b->health, sizeof a->health);
	ck_assert_uint_eq(a->exceptions.n_rules, b->exceptions.n_rules);
}

static void expect_stands_for_itself(const char *path)
{
	char *first = show(path), *second;
	struct ruleset *before = load(path), *after;
	const char *copy;

	write_file(elsewhere, "x.json", first);
	copy = path_in(elsewhere, "x.json");
	after = load(copy);
	expect_same_rules(before, after);
	second = show(copy);
	ck_assert_str_eq(first, second);
	ck_assert_ptr_null(strstr(first, "\"//\""));
	free(first);
	free(second);
	ruleset_unref(&before);
	ruleset_unref(&after);
}

static const char *const samples[] = { TOP_SRCDIR "/config/rbl-milter.json", TOP_SRCDIR "/config/minimal.json" };

START_TEST(a_sample_stands_for_itself)
{
	expect_stands_for_itself(samples[_i]);
}
END_TEST

START_TEST(every_key_stands_for_itself)
{
	write_text(folder, "c.json", every_key);
	expect_stands_for_itself(path_in(folder, "c.json"));
}
END_TEST

START_TEST(every_profile_stands_for_itself)
{
	DIR *dir = opendir(TOP_SRCDIR "/config/profiles");
	const struct dirent *entry;
	size_t n = 0;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL) {
		const char *end = strstr(entry->d_name, ".json");
		char text[400];

		if (end == NULL)
			continue;
		snprintf(text, sizeof text, "{'lists': [{'profile': '%.*s'%s}]}", (int)(end - entry->d_name), entry->d_name,
			 strstr(entry->d_name, "-dqs") != NULL ? ", 'key': 'file:key'" : "");
		write_text(folder, "c.json", text);
		expect_stands_for_itself(path_in(folder, "c.json"));
		n++;
	}
	closedir(dir);
	ck_assert_uint_ge(n, 12);
}
END_TEST

/* --- what is shown ------------------------------------------------------------------------------------------------ */

/* The shown value at a path such as "lists.0.probe", as compact JSON. */
static char *shown_at(const char *path, const char *json)
{
	struct faults faults;
	json_t *root, *at;
	char *words, *rest, *text;

	write_text(folder, "c.json", json);
	faults_init(&faults);
	root = config_show(path_in(folder, "c.json"), &faults);
	ck_assert_msg(root != NULL, "%s: %s: %s", json, faults.item[0].path, faults.item[0].text);
	faults_clear(&faults);
	words = rest = strdup(path);
	at = root;
	for (const char *word = strsep(&rest, "."); word != NULL; word = strsep(&rest, "."))
		at = json_is_array(at) ? json_array_get(at, strtoul(word, NULL, 10)) : json_object_get(at, word);
	text = at != NULL ? json_dumps(at, JSON_COMPACT | JSON_ENCODE_ANY) : strdup("nothing");
	free(words);
	json_decref(root);
	return text;
}

static const struct {
	const char *path, *json, *want;
} shown[] = {
	{ "dns.tries", "{'dns': {'resolv_conf': '/dev/null'}}", "3" },
	{ "dns.timeout", "{'dns': {'resolv_conf': '/dev/null'}}", "'1s'" },
	{ "dns.timeout", "{'dns': {'resolv_conf': '/dev/null', 'budget': '1s', 'tries': 3}}", "'333ms'" },
	{ "actions.1.do", "{}", "['flag']" },
	{ "received.smtp.skip_oldest", "{'received': {'smtp': {'enabled': true}}}", "1" },
	/* as it was written */
	{ "cache.max_ttl", "{'cache': {'max_ttl': '60m'}}", "'60m'" },
	/* what the profile says, and what stands beside it */
	{ "lists.0.name", "{'lists': [{'profile': 'spamhaus-dbl'}]}", "'spamhaus-dbl'" },
	{ "lists.0.profile", "{'lists': [{'profile': 'spamhaus-dbl'}]}", "nothing" },
	{ "lists.0.subjects", "{'lists': [{'profile': 'spamhaus-dbl', 'subjects': ['helo']}]}", "['helo']" },
	{ "lists.0.probe", "{'lists': [{'profile': 'spamhaus-dbl'}]}", "{'listed':'dbltest.com','unlisted':'example.com'}" },
	{ "lists.0.probe", "{'lists': [{'profile': 'spamhaus-dbl', 'probe': true}]}",
	  "{'listed':'dbltest.com','unlisted':'example.com'}" },
	{ "lists.0.probe", "{'lists': [{'profile': 'spamhaus-dbl', 'probe': {'listed': 'a.example'}}]}",
	  "{'listed':'a.example','unlisted':'example.com'}" },
	{ "lists.0.probe", "{'lists': [{'profile': 'spamhaus-dbl', 'probe': false}]}", "false" },
	{ "lists.0.probe", "{'lists': [{'name': 'a', 'zone': 'a.example'}]}", "true" },
	{ "lists.0.zone", "{'lists': [{'profile': 'spamhaus-dbl', 'query': '%s.a.example'}]}", "nothing" },
	{ "lists.0.query", "{'lists': [{'profile': 'spamhaus-dbl', 'query': '%s.a.example'}]}", "'%s.a.example'" },
	/* what follows from other keys */
	{ "lists.0.subjects", "{'lists': [{'name': 'a', 'zone': 'a.example'}]}", "['client','received']" },
	{ "lists.0.subjects", "{'lists': [{'name': 'a', 'zone': 'a.example', 'kind': 'allow'}]}", "['client']" },
	{ "lists.0.points", "{'lists': [{'name': 'a', 'zone': 'a.example', 'kind': 'allow'}]}", "0" },
	{ "lists.0.points", "{'lists': [{'name': 'a', 'zone': 'a.example'}]}", "100" },
	{ "lists.0.responses.0.points", "{'lists': [{'name': 'a', 'zone': 'a.example', 'points': 7, 'responses': [{'match': '127.0.0.2'}]}]}",
	  "7" },
	{ "lists.0.responses.0.message",
	  "{'lists': [{'name': 'a', 'zone': 'a.example', 'message': 'm', 'responses': [{'match': '127.0.0.2'}]}]}", "'m'" },
	/* a condition that is not given is none */
	{ "actions.0.when.points", "{'actions': [{'when': {'matches': 1}, 'do': ['flag']}]}", "nothing" },
	{ "actions.0.do", "{'actions': [{'when': {'matches': 1}, 'do': ['flag', {'//': 'c', 'reroute': 'a@b.example'}]}]}",
	  "['flag',{'reroute':'a@b.example'}]" },
	/* secrets */
	{ "lists.0.key", "{'lists': [{'profile': 'spamhaus-zen-dqs', 'key': 'SECRETKEY'}]}", "'hidden'" },
	{ "lists.0.key", "{'lists': [{'profile': 'spamhaus-zen-dqs', 'key': 'file:key'}]}", "'file:$/key'" },
	{ "lists.0.zone", "{'lists': [{'profile': 'spamhaus-zen-dqs', 'key': 'file:key'}]}", "'{key}.zen.dq.spamhaus.net'" },
	{ "exceptions.clients", "{'exceptions': {'clients': ['file:clients', '10.*']}}", "['file:$/clients','10.*']" },
	/* a note is not a file */
	{ "exceptions.rules.0.note", "{'exceptions': {'rules': [{'client': '192.0.2.1', 'note': 'file:x'}]}}", "'file:x'" },
};

/* A ' stands for a ", a $ for the folder. */
static void expect_text(const char *text, const char *want)
{
	char buf[300];
	size_t n = 0;

	for (; *want != '\0' && n + sizeof folder < sizeof buf; want++) {
		if (*want == '$')
			n += (size_t)snprintf(buf + n, sizeof buf - n, "%s", folder);
		else
			buf[n++] = *want == '\'' ? '"' : *want;
	}
	buf[n] = '\0';
	ck_assert_str_eq(text, buf);
}

START_TEST(shows)
{
	char *text = shown_at(shown[_i].path, shown[_i].json);

	expect_text(text, shown[_i].want);
	free(text);
}
END_TEST

START_TEST(shows_no_secret)
{
	char *text;

	write_text(folder, "c.json", "{'//': {'key': 'SECRETKEY'}, 'lists': [{'//': 'SECRETKEY', 'profile': 'spamhaus-zen-dqs',\n"
		   "'key': 'SECRETKEY'}, {'name': 'b', 'profile': 'spamhaus-zen-dqs', 'key': 'file:key'}]}");
	text = show(path_in(folder, "c.json"));
	ck_assert_ptr_null(strstr(text, "SECRETKEY"));
	free(text);
}
END_TEST

START_TEST(a_faulty_file_is_not_shown)
{
	struct faults faults;

	faults_init(&faults);
	write_text(folder, "c.json", "{'dns': {'tries': 99}, 'lsits': []}");
	ck_assert_ptr_null(config_show(path_in(folder, "c.json"), &faults));
	ck_assert_uint_eq(faults.n_errors, 2);
	faults_clear(&faults);
	ck_assert_ptr_null(config_show(path_in(folder, "none.json"), &faults));
	ck_assert_uint_eq(faults.n_errors, 1);
	faults_clear(&faults);
}
END_TEST

/* Every key that has a default is shown, at each place where its object stands. */
static void expect_rows(const json_t *object, const struct schema_table *table, const char *where)
{
	for (size_t i = 0; i < table->n_rows; i++) {
		const struct schema_row *row = &table->rows[i];
		const json_t *value = json_object_get(object, row->key), *element;
		size_t n;

		if (row->fallback != NULL || row->settled || row->type == SCHEMA_OBJECT)
			ck_assert_msg(value != NULL, "%s %s is not shown", where, row->key);
		if (row->type == SCHEMA_OBJECT)
			expect_rows(value, row->table, row->key);
		if (row->type == SCHEMA_OBJECTS)
			json_array_foreach(value, n, element)
				expect_rows(element, row->table, row->key);
	}
}

START_TEST(every_default_is_shown)
{
	struct faults faults;
	json_t *root;

	faults_init(&faults);
	write_text(folder, "c.json", every_key);
	root = config_show(path_in(folder, "c.json"), &faults);
	ck_assert_ptr_nonnull(root);
	expect_rows(root, &schema_root, "");
	json_decref(root);
	faults_clear(&faults);
}
END_TEST

Suite *show_suite(void)
{
	Suite *suite = suite_create("show");
	TCase *tcase = tcase_create("show");

	tcase_add_checked_fixture(tcase, make_folders, remove_folders);
	tcase_add_loop_test(tcase, a_sample_stands_for_itself, 0, 2);
	tcase_add_test(tcase, every_key_stands_for_itself);
	tcase_add_test(tcase, every_profile_stands_for_itself);
	tcase_add_loop_test(tcase, shows, 0, ROWS(shown));
	tcase_add_test(tcase, shows_no_secret);
	tcase_add_test(tcase, a_faulty_file_is_not_shown);
	tcase_add_test(tcase, every_default_is_shown);
	suite_add_tcase(suite, tcase);
	return suite;
}
