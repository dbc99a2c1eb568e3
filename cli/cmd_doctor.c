/* cmd_doctor: is this set-up sound? */
#include "cli/doctor.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/ctlclient.h"
#include "cli/output.h"
#include "common/log.h"
#include "config/config.h"

enum { FOUND_BYTES = 512 };

/* --- findings ----------------------------------------------------------------------------------------------------- */

static void print_finding(struct doctor *doctor, enum doctor_state state, const char *check, const char *advice, const char *found)
{
	static const char *const words[] = { [DOCTOR_GOOD] = "ok", [DOCTOR_BAD] = "not ok", [DOCTOR_UNKNOWN] = "unknown" };
	static const enum output_colour colours[] = { [DOCTOR_GOOD] = OUTPUT_GOOD, [DOCTOR_BAD] = OUTPUT_BAD,
						      [DOCTOR_UNKNOWN] = OUTPUT_WARN };

	fputs(output_on(doctor->cli, colours[state]), stdout);
	output_field(words[state], "%s: %s", check, found);
	fputs(output_off(doctor->cli, colours[state]), stdout);
	if (advice[0] != '\0')
		output_field("", "-> %s", advice);
	fflush(stdout);                        /* the DNS may take some seconds */
}

void doctor_tell(struct doctor *doctor, enum doctor_state state, const char *check, const char *advice, const char *format, ...)
{
	char found[FOUND_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(found, sizeof found, format, args);
	va_end(args);
	doctor->sick |= state == DOCTOR_BAD;
	if (doctor->cli->json)
		json_array_append_new(doctor->findings, json_pack("{s:s, s:o, s:s, s:s}", "check", check, "ok",
			state == DOCTOR_UNKNOWN ? json_null() : json_boolean(state == DOCTOR_GOOD), "found", found, "advice", advice));
	else
		print_finding(doctor, state, check, advice, found);
}

/* --- the configuration -------------------------------------------------------------------------------------------- */

static void tell_fault(struct doctor *doctor, const struct fault *fault)
{
	char line[FAULT_LINE_BYTES];
	struct text text = text_over(line, sizeof line);

	fault_format(fault, &text);
	doctor_tell(doctor, DOCTOR_BAD, "configuration",
		    fault->level == FAULT_ERROR ? "correct the file: the daemon does not start with it, nor take it at a reload" :
						  "correct the file, or leave out what has no effect", "%s", line);
}

static void load(struct doctor *doctor)
{
	struct faults faults;

	if (access(doctor->cli->config, R_OK) != 0 && errno == EACCES) {
		doctor_tell(doctor, DOCTOR_UNKNOWN, "configuration", "run this as root", "could not look: %s: %s", doctor->cli->config,
			    strerror(errno));
		return;
	}
	faults_init(&faults);
	doctor->rules = config_load(doctor->cli->config, &faults);
	for (size_t i = 0; i < faults.n; i++)
		tell_fault(doctor, &faults.item[i]);
	if (faults.n == 0)
		doctor_tell(doctor, DOCTOR_GOOD, "configuration", "", "%s has no faults", doctor->cli->config);
	faults_clear(&faults);
}

/* --- the daemon --------------------------------------------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

/* When the file was last written; 0: not known. */
static time_t changed_at(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mtime : 0;
}

static bool same_file(const char *a, const char *b)
{
	struct stat one, other;

	return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static void tell_of_reload(struct doctor *doctor, const json_t *configuration)
{
	static const char check[] = "daemon's configuration";
	const char *file = text_of(configuration, "file"), *loaded = text_of(configuration, "loaded");
	struct tm tm = { 0 };

	if (!same_file(file, doctor->cli->config))
		doctor_tell(doctor, DOCTOR_BAD, check, "name its file with -c, or another daemon's control socket with -s",
			    "the daemon runs under %s, not under %s", file, doctor->cli->config);
	else if (!json_is_true(json_object_get(configuration, "taken")))
		doctor_tell(doctor, DOCTOR_BAD, check, "correct the file, then rblctl reload",
			    "the last reload was not taken: the daemon runs under what it loaded at %s", loaded);
	else if (strptime(loaded, "%Y-%m-%dT%H:%M:%SZ", &tm) != NULL && changed_at(file) > timegm(&tm))
		doctor_tell(doctor, DOCTOR_BAD, check, "rblctl reload", "the file has changed since the daemon loaded it at %s", loaded);
	else
		doctor_tell(doctor, DOCTOR_GOOD, check, "", "loaded at %s, and the file has not changed since", loaded);
}

static void tell_of_silence(struct doctor *doctor, const struct ctl_end *end)
{
	char buf[200];
	struct errmsg why;
	const char *path = ctlclient_socket(doctor->cli, buf, sizeof buf, &why);

	if (path == NULL)
		doctor_tell(doctor, DOCTOR_UNKNOWN, "daemon", "name its control socket with -s", "could not look: %s", end->error.text);
	else if (!end->reached && access(path, W_OK) != 0 && errno == EACCES)
		doctor_tell(doctor, DOCTOR_UNKNOWN, "daemon", "run this as root, or as a member of the group in control.group",
			    "could not look: %s does not let us in", path);
	else
		doctor_tell(doctor, DOCTOR_BAD, "daemon", "start it (systemctl start rbl-milter), or name its control socket with -s",
			    "%s", end->error.text);
}

void doctor_daemon(struct doctor *doctor)
{
	struct ctl_request request = { .args = json_pack("{s:s}", "command", "status") };
	struct ctl_end end;

	ctlclient_ask(doctor->cli, &request, &end);
	doctor->running = end.status == CLI_OK && end.result != NULL;
	if (doctor->running) {
		doctor->pid = (pid_t)json_integer_value(json_object_get(end.result, "pid"));
		snprintf(doctor->socket, sizeof doctor->socket, "%s", text_of(end.result, "socket"));
		doctor_tell(doctor, DOCTOR_GOOD, "daemon", "", "version %s answers, process %d, started at %s",
			    text_of(end.result, "version"), (int)doctor->pid, text_of(end.result, "started"));
		tell_of_reload(doctor, json_object_get(end.result, "configuration"));
	} else {
		tell_of_silence(doctor, &end);
	}
	json_decref(end.result);
}

/* --- the command -------------------------------------------------------------------------------------------------- */

int cmd_doctor(struct cli *cli, int argc, char **argv)
{
	const struct log_settings quiet = { .target = LOG_TARGET_STDERR, .level = LOG_LEVEL_ERROR };
	struct doctor doctor = { .cli = cli };

	if (!cli_arguments("doctor", argc, argv, 0, 0))
		return CLI_USAGE;
	log_configure(&quiet, true);           /* what a list does wrong is a finding */
	doctor.findings = json_array();
	load(&doctor);
	doctor_daemon(&doctor);
	doctor_host(&doctor);
	doctor_dns(&doctor);
	if (cli->json)
		output_json(doctor.findings);
	json_decref(doctor.findings);
	ruleset_unref(&doctor.rules);
	return doctor.sick ? CLI_NO : CLI_OK;
}
