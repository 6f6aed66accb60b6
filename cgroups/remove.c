/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a cgroup: signals to all in it, kill, removal; and the search for one whose record was
 * lost, so that it can be removed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/number.h"
#include "base/text.h"
#include "cgroups/cgroup.h"
#include "cgroups/walk.h"

#define PROCS_LIMIT  (64U << 20) /* 4 million processes, the most that the kernel has, fit */
#define STATUS_LIMIT 65536
#define PIDS_NAMED   10
#define KILL_PASSES  200
#define KILL_WAIT_MS 10

/* ---- Processes ----------------------------------------------------------------------------- */

/* The process that a thread belongs to. */
static pid_t process_of(pid_t thread)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	const char *line;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)thread);
	if (file_read_at(AT_FDCWD, path, STATUS_LIMIT, &t) < 0)
		return thread;
	line = strstr(t.s, "\nTgid:");
	return line ? (pid_t)strtol(line + strlen("\nTgid:"), NULL, 10) : thread;
}

int procs_each(int cgroup_fd, int (*use)(pid_t pid, void *arg), void *arg)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	char *s, *end;
	int r = file_read_at(cgroup_fd, "cgroup.procs", PROCS_LIMIT, &t);
	bool threads = r == -EOPNOTSUPP;

	/* A threaded cgroup has threads alone; its processes are listed in the domain above it. */
	if (threads)
		r = file_read_at(cgroup_fd, "cgroup.threads", PROCS_LIMIT, &t);
	if (r == -ENOENT || r == -ENODEV)
		return 0;
	if (r < 0)
		return r;
	for (s = t.s; *s; s = end) {
		long pid = strtol(s, &end, 10);

		if (end == s)
			break;
		end += *end == '\n';
		r = use(threads && pid > 0 ? process_of((pid_t)pid) : (pid_t)pid, arg);
		if (r)
			return r;
	}
	return 0;
}

struct signalling {
	int sig;
	unsigned long n; /* processes that were there */
	int fault;	 /* the first failure */
};

static int signal_one(pid_t pid, void *arg)
{
	struct signalling *s = arg;

	/* 0 stands for a process outside of our pid namespace; to kill(2) it means our own group.
	 */
	if (pid <= 0) {
		if (!s->fault)
			s->fault = -ESRCH;
		return 0;
	}
	s->n++;
	if (kill(pid, s->sig) < 0 && errno != ESRCH && !s->fault)
		s->fault = -errno;
	return 0;
}

static int signal_cgroup(int cgroup_fd, const char *path, void *arg)
{
	(void)path;
	return procs_each(cgroup_fd, signal_one, arg);
}

static int signal_all(int cgroup_fd, struct signalling *s)
{
	static const struct visitor v = {.enter = signal_cgroup};

	return cgroup_walk(cgroup_fd, &v, s);
}

int cgroup_signal(int cgroup_fd, int sig, struct error *err)
{
	struct signalling s = {.sig = sig};
	int r = signal_all(cgroup_fd, &s);

	if (r == 0)
		r = s.fault;
	if (r == 0)
		return 0;
	error_step(err, "send signal %d to the processes of the cgroup", sig);
	return error_set(err, -r, "%s", "");
}

/* ---- Waiting until a cgroup is empty ------------------------------------------------------- */

/* Waits until the cgroup and all below it hold no process. 0, -EBUSY at the deadline. */
static int empty_wait(int cgroup_fd, long long deadline)
{
	_cleanup_fd_ int fd = openat(cgroup_fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	int wait = 1;

	if (fd < 0)
		return errno == ENOENT || errno == ENODEV ? 0 : -errno;
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLPRI};
		long long left;
		char buf[256];
		ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);

		if (n < 0)
			return errno == ENODEV ? 0 : -errno;
		buf[n] = '\0';
		if (!strstr(buf, "populated 1"))
			return 0;
		left = deadline - now_ms();
		if (left <= 0)
			return -EBUSY;
		/* The kernel holds a second event back for 10 ms after the first; the first few
		 * waits are shorter than that, so that a quick end is seen at once. */
		if (wait < left)
			left = wait;
		wait = wait < 16 ? 2 * wait : 1000;
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return -errno;
	}
}

