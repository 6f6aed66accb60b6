/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fsck: looks through the whole store for what is damaged or missing, and repairs it. Under the
 * exclusive lock: nobody else is at work.
 *
 * It goes from the bottom up, so that what is above can be judged by what is known of the parts:
 * fsck_blobs, fsck_layers, fsck_images. With repair each takes away what it finds damaged, as if it
 * had never been there, and the last makes whole again what it can: layers are unpacked from their
 * blobs, and an image of which a blob is lost loses its name, because a registry has the blob and
 * the store doesn't. For hoy-image alone.
 *
 * What is in the files of an unpacked layer isn't looked at: no digest of it is known. That all of
 * them are there is.
 */
#ifndef HOY_IMAGE_FSCK_H
#define HOY_IMAGE_FSCK_H

#include <stdbool.h>

#include "image/store.h"

struct fsck {
	struct store store;
	struct arena *arena;
	bool repair;
	unsigned found; /* findings */
	unsigned left;	/* of them, what is not repaired */
	void *bad;	/* tsearch(3): "blobs/sha256/HEX", "layers/HEX", "stacks/HEX" */
};

/* Print one line each: a finding, what was done about it, and why nothing could be done. */
void fsck_found(struct fsck *f, const char *object, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void fsck_done(const char *object, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void fsck_left(struct fsck *f, const char *object, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* What is damaged and still there counts as missing to those above it. */
void fsck_bad(struct fsck *f, const char *name);
void fsck_good(struct fsck *f, const char *name);
bool fsck_is_bad(const struct fsck *f, const char *name);
/* Whether the store has it and it is sound. */
bool fsck_has(const struct fsck *f, const char *name);

/* The ID of a container whose stack names this layer, in the arena; NULL: there is none. */
const char *fsck_layer_user(struct fsck *f, const char *layer);

/* Each returns 0, whatever it has found, or -errno with err when it can't look. */
int fsck_blobs(struct fsck *f, struct error *err);
int fsck_layers(struct fsck *f, struct error *err);
int fsck_images(struct fsck *f, struct error *err);
/* With repair, at the end: says which containers rely on stacks that are damaged still. */
int fsck_containers(struct fsck *f, struct error *err);

#endif
