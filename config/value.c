/* value: checks on single texts of a configuration.
 * Only what is sure to fail later is refused here; whether a user or a path exists is the daemon's to find out. */
#include "config/value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/dnswire.h"
#include "common/ipaddr.h"
#include "common/nameform.h"
#include "common/ruleset.h"
#include "common/text.h"

enum { FD_MIN = 3, FD_MAX = 1023, PORT_MAX = 65535, ACCOUNT_MAX = 32, DIRECTORY_MAX = 1000, LIST_NAME_MAX = 63, HEADER_NAME_MAX = 64, KEY_MAX = 63,
       QUERY_BYTES = 512, MAILBOX_MAX = 254, LOCAL_PART_MAX = 64 };

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* A decimal number of at most `n` bytes, all digits; -1 if not. */
static long number(const char *text, size_t n)
{
	long value = 0;

	if (n == 0 || n > 6)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

static bool is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f)
			return false;
	return true;
}

static bool check_unix(const char *path, const char *example, struct errmsg *err)
{
	if (path[0] != '/') {
		errmsg_set(err, "the path of a UNIX socket must be absolute: %s", example);
		return false;
	}
	if (strlen(path) > VALUE_SOCKET_PATH_MAX) {
		errmsg_set(err, "the path of a UNIX socket may have %d bytes, this one has %zu", VALUE_SOCKET_PATH_MAX,
			   strlen(path));
		return false;
	}
	return true;
}

/* A name, an address, or an address in brackets as libmilter takes it. */
static bool check_host(const char *host, bool v6, struct errmsg *err)
{
	size_t n = strlen(host);
	bool bracketed = n >= 2 && host[0] == '[' && host[n - 1] == ']';
	struct ipaddr addr;

	if (ipaddr_parse_n(&addr, host + (bracketed ? 1 : 0), n - (bracketed ? 2 : 0))) {
		if (strchr(host, ':') != NULL && !v6) {
			errmsg_set(err, "%.60s is an IPv6 address: write inet6:PORT@HOST", host);
			return false;
		}
		if (strchr(host, ':') == NULL && v6) {
			errmsg_set(err, "%.60s is an IPv4 address: write inet:PORT@HOST", host);
			return false;
		}
		return true;
	}
	if (n == 0 || n > 253 || strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") != n) {
		errmsg_set(err, "\"%.60s\" is not a host name or address", host);
		return false;
	}
	if (strspn(host, "0123456789.") == n) {
		errmsg_set(err, "%.60s is not an IPv4 address", host);
		return false;
	}
	return true;
}

static bool check_inet(const char *rest, bool v6, struct errmsg *err)
{
	size_t digits = strcspn(rest, "@");
	long port = number(rest, digits);

	if (port < 1 || port > PORT_MAX) {
		errmsg_set(err, "the port \"%.*s\" is not a number from 1 to %d", digits > 20 ? 20 : (int)digits, rest,
			   PORT_MAX);
		return false;
	}
	if (rest[digits] != '@') {
		errmsg_set(err, "the host is missing: inet:PORT@HOST, such as inet:8890@127.0.0.1");
		return false;
	}
	return check_host(rest + digits + 1, v6, err);
}

static bool check_fd(const char *rest, struct errmsg *err)
{
	long fd = number(rest, strlen(rest));

	if (fd < FD_MIN || fd > FD_MAX) {
		errmsg_set(err, "a passed descriptor is fd:%d to fd:%d", FD_MIN, FD_MAX);
		return false;
	}
	return true;
}

bool value_check_socket(const char *text, struct errmsg *err)
{
	if (starts_with(text, "unix:"))
		return check_unix(text + 5, "unix:/run/...", err);
	if (starts_with(text, "inet:"))
		return check_inet(text + 5, false, err);
	if (starts_with(text, "inet6:"))
		return check_inet(text + 6, true, err);
	if (starts_with(text, "fd:"))
		return check_fd(text + 3, err);
	errmsg_set(err, "\"%.60s\" is not a socket: unix:PATH, inet:PORT@HOST, inet6:PORT@HOST or fd:N", text);
	return false;
}

bool value_check_socket_path(const char *text, struct errmsg *err)
{
	return text[0] == '\0' || check_unix(text, "/run/...", err);
}

bool value_parse_mode(mode_t *out, const char *text, struct errmsg *err)
{
	size_t n = strlen(text);

	if (n < 3 || n > 4 || strspn(text, "01234567") != n || (n == 4 && text[0] != '0')) {
		errmsg_set(err, "\"%.20s\" is not an octal mode such as \"0660\"", text);
		return false;
	}
	*out = (mode_t)strtoul(text, NULL, 8);
	return true;
}

