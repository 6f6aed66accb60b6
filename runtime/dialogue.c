/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dialogue: what the parent says to the walker and hears from it, and how that is worded.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/sys.h"
#include "plan/message.h"
#include "runtime/handover.h"
#include "runtime/parent_parts.h"

/* Sends all slots that are filled; the plan is always one of them. */
int parent_slots_send(struct parent *p)
{
	uint16_t numbers[MESSAGE_SLOTS_MAX];
	int fds[MESSAGE_SLOTS_MAX];
	unsigned total = plan_header(p->plan->buf)->slots, i, n = 0;
	int r = 0;

	for (i = 0; i < total && r == 0; i++) {
		if (p->slots[i] < 0)
			continue;
		if (n == MESSAGE_SLOTS_MAX) {
			r = message_send_slots(p->sock, numbers, fds, n, true);
			n = 0;
		}
		numbers[n] = (uint16_t)i;
		fds[n++] = p->slots[i];
	}
	if (r == 0)
		r = message_send_slots(p->sock, numbers, fds, n, false);
	if (r < 0)
		return r;
	/* They are the walker's now. Mounts that are held here would be torn down here, at the end. */
	for (i = 0; i < total; i++)
		p->slots[i] = fd_close(p->slots[i]);
	return 0;
}

/* Was the container's seccomp filter loaded before operation n? */
static bool filter_before(const struct parent *p, unsigned n)
{
	while (--n > 0)
		if (plan_op(p->plan->buf, n)->code == OP_SECCOMP)
			return true;
	return false;
}

/*
 * End of file behind EXEC means that execve has closed the socket, or that the walker died: its filter
 * killed it at execve, or let execve fail and write with it. It has given itself a name that only
 * execve replaces, and that outlives it for as long as nobody has reaped it. (A `start`, which is not
 * its parent, may come too late for that: then the container shows as started and ended.)
 */
static int exec_unsaid(struct parent *p, unsigned number, struct error *err)
{
	struct text name = TEXT_INIT;
	char path[64];
	int r = 0;

	if (!filter_before(p, number))
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)p->child.pid);
	if (file_read_at(AT_FDCWD, path, 64, &name) == 0 &&
	    streq(name.s, MESSAGE_FILTERED_NAME "\n")) {
		error_hint(err, "linux.seccomp must allow execve");
		r = error_say(err, EPERM, "the container's seccomp filter does not let it happen");
		parent_locate(p, plan_op(p->plan->buf, number), err);
	}
	text_free(&name);
	return r;
}

/*
 * What is said of a path is so with and without a filter: profiles answer EPERM or ENOSYS, and a
 * hint at seccomp would lead astray who has mistyped a command. That the program may be executed has
 * been seen before execve: if it is denied there, the filter may well have done it.
 */
static bool says_of_path(const struct plan_op *op, int error)
{
	return error == ENOENT || error == ENOTDIR || error == EISDIR || error == ENOEXEC ||
	       (error == EACCES && op->code != OP_EXEC);
}

/* The walker has told that an operation failed: its number says which, its text why. */
static int walker_failed(struct parent *p, const struct message *m, struct error *err)
{
	struct cgroup_oom oom = {0};
	const struct plan_op *op;
	int r;

	/* An exec that finds no memory for its arguments says that they are too long. */
	if ((m->error == E2BIG || m->error == ENOMEM) && p->cgroup_fd >= 0) {
		cgroup_oom_read(p->cgroup_fd, &oom);
		if (oom.max)
			error_hint(err, "memory.max of the container is %llu bytes", oom.max);
	}

	if (m->number == 0) {
		r = error_set(err, m->error, "%.*s", (int)m->len, m->text);
		error_step(err, "clone a child");
		return r;
	}
	if (m->number > plan_header(p->plan->buf)->ops)
		return error_say(err, EPROTO, "the container's first process talks nonsense");
	op = plan_op(p->plan->buf, m->number);
	if (m->error)
		r = error_set(err, m->error, "%.*s", (int)m->len, m->text);
	else /* words of the walker's own; in the look-up, that the program is nowhere in PATH */
		r = error_say(err, op->code == OP_LOOKUP ? ENOENT : EIO, "%.*s", (int)m->len, m->text);
	if (m->error == ENOSPC && (op->code == OP_MOUNT_NEW || op->code == OP_MOUNT_BIND))
		error_hint(err, "there is a limit on mounts: fs.mount-max");
	if (m->error == EACCES && op->code == OP_SECCOMP)
		error_hint(err, "without process.noNewPrivileges it needs CAP_SYS_ADMIN");
	/* The words by which Podman knows exit status 126. */
	if (m->error == EISDIR && op->code == OP_LOOKUP)
		error_hint(err, "permission denied: a directory can't be executed");
	if (m->error && filter_before(p, m->number) && !says_of_path(op, m->error))
		error_hint(err, "the filter of linux.seccomp was in force already");
	if (m->error == EPERM && op->code == OP_RLIMIT)
		error_hint(err, "raising a hard limit needs CAP_SYS_RESOURCE");
	if (m->error == EACCES && op->code == OP_OOM_SCORE)
		error_hint(err, "lowering it needs CAP_SYS_RESOURCE");
	parent_locate(p, op, err);
	return r;
}

