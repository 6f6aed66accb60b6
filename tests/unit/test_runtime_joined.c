/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans with joined and time namespaces, terminals and what says when the process runs; and what
 * exec takes from them.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sys.h"
#include "compiled.h"
#include "runtime/compile_exec.h"
#include "spec/names.h"

static struct compiled c;

static void expect_env(const char *text, struct compile_env env, const char *ops, const char *want)
{
	struct text got = TEXT_INIT;

	if (compiled_make(&c, text, env)[0])
		fail_msg("%s\n%s", text, c.message);
	compiled_lines(c.plan.buf, ops, &got);
	if (!streq(got.s, want))
		fail_msg("%s\ngot:\n%swant:\n%s", text, got.s, want);
	text_free(&got);
	assert_int_equal(plan_check(c.plan.buf, c.plan.size), 0);
}

static void expect(const char *text, const char *ops, const char *want)
{
	expect_env(text, compiled_env(), ops, want);
}

/* The plan of `exec ID ls` in the container of the last plan. */
static void expect_exec(struct exec_options opt, const struct process *given, const char *ops,
			const char *want)
{
	static const char *const args[] = {"ls"};
	struct arena a = ARENA_INIT;
	struct warnings warn = WARNINGS_INIT;
	struct error err = ERROR_INIT;
	struct exec_env env = {
		.opt = &opt,
		.given = given,
		.caps_available = ALL_CAPS,
		.console_width = 80,
		.console_height = 24,
		.warn = &warn,
		.arena = &a,
	};
	struct plan plan = PLAN_INIT;
	struct text got = TEXT_INIT;
	uint64_t join;

	opt.args = args;
	opt.args_n = given ? 0 : 1;
	assert_int_equal(compile_exec(&env, c.plan.buf, &plan, &join, &err), 0);
	compiled_lines(plan.buf, ops, &got);
	if (!streq(got.s, want))
		fail_msg("got:\n%swant:\n%s", got.s, want);
	assert_int_equal(plan_check(plan.buf, plan.size), 0);
	text_free(&got);
	plan_drop(&plan);
	warn_free(&warn);
	arena_free(&a);
}

#define NS(type, path) "{'type':'" type "','path':'" path "'}"

/* ---- Joined namespaces ----------------------------------------------------------------------- */

static void test_opened_before_the_clone(void **state)
{
	(void)state;
	expect(CONFIG("", "", "",
		      "{'type':'mount'}," NS("pid", "/p") "," NS("network", "/n") "," NS(
			      "ipc", "/i") "," NS("uts", "/u")),
	       "open-namespace clone join loopback",
	       "parent open the pid namespace /p [linux.namespaces[1].path]\n"
	       "parent open the network namespace /n [linux.namespaces[2].path]\n"
	       "parent open the ipc namespace /i [linux.namespaces[3].path]\n"
	       "parent open the uts namespace /u [linux.namespaces[4].path]\n"
	       "parent clone a child into the cgroup and new namespaces: mount; joined: pid, "
	       "network, ipc, "
	       "uts [linux.namespaces]\n");
	assert_int_equal(compiled_op(c.plan.buf, OP_CLONE, 0)->arg[0], CLONE_NEWNS);
	assert_int_equal(compiled_op(c.plan.buf, OP_CLONE, 0)->arg[1],
			 CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS);
}

/* Mount, cgroup and time are for the walker, each from the slot that it was opened into. */
static void test_joined_by_the_walker(void **state)
{
	unsigned i;

	(void)state;
	expect(CONFIG("", "", "", NS("cgroup", "/c") "," NS("time", "/t") "," NS("mount", "/m")),
	       "open-namespace clone join root-attach pivot",
	       "parent open the cgroup namespace /c [linux.namespaces[0].path]\n"
	       "parent open the time namespace /t [linux.namespaces[1].path]\n"
	       "parent open the mount namespace /m [linux.namespaces[2].path]\n"
	       "parent clone a child into the cgroup; joined: mount, cgroup, time "
	       "[linux.namespaces]\n"
	       "walker join the namespace by path: cgroup [linux.namespaces[0]]\n"
	       "walker join the namespace by path: time [linux.namespaces[1]]\n"
	       "walker join the namespace by path: mount [linux.namespaces[2]]\n"
	       "walker open the root file system /b/r [root.path]\n"
	       "walker chroot into the root file system [root.path]\n");
	for (i = 0; i < 3; i++)
		assert_int_equal(compiled_op(c.plan.buf, OP_JOIN, i)->arg[0],
				 compiled_op(c.plan.buf, OP_OPEN_NS, i)->arg[0]);
	/* The root is looked up there, not here. */
	assert_null(compiled_op(c.plan.buf, OP_OPEN_ROOT, 0));
}

