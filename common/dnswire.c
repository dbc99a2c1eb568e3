/* dnswire: query -> packet, packet -> answer.
 * Lengths and the question are checked by bytes before ldns sees a record; ldns then reads names, which may be compressed. */
#include "common/dnswire.h"

#include <ctype.h>
#include <ldns/ldns.h>
#include <string.h>

enum {
	HEADER_BYTES = 12,
	CLASS_IN = 1,
	RECORDS_MAX = 512,      /* of the answer and the authority section; more than any list sends */
	CHAIN_MAX = 8,          /* CNAMEs that are followed */
	TTL_MAX = INT32_MAX,    /* beyond it a TTL counts as 0: RFC 2181 section 8 */
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint8_t *put16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
	return p + 2;
}

/* --- names -------------------------------------------------------------------------------------------------------- */

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool dnswire_name_parse(struct dnsname *out, const char *text, struct errmsg *err)
{
	ldns_rdf *name;

	for (const char *p = text; *p != '\0'; p++) {
		if (!name_char(*p)) {
			errmsg_set(err, "a domain name holds letters, digits, '-', '_' and '.' only");
			return false;
		}
	}
	if (text[0] == '\0' || strcmp(text, ".") == 0) {
		errmsg_set(err, "a domain name is missing");
		return false;
	}
	name = strlen(text) <= DNSWIRE_NAME_MAX ? ldns_dname_new_frm_str(text) : NULL;
	if (name == NULL || ldns_rdf_size(name) > DNSWIRE_NAME_MAX) {
		errmsg_set(err, "not a domain name: a label is empty or longer than 63, or the name is longer than 253 characters");
		ldns_rdf_deep_free(name);
		return false;
	}
	ldns_dname2canonical(name);
	out->len = (uint8_t)ldns_rdf_size(name);
	memcpy(out->wire, ldns_rdf_data(name), out->len);
	ldns_rdf_deep_free(name);
	return true;
}

static size_t put_decimal_label(uint8_t *p, unsigned value)
{
	size_t n = 0;

	if (value >= 100)
		p[++n] = (uint8_t)('0' + value / 100);
	if (value >= 10)
		p[++n] = (uint8_t)('0' + value / 10 % 10);
	p[++n] = (uint8_t)('0' + value % 10);
	p[0] = (uint8_t)n;
	return n + 1;
}

static size_t put_nibble_label(uint8_t *p, unsigned value)
{
	p[0] = 1;
	p[1] = (uint8_t)"0123456789abcdef"[value];
	return 2;
}

bool dnswire_name_reverse(struct dnsname *out, const struct ipaddr *addr, const uint8_t *zone, size_t zone_len)
{
	uint8_t labels[IPADDR_V6 * 4];
	size_t n = 0;

	for (size_t i = addr->len; i-- > 0;) {
		if (addr->len == IPADDR_V4) {
			n += put_decimal_label(labels + n, addr->byte[i]);
		} else {
			n += put_nibble_label(labels + n, addr->byte[i] & 15u);
			n += put_nibble_label(labels + n, addr->byte[i] >> 4);
		}
	}
	if (n + zone_len > DNSWIRE_NAME_MAX)
		return false;
	memcpy(out->wire, labels, n);
	memcpy(out->wire + n, zone, zone_len);
	out->len = (uint8_t)(n + zone_len);
	return true;
}

/* Each dot becomes the length of the label behind it; what would be the last dot is the zone's. */
bool dnswire_name_below(struct dnsname *out, const char *domain, const uint8_t *zone, size_t zone_len)
{
	size_t n = strlen(domain), length_at = 0;

	if (n + 1 + zone_len > DNSWIRE_NAME_MAX)
		return false;
	memcpy(out->wire + 1, domain, n);
	for (size_t at = 1; at <= n + 1; at++) {
		if (at <= n && out->wire[at] != '.')
			continue;
		out->wire[length_at] = (uint8_t)(at - length_at - 1);
		length_at = at;
	}
	memcpy(out->wire + n + 1, zone, zone_len);
	out->len = (uint8_t)(n + 1 + zone_len);
	return true;
}

/* --- queries ------------------------------------------------------------------------------------------------------ */

