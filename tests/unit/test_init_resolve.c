/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths of a container: both ways of looking them up, by openat2 and by steps, come to the same
 * place, and never to one outside the root.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sys.h"
#include "helpers.h"
#include "init/resolve.h"

#define MAGIC ((uint64_t)RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)

/* Each test has a directory with `root` and, beside it, `outside` with a canary in it. */
static struct {
	struct temp temp;
	int root;
	int before;
} t;

struct entry {
	const char *path, *link; /* link NULL: a directory, or a file when the path has no '/' at its end */
};

static const struct entry tree[] = {
	{"dir/", NULL},
	{"dir/sub/", NULL},
	{"dir/sub/file", NULL},
	{"file", NULL},
	{"etc/", NULL},
	{"etc/passwd", NULL},
	{"outside/", NULL},
	{"outside/inner", NULL},
	{"to-dir", "dir"},
	{"to-sub", "dir/sub/"},
	{"to-file", "file"},
	{"to-abs", "/dir/sub"},
	{"to-root", "/"},
	{"to-dot", "."},
	{"dir/to-dot", "."},
	{"dir/sub/to-dot-dot", ".."},
	{"dir/sub/to-self", "./././file"},
	{"up", "../../../../../outside"},
	{"dir/up", "/../../../outside/inner"},
	{"chain-1", "chain-2/file"},
	{"chain-2", "/chain-3"},
	{"chain-3", "dir/../to-dir/sub"},
	{"loop", "loop"},
	{"loop-a", "loop-b"},
	{"loop-b", "dir/../loop-a"},
	{"dangling", "/new/deep/place"},
	{"dangling-up", "../../../outside/canary"},
	{"dangling-dir", "no/such/"},
	{"magic", "/proc/self/root/etc/passwd"},
	{"magic-cwd", "/proc/self/cwd/../../../etc/passwd"},
	{"magic-fd", "/proc/self/fd/3"},
	{"to-file-slash", "file/"},
};

static bool tree_make(int root)
{
	size_t i;

	for (i = 0; i < ROWS(tree); i++) {
		const char *path = tree[i].path;
		bool dir = path[strlen(path) - 1] == '/', ok;

		if (tree[i].link)
			ok = symlinkat(tree[i].link, root, path) == 0;
		else if (dir)
			ok = mkdirat(root, path, 0755) == 0;
		else
			ok = file_make(root, path, path);
		if (!ok)
			return false;
	}
	return true;
}

