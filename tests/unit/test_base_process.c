/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that are run to their end, and the start times of processes. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/process.h"
#include "base/text.h"
#include "helpers.h"

static struct process_result result;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Runs a line of shell; the input goes in one part, between two others. */
static void run(const char *line, const char *input, unsigned timeout)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)line, NULL};
	char *envp[] = {(char *)"PATH=/usr/bin:/bin", (char *)"A=b c", NULL};
	const struct process_spec spec = {
		.path = "/bin/sh",
		.argv = argv,
		.envp = envp,
		.input = {NULL, input, NULL},
		.timeout = timeout,
	};
	int before = fd_count();

	alarm(60);
	assert_int_equal(process_run(&spec, &result), 0);
	alarm(0);
	assert_int_equal(result.exec_errno, 0);
	assert_true(result.output_n <= sizeof(result.output));
	assert_int_equal(fd_count(), before);
}

static bool wrote(const char *text)
{
	return result.output_n == strlen(text) && memcmp(result.output, text, strlen(text)) == 0;
}

/* Gone, or only its name is left for a parent that doesn't wait for it. */
static bool dead(pid_t pid)
{
	_cleanup_fd_ int proc = open("/proc", O_PATH | O_CLOEXEC);
	bool zombie = false;
	uint64_t at;

	return process_start_time(proc, pid, &at, &zombie) == -ESRCH || zombie;
}

static bool dies(pid_t pid)
{
	double end = now() + 10;

	while (!dead(pid) && now() < end)
		usleep(5000);
	return dead(pid);
}

static pid_t pid_written(void)
{
	char buf[PROCESS_OUTPUT_MAX + 1];

	memcpy(buf, result.output, result.output_n);
	buf[result.output_n] = 0;
	return (pid_t)strtol(buf, NULL, 10);
}

static void test_status(void **state)
{
	(void)state;
	run("exit 0", NULL, 0);
	assert_int_equal(result.status, 0);
	assert_false(result.timed_out);
	assert_int_equal(result.output_n, 0);
	run("exit 41", NULL, 30);
	assert_true(WIFEXITED(result.status));
	assert_int_equal(WEXITSTATUS(result.status), 41);
	run("kill -9 $$", NULL, 0);
	assert_true(WIFSIGNALED(result.status));
	assert_int_equal(WTERMSIG(result.status), SIGKILL);
	assert_false(result.timed_out);
}

static void test_exec_failure(void **state)
{
	static const struct {
		const char *path;
		int error;
	} rows[] = {
		{"/no/such/program", ENOENT},
		{"/etc/passwd", EACCES},
		{"/tmp", EACCES},
		{"/etc/passwd/x", ENOTDIR},
	};
	char *argv[] = {(char *)"x", NULL};
	int before = fd_count();
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(rows); i++) {
		const struct process_spec spec = {.path = rows[i].path, .argv = argv, .envp = argv};

		assert_int_equal(process_run(&spec, &result), 0);
		assert_int_equal(result.exec_errno, rows[i].error);
		assert_false(result.timed_out);
	}
	assert_int_equal(fd_count(), before);
	/* Nobody is left to be waited for. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_surroundings(void **state)
{
	sigset_t usr1, old;
	int leaked = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(leaked >= 0);
	run("printf %s \"$A\"", NULL, 0);
	assert_true(wrote("b c"));
	run("echo out; echo err >&2; echo out", NULL, 0);
	assert_true(wrote("out\nerr\nout\n"));
	/* Nothing but 0 to 2 (and what ls itself opens). */
	run("exec ls /proc/self/fd", NULL, 0);
	assert_true(wrote("0\n1\n2\n3\n"));
	close(leaked);
	/* A process group of its own: field 5 of stat. */
	run("set -- $(cut -d' ' -f5 /proc/$$/stat); test $1 = $$", NULL, 0);
	assert_int_equal(result.status, 0);
	/* Whatever the caller ignores or blocks. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, &old);
	run("exec grep -E -c 'Sig(Blk|Ign):.0000000000000000' /proc/self/status", NULL, 0);
	assert_true(wrote("2\n"));
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGTERM, SIG_DFL);
}

static void test_signal_of_pipes_is_restored(void **state)
{
	struct sigaction act;

	(void)state;
	signal(SIGPIPE, SIG_DFL);
	run("exit 0", "unread", 0);
	assert_int_equal(sigaction(SIGPIPE, NULL, &act), 0);
	assert_true(act.sa_handler == SIG_DFL);
}

static void test_input(void **state)
{
	char *argv[] = {(char *)"cat", NULL};
	const struct process_spec spec = {
		.path = "/bin/cat", .argv = argv, .envp = argv, .input = {"a ", "", "c"}};
	size_t size = 3 << 20;
	char *big = malloc(size + 1);

	(void)state;
	assert_non_null(big);
	memset(big, 'x', size);
	big[size] = 0;
	assert_int_equal(process_run(&spec, &result), 0);
	assert_true(wrote("a c"));
	/* More than a pipe holds. */
	run("wc -c", big, 0);
	assert_true(wrote("3145728\n"));
	/* In and out at once, neither waits for the other. */
	run("cat", big, 0);
	assert_int_equal(result.output_n, PROCESS_OUTPUT_MAX);
	assert_int_equal(result.output[0], 'x');
	/* Who does not read it, or not all of it. */
	run("exit 0", big, 0);
	assert_int_equal(result.status, 0);
	run("exec <&-; sleep 0.1; exit 7", big, 0);
	assert_int_equal(WEXITSTATUS(result.status), 7);
	run("head -c 1", big, 0);
	assert_true(wrote("x"));
	free(big);
	/* None at all is the end of file at once. */
	run("wc -c", NULL, 0);
	assert_true(wrote("0\n"));
}

