/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroups/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

int path_next(const char **path, char name[CGROUP_NAME_SIZE])
{
	const char *p = *path;
	size_t len;

	if (*p == '\0')
		return 0;
	if (*p++ != '/')
		return -EINVAL;
	len = strcspn(p, "/");
	if (len == 0 || (len == 1 && p[0] == '.') || (len == 2 && p[0] == '.' && p[1] == '.'))
		return -EINVAL;
	if (len >= CGROUP_NAME_SIZE)
		return -ENAMETOOLONG;
	memcpy(name, p, len);
	name[len] = '\0';
	*path = p + len;
	return 1;
}

int path_depth(const char *path)
{
	char name[CGROUP_NAME_SIZE];
	int depth = 0, r;

	while ((r = path_next(&path, name)) > 0)
		depth++;
	return r < 0 ? r : depth;
}

int path_open(int root_fd, const char *path, int depth, int flags, int *ret_fd)
{
	char name[CGROUP_NAME_SIZE];
	_cleanup_fd_ int fd = -1;
	int r;

	if (depth == 0) {
		fd = openat(root_fd, ".", flags | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return -errno;
	}
	for (int i = 0; i < depth; i++) {
		int next;

		r = path_next(&path, name);
		if (r <= 0)
			return r < 0 ? r : -ENOENT;
		next = openat(fd < 0 ? root_fd : fd, name,
			      (i + 1 < depth ? O_PATH : flags) | O_DIRECTORY | O_NOFOLLOW |
				      O_CLOEXEC);
		if (next < 0)
			return -errno;
		fd_close(fd);
		fd = next;
	}
	*ret_fd = fd_take(&fd);
	return 0;
}

/* ---- Everything below ---------------------------------------------------------------------- */

/* One cgroup between the top and the current one: its children, each name ended by a NUL. */
struct frame {
	struct text names;
	size_t next;	 /* offset of the first child not yet visited */
	size_t path_len; /* of the path that leads here */
};

struct walk {
	int fd; /* the current cgroup, the last frame */
	struct frame *frames;
	size_t n, room;
	struct text path;
};

static int children_list(int fd, struct text *out)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *e;
	DIR *d;

	if (copy < 0)
		return -errno;
	d = fdopendir(copy);
	if (!d) {
		close(copy);
		return -ENOMEM;
	}
	while ((e = readdir(d)))
		if (e->d_type == DT_DIR && !streq(e->d_name, ".") && !streq(e->d_name, ".."))
			text_add_bytes(out, e->d_name, strlen(e->d_name) + 1);
	closedir(d);
	return 0;
}

/* Makes fd (consumed) the current cgroup and calls enter. */
static int walk_push(struct walk *w, int fd, const struct visitor *v, void *arg)
{
	struct frame f = {.path_len = w->path.len};
	int r;

	fd_close(w->fd);
	w->fd = fd;
	if (w->n == w->room) {
		size_t room = w->room ? 2 * w->room : 16;
		struct frame *frames = realloc(w->frames, room * sizeof(*frames));

		if (!frames)
			return -ENOMEM;
		w->frames = frames;
		w->room = room;
	}
	r = v->enter ? v->enter(fd, w->path.s, arg) : 0;
	if (r)
		return r;
	r = children_list(fd, &f.names);
	if (r == -ENOENT || r == -ENODEV) /* removed in between: as if it had no children */
		r = 0;
	w->frames[w->n++] = f;
	return r;
}

static int walk_down(struct walk *w, const struct visitor *v, void *arg)
{
	struct frame *f = &w->frames[w->n - 1];
	const char *name = f->names.s + f->next;
	int fd;

	f->next += strlen(name) + 1;
	fd = openat(w->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENODEV ? 0 : -errno;
	text_add(&w->path, "/");
	text_add(&w->path, name);
	return walk_push(w, fd, v, arg);
}

static int walk_up(struct walk *w, const struct visitor *v, void *arg)
{
	struct frame *f;
	int parent, r;

	text_free(&w->frames[--w->n].names);
	if (w->n == 0)
		return 0;
	/* A cgroup can't be moved, so ".." is the one that we came from, also if it was removed. */
	parent = openat(w->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return -errno;
	fd_close(w->fd);
	w->fd = parent;
	f = &w->frames[w->n - 1];
	r = v->leave ? v->leave(parent, w->path.s + f->path_len + 1, arg) : 0;
	w->path.len = f->path_len;
	w->path.s[w->path.len] = '\0';
	return r;
}

int cgroup_walk(int top_fd, const struct visitor *v, void *arg)
{
	struct walk w = {.fd = -1};
	int fd = openat(top_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	text_add(&w.path, "");
	r = walk_push(&w, fd, v, arg);
	while (r == 0 && w.n) {
		struct frame *f = &w.frames[w.n - 1];

		if (f->next < f->names.len)
			r = walk_down(&w, v, arg);
		else
			r = walk_up(&w, v, arg);
	}
	while (w.n)
		text_free(&w.frames[--w.n].names);
	free(w.frames);
	text_free(&w.path);
	fd_close(w.fd);
	return r;
}
