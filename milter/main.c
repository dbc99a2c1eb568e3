/* main: options; load, bind, drop the user, run, stop.
 * The order matters: what can fail fails before anything else has seen us; threads come after the fork. */
#include "buildinfo.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <jansson.h>
#include <ldns/ldns.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "config/config.h"
#include "config/value.h"
#include "milter/callbacks.h"
#include "milter/control.h"
#include "milter/listener.h"
#include "milter/mfapi.h"
#include "milter/notify.h"
#include "milter/reload.h"
#include "milter/signals.h"

enum {
	THREAD_STACK_BYTES = 512 << 10,   /* libmilter makes a thread for each busy session */
	MAX_PACKET_BYTES = 1 << 20,       /* of the milter protocol: a header of 1 MB ends no session */
	FDS_RESERVED = 512,               /* of the limit on descriptors, for sessions and files */
	STOP_PATIENCE_MS = 2000,          /* for callbacks under way after libmilter has stopped */
	FLUSH_PATIENCE_MS = 2000,         /* for the disk to take what was learned, when these do not end */
};

/* The sanitizers keep more for each thread than that. */
#ifndef __has_feature   /* clang's way; gcc defines macros */
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__) || __has_feature(thread_sanitizer) || \
	__has_feature(address_sanitizer)
enum { SANITIZED = true };
#else
enum { SANITIZED = false };
#endif

struct options {
	const char *config, *socket;
	bool foreground, test;
};

/* The process: one of each. */
static struct service service;
static struct listener listener;
static struct control *control;

/* --- options ------------------------------------------------------------------------------------------------------ */

static void print_version(void)
{
	unsigned major, minor, patch;

	smfi_version(&major, &minor, &patch);
	printf("rbl-milter %s\nlibmilter %u.%u.%u, ldns %s, jansson %s, libev %d.%d\n", PACKAGE_VERSION, major, minor, patch,
	       ldns_version(), jansson_version_str(), ev_version_major(), ev_version_minor());
}

static void print_help(FILE *out)
{
	fprintf(out,
		"Usage: rbl-milter [-c FILE] [-p SOCKET] [-f] [-t] [-V] [-h]\n"
		"DNS block-list filter for Postfix and Sendmail.\n"
		"  -c FILE    configuration (default: " CONFIG_FILE ")\n"
		"  -p SOCKET  milter socket in place of the configured one: unix:PATH, inet:PORT@HOST, inet6:PORT@HOST, fd:N\n"
		"  -f         stay in the foreground and log to stderr\n"
		"  -t         check the configuration and exit: 0 good, 78 bad with every fault named\n"
		"  -V         version with library versions\n"
		"  -h         this help\n"
		"Signals: HUP reloads the configuration; TERM and INT stop when messages in progress have ended.\n"
		"See rbl-milter(8) and rbl-milter.json(5).\n");
}

/* The same check as in the configuration. */
static void check_socket(const char *socket)
{
	struct errmsg err;

	if (value_check_socket(socket, &err))
		return;
	fprintf(stderr, "rbl-milter: -p: %s\n", err.text);
	exit(EX_USAGE);
}

/* Exits where nothing is left to do. */
static struct options read_options(int argc, char **argv)
{
	struct options options = { .config = CONFIG_FILE };
	int option;

	while ((option = getopt(argc, argv, "c:p:ftVh")) != -1) {
		switch (option) {
		case 'c':
			options.config = optarg;
			break;
		case 'p':
			options.socket = optarg;
			check_socket(optarg);
			break;
		case 'f':
			options.foreground = true;
			break;
		case 't':
			options.test = true;
			break;
		case 'V':
			print_version();
			exit(EX_OK);
		case 'h':
			print_help(stdout);
			exit(EX_OK);
		default:
			print_help(stderr);
			exit(EX_USAGE);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "rbl-milter: unexpected argument \"%s\"\n", argv[optind]);
		exit(EX_USAGE);
	}
	return options;
}

/* Every fault goes to stderr: somebody is looking, or the supervisor keeps it. */
static struct ruleset *load(const char *path, struct sources *sources)
{
	struct faults faults;
	struct ruleset *rules;

	faults_init(&faults);
	rules = config_load_noting(path, &faults, sources);
	faults_print(&faults, stderr);
	faults_clear(&faults);
	return rules;
}

/* --- limits ------------------------------------------------------------------------------------------------------- */

/* DNS sockets and SMTP sessions share the limit on descriptors; without any left libmilter spins. What this machine does
 * not grant is taken from the lookups. */
static void prepare_rules(struct ruleset *rules)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return;
	if (limit.rlim_cur < FDS_RESERVED + (rlim_t)rules->dns.max_in_flight) {
		int most = limit.rlim_cur > 2 * FDS_RESERVED ? (int)(limit.rlim_cur - FDS_RESERVED) : (int)(limit.rlim_cur / 2);

		log_warning("the limit of %llu open files leaves room for %d lookups in flight, not dns.max_in_flight=%d: "
			    "raise LimitNOFILE or ulimit -n", (unsigned long long)limit.rlim_cur, most, rules->dns.max_in_flight);
		rules->dns.max_in_flight = most;
	}
}

