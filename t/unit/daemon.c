/* daemon: a service without a daemon. */
#include "t/unit/daemon.h"

#include <check.h>

static void ignore(void *ctx, enum log_level level, const char *sentence)
{
	(void)ctx;
	(void)level;
	(void)sentence;
}

void daemon_begin(struct service *service, struct ruleset *rules)
{
	struct errmsg err;

	*service = (struct service){ .started = monotime_now(), .lookup = lookup_new(rules, &err) };
	ck_assert_msg(service->lookup != NULL, "%s", err.text);
	service->health = health_new(7, ignore, NULL);
	ck_assert(health_adopt(service->health, rules, monotime_now()));
	service->manual = manual_new(NULL);
	service->screen = screen_new(NULL);
	service->recent = recent_new();
	service->counters = counters_new();
	inforce_init(&service->inforce, rules);
}

void daemon_end(struct service *service)
{
	lookup_free(&service->lookup);
	manual_free(&service->manual);
	screen_free(&service->screen);
	recent_free(&service->recent);
	health_free(&service->health);
	counters_free(&service->counters);
	ck_assert_int_eq(atomic_load(&service->inforce.rules->refs), 1);
	inforce_clear(&service->inforce);
}
