/* The words of a mail server under load: the same message again and again, but for its numbers and addresses. */
#include "t/support/loadmail.h"

#include <stdio.h>

/* clang-format off */
static const enum milter_command commands[LOAD_STAGES] = {
	[NEGOTIATE] = MILTER_OPTIONS, [CONNECT] = MILTER_CONNECT, [HELO] = MILTER_HELO, [MAIL] = MILTER_MAIL,
	[RCPT] = MILTER_RCPT,         [DATA] = MILTER_DATA,       [HEADER] = MILTER_HEADER, [EOH] = MILTER_EOH,
	[BODY] = MILTER_BODY,         [EOM] = MILTER_EOM,
};
/* clang-format on */

enum milter_command loadmail_command(enum load_stage stage)
{
	return commands[stage];
}

static void put_macros(struct milter_buffer *out, const struct loadmail *mail, enum load_stage stage,
		       const char *by_itself, const struct milter_macro *macros)
{
	milterproto_macros(out, &mail->terms, commands[stage], by_itself, macros);
}

static void put_connect(struct milter_buffer *out, const struct loadmail *mail)
{
	char address[INET6_ADDRSTRLEN], host[80], client[80], origin[160];
	loadcheck_text(&mail->client, address);
	snprintf(host, sizeof(host), "host%llu.example", (unsigned long long)mail->session);
	snprintf(client, sizeof(client), "%s%s", mail->client.v6 ? "IPv6:" : "", address);
	snprintf(origin, sizeof(origin), "%s [%s]", host, address);
	const struct milter_macro macros[] = {
		{"j", "mx.test"},	   {"{daemon_name}", "mx.test"}, {"v", "Postfix 3.7.11"}, {"_", origin},
		{"{client_addr}", client}, {"{client_name}", host},	 {"{client_ptr}", host},  {NULL, NULL}};
	put_macros(out, mail, CONNECT, "j {daemon_name} v _", macros);
	milterproto_connect(out, host, mail->client.v6 ? '6' : '4', 40000, address);
}

static void put_helo(struct milter_buffer *out, const struct loadmail *mail)
{
	char host[80];
	snprintf(host, sizeof(host), "host%llu.example", (unsigned long long)mail->session);
	milterproto_strings(out, MILTER_HELO, host, NULL);
}

static void put_mail(struct milter_buffer *out, const struct loadmail *mail)
{
	static const struct milter_macro macros[] = {{"{mail_addr}", "sender@example.net"},
						     {"{mail_host}", "example.net"},
						     {"{mail_mailer}", "smtp"},
						     {NULL, NULL}};
	put_macros(out, mail, MAIL, "{auth_type} {auth_authen} {mail_addr} {mail_host} {mail_mailer}", macros);
	milterproto_envelope(out, MILTER_MAIL, "<sender@example.net>", "");
}

static void put_rcpt(struct milter_buffer *out, const struct loadmail *mail)
{
	static const struct milter_macro macros[] = {{"{rcpt_addr}", "user@example.org"},
						     {"{rcpt_host}", "example.org"},
						     {"{rcpt_mailer}", "local"},
						     {NULL, NULL}};
	put_macros(out, mail, RCPT, "i {rcpt_addr} {rcpt_host} {rcpt_mailer}", macros);
	milterproto_envelope(out, MILTER_RCPT, "<user@example.org>", "");
}

static void put_queue_id(struct milter_buffer *out, const struct loadmail *mail, enum load_stage stage)
{
	char id[32];
	snprintf(id, sizeof(id), "4F%llX", (unsigned long long)mail->message);
	const struct milter_macro macros[] = {{"i", id}, {NULL, NULL}};
	put_macros(out, mail, stage, "i", macros);
}

/* The value of the Received header that comes next. */
static void trace(const struct loadmail *mail, const struct loadcontent *content, char *value, size_t value_bytes)
{
	char address[INET6_ADDRSTRLEN];
	unsigned n = mail->header;
	struct loadaddress hop = loadcheck_pick(&content->hops, mail->message * content->received + n);
	snprintf(value, value_bytes,
		 " from hop%u.example (hop%u.example [%s%s])\n\tby relay%u.example (Postfix) with ESMTP id %llX"
		 "\n\tfor <user@example.org>; Sat, 21 Nov 2026 12:00:00 +0000 (UTC)",
		 n, n, hop.v6 ? "IPv6:" : "", loadcheck_text(&hop, address), n, (unsigned long long)mail->message);
}

static void put_header(struct milter_buffer *out, const struct loadmail *mail, const struct loadcontent *content)
{
	static const struct {
		const char *name, *value;
	} fixed[] = {
		{"From", " Sender <sender@example.net>"},
		{"To", " user@example.org"},
		{"Subject", " a message of the load"},
		{"Date", " Sat, 21 Nov 2026 12:00:00 +0000"},
		{"MIME-Version", " 1.0"},
		{"Content-Type", " text/plain; charset=utf-8"},
	};
	const unsigned fixed_count = sizeof(fixed) / sizeof(fixed[0]), n = mail->header;
	char name[32] = "Received", value[300];
	if (n < content->received) {
		trace(mail, content, value, sizeof(value));
	} else if (n - content->received < fixed_count) {
		snprintf(name, sizeof(name), "%s", fixed[n - content->received].name);
		snprintf(value, sizeof(value), "%s", fixed[n - content->received].value);
	} else {
		snprintf(name, sizeof(name),
			 n - content->received == fixed_count ? "Message-ID" : "X-Load-%u", n);
		snprintf(value, sizeof(value), " <%llu.%u@example.net>", (unsigned long long)mail->message, n);
	}
	bool leading_blank = (mail->terms.steps & STEP_HDR_LEADSPC) != 0;
	put_queue_id(out, mail, HEADER);
	milterproto_strings(out, MILTER_HEADER, name, leading_blank ? value : value + 1);
}

void loadmail_put(struct milter_buffer *out, enum load_stage stage, const struct loadmail *mail,
		  const struct loadcontent *content)
{
	switch (stage) {
	case NEGOTIATE:
		milterproto_offer(out, MILTER_VERSION, MILTER_ACTIONS, MILTER_STEPS);
		break;
	case CONNECT:
		put_connect(out, mail);
		break;
	case HELO:
		put_helo(out, mail);
		break;
	case MAIL:
		put_mail(out, mail);
		break;
	case RCPT:
		put_rcpt(out, mail);
		break;
	case HEADER:
		put_header(out, mail, content);
		break;
	case BODY:
		put_queue_id(out, mail, BODY);
		milterproto_body(out, content->body, content->body_bytes);
		break;
	default:
		put_queue_id(out, mail, stage);
		milterproto_strings(out, commands[stage], NULL, NULL);
		break;
	}
}
