/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image: what a name in the store's index leads to: perhaps an index, then a manifest, then a
 * configuration. The documents were verified when they came into the store.
 */
#ifndef HOY_IMAGE_IMAGE_H
#define HOY_IMAGE_IMAGE_H

#include "base/warn.h"
#include "image/platform.h"
#include "image/store.h"

#define IMAGE_ID_DIGITS 12 /* of an ID, as people see it */

struct image {
	const char *name;		       /* as in the index; NULL: it has none */
	const struct image_descriptor *target; /* of the index */
	struct digest target_digest, manifest_digest,
		config_digest; /* the last is the image's ID */
	struct image_manifest manifest;
	struct image_config config;
};

struct images {
	size_t n;
	struct image *v;
};

/* The image that a descriptor leads to, for a platform. What points to it is the arena's. 0;
 * -ENOENT with words: part of it is not in the store; or another -errno with err. */
int image_open(const struct store *s, const struct image_descriptor *target,
	       const struct platform *want, struct arena *a, struct image *ret, struct error *err);

/* By what people type: a reference; else an ID or the beginning of one. 0; -ENOENT with words; or
 * another -errno with err. */
int image_find(const struct store *s, const char *text, const struct platform *want,
	       struct arena *a, struct image *ret, struct error *err);

/* All that the index names, in its order; those that can't be read are left out with a warning. */
int image_list(const struct store *s, const struct platform *want, struct arena *a,
	       struct images *ret, struct warnings *warn, struct error *err);

/* The name of an entry of the index, or NULL. */
const char *image_name_of(const struct image_descriptor *d);
/* The entry of that name, or NULL. */
const struct image_descriptor *image_entry(const struct image_index *index, const char *name);

/* Media types of an index and of a manifest, OCI's and Docker's. */
bool image_type_is_index(const char *media_type);
bool image_type_is_manifest(const char *media_type);

#endif
