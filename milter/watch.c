/* watch: when has the configuration changed, and is it done?
 * The thread owns all but the mailbox, by which it is told what to look at. */
#include "milter/watch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/log.h"
#include "common/monotime.h"
#include "common/thread.h"
#include "milter/dirwatch.h"

enum { QUIET_US = 500 * 1000, BUSY_US = 5 * 1000 * 1000 };

struct watch {
	void (*changed)(void *ctx);
	void *ctx;
	pthread_t thread;
	int wake_fd;                 /* an eventfd: look into the mailbox */
	pthread_mutex_t mutex;       /* guards the mailbox */
	bool stop, has_mail;
	struct sources mail;
	struct dirwatch *dirwatch;   /* what follows is the thread's own */
	bool pending;                /* something has changed that was not told yet */
	struct monotime first, last; /* when */
	struct errmsg told;          /* the last complaint: not again */
};

/* --- what has changed --------------------------------------------------------------------------------------------- */

static void note_change(struct watch *watch, const char *name)
{
	watch->last = monotime_now();
	if (watch->pending)
		return;
	watch->pending = true;
	watch->first = watch->last;
	log_info("watch: the configuration has changed: %s", name);
}

static struct monotime due(const struct watch *watch)
{
	struct monotime quiet = monotime_add(watch->last, QUIET_US), busy = monotime_add(watch->first, BUSY_US);

	return monotime_reached(quiet, busy) ? busy : quiet;
}

static void tell_when_due(struct watch *watch)
{
	if (!watch->pending || !monotime_reached(monotime_now(), due(watch)))
		return;
	watch->pending = false;
	watch->changed(watch->ctx);
}

static void complain(struct watch *watch, const struct errmsg *err)
{
	if (strcmp(watch->told.text, err->text) == 0)
		return;
	watch->told = *err;
	log_warning("watch: not every change of the configuration will be seen: %s", err->text);
}

static void follow(struct watch *watch, struct sources *sources)
{
	struct errmsg err;

	if (dirwatch_follow(watch->dirwatch, sources, &err))
		watch->told.text[0] = '\0';
	else
		complain(watch, &err);
	for (size_t i = 0; i < sources->n; i++)
		if (source_has_changed(&sources->item[i]))
			note_change(watch, sources->item[i].path);
	sources_clear(sources);
}

/* --- the thread --------------------------------------------------------------------------------------------------- */

/* False: the end has come. */
static bool take_mail(struct watch *watch)
{
	struct sources mail;
	uint64_t count;
	bool stop, has_mail;

	sources_init(&mail);
	(void)!read(watch->wake_fd, &count, sizeof count);
	pthread_mutex_lock(&watch->mutex);
	stop = watch->stop;
	has_mail = watch->has_mail;
	if (has_mail) {
		mail = watch->mail;
		sources_init(&watch->mail);
		watch->has_mail = false;
	}
	pthread_mutex_unlock(&watch->mutex);
	if (has_mail)
		follow(watch, &mail);
	return !stop;
}

static int patience_ms(const struct watch *watch)
{
	int64_t left_us;

	if (!watch->pending)
		return -1;
	left_us = monotime_between(monotime_now(), due(watch));
	return left_us <= 0 ? 0 : (int)(left_us / 1000) + 1;
}

static void *run(void *arg)
{
	struct watch *watch = arg;
	struct pollfd fds[2] = { { .fd = watch->wake_fd, .events = POLLIN },
				 { .fd = dirwatch_fd(watch->dirwatch), .events = POLLIN } };
	char name[DIRWATCH_NAME_BYTES];

	while (poll(fds, 2, patience_ms(watch)) >= 0 || errno == EINTR) {
		if (!take_mail(watch))
			break;
		if (dirwatch_take(watch->dirwatch, name))
			note_change(watch, name);
		tell_when_due(watch);
	}
	return NULL;
}

/* Gives back what watch_new() made. */
static void give_back(struct watch *watch)
{
	dirwatch_free(&watch->dirwatch);
	if (watch->wake_fd >= 0)
		close(watch->wake_fd);
	sources_clear(&watch->mail);
	pthread_mutex_destroy(&watch->mutex);
	free(watch);
}

struct watch *watch_new(void (*changed)(void *ctx), void *ctx, struct errmsg *err)
{
	struct watch *watch = calloc(1, sizeof *watch);
	int status;

	if (watch == NULL) {
		errmsg_set(err, "out of memory");
		return NULL;
	}
	watch->changed = changed;
	watch->ctx = ctx;
	pthread_mutex_init(&watch->mutex, NULL);
	watch->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	watch->dirwatch = watch->wake_fd >= 0 ? dirwatch_new(err) : NULL;
	if (watch->dirwatch != NULL) {
		status = thread_start(&watch->thread, run, watch);
		if (status == 0)
			return watch;
		errmsg_set(err, "%s", strerror(status));
	} else if (watch->wake_fd < 0) {
		errmsg_set(err, "%s", strerror(errno));
	}
	give_back(watch);
	return NULL;
}

static void wake(struct watch *watch)
{
	const uint64_t one = 1;

	(void)!write(watch->wake_fd, &one, sizeof one);
}

void watch_follow(struct watch *watch, struct sources *sources)
{
	pthread_mutex_lock(&watch->mutex);
	sources_clear(&watch->mail);
	watch->mail = *sources;
	watch->has_mail = true;
	pthread_mutex_unlock(&watch->mutex);
	sources_init(sources);
	wake(watch);
}

void watch_free(struct watch **watch)
{
	struct watch *w = *watch;

	*watch = NULL;
	if (w == NULL)
		return;
	pthread_mutex_lock(&w->mutex);
	w->stop = true;
	pthread_mutex_unlock(&w->mutex);
	wake(w);
	pthread_join(w->thread, NULL);
	give_back(w);
}
