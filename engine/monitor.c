/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor's own life: start, follow, ended, and again if the policy says so. Everything that grows
 * with the container (its configuration, plan and filter) is freed when start() returns; what is held
 * while it runs is this file's one static struct.
 */
#include "engine/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/number.h"
#include "base/sys.h"
#include "engine/clients.h"
#include "engine/containers.h"
#include "engine/cri_log.h"
#include "engine/life.h"
#include "engine/outcome.h"
#include "engine/run.h"
#include "engine/settings.h"
#include "engine/volume_use.h"
#include "engine/when.h"
#include "runtime/signals.h"

struct monitor {
	struct runtime rt;
	const char *id;
	int dir;     /* the container's directory */
	int lock;    /* the file by which others find us */
	int signals; /* signalfd */
	int null;
	int pidfd;		  /* of the container's process; -1: it has ended */
	int stream[CRI_STREAMS];  /* what it writes; of a terminal the first, and it is the master */
	int input;		  /* what it reads: kept open for who attaches; -1: nothing */
	struct settings settings; /* its strings are not kept */
	struct cri_log log;
	struct clients clients;
	bool ending; /* the machine goes down, or so it seems: no restart */
	unsigned restarts;
	int64_t pid;
	int status;
	char started[WHEN_STAMP_SIZE];
	char buffer[CRI_LINE_MAX];
};

static void stamp_now(char buf[WHEN_STAMP_SIZE])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	when_stamp(&now, buf);
}

/* ---- Start ----------------------------------------------------------------------------------- */

/* What the container has as its standard streams while it is made; the other ends are ours. */
struct ends {
	int fd[3];
};

static int ends_make(struct monitor *m, bool terminal, struct ends *ret)
{
	struct ends e = {{-1, -1, -1}};
	int fds[2], i;

	for (i = 0; i < 3; i++) {
		bool kept = terminal || (i == STDIN_FILENO && !m->settings.stdin_open);

		if (kept) {
			e.fd[i] = fcntl(m->null, F_DUPFD_CLOEXEC, 3);
			if (e.fd[i] < 0)
				return -errno;
			continue;
		}
		if (pipe2(fds, O_CLOEXEC) < 0)
			return -errno;
		e.fd[i] = fds[i != STDIN_FILENO];
		if (i == STDIN_FILENO)
			m->input = fds[1];
		else
			m->stream[i - 1] = fds[0];
	}
	*ret = e;
	return 0;
}

static void streams_close(struct monitor *m)
{
	m->stream[CRI_STDOUT] = fd_close(m->stream[CRI_STDOUT]);
	m->stream[CRI_STDERR] = fd_close(m->stream[CRI_STDERR]);
	m->input = fd_close(m->input);
}

/* Settings and whether it has a terminal, from config.json. */
static int config_look(struct monitor *m, bool *terminal, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const struct config *c;
	int r = containers_read_config(m->rt.data, m->id, &a, &c, err);

	if (r < 0)
		return r;
	settings_read(&c->annotations, &m->settings);
	m->settings.name = m->settings.image = NULL;
	*terminal = c->process && c->process->terminal;
	return 0;
}

/* The state of its life before is taken away. 0 or negative errno. */
static int state_clear(struct monitor *m, struct error *err)
{
	struct error none = ERROR_INIT;
	int r = container_delete(&m->rt, m->id, false, &none);

	if (r < 0 && r != -ENOENT) {
		*err = none;
		return r;
	}
	return 0;
}

static int make(struct monitor *m, bool terminal, const struct ends *e, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	int master = -1, i, r;
	const struct create_options create = {
		.id = m->id,
		.bundle = containers_path(m->rt.data, m->id, &a),
		.pidfd = &m->pidfd,
		.terminal = &master,
	};

	for (i = 0; i < 3; i++)
		dup2(e->fd[i], i);
	r = container_run_detached(&m->rt, &create, err);
	for (i = 0; i < 3; i++)
		dup2(m->null, i);
	if (r == 0 && terminal)
		m->stream[CRI_STDOUT] = master;
	return r;
}

static int start(struct monitor *m, struct error *err)
{
	struct ends e;
	bool terminal;
	int r = config_look(m, &terminal, err), i;

	if (r == 0)
		r = state_clear(m, err);
	if (r < 0)
		return r;
	r = ends_make(m, terminal, &e);
	if (r < 0)
		return error_set(err, -r, "make the container's streams");
	stamp_now(m->started);
	r = make(m, terminal, &e, err);
	for (i = 0; i < 3; i++)
		close(e.fd[i]);
	if (r < 0) {
		streams_close(m);
		return r;
	}
	for (i = 0; i < CRI_STREAMS; i++)
		if (m->stream[i] >= 0)
			fcntl(m->stream[i], F_SETFL, O_NONBLOCK | (terminal ? O_RDWR : 0));
	m->pid = engine_pid(&m->rt, m->id);
	/* Only the first has a service manager that waits. */
	m->rt.notify_socket = NULL;
	return 0;
}

