/* For the load: what a mail server says of one SMTP session, stage by stage, as Postfix writes it. */
#ifndef T_SUPPORT_LOADMAIL_H
#define T_SUPPORT_LOADMAIL_H

#include "t/support/loadcheck.h"
#include "t/support/milterproto.h"

enum load_stage { NEGOTIATE, CONNECT, HELO, MAIL, RCPT, DATA, HEADER, EOH, BODY, EOM, LOAD_STAGES };

/* What all messages have in common. */
struct loadcontent {
	unsigned received;     /* Received headers; the others come after them */
	struct loadrange hops; /* Received header r of message m names number m * received + r */
	char *body;
	size_t body_bytes;
};

/* Where a session is. */
struct loadmail {
	uint64_t session, message; /* their numbers */
	struct loadaddress client;
	unsigned header; /* headers sent of this message */
	struct milter_terms terms;
};

enum milter_command loadmail_command(enum load_stage stage);
/* Adds the command of this stage to `out`, and before it the macros that the milter asked for or that Postfix sends by
 * itself. HEADER is the next header: the Received ones first, newest on top. */
void loadmail_put(struct milter_buffer *out, enum load_stage stage, const struct loadmail *mail,
		  const struct loadcontent *content);

#endif
