/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive_in.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "image/blob.h"

#define READ_SIZE (256 * 1024)
#define LINKS_MAX 16
#define BLOBS	  "blobs/"

struct reader {
	const struct store *store;
	struct archive *archive;
	struct arena *arena;
	struct archive_in *in;
	size_t room;
};

static int archive_failed(const struct reader *r, struct error *err)
{
	const char *why = archive_error_string(r->archive);

	error_hint(err, "it must be a tar file as \"hoy save\", \"docker save\" and \"podman "
			"save\" write it");
	return error_say(err, EINVAL, "%s", why ? why : "it can't be read");
}

/* "./a//b" is "a/b". ".." doesn't occur in these. */
static const char *path_clean(const char *path, struct arena *a)
{
	char *s = arena_strdup(a, path), *to = s;
	const char *from = s;

	while (*from) {
		if (*from == '/' && (to == s || to[-1] == '/'))
			from++;
		else if (from[0] == '.' && (from[1] == '/' || !from[1]) &&
			 (to == s || to[-1] == '/'))
			from++;
		else
			*to++ = *from++;
	}
	*to = 0;
	return s;
}

static struct archive_file *file_add(struct reader *r, const char *path, struct error *err)
{
	struct archive_in *in = r->in;

	if (in->files_n == ARCHIVE_FILES_MAX) {
		error_say(err, E2BIG, "it holds more than %d files", ARCHIVE_FILES_MAX);
		return NULL;
	}
	if (in->files_n == r->room) {
		struct archive_file *old = in->files;

		r->room = r->room ? 2 * r->room : 64;
		in->files = arena_alloc(r->arena, r->room * sizeof(*in->files));
		if (in->files_n)
			memcpy(in->files, old, in->files_n * sizeof(*old));
	}
	in->files[in->files_n] = (struct archive_file){.path = path};
	return &in->files[in->files_n++];
}

/* The digest that a path of an image layout names; false: it names none. */
static bool path_digest(const char *path, struct digest *ret)
{
	char text[DIGEST_TEXT_MAX];
	const char *slash;

	if (!starts_with(path, BLOBS))
		return false;
	path += strlen(BLOBS);
	slash = strchr(path, '/');
	if (!slash || strlen(path) >= sizeof(text))
		return false;
	memcpy(text, path, strlen(path) + 1);
	text[slash - path] = ':';
	return digest_parse(text, ret, NULL) == 0;
}

static int content_blob(struct reader *r, struct blob *b, struct error *err)
{
	const void *p;
	size_t n;
	int64_t offset, at = 0;
	int got, e = 0;

	while (e == 0 &&
	       (got = archive_read_data_block(r->archive, &p, &n, &offset)) != ARCHIVE_EOF) {
		if (got != ARCHIVE_OK)
			return archive_failed(r, err);
		if (offset != at)
			return error_say(err, EINVAL, "a sparse file");
		at += (int64_t)n;
		e = blob_add(b, p, n, err);
	}
	return e;
}

static int blob_read(struct reader *r, struct archive_entry *entry, struct archive_file *f,
		     struct error *err)
{
	bool named = path_digest(f->path, &f->digest);
	struct blob b = BLOB_INIT;
	int e;

	f->size = archive_entry_size_is_set(entry) ? (uint64_t)archive_entry_size(entry) : 0;
	e = named ? blob_begin(r->store, &f->digest, f->size, &b, err)
		  : blob_begin_any(r->store, &b, err);
	if (e != 0)
		return e < 0 ? e : 0;
	e = b.have ? blob_restart(&b, err) : 0;
	if (e == 0)
		e = content_blob(r, &b, err);
	if (e == 0)
		e = blob_commit(&b, err);
	blob_abandon(&b, false);
	f->digest = b.digest;
	return e;
}

static int document_read(struct reader *r, struct text *out, struct error *err)
{
	const void *p;
	size_t n;
	int64_t offset;
	int got;

	out->len = 0;
	while ((got = archive_read_data_block(r->archive, &p, &n, &offset)) == ARCHIVE_OK) {
		if (out->len + n > STORE_INDEX_MAX)
			return error_say(err, EFBIG, "larger than %u bytes", STORE_INDEX_MAX);
		text_add_bytes(out, p, n);
	}
	return got == ARCHIVE_EOF ? 0 : archive_failed(r, err);
}

