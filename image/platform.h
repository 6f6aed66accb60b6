/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform: which of an index's images is the one for this machine (image-spec, image-index.md).
 */
#ifndef HOY_IMAGE_PLATFORM_H
#define HOY_IMAGE_PLATFORM_H

#include "base/arena.h"
#include "base/error.h"
#include "spec/image.h"

struct platform {
	const char *os, *architecture, *variant; /* variant may be NULL */
};

/* "linux/arm64/v8", "arm64", or NULL for this machine's. Strings belong to the arena. 0 or -EINVAL.
 */
int platform_parse(const char *text, struct arena *a, struct platform *ret, struct error *err);
/* "linux/arm64/v8". In the arena. */
const char *platform_text(const struct platform *p, struct arena *a);
/* The descriptor that suits best; NULL: none does. */
const struct image_descriptor *platform_choose(const struct image_index *index,
					       const struct platform *want);

#endif
