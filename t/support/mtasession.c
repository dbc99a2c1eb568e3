/* The MTA's side of a milter session, one blocking step at a time. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "t/support/mtasession.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 30000
#define REPLY_LINE_MAX 980 /* libmilter takes no longer ones */

/* clang-format off */
static const enum milter_command commands[MTA_STAGES] = {
	[MTA_CONNECT] = MILTER_CONNECT, [MTA_HELO] = MILTER_HELO, [MTA_MAIL] = MILTER_MAIL,     [MTA_RCPT] = MILTER_RCPT,
	[MTA_DATA] = MILTER_DATA,       [MTA_HEADER] = MILTER_HEADER, [MTA_EOH] = MILTER_EOH, [MTA_BODY] = MILTER_BODY,
	[MTA_EOM] = MILTER_EOM,         [MTA_UNKNOWN] = MILTER_UNKNOWN,
};
/* clang-format on */

/* What the MTAs send when the milter asks for nothing else; seen with Postfix 3.7.11 and Sendmail 8.17.1. */
/* clang-format off */
static const char *const default_macros[][MTA_STAGES] = {
	[MTA_POSTFIX] = {
		[MTA_CONNECT] = "j {daemon_name} {daemon_addr} v _",
		[MTA_HELO] = "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}",
		[MTA_MAIL] = "{auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}",
		[MTA_RCPT] = "i {rcpt_addr} {rcpt_host} {rcpt_mailer}",
		[MTA_DATA] = "i",
		[MTA_HEADER] = "i",
		[MTA_EOH] = "i",
		[MTA_BODY] = "i",
		[MTA_EOM] = "i",
		[MTA_UNKNOWN] = "",
	},
	[MTA_SENDMAIL] = {
		[MTA_CONNECT] = "j _ {daemon_name} {if_name} {if_addr}",
		[MTA_HELO] = "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}",
		[MTA_MAIL] = "i {auth_type} {auth_authen} {auth_ssf} {mail_mailer} {mail_host} {mail_addr}",
		[MTA_RCPT] = "{rcpt_mailer} {rcpt_host} {rcpt_addr}",
		[MTA_DATA] = "",
		[MTA_HEADER] = "",
		[MTA_EOH] = "",
		[MTA_BODY] = "",
		[MTA_EOM] = "{msg_id}",
		[MTA_UNKNOWN] = "",
	},
};
/* clang-format on */

static uint64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static void trouble(struct mtasession *session, const char *text)
{
	if (session->trouble[0] == '\0')
		snprintf(session->trouble, sizeof(session->trouble), "%s", text);
}

/* Macros */

static struct mta_macro *find_macro(struct mtasession *session, const char *name, size_t len)
{
	for (size_t i = 0; i < session->macro_count; i++)
		if (strlen(session->macros[i].name) == len && memcmp(session->macros[i].name, name, len) == 0)
			return &session->macros[i];
	return NULL;
}

static void drop_macro(struct mtasession *session, struct mta_macro *macro)
{
	free(macro->name);
	free(macro->value);
	*macro = session->macros[--session->macro_count];
}

static void set_macro(struct mtasession *session, const char *name, const char *value, bool own)
{
	char braced[128];
	if (strlen(name) > 1 && name[0] != '{') {
		snprintf(braced, sizeof(braced), "{%s}", name);
		name = braced;
	}
	struct mta_macro *macro = find_macro(session, name, strlen(name));
	if (macro != NULL && own && !macro->own)
		return;
	if (macro != NULL)
		drop_macro(session, macro);
	if (value == NULL || session->macro_count == MTASESSION_MACROS_MAX)
		return;
	session->macros[session->macro_count++] = (struct mta_macro){strdup(name), strdup(value), own};
}

void mtasession_macro(struct mtasession *session, const char *name, const char *value)
{
	set_macro(session, name, value, false);
}

static void drop_own_macros(struct mtasession *session)
{
	for (size_t i = session->macro_count; i-- > 0;)
		if (session->macros[i].own)
			drop_macro(session, &session->macros[i]);
}

/* The packet of macros before a command: the milter's list goes before the story's, that before the MTA's. */
static void put_macros(struct mtasession *session, enum mta_stage stage)
{
	struct milter_macro macros[MTASESSION_MACROS_MAX + 1];
	const char *own = session->own_list[stage];
	for (size_t i = 0; i < session->macro_count; i++)
		macros[i] = (struct milter_macro){session->macros[i].name, session->macros[i].value};
	macros[session->macro_count] = (struct milter_macro){NULL, NULL};
	milterproto_macros(&session->out, &session->terms, commands[stage],
			   own != NULL ? own : default_macros[session->style][stage], macros);
}

