/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"
#include "cgroups/cgroup.h"
#include "runtime/container.h"
#include "runtime/live.h"

static int signal_cgroup(struct live *live, const struct state *s, int sig, struct error *err)
{
	_cleanup_fd_ int fd = live_take_cgroup(live, s, err);

	if (fd < 0)
		return fd;
	return sig == SIGKILL ? cgroup_kill(fd, err) : cgroup_signal(fd, sig, err);
}

/* Without a pid namespace of its own, the end of the first process ends no other. */
static bool wants_all(const struct state *s, int sig, bool all)
{
	return s->record.cgroup && (all || (sig == SIGKILL && !s->record.own_pid_namespace));
}

int container_kill(const struct runtime *rt, const char *id, int sig, bool all,
		   struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct record rec = RECORD_INIT;
	struct live live;
	const struct state *s;
	int r;

	r = container_id_check(id, err);
	if (r == 0)
		r = record_open(rt->root, id, &rec, err);
	if (r < 0)
		return r;
	r = record_read(&rec, &a, &s, err);
	if (r < 0) {
		record_close(&rec);
		return r;
	}
	live_look(&rec, s, &live);
	record_close(&rec);
	/* --all reaches what a dead first process has left behind in its cgroup. */
	if (live.pidfd < 0 && !(all && s->record.cgroup && streq(live.status, "stopped")))
		r = error_say(err, ESRCH, "container \"%s\" is %s: container not running", id,
			      live.status);
	else if (wants_all(s, sig, all))
		r = live_ended(&live, id, signal_cgroup(&live, s, sig, err), err);
	else if (sys_pidfd_send_signal(live.pidfd, sig) < 0)
		r = error_set(err, errno, "send signal %d to container \"%s\"", sig, id);
	live_close(&live);
	return r;
}
