/* brake: does a list suddenly say yes to everybody?
 * The average of a list that is new to us is taken as one in twelve, and gives way to what is seen. */
#include "common/brake.h"

enum { RUN_MAX = 1 << 20 };

static const double chance_of_a_run = 0.01;
static const double asked_before = 12, yes_before = 1;   /* what we believe of a list before we know it */
static const double forget_from = 4096;

static uint64_t network_of(const struct ipaddr *client)
{
	uint64_t number = client->len;

	for (size_t i = 0; i < (client->len == IPADDR_V4 ? 3 : 6); i++)
		number = number << 8 | client->byte[i];
	return number;
}

static double usual(const struct brake *brake)
{
	return (brake->yes + yes_before) / (brake->asked + asked_before);
}

/* The same with what lies in the ring before the run: a run is not compared with itself. */
static double usual_before_run(const struct brake *brake)
{
	unsigned run = brake->run < brake->n ? brake->run : brake->n;
	unsigned before = brake->n - run, yes = (unsigned)__builtin_popcountll(brake->listed) - run;

	return (brake->yes + yes + yes_before) / (brake->asked + before + asked_before);
}

static bool is_known(const struct brake *brake, uint64_t network)
{
	for (unsigned i = 0; i < brake->n; i++)
		if (brake->network[i] == network)
			return true;
	return false;
}

/* What leaves the ring joins the long run. */
static void push(struct brake *brake, uint64_t network, bool listed)
{
	uint64_t bit = UINT64_C(1) << brake->next;

	if (brake->n < BRAKE_LAST) {
		brake->n++;
	} else {
		brake->asked++;
		brake->yes += (brake->listed & bit) != 0;
	}
	if (brake->asked >= forget_from) {
		brake->asked /= 2;
		brake->yes /= 2;
	}
	brake->network[brake->next] = network;
	brake->listed = listed ? brake->listed | bit : brake->listed & ~bit;
	brake->next = (uint8_t)((brake->next + 1) % BRAKE_LAST);
}

/* The length that chance reaches less than once in a hundred networks. Never one: to list somebody is what a list is for.
 * A run that was found to be spam must double before it is told again. */
static uint32_t telling_run(const struct brake *brake)
{
	double p = usual_before_run(brake), chance = p * p;
	uint32_t n = 2;

	while (chance >= chance_of_a_run && n < BRAKE_LAST) {
		chance *= p;
		n++;
	}
	return n > 2 * brake->innocent_run ? n : 2 * brake->innocent_run;
}

static bool jam_begins(struct brake *brake)
{
	int listed = __builtin_popcountll(brake->listed);

	if (brake->n < BRAKE_LAST || listed < BRAKE_JAM_ENDS)
		brake->jammed = false;
	if (brake->jammed || brake->n < BRAKE_LAST || listed < BRAKE_JAM || brake->asked < BRAKE_HISTORY ||
	    (double)listed / BRAKE_LAST < BRAKE_TIMES * usual(brake))
		return false;
	brake->jammed = true;
	return true;
}

enum brake_sign brake_learn(struct brake *brake, const struct ipaddr *client, bool listed)
{
	uint64_t network = network_of(client);

	if (is_known(brake, network))
		return BRAKE_QUIET;
	push(brake, network, listed);
	if (!listed)
		brake->run = brake->innocent_run = 0;
	else if (brake->run < RUN_MAX)
		brake->run++;
	if (jam_begins(brake))
		return BRAKE_JAMMED;
	return listed && brake->run >= telling_run(brake) ? BRAKE_RUN : BRAKE_QUIET;
}

void brake_release(struct brake *brake)
{
	brake->innocent_run = brake->run;
}

void brake_forget(struct brake *brake)
{
	brake->listed = 0;
	brake->n = brake->next = 0;
	brake->run = brake->innocent_run = 0;
	brake->jammed = false;
}

int brake_usual_percent(const struct brake *brake)
{
	return (int)(usual(brake) * 100 + 0.5);
}
