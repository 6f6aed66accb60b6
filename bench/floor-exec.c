/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor-exec PID CGROUP COMMAND: what the kernel itself needs for an exec into a running container:
 * one setns by pidfd into all its namespaces, one clone into its cgroup, exec, reap. No state, no
 * configuration, no capabilities dropped: no runtime can be faster.
 *
 * PID is the container's first process, CGROUP its directory in the cgroup2 hierarchy. The exit
 * status is the command's.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(long ret, const char *what)
{
	if (ret >= 0)
		return;
	perror(what);
	_exit(1);
}

int main(int argc, char **argv)
{
	struct clone_args clone = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
	int cgroup, pidfd, status;
	long pid;

	if (argc != 4) {
		fprintf(stderr, "usage: floor-exec PID CGROUP COMMAND\n");
		return 2;
	}
	/* Opened before setns: afterwards the path means something else. */
	cgroup = open(argv[2], O_DIRECTORY | O_PATH);
	must(cgroup, "open the cgroup");
	pidfd = (int)syscall(SYS_pidfd_open, atoi(argv[1]), 0);
	must(pidfd, "pidfd_open");
	must(setns(pidfd, CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
				  CLONE_NEWCGROUP | CLONE_NEWNS),
	     "setns");

	clone.cgroup = (unsigned)cgroup;
	pid = syscall(SYS_clone3, &clone, sizeof(clone));
	must(pid, "clone3");
	if (pid == 0) {
		char *args[] = {argv[3], NULL};
		char *env[] = {NULL};

		setsid();
		execve(argv[3], args, env);
		must(-1, "execve");
	}
	must(waitpid((pid_t)pid, &status, 0), "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
