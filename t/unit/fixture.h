/* Rule sets for the tests, written as a configuration file is. */
#ifndef T_UNIT_FIXTURE_H
#define T_UNIT_FIXTURE_H

#include "common/ipaddr.h"
#include "common/ruleset.h"

/* The rule set of a configuration; in `json` a ' stands for a ", which C would want escaped. Any error in it ends the test.
 * The caller unrefs. */
struct ruleset *fixture_rules(const char *json);
/* The same with values: printf. */
struct ruleset *fixture_rulesf(const char *json, ...) __attribute__((format(printf, 1, 2)));
/* An address that must be one; "" gives none. */
struct ipaddr fixture_addr(const char *text);

#endif
