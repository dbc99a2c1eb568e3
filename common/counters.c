/* counters: what was done with mail, and how long it waited.
 * A message is counted at one place and at once, so that its numbers always agree with each other. */
#include "common/counters.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/latency.h"

struct counters {
	pthread_mutex_t mutex;       /* guards everything below */
	struct counters_report sum;  /* without the two times */
	struct latency waited;
};

struct counters *counters_new(void)
{
	struct counters *counters = calloc(1, sizeof *counters);

	if (counters != NULL)
		pthread_mutex_init(&counters->mutex, NULL);
	return counters;
}

void counters_free(struct counters **counters)
{
	struct counters *c = *counters;

	*counters = NULL;
	if (c == NULL)
		return;
	pthread_mutex_destroy(&c->mutex);
	free(c);
}

void counters_session(struct counters *counters)
{
	if (counters == NULL)
		return;
	pthread_mutex_lock(&counters->mutex);
	counters->sum.sessions++;
	pthread_mutex_unlock(&counters->mutex);
}

void counters_message(struct counters *counters, const struct counted_message *message)
{
	struct counters_report *sum;

	if (counters == NULL)
		return;
	sum = &counters->sum;
	pthread_mutex_lock(&counters->mutex);
	sum->messages++;
	sum->verdict[message->verdict]++;
	sum->at_rcpt += message->at_rcpt;
	sum->refused_recipients += message->refused;
	sum->blocked += message->blocked;
	sum->screened += message->screened;
	latency_add(&counters->waited, message->waited_us);
	pthread_mutex_unlock(&counters->mutex);
}

void counters_turned_away(struct counters *counters)
{
	if (counters == NULL)
		return;
	pthread_mutex_lock(&counters->mutex);
	counters->sum.turned_away++;
	pthread_mutex_unlock(&counters->mutex);
}

void counters_read(struct counters *counters, struct counters_report *out)
{
	*out = (struct counters_report){ 0 };
	if (counters == NULL)
		return;
	pthread_mutex_lock(&counters->mutex);
	*out = counters->sum;
	out->wait_p50_us = latency_percentile(&counters->waited, 50);
	out->wait_p99_us = latency_percentile(&counters->waited, 99);
	pthread_mutex_unlock(&counters->mutex);
}
