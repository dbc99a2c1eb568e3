/* cmd_daemon: status and reload. */
#include "cli/cli.h"

#include <stdio.h>

#include "cli/ctlclient.h"
#include "cli/output.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "-";
}

static long long number_of(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static void print_configuration(const json_t *configuration)
{
	const json_t *fault;
	size_t i;

	output_field("configuration", "%s, in force since %s", text_of(configuration, "file"), text_of(configuration, "loaded"));
	if (json_is_string(json_object_get(configuration, "tried")))
		output_field("last reload", "%s by %s, %s", text_of(configuration, "tried"), text_of(configuration, "by"),
			     json_is_true(json_object_get(configuration, "taken")) ? "taken" : "not taken: the file has faults");
	json_array_foreach(json_object_get(configuration, "faults"), i, fault)
		output_field(i == 0 ? "faults" : "", "%s", json_string_value(fault));
}

static void print_uptime(long long s)
{
	output_field("uptime", "%lld d %02lld:%02lld:%02lld", s / 86400, s / 3600 % 24, s / 60 % 60, s % 60);
}

static void print_status(const json_t *status)
{
	const json_t *lookups = json_object_get(status, "lookups"), *cache = json_object_get(status, "cache");

	output_field("rbl-milter", "%s, process %lld, on %s", text_of(status, "version"), number_of(status, "pid"),
		     text_of(status, "socket"));
	print_uptime(number_of(status, "uptime"));
	print_configuration(json_object_get(status, "configuration"));
	output_field("lists", "%lld", number_of(status, "lists"));
	output_field("sessions", "%lld, %lld messages in progress%s", number_of(status, "sessions"), number_of(status, "in_progress"),
		     json_is_true(json_object_get(status, "stopping")) ? ", stopping" : "");
	output_field("lookups", "%lld asked, %lld from the cache, %lld joined, %lld in flight, %lld beyond the limit",
		     number_of(lookups, "asked"), number_of(lookups, "cached"), number_of(lookups, "joined"),
		     number_of(lookups, "in_flight"), number_of(lookups, "overload"));
	output_field("cache", "%lld answers, %lld added by hand", number_of(cache, "entries"), number_of(cache, "manual"));
}

/* Asks for the command's result and prints it. */
static int show(struct cli *cli, const char *command, void (*print)(const json_t *result))
{
	struct ctl_request request = { .args = json_pack("{s:s}", "command", command) };
	struct ctl_end end;

	ctlclient_ask(cli, &request, &end);
	if (end.result != NULL) {
		if (cli->json)
			output_json(end.result);
		else
			print(end.result);
	}
	json_decref(end.result);
	return end.error.text[0] != '\0' ? cli_fail(end.status, "%s", end.error.text) : end.status;
}

int cmd_status(struct cli *cli, int argc, char **argv)
{
	return cli_arguments("status", argc, argv, 0, 0) ? show(cli, "status", print_status) : CLI_USAGE;
}

int cmd_reload(struct cli *cli, int argc, char **argv)
{
	return cli_arguments("reload", argc, argv, 0, 0) ? show(cli, "reload", print_configuration) : CLI_USAGE;
}