int cgroup_kill_by_signal(int cgroup_fd, struct error *err)
{
	int r = 0;

	/* A frozen process dies of SIGKILL, but a thawed one at once on every kernel. */
	file_put_at(cgroup_fd, "cgroup.freeze", "0");
	for (int i = 0; i < KILL_PASSES; i++) {
		struct signalling s = {.sig = SIGKILL};

		r = signal_all(cgroup_fd, &s);
		if (r == 0)
			r = s.fault;
		if (r < 0 || s.n == 0)
			break;
		r = empty_wait(cgroup_fd, now_ms() + KILL_WAIT_MS);
	}
	if (r == 0)
		return 0;
	error_step(err, "kill the processes of the cgroup");
	return error_set(err, -r, "%s", "");
}

int cgroup_kill(int cgroup_fd, struct error *err)
{
	int r = file_put_at(cgroup_fd, "cgroup.kill", "1");

	/* before Linux 5.14, and in a threaded cgroup */
	if (r == -ENOENT || r == -EOPNOTSUPP)
		return cgroup_kill_by_signal(cgroup_fd, err);
	if (r == 0 || r == -ENODEV)
		return 0;
	error_step(err, "write \"1\" to cgroup.kill");
	return error_set(err, -r, "%s", "");
}

/* ---- Removal ------------------------------------------------------------------------------- */

struct naming {
	struct text pids;
	unsigned n;
};

static int name_one(pid_t pid, void *arg)
{
	struct naming *s = arg;

	if (s->n == PIDS_NAMED) {
		text_add(&s->pids, ", …");
		return 1;
	}
	text_addf(&s->pids, "%s%d", s->n++ ? ", " : "", (int)pid);
	return 0;
}

static int name_cgroup(int cgroup_fd, const char *path, void *arg)
{
	(void)path;
	return procs_each(cgroup_fd, name_one, arg);
}

static int remove_fail(int cgroup_fd, const char *path, int code, struct error *err)
{
	static const struct visitor v = {.enter = name_cgroup};
	struct naming s = {.pids = TEXT_INIT};

	if (code != EBUSY) {
		error_step(err, "remove cgroup %s", path);
		return error_set(err, code, "%s", "");
	}
	cgroup_walk(cgroup_fd, &v, &s);
	if (s.n)
		error_say(err, EBUSY, "cgroup %s still holds process%s %s", path,
			  s.n > 1 ? "es" : "", s.pids.s);
	else
		error_say(err, EBUSY, "cgroup %s is still in use", path);
	text_free(&s.pids);
	return -EBUSY;
}

static int rmdir_one(int parent_fd, const char *name, void *arg)
{
	(void)arg;
	if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT || errno == ENODEV)
		return 0;
	return -errno;
}

/* Removes name in parent_fd, of which a first rmdir said EBUSY, with all below it. */
static int remove_busy(int parent_fd, const char *name, const char *path, int timeout_ms,
		       struct error *err)
{
	static const struct visitor v = {.leave = rmdir_one};
	long long deadline = now_ms() + timeout_ms;
	_cleanup_fd_ int fd =
		openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : remove_fail(-1, path, errno, err);
	for (long wait = 1;; wait = wait < 32 ? 2 * wait : wait) {
		struct timespec pause = {.tv_nsec = wait * 1000000};
		int r = empty_wait(fd, deadline);

		if (r == 0)
			r = cgroup_walk(fd, &v, NULL);
		if (r == 0)
			r = rmdir_one(parent_fd, name, NULL);
		if (r == 0)
			return 0;
		if (r != -EBUSY || now_ms() >= deadline)
			return remove_fail(fd, path, -r, err);
		/* Empty by cgroup.events and yet busy: the kernel is still at it. There is no
		 * event for that, so this wait is by the clock. */
		nanosleep(&pause, NULL);
	}
}

/* Removes the directory `depth` components down the path. ret_parent, name: where that is; -1 below
 * the root. */
static int remove_at(const struct cgroup_root *root, const char *path, int depth, int *ret_parent,
		     char name[CGROUP_NAME_SIZE])
{
	const char *p = path;
	int r = depth > 1 ? path_open(root->fd, path, depth - 1, O_PATH, ret_parent) : 0;

	for (int i = 0; i < depth; i++)
		path_next(&p, name);
	return r < 0 ? r : rmdir_one(depth > 1 ? *ret_parent : root->fd, name, NULL);
}

