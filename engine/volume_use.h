/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volume_use: which container uses which volumes. Its config.json says it, in an annotation of hoy's own
 * (settings.h), which neither an image nor an option can set: for each mount that options or the image
 * asked for its place in `mounts`, its kind and the volume's name:
 *
 *	dev.hoy.volumes		"7:named:data 8:anonymous:0123… 9:host:"
 *
 * A volume is in use as long as the directory of a container is there that names it, whether it runs or
 * not and whatever state directory it belongs to.
 */
#ifndef HOY_ENGINE_VOLUME_USE_H
#define HOY_ENGINE_VOLUME_USE_H

#include "engine/volume.h"

struct volume_use {
	size_t mount; /* in config.json's list */
	enum volume_kind kind;
	const char *name; /* of a volume; "" of the host's */
	bool nocopy;	  /* not in the annotation: it matters once */
};

struct volume_uses {
	size_t n;
	struct volume_use *v;
};

/* Writes the annotation, if there is a use. */
void volume_uses_annotate(const struct volume_uses *uses, struct string_map *map, struct arena *a);
/* Reads it: whatever isn't as above, or no mount of *c, is left out. */
void volume_uses_read(const struct config *c, struct arena *a, struct volume_uses *ret);
/* Whether one of them is an anonymous volume. */
bool volume_uses_anonymous(const struct volume_uses *uses);

/* The containers that use the volume, by their names or else IDs. 0, or negative errno with err: one can't
 * be read, and so nothing is known. */
int volume_users(const char *data, const char *name, struct arena *a, struct strings *ret,
		 struct error *err);

/* Removes a volume that nobody uses. -EBUSY with words that name who does; -ENOENT without words; or
 * another negative errno with err. */
int volume_remove_unused(const char *data, const char *name, struct error *err);

/* containers_remove, and with it the container's anonymous volumes that no other uses. 0 or negative errno
 * with err. */
int volume_container_remove(const char *data, const char *id, struct error *err);

#endif
