/* What "rblctl doctor" looks at: each part tells what it has found, and where something is wrong, what to do. One thread. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include <sys/types.h>

#include "cli/cli.h"
#include "common/ruleset.h"

enum doctor_state {
	DOCTOR_GOOD,
	DOCTOR_BAD,
	DOCTOR_UNKNOWN,              /* it could not be looked at: no fault, and no all-clear */
};

struct doctor {
	struct cli *cli;
	struct ruleset *rules;       /* NULL: the configuration has errors */
	bool running;                /* a daemon answers */
	pid_t pid;                   /* of it; 0: not known */
	char socket[256];            /* on which it serves the MTA; "": that of the rules */
	json_t *findings;            /* with --json */
	bool sick;
};

/* One finding. `check`: what was looked at; `advice`: what to do, "" where there is nothing; `format`: what was found. */
void doctor_tell(struct doctor *doctor, enum doctor_state state, const char *check, const char *advice, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* The daemon, and what it says of its configuration: the first to be called. */
void doctor_daemon(struct doctor *doctor);
/* Sockets, directories, clock and limits of this machine. */
void doctor_host(struct doctor *doctor);
/* DNS servers and lists, all asked at once. Waits for them, some seconds at most. */
void doctor_dns(struct doctor *doctor);

/* --- files, as others see them ------------------------------------------------------------------------------------ */

enum { DOCTOR_GROUPS_MAX = 64 };

struct doctor_user {
	uid_t uid;
	gid_t groups[DOCTOR_GROUPS_MAX];
	int n_groups;
};

/* False: there is no such user. */
bool doctor_user_named(struct doctor_user *user, const char *name);
/* May the user do this (R_OK, W_OK, X_OK) with the file, once he has come to it? By its mode alone. */
bool doctor_may(const struct doctor_user *user, mode_t mode, uid_t owner, gid_t group, int what);
/* Can the user come to the file, that is, search all directories above it? `where`: the first one that he cannot. */
bool doctor_reaches(const struct doctor_user *user, const char *path, char *where, size_t where_bytes);

/* Is Postfix's SMTP server chrooted, by the master.cf in this directory? `root`: to where. */
bool doctor_postfix_chroot(const char *config_dir, char *root, size_t root_bytes);

/* A resolver that everybody may use, and that many lists refuse? Its operator; NULL: none that we know. */
const char *doctor_public_resolver(const struct sockaddr_storage *addr);

#endif
