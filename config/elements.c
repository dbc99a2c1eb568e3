/* elements: arrays of what one text describes, patterns and servers, and the files that hold more of them. */
#include "config/elements.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/addrpat.h"
#include "common/answerpat.h"
#include "common/arena.h"
#include "common/dnsserver.h"
#include "common/namepat.h"
#include "config/namedfile.h"

enum { PATTERNS_MAX = 500000 };

/* --- types of elements --- */

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
static const struct element_type namepats = { sizeof(struct namepat), parse_namepat, true };
static const struct element_type answerpats = { sizeof(struct answerpat), parse_answerpat, true };
static const struct element_type names = { sizeof(const char *), parse_name, false };
static const struct element_type servers = { sizeof(struct dnsserver), parse_server, false };

/* --- a growing array --- */

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

/* --- reading --- */

bool elements_check(struct reader *reader, const struct node *node, const struct schema_row *row)
{
	size_t n = json_array_size(node->value);

	if (!json_is_array(node->value)) {
		reader_wrong_type(reader, node, "an array: [...]");
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

void elements_set(void *object, const struct schema_row *row, const void *array, size_t n)
{
	memcpy((char *)object + row->at, &array, sizeof array);
	memcpy((char *)object + row->count_at, &n, sizeof n);
}

static void parse_lines(struct reader *reader, const struct node *node, struct elements *elements, const char *name,
			char *lines)
{
	char buf[LOCATE_PATH_BYTES];
	struct text path = text_over(buf, sizeof buf);
	unsigned number = 0;

	reader_path(node, &path);
	for (char *line = strsep(&lines, "\n"); line != NULL; line = strsep(&lines, "\n")) {
		const char *text = namedfile_trim(line);
		struct errmsg err;

		number++;
		if (text[0] != '\0' && !parse_one(elements, text, &err))
			fault_add(reader->faults, FAULT_ERROR, name, number, buf, "%s", err.text);
	}
}

static void read_pattern_file(struct reader *reader, const struct node *node, struct elements *elements, const char *name)
{
	char *lines = namedfile_read(reader, node, name);

	if (lines == NULL)
		return;
	parse_lines(reader, node, elements, name, lines);
	free(lines);
}

static void read_element(struct reader *reader, const struct node *node, struct elements *elements)
{
	const char *text = json_string_value(node->value), *name = NULL;
	struct errmsg err;

	if (text != NULL && elements->type->from_files)
		name = namedfile_name(text);
	if (text == NULL)
		reader_wrong_type(reader, node, "a text in quotes");
	else if (name != NULL)
		read_pattern_file(reader, node, elements, name);
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
	if (!elements_check(reader, node, row))
		return false;
	for (struct node element = reader_first(reader, node); element.value != NULL; reader_next(reader, &element))
		read_element(reader, &element, elements);
	return errors == reader->faults->n_errors;
}

static void read_array(struct reader *reader, const struct node *node, const struct schema_row *row, void *object,
		       const struct element_type *type)
{
	struct elements elements = { .type = type };
	void *copy;

	if (read_elements(reader, node, row, &elements)) {
		copy = arena_alloc_n(reader->arena, elements.n, type->size_bytes);
		if (copy == NULL) {
			reader_out_of_memory(reader, node);
		} else {
			if (elements.n > 0)
				memcpy(copy, elements.bytes, elements.n * type->size_bytes);
			elements_set(object, row, copy, elements.n);
		}
	}
	free(elements.bytes);
}

static void read_addrset(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	struct elements elements = { .type = &addrpats };

	if (read_elements(reader, node, row, &elements) && elements.n > 0 &&
	    !addrset_build(field, (const struct addrpat *)(const void *)elements.bytes, elements.n, reader->arena))
		reader_out_of_memory(reader, node);
	free(elements.bytes);
}

static void read_nameset(struct reader *reader, const struct node *node, const struct schema_row *row, void *field)
{
	struct elements elements = { .type = &namepats };

	if (read_elements(reader, node, row, &elements) &&
	    !nameset_build(field, (const struct namepat *)(const void *)elements.bytes, elements.n, reader->arena))
		reader_out_of_memory(reader, node);
	free(elements.bytes);
}

void elements_read(struct reader *reader, const struct node *node, const struct schema_row *row, void *object)
{
	void *field = (char *)object + row->at;

	switch (row->type) {
	case SCHEMA_ADDRSET:
		read_addrset(reader, node, row, field);
		break;
	case SCHEMA_NAMESET:
		read_nameset(reader, node, row, field);
		break;
	case SCHEMA_NAMES:
		read_array(reader, node, row, object, &names);
		break;
	case SCHEMA_ANSWERPATS:
		read_array(reader, node, row, object, &answerpats);
		break;
	case SCHEMA_SERVERS:
		read_array(reader, node, row, object, &servers);
		break;
	default:
		break;
	}
}
