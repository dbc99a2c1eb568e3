/* request_cache: what is kept of the lists' answers, and what was added to it by hand.
 * The table of answers knows only hashes of names, and the journal the names of listings: a listing is shown while the table
 * has it, under the list and the subject whose question its name is. Zones, which may hold keys, are shown nowhere. */
#include "milter/request.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "common/template.h"
#include "common/text.h"

enum {
	ADDRS_BYTES = 16 * ANSWER_ADDRS_MAX,
	LATER_S = 2,                 /* a row of the journal and an answer of the table that expire so near to each other are one */
};

/* --- cache list --------------------------------------------------------------------------------------------------- */

struct listing {
	const struct request *request;
	struct service *service;
	struct ruleset *rules;
	struct monotime now;
	struct request_pattern pattern;
	const char *list;            /* only of this one; NULL: of all */
	bool heard;                  /* somebody still reads */
};

static void tell(struct listing *listing, const char *subject, const char *list, const char *answer, json_t *expires_in,
		 const char *source)
{
	listing->heard = request_item(listing->request, json_pack("{s:s, s:s, s:s, s:o, s:s}", "subject", subject, "list", list,
								  "answer", answer, "expires_in", expires_in, "source", source));
}

static void tell_manual(void *ctx, const struct manual_entry *entry)
{
	struct listing *listing = ctx;
	struct ipaddr answer = ipaddr_v4(MANUAL_ANSWER);
	char subject[IPADDR_TEXT_BYTES], code[IPADDR_TEXT_BYTES];

	if (listing->heard && request_matches(&listing->pattern, &entry->addr, ipaddr_format(&entry->addr, subject)))
		tell(listing, subject, listing->rules->manual->name, ipaddr_format(&answer, code),
		     request_seconds_left(entry->expires, listing->now), "manual");
}

/* "127.0.0.2,127.0.0.4" */
static const char *answer_text(const struct answer *answer, char buf[ADDRS_BYTES])
{
	struct text text = text_over(buf, ADDRS_BYTES);

	for (size_t i = 0; i < answer->n; i++) {
		struct ipaddr addr = ipaddr_v4(answer->addr[i]);
		char code[IPADDR_TEXT_BYTES];

		text_add(&text, "%s%s", i > 0 ? "," : "", ipaddr_format(&addr, code));
	}
	return buf;
}

static bool asks_about(const struct list *list, const struct ipaddr *addr)
{
	unsigned addresses = SUBJECT_BIT(SUBJECT_CLIENT) | SUBJECT_BIT(SUBJECT_RECEIVED);

	return (list->subjects & (ipaddr_is_set(addr) ? addresses : SUBJECT_ALL & ~addresses)) != 0;
}

/* The listing of this name, for each list whose question it is: lists that share a zone share it. */
static void tell_name(struct listing *listing, const struct dnsname *name, const struct answer *answer)
{
	char domain[DOMAIN_BYTES], ip[IPADDR_TEXT_BYTES], addrs[ADDRS_BYTES];

	for (size_t i = 0; i < listing->rules->n_lists && listing->heard; i++) {
		const struct list *list = &listing->rules->lists[i];
		struct ipaddr addr;
		const char *subject;

		if ((listing->list != NULL && strcmp(listing->list, list->name) != 0) || list->server != NULL)
			continue;
		if (!nameform_subject(&list->form, name, &addr, domain) || !asks_about(list, &addr))
			continue;
		subject = ipaddr_is_set(&addr) ? ipaddr_format(&addr, ip) : domain;
		if (request_matches(&listing->pattern, &addr, subject))
			tell(listing, subject, list->name, answer_text(answer, addrs), json_integer(answer->ttl_s), "dns");
	}
}

static bool tell_answer(void *ctx, const struct journal_answer *row)
{
	struct listing *listing = ctx;
	struct dnsname name = { .len = (uint8_t)row->name_len };
	struct answer answer;

	if (row->server[0] != '\0' || row->type != DNSWIRE_TYPE_A)
		return true;
	memcpy(name.wire, row->name, row->name_len);
	if (!lookup_peek(listing->service->lookup, &name, row->type, monotime_now(), &answer) || answer.status != ANSWER_LISTED)
		return true;
	/* An older row of the same name: the newer one has been told. */
	if (row->expires_s + LATER_S < time(NULL) + (int64_t)answer.ttl_s)
		return true;
	tell_name(listing, &name, &answer);
	return listing->heard;
}

