/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec: one more process in a running container.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "runtime/compile_exec.h"
#include "runtime/create.h"
#include "runtime/live.h"
#include "runtime/parent.h"
#include "runtime/signals.h"
#include "runtime/terminal.h"

#define PROCESS_MAX (16u << 20)
#define END_WAIT_MS  1000
#define GONE_WAIT_MS 200

struct execing {
	const struct runtime *rt;
	const struct exec_options *opt;
	struct arena arena;
	struct record record;
	const struct state *state;
	struct plan base, plan;
	struct parent parent;
	struct text process;
	uint64_t join;
	struct live live; /* the container that is entered */
	bool begun;
};

static int process_document(struct execing *e, const struct process **ret, struct error *err)
{
	const char *file = e->opt->process_file;
	int r = file_read_at(AT_FDCWD, file, PROCESS_MAX, &e->process);

	if (r < 0) {
		error_step(err, "read %s", file);
		if (r == -EINVAL)
			return error_say(err, EINVAL, "not a regular file");
		if (r == -EFBIG)
			return error_say(err, EFBIG, "larger than %u MiB", PROCESS_MAX >> 20);
		return error_set(err, -r, "%s", "");
	}
	r = process_parse(e->process.s, e->process.len, "process.json", &e->arena, e->rt->warn, ret,
			  err);
	if (r == 0 && (*ret)->args.n == 0)
		r = error_at(err, "args", "is required");
	return r;
}

static int find(struct execing *e, struct error *err)
{
	int r = container_id_check(e->opt->id, err);

	if (r == 0)
		r = record_open(e->rt->root, e->opt->id, &e->record, err);
	if (r == 0)
		r = record_read(&e->record, &e->arena, &e->state, err);
	if (r < 0)
		return r;
	live_look(&e->record, e->state, &e->live);
	if (streq(e->live.status, "paused") && !e->opt->ignore_paused) {
		error_hint(err, "hoy resume %s, or --ignore-paused", e->opt->id);
		return error_say(err, EBUSY, "container \"%s\" is paused", e->opt->id);
	}
	if (e->live.pidfd < 0)
		return error_say(err, ESRCH, "container \"%s\" is %s: container not running",
				 e->opt->id, e->live.status);
	return record_load_plan(&e->record, &e->base, err);
}

static int compile(struct execing *e, struct error *err)
{
	struct exec_env env = {
		.opt = e->opt,
		.caps_available = caps_permitted(),
		.warn = e->rt->warn,
		.arena = &e->arena,
	};
	int r = 0;
	bool tty;

	if (e->opt->process_file)
		r = process_document(e, &env.given, err);
	if (r < 0)
		return r;
	tty = env.given ? env.given->terminal : e->opt->tty;
	r = terminal_check(tty, e->opt->console_socket, e->opt->detach, err);
	if (r == 0 && tty && !e->opt->console_socket)
		terminal_size(&env.console_width, &env.console_height);
	if (r == 0)
		r = compile_exec(&env, e->base.buf, &e->plan, &e->join, err);
	return r;
}