size_t dnswire_query(uint8_t out[DNSWIRE_QUERY_MAX], uint16_t id, const struct dnsname *name, uint16_t type, bool edns)
{
	uint8_t *p = out;

	p = put16(p, id);
	p = put16(p, 0x0100);              /* a plain query, recursion desired */
	p = put16(p, 1);
	p = put16(p, 0);
	p = put16(p, 0);
	p = put16(p, edns ? 1 : 0);
	memcpy(p, name->wire, name->len);
	p = put16(p + name->len, type);
	p = put16(p, CLASS_IN);
	if (edns) {
		*p++ = 0;                  /* the root; OPT is RFC 6891 section 6.1.2 */
		p = put16(p, LDNS_RR_TYPE_OPT);
		p = put16(p, DNSWIRE_UDP_MAX);
		memset(p, 0, 6);
		p += 6;
	}
	return (size_t)(p - out);
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

struct packet {
	const uint8_t *bytes;
	size_t len;
	size_t pos;
};

/* The fixed part of a record, read by bytes. */
struct record {
	size_t start, end;
	uint16_t type, class;
	uint32_t ttl_s;
	uint16_t rdata_len;
};

/* A name in the packet as it stands, without following its pointer. */
static bool skip_name(struct packet *p)
{
	while (p->pos < p->len) {
		uint8_t n = p->bytes[p->pos];

		if (n == 0) {
			p->pos++;
			return true;
		}
		if ((n & 0xc0) == 0xc0) {
			p->pos += 2;
			return p->pos <= p->len;
		}
		if (n > 63)
			return false;
		p->pos += 1u + n;
	}
	return false;
}

static bool next_record(struct packet *p, struct record *out)
{
	const uint8_t *fixed;

	out->start = p->pos;
	if (!skip_name(p) || p->len - p->pos < 10)
		return false;
	fixed = p->bytes + p->pos;
	out->type = get16(fixed);
	out->class = get16(fixed + 2);
	out->ttl_s = get32(fixed + 4) > TTL_MAX ? 0 : get32(fixed + 4);
	out->rdata_len = get16(fixed + 8);
	p->pos += 10;
	if (p->len - p->pos < out->rdata_len)
		return false;
	p->pos += out->rdata_len;
	out->end = p->pos;
	return true;
}

/* The record as ldns reads it. NULL: broken, or it does not end where its length says. */
static ldns_rr *read_record(const struct packet *p, const struct record *record, ldns_pkt_section section)
{
	size_t pos = record->start;
	ldns_rr *rr = NULL;

	if (ldns_wire2rr(&rr, p->bytes, record->end, &pos, section) != LDNS_STATUS_OK)
		return NULL;
	if (pos != record->end) {
		ldns_rr_free(rr);
		return NULL;
	}
	return rr;
}

/* What the answer section holds of use: the records of one name at the end of a chain of CNAMEs. */
struct chain {
	uint16_t type;               /* that was asked for */
	ldns_rr *rr[RECORDS_MAX], *cname[CHAIN_MAX + 1];
	size_t n_rr, n_cname;
};

static void chain_clear(struct chain *chain)
{
	for (size_t i = 0; i < chain->n_rr; i++)
		ldns_rr_free(chain->rr[i]);
	for (size_t i = 0; i < chain->n_cname; i++)
		ldns_rr_free(chain->cname[i]);
}

/* Addresses of other lengths get past ldns, with no data or with the first octets. */
static bool has_right_length(const struct record *record)
{
	return (record->type != LDNS_RR_TYPE_A || record->rdata_len == 4) &&
	       (record->type != LDNS_RR_TYPE_AAAA || record->rdata_len == 16);
}

static bool has_right_fields(const ldns_rr *rr, uint16_t type)
{
	size_t n = ldns_rr_rd_count(rr);

	return type == LDNS_RR_TYPE_TXT ? n >= 1 : n == (type == LDNS_RR_TYPE_MX ? 2 : 1);
}

/* False: broken. */
static bool chain_read(struct chain *chain, struct packet *p, size_t n_records)
{
	for (size_t i = 0; i < n_records; i++) {
		struct record record;
		ldns_rr *rr;

		if (!next_record(p, &record) || record.class != CLASS_IN)
			return false;
		if (record.type != chain->type && record.type != LDNS_RR_TYPE_CNAME)
			continue;
		if (!has_right_length(&record))
			return false;
		rr = read_record(p, &record, LDNS_SECTION_ANSWER);
		if (rr == NULL || !has_right_fields(rr, record.type)) {
			ldns_rr_free(rr);
			return false;
		}
		if (record.type == chain->type && chain->n_rr < RECORDS_MAX)
			chain->rr[chain->n_rr++] = rr;
		else if (record.type == LDNS_RR_TYPE_CNAME && chain->n_cname < CHAIN_MAX + 1)
			chain->cname[chain->n_cname++] = rr;
		else
			ldns_rr_free(rr);
	}
	return true;
}

static uint32_t rr_ttl_s(const ldns_rr *rr)
{
	return ldns_rr_ttl(rr) > TTL_MAX ? 0 : ldns_rr_ttl(rr);
}

/* Follows the CNAMEs from the question's name; *ttl_s becomes the least of their TTLs. NULL: the chain has no end, or there
 * are more links than are kept. */
static const ldns_rdf *chain_end(const struct chain *chain, const ldns_rdf *name, uint32_t *ttl_s)
{
	if (chain->n_cname > CHAIN_MAX)
		return NULL;
	for (size_t hops = 0; hops <= chain->n_cname; hops++) {
		const ldns_rr *link = NULL;

		for (size_t i = 0; i < chain->n_cname && link == NULL; i++)
			if (ldns_dname_compare(ldns_rr_owner(chain->cname[i]), name) == 0)
				link = chain->cname[i];
		if (link == NULL)
			return name;
		if (rr_ttl_s(link) < *ttl_s)
			*ttl_s = rr_ttl_s(link);
		name = ldns_rr_rdf(link, 0);
	}
	return NULL;
}

/* Keeps the addresses distinct and ascending; what has no room is dropped, the highest first. */
static void answer_add(struct answer *answer, uint32_t addr)
{
	unsigned at = 0;

	if (addr >> 24 != 127) {
		answer->foreign = true;
		return;
	}
	while (at < answer->n && answer->addr[at] < addr)
		at++;
	if (at == ANSWER_ADDRS_MAX || (at < answer->n && answer->addr[at] == addr))
		return;
	if (answer->n == ANSWER_ADDRS_MAX)
		answer->n--;
	memmove(answer->addr + at + 1, answer->addr + at, (answer->n - at) * sizeof answer->addr[0]);
	answer->addr[at] = addr;
	answer->n++;
}

/* A text is for people: printable ASCII, one line. Its strings follow one another, records stand apart. */
static void answer_add_text(struct answer *answer, const ldns_rr *rr)
{
	size_t n = strlen(answer->text);

	if (n > 0 && n + 1 < sizeof answer->text)
		answer->text[n++] = ' ';
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *string = ldns_rr_rdf(rr, i);
		const uint8_t *bytes = ldns_rdf_data(string);

		for (size_t k = 1; k < ldns_rdf_size(string) && n + 1 < sizeof answer->text; k++)
			answer->text[n++] = bytes[k] >= ' ' && bytes[k] < 0x7f ? (char)bytes[k] : '?';
	}
	answer->text[n++] = '\0';
	answer->n_bytes = (uint16_t)n;
}

