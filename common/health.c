/* health: is a list sane?
 * Every function of the header takes the lock, changes one list's watch by small steps that note what is to be told, gives
 * the lock back and tells it. */
#include "common/health.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/brake.h"
#include "common/latency.h"
#include "common/siphash.h"

enum {
	BUCKETS = 512,
	NOTES_MAX = 4,
	NOTE_BYTES = 480,
	STRIKES = 2,                 /* bad tests in a row that suspend */
	GOOD_RUN = 2,                /* good tests in a row that bring back */
	MISSING_MAX = 3,             /* tests without the entry that must be listed */
	PROBED_AT_ONCE = 3,          /* lists, while no DNS server answers */
};

static const int64_t second_us = 1000000;
static const int64_t tell_foreign_again_us = INT64_C(3600) * 1000000;

/* What is known of one list. */
struct watch {
	struct watch *chain;         /* of its bucket */
	char name[HEALTH_NAME_BYTES];   /* config/ allows 63 */
	uint64_t identity;           /* of zone and test points */
	bool probe, brake_on, own_server;
	bool no_fresh;               /* it has an address of its own that must not be listed: others may well be */
	enum health_state state;     /* never HEALTH_DISABLED: see disabled_until */
	struct monotime since;
	struct monotime disabled_until;

	struct monotime test_at;     /* the next scheduled test */
	bool testing;                /* it is out */
	bool tested, proven;
	struct monotime tested_at;   /* the last one that was answered */
	struct monotime proven_at;   /* when the last good one went out */
	struct monotime tried_at;    /* when a message had no answer to its test */
	unsigned strikes, good_run, missing;
	uint64_t witness;            /* chooses the names of the next witness */
	bool suspected;
	struct monotime suspected_at;
	bool tell_suspended;         /* by health_next_suspended() */
	struct brake brake;
	bool told_foreign;
	struct monotime foreign_at;

	unsigned fails;              /* in a row */
	uint64_t answers_then;       /* health->answers when that row, or that pause, began */
	int64_t pause_us;
	uint32_t code;               /* by which it refuses */
	struct monotime paused_until;

	uint64_t queries, cached, hits, unknown, refused, foreign, errors, timeouts, tests, tests_failed;
	struct latency latency;
};

struct health {
	health_tell_fn *tell;
	void *ctx;
	pthread_mutex_t mutex;       /* guards everything below */
	struct siphash_key key;
	uint64_t random;
	struct watch *table[BUCKETS];
	const struct ruleset *rules; /* adopted last: only to be compared with, never looked into */
	struct watch **lists;        /* of its lists, in their order; NULL: there was no memory */
	size_t n_lists;
	struct health_settings settings;
	uint64_t answers;            /* from the servers that all lists share */
	bool down;                   /* no list answers: it is the DNS, not a list */
	struct monotime down_since, up_since, probe_at;
	size_t probe_next;
	bool forget, tell_suspended;
};

/* --- what is to be told ------------------------------------------------------------------------------------------- */

struct notes {
	size_t n;
	struct {
		enum log_level level;
		char text[NOTE_BYTES];
	} item[NOTES_MAX];
};

__attribute__((format(printf, 3, 4)))
static void note(struct notes *notes, enum log_level level, const char *format, ...)
{
	va_list args;

	if (notes->n == NOTES_MAX)
		return;
	notes->item[notes->n].level = level;
	va_start(args, format);
	vsnprintf(notes->item[notes->n++].text, NOTE_BYTES, format, args);
	va_end(args);
}

#define warn(notes, ...) note(notes, LOG_LEVEL_WARNING, __VA_ARGS__)
#define inform(notes, ...) note(notes, LOG_LEVEL_INFO, __VA_ARGS__)

static void tell(struct health *h, struct notes *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		h->tell(h->ctx, notes->item[i].level, notes->item[i].text);
	notes->n = 0;
}

static void unlock_and_tell(struct health *h, struct notes *notes)
{
	pthread_mutex_unlock(&h->mutex);
	tell(h, notes);
}

struct span {
	char text[32];
};

static struct span span(int64_t us)
{
	struct span span;
	int64_t s = us / second_us;

	if (s < 120)
		snprintf(span.text, sizeof span.text, "%" PRId64 " s", s);
	else if (s < 7200)
		snprintf(span.text, sizeof span.text, "%" PRId64 " min", s / 60);
	else
		snprintf(span.text, sizeof span.text, "%" PRId64 " h", s / 3600);
	return span;
}

struct code {
	char text[IPADDR_TEXT_BYTES];
};

static struct code code_text(uint32_t addr)
{
	struct ipaddr ip = ipaddr_v4(addr);
	struct code code;

	ipaddr_format(&ip, code.text);
	return code;
}

