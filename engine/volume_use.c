/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/volume_use.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/list.h"
#include "engine/containers.h"
#include "engine/data.h"
#include "engine/settings.h"
#include "engine/values.h"
#include "engine/volumes.h"
#include "spec/json.h"

#define KEY ANNOTATION_OWN "volumes"

#define WORDS_MAX 160 /* bytes of names in a message */

static const char *const kinds[] = {
	[VOLUME_NONE] = "",
	[VOLUME_HOST] = "host",
	[VOLUME_NAMED] = "named",
	[VOLUME_ANONYMOUS] = "anonymous",
};

/* ---- The annotation -------------------------------------------------------------------------- */

void volume_uses_annotate(const struct volume_uses *uses, struct string_map *map, struct arena *a)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	size_t i;

	for (i = 0; i < uses->n; i++)
		text_addf(&t, "%s%zu:%s:%s", i ? " " : "", uses->v[i].mount, kinds[uses->v[i].kind],
			  uses->v[i].name);
	if (uses->n)
		map_set(map, (struct string_pair){KEY, arena_strdup(a, t.s)}, a);
}

static bool use_read(const char *text, const struct config *c, struct arena *a,
		     struct volume_use *ret)
{
	struct strings parts = value_split(text, ':', a);
	unsigned long long mount;
	size_t k;

	if (parts.n != 3 || parse_u64(parts.v[0], 0, SIZE_MAX, &mount) < 0 || mount >= c->mounts.n)
		return false;
	for (k = VOLUME_HOST; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		if (streq(parts.v[1], kinds[k]))
			break;
	if (k == sizeof(kinds) / sizeof(kinds[0]) ||
	    (k != VOLUME_HOST && volume_name_check(parts.v[2], NULL) < 0))
		return false;
	*ret = (struct volume_use){
		.mount = (size_t)mount, .kind = (enum volume_kind)k, .name = parts.v[2]};
	return true;
}

void volume_uses_read(const struct config *c, struct arena *a, struct volume_uses *ret)
{
	const char *text = map_find(&c->annotations, KEY);
	struct volume_uses uses = {0};
	struct strings words = {0};
	struct volume_use use;
	size_t i;

	if (text)
		words = value_split(text, ' ', a);
	for (i = 0; i < words.n; i++)
		if (use_read(words.v[i], c, a, &use))
			LIST_ADD(a, &uses, use);
	*ret = uses;
}

bool volume_uses_anonymous(const struct volume_uses *uses)
{
	size_t i;

	for (i = 0; i < uses->n; i++)
		if (uses->v[i].kind == VOLUME_ANONYMOUS)
			return true;
	return false;
}

/* ---- Who uses a volume ----------------------------------------------------------------------- */

/* 1: it does; *who: its name or ID. */
static int uses_volume(const char *data, const char *id, const char *name, struct arena *a,
		       const char **who, struct error *err)
{
	_cleanup_(text_free) struct text text = TEXT_INIT;
	const char *path = arena_join(a, containers_path(data, id, a), "/config.json", NULL);
	struct volume_uses uses;
	const struct config *c;
	size_t i;
	int r = file_read_at(AT_FDCWD, path, JSON_TEXT_MAX, &text);

	/* It is being made, and holds its volumes; or it was, by somebody who was killed; or removed. */
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return error_set(err, -r, "read %s", path);
	/* A volume's name stands in JSON as it is. */
	if (!strstr(text.s, name))
		return 0;
	r = config_parse(text.s, text.len, path, a, NULL, &c, err);
	if (r < 0)
		return r;
	volume_uses_read(c, a, &uses);
	*who = map_find(&c->annotations, ANNOTATION_NAME);
	if (!*who)
		*who = id;
	for (i = 0; i < uses.n; i++)
		if (streq(uses.v[i].name, name))
			return 1;
	return 0;
}

int volume_users(const char *data, const char *name, struct arena *a, struct strings *ret,
		 struct error *err)
{
	_cleanup_fd_ int fd = data_open(data, CONTAINERS_DIR, false);
	struct strings ids, users = {0};
	const char *who = "";
	size_t i;
	int r;

	/* Only where there are none for certain nobody uses anything. */
	if (fd < 0 && fd != -ENOENT)
		return error_set(err, -fd, "list the containers");
	ids = containers_list(data, NULL, a);
	for (i = 0; i < ids.n; i++) {
		r = uses_volume(data, ids.v[i], name, a, &who, err);
		if (r < 0)
			return r;
		if (r)
			LIST_ADD(a, &users, who);
	}
	*ret = users;
	return 0;
}

/* ---- Removing -------------------------------------------------------------------------------- */

static int in_use(const char *name, const struct strings *users, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	size_t i;

	for (i = 0; i < users->n && t.len < WORDS_MAX; i++)
		text_addf(&t, "%s%s", i ? ", " : "", users->v[i]);
	error_hint(err, "hoy rm removes a container");
	return error_say(err, EBUSY, "the volume \"%.64s\" is used by %s%s%s", name,
			 users->n > 1 ? "the containers " : "the container ", t.s,
			 i < users->n ? ", and others" : "");
}

int volume_remove_unused(const char *data, const char *name, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_fd_ int lock = volumes_lock(data, name, true, err);
	struct strings users;
	int r = lock < 0 ? lock : volume_users(data, name, &a, &users, err);

	if (r < 0)
		return r;
	return users.n ? in_use(name, &users, err) : volumes_remove(data, name, err);
}

int volume_container_remove(const char *data, const char *id, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct volume_uses uses = {0};
	const struct config *c;
	size_t i;
	int r, failed = 0;

	/* One without a config.json has none. */
	r = containers_read_config(data, id, &a, &c, err);
	if (r == 0)
		volume_uses_read(c, &a, &uses);
	else if (r == -ENOENT && err)
		*err = (struct error)ERROR_INIT;
	if (r < 0 && r != -ENOENT) {
		error_step(err, "remove the container %.12s", id);
		return r;
	}
	r = containers_remove(data, id, err);
	for (i = 0; r == 0 && i < uses.n; i++) {
		struct error e = ERROR_INIT;

		if (uses.v[i].kind != VOLUME_ANONYMOUS)
			continue;
		failed = volume_remove_unused(data, uses.v[i].name, &e);
		if (failed < 0 && failed != -EBUSY && failed != -ENOENT) {
			error_step(&e, "remove the volume \"%.64s\"", uses.v[i].name);
			if (err)
				*err = e;
			return failed;
		}
	}
	return r;
}
