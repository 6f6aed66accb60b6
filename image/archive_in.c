/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive_in.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/archive_reader.h"
#include "image/blob.h"

#define READ_SIZE (256 * 1024)
#define LINKS_MAX 16
#define BLOBS	  "blobs/"

struct reader {
	const struct store *store;
	struct archive_reader process;
	struct arena *arena;
	struct archive_in *in;
	size_t room;
};

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

/* All of an entry's content, piece by piece. */
static int content_read(struct reader *r, uint64_t size,
			int (*take)(void *to, const void *p, size_t n, struct error *err), void *to,
			struct error *err)
{
	char *buf = malloc(READ_SIZE);
	int e = buf ? 0 : error_set(err, ENOMEM, "read it");

	while (e == 0 && size) {
		ssize_t n =
			fd_read(r->process.input, buf, size < READ_SIZE ? (size_t)size : READ_SIZE);

		if (n <= 0) {
			e = error_say(err, EIO, "the process that reads the archive ended early");
		} else {
			size -= (uint64_t)n;
			e = take(to, buf, (size_t)n, err);
		}
	}
	free(buf);
	return e;
}

static int take_blob(void *to, const void *p, size_t n, struct error *err)
{
	return blob_add(to, p, n, err);
}

static int take_text(void *to, const void *p, size_t n, struct error *err)
{
	(void)err;
	text_add_bytes(to, p, n);
	return 0;
}

static int take_nothing(void *to, const void *p, size_t n, struct error *err)
{
	(void)to;
	(void)p;
	(void)n;
	(void)err;
	return 0;
}

static int blob_read(struct reader *r, struct archive_file *f, struct error *err)
{
	bool named = path_digest(f->path, &f->digest);
	struct blob b = BLOB_INIT;
	int e = named ? blob_begin(r->store, &f->digest, f->size, &b, err)
		      : blob_begin_any(r->store, &b, err);

	if (e < 0)
		return e;
	if (e > 0) /* the store has it */
		return content_read(r, f->size, take_nothing, NULL, err);
	e = b.have ? blob_restart(&b, err) : 0;
	if (e == 0)
		e = content_read(r, f->size, take_blob, &b, err);
	if (e == 0)
		e = blob_commit(&b, err);
	blob_abandon(&b, false);
	f->digest = b.digest;
	return e;
}

static int document_read(struct reader *r, uint64_t size, struct text *out, struct error *err)
{
	if (size > STORE_INDEX_MAX)
		return error_say(err, EFBIG, "larger than %u bytes", STORE_INDEX_MAX);
	out->len = 0;
	return content_read(r, size, take_text, out, err);
}

static struct text *document_of(struct archive_in *in, const char *path)
{
	return streq(path, "index.json")      ? &in->index
	       : streq(path, "oci-layout")    ? &in->layout
	       : streq(path, "manifest.json") ? &in->manifest
					      : NULL;
}

static int entry_read(struct reader *r, const struct archive_frame *frame, const char *name,
		      const char *link, struct error *err)
{
	const char *path = path_clean(name, r->arena);
	struct text *document = document_of(r->in, path);
	struct archive_file *f;

	error_step(err, "%s", path);
	if (document && !frame->link_n)
		return document_read(r, frame->size, document, err);
	f = file_add(r, path, err);
	if (!f)
		return -E2BIG;
	f->size = frame->size;
	if (!frame->link_n)
		return blob_read(r, f, err);
	f->link = arena_strdup(r->arena, link);
	return 0;
}

int archive_in_read(const struct store *s, int fd, struct arena *a, struct archive_in *ret,
		    struct error *err)
{
	struct archive_in in = {0};
	struct reader r = {.store = s, .arena = a, .in = &in};
	char path[ARCHIVE_NAME_MAX + 1], link[ARCHIVE_NAME_MAX + 1];
	struct error theirs = ERROR_INIT, ours = ERROR_INIT;
	struct archive_frame frame;
	int e = archive_reader_begin(fd, &r.process, err), end;

	if (e < 0)
		return e;
	while ((e = archive_reader_next(&r.process, &frame, path, link, &ours)) > 0) {
		ours = (struct error)ERROR_INIT;
		e = entry_read(&r, &frame, path, link, &ours);
		if (e < 0)
			break;
	}
	/* When it ended early, it says why; when we did, it could not go on. */
	end = archive_reader_end(&r.process, &theirs);
	if (end < 0 && (e == 0 || e == -EIO)) {
		e = end;
		ours = theirs;
	}
	if (e < 0) {
		*err = ours;
		archive_in_free(&in);
	} else {
		*ret = in;
	}
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
