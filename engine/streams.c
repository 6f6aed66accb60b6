/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/number.h"

/* More than the kernel holds of what was written to a terminal. */
#define TERMINAL_REST 65536

/* ---- Making them ----------------------------------------------------------------------------- */

static int end_make(struct streams *s, int i, bool pipe, int null)
{
	int fds[2];

	if (!pipe)
		return fcntl(null, F_DUPFD_CLOEXEC, 3);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	/* Of the two ends each has flags of its own: the container's blocks. */
	if (i == STDIN_FILENO) {
		s->in = fds[1];
		fcntl(s->in, F_SETFL, O_WRONLY | O_NONBLOCK);
		return fds[0];
	}
	s->out[i - 1] = fds[0];
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	return fds[1];
}

int streams_make(struct streams *s, bool terminal, bool open, int null, int ret[3])
{
	int i, r = 0;

	s->terminal = terminal;
	for (i = 0; i < 3; i++)
		ret[i] = -1;
	for (i = 0; r == 0 && i < 3; i++) {
		ret[i] = end_make(s, i, !terminal && (i != STDIN_FILENO || open), null);
		if (ret[i] < 0)
			r = -errno;
	}
	if (r == 0)
		return 0;
	for (i = 0; i < 3; i++)
		ret[i] = fd_close(ret[i]);
	streams_close(s);
	return r;
}

void streams_take_terminal(struct streams *s, int master)
{
	s->out[CRI_STDOUT] = master;
	fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
}

void streams_close(struct streams *s)
{
	s->out[CRI_STDOUT] = fd_close(s->out[CRI_STDOUT]);
	s->out[CRI_STDERR] = fd_close(s->out[CRI_STDERR]);
	s->in = fd_close(s->in);
	input_drop(&s->input);
}

/* ---- What it writes -------------------------------------------------------------------------- */

/* At most `limit` bytes of what it has written. Returns how many there were. */
static size_t out_read(struct streams *s, int i, size_t limit)
{
	char *bytes = s->packet + 1;
	size_t room = limit < sizeof(s->packet) - 1 ? limit : sizeof(s->packet) - 1;
	ssize_t n = read(s->out[i], bytes, room);
	struct timespec now;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	/* A terminal says EIO when nobody has it open. */
	if (n <= 0) {
		s->out[i] = fd_close(s->out[i]);
		return 0;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	cri_log_add(&s->log, (enum cri_stream)i, &now, bytes, (size_t)n);
	s->packet[0] = (char)(CLIENT_OUTPUT + i);
	clients_send(s->clients, s->packet, (size_t)n + 1);
	return (size_t)n;
}

/* ---- What it reads --------------------------------------------------------------------------- */

static int in_of(const struct streams *s)
{
	return s->terminal ? s->out[CRI_STDOUT] : s->in;
}

static void in_write(struct streams *s)
{
	int r = input_write(&s->input, in_of(s));

	if (r == 0)
		return;
	/* The end, or nobody reads it any more. Of a terminal neither means anything. */
	if (!s->terminal)
		s->in = fd_close(s->in);
	input_drop(&s->input);
}

static void resize(struct streams *s)
{
	const struct winsize size = {.ws_col = s->input.columns, .ws_row = s->input.rows};

	s->input.resized = false;
	if (s->terminal && s->out[CRI_STDOUT] >= 0)
		ioctl(s->out[CRI_STDOUT], TIOCSWINSZ, &size);
}

/* ---- Serving --------------------------------------------------------------------------------- */

void streams_poll(struct streams *s, struct pollfd *fds)
{
	bool behind = clients_patience(s->clients, -1) >= 0;
	int i;

	if (s->input.resized)
		resize(s);
	if (!input_has_room(&s->input) && in_of(s) < 0)
		input_drop(&s->input);
	for (i = 0; i < CRI_STREAMS; i++)
		fds[i] = (struct pollfd){.fd = behind ? -1 : s->out[i], .events = POLLIN};
	/* The writing end of a pipe is listed only with something to write: else its POLLERR would wake us
	 * again and again. */
	fds[i] =
		(struct pollfd){.fd = input_has_room(&s->input) ? -1 : in_of(s), .events = POLLOUT};
}

void streams_serve(struct streams *s, const struct pollfd *fds)
{
	int i;

	for (i = 0; i < CRI_STREAMS; i++)
		if (fds[i].fd >= 0 && fds[i].revents && s->out[i] >= 0 && clients_ready(s->clients))
			out_read(s, i, sizeof(s->packet));
	if (fds[i].fd >= 0 && fds[i].revents)
		in_write(s);
}

/* Until all can take one more packet, or the time is over: what then comes is for the log, and for those who
 * can. */
static void wait_for_clients(struct streams *s, int64_t end)
{
	struct pollfd fds[CLIENTS_POLLS];
	int64_t left;

	while (!clients_ready(s->clients) && (left = end - now_ms()) > 0) {
		clients_poll(s->clients, &s->input, fds);
		poll(fds, CLIENTS_POLLS, clients_patience(s->clients, (int)left));
		clients_serve(s->clients, &s->input, fds);
	}
}

static size_t rest_of(const struct streams *s, int i)
{
	int n = 0;

	if (s->out[i] < 0)
		return 0;
	/* A terminal's last bytes may still be on their way inside the kernel: reading waits for them,
	 * counting does not. */
	if (s->terminal)
		return TERMINAL_REST;
	return ioctl(s->out[i], FIONREAD, &n) < 0 || n < 0 ? 0 : (size_t)n;
}

void streams_drain(struct streams *s)
{
	int64_t end = now_ms() + CLIENT_PATIENCE_MS;
	struct timespec now;
	size_t left, n;
	int i;

	for (i = 0; i < CRI_STREAMS; i++)
		for (left = rest_of(s, i); left > 0; left -= n) {
			wait_for_clients(s, end);
			n = out_read(s, i, left);
			if (!n)
				break;
		}
	clock_gettime(CLOCK_REALTIME, &now);
	cri_log_finish(&s->log, &now);
	streams_close(s);
}
