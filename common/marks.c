/* marks: the texts of a verdict.
 * Both MTAs expand '%' in a reply: each one is doubled here, after everything else was put in. */
#include "common/marks.h"

#include <stdio.h>
#include <string.h>

#include "common/template.h"

enum {
	COLUMNS = 78,
	FOLDS_BYTES = 64,            /* more than folding adds: two folds take more than 70 bytes of text between them */
	TEXT_BYTES = MARKS_HEADER_BYTES - FOLDS_BYTES,
	PREFIX_TEXT_BYTES = 4096,    /* before it is cut */
	REASON_SUBJECT_BYTES = 44,   /* any address; the end of a longer domain is left out */
	RECIPIENT_BYTES = 400,
	REPLY_BYTES = 980 + 1,       /* libmilter takes no longer one, with its '%' doubled */
};

static void fill_values(const struct facts *facts, const struct hit *hit, int points, char ip[IPADDR_TEXT_BYTES],
			char answer[IPADDR_TEXT_BYTES], struct template_values *out)
{
	*out = (struct template_values){
		.ip = hit->name != NULL ? facts->client : hit->addr,
		.subject = hit->name != NULL ? hit->name : ipaddr_format(&hit->addr, ip),
		.list = hit->list->name,
		.answer = hit_answer(hit, answer),
		.reason = hit->reason,
		.helo = facts->helo,
		.sender = facts->sender,
		.rdns = facts->client_name,
		.points = points,
	};
}

/* Words go to the next line where this one would grow beyond the columns; a word that is longer stays whole. */
static void fold(const char *words, size_t column, struct text *out)
{
	while (*words != '\0') {
		size_t blanks = strspn(words, " "), n = strcspn(words + blanks, " ");

		if (n == 0)
			return;                /* blanks at the end */
		if (blanks > 0 && column + blanks + n > COLUMNS) {
			text_add_str(out, "\n\t");
			column = 8;
		} else {
			text_add_bytes(out, words, blanks);
			column += blanks;
		}
		text_add_bytes(out, words + blanks, n);
		column += n;
		words += blanks + n;
	}
}

void marks_header(const struct facts *facts, const struct hit *hit, int points, const char *name, struct text *out)
{
	char ip[IPADDR_TEXT_BYTES], answer[IPADDR_TEXT_BYTES], buf[TEXT_BYTES];
	struct text filled = text_over(buf, sizeof buf);
	struct template_values values;

	fill_values(facts, hit, points, ip, answer, &values);
	template_expand(&filled, hit->response->header, &values);
	fold(buf, strlen(name) + 2, out);
}

void marks_prefix(const struct ruleset *rules, const struct facts *facts, const struct verdict *verdict, struct text *out)
{
	const struct hit *hit = verdict->deciding != NULL ? verdict->deciding : verdict->score.first;
	char ip[IPADDR_TEXT_BYTES], answer[IPADDR_TEXT_BYTES], buf[PREFIX_TEXT_BYTES];
	struct text text = text_over(buf, sizeof buf);
	struct template_values values = { .ip = facts->client, .helo = facts->helo, .sender = facts->sender,
					  .rdns = facts->client_name, .points = verdict->score.points };

	if (hit != NULL)
		fill_values(facts, hit, verdict->score.points, ip, answer, &values);
	template_expand(&text, rules->prefix.text, &values);
	for (const char *at = buf; *at != '\0';) {
		uint32_t code;
		size_t n = text_utf8(at, strlen(at), &code);

		if (n == 0 || out->len + n >= out->size_bytes)
			return;
		text_add_bytes(out, at, n);
		at += n;
	}
}

static const char *plural(int n)
{
	return n == 1 || n == -1 ? "" : "s";
}

static void add_reason(const struct hit *hit, bool first, struct text *out)
{
	char ip[IPADDR_TEXT_BYTES], answer[IPADDR_TEXT_BYTES], subject[REASON_SUBJECT_BYTES];
	struct text text = text_over(subject, sizeof subject);

	text_add_foreign(&text, hit->name != NULL ? hit->name : ipaddr_format(&hit->addr, ip), REASON_SUBJECT_BYTES - 4);
	text_add(out, "%s %s %s %s", first ? ":" : ",", hit->list->name, subject, hit_answer(hit, answer));
}

