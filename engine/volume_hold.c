/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/volume_hold.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/text.h"
#include "engine/volume_fill.h"
#include "engine/volumes.h"

#define ID_DIGITS   64
#define TAIL_DIGITS 8
#define HEX	    "0123456789abcdef"
#define TRIES	    100

/* ---- Names ----------------------------------------------------------------------------------- */

static bool is_id(const char *s)
{
	return strlen(s) == ID_DIGITS && !s[strspn(s, HEX)];
}

const char *volume_anonymous_name(const char *id, size_t k, struct arena *a)
{
	uint32_t tail;

	if (!is_id(id))
		return arena_printf(a, "%s-%zu", id, k + 1);
	tail = (uint32_t)strtoul(id + ID_DIGITS - TAIL_DIGITS, NULL, 16) + (uint32_t)k + 1;
	return arena_printf(a, "%.*s%08x", ID_DIGITS - TAIL_DIGITS, id, tail);
}

static bool is_own(const char *id, const char *name)
{
	return is_id(name) && strncmp(id, name, ID_DIGITS - TAIL_DIGITS) == 0;
}

/* ---- Taking them ----------------------------------------------------------------------------- */

static int make(const char *data, const char *id, struct held_volume *v, struct error *err)
{
	const struct volume_record record = {.anonymous = v->anonymous};
	int r;

	/* --volumes-from: a new one would be empty, and nobody's. */
	if (v->anonymous && !is_own(id, v->name))
		return error_say(err, ENOENT, "the anonymous volume %.64s is not there any more",
				 v->name);
	r = volumes_create(data, v->name, &record, err);
	v->made |= r == 0;
	return r == -EEXIST ? 0 : r;
}

/* Locked for writing if it waits for its first use. -ENOENT without words. */
static int lock(const char *data, const char *name, struct error *err)
{
	int fd = volumes_lock(data, name, false, err);

	if (fd < 0 || !volume_is_new(fd))
		return fd;
	/* Another may do it in between: it is looked at once more when that matters. */
	fd_close(fd);
	return volumes_lock(data, name, true, err);
}

/* Whoever removes volumes may take it away as soon as it is there. */
static int hold_one(const char *data, const char *id, struct held_volume *v, struct error *err)
{
	int i, r = 0;

	for (i = 0; r == 0 && i < TRIES; i++) {
		v->fd = lock(data, v->name, err);
		if (v->fd != -ENOENT)
			return v->fd < 0 ? v->fd : 0;
		r = make(data, id, v, err);
	}
	return r < 0 ? r
		     : error_say(err, EBUSY, "the volume \"%.64s\" is removed again and again",
				 v->name);
}

static int by_name(const void *a, const void *b)
{
	const struct held_volume *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void add(struct volume_hold *h, const struct volume_use *use, struct arena *a)
{
	struct held_volume v = {
		.name = use->name, .anonymous = use->kind == VOLUME_ANONYMOUS, .fd = -1};
	size_t i;

	for (i = 0; i < h->n; i++)
		if (streq(h->v[i].name, use->name))
			return;
	LIST_ADD(a, h, v);
}

int volume_hold_take(const char *data, const char *id, const struct volume_uses *uses,
		     struct arena *a, struct volume_hold *ret, struct error *err)
{
	struct volume_hold h = {.data = data};
	size_t i;
	int r = 0;

	for (i = 0; i < uses->n; i++)
		if (uses->v[i].kind != VOLUME_HOST)
			add(&h, &uses->v[i], a);
	if (h.n)
		qsort(h.v, h.n, sizeof(*h.v), by_name);
	*ret = h;
	for (i = 0; r == 0 && i < h.n; i++)
		r = hold_one(data, id, &h.v[i], err);
	return r;
}

void volume_hold_release(struct volume_hold *h)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		h->v[i].fd = fd_close(h->v[i].fd);
}

void volume_hold_undo(struct volume_hold *h)
{
	size_t i;

	volume_hold_release(h);
	for (i = 0; i < h->n; i++)
		if (h->v[i].made && h->v[i].anonymous)
			volume_remove_unused(h->data, h->v[i].name, NULL);
}

/* ---- Filling them ---------------------------------------------------------------------------- */

static const struct held_volume *find(const struct volume_hold *h, const char *name)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (streq(h->v[i].name, name))
			return &h->v[i];
	return NULL;
}

bool volume_hold_fills(const struct volume_hold *h, const struct volume_uses *uses)
{
	size_t i;

	for (i = 0; i < uses->n; i++) {
		const struct held_volume *v = find(h, uses->v[i].name);

		if (v && !uses->v[i].nocopy && volume_is_new(v->fd))
			return true;
	}
	return false;
}

static int fill_one(const struct held_volume *v, const struct volume_use *use, const char *path,
		    int root, struct error *err)
{
	int r = use->nocopy || root < 0 ? volume_settle(v->fd, err)
					: volume_fill(v->fd, root, path, !v->anonymous, err);

	if (r >= 0)
		return 0;
	error_step(err, "fill the volume \"%.64s\" from %.200s", v->name, path);
	if (r == -ENOSPC)
		error_hint(err,
			   "a new volume gets what the image has there; nocopy leaves it empty");
	return r;
}

int volume_hold_fill(const struct volume_hold *h, const struct volume_uses *uses,
		     const struct config *c, int root, struct error *err)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < uses->n; i++) {
		const struct volume_use *use = &uses->v[i];
		const struct held_volume *v = find(h, use->name);

		if (v && volume_is_new(v->fd))
			r = fill_one(v, use, c->mounts.v[use->mount].destination, root, err);
	}
	return r;
}
