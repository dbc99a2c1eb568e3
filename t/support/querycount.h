/* What the test server was asked: how often each name and type, over TCP, from how many ports, with how many ids. */
#ifndef T_SUPPORT_QUERYCOUNT_H
#define T_SUPPORT_QUERYCOUNT_H

#include "t/support/dnsname.h"

#include <stdio.h>

struct querycount;

/* Names past max_names enter the totals only. NULL: out of memory. */
struct querycount *querycount_new(size_t max_names);
void querycount_free(struct querycount **counts);
void querycount_reset(struct querycount *counts);

/* Counts one query. Returns how often the same name and type was asked before. */
uint64_t querycount_add(struct querycount *counts, const struct dnsname *name, uint16_t type);
void querycount_client(struct querycount *counts, uint16_t port, uint16_t id, bool tcp);

uint64_t querycount_total(const struct querycount *counts);
uint64_t querycount_tcp(const struct querycount *counts);
unsigned querycount_ports(const struct querycount *counts); /* distinct source ports of UDP queries */
unsigned querycount_ids(const struct querycount *counts);
/* Of one name, or below one (`below`); of one type, or of all (type 0). */
uint64_t querycount_of(const struct querycount *counts, const struct dnsname *name, bool below, uint16_t type);
/* Lines "N NAME TYPE", sorted by name; `ending` is what follows each. */
void querycount_print(const struct querycount *counts, FILE *to, const char *ending);

#endif
