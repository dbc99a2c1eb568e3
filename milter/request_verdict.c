/* request_verdict: answers, hits and verdicts as JSON. */
#include "milter/request_verdict.h"

#include <stdlib.h>
#include <string.h>

#include "common/health.h"
#include "common/marks.h"

enum { TEXT_BYTES = 1024 };

json_t *verdict_text(const char *foreign)
{
	char buf[TEXT_BYTES];
	struct text text = text_over(buf, sizeof buf);

	if (foreign == NULL)
		return json_null();
	text_add_foreign(&text, foreign, sizeof buf - 4);
	return json_string(buf);
}

json_t *verdict_header(const char *value)
{
	char *line = strdup(value);
	json_t *out;

	for (char *at = line; at != NULL && (at = strstr(at, "\n\t")) != NULL;) {
		*at = ' ';
		memmove(at + 1, at + 2, strlen(at + 2) + 1);
	}
	out = line != NULL ? json_string(line) : NULL;
	free(line);
	return out != NULL ? out : verdict_text(value);    /* not UTF-8 */
}

json_t *verdict_address(const struct ipaddr *addr)
{
	char buf[IPADDR_TEXT_BYTES];

	return ipaddr_is_set(addr) ? json_string(ipaddr_format(addr, buf)) : json_null();
}

static json_t *code(uint32_t answer)
{
	struct ipaddr addr = ipaddr_v4(answer);

	return verdict_address(&addr);
}

const char *verdict_status(const struct batch *batch, const struct query *query, const struct hits *hits)
{
	const struct question *q = &batch->questions[query->question];

	switch (q->answer.status) {
	case ANSWER_LISTED:
	case ANSWER_ABSENT:
		if (hit_refusal(&batch->rules->lists[query->list], &q->answer) != 0)
			return "error";
		return hits->n > 0 ? "listed" : "not_listed";
	case ANSWER_FAILED:
		return q->took_us >= batch->rules->dns.timeout_us ? "timeout" : "error";
	case ANSWER_UNNEEDED:
		return "unneeded";
	default:
		return "timeout";
	}
}

json_t *verdict_answers(const struct answer *answer)
{
	json_t *out = json_array();

	for (size_t i = 0; answer->status == ANSWER_LISTED && answer->form == ANSWER_CODES && i < answer->n; i++)
		json_array_append_new(out, code(answer->addr[i]));
	return out;
}

json_t *verdict_ms(const struct question *question)
{
	if (question->cached)
		return json_integer(0);
	return question->took_us < 0 ? json_null() : json_real((double)(question->took_us / 100) / 10);
}

static json_t *message_of(const struct facts *facts, const struct verdict *verdict, const struct hit *hit)
{
	char buf[MARKS_REPLY_BYTES];
	struct text text = text_over(buf, sizeof buf);

	marks_message(facts, hit, verdict->score.points, &text);
	return verdict_text(buf);
}

static json_t *header_of(const struct facts *facts, const struct verdict *verdict, const struct hit *hit, const char *name)
{
	char buf[MARKS_HEADER_BYTES];
	struct text text = text_over(buf, sizeof buf);

	if (hit->list->kind != LIST_BLOCK)
		return json_null();
	marks_header(facts, hit, verdict->score.points, name, &text);
	return verdict_header(buf);
}

json_t *verdict_hits(const struct facts *facts, const struct verdict *verdict, const struct hits *hits, const char *flag_header)
{
	json_t *out = json_array();

	for (size_t i = 0; i < hits->n; i++) {
		const struct hit *hit = &hits->item[i];
		char answer[IPADDR_TEXT_BYTES];

		json_array_append_new(out, json_pack("{s:s, s:o, s:s, s:s, s:i, s:s, s:o, s:o}", "list", hit->list->name, "subject",
			hit->name != NULL ? verdict_text(hit->name) : verdict_address(&hit->addr), "kind",
			subject_word(hit->kind), "answer", hit_answer(hit, answer), "points", hit->response->points, "weight",
			hit_weight_word(hit), "message", message_of(facts, verdict, hit), "header",
			header_of(facts, verdict, hit, flag_header)));
	}
	return out;
}

json_t *verdict_complaints(const struct hits *hits)
{
	json_t *out = json_array();

	for (size_t i = 0; i < hits->n_complaints; i++) {
		const struct complaint *complaint = &hits->complaint[i];

		json_array_append_new(out, json_pack("{s:s, s:o, s:s}", "list", complaint->list->name, "answer",
			complaint->refused ? code(complaint->answer) : json_null(), "text",
			complaint->refused ? health_refusal(complaint->answer) :
					     "it answers with an address outside 127.0.0.0/8, which does not count"));
	}
	return out;
}

static json_t *rule_json(const struct ruleset *rules, const struct rule *rule)
{
	return rule != NULL ? json_sprintf("actions[%zu]", (size_t)(rule - rules->actions)) : json_null();
}

json_t *verdict_json(const struct ruleset *rules, const struct verdict *verdict)
{
	const struct hit *exempting = verdict->score.exempting;
	json_t *actions = json_array();
	unsigned left = verdict->actions;

	for (const char *word; (word = verdict_take_action(&left)) != NULL;)
		json_array_append_new(actions, json_string(word));
	return json_pack("{s:i, s:i, s:s, s:o, s:o, s:o}", "points", verdict->score.points, "matches", verdict->score.matches,
			 "verdict", verdict_word(verdict), "rule", rule_json(rules, verdict->rule), "actions", actions,
			 "allowed_by", exempting != NULL ? json_string(exempting->list->name) : json_null());
}
