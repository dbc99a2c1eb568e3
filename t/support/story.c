/* Reads a story line by line, plays its steps, and prints TAP. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "t/support/story.h"

#include "t/support/storyexpect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SESSIONS_MAX 16
#define NAME_BYTES 64
#define EXPANDED_BYTES 65536

/* clang-format off */
const char story_help[] =
	"story, one line a statement, # begins a comment, ${name} is what -D defines:\n"
	"  [smtp] STEP | STEP | ...           what the MTA shows the milter; blanks around each |\n"
	"  expect [no] ...                    one TAP line\n"
	"  zone ...                           passed over (it is for faultydns); so are lines that -I names\n"
	"  WORD ...                           everything else: -H HOOK is run as HOOK WORD ..., exit 0 is ok; one TAP line;\n"
	"                                     the whole line is in its STORY_LINE\n"
	"steps:\n"
	"  connect ADDRESS [name HOST] [port N]    also: connect local (no address), unix [PATH], postfix-local, unavailable\n"
	"  helo NAME | mail ADDRESS [ARGS] | rcpt ADDRESS [ARGS] | data | header NAME: VALUE | body TEXT | eom | unknown LINE\n"
	"                                     an address gets its <>; \"mail bare ADDRESS\" sends it without; \"mail <>\"\n"
	"                                     in header and body: \\n \\t \\r \\| \\\\ \\xHH; a body line ends in CRLF by itself\n"
	"  message FILE                       header fields and body of a file (beside the story)\n"
	"  auth USER [TYPE] | macro NAME [VALUE] | macros STAGE NAME ...   (the MTA's own list for a stage)\n"
	"  rset | quit | quitnc | close (no QUIT) | reconnect | sleep TIME | raw HEX | wait TIME (limit of a reply)\n"
	"  mta postfix|sendmail | offer VERSION ACTIONS STEPS (hexadecimal) | socket SPEC\n"
	"  session NAME                       another SMTP session beside; start STEP: its answer is waited for later\n"
	"expectations (STAGE: connect helo mail rcpt data header eoh body eom unknown; the last reply there):\n"
	"  STAGE continue|accept|ok|reject|tempfail|discard|skip|shutdown|connfail|none|unsaid|closed|timeout\n"
	"  STAGE 550 5.7.1 \"text within\" not \"text\" [within TIME] [after TIME]    what the SMTP client sees\n"
	"  add NAME [#N] [is] \"text\"... | insert INDEX NAME ... | change NAME INDEX \"text\" (\"\" deletes)\n"
	"  edits N | no edits | quarantine \"text\" | addrcpt A | delrcpt A | from A | replbody \"text\"\n"
	"  within TIME | after TIME | steps NOBODY NR_HDR ... | asked STAGE {macro} ... | alive\n"
	"A reply that no milter may send (a text of another class than its code, an edit before the end, a bare % ...), and a\n"
	"milter that goes away or stays silent without being expected to, are \"not ok\" by themselves.\n";
/* clang-format on */

struct session {
	char name[NAME_BYTES];
	struct mtasession mta;
};

struct story {
	const char *path;
	const struct story_options *options;
	struct session *sessions[SESSIONS_MAX];
	size_t session_count;
	struct mtasession *now; /* the session that the lines are about */
	unsigned line, failed;
	unsigned *number;
	bool loss; /* the milter went away, and nobody has expected it yet */
};

/* TAP */

static bool report(struct story *story, bool ok, const char *what, const char *why)
{
	printf("%sok %u - %s:%u: %s\n", ok ? "" : "not ", ++*story->number, story->path, story->line, what);
	if (ok)
		return true;
	if (why[0] != '\0')
		printf("# %s\n", why);
	storyexpect_describe(story->now, stdout);
	story->failed++;
	return false;
}

/* What the milter did by itself since the last look. */
static void report_trouble(struct story *story)
{
	struct mtasession *mta = story->now;
	if (story->loss) {
		story->loss = false;
		report(story, false, "the milter is there", mta->reason);
	}
	if (mta->trouble[0] != '\0') {
		report(story, false, "the milter keeps to the protocol", mta->trouble);
		mta->trouble[0] = '\0';
	}
}

