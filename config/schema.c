/* schema: every key of the configuration, a row each, from the innermost tables to the root.
 * The help is for the manual: whole sentences in plain text, what the key does and why one would change it. */
#include "config/schema.h"

#include <string.h>
#include <syslog.h>

#include "common/keep.h"
#include "common/ruleset.h"
#include "common/template.h"
#include "config/checks.h"
#include "config/duration.h"
#include "config/profile.h"
#include "config/value.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* Where the value goes in the struct of the table, and where the number of elements goes. */
#define AT(type, field) .at = offsetof(type, field)
#define COUNT_AT(type, field) .count_at = offsetof(type, field)

enum { HOPS_MAX = 100, NAMED_PATTERNS_MAX = 50000, CACHE_ENTRIES_MAX = 100000000, SCREEN_BYTES_MAX = 10 << 20 };

/* --- words --- */

static const struct schema_word words_log_to[] = {
	{ "auto", LOG_TARGET_AUTO },
	{ "syslog", LOG_TARGET_SYSLOG },
	{ "stderr", LOG_TARGET_STDERR },
	{ NULL, 0 },
};

static const struct schema_word words_log_level[] = {
	{ "error", LOG_LEVEL_ERROR },
	{ "warning", LOG_LEVEL_WARNING },
	{ "info", LOG_LEVEL_INFO },
	{ "debug", LOG_LEVEL_DEBUG },
	{ NULL, 0 },
};

static const struct schema_word words_log_format[] = {
	{ "text", LOG_FORMAT_TEXT },
	{ "json", LOG_FORMAT_JSON },
	{ NULL, 0 },
};

