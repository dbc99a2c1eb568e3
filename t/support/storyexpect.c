/* Expectations of a story, one function and one row a kind. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "t/support/storyexpect.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

struct check {
	struct mtasession *session;
	struct words *words;
	char *why;
	bool broken; /* the expectation itself, so that "no" cannot make it good */
};

static bool fails(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fails(struct check *check, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(check->why, STORYEXPECT_WHY_BYTES, format, args);
	va_end(args);
	return false;
}

#define BROKEN(check, ...) ((check)->broken = true, fails((check), __VA_ARGS__))

static bool more(const struct check *check)
{
	return check->words->at < check->words->count;
}

static const struct word *next(struct check *check)
{
	static char nothing[1];
	static const struct word none = {nothing, false};
	return more(check) ? &check->words->word[check->words->at++] : &none;
}

static bool next_is(struct check *check, const char *text)
{
	struct words *words = check->words;
	if (!more(check) || words->word[words->at].quoted || strcmp(words->word[words->at].text, text) != 0)
		return false;
	words->at++;
	return true;
}

/* Replies */

static bool refusal_of(const struct mta_outcome *outcome, char reply, char digit)
{
	return outcome->reply == reply || (outcome->reply == REPLY_CODE && outcome->text[0] == digit);
}

static bool is_kind(const struct mta_outcome *outcome, const char *kind)
{
	static const struct {
		const char *name;
		char reply;
	} plain[] = {{"continue", REPLY_CONTINUE}, {"accept", REPLY_ACCEPT},
		     {"discard", REPLY_DISCARD},   {"skip", REPLY_SKIP},
		     {"shutdown", REPLY_SHUTDOWN}, {"connfail", REPLY_CONN_FAIL},
		     {"closed", REPLY_CLOSED},	   {"timeout", REPLY_TIMEOUT},
		     {"none", MTA_NOTHING},	   {"unsaid", 0}};
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (strcmp(kind, plain[i].name) == 0)
			return outcome->reply == plain[i].reply;
	if (strcmp(kind, "ok") == 0)
		return outcome->reply == REPLY_CONTINUE || outcome->reply == REPLY_ACCEPT ||
		       outcome->reply == REPLY_SKIP;
	if (strcmp(kind, "reject") == 0)
		return refusal_of(outcome, REPLY_REJECT, '5');
	return strcmp(kind, "tempfail") == 0 && refusal_of(outcome, REPLY_TEMPFAIL, '4');
}

static bool known_kind(const char *word)
{
	static const char *const kinds[] = {"continue", "accept", "discard", "skip", "shutdown", "connfail", "closed",
					    "timeout",	"none",	  "unsaid",  "ok",   "reject",	 "tempfail"};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(word, kinds[i]) == 0)
			return true;
	return false;
}

static bool is_code(const char *word)
{
	return strlen(word) == 3 && strspn(word, "0123456789") == 3;
}

static bool is_enhanced(const char *word)
{
	return isdigit((unsigned char)word[0]) && word[1] == '.' && strspn(word, "0123456789.") == strlen(word);
}

static bool check_time(struct check *check, const struct mta_outcome *outcome, bool at_most)
{
	unsigned limit_ms;
	const char *text = next(check)->text;
	double took_ms = outcome->elapsed_us / 1000.0;
	if (!storyline_time_ms(text, &limit_ms))
		return BROKEN(check, "\"%s\" is no time", text);
	if (at_most ? took_ms <= limit_ms : took_ms >= limit_ms)
		return true;
	return fails(check, "it took %.1f ms", took_ms);
}

/* One word about a reply: 550, 5.7.1, "text", not "text", reject, within 2s, after 1s. */
static bool check_reply_word(struct check *check, const struct mta_outcome *outcome)
{
	if (next_is(check, "within"))
		return check_time(check, outcome, true);
	if (next_is(check, "after"))
		return check_time(check, outcome, false);
	bool without = next_is(check, "not");
	const struct word *word = next(check);
	const char *text = outcome->text;
	if (word->quoted) {
		if ((strstr(text, word->text) != NULL) != without)
			return true;
		return fails(check, "the reply is \"%s\"", text);
	}
	if (known_kind(word->text))
		return is_kind(outcome, word->text) || fails(check, "the reply is of another kind");
	if (is_code(word->text))
		return strncmp(text, word->text, 3) == 0 || fails(check, "the reply is \"%s\"", text);
	if (is_enhanced(word->text)) {
		size_t len = strlen(word->text);
		return (strlen(text) > 4 + len && strncmp(text + 4, word->text, len) == 0 && text[4 + len] == ' ') ||
		       fails(check, "the reply is \"%s\"", text);
	}
	return BROKEN(check, "\"%s\" is not understood here", word->text);
}

