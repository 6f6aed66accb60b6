/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_out: a tar file on its way to being a layer in the store: its digest is taken, it is
 * compressed by gzip, and becomes a blob. For hoy-image alone.
 *
 *	layer_out_begin(store, &o, err)
 *	layer_out_add(o, p, n, err)		as often as need be
 *	layer_out_commit(o, &layer, err)
 *	layer_out_free(o)			always
 */
#ifndef HOY_IMAGE_LAYER_OUT_H
#define HOY_IMAGE_LAYER_OUT_H

#include "image/store.h"

#define LAYER_TYPE_TAR	"application/vnd.oci.image.layer.v1.tar"
#define LAYER_TYPE_GZIP LAYER_TYPE_TAR "+gzip"
#define LAYER_TYPE_ZSTD LAYER_TYPE_TAR "+zstd"

struct layer_out;

/* A layer whose blob is in the store. */
struct layer {
	struct digest blob, diff; /* of what is stored, and of the tar file in it */
	uint64_t size;		  /* bytes of the blob */
	const char *type;	  /* media type, a static string */
};

int layer_out_begin(const struct store *s, struct layer_out **ret, struct error *err);
int layer_out_add(struct layer_out *o, const void *p, size_t n, struct error *err);
int layer_out_commit(struct layer_out *o, struct layer *ret, struct error *err);
/* NULL does nothing. */
void layer_out_free(struct layer_out *o);

#endif
