/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_unpack: a layer's blob into a directory, by a process of its own, hoy-unpack,
 * so that nothing of this process (credentials, connections, the store) is in its memory.
 *
 * Calling sequence: layer_unpack_begin; if a pipe was asked for, the compressed bytes are written
 * to `input`, which is then closed; layer_unpack_end, always.
 */
#ifndef HOY_IMAGE_LAYER_UNPACK_H
#define HOY_IMAGE_LAYER_UNPACK_H

#include <sys/types.h>

#include "image/layer_report.h"

/* argv[1] and argv[2] of that process; the second only for what comes through a pipe, or is no layer. */
#define LAYER_UNPACK_MODE     "unpack-layer"
#define LAYER_UNPACK_VERIFIED "verified"
#define LAYER_UNPACK_PLAIN    "plain"

struct layer_unpack {
	pid_t pid;
	int input; /* the pipe, -1: none */
	int report;
};

/* dir: where to, empty. blob: descriptor of the blob; -1: it comes through a pipe. 0 or -errno. */
int layer_unpack_begin(int dir, int blob, struct layer_unpack *ret, struct error *err);
/* The same with a tar file that is no layer, compressed or not. */
int layer_unpack_begin_plain(int dir, int file, struct layer_unpack *ret, struct error *err);
/* Closes the pipe, waits for the end. 0 or -errno with err; the directory is then half filled. */
int layer_unpack_end(struct layer_unpack *u, struct arena *a, struct layer_report *ret,
		     struct error *err);

/* What that process does; how: NULL; LAYER_UNPACK_VERIFIED: whoever writes to the pipe takes the digest of
 * the blob itself; LAYER_UNPACK_PLAIN. Returns its exit status. */
int layer_unpack_main(const char *how);

#endif