const char *health_word(enum health_state state)
{
	static const char *const words[] = {
		[HEALTH_OK] = "ok", [HEALTH_SUSPENDED] = "suspended", [HEALTH_REFUSING] = "refusing",
		[HEALTH_FAILING] = "failing", [HEALTH_DISABLED] = "disabled",
	};

	return words[state];
}

/* --- watches ------------------------------------------------------------------------------------------------------ */

static uint64_t hash(const struct health *h, const void *bytes, size_t n)
{
	return siphash128(&h->key, bytes, n).a;
}

static uint64_t random_next(struct health *h)
{
	h->random += UINT64_C(0x9e3779b97f4a7c15);
	return hash(h, &h->random, sizeof h->random);
}

/* A fifth more or less, so that the lists of many sites are not all asked at the same moment. */
static int64_t spread(struct health *h, int64_t us)
{
	return us / 5 * 4 + (int64_t)(random_next(h) % (uint64_t)(us / 5 * 2 + 1));
}

static struct monotime in(struct health *h, struct monotime now, int64_t us)
{
	return monotime_add(now, spread(h, us));
}

static struct watch *find(const struct health *h, const char *name)
{
	struct watch *w = h->table[hash(h, name, strlen(name)) % BUCKETS];

	while (w != NULL && strcmp(w->name, name) != 0)
		w = w->chain;
	return w;
}

/* Almost always the rules are those in force: then nothing is searched. */
static struct watch *watch_of(const struct health *h, const struct ruleset *rules, size_t list)
{
	return rules == h->rules ? h->lists[list] : find(h, rules->lists[list].name);
}

static uint64_t identity_of(const struct health *h, const struct list *list)
{
	const char *points[2] = { list->probe.listed, list->probe.unlisted };
	uint64_t parts[4] = { hash(h, list->form.wire.wire, list->form.wire.len), list->form.n_pieces };

	for (size_t i = 0; i < 2; i++)
		parts[i + 2] = points[i] == NULL ? 0 : hash(h, points[i], strlen(points[i]));
	return hash(h, parts, sizeof parts);
}

static bool is_disabled(const struct watch *w, struct monotime now)
{
	return !monotime_reached(now, w->disabled_until);
}

/* Mail does not ask it now. A list that refuses us and cannot be tested is given a try after its pause. */
static bool is_out(const struct health *h, const struct watch *w, struct monotime now)
{
	if (is_disabled(w, now) || (h->down && !w->own_server))
		return true;
	if (w->state == HEALTH_REFUSING)
		return w->probe || !monotime_reached(now, w->paused_until);
	return w->state != HEALTH_OK;
}

static void enter(struct watch *w, enum health_state state, struct monotime now)
{
	w->state = state;
	w->since = now;
	w->fails = 0;
	w->good_run = 0;
}

/* True: the caller should see to it that somebody looks at what is due. */
static bool test_now(struct watch *w, struct monotime now)
{
	if (w->testing)
		return false;
	w->test_at = now;
	return true;
}

/* --- answers and failures ----------------------------------------------------------------------------------------- */

static void come_up(struct health *h, struct monotime now, struct notes *notes)
{
	h->down = false;
	h->up_since = now;
	for (size_t i = 0; i < h->n_lists; i++) {
		struct watch *w = h->lists[i];

		if (w == NULL)
			continue;
		w->fails = 0;
		w->pause_us = h->settings.retry_first_us;
		if (w->state != HEALTH_OK && w->state != HEALTH_REFUSING && !w->testing)
			w->test_at = now;
	}
	inform(notes, "DNS answers again after %s: the lists are asked again",
	       span(monotime_between(h->down_since, now)).text);
}

static void answered(struct health *h, struct watch *w, struct monotime now, struct notes *notes)
{
	w->fails = 0;
	if (!w->own_server) {
		h->answers++;
		if (h->down)
			come_up(h, now, notes);
	}
	if (w->state != HEALTH_FAILING)
		return;
	inform(notes, "list %s answers again after %s: mail asks it again",
	       w->name, span(monotime_between(w->since, now)).text);
	enter(w, HEALTH_OK, now);
}

static void go_down(struct health *h, struct monotime now, struct notes *notes)
{
	h->down = true;
	h->down_since = now;
	h->probe_at = in(h, now, h->settings.retry_first_us);
	warn(notes, "no list answers any more: the DNS servers are down or cut off; mail flows unchecked and without "
	     "waiting until they answer (asked every %s)", span(h->settings.retry_first_us).text);
}

static void begin_failing(struct health *h, struct watch *w, struct monotime now, struct notes *notes)
{
	unsigned fails = w->fails;

	enter(w, HEALTH_FAILING, now);
	w->pause_us = h->settings.retry_first_us;
	w->answers_then = h->answers;
	w->test_at = in(h, now, w->pause_us);
	warn(notes, "list %s gives no answer (%u lookups in a row): mail flows without it and waits for it no more; "
	     "it is asked in the background until it answers", w->name, fails);
}

