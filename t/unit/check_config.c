/* Tests of config: broken files with every fault that is expected, what sound ones become, pattern files, and thousands of
 * mutations of a sound file. The samples that are shipped are loaded too. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "common/listset.h"
#include "config/config.h"
#include "config/duration.h"
#include "config/textfile.h"
#include "t/unit/suites.h"

#define LIST "\"lists\": [{\"name\": \"a\", \"zone\": \"a.example\"}]"

static struct ruleset *parse(const char *json, struct faults *faults)
{
	faults_init(faults);
	return config_parse(json, strlen(json), "t.json", faults);
}

/* All lines, in one text. free() it. */
static char *lines_of(const struct faults *faults)
{
	char *lines = NULL;
	size_t len;
	FILE *out = open_memstream(&lines, &len);

	faults_print(faults, out);
	fclose(out);
	return lines;
}

static void expect_faults(const struct faults *faults, const char *expect)
{
	char *lines = lines_of(faults);

	ck_assert_str_eq(lines, expect);
	free(lines);
}

/* --- faults --- */

static const struct {
	const char *json, *faults;
} broken[] = {
	/* the text */
	{ "", "t.json:1: the file is empty\n" },
	{ "\n\n", "t.json:3: the file is empty\n" },
	{ "5", "t.json:1: must be an object: {...}, not a number\n" },
	{ "[]", "t.json:1: must be an object: {...}, not an array\n" },
	{ "\"{}\"", "t.json:1: must be an object: {...}, not a text\n" },
	{ "\xef\xbb\xbf{}", "t.json: the file begins with a byte order mark: save it as UTF-8 without one\n" },
	{ "{" LIST ",\n}", "t.json:2: lists: the comma before } is one too many\n" },
	{ "{" LIST "\n\"user\": \"a\"}", "t.json:1: lists: a comma is missing behind this\n" },
	{ "{\n// here\n" LIST "}", "t.json:2: JSON has no comments: write them under a key \"//\"\n" },
	{ "{\"dns\": {\"tries\": 1,\n\"tries\": 1}}", "t.json:2: dns.tries: this key stands here twice\n" },
	{ "{" LIST ",\n\"log\": {}, \"lists\": []}", "t.json:2: lists: this key stands here twice\n" },
	{ "{\"dns\": {\"tries\":\n99999999999999999999}}", "t.json:2: dns.tries: this number is too large\n" },
	{ "{\"user\":\n\"\\u0000\"}", "t.json:2: user: a text cannot hold a NUL character\n" },
	{ "{\"\\u0000\": 1}", "t.json:1: \\u0000: a text cannot hold a NUL character\n" },
	{ "{\"user\": \"\xff\"}", "t.json:1: user: not UTF-8\n" },
	{ "{\"user\": \"\\q\"}", "t.json:1: user: this is not JSON: invalid escape\n" },
	{ "{\"user\": \"a\tb\"}", "t.json:1: user: this is not JSON: control character 0x9\n" },
	{ "{\"dns\": {\"tries\": 01}}", "t.json:1: dns.tries: this is not JSON: invalid token\n" },
	{ "{\"dns\": {\"tries\": 1e999}}", "t.json:1: dns.tries: this number is too large\n" },
	/* keys and types */
	{ "{" LIST ",\n\"Lists\": 1,\n\"chache\": {},\n\"zzz\": 1}",
	  "t.json:2: Lists: unknown key; did you mean \"lists\"?\n"
	  "t.json:3: chache: unknown key; did you mean \"cache\"?\n"
	  "t.json:4: zzz: unknown key\n" },
	{ "{" LIST ",\n\"dns\":\n{\"timeuot\": 1,\n\"budget\": 5, \"tries\": \"3\",\n\"prefetch\": 0, \"servers\": {}}, \"log\": []}",
	  "t.json:3: dns.timeuot: unknown key; did you mean \"timeout\"?\n"
	  "t.json:4: dns.budget: must be a duration in quotes, such as \"30s\", not a number\n"
	  "t.json:4: dns.tries: must be a whole number, not a text\n"
	  "t.json:5: dns.prefetch: must be true or false, not a number\n"
	  "t.json:5: dns.servers: must be an array: [...], not an object\n"
	  "t.json:5: log: must be an object: {...}, not an array\n" },
	{ "{" LIST ",\n\"dns\": {\"timeout\": \"5\", \"budget\": \"10s\", \"tries\": 11, \"servers\": [\"127.0.0.1\", \"x\",\n\"y\"]}}",
	  "t.json:2: dns.timeout: \"5\" needs a unit: ms, s, m, h or d\n"
	  "t.json:2: dns.budget: \"10s\" is more than 9s\n"
	  "t.json:2: dns.tries: 11 is more than 10\n"
	  "t.json:2: dns.servers[1]: \"x\" is not an address with an optional port, such as \"127.0.0.1\" or \"[::1]:5353\"\n"
	  "t.json:3: dns.servers[2]: \"y\" is not an address with an optional port, such as \"127.0.0.1\" or \"[::1]:5353\"\n" },
	{ "{" LIST ", \"milter\": {\"socket\": \"8890\", \"mode\": \"abc\", \"group\": \"a b\", \"timeout\": \"never\"}}",
	  "t.json:1: milter.socket: \"8890\" is not a socket: unix:PATH, inet:PORT@HOST, inet6:PORT@HOST or fd:N\n"
	  "t.json:1: milter.mode: \"abc\" is not an octal mode such as \"0660\"\n"
	  "t.json:1: milter.group: \"a b\" is not the name of a user or group\n"
	  "t.json:1: milter.timeout: cannot be \"never\": give a duration of at most 1d\n" },
	{ "{" LIST ", \"log\": {\"level\": \"inf\", \"to\": \"file\", \"format\": 1, \"facility\": \"local9\"}}",
	  "t.json:1: log.level: \"inf\" is none of \"error\", \"warning\", \"info\", \"debug\"; did you mean \"info\"?\n"
	  "t.json:1: log.to: \"file\" is none of \"auto\", \"syslog\", \"stderr\"\n"
	  "t.json:1: log.format: must be a word in quotes, not a number\n"
	  "t.json:1: log.facility: \"local9\" is none of \"mail\", \"daemon\", \"user\", \"local0\", \"local1\", \"local2\", "
	  "\"local3\", \"local4\", \"local5\", \"local6\", \"local7\"; did you mean \"local0\"?\n" },
	{ "{" LIST ", \"\\u0064ns\": {\"a\\u000ab\": 1, \"\xc3\xa4\": 2}}",
	  "t.json:1: dns.a?b: unknown key\nt.json:1: dns.??: unknown key\n" },
	/* checks */
	{ "{" LIST ",\n\"checks\": {\"mail_form\": {}, \"helo\": true,\n\"mail_from\": {\"confirm\": true, \"points\": -1},\n"
	  "\"reverse_dns\": {\"mode\": \"off\", \"points\": 10001, \"message\": \"{why}\"}}}",
	  "t.json:2: checks.mail_form: unknown key; did you mean \"mail_from\"?\n"
	  "t.json:2: checks.helo: must be an object: {...}, not true\n"
	  "t.json:3: checks.mail_from.confirm: unknown key\n"
	  "t.json:3: checks.mail_from.points: -1 is less than 0\n"
	  "t.json:4: checks.reverse_dns.mode: \"off\" is none of \"enforce\", \"shadow\"\n"
	  "t.json:4: checks.reverse_dns.points: 10001 is more than 10000\n"
	  "t.json:4: checks.reverse_dns.message: { at character 1 begins no known name: there are {ip} {subject} {list} {answer} "
	  "{reason} {helo} {sender} {rdns} {points}, and {{ for a brace\n" },
	/* lists */
	{ "{\"lists\": [{}, {\"name\": \"b\"},\n{\"zone\": \"c.example\"}, 5]}",
	  "t.json:1: lists[0]: the key \"name\" is missing\n"
	  "t.json:1: lists[0]: the key \"zone\" is missing\n"
	  "t.json:1: lists[1]: the key \"zone\" is missing\n"
	  "t.json:2: lists[2]: the key \"name\" is missing\n"
	  "t.json:2: lists[3]: must be an object: {...}, not a number\n" },
	{ "{\"lists\": [{\"name\": \"b\", \"zone\": \"b.example\"},\n{\"name\": \"c\", \"zone\": \"c.example\"},\n"
	  "{\"zone\": \"d.example\", \"name\": \"b\", \"points\": 1.0},\n{\"zone\": \"d.example\", \"name\": \"b\"}]}",
	  "t.json:3: lists[2].points: must be a whole number, not a number with a fraction\n"
	  "t.json:3: lists[2].name: \"b\" is the name of lists[0] already\n"
	  "t.json:4: lists[3].name: \"b\" is the name of lists[0] already\n" },
	{ "{\"lists\": [{\"name\": \"a:b\", \"zone\": \"192.0.2.1\", \"subjects\": [\"client\", 7, "
	  "\"recieved\"], \"mood\": \"shadow\"}]}",
	  "t.json:1: lists[0].name: a list's name is printable ASCII without blanks, commas and colons\n"
	  "t.json:1: lists[0].zone: \"192.0.2.1\" is an address, not a zone: a zone is a name such as bl.example.org\n"
	  "t.json:1: lists[0].subjects[1]: must be a word in quotes, not a number\n"
	  "t.json:1: lists[0].subjects[2]: \"recieved\" is none of \"client\", \"received\", \"helo\", \"sender\", \"rdns\", "
	  "\"from\"; did you mean \"received\"?\n"
	  "t.json:1: lists[0].mood: unknown key\n" },
	{ "{\"lists\": [{\"name\": \"a\", \"zone\": \"a.example\", \"points\": -1, \"responses\": [{\"points\": -2, \"match\":\n"
	  "\"10.0.0.1\"}, {\"points\": 10001}, {\"match\": [\"127.0.0.2\"], \"subjects\": []}]}]}",
	  "t.json:1: lists[0].responses[0].match: an answer outside 127.0.0.0/8 is never a listing\n"
	  "t.json:1: lists[0].points: a block list cannot have negative points (-1)\n"
	  "t.json:1: lists[0].responses[0].points: a block list cannot have negative points (-2)\n"
	  "t.json:2: lists[0].responses[1].points: 10001 is more than 10000\n"
	  "t.json:2: lists[0].responses[1]: the key \"match\" is missing\n"
	  "t.json:2: lists[0].responses[2].match: must be an answer pattern in quotes, such as \"127.0.0.2\", not an array\n"
	  "t.json:2: lists[0].responses[2].subjects: must not be empty\n" },
	{ "{\"lists\": [{\"name\": \"a\", \"zone\": \"a." "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}]}",
	  "t.json:1: lists[0].zone: the zone's name is too long to ask about an IPv6 address: set \"ipv6\" to false\n" },
	{ "{\"lists\": [{\"name\": \"a\", \"zone\": \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", \"ipv6\": false}]}",
	  "t.json:1: lists[0].zone: the zone's name is too long to ask about an address below it\n" },
	/* actions, reply, flag */
	{ "{" LIST ", \"actions\": [{\"when\": {\"points\": 0, \"matches\": 0, \"subjects\": [\"nobody\"]}, \"do\": [\"bounce\"]},\n"
	  "{\"when\": {}}, {\"when\": {\"points\": 5}, \"do\": [\"reject\", \"tempfail\", \"flag\"]},\n"
	  "{\"when\": {\"points\": 5}, \"do\": [\"flag\", \"discard\"]}]}",
	  "t.json:1: actions[0].when.points: 0 is less than 1\n"
	  "t.json:1: actions[0].when.matches: 0 is less than 1\n"
	  "t.json:1: actions[0].when.subjects[0]: \"nobody\" is none of \"client\", \"received\", \"helo\", \"sender\", \"rdns\", "
	  "\"from\"\n"
	  "t.json:1: actions[0].do[0]: \"bounce\" is none of \"flag\", \"reject\", \"tempfail\", \"drop\", \"discard\", "
	  "\"quarantine\", \"prefix\"\n"
	  "t.json:2: actions[1]: the key \"do\" is missing\n"
	  "t.json:2: actions[2].do: only one of \"reject\", \"tempfail\", \"drop\", \"discard\", \"quarantine\" and "
	  "\"reroute\" can be done\n"
	  "t.json:2: actions[2].do: \"flag\" and \"prefix\" have no effect on a message that is refused or discarded: "
	  "leave them out\n"
	  "t.json:3: actions[3].do: \"flag\" and \"prefix\" have no effect on a message that is refused or discarded: "
	  "leave them out\n" },
	{ "{" LIST ", \"actions\": [{\"when\": {\"unanswered\": 0, \"trusted\": 1}, \"do\": [{}]},\n"
	  "{\"do\": [{\"reroute\": \"spam\"}, {\"reroute\": \"a@b\"}]}, {\"do\": [{\"redirect\": \"a@b\"}]},\n"
	  "{\"when\": {\"points\": 1}, \"do\": [{\"reroute\": \"a@b.example\"}, \"quarantine\"]}], \"prefix\": {\"text\": \" \"}}",
	  "t.json:1: actions[0].when.unanswered: 0 is less than 1\n"
	  "t.json:1: actions[0].when.trusted: must be true or false, not a number\n"
	  "t.json:1: actions[0].do[0]: the key \"reroute\" is missing\n"
	  "t.json:2: actions[1].do[0].reroute: \"spam\" is not a mail address such as spam@example.org\n"
	  "t.json:2: actions[1].do[1]: only one object can stand here\n"
	  "t.json:2: actions[2].do[0].redirect: unknown key\n"
	  "t.json:2: actions[2].do[0]: the key \"reroute\" is missing\n"
	  "t.json:3: actions[3].do: only one of \"reject\", \"tempfail\", \"drop\", \"discard\", \"quarantine\" and "
	  "\"reroute\" can be done\n"
	  "t.json:3: prefix.text: needs something that can be seen\n" },
	{ "{" LIST ", \"reply\": {\"code\": 554,\n\"enhanced\": \"4.7.1\"}, \"flag\": {\"header\": \"Received\"}}",
	  "t.json:2: reply.enhanced: \"4.7.1\" does not begin with the 5 of the code 554\n"
	  "t.json:2: flag.header: Received is a standard header: choose a name of its own, such as X-RBL-Warning\n" },
	{ "{" LIST ",\n\"reply\": {\"code\": 599, \"enhanced\": \"5\"}, \"decide_at\": \"data\"}",
	  "t.json:2: reply.enhanced: \"5\" is not an enhanced status code such as \"5.7.1\"\n"
	  "t.json:2: decide_at: \"data\" is none of \"rcpt\", \"eom\"\n" },
	/* exceptions, blocked */
	{ "{" LIST ", \"exceptions\": {\"hosts\": [\"a@b\", \"\", \"a b\"], \"senders\": [\"example.org\"], \"recipients\": [\"a@*\", 5]}}",
	  "t.json:1: exceptions.hosts[0]: \"a@b\" holds an @: this is for the names of hosts, such as *.example.net\n"
	  "t.json:1: exceptions.hosts[1]: a name pattern has 1 to 512 bytes\n"
	  "t.json:1: exceptions.hosts[2]: \"a b\": a name pattern holds no blanks\n"
	  "t.json:1: exceptions.senders[0]: \"example.org\" matches no mail address: write *@example.org for a domain, a@* for a "
	  "name\n"
	  "t.json:1: exceptions.recipients[1]: must be a text in quotes, not a number\n" },
	{ "{" LIST ", \"exceptions\": {\"rules\": [{},\n{\"note\": \"x\", \"lists\": [\"a\"]},\n{\"client\": \"10.0.0.0/33\"},\n"
	  "{\"client\": \"10.0.0.1\", \"until\": \"2027-02-29\"}]}}",
	  "t.json:1: exceptions.rules[0]: has no condition: it would exempt everybody\n"
	  "t.json:2: exceptions.rules[1]: has no condition: it would exempt everybody\n"
	  "t.json:3: exceptions.rules[2].client: \"10.0.0.0/33\": what stands behind / is not a number of bits from 0 to 32\n"
	  "t.json:4: exceptions.rules[3].until: \"2027-02-29\" is not a day such as 2027-01-31\n" },
	{ "{\"lists\": [{\"name\": \"spamcop\", \"zone\": \"a.example\"}],\n\"exceptions\": {\"rules\": [{\"helo\": \"x\", "
	  "\"lists\": [\"spamcop\",\n\"spamcup\", \"zz\"]}]}}",
	  "t.json:3: exceptions.rules[0].lists[1]: no list or check is called \"spamcup\"; did you mean \"spamcop\"?\n"
	  "t.json:3: exceptions.rules[0].lists[2]: no list or check is called \"zz\"\n" },
	{ "{" LIST ", \"blocked\": {\"clients\": [\"x\"], \"senders\": [\"file:/no/such\"], \"recipients\": [\"\"], \"message\": \"{nobody}\"}}",
	  NULL },
	{ "{" LIST ", \"exceptions\": {\"clients\": [\"10.0.0.0/33\", \"file:\", \"file:/no/such\", null]}}",
	  NULL },
};

