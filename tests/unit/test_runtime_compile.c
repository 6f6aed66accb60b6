/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From config.json to the plan: what is done, by whom, in which order, and for which field. Every plan
 * that is made here is held against the rules of order (invariants).
 */
#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>

#include <cmocka.h>

#include "base/sys.h"
#include "compiled.h"
#include "helpers.h"

static struct compiled c;

static int teardown(void **state)
{
	(void)state;
	compiled_free(&c);
	return 0;
}

/* ---- What holds for every plan --------------------------------------------------------------- */

static bool is_one_of(unsigned code, const unsigned *codes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (codes[i] == code)
			return true;
	return false;
}

#define ONE_OF(code, ...)                                                             \
	is_one_of(code, (const unsigned[]){__VA_ARGS__},                              \
		  sizeof((const unsigned[]){__VA_ARGS__}) / sizeof(unsigned))

/* The number of the only operation of its kind. */
static unsigned only(const void *plan, unsigned code)
{
	unsigned n, at = 0;

	for (n = 1; n <= plan_header(plan)->ops; n++)
		if (plan_op(plan, n)->code == code) {
			assert_int_equal(at, 0);
			at = n;
		}
	assert_int_not_equal(at, 0);
	return at;
}

/* The barrier at which a child in another user namespace waits; 0 without one. */
static unsigned maps_barrier(const void *plan)
{
	unsigned n;

	for (n = 1; n <= plan_header(plan)->ops; n++)
		if (plan_op(plan, n)->code == OP_BARRIER && plan_op(plan, n)->arg[0] == BARRIER_MAPS)
			return n;
	return 0;
}

static void slots_are_opened(const void *plan)
{
	bool opened[SLOT_MAX] = {false};
	unsigned clone = only(plan, OP_CLONE), n, i;

	for (n = 1; n <= plan_header(plan)->ops; n++) {
		const struct plan_op *op = plan_op(plan, n);
		const char *sig = plan_op_info(op->code)->signature;

		for (i = 0; sig[i]; i++) {
			if (sig[i] != 'f')
				continue;
			if (op->actor == ACTOR_PARENT) {
				assert_true(n < clone || n < maps_barrier(plan));
				assert_false(opened[op->arg[i]]);
				opened[op->arg[i]] = true;
			} else {
				assert_true(n > clone);
				assert_true(opened[op->arg[i]]);
			}
		}
	}
}

static void parent_and_clone(const void *plan)
{
	unsigned clone = only(plan, OP_CLONE), n;

	for (n = 1; n <= plan_header(plan)->ops; n++) {
		const struct plan_op *op = plan_op(plan, n);

		assert_true((op->code == OP_BARRIER) == (op->actor == ACTOR_BOTH));
		if (n < clone)
			assert_int_equal(op->actor, ACTOR_PARENT);
		if (n > clone && op->actor == ACTOR_PARENT)
			assert_true(ONE_OF(op->code, OP_WRITE_MAP, OP_OOM_SCORE, OP_HOOK,
					   OP_DEVICE_FILTER, OP_EXEC_AFFINITY,
					   OP_CGROUP_SET) ||
				    (n < maps_barrier(plan) &&
				     ONE_OF(op->code, OP_OPEN_ROOT, OP_OPEN_SOURCE, OP_OPEN_DEVICE)));
	}
}

static void pivot_divides(const void *plan)
{
	unsigned pivot = only(plan, OP_ROOT_PIVOT), n;

	for (n = 1; n <= plan_header(plan)->ops; n++) {
		unsigned code = plan_op(plan, n)->code;

		if (ONE_OF(code, OP_SYSCTL, OP_MASK, OP_READONLY, OP_ROOT_READONLY, OP_MAKE_CWD,
			   OP_ROOT_PROPAGATION, OP_CWD, OP_USER, OP_HOME, OP_LOOKUP, OP_EXEC))
			assert_true(n > pivot);
		if (ONE_OF(code, OP_PROPAGATION, OP_ROOT_ATTACH, OP_MOUNT_NEW, OP_MOUNT_BIND,
			   OP_DEVICE_NODE, OP_DEVICE_BIND, OP_DEV_STAGE,
			   OP_DEV_UNSTAGE, OP_DEV_LINK))
			assert_true(n < pivot);
	}
}

/* Behind the change of capabilities nothing may need one. */
static void nothing_privileged_at_the_end(const void *plan)
{
	unsigned caps = only(plan, OP_CAPS), user = only(plan, OP_USER), n;

	assert_true(only(plan, OP_CAP_BOUNDING) < user);
	assert_int_equal(user + 1, caps);
	assert_true(only(plan, OP_CWD) < user);
	assert_true(only(plan, OP_LOOKUP) > caps);
	for (n = caps + 1; n <= plan_header(plan)->ops; n++) {
		const struct plan_op *op = plan_op(plan, n);

		if (op->actor == ACTOR_PARENT)
			continue;
		assert_true(ONE_OF(op->code, OP_NO_NEW_PRIVS, OP_HOME, OP_LOOKUP, OP_BARRIER, OP_HOOK,
				   OP_RLIMIT, OP_CLOSE_FDS, OP_EXEC));
		/* Limits only go down, to what has been raised before. */
		if (op->code == OP_RLIMIT)
			assert_string_equal(plan_string(plan, op->arg[0]), "RLIMIT_NOFILE");
	}
}

static void exec_is_last(const void *plan)
{
	unsigned exec = only(plan, OP_EXEC), n;

	assert_int_equal(only(plan, OP_CLOSE_FDS) + 1, exec);
	for (n = exec + 1; n <= plan_header(plan)->ops; n++)
		assert_int_equal(plan_op(plan, n)->actor, ACTOR_PARENT);
}

/* Barriers in their order, each at most once; the filter is in force before the process is. */
static void barriers_in_order(const void *plan)
{
	unsigned n, last = 0, filter = 0, attached = 0;

	for (n = 1; n <= plan_header(plan)->ops; n++) {
		const struct plan_op *op = plan_op(plan, n);

		if (op->code == OP_DEVICE_FILTER)
			filter = n;
		if (op->code != OP_BARRIER)
			continue;
		assert_true(op->arg[0] > last);
		last = (unsigned)op->arg[0];
		if (last == BARRIER_CGROUP)
			attached = n;
	}
	if (filter)
		assert_true(attached > filter && attached < only(plan, OP_USER));
}