static void answer_add_bytes(struct answer *answer, const uint8_t *bytes, size_t n)
{
	if (answer->n_bytes + n > sizeof answer->bytes) {
		answer->cut = true;
		return;
	}
	memcpy(answer->bytes + answer->n_bytes, bytes, n);
	answer->n_bytes = (uint16_t)(answer->n_bytes + n);
	answer->n++;
}

/* What is no name of a host cannot lead back to one, and is left out; so is the root. */
static void answer_add_name(struct answer *answer, const ldns_rdf *rdf)
{
	const uint8_t *wire = ldns_rdf_data(rdf);
	size_t len = ldns_rdf_size(rdf), length_at = 0;
	uint8_t name[DNSWIRE_NAME_MAX];

	if (len < 2 || len > sizeof name)
		return;
	for (size_t i = 0; i < len; i++) {
		bool is_length = i == length_at;

		if (is_length)
			length_at += wire[i] + 1u;
		else if (!name_char((char)wire[i]) || wire[i] == '.')
			return;
		name[i] = is_length ? wire[i] : (uint8_t)tolower(wire[i]);
	}
	if (answer->n == ANSWER_NAMES_MAX)
		answer->cut = true;
	else
		answer_add_bytes(answer, name, len);
}

/* Whoever takes no mail says so by a host that is the root: RFC 7505 section 3. */
static void answer_add_mail_host(struct answer *answer, const ldns_rdf *rdf)
{
	if (ldns_rdf_size(rdf) > 1 && answer->n < UINT8_MAX)
		answer->n++;
}

