/* SPDX-License-Identifier: Apache-2.0 */
/* pause, resume and ps: the processes of a container as a whole, by its cgroup. */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "cgroups/cgroup.h"
#include "runtime/container.h"
#include "runtime/live.h"

#define FREEZE_WAIT_MS 10000

/* Opens the cgroup of a container and says what its status is. Descriptor or negative errno. */
static int container_cgroup(const struct runtime *rt, const char *id, struct arena *a,
			    const char **status, struct error *err)
{
	struct record rec = RECORD_INIT;
	struct live live = LIVE_INIT;
	const struct state *s;
	int r = container_id_check(id, err);

	if (r == 0)
		r = record_open(rt->root, id, &rec, err);
	if (r < 0)
		return r;
	r = record_read(&rec, a, &s, err);
	if (r == 0)
		live_look(&rec, s, &live);
	record_close(&rec);
	if (r < 0)
		return r;
	*status = live.status;
	if (streq(live.status, "stopped"))
		r = error_say(err, ESRCH, "container \"%s\" is stopped: container not running", id);
	else if (!s->record.cgroup)
		r = error_say(err, ENOTSUP, "container \"%s\" has no cgroup of its own", id);
	else
		r = live_take_cgroup(&live, s, err);
	live_close(&live);
	return r;
}

int container_pause(const struct runtime *rt, const char *id, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const char *status;
	_cleanup_fd_ int fd = container_cgroup(rt, id, &a, &status, err);

	if (fd < 0)
		return fd;
	if (!streq(status, "running") && !streq(status, "created"))
		return error_say(err, EINVAL, "container \"%s\" is %s: container not running", id,
				 status);
	return cgroup_freeze(fd, true, FREEZE_WAIT_MS, err);
}

int container_resume(const struct runtime *rt, const char *id, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const char *status;
	_cleanup_fd_ int fd = container_cgroup(rt, id, &a, &status, err);

	if (fd < 0)
		return fd;
	if (!streq(status, "paused"))
		return error_say(err, EINVAL, "container \"%s\" is %s: container not paused", id,
				 status);
	return cgroup_freeze(fd, false, FREEZE_WAIT_MS, err);
}

int container_pids(const struct runtime *rt, const char *id, struct arena *a,
		   struct cgroup_pids *ret, struct error *err)
{
	const char *status;
	_cleanup_fd_ int fd = container_cgroup(rt, id, a, &status, err);

	return fd < 0 ? fd : cgroup_pids(fd, a, ret, err);
}
