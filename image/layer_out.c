/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_out.h"

#include <errno.h>
#include <stdlib.h>

#include "image/blob.h"
#include "image/deflate.h"

struct layer_out {
	struct blob blob;
	struct hash diff;
	struct deflate *deflate;
};

static int to_blob(void *arg, const void *p, size_t n, struct error *err)
{
	return blob_add(arg, p, n, err);
}

int layer_out_begin(const struct store *s, struct layer_out **ret, struct error *err)
{
	struct layer_out *o = calloc(1, sizeof(*o));
	int r = o ? blob_begin_any(s, &o->blob, err) : error_set(err, ENOMEM, "make a layer");

	if (r < 0) {
		free(o);
		return r;
	}
	hash_begin(&o->diff, DIGEST_SHA256);
	o->deflate = deflate_new(to_blob, &o->blob, err);
	if (!o->deflate) {
		layer_out_free(o);
		return -ENOMEM;
	}
	*ret = o;
	return 0;
}

int layer_out_add(struct layer_out *o, const void *p, size_t n, struct error *err)
{
	hash_add(&o->diff, p, n);
	return deflate_add(o->deflate, p, n, err);
}

int layer_out_commit(struct layer_out *o, struct layer *ret, struct error *err)
{
	int r = deflate_end(o->deflate, err);

	if (r == 0)
		r = blob_commit(&o->blob, err);
	if (r < 0)
		return r;
	*ret = (struct layer){
		.blob = o->blob.digest,
		.size = o->blob.size,
		.type = LAYER_TYPE_GZIP,
	};
	hash_end(&o->diff, &ret->diff);
	return 0;
}

void layer_out_free(struct layer_out *o)
{
	if (!o)
		return;
	blob_abandon(&o->blob, false);
	hash_free(&o->diff);
	deflate_free(o->deflate);
	free(o);
}