/* Sending and receiving */

static void lost(struct mtasession *session, struct mta_outcome *outcome, char reply)
{
	if (session->reason[0] == '\0')
		strcpy(session->reason,
		       reply == REPLY_TIMEOUT ? "no answer in time" : "the milter closed the connection");
	outcome->reply = reply;
	outcome->text[0] = '\0';
	session->settled = *outcome;
	mtasession_close(session);
}

static bool flush(struct mtasession *session)
{
	size_t done = 0;
	while (done < session->out.len) {
		ssize_t sent = send(session->fd, session->out.data + done, session->out.len - done, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			break;
		done += (size_t)sent;
	}
	bool whole = done == session->out.len;
	session->out.len = 0;
	return whole;
}

static void forget_packet(struct mtasession *session, size_t taken)
{
	if (taken == 0)
		return;
	memmove(session->in.data, session->in.data + taken, session->in.len - taken);
	session->in.len -= taken;
}

/* One packet into *packet, which points into session->in until the next call. Returns 0, REPLY_CLOSED, REPLY_TIMEOUT.
 */
static char receive(struct mtasession *session, struct milter_packet *packet, size_t *taken)
{
	uint64_t deadline = now_us() + (uint64_t)session->wait_ms * 1000u;
	forget_packet(session, *taken);
	for (;;) {
		uint8_t chunk[65536];
		ssize_t size = milterproto_next(session->in.data, session->in.len, packet);
		*taken = size > 0 ? (size_t)size : 0;
		if (size > 0)
			return 0;
		if (size < 0) {
			trouble(session, "it sent what is no packet");
			return REPLY_CLOSED;
		}
		uint64_t now = now_us();
		struct pollfd ready = {.fd = session->fd, .events = POLLIN};
		if (now >= deadline || poll(&ready, 1, (int)((deadline - now) / 1000u) + 1) == 0)
			return REPLY_TIMEOUT;
		ssize_t got = recv(session->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
			return REPLY_CLOSED;
		if (got > 0)
			milterproto_put(&session->in, chunk, (size_t)got);
	}
}

/* Header edits and their kin */

static void drop_edits(struct mtasession *session)
{
	for (size_t i = 0; i < session->edit_count; i++) {
		free(session->edits[i].name);
		free(session->edits[i].value);
	}
	session->edit_count = 0;
}

/* The action that a milter must have negotiated for an edit. */
static uint32_t action_of(char kind)
{
	static const struct {
		char kind;
		uint32_t action;
	} actions[] = {{REPLY_ADD_HEADER, 0x1},	 {REPLY_INSERT_HEADER, 0x1}, {REPLY_BODY, 0x2},
		       {REPLY_ADD_RCPT, 0x4},	 {REPLY_DEL_RCPT, 0x8},	     {REPLY_CHANGE_HEADER, 0x10},
		       {REPLY_QUARANTINE, 0x20}, {REPLY_CHANGE_FROM, 0x40},  {REPLY_ADD_RCPT_ARGS, 0x80}};
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (actions[i].kind == kind)
			return actions[i].action;
	return 0;
}

static void take_edit(struct mtasession *session, enum mta_stage stage, const struct milter_packet *packet)
{
	char kind = packet->command;
	size_t at = 0;
	struct mta_edit edit = {.kind = kind};
	const char *name = NULL, *value;
	if (stage != MTA_EOM)
		trouble(session, "it edits the message before its end");
	if ((session->terms.actions & action_of(kind)) == 0)
		trouble(session, "it edits what it had not negotiated");
	if ((kind == REPLY_INSERT_HEADER || kind == REPLY_CHANGE_HEADER) && packet->len >= 4) {
		edit.index = milterproto_u32(packet->data);
		at = 4;
	}
	if (kind == REPLY_INSERT_HEADER || kind == REPLY_CHANGE_HEADER || kind == REPLY_ADD_HEADER)
		name = milterproto_take_string(packet, &at);
	value = kind == REPLY_BODY ? "" : milterproto_take_string(packet, &at);
	if (value == NULL || session->edit_count == MTASESSION_EDITS_MAX) {
		trouble(session, "an edit is broken, or there are too many");
		return;
	}
	edit.name = strdup(name != NULL ? name : "");
	edit.value = kind == REPLY_BODY ? strndup(packet->data, packet->len) : strdup(value);
	session->edits[session->edit_count++] = edit;
}

/* Replies */

/* What an SMTP client gets of a reply text: %% becomes %; of a single % Postfix leaves nothing, Sendmail loses the
 * whole text. Line ends become \n. */
static void seen_by_client(struct mtasession *session, const char *from, struct mta_outcome *outcome)
{
	size_t used = 0;
	for (const char *p = from; *p != '\0' && used + 1 < sizeof(outcome->text); p++) {
		if (*p == '\r')
			continue;
		if (*p == '%' && p[1] == '%') {
			p++;
		} else if (*p == '%' && session->style == MTA_SENDMAIL) {
			trouble(session, "a single % in a reply: Sendmail loses the text");
			break;
		} else if (*p == '%') {
			trouble(session, "a single % in a reply: Postfix drops it");
			continue;
		}
		outcome->text[used++] = *p;
	}
	outcome->text[used] = '\0';
}

static void check_reply_line(struct mtasession *session, const char *line, size_t len)
{
	if (len < 4 || (line[0] != '4' && line[0] != '5') || !isdigit((unsigned char)line[1]) ||
	    !isdigit((unsigned char)line[2]) || (line[3] != ' ' && line[3] != '-'))
		trouble(session, "a reply line does not begin with 4xx or 5xx");
	else if (len > 6 && isdigit((unsigned char)line[4]) && line[5] == '.' && line[4] != line[0])
		trouble(session, "the enhanced code is of another class than the code");
	if (len > REPLY_LINE_MAX)
		trouble(session, "a reply line is too long");
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || (unsigned char)line[i] > '~')
			trouble(session, "a reply has octets outside printable ASCII");
}

static void take_reply_text(struct mtasession *session, const struct milter_packet *packet, struct mta_outcome *outcome)
{
	size_t at = 0;
	const char *text = milterproto_take_string(packet, &at);
	if (text == NULL) {
		trouble(session, "a reply text without an end");
		return;
	}
	for (const char *line = text; *line != '\0';) {
		const char *end = strstr(line, "\r\n");
		size_t len = end != NULL ? (size_t)(end - line) : strlen(line);
		check_reply_line(session, line, len);
		line += len + (end != NULL ? 2 : 0);
	}
	seen_by_client(session, text, outcome);
}

static void take_final(struct mtasession *session, const struct milter_packet *packet, struct mta_outcome *outcome)
{
	outcome->reply = packet->command;
	outcome->text[0] = '\0';
	if (packet->command == REPLY_CODE)
		take_reply_text(session, packet, outcome);
	else if (packet->command == REPLY_REJECT)
		strcpy(outcome->text, "550 5.7.1 Command rejected");
	else if (packet->command == REPLY_TEMPFAIL)
		strcpy(outcome->text, "451 4.7.1 Service unavailable - try again later");
	else if (packet->command == REPLY_SHUTDOWN)
		strcpy(outcome->text, "421 4.7.0 Closing connection");
}

/* Reads until the command is answered. */
static void await(struct mtasession *session, enum mta_stage stage)
{
	struct mta_outcome *outcome = &session->outcome[stage];
	struct milter_packet packet;
	size_t taken = 0;
	for (;;) {
		char failed = receive(session, &packet, &taken);
		outcome->elapsed_us = (uint32_t)(now_us() - session->sent_us);
		if (failed != 0) {
			lost(session, outcome, failed);
			return;
		}
		if (milterproto_final(packet.command))
			break;
		if (milterproto_edit(packet.command))
			take_edit(session, stage, &packet);
		else if (packet.command != REPLY_PROGRESS)
			trouble(session, "it sent a reply that does not exist");
		else if (session->style == MTA_SENDMAIL && stage != MTA_EOM)
			trouble(session, "progress before the end of the message: Sendmail gives up on it");
	}
	take_final(session, &packet, outcome);
	forget_packet(session, taken);
}

static bool is_refusal(const struct mta_outcome *outcome)
{
	return outcome->reply == REPLY_REJECT || outcome->reply == REPLY_TEMPFAIL || outcome->reply == REPLY_CODE;
}

/* What a reply means for what comes after it. */
static void settle(struct mtasession *session, enum mta_stage stage)
{
	const struct mta_outcome *outcome = &session->outcome[stage];
	char reply = outcome->reply;
	bool passes = reply == REPLY_CONTINUE || reply == REPLY_SKIP;
	if (reply == REPLY_SKIP && stage == MTA_BODY)
		session->skip_body = true;
	if (stage == MTA_RCPT && passes)
		session->accepted++;
	if (passes || stage == MTA_UNKNOWN)
		return;
	if (strncmp(outcome->text, "421", 3) == 0 || reply == REPLY_SHUTDOWN || reply == REPLY_CONN_FAIL)
		session->settled = *outcome;
	else if (stage == MTA_CONNECT || stage == MTA_HELO)
		session->settled = *outcome;
	else if (stage != MTA_RCPT || !is_refusal(outcome))
		session->message = *outcome;
}

void mtasession_collect(struct mtasession *session)
{
	if (session->pending < 0)
		return;
	enum mta_stage stage = (enum mta_stage)session->pending;
	session->pending = -1;
	await(session, stage);
	settle(session, stage);
	if (stage != MTA_EOM)
		return;
	session->in_message = false;
	if (session->style == MTA_POSTFIX && session->fd >= 0) /* it says ABORT after each message, unhurriedly */
		milterproto_strings(&session->out, MILTER_ABORT, NULL, NULL);
}

/* A command that the MTA keeps to itself, since what came before it has decided. */
static bool decided(struct mtasession *session, enum mta_stage stage)
{
	const struct mta_outcome *by = session->settled.reply != 0 ? &session->settled : &session->message;
	if (by->reply == 0)
		return false;
	session->outcome[stage] = *by;
	session->outcome[stage].elapsed_us = 0;
	return true;
}

/* Ready for a command of this stage? Collects what is open, connects, and puts the macros in front. */
static bool prepare(struct mtasession *session, enum mta_stage stage)
{
	mtasession_collect(session);
	session->last = stage;
	if (decided(session, stage))
		return false;
	if (session->fd < 0 && !mtasession_open(session)) {
		lost(session, &session->outcome[stage], REPLY_CLOSED);
		return false;
	}
	session->outcome[stage] = (struct mta_outcome){.reply = REPLY_CONTINUE};
	if (!milterproto_wanted(&session->terms, commands[stage])) {
		if (stage == MTA_RCPT)
			session->accepted++;
		return false;
	}
	put_macros(session, stage);
	return true;
}

/* Nothing may have come since the last answer. */
static void check_silence(struct mtasession *session)
{
	uint8_t octets[4096];
	ssize_t got = recv(session->fd, octets, sizeof(octets), MSG_DONTWAIT);
	if (got <= 0 && session->in.len == 0)
		return;
	trouble(session, "it sent a reply that nobody had asked for");
	session->in.len = 0;
}

/* The command stands in `out`: sends it and waits, unless no answer comes. Then Postfix keeps it for the next write. */
static void run(struct mtasession *session, enum mta_stage stage)
{
	bool answered = milterproto_answered(&session->terms, commands[stage]);
	check_silence(session);
	session->sent_us = now_us();
	if ((answered || session->style == MTA_SENDMAIL) && !flush(session)) {
		lost(session, &session->outcome[stage], REPLY_CLOSED);
		return;
	}
	if (!answered) {
		settle(session, stage);
		return;
	}
	session->pending = (int)stage;
	if (!session->later)
		mtasession_collect(session);
}

/* The session's life */

void mtasession_init(struct mtasession *session, const char *spec)
{
	*session = (struct mtasession){.spec = strdup(spec),
				       .offer_version = MILTER_VERSION,
				       .offer_actions = MILTER_ACTIONS,
				       .offer_steps = MILTER_STEPS,
				       .wait_ms = WAIT_MS,
				       .fd = -1,
				       .pending = -1};
}

static void new_message(struct mtasession *session)
{
	session->message.reply = 0;
	session->in_message = session->data_said = session->eoh_said = session->skip_body = false;
	session->recipients = session->accepted = 0;
	set_macro(session, "i", NULL, true);
}

void mtasession_close(struct mtasession *session)
{
	if (session->fd >= 0)
		close(session->fd);
	session->fd = -1;
	session->pending = -1;
	session->connected = false;
	session->in.len = session->out.len = 0;
	new_message(session);
}

void mtasession_clear(struct mtasession *session)
{
	mtasession_close(session);
	drop_edits(session);
	while (session->macro_count > 0)
		drop_macro(session, &session->macros[0]);
	free(session->in.data);
	free(session->out.data);
	for (size_t i = 0; i < MTA_STAGES; i++)
		free(session->own_list[i]);
	free(session->spec);
}

void mtasession_list(struct mtasession *session, enum mta_stage stage, const char *names)
{
	free(session->own_list[stage]);
	session->own_list[stage] = strdup(names);
}

bool mtasession_open(struct mtasession *session)
{
	struct milter_packet packet;
	size_t taken = 0;
	session->settled.reply = 0;
	session->reason[0] = '\0';
	session->fd = milterproto_dial(session->spec, false, session->reason, sizeof(session->reason));
	if (session->fd < 0)
		return false;
	milterproto_offer(&session->out, session->offer_version, session->offer_actions, session->offer_steps);
	const char *wrong =
		!flush(session) || receive(session, &packet, &taken) != 0
			? "no answer to the negotiation"
			: milterproto_agree(&packet, session->offer_actions, session->offer_steps, &session->terms);
	forget_packet(session, taken);
	if (wrong == NULL)
		return true;
	trouble(session, wrong);
	mtasession_close(session);
	return false;
}

static void connect_macros(struct mtasession *session, const char *host, char family, uint16_t port,
			   const char *address)
{
	char text[600];
	bool unnamed = host[0] == '[', postfix = session->style == MTA_POSTFIX;
	const char *name = unnamed && postfix ? "unknown" : host;
	drop_own_macros(session);
	set_macro(session, "j", "mx.test", true);
	set_macro(session, "daemon_name", postfix ? "mx.test" : "MTA", true);
	set_macro(session, "daemon_addr", family == '6' ? "::1" : "127.0.0.1", true);
	set_macro(session, "if_name", "localhost", true);
	set_macro(session, "v", postfix ? "Postfix 3.7.11" : "8.17.1", true);
	snprintf(text, sizeof(text), "%s [%s%s]", unnamed && !postfix ? "" : name,
		 family == '6' && !postfix ? "IPv6:" : "", address);
	set_macro(session, "_", text + (text[0] == ' '), true);
	snprintf(text, sizeof(text), "%s%s", family == '6' ? "IPv6:" : "", address);
	set_macro(session, "client_addr", text, true);
	set_macro(session, "client_name", name, true);
	set_macro(session, "client_ptr", name, true);
	snprintf(text, sizeof(text), "%u", port);
	set_macro(session, "client_port", text, true);
	if (family != 'U')
		return;
	set_macro(session, "_", "root@localhost", true); /* as sendmail -bs has it */
	set_macro(session, "client_addr", "0", true);
	set_macro(session, "daemon_name", NULL, true);
}

void mtasession_connect(struct mtasession *session, const char *host, char family, uint16_t port, const char *address)
{
	if (session->connected || session->settled.reply != 0)
		mtasession_quit(session, false);
	session->settled.reply = 0;
	session->connected = true;
	connect_macros(session, host, family, port, address);
	if (!prepare(session, MTA_CONNECT))
		return;
	milterproto_connect(&session->out, host, family, port, address);
	run(session, MTA_CONNECT);
}

void mtasession_helo(struct mtasession *session, const char *name)
{
	if (session->in_message)
		mtasession_abort(session); /* HELO ends a transaction */
	if (!prepare(session, MTA_HELO))
		return;
	milterproto_strings(&session->out, MILTER_HELO, name, NULL);
	run(session, MTA_HELO);
}

/* {mail_addr} and so on: the address without its brackets. */
static void address_macros(struct mtasession *session, const char *kind, const char *address)
{
	char name[32], bare[512];
	size_t open = address[0] == '<';
	snprintf(bare, sizeof(bare), "%.*s", (int)(strlen(address) - 2 * open), address + open);
	const char *at = strrchr(bare, '@');
	snprintf(name, sizeof(name), "{%s_addr}", kind);
	set_macro(session, name, bare, true);
	snprintf(name, sizeof(name), "{%s_host}", kind);
	set_macro(session, name, at != NULL ? at + 1 : "", true);
	snprintf(name, sizeof(name), "{%s_mailer}", kind);
	set_macro(session, name, session->style == MTA_POSTFIX ? "smtp" : "esmtp", true);
}

/* Sendmail has a queue id from MAIL on, Postfix from the first accepted recipient on. */
static void queue_id(struct mtasession *session)
{
	char id[32];
	if (find_macro(session, "i", 1) != NULL)
		return;
	snprintf(id, sizeof(id), "4F2A%X", ++session->queue_ids);
	set_macro(session, "i", id, true);
}

void mtasession_mail(struct mtasession *session, const char *address, const char *args)
{
	mtasession_collect(session);
	if (session->in_message)
		mtasession_abort(session);
	drop_edits(session);
	new_message(session);
	for (int i = MTA_RCPT; i < MTA_UNKNOWN; i++)
		session->outcome[i].reply = 0;
	address_macros(session, "mail", address);
	if (session->style == MTA_SENDMAIL)
		queue_id(session);
	session->in_message = true;
	if (!prepare(session, MTA_MAIL))
		return;
	milterproto_envelope(&session->out, MILTER_MAIL, address, args);
	run(session, MTA_MAIL);
}

void mtasession_rcpt(struct mtasession *session, const char *address, const char *args)
{
	mtasession_collect(session);
	session->recipients++;
	address_macros(session, "rcpt", address);
	if (session->accepted > 0)
		queue_id(session);
	if (!prepare(session, MTA_RCPT))
		return;
	milterproto_envelope(&session->out, MILTER_RCPT, address, args);
	run(session, MTA_RCPT);
}

void mtasession_data(struct mtasession *session)
{
	mtasession_collect(session);
	if (session->data_said)
		return;
	session->data_said = true;
	if (session->recipients > 0 && session->accepted == 0 && session->message.reply == 0)
		session->message = (struct mta_outcome){.reply = MTA_NOTHING};
	queue_id(session);
	if (!prepare(session, MTA_DATA))
		return;
	milterproto_strings(&session->out, MILTER_DATA, NULL, NULL);
	run(session, MTA_DATA);
}

void mtasession_header(struct mtasession *session, const char *name, const char *value)
{
	mtasession_data(session);
	if (!prepare(session, MTA_HEADER))
		return;
	if ((session->terms.steps & STEP_HDR_LEADSPC) == 0 && (value[0] == ' ' || value[0] == '\t'))
		value++;
	milterproto_strings(&session->out, MILTER_HEADER, name, value);
	run(session, MTA_HEADER);
}

static void end_of_headers(struct mtasession *session)
{
	mtasession_data(session);
	if (session->eoh_said)
		return;
	session->eoh_said = true;
	if (!prepare(session, MTA_EOH))
		return;
	milterproto_strings(&session->out, MILTER_EOH, NULL, NULL);
	run(session, MTA_EOH);
}

void mtasession_body(struct mtasession *session, const char *data, size_t len)
{
	end_of_headers(session);
	for (size_t done = 0; done < len && !session->skip_body;) {
		size_t chunk = len - done < MILTER_BODY_MAX ? len - done : MILTER_BODY_MAX;
		if (prepare(session, MTA_BODY)) {
			milterproto_body(&session->out, data + done, chunk);
			run(session, MTA_BODY);
		}
		done += chunk;
	}
}

void mtasession_eom(struct mtasession *session)
{
	end_of_headers(session);
	if (!prepare(session, MTA_EOM))
		return; /* the transaction goes on for the milter, until ABORT */
	milterproto_strings(&session->out, MILTER_EOM, NULL, NULL);
	run(session, MTA_EOM);
}

void mtasession_unknown(struct mtasession *session, const char *line)
{
	if (!prepare(session, MTA_UNKNOWN))
		return;
	milterproto_strings(&session->out, MILTER_UNKNOWN, line, NULL);
	run(session, MTA_UNKNOWN);
}

static void tell(struct mtasession *session, enum milter_command command)
{
	if (session->fd < 0)
		return;
	milterproto_strings(&session->out, command, NULL, NULL);
	if (!flush(session))
		mtasession_close(session);
}

void mtasession_abort(struct mtasession *session)
{
	mtasession_collect(session);
	tell(session, MILTER_ABORT);
	new_message(session);
}

void mtasession_quit(struct mtasession *session, bool keep_socket)
{
	mtasession_collect(session);
	if (session->in_message)
		tell(session, MILTER_ABORT);
	tell(session, keep_socket ? MILTER_QUIT_NC : MILTER_QUIT);
	session->settled.reply = 0;
	if (!keep_socket) {
		mtasession_close(session);
		return;
	}
	session->connected = false;
	new_message(session);
}

void mtasession_raw(struct mtasession *session, const void *data, size_t len)
{
	mtasession_collect(session);
	if (session->fd < 0 && !mtasession_open(session))
		return;
	milterproto_put(&session->out, data, len);
	flush(session);
}
