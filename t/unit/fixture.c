/* fixture: rule sets, subjects and answers for the tests.
 * Rule sets come through the door of config/, so no test can hold what no administrator could write. */
#include "t/unit/fixture.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/dnswire.h"
#include "config/config.h"

static char *copy_of(const char *text)
{
	char *copy = strdup(text);

	ck_assert_ptr_nonnull(copy);
	return copy;
}

struct ruleset *fixture_rules(const char *json)
{
	char *text = copy_of(json);
	struct ruleset *rules;
	struct faults faults;

	for (char *quote = strchr(text, '\''); quote != NULL; quote = strchr(quote, '\''))
		*quote = '"';
	faults_init(&faults);
	rules = config_parse(text, strlen(text), TOP_SRCDIR "/config/test.json", &faults);
	if (rules == NULL) {
		faults_print(&faults, stderr);
		ck_abort_msg("the rule set of the test is faulty");
	}
	faults_clear(&faults);
	free(text);
	return rules;
}

struct ruleset *fixture_rulesf(const char *json, ...)
{
	struct ruleset *rules;
	char *text;
	va_list args;

	va_start(args, json);
	ck_assert_int_ge(vasprintf(&text, json, args), 0);
	va_end(args);
	rules = fixture_rules(text);
	free(text);
	return rules;
}

struct ipaddr fixture_addr(const char *text)
{
	struct ipaddr addr = { .len = 0 };

	ck_assert_msg(text[0] == '\0' || ipaddr_parse(&addr, text), "%s is no address", text);
	return addr;
}

static enum subject_kind kind_of(const char *word)
{
	enum subject_kind kind = SUBJECT_CLIENT;

	while (kind < SUBJECT_KINDS && strcmp(subject_word(kind), word) != 0)
		kind++;
	ck_assert_msg(kind < SUBJECT_KINDS, "%s is no kind of subject", word);
	return kind;
}

void fixture_subjects(struct fixture_subjects *out, const char *text)
{
	char *copy = copy_of(text), *rest = copy, *item;

	out->subjects = (struct subjects){ .item = out->item, .room = FIXTURE_SUBJECTS_MAX };
	memset(out->item, 0, sizeof out->item);
	while ((item = strsep(&rest, ",")) != NULL) {
		char kind[20], addr[60], exempt[20] = "";
		struct subject *subject;
		int n = sscanf(item, " %19s %59s %19s", kind, addr, exempt);

		if (n <= 0)
			continue;
		ck_assert_msg(n >= 2 && out->subjects.n < FIXTURE_SUBJECTS_MAX, "%s", item);
		subject = &out->item[out->subjects.n];
		subject->kind = kind_of(kind);
		subject->exempt = exempt[0] != '\0' ? EXEMPT_CLIENT : EXEMPT_NOT;
		if (subject->kind == SUBJECT_CLIENT || subject->kind == SUBJECT_RECEIVED)
			subject->addr = fixture_addr(addr);
		else
			subject->name = strcpy(out->name[out->subjects.n], addr);
		out->subjects.n++;
	}
	free(copy);
}

static const char *const status_words[] = {
	[ANSWER_PENDING] = "pending", [ANSWER_LISTED] = "listed", [ANSWER_ABSENT] = "absent", [ANSWER_LATE] = "late",
	[ANSWER_FAILED] = "failed",   [ANSWER_UNNEEDED] = "unneeded",
};

static bool answer_word(struct answer *answer, const char *word)
{
	for (uint8_t status = ANSWER_PENDING; status <= ANSWER_UNNEEDED; status++)
		if (strcmp(status_words[status], word) == 0) {
			answer->status = status;
			return true;
		}
	return false;
}

struct answer fixture_answer(const char *text)
{
	struct answer answer = { .status = ANSWER_ABSENT, .ttl_s = 300 };
	char *copy = copy_of(text), *rest = copy, *word;

	while ((word = strsep(&rest, " ")) != NULL) {
		struct ipaddr addr;

		if (word[0] == '\0' || answer_word(&answer, word))
			continue;
		addr = fixture_addr(word);
		if (addr.byte[0] != 127) {
			answer.foreign = true;
		} else {
			answer.status = ANSWER_LISTED;
			answer.addr[answer.n++] = ipaddr_u32(&addr);
		}
	}
	free(copy);
	return answer;
}

static void describe_codes(const struct answer *answer, struct text *out)
{
	for (size_t i = 0; i < answer->n; i++) {
		struct ipaddr addr = ipaddr_v4(answer->addr[i]);
		char buf[IPADDR_TEXT_BYTES];

		text_add(out, " %s", ipaddr_format(&addr, buf));
	}
}

