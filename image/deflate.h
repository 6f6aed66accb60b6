/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deflate: gzip by isa-l. The same bytes in give the same bytes out, in whichever pieces they come:
 * there is no name and no time in it, and the library always sees pieces of one size. (Another
 * version of the library, or another kind of processor, may find other ways to say the same.) For
 * hoy-image alone.
 */
#ifndef HOY_IMAGE_DEFLATE_H
#define HOY_IMAGE_DEFLATE_H

#include <stddef.h>

#include "base/error.h"

struct deflate;

/* Takes what is compressed. 0 or -errno with err. */
typedef int deflate_sink(void *arg, const void *p, size_t n, struct error *err);

/* NULL with err: no memory. */
struct deflate *deflate_new(deflate_sink *sink, void *arg, struct error *err);
int deflate_add(struct deflate *d, const void *p, size_t n, struct error *err);
/* No more comes. 0 or -errno with err. */
int deflate_end(struct deflate *d, struct error *err);
/* NULL does nothing. */
void deflate_free(struct deflate *d);

#endif
