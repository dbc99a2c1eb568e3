/* reload: reads the configuration again.
 * A bad one is told fault by fault, and the old one stays. */
#include "milter/reload.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "common/thread.h"
#include "config/config.h"
#include "milter/notify.h"
#include "milter/watch.h"

struct reload {
	struct service *service;
	const char *path;
	bool foreground;
	void (*prepare)(struct ruleset *rules);
	pthread_t thread;
	struct watch *watch;         /* the thread's own, as are the sources; NULL: nothing is watched */
	struct sources sources;      /* of the first rules, until they are followed */
	pthread_mutex_t mutex;       /* guards what follows */
	pthread_cond_t changed;      /* on the steady clock: what is wanted, or what has been done */
	bool stop;
	uint64_t wanted, begun, done;   /* numbers of reloads */
	enum reload_by wanted_by, by;   /* what started them: `by` the last one that has ended */
	int64_t loaded_s, tried_s;
	bool taken;
	struct faults faults;        /* of the last one */
};

static void needs_restart(struct faults *faults, const char *file, const char *key)
{
	fault_add(faults, FAULT_WARNING, file, 0, key, "the change needs a restart");
}

/* Settings that are used once, at the start. */
static void find_restart_needed(const struct ruleset *old, const struct ruleset *new, const char *file, struct faults *faults)
{
	if (strcmp(old->milter.socket, new->milter.socket) != 0)
		needs_restart(faults, file, "milter.socket");
	if (old->milter.mode != new->milter.mode)
		needs_restart(faults, file, "milter.mode");
	if (strcmp(old->milter.group, new->milter.group) != 0)
		needs_restart(faults, file, "milter.group");
	if (old->milter.timeout_us != new->milter.timeout_us)
		needs_restart(faults, file, "milter.timeout");
	if (strcmp(old->control.socket, new->control.socket) != 0 || old->control.mode != new->control.mode ||
	    strcmp(old->control.group, new->control.group) != 0)
		needs_restart(faults, file, "control");
	if (strcmp(old->state_dir, new->state_dir) != 0)
		needs_restart(faults, file, "state_dir");
	if (strcmp(old->user, new->user) != 0)
		needs_restart(faults, file, "user");
}

static void log_faults(const struct faults *faults)
{
	for (size_t i = 0; i < faults->n; i++) {
		char line[FAULT_LINE_BYTES];
		struct text text = text_over(line, sizeof line);

		fault_format(&faults->item[i], &text);
		log_line(faults->item[i].level == FAULT_ERROR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "reload: %s", line);
	}
	if (faults->n_left_out > 0)
		log_error("reload: %zu further faults are not shown", faults->n_left_out);
}

static void put_in_force(struct reload *reload, struct ruleset *rules)
{
	reload->prepare(rules);
	log_configure(&rules->log, reload->foreground);
	lookup_reconfigure(reload->service->lookup, rules);
	if (!health_adopt(reload->service->health, rules, monotime_now()))
		log_error("reload: out of memory: some lists are not watched");
	inforce_swap(&reload->service->inforce, rules);   /* takes our reference; only this thread takes it away again */
	prober_poke(reload->service->prober);
	log_info("reload: %s is in force: %zu lists, %zu actions", reload->path, rules->n_lists, rules->n_actions);
}

/* True: new rules are in force. */
static bool do_reload(struct reload *reload, struct faults *faults, struct sources *sources)
{
	struct ruleset *rules = config_load_noting(reload->path, faults, sources), *old;

	if (rules != NULL) {
		old = inforce_get(&reload->service->inforce);
		find_restart_needed(old, rules, reload->path, faults);
		ruleset_unref(&old);
	}
	log_faults(faults);
	if (rules == NULL) {
		log_error("reload: %s has faults: the configuration in force stays as it was", reload->path);
		return false;
	}
	put_in_force(reload, rules);
	return true;
}

/* --- watching ----------------------------------------------------------------------------------------------------- */

static void on_change(void *ctx)
{
	reload_request(ctx, RELOAD_BY_WATCH);
}

static bool is_wanted(struct reload *reload)
{
	struct ruleset *rules = inforce_get(&reload->service->inforce);
	bool wanted = rules->watch;

	ruleset_unref(&rules);
	return wanted;
}

/* The rules in force say whether; what the last attempt has read is watched, since that is what could make it another one.
 * Takes what is in `sources`. */
static void follow(struct reload *reload, struct sources *sources)
{
	struct errmsg err;

	if (!is_wanted(reload)) {
		watch_free(&reload->watch);
	} else if (reload->watch == NULL) {
		reload->watch = watch_new(on_change, reload, &err);
		if (reload->watch == NULL)
			log_warning("watch: changes of the configuration will not be seen: %s", err.text);
	}
	if (reload->watch != NULL)
		watch_follow(reload->watch, sources);
	else
		sources_clear(sources);
}

