/* SPDX-License-Identifier: Apache-2.0 */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/number.h"
#include "base/sys.h"

#define READ_SIZE 512
#define PIPE_SIZE 65536 /* what a pipe holds (pipe(7)) */

/* The kernel's own struct sigaction: the libraries refuse the signals that they use themselves. */
struct kernel_sigaction {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

void process_reset_signals(void)
{
	struct kernel_sigaction act = {.handler = SIG_DFL};
	uint64_t none = 0;
	int sig;

	for (sig = 1; sig <= 64; sig++)
		syscall(SYS_rt_sigaction, sig, &act, NULL, sizeof(act.mask));
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
}

struct pipes {
	int in[2], out[2], error[2];
};

static void pipes_close(struct pipes *p)
{
	int *fds[] = {p->in, p->out, p->error};
	unsigned i;

	for (i = 0; i < 6; i++) {
		int *fd = &fds[i / 2][i % 2];

		if (*fd >= 0)
			close(*fd);
		*fd = -1;
	}
}

static int pipes_open(struct pipes *p)
{
	int r;

	*p = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
	if (pipe2(p->in, O_CLOEXEC) == 0 && pipe2(p->out, O_CLOEXEC) == 0 &&
	    pipe2(p->error, O_CLOEXEC) == 0)
		return 0;
	r = -errno;
	pipes_close(p);
	return r;
}

__attribute__((noreturn)) static void child(const struct process_spec *spec,
					    const struct pipes *p)
{
	int e;

	setpgid(0, 0);
	process_reset_signals();
	/* The pipes may themselves lie on 0 to 2 when hoy was started with those closed. */
	if (dup2(fcntl(p->in[0], F_DUPFD_CLOEXEC, 3), 0) >= 0 &&
	    dup2(fcntl(p->out[1], F_DUPFD_CLOEXEC, 3), 1) >= 0 &&
	    (spec->capture || dup2(1, 2) >= 0)) {
		/* Nothing of hoy's but 0 to 2 reaches a hook. */
		sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
		execve(spec->path, spec->argv, spec->envp);
	}
	e = errno;
	while (write(p->error[1], &e, sizeof(e)) < 0 && errno == EINTR)
		;
	_exit(127);
}

/* Keeps the first or the last bytes of what has been written to the pipe. Returns false at its end. */
static bool output_read(int fd, const struct process_spec *spec, struct process_result *result)
{
	char buf[READ_SIZE];
	ssize_t n = read(fd, buf, sizeof(buf));
	size_t keep, got;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	got = (size_t)n;
	if (spec->capture) {
		keep = result->output_n < spec->capture_size ? spec->capture_size - result->output_n : 0;
		memcpy(spec->capture + result->output_n, buf, keep < got ? keep : got);
		result->output_n += got;
		return true;
	}
	if (got > sizeof(result->output)) {
		memcpy(result->output, buf + got - sizeof(result->output), sizeof(result->output));
		result->output_n = sizeof(result->output);
		return true;
	}
	keep = sizeof(result->output) - got;
	if (keep > result->output_n)
		keep = result->output_n;
	memmove(result->output, result->output + result->output_n - keep, keep);
	memcpy(result->output + keep, buf, got);
	result->output_n = keep + got;
	return true;
}

struct feed {
	const char *const *parts; /* three */
	unsigned part;
	size_t done;
};

/* Writes what the pipe takes. Returns false when there is nothing more to write. */
static bool feed_write(int fd, struct feed *f)
{
	for (; f->part < 3; f->part++, f->done = 0) {
		const char *s = f->parts[f->part];
		size_t left = s ? strlen(s) - f->done : 0;
		ssize_t n;

		while (left) {
			n = write(fd, s + f->done, left);
			if (n < 0)
				/* EPIPE: it does not care for its input. */
				return errno == EAGAIN || errno == EINTR;
			f->done += (size_t)n;
			left -= (size_t)n;
		}
	}
	return false;
}

/* Serves the pipes until the process has ended or the time is up. */
static void serve(const struct process_spec *spec, struct pipes *p, int pidfd, pid_t pid,
		  struct process_result *result)
{
	struct feed feed = {.parts = spec->input};
	int64_t deadline = spec->timeout ? now_ms() + (int64_t)spec->timeout * 1000 : 0;

