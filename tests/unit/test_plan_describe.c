/* SPDX-License-Identifier: Apache-2.0 */
/* Operations in words. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/sys.h"
#include "helpers.h"
#include "plan/describe.h"

#define RECURSIVE ((uint64_t)AT_RECURSIVE << 32)

static void test_every_operation_has_words(void **state)
{
	struct plan p = sample_plan();
	unsigned n, i;

	(void)state;
	assert_non_null(p.buf);
	assert_int_equal(plan_header(p.buf)->ops, OP_COUNT - 1);
	for (n = 1; n < OP_COUNT; n++) {
		const struct plan_op *op = plan_op(p.buf, n);
		struct text t = TEXT_INIT;

		plan_describe(p.buf, op, &t);
		assert_non_null(t.s);
		/* Its own, not the name in the table. */
		assert_string_not_equal(t.s, plan_op_info(op->code)->name);
		assert_true(t.len > 3);
		assert_null(strstr(t.s, "(null)"));
		for (i = 0; i < t.len; i++)
			assert_true((unsigned char)t.s[i] >= 0x20);
		text_free(&t);
	}
	plan_drop(&p);
}

/* An argument: a number, or a string or vector of words where the signature has one. */
struct arg {
	uint64_t n;
	const char *s;
	const char *v[4];
};

#define N(x) {.n = (x)}

