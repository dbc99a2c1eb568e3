/* doctor_files: who may come to a file, and where Postfix is locked in. */
#include "cli/doctor.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, LINE_BYTES = 1024 };

static const char queue_directory[] = "/var/spool/postfix";

bool doctor_user_named(struct doctor_user *user, const char *name)
{
	const struct passwd *entry = getpwnam(name);

	if (entry == NULL)
		return false;
	user->uid = entry->pw_uid;
	user->n_groups = DOCTOR_GROUPS_MAX;
	if (getgrouplist(name, entry->pw_gid, user->groups, &user->n_groups) < 0)
		user->n_groups = DOCTOR_GROUPS_MAX;
	return true;
}

static bool is_member(const struct doctor_user *user, gid_t group)
{
	for (int i = 0; i < user->n_groups; i++)
		if (user->groups[i] == group)
			return true;
	return false;
}

bool doctor_may(const struct doctor_user *user, mode_t mode, uid_t owner, gid_t group, int what)
{
	mode_t wanted = (mode_t)what;          /* R_OK, W_OK, X_OK are the bits of "others" */

	if (user->uid == 0)
		return true;
	if (user->uid == owner)
		return (mode >> 6 & wanted) == wanted;
	if (is_member(user, group))
		return (mode >> 3 & wanted) == wanted;
	return (mode & wanted) == wanted;
}

bool doctor_reaches(const struct doctor_user *user, const char *path, char *where, size_t where_bytes)
{
	char dir[PATH_BYTES];

	for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		size_t n = slash == path ? 1 : (size_t)(slash - path);
		struct stat st;

		if (n >= sizeof dir)
			return true;
		memcpy(dir, path, n);
		dir[n] = '\0';
		if (stat(dir, &st) == 0 && !doctor_may(user, st.st_mode, st.st_uid, st.st_gid, X_OK)) {
			snprintf(where, where_bytes, "%s", dir);
			return false;
		}
	}
	return true;
}

/* "smtp inet n - y - - smtpd": the fifth word; "-" is what "n" is since Postfix 3.0. */
static bool is_chrooted_smtpd(const char *line)
{
	char type[32], chroot[8], command[64];

	return line[0] != '#' && sscanf(line, "%*s %31s %*s %*s %7s %*s %*s %63s", type, chroot, command) == 3 && strcmp(type, "inet") == 0 &&
	       strcmp(chroot, "y") == 0 && strcmp(command, "smtpd") == 0;
}

static void read_queue_directory(const char *config_dir, char *root, size_t root_bytes)
{
	char path[PATH_BYTES], line[LINE_BYTES], value[512];
	FILE *file;

	snprintf(root, root_bytes, "%s", queue_directory);
	snprintf(path, sizeof path, "%s/main.cf", config_dir);
	file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, "queue_directory = %511s", value) == 1)
			snprintf(root, root_bytes, "%s", value);
	if (file != NULL)
		fclose(file);
}

bool doctor_postfix_chroot(const char *config_dir, char *root, size_t root_bytes)
{
	char path[PATH_BYTES], line[LINE_BYTES];
	bool chrooted = false;
	FILE *file;

	snprintf(path, sizeof path, "%s/master.cf", config_dir);
	file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		chrooted |= is_chrooted_smtpd(line);
	if (file != NULL)
		fclose(file);
	read_queue_directory(config_dir, root, root_bytes);
	return chrooted;
}
