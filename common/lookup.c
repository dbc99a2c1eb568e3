/* lookup: cache first, then join a question in flight, then the resolver.
 * One mutex guards the table of questions in flight; an answer is handed out after it has left the table. */
#include "common/lookup.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/journal.h"
#include "common/listcache.h"
#include "common/log.h"
#include "common/resolver.h"
#include "common/siphash.h"

enum { BUCKETS = 16384 };   /* of the table in flight: a chain of one at the default max_in_flight */

/* A question in flight and those who wait for it. */
struct flight {
	struct resolve resolve;      /* first: the resolver gives this back */
	struct hash128 key;
	bool fresh;                  /* its answer is not kept */
	struct monotime took_off;
	struct question *waiting;
	struct flight *chain;
};

struct lookup {
	struct resolver *resolver;
	struct listcache *cache;
	struct siphash_key hash_key;
	struct journal *journal;     /* NULL: nothing outlives a restart */
	struct cache_settings first; /* of the rules that were in force at the start: for what the journal holds */
	atomic_ullong cache_hits;    /* here and not among stats: a message that asks nobody takes no lock */
	pthread_mutex_t mutex;       /* guards everything below */
	struct flight *table[BUCKETS];
	struct flight *spare;        /* freed flights, linked by chain */
	size_t in_flight, n_spare;
	struct lookup_stats stats;
};

static uint32_t seconds(int64_t us)
{
	return (uint32_t)(us / 1000000);
}

/* A cache serves rule sets that come and go: its longest time is the longest that any setting allows. */
static uint32_t longest_ttl_s(const struct cache_settings *settings)
{
	int64_t us = settings->max_ttl_us;

	if (settings->always_default_ttl && settings->default_ttl_us > us)
		us = settings->default_ttl_us;
	if (settings->negative_max_ttl_us > us)
		us = settings->negative_max_ttl_us;
	if (us > (int64_t)LISTCACHE_TTL_MAX_S * 1000000)
		return LISTCACHE_TTL_MAX_S;
	return us < 1000000 ? 1 : seconds(us);
}

static uint32_t cap(uint32_t ttl_s, int64_t max_us)
{
	return (int64_t)ttl_s * 1000000 <= max_us ? ttl_s : seconds(max_us);
}

/* The time that the settings give to an answer in the cache. */
static uint32_t kept_s(const struct cache_settings *settings, const struct answer *answer)
{
	if (!settings->enabled)
		return 0;
	if (answer->status == ANSWER_ABSENT)
		return settings->negative ? cap(answer->ttl_s, settings->negative_max_ttl_us) : 0;
	if (settings->always_default_ttl)
		return seconds(settings->default_ttl_us);   /* who says always means it, whatever max_ttl says */
	return cap(answer->ttl_s, settings->max_ttl_us);
}

/* --- the table in flight ------------------------------------------------------------------------------------------ */

/* The servers of dns.servers are one to us, and stay it over a reload; a list's own server may say something else. */
static const char *own_server(const struct question *q)
{
	return q->servers != NULL && q->servers != q->batch->rules->dns.servers ? q->servers->text : "";
}

static struct hash128 key_of_name(const struct lookup *lookup, const uint8_t *name, size_t len, uint16_t type,
				  enum answer_form form, const char *server)
{
	uint8_t bytes[DNSWIRE_NAME_MAX + 3 + sizeof ((struct dnsserver *)0)->text];
	size_t server_len = strlen(server);

	memcpy(bytes, name, len);
	bytes[len] = (uint8_t)(type >> 8);
	bytes[len + 1] = (uint8_t)type;
	bytes[len + 2] = (uint8_t)form;
	memcpy(bytes + len + 3, server, server_len);
	return siphash128(&lookup->hash_key, bytes, len + 3 + server_len);
}

static struct hash128 key_of(const struct lookup *lookup, const struct question *q)
{
	return key_of_name(lookup, q->name, q->name_len, q->type, q->form, own_server(q));
}

static struct flight **flight_place(struct lookup *lookup, const struct hash128 *key)
{
	struct flight **place = &lookup->table[key->a % BUCKETS];

	while (*place != NULL && ((*place)->key.a != key->a || (*place)->key.b != key->b))
		place = &(*place)->chain;
	return place;
}

