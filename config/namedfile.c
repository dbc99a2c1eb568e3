/* namedfile: reads what "file:NAME" in a configuration stands for. */
#include "config/namedfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/textfile.h"

static const char scheme[] = "file:";

const char *namedfile_name(const char *text)
{
	return strncmp(text, scheme, sizeof scheme - 1) == 0 ? text + sizeof scheme - 1 : NULL;
}

char *namedfile_trim(char *line)
{
	char *end;

	line[strcspn(line, "#")] = '\0';
	line += strspn(line, " \t");
	end = line + strlen(line);
	while (end > line && strchr(" \t\r", end[-1]) != NULL)
		end--;
	*end = '\0';
	return line;
}

const char *namedfile_only_line(char *lines)
{
	const char *found = NULL;

	for (char *line = strsep(&lines, "\n"); line != NULL; line = strsep(&lines, "\n")) {
		line = namedfile_trim(line);
		if (line[0] == '\0')
			continue;
		if (found != NULL)
			return NULL;
		found = line;
	}
	return found;
}

char *namedfile_path(const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');
	int dir_len = name[0] == '/' || slash == NULL ? 0 : (int)(slash + 1 - file);
	char *path = NULL;

	return asprintf(&path, "%.*s%s", dir_len, file, name) < 0 ? NULL : path;
}

bool namedfile_has_room(struct reader *reader, const struct node *node)
{
	if (reader->file_bytes <= READER_FILES_BYTES)
		return true;
	reader_error(reader, node, "pattern files hold more than %d MiB in all", READER_FILES_BYTES >> 20);
	return false;
}

char *namedfile_read(struct reader *reader, const struct node *node, const char *name)
{
	struct errmsg err;
	char *path, *text;
	size_t len;

	if (!namedfile_has_room(reader, node))
		return NULL;
	path = namedfile_path(reader->file, name);
	if (path == NULL) {
		reader_out_of_memory(reader, node);
		return NULL;
	}
	sources_note(reader->sources, path);
	text = textfile_read(path, &len, &err);
	free(path);
	if (text == NULL)
		reader_error(reader, node, "%.100s: %s", name, err.text);
	else
		reader->file_bytes += len;
	return text;
}
