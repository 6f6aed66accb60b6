/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/process.h"
#include "base/sys.h"

#define HELPER "hoy-image"

/* The request, to be read from its beginning, above the numbers that it will have. */
static int request_file(const struct request *request)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	_cleanup_fd_ int fd = sys_memfd_create("hoy-request", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	request_write(request, &t);
	r = fd_write_all(fd, t.s, t.len);
	if (r < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return r < 0 ? r : -errno;
	r = fcntl(fd, F_DUPFD_CLOEXEC, ANSWER_FD + 1);
	return r < 0 ? -errno : r;
}

/* What hoy set for itself is not for its children: a pipe that is closed ends them. */
static int spawn(const char *path, int request, int answer, pid_t *ret)
{
	char name[] = HELPER, *argv[] = {name, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int r = posix_spawn_file_actions_init(&files);

	if (r)
		return -r;
	posix_spawnattr_init(&attr);
	r = posix_spawn_file_actions_adddup2(&files, request, REQUEST_FD);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&files, answer, ANSWER_FD);
	if (!r)
		r = posix_spawn(ret, path, &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return -r;
}

static int tool_start(const struct request *request, int *answer, pid_t *pid, struct error *err)
{
	_cleanup_fd_ int asked = request_file(request), out = -1;
	char path[PATH_MAX];
	int pipe[2], r;

	if (asked < 0 || pipe2(pipe, O_CLOEXEC) < 0)
		return error_set(err, asked < 0 ? -asked : errno, "prepare to execute " HELPER);
	out = fcntl(pipe[1], F_DUPFD_CLOEXEC, ANSWER_FD + 1);
	close(pipe[1]);
	r = out < 0 ? -errno : spawn(process_helper(HELPER, path), asked, out, pid);
	if (r == 0) {
		*answer = pipe[0];
		return 0;
	}
	close(pipe[0]);
	if (r != -ENOENT)
		return error_set(err, -r, "execute " HELPER);
	error_hint(err, "hoy was built or installed without it (libarchive, libcurl, libisal, "
			"libzstd, openssl)");
	return error_say(err, ENOENT, "the program " HELPER " is missing");
}

int tool_run(const struct request *request, struct warnings *warn, struct error *err)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	_cleanup_fd_ int answer = -1;
	int status = 0, r;
	pid_t pid;

	r = tool_start(request, &answer, &pid, err);
	if (r < 0)
		return r;
	r = fd_read_all(answer, REQUEST_MAX, &t);
	answer = fd_close(answer);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r == 0)
		r = answer_read(&t, warn, err);
	else
		error_set(err, -r, "read the answer of " HELPER);
	if (r == 0 && WIFSIGNALED(status))
		r = error_say(err, EIO, HELPER " was killed by signal %d", WTERMSIG(status));
	else if (r == 0 && WEXITSTATUS(status))
		r = error_say(err, EIO, HELPER " failed with status %d", WEXITSTATUS(status));
	return r;
}
