/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams. What can't be sent at once is lost, as on any way. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/number.h"
#include "engine/relay_parts.h"

enum { ROUNDS = 32 }; /* datagrams before others take their turn */

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

int relay_udp_listen(int fd, int family)
{
	int one = 1;

	if (family == AF_INET
		    ? setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one)) < 0
		    : setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one)) < 0)
		return -errno;
	return 0;
}

/* ---- Clients --------------------------------------------------------------------------------- */

static bool is_same(const struct relay_address *a, const struct relay_address *b)
{
	if (a->any.sa_family == AF_INET)
		return a->v4.sin_port == b->v4.sin_port &&
		       a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	return a->v6.sin6_port == b->v6.sin6_port && a->v6.sin6_scope_id == b->v6.sin6_scope_id &&
	       memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr)) == 0;
}

static void peer_end(struct relay *r, struct relay_peer *p)
{
	close(p->fd);
	p->used = false;
	r->peers--;
}

/* The client's, or a free one, or that of who was silent for the longest. */
static struct relay_peer *peer_find(struct relay *r, size_t listener,
				    const struct relay_address *client)
{
	struct relay_peer *best = r->peer, *p;

	for (p = r->peer; p < r->peer + RELAY_UDP_MAX; p++) {
		if (p->used && p->listener == (int)listener && is_same(&p->client, client))
			return p;
		if (best->used && (!p->used || p->seen < best->seen))
			best = p;
	}
	if (best->used)
		peer_end(r, best);
	return best;
}

static int peer_begin(struct relay *r, struct relay_peer *p, size_t listener,
		      const struct relay_address *client)
{
	struct relay_address to;
	uint32_t none = 0;
	int fd;

	if (!relay_address_of(r, &r->v[listener], &to))
		return -EADDRNOTAVAIL;
	fd = socket(to.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, &to.any, to.len) < 0) {
		close(fd);
		return -ECONNREFUSED;
	}
	*p = (struct relay_peer){
		.used = true, .fd = fd, .listener = (int)listener, .client = *client};
	r->peers++;
	relay_watch(r, fd, &none, EPOLLIN, RELAY_PEER, (size_t)(p - r->peer));
	return 0;
}

/* ---- Datagrams ------------------------------------------------------------------------------- */

/* Where it was sent to: the answer comes from there. */
static void local_note(struct relay_peer *p, struct msghdr *m)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo v4;

			memcpy(&v4, CMSG_DATA(c), sizeof(v4));
			memcpy(&p->local, &v4.ipi_spec_dst, sizeof(v4.ipi_spec_dst));
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo v6;

			memcpy(&v6, CMSG_DATA(c), sizeof(v6));
			p->local = v6.ipi6_addr;
			/* Such an address is one of its interface alone. */
			p->local_interface =
				IN6_IS_ADDR_LINKLOCAL(&v6.ipi6_addr) ? (int)v6.ipi6_ifindex : 0;
		}
	}
}

void relay_udp_hear(struct relay *r, size_t listener)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		struct relay_address client = {0};
		struct iovec v = {r->datagram, sizeof(r->datagram)};
		union control control;
		struct msghdr m = {
			.msg_name = &client.any,
			.msg_namelen = sizeof(client.v6),
			.msg_iov = &v,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control),
		};
		ssize_t n = recvmsg(r->v[listener].fd, &m, MSG_DONTWAIT);
		struct relay_peer *p;

		if (n < 0)
			return;
		client.len = m.msg_namelen;
		p = peer_find(r, listener, &client);
		if (!p->used && peer_begin(r, p, listener, &client) < 0)
			continue;
		local_note(p, &m);
		p->seen = now_ms();
		send(p->fd, r->datagram, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}

static void answer_send(const struct relay *r, struct relay_peer *p, size_t n)
{
	const struct relay_listener *l = &r->v[p->listener];
	bool v4 = l->family == AF_INET;
	struct in_pktinfo info4 = {0};
	struct in6_pktinfo info6 = {.ipi6_addr = p->local,
				    .ipi6_ifindex = (unsigned)p->local_interface};
	size_t size = v4 ? sizeof(info4) : sizeof(info6);
	struct iovec v = {(char *)(uintptr_t)r->datagram, n};
	union control control = {.room = {0}};
	struct msghdr m = {
		.msg_name = &p->client.any,
		.msg_namelen = p->client.len,
		.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(size),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	memcpy(&info4.ipi_spec_dst, &p->local, sizeof(info4.ipi_spec_dst));
	c->cmsg_level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = v4 ? IP_PKTINFO : IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), v4 ? (void *)&info4 : (void *)&info6, size);
	sendmsg(l->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void relay_udp_answer(struct relay *r, size_t index)
{
	struct relay_peer *p = &r->peer[index];
	ssize_t n;
	int i;

	for (i = 0; p->used && i < ROUNDS; i++) {
		n = recv(p->fd, r->datagram, sizeof(r->datagram), MSG_DONTWAIT);
		/* Nobody listens in there: the client hears nothing, and may try again. */
		if (n < 0 && errno == ECONNREFUSED)
			continue;
		if (n < 0)
			return;
		p->seen = now_ms();
		answer_send(r, p, (size_t)n);
	}
}

/* ---- Who is silent --------------------------------------------------------------------------- */

void relay_udp_forget(struct relay *r, bool all)
{
	int64_t now = r->peers ? now_ms() : 0;
	struct relay_peer *p;

	for (p = r->peer; r->peers && p < r->peer + RELAY_UDP_MAX; p++)
		if (p->used && (all || now - p->seen >= RELAY_UDP_IDLE_MS))
			peer_end(r, p);
}

int relay_udp_patience(const struct relay *r, int timeout_ms)
{
	int64_t now = r->peers ? now_ms() : 0, left;
	const struct relay_peer *p;

	for (p = r->peer; r->peers && p < r->peer + RELAY_UDP_MAX; p++) {
		if (!p->used)
			continue;
		left = p->seen + RELAY_UDP_IDLE_MS - now;
		left = left < 0 ? 0 : left;
		if (timeout_ms < 0 || left < timeout_ms)
			timeout_ms = (int)left;
	}
	return timeout_ms;
}
