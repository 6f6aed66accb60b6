/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan of `exec`: from the container's own plan and the options. The base goes through the bytes
 * that are stored, as it does between two commands.
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

#include <cmocka.h>

#include "base/sys.h"
#include "compiled.h"
#include "helpers.h"
#include "runtime/compile_exec.h"

static const char *const sh[] = {"ls", "-l", NULL};

static struct {
	struct compiled base;
	struct arena arena;
	struct warnings warn;
	struct error err;
	struct plan plan;
	uint64_t join;
	char message[2048];
} t;

static void forget(void)
{
	plan_drop(&t.plan);
	warn_free(&t.warn);
	arena_free(&t.arena);
	t.err = (struct error)ERROR_INIT;
	t.message[0] = 0;
	t.join = 0xdead;
}

static int teardown(void **state)
{
	(void)state;
	forget();
	compiled_free(&t.base);
	return 0;
}

static void base_filtered(const char *text, const struct seccomp_filter *filter)
{
	struct compile_env env = compiled_env();
	void *stored;

	env.kind = PLAN_CREATE;
	env.seccomp = filter;
	if (compiled_make(&t.base, text, env)[0])
		fail_msg("%s", t.base.message);
	stored = malloc(t.base.plan.size);
	assert_non_null(stored);
	memcpy(stored, t.base.plan.buf, t.base.plan.size);
	free(t.base.plan.buf);
	t.base.plan.buf = stored;
	assert_int_equal(plan_check(t.base.plan.buf, t.base.plan.size), 0);
}

/* The container. */
static void base(const char *text)
{
	base_filtered(text, NULL);
}

static int run(struct exec_options opt, const struct process *given)
{
	struct exec_env env = {
		.opt = &opt,
		.given = given,
		.caps_available = ALL_CAPS,
		.warn = &t.warn,
		.arena = &t.arena,
	};
	int r;

	if (!opt.args && !given) {
		opt.args = sh;
		opt.args_n = 2;
	}
	r = compile_exec(&env, t.base.plan.buf, &t.plan, &t.join, &t.err);
	error_text(&t.err, t.message, sizeof(t.message));
	assert_true((r < 0) == (t.message[0] != 0));
	assert_true((r < 0) == !t.plan.buf);
	return r;
}

/* What the plan with these options has of those operations. */
static void expect(struct exec_options opt, const char *ops, const char *want)
{
	struct text got = TEXT_INIT;

	forget();
	if (run(opt, NULL) < 0)
		fail_msg("%s", t.message);
	compiled_lines(t.plan.buf, ops, &got);
	if (!streq(got.s, want))
		fail_msg("got:\n%swant:\n%s", got.s, want);
	text_free(&got);
	assert_int_equal(plan_header(t.plan.buf)->kind, PLAN_EXEC);
}

static void refused(struct exec_options opt, const char *want)
{
	forget();
	assert_int_equal(run(opt, NULL), -EINVAL);
	assert_string_equal(t.message, want);
}

#define OPT(...) ((struct exec_options){__VA_ARGS__})

#define FULL                                                                                     \
	CONFIG("'hostname':'h','mounts':[{'destination':'/x','type':'tmpfs'}],",                 \
	       "'user':{'uid':1000,'gid':100,'umask':63,'additionalGids':[5,6]},'env':['A=1','B=2']," \
	       "'noNewPrivileges':true,'oomScoreAdj':-3,"                                        \
	       "'rlimits':[{'type':'RLIMIT_NOFILE','soft':10,'hard':2048},"                      \
	       "{'type':'RLIMIT_CORE','soft':0,'hard':1}],"                                      \
	       "'capabilities':{'bounding':['CAP_KILL','CAP_CHOWN'],'permitted':['CAP_KILL'],"   \
	       "'effective':['CAP_KILL']},",                                                     \
	       "'personality':{'domain':'LINUX32'},'maskedPaths':['/m'],", NAMESPACES)
#define PLAIN CONFIG("", "", "", NAMESPACES)

