/* cmd_config: what is wrong with the configuration, and what holds. No daemon is asked. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "config/config.h"
#include "config/show.h"

/* --- check -------------------------------------------------------------------------------------------------------- */

static json_t *fault_json(const struct fault *fault)
{
	return json_pack("{s:s, s:s, s:o, s:s, s:s}", "level", fault->level == FAULT_ERROR ? "error" : "warning", "file", fault->file,
			 "line", fault->line > 0 ? json_integer(fault->line) : json_null(), "path", fault->path, "text", fault->text);
}

static void print_faults_json(const struct faults *faults)
{
	json_t *out = json_array();

	for (size_t i = 0; i < faults->n; i++)
		json_array_append_new(out, fault_json(&faults->item[i]));
	output_json(out);
	json_decref(out);
}

static void print_fault(const struct cli *cli, const struct fault *fault)
{
	enum output_colour colour = fault->level == FAULT_ERROR ? OUTPUT_BAD : OUTPUT_WARN;
	char line[FAULT_LINE_BYTES];
	struct text text = text_over(line, sizeof line);

	fault_format(fault, &text);
	printf("%s%s%s\n", output_on(cli, colour), line, output_off(cli, colour));
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void print_faults(const struct cli *cli, const struct faults *faults)
{
	for (size_t i = 0; i < faults->n; i++)
		print_fault(cli, &faults->item[i]);
	if (faults->n_left_out > 0)
		printf("and %zu more\n", faults->n_left_out);
	printf("%zu error%s, %zu warning%s\n", faults->n_errors, plural(faults->n_errors), faults->n_warnings,
	       plural(faults->n_warnings));
}

int cmd_config_check(struct cli *cli, int argc, char **argv)
{
	struct faults faults;
	struct ruleset *rules;
	int status;

	if (!cli_arguments("config check", argc, argv, 0, 0))
		return CLI_USAGE;
	faults_init(&faults);
	rules = config_load(cli->config, &faults);
	status = rules != NULL ? CLI_OK : CLI_FAULTY;
	if (cli->json)
		print_faults_json(&faults);
	else
		print_faults(cli, &faults);
	ruleset_unref(&rules);
	faults_clear(&faults);
	return status;
}

/* --- show --------------------------------------------------------------------------------------------------------- */

int cmd_config_show(struct cli *cli, int argc, char **argv)
{
	struct faults faults;
	json_t *shown;

	if (!cli_arguments("config show", argc, argv, 0, 0))
		return CLI_USAGE;
	faults_init(&faults);
	shown = config_show(cli->config, &faults);
	if (shown != NULL && cli->json)
		output_json(shown);
	else if (shown != NULL)
		output_json_lines(shown);
	else
		faults_print(&faults, stderr);
	faults_clear(&faults);
	if (shown == NULL)
		return CLI_FAULTY;
	json_decref(shown);
	return CLI_OK;
}
