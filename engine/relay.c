/* SPDX-License-Identifier: Apache-2.0 */
/* The listening sockets, and who gets which event. */
#include "engine/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/number.h"
#include "engine/port_holder.h"
#include "engine/relay_parts.h"

enum {
	EVENTS = 64,		  /* at a time */
	PICKS = 16,		  /* of a free port that is free in both families */
	TIRED_MS = 1000,	  /* until it is seen whether there are descriptors again */
	FDS_OTHERS = 128,	  /* of the monitor: its clients, streams and files */
	FDS_OF_CONNECTION = 2 + 4 /* sockets, pipes */
};

/* ---- Listening ------------------------------------------------------------------------------- */

static struct relay_address address_of(const struct ip *ip, uint32_t port)
{
	struct relay_address a = {.len = sizeof(a.v4)};

	if (ip->family == AF_INET) {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons((uint16_t)port);
		memcpy(&a.v4.sin_addr, ip->bytes, sizeof(a.v4.sin_addr));
	} else {
		a.len = sizeof(a.v6);
		a.v6.sin6_family = AF_INET6;
		a.v6.sin6_port = htons((uint16_t)port);
		memcpy(&a.v6.sin6_addr, ip->bytes, sizeof(a.v6.sin6_addr));
	}
	return a;
}

