/* Rule sets, subjects and answers for the tests, written as text. What makes no sense ends the test. */
#ifndef T_UNIT_FIXTURE_H
#define T_UNIT_FIXTURE_H

#include "common/answer.h"
#include "common/hit.h"
#include "common/query.h"
#include "common/ruleset.h"
#include "common/subject.h"
#include "common/text.h"

enum { FIXTURE_SUBJECTS_MAX = 64, FIXTURE_NAME_BYTES = 256 };

/* The rule set of a configuration; in `json` a ' stands for a ", which C would want escaped. The caller unrefs. */
struct ruleset *fixture_rules(const char *json);
/* The same with values. */
struct ruleset *fixture_rulesf(const char *json, ...) __attribute__((format(printf, 1, 2)));

/* "" gives none. */
struct ipaddr fixture_addr(const char *text);

/* "client 192.0.2.1, received 2001:db8::1, received 10.0.0.1 exempt, helo mail.example.org" */
struct fixture_subjects {
	struct subject item[FIXTURE_SUBJECTS_MAX];
	char name[FIXTURE_SUBJECTS_MAX][60];
	struct subjects subjects;    /* of these */
};
void fixture_subjects(struct fixture_subjects *out, const char *text);

/* "127.0.0.4 127.0.0.2 192.0.2.1" (the last one is foreign), "absent", "late", "failed", "pending", "unneeded" */
struct answer fixture_answer(const char *text);
/* "listed 127.0.0.2 127.0.0.4 foreign ttl 300"; in other forms "listed 192.0.2.1 ...", "listed mail.example ... cut ttl 300" */
void fixture_describe(const struct answer *answer, struct text *out);

/* The name that is asked, as text. */
const char *fixture_name(const struct question *question, char buf[FIXTURE_NAME_BYTES]);
/* The question of that name; NULL: there is none. */
struct question *fixture_question(const struct batch *batch, const char *name);
/* A batch of all subjects with its answers: "1.2.0.192.bl.example=127.0.0.2; ...". What is "pending" is out; other questions are
 * answered with "absent". The caller unrefs. */
struct batch *fixture_batch(struct ruleset *rules, const struct subjects *subjects, const char *answers);

/* The subjects of a message, a batch of them with its answers, and the hits that it comes to, sorted. */
struct fixture_scene {
	struct ruleset *rules;
	struct fixture_subjects all;
	struct batch *batch;
	struct arena arena;
	struct hits hits;
};
/* Takes the caller's reference to the rules. */
void fixture_scene_begin(struct fixture_scene *scene, struct ruleset *rules, const char *subjects, const char *answers);
/* The hits anew, after a change of the batch. */
void fixture_scene_collect(struct fixture_scene *scene);
void fixture_scene_end(struct fixture_scene *scene);

#endif
