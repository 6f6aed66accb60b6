/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: how much of the disk images take: their layers as files, and all their blobs. What several
 * of them have is counted once for each, and told apart.
 */
#ifndef HOY_IMAGE_USAGE_H
#define HOY_IMAGE_USAGE_H

#include "image/image.h"

struct usages {
	size_t n;
	struct usage {
		uint64_t size; /* bytes in all */
		uint64_t own;  /* of these, what no other image has */
	} * v;
};

/* One for each image. Entries with the same content under several names share nothing but with
 * others. 0 or -errno with err. */
int usage_of(const struct store *s, const struct images *all, struct arena *a, struct usages *ret,
	     struct error *err);

#endif
