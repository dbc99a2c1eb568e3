/* The unit tests: runs all suites, or those named as arguments, and reports in TAP for `make check`.
 * A suite is known by its line in suites.h. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/unit/suites.h"

static const struct {
	const char *name;
	Suite *(*make)(void);
} suites[] = {
#define SUITE(module) { #module, module##_suite },
#include "t/unit/suites.h"
};

enum { N_SUITES = sizeof suites / sizeof suites[0] };

/* Adds the suites called `name`, or all when it is NULL. False: there is none. */
static bool add_suites(SRunner *runner, const char *name)
{
	bool found = false;

	for (size_t i = 0; i < N_SUITES; i++)
		if (name == NULL || strcmp(name, suites[i].name) == 0) {
			srunner_add_suite(runner, suites[i].make());
			found = true;
		}
	return found;
}

int main(int argc, char **argv)
{
	SRunner *runner = srunner_create(NULL);
	int failed;

	for (int i = 1; i < argc; i++)
		if (!add_suites(runner, argv[i])) {
			fprintf(stderr, "%s: no suite is called %s\n", argv[0], argv[i]);
			srunner_free(runner);
			return EXIT_FAILURE;
		}
	if (argc < 2)
		add_suites(runner, NULL);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
