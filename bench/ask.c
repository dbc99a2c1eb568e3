/* ask: what the benches that ask a DNS server share. */
#include "bench/ask.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/config.h"

struct ruleset *ask_rules(const char *server, const char *zone)
{
	char json[700];
	struct faults faults;
	struct ruleset *rules;
	int n = snprintf(json, sizeof json,
			 "{\"dns\": {\"servers\": [\"%s\"], \"max_in_flight\": 65000, \"max_queries\": 1000, \"tries\": 3},"
			 " \"cache\": {\"enabled\": false}, \"lists\": [{\"name\": \"bench\", \"zone\": \"%s\", \"private\": true}]}",
			 server, zone);

	faults_init(&faults);
	rules = config_parse(json, (size_t)n, "bench", &faults);
	if (rules == NULL) {
		faults_print(&faults, stderr);
		exit(EXIT_FAILURE);
	}
	faults_clear(&faults);
	return rules;
}

uint32_t ask_next_addr(void)
{
	static uint32_t addr = 0x01000000;

	return addr++;
}

struct batch *ask_plan(struct ruleset *rules, size_t n)
{
	struct subject items[ASK_BATCH];
	struct subjects subjects = { .item = items, .n = n, .room = ASK_BATCH };
	struct batch *batch;

	for (size_t i = 0; i < n; i++)
		items[i] = (struct subject){ .kind = SUBJECT_RECEIVED, .addr = ipaddr_v4(ask_next_addr()) };
	batch = query_plan(rules, &subjects, n);
	if (batch == NULL)
		abort();
	return batch;
}

size_t ask_packet(uint8_t out[DNSWIRE_QUERY_MAX], uint16_t id, const struct dnsname *zone)
{
	struct ipaddr addr = ipaddr_v4(ask_next_addr());
	struct dnsname name;

	dnswire_name_reverse(&name, &addr, zone->wire, zone->len);
	return dnswire_query(out, id, &name, DNSWIRE_TYPE_A, true);
}
