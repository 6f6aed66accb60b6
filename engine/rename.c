/* SPDX-License-Identifier: Apache-2.0 */
/* Another name. Whoever dies in between leaves a container with two. */
#include <errno.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "engine/containers.h"
#include "engine/life.h"
#include "engine/settings.h"
#include "engine/values.h"
#include "runtime/record.h"

/* What there is of it while it runs; after a reboot there is nothing. */
static int record_rename(const struct runtime *rt, const char *id, const char *name,
			 struct arena *a, struct error *err)
{
	struct record rec = RECORD_INIT;
	const struct state *old;
	struct state s;
	int r = record_open(rt->root, id, &rec, NULL);

	if (r == 0)
		r = record_lock(&rec, NULL);
	if (r == 0)
		r = record_read(&rec, a, &old, NULL);
	if (r == 0) {
		s = *old;
		s.annotations = map_with(&old->annotations, ANNOTATION_NAME, name, a);
		r = record_write(&rec, &s, NULL);
	}
	record_close(&rec);
	return r < 0 && r != -ENOENT ? error_set(err, -r, "write the state of container \"%s\"", id)
				     : 0;
}

int engine_rename(const struct runtime *rt, const char *id, const char *name, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct stat st;
	int r;

	if (!containers_has(rt->data, id, rt->root)) {
		error_hint(err, "containers of bundles have none but their ID");
		return error_say(err, ENOENT,
				 "there is no container \"%s\" that was made of an image or directory",
				 id);
	}
	r = containers_name_check(name, err);
	if (r < 0)
		return r;
	if (lstat(arena_join(&a, rt->root, "/", name, NULL), &st) == 0)
		return error_say(err, EEXIST, "\"%s\" is the ID of a container", name);
	r = containers_take_name(rt->data, name, id, err);
	if (r == 0)
		r = containers_annotate(rt->data, id, ANNOTATION_NAME, name, err);
	if (r == 0)
		r = record_rename(rt, id, name, &a, err);
	if (r == 0)
		containers_keep_name(rt->data, id, name);
	return r;
}
