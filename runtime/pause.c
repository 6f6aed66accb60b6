/* SPDX-License-Identifier: Apache-2.0 */
/* pause, resume and ps: the processes of a container as a whole, by its cgroup. */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "cgroups/cgroup.h"
#include "runtime/container.h"
#include "runtime/live.h"

#define FREEZE_WAIT_MS 10000

struct target {
	const char *id;
	struct live live;
	int cgroup;
};

/* Finds the container and opens its cgroup, which is what is asked for. 0 or negative errno. */
static int target_open(struct target *t, const struct runtime *rt, struct arena *a, struct error *err)
{
	struct record rec = RECORD_INIT;
	const struct state *s;
	int r = container_id_check(t->id, err);

	if (r == 0)
		r = record_open(rt->root, t->id, &rec, err);
	if (r < 0)
		return r;
	r = record_read(&rec, a, &s, err);
	if (r == 0)
		live_look(&rec, s, &t->live);
	record_close(&rec);
	if (r < 0)
		return r;
	/* No process, or none yet that is known. */
	if (t->live.pidfd < 0)
		return error_say(err, ESRCH, "container \"%s\" is %s: container not running", t->id,
				 t->live.status);
	if (!s->record.cgroup)
		return error_say(err, ENOTSUP, "container \"%s\" has no cgroup of its own", t->id);
	t->cgroup = live_take_cgroup(&t->live, s, err);
	return t->cgroup < 0 ? t->cgroup : 0;
}

/* Ends what was begun with r as its outcome so far. */
static int target_close(struct target *t, int r, struct error *err)
{
	r = live_ended(&t->live, t->id, r, err);
	fd_close(t->cgroup);
	live_close(&t->live);
	return r;
}

#define TARGET(id) {id, LIVE_INIT, -1}

static int freeze(const struct runtime *rt, const char *id, bool on, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct target t = TARGET(id);
	int r = target_open(&t, rt, &a, err);

	if (r == 0 && on && !streq(t.live.status, "running") && !streq(t.live.status, "created"))
		r = error_say(err, EINVAL, "container \"%s\" is %s: container not running", id,
			      t.live.status);
	else if (r == 0 && !on && !streq(t.live.status, "paused"))
		r = error_say(err, EINVAL, "container \"%s\" is %s: container not paused", id,
			      t.live.status);
	if (r == 0)
		r = cgroup_freeze(t.cgroup, on, FREEZE_WAIT_MS, err);
	return target_close(&t, r, err);
}

int container_pause(const struct runtime *rt, const char *id, struct error *err)
{
	return freeze(rt, id, true, err);
}

int container_resume(const struct runtime *rt, const char *id, struct error *err)
{
	return freeze(rt, id, false, err);
}

int container_pids(const struct runtime *rt, const char *id, struct arena *a,
		   struct cgroup_pids *ret, struct error *err)
{
	struct target t = TARGET(id);
	int r = target_open(&t, rt, a, err);

	if (r == 0)
		r = cgroup_pids(t.cgroup, a, ret, err);
	return target_close(&t, r, err);
}