/* The container's cgroup, or the one below it that was asked for. Descriptor or negative errno. */
static int cgroup_take(struct execing *e, struct error *err)
{
	const char *path = e->opt->cgroup;
	int fd = live_take_cgroup(&e->live, e->state, err), below;

	if (fd < 0 || !path) {
		e->parent.first_pid = e->state->pid;
		return fd;
	}
	below = sys_openat2(fd, path[strspn(path, "/")] ? path + strspn(path, "/") : ".",
			    O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0,
			    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	below = below < 0 ? -errno : below;
	fd_close(fd);
	if (below < 0) {
		error_step(err, "--cgroup %s: open it below %s", path, e->state->record.cgroup);
		/* Not -ENOENT, by which the caller knows that the container has ended. */
		return error_set(err, -below, "%s", "") == -ENOENT ? -EINVAL : below;
	}
	return below;
}

static int begin(struct execing *e, struct error *err)
{
	int r = 0;

	((struct plan_header *)e->plan.buf)->fail_op = e->rt->fail_op;
	parent_init(&e->parent, &e->plan, &e->arena);
	e->begun = true;
	e->parent.preserve_fds = e->opt->preserve_fds;
	e->parent.join.last = true;
	if (e->join & CLONE_NEWPID)
		join_add(&e->parent.join, CLONE_NEWPID, fcntl(e->live.pidfd, F_DUPFD_CLOEXEC, 0));
	e->parent.slots[SLOT_TARGET] = fd_take(&e->live.pidfd);
	if (e->opt->cgroup && !e->state->record.cgroup)
		return error_say(err, ENOTSUP, "--cgroup: container \"%s\" has no cgroup of its own",
				 e->opt->id);
	if (e->state->record.cgroup) {
		r = e->parent.cgroup_fd = cgroup_take(e, err);
		/* Where there is no cgroup any more, there is no process in it. */
		r = r == -ENOENT ? -ESRCH : r < 0 ? r : 0;
	}
	if (r == 0)
		r = parent_connect(&e->parent, e->opt->console_socket, e->opt->pidfd_socket, err);
	if (r == 0)
		r = parent_begin(&e->parent, err);
	if (r == 0)
		r = parent_continue(&e->parent, err);
	if (r == 0)
		r = parent_send_pidfd(&e->parent, err);
	if (r == 0 && e->opt->pid_file)
		r = pid_file_write(e->opt->pid_file, e->parent.child.pid, err);
	return r;
}

static void execing_free(struct execing *e)
{
	if (e->begun)
		parent_close(&e->parent);
	plan_drop(&e->plan);
	plan_drop(&e->base);
	text_free(&e->process);
	record_close(&e->record);
	live_close(&e->live);
	arena_free(&e->arena);
}

/* Its first process has ended, or is about to: a pid namespace takes in nobody (ENOMEM) before its
 * end can be seen. */
static bool has_ended(const struct execing *e, int wait_ms)
{
	struct pollfd p = {.events = POLLIN};
	struct live live;
	bool ended;

	live_look(&e->record, e->state, &live);
	ended = streq(live.status, "stopped");
	p.fd = live.pidfd;
	if (!ended && wait_ms && p.fd >= 0)
		ended = poll(&p, 1, wait_ms) > 0;
	live_close(&live);
	return ended;
}

/* Where the container has ended while its new process was being made, that is the reason, and not
 * what the kernel said last. ESRCH: it has left its namespaces, though it may not look dead yet.
 * ENODEV, and of the clone ENOENT: its cgroup has been removed, or is about to be. */
static int ended_meanwhile(struct execing *e, int r, bool born, struct error *err)
{
	bool dead = r == -ESRCH || ((r == -EIO || r == -ENODEV) && has_ended(e, 0)) ||
		    (r == -ENOENT && !born && has_ended(e, GONE_WAIT_MS)) ||
		    (r == -ENOMEM && has_ended(e, END_WAIT_MS));

	if (!dead)
		return r;
	if (err)
		*err = (struct error)ERROR_INIT;
	return error_say(err, ESRCH, "container \"%s\" is stopped: container not running",
			 e->opt->id);
}

int container_exec(const struct runtime *rt, const struct exec_options *opt, int *status,
		   struct error *err)
{
	struct execing e = {.rt = rt, .opt = opt, .record = RECORD_INIT, .live = LIVE_INIT};
	const struct notify none = NOTIFY_NONE;
	struct oom_watch oom = OOM_WATCH_NONE;
	_cleanup_fd_ int signals = -1;
	bool born;
	int r = find(&e, err);

	if (r == 0)
		r = compile(&e, err);
	if (r == 0 && !opt->detach) {
		r = signals = signals_catch(err);
		r = r < 0 ? r : 0;
	}
	if (r == 0)
		r = begin(&e, err);
	if (r < 0 && e.begun) {
		born = e.parent.child.pidfd >= 0;
		parent_kill(&e.parent);
		r = ended_meanwhile(&e, r, born, err);
	}
	*status = 0;
	warn_flush(rt->warn);
	if (r == 0 && !opt->detach) {
		r = e.parent.terminal >= 0
			    ? terminal_wait(e.parent.terminal, signals, e.parent.child.pidfd,
					    &none, &oom, err)
			    : signals_wait(signals, e.parent.child.pidfd, &none, &oom, err);
		if (r >= 0) {
			*status = r;
			r = 0;
		}
	}
	execing_free(&e);
	return r;
}
