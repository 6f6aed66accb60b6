/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load: images from a file or directory: an image layout, as a directory or as a tar file (an OCI
 * archive), or what `docker save` writes (a docker archive). Which it is, is seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/archive_in.h"
#include "image/blob.h"
#include "image/collect.h"
#include "image/docker_archive.h"
#include "image/install.h"
#include "image/naming.h"
#include "image/reference.h"
#include "image/tool_verbs.h"

#define READ_SIZE	(256 * 1024)
#define PARALLEL	2
#define CONTAINERD_NAME "io.containerd.image.name"

struct load {
	const struct job_context *context;
	struct store store;
	struct platform platform;
	const char *name; /* that was asked for, whole; NULL: those that are written there */
	int dir;	  /* of a layout; -1: everything is in the store already */
	unsigned images;
};

/* ---- Where blobs come from ------------------------------------------------------------------- */

static int layout_fetch(void *arg, const struct image_descriptor *d, uint64_t offset,
			int (*sink)(void *to, const void *p, size_t n, struct error *err), void *to,
			struct error *err)
{
	const struct load *l = arg;
	char name[STORE_NAME_MAX], *buf;
	_cleanup_fd_ int fd = -1;
	struct digest digest;
	ssize_t n = 0;
	int r = digest_parse(d->digest, &digest, err);

	if (r < 0)
		return r;
	store_blob_name(&digest, name);
	fd = openat(l->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || lseek(fd, (off_t)offset, SEEK_SET) < 0)
		return error_set(err, errno, "open %s of the layout", name);
	buf = malloc(READ_SIZE);
	if (!buf)
		return error_set(err, ENOMEM, "read %s", name);
	while (r == 0 && (n = fd_read(fd, buf, READ_SIZE)) > 0)
		r = sink(to, buf, (size_t)n, err);
	if (n < 0)
		r = error_set(err, errno, "read %s of the layout", name);
	free(buf);
	return r;
}

/* ---- Names ----------------------------------------------------------------------------------- */

static const char *annotation(const struct image_descriptor *d, const char *key)
{
	size_t i;

	for (i = 0; i < d->annotations.n; i++)
		if (streq(d->annotations.v[i].key, key) && *d->annotations.v[i].value)
			return d->annotations.v[i].value;
	return NULL;
}

