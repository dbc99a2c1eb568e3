/* Tests of schema: every row of the table is driven through the whole configuration at both sides of its limits, with every
 * word and with its own default. A new row is tested without a line here. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/duration.h"
#include "config/mdoc.h"
#include "config/schema.h"
#include "t/unit/suites.h"

enum { JSON_BYTES = 4096, PATH_BYTES = 128 };

/* The way to a row: what stands around its "key": value in a file, and its path in faults. */
struct way {
	char before[JSON_BYTES], after[JSON_BYTES], path[PATH_BYTES];
	size_t at;         /* of the table's struct in struct ruleset... */
	bool in_array;     /* ...which means nothing in here */
};

typedef void visit_fn(const struct schema_row *row, const struct way *way);

/* A value for each required key. */
static const char *sample(const struct schema_row *row)
{
	switch (row->type) {
	case SCHEMA_ZONE:
		return "\"bl.example\"";
	case SCHEMA_ANSWERPAT:
		return "\"127.0.0.2\"";
	case SCHEMA_WORDS:
		return "[\"flag\"]";
	default:
		return "\"sample\"";
	}
}

/* A list needs its name and its zone, unless a profile has them. */
static bool is_required(const struct schema_row *row)
{
	return row->required || row->type == SCHEMA_ZONE || strcmp(row->key, "name") == 0;
}

static void add_required(struct text *out, const struct schema_table *table, const struct schema_row *but)
{
	for (size_t i = 0; i < table->n_rows; i++)
		if (is_required(&table->rows[i]) && &table->rows[i] != but)
			text_add(out, "\"%s\": %s, ", table->rows[i].key, sample(&table->rows[i]));
}

static struct way way_into(const struct way *outer, const struct schema_table *table, const struct schema_row *row)
{
	struct way way = *outer;
	bool array = row->type == SCHEMA_OBJECTS || row->type == SCHEMA_WORDS;
	struct text before = text_over(way.before, sizeof way.before), after = text_over(way.after, sizeof way.after);
	struct text path = text_over(way.path, sizeof way.path);

	text_add_str(&before, outer->before);
	add_required(&before, table, row);
	text_add(&before, "\"%s\": %s", row->key, array ? "[{" : "{");
	text_add(&after, "%s%s", array ? "}]" : "}", outer->after);
	text_add(&path, "%s%s%s.", outer->path, row->key, array ? "[0]" : "");
	way.at += row->at;
	way.in_array |= array;
	return way;
}

static void walk(const struct schema_table *table, const struct way *way, visit_fn *visit)
{
	for (size_t i = 0; i < table->n_rows; i++) {
		const struct schema_row *row = &table->rows[i];
		struct way here = *way;
		struct text before = text_over(here.before, sizeof here.before);
		struct text path = text_over(here.path, sizeof here.path);

		text_add_str(&before, way->before);
		add_required(&before, table, row);
		text_add(&path, "%s%s", way->path, row->key);
		visit(row, &here);
		if (row->table != NULL) {
			struct way inner = way_into(way, table, row);

			walk(row->table, &inner, visit);
		}
	}
}

static void walk_all(visit_fn *visit)
{
	struct way way = { "{", "}", "", 0, false };

	walk(&schema_root, &way, visit);
}

/* The configuration with this value for the row. NULL when it is refused. */
static struct ruleset *parse_with(const struct schema_row *row, const struct way *way, const char *value,
				  struct faults *faults)
{
	char json[3 * JSON_BYTES];
	int len = snprintf(json, sizeof json, "%s\"%s\": %s%s", way->before, row->key, value, way->after);

	faults_init(faults);
	return config_parse(json, (size_t)len, "t.json", faults);
}

/* The text of the first error at the path, NULL without one. */
static const char *error_at(const struct faults *faults, const char *path)
{
	for (size_t i = 0; i < faults->n; i++)
		if (faults->item[i].level == FAULT_ERROR && strcmp(faults->item[i].path, path) == 0)
			return faults->item[i].text;
	return NULL;
}

