/* Memory with a cap, given back all at once: for what lives as long as a connection, a message or a rule set.
 * Owner: whoever embeds the struct; everything taken from it ends with arena_clear().
 * Threads: one at a time.   Bound: cap_bytes; beyond it arena_alloc() gives NULL. */
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;   /* the newest first */
	size_t used_bytes;            /* handed out and lost to rounding, of all blocks */
	size_t cap_bytes;
};

/* Nothing is allocated before the first arena_alloc(). */
void arena_init(struct arena *arena, size_t cap_bytes);
/* Gives everything back; the arena can be used again. */
void arena_clear(struct arena *arena);

/* Zeroed memory, aligned for any type. NULL: the cap or the machine's memory is reached. */
void *arena_alloc(struct arena *arena, size_t bytes);
/* The same for `n` things of `bytes` each; NULL also when the product overflows. */
void *arena_alloc_n(struct arena *arena, size_t n, size_t bytes);
/* A copy of `text` with its NUL. NULL as arena_alloc(). */
char *arena_strdup(struct arena *arena, const char *text);
/* A copy of at most `max_bytes` of `text`, NUL-terminated. */
char *arena_strndup(struct arena *arena, const char *text, size_t max_bytes);

#endif