/* Steps: each gets what stands behind its word, and returns false when it does not understand it. */

static char *first_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t");
	char *end = word + strcspn(word, " \t");
	*rest = end + strspn(end, " \t");
	*end = '\0';
	return word;
}

static bool step_connect(struct story *story, char *rest)
{
	char *address = first_word(&rest), host[256], family = '4';
	unsigned char octets[16];
	unsigned long port = 40000;
	snprintf(host, sizeof(host), "[%s]", address);
	if (strchr(address, ':') != NULL)
		family = '6';
	if (strcmp(address, "local") == 0) {
		mtasession_connect(story->now, "localhost", 'U', 0, "");
		return true;
	}
	if (strcmp(address, "unix") == 0) {
		mtasession_connect(story->now, "localhost", 'L', 0, *rest != '\0' ? rest : "/run/mta.sock");
		return true;
	}
	if (strcmp(address, "postfix-local") == 0) {
		mtasession_connect(story->now, "localhost", '4', 0, "127.0.0.1");
		return true;
	}
	if (strcmp(address, "unavailable") == 0) {
		mtasession_connect(story->now, "unknown", '4', 0, "unknown");
		return true;
	}
	if (inet_pton(family == '6' ? AF_INET6 : AF_INET, address, octets) != 1)
		return false;
	while (*rest != '\0') {
		const char *key = first_word(&rest), *value = first_word(&rest);
		if (strcmp(key, "name") == 0)
			snprintf(host, sizeof(host), "%s", value);
		else if (strcmp(key, "port") == 0)
			port = strtoul(value, NULL, 10);
		else
			return false;
	}
	mtasession_connect(story->now, host, family, (uint16_t)port, address);
	return true;
}

static bool step_helo(struct story *story, char *rest)
{
	mtasession_helo(story->now, rest);
	return true;
}

static void envelope(struct story *story, char *rest, void (*say)(struct mtasession *, const char *, const char *))
{
	char bracketed[1100];
	char *address = first_word(&rest);
	bool bare = strcmp(address, "bare") == 0;
	if (bare)
		address = first_word(&rest);
	bool as_it_is = bare || address[0] == '<';
	snprintf(bracketed, sizeof(bracketed), as_it_is ? "%s" : "<%s>", address);
	say(story->now, bracketed, rest);
}

static bool step_mail(struct story *story, char *rest)
{
	envelope(story, rest, mtasession_mail);
	return true;
}

static bool step_rcpt(struct story *story, char *rest)
{
	envelope(story, rest, mtasession_rcpt);
	return true;
}

static bool step_data(struct story *story, char *rest)
{
	mtasession_data(story->now);
	return *rest == '\0';
}

static bool step_header(struct story *story, char *rest)
{
	char *colon = strchr(rest, ':');
	if (colon == NULL)
		return false;
	*colon = '\0';
	storyline_unescape(colon + 1);
	mtasession_header(story->now, rest, colon + 1);
	return true;
}

static bool step_body(struct story *story, char *rest)
{
	storyline_unescape(rest);
	size_t len = strlen(rest);
	char *line = malloc(len + 3);
	if (line == NULL)
		return false;
	memcpy(line, rest, len);
	memcpy(line + len, "\r\n", 3);
	mtasession_body(story->now, line, len + 2);
	free(line);
	return true;
}

static bool step_eom(struct story *story, char *rest)
{
	mtasession_eom(story->now);
	return *rest == '\0';
}

static bool step_unknown(struct story *story, char *rest)
{
	mtasession_unknown(story->now, rest);
	return true;
}

/* Hands over the header field that was gathered, "Name: value" with its folded lines, and empties the buffer. */
static void say_field(struct story *story, struct milter_buffer *field)
{
	milterproto_put(field, "", 1);
	char *text = (char *)field->data, *colon = strchr(text, ':');
	if (colon != NULL) {
		*colon = '\0';
		mtasession_header(story->now, text, colon + 1);
	}
	field->len = 0;
}

