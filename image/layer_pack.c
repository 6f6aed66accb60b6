/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "image/interrupt.h"
#include "image/layer_meta.h"
#include "image/layer_tar.h"
#include "image/tree_walk.h"

#define WHITEOUT  ".wh."
#define OPAQUE	  ".wh..wh..opq"
#define READ_SIZE (256 * 1024)
#define XATTR_MAX 65536
#define HOLES_MAX 100000
#define TIME_LAST INT64_C(253402300799) /* of the year 9999 */

struct link {
	dev_t dev;
	ino_t ino;
	const char *path;
};

struct pack {
	struct archive *tar;
	struct archive_entry *entry;
	pack_sink *sink;
	void *to;
	bool plain; /* no layer */
	struct error *err; /* of `to`, which libarchive can't pass on */
	bool to_failed;
	struct arena arena;
	void *links; /* tsearch(3): struct link */
	struct warnings *warn;
	time_t newest;
	char buf[READ_SIZE], names[XATTR_MAX], value[XATTR_MAX];
};

/* ---- libarchive ------------------------------------------------------------------------------ */

static la_ssize_t tar_out(struct archive *a, void *arg, const void *p, size_t n)
{
	struct pack *k = arg;

	if (k->sink(k->to, p, n, k->err) < 0) {
		k->to_failed = true;
		archive_set_error(a, EIO, "the layer can't be written");
		return -1;
	}
	return (la_ssize_t)n;
}

static int tar_failed(struct pack *k, struct error *err)
{
	const char *why = archive_error_string(k->tar);

	if (k->to_failed)
		return k->err->code ? -k->err->code : -EIO;
	return error_say(err, EIO, "%s", why ? why : "libarchive gives no reason");
}

static int header_write(struct pack *k, struct error *err)
{
	int r = archive_write_header(k->tar, k->entry);

	/* A warning is about a name that is no UTF-8: it is written as the bytes that it is. */
	return r == ARCHIVE_OK || r == ARCHIVE_WARN ? 0 : tar_failed(k, err);
}

static int bytes_write(struct pack *k, const void *p, size_t n, struct error *err)
{
	int r = interrupt_check(err);

	return r < 0 ? r : archive_write_data(k->tar, p, n) < 0 ? tar_failed(k, err) : 0;
}

/* ---- An inode -------------------------------------------------------------------------------- */

static int xattrs_add(struct pack *k, int fd, struct error *err)
{
	char path[FD_PATH];
	const char *name;
	ssize_t n, size;

	/* Through the descriptor, which has been opened for nothing: to the inode itself. */
	fd_path(fd, path);
	n = listxattr(path, k->names, sizeof(k->names));
	if (n < 0)
		return errno == EOPNOTSUPP ? 0 : error_set(err, errno, "list its attributes");
	for (name = k->names; name < k->names + n; name += strlen(name) + 1) {
		if (layer_xattr_left_out(name))
			continue;
		size = getxattr(path, name, k->value, sizeof(k->value));
		if (size < 0)
			return error_set(err, errno, "read its attribute %.100s", name);
		archive_entry_xattr_add_entry(k->entry, name, k->value, (size_t)size);
	}
	return 0;
}

static bool is_opaque(int fd)
{
	char path[FD_PATH], c = 0;

	fd_path(fd, path);
	return (getxattr(path, "trusted.overlay.opaque", &c, 1) == 1 ||
		getxattr(path, "user.overlay.opaque", &c, 1) == 1) &&
	       c == 'y';
}

