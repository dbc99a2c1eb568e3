/* query: subject x list -> a DNS question.
 * A batch is one piece of memory: its questions, queries and names lie behind it, sized before they are written. */
#include "common/query.h"

#include <stdlib.h>
#include <string.h>

#include "common/dnswire.h"

bool query_wants(const struct ruleset *rules, size_t place, const struct subject *subject)
{
	const struct list *list = &rules->lists[place];

	if ((list->subjects & SUBJECT_BIT(subject->kind)) == 0 || subject->exempt != EXEMPT_NOT ||
	    subject->manual != NULL)
		return false;
	if (subject->name != NULL)
		return true;
	if (subject->addr.len == IPADDR_V6 && !list->ipv6)
		return false;
	return !ipaddr_is_private(&subject->addr) ||
	       (list->private_too && !ipaddr_is_loopback(&subject->addr));
}

static bool wanted(const struct ruleset *rules, size_t place, const struct subject *subject, const struct listset *left_out)
{
	return !listset_has(left_out, place) && query_wants(rules, place, subject);
}

/* False: too long for the DNS, not what this list's expression can ask about, or a domain that nobody has registered. */
static bool name_of(const struct ruleset *rules, const struct list *list, const struct subject *subject, struct dnsname *out)
{
	const char *domain = subject->name;

	if (domain == NULL)
		return nameform_address(&list->form, &subject->addr, out);
	if (list->domain == LIST_DOMAIN_REGISTRABLE)
		domain = suffix_registrable(rules->suffixes, domain);
	return domain != NULL && nameform_domain(&list->form, domain, out);
}

/* The most bytes that a name takes beside what is the same in all of a list's names. */
static size_t subject_bytes(const struct subject *subject)
{
	return subject->name != NULL ? strlen(subject->name) + 1 : 4u * subject->addr.len;
}

struct size {
	size_t queries, questions, name_bytes;
};

static struct size size_of(const struct ruleset *rules, const struct subjects *subjects, const struct listset *left_out)
{
	struct size size = { 0, 0, 0 };

	for (size_t s = 0; s < subjects->n; s++) {
		for (size_t l = 0; l < rules->n_lists; l++) {
			if (!wanted(rules, l, &subjects->item[s], left_out))
				continue;
			size.queries++;
			size.questions += rules->lists[l].txt ? 2 : 1;
			size.name_bytes += (rules->lists[l].txt ? 2 : 1) *
					   (rules->lists[l].form.wire.len + subject_bytes(&subjects->item[s]));
		}
	}
	return size;
}

static void bell_init(struct bell *bell)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&bell->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&bell->rings, &attr);
	pthread_condattr_destroy(&attr);
}

static struct batch *batch_new(struct ruleset *rules, const struct size *size, size_t n_questions)
{
	size_t most = n_questions * DNSWIRE_NAME_MAX;
	size_t bytes = sizeof(struct batch) + n_questions * sizeof(struct question) + size->queries * sizeof(struct query) +
		       (size->name_bytes < most ? size->name_bytes : most);
	struct batch *batch = malloc(bytes);

	if (batch == NULL)
		return NULL;
	*batch = (struct batch){ .rules = ruleset_ref(rules) };
	atomic_init(&batch->refs, 1);
	batch->questions = (struct question *)(batch + 1);
	batch->room = n_questions;
	batch->queries = (struct query *)(batch->questions + n_questions);
	batch->names = (uint8_t *)(batch->queries + size->queries);
	bell_init(&batch->own);
	batch->bell = &batch->own;
	return batch;
}

struct batch *batch_ref(struct batch *batch)
{
	atomic_fetch_add_explicit(&batch->refs, 1, memory_order_relaxed);
	return batch;
}

void batch_unref(struct batch **batch)
{
	struct batch *b = *batch;

	*batch = NULL;
	if (b == NULL || atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1)
		return;
	pthread_cond_destroy(&b->own.rings);
	pthread_mutex_destroy(&b->own.mutex);
	batch_unref(&b->host);
	ruleset_unref(&b->rules);
	free(b);
}

void batch_ring_at(struct batch *batch, struct batch *host)
{
	batch->host = batch_ref(host);
	batch->bell = host->bell;
}

void batch_drop_blocks(struct batch *batch)
{
	for (size_t i = 0; i < batch->n_questions; i++)
		if (batch->questions[i].answer.status == ANSWER_PENDING)
			batch->questions[i].answer.status = ANSWER_UNNEEDED;
	for (size_t i = 0; i < batch->n_queries; i++) {
		const struct query *query = &batch->queries[i];
		struct question *q = &batch->questions[query->question];

		if (batch->rules->lists[query->list].kind != LIST_BLOCK && q->answer.status == ANSWER_UNNEEDED)
			q->answer.status = ANSWER_PENDING;
	}
	batch->outstanding = 0;
	for (size_t i = 0; i < batch->n_questions; i++)
		batch->outstanding += batch->questions[i].answer.status == ANSWER_PENDING;
}

struct servers {
	const struct dnsserver *item;
	size_t n;
};

static struct servers servers_of(const struct ruleset *rules, const struct list *list)
{
	if (list->server != NULL)
		return (struct servers){ list->server, 1 };
	return (struct servers){ rules->dns.servers, rules->dns.n_servers };
}

static bool same_servers(const struct question *q, const struct servers *servers)
{
	if (q->servers == servers->item)
		return true;
	return q->n_servers == 1 && servers->n == 1 && strcmp(q->servers->text, servers->item->text) == 0;
}

/* The question of that name and type to those servers among those from `first` on, a new one if there is room;
 * batch->room when there is none. */