/* Has hoy made the directory `depth` components down the path? */
static bool made_by_hoy(const struct cgroup_root *root, const char *path, int depth)
{
	_cleanup_fd_ int fd = -1;

	/* What is gone stands in nobody's way. */
	if (path_open(root->fd, path, depth, O_RDONLY, &fd) < 0)
		return true;
	return fgetxattr(fd, CGROUP_MADE_XATTR, NULL, 0) >= 0 ||
	       fgetxattr(fd, CGROUP_MADE_XATTR_USER, NULL, 0) >= 0;
}

int cgroup_remove(const struct cgroup_root *root, const char *path, unsigned ancestors,
		  int timeout_ms, struct error *err)
{
	_cleanup_fd_ int parent = -1;
	char name[CGROUP_NAME_SIZE];
	int depth = path_depth(path), r;

	if (depth <= 0)
		return error_say(err, EINVAL, "\"%s\" is no path of a cgroup", path);
	r = remove_at(root, path, depth, &parent, name);
	if (r == -EBUSY)
		r = remove_busy(depth > 1 ? parent : root->fd, name, path, timeout_ms, err);
	else if (r < 0 && r != -ENOENT)
		r = remove_fail(-1, path, -r, err);
	if (r < 0 && r != -ENOENT)
		return r;
	while (ancestors-- && --depth > 0 && made_by_hoy(root, path, depth)) {
		parent = fd_close(parent);
		r = remove_at(root, path, depth, &parent, name);
		if (r < 0 && r != -ENOENT)
			break; /* others are in it */
	}
	return 0;
}

/* ---- Search -------------------------------------------------------------------------------- */

struct searching {
	const char *attr;
	const char *owner;
	size_t owner_len;
	const char *plain; /* where hoy makes it when nobody says where */
	struct arena *a;
	const char *found, *nameless;
};

/* A hoy that was killed between mkdir and setxattr has left a cgroup that names nobody, but is called as
 * hoy calls what nobody else has named: "hoy-ID". */
static bool is_nameless(int cgroup_fd, const char *path, const char *plain)
{
	size_t n = strlen(path), len = strlen(plain);

	return n >= len && streq(path + n - len, plain) && cgroup_populated(cgroup_fd) == 0 &&
	       fgetxattr(cgroup_fd, CGROUP_OWNER_XATTR, NULL, 0) < 0 &&
	       fgetxattr(cgroup_fd, CGROUP_OWNER_XATTR_USER, NULL, 0) < 0;
}

static int owner_check(int cgroup_fd, const char *path, void *arg)
{
	struct searching *s = arg;
	char buf[8192];
	ssize_t n = fgetxattr(cgroup_fd, s->attr, buf, sizeof(buf));

	if (n >= 0 && (size_t)n == s->owner_len && memcmp(buf, s->owner, s->owner_len) == 0) {
		s->found = arena_strdup(s->a, path);
		return 1;
	}
	if (!s->nameless && s->plain && is_nameless(cgroup_fd, path, s->plain))
		s->nameless = arena_strdup(s->a, path);
	return 0;
}

int cgroup_find(const struct cgroup_root *root, const char *state_root, const char *id,
		struct arena *a, const char **ret)
{
	static const struct visitor v = {.enter = owner_check};
	_cleanup_(text_free) struct text owner = TEXT_INIT;
	struct searching s = {.attr = CGROUP_OWNER_XATTR, .a = a};
	int r;

	text_addf(&owner, "%s %s", state_root, id);
	s.owner = owner.s;
	s.owner_len = owner.len;
	cgroup_path_resolve(NULL, id, a, &s.plain, NULL);
	/* user.* can be set by whoever owns the cgroup, a container perhaps: only where nothing
	 * carries the attribute that it can't forge. */
	r = cgroup_walk(root->fd, &v, &s);
	if (r == 0) {
		s.attr = CGROUP_OWNER_XATTR_USER;
		r = cgroup_walk(root->fd, &v, &s);
	}
	if (r < 0)
		return r;
	if (!s.found && !s.nameless)
		return -ENOENT;
	*ret = s.found ? s.found : s.nameless;
	return 0;
}
