/* SPDX-License-Identifier: Apache-2.0 */
/* The end of containers: stop, wait. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "cgroups/cgroup.h"
#include "engine/clients.h"
#include "engine/containers.h"
#include "engine/life.h"
#include "engine/monitor.h"
#include "engine/outcome.h"
#include "engine/run.h"
#include "engine/settings.h"
#include "engine/sight.h"

#define KILL_WAIT_MS 10000
#define MONITOR_STEP_MS	 100
#define MONITOR_STEPS	 300

/* ---- What is known of it --------------------------------------------------------------------- */

int engine_status(const struct runtime *rt, const char *id, const char **ret, struct error *err)
{
	_cleanup_(sight_close) struct sight s;
	int r = sight_open(&s, rt, id, err);

	if (r == 0)
		*ret = s.live.status;
	return r;
}

int engine_is_stopped(const struct runtime *rt, const char *id)
{
	const char *status = "";
	int r = engine_status(rt, id, &status, NULL);

	return r < 0 ? r : streq(status, "stopped");
}

int64_t engine_pid(const struct runtime *rt, const char *id)
{
	_cleanup_(sight_close) struct sight s;

	return sight_open(&s, rt, id, NULL) < 0 ? 0 : s.state->pid;
}

bool engine_oom(const struct runtime *rt, const char *id)
{
	_cleanup_(sight_close) struct sight s;
	struct cgroup_oom oom = {0};
	_cleanup_fd_ int fd = -1;

	if (sight_open(&s, rt, id, NULL) < 0 || !s.state->record.cgroup)
		return false;
	fd = live_take_cgroup(&s.live, s.state, NULL);
	if (fd < 0)
		return false;
	cgroup_oom_read(fd, &oom);
	return oom.kills > 0;
}

/* The container's directory; -1: it has none here. */
static int directory(const struct runtime *rt, const char *id)
{
	return containers_has(rt->data, id, rt->root) ? containers_open(rt->data, id) : -1;
}

static int settings_of(const struct runtime *rt, const char *id, struct settings *ret,
		       struct error *err)
{
	_cleanup_(sight_close) struct sight s;
	const struct config *c;
	int r = sight_open(&s, rt, id, err);

	if (r == 0) {
		settings_read(&s.state->annotations, ret);
	} else if (r == -ENOENT && containers_has(rt->data, id, rt->root)) {
		*err = (struct error)ERROR_INIT;
		r = containers_read_config(rt->data, id, &s.arena, &c, err);
		if (r == 0)
			settings_read(&c->annotations, ret);
	}
	ret->name = ret->image = NULL;
	return r;
}

/* ---- stop ------------------------------------------------------------------------------------ */

/* Whether the process behind pidfd has ended within this time. */
static bool ends_within(int pidfd, int64_t ms)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int r;

	do
		r = poll(&p, 1, ms < 0 ? -1 : ms > INT32_MAX ? INT32_MAX : (int)ms);
	while (r < 0 && errno == EINTR);
	return r > 0;
}

/* Signal, patience, SIGKILL. 0, also when nothing runs. */
static int process_end(const struct runtime *rt, const char *id, int sig, int64_t timeout_ms,
		       struct error *err)
{
	_cleanup_(sight_close) struct sight s;

	if (sight_open(&s, rt, id, NULL) < 0 || s.live.pidfd < 0)
		return 0;
	if (sys_pidfd_send_signal(s.live.pidfd, sig) < 0 && errno != ESRCH)
		return error_set(err, errno, "send signal %d to container \"%s\"", sig, id);
	if (ends_within(s.live.pidfd, timeout_ms))
		return 0;
	/* With all that is in its cgroup, where the first process's end would not end them. */
	container_kill(rt, id, SIGKILL, false, NULL);
	if (!ends_within(s.live.pidfd, KILL_WAIT_MS))
		return error_say(err, EBUSY, "container \"%s\" does not end on SIGKILL", id);
	return 0;
}