static int setup(void **state)
{
	(void)state;
	t.temp = temp_make();
	if (t.temp.fd < 0 || mkdirat(t.temp.fd, "root", 0755) < 0 ||
	    mkdirat(t.temp.fd, "outside", 0755) < 0 ||
	    !file_make(t.temp.fd, "outside/canary", "sings"))
		return 1;
	t.root = openat(t.temp.fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	t.before = fd_count();
	alarm(120);
	return t.root < 0 || !tree_make(t.root);
}

static int teardown(void **state)
{
	struct text out = TEXT_INIT;
	int r;

	(void)state;
	alarm(0);
	/* Whatever the test did, nothing came to be or changed beside the root. */
	r = fd_count() != t.before || entry_count(t.temp.fd, ".") != 2 ||
	    entry_count(t.temp.fd, "outside") != 1 ||
	    file_read_at(t.temp.fd, "outside/canary", 100, &out) != 0 || !streq(out.s, "sings");
	text_free(&out);
	t.root = fd_close(t.root);
	temp_remove(&t.temp);
	return r;
}

static int by_openat2(const char *path, int flags)
{
	return resolve_open(t.root, path, flags);
}

static int by_steps(const char *path, int flags)
{
	return resolve_by_steps(t.root, path, flags, MAKE_NONE);
}

static int (*const ways[])(const char *, int) = {by_openat2, by_steps};

/* Proves that fd is the file `name` in the root, which is looked up without any link. */
static bool is(int fd, const char *name)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 &&
	       fstatat(t.root, name, &b, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static void test_openat2_is_there(void **state)
{
	int fd = sys_openat2(t.root, "/", O_PATH | O_CLOEXEC, 0, MAGIC);

	(void)state;
	if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
		print_message("skipped: this test needs openat2\n");
		skip();
	}
	assert_true(fd >= 0);
	close(fd);
}

static void test_both_ways(void **state)
{
	static const struct {
		const char *path;
		int flags; /* beside O_PATH */
		int error;
		const char *is;
	} rows[] = {
		{"/", 0, 0, ""},
		{".", 0, 0, ""},
		{"..", 0, 0, ""},
		{"//", 0, 0, ""},
		{"", 0, ENOENT, NULL},
		{"/..", O_DIRECTORY, 0, ""},
		{"../../../..", 0, 0, ""},
		{"dir", 0, 0, "dir"},
		{"/dir", 0, 0, "dir"},
		{"dir/", 0, 0, "dir"},
		{"///dir//sub///file", 0, 0, "dir/sub/file"},
		{"./dir/./sub/./file", 0, 0, "dir/sub/file"},
		{"dir/..", 0, 0, ""},
		{"dir/../file", 0, 0, "file"},
		{"dir/sub/../../../../file", 0, 0, "file"},
		{"dir/sub/..", 0, 0, "dir"},
		{"dir/.", 0, 0, "dir"},
		{"file", O_DIRECTORY, ENOTDIR, NULL},
		{"file/", 0, ENOTDIR, NULL},
		{"file/.", 0, ENOTDIR, NULL},
		{"file/..", 0, ENOTDIR, NULL},
		{"file/x", 0, ENOTDIR, NULL},
		{"missing", 0, ENOENT, NULL},
		{"missing/", 0, ENOENT, NULL},
		{"missing/..", 0, ENOENT, NULL},
		{"dir/missing/x", 0, ENOENT, NULL},
		{"to-dir", 0, 0, "dir"},
		{"to-dir", O_NOFOLLOW, 0, "to-dir"},
		{"to-dir/", O_NOFOLLOW, 0, "dir"},
		{"to-dir/.", O_NOFOLLOW, 0, "dir"},
		{"to-dir/sub", O_NOFOLLOW, 0, "dir/sub"},
		{"to-dir/..", 0, 0, ""},
		{"to-sub", 0, 0, "dir/sub"},
		{"to-sub/..", 0, 0, "dir"},
		{"to-sub/../../file", 0, 0, "file"},
		{"to-file", 0, 0, "file"},
		{"to-file/", 0, ENOTDIR, NULL},
		{"to-file-slash", 0, ENOTDIR, NULL},
		{"to-file/x", 0, ENOTDIR, NULL},
		{"to-abs", O_DIRECTORY, 0, "dir/sub"},
		{"dir/../to-abs/file", 0, 0, "dir/sub/file"},
		{"to-root", 0, 0, ""},
		{"to-root/dir/../to-root/to-root/file", 0, 0, "file"},
		{"to-dot", 0, 0, ""},
		{"dir/to-dot", 0, 0, "dir"},
		{"dir/to-dot/to-dot/sub/to-dot-dot", 0, 0, "dir"},
		{"dir/sub/to-self", 0, 0, "dir/sub/file"},
		{"up", 0, 0, "outside"},
		{"up/inner", 0, 0, "outside/inner"},
		{"up/canary", 0, ENOENT, NULL},
		{"up/../../outside/canary", 0, ENOENT, NULL},
		{"dir/up", 0, 0, "outside/inner"},
		{"../outside/canary", 0, ENOENT, NULL},
		{"../../outside/inner", 0, 0, "outside/inner"},
		{"chain-1", 0, 0, "dir/sub/file"},
		{"loop", 0, ELOOP, NULL},
		{"loop", O_NOFOLLOW, 0, "loop"},
		{"loop/x", O_NOFOLLOW, ELOOP, NULL},
		{"loop-a", 0, ELOOP, NULL},
		{"dangling", 0, ENOENT, NULL},
		{"dangling", O_NOFOLLOW, 0, "dangling"},
		{"dangling-up", 0, ENOENT, NULL},
		{"dangling-dir", 0, ENOENT, NULL},
		{"magic", 0, ENOENT, NULL},
		{"magic-cwd", 0, ENOENT, NULL},
		{"magic-fd", 0, ENOENT, NULL},
		{"/proc/self/root/etc/passwd", 0, ENOENT, NULL},
		{"etc/passwd", 0, 0, "etc/passwd"},
	};
	size_t i, way;

	(void)state;
	for (i = 0; i < ROWS(rows); i++)
		for (way = 0; way < ROWS(ways); way++) {
			int fd = ways[way](rows[i].path, O_PATH | rows[i].flags);

			if (rows[i].error ? fd != -rows[i].error : fd < 0 || !is(fd, rows[i].is))
				fail_msg("\"%s\" flags %#x, way %zu: %d", rows[i].path,
					 (unsigned)rows[i].flags, way, fd);
			if (fd >= 0)
				assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
			fd_close(fd);
		}
}

/* With descriptors that can be read: the last name is opened once more. */
static void test_opened_for_reading(void **state)
{
	static const struct {
		const char *path;
		int flags, error;
		const char *is;
	} rows[] = {
		{"/", 0, 0, ""},
		{"dir", O_DIRECTORY, 0, "dir"},
		{"dir/.", 0, 0, "dir"},
		{"dir/sub/..", 0, 0, "dir"},
		{"dir/to-dot", 0, 0, "dir"},
		{"dir/sub/to-dot-dot", 0, 0, "dir"},
		{"to-root", 0, 0, ""},
		{"to-file", 0, 0, "file"},
		{"file", O_NOFOLLOW, 0, "file"},
		{"to-file", O_NOFOLLOW, ELOOP, NULL},
		{"chain-1", 0, 0, "dir/sub/file"},
		{"file", O_DIRECTORY, ENOTDIR, NULL},
		{"file/", 0, ENOTDIR, NULL},
		{"etc/passwd", O_NONBLOCK | O_NOCTTY, 0, "etc/passwd"},
	};
	size_t i, way;

	(void)state;
	for (i = 0; i < ROWS(rows); i++)
		for (way = 0; way < ROWS(ways); way++) {
			int fd = ways[way](rows[i].path, O_RDONLY | rows[i].flags);

			if (rows[i].error ? fd != -rows[i].error : fd < 0 || !is(fd, rows[i].is))
				fail_msg("\"%s\", way %zu: %d", rows[i].path, way, fd);
			if (fd >= 0) {
				assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
				assert_int_equal(fcntl(fd, F_GETFL) & O_PATH, 0);
			}
			fd_close(fd);
		}
}

static void test_lengths_of_names(void **state)
{
	char name[300], path[5000];
	size_t way, n;

	(void)state;
	memset(name, 'n', sizeof(name));
	name[255] = 0;
	assert_true(file_make(t.root, name, ""));
	for (way = 0; way < ROWS(ways); way++) {
		int fd = ways[way](name, O_PATH);

		assert_true(is(fd, name));
		close(fd);
		name[255] = 'n';
		name[256] = 0;
		assert_int_equal(ways[way](name, O_PATH), -ENAMETOOLONG);
		snprintf(path, sizeof(path), "dir/%s/x", name);
		assert_int_equal(ways[way](path, O_PATH), -ENAMETOOLONG);
		name[255] = 0;
		/* The whole path: 4095 bytes are the most. */
		for (n = 4094; n <= 4097; n++) {
			memset(path, '/', n);
			memcpy(path + n - 4, "file", 5);
			fd = ways[way](path, O_PATH);
			if (n > 4095)
				assert_int_equal(fd, -ENAMETOOLONG);
			else
				assert_true(is(fd, "file"));
			fd_close(fd);
		}
	}
}

/* The walk by steps holds a descriptor for each level, and says so where they end. */
static void test_depth(void **state)
{
	char path[1024] = "";
	struct stat st;
	int fd;

	(void)state;
	while (strlen(path) < 2 * 126) {
		memcpy(path + strlen(path), "d/", 3);
		assert_int_equal(mkdirat(t.root, path, 0755), 0);
	}
	fd = resolve_by_steps(t.root, path, O_PATH, MAKE_NONE);
	assert_true(is(fd, path));
	close(fd);
	memcpy(path + strlen(path), "d", 2);
	fd = resolve_by_steps(t.root, path, O_PATH, MAKE_DIR);
	assert_true(is(fd, path));
	close(fd);
	assert_int_equal(mkdirat(t.root, strcat(path, "/d"), 0755), 0);
	assert_int_equal(resolve_by_steps(t.root, path, O_PATH, MAKE_NONE), -ENAMETOOLONG);
	fd = resolve_open(t.root, path, O_PATH);
	assert_true(is(fd, path));
	close(fd);
	/* What can't be made is said, too. */
	memcpy(path + strlen(path), "/d", 3);
	assert_int_equal(resolve_make(t.root, path, MAKE_DIR), -ENAMETOOLONG);
	assert_int_equal(fstatat(t.root, path, &st, 0), -1);
}

static void test_as_many_links_as_the_kernel(void **state)
{
	char name[16], target[16];
	size_t way;
	int i;

	(void)state;
	assert_int_equal(symlinkat("file", t.root, "link-1"), 0);
	for (i = 2; i <= 41; i++) {
		snprintf(name, sizeof(name), "link-%d", i);
		snprintf(target, sizeof(target), "link-%d", i - 1);
		assert_int_equal(symlinkat(target, t.root, name), 0);
	}
	for (way = 0; way < ROWS(ways); way++) {
		int fd = ways[way]("link-40", O_PATH);

		assert_true(is(fd, "file"));
		close(fd);
		assert_int_equal(ways[way]("link-41", O_PATH), -ELOOP);
	}
}

/* A link's text may be as long as a path. */
static void test_long_link(void **state)
{
	char target[4096];
	size_t way;

	(void)state;
	memset(target, '/', sizeof(target));
	memcpy(target + sizeof(target) - 5, "file", 5);
	assert_int_equal(symlinkat(target, t.root, "long"), 0);
	for (way = 0; way < ROWS(ways); way++) {
		int fd = ways[way]("long", O_PATH);

		assert_true(is(fd, "file"));
		close(fd);
	}
}

static int make_open(const char *path, enum resolve_make make)
{
	return resolve_make(t.root, path, make);
}

static int make_steps(const char *path, enum resolve_make make)
{
	return resolve_by_steps(t.root, path, O_PATH, make);
}

static void test_making(void **state)
{
	static int (*const makers[])(const char *, enum resolve_make) = {make_open, make_steps};
	static const struct {
		const char *path;
		enum resolve_make make;
		int error;
		const char *is;
	} rows[] = {
		{"dir/sub", MAKE_DIR, 0, "dir/sub"},
		{"file", MAKE_FILE, 0, "file"},
		{"to-abs/a/b/c", MAKE_DIR, 0, "dir/sub/a/b/c"},
		{"/n/e/w", MAKE_FILE, 0, "n/e/w"},
		{"n/e/../x", MAKE_DIR, 0, "n/x"},
		{"missing/../y", MAKE_DIR, 0, "y"},
		{"../../../z", MAKE_DIR, 0, "z"},
		{"../../../outside/canary", MAKE_FILE, 0, "outside/canary"},
		{"dangling", MAKE_FILE, 0, "new/deep/place"},
		{"dangling-dir", MAKE_DIR, 0, "no/such"},
		{"up/made", MAKE_DIR, 0, "outside/made"},
		{"magic", MAKE_FILE, 0, "proc/self/root/etc/passwd"},
		{"file/x", MAKE_DIR, ENOTDIR, NULL},
		{"loop", MAKE_FILE, ELOOP, NULL},
		{"loop/x", MAKE_DIR, ELOOP, NULL},
		{"absent", MAKE_NONE, ENOENT, NULL},
	};
	size_t i, way;
	struct stat st;

	(void)state;
	for (way = 0; way < ROWS(makers); way++) {
		for (i = 0; i < ROWS(rows); i++) {
			int fd = makers[way](rows[i].path, rows[i].make);

			if (rows[i].error ? fd != -rows[i].error : fd < 0 || !is(fd, rows[i].is))
				fail_msg("\"%s\", way %zu: %d", rows[i].path, way, fd);
			fd_close(fd);
		}
		umask(022);
		assert_int_equal(fstatat(t.root, "n", &st, 0), 0);
		assert_int_equal(st.st_mode, S_IFDIR | 0755);
		assert_int_equal(fstatat(t.root, "n/e/w", &st, 0), 0);
		assert_int_equal(st.st_mode, S_IFREG | 0644);
		assert_int_equal(st.st_size, 0);
		assert_int_equal(faccessat(t.root, "absent", F_OK, 0), -1);
		/* A new tree for the other way. */
		t.root = fd_close(t.root);
		assert_int_equal(tree_remove_at(t.temp.fd, "root"), 0);
		assert_int_equal(mkdirat(t.temp.fd, "root", 0755), 0);
		t.root = openat(t.temp.fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
		assert_true(tree_make(t.root));
	}
}

static void test_dangling_up_is_made_inside(void **state)
{
	int fd = resolve_make(t.root, "dangling-up", MAKE_FILE);

	(void)state;
	assert_true(is(fd, "outside/canary"));
	close(fd);
}

static void test_parents(void **state)
{
	static const struct {
		const char *path;
		int error;
		const char *is, *name;
	} rows[] = {
		{"/dev/net/tun", 0, "dev/net", "tun"},
		{"file", 0, "", "file"},
		{"/file", 0, "", "file"},
		{"to-abs/x//", 0, "dir/sub", "x"},
		{"up/canary", 0, "outside", "canary"},
		{"dir/../../../x", 0, "", "x"},
		{"/", EINVAL, NULL, NULL},
		{"", EINVAL, NULL, NULL},
		{"///", EINVAL, NULL, NULL},
		{"..", EINVAL, NULL, NULL},
		{"dir/..", EINVAL, NULL, NULL},
		{"dir/.", EINVAL, NULL, NULL},
		{"loop/x", ELOOP, NULL, NULL},
	};
	char buf[4096], path[4097];
	const char *name;
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(rows); i++) {
		int fd = resolve_parent(t.root, rows[i].path, buf, &name);

		if (rows[i].error ? fd != -rows[i].error : fd < 0 || !is(fd, rows[i].is))
			fail_msg("\"%s\": %d", rows[i].path, fd);
		if (fd >= 0)
			assert_string_equal(name, rows[i].name);
		fd_close(fd);
	}
	memset(path, '/', 4096);
	path[4096] = 0;
	assert_int_equal(resolve_parent(t.root, path, buf, &name), -ENAMETOOLONG);
}

/* ---- Against a neighbour who renames --------------------------------------------------------- */

#define INODES_MAX 256

static struct {
	ino_t inside[INODES_MAX];
	unsigned n;
	atomic_bool stop;
	void (*act)(void);
} race;

static void inodes_collect(int dirfd, const char *path)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	struct stat st;

	assert_non_null(d);
	while ((e = readdir(d))) {
		if (streq(e->d_name, ".."))
			continue;
		assert_int_equal(fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW), 0);
		assert_true(race.n < INODES_MAX);
		race.inside[race.n++] = st.st_ino;
		if (S_ISDIR(st.st_mode) && !streq(e->d_name, "."))
			inodes_collect(fd, e->d_name);
	}
	closedir(d);
}

