/* The list of all keys of the configuration for rbl-milter.json(5), in mdoc(7), printed from the schema.
 * Only printing: any thread. */
#ifndef CONFIG_MDOC_H
#define CONFIG_MDOC_H

#include <stdio.h>

void mdoc_print_keys(FILE *out);

#endif
