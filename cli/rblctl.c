/* rblctl: options and the table of commands. */
#include "cli/cli.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buildinfo.h"
#include "common/text.h"
#include "config/nearest.h"

enum { OPTION_COMMANDS = 256,            /* without a letter */
       SENTENCE_BYTES = 1024 };

const struct cli_command cli_commands[] = {
	{ "status", "", "How the daemon is: uptime, configuration, sessions, messages, cache", cmd_status },
	{ "reload", "", "Reads the configuration again, and says whether it was taken", cmd_reload },
	{ "lists", "", "Each list: health, queries, hits, what it decided, latency", cmd_lists },
	{ "list disable", "NAME [--for DURATION]", "Switches a list off at once, until a restart or for a time", cmd_list_disable },
	{ "list enable", "NAME", "Switches it on again", cmd_list_enable },
	{ "cache list", "[PATTERN] [--list NAME] [--source dns|manual]", "Listings that are kept: addresses, domains, added by hand",
	  cmd_cache_list },
	{ "cache add", "ADDRESS [--ttl DURATION|never] [--message TEXT]",
	  "Has an address count as listed, in the list \"manual\", until it is removed or for a time", cmd_cache_add },
	{ "cache remove", "ADDRESS",
	  "Takes such an entry back, and forgets what the lists have said of the address", cmd_cache_remove },
	{ "cache clear", "[--manual]",
	  "Forgets all answers of the lists; with --manual also what was added by hand", cmd_cache_clear },
	{ "cache stats", "", "Entries, hits, misses, evictions, memory, and what is written to the disk", cmd_cache_stats },
	{ "screen list", "[PATTERN]", "The screen: clients that are refused without a lookup", cmd_screen_list },
	{ "screen add", "ADDRESS [--ttl DURATION|never]", "Puts a client there, until it is removed or for a time", cmd_screen_add },
	{ "screen remove", "ADDRESS", "Takes a client off the screen", cmd_screen_remove },
	{ "screen clear", "", "Takes all clients off the screen", cmd_screen_clear },
	{ "recent add", "ADDRESS", "Reports that somebody has logged in to POP or IMAP from there just now", cmd_recent_add },
	{ "recent list", "", "The reports that still hold", cmd_recent_list },
	{ "config check", "", "Tells every fault of the configuration, with its line", cmd_config_check },
	{ "config show", "", "The configuration as it holds: all defaults filled in, secrets masked", cmd_config_show },
	{ "check", "[--cached] [--alone] SUBJECT...", "Asks every list about addresses and domains, now and past the cache", cmd_check },
	{ "doctor", "", "Is this set-up sound? What is not, and what to do", cmd_doctor },
	{ "explain", "[--client IP] [--name NAME] [--helo HELO] [--login USER] [--sender ADDRESS]\n"
	  "      [--recipient ADDRESS]... [--pop] [--skip N] [--alone] [FILE]",
	  "The verdict on a message, and why", cmd_explain },
	{ NULL, NULL, NULL, NULL },
};

int cli_fail(int status, const char *format, ...)
{
	char sentence[SENTENCE_BYTES], clean[SENTENCE_BYTES];
	struct text text = text_over(clean, sizeof clean);
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	text_add_foreign(&text, sentence, sizeof clean - 4);   /* it may quote anybody */
	fflush(stdout);
	fprintf(stderr, "rblctl: %s\n", clean);
	return status;
}

static void print_usage(const struct cli_command *c)
{
	fprintf(stderr, "Usage: rblctl %s%s%s\n", c->name, c->arguments[0] != '\0' ? " " : "", c->arguments);
}

