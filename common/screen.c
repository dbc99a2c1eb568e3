/* screen: clients that are refused without any lookup.
 * The set is keep's; an entry's text is the list that made it. */
#include "common/screen.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

enum { LONGEST_V4_BYTES = sizeof "255.255.255.255" };   /* the line end for the NUL */

struct screen {
	struct keep *keep;
	atomic_ullong refusals;
};

static bool is_list_name(const char *text, struct errmsg *err)
{
	(void)err;
	return strlen(text) < SCREEN_LIST_BYTES;
}

struct screen *screen_new(struct journal *journal)
{
	static const struct keep_kind kind = { .journal = JOURNAL_SCREEN, .missing = "is not on the screen",
					       .sound = is_list_name };
	struct screen *screen = calloc(1, sizeof *screen);

	if (screen == NULL)
		return NULL;
	screen->keep = keep_new(&kind, journal);
	if (screen->keep == NULL) {
		free(screen);
		return NULL;
	}
	return screen;
}

void screen_free(struct screen **screen)
{
	struct screen *s = *screen;

	*screen = NULL;
	if (s == NULL)
		return;
	keep_free(&s->keep);
	free(s);
}

/* --- mail --------------------------------------------------------------------------------------------------------- */

bool screen_has(struct screen *screen, const struct ipaddr *addr, struct monotime now, char list[SCREEN_LIST_BYTES])
{
	char text[KEEP_TEXT_BYTES];
	struct keep_entry entry;

	if (screen == NULL || !keep_find(screen->keep, addr, now, text, &entry))
		return false;
	snprintf(list, SCREEN_LIST_BYTES, "%.*s", SCREEN_LIST_BYTES - 1, text);
	return true;
}

static struct keep_bounds bounds_of(const struct screen_settings *settings)
{
	return (struct keep_bounds){ .entries = (size_t)settings->max_entries, .bytes = (size_t)settings->max_bytes };
}

enum keep_learned screen_learn(struct screen *screen, const struct screen_settings *settings, const struct ipaddr *addr,
			       const char *list, unsigned purges)
{
	const struct keep_bounds bounds = bounds_of(settings);
	int64_t ttl_s = settings->ttl_us == INT64_MAX ? 0 : settings->ttl_us / 1000000;

	return keep_learn(screen->keep, addr, list, ttl_s, &bounds, purges);
}

unsigned screen_purges(struct screen *screen)
{
	return keep_purges(screen->keep);
}

bool screen_has_room(struct screen *screen, const struct screen_settings *settings, const struct ipaddr *addr)
{
	const struct keep_bounds bounds = bounds_of(settings);

	return keep_has_room(screen->keep, addr, &bounds);
}

void screen_count_refusal(struct screen *screen)
{
	atomic_fetch_add_explicit(&screen->refusals, 1, memory_order_relaxed);
}

void screen_purge(struct screen *screen, const char *list)
{
	struct keep_stats stats;
	struct errmsg err;
	size_t n;
	enum keep_done done = keep_purge(screen->keep, list, &n, &err);

	keep_stats(screen->keep, &stats);
	if (n > 0)
		log_warning("screen: %zu client%s that list %s had put there %s taken out again, since it is suspended", n,
			    n == 1 ? "" : "s", list, n == 1 ? "is" : "are");
	if (n > 0 && stats.durable && done != KEEP_DONE)
		log_error("screen: those of list %s may be there again after a restart: %s", list, err.text);
}

/* --- requests ----------------------------------------------------------------------------------------------------- */

enum keep_done screen_add(struct screen *screen, const struct ipaddr *addr, int64_t ttl_s, struct errmsg *err)
{
	return keep_add(screen->keep, addr, "", ttl_s, err);
}

enum keep_done screen_remove(struct screen *screen, const struct ipaddr *addr, struct errmsg *err)
{
	return keep_remove(screen->keep, addr, err);
}

enum keep_done screen_clear(struct screen *screen, struct errmsg *err)
{
	return keep_clear(screen->keep, err);
}

struct visit {
	screen_fn *fn;
	void *ctx;
};

static void visit_one(void *ctx, const struct keep_entry *kept)
{
	const struct visit *visit = ctx;
	const struct screen_entry entry = { .addr = kept->addr, .expires = kept->expires, .list = kept->text };

	visit->fn(visit->ctx, &entry);
}

bool screen_each(struct screen *screen, struct monotime now, screen_fn *fn, void *ctx)
{
	struct visit to = { fn, ctx };

	return keep_each(screen->keep, now, visit_one, &to);
}

void screen_stats(struct screen *screen, const struct screen_settings *settings, struct screen_stats *out)
{
	const struct keep_bounds bounds = bounds_of(settings);
	struct keep_stats stats;

	keep_stats(screen->keep, &stats);
	*out = (struct screen_stats){
		.entries = stats.entries, .bytes = stats.bytes, .durable = stats.durable,
		.full = stats.entries >= bounds.entries || stats.bytes + LONGEST_V4_BYTES > bounds.bytes,
		.refusals = atomic_load(&screen->refusals),
	};
}