/* The one for which the rule holds comes first: whatever else has no room. */
void marks_reason(const struct verdict *verdict, const struct hits *hits, struct text *out)
{
	const struct score *score = &verdict->score;
	bool first = true;

	text_add(out, "%d point%s, %d match%s", score->points, plural(score->points), score->matches,
		 score->matches == 1 ? "" : "es");
	if (verdict->deciding != NULL) {
		add_reason(verdict->deciding, true, out);
		first = false;
	}
	for (size_t i = 0; i < hits->n; i++) {
		const struct hit *hit = &hits->item[i];
		char buf[MARKS_HEADER_BYTES];
		struct text one = text_over(buf, sizeof buf);

		if (hit == verdict->deciding || hit->list->kind != LIST_BLOCK || hit->weight == HIT_SHOWN)
			continue;
		add_reason(hit, first, &one);
		if (out->len + one.len + sizeof ", ..." > out->size_bytes) {
			text_add_str(out, ", ...");
			return;
		}
		text_add_str(out, buf);
		first = false;
	}
}

bool marks_add_recipient(const char *recipient, const char *name, struct text *out)
{
	const char *line = strrchr(out->buf, '\n');
	size_t column = line != NULL ? strlen(line + 1) + 7 : strlen(name) + 2 + out->len;
	char buf[RECIPIENT_BYTES];
	struct text one = text_over(buf, sizeof buf);

	text_add_foreign(&one, recipient, sizeof buf - 4);
	if (out->len + one.len + sizeof ",\n\t" > out->size_bytes)
		return false;
	if (out->len > 0)
		text_add_str(out, column + 2 + one.len > COLUMNS ? ",\n\t" : ", ");
	text_add_str(out, buf);
	return true;
}

/* ASCII only, and every '%' twice. What has no room is left out whole: half of "%%" would be eaten or worse. */
static void protect(const char *in, char *out, size_t out_bytes)
{
	size_t n = 0;

	for (; *in != '\0' && n + 2 < out_bytes; in++) {
		unsigned char c = (unsigned char)*in;

		if (c == '%')
			out[n++] = '%';
		out[n++] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	out[n] = '\0';
}

void marks_message(const struct facts *facts, const struct hit *hit, int points, struct text *out)
{
	char ip[IPADDR_TEXT_BYTES], answer[IPADDR_TEXT_BYTES];
	struct template_values values;

	fill_values(facts, hit, points, ip, answer, &values);
	template_expand(out, hit->message != NULL ? hit->message : hit->response->message, &values);
}

void marks_reply(const struct ruleset *rules, const struct facts *facts, const struct verdict *verdict,
		 struct reply_text *out)
{
	const struct reply_settings *reply = &rules->reply;
	char buf[MARKS_REPLY_BYTES];
	struct text text = text_over(buf, sizeof buf);
	bool drop = (verdict->actions & ACTION_DROP) != 0;
	bool temporary = drop || (verdict->actions & ACTION_TEMPFAIL) != 0;

	/* 421 is what makes both MTAs close the connection: RFC 5321 section 3.8 */
	snprintf(out->code, sizeof out->code, "%d", drop ? 421 : temporary ? 451 : reply->code);
	snprintf(out->enhanced, sizeof out->enhanced, "%s", temporary ? "4.7.1" : reply->enhanced);
	if (!reply->send_message && !temporary) {
		*out = (struct reply_text){ .code = "550", .enhanced = "5.1.1", .text = "User unknown" };
		return;
	}
	if (!reply->send_message || verdict->deciding == NULL) {
		snprintf(out->text, sizeof out->text, "%s",
			 temporary ? "Try again later" : "Refused by local policy");
		return;
	}
	marks_message(facts, verdict->deciding, verdict->score.points, &text);
	protect(buf, out->text, REPLY_BYTES);
}

void marks_blocked(const struct ruleset *rules, const struct facts *facts, enum blocked_by by, const char *subject,
		   struct reply_text *out)
{
	const bool screen = by == BLOCKED_SCREEN;
	const struct template_values values = {
		.ip = facts->client, .subject = subject, .list = screen ? "screen" : "blocked", .helo = facts->helo, .sender = facts->sender,
		.rdns = facts->client_name,
	};
	char buf[MARKS_REPLY_BYTES];
	struct text text = text_over(buf, sizeof buf);

	if (!rules->reply.send_message) {
		*out = (struct reply_text){ .code = "550", .enhanced = "5.1.1", .text = "User unknown" };
		return;
	}
	snprintf(out->code, sizeof out->code, "%d", rules->reply.code);
	snprintf(out->enhanced, sizeof out->enhanced, "%s", rules->reply.enhanced);
	template_expand(&text, screen ? rules->screen.message : rules->blocked.message, &values);
	protect(buf, out->text, REPLY_BYTES);
}