static void raise_limits(void)
{
	struct rlimit limit;
	pthread_attr_t attr;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (SANITIZED)
		return;
	/* 8 MiB of stack a thread would bring a busy daemon to its memory limit, and libmilter does not survive that well. */
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, THREAD_STACK_BYTES);
	pthread_setattr_default_np(&attr);
	pthread_attr_destroy(&attr);
}

/* --- the way into the background ---------------------------------------------------------------------------------- */

/* Where the caller has closed 0, 1 or 2, the next thing opened would get that number: the listening socket, say, and lose it
 * to /dev/null in say_ready(). */
static void fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* The parent waits until the child is ready or gone. Returns the descriptor by which the child says that it is ready. */
static int go_background(void)
{
	int ends[2];
	pid_t pid;
	ssize_t n;
	char ready;

	if (pipe2(ends, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
		fprintf(stderr, "rbl-milter: cannot go into the background: %s\n", strerror(errno));
		exit(EX_OSERR);
	}
	if (pid > 0) {
		close(ends[1]);
		do
			n = read(ends[0], &ready, 1);
		while (n < 0 && errno == EINTR);
		exit(n == 1 ? EX_OK : EX_UNAVAILABLE);
	}
	close(ends[0]);
	setsid();
	return ends[1];
}

static void say_ready(int ready_fd)
{
	int null;

	notify_send("READY=1");
	if (ready_fd < 0)
		return;
	(void)!write(ready_fd, "", 1);
	close(ready_fd);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	(void)!chdir("/");
}

static bool drop_user(const char *name, struct errmsg *err)
{
	const struct passwd *user;

	if (name[0] == '\0')
		return true;
	user = getpwnam(name);
	if (user == NULL) {
		errmsg_set(err, "user: there is no user \"%s\"", name);
		return false;
	}
	if (geteuid() == user->pw_uid)
		return true;
	if (initgroups(name, user->pw_gid) != 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0) {
		errmsg_set(err, "user: cannot become \"%s\": %s", name, strerror(errno));
		return false;
	}
	if (user->pw_uid != 0 && setuid(0) == 0) {
		errmsg_set(err, "user: root's rights could be taken back");
		return false;
	}
	return true;
}

/* --- signals ------------------------------------------------------------------------------------------------------ */

static void on_reload(void *ctx)
{
	(void)ctx;
	reload_request(service.reload, RELOAD_BY_SIGNAL);
}

static void on_drain(void *ctx)
{
	(void)ctx;
	log_info("stopping: %d messages in progress", atomic_load(&service.messages));
	notify_send("STOPPING=1");
	atomic_store(&service.draining, true);
}

static bool is_drained(void *ctx)
{
	(void)ctx;
	return atomic_load(&service.messages) == 0;
}

/* libmilter's listener looks for the end every five seconds, or when somebody connects. */
static void *poke_until_exit(void *arg)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000000l };

	for (;;) {
		nanosleep(&pause, NULL);
		listener_poke(arg);
	}
	return NULL;
}

static void on_stop(void *ctx)
{
	pthread_t thread;
	int left = atomic_load(&service.messages);

	(void)ctx;
	if (left > 0)
		log_warning("stopping with %d messages in progress: the MTA defers them", left);
	if (pthread_create(&thread, NULL, poke_until_exit, &listener) == 0)
		pthread_detach(thread);
}

/* Writes down what is still to be written. */
static void forget(void)
{
	prober_free(&service.prober);
	lookup_free(&service.lookup);
	manual_free(&service.manual);
	screen_free(&service.screen);
	recent_free(&service.recent);
	journal_close(&service.journal);
	health_free(&service.health);
	counters_free(&service.counters);
}

/* Callbacks of a message may still run on libmilter's threads, for a moment. Idle sessions are not waited for: libmilter has left
 * them, and what a session uses is not given back while there is one. */
static void finish(void)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000000l };
	bool quiet;                           /* no request of an administrator is under way */

	quiet = control_close(&control);
	reload_free(&service.reload);
	for (int ms = 0; ms < STOP_PATIENCE_MS && atomic_load(&service.messages) > 0; ms += 10)
		nanosleep(&pause, NULL);
	if (quiet && atomic_load(&service.sessions) == 0) {
		forget();
		inforce_clear(&service.inforce);
	} else if (service.journal != NULL) {
		journal_flush(service.journal, FLUSH_PATIENCE_MS);
	}
	listener_remove(&listener);
	log_info("stopped");
}

/* --- all together ------------------------------------------------------------------------------------------------- */

/* Mail does not need it. */
static void open_control(const struct ruleset *rules)
{
	struct errmsg err;

	control = control_open(&rules->control, rules->user, &err);
	if (control == NULL && err.text[0] != '\0')
		log_warning("control.socket: rblctl cannot reach this daemon: %s", err.text);
}

