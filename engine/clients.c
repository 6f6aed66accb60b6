/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/clients.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"

int clients_listen(struct clients *c, int dir, const char *name)
{
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un addr;
	mode_t mask;
	int r, i;

	c->listening = -1;
	for (i = 0; i < CLIENTS_MAX; i++)
		c->v[i] = (struct client){.fd = -1};
	if (fd < 0)
		return -errno;
	/* One that was killed has left it. */
	unlinkat(dir, name, 0);
	socket_address_at(dir, name, &addr);
	mask = umask(0177);
	r = bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno : 0;
	umask(mask);
	if (r == 0 && listen(fd, CLIENTS_MAX) < 0)
		r = -errno;
	if (r == 0)
		c->listening = fd_take(&fd);
	return r;
}

static void hang_up(struct client *c)
{
	c->fd = fd_close(c->fd);
	c->what = 0;
}

void clients_close(struct clients *c)
{
	c->listening = fd_close(c->listening);
	for (int i = 0; i < CLIENTS_MAX; i++)
		hang_up(&c->v[i]);
}

void clients_poll(const struct clients *c, struct pollfd *fds)
{
	fds[0] = (struct pollfd){.fd = c->listening, .events = POLLIN};
	for (int i = 0; i < CLIENTS_MAX; i++)
		fds[i + 1] = (struct pollfd){.fd = c->v[i].fd, .events = POLLIN};
}

/* The directory keeps others out already; a descriptor may have been passed on. */
static bool peer_allowed(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

static void client_accept(struct clients *c)
{
	int fd = accept4(c->listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), i;

	if (fd < 0)
		return;
	for (i = 0; i < CLIENTS_MAX && c->v[i].fd >= 0; i++)
		;
	if (i == CLIENTS_MAX || !peer_allowed(fd))
		close(fd);
	else
		c->v[i].fd = fd;
}

static void client_hear(struct client *c)
{
	char what;
	ssize_t n = recv(c->fd, &what, sizeof(what), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != sizeof(what) || c->what || what != CLIENT_WAITS)
		hang_up(c);
	else
		c->what = what;
}

void clients_serve(struct clients *c, const struct pollfd *fds)
{
	for (int i = 0; i < CLIENTS_MAX; i++)
		if (c->v[i].fd >= 0 && fds[i + 1].fd == c->v[i].fd && fds[i + 1].revents)
			client_hear(&c->v[i]);
	if (fds[0].revents)
		client_accept(c);
}

void clients_tell(struct clients *c, int status)
{
	const struct client_end end = {.status = status};

	struct pollfd fds[CLIENTS_POLLS];
	int i;

	/* Who has connected, and was not served yet, wants to know it too. */
	for (i = 0; i < 2 * CLIENTS_MAX; i++) {
		clients_poll(c, fds);
		if (poll(fds, CLIENTS_POLLS, 0) <= 0)
			break;
		clients_serve(c, fds);
	}
	for (i = 0; i < CLIENTS_MAX; i++) {
		if (c->v[i].fd < 0 || c->v[i].what != CLIENT_WAITS)
			continue;
		send(c->v[i].fd, &end, sizeof(end), MSG_NOSIGNAL | MSG_DONTWAIT);
		hang_up(&c->v[i]);
	}
}

int clients_connect(int dir, const char *name, char what)
{
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un addr;

	if (fd < 0)
		return -errno;
	socket_address_at(dir, name, &addr);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    send(fd, &what, sizeof(what), MSG_NOSIGNAL) < 0)
		return -errno;
	return fd_take(&fd);
}
