/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two ways, one result. openat2 with RESOLVE_IN_ROOT does all in the kernel. The walk by steps is
 * needed where parts must be made, and stands in where a seccomp filter around hoy hides openat2.
 *
 * The walk by steps holds a descriptor for each directory from the root to where it is, so `..`
 * is the one before on this stack, never a look-up: whatever a neighbour renames meanwhile, the
 * walk stays on directories that it came through from the root. A link's text replaces the
 * component and is walked in turn; procfs' magic links yield a text too, and are thus not magic.
 */
#include "init/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "init/walk.h"

#define DEPTH_MAX 128
#define LINKS_MAX 40 /* as the kernel's own limit */
#define FEW	  256  /* bytes */

struct steps {
	int fds[DEPTH_MAX];
	unsigned depth; /* fds[0 .. depth-1] are open; fds[0] is a copy of the root */
	unsigned links;
	char name[NAME_MAX + 1], last[NAME_MAX + 1];
	char *rest; /* of the path: few, or resolve_many */
	char few[FEW];
};

/* Most paths are short and have no links: what is never touched is no page of the container's memory. */
char resolve_many[2 * WALK_PATH_MAX] __attribute__((common));

static void steps_pop(struct steps *s, unsigned to)
{
	while (s->depth > to)
		close(s->fds[--s->depth]);
}

/* Takes the next component off the front of rest. Returns its length, 0 at the end. */
static size_t component_next(char *rest, char name[NAME_MAX + 1])
{
	char *p = rest + strspn(rest, "/");
	size_t n = strcspn(p, "/");

	if (n > NAME_MAX)
		return n;
	memcpy(name, p, n);
	name[n] = 0;
	p += n;
	memmove(rest, p, strlen(p) + 1);
	return n;
}

/* Puts the text of the link fd in front of rest. */
static int link_follow(struct steps *s, int fd)
{
	char *behind = resolve_many + WALK_PATH_MAX;
	size_t len = strlen(s->rest);
	ssize_t n;

	if (++s->links > LINKS_MAX)
		return -ELOOP;
	if (len >= WALK_PATH_MAX)
		return -ENAMETOOLONG;
	memmove(behind, s->rest, len + 1);
	s->rest = resolve_many;
	n = readlinkat(fd, "", s->rest, WALK_PATH_MAX);
	if (n < 0)
		return -errno;
	if (n >= WALK_PATH_MAX)
		return -ENAMETOOLONG;
	if (n == 0)
		return -ENOENT;
	/* rest is empty or begins with a slash. */
	memmove(s->rest + n, behind, len + 1);
	if (s->rest[0] == '/')
		steps_pop(s, 1);
	return 0;
}

static int component_make(int dir, const char *name, bool last, enum resolve_make make)
{
	int fd;

	if (!last || make == MAKE_DIR)
		return mkdirat(dir, name, 0755) < 0 && errno != EEXIST ? -errno : 0;
	fd = openat(dir, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_WRONLY, 0644);
	if (fd < 0)
		return errno == EEXIST ? 0 : -errno;
	close(fd);
	return 0;
}

/* One component: opens it, makes it where it is missing, follows it where it is a link. */
static int step_into(struct steps *s, const char *name, int last_flags, enum resolve_make make)
{
	int dir = s->fds[s->depth - 1], fd, r;
	/* With anything behind it, be it a slash alone, it must be a directory, and no flag keeps a
	 * link from being followed. */
	bool last = !s->rest[0];
	struct stat st;

	fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && make != MAKE_NONE) {
		r = component_make(dir, name, last, make);
		if (r < 0)
			return r;
		fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0 || fstat(fd, &st) < 0) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	if (S_ISLNK(st.st_mode) && !(last && (last_flags & O_NOFOLLOW))) {
		r = link_follow(s, fd);
		close(fd);
		return r;
	}
	if (!last && !S_ISDIR(st.st_mode)) {
		close(fd);
		return -ENOTDIR;
	}
	if (s->depth == DEPTH_MAX) {
		close(fd);
		return -ENAMETOOLONG;
	}
	s->fds[s->depth++] = fd;
	return 0;
}