static void describe_host(const struct answer *answer, struct text *out)
{
	for (size_t i = 0; i < answer->n; i++) {
		struct ipaddr addr = { .len = (uint8_t)(answer->n_bytes / answer->n) };
		char buf[IPADDR_TEXT_BYTES];

		memcpy(addr.byte, answer->bytes + i * addr.len, addr.len);
		text_add(out, " %s", ipaddr_format(&addr, buf));
	}
}

static void describe_names(const struct answer *answer, struct text *out)
{
	size_t at = 0, from = 0;

	for (size_t len; (len = answer_next_name(answer, &at)) != 0; from = at) {
		struct question question = { .name = answer->bytes + from, .name_len = (uint8_t)len };
		char buf[FIXTURE_NAME_BYTES];

		text_add(out, " %s", fixture_name(&question, buf));
	}
}

void fixture_describe(const struct answer *answer, struct text *out)
{
	text_add_str(out, status_words[answer->status]);
	if (answer->form == ANSWER_CODES)
		describe_codes(answer, out);
	else if (answer->form == ANSWER_TEXT && answer->status == ANSWER_LISTED)
		text_add(out, " \"%s\"", answer->text);
	else if (answer->form == ANSWER_HOST)
		describe_host(answer, out);
	else if (answer->form == ANSWER_NAMES)
		describe_names(answer, out);
	else if (answer->form == ANSWER_MAIL && answer->status == ANSWER_LISTED)
		text_add(out, " %u", answer->n);
	if (answer->foreign)
		text_add_str(out, " foreign");
	if (answer->cut)
		text_add_str(out, " cut");
	if (answer->status == ANSWER_LISTED || answer->status == ANSWER_ABSENT)
		text_add(out, " ttl %u", answer->ttl_s);
}

const char *fixture_name(const struct question *question, char buf[FIXTURE_NAME_BYTES])
{
	size_t n = 0;

	for (size_t at = 0; question->name[at] != 0; at += question->name[at] + 1u) {
		ck_assert_uint_lt(at + question->name[at] + 1u, question->name_len);
		if (n > 0)
			buf[n++] = '.';
		memcpy(buf + n, question->name + at + 1, question->name[at]);
		n += question->name[at];
	}
	buf[n] = '\0';
	return buf;
}

struct question *fixture_question(const struct batch *batch, const char *name)
{
	char buf[FIXTURE_NAME_BYTES];

	for (size_t i = 0; i < batch->n_questions; i++)
		if (strcmp(fixture_name(&batch->questions[i], buf), name) == 0)
			return &batch->questions[i];
	return NULL;
}

struct batch *fixture_batch(struct ruleset *rules, const struct subjects *subjects, const char *answers)
{
	struct batch *batch = query_plan(rules, subjects, (size_t)rules->dns.max_queries);
	char *copy = copy_of(answers), *rest = copy, *item;

	ck_assert_ptr_nonnull(batch);
	for (size_t i = 0; i < batch->n_questions; i++)
		batch->questions[i].answer = fixture_answer("absent");
	while ((item = strsep(&rest, ";")) != NULL) {
		struct question *question;
		char *name;

		item += strspn(item, " ");
		if (*item == '\0')
			continue;
		name = strsep(&item, "=");
		question = fixture_question(batch, name);
		ck_assert_msg(question != NULL && item != NULL, "nobody asks for %s", name);
		question->answer = fixture_answer(item);
		question->out = question->answer.status == ANSWER_PENDING;
	}
	free(copy);
	return batch;
}

/* --- scenes ------------------------------------------------------------------------------------------------------- */

enum { ARENA_BYTES = 100000 };

void fixture_scene_collect(struct fixture_scene *scene)
{
	hit_clear(&scene->hits);
	hit_collect(scene->batch, &scene->all.subjects, &scene->arena, &scene->hits);
	hit_sort(&scene->hits);
}

void fixture_scene_begin(struct fixture_scene *scene, struct ruleset *rules, const char *subjects, const char *answers)
{
	scene->rules = rules;
	scene->hits = (struct hits){ .n = 0 };
	arena_init(&scene->arena, ARENA_BYTES);
	fixture_subjects(&scene->all, subjects);
	scene->batch = fixture_batch(rules, &scene->all.subjects, answers);
	fixture_scene_collect(scene);
}

void fixture_scene_end(struct fixture_scene *scene)
{
	batch_unref(&scene->batch);
	arena_clear(&scene->arena);
	ruleset_unref(&scene->rules);
}
