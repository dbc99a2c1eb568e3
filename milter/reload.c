/* reload: reads the configuration again.
 * A bad one is told fault by fault, and the old one stays. */
#include "milter/reload.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/thread.h"
#include "config/config.h"
#include "milter/notify.h"

struct reload {
	struct service *service;
	const char *path;
	bool foreground;
	void (*prepare)(struct ruleset *rules);
	pthread_t thread;
	pthread_mutex_t mutex;       /* guards the two below */
	pthread_cond_t changed;
	bool wanted, stop;
};

/* Settings that are used once, at the start. */
static void tell_restart_needed(const struct ruleset *old, const struct ruleset *new)
{
	if (strcmp(old->milter.socket, new->milter.socket) != 0 || old->milter.mode != new->milter.mode ||
	    strcmp(old->milter.group, new->milter.group) != 0)
		log_warning("reload: the change of milter.socket, mode or group needs a restart");
	if (old->milter.timeout_us != new->milter.timeout_us)
		log_warning("reload: the change of milter.timeout needs a restart");
	if (strcmp(old->state_dir, new->state_dir) != 0)
		log_warning("reload: the change of state_dir needs a restart");
	if (strcmp(old->user, new->user) != 0)
		log_warning("reload: the change of user needs a restart");
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

static void do_reload(struct reload *reload)
{
	struct faults faults;
	struct ruleset *rules, *old;

	faults_init(&faults);
	rules = config_load(reload->path, &faults);
	log_faults(&faults);
	faults_clear(&faults);
	if (rules == NULL) {
		log_error("reload: %s has faults: the configuration in force stays as it was", reload->path);
		return;
	}
	reload->prepare(rules);
	old = inforce_get(&reload->service->inforce);
	tell_restart_needed(old, rules);
	ruleset_unref(&old);
	log_configure(&rules->log, reload->foreground);
	lookup_reconfigure(reload->service->lookup, rules);
	if (!health_adopt(reload->service->health, rules, monotime_now()))
		log_error("reload: out of memory: some lists are not watched");
	inforce_swap(&reload->service->inforce, rules);   /* takes our reference; only this thread takes it away again */
	prober_poke(reload->service->prober);
	log_info("reload: %s is in force: %zu lists, %zu actions", reload->path, rules->n_lists, rules->n_actions);
}

static void *run(void *arg)
{
	struct reload *reload = arg;

	pthread_mutex_lock(&reload->mutex);
	while (!reload->stop) {
		if (!reload->wanted) {
			pthread_cond_wait(&reload->changed, &reload->mutex);
			continue;
		}
		reload->wanted = false;
		pthread_mutex_unlock(&reload->mutex);
		notify_reloading();
		do_reload(reload);
		notify_send("READY=1");
		pthread_mutex_lock(&reload->mutex);
	}
	pthread_mutex_unlock(&reload->mutex);
	return NULL;
}

struct reload *reload_new(struct service *service, const char *path, bool foreground,
			  void (*prepare)(struct ruleset *rules), struct errmsg *err)
{
	struct reload *reload = calloc(1, sizeof *reload);
	int status;

	if (reload == NULL) {
		errmsg_set(err, "out of memory");
		return NULL;
	}
	*reload = (struct reload){ .service = service, .path = path, .foreground = foreground, .prepare = prepare };
	pthread_mutex_init(&reload->mutex, NULL);
	pthread_cond_init(&reload->changed, NULL);
	status = thread_start(&reload->thread, run, reload);
	if (status != 0) {
		errmsg_set(err, "the housekeeping thread cannot be started: %s", strerror(status));
		free(reload);
		return NULL;
	}
	return reload;
}

void reload_request(struct reload *reload)
{
	pthread_mutex_lock(&reload->mutex);
	reload->wanted = true;
	pthread_cond_signal(&reload->changed);
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
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->mutex);
	pthread_join(r->thread, NULL);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->mutex);
	free(r);
}
