/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"

#define MESSAGE_MAX	4096 /* systemd takes no more */
#define BARRIER_WAIT_MS 5000 /* as systemd-notify(1) */
#define RELAY_MAX	64   /* messages in a row: who sends without end must not hold up signals */

/*
 * What a container may say. Not MAINPID, which is a number of its own namespace; not NOTIFYACCESS,
 * which would let others speak for the service; nothing with descriptors.
 */
static const char *const allowed[] = {
	"READY=",	"RELOADING=", "STOPPING=",	"STATUS=",
	"ERRNO=",	"BUSERROR=",  "EXIT_STATUS=",	"WATCHDOG=",
	"WATCHDOG_USEC=", "EXTEND_TIMEOUT_USEC=", "MONOTONIC_USEC=",
};

static bool line_allowed(const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		size_t n = strlen(allowed[i]);

		if (len >= n && memcmp(line, allowed[i], n) == 0)
			return true;
	}
	return false;
}

/* Descriptor or negative errno. */
static int connect_to(const char *path)
{
	/* A write must not hold up the signals that hoy forwards. */
	struct timeval patience = {.tv_sec = 1};
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t n = strlen(path);
	int fd, r;

	if ((path[0] != '/' && path[0] != '@') || !path[1])
		return -EINVAL;
	if (n >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, n);
	if (path[0] == '@')
		addr.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&addr,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

void notify_connect(const char *socket, struct warnings *warn, struct notify *ret)
{
	char why[64];
	int fd;

	*ret = (struct notify)NOTIFY_NONE;
	if (!socket || !socket[0])
		return;
	fd = connect_to(socket);
	if (fd < 0)
		warn_add(warn, "NOTIFY_SOCKET: connect to %s: %s: the container runs without it",
			 socket, errno_text(-fd, why, sizeof(why)));
	else
		ret->manager = fd;
}

int notify_make_dir(const struct record *rec, struct error *err)
{
	if (mkdirat(rec->dir, NOTIFY_DIR, 0755) < 0)
		return error_set(err, errno, "make the directory of the socket for notifications");
	return 0;
}

static int bind_in(int dir)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;
	struct sockaddr_un addr;
	const char *name = strrchr(NOTIFY_CONTAINER, '/') + 1;

	if (fd < 0)
		return -errno;
	socket_address_at(dir, name, &addr);
	unlinkat(dir, name, 0);
	/* Whoever the container's process is, it may write. */
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    fchmodat(dir, name, 0777, 0) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

int notify_listen(struct notify *n, const struct record *rec, struct error *err)
{
	_cleanup_fd_ int dir = -1;
	int r;

	if (n->manager < 0)
		return 0;
	dir = openat(rec->dir, NOTIFY_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 && errno == ENOENT)
		return 0;
	r = dir < 0 ? -errno : bind_in(dir);
	if (r < 0)
		return error_set(err, -r, "make the socket for notifications");
	n->socket = r;
	return 0;
}

/* The lines of a message that may pass, appended to out. True when READY=1 is one of them. */
static bool lines_copy(const char *message, size_t len, struct text *out)
{
	const char *end = message + len, *line, *next;
	bool ready = false;

	for (line = message; line < end; line = next + 1) {
		next = memchr(line, '\n', (size_t)(end - line));
		next = next ? next : end;
		if (!line_allowed(line, (size_t)(next - line)))
			continue;
		ready |= next - line == 7 && memcmp(line, "READY=1", 7) == 0;
		text_add_bytes(out, line, (size_t)(next - line));
		text_add(out, "\n");
	}
	return ready;
}

static void send_text(int manager, const struct text *t)
{
	while (send(manager, t->s, t->len, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/*
 * One message; false when there is none. Descriptors that come with it are not taken, and the kernel drops
 * them, which is the answer to BARRIER=1: what was sent before has been passed on. (To close one
 * could take for ever: a file system of the container's may be behind it.)
 */
static bool relay_one(const struct notify *n, int pid, bool *ready)
{
	struct text out = TEXT_INIT;
	char message[MESSAGE_MAX];
	ssize_t len = recv(n->socket, message, sizeof(message), MSG_TRUNC);

	if (len < 0)
		return errno == EINTR;
	/* One that is too long is none of sd_notify's. */
	if ((size_t)len <= sizeof(message) && lines_copy(message, (size_t)len, &out)) {
		*ready = true;
		if (pid)
			text_addf(&out, "MAINPID=%d\n", pid);
	}
	if (out.len)
		send_text(n->manager, &out);
	text_free(&out);
	return true;
}

bool notify_relay(const struct notify *n, int pid)
{
	bool ready = false;
	unsigned i;

	for (i = 0; i < RELAY_MAX && !(ready && pid); i++)
		if (!relay_one(n, pid, &ready))
			break;
	return ready;
}

/* Sends a descriptor that the manager closes when it has come so far. */
static void barrier(int manager)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = (char *)"BARRIER=1", .iov_len = 9};
	struct msghdr h = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);
	struct pollfd p = {0};
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fds[1], sizeof(int));
	p.fd = fds[0];
	if (sendmsg(manager, &h, MSG_NOSIGNAL) < 0)
		p.fd = -1;
	close(fds[1]);
	if (p.fd >= 0)
		poll(&p, 1, BARRIER_WAIT_MS);
	close(fds[0]);
}

void notify_wait(const struct notify *n, int pidfd, int pid)
{
	struct pollfd fds[2] = {
		{.fd = n->socket, .events = POLLIN},
		{.fd = pidfd, .events = POLLIN},
	};

	if (n->socket < 0)
		return;
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		/* Asked in this order: the last word of a process that has ended counts. */
		if (notify_relay(n, pid))
			break;
		if (fds[1].revents)
			return;
	}
	barrier(n->manager);
}

void notify_close(struct notify *n)
{
	n->manager = fd_close(n->manager);
	n->socket = fd_close(n->socket);
}
