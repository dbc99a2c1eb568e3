/* report: what a message's end is told as.
 * Keys are read by people's scripts: they are never renamed. */
#include "milter/report.h"

#include <stdio.h>

#include "common/exempt.h"

enum {
	PEER_BYTES = 320,            /* a name of 255 and an address */
	HITS_BYTES = 900,
	HIT_BYTES = 360,             /* one: a list's name of 63, a domain of 253, and the longest address */
};

/* Was it there when the verdict was given? */
static bool was_known(const struct hit *hit, const struct hits *then)
{
	for (size_t i = 0; i < then->n; i++) {
		const struct hit *old = &then->item[i];

		if (old->response == hit->response && old->kind == hit->kind && old->answer == hit->answer &&
		    ipaddr_equal(&old->addr, &hit->addr) && old->name == hit->name)
			return true;
	}
	return false;
}

/* `then`: those on which the verdict rests; the others came behind it. */
static void add_hits(const struct hits *hits, const struct hits *then, struct text *out)
{
	for (size_t i = 0; i < hits->n; i++) {
		const struct hit *hit = &hits->item[i];
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
		text_add(out, ":%s", hit_answer(hit, code));
		if (hit->weight != HIT_COUNTS)
			text_add(out, ":%s", hit_weight_word(hit));
		if (hits->item != then->item && !was_known(hit, then))
			text_add_str(out, ":after");
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

/* "mail.example[192.0.2.1]" */
static const char *peer(const char *name, bool local, const struct ipaddr *addr, char buf[PEER_BYTES])
{
	struct text text = text_over(buf, PEER_BYTES);
	char ip[IPADDR_TEXT_BYTES];

	text_add_foreign(&text, name != NULL ? name : local ? "local" : "unknown", 255);
	text_add(&text, "[%s]", ipaddr_is_set(addr) ? ipaddr_format(addr, ip) : "");
	return buf;
}

void report_exemption(const struct session *session, struct text *out)
{
	struct exemption exemption = session->spared;

	if (exemption.reason == EXEMPT_NOT)
		exempt_message(session->rules, &session->facts, &exemption);
	exempt_describe(&exemption, out);
}

/* What a message held beyond a bound of ours; most hold nothing. */
static void add_beyond(struct logrec *rec, const char *key, size_t n)
{
	if (n > 0)
		logrec_int(rec, key, (long long)n);
}

void report_message(const struct session *session)
{
	const struct facts *facts = &session->facts;
	const struct hits *hits = &session->seen;
	char client[PEER_BYTES], relay[PEER_BYTES], exempt[48], rule[24], hit_list[HITS_BYTES];
	struct text text;
	struct logrec rec;

	if (!log_wants(LOG_LEVEL_INFO))
		return;
	logrec_begin(&rec, LOG_LEVEL_INFO, facts->queue_id);
	logrec_str(&rec, "client", peer(facts->client_name, facts->local, &facts->client, client), sizeof client);
	if (ipaddr_is_set(&facts->relay))
		logrec_str(&rec, "relay", peer(facts->relay_name, false, &facts->relay, relay), sizeof relay);
	add_foreign(&rec, "helo", facts->helo, 255);
	add_foreign(&rec, "from", facts->sender, 255);
	add_foreign(&rec, "to", session->recipients.buf, SESSION_RECIPIENT_BYTES);
	logrec_int(&rec, "nrcpt", (long long)facts->n_recipients);
	if (facts->login != NULL)
		add_foreign(&rec, "login", facts->login, 64);
	text = text_over(exempt, sizeof exempt);
	report_exemption(session, &text);
	if (text.len > 0)
		logrec_str(&rec, "exempt", exempt, sizeof exempt);
	if (session->blocked != BLOCKED_NOT)
		logrec_str(&rec, "blocked", blocked_word(session->blocked), 32);
	if (session->complete && session->n_refused > 0)
		logrec_int(&rec, "refused", (long long)session->n_refused);
	logrec_str(&rec, "verdict", verdict_word(&session->verdict), 32);
	logrec_int(&rec, "points", session->verdict.score.points);
	logrec_int(&rec, "matches", session->verdict.score.matches);
	text = text_over(hit_list, sizeof hit_list);
	add_hits(hits, &session->hits, &text);
	logrec_str(&rec, "hits", hit_list, sizeof hit_list);
	if (session->verdict.score.exempting != NULL)
		logrec_str(&rec, "allowed_by", session->verdict.score.exempting->list->name, 64);
	if (session->screened_now)
		logrec_str(&rec, "screen", "added", 8);
	logrec_int(&rec, "lookups", (long long)hits->n_questions);
	logrec_int(&rec, "cached", (long long)hits->n_cached);
	if (hits->n_late > 0)
		logrec_int(&rec, "late", (long long)hits->n_late);
	if (hits->n_failed > 0)
		logrec_int(&rec, "failed", (long long)hits->n_failed);
	if (hits->n_unneeded > 0)
		logrec_int(&rec, "unneeded", (long long)hits->n_unneeded);
	if (session->verdict.softened_by != NULL)
		logrec_str(&rec, "softened_by", session->verdict.softened_by->name, 64);
	if (session->verdict.rule != NULL) {
		text = text_over(rule, sizeof rule);
		text_add(&text, "actions[%zu]", (size_t)(session->verdict.rule - session->rules->actions));
		logrec_str(&rec, "rule", rule, sizeof rule);
	}
	add_beyond(&rec, "received_left_out", facts->n_hops_lost + session->last.subjects.n_left_out);
	add_beyond(&rec, "lookups_left_out", hits->n_left_out);
	add_beyond(&rec, "hits_left_out", hits->n_lost);
	if (facts->n_forged_flags > 0)
		logrec_int(&rec, "forged", (long long)facts->n_forged_flags);
	add_beyond(&rec, "headers_left_in", session->n_left_in);
	logrec_int(&rec, "wait_ms", (long long)(session->waited_us / 1000));
	logrec_end(&rec);
}
