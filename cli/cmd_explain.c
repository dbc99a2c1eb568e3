/* cmd_explain: the verdict on a message, and why. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/alone.h"
#include "cli/output.h"
#include "common/message.h"

enum { PAYLOAD_BYTES = 1 << 20 };    /* of a header block: what the daemon takes */

/* --- the message -------------------------------------------------------------------------------------------------- */

struct input {
	char *bytes;
	size_t n;
	bool cut;                    /* the header block was longer */
};

/* To its end, so that whoever writes into the pipe can finish. False: errno says why. */
static bool read_all(int fd, struct input *input)
{
	char rest[16 << 10];

	for (;;) {
		size_t room = PAYLOAD_BYTES - input->n;
		ssize_t got = room > 0 ? read(fd, input->bytes + input->n, room) : read(fd, rest, sizeof rest);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0;
		input->cut |= room == 0;
		input->n += room > 0 ? (size_t)got : 0;
	}
}

/* Only headers are asked about. */
static void keep_headers(struct input *input)
{
	bool whole;
	size_t n = message_block_bytes(input->bytes, input->n, &whole);

	if (!whole && !input->cut)
		return;                        /* a message without a body */
	input->n = n;
	input->cut &= !whole;
}

/* `path`: NULL or "-" for standard input. False: it was complained about. */
static bool read_message(const char *path, struct input *input)
{
	bool standard = path == NULL || strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	bool good;

	input->bytes = malloc(PAYLOAD_BYTES);
	good = fd >= 0 && input->bytes != NULL && read_all(fd, input);
	if (!good)
		cli_fail(CLI_NO, "%s: %s", standard ? "standard input" : path, strerror(errno));
	if (fd >= 0 && !standard)
		close(fd);
	if (good)
		keep_headers(input);
	return good;
}

/* --- what is printed ---------------------------------------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static const char *or(const char *text, const char *otherwise)
{
	return text != NULL ? text : otherwise;
}

static int number_of(const json_t *object, const char *key)
{
	return (int)json_integer_value(json_object_get(object, key));
}

static void print_client(const json_t *client)
{
	const char *address = text_of(client, "address"), *relay = text_of(client, "relay");
	const char *sender = text_of(client, "sender");

	output_field("client", "%s[%s]", or(text_of(client, "name"), json_is_true(json_object_get(client, "local")) ? "local" : "unknown"),
		     or(address, ""));
	if (relay != NULL)
		output_field("gateway", "%s", relay);
	if (text_of(client, "helo") != NULL)
		output_field("helo", "%s", text_of(client, "helo"));
	if (text_of(client, "login") != NULL)
		output_field("login", "%s", text_of(client, "login"));
	output_field("sender", "<%s>", or(sender, ""));
}

/* "550 5.7.1 text"; NULL: accepted. */
static const char *reply_text(const json_t *reply, char *buf, size_t bytes)
{
	if (!json_is_object(reply))
		return NULL;
	snprintf(buf, bytes, "%s %s %s", or(text_of(reply, "code"), ""), or(text_of(reply, "enhanced"), ""),
		 or(text_of(reply, "text"), ""));
	return buf;
}

static void print_recipients(const json_t *recipients)
{
	const json_t *recipient;
	char buf[1024];
	size_t i;

	json_array_foreach(recipients, i, recipient) {
		const char *reply = reply_text(json_object_get(recipient, "reply"), buf, sizeof buf);

		output_field(i == 0 ? "recipient" : "", "<%s>%s%s", or(text_of(recipient, "address"), ""), reply != NULL ? ": " : "",
			     or(reply, ""));
	}
}

static void print_received(struct cli *cli, const json_t *received, int left_out)
{
	const json_t *hop;
	size_t i;

	json_array_foreach(received, i, hop) {
		bool taken = json_is_true(json_object_get(hop, "taken"));
		enum output_colour colour = taken ? OUTPUT_STRONG : OUTPUT_PLAIN;
		char label[32];

		snprintf(label, sizeof label, "received %zu", i + 1);
		fputs(output_on(cli, colour), stdout);
		output_field(label, "%s %s", or(text_of(hop, "address"), "without an address:"), or(text_of(hop, "reason"), ""));
		fputs(output_off(cli, colour), stdout);
	}
	if (left_out > 0)
		output_field("", "and %d more", left_out);
}