static bool check_stage(struct check *check, enum mta_stage stage)
{
	const struct mta_outcome *outcome = &check->session->outcome[stage];
	if (!more(check))
		return BROKEN(check, "what is expected of it?");
	while (more(check))
		if (!check_reply_word(check, outcome))
			return false;
	return true;
}

/* Edits */

static bool same_address(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b);
	if (a_len > 1 && a[0] == '<' && a[a_len - 1] == '>') {
		a++;
		a_len -= 2;
	}
	if (b_len > 1 && b[0] == '<' && b[b_len - 1] == '>') {
		b++;
		b_len -= 2;
	}
	return a_len == b_len && memcmp(a, b, a_len) == 0;
}

/* A header's edits: [INDEX] NAME [INDEX] [#N] [is] "text"... */
struct wanted {
	char kind;
	const char *name;
	long index, nth; /* -1: any */
	bool exact;
	size_t texts; /* words of the line where the texts begin */
};

static bool edit_fits(const struct wanted *wanted, const struct mta_edit *edit, const struct words *words)
{
	if (edit->kind != wanted->kind || strcasecmp(edit->name, wanted->name) != 0)
		return false;
	if (wanted->index >= 0 && edit->index != (uint32_t)wanted->index)
		return false;
	for (size_t i = wanted->texts; i < words->count; i++) {
		const char *text = words->word[i].text, *value = edit->value;
		value += strspn(value, " ");
		bool exact = wanted->exact || text[0] == '\0';
		if (exact ? strcmp(value, text) != 0 : strstr(value, text) == NULL)
			return false;
	}
	return true;
}

static bool find_edit(struct check *check, const struct wanted *wanted)
{
	long nth = 0;
	for (size_t i = 0; i < check->session->edit_count; i++) {
		const struct mta_edit *edit = &check->session->edits[i];
		if (edit->kind == wanted->kind && strcasecmp(edit->name, wanted->name) == 0)
			nth++;
		if (edit_fits(wanted, edit, check->words) && (wanted->nth < 0 || wanted->nth == nth))
			return true;
	}
	return fails(check, "no such edit");
}

static bool take_index(struct check *check, long *index)
{
	char *end;
	const char *text = next(check)->text;
	*index = strtol(text, &end, 10);
	if (strcmp(text, "*") == 0)
		*index = -1;
	else if (end == text || *end != '\0')
		return BROKEN(check, "\"%s\" is no index", text);
	return true;
}

static bool check_edit(struct check *check, char kind)
{
	struct wanted wanted = {.kind = kind, .index = -1, .nth = -1};
	if (kind == REPLY_INSERT_HEADER && !take_index(check, &wanted.index))
		return false;
	wanted.name = next(check)->text;
	if (kind == REPLY_CHANGE_HEADER && !take_index(check, &wanted.index))
		return false;
	if (more(check) && !check->words->word[check->words->at].quoted &&
	    check->words->word[check->words->at].text[0] == '#')
		wanted.nth = strtol(next(check)->text + 1, NULL, 10);
	wanted.exact = next_is(check, "is");
	wanted.texts = check->words->at;
	check->words->at = check->words->count;
	return find_edit(check, &wanted);
}

static bool check_add(struct check *check)
{
	return check_edit(check, REPLY_ADD_HEADER);
}

static bool check_insert(struct check *check)
{
	return check_edit(check, REPLY_INSERT_HEADER);
}

static bool check_change(struct check *check)
{
	return check_edit(check, REPLY_CHANGE_HEADER);
}

static bool check_address(struct check *check, char kind, char kind_with_args)
{
	const char *address = next(check)->text;
	for (size_t i = 0; i < check->session->edit_count; i++) {
		const struct mta_edit *edit = &check->session->edits[i];
		if ((edit->kind == kind || edit->kind == kind_with_args) && same_address(edit->value, address))
			return true;
	}
	return fails(check, "no such edit");
}

static bool check_addrcpt(struct check *check)
{
	return check_address(check, REPLY_ADD_RCPT, REPLY_ADD_RCPT_ARGS);
}

static bool check_delrcpt(struct check *check)
{
	return check_address(check, REPLY_DEL_RCPT, REPLY_DEL_RCPT);
}

static bool check_from(struct check *check)
{
	return check_address(check, REPLY_CHANGE_FROM, REPLY_CHANGE_FROM);
}

static bool check_text(struct check *check, char kind)
{
	const char *text = next(check)->text;
	for (size_t i = 0; i < check->session->edit_count; i++)
		if (check->session->edits[i].kind == kind && strstr(check->session->edits[i].value, text) != NULL)
			return true;
	return fails(check, "no such edit");
}

static bool check_quarantine(struct check *check)
{
	return check_text(check, REPLY_QUARANTINE);
}

static bool check_replbody(struct check *check)
{
	return check_text(check, REPLY_BODY);
}