/* --- the thread --------------------------------------------------------------------------------------------------- */

/* The mutex is held before and after. */
static void keep_result(struct reload *reload, enum reload_by by, bool taken, const struct faults *faults)
{
	faults_clear(&reload->faults);
	reload->faults = *faults;
	reload->taken = taken;
	reload->by = by;
	reload->tried_s = time(NULL);
	if (taken)
		reload->loaded_s = reload->tried_s;
}

static void *run(void *arg)
{
	struct reload *reload = arg;

	follow(reload, &reload->sources);
	pthread_mutex_lock(&reload->mutex);
	while (!reload->stop) {
		struct sources sources;
		struct faults faults;
		enum reload_by by;
		bool taken;

		if (reload->begun == reload->wanted) {
			pthread_cond_wait(&reload->changed, &reload->mutex);
			continue;
		}
		reload->begun = reload->wanted;
		by = reload->wanted_by;
		pthread_mutex_unlock(&reload->mutex);
		faults_init(&faults);
		sources_init(&sources);
		notify_reloading();
		taken = do_reload(reload, &faults, &sources);
		notify_send("READY=1");
		follow(reload, &sources);
		pthread_mutex_lock(&reload->mutex);
		keep_result(reload, by, taken, &faults);
		reload->done = reload->begun;
		pthread_cond_broadcast(&reload->changed);
	}
	pthread_mutex_unlock(&reload->mutex);
	return NULL;
}

struct reload *reload_new(struct service *service, const char *path, bool foreground,
			  void (*prepare)(struct ruleset *rules), struct sources *sources, struct errmsg *err)
{
	struct reload *reload = calloc(1, sizeof *reload);
	pthread_condattr_t attr;
	int status;

	if (reload == NULL) {
		errmsg_set(err, "out of memory");
		return NULL;
	}
	*reload = (struct reload){ .service = service, .path = path, .foreground = foreground, .prepare = prepare,
				   .loaded_s = time(NULL), .sources = *sources };
	sources_init(sources);
	faults_init(&reload->faults);
	pthread_mutex_init(&reload->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&reload->changed, &attr);
	pthread_condattr_destroy(&attr);
	status = thread_start(&reload->thread, run, reload);
	if (status != 0) {
		errmsg_set(err, "the housekeeping thread cannot be started: %s", strerror(status));
		sources_clear(&reload->sources);
		free(reload);
		return NULL;
	}
	return reload;
}

/* The number of the reload that is wanted now. The mutex is held. */
static uint64_t want(struct reload *reload, enum reload_by by)
{
	if (reload->wanted == reload->begun) {
		reload->wanted++;
		reload->wanted_by = by;
	}
	pthread_cond_broadcast(&reload->changed);
	return reload->wanted;
}

void reload_request(struct reload *reload, enum reload_by by)
{
	pthread_mutex_lock(&reload->mutex);
	want(reload, by);
	pthread_mutex_unlock(&reload->mutex);
}

bool reload_wait(struct reload *reload, enum reload_by by, int timeout_ms)
{
	struct timespec until = monotime_timespec(monotime_add(monotime_now(), timeout_ms * 1000ll));
	uint64_t number;
	int timed_out = 0;
	bool done;

	pthread_mutex_lock(&reload->mutex);
	number = want(reload, by);
	while (reload->done < number && !reload->stop && timed_out == 0)
		timed_out = pthread_cond_timedwait(&reload->changed, &reload->mutex, &until);
	done = reload->done >= number;
	pthread_mutex_unlock(&reload->mutex);
	return done;
}

const char *reload_by_word(enum reload_by by)
{
	static const char *const words[] = { [RELOAD_BY_SIGNAL] = "signal", [RELOAD_BY_RBLCTL] = "rblctl", [RELOAD_BY_WATCH] = "watch" };

	return words[by];
}

void reload_tell(struct reload *reload, reload_report_fn *fn, void *ctx)
{
	pthread_mutex_lock(&reload->mutex);
	fn(ctx, &(struct reload_report){ .path = reload->path, .loaded_s = reload->loaded_s, .tried_s = reload->tried_s,
					 .by = reload->by, .taken = reload->taken, .faults = &reload->faults });
	pthread_mutex_unlock(&reload->mutex);
}

void reload_free(struct reload **reload)
{
	struct reload *r = *reload;

	*reload = NULL;
	if (r == NULL)
		return;
	pthread_mutex_lock(&r->mutex);
	r->stop = true;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->mutex);
	pthread_join(r->thread, NULL);
	watch_free(&r->watch);
	sources_clear(&r->sources);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->mutex);
	faults_clear(&r->faults);
	free(r);
}
