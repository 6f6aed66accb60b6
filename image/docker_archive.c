/* SPDX-License-Identifier: Apache-2.0 */
#include "image/docker_archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "image/blob.h"
#include "image/reference.h"
#include "spec/table.h"

#define DOC	      "manifest.json"
#define TYPE_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define TYPE_CONFIG   "application/vnd.oci.image.config.v1+json"
#define TYPE_LAYER    "application/vnd.oci.image.layer.v1.tar"

struct item {
	const char *config;
	struct strings tags, layers;
};

static const struct field item_fields[] = {
	FIELD_STRING(struct item, config, "Config", .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD_STRINGS(struct item, tags, "RepoTags"),
	FIELD_STRINGS(struct item, layers, "Layers"),
};
static const struct table item_table = TABLE(item_fields);

/* How a layer is compressed, by its first bytes: the document doesn't say. */
static const char *layer_type(const struct store *s, const struct digest *d)
{
	char name[STORE_NAME_MAX];
	_cleanup_fd_ int fd = openat(s->fd, store_blob_name(d, name), O_RDONLY | O_CLOEXEC);
	unsigned char first[4] = {0};

	if (fd >= 0 && fd_read(fd, first, sizeof(first)) == sizeof(first)) {
		if (first[0] == 0x1f && first[1] == 0x8b)
			return TYPE_LAYER "+gzip";
		if (memcmp(first, "\x28\xb5\x2f\xfd", 4) == 0)
			return TYPE_LAYER "+zstd";
	}
	return TYPE_LAYER;
}

static int descriptor_of(const struct archive_in *in, const char *path, struct arena *a,
			 struct image_descriptor *ret, struct digest *digest, struct error *err)
{
	const struct archive_file *f = archive_in_find(in, path);
	char text[DIGEST_TEXT_MAX];

	if (!f)
		return error_say(err, ENOENT, "the archive has no file \"%.200s\"", path);
	*ret = (struct image_descriptor){
		.digest = arena_strdup(a, digest_text(&f->digest, text)),
		.size = f->size,
	};
	*digest = f->digest;
	return 0;
}

static int manifest_make(const struct store *s, const struct archive_in *in,
			 const struct item *item, struct arena *a, struct image_descriptor *ret,
			 struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct image_manifest m = {.schema_version = 2, .media_type = TYPE_MANIFEST};
	char text[DIGEST_TEXT_MAX];
	struct digest d;
	size_t i;
	int r = descriptor_of(in, item->config, a, &m.config, &d, err);

	if (r < 0)
		error_field(err, "Config");
	m.config.media_type = TYPE_CONFIG;
	m.layers.v = arena_alloc(a, (item->layers.n + 1) * sizeof(*m.layers.v));
	for (i = 0; r == 0 && i < item->layers.n; i++) {
		r = descriptor_of(in, item->layers.v[i], a, &m.layers.v[i], &d, err);
		if (r < 0)
			error_field(err, "Layers[%zu]", i);
		else
			m.layers.v[m.layers.n++].media_type = layer_type(s, &d);
	}
	if (r < 0)
		return r;
	image_manifest_write(&m, &t);
	r = blob_put(s, t.s, t.len, &d, err);
	*ret = (struct image_descriptor){
		.media_type = TYPE_MANIFEST,
		.digest = arena_strdup(a, digest_text(&d, text)),
		.size = t.len,
	};
	return r;
}

static int image_read(const struct store *s, const struct archive_in *in, const struct json *from,
		      struct arena *a, struct docker_image *ret, struct error *err)
{
	struct item item = {0};
	struct reference ref;
	size_t i;
	int r;

	if (from->type != JSON_OBJECT)
		return error_say(err, EINVAL, "must be an object, got %s",
				 json_type_name(from->type));
	r = table_read(&item_table, from, &item, a, err);
	if (r == 0)
		r = manifest_make(s, in, &item, a, &ret->target, err);
	ret->names.v = arena_alloc(a, (item.tags.n + 1) * sizeof(*ret->names.v));
	for (i = 0; r == 0 && i < item.tags.n; i++) {
		r = reference_parse(item.tags.v[i], a, &ref, err);
		if (r < 0)
			error_field(err, "RepoTags[%zu]", i);
		else
			ret->names.v[ret->names.n++] = reference_text(&ref, a);
	}
	return r;
}

int docker_archive_read(const struct store *s, const struct archive_in *in, struct arena *a,
			struct docker_images *ret, struct error *err)
{
	const struct json *root, *child;
	struct docker_images images = {0};
	int r = json_parse(in->manifest.s, in->manifest.len, a, &root, err);

	if (r == 0 && root->type != JSON_LIST)
		r = error_say(err, EINVAL, "must be a list, got %s", json_type_name(root->type));
	if (r == 0)
		images.v = arena_alloc(a, (root->n + 1) * sizeof(*images.v));
	for (child = r == 0 ? root->first : NULL; r == 0 && child; child = child->next) {
		struct error why = ERROR_INIT;

		r = image_read(s, in, child, a, &images.v[images.n], &why);
		if (r < 0) {
			char field[sizeof(why.field)];

			snprintf(field, sizeof(field), "[%zu]%s%s", images.n,
				 why.field[0] ? "." : "", why.field);
			memcpy(why.field, field, sizeof(field));
			*err = why;
		}
		images.n++;
	}
	if (r < 0)
		error_doc(err, DOC);
	else
		*ret = images;
	return r;
}
