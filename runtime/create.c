/* SPDX-License-Identifier: Apache-2.0 */
/*
 * create and run. The order of what lasts, so that a kill at any moment leaves something that
 * `delete --force` can take away (security.md, R16):
 *
 *   claim	mkdir ROOT/ID, locked. Alone it is a torn container, which only `delete --force` takes.
 *   begin	cgroup, clone. The cgroup carries root and ID, so it is found without a record. If hoy
 *		dies now, the walker sees the end of its socket and exits.
 *   record	"creating", with the cgroup's path and who is at work; then the lock is released: who
 *		finds no record waits for it (record_read). Written while the walker works, as is the
 *   plan.
 *   record	"created" or "running", with the pid.
 *   pid file	last: whoever waits for it finds everything else.
 */
#include "runtime/create.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "cgroups/cgroup.h"
#include "runtime/hooks.h"
#include "runtime/notify.h"
#include "runtime/parent.h"
#include "runtime/record.h"
#include "runtime/seccomp_cache.h"
#include "runtime/signals.h"
#include "runtime/terminal.h"

/* A container in the making. */
struct making {
	const struct runtime *rt;
	const struct create_options *opt;
	struct arena arena;
	struct bundle bundle;
	struct plan plan;
	struct parent parent;
	struct record record;
	struct state state;
	struct notify notify;
	struct oom_watch oom;
	bool claimed, begun;
	bool foreground; /* hoy waits for the end */
};

static void making_free(struct making *m)
{
	oom_watch_close(&m->oom);
	if (m->plan.buf)
		parent_close(&m->parent);
	notify_close(&m->notify);
	plan_drop(&m->plan);
	text_free(&m->bundle.text);
	record_close(&m->record);
	arena_free(&m->arena);
}

/* Takes cgroup and record away, unless `delete --force` was faster: then both names may belong to a
 * new container already, and the poststop hooks have run. Runs them where that is left to do. */
static int making_remove(struct making *m, struct error *err)
{
	int r;

	if (m->claimed && record_lock(&m->record, NULL) < 0)
		return 0;
	r = m->claimed ? parent_remove_cgroup(&m->parent, err) : 0;
	if (r == 0 && m->claimed)
		r = record_remove(&m->record, err);
	if (m->begun)
		hooks_run(m->plan.buf, "poststop", 0, m->rt->warn, NULL);
	return r;
}

/* Takes everything back. The error that is reported is the one that led here. */
static void making_undo(struct making *m)
{
	if (m->begun)
		parent_kill(&m->parent);
	making_remove(m, NULL);
}

static void state_begin(struct making *m)
{
	const struct hooks *h = &m->bundle.config->hooks;
	const struct namespaces *ns = &m->bundle.config->linux_conf->namespaces;
	struct stat st;
	size_t i;

	m->state = (struct state){
		.oci_version = STATE_OCI_VERSION,
		.id = m->opt->id,
		.status = "creating",
		.bundle = m->bundle.path,
		.rootfs = m->bundle.rootfs,
		.created = time_now(&m->arena),
		/* No look-up of names: that would load foreign code (security.md, R6). */
		.owner = geteuid() == 0 ? "root" : arena_printf(&m->arena, "%u", geteuid()),
		.annotations = m->bundle.config->annotations,
		.record = {
			.version = STATE_RECORD_VERSION,
			.cgroup = m->parent.cgroup_path,
			.unit = m->bundle.scope ? m->bundle.scope->unit : NULL,
			.user_unit = m->bundle.scope && m->bundle.scope->user,
			.boot_id = record_boot_id(&m->arena),
			.creator_pid = getpid(),
			.has_hooks = h->poststop.n > 0 || h->poststart.n > 0,
		},
	};
	for (i = 0; i < ns->n; i++)
		m->state.record.own_pid_namespace |=
			streq(ns->v[i].type, "pid") && !ns->v[i].path;
	record_start_time(getpid(), &m->state.record.creator_start_time);
	if (m->parent.cgroup_fd >= 0 && fstat(m->parent.cgroup_fd, &st) == 0)
		m->state.record.cgroup_inode = st.st_ino;
}