static void print_lookups(const json_t *lookups)
{
	const json_t *lookup;
	size_t i;

	json_array_foreach(lookups, i, lookup) {
		const json_t *ms = json_object_get(lookup, "ms"), *answers = json_object_get(lookup, "answers"), *answer;
		char text[300] = "", took[40] = "";
		size_t a;

		json_array_foreach(answers, a, answer) {
			size_t n = strlen(text);

			snprintf(text + n, sizeof text - n, " %s", json_string_value(answer));
		}
		if (json_is_true(json_object_get(lookup, "cached")))
			snprintf(took, sizeof took, ", from the cache");
		else if (json_is_number(ms))
			snprintf(took, sizeof took, ", %.1f ms", json_number_value(ms));
		output_field(i == 0 ? "lookups" : "", "%s: %s %s: %s%s%s", or(text_of(lookup, "list"), ""),
			     or(text_of(lookup, "kind"), ""), or(text_of(lookup, "subject"), ""), or(text_of(lookup, "status"), ""),
			     text, took);
	}
}

static const char *weight_remark(const char *weight)
{
	if (weight == NULL || strcmp(weight, "counts") == 0)
		return "";
	if (strcmp(weight, "doubted") == 0)
		return " (only flags: the list is in doubt)";
	return strcmp(weight, "shadow") == 0 ? " (does not count: the list is on trial)" :
					       " (does not count: the list is suspended or switched off)";
}

static void print_hits(struct cli *cli, const json_t *hits)
{
	const json_t *hit;
	size_t i;

	json_array_foreach(hits, i, hit) {
		fputs(output_on(cli, OUTPUT_BAD), stdout);
		output_field(i == 0 ? "hits" : "", "%s: %s %s: %s, %d points%s", or(text_of(hit, "list"), ""), or(text_of(hit, "kind"), ""),
			     or(text_of(hit, "subject"), "by hand"), or(text_of(hit, "answer"), ""), number_of(hit, "points"),
			     weight_remark(text_of(hit, "weight")));
		fputs(output_off(cli, OUTPUT_BAD), stdout);
	}
}

static void print_complaints(const json_t *complaints)
{
	const json_t *complaint;
	size_t i;

	json_array_foreach(complaints, i, complaint)
		output_field(i == 0 ? "complaints" : "", "%s%s%s: %s", or(text_of(complaint, "list"), ""),
			     text_of(complaint, "answer") != NULL ? ": " : "", or(text_of(complaint, "answer"), ""),
			     or(text_of(complaint, "text"), ""));
}

static void print_headers(const json_t *headers)
{
	const json_t *header;
	size_t i;

	json_array_foreach(headers, i, header) {
		const char *value = text_of(header, "value");

		output_field(i == 0 ? "headers" : "", "%s %s%s%s", or(text_of(header, "do"), ""), or(text_of(header, "name"), ""),
			     value != NULL ? ": " : "", or(value, ""));
	}
}

static const char *stage_remark(const char *stage)
{
	if (strcmp(stage, "connect") == 0)
		return "when the client connects";
	return strcmp(stage, "rcpt") == 0 ? "to RCPT" : "at the end of the message";
}

static void print_verdict(struct cli *cli, const json_t *all)
{
	const char *verdict = or(text_of(all, "verdict"), "pass"), *rule = text_of(all, "rule");
	enum output_colour colour = strcmp(verdict, "pass") == 0 ? OUTPUT_GOOD : OUTPUT_BAD;
	char buf[1024];
	const char *reply = reply_text(json_object_get(all, "reply"), buf, sizeof buf);

	if (text_of(all, "exempt") != NULL)
		output_field("exempt", "%s", text_of(all, "exempt"));
	if (text_of(all, "allowed_by") != NULL)
		output_field("exempt", "by list %s", text_of(all, "allowed_by"));
	if (text_of(all, "blocked") != NULL)
		output_field("blocked", "%s", text_of(all, "blocked"));
	output_field("score", "points %d, matches %d", number_of(all, "points"), number_of(all, "matches"));
	fputs(output_on(cli, colour), stdout);
	output_field("verdict", "%s%s%s", verdict, rule != NULL ? " by " : "", or(rule, ""));
	fputs(output_off(cli, colour), stdout);
	if (reply != NULL)
		output_field("reply", "%s, %s", reply, stage_remark(or(text_of(all, "stage"), "")));
	if (text_of(all, "quarantine") != NULL)
		output_field("quarantine", "%s", text_of(all, "quarantine"));
	if (text_of(all, "reroute") != NULL)
		output_field("reroute", "to <%s>", text_of(all, "reroute"));
}

