/* One SMTP session as an MTA shows it to a milter. Every call waits for the milter's answer (or does not, where the
 * negotiated steps say that none comes), and leaves what came in `outcome`. The behaviour is that of Postfix 3.7 or
 * Sendmail 8.17: their macros, what they still send after a reply, what an SMTP client sees of a reply. */
#ifndef T_SUPPORT_MTASESSION_H
#define T_SUPPORT_MTASESSION_H

#include "t/support/milterproto.h"

#define MTASESSION_TEXT_BYTES 4096
#define MTASESSION_EDITS_MAX 200
#define MTASESSION_MACROS_MAX 64

enum mta_style { MTA_POSTFIX, MTA_SENDMAIL };

enum mta_stage {
	MTA_CONNECT,
	MTA_HELO,
	MTA_MAIL,
	MTA_RCPT,
	MTA_DATA,
	MTA_HEADER,
	MTA_EOH,
	MTA_BODY,
	MTA_EOM,
	MTA_UNKNOWN,
	MTA_STAGES
};

#define MTA_NOTHING 'n' /* an outcome in place of a reply: the stage was not reached, every recipient was refused */

/* What the last command of a stage led to. */
struct mta_outcome {
	char reply;			  /* enum milter_reply or MTA_NOTHING; 0: no such command yet */
	char text[MTASESSION_TEXT_BYTES]; /* "550 5.7.1 ..." as the SMTP client sees it, lines parted by \n; may be ""
					   */
	uint32_t elapsed_us;		  /* from the command's first octet to the reply */
};

struct mta_edit {
	char kind;	    /* enum milter_reply */
	uint32_t index;	    /* of inserted and changed headers */
	char *name, *value; /* header; or value alone: recipient, sender, reason, body */
};

struct mta_macro {
	char *name, *value;
	bool own; /* set by the session itself; the story's win */
};

struct mtasession {
	/* set by the caller */
	char *spec;
	enum mta_style style;
	uint32_t offer_version, offer_actions, offer_steps;
	int wait_ms;
	bool later; /* the next command's answer is left to mtasession_collect */
	/* of the session */
	int fd; /* -1: not connected to the milter */
	struct milter_terms terms;
	struct milter_buffer in, out;
	struct mta_macro macros[MTASESSION_MACROS_MAX];
	size_t macro_count;
	struct mta_outcome outcome[MTA_STAGES];
	struct mta_edit edits[MTASESSION_EDITS_MAX];
	size_t edit_count;
	enum mta_stage last; /* the last stage that waited for an answer */
	int pending;	     /* the stage whose answer was not collected yet, or -1 */
	uint64_t sent_us;
	struct mta_outcome settled; /* the connection's fate; its reply is 0 while it is open */
	struct mta_outcome message; /* the message's */
	bool connected, in_message, data_said, eoh_said, skip_body;
	unsigned recipients, accepted, queue_ids;
	char reason[256];	    /* why the milter is not there, after REPLY_CLOSED and REPLY_TIMEOUT */
	char trouble[256];	    /* what the milter did that no milter may do; "" while all is well */
	char *own_list[MTA_STAGES]; /* macro names to send in place of the MTA's own list, or NULL */
};

void mtasession_init(struct mtasession *session, const char *spec);
void mtasession_clear(struct mtasession *session);

/* Connects to the milter and negotiates. False: `reason` or `trouble` says why. The others call it when it is needed.
 */
bool mtasession_open(struct mtasession *session);

void mtasession_connect(struct mtasession *session, const char *host, char family, uint16_t port, const char *address);
void mtasession_helo(struct mtasession *session, const char *name);
void mtasession_mail(struct mtasession *session, const char *address, const char *args);
void mtasession_rcpt(struct mtasession *session, const char *address, const char *args);
void mtasession_data(struct mtasession *session);
/* `value` as it stands behind the colon, the blank included. */
void mtasession_header(struct mtasession *session, const char *name, const char *value);
void mtasession_body(struct mtasession *session, const char *data, size_t len);
void mtasession_eom(struct mtasession *session);
void mtasession_unknown(struct mtasession *session, const char *line);
void mtasession_abort(struct mtasession *session);
void mtasession_quit(struct mtasession *session, bool keep_socket); /* QUIT, or QUIT_NC */
void mtasession_close(struct mtasession *session);		    /* without a word */
void mtasession_raw(struct mtasession *session, const void *data, size_t len);

/* Waits for an answer that was left behind by `later`. */
void mtasession_collect(struct mtasession *session);

/* NULL value: forgets it. Names longer than one character get their braces here. */
void mtasession_macro(struct mtasession *session, const char *name, const char *value);
/* Names to send at a stage, as main.cf's milter_connect_macros says; what the milter asks for goes before it. */
void mtasession_list(struct mtasession *session, enum mta_stage stage, const char *names);

#endif
