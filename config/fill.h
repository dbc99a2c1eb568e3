/* Fills plain structs from JSON, driven by config/schema.h: defaults, then the profile, then the object's own keys.
 * Threads: one reader a thread. */
#ifndef CONFIG_FILL_H
#define CONFIG_FILL_H

#include "config/reader.h"

/* Fills the struct from the reader's root; calls the tables' finish() from the inside out. Faults are the reader's. */
void fill_struct(struct reader *reader, const struct schema_table *table, void *object);

#endif
