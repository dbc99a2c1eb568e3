/* fill: walks the JSON values and the schema side by side.
 * Members are read in the order of the file, so their places in the text are found by walking along, without a search. */
#include "config/fill.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "config/elements.h"
#include "config/namedfile.h"
#include "config/nearest.h"
#include "config/profile.h"
#include "config/reader.h"
#include "config/single.h"

static const char comment_key[] = "//";

static void read_object(struct reader *reader, const struct node *node, const struct schema_table *table, void *object);

/* --- words --- */

static void read_words(struct reader *reader, const struct node *node, const struct schema_row *row, void *object)
{
	unsigned *field = (unsigned *)(void *)((char *)object + row->at), set = 0;
	bool good = true, has_object = false;

	if (!elements_check(reader, node, row))
		return;
	for (struct node element = reader_first(reader, node); element.value != NULL; reader_next(reader, &element)) {
		const struct schema_word *word;

		if (row->table != NULL && json_is_object(element.value)) {
			if (has_object)
				reader_error(reader, &element, "only one object can stand here");
			else
				read_object(reader, &element, row->table, object);
			has_object = true;
			continue;
		}
		word = single_word(reader, &element, row);
		if (word == NULL)
			good = false;
		else if ((set & (unsigned)word->value) != 0)
			reader_warning(reader, &element, "\"%s\" stands here twice", word->word);
		set |= word == NULL ? 0 : (unsigned)word->value;
	}
	if (good)
		*field = set;
}

/* --- objects --- */

static void read_objects(struct reader *reader, const struct node *node, const struct schema_row *row, void *object)
{
	size_t n = json_array_size(node->value), size = row->table->size_bytes;
	char *array;

	if (!elements_check(reader, node, row))
		return;
	array = arena_alloc_n(reader->arena, n, size);
	if (array == NULL) {
		reader_out_of_memory(reader, node);
		return;
	}
	for (struct node element = reader_first(reader, node); element.value != NULL; reader_next(reader, &element))
		read_object(reader, &element, row->table, array + element.index * size);
	elements_set(object, row, array, n);
}

/* The rows of its table have no defaults: what a profile has set stays. */
static void read_switch(struct reader *reader, const struct node *node, const struct schema_row *row, void *object)
{
	bool *on = (bool *)object + row->count_at;

	if (json_is_boolean(node->value)) {
		*on = json_is_true(node->value);
	} else if (json_is_object(node->value)) {
		*on = true;
		read_object(reader, node, row->table, (char *)object + row->at);
	} else {
		reader_wrong_type(reader, node, "true, false or an object: {...}");
	}
}

static void read_value(struct reader *reader, const struct node *node, const struct schema_row *row, void *object)
{
	void *field = (char *)object + row->at;

	switch (row->type) {
	case SCHEMA_BOOL:
	case SCHEMA_INT:
	case SCHEMA_DURATION:
	case SCHEMA_TEXT:
	case SCHEMA_TEMPLATE:
	case SCHEMA_ZONE:
	case SCHEMA_QUERY:
	case SCHEMA_PROFILE:
	case SCHEMA_SOCKET:
	case SCHEMA_SECRET:
	case SCHEMA_MODE:
	case SCHEMA_WORD:
	case SCHEMA_ADDRPAT:
	case SCHEMA_NAMEPAT:
	case SCHEMA_ANSWERPAT:
	case SCHEMA_SERVER:
		single_read(reader, node, row, field);
		break;
	case SCHEMA_ADDRSET:
	case SCHEMA_NAMESET:
	case SCHEMA_NAMES:
	case SCHEMA_ANSWERPATS:
	case SCHEMA_SERVERS:
		elements_read(reader, node, row, object);
		break;
	case SCHEMA_WORDS:
		read_words(reader, node, row, object);
		break;
	case SCHEMA_OBJECT:
		read_object(reader, node, row->table, field);
		break;
	case SCHEMA_SWITCH:
		read_switch(reader, node, row, object);
		break;
	case SCHEMA_OBJECTS:
		read_objects(reader, node, row, object);
		break;
	case SCHEMA_TYPES:
		break;
	}
}

/* The defaults pass the same way as the file, so that a row's default cannot be anything but a value that it takes. */
static void read_default(struct reader *reader, const struct node *node, const struct schema_row *row, void *object)
{
	const char *text = row->type == SCHEMA_OBJECT ? "{}" : row->fallback;
	struct node member = { .up = node, .key = row->key, .place = SIZE_MAX };

	if (text == NULL) {
		if (row->type == SCHEMA_INT)
			*(int *)(void *)((char *)object + row->at) = SCHEMA_UNSET;
		return;
	}
	member.value = json_loads(text, JSON_DECODE_ANY, NULL);
	if (member.value == NULL)
		reader_out_of_memory(reader, &member);
	else
		read_value(reader, &member, row, object);
	json_decref(member.value);
}

