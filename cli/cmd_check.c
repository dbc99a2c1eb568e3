/* cmd_check: is an address or a domain listed? */
#include "cli/cli.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/alone.h"
#include "cli/output.h"
#include "common/text.h"

enum { AT_ONCE = 40,                 /* subjects of a request: the daemon takes 100, and 16 KiB */
       LINE_BYTES = 400 };

struct check {
	struct cli *cli;
	struct output_table *table;
	json_t *summary;
	struct errmsg error;         /* the last one */
};

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static int number_of(const json_t *object, const char *key)
{
	return (int)json_integer_value(json_object_get(object, key));
}

static enum output_colour colour_of(const char *status)
{
	if (strcmp(status, "listed") == 0)
		return OUTPUT_BAD;
	if (strcmp(status, "error") == 0 || strcmp(status, "timeout") == 0)
		return OUTPUT_WARN;
	return OUTPUT_PLAIN;
}

/* "127.0.0.2 127.0.0.4" */
static const char *join(const json_t *answers, char *buf, size_t bytes)
{
	const json_t *answer;
	size_t i;

	buf[0] = '\0';
	json_array_foreach(answers, i, answer) {
		size_t n = strlen(buf);

		snprintf(buf + n, bytes - n, "%s%s", i > 0 ? " " : "", json_string_value(answer));
	}
	return buf[0] != '\0' ? buf : NULL;
}

static bool print_item(void *ctx, const json_t *item)
{
	const struct check *check = ctx;
	const json_t *ttl = json_object_get(item, "ttl"), *ms = json_object_get(item, "ms");
	char answers[300], ttl_text[24], points[24], ms_text[24];
	const char *status = text_of(item, "status");
	const char *cells[] = { text_of(item, "subject"), text_of(item, "list"), status,
				join(json_object_get(item, "answers"), answers, sizeof answers), NULL, NULL, NULL,
				text_of(item, "message") };

	if (status == NULL)
		return true;
	if (json_is_integer(ttl)) {
		snprintf(ttl_text, sizeof ttl_text, "%lld", (long long)json_integer_value(ttl));
		cells[4] = ttl_text;
	}
	if (number_of(item, "points") != 0) {
		snprintf(points, sizeof points, "%d", number_of(item, "points"));
		cells[5] = points;
	}
	if (json_is_number(ms)) {
		snprintf(ms_text, sizeof ms_text, "%.1f", json_number_value(ms));
		cells[6] = ms_text;
	}
	output_table_row(check->table, item, cells, colour_of(status));
	return !ferror(stdout);
}

static void print_verdict(const json_t *one)
{
	const char *verdict = text_of(one, "verdict"), *rule = text_of(one, "rule"), *exempt = text_of(one, "exempt");
	const char *blocked = text_of(one, "blocked"), *allowed = text_of(one, "allowed_by");
	char line[LINE_BYTES];
	struct text text = text_over(line, sizeof line);

	text_add(&text, "points %d, matches %d: %s", number_of(one, "points"), number_of(one, "matches"),
		 verdict != NULL ? verdict : "pass");
	if (rule != NULL)
		text_add(&text, " by %s", rule);
	if (allowed != NULL)
		text_add(&text, ", exempt by list %s", allowed);
	if (exempt != NULL)
		text_add(&text, ", exempt (%s)", exempt);
	if (blocked != NULL)
		text_add(&text, ", blocked (%s): refused without being asked about", blocked);
	if (number_of(one, "unanswered") > 0)
		text_add(&text, ", lists without an answer: %d", number_of(one, "unanswered"));
	output_foreign(line);
}

static void print_summary(struct cli *cli, const json_t *summary)
{
	const json_t *one;
	size_t i;

	json_array_foreach(summary, i, one) {
		enum output_colour colour = number_of(one, "listed") > 0 ? OUTPUT_BAD : OUTPUT_GOOD;

		fputs(output_on(cli, colour), stdout);
		output_foreign(output_text_of(one, "subject"));
		printf("%s: ", output_off(cli, colour));
		print_verdict(one);
		putchar('\n');
	}
}

/* JSON has no place for other bytes. False: it was complained about. */
static bool are_texts(char **subjects, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_t *text = json_string(subjects[i]);

		if (text == NULL) {
			cli_fail(CLI_USAGE, "\"%s\" is neither an address nor a domain", subjects[i]);
			return false;
		}
		json_decref(text);
	}
	return true;
}

static json_t *request_for(char **subjects, size_t n, bool cached)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(subjects[i]));
	return json_pack("{s:s, s:o, s:b}", "command", "check", "subjects", list, "cached", cached);
}

/* The gravest status of all; what is more than a listing ends it. */
static int check_all(struct check *check, char **subjects, size_t n, bool cached, bool alone)
{
	int status = CLI_OK;

	for (size_t from = 0; from < n; from += AT_ONCE) {
		size_t some = n - from < AT_ONCE ? n - from : AT_ONCE;
		struct ctl_request request = { .args = request_for(subjects + from, some, cached), .item = print_item, .ctx = check };
		struct ctl_end end;

		alone_ask(check->cli, alone, &request, &end);
		json_array_extend(check->summary, end.result);
		json_decref(end.result);
		if (end.status > status)
			status = end.status;
		if (end.error.text[0] != '\0')
			check->error = end.error;
		if (end.status > CLI_NO)
			break;
	}
	return status;
}

int cmd_check(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "cached", no_argument, NULL, 'k' }, { "alone", no_argument, NULL, 'a' },
						 { NULL, 0, NULL, 0 } };
	static const char *const columns[] = { "SUBJECT", "LIST", "STATUS", "ANSWERS", ">TTL", ">POINTS", ">MS", "MESSAGE", NULL };
	struct check check = { .cli = cli };
	bool cached = false, alone = false;
	int option, status;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return cli_usage("check");
		cached |= option == 'k';
		alone |= option == 'a';
	}
	if (optind == argc)
		return cli_usage("check");
	if (!are_texts(argv + optind, (size_t)(argc - optind)))
		return CLI_USAGE;
	check.table = output_table_begin(cli, columns);
	check.summary = json_array();
	if (check.table == NULL || check.summary == NULL)
		return cli_fail(CLI_NO, "out of memory");
	status = check_all(&check, argv + optind, (size_t)(argc - optind), cached, alone);
	output_table_end(&check.table, NULL);
	if (!cli->json)
		print_summary(cli, check.summary);
	json_decref(check.summary);
	return check.error.text[0] != '\0' ? cli_fail(status, "%s", check.error.text) : status;
}
