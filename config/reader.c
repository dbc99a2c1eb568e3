/* reader: a text as JSON with the place of every value, and faults at these places. */
#include "config/reader.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SENTENCE_BYTES = 512 };

/* --- faults --- */

void reader_path(const struct node *node, struct text *out)
{
	if (node->up == NULL)
		return;
	reader_path(node->up, out);
	if (node->key == NULL)
		text_add(out, "[%zu]", node->index);
	else
		text_add(out, "%s%.40s", node->up->up == NULL ? "" : ".", node->key);
}

static void fault_at(struct reader *reader, enum fault_level level, const struct node *node, const char *sentence)
{
	char buf[LOCATE_PATH_BYTES];
	struct text path = text_over(buf, sizeof buf);

	reader_path(node, &path);
	fault_add(reader->faults, level, reader->file, locate_line(&reader->places, node->place), buf, "%s", sentence);
}

void reader_error(struct reader *reader, const struct node *node, const char *format, ...)
{
	char sentence[SENTENCE_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	fault_at(reader, FAULT_ERROR, node, sentence);
}

void reader_warning(struct reader *reader, const struct node *node, const char *format, ...)
{
	char sentence[SENTENCE_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	fault_at(reader, FAULT_WARNING, node, sentence);
}

void reader_out_of_memory(struct reader *reader, const struct node *node)
{
	reader_error(reader, node, "out of memory");
}

static const char *kind_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a text";
	case JSON_INTEGER:
		return "a number";
	case JSON_REAL:
		return "a number with a fraction";
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	case JSON_NULL:
		return "null";
	}
	return "something else";
}

void reader_wrong_type(struct reader *reader, const struct node *node, const char *expected)
{
	reader_error(reader, node, "must be %s, not %s", expected, kind_of(node->value));
}

bool reader_wants_guesses(const struct reader *reader)
{
	return reader->faults->n < FAULTS_MAX;
}

/* --- the text --- */

/* Without the "near ..." of the library: what is near may be a secret, and faults are logged. */
static const char *not_json(const json_error_t *error, struct errmsg *err)
{
	const char *near = strstr(error->text, " near '");

	errmsg_set(err, "this is not JSON: %.*s", near != NULL ? (int)(near - error->text) : (int)sizeof error->text, error->text);
	return err->text;
}

static const char *sentence_of(const json_error_t *error, struct errmsg *err)
{
	switch (json_error_code(error)) {
	case json_error_duplicate_key:
		return "this key stands here twice";
	case json_error_invalid_utf8:
		return "not UTF-8";
	case json_error_numeric_overflow:
		return "this number is too large";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "a text cannot hold a NUL character";
	case json_error_out_of_memory:
		return "out of memory";
	default:
		return not_json(error, err);
	}
}

/* The library found a fault in what locate_build() does not look at: inside strings and numbers, or a key again. */
static void fault_of_library(struct reader *reader, const char *text, size_t len, const json_error_t *error)
{
	char buf[LOCATE_PATH_BYTES];
	struct text path = text_over(buf, sizeof buf);
	struct errmsg err;

	locate_path_at(text, len, error->position < 0 ? 0 : (size_t)error->position, &path);
	fault_add(reader->faults, FAULT_ERROR, reader->file, error->line < 1 ? 1 : (unsigned)error->line, buf, "%s",
		  sentence_of(error, &err));
}

static void fault_of_grammar(struct reader *reader, const struct locate_break *where)
{
	fault_add(reader->faults, FAULT_ERROR, reader->file, where->line, where->path, "%s", where->why.text);
}

/* Both stopped: the first fault is the true one, for it may have caused the other. */
static bool is_about_grammar(const json_error_t *error, const struct locate_break *where)
{
	switch (json_error_code(error)) {
	case json_error_premature_end_of_input:
		return true;
	case json_error_invalid_syntax:
	case json_error_end_of_input_expected:
		return error->position >= 0 && where->offset <= (size_t)error->position;
	default:
		return false;
	}
}

bool reader_open(struct reader *reader, char *text, size_t len)
{
	struct locate_break where;
	bool good = locate_build(&reader->places, text, len, &where);
	json_error_t error;

	if (!good && where.over_limit) {
		fault_of_grammar(reader, &where);
		return false;
	}
	reader->root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (reader->root != NULL && good)
		return true;
	if (!good && (reader->root != NULL || is_about_grammar(&error, &where)))
		fault_of_grammar(reader, &where);
	else
		fault_of_library(reader, text, len, &error);
	return false;
}

void reader_close(struct reader *reader)
{
	json_decref(reader->root);
	reader->root = NULL;
	locate_free(&reader->places);
}

/* --- nodes --- */

struct node reader_first(const struct reader *reader, const struct node *array)
{
	return (struct node){ .up = array, .place = locate_part(&reader->places, array->place, 0),
			      .value = json_array_get(array->value, 0) };
}

void reader_next(const struct reader *reader, struct node *element)
{
	element->index++;
	if (element->up->value == NULL)
		return;                /* of a profile's: see reader_element() */
	element->place = locate_next(&reader->places, element->place);
	element->value = json_array_get(element->up->value, element->index);
}

void reader_member(const struct reader *reader, const struct node *node, const char *key, struct node *out)
{
	struct node member = { .up = node, .place = locate_part(&reader->places, node->place, 0) };

	json_object_foreach(node->value, member.key, member.value) {
		if (strcmp(member.key, key) == 0) {
			*out = member;
			return;
		}
		member.place = locate_next(&reader->places, member.place);
	}
	*out = (struct node){ .up = node, .key = key, .place = node->place };
}

void reader_element(const struct reader *reader, const struct node *node, size_t index, struct node *out)
{
	size_t place = node->value == NULL ? SIZE_MAX : locate_part(&reader->places, node->place, index);

	*out = (struct node){ .up = node, .index = index, .value = json_array_get(node->value, index),
			      .place = place == SIZE_MAX ? node->place : place };
}
