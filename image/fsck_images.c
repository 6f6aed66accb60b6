/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether everything is there to which an entry of the index leads. Of an index of several
 * platforms that is what was fetched: a manifest whose layers are unpacked, or where none has been,
 * every one that is there.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "image/fsck.h"
#include "image/image.h"
#include "image/install.h"
#include "image/interrupt.h"
#include "image/naming.h"
#include "image/stack.h"

/* What an entry of the index needs. */
struct check {
	struct fsck *fsck;
	const struct image_descriptor *target;
	const char *name; /* as people know it */
	bool lost;	  /* a blob that nothing here can bring back */
	/* Manifests of which something is not unpacked. */
	struct image_descriptors unpack;
};

/* ---- Looking --------------------------------------------------------------------------------- */

/* Whether the blob is there and as large as its descriptor says. */
static bool blob_check(struct check *c, const struct image_descriptor *d, const char *what)
{
	struct error why = ERROR_INIT;
	char name[STORE_NAME_MAX];
	struct digest digest;
	bool sound = false;

	if (digest_parse(d->digest, &digest, &why) < 0)
		fsck_found(c->fsck, c->name, "its %s: %s", what, why.why);
	else if (!fsck_has(c->fsck, store_blob_name(&digest, name)))
		fsck_found(c->fsck, c->name, "its %s %s is %s", what, d->digest,
			   fsck_is_bad(c->fsck, name) ? "damaged" : "missing");
	else if (store_size(&c->fsck->store, &digest) != (int64_t)d->size)
		fsck_found(c->fsck, c->name, "its %s %s has not the %llu bytes that are announced",
			   what, d->digest, (unsigned long long)d->size);
	else
		sound = true;
	c->lost |= !sound;
	return sound;
}

/* The text of a document that is sound; empty where it isn't. */
static void document_read(struct check *c, const struct image_descriptor *d, const char *what,
			  struct text *ret)
{
	struct error why = ERROR_INIT;
	char text[sizeof(why)];
	struct digest digest;

	if (!blob_check(c, d, what) || digest_parse(d->digest, &digest, NULL) < 0)
		return;
	if (store_document(&c->fsck->store, &digest, ret, &why) == 0)
		return;
	fsck_found(c->fsck, c->name, "its %s: %s", what, error_text(&why, text, sizeof(text)));
	c->lost = true;
}

/* For a document whose digest is right, and which is nonsense all the same. */
static void document_refused(struct check *c, const struct error *why)
{
	char text[sizeof(*why)];

	fsck_found(c->fsck, c->name, "%s", error_text(why, text, sizeof(text)));
	c->lost = true;
}

static bool is_unpacked(const struct fsck *f, const struct digest *config)
{
	return fsck_has(f, arena_join(f->arena, "stacks/", config->hex, NULL));
}

static void config_check(struct check *c, const struct image_manifest *m)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct error why = ERROR_INIT;
	struct image_config config;

	document_read(c, &m->config, "configuration", &t);
	if (!t.len)
		return;
	if (image_config_parse(t.s, t.len, m->config.digest, c->fsck->arena, &config, &why) < 0)
		document_refused(c, &why);
	else if (config.rootfs.diff_ids.n != m->layers.n)
		fsck_found(c->fsck, c->name, "the manifest names %zu layers, the configuration %zu",
			   m->layers.n, config.rootfs.diff_ids.n);
	else
		return;
	c->lost = true;
}

/* All that a manifest names. */
static void manifest_check(struct check *c, const struct image_descriptor *d)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct error why = ERROR_INIT;
	struct image_manifest m;
	struct digest config;
	size_t i;

	document_read(c, d, "manifest", &t);
	if (!t.len)
		return;
	if (image_manifest_parse(t.s, t.len, d->digest, c->fsck->arena, &m, &why) < 0) {
		document_refused(c, &why);
		return;
	}
	config_check(c, &m);
	for (i = 0; i < m.layers.n; i++)
		blob_check(c, &m.layers.v[i], "layer");
	if (c->lost || digest_parse(m.config.digest, &config, NULL) < 0 ||
	    is_unpacked(c->fsck, &config))
		return;
	fsck_found(c->fsck, c->name, "its layers are not unpacked, or not all of them");
	LIST_ADD(c->fsck->arena, &c->unpack, *d);
}

