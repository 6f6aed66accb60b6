/* SPDX-License-Identifier: Apache-2.0 */
/*
 * install: makes an image of what a manifest names: fetches what is missing, unpacks the layers,
 * several at a time and while they come, and writes the stack. Whatever is there already, because
 * another image has it or another process brings it just now, is not fetched again. For hoy-image
 * alone.
 */
#ifndef HOY_IMAGE_INSTALL_H
#define HOY_IMAGE_INSTALL_H

#include "base/warn.h"
#include "image/image.h"

#define INSTALL_LAYERS_MAX 500 /* of an overlay: Linux's OVL_MAX_STACK */

/* Where blobs come from that the store doesn't have. */
struct source {
	/* Gives the bytes of the blob from `offset` on to the sink, in order; stops when that
	 * fails. Is called by several threads. 0 or -errno with err. NULL: everything is in the
	 * store. */
	int (*fetch)(void *arg, const struct image_descriptor *d, uint64_t offset,
		     int (*sink)(void *to, const void *p, size_t n, struct error *err), void *to,
		     struct error *err);
	/* Tells what there will be, before the layers. May be NULL. */
	void (*manifest)(void *arg, const struct image *image);
	/* Tells of progress: bytes more of layer i; done: it is there. May be NULL. */
	void (*progress)(void *arg, const struct image_descriptor *d, uint64_t bytes, bool done);
	void *arg;
	unsigned parallel; /* layers at a time */
};

/* target: of a manifest, or of an index of which the platform's manifest is taken. 0 or -errno with
 * err. */
int install_image(const struct store *s, const struct source *from,
		  const struct image_descriptor *target, const struct platform *want,
		  struct arena *a, struct image *ret, struct warnings *warn, struct error *err);

#endif