static struct text *document_of(struct archive_in *in, const char *path)
{
	return streq(path, "index.json")      ? &in->index
	       : streq(path, "oci-layout")    ? &in->layout
	       : streq(path, "manifest.json") ? &in->manifest
					      : NULL;
}

static int entry_read(struct reader *r, struct archive_entry *entry, struct error *err)
{
	const char *path = archive_entry_pathname(entry), *link;
	struct archive_file *f;
	struct text *document;

	if (!path)
		return error_say(err, EINVAL, "an entry without a name");
	path = path_clean(path, r->arena);
	error_field(err, "%s", path);
	document = document_of(r->in, path);
	link = archive_entry_hardlink(entry);
	if (!link)
		link = archive_entry_symlink(entry);
	if (!link && archive_entry_filetype(entry) != S_IFREG)
		return 0;
	if (document && !link)
		return document_read(r, document, err);
	f = file_add(r, path, err);
	if (!f)
		return -E2BIG;
	if (!link)
		return blob_read(r, entry, f, err);
	f->link = arena_strdup(r->arena, link);
	return 0;
}

int archive_in_read(const struct store *s, int fd, struct arena *a, struct archive_in *ret,
		    struct error *err)
{
	struct archive_in in = {0};
	struct reader r = {.store = s, .archive = archive_read_new(), .arena = a, .in = &in};
	struct archive_entry *entry;
	int e = 0, got;

	archive_read_support_format_tar(r.archive);
	archive_read_support_filter_gzip(r.archive);
	archive_read_support_filter_zstd(r.archive);
	got = archive_read_open_fd(r.archive, fd, READ_SIZE);
	if (got != ARCHIVE_OK)
		e = archive_failed(&r, err);
	while (e == 0 && (got = archive_read_next_header(r.archive, &entry)) != ARCHIVE_EOF) {
		struct error why = ERROR_INIT;

		e = got == ARCHIVE_OK || got == ARCHIVE_WARN ? entry_read(&r, entry, &why)
							     : archive_failed(&r, &why);
		if (e < 0)
			*err = why;
	}
	archive_read_free(r.archive);
	if (e < 0)
		archive_in_free(&in);
	else
		*ret = in;
	return e;
}

void archive_in_free(struct archive_in *i)
{
	text_free(&i->layout);
	text_free(&i->index);
	text_free(&i->manifest);
}

/* Where a link of the file at `path` leads: docker's are relative, to a neighbour's directory. */
static bool link_resolve(const char *path, const char *link, char out[PATH_MAX])
{
	char full[2 * PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t n = 0;
	char *p;

	if ((size_t)snprintf(full, sizeof(full), "%.*s/%s",
			     slash && *link != '/' ? (int)(slash - path) : 0, path,
			     link) >= sizeof(full))
		return false;
	out[0] = 0;
	for (p = full; *p; p += strspn(p, "/")) {
		size_t len = strcspn(p, "/");

		if (len == 2 && p[0] == '.' && p[1] == '.') {
			while (n > 0 && out[--n] != '/')
				;
		} else if (len && !(len == 1 && *p == '.')) {
			if (n + len + 2 > PATH_MAX)
				return false;
			if (n)
				out[n++] = '/';
			memcpy(out + n, p, len);
			n += len;
		}
		out[n] = 0;
		p += len;
	}
	return true;
}

static const struct archive_file *file_at(const struct archive_in *i, const char *path)
{
	size_t k = i->files_n;

	while (k-- > 0)
		if (streq(i->files[k].path, path))
			return &i->files[k];
	return NULL;
}

const struct archive_file *archive_in_find(const struct archive_in *i, const char *path)
{
	const struct archive_file *f = file_at(i, path);
	char at[PATH_MAX];
	unsigned links = 0;

	/* A hard link's target is a path of the archive, a symbolic one's is relative to its
	 * directory. */
	while (f && f->link && links++ < LINKS_MAX) {
		const struct archive_file *next =
			link_resolve(f->path, f->link, at) ? file_at(i, at) : NULL;

		f = next ? next : file_at(i, f->link);
	}
	return f && !f->link ? f : NULL;
}
