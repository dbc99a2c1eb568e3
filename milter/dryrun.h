/* A message walked through the stages without an MTA: what would happen to it, and why. The session is a dry one, so that
 * nothing is logged, counted or remembered, and no list is judged by it; everything else is as for mail.
 * Threads: any, one at a time for each run. It waits for the DNS, at most dns.budget. */
#ifndef MILTER_DRYRUN_H
#define MILTER_DRYRUN_H

#include "milter/stage.h"

/* What an MTA would have told. Texts are borrowed for the life of the run; NULL: not known. */
struct dryrun_input {
	struct ipaddr client;        /* unset: see fetched; else it is handed in on this machine */
	const char *client_name;     /* verified */
	const char *helo, *login;
	const char *sender;          /* without < >; NULL or "": the null sender */
	const char *const *recipients;
	size_t n_recipients;         /* 0: one whom no exception knows */
	bool fetched;                /* from elsewhere: received.pop holds, whatever the client is */
	const char *message;         /* its header block */
	size_t message_bytes;
	size_t n_own;                /* Received headers, the newest, which the message did not have when it arrived: with them goes
				      * all that stands above the last of them */
};

struct dryrun_recipient {
	const char *address;
	struct outcome outcome;
};

/* Why a Received header's address was or was not asked about. */
struct dryrun_hop {
	struct hop hop;
	bool taken;
	const char *reason;          /* some words behind "it ..." */
};

enum { DRYRUN_HOPS_MAX = 2 * SESSION_HOPS_MAX };

enum dryrun_stage {
	DRYRUN_CONNECT,              /* the client was turned away at the door */
	DRYRUN_RCPT,                 /* all recipients were refused: the headers would never have come */
	DRYRUN_EOM,
};
/* "connect", "rcpt", "eom". Static. */
const char *dryrun_stage_word(enum dryrun_stage stage);

struct dryrun {
	struct arena arena;
	struct session *session;     /* after the last stage: facts, batches, hits, verdict */
	struct dryrun_recipient *recipients;
	size_t n_recipients;
	enum dryrun_stage stage;     /* the last one that the message came to */
	struct outcome outcome;      /* of it; of the last recipient */
	struct edits edits;
	struct dryrun_hop *hops;     /* newest first, those that are our own included */
	size_t n_hops;
	size_t n_hops_left_out;      /* further ones, beyond DRYRUN_HOPS_MAX */
};

/* False: out of memory. dryrun_free() gives the run back; what it holds ends there. */
bool dryrun_start(struct dryrun *run, struct service *service, const struct dryrun_input *input);
void dryrun_free(struct dryrun *run);

#endif
