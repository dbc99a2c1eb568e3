/* doctor_host: sockets, directories, clock and limits of this machine. */
#include "cli/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cli/ctlclient.h"

enum {
	FREE_MIB = 64,               /* the store of a million answers takes less */
	FDS_RESERVED = 512,          /* as in the daemon: for sessions and files */
	PATIENCE_S = 2,
	ADVICE_BYTES = 400,
};

static const char postfix_dir[] = "/etc/postfix", mta_user[] = "postfix";

/* --- the milter's socket ------------------------------------------------------------------------------------------ */

/* 0: somebody listens there; else errno. */
static int try_unix(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, status;

	if (strlen(path) >= sizeof addr.sun_path)
		return ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	status = fd >= 0 && connect(fd, (const struct sockaddr *)&addr, sizeof addr) == 0 ? 0 : errno;
	if (fd >= 0)
		close(fd);
	return status == EAGAIN ? 0 : status;  /* so many are waiting that there is no room for us */
}

/* "PORT@HOST" */
static int try_tcp(const char *spec)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	char port[16], host[128];
	struct addrinfo *found;
	int fd, status;

	if (sscanf(spec, "%15[0-9]@%*1[[]%127[^]]", port, host) != 2 && sscanf(spec, "%15[0-9]@%127s", port, host) != 2)
		return EINVAL;
	if (getaddrinfo(host, port, &hints, &found) != 0)
		return EADDRNOTAVAIL;
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	status = fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0 ? 0 : errno;
	if (fd >= 0)
		close(fd);
	freeaddrinfo(found);
	return status;
}

static const char listens_not[] = "start the daemon, or see its log for why it does not listen there";

/* The file's mode and place let the MTA in? */
static void tell_of_access(struct doctor *doctor, const char *path)
{
	static const char check[] = "access to the milter socket";
	char advice[ADVICE_BYTES], where[PATH_MAX];
	struct doctor_user mta;
	struct stat st;

	if (!doctor_user_named(&mta, mta_user)) {
		doctor_tell(doctor, DOCTOR_GOOD, check, "", "there is no user \"%s\" here; Sendmail, which runs as root, may use it",
			    mta_user);
		return;
	}
	if (stat(path, &st) != 0) {
		doctor_tell(doctor, DOCTOR_UNKNOWN, check, errno == EACCES ? "run this as root" : "", "could not look: %s", strerror(errno));
		return;
	}
	if (!doctor_reaches(&mta, path, where, sizeof where)) {
		snprintf(advice, sizeof advice, "chmod o+x %.*s, or put the socket elsewhere (milter.socket)", 300, where);
		doctor_tell(doctor, DOCTOR_BAD, check, advice, "the user \"%s\" may not search %s", mta_user, where);
		return;
	}
	if (!doctor_may(&mta, st.st_mode, st.st_uid, st.st_gid, R_OK | W_OK)) {
		doctor_tell(doctor, DOCTOR_BAD, check, "set milter.group to a group of the MTA's, and milter.mode to \"0660\"",
			    "the user \"%s\" may not write to %s (mode %04o)", mta_user, path, (unsigned)(st.st_mode & 07777));
		return;
	}
	doctor_tell(doctor, DOCTOR_GOOD, check, "", "the user \"%s\" may use it", mta_user);
}

/* Below the directory where Postfix's SMTP server is locked in? */
static void tell_of_chroot(struct doctor *doctor, const char *path)
{
	char root[PATH_MAX], advice[ADVICE_BYTES];

	if (!doctor_postfix_chroot(postfix_dir, root, sizeof root))
		return;
	if (strncmp(path, root, strlen(root)) == 0) {
		doctor_tell(doctor, DOCTOR_GOOD, "Postfix's chroot", "", "the socket lies below %s", root);
		return;
	}
	snprintf(advice, sizeof advice, "put the socket below %.*s, or use inet:8890@127.0.0.1, or take smtpd out of the chroot "
		 "(\"n\" in the fifth column of master.cf)", 150, root);
	doctor_tell(doctor, DOCTOR_BAD, "Postfix's chroot", advice, "Postfix's smtpd is locked in %s, and does not see %s", root, path);
}

