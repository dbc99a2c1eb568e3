/* recent: addresses with a recent login.
 * The set is keep's, without a journal. A reload may make the window shorter, so the age of a report is looked at too. */
#include "common/recent.h"

#include <stdlib.h>

#include "common/keep.h"

struct recent {
	struct keep *keep;
};

struct recent *recent_new(void)
{
	static const struct keep_kind kind = { .missing = "has no recent login" };
	struct recent *recent = calloc(1, sizeof *recent);

	if (recent == NULL)
		return NULL;
	recent->keep = keep_new(&kind, NULL);
	if (recent->keep == NULL) {
		free(recent);
		return NULL;
	}
	return recent;
}

void recent_free(struct recent **recent)
{
	struct recent *r = *recent;

	*recent = NULL;
	if (r == NULL)
		return;
	keep_free(&r->keep);
	free(r);
}

bool recent_add(struct recent *recent, const struct ipaddr *addr, int64_t window_us, struct errmsg *err)
{
	return keep_add(recent->keep, addr, "", (window_us + 999999) / 1000000, err) != KEEP_REFUSED;
}

bool recent_has(struct recent *recent, const struct ipaddr *addr, int64_t window_us, struct monotime now)
{
	char text[KEEP_TEXT_BYTES];
	struct keep_entry entry;

	return recent != NULL && keep_find(recent->keep, addr, now, text, &entry) &&
	       monotime_between(entry.added, now) < window_us;
}

struct visit {
	recent_fn *fn;
	void *ctx;
};

static void visit_one(void *ctx, const struct keep_entry *entry)
{
	const struct visit *visit = ctx;

	visit->fn(visit->ctx, &entry->addr, entry->added);
}

bool recent_each(struct recent *recent, struct monotime now, recent_fn *fn, void *ctx)
{
	struct visit to = { fn, ctx };

	return keep_each(recent->keep, now, visit_one, &to);
}

size_t recent_count(struct recent *recent)
{
	struct keep_stats stats;

	keep_stats(recent->keep, &stats);
	return stats.entries;
}
