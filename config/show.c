/* show: walks the file, the schema and the filled struct side by side.
 * What the file says is shown as it says it. Where it says nothing stands the default, or, where that follows from other keys,
 * what the struct holds. */
#include "config/show.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/ruleset.h"
#include "config/config.h"
#include "config/duration.h"
#include "config/namedfile.h"
#include "config/profile.h"
#include "config/reader.h"
#include "config/schema.h"
#include "config/sources.h"
#include "config/textfile.h"

static const char mask[] = "hidden";     /* itself a key, so that it loads */

/* A value with the file that it stands in: "file:NAME" is relative to that. */
struct said {
	const json_t *value;         /* NULL: nothing is said */
	const char *file;
};

/* What an object says, and what its profile does where it says nothing. */
struct sayings {
	struct said own, profile;
};

static json_t *show_object(struct sayings from, const struct schema_table *table, const void *object);

static struct said member(const struct said *object, const char *key)
{
	return (struct said){ json_object_get(object->value, key), object->file };
}

static struct said find(const struct sayings *from, const char *key)
{
	struct said own = member(&from->own, key);

	return own.value != NULL ? own : member(&from->profile, key);
}

/* --- texts --- */

/* "file:NAME" with NAME from the root; other texts as they are. */
static json_t *show_text(const json_t *value, const char *file)
{
	const char *name = json_is_string(value) ? namedfile_name(json_string_value(value)) : NULL;
	char *path, *full;
	json_t *out = NULL;

	if (name == NULL)
		return json_deep_copy(value);
	path = namedfile_path(file, name);
	full = path != NULL ? sources_absolute(path) : NULL;
	if (full != NULL)
		out = json_sprintf("file:%s", full);
	free(path);
	free(full);
	return out;
}

static json_t *show_secret(struct said said)
{
	return namedfile_name(json_string_value(said.value)) != NULL ? show_text(said.value, said.file) : json_string(mask);
}

static json_t *show_texts(struct said said)
{
	json_t *out = json_array();
	const json_t *element;
	size_t i;

	json_array_foreach(said.value, i, element)
		json_array_append_new(out, show_text(element, said.file));
	return out;
}

/* --- what follows from other keys --- */

static json_t *words_of(unsigned set, const struct schema_word *words)
{
	json_t *out = json_array();

	for (; words->word != NULL; words++)
		if ((set & (unsigned)words->value) != 0)
			json_array_append_new(out, json_string(words->word));
	return out;
}

static json_t *word_of(int value, const struct schema_word *words)
{
	while (words->word != NULL && words->value != value)
		words++;
	return json_string(words->word);
}

static json_t *show_settled(const struct schema_row *row, const void *field)
{
	char duration[DURATION_TEXT_BYTES];

	if (row->type == SCHEMA_INT)
		return json_integer(*(const int *)field);
	if (row->type == SCHEMA_WORD)
		return word_of(*(const int *)field, row->words);
	if (row->type == SCHEMA_WORDS)
		return words_of(*(const unsigned *)field, row->words);
	if (row->type == SCHEMA_DURATION)
		return json_string(duration_format(*(const int64_t *)field, duration));
	return json_string(*(const char *const *)field);
}

/* Of zone and query one is in force, whatever the profile says of the other. */
static bool is_dropped(const struct schema_row *row, const void *field)
{
	return (row->type == SCHEMA_ZONE || row->type == SCHEMA_QUERY) && *(const char *const *)field == NULL;
}

/* --- objects --- */

/* Words, and among them an object, whose keys lie in the same struct. */
static json_t *show_words(struct said said, const struct schema_row *row, const void *object)
{
	json_t *out = json_array();
	const json_t *element;
	size_t i;

	json_array_foreach(said.value, i, element)
		json_array_append_new(out, json_is_object(element) ?
			show_object((struct sayings){ .own = { element, said.file } }, row->table, object) : json_deep_copy(element));
	return out;
}

static json_t *show_objects(struct said said, const struct schema_row *row, const void *field)
{
	json_t *out = json_array();
	const json_t *element;
	const char *array;
	size_t i;

	memcpy(&array, field, sizeof array);
	json_array_foreach(said.value, i, element)
		json_array_append_new(out, show_object((struct sayings){ .own = { element, said.file } }, row->table,
						       array + i * row->table->size_bytes));
	return out;
}

