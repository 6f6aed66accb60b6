/* SPDX-License-Identifier: Apache-2.0 */
/* Connections. A direction reads when its pipe is empty, and not again before that has been written: so a
 * full receiver holds its sender up, through the kernel's buffers on both sides. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/number.h"
#include "engine/relay_parts.h"

enum {
	CHUNK = 65536, /* what a pipe holds (pipe(7)) */
	ROUNDS = 8,    /* chunks of one direction before others take their turn */
	ACCEPTS = 16,  /* at a time */
	END_ROUNDS = 64,
	END_MS = 200, /* that the last words may take */
};

/* ---- Pipes ----------------------------------------------------------------------------------- */

static int pipe_take(struct relay *r, struct relay_flow *f)
{
	if (f->pipe[0] >= 0)
		return 0;
	if (!r->spares)
		return pipe2(f->pipe, O_CLOEXEC | O_NONBLOCK) < 0 ? -errno : 0;
	r->spares--;
	f->pipe[0] = r->spare[r->spares][0];
	f->pipe[1] = r->spare[r->spares][1];
	return 0;
}

static void pipe_drop(struct relay *r, struct relay_flow *f)
{
	if (f->pipe[0] < 0)
		return;
	/* What is left in it is nobody's. */
	if (f->held || r->spares == RELAY_PIPES) {
		close(f->pipe[0]);
		close(f->pipe[1]);
	} else {
		r->spare[r->spares][0] = f->pipe[0];
		r->spare[r->spares][1] = f->pipe[1];
		r->spares++;
	}
	f->held = 0;
	f->pipe[0] = f->pipe[1] = -1;
}

static void spares_close(struct relay *r)
{
	while (r->spares) {
		r->spares--;
		close(r->spare[r->spares][0]);
		close(r->spare[r->spares][1]);
	}
}

/* ---- A direction ----------------------------------------------------------------------------- */

/* Nobody takes what comes this way any more. What comes the other way may have been said before. */
static void flow_break(struct relay *r, struct relay_flow *f)
{
	pipe_drop(r, f);
	f->done = true;
}