static bool is_list(const struct ruleset *rules, const char *name, struct request_end *end)
{
	if (strcmp(rules->manual->name, name) == 0)
		return true;
	for (size_t i = 0; i < rules->n_lists; i++)
		if (strcmp(rules->lists[i].name, name) == 0)
			return true;
	request_no_list(rules, name, end);
	return false;
}

/* Which sources? False: there is no such one. */
static bool read_source(const struct request *request, bool *dns, bool *manual, struct request_end *end)
{
	const char *source;

	if (!request_want_text(request, "source", &source, end))
		return false;
	*dns = source == NULL || strcmp(source, "dns") == 0;
	*manual = source == NULL || strcmp(source, "manual") == 0;
	if (!*dns && !*manual)
		request_fail(end, REQUEST_USAGE, "the source is \"dns\" or \"manual\"");
	return *dns || *manual;
}

static void tell_all(struct listing *listing, bool dns, bool manual, struct request_end *end)
{
	struct service *service = listing->service;
	struct errmsg why;

	if (manual && (listing->list == NULL || strcmp(listing->list, listing->rules->manual->name) == 0) &&
	    !manual_each(service->manual, listing->now, tell_manual, listing))
		request_fail(end, REQUEST_NO, "out of memory");
	if (!dns || !listing->heard || end->status != REQUEST_DONE)
		return;
	if (service->journal == NULL)
		end->result = json_pack("{s:s}", "note", "answers of the DNS are kept without their names, since there is no "
				  "state_dir: they cannot be listed");
	else if (!journal_each_answer(service->journal, tell_answer, listing, &why))
		request_fail(end, REQUEST_NO, "state_dir: answers cannot be read: %s", why.text);
}

void request_cache_list(const struct request *request, struct request_end *end)
{
	struct listing listing = { .request = request, .service = request->service, .now = monotime_now(), .heard = true };
	struct arena arena;
	bool dns, manual;

	arena_init(&arena, REQUEST_PATTERN_BYTES);
	listing.rules = inforce_get(&request->service->inforce);
	if (request_want_pattern(request, &arena, &listing.pattern, end) &&
	    request_want_text(request, "list", &listing.list, end) && read_source(request, &dns, &manual, end) &&
	    (listing.list == NULL || is_list(listing.rules, listing.list, end)))
		tell_all(&listing, dns, manual, end);
	ruleset_unref(&listing.rules);
	arena_clear(&arena);
}

/* --- cache add, remove, clear ------------------------------------------------------------------------------------- */

static bool read_message(const struct request *request, const char **message, struct request_end *end)
{
	struct errmsg why;

	if (!request_want_text(request, "message", message, end))
		return false;
	if (*message == NULL || template_check(*message, &why))
		return true;
	request_fail(end, REQUEST_USAGE, "the message: %s", why.text);
	return false;
}

void request_cache_add(const struct request *request, struct request_end *end)
{
	struct service *service = request->service;
	char text[IPADDR_TEXT_BYTES];
	struct ipaddr addr;
	const char *message;
	int64_t ttl_s;
	enum keep_done done;
	struct errmsg why;

	if (!request_need_address(request, &addr, end) || !request_want_ttl(request, &ttl_s, end) ||
	    !read_message(request, &message, end))
		return;
	done = manual_add(service->manual, &addr, message, ttl_s, &why);
	if (done != KEEP_REFUSED) {
		log_info("cache: %s was added by hand", ipaddr_format(&addr, text));
		end->result = json_pack("{s:s, s:o, s:b}", "subject", text, "expires_in",
					ttl_s == 0 ? json_null() : json_integer((json_int_t)ttl_s), "durable", done == KEEP_DONE);
	}
	request_end_kept(end, service->journal, done, &why);
}

/* The names by which the lists are asked about the address, and whom they ask. Returns how many they are; the caller frees
 * both, NULL: out of memory. */
static size_t names_of(const struct ruleset *rules, const struct ipaddr *addr, struct dnsname **names,
		       const struct dnsserver ***servers)
{
	size_t n = 0;

	*names = malloc((rules->n_lists + 1) * sizeof **names);
	*servers = malloc((rules->n_lists + 1) * sizeof **servers);
	if (*names == NULL || *servers == NULL)
		return 0;
	for (size_t i = 0; i < rules->n_lists; i++) {
		const struct list *list = &rules->lists[i];

		if (!asks_about(list, addr) || !nameform_address(&list->form, addr, &(*names)[n]))
			continue;
		(*servers)[n++] = list->server;
	}
	return n;
}

