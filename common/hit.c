/* hit: answer + the list's responses -> hits.
 * What a list may say without listing anybody - that it refuses our resolver, that its domain was sold - is no hit ever. */
#include "common/hit.h"

#include <stdlib.h>
#include <string.h>

#include "common/manual.h"

enum {
	LOCALHOST = 0x7f000001,
	FIRST_ROOM = 8,
	COMPLAINTS_MAX = 64,
	GAPS_MAX = 1 << 20,          /* dns.max_queries, or lists times kinds of subjects, is less */
};

/* Room for one more in an array that grows by doubling; the arena takes the old one back later. */
static bool grow(void **item, size_t n, size_t *room, size_t max, size_t bytes, struct arena *arena)
{
	size_t more = *room == 0 ? FIRST_ROOM : *room * 2;
	void *bigger;

	if (n < *room)
		return true;
	if (n >= max)
		return false;
	bigger = arena_alloc_n(arena, more, bytes);
	if (bigger == NULL)
		return false;
	if (n > 0)
		memcpy(bigger, *item, n * bytes);
	*item = bigger;
	*room = more;
	return true;
}

void hit_add(struct hits *hits, const struct hit *hit, struct arena *arena)
{
	void *item = hits->item;

	if (!grow(&item, hits->n, &hits->room, HITS_MAX, sizeof *hit, arena)) {
		hits->n_lost++;
		return;
	}
	hits->item = item;
	hits->item[hits->n++] = *hit;
}

static void add_gap(struct gaps *gaps, const struct gap *gap, struct arena *arena)
{
	void *item = gaps->item;

	if (!grow(&item, gaps->n, &gaps->room, GAPS_MAX, sizeof *gap, arena)) {
		gaps->lost = true;
		return;
	}
	gaps->item = item;
	gaps->item[gaps->n++] = *gap;
}

static void add_complaint(struct hits *hits, const struct complaint *complaint, struct arena *arena)
{
	void *item = hits->complaint;

	if (!grow(&item, hits->n_complaints, &hits->complaints_room, COMPLAINTS_MAX, sizeof *complaint, arena))
		return;
	hits->complaint = item;
	hits->complaint[hits->n_complaints++] = *complaint;
}

const char *hit_weight_word(const struct hit *hit)
{
	switch (hit->weight) {
	case HIT_COUNTS:
		break;
	case HIT_FLAGS:
		return "doubted";
	case HIT_SHOWN:
		return hit->list->mode == LIST_SHADOW ? "shadow" : "void";
	}
	return "counts";
}

uint32_t hit_refusal(const struct list *list, const struct answer *answer)
{
	for (size_t a = 0; a < answer->n; a++)
		for (size_t i = 0; i < list->n_refused; i++)
			if (answerpat_match(&list->refused[i], answer->addr[a]))
				return answer->addr[a];
	return 0;
}

/* 127.0.0.1 is what a list that lists the whole world says: it counts only where it is named. */
static bool matches(const struct response *response, uint32_t addr)
{
	if (addr == LOCALHOST && !answerpat_is(&response->match, LOCALHOST))
		return false;
	return answerpat_match(&response->match, addr);
}

bool hit_is_named(const struct list *list, uint32_t addr)
{
	for (size_t i = 0; i < list->n_responses; i++)
		if (matches(&list->responses[i], addr))
			return true;
	return false;
}

/* Masks are all tried; of the other responses an address takes the first that it matches. */
static void collect_address(const struct hit *of, uint32_t addr, struct arena *arena, struct hits *out)
{
	const struct list *list = of->list;
	bool taken = false;

	for (size_t i = 0; i < list->n_responses; i++) {
		const struct response *response = &list->responses[i];

		if ((taken && !response->match.is_mask) || !matches(response, addr))
			continue;
		taken |= !response->match.is_mask;
		if (response->subjects & SUBJECT_BIT(of->kind)) {
			struct hit hit = *of;

			hit.response = response;
			hit.answer = addr;
			hit_add(out, &hit, arena);
		}
	}
}

