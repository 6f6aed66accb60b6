/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor's own life: start, follow, ended, and again if the policy says so. Everything that grows
 * with the container (its configuration, plan and filter) is freed when start() returns; what is held
 * while it runs is this file's one static struct, and the relay if it publishes ports.
 */
#include "engine/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/number.h"
#include "base/sys.h"
#include "engine/clients.h"
#include "engine/containers.h"
#include "engine/life.h"
#include "engine/network.h"
#include "engine/outcome.h"
#include "engine/publish.h"
#include "engine/relay.h"
#include "engine/run.h"
#include "engine/settings.h"
#include "engine/streams.h"
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
	struct settings settings; /* its strings are not kept */
	struct streams streams;
	struct clients clients;
	struct relay *
		relay; /* of its ports, which are ours from the first start to the end; NULL: none */
	bool ending;   /* the machine goes down, or so it seems: no restart */
	unsigned restarts;
	int64_t pid;
	int status;
	char started[WHEN_STAMP_SIZE];
};

static void stamp_now(char buf[WHEN_STAMP_SIZE])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	when_stamp(&now, buf);
}

/* ---- Start ----------------------------------------------------------------------------------- */

/* config.json, and the settings in it. */
static int config_look(struct monitor *m, struct arena *a, const struct config **ret,
		       struct error *err)
{
	int r = containers_read_config(m->rt.data, m->id, a, ret, err);

	if (r < 0)
		return r;
	settings_read(&(*ret)->annotations, &m->settings);
	m->settings.name = m->settings.image = NULL;
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

static int make(struct monitor *m, const int ends[3], int netns, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	int master = -1, i, r;
	const struct create_options create = {
		.id = m->id,
		.bundle = containers_path(m->rt.data, m->id, &a),
		.pidfd = &m->pidfd,
		.terminal = &master,
		.netns = netns,
		.columns = m->streams.input.columns,
		.rows = m->streams.input.rows,
	};

	for (i = 0; i < 3; i++)
		dup2(ends[i], i);
	r = container_run_detached(&m->rt, &create, err);
	for (i = 0; i < 3; i++)
		dup2(m->null, i);
	if (r == 0 && m->streams.terminal)
		streams_take_terminal(&m->streams, master);
	return r;
}

/* With streams, in a network namespace that was made for it (0: in none). */
static int start_in(struct monitor *m, bool terminal, int netns, struct error *err)
{
	int ends[3], r, i;

	r = streams_make(&m->streams, terminal, m->settings.stdin_open, m->null, ends);
	if (r < 0)
		return error_set(err, -r, "make the container's streams");
	stamp_now(m->started);
	r = make(m, ends, netns, err);
	for (i = 0; i < 3; i++)
		close(ends[i]);
	if (r < 0)
		streams_close(&m->streams);
	return r;
}

static int start(struct monitor *m, struct error *err)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	const struct config *c;
	struct net_wants wants;
	int netns = 0, r = config_look(m, &a, &c, err);

	if (r == 0)
		r = state_clear(m, err);
	if (r == 0)
		network_read(&c->annotations, &a, &wants);
	if (r == 0)
		r = publish_open(m->rt.data, m->dir, &wants.ports, &m->relay, err);
	if (r == 0)
		r = network_attach(&m->rt, m->id, c, &wants, &netns, err);
	if (r < 0)
		return r;
	r = start_in(m, c->process && c->process->terminal, netns, err);
	if (netns)
		close(netns);
	if (r < 0) {
		network_release(m->rt.data, m->id);
		return r;
	}
	m->pid = engine_pid(&m->rt, m->id);
	publish_start(m->rt.data, m->id, &wants, m->relay);
	/* Only the first has a service manager that waits. */
	m->rt.notify_socket = NULL;
	return 0;
}

/* ---- Follow ---------------------------------------------------------------------------------- */

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

enum {
	POLL_SIGNALS,
	POLL_PROCESS,
	POLL_RELAY,
	POLL_STREAMS,
	POLL_CLIENTS = POLL_STREAMS + STREAMS_POLLS
};

/* Waits for something, at most so long (-1: without end), and sees to it. Whether the process has
 * ended. */
