/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define LAYOUT	       "oci-layout"
#define LAYOUT_TEXT    "{\"imageLayoutVersion\":\"1.0.0\"}"
#define INDEX	       "index.json"
#define LAYOUT_MAX     4096
#define OCI_INDEX      "application/vnd.oci.image.index.v1+json"
#define DIRECTORY_MODE 0700

static const char *const directories[] = {"blobs",  "blobs/sha256", "blobs/sha512", "layers",
					  "stacks", "ingest",	    "staging"};

/* ---- Opening --------------------------------------------------------------------------------- */

static void path_make(const char *path)
{
	char copy[PATH_MAX], *p;

	snprintf(copy, sizeof(copy), "%s", path);
	for (p = copy + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = 0;
		mkdir(copy, 0755);
	}
	mkdir(copy, DIRECTORY_MODE);
}

static int directories_make(struct store *s, struct error *err)
{
	size_t i;

	for (i = 0; i < sizeof(directories) / sizeof(*directories); i++)
		if (mkdirat(s->fd, directories[i], DIRECTORY_MODE) < 0 && errno != EEXIST)
			return error_set(err, errno, "make the directory %s in it", directories[i]);
	/* The last of all: where it is, the rest is too. */
	return store_put(s, ".", LAYOUT, LAYOUT_TEXT, strlen(LAYOUT_TEXT), err);
}

/* What others could write to would be no store (security.md, R12). */
static int owner_check(const struct store *s, struct error *err)
{
	struct stat st;

	if (fstat(s->fd, &st) < 0)
		return error_set(err, errno, "%s", "");
	if (st.st_uid != geteuid())
		return error_say(err, EPERM, "it belongs to another user");
	if ((st.st_mode & 077) && fchmod(s->fd, DIRECTORY_MODE) < 0)
		return error_set(err, errno, "close it to other users");
	return 0;
}

static int lock_take(struct store *s, enum store_lock how, struct error *err)
{
	int what = how == STORE_SHARED	    ? LOCK_SH
		   : how == STORE_EXCLUSIVE ? LOCK_EX
					    : LOCK_EX | LOCK_NB,
	    r;

	s->lock = openat(s->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock < 0)
		return error_set(err, errno, "open its lock");
	r = fd_lock(s->lock, what);
	return r < 0 ? error_set(err, -r, "lock it") : 0;
}

static int layout_check(const struct store *s, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	int r = file_read_at(s->fd, LAYOUT, LAYOUT_MAX, &t);

	if (r < 0)
		return r == -ENOENT ? r : error_set(err, -r, "read " LAYOUT);
	return image_layout_check(t.s, t.len, LAYOUT, err);
}

int store_open(const char *path, bool make, enum store_lock how, struct store *ret,
	       struct error *err)
{
	struct store s = {.path = path, .lock = -1};
	int r;

	s.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s.fd < 0 && errno == ENOENT && make) {
		path_make(path);
		s.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (s.fd < 0 && errno == ENOENT && !make)
		return -ENOENT;
	r = s.fd < 0 ? error_set(err, errno, "%s", "") : owner_check(&s, err);
	if (r == 0)
		r = layout_check(&s, err);
	if (r == -ENOENT && make)
		r = directories_make(&s, err);
	if (r == 0)
		r = lock_take(&s, how, err);
	if (r < 0) {
		store_close(&s);
		if (r != -ENOENT || make)
			error_step(err, "open the image store %s", path);
		return r;
	}
	*ret = s;
	return 0;
}

void store_close(struct store *s)
{
	s->lock = fd_close(s->lock);
	s->fd = fd_close(s->fd);
}

/* ---- Writing --------------------------------------------------------------------------------- */

int store_sync(const struct store *s, const char *dir, struct error *err)
{
	_cleanup_fd_ int fd = openat(s->fd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return error_set(err, errno, "sync the directory %s of the image store", dir);
	return 0;
}

int store_put(const struct store *s, const char *dir, const char *name, const void *p, size_t len,
	      struct error *err)
{
	_cleanup_fd_ int at = openat(s->fd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;
	char tmp[NAME_MAX + 1];
	int r = 0;

	if (at < 0)
		return error_set(err, errno, "open the directory %s of the image store", dir);
	/* The pid keeps two writers apart. One that is left behind is collected, or written over.
	 */
	snprintf(tmp, sizeof(tmp), ".%.200s.%d.tmp", name, (int)getpid());
	fd = openat(at, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	r = fd < 0 ? -errno : fd_write_all(fd, p, len);
	if (r == 0 && (fsync(fd) < 0 || renameat(at, tmp, at, name) < 0 || fsync(at) < 0))
		r = -errno;
	if (r < 0 && fd >= 0)
		unlinkat(at, tmp, 0);
	return r < 0 ? error_set(err, -r, "write %s/%s of the image store", dir, name) : 0;
}

/* ---- The index ------------------------------------------------------------------------------- */

int store_index(const struct store *s, struct arena *a, struct image_index *ret, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	int r = file_read_at(s->fd, INDEX, STORE_INDEX_MAX, &t);

	if (r == -ENOENT) {
		*ret = (struct image_index){.schema_version = 2, .media_type = OCI_INDEX};
		return 0;
	}
	if (r < 0)
		return error_set(err, -r, "read %s/" INDEX, s->path);
	return image_index_parse(t.s, t.len, INDEX, a, ret, err);
}

int store_index_change(const struct store *s, struct arena *a,
		       int (*change)(void *arg, struct image_index *index, struct arena *a,
				     struct error *err),
		       void *arg, struct error *err)
{
	_cleanup_fd_ int lock =
		openat(s->fd, "index.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct image_index index;
	int r;

	if (lock < 0)
		return error_set(err, errno, "open the lock of the index");
	r = fd_lock(lock, LOCK_EX);
	if (r < 0)
		return error_set(err, -r, "lock the index");
	r = store_index(s, a, &index, err);
	if (r == 0)
		r = change(arg, &index, a, err);
	if (r <= 0)
		return r;
	image_index_write(&index, &t);
	r = store_put(s, ".", INDEX, t.s, t.len, err);
	return r < 0 ? r : 1;
}

/* ---- Blobs ----------------------------------------------------------------------------------- */

const char *store_blob_name(const struct digest *d, char buf[STORE_NAME_MAX])
{
	snprintf(buf, STORE_NAME_MAX, "blobs/%s/%s", digest_directory(d), d->hex);
	return buf;
}

int store_document(const struct store *s, const struct digest *d, struct text *out,
		   struct error *err)
{
	char name[STORE_NAME_MAX], text[DIGEST_TEXT_MAX];
	int r = file_read_at(s->fd, store_blob_name(d, name), STORE_DOCUMENT_MAX, out);

	if (r < 0 && r != -ENOENT)
		error_set(err, -r, "read the document %s", digest_text(d, text));
	return r;
}

bool store_has(const struct store *s, const char *name)
{
	return faccessat(s->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int64_t store_size(const struct store *s, const struct digest *d)
{
	char name[STORE_NAME_MAX];
	struct stat st;

	if (fstatat(s->fd, store_blob_name(d, name), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return st.st_size;
}
