/* request_args: what requests about addresses have in common: an address, a time, a pattern, and how a durable change ended. */
#include "milter/request.h"

#include <string.h>

#include "common/keep.h"
#include "common/text.h"
#include "config/duration.h"

bool request_need_address(const struct request *request, struct ipaddr *out, struct request_end *end)
{
	const char *text = request_need_text(request, "address", end);
	char quoted[TEXT_QUOTE_BYTES];

	if (text == NULL)
		return false;
	if (ipaddr_parse(out, text))
		return true;
	request_fail(end, REQUEST_USAGE, "%s is no address", text_quote(text, quoted));
	return false;
}

bool request_want_ttl(const struct request *request, int64_t *ttl_s, struct request_end *end)
{
	const char *text;
	struct errmsg why;
	int64_t us = DURATION_NEVER;

	if (!request_want_text(request, "ttl", &text, end))
		return false;
	if (text != NULL && !duration_parse(&us, text, &why)) {
		request_fail(end, REQUEST_USAGE, "ttl: %s", why.text);
		return false;
	}
	*ttl_s = us == DURATION_NEVER ? 0 : us / DURATION_S;
	if (us == DURATION_NEVER || (us >= DURATION_S && *ttl_s <= KEEP_TTL_MAX_S))
		return true;
	request_fail(end, REQUEST_USAGE, "ttl: from 1s to %dd, or never", KEEP_TTL_MAX_S / 86400);
	return false;
}

/* A text that can only mean addresses: it is not to become a glob that matches nothing. */
static bool means_addresses(const char *text)
{
	return strpbrk(text, ":/") != NULL ||
	       (text[0] >= '0' && text[0] <= '9' && strspn(text, "0123456789.*-") == strlen(text));
}

bool request_want_pattern(const struct request *request, struct arena *arena, struct request_pattern *out,
			  struct request_end *end)
{
	const char *text;
	struct errmsg why;

	*out = (struct request_pattern){ PATTERN_ANY };
	if (!request_want_text(request, "pattern", &text, end))
		return false;
	if (text == NULL)
		return true;
	if (addrpat_parse(&out->addresses, text, &why)) {
		out->kind = PATTERN_ADDRESSES;
		return true;
	}
	if (!means_addresses(text) && namepat_parse(&out->glob, text, arena, &why)) {
		out->kind = PATTERN_GLOB;
		return true;
	}
	request_fail(end, REQUEST_USAGE, "the pattern: %s", why.text);
	return false;
}

bool request_matches(const struct request_pattern *pattern, const struct ipaddr *addr, const char *subject)
{
	switch (pattern->kind) {
	case PATTERN_ANY:
		return true;
	case PATTERN_ADDRESSES:
		return ipaddr_is_set(addr) && addrpat_match(&pattern->addresses, addr);
	case PATTERN_GLOB:
		return namepat_match(&pattern->glob, subject);
	}
	return false;
}

json_t *request_seconds_left(struct monotime expires, struct monotime now)
{
	if (expires.us == INT64_MAX)
		return json_null();
	return json_integer((json_int_t)(monotime_between(now, expires) / 1000000));
}

void request_end_kept(struct request_end *end, const struct journal *journal, enum keep_done done, const struct errmsg *why)
{
	if (done == KEEP_REFUSED)
		request_fail(end, REQUEST_NO, "%s", why->text);
	else if (done == KEEP_UNTIL_RESTART && journal != NULL)
		request_fail(end, REQUEST_NO, "it is done, but only until a restart, since the disk did not take it: %s", why->text);
	else if (done == KEEP_UNTIL_RESTART)
		json_object_set_new(end->result, "note", json_string("until a restart: there is no state_dir"));
}
