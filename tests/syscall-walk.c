/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syscall-walk: the Nth system call of a command and of all that it starts, made to fail or to kill.
 *
 *	syscall-walk KIND N REPORT COMMAND [ARGUMENT…]
 *
 * KIND: KILL: the process that makes it is killed before it does anything; ENOSPC, EIO, EINTR: the call
 * does nothing and returns that. N counts, over all processes and threads in the order in which they come,
 * the calls that KIND could happen to; 0: none is touched. REPORT gets lines:
 *
 *	calls COUNT		how many there were
 *	hit PROGRAM CALL FILE	where it happened; FILE: its first argument, if that is a descriptor
 *	left PROGRAM		a process that was still there seconds after the command had ended; killed
 *	hang PROGRAM		the same of one that was there when all took too long
 *
 * Exit status: the command's, as a shell has it; 2 for bad usage. strace(1) counts per process and call, so
 * that one of its rules hits several processes at once: the first hides what the second would do.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS 60000
#define GRACE_MS 5000
#define TRACEES	 256

/* What touches nothing but the process itself: to be killed there is to be killed at the next call, and
 * none of the errors is theirs. */
static const char *const inner[] = {"arch_prctl",
				    "brk",
				    "clock_getres",
				    "clock_gettime",
				    "exit",
				    "exit_group",
				    "futex",
				    "get_robust_list",
				    "getegid",
				    "geteuid",
				    "getgid",
				    "getpid",
				    "getppid",
				    "getrandom",
				    "gettid",
				    "gettimeofday",
				    "getuid",
				    "madvise",
				    "mmap",
				    "mprotect",
				    "mremap",
				    "munmap",
				    "restart_syscall",
				    "rseq",
				    "rt_sigaction",
				    "rt_sigprocmask",
				    "rt_sigreturn",
				    "rt_sigsuspend",
				    "sched_yield",
				    "set_robust_list",
				    "set_tid_address",
				    "sched_getaffinity",
				    "sigaltstack",
				    "sysinfo",
				    "time",
				    "umask",
				    "uname",
				    NULL};

/* Calls for which the manual has the error. */
static const char *const no_space[] = {
	"write",     "pwrite64",     "writev",	  "pwritev",	     "pwritev2",  "openat",
	"openat2",   "open",	     "mkdir",	  "mkdirat",	     "link",	  "linkat",
	"symlink",   "symlinkat",    "mknod",	  "mknodat",	     "rename",	  "renameat",
	"renameat2", "fsync",	     "fdatasync", "syncfs",	     "fallocate", "ftruncate",
	"setxattr",  "lsetxattr",    "fsetxattr", "copy_file_range", "sendfile",  "unshare",
	"clone",     "clone3",	     "mount",	  "move_mount",	     "open_tree", "fsmount",
	"setns",     "memfd_create", NULL};
static const char *const interrupted[] = {
	"read",	     "pread64",	    "readv",   "write",		  "pwrite64",
	"writev",    "openat",	    "connect", "accept",	  "accept4",
	"poll",	     "ppoll",	    "select",  "pselect6",	  "recvfrom",
	"recvmsg",   "sendto",	    "sendmsg", "epoll_wait",	  "wait4",
	"waitid",    "epoll_pwait", "flock",   "copy_file_range", "clock_nanosleep",
	"nanosleep", "sendfile",    NULL};

/* Linux closes a descriptor whatever it returns, and an error here would leave it open. */
static const char *const sure[] = {"close", NULL};

static const struct kind {
	const char *name;
	int error;		      /* 0: killed */
	const char *const *calls;     /* NULL: all */
	const char *const *not_these; /* NULL: none */
} kinds[] = {
	{"KILL", 0, NULL, NULL},
	{"ENOSPC", ENOSPC, no_space, NULL},
	{"EIO", EIO, NULL, sure},
	{"EINTR", EINTR, interrupted, NULL},
};

static FILE *report;
static pid_t tracees[TRACEES];

static void fail(const char *what)
{
	fprintf(stderr, "syscall-walk: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* ---- The command ----------------------------------------------------------------------------- */

static void filter_load(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_TRACE(0));
	size_t i;

	if (!ctx || seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0) < 0)
		fail("make a filter");
	for (i = 0; inner[i]; i++) {
		int nr = seccomp_syscall_resolve_name(inner[i]);

		if (nr >= 0 && seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0) < 0)
			fail(inner[i]);
	}
	if (seccomp_load(ctx) < 0)
		fail("load the filter");
	seccomp_release(ctx);
}

static pid_t command_start(char **argv)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		raise(SIGSTOP);
		filter_load();
		execvp(argv[0], argv);
		fail(argv[0]);
	}
	if (waitpid(pid, &status, WUNTRACED) != pid ||
	    ptrace(PTRACE_SEIZE, pid, 0,
		   PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE |
			   PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK) < 0)
		fail("trace the command");
	kill(pid, SIGCONT);
	return pid;
}

/* ---- Its processes --------------------------------------------------------------------------- */

static void tracee_add(pid_t pid)
{
	int i, hole = -1;

	for (i = 0; i < TRACEES && tracees[i] != pid; i++)
		if (!tracees[i] && hole < 0)
			hole = i;
	if (i == TRACEES && hole >= 0)
		tracees[hole] = pid;
}

