/* Tests of dnswire: names at their limits, queries octet by octet, and a long table of packets, most of them bad.
 * A packet lies in a piece of memory of exactly its length, so that a sanitizer sees a step too far. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/dnswire.h"
#include "t/unit/fixture.h"
#include "t/unit/packet.h"
#include "t/unit/suites.h"

/* clang-format off */
#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10
#define A63 A60 "aaa"
/* clang-format on */

/* --- names -------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *text;
	size_t len;                  /* 0: no name */
} names[] = {
	{ "zen.spamhaus.org", 18 },
	{ "zen.spamhaus.org.", 18 },
	{ "ZEN.Spamhaus.ORG", 18 },
	{ "a", 3 },
	{ "a.", 3 },
	{ "_dmarc.a-b.0", 14 },
	{ A63, 65 },
	{ A63 ".b", 67 },
	{ A63 "a", 0 },
	{ "b." A63 "a.b", 0 },
	{ A63 "." A63 "." A63 "." A60 "a", 255 },          /* 253 characters */
	{ A63 "." A63 "." A63 "." A60 "a.", 255 },
	{ A63 "." A63 "." A63 "." A60, 254 },
	{ A63 "." A63 "." A63 "." A60 "aa", 0 },
	{ A63 "." A63 "." A63 "." A63, 0 },
	{ A63 "." A63 "." A63 "." A60 "a.b", 0 },
	{ A63 "." A63 "." A63 "." A63 "." A63, 0 },
	{ "", 0 },
	{ ".", 0 },
	{ "..", 0 },
	{ ".a", 0 },
	{ "a..b", 0 },
	{ "a..", 0 },
	{ "a b", 0 },
	{ "a\\.b", 0 },
	{ "a\\046b", 0 },
	{ "a*b", 0 },
	{ "\xc3\xbc.example", 0 },
	{ "a\n", 0 },
	{ "a/b", 0 },
	{ "@", 0 },
};

START_TEST(name_of_text)
{
	struct dnsname name;
	struct errmsg err = { "" };
	bool good = dnswire_name_parse(&name, names[_i].text, &err);

	ck_assert_msg(good == (names[_i].len != 0), "%s: %s", names[_i].text, err.text);
	ck_assert(good || err.text[0] != '\0');
	ck_assert(!good || name.len == names[_i].len);
	ck_assert(!good || name.wire[name.len - 1] == 0);
	for (size_t i = 0; good && i < name.len; i++)
		ck_assert(!isupper(name.wire[i]));
}
END_TEST

START_TEST(name_in_octets)
{
	struct dnsname name;

	ck_assert(dnswire_name_parse(&name, "Zen.b.", NULL));
	ck_assert_uint_eq(name.len, 7);
	ck_assert_mem_eq(name.wire, "\3zen\1b", 7);
}
END_TEST

static const struct {
	const char *addr, *wire;     /* without the zone */
} reversed[] = {
	{ "192.0.2.1", "\1\x31\1\x32\1\x30\3\x31\x39\x32" },
	{ "0.10.99.255", "\3\x32\x35\x35\2\x39\x39\2\x31\x30\1\x30" },
	{ "100.101.109.110", "\3\x31\x31\x30\3\x31\x30\x39\3\x31\x30\x31\3\x31\x30\x30" },
	{ "::ffff:192.0.2.1", "\1\x31\1\x32\1\x30\3\x31\x39\x32" },
	{ "2001:db8::cafe:1",
	  "\1\x31\1\x30\1\x30\1\x30\1\x65\1\x66\1\x61\1\x63\1\x30\1\x30\1\x30\1\x30\1\x30\1\x30\1\x30\1\x30"
	  "\1\x30\1\x30\1\x30\1\x30\1\x30\1\x30\1\x30\1\x30\1\x38\1\x62\1\x64\1\x30\1\x31\1\x30\1\x30\1\x32" },
};

START_TEST(address_below_zone)
{
	struct ipaddr addr = fixture_addr(reversed[_i].addr);
	size_t n = strlen(reversed[_i].wire);
	struct dnsname zone, name;

	ck_assert(dnswire_name_parse(&zone, "bl.example", NULL));
	ck_assert(dnswire_name_reverse(&name, &addr, zone.wire, zone.len));
	ck_assert_uint_eq(name.len, n + zone.len);
	ck_assert_mem_eq(name.wire, reversed[_i].wire, n);
	ck_assert_mem_eq(name.wire + n, zone.wire, zone.len);
}
END_TEST

/* The zone may be so long that exactly 255 octets come out, not one more; `out` is untouched otherwise. */
static const struct {
	const char *addr;
	size_t zone_len;
	bool good;
} zones[] = {
	{ "255.255.255.255", 255 - 16, true }, { "255.255.255.255", 255 - 15, false }, { "1.1.1.1", 255 - 8, true },
	{ "1.1.1.1", 255 - 7, false },         { "2001:db8::1", 255 - 64, true },      { "2001:db8::1", 255 - 63, false },
	{ "2001:db8::1", 255, false },
};

START_TEST(address_below_long_zone)
{
	struct ipaddr addr = fixture_addr(zones[_i].addr);
	uint8_t *zone = calloc(1, zones[_i].zone_len);
	struct dnsname name = { .len = 7 };

	ck_assert_int_eq(dnswire_name_reverse(&name, &addr, zone, zones[_i].zone_len), zones[_i].good);
	ck_assert_uint_eq(name.len, zones[_i].good ? 255 : 7);
	free(zone);
}
END_TEST

/* --- queries ------------------------------------------------------------------------------------------------------ */