static void test_joined_user_namespace(void **state)
{
	(void)state;
	expect(CONFIG("", "'oomScoreAdj':5,", "", NAMESPACES "," NS("user", "/u")),
	       "open-namespace clone write-map barrier oom-score loopback",
	       "parent open the user namespace /u [linux.namespaces[5].path]\n"
	       "parent clone a child into the cgroup and new namespaces: mount, pid, network, ipc, "
	       "uts; "
	       "joined: user [linux.namespaces]\n"
	       "parent set oom_score_adj to 5 [process.oomScoreAdj]\n"
	       "both barrier 1: maps\n"
	       "walker set the loopback interface up [linux.namespaces]\n"
	       "both barrier 4: cgroup\n");
}

static const char *needed_by(const char *text)
{
	if (compiled_make(&c, text, compiled_env())[0])
		fail_msg("%s", c.message);
	return plan_string(c.plan.buf, compiled_op(c.plan.buf, OP_OPEN_NS, 0)->arg[4]);
}

/* What would change the runtime's own namespace, if the path is that of it. */
static void test_needed_by(void **state)
{
	(void)state;
	assert_null(needed_by(CONFIG("", "", "", "{'type':'mount'}," NS("uts", "/u"))));
	assert_string_equal(
		needed_by(CONFIG("'hostname':'h',", "", "", "{'type':'mount'}," NS("uts", "/u"))),
		"hostname");
	assert_string_equal(
		needed_by(CONFIG("'domainname':'h',", "", "", "{'type':'mount'}," NS("uts", "/u"))),
		"domainname");
	assert_string_equal(needed_by(CONFIG("", "", "'sysctl':{'kernel.domainname':'x'},",
					     "{'type':'mount'}," NS("uts", "/u"))),
			    "linux.sysctl");
	assert_string_equal(needed_by(CONFIG("", "", "'sysctl':{'net.core.somaxconn':'1'},",
					     "{'type':'mount'}," NS("network", "/n"))),
			    "linux.sysctl");
	assert_string_equal(needed_by(CONFIG("", "", "'sysctl':{'kernel.msgmax':'1'},",
					     "{'type':'mount'}," NS("ipc", "/i"))),
			    "linux.sysctl");
	assert_null(needed_by(CONFIG("", "", "'sysctl':{'kernel.msgmax':'1'},",
				     "{'type':'mount'},{'type':'ipc'}," NS("network", "/n"))));
}

/* ---- Time ------------------------------------------------------------------------------------ */

#define TIME(offsets) CONFIG("", "", offsets, NAMESPACES ",{'type':'time'}")

static const char *offsets(void)
{
	return plan_string(c.plan.buf, compiled_op(c.plan.buf, OP_TIME, 0)->arg[0]);
}

static void test_time(void **state)
{
	(void)state;
	expect(TIME(""), "time-offsets clone",
	       "parent make a time namespace [linux.namespaces]\n"
	       "parent clone a child into the cgroup and new namespaces: mount, pid, network, ipc, "
	       "uts, "
	       "time [linux.namespaces]\n");
	assert_string_equal(offsets(), "");
	expect(TIME("'timeOffsets':{'monotonic':{'secs':-5,'nanosecs':7},"
		    "'boottime':{'nanosecs':999999999}},"),
	       "time-offsets",
	       "parent make a time namespace with offsets: monotonic -5 7, boottime 0 999999999 "
	       "[linux.timeOffsets]\n");
	assert_string_equal(offsets(), "monotonic -5 7\nboottime 0 999999999\n");
	expect(TIME("'timeOffsets':{'boottime':{'secs':9223372036854775807}},"), "time-offsets",
	       "parent make a time namespace with offsets: boottime 9223372036854775807 0 "
	       "[linux.timeOffsets]\n");
	expect(TIME("'timeOffsets':{},"), "time-offsets",
	       "parent make a time namespace [linux.timeOffsets]\n");
}

/* ---- Terminals ------------------------------------------------------------------------------- */

static void test_terminal(void **state)
{
	struct compile_env env = compiled_env();
	const struct plan_op *op;

	(void)state;
	expect(PROCESS("'terminal':false,'consoleSize':{'width':1,'height':2}"), "terminal", "");
	expect(PROCESS("'terminal':true"), "terminal",
	       "walker make a terminal and bind it on /dev/console [process.terminal]\n");
	env.console_width = 80;
	env.console_height = 24;
	expect_env(PROCESS("'terminal':true"), env, "terminal",
		   "walker make a terminal of 80 by 24 characters and bind it on /dev/console "
		   "[process.terminal]\n");
	expect_env(PROCESS("'terminal':true,'user':{'uid':7,'gid':8},'consoleSize':{'width':61,'"
			   "height':16}"),
		   env, "terminal",
		   "walker make a terminal of 61 by 16 characters and bind it on /dev/console "
		   "[process.terminal]\n");
	op = compiled_op(c.plan.buf, OP_TERMINAL, 0);
	assert_int_equal(op->arg[2], 7);
	/* A /dev of the host's gets no console. */
	expect(CONFIG("'mounts':[{'destination':'/dev','source':'/dev','options':['rbind']}],",
		      "'terminal':true,", "", NAMESPACES),
	       "terminal", "walker make a terminal [process.terminal]\n");
}