static void say_message(struct story *story, FILE *file)
{
	struct milter_buffer field = {0}, body = {0};
	char *line = NULL;
	size_t room = 0;
	bool in_body = false;
	for (ssize_t got; (got = getline(&line, &room, file)) > 0;) {
		size_t len = strcspn(line, "\r\n");
		if (in_body) {
			milterproto_put(&body, line, len);
			milterproto_put(&body, "\r\n", 2);
			continue;
		}
		if (line[0] == ' ' || line[0] == '\t')
			milterproto_put(&field, "\n", 1);
		else
			say_field(story, &field);
		milterproto_put(&field, line, len);
		in_body = len == 0;
	}
	say_field(story, &field);
	if (body.len > 0)
		mtasession_body(story->now, (const char *)body.data, body.len);
	free(field.data);
	free(body.data);
	free(line);
}

static bool step_message(struct story *story, char *rest)
{
	char path[4096];
	const char *slash = strrchr(story->path, '/');
	int folder = slash != NULL && rest[0] != '/' ? (int)(slash - story->path) + 1 : 0;
	snprintf(path, sizeof(path), "%.*s%s", folder, story->path, rest);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return false;
	say_message(story, file);
	fclose(file);
	return true;
}

static bool step_auth(struct story *story, char *rest)
{
	const char *user = first_word(&rest);
	mtasession_macro(story->now, "auth_authen", user);
	mtasession_macro(story->now, "auth_type", *rest != '\0' ? rest : "PLAIN");
	return *user != '\0';
}

static bool step_macro(struct story *story, char *rest)
{
	const char *name = first_word(&rest);
	mtasession_macro(story->now, name, *rest != '\0' ? rest : NULL);
	return *name != '\0';
}

static bool step_macros(struct story *story, char *rest)
{
	enum mta_stage stage = storyline_stage(first_word(&rest));
	if (stage == MTA_STAGES)
		return false;
	mtasession_list(story->now, stage, rest);
	return true;
}

static bool step_rset(struct story *story, char *rest)
{
	mtasession_abort(story->now);
	return *rest == '\0';
}

static bool step_quit(struct story *story, char *rest)
{
	mtasession_quit(story->now, false);
	return *rest == '\0';
}

static bool step_quitnc(struct story *story, char *rest)
{
	mtasession_quit(story->now, true);
	return *rest == '\0';
}

static bool step_close(struct story *story, char *rest)
{
	mtasession_close(story->now);
	return *rest == '\0';
}

static bool step_reconnect(struct story *story, char *rest)
{
	mtasession_quit(story->now, false);
	story->loss = !mtasession_open(story->now);
	return *rest == '\0';
}

static bool step_sleep(struct story *story, char *rest)
{
	unsigned ms;
	(void)story;
	if (!storyline_time_ms(rest, &ms))
		return false;
	const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
	nanosleep(&pause, NULL);
	return true;
}

static bool step_wait(struct story *story, char *rest)
{
	unsigned ms;
	if (!storyline_time_ms(rest, &ms))
		return false;
	story->now->wait_ms = (int)ms;
	return true;
}

static bool step_raw(struct story *story, char *rest)
{
	size_t len = strlen(rest);
	if (len % 2 != 0 || strspn(rest, "0123456789abcdefABCDEF") != len)
		return false;
	for (size_t i = 0; i < len / 2; i++)
		rest[i] = storyline_hex(rest + 2 * i);
	mtasession_raw(story->now, rest, len / 2);
	return true;
}

static bool step_mta(struct story *story, char *rest)
{
	bool sendmail = strcmp(rest, "sendmail") == 0;
	story->now->style = sendmail ? MTA_SENDMAIL : MTA_POSTFIX;
	return sendmail || strcmp(rest, "postfix") == 0;
}

static bool step_offer(struct story *story, char *rest)
{
	unsigned version, actions, steps;
	if (sscanf(rest, "%u %x %x", &version, &actions, &steps) != 3)
		return false;
	story->now->offer_version = version;
	story->now->offer_actions = actions;
	story->now->offer_steps = steps;
	return true;
}

static bool step_socket(struct story *story, char *rest)
{
	free(story->now->spec);
	story->now->spec = strdup(rest);
	return *rest != '\0';
}