START_TEST(names_every_fault)
{
	struct faults faults;
	struct ruleset *rules = parse(broken[_i].json, &faults);

	ck_assert_ptr_null(rules);
	ck_assert_uint_gt(faults.n_errors, 0);
	if (broken[_i].faults != NULL)
		expect_faults(&faults, broken[_i].faults);
	else
		ck_assert_uint_eq(faults.n_errors, 4);
	faults_clear(&faults);
}
END_TEST

static const struct {
	const char *json, *faults;
} doubtful[] = {
	{ "{}", "t.json:1: lists: warning: there is no list: nothing is ever looked up\n" },
	{ "{\n\"lists\": []}", "t.json:2: lists: warning: there is no list: nothing is ever looked up\n" },
	{ "{\"checks\": {\"helo\": {\"enabled\": true}}}", "" },
	{ "{\"checks\": {\"helo\": {\"points\": 1}}}", "t.json:1: lists: warning: there is no list: nothing is ever looked up\n" },
	{ "{" LIST ",\n\"dns\": {\n\"timeout\": \"2s\", \"budget\": \"1s\"}}",
	  "t.json:3: dns.timeout: warning: one try may take longer than dns.budget lets a message wait\n" },
	{ "{" LIST ",\n\"dns\": {\"budget\": \"500ms\"}}", "" },
	{ "{" LIST ",\n\"dns\": {\"resolv_conf\": \"/no/such/file\"}}",
	  "t.json:2: dns.resolv_conf: warning: /no/such/file cannot be read: No such file or directory; the servers of this "
	  "machine are asked\n" },
	{ "{" LIST ", \"dns\": {\"timeout\": \"5s\"}}", "" },
	{ "{\"lists\": [{\"name\": \"a\", \"zone\": \"a.example\"}, {\"name\": \"b\", \"zone\": \"b.example\"}],\n\"dns\": "
	  "{\"max_queries\": 1}}",
	  "t.json:2: dns.max_queries: warning: 1 queries of one message cannot ask all 2 lists\n" },
	{ "{\"lists\": [{\"name\": \"a\", \"zone\": \"a.example\", \"subjects\": [\"client\"]}],\n\"received\": {\"smtp\": "
	  "{\"enabled\": true}}}",
	  "t.json:2: received.smtp.enabled: warning: no list has \"received\" among its \"subjects\"\n" },
	{ "{" LIST ", \"received\": {\"smtp\": {\"enabled\": true}}}", "" },
	{ "{" LIST ",\n\"received\": {\"pop\": {\"enabled\": true}}}",
	  "t.json:2: received.pop: warning: there are no \"pop_clients\" whose mail would follow this\n" },
	{ "{" LIST ", \"received\": {\"pop\": {\"enabled\": true}, \"pop_clients\": [\"127.0.0.1\"]}}", "" },
	{ "{" LIST ", \"exceptions\": {\"rules\": [{\"helo\": \"x\", \"until\": \"2999-12-31\"},\n"
	  "{\"helo\": \"x\", \"until\": \"2026-01-31\", \"note\": \"Ms. Miller\"}]}}",
	  "t.json:2: exceptions.rules[1].until: warning: 2026-01-31 is over: the rule does not hold any more\n" },
	{ "{\"lists\": [{\"name\": \"a\", \"zone\": \"a.example\",\n\"domain\": \"registrable\"}]}",
	  "t.json:2: lists[0].domain: warning: means nothing: the list is asked about no domain, see its \"subjects\"\n" },
	{ "{\"lists\": [{\"name\": \"a\", \"zone\": \"a.example\", \"domain\": \"full\"}]}", "" },
	{ "{\"lists\": [{\"name\": \"a\", \"zone\": \"a.example\", \"domain\": \"registrable\", \"subjects\": [\"sender\"]}]}", "" },
	{ "{" LIST ", \"actions\": []}", "t.json:1: actions: warning: without a rule nothing is ever done\n" },
	{ "{" LIST ", \"actions\": [{\"do\": [\"reject\"]}]}",
	  "t.json:1: actions[0].do: warning: is done to every message: \"when\" says nothing of points, matches, trusted "
	  "lists or unanswered lookups\n" },
	{ "{\"lists\": [{\"name\": \"a\", \"zone\": \"a.example\", \"kind\": \"allow\", \"trusted\": true}], \"actions\": [\n"
	  "{\"when\": {\"trusted\": true}, \"do\": [\"reject\"]}]}",
	  "t.json:1: lists[0].trusted: warning: means nothing for an allow list: rules look at hits of block lists\n" },
	{ "{\"lists\": [{\"name\": \"a\", \"zone\": \"a.example\", \"on_failure\": \"soften\"},\n"
	  "{\"name\": \"b\", \"zone\": \"b.example\", \"on_failure\": \"ignore\"},"
	  "{\"name\": \"c\", \"zone\": \"c.example\", \"kind\": \"allow\", \"on_failure\": \"soften\"}]}",
	  "t.json:1: lists[0].on_failure: warning: means nothing for a block list: its silence is never a reason to refuse mail, "
	  "nor not to\n" },
	{ "{" LIST ", \"actions\": [{\"when\": {\"trusted\": true}, \"do\": [\"discard\"]},\n{\"when\": {\"unanswered\": 2}, \"do\": "
	  "[\"tempfail\"]}, {\"when\": {\"matches\": 2}, \"do\": [\"flag\", \"prefix\", {\"reroute\": \"a@b.example\"}]},\n"
	  "{\"when\": {\"unanswered\": 3, \"points\": 5}, \"do\": []}, {\"when\": {\"unanswered\": 1}, \"do\": []}]}",
	  "t.json:1: actions[0]: warning: holds only for addresses that were added by hand: no list is \"trusted\"\n"
	  "t.json:3: actions[3]: warning: never holds: whenever it would, actions[1] above holds already\n" },
	{ "{" LIST ", \"actions\": [{\"do\": [\"flag\"]},\n{\"when\": {\"points\": 100}, \"do\": [\"reject\"]}]}",
	  "t.json:2: actions[1]: warning: never holds: whenever it would, actions[0] above holds already\n" },
	{ "{" LIST ", \"actions\": [{\"when\": {\"matches\": 1}, \"do\": [\"flag\"]},\n{\"when\": {\"points\": 100}, \"do\": "
	  "[\"reject\"]}]}",
	  "t.json:2: actions[1]: warning: never holds: whenever it would, actions[0] above holds already\n" },
	{ "{" LIST ", \"actions\": [{\"when\": {\"points\": 50}, \"do\": [\"flag\"]},\n{\"when\": {\"points\": 50, \"matches\": 2}, "
	  "\"do\": [\"reject\"]}]}",
	  "t.json:2: actions[1]: warning: never holds: whenever it would, actions[0] above holds already\n" },
	{ "{" LIST ", \"actions\": [{\"when\": {\"points\": 50, \"matches\": 2}, \"do\": [\"flag\"]},\n{\"when\": {\"points\": 60, "
	  "\"matches\": 2, \"subjects\": [\"client\"]}, \"do\": [\"reject\"]}]}",
	  "t.json:2: actions[1]: warning: never holds: whenever it would, actions[0] above holds already\n" },
	{ "{" LIST ", \"actions\": [{\"when\": {\"points\": 50, \"subjects\": [\"client\"]}, \"do\": [\"flag\"]},\n"
	  "{\"when\": {\"points\": 60}, \"do\": [\"reject\"]}, {\"when\": {\"matches\": 2}, \"do\": [\"reject\"]},\n"
	  "{\"when\": {\"matches\": 1}, \"do\": []}]}", "" },
	{ "{" LIST ", \"actions\": [{\"when\": {\"matches\": 2}, \"do\": [\"flag\", \"flag\"]}, {\"when\": {\"points\": 100}, \"do\": "
	  "[\"reject\"]}]}",
	  "t.json:1: actions[0].do[1]: warning: \"flag\" stands here twice\n" },
	{ "{\"lists\": [{\"name\": \"a\", \"zone\": \"a.example\", \"subjects\": [\"client\"], \"refused\": [\"127.0.0.1\"], "
	  "\"responses\": [{\"match\": \"127.0.0.*\"},\n{\"match\": \"127.0.0.[2..3]\"},\n{\"match\": \"127.255.255.254\"},\n"
	  "{\"match\": \"127.0.0.1\"},\n{\"match\": \"127.0.1.2\", \"subjects\": [\"received\"]}, {\"match\": \"&0.0.0.2\"}, "
	  "{\"match\": \"&0.0.0.2\"}]}]}",
	  "t.json:2: lists[0].responses[1].match: warning: never counts: responses[0] above takes these answers\n"
	  "t.json:3: lists[0].responses[2].match: warning: never counts: these answers mean that the list refuses to answer\n"
	  "t.json:4: lists[0].responses[3].match: warning: never counts: these answers mean that the list refuses to answer\n"
	  "t.json:5: lists[0].responses[4].subjects: warning: the list is asked about none of these: see its \"subjects\"\n" },
	{ "{" LIST ", \"screen\": {\"auto\": true, \"ttl\": \"30d\", \"at\": \"connect\"}}", "" },
	{ "{\"lists\": [{\"name\": \"a\", \"zone\": \"a.example\", \"mode\": \"shadow\"}, {\"name\": \"b\", \"zone\": \"b.example\", "
	  "\"subjects\": [\"received\"]}, {\"name\": \"c\", \"zone\": \"c.example\", \"kind\": \"allow\"}],\n\"screen\": {\"auto\": true}}",
	  "t.json:2: screen.auto: warning: nobody is ever added: no block list in force is asked about the client\n" },
	{ "{" LIST ", \"cache\": {\"default_ttl\": \"2h\", \"always_default_ttl\": true}}", "" },
	{ "{\"//\": 1, \"//\": {\"x\": [\"//\"]}, " LIST ", \"dns\": {\"//\": null, \"//\": \"twice\"}, \"//\": []}", "" },
};

