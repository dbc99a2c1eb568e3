/* One SMTP connection: the rules in force, the facts, two arenas, what is in flight. Knows no libmilter type.
 * Owner: the connection's callbacks, one at a time. What sessions share is in struct service.
 * Memory has three lifetimes: the process (service), the connection (arena conn), the message (arena msg). */
#ifndef MILTER_SESSION_H
#define MILTER_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/blocked.h"
#include "common/check.h"
#include "common/counters.h"
#include "common/exempt.h"
#include "common/facts.h"
#include "common/health.h"
#include "common/hit.h"
#include "common/journal.h"
#include "common/log.h"
#include "common/lookup.h"
#include "common/manual.h"
#include "common/prober.h"
#include "common/recent.h"
#include "common/ruleset.h"
#include "common/screen.h"
#include "common/subject.h"
#include "common/verdict.h"
#include "milter/inforce.h"

enum {
	SESSION_CONN_BYTES = 64 << 10,
	SESSION_MSG_BYTES = 4 << 20,
	SESSION_HOPS_MAX = 2000,          /* Received headers that are kept; further ones are counted */
	SESSION_RECIPIENT_BYTES = 512,    /* of recipients that are kept for the log */
	SESSION_SUBJECTS_MAX = 16,        /* Subject headers that are kept: there should be one */
	SESSION_REROUTE_BYTES = 1 << 20,  /* of recipients that are kept for a reroute */
	SESSION_HELO_BYTES = 1024,        /* of a HELO name that is kept */
	SESSION_EXEMPT_SETS_MAX = 8,      /* different sets of rules; of further recipients, the last one has all */
};

struct reload;

/* What all sessions share. Lives as long as the process. */
struct service {
	struct inforce inforce;
	struct lookup *lookup;
	struct health *health;            /* NULL: nobody watches the lists */
	struct prober *prober;            /* NULL: lists are tested only by messages */
	struct manual *manual;
	struct screen *screen;            /* NULL: nobody is on it */
	struct recent *recent;            /* NULL: nobody was reported */
	struct counters *counters;        /* NULL: nobody counts */
	struct journal *journal;          /* NULL: nothing outlives a restart */
	struct reload *reload;            /* NULL: not in the daemon */
	struct monotime started;
	int64_t started_s;                /* the same by the wall clock */
	atomic_int sessions;
	atomic_int messages;              /* in progress: between MAIL and the end of the message */
	atomic_bool draining;             /* no new messages: we are about to stop */
};

/* Subjects of one stage and what was asked about them. */
struct asked {
	struct subjects subjects;
	struct batch *batch;              /* NULL: nothing was asked yet */
	struct checks checks;             /* what is verified beside that, at the same time */
	bool over;                        /* all answers have come, and health knows them */
};

struct session {
	struct service *service;
	struct ruleset *rules;            /* referenced at the start, unreferenced at close: a reload never moves it */
	struct arena conn, msg;
	char helo[SESSION_HELO_BYTES + 1];   /* beside the arenas: a client may say it as often as it likes */
	struct facts facts;               /* its other strings live in the two arenas */
	struct asked prefetched;          /* the client, asked about at connect for the first message */
	bool dry;                         /* an administrator wants to know: nothing is logged, counted or remembered, and no list
					   * is judged by it */
	/* the message's */
	bool in_message;
	bool complete;                    /* its end was seen: not given up by the client */
	struct asked client, names, last; /* names: domains known at MAIL; last: what the headers told */
	int64_t waited_us;                /* of dns.budget */
	bool decided;                     /* `verdict` stands: from the client at RCPT, from all at the end */
	bool whole;                       /* and so it does if some lists are left out of it: all answers were waited for */
	struct hits hits;                 /* on which the verdict rests */
	struct hits seen;                 /* at the end, for the log and the counters: what has come since is among them */
	struct verdict verdict;
	size_t n_refused;                 /* recipients refused at RCPT */
	size_t n_left_in;                 /* headers that should go, beyond what a mail server can be asked to remove */
	struct exemption exempt;          /* of the message: under this was asked */
	enum blocked_by blocked;          /* the message or, BLOCKED_RECIPIENT, some of its recipients */
	bool screened_now;                /* the client was put on the screen */
	bool has_exempt;                  /* a recipient of exceptions.recipients was accepted */
	struct exempt_rules exempt_sets[SESSION_EXEMPT_SETS_MAX];   /* what rules say of recipients that were accepted */
	size_t n_exempt_sets;
	struct exemption spared;          /* why a refusal did not hold after all */
	size_t hops_room;
	struct recipient *last_recipient; /* of facts.recipients */
	size_t recipients_bytes;          /* that they take */
	struct text recipients;           /* for the log */
};

/* NULL: out of memory. */
struct session *session_new(struct service *service);
/* A dry one, of no connection. */
struct session *session_new_dry(struct service *service);
/* Gives everything back; waits for nothing. Sets *session to NULL; NULL inside is fine. */
void session_free(struct session **session);

/* Tells, once a minute at most, that mail flows unchecked for want of memory. Any thread. */
void session_tell_no_memory(void);

/* A new message begins: the last one's facts are gone. False: out of memory. */
bool session_message_begin(struct session *session);
/* The message has ended, however it did. Harmless when there is none. */
void session_message_end(struct session *session);

/* What was asked is of no use any more. */
void session_forget(struct asked *asked);

/* One more Received header: where it is to be written. NULL: beyond what is kept; it is counted. */
struct hop *session_add_hop(struct session *session);
/* One more recipient that was accepted. Without room for it, facts.recipients_lost is set. */
void session_add_recipient(struct session *session, const char *path);
/* One more Subject header. False: beyond what is kept. */
bool session_add_subject(struct session *session, const char *value);

#endif
