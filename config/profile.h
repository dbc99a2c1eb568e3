/* Profiles: lists that the program knows, a file each, with the keys of a list. One stands in profiles/NAME.json beside the
 * configuration (the user's own comes first) or in the folder that is installed with the program.
 * Threads: any; nothing is kept between calls. */
#ifndef CONFIG_PROFILE_H
#define CONFIG_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/errmsg.h"
#include "config/sources.h"

enum { PROFILE_NAME_MAX = 63 };

/* A profile's name: letters, digits, '-', '_' and '.', which does not come first. False: `err` says what is wrong. */
bool profile_check_name(const char *name, struct errmsg *err);

/* The file of a profile, for the configuration that faults call `file`. free() the text; *path is where it was found, free()
 * it too. Each place where it is looked for is noted in `sources`, which may be NULL. NULL: `err` says why, with the profile that may have been meant, and *path is NULL. */
char *profile_read(const char *file, const char *name, struct sources *sources, char **path, size_t *len, struct errmsg *err);

#endif
