/* single: one value, checked against its row and written into one field. */
#include "config/single.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "common/addrpat.h"
#include "common/answerpat.h"
#include "common/dnsserver.h"
#include "common/namepat.h"
#include "config/duration.h"
#include "config/namedfile.h"
#include "config/nearest.h"
#include "config/value.h"

enum { TEXT_MAX_BYTES = 1000, SENTENCE_BYTES = 256 };

static void read_bool(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	(void)row;
	if (json_is_boolean(node->value))
		*(bool *)field = json_is_true(node->value);
	else
		reader_wrong_type(reader, node, "true or false");
}

static void read_int(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	json_int_t value;

	if (!json_is_integer(node->value)) {
		reader_wrong_type(reader, node, "a whole number");
		return;
	}
	value = json_integer_value(node->value);
	if (value < row->min)
		reader_error(reader, node, "%lld is less than %lld", (long long)value, (long long)row->min);
	else if (value > row->max)
		reader_error(reader, node, "%lld is more than %lld", (long long)value, (long long)row->max);
	else
		*(int *)field = (int)value;
}

static void read_duration(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	const char *text = json_string_value(node->value);
	char bound[DURATION_TEXT_BYTES];
	struct errmsg err;
	int64_t us;

	if (text == NULL)
		reader_wrong_type(reader, node, "a duration in quotes, such as \"30s\"");
	else if (!duration_parse(&us, text, &err))
		reader_error(reader, node, "%s", err.text);
	else if (us == DURATION_NEVER && !row->never)
		reader_error(reader, node, "cannot be \"never\": give a duration of at most %s",
			     duration_format(row->max, bound));
	else if (us < row->min)
		reader_error(reader, node, "\"%.40s\" is less than %s", text, duration_format(row->min, bound));
	else if (us > row->max && us != DURATION_NEVER)
		reader_error(reader, node, "\"%.40s\" is more than %s", text, duration_format(row->max, bound));
	else
		*(int64_t *)field = us;
}

static void read_text(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	const char *text = json_string_value(node->value);
	struct errmsg err;
	char *copy;

	if (text == NULL) {
		reader_wrong_type(reader, node, "a text in quotes");
		return;
	}
	if (strlen(text) > TEXT_MAX_BYTES) {
		reader_error(reader, node, "a text of %zu bytes is too long", strlen(text));
		return;
	}
	if (row->check != NULL && !row->check(text, &err)) {
		reader_error(reader, node, "%s", err.text);
		return;
	}
	copy = arena_strdup(reader->arena, text);
	if (copy == NULL)
		reader_out_of_memory(reader, node);
	else
		*(const char **)field = copy;
}

static void read_mode(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	const char *text = json_string_value(node->value);
	struct errmsg err;

	(void)row;
	if (text == NULL)
		reader_wrong_type(reader, node, "an octal mode in quotes, such as \"0660\"");
	else if (!value_parse_mode(field, text, &err))
		reader_error(reader, node, "%s", err.text);
}

static void read_server(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	const char *text = json_string_value(node->value);
	struct dnsserver *server = NULL;
	struct errmsg err;

	(void)row;
	if (text == NULL) {
		reader_wrong_type(reader, node, "a server in quotes, such as \"127.0.0.1:53\", or \"*\"");
		return;
	}
	if (strcmp(text, "*") != 0) {
		server = arena_alloc(reader->arena, sizeof *server);
		if (server == NULL) {
			reader_out_of_memory(reader, node);
			return;
		}
		if (!dnsserver_parse(server, text, &err)) {
			reader_error(reader, node, "%s", err.text);
			return;
		}
	}
	*(const struct dnsserver **)field = server;
}

/* --- words --- */