static void invariants(const void *plan)
{
	slots_are_opened(plan);
	parent_and_clone(plan);
	pivot_divides(plan);
	nothing_privileged_at_the_end(plan);
	exec_is_last(plan);
	barriers_in_order(plan);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

static void expect_env(const char *text, struct compile_env env, const char *ops, const char *want)
{
	struct text got = TEXT_INIT;

	if (compiled_make(&c, text, env)[0])
		fail_msg("%s\n%s", text, c.message);
	compiled_lines(c.plan.buf, ops, &got);
	if (!streq(got.s, want))
		fail_msg("%s\ngot:\n%swant:\n%s", text, got.s, want);
	text_free(&got);
	invariants(c.plan.buf);
}

static void expect(const char *text, const char *ops, const char *want)
{
	expect_env(text, compiled_env(), ops, want);
}

static void refused(const char *text, const char *want)
{
	assert_string_equal(compiled_make(&c, text, compiled_env()), want);
	assert_null(c.plan.buf);
}

#define MOUNTS(json) TOP("'mounts':[" json "]")
#define MOUNT(dest, type, source, options)                                                      \
	"{'destination':'" dest "','type':'" type "','source':'" source "','options':[" options \
	"]}"
#define BIND(dest, source, options) \
	"{'destination':'" dest "','source':'" source "','options':[" options "]}"

#define MOUNT_OPS "open-source mount bind remount"

static void test_smallest(void **state)
{
	(void)state;
	expect("{'ociVersion':'1.0.2','root':{'path':'r'},'process':{'cwd':'/w','args':['sh','-c','x'],"
	       "'env':['PATH=/bin','HOME=/h']}}",
	       NULL,
	       "parent open the runtime's procfs\n"
	       "parent make the cgroup /hoy-web\n"
	       "parent clone the root file system /b/r [root.path]\n"
	       "parent clone a child into the cgroup\n"
	       "parent attach the device filter: deny all; allow c 1:3 rwm; allow c 1:5 rwm; "
	       "allow c 1:7 rwm; allow c 1:8 rwm; allow c 1:9 rwm; allow c 5:0 rwm; "
	       "allow c 5:1 rwm; allow c 5:2 rwm; allow c 10:200 rwm; allow c 136:* rwm\n"
	       "walker begin a session\n"
	       "walker join the session keyring _ses.web\n"
	       "walker chroot into the root file system [root.path]\n"
	       "walker make the working directory /w where it is missing [process.cwd]\n"
	       "both barrier 4: cgroup\n"
	       "walker run on every CPU\n"
	       "walker set umask 0022\n"
	       "walker drop capabilities from the bounding set, keep none\n"
	       "walker enter the working directory /w [process.cwd]\n"
	       "walker become user 0:0 [process.user]\n"
	       "walker set capabilities: effective none, permitted none, inheritable none, "
	       "ambient none\n"
	       "walker exec \"sh\" [process.args[0]]\n"
	       "walker close descriptors from 3\n"
	       "walker exec sh -c x [process.args]\n");
}

static void test_with_mount_namespace(void **state)
{
	(void)state;
	expect(CONFIG("'hostname':'h','domainname':'d',", "'oomScoreAdj':-5,", "", NAMESPACES),
	       "open-root clone oom-score setsid keyring loopback hostname domainname propagation "
	       "root-attach dev-stage device dev-unstage dev-link pivot root-propagation",
	       "parent clone the root file system /b/r [root.path]\n"
	       "parent clone a child into the cgroup and new namespaces: mount, pid, network, ipc, uts "
	       "[linux.namespaces]\n"
	       "walker set oom_score_adj to -5 [process.oomScoreAdj]\n"
	       "walker begin a session\n"
	       "walker join the session keyring _ses.web\n"
	       "walker set the loopback interface up [linux.namespaces]\n"
	       "walker set the host name h [hostname]\n"
	       "walker set the domain name d [domainname]\n"
	       "walker make all mounts slave\n"
	       "walker attach the root file system [root.path]\n"
	       "walker mount a tmpfs to make nodes in\n"
	       "walker make the device /dev/null (c 1:3, mode 666)\n"
	       "walker make the device /dev/zero (c 1:5, mode 666)\n"
	       "walker make the device /dev/full (c 1:7, mode 666)\n"
	       "walker make the device /dev/random (c 1:8, mode 666)\n"
	       "walker make the device /dev/urandom (c 1:9, mode 666)\n"
	       "walker make the device /dev/tty (c 5:0, mode 666)\n"
	       "walker unmount the tmpfs that nodes were made in\n"
	       "walker link /dev/fd to /proc/self/fd\n"
	       "walker link /dev/stdin to /proc/self/fd/0\n"
	       "walker link /dev/stdout to /proc/self/fd/1\n"
	       "walker link /dev/stderr to /proc/self/fd/2\n"
	       "walker link /dev/ptmx to pts/ptmx\n"
	       "walker link /dev/core to /proc/kcore\n"
	       "walker pivot into the root file system [root.path]\n");
}

static void test_mounts(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{MOUNTS(""), ""},
		{MOUNTS(MOUNT("/proc", "proc", "proc", "")), "walker mount proc on /proc [mounts[0]]\n"},
		{MOUNTS(MOUNT("/run", "tmpfs", "tmpfs", "'nosuid','size=1m','ro','mode=755'")),
		 "walker mount tmpfs on /run with size=1m,mode=755 (ro, nosuid) [mounts[0]]\n"},
		{MOUNTS("{'destination':'/x','type':'mqueue'}"),
		 "walker mount mqueue on /x [mounts[0]]\n"},
		/* Destinations are cleaned; `..` stays, it is resolved in the root. */
		{MOUNTS(MOUNT("//a/./b//", "tmpfs", "t", "")), "walker mount tmpfs on /a/b [mounts[0]]\n"},
		{MOUNTS(MOUNT("/a/../b", "tmpfs", "t", "")),
		 "walker mount tmpfs on /a/../b [mounts[0]]\n"},
		/* The last one of a pair counts. */
		{MOUNTS(MOUNT("/x", "tmpfs", "t", "'ro','rw','nodev','dev','noexec'")),
		 "walker mount tmpfs on /x (noexec) [mounts[0]]\n"},
		{MOUNTS(MOUNT("/x", "tmpfs", "t", "'noatime','strictatime','nodiratime','nosymfollow'")),
		 "walker mount tmpfs on /x (strictatime, nodiratime, nosymfollow) [mounts[0]]\n"},
		/* A file system that is made is made whole: recursive options concern it. */
		{MOUNTS(MOUNT("/x", "tmpfs", "t", "'rro','nosuid','rnoexec'")),
		 "walker mount tmpfs on /x (ro, nosuid, noexec) [mounts[0]]\n"},
		{MOUNTS(MOUNT("/x", "tmpfs", "t", "'ro','rrw'")), "walker mount tmpfs on /x [mounts[0]]\n"},
		/* Whose superblock has to know it. */
		{MOUNTS(MOUNT("/x", "ext4", "/dev/sdb", "'ro','sync','data=x'")),
		 "walker mount ext4 on /x with sync,data=x,ro (ro) [mounts[0]]\n"},
		{MOUNTS(MOUNT("/x", "sysfs", "s", "'ro'")), "walker mount sysfs on /x (ro) [mounts[0]]\n"},
		{MOUNTS(MOUNT("/x", "overlay", "o", "'lowerdir=/a:/b','ro'")),
		 "walker mount overlay on /x with lowerdir=/a:/b (ro) [mounts[0]]\n"},
		{MOUNTS(MOUNT("/x", "tmpfs", "t", "'rslave'")),
		 "walker mount tmpfs on /x, rslave [mounts[0]]\n"},
		{MOUNTS(MOUNT("/x", "tmpfs", "t", "'tmpcopyup','ro'")),
		 "walker mount tmpfs on /x, its content copied up, then read-only [mounts[0]]\n"},
		{MOUNTS(MOUNT("/x", "tmpfs", "t", "'defaults','silent','norelatime','loud'")),
		 "walker mount tmpfs on /x [mounts[0]]\n"},
		/* Binds. */
		{MOUNTS(BIND("/x", "/host/dir", "'bind'")),
		 "parent clone /host/dir [mounts[0]]\n"
		 "walker bind /host/dir on /x [mounts[0]]\n"},
		{MOUNTS(BIND("/x", "rel/dir", "'rbind','ro'")),
		 "parent clone /b/rel/dir and what is mounted below it [mounts[0]]\n"
		 "walker bind /b/rel/dir on /x (ro) [mounts[0]]\n"},
		{MOUNTS(MOUNT("/x", "none", "/a", "'bind','rprivate','nosuid','exec'")),
		 "parent clone /a [mounts[0]]\n"
		 "walker bind /a on /x (nosuid, exec), rprivate [mounts[0]]\n"},
		{MOUNTS(BIND("/x", "/a", "'rbind','rro','nodev','rsuid'")),
		 "parent clone /a and what is mounted below it [mounts[0]]\n"
		 "walker bind /a on /x (nodev, recursively ro, recursively suid) [mounts[0]]\n"},
		{MOUNTS(BIND("/x", "/a", "'rbind','rw','rrw'")),
		 "parent clone /a and what is mounted below it [mounts[0]]\n"
		 "walker bind /a on /x (rw, recursively rw) [mounts[0]]\n"},
		/* Two, and something between: parents first, walkers in listed order. */
		{MOUNTS(BIND("/x", "/a", "'bind'") "," MOUNT("/y", "tmpfs", "t", "") "," BIND(
			 "/z", "/c", "'bind'")),
		 "parent clone /a [mounts[0]]\n"
		 "parent clone /c [mounts[2]]\n"
		 "walker bind /a on /x [mounts[0]]\n"
		 "walker mount tmpfs on /y [mounts[1]]\n"
		 "walker bind /c on /z [mounts[2]]\n"},
		/* Remount. */
		{MOUNTS(MOUNT("/x", "tmpfs", "t", "") "," MOUNT("/x", "", "", "'remount','ro','size=2m'")),
		 "walker mount tmpfs on /x [mounts[0]]\n"
		 "walker remount /x with size=2m (ro) [mounts[1]]\n"},
		{MOUNTS(BIND("/x", "/a", "'remount','bind','ro','nosuid','dev'")),
		 "walker remount /x (ro, nosuid, dev) [mounts[0]]\n"},
		{MOUNTS("{'destination':'/','options':['remount','rshared']}"),
		 "walker remount /, rshared [mounts[0]]\n"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(rows); i++)
		expect(rows[i].text, MOUNT_OPS, rows[i].want);
}

static void test_cgroup_mount(void **state)
{
	struct compile_env env = compiled_env();

	(void)state;
	/* With a namespace it is mounted, without it the hierarchy is bound. Options are version 1's. */
	expect(CONFIG("'mounts':[" MOUNT("/sys/fs/cgroup", "cgroup", "cgroup",
					 "'ro','nosuid','relatime','memory'") "],",
		      "", "", NAMESPACES ",{'type':'cgroup'}"),
	       MOUNT_OPS, "walker mount cgroup2 on /sys/fs/cgroup (ro, nosuid) [mounts[0]]\n");
	env.cgroup_mount = "/cg";
	expect_env(MOUNTS(MOUNT("/sys/fs/cgroup", "cgroup2", "cgroup", "'ro'")), env, MOUNT_OPS,
		   "parent clone /cg [mounts[0]]\n"
		   "walker bind /cg on /sys/fs/cgroup (ro) [mounts[0]]\n");
}

static void test_refused_mounts(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{MOUNTS(BIND("/x", "/a", "'bind','size=1m'")),
		 "c: mounts[0].options[1]: \"size=1m\" is an option of a file system, and a bind has none"},
		{MOUNTS(BIND("/x", "/a", "'rbind','tmpcopyup'")),
		 "c: mounts[0].options[1]: \"tmpcopyup\" is for mounts of type \"tmpfs\""},
		{MOUNTS(MOUNT("/x", "proc", "p", "'tmpcopyup'")),
		 "c: mounts[0].options[0]: \"tmpcopyup\" is for mounts of type \"tmpfs\""},
		{MOUNTS("{'destination':'/x','options':['bind']}"),
		 "c: mounts[0].source: is required for a bind mount"},
		{MOUNTS("{'destination':'/x','source':'/a'}"),
		 "c: mounts[0].type: is required, for options has neither bind nor rbind"},
		{MOUNTS(MOUNT("/proc", "tmpfs", "t", "")),
		 "c: mounts[0].type: must be \"proc\" on /proc, got \"tmpfs\""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(rows); i++)
		refused(rows[i].text, rows[i].want);
}

static void test_without_mount_namespace(void **state)
{
	static const char why[] = "needs an entry of type \"mount\" in linux.namespaces";
	static const struct {
		const char *text, *field;
	} rows[] = {
		{CONFIG("'mounts':[" MOUNT("/x", "tmpfs", "t", "") "],", "", "", ""), "mounts"},
		{CONFIG("", "", "'maskedPaths':['/x'],", ""), "linux.maskedPaths"},
		{CONFIG("", "", "'readonlyPaths':['/x'],", ""), "linux.readonlyPaths"},
		{CONFIG("", "", "'rootfsPropagation':'rslave',", ""), "linux.rootfsPropagation"},
		{CONFIG("", "", "'devices':[{'path':'/dev/x','type':'p'}],", ""), "linux.devices"},
		{"{'ociVersion':'1.0.2','root':{'path':'r','readonly':true},"
		 "'process':{'cwd':'/','args':['x']}}",
		 "root.readonly"},
	};
	char want[256];
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(rows); i++) {
		snprintf(want, sizeof(want), "c: %s: %s", rows[i].field, why);
		refused(rows[i].text, want);
	}
}