/* The directory for notifications, and unless that is left to `start` the socket in it. */
static int making_notify(struct making *m, enum plan_kind kind, struct error *err)
{
	int r = m->bundle.notify ? notify_make_dir(&m->record, err) : 0;

	if (r == 0 && m->bundle.notify && kind != PLAN_CREATE)
		r = notify_listen(&m->notify, &m->record, err);
	return r;
}

/* Everything up to the clone. */
static int making_begin(struct making *m, enum plan_kind kind, struct error *err)
{
	struct cgroup_root cgroups = {.fd = -1, .path = "/sys/fs/cgroup"};
	int r;

	m->record = (struct record)RECORD_INIT;
	m->notify = (struct notify)NOTIFY_NONE;
	r = container_id_check(m->opt->id, err);
	if (r == 0)
		r = bundle_read(m->rt, m->opt, &m->arena, &m->bundle, err);
	if (r == 0)
		r = terminal_check(m->bundle.config->process && m->bundle.config->process->terminal,
				   m->opt->console_socket, !m->foreground && !m->opt->terminal, err);
	if (r == 0)
		r = bundle_filter(m->rt->root, &m->arena, &m->bundle, err);
	if (r == 0 && bundle_notifies(m->rt, &m->bundle))
		notify_connect(m->rt->notify_socket, m->rt->warn, &m->notify);
	m->bundle.notify = m->notify.manager >= 0;
	if (r == 0 && (m->bundle.cgroup || m->bundle.scope))
		r = cgroup_root_open(&cgroups, &m->arena, err);
	if (r == 0)
		r = bundle_compile(m->rt, m->opt, &m->bundle, kind, cgroups.path, caps_permitted(),
				   &m->arena, &m->plan, err);
	if (r < 0) {
		fd_close(cgroups.fd);
		return r;
	}
	((struct plan_header *)m->plan.buf)->fail_op = m->rt->fail_op;
	parent_init(&m->parent, &m->plan, &m->arena);
	m->parent.cgroups = cgroups;
	m->parent.scope = m->bundle.scope;
	m->parent.state_root = m->rt->root;
	m->parent.id = m->opt->id;
	m->parent.root_mount = m->opt->root_mount;
	m->parent.preserve_fds = m->opt->preserve_fds + m->rt->listen_fds;
	r = parent_connect(&m->parent, m->opt->console_socket, m->opt->pidfd_socket, err);
	if (r < 0)
		return r;
	r = record_claim(m->rt->root, m->opt->id, &m->record, err);
	if (r < 0)
		return r;
	m->claimed = true;
	r = making_notify(m, kind, err);
	if (r < 0)
		return r;
	if (kind == PLAN_CREATE) {
		r = record_socket_bind(&m->record, err);
		if (r < 0)
			return r;
		m->parent.slots[SLOT_LISTEN] = r;
	}
	m->begun = true;
	return parent_begin(&m->parent, err);
}

/* What is written down while the walker is at work. */
static int making_record(struct making *m, struct error *err)
{
	int r;

	state_begin(m);
	r = record_write(&m->record, &m->state, err);
	/* From here on others may look at it, and `delete --force` may end it. */
	record_unlock(&m->record);
	if (r == 0)
		r = record_store_plan(&m->record, &m->plan, err);
	/* Without the cache the next start compiles it again. */
	if (m->bundle.seccomp_new)
		seccomp_cache_put(m->record.root, m->bundle.config->linux_conf->seccomp,
				  m->bundle.seccomp);
	if (r < 0)
		return r;
	r = record_start_time(m->parent.child.pid, &m->state.record.start_time);
	/* It has died already; the messages tell why. */
	if (r == -ESRCH)
		return 0;
	return r < 0 ? error_set(err, -r, "look at the container's process") : 0;
}

