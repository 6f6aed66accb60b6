/* SPDX-License-Identifier: Apache-2.0 */
/* tmpcopyup: what lies in a directory that somebody else has filled, copied. */
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
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "helpers.h"
#include "init/copyup.h"

static struct {
	struct temp temp;
	int from, to;
	int before;
} t;

static int setup(void **state)
{
	(void)state;
	t.temp = temp_make();
	if (t.temp.fd < 0 || mkdirat(t.temp.fd, "from", 0755) < 0 ||
	    mkdirat(t.temp.fd, "to", 0700) < 0 || mkdirat(t.temp.fd, "outside", 0755) < 0 ||
	    !file_make(t.temp.fd, "outside/canary", "sings"))
		return 1;
	t.from = openat(t.temp.fd, "from", O_PATH | O_DIRECTORY | O_CLOEXEC);
	t.to = openat(t.temp.fd, "to", O_PATH | O_DIRECTORY | O_CLOEXEC);
	t.before = fd_count();
	umask(022);
	return t.from < 0 || t.to < 0;
}

static int teardown(void **state)
{
	int r;

	(void)state;
	r = fd_count() != t.before || entry_count(t.temp.fd, "outside") != 1;
	t.from = fd_close(t.from);
	t.to = fd_close(t.to);
	temp_remove(&t.temp);
	return r;
}

static void root_needed(void)
{
	if (geteuid() == 0)
		return;
	print_message("skipped: this test needs root\n");
	skip();
}

static struct stat stat_of(int dir, const char *name)
{
	struct stat st;

	memset(&st, 0, sizeof(st));
	assert_int_equal(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st;
}

/* Owner, mode and time of a file are those of its source. */
static void same_meta(const char *name)
{
	struct stat a = stat_of(t.from, name), b = stat_of(t.to, name);

	assert_int_equal(a.st_mode, b.st_mode);
	assert_int_equal(a.st_uid, b.st_uid);
	assert_int_equal(a.st_gid, b.st_gid);
	if (S_ISLNK(a.st_mode) || S_ISFIFO(a.st_mode))
		return;
	assert_int_equal(a.st_mtim.tv_sec, b.st_mtim.tv_sec);
	assert_int_equal(a.st_mtim.tv_nsec, b.st_mtim.tv_nsec);
}

static void same_text(const char *name, const char *want)
{
	struct text out = TEXT_INIT;

	assert_int_equal(file_read_at(t.to, name, 100 << 20, &out), 0);
	assert_string_equal(out.s, want);
	text_free(&out);
}

static void set_old(const char *name)
{
	const struct timespec times[2] = {{1000000000, 5}, {1100000000, 123456789}};

	assert_int_equal(utimensat(t.from, name, times, 0), 0);
}

static void test_files_and_directories(void **state)
{
	size_t size = 3 << 20;
	char *big = malloc(size);

	(void)state;
	assert_non_null(big);
	memset(big, 'b', size);
	big[size - 1] = 0;
	assert_true(file_make(t.from, "file", "text"));
	assert_true(file_make(t.from, "empty", ""));
	assert_true(file_make(t.from, "big", big));
	assert_true(file_make(t.from, "name with \n and \xff", "x"));
	assert_int_equal(mkdirat(t.from, "dir", 0755), 0);
	assert_int_equal(mkdirat(t.from, "dir/sub", 0755), 0);
	assert_int_equal(mkdirat(t.from, "dir/none", 0755), 0);
	assert_true(file_make(t.from, "dir/sub/file", "deep"));
	assert_int_equal(fchmodat(t.from, "file", 04751, 0), 0);
	/* Only root can read what nobody may. */
	assert_int_equal(fchmodat(t.from, "empty", geteuid() == 0 ? 0 : 0400, 0), 0);
	assert_int_equal(fchmodat(t.from, "dir/sub", 0500, 0), 0);
	assert_int_equal(fchmodat(t.from, "dir", 01777, 0), 0);
	set_old("file");
	set_old("dir/sub");
	set_old("dir");
	assert_int_equal(fchmodat(t.temp.fd, "from", 02711, 0), 0);
	set_old(".");

	assert_int_equal(copyup(t.from, t.to), 0);
	same_text("file", "text");
	same_text("big", big);
	same_text("name with \n and \xff", "x");
	same_text("dir/sub/file", "deep");
	same_meta("file");
	same_meta("empty");
	same_meta("dir");
	same_meta("dir/sub");
	same_meta("dir/sub/file");
	same_meta("dir/none");
	same_meta(".");
	assert_int_equal(entry_count(t.to, "."), 5);
	assert_int_equal(entry_count(t.to, "dir"), 2);
	/* So that its owner can remove it. */
	assert_int_equal(fchmodat(t.from, "dir/sub", 0700, 0), 0);
	assert_int_equal(fchmodat(t.to, "dir/sub", 0700, 0), 0);
	free(big);
}

static void test_many_entries(void **state)
{
	char name[64];
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "a-rather-long-name-of-a-file-number-%d", i);
		assert_true(file_make(t.from, name, name));
	}
	assert_int_equal(copyup(t.from, t.to), 0);
	assert_int_equal(entry_count(t.to, "."), 1000);
	same_text(name, name);
}