static void unknown_key(struct reader *reader, const struct node *node, const struct schema_table *table)
{
	struct nearest nearest = nearest_to(node->key);

	for (size_t i = 0; i < table->n_rows && reader_wants_guesses(reader); i++)
		nearest_offer(&nearest, table->rows[i].key);
	if (nearest.best != NULL)
		reader_error(reader, node, "unknown key; did you mean \"%s\"?", nearest.best);
	else
		reader_error(reader, node, "unknown key");
}

/* Returns a bit for each row that was in the file. */
static uint64_t read_members(struct reader *reader, const struct node *node, const struct schema_table *table, void *object)
{
	struct node member = { .up = node, .place = locate_part(&reader->places, node->place, 0) };
	uint64_t seen = 0;

	json_object_foreach(node->value, member.key, member.value) {
		const struct schema_row *row = schema_row(table, member.key);

		if (row != NULL && reader->is_profile && (row->type == SCHEMA_PROFILE || row->type == SCHEMA_SECRET)) {
			reader_error(reader, &member, "a profile cannot hold this key");
		} else if (row != NULL) {
			read_value(reader, &member, row, object);
			seen |= UINT64_C(1) << (row - table->rows);
		} else if (strcmp(member.key, comment_key) != 0) {
			unknown_key(reader, &member, table);
		}
		member.place = locate_next(&reader->places, member.place);
	}
	return seen;
}

static const struct schema_row *profile_row(const struct schema_table *table)
{
	for (size_t i = 0; i < table->n_rows; i++)
		if (table->rows[i].type == SCHEMA_PROFILE)
			return &table->rows[i];
	return NULL;
}

/* Takes `text`. Returns a bit for each row that was in it. */
static uint64_t read_profile_text(struct reader *reader, char *text, size_t len, const char *path,
				  const struct schema_table *table, void *object)
{
	struct reader inner = { .file = path, .faults = reader->faults, .arena = reader->arena,
				.sources = reader->sources, .is_profile = true, .file_bytes = reader->file_bytes + len };
	struct node root = { .key = NULL };
	uint64_t seen = 0;

	if (reader_open(&inner, text, len)) {
		root.value = inner.root;
		if (json_is_object(root.value))
			seen = read_members(&inner, &root, table, object);
		else
			reader_wrong_type(&inner, &root, "an object: {...}");
	}
	reader->file_bytes = inner.file_bytes;
	reader_close(&inner);
	free(text);
	return seen;
}

/* The object's profile, if it names one, fills it before its own keys do. */
static uint64_t read_profile(struct reader *reader, const struct node *node, const struct schema_table *table, void *object)
{
	const struct schema_row *row = profile_row(table);
	struct node member;
	struct errmsg err;
	const char *name;
	char *path, *text;
	uint64_t seen;
	size_t len;

	if (row == NULL)
		return 0;
	reader_member(reader, node, row->key, &member);
	name = json_string_value(member.value);
	if (name == NULL || !row->check(name, NULL) || !namedfile_has_room(reader, &member))
		return 0;                      /* told when the key itself is read */
	text = profile_read(reader->file, name, reader->sources, &path, &len, &err);
	if (text == NULL) {
		reader_error(reader, &member, "%s", err.text);
		return 0;
	}
	seen = read_profile_text(reader, text, len, path, table, object);
	free(path);
	return seen;
}

static void read_object(struct reader *reader, const struct node *node, const struct schema_table *table, void *object)
{
	size_t errors = reader->faults->n_errors;
	uint64_t seen;

	for (size_t i = 0; i < table->n_rows; i++)
		read_default(reader, node, &table->rows[i], object);
	if (!json_is_object(node->value)) {
		reader_wrong_type(reader, node, "an object: {...}");
		return;
	}
	seen = read_profile(reader, node, table, object);
	seen |= read_members(reader, node, table, object);
	for (size_t i = 0; i < table->n_rows; i++)
		if (table->rows[i].required && (seen >> i & 1) == 0)
			reader_error(reader, node, "the key \"%s\" is missing", table->rows[i].key);
	if (table->finish != NULL)
		table->finish(reader, node, object, errors == reader->faults->n_errors);
}

void fill_struct(struct reader *reader, const struct schema_table *table, void *object)
{
	struct node root = { .value = reader->root };

	read_object(reader, &root, table, object);
}