static bool tracee_remove(pid_t pid)
{
	bool any = false;

	for (int i = 0; i < TRACEES; i++) {
		if (tracees[i] == pid)
			tracees[i] = 0;
		any |= tracees[i] != 0;
	}
	return any;
}

static void program_of(pid_t pid, char name[32])
{
	char path[64];
	FILE *f;

	strcpy(name, "?");
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (f && fgets(name, 32, f))
		name[strcspn(name, "\n")] = '\0';
	if (f)
		fclose(f);
}

/* The file behind a call's first argument, if that is a descriptor: " FILE", or nothing. */
static void first_file(pid_t pid, unsigned fd, char *file, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%u", pid, fd);
	n = readlink(path, file + 1, size - 2);
	file[0] = ' ';
	file[n < 0 ? 0 : n + 1] = 0;
}

/* A thread's process. */
static pid_t process_of(pid_t tid)
{
	char path[64], line[256];
	int pid = tid;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %d", &pid) == 1)
			break;
	if (f)
		fclose(f);
	return pid;
}

static void kill_all(const char *why)
{
	char name[32];

	for (int i = 0; i < TRACEES; i++) {
		if (!tracees[i])
			continue;
		program_of(tracees[i], name);
		fprintf(report, "%s %s\n", why, name);
		kill(tracees[i], SIGKILL);
	}
}

/* ---- The walk -------------------------------------------------------------------------------- */

/* The call isn't made, and returns this. */
static void call_fail(pid_t pid, int error)
{
#if defined(__x86_64__)
	struct user_regs_struct regs;
	struct iovec io = {&regs, sizeof(regs)};

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &io) < 0)
		return;
	regs.orig_rax = (unsigned long long)-1;
	regs.rax = (unsigned long long)(long long)-error;
	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &io);
#elif defined(__aarch64__)
	struct user_regs_struct regs;
	struct iovec io = {&regs, sizeof(regs)};
	int none = -1;
	struct iovec call = {&none, sizeof(none)};

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &io) < 0)
		return;
	regs.regs[0] = (unsigned long long)(long long)-error;
	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &io);
	ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &call);
#else
#error "how a system call is left out isn't known for this processor"
#endif
}

static bool among(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

static bool concerns(const struct kind *kind, const char *call)
{
	return (!kind->calls || among(kind->calls, call)) &&
	       (!kind->not_these || !among(kind->not_these, call));
}

static void call_meet(pid_t pid, const struct kind *kind, long n, long *count)
{
	struct __ptrace_syscall_info info;
	char program[32], file[256], *name = NULL;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0)
		name = seccomp_syscall_resolve_num_arch(info.arch, (int)info.seccomp.nr);
	if (name && concerns(kind, name) && ++*count == n) {
		program_of(pid, program);
		first_file(pid, (unsigned)info.seccomp.args[0], file, sizeof(file));
		fprintf(report, "hit %s %s%s\n", program, name, file);
		if (kind->error)
			call_fail(pid, kind->error);
		else
			kill(process_of(pid), SIGKILL);
	}
	free(name);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* One stop of one process: it goes on. */
static void stopped(pid_t pid, int status, const struct kind *kind, long n, long *count)
{
	int event = status >> 16, sig = WSTOPSIG(status);

	tracee_add(pid);
	if (event == PTRACE_EVENT_SECCOMP)
		call_meet(pid, kind, n, count);
	if (event == PTRACE_EVENT_STOP && sig != SIGTRAP)
		ptrace(PTRACE_LISTEN, pid, 0, 0);
	else
		ptrace(PTRACE_CONT, pid, 0, event ? 0 : sig);
}

static void nothing(int sig)
{
	(void)sig;
}

static int walk(pid_t command, const struct kind *kind, long n)
{
	long count = 0, limit = now_ms() + LIMIT_MS;
	const char *why = "hang";
	int status, result = 2;
	bool any = true, given_up = false;
	pid_t pid;

	tracee_add(command);
	while (any) {
		pid = waitpid(-1, &status, __WALL);
		if (now_ms() > limit && !given_up) {
			kill_all(why);
			given_up = true;
		}
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			break;
		if (WIFSTOPPED(status)) {
			stopped(pid, status, kind, n, &count);
			continue;
		}
		if (pid == command) {
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			limit = now_ms() + GRACE_MS;
			why = "left";
		}
		any = tracee_remove(pid);
	}
	fprintf(report, "calls %ld\n", count);
	return result;
}

int main(int argc, char **argv)
{
	const struct kind *kind = NULL;
	struct sigaction tick = {.sa_handler = nothing};
	timer_t timer;
	const struct itimerspec every = {{0, 200000000}, {0, 200000000}};
	size_t i;

	for (i = 0; argc > 4 && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].name, argv[1]) == 0)
			kind = &kinds[i];
	if (!kind) {
		fprintf(stderr, "usage: syscall-walk KILL|ENOSPC|EIO|EINTR N REPORT COMMAND...\n");
		return 2;
	}
	report = fopen(argv[3], "we");
	if (!report)
		fail(argv[3]);
	pid_t command = command_start(argv + 4);

	/* waitpid(2) returns now and then, to look at the clock. */
	sigaction(SIGALRM, &tick, NULL);
	timer_create(CLOCK_MONOTONIC, NULL, &timer);
	timer_settime(timer, 0, &every, NULL);
	return walk(command, kind, strtol(argv[2], NULL, 10));
}
