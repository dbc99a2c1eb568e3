/* The faults that the test server knows, one row each, and sets of them ("rules") as they hang on a name, on a zone
 * or on the whole server. */
#ifndef T_SUPPORT_RULES_H
#define T_SUPPORT_RULES_H

#include "t/support/dnsname.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum fault {
	/* whether and when */
	FAULT_OK,
	FAULT_DELAY,
	FAULT_DROP,
	FAULT_DROP_FIRST,
	FAULT_FIRST,
	/* an answer without records */
	FAULT_SERVFAIL,
	FAULT_REFUSED,
	FAULT_NOTIMP,
	FAULT_FORMERR,
	FAULT_FORMERR_EDNS,
	FAULT_NXDOMAIN,
	FAULT_NODATA,
	FAULT_NOSOA,
	/* other records */
	FAULT_LISTED,
	FAULT_TTL,
	FAULT_ANSWERS,
	FAULT_RDLEN,
	FAULT_BADPTR,
	FAULT_MANYPTR,
	FAULT_CNAME,
	FAULT_CNAME_LOOP,
	FAULT_CNAME_CHAIN,
	FAULT_DNAME,
	FAULT_TXT_SIZE,
	FAULT_TXT_BADLEN,
	/* the same records in a wrong place */
	FAULT_AUTHORITY_ONLY,
	FAULT_ADDITIONAL_ONLY,
	FAULT_OTHER_OWNER,
	FAULT_RR_CLASS,
	/* the additional section */
	FAULT_NO_OPT,
	FAULT_OPT_MANY,
	FAULT_OPT_NONROOT,
	FAULT_OPT_BADOPT,
	FAULT_BADVERS,
	FAULT_TSIG,
	/* size and TCP */
	FAULT_TC,
	FAULT_TC_FULL,
	FAULT_TC_CLOSE,
	FAULT_TC_NOTCP,
	FAULT_TC_HANG,
	FAULT_OVERSIZE,
	FAULT_TCP_CLOSE,
	FAULT_TCP_RESET,
	FAULT_TCP_HANG,
	FAULT_TCP_HALF,
	FAULT_TCP_DRIBBLE,
	/* the answer itself, spoilt */
	FAULT_WRONG_ID,
	FAULT_WRONG_QUESTION,
	FAULT_WRONG_TYPE,
	FAULT_WRONG_CLASS,
	FAULT_WRONG_CASE,
	FAULT_NO_QUESTION,
	FAULT_TWO_QUESTIONS,
	FAULT_QR0,
	FAULT_SHORT,
	FAULT_CUT,
	FAULT_NOISE,
	FAULT_GARBAGE,
	FAULT_OPCODE,
	FAULT_RCODE,
	FAULT_ANCOUNT,
	FAULT_TRAILING,
	/* packets before the right one */
	FAULT_EMPTY,
	FAULT_WRONG_PORT,
	FAULT_WRONG_ADDR,
	FAULT_FORGE,
	FAULT_ONLY_FORGED,
	FAULT_ONLY,
	FAULT_COPIES,
	FAULTS
};

enum badptr { BADPTR_SELF, BADPTR_FORWARD, BADPTR_LOOP };

struct rules {
	bool any; /* is one of them on? */
	bool on[FAULTS];
	uint32_t n[FAULTS];    /* the value after "=", in ms for times; the row's default without one */
	uint32_t delay_to_ms;  /* upper end of delay=A..B, else 0 */
	struct dnsname target; /* of cname=NAME */
};

/* Takes one word, "fault" or "fault=value", into *rules. NULL: taken; else what is wrong with it (static text).
 * rules_known tells a fault's name from other words first. */
const char *rules_take(struct rules *rules, const char *word);
bool rules_known(const char *word);
/* Lays `inner` (nearer to the name) over *rules: what both set is the inner's, and its "ok" wipes the outer ones. */
void rules_overlay(struct rules *rules, const struct rules *inner);
/* Reads "200ms", "2s", "1m" or a plain number of ms. False: none of these. */
bool rules_time_ms(const char *text, uint32_t *ms);
/* Prints the table for people. */
void rules_help(FILE *to);

#endif
