/* A directory of the test's own, and what a daemon keeps in it over a restart. Failure ends the test. */
#ifndef T_UNIT_TEMPDIR_H
#define T_UNIT_TEMPDIR_H

#include "common/journal.h"

enum { TEMPDIR_BYTES = 32 };

/* Makes one of mode 0700, whose path is written to `dir`. All tests may run in one process: each makes its own. */
void tempdir_make(char dir[TEMPDIR_BYTES]);
/* With all that is in it. */
void tempdir_remove(const char *dir);

/* The journal of this directory. The caller closes it. */
struct journal *tempdir_journal(const char *dir);

#endif
