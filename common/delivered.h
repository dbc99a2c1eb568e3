/* What a delivered message tells of how it came in: its newest Received header was written by our own mail server, which names
 * the client there, and whatever stands above it was added here too (Return-Path, Delivered-To). Further servers of ours may
 * have put theirs on top: `n_own` is how many are ours.
 * Postfix's and Sendmail's forms are read: from HELO (NAME [ADDRESS]), with "unknown" or nothing for a client without a
 * verified name. Of a header that was not written by one of these, no more is believed than received_parse() does.
 * Pure.   RFC: 5321 sections 4.4 and 7.6. */
#ifndef COMMON_DELIVERED_H
#define COMMON_DELIVERED_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/ipaddr.h"

/* Texts are in the arena; NULL: it does not say. */
struct delivered {
	bool found;                  /* there are as many Received headers */
	struct ipaddr client;        /* unset: the last of them names none, so the message was handed in here */
	const char *client_name, *helo;
	bool login;                  /* the client had logged in */
	const char *sender;          /* Return-Path, without < >; "": the null sender */
	const char *recipient;       /* X-Original-To, else Delivered-To: the newest of each */
};

/* Reads the header block. n_own: at least 1. False: out of memory. */
bool delivered_read(const char *message, size_t bytes, size_t n_own, struct arena *arena, struct delivered *out);

#endif
