/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which namespace. Namespaces of one user have the same maps, so that files look the same in each; but
 * only in the container's own is hoy root over the container's processes, whom it has to signal and
 * whose namespaces it joins. So there should be one, as long as somebody lives in it, without a process
 * that has nothing else to do:
 *
 *   - Who is in it holds a shared lock on a byte of DATA/userns (fcntl(2)) until he ends. The kernel
 *     tells another process who holds it (F_GETLK): a pid that lives, whose namespace it joins.
 *   - A monitor is found by its own lock in the directory of its container, and where there is none the
 *     container's process by its record: they outlive the command that has started them.
 *   - Where there is nobody a new one is made.
 *
 * Whoever comes in does this under an exclusive lock on another byte, and has his own share before he
 * lets go of it: two who come at once don't make two. A container that was named goes before all: should
 * there ever be two namespaces, the right one is found.
 *
 * All that is written lies below DATA and the state directory, which belong to the user, who is 0
 * inside: what needs only these files (ps, logs, images, …) stays outside.
 */
#include "engine/rootless.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "engine/containers.h"
#include "base/data.h"
#include "engine/monitor.h"
#include "runtime/userns.h"

#define LOCK_NAME "userns"
#define CGROUPS	  "/sys/fs/cgroup/cgroup.procs"
#define TRIES_MAX 3

enum { BYTE_INSIDE, BYTE_ENTERING };

bool rootless_is_user(void)
{
	return getauxval(AT_EUID) != 0;
}

/* ---- Locks ------------------------------------------------------------------------------------- */

static int byte_lock(int fd, short type, off_t byte)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
	int r;

	do
		r = fcntl(fd, F_SETLKW, &l);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

static pid_t byte_holder(int fd, off_t byte)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

	return fcntl(fd, F_GETLK, &l) < 0 || l.l_type == F_UNLCK ? 0 : l.l_pid;
}

/* Open to the end of the process: closing any descriptor of the file would give the locks back. */
static int lock_open(const char *data, struct error *err)
{
	_cleanup_fd_ int dir = data_open(data, ".", true);
	int fd = dir < 0 ? dir
			 : openat(dir, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0)
		return fd;
	return error_set(err, dir < 0 ? -dir : errno, "open %s/" LOCK_NAME, data);
}

/* ---- Who is there ------------------------------------------------------------------------------ */

/* Into the namespace of the process that lives. 1: done; 0: not by this one; or negative errno with err. */
static int join_at(int pidfd, struct error *err)
{
	struct error why = ERROR_INIT;
	int r = pidfd < 0 ? pidfd : userns_join(pidfd, &why);

	if (r < 0 && why.step[0] + why.why[0])
		*err = why;
	else if (r < 0)
		r = 0;
	else
		r = 1;
	fd_close(pidfd);
	return r;
}

static int join_holder(int fd, struct error *err)
{
	int i, pidfd;
	pid_t pid;

	for (i = 0; i < TRIES_MAX && (pid = byte_holder(fd, BYTE_INSIDE)) > 0; i++) {
		pidfd = sys_pidfd_open(pid, 0);
		/* It held the lock before and behind the opening: it is that process. */
		if (pidfd >= 0 && byte_holder(fd, BYTE_INSIDE) == pid)
			return join_at(pidfd, err);
		fd_close(pidfd);
	}
	return 0;
}

static int join_monitor(const char *data, const char *id, struct error *err)
{
	_cleanup_fd_ int dir = containers_open(data, id);

	return dir < 0 ? 0 : join_at(monitor_find(dir), err);
}

/* By the record of who runs: of the container, or of any. */
static int join_process(const struct runtime *rt, const char *id, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct runtime quiet = *rt;
	struct container_entries all = {0};
	size_t i;
	int r = 0;

	quiet.warn = NULL;
	container_list(&quiet, &a, &all, NULL);
	for (i = 0; i < all.n && r == 0; i++)
		if (all.v[i].pid &&
		    (id ? streq(all.v[i].id, id) : containers_has(rt->data, all.v[i].id, rt->root)))
			r = join_at(sys_pidfd_open(all.v[i].pid, 0), err);
	return r;
}

static int join_any(const struct runtime *rt, const char *id, int fd, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct strings ids;
	size_t i;
	int r = id ? join_monitor(rt->data, id, err) : 0;

	if (r == 0 && id)
		r = join_process(rt, id, err);
	if (r == 0)
		r = join_holder(fd, err);
	if (r != 0)
		return r;
	ids = containers_list(rt->data, NULL, &a);
	for (i = 0; i < ids.n && r == 0; i++)
		r = join_monitor(rt->data, ids.v[i], err);
	return r == 0 && ids.n ? join_process(rt, NULL, err) : r;
}

/* ---- Going in ---------------------------------------------------------------------------------- */

/* What hoy makes of cgroups by itself it makes below their root. */
static void manager_choose(struct runtime *rt, bool choice)
{
	if (choice && rt->manager == MANAGER_CGROUPFS &&
	    faccessat(AT_FDCWD, CGROUPS, W_OK, AT_EACCESS) < 0)
		rt->manager = MANAGER_DISABLED;
}

int rootless_enter(struct runtime *rt, const char *id, bool choice, struct error *err)
{
	int fd, r;

	if (!*rt->data) {
		error_hint(err,
			   "without root, images and containers are kept below $XDG_DATA_HOME or "
			   "$HOME/.local/share");
		return error_say(err, ENOENT,
				 "--data-root is needed: neither is set to an absolute path");
	}
	manager_choose(rt, choice);
	fd = lock_open(rt->data, err);
	if (fd < 0)
		return fd;
	r = byte_lock(fd, F_WRLCK, BYTE_ENTERING);
	if (r == 0)
		r = join_any(rt, id, fd, err);
	else
		error_set(err, -r, "lock %s/" LOCK_NAME, rt->data);
	if (r == 0)
		r = userns_make(err);
	if (r < 0) {
		close(fd);
		return r;
	}
	rt->rootless = true;
	r = byte_lock(fd, F_RDLCK, BYTE_INSIDE);
	if (r == 0)
		r = byte_lock(fd, F_UNLCK, BYTE_ENTERING);
	return r < 0 ? error_set(err, -r, "lock %s/" LOCK_NAME, rt->data) : 0;
}