/* What create does to a process, exec does. */
static void test_all_is_copied(void **state)
{
	(void)state;
	base(FULL);
	expect(OPT(0), NULL,
	       "parent open the runtime's procfs\n"
	       "parent clone a child into the cgroup\n"
	       "walker set oom_score_adj to -3 [oomScoreAdj]\n"
	       "walker join the container's namespaces: mount, network, ipc, uts\n"
	       "walker begin a session\n"
	       "walker join the session keyring _ses.web\n"
	       "walker set the personality 0x8 [linux.personality]\n"
	       "walker limit RLIMIT_NOFILE to 2048:2048 [rlimits[0]]\n"
	       "walker limit RLIMIT_CORE to 0:1 [rlimits[1]]\n"
	       "walker run on every CPU\n"
	       "walker set umask 0077 [user.umask]\n"
	       "walker drop capabilities from the bounding set, keep CAP_CHOWN CAP_KILL "
	       "[capabilities]\n"
	       "walker enter the working directory / [cwd]\n"
	       "walker become user 1000:100 [user]\n"
	       "walker set capabilities: effective CAP_KILL, permitted CAP_KILL, inheritable none, "
	       "ambient none [capabilities]\n"
	       "walker set no_new_privs [noNewPrivileges]\n"
	       "walker set HOME from the container's passwd for uid 1000 [env]\n"
	       "walker exec \"ls\" [args[0]]\n"
	       "walker limit RLIMIT_NOFILE to 10:2048 [rlimits[0]]\n"
	       "walker close descriptors from 3\n"
	       "walker exec ls -l [args]\n");
	assert_true(t.join ==
		    (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET));
	assert_string_equal(t.warn.lines.s ? t.warn.lines.s : "", "");
}

static void env_is(const char *const *want, size_t n)
{
	uint64_t at = compiled_op(t.plan.buf, OP_EXEC, 0)->arg[1];
	size_t i;

	assert_int_equal(plan_vector_count(t.plan.buf, at), n);
	for (i = 0; i < n; i++)
		assert_string_equal(plan_vector_string(t.plan.buf, at, i), want[i]);
}

static void test_env(void **state)
{
	static const char *const own[] = {"A=1", "B=2"};
	static const char *const more[] = {"A=3", "PATH=/p", "E="};
	static const char *const all[] = {"A=1", "B=2", "A=3", "PATH=/p", "E="};
	static const char *const home[] = {"HOME=/h"};
	static const char *const bad[] = {"X=1", "NOVALUE"}, *const nameless[] = {"=x"};

	(void)state;
	base(FULL);
	expect(OPT(0), "none", "");
	env_is(own, 2);
	expect(OPT(.env = more, .env_n = 3), "lookup", "walker exec \"ls\" [args[0]]\n");
	env_is(all, 5);
	assert_string_equal(
		plan_string(t.plan.buf, compiled_op(t.plan.buf, OP_LOOKUP, 0)->arg[1]), "/p");
	expect(OPT(.env = home, .env_n = 1), "home", "");
	refused(OPT(.env = bad, .env_n = 2), "--env: must be NAME=VALUE, got \"NOVALUE\"");
	refused(OPT(.env = nameless, .env_n = 1), "--env: must be NAME=VALUE, got \"=x\"");
}

static void test_cwd_and_flags(void **state)
{
	(void)state;
	base(PLAIN);
	expect(OPT(.cwd = "/srv"), "cwd no-new-privs make-cwd",
	       "walker enter the working directory /srv [cwd]\n");
	expect(OPT(.no_new_privs = true, .preserve_fds = 3), "cwd no-new-privs close-fds",
	       "walker enter the working directory / [cwd]\n"
	       "walker set no_new_privs [noNewPrivileges]\n"
	       "walker close descriptors from 6\n");
	refused(OPT(.cwd = "srv"), "--cwd: must be an absolute path, got \"srv\"");
	refused(OPT(.cwd = ""), "--cwd: must be an absolute path, got \"\"");
	/* The container's own can't be taken back. */
	base(FULL);
	expect(OPT(.no_new_privs = false), "no-new-privs",
	       "walker set no_new_privs [noNewPrivileges]\n");
}