static const struct schema_word words_facility[] = {
	{ "mail", LOG_MAIL },     { "daemon", LOG_DAEMON }, { "user", LOG_USER },
	{ "local0", LOG_LOCAL0 }, { "local1", LOG_LOCAL1 }, { "local2", LOG_LOCAL2 },
	{ "local3", LOG_LOCAL3 }, { "local4", LOG_LOCAL4 }, { "local5", LOG_LOCAL5 },
	{ "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 }, { NULL, 0 },
};

static const struct schema_word words_kind[] = {
	{ "block", LIST_BLOCK },
	{ "allow", LIST_ALLOW },
	{ NULL, 0 },
};

static const struct schema_word words_on_failure[] = {
	{ "soften", ON_FAILURE_SOFTEN },
	{ "ignore", ON_FAILURE_IGNORE },
	{ NULL, 0 },
};

static const struct schema_word words_subjects[] = {
	{ "client", SUBJECT_BIT(SUBJECT_CLIENT) },
	{ "received", SUBJECT_BIT(SUBJECT_RECEIVED) },
	{ "helo", SUBJECT_BIT(SUBJECT_HELO) },
	{ "sender", SUBJECT_BIT(SUBJECT_SENDER) },
	{ "rdns", SUBJECT_BIT(SUBJECT_RDNS) },
	{ "from", SUBJECT_BIT(SUBJECT_FROM) },
	{ NULL, 0 },
};

static const struct schema_word words_domain[] = {
	{ "full", LIST_DOMAIN_FULL },
	{ "registrable", LIST_DOMAIN_REGISTRABLE },
	{ NULL, 0 },
};

static const struct schema_word words_mode[] = {
	{ "enforce", LIST_ENFORCE },
	{ "shadow", LIST_SHADOW },
	{ NULL, 0 },
};

static const struct schema_word words_do[] = {
	{ "flag", ACTION_FLAG },
	{ "reject", ACTION_REJECT },
	{ "tempfail", ACTION_TEMPFAIL },
	{ "drop", ACTION_DROP },
	{ "discard", ACTION_DISCARD },
	{ "quarantine", ACTION_QUARANTINE },
	{ "prefix", ACTION_PREFIX },
	{ NULL, 0 },
};

static const struct schema_word words_decide_at[] = {
	{ "rcpt", DECIDE_AT_RCPT },
	{ "eom", DECIDE_AT_EOM },
	{ NULL, 0 },
};

static const struct schema_word words_screen_at[] = {
	{ "rcpt", SCREEN_AT_RCPT },
	{ "connect", SCREEN_AT_CONNECT },
	{ NULL, 0 },
};

/* --- milter, control, log, dns --- */

static const struct schema_row rows_milter[] = {
	{ "socket", SCHEMA_SOCKET, AT(struct milter_settings, socket), .fallback = "\"inet:8890@127.0.0.1\"",
	  .check = value_check_socket,
	  .help = "Where the MTA reaches the milter: unix:PATH (an absolute path, faster), inet:PORT@HOST, "
		  "inet6:PORT@HOST, or fd:N for a socket that the service manager passes." },
	{ "mode", SCHEMA_MODE, AT(struct milter_settings, mode), .fallback = "\"0660\"",
	  .help = "The permissions of a UNIX socket. The MTA needs to write to it, and nobody else should." },
	{ "group", SCHEMA_TEXT, AT(struct milter_settings, group), .fallback = "\"\"", .check = value_check_account,
	  .help = "The group of a UNIX socket, for instance the group of the MTA. "
		  "Empty: the group under which the daemon creates it." },
	{ "timeout", SCHEMA_DURATION, AT(struct milter_settings, timeout_us), .min = 10 * DURATION_S, .max = DURATION_D,
	  .fallback = "\"2h\"",
	  .help = "How long a session with the MTA may be silent. "
		  "It must be longer than a slow client may take to hand in a message." },
};

static const struct schema_table table_milter = { rows_milter, COUNT(rows_milter), sizeof(struct milter_settings), NULL };

static const struct schema_row rows_control[] = {
	{ "socket", SCHEMA_TEXT, AT(struct control_settings, socket), .fallback = "\"" CONTROL_SOCKET "\"",
	  .check = value_check_socket_path,
	  .help = "The UNIX socket by which rblctl reaches the daemon, an absolute path. Its directory is made where only that is "
		  "missing. Where the socket cannot be opened, the log says so, and mail flows as ever. Empty: there is none." },
	{ "mode", SCHEMA_MODE, AT(struct control_settings, mode), .fallback = "\"0660\"",
	  .help = "The permissions of the socket. Who can write to it can switch lists off." },
	{ "group", SCHEMA_TEXT, AT(struct control_settings, group), .fallback = "\"\"", .check = value_check_account,
	  .help = "The group of the socket: its members may use rblctl. Empty: the group under which the daemon creates it." },
};

static const struct schema_table table_control = { rows_control, COUNT(rows_control), sizeof(struct control_settings), NULL };

static const struct schema_row rows_log[] = {
	{ "to", SCHEMA_WORD, AT(struct log_settings, target), .words = words_log_to, .fallback = "\"auto\"",
	  .help = "With auto, messages go to stderr in the foreground and to syslog otherwise." },
	{ "level", SCHEMA_WORD, AT(struct log_settings, level), .words = words_log_level, .fallback = "\"info\"",
	  .help = "What is more detailed is left out. There is one info line for every message." },
	{ "format", SCHEMA_WORD, AT(struct log_settings, format), .words = words_log_format, .fallback = "\"text\"",
	  .help = "Lines of key=value pairs as the MTA writes them, or one JSON object a line for programs." },
	{ "facility", SCHEMA_WORD, AT(struct log_settings, facility), .words = words_facility, .fallback = "\"mail\"",
	  .help = "The facility of syslog(3) under which messages are filed." },
};

static const struct schema_table table_log = { rows_log, COUNT(rows_log), sizeof(struct log_settings), NULL };

static const struct schema_row rows_dns[] = {
	{ "servers", SCHEMA_SERVERS, AT(struct dns_settings, servers), COUNT_AT(struct dns_settings, n_servers), .min = 0,
	  .max = DNS_SERVERS_MAX, .fallback = "[]",
	  .help = "The DNS servers to ask, each an address with an optional port: \"127.0.0.1\", \"127.0.0.1:5353\", "
		  "\"[::1]:53\". Empty: those of the system, see resolv_conf. "
		  "A caching resolver of your own is best: many lists refuse to answer public resolvers." },
	{ "resolv_conf", SCHEMA_TEXT, AT(struct dns_settings, resolv_conf), .fallback = "\"/etc/resolv.conf\"",
	  .check = value_check_path,
	  .help = "The file that names the system's DNS servers, as in resolv.conf(5). It is read where servers is empty, again "
		  "at each reload. Of its options, timeout and attempts are taken where timeout and tries do not stand here, and "
		  "with rotate each lookup begins with the next server; the others mean nothing here. Up to eight servers are "
		  "taken; without any it is this machine. Where systemd-resolved runs, /run/systemd/resolve/resolv.conf names the "
		  "servers that it asks itself." },
	{ "timeout", SCHEMA_DURATION, AT(struct dns_settings, timeout_us), .min = 50 * DURATION_MS, .max = 9 * DURATION_S,
	  .otherwise = "that of resolv_conf, else 1s, lowered to what budget holds", .settled = true,
	  .help = "How long one try waits for its answer." },
	{ "tries", SCHEMA_INT, AT(struct dns_settings, tries), .min = 1, .max = 10,
	  .otherwise = "the attempts of resolv_conf for each server, else 3, lowered to what budget holds",
	  .settled = true,
	  .help = "How often a name is asked before it counts as failed. Each try goes to the next server." },
	{ "budget", SCHEMA_DURATION, AT(struct dns_settings, budget_us), .min = 100 * DURATION_MS, .max = 9 * DURATION_S,
	  .fallback = "\"5s\"",
	  .help = "How long one message waits for answers in all. "
		  "Then it is decided without those that are missing: a missing answer is never a hit. "
		  "It must stay below what the MTA grants a milter for a reply, and Sendmail grants 10 seconds." },
	{ "prefetch", SCHEMA_BOOL, AT(struct dns_settings, prefetch), .fallback = "false",
	  .help = "Ask about the client's address as soon as it connects. "
		  "The answers then arrive during the SMTP dialogue, but clients that log in later were asked about too." },
	{ "max_queries", SCHEMA_INT, AT(struct dns_settings, max_queries), .min = 1, .max = 1000, .fallback = "64",
	  .help = "How many lookups one message may cause: the client's first, then those of Received headers, "
		  "the newest first." },
	{ "max_in_flight", SCHEMA_INT, AT(struct dns_settings, max_in_flight), .min = 1, .max = 65535, .fallback = "10000",
	  .help = "How many lookups may be under way at once in the whole daemon. Those beyond fail at once." },
	{ "mixed_case", SCHEMA_BOOL, AT(struct dns_settings, mixed_case), .fallback = "false",
	  .help = "Ask with random upper and lower case letters and insist on getting them back, which makes answers "
		  "harder to forge. For servers across a network; a few servers do not keep the case." },
};

static const struct schema_table table_dns = { rows_dns, COUNT(rows_dns), sizeof(struct dns_settings), checks_dns };

/* --- lists --- */

static const struct schema_row rows_response[] = {
	{ "match", SCHEMA_ANSWERPAT, AT(struct response, match), .required = true,
	  .help = "Which answers are meant. Each address of an answer takes the first response that it matches; responses "
		  "with a bit mask are all tried." },
	{ "points", SCHEMA_INT, AT(struct response, points), .min = -POINTS_MAX, .max = POINTS_MAX,
	  .otherwise = "those of the list", .settled = true, .help = "How heavy this answer weighs." },
	{ "message", SCHEMA_TEMPLATE, AT(struct response, message), .check = template_check, .otherwise = "that of the list",
	  .settled = true,
	  .help = "The text of the refusal." },
	{ "header", SCHEMA_TEMPLATE, AT(struct response, header), .check = template_check, .otherwise = "that of the list",
	  .settled = true,
	  .help = "The text of the flag header." },
	{ "subjects", SCHEMA_WORDS, AT(struct response, subjects), .min = 1, .max = SUBJECT_KINDS, .words = words_subjects,
	  .otherwise = "those of the list", .settled = true,
	  .help = "What this answer counts for. Codes of policy lists, which name dial-up addresses, should count for "
		  "client only: an address in a Received header is often one." },
};

static const struct schema_table table_response = { rows_response, COUNT(rows_response), sizeof(struct response),
						    checks_response };

static const struct schema_row rows_probe[] = {
	{ "listed", SCHEMA_TEXT, AT(struct probe_settings, listed), .check = value_check_point,
	  .otherwise = "127.0.0.2; test for a list of domains",
	  .help = "The address or domain that must be listed." },
	{ "unlisted", SCHEMA_TEXT, AT(struct probe_settings, unlisted), .check = value_check_point,
	  .otherwise = "127.0.0.1; invalid for a list of domains",
	  .help = "The address or domain that must not be listed. "
		  "Names that nobody can have are asked too, which no cache on the way can know, but not where an address "
		  "stands here." },
};

static const struct schema_table table_probe = { rows_probe, COUNT(rows_probe), sizeof(struct probe_settings), NULL };

static const struct schema_row rows_list[] = {
	{ "profile", SCHEMA_PROFILE, AT(struct list, profile), .check = profile_check_name,
	  .otherwise = "none",
	  .help = "A list that the program knows: the file of this name fills in all keys that do not stand here. "
		  "It is looked for in the folder profiles beside the configuration, where your own may stand, then among "
		  "those that came with the program." },
	{ "key", SCHEMA_SECRET, AT(struct list, key), .check = value_check_key, .otherwise = "none",
	  .help = "What replaces {key} in the zone or the query: the text itself, or file:NAME for the one line of a file, "
		  "relative to the directory of the configuration. It is never shown." },
	{ "name", SCHEMA_TEXT, AT(struct list, name), .otherwise = "that of the profile; without one it is required",
	  .check = value_check_list_name, .settled = true,
	  .help = "What logs, headers and replies call the list. The zone is never shown, since it may hold a key. "
		  "Each name stands once." },
	{ "zone", SCHEMA_ZONE, AT(struct list, zone), .otherwise = "that of the profile; without one, zone or query is required",
	  .check = value_check_zone,
	  .help = "The DNS zone that is asked, such as zen.spamhaus.org. {key} in it is replaced." },
	{ "query", SCHEMA_QUERY, AT(struct list, query), .check = value_check_query, .otherwise = "made of the zone",
	  .help = "The name that is asked, in place of the zone: %1 to %4 are the octets of an IPv4 address, as in "
		  "%4.%3.%2.%1.zen.spamhaus.org, and %s is the whole subject, an address reversed as usual, a domain as it is. "
		  "Each of them is a label of its own, between dots. "
		  "A list with octets is asked about IPv4 addresses only. {key} in it is replaced." },
	{ "server", SCHEMA_SERVER, AT(struct list, server), .fallback = "\"*\"",
	  .help = "The DNS server that is asked for this list, an address with an optional port, or \"*\" for those of "
		  "dns.servers." },
	{ "subjects", SCHEMA_WORDS, AT(struct list, subjects), .min = 1, .max = SUBJECT_KINDS, .words = words_subjects,
	  .otherwise = "client and received; client for allow lists", .settled = true,
	  .help = "What the list is asked about: the address of the client, the addresses in Received headers that the key "
		  "received lets through, and the domains of HELO, sender, verified client name and From header. "
		  "Domains are asked as DOMAIN.ZONE, so a list of addresses knows none of them. "
		  "Some lists are made for clients only." },
	{ "domain", SCHEMA_WORD, AT(struct list, domain), .words = words_domain, .fallback = "\"full\"",
	  .help = "What the list is asked about a domain: the whole name, or with registrable only what its owner has "
		  "registered, example.co.uk for mail.example.co.uk, as SURBL and URIBL want it. "
		  "Which names are registered tells the public suffix list of the system, with hosters below which everybody "
		  "gets a name of his own: user.blogspot.com stays itself, and blogspot.com is not asked about, nor is co.uk. "
		  "Hosters that only the list's operator knows of are not told apart." },
	{ "kind", SCHEMA_WORD, AT(struct list, kind), .words = words_kind, .fallback = "\"block\"",
	  .help = "A block list names whom one would rather not hear. "
		  "A hit of an allow list exempts the message from all block lists, or, where its points are negative, only "
		  "lowers the points." },
	{ "on_failure", SCHEMA_WORD, AT(struct list, on_failure), .words = words_on_failure, .fallback = "\"soften\"",
	  .settled = true,
	  .help = "What it means that an allow list gives no answer. With soften, a message that would be refused for good or "
		  "discarded, and would not if the list had a hit, is refused for now (451 4.7.1), so that it comes again. "
		  "With ignore, and for block lists always, it means nothing." },
	{ "responses", SCHEMA_OBJECTS, AT(struct list, responses), COUNT_AT(struct list, n_responses), .min = 0,
	  .max = RESPONSES_MAX, .table = &table_response, .fallback = "[]",
	  .help = "What the answers of the list mean, tried from top to bottom. An answer that none of them names is no hit. "
		  "Without any, all of 127.0.0.0/8 is a hit but for 127.0.0.1 and the refused codes." },
	{ "message", SCHEMA_TEMPLATE, AT(struct list, message), .check = template_check,
	  .fallback = "\"Mail is refused: {subject} is listed by {list}\"",
	  .help = "The text of a refusal, for responses without their own." },
	{ "header", SCHEMA_TEMPLATE, AT(struct list, header), .check = template_check,
	  .fallback = "\"{subject} is listed by {list} ({answer})\"",
	  .help = "The text of the flag header, for responses without their own." },
	{ "points", SCHEMA_INT, AT(struct list, points), .min = -POINTS_MAX, .max = POINTS_MAX, .fallback = "100",
	  .settled = true,
	  .help = "How heavy a hit weighs, for responses without their own. "
		  "Those of an allow list are negative, or left out: then its hits exempt." },
	{ "trusted", SCHEMA_BOOL, AT(struct list, trusted), .fallback = "false",
	  .help = "A hit of this list fulfils the condition trusted of a rule. So does what was added by hand." },
	{ "refused", SCHEMA_ANSWERPATS, AT(struct list, refused), COUNT_AT(struct list, n_refused), .min = 0,
	  .max = NAMED_PATTERNS_MAX, .fallback = "[\"127.255.255.*\"]",
	  .help = "Answers by which the list says that it does not serve your resolver. They are never a hit. "
		  "127.255.255.* is always one of them." },
	{ "txt", SCHEMA_BOOL, AT(struct list, txt), .fallback = "false",
	  .help = "Ask for the TXT record too, at the same time: the text in which the list says why. It stands for {reason} in "
		  "messages and headers, and costs a lookup more for every subject." },
	{ "ipv6", SCHEMA_BOOL, AT(struct list, ipv6), .fallback = "true",
	  .help = "Ask about IPv6 addresses too. Set it to false for a list that knows none." },
	{ "private", SCHEMA_BOOL, AT(struct list, private_too), .fallback = "false",
	  .help = "Ask about private addresses too, for a list of your own. 127.0.0.0/8 and ::1 are never asked." },
	{ "mode", SCHEMA_WORD, AT(struct list, mode), .words = words_mode, .fallback = "\"enforce\"",
	  .help = "With shadow, the list is asked and its hits are told in the log and counted, but they never score and "
		  "never flag: try a list before you trust it." },
	{ "probe", SCHEMA_SWITCH, AT(struct list, probe), COUNT_AT(struct list, probe.enabled), .table = &table_probe,
	  .fallback = "true",
	  .help = "Test from time to time whether the list is sane, by names of which the answer is known. "
		  "A list that lists the whole world is suspended until its answers are right again, and a refusal rests only "
		  "on a list that has passed a test lately. "
		  "False for a list without test entries, such as one of your own." },
	{ "brake", SCHEMA_BOOL, AT(struct list, brake), .fallback = "true",
	  .help = "Test the list at once when it suddenly says yes to everybody: more client networks in a row than chance "
		  "allows, or 49 of the last 50 and three times as many as usual. Until the test is back its hits only flag." },
};

static const struct schema_table table_list = { rows_list, COUNT(rows_list), sizeof(struct list), checks_list };

/* --- received, exceptions --- */

static const struct schema_row rows_hop_window[] = {
	{ "enabled", SCHEMA_BOOL, AT(struct hop_window, enabled), .fallback = "false",
	  .help = "Look up the addresses of Received headers." },
	{ "check", SCHEMA_INT, AT(struct hop_window, check), .min = 0, .max = HOPS_MAX, .fallback = "0",
	  .help = "How many headers are looked at, of those that are left. 0: all." },
	{ "skip_newest", SCHEMA_INT, AT(struct hop_window, skip_newest), .min = 0, .max = HOPS_MAX, .fallback = "0",
	  .help = "How many of the newest headers are left out, for instance those of your own gateways." },
	{ "skip_oldest", SCHEMA_INT, AT(struct hop_window, skip_oldest), .min = 0, .max = HOPS_MAX, .fallback = "1",
	  .help = "How many of the oldest headers are left out. "
		  "The oldest one often holds the writer's own dial-up address, which policy lists name with good reason." },
};

static const struct schema_table table_hop_window = { rows_hop_window, COUNT(rows_hop_window), sizeof(struct hop_window),
						      NULL };

static const struct schema_row rows_received[] = {
	{ "smtp", SCHEMA_OBJECT, AT(struct received_settings, smtp), .table = &table_hop_window,
	  .help = "For mail that comes in over SMTP. Headers are counted newest first as the message carried them: "
		  "the oldest and newest are left out, then check of the others are looked at." },
	{ "pop", SCHEMA_OBJECT, AT(struct received_settings, pop), .table = &table_hop_window,
	  .help = "The same for mail from pop_clients." },
	{ "pop_clients", SCHEMA_ADDRSET, AT(struct received_settings, pop_clients), .min = 0, .max = NAMED_PATTERNS_MAX,
	  .fallback = "[]",
	  .help = "Who hands in mail that was fetched from elsewhere over POP or IMAP, a fetchmail on this host, say: "
		  "127.0.0.1. Its mail follows pop in place of smtp, and neither its address, its name nor its HELO name is "
		  "looked up; the sender and the Received addresses are." },
	{ "skip_from_exempt", SCHEMA_BOOL, AT(struct received_settings, skip_from_exempt), .fallback = "true",
	  .help = "Look at no Received headers of mail from clients that are exempt. This is not for pop_clients." },
	{ "skip_authenticated", SCHEMA_BOOL, AT(struct received_settings, skip_authenticated), .fallback = "true",
	  .help = "Leave out headers that tell of a login (with ESMTPA and the like): their address is a user's own." },
};

static const struct schema_table table_received = { rows_received, COUNT(rows_received), sizeof(struct received_settings),
						    NULL };

static const struct schema_row rows_exception[] = {
	{ "client", SCHEMA_ADDRPAT, AT(struct exception_rule, client), .otherwise = "anybody",
	  .help = "The client's address." },
	{ "sender", SCHEMA_NAMEPAT, AT(struct exception_rule, sender), .otherwise = "anybody",
	  .check = value_check_mail_pattern, .help = "The sender's address; \"<>\" is the null sender." },
	{ "recipient", SCHEMA_NAMEPAT, AT(struct exception_rule, recipient), .otherwise = "anybody",
	  .check = value_check_mail_pattern,
	  .help = "A recipient's address. With it, the rule exempts this recipient only, as exceptions.recipients does: "
		  "lists are asked all the same." },
	{ "host", SCHEMA_NAMEPAT, AT(struct exception_rule, host), .otherwise = "anybody",
	  .check = value_check_host_pattern, .help = "The client's verified name." },
	{ "helo", SCHEMA_NAMEPAT, AT(struct exception_rule, helo), .otherwise = "anybody",
	  .check = value_check_host_pattern, .help = "The name with which the client greets. Anybody can say any." },
	{ "lists", SCHEMA_NAMES, AT(struct exception_rule, list_names), COUNT_AT(struct exception_rule, n_lists), .min = 1,
	  .max = LISTS_MAX, .otherwise = "all",
	  .help = "Names of lists, or of checks: the rule exempts from these alone, and the others count." },
	{ "until", SCHEMA_TEXT, AT(struct exception_rule, until), .otherwise = "for ever", .check = value_check_date,
	  .help = "The last day of the rule, such as \"2027-01-31\". It ends with that day, in UTC, and is reported whenever "
		  "the configuration is loaded later." },
	{ "note", SCHEMA_TEXT, AT(struct exception_rule, note), .otherwise = "none", .help = "For whoever reads it." },
};

static const struct schema_table table_exception = { rows_exception, COUNT(rows_exception), sizeof(struct exception_rule),
						     checks_exception };

static const struct schema_row rows_exceptions[] = {
	{ "clients", SCHEMA_ADDRSET, AT(struct exception_settings, clients), .min = 0, .max = NAMED_PATTERNS_MAX,
	  .fallback = "[]",
	  .help = "Clients that no list is asked about. 127.0.0.0/8 and ::1 always belong to them." },
	{ "hosts", SCHEMA_NAMESET, AT(struct exception_settings, hosts), .min = 0, .max = NAMED_PATTERNS_MAX,
	  .fallback = "[]", .check = value_check_host_pattern,
	  .help = "Clients by their verified name: one that leads back to the address. The others have none." },
	{ "senders", SCHEMA_NAMESET, AT(struct exception_settings, senders), .min = 0, .max = NAMED_PATTERNS_MAX,
	  .fallback = "[]", .check = value_check_mail_pattern,
	  .help = "Senders about whose mail no list is asked. Anybody can write any sender: a rule that names the client too "
		  "is safer." },
	{ "recipients", SCHEMA_NAMESET, AT(struct exception_settings, recipients), .min = 0, .max = NAMED_PATTERNS_MAX,
	  .fallback = "[\"postmaster@*\", \"abuse@*\"]", .check = value_check_mail_pattern,
	  .help = "Recipients who get their mail whatever the verdict. Lists are asked; a refusal then applies to the other "
		  "recipients, and what is decided only after the message was sent is delivered to all, flagged." },
	{ "authenticated", SCHEMA_BOOL, AT(struct exception_settings, authenticated), .fallback = "true",
	  .help = "Never ask about a session that logged in." },
	{ "trusted_hosts", SCHEMA_ADDRSET, AT(struct exception_settings, trusted_hosts), .min = 0, .max = NAMED_PATTERNS_MAX,
	  .fallback = "[]",
	  .help = "Addresses of servers that you trust, for whoever keeps them apart from clients. They are exempt in the same "
		  "way: as the client, and in Received headers." },
	{ "recent_logins", SCHEMA_BOOL, AT(struct exception_settings, recent_logins), .fallback = "false",
	  .help = "Exempt clients from whose address somebody has logged in to POP or IMAP lately, as \"rblctl recent add\" "
		  "reports it. For users who write without a login of their own. Reports do not outlive a restart." },
	{ "recent_window", SCHEMA_DURATION, AT(struct exception_settings, recent_window_us), .min = DURATION_S,
	  .max = 7 * DURATION_D, .fallback = "\"2m\"",
	  .help = "How long such a report is good for. Longer is for users who fetch their mail seldom; the next one "
		  "who gets the address from a provider is then exempt too." },
	{ "rules", SCHEMA_OBJECTS, AT(struct exception_settings, rules), COUNT_AT(struct exception_settings, n_rules),
	  .min = 0, .max = RULES_MAX, .table = &table_exception, .fallback = "[]",
	  .help = "Exceptions with conditions, of which all that are given must hold." },
};

static const struct schema_table table_exceptions = { rows_exceptions, COUNT(rows_exceptions),
						      sizeof(struct exception_settings), NULL };

static const struct schema_row rows_blocked[] = {
	{ "clients", SCHEMA_ADDRSET, AT(struct blocked_settings, clients), .min = 0, .max = NAMED_PATTERNS_MAX,
	  .fallback = "[]", .help = "Clients that are refused." },
	{ "senders", SCHEMA_NAMESET, AT(struct blocked_settings, senders), .min = 0, .max = NAMED_PATTERNS_MAX,
	  .fallback = "[]", .check = value_check_mail_pattern, .help = "Senders that are refused." },
	{ "recipients", SCHEMA_NAMESET, AT(struct blocked_settings, recipients), .min = 0, .max = NAMED_PATTERNS_MAX,
	  .fallback = "[]", .check = value_check_mail_pattern,
	  .help = "Recipients who take no mail from outside. The others of a message still get it." },
	{ "clients_except", SCHEMA_ADDRSET, AT(struct blocked_settings, clients_except), .min = 0, .max = NAMED_PATTERNS_MAX,
	  .fallback = "[]",
	  .help = "Out of clients, those that are not refused. They are looked up like everybody else." },
	{ "message", SCHEMA_TEMPLATE, AT(struct blocked_settings, message), .check = template_check,
	  .fallback = "\"{subject} is refused here\"",
	  .help = "The text of the refusal. {subject} is the client, the sender or the recipient, {list} the word blocked." },
};

static const struct schema_table table_blocked = { rows_blocked, COUNT(rows_blocked), sizeof(struct blocked_settings),
						   NULL };

static const struct schema_row rows_screen[] = {
	{ "auto", SCHEMA_BOOL, AT(struct screen_settings, automatic), .fallback = "false",
	  .help = "Put every client there that a block list lists, whatever its points, as long as they are more than none: it "
		  "is refused from then on, without a lookup. Only a list counts that is in force and has passed a test within "
		  "health.proof, or has no test points (probe); what a list has put there goes when the list is suspended. "
		  "Addresses of Received headers, clients behind relays, exempt clients and those whom an allow list saves are "
		  "never put there." },
	{ "max_entries", SCHEMA_INT, AT(struct screen_settings, max_entries), .min = 1, .max = KEEP_MAX, .fallback = "500",
	  .help = "When so many addresses are there, no more is added by itself. By hand still, up to 100000. "
		  "Those that were added by hand count too." },
	{ "max_bytes", SCHEMA_INT, AT(struct screen_settings, max_bytes), .min = 1, .max = SCREEN_BYTES_MAX,
	  .fallback = "20480",
	  .help = "The same for the bytes of all addresses as text, a line end for each: 192.0.2.1 has ten." },
	{ "ttl", SCHEMA_DURATION, AT(struct screen_settings, ttl_us), .min = DURATION_S, .max = 3650 * DURATION_D,
	  .never = true, .fallback = "\"never\"",
	  .help = "After what time an address that was added by itself is let go. It is looked up again when it comes "
		  "again." },
	{ "at", SCHEMA_WORD, AT(struct screen_settings, at), .words = words_screen_at, .fallback = "\"rcpt\"",
	  .help = "With rcpt, the client is refused for each recipient, and all exceptions hold. "
		  "With connect it is turned away at the door, which spares the most work; but the text reaches nobody, or only "
		  "some, and only those exceptions hold that are known by then: address, verified name, recent login. "
		  "A user's login, the sender and the recipient, postmaster say, no longer save anybody." },
	{ "message", SCHEMA_TEMPLATE, AT(struct screen_settings, message), .check = template_check,
	  .fallback = "\"{subject} is refused here\"",
	  .help = "The text of the refusal. {subject} is the client, {list} the word screen." },
};

static const struct schema_table table_screen = { rows_screen, COUNT(rows_screen), sizeof(struct screen_settings), NULL };

/* --- checks --- */

#define CHECK_ROWS(texts_message, texts_header) \
	{ "enabled", SCHEMA_BOOL, AT(struct check_settings, enabled), .fallback = "false", .help = "Make this check." }, \
	{ "points", SCHEMA_INT, AT(struct check_settings, points), .min = 0, .max = POINTS_MAX, .fallback = "100", \
	  .help = "How heavy it weighs that the check fails." }, \
	{ "message", SCHEMA_TEMPLATE, AT(struct check_settings, message), .check = template_check, \
	  .fallback = "\"" texts_message "\"", .help = "The text of the refusal. {reason} is one word, as in the log." }, \
	{ "header", SCHEMA_TEMPLATE, AT(struct check_settings, header), .check = template_check, \
	  .fallback = "\"" texts_header "\"", .help = "The text of the flag header." }, \
	{ "mode", SCHEMA_WORD, AT(struct check_settings, mode), .words = words_mode, .fallback = "\"enforce\"", \
	  .help = "With shadow, a failure is told in the log, but never scores and never flags." }

static const struct schema_row rows_mail_from[] = {
	CHECK_ROWS("Mail is refused: the sender's domain {subject} takes no mail ({reason})",
		   "{subject}, the sender's domain, takes no mail ({list} {reason})"),
};

static const struct schema_row rows_reverse_dns[] = {
	CHECK_ROWS("Mail is refused: {subject} has no valid name in the DNS ({reason})",
		   "{subject} has no valid name in the DNS ({list} {reason})"),
	{ "confirm", SCHEMA_BOOL, AT(struct check_settings, confirm), .fallback = "true",
	  .help = "One of the client's names must lead back to its address. Up to ten names are looked at; where there are more, "
		  "the check does not fail." },
};

static const struct schema_row rows_helo[] = {
	CHECK_ROWS("Mail is refused: the HELO name {subject} is not valid ({reason})",
		   "{subject} is not a valid HELO name ({list} {reason})"),
};

static const struct schema_table table_mail_from = { rows_mail_from, COUNT(rows_mail_from), sizeof(struct check_settings),
						     NULL };
static const struct schema_table table_reverse_dns = { rows_reverse_dns, COUNT(rows_reverse_dns),
						       sizeof(struct check_settings), NULL };
static const struct schema_table table_helo = { rows_helo, COUNT(rows_helo), sizeof(struct check_settings), NULL };

/* The settings lie in the rule set as an array. */
static const struct schema_row rows_checks[] = {
	{ "mail_from", SCHEMA_OBJECT, .at = CHECK_MAIL_FROM * sizeof(struct check_settings), .table = &table_mail_from,
	  .help = "The sender's domain must have an MX, an A or an AAAA record, and no null MX (RFC 7505). "
		  "The null sender passes, and so does a sound address literal." },
	{ "reverse_dns", SCHEMA_OBJECT, .at = CHECK_REVERSE_DNS * sizeof(struct check_settings), .table = &table_reverse_dns,
	  .help = "The client's address must have a name (PTR). Where the MTA has verified one, nobody is asked." },
	{ "helo", SCHEMA_OBJECT, .at = CHECK_HELO * sizeof(struct check_settings), .table = &table_helo,
	  .help = "The name of HELO must have an A or AAAA record, or be an address literal such as [192.0.2.1], the client's "
		  "own. It is not checked that the name is the client's. A client that says no HELO passes: that is for the MTA." },
};

static const struct schema_table table_checks = { rows_checks, COUNT(rows_checks), CHECKS * sizeof(struct check_settings),
						  NULL };

/* --- actions, reply, flag --- */

static const struct schema_row rows_when[] = {
	{ "points", SCHEMA_INT, AT(struct rule, points), .min = 1, .max = 100 * POINTS_MAX, .otherwise = "any number",
	  .help = "The hits together weigh at least this much." },
	{ "matches", SCHEMA_INT, AT(struct rule, matches), .min = 1, .max = LISTS_MAX, .otherwise = "any number",
	  .help = "At least this many lists and checks have a hit." },
	{ "trusted", SCHEMA_BOOL, AT(struct rule, trusted), .fallback = "false",
	  .help = "A list that is trusted has a hit. False is no condition." },
	{ "unanswered", SCHEMA_INT, AT(struct rule, unanswered), .min = 1, .max = LISTS_MAX, .otherwise = "any number",
	  .help = "At least this many block lists gave no answer, were it to one question only; a list that is left alone for "
		  "now, since it does not answer or is not sane, is one of them. Shadow lists and checks do not count. "
		  "For those who would rather defer mail than let it through unchecked." },
	{ "subjects", SCHEMA_WORDS, AT(struct rule, subjects), .min = 1, .max = SUBJECT_KINDS, .words = words_subjects,
	  .fallback = "[\"client\", \"received\", \"helo\", \"sender\", \"rdns\", \"from\"]",
	  .help = "Only hits on these are counted for this rule." },
};

/* The condition's keys lie in the rule itself. */
static const struct schema_table table_when = { rows_when, COUNT(rows_when), sizeof(struct rule), NULL };

static const struct schema_row rows_do[] = {
	{ "reroute", SCHEMA_TEXT, AT(struct rule, reroute), .required = true, .check = value_check_mailbox,
	  .help = "The message goes to this mail address in place of its recipients, who are told in the header "
		  "X-RBL-Original-To. Where the MTA cannot change all of it, the message is refused for now." },
};

/* So does what is done with a value. */
static const struct schema_table table_do = { rows_do, COUNT(rows_do), sizeof(struct rule), NULL };

static const struct schema_row rows_rule[] = {
	{ "when", SCHEMA_OBJECT, .at = 0, .table = &table_when,
	  .help = "The conditions; all that are given must hold." },
	{ "do", SCHEMA_WORDS, AT(struct rule, actions), .min = 0, .max = 10, .words = words_do, .table = &table_do,
	  .required = true,
	  .help = "What is done: flag adds one header for each hit, prefix marks the Subject, reject refuses for good (5xx), "
		  "tempfail refuses for now (4xx), drop does so and closes the connection (421), discard accepts the message and "
		  "deletes it, quarantine lets the MTA hold it, {\"reroute\": \"spam@example.org\"} sends it there. "
		  "One of the last six at most; flag and prefix go with each other, with quarantine and with reroute. "
		  "Refusals are given as early as decide_at says, the others at the end of the message. "
		  "An empty array lets the message pass as it is." },
};

static const struct schema_table table_rule = { rows_rule, COUNT(rows_rule), sizeof(struct rule), checks_rule };

static const struct schema_row rows_reply[] = {
	{ "code", SCHEMA_INT, AT(struct reply_settings, code), .min = 500, .max = 599, .fallback = "550",
	  .help = "The SMTP code of a refusal for good." },
	{ "enhanced", SCHEMA_TEXT, AT(struct reply_settings, enhanced), .fallback = "\"5.7.1\"",
	  .check = value_check_enhanced,
	  .help = "The enhanced status code (RFC 3463) of a refusal for good. It begins with the digit of code." },
	{ "send_message", SCHEMA_BOOL, AT(struct reply_settings, send_message), .fallback = "true",
	  .help = "Tell the sender why, with the message of the hit. False: \"550 5.1.1 User unknown\" is all that is said." },
};

static const struct schema_table table_reply = { rows_reply, COUNT(rows_reply), sizeof(struct reply_settings),
						 checks_reply };

static const struct schema_row rows_flag[] = {
	{ "header", SCHEMA_TEXT, AT(struct flag_settings, header), .fallback = "\"X-RBL-Warning\"",
	  .check = value_check_header_name, .help = "The name of the header that flags a message, one for each hit." },
	{ "strip_forged", SCHEMA_BOOL, AT(struct flag_settings, strip_forged), .fallback = "true",
	  .help = "Remove such headers that a message brings along, so that nobody else can flag your mail." },
};

static const struct schema_table table_flag = { rows_flag, COUNT(rows_flag), sizeof(struct flag_settings), NULL };

static const struct schema_row rows_prefix[] = {
	{ "text", SCHEMA_TEMPLATE, AT(struct prefix_settings, text), .check = template_check, .fallback = "\"[SPAM] \"",
	  .help = "What is put before the Subject, once: not where it stands already, nor behind \"Re:\" and the like, nor within "
		  "encoded words. Write it in ASCII where you can; what is not is encoded (RFC 2047)." },
};

static const struct schema_table table_prefix = { rows_prefix, COUNT(rows_prefix), sizeof(struct prefix_settings),
						  checks_prefix };

/* --- cache --- */

static const struct schema_row rows_health[] = {
	{ "test_every", SCHEMA_DURATION, AT(struct health_settings, test_every_us), .min = DURATION_S, .max = DURATION_D,
	  .fallback = "\"10m\"", .help = "How often the test points of a list are asked, a fifth more or less." },
	{ "confirm_after", SCHEMA_DURATION, AT(struct health_settings, confirm_after_us), .min = DURATION_S,
	  .max = DURATION_H, .fallback = "\"30s\"",
	  .help = "When a test that failed is made again. A second failure suspends the list. "
		  "It is one second where mail gave the reason for the test." },
	{ "recover_after", SCHEMA_DURATION, AT(struct health_settings, recover_after_us), .min = DURATION_S,
	  .max = DURATION_D, .fallback = "\"60s\"",
	  .help = "How often a suspended list is tested. Two good tests in a row bring it back." },
	{ "proof", SCHEMA_DURATION, AT(struct health_settings, proof_us), .min = DURATION_S, .max = DURATION_D,
	  .fallback = "\"1m\"",
	  .help = "How long a good test is good for. A message that would be refused on the word of a list whose last good "
		  "test is older waits for a new test first, within dns.budget." },
	{ "refused_pause", SCHEMA_DURATION, AT(struct health_settings, refused_pause_us), .min = DURATION_S,
	  .max = DURATION_D, .fallback = "\"5m\"",
	  .help = "How long a list is left alone that says that it does not serve your resolver." },
	{ "failing_after", SCHEMA_INT, AT(struct health_settings, failing_after), .min = 1, .max = 1000, .fallback = "5",
	  .help = "After how many lookups in a row without any answer a list is asked in the background only." },
	{ "retry_first", SCHEMA_DURATION, AT(struct health_settings, retry_first_us), .min = DURATION_S, .max = DURATION_H,
	  .fallback = "\"5s\"", .help = "The first pause between two such questions; each is twice as long as the last." },
	{ "retry_max", SCHEMA_DURATION, AT(struct health_settings, retry_max_us), .min = DURATION_S, .max = DURATION_D,
	  .fallback = "\"5m\"", .help = "The longest of these pauses." },
};

static const struct schema_table table_health = { rows_health, COUNT(rows_health), sizeof(struct health_settings),
						  NULL };

static const struct schema_row rows_cache[] = {
	{ "enabled", SCHEMA_BOOL, AT(struct cache_settings, enabled), .fallback = "true",
	  .help = "Keep answers, so that the next message from the same address asks nobody." },
	{ "max_entries", SCHEMA_INT, AT(struct cache_settings, max_entries), .min = 1, .max = CACHE_ENTRIES_MAX,
	  .fallback = "100000", .help = "How many answers are kept. A full cache lets go what expires soonest." },
	{ "default_ttl", SCHEMA_DURATION, AT(struct cache_settings, default_ttl_us), .min = DURATION_S, .max = 7 * DURATION_D,
	  .fallback = "\"60m\"", .help = "How long a listing is kept where always_default_ttl is set, whatever max_ttl says." },
	{ "always_default_ttl", SCHEMA_BOOL, AT(struct cache_settings, always_default_ttl), .fallback = "false",
	  .help = "Keep listings for default_ttl in place of the time that the list gave." },
	{ "max_ttl", SCHEMA_DURATION, AT(struct cache_settings, max_ttl_us), .min = DURATION_S, .max = 7 * DURATION_D,
	  .fallback = "\"1h\"", .help = "No listing is kept longer than this." },
	{ "negative", SCHEMA_BOOL, AT(struct cache_settings, negative), .fallback = "true",
	  .help = "Keep also that an address is not listed, for the negative TTL of the zone (RFC 2308)." },
	{ "negative_max_ttl", SCHEMA_DURATION, AT(struct cache_settings, negative_max_ttl_us), .min = DURATION_S,
	  .max = 3 * DURATION_H, .fallback = "\"60s\"",
	  .help = "No \"not listed\" is kept longer than this. Short, since spammers are listed within minutes." },
};

static const struct schema_table table_cache = { rows_cache, COUNT(rows_cache), sizeof(struct cache_settings), NULL };

/* --- the root --- */

static const struct schema_row rows_root[] = {
	{ "milter", SCHEMA_OBJECT, AT(struct ruleset, milter), .table = &table_milter, .help = "The socket for the MTA." },
	{ "control", SCHEMA_OBJECT, AT(struct ruleset, control), .table = &table_control,
	  .help = "The socket for the administrator's command, rblctl." },
	{ "state_dir", SCHEMA_TEXT, AT(struct ruleset, state_dir), .fallback = "\"" STATE_DIR "\"",
	  .check = value_check_directory,
	  .help = "Where the daemon keeps what outlives a restart, in the file state.db: answers of the lists, the "
		  "addresses that were added by hand, and the screen. The directory must exist and belong to the daemon's user. "
		  "Where it cannot be used, the log says so, and mail flows as ever. Empty: nothing is kept." },
	{ "user", SCHEMA_TEXT, AT(struct ruleset, user), .fallback = "\"\"", .check = value_check_account,
	  .help = "The user as whom the daemon runs once its sockets are open. Empty: the user who started it." },
	{ "log", SCHEMA_OBJECT, AT(struct ruleset, log), .table = &table_log, .help = "What is told, and where." },
	{ "watch", SCHEMA_BOOL, AT(struct ruleset, watch), .fallback = "false",
	  .help = "Reload by itself when the configuration has changed, or a file that it names: a list of patterns, a key, a "
		  "profile, dns.resolv_conf. It waits until no change has come for half a second, five seconds at most. Links may be swapped and "
		  "files replaced; only what another machine does to a network file system is not seen." },
	{ "dns", SCHEMA_OBJECT, AT(struct ruleset, dns), .table = &table_dns,
	  .help = "How lists are asked. Where DNS fails, mail flows: a lookup that failed is never a hit." },
	{ "lists", SCHEMA_OBJECTS, AT(struct ruleset, lists), COUNT_AT(struct ruleset, n_lists), .min = 0, .max = LISTS_MAX,
	  .table = &table_list, .fallback = "[]",
	  .help = "The lists that are asked. Their order is the order of the flag headers." },
	{ "checks", SCHEMA_OBJECT, AT(struct ruleset, check_settings), .table = &table_checks,
	  .help = "Verifications that need no list. One that fails is a hit, by the name of the check, on the client, the HELO "
		  "name or the sender. No answer is no failure. They are not made where lists are not asked: for exempt clients and "
		  "messages; nor are reverse_dns and helo for clients with private addresses, and helo for mail from relays." },
	{ "received", SCHEMA_OBJECT, AT(struct ruleset, received), .table = &table_received,
	  .help = "Which Received headers are looked at. Anybody can write one, so think before you refuse mail for them." },
	{ "exceptions", SCHEMA_OBJECT, AT(struct ruleset, exceptions), .table = &table_exceptions,
	  .help = "Whom no list is asked about." },
	{ "relays", SCHEMA_ADDRSET, AT(struct ruleset, relays), .min = 0, .max = NAMED_PATTERNS_MAX, .fallback = "[]",
	  .help = "Your own gateways and backup MXes. The client of mail from one is the newest Received address that is none "
		  "of them, and Received headers are counted from the one behind it. Such mail is decided when it has been sent." },
	{ "blocked", SCHEMA_OBJECT, AT(struct ruleset, blocked), .table = &table_blocked,
	  .help = "Who is refused for each recipient, without any lookup. Exceptions go first." },
	{ "screen", SCHEMA_OBJECT, AT(struct ruleset, screen), .table = &table_screen,
	  .help = "Clients who are refused without any lookup since they were listed before, or were added by hand with rblctl. "
		  "Exceptions go first. The screen outlives a restart." },
	{ "actions", SCHEMA_OBJECTS, AT(struct ruleset, actions), COUNT_AT(struct ruleset, n_actions), .min = 0,
	  .max = RULES_MAX, .table = &table_rule,
	  .fallback = "[{\"when\": {\"points\": 100, \"subjects\": [\"client\", \"helo\", \"sender\", \"rdns\"]}, "
		      "\"do\": [\"reject\"]}, {\"when\": {\"matches\": 1}, \"do\": [\"flag\"]}]",
	  .help = "The rules, read from top to bottom. The first one that holds says all that is done. "
		  "By default, what is found only in Received headers is flagged and not refused." },
	{ "decide_at", SCHEMA_WORD, AT(struct ruleset, decide_at), .words = words_decide_at, .fallback = "\"rcpt\"",
	  .help = "With rcpt, a refusal that already holds is given at the first recipient, before the message is sent. "
		  "With eom, everything is decided at the end of the message." },
	{ "stop_on_first_match", SCHEMA_BOOL, AT(struct ruleset, stop_on_first_match), .fallback = "false",
	  .help = "Once a block list has matched, no further block list is asked, and none that was asked is waited for. "
		  "This saves lookups; points and matches are then those of the first answer. "
		  "Allow lists are asked all the same, since they may save the message." },
	{ "reply", SCHEMA_OBJECT, AT(struct ruleset, reply), .table = &table_reply, .help = "What a refused sender is told." },
	{ "flag", SCHEMA_OBJECT, AT(struct ruleset, flag), .table = &table_flag, .help = "The header of flagged messages." },
	{ "prefix", SCHEMA_OBJECT, AT(struct ruleset, prefix), .table = &table_prefix,
	  .help = "The Subject of messages that a rule gives a prefix." },
	{ "cache", SCHEMA_OBJECT, AT(struct ruleset, cache), .table = &table_cache,
	  .help = "How long answers are kept. Failures are never kept." },
	{ "health", SCHEMA_OBJECT, AT(struct ruleset, health), .table = &table_health,
	  .help = "How lists are watched. What is told when one goes wrong is in rbl-milter(8)." },
};

const struct schema_table schema_root = { rows_root, COUNT(rows_root), sizeof(struct ruleset), checks_root };

const struct schema_row *schema_row(const struct schema_table *table, const char *key)
{
	for (size_t i = 0; i < table->n_rows; i++)
		if (strcmp(table->rows[i].key, key) == 0)
			return &table->rows[i];
	return NULL;
}

const char *schema_type_text(enum schema_type type)
{
	static const char *const texts[SCHEMA_TYPES] = {
		[SCHEMA_BOOL] = "true or false",
		[SCHEMA_INT] = "whole number",
		[SCHEMA_DURATION] = "duration",
		[SCHEMA_TEXT] = "text",
		[SCHEMA_TEMPLATE] = "template",
		[SCHEMA_ZONE] = "domain name",
		[SCHEMA_QUERY] = "lookup expression",
		[SCHEMA_SECRET] = "text or \"file:NAME\"",
		[SCHEMA_PROFILE] = "name of a profile",
		[SCHEMA_SOCKET] = "socket",
		[SCHEMA_MODE] = "octal mode in quotes",
		[SCHEMA_WORD] = "one of",
		[SCHEMA_WORDS] = "array of",
		[SCHEMA_ADDRSET] = "array of address patterns",
		[SCHEMA_ADDRPAT] = "address pattern",
		[SCHEMA_NAMESET] = "array of name patterns",
		[SCHEMA_NAMEPAT] = "name pattern",
		[SCHEMA_NAMES] = "array of names",
		[SCHEMA_ANSWERPAT] = "answer pattern",
		[SCHEMA_ANSWERPATS] = "array of answer patterns",
		[SCHEMA_SERVER] = "server or \"*\"",
		[SCHEMA_SERVERS] = "array of servers",
		[SCHEMA_OBJECT] = "object",
		[SCHEMA_SWITCH] = "true, false or an object",
		[SCHEMA_OBJECTS] = "array of objects",
	};

	return texts[type];
}