/* `of`: what is the same in all hits of the answer. */
static void collect_answer(const struct hit *of, const struct answer *answer, struct arena *arena, struct hits *out)
{
	const struct list *list = of->list;
	uint32_t code;

	if (answer->status != ANSWER_LISTED && answer->status != ANSWER_ABSENT)
		return;                        /* no answer: what else lies in there means nothing */
	code = hit_refusal(list, answer);
	if (answer->foreign)
		add_complaint(out, &(struct complaint){ .list = list }, arena);
	if (code != 0) {
		add_complaint(out, &(struct complaint){ .list = list, .answer = code, .refused = true }, arena);
		return;
	}
	for (size_t a = 0; a < answer->n; a++)
		collect_address(of, answer->addr[a], arena, out);
}

/* What was added by hand counts as listed, whatever the subject's kind: nobody was asked. */
static void collect_manual(const struct list *manual, const struct subject *subject, struct arena *arena, struct hits *out)
{
	hit_add(out, &(struct hit){ .list = manual, .response = &manual->responses[0], .kind = subject->kind,
				    .addr = subject->addr, .answer = MANUAL_ANSWER, .message = subject->manual->message }, arena);
}

/* A list that is left out for now is as silent as one that does not answer. */
static void note_silence(const struct batch *batch, struct listset *unanswered)
{
	struct listset silent = batch->skipped;

	for (size_t i = 0; i < batch->n_queries; i++) {
		enum answer_status status = question_answer(&batch->questions[batch->queries[i].question])->status;

		if (status == ANSWER_LATE || status == ANSWER_FAILED)
			listset_add(&silent, batch->queries[i].list);
	}
	for (size_t i = 0; i < batch->rules->n_lists; i++) {
		const struct list *list = &batch->rules->lists[i];

		if (listset_has(&silent, i) && list->kind == LIST_BLOCK && list->mode == LIST_ENFORCE)
			listset_add(unanswered, i);
	}
}

/* The TXT record is of use only where there is something to give a reason for. */
static void find_reason(const struct batch *batch, const struct query *query, struct hit *of)
{
	struct question *q;
	const struct answer *answer;

	if (query->reason == QUERY_NO_REASON)
		return;
	q = &batch->questions[query->reason];
	answer = question_answer(q);
	if (answer->status == ANSWER_LISTED && answer->form == ANSWER_TEXT)
		of->reason = answer->text;
	if (q->out)
		of->reason_out = q;
}

/* Would its silence soften a refusal? */
static bool softens(const struct list *list)
{
	return list->kind == LIST_ALLOW && list->mode == LIST_ENFORCE && list->on_failure == ON_FAILURE_SOFTEN;
}

void hit_add_out(struct hits *hits, const struct list *list, unsigned kinds, struct question *question, struct arena *arena)
{
	if (list->mode == LIST_ENFORCE)
		add_gap(&hits->out, &(struct gap){ .list = list, .kinds = kinds, .question = question }, arena);
}

void hit_collect_query(const struct batch *batch, const struct query *query, const struct subject *subject, struct arena *arena,
		       struct hits *out)
{
	const struct list *list = &batch->rules->lists[query->list];
	struct question *q = &batch->questions[query->question];
	const struct answer *answer = question_answer(q);
	struct gap gap = { .list = list, .kinds = SUBJECT_BIT(subject->kind) };
	struct hit hit = { .list = list, .kind = subject->kind, .addr = subject->addr, .name = subject->name };

	if (q->out) {
		hit_add_out(out, list, gap.kinds, q, arena);
		return;
	}
	if (softens(list) && (answer->status == ANSWER_LATE || answer->status == ANSWER_FAILED || hit_refusal(list, answer) != 0))
		add_gap(&out->silent, &gap, arena);
	find_reason(batch, query, &hit);
	if (hit.reason_out != NULL && answer->status == ANSWER_LISTED)
		hit_add_out(out, list, 0, hit.reason_out, arena);
	collect_answer(&hit, answer, arena, out);
}

/* Allow lists that were not asked because they would not have answered. */
static void note_mute(const struct batch *batch, const struct subjects *subjects, struct arena *arena, struct hits *out)
{
	for (size_t i = 0; i < batch->rules->n_lists; i++) {
		struct gap gap = { .list = &batch->rules->lists[i], .kinds = 0 };

		if (!listset_has(&batch->mute, i) || !softens(gap.list))
			continue;
		for (size_t s = 0; s < subjects->n; s++)
			if (query_wants(batch->rules, i, &subjects->item[s]))
				gap.kinds |= SUBJECT_BIT(subjects->item[s].kind);
		if (gap.kinds != 0)
			add_gap(&out->silent, &gap, arena);
	}
}

