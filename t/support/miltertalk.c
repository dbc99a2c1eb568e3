/* miltertalk: plays the MTA to a milter, over the wire protocol itself. Stories (story.c) check one dialogue after the
 * other; the load (milterload.c) is many sessions at once. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "t/support/milterload.h"
#include "t/support/story.h"
#include "t/support/storyline.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFINES_MAX 64

enum {
	OPTION_CLIENTS = 256,
	OPTION_RANGE,
	OPTION_RECEIVED,
	OPTION_HOPS,
	OPTION_HEADERS,
	OPTION_BODY,
	OPTION_DELAY,
	OPTION_RATE,
	OPTION_VERDICT,
	OPTION_LISTED
};

static const struct option long_options[] = {
	{"clients", required_argument, NULL, OPTION_CLIENTS},
	{"client-range", required_argument, NULL, OPTION_RANGE},
	{"received", required_argument, NULL, OPTION_RECEIVED},
	{"received-range", required_argument, NULL, OPTION_HOPS},
	{"headers", required_argument, NULL, OPTION_HEADERS},
	{"body", required_argument, NULL, OPTION_BODY},
	{"stage-delay", required_argument, NULL, OPTION_DELAY},
	{"rate", required_argument, NULL, OPTION_RATE},
	{"verdict", required_argument, NULL, OPTION_VERDICT},
	{"expect-listed", required_argument, NULL, OPTION_LISTED},
	{NULL, 0, NULL, 0},
};

struct settings {
	struct story_options story;
	struct milterload_options load;
	const char *defines[DEFINES_MAX], *ignored[DEFINES_MAX];
	bool loads;
};

/* clang-format off */
static const char help[] =
	"usage: miltertalk [-s SOCKET] [-M postfix|sendmail] [-t TIME] [-D NAME=VALUE ...] [-I WORD ...] [-H HOOK]\n"
	"                  STORY.scn ...\n"
	"       miltertalk -L -s SOCKET -n MESSAGES -j PARALLEL [-i IDLE] [-m PER_SESSION] [-t TIME] [load options]\n"
	"  -s  the milter: unix:PATH, inet:PORT@HOST, inet6:PORT@HOST     -t  limit of every reply (30s)\n"
	"  -D  what ${NAME} is in stories    -I  lines to pass over    -H  program for lines of other kinds\n"
	"  -M  whom to play: their macros, and how they read replies\n"
	"  exit status of stories: 0 when all is ok, 1 when not, 2 for a bad command line\n"
	"\n"
	"load options:\n"
	"  -n  messages in all    -j  sessions at once    -m  messages a session (1)\n"
	"  -i  sessions that say HELO first of all, keep silent, and must still answer MAIL and RCPT at the end\n"
	"  --client-range NET/LEN (192.0.2.0/24), --clients FILE\n"
	"      session s, from 0, comes from address s of these, beginning anew after the last; the idle sessions take\n"
	"      the first numbers\n"
	"  --received N (0), --received-range NET/LEN (198.51.100.0/24)\n"
	"      Received header r, 0 the newest, of message m names address m * N + r of the network\n"
	"  --headers N (7) others    --body BYTES (1024)    --stage-delay TIME before HELO, MAIL, RCPT, DATA, the end\n"
	"  --rate N  messages begun a second at most\n"
	"  --verdict FILE  lines \"ADDRESS continue|reject|flag|tempfail|discard|quarantine\", checked for each message\n"
	"  --expect-listed FILE  addresses whose messages must be rejected or flagged, and no others\n"
	"  one line of key=value comes out; exit status 0 when errors and wrong are 0 and idle sessions are alive\n"
	"\n";
/* clang-format on */

static void usage(FILE *to)
{
	fputs(help, to);
	fputs(story_help, to);
}

static bool to_number(const char *text, uint64_t most, uint64_t *out)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);
	*out = value;
	return end != text && *end == '\0' && value <= most && text[0] != '-';
}

static bool to_unsigned(const char *text, unsigned *out)
{
	uint64_t value;
	bool good = to_number(text, 10000000, &value);
	*out = (unsigned)value;
	return good;
}

static bool to_seconds(const char *text, double *out)
{
	unsigned ms;
	bool good = storyline_time_ms(text, &ms);
	*out = good ? ms / 1000.0 : 0;
	return good;
}

static bool to_style(const char *text, bool *sendmail)
{
	*sendmail = strcmp(text, "sendmail") == 0;
	return *sendmail || strcmp(text, "postfix") == 0;
}

