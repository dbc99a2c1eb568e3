/* Load on a milter: many SMTP sessions at once from one libev loop, each reply checked and timed. */
#ifndef T_SUPPORT_MILTERLOAD_H
#define T_SUPPORT_MILTERLOAD_H

#include "t/support/loadcheck.h"

struct milterload_options {
	const char *socket;
	uint64_t messages;
	unsigned parallel, idle;    /* sessions at work; sessions that say HELO and then nothing until the end */
	unsigned per_session;	    /* messages a session */
	unsigned received, headers; /* Received headers, others */
	size_t body_bytes;
	double stage_delay_s, rate; /* rate: messages a second that begin; 0: as fast as they go */
	double wait_s;		    /* for a reply */
	struct loadrange clients;   /* session s comes from number s */
	struct loadrange hops;	    /* Received header r of message m names number m * received + r */
	struct loadtable table;
};

/* Runs it and prints one line of key=value. True: no error, no wrong verdict, and every idle session was alive. */
bool milterload_run(const struct milterload_options *options);

#endif
