/* All settings as plain read-only data, counted by reference. Built whole by config/, never changed after.
 * Owner: who holds a reference; the last ruleset_unref() frees it with its arena.
 * Threads: reading from any; ref and unref from any.
 * Times are microseconds (_us) or seconds (_s); texts are never NULL unless said so. */
#ifndef COMMON_RULESET_H
#define COMMON_RULESET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "common/addrpat.h"
#include "common/answerpat.h"
#include "common/arena.h"
#include "common/hops.h"
#include "common/log.h"
#include "common/nameform.h"
#include "common/namepat.h"
#include "common/subject.h"
#include "common/suffix.h"

enum {
	LISTS_MAX = 1000,
	RULES_MAX = 100,
	RESPONSES_MAX = 200,         /* of one list */
	DNS_SERVERS_MAX = 8,
	POINTS_MAX = 10000,
};

struct milter_settings {
	const char *socket;          /* "unix:PATH" or "inet:PORT@HOST", "fd:N" */
	mode_t mode;
	const char *group;           /* "": as it comes */
	int64_t timeout_us;          /* of an idle session */
};

/* Where rblctl and the daemon meet unless the file says otherwise. */
#define CONTROL_SOCKET "/run/rbl-milter/control.sock"

struct control_settings {
	const char *socket;          /* path of the administrator's socket; "": none */
	mode_t mode;
	const char *group;           /* "": as it comes */
};

struct dnsserver {
	struct sockaddr_storage addr;
	socklen_t addr_len;
	char text[64];               /* "127.0.0.1:53" */
};

struct dns_settings {
	const struct dnsserver *servers;   /* at least one */
	size_t n_servers;
	const char *resolv_conf;     /* for loading only: whose servers these are, where the file names none */
	bool rotate;                 /* each lookup begins with the next of them */
	int64_t timeout_us;          /* of one try */
	int tries;
	int64_t budget_us;           /* how long one message waits in all */
	bool prefetch;               /* ask about the client at connect */
	int max_queries;             /* of one message */
	int max_in_flight;           /* of the whole process */
	bool mixed_case;             /* 0x20 */
};

struct response {
	struct answerpat match;
	unsigned subjects;           /* SUBJECT_BIT()s it counts for */
	int points;
	const char *message, *header;   /* templates: its own, else the list's, else the built-in ones */
};

enum list_kind {
	LIST_BLOCK,
	LIST_ALLOW,          /* a hit exempts the message from all block lists; one with negative points only lowers the score */
};

/* What it means for a refusal that an allow list gives no answer. */
enum on_failure {
	ON_FAILURE_SOFTEN,   /* a refusal of a message that it could have saved is given for now only */
	ON_FAILURE_IGNORE,   /* nothing */
};

/* Test points of a list: what must be listed and what must not (RFC 5782 section 5). */
struct probe_settings {
	bool enabled;
	const char *listed, *unlisted;   /* an address or a domain; NULL: that of the RFC */
};

enum list_mode {
	LIST_ENFORCE,
	LIST_SHADOW,         /* asked, told in the log and counted, never scored and never flagged */
};

/* What a list is asked of a domain. */
enum list_domain {
	LIST_DOMAIN_FULL,            /* all of the name */
	LIST_DOMAIN_REGISTRABLE,     /* what its owner has registered: example.co.uk of mail.example.co.uk */
};

