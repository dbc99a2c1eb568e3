/* reader: walks the JSON values and the schema side by side.
 * Members are read in the order of the file, so their places in the text are found by walking along, without a search. */
#include "config/reader.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "common/addrpat.h"
#include "common/answerpat.h"
#include "common/dnsserver.h"
#include "common/namepat.h"
#include "common/template.h"
#include "config/duration.h"
#include "config/nearest.h"
#include "config/profile.h"
#include "config/textfile.h"
#include "config/value.h"

enum { PATTERNS_MAX = 500000, TEXT_MAX_BYTES = 1000, SENTENCE_BYTES = 256 };

static const char comment_key[] = "//";

/* --- faults --- */

static void path_of(const struct node *node, struct text *out)
{
	if (node->up == NULL)
		return;
	path_of(node->up, out);
	if (node->key == NULL)
		text_add(out, "[%zu]", node->index);
	else
		text_add(out, "%s%.40s", node->up->up == NULL ? "" : ".", node->key);
}

static void fault_at(struct reader *reader, enum fault_level level, const struct node *node, const char *sentence)
{
	char buf[LOCATE_PATH_BYTES];
	struct text path = text_over(buf, sizeof buf);

	path_of(node, &path);
	fault_add(reader->faults, level, reader->file, locate_line(&reader->places, node->place), buf, "%s", sentence);
}

