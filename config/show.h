/* A configuration as it holds: with every default filled in, profiles merged into their lists, and without comments. It is
 * itself a configuration that means the same, wherever it lies: names of files are absolute.
 * A key that stands in it is masked, one in a file stays in its file. A key that was written into a zone cannot be told apart.
 * Threads: any; nothing is kept between calls. */
#ifndef CONFIG_SHOW_H
#define CONFIG_SHOW_H

#include "config/faults.h"

struct json_t;

/* NULL if and only if there is an error among the faults. The caller gives the JSON back (json_decref). */
struct json_t *config_show(const char *path, struct faults *faults);

#endif
