/* SPDX-License-Identifier: Apache-2.0 */
#include "base/attributes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

#define XATTR_MAX  65536 /* bytes of names, and of a value: the kernel's own limits */
#define MODE_PLAIN 0777
#define MODE_WHOLE 07777

static bool xattr_wanted(const char *name, const struct attributes_policy *p)
{
	if (starts_with(name, "user.overlay."))
		return false;
	return p->archive ? !starts_with(name, "trusted.overlay.") : starts_with(name, "user.");
}

static int xattrs_copy(const char *from, const char *to, const struct attributes_policy *p)
{
	static char names[XATTR_MAX], value[XATTR_MAX];
	ssize_t n = listxattr(from, names, sizeof(names)), size;
	const char *name;

	if (n < 0)
		return errno == EOPNOTSUPP ? 0 : -errno;
	for (name = names; name < names + n; name += strlen(name) + 1) {
		if (!xattr_wanted(name, p))
			continue;
		size = getxattr(from, name, value, sizeof(value));
		if (size < 0 || setxattr(to, name, value, (size_t)size, 0) < 0)
			return -errno;
	}
	return 0;
}

/* In the order in which none of them takes another away. */
int attributes_copy(int from, int to, const struct stat *st, const struct attributes_policy *p)
{
	char from_path[FD_PATH], to_path[FD_PATH];
	mode_t mode = st->st_mode & (p->archive || S_ISDIR(st->st_mode) ? MODE_WHOLE : MODE_PLAIN);
	int r;

	fd_path(from, from_path);
	fd_path(to, to_path);
	if (fchownat(to, "", p->archive ? st->st_uid : p->uid, p->archive ? st->st_gid : p->gid,
		     AT_EMPTY_PATH) < 0)
		return -errno;
	if (!S_ISLNK(st->st_mode) && chmod(to_path, mode) < 0)
		return -errno;
	r = xattrs_copy(from_path, to_path, p);
	return r < 0 ? r : attributes_copy_times(to, st);
}

int attributes_copy_all(int from, int to)
{
	static const struct attributes_policy all = {.archive = true};
	struct stat st;

	return fstat(from, &st) < 0 ? -errno : attributes_copy(from, to, &st, &all);
}

int attributes_copy_times(int to, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};

	return utimensat(to, "", times, AT_EMPTY_PATH) < 0 ? -errno : 0;
}
