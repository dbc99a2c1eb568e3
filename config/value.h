/* Single values of a configuration: is this text a socket, a header name, a mode? Each answers with a sentence.
 * Pure functions, safe from any thread; `err` may be NULL. False: `err` says what is wrong. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/errmsg.h"

enum { VALUE_SOCKET_PATH_MAX = 107 };   /* sun_path holds 108 with its NUL */

/* unix:PATH (absolute), inet:PORT@HOST, inet6:PORT@HOST, fd:N */
bool value_check_socket(const char *text, struct errmsg *err);
/* The absolute path of a UNIX socket; "" is fine. */
bool value_check_socket_path(const char *text, struct errmsg *err);
/* "0660": three or four octal digits, at most 0777. */
bool value_parse_mode(mode_t *out, const char *text, struct errmsg *err);
/* A header field name (RFC 5322 section 3.6.8) that is not one of the standard ones: ours must not pass for those. */
bool value_check_header_name(const char *text, struct errmsg *err);
/* An enhanced status code (RFC 3463): CLASS.SUBJECT.DETAIL, class 2, 4 or 5. */
bool value_check_enhanced(const char *text, struct errmsg *err);
/* A list's name: 1 to 63 printable ASCII characters without blank, comma and colon (they separate in logs), and not
 * "manual", which is what was added by hand, nor that of a check. */
bool value_check_list_name(const char *text, struct errmsg *err);
/* A test point of a list: an address, or a domain in lower case without a final dot. */
bool value_check_point(const char *text, struct errmsg *err);
/* A DNS zone as text, in which {key} may stand for a label or a part of one; an address is none. */
bool value_check_zone(const char *text, struct errmsg *err);
/* A pattern of host names: it holds no "@". Of mail addresses: it holds one, or a *, or is "<>". */
bool value_check_host_pattern(const char *text, struct errmsg *err);
bool value_check_mail_pattern(const char *text, struct errmsg *err);
/* A day, "2027-01-31". */
bool value_check_date(const char *text, struct errmsg *err);
/* *end_s is the first second behind that day, of the wall clock, in UTC. */
bool value_parse_date(int64_t *end_s, const char *text, struct errmsg *err);
/* A lookup expression (common/nameform.h) with at least one %; {key} as in a zone. */
bool value_check_query(const char *text, struct errmsg *err);
/* What replaces {key}: letters, digits, '-' and '_', at most 63. The sentence shows nothing of it. */
bool value_check_key(const char *text, struct errmsg *err);
/* The text with `key` for each {key}. False: no room for it in `size_bytes`. */
bool value_with_key(const char *text, const char *key, char *out, size_t size_bytes);
/* An absolute path; "" is fine. */
bool value_check_directory(const char *text, struct errmsg *err);
/* The absolute path of a file. */
bool value_check_path(const char *text, struct errmsg *err);
/* A mail address, LOCAL@DOMAIN, without blanks and brackets. */
bool value_check_mailbox(const char *text, struct errmsg *err);
/* The name of a user or group; "" is fine. */
bool value_check_account(const char *text, struct errmsg *err);

#endif