/* In the container's root, with its devpts mounted, and before anything of the image is executed.
 */
static void test_terminal_is_late(void **state)
{
	(void)state;
	expect(CONFIG("'mounts':[{'destination':'/dev/pts','type':'devpts'}],", "'terminal':true,",
		      "'maskedPaths':['/m'],", NAMESPACES),
	       "mount pivot terminal mask",
	       "walker mount devpts on /dev/pts [mounts[0]]\n"
	       "walker pivot into the root file system [root.path]\n"
	       "walker make a terminal and bind it on /dev/console [process.terminal]\n"
	       "walker mask /m [linux.maskedPaths[0]]\n");
}

static void test_terminal_of_exec(void **state)
{
	struct process given = {.terminal = true, .cwd = "/"};

	(void)state;
	expect(PROCESS("'terminal':true,'consoleSize':{'width':1,'height':2}"), "none", "");
	expect_exec((struct exec_options){0}, NULL, "terminal", "");
	expect_exec((struct exec_options){.tty = true}, NULL, "terminal",
		    "walker make a terminal of 80 by 24 characters [terminal]\n");
	given.args = (struct strings){1, (const char *[]){"ls"}};
	expect_exec((struct exec_options){0}, &given, "terminal",
		    "walker make a terminal of 80 by 24 characters [terminal]\n");
	given.terminal = false;
	expect_exec((struct exec_options){0}, &given, "terminal", "");
}

/* ---- When it runs ---------------------------------------------------------------------------- */

static const struct {
	const char *json, *words;
	uint64_t arg[8]; /* from 1 */
} schedulers[] = {
	{"'policy':'SCHED_OTHER','nice':-20",
	 "SCHED_OTHER, nice -20, priority 0",
	 {0, 0, 0, (uint64_t)-20}},
	{"'policy':'SCHED_FIFO','priority':99",
	 "SCHED_FIFO, nice 0, priority 99",
	 {0, 1, 0, 0, 99}},
	{"'policy':'SCHED_RR','priority':1", "SCHED_RR, nice 0, priority 1", {0, 2, 0, 0, 1}},
	{"'policy':'SCHED_BATCH','nice':19", "SCHED_BATCH, nice 19, priority 0", {0, 3, 0, 19}},
	{"'policy':'SCHED_IDLE'", "SCHED_IDLE, nice 0, priority 0", {0, 5}},
	{"'policy':'SCHED_DEADLINE','runtime':1,'deadline':2,'period':18446744073709551615",
	 "SCHED_DEADLINE, nice 0, priority 0",
	 {0, 6, 0, 0, 0, 1, 2, UINT64_MAX}},
	{"'policy':'SCHED_OTHER','flags':['SCHED_FLAG_RESET_ON_FORK','SCHED_FLAG_RECLAIM',"
	 "'SCHED_FLAG_DL_OVERRUN','SCHED_FLAG_KEEP_POLICY','SCHED_FLAG_KEEP_PARAMS',"
	 "'SCHED_FLAG_UTIL_CLAMP_MIN','SCHED_FLAG_UTIL_CLAMP_MAX']",
	 "SCHED_OTHER, nice 0, priority 0",
	 {0, 0, 0x7f}},
};

static void test_scheduler(void **state)
{
	char text[1024], want[256];
	size_t i;
	unsigned k;

	(void)state;
	for (i = 0; i < sizeof(schedulers) / sizeof(schedulers[0]); i++) {
		const struct plan_op *op;

		snprintf(text, sizeof(text), PROCESS("'scheduler':{%s}"), schedulers[i].json);
		snprintf(want, sizeof(want), "walker schedule as %s [process.scheduler]\n",
			 schedulers[i].words);
		expect(text, "scheduler", want);
		op = compiled_op(c.plan.buf, OP_SCHEDULER, 0);
		for (k = 1; k < 8; k++)
			assert_int_equal(op->arg[k], schedulers[i].arg[k]);
		/* exec does the same */
		snprintf(want, sizeof(want), "walker schedule as %s [scheduler]\n",
			 schedulers[i].words);
		expect_exec((struct exec_options){0}, NULL, "scheduler", want);
	}
}