static void expect(const struct schema_row *row, const struct way *way, const char *value, const char *why)
{
	struct faults faults;
	struct ruleset *rules = parse_with(row, way, value, &faults);
	const char *found = error_at(&faults, way->path);

	if (why == NULL)
		ck_assert_msg(found == NULL || strstr(found, " than ") == NULL, "%s: %s: %s", way->path, value, found);
	else
		ck_assert_msg(rules == NULL && found != NULL && strstr(found, why) != NULL, "%s: %s: %s", way->path, value,
			      found == NULL ? "no fault" : found);
	ck_assert((rules == NULL) == (faults.n_errors > 0));
	ruleset_unref(&rules);
	faults_clear(&faults);
}

/* --- limits --- */

static void expect_int(const struct schema_row *row, const struct way *way, int64_t value, const char *why)
{
	char text[32];

	snprintf(text, sizeof text, "%" PRId64, value);
	expect(row, way, text, why);
}

static void expect_ms(const struct schema_row *row, const struct way *way, int64_t ms, const char *why)
{
	char text[32];

	snprintf(text, sizeof text, "\"%" PRId64 "ms\"", ms);
	expect(row, way, text, why);
}

static size_t n_ranged;

static void visit_limits(const struct schema_row *row, const struct way *way)
{
	if (row->type == SCHEMA_INT) {
		expect_int(row, way, row->min - 1, "is less than");
		expect_int(row, way, row->min, NULL);
		expect_int(row, way, row->max, NULL);
		expect_int(row, way, row->max + 1, "is more than");
		expect_int(row, way, INT64_C(4294967296) + row->min, "is more than");   /* does not wrap */
		expect_int(row, way, INT64_MAX, "is more than");
		expect_int(row, way, INT64_MIN, "is less than");
	} else if (row->type == SCHEMA_DURATION) {
		expect_ms(row, way, row->min / DURATION_MS - 1, "is less than");
		expect_ms(row, way, row->min / DURATION_MS, NULL);
		expect_ms(row, way, row->max / DURATION_MS, NULL);
		expect_ms(row, way, row->max / DURATION_MS + 1, "is more than");
		expect(row, way, "\"never\"", row->never ? NULL : "never");
		expect(row, way, "\"5\"", "needs a unit");
	} else {
		return;
	}
	n_ranged++;
}

START_TEST(limits_hold_on_both_sides)
{
	walk_all(visit_limits);
	ck_assert_uint_ge(n_ranged, 15);
}
END_TEST

/* --- words --- */

static void visit_words(const struct schema_row *row, const struct way *way)
{
	bool set = row->type == SCHEMA_WORDS;
	char text[100];

	if (row->words == NULL)
		return;
	ck_assert(set || row->type == SCHEMA_WORD);
	for (const struct schema_word *w = row->words; w->word != NULL; w++) {
		struct faults faults;
		struct ruleset *rules;
		char path[PATH_BYTES + 8];

		snprintf(text, sizeof text, set ? "[\"%s\"]" : "\"%s\"", w->word);
		snprintf(path, sizeof path, "%s%s", way->path, set ? "[0]" : "");
		rules = parse_with(row, way, text, &faults);
		ck_assert_msg(rules != NULL, "%s: %s", path, text);
		if (!set && !way->in_array)
			ck_assert_int_eq(*(const int *)(const void *)((const char *)rules + way->at + row->at), w->value);
		ruleset_unref(&rules);
		faults_clear(&faults);
	}
	if (!set) {
		expect(row, way, "\"no-such-word\"", "is none of");
		expect(row, way, "\"\"", "is none of");
		expect(row, way, "[]", "must be a word in quotes, not an array");
	} else {
		expect(row, way, "\"client\"", "must be an array");
		expect(row, way, "[]", row->min > 0 ? "must not be empty" : NULL);
	}
}

