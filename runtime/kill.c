/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"
#include "cgroups/cgroup.h"
#include "runtime/container.h"
#include "runtime/record.h"

static int signal_cgroup(const struct state *s, int sig, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	_cleanup_fd_ int fd = -1;
	struct cgroup_root root;
	int r = cgroup_root_open(&root, &a, err);

	if (r < 0)
		return r;
	r = cgroup_open(&root, s->record.cgroup, &fd);
	fd_close(root.fd);
	if (r < 0)
		return error_set(err, -r, "open the cgroup %s", s->record.cgroup);
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
	_cleanup_fd_ int pidfd = -1;
	const struct state *s;
	const char *status;
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
	status = record_status(&rec, s, &pidfd);
	record_close(&rec);
	/* --all reaches what a dead first process has left behind in its cgroup. */
	if (pidfd < 0 && !(all && s->record.cgroup && streq(status, "stopped")))
		return error_say(err, ESRCH, "container \"%s\" is %s: container not running", id,
				 status);
	if (wants_all(s, sig, all))
		return signal_cgroup(s, sig, err);
	if (sys_pidfd_send_signal(pidfd, sig) < 0)
		return error_set(err, errno, "send signal %d to container \"%s\"", sig, id);
	return 0;
}
