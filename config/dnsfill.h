/* What the configuration leaves open about DNS: the servers, how long a try takes and how many there are. */
#ifndef CONFIG_DNSFILL_H
#define CONFIG_DNSFILL_H

#include "common/ruleset.h"

/* Completes rules->dns, which the reader has filled: without servers, those of dns.resolv_conf are read. A timeout of 0 and
 * tries of SCHEMA_UNSET, which were not written, become those of that file, else the usual ones, and are lowered to what
 * dns.budget holds. False: out of memory. */
bool dnsfill(struct ruleset *rules);

#endif
