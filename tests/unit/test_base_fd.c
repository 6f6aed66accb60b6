/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors and small files: what is refused, and that nothing is left. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "helpers.h"

static struct temp t;

static int setup(void **state)
{
	(void)state;
	t = temp_make();
	return t.fd < 0;
}

static int teardown(void **state)
{
	(void)state;
	temp_remove(&t);
	return 0;
}

static void test_owners(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), taken;

	(void)state;
	assert_true(fd >= 0);
	taken = fd_take(&fd);
	assert_int_equal(fd, -1);
	fd_cleanup(&fd);
	errno = EXDEV;
	assert_int_equal(fd_close(taken), -1);
	assert_int_equal(fd_close(-1), -1);
	/* A close that fails hides no earlier error. */
	assert_int_equal(fd_close(taken), -1);
	assert_int_equal(errno, EXDEV);
}

static void test_reading_is_bounded(void **state)
{
	struct text out = TEXT_INIT;

	(void)state;
	assert_true(file_make(t.fd, "ten", "0123456789"));
	assert_int_equal(file_read_at(t.fd, "ten", 10, &out), 0);
	assert_string_equal(out.s, "0123456789");
	/* It appends. */
	assert_int_equal(file_read_at(t.fd, "ten", 10, &out), 0);
	assert_int_equal(out.len, 20);
	text_free(&out);
	assert_int_equal(file_read_at(t.fd, "ten", 9, &out), -EFBIG);
	text_free(&out);
	/* An endless file of the kernel stops at the limit too. */
	assert_true(file_make(t.fd, "empty", ""));
	assert_int_equal(file_read_at(t.fd, "empty", 0, &out), 0);
	assert_string_equal(out.s, "");
	text_free(&out);
	assert_int_equal(file_read_at(AT_FDCWD, "/proc/self/status", 1 << 20, &out), 0);
	assert_true(starts_with(out.s, "Name:"));
	text_free(&out);
}

