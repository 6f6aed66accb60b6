/* SPDX-License-Identifier: Apache-2.0 */
/* base64: RFC 4648, 4, as HTTP and the files with credentials use it. */
#ifndef HOY_IMAGE_BASE64_H
#define HOY_IMAGE_BASE64_H

#include <stddef.h>

#include "base/arena.h"

/* In the arena. */
const char *base64_encode(const void *p, size_t n, struct arena *a);
/* All of s, with or without its padding. *ret, in the arena, has a NUL behind its *n bytes. 0 or
 * -EINVAL. */
int base64_decode(const char *s, struct arena *a, const char **ret, size_t *n);

#endif
