/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "base/sys.h"

/* RESOLVE_NO_XDEV: nothing is mounted there, and nothing shall be found mounted. */
#define RESOLVE	  (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)
#define DIR_FLAGS ((uint64_t)(O_PATH | O_DIRECTORY | O_CLOEXEC))
/* As they come into being before their own entry, if that comes at all. */
#define IMPLIED_MODE 0755

struct directory {
	const char *path;
	struct timespec times[2];
	struct directory *next;
};

struct layer_tree {
	int root;
	int dir;		 /* of the last place; -1: none */
	char dir_path[PATH_MAX]; /* its path */
	char path[PATH_MAX];	 /* of the last place */
	char name[PATH_MAX];
	struct arena arena;
	struct directory *first, *last; /* those with an entry, in its order */
	void *implied;			/* tsearch(3): paths without one */
};

struct layer_tree *layer_tree_new(int root)
{
	struct layer_tree *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->root = root;
	t->dir = -1;
	return t;
}

static void nothing(void *p)
{
	(void)p;
}

void layer_tree_free(struct layer_tree *t)
{
	if (!t)
		return;
	fd_close(t->dir);
	tdestroy(t->implied, nothing);
	arena_free(&t->arena);
	free(t);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* ---- Paths ----------------------------------------------------------------------------------- */

/*
 * Without leading, doubled and trailing slashes, "." and "..": as other unpackers read them, ".."
 * takes away the component in front of it and stays in the root.
 */
static int path_clean(const char *path, char out[PATH_MAX], struct error *err)
{
	size_t n = 0;

	out[0] = 0;
	while (*path) {
		size_t len = strcspn(path, "/");

		if (len == 2 && memcmp(path, "..", 2) == 0) {
			while (n > 0 && out[--n] != '/')
				;
		} else if (len > NAME_MAX) {
			return error_say(err, ENAMETOOLONG, "a name in it is longer than %d bytes",
					 NAME_MAX);
		} else if (len && !(len == 1 && *path == '.')) {
			if (n + len + 2 > PATH_MAX)
				return error_say(err, ENAMETOOLONG,
						 "its path is longer than %d bytes", PATH_MAX);
			if (n)
				out[n++] = '/';
			memcpy(out + n, path, len);
			n += len;
		}
		out[n] = 0;
		path += len;
		path += *path == '/';
	}
	return 0;
}

/* Cuts path at its last slash: dir is what stands in front of it, "" for the root. */
static const char *path_split(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash)
		return NULL;
	*slash = 0;
	return slash + 1;
}

/* flags: O_NOFOLLOW for what must be no link itself. */
static int dir_open(int root, const char *path, int flags)
{
	return sys_openat2(root, *path ? path : ".", DIR_FLAGS | (uint64_t)flags, 0, RESOLVE);
}

/* ---- Places ---------------------------------------------------------------------------------- */

static void implied_add(struct layer_tree *t, const char *path)
{
	tsearch(arena_strdup(&t->arena, path), &t->implied, by_text);
}

/* Makes path and what is missing above it. */
static int dir_make(struct layer_tree *t, const char *path, struct error *err)
{
	char *copy = strdup(path), *p = copy;
	int r = copy ? 0 : error_set(err, ENOMEM, "make a directory"), fd;

	while (r == 0 && *p) {
		char *slash = p + strcspn(p, "/"), keep = *slash, above;

		*slash = 0;
		fd = dir_open(t->root, copy, 0);
		if (fd < 0 && errno == ENOENT) {
			_cleanup_fd_ int up = -1;

			/* The directory above is there by now. */
			above = p > copy ? p[-1] : 0;
			if (p > copy)
				p[-1] = 0;
			up = dir_open(t->root, p > copy ? copy : "", 0);
			if (p > copy)
				p[-1] = above;
			/* A directory with a set-group-ID bit hands on its group and the bit. */
			if (up < 0 || mkdirat(up, p, IMPLIED_MODE) < 0 ||
			    fchownat(up, p, 0, 0, AT_SYMLINK_NOFOLLOW) < 0 ||
			    fchmodat(up, p, IMPLIED_MODE, 0) < 0)
				r = error_set(err, errno, "make the directory /%s", copy);
			else
				implied_add(t, copy);
		} else if (fd < 0) {
			r = error_set(err, errno, "open the directory /%s", copy);
		}
		fd_close(fd);
		*slash = keep;
		p = slash + (keep == '/');
	}
	free(copy);
	return r;
}

