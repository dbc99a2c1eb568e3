/* request_lists: how each list is and what it did; one switched off and on again by hand. */
#include "milter/request.h"

#include <string.h>

#include "common/text.h"
#include "config/duration.h"
#include "config/nearest.h"

/* "since", "until" and "tested" are times, "p50_ms" and "p99_ms" of its answers; null where there is nothing to tell. */
static json_t *list_json(const struct list *list, const struct health_report *r, struct monotime now)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:I, s:I, s:o}",
			 "name", list->name, "kind", list->kind == LIST_ALLOW ? "allow" : "block",
			 "mode", list->mode == LIST_SHADOW ? "shadow" : "enforce", "health", health_word(r->state),
			 "since", request_moment(r->since, now),
			 "until", r->state == HEALTH_DISABLED ? request_moment(r->until, now) : json_null(),
			 "queries", (json_int_t)r->queries, "cache_hits", (json_int_t)r->cached,
			 "hits", (json_int_t)r->hit_messages, "sole_hits", (json_int_t)r->sole_messages,
			 "deciding_hits", (json_int_t)r->decided_messages, "unknown", (json_int_t)r->unknown,
			 "refused", (json_int_t)r->refused, "foreign", (json_int_t)r->foreign, "errors", (json_int_t)r->errors,
			 "timeouts", (json_int_t)r->timeouts, "p50_ms", request_ms(r->p50_us), "p99_ms", request_ms(r->p99_us),
			 "tests", (json_int_t)r->tests, "tests_failed", (json_int_t)r->tests_failed,
			 "tested", r->tested ? request_moment(r->tested_at, now) : json_null());
}

void request_lists(const struct request *request, struct request_end *end)
{
	struct service *service = request->service;
	struct ruleset *rules = inforce_get(&service->inforce);
	struct monotime now = monotime_now();
	bool heard = true;

	(void)end;
	for (size_t i = 0; i < rules->n_lists && heard; i++) {
		struct health_report report;

		/* None while a reload is halfway through. */
		if (health_report(service->health, rules->lists[i].name, now, &report))
			heard = request_item(request, list_json(&rules->lists[i], &report, now));
	}
	ruleset_unref(&rules);
}

void request_no_list(const struct ruleset *rules, const char *name, struct request_end *end)
{
	struct nearest nearest = nearest_to(name);
	char quoted[TEXT_QUOTE_BYTES];

	for (size_t i = 0; i < rules->n_lists; i++)
		nearest_offer(&nearest, rules->lists[i].name);
	request_fail(end, REQUEST_NO, nearest.best != NULL ? "there is no list %s: did you mean \"%s\"?" : "there is no list %s",
		     text_quote(name, quoted), nearest.best);
}

/* Whose name it is; the whole row is the result. */
static void tell_list(const struct request *request, const char *name, bool found, struct request_end *end)
{
	struct service *service = request->service;
	struct ruleset *rules = inforce_get(&service->inforce);
	struct monotime now = monotime_now();
	struct health_report report;

	for (size_t i = 0; found && i < rules->n_lists; i++)
		if (strcmp(rules->lists[i].name, name) == 0 && health_report(service->health, name, now, &report))
			end->result = list_json(&rules->lists[i], &report, now);
	if (end->result == NULL)
		request_no_list(rules, name, end);
	ruleset_unref(&rules);
	prober_poke(service->prober);
}

static bool read_for(const struct request *request, struct monotime now, struct monotime *until, struct request_end *end)
{
	const char *text;
	struct errmsg why;
	int64_t us = DURATION_NEVER;

	if (!request_want_text(request, "for", &text, end))
		return false;
	if (text != NULL && (!duration_parse(&us, text, &why) || us == 0)) {
		request_fail(end, REQUEST_USAGE, "how long: %s", us == 0 ? "no time at all" : why.text);
		return false;
	}
	*until = monotime_add(now, us);
	return true;
}

void request_list_disable(const struct request *request, struct request_end *end)
{
	struct monotime now = monotime_now(), until;
	const char *name = request_need_text(request, "name", end);

	if (name != NULL && read_for(request, now, &until, end))
		tell_list(request, name, health_disable(request->service->health, name, now, until), end);
}

void request_list_enable(const struct request *request, struct request_end *end)
{
	const char *name = request_need_text(request, "name", end);

	if (name != NULL)
		tell_list(request, name, health_enable(request->service->health, name, monotime_now()), end);
}
