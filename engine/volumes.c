/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/volumes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/sys.h"
#include "engine/data.h"
#include "engine/volume.h"
#include "engine/when.h"
#include "spec/json.h"
#include "spec/table.h"

#define RECORD	   "volume.json"
#define RECORD_MAX (1u << 20)
#define NEW	   ".new."
#define GONE	   ".gone."
#define OWN_SIZE   32 /* bytes of such a name */
#define DIR_FLAGS  (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static const struct field fields[] = {
	FIELD_STRING(struct volume_record, created, "createdAt"),
	FIELD_BOOL(struct volume_record, anonymous, "anonymous", .flags = FIELD_ALWAYS),
	FIELD_STRING_MAP(struct volume_record, labels, "labels", .flags = FIELD_ALWAYS),
	FIELD_STRING_MAP(struct volume_record, options, "options", .flags = FIELD_ALWAYS),
};
static const struct table table = TABLE(fields);

const char *volumes_path(const char *data, const char *name, struct arena *a)
{
	return arena_join(a, data, "/" VOLUMES_DIR "/", name, "/" VOLUMES_DATA, NULL);
}

/* A name that no volume can have. */
static int own_name(const char *prefix, char buf[OWN_SIZE], struct error *err)
{
	uint64_t n;

	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		return error_set(err, errno, "make a name for a volume");
	snprintf(buf, OWN_SIZE, "%s%016llx", prefix, (unsigned long long)n);
	return 0;
}

/* ---- Locks ----------------------------------------------------------------------------------- */

