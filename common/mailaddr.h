/* Mailbox text -> the domain behind its "@", as it is written there; domain.h tells what that is worth.
 * Both readers are for foreign text: they never fail, read at most MAILADDR_MAX_BYTES, and take linear time.
 * Pure; safe from any thread.   RFC: 5321 section 4.1.2, 5322 sections 3.4 and 4.4, 6531. */
#ifndef COMMON_MAILADDR_H
#define COMMON_MAILADDR_H

#include <stdbool.h>

enum { MAILADDR_MAX_BYTES = 8192, MAILADDR_DOMAIN_BYTES = 512 };   /* of the text that is read; of the domain and its NUL */
enum { MAILADDR_PLAIN_BYTES = 1028 };

/* The address of MAIL FROM or RCPT TO, with or without < >: a source route (@a,@b:u@d) is passed over, a quoted local part
 * may hold any "@". False: the null sender, no domain, or one that has no room; *out is untouched. */
bool mailaddr_path_domain(char out[MAILADDR_DOMAIN_BYTES], const char *path);

/* The same address in the form in which patterns match it: without < >, source route, quotes that nothing needs, and a final
 * dot; "postmaster" alone is "postmaster@", the null sender "". Cases stay. False: no room; *out is untouched. */
bool mailaddr_path_plain(char out[MAILADDR_PLAIN_BYTES], const char *path);

/* The value of a From header, folded or not: of the first address that has a domain. Names, comments, quoted strings,
 * encoded words and groups are passed over. False: there is none; *out is untouched. */
bool mailaddr_header_domain(char out[MAILADDR_DOMAIN_BYTES], const char *value);

#endif