/* What the lists have said of the address: they will be asked again. */
static size_t forget_answers(struct service *service, const struct ipaddr *addr, struct errmsg *why)
{
	struct ruleset *rules = inforce_get(&service->inforce);
	const struct dnsserver **servers;
	struct dnsname *names;
	size_t n = names_of(rules, addr, &names, &servers);

	n = names != NULL && servers != NULL ? lookup_forget_names(service->lookup, names, servers, n, why) : 0;
	free(names);
	free(servers);
	ruleset_unref(&rules);
	return n;
}

void request_cache_remove(const struct request *request, struct request_end *end)
{
	struct service *service = request->service;
	char text[IPADDR_TEXT_BYTES];
	struct errmsg why = { "" }, disk = { "" };
	struct ipaddr addr;
	enum keep_done done;
	size_t n;

	if (!request_need_address(request, &addr, end))
		return;
	done = manual_remove(service->manual, &addr, &why);
	n = forget_answers(service, &addr, &disk);
	if (done == KEEP_REFUSED && n == 0) {
		request_fail(end, REQUEST_NO, "%s, and no list's answer about it is kept", why.text);
		return;
	}
	log_info("cache: %s was removed by hand", ipaddr_format(&addr, text));
	end->result = json_pack("{s:s, s:b, s:I}", "subject", text, "manual", done != KEEP_REFUSED, "answers", (json_int_t)n);
	if (done != KEEP_REFUSED)
		request_end_kept(end, service->journal, done, &why);
	if (disk.text[0] != '\0')
		request_fail(end, REQUEST_NO, "it is done, but a restart may bring it back: %s", disk.text);
}

void request_cache_clear(const struct request *request, struct request_end *end)
{
	struct service *service = request->service;
	struct manual_stats manual;
	struct lookup_stats before;
	enum keep_done done = KEEP_DONE;
	struct errmsg why = { "" }, disk = { "" };
	bool manual_too;

	if (!request_want_switch(request, "manual", &manual_too, end))
		return;
	lookup_stats(service->lookup, &before);
	manual_stats(service->manual, &manual);
	lookup_forget(service->lookup);
	if (manual_too)
		done = manual_clear(service->manual, &why);
	log_info("cache: cleared by hand%s", manual_too ? ", what was added by hand too" : "");
	end->result = json_pack("{s:I, s:I}", "answers", (json_int_t)before.cache_entries, "manual",
				(json_int_t)(manual_too ? manual.entries : 0));
	request_end_kept(end, service->journal, done, &why);
	if (service->journal != NULL && !journal_sync(service->journal, &disk))
		request_fail(end, REQUEST_NO, "it is done, but a restart may bring some of it back: %s", disk.text);
}

/* --- cache stats -------------------------------------------------------------------------------------------------- */

static json_t *journal_json(struct journal *journal)
{
	struct journal_stats stats;

	if (journal == NULL)
		return json_null();
	journal_stats(journal, &stats);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:b, s:b}", "written", (json_int_t)stats.written, "left_out",
			 (json_int_t)stats.left_out, "lost", (json_int_t)stats.lost, "loaded", (json_int_t)stats.loaded, "set_aside",
			 (json_int_t)stats.set_aside, "loading", (int)stats.loading, "failing", (int)stats.failing);
}

void request_cache_stats(const struct request *request, struct request_end *end)
{
	struct service *service = request->service;
	struct lookup_stats lookups;
	struct manual_stats manual;

	lookup_stats(service->lookup, &lookups);
	manual_stats(service->manual, &manual);
	end->result = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "entries", (json_int_t)lookups.cache_entries,
				"max_entries", (json_int_t)lookups.cache_max, "hits", (json_int_t)lookups.cache_hits, "misses",
				(json_int_t)(lookups.asked + lookups.joined + lookups.overload), "evictions",
				(json_int_t)lookups.evictions, "memory_bytes", (json_int_t)lookups.cache_bytes, "manual_entries",
				(json_int_t)manual.entries, "manual_hits", (json_int_t)manual.hits, "journal",
				journal_json(service->journal));
}
