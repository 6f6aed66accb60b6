/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/parent_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/sys.h"
#include "plan/describe.h"
#include "plan/message.h"
#include "runtime/handover.h"
#include "runtime/hooks.h"

#define PROC_MAGIC	0x9fa0
#define PLAN_SEALS	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

#define STR(i) plan_string(p->plan->buf, op->arg[i])

void parent_init(struct parent *p, const struct plan *plan, struct arena *a)
{
	unsigned n = plan_header(plan->buf)->slots, i;

	*p = (struct parent){
		.plan = plan,
		.arena = a,
		.cgroups = {.fd = -1},
		.slots = arena_alloc(a, n * sizeof(int)),
		.cgroup_fd = -1,
		.placed = SCOPE_NONE,
		.join = JOIN_INIT,
		.child = {.pidfd = -1},
		.sock = -1,
		.console = -1,
		.pidfd_to = -1,
		.terminal = -1,
		.at = 1,
	};
	for (i = 0; i < n; i++)
		p->slots[i] = -1;
}

int parent_connect(struct parent *p, const char *console_socket, const char *pidfd_socket,
		   struct error *err)
{
	if (console_socket) {
		p->console = handover_connect(console_socket, "--console-socket", err);
		if (p->console < 0)
			return p->console;
	}
	if (pidfd_socket) {
		p->pidfd_to = handover_connect(pidfd_socket, "--pidfd-socket", err);
		if (p->pidfd_to < 0)
			return p->pidfd_to;
	}
	return 0;
}

int parent_send_pidfd(struct parent *p, struct error *err)
{
	return p->pidfd_to < 0 ? 0 : handover_send(p->pidfd_to, "pidfd", p->child.pidfd, err);
}

/* Gives an error the place that it happened at: document, field, and the operation in words. */
void parent_locate(struct parent *p, const struct plan_op *op, struct error *err)
{
	const char *field = plan_string(p->plan->buf, op->field);
	struct text words = TEXT_INIT;

	plan_describe(p->plan->buf, op, &words);
	if (field) {
		const char *doc = plan_string(p->plan->buf, plan_header(p->plan->buf)->doc);

		if (doc)
			error_doc(err, doc);
		error_field(err, "%s", field);
	}
	error_step(err, "%s", words.s);
	text_free(&words);
}

static int open_proc(struct parent *p, const struct plan_op *op, struct error *err)
{
	int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0)
		return error_set(err, errno, "%s", "");
	if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_MAGIC) {
		close(fd);
		return error_say(err, EINVAL, "/proc is not a procfs");
	}
	p->slots[op->arg[0]] = fd;
	return 0;
}

