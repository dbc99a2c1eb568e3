/* The language of the zone script (its short form is in the usage text of faultydns): one line a statement. */
#ifndef T_SUPPORT_ZONESCRIPT_H
#define T_SUPPORT_ZONESCRIPT_H

#include "t/support/zonedb.h"

#define ZONESCRIPT_LINE_BYTES 70000
#define ZONESCRIPT_ERROR_BYTES 256

/* What a line needs to know of the lines before it. */
struct zonescript {
	struct zonedb *db;
	struct dnsname zone; /* the zone that is open; the root at first */
};

void zonescript_init(struct zonescript *script, struct zonedb *db);
/* Obeys one line. False: it is wrong, `error` says how; what the line had done until there stays. */
bool zonescript_line(struct zonescript *script, const char *line, char error[ZONESCRIPT_ERROR_BYTES]);
/* Obeys every line of a file ("-": standard input). False: the first error is in `error` as FILE:LINE: text. */
bool zonescript_file(struct zonescript *script, const char *path, char error[ZONESCRIPT_ERROR_BYTES]);
/* In place of the rules that stand: "all", "zone NAME", "name NAME" and then rules; none, or "ok", clears. */
bool zonescript_set(struct zonescript *script, const char *text, char error[ZONESCRIPT_ERROR_BYTES]);

/* "A" -> 1, "TYPE99" -> 99, in capitals ("dname" is a fault). False: no type. */
bool zonescript_type(const char *text, uint16_t *type);
/* The other way; `out` has room for 16 characters. Returns `out`. */
char *zonescript_type_name(uint16_t type, char out[16]);

#endif
