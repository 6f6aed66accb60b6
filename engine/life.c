/* SPDX-License-Identifier: Apache-2.0 */
/* What comes after `run`: the verbs that work on every container, for those that have a directory.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/text.h"
#include "engine/attach.h"
#include "engine/containers.h"
#include "engine/life.h"
#include "engine/monitor.h"
#include "engine/network.h"
#include "engine/run.h"
#include "engine/volume_use.h"
#include "spec/state.h"

int engine_delete(const struct runtime *rt, const char *id, bool force, bool volumes,
		  struct error *err)
{
	bool ours = containers_has(rt->data, id, rt->root);
	int r = 0;

	/* Its monitor must not start it again, nor write where nothing is any more. */
	if (ours && (force || engine_is_stopped(rt, id) == 1))
		r = engine_halt(rt, id, SIGKILL, 0, force ? NULL : err);
	if (r < 0 && !force)
		return r;
	r = container_delete(rt, id, force, err);
	/* After a reboot no state is left; the directory is. Had only the state been lost, there
	 * may still be a cgroup. */
	if (r == -ENOENT && ours) {
		*err = (struct error)ERROR_INIT;
		r = container_delete(rt, id, true, err);
	}
	/* What its monitor has not, should that have been killed, and of a bundle nobody. */
	if (r == 0)
		network_release(rt->data, id);
	if (r < 0 || !ours)
		return r;
	return volumes ? volume_container_remove(rt->data, id, err)
		       : containers_remove(rt->data, id, err);
}

int engine_start(const struct runtime *rt, const char *id, int client, struct error *err)
{
	_cleanup_fd_ int dir = -1;
	bool ours = containers_has(rt->data, id, rt->root);
	int r = ours ? engine_is_stopped(rt, id) : 0;

	if (r == 0 && !ours && client >= 0)
		return attach_impossible(rt, id, err);
	if (r == 0)
		return container_start(rt, id, err);
	if (r < 0 && r != -ENOENT)
		return error_set(err, -r, "read the state of container \"%s\"", id);
	/* It may be waiting to start it again. */
	r = engine_halt(rt, id, SIGKILL, 0, err);
	if (r < 0)
		return r;
	dir = containers_open(rt->data, id);
	if (dir >= 0)
		unlinkat(dir, MONITOR_MARK, 0);
	return monitor_start(rt, id, client, err);
}

/* What a directory tells of its container; of a torn one nothing but that it is there. */
static struct container_entry entry_of(const struct runtime *rt, const char *id, struct arena *a)
{
	const char *path = containers_path(rt->data, id, a);
	struct container_entry e = {.id = id,
				    .status = "stopped",
				    .bundle = path,
				    .created = "",
				    .owner = "",
				    .rootfs = "",
				    .oci_version = STATE_OCI_VERSION};
	const struct config *c;

	if (containers_read_config(rt->data, id, a, &c, NULL) == 0) {
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
