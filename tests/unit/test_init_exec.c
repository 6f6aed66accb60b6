/* SPDX-License-Identifier: Apache-2.0 */
/* The container's passwd, which anybody may have written. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sys.h"
#include "helpers.h"
#include "init/exec.h"

#define HOME_SIZE 64

/* Looks for uid in a file of these bytes. The home is in home, which is of exactly its size. */
static int look(const void *bytes, size_t len, unsigned uid, char home[HOME_SIZE])
{
	int fd = sys_memfd_create("passwd", MFD_CLOEXEC), r;
	char *buf = malloc(HOME_SIZE);

	assert_true(fd >= 0);
	assert_non_null(buf);
	assert_int_equal(fd_write_all(fd, bytes, len), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	memset(buf, '#', HOME_SIZE);
	r = passwd_home(fd, uid, buf, HOME_SIZE);
	memcpy(home, buf, HOME_SIZE);
	/* Untouched unless it was found. */
	assert_true(r == 1 || home[0] == '#');
	free(buf);
	close(fd);
	return r;
}

static void expect(const char *text, unsigned uid, const char *want)
{
	char home[HOME_SIZE];
	int r = look(text, strlen(text), uid, home);

	if (r != (want ? 1 : 0))
		fail_msg("uid %u in \"%s\": %d", uid, text, r);
	if (want)
		assert_string_equal(home, want);
}

static void test_found(void **state)
{
	static const char file[] = "root:x:0:0:root:/root:/bin/sh\n"
				   "daemon:x:1:1:,,,:/usr/sbin:/usr/sbin/nologin\n"
				   "last:x:4294967294:7::/last:\n"
				   "second:x:0:0::/other:/bin/sh\n"
				   "nobody:*:65534:65534:no: /:\n";

	(void)state;
	expect(file, 0, "/root");
	expect(file, 1, "/usr/sbin");
	expect(file, 4294967294, "/last");
	expect(file, 2, NULL);
	expect(file, 65534, NULL);
	expect("", 0, NULL);
	expect("\n\n\n", 0, NULL);
	/* Without an end to the last line, without a shell, with more fields than seven. */
	expect("a:x:5:5::/h:/bin/sh", 5, "/h");
	expect("a:x:5:5::/h:", 5, "/h");
	expect("a:x:5:5::/h", 5, "/h");
	expect("a:x:5:5::/h:/bin/sh:more:and:more", 5, "/h");
	expect("::5:::/h:", 5, "/h");
	expect("a:x:0000000005:5::/h:", 5, "/h");
	expect("a:x:5:5::/h with blanks\xff:", 5, "/h with blanks\xff");
}

static void test_not_found(void **state)
{
	static const char *const rows[] = {
		"a:x:5:5:/h\n", "a:x:5:5\n", "a:x:5\n", "a:x\n", "a\n", "5\n", ":\n", "::::::::\n",
		/* No number, or none that is 5. */
		"a:x::5::/h:\n", "a:x: 5:5::/h:\n", "a:x:5 :5::/h:\n", "a:x:-5:5::/h:\n",
		"a:x:+5:5::/h:\n", "a:x:0x5:5::/h:\n", "a:x:5h:5::/h:\n", "a:x:5.0:5::/h:\n",
		"a:x:\xd9\xa5:5::/h:\n", "a:x:\r5:5::/h:\n", "a:x:5\r:5::/h:\n",
		"a:x:00000000005:5::/h:\n",
		"a:x:4294967301:5::/h:\n", "a:x:18446744073709551621:5::/h:\n",
		"a:x:99999999999999999999999999999999999999999:5::/h:\n",
		/* Shifted by a field. */
		"x:5:5::/h:\n", "a:b:x:5:5::/h:\n",
		/* No absolute home. */
		"a:x:5:5:::\n", "a:x:5:5::h:\n", "a:x:5:5::./h:\n", "a:x:5:5:: /h:\n",
		"a:x:5:5::~:\n",
		/* What other programs read as comments or includes. */
		"+a:x:6:5::/h:\n", "#\n", "+::::::\n",
	};
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(rows); i++) {
		expect(rows[i], 5, NULL);
		/* A good line behind it is found all the same, and one before it as well. */
		snprintf(text, sizeof(text), "%sg:x:5:5::/good:/bin/sh\n", rows[i]);
		expect(text, 5, "/good");
		snprintf(text, sizeof(text), "g:x:5:5::/good:/bin/sh\n%s", rows[i]);
		expect(text, 5, "/good");
	}
}

/* What overflows 32 bits is not uid 0. */
static void test_overflow_is_not_root(void **state)
{
	(void)state;
	expect("a:x:4294967296:0::/h:\n", 0, NULL);
	expect("a:x:8589934592:0::/h:\n", 0, NULL);
	expect("a:x:18446744073709551616:0::/h:\n", 0, NULL);
	expect("a:x:-0:0::/h:\n", 0, NULL);
	expect("a:x::0::/h:\n", 0, NULL);
	expect("a:x:9999999999:0::/h:\n", 1410065407, NULL);
	expect("a:x:4294967295:0::/h:\n", 4294967294, NULL);
}

