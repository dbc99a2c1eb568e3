/* ipaddr: one type for IPv4 and IPv6.
 * Folding of mapped addresses happens here and nowhere else. */
#include "common/ipaddr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

struct ipaddr ipaddr_v4(uint32_t host_order)
{
	struct ipaddr addr = { .len = IPADDR_V4 };

	for (size_t i = 0; i < IPADDR_V4; i++)
		addr.byte[i] = (uint8_t)(host_order >> (24 - 8 * i));
	return addr;
}

uint32_t ipaddr_u32(const struct ipaddr *addr)
{
	const uint8_t *b = addr->byte;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

struct ipaddr ipaddr_v6(const uint8_t byte[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct ipaddr addr = { .len = IPADDR_V6 };

	if (memcmp(byte, mapped, sizeof mapped) == 0) {
		addr.len = IPADDR_V4;
		memcpy(addr.byte, byte + 12, 4);
	} else {
		memcpy(addr.byte, byte, 16);
	}
	return addr;
}

bool ipaddr_parse(struct ipaddr *out, const char *text)
{
	uint8_t byte[16];

	if (inet_pton(AF_INET, text, byte) == 1) {
		*out = (struct ipaddr){ .len = IPADDR_V4 };
		memcpy(out->byte, byte, 4);
		return true;
	}
	if (inet_pton(AF_INET6, text, byte) == 1) {
		*out = ipaddr_v6(byte);
		return true;
	}
	return false;
}

bool ipaddr_parse_n(struct ipaddr *out, const char *text, size_t n)
{
	char copy[IPADDR_TEXT_BYTES];

	if (n >= sizeof copy || memchr(text, '\0', n) != NULL)
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	return ipaddr_parse(out, copy);
}

bool ipaddr_parse_literal(struct ipaddr *out, const char *text)
{
	static const char v6[] = "IPv6:";
	size_t n = strlen(text);
	bool tagged;

	if (n < 2 || text[0] != '[' || text[n - 1] != ']')
		return false;
	tagged = strncasecmp(text + 1, v6, sizeof v6 - 1) == 0;
	if (!tagged && strchr(text, ':') != NULL)
		return false;
	return tagged ? strchr(text + sizeof v6, ':') != NULL && ipaddr_parse_n(out, text + sizeof v6, n - sizeof v6 - 1) :
			ipaddr_parse_n(out, text + 1, n - 2);
}

bool ipaddr_octet(const char **text, uint8_t *out)
{
	const char *at = *text;
	unsigned value = 0;

	for (; *at >= '0' && *at <= '9'; at++) {
		if (at > *text && value == 0)
			return false;
		value = value * 10 + (unsigned)(*at - '0');
		if (value > 255)
			return false;
	}
	if (at == *text)
		return false;
	*text = at;
	*out = (uint8_t)value;
	return true;
}

bool ipaddr_from_sockaddr(struct ipaddr *out, const struct sockaddr *sa)
{
	if (sa == NULL)
		return false;
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof in);
		*out = ipaddr_v4(ntohl(in.sin_addr.s_addr));
		return true;
	}
	if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof in6);
		*out = ipaddr_v6(in6.sin6_addr.s6_addr);
		return true;
	}
	return false;
}

const char *ipaddr_format(const struct ipaddr *addr, char buf[IPADDR_TEXT_BYTES])
{
	if (addr->len == IPADDR_V4)
		inet_ntop(AF_INET, addr->byte, buf, IPADDR_TEXT_BYTES);
	else if (addr->len == IPADDR_V6)
		inet_ntop(AF_INET6, addr->byte, buf, IPADDR_TEXT_BYTES);
	else
		snprintf(buf, IPADDR_TEXT_BYTES, "none");
	return buf;
}

bool ipaddr_is_set(const struct ipaddr *addr)
{
	return addr->len != 0;
}

int ipaddr_compare(const struct ipaddr *a, const struct ipaddr *b)
{
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->byte, b->byte, a->len);
}

bool ipaddr_equal(const struct ipaddr *a, const struct ipaddr *b)
{
	return ipaddr_compare(a, b) == 0;
}

bool ipaddr_in_net(const struct ipaddr *addr, const struct ipaddr *net, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (addr->len != net->len || bits > 8u * net->len)
		return false;
	if (memcmp(addr->byte, net->byte, whole) != 0)
		return false;
	return rest == 0 || (addr->byte[whole] ^ net->byte[whole]) >> (8 - rest) == 0;
}

struct net {
	struct ipaddr addr;
	unsigned bits;
};

static bool in_any(const struct ipaddr *addr, const struct net *nets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ipaddr_in_net(addr, &nets[i].addr, nets[i].bits))
			return true;
	return false;
}

bool ipaddr_is_loopback(const struct ipaddr *addr)
{
	static const struct net loopback[] = {
		{ { IPADDR_V4, { 127 } }, 8 },
		{ { IPADDR_V6, { [15] = 1 } }, 128 },
	};

	return in_any(addr, loopback, sizeof loopback / sizeof loopback[0]);
}

bool ipaddr_is_private(const struct ipaddr *addr)
{
	static const struct net private_nets[] = {
		{ { IPADDR_V4, { 0 } }, 8 },
		{ { IPADDR_V4, { 10 } }, 8 },
		{ { IPADDR_V4, { 100, 64 } }, 10 },
		{ { IPADDR_V4, { 127 } }, 8 },
		{ { IPADDR_V4, { 169, 254 } }, 16 },
		{ { IPADDR_V4, { 172, 16 } }, 12 },
		{ { IPADDR_V4, { 192, 168 } }, 16 },
		{ { IPADDR_V4, { 224 } }, 3 },
		{ { IPADDR_V6, { 0 } }, 128 },
		{ { IPADDR_V6, { [15] = 1 } }, 128 },
		{ { IPADDR_V6, { 0xfc } }, 7 },
		{ { IPADDR_V6, { 0xfe, 0x80 } }, 10 },
		{ { IPADDR_V6, { 0xff } }, 8 },
	};

	return in_any(addr, private_nets, sizeof private_nets / sizeof private_nets[0]);
}