/* Where the filter is loaded (compile_process.c), of create and of exec. */
static void test_seccomp(void **state)
{
	static const struct sock_filter insns[] = {BPF_STMT(BPF_RET | BPF_K, 7)};
	static const struct seccomp_filter filter = {insns, 1, 6, "words"};
	static const char ops[] = "user seccomp caps no-new-privs lookup close-fds exec hook";
	static const char early[] = "walker close descriptors from 3\n"
				    "walker load the seccomp filter: words [linux.seccomp]\n"
				    "walker become user 0:0 [user]\n"
				    "walker set capabilities: effective none, permitted none, inheritable "
				    "none, ambient none [capabilities]\n"
				    "walker exec \"ls\" [args[0]]\n"
				    "walker exec ls -l [args]\n";
	const struct plan_op *op;
	struct text lines = TEXT_INIT;
	size_t len;

	(void)state;
	base_filtered(CONFIG("'hooks':{'startContainer':[{'path':'/h'}]},",
			     "'noNewPrivileges':true,'capabilities':{},", "", NAMESPACES), &filter);
	compiled_lines(t.base.plan.buf, ops, &lines);
	assert_string_equal(lines.s, "walker become user 0:0 [process.user]\n"
				     "walker set capabilities: effective none, permitted none, inheritable "
				     "none, ambient none [process.capabilities]\n"
				     "walker set no_new_privs [process.noNewPrivileges]\n"
				     "walker exec \"sh\" [process.args[0]]\n"
				     "walker run the startContainer hook /h [hooks.startContainer[0]]\n"
				     "walker close descriptors from 3\n"
				     "walker load the seccomp filter: words [linux.seccomp]\n"
				     "walker exec sh [process.args]\n");
	text_free(&lines);
	expect(OPT(0), "lookup close-fds seccomp exec",
	       "walker exec \"ls\" [args[0]]\n"
	       "walker close descriptors from 3\n"
	       "walker load the seccomp filter: words [linux.seccomp]\n"
	       "walker exec ls -l [args]\n");
	op = compiled_op(t.plan.buf, OP_SECCOMP, 0);
	assert_memory_equal(plan_blob(t.plan.buf, op->arg[0], &len), insns, sizeof(insns));
	assert_int_equal(len, sizeof(insns));
	assert_int_equal(op->arg[1], 6);
	base_filtered(CONFIG("", "'capabilities':{},", "", NAMESPACES), &filter);
	expect(OPT(0), ops, early);
	expect(OPT(.no_new_privs = true), "user seccomp exec",
	       "walker become user 0:0 [user]\n"
	       "walker load the seccomp filter: words [linux.seccomp]\n"
	       "walker exec ls -l [args]\n");
}

static void test_user(void **state)
{
	static const struct {
		const char *user, *wrong; /* what the error quotes; NULL: taken */
		uint64_t uid, gid;
	} rows[] = {
		{"1", NULL, 1, 100},
		{"0", NULL, 0, 100},
		{"1:2", NULL, 1, 2},
		{"0:0", NULL, 0, 0},
		{"007:08", NULL, 7, 8},
		{"2147483648", NULL, 2147483648, 100},
		{"4294967294:4294967294", NULL, 4294967294, 4294967294},
		{"4294967295", "4294967295", 0, 0},
		{"1:4294967295", "4294967295", 0, 0},
		{"4294967296", "4294967296", 0, 0},
		{"18446744073709551616", "18446744073709551616", 0, 0},
		{"-1", "-1", 0, 0},
		{"+1", "+1", 0, 0},
		{" 1", " 1", 0, 0},
		{"0x1", "0x1", 0, 0},
		{"1:", "", 0, 0},
		{":1", "", 0, 0},
		{":", "", 0, 0},
		{"", "", 0, 0},
		{"1:2:3", "2:3", 0, 0},
		{"root", "root", 0, 0},
		{"1:root", "root", 0, 0},
		{"1\n", "1\n", 0, 0},
	};
	char want[128];
	size_t i;

	(void)state;
	base(FULL);
	for (i = 0; i < ROWS(rows); i++) {
		forget();
		if (!rows[i].wrong) {
			assert_int_equal(run(OPT(.user = rows[i].user), NULL), 0);
			assert_true(compiled_op(t.plan.buf, OP_USER, 0)->arg[0] == rows[i].uid);
			assert_true(compiled_op(t.plan.buf, OP_USER, 0)->arg[1] == rows[i].gid);
			/* HOME is that of the new user. */
			assert_true(compiled_op(t.plan.buf, OP_HOME, 0)->arg[0] == rows[i].uid);
			continue;
		}
		assert_int_equal(run(OPT(.user = rows[i].user), NULL), -EINVAL);
		snprintf(want, sizeof(want), "--user: must be a number from 0 to 4294967294, got \"%s\"",
			 rows[i].wrong);
		assert_string_equal(t.err.why, want);
	}
}