static void no_such_word(struct reader *reader, const struct node *node, const struct schema_row *row, const char *word)
{
	char buf[SENTENCE_BYTES];
	struct text sentence = text_over(buf, sizeof buf);
	struct nearest nearest = nearest_to(word);
	const char *between = "";

	text_add(&sentence, "\"%.40s\" is none of ", word);
	for (const struct schema_word *w = row->words; w->word != NULL; w++) {
		text_add(&sentence, "%s\"%s\"", between, w->word);
		between = ", ";
		if (reader_wants_guesses(reader))
			nearest_offer(&nearest, w->word);
	}
	if (nearest.best != NULL)
		text_add(&sentence, "; did you mean \"%s\"?", nearest.best);
	reader_error(reader, node, "%s", buf);
}

const struct schema_word *single_word(struct reader *reader, const struct node *node, const struct schema_row *row)
{
	const char *text = json_string_value(node->value);

	if (text == NULL) {
		reader_wrong_type(reader, node, row->table != NULL ? "a word in quotes or an object" : "a word in quotes");
		return NULL;
	}
	for (const struct schema_word *w = row->words; w->word != NULL; w++)
		if (strcmp(w->word, text) == 0)
			return w;
	no_such_word(reader, node, row, text);
	return NULL;
}

static void read_word(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	const struct schema_word *word = single_word(reader, node, row);

	if (word != NULL)
		*(int *)field = word->value;
}

/* --- patterns --- */

/* One pattern where an array of them would say more than is meant. */
static void read_pattern(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	const char *text = json_string_value(node->value);
	struct errmsg err;

	if (text == NULL)
		reader_wrong_type(reader, node, "a pattern in quotes");
	else if (row->check != NULL && !row->check(text, &err))
		reader_error(reader, node, "%s", err.text);
	else if (row->type == SCHEMA_ADDRPAT ? !addrpat_parse(field, text, &err) :
					       !namepat_parse(field, text, reader->arena, &err))
		reader_error(reader, node, "%s", err.text);
}

static void read_answerpat(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	const char *text = json_string_value(node->value);
	struct errmsg err;

	(void)row;
	if (text == NULL)
		reader_wrong_type(reader, node, "an answer pattern in quotes, such as \"127.0.0.2\"");
	else if (!answerpat_parse(field, text, &err))
		reader_error(reader, node, "%s", err.text);
}

/* --- secrets --- */

static void keep_secret(struct reader *reader, const struct node *node, const struct schema_row *row, const char *secret,
			void *field)
{
	struct errmsg err;
	char *copy;

	if (!row->check(secret, &err)) {
		reader_error(reader, node, "%s", err.text);
		return;
	}
	copy = arena_strdup(reader->arena, secret);
	if (copy == NULL)
		reader_out_of_memory(reader, node);
	else
		*(const char **)field = copy;
}

static void read_secret(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	const char *text = json_string_value(node->value), *name, *secret;
	char *lines;

	if (text == NULL) {
		reader_wrong_type(reader, node, "a text in quotes");
		return;
	}
	name = namedfile_name(text);
	if (name == NULL) {
		keep_secret(reader, node, row, text, field);
		return;
	}
	lines = namedfile_read(reader, node, name);
	if (lines == NULL)
		return;
	secret = namedfile_only_line(lines);
	if (secret == NULL)
		reader_error(reader, node, "the file must hold one line");
	else
		keep_secret(reader, node, row, secret, field);
	free(lines);
}

void single_read(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	switch (row->type) {
	case SCHEMA_BOOL:
		read_bool(reader, node, row, field);
		break;
	case SCHEMA_INT:
		read_int(reader, node, row, field);
		break;
	case SCHEMA_DURATION:
		read_duration(reader, node, row, field);
		break;
	case SCHEMA_SECRET:
		read_secret(reader, node, row, field);
		break;
	case SCHEMA_MODE:
		read_mode(reader, node, row, field);
		break;
	case SCHEMA_WORD:
		read_word(reader, node, row, field);
		break;
	case SCHEMA_ADDRPAT:
	case SCHEMA_NAMEPAT:
		read_pattern(reader, node, row, field);
		break;
	case SCHEMA_ANSWERPAT:
		read_answerpat(reader, node, row, field);
		break;
	case SCHEMA_SERVER:
		read_server(reader, node, row, field);
		break;
	default:                       /* texts of all kinds */
		read_text(reader, node, row, field);
		break;
	}
}
