/* listener: the milter's listening socket.
 * The check for a live instance and the new socket are one step under a lock on the directory. */
#include "milter/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_TRIES = 100 };

static bool after(const char *text, const char *prefix, const char **rest)
{
	size_t n = strlen(prefix);

	*rest = text + n;
	return strncmp(text, prefix, n) == 0;
}

/* --- UNIX sockets ------------------------------------------------------------------------------------------------- */

enum occupant { OCCUPANT_NONE, OCCUPANT_DEAD, OCCUPANT_LIVE, OCCUPANT_FOREIGN };

static enum occupant who_is_there(const struct sockaddr_un *addr)
{
	struct stat st;
	int fd, status;

	if (lstat(addr->sun_path, &st) != 0)
		return OCCUPANT_NONE;
	if (!S_ISSOCK(st.st_mode))
		return OCCUPANT_FOREIGN;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);   /* one that is busy would let us wait */
	if (fd < 0)
		return OCCUPANT_LIVE;          /* not known: leave it alone */
	status = connect(fd, (const struct sockaddr *)addr, sizeof *addr) == 0 ? 0 : errno;
	close(fd);
	return status == ECONNREFUSED ? OCCUPANT_DEAD : OCCUPANT_LIVE;
}

static bool find_group(const char *name, gid_t *gid, struct errmsg *err)
{
	const struct group *group;

	if (name[0] == '\0') {
		*gid = (gid_t)-1;
		return true;
	}
	group = getgrnam(name);
	if (group == NULL) {
		errmsg_set(err, "milter.group: there is no group \"%s\"", name);
		return false;
	}
	*gid = group->gr_gid;
	return true;
}

/* Which file lies there, by its time of birth too: a number that was given back soon belongs to another file. */
static bool identify(const char *path, struct statx *out)
{
	return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, out) == 0;
}

static bool is_same_file(const struct statx *a, const struct statx *b)
{
	return a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major && a->stx_dev_minor == b->stx_dev_minor &&
	       a->stx_btime.tv_sec == b->stx_btime.tv_sec && a->stx_btime.tv_nsec == b->stx_btime.tv_nsec;
}

/* Nobody can connect before listen(), so mode and group are set between bind() and it. */
static bool bind_unix(struct listener *l, const struct sockaddr_un *addr, mode_t mode, gid_t gid, struct errmsg *err)
{
	mode_t before;
	int status;

	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0) {
		errmsg_set(err, "no socket: %s", strerror(errno));
		return false;
	}
	before = umask(0177);
	status = bind(l->fd, (const struct sockaddr *)addr, sizeof *addr);
	umask(before);
	if (status != 0 || (gid != (gid_t)-1 && chown(l->path, (uid_t)-1, gid) != 0) || chmod(l->path, mode) != 0 ||
	    !identify(l->path, &l->file) || listen(l->fd, SOMAXCONN) != 0) {
		errmsg_set(err, "%s: %s", l->path, strerror(errno));
		if (status == 0)
			unlink(l->path);
		return false;
	}
	return true;
}

/* Others hold it for a moment only. Who does not (anybody who can read the directory can lock it) must not keep us from
 * starting. */
static void lock(int dir)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000000l };

	for (int i = 0; i < LOCK_TRIES && flock(dir, LOCK_EX | LOCK_NB) != 0; i++)
		nanosleep(&pause, NULL);
}

static int lock_directory(const char *path, struct errmsg *err)
{
	char dir[sizeof ((struct sockaddr_un *)0)->sun_path];
	const char *slash = strrchr(path, '/');
	int fd;

	snprintf(dir, sizeof dir, "%.*s", slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path),
		 slash == NULL ? "." : path);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		errmsg_set(err, "%s: %s", dir, strerror(errno));
	else
		lock(fd);
	return fd;
}

static bool open_unix(struct listener *l, const char *path, mode_t mode, const char *group, struct errmsg *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	bool done = false;
	gid_t gid;
	int dir;

	if (strlen(path) >= sizeof addr.sun_path) {
		errmsg_set(err, "%s: a socket's path has room for %zu characters", path, sizeof addr.sun_path - 1);
		return false;
	}
	if (!find_group(group, &gid, err))
		return false;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	memcpy(l->path, path, strlen(path) + 1);
	dir = lock_directory(path, err);
	if (dir < 0)
		return false;
	switch (who_is_there(&addr)) {
	case OCCUPANT_LIVE:
		errmsg_set(err, "%s: another instance answers there", path);
		break;
	case OCCUPANT_FOREIGN:
		errmsg_set(err, "%s: is there and is not a socket", path);
		break;
	case OCCUPANT_DEAD:
		unlink(path);
		done = bind_unix(l, &addr, mode, gid, err);
		break;
	case OCCUPANT_NONE:
		done = bind_unix(l, &addr, mode, gid, err);
		break;
	}
	close(dir);
	memcpy(&l->addr, &addr, sizeof addr);
	l->addr_len = sizeof addr;
	return done;
}