/* Those that have not failed are asked whether the DNS works at all. True: there are some. */
static bool ask_around(struct health *h, struct monotime now, bool *all_fail)
{
	bool asked = false;

	*all_fail = true;
	for (size_t i = 0; i < h->n_lists; i++) {
		struct watch *w = h->lists[i];

		if (w == NULL || w->own_server || w->state != HEALTH_OK || w->fails > 0 || is_disabled(w, now))
			continue;
		*all_fail = false;
		asked |= test_now(w, now);
	}
	return asked;
}

/* One lookup without an answer. Nothing is proven by one, nor by any number: the list is only not waited for. */
static bool failed(struct health *h, struct watch *w, struct monotime asked, struct monotime now, struct notes *notes)
{
	bool all_fail, poke;

	if (w->state != HEALTH_OK || h->down || asked.us < w->since.us || asked.us < h->up_since.us)
		return false;                  /* from before: it tells nothing new */
	if (w->fails++ == 0)
		w->answers_then = h->answers;
	if (w->fails < (unsigned)h->settings.failing_after)
		return false;
	if (w->own_server || h->answers > w->answers_then) {
		begin_failing(h, w, now, notes);
		return true;
	}
	poke = ask_around(h, now, &all_fail);
	if (all_fail)
		go_down(h, now, notes);
	return poke || all_fail;
}

/* What Spamhaus and those who follow it mean by their codes, and the remedy. */
static const char *meaning(uint32_t code)
{
	switch (code) {
	case 0x7ffffffc:
		return "the zone's name is mistyped: correct it in the configuration";
	case 0x7ffffffe:
		return "it does not serve public resolvers: run a resolver of your own (unbound on 127.0.0.1) and name it "
		       "in dns.servers";
	case 0x7fffffff:
		return "too many queries come from your resolver: ask the list's operator for access of your own";
	default:
		return "it does not serve your resolver: see the operator's pages for this code";
	}
}

static void refuse(struct health *h, struct watch *w, uint32_t code, struct monotime now, struct notes *notes)
{
	int64_t pause_us = h->settings.refused_pause_us;
	bool known = w->state == HEALTH_REFUSING && w->code == code;

	if (w->state == HEALTH_SUSPENDED)
		return;
	if (w->state != HEALTH_REFUSING)
		enter(w, HEALTH_REFUSING, now);
	w->code = code;
	w->paused_until = w->test_at = monotime_add(now, pause_us);
	if (!known)
		warn(notes, "list %s refuses us (%s): %s; it is not asked for %s, then tried again, and mail flows "
		     "without it", w->name, code_text(code).text, meaning(code), span(pause_us).text);
}

static void serve_again(struct watch *w, struct monotime now, struct notes *notes)
{
	inform(notes, "list %s serves us again after %s: mail asks it again",
	       w->name, span(monotime_between(w->since, now)).text);
	enter(w, HEALTH_OK, now);
}

/* --- what mail tells ---------------------------------------------------------------------------------------------- */

static bool suspect(struct watch *w, struct monotime now)
{
	if (!w->probe || w->suspected || w->state != HEALTH_OK)
		return false;
	w->suspected = true;
	w->suspected_at = now;
	return test_now(w, now);
}

static bool note_client(struct watch *w, const struct ipaddr *client, bool listed, struct monotime now, struct notes *notes)
{
	switch (brake_learn(&w->brake, client, listed)) {
	case BRAKE_QUIET:
		return false;
	case BRAKE_JAMMED:
		warn(notes, "list %s has listed %d of the last %d client networks, where it usually lists %d in a "
		     "hundred: %s",
		     w->name, BRAKE_JAM, BRAKE_LAST, brake_usual_percent(&w->brake),
		     w->probe ? "it is tested, and until then its hits only flag" :
				"it has no test points, so its hits only flag until that ends");
		break;
	case BRAKE_RUN:
		break;
	}
	return suspect(w, now);
}

static bool note_foreign(struct watch *w, struct monotime now, struct notes *notes)
{
	w->foreign++;
	if (!w->told_foreign || monotime_between(w->foreign_at, now) > tell_foreign_again_us) {
		w->told_foreign = true;
		w->foreign_at = now;
		warn(notes, "list %s answers with addresses outside 127.0.0.0/8: its domain may have been sold, or a "
		     "resolver rewrites answers; such answers do not count", w->name);
	}
	return suspect(w, now);
}

/* Does any response name one of the answer's addresses? */
static bool is_hit(struct watch *w, const struct list *list, const struct answer *answer)
{
	bool hit = false, unknown = false;

	for (size_t i = 0; i < answer->n; i++) {
		bool named = hit_is_named(list, answer->addr[i]);

		hit |= named;
		unknown |= !named;
	}
	w->hits += hit;
	w->unknown += unknown;
	return hit;
}

