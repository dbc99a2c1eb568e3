/* What is wrong with a configuration: FILE:LINE: path.to.key: what is wrong. All faults of a file are collected in one run.
 * Owner: who calls faults_init() calls faults_clear().   Threads: one at a time.
 * Bound: FAULTS_MAX are kept, further ones are counted. */
#ifndef CONFIG_FAULTS_H
#define CONFIG_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/text.h"

enum { FAULTS_MAX = 200, FAULT_LINE_BYTES = 640 };

enum fault_level { FAULT_ERROR, FAULT_WARNING };

/* Its texts are printable ASCII: what came from the file is cleaned and cut. */
struct fault {
	enum fault_level level;
	unsigned file_rank;      /* files in the order in which they first had a fault */
	unsigned line;           /* 0: no line, the whole file is meant */
	size_t sequence;
	char file[192];
	char path[128];          /* lists[1].responses[0].match; "" where the whole file is meant */
	char text[256];
};

struct faults {
	struct fault *item;
	size_t n, room;
	size_t n_errors, n_warnings;   /* all that were added, but for repeated ones */
	size_t n_left_out;             /* of these, not kept */
	unsigned n_files;
};

void faults_init(struct faults *faults);
void faults_clear(struct faults *faults);   /* can be used again */

/* The same fault twice counts once, as long as there is room. Never fails: without memory the fault is counted and not
 * kept. */
void fault_add(struct faults *faults, enum fault_level level, const char *file, unsigned line, const char *path,
	       const char *format, ...) __attribute__((format(printf, 6, 7)));

/* By file and line; what was found first stays first. */
void faults_sort(struct faults *faults);
/* The whole line without its line feed; warnings say so behind the path. */
void fault_format(const struct fault *fault, struct text *out);
/* Every kept fault on its line, and a last line for those that are not kept. */
void faults_print(const struct faults *faults, FILE *out);

#endif
