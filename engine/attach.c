/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One buffer for each direction, as in runtime/terminal.c: a packet is taken from the monitor only when
 * the one before has been written, and standard input is read only when what came before is on its way.
 * So nobody's bytes pile up here, and whoever is slow holds up his own direction alone.
 */
#include "engine/attach.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/clients.h"
#include "engine/containers.h"
#include "engine/keys.h"
#include "engine/life.h"
#include "engine/monitor.h"
#include "engine/run.h"
#include "engine/settings.h"
#include "runtime/signals.h"
#include "runtime/terminal.h"

struct attachment {
	const struct runtime *rt;
	const char *id;
	int dir;     /* the container's */
	int socket;  /* to the monitor */
	int signals; /* signalfd */
	struct keys keys;
	bool terminal; /* it has one */
	bool input;    /* standard input is for it, and not at its end */
	bool forward;  /* signals are */
	bool known;    /* the monitor has said that we are attached */
	bool resized;  /* there is a size to be told */
	bool over;
	int status;
	struct {
		char bytes[CLIENT_PACKET_MAX];
		size_t at, n; /* bytes[at .. n-1] are still to be written */
		int fd;	      /* where */
	} out;
	struct {
		char packet[1 + INPUT_MAX]; /* the mark before it */
		size_t n;		    /* bytes of a packet that is to be sent; 0: none */
	} in;
};

/* ---- Before ---------------------------------------------------------------------------------- */

int attach_impossible(const struct runtime *rt, const char *id, struct error *err)
{
	const char *status;
	int r;

	if (!containers_has(rt->data, id, rt->root)) {
		r = engine_status(rt, id, &status, err);
		if (r < 0)
			return r;
		error_hint(err, "its streams are with whoever created it");
		return error_say(
			err, ENOTSUP,
			"container \"%s\" was not made by \"hoy run\": nobody can attach to it",
			id);
	}
	error_hint(err, "\"hoy stop\" and \"hoy start\" give it one");
	return error_say(
		err, ESRCH,
		"container \"%s\" has no monitor to attach to: \"hoy run\" waits for it in the "
		"foreground, or the monitor was killed",
		id);
}

static void attachment_close(struct attachment *a)
{
	a->dir = fd_close(a->dir);
	a->socket = fd_close(a->socket);
	a->signals = fd_close(a->signals);
}

/* What its config.json says of its streams. Close it also after a failure. */
static int attachment_open(struct attachment *a, const struct runtime *rt, const char *id,
			   const struct attach_options *opt, struct error *err)
{
	_cleanup_(arena_free) struct arena arena = ARENA_INIT;
	const struct config *c;
	struct settings settings;
	int r;

	*a = (struct attachment){.rt = rt, .id = id, .dir = -1, .socket = -1, .signals = -1};
	r = keys_parse(opt->keys, &a->keys, err);
	if (r < 0)
		return r;
	if (!containers_has(rt->data, id, rt->root))
		return attach_impossible(rt, id, err);
	a->dir = containers_open(rt->data, id);
	if (a->dir < 0)
		return error_set(err, -a->dir, "open container \"%s\"", id);
	r = containers_read_config(rt->data, id, &arena, &c, err);
	if (r < 0)
		return r;
	settings_read(&c->annotations, &settings);
	a->terminal = c->process && c->process->terminal;
	a->input = settings.stdin_open && !opt->no_input;
	a->forward = !a->terminal && !opt->no_signals;
	if (!a->terminal)
		a->keys.n = 0;
	a->signals = signals_catch(err);
	return a->signals < 0 ? a->signals : 0;
}

/* The size of the caller's terminal, in rows more than it has, as one packet. Whether it is sent, or
 * need not be. */
