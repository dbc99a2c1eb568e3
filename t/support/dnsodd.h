/* Answers that no honest server gives: the faults that change the records themselves. */
#ifndef T_SUPPORT_DNSODD_H
#define T_SUPPORT_DNSODD_H

#include "t/support/dnsdraft.h"

/* Writes the whole packet for rules: an odd answer when one of its faults is on, else the honest one. */
void dnsodd_write(struct dnsdraft *draft);

#endif