static void print(struct cli *cli, const json_t *all)
{
	const json_t *notice;
	size_t i;

	json_array_foreach(json_object_get(all, "notices"), i, notice)
		output_field(i == 0 ? "note" : "", "%s", json_string_value(notice));
	print_client(json_object_get(all, "client"));
	print_recipients(json_object_get(all, "recipients"));
	print_received(cli, json_object_get(all, "received"), number_of(all, "received_left_out"));
	print_lookups(json_object_get(all, "lookups"));
	print_hits(cli, json_object_get(all, "hits"));
	print_complaints(json_object_get(all, "complaints"));
	print_verdict(cli, all);
	print_headers(json_object_get(all, "headers"));
}

/* --- the command -------------------------------------------------------------------------------------------------- */

enum { OPTION_CLIENT = 256, OPTION_NAME, OPTION_HELO, OPTION_SENDER, OPTION_RECIPIENT, OPTION_LOGIN, OPTION_POP, OPTION_SKIP,
       OPTION_ALONE };

static const struct option options[] = {
	{ "client", required_argument, NULL, OPTION_CLIENT },       { "name", required_argument, NULL, OPTION_NAME },
	{ "helo", required_argument, NULL, OPTION_HELO },           { "sender", required_argument, NULL, OPTION_SENDER },
	{ "recipient", required_argument, NULL, OPTION_RECIPIENT }, { "login", required_argument, NULL, OPTION_LOGIN },
	{ "pop", no_argument, NULL, OPTION_POP },                   { "skip", required_argument, NULL, OPTION_SKIP },
	{ "alone", no_argument, NULL, OPTION_ALONE },               { NULL, 0, NULL, 0 },
};

/* The option that has this value, as the key of the request. */
static const char *key_of(int value)
{
	for (const struct option *option = options; option->name != NULL; option++)
		if (option->val == value)
			return option->name;
	return "";
}

/* False: it makes no sense. */
static bool take_option(json_t *args, int option, bool *alone)
{
	char *end;
	long n;

	switch (option) {
	case OPTION_RECIPIENT:
		return json_array_append_new(json_object_get(args, "recipients"), json_string(optarg)) == 0;
	case OPTION_POP:
		return json_object_set_new(args, "pop", json_true()) == 0;
	case OPTION_ALONE:
		*alone = true;
		return true;
	case OPTION_SKIP:
		n = strtol(optarg, &end, 10);
		return end != optarg && *end == '\0' && json_object_set_new(args, "skip", json_integer(n)) == 0;
	case '?':
		return false;
	default:
		return json_object_set_new(args, key_of(option), json_string(optarg)) == 0;
	}
}

static int explain(struct cli *cli, json_t *args, const char *path, bool alone)
{
	struct ctl_request request = { .args = args };
	struct input input = { .n = 0 };
	struct ctl_end end;

	if (!read_message(path, &input)) {
		json_decref(args);
		free(input.bytes);
		return CLI_NO;
	}
	if (input.cut)
		json_object_set_new(args, "cut", json_true());
	request.payload = input.bytes;
	request.payload_bytes = input.n;
	alone_ask(cli, alone, &request, &end);
	free(input.bytes);
	if (end.result != NULL && cli->json)
		output_json(end.result);
	else if (end.result != NULL)
		print(cli, end.result);
	json_decref(end.result);
	return end.error.text[0] != '\0' ? cli_fail(end.status, "%s", end.error.text) : end.status;
}

int cmd_explain(struct cli *cli, int argc, char **argv)
{
	json_t *args = json_pack("{s:s, s:[]}", "command", "explain", "recipients");
	bool alone = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (!take_option(args, option, &alone)) {
			json_decref(args);
			return cli_usage("explain");
		}
	}
	if (argc - optind > 1) {
		json_decref(args);
		return cli_usage("explain");
	}
	return explain(cli, args, argv[optind], alone);
}
