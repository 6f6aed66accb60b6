/* SPDX-License-Identifier: Apache-2.0 */
#include "image/collect.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/image.h"
#include "image/layer_info.h"
#include "image/stack.h"

#define STACK_NAME_MAX 256

/* ---- What is named --------------------------------------------------------------------------- */

/* Names as they lie below the store: "layers/HEX". */
struct marks {
	const struct store *store;
	struct arena arena;
	void *names;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool marked(const struct marks *m, const char *name)
{
	return tfind(name, &m->names, by_text) != NULL;
}

static void mark(struct marks *m, const char *dir, const char *name)
{
	tsearch(arena_join(&m->arena, dir, "/", name, NULL), &m->names, by_text);
}

static void mark_blob(struct marks *m, const struct digest *d)
{
	char name[STORE_NAME_MAX];

	tsearch(arena_strdup(&m->arena, store_blob_name(d, name)), &m->names, by_text);
}

static int mark_stack(struct marks *m, const struct digest *config, struct error *err)
{
	struct stack stack;
	size_t i;
	int r = stack_read(m->store, config, &m->arena, &stack, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	mark(m, "stacks", config->hex);
	for (i = 0; i < stack.layers.n; i++)
		mark(m, "layers", stack.layers.v[i]);
	return 0;
}

static int mark_manifest(struct marks *m, const struct digest *d, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct image_manifest manifest;
	struct digest part;
	char text[DIGEST_TEXT_MAX];
	size_t i;
	int r = store_document(m->store, d, &t, err);

	/* Of an index, the manifests for other platforms aren't there. */
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	mark_blob(m, d);
	r = image_manifest_parse(t.s, t.len, digest_text(d, text), &m->arena, &manifest, err);
	if (r == 0)
		r = digest_parse(manifest.config.digest, &part, err);
	if (r < 0)
		return r;
	mark_blob(m, &part);
	r = mark_stack(m, &part, err);
	for (i = 0; r == 0 && i < manifest.layers.n; i++) {
		r = digest_parse(manifest.layers.v[i].digest, &part, err);
		if (r == 0)
			mark_blob(m, &part);
	}
	return r;
}

static int mark_index(struct marks *m, const struct digest *d, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct image_index index;
	struct digest part;
	char text[DIGEST_TEXT_MAX];
	size_t i;
	int r = store_document(m->store, d, &t, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	mark_blob(m, d);
	r = image_index_parse(t.s, t.len, digest_text(d, text), &m->arena, &index, err);
	for (i = 0; r == 0 && i < index.manifests.n; i++) {
		r = digest_parse(index.manifests.v[i].digest, &part, err);
		if (r == 0)
			r = mark_manifest(m, &part, err);
	}
	return r;
}

static int mark_container(void *arg, const char *id, const char *stack)
{
	struct marks *m = arg;
	char text[STACK_NAME_MAX + sizeof("sha256:")];
	struct digest config;

	(void)id;
	snprintf(text, sizeof(text), "%s:%s", strlen(stack) == 128 ? "sha512" : "sha256", stack);
	return digest_parse(text, &config, NULL) < 0 ? 0 : mark_stack(m, &config, NULL);
}

static int mark_all(struct marks *m, struct error *err)
{
	struct image_index index;
	struct digest d;
	size_t i;
	int r = store_index(m->store, &m->arena, &index, err);

	for (i = 0; r == 0 && i < index.manifests.n; i++) {
		r = digest_parse(index.manifests.v[i].digest, &d, err);
		if (r < 0)
			break;
		r = image_type_is_index(index.manifests.v[i].media_type)
			    ? mark_index(m, &d, err)
			    : mark_manifest(m, &d, err);
	}
	return r < 0 ? r : collect_containers(m->store, mark_container, m, err);
}

/* ---- What isn't ------------------------------------------------------------------------------ */

static DIR *directory(const struct store *s, const char *name, struct error *err)
{
	int fd = openat(s->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		error_set(err, errno, "open the directory %s of the image store", name);
		fd_close(fd);
	}
	return d;
}

int collect_containers(const struct store *s,
		       int (*f)(void *arg, const char *id, const char *stack), void *arg,
		       struct error *err)
{
	struct dirent *e;
	DIR *d;
	int r = 0;

	if (!store_has(s, CONTAINERS))
		return 0;
	d = directory(s, CONTAINERS, err);
	if (!d)
		return -EIO;
	while (r == 0 && (e = readdir(d))) {
		_cleanup_(text_free) struct text t = TEXT_INIT;
		char path[NAME_MAX + sizeof("/" CONTAINER_STACK)];

		snprintf(path, sizeof(path), "%s/" CONTAINER_STACK, e->d_name);
		if (e->d_name[0] != '.' && file_read_at(dirfd(d), path, STACK_NAME_MAX, &t) == 0)
			r = f(arg, e->d_name, t.s);
	}
	closedir(d);
	return r;
}

/* Content of one file each. */
static int sweep_files(const struct store *s, const struct marks *m, const char *dir,
		       unsigned *count, uint64_t *bytes, struct error *err)
{
	DIR *d = directory(s, dir, err);
	struct dirent *e;
	int r = d ? 0 : -EIO;

	while (r == 0 && (e = readdir(d))) {
		char path[STORE_NAME_MAX + NAME_MAX];
		struct stat st;

		if (streq(e->d_name, ".") || streq(e->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (marked(m, path) || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (unlinkat(dirfd(d), e->d_name, 0) < 0 && errno != ENOENT) {
			r = error_set(err, errno, "remove %s of the image store", path);
		} else {
			*bytes += (uint64_t)st.st_size;
			++*count;
		}
	}
	if (d)
		closedir(d);
	return r;
}

static int sweep_layers(const struct store *s, struct marks *m, struct collected *c,
			struct error *err)
{
	DIR *d = directory(s, "layers", err);
	struct dirent *e;
	int r = d ? 0 : -EIO;

	while (r == 0 && (e = readdir(d))) {
		char from[STORE_NAME_MAX + NAME_MAX], to[STORE_NAME_MAX + NAME_MAX];
		struct layer_info info = {0};

		snprintf(from, sizeof(from), "layers/%s", e->d_name);
		snprintf(to, sizeof(to), "staging/%s", e->d_name);
		if (streq(e->d_name, ".") || streq(e->d_name, "..") || marked(m, from))
			continue;
		layer_info_read(s, e->d_name, &m->arena, &info, NULL);
		c->bytes += info.bytes;
		c->layers++;
		/* What a dead process has left under that name is in the way. */
		if (renameat(s->fd, from, s->fd, to) < 0) {
			r = errno == ENOTEMPTY || errno == EEXIST ? tree_remove_at(s->fd, to)
								  : -errno;
			if (r == 0 && renameat(s->fd, from, s->fd, to) < 0)
				r = -errno;
		}
		if (r < 0)
			error_set(err, -r, "remove %s of the image store", from);
	}
	if (d)
		closedir(d);
	return r;
}

/* What is on its way, but nobody is under way. */
static int sweep_left(const struct store *s, const char *dir, struct error *err)
{
	DIR *d = directory(s, dir, err);
	struct dirent *e;
	int r = d ? 0 : -EIO;

	while (r == 0 && (e = readdir(d))) {
		if (streq(e->d_name, ".") || streq(e->d_name, ".."))
			continue;
		if (unlinkat(dirfd(d), e->d_name, 0) == 0)
			continue;
		r = tree_remove_at(dirfd(d), e->d_name);
		if (r < 0)
			error_set(err, -r, "remove %s/%s of the image store", dir, e->d_name);
	}
	if (d)
		closedir(d);
	return r;
}

static void nothing(void *p)
{
	(void)p;
}

int collect(const struct store *s, struct collected *ret, struct error *err)
{
	struct marks m = {.store = s};
	struct collected c = {0};
	unsigned stacks = 0;
	uint64_t ignored = 0;
	int r = mark_all(&m, err);

	if (r == 0)
		r = sweep_files(s, &m, "stacks", &stacks, &ignored, err);
	if (r == 0 && stacks)
		r = store_sync(s, "stacks", err);
	if (r == 0)
		r = sweep_layers(s, &m, &c, err);
	if (r == 0)
		r = sweep_files(s, &m, "blobs/sha256", &c.blobs, &c.bytes, err);
	if (r == 0)
		r = sweep_files(s, &m, "blobs/sha512", &c.blobs, &c.bytes, err);
	if (r == 0)
		r = sweep_left(s, "staging", err);
	if (r == 0)
		r = sweep_left(s, "ingest", err);
	tdestroy(m.names, nothing);
	arena_free(&m.arena);
	if (r == 0)
		*ret = c;
	return r;
}

void collect_failed(const char *path)
{
	struct store s = STORE_INIT;
	struct collected c;

	if (store_open(path, false, STORE_EXCLUSIVE_NOW, &s, NULL) == 0)
		collect(&s, &c, NULL);
	store_close(&s);
}