void reader_error(struct reader *reader, const struct node *node, const char *format, ...)
{
	char sentence[2 * SENTENCE_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	fault_at(reader, FAULT_ERROR, node, sentence);
}

void reader_warning(struct reader *reader, const struct node *node, const char *format, ...)
{
	char sentence[2 * SENTENCE_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	fault_at(reader, FAULT_WARNING, node, sentence);
}

static void out_of_memory(struct reader *reader, const struct node *node)
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

static void wrong_type(struct reader *reader, const struct node *node, const char *expected)
{
	reader_error(reader, node, "must be %s, not %s", expected, kind_of(node->value));
}

/* Looking for what was meant costs more than the fault itself: not for faults that nobody will see. */
static bool is_worth_a_guess(const struct reader *reader)
{
	return reader->faults->n < FAULTS_MAX;
}

/* --- single values --- */

static void read_bool(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	(void)row;
	if (json_is_boolean(node->value))
		*(bool *)field = json_is_true(node->value);
	else
		wrong_type(reader, node, "true or false");
}

static void read_int(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	json_int_t value;

	if (!json_is_integer(node->value)) {
		wrong_type(reader, node, "a whole number");
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
		wrong_type(reader, node, "a duration in quotes, such as \"30s\"");
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
		wrong_type(reader, node, "a text in quotes");
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
		out_of_memory(reader, node);
	else
		*(const char **)field = copy;
}

static void read_mode(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	const char *text = json_string_value(node->value);
	struct errmsg err;

	(void)row;
	if (text == NULL)
		wrong_type(reader, node, "an octal mode in quotes, such as \"0660\"");
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
		wrong_type(reader, node, "a server in quotes, such as \"127.0.0.1:53\", or \"*\"");
		return;
	}
	if (strcmp(text, "*") != 0) {
		server = arena_alloc(reader->arena, sizeof *server);
		if (server == NULL) {
			out_of_memory(reader, node);
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
		if (w->later)
			continue;
		text_add(&sentence, "%s\"%s\"", between, w->word);
		between = ", ";
		if (is_worth_a_guess(reader))
			nearest_offer(&nearest, w->word);
	}
	if (nearest.best != NULL)
		text_add(&sentence, "; did you mean \"%s\"?", nearest.best);
	reader_error(reader, node, "%s", buf);
}

static const struct schema_word *read_one_word(struct reader *reader, const struct node *node,
					       const struct schema_row *row)
{
	const char *text = json_string_value(node->value);

	if (text == NULL) {
		wrong_type(reader, node, row->table != NULL ? "a word in quotes or an object" : "a word in quotes");
		return NULL;
	}
	for (const struct schema_word *w = row->words; w->word != NULL; w++) {
		if (strcmp(w->word, text) != 0)
			continue;
		if (!w->later)
			return w;
		reader_error(reader, node, "\"%s\" is not supported by this version", text);
		return NULL;
	}
	no_such_word(reader, node, row, text);
	return NULL;
}

static void read_word(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	const struct schema_word *word = read_one_word(reader, node, row);

	if (word != NULL)
		*(int *)field = word->value;
}

/* --- arrays --- */

static struct node first_element(const struct reader *reader, const struct node *array)
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

/* False: not an array, or too few or too many elements. */
static bool check_array(struct reader *reader, const struct node *node, const struct schema_row *row)
{
	size_t n = json_array_size(node->value);

	if (!json_is_array(node->value)) {
		wrong_type(reader, node, "an array: [...]");
		return false;
	}
	if (n < (size_t)row->min) {
		reader_error(reader, node, "must not be empty");
		return false;
	}
	if (n > (size_t)row->max) {
		reader_error(reader, node, "holds %zu elements, more than %lld", n, (long long)row->max);
		return false;
	}
	return true;
}

static void read_object(struct reader *reader, const struct node *node, const struct schema_table *table, void *object);

static void read_words(struct reader *reader, const struct node *node, const struct schema_row *row, void *object)
{
	unsigned *field = (unsigned *)(void *)((char *)object + row->at), set = 0;
	bool good = true, has_object = false;

	if (!check_array(reader, node, row))
		return;
	for (struct node element = first_element(reader, node); element.value != NULL; reader_next(reader, &element)) {
		const struct schema_word *word;

		if (row->table != NULL && json_is_object(element.value)) {
			if (has_object)
				reader_error(reader, &element, "only one object can stand here");
			else
				read_object(reader, &element, row->table, object);
			has_object = true;
			continue;
		}
		word = read_one_word(reader, &element, row);
		if (word == NULL)
			good = false;
		else if ((set & (unsigned)word->value) != 0)
			reader_warning(reader, &element, "\"%s\" stands here twice", word->word);
		set |= word == NULL ? 0 : (unsigned)word->value;
	}
	if (good)
		*field = set;
}

/* --- arrays of what one text describes: patterns, servers --- */

struct element_type {
	size_t size_bytes;
	bool (*parse)(void *out, const char *text, struct arena *arena, struct errmsg *err);
	bool from_files;             /* "file:NAME" stands for the lines of a file */
};

static bool parse_addrpat(void *out, const char *text, struct arena *arena, struct errmsg *err)
{
	(void)arena;
	return addrpat_parse(out, text, err);
}

static bool parse_answerpat(void *out, const char *text, struct arena *arena, struct errmsg *err)
{
	(void)arena;
	return answerpat_parse(out, text, err);
}

static bool parse_server(void *out, const char *text, struct arena *arena, struct errmsg *err)
{
	(void)arena;
	return dnsserver_parse(out, text, err);
}

static bool parse_namepat(void *out, const char *text, struct arena *arena, struct errmsg *err)
{
	return namepat_parse(out, text, arena, err);
}

static bool parse_name(void *out, const char *text, struct arena *arena, struct errmsg *err)
{
	const char *copy = arena_strdup(arena, text);

	if (copy == NULL)
		errmsg_set(err, "out of memory");
	*(const char **)out = copy;
	return copy != NULL;
}

static const struct element_type addrpats = { sizeof(struct addrpat), parse_addrpat, true };
static const struct element_type answerpats = { sizeof(struct answerpat), parse_answerpat, true };
static const struct element_type namepats = { sizeof(struct namepat), parse_namepat, true };
static const struct element_type names = { sizeof(const char *), parse_name, false };
static const struct element_type servers = { sizeof(struct dnsserver), parse_server, false };

/* A growing array on the heap, of any type. */
struct elements {
	const struct element_type *type;
	struct arena *arena;         /* for what an element points to */
	bool (*check)(const char *text, struct errmsg *err);   /* of one text; NULL: the parser's own suffices */
	unsigned char *bytes;
	size_t n, room, max;
};

static void *elements_add(struct elements *elements)
{
	if (elements->n == elements->room) {
		size_t room = elements->room == 0 ? 16 : elements->room * 2;
		unsigned char *bytes = realloc(elements->bytes, room * elements->type->size_bytes);

		if (bytes == NULL)
			return NULL;
		elements->bytes = bytes;
		elements->room = room;
	}
	return elements->bytes + elements->n++ * elements->type->size_bytes;
}

/* False: `err` says why. */
static bool parse_one(struct elements *elements, const char *text, struct errmsg *err)
{
	void *slot;

	if (elements->n >= elements->max) {
		errmsg_set(err, "more than %zu in all", elements->max);
		return false;
	}
	if (elements->check != NULL && !elements->check(text, err))
		return false;
	slot = elements_add(elements);
	if (slot == NULL) {
		errmsg_set(err, "out of memory");
		return false;
	}
	memset(slot, 0, elements->type->size_bytes);
	if (elements->type->parse(slot, text, elements->arena, err))
		return true;
	elements->n--;
	return false;
}

/* What is left of a line without its comment and the blanks around. */
static char *trim_line(char *line)
{
	char *end;

	line[strcspn(line, "#")] = '\0';
	line += strspn(line, " \t");
	end = line + strlen(line);
	while (end > line && strchr(" \t\r", end[-1]) != NULL)
		end--;
	*end = '\0';
	return line;
}

static void parse_lines(struct reader *reader, const struct node *node, struct elements *elements, const char *name,
			char *lines)
{
	char buf[LOCATE_PATH_BYTES];
	struct text path = text_over(buf, sizeof buf);
	unsigned number = 0;

	path_of(node, &path);
	for (char *line = strsep(&lines, "\n"); line != NULL; line = strsep(&lines, "\n")) {
		const char *text = trim_line(line);
		struct errmsg err;

		number++;
		if (text[0] != '\0' && !parse_one(elements, text, &err))
			fault_add(reader->faults, FAULT_ERROR, name, number, buf, "%s", err.text);
	}
}

/* A relative name is relative to the directory of the configuration. NULL: out of memory. */
static char *path_beside(const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');
	int dir_len = name[0] == '/' || slash == NULL ? 0 : (int)(slash + 1 - file);
	char *path = NULL;

	return asprintf(&path, "%.*s%s", dir_len, file, name) < 0 ? NULL : path;
}

/* False: files hold enough as it is, and the fault is told. */
static bool has_file_room(struct reader *reader, const struct node *node)
{
	if (reader->file_bytes <= READER_FILES_BYTES)
		return true;
	reader_error(reader, node, "pattern files hold more than %d MiB in all", READER_FILES_BYTES >> 20);
	return false;
}

/* The text of "file:NAME"; free() it. NULL: the fault is told. */
static char *read_named_file(struct reader *reader, const struct node *node, const char *name)
{
	struct errmsg err;
	char *path, *text;
	size_t len;

	if (!has_file_room(reader, node))
		return NULL;
	path = path_beside(reader->file, name);
	if (path == NULL) {
		out_of_memory(reader, node);
		return NULL;
	}
	text = textfile_read(path, &len, &err);
	free(path);
	if (text == NULL)
		reader_error(reader, node, "%.100s: %s", name, err.text);
	else
		reader->file_bytes += len;
	return text;
}

static const char file_scheme[] = "file:";

static bool names_file(const char *text)
{
	return strncmp(text, file_scheme, sizeof file_scheme - 1) == 0;
}

static void read_pattern_file(struct reader *reader, const struct node *node, struct elements *elements, const char *name)
{
	char *lines = read_named_file(reader, node, name);

	if (lines == NULL)
		return;
	parse_lines(reader, node, elements, name, lines);
	free(lines);
}

/* The only line of the file that is neither blank nor a comment; NULL: there is none, or another. */
static const char *only_line(char *lines)
{
	const char *found = NULL;

	for (char *line = strsep(&lines, "\n"); line != NULL; line = strsep(&lines, "\n")) {
		line = trim_line(line);
		if (line[0] == '\0')
			continue;
		if (found != NULL)
			return NULL;
		found = line;
	}
	return found;
}

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
		out_of_memory(reader, node);
	else
		*(const char **)field = copy;
}

static void read_secret(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	const char *text = json_string_value(node->value), *secret;
	char *lines;

	if (text == NULL) {
		wrong_type(reader, node, "a text in quotes");
		return;
	}
	if (!names_file(text)) {
		keep_secret(reader, node, row, text, field);
		return;
	}
	lines = read_named_file(reader, node, text + sizeof file_scheme - 1);
	if (lines == NULL)
		return;
	secret = only_line(lines);
	if (secret == NULL)
		reader_error(reader, node, "the file must hold one line");
	else
		keep_secret(reader, node, row, secret, field);
	free(lines);
}

static void read_element(struct reader *reader, const struct node *node, struct elements *elements)
{
	const char *text = json_string_value(node->value);
	struct errmsg err;

	if (text == NULL)
		wrong_type(reader, node, "a text in quotes");
	else if (elements->type->from_files && names_file(text))
		read_pattern_file(reader, node, elements, text + sizeof file_scheme - 1);
	else if (!parse_one(elements, text, &err))
		reader_error(reader, node, "%s", err.text);
}

/* True: all of the array is there; free(elements->bytes) in any case. */
static bool read_elements(struct reader *reader, const struct node *node, const struct schema_row *row,
			  struct elements *elements)
{
	size_t errors = reader->faults->n_errors;

	elements->max = elements->type->from_files ? PATTERNS_MAX : (size_t)row->max;
	elements->arena = reader->arena;
	elements->check = row->check;
	if (!check_array(reader, node, row))
		return false;
	for (struct node element = first_element(reader, node); element.value != NULL; reader_next(reader, &element))
		read_element(reader, &element, elements);
	return errors == reader->faults->n_errors;
}

static void set_array(void *object, const struct schema_row *row, const void *array, size_t n)
{
	memcpy((char *)object + row->at, &array, sizeof array);
	memcpy((char *)object + row->count_at, &n, sizeof n);
}

static void read_element_array(struct reader *reader, const struct node *node, const struct schema_row *row, void *object,
			       const struct element_type *type)
{
	struct elements elements = { .type = type };
	void *copy;

	if (read_elements(reader, node, row, &elements)) {
		copy = arena_alloc_n(reader->arena, elements.n, type->size_bytes);
		if (copy == NULL) {
			out_of_memory(reader, node);
		} else {
			if (elements.n > 0)
				memcpy(copy, elements.bytes, elements.n * type->size_bytes);
			set_array(object, row, copy, elements.n);
		}
	}
	free(elements.bytes);
}

static void read_addrset(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	struct elements elements = { .type = &addrpats };

	if (read_elements(reader, node, row, &elements) && elements.n > 0 &&
	    !addrset_build(field, (const struct addrpat *)(const void *)elements.bytes, elements.n, reader->arena))
		out_of_memory(reader, node);
	free(elements.bytes);
}

static void read_nameset(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	struct elements elements = { .type = &namepats };

	if (read_elements(reader, node, row, &elements) &&
	    !nameset_build(field, (const struct namepat *)(const void *)elements.bytes, elements.n, reader->arena))
		out_of_memory(reader, node);
	free(elements.bytes);
}

/* One pattern where an array of them would say more than is meant. */
static void read_pattern(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	const char *text = json_string_value(node->value);
	struct errmsg err;

	if (text == NULL)
		wrong_type(reader, node, "a pattern in quotes");
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
		wrong_type(reader, node, "an answer pattern in quotes, such as \"127.0.0.2\"");
	else if (!answerpat_parse(field, text, &err))
		reader_error(reader, node, "%s", err.text);
}

/* --- objects --- */

static void read_objects(struct reader *reader, const struct node *node, const struct schema_row *row, void *object)
{
	size_t n = json_array_size(node->value), size = row->table->size_bytes;
	char *array;

	if (!check_array(reader, node, row))
		return;
	array = arena_alloc_n(reader->arena, n, size);
	if (array == NULL) {
		out_of_memory(reader, node);
		return;
	}
	for (struct node element = first_element(reader, node); element.value != NULL; reader_next(reader, &element))
		read_object(reader, &element, row->table, array + element.index * size);
	set_array(object, row, array, n);
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
		wrong_type(reader, node, "true, false or an object: {...}");
	}
}

static void read_value(struct reader *reader, const struct node *node, const struct schema_row *row, void *object)
{
	void *field = (char *)object + row->at;

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
	case SCHEMA_TEXT:
	case SCHEMA_TEMPLATE:
	case SCHEMA_ZONE:
	case SCHEMA_QUERY:
	case SCHEMA_PROFILE:
	case SCHEMA_SOCKET:
		read_text(reader, node, row, field);
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
	case SCHEMA_WORDS:
		read_words(reader, node, row, object);
		break;
	case SCHEMA_ADDRSET:
		read_addrset(reader, node, row, field);
		break;
	case SCHEMA_NAMESET:
		read_nameset(reader, node, row, field);
		break;
	case SCHEMA_ADDRPAT:
	case SCHEMA_NAMEPAT:
		read_pattern(reader, node, row, field);
		break;
	case SCHEMA_NAMES:
		read_element_array(reader, node, row, object, &names);
		break;
	case SCHEMA_ANSWERPAT:
		read_answerpat(reader, node, row, field);
		break;
	case SCHEMA_ANSWERPATS:
		read_element_array(reader, node, row, object, &answerpats);
		break;
	case SCHEMA_SERVER:
		read_server(reader, node, row, field);
		break;
	case SCHEMA_SERVERS:
		read_element_array(reader, node, row, object, &servers);
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
		out_of_memory(reader, &member);
	else
		read_value(reader, &member, row, object);
	json_decref(member.value);
}

static void unknown_key(struct reader *reader, const struct node *node, const struct schema_table *table)
{
	struct nearest nearest = nearest_to(node->key);

	for (size_t i = 0; i < table->n_rows && is_worth_a_guess(reader); i++)
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
	struct reader inner = { .file = path, .faults = reader->faults, .arena = reader->arena, .is_profile = true,
				.file_bytes = reader->file_bytes + len };
	struct node root = { .key = NULL };
	uint64_t seen = 0;

	if (reader_open(&inner, text, len)) {
		root.value = inner.root;
		if (json_is_object(root.value))
			seen = read_members(&inner, &root, table, object);
		else
			wrong_type(&inner, &root, "an object: {...}");
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
	if (name == NULL || !row->check(name, NULL) || !has_file_room(reader, &member))
		return 0;                      /* told when the key itself is read */
	text = profile_read(reader->file, name, &path, &len, &err);
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
		wrong_type(reader, node, "an object: {...}");
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

/* --- the text --- */

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
		errmsg_set(err, "this is not JSON: %s", error->text);
		return err->text;
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

void reader_read(struct reader *reader, const struct schema_table *table, void *object)
{
	struct node root = { .value = reader->root };

	read_object(reader, &root, table, object);
}

void reader_defaults(struct reader *reader, const struct schema_table *table, void *object)
{
	struct node root = { .value = json_object(), .place = SIZE_MAX };

	if (root.value == NULL)
		out_of_memory(reader, &root);
	else
		read_object(reader, &root, table, object);
	json_decref(root.value);
}

/* --- for finish() --- */

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