START_TEST(query_in_octets)
{
	static const uint8_t plain[] = { 0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'b', 0, 0, 1, 0, 1 };
	static const uint8_t edns[] = { 0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 'b', 0, 0, 16, 0, 1,
					0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0 };
	uint8_t out[DNSWIRE_QUERY_MAX];
	struct dnsname name;

	ck_assert(dnswire_name_parse(&name, "b", NULL));
	ck_assert_uint_eq(dnswire_query(out, 0xabcd, &name, DNSWIRE_TYPE_A, false), sizeof plain);
	ck_assert_mem_eq(out, plain, sizeof plain);
	ck_assert_uint_eq(dnswire_query(out, 0xabcd, &name, 16, true), sizeof edns);
	ck_assert_mem_eq(out, edns, sizeof edns);
}
END_TEST

START_TEST(longest_query)
{
	uint8_t *out = malloc(DNSWIRE_QUERY_MAX);
	struct dnsname name;

	ck_assert(dnswire_name_parse(&name, A63 "." A63 "." A63 "." A60 "a", NULL));
	ck_assert_uint_eq(dnswire_query(out, 1, &name, DNSWIRE_TYPE_A, true), DNSWIRE_QUERY_MAX);
	free(out);
}
END_TEST

/* --- packets ------------------------------------------------------------------------------------------------------ */

enum { PLAIN = 1, MIXED = 2, EXACT = 4 };   /* the query has no EDNS; its name has both cases; the reply must have them too */

