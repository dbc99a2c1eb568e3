/* One value of the configuration into one field: numbers, texts, words, single patterns and secrets.
 * Faults are the reader's; a field whose value has one stays as it was.   Threads: one reader a thread. */
#ifndef CONFIG_SINGLE_H
#define CONFIG_SINGLE_H

#include "config/reader.h"

/* `field` is of the type that schema.h names for the row. */
void single_read(struct reader *reader, const struct node *node, const struct schema_row *row, void *field);

/* One of the row's words. NULL: it is none of them, and the fault is told. */
const struct schema_word *single_word(struct reader *reader, const struct node *node, const struct schema_row *row);

#endif