/* The arguments that have no words. */
static void test_arguments_of_mounts(void **state)
{
	const struct plan_op *op;
	const uint32_t *index;
	size_t len;

	(void)state;
	expect(MOUNTS(MOUNT("/x", "ext4", "/dev/sdb", "'nosuid','a=1','ro','b'") "," MOUNT(
		       "/y", "tmpfs", "src", "'tmpcopyup','ro'")),
	       "open-source", "");
	/* Which of the options each word was. */
	op = compiled_op(c.plan.buf, OP_MOUNT_NEW, 0);
	assert_string_equal(plan_string(c.plan.buf, op->arg[1]), "/dev/sdb");
	index = plan_blob(c.plan.buf, op->arg[4], &len);
	assert_int_equal(len, 3 * sizeof(*index));
	assert_int_equal(index[0], 1);
	assert_int_equal(index[1], 3);
	assert_int_equal(index[2], UINT32_MAX);
	assert_int_equal(op->arg[7], 0);
	/* Read-only once the content is there. */
	op = compiled_op(c.plan.buf, OP_MOUNT_NEW, 1);
	assert_int_equal(op->arg[5], 0);
	assert_int_equal(op->arg[7], MOUNT_FLAG_COPYUP | MOUNT_FLAG_RO_LATER);

	expect(MOUNTS(BIND("/proc", "/proc", "'rbind'") "," BIND(
		       "/s", "/s", "'bind','shared','noatime','ro','rw'") "," BIND("/t", "/t",
									     "'rbind','rnoatime'")),
	       "mount", "");
	op = compiled_op(c.plan.buf, OP_MOUNT_BIND, 0);
	assert_int_equal(op->arg[7], MOUNT_FLAG_PROC);
	/* A clone stays a peer of its source only where that is asked for. */
	assert_int_equal(compiled_op(c.plan.buf, OP_OPEN_SOURCE, 0)->arg[3], SYS_MS_SLAVE);
	assert_int_equal(compiled_op(c.plan.buf, OP_OPEN_SOURCE, 1)->arg[3], 0);
	op = compiled_op(c.plan.buf, OP_MOUNT_BIND, 1);
	assert_int_equal(op->arg[2], MOUNT_ATTR_NOATIME);
	/* The group of access times is cleared as a whole. */
	assert_int_equal(op->arg[3], MOUNT_ATTR__ATIME | MOUNT_ATTR_RDONLY);
	assert_int_equal(op->arg[4] | op->arg[5], 0);
	assert_int_equal(op->arg[6], SYS_MS_SHARED);
	op = compiled_op(c.plan.buf, OP_MOUNT_BIND, 2);
	assert_int_equal(op->arg[2] | op->arg[3], 0);
	assert_int_equal(op->arg[4], MOUNT_ATTR_NOATIME);
	assert_int_equal(op->arg[5], MOUNT_ATTR__ATIME);
}

