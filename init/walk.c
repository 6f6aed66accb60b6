/* SPDX-License-Identifier: Apache-2.0 */
#include "init/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "init/device.h"
#include "init/exec.h"
#include "init/identity.h"
#include "init/mount.h"
#include "init/net.h"
#include "init/root.h"
#include "init/terminal.h"

#define PLAN_PLACE ((void *)0x500000) /* the program is not position-independent: at 0x400000 */

void walker_init(struct walker *w, int sock)
{
	w->sock = sock;
	w->root = w->dev = w->stage = w->null = w->mask_dir = -1;
}

void walk_detail(struct walker *w, const char *a, const char *b, const char *c, const char *d)
{
	const char *parts[] = {a, b, c, d};
	size_t len = 0, n;
	unsigned i;

	for (i = 0; i < 4 && parts[i]; i++) {
		n = strlen(parts[i]);
		if (n > sizeof(w->detail) - 1 - len)
			n = sizeof(w->detail) - 1 - len;
		memcpy(w->detail + len, parts[i], n);
		len += n;
	}
	w->detail[len] = 0;
}

void walker_end(void)
{
	syscall(SYS_exit_group, 1);
	__builtin_trap();
}

/* Maps the plan from its descriptor, privately: vectors become pointers in this copy only. */
static int plan_map(struct walker *w)
{
	int fd = walk_slot(w, SLOT_PLAN);
	struct stat st;
	void *p;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size <= 0 || st.st_size > PLAN_SIZE_MAX)
		return -EINVAL;
	/* Beside the program, if there is room: elsewhere it would need page tables of its own, which are the
	 * container's memory too. */
	p = mmap(PLAN_PLACE, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	w->plan = p;
	return plan_check(p, (size_t)st.st_size);
}