static void test_only_files_are_read(void **state)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int before = fd_count(), sock;
	struct text out = TEXT_INIT;

	(void)state;
	assert_int_equal(mkfifoat(t.fd, "fifo", 0600), 0);
	assert_int_equal(mkdirat(t.fd, "dir", 0700), 0);
	assert_int_equal(symlinkat("fifo", t.fd, "to-fifo"), 0);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/sock", t.path);
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(sock >= 0);
	assert_int_equal(bind(sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
	/* A FIFO without a writer would be waited for. */
	alarm(10);
	assert_int_equal(file_read_at(t.fd, "fifo", 100, &out), -EINVAL);
	assert_int_equal(file_read_at(t.fd, "to-fifo", 100, &out), -EINVAL);
	assert_int_equal(file_read_at(t.fd, "dir", 100, &out), -EISDIR);
	assert_int_equal(file_read_at(AT_FDCWD, "/dev/zero", 100, &out), -EINVAL);
	assert_int_equal(file_read_at(t.fd, "sock", 100, &out), -ENXIO);
	assert_int_equal(file_read_at(t.fd, "missing", 100, &out), -ENOENT);
	alarm(0);
	assert_null(out.s);
	close(sock);
	assert_int_equal(fd_count(), before);
}

static void test_control_files(void **state)
{
	struct text out = TEXT_INIT;

	(void)state;
	assert_int_equal(file_put_at(t.fd, "control", "x"), -ENOENT);
	assert_true(file_make(t.fd, "control", "...."));
	assert_int_equal(file_put_at(t.fd, "control", "ab"), 0);
	assert_int_equal(file_read_at(t.fd, "control", 100, &out), 0);
	assert_string_equal(out.s, "ab..");
	text_free(&out);
	assert_int_equal(file_put_at(AT_FDCWD, "/dev/full", "x"), -ENOSPC);
}

static void test_replace(void **state)
{
	struct text out = TEXT_INIT;
	struct stat st;

	(void)state;
	umask(022);
	assert_int_equal(mkdirat(t.fd, "replace", 0700), 0);
	assert_int_equal(file_replace_at(t.fd, "replaced", "one", 3, 0640), 0);
	assert_int_equal(fstatat(t.fd, "replaced", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(file_replace_at(t.fd, "replaced", "\0two", 4, 0600), 0);
	assert_int_equal(file_read_at(t.fd, "replaced", 100, &out), 0);
	assert_int_equal(out.len, 4);
	assert_memory_equal(out.s, "\0two", 4);
	text_free(&out);
	/* A link is replaced, what it points at is not. */
	assert_true(file_make(t.fd, "target", "kept"));
	assert_int_equal(symlinkat("target", t.fd, "link"), 0);
	assert_int_equal(file_replace_at(t.fd, "link", "new", 3, 0600), 0);
	assert_int_equal(file_read_at(t.fd, "target", 100, &out), 0);
	assert_string_equal(out.s, "kept");
	text_free(&out);
	assert_int_equal(fstatat(t.fd, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void test_failed_replace_leaves_nothing(void **state)
{
	int before = fd_count(), sub;
	char name[300];

	(void)state;
	assert_int_equal(mkdirat(t.fd, "sub", 0700), 0);
	sub = openat(t.fd, "sub", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(sub >= 0);
	assert_int_equal(mkdirat(sub, "is-dir", 0700), 0);
	assert_int_equal(file_replace_at(sub, "is-dir", "x", 1, 0600), -EISDIR);
	assert_int_equal(file_replace_at(sub, "no/such", "x", 1, 0600), -ENOENT);
	memset(name, 'n', sizeof(name));
	name[255] = 0;
	assert_int_equal(file_replace_at(sub, name, "x", 1, 0600), -ENAMETOOLONG);
	name[255] = 'n';
	name[299] = 0;
	assert_int_equal(file_replace_at(sub, name, "x", 1, 0600), -ENAMETOOLONG);
	assert_int_equal(entry_count(t.fd, "sub"), 1);
	assert_int_equal(entry_count(t.fd, "sub/is-dir"), 0);
	close(sub);
	assert_int_equal(fd_count(), before);
}

static void test_remove_tree(void **state)
{
	int before = fd_count(), i;
	char name[64];

	(void)state;
	assert_int_equal(tree_remove_at(t.fd, "missing"), 0);
	assert_int_equal(mkdirat(t.fd, "tree", 0700), 0);
	assert_int_equal(mkdirat(t.fd, "tree/a", 0700), 0);
	assert_int_equal(mkdirat(t.fd, "tree/a/b", 0700), 0);
	assert_int_equal(mkfifoat(t.fd, "tree/a/fifo", 0600), 0);
	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "tree/a/b/file-%d", i);
		assert_true(file_make(t.fd, name, ""));
	}
	assert_int_equal(tree_remove_at(t.fd, "tree"), 0);
	assert_int_equal(faccessat(t.fd, "tree", F_OK, AT_SYMLINK_NOFOLLOW), -1);
	assert_int_equal(fd_count(), before);
}

static void test_remove_follows_no_link(void **state)
{
	char absolute[128];

	(void)state;
	assert_int_equal(mkdirat(t.fd, "victim", 0700), 0);
	assert_true(file_make(t.fd, "victim/kept", "x"));
	assert_int_equal(mkdirat(t.fd, "tree", 0700), 0);
	assert_int_equal(symlinkat("../victim", t.fd, "tree/relative"), 0);
	snprintf(absolute, sizeof(absolute), "%s/victim", t.path);
	assert_int_equal(symlinkat(absolute, t.fd, "tree/absolute"), 0);
	assert_int_equal(symlinkat("../victim/kept", t.fd, "tree/file"), 0);
	assert_int_equal(symlinkat("nowhere", t.fd, "tree/dangling"), 0);
	assert_int_equal(tree_remove_at(t.fd, "tree"), 0);
	assert_int_equal(entry_count(t.fd, "victim"), 1);
	/* The name itself: a link and a file are no directories. */
	assert_int_equal(symlinkat("victim", t.fd, "top"), 0);
	assert_true(tree_remove_at(t.fd, "top") < 0);
	assert_int_equal(tree_remove_at(t.fd, "victim/kept"), -ENOTDIR);
	assert_int_equal(entry_count(t.fd, "victim"), 1);
}

/* In a mount namespace of its own. Returns what of the victims went, -1 when it can't be tried. */
static int remove_below_mount(const char *victim, const char *tree)
{
	char inner[128];
	int r;

	snprintf(inner, sizeof(inner), "%s/inner", tree);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(victim, inner, NULL, MS_BIND, NULL) < 0)
		return -1;
	r = tree_remove_at(AT_FDCWD, tree) == -EBUSY ? 0 : 2;
	return r | (entry_count(AT_FDCWD, victim) == 1 ? 0 : 1);
}

/* A bind has the same device number as the tree: the numbers alone don't tell. */
static void test_remove_crosses_no_mount(void **state)
{
	char victim[128], tree[128];
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: this test needs root\n");
		skip();
	}
	assert_int_equal(mkdirat(t.fd, "bound", 0700), 0);
	assert_true(file_make(t.fd, "bound/kept", "x"));
	assert_int_equal(mkdirat(t.fd, "below", 0700), 0);
	assert_int_equal(mkdirat(t.fd, "below/inner", 0700), 0);
	snprintf(victim, sizeof(victim), "%s/bound", t.path);
	snprintf(tree, sizeof(tree), "%s/below", t.path);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int r = remove_below_mount(victim, tree);

		_exit(r < 0 ? 77 : r);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		print_message("skipped: this test needs to mount in a namespace of its own\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_reading_is_bounded),
		cmocka_unit_test(test_only_files_are_read),
		cmocka_unit_test(test_control_files),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_failed_replace_leaves_nothing),
		cmocka_unit_test(test_remove_tree),
		cmocka_unit_test(test_remove_follows_no_link),
		cmocka_unit_test(test_remove_crosses_no_mount),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
