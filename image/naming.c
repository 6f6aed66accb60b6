/* SPDX-License-Identifier: Apache-2.0 */
#include "image/naming.h"

#include <string.h>

#include "image/image.h"

struct naming {
	const char *name;
	const struct image_descriptor *target;
	const char *digest;
	int removed;
};

static bool same_text(const char *a, const char *b)
{
	return a && b && streq(a, b);
}

static struct image_descriptor named(const struct image_descriptor *target, const char *name,
				     struct arena *a)
{
	struct image_descriptor d = *target;

	d.annotations = (struct string_map){0};
	if (name) {
		d.annotations.v = arena_alloc(a, sizeof(*d.annotations.v));
		d.annotations.n = 1;
		d.annotations.v[0].key = STORE_NAME;
		d.annotations.v[0].value = name;
	}
	return d;
}

/* Without a name an image has one entry, and none beside others. */
static bool superfluous(const struct image_index *index, size_t i)
{
	size_t k;

	if (image_name_of(&index->manifests.v[i]))
		return false;
	for (k = 0; k < index->manifests.n; k++)
		if (k != i && streq(index->manifests.v[k].digest, index->manifests.v[i].digest) &&
		    (image_name_of(&index->manifests.v[k]) || k < i))
			return true;
	return false;
}

static int add_change(void *arg, struct image_index *index, struct arena *a, struct error *err)
{
	const struct naming *n = arg;
	struct image_descriptor *v = arena_alloc(a, (index->manifests.n + 1) * sizeof(*v));
	size_t count = 0, i;

	(void)err;
	for (i = 0; i < index->manifests.n; i++) {
		struct image_descriptor *d = &index->manifests.v[i];
		const char *name = image_name_of(d);

		if (streq(d->digest, n->target->digest) && (!n->name || same_text(name, n->name)))
			return 0;
		v[count++] = n->name && same_text(name, n->name) ? named(d, NULL, a) : *d;
	}
	v[count++] = named(n->target, n->name, a);
	index->manifests.v = v;
	index->manifests.n = count;
	for (i = count; i-- > 0;)
		if (superfluous(index, i)) {
			memmove(&v[i], &v[i + 1], (index->manifests.n - i - 1) * sizeof(*v));
			index->manifests.n--;
		}
	return 1;
}

static int remove_change(void *arg, struct image_index *index, struct arena *a, struct error *err)
{
	struct naming *n = arg;
	size_t count = 0, i;

	(void)a;
	(void)err;
	for (i = 0; i < index->manifests.n; i++) {
		struct image_descriptor *d = &index->manifests.v[i];

		if (same_text(image_name_of(d), n->name) || same_text(d->digest, n->digest))
			n->removed++;
		else
			index->manifests.v[count++] = *d;
	}
	index->manifests.n = count;
	return n->removed > 0;
}

int naming_add(const struct store *s, const char *name, const struct image_descriptor *target,
	       struct arena *a, struct error *err)
{
	struct naming n = {.name = name, .target = target};
	int r = store_index_change(s, a, add_change, &n, err);

	return r < 0 ? r : 0;
}

int naming_remove(const struct store *s, const char *name, struct arena *a, struct error *err)
{
	struct naming n = {.name = name};
	int r = store_index_change(s, a, remove_change, &n, err);

	return r < 0 ? r : n.removed;
}

int naming_remove_target(const struct store *s, const char *digest, struct arena *a,
			 struct error *err)
{
	struct naming n = {.digest = digest};
	int r = store_index_change(s, a, remove_change, &n, err);

	return r < 0 ? r : n.removed;
}
