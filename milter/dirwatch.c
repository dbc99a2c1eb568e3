/* dirwatch: walks the paths link by link, and asks for the events of the directories on the way. */
#include "milter/dirwatch.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LINKS_MAX = 40,              /* on the way to one file, as the kernel has it */
	EVENT_BYTES = 8 << 10,
	EVENTS = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF,
};

/* An entry of a directory that decides what a file is. */
struct entry {
	int directory;               /* the number that events bear */
	char *path;
	const char *name;            /* its last part, inside `path` */
};

struct entries {
	struct entry *item;
	size_t n, room;
};

struct dirwatch {
	int fd;
	struct entries entries;
};

/* --- entries ------------------------------------------------------------------------------------------------------ */

static void entries_clear(struct entries *entries)
{
	for (size_t i = 0; i < entries->n; i++)
		free(entries->item[i].path);
	free(entries->item);
	*entries = (struct entries){ 0 };
}

static bool is_followed(const struct entries *entries, int directory)
{
	for (size_t i = 0; i < entries->n; i++)
		if (entries->item[i].directory == directory)
			return true;
	return false;
}

static bool is_known(const struct entries *entries, int directory, const char *name)
{
	for (size_t i = 0; i < entries->n; i++)
		if (entries->item[i].directory == directory && strcmp(entries->item[i].name, name) == 0)
			return true;
	return false;
}

static bool make_room(struct entries *entries)
{
	size_t room = entries->room == 0 ? 16 : entries->room * 2;
	struct entry *item;

	if (entries->n < entries->room)
		return true;
	item = realloc(entries->item, room * sizeof *item);
	if (item == NULL)
		return false;
	entries->item = item;
	entries->room = room;
	return true;
}

/* False: errno says why. */
static bool add_entry(int fd, struct entries *entries, const char *directory, const char *name)
{
	int number = inotify_add_watch(fd, directory[0] != '\0' ? directory : "/", EVENTS | IN_ONLYDIR);
	char *path;

	if (number < 0)
		return false;
	if (is_known(entries, number, name))
		return true;
	if (!make_room(entries) || asprintf(&path, "%s/%s", directory, name) < 0) {
		errno = ENOMEM;
		return false;
	}
	entries->item[entries->n++] = (struct entry){ .directory = number, .path = path, .name = strrchr(path, '/') + 1 };
	return true;
}

/* --- the way to a file -------------------------------------------------------------------------------------------- */

struct way {
	char walked[PATH_MAX];       /* a directory without links on the way to it; "": the root */
	char ahead[PATH_MAX];        /* what is still to be walked */
	unsigned links;
};

/* The next part of the way into `name`. False: there is none. */
static bool next_part(struct way *way, char name[NAME_MAX + 1])
{
	size_t blank = strspn(way->ahead, "/"), n = strcspn(way->ahead + blank, "/");

	if (n == 0 || n > NAME_MAX)
		return false;
	memcpy(name, way->ahead + blank, n);
	name[n] = '\0';
	memmove(way->ahead, way->ahead + blank + n, strlen(way->ahead + blank + n) + 1);
	return true;
}

/* Goes on at a link's target. False: it cannot be, or they lead round in circles. */
static bool follow_link(struct way *way, const char *link)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t n = readlink(link, target, sizeof target - 1);

	if (n <= 0 || ++way->links > LINKS_MAX)
		return false;
	target[n] = '\0';
	if (target[0] == '/')
		way->walked[0] = '\0';
	memcpy(rest, way->ahead, strlen(way->ahead) + 1);
	return (size_t)snprintf(way->ahead, sizeof way->ahead, "%s%s", target, rest) < sizeof way->ahead;
}

static void step_up(struct way *way)
{
	char *slash = strrchr(way->walked, '/');

	if (slash != NULL)
		*slash = '\0';
}

/* One part further. False: the way ends here; *failed: the entry where it does, or a link before it, cannot be watched. */
static bool walk_part(int fd, struct entries *entries, struct way *way, const char *name, bool *failed)
{
	char path[PATH_MAX];
	struct stat st;
	bool there;

	if (strcmp(name, ".") == 0)
		return true;
	if (strcmp(name, "..") == 0) {
		step_up(way);
		return true;
	}
	if ((size_t)snprintf(path, sizeof path, "%s/%s", way->walked, name) >= sizeof path)
		return false;
	there = lstat(path, &st) == 0;
	if (there && S_ISDIR(st.st_mode)) {
		memcpy(way->walked, path, strlen(path) + 1);
		return true;
	}
	if (!add_entry(fd, entries, way->walked, name))
		*failed = true;
	return there && S_ISLNK(st.st_mode) && follow_link(way, path);
}