static bool learn_answer(struct health *h, struct watch *w, const struct list *list, const struct subject *subject,
			 const struct question *q, struct monotime now, struct notes *notes)
{
	uint32_t code = hit_refusal(list, &q->answer);
	bool hit, poke = false;

	latency_add(&w->latency, q->took_us);
	answered(h, w, now, notes);
	if (code != 0) {
		w->refused++;
		refuse(h, w, code, now, notes);
		return false;
	}
	if (w->state == HEALTH_REFUSING && !w->probe && monotime_reached(now, w->paused_until))
		serve_again(w, now, notes);
	if (q->answer.foreign)
		poke = note_foreign(w, now, notes);
	hit = is_hit(w, list, &q->answer);
	if (subject->kind == SUBJECT_CLIENT && w->brake_on && w->state == HEALTH_OK)
		poke |= note_client(w, &subject->addr, hit, now, notes);
	return poke;
}

static bool learn(struct health *h, const struct batch *batch, const struct subjects *subjects, const struct query *query,
		  struct monotime now, struct notes *notes)
{
	const struct list *list = &batch->rules->lists[query->list];
	const struct question *q = &batch->questions[query->question];
	struct watch *w = watch_of(h, batch->rules, query->list);

	if (w == NULL)
		return false;
	w->cached += q->cached;
	if (!q->asked)
		return false;
	w->queries++;
	switch (q->answer.status) {
	case ANSWER_LISTED:
	case ANSWER_ABSENT:
		return learn_answer(h, w, list, &subjects->item[query->subject], q, now, notes);
	case ANSWER_FAILED:
		if (q->took_us >= batch->rules->dns.timeout_us)
			w->timeouts++;
		else
			w->errors++;
		return failed(h, w, q->asked_at, now, notes);
	case ANSWER_LATE:
		w->timeouts++;
		return failed(h, w, q->asked_at, now, notes);
	default:
		return false;
	}
}

bool health_learn(struct health *h, const struct batch *batch, const struct subjects *subjects, struct monotime now)
{
	struct notes notes = { .n = 0 };
	bool poke = false;

	if (h == NULL)
		return false;
	pthread_mutex_lock(&h->mutex);
	for (size_t i = 0; i < batch->n_queries; i++) {
		poke |= learn(h, batch, subjects, &batch->queries[i], now, &notes);
		if (notes.n == 0)
			continue;
		unlock_and_tell(h, &notes);
		pthread_mutex_lock(&h->mutex);
	}
	pthread_mutex_unlock(&h->mutex);
	return poke;
}

void health_left_out(struct health *h, const struct ruleset *rules, struct monotime now, struct listset *out)
{
	*out = (struct listset){ { 0 } };
	if (h == NULL)
		return;
	pthread_mutex_lock(&h->mutex);
	for (size_t i = 0; i < rules->n_lists; i++) {
		const struct watch *w = watch_of(h, rules, i);

		if (w != NULL && is_out(h, w, now))
			listset_add(out, i);
	}
	pthread_mutex_unlock(&h->mutex);
}

static bool is_suspected(const struct watch *w)
{
	return w->probe ? w->suspected : w->brake_on && w->brake.jammed;
}

static bool is_proven(const struct health *h, const struct watch *w, struct monotime now)
{
	return !w->probe || (w->proven && monotime_between(w->proven_at, now) <= h->settings.proof_us);
}

static bool is_unproven(const struct health *h, const struct watch *w, struct monotime now)
{
	int64_t tried_us = monotime_between(w->tried_at, now);

	if (!w->probe)
		return false;
	if (w->suspected)
		return tried_us > h->settings.retry_first_us;
	return monotime_between(w->proven_at, now) > h->settings.proof_us && tried_us > h->settings.proof_us;
}

void health_trust(struct health *h, const struct ruleset *rules, const struct hits *hits, struct monotime now,
		  struct health_trust *out)
{
	*out = (struct health_trust){ 0 };
	if (h == NULL || hits->n == 0)
		return;
	pthread_mutex_lock(&h->mutex);
	for (size_t i = 0; i < hits->n; i++) {
		const struct list *list = hits->item[i].list;
		size_t place = listset_place(rules, list);
		const struct watch *w;

		if (place >= rules->n_lists || (i > 0 && list == hits->item[i - 1].list))
			continue;
		w = watch_of(h, rules, place);
		if (w == NULL)
			continue;
		if (w->state == HEALTH_SUSPENDED || is_disabled(w, now))
			listset_add(&out->void_, place);
		else if (w->strikes > 0)
			listset_add(&out->doubted, place);
		else if (is_suspected(w))
			listset_add(&out->suspected, place);
		else if (is_proven(h, w, now))
			listset_add(&out->proven, place);
		if (is_unproven(h, w, now))
			listset_add(&out->unproven, place);
	}
	pthread_mutex_unlock(&h->mutex);
}

