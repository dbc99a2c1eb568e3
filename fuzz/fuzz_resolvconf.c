/* Fuzzes resolvconf: whatever the file holds, its servers can be asked and its numbers are in their ranges; a server's text,
 * as the file's only line, gives the same server again. */
#include <string.h>

#include "common/resolvconf.h"
#include "fuzz/fuzz.h"

enum { INPUT_MAX = 8192 };

static void check_server(const struct dnsserver *server)
{
	struct resolvconf again;
	char line[100];

	MUST(server->addr_len > 0 && strlen(server->text) < sizeof server->text);
	snprintf(line, sizeof line, "nameserver %s", server->text);
	resolvconf_parse(&again, line);
	MUST(again.n == 1 && again.server[0].addr_len == server->addr_len);
	MUST(memcmp(&again.server[0].addr, &server->addr, server->addr_len) == 0);
	MUST(strcmp(again.server[0].text, server->text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[INPUT_MAX + 1];
	struct resolvconf conf;

	if (size > INPUT_MAX)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	resolvconf_parse(&conf, text);
	MUST(conf.n <= DNS_SERVERS_MAX);
	MUST(conf.timeout_s >= 0 && conf.timeout_s <= 30);
	MUST(conf.attempts >= 0 && conf.attempts <= 5);
	for (size_t i = 0; i < conf.n; i++)
		check_server(&conf.server[i]);
	return 0;
}
