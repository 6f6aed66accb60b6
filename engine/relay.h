/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay: the sockets of a container's published ports, in its monitor, and what is relayed through them.
 *
 * They listen at exactly the addresses that are published, and so reserve the ports: who wants one that is
 * taken hears it before the container starts, and while it is started anew nobody else gets it. What arrives
 * from outside at an address that isn't loopback is the firewall's, which sends it on before it comes here;
 * the relay has what is left: connections to 127.0.0.1 and ::1, which may not be sent on (route_localnet
 * stays 0), and IPv6 where the container has IPv4 alone, or the other way round.
 *
 *	client ──► listening socket ──► relay ──► the container's address
 *
 * The container sees the address of its network's bridge as where that comes from.
 *
 * TCP (relay_tcp.c) goes by splice(2) through a pipe for each direction, which is there while it holds
 * something: no byte is copied into this process. A direction that ends is ended on the other side, and the
 * other direction goes on. Whoever doesn't read holds up his own connection alone. Each takes its turn.
 *
 * UDP (relay_udp.c): each client has a socket of its own towards the container, by which the answer is known
 * as his. It is forgotten after RELAY_UDP_IDLE_MS, or for another when there are RELAY_UDP_MAX.
 *
 * SCTP is not relayed. Nothing here waits, and memory is fixed: with RELAY_TCP_MAX connections, or as many as
 * the limit of descriptors leaves room for, nobody is accepted until one ends.
 *
 * Calling sequence: relay_open, relay_start as often as the container runs, relay_stop when it has ended,
 * relay_close. While there is a relay: relay_fd in poll(2) with POLLIN, for relay_patience at most, and
 * relay_serve.
 */
#ifndef HOY_ENGINE_RELAY_H
#define HOY_ENGINE_RELAY_H

#include "base/error.h"
#include "netns/port.h"

#define RELAY_TCP_MAX	  512
#define RELAY_UDP_MAX	  256
#define RELAY_UDP_IDLE_MS 60000

struct relay;

/* Where to: an address of each family; family 0: there is none of that, and the other is taken. */
struct relay_target {
	struct ip v4, v6;
};

/* Listens at all of them. Ports of no certain number get one: `last`, if that is free. data: where the
 * containers are whose monitors may hold a port. 0, or negative errno with err, which says who holds what is
 * taken; then nothing listens. No ports: *ret is NULL, as it may be in all calls below. */
int relay_open(const char *data, struct net_ports *ports, struct relay **ret, struct error *err);
void relay_close(struct relay *r);

/* From now on what arrives goes there. While the container runs, this process may have more descriptors than
 * before: what starts the container must not see that, and relay_stop takes it back. */
void relay_start(struct relay *r, const struct relay_target *to);
/* What has come from the container goes out, if it can at once; then all connections end. */
void relay_stop(struct relay *r);

/* -1: there is no relay. */
int relay_fd(const struct relay *r);
/* So much of timeout_ms (-1: without end) as may pass before relay_serve is needed. */
int relay_patience(const struct relay *r, int timeout_ms);
void relay_serve(struct relay *r);

#endif
