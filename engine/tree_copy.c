/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/tree_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <search.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/sys.h"
#include "image/tree_walk.h"

#define COPY_SIZE (256 * 1024)
#ifndef MQUEUE_MAGIC /* not in <linux/magic.h> */
#define MQUEUE_MAGIC 0x19800202
#endif
#define LINK_TEXT_MAX 4096 /* bytes of a symbolic link's text */
#define RESOLVE	      (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS)
#define DIR_FLAGS     (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define INODE_FLAGS   (O_PATH | O_NOFOLLOW | O_CLOEXEC)

struct link {
	dev_t dev;
	ino_t ino;
	const char *path; /* of the first */
};

struct directory {
	const char *path;
	struct stat st;
};

struct copy {
	const struct tree_copy_policy *policy;
	int to;
	dev_t from_dev;
	dev_t to_dev; /* what is copied into itself has no end */
	ino_t to_ino;
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

/* What is copied: the file itself, looked at once. */
struct original {
	int fd; /* O_PATH */
	struct stat st;
};

static const struct tree_copy_policy all_of_it = {.attributes.archive = true};
static struct copy copy; /* one at a time */

/* ---- Making ------------------------------------------------------------------------------------ */

static int range_copy(struct copy *c, int in, int out, off_t at, off_t end)
{
	while (at < end) {
		size_t want = end - at < COPY_SIZE ? (size_t)(end - at) : COPY_SIZE;
		ssize_t n = pread(in, c->buf, want, at);

		if (n == 0) /* it has become shorter */
			return -EIO;
		/* A disk that fills up takes a part, and says so at the next try. */
		if (n > 0)
			n = pwrite(out, c->buf, (size_t)n, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
	}
	return 0;
}

/* Its holes stay holes. */
static int content_copy(struct copy *c, int in, int out, off_t size)
{
	off_t data = 0, hole;
	int r = 0;

	while (r == 0 && data < size) {
		data = lseek(in, data, SEEK_DATA);
		if (data < 0 && errno == ENXIO) /* nothing but a hole is left */
			break;
		hole = data < 0 ? -1 : lseek(in, data, SEEK_HOLE);
		if (hole < 0)
			return -errno;
		r = range_copy(c, in, out, data, hole < size ? hole : size);
		data = hole;
	}
	if (r == 0 && ftruncate(out, size) < 0)
		r = -errno;
	return r;
}

/* The descriptor of what was made, or -errno. */
static int file_make(struct copy *c, const struct original *o, int dir, const char *name)
{
	char path[FD_PATH];
	_cleanup_fd_ int in = -1, out = -1;
	int r;

	fd_path(o->fd, path);
	in = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (in < 0)
		return -errno;
	out = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return -errno;
	r = content_copy(c, in, out, o->st.st_size);
	return r < 0 ? r : fd_take(&out);
}

static int symlink_make(const struct original *o, int dir, const char *name)
{
	char text[LINK_TEXT_MAX + 1];
	ssize_t n = readlinkat(o->fd, "", text, LINK_TEXT_MAX);

	if (n < 0)
		return -errno;
	text[n] = 0;
	return symlinkat(text, dir, name) < 0 ? -errno : 0;
}

/* Opens what was made, if it is still that. */
static int made_open(int dir, const char *name, mode_t type)
{
	int fd = openat(dir, name, INODE_FLAGS), r;
	struct stat st;

	if (fd < 0)
		return -errno;
	r = fstat(fd, &st) < 0 ? -errno : (st.st_mode & S_IFMT) != type ? -EEXIST : 0;
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

static int inode_make(struct copy *c, const struct original *o, int dir, const char *name)
{
	mode_t type = o->st.st_mode & S_IFMT;
	int r;

	switch (type) {
	case S_IFREG:
		return file_make(c, o, dir, name);
	case S_IFLNK:
		r = symlink_make(o, dir, name);
		break;
	case S_IFDIR:
		r = mkdirat(dir, name, 0700) < 0 ? -errno : 0;
		if (r == -EEXIST && c->policy->merge)
			r = 0;
		break;
	default:
		r = mknodat(dir, name, type | 0600, o->st.st_rdev) < 0 ? -errno : 0;
	}
	return r < 0 ? r : made_open(dir, name, type);
}

/* What is there gives way, if it may. 0 or -errno. */
static int way_make(const struct copy *c, const struct original *o, int dir, const char *name)
{
	if (!c->policy->merge || S_ISDIR(o->st.st_mode))
		return -EEXIST;
	return unlinkat(dir, name, 0) < 0 ? -errno : 0;
}

static int made_failed(const struct original *o, int r, struct error *err)
{
	if (r == -EEXIST && S_ISDIR(o->st.st_mode))
		return error_say(err, EEXIST, "it is a directory, and there something else is");
	if (r == -EISDIR)
		return error_say(err, EISDIR, "it is no directory, and there one is");
	return error_set(err, -r, "copy it");
}

static int original_copy(struct copy *c, const struct original *o, int dir, const char *name,
			 struct error *err)
{
	int fd = inode_make(c, o, dir, name), r;

	if (fd == -EEXIST) {
		r = way_make(c, o, dir, name);
		fd = r < 0 ? r : inode_make(c, o, dir, name);
	}
	if (fd < 0)
		return made_failed(o, fd, err);
	r = attributes_copy(o->fd, fd, &o->st, &c->policy->attributes);
	close(fd);
	return r < 0 ? error_set(err, -r, "give it its attributes") : 0;
}

/* ---- What the kernel makes up ------------------------------------------------------------------ */

/* Its files are no content, and opening one may do something. */
static bool is_made_up(const struct copy *c, const struct original *o)
{
	static const unsigned long types[] = {
		BPF_FS_MAGIC,	    CGROUP2_SUPER_MAGIC, CGROUP_SUPER_MAGIC, DEBUGFS_MAGIC,
		DEVPTS_SUPER_MAGIC, MQUEUE_MAGIC,	 PROC_SUPER_MAGIC,   SECURITYFS_MAGIC,
		SYSFS_MAGIC,	    TRACEFS_MAGIC};
	struct statfs fs;
	size_t i;

	if (o->st.st_dev == c->from_dev || fstatfs(o->fd, &fs) < 0)
		return false;
	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		if ((unsigned long)fs.f_type == types[i])
			return true;
	return false;
}

/* ---- Entries ----------------------------------------------------------------------------------- */

static int by_inode(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* 1: it is a link to what was copied before, and made; 0: it is to be copied; or -errno. */
static int link_copy(struct copy *c, const struct tree_entry *e, const struct original *o)
{
	struct link *l = arena_alloc(&c->arena, sizeof(*l)), **found;
	char path[FD_PATH];
	_cleanup_fd_ int fd = -1;

	*l = (struct link){o->st.st_dev, o->st.st_ino, NULL};
	found = tsearch(l, &c->links, by_inode);
	if (!found)
		return -ENOMEM;
	if (*found == l) {
		l->path = arena_strdup(&c->arena, e->path);
		return 0;
	}
	fd = sys_openat2(c->to, (*found)->path, INODE_FLAGS, 0, RESOLVE);
	if (fd < 0)
		return -errno;
	/* By its name in /proc: before Linux 6.10 AT_EMPTY_PATH is for the machine's root alone. */
	fd_path(fd, path);
	if (linkat(AT_FDCWD, path, c->dir, e->name, AT_SYMLINK_FOLLOW) == 0)
		return 1;
	if (errno != EEXIST || way_make(c, o, c->dir, e->name) < 0)
		return -errno;
	return linkat(AT_FDCWD, path, c->dir, e->name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 1;
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

/* A whiteout in the lowest layer hides nothing, a socket is its program's, and a device is
 * privilege. */
static bool left_out(const struct copy *c, const struct original *o, const char *path)
{
	mode_t mode = o->st.st_mode;

	if (S_ISCHR(mode) && o->st.st_rdev == makedev(0, 0))
		return true;
	if (!S_ISSOCK(mode) &&
	    (c->policy->attributes.archive || (!S_ISCHR(mode) && !S_ISBLK(mode))))
		return false;
	warn_add(c->policy->warn, "/%s: a %s, which is left out", path,
		 S_ISSOCK(mode) ? "socket" : "device");
	return true;
}

static int original_open(int dir, const char *name, struct original *o)
{
	o->fd = openat(dir, name, INODE_FLAGS);
	return o->fd < 0 || fstat(o->fd, &o->st) < 0 ? -errno : 0;
}

static int entry_copy(struct copy *c, const struct tree_entry *e, const struct original *o,
		      struct error *err)
{
	int r = place_open(c, e);

	if (r == 0 && !S_ISDIR(o->st.st_mode) && o->st.st_nlink > 1)
		r = link_copy(c, e, o);
	if (r != 0)
		return r < 0 ? error_set(err, -r, "copy it") : 0;
	if (S_ISDIR(o->st.st_mode)) {
		struct directory d = {arena_strdup(&c->arena, e->path), o->st};

		LIST_ADD(&c->arena, &c->directories, d);
	}
	r = original_copy(c, o, c->dir, e->name, err);
	return r == 0 && S_ISDIR(o->st.st_mode) && is_made_up(c, o) ? 1 : r;
}

static int visit(void *arg, const struct tree_entry *e, struct error *err)
{
	struct copy *c = arg;
	struct original o;
	int r = original_open(e->dir, e->name, &o);

	if (r == -ENOENT)
		/* Taken away meanwhile, or overlayfs shows a whiteout's name in a directory of one layer. */
		r = 1;
	else if (r < 0)
		error_set(err, -r, "copy it");
	else if (left_out(c, &o, e->path) || (o.st.st_ino == c->to_ino && o.st.st_dev == c->to_dev))
		r = 1;
	else
		r = entry_copy(c, e, &o, err);
	fd_close(o.fd);
	return r;
}

static int times_set(struct copy *c, struct error *err)
{
	size_t i;

	for (i = 0; i < c->directories.n; i++) {
		const struct directory *d = &c->directories.v[i];
		_cleanup_fd_ int fd = sys_openat2(c->to, d->path, DIR_FLAGS, 0, RESOLVE);

		if (fd < 0 || attributes_copy_times(fd, &d->st) < 0)
			return error_set(err, errno, "set the times of /%s", d->path);
	}
	return 0;
}

/* ---- All --------------------------------------------------------------------------------------- */

static struct copy *copy_begin(int to, const struct tree_copy_policy *p)
{
	copy = (struct copy){.policy = p, .to = to, .dir = -1};
	return &copy;
}

static void copy_end(struct copy *c)
{
	fd_close(c->dir);
	/* The links lie in the arena. */
	while (c->links)
		tdelete(*(struct link **)c->links, &c->links, by_inode);
	arena_free(&c->arena);
}

int tree_copy_by(int from, int to, const struct tree_copy_policy *p, struct error *err)
{
	struct copy *c = copy_begin(to, p);
	struct stat st;
	int r;

	if (fstat(from, &st) < 0)
		return error_set(err, errno, "open the directory");
	c->from_dev = st.st_dev;
	if (fstat(to, &st) < 0)
		return error_set(err, errno, "open the directory");
	c->to_dev = st.st_dev;
	c->to_ino = st.st_ino;
	r = tree_walk(from, visit, c, err);
	if (r == 0)
		r = times_set(c, err);
	copy_end(c);
	return r;
}

int tree_copy(int from, int to, struct error *err)
{
	return tree_copy_by(from, to, &all_of_it, err);
}

/* A directory that was made: what is in it, and its times, which that has changed. */
static int directory_fill(const struct original *o, int to, const char *as,
			  const struct tree_copy_policy *p, struct error *err)
{
	_cleanup_fd_ int in = openat(o->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
			 out = openat(to, as, DIR_FLAGS);
	int r;

	if (in < 0 || out < 0)
		return error_set(err, errno, "open the directory");
	r = tree_copy_by(in, out, p, err);
	if (r < 0)
		return r;
	r = attributes_copy_times(out, &o->st);
	return r < 0 ? error_set(err, -r, "set its times") : 0;
}

int tree_copy_entry(int from, int to, const char *as, const struct tree_copy_policy *p,
		    struct error *err)
{
	struct copy *c = copy_begin(to, p);
	struct original o = {.fd = from};
	int r = fstat(from, &o.st) < 0 ? error_set(err, errno, "open it") : 0;

	if (r == 0 && !left_out(c, &o, as))
		r = original_copy(c, &o, to, as, err);
	copy_end(c);
	return r == 0 && S_ISDIR(o.st.st_mode) ? directory_fill(&o, to, as, p, err) : r;
}
