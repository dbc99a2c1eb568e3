/* What an MTA says of one SMTP session, in a test without an MTA, and what it is told; against a DNS server of the test's own.
 * A test has one of each of these. say_set_up() and say_tear_down() are for a checked fixture, say_begin() comes in between. */
#ifndef T_UNIT_SAY_H
#define T_UNIT_SAY_H

#include <sys/socket.h>

#include "milter/stage.h"
#include "t/unit/dnsstub.h"

extern struct dnsstub *stub;
extern struct service service;
extern struct session *session;
extern struct outcome outcome;   /* of what was said last */
extern struct edits edits;       /* of the last say_eom() */

/* The DNS server says `answers`; the log's lines are caught, see loglines.h. */
void say_set_up(const struct dnsstub_rule *answers);
/* Ends the session, and sees that nothing of it is left. */
void say_tear_down(void);

/* A session under these rules, whose reference is taken. Its service looks up names and does nothing else: no list is ever
 * doubted or left alone, and nothing is kept from one message to the next. */
void say_begin(struct ruleset *rules);
/* The same with all that the daemon has, see daemon.h. */
void say_begin_in_daemon(struct ruleset *rules);
/* The end of both; without a session it does nothing. */
void say_end(void);
/* Another client, with the same service. */
void say_new_session(void);

/* "192.0.2.1", "2001:db8::1" or "unix". */
struct sockaddr_storage say_address(const char *text, unsigned port);

/* From port 40000; NULL: no address at all, as for Sendmail's local submissions. The name is "[x]", which is none. */
void say_connect(const char *address);
void say_connect_as(const char *address, const char *name);
/* What has come of it, an enum outcome_kind: a@example.net writes to b@example.org as 4F2A1; `login`: NULL for none. */
int say_mail(void);
int say_mail_from(const char *sender, const char *login);
int say_rcpt(void);
int say_rcpt_to(const char *recipient);
int say_eom(void);

/* The end of the message: its line is the next one in the log, and says this; no other follows. */
void say_done(const char *words);
/* It has no line, nor anything else. */
void say_done_in_silence(void);

/* Waits until no more questions than that are out; some seconds without ends the test. */
void say_await(size_t n_out);

#endif