/* clang-format off */
static const struct {
	const char *script, *read;
	unsigned how;
} packets[] = {
	/* listings */
	{ "an @ 300 A 127.0.0.2", "listed 127.0.0.2 ttl 300", 0 },
	{ "an @ 300 A 127.0.0.2", "listed 127.0.0.2 ttl 300", PLAIN },
	{ "an @ 300 A 127.0.0.2; ar . 0 OPT 0", "listed 127.0.0.2 ttl 300", 0 },
	{ "aa; an @ 300 A 127.0.0.2; ns @ 300 NS ns.@; ar ns.@ 300 A 192.0.2.53", "listed 127.0.0.2 ttl 300", 0 },
	{ "an 2.2.0.192.bl.example 300 A 127.0.0.2", "listed 127.0.0.2 ttl 300", 0 },
	{ "an 2.2.0.192.BL.exAmple 300 A 127.0.0.2", "listed 127.0.0.2 ttl 300", 0 },
	{ "an @ 300 A 127.0.0.4; an @ 200 A 127.0.0.2; an @ 400 A 127.0.0.3", "listed 127.0.0.2 127.0.0.3 127.0.0.4 ttl 200", 0 },
	{ "an @ 300 A 127.0.0.2; an @ 100 A 127.0.0.2; an @ 300 A 127.0.0.2", "listed 127.0.0.2 ttl 100", 0 },
	{ "an @ 300 A 127.0.0.0; an @ 300 A 127.255.255.255", "listed 127.0.0.0 127.255.255.255 ttl 300", 0 },
	{ "an @ 0 A 127.0.0.2", "listed 127.0.0.2 ttl 0", 0 },
	{ "an @ 2147483647 A 127.0.0.2", "listed 127.0.0.2 ttl 2147483647", 0 },
	{ "an @ 2147483648 A 127.0.0.2", "listed 127.0.0.2 ttl 0", 0 },      /* RFC 2181 section 8 */
	{ "an @ 4294967295 A 127.0.0.2; an @ 300 A 127.0.0.3", "listed 127.0.0.2 127.0.0.3 ttl 0", 0 },
	{ "an @ 300 A 127.0.0.2; tail 00ff", "listed 127.0.0.2 ttl 300", 0 },
	{ "an @ 300 A 127.0.0.2; an @ 300 TXT listed; an @ 300 RAW 65280 00ff", "listed 127.0.0.2 ttl 300", 0 },
	{ "an @ 300 A 127.0.0.2; an @ 300 RAW 28 20010db8000000000000000000000001", "listed 127.0.0.2 ttl 300", 0 },
	{ "an @ 300 A 127.0.0.2; an @ 300 RAW 46 0001", "listed 127.0.0.2 ttl 300", 0 },   /* nobody reads a signature */
	{ "an @ 300 A 127.0.0.2; ar k. 0 RAW 250 00 class 255; ar k. 0 RAW 250 00 class 255; ar k. 0 RAW 250 00 class 255",
	  "listed 127.0.0.2 ttl 300", 0 },                                   /* TSIG: it only costs ldns its memory */

	/* addresses that list nobody */
	{ "an @ 300 A 192.0.2.1", "absent foreign ttl 300", 0 },
	{ "an @ 300 A 0.0.0.0", "absent foreign ttl 300", 0 },
	{ "an @ 300 A 126.255.255.255; an @ 200 A 128.0.0.0", "absent foreign ttl 200", 0 },
	{ "an @ 300 A 192.0.2.1; an @ 200 A 127.0.0.2", "listed 127.0.0.2 foreign ttl 200", 0 },

	/* CNAME */
	{ "an @ 300 CNAME x.@; an x.@ 200 A 127.0.0.2", "listed 127.0.0.2 ttl 200", 0 },
	{ "an @ 100 CNAME x.@; an x.@ 200 A 127.0.0.2", "listed 127.0.0.2 ttl 100", 0 },
	{ "an x.@ 200 A 127.0.0.2; an @ 300 CNAME X.@", "listed 127.0.0.2 ttl 200", 0 },
	{ "an @ 300 CNAME a.; an a. 300 CNAME b.; an b. 300 A 127.0.0.2", "listed 127.0.0.2 ttl 300", 0 },
	{ "an @ 300 CNAME a.; an b. 300 A 127.0.0.2; an a. 50 CNAME b.", "listed 127.0.0.2 ttl 50", 0 },
	{ "an @ 300 CNAME x.@; an x.@ 2147483648 CNAME y.@; an y.@ 300 A 127.0.0.2", "listed 127.0.0.2 ttl 0", 0 },
	{ "an @ 0 DNAME b.; an @ 0 CNAME x.b; an x.b 300 A 127.0.0.2", "listed 127.0.0.2 ttl 0", 0 },
	{ "an example 300 DNAME b.; an @ 300 CNAME x.b; an x.b 300 A 127.0.0.2", "listed 127.0.0.2 ttl 300", 0 },
	{ "an example 300 DNAME b.; an x.b 300 A 127.0.0.2", "failed", 0 },  /* without its CNAME it leads nowhere */
	{ "an @ 300 CNAME a; an a 300 CNAME b; an b 300 CNAME c; an c 300 CNAME d; an d 300 CNAME e; an e 300 CNAME f;"
	  "an f 300 CNAME g; an g 300 CNAME h; an h 300 A 127.0.0.2", "listed 127.0.0.2 ttl 300", 0 },   /* 8 of them */
	{ "an @ 300 CNAME a; an a 300 CNAME b; an b 300 CNAME c; an c 300 CNAME d; an d 300 CNAME e; an e 300 CNAME f;"
	  "an f 300 CNAME g; an g 300 CNAME h; an h 300 CNAME i; an i 300 A 127.0.0.2", "failed", 0 },   /* 9 */
	{ "an a 300 CNAME b; an b 300 CNAME c; an c 300 CNAME d; an d 300 CNAME e; an e 300 CNAME f; an f 300 CNAME g;"
	  "an g 300 CNAME h; an h 300 CNAME i; an i 300 CNAME j; an @ 300 CNAME k; ns @ 60 SOA 60", "failed", 0 },
	{ "an @ 300 CNAME @", "failed", 0 },
	{ "an @ 300 CNAME @; an @ 300 A 127.0.0.2", "failed", 0 },
	{ "an @ 300 CNAME a; an a 300 CNAME b; an b 300 CNAME a", "failed", 0 },
	{ "rcode 3; an @ 300 CNAME @; ns @ 60 SOA 60", "failed", 0 },
	{ "an @ 300 CNAME a", "failed", 0 },                                 /* where does it end? */
	{ "an @ 300 CNAME a; an b 300 A 127.0.0.2", "failed", 0 },
	{ "an @ 300 CNAME a; ns @ 60 SOA 60", "absent ttl 60", 0 },
	{ "an @ 20 CNAME a; ns @ 60 SOA 60", "absent ttl 20", 0 },           /* the "no" goes when the CNAME goes */
	{ "rcode 3; an @ 20 CNAME a; ns @ 60 SOA 60", "absent ttl 20", 0 },
	{ "rcode 3; an @ 300 CNAME a; ns @ 60 SOA 60", "absent ttl 60", 0 },

	/* not listed: RFC 2308 */
	{ "rcode 3; ns @ 300 SOA 60", "absent ttl 60", 0 },
	{ "rcode 3; ns @ 60 SOA 300", "absent ttl 60", 0 },
	{ "rcode 3; ns @ 60 SOA 60; ar . 0 OPT 0", "absent ttl 60", 0 },
	{ "rcode 3; ns @ 0 SOA 60", "absent ttl 0", 0 },
	{ "rcode 3; ns @ 60 SOA 0", "absent ttl 0", 0 },
	{ "rcode 3; ns @ 2147483648 SOA 60", "absent ttl 0", 0 },
	{ "rcode 3; ns @ 60 SOA 2147483648", "absent ttl 0", 0 },
	{ "rcode 3; ns @ 2147483647 SOA 2147483647", "absent ttl 2147483647", 0 },
	{ "rcode 3; ns @ 300 SOA 60; ns @ 10 SOA 10", "absent ttl 60", 0 },
	{ "rcode 3; ns @ 300 SOA 60 class 3", "absent ttl 0", 0 },
	{ "rcode 3", "absent ttl 0", 0 },
	{ "rcode 3; ns @ 300 NS ns.@", "absent ttl 0", 0 },
	{ "rcode 3; an @ 300 A 127.0.0.2", "failed", 0 },                    /* it cannot be both */
	{ "ns @ 300 SOA 60", "absent ttl 60", 0 },
	{ "ns @ 300 NS ns.@; ns @ 300 SOA 60", "absent ttl 60", 0 },
	{ "", "absent ttl 0", 0 },
	{ "an @ 300 TXT listed", "absent ttl 0", 0 },
	{ "an @ 300 TXT listed; ns @ 300 SOA 60", "absent ttl 60", 0 },
	{ "ns @ 300 NS ns.@; ar ns.@ 300 A 127.0.0.2", "failed", 0 },        /* a referral */
	{ "ns example 300 NS ns.@; ns example 300 NS ns2.@", "failed", 0 },
	{ "ar @ 300 A 127.0.0.2", "absent ttl 0", 0 },                       /* not the answer's section */
	{ "ns @ 300 A 127.0.0.2", "absent ttl 0", 0 },

	/* somebody else's addresses */
	{ "an x.@ 300 A 127.0.0.2", "failed", 0 },
	{ "an example 300 A 127.0.0.2", "failed", 0 },
	{ "an . 300 A 127.0.0.2", "failed", 0 },
	{ "an x.@ 300 A 127.0.0.2; ns @ 300 SOA 60", "failed", 0 },
	{ "an x.@ 300 A 127.0.0.2; an @ 300 A 127.0.0.3", "listed 127.0.0.3 ttl 300", 0 },

	/* no reply to this query: RFC 5452 section 9.1 */
	{ "id 1; an @ 300 A 127.0.0.2", "not-ours", 0 },
	{ "id 256; an @ 300 A 127.0.0.2", "not-ours", 0 },
	{ "query; an @ 300 A 127.0.0.2", "not-ours", 0 },
	{ "opcode 1; an @ 300 A 127.0.0.2", "not-ours", 0 },
	{ "opcode 5; an @ 300 A 127.0.0.2", "not-ours", 0 },
	{ "question 3.2.0.192.bl.example A 1; an @ 300 A 127.0.0.2", "not-ours", 0 },
	{ "question 2.2.0.192.bl.examplf A 1; an @ 300 A 127.0.0.2", "not-ours", 0 },
	{ "question bl.example A 1; an @ 300 A 127.0.0.2", "not-ours", 0 },
	{ "question x.2.2.0.192.bl.example A 1; an @ 300 A 127.0.0.2", "not-ours", 0 },
	{ "question . A 1; an . 300 A 127.0.0.2", "not-ours", 0 },
	{ "question 2.2.0.192.bl.example TXT 1; an @ 300 A 127.0.0.2", "not-ours", 0 },
	{ "question 2.2.0.192.bl.example 257 1; an @ 300 A 127.0.0.2", "not-ours", 0 },
	{ "question 2.2.0.192.bl.example A 3; an @ 300 A 127.0.0.2", "not-ours", 0 },
	{ "question 2.2.0.192.bl.example A 255; an @ 300 A 127.0.0.2", "not-ours", 0 },
	{ "twice; an @ 300 A 127.0.0.2", "not-ours", 0 },                    /* RFC 9619 */
	{ "noquestion; an 2.2.0.192.bl.example 300 A 127.0.0.2", "not-ours", 0 },
	{ "noquestion", "not-ours", 0 },
	{ "noquestion; rcode 2", "not-ours", 0 },
	{ "rcode 2; id 1", "not-ours", 0 },
	{ "tc; id 1", "not-ours", 0 },
	{ "tc; noquestion", "not-ours", 0 },
	{ "rcode 1; header; id 1", "not-ours", 0 },
	{ "header", "not-ours", 0 },
	{ "header; rcode 2", "not-ours", 0 },
	{ "header; rcode 3", "not-ours", 0 },

	/* letters */
	{ "upper; an @ 300 A 127.0.0.2", "listed 127.0.0.2 ttl 300", 0 },
	{ "an @ 300 A 127.0.0.2", "listed 127.0.0.2 ttl 300", MIXED },
	{ "upper; an @ 300 A 127.0.0.2", "listed 127.0.0.2 ttl 300", MIXED },
	{ "an @ 300 A 127.0.0.2", "listed 127.0.0.2 ttl 300", MIXED | EXACT },
	{ "an @ 300 CNAME x.@; an x.2.2.0.192.bl.EXAMPLE 300 A 127.0.0.2", "listed 127.0.0.2 ttl 300", MIXED | EXACT },
	{ "upper; an @ 300 A 127.0.0.2", "not-ours", MIXED | EXACT },
	{ "upper; an @ 300 A 127.0.0.2", "not-ours", EXACT },
	{ "question 2.2.0.192.bl.example A 1; an @ 300 A 127.0.0.2", "not-ours", MIXED | EXACT },
	{ "upper; rcode 2", "not-ours", MIXED | EXACT },
	{ "upper; tc", "not-ours", MIXED | EXACT },

	/* response codes */
	{ "rcode 1", "no-edns", 0 },
	{ "rcode 1", "failed", PLAIN },
	{ "rcode 1; header", "no-edns", 0 },                                 /* RFC 6891 section 7 */
	{ "rcode 1; header", "failed", PLAIN },
	{ "rcode 2", "failed", 0 },
	{ "rcode 2; an @ 300 A 127.0.0.2", "failed", 0 },
	{ "rcode 4", "no-edns", 0 },
	{ "rcode 4", "failed", PLAIN },
	{ "rcode 5", "failed", 0 },
	{ "rcode 5; an @ 300 A 127.0.0.2", "failed", 0 },
	{ "rcode 6", "failed", 0 }, { "rcode 7", "failed", 0 }, { "rcode 8", "failed", 0 }, { "rcode 9", "failed", 0 },
	{ "rcode 10", "failed", 0 }, { "rcode 11", "failed", 0 }, { "rcode 12", "failed", 0 }, { "rcode 13", "failed", 0 },
	{ "rcode 14", "failed", 0 }, { "rcode 15", "failed", 0 },
	{ "ar . 0 OPT 1", "no-edns", 0 },                                    /* BADVERS looks like NOERROR */
	{ "ar . 0 OPT 1", "failed", PLAIN },
	{ "an @ 300 A 127.0.0.2; ar . 0 OPT 1", "no-edns", 0 },
	{ "rcode 3; ar . 0 OPT 1", "failed", 0 },
	{ "ar . 0 OPT 2", "failed", 0 },
	{ "ar . 0 OPT 255", "failed", 0 },
	{ "ar ns.@ 300 A 192.0.2.53; ar . 0 OPT 1", "no-edns", 0 },
	{ "rcode 2; ar . 0 OPT 0", "failed", 0 },
	{ "ar a 0 OPT 0; an @ 300 A 127.0.0.2", "not-ours", 0 },             /* RFC 6891 section 6.1.2 */
	{ "ar a 0 OPT 1", "not-ours", 0 },
	{ "ar @ 0 OPT 1", "not-ours", 0 },
	{ "ar . 0 OPT 1; ar . 0 OPT 0", "not-ours", 0 },                     /* section 6.1.1 */
	{ "ar . 0 OPT 0; ar . 0 OPT 0; an @ 300 A 127.0.0.2", "not-ours", 0 },
	{ "an . 0 OPT 1; an @ 300 A 127.0.0.2", "not-ours", 0 },             /* not its section */

	/* cut short */
	{ "tc", "truncated", 0 },
	{ "tc; an @ 300 A 127.0.0.2", "truncated", 0 },
	{ "tc; rcode 3", "truncated", 0 },
	{ "tc; an @ 300 A 127.0.0.2; count an 3", "truncated", 0 },

	/* records that are broken: RFC 9267 */
	{ "an @ 300 RAW 1 -", "not-ours", 0 },
	{ "an @ 300 RAW 1 7f0000", "not-ours", 0 },
	{ "an @ 300 RAW 1 7f00000200", "not-ours", 0 },
	{ "an @ 300 RAW 1 7f000002000000000000000000000000", "not-ours", 0 },
	{ "an @ 300 A 127.0.0.2; an @ 300 RAW 1 -", "not-ours", 0 },
	{ "an @ 300 A 127.0.0.2 len 3", "not-ours", 0 },
	{ "an @ 300 A 127.0.0.2 len 5", "not-ours", 0 },
	{ "an @ 300 A 127.0.0.2 len 5; an @ 300 A 127.0.0.3", "not-ours", 0 },
	{ "an @ 300 A 127.0.0.2 len 65535", "not-ours", 0 },
	{ "an @ 300 A 127.0.0.2 class 3", "not-ours", 0 },
	{ "an @ 300 A 127.0.0.2 class 255", "not-ours", 0 },
	{ "an @ 300 RAW 5 -", "not-ours", 0 },
	{ "an @ 300 CNAME x.@ len 3; an x.@ 300 A 127.0.0.2", "not-ours", 0 },
	{ "an @ 300 RAW 5 c00c00", "not-ours", 0 },
	{ "an @ 300 RAW 5 c0", "not-ours", 0 },
	{ "an @ 300 RAW 5 3f61", "not-ours", 0 },
	{ "an @ 300 RAW 5 4061", "not-ours", 0 },
	{ "an @ 300 RAW 5 8061", "not-ours", 0 },
	{ "an @ 300 CNAME ^self", "not-ours", 0 },
	{ "an @ 300 CNAME ^next; an @ 300 A 127.0.0.2", "not-ours", 0 },
	{ "an ^self 300 A 127.0.0.2", "not-ours", 0 },
	{ "an ^next 300 A 127.0.0.2", "failed", 0 },                         /* its type's first octet reads as the root */
	{ "an ^16383 300 A 127.0.0.2", "not-ours", 0 },
	{ "an ^0 300 A 127.0.0.2", "not-ours", 0 },
	{ "ns @ 300 RAW 6 -", "not-ours", 0 },
	{ "ns @ 300 SOA 60 len 10", "not-ours", 0 },
	{ "ns @ 300 RAW 6 000000000001000000010000000100000001", "not-ours", 0 },
	{ "ns ^self 300 SOA 60", "not-ours", 0 },
	{ "count an 1", "not-ours", 0 },
	{ "an @ 300 A 127.0.0.2; count an 2", "not-ours", 0 },
	{ "an @ 300 A 127.0.0.2; count an 512", "not-ours", 0 },
	{ "an @ 300 A 127.0.0.2; count an 513", "failed", 0 },
	{ "an @ 300 A 127.0.0.2; count an 65535", "failed", 0 },
	{ "an @ 300 A 127.0.0.2; count ns 1", "not-ours", 0 },
	{ "an @ 300 A 127.0.0.2; count ns 65535", "failed", 0 },
	{ "an @ 300 A 127.0.0.2; count ar 1", "not-ours", 0 },
	{ "an @ 300 A 127.0.0.2; count ar 65535", "not-ours", 0 },
	{ "an @ 300 A 127.0.0.2; count an 0", "absent ttl 0", 0 },           /* bytes behind the end, as a tail */
};
/* clang-format on */

