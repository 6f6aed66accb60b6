/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stages, and what holds in each:
 *
 *   join		(exec) real root of the runtime, undumpable: enters the container's namespaces
 *			by its pidfd, which can't come to mean another process.
 *   limits, bounding	still all capabilities: raising a hard limit and dropping from the bounding
 *			set need them.
 *   seccomp		without no_new_privs it takes CAP_SYS_ADMIN, so it comes while that is there, and
 *			all that follows is under the filter. With no_new_privs it is the last but execve.
 *   user		keeps its permitted set over the change of uid (PR_SET_KEEPCAPS), loses the
 *			effective one.
 *   caps		takes exactly the sets asked for; ambient last, for it must be within permitted
 *			and inheritable. Nothing privileged may come after this.
 */
#include "init/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "init/exec.h"
#include "init/net.h"

int op_join(struct walker *w, const struct plan_op *op)
{
	int fd;

	if (setns(walk_slot(w, op->arg[0]), (int)op->arg[1]) < 0)
		return -errno;
	/* The root came with the mount namespace, or will come by chroot. */
	if (!(op->arg[1] & CLONE_NEWNS))
		return 0;
	fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	w->root = fd;
	return 0;
}

/* In a user namespace that was joined: uid and gid 0 of it, with all its capabilities. */
int op_become_root(struct walker *w, const struct plan_op *op)
{
	(void)w;
	(void)op;
	if (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}

int op_oom_score(struct walker *w, const struct plan_op *op)
{
	int64_t v = (int64_t)op->arg[0];
	char buf[8], *p = buf + sizeof(buf);
	unsigned u = (unsigned)(v < 0 ? -v : v);

	*--p = 0;
	do {
		*--p = (char)('0' + u % 10);
		u /= 10;
	} while (u);
	if (v < 0)
		*--p = '-';
	return proc_write(w, "self/oom_score_adj", p);
}

int op_setsid(struct walker *w, const struct plan_op *op)
{
	(void)w;
	(void)op;
	return setsid() < 0 ? -errno : 0;
}

int op_keyring(struct walker *w, const struct plan_op *op)
{
	long r = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, walk_string(w, op->arg[0]));

	/* A kernel without keys has no keyring that could leak. */
	return r < 0 && errno != ENOSYS ? -errno : 0;
}

int op_rlimit(struct walker *w, const struct plan_op *op)
{
	struct {
		uint64_t soft, hard;
	} limit = {op->arg[2], op->arg[3]};

	(void)w;
	return syscall(SYS_prlimit64, 0, (int)op->arg[1], &limit, NULL) < 0 ? -errno : 0;
}

int op_personality(struct walker *w, const struct plan_op *op)
{
	(void)w;
	return personality(op->arg[0]) < 0 ? -errno : 0;
}

/* struct sched_attr of the kernel, version 1 (sched_setattr(2)); the libraries have no wrapper. The
 * utilization clamps are 0; without them in the struct their flags are EINVAL. A kernel before Linux
 * 5.3 takes the longer struct too, for they are 0. */
struct scheduling {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

int op_scheduler(struct walker *w, const struct plan_op *op)
{
	struct scheduling s = {
		.size = sizeof(s),
		.policy = (uint32_t)op->arg[1],
		.flags = op->arg[2],
		.nice = (int32_t)op->arg[3],
		.priority = (uint32_t)op->arg[4],
		.runtime = op->arg[5],
		.deadline = op->arg[6],
		.period = op->arg[7],
	};

	(void)w;
	return syscall(SYS_sched_setattr, 0, &s, 0) < 0 ? -errno : 0;
}

int op_io_priority(struct walker *w, const struct plan_op *op)
{
	(void)w;
	/* IOPRIO_WHO_PROCESS */
	return syscall(SYS_ioprio_set, 1, 0, (int)op->arg[1]) < 0 ? -errno : 0;
}

/* Without a mask: every CPU, so that an affinity of hoy's caller is not inherited; the kernel keeps
 * within the cpuset. */
int op_affinity(struct walker *w, const struct plan_op *op)
{
	static const struct {
		unsigned char bits[1024];
	} every = {{[0 ... 1023] = 0xff}};
	size_t len;
	const void *mask = plan_blob(w->plan, op->arg[1], &len);

	if (!mask) {
		mask = &every;
		len = sizeof(every);
	}
	return syscall(SYS_sched_setaffinity, 0, len, mask) < 0 ? -errno : 0;
}

int op_umask(struct walker *w, const struct plan_op *op)
{
	(void)w;
	umask((mode_t)op->arg[0]);
	return 0;
}

int op_cap_bounding(struct walker *w, const struct plan_op *op)
{
	unsigned cap;

	(void)w;
	for (cap = 0; cap < 64; cap++) {
		if ((op->arg[0] >> cap) & 1)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		/* EINVAL: the kernel knows no such capability, nor any higher one. */
		return errno == EINVAL ? 0 : -errno;
	}
	return 0;
}

/* From here on any call may fail or kill. What the parent must be able to tell without a word from
 * here, that execve failed, the name tells (plan/message.h). */
int op_seccomp(struct walker *w, const struct plan_op *op)
{
	size_t len;
	const void *insns = plan_blob(w->plan, op->arg[0], &len);
	struct sock_fprog program = {
		.len = (unsigned short)(len / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)insns,
	};

	prctl(PR_SET_NAME, MESSAGE_FILTERED_NAME, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, op->arg[1], &program) < 0 ? -errno : 0;
}

int op_user(struct walker *w, const struct plan_op *op)
{
	size_t len;
	const void *groups = plan_blob(w->plan, op->arg[2], &len);

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return -errno;
	/* Who has mapped one group of his own can't change the others (user_namespaces(7), setgroups):
	 * the list that asks for none is all that works there. */
	if (syscall(SYS_setgroups, len / sizeof(gid_t), groups) < 0 && (len || errno != EPERM)) {
		walk_detail(w, "setgroups", NULL, NULL, NULL);
		return -errno;
	}
	if (syscall(SYS_setresgid, op->arg[1], op->arg[1], op->arg[1]) < 0) {
		walk_detail(w, "setgid", NULL, NULL, NULL);
		return -errno;
	}
	if (syscall(SYS_setresuid, op->arg[0], op->arg[0], op->arg[0]) < 0) {
		walk_detail(w, "setuid", NULL, NULL, NULL);
		return -errno;
	}
	return 0;
}

int op_caps(struct walker *w, const struct plan_op *op)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	unsigned i;

	(void)w;
	for (i = 0; i < 2; i++)
		data[i] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(op->arg[0] >> (32 * i)),
			.permitted = (uint32_t)(op->arg[1] >> (32 * i)),
			.inheritable = (uint32_t)(op->arg[2] >> (32 * i)),
		};
	if (syscall(SYS_capset, &head, data) < 0)
		return -errno;
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0)
		return -errno;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	for (i = 0; i < 64; i++)
		if ((op->arg[3] >> i) & 1 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			return -errno;
	/* The user could open it to the user only: now it is he who asks. */
	return w->cwd_later ? cwd_retry(w) : 0;
}

int op_no_new_privs(struct walker *w, const struct plan_op *op)
{
	(void)w;
	(void)op;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}