/* --- tests: what is to be asked ----------------------------------------------------------------------------------- */

#define BIT(point) (1u << (point))
static const unsigned fresh_points = BIT(POINT_FRESH_1) | BIT(POINT_FRESH_2);

/* Without test points it can only be seen whether the list answers at all. */
static unsigned scheduled_points(const struct watch *w)
{
	if (!w->probe)
		return BIT(POINT_UNLISTED);
	if (w->no_fresh)
		return BIT(POINT_LISTED) | BIT(POINT_UNLISTED);
	return BIT(POINT_LISTED) | BIT(POINT_UNLISTED) | (w->suspected || w->strikes > 0 ? fresh_points : BIT(POINT_FRESH_1));
}

static bool is_due(const struct health *h, const struct watch *w, struct monotime now, struct monotime *next)
{
	if (w->testing || is_disabled(w, now) || (h->down && !w->own_server))
		return false;
	if (!w->probe && w->state != HEALTH_FAILING)
		return false;
	if (monotime_reached(now, w->test_at))
		return true;
	if (w->test_at.us < next->us)
		*next = w->test_at;
	return false;
}

static void make_test(struct health *h, struct watch *w, size_t list, struct monotime now, struct health_test *out)
{
	uint64_t random = random_next(h);

	w->testing = true;
	*out = (struct health_test){ .list = (uint16_t)list, .scheduled = true, .points = scheduled_points(w), .at = now,
				     .fresh = { (uint32_t)random, (uint32_t)(random >> 32) } };
}

/* While nothing answers, a few lists at a time are asked in turn: the first answer brings all of them back. */
static size_t probe_dns(struct health *h, const struct ruleset *rules, struct monotime now, struct health_test *out, size_t max,
			struct monotime *next)
{
	size_t n = 0;

	if (monotime_reached(now, h->probe_at)) {
		h->probe_at = in(h, now, h->settings.retry_first_us);
		for (size_t i = 0; i < rules->n_lists && n < max && n < PROBED_AT_ONCE; i++) {
			size_t list = h->probe_next++ % rules->n_lists;
			struct watch *w = watch_of(h, rules, list);

			if (w != NULL && !w->own_server && !w->testing && !is_disabled(w, now))
				make_test(h, w, list, now, &out[n++]);
		}
	}
	if (h->probe_at.us < next->us)
		*next = h->probe_at;
	return n;
}

size_t health_due(struct health *h, const struct ruleset *rules, struct monotime now, struct health_test *out, size_t max,
		  struct monotime *next)
{
	size_t n = 0;

	*next = (struct monotime){ INT64_MAX };
	pthread_mutex_lock(&h->mutex);
	for (size_t i = 0; i < rules->n_lists; i++) {
		struct watch *w = watch_of(h, rules, i);

		if (w == NULL || !is_due(h, w, now, next))
			continue;
		if (n == max) {
			*next = now;
			break;
		}
		make_test(h, w, i, now, &out[n++]);
	}
	if (h->down)
		n += probe_dns(h, rules, now, out + n, max - n, next);
	pthread_mutex_unlock(&h->mutex);
	return n;
}

void health_witness(struct health *h, const struct ruleset *rules, size_t list, struct monotime now, struct health_test *out)
{
	struct watch *w;

	*out = (struct health_test){ .list = (uint16_t)list, .at = now };
	pthread_mutex_lock(&h->mutex);
	w = watch_of(h, rules, list);
	if (w != NULL && w->probe) {
		out->points = w->no_fresh ? BIT(POINT_UNLISTED) : fresh_points;
		out->fresh[0] = (uint32_t)w->witness;
		out->fresh[1] = (uint32_t)(w->witness >> 32);
	}
	pthread_mutex_unlock(&h->mutex);
}

/* --- tests: what was answered ------------------------------------------------------------------------------------- */

static bool is_answer(const struct answer *answer)
{
	return answer->status == ANSWER_LISTED || answer->status == ANSWER_ABSENT;
}

struct result {
	unsigned n_answers;          /* points that were answered */
	uint32_t code;               /* the list refuses us; 0: no */
	bool good;                   /* a name that must not be listed is not... */
	unsigned strikes;            /* ...or is; names that nobody has asked before are two proofs */
	struct answer bad;           /* the answer then */
	bool missing, present;       /* what must be listed */
};

static struct result result_of(const struct list *list, const struct health_test *test, const struct health_answers *answers)
{
	struct result result = { 0 };
	unsigned bad = 0;

