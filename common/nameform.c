/* nameform: zone or lookup expression -> pieces; pieces and a subject -> name; and back.
 * What stands between two %'s is parsed as a name of its own, so that every label passes the same check. */
#include "common/nameform.h"

#include <string.h>

/* --- load --------------------------------------------------------------------------------------------------------- */

static bool add_piece(struct nameform *form, enum nameform_kind kind, size_t at, size_t len, struct errmsg *err)
{
	if (form->n_pieces == NAMEFORM_PIECES_MAX) {
		errmsg_set(err, "a lookup expression may have %d parts", NAMEFORM_PIECES_MAX);
		return false;
	}
	form->piece[form->n_pieces].kind = (uint8_t)kind;
	form->piece[form->n_pieces].at = (uint8_t)at;
	form->piece[form->n_pieces++].len = (uint8_t)len;
	return true;
}

/* `n` bytes of labels without a %. */
static bool add_labels(struct nameform *form, const char *text, size_t n, struct errmsg *err)
{
	char labels[DOMAIN_BYTES + 1];
	struct dnsname name;
	size_t at = form->wire.len;

	if (n >= sizeof labels) {
		errmsg_set(err, "a domain name is longer than 253 characters");
		return false;
	}
	memcpy(labels, text, n);
	labels[n] = '\0';
	if (!dnswire_name_parse(&name, labels, err))
		return false;
	if (at + name.len > DNSWIRE_NAME_MAX) {
		errmsg_set(err, "a domain name is longer than 253 characters");
		return false;
	}
	memcpy(form->wire.wire + at, name.wire, name.len - 1u);
	form->wire.len = (uint8_t)(at + name.len - 1u);
	return add_piece(form, NAMEFORM_BYTES, at, name.len - 1u, err);
}

/* `n` bytes of a label that holds a %. */
static bool add_percent(struct nameform *form, const char *text, size_t n, struct errmsg *err)
{
	bool octet = n == 2 && text[1] >= '1' && text[1] <= '4';

	if (n != 2 || (!octet && text[1] != 's')) {
		errmsg_set(err, "%% begins none of %%1 to %%4 and %%s, each of which is a label of its own, between dots");
		return false;
	}
	for (size_t i = 0; i < form->n_pieces; i++) {
		if (form->piece[i].kind == NAMEFORM_BYTES)
			continue;
		if (!octet || form->piece[i].kind == NAMEFORM_SUBJECT) {
			errmsg_set(err, "%%s is the whole subject: it stands once, and without %%1 to %%4");
			return false;
		}
		if (form->piece[i].at == text[1] - '1') {
			errmsg_set(err, "%%%c stands twice", text[1]);
			return false;
		}
	}
	form->octets = octet;
	return add_piece(form, octet ? NAMEFORM_OCTET : NAMEFORM_SUBJECT, octet ? (size_t)(text[1] - '1') : 0, 0, err);
}

/* The labels up to the next one that holds a %, without the dot behind them. */
static size_t labels_before_percent(const char *text)
{
	const char *percent = strchr(text, '%');
	size_t n;

	if (percent == NULL)
		return strlen(text);
	for (n = (size_t)(percent - text); n > 0 && text[n - 1] != '.';)
		n--;
	return n > 0 ? n - 1 : 0;
}

static bool add_parts(struct nameform *form, const char *text, struct errmsg *err)
{
	while (*text != '\0') {
		size_t n = labels_before_percent(text);
		bool labels = n > 0;

		if ((labels ? text[n] != '\0' && text[n - 1] == '.' : text[0] == '.')) {
			errmsg_set(err, "a label is empty");
			return false;
		}
		n = labels ? n : strcspn(text, ".");
		if (!(labels ? add_labels(form, text, n, err) : add_percent(form, text, n, err)))
			return false;
		text += n;
		text += *text == '.';
	}
	return true;
}

bool nameform_parse(struct nameform *out, const char *text, struct errmsg *err)
{
	struct nameform form = { .n_pieces = 0 };

	if (strchr(text, '%') == NULL && !add_piece(&form, NAMEFORM_SUBJECT, 0, 0, err))
		return false;
	if (!add_parts(&form, text, err))
		return false;
	if (form.n_pieces == 0 || form.piece[form.n_pieces - 1].kind != NAMEFORM_BYTES) {
		errmsg_set(err, "a domain name is missing: that of the zone, at the end");
		return false;
	}
	form.wire.wire[form.wire.len] = 0;
	form.piece[form.n_pieces - 1].len++;
	form.wire.len++;
	*out = form;
	return true;
}