static bool step_session(struct story *story, char *name)
{
	const struct story_options *options = story->options;
	for (size_t i = 0; i < story->session_count; i++)
		if (strcmp(story->sessions[i]->name, name) == 0) {
			story->now = &story->sessions[i]->mta;
			return true;
		}
	struct session *session = calloc(1, sizeof(*session));
	if (session == NULL || story->session_count == SESSIONS_MAX || strlen(name) >= NAME_BYTES) {
		free(session);
		return false;
	}
	strcpy(session->name, name);
	mtasession_init(&session->mta, options->socket != NULL ? options->socket : "");
	session->mta.style = options->sendmail ? MTA_SENDMAIL : MTA_POSTFIX;
	if (options->wait_ms > 0)
		session->mta.wait_ms = options->wait_ms;
	story->sessions[story->session_count++] = session;
	story->now = &session->mta;
	return true;
}

static bool step_start(struct story *story, char *rest);

/* clang-format off */
static const struct {
	const char *name;
	bool (*run)(struct story *, char *rest);
} steps[] = {
	{ "connect", step_connect }, { "helo", step_helo },       { "mail", step_mail },       { "rcpt", step_rcpt },
	{ "data", step_data },       { "header", step_header },   { "body", step_body },       { "eom", step_eom },
	{ "unknown", step_unknown }, { "message", step_message }, { "auth", step_auth },       { "macro", step_macro },
	{ "macros", step_macros },   { "rset", step_rset },       { "quit", step_quit },       { "quitnc", step_quitnc },
	{ "close", step_close },     { "reconnect", step_reconnect }, { "sleep", step_sleep }, { "wait", step_wait },
	{ "raw", step_raw },         { "mta", step_mta },         { "offer", step_offer },     { "socket", step_socket },
	{ "session", step_session }, { "start", step_start },
};
/* clang-format on */
#define STEPS (sizeof(steps) / sizeof(steps[0]))

static size_t find_step(const char *text)
{
	size_t len = strcspn(text, " \t"), i = 0;
	while (i < STEPS && (strlen(steps[i].name) != len || memcmp(steps[i].name, text, len) != 0))
		i++;
	return i;
}

static bool run_step(struct story *story, char *text)
{
	size_t i = find_step(text);
	first_word(&text);
	return i < STEPS && steps[i].run(story, text);
}

static bool step_start(struct story *story, char *rest)
{
	story->now->later = true;
	bool good = run_step(story, rest);
	story->now->later = false;
	return good;
}

static bool gone(const struct mtasession *mta)
{
	return mta->outcome[mta->last].reply == REPLY_CLOSED || mta->outcome[mta->last].reply == REPLY_TIMEOUT;
}

/* The steps of one line. */
static void run_steps(struct story *story, char *text)
{
	while (text != NULL) {
		char *bar = strstr(text, " | ");
		char before[200];
		if (bar != NULL)
			*bar = '\0';
		text += strspn(text, " \t");
		snprintf(before, sizeof(before), "%.150s", text);
		report_trouble(story);
		bool was_gone = gone(story->now);
		if (!run_step(story, text))
			report(story, false, before, "this step is not understood");
		story->loss = story->loss || (!was_gone && gone(story->now));
		text = bar != NULL ? bar + 3 : NULL;
	}
}

/* Other lines */

static void run_expect(struct story *story, char *text, const char *whole)
{
	struct words words;
	char why[STORYEXPECT_WHY_BYTES];
	mtasession_collect(story->now);
	if (!storyline_split(text, &words)) {
		report(story, false, whole, "a quoted text without its end, or too many words");
		return;
	}
	if (storyexpect_wants_loss(&words))
		story->loss = false;
	report(story, storyexpect_holds(story->now, &words, why), whole, why);
	report_trouble(story);
}

/* Runs the hook with standard output turned to standard error, since ours is TAP. */
static int run_hook(const char *hook, const char *line, const struct words *words)
{
	char *argv[STORYLINE_WORDS_MAX + 2] = {strdup(hook)};
	for (size_t i = 0; i < words->count; i++)
		argv[i + 1] = words->word[i].text;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		setenv("STORY_LINE", line, 1);
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execvp(hook, argv);
		fprintf(stderr, "miltertalk: %s: %s\n", hook, strerror(errno));
		_exit(127);
	}
	free(argv[0]);
	int status = -1;
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return -1;
	return status;
}

