/* output: tables and lines for people, JSON for scripts. */
#include "cli/output.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

enum { LABEL_COLUMNS = 20, HELD_ROWS = 200, CELL_BYTES = 400, JSON_COLUMNS = 118 };

#define OUTPUT_JSON (JSON_ENSURE_ASCII | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9))

struct row {
	char *cell[OUTPUT_COLUMNS_MAX];
	enum output_colour colour;
};

struct output_table {
	struct cli *cli;
	const char *const *columns;
	size_t n_columns;
	size_t width[OUTPUT_COLUMNS_MAX];
	struct row held[HELD_ROWS];  /* until the widths are fixed */
	size_t n_held;
	size_t n_rows;
	bool begun;                  /* the headings are printed */
};

void output_json(const json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2) | OUTPUT_JSON);
	putchar('\n');
}

static void print_json(json_t *value, size_t indent, size_t column);

/* A member of an object, or an element, on a line of its own. */
static void print_json_part(const char *key, json_t *value, size_t indent, bool first)
{
	json_t *name = key != NULL ? json_string(key) : NULL;
	char *text = name != NULL ? json_dumps(name, OUTPUT_JSON) : NULL;

	printf("%s\n%*s%s%s", first ? "" : ",", (int)indent, "", text != NULL ? text : "", text != NULL ? ": " : "");
	print_json(value, indent, indent + (text != NULL ? strlen(text) + 2 : 0));
	free(text);
	json_decref(name);
}

static void print_json_parts(json_t *value, size_t indent)
{
	json_t *part;
	const char *key;
	bool first = true;
	size_t i;

	json_array_foreach(value, i, part)
		print_json_part(NULL, part, indent + 2, i == 0);
	json_object_foreach(value, key, part) {
		print_json_part(key, part, indent + 2, first);
		first = false;
	}
}

static void print_json(json_t *value, size_t indent, size_t column)
{
	char *line = json_dumps(value, OUTPUT_JSON);

	if (line == NULL)
		return;
	if (column + strlen(line) <= JSON_COLUMNS || json_object_size(value) + json_array_size(value) == 0) {
		fputs(line, stdout);
	} else {
		putchar(json_is_object(value) ? '{' : '[');
		print_json_parts(value, indent);
		printf("\n%*s%c", (int)indent, "", json_is_object(value) ? '}' : ']');
	}
	free(line);
}

void output_json_lines(json_t *value)
{
	print_json(value, 0, 0);
	putchar('\n');
}

const char *output_text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "-";
}