	for (unsigned point = 0; point < POINTS; point++) {
		const struct answer *answer = &answers->point[point];

		if ((test->points & BIT(point)) == 0 || !is_answer(answer))
			continue;
		result.n_answers++;
		if (result.code == 0)
			result.code = hit_refusal(list, answer);
		if (point == POINT_LISTED) {
			result.present = answer->n > 0;
			result.missing = !result.present && !answer->foreign;
		} else if (answer->n > 0 || answer->foreign) {
			bad |= BIT(point);
			result.bad = *answer;
		} else {
			result.good = true;
		}
	}
	if (bad != 0) {
		result.good = false;
		result.strikes = (bad & fresh_points) == fresh_points ? STRIKES : 1;
	}
	return result;
}

static void note_missing(struct watch *w, const struct result *result, struct notes *notes)
{
	if (result->present && w->missing >= MISSING_MAX)
		inform(notes, "list %s lists its test entry again", w->name);
	if (result->present)
		w->missing = 0;
	if (result->missing && w->state == HEALTH_OK && ++w->missing == MISSING_MAX)
		warn(notes, "list %s seems dead: its test entry, which must be listed, was missing %d times in a "
		     "row; it stays in use and does no harm, but probably lists nobody any more", w->name, MISSING_MAX);
}

static void suspend(struct health *h, struct watch *w, const struct result *result, struct monotime now, struct notes *notes)
{
	enter(w, HEALTH_SUSPENDED, now);
	w->tell_suspended = h->tell_suspended = true;
	brake_forget(&w->brake);
	w->suspected = false;
	if (result->bad.n > 0)
		warn(notes, "list %s lists the whole world: addresses that nobody can have are listed (%s); it is "
		     "suspended, and mail flows without it until its test points are right again (tested every %s)",
		     w->name, code_text(result->bad.addr[0]).text, span(h->settings.recover_after_us).text);
	else
		warn(notes, "list %s answers with addresses outside 127.0.0.0/8 even where it must not answer: its "
		     "domain may have been sold, or a resolver rewrites answers; it is suspended, and mail flows "
		     "without it until its test points are right again (tested every %s)",
		     w->name, span(h->settings.recover_after_us).text);
}

static void strike(struct health *h, struct watch *w, const struct health_test *test, const struct result *result,
		   struct monotime now, struct notes *notes)
{
	bool urgent = w->suspected || !test->scheduled;
	int64_t again_us = urgent ? second_us : h->settings.confirm_after_us;
	bool first = w->strikes == 0;

	w->good_run = 0;
	w->strikes += result->strikes;
	if (w->state == HEALTH_SUSPENDED) {
		w->test_at = in(h, now, h->settings.recover_after_us);
		return;
	}
	if (w->strikes >= STRIKES) {
		suspend(h, w, result, now, notes);
		w->test_at = in(h, now, h->settings.recover_after_us);
		return;
	}
	w->test_at = monotime_add(now, again_us);
	if (first)
		warn(notes, "list %s lists what must not be listed: its hits only flag until it is tested again in %s",
		     w->name, span(again_us).text);
}

static void come_back(struct health *h, struct watch *w, struct monotime now, struct notes *notes)
{
	inform(notes, "list %s has come to its senses after %s: its test points are right, and its hits count again",
	       w->name, span(monotime_between(w->since, now)).text);
	enter(w, HEALTH_OK, now);
	h->forget = true;
}

static void pass(struct health *h, struct watch *w, const struct health_test *test, struct monotime now, struct notes *notes)
{
	if (!w->proven || test->at.us > w->proven_at.us)
		w->proven_at = test->at;
	w->proven = true;
	if (w->strikes > 0 && w->state == HEALTH_OK)
		inform(notes, "list %s is in order: its hits count again", w->name);
	w->strikes = 0;
	if (w->suspected && test->at.us >= w->suspected_at.us) {
		w->suspected = false;
		brake_release(&w->brake);
	}
	if (w->state == HEALTH_SUSPENDED && test->scheduled && ++w->good_run >= GOOD_RUN)
		come_back(h, w, now, notes);
	if (test->scheduled)
		w->test_at = w->state == HEALTH_SUSPENDED ? monotime_add(now, h->settings.recover_after_us) :
			     w->suspected ? now : in(h, now, h->settings.test_every_us);
}

/* Somebody waits for the outcome of its tests. */
static bool is_urgent(const struct watch *w)
{
	return !w->proven || w->suspected || w->strikes > 0;
}

/* No point was answered: no proof of anything. */
static bool test_failed(struct health *h, struct watch *w, const struct health_test *test, struct monotime now,
			struct notes *notes)
{
	unsigned names = (unsigned)__builtin_popcount(test->points);
	bool poke = false;

