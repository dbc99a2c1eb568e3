/* textfile: reads what an administrator wrote, with the sentences for what can be wrong with it.
 * O_NONBLOCK only keeps open() from waiting for the writer of a FIFO, which is refused then. */
#include "config/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool textfile_check(const char *bytes, size_t len, struct errmsg *err)
{
	if (len > TEXTFILE_CAP_BYTES) {
		errmsg_set(err, "the file is larger than 4 MiB");
		return false;
	}
	if (memchr(bytes, '\0', len) != NULL) {
		errmsg_set(err, "the file holds a NUL byte: it is not a text file, or not in UTF-8");
		return false;
	}
	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		errmsg_set(err, "the file begins with a byte order mark: save it as UTF-8 without one");
		return false;
	}
	return true;
}

/* False: this is no file for us. *size: what it holds at the moment. */
static bool is_usable(int fd, size_t *size, struct errmsg *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0) {
		errmsg_set(err, "the file cannot be read: %s", strerror(errno));
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		errmsg_set(err, "this is not a regular file");
		return false;
	}
	if (st.st_size > TEXTFILE_CAP_BYTES) {
		errmsg_set(err, "the file is larger than 4 MiB");
		return false;
	}
	*size = (size_t)st.st_size;
	return true;
}

/* Half of a file that somebody is writing would be taken for the whole: there is room for one byte more than it had. */
static bool read_all(int fd, char *buf, size_t size, size_t *len, struct errmsg *err)
{
	*len = 0;
	while (*len <= size) {
		ssize_t n = read(fd, buf + *len, size + 1 - *len);

		if (n == 0)
			break;
		if (n > 0) {
			*len += (size_t)n;
		} else if (errno != EINTR) {
			errmsg_set(err, "the file cannot be read: %s", strerror(errno));
			return false;
		}
	}
	if (*len > size) {
		errmsg_set(err, "the file grows while it is read: try again");
		return false;
	}
	buf[*len] = '\0';
	return textfile_check(buf, *len, err);
}

char *textfile_read(const char *path, size_t *len, struct errmsg *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *buf = NULL;
	bool good = false;
	size_t size;

	if (fd < 0) {
		errmsg_set(err, "the file cannot be opened: %s", strerror(errno));
		return NULL;
	}
	if (!is_usable(fd, &size, err))
		goto out;
	buf = malloc(size + 1);
	if (buf == NULL) {
		errmsg_set(err, "out of memory");
		goto out;
	}
	good = read_all(fd, buf, size, len, err);
out:
	close(fd);
	if (good)
		return buf;
	free(buf);
	return NULL;
}
