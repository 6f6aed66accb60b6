/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inflate: gzip by isa-l (several times as fast as zlib: performance.md), zstd by its own library,
 * and what isn't compressed as it is. For hoy-image alone.
 */
#ifndef HOY_IMAGE_INFLATE_H
#define HOY_IMAGE_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct inflate;

enum inflate_kind { INFLATE_NONE, INFLATE_GZIP, INFLATE_ZSTD };

/* How data that begins so is compressed. 0, or -EINVAL with err when it is by something else. */
int inflate_kind_of(const unsigned char *first, size_t n, enum inflate_kind *ret,
		    struct error *err);

struct inflate_room {
	const unsigned char *in;
	size_t in_n; /* what is left of it */
	unsigned char *out;
	size_t out_n; /* what is left of it */
};

/* first, n: the beginning of the data, as much as there is of its first 4 bytes. NULL with err when
 * it is compressed by something else. */
struct inflate *inflate_new(const unsigned char *first, size_t n, struct error *err);
/* Moves in to out as far as both reach. 0 or -errno with err. */
int inflate_some(struct inflate *f, struct inflate_room *room, struct error *err);
/* No more input comes: 0 when it was whole, else -errno with err. */
int inflate_end(const struct inflate *f, struct error *err);
void inflate_free(struct inflate *f);

#endif
