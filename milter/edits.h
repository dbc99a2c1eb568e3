/* Changes to a message at its end: what the verdict means for its headers and its recipients. Knows no libmilter type.
 * Headers that came with the message and should not are removed, all of them, unless there are thousands: then those that
 * are left in are counted in session->n_left_in.
 * Threads: one callback of a session at a time. Nothing waits. */
#ifndef MILTER_EDITS_H
#define MILTER_EDITS_H

#include "milter/session.h"

/* A header whose value changes. */
struct change {
	size_t place;                 /* from 1, among those of its name */
	const char *value;
};

/* Changes to the message at its end. Its strings live in the message's arena. */
struct edits {
	/* Where the MTA does not do these, the message must be refused for now: stage_failed(). */
	const char *quarantine;       /* the reason; NULL: the message is not held */
	const char *reroute;          /* the new recipient; NULL: the recipients stay */
	const struct recipient *recipients;   /* then: who goes */
	const char **originals;       /* and the headers that tell of them */
	size_t n_originals;
	size_t n_strip_originals;     /* such headers that came with the message: the first so many go */
	/* The Subject */
	struct change *subjects;
	size_t n_subjects;
	size_t subjects_from, subjects_to;   /* Subject headers beyond what anybody needs: [from, to) go, places from 1 */
	const char *new_subject;      /* to be added; NULL: none */
	/* The flag */
	const char *flag_header;      /* the name of both below */
	size_t n_strip;               /* such headers that came with the message: the first so many go */
	const char **values;          /* to be added, in this order; in the message's arena */
	size_t n_values;
};

/* The header that tells who the recipients of a rerouted message were. */
extern const char edits_original_header[];

/* Fills in what session->verdict does to the message. False: a reroute or a quarantine cannot be done whole. */
bool edits_make(struct session *session, struct edits *edits);

#endif
