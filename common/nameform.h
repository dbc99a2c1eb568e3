/* How a list's question is made of a subject: a zone below which it is asked, or a lookup expression of the user's own.
 *     zen.example                     the subject, then the zone
 *     %s.bl.example                   the same: %s is the subject, an address reversed as usual, a domain as it is
 *     %4.%3.%2.%1.bl.example          %1 to %4 are the octets of an IPv4 address
 * Compiled at load into a few pieces in wire form, so that a name is put together by copying.
 * Pure functions, safe from any thread.   RFC: 1035 section 3.1, 5782 sections 2.1, 2.4 and 3. */
#ifndef COMMON_NAMEFORM_H
#define COMMON_NAMEFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/dnswire.h"
#include "common/domain.h"
#include "common/errmsg.h"
#include "common/ipaddr.h"

enum { NAMEFORM_PIECES_MAX = 12 };

enum nameform_kind { NAMEFORM_BYTES, NAMEFORM_OCTET, NAMEFORM_SUBJECT };

struct nameform {
	struct dnsname wire;             /* all that is the same in each name, with the root label */
	uint8_t n_pieces;
	bool octets;                     /* made of octets: for IPv4 addresses only */
	struct {
		uint8_t kind;            /* enum nameform_kind */
		uint8_t at;              /* octet: which, from 0. bytes: where in `wire` */
		uint8_t len;             /* of bytes */
	} piece[NAMEFORM_PIECES_MAX];
};

/* False: `err` says what is wrong, and shows nothing of the text, which may hold a key. A `text` without any % is a zone. */
bool nameform_parse(struct nameform *out, const char *text, struct errmsg *err);

/* The name for an address. False: longer than 255 octets, or an IPv6 address where octets are asked for. */
bool nameform_address(const struct nameform *form, const struct ipaddr *addr, struct dnsname *out);
/* The name for a domain, which domain_parse() has made. False: longer than 255 octets, or octets are asked for. */
bool nameform_domain(const struct nameform *form, const char *domain, struct dnsname *out);

/* The way back: about whom does this name ask? Either *addr is set, or it is unset and `domain` is a domain as domain_parse()
 * makes it. Never both: what can be read as an address is one; octets that the form leaves out are 0. `name`: a whole name in
 * wire form and lower case. False: this form makes no such name, *addr and `domain` are untouched. */
bool nameform_subject(const struct nameform *form, const struct dnsname *name, struct ipaddr *addr, char domain[DOMAIN_BYTES]);

#endif
