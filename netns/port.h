/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port: a published port of a container, or several that follow one another: what arrives at the host's goes
 * to the container's. They stand beside the networks in what a container wants (use.h):
 *
 *	"ports": [{"protocol": "tcp", "host": "127.0.0.1", "port": 8080, "count": 1, "to": 80}]
 *
 * What arrives at a loopback address is relayed by the container's monitor (engine/relay.h), whose sockets
 * also reserve the ports; the rest is for the firewall.
 */
#ifndef HOY_NETNS_PORT_H
#define HOY_NETNS_PORT_H

#include "netns/ip.h"
#include "spec/table.h"

/* Sockets are in an address and a port each: so many ports may a container have. */
#define NET_PORTS_MAX 256

struct net_port {
	const char *protocol; /* "tcp", "udp", "sctp" */
	const char *host;     /* address; NULL: every one of both families */
	uint32_t port;	      /* of the host, the first; 0: one that is free, count being 1 */
	uint32_t count;	      /* so many */
	uint32_t to;	      /* the container's, the first */
	uint32_t
		last; /* port of a life before, which is taken again if it is free; in no document */
};

struct net_ports {
	size_t n;
	struct net_port *v;
};

extern const struct table net_port_table;

/* IPPROTO_TCP, … */
int net_port_protocol(const struct net_port *p);
/* The host's addresses that are meant, at most two; all bits 0: every one of the family. Their number, 0: the
 * text is no address. */
size_t net_port_addresses(const struct net_port *p, struct ip ret[2]);
/* 127.0.0.0/8 or ::1: nothing from outside can mean that. */
bool net_port_is_loopback(const struct ip *host);
/* Both want the same port of the same address. */
bool net_port_collides(const struct net_port *a, const struct net_port *b);

#endif
