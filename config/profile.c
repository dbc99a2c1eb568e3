/* profile: the file of a list that the program knows.
 * Only finds and reads it; the reader takes its keys as if they stood in the list itself. */
#include "config/profile.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/nearest.h"
#include "config/textfile.h"

enum { FOLDERS = 2 };

static const char ending[] = ".json";

bool profile_check_name(const char *name, struct errmsg *err)
{
	size_t n = strlen(name);

	if (n > 0 && n <= PROFILE_NAME_MAX && name[0] != '.' &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == n)
		return true;
	errmsg_set(err, "a profile's name has 1 to %d letters, digits, '-', '_' and '.'", PROFILE_NAME_MAX);
	return false;
}

static void folders_free(char *folder[FOLDERS])
{
	for (size_t i = 0; i < FOLDERS; i++)
		free(folder[i]);
}

/* False: out of memory; nothing is to be freed. */
static bool folders_of(const char *file, char *folder[FOLDERS])
{
	const char *slash = strrchr(file, '/');

	memset(folder, 0, FOLDERS * sizeof folder[0]);
	if (asprintf(&folder[0], "%.*sprofiles", slash == NULL ? 0 : (int)(slash + 1 - file), file) < 0)
		folder[0] = NULL;
	folder[1] = strdup(PROFILE_DIR);
	if (folder[0] != NULL && folder[1] != NULL)
		return true;
	folders_free(folder);
	return false;
}

/* Keeps the nearest name in `best`, since the folder's memory goes. */
static void offer_folder(const char *folder, const char *name, size_t *distance, char best[PROFILE_NAME_MAX + 1])
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		size_t n = strlen(entry->d_name);
		char candidate[PROFILE_NAME_MAX + 1];
		struct nearest nearest = nearest_to(name);

		if (n < sizeof ending || strcmp(entry->d_name + n - (sizeof ending - 1), ending) != 0)
			continue;
		n -= sizeof ending - 1;
		if (n >= sizeof candidate)
			continue;
		snprintf(candidate, sizeof candidate, "%.*s", (int)n, entry->d_name);
		nearest_offer(&nearest, candidate);
		/* The order of a folder is any: of equally near ones the first in the alphabet. */
		if (nearest.best == NULL || !profile_check_name(candidate, NULL) || nearest.distance > *distance ||
		    (nearest.distance == *distance && strcmp(candidate, best) >= 0))
			continue;
		*distance = nearest.distance;
		memcpy(best, candidate, sizeof candidate);
	}
	closedir(dir);
}

static void no_such_profile(char *folder[FOLDERS], const char *name, struct errmsg *err)
{
	char best[PROFILE_NAME_MAX + 1] = "";
	size_t distance = SIZE_MAX;

	for (size_t i = 0; i < FOLDERS; i++)
		offer_folder(folder[i], name, &distance, best);
	if (best[0] != '\0')
		errmsg_set(err, "there is no profile \"%s\"; did you mean \"%s\"?", name, best);
	else
		errmsg_set(err, "there is no profile \"%s\", neither in %.60s nor in %.60s", name, folder[0], folder[1]);
}

/* The text of the first folder's file; NULL: none has one (*found is false), or it cannot be read. */
static char *read_first(char *folder[FOLDERS], const char *name, struct sources *sources, char **path, size_t *len, bool *found,
			struct errmsg *err)
{
	*found = false;
	for (size_t i = 0; i < FOLDERS && !*found; i++) {
		if (asprintf(path, "%s/%s%s", folder[i], name, ending) < 0) {
			*path = NULL;
			*found = true;
			errmsg_set(err, "out of memory");
			return NULL;
		}
		sources_note(sources, *path);
		*found = access(*path, F_OK) == 0;
		if (*found)
			return textfile_read(*path, len, err);
		free(*path);
		*path = NULL;
	}
	return NULL;
}

char *profile_read(const char *file, const char *name, struct sources *sources, char **path, size_t *len, struct errmsg *err)
{
	char *folder[FOLDERS], *text;
	bool found;

	*path = NULL;
	if (!folders_of(file, folder)) {
		errmsg_set(err, "out of memory");
		return NULL;
	}
	text = read_first(folder, name, sources, path, len, &found, err);
	if (!found)
		no_such_profile(folder, name, err);
	else if (text == NULL && *path != NULL)
		errmsg_set(err, "%.120s: %s", *path, err->text);
	if (text == NULL) {
		free(*path);
		*path = NULL;
	}
	folders_free(folder);
	return text;
}