int walker_receive(struct walker *w)
{
	struct message m;
	int r;

	/* It was inherited by execveat; the container's process must not have it. */
	if (fcntl(w->sock, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	do {
		r = message_recv(w->sock, &m, w->slots, SLOT_MAX);
		if (r <= 0)
			return r < 0 ? r : -EPIPE;
		if (m.type != MESSAGE_SLOTS)
			return -EPROTO;
	} while (m.error);
	if (walk_slot(w, SLOT_PLAN) < 0)
		return -EPROTO;
	return plan_map(w);
}

/* Waits for the parent to open barrier n. Its end is ours too: nobody else would clean up. */
static int go_wait(struct walker *w, unsigned n)
{
	struct message m;
	int r = message_recv(w->sock, &m, NULL, 0);

	if (r == 0)
		walker_end();
	if (r < 0)
		return r;
	return m.type == MESSAGE_GO && m.number == n ? 0 : -EPROTO;
}

static void die_of(int sig)
{
	_exit(128 + sig);
}

/* While it waits, `hoy kill` with a common signal ends a created container although it is the
 * first of its pid namespace, for which the kernel drops signals without a handler. */
static void die_on_signals(bool yes)
{
	static const int sigs[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
	unsigned i;

	for (i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		signal(sigs[i], yes ? die_of : SIG_DFL);
}

/* Only the user who made the container may start it. Seen from here his uid may be unmapped, but
 * then it is the same unmapped one as that of the parent, who sits behind w->sock. */
static int peer_check(int sock, int like)
{
	struct ucred a, b;
	socklen_t la = sizeof(a), lb = sizeof(b);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &a, &la) < 0 ||
	    getsockopt(like, SOL_SOCKET, SO_PEERCRED, &b, &lb) < 0)
		return -errno;
	return a.uid == b.uid || a.uid == 0 ? 0 : -EPERM;
}

/*
 * Waits for `hoy start` on the socket in the state directory. A start that goes away before it
 * has said GO leaves the container created. From GO on its connection takes the parent's place.
 */
static int start_wait(struct walker *w)
{
	int listen_fd = walk_slot(w, SLOT_LISTEN);
	struct message m;

	die_on_signals(true);
	for (;;) {
		int c = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

		if (c < 0) {
			if (errno == EINTR || errno == ECONNABORTED)
				continue;
			return -errno;
		}
		if (peer_check(c, w->sock) == 0 && message_recv(c, &m, NULL, 0) == 1 &&
		    m.type == MESSAGE_GO && m.number == BARRIER_START) {
			close(listen_fd);
			w->slots[SLOT_LISTEN] = 0;
			close(w->sock);
			w->sock = c;
			break;
		}
		close(c);
	}
	die_on_signals(false);
	return message_write(w->sock, MESSAGE_REACHED, BARRIER_START, 0, NULL, 0);
}

static int op_barrier(struct walker *w, const struct plan_op *op)
{
	unsigned n = (unsigned)op->arg[0];
	int r;

	switch (n) {
	case BARRIER_MAPS:
		/* Passed before this program was executed (runtime/child.c). */
		return 0;
	case BARRIER_CGROUP:
		/* The parent has sent it unasked: mostly it is there already. */
		return go_wait(w, n);
	case BARRIER_READY:
		/* Listening before create returns: a start may follow at once. */
		if (listen(walk_slot(w, SLOT_LISTEN), 8) < 0)
			return -errno;
		return message_write(w->sock, MESSAGE_REACHED, n, 0, NULL, 0);
	case BARRIER_START:
		return start_wait(w);
	default:
		r = message_write(w->sock, MESSAGE_REACHED, n, 0, NULL, 0);
		return r < 0 ? r : go_wait(w, n);
	}
}

typedef int (*op_function)(struct walker *w, const struct plan_op *op);

static const op_function functions[OP_COUNT] = {
	[OP_OOM_SCORE] = op_oom_score,
	[OP_HOOK] = op_hook,
	[OP_BARRIER] = op_barrier,
	[OP_JOIN] = op_join,
	[OP_BECOME_ROOT] = op_become_root,
	[OP_PROPAGATION] = op_propagation,
	[OP_TAKE_TREE] = op_take_tree,
	[OP_ROOT_ATTACH] = op_root_attach,
	[OP_MOUNT_NEW] = op_mount_new,
	[OP_MOUNT_BIND] = op_mount_bind,
	[OP_MOUNT_CHANGE] = op_mount_change,
	[OP_DEV_STAGE] = op_dev_stage,
	[OP_DEVICE_NODE] = op_device_node,
	[OP_DEVICE_BIND] = op_device_bind,
	[OP_DEV_UNSTAGE] = op_dev_unstage,
	[OP_DEV_LINK] = op_dev_link,
	[OP_ROOT_PIVOT] = op_root_pivot,
	[OP_ROOT_PROPAGATION] = op_root_propagation,
	[OP_MASK] = op_mask,
	[OP_READONLY] = op_readonly,
	[OP_ROOT_READONLY] = op_root_readonly,
	[OP_TERMINAL] = op_terminal,
	[OP_LOOPBACK] = op_loopback,
	[OP_SYSCTL] = op_sysctl,
	[OP_HOSTNAME] = op_hostname,
	[OP_DOMAINNAME] = op_domainname,
	[OP_SETSID] = op_setsid,
	[OP_KEYRING] = op_keyring,
	[OP_RLIMIT] = op_rlimit,
	[OP_PERSONALITY] = op_personality,
	[OP_SCHEDULER] = op_scheduler,
	[OP_IO_PRIORITY] = op_io_priority,
	[OP_AFFINITY] = op_affinity,
	[OP_MAKE_CWD] = op_make_cwd,
	[OP_UMASK] = op_umask,
	[OP_CAP_BOUNDING] = op_cap_bounding,
	[OP_SECCOMP] = op_seccomp,
	[OP_USER] = op_user,
	[OP_CAPS] = op_caps,
	[OP_NO_NEW_PRIVS] = op_no_new_privs,
	[OP_CWD] = op_cwd,
	[OP_HOME] = op_home,
	[OP_LOOKUP] = op_lookup,
	[OP_CLOSE_FDS] = op_close_fds,
	[OP_EXEC] = op_exec,
};

/* The number of the OP_EXEC that is announced before operation n; 0: none is. A filter that is loaded
 * last, right before execve, may forbid any message, so with one the word goes out before the filter.
 */
static unsigned exec_announced(const struct walker *w, unsigned n)
{
	unsigned code = plan_op(w->plan, n)->code;

	if (code == OP_SECCOMP && n < plan_header(w->plan)->ops &&
	    plan_op(w->plan, n + 1)->code == OP_EXEC)
		return n + 1;
	if (code == OP_EXEC && !(n > 1 && plan_op(w->plan, n - 1)->code == OP_SECCOMP))
		return n;
	return 0;
}

static int step(struct walker *w, unsigned n, const struct plan_op *op)
{
	unsigned exec = exec_announced(w, n);

	w->detail[0] = 0;
#ifdef HOY_FAULTS
	if (plan_header(w->plan)->fail_op == n) {
		walk_detail(w, "failed on demand", NULL, NULL, NULL);
		return WALK_SAID;
	}
#endif
	if (exec) {
		int r = message_write(w->sock, MESSAGE_EXEC, exec, 0, NULL, 0);

		if (r < 0)
			return r;
	}
	if (!functions[op->code])
		return -ENOSYS;
	return functions[op->code](w, op);
}

int walker_walk(struct walker *w)
{
	const struct plan_header *h = plan_header(w->plan);
	char path[WALK_PATH_MAX];
	unsigned n;
	int r = -EINVAL;

	w->path = path;
	for (n = 1; n <= h->ops; n++) {
		const struct plan_op *op = plan_op(w->plan, n);

		if (op->actor == ACTOR_PARENT)
			continue;
		r = step(w, n, op);
		if (r < 0)
			break;
	}
	message_write(w->sock, MESSAGE_FAILED, n, r == WALK_SAID ? 0 : -r, w->detail,
		     strlen(w->detail));
	return r;
}
