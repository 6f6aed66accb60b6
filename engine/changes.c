/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/changes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/sys.h"
#include "image/stack.h"
#include "image/tree_walk.h"
#include "image/upper.h"
#include "runtime/overlay.h"

#define RESOLVE	  (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS)

struct changes {
	const struct runtime *rt;
	struct store store;
	struct arena arena;
	int upper, lower; /* the container's directory, and its image's layers as one */
	const char *opaque; /* the attribute by which a directory hides what is below */
	struct text *out;
};

/* ---- What is below ----------------------------------------------------------------------------- */

static int lower_open(struct changes *c, const char *config, struct error *err)
{
	struct digest digest = {.algorithm = DIGEST_SHA256};
	struct strings options = {0};
	struct stack stack;
	struct overlay o = {.field = "the image's layers", .scratch = OVERLAY_SCRATCH};
	const char *layer = "";
	size_t i;
	int r;

	snprintf(digest.hex, sizeof(digest.hex), "%s", config);
	r = stack_read(&c->store, &digest, &c->arena, &stack, err);
	if (r < 0)
		return r == -ENOENT ? error_say(err, ENOENT, "its image's layers are not here") : r;
	for (i = stack.layers.n; i-- > 0;) {
		layer = arena_join(&c->arena, c->rt->data, "/layers/", stack.layers.v[i], "/root",
				   NULL);
		LIST_ADD(&c->arena, &options, arena_join(&c->arena, "lowerdir+=", layer, NULL));
	}
	c->opaque = stack.user_xattrs ? "user.overlay.opaque" : "trusted.overlay.opaque";
	if (options.n > 1) {
		if (stack.user_xattrs)
			LIST_ADD(&c->arena, &options, "userxattr");
		o.options = options.v;
		o.n = options.n;
		c->lower = overlay_mount(&o, err);
		return c->lower < 0 ? c->lower : 0;
	}
	/* An overlay has two. */
	c->lower = open(layer, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return c->lower < 0 ? error_set(err, errno, "open the image's layer") : 0;
}

static bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

static bool was_there(const struct changes *c, const char *path)
{
	_cleanup_fd_ int fd =
		sys_openat2(c->lower, path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0, RESOLVE);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && !is_whiteout(&st);
}

/* ---- What is above ----------------------------------------------------------------------------- */

static void change_add(const struct changes *c, char what, const char *path, const char *name)
{
	text_addf(c->out, "%c /%s%s%s\n", what, path, name ? "/" : "", name ? name : "");
}

static bool is_opaque(const struct changes *c, int fd)
{
	char path[FD_PATH], y = 0;

	fd_path(fd, path);
	return getxattr(path, c->opaque, &y, 1) == 1 && y == 'y';
}

/* A directory that took another's place: what was in that, and isn't in this, is gone. */
static void hidden_list(struct changes *c, const struct tree_entry *e, int upper)
{
	int fd = sys_openat2(c->lower, e->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0,
			     RESOLVE);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *old;
	struct stat st;

	if (!d) {
		fd_close(fd);
		return;
	}
	while ((old = readdir(d)))
		if (!streq(old->d_name, ".") && !streq(old->d_name, "..") &&
		    fstatat(upper, old->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			change_add(c, 'D', e->path, old->d_name);
	closedir(d);
}

static int visit(void *arg, const struct tree_entry *e, struct error *err)
{
	struct changes *c = arg;
	_cleanup_fd_ int fd = openat(e->dir, e->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	(void)err;
	/* A container may have taken it away. */
	if (fd < 0 || fstat(fd, &st) < 0)
		return 1;
	if (is_whiteout(&st)) {
		change_add(c, 'D', e->path, NULL);
		return 0;
	}
	change_add(c, was_there(c, e->path) ? 'C' : 'A', e->path, NULL);
	if (S_ISDIR(st.st_mode) && is_opaque(c, fd))
		hidden_list(c, e, fd);
	return 0;
}

static int container_look(struct changes *c, const char *id, struct error *err)
{
	_cleanup_(text_free) struct text stack = TEXT_INIT;
	int r;

	c->upper = upper_open(&c->store, id, &stack, err);
	if (c->upper < 0)
		return c->upper;
	r = lower_open(c, stack.s, err);
	return r < 0 ? r : tree_walk(c->upper, visit, c, err);
}

int changes_list(const struct runtime *rt, const char *id, struct text *out, struct error *err)
{
	struct changes c = {.rt = rt, .store = STORE_INIT, .upper = -1, .lower = -1, .out = out};
	int r = store_open(rt->data, true, STORE_SHARED, &c.store, err);

	if (r == 0)
		r = container_look(&c, id, err);
	fd_close(c.upper);
	fd_close(c.lower);
	store_close(&c.store);
	arena_free(&c.arena);
	return r;
}
