/* doctor_public: resolvers that everybody may use, as their operators publish them. Lists that count queries by resolver refuse
 * them, since all their users together are one to the list. */
#include "cli/doctor.h"

#include <sys/socket.h>

#include "common/ipaddr.h"

static const struct {
	const char *address, *operator;
} resolvers[] = {
	{ "8.8.8.8", "Google" },                { "8.8.4.4", "Google" },
	{ "2001:4860:4860::8888", "Google" },   { "2001:4860:4860::8844", "Google" },
	{ "1.1.1.1", "Cloudflare" },            { "1.0.0.1", "Cloudflare" },
	{ "1.1.1.2", "Cloudflare" },            { "1.0.0.2", "Cloudflare" },
	{ "1.1.1.3", "Cloudflare" },            { "1.0.0.3", "Cloudflare" },
	{ "2606:4700:4700::1111", "Cloudflare" }, { "2606:4700:4700::1001", "Cloudflare" },
	{ "9.9.9.9", "Quad9" },                 { "149.112.112.112", "Quad9" },
	{ "9.9.9.10", "Quad9" },                { "149.112.112.10", "Quad9" },
	{ "9.9.9.11", "Quad9" },                { "149.112.112.11", "Quad9" },
	{ "2620:fe::fe", "Quad9" },             { "2620:fe::9", "Quad9" },
	{ "208.67.222.222", "OpenDNS" },        { "208.67.220.220", "OpenDNS" },
	{ "208.67.222.123", "OpenDNS" },        { "208.67.220.123", "OpenDNS" },
	{ "2620:119:35::35", "OpenDNS" },       { "2620:119:53::53", "OpenDNS" },
	{ "94.140.14.14", "AdGuard" },          { "94.140.15.15", "AdGuard" },
	{ "185.228.168.9", "CleanBrowsing" },   { "185.228.169.9", "CleanBrowsing" },
	{ "64.6.64.6", "Vercara" },             { "64.6.65.6", "Vercara" },
	{ "4.2.2.1", "Lumen" },                 { "4.2.2.2", "Lumen" },
	{ "77.88.8.8", "Yandex" },              { "77.88.8.1", "Yandex" },
	{ "76.76.2.0", "Control D" },           { "76.76.10.0", "Control D" },
};

const char *doctor_public_resolver(const struct sockaddr_storage *server)
{
	struct ipaddr addr, known;

	if (!ipaddr_from_sockaddr(&addr, (const struct sockaddr *)server))
		return NULL;
	for (size_t i = 0; i < sizeof resolvers / sizeof resolvers[0]; i++)
		if (ipaddr_parse(&known, resolvers[i].address) && ipaddr_equal(&addr, &known))
			return resolvers[i].operator;
	return NULL;
}