static bool serve(struct monitor *m, int timeout_ms)
{
	struct pollfd fds[POLL_CLIENTS + CLIENTS_POLLS] = {
		[POLL_SIGNALS] = {.fd = m->signals, .events = POLLIN},
		[POLL_PROCESS] = {.fd = m->pidfd, .events = POLLIN},
		[POLL_RELAY] = {.fd = relay_fd(m->relay), .events = POLLIN},
	};

	streams_poll(&m->streams, fds + POLL_STREAMS);
	clients_poll(&m->clients, &m->streams.input, fds + POLL_CLIENTS);
	timeout_ms = relay_patience(m->relay, clients_patience(&m->clients, timeout_ms));
	if (poll(fds, sizeof(fds) / sizeof(fds[0]), timeout_ms) < 0)
		return false;
	if (fds[POLL_SIGNALS].revents)
		hear_signals(m);
	streams_serve(&m->streams, fds + POLL_STREAMS);
	clients_serve(&m->clients, &m->streams.input, fds + POLL_CLIENTS);
	relay_serve(m->relay);
	return fds[POLL_PROCESS].revents != 0;
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

static void tell_clients(struct monitor *m)
{
	clients_tell(&m->clients, &m->streams.input, m->status);
}

static bool starts_again(const struct monitor *m)
{
	return !m->ending && !by_hand(m) &&
	       restart_wanted(&m->settings.restart, m->status, m->restarts);
}

/* Its process has ended: everything is written down, and its ports are free unless it starts again, before
 * anybody is told. */
static void ended(struct monitor *m)
{
	siginfo_t info = {0};

	while (waitid(P_PIDFD, (id_t)m->pidfd, &info, WEXITED) < 0 && errno == EINTR)
		;
	m->pidfd = fd_close(m->pidfd);
	m->status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	streams_drain(&m->streams);
	relay_stop(m->relay);
	if (!starts_again(m)) {
		relay_close(m->relay);
		m->relay = NULL;
	}
	outcome_put(m, m->status == 128 + SIGKILL && engine_oom(&m->rt, m->id), NULL);
	/* With --rm they hear of it when nothing is left: who has waited may take its name at once. */
	if (!m->settings.rm)
		tell_clients(m);
}

/* Once more after a while. Whether it is to be. */
static bool pause_for(struct monitor *m, unsigned ms)
{
	int64_t end = now_ms() + ms, left;

	while (!m->ending && !by_hand(m) && (left = end - now_ms()) > 0) {
		serve(m, (int)left);
		/* It does not run: who wants to know how it ended need not wait. */
		tell_clients(m);
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
		if (!starts_again(m))
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

/* client: who attaches before it runs; -1: nobody. */
static int begin(struct monitor *m, int client, struct error *err)
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
	if (client >= 0)
		clients_adopt(&m->clients, client);
	/* The terminal has its size from the first. */
	clients_hear(&m->clients, &m->streams.input);
	r = start(m, err);
	if (r < 0)
		return r;
	r = cri_log_open(&m->streams.log, m->settings.log ? m->dir : -1, m->settings.log_size,
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
	struct monitor_report out = {.result = r, .version = MONITOR_REPORT_VERSION, .error = *err};

	if (fd_write_all(report, &out, sizeof(out)) == 0 && m->rt.warn)
		fd_write_all(report, m->rt.warn->lines.s, m->rt.warn->lines.len);
	if (m->rt.warn)
		warn_free(m->rt.warn);
	close(report);
}

int monitor_run(const struct runtime *rt, const char *id, int report, int client)
{
	static struct monitor m = {
		.dir = -1, .pidfd = -1, .streams = STREAMS_INIT, .clients.listening = -1};
	struct error err = ERROR_INIT;
	int r;

	m.rt = *rt;
	m.id = id;
	m.streams.clients = &m.clients;
	/* Warnings go through the pipe. */
	if (rt->warn)
		rt->warn->print = NULL;
	r = begin(&m, client, &err);
	if (r < 0)
		deaf(&m);
	tell(&m, report, r, &err);
	if (r < 0)
		return r;
	live_on(&m);
	relay_close(m.relay);
	network_release(m.rt.data, id);
	if (m.settings.rm) {
		container_delete(&m.rt, id, true, NULL);
		volume_container_remove(m.rt.data, id, NULL);
		tell_clients(&m);
	}
	deaf(&m);
	cri_log_close(&m.streams.log);
	return 0;
}