	w->tests_failed++;
	if (!test->scheduled)
		w->tried_at = now;
	if (!test->scheduled && w->state != HEALTH_OK)
		return false;
	switch (w->state) {
	case HEALTH_FAILING:
		/* Only while others answer is it known that the list is at fault. */
		if (h->answers > w->answers_then && w->pause_us < h->settings.retry_max_us)
			w->pause_us = w->pause_us * 2 < h->settings.retry_max_us ? w->pause_us * 2 : h->settings.retry_max_us;
		w->answers_then = h->answers;
		w->test_at = in(h, now, w->pause_us);
		return false;
	case HEALTH_SUSPENDED:
		w->test_at = in(h, now, h->settings.recover_after_us);
		return false;
	case HEALTH_REFUSING:
		w->test_at = in(h, now, h->settings.refused_pause_us);
		return false;
	default:
		if (test->scheduled)
			w->test_at = in(h, now, is_urgent(w) ? h->settings.retry_first_us : h->settings.confirm_after_us);
		for (unsigned i = 0; i < names; i++)
			poke |= failed(h, w, test->at, now, notes);
		return poke;
	}
}

static bool take_result(struct health *h, struct watch *w, const struct list *list, const struct health_test *test,
			const struct health_answers *answers, struct monotime now, struct notes *notes)
{
	struct result result = result_of(list, test, answers);

	w->tests++;
	if (test->scheduled)
		w->testing = false;
	else
		w->witness = random_next(h);
	if (test->points == 0) {
		w->test_at = in(h, now, h->settings.test_every_us);
		return false;
	}
	if (result.n_answers == 0)
		return test_failed(h, w, test, now, notes);
	answered(h, w, now, notes);
	w->tested = true;
	w->tested_at = now;
	if (!w->probe) {
		w->test_at = (struct monotime){ INT64_MAX };
		return false;
	}
	if (result.code != 0) {
		refuse(h, w, result.code, now, notes);
		if (w->state == HEALTH_SUSPENDED)
			w->test_at = in(h, now, h->settings.recover_after_us);
		return false;
	}
	if (w->state == HEALTH_REFUSING)
		serve_again(w, now, notes);
	note_missing(w, &result, notes);
	if (result.strikes > 0)
		strike(h, w, test, &result, now, notes);
	else if (result.good)
		pass(h, w, test, now, notes);
	else if (test->scheduled)
		w->test_at = in(h, now, h->settings.confirm_after_us);
	return !test->scheduled || monotime_reached(now, w->test_at);
}

bool health_tested(struct health *h, const struct ruleset *rules, const struct health_test *test,
		   const struct health_answers *answers, struct monotime now)
{
	const struct list *list = &rules->lists[test->list];
	struct notes notes = { .n = 0 };
	struct watch *w;
	bool poke = false;

	pthread_mutex_lock(&h->mutex);
	w = find(h, list->name);
	if (w != NULL && w->identity == identity_of(h, list))
		poke = take_result(h, w, list, test, answers, now, &notes);
	unlock_and_tell(h, &notes);
	return poke;
}

bool health_wants_forgetting(struct health *h)
{
	bool forget;

	pthread_mutex_lock(&h->mutex);
	forget = h->forget;
	h->forget = false;
	pthread_mutex_unlock(&h->mutex);
	return forget;
}

bool health_next_suspended(struct health *h, char name[HEALTH_NAME_BYTES])
{
	bool found = false;

	pthread_mutex_lock(&h->mutex);
	for (size_t i = 0; h->tell_suspended && !found && i < h->n_lists; i++) {
		struct watch *w = h->lists[i];

		if (w == NULL || !w->tell_suspended)
			continue;
		w->tell_suspended = false;
		memcpy(name, w->name, sizeof w->name);
		found = true;
	}
	h->tell_suspended &= found;
	pthread_mutex_unlock(&h->mutex);
	return found;
}

/* --- the lists in force ------------------------------------------------------------------------------------------- */

struct health *health_new(uint64_t seed, health_tell_fn *tell_fn, void *ctx)
{
	struct health *h = calloc(1, sizeof *h);

	if (h == NULL)
		return NULL;
	h->tell = tell_fn;
	h->ctx = ctx;
	h->random = seed;
	h->key = (struct siphash_key){ seed, ~seed };
	h->up_since = (struct monotime){ INT64_MIN };
	pthread_mutex_init(&h->mutex, NULL);
	return h;
}

static void put(struct health *h, struct watch *w)
{
	struct watch **bucket = &h->table[hash(h, w->name, strlen(w->name)) % BUCKETS];

	w->chain = *bucket;
	*bucket = w;
}

static struct watch *take(struct health *h, const char *name)
{
	struct watch **place = &h->table[hash(h, name, strlen(name)) % BUCKETS], *w;

	while (*place != NULL && strcmp((*place)->name, name) != 0)
		place = &(*place)->chain;
	w = *place;
	if (w != NULL)
		*place = w->chain;
	return w;
}