/* ---- /dev ------------------------------------------------------------------------------------ */

#define DEV_OPS	 "mount bind remount dev-stage device device-bind dev-unstage"
#define DEV_TMPFS MOUNT("/dev", "tmpfs", "tmpfs", "'nosuid','mode=755'")
#define NODE(name, numbers) "walker make the device /dev/" name " (c " numbers ", mode 666)\n"
#define NODES                                                                             \
	NODE("null", "1:3") NODE("zero", "1:5") NODE("full", "1:7") NODE("random", "1:8") \
	NODE("urandom", "1:9") NODE("tty", "5:0")
#define STAGE	"walker mount a tmpfs to make nodes in\n"
#define UNSTAGE "walker unmount the tmpfs that nodes were made in\n"

static void own_dev_is(unsigned code, unsigned arg, unsigned nth, uint64_t want)
{
	const struct plan_op *op = compiled_op(c.plan.buf, code, nth);

	assert_non_null(op);
	assert_int_equal(op->arg[arg], want);
}

static void test_own_dev(void **state)
{
	unsigned i;

	(void)state;
	expect(MOUNTS(DEV_TMPFS), DEV_OPS,
	       "walker mount tmpfs on /dev with mode=755 (nosuid) [mounts[0]]\n" NODES);
	assert_int_equal(compiled_op(c.plan.buf, OP_MOUNT_NEW, 0)->arg[7], MOUNT_FLAG_DEV);
	for (i = 0; i < 6; i++) {
		own_dev_is(OP_DEVICE_NODE, 6, i, 1);
		own_dev_is(OP_DEV_LINK, 2, i, 1);
	}
	/* Read-only, once the nodes and links are in it. */
	expect(MOUNTS(MOUNT("/dev/", "tmpfs", "t", "'ro','nosuid'")), DEV_OPS " dev-link",
	       "walker mount tmpfs on /dev (nosuid) [mounts[0]]\n" NODES
	       "walker link /dev/fd to /proc/self/fd\n"
	       "walker link /dev/stdin to /proc/self/fd/0\n"
	       "walker link /dev/stdout to /proc/self/fd/1\n"
	       "walker link /dev/stderr to /proc/self/fd/2\n"
	       "walker link /dev/ptmx to pts/ptmx\n"
	       "walker link /dev/core to /proc/kcore\n"
	       "walker remount /dev (ro) [mounts[0]]\n");
}

static void test_other_devs(void **state)
{
	unsigned i;

	(void)state;
	/* A mount that brings its own: nothing is added. */
	expect(MOUNTS(BIND("/dev", "/dev", "'rbind'")), DEV_OPS " dev-link",
	       "walker bind /dev on /dev [mounts[0]]\n");
	expect(MOUNTS(MOUNT("/dev", "devtmpfs", "d", "")), DEV_OPS " dev-link",
	       "walker mount devtmpfs on /dev [mounts[0]]\n");
	/* The last one counts. */
	expect(MOUNTS(DEV_TMPFS "," BIND("/dev", "/dev", "'rbind'")), DEV_OPS " dev-link",
	       "walker mount tmpfs on /dev with mode=755 (nosuid) [mounts[0]]\n"
	       "walker bind /dev on /dev [mounts[1]]\n");
	assert_int_equal(compiled_op(c.plan.buf, OP_MOUNT_NEW, 0)->arg[7], 0);
	/* None: nodes come through the stage into the root file system. */
	expect(TOP("'hostname':'x'"), DEV_OPS, STAGE NODES UNSTAGE);
	for (i = 0; i < 6; i++) {
		own_dev_is(OP_DEVICE_NODE, 6, i, 0);
		own_dev_is(OP_DEV_LINK, 2, i, 0);
	}
}

static void test_mounts_below_dev(void **state)
{
	(void)state;
	/* A device below a mount in our /dev is not in our mount. */
	expect(CONFIG("'mounts':[" DEV_TMPFS "," MOUNT("/dev/pts", "devpts", "d", "") "," MOUNT(
			      "/dev/shm", "tmpfs", "s", "") "],",
		      "",
		      "'devices':[{'path':'/dev/shm/x','type':'c','major':7,'minor':8},"
		      "{'path':'/dev/shmx','type':'c','major':7,'minor':9}],",
		      NAMESPACES),
	       DEV_OPS,
	       "walker mount tmpfs on /dev with mode=755 (nosuid) [mounts[0]]\n"
	       "walker mount devpts on /dev/pts [mounts[1]]\n"
	       "walker mount tmpfs on /dev/shm [mounts[2]]\n" STAGE NODES
	       "walker make the device /dev/shm/x (c 7:8, mode 666) [linux.devices[0]]\n"
	       "walker make the device /dev/shmx (c 7:9, mode 666) [linux.devices[1]]\n" UNSTAGE);
	own_dev_is(OP_DEVICE_NODE, 6, 5, 1);
	own_dev_is(OP_DEVICE_NODE, 6, 6, 0);
	own_dev_is(OP_DEVICE_NODE, 6, 7, 1);
}

