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
	REPLY_BYTES = 980 + 1,       /* libmilter takes no longer one, with its '%' doubled */
};

static void fill_values(const struct facts *facts, const struct hit *hit, int points, char ip[IPADDR_TEXT_BYTES],
			char answer[IPADDR_TEXT_BYTES], struct template_values *out)
{
	struct ipaddr addr = ipaddr_v4(hit->answer);

	*out = (struct template_values){
		.ip = hit->name != NULL ? facts->client : hit->addr,
		.subject = hit->name != NULL ? hit->name : ipaddr_format(&hit->addr, ip),
		.list = hit->list->name,
		.answer = ipaddr_format(&addr, answer),
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

void marks_reply(const struct ruleset *rules, const struct facts *facts, const struct verdict *verdict,
		 struct reply_text *out)
{
	const struct reply_settings *reply = &rules->reply;
	char ip[IPADDR_TEXT_BYTES], answer[IPADDR_TEXT_BYTES], buf[MARKS_REPLY_BYTES];
	struct text text = text_over(buf, sizeof buf);
	struct template_values values;
	bool temporary = (verdict->actions & ACTION_TEMPFAIL) != 0;

	snprintf(out->code, sizeof out->code, "%d", temporary ? 451 : reply->code);
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
	fill_values(facts, verdict->deciding, verdict->score.points, ip, answer, &values);
	template_expand(&text, verdict->deciding->message != NULL ? verdict->deciding->message :
			verdict->deciding->response->message, &values);
	protect(buf, out->text, REPLY_BYTES);
}
