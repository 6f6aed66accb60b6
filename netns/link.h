/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link: network interfaces (rtnetlink(7), RTM_NEWLINK). The link_add… functions add requests to a batch
 * (netlink.h); nothing happens before netlink_send.
 */
#ifndef HOY_NETNS_LINK_H
#define HOY_NETNS_LINK_H

#include <net/if.h>
#include <stdint.h>

#include "netns/netlink.h"

#define MAC_SIZE 6

/* What one looks like. */
struct link {
	int index;
	char name[IF_NAMESIZE];
	char kind[16]; /* "bridge", "veth"; "" */
	int master;    /* index; 0: none */
	int peer;      /* of a veth, in its namespace; 0: not known */
	unsigned mtu;
	bool up;
	uint8_t mac[MAC_SIZE];
	uint64_t rx_bytes, rx_packets, rx_dropped, rx_errors; /* what has come in */
	uint64_t tx_bytes, tx_packets, tx_dropped, tx_errors; /* what has gone out */
};

/* By name, in the socket's namespace, without its figures. 0; -ENODEV without words; or another -errno with err. */
int link_find(struct netlink *n, const char *name, struct link *ret, struct error *err);
/* All. 0 or -errno with err; each's own negative value ends it. */
int link_list(struct netlink *n, int (*each)(void *arg, const struct link *l), void *arg,
	      struct error *err);

/* A bridge, up, that learns no router advertisements; mtu 0: the kernel's. */
void link_add_bridge(struct netlink *n, const char *name, unsigned mtu,
		     const uint8_t mac[MAC_SIZE]);

struct link_veth {
	const char *name;   /* on our side, where it is up at once */
	int master;	    /* index of its bridge; 0: none */
	const char *peer;   /* its name in there */
	int netns;	    /* descriptor of the peer's network namespace */
	unsigned mtu;	    /* 0: the kernel's */
	const uint8_t *mac; /* of the peer; NULL: the kernel's choice */
	bool isolated;	    /* it talks to the bridge and to no other isolated port */
	bool hairpin;	    /* what it sends may come back to it: by a published port of its own */
};

/* Both ends, made in their namespaces: the peer is never seen on our side. */
void link_add_veth(struct netlink *n, const struct link_veth *v);
/* By index. name: for the words. */
void link_add_up(struct netlink *n, int index, const char *name);
/* One that isn't there is no error. */
void link_add_remove(struct netlink *n, const char *name);

#endif
