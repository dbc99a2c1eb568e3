/* A set of lists and checks by their place in ruleset->lists. Plain data, copied by value. */
#ifndef COMMON_LISTSET_H
#define COMMON_LISTSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ruleset.h"

enum { LISTSET_MAX = LISTS_MAX + CHECKS };

struct listset {
	uint64_t bits[(LISTSET_MAX + 63) / 64];
};

/* A list's place in the rules, those of the checks behind the n_lists that are asked; LISTSET_MAX: it is none of these. */
static inline size_t listset_place(const struct ruleset *rules, const struct list *list)
{
	return list >= rules->lists && list < rules->lists + rules->n_lists + CHECKS ? (size_t)(list - rules->lists) : LISTSET_MAX;
}

static inline void listset_add(struct listset *set, size_t list)
{
	set->bits[list / 64] |= UINT64_C(1) << list % 64;
}

static inline bool listset_has(const struct listset *set, size_t list)
{
	return list < LISTSET_MAX && (set->bits[list / 64] >> list % 64 & 1) != 0;
}

static inline void listset_join(struct listset *set, const struct listset *other)
{
	for (size_t i = 0; i < sizeof set->bits / sizeof set->bits[0]; i++)
		set->bits[i] |= other->bits[i];
}

static inline void listset_leave(struct listset *set, const struct listset *other)
{
	for (size_t i = 0; i < sizeof set->bits / sizeof set->bits[0]; i++)
		set->bits[i] &= ~other->bits[i];
}

static inline size_t listset_count(const struct listset *set)
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof set->bits / sizeof set->bits[0]; i++)
		n += (size_t)__builtin_popcountll(set->bits[i]);
	return n;
}

static inline bool listset_is_empty(const struct listset *set)
{
	for (size_t i = 0; i < sizeof set->bits / sizeof set->bits[0]; i++)
		if (set->bits[i] != 0)
			return false;
	return true;
}

#endif