static void test_links_are_not_followed(void **state)
{
	char target[4096], got[4096];
	ssize_t n;

	(void)state;
	assert_int_equal(symlinkat("../outside", t.from, "dir"), 0);
	assert_int_equal(symlinkat("../outside/canary", t.from, "file"), 0);
	assert_int_equal(symlinkat("/no/such/place", t.from, "dangling"), 0);
	assert_int_equal(symlinkat("loop", t.from, "loop"), 0);
	memset(target, 't', sizeof(target));
	target[4094] = 0;
	assert_int_equal(symlinkat(target, t.from, "long"), 0);
	assert_int_equal(copyup(t.from, t.to), 0);
	same_meta("dir");
	same_meta("loop");
	n = readlinkat(t.to, "dir", got, sizeof(got));
	assert_int_equal(n, 10);
	assert_memory_equal(got, "../outside", 10);
	assert_int_equal(readlinkat(t.to, "long", got, sizeof(got)), 4094);
	assert_memory_equal(got, target, 4094);
	assert_int_equal(entry_count(t.to, "."), 5);
}

static void test_fifo_is_not_waited_for(void **state)
{
	(void)state;
	assert_int_equal(mkfifoat(t.from, "fifo", 0620), 0);
	alarm(10);
	assert_int_equal(copyup(t.from, t.to), 0);
	alarm(0);
	same_meta("fifo");
}

static void test_attributes(void **state)
{
	_cleanup_fd_ int from = -1, to = -1;
	char value[16];

	(void)state;
	assert_true(file_make(t.from, "file", ""));
	from = openat(t.from, "file", O_RDONLY | O_CLOEXEC);
	if (fsetxattr(from, "user.note", "v\0w", 3, 0) < 0) {
		print_message("skipped: this test needs extended attributes below /tmp\n");
		skip();
	}
	assert_int_equal(copyup(t.from, t.to), 0);
	to = openat(t.to, "file", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fgetxattr(to, "user.note", value, sizeof(value)), 3);
	assert_memory_equal(value, "v\0w", 3);
	from = fd_close(from);
	to = fd_close(to);
}

static void levels_make(int n)
{
	char path[512] = "";

	while (n--) {
		memcpy(path + strlen(path), "d/", 3);
		assert_int_equal(mkdirat(t.from, path, 0755), 0);
	}
}

static void test_64_levels(void **state)
{
	(void)state;
	levels_make(64);
	assert_int_equal(copyup(t.from, t.to), 0);
}

static void test_65_levels(void **state)
{
	(void)state;
	levels_make(65);
	assert_int_equal(copyup(t.from, t.to), -ELOOP);
}

