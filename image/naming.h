/* SPDX-License-Identifier: Apache-2.0 */
/*
 * naming: names given to images in the store's index, and taken away. A name is a whole reference.
 */
#ifndef HOY_IMAGE_NAMING_H
#define HOY_IMAGE_NAMING_H

#include "image/store.h"

/* Names the image that target describes; whatever had the name is without one, until it is removed.
 * name NULL: it is to be in the index, by whatever name. 0 or -errno with err. */
int naming_add(const struct store *s, const char *name, const struct image_descriptor *target,
	       struct arena *a, struct error *err);
/* Takes a name away, and with it the image's entry. 1; 0: nothing has it; -errno with err. */
int naming_remove(const struct store *s, const char *name, struct arena *a, struct error *err);
/* Takes away all entries with this target. How many, or -errno with err. */
int naming_remove_target(const struct store *s, const char *digest, struct arena *a,
			 struct error *err);

#endif
