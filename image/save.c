/* SPDX-License-Identifier: Apache-2.0 */
/*
 * save: images from the store into a file or directory, as an image layout or as `docker load` wants
 * them. Blobs go out as they are, so digests stay what they were.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/list.h"
#include "image/archive_out.h"
#include "image/output.h"
#include "image/parts.h"
#include "image/reference.h"
#include "image/tool_verbs.h"
#include "spec/table.h"

#define LAYOUT_TEXT	"{\"imageLayoutVersion\":\"1.0.0\"}"
#define CONTAINERD_NAME "io.containerd.image.name"

struct save {
	const struct job_context *context;
	struct store store;
	struct platform platform;
	struct images images;
	struct parts parts;
	struct archive_out *out;
};

/* ---- An image layout ------------------------------------------------------------------------- */

/* skopeo and podman look for the one name, containerd and docker for the other. */
static struct string_map annotations_make(const char *name, struct arena *a)
{
	struct string_map m = {0};

	if (!name)
		return m;
	m.v = arena_alloc(a, 2 * sizeof(*m.v));
	m.v[m.n].key = CONTAINERD_NAME;
	m.v[m.n++].value = name;
	m.v[m.n].key = STORE_NAME;
	m.v[m.n++].value = name;
	return m;
}

static void index_make(struct save *s, struct text *out)
{
	struct arena *a = s->context->arena;
	struct image_index index = {
		.schema_version = 2,
		.media_type = "application/vnd.oci.image.index.v1+json",
	};
	size_t i;

	for (i = 0; i < s->images.n; i++) {
		struct image_descriptor d = *s->images.v[i].target;

		d.annotations = annotations_make(s->images.v[i].name, a);
		LIST_ADD(a, &index.manifests, d);
	}
	image_index_write(&index, out);
}

static int directories_write(struct save *s, struct error *err)
{
	bool has[] = {[DIGEST_SHA256] = true, [DIGEST_SHA512] = false};
	size_t i;
	int r = archive_out_directory(s->out, "blobs", err);

	for (i = 0; i < s->parts.n; i++)
		has[s->parts.v[i].digest.algorithm] = true;
	if (r == 0)
		r = archive_out_directory(s->out, "blobs/sha256", err);
	if (r == 0 && has[DIGEST_SHA512])
		r = archive_out_directory(s->out, "blobs/sha512", err);
	return r;
}

static int layout_write(struct save *s, struct error *err)
{
	_cleanup_(text_free) struct text index = TEXT_INIT;
	char name[STORE_NAME_MAX];
	size_t i;
	int r = archive_out_text(s->out, "oci-layout", LAYOUT_TEXT, strlen(LAYOUT_TEXT), err);

	index_make(s, &index);
	if (r == 0)
		r = archive_out_text(s->out, "index.json", index.s, index.len, err);
	if (r == 0)
		r = directories_write(s, err);
	for (i = 0; r == 0 && i < s->parts.n; i++) {
		const struct part *p = &s->parts.v[i];

		r = archive_out_blob(s->out, store_blob_name(&p->digest, name), &s->store,
				     &p->digest, p->descriptor->size, err);
	}
	return r;
}

/* ---- A docker archive ------------------------------------------------------------------------ */

struct item {
	const char *config;
	struct strings tags, layers;
};

static const struct field item_fields[] = {
	FIELD_STRING(struct item, config, "Config"),
	FIELD_STRINGS(struct item, tags, "RepoTags", .flags = FIELD_ALWAYS),
	FIELD_STRINGS(struct item, layers, "Layers", .flags = FIELD_ALWAYS),
};
static const struct table item_table = TABLE(item_fields);

/* The names of its files: docker knows them by what manifest.json says. */
static const char *config_path(const struct digest *d, struct arena *a)
{
	return arena_join(a, d->hex, ".json", NULL);
}

static const char *layer_path(const struct digest *d, struct arena *a)
{
	return arena_join(a, d->hex, ".tar", NULL);
}

/* One for an image, whatever number of names it has: `first` is the first of the list that has it. */
static int item_write(struct save *s, size_t first, struct text *out, struct error *err)
{
	struct arena *a = s->context->arena;
	const struct image *image = &s->images.v[first];
	struct item item = {.config = config_path(&image->config_digest, a)};
	struct digest d;
	size_t i;
	int r = 0;

	for (i = first; i < s->images.n; i++)
		if (s->images.v[i].name &&
		    digest_equal(&s->images.v[i].config_digest, &image->config_digest))
			LIST_ADD(a, &item.tags, s->images.v[i].name);
	for (i = 0; r == 0 && i < image->manifest.layers.n; i++) {
		r = digest_parse(image->manifest.layers.v[i].digest, &d, err);
		if (r == 0)
			LIST_ADD(a, &item.layers, layer_path(&d, a));
	}
	table_write(&item_table, &item, false, out);
	return r;
}

