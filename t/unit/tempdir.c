/* tempdir: a directory of the test's own.
 * It lies in /tmp, whatever TMPDIR says: the path of a socket may not be long. */
#include "t/unit/tempdir.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tempdir_make(char dir[TEMPDIR_BYTES])
{
	strcpy(dir, "/tmp/rbl-milter-unit.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

void tempdir_remove(const char *dir)
{
	char command[TEMPDIR_BYTES + 16];

	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

struct journal *tempdir_journal(const char *dir)
{
	struct errmsg err = { "" };
	struct journal *journal = journal_open(dir, &err);

	ck_assert_msg(journal != NULL, "%s", err.text);
	return journal;
}
