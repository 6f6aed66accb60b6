/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive_out.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/hash.h"
#include "image/interrupt.h"

#define COPY_SIZE      (256 * 1024)
#define FILE_MODE      0644
#define DIRECTORY_MODE 0755

struct archive_out {
	struct archive *tar; /* NULL: below dir */
	int dir;
	int file; /* below dir, being written */
	unsigned char buf[COPY_SIZE];
};

static int tar_failed(struct archive_out *o, struct error *err)
{
	int code = archive_errno(o->tar);

	/* What libarchive finds wrong itself has no errno. */
	if (code > 0)
		return error_set(err, code, "write the archive");
	return error_say(err, EIO, "write the archive: %s", archive_error_string(o->tar));
}

static struct archive_out *out_new(struct error *err)
{
	struct archive_out *o = calloc(1, sizeof(*o));

	if (!o) {
		error_set(err, ENOMEM, "write");
		return NULL;
	}
	o->dir = o->file = -1;
	return o;
}

int archive_out_tar(int fd, struct archive_out **ret, struct error *err)
{
	struct archive_out *o = out_new(err);
	int r;

	if (!o)
		return -ENOMEM;
	o->tar = archive_write_new();
	/* pax headers only for what a plain one can't say: sizes of more than 8 GiB. */
	if (archive_write_set_format_pax_restricted(o->tar) != ARCHIVE_OK ||
	    /* A pipe would be given more zeros at the end than a file. */
	    archive_write_set_bytes_in_last_block(o->tar, 1) != ARCHIVE_OK ||
	    archive_write_open_fd(o->tar, fd) != ARCHIVE_OK) {
		r = tar_failed(o, err);
		archive_out_free(o);
		return r;
	}
	*ret = o;
	return 0;
}

int archive_out_dir(int dir, struct archive_out **ret, struct error *err)
{
	struct archive_out *o = out_new(err);

	if (!o)
		return -ENOMEM;
	o->dir = dir;
	*ret = o;
	return 0;
}

/* ---- Files ----------------------------------------------------------------------------------- */

static int header_write(struct archive_out *o, const char *path, mode_t type, uint64_t size,
			struct error *err)
{
	struct archive_entry *e = archive_entry_new();
	int r;

	if (!e)
		return error_set(err, ENOMEM, "write the archive");
	archive_entry_set_pathname(e, path);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, type == S_IFDIR ? DIRECTORY_MODE : FILE_MODE);
	archive_entry_set_size(e, (int64_t)size);
	archive_entry_set_mtime(e, 0, 0);
	r = archive_write_header(o->tar, e) == ARCHIVE_OK ? 0 : tar_failed(o, err);
	archive_entry_free(e);
	return r;
}

static int file_begin(struct archive_out *o, const char *path, uint64_t size, struct error *err)
{
	if (o->tar)
		return header_write(o, path, S_IFREG, size, err);
	o->file = openat(o->dir, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			 FILE_MODE);
	return o->file < 0 ? error_set(err, errno, "make %s", path) : 0;
}

static int file_add(struct archive_out *o, const void *p, size_t n, struct error *err)
{
	int r = interrupt_check(err);

	if (r < 0)
		return r;
	if (o->tar)
		return archive_write_data(o->tar, p, n) < 0 ? tar_failed(o, err) : 0;
	r = fd_write_all(o->file, p, n);
	return r < 0 ? error_set(err, -r, "write") : 0;
}

int archive_out_directory(struct archive_out *o, const char *path, struct error *err)
{
	if (o->tar)
		return header_write(o, path, S_IFDIR, 0, err);
	return mkdirat(o->dir, path, DIRECTORY_MODE) < 0 ? error_set(err, errno, "make %s", path)
							 : 0;
}

int archive_out_text(struct archive_out *o, const char *path, const void *p, size_t len,
		     struct error *err)
{
	int r = file_begin(o, path, len, err);

	if (r == 0)
		r = file_add(o, p, len, err);
	o->file = fd_close(o->file);
	return r;
}

static int blob_copy(struct archive_out *o, int fd, struct hash *h, struct error *err)
{
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = fd_read(fd, o->buf, sizeof(o->buf))) != 0) {
		if (n < 0)
			return error_set(err, errno, "read the blob");
		hash_add(h, o->buf, (size_t)n);
		r = file_add(o, o->buf, (size_t)n, err);
	}
	return r;
}

int archive_out_blob(struct archive_out *o, const char *path, const struct store *s,
		     const struct digest *d, uint64_t size, struct error *err)
{
	_cleanup_(hash_free) struct hash h = HASH_INIT;
	char name[STORE_NAME_MAX];
	_cleanup_fd_ int fd = openat(s->fd, store_blob_name(d, name), O_RDONLY | O_CLOEXEC);
	struct digest got;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, errno, "open %s of the image store", name);
	if ((uint64_t)st.st_size != size)
		return error_say(err, EBADMSG, "%s has %lld bytes instead of %llu", name,
				 (long long)st.st_size, (unsigned long long)size);
	hash_begin(&h, d->algorithm);
	r = file_begin(o, path, size, err);
	if (r == 0)
		r = blob_copy(o, fd, &h, err);
	o->file = fd_close(o->file);
	if (r < 0)
		return r;
	hash_end(&h, &got);
	if (digest_equal(&got, d))
		return 0;
	error_hint(err, "\"hoy fsck\" tells which images are concerned");
	return error_say(err, EBADMSG, "%s of the image store is damaged", name);
}

/* ---- The end --------------------------------------------------------------------------------- */

int archive_out_end(struct archive_out *o, struct error *err)
{
	if (o->tar)
		return archive_write_close(o->tar) == ARCHIVE_OK ? 0 : tar_failed(o, err);
	return 0;
}

void archive_out_free(struct archive_out *o)
{
	if (!o)
		return;
	if (o->tar) {
		/* Or it would write the end of the archive now. */
		archive_write_fail(o->tar);
		archive_write_free(o->tar);
	}
	fd_close(o->file);
	free(o);
}