/* Says where data is, where the file has holes. */
static int holes_add(struct pack *k, int fd, const struct stat *st, struct error *err)
{
	off_t data = 0, hole;
	unsigned n = 0;

	if (st->st_blocks * 512 >= st->st_size)
		return 0;
	while (data < st->st_size) {
		data = lseek(fd, data, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			break;
		hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
		if (hole < 0)
			return error_set(err, errno, "look for its holes");
		if (++n > HOLES_MAX)
			return error_say(err, E2BIG, "it has more than %d holes", HOLES_MAX);
		archive_entry_sparse_add_entry(k->entry, data, hole - data);
		data = hole;
	}
	if (!n) /* nothing but a hole */
		archive_entry_sparse_add_entry(k->entry, st->st_size, 0);
	return lseek(fd, 0, SEEK_SET) < 0 ? error_set(err, errno, "read it") : 0;
}

/* libarchive wants all bytes, and leaves out those of holes. */
static int content_write(struct pack *k, int fd, off_t size, struct error *err)
{
	int r = 0;

	while (r == 0 && size > 0) {
		size_t want = size < READ_SIZE ? (size_t)size : READ_SIZE;
		ssize_t n = fd_read(fd, k->buf, want);

		if (n < 0)
			return error_set(err, errno, "read it");
		if (n == 0) {
			error_hint(err, "--pause stops the container meanwhile");
			return error_say(err, EAGAIN, "it has become shorter while it was read");
		}
		r = bytes_write(k, k->buf, (size_t)n, err);
		size -= n;
	}
	return r;
}

/* fd: of the inode, by O_PATH. */
static int file_write(struct pack *k, int fd, const struct stat *st, struct error *err)
{
	char path[FD_PATH];
	_cleanup_fd_ int in = -1;
	int r;

	fd_path(fd, path);
	in = open(path, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return error_set(err, errno, "open it");
	if ((uint64_t)st->st_size > LAYER_BYTES_MAX)
		return error_say(err, EFBIG, "it is larger than a layer may be");
	archive_entry_set_size(k->entry, st->st_size);
	r = holes_add(k, in, st, err);
	if (r == 0)
		r = header_write(k, err);
	return r < 0 ? r : content_write(k, in, st->st_size, err);
}

/* ---- Entries --------------------------------------------------------------------------------- */

/* A whiteout is a file of nothing: its inode says nothing, and may be shared by all. */
static int whiteout_write(struct pack *k, const char *path, struct error *err)
{
	archive_entry_clear(k->entry);
	archive_entry_set_pathname(k->entry, path);
	archive_entry_set_filetype(k->entry, S_IFREG);
	archive_entry_set_perm(k->entry, 0);
	archive_entry_set_size(k->entry, 0);
	archive_entry_set_mtime(k->entry, 0, 0);
	return header_write(k, err);
}

static int by_inode(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* The name under which the inode was written before, or NULL. */
static const char *link_find(struct pack *k, const struct stat *st, const char *path)
{
	struct link *l = arena_alloc(&k->arena, sizeof(*l)), **found;

	*l = (struct link){st->st_dev, st->st_ino, NULL};
	found = tsearch(l, &k->links, by_inode);
	if (!found || *found != l)
		return found ? (*found)->path : NULL;
	l->path = arena_strdup(&k->arena, path);
	return NULL;
}

static void entry_fill(struct pack *k, const char *path, const struct stat *st)
{
	struct archive_entry *e = k->entry;

	archive_entry_clear(e);
	archive_entry_set_pathname(e, path);
	archive_entry_set_filetype(e, st->st_mode & S_IFMT);
	archive_entry_set_perm(e, st->st_mode & 07777);
	archive_entry_set_uid(e, st->st_uid);
	archive_entry_set_gid(e, st->st_gid);
	archive_entry_set_mtime(e, st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		archive_entry_set_rdevmajor(e, major(st->st_rdev));
		archive_entry_set_rdevminor(e, minor(st->st_rdev));
	}
	if (st->st_mtime > k->newest && st->st_mtime <= TIME_LAST)
		k->newest = st->st_mtime;
}

static int symlink_text(struct pack *k, int fd, struct error *err)
{
	char text[PATH_MAX + 1];
	ssize_t n = readlinkat(fd, "", text, PATH_MAX);

	if (n < 0)
		return error_set(err, errno, "read the link");
	text[n] = 0;
	archive_entry_set_symlink(k->entry, text);
	return 0;
}

/* fd: of the inode, by O_PATH. */
static int inode_write(struct pack *k, int fd, const char *path, const struct stat *st,
		       struct error *err)
{
	const char *first =
		!S_ISDIR(st->st_mode) && st->st_nlink > 1 ? link_find(k, st, path) : NULL;
	int r = 0;

	entry_fill(k, path, st);
	if (first) {
		archive_entry_set_hardlink(k->entry, first);
		archive_entry_set_size(k->entry, 0);
		return header_write(k, err);
	}
	if (S_ISLNK(st->st_mode))
		r = symlink_text(k, fd, err);
	if (r == 0)
		r = xattrs_add(k, fd, err);
	if (r == 0)
		r = S_ISREG(st->st_mode) ? file_write(k, fd, st, err) : header_write(k, err);
	return r;
}

static int entry_write(struct pack *k, const struct tree_entry *e, struct error *err)
{
	size_t above = strlen(e->path) - strlen(e->name);
	_cleanup_fd_ int fd = openat(e->dir, e->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r;

	/* A container may have taken it away. */
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, errno, "look at it");
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0))
		return whiteout_write(k,
				      arena_join(&k->arena, arena_memdup(&k->arena, e->path, above),
						 WHITEOUT, e->name, NULL),
				      err);
	if (!k->plain && starts_with(e->name, WHITEOUT)) {
		warn_add(k->warn,
			 "/%s is left out: in a layer its name means that something is removed",
			 e->path);
		return 1;
	}
	if (S_ISSOCK(st.st_mode)) /* of no use to anybody else, and tar files have none */
		return 0;
	r = inode_write(k, fd, e->path, &st, err);
	if (r == 0 && S_ISDIR(st.st_mode) && is_opaque(fd))
		r = whiteout_write(k, arena_join(&k->arena, e->path, "/" OPAQUE, NULL), err);
	return r;
}

static int visit(void *arg, const struct tree_entry *e, struct error *err)
{
	return entry_write(arg, e, err);
}

static int root_write(struct pack *k, int upper, struct error *err)
{
	_cleanup_fd_ int fd = openat(upper, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, errno, "open the container's own layer");
	return inode_write(k, fd, "./", &st, err);
}

/* root: with an entry for the directory itself. */
static int pack(struct pack *k, int dir, bool root, struct error *err)
{
	int r = 0;

	k->err = err;
	k->tar = archive_write_new();
	k->entry = archive_entry_new();
	if (archive_write_set_format_pax(k->tar) != ARCHIVE_OK ||
	    archive_write_set_options(k->tar, "pax:xattrheader=SCHILY") != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(k->tar, 1) != ARCHIVE_OK ||
	    archive_write_open(k->tar, k, NULL, tar_out, NULL) != ARCHIVE_OK)
		r = tar_failed(k, err);
	else if (root)
		r = root_write(k, dir, err);
	if (r == 0)
		r = tree_walk(dir, visit, k, err);
	if (r == 0 && archive_write_close(k->tar) != ARCHIVE_OK)
		r = tar_failed(k, err);
	if (r < 0)
		archive_write_fail(k->tar);
	archive_entry_free(k->entry);
	archive_write_free(k->tar);
	while (k->links)
		tdelete(*(struct link **)k->links, &k->links, by_inode);
	arena_free(&k->arena);
	return r;
}

int layer_pack(int upper, pack_sink *sink, void *to, time_t *newest, struct warnings *warn,
	       struct error *err)
{
	struct pack *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return error_set(err, ENOMEM, "pack");
	k->sink = sink;
	k->to = to;
	k->warn = warn;
	r = pack(k, upper, true, err);
	if (r == 0)
		*newest = k->newest;
	free(k);
	return r;
}

int tree_pack(int dir, pack_sink *sink, void *to, struct warnings *warn, struct error *err)
{
	struct pack *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return error_set(err, ENOMEM, "pack");
	k->sink = sink;
	k->to = to;
	k->warn = warn;
	k->plain = true;
	r = pack(k, dir, false, err);
	free(k);
	return r;
}
