/* Arrays of what one text describes: patterns, names, servers. Where patterns stand, "file:NAME" reads more of them.
 * Faults are the reader's; a field whose array has one stays as it was.   Threads: one reader a thread.
 * Bound: the row's max elements in the array; 500,000 patterns with those of files. */
#ifndef CONFIG_ELEMENTS_H
#define CONFIG_ELEMENTS_H

#include "config/reader.h"

/* For SCHEMA_ADDRSET, NAMESET, NAMES, ANSWERPATS and SERVERS; `object` is the struct that holds the row's field. */
void elements_read(struct reader *reader, const struct node *node, const struct schema_row *row, void *object);

/* False: not an array, or too few or too many elements, and the fault is told. */
bool elements_check(struct reader *reader, const struct node *node, const struct schema_row *row);
/* Puts the array and its number of elements into the row's two fields. */
void elements_set(void *object, const struct schema_row *row, const void *array, size_t n);

#endif
