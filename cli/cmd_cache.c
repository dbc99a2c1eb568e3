/* cmd_cache: what is kept of the lists' answers, and what was added by hand. */
#include "cli/ask.h"

static enum output_colour row(const json_t *item, struct ask_row *row)
{
	row->cell[0] = output_text_of(item, "subject");
	row->cell[1] = output_text_of(item, "list");
	row->cell[2] = output_text_of(item, "answer");
	row->cell[3] = output_span(json_object_get(item, "expires_in"), row->buf[3], ASK_CELL_BYTES);
	row->cell[4] = output_text_of(item, "source");
	return OUTPUT_PLAIN;
}

int cmd_cache_list(struct cli *cli, int argc, char **argv)
{
	static const struct ask_form form = { .argument = "pattern", .optional = true,
						.option = { { "list", false }, { "source", false } } };
	static const char *const columns[] = { "SUBJECT", "LIST", "ANSWER", ">EXPIRES IN", "SOURCE", NULL };
	static const struct ask_table table = { columns, row, "nothing is kept" };

	return ask_table(cli, ask_read("cache list", argc, argv, &form), &table);
}

int cmd_cache_add(struct cli *cli, int argc, char **argv)
{
	static const struct ask_form form = { .argument = "address", .option = { { "ttl", false }, { "message", false } } };

	return ask_show(cli, ask_read("cache add", argc, argv, &form), ask_print_added);
}

static void print_removed(const json_t *removed)
{
	output_field(output_text_of(removed, "subject"), "%s, %lld answers of lists forgotten",
		     json_is_true(json_object_get(removed, "manual")) ? "removed" : "was not added by hand",
		     output_number_of(removed, "answers"));
}

int cmd_cache_remove(struct cli *cli, int argc, char **argv)
{
	static const struct ask_form form = { .argument = "address" };

	return ask_show(cli, ask_read("cache remove", argc, argv, &form), print_removed);
}

static void print_cleared(const json_t *cleared)
{
	output_field("cleared", "%lld answers, %lld added by hand", output_number_of(cleared, "answers"),
		     output_number_of(cleared, "manual"));
}

int cmd_cache_clear(struct cli *cli, int argc, char **argv)
{
	static const struct ask_form form = { .option = { { "manual", true } } };

	return ask_show(cli, ask_read("cache clear", argc, argv, &form), print_cleared);
}

static void print_journal(const json_t *journal)
{
	if (!json_is_object(journal)) {
		output_field("on disk", "nothing: there is no state_dir");
		return;
	}
	output_field("on disk", "%lld written, %lld left out, %lld lost, %lld known from before%s%s",
		     output_number_of(journal, "written"), output_number_of(journal, "left_out"), output_number_of(journal, "lost"), output_number_of(journal, "loaded"),
		     json_is_true(json_object_get(journal, "loading")) ? ", reading" : "",
		     json_is_true(json_object_get(journal, "failing")) ? ", FAILING" : "");
}

static void print_stats(const json_t *stats)
{
	output_field("entries", "%lld of %lld", output_number_of(stats, "entries"), output_number_of(stats, "max_entries"));
	output_field("lookups", "%lld hits, %lld misses", output_number_of(stats, "hits"), output_number_of(stats, "misses"));
	output_field("evictions", "%lld", output_number_of(stats, "evictions"));
	output_field("memory", "%.1f MB", json_number_value(json_object_get(stats, "memory_bytes")) / 1e6);
	output_field("added by hand", "%lld, %lld hits", output_number_of(stats, "manual_entries"),
		     output_number_of(stats, "manual_hits"));
	print_journal(json_object_get(stats, "journal"));
}

int cmd_cache_stats(struct cli *cli, int argc, char **argv)
{
	static const struct ask_form form = { .argument = NULL };

	return ask_show(cli, ask_read("cache stats", argc, argv, &form), print_stats);
}
