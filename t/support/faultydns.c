/* faultydns: a DNS server for tests. It answers from a zone script, misbehaves on command, and counts what it was
 * asked. It listens on loopback only, since half of what it says is a lie. `faultydns -h` prints the script's language
 * and every fault; the table of faults is in rules.c. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "t/support/dnsreply.h"
#include "t/support/faultyctl.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAMES_COUNTED_MAX 1000000u

/* clang-format off */
static const char help[] =
	"usage: faultydns -l ADDR:PORT [-l ...] [-z FILE ...] [-c SOCKET] [-k COUNTFILE] [-P PORTFILE] [-S SEED]\n"
	"                 [-N NAMES] [-U]\n"
	"       faultydns -x SOCKET [COMMAND ...]     (no command: one a line from standard input)\n"
	"  -l  listen there, UDP and TCP, loopback only; port 0 picks one\n"
	"  -z  zone script, - is standard input; read again at SIGHUP\n"
	"  -c  control socket\n"
	"  -P  write every bound ADDR:PORT there when ready\n"
	"  -k  write \"N NAME TYPE\" lines there at exit\n"
	"  -N  names counted at most (1000000)    -S  seed of all randomness (1)    -U  no TCP at all\n"
	"\n"
	"zone script, # begins a comment, rules are faults of the table below:\n"
	"  zone NAME [soa-ttl N] [soa-min N] [default] [RULES] [a record]\n"
	"                                     opens a zone; names without records in it get NXDOMAIN with SOA (TTL and\n"
	"                                     minimum 60); one more such line adds to the zone\n"
	"  NAME TYPE DATA [ttl N] [RULES]     a record (TTL 300); several add up; RULES for this name and type\n"
	"  NAME TYPE RULES                    rules for a name and type\n"
	"  NAME RULES                         rules for a name, whatever the type\n"
	"  ip ADDRESS[/PREFIX] TYPE ...       the name is the reversed address below the zone; a prefix that is a\n"
	"                                     multiple of 8 (IPv6: of 4) makes a wildcard of it\n"
	"  all RULES                          for the whole server\n"
	"NAME is below the open zone, unless it ends in a dot or in the zone's name; @ is the zone, *.NAME a wildcard.\n"
	"TYPE DATA: A and AAAA address, TXT \"text\" [\"text\" ...], MX number name, NS, PTR, CNAME, DNAME name,\n"
	"TYPEn hexadecimal octets. Names in data are absolute, with or without a final dot.\n"
	"Rules of the server, the zone, the name, the name and type are laid over one another; the last one prevails.\n"
	"\n"
	"commands, one answer line each; \"error: ...\" when it is none:\n"
	"  count [NAME | .ZONE (below it)] [TYPE]      queries so far          names       each name and type with its count\n"
	"  tcp                                         those over TCP          ports       source ports and ids seen\n"
	"  max                                         most delayed at once    held        delayed now\n"
	"  unreadable                                  packets, not queries    reset       all these become 0\n"
	"  set all RULES | set zone ZONE RULES | set name NAME RULES           in place of those that stand; none clears\n"
	"  add LINE                                    of the zone script      del NAME    its records and rules\n"
	"  reload                                      as SIGHUP\n"
	"\n"
	"faults:\n";
/* clang-format on */

static void usage(FILE *to)
{
	fputs(help, to);
	rules_help(to);
}

struct options {
	const char *listen[FAULTYSERVER_LISTENERS_MAX];
	size_t listen_count;
	const char *control, *count_file, *port_file, *ask;
	unsigned long names_max, seed;
	bool udp_only;
};