/* Opens what the walk has come to with the caller's flags. An O_PATH descriptor is reopened by
 * its name in its parent, which is held open, and proven to be the same file. */
static int steps_result(struct steps *s, int last_flags, const char *last_name)
{
	int fd = s->fds[s->depth - 1], again;
	struct stat a, b;

	if (last_flags & O_PATH) {
		if ((last_flags & O_DIRECTORY) && (fstat(fd, &a) < 0 || !S_ISDIR(a.st_mode)))
			return -ENOTDIR;
		s->depth--;
		return fd;
	}
	if (s->depth == 1 || last_name[0] == 0)
		again = openat(fd, ".", last_flags | O_CLOEXEC);
	else
		again = openat(s->fds[s->depth - 2], last_name,
			       last_flags | O_NOFOLLOW | O_CLOEXEC);
	if (again < 0)
		return -errno;
	if (fstat(fd, &a) < 0 || fstat(again, &b) < 0 || a.st_dev != b.st_dev ||
	    a.st_ino != b.st_ino) {
		close(again);
		return -EAGAIN;
	}
	return again;
}

int resolve_by_steps(int root, const char *path, int last_flags, enum resolve_make make)
{
	struct steps s;
	unsigned depth;
	size_t n;
	int r = 0;

	if (!path[0])
		return -ENOENT;
	if (strlen(path) >= WALK_PATH_MAX)
		return -ENAMETOOLONG;
	s.depth = s.links = 0;
	s.last[0] = 0;
	s.rest = strlen(path) < FEW ? s.few : resolve_many;
	memcpy(s.rest, path, strlen(path) + 1);
	s.fds[0] = fcntl(root, F_DUPFD_CLOEXEC, 0);
	if (s.fds[0] < 0)
		return -errno;
	s.depth = 1;
	while (r == 0 && (n = component_next(s.rest, s.name)) > 0) {
		if (n > NAME_MAX) {
			r = -ENAMETOOLONG;
		} else if (strcmp(s.name, ".") == 0) {
			continue;
		} else if (strcmp(s.name, "..") == 0) {
			steps_pop(&s, s.depth > 1 ? s.depth - 1 : 1);
			s.last[0] = 0;
		} else {
			depth = s.depth;
			r = step_into(&s, s.name, last_flags, make);
			/* A link that was followed is not where the walk has come to. */
			s.last[0] = 0;
			if (s.depth > depth)
				memcpy(s.last, s.name, n + 1);
		}
	}
	if (r == 0)
		r = steps_result(&s, last_flags, s.last);
	steps_pop(&s, 0);
	return r;
}

int resolve_open(int root, const char *path, int flags)
{
	int fd = sys_openat2(root, path, (uint64_t)(flags | O_CLOEXEC), 0,
			     RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);

	if (fd >= 0)
		return fd;
	/* EAGAIN: whoever renames on this machine doesn't let it end. */
	if (errno == ENOSYS || errno == EPERM || errno == EAGAIN)
		return resolve_by_steps(root, path, flags, MAKE_NONE);
	return -errno;
}

int resolve_make(int root, const char *path, enum resolve_make make)
{
	int fd = resolve_open(root, path, O_PATH);

	if (fd != -ENOENT || make == MAKE_NONE)
		return fd;
	return resolve_by_steps(root, path, O_PATH, make);
}

int resolve_parent(int root, const char *path, char *buf, const char **name)
{
	size_t len = strlen(path);
	char *slash;

	if (len >= WALK_PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(buf, path, len + 1);
	while (len && buf[len - 1] == '/')
		buf[--len] = 0;
	slash = strrchr(buf, '/');
	*name = slash ? slash + 1 : buf;
	if (!(*name)[0] || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0)
		return -EINVAL;
	if (!slash)
		return resolve_make(root, "/", MAKE_NONE);
	*slash = 0;
	return resolve_make(root, slash == buf ? "/" : buf, MAKE_DIR);
}
