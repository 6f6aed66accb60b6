/* SPDX-License-Identifier: Apache-2.0 */
#include "image/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/tree_walk.h"

#define ROOT_MODE 0755

static const char *layer_path(const char *dir, const char *name, char buf[STORE_NAME_MAX])
{
	snprintf(buf, STORE_NAME_MAX, "%s/%s", dir, name);
	return buf;
}

/* Opens and locks staging/NAME. By then it may have been renamed by who had the lock. */
static int staging_lock(struct staging *g, struct error *err)
{
	char path[STORE_NAME_MAX];
	struct stat ours, named;
	int r;

	layer_path("staging", g->name, path);
	for (;;) {
		if (mkdirat(g->store->fd, path, 0700) < 0 && errno != EEXIST)
			return error_set(err, errno, "make %s in the image store", path);
		g->fd = openat(g->store->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (g->fd < 0 && errno == ENOENT)
			continue;
		if (g->fd < 0)
			return error_set(err, errno, "open %s in the image store", path);
		r = fd_lock(g->fd, LOCK_EX);
		if (r < 0)
			return error_set(err, -r, "lock %s in the image store", path);
		if (fstat(g->fd, &ours) == 0 &&
		    fstatat(g->store->fd, path, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
		    ours.st_ino == named.st_ino)
			return 0;
		g->fd = fd_close(g->fd);
	}
}

int staging_begin(const struct store *s, const char *name, struct staging *ret, struct error *err)
{
	struct staging g = {.store = s, .name = name, .fd = -1, .root = -1};
	char final[STORE_NAME_MAX];
	int r;

	layer_path("layers", name, final);
	if (store_has(s, final))
		return 1;
	r = staging_lock(&g, err);
	if (r == 0 && store_has(s, final)) {
		staging_abandon(&g);
		return 1;
	}
	/* What a killed process has left is of no use: nobody knows how far it came. */
	if (r == 0) {
		r = tree_remove_at(g.fd, "root");
		if (r < 0)
			error_set(err, -r, "remove what is left of an earlier attempt");
	}
	if (r == 0) {
		r = mkdirat(g.fd, "root", ROOT_MODE) < 0 ? -errno : 0;
		g.root = r < 0 ? -1
			       : openat(g.fd, "root",
					O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (g.root < 0 || fchmod(g.root, ROOT_MODE) < 0)
			r = error_set(err, errno, "make a directory for the layer");
	}
	if (r < 0) {
		staging_abandon(&g);
		return r;
	}
	*ret = g;
	return 0;
}

static int file_make(const struct staging *g, const char *name, const struct text *t)
{
	_cleanup_fd_ int fd =
		openat(g->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd < 0 ? -errno : fd_write_all(fd, t->s, t->len);
}

static int documents_make(const struct staging *g, const struct layer_info *info,
			  const struct strings *implied)
{
	_cleanup_(text_free) struct text t = TEXT_INIT, names = TEXT_INIT;
	size_t i;
	int r;

	layer_info_write(info, &t);
	r = file_make(g, "info", &t);
	for (i = 0; i < implied->n; i++)
		text_add_bytes(&names, implied->v[i], strlen(implied->v[i]) + 1);
	if (r == 0 && implied->n)
		r = file_make(g, "implied", &names);
	return r;
}

int staging_commit(struct staging *g, const struct layer_info *info, const struct strings *implied,
		   struct error *err)
{
	char from[STORE_NAME_MAX], to[STORE_NAME_MAX];
	struct layer_info counted = *info;
	int r = tree_count(g->root, &counted.names, err);

	if (r == 0) {
		r = documents_make(g, &counted, implied);
		if (r < 0)
			error_set(err, -r, "write what is to be known about the layer");
	}
	/* Tens of thousands of files: one sync of the whole file system instead of theirs. */
	if (r == 0 && syncfs(g->fd) < 0)
		r = error_set(err, errno, "sync the layer");
	if (r == 0 && renameat(g->store->fd, layer_path("staging", g->name, from), g->store->fd,
			       layer_path("layers", g->name, to)) < 0)
		r = error_set(err, errno, "rename the layer");
	if (r == 0)
		r = store_sync(g->store, "layers", err);
	if (r < 0) {
		staging_abandon(g);
		return r;
	}
	g->root = fd_close(g->root);
	g->fd = fd_close(g->fd);
	return 0;
}

void staging_abandon(struct staging *g)
{
	_cleanup_fd_ int dir = -1;

	g->root = fd_close(g->root);
	if (g->fd >= 0)
		dir = openat(g->store->fd, "staging", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0)
		tree_remove_at(dir, g->name);
	g->fd = fd_close(g->fd);
}
