/* say: an MTA's part, played.
 * The tests share one session and what it is told: each of them runs in a process of its own, or after the other's end. */
#include "t/unit/say.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

#include "t/unit/daemon.h"
#include "t/unit/loglines.h"

enum { PATIENCE_US = 20 * 1000000 };

struct dnsstub *stub;
struct service service;
struct session *session;
struct outcome outcome;
struct edits edits;

/* --- begin and end ------------------------------------------------------------------------------------------------ */

void say_set_up(const struct dnsstub_rule *answers)
{
	stub = dnsstub_new(answers);
	loglines_begin();
}

void say_tear_down(void)
{
	say_end();
	loglines_end();
	dnsstub_free(&stub);
}

void say_new_session(void)
{
	session_free(&session);
	session = session_new(&service);
	ck_assert_ptr_nonnull(session);
}

void say_begin(struct ruleset *rules)
{
	struct errmsg err;

	service = (struct service){ .lookup = lookup_new(rules, &err) };
	ck_assert_msg(service.lookup != NULL, "%s", err.text);
	inforce_init(&service.inforce, rules);
	say_new_session();
}

void say_begin_in_daemon(struct ruleset *rules)
{
	daemon_begin(&service, rules);
	say_new_session();
}

void say_end(void)
{
	session_free(&session);
	ck_assert_int_eq(atomic_load(&service.sessions), 0);
	ck_assert_int_eq(atomic_load(&service.messages), 0);
	if (service.inforce.rules != NULL)
		daemon_end(&service);
	service = (struct service){ .lookup = NULL };
}

/* --- what is said ------------------------------------------------------------------------------------------------- */

struct sockaddr_storage say_address(const char *text, unsigned port)
{
	struct sockaddr_storage storage = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&storage;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&storage;

	if (strcmp(text, "unix") == 0) {
		storage.ss_family = AF_UNIX;
	} else if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
	} else {
		ck_assert_int_eq(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
	}
	return storage;
}

void say_connect_as(const char *address, const char *name)
{
	struct sockaddr_storage storage;

	if (address != NULL)
		storage = say_address(address, 40000);
	stage_connect(session, name, address != NULL ? (const struct sockaddr *)&storage : NULL, NULL);
}

void say_connect(const char *address)
{
	say_connect_as(address, "[x]");
}

int say_mail_from(const char *sender, const char *login)
{
	stage_mail(session, sender, login, NULL, &outcome);
	return (int)outcome.kind;
}

int say_mail(void)
{
	return say_mail_from("<a@example.net>", NULL);
}

int say_rcpt_to(const char *recipient)
{
	stage_rcpt(session, recipient, "4F2A1", &outcome);
	return (int)outcome.kind;
}

int say_rcpt(void)
{
	return say_rcpt_to("<b@example.org>");
}

int say_eom(void)
{
	stage_eom(session, "4F2A1", &outcome, &edits);
	return (int)outcome.kind;
}

void say_done(const char *words)
{
	const char *line;

	stage_done(session);
	line = loglines_next();
	ck_assert_msg(line != NULL && strstr(line, words) != NULL, "%s\nlacks %s", line != NULL ? line : "no line", words);
	ck_assert_ptr_null(loglines_next());
}

void say_done_in_silence(void)
{
	stage_done(session);
	ck_assert_ptr_null(loglines_next());
}

/* --- waiting ------------------------------------------------------------------------------------------------------ */

static size_t n_in_flight(void)
{
	struct lookup_stats stats;

	lookup_stats(service.lookup, &stats);
	return stats.in_flight;
}

void say_await(size_t n_out)
{
	struct monotime last = monotime_add(monotime_now(), PATIENCE_US);

	while (n_in_flight() > n_out) {
		ck_assert(!monotime_reached(monotime_now(), last));
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
}
