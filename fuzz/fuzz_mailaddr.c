/* Fuzzes the way from a mailbox text to the name that is asked: mailaddr (as MAIL FROM and as a From header), domain,
 * nameform. What comes out must be fit for the DNS, and must not change when it goes in again. */
#include <string.h>

#include "common/domain.h"
#include "common/mailaddr.h"
#include "common/nameform.h"
#include "common/suffix.h"
#include "fuzz/fuzz.h"

/* Labels of 1 to 63 octets, a root label, 255 octets at most. */
static void check_wire(const struct dnsname *name)
{
	size_t at = 0;

	MUST(name->len <= DNSWIRE_NAME_MAX);
	while (at < name->len && name->wire[at] != 0) {
		MUST(name->wire[at] <= 63);
		at += name->wire[at] + 1u;
	}
	MUST(at + 1 == name->len);
}

static void check_question(const char *name)
{
	static const char *const forms[] = { "bl.example", "a.%s.bl.example" };

	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct nameform form;
		struct dnsname out;

		MUST(nameform_parse(&form, forms[i], NULL));
		if (nameform_domain(&form, name, &out))
			check_wire(&out);
		else
			MUST(strlen(name) + form.wire.len + 1 > DNSWIRE_NAME_MAX);
	}
}

/* What was registered is the end of the name, from a label on, and was registered by itself. */
static void check_registrable(const char *name)
{
	static struct suffixes *suffixes;
	const char *found;

	if (suffixes == NULL)
		suffixes = suffix_load();
	MUST(suffixes != NULL);
	found = suffix_registrable(suffixes, name);
	if (found == NULL)
		return;
	MUST(found >= name && strcmp(name + strlen(name) - strlen(found), found) == 0);
	MUST(found == name || found[-1] == '.');
	MUST(strchr(found, '.') != NULL && suffix_registrable(suffixes, found) == found);
}

static void check_domain(const char *text)
{
	char name[DOMAIN_BYTES], again[DOMAIN_BYTES];

	if (domain_parse(name, text) != DOMAIN_NAME)
		return;
	MUST(strlen(name) < DOMAIN_BYTES && strchr(name, '.') != NULL);
	MUST(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == strlen(name));
	MUST(domain_parse(again, name) == DOMAIN_NAME && strcmp(name, again) == 0);
	check_question(name);
	check_registrable(name);
}

static void check_mailbox(const char *text, bool (*read)(char *, const char *))
{
	char domain[MAILADDR_DOMAIN_BYTES], again[MAILADDR_DOMAIN_BYTES];

	if (!read(domain, text))
		return;
	MUST(domain[0] != '\0' && memchr(domain, '\0', sizeof domain) != NULL);
	MUST(strpbrk(domain, " \t\r\n@") == NULL || domain[0] == '[');
	MUST(read(again, text) && strcmp(domain, again) == 0);
	check_domain(domain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct nameform form;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check_mailbox(text, mailaddr_path_domain);
	check_mailbox(text, mailaddr_header_domain);
	check_domain(text);
	if (nameform_parse(&form, text, NULL)) {
		struct ipaddr addr = ipaddr_v4(0xc0000201);
		struct dnsname out;

		MUST(form.wire.len > 1);
		if (nameform_address(&form, &addr, &out))
			check_wire(&out);
	}
	free(text);
	return 0;
}
