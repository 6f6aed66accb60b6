/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pull: an image from a registry into the store. The manifest comes first; then everything that it
 * names and the store doesn't have (install.h), by several connections at a time.
 */
#include <errno.h>
#include <stdio.h>

#include "base/fd.h"
#include "image/blob.h"
#include "image/collect.h"
#include "image/install.h"
#include "image/interrupt.h"
#include "image/naming.h"
#include "image/progress.h"
#include "image/registry.h"
#include "image/tool_verbs.h"

#define PARALLEL 4 /* layers at a time */

struct pull {
	struct registry *registry;
	struct progress *progress;
};

/* ---- Where blobs come from ------------------------------------------------------------------- */

/* The registry's sink has no place for words. */
struct sink {
	int (*to)(void *arg, const void *p, size_t n, struct error *err);
	void *arg;
	struct error *err;
};

static int sink_pass(void *arg, const void *p, size_t n)
{
	struct sink *s = arg;

	return s->to(s->arg, p, n, s->err);
}

/* Manifests have a place of their own at registries. */
static int manifest_fetch(struct pull *p, const struct image_descriptor *d, uint64_t offset,
			  struct sink *sink, struct error *err)
{
	_cleanup_(text_free) struct text body = TEXT_INIT;
	char type[REGISTRY_TYPE_MAX];
	struct digest digest;
	int r = registry_manifest(p->registry, d->digest, &body, type, &digest, err);

	if (r < 0)
		return r;
	return offset > body.len ? -EINVAL : sink_pass(sink, body.s + offset, body.len - offset);
}

static int pull_fetch(void *arg, const struct image_descriptor *d, uint64_t offset,
		      int (*to)(void *to, const void *p, size_t n, struct error *err), void *to_arg,
		      struct error *err)
{
	struct pull *p = arg;
	struct sink sink = {to, to_arg, err};
	struct digest digest;
	int r = digest_parse(d->digest, &digest, err);

	if (r < 0)
		return r;
	if (image_type_is_index(d->media_type) || image_type_is_manifest(d->media_type))
		return manifest_fetch(p, d, offset, &sink, err);
	return registry_blob(p->registry, &digest, d->size, offset, sink_pass, &sink, err);
}

static void pull_manifest(void *arg, const struct image *image)
{
	struct pull *p = arg;

	const struct image_descriptors *layers = &image->manifest.layers;
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < layers->n; i++)
		bytes += layers->v[i].size;
	progress_begin(p->progress, layers->n, bytes);
}

static void pull_progress(void *arg, const struct image_descriptor *d, uint64_t bytes, bool done)
{
	struct pull *p = arg;

	progress_bytes(p->progress, bytes);
	if (done)
		progress_done(p->progress, d->digest, "done");
}

static int pull_check(void *arg)
{
	(void)arg;
	return interrupt_check(NULL);
}

/* ---- The image ------------------------------------------------------------------------------- */

/* What the reference means at the registry now. */
static int target_fetch(const struct job_context *c, const struct store *s,
			struct registry *registry, const struct reference *ref,
			struct image_descriptor *ret, struct error *err)
{
	_cleanup_(text_free) struct text body = TEXT_INIT;
	char text[DIGEST_TEXT_MAX], type[REGISTRY_TYPE_MAX];
	struct digest digest, stored;
	const char *what = ref->has_digest ? digest_text(&ref->digest, text) : ref->tag;
	int r = registry_manifest(registry, what, &body, type, &digest, err);

	if (r == 0)
		r = blob_put(s, body.s, body.len, &stored, err);
	if (r < 0)
		return r;
	*ret = (struct image_descriptor){
		.media_type = arena_strdup(c->arena, type),
		.digest = arena_strdup(c->arena, digest_text(&stored, text)),
		.size = body.len,
	};
	return 0;
}

static int reference_pull(const struct job_context *c, const struct store *s, const char *name,
			  const struct platform *want, struct error *err)
{
	const struct request *q = c->request;
	struct registry_options options = {
		.insecure = q->insecure,
		.authfile = q->authfile,
		.credentials = q->credentials,
		.cert_dir = q->cert_dir,
		.warn = c->warn,
		.check = pull_check,
	};
	struct pull p = {0};
	struct source from = {
		.fetch = pull_fetch,
		.manifest = pull_manifest,
		.progress = pull_progress,
		.arg = &p,
		.parallel = PARALLEL,
	};
	struct image_descriptor target;
	struct reference ref;
	struct image image;
	static const struct progress_words words = {"Pulling", "layer"};
	const char *whole;
	int r = reference_parse(name, c->arena, &ref, err);

	if (r < 0)
		return r;
	whole = reference_text(&ref, c->arena);
	r = registry_open(&ref, &options, &p.registry, err);
	if (r < 0)
		return r;
	p.progress = progress_new(&words, whole, q->quiet);
	r = target_fetch(c, s, p.registry, &ref, &target, err);
	if (r == 0)
		r = install_image(s, &from, &target, want, c->arena, &image, c->warn, err);
	progress_free(p.progress);
	registry_close(p.registry);
	if (r == 0)
		r = naming_add(s, whole, &target, c->arena, err);
	if (r == 0 && !q->silent)
		printf("sha256:%s\n", image.config_digest.hex);
	if (r < 0)
		error_step(err, "pull %s", whole);
	return r;
}

int verb_pull(const struct job_context *c, struct error *err)
{
	const struct request *q = c->request;
	struct store s = STORE_INIT;
	struct platform want;
	size_t i;
	int r = platform_parse(q->platform, c->arena, &want, err);

	if (r < 0)
		error_step(err, "--platform");
	else
		r = store_open(q->store, true, STORE_SHARED, &s, err);
	for (i = 0; r == 0 && i < q->images.n; i++)
		r = reference_pull(c, &s, q->images.v[i], &want, err);
	store_close(&s);
	if (r < 0)
		collect_failed(q->store);
	return r;
}
