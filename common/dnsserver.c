/* dnsserver: text -> socket address of a DNS server. */
#include "common/dnsserver.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/ipaddr.h"
#include "common/text.h"

enum { DNS_PORT = 53, HOST_BYTES = IPADDR_TEXT_BYTES + 1 + IF_NAMESIZE };

/* The pieces of "HOST", "HOST:PORT", "[HOST]" and "[HOST]:PORT". */
struct pieces {
	char host[HOST_BYTES];
	const char *port;      /* NULL: not given */
	const char *scope;     /* behind the %; NULL: none; points into host */
};

static bool copy_host(struct pieces *out, const char *from, size_t n)
{
	char *percent;

	if (n >= sizeof out->host)
		return false;
	memcpy(out->host, from, n);
	out->host[n] = '\0';
	percent = strchr(out->host, '%');
	if (percent != NULL) {
		*percent = '\0';
		out->scope = percent + 1;
	}
	return true;
}

static bool split(struct pieces *out, const char *text)
{
	const char *first = strchr(text, ':'), *close;

	*out = (struct pieces){ .port = NULL };
	if (text[0] == '[') {
		close = strchr(text, ']');
		if (close == NULL || (close[1] != '\0' && close[1] != ':'))
			return false;
		out->port = close[1] == ':' ? close + 2 : NULL;
		return copy_host(out, text + 1, (size_t)(close - text) - 1);
	}
	if (first != NULL && strchr(first + 1, ':') == NULL) {   /* one colon: an IPv6 address has at least two */
		out->port = first + 1;
		return copy_host(out, text, (size_t)(first - text));
	}
	return copy_host(out, text, strlen(text));
}

static bool parse_port(uint16_t *out, const char *text)
{
	unsigned long port = 0;
	size_t n = strlen(text);

	if (n == 0 || n > 5 || strspn(text, "0123456789") != n)
		return false;
	port = strtoul(text, NULL, 10);
	if (port < 1 || port > UINT16_MAX)
		return false;
	*out = (uint16_t)port;
	return true;
}

/* The name of an interface of this machine, or its number. The kernel would take "eth0:1" for eth0, as of old. */
static uint32_t scope_id(const char *scope)
{
	size_t n = strlen(scope);

	if (strchr(scope, ':') != NULL)
		return 0;
	if (n > 0 && n < 10 && strspn(scope, "0123456789") == n)
		return (uint32_t)strtoul(scope, NULL, 10);
	return if_nametoindex(scope);
}

static bool can_be_asked(const struct ipaddr *addr)
{
	static const struct ipaddr zero4 = { .len = IPADDR_V4 }, zero6 = { .len = IPADDR_V6 };
	bool multicast = addr->len == IPADDR_V4 ? addr->byte[0] >= 224 : addr->byte[0] == 0xff;

	return !multicast && !ipaddr_equal(addr, &zero4) && !ipaddr_equal(addr, &zero6);
}

static void fill_v4(struct dnsserver *out, const struct ipaddr *addr, uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(port) };

	memcpy(&sin.sin_addr, addr->byte, IPADDR_V4);
	memcpy(&out->addr, &sin, sizeof sin);
	out->addr_len = sizeof sin;
}

static void fill_v6(struct dnsserver *out, const struct ipaddr *addr, uint16_t port, uint32_t scope)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = scope };

	memcpy(&sin6.sin6_addr, addr->byte, IPADDR_V6);
	memcpy(&out->addr, &sin6, sizeof sin6);
	out->addr_len = sizeof sin6;
}

static void fill_text(struct dnsserver *out, const struct ipaddr *addr, const char *scope, uint16_t port)
{
	struct text text = text_over(out->text, sizeof out->text);
	char buf[IPADDR_TEXT_BYTES];

	ipaddr_format(addr, buf);
	if (addr->len == IPADDR_V4)
		text_add(&text, "%s:%u", buf, port);
	else if (scope == NULL)
		text_add(&text, "[%s]:%u", buf, port);
	else
		text_add(&text, "[%s%%%s]:%u", buf, scope, port);
}

bool dnsserver_parse(struct dnsserver *out, const char *text, struct errmsg *err)
{
	struct dnsserver server = { .addr_len = 0 };
	struct pieces pieces;
	struct ipaddr addr;
	uint16_t port = DNS_PORT;
	uint32_t scope = 0;

	if (!split(&pieces, text) || !ipaddr_parse(&addr, pieces.host)) {
		errmsg_set(err, "\"%.60s\" is not an address with an optional port, such as \"127.0.0.1\" or \"[::1]:5353\"",
			   text);
		return false;
	}
	if (!can_be_asked(&addr)) {
		errmsg_set(err, "%.60s is not the address of one server", text);
		return false;
	}
	if (pieces.port != NULL && !parse_port(&port, pieces.port)) {
		errmsg_set(err, "\"%.20s\" is not a port from 1 to 65535", pieces.port);
		return false;
	}
	if (pieces.scope != NULL) {
		scope = addr.len == IPADDR_V6 ? scope_id(pieces.scope) : 0;
		if (scope == 0) {
			errmsg_set(err, "\"%.20s\" is not a network interface of this machine", pieces.scope);
			return false;
		}
	}
	if (addr.len == IPADDR_V4)
		fill_v4(&server, &addr, port);
	else
		fill_v6(&server, &addr, port, scope);
	fill_text(&server, &addr, pieces.scope, port);
	*out = server;
	return true;
}
