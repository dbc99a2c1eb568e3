/* ruleset: all settings as plain read-only data, counted by reference.
 * config/ fills it; from then on nobody writes to it. */
#include "common/ruleset.h"

#include <stdlib.h>

enum { RULESET_MAX_BYTES = 256 << 20 };   /* a configuration with its pattern files */

struct ruleset *ruleset_new(void)
{
	struct ruleset *rules = calloc(1, sizeof *rules);

	if (rules == NULL)
		return NULL;
	atomic_init(&rules->refs, 1);
	arena_init(&rules->arena, RULESET_MAX_BYTES);
	return rules;
}

struct ruleset *ruleset_ref(struct ruleset *rules)
{
	atomic_fetch_add_explicit(&rules->refs, 1, memory_order_relaxed);
	return rules;
}

void ruleset_unref(struct ruleset **rules)
{
	struct ruleset *r = *rules;

	*rules = NULL;
	if (r == NULL || atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) != 1)
		return;
	suffix_free(&r->suffixes);
	arena_clear(&r->arena);
	free(r);
}

const char *check_word(enum check_kind kind)
{
	static const char *const words[CHECKS] = {
		[CHECK_MAIL_FROM] = "mail_from", [CHECK_REVERSE_DNS] = "reverse_dns", [CHECK_HELO] = "helo",
	};

	return words[kind];
}

bool ruleset_may(const struct ruleset *rules, unsigned actions)
{
	for (size_t i = 0; i < rules->n_actions; i++)
		if (rules->actions[i].actions & actions)
			return true;
	return false;
}

static const unsigned address_subjects = SUBJECT_BIT(SUBJECT_CLIENT) | SUBJECT_BIT(SUBJECT_RECEIVED);

bool list_has_domains(const struct list *list)
{
	return (list->subjects & ~address_subjects) != 0;
}

bool list_has_addresses(const struct list *list)
{
	return (list->subjects & address_subjects) != 0;
}

bool list_can_hit(const struct list *list, unsigned subjects)
{
	for (size_t i = 0; i < list->n_responses; i++)
		if ((list->responses[i].subjects & subjects) != 0)
			return true;
	return false;
}

bool list_can_exempt(const struct list *list, unsigned subjects)
{
	for (size_t i = 0; list->kind == LIST_ALLOW && i < list->n_responses; i++)
		if (list->responses[i].points >= 0 && (list->responses[i].subjects & subjects) != 0)
			return true;
	return false;
}