static void test_what_is_there_already(void **state)
{
	(void)state;
	assert_true(file_make(t.from, "file", "new"));
	assert_true(file_make(t.to, "file", "old"));
	assert_int_equal(copyup(t.from, t.to), -EEXIST);
	same_text("file", "old");
	assert_int_equal(copyup(-1, t.to), -EBADF);
	assert_int_equal(copyup(t.from, -1), -EBADF);
}

static void test_owners(void **state)
{
	(void)state;
	root_needed();
	assert_true(file_make(t.from, "file", "x"));
	assert_int_equal(mkdirat(t.from, "dir", 0755), 0);
	assert_int_equal(symlinkat("x", t.from, "link"), 0);
	assert_int_equal(mkfifoat(t.from, "fifo", 0600), 0);
	assert_int_equal(fchownat(t.from, "file", 1000, 2000, 0), 0);
	/* The change of owner drops these bits: the mode comes behind it. */
	assert_int_equal(fchmodat(t.from, "file", 06755, 0), 0);
	assert_int_equal(fchownat(t.from, "dir", 4294967294, 7, 0), 0);
	assert_int_equal(fchownat(t.from, "link", 3, 4, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(fchownat(t.from, "fifo", 5, 6, 0), 0);
	assert_int_equal(fchownat(t.temp.fd, "from", 8, 9, 0), 0);
	assert_int_equal(copyup(t.from, t.to), 0);
	same_meta("file");
	same_meta("dir");
	same_meta("link");
	same_meta("fifo");
	same_meta(".");
	assert_int_equal(stat_of(t.to, "file").st_mode & 07777, 06755);
}

static void test_nodes(void **state)
{
	struct stat st;

	(void)state;
	root_needed();
	if (mknodat(t.from, "null", S_IFCHR | 0666, makedev(1, 3)) < 0) {
		print_message("skipped: this test needs root that may make device nodes\n");
		skip();
	}
	assert_int_equal(mknodat(t.from, "disk", S_IFBLK | 0640, makedev(7, 300)), 0);
	assert_int_equal(mknodat(t.from, "sock", S_IFSOCK | 0700, 0), 0);
	assert_int_equal(fchmodat(t.from, "null", 0666, 0), 0);
	assert_int_equal(copyup(t.from, t.to), 0);
	st = stat_of(t.to, "null");
	assert_int_equal(st.st_mode, S_IFCHR | 0666);
	assert_true(st.st_rdev == makedev(1, 3));
	st = stat_of(t.to, "disk");
	assert_int_equal(st.st_mode, S_IFBLK | 0640);
	assert_true(st.st_rdev == makedev(7, 300));
	assert_true(S_ISSOCK(stat_of(t.to, "sock").st_mode));
}

/* In a mount namespace of its own. 0, what went wrong, or -1 when it can't be tried. */
static int copy_over_mount(void)
{
	char inner[128];
	int r;

	snprintf(inner, sizeof(inner), "%s/from/inner", t.temp.path);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", inner, "tmpfs", 0, NULL) < 0)
		return -1;
	/* Opened anew: descriptors see the mounts of the namespace that they come from. */
	r = open(t.temp.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	t.from = openat(r, "from", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!file_make(t.from, "inner/secret", "x"))
		return 4;
	if (copyup(t.from, t.to) < 0)
		return 5;
	return entry_count(t.to, "inner") == 0 ? 0 : 6;
}

static void test_mounts_are_not_crossed(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	root_needed();
	assert_int_equal(mkdirat(t.from, "inner", 0755), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int r = copy_over_mount();

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

#define IN_DIRS(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRS(test_files_and_directories),
		IN_DIRS(test_many_entries),
		IN_DIRS(test_links_are_not_followed),
		IN_DIRS(test_fifo_is_not_waited_for),
		IN_DIRS(test_attributes),
		IN_DIRS(test_64_levels),
		IN_DIRS(test_65_levels),
		IN_DIRS(test_what_is_there_already),
		IN_DIRS(test_owners),
		IN_DIRS(test_nodes),
		IN_DIRS(test_mounts_are_not_crossed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