static void tell_of_listener(struct doctor *doctor, const char *spec, int status)
{
	if (status == 0)
		doctor_tell(doctor, DOCTOR_GOOD, "milter socket", "", "%s is listened on", spec);
	else if (status == EACCES)
		doctor_tell(doctor, DOCTOR_UNKNOWN, "milter socket", "run this as root", "could not look: %s does not let us in", spec);
	else
		doctor_tell(doctor, DOCTOR_BAD, "milter socket", listens_not, "nobody listens on %s: %s", spec, strerror(status));
}

static void look_at_socket(struct doctor *doctor, const char *spec)
{
	const char *rest = strchr(spec, ':');

	rest = rest != NULL ? rest + 1 : spec;
	if (strncmp(spec, "fd:", 3) == 0) {
		doctor_tell(doctor, DOCTOR_UNKNOWN, "milter socket", "", "could not look: the service manager opens it");
	} else if (strncmp(spec, "inet", 4) == 0) {
		tell_of_listener(doctor, spec, try_tcp(rest));
	} else {
		tell_of_listener(doctor, spec, try_unix(rest));
		tell_of_access(doctor, rest);
		tell_of_chroot(doctor, rest);
	}
}

/* --- the directory of what outlives a restart --------------------------------------------------------------------- */

/* As whom the daemon runs, as far as that can be known. */
static bool daemons_user(const struct doctor *doctor, struct doctor_user *user)
{
	char path[64];
	struct stat st;

	if (doctor->pid > 0) {
		const struct passwd *entry;

		snprintf(path, sizeof path, "/proc/%d", (int)doctor->pid);
		if (stat(path, &st) == 0) {
			entry = getpwuid(st.st_uid);
			if (entry != NULL)
				return doctor_user_named(user, entry->pw_name);
			*user = (struct doctor_user){ .uid = st.st_uid, .groups = { st.st_gid }, .n_groups = 1 };
			return true;
		}
	}
	return doctor->rules->user[0] != '\0' && doctor_user_named(user, doctor->rules->user);
}

/* "" where nothing is wrong. */
static void tell_of_space(struct doctor *doctor, const char *dir)
{
	struct statvfs fs;
	unsigned long long mib;

	if (statvfs(dir, &fs) != 0) {
		doctor_tell(doctor, DOCTOR_UNKNOWN, "free space", "", "could not look: %s: %s", dir, strerror(errno));
		return;
	}
	mib = (unsigned long long)fs.f_bavail * fs.f_frsize >> 20;
	doctor_tell(doctor, mib < FREE_MIB ? DOCTOR_BAD : DOCTOR_GOOD, "free space",
		    mib < FREE_MIB ? "make room: what is learned cannot be kept over a restart" : "", "%llu MiB for %s", mib, dir);
}

/* A database of sqlite begins so. */
static void tell_of_store(struct doctor *doctor, const char *dir)
{
	static const char magic[16] = "SQLite format 3";
	char path[PATH_MAX], bytes[sizeof magic];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "%s/state.db", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		doctor_tell(doctor, doctor->running ? DOCTOR_BAD : DOCTOR_GOOD, "store",
			    doctor->running ? "see the daemon's log for why it keeps nothing" : "", "there is no %s (yet)", path);
		return;
	}
	if (fd < 0) {
		doctor_tell(doctor, DOCTOR_UNKNOWN, "store", errno == EACCES ? "run this as root" : "", "could not look: %s: %s", path,
			    strerror(errno));
		return;
	}
	n = read(fd, bytes, sizeof bytes);
	close(fd);
	if (n == 0 || (n == sizeof bytes && memcmp(bytes, magic, sizeof magic) == 0))
		doctor_tell(doctor, DOCTOR_GOOD, "store", "", "%s can be read", path);
	else
		doctor_tell(doctor, DOCTOR_BAD, "store", "restart the daemon: it sets the file aside and begins a new one",
			    "%s is damaged", path);
}