START_TEST(warns_of_what_is_hardly_meant)
{
	struct faults faults;
	struct ruleset *rules = parse(doubtful[_i].json, &faults);

	expect_faults(&faults, doubtful[_i].faults);
	ck_assert_ptr_nonnull(rules);
	ruleset_unref(&rules);
	faults_clear(&faults);
}
END_TEST

/* --- what sound files become --- */

static struct ruleset *sound(const char *json)
{
	struct faults faults;
	struct ruleset *rules = parse(json, &faults);

	expect_faults(&faults, "");
	ck_assert_ptr_nonnull(rules);
	faults_clear(&faults);
	return rules;
}

START_TEST(has_the_documented_defaults)
{
	struct ruleset *r = sound("{" LIST ", \"dns\": {\"resolv_conf\": \"/dev/null\"}}");   /* of no system */

	ck_assert_str_eq(r->milter.socket, "inet:8890@127.0.0.1");
	ck_assert_int_eq((int)r->milter.mode, 0660);
	ck_assert_str_eq(r->milter.group, "");
	ck_assert_int_eq(r->milter.timeout_us, 2 * DURATION_H);
	ck_assert_str_eq(r->state_dir, STATE_DIR);
	ck_assert_str_eq(r->user, "");
	ck_assert_int_eq(r->log.target, LOG_TARGET_AUTO);
	ck_assert_int_eq(r->log.level, LOG_LEVEL_INFO);
	ck_assert_int_eq(r->log.format, LOG_FORMAT_TEXT);
	ck_assert_int_eq(r->log.facility, LOG_MAIL);
	ck_assert_uint_ge(r->dns.n_servers, 1);
	ck_assert_int_eq(r->dns.timeout_us, DURATION_S);
	ck_assert_int_eq(r->dns.tries, 3);
	ck_assert_int_eq(r->dns.budget_us, 5 * DURATION_S);
	ck_assert(!r->dns.prefetch && !r->dns.mixed_case);
	ck_assert_int_eq(r->dns.max_queries, 64);
	ck_assert_int_eq(r->dns.max_in_flight, 10000);
	ck_assert(!r->received.smtp.enabled && r->received.skip_from_exempt && r->received.skip_authenticated);
	ck_assert_int_eq(r->received.smtp.check, 0);
	ck_assert_int_eq(r->received.smtp.skip_newest, 0);
	ck_assert_int_eq(r->received.smtp.skip_oldest, 1);
	ck_assert_uint_eq(r->exceptions.clients.n_ranges + r->exceptions.clients.n_masks, 0);
	ck_assert(r->exceptions.authenticated);
	ck_assert_int_eq(r->decide_at, DECIDE_AT_RCPT);
	ck_assert_int_eq(r->reply.code, 550);
	ck_assert_str_eq(r->reply.enhanced, "5.7.1");
	ck_assert(r->reply.send_message);
	ck_assert_str_eq(r->flag.header, "X-RBL-Warning");
	ck_assert(r->flag.strip_forged);
	ck_assert(r->cache.enabled && r->cache.negative && !r->cache.always_default_ttl);
	ck_assert_int_eq(r->cache.max_entries, 100000);
	ck_assert_int_eq(r->cache.default_ttl_us, 60 * DURATION_M);
	ck_assert_int_eq(r->cache.max_ttl_us, DURATION_H);
	ck_assert_int_eq(r->cache.negative_max_ttl_us, 60 * DURATION_S);
	ruleset_unref(&r);
}
END_TEST

