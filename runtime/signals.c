/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"

int signals_catch(struct error *err)
{
	sigset_t set;
	int fd;

	sigfillset(&set);
	sigdelset(&set, SIGCHLD);
	sigdelset(&set, SIGURG);
	sigprocmask(SIG_SETMASK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? error_set(err, errno, "catch signals") : fd;
}

static void forward(int signal_fd, int pidfd)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof(info)) == sizeof(info))
		sys_pidfd_send_signal(pidfd, (int)info.ssi_signo);
}

int signals_wait(int signal_fd, int pidfd, const struct notify *n, struct oom_watch *oom,
		 struct error *err)
{
	siginfo_t info = {0};

	for (;;) {
		struct pollfd fds[] = {
			{.fd = pidfd, .events = POLLIN},
			{.fd = signal_fd, .events = POLLIN},
			{.fd = n->socket, .events = POLLIN},
			{.fd = oom->events, .events = POLLPRI},
		};

		if (poll(fds, 4, -1) < 0 && errno != EINTR)
			return error_set(err, errno, "wait for the container");
		if (fds[1].revents)
			forward(signal_fd, pidfd);
		/* The kernel tells of changes at most every ten milliseconds: at the end it is asked. */
		if (oom->events >= 0 && (fds[0].revents || fds[3].revents))
			oom_watch_look(oom);
		/* Asked once more at the end: its last word. */
		if (n->socket >= 0 && (fds[0].revents || fds[2].revents))
			notify_relay(n, 0);
		if (fds[0].revents)
			break;
	}
	while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0)
		if (errno != EINTR)
			return error_set(err, errno, "wait for the container");
	return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}
