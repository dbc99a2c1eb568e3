/* schema_man: prints the list of all keys for rbl-milter.json(5).
 * Run while building, so that the manual cannot say anything but what the program does. */
#include <stdio.h>
#include <stdlib.h>

#include "config/mdoc.h"

int main(void)
{
	mdoc_print_keys(stdout);
	return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