/* True or false alone where no key says more. The keys of a profile hold on behind a mere "true". */
static json_t *show_switch(const struct sayings *from, const struct schema_row *row, const void *object)
{
	const struct sayings inside = { member(&from->own, row->key), member(&from->profile, row->key) };
	json_t *keys;

	if (!*((const bool *)object + row->count_at))
		return json_false();
	keys = show_object(inside, row->table, (const char *)object + row->at);
	if (json_object_size(keys) > 0)
		return keys;
	json_decref(keys);
	return json_true();
}

static json_t *show_said(struct said said, const struct schema_row *row, const void *object)
{
	const void *field = (const char *)object + row->at;

	switch (row->type) {
	case SCHEMA_OBJECT:
		return show_object((struct sayings){ .own = said }, row->table, field);
	case SCHEMA_OBJECTS:
		return show_objects(said, row, field);
	case SCHEMA_WORDS:
		return show_words(said, row, object);
	case SCHEMA_ADDRSET:
	case SCHEMA_NAMESET:
	case SCHEMA_ANSWERPATS:
		return show_texts(said);
	case SCHEMA_SECRET:
		return show_secret(said);
	default:
		return json_deep_copy(said.value);
	}
}

static json_t *show_default(const struct schema_row *row, const void *object)
{
	json_t *value = json_loads(row->fallback, JSON_DECODE_ANY, NULL), *out = NULL;

	if (value != NULL)
		out = show_said((struct said){ .value = value }, row, object);
	json_decref(value);
	return out;
}

/* NULL: nothing is shown of this key. */
static json_t *show_row(const struct sayings *from, const struct schema_row *row, const void *object)
{
	const void *field = (const char *)object + row->at;
	struct said said = find(from, row->key);

	if (row->type == SCHEMA_PROFILE || is_dropped(row, field))
		return NULL;
	if (row->type == SCHEMA_SWITCH)
		return show_switch(from, row, object);
	if (said.value != NULL || row->type == SCHEMA_OBJECT)
		return show_said(said, row, object);
	if (row->settled)
		return show_settled(row, field);
	return row->fallback != NULL ? show_default(row, object) : NULL;
}

/* --- profiles --- */

/* The JSON of a text that was found good before. Takes it. */
static json_t *read_again(char *text, size_t len)
{
	struct faults unseen;
	struct reader reader = { .file = "", .faults = &unseen };
	json_t *root = NULL;

	faults_init(&unseen);
	if (text != NULL && reader_open(&reader, text, len))
		root = json_incref(reader.root);
	reader_close(&reader);
	faults_clear(&unseen);
	free(text);
	return root;
}

static const char *profile_name(const struct said *object, const struct schema_table *table)
{
	for (size_t i = 0; i < table->n_rows; i++)
		if (table->rows[i].type == SCHEMA_PROFILE)
			return json_string_value(json_object_get(object->value, table->rows[i].key));
	return NULL;
}

static void add_rows(json_t *out, const struct sayings *from, const struct schema_table *table, const void *object)
{
	for (size_t i = 0; i < table->n_rows; i++) {
		json_t *value = show_row(from, &table->rows[i], object);

		if (value != NULL)
			json_object_set_new(out, table->rows[i].key, value);
	}
}

static json_t *show_object(struct sayings from, const struct schema_table *table, const void *object)
{
	const char *name = profile_name(&from.own, table);
	char *path = NULL, *text = NULL;
	json_t *out = json_object(), *profile;
	struct errmsg err;
	size_t len = 0;

	if (name != NULL)
		text = profile_read(from.own.file, name, NULL, &path, &len, &err);
	profile = read_again(text, len);
	if (profile != NULL)
		from.profile = (struct said){ profile, path };
	add_rows(out, &from, table, object);
	json_decref(profile);
	free(path);
	return out;
}

/* --- the whole --- */

static json_t *show_rules(const struct ruleset *rules, char *text, size_t len, const char *path)
{
	json_t *root = read_again(text, len), *out;

	out = show_object((struct sayings){ .own = { root, path } }, &schema_root, rules);
	json_decref(root);
	return out;
}

json_t *config_show(const char *path, struct faults *faults)
{
	struct ruleset *rules;
	struct errmsg err;
	json_t *out = NULL;
	size_t len;
	char *text = textfile_read(path, &len, &err);

	if (text == NULL) {
		fault_add(faults, FAULT_ERROR, path, 0, "", "%s", err.text);
		return NULL;
	}
	rules = config_parse(text, len, path, faults);
	if (rules == NULL) {
		free(text);
		return NULL;
	}
	out = show_rules(rules, text, len, path);
	if (out == NULL)
		fault_add(faults, FAULT_ERROR, path, 0, "", "out of memory");
	ruleset_unref(&rules);
	return out;
}