START_TEST(has_the_documented_rules)
{
	struct ruleset *r = sound("{" LIST "}");

	ck_assert_uint_eq(r->n_actions, 2);
	ck_assert(r->actions[0].has_points && !r->actions[0].has_matches);
	ck_assert_int_eq(r->actions[0].points, 100);
	ck_assert_uint_eq(r->actions[0].subjects, SUBJECT_BIT(SUBJECT_CLIENT) | SUBJECT_BIT(SUBJECT_HELO) |
							  SUBJECT_BIT(SUBJECT_SENDER) | SUBJECT_BIT(SUBJECT_RDNS));
	ck_assert_uint_eq(r->actions[0].actions, ACTION_REJECT);
	ck_assert(!r->actions[1].has_points && r->actions[1].has_matches);
	ck_assert_int_eq(r->actions[1].matches, 1);
	ck_assert_uint_eq(r->actions[1].subjects, SUBJECT_ALL);
	ck_assert_uint_eq(r->actions[1].actions, ACTION_FLAG);
	ck_assert(ruleset_may(r, ACTION_FLAG) && ruleset_may(r, ACTIONS_REFUSE) && !ruleset_may(r, ACTION_TEMPFAIL));
	ruleset_unref(&r);
}
END_TEST

/* Each check is a list behind the others, and what was added by hand comes last. */
START_TEST(checks_are_lists_behind_the_others)
{
	static const char *const names[] = { "a", "mail_from", "reverse_dns", "helo", "manual" };
	struct ruleset *rules = sound("{" LIST ", \"checks\": {\"helo\": {\"enabled\": true, \"points\": 7, \"message\": \"m\", "
				      "\"header\": \"h\", \"mode\": \"shadow\"}}, \"exceptions\": {\"rules\": [{\"client\": \"192.0.2.1\", "
				      "\"lists\": [\"helo\", \"a\", \"mail_from\"]}]}}");
	const struct exception_rule *rule = &rules->exceptions.rules[0];
	const struct list *helo = &rules->checks[CHECK_HELO];

	ck_assert_uint_eq(rules->n_lists, 1);
	for (size_t i = 0; i < ROWS(names); i++)
		ck_assert_str_eq(rules->lists[i].name, names[i]);
	ck_assert_ptr_eq(rules->manual, &rules->lists[4]);
	ck_assert(!rules->check_settings[CHECK_MAIL_FROM].enabled && !rules->check_settings[CHECK_REVERSE_DNS].enabled);
	ck_assert(rules->check_settings[CHECK_HELO].enabled && rules->check_settings[CHECK_REVERSE_DNS].confirm);
	ck_assert_int_eq(helo->kind, LIST_BLOCK);
	ck_assert_int_eq(helo->mode, LIST_SHADOW);
	ck_assert_int_eq(helo->responses[0].points, 7);
	ck_assert_str_eq(helo->responses[0].message, "m");
	ck_assert_str_eq(helo->responses[0].header, "h");
	ck_assert(!helo->trusted && rules->manual->trusted);
	ck_assert_int_eq(rules->checks[CHECK_MAIL_FROM].responses[0].points, 100);
	ck_assert_uint_eq(rule->n_lists, 3);
	ck_assert_uint_eq(rule->lists[0], listset_place(rules, helo));
	ck_assert_uint_eq(rule->lists[1], 0);
	ck_assert_uint_eq(rule->lists[2], listset_place(rules, &rules->checks[CHECK_MAIL_FROM]));
	ck_assert_uint_eq(listset_place(rules, rules->manual), LISTSET_MAX);
	ruleset_unref(&rules);
}
END_TEST