static void answer_add_record(struct answer *answer, const ldns_rr *rr)
{
	const ldns_rdf *first = ldns_rr_rdf(rr, 0);

	switch ((enum answer_form)answer->form) {
	case ANSWER_CODES:
		answer_add(answer, get32(ldns_rdf_data(first)));
		break;
	case ANSWER_TEXT:
		answer_add_text(answer, rr);
		break;
	case ANSWER_HOST:
		answer_add_bytes(answer, ldns_rdf_data(first), ldns_rdf_size(first));
		break;
	case ANSWER_NAMES:
		answer_add_name(answer, first);
		break;
	case ANSWER_MAIL:
		answer_add_mail_host(answer, ldns_rr_rdf(rr, 1));
		break;
	}
}

/* What the authority section says of a name that is not there. */
struct authority {
	bool has_soa, has_ns;
	uint32_t negative_ttl_s;
};

static bool authority_read(struct authority *out, struct packet *p, size_t n_records)
{
	*out = (struct authority){ 0 };
	for (size_t i = 0; i < n_records; i++) {
		struct record record;
		ldns_rr *rr;

		if (!next_record(p, &record))
			return false;
		out->has_ns |= record.type == LDNS_RR_TYPE_NS;
		if (record.type != LDNS_RR_TYPE_SOA || record.class != CLASS_IN || out->has_soa)
			continue;
		rr = read_record(p, &record, LDNS_SECTION_AUTHORITY);
		if (rr == NULL || ldns_rr_rd_count(rr) != 7) {
			ldns_rr_free(rr);
			return false;
		}
		out->has_soa = true;
		out->negative_ttl_s = ldns_rdf2native_int32(ldns_rr_rdf(rr, 6));
		if (out->negative_ttl_s > TTL_MAX)
			out->negative_ttl_s = 0;
		if (record.ttl_s < out->negative_ttl_s)   /* RFC 2308 section 5 */
			out->negative_ttl_s = record.ttl_s;
		ldns_rr_free(rr);
	}
	return true;
}

/* The upper eight bits of the response code, from the OPT record: RFC 6891 section 6.1.3. Without one: 0. False: broken, an
 * OPT that does not belong to the root, or a second one (sections 6.1.1 and 6.1.2): what the code is, nobody can tell. */
static bool extended_rcode(struct packet *p, size_t n_records, unsigned *out)
{
	bool seen = false;

	*out = 0;
	for (size_t i = 0; i < n_records; i++) {
		struct record record;

		if (!next_record(p, &record))
			return false;
		if (record.type != LDNS_RR_TYPE_OPT)
			continue;
		if (seen || record.start + 11 + record.rdata_len != record.end)
			return false;
		seen = true;
		*out = p->bytes[record.start + 5];
	}
	return true;
}

/* Same bytes, or same but for the case of letters. The root label and label lengths are below 'A' and so unharmed. */
static bool same_question(const uint8_t *a, const uint8_t *b, size_t n, bool exact_case)
{
	if (exact_case)
		return memcmp(a, b, n) == 0;
	for (size_t i = 0; i + 4 < n; i++)
		if (tolower(a[i]) != tolower(b[i]))
			return false;
	return memcmp(a + n - 4, b + n - 4, 4) == 0;
}

static size_t question_len(const uint8_t *query, size_t query_len)
{
	size_t arcount = get16(query + 10);

	return query_len - HEADER_BYTES - 11 * arcount;
}

/* Is this packet a response to the query at all? */
static bool is_response(const uint8_t *packet, size_t len, const uint8_t *query, size_t query_len, bool exact_case)
{
	size_t n = question_len(query, query_len);

	if (len < HEADER_BYTES || get16(packet) != get16(query))
		return false;
	if (!LDNS_QR_WIRE(packet) || LDNS_OPCODE_WIRE(packet) != LDNS_PACKET_QUERY)
		return false;
	/* Servers that cannot read a query may send its header alone: RFC 6891 section 7. */
	if (get16(packet + 4) == 0 && len == HEADER_BYTES)
		return LDNS_RCODE_WIRE(packet) == LDNS_RCODE_FORMERR;
	return get16(packet + 4) == 1 && len >= HEADER_BYTES + n &&
	       same_question(packet + HEADER_BYTES, query + HEADER_BYTES, n, exact_case);
}