static void test_io_priority(void **state)
{
	static const struct {
		const char *class;
		uint64_t number;
	} classes[] = {{"RT", 1}, {"BE", 2}, {"IDLE", 3}};
	char text[1024], want[256];
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		snprintf(text, sizeof(text),
			 PROCESS("'ioPriority':{'class':'IOPRIO_CLASS_%s','priority':%u}"),
			 classes[i].class, i + 5);
		snprintf(want, sizeof(want),
			 "walker set the I/O priority IOPRIO_CLASS_%s %u [process.ioPriority]\n",
			 classes[i].class, i + 5);
		expect(text, "io-priority", want);
		assert_int_equal(compiled_op(c.plan.buf, OP_IO_PRIORITY, 0)->arg[1],
				 classes[i].number << 13 | (i + 5));
		snprintf(want, sizeof(want),
			 "walker set the I/O priority IOPRIO_CLASS_%s %u [ioPriority]\n",
			 classes[i].class, i + 5);
		expect_exec((struct exec_options){0}, NULL, "io-priority", want);
	}
}

#define AFFINITY_OPS "affinity exec-affinity clone"

static void test_affinity(void **state)
{
	struct cpu_affinity cpus = {.initial = "3"};
	struct process given = {.cwd = "/", .exec_cpu_affinity = &cpus};

	(void)state;
	expect(CONFIG("", "", "", ""), AFFINITY_OPS,
	       "parent clone a child into the cgroup\nwalker run on every CPU\n");
	/* The first process is not bound. */
	expect(CONFIG("", "'execCPUAffinity':{'initial':'0','final':'1-2'},", "", ""), AFFINITY_OPS,
	       "parent clone a child into the cgroup\n"
	       "walker run on every CPU\n"
	       "parent remember the CPUs for exec: initial 0, final 1-2 "
	       "[process.execCPUAffinity]\n");
	assert_int_equal(compiled_op(c.plan.buf, OP_AFFINITY, 0)->arg[1], 0);
	/* Before the child is in the cgroup, and after. */
	expect_exec((struct exec_options){0}, NULL, AFFINITY_OPS,
		    "parent run on the CPUs 0 [execCPUAffinity.initial]\n"
		    "parent clone a child into the cgroup\n"
		    "walker run on the CPUs 1-2 [execCPUAffinity.final]\n");
	given.args = (struct strings){1, (const char *[]){"ls"}};
	expect_exec((struct exec_options){0}, &given, AFFINITY_OPS,
		    "parent run on the CPUs 3 [execCPUAffinity.initial]\n"
		    "parent clone a child into the cgroup\n"
		    "walker run on every CPU\n");
	expect(CONFIG("", "'execCPUAffinity':{'final':'1'},", "", ""), "none", "");
	expect_exec((struct exec_options){0}, NULL, AFFINITY_OPS,
		    "parent clone a child into the cgroup\n"
		    "walker run on the CPUs 1 [execCPUAffinity.final]\n");
}

/* ---- exec ------------------------------------------------------------------------------------ */

static void test_exec_joins(void **state)
{
	(void)state;
	expect(CONFIG("", "", "",
		      "{'type':'mount'},{'type':'time'}," NS("pid", "/p") "," NS("network", "/n")),
	       "none", "");
	expect_exec((struct exec_options){0}, NULL, "join root-attach pivot",
		    "walker join the container's namespaces: mount, network, time\n");
	expect(CONFIG("", "", "", NAMESPACES "," NS("user", "/u")), "none", "");
	expect_exec((struct exec_options){0}, NULL, "join become-root root-attach pivot",
		    "walker join the container's namespaces: user, mount, network, ipc, uts\n"
		    "walker become root of the user namespace\n");
}

/* Without a mount namespace of its own the container's root is a directory. */
static void test_exec_goes_to_the_root(void **state)
{
	static const char root[] = "walker open the root file system /b/r\n"
				   "walker chroot into the root file system [root.path]\n";
	char want[256];

	(void)state;
	expect(CONFIG("", "", "", ""), "none", "");
	expect_exec((struct exec_options){0}, NULL, "join root-attach pivot", root);
	expect(CONFIG("", "", "", NS("mount", "/m")), "none", "");
	snprintf(want, sizeof(want), "walker join the container's namespaces: mount\n%s", root);
	expect_exec((struct exec_options){0}, NULL, "join root-attach pivot", want);
}

static int teardown(void **state)
{
	(void)state;
	compiled_free(&c);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opened_before_the_clone),
		cmocka_unit_test(test_joined_by_the_walker),
		cmocka_unit_test(test_joined_user_namespace),
		cmocka_unit_test(test_needed_by),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_terminal_is_late),
		cmocka_unit_test(test_terminal_of_exec),
		cmocka_unit_test(test_scheduler),
		cmocka_unit_test(test_io_priority),
		cmocka_unit_test(test_affinity),
		cmocka_unit_test(test_exec_joins),
		cmocka_unit_test(test_exec_goes_to_the_root),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