static void test_devices(void **state)
{
	const struct plan_op *op;

	(void)state;
	expect(CONFIG("'mounts':[" DEV_TMPFS "],", "",
		      "'devices':[{'path':'/dev/fifo','type':'p','fileMode':432,'uid':7,'gid':9},"
		      "{'path':'/dev//disk','type':'b','major':8,'minor':1,'fileMode':33200},"
		      "{'path':'/dev/null','type':'u','major':1,'minor':3},"
		      "{'path':'/opt/node','type':'c','major':7,'minor':8}],",
		      NAMESPACES),
	       "dev-stage device dev-unstage",
	       STAGE NODE("zero", "1:5") NODE("full", "1:7") NODE("random", "1:8")
		       NODE("urandom", "1:9") NODE("tty", "5:0")
	       "walker make the device /dev/fifo (p 0:0, mode 660) [linux.devices[0]]\n"
	       "walker make the device /dev/disk (b 8:1, mode 660) [linux.devices[1]]\n"
	       "walker make the device /dev/null (c 1:3, mode 666) [linux.devices[2]]\n"
	       "walker make the device /opt/node (c 7:8, mode 666) [linux.devices[3]]\n" UNSTAGE);
	op = compiled_op(c.plan.buf, OP_DEVICE_NODE, 5);
	assert_int_equal(op->arg[4], 7);
	assert_int_equal(op->arg[5], 9);
	assert_int_equal(op->arg[6], 1);
	own_dev_is(OP_DEVICE_NODE, 6, 8, 0);
}

/* The filter may forbid to make what linux.devices lists: it comes behind the nodes then. */
static void test_filter_waits_for_nodes(void **state)
{
	static const char *const rows[] = {
		LINUX("'devices':[{'path':'/dev/x','type':'c','major':7,'minor':8}],"
		      "'resources':{'devices':[{'allow':false}]}"),
		CONFIG("'hooks':{'prestart':[{'path':'/h'}]},", "",
		       "'devices':[{'path':'/dev/x','type':'b','major':7,'minor':8}],"
		       "'resources':{'devices':[{'allow':false}]},",
		       NAMESPACES),
	};
	unsigned n, filter, nodes;
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(rows); i++) {
		expect(rows[i], "setsid", "walker begin a session\n");
		filter = only(c.plan.buf, OP_DEVICE_FILTER);
		nodes = only(c.plan.buf, OP_DEV_UNSTAGE);
		assert_true(filter > nodes);
		assert_int_equal(plan_op(c.plan.buf, filter - 1)->code, OP_BARRIER);
		assert_int_equal(plan_op(c.plan.buf, filter - 1)->arg[0], BARRIER_MOUNTS);
	}
	/* Default devices and FIFOs are never forbidden. */
	expect(LINUX("'devices':[{'path':'/dev/x','type':'p'}]"), "setsid",
	       "walker begin a session\n");
	filter = only(c.plan.buf, OP_DEVICE_FILTER);
	for (n = filter; n <= plan_header(c.plan.buf)->ops; n++)
		assert_true(plan_op(c.plan.buf, n)->code != OP_BARRIER ||
			    plan_op(c.plan.buf, n)->arg[0] == BARRIER_CGROUP);
	assert_int_equal(plan_op(c.plan.buf, filter - 1)->code, OP_CLONE);
}

/* ---- User namespace -------------------------------------------------------------------------- */

#define USER_NS                                                                              \
	"'uidMappings':[{'containerID':0,'hostID':1000,'size':1},"                           \
	"{'containerID':1,'hostID':100000,'size':65535}],"                                   \
	"'gidMappings':[{'containerID':0,'hostID':1000,'size':1}],"

static void test_user_namespace(void **state)
{
	(void)state;
	expect(CONFIG("'mounts':[" DEV_TMPFS "],", "'oomScoreAdj':7,",
		      USER_NS "'devices':[{'path':'/dev/fifo','type':'p'},"
			      "{'path':'/dev/sda','type':'b','major':8,'minor':0}],",
		      NAMESPACES ",{'type':'user'}"),
	       "clone oom-score barrier open-device device device-bind take-tree dev-stage "
	       "dev-unstage",
	       "parent clone a child into the cgroup and new namespaces: user, mount, pid, network, "
	       "ipc, uts [linux.namespaces]\n"
	       "parent open the device /dev/null (c 1:3)\n"
	       "parent open the device /dev/zero (c 1:5)\n"
	       "parent open the device /dev/full (c 1:7)\n"
	       "parent open the device /dev/random (c 1:8)\n"
	       "parent open the device /dev/urandom (c 1:9)\n"
	       "parent open the device /dev/tty (c 5:0)\n"
	       "parent open the device /dev/sda (b 8:0) [linux.devices[1]]\n"
	       "parent set oom_score_adj to 7 [process.oomScoreAdj]\n"
	       "both barrier 1: maps\n"
	       "walker clone /b/r in the new mount namespace [root.path]\n"
	       "walker clone /dev/null in the new mount namespace\n"
	       "walker bind the device /dev/null (c 1:3)\n"
	       "walker clone /dev/zero in the new mount namespace\n"
	       "walker bind the device /dev/zero (c 1:5)\n"
	       "walker clone /dev/full in the new mount namespace\n"
	       "walker bind the device /dev/full (c 1:7)\n"
	       "walker clone /dev/random in the new mount namespace\n"
	       "walker bind the device /dev/random (c 1:8)\n"
	       "walker clone /dev/urandom in the new mount namespace\n"
	       "walker bind the device /dev/urandom (c 1:9)\n"
	       "walker clone /dev/tty in the new mount namespace\n"
	       "walker bind the device /dev/tty (c 5:0)\n"
	       "walker make the device /dev/fifo (p 0:0, mode 666) [linux.devices[0]]\n"
	       "walker clone /dev/sda in the new mount namespace [linux.devices[1]]\n"
	       "walker bind the device /dev/sda (b 8:0) [linux.devices[1]]\n"
	       "both barrier 4: cgroup\n");
	assert_string_equal(
		plan_string(c.plan.buf, compiled_op(c.plan.buf, OP_WRITE_MAP, 0)->arg[0]), "uid_map");
	assert_string_equal(
		plan_string(c.plan.buf, compiled_op(c.plan.buf, OP_WRITE_MAP, 0)->arg[1]),
		"0 1000 1\n1 100000 65535\n");
	assert_string_equal(
		plan_string(c.plan.buf, compiled_op(c.plan.buf, OP_WRITE_MAP, 1)->arg[0]), "gid_map");
	assert_string_equal(
		plan_string(c.plan.buf, compiled_op(c.plan.buf, OP_WRITE_MAP, 1)->arg[1]),
		"0 1000 1\n");
	/* Whatever hoy itself has, the creator of a user namespace has all. */
	assert_string_equal(compiled_warned(&c), "");
}

