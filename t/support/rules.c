/* The table of faults. What each one does to a packet is in dnsreply.c; when and over what it is sent, in faultydns.c.
 */
#include "t/support/rules.h"

#include <stdlib.h>
#include <string.h>

enum arg {
	ARG_NONE,
	ARG_NUMBER,  /* =N is required */
	ARG_COUNT,   /* =N may follow */
	ARG_PERCENT, /* =N% may follow */
	ARG_TIME,
	ARG_POINTER, /* self, forward, loop */
	ARG_NAME
};

struct row {
	const char *name;
	enum arg arg;
	uint32_t without; /* the value when nothing follows */
	const char *help;
	enum fault also; /* a second fault that comes with it; FAULT_OK: none */
};

#define TWIN "; =N: N such packets (listed), then the right one"

/* clang-format off */
static const struct row table[FAULTS] = {
	[FAULT_OK] = { "ok", ARG_NONE, 0, "no fault; rules of the zone and the server do not apply", 0 },
	[FAULT_DELAY] = { "delay", ARG_TIME, 0, "answer that much later; A..B: at random between", 0 },
	[FAULT_DROP] = { "drop", ARG_PERCENT, 100, "no answer; =N%: to that share, seeded by -S", 0 },
	[FAULT_DROP_FIRST] = { "drop-first", ARG_NUMBER, 0, "no answer to the first N queries for a name and type", 0 },
	[FAULT_FIRST] = { "first", ARG_NUMBER, 0, "the other rules hold for the first N queries only", 0 },

	[FAULT_SERVFAIL] = { "servfail", ARG_NONE, 0, "rcode 2", 0 },
	[FAULT_REFUSED] = { "refused", ARG_NONE, 0, "rcode 5", 0 },
	[FAULT_NOTIMP] = { "notimp", ARG_NONE, 0, "rcode 4", 0 },
	[FAULT_FORMERR] = { "formerr", ARG_NONE, 0, "rcode 1", 0 },
	[FAULT_FORMERR_EDNS] = { "formerr-edns", ARG_NONE, 0, "rcode 1 and no OPT, when the query has OPT", 0 },
	[FAULT_NXDOMAIN] = { "nxdomain", ARG_NONE, 0, "NXDOMAIN with SOA whatever records there are", 0 },
	[FAULT_NODATA] = { "nodata", ARG_NONE, 0, "NOERROR without answers, with SOA", 0 },
	[FAULT_NOSOA] = { "nosoa", ARG_NONE, 0, "leaves the SOA out of NXDOMAIN and empty answers", 0 },

	[FAULT_LISTED] = { "listed", ARG_PERCENT, 100, "that share of absent names, by hash, is A 127.0.0.2", 0 },
	[FAULT_TTL] = { "ttl", ARG_NUMBER, 0, "TTL of all answer records, up to 4294967295", 0 },
	[FAULT_ANSWERS] = { "answers", ARG_NUMBER, 0, "N A records from 127.0.0.2 upwards", 0 },
	[FAULT_RDLEN] = { "rdlen", ARG_NUMBER, 0, "one record of the asked type with that rdlength", 0 },
	[FAULT_BADPTR] = { "badptr", ARG_POINTER, 0, "owner is a pointer to itself; =self, =forward, =loop", 0 },
	[FAULT_MANYPTR] = { "manyptr", ARG_NONE, 0, "owners that take hundreds of pointers to read", 0 },
	[FAULT_CNAME] = { "cname", ARG_NAME, 0, "CNAME to NAME, with NAME's records if it is ours", 0 },
	[FAULT_CNAME_LOOP] = { "cname-loop", ARG_NONE, 0, "CNAME to another name and back", 0 },
	[FAULT_CNAME_CHAIN] = { "cname-chain", ARG_NUMBER, 0, "N CNAMEs, then A 127.0.0.2", 0 },
	[FAULT_DNAME] = { "dname", ARG_NONE, 0, "DNAME, the CNAME made from it, A 127.0.0.2", 0 },
	[FAULT_TXT_SIZE] = { "txt-size", ARG_NUMBER, 0, "to TXT: N octets of text", 0 },
	[FAULT_TXT_BADLEN] = { "txt-badlen", ARG_NONE, 0, "to TXT: a string longer than the record", 0 },

	[FAULT_AUTHORITY_ONLY] = { "authority-only", ARG_NONE, 0, "answer records in the authority section", 0 },
	[FAULT_ADDITIONAL_ONLY] = { "additional-only", ARG_NONE, 0, "answer records in the additional section", 0 },
	[FAULT_OTHER_OWNER] = { "other-owner", ARG_NONE, 0, "answer records of another name", 0 },
	[FAULT_RR_CLASS] = { "rr-class", ARG_NUMBER, 0, "answer records of class N (3: CH)", 0 },

	[FAULT_NO_OPT] = { "no-opt", ARG_NONE, 0, "no OPT in the answer", 0 },
	[FAULT_OPT_MANY] = { "opt-many", ARG_NUMBER, 0, "N OPT records", 0 },
	[FAULT_OPT_NONROOT] = { "opt-nonroot", ARG_NONE, 0, "an OPT owned by the asked name", 0 },
	[FAULT_OPT_BADOPT] = { "opt-badopt", ARG_NONE, 0, "an option longer than its OPT", 0 },
	[FAULT_BADVERS] = { "badvers", ARG_NONE, 0, "extended rcode 16 in OPT, no answers", 0 },
	[FAULT_TSIG] = { "tsig", ARG_COUNT, 1, "N TSIG records appended (1)", 0 },

	[FAULT_TC] = { "tc", ARG_NONE, 0, "truncated over UDP, in full over TCP", 0 },
	[FAULT_TC_FULL] = { "tc-full", ARG_NONE, 0, "TC set although the answer is there", 0 },
	[FAULT_TC_CLOSE] = { "tc-close", ARG_NONE, 0, "tc and tcp-close", FAULT_TCP_CLOSE },
	[FAULT_TC_NOTCP] = { "tc-notcp", ARG_NONE, 0, "tc and tcp-reset (no TCP at all: -U)", FAULT_TCP_RESET },
	[FAULT_TC_HANG] = { "tc-hang", ARG_NONE, 0, "tc and tcp-hang", FAULT_TCP_HANG },
	[FAULT_OVERSIZE] = { "oversize", ARG_NONE, 0, "UDP answers larger than the client allowed", 0 },
	[FAULT_TCP_CLOSE] = { "tcp-close", ARG_NONE, 0, "closes the TCP connection in place of an answer", 0 },
	[FAULT_TCP_RESET] = { "tcp-reset", ARG_NONE, 0, "resets it", 0 },
	[FAULT_TCP_HANG] = { "tcp-hang", ARG_NONE, 0, "stays silent on it", 0 },
	[FAULT_TCP_HALF] = { "tcp-half", ARG_NONE, 0, "half of the answer, then closes", 0 },
	[FAULT_TCP_DRIBBLE] = { "tcp-dribble", ARG_COUNT, 1, "N octets a millisecond (1)", 0 },

	[FAULT_WRONG_ID] = { "wrong-id", ARG_COUNT, 0, "another id" TWIN, 0 },
	[FAULT_WRONG_QUESTION] = { "wrong-question", ARG_COUNT, 0, "another name in the question" TWIN, 0 },
	[FAULT_WRONG_TYPE] = { "wrong-type", ARG_COUNT, 0, "another type in the question" TWIN, 0 },
	[FAULT_WRONG_CLASS] = { "wrong-class", ARG_COUNT, 0, "class CH in the question" TWIN, 0 },
	[FAULT_WRONG_CASE] = { "wrong-case", ARG_COUNT, 0, "the question in lower case" TWIN, 0 },
	[FAULT_NO_QUESTION] = { "no-question", ARG_COUNT, 0, "no question section" TWIN, 0 },
	[FAULT_TWO_QUESTIONS] = { "two-questions", ARG_COUNT, 0, "a second question" TWIN, 0 },
	[FAULT_QR0] = { "qr0", ARG_COUNT, 0, "marked as a query" TWIN, 0 },
	[FAULT_SHORT] = { "short", ARG_COUNT, 0, "7 octets of the header" TWIN, 0 },
	[FAULT_CUT] = { "cut", ARG_COUNT, 0, "cut in the middle of the answer section" TWIN, 0 },
	[FAULT_NOISE] = { "noise", ARG_COUNT, 0, "header and question right, then random octets" TWIN, 0 },
	[FAULT_GARBAGE] = { "garbage", ARG_COUNT, 0, "random octets" TWIN, 0 },
	[FAULT_OPCODE] = { "opcode", ARG_NUMBER, 0, "another opcode", 0 },
	[FAULT_RCODE] = { "rcode", ARG_NUMBER, 0, "that rcode over the records there are", 0 },
	[FAULT_ANCOUNT] = { "ancount", ARG_NUMBER, 0, "that number of answers in the header", 0 },
	[FAULT_TRAILING] = { "trailing", ARG_COUNT, 16, "N octets after the end (16)", 0 },

	[FAULT_EMPTY] = { "empty", ARG_COUNT, 1, "N datagrams of no octets (1), then the right answer", 0 },
	[FAULT_WRONG_PORT] = { "wrong-port", ARG_COUNT, 1, "N listed ones from another port (1), then the right one", 0 },
	[FAULT_WRONG_ADDR] = { "wrong-addr", ARG_COUNT, 1, "N listed ones from 127.0.0.66 (1), then the right one", 0 },
	[FAULT_FORGE] = { "forge", ARG_NUMBER, 0, "N listed ones with random wrong ids, then the right one", 0 },
	[FAULT_ONLY_FORGED] = { "only-forged", ARG_COUNT, 16, "N listed ones with random wrong ids (16)", FAULT_ONLY },
	[FAULT_ONLY] = { "only", ARG_NONE, 0, "the right one never follows", 0 },
	[FAULT_COPIES] = { "copies", ARG_NUMBER, 0, "the answer N times", 0 },
};
/* clang-format on */

