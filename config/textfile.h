/* A whole text file into memory, for files that an administrator writes.
 * No special files (a FIFO would wait for ever), no NUL, no byte order mark, never more than a cap. */
#ifndef CONFIG_TEXTFILE_H
#define CONFIG_TEXTFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/errmsg.h"

enum { TEXTFILE_CAP_BYTES = 4 * 1024 * 1024 };

/* The file's bytes with a NUL behind them; free() them. NULL: `err` says why. */
char *textfile_read(const char *path, size_t *len, struct errmsg *err);
/* The part of this check that needs no file: false when the bytes hold a NUL, begin with a byte order mark or are too
 * many. */
bool textfile_check(const char *bytes, size_t len, struct errmsg *err);

#endif
