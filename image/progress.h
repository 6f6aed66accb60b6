/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress: how far a pull or push is, on standard error: a bar that is drawn again and again on a
 * terminal, a line for each layer or blob elsewhere. Its functions are called by several threads. For
 * hoy-image alone.
 */
#ifndef HOY_IMAGE_PROGRESS_H
#define HOY_IMAGE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress;

/* What is done, and with what: "Pulling", "layer". */
struct progress_words {
	const char *doing, *thing;
};

/* name: of the image. quiet: nothing is written at all. Strings stay the caller's. */
struct progress *progress_new(const struct progress_words *words, const char *name, bool quiet);
/* How many layers there are, and their bytes in all; before the first of them. */
void progress_begin(struct progress *p, size_t n, uint64_t bytes);
/* So many bytes more. */
void progress_bytes(struct progress *p, uint64_t bytes);
/* One of them is there. how: in a word or two, "done". */
void progress_done(struct progress *p, const char *digest, const char *how);
/* Takes the bar away. NULL does nothing. */
void progress_free(struct progress *p);

#endif
