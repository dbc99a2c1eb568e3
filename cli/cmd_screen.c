/* cmd_screen: clients that are refused without a lookup, and clients from which somebody has logged in lately. */
#include "cli/ask.h"

static const struct ask_form address = { .argument = "address" };

/* --- screen ------------------------------------------------------------------------------------------------------- */

static enum output_colour screen_row(const json_t *item, struct ask_row *row)
{
	row->cell[0] = output_text_of(item, "subject");
	row->cell[1] = output_text_of(item, "list");
	row->cell[2] = output_span(json_object_get(item, "expires_in"), row->buf[2], ASK_CELL_BYTES);
	row->cell[3] = output_text_of(item, "source");
	return OUTPUT_PLAIN;
}

int cmd_screen_list(struct cli *cli, int argc, char **argv)
{
	static const struct ask_form form = { .argument = "pattern", .optional = true };
	static const char *const columns[] = { "CLIENT", "LIST", ">EXPIRES IN", "SOURCE", NULL };
	static const struct ask_table table = { columns, screen_row, "nobody is on the screen" };

	return ask_table(cli, ask_read("screen list", argc, argv, &form), &table);
}

int cmd_screen_add(struct cli *cli, int argc, char **argv)
{
	static const struct ask_form form = { .argument = "address", .option = { { "ttl", false } } };

	return ask_show(cli, ask_read("screen add", argc, argv, &form), ask_print_added);
}

static void print_removed(const json_t *removed)
{
	output_field(output_text_of(removed, "subject"), "removed");
}

int cmd_screen_remove(struct cli *cli, int argc, char **argv)
{
	return ask_show(cli, ask_read("screen remove", argc, argv, &address), print_removed);
}

static void print_cleared(const json_t *cleared)
{
	output_field("cleared", "%lld clients", output_number_of(cleared, "entries"));
}

int cmd_screen_clear(struct cli *cli, int argc, char **argv)
{
	static const struct ask_form form = { .argument = NULL };

	return ask_show(cli, ask_read("screen clear", argc, argv, &form), print_cleared);
}

/* --- recent logins ------------------------------------------------------------------------------------------------ */

static enum output_colour recent_row(const json_t *item, struct ask_row *row)
{
	row->cell[0] = output_text_of(item, "subject");
	row->cell[1] = output_text_of(item, "reported");
	row->cell[2] = output_span(json_object_get(item, "expires_in"), row->buf[2], ASK_CELL_BYTES);
	return OUTPUT_PLAIN;
}

int cmd_recent_add(struct cli *cli, int argc, char **argv)
{
	return ask_show(cli, ask_read("recent add", argc, argv, &address), ask_print_added);
}

int cmd_recent_list(struct cli *cli, int argc, char **argv)
{
	static const struct ask_form form = { .argument = NULL };
	static const char *const columns[] = { "CLIENT", "REPORTED", ">EXPIRES IN", NULL };
	static const struct ask_table table = { columns, recent_row, "nobody was reported lately" };

	return ask_table(cli, ask_read("recent list", argc, argv, &form), &table);
}