static void run_other(struct story *story, char *text, const char *whole)
{
	struct words words;
	char why[64], *line = strdup(text);
	mtasession_collect(story->now);
	if (story->options->hook == NULL) {
		report(story, false, whole, "there is no such word, and no hook (-H) to ask");
	} else if (!storyline_split(text, &words)) {
		report(story, false, whole, "a quoted text without its end, or too many words");
	} else {
		int status = run_hook(story->options->hook, line, &words);
		snprintf(why, sizeof(why), "the hook ended with status %d",
			 WIFEXITED(status) ? WEXITSTATUS(status) : -1);
		report(story, status == 0, whole, why);
	}
	free(line);
}

/* Puts in what -D defines. False: something is not defined; its name is in `out`. */
static bool expand(const struct story_options *options, const char *text, char out[EXPANDED_BYTES])
{
	size_t used = 0;
	while (*text != '\0' && used + 1 < EXPANDED_BYTES) {
		size_t len = strncmp(text, "${", 2) == 0 ? strcspn(text + 2, "}") : 0;
		if (len == 0 || text[2 + len] == '\0') {
			out[used++] = *text++;
			continue;
		}
		const char *value = NULL;
		for (int i = 0; i < options->define_count; i++)
			if (strncmp(options->defines[i], text + 2, len) == 0 && options->defines[i][len] == '=')
				value = options->defines[i] + len + 1;
		if (value == NULL) {
			snprintf(out, EXPANDED_BYTES, "${%.*s} is not defined", (int)len, text + 2);
			return false;
		}
		int put = snprintf(out + used, EXPANDED_BYTES - used, "%s", value);
		used = used + (size_t)put < EXPANDED_BYTES ? used + (size_t)put : EXPANDED_BYTES - 1;
		text += len + 3;
	}
	out[used] = '\0';
	return true;
}

static bool starts(const char *text, const char *word)
{
	size_t len = strlen(word);
	return strncmp(text, word, len) == 0 && (text[len] == ' ' || text[len] == '\t' || text[len] == '\0');
}

static bool ignored(const struct story_options *options, const char *text)
{
	for (int i = 0; i < options->ignored_count; i++)
		if (starts(text, options->ignored[i]))
			return true;
	return starts(text, "zone");
}

static void run_line(struct story *story, char *raw)
{
	static char text[EXPANDED_BYTES];
	char whole[400];
	raw += strspn(raw, " \t");
	raw[strcspn(raw, "\r\n")] = '\0';
	if (*raw == '\0' || *raw == '#' || ignored(story->options, raw))
		return;
	bool expanded = expand(story->options, raw, text);
	for (size_t len = strlen(text); expanded && len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t');)
		text[--len] = '\0';
	snprintf(whole, sizeof(whole), "%.300s", raw);
	if (!expanded)
		report(story, false, whole, text);
	else if (starts(text, "smtp"))
		run_steps(story, text + 4);
	else if (starts(text, "expect"))
		run_expect(story, text + 6, whole);
	else if (find_step(text) < STEPS)
		run_steps(story, text);
	else
		run_other(story, text, whole);
}

unsigned story_run(const char *path, const struct story_options *options, unsigned *number)
{
	struct story story = {.path = path, .options = options, .number = number};
	char main_name[] = "main", *line = NULL;
	size_t room = 0;
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	step_session(&story, main_name);
	if (file == NULL) {
		report(&story, false, "the story can be read", strerror(errno));
	} else {
		while (getline(&line, &room, file) > 0) {
			story.line++;
			run_line(&story, line);
		}
		report_trouble(&story);
		if (file != stdin)
			fclose(file);
	}
	free(line);
	for (size_t i = 0; i < story.session_count; i++) {
		story.now = &story.sessions[i]->mta;
		mtasession_quit(story.now, false);
		report_trouble(&story);
		mtasession_clear(&story.sessions[i]->mta);
		free(story.sessions[i]);
	}
	fflush(stdout);
	return story.failed;
}
