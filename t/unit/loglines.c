/* loglines: what the log says.
 * A datagram is a write is a line. */
#include "t/unit/loglines.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"

static int kept_stderr, reader;

void loglines_begin(void)
{
	int pair[2], room = 1 << 20;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	reader = pair[0];
	kept_stderr = dup(STDERR_FILENO);
	dup2(pair[1], STDERR_FILENO);
	close(pair[1]);
	unsetenv("JOURNAL_STREAM");
}

void loglines_end(void)
{
	dup2(kept_stderr, STDERR_FILENO);
	close(kept_stderr);
	close(reader);
}

const char *loglines_next(void)
{
	static char line[LOG_LINE_BYTES + 1];
	ssize_t n = recv(reader, line, sizeof line - 1, MSG_DONTWAIT);

	if (n < 0)
		return NULL;
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(line[n - 1], '\n');
	line[n - 1] = '\0';
	ck_assert_uint_eq(strlen(line), (size_t)n - 1);
	ck_assert_ptr_null(strchr(line, '\n'));
	return line;
}
