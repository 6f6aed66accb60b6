/* SPDX-License-Identifier: Apache-2.0 */
#include "image/parts.h"

#include <errno.h>

#include "base/fd.h"
#include "base/list.h"

static int part_add(struct parts *p, const struct store *s, const struct image_descriptor *d,
		    enum part_kind kind, struct arena *a, struct error *err)
{
	struct part part = {.descriptor = d, .kind = kind};
	char name[STORE_NAME_MAX];
	size_t i;
	int r = digest_parse(d->digest, &part.digest, err);

	if (r < 0)
		return r;
	for (i = 0; i < p->n; i++)
		if (digest_equal(&p->v[i].digest, &part.digest))
			return 0;
	if (!store_has(s, store_blob_name(&part.digest, name))) {
		error_hint(err, "\"hoy fsck\" looks for damage; pulling or loading the image again "
				"repairs it");
		return error_say(err, ENOENT, "%s is not in the image store", d->digest);
	}
	LIST_ADD(a, p, part);
	return 0;
}

static int manifest_add(struct parts *p, const struct store *s, const struct image_descriptor *d,
			struct arena *a, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct image_manifest *m = arena_alloc(a, sizeof(*m));
	struct digest digest;
	size_t i;
	int r = part_add(p, s, d, PART_MANIFEST, a, err);

	if (r == 0)
		r = digest_parse(d->digest, &digest, err);
	if (r == 0)
		r = store_document(s, &digest, &t, err);
	if (r == 0)
		r = image_manifest_parse(t.s, t.len, d->digest, a, m, err);
	if (r == 0)
		r = part_add(p, s, &m->config, PART_CONFIG, a, err);
	for (i = 0; r == 0 && i < m->layers.n; i++)
		r = part_add(p, s, &m->layers.v[i], PART_LAYER, a, err);
	return r;
}

/* Of an index a manifest may be here whose layers never came: it counts as absent then. */
static int variant_add(struct parts *p, const struct store *s, const struct image_descriptor *d,
		       struct arena *a, struct error *err)
{
	struct error why = ERROR_INIT;
	size_t before = p->n;
	int r = manifest_add(p, s, d, a, &why);

	if (r == -ENOENT) {
		p->n = before;
		p->absent++;
		return 0;
	}
	if (r < 0)
		*err = why;
	return r < 0 ? r : 1;
}

static int index_add(struct parts *p, const struct store *s, const struct image_descriptor *d,
		     struct arena *a, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct image_index *index = arena_alloc(a, sizeof(*index));
	struct digest digest;
	size_t i, whole = 0;
	int r = part_add(p, s, d, PART_INDEX, a, err);

	if (r == 0)
		r = digest_parse(d->digest, &digest, err);
	if (r == 0)
		r = store_document(s, &digest, &t, err);
	if (r == 0)
		r = image_index_parse(t.s, t.len, d->digest, a, index, err);
	for (i = 0; r >= 0 && i < index->manifests.n; i++) {
		r = variant_add(p, s, &index->manifests.v[i], a, err);
		whole += r == 1;
	}
	if (r >= 0 && !whole)
		return error_say(err, ENOENT, "no image of the index %s is whole here", d->digest);
	return r < 0 ? r : 0;
}

int parts_add(struct parts *p, const struct store *s, const struct image_descriptor *target,
	      struct arena *a, struct error *err)
{
	return image_type_is_index(target->media_type) ? index_add(p, s, target, a, err)
						       : manifest_add(p, s, target, a, err);
}