/* ---- Follow ---------------------------------------------------------------------------------- */

/* At most `limit` bytes of what the container has written. Returns how many there were. */
static size_t stream_read(struct monitor *m, int i, size_t limit)
{
	size_t room = limit < sizeof(m->buffer) ? limit : sizeof(m->buffer);
	ssize_t n = read(m->stream[i], m->buffer, room);
	struct timespec now;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	/* A terminal says EIO when nobody has it open. */
	if (n <= 0) {
		m->stream[i] = fd_close(m->stream[i]);
		return 0;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	cri_log_add(&m->log, (enum cri_stream)i, &now, m->buffer, (size_t)n);
	return (size_t)n;
}

static bool by_hand(const struct monitor *m)
{
	return faccessat(m->dir, MONITOR_MARK, F_OK, 0) == 0;
}

static void hear_signals(struct monitor *m)
{
	struct signalfd_siginfo info;

	while (read(m->signals, &info, sizeof(info)) == sizeof(info)) {
		int sig = (int)info.ssi_signo;

		if (sig != SIGTERM && sig != SIGINT && sig != SIGHUP && sig != SIGQUIT)
			continue;
		m->ending = true;
		if (m->pidfd >= 0)
			sys_pidfd_send_signal(m->pidfd, m->settings.stop_signal);
	}
}

enum { POLL_SIGNALS, POLL_PROCESS, POLL_STREAMS, POLL_CLIENTS = POLL_STREAMS + CRI_STREAMS };

/* Waits for something, at most so long (-1: without end), and sees to it. Whether the process has
 * ended. */
static bool serve(struct monitor *m, int timeout_ms)
{
	struct pollfd fds[POLL_CLIENTS + CLIENTS_POLLS] = {
		[POLL_SIGNALS] = {.fd = m->signals, .events = POLLIN},
		[POLL_PROCESS] = {.fd = m->pidfd, .events = POLLIN},
		[POLL_STREAMS] = {.fd = m->stream[0], .events = POLLIN},
		[POLL_STREAMS + 1] = {.fd = m->stream[1], .events = POLLIN},
	};
	int i;

	clients_poll(&m->clients, fds + POLL_CLIENTS);
	if (poll(fds, sizeof(fds) / sizeof(fds[0]), timeout_ms) <= 0)
		return false;
	if (fds[POLL_SIGNALS].revents)
		hear_signals(m);
	for (i = 0; i < CRI_STREAMS; i++)
		if (fds[POLL_STREAMS + i].revents)
			stream_read(m, i, sizeof(m->buffer));
	clients_serve(&m->clients, fds + POLL_CLIENTS);
	return fds[POLL_PROCESS].revents != 0;
}

/* What was written before the end. Another process may hold the stream and go on writing: nobody waits
 * for that one. */
static void drain(struct monitor *m)
{
	struct timespec now;
	size_t n;
	int left, i;

	for (i = 0; i < CRI_STREAMS; i++) {
		left = 0;
		if (m->stream[i] >= 0 && ioctl(m->stream[i], FIONREAD, &left) < 0)
			left = 0;
		while (left > 0 && (n = stream_read(m, i, (size_t)left)))
			left -= (int)n;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	cri_log_finish(&m->log, &now);
	streams_close(m);
}

/* ---- Ended ----------------------------------------------------------------------------------- */

static void outcome_put(struct monitor *m, bool oom, const char *why)
{
	char finished[WHEN_STAMP_SIZE];
	const struct outcome o = {
		.pid = why ? 0 : m->pid,
		.status = (uint32_t)m->status,
		.oom = oom,
		.error = why,
		.started = m->started,
		.finished = finished,
		.restarts = m->restarts,
	};

	stamp_now(finished);
	outcome_write(m->dir, &o);
}

/* Its process has ended: everything is written down before anybody is told. */
static void ended(struct monitor *m)
{
	siginfo_t info = {0};

	while (waitid(P_PIDFD, (id_t)m->pidfd, &info, WEXITED) < 0 && errno == EINTR)
		;
	m->pidfd = fd_close(m->pidfd);
	m->status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	drain(m);
	outcome_put(m, m->status == 128 + SIGKILL && engine_oom(&m->rt, m->id), NULL);
	clients_tell(&m->clients, m->status);
}

/* Once more after a while. Whether it is to be. */
static bool pause_for(struct monitor *m, unsigned ms)
{
	int64_t end = now_ms() + ms, left;

	while (!m->ending && !by_hand(m) && (left = end - now_ms()) > 0) {
		serve(m, (int)left);
		/* It does not run: who wants to know how it ended need not wait. */
		clients_tell(&m->clients, m->status);
	}
	return !m->ending && !by_hand(m);
}

/* A start that nobody waits for: what is wrong goes where its end would. */
static bool start_again(struct monitor *m)
{
	struct error err = ERROR_INIT;
	char text[2048];
	int r = start(m, &err);

	if (r == 0)
		return true;
	m->status = engine_run_failure(r, &err);
	outcome_put(m, false, error_text(&err, text, sizeof(text)));
	return false;
}

static void live_on(struct monitor *m)
{
	unsigned delay = 0;
	bool runs = true;
	int64_t began;

	do {
		began = now_ms();
		if (runs) {
			while (!serve(m, -1))
				;
			ended(m);
		}
		if (m->ending || by_hand(m) ||
		    !restart_wanted(&m->settings.restart, m->status, m->restarts))
			return;
		delay = restart_delay(delay, now_ms() - began);
		if (!pause_for(m, delay))
			return;
		m->restarts++;
		runs = start_again(m);
	} while (true);
}

/* ---- Begin and end --------------------------------------------------------------------------- */

/* One monitor to a container: the lock is taken or this one isn't needed. */
static int claim(struct monitor *m, struct error *err)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fd_lock(m->dir, LOCK_SH | LOCK_NB) < 0)
		return error_say(err, EBUSY, "files of container \"%s\" are being copied", m->id);
	m->lock = openat(m->dir, MONITOR_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (m->lock >= 0 && fcntl(m->lock, F_SETLK, &lock) == 0)
		return 0;
	if (errno == EAGAIN || errno == EACCES)
		return error_say(err, EBUSY, "container \"%s\" is being started or runs already",
				 m->id);
	return error_set(err, errno, "lock the container's directory");
}

static int begin(struct monitor *m, struct error *err)
{
	int i, r;

	m->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (i = 0; m->null >= 0 && i < 3; i++)
		dup2(m->null, i);
	m->signals = signals_catch(err);
	if (m->signals < 0)
		return m->signals;
	m->dir = containers_open(m->rt.data, m->id);
	if (m->dir < 0 || m->null < 0)
		return error_set(err, m->dir < 0 ? -m->dir : errno, "open container \"%s\"", m->id);
	r = claim(m, err);
	if (r < 0)
		return r;
	r = clients_listen(&m->clients, m->dir, MONITOR_SOCKET);
	if (r < 0)
		return error_set(err, -r, "listen in the container's directory");
	r = start(m, err);
	if (r < 0)
		return r;
	r = cri_log_open(&m->log, m->settings.log ? m->dir : -1, m->settings.log_size,
			 m->settings.log_files);
	/* It runs already: it goes on, and a file is tried again with every line. */
	if (r < 0)
		warn_add(m->rt.warn, "the log of container \"%s\" can't be opened: error %d", m->id,
			 -r);
	return 0;
}

/* Nobody is heard any more. */
static void deaf(struct monitor *m)
{
	if (m->clients.listening >= 0)
		unlinkat(m->dir, MONITOR_SOCKET, 0);
	clients_close(&m->clients);
}

/* Tells how the start went to whoever waits for that. */
static void tell(const struct monitor *m, int report, int r, const struct error *err)
{
	struct monitor_report out = {
		.result = r, .version = MONITOR_REPORT_VERSION, .error = *err};

	if (fd_write_all(report, &out, sizeof(out)) == 0 && m->rt.warn)
		fd_write_all(report, m->rt.warn->lines.s, m->rt.warn->lines.len);
	if (m->rt.warn)
		warn_free(m->rt.warn);
	close(report);
}

int monitor_run(const struct runtime *rt, const char *id, int report)
{
	static struct monitor m = {
		.dir = -1, .pidfd = -1, .stream = {-1, -1}, .input = -1, .clients.listening = -1};
	struct error err = ERROR_INIT;
	int r;

	m.rt = *rt;
	m.id = id;
	/* Warnings go through the pipe. */
	if (rt->warn)
		rt->warn->print = NULL;
	r = begin(&m, &err);
	if (r < 0)
		deaf(&m);
	tell(&m, report, r, &err);
	if (r < 0)
		return r;
	live_on(&m);
	if (m.settings.rm) {
		container_delete(&m.rt, id, true, NULL);
		volume_container_remove(m.rt.data, id, NULL);
	}
	deaf(&m);
	cri_log_close(&m.log);
	return 0;
}
