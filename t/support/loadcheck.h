/* For the load: client addresses by number, what the milter should say about each, and how long it took. */
#ifndef T_SUPPORT_LOADCHECK_H
#define T_SUPPORT_LOADCHECK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An address, IPv4 in the first four octets. */
struct loadaddress {
	uint8_t octet[16];
	bool v6;
};

/* Addresses to draw from: a network, or the lines of a file. */
struct loadrange {
	struct loadaddress first;
	uint64_t count;
	struct loadaddress *list; /* of a file, else NULL: then it is first, first + 1, ... */
};

enum loadverdict { LOAD_CONTINUE, LOAD_REJECT, LOAD_FLAG, LOAD_TEMPFAIL, LOAD_DISCARD, LOAD_QUARANTINE, LOAD_UNKNOWN };

struct loadrow {
	struct loadaddress address;
	enum loadverdict verdict;
};

struct loadtable {
	struct loadrow *rows; /* sorted by address */
	size_t count;
	enum loadverdict others; /* of addresses that are not there; LOAD_UNKNOWN: not checked */
	bool either;		 /* a listed address may be rejected or flagged (LOAD_REJECT stands for both) */
};

bool loadcheck_address(const char *text, struct loadaddress *out);
char *loadcheck_text(const struct loadaddress *address, char out[INET6_ADDRSTRLEN]);

/* "192.0.2.0/24", "2001:db8::/64" (at most 2^32 addresses are used). False: it is none. */
bool loadcheck_network(const char *text, struct loadrange *out);
/* One address a line, # comments. False: `error` says FILE:LINE and what. */
bool loadcheck_clients(const char *path, struct loadrange *out, char *error, size_t error_bytes);
/* Number n of the range, which begins anew after the last one. */
struct loadaddress loadcheck_pick(const struct loadrange *range, uint64_t n);

/* Lines "ADDRESS reject|continue|flag|tempfail|discard|quarantine"; with `only_addresses` each line is an address that
 * is listed, and every other one is not. */
bool loadcheck_verdicts(const char *path, bool only_addresses, struct loadtable *out, char *error, size_t error_bytes);
enum loadverdict loadcheck_expected(const struct loadtable *table, const struct loadaddress *address);
bool loadcheck_right(const struct loadtable *table, enum loadverdict expected, enum loadverdict got);
const char *loadcheck_word(enum loadverdict verdict);

/* Sorts the times and prints " NAME_p50_us=... NAME_p99_us=... NAME_max_us=...". */
void loadcheck_print_times(const char *name, uint32_t *us, size_t count);

#endif