/* Whether the directory still has this name. */
static bool is_named(int volumes, const char *name, int fd)
{
	struct stat ours, named;

	return fstat(fd, &ours) == 0 && fstatat(volumes, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

/* how: of flock(2). -ENOENT, -EWOULDBLOCK or another negative errno. */
static int lock_open(int volumes, const char *name, int how)
{
	int fd, r;

	for (;;) {
		fd = openat(volumes, name, DIR_FLAGS);
		if (fd < 0)
			return -errno;
		r = fd_lock(fd, how);
		if (r == 0 && is_named(volumes, name, fd))
			return fd;
		close(fd);
		if (r < 0)
			return r;
	}
}

int volumes_lock(const char *data, const char *name, bool exclusive, struct error *err)
{
	_cleanup_fd_ int volumes = data_open(data, VOLUMES_DIR, false);
	int fd = volumes < 0 ? volumes : lock_open(volumes, name, exclusive ? LOCK_EX : LOCK_SH);

	if (fd < 0 && fd != -ENOENT)
		error_set(err, -fd, "open the volume \"%s\"", name);
	return fd;
}

/* ---- Making ---------------------------------------------------------------------------------- */

/* name: of a file in dir. */
static int file_write(int dir, const char *name, const struct text *t, bool durable)
{
	_cleanup_fd_ int fd =
		openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r = fd < 0 ? -errno : fd_write_all(fd, t->s, t->len);

	return r == 0 && durable && fsync(fd) < 0 ? -errno : r;
}

static int volume_write(int fd, const struct volume_record *record)
{
	_cleanup_(text_free) struct text t = TEXT_INIT, none = TEXT_INIT;
	struct volume_record now = *record;
	char stamp[WHEN_STAMP_SIZE];
	struct timespec ts;
	int r;

	clock_gettime(CLOCK_REALTIME, &ts);
	when_stamp(&ts, stamp);
	now.created = stamp;
	table_write(&table, &now, false, &t);
	text_add(&t, "\n");
	/* Open to all, as docker's and podman's are: the directory above is not. */
	if (mkdirat(fd, VOLUMES_DATA, 0755) < 0)
		return -errno;
	r = file_write(fd, RECORD, &t, !record->anonymous);
	if (r == 0)
		r = file_write(fd, VOLUMES_FILL, &none, false);
	return r == 0 && !record->anonymous && fsync(fd) < 0 ? -errno : r;
}

/* Whoever sweeps may see it before it is locked. */
static int new_make(int volumes, char name[OWN_SIZE], struct error *err)
{
	int fd, r;

	do {
		r = own_name(NEW, name, err);
		if (r < 0)
			return r;
		if (mkdirat(volumes, name, 0700) < 0)
			return error_set(err, errno, "make a volume");
		fd = lock_open(volumes, name, LOCK_EX);
	} while (fd == -ENOENT);
	if (fd >= 0)
		return fd;
	unlinkat(volumes, name, AT_REMOVEDIR);
	return error_set(err, -fd, "make a volume");
}

int volumes_create(const char *data, const char *name, const struct volume_record *record,
		   struct error *err)
{
	_cleanup_fd_ int volumes = data_open(data, VOLUMES_DIR, true), fd = -1;
	char tmp[OWN_SIZE];
	int r;

	if (volumes < 0)
		return error_set(err, -volumes, "make the data directory %s", data);
	if (faccessat(volumes, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	fd = new_make(volumes, tmp, err);
	if (fd < 0)
		return fd;
	r = volume_write(fd, record);
	if (r == 0 && sys_renameat2(volumes, tmp, volumes, name, RENAME_NOREPLACE) < 0)
		r = -errno;
	if (r < 0)
		tree_remove_at(volumes, tmp);
	else if (!record->anonymous && fsync(volumes) < 0)
		r = -errno;
	return r < 0 && r != -EEXIST ? error_set(err, -r, "make the volume \"%s\"", name) : r;
}

/* ---- Looking --------------------------------------------------------------------------------- */

int volumes_read(const char *data, const char *name, struct arena *a, struct volume_record *ret,
		 struct error *err)
{
	_cleanup_(text_free) struct text text = TEXT_INIT;
	_cleanup_fd_ int volumes = data_open(data, VOLUMES_DIR, false), fd = -1;
	struct volume_record record = {0};
	const struct json *tree;
	int r = 0;

	if (volumes >= 0)
		fd = openat(volumes, name, DIR_FLAGS);
	if (fd < 0)
		r = volumes < 0 ? volumes : -errno;
	if (r == 0)
		r = file_read_at(fd, RECORD, RECORD_MAX, &text);
	if (r == -ENOENT)
		return r;
	if (r < 0)
		return error_set(err, -r, "read the volume \"%s\"", name);
	r = json_parse(text.s, text.len, a, &tree, err);
	if (r == 0)
		r = table_read(&table, tree, &record, a, err);
	if (r < 0) {
		error_step(err, "read " RECORD " of the volume \"%s\"", name);
		return r;
	}
	if (!record.created)
		record.created = "";
	*ret = record;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int volumes_list(const char *data, struct arena *a, struct strings *ret, struct error *err)
{
	_cleanup_fd_ int fd = data_open(data, VOLUMES_DIR, false);
	struct strings names = {0};
	struct dirent *e;
	DIR *d = NULL;

	if (fd >= 0)
		d = fdopendir(fd);
	if (fd >= 0 && !d)
		return error_set(err, errno, "list the volumes");
	if (fd < 0 && fd != -ENOENT)
		return error_set(err, -fd, "list the volumes");
	fd = -1; /* d's */
	while (d && (e = readdir(d)))
		if (volume_name_check(e->d_name, NULL) == 0)
			LIST_ADD(a, &names, arena_strdup(a, e->d_name));
	if (d)
		closedir(d);
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), by_name);
	*ret = names;
	return 0;
}

/* ---- Taking away ----------------------------------------------------------------------------- */

int volumes_remove(const char *data, const char *name, struct error *err)
{
	_cleanup_fd_ int volumes = data_open(data, VOLUMES_DIR, false);
	char tmp[OWN_SIZE];
	int r = own_name(GONE, tmp, err);

	if (r < 0)
		return r;
	if (volumes < 0 || renameat(volumes, name, volumes, tmp) < 0)
		return error_set(err, volumes < 0 ? -volumes : errno, "remove the volume \"%s\"",
				 name);
	r = tree_remove_at(volumes, tmp);
	return r < 0 ? error_set(err, -r, "remove the files of the volume \"%s\"", name) : 0;
}

void volumes_sweep(const char *data)
{
	_cleanup_fd_ int volumes = data_open(data, VOLUMES_DIR, false);
	int copy = volumes < 0 ? -1 : openat(volumes, ".", DIR_FLAGS);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;

	if (!d) {
		fd_close(copy);
		return;
	}
	while ((e = readdir(d))) {
		_cleanup_fd_ int fd = -1;

		if (!starts_with(e->d_name, NEW) && !starts_with(e->d_name, GONE))
			continue;
		fd = lock_open(volumes, e->d_name, LOCK_EX | LOCK_NB);
		if (fd >= 0)
			tree_remove_at(volumes, e->d_name);
	}
	closedir(d);
}
