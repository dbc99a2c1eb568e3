/* config: the door. Text -> JSON with places -> schema -> checks -> ruleset.
 * A file is read to its end: whoever mends it sees all that is wrong in one run. */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/dnsfill.h"
#include "config/fill.h"
#include "config/reader.h"
#include "config/textfile.h"

static void fault_whole(struct faults *faults, const char *filename, const char *why)
{
	fault_add(faults, FAULT_ERROR, filename, 0, "", "%s", why);
}

static void fill(struct ruleset *rules, char *text, size_t len, const char *filename, struct faults *faults,
		 struct sources *sources)
{
	struct reader reader = { .file = filename, .faults = faults, .arena = &rules->arena,
				 .sources = sources, .now_s = (int64_t)time(NULL) };

	if (reader_open(&reader, text, len))
		fill_struct(&reader, &schema_root, rules);
	reader_close(&reader);
	if (faults->n_errors > 0)
		return;
	if (rules->dns.n_servers == 0)
		sources_note(sources, rules->dns.resolv_conf);
	if (!dnsfill(rules))
		fault_whole(faults, filename, "out of memory");
}

/* Takes `text`, whose reading changes it. */
static struct ruleset *parse(char *text, size_t len, const char *filename, struct faults *faults, struct sources *sources)
{
	struct ruleset *rules = ruleset_new();

	if (rules == NULL)
		fault_whole(faults, filename, "out of memory");
	else
		fill(rules, text, len, filename, faults, sources);
	free(text);
	faults_sort(faults);
	if (faults->n_errors > 0)
		ruleset_unref(&rules);
	return rules;
}

struct ruleset *config_load_noting(const char *path, struct faults *faults, struct sources *sources)
{
	struct errmsg err;
	size_t len;
	char *text;

	sources_note(sources, path);
	text = textfile_read(path, &len, &err);
	if (text != NULL)
		return parse(text, len, path, faults, sources);
	fault_whole(faults, path, err.text);
	return NULL;
}

struct ruleset *config_load(const char *path, struct faults *faults)
{
	return config_load_noting(path, faults, NULL);
}

struct ruleset *config_parse(const char *text, size_t len, const char *filename, struct faults *faults)
{
	struct errmsg err;
	char *copy;

	if (!textfile_check(text, len, &err)) {
		fault_whole(faults, filename, err.text);
		return NULL;
	}
	copy = malloc(len + 1);
	if (copy == NULL) {
		fault_whole(faults, filename, "out of memory");
		return NULL;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	return parse(copy, len, filename, faults, NULL);
}
