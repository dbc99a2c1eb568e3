/* HUP reloads, TERM drains: our sigwait() stands in for libmilter's.
 * libmilter's signal thread waits with sigwait() for HUP, TERM and INT and stops on each; nobody else can take HUP from it
 * without a race. The program's own sigwait() (found before the C library's when libmilter is linked) handles HUP itself and
 * gives TERM to libmilter when the drain is over. A second TERM or INT ends the drain at once. */
#ifndef MILTER_SIGNALS_H
#define MILTER_SIGNALS_H

#include <stdbool.h>

/* What the signals do. All are called on libmilter's signal thread. */
struct signal_actions {
	void *ctx;
	void (*reload)(void *ctx);        /* HUP: must return at once */
	void (*drain_begin)(void *ctx);   /* TERM or INT */
	bool (*drained)(void *ctx);       /* asked every 20 ms, for SIGNALS_DRAIN_S seconds at most */
	void (*stop)(void *ctx);          /* last, right before libmilter is told to stop */
};

enum { SIGNALS_DRAIN_S = 15 };

/* Blocks the signals in this thread and all that it starts: before any thread. `actions` must outlive the process. */
void signals_init(const struct signal_actions *actions);
/* Is our sigwait() the one that libmilter will call? If not, HUP would stop the daemon. */
bool signals_are_ours(void);

#endif