static const char *const pointers[] = {[BADPTR_SELF] = "self", [BADPTR_FORWARD] = "forward", [BADPTR_LOOP] = "loop"};

static enum fault find(const char *word)
{
	size_t len = strcspn(word, "=");
	for (enum fault i = 0; i < FAULTS; i++)
		if (strlen(table[i].name) == len && memcmp(table[i].name, word, len) == 0)
			return i;
	return FAULTS;
}

bool rules_known(const char *word)
{
	return find(word) != FAULTS;
}

bool rules_time_ms(const char *text, uint32_t *ms)
{
	static const struct {
		const char *unit;
		double ms;
	} units[] = {{"ms", 1}, {"", 1}, {"s", 1000}, {"m", 60000}};
	char *end;
	double value = strtod(text, &end);
	if (end == text || !(value >= 0))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].unit) == 0 && value * units[i].ms <= 86400e3) {
			*ms = (uint32_t)(value * units[i].ms);
			return true;
		}
	return false;
}

static const char *take_time(struct rules *rules, const char *value)
{
	char first[32];
	const char *dots = strstr(value, "..");
	snprintf(first, sizeof(first), "%.*s", dots != NULL ? (int)(dots - value) : (int)sizeof(first) - 1, value);
	rules->delay_to_ms = 0;
	if (!rules_time_ms(first, &rules->n[FAULT_DELAY]))
		return "a time like 200ms or 2s is wanted";
	if (dots != NULL &&
	    (!rules_time_ms(dots + 2, &rules->delay_to_ms) || rules->delay_to_ms < rules->n[FAULT_DELAY]))
		return "two times are wanted, the smaller first";
	return NULL;
}

