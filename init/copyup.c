/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source is a directory of the image or a volume, thus hostile: every name is opened with
 * O_NOFOLLOW relative to the directory that is held open, and depth is bounded.
 */
#include "init/copyup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/sys.h"
#include "init/walk.h"

#define DEPTH_MAX 64

struct entry64 {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	unsigned char type;
	char name[];
};

static int dir_copy(int from, int to, dev_t dev, unsigned depth);

/* Owner, mode, times and attributes of an open source for an open target. */
static int meta_copy(int from, int to, const struct stat *st)
{
	struct timespec times[2] = {st->st_atim, st->st_mtim};
	char names[4096], value[4096];
	ssize_t n, len;
	char *p;

	/* Owner before mode: a change of owner drops the set-uid bit. */
	if (fchown(to, st->st_uid, st->st_gid) < 0 || fchmod(to, st->st_mode & 07777) < 0)
		return -errno;
	n = flistxattr(from, names, sizeof(names));
	for (p = names; n > 0 && p < names + n; p += strlen(p) + 1) {
		len = fgetxattr(from, p, value, sizeof(value));
		/* tmpfs takes no user.* before 6.6: such an attribute stays behind. */
		if (len >= 0 && fsetxattr(to, p, value, (size_t)len, 0) < 0 && errno != ENOTSUP)
			return -errno;
	}
	return futimens(to, times) < 0 ? -errno : 0;
}

static int file_copy(int dir, int to_dir, const char *name, const struct stat *st)
{
	int from, to, r = 0;
	ssize_t n;

	from = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (from < 0)
		return -errno;
	to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0) {
		r = -errno;
		close(from);
		return r;
	}
	while ((n = sendfile(to, from, NULL, 1 << 20)) > 0)
		;
	r = n < 0 ? -errno : meta_copy(from, to, st);
	close(from);
	close(to);
	return r;
}

static int link_copy(int dir, int to_dir, const char *name, const struct stat *st)
{
	char target[WALK_PATH_MAX];
	ssize_t n = readlinkat(dir, name, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = 0;
	if (symlinkat(target, to_dir, name) < 0 ||
	    fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

static int node_copy(int to_dir, const char *name, const struct stat *st)
{
	if (mknodat(to_dir, name, st->st_mode & (S_IFMT | 07777), st->st_rdev) < 0 ||
	    fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(to_dir, name, st->st_mode & 07777, 0) < 0)
		return -errno;
	return 0;
}

static int subdir_copy(int dir, int to_dir, const char *name, const struct stat *st, dev_t dev,
		       unsigned depth)
{
	int from, to, r;

	if (mkdirat(to_dir, name, 0700) < 0)
		return -errno;
	/* A mount point stays an empty directory: what is mounted there is not the image's. */
	if (st->st_dev != dev)
		return 0;
	from = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (from < 0)
		return -errno;
	to = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = to < 0 ? -errno : dir_copy(from, to, dev, depth + 1);
	if (r == 0)
		r = meta_copy(from, to, st);
	close(from);
	if (to >= 0)
		close(to);
	return r;
}

static int entry_copy(int from, int to, const char *name, dev_t dev, unsigned depth)
{
	struct stat st;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		return file_copy(from, to, name, &st);
	case S_IFDIR:
		return subdir_copy(from, to, name, &st, dev, depth);
	case S_IFLNK:
		return link_copy(from, to, name, &st);
	default:
		return node_copy(to, name, &st);
	}
}

static int dir_copy(int from, int to, dev_t dev, unsigned depth)
{
	_Alignas(struct entry64) char buf[2048];
	long n, at;
	int r = 0;

	if (depth > DEPTH_MAX)
		return -ELOOP;
	while (r == 0 && (n = syscall(SYS_getdents64, from, buf, sizeof(buf))) != 0) {
		if (n < 0)
			return -errno;
		for (at = 0; r == 0 && at < n;) {
			struct entry64 *e = (struct entry64 *)(void *)(buf + at);

			r = entry_copy(from, to, e->name, dev, depth);
			at += e->len;
		}
	}
	return r;
}

int copyup(int from, int to)
{
	int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), top, r;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	/* The mount's descriptor is good for *at calls only; its directory is opened for the rest. */
	top = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = top < 0 ? -errno : dir_copy(fd, top, st.st_dev, 0);
	if (r == 0)
		r = meta_copy(fd, top, &st);
	close(fd);
	if (top >= 0)
		close(top);
	return r;
}
