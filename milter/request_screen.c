/* request_screen: who is refused since he was listed before, and from where somebody has logged in lately. */
#include "milter/request.h"

#include "common/log.h"

/* --- screen ------------------------------------------------------------------------------------------------------- */

struct telling {
	const struct request *request;
	struct request_pattern pattern;
	struct monotime now;
	int64_t window_us;
	bool heard;
};

static void tell_screened(void *ctx, const struct screen_entry *entry)
{
	struct telling *telling = ctx;
	char subject[IPADDR_TEXT_BYTES];
	bool by_hand = entry->list[0] == '\0';
	json_t *item;

	if (!telling->heard || !request_matches(&telling->pattern, &entry->addr, ipaddr_format(&entry->addr, subject)))
		return;
	item = json_pack("{s:s, s:s?, s:o, s:s}", "subject", subject, "list", by_hand ? NULL : entry->list, "expires_in",
			 request_seconds_left(entry->expires, telling->now), "source", by_hand ? "manual" : "auto");
	telling->heard = request_item(telling->request, item);
}

void request_screen_list(const struct request *request, struct request_end *end)
{
	struct telling telling = { .request = request, .now = monotime_now(), .heard = true };
	struct arena arena;

	arena_init(&arena, REQUEST_PATTERN_BYTES);
	if (request_want_pattern(request, &arena, &telling.pattern, end) &&
	    !screen_each(request->service->screen, telling.now, tell_screened, &telling))
		request_fail(end, REQUEST_NO, "out of memory");
	arena_clear(&arena);
}

void request_screen_add(const struct request *request, struct request_end *end)
{
	struct service *service = request->service;
	char text[IPADDR_TEXT_BYTES];
	struct ipaddr addr;
	int64_t ttl_s;
	enum keep_done done;
	struct errmsg why;

	if (!request_need_address(request, &addr, end) || !request_want_ttl(request, &ttl_s, end))
		return;
	done = screen_add(service->screen, &addr, ttl_s, &why);
	if (done != KEEP_REFUSED) {
		log_info("screen: %s was added by hand", ipaddr_format(&addr, text));
		end->result = json_pack("{s:s, s:o, s:b}", "subject", text, "expires_in",
					ttl_s == 0 ? json_null() : json_integer((json_int_t)ttl_s), "durable", done == KEEP_DONE);
	}
	request_end_kept(end, service->journal, done, &why);
}

void request_screen_remove(const struct request *request, struct request_end *end)
{
	struct service *service = request->service;
	char text[IPADDR_TEXT_BYTES];
	struct ipaddr addr;
	enum keep_done done;
	struct errmsg why;

	if (!request_need_address(request, &addr, end))
		return;
	done = screen_remove(service->screen, &addr, &why);
	if (done != KEEP_REFUSED) {
		log_info("screen: %s was removed by hand", ipaddr_format(&addr, text));
		end->result = json_pack("{s:s}", "subject", text);
	}
	request_end_kept(end, service->journal, done, &why);
}

void request_screen_clear(const struct request *request, struct request_end *end)
{
	struct service *service = request->service;
	struct ruleset *rules = inforce_get(&service->inforce);
	struct screen_stats before;
	enum keep_done done;
	struct errmsg why;

	screen_stats(service->screen, &rules->screen, &before);
	ruleset_unref(&rules);
	done = screen_clear(service->screen, &why);
	log_info("screen: cleared by hand");
	end->result = json_pack("{s:I}", "entries", (json_int_t)before.entries);
	request_end_kept(end, service->journal, done, &why);
}

/* --- recent logins ------------------------------------------------------------------------------------------------ */

void request_recent_add(const struct request *request, struct request_end *end)
{
	struct ruleset *rules = inforce_get(&request->service->inforce);
	char text[IPADDR_TEXT_BYTES];
	struct ipaddr addr;
	struct errmsg why;

	if (request_need_address(request, &addr, end)) {
		if (!recent_add(request->service->recent, &addr, rules->exceptions.recent_window_us, &why))
			request_fail(end, REQUEST_NO, "%s", why.text);
		else
			end->result = json_pack("{s:s, s:I}", "subject", ipaddr_format(&addr, text), "expires_in",
						(json_int_t)(rules->exceptions.recent_window_us / 1000000));
		if (end->result != NULL && !rules->exceptions.recent_logins)
			json_object_set_new(end->result, "note",
					    json_string("exceptions.recent_logins is off: mail takes no notice of it"));
	}
	ruleset_unref(&rules);
}

static void tell_recent(void *ctx, const struct ipaddr *addr, struct monotime reported)
{
	struct telling *telling = ctx;
	struct monotime expires = monotime_add(reported, telling->window_us);
	char subject[IPADDR_TEXT_BYTES];
	json_t *item;

	if (!telling->heard || monotime_reached(telling->now, expires))
		return;
	item = json_pack("{s:s, s:o, s:o}", "subject", ipaddr_format(addr, subject), "reported",
			 request_moment(reported, telling->now), "expires_in", request_seconds_left(expires, telling->now));
	telling->heard = request_item(telling->request, item);
}

void request_recent_list(const struct request *request, struct request_end *end)
{
	struct ruleset *rules = inforce_get(&request->service->inforce);
	struct telling telling = { .request = request, .now = monotime_now(), .heard = true,
				   .window_us = rules->exceptions.recent_window_us };

	ruleset_unref(&rules);
	if (!recent_each(request->service->recent, telling.now, tell_recent, &telling))
		request_fail(end, REQUEST_NO, "out of memory");
}