/* RFC 5322 section 3.6 and what other software on the way relies on. */
static const char *const standard_headers[] = {
	"Authentication-Results", "Bcc",      "Cc",         "Comments", "DKIM-Signature", "Date",    "Delivered-To",
	"From",                   "In-Reply-To", "Keywords", "MIME-Version", "Message-ID", "Precedence", "Received",
	"Received-SPF",           "References", "Reply-To", "Return-Path", "Sender",       "Subject", "To",
};
static const char *const standard_starts[] = { "ARC-", "Content-", "List-", "Resent-" };

static bool is_standard_header(const char *text)
{
	for (size_t i = 0; i < sizeof standard_headers / sizeof standard_headers[0]; i++)
		if (strcasecmp(text, standard_headers[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof standard_starts / sizeof standard_starts[0]; i++)
		if (strncasecmp(text, standard_starts[i], strlen(standard_starts[i])) == 0)
			return true;
	return false;
}

bool value_check_header_name(const char *text, struct errmsg *err)
{
	if (text[0] == '\0' || strlen(text) > HEADER_NAME_MAX) {
		errmsg_set(err, "a header name has 1 to %d characters", HEADER_NAME_MAX);
		return false;
	}
	if (!is_printable(text) || strchr(text, ':') != NULL) {
		errmsg_set(err, "a header name is printable ASCII without blanks and colons");
		return false;
	}
	if (is_standard_header(text)) {
		errmsg_set(err, "%.60s is a standard header: choose a name of its own, such as X-RBL-Warning", text);
		return false;
	}
	return true;
}

bool value_check_enhanced(const char *text, struct errmsg *err)
{
	const char *subject = strchr(text, '.');
	const char *detail = subject == NULL ? NULL : strchr(subject + 1, '.');
	bool good = detail != NULL && subject == text + 1 && strchr("245", text[0]) != NULL;

	if (good) {
		size_t subject_len = (size_t)(detail - subject) - 1, detail_len = strlen(detail + 1);

		good = subject_len <= 3 && number(subject + 1, subject_len) >= 0 && detail_len <= 3 &&
		       number(detail + 1, detail_len) >= 0;
	}
	if (!good)
		errmsg_set(err, "\"%.20s\" is not an enhanced status code such as \"5.7.1\"", text);
	return good;
}

bool value_check_list_name(const char *text, struct errmsg *err)
{
	if (text[0] == '\0' || strlen(text) > LIST_NAME_MAX) {
		errmsg_set(err, "a list's name has 1 to %d characters", LIST_NAME_MAX);
		return false;
	}
	if (!is_printable(text) || strpbrk(text, ",:") != NULL) {
		errmsg_set(err, "a list's name is printable ASCII without blanks, commas and colons");
		return false;
	}
	if (strcmp(text, "manual") == 0) {
		errmsg_set(err, "\"manual\" is the name of what is added by hand: choose another");
		return false;
	}
	for (enum check_kind kind = 0; kind < CHECKS; kind++) {
		if (strcmp(text, check_word(kind)) == 0) {
			errmsg_set(err, "\"%s\" is the name of a check: choose another", text);
			return false;
		}
	}
	return true;
}

bool value_with_key(const char *text, const char *key, char *out, size_t size_bytes)
{
	static const char place[] = "{key}";
	struct text filled = text_over(out, size_bytes);

	for (const char *at; (at = strstr(text, place)) != NULL; text = at + sizeof place - 1) {
		text_add_bytes(&filled, text, (size_t)(at - text));
		text_add_str(&filled, key);
	}
	text_add_str(&filled, text);
	return text_fits(&filled);
}

bool value_check_key(const char *text, struct errmsg *err)
{
	size_t n = strlen(text);

	if (n > 0 && n <= KEY_MAX && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == n)
		return true;
	errmsg_set(err, "a key has 1 to %d letters, digits, '-' and '_'", KEY_MAX);
	return false;
}

bool value_check_host_pattern(const char *text, struct errmsg *err)
{
	if (strchr(text, '@') == NULL)
		return true;
	errmsg_set(err, "\"%.60s\" holds an @: this is for the names of hosts, such as *.example.net", text);
	return false;
}

bool value_check_mail_pattern(const char *text, struct errmsg *err)
{
	if (strpbrk(text, "@*") != NULL || strcmp(text, "<>") == 0)
		return true;
	errmsg_set(err, "\"%.60s\" matches no mail address: write *@example.org for a domain, a@* for a name", text);
	return false;
}

static bool is_day(const struct tm *day, long month, long month_day)
{
	return day->tm_mon == month - 1 && day->tm_mday == month_day;   /* else the 30th of February became one of March */
}

bool value_parse_date(int64_t *end_s, const char *text, struct errmsg *err)
{
	bool shaped = strlen(text) == 10 && text[4] == '-' && text[7] == '-';
	long year = shaped ? number(text, 4) : -1, month = shaped ? number(text + 5, 2) : -1;
	long month_day = shaped ? number(text + 8, 2) : -1;
	struct tm day = { .tm_year = (int)year - 1900, .tm_mon = (int)month - 1, .tm_mday = (int)month_day };
	time_t begin;

	if (year >= 1970 && month >= 1 && month_day >= 1) {
		begin = timegm(&day);
		if (is_day(&day, month, month_day)) {
			*end_s = (int64_t)begin + 86400;
			return true;
		}
	}
	errmsg_set(err, "\"%.40s\" is not a day such as 2027-01-31", text);
	return false;
}

bool value_check_date(const char *text, struct errmsg *err)
{
	int64_t end_s;

	return value_parse_date(&end_s, text, err);
}

bool value_check_query(const char *text, struct errmsg *err)
{
	char filled[QUERY_BYTES];
	struct nameform form;

	if (!value_with_key(text, "key", filled, sizeof filled)) {
		errmsg_set(err, "a lookup expression of %zu characters is too long", strlen(text));
		return false;
	}
	if (strchr(text, '%') == NULL) {
		errmsg_set(err, "a lookup expression holds %%1 to %%4 or %%s; a name without them is a zone");
		return false;
	}
	return nameform_parse(&form, filled, err);
}

bool value_check_point(const char *text, struct errmsg *err)
{
	struct ipaddr addr;
	struct dnsname name;

	if (ipaddr_parse(&addr, text))
		return true;
	if (!dnswire_name_parse(&name, text, err))
		return false;
	if (strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == strlen(text) && text[strlen(text) - 1] != '.')
		return true;
	errmsg_set(err, "a test point is an address, or a domain in lower case without a final dot");
	return false;
}

bool value_check_zone(const char *zone, struct errmsg *err)
{
	char text[QUERY_BYTES];
	struct ipaddr addr;
	struct dnsname name;
	size_t n;

	if (!value_with_key(zone, "key", text, sizeof text)) {
		errmsg_set(err, "a zone of %zu characters is too long", strlen(zone));
		return false;
	}
	n = strlen(text);

	if (ipaddr_parse(&addr, text) || (n > 0 && strspn(text, "0123456789.") == n)) {
		errmsg_set(err, "\"%.60s\" is an address, not a zone: a zone is a name such as bl.example.org", text);
		return false;
	}
	return dnswire_name_parse(&name, text, err);
}

static bool is_path(const char *text)
{
	return text[0] == '/' && strlen(text) <= DIRECTORY_MAX && is_printable(text);
}

bool value_check_path(const char *text, struct errmsg *err)
{
	if (is_path(text))
		return true;
	errmsg_set(err, "\"%.40s\" is not the absolute path of a file", text);
	return false;
}

bool value_check_directory(const char *text, struct errmsg *err)
{
	if (text[0] == '\0' || is_path(text))
		return true;
	errmsg_set(err, "\"%.40s\" is not the absolute path of a directory", text);
	return false;
}

bool value_check_account(const char *text, struct errmsg *err)
{
	if (strlen(text) <= ACCOUNT_MAX && is_printable(text) && strchr(text, ':') == NULL && text[0] != '-')
		return true;
	errmsg_set(err, "\"%.40s\" is not the name of a user or group", text);
	return false;
}

bool value_check_mailbox(const char *text, struct errmsg *err)
{
	const char *at = strchr(text, '@');
	char buf[TEXT_QUOTE_BYTES];

	for (const char *c = text; *c != '\0'; c++)
		if (*c <= ' ' || *c >= 0x7f || strchr("<>()[],;:\\\"", *c) != NULL) {
			errmsg_set(err, "%s is not a mail address such as spam@example.org", text_quote(text, buf));
			return false;
		}
	if (strlen(text) <= MAILBOX_MAX && at != NULL && at > text && at - text <= LOCAL_PART_MAX && strchr(at + 1, '@') == NULL &&
	    at[1] != '\0' && at[1] != '.' && text[strlen(text) - 1] != '.')
		return true;
	errmsg_set(err, "%s is not a mail address such as spam@example.org", text_quote(text, buf));
	return false;
}
