/* What a story expects of the milter. */
#ifndef T_SUPPORT_STORYEXPECT_H
#define T_SUPPORT_STORYEXPECT_H

#include "t/support/storyline.h"

#include <stdio.h>

#define STORYEXPECT_WHY_BYTES 4600

/* Judges the words behind "expect". False: it does not hold, or is no expectation; `why` says what came instead. */
bool storyexpect_holds(struct mtasession *session, struct words *words, char why[STORYEXPECT_WHY_BYTES]);
/* Does this expectation ask for a milter that is gone ("closed", "timeout")? */
bool storyexpect_wants_loss(const struct words *words);
/* One line about the last outcome and lines about the edits, each led by "# ". */
void storyexpect_describe(const struct mtasession *session, FILE *to);

#endif