static bool size_send(struct attachment *a, unsigned more)
{
	struct input_size size = {.mark = INPUT_SIZE};
	unsigned columns, rows;

	terminal_size(&columns, &rows);
	if (!a->terminal || !columns || !rows)
		return true;
	size.columns = (uint16_t)columns;
	size.rows = (uint16_t)(rows + more);
	return send(a->socket, &size, sizeof(size), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 ||
	       errno != EAGAIN;
}

/* ---- Meanwhile ------------------------------------------------------------------------------- */

static int too_many(const char *id, struct error *err)
{
	return error_say(err, EBUSY, "no more than %d can attach to or wait for container \"%s\"",
			 CLIENTS_MAX, id);
}

static int hung_up(struct attachment *a, struct error *err)
{
	_cleanup_fd_ int monitor = monitor_find(a->dir);

	if (monitor >= 0 && a->known) {
		error_hint(err, "the container goes on; \"hoy logs\" has what it wrote");
		return error_say(err, ECONNRESET,
				 "nothing of its output was taken for %d s: container \"%s\" "
				 "has hung up",
				 CLIENT_PATIENCE_MS / 1000, a->id);
	}
	if (monitor >= 0)
		return too_many(a->id, err);
	error_hint(err, "\"hoy ps -a\" shows whether the container runs");
	return error_say(err, ECONNRESET, "the monitor of container \"%s\" has gone", a->id);
}

/* One packet from the monitor. 0 or negative errno with err. */
static int hear(struct attachment *a, struct error *err)
{
	ssize_t n = recv(a->socket, a->out.bytes, sizeof(a->out.bytes), MSG_DONTWAIT);
	struct client_end end;

	/* It has gone and left something unread: that comes before what it had said. */
	if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNRESET))
		return 0;
	if (n <= 0)
		return hung_up(a, err);
	a->known = true;
	switch (a->out.bytes[0]) {
	case CLIENT_OUTPUT:
	case CLIENT_OUTPUT + 1:
		a->out.fd = a->out.bytes[0] == CLIENT_OUTPUT ? STDOUT_FILENO : STDERR_FILENO;
		a->out.at = 1;
		a->out.n = (size_t)n;
		return 0;
	case CLIENT_END:
		if (n != sizeof(end))
			break;
		memcpy(&end, a->out.bytes, sizeof(end));
		a->status = end.status;
		a->over = true;
		return 0;
	case CLIENT_HELLO:
		return 0;
	}
	return error_say(err, EPROTO, "the monitor of container \"%s\" speaks another language",
			 a->id);
}

static bool out_pending(const struct attachment *a)
{
	return a->out.at < a->out.n;
}

/* At once no more than a pipe with room takes: the descriptor is the caller's, and blocks. */
static int out_write(struct attachment *a, struct error *err)
{
	size_t left = a->out.n - a->out.at;
	ssize_t n = write(a->out.fd, a->out.bytes + a->out.at, left < PIPE_BUF ? left : PIPE_BUF);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n >= 0) {
		a->out.at += (size_t)n;
		return 0;
	}
	a->out.at = a->out.n;
	/* Who has read standard output has what it wanted; of standard error the rest is lost. */
	if (errno == EPIPE && a->out.fd == STDOUT_FILENO) {
		a->status = ATTACH_LEFT;
		a->over = true;
		return 0;
	}
	return errno == EPIPE
		       ? 0
		       : error_set(err, errno, "write what container \"%s\" has written", a->id);
}

/* The packet that is to be sent next: n bytes behind the mark; with none, none. */
static void in_put(struct attachment *a, char mark, size_t n)
{
	a->in.packet[0] = mark;
	a->in.n = 1 + n;
}

static void in_read(struct attachment *a)
{
	char typed[INPUT_MAX - KEYS_MAX];
	ssize_t n = read(STDIN_FILENO, typed, sizeof(typed));
	bool left;
	size_t some;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		some = keys_filter(&a->keys, typed, (size_t)n, a->in.packet + 1, &left);
		if (some)
			in_put(a, INPUT_BYTES, some);
		if (left) {
			a->status = ATTACH_LEFT;
			a->over = true;
		}
		return;
	}
	/* What can't be read is no end that somebody meant. */
	a->input = false;
	some = keys_flush(&a->keys, a->in.packet + 1);
	if (some)
		in_put(a, INPUT_BYTES, some);
	else if (n == 0)
		in_put(a, INPUT_END, 0);
}

