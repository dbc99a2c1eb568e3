/* A configuration file -> a ruleset, or every fault in it: the door of config/.
 * Threads: any number, each with its own faults; nothing is kept between calls. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stddef.h>

#include "common/ruleset.h"
#include "config/faults.h"
#include "config/sources.h"

/* Reads a file of at most 4 MiB. NULL if and only if there is an error among the faults; warnings may come with a
 * ruleset. `faults` is set up by the caller and sorted here. The caller owns the ruleset (ruleset_unref). */
struct ruleset *config_load(const char *path, struct faults *faults);
/* The same, and notes each file that is read or looked for, were there faults or not. */
struct ruleset *config_load_noting(const char *path, struct faults *faults, struct sources *sources);
/* The same from memory; `filename` is what faults name, and "file:NAME" is relative to its directory. */
struct ruleset *config_parse(const char *text, size_t len, const char *filename, struct faults *faults);

#endif
