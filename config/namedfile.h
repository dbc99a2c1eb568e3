/* Files that a configuration names: "file:NAME", relative to its directory. What they hold together is bounded.
 * Threads: one reader a thread. */
#ifndef CONFIG_NAMEDFILE_H
#define CONFIG_NAMEDFILE_H

#include <stdbool.h>

#include "config/reader.h"

/* NAME of "file:NAME", inside `text`; NULL: it is something else. */
const char *namedfile_name(const char *text);
/* The path of a file that the configuration `file` names. free() it. NULL: out of memory. */
char *namedfile_path(const char *file, const char *name);
/* Its text; free() it. NULL: the fault is told. */
char *namedfile_read(struct reader *reader, const struct node *node, const char *name);
/* False: the files hold enough as it is, and the fault is told. */
bool namedfile_has_room(struct reader *reader, const struct node *node);

/* What is left of a line without its comment and the blanks around; inside `line`, which is changed. */
char *namedfile_trim(char *line);
/* The only line that is neither blank nor a comment, inside `lines`, which are changed; NULL: there is none, or another. */
const char *namedfile_only_line(char *lines);

#endif