/* The last part of a path without its extension, as far as it can be a repository's name. */
static const char *base_name(const char *path, struct arena *a)
{
	const char *slash;
	char *name, *p;
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	name = arena_memdup(a, path, n);
	slash = strrchr(name, '/');
	name = slash ? arena_strdup(a, slash + 1) : name;
	p = strchr(name, '.');
	if (p)
		*p = 0;
	for (p = name; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return name;
}

/*
 * What an image of a layout is called. The annotation may be a whole reference, or a tag alone; a
 * tag needs a repository: localhost/ and the file's name, as podman has it. NULL: it has no name.
 */
static const char *layout_name(const struct load *l, const struct image_descriptor *d)
{
	struct arena *a = l->context->arena;
	const char *input = l->context->request->input, *text = annotation(d, CONTAINERD_NAME);
	struct reference ref;

	if (l->name)
		return l->name;
	if (!text)
		text = annotation(d, STORE_NAME);
	if (!text)
		return NULL;
	if (!strpbrk(text, "/:@")) {
		if (!input)
			return NULL;
		text = arena_join(a, "localhost/", base_name(input, a), ":", text, NULL);
	}
	return reference_parse(text, a, &ref, NULL) < 0 ? NULL : reference_text(&ref, a);
}

/* ---- Images ---------------------------------------------------------------------------------- */

static int image_load(struct load *l, const struct image_descriptor *target,
		      const char *const *names, size_t n, struct error *err)
{
	struct source from = {
		.fetch = l->dir >= 0 ? layout_fetch : NULL, .arg = l, .parallel = PARALLEL};
	struct image image;
	size_t i;
	int r = install_image(&l->store, &from, target, &l->platform, l->context->arena, &image,
			      l->context->warn, err);

	for (i = 0; r == 0 && i < (n ? n : 1); i++)
		r = naming_add(&l->store, n ? names[i] : NULL, target, l->context->arena, err);
	if (r < 0)
		return r;
	l->images++;
	for (i = 0; i < n; i++)
		printf(l->context->request->quiet ? "%s\n" : "Loaded image: %s\n", names[i]);
	if (!n)
		printf(l->context->request->quiet ? "%s\n" : "Loaded image ID: sha256:%s\n",
		       image.config_digest.hex);
	return 0;
}

static int index_load(struct load *l, const struct text *text, struct error *err)
{
	struct image_index index;
	size_t i;
	int r = image_index_parse(text->s, text->len, "index.json", l->context->arena, &index, err);

	for (i = 0; r == 0 && i < index.manifests.n; i++) {
		const struct image_descriptor *d = &index.manifests.v[i];
		const char *name = layout_name(l, d);

		if (!image_type_is_index(d->media_type) && !image_type_is_manifest(d->media_type)) {
			warn_add(l->context->warn,
				 "manifests[%zu] is left out: it is no image but %s", i,
				 d->media_type);
			continue;
		}
		r = image_load(l, d, &name, name != NULL, err);
		if (r < 0)
			error_field(err, "manifests[%zu]", i);
	}
	return r;
}

static int layout_load(struct load *l, struct error *err)
{
	_cleanup_(text_free) struct text layout = TEXT_INIT, index = TEXT_INIT;
	int r = file_read_at(l->dir, "oci-layout", STORE_DOCUMENT_MAX, &layout);

	if (r < 0) {
		error_hint(err, "it must be an image layout: oci-layout, index.json and blobs/");
		return error_set(err, -r, "read its oci-layout");
	}
	r = image_layout_check(layout.s, layout.len, "oci-layout", err);
	if (r < 0)
		return r;
	r = file_read_at(l->dir, "index.json", STORE_INDEX_MAX, &index);
	return r < 0 ? error_set(err, -r, "read its index.json") : index_load(l, &index, err);
}

static int docker_load(struct load *l, const struct archive_in *in, struct error *err)
{
	struct arena *a = l->context->arena;
	struct docker_images images;
	size_t i;
	int r = docker_archive_read(&l->store, in, a, &images, err);

	for (i = 0; r == 0 && i < images.n; i++) {
		r = image_load(l, &images.v[i].target, l->name ? &l->name : images.v[i].names.v,
			       l->name ? 1 : images.v[i].names.n, err);
	}
	return r;
}

static int archive_load(struct load *l, int fd, struct error *err)
{
	struct archive_in in;
	int r = archive_in_read(&l->store, fd, l->context->arena, &in, err);

	if (r < 0)
		return r;
	/* Newer versions of docker write both; its own document has all names of an image. */
	if (in.manifest.len) {
		r = docker_load(l, &in, err);
	} else if (in.layout.len && in.index.len) {
		r = image_layout_check(in.layout.s, in.layout.len, "oci-layout", err);
		if (r == 0)
			r = index_load(l, &in.index, err);
	} else {
		error_hint(err, "\"hoy import\" makes an image of a root file system's tar file");
		r = error_say(err, EINVAL,
			      "it holds neither oci-layout with index.json nor manifest.json");
	}
	archive_in_free(&in);
	return r;
}

static int input_load(struct load *l, const char *input, struct error *err)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;

	if (!input)
		return archive_load(l, STDIN_FILENO, err);
	fd = open(input, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, errno, "%s", "");
	if (!S_ISDIR(st.st_mode))
		return archive_load(l, fd, err);
	l->dir = fd;
	return layout_load(l, err);
}

int verb_load(const struct job_context *c, struct error *err)
{
	struct load l = {.context = c, .store = STORE_INIT, .dir = -1};
	const struct request *q = c->request;
	struct reference ref;
	int r = platform_parse(q->platform, c->arena, &l.platform, err);

	if (r == 0 && q->name)
		r = reference_parse(q->name, c->arena, &ref, err);
	if (r == 0 && q->name)
		l.name = reference_text(&ref, c->arena);
	if (r == 0)
		r = store_open(q->store, true, STORE_SHARED, &l.store, err);
	if (r < 0)
		return r;
	r = input_load(&l, q->input, err);
	if (r == 0 && !l.images)
		r = error_say(err, EINVAL, "there is no image in it");
	store_close(&l.store);
	if (r < 0)
		collect_failed(q->store);
	if (r < 0)
		error_step(err, "load %s", q->input ? q->input : "from standard input");
	return r;
}
