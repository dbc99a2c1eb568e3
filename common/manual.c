/* manual: addresses that the administrator has added by hand.
 * The set is keep's; here is what an entry means: a subject of that address counts as listed. */
#include "common/manual.h"

#include <stdatomic.h>
#include <stdlib.h>

struct manual {
	struct keep *keep;
	atomic_ullong hits;
};

struct manual *manual_new(struct journal *journal)
{
	static const struct keep_kind kind = { .journal = JOURNAL_MANUAL, .missing = "was not added by hand",
					       .sound = template_check };
	struct manual *manual = calloc(1, sizeof *manual);

	if (manual == NULL)
		return NULL;
	manual->keep = keep_new(&kind, journal);
	if (manual->keep == NULL) {
		free(manual);
		return NULL;
	}
	return manual;
}

void manual_free(struct manual **manual)
{
	struct manual *m = *manual;

	*manual = NULL;
	if (m == NULL)
		return;
	keep_free(&m->keep);
	free(m);
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

enum keep_done manual_add(struct manual *manual, const struct ipaddr *addr, const char *message, int64_t ttl_s,
			  struct errmsg *err)
{
	struct errmsg why;

	if (message != NULL && !template_check(message, &why)) {
		errmsg_set(err, "the message: %s", why.text);
		return KEEP_REFUSED;
	}
	return keep_add(manual->keep, addr, message != NULL ? message : "", ttl_s, err);
}

enum keep_done manual_remove(struct manual *manual, const struct ipaddr *addr, struct errmsg *err)
{
	return keep_remove(manual->keep, addr, err);
}

enum keep_done manual_clear(struct manual *manual, struct errmsg *err)
{
	return keep_clear(manual->keep, err);
}

/* --- looking up --------------------------------------------------------------------------------------------------- */

static struct manual_entry entry_of(const struct keep_entry *kept)
{
	return (struct manual_entry){ .addr = kept->addr, .expires = kept->expires,
				      .message = kept->text[0] != '\0' ? kept->text : NULL };
}

/* False: out of memory. */
static bool mark(struct manual *manual, struct subject *subject, struct monotime now, struct arena *arena)
{
	char text[KEEP_TEXT_BYTES];
	struct keep_entry kept;
	struct manual_entry *copy;

	if (!keep_find(manual->keep, &subject->addr, now, text, &kept))
		return true;
	copy = arena_alloc(arena, sizeof *copy);
	if (copy == NULL)
		return false;
	*copy = entry_of(&kept);
	if (copy->message != NULL)
		copy->message = arena_strdup(arena, copy->message);   /* NULL: the list's own will do */
	atomic_fetch_add_explicit(&manual->hits, 1, memory_order_relaxed);
	subject->manual = copy;
	return true;
}

bool manual_mark(struct manual *manual, struct subjects *subjects, struct monotime now, struct arena *arena)
{
	bool ok = true;

	for (size_t i = 0; manual != NULL && i < subjects->n; i++) {
		struct subject *subject = &subjects->item[i];

		if (subject->exempt == EXEMPT_NOT && ipaddr_is_set(&subject->addr))
			ok &= mark(manual, subject, now, arena);
	}
	return ok;
}

struct visit {
	manual_fn *fn;
	void *ctx;
};

static void visit_one(void *ctx, const struct keep_entry *kept)
{
	const struct visit *visit = ctx;
	const struct manual_entry entry = entry_of(kept);

	visit->fn(visit->ctx, &entry);
}

bool manual_each(struct manual *manual, struct monotime now, manual_fn *fn, void *ctx)
{
	struct visit to = { fn, ctx };

	return keep_each(manual->keep, now, visit_one, &to);
}

void manual_stats(struct manual *manual, struct manual_stats *out)
{
	struct keep_stats stats;

	keep_stats(manual->keep, &stats);
	*out = (struct manual_stats){ .entries = stats.entries, .bytes = stats.bytes, .durable = stats.durable,
				      .hits = atomic_load(&manual->hits) };
}
