/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/layer_meta.h"

#define WHITEOUT	".wh."
#define WHITEOUT_OPAQUE ".wh..wh..opq"
#define WHITEOUT_META	".wh..wh." /* aufs kept books under such names */

static bool is_whiteout_device(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

/* ---- Whiteouts ------------------------------------------------------------------------------- */

static int opaque_set(const struct layer_writer *w, int fd, struct error *err)
{
	const char *name = w->user_xattrs ? "user.overlay.opaque" : "trusted.overlay.opaque";

	if (fsetxattr(fd, name, "y", 1, 0) == 0)
		return 0;
	if (errno == EOPNOTSUPP)
		error_hint(err, "the store needs a file system with extended attributes");
	return error_set(err, errno, "mark the directory as opaque");
}

/* Marks a directory that is there. */
static int opaque_at(const struct layer_writer *w, int dir, const char *name, struct error *err)
{
	_cleanup_fd_ int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? error_set(err, errno, "open the directory") : opaque_set(w, fd, err);
}

static int whiteout_write(struct layer_writer *w, const struct layer_place *at, struct error *err)
{
	const char *hidden = at->name + strlen(WHITEOUT);
	struct stat st;

	if (streq(at->name, WHITEOUT_OPAQUE))
		return opaque_at(w, at->dir, ".", err);
	if (starts_with(at->name, WHITEOUT_META))
		return 0;
	if (!*hidden || streq(hidden, ".") || streq(hidden, ".."))
		return error_say(err, EINVAL, "a whiteout of nothing");
	if (fstatat(at->dir, hidden, &st, AT_SYMLINK_NOFOLLOW) == 0)
		/* The layer's own directory hides the lower one only when it says so. */
		return S_ISDIR(st.st_mode) ? opaque_at(w, at->dir, hidden, err) : 0;
	if (mknodat(at->dir, hidden, S_IFCHR, makedev(0, 0)) < 0)
		return error_set(err, errno, "make the whiteout");
	return 0;
}

/* ---- Entries --------------------------------------------------------------------------------- */

static int file_fill(struct layer_writer *w, const struct layer_entry *e, int fd, struct error *err)
{
	int64_t offset, end = 0;
	const void *piece;
	ssize_t n;

	while ((n = w->content(w->content_arg, &piece, &offset, err)) > 0) {
		const char *p = piece;

		end = offset + n;
		w->bytes += (uint64_t)n;
		while (n > 0) {
			ssize_t done = pwrite(fd, p, (size_t)n, offset);

			if (done < 0 && errno == EINTR)
				continue;
			if (done < 0)
				return error_set(err, errno, "write");
			p += done;
			n -= done;
			offset += done;
		}
	}
	if (n < 0)
		return (int)n;
	/* A hole at its end. */
	if (end < e->size && ftruncate(fd, e->size) < 0)
		return error_set(err, errno, "write");
	return 0;
}

static int file_write(struct layer_writer *w, const struct layer_place *at,
		      const struct layer_entry *e, struct error *err)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	_cleanup_fd_ int fd = openat(at->dir, at->name, flags, 0600);
	int r;

	if (fd < 0 && errno == EEXIST) {
		r = layer_tree_clear(w->tree, at, err);
		if (r < 0)
			return r;
		fd = openat(at->dir, at->name, flags, 0600);
	}
	if (fd < 0)
		return error_set(err, errno, "make the file");
	r = file_fill(w, e, fd, err);
	return r < 0 ? r : layer_meta_fd(w, fd, e, err);
}

