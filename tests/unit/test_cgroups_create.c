/* SPDX-License-Identifier: Apache-2.0 */
/* Cgroups in the machine's own hierarchy, below a directory of this test's. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/text.h"
#include "cgroups/cgroup.h"

#define STATE "/run/hoy-test"

static struct {
	struct arena a;
	struct cgroup_root root;
	char base[64]; /* all cgroups of the test are below it */
	const char *lacking;
} t = {.a = ARENA_INIT, .root = {.fd = -1}};

static int setup(void **state)
{
	struct error e = ERROR_INIT;

	(void)state;
	snprintf(t.base, sizeof(t.base), "/hoy-test-create-%d", (int)getpid());
	if (geteuid() != 0)
		t.lacking = "root";
	else if (cgroup_root_open(&t.root, &t.a, &e) < 0)
		t.lacking = "a mounted cgroup2 file system";
	else if (mkdirat(t.root.fd, t.base + 1, 0755) < 0)
		t.lacking = "a cgroup2 file system in which cgroups can be made";
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (!t.lacking)
		cgroup_remove(&t.root, t.base, 0, 2000, NULL);
	fd_close(t.root.fd);
	arena_free(&t.a);
	return 0;
}

static void need(void)
{
	if (!t.lacking)
		return;
	print_message("skipped: this test needs %s\n", t.lacking);
	skip();
}

static const char *path(const char *tail)
{
	return arena_printf(&t.a, "%s%s", t.base, tail);
}

static bool exists(const char *tail)
{
	return faccessat(t.root.fd, path(tail) + 1, F_OK, 0) == 0;
}

/* Makes a cgroup without controllers; its descriptor. */
static int made(const char *tail, const char *id, unsigned want)
{
	struct error e = ERROR_INIT;
	char text[4096];
	unsigned n = 99;
	int fd = -1;

	if (cgroup_create(&t.root, path(tail), "", STATE, id, &fd, &n, &e) < 0)
		fail_msg("%s", error_text(&e, text, sizeof(text)));
	assert_int_equal(n, want);
	return fd;
}

static void removed(const char *tail, unsigned ancestors)
{
	struct error e = ERROR_INIT;
	char text[4096];

	if (cgroup_remove(&t.root, path(tail), ancestors, 5000, &e) < 0)
		fail_msg("%s", error_text(&e, text, sizeof(text)));
}