void hit_count(struct hits *hits, const struct batch *batch)
{
	for (size_t i = 0; i < batch->n_seen; i++) {
		const struct question *q = &batch->questions[i];
		enum answer_status status = question_answer(q)->status;

		hits->n_late += status == ANSWER_LATE;
		hits->n_failed += status == ANSWER_FAILED;
		hits->n_unneeded += status == ANSWER_PENDING || status == ANSWER_UNNEEDED;
		hits->n_cached += !q->out && q->cached;
	}
	hits->n_questions += batch->n_seen;
	hits->n_left_out += batch->n_left_out_seen;
}

const char *hit_answer(const struct hit *hit, char buf[IPADDR_TEXT_BYTES])
{
	struct ipaddr addr = ipaddr_v4(hit->answer);

	return hit->answer == 0 && hit->reason != NULL ? hit->reason : ipaddr_format(&addr, buf);
}

void hit_collect(const struct batch *batch, const struct subjects *subjects, struct arena *arena, struct hits *out)
{
	for (size_t i = 0; i < batch->n_queries; i++)
		hit_collect_query(batch, &batch->queries[i], &subjects->item[batch->queries[i].subject], arena, out);
	for (size_t i = 0; i < subjects->n; i++)
		if (subjects->item[i].manual != NULL)
			collect_manual(batch->rules->manual, &subjects->item[i], arena, out);
	hit_count(out, batch);
	note_silence(batch, &out->unanswered);
	if (!listset_is_empty(&batch->mute))
		note_mute(batch, subjects, arena, out);
}

void hit_clear(struct hits *hits)
{
	*hits = (struct hits){ .item = hits->item, .room = hits->room,
			       .complaint = hits->complaint, .complaints_room = hits->complaints_room,
			       .out = { .item = hits->out.item, .room = hits->out.room },
			       .silent = { .item = hits->silent.item, .room = hits->silent.room } };
}

/* The order of the configuration: lists and responses lie in memory as they stand in the file. */
static int compare(const void *left, const void *right)
{
	const struct hit *a = left, *b = right;

	if (a->list != b->list)
		return a->list < b->list ? -1 : 1;
	if (a->response != b->response)
		return a->response < b->response ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (!ipaddr_equal(&a->addr, &b->addr))
		return ipaddr_compare(&a->addr, &b->addr);
	return a->answer < b->answer ? -1 : a->answer > b->answer;
}

static int compare_gaps(const void *left, const void *right)
{
	const struct gap *a = left, *b = right;

	if (a->list != b->list)
		return a->list < b->list ? -1 : 1;
	return a->question < b->question ? -1 : a->question > b->question;
}

void hit_sort_gaps(struct gaps *gaps)
{
	if (gaps->n > 1)
		qsort(gaps->item, gaps->n, sizeof gaps->item[0], compare_gaps);
}

void hit_sort(struct hits *hits)
{
	if (hits->n > 1)
		qsort(hits->item, hits->n, sizeof hits->item[0], compare);
	hit_sort_gaps(&hits->out);
	hit_sort_gaps(&hits->silent);
}

bool hit_matched(const struct hits *hits)
{
	for (size_t i = 0; i < hits->n; i++)
		if (hits->item[i].list->kind == LIST_BLOCK && hits->item[i].weight != HIT_SHOWN)
			return true;
	return false;
}

void hit_weigh(struct hits *hits, const struct ruleset *rules, const struct listset *flags, const struct listset *shown)
{
	for (size_t i = 0; i < hits->n; i++) {
		struct hit *hit = &hits->item[i];
		size_t place = listset_place(rules, hit->list);

		if (hit->list->mode == LIST_SHADOW || listset_has(shown, place))
			hit->weight = HIT_SHOWN;
		else if (hit->list->kind == LIST_BLOCK && listset_has(flags, place))
			hit->weight = HIT_FLAGS;
		else
			hit->weight = HIT_COUNTS;
	}
}
