/* nameform: zone or lookup expression -> pieces; pieces and a subject -> name.
 * What stands between two %'s is parsed as a name of its own, so that every label passes the same check. */
#include "common/nameform.h"

#include <string.h>

#include "common/domain.h"

enum { OCTET_BYTES = 4 };    /* of a label with three digits */

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

/* The % label that *text begins with; moves behind it. */
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

		if (!labels && text[0] == '.') {
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
	size_t n = strlen(text);

	if (strchr(text, '%') == NULL && !add_piece(&form, NAMEFORM_SUBJECT, 0, 0, err))
		return false;
	if (!add_parts(&form, text, err))
		return false;
	if (form.wire.len == 0 || strcspn(text + (n > 3 ? n - 3 : 0), "%") < (n > 3 ? 3 : n)) {
		errmsg_set(err, "a domain name is missing at the end, below which is asked");
		return false;
	}
	form.wire.wire[form.wire.len] = 0;
	form.piece[form.n_pieces - 1].len++;
	form.wire.len++;
	*out = form;
	return true;
}
