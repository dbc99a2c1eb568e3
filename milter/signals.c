/* signals: HUP reloads, TERM drains.
 * Runs on libmilter's signal thread, inside the sigwait() that it calls. */
#include "milter/signals.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

#include "common/monotime.h"

enum { DRAIN_POLL_MS = 20, QUIET_POLLS = 3 };

/* Set before any thread exists, read-only after. */
static const struct signal_actions *actions;

static sigset_t our_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	return set;
}

void signals_init(const struct signal_actions *the_actions)
{
	sigset_t set = our_signals();
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	actions = the_actions;
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

/* Lets messages in progress end; another TERM or INT in the meantime ends the patience. Only when it has been quiet for a
 * while has libmilter sent the last replies and put its workers to rest: it does not stop well under them. */
static void drain(void)
{
	struct monotime end = monotime_add(monotime_now(), SIGNALS_DRAIN_S * 1000000ll);
	const struct timespec poll = { .tv_nsec = DRAIN_POLL_MS * 1000000l };
	sigset_t set = our_signals();
	int quiet = 0;

	actions->drain_begin(actions->ctx);
	while (quiet < QUIET_POLLS && !monotime_reached(monotime_now(), end)) {
		int got = sigtimedwait(&set, NULL, &poll);

		if (got == SIGTERM || got == SIGINT)
			return;
		quiet = actions->drained(actions->ctx) ? quiet + 1 : 0;
	}
}

/* In place of the C library's, for libmilter's signal thread: visible whatever the compiler's flags say. */
__attribute__((visibility("default"))) int sigwait(const sigset_t *restrict set, int *restrict sig)
{
	for (;;) {
		int got = sigwaitinfo(set, NULL);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		if (actions == NULL) {
			*sig = got;
			return 0;
		}
		if (got == SIGHUP) {
			actions->reload(actions->ctx);
		} else if (got == SIGTERM || got == SIGINT) {
			drain();
			actions->stop(actions->ctx);
			*sig = SIGTERM;
			return 0;
		}
	}
}

bool signals_are_ours(void)
{
	union {
		void *found;
		int (*function)(const sigset_t *restrict, int *restrict);
	} u = { .found = dlsym(RTLD_DEFAULT, "sigwait") };

	return u.function == sigwait;
}