/* The walker is gone without a word: killed from outside, or for memory. */
static int walker_gone(struct parent *p, struct error *err)
{
	struct cgroup_oom oom = {0};
	siginfo_t info = {0};

	error_step(err, "set the container up");
	if (p->cgroup_fd >= 0)
		cgroup_oom_read(p->cgroup_fd, &oom);
	if (oom.kills) {
		error_hint(err, "raise linux.resources.memory.limit");
		return error_say(err, ENOMEM,
				 "its first process was killed for memory (memory.max %llu bytes, "
				 "peak %llu)",
				 oom.max, oom.peak);
	}
	if (p->child.pidfd >= 0 &&
	    waitid(P_PIDFD, (id_t)p->child.pidfd, &info, WEXITED | WNOWAIT) == 0 &&
	    info.si_code == CLD_KILLED) {
		if (info.si_status == SIGSYS && filter_before(p, plan_header(p->plan->buf)->ops + 1))
			error_hint(err, "the filter of linux.seccomp forbids what comes before execve; "
					"with process.noNewPrivileges it is loaded last");
		return error_say(err, EIO, "its first process was killed by signal %d",
				 info.si_status);
	}
	return error_say(err, EIO, "its first process ended unexpectedly");
}

/* The walker has made a terminal: its master goes to the engine, or is kept. */
static int take_terminal(struct parent *p, int master, struct error *err)
{
	int r;

	if (master < 0)
		return error_say(err, EPROTO, "the container's first process talks nonsense");
	if (p->console < 0) {
		p->terminal = master;
		return 0;
	}
	/* runc sends a name of the terminal; receivers want some payload. */
	r = handover_send(p->console, "/dev/ptmx", master, err);
	close(master);
	return r;
}

/* Waits for one message of this type and number. */
int parent_expect(struct parent *p, enum message_type type, unsigned number, struct error *err)
{
	/* A terminal is all that comes this way: the slots before its are refused as filled. */
	int filled[SLOT_TERMINAL + 1], *terminal = &filled[SLOT_TERMINAL], i, r;
	struct message m;

	for (i = 0; i < SLOT_TERMINAL; i++)
		filled[i] = 1;
	do {
		*terminal = 0;
		r = message_recv(p->sock, &m, filled, SLOT_TERMINAL + 1);
		if (r == 1 && m.type == MESSAGE_SLOTS && take_terminal(p, *terminal - 1, err) < 0)
			return -EIO;
	} while (r == 1 && m.type == MESSAGE_SLOTS);
	if (r == 0)
		return walker_gone(p, err);
	if (r < 0)
		return error_set(err, -r, "hear from the container's first process");
	if (m.type == MESSAGE_FAILED)
		return walker_failed(p, &m, err);
	if (m.type != type || m.number != number)
		return error_say(err, EPROTO, "the container's first process talks nonsense");
	return 0;
}

/* End of file behind EXEC: the socket was closed by a successful execve. */
int parent_expect_exec(struct parent *p, unsigned number, struct error *err)
{
	struct message m;
	int r = parent_expect(p, MESSAGE_EXEC, number, err);

	if (r < 0)
		return r;
	r = message_recv(p->sock, &m, NULL, 0);
	if (r == 0)
		return exec_unsaid(p, number, err);
	return r > 0 && m.type == MESSAGE_FAILED
		       ? walker_failed(p, &m, err)
		       : error_say(err, EPROTO, "the container's first process talks nonsense");
}

int parent_barrier(struct parent *p, const struct plan_op *op, struct error *err)
{
	unsigned n = (unsigned)op->arg[0];
	int r;

	if (n != BARRIER_MAPS && n != BARRIER_CGROUP) {
		r = parent_expect(p, MESSAGE_REACHED, n, err);
		if (r < 0 || n == BARRIER_READY)
			return r;
	}
	r = message_send(p->sock, MESSAGE_GO, n, 0, NULL, 0);
	if (r == 0 && n == BARRIER_MAPS)
		r = parent_slots_send(p);
	/* EPIPE: dead; the next message tells of what. */
	return r < 0 && r != -EPIPE ? error_set(err, -r, "talk to the child") : 0;
}

/* The intermediate child has cloned the walker, which is a child of ours, and ends. */
int parent_follow_via(struct parent *p, struct error *err)
{
	struct child walker = {.pidfd = -1};
	struct message m;
	int r = message_recv(p->sock, &m, NULL, 0);

	if (r == 0)
		return walker_gone(p, err);
	if (r < 0)
		return error_set(err, -r, "hear from the child");
	if (m.type == MESSAGE_FAILED)
		return walker_failed(p, &m, err);
	if (m.type != MESSAGE_CHILD)
		return error_say(err, EPROTO, "the container's first process talks nonsense");
	/* Not reaped by anybody but us, so the number still means it. */
	walker.pid = (pid_t)m.number;
	walker.pidfd = sys_pidfd_open(walker.pid, 0);
	if (walker.pidfd < 0)
		return error_set(err, errno, "open the walker's pidfd");
	while (waitpid(p->child.pid, NULL, 0) < 0 && errno == EINTR)
		;
	fd_close(p->child.pidfd);
	p->child = walker;
	return 0;
}