static bool to_list(const char *text, const char **list, int *count)
{
	if (*count == DEFINES_MAX)
		return false;
	list[(*count)++] = text;
	return true;
}

/* False: the value is not understood; a file's own error is in `error`. */
static bool take_load_option(struct milterload_options *load, int option, const char *value, char *error,
			     size_t error_bytes)
{
	uint64_t number = 0;
	bool good;
	switch (option) {
	case 'n':
		return to_number(value, 100000000, &load->messages);
	case 'j':
		return to_unsigned(value, &load->parallel);
	case 'i':
		return to_unsigned(value, &load->idle);
	case 'm':
		return to_unsigned(value, &load->per_session) && load->per_session > 0;
	case OPTION_CLIENTS:
		return loadcheck_clients(value, &load->clients, error, error_bytes);
	case OPTION_RANGE:
		return loadcheck_network(value, &load->clients);
	case OPTION_RECEIVED:
		return to_unsigned(value, &load->received);
	case OPTION_HOPS:
		return loadcheck_network(value, &load->hops);
	case OPTION_HEADERS:
		return to_unsigned(value, &load->headers);
	case OPTION_BODY:
		good = to_number(value, 65535, &number);
		load->body_bytes = (size_t)number;
		return good;
	case OPTION_DELAY:
		return to_seconds(value, &load->stage_delay_s);
	case OPTION_RATE:
		good = to_number(value, 10000000, &number);
		load->rate = (double)number;
		return good;
	case OPTION_VERDICT:
	case OPTION_LISTED:
		return loadcheck_verdicts(value, option == OPTION_LISTED, &load->table, error, error_bytes);
	default:
		return false;
	}
}

static bool take_option(struct settings *settings, int option, const char *value, char *error, size_t error_bytes)
{
	struct story_options *story = &settings->story;
	switch (option) {
	case 's':
		story->socket = settings->load.socket = value;
		return true;
	case 'D':
		return strchr(value, '=') != NULL && to_list(value, settings->defines, &story->define_count);
	case 'I':
		return to_list(value, settings->ignored, &story->ignored_count);
	case 'H':
		story->hook = value;
		return true;
	case 'M':
		return to_style(value, &story->sendmail);
	case 't':
		story->wait_ms = to_seconds(value, &settings->load.wait_s) ? (int)(settings->load.wait_s * 1000) : 0;
		return story->wait_ms > 0;
	case 'L':
		settings->loads = true;
		return true;
	default:
		return take_load_option(&settings->load, option, value, error, error_bytes);
	}
}

static int run_stories(const struct settings *settings, char *const paths[], int count)
{
	unsigned number = 0, failed = 0;
	if (count == 0) {
		usage(stderr);
		return 2;
	}
	for (int i = 0; i < count; i++)
		failed += story_run(paths[i], &settings->story, &number);
	printf("1..%u\n", number);
	return failed > 0 ? 1 : 0;
}

static int run_load(struct settings *settings)
{
	struct milterload_options *load = &settings->load;
	if (load->socket == NULL || load->messages == 0 || load->parallel == 0) {
		fprintf(stderr, "miltertalk: -L wants -s, -n and -j\n");
		return 2;
	}
	bool good = milterload_run(load);
	free(load->clients.list);
	free(load->table.rows);
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct settings settings = {.load = {.per_session = 1, .headers = 7, .body_bytes = 1024, .wait_s = 30}};
	char error[300];
	settings.story.defines = settings.defines;
	settings.story.ignored = settings.ignored;
	settings.load.table.others = LOAD_UNKNOWN;
	loadcheck_network("192.0.2.0/24", &settings.load.clients);
	loadcheck_network("198.51.100.0/24", &settings.load.hops);
	signal(SIGPIPE, SIG_IGN);
	for (int c; (c = getopt_long(argc, argv, "s:D:I:H:M:t:Ln:j:i:m:h", long_options, NULL)) != -1;) {
		if (c == 'h') {
			usage(stdout);
			return 0;
		}
		error[0] = '\0';
		if (c == '?' || !take_option(&settings, c, optarg, error, sizeof(error))) {
			if (c != '?')
				fprintf(stderr, "miltertalk: %s\n",
					error[0] != '\0' ? error : "the value of an option is not understood");
			fprintf(stderr, "miltertalk -h tells the options\n");
			return 2;
		}
	}
	return settings.loads ? run_load(&settings) : run_stories(&settings, argv + optind, argc - optind);
}