START_TEST(a_list_without_responses_takes_any_answer)
{
	static const uint8_t wire[] = "\1a\7example";
	struct ruleset *r = sound("{\"lists\": [{\"name\": \"a\", \"zone\": \"A.Example.\", \"points\": 7}]}");
	const struct list *list = &r->lists[0];

	ck_assert_str_eq(list->name, "a");
	ck_assert_str_eq(list->zone, "A.Example.");
	ck_assert_uint_eq(list->form.wire.len, sizeof wire);
	ck_assert_int_eq(memcmp(list->form.wire.wire, wire, sizeof wire), 0);
	ck_assert_uint_eq(list->subjects, SUBJECT_BIT(SUBJECT_CLIENT) | SUBJECT_BIT(SUBJECT_RECEIVED));
	ck_assert(list->any_response && list->ipv6 && !list->private_too);
	ck_assert_uint_eq(list->n_responses, 1);
	ck_assert(answerpat_match(&list->responses[0].match, 0x7f000002) && !answerpat_match(&list->responses[0].match, 0x80000002));
	ck_assert(!answerpat_is(&list->responses[0].match, 0x7f000001));
	ck_assert_int_eq(list->responses[0].points, 7);
	ck_assert_uint_eq(list->responses[0].subjects, list->subjects);
	ck_assert_str_eq(list->responses[0].message, "Mail is refused: {subject} is listed by {list}");
	ck_assert_str_eq(list->responses[0].header, "{subject} is listed by {list} ({answer})");
	ck_assert_uint_eq(list->n_refused, 1);
	ck_assert(answerpat_match(&list->refused[0], 0x7ffffffe) && !answerpat_match(&list->refused[0], 0x7f000002));
	ruleset_unref(&r);
}
END_TEST

