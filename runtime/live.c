/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/sys.h"
#include "cgroups/cgroup.h"

#define END_WAIT_MS	200

/* The process that was recorded, not another that has its pid now: the pidfd first, then the
 * start time, so that the pid can't be recycled in between. -1 when it is gone. */
static int process_open(int64_t pid, uint64_t start_time)
{
	uint64_t now;
	int fd;

	if (pid <= 0)
		return -1;
	fd = sys_pidfd_open((pid_t)pid, 0);
	if (fd < 0)
		return -1;
	if (record_start_time(pid, &now) == 0 && now == start_time)
		return fd;
	return fd_close(fd);
}

/* -ENOENT also where a later container has one of that name. */
static int cgroup_of(const struct state *s, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct cgroup_root root;
	struct stat st;
	int r = cgroup_root_open(&root, &a, err), fd = -1;

	if (r < 0)
		return r;
	r = cgroup_open(&root, s->record.cgroup, &fd);
	fd_close(root.fd);
	if (r == 0 && s->record.cgroup_inode &&
	    (fstat(fd, &st) < 0 || st.st_ino != s->record.cgroup_inode)) {
		fd_close(fd);
		r = -ENOENT;
	}
	return r < 0 ? error_set(err, -r, "open the cgroup %s", s->record.cgroup) : fd;
}

static bool creator_alive(const struct state *s)
{
	int fd = process_open(s->record.creator_pid, s->record.creator_start_time);

	fd_close(fd);
	return fd >= 0;
}

/* A record from before a reboot: its pids mean nothing. */
static bool another_boot(const struct state *s)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;

	return s->record.boot_id && s->record.boot_id[0] &&
	       !streq(s->record.boot_id, record_boot_id(&a));
}

/* A start that was killed before it could write the record has left the socket. */
static bool waits_for_start(const struct record *rec)
{
	int sock = record_socket_connect(rec);

	fd_close(sock);
	return sock >= 0 || sock == -EAGAIN;
}

void live_look(const struct record *rec, const struct state *s, struct live *ret)
{
	*ret = (struct live)LIVE_INIT;
	if (another_boot(s))
		return;
	if (streq(s->status, "creating")) {
		if (creator_alive(s))
			ret->status = "creating";
		return;
	}
	ret->pidfd = process_open(s->pid, s->record.start_time);
	if (ret->pidfd < 0)
		return;
	ret->status = streq(s->status, "created") && waits_for_start(rec) ? "created" : "running";
	if (s->record.cgroup)
		ret->cgroup = cgroup_of(s, NULL);
	if (ret->cgroup < 0)
		ret->cgroup = -1;
	else if (cgroup_frozen(ret->cgroup) == 1)
		ret->status = "paused";
}

void live_close(struct live *live)
{
	live->pidfd = fd_close(live->pidfd);
	live->cgroup = fd_close(live->cgroup);
}

int live_take_cgroup(struct live *live, const struct state *s, struct error *err)
{
	return live->cgroup >= 0 ? fd_take(&live->cgroup) : cgroup_of(s, err);
}

int live_cgroup_of(int64_t pid)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct cgroup_root root;
	const char *path = cgroup_path_of((pid_t)pid, &a);
	int r, fd = -1;

	if (!path)
		return -ENOENT;
	r = cgroup_root_open(&root, &a, NULL);
	if (r < 0)
		return r;
	r = cgroup_open(&root, path, &fd);
	fd_close(root.fd);
	return r < 0 ? r : fd;
}

int live_ended(const struct live *live, const char *id, int r, struct error *err)
{
	struct pollfd p = {.fd = live->pidfd, .events = POLLIN};

	if ((r != -ENOENT && r != -ENODEV) || live->pidfd < 0 || poll(&p, 1, END_WAIT_MS) <= 0)
		return r;
	if (err)
		*err = (struct error)ERROR_INIT;
	return error_say(err, ESRCH, "container \"%s\" is stopped: container not running", id);
}
