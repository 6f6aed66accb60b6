/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress: how far a pull is, on standard error: a bar that is drawn again and again on a
 * terminal, a line for each layer elsewhere. Its functions are called by several threads. For
 * hoy-image alone.
 */
#ifndef HOY_IMAGE_PROGRESS_H
#define HOY_IMAGE_PROGRESS_H

#include <stdbool.h>

#include "spec/image.h"

struct progress;

/* name: of the image. quiet: nothing is written at all. */
struct progress *progress_new(const char *name, bool quiet);
/* As struct source has it. */
void progress_bytes(struct progress *p, const struct image_descriptor *layer, uint64_t bytes,
		    bool done);
/* The layers that there are; before the first of them. */
void progress_layers(struct progress *p, const struct image_descriptors *layers);
/* Takes the bar away. NULL does nothing. */
void progress_free(struct progress *p);

#endif