/* --- TCP sockets -------------------------------------------------------------------------------------------------- */

/* "8890@127.0.0.1", "8890@[::1]" */
static bool resolve_inet(struct listener *l, const char *rest, int family, struct errmsg *err)
{
	struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICSERV | AI_PASSIVE }, *found = NULL;
	const char *at = strchr(rest, '@');
	char port[8], host[256];
	size_t n = at != NULL ? (size_t)(at - rest) : strlen(rest);
	int status;

	if (n == 0 || n > 5 || strspn(rest, "0123456789") < n || strtoul(rest, NULL, 10) > 65535) {
		errmsg_set(err, "inet:%s: the port is not a number from 0 to 65535", rest);
		return false;
	}
	snprintf(port, sizeof port, "%.*s", (int)n, rest);
	snprintf(host, sizeof host, "%s", at != NULL ? at + 1 : "");
	if (host[0] == '[' && host[strlen(host) - 1] == ']') {
		host[strlen(host) - 1] = '\0';
		memmove(host, host + 1, strlen(host));
	}
	status = getaddrinfo(host[0] != '\0' ? host : NULL, port, &hints, &found);
	if (status != 0) {
		errmsg_set(err, "inet:%s: %s", rest, gai_strerror(status));
		return false;
	}
	memcpy(&l->addr, found->ai_addr, found->ai_addrlen);
	l->addr_len = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

static bool open_inet(struct listener *l, const char *rest, int family, struct errmsg *err)
{
	int on = 1;

	if (!resolve_inet(l, rest, family, err))
		return false;
	l->fd = socket(l->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* The sockets that accept() makes have TCP_NODELAY from this one; without it a header change waits 40 ms. */
	if (l->fd < 0 || setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
	    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
	    bind(l->fd, (const struct sockaddr *)&l->addr, l->addr_len) != 0 || listen(l->fd, SOMAXCONN) != 0 ||
	    getsockname(l->fd, (struct sockaddr *)&l->addr, &l->addr_len) != 0) {
		errmsg_set(err, "inet:%s: %s", rest, strerror(errno));
		return false;
	}
	return true;
}

/* --- descriptors from a supervisor -------------------------------------------------------------------------------- */

static bool take_fd(struct listener *l, const char *rest, struct errmsg *err)
{
	int listening = 0, on = 1;
	socklen_t n = sizeof listening;
	char *end;
	long fd = strtol(rest, &end, 10);

	if (end == rest || *end != '\0' || fd < 0 || fd > 65535 ||
	    getsockopt((int)fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &n) != 0 || !listening) {
		errmsg_set(err, "fd:%s: no listening socket was handed over there", rest);
		return false;
	}
	l->fd = (int)fd;
	l->addr_len = sizeof l->addr;
	if (getsockname(l->fd, (struct sockaddr *)&l->addr, &l->addr_len) != 0) {
		errmsg_set(err, "fd:%s: %s", rest, strerror(errno));
		l->fd = -1;
		return false;
	}
	fcntl(l->fd, F_SETFD, FD_CLOEXEC);
	if (l->addr.ss_family != AF_UNIX)
		setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);   /* see open_inet() */
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

static bool open_spec(struct listener *l, const char *spec, mode_t mode, const char *group, struct errmsg *err)
{
	const char *rest;

	if (after(spec, "unix:", &rest) || after(spec, "local:", &rest))
		return open_unix(l, rest, mode, group, err);
	if (after(spec, "inet:", &rest))
		return open_inet(l, rest, AF_INET, err);
	if (after(spec, "inet6:", &rest))
		return open_inet(l, rest, AF_INET6, err);
	if (after(spec, "fd:", &rest))
		return take_fd(l, rest, err);
	errmsg_set(err, "%s: not a socket: unix:PATH, inet:PORT@HOST, inet6:PORT@HOST or fd:N", spec);
	return false;
}

bool listener_open(struct listener *listener, const char *spec, mode_t mode, const char *group, struct errmsg *err)
{
	*listener = (struct listener){ .fd = -1 };
	if (!open_spec(listener, spec, mode, group, err)) {
		if (listener->fd >= 0)
			close(listener->fd);
		listener->fd = -1;
		return false;
	}
	listener->over_tcp = listener->addr.ss_family != AF_UNIX;
	return true;
}

void listener_poke(const struct listener *listener)
{
	int fd = socket(listener->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return;
	/* Whether it gets through or not: the attempt is what wakes. */
	(void)!connect(fd, (const struct sockaddr *)&listener->addr, listener->addr_len);
	close(fd);
}

void listener_remove(struct listener *listener)
{
	struct statx file;

	if (listener->path[0] != '\0' && identify(listener->path, &file) && is_same_file(&file, &listener->file))
		unlink(listener->path);
	listener->path[0] = '\0';
}