static const struct {
	unsigned code;
	struct arg a[PLAN_ARGS];
	const char *words;
} rows[] = {
	{OP_CGROUP_MAKE, {{.s = "/hoy-x"}, {.s = "cpu memory"}}, "make the cgroup /hoy-x with cpu memory"},
	{OP_CGROUP_MAKE, {{.s = "/hoy-x"}, {.s = ""}}, "make the cgroup /hoy-x"},
	{OP_CGROUP_MAKE, {{.s = "/hoy-x"}, {.s = "pids"}, N(1), N(5), N(6)},
	 "make the cgroup /hoy-x with pids, for user 5:6 to make others below, with every controller"},
	{OP_SCOPE_MAKE,
	 {{.s = "hoy-x.scope"}, {.s = "a.slice"}, N(0), {.v = {"A=1", "B=2"}}, {.s = ""}},
	 "have systemd make the scope hoy-x.scope in a.slice with A=1, B=2"},
	{OP_SCOPE_MAKE,
	 {{.s = "hoy-x.scope"}, {.s = "a.slice"}, N(1), {.v = {"A=1"}}, {.s = "cpu rdma"}, N(1), N(5), N(6)},
	 "have the user's systemd make the scope hoy-x.scope in a.slice with A=1; controllers: cpu rdma; for "
	 "user 5:6 to make others below, with every controller"},
	{OP_CGROUP_SET, {{.s = "pids.max"}, {.s = "7"}}, "write 7 to pids.max"},
	{OP_CGROUP_SET,
	 {{.s = "io.bfq.weight"}, {.s = "500"}, {.s = "io.weight"}, {.s = "4950"}},
	 "write 500 to io.bfq.weight, or where that is missing 4950 to io.weight"},
	{OP_OPEN_ROOT, {N(0), {.s = "/b/rootfs"}}, "clone the root file system /b/rootfs"},
	{OP_OPEN_SOURCE, {N(8), {.s = "/a"}, N(0)}, "clone /a"},
	{OP_OPEN_SOURCE, {N(8), {.s = "/a"}, N(1)}, "clone /a and what is mounted below it"},
	{OP_OPEN_DEVICE,
	 {N(8), {.s = "/dev/sda"}, N(S_IFBLK), N(8), N(0)},
	 "open the device /dev/sda (b 8:0)"},
	{OP_CLONE, {N(0)}, "clone a child into the cgroup"},
	{OP_CLONE,
	 {N(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
	   CLONE_NEWCGROUP | CLONE_NEWTIME)},
	 "clone a child into the cgroup and new namespaces: user, mount, pid, network, ipc, uts, "
	 "cgroup, time"},
	{OP_WRITE_MAP, {{.s = "uid_map"}, {.s = "0 1000 1\n1 2000 5\n"}},
	 "write uid_map: 0 1000 1, 1 2000 5"},
	{OP_OOM_SCORE, {N((uint64_t)-999)}, "set oom_score_adj to -999"},
	{OP_HOOK,
	 {{.s = "poststart"}, {.s = "/bin/h"}, {.v = {"h"}}, N(0), N(0), {.s = ""}, {.s = ""}},
	 "run the poststart hook /bin/h"},
	{OP_BARRIER, {N(BARRIER_MAPS)}, "barrier 1: maps"},
	{OP_BARRIER, {N(99)}, "barrier 99: unknown"},
	{OP_JOIN, {N(4), N(CLONE_NEWNS | CLONE_NEWNET)}, "join the container's namespaces: mount, network"},
	{OP_OPEN_NS,
	 {N(8), {.s = "/run/ns"}, {.s = "network"}, N(CLONE_NEWNET), N(0)},
	 "open the network namespace /run/ns"},
	{OP_TIME, {{.s = ""}}, "make a time namespace"},
	{OP_TIME,
	 {{.s = "monotonic -1 0\nboottime 2 3\n"}},
	 "make a time namespace with offsets: monotonic -1 0, boottime 2 3"},
	{OP_CLONE,
	 {N(CLONE_NEWNS), N(CLONE_NEWPID | CLONE_NEWUTS)},
	 "clone a child into the cgroup and new namespaces: mount; joined: pid, uts"},
	{OP_ROOT_ATTACH, {N(SLOT_NONE), {.s = "/b/r"}}, "open the root file system /b/r"},
	{OP_TERMINAL, {N(0), N(0), N(0), N(0)}, "make a terminal"},
	{OP_TERMINAL,
	 {N(80), N(24), N(7), N(1)},
	 "make a terminal of 80 by 24 characters and bind it on /dev/console"},
	{OP_SCHEDULER,
	 {{.s = "SCHED_BATCH"}, N(3), N(0), N((uint64_t)-5), N(0), N(0), N(0), N(0)},
	 "schedule as SCHED_BATCH, nice -5, priority 0"},
	{OP_IO_PRIORITY,
	 {{.s = "IOPRIO_CLASS_BE"}, N(2 << 13 | 6)},
	 "set the I/O priority IOPRIO_CLASS_BE 6"},
	{OP_AFFINITY, {N(0), N(0)}, "run on every CPU"},
	{OP_AFFINITY, {{.s = "0-3,7"}, {.s = "\x8f"}}, "run on the CPUs 0-3,7"},
	{OP_EXEC_AFFINITY,
	 {{.s = "1"}, N(0)},
	 "remember the CPUs for exec: initial 1, final any"},
	{OP_PROPAGATION, {N(SYS_MS_SLAVE)}, "make all mounts slave"},
	{OP_ROOT_ATTACH, {N(3), N(0)}, "attach the root file system"},
	{OP_ROOT_ATTACH, {N(3), {.s = "/b/rootfs"}}, "attach the root file system at /b/rootfs"},
	{OP_MOUNT_NEW,
	 {{.s = "tmpfs"}, {.s = "none"}, {.s = "/run"}, {.v = {"size=1m", "mode=755"}}, {.s = ""},
	  N(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID), N(SYS_MS_SLAVE | RECURSIVE), N(MOUNT_FLAG_COPYUP)},
	 "mount tmpfs on /run with size=1m,mode=755 (ro, nosuid), rslave, its content copied up"},
	{OP_MOUNT_NEW,
	 {{.s = "tmpfs"}, N(0), {.s = "/run"}, {.v = {NULL}}, {.s = ""}, N(0), N(0),
	  N(MOUNT_FLAG_COPYUP | MOUNT_FLAG_RO_LATER)},
	 "mount tmpfs on /run, its content copied up, then read-only"},
	{OP_MOUNT_NEW,
	 {{.s = "proc"}, N(0), {.s = "/proc"}, {.v = {NULL}}, {.s = ""}, N(0), N(0), N(0)},
	 "mount proc on /proc"},
	{OP_MOUNT_BIND,
	 {N(9), {.s = "/data"}, N(MOUNT_ATTR_NODEV), N(MOUNT_ATTR_RDONLY), N(MOUNT_ATTR_NOEXEC),
	  N(MOUNT_ATTR_NOSUID), N(SYS_MS_SHARED), N(0)},
	 "bind slot 9 on /data (nodev, rw, recursively noexec, recursively suid), shared"},
	{OP_MOUNT_BIND,
	 {N(8), {.s = "/data"}, N(0), N(0), N(0), N(0), N(0), N(0)},
	 "bind /a on /data"},
	/* A bind names what the parent has opened for it. */
	{OP_OPEN_SOURCE, {N(10), {.s = "/src"}, N(0)}, "clone /src"},
	{OP_MOUNT_BIND,
	 {N(10), {.s = "/data"}, N(0), N(0), N(0), N(0), N(0), N(0)},
	 "bind /src on /data"},
	{OP_MOUNT_CHANGE,
	 {{.s = "/"}, {.v = {"size=2m"}}, {.s = ""}, N(MOUNT_ATTR_RDONLY), N(MOUNT_ATTR_NODEV), N(0)},
	 "remount / with size=2m (ro, dev)"},
	{OP_DEVICE_NODE,
	 {{.s = "/dev/null"}, N(S_IFCHR | 0666), N(1), N(3), N(0), N(0), N(1)},
	 "make the device /dev/null (c 1:3, mode 666)"},
	{OP_DEVICE_NODE,
	 {{.s = "/p"}, N(S_IFIFO | 01622), N(0), N(0), N(0), N(0), N(0)},
	 "make the device /p (p 0:0, mode 1622)"},
	{OP_DEVICE_BIND,
	 {N(8), {.s = "/dev/tty"}, N(S_IFCHR), N(5), N(0)},
	 "bind the device /dev/tty (c 5:0)"},
	{OP_DEV_LINK, {{.s = "/dev/fd"}, {.s = "/proc/self/fd"}, N(0)}, "link /dev/fd to /proc/self/fd"},
	{OP_ROOT_PIVOT, {N(PIVOT_ROOT)}, "pivot into the root file system"},
	{OP_ROOT_PIVOT, {N(PIVOT_MOVE)}, "move into the root file system without pivot"},
	{OP_ROOT_PIVOT, {N(PIVOT_CHROOT)}, "chroot into the root file system"},
	{OP_ROOT_PROPAGATION, {N(SYS_MS_SHARED | RECURSIVE)}, "make the root mount rshared"},
	{OP_MASK, {{.s = "/proc/kcore"}}, "mask /proc/kcore"},
	{OP_SYSCTL, {{.s = "sys/net/a"}, {.s = "1 2"}}, "write 1 2 to /proc/sys/net/a"},
	{OP_RLIMIT, {{.s = "RLIMIT_NOFILE"}, N(7), N(5), N(UINT64_MAX)},
	 "limit RLIMIT_NOFILE to 5:unlimited"},
	{OP_UMASK, {N(022)}, "set umask 0022"},
	{OP_SECCOMP, {{.s = "12345678"}, N(4), {.s = "default allow, 1 architecture"}},
	 "load the seccomp filter: default allow, 1 architecture"},
	{OP_USER, {N(4294967294), N(7), N(0)}, "become user 4294967294:7"},
	{OP_CAP_BOUNDING, {N(1), {.s = "CAP_CHOWN"}},
	 "drop capabilities from the bounding set, keep CAP_CHOWN"},
	{OP_CAPS, {N(1), N(1), N(0), N(0), {.s = "permitted CAP_CHOWN"}},
	 "set capabilities: permitted CAP_CHOWN"},
	{OP_HOME, {N(1000)}, "set HOME from the container's passwd for uid 1000"},
	{OP_LOOKUP, {{.s = "sh"}, {.s = "/bin"}}, "exec \"sh\""},
	{OP_CLOSE_FDS, {N(3)}, "close descriptors from 3"},
	{OP_EXEC, {{.v = {"sh", "-c", "exit 1"}}, N(0)}, "exec sh -c exit 1"},
};