static void mark(int dir)
{
	fd_close(openat(dir, MONITOR_MARK, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
}

/* A start that was under way may have made another process meanwhile: until there is no monitor. */
int engine_halt(const struct runtime *rt, const char *id, int sig, int64_t timeout_ms,
		struct error *err)
{
	_cleanup_fd_ int dir = directory(rt, id);
	int i, r;

	for (i = 0; i < MONITOR_STEPS; i++) {
		_cleanup_fd_ int monitor = -1;

		if (dir >= 0) {
			mark(dir);
			monitor = monitor_find(dir);
		}
		r = process_end(rt, id, sig, timeout_ms, err);
		if (r < 0 || monitor < 0)
			return r;
		sys_pidfd_send_signal(monitor, SIGUSR1);
		ends_within(monitor, MONITOR_STEP_MS);
	}
	return error_say(err, EBUSY, "the monitor of container \"%s\" does not end", id);
}

int engine_stop(const struct runtime *rt, const char *id, const int64_t *seconds,
		struct error *err)
{
	struct settings settings;
	int64_t s;
	int r = settings_of(rt, id, &settings, err);

	if (r < 0)
		return r;
	s = seconds ? *seconds : settings.stop_timeout;
	return engine_halt(rt, id, settings.stop_signal, s < 0 ? -1 : 1000 * s, err);
}

int engine_restart(const struct runtime *rt, const char *id, const int64_t *seconds,
		   struct error *err)
{
	int r = engine_is_stopped(rt, id);

	/* Nobody's container is ended that can't be brought back. */
	if (r >= 0 && !containers_has(rt->data, id, rt->root))
		return error_say(err, EINVAL,
				 "container \"%s\" was not made by \"hoy run\": it can't be started again",
				 id);
	r = engine_stop(rt, id, seconds, err);
	return r < 0 ? r : engine_start(rt, id, -1 /* nobody attaches */, err);
}

int engine_kill(const struct runtime *rt, const char *id, int sig, bool all, struct error *err)
{
	_cleanup_fd_ int dir = directory(rt, id);
	struct error none = ERROR_INIT;
	struct settings settings;

	if (dir >= 0 && engine_is_stopped(rt, id) == 0 && settings_of(rt, id, &settings, &none) == 0 &&
	    (sig == SIGKILL || sig == settings.stop_signal))
		mark(dir);
	return container_kill(rt, id, sig, all, err);
}

/* ---- wait ------------------------------------------------------------------------------------ */

/* The monitor tells. 0, or negative: there is none, or it said nothing. */
static int ask_monitor(int dir, int *status)
{
	_cleanup_fd_ int fd = clients_connect(dir, MONITOR_SOCKET, CLIENT_WAITS);
	struct client_end end;
	ssize_t n;

	if (fd < 0)
		return fd;
	do
		n = recv(fd, &end, sizeof(end), 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(end) || end.mark != CLIENT_END)
		return -ECONNRESET;
	*status = end.status;
	return 0;
}

/* Nobody to ask: until its process has ended, and whoever made it, who may be waiting for it. */
static int wait_process(const struct sight *s, struct error *err)
{
	_cleanup_fd_ int creator = -1;
	uint64_t began;

	if (s->state->record.creator_pid > 0)
		creator = sys_pidfd_open((pid_t)s->state->record.creator_pid, 0);
	if (creator >= 0 && (record_start_time(s->state->record.creator_pid, &began) < 0 ||
			     began != s->state->record.creator_start_time))
		creator = fd_close(creator);
	if (streq(s->live.status, "creating") || streq(s->live.status, "created"))
		return error_say(err, EINVAL, "container \"%s\" is %s: it was not started yet",
				 s->record.id, s->live.status);
	if (s->live.pidfd >= 0)
		ends_within(s->live.pidfd, -1);
	if (creator >= 0)
		ends_within(creator, -1);
	return 0;
}

int engine_wait(const struct runtime *rt, const char *id, int *status, struct error *err)
{
	_cleanup_fd_ int dir = directory(rt, id);
	_cleanup_(sight_close) struct sight s;
	struct outcome o;
	int r;

	if (dir >= 0 && ask_monitor(dir, status) == 0) {
		s = (struct sight){.record = RECORD_INIT, .live = LIVE_INIT};
		return 0;
	}
	r = sight_open(&s, rt, id, err);
	if (r == -ENOENT && dir >= 0)
		*err = (struct error)ERROR_INIT;
	else if (r == 0)
		r = wait_process(&s, err);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == -ENOENT && dir < 0)
		return r;
	r = dir < 0 ? -ENOENT : outcome_read(dir, &s.arena, &o);
	if (r < 0 || (s.state && o.pid != s.state->pid)) {
		error_hint(err, "only who waited for it knows: its monitor, or hoy run");
		return error_say(err, ENODATA, "how container \"%s\" ended is not known", id);
	}
	*status = (int)o.status;
	return 0;
}
