/* SPDX-License-Identifier: Apache-2.0 */
#include "image/usage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "image/layer_info.h"
#include "image/stack.h"

/* A part of an image: a layer's directory or a blob. */
struct part {
	const char *name, *image; /* "layers/HEX"; the image's ID */
	size_t owner;		  /* of the first image with that ID */
	uint64_t bytes;
};

struct parts {
	struct part *v;
	size_t n, room;
};

static void part_add(struct parts *p, const char *name, const char *image, size_t owner,
		     uint64_t bytes)
{
	if (p->n == p->room) {
		p->room = p->room ? 2 * p->room : 64;
		p->v = realloc(p->v, p->room * sizeof(*p->v));
		if (!p->v)
			abort();
	}
	p->v[p->n++] = (struct part){name, image, owner, bytes};
}

static int layers_add(const struct store *s, const struct image *i, size_t owner, struct parts *p,
		      struct arena *a, struct error *err)
{
	struct stack stack;
	size_t k;
	int r = stack_read(s, &i->config_digest, a, &stack, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (k = 0; r == 0 && k < stack.layers.n; k++) {
		struct layer_info info;

		r = layer_info_read(s, stack.layers.v[k], a, &info, err);
		if (r == 0)
			part_add(p, arena_join(a, "layers/", stack.layers.v[k], NULL),
				 i->config_digest.hex, owner, info.bytes);
	}
	return r;
}

static void blobs_add(const struct image *i, size_t owner, struct parts *p)
{
	const char *id = i->config_digest.hex;
	size_t k;

	part_add(p, i->target->digest, id, owner, i->target->size);
	part_add(p, i->manifest.config.digest, id, owner, i->manifest.config.size);
	for (k = 0; k < i->manifest.layers.n; k++)
		part_add(p, i->manifest.layers.v[k].digest, id, owner,
			 i->manifest.layers.v[k].size);
}

static int by_name(const void *x, const void *y)
{
	const struct part *a = x, *b = y;
	int r = strcmp(a->name, b->name);

	return r ? r : strcmp(a->image, b->image);
}

/* Parts of the same name stand together; in an image twice, one counts. */
static void sum(const struct parts *p, struct usages *u)
{
	size_t i, k, end;

	for (i = 0; i < p->n; i = end) {
		bool shared = false;

		for (end = i; end < p->n && streq(p->v[end].name, p->v[i].name); end++)
			shared |= !streq(p->v[end].image, p->v[i].image);
		for (k = i; k < end; k++) {
			if (k > i && streq(p->v[k].image, p->v[k - 1].image))
				continue;
			u->v[p->v[k].owner].size += p->v[k].bytes;
			u->v[p->v[k].owner].own += shared ? 0 : p->v[k].bytes;
		}
	}
}

static size_t first_of(const struct images *all, size_t i)
{
	size_t k = 0;

	while (!digest_equal(&all->v[k].config_digest, &all->v[i].config_digest))
		k++;
	return k;
}

int usage_of(const struct store *s, const struct images *all, struct arena *a, struct usages *ret,
	     struct error *err)
{
	struct usages u = {.n = all->n, .v = arena_alloc(a, (all->n + 1) * sizeof(*u.v))};
	struct parts p = {0};
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < all->n; i++) {
		blobs_add(&all->v[i], first_of(all, i), &p);
		if (first_of(all, i) == i)
			r = layers_add(s, &all->v[i], i, &p, a, err);
	}
	if (r == 0 && p.n) {
		qsort(p.v, p.n, sizeof(*p.v), by_name);
		sum(&p, &u);
	}
	for (i = 0; i < all->n; i++)
		u.v[i] = u.v[first_of(all, i)];
	free(p.v);
	if (r == 0)
		*ret = u;
	return r;
}
