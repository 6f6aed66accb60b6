/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overlay: the root file system of a container as a stack of directories: what config.json says by
 * a first entry of mounts with the destination "/" and the type "overlay". Its options are
 * overlayfs's own, with one "lowerdir+=DIR" for each layer, the highest first. It is made by the
 * parent as a detached mount, so nothing of it is ever visible on the host, and it ends with the
 * container's mount namespace.
 */
#ifndef HOY_RUNTIME_OVERLAY_H
#define HOY_RUNTIME_OVERLAY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define OVERLAY_LAYERS_MAX 500 /* OVL_MAX_STACK */
/* For `scratch`, where there is no other directory. Not "/": what is mounted over the root is found by no
 * path that begins there, but by its "..", which stays and looks what is mounted. */
#define OVERLAY_SCRATCH "/.."
/* An option of hoy's own, overlay_memory.h: "tmpfsupper", "tmpfsupper=BYTES". */
#define OVERLAY_MEMORY "tmpfsupper"

struct overlay {
	const char *field; /* in the document: "mounts[0]" */
	const char *const *options;
	size_t n;
	unsigned attributes; /* MOUNT_ATTR_* */
	const char *scratch; /* a directory, over which an older kernel needs to mount something for
				a moment, in a namespace of its own */
};

/* A detached mount, or -errno with err, with the option where it is known: "mounts[0].options[3]". */
int overlay_mount(const struct overlay *o, struct error *err);

#endif