static bool was_inside(int fd)
{
	struct stat st;
	unsigned i;

	if (fstat(fd, &st) < 0)
		return false;
	for (i = 0; i < race.n; i++)
		if (race.inside[i] == st.st_ino)
			return true;
	return false;
}

#define PATIENCE 20 /* seconds */

static void *neighbour(void *unused)
{
	(void)unused;
	while (!atomic_load(&race.stop))
		race.act();
	return NULL;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Resolves the path again and again, for a second each way, and on a machine that is busy until it has
 * been there once. */
static void race_run(void (*act)(void), const char *path)
{
	unsigned found[2] = {0, 0};
	pthread_t thread;
	size_t way;
	int i;

	race.n = 0;
	inodes_collect(t.temp.fd, "root");
	race.act = act;
	atomic_store(&race.stop, false);
	assert_int_equal(pthread_create(&thread, NULL, neighbour, NULL), 0);
	for (way = 0; way < ROWS(ways); way++) {
		double end = now() + 1;

		for (i = 0; (i < 10000 && now() < end) || (!found[way] && now() < end + PATIENCE); i++) {
			int fd = ways[way](path, O_PATH);

			if (fd >= 0 && !was_inside(fd)) {
				atomic_store(&race.stop, true);
				pthread_join(thread, NULL);
				fail_msg("way %zu left the root", way);
			}
			found[way] += fd >= 0;
			fd_close(fd);
		}
	}
	atomic_store(&race.stop, true);
	pthread_join(thread, NULL);
	/* It was a race, and not only errors. */
	assert_true(found[0] > 0 && found[1] > 0);
}

static void exchange(void)
{
	syscall(SYS_renameat2, t.root, "swap/x", t.root, "swap/link", 2 /* RENAME_EXCHANGE */);
}

/* A directory that turns into a link which leads, taken by the host's eyes, outside. */
static void test_directory_and_link_exchanged(void **state)
{
	char target[256];

	(void)state;
	snprintf(target, sizeof(target), "%s/outside", t.temp.path);
	assert_int_equal(mkdirat(t.root, "swap", 0755), 0);
	assert_int_equal(mkdirat(t.root, "swap/x", 0755), 0);
	assert_true(file_make(t.root, "swap/x/canary", ""));
	assert_int_equal(symlinkat(target, t.root, "swap/link"), 0);
	race_run(exchange, "swap/x/canary");
	/* The same with one that goes upwards. */
	exchange();
	if (unlinkat(t.root, "swap/link", 0) < 0)
		assert_int_equal(unlinkat(t.root, "swap/x", 0), 0);
	if (symlinkat("../../outside", t.root, "swap/link") < 0)
		assert_int_equal(symlinkat("../../outside", t.root, "swap/x"), 0);
	race_run(exchange, "swap/x/canary");
}

static void move_out_and_in(void)
{
	renameat(t.root, "a/b", t.temp.fd, "outside/b");
	renameat(t.temp.fd, "outside/b", t.root, "a/b");
}

/* A directory below which the walk is, moved out: its `..` is then outside. */
static void test_directory_moved_out(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(t.root, "a", 0755), 0);
	assert_int_equal(mkdirat(t.root, "a/b", 0755), 0);
	assert_int_equal(mkdirat(t.root, "a/b/c", 0755), 0);
	assert_true(file_make(t.root, "a/canary", ""));
	assert_true(file_make(t.root, "canary", ""));
	race_run(move_out_and_in, "a/b/c/../../canary");
	race_run(move_out_and_in, "a/b/c/../../../canary");
}

#define IN_TREE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(test_openat2_is_there),
		IN_TREE(test_both_ways),
		IN_TREE(test_opened_for_reading),
		IN_TREE(test_lengths_of_names),
		IN_TREE(test_depth),
		IN_TREE(test_as_many_links_as_the_kernel),
		IN_TREE(test_long_link),
		IN_TREE(test_making),
		IN_TREE(test_dangling_up_is_made_inside),
		IN_TREE(test_parents),
		IN_TREE(test_directory_and_link_exchanged),
		IN_TREE(test_directory_moved_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
