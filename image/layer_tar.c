/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "image/layer_acl.h"

struct tar {
	struct archive *archive;
	struct layer_stream *stream;
	struct error *err; /* of the stream, which libarchive can't pass on */
	bool stream_failed;
	struct layer_xattr xattrs[LAYER_XATTRS_MAX];
	struct layer_acl acl[2]; /* the binary forms that xattrs point to */
};

/* ---- What libarchive asks for ---------------------------------------------------------------- */

static ssize_t tar_read(struct archive *a, void *arg, const void **ret)
{
	struct tar *t = arg;
	ssize_t n = layer_stream_next(t->stream, ret, t->err);

	if (n < 0) {
		t->stream_failed = true;
		archive_set_error(a, (int)-n, "the layer can't be read");
	}
	return n;
}

static int tar_failed(struct tar *t, struct error *err)
{
	const char *why = archive_error_string(t->archive);

	if (t->stream_failed)
		return t->err->code ? -t->err->code : -EINVAL;
	return error_say(err, EINVAL, "its tar file is damaged: %s",
			 why ? why : "no reason is given");
}

static ssize_t tar_content(void *arg, const void **piece, int64_t *offset, struct error *err)
{
	struct tar *t = arg;
	size_t n = 0;
	int r;

	do
		r = archive_read_data_block(t->archive, piece, &n, offset);
	while (r == ARCHIVE_OK && n == 0);
	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
		return tar_failed(t, err);
	return (ssize_t)n;
}

/* ---- An entry -------------------------------------------------------------------------------- */

static int xattrs_read(struct tar *t, struct archive_entry *from, struct layer_entry *e,
		       struct error *err)
{
	const char *name;
	const void *value;
	size_t n = 0, size;

	archive_entry_xattr_reset(from);
	while (archive_entry_xattr_next(from, &name, &value, &size) == ARCHIVE_OK) {
		if (n == LAYER_XATTRS_MAX - 2)
			return error_say(err, E2BIG, "it has more than %d extended attributes",
					 LAYER_XATTRS_MAX - 2);
		if (name && *name)
			t->xattrs[n++] = (struct layer_xattr){name, value, size};
	}
	n += layer_acl_read(from, t->acl, t->xattrs + n);
	e->xattrs = t->xattrs;
	e->xattrs_n = n;
	return 0;
}

static int id_check(int64_t id, const char *what, struct error *err)
{
	if (id >= 0 && id < UINT32_MAX)
		return 0;
	return error_say(err, EINVAL, "its %s is %lld", what, (long long)id);
}

/* from belongs to libarchive until the next header, and what e points to with it. */
static int entry_read(struct tar *t, struct archive_entry *from, struct layer_entry *e,
		      struct error *err)
{
	const char *hard = archive_entry_hardlink(from);
	int r = id_check(archive_entry_uid(from), "user", err);

	if (r == 0)
		r = id_check(archive_entry_gid(from), "group", err);
	if (r < 0)
		return r;
	*e = (struct layer_entry){
		.path = archive_entry_pathname(from),
		.link = hard ? hard : archive_entry_symlink(from),
		.type = hard ? 0 : archive_entry_filetype(from),
		.mode = archive_entry_perm(from) & 07777,
		.uid = (uid_t)archive_entry_uid(from),
		.gid = (gid_t)archive_entry_gid(from),
		.major = (unsigned)archive_entry_rdevmajor(from),
		.minor = (unsigned)archive_entry_rdevminor(from),
		.size = archive_entry_size_is_set(from) ? archive_entry_size(from) : 0,
		.times[1] = {archive_entry_mtime(from), archive_entry_mtime_nsec(from)},
	};
	e->times[0] = archive_entry_atime_is_set(from)
			      ? (struct timespec){archive_entry_atime(from),
						  archive_entry_atime_nsec(from)}
			      : e->times[1];
	if (!e->path || (!e->link && (hard || S_ISLNK(e->type))))
		return error_say(err, EINVAL, "an entry without a name");
	return xattrs_read(t, from, e, err);
}

static int entry_unpack(struct tar *t, struct archive_entry *from, struct layer_writer *w,
			struct error *err)
{
	struct layer_entry e = {0};
	int r = entry_read(t, from, &e, err);

	if (r == 0)
		r = layer_write(w, &e, err);
	if (r < 0)
		error_step(err, "%s", e.path ? e.path : "?");
	return r;
}

static int entries_unpack(struct tar *t, struct layer_writer *w, struct error *err)
{
	struct archive_entry *from;
	int r;

	for (;;) {
		r = archive_read_next_header(t->archive, &from);
		if (r == ARCHIVE_EOF)
			return 0;
		/* A warning is about a character set: the name is taken as the bytes that it is. */
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return tar_failed(t, err);
		if (w->entries == LAYER_ENTRIES_MAX)
			return error_say(err, E2BIG, "it has more than %u entries",
					 LAYER_ENTRIES_MAX);
		r = entry_unpack(t, from, w, err);
		if (r < 0)
			return r;
	}
}

/* What stands behind the end of the tar file is part of what the digests are of. */
static int rest_read(struct layer_stream *s, struct error *err)
{
	const void *piece;
	ssize_t n;

	do
		n = layer_stream_next(s, &piece, err);
	while (n > 0);
	return (int)n;
}

int layer_tar_unpack(struct layer_stream *s, struct layer_writer *w, struct error *err)
{
	struct tar *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return error_set(err, ENOMEM, "unpack");
	*t = (struct tar){.archive = archive_read_new(), .stream = s, .err = err};
	w->content = tar_content;
	w->content_arg = t;
	/* A layer of nothing at all is an empty tar file to some builders. */
	archive_read_support_format_empty(t->archive);
	archive_read_support_format_tar(t->archive);
	r = archive_read_open(t->archive, t, NULL, tar_read, NULL);
	r = r == ARCHIVE_OK ? entries_unpack(t, w, err) : tar_failed(t, err);
	if (r == 0)
		r = rest_read(s, err);
	archive_read_free(t->archive);
	free(t);
	return r;
}