/* --- names -------------------------------------------------------------------------------------------------------- */

static bool add_bytes(struct dnsname *out, const uint8_t *bytes, size_t n)
{
	if (out->len + n > DNSWIRE_NAME_MAX)
		return false;
	memcpy(out->wire + out->len, bytes, n);
	out->len = (uint8_t)(out->len + n);
	return true;
}

static bool add_octet(struct dnsname *out, unsigned value)
{
	uint8_t *label = out->wire + out->len;
	size_t n = 0;

	if (out->len + 4u > DNSWIRE_NAME_MAX)
		return false;
	if (value >= 100)
		label[++n] = (uint8_t)('0' + value / 100);
	if (value >= 10)
		label[++n] = (uint8_t)('0' + value / 10 % 10);
	label[++n] = (uint8_t)('0' + value % 10);
	label[0] = (uint8_t)n;
	out->len = (uint8_t)(out->len + n + 1);
	return true;
}

/* `subject`: its labels, without a root label. */
static bool put_together(const struct nameform *form, const struct ipaddr *addr, const struct dnsname *subject,
			 struct dnsname *out)
{
	bool fits = true;

	out->len = 0;
	for (size_t i = 0; i < form->n_pieces && fits; i++) {
		size_t at = form->piece[i].at;

		if (form->piece[i].kind == NAMEFORM_BYTES)
			fits = add_bytes(out, form->wire.wire + at, form->piece[i].len);
		else if (form->piece[i].kind == NAMEFORM_OCTET)
			fits = add_octet(out, addr->byte[at]);
		else
			fits = add_bytes(out, subject->wire, subject->len);
	}
	return fits;
}

static bool is_zone(const struct nameform *form)
{
	return form->n_pieces == 2 && form->piece[0].kind == NAMEFORM_SUBJECT;
}

static const uint8_t nowhere[1];     /* a zone of no octets */

static bool address_around(const struct nameform *form, const struct ipaddr *addr, struct dnsname *out)
{
	struct dnsname subject;

	return dnswire_name_reverse(&subject, addr, nowhere, 0) && put_together(form, NULL, &subject, out);
}

bool nameform_address(const struct nameform *form, const struct ipaddr *addr, struct dnsname *out)
{
	if (is_zone(form))
		return dnswire_name_reverse(out, addr, form->wire.wire, form->wire.len);
	if (form->octets)
		return addr->len == IPADDR_V4 && put_together(form, addr, NULL, out);
	return address_around(form, addr, out);
}

static bool domain_around(const struct nameform *form, const char *domain, struct dnsname *out)
{
	struct dnsname subject;

	return dnswire_name_below(&subject, domain, nowhere, 0) && put_together(form, NULL, &subject, out);
}

bool nameform_domain(const struct nameform *form, const char *domain, struct dnsname *out)
{
	if (is_zone(form))
		return dnswire_name_below(out, domain, form->wire.wire, form->wire.len);
	return !form->octets && domain_around(form, domain, out);
}

/* --- and back ----------------------------------------------------------------------------------------------------- */

/* A part of a name: whole labels, or it is none. */
struct labels {
	const uint8_t *at, *end;
};

/* The next label's octets, *n of them; NULL: there is none, or it reaches over the end. */
static const char *next_label(struct labels *labels, size_t *n)
{
	const uint8_t *label = labels->at;

	if (label == labels->end || label[0] == 0 || label[0] > labels->end - label - 1)
		return NULL;
	*n = label[0];
	labels->at += *n + 1;
	return (const char *)label + 1;
}

static bool octet_of(struct labels *labels, uint8_t *out)
{
	size_t n;
	const char *label = next_label(labels, &n);
	unsigned value = 0;

	if (label == NULL || n > 3 || (n > 1 && label[0] == '0'))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (label[i] < '0' || label[i] > '9')
			return false;
		value = value * 10 + (unsigned)(label[i] - '0');
	}
	*out = (uint8_t)value;
	return value <= UINT8_MAX;
}

static bool nibble_of(struct labels *labels, uint8_t *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t n;
	const char *label = next_label(labels, &n), *digit;

	if (label == NULL || n != 1)
		return false;
	digit = memchr(digits, label[0], sizeof digits - 1);
	if (digit == NULL)
		return false;
	*out = (uint8_t)(digit - digits);
	return true;
}