/* With MIXED, half of the letters are capitals. */
static size_t query_of(uint8_t out[DNSWIRE_QUERY_MAX], unsigned how)
{
	struct ipaddr addr = { IPADDR_V4, { 192, 0, 2, 2 } };
	struct dnsname zone, name;
	size_t len;

	ck_assert(dnswire_name_parse(&zone, "bl.example", NULL));
	ck_assert(dnswire_name_reverse(&name, &addr, zone.wire, zone.len));
	len = dnswire_query(out, 0x1234, &name, DNSWIRE_TYPE_A, (how & PLAIN) == 0);
	for (size_t i = 12; (how & MIXED) != 0 && i < 12u + name.len; i += 2)
		out[i] = (uint8_t)toupper(out[i]);
	return len;
}

/* What dnswire_read() says, in words. */
static const char *read_answer(const uint8_t *packet, size_t len, const uint8_t *query, size_t query_len, bool exact_case,
			       enum answer_form form, char buf[700])
{
	static const char *const words[] = { [DNSWIRE_NOT_OURS] = "not-ours", [DNSWIRE_TRUNCATED] = "truncated",
					     [DNSWIRE_NO_EDNS] = "no-edns", [DNSWIRE_SERVER_FAILED] = "failed" };
	uint8_t *exact = malloc(len > 0 ? len : 1);
	struct text text = text_over(buf, 700);
	struct answer answer, before;
	enum dnswire_verdict verdict;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, packet, len);
	memset(&answer, 0xa5, sizeof answer);
	before = answer;
	verdict = dnswire_read(exact, len, query, query_len, exact_case, form, &answer);
	free(exact);
	if (verdict != DNSWIRE_ANSWER) {
		ck_assert_mem_eq(&answer, &before, sizeof answer);
		text_add_str(&text, words[verdict]);
		return buf;
	}
	ck_assert(answer.status == ANSWER_LISTED || answer.status == ANSWER_ABSENT);
	ck_assert(form != ANSWER_CODES || (answer.n > 0) == (answer.status == ANSWER_LISTED));
	fixture_describe(&answer, &text);
	return buf;
}