START_TEST(every_word_is_taken)
{
	walk_all(visit_words);
}
END_TEST

/* --- types --- */

static bool is_boolean(enum schema_type type)
{
	return type == SCHEMA_BOOL || type == SCHEMA_SWITCH;
}

static bool is_number(enum schema_type type)
{
	return type == SCHEMA_INT;
}

static bool is_object(enum schema_type type)
{
	return type == SCHEMA_OBJECT || type == SCHEMA_SWITCH;
}

static bool is_array(enum schema_type type)
{
	return type == SCHEMA_OBJECTS || type == SCHEMA_WORDS || type == SCHEMA_ADDRSET || type == SCHEMA_ANSWERPATS ||
	       type == SCHEMA_SERVERS || type == SCHEMA_NAMESET || type == SCHEMA_NAMES;
}

static bool is_text(enum schema_type type)
{
	return !is_boolean(type) && !is_number(type) && !is_object(type) && !is_array(type);
}

static bool is_none(enum schema_type type)
{
	(void)type;
	return false;
}

static const struct {
	const char *value;
	const char *kind;
	bool (*is_of)(enum schema_type type);
} kinds[] = {
	{ "true", "true", is_boolean },      { "false", "false", is_boolean },  { "1", "a number", is_number },
	{ "1.5", "a number with a fraction", is_none }, { "{}", "an object", is_object }, { "[]", "an array", is_array },
	{ "\"x\"", "a text", is_text },      { "null", "null", is_none },
};

static void visit_types(const struct schema_row *row, const struct way *way)
{
	for (int i = 0; i < ROWS(kinds); i++) {
		char why[100];

		if (kinds[i].is_of(row->type))
			continue;
		snprintf(why, sizeof why, ", not %s", kinds[i].kind);
		expect(row, way, kinds[i].value, why);
	}
	if (is_array(row->type) && row->type != SCHEMA_OBJECTS) {
		struct way element = *way;

		strcat(element.path, "[0]");
		expect(row, &element, "[5]", ", not a number");
	}
}

START_TEST(wrong_types_are_told)
{
	walk_all(visit_types);
}
END_TEST

/* --- defaults --- */

static void same_field(const struct schema_row *row, const struct way *way, const struct ruleset *a, const struct ruleset *b)
{
	const char *left = (const char *)a + way->at + row->at, *right = (const char *)b + way->at + row->at;
	size_t size = row->type == SCHEMA_BOOL ? sizeof(bool) : row->type == SCHEMA_DURATION ? sizeof(int64_t) : sizeof(int);

	if (way->in_array)
		return;
	if (row->type == SCHEMA_TEXT || row->type == SCHEMA_TEMPLATE || row->type == SCHEMA_SOCKET)
		ck_assert_str_eq(*(const char *const *)(const void *)left, *(const char *const *)(const void *)right);
	else if (row->type <= SCHEMA_INT || row->type == SCHEMA_DURATION || row->type == SCHEMA_MODE ||
		 row->type == SCHEMA_WORD || row->type == SCHEMA_WORDS)
		ck_assert_msg(memcmp(left, right, size) == 0, "%s", way->path);
}

static void visit_defaults(const struct schema_row *row, const struct way *way)
{
	struct faults faults;
	struct ruleset *given, *empty;

	if (row->fallback == NULL)
		return;
	faults_init(&faults);
	empty = config_parse("{}", 2, "t.json", &faults);
	faults_clear(&faults);
	given = parse_with(row, way, row->fallback, &faults);
	ck_assert_msg(given != NULL && faults.n_errors == 0, "%s: %s", way->path, faults.n > 0 ? faults.item[0].text : "");
	same_field(row, way, given, empty);
	faults_clear(&faults);
	ruleset_unref(&given);
	ruleset_unref(&empty);
}

START_TEST(a_default_may_be_written_out)
{
	walk_all(visit_defaults);
}
END_TEST

