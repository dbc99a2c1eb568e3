/* ask: a command that is one request to the daemon.
 * The daemon checks what the words mean; here it is only seen that they are there. */
#include "cli/ask.h"

#include <getopt.h>
#include <stdio.h>

#include "cli/ctlclient.h"

/* --- the request -------------------------------------------------------------------------------------------------- */

static size_t make_options(const struct ask_form *form, struct option out[ASK_OPTIONS_MAX + 1])
{
	size_t n = 0;

	for (; n < ASK_OPTIONS_MAX && form->option[n].name != NULL; n++)
		out[n] = (struct option){ .name = form->option[n].name,
					  .has_arg = form->option[n].is_switch ? no_argument : required_argument };
	out[n] = (struct option){ NULL, 0, NULL, 0 };
	return n;
}

/* False: it is no text (UTF-8). */
static bool set_text(json_t *args, const char *key, const char *text)
{
	return json_object_set_new(args, key, json_string(text)) == 0;
}

static bool read_words(json_t *args, int argc, char **argv, const struct ask_form *form)
{
	struct option options[ASK_OPTIONS_MAX + 1];
	int option, at;
	bool ok = true;

	make_options(form, options);
	while ((option = getopt_long(argc, argv, "", options, &at)) == 0) {
		if (form->option[at].is_switch)
			json_object_set_new(args, form->option[at].name, json_true());
		else
			ok &= set_text(args, form->option[at].name, optarg);
	}
	if (option != -1 || !ok)
		return false;
	if (optind < argc && form->argument != NULL && !set_text(args, form->argument, argv[optind++]))
		return false;
	return optind == argc &&
	       (form->argument == NULL || form->optional || json_object_get(args, form->argument) != NULL);
}

json_t *ask_read(const char *command, int argc, char **argv, const struct ask_form *form)
{
	json_t *args = json_pack("{s:s}", "command", command);

	if (read_words(args, argc, argv, form))
		return args;
	json_decref(args);
	cli_usage(command);
	return NULL;
}

/* --- the answer --------------------------------------------------------------------------------------------------- */

/* What is said beside an answer goes to standard error: the output stays the answer. */
static int finish(const struct ctl_end *end)
{
	const char *note = json_string_value(json_object_get(end->result, "note"));

	if (note != NULL)
		cli_fail(CLI_OK, "%s", note);
	json_decref(end->result);
	return end->error.text[0] != '\0' ? cli_fail(end->status, "%s", end->error.text) : end->status;
}

int ask_show(struct cli *cli, json_t *args, void (*print)(const json_t *result))
{
	struct ctl_request request = { .args = args };
	struct ctl_end end;

	if (args == NULL)
		return CLI_USAGE;
	ctlclient_ask(cli, &request, &end);
	if (end.result != NULL) {
		if (cli->json)
			output_json(end.result);
		else
			print(end.result);
	}
	return finish(&end);
}

struct printing {
	struct cli *cli;
	const struct ask_table *table;
	struct output_table *out;    /* NULL: there was no item yet */
};

static bool print_item(void *ctx, const json_t *item)
{
	struct printing *printing = ctx;
	enum output_colour colour;
	struct ask_row row = { .cell = { NULL } };

	if (printing->out == NULL)
		printing->out = output_table_begin(printing->cli, printing->table->columns);
	if (printing->out == NULL)
		return false;
	colour = printing->table->row(item, &row);
	output_table_row(printing->out, item, row.cell, colour);
	return ferror(stdout) == 0;
}

int ask_table(struct cli *cli, json_t *args, const struct ask_table *table)
{
	struct printing printing = { cli, table, NULL };
	struct ctl_request request = { .args = args, .item = print_item, .ctx = &printing };
	struct ctl_end end;

	if (args == NULL)
		return CLI_USAGE;
	ctlclient_ask(cli, &request, &end);
	/* What was begun is ended, so that scripts get whole JSON; where nobody answered there is nothing to end. */
	if (printing.out == NULL && end.status <= CLI_NO && end.error.text[0] == '\0')
		printing.out = output_table_begin(cli, table->columns);
	output_table_end(&printing.out, table->empty);
	return finish(&end);
}

void ask_number(struct ask_row *row, size_t column, const json_t *item, const char *key)
{
	const json_t *value = json_object_get(item, key);

	if (!json_is_number(value))
		return;
	snprintf(row->buf[column], ASK_CELL_BYTES, json_is_real(value) ? "%.1f" : "%.0f", json_number_value(value));
	row->cell[column] = row->buf[column];
}

void ask_print_added(const json_t *added)
{
	char span[ASK_CELL_BYTES];

	output_field(output_text_of(added, "subject"), "added, expires in: %s",
		     output_span(json_object_get(added, "expires_in"), span, sizeof span));
}
