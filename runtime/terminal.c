/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two buffers, one per direction; each is read only while it is empty and written only when the other
 * side can take something, so nothing is lost and neither direction holds up the other. The master is
 * hoy's alone and does not block: it is ready for writing with less room than a buffer, and a process
 * that waits for its output to be read would wait for hoy, and hoy for it. The other descriptors are
 * the caller's and shared with others: they stay blocking, and what is written at once is no more than
 * a pipe with room takes.
 */
#include "runtime/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "runtime/signals.h"

int terminal_check(bool terminal, const char *console_socket, bool detached, struct error *err)
{
	if (terminal && detached && !console_socket)
		return error_say(err, EINVAL, "a terminal that nobody waits at needs --console-socket");
	if (console_socket && !terminal)
		return error_say(err, EINVAL, "--console-socket is for a process with a terminal");
	if (console_socket && !detached)
		return error_say(err, EINVAL, "--console-socket needs --detach");
	return 0;
}

static bool size_of(int fd, struct winsize *size)
{
	return ioctl(fd, TIOCGWINSZ, size) == 0 && size->ws_col && size->ws_row;
}

void terminal_size(unsigned *width, unsigned *height)
{
	struct winsize size;

	*width = *height = 0;
	if (!size_of(STDIN_FILENO, &size) && !size_of(STDOUT_FILENO, &size))
		return;
	*width = size.ws_col;
	*height = size.ws_row;
}

struct buffer {
	char bytes[PIPE_BUF];
	size_t at, n; /* bytes[at .. n-1] are still to be written */
	bool ended;   /* nothing more comes */
};

/* Fills the empty buffer. At the end, or when the other side of a terminal is closed (EIO). */
static void buffer_read(struct buffer *b, int fd)
{
	ssize_t n = read(fd, b->bytes, sizeof(b->bytes));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		b->ended = true;
		return;
	}
	b->at = 0;
	b->n = (size_t)n;
}

static void buffer_write(struct buffer *b, int fd)
{
	ssize_t n = write(fd, b->bytes + b->at, b->n - b->at);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	/* Nobody reads any more: what is left is lost, the container goes on. */
	if (n < 0)
		b->at = b->n;
	else
		b->at += (size_t)n;
}

static bool empty(const struct buffer *b)
{
	return b->at == b->n;
}

static void resize(int master)
{
	struct winsize size;

	if (size_of(STDIN_FILENO, &size) || size_of(STDOUT_FILENO, &size))
		ioctl(master, TIOCSWINSZ, &size);
}

static void forward(int signal_fd, int pidfd, int master)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof(info)) == sizeof(info)) {
		/* hoy's own: nobody reads what it writes. */
		if (info.ssi_signo == SIGPIPE && info.ssi_pid == (uint32_t)getpid())
			continue;
		if (info.ssi_signo == SIGWINCH)
			resize(master);
		else
			sys_pidfd_send_signal(pidfd, (int)info.ssi_signo);
	}
}

struct relay {
	int master, signal_fd, pidfd;
	const struct notify *notify;
	struct oom_watch *oom;
	struct buffer in, out; /* to the container, from it */
	bool dead;	       /* the child has ended */
};

/* One round of waiting and copying. Returns false when all is done. */
static bool relay_step(struct relay *r)
{
	struct pollfd fds[] = {
		{.fd = r->dead ? -1 : r->pidfd, .events = POLLIN},
		{.fd = r->signal_fd, .events = POLLIN},
		{.fd = r->in.ended || !empty(&r->in) || r->dead ? -1 : STDIN_FILENO, .events = POLLIN},
		{.fd = empty(&r->in) || r->dead ? -1 : r->master, .events = POLLOUT},
		{.fd = r->out.ended || !empty(&r->out) ? -1 : r->master, .events = POLLIN},
		{.fd = empty(&r->out) ? -1 : STDOUT_FILENO, .events = POLLOUT},
		{.fd = r->notify->socket, .events = POLLIN},
		{.fd = r->oom->events, .events = POLLPRI},
	};
	int n;

	/* Once it is dead, only what it has written already is of interest. */
	n = poll(fds, 8, r->dead && empty(&r->out) ? 0 : -1);
	if (n < 0)
		return errno == EINTR;
	if (n == 0)
		return false;
	if (fds[1].revents)
		forward(r->signal_fd, r->pidfd, r->master);
	if (fds[2].revents)
		buffer_read(&r->in, STDIN_FILENO);
	if (fds[3].revents)
		buffer_write(&r->in, r->master);
	if (fds[4].revents)
		buffer_read(&r->out, r->master);
	if (fds[5].revents)
		buffer_write(&r->out, STDOUT_FILENO);
	if (fds[6].revents)
		notify_relay(r->notify, 0);
	if (r->oom->events >= 0 && (fds[0].revents || fds[7].revents))
		oom_watch_look(r->oom);
	if (fds[0].revents)
		r->dead = true;
	return !(r->dead && r->out.ended && empty(&r->out));
}

/* As a job in the background hoy leaves the terminal to the shell. */
static bool in_background(void)
{
	pid_t foreground = tcgetpgrp(STDIN_FILENO);

	return foreground >= 0 && foreground != getpgrp();
}

void terminal_make_raw(struct terminal_modes *ret)
{
	struct termios raw;

	ret->raw = !in_background() && tcgetattr(STDIN_FILENO, &ret->saved) == 0;
	if (!ret->raw)
		return;
	raw = ret->saved;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

void terminal_restore(struct terminal_modes *m)
{
	if (m->raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &m->saved);
	m->raw = false;
}

int terminal_wait(int master, int signal_fd, int pidfd, const struct notify *n,
		  struct oom_watch *oom, struct error *err)
{
	struct relay r = {.master = master, .signal_fd = signal_fd, .pidfd = pidfd, .notify = n, .oom = oom};
	struct terminal_modes modes;

	if (fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
		return error_set(err, errno, "make the terminal's master not block");
	terminal_make_raw(&modes);
	/* It may have changed since the terminal was made. */
	resize(master);
	while (relay_step(&r))
		;
	terminal_restore(&modes);
	return signals_wait(signal_fd, pidfd, n, oom, err);
}
