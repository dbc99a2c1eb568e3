/* Which part of a domain name its owner has registered: example.co.uk of www.mail.example.co.uk. For that the public suffixes
 * must be known, the names below which anybody can register one: com, co.uk, and also what its owner hands out by himself, such
 * as github.io. Lists that know registered domains treat both kinds alike: neither is of one owner, and so is never listed.
 * Owner: who loads them.   Threads: any, once they are loaded.   See: https://publicsuffix.org/list/, libpsl(3). */
#ifndef COMMON_SUFFIX_H
#define COMMON_SUFFIX_H

struct suffixes;

/* Those of the system's file where that is newer than those in the library. Reads a file of 40 KB, under a millisecond.
 * NULL: there are none, or out of memory. */
struct suffixes *suffix_load(void);
void suffix_free(struct suffixes **suffixes);   /* sets *suffixes to NULL; NULL inside is fine */

/* The registered domain within `name`, which is as domain_parse() makes it: the end of that very text. NULL: the name is a
 * public suffix itself. Below an unknown top-level domain, names of two labels are taken for registered ones. About 1 us. */
const char *suffix_registrable(const struct suffixes *suffixes, const char *name);

#endif
