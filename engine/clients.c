/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/clients.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/number.h"

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
	fd_close(c->fd);
	*c = (struct client){.fd = -1};
}

void clients_close(struct clients *c)
{
	c->listening = fd_close(c->listening);
	for (int i = 0; i < CLIENTS_MAX; i++)
		hang_up(&c->v[i]);
}

/* ---- Hearing them ---------------------------------------------------------------------------- */

void clients_poll(const struct clients *c, const struct input *in, struct pollfd *fds)
{
	short hear = input_has_room(in) ? POLLIN : 0;

	fds[0] = (struct pollfd){.fd = c->listening, .events = POLLIN};
	for (int i = 0; i < CLIENTS_MAX; i++) {
		const struct client *v = &c->v[i];

		fds[i + 1] = (struct pollfd){.fd = v->fd, .events = POLLIN};
		if (v->what == CLIENT_ATTACHES)
			fds[i + 1].events = (short)(hear | (v->behind ? POLLOUT : 0));
	}
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
		c->v[i] = (struct client){.fd = fd};
}

void clients_adopt(struct clients *c, int fd)
{
	c->v[0] = (struct client){.fd = fd, .what = CLIENT_ATTACHES};
}

/* What it wants. Whether that is anything. */
static bool client_begin(struct client *c, const char *packet, size_t n)
{
	static const char hello = CLIENT_HELLO;

	if (n != 1 || (*packet != CLIENT_WAITS && *packet != CLIENT_ATTACHES))
		return false;
	c->what = *packet;
	return c->what != CLIENT_ATTACHES ||
	       send(c->fd, &hello, sizeof(hello), MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(hello);
}

static void client_hear(struct client *c, struct input *in)
{
	char packet[1 + INPUT_MAX];
	ssize_t n = recv(c->fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);

	/* It has gone and left something unread: that comes before what it had said. */
	if (n < 0 && errno == ECONNRESET)
		n = recv(c->fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || (size_t)n > sizeof(packet) ||
	    !(c->what == 0 ? client_begin(c, packet, (size_t)n)
			   : c->what == CLIENT_ATTACHES && input_take(in, packet, (size_t)n)))
		hang_up(c);
}

/* ---- Those who are behind -------------------------------------------------------------------- */

/* What the client has not taken yet. */
static int queue_of(const struct client *c)
{
	int n = 0;

	return ioctl(c->fd, SIOCOUTQ, &n) < 0 ? 0 : n;
}

static void client_look(struct client *c, short events)
{
	int queued;

	if (events & POLLOUT) {
		c->behind = false;
		return;
	}
	queued = queue_of(c);
	if (queued < c->queued) {
		c->queued = queued;
		c->since = now_ms();
	} else if (now_ms() - c->since >= CLIENT_PATIENCE_MS) {
		hang_up(c);
	}
}

int clients_patience(const struct clients *c, int timeout_ms)
{
	int64_t now = -1, left;
	int i;

	for (i = 0; i < CLIENTS_MAX; i++) {
		if (!c->v[i].behind)
			continue;
		now = now < 0 ? now_ms() : now;
		left = c->v[i].since + CLIENT_PATIENCE_MS - now;
		if (left < 0)
			left = 0;
		if (timeout_ms < 0 || left < timeout_ms)
			timeout_ms = (int)left;
	}
	return timeout_ms;
}

bool clients_ready(struct clients *c)
{
	struct pollfd fds[CLIENTS_MAX];
	bool ready = true;
	int i, n = 0;

	for (i = 0; i < CLIENTS_MAX; i++) {
		fds[i] = (struct pollfd){.fd = -1, .events = POLLOUT};
		if (c->v[i].fd >= 0 && c->v[i].what == CLIENT_ATTACHES) {
			fds[i].fd = c->v[i].fd;
			n++;
		}
	}
	if (!n)
		return true;
	if (poll(fds, CLIENTS_MAX, 0) < 0)
		return false;
	for (i = 0; i < CLIENTS_MAX; i++) {
		if (fds[i].fd < 0 || fds[i].revents)
			continue;
		ready = false;
		if (c->v[i].behind)
			continue;
		c->v[i].behind = true;
		c->v[i].queued = queue_of(&c->v[i]);
		c->v[i].since = now_ms();
	}
	return ready;
}

void clients_send(struct clients *c, const char *packet, size_t n)
{
	for (int i = 0; i < CLIENTS_MAX; i++)
		if (c->v[i].fd >= 0 && c->v[i].what == CLIENT_ATTACHES &&
		    send(c->v[i].fd, packet, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			hang_up(&c->v[i]);
}

/* ---- All of them ----------------------------------------------------------------------------- */

void clients_serve(struct clients *c, struct input *in, const struct pollfd *fds)
{
	for (int i = 0; i < CLIENTS_MAX; i++) {
		struct client *v = &c->v[i];
		const struct pollfd *p = &fds[i + 1];

		if (v->fd < 0 || p->fd != v->fd)
			continue;
		if (v->behind)
			client_look(v, p->revents);
		/* Another may have filled the buffer meanwhile. One that has gone does not wait for room. */
		if (v->fd >= 0 && p->revents & ~POLLOUT) {
			if (v->what != CLIENT_ATTACHES || input_has_room(in))
				client_hear(v, in);
			else if (p->revents & POLLHUP)
				hang_up(v);
		}
	}
	if (fds[0].revents)
		client_accept(c);
}

void clients_hear(struct clients *c, struct input *in)
{
	struct pollfd fds[CLIENTS_POLLS];
	int i;

	/* As often as there may be somebody who connects, and speaks. */
	for (i = 0; i < 2 * CLIENTS_MAX; i++) {
		clients_poll(c, in, fds);
		if (poll(fds, CLIENTS_POLLS, 0) <= 0)
			break;
		clients_serve(c, in, fds);
	}
}

void clients_tell(struct clients *c, struct input *in, int status)
{
	const struct client_end end = {.mark = CLIENT_END, .status = status};
	int i;

	/* Who has connected, and was not served yet, wants to know it too. */
	clients_hear(c, in);
	for (i = 0; i < CLIENTS_MAX; i++) {
		if (c->v[i].fd < 0 || !c->v[i].what)
			continue;
		send(c->v[i].fd, &end, sizeof(end), MSG_NOSIGNAL | MSG_DONTWAIT);
		hang_up(&c->v[i]);
	}
	/* Their last words are not for its next life. */
	input_drop(in);
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
