/* One run of rblctl: its options, and what every command shares. One thread. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/errmsg.h"

/* Exit statuses, beside those of request.h. */
enum { CLI_OK = 0, CLI_NO = 1, CLI_USAGE = 2, CLI_NO_DAEMON = 3, CLI_FAULTY = 78 };

struct cli {
	const char *config;          /* the configuration's path */
	bool config_named;           /* on the command line */
	const char *socket;          /* of the daemon; NULL: the configuration says */
	bool json;                   /* one JSON document, for scripts */
	bool colour;                 /* standard output is a terminal that wants it */
};

/* argv[0] is the last word of the command, getopt() has not been used on it. Returns the exit status. */
typedef int cli_run_fn(struct cli *cli, int argc, char **argv);

struct cli_command {
	const char *name;            /* one word or two: "status", "cache list" */
	const char *arguments;       /* for the help; "" for none */
	const char *help;            /* a sentence without its stop */
	cli_run_fn *run;
};
/* All of them; the last one has no name. */
extern const struct cli_command cli_commands[];

/* A complaint on standard error, led by the program's name. Returns `status`. */
int cli_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Complains and tells how the command is used. Returns CLI_USAGE. */
int cli_usage(const char *command);
/* For commands without options and with `min` to `max` arguments (SIZE_MAX: any number). False: cli_usage() was called. */
bool cli_arguments(const char *command, int argc, char **argv, size_t min, size_t max);

cli_run_fn cmd_status, cmd_reload;
cli_run_fn cmd_config_check, cmd_config_show;
cli_run_fn cmd_check, cmd_explain, cmd_doctor;
cli_run_fn cmd_lists, cmd_list_disable, cmd_list_enable;
cli_run_fn cmd_cache_list, cmd_cache_add, cmd_cache_remove, cmd_cache_clear, cmd_cache_stats;
cli_run_fn cmd_screen_list, cmd_screen_add, cmd_screen_remove, cmd_screen_clear, cmd_recent_add, cmd_recent_list;

#endif