/* True: go on. False: *status is the exit status. */
static bool parse_options(int argc, char **argv, struct options *options, struct faultyserver *server, int *status)
{
	*options = (struct options){.names_max = NAMES_COUNTED_MAX, .seed = 1};
	*status = 2;
	for (int c; (c = getopt(argc, argv, "l:z:k:c:P:x:N:S:Uh")) != -1;) {
		switch (c) {
		case 'l':
			if (options->listen_count == FAULTYSERVER_LISTENERS_MAX)
				return false;
			options->listen[options->listen_count++] = optarg;
			break;
		case 'z':
			if (server->file_count == FAULTYSERVER_FILES_MAX)
				return false;
			server->files[server->file_count++] = optarg;
			break;
		case 'k':
			options->count_file = optarg;
			break;
		case 'c':
			options->control = optarg;
			break;
		case 'P':
			options->port_file = optarg;
			break;
		case 'x':
			options->ask = optarg;
			break;
		case 'N':
			options->names_max = strtoul(optarg, NULL, 10);
			break;
		case 'S':
			options->seed = strtoul(optarg, NULL, 10);
			break;
		case 'U':
			options->udp_only = true;
			break;
		case 'h':
			usage(stdout);
			*status = 0;
			return false;
		default:
			usage(stderr);
			return false;
		}
	}
	if (options->ask != NULL) {
		*status = faultyctl_ask(options->ask, argv + optind, argc - optind);
		return false;
	}
	if (options->listen_count == 0 || optind < argc) {
		usage(stderr);
		return false;
	}
	return true;
}

static void print_ports(const struct faultyserver *server, FILE *to)
{
	for (size_t i = 0; i < server->listener_count; i++)
		fprintf(to, "%s\n", faultyserver_bound(server, i));
}

/* Whoever waits for the file finds all of it or none. */
static bool write_ports(const struct faultyserver *server, const char *path)
{
	char fresh[4096];
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	FILE *file = fopen(fresh, "we");
	if (file == NULL)
		return false;
	print_ports(server, file);
	return fclose(file) == 0 && rename(fresh, path) == 0;
}

static void write_counts(const struct faultyserver *server, const char *path)
{
	FILE *file = fopen(path, "we");
	if (file == NULL) {
		fprintf(stderr, "faultydns: %s: %s\n", path, strerror(errno));
		return;
	}
	querycount_print(server->counts, file, "\n");
	fclose(file);
}

static void on_stop(struct ev_loop *loop, ev_signal *watcher, int events)
{
	(void)watcher;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void on_hup(struct ev_loop *loop, ev_signal *watcher, int events)
{
	char error[ZONESCRIPT_ERROR_BYTES];
	(void)loop;
	(void)events;
	if (!faultyserver_reload(watcher->data, error))
		fprintf(stderr, "faultydns: %s (the old zones stay)\n", error);
}

static bool start(struct faultyserver *server, const struct options *options, struct faultyctl **ctl)
{
	char error[ZONESCRIPT_ERROR_BYTES];
	bool good = faultyserver_reload(server, error);
	for (size_t i = 0; good && i < options->listen_count; i++)
		good = faultyserver_listen(server, options->listen[i], options->udp_only, error);
	if (good && options->control != NULL) {
		*ctl = faultyctl_new(server, options->control, error);
		good = *ctl != NULL;
	}
	if (good && options->port_file != NULL && !write_ports(server, options->port_file)) {
		snprintf(error, sizeof(error), "%.120s: %s", options->port_file, strerror(errno));
		good = false;
	}
	if (!good) {
		fprintf(stderr, "faultydns: %s\n", error);
		return false;
	}
	print_ports(server, stdout);
	fflush(stdout);
	return true;
}

int main(int argc, char **argv)
{
	struct faultyserver server = {0};
	struct faultyctl *ctl = NULL;
	struct options options;
	ev_signal stop[2], hup;
	int status;
	if (!parse_options(argc, argv, &options, &server, &status))
		return status;
	dnsreply_seed(options.seed);
	server.loop = ev_default_loop(EVFLAG_AUTO);
	server.counts = querycount_new(options.names_max);
	if (server.loop == NULL || server.counts == NULL)
		return 1;
	ev_signal_init(&stop[0], on_stop, SIGTERM);
	ev_signal_init(&stop[1], on_stop, SIGINT);
	ev_signal_init(&hup, on_hup, SIGHUP);
	hup.data = &server;
	ev_signal_start(server.loop, &stop[0]);
	ev_signal_start(server.loop, &stop[1]);
	ev_signal_start(server.loop, &hup);
	signal(SIGPIPE, SIG_IGN);
	bool good = start(&server, &options, &ctl);
	if (good)
		ev_run(server.loop, 0);
	if (good && options.count_file != NULL)
		write_counts(&server, options.count_file);
	faultyctl_free(&ctl);
	faultyserver_clear(&server);
	ev_loop_destroy(server.loop);
	return good ? 0 : 1;
}
