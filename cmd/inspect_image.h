/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inspect_image: what `hoy inspect` prints of an image.
 */
#ifndef HOY_CMD_INSPECT_IMAGE_H
#define HOY_CMD_INSPECT_IMAGE_H

#include "runtime/container.h"

/* Appends one JSON object. 0; -ENOENT with words: there is no such image; or another negative errno. */
int inspect_image(const struct runtime *rt, const char *name, struct arena *a, struct text *out,
		  struct error *err);

#endif
