/* A text as JSON in which every value knows its way from the root and its line, so that faults can name both. Every fault is
 * collected; reading goes on behind it.
 * Owner: the ruleset's arena holds what is read.   Threads: one reader a thread. */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "config/faults.h"
#include "config/locate.h"
#include "config/schema.h"
#include "config/sources.h"

enum { READER_FILES_BYTES = 16 * 1024 * 1024 };

struct json_t;

/* A value with the way to it, so that a fault can name both. */
struct node {
	const struct node *up;         /* NULL: the root */
	const char *key;               /* of a member; NULL: an element */
	size_t index;                  /* of an element */
	struct json_t *value;
	size_t place;                  /* in the reader's places */
};

struct reader {
	const char *file;              /* as faults name it; "file:NAME" is relative to its directory */
	struct faults *faults;
	struct arena *arena;
	struct sources *sources;       /* where files that are read are noted; NULL: nowhere */
	struct locate places;
	struct json_t *root;
	size_t file_bytes;             /* of the files that it names, so far: READER_FILES_BYTES at most */
	int64_t now_s;                 /* of the wall clock, when the reading began */
	bool is_profile;               /* the text is a profile's: it names no other one, and holds no key */
};

/* Parses the text, which is changed (locate_build). False: faults were added. reader_close() in any case. */
bool reader_open(struct reader *reader, char *text, size_t len);
void reader_close(struct reader *reader);

/* Faults at a node. */
void reader_error(struct reader *reader, const struct node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void reader_warning(struct reader *reader, const struct node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void reader_out_of_memory(struct reader *reader, const struct node *node);
/* "must be `expected`, not an array" */
void reader_wrong_type(struct reader *reader, const struct node *node, const char *expected);
/* Looking for what was meant costs more than the fault itself: not for faults that nobody will see. */
bool reader_wants_guesses(const struct reader *reader);
/* lists[1].zone */
void reader_path(const struct node *node, struct text *out);

/* What lies below a node. Where the key or element is not in the file, *out names the same path on the line of `node`. */
void reader_member(const struct reader *reader, const struct node *node, const char *key, struct node *out);
void reader_element(const struct reader *reader, const struct node *node, size_t index, struct node *out);
/* The first element of an array, and from one to the next: to walk along without a search, until `value` is NULL. */
struct node reader_first(const struct reader *reader, const struct node *array);
void reader_next(const struct reader *reader, struct node *element);

#endif