static void test_line_ends(void **state)
{
	static const char nul[] = "a:x:5:5::/h\0/evil:\nb:x:6:6::/b:\n", only[] = "\0a:x:5:5::/h:\n";
	char home[HOME_SIZE];

	(void)state;
	/* A carriage return belongs to the field that it ends. */
	expect("a:x:5:5::/h:/bin/sh\r\nb:x:6:6::/b:/bin/sh\r\n", 6, "/b");
	expect("a:x:5:5::/h:\rb:x:6:6::/b:\r", 6, NULL);
	/* A line with a NUL is none. */
	assert_int_equal(look(nul, sizeof(nul) - 1, 5, home), 0);
	assert_int_equal(look(nul, sizeof(nul) - 1, 6, home), 1);
	assert_string_equal(home, "/b");
	assert_int_equal(look(only, sizeof(only) - 1, 5, home), 0);
	assert_int_equal(look("a:x:5:5::/h:\0", 13, 5, home), 0);
}

/* A home that has no room is passed over, not cut. */
static void test_long_home(void **state)
{
	char text[256], want[HOME_SIZE];

	(void)state;
	memset(want, 'h', sizeof(want));
	want[0] = '/';
	want[HOME_SIZE - 1] = 0;
	snprintf(text, sizeof(text), "a:x:5:5::%s:\n", want);
	expect(text, 5, want);
	snprintf(text, sizeof(text), "a:x:5:5::%sh:\n", want);
	expect(text, 5, NULL);
	snprintf(text, sizeof(text), "a:x:5:5::%sh:\nb:x:5:5::/b:", want);
	expect(text, 5, "/b");
}

/* At every place of the chunks that the file is read in. */
static void test_everywhere_in_the_file(void **state)
{
	char text[9000], home[HOME_SIZE];
	size_t before, len;

	(void)state;
	for (before = 4000; before <= 4200; before++) {
		memset(text, '\n', before);
		len = before + (size_t)snprintf(text + before, sizeof(text) - before,
						"a:x:5:5:some body:/home/a:/bin/sh");
		assert_int_equal(look(text, len, 5, home), 1);
		assert_string_equal(home, "/home/a");
	}
}

static void test_long_lines(void **state)
{
	size_t len, big = 10 << 20;
	char text[700], home[HOME_SIZE], *huge = malloc(big);

	(void)state;
	for (len = 505; len < 520; len++) {
		/* A line of exactly len bytes. */
		memset(text, 'g', sizeof(text));
		memcpy(text, "a:x:5:5:", 8);
		memcpy(text + len - 4, ":/h:", 4);
		text[len] = '\n';
		assert_int_equal(look(text, len + 1, 5, home), len <= 512);
		assert_int_equal(look(text, len, 5, home), len <= 512);
		memcpy(text + len + 1, "b:x:6:6::/b:\n", 13);
		assert_int_equal(look(text, len + 14, 6, home), 1);
	}
	assert_non_null(huge);
	memset(huge, 'x', big);
	assert_int_equal(look(huge, big, 5, home), -EFBIG);
	/* Its end is no line of its own. */
	memcpy(huge + (1 << 20), "\nroot:x:5:5::/h:\n", 17);
	memcpy(huge + 5000, "root:x:5:5::/e:", 15);
	assert_int_equal(look(huge, big, 5, home), 1);
	assert_string_equal(home, "/h");
	free(huge);
}

static void test_large_file(void **state)
{
	static const char line[] = "user:x:7:7:a user:/home/user:/bin/sh\n";
	size_t n = sizeof(line) - 1, size = 5 << 20, at, good;
	char *file = malloc(size), home[HOME_SIZE];

	(void)state;
	assert_non_null(file);
	for (at = 0; at + n <= size; at += n)
		memcpy(file + at, line, n);
	assert_int_equal(look(file, at, 5, home), -EFBIG);
	/* Whoever is found before the limit is found. */
	assert_int_equal(look(file, at, 7, home), 1);
	good = (4 << 20) / n * n;
	assert_int_equal(look(file, good, 5, home), 0);
	memcpy(file + good - n, "ab", 2);
	memcpy(file + good - n, "user:x:5:", 9);
	assert_int_equal(look(file, good, 5, home), 1);
	free(file);
}

static void test_unreadable(void **state)
{
	int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int path = open("/", O_PATH | O_CLOEXEC);
	char home[HOME_SIZE];

	(void)state;
	assert_int_equal(passwd_home(dir, 0, home, sizeof(home)), -EISDIR);
	assert_int_equal(passwd_home(path, 0, home, sizeof(home)), -EBADF);
	close(dir);
	close(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_not_found),
		cmocka_unit_test(test_overflow_is_not_root),
		cmocka_unit_test(test_line_ends),
		cmocka_unit_test(test_long_home),
		cmocka_unit_test(test_everywhere_in_the_file),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_large_file),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