static size_t question_get(struct batch *batch, const struct dnsname *name, uint16_t type, enum answer_form form,
			   const struct servers *servers, size_t first)
{
	size_t i;
	struct question *q;

	for (i = first; i < batch->n_questions; i++) {
		q = &batch->questions[i];
		if (q->name_len == name->len && q->type == type && q->form == form &&
		    memcmp(q->name, name->wire, name->len) == 0 && same_servers(q, servers))
			return i;
	}
	if (i == batch->room)
		return i;
	q = &batch->questions[batch->n_questions++];
	memcpy(batch->names, name->wire, name->len);
	*q = (struct question){ .name = batch->names, .name_len = name->len, .type = type, .form = form,
				.servers = servers->item, .n_servers = servers->n, .took_us = -1,
				.answer.status = ANSWER_PENDING, .batch = batch };
	batch->names += name->len;
	return i;
}

static const struct listset none;

struct batch *query_plan(struct ruleset *rules, const struct subjects *subjects, size_t max_questions)
{
	return query_plan_without(rules, subjects, max_questions, &none);
}

struct batch *query_plan_without(struct ruleset *rules, const struct subjects *subjects, size_t max_questions,
				 const struct listset *left_out)
{
	struct size size = size_of(rules, subjects, left_out);
	size_t room = size.questions < max_questions ? size.questions : max_questions;
	struct batch *batch = batch_new(rules, &size, room);
	size_t first = 0;

	if (batch == NULL)
		return NULL;
	for (size_t s = 0; s < subjects->n; s++) {
		/* Each address is a subject once, so that only its own lists can ask the same; a domain can be several subjects. */
		if (subjects->item[s].name == NULL || s == 0 || subjects->item[s - 1].name == NULL)
			first = batch->n_questions;

		for (size_t l = 0; l < rules->n_lists; l++) {
			const struct list *list = &rules->lists[l];
			const struct servers servers = servers_of(rules, list);
			struct dnsname name;
			size_t q, reason = QUERY_NO_REASON;

			if (!wanted(rules, l, &subjects->item[s], left_out) || !name_of(rules, list, &subjects->item[s], &name)) {
				if (listset_has(left_out, l) && wanted(rules, l, &subjects->item[s], &none))
					listset_add(&batch->skipped, l);
				continue;
			}
			q = question_get(batch, &name, DNSWIRE_TYPE_A, ANSWER_CODES, &servers, first);
			if (q == room) {
				batch->n_left_out++;
				continue;
			}
			/* At the same time, so that a listing does not wait for its reason. */
			if (list->txt)
				reason = question_get(batch, &name, DNSWIRE_TYPE_TXT, ANSWER_TEXT, &servers, first);
			batch->queries[batch->n_queries++] =
				(struct query){ .list = (uint16_t)l, .subject = (uint16_t)s, .question = (uint16_t)q,
						.reason = reason < room ? (uint16_t)reason : QUERY_NO_REASON };
		}
	}
	batch->room = batch->outstanding = batch->n_seen = batch->n_questions;
	batch->n_left_out_seen = batch->n_left_out;
	return batch;
}

static struct batch *plan_names(struct ruleset *rules, const struct servers *servers, const struct dnsname *names, size_t n)
{
	struct size size = { 0, n, n * DNSWIRE_NAME_MAX };
	struct batch *batch = batch_new(rules, &size, n);

	if (batch == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		batch->questions[question_get(batch, &names[i], DNSWIRE_TYPE_A, ANSWER_CODES, servers, i)].fresh = true;
	batch->outstanding = batch->n_seen = batch->n_questions;
	return batch;
}

struct batch *query_names(struct ruleset *rules, size_t list, const struct dnsname *names, size_t n)
{
	const struct servers servers = servers_of(rules, &rules->lists[list]);

	return plan_names(rules, &servers, names, n);
}

struct batch *query_server(struct ruleset *rules, const struct dnsserver *server, const struct dnsname *names, size_t n)
{
	const struct servers servers = { server, 1 };

	return plan_names(rules, &servers, names, n);
}

/* --- what no list asks -------------------------------------------------------------------------------------------- */

struct batch *query_empty(struct ruleset *rules, size_t room)
{
	return batch_new(rules, &(struct size){ 0, room, room * DNSWIRE_NAME_MAX }, room);
}

static struct question *add(struct batch *batch, const struct dnsname *name, uint16_t type, enum answer_form form)
{
	const struct servers servers = { batch->rules->dns.servers, batch->rules->dns.n_servers };
	size_t n = batch->n_questions, i = question_get(batch, name, type, form, &servers, 0);

	batch->outstanding += batch->n_questions - n;
	if (i < batch->room)
		return &batch->questions[i];
	batch->n_left_out++;
	return NULL;
}

struct question *query_add(struct batch *batch, const struct dnsname *name, uint16_t type, enum answer_form form)
{
	struct question *q = add(batch, name, type, form);

	batch->n_seen = batch->n_questions;
	batch->n_left_out_seen = batch->n_left_out;
	return q;
}

size_t query_follow(struct batch *batch, const struct question *answered)
{
	const struct answer *answer = &answered->answer;
	size_t n = batch->n_questions, at = 0, from = 0;
	struct dnsname name;

	if (answered->then == 0)
		return 0;
	for (; (name.len = (uint8_t)answer_next_name(answer, &at)) != 0; from = at) {
		memcpy(name.wire, answer->bytes + from, name.len);
		add(batch, &name, answered->then, ANSWER_HOST);
	}
	for (size_t i = n; i < batch->n_questions; i++)
		batch->questions[i].out = true;
	batch->room = batch->n_questions;
	return batch->n_questions - n;
}

size_t query_count(struct batch *batch)
{
	size_t n;

	pthread_mutex_lock(&batch->bell->mutex);
	n = batch->room;
	pthread_mutex_unlock(&batch->bell->mutex);
	return n;
}