static void groups_are(const uint32_t *want, size_t n)
{
	size_t len;
	const uint32_t *gids =
		plan_blob(t.plan.buf, compiled_op(t.plan.buf, OP_USER, 0)->arg[2], &len);

	assert_int_equal(len, n * sizeof(*gids));
	if (n)
		assert_memory_equal(gids, want, len);
}

static void test_groups(void **state)
{
	static const char *const more[] = {"7", "4294967294"}, *const bad[] = {"7", "x"};

	(void)state;
	base(FULL);
	expect(OPT(0), "none", "");
	groups_are((const uint32_t[]){5, 6}, 2);
	expect(OPT(.groups = more, .groups_n = 2), "none", "");
	groups_are((const uint32_t[]){5, 6, 7, 4294967294}, 4);
	refused(OPT(.groups = bad, .groups_n = 2),
		"--additional-gids: must be a number from 0 to 4294967294, got \"x\"");
	base(PLAIN);
	expect(OPT(0), "none", "");
	groups_are(NULL, 0);
	expect(OPT(.groups = more, .groups_n = 1), "none", "");
	groups_are((const uint32_t[]){7}, 1);
}

static void test_capabilities(void **state)
{
	static const char *const more[] = {"CAP_NET_RAW"};
	static const char *const bad[] = {"CAP_KILL", "CAP_NO_SUCH"}, *const small[] = {"cap_kill"};

	(void)state;
	base(FULL);
	/* For a user who is not root they come through the ambient set. */
	expect(OPT(.caps = more, .caps_n = 1), "cap-bounding caps",
	       "walker drop capabilities from the bounding set, keep CAP_CHOWN CAP_KILL CAP_NET_RAW "
	       "[capabilities]\n"
	       "walker set capabilities: effective CAP_KILL CAP_NET_RAW, permitted CAP_KILL "
	       "CAP_NET_RAW, inheritable CAP_NET_RAW, ambient CAP_NET_RAW [capabilities]\n");
	/* For root from the bounding one. */
	expect(OPT(.caps = more, .caps_n = 1, .user = "0"), "caps",
	       "walker set capabilities: effective CAP_KILL CAP_NET_RAW, permitted CAP_KILL "
	       "CAP_NET_RAW, inheritable none, ambient none [capabilities]\n");
	refused(OPT(.caps = bad, .caps_n = 2), "--cap: unknown capability \"CAP_NO_SUCH\"");
	refused(OPT(.caps = small, .caps_n = 1), "--cap: unknown capability \"cap_kill\"");
	base(PLAIN);
	expect(OPT(0), "caps",
	       "walker set capabilities: effective none, permitted none, inheritable none, "
	       "ambient none [capabilities]\n");
}

#define USER_NS                                                         \
	"'uidMappings':[{'containerID':0,'hostID':1000,'size':65536}]," \
	"'gidMappings':[{'containerID':0,'hostID':1000,'size':65536}],"