long long output_number_of(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

const char *output_span(const json_t *seconds, char *buf, size_t buf_bytes)
{
	long long s = (long long)json_integer_value(seconds);

	if (!json_is_integer(seconds))
		snprintf(buf, buf_bytes, "never");
	else if (s < 60)
		snprintf(buf, buf_bytes, "%lld s", s);
	else if (s < 86400)
		snprintf(buf, buf_bytes, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(buf, buf_bytes, "%lld d %02lld:%02lld", s / 86400, s / 3600 % 24, s / 60 % 60);
	return buf;
}

/* What a terminal can be shown. */
static void print_clean(const char *text, int width, bool right)
{
	char clean[CELL_BYTES];
	struct text out = text_over(clean, sizeof clean);

	text_add_foreign(&out, text, sizeof clean - 4);
	printf(right ? "%*s" : "%-*s", width, clean);
}

void output_foreign(const char *text)
{
	print_clean(text, 0, false);
}

void output_field(const char *label, const char *format, ...)
{
	size_t columns = strlen(label) + 1;
	char value[CELL_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(value, sizeof value, format, args);
	va_end(args);
	output_foreign(label);
	printf("%c%*s", columns > 1 ? ':' : ' ', columns < LABEL_COLUMNS ? (int)(LABEL_COLUMNS - columns) : 1, "");
	output_foreign(value);
	putchar('\n');
}

const char *output_on(const struct cli *cli, enum output_colour colour)
{
	static const char *const on[] = { [OUTPUT_PLAIN] = "", [OUTPUT_GOOD] = "\x1b[32m", [OUTPUT_WARN] = "\x1b[33m",
					  [OUTPUT_BAD] = "\x1b[31m", [OUTPUT_STRONG] = "\x1b[1m" };

	return cli->colour ? on[colour] : "";
}

const char *output_off(const struct cli *cli, enum output_colour colour)
{
	return cli->colour && colour != OUTPUT_PLAIN ? "\x1b[0m" : "";
}

/* --- tables ------------------------------------------------------------------------------------------------------- */

static const char *heading(const struct output_table *table, size_t i)
{
	return table->columns[i] + (table->columns[i][0] == '>');
}

struct output_table *output_table_begin(struct cli *cli, const char *const *columns)
{
	struct output_table *table = calloc(1, sizeof *table);

	if (table == NULL)
		return NULL;
	table->cli = cli;
	table->columns = columns;
	while (table->n_columns < OUTPUT_COLUMNS_MAX && columns[table->n_columns] != NULL) {
		table->width[table->n_columns] = strlen(heading(table, table->n_columns));
		table->n_columns++;
	}
	return table;
}

/* Blanks at the end of a line help nobody. */
static void print_row(const struct output_table *table, const char *const *cells, enum output_colour colour)
{
	fputs(output_on(table->cli, colour), stdout);
	for (size_t i = 0; i < table->n_columns; i++) {
		bool right = table->columns[i][0] == '>', last = i + 1 == table->n_columns;

		print_clean(cells[i] != NULL ? cells[i] : "-", last && !right ? 0 : (int)table->width[i], right);
		if (!last)
			fputs("  ", stdout);
	}
	fputs(output_off(table->cli, colour), stdout);
	putchar('\n');
}

static void print_held(struct output_table *table)
{
	const char *headings[OUTPUT_COLUMNS_MAX];

	for (size_t i = 0; i < table->n_columns; i++)
		headings[i] = heading(table, i);
	if (!table->begun)
		print_row(table, headings, OUTPUT_STRONG);
	table->begun = true;
	for (size_t r = 0; r < table->n_held; r++) {
		print_row(table, (const char *const *)table->held[r].cell, table->held[r].colour);
		for (size_t i = 0; i < table->n_columns; i++)
			free(table->held[r].cell[i]);
	}
	table->n_held = 0;
}

static void hold(struct output_table *table, const char *const *cells, enum output_colour colour)
{
	struct row *row = &table->held[table->n_held++];

	row->colour = colour;
	for (size_t i = 0; i < table->n_columns; i++) {
		const char *cell = cells[i] != NULL ? cells[i] : "-";

		row->cell[i] = strndup(cell, CELL_BYTES);
		if (strlen(cell) > table->width[i])
			table->width[i] = strlen(cell) < CELL_BYTES / 4 ? strlen(cell) : CELL_BYTES / 4;
	}
	if (table->n_held == HELD_ROWS)
		print_held(table);
}

void output_table_row(struct output_table *table, const json_t *value, const char *const *cells, enum output_colour colour)
{
	table->n_rows++;
	if (table->cli->json) {
		fputs(table->n_rows == 1 ? "[\n  " : ",\n  ", stdout);
		json_dumpf(value, stdout, OUTPUT_JSON);
	} else if (table->begun) {
		print_row(table, cells, colour);
	} else {
		hold(table, cells, colour);
	}
}

void output_table_end(struct output_table **table, const char *empty)
{
	struct output_table *t = *table;

	*table = NULL;
	if (t == NULL)
		return;
	if (t->cli->json)
		fputs(t->n_rows == 0 ? "[]\n" : "\n]\n", stdout);
	else if (t->n_rows > 0)
		print_held(t);
	else if (empty != NULL)
		puts(empty);
	free(t);
}
