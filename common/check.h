/* Verifications that need no list: what is to be asked about a message's facts, and what the answers mean.
 *   mail_from     the sender's domain has an MX, A or AAAA record, and no null MX
 *   reverse_dns   the client has a name (PTR) and, with `confirm`, one of its names leads back to it
 *   helo          the name of HELO has an A or AAAA record, or is an address literal, the client's own
 * A check fails by what the DNS has said in full: no answer, half of one, or more names and addresses than are looked at is
 * never a failure. Where there is nothing to check - the null sender, no HELO, a client name that the MTA has verified - it is
 * not made, nor for subjects that are exempt; a private client's name and HELO are its own network's business.
 * A failed check is a hit of the list that stands for it in the rules (ruleset->checks), so all behind knows no difference.
 * Pure: same input, same output.   RFC: 5321 sections 2.3.5, 4.1.3 and 5.1, 7505, 7208 section 4.6.4 (how many names count). */
#ifndef COMMON_CHECK_H
#define COMMON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/facts.h"
#include "common/hit.h"
#include "common/listset.h"
#include "common/query.h"
#include "common/ruleset.h"
#include "common/subject.h"

enum { CHECK_QUESTIONS_MAX = 3 };

/* One check of one message. */
struct check {
	enum check_kind kind;
	const char *fault;           /* why it fails, where nobody needs to be asked; NULL: the answers tell */
	struct question *asked[CHECK_QUESTIONS_MAX];   /* in check_plan()'s order; NULL: no room for it */
};

/* Those of one stage. */
struct checks {
	struct check item[CHECKS];
	struct subjects subjects;    /* what each is about, in the same order; of the arena */
	struct batch *batch;         /* of check_plan(); NULL: nothing was asked */
};

/* The check of the client, known at connect. False: out of memory (in all of them). */
bool check_client(const struct ruleset *rules, const struct facts *facts, struct arena *arena, struct checks *out);
/* The checks of HELO and sender, known at MAIL. */
bool check_names(const struct ruleset *rules, const struct facts *facts, struct arena *arena, struct checks *out);

/* Plans the questions of the checks whose subject is not exempt (exempt_mark) and that are not left out; forgets the others.
 * `max_questions` bounds those that may follow from an answer too. */
bool check_plan(struct ruleset *rules, struct checks *checks, const struct listset *left_out, size_t max_questions);

/* Why the check has failed, as far as its questions are answered: "null-mx". NULL: it has not. Static.
 *   bad-name           not a domain name               no-ptr            the client has no name
 *   bad-literal        an address, but no literal      not-confirmed     none of its names leads back to it
 *   not-client         another one's address literal   no-address        neither A nor AAAA
 *   null-mx            the domain takes no mail        no-mx-no-address  neither MX nor A nor AAAA */
const char *check_judge(const struct checks *checks, size_t index);

/* Adds the hits of checks that have failed, and the gaps of those that may still. Call hit_sort() after the last. */
void check_collect(const struct ruleset *rules, const struct checks *checks, struct arena *arena, struct hits *out);

#endif
