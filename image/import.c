/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import: the tar file of a root file system becomes an image of one layer. A file that is
 * compressed is stored as it is, another is compressed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/blob.h"
#include "image/change.h"
#include "image/compose.h"
#include "image/inflate.h"
#include "image/layer_stream.h"
#include "image/layer_tar.h"
#include "image/tool_verbs.h"

#define READ_SIZE (256 * 1024)

/* A piece of the input; the first has at least four bytes, if there are as many. */
static ssize_t piece_read(int fd, unsigned char *buf, struct error *err)
{
	size_t have = 0;

	while (have < READ_SIZE) {
		ssize_t n = fd_read(fd, buf + have, READ_SIZE - have);

		if (n < 0)
			return error_set(err, errno, "read it");
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

/* One that is compressed, the first piece of which is in buf. */
static int compressed_store(const struct store *s, int fd, unsigned char *buf, ssize_t n,
			    struct layer *ret, struct error *err)
{
	struct blob b = BLOB_INIT;
	int r = blob_begin_any(s, &b, err);

	while (r == 0 && n > 0) {
		r = blob_add(&b, buf, (size_t)n, err);
		if (r == 0) {
			n = piece_read(fd, buf, err);
			r = n < 0 ? (int)n : 0;
		}
	}
	if (r == 0)
		r = blob_commit(&b, err);
	else
		blob_abandon(&b, false);
	ret->blob = b.digest;
	ret->size = b.size;
	return r;
}

/* The digest of the tar file in a blob. */
static int diff_take(const struct store *s, struct layer *l, struct error *err)
{
	char name[STORE_NAME_MAX];
	_cleanup_fd_ int fd = openat(s->fd, store_blob_name(&l->blob, name), O_RDONLY | O_CLOEXEC);
	struct layer_stream *stream = NULL;
	struct layer_sums sums;
	const void *piece;
	ssize_t n;
	int r = fd < 0 ? error_set(err, errno, "open %s of the image store", name)
		       : layer_stream_open(fd, false, LAYER_BYTES_MAX, &stream, err);

	if (r < 0)
		return r;
	do
		n = layer_stream_next(stream, &piece, err);
	while (n > 0);
	if (n == 0) {
		layer_stream_sums(stream, &sums);
		l->diff = sums.diff;
	}
	layer_stream_close(stream);
	return (int)n;
}

static int plain_store(const struct store *s, int fd, unsigned char *buf, ssize_t n,
		       struct layer *ret, struct error *err)
{
	struct layer_out *o;
	int r = layer_out_begin(s, &o, err);

	if (r < 0)
		return r;
	while (r == 0 && n > 0) {
		r = layer_out_add(o, buf, (size_t)n, err);
		if (r == 0) {
			n = piece_read(fd, buf, err);
			r = n < 0 ? (int)n : 0;
		}
	}
	if (r == 0)
		r = layer_out_commit(o, ret, err);
	layer_out_free(o);
	return r;
}

static int layer_store(const struct store *s, int fd, struct layer *ret, struct error *err)
{
	unsigned char *buf = malloc(READ_SIZE);
	ssize_t n = buf ? piece_read(fd, buf, err) : error_set(err, ENOMEM, "read it");
	enum inflate_kind kind;
	int r = n < 0 ? (int)n : 0;

	if (n == 0)
		r = error_say(err, EINVAL, "it is empty");
	if (r == 0)
		r = inflate_kind_of(buf, (size_t)n, &kind, err);
	if (r == 0 && kind == INFLATE_NONE) {
		r = plain_store(s, fd, buf, n, ret, err);
	} else if (r == 0) {
		ret->type = kind == INFLATE_GZIP ? LAYER_TYPE_GZIP : LAYER_TYPE_ZSTD;
		r = compressed_store(s, fd, buf, n, ret, err);
		if (r == 0)
			r = diff_take(s, ret, err);
	}
	free(buf);
	return r;
}

static int image_make(const struct job_context *c, const struct store *s, int fd, const char *name,
		      struct error *err)
{
	const struct request *q = c->request;
	struct compose made = {.context = c, .store = s};
	struct image_history history = {
		.created = compose_time(time(NULL), c->arena),
		.created_by = "hoy import",
		.comment = q->message,
	};
	struct platform p;
	struct layer layer;
	int r = platform_parse(q->platform, c->arena, &p, err);

	if (r == 0)
		r = changes_apply(&q->changes, &made.config.config, c->arena, err);
	if (r == 0)
		r = layer_store(s, fd, &layer, err);
	if (r < 0)
		return r;
	made.config.os = p.os;
	made.config.architecture = p.architecture;
	made.config.variant = p.variant;
	made.config.rootfs.type = "layers";
	compose_layer(&made, &layer, &history);
	return compose_commit(&made, name, err);
}

int verb_import(const struct job_context *c, struct error *err)
{
	const struct request *q = c->request;
	struct store s = STORE_INIT;
	const char *name;
	int fd = STDIN_FILENO, r = compose_name(q->name, c->arena, &name, err);

	if (r == 0)
		r = store_open(q->store, true, STORE_SHARED, &s, err);
	if (r < 0)
		return r;
	if (q->input) {
		fd = open(q->input, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		r = fd < 0 ? error_set(err, errno, "%s", "") : 0;
	}
	if (r == 0)
		r = image_make(c, &s, fd, name, err);
	if (q->input)
		fd_close(fd);
	store_close(&s);
	if (r < 0)
		error_step(err, "import %s", q->input ? q->input : "from standard input");
	return r;
}
