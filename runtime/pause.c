/* SPDX-License-Identifier: Apache-2.0 */
/* pause, resume, ps and reclaim: what concerns the container as a whole, by its cgroup. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

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

static int reclaim_failed(const struct target *t, int r, unsigned long long taken,
			  unsigned long long wanted, struct error *err)
{
	error_step(err, "reclaim memory of container \"%s\"", t->id);
	if (r == -EAGAIN)
		return error_say(err, EAGAIN, "only %llu of %llu bytes could be had", taken, wanted);
	if (r != -ENOENT)
		return error_set(err, -r, "%s", "");
	if (faccessat(t->cgroup, "memory.current", F_OK, 0) == 0)
		return error_say(err, ENOTSUP, "the kernel has no memory.reclaim: it needs Linux 5.19");
	return error_say(err, ENOTSUP, "it was made without the controller \"memory\"");
}

int container_reclaim(const struct runtime *rt, const char *id, uint64_t bytes, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct target t = TARGET(id);
	int r = target_open(&t, rt, &a, err);
	uint64_t before = 0, after = 0;

	if (r < 0)
		return target_close(&t, r, err);
	cgroup_number(t.cgroup, "memory.current", &before);
	r = file_put_at(t.cgroup, "memory.reclaim", arena_printf(&a, "%llu", (unsigned long long)bytes));
	cgroup_number(t.cgroup, "memory.current", &after);
	if (r < 0)
		r = reclaim_failed(&t, r, before > after ? before - after : 0, bytes, err);
	return target_close(&t, r, err);
}