static uint64_t arg_put(struct plan_builder *b, char type, const struct arg *a)
{
	size_t n = 0;

	while (n < 4 && a->v[n])
		n++;
	if (strchr("sS", type))
		return plan_put_string(b, a->s);
	if (strchr("bB", type))
		return a->s ? plan_put_blob(b, a->s, strlen(a->s)) : 0;
	if (type == 'v')
		return plan_put_vector(b, a->v, n);
	return a->n;
}

static void test_words(void **state)
{
	struct plan p = PLAN_INIT;
	struct plan_builder b;
	size_t i;
	unsigned k;

	(void)state;
	plan_begin(&b, PLAN_RUN, NULL);
	for (i = 0; i < ROWS(rows); i++) {
		const char *sig = plan_op_info(rows[i].code)->signature;
		struct plan_op *op = plan_add(&b, rows[i].code, ACTOR_WALKER, NULL);

		for (k = 0; sig[k]; k++)
			op->arg[k] = arg_put(&b, sig[k], &rows[i].a[k]);
	}
	/* Descriptions need no slot to be there; the check does. */
	for (k = 0; k < 20; k++)
		plan_slot_new(&b);
	assert_int_equal(plan_finish(&b, &p), 0);
	for (i = 0; i < ROWS(rows); i++) {
		struct text t = TEXT_INIT;

		/* It appends. */
		text_add(&t, "> ");
		plan_describe(p.buf, plan_op(p.buf, (unsigned)i + 1), &t);
		assert_true(starts_with(t.s, "> "));
		assert_string_equal(t.s + 2, rows[i].words);
		text_free(&t);
	}
	plan_drop(&p);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(plan_actor_name(ACTOR_PARENT), "parent");
	assert_string_equal(plan_actor_name(ACTOR_WALKER), "walker");
	assert_string_equal(plan_actor_name(ACTOR_BOTH), "both");
	assert_string_equal(plan_barrier_name(BARRIER_MOUNTS), "mounts");
	assert_string_equal(plan_barrier_name(BARRIER_HOOKS), "hooks");
	assert_string_equal(plan_barrier_name(BARRIER_READY), "ready");
	assert_string_equal(plan_barrier_name(0), "unknown");
	assert_string_equal(plan_barrier_name(BARRIER_START), "start");
	assert_string_equal(plan_barrier_name(BARRIER_NOTIFY), "notify");
	assert_string_equal(plan_barrier_name(BARRIER_NOTIFY + 1), "unknown");
	assert_string_equal(plan_barrier_name(~0u), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_operation_has_words),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