static const char *read_as(const uint8_t *packet, size_t len, unsigned how, char buf[700])
{
	uint8_t query[DNSWIRE_QUERY_MAX];
	size_t query_len = query_of(query, how);

	return read_answer(packet, len, query, query_len, (how & EXACT) != 0, ANSWER_CODES, buf);
}

static size_t packet_of(uint8_t packet[PACKET_BYTES], const char *script, unsigned how)
{
	uint8_t query[DNSWIRE_QUERY_MAX];
	size_t query_len = query_of(query, how);

	return packet_write(packet, query, query_len, script);
}

START_TEST(packet_is_read)
{
	static uint8_t packet[PACKET_BYTES];
	size_t len = packet_of(packet, packets[_i].script, packets[_i].how);
	char buf[700];

	read_as(packet, len, packets[_i].how, buf);
	ck_assert_msg(strcmp(buf, packets[_i].read) == 0, "%s\n-> %s\nis not %s", packets[_i].script, buf, packets[_i].read);
}
END_TEST

/* The same name asked in other forms, always with EDNS. */
static const struct {
	uint16_t type;
	enum answer_form form;
	const char *script, *read;
} forms[] = {
	/* a host's addresses, wherever they lie */
	{ DNSWIRE_TYPE_A, ANSWER_HOST, "an @ 300 A 192.0.2.1", "listed 192.0.2.1 ttl 300" },
	{ DNSWIRE_TYPE_A, ANSWER_HOST, "an @ 300 A 127.0.0.2; an @ 20 A 192.0.2.1", "listed 127.0.0.2 192.0.2.1 ttl 20" },
	{ DNSWIRE_TYPE_A, ANSWER_HOST, "an @ 300 CNAME x.@; an x.@ 20 A 192.0.2.1", "listed 192.0.2.1 ttl 20" },
	{ DNSWIRE_TYPE_A, ANSWER_HOST, "an @ 300 AAAA 2001:db8::1; ns @ 60 SOA 60", "absent ttl 60" },
	{ DNSWIRE_TYPE_A, ANSWER_HOST, "rcode 3; ns @ 60 SOA 60", "absent ttl 60" },
	{ DNSWIRE_TYPE_A, ANSWER_HOST, "an @ 300 CNAME @", "failed" },
	{ DNSWIRE_TYPE_A, ANSWER_HOST, "an @ 300 RAW 1 c00002", "not-ours" },
	{ DNSWIRE_TYPE_AAAA, ANSWER_HOST, "an @ 300 AAAA 2001:db8::1; an @ 300 AAAA ::1", "listed 2001:db8::1 ::1 ttl 300" },
	{ DNSWIRE_TYPE_AAAA, ANSWER_HOST, "an @ 300 A 192.0.2.1; ns @ 60 SOA 60", "absent ttl 60" },
	{ DNSWIRE_TYPE_AAAA, ANSWER_HOST, "an @ 300 RAW 28 20010db800000000000000000000000001", "not-ours" },
	{ DNSWIRE_TYPE_AAAA, ANSWER_HOST, "an @ 300 RAW 28 c0000201", "not-ours" },
	{ DNSWIRE_TYPE_AAAA, ANSWER_HOST, "an @ 300 RAW 28 -", "not-ours" },
	{ DNSWIRE_TYPE_AAAA, ANSWER_HOST, "ns @ 300 NS ns.@", "failed" },

	/* names: what is no name of a host is left out */
	{ DNSWIRE_TYPE_PTR, ANSWER_NAMES, "an @ 300 PTR Mail.Example.ORG", "listed mail.example.org ttl 300" },
	{ DNSWIRE_TYPE_PTR, ANSWER_NAMES, "an @ 300 PTR a_b.example; an @ 30 PTR x.@", "listed a_b.example x.2.2.0.192.bl.example ttl 30" },
	{ DNSWIRE_TYPE_PTR, ANSWER_NAMES, "an @ 300 CNAME 2.sub.@; an 2.sub.@ 300 PTR a.example", "listed a.example ttl 300" },
	{ DNSWIRE_TYPE_PTR, ANSWER_NAMES, "an @ 300 PTR one", "listed one ttl 300" },
	{ DNSWIRE_TYPE_PTR, ANSWER_NAMES, "an @ 300 PTR .", "listed ttl 300" },
	{ DNSWIRE_TYPE_PTR, ANSWER_NAMES, "an @ 300 PTR a/b.example; an @ 300 PTR a.example", "listed a.example ttl 300" },
	{ DNSWIRE_TYPE_PTR, ANSWER_NAMES, "an @ 300 RAW 12 03612e6200", "listed ttl 300" },       /* a dot inside of a label */
	{ DNSWIRE_TYPE_PTR, ANSWER_NAMES, "an @ 300 RAW 12 0361006200", "listed ttl 300" },       /* a NUL */
	{ DNSWIRE_TYPE_PTR, ANSWER_NAMES,
	  "an @ 1 PTR a; an @ 1 PTR b; an @ 1 PTR c; an @ 1 PTR d; an @ 1 PTR e; an @ 1 PTR f; an @ 1 PTR g; an @ 1 PTR h;"
	  "an @ 1 PTR i; an @ 1 PTR j", "listed a b c d e f g h i j ttl 1" },
	{ DNSWIRE_TYPE_PTR, ANSWER_NAMES,
	  "an @ 1 PTR a; an @ 1 PTR b; an @ 1 PTR c; an @ 1 PTR d; an @ 1 PTR e; an @ 1 PTR f; an @ 1 PTR g; an @ 1 PTR h;"
	  "an @ 1 PTR i; an @ 1 PTR j; an @ 1 PTR k", "listed a b c d e f g h i j cut ttl 1" },
	{ DNSWIRE_TYPE_PTR, ANSWER_NAMES, "an @ 300 PTR " A63 "." A63 "." A63 "." A60 "a",
	  "listed " A63 "." A63 "." A63 "." A60 "a ttl 300" },
	{ DNSWIRE_TYPE_PTR, ANSWER_NAMES, "an @ 300 PTR " A63 "." A63 "." A63 "." A60 "a; an @ 300 PTR b",
	  "listed " A63 "." A63 "." A63 "." A60 "a cut ttl 300" },
	{ DNSWIRE_TYPE_PTR, ANSWER_NAMES, "an @ 300 CNAME a; an a 300 CNAME @", "failed" },
	{ DNSWIRE_TYPE_PTR, ANSWER_NAMES, "an @ 300 RAW 12 -", "not-ours" },
	{ DNSWIRE_TYPE_PTR, ANSWER_NAMES, "an @ 300 PTR ^self", "not-ours" },
	{ DNSWIRE_TYPE_PTR, ANSWER_NAMES, "an @ 300 RAW 12 0161000162", "not-ours" },
	{ DNSWIRE_TYPE_PTR, ANSWER_NAMES, "an x.@ 300 PTR a.example", "failed" },
	{ DNSWIRE_TYPE_PTR, ANSWER_NAMES, "rcode 3; ns @ 60 SOA 60", "absent ttl 60" },

	/* MX: how many lead anywhere */
	{ DNSWIRE_TYPE_MX, ANSWER_MAIL, "an @ 300 MX mail.example", "listed 1 ttl 300" },
	{ DNSWIRE_TYPE_MX, ANSWER_MAIL, "an @ 300 MX a.example; an @ 30 MX b.example", "listed 2 ttl 30" },
	{ DNSWIRE_TYPE_MX, ANSWER_MAIL, "an @ 300 MX .", "listed 0 ttl 300" },                   /* RFC 7505 */
	{ DNSWIRE_TYPE_MX, ANSWER_MAIL, "an @ 300 RAW 15 000000", "listed 0 ttl 300" },
	{ DNSWIRE_TYPE_MX, ANSWER_MAIL, "an @ 300 MX .; an @ 300 MX a.example", "listed 1 ttl 300" },
	{ DNSWIRE_TYPE_MX, ANSWER_MAIL, "an @ 300 CNAME a; an a 300 MX b", "listed 1 ttl 300" },
	{ DNSWIRE_TYPE_MX, ANSWER_MAIL, "an @ 300 A 192.0.2.1; ns @ 60 SOA 60", "absent ttl 60" },
	{ DNSWIRE_TYPE_MX, ANSWER_MAIL, "an @ 300 RAW 15 -", "not-ours" },
	{ DNSWIRE_TYPE_MX, ANSWER_MAIL, "an @ 300 RAW 15 000a", "not-ours" },
	{ DNSWIRE_TYPE_MX, ANSWER_MAIL, "an @ 300 RAW 15 00", "not-ours" },
	{ DNSWIRE_TYPE_MX, ANSWER_MAIL, "an @ 300 RAW 15 000a016100ff", "not-ours" },
	{ DNSWIRE_TYPE_MX, ANSWER_MAIL, "an @ 300 MX ^self", "not-ours" },
	{ DNSWIRE_TYPE_MX, ANSWER_MAIL, "an @ 300 RAW 15 000000; count an 2", "not-ours" },

	/* texts */
	{ DNSWIRE_TYPE_TXT, ANSWER_TEXT, "an @ 300 TXT one; an @ 300 TXT two", "listed \"one two\" ttl 300" },
};

