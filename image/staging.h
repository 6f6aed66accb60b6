/* SPDX-License-Identifier: Apache-2.0 */
/*
 * staging: a layer's directory on its way into the store. It is filled in staging/ under the lock
 * of that directory, synced whole, and renamed to layers/. For hoy-image alone.
 */
#ifndef HOY_IMAGE_STAGING_H
#define HOY_IMAGE_STAGING_H

#include "image/layer_info.h"

struct staging {
	const struct store *store;
	const char *name; /* of the layer in layers/ */
	int fd;		  /* staging/NAME, locked; -1: none */
	int root;	  /* staging/NAME/root, empty */
};

#define STAGING_INIT                 \
	{                            \
		.fd = -1, .root = -1 \
	}

/* Waits for whoever makes it already. 1: it is in layers/; 0: it is to be made, and staging_commit
 * or staging_abandon ends that; -errno with err. name stays the caller's. */
int staging_begin(const struct store *s, const char *name, struct staging *ret, struct error *err);
/* implied: as layer_info.h says; the names are counted here. 0 or -errno with err, and then nothing
 * is left. */
int staging_commit(struct staging *g, const struct layer_info *info, const struct strings *implied,
		   struct error *err);
/* Does nothing behind staging_commit. */
void staging_abandon(struct staging *g);

#endif
