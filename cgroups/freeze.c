/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes of a cgroup as a whole: which they are, and freezing them (admin-guide/cgroup-v2,
 * cgroup.freeze).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/number.h"
#include "base/text.h"
#include "cgroups/cgroup.h"
#include "cgroups/walk.h"

struct pid_list {
	struct arena *arena;
	struct cgroup_pids *pids;
	size_t room;
};

static void pid_add(struct pid_list *l, pid_t pid)
{
	if (l->pids->n == l->room) {
		pid_t *v;

		l->room = l->room ? 2 * l->room : 64;
		v = arena_alloc(l->arena, l->room * sizeof(*v));
		if (l->pids->n)
			memcpy(v, l->pids->v, l->pids->n * sizeof(*v));
		l->pids->v = v;
	}
	l->pids->v[l->pids->n++] = pid;
}

static int pid_seen(pid_t pid, void *arg)
{
	/* 0: a process that our pid namespace does not see. */
	if (pid > 0)
		pid_add(arg, pid);
	return 0;
}

static int pids_of(int cgroup_fd, const char *path, void *arg)
{
	(void)path;
	return procs_each(cgroup_fd, pid_seen, arg);
}

static int by_number(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

int cgroup_pids(int cgroup_fd, struct arena *a, struct cgroup_pids *ret, struct error *err)
{
	static const struct visitor v = {.enter = pids_of};
	struct cgroup_pids pids = {0};
	struct pid_list list = {.arena = a, .pids = &pids};
	int r = cgroup_walk(cgroup_fd, &v, &list);

	if (r < 0)
		return error_set(err, -r, "list the processes of the cgroup");
	if (pids.n)
		qsort(pids.v, pids.n, sizeof(*pids.v), by_number);
	*ret = pids;
	return 0;
}

/* Waits until cgroup.events says so. */
static int frozen_wait(int cgroup_fd, bool freeze, int timeout_ms)
{
	_cleanup_fd_ int fd = openat(cgroup_fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	long long deadline = now_ms() + timeout_ms;

	if (fd < 0)
		return -errno;
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLPRI};
		long long left = deadline - now_ms();
		char buf[256];
		ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);

		if (n < 0)
			return -errno;
		buf[n] = '\0';
		if (strstr(buf, freeze ? "frozen 1" : "frozen 0"))
			return 0;
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, left > 100 ? 100 : (int)left) < 0 && errno != EINTR)
			return -errno;
	}
}

int cgroup_freeze(int cgroup_fd, bool freeze, int timeout_ms, struct error *err)
{
	int r = cgroup_write(cgroup_fd, "cgroup.freeze", freeze ? "1" : "0", err);

	if (r < 0)
		return r;
	r = frozen_wait(cgroup_fd, freeze, timeout_ms);
	if (r == 0)
		return 0;
	/* Half frozen is worse than not at all. */
	if (freeze)
		cgroup_write(cgroup_fd, "cgroup.freeze", "0", NULL);
	error_hint(err, "a process may be in uninterruptible sleep, or a cgroup above be frozen");
	return error_set(err, -r, "wait for the cgroup to %s", freeze ? "freeze" : "thaw");
}