static const char *take_number(uint32_t *n, const char *value, const char *unit)
{
	char *end;
	unsigned long long number = strtoull(value, &end, 10);
	if (end == value || value[0] == '-' || number > UINT32_MAX || (end[0] != '\0' && strcmp(end, unit) != 0))
		return "a number is wanted";
	*n = (uint32_t)number;
	return NULL;
}

static const char *take_pointer(uint32_t *n, const char *value)
{
	for (uint32_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++)
		if (strcmp(value, pointers[i]) == 0) {
			*n = i;
			return NULL;
		}
	return "self, forward or loop is wanted";
}

static const char *take_value(struct rules *rules, enum fault fault, const char *value)
{
	uint32_t *n = &rules->n[fault];
	switch (table[fault].arg) {
	case ARG_NONE:
		return "it takes no value";
	case ARG_NUMBER:
	case ARG_COUNT:
		return take_number(n, value, "");
	case ARG_PERCENT:
		return take_number(n, value, "%");
	case ARG_TIME:
		return take_time(rules, value);
	case ARG_POINTER:
		return take_pointer(n, value);
	case ARG_NAME:
		return dnsname_parse(value, &rules->target) ? NULL : "a domain name is wanted";
	}
	return "a bad row in the table";
}

static bool needs_value(enum arg arg)
{
	return arg == ARG_NUMBER || arg == ARG_TIME || arg == ARG_NAME;
}

const char *rules_take(struct rules *rules, const char *word)
{
	enum fault fault = find(word);
	if (fault == FAULTS)
		return "there is no such fault";
	const char *equals = strchr(word, '=');
	const char *wrong = NULL;
	rules->n[fault] = table[fault].without;
	if (equals != NULL)
		wrong = take_value(rules, fault, equals + 1);
	else if (needs_value(table[fault].arg))
		wrong = "a value is wanted, as in fault=value";
	if (wrong != NULL)
		return wrong;
	rules->any = true;
	rules->on[fault] = true;
	if (table[fault].also != FAULT_OK)
		rules->on[table[fault].also] = true;
	return NULL;
}

void rules_overlay(struct rules *rules, const struct rules *inner)
{
	if (inner->on[FAULT_OK]) {
		*rules = *inner;
		return;
	}
	for (enum fault i = 0; i < FAULTS; i++)
		if (inner->on[i]) {
			rules->any = rules->on[i] = true;
			rules->n[i] = inner->n[i];
		}
	if (inner->on[FAULT_DELAY])
		rules->delay_to_ms = inner->delay_to_ms;
	if (inner->on[FAULT_CNAME])
		rules->target = inner->target;
}

void rules_help(FILE *to)
{
	static const char *const values[] = {
		[ARG_NONE] = "",      [ARG_NUMBER] = "=N",	[ARG_COUNT] = "[=N]", [ARG_PERCENT] = "[=N%]",
		[ARG_TIME] = "=TIME", [ARG_POINTER] = "[=HOW]", [ARG_NAME] = "=NAME",
	};
	for (enum fault i = 0; i < FAULTS; i++) {
		char head[40];
		snprintf(head, sizeof(head), "%s%s", table[i].name, values[table[i].arg]);
		fprintf(to, "  %-20s %s\n", head, table[i].help);
	}
}
