/* cmd_daemon: status and reload. */
#include "cli/ask.h"

#include <stdio.h>

#include "common/text.h"

enum { MS_BYTES = 32 };

static void print_configuration(const json_t *configuration)
{
	const json_t *fault;
	size_t i;

	output_field("configuration", "%s, in force since %s", output_text_of(configuration, "file"),
		     output_text_of(configuration, "loaded"));
	if (json_is_string(json_object_get(configuration, "tried")))
		output_field("last reload", "%s by %s, %s", output_text_of(configuration, "tried"),
			     output_text_of(configuration, "by"),
			     json_is_true(json_object_get(configuration, "taken")) ? "taken" : "not taken: the file has faults");
	json_array_foreach(json_object_get(configuration, "faults"), i, fault)
		output_field(i == 0 ? "faults" : "", "%s", json_string_value(fault));
	if (output_number_of(configuration, "faults_left_out") > 0)
		output_field("", "and %lld more", output_number_of(configuration, "faults_left_out"));
}

static void print_uptime(long long s)
{
	output_field("uptime", "%lld d %02lld:%02lld:%02lld", s / 86400, s / 3600 % 24, s / 60 % 60, s % 60);
}

static const char *ms_text(const json_t *mail, const char *key, char buf[MS_BYTES])
{
	const json_t *ms = json_object_get(mail, key);

	if (!json_is_number(ms))
		return "-";
	snprintf(buf, MS_BYTES, "%.1f ms", json_number_value(ms));
	return buf;
}

/* Verdicts that were never given would only hide the others. */
static void print_mail(const json_t *status)
{
	const json_t *mail = json_object_get(status, "mail"), *count;
	char verdicts[200], p50[MS_BYTES], p99[MS_BYTES];
	struct text text = text_over(verdicts, sizeof verdicts);
	const char *word;

	json_object_foreach(json_object_get(status, "messages"), word, count)
		if (json_integer_value(count) > 0)
			text_add(&text, ", %lld %s", (long long)json_integer_value(count), word);
	output_field("messages", "%lld%s", output_number_of(mail, "messages"), verdicts);
	output_field("refused", "%lld blocked, %lld screened, %lld in all at RCPT, %lld recipients",
		     output_number_of(mail, "blocked"), output_number_of(mail, "screened"), output_number_of(mail, "refused_at_rcpt"),
		     output_number_of(mail, "refused_recipients"));
	output_field("waiting time", "%s p50, %s p99", ms_text(mail, "wait_p50_ms", p50), ms_text(mail, "wait_p99_ms", p99));
}

static void print_status(const json_t *status)
{
	const json_t *lookups = json_object_get(status, "lookups"), *cache = json_object_get(status, "cache");

	output_field("rbl-milter", "%s, process %lld, on %s", output_text_of(status, "version"), output_number_of(status, "pid"),
		     output_text_of(status, "socket"));
	print_uptime(output_number_of(status, "uptime"));
	print_configuration(json_object_get(status, "configuration"));
	output_field("lists", "%lld", output_number_of(status, "lists"));
	output_field("sessions", "%lld of %lld, %lld messages in progress%s", output_number_of(status, "sessions"),
		     output_number_of(json_object_get(status, "mail"), "sessions"), output_number_of(status, "in_progress"),
		     json_is_true(json_object_get(status, "stopping")) ? ", stopping" : "");
	print_mail(status);
	output_field("lookups", "%lld asked, %lld from the cache, %lld joined, %lld in flight, %lld beyond the limit",
		     output_number_of(lookups, "asked"), output_number_of(lookups, "cached"), output_number_of(lookups, "joined"),
		     output_number_of(lookups, "in_flight"), output_number_of(lookups, "overload"));
	output_field("cache", "%lld answers, %lld added by hand", output_number_of(cache, "entries"),
		     output_number_of(cache, "manual"));
}

static const struct ask_form no_words = { .argument = NULL };

int cmd_status(struct cli *cli, int argc, char **argv)
{
	return ask_show(cli, ask_read("status", argc, argv, &no_words), print_status);
}

int cmd_reload(struct cli *cli, int argc, char **argv)
{
	return ask_show(cli, ask_read("reload", argc, argv, &no_words), print_configuration);
}
