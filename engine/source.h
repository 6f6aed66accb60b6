/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source: where a container's root file system comes from, and what the image says about it.
 *
 * Whoever makes the configuration sees this struct and nothing behind it: a directory of the host
 * (--rootfs), or layers that somebody stacks.
 */
#ifndef HOY_ENGINE_SOURCE_H
#define HOY_ENGINE_SOURCE_H

#include "base/arena.h"
#include "base/error.h"
#include "engine/run_options.h"
#include "runtime/container.h"
#include "spec/config.h"
#include "spec/image.h"

struct source {
	const char *rootfs;	     /* root.path of config.json: absolute, or below the bundle */
	const struct mount *overlay; /* becomes mounts[0], with the destination "/"; NULL: none */
	int root;     /* the root file system as the container will see it, O_PATH; -1: nobody
				       needs to look into it */
	bool mounted; /* root, if it is open, is the overlay itself, which the container can have */
	/* Of an image, for who makes no container of it: its only layer, NULL if there are several; and
	 * the layer that says what the root directory is like, NULL: none does. */
	const char *layer, *root_like;
	const struct image_config *image; /* never NULL; empty for a directory */
};

#define SOURCE_INIT        \
	{                  \
		.root = -1 \
	}

/*
 * Opens what the options name. bundle: the container's directory, where an image's upper and work
 * directories go; NULL for `hoy plan`, which makes nothing. Strings belong to the arena. 0 or
 * negative errno with err; nothing is open then.
 */
int source_open(const struct runtime *rt, const struct run_options *opt, const char *bundle,
		struct arena *a, struct source *ret, struct error *err);
/* The same for an image (source_image.c). */
int source_open_image(const struct runtime *rt, const struct run_options *opt, const char *bundle,
		      struct arena *a, struct source *ret, struct error *err);
/* Opens the root if that has not been done; bundle: as in source_open. 0 or negative errno with err. */
int source_look(struct source *s, const char *bundle, struct arena *a, struct error *err);
void source_close(struct source *s);

#endif