/* The directory may be there: by another entry, implied, or under a whiteout of this layer. */
static int directory_write(struct layer_writer *w, const struct layer_place *at,
			   const struct layer_entry *e, struct error *err)
{
	bool hides = false;
	struct stat st;
	int fd, r = 0;

	if (fstatat(at->dir, at->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode)) {
		hides = is_whiteout_device(&st);
		r = layer_tree_clear(w->tree, at, err);
		st.st_mode = 0;
	} else if (errno == ENOENT) {
		st.st_mode = 0;
	}
	if (r < 0)
		return r;
	if (!S_ISDIR(st.st_mode) && mkdirat(at->dir, at->name, 0700) < 0 && errno != EEXIST)
		return error_set(err, errno, "make the directory");
	fd = openat(at->dir, at->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, errno, "open the directory");
	if (hides)
		r = opaque_set(w, fd, err);
	if (r == 0)
		r = layer_meta_fd(w, fd, e, err);
	close(fd);
	if (r == 0)
		layer_tree_directory(w->tree, at->path, e->times);
	return r;
}

static int link_write(struct layer_writer *w, const struct layer_place *at,
		      const struct layer_entry *e, struct error *err)
{
	char name[NAME_MAX + 1];
	_cleanup_fd_ int dir = -1;
	struct stat st, old;
	int r;

	r = layer_tree_find(w->tree, e->link, &dir, name, err);
	if (r < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		error_hint(err, "a hard link needs its file in the same layer");
		return error_set(err, r < 0 ? -r : errno,
				 "look for \"%.200s\", to which it is a hard link", e->link);
	}
	if (S_ISDIR(st.st_mode) || is_whiteout_device(&st))
		return error_say(err, EINVAL, "it is a hard link to \"%.200s\", which is a %s",
				 e->link, S_ISDIR(st.st_mode) ? "directory" : "whiteout");
	/* The same file already: removing one name first might remove the last. */
	if (fstatat(at->dir, at->name, &old, AT_SYMLINK_NOFOLLOW) == 0) {
		if (old.st_dev == st.st_dev && old.st_ino == st.st_ino)
			return 0;
		r = layer_tree_clear(w->tree, at, err);
		if (r < 0)
			return r;
	}
	if (linkat(dir, name, at->dir, at->name, 0) < 0)
		return error_set(err, errno, "make a hard link to \"%.200s\"", e->link);
	return 0;
}

static int node_make(const struct layer_place *at, const struct layer_entry *e)
{
	if (S_ISLNK(e->type))
		return symlinkat(e->link, at->dir, at->name);
	return mknodat(at->dir, at->name, e->type | 0600, makedev(e->major, e->minor));
}

/* Symbolic links, devices, FIFOs. */
static int node_write(struct layer_writer *w, const struct layer_place *at,
		      const struct layer_entry *e, struct error *err)
{
	int r;

	if (S_ISCHR(e->type) && !e->major && !e->minor)
		return error_say(err, EINVAL,
				 "a character device 0:0, which is a whiteout to overlayfs");
	if (S_ISLNK(e->type) && !*e->link)
		return error_say(err, EINVAL, "a symbolic link to nothing");
	if (node_make(at, e) < 0) {
		if (errno != EEXIST)
			goto failed;
		r = layer_tree_clear(w->tree, at, err);
		if (r < 0)
			return r;
		if (node_make(at, e) < 0)
			goto failed;
	}
	return layer_meta_at(w, at, e, err);
failed:
	return error_set(err, errno, "make it");
}

/* ---- All ------------------------------------------------------------------------------------- */

int layer_write(struct layer_writer *w, const struct layer_entry *e, struct error *err)
{
	struct layer_place at;
	int r = layer_tree_place(w->tree, e->path, &at, err);

	if (r < 0)
		return r;
	w->entries++;
	if (!w->plain && starts_with(at.name, WHITEOUT))
		return whiteout_write(w, &at, err);
	if (!*at.path && !S_ISDIR(e->type))
		return error_say(err, EINVAL, "the root of a layer must be a directory");
	w->has_root |= !*at.path;
	switch (e->type) {
	case 0:
		return link_write(w, &at, e, err);
	case S_IFREG:
		return file_write(w, &at, e, err);
	case S_IFDIR:
		return directory_write(w, &at, e, err);
	case S_IFLNK:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
		return node_write(w, &at, e, err);
	default:
		return error_say(err, EINVAL, "an entry of a type (%o) that no layer has",
				 e->type >> 12);
	}
}
