/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volumes: directories that outlive the containers which mount them.
 *
 *	DATA/volumes/NAME/_data		what containers see
 *	DATA/volumes/NAME/volume.json	when it was made, its labels, whether it has a name of its own
 *	DATA/volumes/NAME/fill		is there until its first use (volume_fill.h)
 *	DATA/volumes/NAME/_new		what the first use is copying
 *	DATA/volumes/.new.X, .gone.X	one that is being made, one that is being removed
 *
 * DATA/volumes is 0700, and so is NAME: what set-user-ID programs and devices lie in a volume, no other
 * user of the machine comes near.
 *
 * A volume appears whole, by rename, and goes by rename before its files are removed; what a killed
 * process has left under a name with a dot in front is removed by the next command that removes or makes
 * volumes. Who makes one of a name that another is making gets that one.
 *
 * The lock is a flock(2) on NAME, which ends with its process. Shared: whoever holds it is about to write
 * a config.json that names the volume (volume_hold.h). Exclusive: it is being filled, or it is looked
 * whether any config.json names it and if not it is removed. It is held for as long as that takes, and
 * never while a container runs. Who wants several takes them in the order of their names.
 */
#ifndef HOY_ENGINE_VOLUMES_H
#define HOY_ENGINE_VOLUMES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "spec/config.h"

#define VOLUMES_DIR  "volumes"
#define VOLUMES_DATA "_data"
#define VOLUMES_FILL "fill"
#define VOLUMES_NEW  "_new"

struct volume_record {
	const char *created; /* RFC 3339 */
	bool anonymous;	     /* made for a container that named none */
	struct string_map labels, options;
};

/* DATA/volumes/NAME/_data. name: has passed volume_name_check, here and in all that follows. */
const char *volumes_path(const char *data, const char *name, struct arena *a);

/* Makes one; created: left to this function. A named one is on the disk when this returns. 0; -EEXIST
 * without words; or another negative errno with err. */
int volumes_create(const char *data, const char *name, const struct volume_record *record,
		   struct error *err);
/* Opens and locks one. A descriptor of NAME; closing it unlocks. -ENOENT without words; or another
 * negative errno with err. */
int volumes_lock(const char *data, const char *name, bool exclusive, struct error *err);
/* What is known of it, in the arena. 0; -ENOENT without words; or another negative errno with err. */
int volumes_read(const char *data, const char *name, struct arena *a, struct volume_record *ret,
		 struct error *err);
/* The names of all, in their order. 0 or negative errno with err. */
int volumes_list(const char *data, struct arena *a, struct strings *ret, struct error *err);
/* Takes one away. The caller holds it exclusively, and nothing uses it. 0 or negative errno with err. */
int volumes_remove(const char *data, const char *name, struct error *err);
/* Removes what killed processes have left. */
void volumes_sweep(const char *data);

#endif
