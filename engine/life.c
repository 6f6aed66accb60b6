/* SPDX-License-Identifier: Apache-2.0 */
/* What comes after `run`: the verbs that work on every container, for those that have a directory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/text.h"
#include "engine/run.h"
#include "engine/containers.h"
#include "runtime/live.h"
#include "runtime/record.h"
#include "spec/json.h"

int engine_delete(const struct runtime *rt, const char *id, bool force, struct error *err)
{
	bool ours = containers_has(rt->data, id, rt->root);
	int r = container_delete(rt, id, force, err);

	/* After a reboot no state is left; the directory is. Had only the state been lost, there
	 * may still be a cgroup. */
	if (r == -ENOENT && ours) {
		*err = (struct error)ERROR_INIT;
		r = container_delete(rt, id, true, err);
	}
	return r == 0 && ours ? containers_remove(rt->data, id, err) : r;
}

/* Whether there is a state, and it is that of a process that has ended. 0, 1 or negative errno. */
static int is_stopped(const struct runtime *rt, const char *id)
{
	struct arena a = ARENA_INIT;
	struct record rec = RECORD_INIT;
	const struct state *s;
	struct live live;
	int r = record_open(rt->root, id, &rec, NULL);

	if (r == 0)
		r = record_read(&rec, &a, &s, NULL);
	if (r == 0) {
		live_look(&rec, s, &live);
		r = streq(live.status, "stopped");
		live_close(&live);
	}
	record_close(&rec);
	arena_free(&a);
	return r;
}

int engine_start(const struct runtime *rt, const char *id, struct error *err)
{
	struct arena a = ARENA_INIT;
	struct create_options create = {.id = id};
	int r = containers_has(rt->data, id, rt->root) ? is_stopped(rt, id) : 0;

	if (r == 0)
		return container_start(rt, id, err);
	if (r == 1)
		r = container_delete(rt, id, false, err);
	else if (r == -ENOENT)
		r = 0;
	else
		error_set(err, -r, "read the state of container \"%s\"", id);
	if (r == 0) {
		create.bundle = containers_path(rt->data, id, &a);
		r = container_run_detached(rt, &create, err);
	}
	arena_free(&a);
	return r;
}

/* What a directory tells of its container; of a torn one nothing but that it is there. */
static struct container_entry entry_of(const struct runtime *rt, const char *id, struct arena *a)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	const char *path = containers_path(rt->data, id, a);
	struct container_entry e = {.id = id,
				    .status = "stopped",
				    .bundle = path,
				    .created = "",
				    .owner = "",
				    .rootfs = "",
				    .oci_version = STATE_OCI_VERSION};
	const struct config *c;

	if (file_read_at(AT_FDCWD, arena_join(a, path, "/config.json", NULL), JSON_TEXT_MAX, &t) ==
		    0 &&
	    config_parse(t.s, t.len, "config.json", a, NULL, &c, NULL) == 0) {
		e.rootfs = c->root->path;
		e.annotations = c->annotations;
	}
	return e;
}

static int entry_compare(const void *a, const void *b)
{
	const struct container_entry *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static bool is_listed(const struct container_entries *list, const char *id)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (streq(list->v[i].id, id))
			return true;
	return false;
}

int engine_list(const struct runtime *rt, struct arena *a, struct container_entries *ret,
		struct error *err)
{
	struct strings ids = containers_list(rt->data, rt->root, a);
	struct container_entries known, all = {0};
	size_t i;
	int r = container_list(rt, a, &known, err);

	if (r < 0)
		return r;
	for (i = 0; i < known.n; i++)
		LIST_ADD(a, &all, known.v[i]);
	for (i = 0; i < ids.n; i++)
		if (!is_listed(&known, ids.v[i]))
			LIST_ADD(a, &all, entry_of(rt, ids.v[i], a));
	if (all.n > known.n)
		qsort(all.v, all.n, sizeof(*all.v), entry_compare);
	*ret = all;
	return 0;
}

const char *engine_resolve(const struct runtime *rt, const char *word, struct arena *a)
{
	const char *id;
	struct stat st;

	/* Who names an ID, as engines do, pays for one look. */
	if (container_id_check(word, NULL) < 0 ||
	    lstat(arena_join(a, rt->root, "/", word, NULL), &st) == 0)
		return word;
	id = containers_find(rt->data, word, a);
	return id ? id : word;
}
