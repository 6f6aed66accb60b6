/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor as others see it: how it is started and found. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/number.h"
#include "base/sys.h"
#include "engine/monitor.h"

#define REPORT_MAX (1u << 20)
#define FIND_TRIES 3

static const char *const managers[] = {
	[MANAGER_CGROUPFS] = "cgroupfs",
	[MANAGER_SYSTEMD] = "systemd",
	[MANAGER_DISABLED] = "disabled",
};

/* ---- Starting it ----------------------------------------------------------------------------- */

/* Sockets of a service manager are for the process that LISTEN_PID names, and lie from 3 on. */
static int listen_fds_pass(unsigned n)
{
	char pid[NUMBER_SIZE];
	unsigned fd;

	if (!n)
		return 0;
	number_write(pid, (unsigned)getpid());
	if (setenv("LISTEN_PID", pid, 1) < 0)
		return -1;
	for (fd = 3; fd < 3 + n; fd++)
		if (fcntl((int)fd, F_SETFD, 0) < 0)
			return -1;
	return 0;
}

/* In the child: nothing of the caller's but the pipe, which becomes standard output, and the client's socket,
 * which becomes standard input. */
static void monitor_exec(const struct runtime *rt, int report, int client, const char *const *argv)
{
	struct monitor_report m = {.version = MONITOR_REPORT_VERSION};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0 && setsid() >= 0 && chdir("/") == 0 &&
	    dup2(client >= 0 ? client : null, STDIN_FILENO) >= 0 &&
	    dup2(report, STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0 &&
	    listen_fds_pass(rt->listen_fds) == 0)
		execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	m.result = error_set(&m.error, errno, "execute the container's monitor");
	fd_write_all(report, &m, sizeof(m));
	_exit(127);
}

static int report_read(const struct runtime *rt, int fd, struct error *err)
{
	_cleanup_(text_free) struct text text = TEXT_INIT;
	struct monitor_report m;
	char *line, *next;
	int r = fd_read_all(fd, REPORT_MAX, &text);

	if (r == 0 && text.len < sizeof(m))
		return error_say(err, EPIPE,
				 "the container's monitor ended before it could say how it went");
	if (r < 0)
		return error_set(err, -r, "hear from the container's monitor");
	memcpy(&m, text.s, sizeof(m));
	if (m.version != MONITOR_REPORT_VERSION)
		return error_say(err, EPROTO, "the container's monitor speaks another language");
	for (line = text.s + sizeof(m); (next = strchr(line, '\n')); line = next + 1) {
		*next = 0;
		warn_add(rt->warn, "%s", line);
	}
	if (m.result < 0 && err)
		*err = m.error;
	return m.result;
}

int monitor_start(const struct runtime *rt, const char *id, int client, struct error *err)
{
	const char *const argv[] = {
		"hoy", "--root", rt->root, "--data-root", rt->data,
		"--cgroup-manager", managers[rt->manager],
		"--rootless", rt->user_session ? "true" : "false", MONITOR_VERB, id,
		rt->rootless ? "--" MONITOR_ROOTLESS : NULL, NULL,
	};
	int fds[2], r;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_set(err, errno, "start the container's monitor");
	pid = fork();
	if (pid == 0)
		monitor_exec(rt, fds[1], client, argv);
	r = pid < 0 ? error_set(err, errno, "start the container's monitor") : 0;
	close(fds[1]);
	if (r == 0)
		r = report_read(rt, fds[0], err);
	close(fds[0]);
	/* One that failed is on its way out; the other lives on with whoever takes orphans. */
	if (r < 0 && pid > 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	return r;
}

/* ---- Finding it ------------------------------------------------------------------------------ */

/* Who holds the lock. 0: nobody. */
static pid_t lock_holder(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		return 0;
	return lock.l_pid;
}

pid_t monitor_pid(int dir)
{
	_cleanup_fd_ int fd =
		openat(dir, MONITOR_LOCK, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	return fd < 0 ? 0 : lock_holder(fd);
}

int monitor_find(int dir)
{
	_cleanup_fd_ int fd =
		openat(dir, MONITOR_LOCK, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	pid_t pid;
	int i, pidfd;

	for (i = 0; fd >= 0 && i < FIND_TRIES; i++) {
		pid = lock_holder(fd);
		if (pid <= 0)
			return -ESRCH;
		pidfd = sys_pidfd_open(pid, 0);
		if (pidfd < 0)
			continue;
		/* It held the lock before and behind the opening: it is that process. */
		if (lock_holder(fd) == pid)
			return pidfd;
		close(pidfd);
	}
	return -ESRCH;
}
