/* fuzz_config: any bytes as a configuration get a verdict, a ruleset or at least one error, and every fault can be printed
 * on one line. */
#include "config/config.h"
#include "fuzz/fuzz.h"

static void check_fault(const struct fault *fault)
{
	char buf[FAULT_LINE_BYTES];
	struct text line = text_over(buf, sizeof buf);

	fault_format(fault, &line);
	for (size_t i = 0; i < line.len; i++)
		MUST(buf[i] >= ' ' && buf[i] <= '~');
	MUST(text_fits(&line) && fault->text[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct faults faults;
	struct ruleset *rules;

	faults_init(&faults);
	rules = config_parse((const char *)data, size, "fuzz.json", &faults);
	MUST((rules == NULL) == (faults.n_errors > 0));
	for (size_t i = 0; i < faults.n; i++)
		check_fault(&faults.item[i]);
	ruleset_unref(&rules);
	faults_clear(&faults);
	return 0;
}