int layer_tree_place(struct layer_tree *t, const char *path, struct layer_place *ret,
		     struct error *err)
{
	const char *name;
	int r = path_clean(path, t->path, err);

	if (r < 0)
		return r;
	memcpy(t->name, t->path, strlen(t->path) + 1);
	name = path_split(t->name);
	*ret = (struct layer_place){.name = name       ? name
					    : *t->path ? t->path
						       : ".",
				    .path = t->path};
	if (!name)
		t->name[0] = 0;
	if (t->dir < 0 || !streq(t->name, t->dir_path)) {
		t->dir = fd_close(t->dir);
		t->dir = dir_open(t->root, t->name, 0);
		if (t->dir < 0 && errno == ENOENT) {
			r = dir_make(t, t->name, err);
			if (r < 0)
				return r;
			t->dir = dir_open(t->root, t->name, 0);
		}
		if (t->dir < 0)
			return error_set(err, errno, "open the directory /%s", t->name);
		memcpy(t->dir_path, t->name, strlen(t->name) + 1);
	}
	ret->dir = t->dir;
	return 0;
}

int layer_tree_find(struct layer_tree *t, const char *path, int *dir, char name[NAME_MAX + 1],
		    struct error *err)
{
	char clean[PATH_MAX];
	const char *last;
	int r = path_clean(path, clean, err), fd;

	if (r < 0)
		return r;
	last = path_split(clean);
	memcpy(name, last ? last : clean, strlen(last ? last : clean) + 1);
	fd = dir_open(t->root, last ? clean : "", 0);
	if (fd < 0)
		return -errno;
	*dir = fd;
	return 0;
}

int layer_tree_clear(struct layer_tree *t, const struct layer_place *at, struct error *err)
{
	int r;

	if (unlinkat(at->dir, at->name, 0) == 0)
		return 0;
	if (errno == ENOENT)
		return 0;
	r = errno == EISDIR || errno == EPERM ? tree_remove_at(at->dir, at->name) : -errno;
	/* What comes next looks everything up anew. */
	fd_close(t->dir);
	t->dir = dir_open(t->root, t->dir_path, 0);
	return r < 0 ? error_set(err, -r, "remove what is there") : 0;
}

void layer_tree_directory(struct layer_tree *t, const char *path, const struct timespec times[2])
{
	struct directory *d = arena_alloc(&t->arena, sizeof(*d));

	*d = (struct directory){
		.path = arena_strdup(&t->arena, path),
		.times = {times[0], times[1]},
	};
	if (t->last)
		t->last->next = d;
	else
		t->first = d;
	t->last = d;
	tdelete(path, &t->implied, by_text);
}

/* ---- The end --------------------------------------------------------------------------------- */

struct listing {
	struct layer_tree *tree;
	struct text *out;
	size_t n;
};

static void implied_list(const void *node, VISIT which, void *arg)
{
	struct listing *l = arg;
	const char *path = *(const char *const *)node;

	if (which != postorder && which != leaf)
		return;
	text_add_bytes(l->out, path, strlen(path) + 1);
	l->n++;
}

int layer_tree_end(struct layer_tree *t, struct text *out, size_t *n, struct error *err)
{
	struct listing l = {.tree = t, .out = out};
	const struct directory *d;

	/* In their order: of two entries for one directory the second counts. */
	for (d = t->first; d; d = d->next) {
		_cleanup_fd_ int fd = dir_open(t->root, d->path, O_NOFOLLOW);

		/* Something else may have taken its place. */
		if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
			continue;
		if (fd < 0 || fchdir(fd) < 0 || utimensat(AT_FDCWD, ".", d->times, 0) < 0)
			return error_set(err, errno, "set the times of the directory /%s", d->path);
	}
	twalk_r(t->implied, implied_list, &l);
	*n = l.n;
	return 0;
}
