/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/volume_fill.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "engine/tree_copy.h"
#include "engine/volumes.h"

#define RESOLVE	  (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

bool volume_is_new(int volume)
{
	return faccessat(volume, VOLUMES_FILL, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int volume_settle(int volume, struct error *err)
{
	if (unlinkat(volume, VOLUMES_FILL, 0) < 0 && errno != ENOENT)
		return error_set(err, errno, "note the first use of the volume");
	return 0;
}

/* 1, 0 or negative errno. */
static int is_empty(int dir)
{
	int copy = openat(dir, ".", DIR_FLAGS), n = 0;
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;

	if (!d) {
		n = -errno;
		fd_close(copy);
		return n;
	}
	while (n == 0 && (errno = 0, e = readdir(d)))
		n = !streq(e->d_name, ".") && !streq(e->d_name, "..");
	n = n == 0 && errno ? -errno : !n;
	closedir(d);
	return n;
}

/* -ENOENT without words: there is nothing of that name. */
static int source_open(int root, const char *path, struct error *err)
{
	int fd = sys_openat2(root, path, DIR_FLAGS, 0, RESOLVE);

	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		return -ENOENT;
	if (errno == ENOTDIR)
		return error_say(err, ENOTDIR,
				 "%s is no directory in the root file system: a volume can't be "
				 "mounted there",
				 path);
	return error_set(err, errno, "open %s in the root file system", path);
}

static int copy_make(int volume, int from, bool durable, struct error *err)
{
	_cleanup_fd_ int to = -1;
	int r = tree_remove_at(volume, VOLUMES_NEW);

	if (r == 0 && mkdirat(volume, VOLUMES_NEW, 0700) < 0)
		r = -errno;
	if (r == 0)
		to = openat(volume, VOLUMES_NEW, DIR_FLAGS | O_NOFOLLOW);
	if (r < 0 || to < 0)
		return error_set(err, r < 0 ? -r : errno, "make a directory in the volume");
	r = tree_copy(from, to, err);
	if (r < 0)
		return r;
	r = attributes_copy_all(from, to);
	/* A few files or many thousands: one sync of the file system instead of theirs. */
	if (r == 0 && durable && syncfs(to) < 0)
		r = -errno;
	return r < 0 ? error_set(err, -r, "finish the copy") : 0;
}

/* The copy takes the place of the empty directory. */
static int copy_place(int volume, bool durable, struct error *err)
{
	if (renameat(volume, VOLUMES_NEW, volume, VOLUMES_DATA) < 0 ||
	    (durable && fsync(volume) < 0))
		return error_set(err, errno, "put the copy in its place");
	return 0;
}

static int fill_from(int volume, int from, bool durable, struct error *err)
{
	_cleanup_fd_ int data = openat(volume, VOLUMES_DATA, DIR_FLAGS | O_NOFOLLOW);
	int empty = data < 0 ? -errno : is_empty(data), r;

	if (empty < 0)
		return error_set(err, -empty, "look into the volume");
	/* Somebody has put something there by hand, or was killed behind the rename. */
	if (!empty)
		return 0;
	r = is_empty(from);
	if (r < 0)
		return error_set(err, -r, "read the directory");
	if (r == 1) {
		r = attributes_copy_all(from, data);
		return r < 0 ? error_set(err, -r, "give the volume the directory's attributes") : 0;
	}
	r = copy_make(volume, from, durable, err);
	if (r == 0)
		r = copy_place(volume, durable, err);
	if (r < 0)
		tree_remove_at(volume, VOLUMES_NEW);
	return r;
}

int volume_fill(int volume, int root, const char *path, bool durable, struct error *err)
{
	_cleanup_fd_ int from = source_open(root, path, err);
	int r = from < 0 ? from : fill_from(volume, from, durable, err);

	if (r == -ENOENT && from == -ENOENT)
		r = 0;
	return r < 0 ? r : volume_settle(volume, err);
}
