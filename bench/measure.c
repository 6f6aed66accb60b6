/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure [-n N] [-j J] COMMAND ARGUMENT… [, COMMAND ARGUMENT…]…: runs a sequence of commands N
 * times, J sequences at a time, and prints one line: wall time in nanoseconds, peak memory in KiB
 * of the largest process that was waited for, number of failures.
 *
 *   ,     ends a command; the next one follows at once
 *   ,,    the same, but first the processes that the command left behind are waited for (a started
 *         container's process ends here, so that it can be deleted)
 *   @     in an argument is replaced by a number that differs from run to run
 *
 * It is a small static program because both figures depend on who starts a command: a forking
 * interpreter spends milliseconds, and a child's peak memory is never less than its parent's was.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ARGS  64
#define MAX_STEPS 8

struct result {
	long rss;
	long failed;
};

struct step {
	char *args[MAX_ARGS];
	bool wait_orphans;
};

static struct step steps[MAX_STEPS];
static int step_count;
static int null_fd;

static void die(const char *what)
{
	perror(what);
	_exit(2);
}

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void note(struct result *r, int status, const struct rusage *usage)
{
	if (usage->ru_maxrss > r->rss)
		r->rss = usage->ru_maxrss;
	if (status != 0)
		r->failed++;
}

/* Runs one command with "@" in its arguments replaced, and waits for it. */
static void step_run(const struct step *step, int number, struct result *r)
{
	static char texts[MAX_ARGS][512];
	char *args[MAX_ARGS];
	struct rusage usage;
	int i, status;
	pid_t pid;

	for (i = 0; step->args[i]; i++) {
		const char *at = strchr(step->args[i], '@');

		args[i] = step->args[i];
		if (!at)
			continue;
		snprintf(texts[i], sizeof(texts[i]), "%.*s%d%s", (int)(at - args[i]), args[i],
			 number, at + 1);
		args[i] = texts[i];
	}
	args[i] = NULL;

	pid = vfork();
	if (pid < 0)
		die("vfork");
	if (pid == 0) {
		dup2(null_fd, 0);
		dup2(null_fd, 1);
		execv(args[0], args);
		_exit(127);
	}
	if (wait4(pid, &status, 0, &usage) < 0)
		die("wait4");
	note(r, status, &usage);

	/* Orphans: they are ours, for this process is the subreaper. Only their end counts. */
	if (step->wait_orphans)
		while (wait4(-1, &status, 0, &usage) > 0 || errno == EINTR)
			;
}

static void sequence(int number, struct result *r)
{
	for (int i = 0; i < step_count; i++)
		step_run(&steps[i], number, r);
}

static void parse_steps(char **words)
{
	int n = 0;

	step_count = 1;
	for (; *words; words++) {
		bool one = strcmp(*words, ",") == 0, two = strcmp(*words, ",,") == 0;

		if (one || two) {
			steps[step_count - 1].wait_orphans = two;
			if (step_count == MAX_STEPS) {
				fprintf(stderr, "measure: too many commands\n");
				exit(2);
			}
			step_count++;
			n = 0;
			continue;
		}
		if (n == MAX_ARGS - 1) {
			fprintf(stderr, "measure: too many arguments\n");
			exit(2);
		}
		steps[step_count - 1].args[n++] = *words;
	}
}

int main(int argc, char **argv)
{
	struct result *results, sum = {0, 0};
	int count = 1, jobs = 1, option;
	long long begin, end;

	/* "+": the measured commands have options of their own. */
	while ((option = getopt(argc, argv, "+n:j:")) != -1) {
		if (option == 'n')
			count = atoi(optarg);
		else if (option == 'j')
			jobs = atoi(optarg);
		else
			return 2;
	}
	if (optind >= argc || count < 1 || jobs < 1) {
		fprintf(stderr, "usage: measure [-n N] [-j J] COMMAND ARGUMENT… [, COMMAND …]…\n");
		return 2;
	}
	parse_steps(argv + optind);
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null_fd < 0)
		die("/dev/null");
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);

	results = mmap(NULL, sizeof(*results) * (size_t)jobs, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (results == MAP_FAILED)
		die("mmap");

	begin = now();
	if (jobs == 1) {
		for (int i = 0; i < count; i++)
			sequence(i, &results[0]);
	} else {
		for (int j = 0; j < jobs; j++) {
			pid_t pid = fork();

			if (pid < 0)
				die("fork");
			if (pid > 0)
				continue;
			prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
			for (int i = j; i < count; i += jobs)
				sequence(i, &results[j]);
			_exit(0);
		}
		for (int j = 0; j < jobs; j++)
			wait(NULL);
	}
	end = now();

	for (int j = 0; j < jobs; j++) {
		if (results[j].rss > sum.rss)
			sum.rss = results[j].rss;
		sum.failed += results[j].failed;
	}
	printf("%lld %ld %ld\n", end - begin, sum.rss, sum.failed);
	return 0;
}
