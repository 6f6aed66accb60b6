/* SPDX-License-Identifier: Apache-2.0 */
/* pause, resume and ps: the processes of a container as a whole, by its cgroup. */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "cgroups/cgroup.h"
#include "runtime/target.h"

#define FREEZE_WAIT_MS 10000

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