static void look_at_state(struct doctor *doctor, const char *dir)
{
	static const char check[] = "state directory";
	char advice[ADVICE_BYTES];
	struct doctor_user user;
	struct stat st;

	if (dir[0] == '\0') {
		doctor_tell(doctor, DOCTOR_GOOD, check, "", "there is none: nothing outlives a restart");
		return;
	}
	snprintf(advice, sizeof advice, "mkdir -p %.*s, and give it to the user of the daemon", 300, dir);
	if (stat(dir, &st) != 0 && errno == EACCES) {
		doctor_tell(doctor, DOCTOR_UNKNOWN, check, "run this as root", "could not look: %s: %s", dir, strerror(errno));
		return;
	}
	if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode)) {
		doctor_tell(doctor, DOCTOR_BAD, check, advice, "%s is missing, or is no directory: nothing outlives a restart", dir);
		return;
	}
	if (!daemons_user(doctor, &user)) {
		doctor_tell(doctor, DOCTOR_UNKNOWN, check, "", "%s is there; as whom the daemon runs is not known", dir);
	} else if (!doctor_may(&user, st.st_mode, st.st_uid, st.st_gid, W_OK | X_OK)) {
		snprintf(advice, sizeof advice, "chown the directory to user %u", (unsigned)user.uid);
		doctor_tell(doctor, DOCTOR_BAD, check, advice, "the daemon, user %u, may not write into %s", (unsigned)user.uid, dir);
	} else {
		doctor_tell(doctor, DOCTOR_GOOD, check, "", "%s may be written to", dir);
	}
	tell_of_space(doctor, dir);
	tell_of_store(doctor, dir);
}

/* --- clock and limits --------------------------------------------------------------------------------------------- */

/* A clock that is older than what it has stamped is wrong. */
static void look_at_clock(struct doctor *doctor)
{
	const char *files[] = { "/proc/self/exe", doctor->cli->config };
	struct timex timex = { .modes = 0 };
	time_t now = time(NULL);
	bool synchronised;

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct stat st;

		if (stat(files[i], &st) != 0 || st.st_mtime <= now + 86400)
			continue;
		doctor_tell(doctor, DOCTOR_BAD, "clock", "set the clock, and run an NTP client", "it is earlier than the date of %s",
			    i == 0 ? "this program" : files[i]);
		return;
	}
	synchronised = adjtimex(&timex) >= 0 && (timex.status & STA_UNSYNC) == 0;
	doctor_tell(doctor, DOCTOR_GOOD, "clock", "", "it is plausible, and %s", synchronised ? "synchronised" :
		    "not known to be synchronised (entries with a time are kept by it over a restart)");
}

/* The soft limit of the daemon, else what we could raise ours to; 0: not known. */
static unsigned long long open_files(const struct doctor *doctor)
{
	unsigned long long limit = 0;
	char path[64], line[256];
	struct rlimit own;
	FILE *file = NULL;

	if (doctor->pid <= 0)
		return getrlimit(RLIMIT_NOFILE, &own) == 0 ? (unsigned long long)own.rlim_max : 0;
	snprintf(path, sizeof path, "/proc/%d/limits", (int)doctor->pid);
	file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, "Max open files %llu", &limit) == 1)
			break;
	if (file != NULL)
		fclose(file);
	return limit;
}

static void look_at_limits(struct doctor *doctor)
{
	unsigned long long limit = open_files(doctor);
	unsigned long long wanted = FDS_RESERVED + (unsigned long long)doctor->rules->dns.max_in_flight;
	char advice[ADVICE_BYTES];

	if (limit == 0) {
		doctor_tell(doctor, DOCTOR_UNKNOWN, "open files", "run this as root", "could not look: the daemon's limits cannot be read");
		return;
	}
	if (limit >= wanted) {
		doctor_tell(doctor, DOCTOR_GOOD, "open files", "", "%llu are allowed, %llu are enough", limit, wanted);
		return;
	}
	snprintf(advice, sizeof advice, "raise LimitNOFILE or ulimit -n to %llu, or lower dns.max_in_flight", wanted);
	doctor_tell(doctor, DOCTOR_BAD, "open files", advice, "%llu are allowed, too few for dns.max_in_flight of %d", limit,
		    doctor->rules->dns.max_in_flight);
}

void doctor_host(struct doctor *doctor)
{
	look_at_clock(doctor);
	if (doctor->rules == NULL)
		return;
	look_at_socket(doctor, doctor->socket[0] != '\0' ? doctor->socket : doctor->rules->milter.socket);
	look_at_state(doctor, doctor->rules->state_dir);
	look_at_limits(doctor);
}
