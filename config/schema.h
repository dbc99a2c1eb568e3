/* The configuration's keys as data, one row a key: name, type, range, default, where the value goes, and the help from
 * which the manual is printed. The reader, the defaults, the faults about unknown keys and the manual are driven by it:
 * a new key is one row, and a field in common/ruleset.h.
 * Everything here is constant; functions are safe from any thread. */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/errmsg.h"

/* Type of the value              the field it goes into */
enum schema_type {
	SCHEMA_BOOL,            /* bool */
	SCHEMA_INT,             /* int */
	SCHEMA_DURATION,        /* int64_t: microseconds, DURATION_NEVER */
	SCHEMA_TEXT,            /* const char * */
	SCHEMA_TEMPLATE,        /* const char * */
	SCHEMA_ZONE,            /* const char * */
	SCHEMA_QUERY,           /* const char * */
	SCHEMA_SECRET,          /* const char *: no fault shows it */
	SCHEMA_PROFILE,         /* const char *: the file of that name fills the object before its own keys do */
	SCHEMA_SOCKET,          /* const char * */
	SCHEMA_MODE,            /* mode_t */
	SCHEMA_WORD,            /* int: the word's value */
	SCHEMA_WORDS,           /* unsigned: the words' values together. With `table`: an object among them, one at most, fills
				 * the keys of that table in the struct that holds the words */
	SCHEMA_ADDRSET,         /* struct addrset */
	SCHEMA_ADDRPAT,         /* struct addrpat */
	SCHEMA_NAMESET,         /* struct nameset */
	SCHEMA_NAMEPAT,         /* struct namepat */
	SCHEMA_NAMES,           /* const char *const *, and their number: names of lists, say */
	SCHEMA_ANSWERPAT,       /* struct answerpat */
	SCHEMA_ANSWERPATS,      /* const struct answerpat *, and their number */
	SCHEMA_SERVER,          /* const struct dnsserver *, NULL for "*" */
	SCHEMA_SERVERS,         /* const struct dnsserver *, and their number */
	SCHEMA_OBJECT,          /* the struct that `table` describes */
	SCHEMA_SWITCH,          /* such a struct, and a bool: an object, which means true, or the bool alone */
	SCHEMA_OBJECTS,         /* a pointer to an array of them, and their number */
	SCHEMA_TYPES,
};

struct schema_word {
	const char *word;       /* NULL ends the words */
	int value;
};

struct schema_table;

struct schema_row {
	const char *key;
	enum schema_type type;
	size_t at;                         /* offsetof() the field in the struct of the table */
	size_t count_at;                   /* offsetof() the size_t that counts an array's elements */
	int64_t min, max;                  /* of a number, of a duration (us), of the count of words, patterns, elements */
	const char *fallback;              /* the default as JSON text. NULL: the field stays unset (see SCHEMA_UNSET) */
	const char *otherwise;             /* what holds without the key, where there is no fallback: for the manual */
	bool required;
	bool settled;                      /* finish(), or dnsfill(), chooses the value where none is given: config show asks the struct */
	bool never;                        /* the duration may be "never" */
	const struct schema_word *words;
	const struct schema_table *table;
	bool (*check)(const char *text, struct errmsg *err);   /* of a text, of each one in an array */
	const char *help;                  /* sentences for the manual, plain text */
};

/* A number that was not given and has no default. Unset texts are NULL, unset words and durations 0, unset arrays empty. */
enum { SCHEMA_UNSET = INT_MIN };

struct reader;
struct node;

/* The keys of one kind of object. */
struct schema_table {
	const struct schema_row *rows;
	size_t n_rows;                     /* at most SCHEMA_ROWS_MAX */
	size_t size_bytes;                 /* of the struct */
	/* Called with the filled struct: checks over several keys, and what follows from them. `sound`: no key of this object
	 * had an error. NULL: nothing to do. */
	void (*finish)(struct reader *reader, const struct node *node, void *object, bool sound);
};

enum { SCHEMA_ROWS_MAX = 64 };

/* The whole configuration: struct ruleset. */
extern const struct schema_table schema_root;

/* NULL: no such key. */
const struct schema_row *schema_row(const struct schema_table *table, const char *key);
/* "whole number", "duration", ... as the manual names it. Static. */
const char *schema_type_text(enum schema_type type);

#endif
