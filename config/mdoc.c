/* mdoc: the keys of the configuration for the manual page.
 * Sentences begin a line each, as mdoc(7) likes it. */
#include "config/mdoc.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "common/text.h"
#include "config/duration.h"
#include "config/schema.h"

enum { MDOC_LINE = 76, HELP_BYTES = 2000 };

/* A word that begins a line must not be taken for a macro, and nothing for an escape. */
static void print_word(FILE *out, const char *word, size_t len, bool first)
{
	if (first && (word[0] == '.' || word[0] == '\''))
		fputs("\\&", out);
	for (size_t i = 0; i < len; i++)
		if (word[i] == '\\')
			fputs("\\e", out);
		else
			fputc(word[i], out);
}

static bool ends_sentence(const char *word, size_t len)
{
	return len > 0 && (word[len - 1] == '.' || word[len - 1] == '?');
}

/* Text in lines that suit mdoc: each sentence begins a new one. */
static void print_text(FILE *out, const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (column > 0 && column + 1 + len > MDOC_LINE) {
			fputc('\n', out);
			column = 0;
		}
		if (column > 0)
			fputc(' ', out);
		print_word(out, text, len, column == 0);
		column += len + 1;
		if (ends_sentence(text, len)) {
			fputc('\n', out);
			column = 0;
		}
		text += len + strspn(text + len, " ");
	}
	if (column > 0)
		fputc('\n', out);
}

static void add_words(struct text *out, const struct schema_word *words)
{
	const char *between = " ";

	for (; words->word != NULL; words++) {
		text_add(out, "%s\"%s\"", between, words->word);
		between = ", ";
	}
}

static void add_range(struct text *out, const struct schema_row *row)
{
	char min[DURATION_TEXT_BYTES], max[DURATION_TEXT_BYTES];

	if (row->type == SCHEMA_WORDS && row->table != NULL)
		text_add_str(out, " and objects");
	if (row->type == SCHEMA_INT)
		text_add(out, " from %" PRId64 " to %" PRId64, row->min, row->max);
	else if (row->type == SCHEMA_DURATION)
		text_add(out, " from %s to %s%s", duration_format(row->min, min), duration_format(row->max, max),
			 row->never ? ", or \"never\"" : "");
	else if (row->type == SCHEMA_OBJECTS || row->type == SCHEMA_SERVERS)
		text_add(out, ", at most %" PRId64, row->max);
}

/* "Duration from 50ms to 9s; default "1s"." */
static void print_type(FILE *out, const struct schema_row *row)
{
	char buf[HELP_BYTES];
	struct text text = text_over(buf, sizeof buf);

	text_add_str(&text, schema_type_text(row->type));
	if (row->words != NULL)
		add_words(&text, row->words);
	add_range(&text, row);
	if (row->required)
		text_add_str(&text, "; required");
	else if (row->fallback != NULL)
		text_add(&text, "; default %s", row->fallback);
	else if (row->otherwise != NULL)
		text_add(&text, "; default: %s", row->otherwise);
	text_add_str(&text, ".");
	if (buf[0] >= 'a' && buf[0] <= 'z')
		buf[0] = (char)(buf[0] - 'a' + 'A');
	print_text(out, buf);
}

static void print_table(FILE *out, const struct schema_table *table, const char *prefix)
{
	for (size_t i = 0; i < table->n_rows; i++) {
		const struct schema_row *row = &table->rows[i];
		char path[128];
		struct text text = text_over(path, sizeof path);

		text_add(&text, "%s%s%s", prefix, prefix[0] == '\0' ? "" : ".", row->key);
		if (row->type == SCHEMA_OBJECTS)
			text_add_str(&text, "[]");
		fprintf(out, ".It Cm %s\n", path);
		print_type(out, row);
		print_text(out, row->help);
		if (row->type == SCHEMA_WORDS)
			text_add_str(&text, "[]");
		if (row->table != NULL)
			print_table(out, row->table, path);
	}
}

void mdoc_print_keys(FILE *out)
{
	fputs(".Bl -tag -width Ds\n", out);
	print_table(out, &schema_root, "");
	fputs(".El\n", out);
}
