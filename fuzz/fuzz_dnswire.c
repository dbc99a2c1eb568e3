/* Fuzzing dnswire: any octets as the reply to each of nine queries.
 * Whatever comes in, an answer belongs to its question, is in order, and a packet that is none leaves the answer alone. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/dnswire.h"
#include "fuzz/fuzz.h"

enum { HEADER = 12, ID = 0x1234 };

/* The queries that the seeds in corpus/dnswire answer. */
static const struct {
	const char *name;
	uint16_t type;
	enum answer_form form;
	bool edns, mixed, exact_case;
} queries[] = {
	{ "2.2.0.192.bl.example", DNSWIRE_TYPE_A, ANSWER_CODES, true, false, false },
	{ "2.2.0.192.bl.example", DNSWIRE_TYPE_A, ANSWER_CODES, false, false, false },
	{ "2.2.0.192.bl.example", DNSWIRE_TYPE_A, ANSWER_CODES, true, true, true },
	{ "b", DNSWIRE_TYPE_A, ANSWER_CODES, true, false, false },
	{ "2.2.0.192.bl.example", DNSWIRE_TYPE_TXT, ANSWER_TEXT, true, false, false },
	{ "2.2.0.192.bl.example", DNSWIRE_TYPE_A, ANSWER_HOST, true, false, false },
	{ "2.2.0.192.bl.example", DNSWIRE_TYPE_AAAA, ANSWER_HOST, true, false, false },
	{ "2.2.0.192.bl.example", DNSWIRE_TYPE_PTR, ANSWER_NAMES, true, false, false },
	{ "2.2.0.192.bl.example", DNSWIRE_TYPE_MX, ANSWER_MAIL, true, false, false },
};

static size_t write_query(uint8_t out[DNSWIRE_QUERY_MAX], size_t i)
{
	struct dnsname name;
	size_t len;

	MUST(dnswire_name_parse(&name, queries[i].name, NULL));
	len = dnswire_query(out, ID, &name, queries[i].type, queries[i].edns);
	for (size_t at = HEADER; queries[i].mixed && at < HEADER + (size_t)name.len; at += 2)
		out[at] = (uint8_t)toupper(out[at]);
	return len;
}

static void check_text(const char *text)
{
	size_t n = strnlen(text, ANSWER_TEXT_BYTES);

	MUST(n < ANSWER_TEXT_BYTES);
	for (size_t i = 0; i < n; i++)
		MUST(text[i] >= ' ' && text[i] <= '~');
}

static void check_codes(const struct answer *answer)
{
	MUST((answer->status == ANSWER_LISTED) == (answer->n > 0));
	MUST(answer->n <= ANSWER_ADDRS_MAX);
	for (size_t i = 0; i < answer->n; i++) {
		MUST(answer->addr[i] >> 24 == 127);
		MUST(i == 0 || answer->addr[i - 1] < answer->addr[i]);
	}
}

/* Each name is whole, in lower case, and ends within its answer. */
static void check_names(const struct answer *answer)
{
	size_t at = 0, from = 0, n = 0;

	MUST(answer->n <= ANSWER_NAMES_MAX);
	for (size_t len; (len = answer_next_name(answer, &at)) != 0; from = at, n++) {
		MUST(len >= 3 && len <= DNSWIRE_NAME_MAX && at <= answer->n_bytes);
		for (size_t i = from; i + 1 < at; i++)
			MUST(answer->bytes[i] != 0 && !isupper(answer->bytes[i]));
	}
	MUST(n == answer->n && (n == 0 || at == answer->n_bytes));
}

static void check_answer(const struct answer *answer, uint16_t type)
{
	MUST(answer->status == ANSWER_LISTED || answer->status == ANSWER_ABSENT);
	MUST(answer->ttl_s <= INT32_MAX);
	MUST(answer_bytes(answer) <= sizeof *answer);
	switch ((enum answer_form)answer->form) {
	case ANSWER_CODES:
		check_codes(answer);
		break;
	case ANSWER_TEXT:
		check_text(answer->text);
		break;
	case ANSWER_HOST:
		MUST(answer->n_bytes == answer->n * (type == DNSWIRE_TYPE_A ? IPADDR_V4 : IPADDR_V6));
		MUST((answer->status == ANSWER_LISTED) == (answer->n > 0));
		break;
	case ANSWER_NAMES:
		check_names(answer);
		break;
	case ANSWER_MAIL:
		MUST(answer->n_bytes == 0 && (answer->status == ANSWER_LISTED || answer->n == 0));
		break;
	}
}

/* The same id, a reply, no error, one question, and that one ours. */
static void check_packet(const uint8_t *packet, size_t size, const uint8_t *query, size_t query_len, size_t i)
{
	size_t question_len = query_len - HEADER - (queries[i].edns ? 11 : 0);

	MUST(size >= HEADER + question_len);
	MUST(packet[0] == ID >> 8 && packet[1] == (ID & 255));
	MUST((packet[2] & 0xfa) == 0x80);          /* QR set; opcode and TC 0 */
	MUST((packet[3] & 0x0f) == 0 || (packet[3] & 0x0f) == 3);
	MUST(packet[4] == 0 && packet[5] == 1);
	for (size_t at = HEADER; at < HEADER + question_len; at++)
		MUST(packet[at] == query[at] || (!queries[i].exact_case && tolower(packet[at]) == tolower(query[at])));
}

static void read_one(const uint8_t *packet, size_t size, size_t i)
{
	uint8_t query[DNSWIRE_QUERY_MAX];
	size_t query_len = write_query(query, i);
	struct answer answer, before;
	enum dnswire_verdict verdict;

	memset(&answer, 0xa5, sizeof answer);
	before = answer;
	verdict = dnswire_read(packet, size, query, query_len, queries[i].exact_case, queries[i].form, &answer);
	if (verdict == DNSWIRE_ANSWER) {
		check_answer(&answer, queries[i].type);
		check_packet(packet, size, query, query_len, i);
	} else {
		MUST(memcmp(&answer, &before, sizeof answer) == 0);
	}
	MUST(verdict != DNSWIRE_NO_EDNS || queries[i].edns);
	MUST(size >= HEADER || verdict == DNSWIRE_NOT_OURS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *exact;

	if (size > DNSWIRE_TCP_MAX)
		return 0;
	exact = malloc(size > 0 ? size : 1);       /* exactly as long: the sanitizer sees a step too far */
	MUST(exact != NULL);
	memcpy(exact, data, size);
	for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
		read_one(exact, size, i);
	free(exact);
	return 0;
}
