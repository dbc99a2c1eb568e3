/* sources: which files a configuration was read from. */
#include "config/sources.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void sources_init(struct sources *sources)
{
	*sources = (struct sources){ 0 };
}

void sources_clear(struct sources *sources)
{
	for (size_t i = 0; i < sources->n; i++)
		free(sources->item[i].path);
	free(sources->item);
	sources_init(sources);
}

char *sources_absolute(const char *path)
{
	char directory[PATH_MAX], *full;

	if (path[0] == '/' || getcwd(directory, sizeof directory) == NULL)
		return strdup(path);
	return asprintf(&full, "%s/%s", directory, path) < 0 ? NULL : full;
}

static void look(struct source *source)
{
	struct stat st;

	source->exists = stat(source->path, &st) == 0;
	if (!source->exists)
		return;
	source->dev = st.st_dev;
	source->ino = st.st_ino;
	source->size = st.st_size;
	source->modified = st.st_mtim;
	source->changed = st.st_ctim;
}

/* NULL: there is no room. */
static struct source *add(struct sources *sources)
{
	struct source *item;

	if (sources->n == SOURCES_MAX)
		return NULL;
	item = realloc(sources->item, (sources->n + 1) * sizeof *item);
	if (item == NULL)
		return NULL;
	sources->item = item;
	item[sources->n] = (struct source){ 0 };
	return &item[sources->n];
}

static bool is_known(const struct sources *sources, const char *path)
{
	for (size_t i = 0; i < sources->n; i++)
		if (strcmp(sources->item[i].path, path) == 0)
			return true;
	return false;
}

void sources_note(struct sources *sources, const char *path)
{
	struct source *source;
	char *full;

	if (sources == NULL)
		return;
	full = sources_absolute(path);
	if (full != NULL && is_known(sources, full)) {
		free(full);
		return;
	}
	source = full != NULL ? add(sources) : NULL;
	if (source == NULL) {
		free(full);
		sources->n_left_out++;
		return;
	}
	source->path = full;
	look(source);
	sources->n++;
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool source_has_changed(const struct source *source)
{
	struct source now = { .path = source->path };

	look(&now);
	if (!now.exists || !source->exists)
		return now.exists != source->exists;
	return now.dev != source->dev || now.ino != source->ino || now.size != source->size ||
	       !is_same_time(&now.modified, &source->modified) || !is_same_time(&now.changed, &source->changed);
}
