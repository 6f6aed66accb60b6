/* SPDX-License-Identifier: Apache-2.0 */
#include "base/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/process.h"
#include "base/sys.h"

#define PART_MAX 4096 /* bytes of an answer at once */

/* ---- Starting -------------------------------------------------------------------------------- */

/* The request, to be read from its beginning, above the numbers that it will have. */
static int request_file(const struct text *request)
{
	_cleanup_fd_ int fd = sys_memfd_create("hoy-request", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, request->s ? request->s : "", request->len);
	if (r < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return r < 0 ? r : -errno;
	r = fcntl(fd, F_DUPFD_CLOEXEC, HELPER_GIVEN + 1);
	return r < 0 ? -errno : r;
}

/* What hoy set for itself is not for its children: a pipe that is closed ends them. */
static int spawn(const char *name, const int fds[3], pid_t *ret)
{
	char path[PATH_MAX], arg[NAME_MAX + 1], *argv[] = {arg, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int r = posix_spawn_file_actions_init(&files), i;

	if (r)
		return -r;
	memcpy(arg, name, strlen(name) + 1);
	posix_spawnattr_init(&attr);
	for (i = 0; i < 3 && !r; i++)
		if (fds[i] >= 0)
			r = posix_spawn_file_actions_adddup2(&files, fds[i], HELPER_REQUEST + i);
	if (!r)
		r = posix_spawn(ret, process_helper(name, path), &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return -r;
}

int helper_start(const struct helper *program, const struct text *request, int given,
		 struct helper_run *ret, struct error *err)
{
	_cleanup_fd_ int asked = request_file(request), theirs = -1, high = -1;
	int ends[2], r;

	if (asked < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_set(err, asked < 0 ? -asked : errno, "prepare to execute %s",
				 program->name);
	theirs = fcntl(ends[1], F_DUPFD_CLOEXEC, HELPER_GIVEN + 1);
	r = theirs < 0 ? -errno : 0;
	close(ends[1]);
	if (r == 0 && given >= 0) {
		high = fcntl(given, F_DUPFD_CLOEXEC, HELPER_GIVEN + 1);
		r = high < 0 ? -errno : 0;
	}
	*ret = (struct helper_run){.program = program, .answer = ends[0]};
	if (r == 0)
		r = spawn(program->name, (const int[]){asked, theirs, high}, &ret->pid);
	if (r == 0)
		return 0;
	close(ends[0]);
	if (r != -ENOENT)
		return error_set(err, -r, "execute %s", program->name);
	error_hint(err, "%s", program->missing);
	return error_say(err, ENOENT, "the program %s is missing", program->name);
}

/* ---- Hearing it ------------------------------------------------------------------------------ */

static void passed_keep(struct msghdr *h, int *fd)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(h);
	int got;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof(int)))
		return;
	memcpy(&got, CMSG_DATA(c), sizeof(int));
	fd_close(*fd);
	*fd = got;
}

/* Bytes, 0 at the end, or -errno. */
static ssize_t part_receive(int sock, char buf[PART_MAX], int *fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = buf, .iov_len = PART_MAX};
	struct msghdr h = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	do
		n = recvmsg(sock, &h, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	passed_keep(&h, fd);
	return n;
}

static int answer_receive(int sock, size_t limit, struct text *answer, int *fd)
{
	char buf[PART_MAX];
	ssize_t n;

	while ((n = part_receive(sock, buf, fd)) > 0) {
		if (answer->len + (size_t)n > limit)
			return -EFBIG;
		text_add_bytes(answer, buf, (size_t)n);
	}
	return (int)n;
}

int helper_finish(struct helper_run *h, size_t limit, struct text *answer, int *fd, int *status,
		  struct error *err)
{
	_cleanup_fd_ int passed = -1;
	int r = answer_receive(h->answer, limit, answer, &passed);

	h->answer = fd_close(h->answer);
	*status = 0;
	while (waitpid(h->pid, status, 0) < 0 && errno == EINTR)
		;
	if (fd)
		*fd = r < 0 ? -1 : fd_take(&passed);
	return r < 0 ? error_set(err, -r, "read the answer of %s", h->program->name) : 0;
}

int helper_check(const struct helper *program, int status, struct error *err)
{
	if (WIFSIGNALED(status))
		return error_say(err, EIO, "%s was killed by signal %d", program->name,
				 WTERMSIG(status));
	if (WEXITSTATUS(status))
		return error_say(err, EIO, "%s failed with status %d", program->name,
				 WEXITSTATUS(status));
	return 0;
}

/* ---- In the helper --------------------------------------------------------------------------- */

bool helper_is_ours(void)
{
	int fd;

	if (fcntl(HELPER_REQUEST, F_GETFD) < 0 || fcntl(HELPER_ANSWER, F_GETFD) < 0)
		return false;
	for (fd = HELPER_REQUEST; fd <= HELPER_GIVEN; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	sys_close_range(HELPER_GIVEN + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	return true;
}

static int answer_hand_over(const struct text *answer, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = answer->s, .iov_len = answer->len};
	struct msghdr h = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = &control.align;
	ssize_t n;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	do
		n = sendmsg(HELPER_ANSWER, &h, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return fd_write_all(HELPER_ANSWER, answer->s + n, answer->len - (size_t)n);
}

int helper_answer(const struct text *answer, int fd)
{
	if (fd >= 0 && answer->len)
		return answer_hand_over(answer, fd);
	return fd_write_all(HELPER_ANSWER, answer->s ? answer->s : "", answer->len);
}