int cli_usage(const char *name)
{
	for (const struct cli_command *c = cli_commands; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			print_usage(c);
	fputs("Options of rblctl itself, such as --json, stand before the command: see rblctl --help\n", stderr);
	return CLI_USAGE;
}

bool cli_arguments(const char *command, int argc, char **argv, size_t min, size_t max)
{
	int option = getopt(argc, argv, "+");
	size_t n = (size_t)(argc - optind);

	if (option == -1 && n >= min && n <= max)
		return true;
	cli_usage(command);
	return false;
}

static void print_help(FILE *out)
{
	fputs("Usage: rblctl [-c FILE] [-s SOCKET] [--json] COMMAND\n"
	      "Administers rbl-milter.\n"
	      "  -c, --config FILE    configuration (default: " CONFIG_FILE ")\n"
	      "  -s, --socket SOCKET  the daemon's control socket (default: that of the configuration)\n"
	      "  -j, --json           one JSON document, for scripts\n"
	      "  -h, --help           this help\n"
	      "  -V, --version        the version\n"
	      "Commands:\n", out);
	for (const struct cli_command *c = cli_commands; c->name != NULL; c++)
		fprintf(out, "  %s%s%s\n      %s\n", c->name, c->arguments[0] != '\0' ? " " : "", c->arguments, c->help);
	fputs("Exit status: 0 done, 1 no, 2 usage, 3 the daemon does not answer, 78 bad configuration. See rblctl(1).\n", out);
}

/* For programs, such as the completion of a shell: a command a line, and behind a tab its arguments. */
static void print_commands(void)
{
	for (const struct cli_command *c = cli_commands; c->name != NULL; c++) {
		printf("%s\t", c->name);
		for (const char *at = c->arguments; *at != '\0'; at++)
			if (*at != '\n' && (*at != ' ' || at[1] != ' '))
				putchar(*at);
		putchar('\n');
	}
}

/* What was printed has arrived? */
static int end_output(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return cli_fail(CLI_NO, "the output could not be written");
	return status;
}

/* Exits where nothing is left to do. */
static struct cli read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' }, { "socket", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },         { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },      { "commands", no_argument, NULL, OPTION_COMMANDS },
		{ NULL, 0, NULL, 0 },
	};
	const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
	struct cli cli = { .config = CONFIG_FILE };
	int option;

	cli.colour = isatty(STDOUT_FILENO) && (no_colour == NULL || no_colour[0] == '\0') &&
		     (terminal == NULL || strcmp(terminal, "dumb") != 0);
	while ((option = getopt_long(argc, argv, "+c:s:jhV", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			cli.config = optarg;
			cli.config_named = true;
			break;
		case 's':
			cli.socket = optarg;
			break;
		case 'j':
			cli.json = true;
			break;
		case 'h':
			print_help(stdout);
			exit(end_output(CLI_OK));
		case OPTION_COMMANDS:
			print_commands();
			exit(end_output(CLI_OK));
		case 'V':
			printf("rblctl %s\n", PACKAGE_VERSION);
			exit(end_output(CLI_OK));
		default:
			print_help(stderr);
			exit(CLI_USAGE);
		}
	}
	return cli;
}

/* The command that these words begin with; *n_words is how many they are. NULL: there is none. */
static const struct cli_command *find(int argc, char **argv, int *n_words)
{
	for (const struct cli_command *c = cli_commands; c->name != NULL; c++) {
		const char *blank = strchr(c->name, ' ');
		size_t first = blank != NULL ? (size_t)(blank - c->name) : strlen(c->name);

		*n_words = blank != NULL ? 2 : 1;
		if (argc >= *n_words && strlen(argv[0]) == first && strncmp(argv[0], c->name, first) == 0 &&
		    (blank == NULL || strcmp(argv[1], blank + 1) == 0))
			return c;
	}
	return NULL;
}

/* Of half a command its whole ones, of a slip the nearest one. */
static int no_command(const char *word)
{
	struct nearest nearest = nearest_to(word);
	size_t n = strlen(word);
	bool half = false;

	for (const struct cli_command *c = cli_commands; c->name != NULL; c++) {
		nearest_offer(&nearest, c->name);
		if (strncmp(c->name, word, n) != 0 || c->name[n] != ' ')
			continue;
		half = true;
		print_usage(c);
	}
	if (half)
		return CLI_USAGE;
	if (nearest.best != NULL)
		return cli_fail(CLI_USAGE, "there is no command \"%s\": did you mean \"%s\"?", word, nearest.best);
	return cli_fail(CLI_USAGE, "there is no command \"%s\": see rblctl --help", word);
}

int main(int argc, char **argv)
{
	struct cli cli = read_options(argc, argv);
	const struct cli_command *command;
	int n_words;

	argc -= optind;
	argv += optind;
	if (argc == 0) {
		print_help(stderr);
		return CLI_USAGE;
	}
	command = find(argc, argv, &n_words);
	if (command == NULL)
		return no_command(argv[0]);
	argc -= n_words - 1;
	argv += n_words - 1;
	optind = 0;                        /* getopt() begins anew on the command's own words */
	return end_output(command->run(&cli, argc, argv));
}