START_TEST(other_forms)
{
	static uint8_t packet[PACKET_BYTES];
	uint8_t query[DNSWIRE_QUERY_MAX];
	size_t query_len = query_of(query, 0), len;
	char buf[700];

	query[query_len - 11 - 3] = (uint8_t)forms[_i].type;
	len = packet_write(packet, query, query_len, forms[_i].script);
	read_answer(packet, len, query, query_len, false, forms[_i].form, buf);
	ck_assert_msg(strcmp(buf, forms[_i].read) == 0, "%s\n-> %s\nis not %s", forms[_i].script, buf, forms[_i].read);
	for (size_t cut = 0; strncmp(forms[_i].read, "listed", 6) == 0 && cut < len; cut++)
		ck_assert_str_eq(read_answer(packet, cut, query, query_len, false, forms[_i].form, buf), "not-ours");
}
END_TEST

/* As many as there is room for; that there are more is told. */
START_TEST(many_addresses_of_a_host)
{
	static uint8_t packet[PACKET_BYTES];
	uint8_t query[DNSWIRE_QUERY_MAX];
	size_t query_len = query_of(query, 0);
	struct answer answer;

	for (unsigned n = 63; n <= 66; n++) {
		struct ipaddr last = fixture_addr("192.0.2.63"), beyond = fixture_addr("192.0.2.64");
		char script[100];
		size_t len;

		snprintf(script, sizeof script, "many an @ 300 192.0.2.0 %u", n);
		len = packet_write(packet, query, query_len, script);
		ck_assert_int_eq(dnswire_read(packet, len, query, query_len, false, ANSWER_HOST, &answer), DNSWIRE_ANSWER);
		ck_assert_uint_eq(answer.n, n < 64 ? n : 64);
		ck_assert_int_eq(answer.cut, n > 64);
		ck_assert_int_eq(answer_has_address(&answer, &last), n >= 64);
		ck_assert(!answer_has_address(&answer, &beyond));
	}
}
END_TEST