static void test_output_keeps_its_tail(void **state)
{
	char want[PROCESS_OUTPUT_MAX + 16];
	size_t n = 0;
	int i;

	(void)state;
	for (i = 99950; i <= 100000; i++)
		n += (size_t)snprintf(want + n, sizeof(want) - n, "%d\n", i);
	assert_true(n < PROCESS_OUTPUT_MAX);
	run("seq 100000", NULL, 0);
	assert_int_equal(result.output_n, PROCESS_OUTPUT_MAX);
	assert_memory_equal(result.output + PROCESS_OUTPUT_MAX - n, want, n);
	/* Byte by byte over the edge. */
	run("i=0; while [ $i -lt 401 ]; do printf $((i % 10)); i=$((i + 1)); done", NULL, 0);
	assert_int_equal(result.output_n, PROCESS_OUTPUT_MAX);
	assert_int_equal(result.output[0], '1');
	assert_int_equal(result.output[PROCESS_OUTPUT_MAX - 1], '0');
	run("head -c 400 /dev/zero", NULL, 0);
	assert_int_equal(result.output_n, PROCESS_OUTPUT_MAX);
}

static void test_timeout_kills_the_group(void **state)
{
	double begin = now();

	(void)state;
	run("sleep 100 & echo $!; wait", NULL, 1);
	assert_true(result.timed_out);
	assert_true(now() - begin > 0.9 && now() - begin < 20);
	assert_true(WIFSIGNALED(result.status));
	assert_true(pid_written() > 1);
	assert_true(dies(pid_written()));
	/* One that has closed its output is waited for all the same. */
	begin = now();
	run("exec >&- 2>&-; sleep 100", NULL, 1);
	assert_true(result.timed_out);
	assert_true(now() - begin > 0.9 && now() - begin < 20);
	/* In time. */
	run("sleep 0.2", NULL, 30);
	assert_false(result.timed_out);
	assert_int_equal(result.status, 0);
}

static void test_child_with_output_is_not_waited_for(void **state)
{
	double begin = now();

	(void)state;
	run("sleep 100 & echo $!; exit 3", NULL, 0);
	assert_true(now() - begin < 20);
	assert_int_equal(WEXITSTATUS(result.status), 3);
	assert_true(pid_written() > 1);
	assert_false(dead(pid_written()));
	kill(pid_written(), SIGKILL);
	assert_true(dies(pid_written()));
}

/* Nor one that never stops writing. */
static void test_child_that_writes_for_ever(void **state)
{
	(void)state;
	run("yes & yes & sleep 0.2; exit 4", NULL, 0);
	assert_int_equal(WEXITSTATUS(result.status), 4);
}

static void test_start_time(void **state)
{
	_cleanup_fd_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t own, again, child;
	bool zombie = true;
	siginfo_t info;
	char old[16];
	pid_t pid;

	(void)state;
	assert_int_equal(process_start_time(proc, getpid(), &own, &zombie), 0);
	assert_false(zombie);
	assert_true(own > 0);
	/* A name that looks like the rest of the line. */
	assert_int_equal(prctl(PR_GET_NAME, old), 0);
	assert_int_equal(prctl(PR_SET_NAME, "a) Z 1 2 3 4 ("), 0);
	zombie = true;
	assert_int_equal(process_start_time(proc, getpid(), &again, &zombie), 0);
	assert_true(again == own);
	assert_false(zombie);
	assert_int_equal(prctl(PR_SET_NAME, ") ) )\n) "), 0);
	assert_int_equal(process_start_time(proc, getpid(), &again, NULL), 0);
	assert_true(again == own);
	prctl(PR_SET_NAME, old);

	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(process_start_time(proc, pid, &child, &zombie), 0);
	assert_true(zombie);
	assert_true(child >= own);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	again = 77;
	assert_int_equal(process_start_time(proc, pid, &again, NULL), -ESRCH);
	assert_true(again == 77);
	assert_int_equal(process_start_time(proc, -1, &again, NULL), -ESRCH);
	assert_int_equal(process_start_time(-1, 1, &again, NULL), -EBADF);
}

static void test_start_time_of_broken_text(void **state)
{
	static const char *const rows[] = {
		"", "7", "7 (x", "7 (x)", "7 (x)S", "7 (x) S 1 2 3",
		"7 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
	};
	struct temp t = temp_make();
	uint64_t v = 77;
	size_t i;

	(void)state;
	assert_true(t.fd >= 0);
	assert_int_equal(mkdirat(t.fd, "7", 0700), 0);
	for (i = 0; i < ROWS(rows); i++) {
		assert_true(file_make(t.fd, "7/stat", rows[i]));
		assert_int_equal(process_start_time(t.fd, 7, &v, NULL), -EIO);
		assert_true(v == 77);
	}
	assert_true(file_make(t.fd, "7/stat",
			      "7 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 0"));
	assert_int_equal(process_start_time(t.fd, 7, &v, NULL), 0);
	assert_true(v == 4711);
	temp_remove(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_exec_failure),
		cmocka_unit_test(test_surroundings),
		cmocka_unit_test(test_signal_of_pipes_is_restored),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_output_keeps_its_tail),
		cmocka_unit_test(test_timeout_kills_the_group),
		cmocka_unit_test(test_child_with_output_is_not_waited_for),
		cmocka_unit_test(test_child_that_writes_for_ever),
		cmocka_unit_test(test_start_time),
		cmocka_unit_test(test_start_time_of_broken_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
