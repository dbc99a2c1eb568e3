/* cmd_lists: each list's health and numbers; one switched off and on again. */
#include "cli/ask.h"

#include <stdio.h>
#include <string.h>

static enum output_colour colour_of(const char *health)
{
	if (strcmp(health, "ok") == 0)
		return OUTPUT_PLAIN;
	return strcmp(health, "suspended") == 0 ? OUTPUT_BAD : OUTPUT_WARN;
}

static const char *const columns[] = { "LIST", "HEALTH", "SINCE", ">QUERIES", ">CACHED", ">HITS", ">SOLE", ">DECIDING", ">UNKNOWN",
				       ">REFUSED", ">ERRORS", ">TIMEOUTS", ">P50 MS", ">P99 MS", NULL };

static enum output_colour row(const json_t *item, struct ask_row *row)
{
	static const char *const numbers[] = { "queries", "cache_hits", "hits", "sole_hits", "deciding_hits", "unknown", "refused",
					       "errors", "timeouts", "p50_ms", "p99_ms" };

	row->cell[0] = output_text_of(item, "name");
	row->cell[1] = output_text_of(item, "health");
	row->cell[2] = output_text_of(item, "since");
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		ask_number(row, 3 + i, item, numbers[i]);
	return colour_of(row->cell[1]);
}

int cmd_lists(struct cli *cli, int argc, char **argv)
{
	static const struct ask_form form = { .argument = NULL };
	static const struct ask_table table = { columns, row, "no lists are configured" };

	return ask_table(cli, ask_read("lists", argc, argv, &form), &table);
}

static void print_list(const json_t *list)
{
	const char *health = output_text_of(list, "health"), *until = json_string_value(json_object_get(list, "until"));

	if (strcmp(health, "disabled") != 0)
		output_field(output_text_of(list, "name"), "%s", health);
	else if (until != NULL)
		output_field(output_text_of(list, "name"), "disabled until %s", until);
	else
		output_field(output_text_of(list, "name"), "disabled until a restart");
}

int cmd_list_disable(struct cli *cli, int argc, char **argv)
{
	static const struct ask_form form = { .argument = "name", .option = { { "for", false } } };

	return ask_show(cli, ask_read("list disable", argc, argv, &form), print_list);
}

int cmd_list_enable(struct cli *cli, int argc, char **argv)
{
	static const struct ask_form form = { .argument = "name" };

	return ask_show(cli, ask_read("list enable", argc, argv, &form), print_list);
}