static struct ipaddr v4_from(const uint8_t byte[IPADDR_V4])
{
	return ipaddr_v4((uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 | byte[3]);
}

static bool v4_of(struct labels labels, struct ipaddr *out)
{
	uint8_t byte[IPADDR_V4];

	for (size_t i = IPADDR_V4; i-- > 0;)
		if (!octet_of(&labels, &byte[i]))
			return false;
	if (labels.at != labels.end)
		return false;
	*out = v4_from(byte);
	return true;
}

static bool v6_of(struct labels labels, struct ipaddr *out)
{
	uint8_t byte[IPADDR_V6];

	for (size_t i = IPADDR_V6; i-- > 0;) {
		uint8_t low, high;

		if (!nibble_of(&labels, &low) || !nibble_of(&labels, &high))
			return false;
		byte[i] = (uint8_t)(high << 4 | low);
	}
	if (labels.at != labels.end)
		return false;
	*out = ipaddr_v6(byte);
	return true;
}

static bool domain_of(struct labels labels, char out[DOMAIN_BYTES])
{
	char text[DNSWIRE_NAME_MAX + 1], parsed[DOMAIN_BYTES];
	size_t len = 0, n;
	const char *label;

	while ((label = next_label(&labels, &n)) != NULL) {
		memcpy(text + len, label, n);
		len += n;
		text[len++] = '.';
	}
	if (labels.at != labels.end || len == 0 || memchr(text, '\0', len) != NULL)
		return false;
	text[len - 1] = '\0';
	if (domain_parse(parsed, text) != DOMAIN_NAME)
		return false;
	strcpy(out, parsed);
	return true;
}

/* The octets of the last pieces, all of which stand in the expression. */
static size_t bytes_behind(const struct nameform *form, size_t piece)
{
	size_t n = 0;

	while (++piece < form->n_pieces)
		n += form->piece[piece].len;
	return n;
}

static bool take_bytes(struct labels *name, const uint8_t *bytes, size_t n)
{
	if ((size_t)(name->end - name->at) < n || memcmp(name->at, bytes, n) != 0)
		return false;
	name->at += n;
	return true;
}

static bool take_subject(struct labels *name, size_t behind, struct ipaddr *addr, char domain[DOMAIN_BYTES])
{
	struct labels subject = *name;

	if ((size_t)(name->end - name->at) <= behind)
		return false;
	subject.end -= behind;
	name->at = subject.end;
	return v4_of(subject, addr) || v6_of(subject, addr) || domain_of(subject, domain);
}

/* Goes along the pieces; what was found is still to be held against the name. */
static bool take_apart(const struct nameform *form, struct labels name, struct ipaddr *addr, char domain[DOMAIN_BYTES])
{
	uint8_t octet[IPADDR_V4] = { 0 };
	bool fits = true;

	for (size_t i = 0; i < form->n_pieces && fits; i++) {
		size_t at = form->piece[i].at;

		if (form->piece[i].kind == NAMEFORM_BYTES)
			fits = take_bytes(&name, form->wire.wire + at, form->piece[i].len);
		else if (form->piece[i].kind == NAMEFORM_OCTET)
			fits = octet_of(&name, &octet[at]);
		else
			fits = take_subject(&name, bytes_behind(form, i), addr, domain);
	}
	if (form->octets)
		*addr = v4_from(octet);
	return fits && name.at == name.end;
}

bool nameform_subject(const struct nameform *form, const struct dnsname *name, struct ipaddr *addr, char domain[DOMAIN_BYTES])
{
	size_t last = form->n_pieces - 1u, n = form->piece[last].len;
	struct labels all = { name->wire, name->wire + name->len };
	char found_domain[DOMAIN_BYTES] = "";
	struct ipaddr found = { 0 };
	struct dnsname again;

	/* Most names are of another list: seen at once. */
	if (name->len <= n || memcmp(all.end - n, form->wire.wire + form->piece[last].at, n) != 0)
		return false;
	if (!take_apart(form, all, &found, found_domain))
		return false;
	if (!(ipaddr_is_set(&found) ? nameform_address(form, &found, &again) : nameform_domain(form, found_domain, &again)) ||
	    again.len != name->len || memcmp(again.wire, name->wire, again.len) != 0)
		return false;
	*addr = found;
	strcpy(domain, found_domain);
	return true;
}