/* A process in the cgroup that sleeps; with deaf, one that ignores SIGTERM. */
static pid_t inhabitant(int fd, bool deaf)
{
	int ready[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGTERM, deaf ? SIG_IGN : SIG_DFL);
		if (cgroup_write(fd, "cgroup.procs", "0", NULL) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

static int reaped(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

/* ---- create and remove --------------------------------------------------------------------- */

static void create_and_remove(void **state)
{
	_cleanup_fd_ int fd = -1;
	int again = -1;

	(void)state;
	need();
	fd = made("/one", "one", 1);
	assert_int_equal(cgroup_populated(fd), 0);
	assert_int_equal(cgroup_frozen(fd), 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(cgroup_open(&t.root, path("/one"), &again), 0);
	fd_close(again);
	removed("/one", 0);
	assert_false(exists("/one"));
	assert_int_equal(cgroup_open(&t.root, path("/one"), &again), -ENOENT);
	removed("/one", 0); /* what is not there needs no removal */
	removed("/no/such/path", 2);
}

static void ancestors_are_made_and_removed(void **state)
{
	_cleanup_fd_ int fd = -1, other = -1;

	(void)state;
	need();
	fd = made("/a/b/c", "c", 3);
	other = made("/a/d", "d", 1);
	removed("/a/b/c", 2);
	assert_false(exists("/a/b")); /* empty */
	assert_true(exists("/a"));    /* shared */
	removed("/a/d", 1);
	assert_false(exists("/a"));
}

static void crash_between_leaf_and_ancestors(void **state)
{
	(void)state;
	need();
	fd_close(made("/x/y", "y", 2));
	removed("/x/y", 0);
	assert_true(exists("/x"));
	removed("/x/y", 1);
	assert_false(exists("/x"));
}

static void empty_cgroup_is_taken(void **state)
{
	(void)state;
	need();
	fd_close(made("/left", "old", 1));
	fd_close(made("/left", "new", 0));
	removed("/left", 0);
}

static void refused(const char *tail, const char *why)
{
	struct error e = ERROR_INIT;
	unsigned n = 99;
	int fd = -77;

	assert_int_equal(cgroup_create(&t.root, path(tail), "", STATE, "x", &fd, &n, &e), -EBUSY);
	assert_non_null(strstr(e.why, why));
	assert_non_null(strstr(e.why, t.base));
	assert_int_equal(fd, -77);
	assert_int_equal(n, 99);
}

static void populated_or_frozen_is_refused(void **state)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;
	pid_t pid;

	(void)state;
	need();
	fd = made("/busy", "busy", 1);
	pid = inhabitant(fd, false);
	refused("/busy", "is not empty");
	assert_int_equal(cgroup_kill(fd, NULL), 0);
	assert_int_equal(reaped(pid), SIGKILL);
	if (fstatat(fd, "cgroup.freeze", &st, 0) < 0) {
		removed("/busy", 0);
		print_message("skipped: the frozen part needs Linux 5.2\n");
		skip();
	}
	assert_int_equal(cgroup_write(fd, "cgroup.freeze", "1", NULL), 0);
	assert_int_equal(cgroup_frozen(fd), 1);
	refused("/busy", "is frozen");
	refused("/busy/below/it", "is frozen");
	assert_false(exists("/busy/below"));
	removed("/busy", 0);
}

static void bad_path_is_refused(void **state)
{
	unsigned n;
	int fd = -1;

	(void)state;
	need();
	assert_int_equal(cgroup_create(&t.root, "/", "", STATE, "x", &fd, &n, NULL), -EINVAL);
	assert_int_equal(cgroup_create(&t.root, "/../x", "", STATE, "x", &fd, &n, NULL), -EINVAL);
	assert_int_equal(cgroup_remove(&t.root, "/", 0, 0, NULL), -EINVAL);
	assert_int_equal(cgroup_remove(&t.root, "", 0, 0, NULL), -EINVAL);
}

static void absent_controller_is_explained(void **state)
{
	struct error e = ERROR_INIT;
	unsigned n;
	int fd = -1;

	(void)state;
	need();
	assert_int_equal(cgroup_create(&t.root, path("/p/q"), "nonsense", STATE, "x", &fd, &n, &e),
			 -ENOENT);
	assert_non_null(strstr(e.why, "controller \"nonsense\" is not in"));
	assert_false(exists("/p")); /* undone, ancestors too */
}

static void controller_of_v1_is_explained(void **state)
{
	_cleanup_(text_free) struct text where = TEXT_INIT;
	struct error e = ERROR_INIT;
	unsigned n;
	int fd = -1;

	(void)state;
	need();
	if (cgroup_v1_mount("memory", &where) < 0) {
		print_message("skipped: this test needs memory bound to cgroup v1\n");
		skip();
	}
	assert_int_equal(cgroup_create(&t.root, path("/p"), "memory", STATE, "x", &fd, &n, &e),
			 -ENOENT);
	assert_non_null(strstr(e.why, "is bound to cgroup v1 at "));
	assert_non_null(strstr(e.why, where.s));
	assert_non_null(strstr(e.hint, "cgroup_no_v1=all"));
	assert_false(exists("/p"));
}

/* Any controller that the root passes on already: nothing outside of the test's directory changes.
 */
static const char *passed_on(void)
{
	static char buf[4096];

	if (cgroup_read(t.root.fd, "cgroup.subtree_control", buf, sizeof(buf)) <= 0)
		return NULL;
	buf[strcspn(buf, " \n")] = '\0';
	return buf[0] ? buf : NULL;
}

static void controllers_are_enabled_all_the_way(void **state)
{
	struct error e = ERROR_INIT;
	char have[4096], text[4096];
	const char *name;
	unsigned n;
	int fd = -1;

	(void)state;
	need();
	name = passed_on();
	if (!name) {
		print_message("skipped: this test needs a controller in the root's "
			      "cgroup.subtree_control\n");
		skip();
	}
	if (cgroup_create(&t.root, path("/l/m/n"), name, STATE, "n", &fd, &n, &e) < 0)
		fail_msg("%s", error_text(&e, text, sizeof(text)));
	assert_true(cgroup_read(fd, "cgroup.controllers", have, sizeof(have)) > 0);
	assert_non_null(strstr(have, name));
	assert_true(cgroup_read(fd, "cgroup.subtree_control", have, sizeof(have)) >= 0);
	assert_null(strstr(have, name)); /* the container's own affair */
	fd_close(fd);
	removed("/l/m/n", 2);
}

static void parent_with_processes_is_explained(void **state)
{
	_cleanup_fd_ int fd = -1;
	struct error e = ERROR_INIT;
	const char *name;
	unsigned n;
	int leaf = -1, r;
	pid_t pid;

	(void)state;
	need();
	name = passed_on();
	if (!name) {
		print_message("skipped: this test needs a controller in the root's "
			      "cgroup.subtree_control\n");
		skip();
	}
	fd = made("/inner", "inner", 1);
	pid = inhabitant(fd, false);
	r = cgroup_create(&t.root, path("/inner/leaf"), name, STATE, "leaf", &leaf, &n, &e);
	cgroup_kill(fd, NULL);
	reaped(pid);
	if (r == 0) { /* a threaded controller, such as pids */
		fd_close(leaf);
	} else {
		assert_int_equal(r, -EBUSY);
		assert_non_null(strstr(e.hint, "holds processes"));
		assert_false(exists("/inner/leaf"));
	}
	removed("/inner", 0);
}

static void removal_waits_and_then_names_the_pids(void **state)
{
	_cleanup_fd_ int fd = -1, sub = -1;
	struct error e = ERROR_INIT;
	struct timespec begin, end;
	char pids[64];
	pid_t pid;

	(void)state;
	need();
	fd = made("/held", "held", 1);
	sub = made("/held/deep/er", "sub", 2);
	pid = inhabitant(sub, false);
	snprintf(pids, sizeof(pids), "still holds process %d", (int)pid);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	assert_int_equal(cgroup_remove(&t.root, path("/held"), 0, 60, &e), -EBUSY);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_non_null(strstr(e.why, pids));
	assert_true((end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000 >=
		    59);
	assert_true(exists("/held/deep/er"));
	assert_int_equal(kill(pid, SIGKILL), 0); /* not reaped: removal waits for its exit only */
	removed("/held", 0);
	assert_false(exists("/held"));
	assert_int_equal(reaped(pid), SIGKILL);
}

/* A container can nest as deeply as it likes; neither descriptors nor the stack may run out. */
static void deep_and_wide_tree_is_removed(void **state)
{
	_cleanup_fd_ int fd = -1;
	int depth = 0;

	(void)state;
	need();
	fd = made("/deep", "deep", 1);
	for (; depth < 1500; depth++) {
		int next;

		if (mkdirat(fd, "nested-cgroup", 0755) < 0)
			break;
		next = openat(fd, "nested-cgroup", O_PATH | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		close(fd);
		fd = next;
	}
	assert_true(depth > 10);
	fd_close(fd);
	assert_int_equal(cgroup_open(&t.root, path("/deep"), &fd), 0);
	for (int i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "wide-%d", i);
		assert_int_equal(mkdirat(fd, name, 0755), 0);
	}
	removed("/deep", 0);
	assert_false(exists("/deep"));
}

/* ---- kill and signal ----------------------------------------------------------------------- */

static void kill_reaches_all_below(void **state)
{
	(void)state;
	need();
	for (int way = 0; way < 3; way++) {
		_cleanup_fd_ int fd = made("/k", "k", 1), sub = made("/k/s/t", "t", 2);
		pid_t pids[3] = {inhabitant(fd, true), inhabitant(sub, true),
				 inhabitant(sub, true)};

		if (way == 1) {
			assert_int_equal(cgroup_write(fd, "cgroup.freeze", "1", NULL), 0);
			assert_int_equal(cgroup_kill(fd, NULL), 0);
		} else if (way == 0) {
			assert_int_equal(cgroup_kill(fd, NULL), 0);
		} else {
			assert_int_equal(cgroup_write(fd, "cgroup.freeze", "1", NULL), 0);
			assert_int_equal(cgroup_kill_by_signal(fd, NULL), 0);
			assert_int_equal(cgroup_populated(fd), 0);
		}
		for (int i = 0; i < 3; i++)
			assert_int_equal(reaped(pids[i]), SIGKILL);
		removed("/k", 0);
		assert_int_equal(cgroup_kill(fd, NULL), 0); /* of a removed cgroup: nothing to do */
	}
}

static void signal_reaches_all_below(void **state)
{
	_cleanup_fd_ int fd = -1, sub = -1;
	pid_t a, b, deaf;

	(void)state;
	need();
	fd = made("/g", "g", 1);
	sub = made("/g/s", "s", 1);
	a = inhabitant(fd, false);
	b = inhabitant(sub, false);
	deaf = inhabitant(sub, true);
	assert_int_equal(cgroup_signal(fd, SIGTERM, NULL), 0);
	assert_int_equal(reaped(a), SIGTERM);
	assert_int_equal(reaped(b), SIGTERM);
	assert_int_equal(cgroup_populated(fd), 1);
	assert_int_equal(cgroup_signal(sub, SIGKILL, NULL), 0);
	assert_int_equal(reaped(deaf), SIGKILL);
	removed("/g", 0);
}

/* ---- find ---------------------------------------------------------------------------------- */

static void owner_is_found(void **state)
{
	_cleanup_fd_ int fd = -1;
	const char *ret = NULL;

	(void)state;
	need();
	fd = made("/f/g/h", "web", 3);
	if (fgetxattr(fd, CGROUP_OWNER_XATTR, NULL, 0) < 0 &&
	    fgetxattr(fd, CGROUP_OWNER_XATTR_USER, NULL, 0) < 0) {
		removed("/f/g/h", 2);
		print_message("skipped: this test needs extended attributes on cgroup2\n");
		skip();
	}
	assert_int_equal(cgroup_find(&t.root, STATE, "web", &t.a, &ret), 0);
	assert_string_equal(ret, path("/f/g/h"));
	ret = NULL;
	assert_int_equal(cgroup_find(&t.root, STATE, "we", &t.a, &ret), -ENOENT);
	assert_int_equal(cgroup_find(&t.root, "/run/hoy-tes", "web", &t.a, &ret), -ENOENT);
	assert_null(ret);
	removed("/f/g/h", 2);
	assert_int_equal(cgroup_find(&t.root, STATE, "web", &t.a, &ret), -ENOENT);
}

static void forged_owner_comes_second(void **state)
{
	_cleanup_fd_ int fd = -1, forger = -1;
	const char *ret = NULL, *owner = STATE " real";

	(void)state;
	need();
	forger = made("/a-forger", "forger", 1);
	fd = made("/real", "real", 1);
	if (fgetxattr(fd, CGROUP_OWNER_XATTR, NULL, 0) < 0 ||
	    fsetxattr(forger, CGROUP_OWNER_XATTR_USER, owner, strlen(owner), 0) < 0) {
		removed("/real", 0);
		removed("/a-forger", 0);
		print_message("skipped: this test needs trusted and user attributes on cgroup2\n");
		skip();
	}
	assert_int_equal(cgroup_find(&t.root, STATE, "real", &t.a, &ret), 0);
	assert_string_equal(ret, path("/real"));
	removed("/real", 0);
	removed("/a-forger", 0);
}

/* ---- control files ------------------------------------------------------------------------- */

static void write_errors_are_explained(void **state)
{
	_cleanup_fd_ int fd = -1;
	struct error e = ERROR_INIT;
	struct cgroup_oom oom = {1, 1, 1};

	(void)state;
	need();
	fd = made("/w", "w", 1);
	assert_int_equal(cgroup_write(fd, "no.such", "1", &e), -ENOENT);
	assert_string_equal(e.step, "write \"1\" to no.such");
	assert_non_null(strstr(e.hint, "controller"));
	assert_int_equal(cgroup_write(fd, "no.such", "1", NULL), -ENOENT);
	if (faccessat(fd, "memory.max", F_OK, 0) < 0) {
		/* nothing stands for a controller that is not there */
		assert_int_equal(cgroup_write(fd, "memory.swap.max", "0", NULL), -ENOENT);
		cgroup_oom_read(fd, &oom);
		assert_int_equal(oom.kills + oom.max + oom.peak, 0);
	}
	removed("/w", 0);
}

static void root_is_cgroup2(void **state)
{
	int fd;

	(void)state;
	need();
	assert_int_equal(t.root.path[0], '/');
	fd = open(t.root.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(faccessat(fd, "cgroup.controllers", F_OK, 0) == 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_is_cgroup2),
		cmocka_unit_test(create_and_remove),
		cmocka_unit_test(ancestors_are_made_and_removed),
		cmocka_unit_test(crash_between_leaf_and_ancestors),
		cmocka_unit_test(empty_cgroup_is_taken),
		cmocka_unit_test(populated_or_frozen_is_refused),
		cmocka_unit_test(bad_path_is_refused),
		cmocka_unit_test(absent_controller_is_explained),
		cmocka_unit_test(controller_of_v1_is_explained),
		cmocka_unit_test(controllers_are_enabled_all_the_way),
		cmocka_unit_test(parent_with_processes_is_explained),
		cmocka_unit_test(removal_waits_and_then_names_the_pids),
		cmocka_unit_test(deep_and_wide_tree_is_removed),
		cmocka_unit_test(kill_reaches_all_below),
		cmocka_unit_test(signal_reaches_all_below),
		cmocka_unit_test(owner_is_found),
		cmocka_unit_test(forged_owner_comes_second),
		cmocka_unit_test(write_errors_are_explained),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
