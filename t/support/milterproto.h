/* The milter protocol, version 6, as the MTA's side writes and reads it; no libmilter. Nothing is sent from here: the
 * caller owns the sockets, and so can wait (miltertalk's stories) or not wait (its load).
 * A packet is its length (4 octets), a command letter, and data; strings end in NUL. */
#ifndef T_SUPPORT_MILTERPROTO_H
#define T_SUPPORT_MILTERPROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MILTER_VERSION 6u
#define MILTER_ACTIONS 0x1ffu /* what Postfix 3.7 and Sendmail 8.17 offer */
#define MILTER_STEPS 0x1fffffu
#define MILTER_PACKET_MAX (1u << 24)
#define MILTER_BODY_MAX 65535u
#define MILTER_STAGES 7 /* places that may have a macro list of their own */
#define MILTER_LIST_BYTES 1024

/* What the MTA says */
enum milter_command {
	MILTER_ABORT = 'A',
	MILTER_BODY = 'B',
	MILTER_CONNECT = 'C',
	MILTER_MACRO = 'D',
	MILTER_EOM = 'E',
	MILTER_HELO = 'H',
	MILTER_QUIT_NC = 'K',
	MILTER_HEADER = 'L',
	MILTER_MAIL = 'M',
	MILTER_EOH = 'N',
	MILTER_OPTIONS = 'O',
	MILTER_QUIT = 'Q',
	MILTER_RCPT = 'R',
	MILTER_DATA = 'T',
	MILTER_UNKNOWN = 'U'
};

/* What the milter says. The last two are no packets: the socket was closed, or nothing came in time. */
enum milter_reply {
	REPLY_ADD_RCPT = '+',
	REPLY_DEL_RCPT = '-',
	REPLY_ADD_RCPT_ARGS = '2',
	REPLY_SHUTDOWN = '4',
	REPLY_ACCEPT = 'a',
	REPLY_BODY = 'b',
	REPLY_CONTINUE = 'c',
	REPLY_DISCARD = 'd',
	REPLY_CHANGE_FROM = 'e',
	REPLY_CONN_FAIL = 'f',
	REPLY_ADD_HEADER = 'h',
	REPLY_INSERT_HEADER = 'i',
	REPLY_CHANGE_HEADER = 'm',
	REPLY_PROGRESS = 'p',
	REPLY_QUARANTINE = 'q',
	REPLY_REJECT = 'r',
	REPLY_SKIP = 's',
	REPLY_TEMPFAIL = 't',
	REPLY_CODE = 'y',
	REPLY_CLOSED = 'X',
	REPLY_TIMEOUT = 'Z'
};

/* Steps that a milter may ask for */
enum {
	STEP_NOCONNECT = 0x1,
	STEP_NOHELO = 0x2,
	STEP_NOMAIL = 0x4,
	STEP_NORCPT = 0x8,
	STEP_NOBODY = 0x10,
	STEP_NOHDRS = 0x20,
	STEP_NOEOH = 0x40,
	STEP_NR_HDR = 0x80,
	STEP_NOUNKNOWN = 0x100,
	STEP_NODATA = 0x200,
	STEP_SKIP = 0x400,
	STEP_RCPT_REJ = 0x800,
	STEP_NR_CONN = 0x1000,
	STEP_NR_HELO = 0x2000,
	STEP_NR_MAIL = 0x4000,
	STEP_NR_RCPT = 0x8000,
	STEP_NR_DATA = 0x10000,
	STEP_NR_UNKN = 0x20000,
	STEP_NR_EOH = 0x40000,
	STEP_NR_BODY = 0x80000,
	STEP_HDR_LEADSPC = 0x100000
};

/* What the two sides agreed on. */
struct milter_terms {
	uint32_t version, actions, steps;
	char list[MILTER_STAGES][MILTER_LIST_BYTES]; /* macro names that the milter asked for; index: milter_stage */
	bool listed[MILTER_STAGES];		     /* else the MTA's own list holds */
};

/* Packets that wait to be sent. All zero is empty; free `data`. */
struct milter_buffer {
	uint8_t *data;
	size_t len, room;
	size_t packet; /* where the packet being written begins */
};

/* Writing: begin, put, end. Out of memory ends the program: this is a test tool. */
void milterproto_begin(struct milter_buffer *out, enum milter_command command);
void milterproto_put(struct milter_buffer *out, const void *data, size_t len);
void milterproto_string(struct milter_buffer *out, const char *text); /* with its NUL */
void milterproto_end(struct milter_buffer *out);

void milterproto_offer(struct milter_buffer *out, uint32_t version, uint32_t actions, uint32_t steps);
/* Family '4' or '6' with an address, 'L' with a path, 'U' with neither. */
void milterproto_connect(struct milter_buffer *out, const char *host, char family, uint16_t port, const char *address);
/* A command with up to two strings (header name and value; HELO name); NULL: not there. */
void milterproto_strings(struct milter_buffer *out, enum milter_command command, const char *first, const char *second);
/* MAIL or RCPT: the address and its ESMTP arguments, split at blanks. */
void milterproto_envelope(struct milter_buffer *out, enum milter_command command, const char *address,
			  const char *args);
/* The macro packet before a command: those of `macros` (a NULL name ends them) that the milter asked for, or, when it
 * asked for nothing, that `by_itself` names. No packet when there is none. */
struct milter_macro {
	const char *name, *value;
};
void milterproto_macros(struct milter_buffer *out, const struct milter_terms *terms, enum milter_command command,
			const char *by_itself, const struct milter_macro *macros);
void milterproto_body(struct milter_buffer *out, const void *data, size_t len);

/* Reading: one packet from the front. Returns the octets it takes, 0 when it is not whole yet, -1 when it is none. */
struct milter_packet {
	char command;
	const char *data; /* borrowed; not NUL-ended */
	size_t len;
};
ssize_t milterproto_next(const uint8_t *data, size_t len, struct milter_packet *out);
/* Strings in a packet's data: the text at *at, which moves on. NULL: there is no whole one left. */
const char *milterproto_take_string(const struct milter_packet *packet, size_t *at);
uint32_t milterproto_u32(const char *data);

/* Reads the milter's side of the negotiation. NULL: agreed, *terms is filled; else what is wrong (static text). */
const char *milterproto_agree(const struct milter_packet *packet, uint32_t actions, uint32_t steps,
			      struct milter_terms *terms);

/* The place of a command's macros in milter_terms: 0 to 6, -1 for commands without any. */
int milterproto_stage(enum milter_command command);
/* Does the milter want this command at all, and does it answer it? */
bool milterproto_wanted(const struct milter_terms *terms, enum milter_command command);
bool milterproto_answered(const struct milter_terms *terms, enum milter_command command);
/* Replies that end a command, as against header edits and the like; those that edit the message. */
bool milterproto_final(char reply);
bool milterproto_edit(char reply);
/* "NOBODY" -> its bit, 0 when there is no such step. */
uint32_t milterproto_step(const char *name);

/* Connects to "unix:PATH", "inet:PORT@HOST" or "inet6:PORT@HOST" (numeric HOST); Nagle's algorithm stays on, as in
 * MTAs. -1: `error` says why. */
int milterproto_dial(const char *spec, bool nonblocking, char *error, size_t error_bytes);

#endif
