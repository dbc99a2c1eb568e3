/* What rblctl prints: aligned tables and lines for people, JSON for scripts. Everything foreign is made printable. One
 * thread. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli/cli.h"

/* One JSON document. */
void output_json(const json_t *value);
/* The same for people: what fits stands on one line. */
void output_json_lines(json_t *value);

/* A member of an object for people: its text, "-" where there is none; its number, 0 where there is none. */
const char *output_text_of(const json_t *object, const char *key);
long long output_number_of(const json_t *object, const char *key);

/* Foreign text, of the daemon or of a file, as a terminal can be shown it. */
void output_foreign(const char *text);

/* "label:   value", for one thing; labels are aligned at 20 columns. NULL: "-". */
void output_field(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Seconds as people say them, "never" for null; in `buf`. */
const char *output_span(const json_t *seconds, char *buf, size_t buf_bytes);

enum output_colour { OUTPUT_PLAIN, OUTPUT_GOOD, OUTPUT_WARN, OUTPUT_BAD, OUTPUT_STRONG };
/* The sequences that switch a colour on and off; "" where there shall be none. Static. */
const char *output_on(const struct cli *cli, enum output_colour colour);
const char *output_off(const struct cli *cli, enum output_colour colour);

/* A table: the columns' widths come from its first rows, so that a long one need not be held in memory. With --json its rows
 * are an array, each one the JSON value that it was made of. */
enum { OUTPUT_COLUMNS_MAX = 16 };
struct output_table;

/* `columns`: the headings, the last one NULL; one that begins with '>' is aligned to the right. NULL: out of memory. */
struct output_table *output_table_begin(struct cli *cli, const char *const *columns);
/* A row; `cells` as many as there are columns, NULL for "-"; `value` is its JSON, borrowed. */
void output_table_row(struct output_table *table, const json_t *value, const char *const *cells, enum output_colour colour);
/* Prints what is left and gives it back. `empty`: what is said to people when there was no row; NULL: nothing. */
void output_table_end(struct output_table **table, const char *empty);

#endif
