/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/tree_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/sys.h"
#include "image/tree_walk.h"

#define COPY_SIZE     (256 * 1024)
#define XATTR_MAX     65536 /* bytes of names, and of a value: the kernel's own limits */
#define LINK_TEXT_MAX 4096  /* bytes of a symbolic link's text */
#define RESOLVE	      (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV)
#define DIR_FLAGS     (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define PROC_PATH     (sizeof("/proc/self/fd/2147483647/") + NAME_MAX)

struct link {
	dev_t dev;
	ino_t ino;
	const char *path; /* of the first */
};

struct directory {
	const char *path;
	struct timespec times[2];
};

struct copy {
	int to;
	int dir;	      /* where the next entry goes; -1 */
	const char *dir_path; /* its path */
	struct arena arena;
	void *links; /* tsearch(3): struct link */
	struct {
		size_t n;
		struct directory *v;
	} directories; /* their times are set when nothing is made in them any more */
	char buf[COPY_SIZE];
};

static bool xattr_left_out(const char *name)
{
	return starts_with(name, "trusted.overlay.") || starts_with(name, "user.overlay.");
}

static void times_of(const struct stat *st, struct timespec times[2])
{
	times[0] = st->st_atim;
	times[1] = st->st_mtim;
}

/* ---- Attributes -------------------------------------------------------------------------------- */

/* Both by a path that ends in one name, which is not followed: "/proc/self/fd/DIR/NAME". */
static int xattrs_copy(const char *from, const char *to)
{
	static char names[XATTR_MAX], value[XATTR_MAX];
	ssize_t n = llistxattr(from, names, sizeof(names)), size;
	const char *name;

	if (n < 0)
		return errno == EOPNOTSUPP ? 0 : -errno;
	for (name = names; name < names + n; name += strlen(name) + 1) {
		if (xattr_left_out(name))
			continue;
		size = lgetxattr(from, name, value, sizeof(value));
		if (size < 0 || lsetxattr(to, name, value, (size_t)size, 0) < 0)
			return -errno;
	}
	return 0;
}

static void proc_path(int dir, const char *name, char buf[PROC_PATH])
{
	snprintf(buf, PROC_PATH, "/proc/self/fd/%d/%s", dir, name);
}

