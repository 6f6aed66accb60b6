/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volume_hold: the volumes of a container in the making, from the moment that they are there until its
 * config.json names them, which keeps them from then on.
 *
 *	volume_hold_take	makes what isn't there, locks all
 *	volume_hold_fill	copies into those that nobody has used before, if volume_hold_fills says so
 *	(config.json is written)
 *	volume_hold_release
 *
 * Two that want the same new volume at once: the first to lock it copies, the other waits for that.
 */
#ifndef HOY_ENGINE_VOLUME_HOLD_H
#define HOY_ENGINE_VOLUME_HOLD_H

#include "engine/volume_use.h"

struct held_volume {
	const char *name;
	bool anonymous;
	bool made; /* by us */
	int fd;	   /* DATA/volumes/NAME, locked; -1: not any more */
};

struct volume_hold {
	const char *data;
	size_t n;
	struct held_volume *v; /* in the order of their names, each once */
};

/* own: the ID that anonymous volumes of this container begin with (volume_anonymous_name); another one that
 * isn't there is gone. What *ret points to belongs to the arena and to uses. 0 or negative errno with err;
 * volume_hold_release and volume_hold_undo are due in both cases. */
int volume_hold_take(const char *data, const char *id, const struct volume_uses *uses,
		     struct arena *a, struct volume_hold *ret, struct error *err);
/* Whether one waits for a copy. */
bool volume_hold_fills(const struct volume_hold *h, const struct volume_uses *uses);
/* Settles those that wait. root: of the container; -1 where none needs a copy. c: whose mounts the uses
 * speak of. 0 or negative errno with err. */
int volume_hold_fill(const struct volume_hold *h, const struct volume_uses *uses,
		     const struct config *c, int root, struct error *err);
void volume_hold_release(struct volume_hold *h);
/* Removes the anonymous ones that were made; no config.json may name them any more. */
void volume_hold_undo(struct volume_hold *h);

/* The name of a container's k-th anonymous volume: 64 hexadecimal digits, a function of its ID, so that one
 * sees whose it was. Of an ID that is no such number (`hoy plan`) it is that and the number. */
const char *volume_anonymous_name(const char *id, size_t k, struct arena *a);

#endif
