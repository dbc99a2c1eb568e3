/* tally: what a message's end is counted as.
 * The log's line and the numbers come from the same end of the message, so that one can be checked with the other. */
#include "milter/tally.h"

void tally_message(const struct session *session)
{
	struct service *service = session->service;

	counters_message(service->counters, &(struct counted_message){
		.verdict = verdict_kind(&session->verdict), .at_rcpt = !session->complete, .refused = session->n_refused,
		.blocked = session->blocked != BLOCKED_NOT && session->blocked != BLOCKED_SCREEN,
		.screened = session->blocked == BLOCKED_SCREEN, .waited_us = session->waited_us,
	});
	health_credit(service->health, session->rules, &session->seen, verdict_decided_by(&session->verdict, &session->hits));
}