/* False: errno says why, of one entry at least. */
static bool walk(int fd, struct entries *entries, const char *path)
{
	struct way way = { .links = 0 };
	char name[NAME_MAX + 1];
	bool failed = false;

	if (strlen(path) >= sizeof way.ahead) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(way.ahead, path, strlen(path) + 1);
	while (next_part(&way, name) && walk_part(fd, entries, &way, name, &failed) && !failed)
		;
	return !failed;
}

/* What is there one moment may be gone the next: then the way is another one. */
static bool walk_again(int fd, struct entries *entries, const char *path)
{
	return walk(fd, entries, path) || (errno == ENOENT && walk(fd, entries, path));
}

/* --- following ---------------------------------------------------------------------------------------------------- */

struct dirwatch *dirwatch_new(struct errmsg *err)
{
	struct dirwatch *dirwatch = calloc(1, sizeof *dirwatch);

	if (dirwatch == NULL) {
		errmsg_set(err, "out of memory");
		return NULL;
	}
	dirwatch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (dirwatch->fd >= 0)
		return dirwatch;
	errmsg_set(err, "%s", strerror(errno));
	free(dirwatch);
	return NULL;
}

void dirwatch_free(struct dirwatch **dirwatch)
{
	struct dirwatch *d = *dirwatch;

	*dirwatch = NULL;
	if (d == NULL)
		return;
	entries_clear(&d->entries);
	close(d->fd);
	free(d);
}

int dirwatch_fd(const struct dirwatch *dirwatch)
{
	return dirwatch->fd;
}

/* The new entries are there before the old ones go, so a directory of both is watched all the time. */
bool dirwatch_follow(struct dirwatch *dirwatch, const struct sources *sources, struct errmsg *err)
{
	struct entries old = dirwatch->entries;
	bool all = true;

	dirwatch->entries = (struct entries){ 0 };
	for (size_t i = 0; i < sources->n; i++) {
		if (walk_again(dirwatch->fd, &dirwatch->entries, sources->item[i].path))
			continue;
		if (all)
			errmsg_set(err, "%.150s: %s", sources->item[i].path, strerror(errno));
		all = false;
	}
	for (size_t i = 0; i < old.n; i++)
		if (!is_followed(&dirwatch->entries, old.item[i].directory))
			inotify_rm_watch(dirwatch->fd, old.item[i].directory);   /* fails where the directory is gone */
	entries_clear(&old);
	if (all && sources->n_left_out > 0)
		errmsg_set(err, "there are more than %d files", SOURCES_MAX);
	return all && sources->n_left_out == 0;
}

/* --- events ------------------------------------------------------------------------------------------------------- */

/* A new file that is still being written: its close is an event too. A link is there at once. */
static bool is_unfinished(const struct inotify_event *event, const char *path)
{
	struct stat st;

	return (event->mask & IN_CREATE) != 0 && lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1;
}

static bool concerns(const struct inotify_event *event, const struct entry *entry)
{
	if (event->wd != entry->directory)
		return false;
	if ((event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) != 0)
		return true;
	return event->len > 0 && strcmp(event->name, entry->name) == 0 && !is_unfinished(event, entry->path);
}

/* NULL: nothing that concerns us. */
static const char *concerned(const struct dirwatch *dirwatch, const struct inotify_event *event)
{
	if ((event->mask & IN_Q_OVERFLOW) != 0)
		return "a file";
	for (size_t i = 0; i < dirwatch->entries.n; i++)
		if (concerns(event, &dirwatch->entries.item[i]))
			return dirwatch->entries.item[i].path;
	return NULL;
}

bool dirwatch_take(struct dirwatch *dirwatch, char name[DIRWATCH_NAME_BYTES])
{
	_Alignas(struct inotify_event) char buf[EVENT_BYTES];
	bool any = false;
	ssize_t n;

	while ((n = read(dirwatch->fd, buf, sizeof buf)) > 0) {
		for (const char *at = buf; at < buf + n;) {
			const struct inotify_event *event = (const struct inotify_event *)(const void *)at;
			const char *path = concerned(dirwatch, event);

			if (path != NULL && !any)
				snprintf(name, DIRWATCH_NAME_BYTES, "%s", path);
			any = any || path != NULL;
			at += sizeof *event + event->len;
		}
	}
	return any;
}