/* Cut anywhere, a packet is no answer; not even a "no". */
static const char *const whole[] = {
	"an @ 300 A 127.0.0.2",
	"an @ 300 A 127.0.0.2; an @ 300 A 127.0.0.3; ns @ 300 NS ns.@; ar ns.@ 300 A 192.0.2.53; ar . 0 OPT 0",
	"an @ 300 CNAME x.@; an x.@ 300 CNAME 2.2.0.192.bl.example.org; an 2.2.0.192.bl.example.org 300 A 127.0.0.2",
	"rcode 3; ns @ 300 SOA 60",
	"rcode 3; ns bl.example 300 SOA 60; ar . 0 OPT 0",
	"ns @ 300 SOA 60",
	"an @ 300 TXT listed; ns @ 300 SOA 60; ar k. 0 RAW 250 0011 class 255",
};

START_TEST(packet_cut)
{
	static uint8_t packet[PACKET_BYTES];
	size_t len = packet_of(packet, whole[_i], 0);
	char buf[700];

	for (size_t cut = 0; cut < len; cut++)
		ck_assert_str_eq(read_as(packet, cut, 0, buf), "not-ours");
	read_as(packet, len, 0, buf);
	ck_assert_msg(strncmp(buf, "listed", 6) == 0 || strncmp(buf, "absent", 6) == 0, "%s", buf);
}
END_TEST