/* Whether a manifest of an index is here, and perhaps whether it is unpacked. */
static bool manifest_here(const struct fsck *f, const struct image_descriptor *d, bool unpacked)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	char name[STORE_NAME_MAX];
	struct image_manifest m;
	struct digest digest;

	if (digest_parse(d->digest, &digest, NULL) < 0 ||
	    !store_has(&f->store, store_blob_name(&digest, name)))
		return false;
	if (!unpacked)
		return true;
	return store_document(&f->store, &digest, &t, NULL) == 0 &&
	       image_manifest_parse(t.s, t.len, d->digest, f->arena, &m, NULL) == 0 &&
	       digest_parse(m.config.digest, &digest, NULL) == 0 && is_unpacked(f, &digest);
}

static void index_check(struct check *c)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct error why = ERROR_INIT;
	struct image_index index;
	bool unpacked = false;
	size_t i, here = 0;

	document_read(c, c->target, "index", &t);
	if (!t.len)
		return;
	if (image_index_parse(t.s, t.len, c->target->digest, c->fsck->arena, &index, &why) < 0) {
		document_refused(c, &why);
		return;
	}
	for (i = 0; i < index.manifests.n; i++)
		unpacked |= manifest_here(c->fsck, &index.manifests.v[i], true);
	for (i = 0; i < index.manifests.n; i++)
		if (manifest_here(c->fsck, &index.manifests.v[i], unpacked)) {
			manifest_check(c, &index.manifests.v[i]);
			here++;
		}
	if (here)
		return;
	fsck_found(c->fsck, c->name, "none of the manifests of its index is here");
	c->lost = true;
}

/* ---- Repairing ------------------------------------------------------------------------------- */

/* Its stack has perhaps a layer that is damaged and can't be replaced. */
static const char *layer_stuck(struct fsck *f, const struct image *image)
{
	struct stack stack;
	size_t i;

	if (stack_read(&f->store, &image->config_digest, f->arena, &stack, NULL) < 0)
		return NULL;
	for (i = 0; i < stack.layers.n; i++)
		if (fsck_is_bad(f, arena_join(f->arena, "layers/", stack.layers.v[i], NULL)))
			return stack.layers.v[i];
	return NULL;
}

/* 1: unpacked; 0: it can't be, and has been told about. */
static int image_unpack(struct check *c, const struct image_descriptor *manifest)
{
	struct fsck *f = c->fsck;
	const struct source store_alone = {.parallel = 2};
	struct error why = ERROR_INIT;
	char text[sizeof(why)];
	struct image image;
	const char *stuck;

	/* The descriptor is a manifest's: no platform is chosen. */
	if (install_image(&f->store, &store_alone, manifest, NULL, f->arena, &image, NULL, &why) <
	    0) {
		fsck_done(c->name, "can't be unpacked again: %s",
			  error_text(&why, text, sizeof(text)));
		return 0;
	}
	stuck = layer_stuck(f, &image);
	if (stuck) {
		fsck_left(f, c->name, "layers/%s is in use and was not unpacked again", stuck);
		return 1;
	}
	fsck_good(f, arena_join(f->arena, "stacks/", image.config_digest.hex, NULL));
	fsck_done(c->name, "unpacked again");
	return 1;
}

static int image_drop(struct check *c, struct error *err)
{
	int r = naming_remove_target(&c->fsck->store, c->target->digest, c->fsck->arena, err);

	if (r < 0)
		return r;
	if (image_name_of(c->target) && !starts_with(c->name, "localhost/"))
		fsck_done(c->name, "removed; \"hoy pull %s\" brings it back", c->name);
	else
		fsck_done(c->name, "removed; it must be loaded again");
	return 0;
}

static int image_check(struct fsck *f, const struct image_descriptor *target, struct error *err)
{
	struct check c = {.fsck = f, .target = target, .name = image_name_of(target)};
	size_t i;
	int r = 1;

	if (!c.name)
		c.name = target->digest;
	if (image_type_is_index(target->media_type))
		index_check(&c);
	else
		manifest_check(&c, target);
	if (!f->repair)
		return 0;
	for (i = 0; r == 1 && !c.lost && i < c.unpack.n; i++) {
		r = image_unpack(&c, &c.unpack.v[i]);
		if (interrupt_check(err) < 0)
			return -EINTR;
	}
	return c.lost || r == 0 ? image_drop(&c, err) : 0;
}

int fsck_images(struct fsck *f, struct error *err)
{
	struct error why = ERROR_INIT;
	struct image_index index;
	char text[sizeof(why)];
	size_t i;
	int r;

	if (store_index(&f->store, f->arena, &index, &why) < 0) {
		why.doc[0] = 0;
		fsck_found(f, "index.json", "%s", error_text(&why, text, sizeof(text)));
		if (f->repair)
			fsck_left(f, "index.json",
				  "says which images there are, and nothing else does");
		return 0;
	}
	for (i = 0; i < index.manifests.n; i++) {
		r = image_check(f, &index.manifests.v[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}