static void test_joining(void **state)
{
	(void)state;
	base(CONFIG("", "'oomScoreAdj':9,", USER_NS, NAMESPACES ",{'type':'user'},{'type':'cgroup'}"));
	/* The score is set before the user namespace is entered, where it may not be lowered. */
	expect(OPT(0), "clone oom-score join become-root setsid",
	       "parent clone a child into the cgroup\n"
	       "walker set oom_score_adj to 9 [oomScoreAdj]\n"
	       "walker join the container's namespaces: user, mount, network, ipc, uts, cgroup\n"
	       "walker become root of the user namespace\n"
	       "walker begin a session\n");
	assert_int_equal(compiled_op(t.plan.buf, OP_JOIN, 0)->arg[0], SLOT_TARGET);
	assert_true(t.join & CLONE_NEWUSER);
	assert_true(t.join & CLONE_NEWPID);
	/* A pid namespace alone is entered by being born in it. */
	base(CONFIG("", "", "", "{'type':'pid'}"));
	expect(OPT(0), "join become-root", "");
	assert_true(t.join == CLONE_NEWPID);
	base(CONFIG("", "", "", ""));
	expect(OPT(0), "join become-root", "");
	assert_true(t.join == 0);
}

/* The process document of --process takes the place of the container's. */
static void test_given_process(void **state)
{
	static const char text[] =
		"{'cwd':'/q','args':['id'],'env':['X=1'],'user':{'uid':7,'gid':8},"
		"'rlimits':[{'type':'RLIMIT_CORE','soft':1,'hard':2}]}";
	char *doc = compiled_quotes(text);
	struct arena a = ARENA_INIT;
	const struct process *p;
	struct text got = TEXT_INIT;

	(void)state;
	base(FULL);
	forget();
	assert_int_equal(process_parse(doc, strlen(doc), "process.json", &a, NULL, &p, NULL), 0);
	free(doc);
	assert_int_equal(run(OPT(0), p), 0);
	compiled_lines(t.plan.buf,
		       "oom-score rlimit umask user cwd no-new-privs home lookup exec setsid keyring "
		       "personality",
		       &got);
	assert_string_equal(got.s,
			    "walker begin a session\n"
			    "walker join the session keyring _ses.web\n"
			    "walker set the personality 0x8 [linux.personality]\n"
			    "walker limit RLIMIT_CORE to 1:2 [rlimits[0]]\n"
			    "walker set umask 0022\n"
			    "walker enter the working directory /q [cwd]\n"
			    "walker become user 7:8 [user]\n"
			    "walker set HOME from the container's passwd for uid 7 [env]\n"
			    "walker exec \"id\" [args[0]]\n"
			    "walker exec id [args]\n");
	assert_string_equal(plan_string(t.plan.buf, plan_header(t.plan.buf)->doc), "process.json");
	text_free(&got);
	forget();
	arena_free(&a);
}

/* A plan that was made on a machine with more: what hoy lacks now is left out. */
static void test_lacking_capabilities(void **state)
{
	struct exec_options opt = {.args = sh, .args_n = 2};
	struct exec_env env = {.opt = &opt, .caps_available = 1 << CAP_CHOWN, .warn = &t.warn,
			       .arena = &t.arena};

	(void)state;
	base(FULL);
	forget();
	assert_int_equal(compile_exec(&env, t.base.plan.buf, &t.plan, &t.join, &t.err), 0);
	assert_int_equal(compiled_op(t.plan.buf, OP_CAP_BOUNDING, 0)->arg[0], 1 << CAP_CHOWN);
	assert_int_equal(compiled_op(t.plan.buf, OP_CAPS, 0)->arg[1], 0);
	assert_string_equal(t.warn.lines.s,
			    "capabilities.bounding: CAP_KILL can't be granted: hoy does not have it\n"
			    "capabilities.permitted: CAP_KILL can't be granted: hoy does not have it\n");
}

#define ROW(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_all_is_copied),
		ROW(test_env),
		ROW(test_cwd_and_flags),
		ROW(test_seccomp),
		ROW(test_user),
		ROW(test_groups),
		ROW(test_capabilities),
		ROW(test_joining),
		ROW(test_given_process),
		ROW(test_lacking_capabilities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