	fcntl(p->in[1], F_SETFL, O_NONBLOCK);
	fcntl(p->out[0], F_SETFL, O_NONBLOCK);
	for (;;) {
		struct pollfd fds[3] = {
			{.fd = pidfd, .events = POLLIN},
			{.fd = p->out[0], .events = POLLIN},
			{.fd = p->in[1], .events = POLLOUT},
		};
		int64_t left = -1;

		if (deadline) {
			left = deadline - now_ms();
			if (left <= 0) {
				result->timed_out = true;
				kill(-pid, SIGKILL);
				kill(pid, SIGKILL);
				return;
			}
		}
		if (poll(fds, 3, left > 1000000 ? 1000000 : (int)left) < 0 && errno != EINTR)
			return;
		if (fds[2].revents && !feed_write(p->in[1], &feed)) {
			close(p->in[1]);
			p->in[1] = -1;
		}
		if (fds[1].revents && !output_read(p->out[0], spec, result)) {
			close(p->out[0]);
			p->out[0] = -1;
		}
		if (fds[0].revents)
			return;
	}
}

int process_run(const struct process_spec *spec, struct process_result *result)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, saved;
	struct pipes p;
	int r, pidfd = -1, e = 0;
	unsigned reads;
	pid_t pid;

	memset(result, 0, sizeof(*result));
	r = pipes_open(&p);
	if (r < 0)
		return r;
	pid = fork();
	if (pid < 0) {
		r = -errno;
		pipes_close(&p);
		return r;
	}
	if (pid == 0)
		child(spec, &p);
	setpgid(pid, pid);
	close(p.in[0]);
	close(p.out[1]);
	close(p.error[1]);
	p.in[0] = p.out[1] = p.error[1] = -1;
	sigaction(SIGPIPE, &ignore, &saved);
	while ((r = (int)read(p.error[0], &e, sizeof(e))) < 0 && errno == EINTR)
		;
	if (r == sizeof(e)) {
		result->exec_errno = e;
	} else {
		pidfd = sys_pidfd_open(pid, 0);
		if (pidfd >= 0)
			serve(spec, &p, pidfd, pid, result);
	}
	while (waitpid(pid, &result->status, 0) < 0 && errno == EINTR)
		;
	/* What it wrote before it ended, which is what a pipe holds; a child of its that holds the
	 * pipe is not waited for, though it may write for ever. */
	for (reads = 0; reads < PIPE_SIZE / READ_SIZE && p.out[0] >= 0; reads++) {
		struct pollfd one = {.fd = p.out[0], .events = POLLIN};

		if (poll(&one, 1, 0) <= 0 || !output_read(p.out[0], spec, result))
			break;
	}
	if (pidfd >= 0)
		close(pidfd);
	pipes_close(&p);
	sigaction(SIGPIPE, &saved, NULL);
	return 0;
}

int process_start_time(int procfd, pid_t pid, uint64_t *ret, bool *zombie)
{
	char path[32], buf[1024], *p;
	uint64_t v = 0;
	int fd, field;
	ssize_t n;

	memcpy(number_write(path, (unsigned)pid), "/stat", sizeof("/stat"));
	fd = openat(procfd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	do
		n = read(fd, buf, sizeof(buf) - 1);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	close(fd);
	buf[n] = 0;
	/* The name in field 2 may hold anything, parentheses too: count from the last one. */
	p = strrchr(buf, ')');
	if (!p || p[1] != ' ')
		return -EIO;
	p += 2;
	if (zombie)
		*zombie = *p == 'Z' || *p == 'X';
	for (field = 3; field < 22; field++) {
		p = strchr(p, ' ');
		if (!p)
			return -EIO;
		p++;
	}
	for (; *p >= '0' && *p <= '9'; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	*ret = v;
	return 0;
}

/* The first user namespace maps all ids to themselves. */
bool process_is_rootless(void)
{
	static const char all[] = "4294967295\n";
	char map[256];
	int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, map, sizeof(map));

	if (fd >= 0)
		close(fd);
	if (geteuid() != 0)
		return true;
	return n >= (ssize_t)strlen(all) && memcmp(map + n - strlen(all), all, strlen(all)) != 0;
}