static void free_all(struct health *h)
{
	for (size_t i = 0; i < BUCKETS; i++)
		while (h->table[i] != NULL) {
			struct watch *w = h->table[i];

			h->table[i] = w->chain;
			free(w);
		}
}

void health_free(struct health **health)
{
	struct health *h = *health;

	*health = NULL;
	if (h == NULL)
		return;
	free_all(h);
	free(h->lists);
	pthread_mutex_destroy(&h->mutex);
	free(h);
}

static struct watch *watch_new(struct health *h, const struct list *list, struct monotime now)
{
	struct watch *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	snprintf(w->name, sizeof w->name, "%s", list->name);
	w->since = w->test_at = now;
	w->disabled_until = (struct monotime){ INT64_MIN };
	w->proven_at = w->tried_at = (struct monotime){ INT64_MIN / 2 };
	w->witness = random_next(h);
	return w;
}

/* What is known of the list stays, unless it is another one by now. */
static struct watch *adopt_one(struct health *h, const struct list *list, struct monotime now)
{
	uint64_t identity = identity_of(h, list);
	struct watch *w = take(h, list->name);

	if (w != NULL && w->identity != identity) {
		free(w);
		w = NULL;
	}
	if (w == NULL)
		w = watch_new(h, list, now);
	if (w == NULL)
		return NULL;
	w->identity = identity;
	if (list->probe.enabled && !w->probe)
		w->test_at = now;
	w->probe = list->probe.enabled;
	w->no_fresh = list->probe.unlisted != NULL && list_has_addresses(list);
	w->own_server = list->server != NULL;
	w->brake_on = list->brake;
	return w;
}

bool health_adopt(struct health *h, const struct ruleset *rules, struct monotime now)
{
	struct watch **lists = calloc(rules->n_lists + 1, sizeof *lists);
	bool all = true;

	if (lists == NULL)
		return false;
	pthread_mutex_lock(&h->mutex);
	h->settings = rules->health;
	for (size_t i = 0; i < rules->n_lists; i++) {
		lists[i] = adopt_one(h, &rules->lists[i], now);
		all &= lists[i] != NULL;
	}
	free_all(h);                           /* those that are gone */
	for (size_t i = 0; i < rules->n_lists; i++)
		if (lists[i] != NULL)
			put(h, lists[i]);
	free(h->lists);
	h->lists = lists;
	h->n_lists = rules->n_lists;
	h->rules = rules;
	h->probe_next = 0;
	pthread_mutex_unlock(&h->mutex);
	return all;
}

/* --- for the administrator ---------------------------------------------------------------------------------------- */

static enum health_state state_shown(const struct health *h, const struct watch *w, struct monotime now)
{
	if (is_disabled(w, now))
		return HEALTH_DISABLED;
	return h->down && !w->own_server && w->state == HEALTH_OK ? HEALTH_FAILING : w->state;
}

bool health_report(struct health *h, const char *name, struct monotime now, struct health_report *out)
{
	const struct watch *w;

	pthread_mutex_lock(&h->mutex);
	w = find(h, name);
	if (w != NULL)
		*out = (struct health_report){
			.state = state_shown(h, w, now), .since = w->since, .tested = w->tested, .tested_at = w->tested_at,
			.queries = w->queries, .cached = w->cached, .hits = w->hits, .unknown = w->unknown, .refused = w->refused,
			.foreign = w->foreign, .errors = w->errors, .timeouts = w->timeouts, .tests = w->tests,
			.tests_failed = w->tests_failed, .p50_us = latency_percentile(&w->latency, 50),
			.p99_us = latency_percentile(&w->latency, 99), .usual_percent = brake_usual_percent(&w->brake),
		};
	pthread_mutex_unlock(&h->mutex);
	return w != NULL;
}

bool health_disable(struct health *h, const char *name, struct monotime now, struct monotime until)
{
	struct notes notes = { .n = 0 };
	struct watch *w;

	pthread_mutex_lock(&h->mutex);
	w = find(h, name);
	if (w != NULL) {
		w->disabled_until = until;
		if (until.us == INT64_MAX)
			warn(&notes, "list %s is switched off by hand until a restart", name);
		else
			warn(&notes, "list %s is switched off by hand for %s",
			     name, span(monotime_between(now, until)).text);
	}
	unlock_and_tell(h, &notes);
	return w != NULL;
}

bool health_enable(struct health *h, const char *name, struct monotime now)
{
	struct notes notes = { .n = 0 };
	struct watch *w;

	pthread_mutex_lock(&h->mutex);
	w = find(h, name);
	if (w != NULL && is_disabled(w, now)) {
		w->disabled_until = (struct monotime){ INT64_MIN };
		if (!w->testing)
			w->test_at = now;
		inform(&notes, "list %s is switched on again by hand", name);
	}
	unlock_and_tell(h, &notes);
	return w != NULL;
}
