/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_tar: unpacks the tar file in a stream by libarchive's reader. What is made of it, and how,
 * is layer_write.h's business.
 */
#ifndef HOY_IMAGE_LAYER_TAR_H
#define HOY_IMAGE_LAYER_TAR_H

#include "image/layer_stream.h"
#include "image/layer_write.h"

#define LAYER_ENTRIES_MAX 10000000u	      /* in a layer */
#define LAYER_BYTES_MAX	  (UINT64_C(1) << 40) /* of its tar file */
#define LAYER_XATTRS_MAX  256		      /* of an entry */

/* Unpacks all of the stream, to its very end. w: tree and warnings are filled in, content is not. 0
 * or -errno with err, whose step is the entry's path. */
int layer_tar_unpack(struct layer_stream *s, struct layer_writer *w, struct error *err);

#endif
