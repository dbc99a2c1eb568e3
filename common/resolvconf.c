/* resolvconf: the servers and options of resolv.conf. */
#include "common/resolvconf.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/dnsserver.h"

/* The C library cuts at these two numbers as well. */
enum { FILE_BYTES = 64 * 1024, WORD_BYTES = 80, TIMEOUT_MAX_S = 30, ATTEMPTS_MAX = 5 };

/* The next word of the line, which ends with the line or a comment; false: there is none. One that is too long comes out
 * empty. */
static bool next_word(const char **line, char word[WORD_BYTES])
{
	const char *at = *line + strspn(*line, " \t\r");
	size_t n = strcspn(at, " \t\r\n;#");

	if (n == 0)
		return false;
	*line = at + n;
	word[0] = '\0';
	if (n < WORD_BYTES) {
		memcpy(word, at, n);
		word[n] = '\0';
	}
	return true;
}

/* "timeout:3" for "timeout:"; 0: it is not this option, or no number that means something. */
static int number_behind(const char *word, const char *option, int max)
{
	size_t n = strlen(option);
	long number;

	if (strncmp(word, option, n) != 0 || word[n] == '\0' || strspn(word + n, "0123456789") != strlen(word + n))
		return 0;
	number = strtol(word + n, NULL, 10);
	return number > max ? max : (int)number;
}

static void read_options(struct resolvconf *out, const char *line)
{
	char word[WORD_BYTES];

	while (next_word(&line, word)) {
		int timeout_s = number_behind(word, "timeout:", TIMEOUT_MAX_S);
		int attempts = number_behind(word, "attempts:", ATTEMPTS_MAX);

		if (timeout_s > 0)
			out->timeout_s = timeout_s;
		if (attempts > 0)
			out->attempts = attempts;
		if (strcmp(word, "rotate") == 0)
			out->rotate = true;
	}
}

/* A keyword begins the line, or the line is none for us. */
static void read_line(struct resolvconf *out, const char *line)
{
	char word[WORD_BYTES];

	if (strchr(" \t\r", line[0]) != NULL || !next_word(&line, word))
		return;
	if (strcmp(word, "options") == 0)
		read_options(out, line);
	else if (strcmp(word, "nameserver") == 0 && out->n < DNS_SERVERS_MAX && next_word(&line, word) &&
		 dnsserver_parse(&out->server[out->n], word, NULL))
		out->n++;
}

void resolvconf_parse(struct resolvconf *out, const char *text)
{
	*out = (struct resolvconf){ .n = 0 };
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		read_line(out, text);
		text += len + (text[len] == '\n');
	}
}

static bool read_file(char *buf, size_t size_bytes, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		n = -1;
	while (n > 0 && len < size_bytes - 1) {
		n = read(fd, buf + len, size_bytes - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	buf[len] = '\0';
	return n >= 0;
}

void resolvconf_read(struct resolvconf *out, const char *path)
{
	char *text = malloc(FILE_BYTES + 1);
	bool good = text != NULL && read_file(text, FILE_BYTES + 1, path);

	resolvconf_parse(out, good ? text : "");
	free(text);
	if (out->n == 0 && dnsserver_parse(&out->server[0], "127.0.0.1", NULL) &&
	    dnsserver_parse(&out->server[1], "::1", NULL))
		out->n = 2;
}
