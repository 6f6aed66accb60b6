/* SPDX-License-Identifier: Apache-2.0 */
/* What the thin layer over system calls adds to them. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/sys.h"
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

/* Renames without an end. */
static pid_t renamer_start(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	mkdirat(t.fd, "one", 0700);
	for (;;) {
		renameat(t.fd, "one", t.fd, "two");
		renameat(t.fd, "two", t.fd, "one");
	}
}

static int open_within(bool plain, const char *path)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
	int fd = plain ? (int)syscall(SYS_openat2, t.fd, path, &how, sizeof(how))
		       : sys_openat2(t.fd, path, how.flags, 0, how.resolve);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* The kernel's EAGAIN is no error of ours, for names as links of images have them. */
#define STEPS 8
static void test_open_while_others_rename(void **state)
{
	char path[STEPS * sizeof("../")] = "";
	pid_t pid = renamer_start();
	unsigned i, again = 0;
	int failed = 0, status;

	(void)state;
	assert_true(pid > 0);
	for (i = 0; i < STEPS; i++)
		memcpy(path + 3 * i, "../", sizeof("../"));
	for (i = 0; i < 50000 && again < 50; i++)
		again += open_within(true, path) == -EAGAIN;
	for (i = 0; i < 5000; i++)
		failed += open_within(false, path) < 0;
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	unlinkat(t.fd, "one", AT_REMOVEDIR);
	unlinkat(t.fd, "two", AT_REMOVEDIR);
	assert_int_equal(failed, 0);
	if (again == 0) {
		print_message("skipped: with one processor nobody renames meanwhile\n");
		skip();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_while_others_rename),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