/* ---- Hooks and barriers ---------------------------------------------------------------------- */

#define HOOK(kind) "'" kind "':[{'path':'/h/" kind "'}]"

static void test_hooks(void **state)
{
	static const struct {
		const char *kind, *actor;
		bool meets;
	} rows[] = {
		{"prestart", "parent", true},	      {"createRuntime", "parent", true},
		{"createContainer", "walker", false}, {"startContainer", "walker", false},
		{"poststart", "parent", false},	      {"poststop", "parent", false},
	};
	char text[1024], want[512];
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(rows); i++) {
		snprintf(text, sizeof(text), TOP("'hooks':{'%s':[{'path':'/h'}]}"), rows[i].kind);
		snprintf(want, sizeof(want), "%s%s run the %s hook /h [hooks.%s[0]]\n%s%s",
			 rows[i].meets ? "both barrier 2: mounts\n" : "", rows[i].actor,
			 rows[i].kind, rows[i].kind, rows[i].meets ? "both barrier 3: hooks\n" : "",
			 i < 3 ? "both barrier 4: cgroup\n" : "");
		if (i < 3) {
			expect(text, "hook barrier", want);
			continue;
		}
		/* Behind the barrier: what has been seen before stays as it is. */
		memmove(want + strlen("both barrier 4: cgroup\n"), want, strlen(want) + 1);
		memcpy(want, "both barrier 4: cgroup\n", strlen("both barrier 4: cgroup\n"));
		expect(text, "hook barrier", want);
	}
}

static void test_all_hooks(void **state)
{
	struct compile_env env = compiled_env();
	const struct plan_op *op;

	(void)state;
	env.kind = PLAN_CREATE;
	expect_env(
		TOP("'annotations':{'k':'v'},'hooks':{" HOOK("poststop") "," HOOK("prestart") "," HOOK(
			"createRuntime") "," HOOK("createContainer") "," HOOK("startContainer") "," HOOK(
			"poststart") "}"),
		env, "hook barrier pivot caps close-fds exec root-attach",
		"walker attach the root file system at /b/r [root.path]\n"
		"both barrier 2: mounts\n"
		"parent run the prestart hook /h/prestart [hooks.prestart[0]]\n"
		"parent run the createRuntime hook /h/createRuntime [hooks.createRuntime[0]]\n"
		"both barrier 3: hooks\n"
		"walker run the createContainer hook /h/createContainer [hooks.createContainer[0]]\n"
		"walker pivot into the root file system [root.path]\n"
		"both barrier 4: cgroup\n"
		"walker set capabilities: effective none, permitted none, inheritable none, "
		"ambient none\n"
		"both barrier 5: ready\n"
		"both barrier 6: start\n"
		"walker run the startContainer hook /h/startContainer [hooks.startContainer[0]]\n"
		"walker close descriptors from 3\n"
		"walker exec sh [process.args]\n"
		"parent run the poststart hook /h/poststart [hooks.poststart[0]]\n"
		"parent run the poststop hook /h/poststop [hooks.poststop[0]]\n");
	/* The state on its standard input, around the pid. */
	op = compiled_op(c.plan.buf, OP_HOOK, 0);
	assert_string_equal(plan_string(c.plan.buf, op->arg[5]),
			    "{\"ociVersion\":\"1.3.0\",\"id\":\"web\",\"status\":\"creating\",\"pid\":");
	assert_string_equal(plan_string(c.plan.buf, op->arg[6]),
			    ",\"bundle\":\"/b\",\"annotations\":{\"k\":\"v\"}}");
	op = compiled_op(c.plan.buf, OP_HOOK, 3);
	assert_non_null(strstr(plan_string(c.plan.buf, op->arg[5]), "\"status\":\"created\""));
	op = compiled_op(c.plan.buf, OP_HOOK, 4);
	assert_non_null(strstr(plan_string(c.plan.buf, op->arg[5]), "\"status\":\"running\""));
	op = compiled_op(c.plan.buf, OP_HOOK, 5);
	assert_non_null(strstr(plan_string(c.plan.buf, op->arg[5]), "\"status\":\"stopped\""));
}

static void test_arguments_of_hooks(void **state)
{
	const struct plan_op *op;

	(void)state;
	expect(TOP("'hooks':{'poststart':[{'path':'/h','args':['a','b'],'env':['X=1'],'timeout':9},"
		   "{'path':'/h'},{'path':'/h','env':[]}]}"),
	       "pivot", "walker pivot into the root file system [root.path]\n");
	op = compiled_op(c.plan.buf, OP_HOOK, 0);
	assert_int_equal(plan_vector_count(c.plan.buf, op->arg[2]), 2);
	assert_string_equal(plan_vector_string(c.plan.buf, op->arg[2], 0), "a");
	assert_int_equal(plan_vector_count(c.plan.buf, op->arg[3]), 1);
	assert_int_equal(op->arg[4], 9);
	/* Without args its path; without env the caller's, which differs from none. */
	op = compiled_op(c.plan.buf, OP_HOOK, 1);
	assert_int_equal(plan_vector_count(c.plan.buf, op->arg[2]), 1);
	assert_string_equal(plan_vector_string(c.plan.buf, op->arg[2], 0), "/h");
	assert_int_equal(op->arg[3], 0);
	assert_int_equal(op->arg[4], 0);
}

static void test_create(void **state)
{
	struct compile_env env = compiled_env();

	(void)state;
	env.kind = PLAN_CREATE;
	expect_env(TOP("'hostname':'x'"), env, "barrier lookup close-fds",
		   "both barrier 4: cgroup\n"
		   "walker exec \"sh\" [process.args[0]]\n"
		   "both barrier 5: ready\n"
		   "both barrier 6: start\n"
		   "walker close descriptors from 3\n");
	assert_int_equal(plan_header(c.plan.buf)->kind, PLAN_CREATE);
}

/* ---- Options of the command line ------------------------------------------------------------- */

static void test_options(void **state)
{
	struct compile_env env = compiled_env();

	(void)state;
	env.no_pivot = true;
	env.no_new_keyring = true;
	env.preserve_fds = 4;
	expect_env(TOP("'hostname':'x'"), env, "pivot keyring close-fds",
		   "walker move into the root file system without pivot [root.path]\n"
		   "walker close descriptors from 7\n");
}

static void test_without_cgroup(void **state)
{
	struct compile_env env = compiled_env();

	(void)state;
	env.cgroup_path = NULL;
	expect_env(TOP("'hostname':'x'"), env, "cgroup-make cgroup-set device-filter barrier", "");
	assert_string_equal(
		compiled_make(&c, LINUX("'resources':{'pids':{'limit':7}}"), env),
		"linux.resources.pids.limit: can't be applied without a cgroup "
		"(--cgroup-manager disabled)");
}

