/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/volumes_from.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "engine/containers.h"
#include "engine/run.h"
#include "engine/values.h"
#include "engine/volume_use.h"

#define OPTION "--volumes-from"

enum access { ACCESS_SAME, ACCESS_RO, ACCESS_RW };

static int access_read(const char *text, struct arena *a, enum access *ret, struct error *err)
{
	struct strings words = value_split(text, ',', a);
	size_t i;

	for (i = 0; i < words.n; i++) {
		const char *w = words.v[i];

		if (streq(w, "ro"))
			*ret = ACCESS_RO;
		else if (streq(w, "rw"))
			*ret = ACCESS_RW;
		else if (!streq(w, "z") && !streq(w, "Z") && !streq(w, "nocopy"))
			return error_say(
				err, EINVAL,
				OPTION ": unknown option \"%.64s\" (ro, rw, z, Z are known)", w);
	}
	return 0;
}

static struct strings options_with(const struct strings *old, enum access how, struct arena *a)
{
	struct strings options = {0};
	size_t i;

	for (i = 0; i < old->n; i++)
		if (how == ACCESS_SAME || (!streq(old->v[i], "ro") && !streq(old->v[i], "rro")))
			LIST_ADD(a, &options, old->v[i]);
	if (how == ACCESS_RO)
		LIST_ADD(a, &options, "rro");
	return options;
}

static void add(struct volumes_asked *all, const struct volume_asked *v, struct arena *a)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (streq(all->v[i].mount.destination, v->mount.destination)) {
			all->v[i] = *v;
			return;
		}
	LIST_ADD(a, all, *v);
}

static int read_one(const struct runtime *rt, const char *text, struct arena *a,
		    struct volumes_asked *all, struct error *err)
{
	const char *colon = strchr(text, ':');
	const char *word = colon ? arena_memdup(a, text, (size_t)(colon - text)) : text;
	const char *id = engine_resolve(rt, word, a);
	_cleanup_fd_ int dir = containers_open(rt->data, id);
	enum access how = ACCESS_SAME;
	struct volume_uses uses;
	const struct config *c;
	size_t i;
	int r = colon ? access_read(colon + 1, a, &how, err) : 0;

	if (r == 0 && dir < 0)
		return error_say(err, ENOENT,
				 OPTION
				 ": there is no container \"%.200s\" that was made of an image or "
				 "directory",
				 word);
	if (r == 0)
		r = containers_read_config(rt->data, id, a, &c, err);
	if (r < 0)
		return r;
	volume_uses_read(c, a, &uses);
	for (i = 0; i < uses.n; i++) {
		struct volume_asked v = {
			.mount = c->mounts.v[uses.v[i].mount],
			.kind = uses.v[i].kind,
			.name = uses.v[i].name,
			.nocopy = true,
		};

		v.mount.options = options_with(&v.mount.options, how, a);
		add(all, &v, a);
	}
	return 0;
}

int volumes_from_read(const struct runtime *rt, const struct option_list *list, struct arena *a,
		      struct volumes_asked *ret, struct error *err)
{
	struct volumes_asked all = {0};
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < list->n; i++)
		r = read_one(rt, list->v[i], a, &all, err);
	if (r == 0)
		*ret = all;
	return r;
}