/* A sealed memfd with the plan: the walker maps it, nobody changes it. */
static int plan_memfd(const struct plan *plan)
{
	int fd = sys_memfd_create("hoy-plan", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL), r;

	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = sys_memfd_create("hoy-plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, plan->buf, plan->size);
	if (r == 0 && fcntl(fd, F_ADD_SEALS, PLAN_SEALS) < 0)
		r = -errno;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

/* In a new user namespace the child waits for the maps, and reads nothing else before them. */
static bool maps_first(const struct parent *p)
{
	const struct plan_header *h = plan_header(p->plan->buf);
	unsigned n;

	for (n = p->at; n <= h->ops; n++) {
		const struct plan_op *op = plan_op(p->plan->buf, n);

		if (op->code == OP_BARRIER && op->arg[0] == BARRIER_MAPS)
			return true;
	}
	return false;
}

static bool joins_pid_ns(const struct parent *p)
{
	unsigned i;

	for (i = 0; i < p->join.n; i++)
		if (p->join.v[i].flag == CLONE_NEWPID)
			return true;
	return false;
}

static int open_ns(struct parent *p, const struct plan_op *op, struct error *err)
{
	int fd = join_open(STR(1), STR(2), op->arg[3], STR(4), err);

	if (fd < 0)
		return fd;
	p->slots[op->arg[0]] = fd;
	/* slots are closed once they are sent: the joining needs one of its own. */
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return error_set(err, errno, "%s", "");
	join_add(&p->join, op->arg[3], fd);
	return 0;
}

/* hoy's environment is nobody's business in the container's pid namespace, but that of hooks that the
 * walker runs without one of their own: those get the caller's (as runc's). */
static char *const *walker_env(const struct plan *plan)
{
	static char *const none[] = {NULL};
	unsigned n;

	for (n = 1; n <= plan_header(plan->buf)->ops; n++) {
		const struct plan_op *op = plan_op(plan->buf, n);

		if (op->code == OP_HOOK && op->actor == ACTOR_WALKER && !op->arg[3])
			return environ;
	}
	return none;
}

static int clone_child(struct parent *p, const struct plan_op *op, struct error *err)
{
	_cleanup_fd_ int init = init_program(err), theirs = -1;
	struct child_spec spec = {
		.namespaces = op->arg[0] & ~(uint64_t)CLONE_NEWTIME,
		.cgroup = p->cgroup_fd,
		.init = init,
		.preserve_fds = p->preserve_fds,
		.joins = joins_pid_ns(p),
		.waits = maps_first(p),
		.env = walker_env(p->plan),
		.copied = (op->arg[0] & (CLONE_NEWUSER | CLONE_NEWTIME)) || join_user(&p->join) >= 0,
		.via = join_user(&p->join) >= 0 ? &p->join : NULL,
	};
	int pair[2], r, back;

	if (init < 0)
		return init;
	p->own_pid_ns = op->arg[0] & CLONE_NEWPID;
	r = plan_memfd(p->plan);
	if (r < 0)
		return error_set(err, -r, "make a sealed copy of the plan");
	p->slots[SLOT_PLAN] = r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(err, errno, "make a socket pair");
	p->sock = spec.parent_sock = pair[0];
	spec.sock = theirs = pair[1];
	/* Already in the socket when the walker looks. A child that waits for its maps reads only that
	 * before it is the walker: there everything else follows behind them. */
	if (!maps_first(p)) {
		r = parent_slots_send(p);
		if (r < 0)
			return error_set(err, -r, "send the plan to the child");
	}
	/* Others in that pid namespace must not look into the child, nor into what it shares. */
	if (spec.joins && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_set(err, errno, "become undumpable");
	r = spec.via ? 0 : join_enter(&p->join, err);
	if (r == 0)
		r = child_clone(&spec, &p->child, err);
	if (r == -EBUSY && p->first_pid && parent_cgroup_of_first(p)) {
		if (err)
			*err = (struct error)ERROR_INIT;
		spec.cgroup = p->cgroup_fd;
		r = child_clone(&spec, &p->child, err);
	}
	/* In a threaded part of the hierarchy, which nobody asks for on the way to a start. */
	if (r == -EOPNOTSUPP && p->cgroup_path &&
	    cgroup_become_threaded(&p->cgroups, p->cgroup_path) == 0) {
		if (err)
			*err = (struct error)ERROR_INIT;
		r = child_clone(&spec, &p->child, err);
	}
	back = join_leave(&p->join, r < 0 ? NULL : err);
	if (r == -EACCES && p->scope)
		error_hint(err, "begin in the same part of the hierarchy: systemd-run --user --scope hoy …");
	if (r < 0 || back < 0)
		return r < 0 ? r : back;
	r = spec.via ? parent_follow_via(p, err) : 0;
	scope_settle(&p->placed);
	return r;
}

static int proc_put(struct parent *p, const char *file, const char *value, struct error *err)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "%d/%s", (int)p->child.pid, file);
	r = file_put_at(p->slots[SLOT_PROC], path, value);
	return r < 0 ? error_set(err, -r, "%s", "") : 0;
}

static int write_map(struct parent *p, const struct plan_op *op, struct error *err)
{
	int r = proc_put(p, STR(0), STR(1), NULL);

	/* A user may map a group of his own once nobody in there can drop groups any more. */
	if (r == -EPERM && geteuid() != 0 && streq(STR(0), "gid_map") &&
	    proc_put(p, "setgroups", "deny", NULL) == 0)
		r = proc_put(p, STR(0), STR(1), NULL);
	if (r < 0)
		error_set(err, -r, "%s", "");
	if (r == -EPERM)
		error_hint(err, "hoy may only map ids that it has itself");
	else if (r == -EINVAL)
		error_hint(err, "ranges must not overlap, and the ids must exist in hoy's namespace");
	return r;
}

static int set_oom_score(struct parent *p, const struct plan_op *op, struct error *err)
{
	char value[16];
	int r;

	snprintf(value, sizeof(value), "%d", (int)(int64_t)op->arg[0]);
	r = proc_put(p, "oom_score_adj", value, err);
	if (r == -EACCES)
		error_hint(err, "lowering it needs CAP_SYS_RESOURCE");
	return r;
}

/* Of hoy itself, and so of the child when it is born: before it is in the cgroup's cpuset. */
static int set_affinity(struct parent *p, const struct plan_op *op, struct error *err)
{
	size_t len;
	const void *mask = plan_blob(p->plan->buf, op->arg[1], &len);

	if (mask && sched_setaffinity(0, len, mask) < 0)
		return error_set(err, errno, "%s", "");
	return 0;
}

/* One operation whose actor is the parent. */
static int parent_op(struct parent *p, const struct plan_op *op, struct error *err)
{
	switch (op->code) {
	case OP_CGROUP_MAKE:
		return parent_cgroup_make(p, op, err);
	case OP_SCOPE_MAKE:
		return parent_scope_make(p, op, err);
	case OP_CGROUP_SET:
		return parent_cgroup_set(p, op, err);
	case OP_DEVICE_FILTER:
		return parent_device_filter(p, op, err);
	case OP_OPEN_PROC:
		return open_proc(p, op, err);
	case OP_OPEN_ROOT:
		return trees_open_root(p, op, err);
	case OP_OPEN_OVERLAY:
		return trees_open_overlay(p, op, err);
	case OP_OPEN_SOURCE:
		return trees_open_source(p, op, err);
	case OP_OPEN_DEVICE:
		return trees_open_device(p, op, err);
	case OP_OPEN_NS:
		return open_ns(p, op, err);
	case OP_TIME:
		return join_time(&p->join, STR(0), err);
	case OP_CLONE:
		return clone_child(p, op, err);
	case OP_WRITE_MAP:
		return write_map(p, op, err);
	case OP_OOM_SCORE:
		return set_oom_score(p, op, err);
	case OP_AFFINITY:
		return set_affinity(p, op, err);
	case OP_EXEC_AFFINITY:
		return 0; /* kept in the stored plan for exec */
	case OP_HOOK:
		return hook_run(p->plan->buf, op, p->child.pid, err);
	default:
		return error_say(err, EINVAL, "the parent can't do this");
	}
}

static int parent_op_located(struct parent *p, unsigned n, struct error *err)
{
	const struct plan_op *op = plan_op(p->plan->buf, n);
	int r;

#ifdef HOY_FAULTS
	if (plan_header(p->plan->buf)->fail_op == n) {
		r = error_say(err, EIO, "failed on demand");
		parent_locate(p, op, err);
		return r;
	}
#endif
	r = parent_op(p, op, err);
	if (r < 0)
		parent_locate(p, op, err);
	return r;
}

int parent_begin(struct parent *p, struct error *err)
{
	const struct plan_header *h = plan_header(p->plan->buf);
	bool cloned = false;
	int r;

	for (; p->at <= h->ops && !cloned; p->at++) {
		cloned = plan_op(p->plan->buf, p->at)->code == OP_CLONE;
		r = parent_op_located(p, p->at, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Would the parent wait for the walker here? */
static bool waits(const struct plan_op *op)
{
	if (op->code == OP_BARRIER)
		return op->arg[0] != BARRIER_MAPS && op->arg[0] != BARRIER_CGROUP;
	return op->code == OP_EXEC || (op->code == OP_HOOK && op->actor == ACTOR_PARENT);
}

int parent_follow(struct parent *p, struct error *err)
{
	const struct plan_header *h = plan_header(p->plan->buf);
	int r = 0;

	for (; p->at <= h->ops && r == 0; p->at++) {
		const struct plan_op *op = plan_op(p->plan->buf, p->at);

		if (waits(op))
			return 0;
		if (op->code == OP_BARRIER)
			r = parent_barrier(p, op, err);
		else if (op->actor == ACTOR_PARENT)
			r = parent_op_located(p, p->at, err);
	}
	return r;
}

static bool is_poststop(const struct parent *p, const struct plan_op *op)
{
	return op->code == OP_HOOK && streq(STR(0), "poststop");
}

int parent_continue(struct parent *p, struct error *err)
{
	const struct plan_header *h = plan_header(p->plan->buf);
	int r = 0;

	for (; p->at <= h->ops && r == 0; p->at++) {
		const struct plan_op *op = plan_op(p->plan->buf, p->at);

		if (op->code == OP_BARRIER) {
			r = parent_barrier(p, op, err);
			if (r == 0 && op->arg[0] == BARRIER_READY) {
				p->at++;
				return 0;
			}
		} else if (op->code == OP_EXEC) {
			r = parent_expect_exec(p, p->at, err);
		} else if (op->actor == ACTOR_PARENT && !is_poststop(p, op)) {
			r = parent_op_located(p, p->at, err);
		}
	}
	return r;
}

int parent_resume(struct parent *p, int sock, struct error *err)
{
	const struct plan_header *h = plan_header(p->plan->buf);
	const struct plan_op *op;
	int r;

	p->sock = sock;
	for (; p->at <= h->ops; p->at++) {
		op = plan_op(p->plan->buf, p->at);
		if (op->code == OP_BARRIER && op->arg[0] == BARRIER_START)
			break;
	}
	if (p->at > h->ops)
		return error_say(err, EINVAL, "its plan has nothing to start");
	p->at++;
	r = message_send(p->sock, MESSAGE_GO, BARRIER_START, 0, NULL, 0);
	if (r < 0 && r != -EPIPE)
		return error_set(err, -r, "tell the container to start");
	return parent_expect(p, MESSAGE_REACHED, BARRIER_START, err);
}

void parent_kill(struct parent *p)
{
	/* A new time namespace may wait for a child that was never made. */
	join_leave(&p->join, NULL);
	if (p->child.pidfd < 0)
		return;
	sys_pidfd_send_signal(p->child.pidfd, SIGKILL);
	while (waitpid(p->child.pid, NULL, 0) < 0 && errno == EINTR)
		;
	p->child.pidfd = fd_close(p->child.pidfd);
}

void parent_close(struct parent *p)
{
	unsigned n = plan_header(p->plan->buf)->slots, i;

	for (i = 0; i < n; i++)
		p->slots[i] = fd_close(p->slots[i]);
	join_close(&p->join);
	scope_settle(&p->placed);
	p->cgroup_fd = fd_close(p->cgroup_fd);
	p->child.pidfd = fd_close(p->child.pidfd);
	p->sock = fd_close(p->sock);
	p->console = fd_close(p->console);
	p->pidfd_to = fd_close(p->pidfd_to);
	p->terminal = fd_close(p->terminal);
	p->cgroups.fd = fd_close(p->cgroups.fd);
}
#undef STR
