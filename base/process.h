/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process: the one wrapper around fork and exec (hooks of both programs), and facts about pids.
 * Linked into hoy-init as well: no stdio, no allocation.
 */
#ifndef HOY_BASE_PROCESS_H
#define HOY_BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESS_OUTPUT_MAX 400

struct process_spec {
	const char *path;
	char *const *argv;
	char *const *envp;
	const char *input[3]; /* written to its standard input one behind the other; may be NULL */
	unsigned timeout;     /* seconds; 0 waits for ever */
	/* Where not NULL, the first capture_size bytes of its standard output go there instead of into the
	 * result (whose output_n is the number of all that it wrote), and standard error is the caller's. */
	char *capture;
	size_t capture_size;
};

struct process_result {
	int exec_errno;	 /* it could not be executed: positive errno */
	bool timed_out;	 /* it was killed after spec->timeout */
	int status;	 /* as of waitpid(2) */
	size_t output_n; /* bytes in output */
	char output[PROCESS_OUTPUT_MAX]; /* the last of what it wrote to stdout and stderr */
};

/* Runs a program to its end in a process group of its own, with default signals, standard input
 * from spec->input, standard output and error kept in result->output. A program that does not read
 * its input is no error, nor is one that leaves a child holding its output.
 * 0 when it ran and result is filled (look at exec_errno, timed_out, status), or negative errno. */
int process_run(const struct process_spec *spec, struct process_result *result);

/* The start time of a process in clock ticks since boot (proc_pid_stat(5), field 22), which tells
 * a recycled pid from the process that was meant. procfd: a directory of procfs.
 * 0, -ESRCH when there is none, or another negative errno. zombie may be NULL. */
int process_start_time(int procfd, pid_t pid, uint64_t *ret, bool *zombie);

/* Where a helper program of hoy's is: beside hoy, as in a build directory, else where it is installed. path
 * has room for PATH_MAX bytes; it is returned. */
const char *process_helper(const char *name, char *path);
/* Notes now where this program is. To be called before it leaves a mount namespace: that may end then, and
 * what it had mounted has no place any more. */
void process_helper_keep(void);

/* Whether this process is nobody's root but its own: another user, or in a user namespace. */
bool process_is_rootless(void);

/* All signals but SIGKILL and SIGSTOP to their defaults, and none blocked: what a new program
 * expects, whatever hoy's caller had (a parent that ignores SIGCHLD, nohup). */
void process_reset_signals(void);

#endif
