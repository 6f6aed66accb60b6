/* SPDX-License-Identifier: Apache-2.0 */
/*
 * joining: a container comes into a network: which address and which name it will have there, and who has to
 * know. All of it is written down before the kernel hears of it.
 */
#ifndef HOY_NETNS_JOINING_H
#define HOY_NETNS_JOINING_H

#include "netns/attachment.h"
#include "netns/link.h"
#include "netns/tool_verbs.h"

struct joining {
	const struct net_use *use;
	struct net net;
	struct link bridge;
	struct attachment at;
	bool first; /* of the container's: its ports lead here */
	bool noted; /* the attachment is written: there is something to give back */
	int dir;    /* of the network's leases */
	int index;  /* of its interface in there */
	uint8_t mac[MAC_SIZE];
	size_t n;
	struct ip addresses[NETWORK_SUBNETS_MAX]; /* one for each subnet */
};

struct joinings {
	size_t n;
	struct joining *v;
};

/* The names of the interfaces in there. inside: a socket of the namespace; NULL: it is a new one. 0 or -errno
 * with err. */
int joining_names(struct net_job *j, struct netlink *inside, struct joinings *all,
		  struct error *err);
/* The network, its bridge, the addresses, and all that protects it; what is left of containers that are gone is
 * given back. 0 or -errno with err. */
int joining_begin(struct net_job *j, struct joining *g, struct error *err);
/* Those of the network know it from now on, and it them. */
void joining_tell(struct net_job *j, const struct joining *g);
/* The firewall is to be committed behind it. */
void joining_undo(struct net_job *j, struct joining *g);

#endif
