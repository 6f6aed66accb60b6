/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_stream: the bytes of a layer on their way from a blob to a tar reader. A thread reads,
 * takes the digest of what it reads and inflates; whoever calls takes the digest of what came out
 * of it and works. So both processors have something to do, and no byte is used that isn't in one
 * of the two digests.
 *
 * How a layer is compressed is told from its first bytes, as containerd and docker do: media types
 * are wrong in images that people use, and the digest of the content decides in the end.
 *
 * Calling sequence: layer_stream_open; layer_stream_next until 0; layer_stream_sums;
 * layer_stream_close, at any time. For hoy-image alone.
 */
#ifndef HOY_IMAGE_LAYER_STREAM_H
#define HOY_IMAGE_LAYER_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "image/digest.h"

struct layer_stream;

struct layer_sums {
	struct digest blob, diff; /* of the bytes as they came, and of the tar file (diff ID) */
	uint64_t blob_size, diff_size; /* bytes */
};

/* fd: stays the caller's. verified: the digest of what comes is somebody else's business; sums.blob stays
 * empty. limit: bytes of the tar file, beyond which it is an error. 0 or -errno. */
int layer_stream_open(int fd, bool verified, uint64_t limit, struct layer_stream **ret, struct error *err);
/* The next piece, valid until the next call. Its length, 0 at the end, or -errno with err. */
ssize_t layer_stream_next(struct layer_stream *s, const void **ret, struct error *err);
/* Behind the end: the digests. */
void layer_stream_sums(struct layer_stream *s, struct layer_sums *ret);
/* NULL does nothing. */
void layer_stream_close(struct layer_stream *s);

#endif