/* What needs no thread. */
static bool start(const struct options *options, struct ruleset *rules, struct errmsg *err)
{
	const char *socket = options->socket != NULL ? options->socket : rules->milter.socket;
	char conn[32];

	raise_limits();
	if (!listener_open(&listener, socket, rules->milter.mode, rules->milter.group, err))
		return false;
	if (!callbacks_register(&service, listener.over_tcp, err))
		return false;
	snprintf(conn, sizeof conn, "fd:%d", listener.fd);
	smfi_settimeout((int)(rules->milter.timeout_us / 1000000));
	smfi_setmaxdatasize(MAX_PACKET_BYTES);
	if (smfi_setconn(conn) != MI_SUCCESS) {
		errmsg_set(err, "libmilter does not take a socket that is open (only Debian's does)");
		return false;
	}
	open_control(rules);
	if (!drop_user(rules->user, err))
		return false;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return true;
}

/* What earlier runs have left. Without it everything works too. */
static bool remember(const struct ruleset *rules, struct errmsg *err)
{
	if (rules->state_dir[0] != '\0') {
		service.journal = journal_open(rules->state_dir, err);
		if (service.journal == NULL)
			log_warning("state_dir: nothing will outlive a restart: %s", err->text);
		else
			lookup_remember(service.lookup, service.journal, rules);
	}
	service.manual = manual_new(service.journal);
	service.screen = screen_new(service.journal);
	service.recent = recent_new();
	if (service.manual != NULL && service.screen != NULL && service.recent != NULL)
		return true;
	errmsg_set(err, "out of memory");
	return false;
}

static void tell_of_list(void *ctx, enum log_level level, const char *sentence)
{
	(void)ctx;
	log_line(level, "%s", sentence);
}

static struct ruleset *rules_in_force(void *ctx)
{
	return inforce_get(ctx);
}

/* The rules are in force by now. */
static bool watch_lists(const struct ruleset *rules, struct errmsg *err)
{
	uint64_t seed;

	arc4random_buf(&seed, sizeof seed);
	service.health = health_new(seed, tell_of_list, NULL);
	if (service.health == NULL || !health_adopt(service.health, rules, monotime_now())) {
		errmsg_set(err, "out of memory");
		return false;
	}
	service.prober = prober_new(service.lookup, service.health, service.screen, rules_in_force, &service.inforce, err);
	return service.prober != NULL;
}

static bool start_threads(const struct options *options, struct ruleset *rules, struct sources *sources, struct errmsg *err)
{
	static const struct signal_actions actions = {
		.reload = on_reload, .drain_begin = on_drain, .drained = is_drained, .stop = on_stop,
	};

	signals_init(&actions);
	if (!signals_are_ours())
		log_error("this build cannot take SIGHUP from libmilter: it stops the daemon");
	prepare_rules(rules);
	service.counters = counters_new();     /* without them all works too */
	service.lookup = lookup_new(rules, err);
	if (service.lookup == NULL || !remember(rules, err) || !watch_lists(rules, err))
		return false;
	service.reload = reload_new(&service, options->config, options->foreground, prepare_rules, sources, err);
	if (service.reload == NULL)
		return false;
	if (control != NULL && !control_start(control, &service, err))
		log_warning("rblctl cannot reach this daemon: %s", err->text);
	return true;
}

int main(int argc, char **argv)
{
	struct options options;
	struct sources sources;
	struct ruleset *rules;
	struct errmsg err;
	int ready_fd = -1, status;
	char *path;

	fill_standard_descriptors();
	options = read_options(argc, argv);
	json_object_seed(0);
	sources_init(&sources);
	rules = load(options.config, &sources);
	if (rules == NULL || options.test) {
		status = rules != NULL ? EX_OK : EX_CONFIG;
		ruleset_unref(&rules);
		sources_clear(&sources);
		return status;
	}
	/* A relative path would be another one once we have left the directory. Links stay links: a reload follows them anew. */
	path = sources_absolute(options.config);
	if (path != NULL)
		options.config = path;
	if (!options.foreground)
		ready_fd = go_background();
	log_configure(&rules->log, options.foreground);
	service.started = monotime_now();
	service.started_s = time(NULL);
	inforce_init(&service.inforce, ruleset_ref(rules));   /* a reload may drop these before we are done here */
	if (!start(&options, rules, &err) || !start_threads(&options, rules, &sources, &err)) {
		fprintf(stderr, "rbl-milter: %s\n", err.text);
		log_error("cannot start: %s", err.text);
		control_close(&control);
		forget();
		listener_remove(&listener);
		inforce_clear(&service.inforce);
		ruleset_unref(&rules);
		sources_clear(&sources);
		free(path);
		return EX_UNAVAILABLE;
	}
	log_info("rbl-milter %s is ready on %s: %zu lists", PACKAGE_VERSION,
		 options.socket != NULL ? options.socket : rules->milter.socket, rules->n_lists);
	ruleset_unref(&rules);
	say_ready(ready_fd);
	status = smfi_main();
	finish();
	free(path);
	return status == MI_SUCCESS ? EX_OK : EX_SOFTWARE;
}