/* Whatever single octet is changed: nothing is read that is not there, and no listing appears that nobody sent. */
START_TEST(packet_with_a_wrong_octet)
{
	static uint8_t packet[PACKET_BYTES];
	size_t len = packet_of(packet, whole[_i], 0);
	bool listed = strstr(whole[_i], "127.0.0.2") != NULL;
	char buf[700];

	for (size_t i = 0; i < len; i++) {
		uint8_t right = packet[i];

		for (unsigned wrong = 0; wrong < 256; wrong++) {
			packet[i] = (uint8_t)wrong;
			read_as(packet, len, 0, buf);
			ck_assert_msg(listed || strncmp(buf, "listed", 6) != 0, "octet %zu is %u: %s", i, wrong, buf);
		}
		packet[i] = right;
	}
}
END_TEST

/* As many addresses as there is room for; further ones go, the highest first. */
static const struct {
	unsigned n;
	const char *first;
	unsigned kept;
} crowds[] = { { 31, "127.0.0.2", 31 }, { 32, "127.0.0.2", 32 }, { 33, "127.0.0.2", 32 }, { 512, "127.0.0.2", 32 } };

START_TEST(many_addresses)
{
	static uint8_t packet[PACKET_BYTES];
	char script[100], buf[700], want[700];
	struct text text = text_over(want, sizeof want);

	/* Behind the crowd comes one that is lower, and so counts. */
	snprintf(script, sizeof script, "many an @ 300 %s %u; an @ 300 A 127.0.0.1", crowds[_i].first, crowds[_i].n - 1);
	text_add_str(&text, "listed");
	for (unsigned i = 1; i <= crowds[_i].kept; i++)
		text_add(&text, " 127.0.0.%u", i);
	text_add_str(&text, " ttl 300");
	ck_assert_str_eq(read_as(packet, packet_of(packet, script, 0), 0, buf), want);
}
END_TEST

START_TEST(too_many_records)
{
	static uint8_t packet[PACKET_BYTES];
	char buf[700];

	read_as(packet, packet_of(packet, "many an @ 300 127.0.0.2 513", 0), 0, buf);
	ck_assert_str_eq(buf, "failed");
	read_as(packet, packet_of(packet, "an @ 300 A 127.0.0.2; many ns x.@ 300 127.0.0.2 513", 0), 0, buf);
	ck_assert_str_eq(buf, "failed");
	read_as(packet, packet_of(packet, "an @ 300 A 127.0.0.2; many ns x.@ 300 127.0.0.2 512", 0), 0, buf);
	ck_assert_str_eq(buf, "listed 127.0.0.2 ttl 300");
	read_as(packet, packet_of(packet, "an @ 300 A 127.0.0.2; many ar x.@ 300 127.0.0.2 1000; ar . 0 OPT 1", 0), 0, buf);
	ck_assert_str_eq(buf, "no-edns");
}
END_TEST

START_TEST(nothing_at_all)
{
	uint8_t zeros[20] = { 0 };
	char buf[700];

	for (size_t len = 0; len <= sizeof zeros; len++)
		ck_assert_str_eq(read_as(zeros, len, 0, buf), "not-ours");
}
END_TEST

Suite *dnswire_suite(void)
{
	Suite *suite = suite_create("dnswire");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, name_of_text, 0, ROWS(names));
	tcase_add_test(tcase, name_in_octets);
	tcase_add_loop_test(tcase, address_below_zone, 0, ROWS(reversed));
	tcase_add_loop_test(tcase, address_below_long_zone, 0, ROWS(zones));
	tcase_add_test(tcase, query_in_octets);
	tcase_add_test(tcase, longest_query);
	tcase_add_loop_test(tcase, packet_is_read, 0, ROWS(packets));
	tcase_add_loop_test(tcase, other_forms, 0, ROWS(forms));
	tcase_add_test(tcase, many_addresses_of_a_host);
	tcase_add_loop_test(tcase, packet_cut, 0, ROWS(whole));
	tcase_add_loop_test(tcase, packet_with_a_wrong_octet, 0, ROWS(whole));
	tcase_add_loop_test(tcase, many_addresses, 0, ROWS(crowds));
	tcase_add_test(tcase, too_many_records);
	tcase_add_test(tcase, nothing_at_all);
	suite_add_tcase(suite, tcase);
	return suite;
}
