/* The scene of the suites of stage: one list called demo, and who is on it. With the words of say.h. */
#ifndef T_UNIT_DEMO_H
#define T_UNIT_DEMO_H

#include "t/unit/say.h"

#define LISTED "192.0.2.2"       /* by bl.example, two.example and three.example */
#define CLEAN "192.0.2.10"
#define SILENT "192.0.2.3"       /* nobody answers about it */
#define REFUSED "192.0.2.4"      /* asking about it is refused */
#define HOP "from h (h [198.51.100.7]) by x with ESMTP id 1"   /* listed by bl.example, with another code */
#define HOPS_TOO "'received': {'smtp': {'enabled': true, 'skip_oldest': 0}}"

/* A checked fixture. What the log says must have been read when a test ends. */
void demo_set_up(void);
void demo_tear_down(void);

/* A session under rules with the list demo: `dns` and `more` are members of "dns" and of the whole, with a comma before them. */
void demo_begin(const char *dns, const char *more);
/* The same with these lists. */
void demo_begin_with(const char *lists, const char *dns, const char *more);

#endif
