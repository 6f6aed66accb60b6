/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_patch: what directories look like of which a layer says nothing. A layer may hold
 * /usr/bin/x without an entry for /usr/bin; unpacked by itself it has such a directory all the
 * same, and overlayfs shows a directory as the highest layer has it. So above that layer comes a
 * small one, the patch, with nothing but these directories as they are in the layers below. Layers
 * stay what they are, and are shared between images in which they lie on different ones.
 */
#ifndef HOY_IMAGE_LAYER_PATCH_H
#define HOY_IMAGE_LAYER_PATCH_H

#include "image/store.h"

/* below: names of the layers below `layer` (patches among them), the lowest first. chain: the chain
 * ID up to and with the layer, by which the patch is named. 1: there is such a patch now; 0: none
 * is needed, or -errno with err. */
int layer_patch_make(const struct store *s, const struct strings *below, const char *layer,
		     const struct digest *chain, struct arena *a, struct error *err);

#endif