static enum dnswire_verdict judge_rcode(unsigned rcode, bool edns)
{
	switch (rcode) {
	case LDNS_RCODE_NOERROR:
	case LDNS_RCODE_NXDOMAIN:
		return DNSWIRE_ANSWER;
	case LDNS_RCODE_FORMERR:
	case LDNS_RCODE_NOTIMPL:
	case 16:                           /* BADVERS */
		return edns ? DNSWIRE_NO_EDNS : DNSWIRE_SERVER_FAILED;
	default:
		return DNSWIRE_SERVER_FAILED;
	}
}

static enum dnswire_verdict judge_answer(const struct chain *chain, const struct authority *authority, unsigned rcode,
					 const ldns_rdf *name, enum answer_form form, struct answer *out)
{
	struct answer answer = { .status = ANSWER_ABSENT, .form = (uint8_t)form };
	uint32_t ttl_s = TTL_MAX;
	const ldns_rdf *end = chain_end(chain, name, &ttl_s);
	size_t n = 0;

	if (end == NULL)
		return DNSWIRE_SERVER_FAILED;
	for (size_t i = 0; i < chain->n_rr; i++) {
		const ldns_rr *rr = chain->rr[i];

		if (ldns_dname_compare(ldns_rr_owner(rr), end) != 0)
			continue;
		answer_add_record(&answer, rr);
		if (rr_ttl_s(rr) < ttl_s)
			ttl_s = rr_ttl_s(rr);
		n++;
	}
	if (n > 0 && rcode == LDNS_RCODE_NXDOMAIN)
		return DNSWIRE_SERVER_FAILED;   /* it cannot be both */
	if (n > 0) {
		answer.status = answer.n > 0 || form != ANSWER_CODES ? ANSWER_LISTED : ANSWER_ABSENT;
		answer.ttl_s = ttl_s;
	} else if (rcode == LDNS_RCODE_NOERROR &&
		   (chain->n_rr > 0 || (!authority->has_soa && (authority->has_ns || chain->n_cname > 0)))) {
		return DNSWIRE_SERVER_FAILED;   /* somebody else's addresses, or a referral (RFC 2308 section 2.2): not a "no" */
	} else {
		/* Where CNAMEs led to what is not there, the "no" is as short-lived as they are. */
		answer.ttl_s = authority->negative_ttl_s < ttl_s ? authority->negative_ttl_s : ttl_s;
	}
	*out = answer;
	return DNSWIRE_ANSWER;
}

enum dnswire_verdict dnswire_read(const uint8_t *packet, size_t len, const uint8_t *query, size_t query_len,
				  bool exact_case, enum answer_form form, struct answer *out)
{
	size_t name_len = question_len(query, query_len) - 4;
	bool edns = get16(query + 10) != 0;
	struct packet p = { .bytes = packet, .len = len, .pos = HEADER_BYTES + name_len + 4 };
	enum dnswire_verdict verdict = DNSWIRE_NOT_OURS;
	struct chain chain = { .n_rr = 0 };
	struct authority authority;
	unsigned high;
	ldns_rdf *name;

	if (!is_response(packet, len, query, query_len, exact_case))
		return DNSWIRE_NOT_OURS;
	if (LDNS_TC_WIRE(packet))
		return DNSWIRE_TRUNCATED;
	verdict = judge_rcode(LDNS_RCODE_WIRE(packet), edns);
	if (verdict != DNSWIRE_ANSWER)
		return verdict;
	if (get16(packet + 6) > RECORDS_MAX || get16(packet + 8) > RECORDS_MAX)
		return DNSWIRE_SERVER_FAILED;

	chain.type = get16(query + HEADER_BYTES + name_len);
	name = ldns_dname_new_frm_data((uint16_t)name_len, query + HEADER_BYTES);
	if (name == NULL)
		return DNSWIRE_SERVER_FAILED;
	if (!chain_read(&chain, &p, get16(packet + 6)) || !authority_read(&authority, &p, get16(packet + 8)) ||
	    !extended_rcode(&p, get16(packet + 10), &high))
		verdict = DNSWIRE_NOT_OURS;
	else if (high != 0)
		verdict = judge_rcode(high << 4 | LDNS_RCODE_WIRE(packet), edns);
	else
		verdict = judge_answer(&chain, &authority, LDNS_RCODE_WIRE(packet), name, form, out);
	chain_clear(&chain);
	ldns_rdf_deep_free(name);
	return verdict;
}
