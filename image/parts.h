/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parts: the blobs that images consist of, each once, in the order in which they are needed to be
 * understood: index, manifest, configuration, layers. For hoy-image alone.
 */
#ifndef HOY_IMAGE_PARTS_H
#define HOY_IMAGE_PARTS_H

#include "image/image.h"

enum part_kind {
	PART_INDEX,
	PART_MANIFEST, /* registries have a place of their own for these two */
	PART_CONFIG,
	PART_LAYER,
};

struct part {
	struct digest digest;
	const struct image_descriptor *descriptor;
	enum part_kind kind;
};

struct parts {
	size_t n;
	struct part *v;
	unsigned absent; /* manifests of an index that are not here */
};

/* Adds all that a manifest leads to, or an index with those of its manifests that are here. 0;
 * -ENOENT with words when a part of one isn't; or another -errno with err. */
int parts_add(struct parts *p, const struct store *s, const struct image_descriptor *target,
	      struct arena *a, struct error *err);

#endif
