/* A command that is one request to the daemon: its words become the request, the answer becomes lines, a table or JSON. One
 * thread. */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include "cli/cli.h"
#include "cli/output.h"

enum { ASK_OPTIONS_MAX = 4, ASK_CELL_BYTES = 64 };

/* What the command's words are called in the request. */
struct ask_form {
	const char *argument;        /* NULL: it has none */
	bool optional;               /* the argument */
	struct {
		const char *name;    /* of a long option; NULL behind the last one */
		bool is_switch;      /* true in the request; else a text */
	} option[ASK_OPTIONS_MAX];
};

/* The request, the caller's. NULL: the words make no sense, and cli_usage() was called. */
json_t *ask_read(const char *command, int argc, char **argv, const struct ask_form *form);

/* Asks, prints the result (with --json as it is) and returns the exit status. A result's "note" is said on standard error too.
 * Takes `args` over; NULL: CLI_USAGE. */
int ask_show(struct cli *cli, json_t *args, void (*print)(const json_t *result));

/* A table's row: cells that are NULL show "-"; `buf` has room for what is not in the item as text. */
struct ask_row {
	const char *cell[OUTPUT_COLUMNS_MAX];
	char buf[OUTPUT_COLUMNS_MAX][ASK_CELL_BYTES];
};
struct ask_table {
	const char *const *columns;  /* as output_table_begin() has them */
	enum output_colour (*row)(const json_t *item, struct ask_row *row);
	const char *empty;           /* said to people when there is no row */
};
/* The same for items, each printed as it comes. */
int ask_table(struct cli *cli, json_t *args, const struct ask_table *table);

/* A number as a cell. */
void ask_number(struct ask_row *row, size_t column, const json_t *item, const char *key);
/* For ask_show(): an address that was added, and for how long. */
void ask_print_added(const json_t *added);

#endif
