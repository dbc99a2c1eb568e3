/* thread: threads of our own.
 * A signal that reached one of them would not reach the thread that waits for it. */
#include "common/thread.h"

#include <signal.h>

enum { STACK_BYTES = 1 << 20 };   /* what is not used costs no memory */

int thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
	pthread_attr_t attr;
	sigset_t all, before;
	int status;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	status = pthread_create(thread, &attr, run, arg);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return status;
}