/* A descriptor or negative errno. */
static int socket_listen(int protocol, const struct ip *at, uint32_t port)
{
	int type = protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM, one = 1, r = 0;
	_cleanup_fd_ int fd = socket(at->family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct relay_address a = address_of(at, port);

	if (fd < 0)
		return -errno;
	/* IPv4 has a socket of its own. */
	if (at->family == AF_INET6)
		r = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	/* Connections that have ended don't hold the port. */
	if (r == 0 && protocol == IPPROTO_TCP)
		r = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (r < 0 || bind(fd, &a.any, a.len) < 0 ||
	    (protocol == IPPROTO_TCP && listen(fd, SOMAXCONN) < 0))
		return -errno;
	r = protocol == IPPROTO_UDP ? relay_udp_listen(fd, at->family) : 0;
	return r < 0 ? r : fd_take(&fd);
}

static uint32_t port_of(int fd)
{
	struct relay_address a = {.len = sizeof(a.v6)};

	getsockname(fd, &a.any, &a.len);
	return ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
}

/* The host may have no IPv6 at all: then there is nothing to listen at. */
static bool may_lack(const struct net_port *p, const struct ip *at, int r)
{
	return !p->host && at->family == AF_INET6 && (r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL);
}

static int wrong(const char *data, const struct net_port *p, const struct ip *at, uint32_t port,
		 int r, struct error *err)
{
	char text[IP_TEXT_MAX], holder[PORT_HOLDER_MAX];

	ip_text(at, false, text);
	if (r == -EADDRNOTAVAIL)
		return error_say(err, EADDRNOTAVAIL, "--publish: this host has no address %s",
				 text);
	if (r != -EADDRINUSE)
		return error_set(err, -r, "--publish: listen at port %u/%s of %s", port,
				 p->protocol, text);
	port_holder(data, net_port_protocol(p), at, (uint16_t)port, holder);
	return error_say(err, EADDRINUSE, "--publish: port %u/%s of %s is taken%s%s", port,
			 p->protocol, text, *holder ? " by " : "", holder);
}

static void listeners_drop(struct relay *r, size_t n)
{
	while (r->n > n)
		fd_close(r->v[--r->n].fd);
}

/* Listens for all of p, from the port on (0: the first socket says which). The port, or negative errno; then
 * *bad is the address. */
static int listen_from(struct relay *r, const struct net_port *p, uint32_t port, struct ip *bad,
		       uint32_t *bad_port)
{
	size_t before = r->n, n, i;
	struct ip at[2];
	uint32_t k;
	int fd;

	n = net_port_addresses(p, at);
	for (k = 0; k < p->count; k++)
		for (i = 0; i < n; i++) {
			fd = socket_listen(net_port_protocol(p), &at[i], port ? port + k : 0);
			if (may_lack(p, &at[i], fd))
				continue;
			if (fd < 0) {
				*bad = at[i];
				*bad_port = port + k;
				listeners_drop(r, before);
				return fd;
			}
			port = port ? port : port_of(fd);
			r->v[r->n++] = (struct relay_listener){
				.fd = fd,
				.protocol = net_port_protocol(p),
				.family = at[i].family,
				.to = (uint16_t)(p->to + k),
			};
		}
	return (int)port;
}

static int port_open(struct relay *r, const char *data, struct net_port *p, struct error *err)
{
	struct ip bad = {0};
	uint32_t port = 0;
	int i, got = -EADDRINUSE;

	if (net_port_protocol(p) == IPPROTO_SCTP)
		return 0;
	if (p->port || p->last)
		got = listen_from(r, p, p->port ? p->port : p->last, &bad, &port);
	/* What is free in one family need not be so in the other. */
	for (i = 0; !p->port && got == -EADDRINUSE && i < PICKS; i++)
		got = listen_from(r, p, 0, &bad, &port);
	if (got < 0)
		return wrong(data, p, &bad, port, got, err);
	p->port = (uint32_t)got;
	return 0;
}

int relay_open(const char *data, struct net_ports *ports, struct relay **ret, struct error *err)
{
	struct relay *relay;
	size_t i, n = 0;
	int r = 0;

	*ret = NULL;
	if (!ports->n)
		return 0;
	for (i = 0; i < ports->n; i++)
		n += 2 * ports->v[i].count;
	relay = calloc(1, sizeof(*relay));
	if (!relay || !(relay->v = calloc(n, sizeof(*relay->v))) ||
	    (relay->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0) {
		r = error_set(err, errno, "--publish: make what relays");
		if (relay)
			free(relay->v);
		free(relay);
		return r;
	}
	for (i = 0; r == 0 && i < ports->n; i++)
		r = port_open(relay, data, &ports->v[i], err);
	if (r < 0)
		relay_close(relay);
	else
		*ret = relay;
	return r;
}

void relay_close(struct relay *r)
{
	if (!r)
		return;
	relay_stop(r);
	listeners_drop(r, 0);
	close(r->epoll);
	free(r->v);
	free(r);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

void relay_watch(struct relay *r, int fd, uint32_t *now, uint32_t events, enum relay_kind kind,
		 size_t index)
{
	struct epoll_event e = {.events = events, .data.u64 = (uint64_t)kind << 32 | index};
	int how = !events ? EPOLL_CTL_DEL : *now ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (*now != events && epoll_ctl(r->epoll, how, fd, &e) == 0)
		*now = events;
}

void relay_arm(struct relay *r)
{
	bool takes = r->running && !r->tired && r->connections < r->connections_max;
	size_t i;

	if (takes == r->takes)
		return;
	r->takes = takes;
	for (i = 0; i < r->n; i++)
		if (r->v[i].protocol == IPPROTO_TCP)
			relay_watch(r, r->v[i].fd, &r->v[i].events, takes ? EPOLLIN : 0,
				    RELAY_LISTENER, i);
}

static void arm_udp(struct relay *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->v[i].protocol == IPPROTO_UDP)
			relay_watch(r, r->v[i].fd, &r->v[i].events, r->running ? EPOLLIN : 0,
				    RELAY_LISTENER, i);
}

bool relay_address_of(const struct relay *r, const struct relay_listener *l,
		      struct relay_address *ret)
{
	const struct ip *same = l->family == AF_INET ? &r->to.v4 : &r->to.v6,
			*other = l->family == AF_INET ? &r->to.v6 : &r->to.v4;
	const struct ip *to = same->family ? same : other;

	*ret = address_of(to, l->to);
	return to->family != 0;
}

/* ---- Start and end --------------------------------------------------------------------------- */

/* The most connections that the limit of descriptors allows, which is raised for that as far as it goes. */
static void limit_raise(struct relay *r)
{
	uint64_t others = FDS_OTHERS + r->n + RELAY_UDP_MAX,
		 need = others + FDS_OF_CONNECTION * RELAY_TCP_MAX;
	struct rlimit l;

	r->connections_max = 1;
	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return;
	r->limit = l.rlim_cur;
	if (l.rlim_cur < need) {
		l.rlim_cur = l.rlim_max < need ? l.rlim_max : need;
		if (setrlimit(RLIMIT_NOFILE, &l) < 0)
			l.rlim_cur = r->limit;
	}
	if (l.rlim_cur >= need)
		r->connections_max = RELAY_TCP_MAX;
	else if (l.rlim_cur > others + FDS_OF_CONNECTION)
		r->connections_max = (unsigned)((l.rlim_cur - others) / FDS_OF_CONNECTION);
}

static void limit_restore(struct relay *r)
{
	struct rlimit l;

	if (r->limit && getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = r->limit;
		setrlimit(RLIMIT_NOFILE, &l);
	}
	r->limit = 0;
}

void relay_start(struct relay *r, const struct relay_target *to)
{
	if (!r || r->running)
		return;
	r->to = *to;
	limit_raise(r);
	r->running = true;
	relay_arm(r);
	arm_udp(r);
}

void relay_stop(struct relay *r)
{
	if (!r || !r->running)
		return;
	r->running = false;
	relay_arm(r);
	arm_udp(r);
	/* With them gone there are connections alone. */
	relay_udp_forget(r, true);
	relay_tcp_end(r);
	limit_restore(r);
}

/* ---- Serving --------------------------------------------------------------------------------- */

int relay_fd(const struct relay *r)
{
	return r ? r->epoll : -1;
}

int relay_patience(const struct relay *r, int timeout_ms)
{
	if (!r)
		return timeout_ms;
	if (r->tired && (timeout_ms < 0 || timeout_ms > TIRED_MS))
		timeout_ms = TIRED_MS;
	return relay_udp_patience(r, timeout_ms);
}

static void serve_event(struct relay *r, uint64_t what, bool listeners)
{
	enum relay_kind kind = (enum relay_kind)(what >> 32);
	size_t index = (uint32_t)what;

	if (listeners != (kind == RELAY_LISTENER))
		return;
	if (kind == RELAY_CLIENT || kind == RELAY_SERVER)
		relay_tcp_serve(r, index);
	else if (kind == RELAY_PEER)
		relay_udp_answer(r, index);
	else if (r->v[index].protocol == IPPROTO_TCP)
		relay_tcp_accept(r, &r->v[index]);
	else
		relay_udp_hear(r, index);
}

void relay_serve(struct relay *r)
{
	struct epoll_event events[EVENTS];
	int n, i;

	if (!r)
		return;
	n = epoll_wait(r->epoll, events, EVENTS, 0);
	/* New ones come last: they may take the places of those that end now, of which there may be another
	 * event in the list. */
	for (i = 0; i < n; i++)
		serve_event(r, events[i].data.u64, false);
	for (i = 0; i < n; i++)
		serve_event(r, events[i].data.u64, true);
	relay_udp_forget(r, false);
	if (r->tired && now_ms() - r->tired >= TIRED_MS)
		r->tired = 0;
	relay_arm(r);
}