START_TEST(responses_inherit_from_their_list)
{
	struct ruleset *r = sound("{\"lists\": [{\"name\": \"a\", \"zone\": \"a.example\", \"refused\": [\"127.0.0.1\"], \"responses\": [\n"
				  "{\"match\": \"127.0.0.2\"}, {\"match\": \"127.0.0.3\", \"points\": 0, \"message\": \"own\", "
				  "\"header\": \"%d.%d.%d.%d\", \"subjects\": [\"client\", \"from\"]}],\n"
				  "\"message\": \"m {ip}\", \"header\": \"\", \"points\": 30, \"private\": true, \"ipv6\": false}]}");
	const struct list *list = &r->lists[0];

	ck_assert(!list->any_response && list->private_too && !list->ipv6);
	ck_assert_uint_eq(list->n_responses, 2);
	ck_assert_int_eq(list->responses[0].points, 30);
	ck_assert_str_eq(list->responses[0].message, "m {ip}");
	ck_assert_str_eq(list->responses[0].header, "");
	ck_assert_uint_eq(list->responses[0].subjects, list->subjects);
	ck_assert_int_eq(list->responses[1].points, 0);
	ck_assert_str_eq(list->responses[1].message, "own");
	ck_assert_str_eq(list->responses[1].header, "%d.%d.%d.%d");
	ck_assert_uint_eq(list->responses[1].subjects, SUBJECT_BIT(SUBJECT_CLIENT) | SUBJECT_BIT(SUBJECT_FROM));
	ck_assert_uint_eq(list->n_refused, 2);
	ck_assert(answerpat_is(&list->refused[0], 0x7f000001) && answerpat_match(&list->refused[1], 0x7fffff00));
	ruleset_unref(&r);
}
END_TEST

START_TEST(refused_codes_are_not_added_twice)
{
	struct ruleset *r = sound("{\"lists\": [{\"name\": \"a\", \"zone\": \"a.example\", \"refused\": [\"127.255.*.*\"]},"
				  "{\"name\": \"b\", \"zone\": \"a.example\", \"refused\": []}]}");

	ck_assert_uint_eq(r->lists[0].n_refused, 1);
	ck_assert_uint_eq(r->lists[1].n_refused, 1);
	ck_assert(answerpat_match(&r->lists[1].refused[0], 0x7fffffff));
	ruleset_unref(&r);
}
END_TEST

START_TEST(takes_what_is_written)
{
	struct ruleset *r = sound("{" LIST ", \"milter\": {\"socket\": \"unix:/run/a\", \"mode\": \"666\", \"group\": \"postfix\", "
				  "\"timeout\": \"90s\"}, \"user\": \"rbl\", \"log\": {\"to\": \"stderr\", \"level\": \"debug\", "
				  "\"format\": \"json\", \"facility\": \"local7\"}, \"dns\": {\"servers\": [\"192.0.2.1\", \"[::1]:5353\"], "
				  "\"tries\": 1, \"mixed_case\": true}, \"decide_at\": \"eom\", \"actions\": [{\"when\": {\"matches\": 2, "
				  "\"points\": 3}, \"do\": [\"tempfail\"]}], \"exceptions\": {\"clients\": [\"10.0.0.0/8\", \"192.168.*\"]}}");
	struct ipaddr inside = ipaddr_v4(0xc0a80909), outside = ipaddr_v4(0xc0a90909);

	ck_assert_str_eq(r->milter.socket, "unix:/run/a");
	ck_assert_int_eq((int)r->milter.mode, 0666);
	ck_assert_int_eq(r->milter.timeout_us, 90 * DURATION_S);
	ck_assert_str_eq(r->user, "rbl");
	ck_assert_int_eq(r->log.facility, LOG_LOCAL7);
	ck_assert_int_eq(r->log.level, LOG_LEVEL_DEBUG);
	ck_assert_uint_eq(r->dns.n_servers, 2);
	ck_assert_str_eq(r->dns.servers[0].text, "192.0.2.1:53");
	ck_assert_str_eq(r->dns.servers[1].text, "[::1]:5353");
	ck_assert(r->dns.mixed_case);
	ck_assert_int_eq(r->decide_at, DECIDE_AT_EOM);
	ck_assert_uint_eq(r->n_actions, 1);
	ck_assert(r->actions[0].has_points && r->actions[0].has_matches && r->actions[0].actions == ACTION_TEMPFAIL);
	ck_assert(addrset_match(&r->exceptions.clients, &inside) && !addrset_match(&r->exceptions.clients, &outside));
	ruleset_unref(&r);
}
END_TEST

/* --- files --- */

static char dir[] = "/tmp/check_config.XXXXXX";

