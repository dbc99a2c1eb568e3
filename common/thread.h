/* Threads of our own: all signals are for others, and their stacks are bounded. */
#ifndef COMMON_THREAD_H
#define COMMON_THREAD_H

#include <pthread.h>

/* Starts `run(arg)`. Returns 0, or why not (errno's numbers). */
int thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg);

#endif