static void test_limits(void **state)
{
	(void)state;
	expect(LINUX("'cgroupsPath':'/x','resources':{'memory':{'limit':1048576},'pids':{'limit':7},"
		     "'unified':{'cpu.max':'1000 2000'}}"),
	       "cgroup-make cgroup-set",
	       "parent make the cgroup /hoy-web with memory pids cpu [linux.cgroupsPath]\n"
	       "parent write 1048576 to memory.max [linux.resources.memory.limit]\n"
	       "parent write 7 to pids.max [linux.resources.pids.limit]\n"
	       "parent write 1000 2000 to cpu.max [linux.resources.unified[\"cpu.max\"]]\n");
}

/* One process would be the placeholder alone: the limit comes behind the clone, and systemd knows of two. */
static void test_scope(void **state)
{
	const struct scope scope = {.slice = "a.slice", .unit = "p-web.scope", .user = true};
	struct compile_env env = compiled_env();

	(void)state;
	env.cgroup_path = NULL;
	env.scope = &scope;
	expect_env(LINUX("'cgroupsPath':'a.slice:p:web','resources':{'pids':{'limit':1},"
			 "'memory':{'limit':1048576}}"),
		   env, "cgroup-make scope-make cgroup-set clone barrier",
		   "parent have the user's systemd make the scope p-web.scope in a.slice with "
		   "Description='hoy container web', Delegate=true, DefaultDependencies=false, "
		   "CollectMode='inactive-or-failed', CPUAccounting=true, MemoryAccounting=true, "
		   "IOAccounting=true, TasksAccounting=true, TasksMax=uint64 18446744073709551615, "
		   "MemoryMax=uint64 1048576, TasksMax=uint64 2; controllers: memory pids "
		   "[linux.cgroupsPath]\n"
		   "parent write 1048576 to memory.max [linux.resources.memory.limit]\n"
		   "parent clone a child into the cgroup and new namespaces: mount, pid, network, ipc, uts "
		   "[linux.namespaces]\n"
		   "parent write 1 to pids.max [linux.resources.pids.limit]\n"
		   "both barrier 4: cgroup\n");
	assert_string_equal(
		compiled_make(&c, TOP("'annotations':{'org.systemd.property.PIDs':'[uint32 1]'}"), env),
		"annotations[\"org.systemd.property.PIDs\"]: this property belongs to the runtime");
	/* The other managers don't look at them. */
	assert_string_equal(compiled_make(&c, TOP("'annotations':{'org.systemd.property.PIDs':'x'}"),
					  compiled_env()),
			    "");
}

static void test_no_link_to_what_is_masked(void **state)
{
	(void)state;
	compiled_make(&c, LINUX("'maskedPaths':['/proc/keys']"), compiled_env());
	assert_non_null(compiled_op(c.plan.buf, OP_DEV_LINK, 5));
	compiled_make(&c, LINUX("'maskedPaths':['/proc/keys','/proc/kcore']"), compiled_env());
	assert_non_null(compiled_op(c.plan.buf, OP_DEV_LINK, 4));
	assert_null(compiled_op(c.plan.buf, OP_DEV_LINK, 5));
}

static void test_device_rules(void **state)
{
	(void)state;
	/* What denies nothing is not attached. */
	expect(LINUX("'resources':{'devices':[{'allow':true}]}"), "device-filter barrier",
	       "both barrier 4: cgroup\n");
	expect(LINUX("'resources':{'devices':[{'allow':true},"
		     "{'allow':false,'type':'c','major':7,'access':'w'}]}"),
	       "setsid", "walker begin a session\n");
	assert_string_equal(plan_string(c.plan.buf,
					compiled_op(c.plan.buf, OP_DEVICE_FILTER, 0)->field),
			    "linux.resources.devices");
}

/* ---- The view of the container --------------------------------------------------------------- */

static void test_view(void **state)
{
	(void)state;
	expect("{'ociVersion':'1.0.2','root':{'path':'r','readonly':true},"
	       "'process':{'cwd':'/w','args':['x']},'linux':{'namespaces':[" NAMESPACES "],"
	       "'sysctl':{'net.ipv4.ip_forward':'1','kernel/msgmax':'7'},"
	       "'maskedPaths':['/proc/kcore','/proc/keys'],'readonlyPaths':['/proc/sys'],"
	       "'rootfsPropagation':'rshared'}}",
	       "open-root propagation pivot root-propagation sysctl make-cwd readonly mask root-readonly cwd",
	       "parent clone the root file system /b/r [root.path]\n"
	       "walker make all mounts slave [linux.rootfsPropagation]\n"
	       "walker pivot into the root file system [root.path]\n"
	       "walker write 1 to /proc/sys/net/ipv4/ip_forward [linux.sysctl[\"net.ipv4.ip_forward\"]]\n"
	       "walker write 7 to /proc/sys/kernel/msgmax [linux.sysctl[\"kernel/msgmax\"]]\n"
	       "walker make the working directory /w where it is missing [process.cwd]\n"
	       "walker make /proc/sys read-only [linux.readonlyPaths[0]]\n"
	       "walker mask /proc/kcore [linux.maskedPaths[0]]\n"
	       "walker mask /proc/keys [linux.maskedPaths[1]]\n"
	       "walker make the root file system read-only [root.readonly]\n"
	       "walker make the root mount rshared [linux.rootfsPropagation]\n"
	       "walker enter the working directory /w [process.cwd]\n");
}

static void test_root_propagation(void **state)
{
	static const struct {
		const char *name, *all, *root;
		uint64_t open;
	} rows[] = {
		{"private", "private", NULL, SYS_MS_PRIVATE},
		{"rprivate", "private", NULL, SYS_MS_PRIVATE},
		{"slave", "slave", NULL, SYS_MS_SLAVE},
		{"rslave", "slave", NULL, SYS_MS_SLAVE},
		{"shared", "slave", "shared", SYS_MS_SLAVE},
		{"rshared", "slave", "rshared", SYS_MS_SLAVE},
		{"unbindable", "private", "unbindable", SYS_MS_PRIVATE},
		{"runbindable", "private", "runbindable", SYS_MS_PRIVATE},
	};
	char text[512], want[256];
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < ROWS(rows); i++) {
		snprintf(text, sizeof(text), LINUX("'rootfsPropagation':'%s'"), rows[i].name);
		n = snprintf(want, sizeof(want), "walker make all mounts %s [linux.rootfsPropagation]\n",
			     rows[i].all);
		if (rows[i].root)
			snprintf(want + n, sizeof(want) - (size_t)n,
				 "walker make the root mount %s [linux.rootfsPropagation]\n",
				 rows[i].root);
		expect(text, "propagation root-propagation", want);
		assert_int_equal(compiled_op(c.plan.buf, OP_OPEN_ROOT, 0)->arg[2], rows[i].open);
	}
}

/* ---- The process ----------------------------------------------------------------------------- */