/* Writes what is held. False: it takes nothing now. */
static bool flow_write(struct relay *r, struct relay_flow *f, int to)
{
	ssize_t n;

	if (!f->held)
		return true;
	n = splice(f->pipe[0], NULL, to, NULL, f->held, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n > 0)
		f->held -= (uint32_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		flow_break(r, f);
	return n > 0;
}

/* With an empty pipe. Its end is passed on at once: there is nothing before it. Whether something is held
 * then; negative errno: where it comes from was cut off. */
static int flow_read(struct relay *r, struct relay_flow *f, int from, int to)
{
	int e = pipe_take(r, f);
	ssize_t n;

	if (e < 0)
		return e;
	n = splice(from, NULL, f->pipe[1], NULL, CHUNK, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	e = errno;
	if (n > 0) {
		f->held = (uint32_t)n;
		return 1;
	}
	pipe_drop(r, f);
	if (n == 0) {
		f->done = true;
		shutdown(to, SHUT_WR);
	}
	return n == 0 || e == EAGAIN || e == EINTR ? 0 : -e;
}

/* Passes on what can be passed on, so many chunks. 0 or negative errno: where it comes from was cut off. */
static int flow_pump(struct relay *r, struct relay_connection *c, int from, int rounds)
{
	struct relay_flow *f = &c->flow[from];
	int to = c->fd[1 - from], got = 1;

	while (got > 0 && rounds-- > 0 && !f->done && flow_write(r, f, to))
		if (!f->held && !f->done)
			got = flow_read(r, f, c->fd[from], to);
	return got < 0 ? got : 0;
}

/* ---- A connection ---------------------------------------------------------------------------- */

/* reset: both ends learn that it was cut off. */
static void connection_end(struct relay *r, struct relay_connection *c, bool reset)
{
	static const struct linger at_once = {1, 0};
	int i;

	for (i = 0; i < 2; i++) {
		pipe_drop(r, &c->flow[i]);
		if (reset)
			setsockopt(c->fd[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		fd_close(c->fd[i]);
	}
	c->used = false;
	r->connections--;
}

static void connection_watch(struct relay *r, struct relay_connection *c)
{
	size_t index = (size_t)(c - r->connection);
	int i;

	for (i = 0; i < 2; i++) {
		const struct relay_flow *in = &c->flow[i], *out = &c->flow[1 - i];
		uint32_t events =
			(!in->done && !in->held ? EPOLLIN : 0) | (out->held ? EPOLLOUT : 0);

		relay_watch(r, c->fd[i], &c->events[i], events, i ? RELAY_SERVER : RELAY_CLIENT,
			    index);
	}
}

static int socket_error(int fd)
{
	int e = 0;
	socklen_t len = sizeof(e);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len) < 0 ? errno : e;
}

static void connection_pump(struct relay *r, struct relay_connection *c, int rounds)
{
	int i, e = 0;

	for (i = 0; e == 0 && i < 2; i++)
		e = flow_pump(r, c, i, rounds);
	if (e < 0 || (c->flow[0].done && c->flow[1].done))
		connection_end(r, c, e < 0);
	else
		connection_watch(r, c);
}

void relay_tcp_serve(struct relay *r, size_t index)
{
	struct relay_connection *c = &r->connection[index];

	if (!c->used)
		return;
	/* Nothing but that is waited for until then. */
	if (c->connecting && socket_error(c->fd[1])) {
		connection_end(r, c, true);
		return;
	}
	c->connecting = false;
	connection_pump(r, c, ROUNDS);
}

/* ---- New ones -------------------------------------------------------------------------------- */

/* What is small goes out at once; who vanishes is found out some day. */
static void socket_set(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
}

/* Towards the container. A descriptor or negative errno. */
static int server_connect(const struct relay *r, const struct relay_listener *l)
{
	struct relay_address to;
	int fd;

	if (!relay_address_of(r, l, &to))
		return -EADDRNOTAVAIL;
	fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	socket_set(fd);
	if (connect(fd, &to.any, to.len) == 0 || errno == EINPROGRESS)
		return fd;
	fd_close(fd);
	return -ECONNREFUSED;
}

static void connection_begin(struct relay *r, const struct relay_listener *l, int client)
{
	static const struct relay_flow idle = {.pipe = {-1, -1}};
	struct relay_connection *c = r->connection;
	int server = server_connect(r, l);

	while (c->used)
		c++;
	socket_set(client);
	*c = (struct relay_connection){
		.used = true, .fd = {client, server}, .connecting = true, .flow = {idle, idle}};
	r->connections++;
	if (server < 0)
		connection_end(r, c, true);
	else
		relay_watch(r, server, &c->events[1], EPOLLOUT, RELAY_SERVER,
			    (size_t)(c - r->connection));
}

void relay_tcp_accept(struct relay *r, const struct relay_listener *l)
{
	int i, fd;

	for (i = 0; i < ACCEPTS && r->connections < r->connections_max; i++) {
		fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0) {
			connection_begin(r, l, fd);
			continue;
		}
		/* Such a socket would wake us at once again. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			r->tired = now_ms();
		if (errno != ECONNABORTED)
			return;
	}
}

/* ---- The end --------------------------------------------------------------------------------- */

/* Who has not heard the last of the container. */
static unsigned unfinished(const struct relay *r)
{
	unsigned n = 0, i;

	for (i = 0; r->connections && i < RELAY_TCP_MAX; i++)
		n += r->connection[i].used && !r->connection[i].connecting &&
		     !r->connection[i].flow[1].done;
	return n;
}

void relay_tcp_end(struct relay *r)
{
	int64_t until = now_ms() + END_MS, left;
	struct epoll_event event;
	unsigned i;

	for (i = 0; r->connections && i < RELAY_TCP_MAX; i++)
		if (r->connection[i].used && !r->connection[i].connecting)
			connection_pump(r, &r->connection[i], END_ROUNDS);
	/* Its last packets may be on their way still. */
	while (unfinished(r) && (left = until - now_ms()) > 0 &&
	       epoll_wait(r->epoll, &event, 1, (int)left) == 1)
		relay_tcp_serve(r, (uint32_t)event.data.u64);
	for (i = 0; r->connections && i < RELAY_TCP_MAX; i++)
		if (r->connection[i].used)
			connection_end(r, &r->connection[i], !r->connection[i].flow[1].done);
	spares_close(r);
	r->tired = 0;
}
