/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker_archive: the manifest.json of a docker archive: a list of {Config, RepoTags, Layers},
 * whose values are paths in the archive. The images get manifests of their own. For hoy-image
 * alone.
 */
#ifndef HOY_IMAGE_DOCKER_ARCHIVE_H
#define HOY_IMAGE_DOCKER_ARCHIVE_H

#include "image/archive_in.h"

struct docker_image {
	struct image_descriptor target; /* of the manifest, which is in the store */
	struct strings names;		/* whole references */
};

struct docker_images {
	size_t n;
	struct docker_image *v;
};

/* What points to it is the arena's. 0 or -errno with err. */
int docker_archive_read(const struct store *s, const struct archive_in *in, struct arena *a,
			struct docker_images *ret, struct error *err);

#endif