static struct flight *flight_take_off(struct lookup *lookup, struct flight **place, const struct hash128 *key,
				      const struct question *q, struct ruleset *rules)
{
	struct flight *flight = lookup->spare;

	if (flight != NULL) {
		lookup->spare = flight->chain;
		lookup->n_spare--;
	} else {
		flight = malloc(sizeof *flight);
		if (flight == NULL)
			return NULL;
	}
	flight->resolve.name.len = q->name_len;
	memcpy(flight->resolve.name.wire, q->name, q->name_len);
	flight->resolve.type = q->type;
	flight->resolve.form = q->form;
	flight->resolve.servers = q->servers;
	flight->resolve.n_servers = q->n_servers;
	flight->resolve.rules = ruleset_ref(rules);
	flight->key = *key;
	flight->waiting = NULL;
	flight->chain = NULL;
	*place = flight;
	lookup->in_flight++;
	return flight;
}

/* Out of the table; what is kept for the next one is bounded. */
static void flight_land(struct lookup *lookup, struct flight *flight)
{
	*flight_place(lookup, &flight->key) = flight->chain;
	lookup->in_flight--;
	if (lookup->n_spare < BUCKETS / 4) {
		flight->chain = lookup->spare;
		lookup->spare = flight;
		lookup->n_spare++;
	} else {
		free(flight);
	}
}

/* --- what outlives a restart -------------------------------------------------------------------------------------- */

/* A few more than the cache holds, since what is let go there stays here. */
static void bound_journal(struct lookup *lookup, const struct cache_settings *settings)
{
	if (lookup->journal != NULL)
		journal_bound(lookup->journal, settings->enabled ? 2 * (size_t)settings->max_entries : 0);
}

/* Only codes, by the usual servers: that somebody is not listed is soon asked again, and so is what a list's own server
 * said, which a reload can give another meaning. */
static void hand_to_journal(struct lookup *lookup, const struct resolve *resolve, const struct answer *kept)
{
	if (lookup->journal == NULL || kept->ttl_s == 0 || kept->status != ANSWER_LISTED || kept->foreign ||
	    resolve->form != ANSWER_CODES)
		return;
	if (resolve->servers != NULL && resolve->servers != resolve->rules->dns.servers)
		return;
	journal_put(lookup->journal, &(struct journal_answer){
		.name = resolve->name.wire, .name_len = resolve->name.len, .type = resolve->type, .server = "",
		.addr = kept->addr, .n_addrs = kept->n, .expires_s = time(NULL) + kept->ttl_s,
	});
}

/* The wall clock may have been wrong: no answer is kept longer than if it came now. */
static void restore(void *ctx, const struct journal_answer *row)
{
	struct lookup *lookup = ctx;
	struct answer answer = { .status = ANSWER_LISTED, .n = (uint8_t)row->n_addrs }, newer;
	struct monotime now = monotime_now();
	int64_t left_s = row->expires_s - time(NULL);
	struct hash128 key;

	if (left_s <= 0 || row->server[0] != '\0' || row->type != DNSWIRE_TYPE_A)
		return;
	answer.ttl_s = left_s < LISTCACHE_TTL_MAX_S ? (uint32_t)left_s : LISTCACHE_TTL_MAX_S;
	if (answer.ttl_s > kept_s(&lookup->first, &answer))
		answer.ttl_s = kept_s(&lookup->first, &answer);
	memcpy(answer.addr, row->addr, row->n_addrs * sizeof answer.addr[0]);
	key = key_of_name(lookup, row->name, row->name_len, row->type, ANSWER_CODES, "");
	if (!listcache_get(lookup->cache, &key, now, &newer))
		listcache_put(lookup->cache, &key, now, &answer);
}

