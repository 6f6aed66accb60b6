/* SPDX-License-Identifier: Apache-2.0 */
/* What comes after `run`: the verbs that work on every container, for those that have a directory.
 */
#include <errno.h>
#include <sys/stat.h>

#include "base/text.h"
#include "engine/run.h"
#include "engine/store.h"
#include "runtime/live.h"
#include "runtime/record.h"

int engine_delete(const struct runtime *rt, const char *id, bool force, struct error *err)
{
	bool ours = store_has(rt->data, id);
	int r = container_delete(rt, id, force, err);

	/* After a reboot no state is left; the directory is. Had only the state been lost, there may still
	 * be a cgroup. */
	if (r == -ENOENT && ours) {
		*err = (struct error)ERROR_INIT;
		r = container_delete(rt, id, true, err);
	}
	return r == 0 && ours ? store_remove(rt->data, id, err) : r;
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
	int r = store_has(rt->data, id) ? is_stopped(rt, id) : 0;

	if (r == 0)
		return container_start(rt, id, err);
	if (r == 1)
		r = container_delete(rt, id, false, err);
	else if (r == -ENOENT)
		r = 0;
	else
		error_set(err, -r, "read the state of container \"%s\"", id);
	if (r == 0) {
		create.bundle = store_path(rt->data, id, &a);
		r = container_run_detached(rt, &create, err);
	}
	arena_free(&a);
	return r;
}

const char *engine_resolve(const struct runtime *rt, const char *word, struct arena *a)
{
	const char *id;
	struct stat st;

	/* Who names an ID, as engines do, pays for one look. */
	if (container_id_check(word, NULL) < 0 ||
	    lstat(arena_join(a, rt->root, "/", word, NULL), &st) == 0)
		return word;
	id = store_find(rt->data, word, a);
	return id ? id : word;
}