/* In the order in which none of them takes another away. */
static int attributes_copy(int from, int to, const char *name, const struct stat *st)
{
	char from_path[PROC_PATH], to_path[PROC_PATH];

	proc_path(from, name, from_path);
	proc_path(to, name, to_path);
	if (fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	/* It was just made, by this process. */
	if (!S_ISLNK(st->st_mode) && fchmodat(to, name, st->st_mode & 07777, 0) < 0)
		return -errno;
	return xattrs_copy(from_path, to_path);
}

int directory_copy_attributes(int from, int to)
{
	struct timespec times[2];
	struct stat st;
	int r;

	if (fstat(from, &st) < 0)
		return -errno;
	r = attributes_copy(from, to, ".", &st);
	times_of(&st, times);
	if (r == 0 && utimensat(to, ".", times, 0) < 0)
		r = -errno;
	return r;
}

/* ---- Entries ----------------------------------------------------------------------------------- */

static int range_copy(struct copy *c, int in, int out, off_t at, off_t end)
{
	while (at < end) {
		size_t want = end - at < COPY_SIZE ? (size_t)(end - at) : COPY_SIZE;
		ssize_t n = pread(in, c->buf, want, at);

		if (n == 0)
			return -EIO;
		/* A disk that fills up takes a part, and says so at the next try. */
		if (n > 0)
			n = pwrite(out, c->buf, (size_t)n, at);
		if (n < 0)
			return -errno;
		at += n;
	}
	return 0;
}

static int file_copy(struct copy *c, const struct tree_entry *e, const struct stat *st)
{
	_cleanup_fd_ int in =
		openat(e->dir, e->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	_cleanup_fd_ int out =
		in < 0 ? -1
		       : openat(c->dir, e->name,
				O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	off_t data = 0, hole;
	int r = 0;

	if (in < 0 || out < 0)
		return -errno;
	while (r == 0 && data < st->st_size) {
		data = lseek(in, data, SEEK_DATA);
		if (data < 0 && errno == ENXIO) /* nothing but a hole is left */
			break;
		hole = data < 0 ? -1 : lseek(in, data, SEEK_HOLE);
		if (hole < 0)
			return -errno;
		r = range_copy(c, in, out, data, hole);
		data = hole;
	}
	if (r == 0 && ftruncate(out, st->st_size) < 0)
		r = -errno;
	return r;
}

static int symlink_copy(struct copy *c, const struct tree_entry *e)
{
	char text[LINK_TEXT_MAX + 1];
	ssize_t n = readlinkat(e->dir, e->name, text, LINK_TEXT_MAX);

	if (n < 0)
		return -errno;
	text[n] = 0;
	return symlinkat(text, c->dir, e->name) < 0 ? -errno : 0;
}

static int entry_make(struct copy *c, const struct tree_entry *e, const struct stat *st)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFREG:
		return file_copy(c, e, st);
	case S_IFLNK:
		return symlink_copy(c, e);
	case S_IFDIR:
		return mkdirat(c->dir, e->name, 0700) < 0 ? -errno : 0;
	default:
		return mknodat(c->dir, e->name, (st->st_mode & S_IFMT) | 0600, st->st_rdev) < 0
			       ? -errno
			       : 0;
	}
}

static int by_inode(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* 1: it is a link to what was copied before, and made; 0: it is to be copied; or -errno. */
static int link_copy(struct copy *c, const struct tree_entry *e, const struct stat *st)
{
	struct link *l = arena_alloc(&c->arena, sizeof(*l)), **found;
	_cleanup_fd_ int fd = -1;

	*l = (struct link){st->st_dev, st->st_ino, NULL};
	found = tsearch(l, &c->links, by_inode);
	if (!found)
		return -ENOMEM;
	if (*found == l) {
		l->path = arena_strdup(&c->arena, e->path);
		return 0;
	}
	fd = sys_openat2(c->to, (*found)->path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0, RESOLVE);
	if (fd < 0 || linkat(fd, "", c->dir, e->name, AT_EMPTY_PATH) < 0)
		return -errno;
	return 1;
}

/* Opens the directory that the entry goes to. */
static int place_open(struct copy *c, const struct tree_entry *e)
{
	size_t n = strlen(e->path) - strlen(e->name);

	n -= n > 0;
	if (c->dir >= 0 && strlen(c->dir_path) == n && memcmp(c->dir_path, e->path, n) == 0)
		return 0;
	c->dir = fd_close(c->dir);
	c->dir_path = arena_memdup(&c->arena, e->path, n);
	c->dir = sys_openat2(c->to, n ? c->dir_path : ".", DIR_FLAGS, 0, RESOLVE);
	return c->dir < 0 ? -errno : 0;
}

static int entry_copy(struct copy *c, const struct tree_entry *e)
{
	struct timespec times[2];
	struct stat st;
	int r;

	if (fstatat(e->dir, e->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	/* A whiteout in the lowest layer hides nothing. */
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0))
		return 0;
	r = place_open(c, e);
	if (r == 0 && !S_ISDIR(st.st_mode) && st.st_nlink > 1)
		r = link_copy(c, e, &st);
	if (r != 0)
		return r < 0 ? r : 0;
	r = entry_make(c, e, &st);
	if (r == 0)
		r = attributes_copy(e->dir, c->dir, e->name, &st);
	if (r < 0)
		return r;
	times_of(&st, times);
	if (S_ISDIR(st.st_mode)) {
		struct directory d = {arena_strdup(&c->arena, e->path), {times[0], times[1]}};

		LIST_ADD(&c->arena, &c->directories, d);
		return 0;
	}
	return utimensat(c->dir, e->name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int visit(void *arg, const struct tree_entry *e, struct error *err)
{
	int r = entry_copy(arg, e);

	return r < 0 ? error_set(err, -r, "copy it") : 0;
}

static int times_set(struct copy *c, struct error *err)
{
	size_t i;

	for (i = 0; i < c->directories.n; i++) {
		const struct directory *d = &c->directories.v[i];
		_cleanup_fd_ int fd = sys_openat2(c->to, d->path, DIR_FLAGS, 0, RESOLVE);

		if (fd < 0 || futimens(fd, d->times) < 0)
			return error_set(err, errno, "set the times of /%s", d->path);
	}
	return 0;
}

int tree_copy(int from, int to, struct error *err)
{
	static struct copy c;
	int r;

	c = (struct copy){.to = to, .dir = -1};
	r = tree_walk(from, visit, &c, err);
	if (r == 0)
		r = times_set(&c, err);
	fd_close(c.dir);
	/* The links lie in the arena. */
	while (c.links)
		tdelete(*(struct link **)c.links, &c.links, by_inode);
	arena_free(&c.arena);
	return r;
}