struct list {
	int kind;                    /* enum list_kind */
	const char *name;            /* what people see, never the zone */
	const char *zone, *query;    /* as the file writes them, one of them NULL: for loading only, they may hold a key */
	const char *profile, *key;   /* for loading only; NULL: none */
	struct nameform form;        /* how its questions are made: nobody may see it, since it holds the key */
	const struct dnsserver *server;   /* whom to ask; NULL: those of dns.servers */
	unsigned subjects;           /* SUBJECT_BIT()s it is asked about */
	int domain;                  /* enum list_domain */
	int points;                  /* of the responses that have none of their own; so are the two texts */
	int on_failure;              /* enum on_failure; of block lists nothing */
	const char *message, *header;
	const struct response *responses;
	size_t n_responses;          /* at least one: without any in the file, "whatever counts by default" */
	bool any_response;           /* the file names none: every answer in 127/8 but 127.0.0.1 counts */
	const struct answerpat *refused;
	size_t n_refused;
	bool txt;                    /* ask for the TXT record too */
	bool ipv6;                   /* ask about IPv6 addresses too */
	bool private_too;            /* ask about private addresses too */
	int mode;                    /* enum list_mode */
	bool trusted;                /* a hit fulfils rules that want a trusted list */
	struct probe_settings probe;
	bool brake;                  /* test it at once when it says yes to everybody */
};

/* Verifications that need no list (check.h), in the order of their flag headers. */
enum check_kind { CHECK_MAIL_FROM, CHECK_REVERSE_DNS, CHECK_HELO, CHECKS };

struct check_settings {
	bool enabled;
	bool confirm;                /* of reverse_dns: one of the client's names must lead back to it */
	int points;
	const char *message, *header;
	int mode;                    /* enum list_mode */
};

enum action {
	ACTION_FLAG = 1 << 0,        /* a header a hit */
	ACTION_REJECT = 1 << 1,      /* 5xx */
	ACTION_TEMPFAIL = 1 << 2,    /* 4xx */
	ACTION_PREFIX = 1 << 3,      /* the Subject */
	ACTION_DROP = 1 << 4,        /* 421, and the connection closes */
	ACTION_DISCARD = 1 << 5,     /* accepted and deleted */
	ACTION_QUARANTINE = 1 << 6,  /* held by the MTA */
	ACTION_REROUTE = 1 << 7,     /* to rule->reroute in place of the recipients */
	ACTIONS_REFUSE = ACTION_REJECT | ACTION_TEMPFAIL | ACTION_DROP,
	ACTIONS_MARK = ACTION_FLAG | ACTION_PREFIX,
	/* The recipient does not get the message: that takes hits that are beyond doubt, and exempt recipients are spared it.
	 * Of these a rule has one at most. */
	ACTIONS_WITHHOLD = ACTIONS_REFUSE | ACTION_DISCARD | ACTION_QUARANTINE | ACTION_REROUTE,
};

/* when -> do. A condition that is not given always holds. */
struct rule {
	bool has_points, has_matches;
	int points, matches;         /* at least */
	bool trusted;                /* a trusted list has a hit */
	int unanswered;              /* at least this many lists gave no answer; 0: not given */
	unsigned subjects;           /* only hits on these count; SUBJECT_ALL when not given */
	unsigned actions;            /* enum action */
	const char *reroute;         /* of ACTION_REROUTE: a mail address; NULL: none */
};

struct reply_settings {
	int code;                    /* 500 to 599 */
	const char *enhanced;        /* "5.7.1": its class is that of code */
	bool send_message;           /* false: "550 5.1.1 User unknown" */
};

struct flag_settings {
	const char *header;          /* "X-RBL-Warning" */
	bool strip_forged;
};

struct prefix_settings {
	const char *text;            /* a template */
};

/* How lists are watched. */
struct health_settings {
	int64_t test_every_us, confirm_after_us, recover_after_us;
	int64_t proof_us;            /* how long a good test is good for */
	int64_t refused_pause_us;
	int failing_after;           /* lookups in a row without an answer */
	int64_t retry_first_us, retry_max_us;
};

struct cache_settings {
	bool enabled;
	int max_entries;
	int64_t default_ttl_us;
	bool always_default_ttl;
	int64_t max_ttl_us;
	bool negative;
	int64_t negative_max_ttl_us;
};

struct received_settings {
	struct hop_window smtp, pop;
	struct addrset pop_clients;
	bool skip_from_exempt, skip_authenticated;
};

