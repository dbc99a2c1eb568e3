/* nameform: zone or lookup expression -> pieces; pieces and a subject -> name.
 * What stands between two %'s is parsed as a name of its own, so that every label passes the same check. */
#include "common/nameform.h"

#include <string.h>

#include "common/domain.h"

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
