/* SPDX-License-Identifier: Apache-2.0 */
#include "image/install.h"

#include <errno.h>
#include <stdio.h>

#include "base/fd.h"
#include "base/process.h"
#include "image/blob.h"
#include "image/install_layers.h"
#include "image/layer_info.h"
#include "image/layer_patch.h"
#include "image/stack.h"

/* ---- Documents ------------------------------------------------------------------------------- */

static int sink_blob(void *to, const void *p, size_t n, struct error *err)
{
	return blob_add(to, p, n, err);
}

/* Brings a blob that is not to be unpacked. */
static int blob_fetch(const struct store *s, const struct source *from,
		      const struct image_descriptor *d, struct error *err)
{
	struct blob b = BLOB_INIT;
	struct digest digest;
	int r = digest_parse(d->digest, &digest, err), tries;

	for (tries = 0; r == 0 && tries < 2; tries++) {
		bool resumed;

		r = blob_begin(s, &digest, d->size, &b, err);
		if (r != 0)
			return r < 0 ? r : 0;
		resumed = b.have > 0;
		if (!from->fetch)
			r = error_say(err, ENOENT, "the blob %s is missing", d->digest);
		else
			r = from->fetch(from->arg, d, b.have, sink_blob, &b, err);
		if (r < 0) {
			blob_abandon(&b, b.have > 0);
			return r;
		}
		r = blob_commit(&b, err);
		/* What a killed process had left was perhaps not what it seemed. */
		if (r == 0 || !resumed)
			break;
		*err = (struct error)ERROR_INIT;
		r = 0;
	}
	return r;
}

static int document_fetch(const struct store *s, const struct source *from,
			  const struct image_descriptor *d, const char *what, struct error *err)
{
	int r;

	if (d->size > STORE_DOCUMENT_MAX)
		return error_say(err, EFBIG, "%s has %llu bytes; %u are allowed", what,
				 (unsigned long long)d->size, STORE_DOCUMENT_MAX);
	r = blob_fetch(s, from, d, err);
	if (r < 0)
		error_step(err, "fetch %s %s", what, d->digest);
	return r;
}

/* *ret: the descriptor of the manifest that the index has for the platform. */
static int index_choose(const struct store *s, const struct image_descriptor *target,
			const struct platform *want, struct arena *a, struct image_descriptor *ret,
			struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	const struct image_descriptor *d;
	struct image_index *index = arena_alloc(a, sizeof(*index));
	struct digest digest;
	int r = digest_parse(target->digest, &digest, err);

	if (r == 0)
		r = store_document(s, &digest, &t, err);
	if (r == 0)
		r = image_index_parse(t.s, t.len, target->digest, a, index, err);
	if (r < 0)
		return r;
	d = platform_choose(index, want);
	if (!d)
		return error_say(err, ENOENT, "the image has nothing for %s",
				 platform_text(want, a));
	*ret = *d;
	return 0;
}

static int documents_fetch(const struct store *s, const struct source *from,
			   const struct image_descriptor *target, const struct platform *want,
			   struct arena *a, struct image *ret, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct image_descriptor manifest = *target;
	struct image_manifest m;
	struct digest d;
	int r = document_fetch(s, from, target, "the manifest", err);

	if (r == 0 && image_type_is_index(target->media_type)) {
		r = index_choose(s, target, want, a, &manifest, err);
		if (r == 0)
			r = document_fetch(s, from, &manifest, "the manifest", err);
	}
	if (r == 0)
		r = digest_parse(manifest.digest, &d, err);
	if (r == 0)
		r = store_document(s, &d, &t, err);
	if (r == 0)
		r = image_manifest_parse(t.s, t.len, manifest.digest, a, &m, err);
	if (r == 0)
		r = document_fetch(s, from, &m.config, "the configuration", err);
	return r < 0 ? r : image_open(s, target, want, a, ret, err);
}

/* ---- The stack ------------------------------------------------------------------------------- */

/* ChainID(L0|…|Ln) = Digest(ChainID(L0|…|Ln-1) + " " + DiffID(Ln)) (config.md). */
static void chain_next(struct digest *chain, const struct digest *diff, bool first)
{
	char text[2 * DIGEST_TEXT_MAX], a[DIGEST_TEXT_MAX], b[DIGEST_TEXT_MAX];
	int n;

	if (first) {
		*chain = *diff;
		return;
	}
	n = snprintf(text, sizeof(text), "%s %s", digest_text(chain, a), digest_text(diff, b));
	hash_bytes(DIGEST_SHA256, text, (size_t)n, chain);
}

static int stack_make(const struct store *s, const struct install_layers *l,
		      const struct image *image, struct arena *a, struct error *err)
{
	struct stack stack = {.layers.v = arena_alloc(a, (2 * l->n + 1) * sizeof(const char *))};
	struct digest chain = {0};
	size_t i;
	int r = 0;

	stack.user_xattrs = process_is_rootless();
	for (i = 0; r >= 0 && i < l->n; i++) {
		const char *name = l->v[i].diff.hex;
		struct layer_info info;

		chain_next(&chain, &l->v[i].diff, i == 0);
		r = layer_info_read(s, name, a, &info, err);
		if (r < 0)
			return r;
		r = info.implied ? layer_patch_make(s, &stack.layers, name, &chain, a, err) : 0;
		stack.layers.v[stack.layers.n++] = name;
		if (info.has_root)
			stack.root = (uint32_t)stack.layers.n;
		if (r > 0)
			stack.layers.v[stack.layers.n++] = arena_strdup(a, chain.hex);
	}
	if (r >= 0 && stack.layers.n > INSTALL_LAYERS_MAX)
		return error_say(err, E2BIG,
				 "the image needs %zu directories; the kernel's overlayfs takes %d",
				 stack.layers.n, INSTALL_LAYERS_MAX);
	return r < 0 ? r : stack_write(s, &image->config_digest, &stack, err);
}

static void losses_tell(const struct install_layers *l, struct warnings *warn)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].xattrs_lost)
			warn_add(warn,
				 "layer %s: the store's file system did not take %llu extended "
				 "attributes",
				 l->v[i].layer->digest, (unsigned long long)l->v[i].xattrs_lost);
}

int install_image(const struct store *s, const struct source *from,
		  const struct image_descriptor *target, const struct platform *want,
		  struct arena *a, struct image *ret, struct warnings *warn, struct error *err)
{
	struct install_layers layers = {0};
	struct image image = {0};
	int r = documents_fetch(s, from, target, want, a, &image, err);

	if (r == 0 && from->manifest)
		from->manifest(from->arg, &image);
	if (r == 0)
		r = install_layers(s, from, &image, a, &layers, err);
	if (r == 0)
		r = stack_make(s, &layers, &image, a, err);
	if (r < 0)
		return r;
	losses_tell(&layers, warn);
	*ret = image;
	return 0;
}