/* Every condition that is given must hold. */
struct exception_rule {
	struct addrpat client;       /* unset: not given; so are the patterns */
	struct namepat sender, recipient, host, helo;
	const char *const *list_names;   /* for loading only */
	const uint16_t *lists;       /* of ruleset->lists */
	size_t n_lists;              /* 0: it exempts from all */
	const char *until, *note;    /* NULL: not given */
	int64_t ends_s;              /* of the wall clock: from then on it does not hold; INT64_MAX: it always does */
};

struct exception_settings {
	struct addrset clients, trusted_hosts;
	struct nameset hosts, senders, recipients;
	bool authenticated;
	bool recent_logins;          /* exempt clients from which somebody logged in to POP or IMAP (recent.h) */
	int64_t recent_window_us;    /* within this time */
	const struct exception_rule *rules;
	size_t n_rules;
};

struct blocked_settings {
	struct addrset clients, clients_except;
	struct nameset senders, recipients;
	const char *message;         /* a template */
};

enum screen_at {
	SCREEN_AT_RCPT,
	SCREEN_AT_CONNECT,           /* at the door, where most exceptions are not known yet; and at RCPT */
};

/* Who is refused since he was listed before: screen.h */
struct screen_settings {
	bool automatic;              /* clients that a list lists are put there */
	int max_entries, max_bytes;  /* beyond, none is added by itself */
	int64_t ttl_us;              /* of those; INT64_MAX: they stay */
	int at;                      /* enum screen_at */
	const char *message;         /* a template */
};

enum decide_at { DECIDE_AT_RCPT, DECIDE_AT_EOM };

struct ruleset {
	atomic_int refs;
	struct arena arena;          /* everything below points in here */
	struct milter_settings milter;
	struct control_settings control;
	const char *state_dir;       /* "": nothing outlives a restart */
	const char *user;            /* "": stay as we are */
	struct log_settings log;
	bool watch;                  /* reload by itself when a file changes */
	struct dns_settings dns;
	const struct list *lists;
	size_t n_lists;
	struct check_settings check_settings[CHECKS];
	const struct list *checks;   /* a list for each of them, with one response: right behind the others, never asked */
	const struct list *manual;   /* the same for what was added by hand (manual.h): lies behind these */
	unsigned subjects;           /* SUBJECT_BIT()s that some list is asked about */
	struct suffixes *suffixes;   /* owned; NULL: no list wants registrable domains */
	struct received_settings received;
	struct exception_settings exceptions;
	struct addrset relays;       /* our own gateways */
	struct blocked_settings blocked;
	struct screen_settings screen;
	const struct rule *actions;
	size_t n_actions;
	int decide_at;               /* enum decide_at */
	bool stop_on_first_match;    /* once a block list has matched, no other is asked or waited for */
	struct reply_settings reply;
	struct flag_settings flag;
	struct prefix_settings prefix;
	struct cache_settings cache;
	struct health_settings health;
};

/* Empty, with one reference. NULL: out of memory. */
struct ruleset *ruleset_new(void);
struct ruleset *ruleset_ref(struct ruleset *rules);
void ruleset_unref(struct ruleset **rules);   /* sets *rules to NULL; NULL inside is fine */

/* "mail_from", "reverse_dns", "helo": what a check is called. Static. */
const char *check_word(enum check_kind kind);

/* Does any rule do this? any of `actions` */
bool ruleset_may(const struct ruleset *rules, unsigned actions);

/* Is the list asked about domains? */
bool list_has_domains(const struct list *list);
/* Is the list asked about addresses? A list that is asked about both is tested as one of addresses. */
bool list_has_addresses(const struct list *list);
/* Can the list have a hit on one of these subjects (SUBJECT_BIT()s)? */
bool list_can_hit(const struct list *list, unsigned subjects);
/* Can such a hit exempt the message? */
bool list_can_exempt(const struct list *list, unsigned subjects);

#endif
