/* query: subject x list -> a DNS question.
 * A batch is one piece of memory: its questions, queries and names lie behind it, sized before they are written. */
#include "common/query.h"

#include <stdlib.h>
#include <string.h>

#include "common/dnswire.h"

/* Does this list want to know about this subject? */
static bool wanted(const struct list *list, const struct subject *subject)
{
	if ((list->subjects & SUBJECT_BIT(subject->kind)) == 0 || subject->exempt != EXEMPT_NOT)
		return false;
	if (subject->addr.len == IPADDR_V6 && !list->ipv6)
		return false;
	return !ipaddr_is_private(&subject->addr) ||
	       (list->private_too && !ipaddr_is_loopback(&subject->addr));
}

struct size {
	size_t queries, name_bytes;
};

static struct size size_of(const struct ruleset *rules, const struct subjects *subjects)
{
	struct size size = { 0, 0 };

	for (size_t s = 0; s < subjects->n; s++) {
		for (size_t l = 0; l < rules->n_lists; l++) {
			if (!wanted(&rules->lists[l], &subjects->item[s]))
				continue;
			size.queries++;
			size.name_bytes += rules->lists[l].zone_wire_len + 4u * subjects->item[s].addr.len;
		}
	}
	return size;
}

static struct batch *batch_new(struct ruleset *rules, const struct size *size, size_t n_questions)
{
	size_t bytes = sizeof(struct batch) + n_questions * sizeof(struct question) + size->queries * sizeof(struct query) +
		       size->name_bytes;
	struct batch *batch = malloc(bytes);
	pthread_condattr_t attr;

	if (batch == NULL)
		return NULL;
	*batch = (struct batch){ .rules = ruleset_ref(rules) };
	atomic_init(&batch->refs, 1);
	batch->questions = (struct question *)(batch + 1);
	batch->queries = (struct query *)(batch->questions + n_questions);
	pthread_mutex_init(&batch->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&batch->answered, &attr);
	pthread_condattr_destroy(&attr);
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
	pthread_cond_destroy(&b->answered);
	pthread_mutex_destroy(&b->mutex);
	ruleset_unref(&b->rules);
	free(b);
}

/* The question of that name among those from `first` on, a new one if there is room; `max_questions` when there is none.
 * Only the questions of one subject can be the same: its lists may share a zone. */
static size_t question_get(struct batch *batch, const struct dnsname *name, size_t first, size_t max_questions,
			   uint8_t **names)
{
	size_t i;
	struct question *q;

	for (i = first; i < batch->n_questions; i++) {
		q = &batch->questions[i];
		if (q->name_len == name->len && memcmp(q->name, name->wire, name->len) == 0)
			return i;
	}
	if (i == max_questions)
		return i;
	q = &batch->questions[batch->n_questions++];
	memcpy(*names, name->wire, name->len);
	q->name = *names;
	*names += name->len;
	q->name_len = name->len;
	q->type = DNSWIRE_TYPE_A;
	q->cached = false;
	q->answer = (struct answer){ .status = ANSWER_PENDING };
	q->batch = batch;
	q->next = NULL;
	return i;
}

struct batch *query_plan(struct ruleset *rules, const struct subjects *subjects, size_t max_questions)
{
	struct size size = size_of(rules, subjects);
	size_t room = size.queries < max_questions ? size.queries : max_questions;
	struct batch *batch = batch_new(rules, &size, room);
	uint8_t *names;

	if (batch == NULL)
		return NULL;
	names = (uint8_t *)(batch->queries + size.queries);
	for (size_t s = 0; s < subjects->n; s++) {
		size_t first = batch->n_questions;

		for (size_t l = 0; l < rules->n_lists; l++) {
			const struct list *list = &rules->lists[l];
			struct dnsname name;
			size_t q;

			if (!wanted(list, &subjects->item[s]) ||
			    !dnswire_name_reverse(&name, &subjects->item[s].addr, list->zone_wire, list->zone_wire_len))
				continue;
			q = question_get(batch, &name, first, room, &names);
			if (q == room) {
				batch->n_left_out++;
				continue;
			}
			batch->queries[batch->n_queries++] =
				(struct query){ .list = (uint16_t)l, .subject = (uint16_t)s, .question = (uint16_t)q };
		}
	}
	batch->outstanding = batch->n_questions;
	return batch;
}
