/* arena: blocks that grow with the need and are freed together.
 * A block is at least ARENA_BLOCK bytes, so that small pieces share one malloc. */
#include "common/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BLOCK = 4000, ARENA_ALIGN = alignof(max_align_t) };

struct arena_block {
	struct arena_block *next;
	size_t size_bytes, used_bytes;
	alignas(max_align_t) unsigned char bytes[];
};

void arena_init(struct arena *arena, size_t cap_bytes)
{
	*arena = (struct arena){ .cap_bytes = cap_bytes };
}

void arena_clear(struct arena *arena)
{
	while (arena->blocks != NULL) {
		struct arena_block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
	arena->used_bytes = 0;
}

static struct arena_block *block_new(size_t need_bytes)
{
	size_t size = need_bytes > ARENA_BLOCK ? need_bytes : ARENA_BLOCK;
	struct arena_block *block = malloc(sizeof *block + size);

	if (block != NULL)
		*block = (struct arena_block){ .size_bytes = size };
	return block;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
	struct arena_block *block = arena->blocks;
	void *piece;

	if (bytes == 0)
		bytes = 1;
	if (bytes > PTRDIFF_MAX / 2)   /* so that neither the rounding nor a block's own head overflows */
		return NULL;
	bytes = (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	if (bytes > arena->cap_bytes - arena->used_bytes)
		return NULL;
	if (block == NULL || block->size_bytes - block->used_bytes < bytes) {
		block = block_new(bytes);
		if (block == NULL)
			return NULL;
		block->next = arena->blocks;
		arena->blocks = block;
	}
	piece = block->bytes + block->used_bytes;
	block->used_bytes += bytes;
	arena->used_bytes += bytes;
	return memset(piece, 0, bytes);
}

void *arena_alloc_n(struct arena *arena, size_t n, size_t bytes)
{
	if (bytes != 0 && n > SIZE_MAX / bytes)
		return NULL;
	return arena_alloc(arena, n * bytes);
}

char *arena_strndup(struct arena *arena, const char *text, size_t max_bytes)
{
	size_t len = strnlen(text, max_bytes);
	char *copy = arena_alloc(arena, len + 1);

	if (copy != NULL)
		memcpy(copy, text, len);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}
