/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_info: what is known about an unpacked layer, in layers/HEX/info. Its implied directories,
 * if it has any, are in layers/HEX/implied, each with a NUL behind it.
 */
#ifndef HOY_IMAGE_LAYER_INFO_H
#define HOY_IMAGE_LAYER_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "image/store.h"

struct layer_info {
	const char *diff;	 /* digest of its tar file; absent for a patch (layer_patch.h) */
	uint64_t bytes, entries; /* of the files in its tar file */
	uint64_t names;		 /* in its tree, whiteouts and implied directories among them */
	uint64_t implied;	 /* directories */
	bool has_root;		 /* an entry for the root directory */
};

/* name: the layer's directory in layers/. 0 or -errno with err. */
int layer_info_read(const struct store *s, const char *name, struct arena *a,
		    struct layer_info *ret, struct error *err);
void layer_info_write(const struct layer_info *i, struct text *out);

#endif