static void test_process(void **state)
{
	(void)state;
	expect(PROCESS("'user':{'uid':1000,'gid':100,'umask':63,'additionalGids':[5,6]},"
		       "'noNewPrivileges':true,'env':['A=1']"),
	       "umask user no-new-privs home cwd",
	       "walker set umask 0077 [process.user.umask]\n"
	       "walker enter the working directory / [process.cwd]\n"
	       "walker become user 1000:100 [process.user]\n"
	       "walker set no_new_privs [process.noNewPrivileges]\n"
	       "walker set HOME from the container's passwd for uid 1000 [process.env]\n");
	expect(PROCESS("'env':['HOME=/x','HOMEX=y']"), "home umask", "walker set umask 0022\n");
	expect(PROCESS("'env':['XHOME=/x']"), "home",
	       "walker set HOME from the container's passwd for uid 0 [process.env]\n");
	expect(LINUX("'personality':{'domain':'LINUX32'}"), "personality",
	       "walker set the personality 0x8 [linux.personality]\n");
	refused("{'ociVersion':'1.0.2','root':{'path':'r'}}",
		"process: is required: there is nothing to run");
}

static void test_additional_groups(void **state)
{
	const uint32_t *gids;
	size_t len;

	(void)state;
	expect(PROCESS("'user':{'uid':1,'gid':2,'additionalGids':[5,4294967294]}"), "none", "");
	gids = plan_blob(c.plan.buf, compiled_op(c.plan.buf, OP_USER, 0)->arg[2], &len);
	assert_int_equal(len, 8);
	assert_int_equal(gids[0], 5);
	assert_int_equal(gids[1], 4294967294);
	expect(PROCESS("'user':{'uid':1,'gid':2}"), "none", "");
	assert_null(plan_blob(c.plan.buf, compiled_op(c.plan.buf, OP_USER, 0)->arg[2], &len));
}

static void test_search_path(void **state)
{
	static const struct {
		const char *text, *path;
	} rows[] = {
		{PROCESS("'env':['A=1']"),
		 "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
		{PROCESS("'env':['PATH=/a:/b']"), "/a:/b"},
		{PROCESS("'env':['PATH=/a','X=1','PATH=/b']"), "/b"},
		{PROCESS("'env':['PATH=']"), ""},
		{PROCESS("'env':['PATHX=/a','XPATH=/b']"),
		 "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(rows); i++) {
		expect(rows[i].text, "none", "");
		assert_string_equal(
			plan_string(c.plan.buf, compiled_op(c.plan.buf, OP_LOOKUP, 0)->arg[1]),
			rows[i].path);
	}
}

static void test_limits_of_the_process(void **state)
{
	(void)state;
	/* The walker opens files: that limit comes to its size at the end. */
	expect(PROCESS("'rlimits':[{'type':'RLIMIT_NOFILE','soft':10,'hard':2048},"
		       "{'type':'RLIMIT_CORE','soft':0,'hard':18446744073709551615}]"),
	       "rlimit caps lookup close-fds",
	       "walker limit RLIMIT_NOFILE to 2048:2048 [process.rlimits[0]]\n"
	       "walker limit RLIMIT_CORE to 0:unlimited [process.rlimits[1]]\n"
	       "walker set capabilities: effective none, permitted none, inheritable none, "
	       "ambient none\n"
	       "walker exec \"sh\" [process.args[0]]\n"
	       "walker limit RLIMIT_NOFILE to 10:2048 [process.rlimits[0]]\n"
	       "walker close descriptors from 3\n");
	expect(PROCESS("'rlimits':[{'type':'RLIMIT_NOFILE','soft':10,'hard':20}]"), "rlimit caps",
	       "walker set capabilities: effective none, permitted none, inheritable none, "
	       "ambient none\n"
	       "walker limit RLIMIT_NOFILE to 10:20 [process.rlimits[0]]\n");
}

#define CAPS(sets) PROCESS("'capabilities':{" sets "}")

static void test_capabilities(void **state)
{
	struct compile_env env = compiled_env();

	(void)state;
	expect(CAPS("'bounding':['CAP_KILL','CAP_CHOWN'],'permitted':['CAP_KILL'],"
		    "'effective':['CAP_KILL'],'inheritable':['CAP_KILL'],'ambient':['CAP_KILL']"),
	       "cap-bounding caps",
	       "walker drop capabilities from the bounding set, keep CAP_CHOWN CAP_KILL "
	       "[process.capabilities]\n"
	       "walker set capabilities: effective CAP_KILL, permitted CAP_KILL, inheritable CAP_KILL, "
	       "ambient CAP_KILL [process.capabilities]\n");
	assert_string_equal(compiled_warned(&c), "");
	assert_int_equal(compiled_op(c.plan.buf, OP_CAPS, 0)->arg[3], 1 << CAP_KILL);

	/* What hoy hasn't got itself is left out everywhere, with one warning a set. */
	env.caps_available = ALL_CAPS & ~(1ULL << CAP_KILL);
	expect_env(CAPS("'bounding':['CAP_KILL','CAP_CHOWN'],'permitted':['CAP_KILL','CAP_CHOWN'],"
			"'effective':['CAP_KILL','CAP_CHOWN']"),
		   env, "cap-bounding caps",
		   "walker drop capabilities from the bounding set, keep CAP_CHOWN "
		   "[process.capabilities]\n"
		   "walker set capabilities: effective CAP_CHOWN, permitted CAP_CHOWN, inheritable "
		   "none, ambient none [process.capabilities]\n");
	assert_string_equal(compiled_warned(&c),
			    "capabilities.bounding: CAP_KILL can't be granted: hoy does not have it\n"
			    "capabilities.permitted: CAP_KILL can't be granted: hoy does not have it\n");
	/* In a new user namespace it has all. */
	expect_env(CONFIG("", "'capabilities':{'bounding':['CAP_KILL'],'permitted':['CAP_KILL']},",
			  USER_NS, NAMESPACES ",{'type':'user'}"),
		   env, "cap-bounding",
		   "walker drop capabilities from the bounding set, keep CAP_KILL "
		   "[process.capabilities]\n");
	assert_string_equal(compiled_warned(&c), "");
}

#define ROW(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_smallest),
		ROW(test_with_mount_namespace),
		ROW(test_mounts),
		ROW(test_cgroup_mount),
		ROW(test_refused_mounts),
		ROW(test_without_mount_namespace),
		ROW(test_arguments_of_mounts),
		ROW(test_own_dev),
		ROW(test_other_devs),
		ROW(test_mounts_below_dev),
		ROW(test_devices),
		ROW(test_filter_waits_for_nodes),
		ROW(test_user_namespace),
		ROW(test_hooks),
		ROW(test_all_hooks),
		ROW(test_arguments_of_hooks),
		ROW(test_create),
		ROW(test_options),
		ROW(test_without_cgroup),
		ROW(test_limits),
		ROW(test_scope),
		ROW(test_no_link_to_what_is_masked),
		ROW(test_device_rules),
		ROW(test_view),
		ROW(test_root_propagation),
		ROW(test_process),
		ROW(test_additional_groups),
		ROW(test_search_path),
		ROW(test_limits_of_the_process),
		ROW(test_capabilities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