static void make_dir(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static const char *path_in_dir(const char *name)
{
	static char path[200];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void write_file(const char *name, const char *bytes, size_t len)
{
	FILE *out = fopen(path_in_dir(name), "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(fwrite(bytes, 1, len, out), len);
	fclose(out);
}

static void remove_dir(void)
{
	static const char *const names[] = { "c.json", "nets", "bad", "codes", "fifo" };

	for (int i = 0; i < ROWS(names); i++)
		unlink(path_in_dir(names[i]));
	rmdir(dir);
	strcpy(dir + sizeof dir - 7, "XXXXXX");
}

static struct ruleset *load(const char *json, struct faults *faults)
{
	write_file("c.json", json, strlen(json));
	faults_init(faults);
	return config_load(path_in_dir("c.json"), faults);
}

START_TEST(reads_patterns_from_files_beside_it)
{
	static const char nets[] = "# ours\n192.0.2.0/24   # lab\r\n\n  \t2001:db8::/32\n198.51.100.7";
	static const char codes[] = "127.0.0.1\n127.0.1.255\n";
	struct ipaddr addr;
	struct faults faults;
	struct ruleset *rules;

	write_file("nets", nets, sizeof nets - 1);
	write_file("codes", codes, sizeof codes - 1);
	rules = load("{\"exceptions\": {\"clients\": [\"10.0.0.1\", \"file:nets\"]}, \"lists\": [{\"name\": \"a\", \"zone\": "
		     "\"a.example\", \"refused\": [\"file:codes\"]}]}", &faults);
	expect_faults(&faults, "");
	ck_assert_ptr_nonnull(rules);
	ck_assert(ipaddr_parse(&addr, "192.0.2.9") && addrset_match(&rules->exceptions.clients, &addr));
	ck_assert(ipaddr_parse(&addr, "2001:db8::9") && addrset_match(&rules->exceptions.clients, &addr));
	ck_assert(ipaddr_parse(&addr, "198.51.100.7") && addrset_match(&rules->exceptions.clients, &addr));
	ck_assert(ipaddr_parse(&addr, "10.0.0.1") && addrset_match(&rules->exceptions.clients, &addr));
	ck_assert(ipaddr_parse(&addr, "10.0.0.2") && !addrset_match(&rules->exceptions.clients, &addr));
	ck_assert_uint_eq(rules->lists[0].n_refused, 3);
	ruleset_unref(&rules);
	faults_clear(&faults);
}
END_TEST

START_TEST(names_the_line_of_a_pattern_file)
{
	static const char bad[] = "10.0.0.0/8\n#\n10.0.0.1/8\nx\x01y\n";
	char expect[300];
	struct faults faults;

	write_file("bad", bad, sizeof bad - 1);
	ck_assert_ptr_null(load("{" LIST ",\n\"dns\": {\"tries\": 0},\n\"exceptions\": {\"clients\": [\"file:bad\"]}}", &faults));
	faults_sort(&faults);
	ck_assert_uint_eq(faults.n, 3);
	ck_assert_uint_eq(faults.item[0].line, 2);
	ck_assert_str_eq(faults.item[1].file, "bad");
	ck_assert_uint_eq(faults.item[1].line, 3);
	ck_assert_str_eq(faults.item[1].path, "exceptions.clients[0]");
	ck_assert_uint_eq(faults.item[2].line, 4);
	ck_assert_ptr_nonnull(strstr(faults.item[2].text, "x?y"));
	faults_clear(&faults);

	ck_assert_ptr_null(load("{" LIST ", \"exceptions\": {\"clients\": [\"file:none\"]}}", &faults));
	snprintf(expect, sizeof expect,
		 "%s:1: exceptions.clients[0]: none: the file cannot be opened: No such file or directory\n", path_in_dir("c.json"));
	expect_faults(&faults, expect);
	faults_clear(&faults);
}
END_TEST

static void expect_unreadable(const char *path, const char *why)
{
	struct faults faults;
	char expect[300];

	faults_init(&faults);
	ck_assert_ptr_null(config_load(path, &faults));
	snprintf(expect, sizeof expect, "%s: %s\n", path, why);
	expect_faults(&faults, expect);
	faults_clear(&faults);
}

START_TEST(refuses_what_is_no_text_file)
{
	char *big = calloc(1, TEXTFILE_CAP_BYTES + 1);

	ck_assert_ptr_nonnull(big);
	expect_unreadable("/no/such/file", "the file cannot be opened: No such file or directory");
	expect_unreadable(dir, "this is not a regular file");
	expect_unreadable("/dev/zero", "this is not a regular file");
	ck_assert_int_eq(mkfifo(path_in_dir("fifo"), 0600), 0);
	expect_unreadable(path_in_dir("fifo"), "this is not a regular file");
	write_file("c.json", "{}\0", 3);
	expect_unreadable(path_in_dir("c.json"), "the file holds a NUL byte: it is not a text file, or not in UTF-8");
	write_file("c.json", "\xef\xbb\xbf{}", 5);
	expect_unreadable(path_in_dir("c.json"), "the file begins with a byte order mark: save it as UTF-8 without one");
	memset(big, ' ', TEXTFILE_CAP_BYTES + 1);
	write_file("c.json", big, TEXTFILE_CAP_BYTES + 1);
	expect_unreadable(path_in_dir("c.json"), "the file is larger than 4 MiB");
	memcpy(big, "{}", 2);
	write_file("c.json", big, TEXTFILE_CAP_BYTES);
	free(big);
	{
		struct faults faults;
		struct ruleset *rules;

		faults_init(&faults);
		rules = config_load(path_in_dir("c.json"), &faults);
		ck_assert_ptr_nonnull(rules);
		ruleset_unref(&rules);
		faults_clear(&faults);
	}
}
END_TEST

/* --- the samples, and mutations of them --- */

#ifndef TOP_SRCDIR
#define TOP_SRCDIR "."
#endif

static const char *const samples[] = { TOP_SRCDIR "/config/rbl-milter.json", TOP_SRCDIR "/config/minimal.json" };

static char *sample_text(int i, size_t *len)
{
	struct errmsg err;
	char *text = textfile_read(samples[i], len, &err);

	ck_assert_msg(text != NULL, "%s: %s", samples[i], err.text);
	return text;
}

START_TEST(samples_are_sound)
{
	struct faults faults;
	struct ruleset *rules;

	faults_init(&faults);
	rules = config_load(samples[_i], &faults);
	expect_faults(&faults, "");
	ck_assert_str_eq(rules->lists[0].name, "zen");
	ruleset_unref(&rules);
	faults_clear(&faults);
}
END_TEST

static bool file_names(const char *path, const char *name)
{
	struct errmsg err;
	size_t len;
	char *text = textfile_read(path, &len, &err);
	bool names;

	ck_assert_msg(text != NULL, "%s: %s", path, err.text);
	names = strstr(text, name) != NULL;
	free(text);
	return names;
}

/* Read as if it stood beside the profiles, as it would on a machine where both are installed. */
static void expect_sound_example(const char *name)
{
	char path[512], beside[512];
	struct ruleset *rules;
	struct faults faults;
	struct errmsg err;
	size_t len;
	char *text;

	snprintf(path, sizeof path, TOP_SRCDIR "/config/examples/%s", name);
	snprintf(beside, sizeof beside, TOP_SRCDIR "/config/%s", name);
	text = textfile_read(path, &len, &err);
	ck_assert_msg(text != NULL, "%s: %s", path, err.text);
	faults_init(&faults);
	rules = config_parse(text, len, beside, &faults);
	expect_faults(&faults, "");
	ck_assert_msg(rules->n_lists > 0 && rules->n_actions > 0, "%s", path);
	ruleset_unref(&rules);
	faults_clear(&faults);
	free(text);
}

START_TEST(examples_are_sound)
{
	DIR *folder = opendir(TOP_SRCDIR "/config/examples");
	struct dirent *entry;
	int n = 0;

	ck_assert_ptr_nonnull(folder);
	while ((entry = readdir(folder)) != NULL) {
		if (strstr(entry->d_name, ".json") == NULL)
			continue;
		expect_sound_example(entry->d_name);
		ck_assert_msg(file_names(TOP_SRCDIR "/config/Makefile.inc", entry->d_name), "%s is not installed", entry->d_name);
		ck_assert_msg(file_names(TOP_SRCDIR "/man/rbl-milter-examples.7", entry->d_name), "the manual has no %s", entry->d_name);
		n++;
	}
	closedir(folder);
	ck_assert_int_gt(n, 0);
}
END_TEST

/* Any text gets a verdict: a ruleset, or at least one error. */
static void judge(const char *text, size_t len)
{
	struct faults faults;
	struct ruleset *rules;

	faults_init(&faults);
	rules = config_parse(text, len, samples[0], &faults);   /* its profiles stand beside it */
	ck_assert((rules == NULL) == (faults.n_errors > 0));
	for (size_t i = 0; i < faults.n; i++)
		ck_assert(faults.item[i].text[0] != '\0');
	ruleset_unref(&rules);
	faults_clear(&faults);
}

START_TEST(any_cut_gets_a_verdict)
{
	size_t len;
	char *text = sample_text(0, &len);

	for (size_t n = 0; n <= len; n++) {
		struct faults faults;
		struct ruleset *rules;
		char *cut = malloc(n + 1);     /* of exact size, for the sanitizer */

		memcpy(cut, text, n);
		faults_init(&faults);
		rules = config_parse(cut, n, samples[0], &faults);
		ck_assert_msg((rules != NULL) == (n >= len - 1), "cut at %zu", n);
		ck_assert_uint_le(faults.n, 1);
		ruleset_unref(&rules);
		faults_clear(&faults);
		free(cut);
	}
	free(text);
}
END_TEST

static const unsigned char flips[] = { 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff };

START_TEST(any_flip_gets_a_verdict)
{
	size_t len;
	char *text = sample_text(0, &len);

	for (size_t i = 0; i < len; i++) {
		text[i] = (char)(text[i] ^ flips[_i]);
		judge(text, len);
		text[i] = (char)(text[i] ^ flips[_i]);
	}
	free(text);
}
END_TEST

static const char odd_bytes[] = "{}[]\",:\\/ \n0";

START_TEST(any_odd_byte_gets_a_verdict)
{
	size_t len;
	char *text = sample_text(1, &len), *longer = malloc(len + 2);

	for (size_t i = 0; i < len; i++) {
		char kept = text[i];

		text[i] = odd_bytes[_i];                   /* in place of one */
		judge(text, len);
		text[i] = kept;
		memcpy(longer, text, i);                   /* between two */
		longer[i] = odd_bytes[_i];
		memcpy(longer + i + 1, text + i, len - i);
		judge(longer, len + 1);
		memcpy(longer + i, text + i + 1, len - i - 1);   /* one left out */
		judge(longer, len - 1);
	}
	free(longer);
	free(text);
}
END_TEST

/* Files as large as they may be, of what is slow or big to read. */
static const struct {
	const char *start, *piece, *end;
} floods[] = {
	{ "", "[", "" },
	{ "", "{\"a\":", "" },
	{ "[", "{},", "{}]" },
	{ "[", "0,", "0]" },
	{ "{\"dns\": {\"servers\": [", "\"x\",", "\"x\"]}}" },
	{ "{\"exceptions\": {\"clients\": [", "\"10.0.0.1\",", "\"x\"]}}" },
	{ "{\"lists\": [", "{},", "{}]}" },
	{ "{\"lists\": [{\"name\": \"a\", \"zone\": \"b\", \"responses\": [", "{\"match\": \"127.0.0.2\"},", "0]}]}" },
	{ "{\"user\": \"", "aaaaaaaaaa", "\"}" },
	{ "{\"", "aaaaaaaaaa", "\": 1}" },
	{ "{\"//\": 1", ",\"//\": 1", "}" },
	{ "", "\n", "" },
	{ "", "\\", "" },
	{ "\"", "\\\"", "" },
	{ "{\"actions\": [", "{\"do\":[]},", "0]}" },
};

START_TEST(floods_get_a_verdict)
{
	size_t cap = TEXTFILE_CAP_BYTES, len = strlen(floods[_i].start), piece = strlen(floods[_i].piece);
	char *text = malloc(cap);

	memcpy(text, floods[_i].start, len);
	for (; len + piece + strlen(floods[_i].end) <= cap; len += piece)
		memcpy(text + len, floods[_i].piece, piece);
	memcpy(text + len, floods[_i].end, strlen(floods[_i].end));
	judge(text, len + strlen(floods[_i].end));
	free(text);
}
END_TEST

/* Many different unknown keys: each one could be compared with all that we know. */
START_TEST(a_flood_of_unknown_keys_gets_a_verdict)
{
	size_t len = 1;
	char *text = malloc(TEXTFILE_CAP_BYTES);

	text[0] = '{';
	for (unsigned i = 0; len + 50 < TEXTFILE_CAP_BYTES && i < 99000; i++)
		len += (size_t)sprintf(text + len, "%s\"milter_timeouts_%u\":0", i == 0 ? "" : ",", i);
	text[len++] = '}';
	judge(text, len);
	free(text);
}
END_TEST

Suite *config_suite(void)
{
	Suite *suite = suite_create("config");
	TCase *texts = tcase_create("texts"), *files = tcase_create("files"), *mutations = tcase_create("mutations");

	tcase_add_loop_test(texts, names_every_fault, 0, ROWS(broken));
	tcase_add_loop_test(texts, warns_of_what_is_hardly_meant, 0, ROWS(doubtful));
	tcase_add_test(texts, has_the_documented_defaults);
	tcase_add_test(texts, has_the_documented_rules);
	tcase_add_test(texts, checks_are_lists_behind_the_others);
	tcase_add_test(texts, a_list_without_responses_takes_any_answer);
	tcase_add_test(texts, responses_inherit_from_their_list);
	tcase_add_test(texts, refused_codes_are_not_added_twice);
	tcase_add_test(texts, takes_what_is_written);
	suite_add_tcase(suite, texts);

	tcase_add_checked_fixture(files, make_dir, remove_dir);
	tcase_add_test(files, reads_patterns_from_files_beside_it);
	tcase_add_test(files, names_the_line_of_a_pattern_file);
	tcase_add_test(files, refuses_what_is_no_text_file);
	suite_add_tcase(suite, files);

	tcase_set_timeout(mutations, 60);
	tcase_add_loop_test(mutations, samples_are_sound, 0, ROWS(samples));
	tcase_add_test(mutations, examples_are_sound);
	tcase_add_test(mutations, any_cut_gets_a_verdict);
	tcase_add_loop_test(mutations, any_flip_gets_a_verdict, 0, ROWS(flips));
	tcase_add_loop_test(mutations, any_odd_byte_gets_a_verdict, 0, (int)strlen(odd_bytes));
	tcase_add_loop_test(mutations, floods_get_a_verdict, 0, ROWS(floods));
	tcase_add_test(mutations, a_flood_of_unknown_keys_gets_a_verdict);
	suite_add_tcase(suite, mutations);
	return suite;
}
