/* suffix: the public suffixes as libpsl has them. */
#include "common/suffix.h"

#include <libpsl.h>
#include <stdlib.h>

struct suffixes {
	psl_ctx_t *psl;
};

struct suffixes *suffix_load(void)
{
	struct suffixes *suffixes = malloc(sizeof *suffixes);

	if (suffixes == NULL)
		return NULL;
	suffixes->psl = psl_latest(NULL);
	if (suffixes->psl == NULL)
		suffix_free(&suffixes);
	return suffixes;
}

void suffix_free(struct suffixes **suffixes)
{
	struct suffixes *s = *suffixes;

	*suffixes = NULL;
	if (s == NULL)
		return;
	psl_free(s->psl);
	free(s);
}

const char *suffix_registrable(const struct suffixes *suffixes, const char *name)
{
	return psl_registrable_domain(suffixes->psl, name);
}