static bool is_first(const struct save *s, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (digest_equal(&s->images.v[k].config_digest, &s->images.v[i].config_digest))
			return false;
	return true;
}

/* Of an index the platform's image: that format knows none. */
static int docker_write(struct save *s, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct arena *a = s->context->arena;
	size_t i;
	int r = 0;

	text_add(&t, "[");
	for (i = 0; r == 0 && i < s->images.n; i++)
		if (is_first(s, i)) {
			text_add(&t, t.len > 1 ? "," : "");
			r = item_write(s, i, &t, err);
		}
	text_add(&t, "]\n");
	for (i = 0; r == 0 && i < s->parts.n; i++) {
		const struct part *p = &s->parts.v[i];

		if (p->kind == PART_CONFIG || p->kind == PART_LAYER)
			r = archive_out_blob(s->out,
					     p->kind == PART_CONFIG ? config_path(&p->digest, a)
								    : layer_path(&p->digest, a),
					     &s->store, &p->digest, p->descriptor->size, err);
	}
	return r < 0 ? r : archive_out_text(s->out, "manifest.json", t.s, t.len, err);
}

/* ---- All ------------------------------------------------------------------------------------- */

static const struct format {
	const char *name;
	bool directory, docker;
} formats[] = {
	{"oci-archive", false, false},
	{"oci-dir", true, false},
	{"docker-archive", false, true},
};

static const struct format *format_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (!name || streq(formats[i].name, name))
			return &formats[i];
	return NULL;
}

/* What will be written is known, and there, before the first byte is. */
static int images_find(struct save *s, const struct format *f, struct error *err)
{
	const struct request *q = s->context->request;
	struct arena *a = s->context->arena;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < q->images.n; i++) {
		struct image image;
		struct image_descriptor *manifest = arena_alloc(a, sizeof(*manifest));
		char text[DIGEST_TEXT_MAX];

		r = image_find(&s->store, q->images.v[i], &s->platform, a, &image, err);
		if (r < 0)
			break;
		LIST_ADD(a, &s->images, image);
		*manifest = *image.target;
		if (f->docker && !digest_equal(&image.manifest_digest, &image.target_digest))
			*manifest = (struct image_descriptor){
				.media_type = "application/vnd.oci.image.manifest.v1+json",
				.digest =
					arena_strdup(a, digest_text(&image.manifest_digest, text)),
			};
		r = parts_add(&s->parts, &s->store, manifest, a, err);
		if (r < 0)
			error_step(err, "save %s", q->images.v[i]);
	}
	return r;
}

static int output_write(struct save *s, const struct format *f, struct output *to,
			struct error *err)
{
	const char *path = s->context->request->output;
	int r = f->directory ? output_directory(path, to, err) : output_file(path, to, err);

	if (r == 0)
		r = f->directory ? archive_out_dir(to->fd, &s->out, err)
				 : archive_out_tar(to->fd, &s->out, err);
	if (r == 0)
		r = f->docker ? docker_write(s, err) : layout_write(s, err);
	if (r == 0)
		r = archive_out_end(s->out, err);
	archive_out_free(s->out);
	if (r == 0)
		r = output_commit(to, err);
	output_abandon(to);
	if (r < 0)
		error_step(err, "save to %s", path ? path : "standard output");
	return r;
}

int verb_save(const struct job_context *c, struct error *err)
{
	const struct request *q = c->request;
	struct save s = {.context = c, .store = STORE_INIT};
	const struct format *f = format_find(q->format);
	struct output to = OUTPUT_INIT;
	int r;

	if (!f)
		return error_say(err, EINVAL, "unknown format \"%.100s\"", q->format);
	if (f->directory && !q->output)
		return error_say(err, EINVAL, "a directory to write to must be named (-o DIR)");
	r = platform_parse(q->platform, c->arena, &s.platform, err);
	if (r == 0)
		r = store_open(q->store, true, STORE_SHARED, &s.store, err);
	if (r == 0)
		r = images_find(&s, f, err);
	if (r == 0)
		r = output_write(&s, f, &to, err);
	store_close(&s.store);
	return r;
}