/* The rest, to the end of the plan or READY; status is what the record then says. */
static int making_finish(struct making *m, const char *status, struct error *err)
{
	int r;

	r = parent_follow(&m->parent, err);
	if (r == 0)
		r = making_record(m, err);
	if (r == 0)
		r = parent_continue(&m->parent, err);
	if (r < 0)
		return r;
	m->state.status = status;
	m->state.pid = m->parent.child.pid;
	r = record_write(&m->record, &m->state, err);
	if (r == 0)
		r = parent_send_pidfd(&m->parent, err);
	if (r == 0 && m->opt->pid_file)
		r = pid_file_write(m->opt->pid_file, m->parent.child.pid, err);
	return r;
}

/* To a caller that stays. */
static void making_hand_over(struct making *m)
{
	if (m->opt->pidfd)
		*m->opt->pidfd = fd_take(&m->parent.child.pidfd);
	if (m->opt->terminal)
		*m->opt->terminal = fd_take(&m->parent.terminal);
}

static int make(const struct runtime *rt, const struct create_options *opt, enum plan_kind kind,
		struct error *err)
{
	struct making m = {.rt = rt, .opt = opt, .oom = OOM_WATCH_NONE};
	int r = making_begin(&m, kind, err);

	if (r == 0)
		r = making_finish(&m, kind == PLAN_CREATE ? "created" : "running", err);
	if (r < 0) {
		making_undo(&m);
	} else if (m.notify.socket >= 0) {
		warn_flush(rt->warn);
		notify_wait(&m.notify, m.parent.child.pidfd, m.parent.child.pid);
	}
	if (r == 0)
		making_hand_over(&m);
	making_free(&m);
	return r;
}

int container_create(const struct runtime *rt, const struct create_options *opt,
		     struct error *err)
{
	return make(rt, opt, PLAN_CREATE, err);
}

int container_run_detached(const struct runtime *rt, const struct create_options *opt,
			   struct error *err)
{
	return make(rt, opt, PLAN_RUN, err);
}

/* An exit status of 137 alone doesn't say who sent the signal. */
static void making_oom(struct making *m, int status)
{
	struct cgroup_oom oom = {0};
	char limit[96] = "memory.max is unlimited; the machine had no more, or a cgroup above";

	if (status == 128 + SIGKILL)
		oom_watch_read(&m->oom, &oom);
	if (!oom.kills)
		return;
	if (oom.max)
		snprintf(limit, sizeof(limit), "memory.max %llu bytes, peak %llu", oom.max, oom.peak);
	warn_add(m->rt->warn, "container \"%s\" ran out of memory: %llu of its processes %s killed (%s)",
		 m->opt->id, oom.kills, oom.kills == 1 ? "was" : "were", limit);
}

/* The process has ended: what delete does, with everything still at hand. */
static int making_destroy(struct making *m, struct error *err)
{
	return m->opt->keep ? 0 : making_remove(m, err);
}

int container_run(const struct runtime *rt, const struct create_options *opt, int *status,
		  struct error *err)
{
	struct making m = {.rt = rt, .opt = opt, .foreground = true, .oom = OOM_WATCH_NONE};
	_cleanup_fd_ int signals = signals_catch(err);
	int r;

	if (signals < 0)
		return signals;
	r = making_begin(&m, PLAN_RUN, err);
	if (r == 0)
		r = making_finish(&m, "running", err);
	warn_flush(rt->warn);
	if (r == 0)
		oom_watch_open(&m.oom, m.parent.cgroup_fd, rt->manager == MANAGER_SYSTEMD);
	if (r == 0)
		r = m.parent.terminal >= 0
			    ? terminal_wait(m.parent.terminal, signals, m.parent.child.pidfd,
					    &m.notify, &m.oom, err)
			    : signals_wait(signals, m.parent.child.pidfd, &m.notify, &m.oom, err);
	if (r < 0) {
		making_undo(&m);
	} else {
		*status = r;
		making_oom(&m, r);
		r = making_destroy(&m, err);
	}
	making_free(&m);
	return r;
}
