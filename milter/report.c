/* report: what a message's end is told as.
 * Keys are read by people's scripts: they are never renamed. */
#include "milter/report.h"

#include <stdio.h>

#include "common/exempt.h"

enum {
	HITS_BYTES = 900,
	HIT_BYTES = 360,             /* one: a list's name of 63, a domain of 253, and the longest address */
};

/* What tells a hit from one that counts. */
static const char *weight_word(const struct hit *hit)
{
	switch (hit->weight) {
	case HIT_COUNTS:
		break;
	case HIT_FLAGS:
		return ":doubted";
	case HIT_SHOWN:
		return hit->list->mode == LIST_SHADOW ? ":shadow" : ":void";
	}
	return "";
}

static void add_hits(const struct hits *hits, struct text *out)
{
	for (size_t i = 0; i < hits->n; i++) {
		const struct hit *hit = &hits->item[i];
		struct ipaddr answer = ipaddr_v4(hit->answer);
		char ip[IPADDR_TEXT_BYTES], code[IPADDR_TEXT_BYTES];

		if (out->len > HITS_BYTES - HIT_BYTES) {
			text_add(out, "+%zu", hits->n - i);
			return;
		}
		text_add(out, "%s%s:%s", i > 0 ? "," : "", hit->list->name, subject_word(hit->kind));
		if (hit->kind == SUBJECT_RECEIVED)
			text_add(out, "[%s]", ipaddr_format(&hit->addr, ip));
		if (hit->kind == SUBJECT_FROM)
			text_add(out, "[%s]", hit->name);
		text_add(out, ":%s%s", ipaddr_format(&answer, code), weight_word(hit));
	}
}

/* JSON writes a quotation mark as two bytes: a stranger who is full of them shall not push the verdict out of the line. */
static void add_foreign(struct logrec *rec, const char *key, const char *value, size_t max_bytes)
{
	size_t n = 0;

	for (size_t written = 0; value != NULL && value[n] != '\0' && written < max_bytes; n++)
		written += value[n] == '"' || value[n] == '\\' ? 2 : 1;
	logrec_foreign(rec, key, value, n);
}

void report_message(const struct session *session)
{
	const struct facts *facts = &session->facts;
	const struct hits *hits = &session->hits;
	enum exempt_reason exempt = exempt_client(session->rules, facts);
	char client[320], hit_list[HITS_BYTES], ip[IPADDR_TEXT_BYTES];
	struct text text = text_over(client, sizeof client);
	struct logrec rec;

	if (!log_wants(LOG_LEVEL_INFO))
		return;
	text_add_foreign(&text, facts->client_name != NULL ? facts->client_name : facts->local ? "local" : "unknown", 255);
	text_add(&text, "[%s]", ipaddr_is_set(&facts->client) ? ipaddr_format(&facts->client, ip) : "");
	logrec_begin(&rec, LOG_LEVEL_INFO, facts->queue_id);
	logrec_str(&rec, "client", client, sizeof client);
	add_foreign(&rec, "helo", facts->helo, 255);
	add_foreign(&rec, "from", facts->sender, 255);
	add_foreign(&rec, "to", session->recipients.buf, SESSION_RECIPIENT_BYTES);
	logrec_int(&rec, "nrcpt", (long long)facts->n_recipients);
	if (facts->login != NULL)
		add_foreign(&rec, "login", facts->login, 64);
	if (exempt != EXEMPT_NOT)
		logrec_str(&rec, "exempt", exempt_word(exempt), 32);
	logrec_str(&rec, "verdict", verdict_word(&session->verdict), 32);
	logrec_int(&rec, "points", session->verdict.score.points);
	logrec_int(&rec, "matches", session->verdict.score.matches);
	text = text_over(hit_list, sizeof hit_list);
	add_hits(hits, &text);
	logrec_str(&rec, "hits", hit_list, sizeof hit_list);
	if (session->verdict.score.exempting != NULL)
		logrec_str(&rec, "allowed_by", session->verdict.score.exempting->list->name, 64);
	logrec_int(&rec, "lookups", (long long)hits->n_questions);
	logrec_int(&rec, "cached", (long long)hits->n_cached);
	if (hits->n_late > 0)
		logrec_int(&rec, "late", (long long)hits->n_late);
	if (hits->n_failed > 0)
		logrec_int(&rec, "failed", (long long)hits->n_failed);
	if (session->verdict.rule != NULL) {
		text = text_over(ip, sizeof ip);
		text_add(&text, "actions[%zu]", (size_t)(session->verdict.rule - session->rules->actions));
		logrec_str(&rec, "rule", ip, sizeof ip);
	}
	if (facts->n_hops_lost > 0)
		logrec_int(&rec, "received_left_out", (long long)facts->n_hops_lost);
	if (facts->n_forged_flags > 0)
		logrec_int(&rec, "forged", (long long)facts->n_forged_flags);
	logrec_int(&rec, "wait_ms", (long long)(session->waited_us / 1000));
	logrec_end(&rec);
}