static void in_send(struct attachment *a)
{
	if (a->in.n && send(a->socket, a->in.packet, a->in.n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
	    errno == EAGAIN)
		return;
	a->in.n = 0;
	if (a->resized)
		a->resized = !size_send(a, 0);
}

static void hear_signals(struct attachment *a)
{
	struct signalfd_siginfo info;

	while (read(a->signals, &info, sizeof(info)) == sizeof(info)) {
		int sig = (int)info.ssi_signo;

		/* Our own: nobody reads what we write. */
		if (sig == SIGPIPE && info.ssi_pid == (uint32_t)getpid())
			continue;
		if (sig == SIGWINCH)
			a->resized = true;
		else if (a->forward)
			engine_kill(a->rt, a->id, sig, false, NULL);
		else if (sig == SIGTERM || sig == SIGINT || sig == SIGHUP || sig == SIGQUIT) {
			a->status = 128 + sig;
			a->over = true;
		}
	}
}

static int step(struct attachment *a, struct error *err)
{
	bool sends = a->in.n || a->resized;
	struct pollfd fds[] = {
		{.fd = a->signals, .events = POLLIN},
		{.fd = a->socket,
		 .events = (short)((out_pending(a) ? 0 : POLLIN) | (sends ? POLLOUT : 0))},
		{.fd = a->input && !a->in.n ? STDIN_FILENO : -1, .events = POLLIN},
		{.fd = out_pending(a) ? a->out.fd : -1, .events = POLLOUT},
	};
	int r = 0;

	/* That it has gone is heard behind what it has said. */
	if (!fds[1].events)
		fds[1].fd = -1;
	if (poll(fds, 4, -1) < 0)
		return errno == EINTR ? 0 : error_set(err, errno, "wait for the container");
	if (fds[0].revents)
		hear_signals(a);
	if (fds[1].revents & (POLLOUT | POLLERR | POLLHUP) && sends)
		in_send(a);
	if (fds[3].revents)
		r = out_write(a, err);
	else if (fds[1].revents & ~POLLOUT && !out_pending(a))
		r = hear(a, err);
	if (r == 0 && fds[2].revents)
		in_read(a);
	return r;
}

static int follow(struct attachment *a, int *status, struct error *err)
{
	struct terminal_modes modes = {.raw = false};
	int r = 0;

	if (a->terminal && a->input)
		terminal_make_raw(&modes);
	while (r == 0 && !a->over)
		r = step(a, err);
	/* What was typed before the keys. */
	if (r == 0 && a->in.n && a->status == ATTACH_LEFT)
		send(a->socket, a->in.packet, a->in.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	terminal_restore(&modes);
	if (r == 0)
		*status = a->status;
	return r;
}

/* ---- The two ways ---------------------------------------------------------------------------- */

/* Only what runs. */
static int status_check(const struct runtime *rt, const char *id, struct error *err)
{
	const char *status = "stopped";
	int r = engine_status(rt, id, &status, err);

	/* After a reboot nothing but the directory is left. */
	if (r == -ENOENT && containers_has(rt->data, id, rt->root)) {
		*err = (struct error)ERROR_INIT;
		r = 0;
	}
	if (r < 0 || streq(status, "running"))
		return r;
	if (streq(status, "stopped"))
		error_hint(err, "hoy start -a starts it");
	if (streq(status, "paused"))
		error_hint(err, "hoy resume lets it go on");
	return error_say(err, EINVAL,
			 "container \"%s\" is %s: only to a running one can be attached", id,
			 status);
}

int engine_attach(const struct runtime *rt, const char *id, const struct attach_options *opt,
		  int *status, struct error *err)
{
	_cleanup_(attachment_close) struct attachment a = {.dir = -1, .socket = -1, .signals = -1};
	int r = status_check(rt, id, err);

	if (r == 0)
		r = attachment_open(&a, rt, id, opt, err);
	if (r < 0)
		return r;
	a.socket = clients_connect(a.dir, MONITOR_SOCKET, CLIENT_ATTACHES);
	if (a.socket == -ENOENT || a.socket == -ECONNREFUSED)
		return attach_impossible(rt, id, err);
	/* It has hung up before we could say a word. */
	if (a.socket == -EPIPE || a.socket == -ECONNRESET)
		return too_many(id, err);
	if (a.socket < 0)
		return error_set(err, -a.socket, "connect to the monitor of container \"%s\"", id);
	/* A program that draws does so anew when the size changes, and only then. */
	size_send(&a, 1);
	size_send(&a, 0);
	return follow(&a, status, err);
}

int engine_start_attached(const struct runtime *rt, const char *id,
			  const struct attach_options *opt, bool *started, int *status,
			  struct error *err)
{
	_cleanup_(attachment_close) struct attachment a = {.dir = -1, .socket = -1, .signals = -1};
	int pair[2], r = attachment_open(&a, rt, id, opt, err);

	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, errno, "make a pair of sockets");
	a.socket = pair[0];
	a.known = true;
	/* It waits there for the monitor: the size is right when the program first looks. */
	size_send(&a, 0);
	r = engine_start(rt, id, pair[1], err);
	close(pair[1]);
	if (r < 0)
		return r;
	*started = true;
	/* It may take long until it has ended. */
	warn_flush(rt->warn);
	return follow(&a, status, err);
}