/* --- the rows themselves --- */

static void check_table(const struct schema_table *table)
{
	ck_assert_uint_le(table->n_rows, SCHEMA_ROWS_MAX);
	for (size_t i = 0; i < table->n_rows; i++) {
		const struct schema_row *row = &table->rows[i];

		ck_assert_ptr_eq(schema_row(table, row->key), row);     /* stands once */
		ck_assert_msg(row->min <= row->max, "%s", row->key);
		ck_assert_msg(row->at < table->size_bytes || row->at == 0, "%s", row->key);
		ck_assert_msg(row->required + (row->fallback != NULL) + (row->otherwise != NULL) +
				      (row->type == SCHEMA_OBJECT) == 1, "%s: one of these says what holds without it", row->key);
		ck_assert_msg((row->table != NULL) == (is_object(row->type) || row->type == SCHEMA_OBJECTS) ||
			      row->type == SCHEMA_WORDS, "%s", row->key);
		ck_assert_msg((row->words != NULL) == (row->type == SCHEMA_WORD || row->type == SCHEMA_WORDS), "%s", row->key);
		ck_assert_msg(!is_array(row->type) || row->max > 0, "%s: an array has a limit", row->key);
		ck_assert_msg(row->help != NULL && row->help[strlen(row->help) - 1] == '.', "%s: help", row->key);
		ck_assert_ptr_nonnull(schema_type_text(row->type));
		if (row->table != NULL)
			check_table(row->table);
	}
	ck_assert_ptr_null(schema_row(table, "no such key"));
	ck_assert_ptr_null(schema_row(table, "//"));
}

START_TEST(rows_are_sound)
{
	check_table(&schema_root);
}
END_TEST

/* --- the manual --- */

static char *manual;

static void visit_manual(const struct schema_row *row, const struct way *way)
{
	char item[PATH_BYTES + 16], *out = item;

	out += sprintf(item, ".It Cm ");
	for (const char *in = way->path; *in != '\0'; in++) {
		if (*in >= '0' && *in <= '9' && in[-1] == '[')
			continue;
		*out++ = *in;
	}
	strcpy(out, row->type == SCHEMA_OBJECTS ? "[]\n" : "\n");
	ck_assert_msg(strstr(manual, item) != NULL, "%s", item);
}

START_TEST(the_manual_names_every_key)
{
	size_t len;
	FILE *out = open_memstream(&manual, &len);

	mdoc_print_keys(out);
	fclose(out);
	walk_all(visit_manual);
	ck_assert_ptr_nonnull(strstr(manual, "Duration from 100ms to 9s; default \"5s\".\n"));
	ck_assert_ptr_nonnull(strstr(manual, "Array of \"flag\", \"reject\", \"tempfail\", \"drop\", \"discard\", \"quarantine\",\n"
					       "\"prefix\" and objects; required.\n"));
	ck_assert_ptr_nonnull(strstr(manual, "Whole number from -10000 to 10000; default: those of the list.\n"));
	for (char *line = strtok(manual, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		ck_assert_msg(strlen(line) <= 80, "%s", line);
		ck_assert_msg(line[0] != '.' || strncmp(line, ".It ", 4) == 0 || strncmp(line, ".Bl ", 4) == 0 ||
				      strcmp(line, ".El") == 0, "%s", line);
	}
	free(manual);
}
END_TEST

Suite *schema_suite(void)
{
	Suite *suite = suite_create("schema");
	TCase *tcase = tcase_create("schema");

	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, limits_hold_on_both_sides);
	tcase_add_test(tcase, every_word_is_taken);
	tcase_add_test(tcase, wrong_types_are_told);
	tcase_add_test(tcase, a_default_may_be_written_out);
	tcase_add_test(tcase, rows_are_sound);
	tcase_add_test(tcase, the_manual_names_every_key);
	suite_add_tcase(suite, tcase);
	return suite;
}