void lookup_remember(struct lookup *lookup, struct journal *journal, const struct ruleset *rules)
{
	lookup->journal = journal;
	lookup->first = rules->cache;
	bound_journal(lookup, &rules->cache);
	if (rules->cache.enabled)
		journal_load(journal, restore, lookup);
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

static void start_from(struct lookup *lookup, struct batch *batch, size_t first);

/* Of sixty answers, hardly two are a reason to look again (settle.h). */
static bool is_news(struct bell *bell, const struct question *q)
{
	return (q->need == NEED_LAST && --bell->n_last == 0) || q->need == NEED_EACH || q->answer.status != ANSWER_ABSENT;
}

/* The question has its answer. With the bell's mutex. */
static void tell(const struct question *q)
{
	struct bell *bell = q->batch->bell;

	if (!is_news(bell, q) && q->batch->outstanding > 0)
		return;
	bell->rung = true;
	pthread_cond_signal(&bell->rings);
}

/* Gives one waiter its answer, unless it has given up, and asks what the answer leads to; ends its reference to the batch. */
static void deliver(struct lookup *lookup, struct question *q, const struct answer *answer, int64_t took_us)
{
	struct batch *batch = q->batch;
	struct bell *bell = batch->bell;
	size_t n, more = 0;

	pthread_mutex_lock(&bell->mutex);
	n = batch->n_questions;
	if (q->answer.status == ANSWER_PENDING) {
		q->answer = *answer;
		q->took_us = took_us;
		more = query_follow(batch, q);
		batch->outstanding--;
		tell(q);
	}
	pthread_mutex_unlock(&bell->mutex);
	if (more > 0)
		start_from(lookup, batch, n);
	batch_unref(&batch);
}

static void landed(void *ctx, struct resolve *resolve)
{
	struct lookup *lookup = ctx;
	struct flight *flight = (struct flight *)resolve;
	struct ruleset *rules = resolve->rules;
	struct answer answer = resolve->answer, kept = answer;
	struct question *waiting;
	struct monotime now = monotime_now();
	int64_t took_us = monotime_between(flight->took_off, now);

	kept.ttl_s = kept_s(&rules->cache, &answer);
	if (!flight->fresh)
		hand_to_journal(lookup, resolve, &kept);
	pthread_mutex_lock(&lookup->mutex);
	if (!flight->fresh)
		listcache_put(lookup->cache, &flight->key, now, &kept);
	waiting = flight->waiting;
	flight_land(lookup, flight);
	pthread_mutex_unlock(&lookup->mutex);

	while (waiting != NULL) {
		struct question *next = waiting->next;   /* the waiter's memory may be gone after this */

		deliver(lookup, waiting, &answer, took_us);
		waiting = next;
	}
	ruleset_unref(&rules);
}

/* --- the doors ---------------------------------------------------------------------------------------------------- */

struct lookup *lookup_new(const struct ruleset *rules, struct errmsg *err)
{
	struct lookup *lookup = calloc(1, sizeof *lookup);

	if (lookup == NULL) {
		errmsg_set(err, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&lookup->mutex, NULL);
	lookup->hash_key = siphash_key_new();
	lookup->cache = listcache_new((size_t)rules->cache.max_entries, longest_ttl_s(&rules->cache), monotime_now());
	if (lookup->cache == NULL)
		errmsg_set(err, "out of memory for a cache of %d entries", rules->cache.max_entries);
	else
		lookup->resolver = resolver_new(landed, lookup, err);
	if (lookup->resolver == NULL)
		lookup_free(&lookup);
	return lookup;
}

void lookup_free(struct lookup **lookup)
{
	struct lookup *l = *lookup;
	struct resolver *resolver;

	*lookup = NULL;
	if (l == NULL)
		return;
	resolver = l->resolver;                /* its thread asks on by l->resolver until it has ended */
	resolver_free(&resolver);
	if (l->journal != NULL)
		journal_load_stop(l->journal);
	listcache_free(&l->cache);
	while (l->spare != NULL) {
		struct flight *flight = l->spare;

		l->spare = flight->chain;
		free(flight);
	}
	pthread_mutex_destroy(&l->mutex);
	free(l);
}

void lookup_reconfigure(struct lookup *lookup, const struct ruleset *rules)
{
	bound_journal(lookup, &rules->cache);
	if (!listcache_resize(lookup->cache, (size_t)rules->cache.max_entries, longest_ttl_s(&rules->cache), monotime_now()))
		log_error("out of memory for a cache of %d entries: it stays as it was", rules->cache.max_entries);
}

/* The journal first, here and below: what it is just handing out would else come back behind us. */
void lookup_forget(struct lookup *lookup)
{
	if (lookup->journal != NULL) {
		journal_forget(lookup->journal);
		journal_load_stop(lookup->journal);
	}
	listcache_clear(lookup->cache, monotime_now());
}

static void tell_overload(int max_in_flight)
{
	static struct log_once once;
	long long left_out;

	if (log_once_in(&once, 60, &left_out))
		log_warning("%d DNS lookups are in flight (dns.max_in_flight): further ones fail at once and their mail flows "
			    "unchecked (%lld lookups since the last such line)", max_in_flight, left_out + 1);
}

bool lookup_peek(struct lookup *lookup, const struct dnsname *name, uint16_t type, struct monotime now, struct answer *out)
{
	struct hash128 key = key_of_name(lookup, name->wire, name->len, type, ANSWER_CODES, "");

	return listcache_get(lookup->cache, &key, now, out);
}

size_t lookup_forget_names(struct lookup *lookup, const struct dnsname *names, const struct dnsserver *const *servers, size_t n,
			   struct errmsg *err)
{
	static const struct {
		uint16_t type;
		enum answer_form form;
	} asked[] = { { DNSWIRE_TYPE_A, ANSWER_CODES }, { DNSWIRE_TYPE_TXT, ANSWER_TEXT } };
	struct monotime now;
	size_t forgotten = 0;

	err->text[0] = '\0';
	if (lookup->journal != NULL)
		journal_forget_names(lookup->journal, names, n, err);
	now = monotime_now();
	for (size_t i = 0; i < n; i++) {
		for (size_t t = 0; t < sizeof asked / sizeof asked[0]; t++) {
			const char *server = servers[i] != NULL ? servers[i]->text : "";
			struct hash128 key = key_of_name(lookup, names[i].wire, names[i].len, asked[t].type,
							 asked[t].form, server);

			forgotten += listcache_remove(lookup->cache, &key, now);
		}
	}
	return forgotten;
}

static bool recall_one(struct lookup *lookup, struct question *q, const struct hash128 *key, struct monotime now)
{
	if (q->fresh || !q->batch->rules->cache.enabled || !listcache_get(lookup->cache, key, now, &q->answer))
		return false;
	q->cached = true;
	q->batch->outstanding--;
	query_follow(q->batch, q);
	atomic_fetch_add_explicit(&lookup->cache_hits, 1, memory_order_relaxed);
	return true;
}

/* Answers from the cache, joins or opens a flight. A question that needs asking is put behind **end. Holds both
 * mutexes. */
static void start_one(struct lookup *lookup, struct question *q, struct monotime now, struct resolve ***end)
{
	struct ruleset *rules = q->batch->rules;
	struct hash128 key = key_of(lookup, q);
	struct flight **place, *flight;

	if (q->answer.status != ANSWER_PENDING)
		return;                        /* known or dropped; or another one's answer led to it, and its message has given up */
	if (recall_one(lookup, q, &key, now)) {
		tell(q);
		return;
	}
	place = flight_place(lookup, &key);
	flight = *place;
	if (flight != NULL) {
		lookup->stats.joined++;
	} else if (lookup->in_flight < (size_t)rules->dns.max_in_flight) {
		flight = flight_take_off(lookup, place, &key, q, rules);
		if (flight != NULL) {
			flight->fresh = q->fresh;
			flight->took_off = now;
			q->asked = true;
			flight->resolve.next = NULL;
			**end = &flight->resolve;
			*end = &flight->resolve.next;
			lookup->stats.asked++;
		}
	}
	if (flight == NULL) {
		q->answer = (struct answer){ .status = ANSWER_FAILED };
		q->batch->outstanding--;
		lookup->stats.overload++;
		tell(q);
		return;
	}
	q->asked_at = now;
	if (!q->out)
		q->out = true;                 /* of one that followed from an answer it is, and its session may be looking */
	batch_ref(q->batch);
	q->next = flight->waiting;
	flight->waiting = q;
}

/* Nobody else knows of the batch yet, so this needs no lock. */
void lookup_recall(struct lookup *lookup, struct batch *batch)
{
	struct monotime now = monotime_now();

	for (size_t i = 0; i < batch->n_questions; i++) {
		struct question *q = &batch->questions[i];
		struct hash128 key;

		if (q->answer.status != ANSWER_PENDING)
			continue;
		key = key_of(lookup, q);
		recall_one(lookup, q, &key, now);
	}
}

/* An answer cannot come in meanwhile, since landed() has to take the lookup's mutex first; but a message can give up. */
static void start_from(struct lookup *lookup, struct batch *batch, size_t first)
{
	struct monotime now = monotime_now();
	struct resolve *ask = NULL, **end = &ask;   /* in the order of the batch */
	unsigned long long overload;

	pthread_mutex_lock(&lookup->mutex);
	pthread_mutex_lock(&batch->bell->mutex);
	overload = lookup->stats.overload;
	for (size_t i = first; i < batch->n_questions; i++)
		start_one(lookup, &batch->questions[i], now, &end);
	overload = lookup->stats.overload - overload;
	pthread_mutex_unlock(&batch->bell->mutex);
	pthread_mutex_unlock(&lookup->mutex);

	if (ask != NULL)
		resolver_submit(lookup->resolver, ask);
	if (overload > 0)
		tell_overload(batch->rules->dns.max_in_flight);
}

void lookup_start(struct lookup *lookup, struct batch *batch)
{
	lookup_recall(lookup, batch);
	if (batch->outstanding > 0)            /* most messages need no more than that */
		start_from(lookup, batch, 0);
}

/* --- waiting ------------------------------------------------------------------------------------------------------ */

/* Takes back what has been answered. With the bell's mutex. */
static void take_back(struct batch *batch)
{
	batch->n_seen = batch->n_questions;
	batch->n_left_out_seen = batch->n_left_out;
	for (size_t i = 0; i < batch->n_questions; i++) {
		struct question *q = &batch->questions[i];

		batch->bell->n_last -= q->need == NEED_LAST && q->answer.status == ANSWER_PENDING;
		q->need = NEED_NOT;
		q->out = q->out && q->answer.status == ANSWER_PENDING;
	}
}

size_t lookup_look(struct batch *batch)
{
	size_t outstanding;

	pthread_mutex_lock(&batch->bell->mutex);
	take_back(batch);
	outstanding = batch->outstanding;
	pthread_mutex_unlock(&batch->bell->mutex);
	return outstanding;
}

void lookup_need(struct question *q, enum need need)
{
	struct bell *bell = q->batch->bell;

	pthread_mutex_lock(&bell->mutex);
	if (q->need < need) {
		if (q->answer.status == ANSWER_PENDING)
			bell->n_last += (need == NEED_LAST) - (size_t)(q->need == NEED_LAST);
		q->need = need;
	}
	pthread_mutex_unlock(&bell->mutex);
}

/* Has something come since they were looked at? With the bell's mutex. */
static bool have_news(struct batch *const batches[], size_t n)
{
	size_t outstanding = 0;
	bool last = false;

	for (size_t b = 0; b < n; b++) {
		outstanding += batches[b]->outstanding;
		for (size_t i = 0; i < batches[b]->n_questions; i++) {
			const struct question *q = &batches[b]->questions[i];

			if (!q->out || q->answer.status == ANSWER_PENDING)
				continue;
			if (q->answer.status != ANSWER_ABSENT || q->need == NEED_EACH)
				return true;
			last |= q->need == NEED_LAST;
		}
	}
	return outstanding == 0 || (last && batches[0]->bell->n_last == 0);
}

/* Until it rings. False: the deadline has come. With the bell's mutex. */
static bool listen_for(struct bell *bell, struct monotime deadline)
{
	struct timespec until = monotime_timespec(deadline);

	bell->rung = false;
	while (!bell->rung)
		if (pthread_cond_timedwait(&bell->rings, &bell->mutex, &until) != 0)
			return false;
	return true;
}

int64_t lookup_wait_news(struct batch *const batches[], size_t n, struct monotime deadline)
{
	struct bell *bell = batches[0]->bell;
	struct monotime start = monotime_now();

	pthread_mutex_lock(&bell->mutex);
	while (!have_news(batches, n) && listen_for(bell, deadline))
		continue;
	pthread_mutex_unlock(&bell->mutex);
	return monotime_between(start, monotime_now());
}

int64_t lookup_wait(struct batch *batch, struct monotime deadline)
{
	int64_t waited_us = 0;

	pthread_mutex_lock(&batch->bell->mutex);
	if (batch->outstanding > 0) {
		struct monotime start = monotime_now();

		while (batch->outstanding > 0 && listen_for(batch->bell, deadline))
			continue;
		waited_us = monotime_between(start, monotime_now());
	}
	take_back(batch);
	for (size_t i = 0; batch->outstanding > 0 && i < batch->n_questions; i++) {
		struct question *q = &batch->questions[i];

		if (q->answer.status != ANSWER_PENDING)
			continue;
		q->answer.status = ANSWER_LATE;
		q->out = false;
		batch->outstanding--;
	}
	pthread_mutex_unlock(&batch->bell->mutex);
	return waited_us;
}

bool lookup_is_over(struct batch *batch)
{
	return lookup_look(batch) == 0;
}

void lookup_stats(struct lookup *lookup, struct lookup_stats *out)
{
	struct listcache_stats cache;

	pthread_mutex_lock(&lookup->mutex);
	*out = lookup->stats;
	out->cache_hits = lookup->cache_hits;
	out->in_flight = lookup->in_flight;
	pthread_mutex_unlock(&lookup->mutex);
	listcache_stats(lookup->cache, &cache);
	out->cache_entries = cache.entries;
	out->cache_max = cache.max_entries;
	out->cache_bytes = cache.memory_bytes;
	out->evictions = cache.evictions;
}