static bool check_edits(struct check *check)
{
	long wanted = 0;
	bool any = !more(check);
	if (!any && !take_index(check, &wanted))
		return false;
	if (any ? check->session->edit_count > 0 : check->session->edit_count == (size_t)wanted)
		return true;
	return fails(check, "there are %zu edits", check->session->edit_count);
}

/* The rest */

static bool check_within(struct check *check)
{
	return check_time(check, &check->session->outcome[check->session->last], true);
}

static bool check_after(struct check *check)
{
	return check_time(check, &check->session->outcome[check->session->last], false);
}

static bool check_steps(struct check *check)
{
	while (more(check)) {
		const char *name = next(check)->text;
		uint32_t bit = milterproto_step(name);
		if (bit == 0)
			return BROKEN(check, "there is no step \"%s\"", name);
		if ((check->session->terms.steps & bit) == 0)
			return fails(check, "it does not ask for %s", name);
	}
	return true;
}

static bool check_asked(struct check *check)
{
	static const enum milter_command commands[MTA_STAGES] = {
		[MTA_CONNECT] = MILTER_CONNECT, [MTA_HELO] = MILTER_HELO, [MTA_MAIL] = MILTER_MAIL,
		[MTA_RCPT] = MILTER_RCPT,	[MTA_DATA] = MILTER_DATA, [MTA_EOH] = MILTER_EOH,
		[MTA_EOM] = MILTER_EOM,
	};
	enum mta_stage stage = storyline_stage(next(check)->text);
	int place = stage < MTA_STAGES && commands[stage] != 0 ? milterproto_stage(commands[stage]) : -1;
	if (place < 0)
		return BROKEN(check, "this stage has no macro list");
	while (more(check)) {
		const char *name = next(check)->text;
		const char *list = check->session->terms.list[place];
		if (strstr(list, name) == NULL)
			return fails(check, "it asks for \"%s\" there", list);
	}
	return true;
}

static bool check_alive(struct check *check)
{
	char octet;
	if (check->session->fd >= 0 && recv(check->session->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) != 0)
		return true;
	return fails(check, "the connection to the milter is gone");
}

/* clang-format off */
static const struct {
	const char *name;
	bool (*holds)(struct check *);
} kinds[] = {
	{ "add", check_add },           { "insert", check_insert },   { "change", check_change },   { "edits", check_edits },
	{ "addrcpt", check_addrcpt },   { "delrcpt", check_delrcpt }, { "from", check_from },       { "quarantine", check_quarantine },
	{ "replbody", check_replbody }, { "within", check_within },   { "after", check_after },     { "steps", check_steps },
	{ "asked", check_asked },       { "alive", check_alive },
};
/* clang-format on */

static bool holds(struct check *check)
{
	const char *word = next(check)->text;
	enum mta_stage stage = storyline_stage(word);
	if (stage < MTA_STAGES)
		return check_stage(check, stage);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(word, kinds[i].name) != 0)
			continue;
		if (!kinds[i].holds(check))
			return false;
		return !more(check) || BROKEN(check, "\"%s\" is not understood here", next(check)->text);
	}
	return BROKEN(check, "there is no expectation \"%s\"", word);
}

bool storyexpect_holds(struct mtasession *session, struct words *words, char why[STORYEXPECT_WHY_BYTES])
{
	struct check check = {.session = session, .words = words, .why = why};
	why[0] = '\0';
	bool negated = next_is(&check, "no") || next_is(&check, "not");
	if (!negated)
		return holds(&check);
	if (!holds(&check))
		return !check.broken;
	return fails(&check, "it holds");
}

bool storyexpect_wants_loss(const struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		if (strcmp(words->word[i].text, "closed") == 0 || strcmp(words->word[i].text, "timeout") == 0)
			return true;
	return false;
}

/* Text of the milter in a TAP comment: one line, no control characters. */
static void print_clean(FILE *to, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '\n')
			fputs("\\n", to);
		else if (c < ' ' || c > '~')
			fprintf(to, "\\x%02x", c);
		else
			fputc(c, to);
	}
}

void storyexpect_describe(const struct mtasession *session, FILE *to)
{
	const struct mta_outcome *outcome = &session->outcome[session->last];
	fprintf(to, "# last: %s -> %c \"", storyline_stage_name(session->last),
		outcome->reply != 0 ? outcome->reply : '-');
	print_clean(to, outcome->text);
	fprintf(to, "\" in %.1f ms%s%s\n", outcome->elapsed_us / 1000.0, session->reason[0] != '\0' ? "; " : "",
		session->reason);
	for (size_t i = 0; i < session->edit_count; i++) {
		const struct mta_edit *edit = &session->edits[i];
		fprintf(to, "# edit: %c %u ", edit->kind, edit->index);
		print_clean(to, edit->name);
		fputs(": ", to);
		print_clean(to, edit->value);
		fputc('\n', to);
	}
}
