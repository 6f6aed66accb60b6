/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle: an OCI bundle, for any runtime, of an image that is here: the merged tree of its layers
 * and the config.json that `hoy run` would give a container of it, but with the tree as its root.
 */
#ifndef HOY_ENGINE_BUNDLE_H
#define HOY_ENGINE_BUNDLE_H

#include "runtime/container.h"

/* path: of the bundle, which is made whole beside it and renamed; nothing must be there but perhaps
 * an empty directory. platform may be NULL. 0 or -errno with err, and nothing is left. */
int bundle_unpack(const struct runtime *rt, const char *image, const char *platform,
		  const char *path, struct error *err);

#endif
