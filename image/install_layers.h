/* SPDX-License-Identifier: Apache-2.0 */
/*
 * install_layers: the part of install.h that works on several layers at a time.
 */
#ifndef HOY_IMAGE_INSTALL_LAYERS_H
#define HOY_IMAGE_INSTALL_LAYERS_H

#include "image/install.h"

struct install_layers {
	size_t n;
	struct install_layer {
		const struct image_descriptor *layer;
		struct digest blob, diff;
		bool again;	      /* an earlier layer of the image has the same content */
		uint64_t xattrs_lost; /* extended attributes that the file system didn't take */
	} * v;
};

/* Brings all layers of the image into the store and unpacks them. 0 or -errno with err. */
int install_layers(const struct store *s, const struct source *from, const struct image *image,
		   struct arena *a, struct install_layers *ret, struct error *err);

#endif
