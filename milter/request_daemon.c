/* request_daemon: how the daemon is, and a reload. */
#include "milter/request.h"

#include <unistd.h>

#include "buildinfo.h"
#include "common/text.h"
#include "config/faults.h"
#include "milter/reload.h"

enum { RELOAD_MS = 30 * 1000 };

static json_t *faults_json(const struct faults *faults)
{
	json_t *lines = json_array();

	for (size_t i = 0; i < faults->n; i++) {
		char line[FAULT_LINE_BYTES];
		struct text text = text_over(line, sizeof line);

		fault_format(&faults->item[i], &text);
		json_array_append_new(lines, json_string(line));
	}
	return lines;
}

static json_t *reload_json(const struct reload_report *report)
{
	const bool tried = report->tried_s != 0;

	return json_pack("{s:s, s:o, s:o, s:o, s:b, s:o, s:I}", "file", report->path, "loaded", request_time(report->loaded_s), "tried",
			 tried ? request_time(report->tried_s) : json_null(), "by",
			 tried ? json_string(reload_by_word(report->by)) : json_null(), "taken", !tried || report->taken, "faults",
			 faults_json(report->faults), "faults_left_out", (json_int_t)report->faults->n_left_out);
}

static void make_reload_json(void *ctx, const struct reload_report *report)
{
	*(json_t **)ctx = reload_json(report);
}

static json_t *configuration(struct reload *reload)
{
	json_t *out = NULL;

	if (reload == NULL)
		return json_null();
	reload_tell(reload, make_reload_json, &out);
	return out;
}

static json_t *lookups_json(struct lookup *lookup)
{
	struct lookup_stats stats;

	lookup_stats(lookup, &stats);
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "asked", (json_int_t)stats.asked, "cached", (json_int_t)stats.cache_hits,
			 "joined", (json_int_t)stats.joined, "overload", (json_int_t)stats.overload, "in_flight",
			 (json_int_t)stats.in_flight);
}

static json_t *cache_json(struct service *service)
{
	struct manual_stats manual;
	struct lookup_stats stats;

	manual_stats(service->manual, &manual);
	lookup_stats(service->lookup, &stats);
	return json_pack("{s:I, s:I}", "entries", (json_int_t)stats.cache_entries, "manual", (json_int_t)manual.entries);
}

static json_t *verdicts_json(const struct counters_report *counted)
{
	json_t *verdicts = json_object();

	for (enum verdict_kind kind = VERDICT_PASS; kind < VERDICT_KINDS; kind++)
		json_object_set_new(verdicts, verdict_kind_word(kind), json_integer((json_int_t)counted->verdict[kind]));
	return verdicts;
}

/* Numbers since the start. */
static json_t *mail_json(const struct counters_report *counted)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "sessions", (json_int_t)counted->sessions, "turned_away",
			 (json_int_t)counted->turned_away, "messages", (json_int_t)counted->messages, "refused_at_rcpt",
			 (json_int_t)counted->at_rcpt, "refused_recipients", (json_int_t)counted->refused_recipients, "blocked",
			 (json_int_t)counted->blocked, "screened", (json_int_t)counted->screened, "wait_p50_ms",
			 request_ms(counted->wait_p50_us), "wait_p99_ms", request_ms(counted->wait_p99_us));
}

void request_status(const struct request *request, struct request_end *end)
{
	struct service *service = request->service;
	struct ruleset *rules = inforce_get(&service->inforce);
	struct counters_report counted;

	counters_read(service->counters, &counted);
	end->result = json_pack("{s:s, s:i, s:o, s:I, s:s, s:o, s:I, s:i, s:i, s:b, s:o, s:o, s:o, s:o}", "version", PACKAGE_VERSION,
				"pid", (int)getpid(), "started", request_time(service->started_s), "uptime",
				(json_int_t)(monotime_between(service->started, monotime_now()) / 1000000), "socket",
				rules->milter.socket, "configuration", configuration(service->reload), "lists",
				(json_int_t)rules->n_lists, "sessions", atomic_load(&service->sessions), "in_progress",
				atomic_load(&service->messages), "stopping", (int)atomic_load(&service->draining), "messages",
				verdicts_json(&counted), "mail", mail_json(&counted), "lookups", lookups_json(service->lookup),
				"cache", cache_json(service));
	ruleset_unref(&rules);
}

void request_reload(const struct request *request, struct request_end *end)
{
	struct reload *reload = request->service->reload;

	if (reload == NULL || !reload_wait(reload, RELOAD_BY_RBLCTL, RELOAD_MS)) {
		request_fail(end, REQUEST_NO, "the reload has not ended within %d seconds", RELOAD_MS / 1000);
		return;
	}
	end->result = configuration(reload);
	if (!json_is_true(json_object_get(end->result, "taken")))
		request_fail(end, REQUEST_FAULTY, "the file has faults: the configuration in force stays as it was");
}
