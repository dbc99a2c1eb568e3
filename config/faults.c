/* faults: a bounded list of what is wrong, in the order of the file.
 * All texts pass text_add_foreign() here, so no caller can let a control character through. */
#include "config/faults.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void faults_init(struct faults *faults)
{
	*faults = (struct faults){ 0 };
}

void faults_clear(struct faults *faults)
{
	free(faults->item);
	faults_init(faults);
}

static bool is_same(const struct fault *a, const struct fault *b)
{
	return a->level == b->level && a->line == b->line && strcmp(a->file, b->file) == 0 &&
	       strcmp(a->path, b->path) == 0 && strcmp(a->text, b->text) == 0;
}

static bool is_known(const struct faults *faults, const struct fault *fault)
{
	for (size_t i = 0; i < faults->n; i++)
		if (is_same(&faults->item[i], fault))
			return true;
	return false;
}

static unsigned file_rank(struct faults *faults, const char *file)
{
	for (size_t i = 0; i < faults->n; i++)
		if (strcmp(faults->item[i].file, file) == 0)
			return faults->item[i].file_rank;
	return faults->n_files++;
}

static bool make_room(struct faults *faults)
{
	size_t room = faults->room == 0 ? 8 : faults->room * 2;
	struct fault *item;

	if (faults->n < faults->room)
		return true;
	if (room > FAULTS_MAX)
		room = FAULTS_MAX;
	item = realloc(faults->item, room * sizeof *item);
	if (item == NULL)
		return false;
	faults->item = item;
	faults->room = room;
	return true;
}

static void set_clean(char *buf, size_t size_bytes, const char *foreign)
{
	struct text text = text_over(buf, size_bytes);

	text_add_foreign(&text, foreign, size_bytes - sizeof "...");
}

static void count(struct faults *faults, enum fault_level level)
{
	if (level == FAULT_ERROR)
		faults->n_errors++;
	else
		faults->n_warnings++;
}

void fault_add(struct faults *faults, enum fault_level level, const char *file, unsigned line, const char *path,
	       const char *format, ...)
{
	struct fault fault = { .level = level, .line = line };
	char text[2 * sizeof fault.text];
	va_list args;

	if (faults->n == FAULTS_MAX) {
		count(faults, level);
		faults->n_left_out++;
		return;
	}
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	set_clean(fault.file, sizeof fault.file, file);
	set_clean(fault.path, sizeof fault.path, path);
	set_clean(fault.text, sizeof fault.text, text);
	if (is_known(faults, &fault))
		return;
	count(faults, level);
	if (!make_room(faults)) {
		faults->n_left_out++;
		return;
	}
	fault.file_rank = file_rank(faults, fault.file);
	fault.sequence = faults->n;
	faults->item[faults->n++] = fault;
}

static int compare(const void *left, const void *right)
{
	const struct fault *a = left, *b = right;

	if (a->file_rank != b->file_rank)
		return a->file_rank < b->file_rank ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

void faults_sort(struct faults *faults)
{
	if (faults->n > 1)
		qsort(faults->item, faults->n, sizeof *faults->item, compare);
}

void fault_format(const struct fault *fault, struct text *out)
{
	text_add_str(out, fault->file);
	if (fault->line > 0)
		text_add(out, ":%u", fault->line);
	text_add_str(out, ": ");
	if (fault->path[0] != '\0')
		text_add(out, "%s: ", fault->path);
	if (fault->level == FAULT_WARNING)
		text_add_str(out, "warning: ");
	text_add_str(out, fault->text);
}

void faults_print(const struct faults *faults, FILE *out)
{
	for (size_t i = 0; i < faults->n; i++) {
		char buf[FAULT_LINE_BYTES];
		struct text line = text_over(buf, sizeof buf);

		fault_format(&faults->item[i], &line);
		fprintf(out, "%s\n", buf);
	}
	if (faults->n_left_out > 0)
		fprintf(out, "and %zu more\n", faults->n_left_out);
}
